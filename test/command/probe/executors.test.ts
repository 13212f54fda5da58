import { HOUR, probed, session, sessions, SPARK_35, type World } from './support';
import { executors } from './world';

const ID = 'executors';
const unified = (...all: ReturnType<typeof session>[]): World => ({ workGroups: { unified: { engine: SPARK_35, sessions: all } } });
const TWO = unified(
  session('a', 'IDLE', {}, { executors: [...executors('COORDINATOR'), { ExecutorId: 'x', ExecutorType: 'WORKER', ExecutorState: 'TERMINATED', ExecutorSize: 1 }] }),
  session('b', 'BUSY', {}, { executors: executors('COORDINATOR', 'WORKER', 'WORKER') }),
);

test('reports the types of registered executors of IDLE and BUSY sessions', async () => {
  const { answer } = await probed(TWO);
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes, for 2 of 2 sessions. IDLE: 1 session, COORDINATOR in 1. BUSY: 1 session, COORDINATOR in 1, WORKER in 1.',
    evidence: [
      { 'session': 'session 1', 'state': 'IDLE', 'state afterwards': 'IDLE', 'answer': '1 COORDINATOR', 'executor states': '1 REGISTERED', 'DPUs': 1, 'more pages': 'no' },
      { 'session': 'session 2', 'state': 'BUSY', 'answer': '1 COORDINATOR, 2 WORKER', 'executor states': '3 REGISTERED', 'DPUs': 3, 'more pages': 'no' },
    ],
    asked: [{ operation: 'ListExecutors', filter: 'REGISTERED', calls: 2 }, { operation: 'GetSession', calls: 2 }],
  });
});

test('reports sessions without an executor, and executors without a type or state', async () => {
  const { answer } = await probed({
    ...unified(session('a', 'IDLE'), session('b', 'IDLE')),
    rewrite: (given, { operation, sessionId }) => operation !== 'ListExecutors' ? given : sessionId === 'a' ? {} : { ExecutorsSummary: [{ ExecutorId: 'x' }], NextToken: 't' },
  });
  expect(answer(ID)).toMatchObject({
    verdict: 'Yes, for 2 of 2 sessions. IDLE: 2 sessions, no type in 1. BUSY: no session.',
    evidence: [{ answer: 'none', DPUs: 0 }, { 'answer': '1 none', 'executor states': '1 none', 'more pages': 'yes' }],
  });
});

test('asks for one page of at most five sessions, as many IDLE as BUSY ones', async () => {
  const { answer, athena } = await probed(unified(...sessions(9, 'IDLE'), ...sessions(2, 'BUSY')));
  expect(answer(ID).evidence.map(({ state }) => state)).toEqual(['IDLE', 'BUSY', 'IDLE', 'BUSY', 'IDLE']);
  expect(athena.calls.filter(({ operation }) => operation === 'ListExecutors').map(({ stateFilter }) => stateFilter)).toEqual(Array(5).fill('REGISTERED'));
});

test('reports that the request is refused', async () => {
  const { answer } = await probed({ ...TWO, faults: [{ kind: 'error', operation: 'ListExecutors', code: 'InvalidRequestException', message: 'Not for a.' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: 'No. For 2 sessions, it answers InvalidRequestException: Not for <session>.' });
});

test('reports that one of the requests is refused, or denied', async () => {
  const refused = await probed({ ...TWO, faults: [{ kind: 'error', operation: 'ListExecutors', code: 'InvalidRequestException', message: 'No', first: 1 }] });
  expect(refused.answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^Yes, for 1 of 2 sessions\..* For 1 session, it answers InvalidRequestException: No\.$/) });
  const denied = await probed({ ...TWO, faults: [{ kind: 'accessDenied', operation: 'ListExecutors', first: 1 }] });
  expect(denied.answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^Yes, for 1 of 2 sessions\..* 1 of 4 calls denied \(AccessDenied/) });
});

test('a session that ended meanwhile says nothing about the engine', async () => {
  const faults: NonNullable<World['faults']> = [];
  const world = unified(session('a', 'IDLE'), session('b', 'IDLE', {}, { executors: executors('COORDINATOR') }));
  const rewrite: World['rewrite'] = (given, { operation, sessionId }) => operation === 'GetSession' && sessionId === 'a' ? { Status: { State: 'TERMINATED' } } : given;
  faults.push({ kind: 'error', operation: 'ListExecutors', code: 'InvalidRequestException', message: 'Ended', first: 1 });
  const { answer } = await probed({ ...world, rewrite, faults: [...faults] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: 'Yes, for 1 of 1 session. IDLE: 1 session, COORDINATOR in 1. BUSY: no session. 1 session ended meanwhile.' });
  const alone = await probed({ ...unified(session('a', 'IDLE')), rewrite, faults: [...faults] });
  expect(alone.answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: 1 session ended meanwhile.' });
});

test('a session that does not exist any more says nothing about the engine', async () => {
  const faults = (['ListExecutors', 'GetSession'] as const).map((operation) => ({ kind: 'error' as const, operation, code: 'InvalidRequestException', message: 'Session is not found' }));
  const { answer } = await probed({ ...unified(session('a', 'IDLE')), faults });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: 1 session ended meanwhile.' });
});

test('a session that changed its state meanwhile is not counted in either', async () => {
  const rewrite: World['rewrite'] = (given, { operation, sessionId }) => operation === 'GetSession' && sessionId === 'a' ? { Status: { State: 'BUSY' } } : given;
  const { answer } = await probed({ ...TWO, rewrite });
  expect(answer(ID).verdict).toBe('Yes, for 2 of 2 sessions. IDLE: no session. BUSY: 1 session, COORDINATOR in 1, WORKER in 1. 1 session changed its state meanwhile.');
});

test('trusts the listing if the state cannot be read again', async () => {
  const { answer } = await probed({ ...TWO, faults: [{ kind: 'accessDenied', operation: 'GetSession' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: 'Yes, for 2 of 2 sessions. IDLE: 1 session, COORDINATOR in 1. BUSY: 1 session, COORDINATOR in 1, WORKER in 1.' });
});

test('is an error if the calls are denied, and no other question is', async () => {
  const { answer, questions } = await probed({ ...TWO, faults: [{ kind: 'accessDenied', operation: 'ListExecutors' }] });
  expect(answer(ID)).toMatchObject({
    outcome: 'error',
    verdict: 'No answer. 2 of 4 calls denied (AccessDeniedException: User: <arn> is not authorized to perform: athena:ListExecutors on resource: <arn>). '
      + 'A permission is missing, or a policy denies it.',
  });
  expect(questions.filter(({ outcome }) => outcome === 'error').map(({ id }) => id)).toEqual([ID]);
});

test('is an error if the calls are throttled on each of six attempts', async () => {
  const { answer, athena } = await probed({ ...TWO, faults: [{ kind: 'throttle', operation: 'ListExecutors' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: 'No answer. 2 of 4 calls failed (ThrottlingException: Rate exceeded).' });
  expect(athena.calls.filter(({ operation }) => operation === 'ListExecutors')).toHaveLength(12);
});

test('has no data without a live session of Spark 3.5', async () => {
  const { answer, athena } = await probed({
    workGroups: {
      notebooks: { sessions: [session('a', 'IDLE')] },
      unified: { engine: SPARK_35, sessions: [session('b', 'TERMINATED', { EndDateTime: Date.now() - HOUR })] },
    },
  });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: no session of this engine was IDLE or BUSY.' });
  expect(athena.calls.filter(({ operation }) => operation === 'ListExecutors')).toEqual([]);
});

test('is an error if listings fail and no session is known', async () => {
  const { answer } = await probed({ workGroups: { unified: { engine: SPARK_35 } }, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 7 of 7 listings failed/) });
});
