import { HOUR, probed, session, sessions, SPARK_35, type World } from './support';
import type { Fault } from '../../../rehearsal/athena';

const ID = 'session-tags';
const workGroups = {
  analytics: { sessions: [session('a', 'IDLE', {}, { tags: { Owner: 'Jane' } }), session('b', 'TERMINATED', { EndDateTime: Date.now() - HOUR })] },
  unified: { engine: SPARK_35, sessions: [session('c', 'BUSY', {}, { tags: { Owner: 'Max', Team: 'x' } })] },
};

test('reports how many tags sessions of both engines have, and none of them', async () => {
  const { answer, athena } = await probed({ workGroups });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'PySpark engine version 3: it answers for 2 of 2 sessions, and 1 has tags. Apache Spark version 3.5: it answers for 1 of 1 session, and 1 has tags.',
    asked: [{ operation: 'GetCallerIdentity', calls: 1 }, { operation: 'ListTagsForResource', calls: 3 }],
  });
  expect(answer(ID).evidence.map(({ state, answer: text, tags }) => [state, text, tags])).toEqual([['IDLE', 'yes', 1], ['BUSY', 'yes', 2], ['TERMINATED', 'yes', 0]]);
  expect(JSON.stringify(answer(ID))).not.toMatch(/Owner|Jane|Max|Team/);
  expect(athena.calls.filter(({ operation }) => operation === 'ListTagsForResource').map(({ workGroup, sessionId }) => `${workGroup}/${sessionId}`))
    .toEqual(['analytics/a', 'unified/c', 'analytics/b']);
});

/** A fault of the tags of one engine's sessions. */
const withFault = async (workGroup: string, fault: Partial<Fault>) =>
  (await probed({ workGroups, faults: [{ kind: 'error', operation: 'ListTagsForResource', workGroup, code: 'InvalidRequestException', message: 'Not supported', ...fault }] })).answer(ID);

test('does not conclude from answers without tags that there are none', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE'), session('b', 'IDLE')] } } });
  expect(answer(ID).verdict).toBe('PySpark engine version 3: it answers for 2 of 2 sessions, and none has tags, so it may not return them. Apache Spark version 3.5: no session.');
});

test('reports that PySpark sessions cannot have tags', async () => {
  expect(await withFault('analytics', {})).toMatchObject({
    outcome: 'answered',
    verdict: 'PySpark engine version 3: for 2 of 2 sessions it answers InvalidRequestException: Not supported. Apache Spark version 3.5: it answers for 1 of 1 session, and 1 has tags.',
  });
});

test('mentions that all sessions of the engine have ended', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: [session('b', 'TERMINATED')] } }, faults: [{ kind: 'error', operation: 'ListTagsForResource', code: 'ResourceNotFoundException', message: 'gone' }],
  });
  expect(answer(ID).verdict).toMatch(/^PySpark engine version 3: for 1 of 1 session it answers ResourceNotFoundException: gone, but none of them is live\. /);
});

test('is an error if the calls about PySpark sessions are denied', async () => {
  expect(await withFault('analytics', { kind: 'accessDenied', message: undefined })).toMatchObject({
    outcome: 'error', verdict: expect.stringMatching(/^No answer\. 2 of 4 calls denied \(AccessDeniedException: User: <arn> .* A permission is missing, or a policy denies it\.$/),
  });
});

test('answers although the calls about others are denied', async () => {
  expect(await withFault('unified', { kind: 'accessDenied', message: undefined })).toMatchObject({
    outcome: 'answered', verdict: expect.stringMatching(/^PySpark engine version 3: it answers for 2 of 2 sessions.* Apache Spark version 3\.5: unknown, as the calls failed\. 1 of 4 calls denied/),
  });
});

test('is an error if throttled', async () => {
  expect(await withFault('analytics', { kind: 'throttle', message: undefined })).toMatchObject({ outcome: 'error', verdict: 'No answer. 2 of 4 calls failed (ThrottlingException: Rate exceeded).' });
});

test('is an error if the account is not known', async () => {
  const { answer } = await probed({ workGroups, sts: { callerRefusal: 'no' } });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 1 call denied \(AccessDenied: no\)/), asked: [{ operation: 'GetCallerIdentity', calls: 1 }] });
});

test('has no data without PySpark sessions, but tells about others', async () => {
  const { answer } = await probed({ workGroups: { unified: workGroups.unified } });
  expect(answer(ID)).toMatchObject({
    outcome: 'no data', verdict: 'No data: there was no session of this engine. Apache Spark version 3.5: it answers for 1 of 1 session, and 1 has tags.',
  });
});

test('has no data without sessions, and makes no call', async () => {
  const { answer, sts } = await probed({ workGroups: { analytics: {} } });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: there was no session of this engine.' });
  expect(sts.actions).toEqual([]);
});

test('asks about at most five sessions', async () => {
  const world: World = { workGroups: { analytics: { sessions: sessions(9, 'IDLE') }, unified: { engine: SPARK_35, sessions: sessions(1, 'BUSY') } } };
  expect((await probed(world)).answer(ID).evidence.map(({ state }) => state)).toEqual(['IDLE', 'BUSY', 'IDLE', 'IDLE', 'IDLE']);
});
