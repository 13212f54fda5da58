import {
  burst, RUN_METRICS, SESSION_STATES, sessionListings, WORK_GROUP_METRICS, workGroupsPerRun,
} from '../src/schema';

// Not computed from the schema: users' alarms and dashboards depend on these names, units and dimensions.
const DOCUMENTED = [
  ['CreatingSessions', 'Count', 'WorkGroup'],
  ['CreatedSessions', 'Count', 'WorkGroup'],
  ['IdleSessions', 'Count', 'WorkGroup'],
  ['BusySessions', 'Count', 'WorkGroup'],
  ['TerminatingSessions', 'Count', 'WorkGroup'],
  ['DegradedSessions', 'Count', 'WorkGroup'],
  ['FailedSessions', 'Count', 'WorkGroup'],
  ['TerminatedSessions', 'Count', 'WorkGroup'],
  ['CreatingTime', 'Seconds', 'WorkGroup'],
  ['IdleTime', 'Seconds', 'WorkGroup'],
  ['BusyTime', 'Seconds', 'WorkGroup'],
  ['TerminatingTime', 'Seconds', 'WorkGroup'],
  ['SessionAge', 'Seconds', 'WorkGroup'],
  ['WorkGroupsMonitored', 'Count', 'FunctionName'],
  ['WorkGroupsNotListed', 'Count', 'FunctionName'],
  ['LiveSparkConnectSessions', 'Count', 'FunctionName'],
  ['UnknownSessions', 'Count', 'FunctionName'],
  ['ApiCalls', 'Count', 'FunctionName'],
  ['ThrottledApiCalls', 'Count', 'FunctionName'],
  ['EventsSent', 'Count', 'FunctionName'],
  ['EventsFailed', 'Count', 'FunctionName'],
  ['CreatingSessions', 'Count', 'FunctionName'],
  ['CreatedSessions', 'Count', 'FunctionName'],
  ['IdleSessions', 'Count', 'FunctionName'],
  ['BusySessions', 'Count', 'FunctionName'],
  ['TerminatingSessions', 'Count', 'FunctionName'],
  ['DegradedSessions', 'Count', 'FunctionName'],
];

test('the metrics have the documented names, units and dimensions', () => {
  const entries = [WORK_GROUP_METRICS, RUN_METRICS].flatMap((metrics) => Object.entries(metrics));
  const defined = entries.map(([name, { unit, dimension }]) => [name, unit, dimension]);
  expect(defined.sort()).toEqual([...DOCUMENTED].sort());
});

test('only the counts of live sessions are metrics of both workgroups and runs', () => {
  const live = Object.values(SESSION_STATES).filter(({ ended }) => !ended).map(({ countMetric }) => countMetric);
  expect(Object.keys(WORK_GROUP_METRICS).filter((name) => name in RUN_METRICS)).toEqual(live);
});

test('every state has a metric that is named after it', () => {
  const nameOf = (state: string) => state[0] + state.slice(1).toLowerCase();
  for (const [state, definition] of Object.entries(SESSION_STATES)) {
    expect(definition.countMetric).toBe(`${nameOf(state)}Sessions`);
    expect([undefined, `${nameOf(state)}Time`]).toContain('timeMetric' in definition ? definition.timeMetric : undefined);
  }
});

test('listings are in the order in which sessions pass through the states', () => {
  expect(sessionListings(true)).toEqual([
    { ended: false }, { state: 'DEGRADED', ended: false }, { state: 'TERMINATING', ended: false }, { state: 'FAILED', ended: true }, { state: 'TERMINATED', ended: true },
  ]);
  expect(sessionListings(false)).toEqual(sessionListings(true).slice(0, 4));
});

test('the burst is twice the rate, and at least one call', () => {
  expect(burst(4)).toBe(8);
  expect(burst(0.1)).toBe(1);
});

test.each([
  // ((timeout - 5 s) x rate + burst) / five or four listings per workgroup
  [240, 4, true, 189],
  [240, 4, false, 237],
  [48, 1, true, 9],
  [5, 4, true, 1],
  [6, 0.5, true, 0],
])('a run of %d s at %d calls per second, countTerminated %s, can list %d workgroups', (timeout, rate, countTerminated, expected) => {
  expect(workGroupsPerRun(timeout, rate, countTerminated)).toBe(expected);
});
