import { NOW, probed, PYSPARK_3, session, SPARK_35, type World } from './support';
import type { FixedSession } from '../../../rehearsal/athena';

const ID = 'query-states';

/** Which sessions a workgroup has, by the number of the listing while it is watched. No time passes but that of the pace: half a second for each call. */
function watched(sessionsAt: (listing: number) => FixedSession[], engine = SPARK_35): World {
  const unified = { engine, sessions: sessionsAt(0) };
  let isWatched = false;
  let listings = 0;
  return {
    workGroups: { unified },
    beforeCall: ({ operation }) => {
      isWatched ||= operation === 'ListExecutors'; // after the survey, only the watch lists sessions
      unified.sessions = isWatched && operation === 'ListSessions' ? sessionsAt(listings++) : unified.sessions;
    },
  };
}

const idle = (idleSince = NOW) => session('query', 'IDLE', { IdleSinceDateTime: idleSince });
const busy = session('query', 'BUSY');

const other = session('other', 'IDLE', { IdleSinceDateTime: NOW });

test('is not asked without --watch, and says how', async () => {
  const { answer } = await probed(watched(() => [idle()]));
  expect(answer(ID)).toMatchObject({
    outcome: 'not asked', verdict: 'Not asked: pass --watch 10m, and meanwhile run queries in a session of Apache Spark version 3.5, with pauses.', asked: [],
  });
});

test('reports the states of each session, how long they took, and whether IdleSinceDateTime changed', async () => {
  const at = (listing: number) => [listing < 10 || listing >= 16 ? idle(listing < 16 ? NOW : NOW + 8_000) : busy, other];
  const { answer, athena } = await probed(watched(at), { watch: 20 });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', asked: [{ operation: 'ListSessions', filter: 'no filter', calls: 40 }] });
  expect(answer(ID).verdict).toMatch(/^BUSY was seen in 1 of 2 sessions, and IdleSinceDateTime changed in 1\. Each was listed every 0\.5 s for 20 s\. In session 1: IDLE 5 s, BUSY 3 s, IDLE 11\.5 s\. In session 2: IDLE 19\.5 s\.$/);
  expect(answer(ID).evidence).toMatchObject([
    { 'session': 'session 1', 'state': 'IDLE', 'times': 2, 'seconds': 16.5, 'IdleSinceDateTime changed': 1 }, { session: 'session 1', state: 'BUSY', times: 1, seconds: 3 },
    { 'session': 'session 2', 'state': 'IDLE', 'times': 1, 'IdleSinceDateTime changed': 0 },
  ]);
  expect(new Set(athena.calls.slice(-40).map(({ operation, workGroup, stateFilter, page }) => [operation, workGroup, stateFilter, page].join()))).toEqual(new Set(['ListSessions,unified,,1']));
});

test('reports that no state changes, although IdleSinceDateTime does', async () => {
  const { answer } = await probed(watched((listing) => [idle(NOW + (listing >= 9 ? 1_000 : 0))]), { watch: 10 });
  expect(answer(ID).verdict).toMatch(/^BUSY was seen in 0 of 1 session, and IdleSinceDateTime changed in 1\. .* In session 1: IDLE 9\.5 s\.$/);
});

test('is unclear if nothing changes, as no query may have run', async () => {
  const { answer } = await probed(watched(() => [idle(), other]), { watch: 10 });
  expect(answer(ID).verdict).toMatch(/^Unclear: no session was BUSY, and none changed its state or IdleSinceDateTime\. Either no query ran meanwhile, or it does not show\. BUSY was seen in 0 of 2 sessions, /);
});

test('reports sessions that start, end, and vanish from the listing', async () => {
  const { answer } = await probed(watched((listing) => listing < 9 ? [other] : listing < 13 ? [busy, other] : [other]), { watch: 10 });
  expect(answer(ID).verdict).toMatch(/ In session 2: BUSY 2 s, not listed 3 s\. In session 1: IDLE 9\.5 s\.$/);
});

test('reports at most five sessions, those with the most changes', async () => {
  const still = Array.from({ length: 9 }, (_, index) => session(`still-${index}`, 'IDLE'));
  const { answer } = await probed(watched((listing) => [...still, listing % 2 ? busy : idle()]), { watch: 20 });
  expect(answer(ID).verdict).toMatch(/^BUSY was seen in 1 of 10 sessions, .* In session \d+: IDLE 0\.5 s, BUSY 0\.5 s, .*, and 20 more\. In session \d+: IDLE 19\.5 s\./);
  expect(answer(ID).verdict.match(/In session/g)).toHaveLength(5);
});

test('watches at most two workgroups, first those with sessions, in turn', async () => {
  const workGroups = { a: { engine: SPARK_35 }, b: { engine: SPARK_35 }, c: { engine: SPARK_35, sessions: [busy] }, d: { engine: PYSPARK_3, sessions: [session('x', 'BUSY')] } };
  const { answer, athena } = await probed({ workGroups }, { watch: 4 });
  expect(athena.calls.slice(-8).map(({ workGroup }) => workGroup)).toEqual(['c', 'a', 'c', 'a', 'c', 'a', 'c', 'a']);
  expect(answer(ID).verdict).toBe('BUSY was seen in 1 of 1 session, and IdleSinceDateTime changed in 0. Each was listed every 1 s for 4 s. In session 1: BUSY 3.5 s.');
});

test.each<[string, World, string]>([
  ['a workgroup of this engine', watched(() => [idle()], PYSPARK_3), 'no workgroup of this engine was listed'],
  ['a session of this engine', watched(() => []), 'no session of this engine was listed meanwhile'],
])('has no data without %s', async (_, world, nothing) => {
  const { answer } = await probed(world, { watch: 2 });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: `No data: ${nothing}.` });
});

test('a call that fails ends it, and what was seen before is reported', async () => {
  const faults: NonNullable<World['faults']> = [];
  const world = watched((listing) => {
    faults.push(...listing === 9 ? [{ kind: 'accessDenied' as const }] : []);
    return [busy];
  });
  const { answer } = await probed({ ...world, faults }, { watch: 60 });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^BUSY was seen in 1 of 1 session, .* 1 of \d+ calls denied \(AccessDeniedException: User: <arn>/) });
});

test('is an error if no listing succeeds', async () => {
  const { answer } = await probed({ workGroups: { unified: { engine: SPARK_35 } }, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] }, { watch: 60 });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 1 call denied/) });
});
