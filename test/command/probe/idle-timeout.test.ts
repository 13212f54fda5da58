import { ServerResponse } from 'node:http';
import { HOUR, minutes, NOW, probed, session, sessions, SPARK_35, type World } from './support';
import type { FixedSession } from '../../../rehearsal/athena';

const ID = 'idle-timeout';
const idle = (id: string, idleMinutes: number, timeoutMinutes?: number) => session(id, 'IDLE', { IdleSinceDateTime: NOW - minutes(idleMinutes) },
  timeoutMinutes === undefined ? {} : { idleTimeout: minutes(timeoutMinutes) });
const world = (...all: FixedSession[]): World => ({ workGroups: { unified: { engine: SPARK_35, sessions: all } } });
const ask = async (all: FixedSession[], others: World = {}) => (await probed({ ...world(...all), ...others })).answer(ID);

test('reports that sessions are within their timeouts', async () => {
  expect(await ask([idle('a', 10, 20), idle('b', 30, 480)])).toMatchObject({
    outcome: 'answered',
    verdict: 'No: none of 2 IDLE sessions. The nearest was idle for 50 % of its timeout. GetSession returned SessionIdleTimeoutInMinutes for 2 of them, IdleTimeoutSeconds for 2.',
    evidence: [
      { 'session': expect.stringMatching(/^session [12]$/), 'engine': SPARK_35, 'timeout, min': 480, 'IdleTimeoutSeconds': 28_800, 'idle, min': '30.0' },
      { 'timeout, min': 20, 'idle, min': '10.0' },
    ],
    asked: [{ operation: 'GetSession', calls: 2 }],
  });
});

test('reports that a session is idle for longer', async () => {
  expect((await ask([idle('a', 33, 20), idle('b', 10, 20)])).verdict).toMatch(/^Yes: 1 of 2 IDLE sessions, by up to 13\.\d min\. /);
});

test('tolerates half a minute, as ending a session takes time', async () => {
  expect((await ask([idle('a', 20.2, 20)])).verdict).toMatch(/^No: none of 1 IDLE session\. The nearest was idle for 10\d % of its timeout\./);
});

test.each([['SessionIdleTimeoutInMinutes', 20, '1 of them, IdleTimeoutSeconds for 0'], ['IdleTimeoutSeconds', 1200, '0 of them, IdleTimeoutSeconds for 1']])('reads a timeout from %s alone', async (name, value, text) => {
  const rewrite: World['rewrite'] = (given, { operation }) => operation === 'GetSession' ? { ...given, SessionConfiguration: { [name]: value } } : given;
  expect((await ask([idle('a', 10, 20)], { rewrite })).verdict).toBe(`No: none of 1 IDLE session. The nearest was idle for 50 % of its timeout. GetSession returned SessionIdleTimeoutInMinutes for ${text}.`);
});

test.each<[string, FixedSession]>([
  ['has been IDLE since before it started', session('d', 'IDLE', { IdleSinceDateTime: 0 }, { idleTimeout: HOUR })],
  ['will be IDLE', session('e', 'IDLE', { IdleSinceDateTime: NOW + HOUR }, { idleTimeout: HOUR })],
  ['is not IDLE any more', idle('a', 10, 20)], ['has no timeout', idle('b', 10)], ['has no IdleSinceDateTime', session('c', 'IDLE', {}, { idleTimeout: HOUR })],
])('has no data if the session %s', async (_, one) => {
  const rewrite: World['rewrite'] = (given, { operation, sessionId }) => operation === 'GetSession' && sessionId === 'a' ? { ...given, Status: { State: 'BUSY' } } : given;
  expect(await ask([one], { rewrite })).toMatchObject({ outcome: 'no data', verdict: 'No data: none of 1 session was still IDLE, with a timeout and a plausible IdleSinceDateTime.' });
});

test('has no data without an IDLE session', async () => {
  expect(await ask([session('a', 'BUSY')])).toMatchObject({ outcome: 'no data', verdict: 'No data: no session was IDLE.' });
});

test('asks about the five sessions that have been idle for longest', async () => {
  const all = sessions(9, 'IDLE', (index) => ({ IdleSinceDateTime: NOW - minutes(index) })).map((each) => ({ ...each, idleTimeout: HOUR }));
  expect((await ask(all)).evidence.map((row) => row['idle, min'])).toEqual(['8.0', '7.0', '6.0', '5.0', '4.0']);
});

test.each([
  ['accessDenied', /^No answer\. 1 of 1 call denied \(AccessDeniedException/], ['throttle', /^No answer\. 1 of 1 call failed \(ThrottlingException/], ['malformed', /^No answer\. 1 of 1 call failed \(SyntaxError/],
] as const)('is an error after %s', async (kind, verdict) => {
  expect(await ask([idle('a', 10, 20)], { faults: [{ kind, operation: 'GetSession' }] })).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(verdict) });
});

test.each([['ahead', 1], ['behind', -1]])('does not depend on the clock of this machine, if that of AWS is an hour %s', async (_, hours) => {
  const awsNow = () => Date.now() + hours * HOUR;
  const { writeHead } = ServerResponse.prototype;
  const dated = jest.spyOn(ServerResponse.prototype, 'writeHead').mockImplementation(function (this: ServerResponse, ...args: any) {
    return writeHead.apply(this.setHeader('date', new Date(awsNow()).toUTCString()), args); // the simulated services send no date
  });
  const one = session('a', 'IDLE', { IdleSinceDateTime: awsNow() - minutes(10), StartDateTime: awsNow() - HOUR }, { idleTimeout: minutes(20), dpuExecutionMillis: HOUR });
  const { answer, startedAt } = await probed(world(one)).finally(() => dated.mockRestore());
  expect(answer(ID).verdict).toMatch(/^No: none of 1 IDLE session\. The nearest was idle for 50 % of its timeout\./);
  expect(answer('dpu-time').verdict).toContain(' Live: 1.00 DPU (1 session)');
  expect(Math.abs(Date.parse(startedAt) - awsNow())).toBeLessThan(minutes(1));
});
