import { HOUR, minutes, NOW, probed, session, SPARK_35, type World } from './support';
import type { FixedSession } from '../../../rehearsal/athena';

const ID = 'dpu-time';
const live = (id: string, share: number | undefined, lifetime = HOUR) => session(id, 'IDLE', { StartDateTime: NOW - lifetime, IdleSinceDateTime: NOW - minutes(5) },
  share === undefined ? {} : { dpuExecutionMillis: share * lifetime });
const ended = (id: string, share: number, lifetime = 4 * HOUR, state = 'TERMINATED') =>
  session(id, state, { StartDateTime: NOW - HOUR - lifetime, EndDateTime: NOW - HOUR }, { dpuExecutionMillis: share * lifetime });
const world = (...all: FixedSession[]): World => ({ workGroups: { analytics: { sessions: all } } });
const ask = async (...all: FixedSession[]) => (await probed(world(...all))).answer(ID);

test('reports that the time of the idle driver is included', async () => {
  expect(await ask(ended('a', 0.97), ended('b', 1.8, 2 * HOUR), live('c', 1))).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: 2 of 3 sessions used about one DPU on average, and none less. Ended: 0.97 to 1.80 DPU (2 sessions). Live: 1.00 DPU (1 session).',
    evidence: [
      { 'session': expect.stringMatching(/^session [1-3]$/), 'state': 'TERMINATED', 'engine': 'PySpark engine version 3', 'lived, min': '240.0', 'DpuExecutionInMillis': 0.97 * 4 * HOUR, 'DPUs on average': '0.97' },
      { 'state': 'TERMINATED', 'DPUs on average': '1.80' },
      { 'state': 'IDLE', 'lived, min': '60.0', 'DPUs on average': '1.00' },
    ],
    asked: [{ operation: 'GetSession', calls: 3 }],
  });
});

test('reports that it is not included', async () => {
  expect((await ask(ended('a', 0.5), ended('b', 1.2), live('c', 0.04))).verdict)
    .toBe('No: 2 of 3 sessions used less than 0.9 DPU on average, and the driver is one. Ended: 0.50 to 1.20 DPU (2 sessions). Live: 0.04 DPU (1 session).');
});

test.each<[string, FixedSession[], string]>([
  ['some have ended', [ended('a', 1), live('b', 0), live('c', 0.04)], 'Yes: 1 of 3 sessions used about one DPU on average, and none that ended less. The figure of live sessions may lag behind.'],
  ['none has ended', [live('b', 0), live('c', 1)], 'Unclear: 1 of 2 sessions used less than 0.9 DPU on average, but none has ended, and the figure of live sessions may lag behind.'],
])('does not conclude from live sessions alone that it is not included: %s', async (_, all, verdict) => {
  expect((await ask(...all)).verdict.startsWith(verdict)).toBe(true);
});

test('allows for a start of five minutes', async () => {
  expect((await ask(ended('a', 0.7, minutes(15)), ended('b', 0.7, HOUR))).verdict).toMatch(/^No: 1 of 2 sessions/);
});

test('ignores failed sessions, whose driver may have died before', async () => {
  expect(await ask(ended('a', 0.3, HOUR, 'FAILED'))).toMatchObject({ outcome: 'no data' });
});

test('is unclear if workers may account for all of it', async () => {
  expect(await ask(ended('a', 3))).toMatchObject({
    outcome: 'answered', verdict: 'Unclear: each of 1 session used more than 1.1 DPU on average, so workers may account for it. Ended: 3.00 DPU (1 session). Live: no session.',
  });
});

test('asks about at most five sessions that ended, those with the longest lives, and five idle ones', async () => {
  const hours = [1, 2, 3, 4, 5, 6, 7];
  const { answer, athena } = await probed({
    workGroups: {
      analytics: { sessions: hours.map((count) => ended(`ended-${count}`, 1, count * HOUR)) }, unified: { engine: SPARK_35, sessions: hours.map((count) => live(`live-${count}`, 1, count * HOUR)) },
    },
  });
  expect(answer(ID).evidence.map((row) => row['lived, min'])).toEqual([7, 6, 5, 4, 3, 1, 2, 3, 4, 5].map((count) => (count * 60).toFixed(1)));
  expect(athena.calls.filter(({ operation }) => operation === 'GetSession')).toHaveLength(10); // another question asks about the same idle sessions
});

test('has no data if sessions are young, without dates, or neither idle nor ended', async () => {
  expect(await ask(live('a', 1, minutes(9)), ended('b', 1, minutes(9)), session('c', 'BUSY'), session('d', 'TERMINATED'), session('e', 'IDLE', { StartDateTime: undefined })))
    .toMatchObject({ outcome: 'no data', verdict: 'No data: no session had lived for 10 minutes, and was TERMINATED or IDLE.', evidence: [] });
});

test('has no data if a session ends meanwhile and has no date of its end', async () => {
  const rewrite: World['rewrite'] = (given, { operation }) => operation === 'GetSession' ? { ...given, Status: { ...given.Status as object, State: 'TERMINATED' } } : given;
  expect((await probed({ ...world(live('a', 0.1)), rewrite })).answer(ID)).toMatchObject({ outcome: 'no data' });
});

test('has no data if GetSession has no figure', async () => {
  expect(await ask(live('a', undefined))).toMatchObject({ outcome: 'no data', verdict: 'No data: none of 1 session had this figure and its dates.' });
});

test.each([
  ['accessDenied', /^No answer\. 2 of 2 calls denied \(AccessDeniedException: User: <arn> .* A permission is missing, or a policy denies it\.$/],
  ['throttle', /^No answer\. 2 of 2 calls failed \(ThrottlingException: Rate exceeded\)\.$/],
] as const)('is an error after %s', async (kind, verdict) => {
  const { answer, questions } = await probed({ ...world(ended('a', 1), live('b', 1)), faults: [{ kind, operation: 'GetSession' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(verdict) });
  expect(questions.filter(({ outcome }) => outcome === 'error').map(({ id }) => id)).toEqual([ID, 'idle-timeout']);
});

test('answers from the sessions that can be read', async () => {
  const { answer } = await probed({ ...world(ended('a', 1), ended('b', 1, HOUR)), faults: [{ kind: 'accessDenied', operation: 'GetSession', first: 1 }] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^Yes: 1 of 1 session used .* 1 of 2 calls denied/) });
});
