import { callsNeeded, total } from '../../bench/figures';
import { ALL_STATES, countsOf, workGroupsOf } from '../../bench/world';
import { SETTINGS, WORK_GROUP_METRICS } from '../../src/schema';
import { minutes, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

const manyWorkGroups = (count: number) => Object.fromEntries(
  Array.from({ length: count }, (_, i) => [`team-${i}`, { sessions: [session(`s${i}`, 'BUSY')] }]));
const filters = (stage: Stage, workGroup: string) =>
  stage.athena.calls.filter((call) => call.workGroup === workGroup).map((call) => call.stateFilter);

test.each([[1, 1], [50, 1], [51, 2], [120, 3]])('%i found workgroups take five calls each and %i for the search', async (count, searchPages) => {
  const stage = await Stage.start({ workGroups: manyWorkGroups(count) });
  const run = await stage.run();
  expect(stage.athena.calls.filter((call) => call.operation === 'ListSessions')).toHaveLength(5 * count);
  expect(stage.athena.calls.filter((call) => call.operation === 'ListWorkGroups')).toHaveLength(searchPages);
  expect(run.value('ApiCalls')).toBe(5 * count + searchPages);
  expect(run.value('WorkGroupsMonitored')).toBe(count);
});

test.each([
  [1, 0], [1, 1], [1, 100], [1, 101], [1, 10_000], [10, 101], [100, 100], [200, 1], [500, 1], [1000, 1],
])('%i workgroups with %i sessions each take one call per page', async (count, sessions) => {
  const workGroups = workGroupsOf({ workGroups: count, sessions, states: ALL_STATES }, T);
  const stage = await Stage.start({ workGroups }, { [SETTINGS.maxRequestsPerSecond]: '1000000' });
  const run = await stage.run();
  expect(stage.athena.calls).toHaveLength(total(callsNeeded(countsOf(workGroups, ALL_STATES))));
  expect(run.value('WorkGroupsMonitored')).toBe(count);
});

test('named workgroups take five calls each and no search', async () => {
  const stage = await Stage.start({ workGroups: manyWorkGroups(3) }, { [SETTINGS.workGroups]: 'team-0,team-2' });
  await stage.run();
  expect(stage.athena.calls).toHaveLength(10);
  expect(filters(stage, 'team-0')).toEqual([undefined, 'DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED']);
  expect(filters(stage, 'team-1')).toEqual([]);
});

test('without TERMINATED, a workgroup takes four calls and has no TerminatedSessions', async () => {
  const stage = await Stage.start({ workGroups: manyWorkGroups(2) }, { [SETTINGS.countTerminated]: 'false' });
  const run = await stage.run();
  expect(filters(stage, 'team-0')).toEqual([undefined, 'DEGRADED', 'TERMINATING', 'FAILED']);
  expect(run.value('ApiCalls')).toBe(2 * 4 + 1);
  expect(run.value('FailedSessions', 'team-0')).toBe(0);
  expect(run.value('TerminatedSessions', 'team-0')).toBeUndefined();
});

describe('calls for events', () => {
  const told = (count: number) => Array.from({ length: count }, (_, index) => session(`idle-${index}`, 'IDLE', { IdleSinceDateTime: T - minutes(61) }));
  const callsOf = async (sessions: ReturnType<typeof told>, environment = {}) => {
    const stage = await Stage.start({ workGroups: { analytics: { sessions } } }, environment, {}, {});
    const run = await stage.run();
    const count = (operation: string) => stage.athena.calls.filter((call) => call.operation === operation).length;
    return { listings: count('ListWorkGroups') + count('ListSessions'), details: [count('GetSession'), count('ListTagsForResource')], stage, run };
  };

  test('without events, there are none, and no connection to EventBridge', async () => {
    const { listings, details, stage, run } = await callsOf(told(3), { [SETTINGS.events]: undefined });
    expect([listings, ...details]).toEqual([6, 0, 0]);
    expect(stage.eventBridge.calls).toEqual([]);
    expect(await stage.eventBridge.connections()).toBe(0);
    expect([run.value('EventsSent'), run.value('EventsFailed')]).toEqual([undefined, undefined]);
  });

  test('with nothing to tell, there are none, and no connection to EventBridge', async () => {
    const { listings, details, stage, run } = await callsOf([session('busy', 'BUSY')]);
    expect([listings, ...details]).toEqual([6, 0, 0]);
    expect(stage.eventBridge.calls).toEqual([]);
    expect(await stage.eventBridge.connections()).toBe(0);
    expect([run.value('EventsSent'), run.value('EventsFailed')]).toEqual([0, 0]);
  });

  test.each([[1, 1, 1], [10, 10, 1], [11, 11, 2], [20, 20, 2], [45, 20, 5]])('%i sessions take two calls each for details of %i, and %i PutEvents', async (sessions, detailed, puts) => {
    const { listings, details, stage, run } = await callsOf(told(sessions));
    expect([listings, ...details]).toEqual([6, detailed, detailed]);
    expect(stage.eventBridge.calls).toHaveLength(puts);
    expect(stage.eventBridge.accepted).toHaveLength(sessions);
    expect(run.metricLines.at(-1)).toMatchObject({ EventsSent: sessions, EventsFailed: 0, ApiCalls: 6 + 2 * detailed });
  });

  test('no call is throttled if maxRequestsPerSecond is what Athena allows', async () => {
    const stage = await Stage.start(
      { workGroups: { analytics: { sessions: told(5) } }, rateLimit: { ratePerSecond: 8, burst: 8 } }, { [SETTINGS.maxRequestsPerSecond]: '4' }, {}, {});
    const run = await stage.run();
    expect(stage.athena.calls).toHaveLength(6 + 2 * 5);
    expect(run.metricLines.at(-1)).toMatchObject({ EventsSent: 5, ThrottledApiCalls: 0 });
  });
});

test('every call requests 100 sessions', async () => {
  const stage = await Stage.start({ workGroups: manyWorkGroups(1) });
  await stage.run();
  expect(stage.athena.calls.filter((call) => call.operation === 'ListSessions').map(({ maxResults }) => maxResults)).toEqual(Array(5).fill(100));
});

test('all pages are counted', async () => {
  const sessions = Array.from({ length: 250 }, (_, i) => session(`s${i}`, 'IDLE', { StartDateTime: T - minutes(i), IdleSinceDateTime: T - i * 1000 }));
  const stage = await Stage.start({ workGroups: { analytics: { sessions } } });
  const run = await stage.run();
  expect(run.value('IdleSessions', 'analytics')).toBe(250);
  const idleTimes = run.metricLines.flatMap((line) => line.IdleTime ?? []);
  expect(idleTimes.sort((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, i) => i));
  expect(stage.athena.calls.filter((call) => call.stateFilter === undefined && call.operation === 'ListSessions')).toHaveLength(3);
});

test('a listing of ended sessions stops at a page of sessions that started before the lookback and the longest session', async () => {
  const oldest = T - minutes(60 + 15) - minutes(1440);
  const failed = (i: number) => session(`f${i}`, 'FAILED', { StartDateTime: oldest + minutes(150) - minutes(i), EndDateTime: T - minutes(2) });
  const stage = await Stage.start({ workGroups: { analytics: { sessions: Array.from({ length: 1000 }, (_, i) => failed(i)) } } });
  const run = await stage.run();
  // 151 sessions started late enough. They are on the first two pages, so the third page is the first without any.
  expect(stage.athena.calls.filter((call) => call.stateFilter === 'FAILED').map((call) => call.page)).toEqual([1, 2, 3]);
  expect(run.value('FailedSessions', 'analytics')).toBe(300);
});

test.each([5, 8])('no call is throttled if maxRequestsPerSecond is what Athena allows: %i', async (rate) => {
  const stage = await Stage.start(
    { workGroups: manyWorkGroups(6), rateLimit: { ratePerSecond: rate, burst: 2 * rate } }, { [SETTINGS.maxRequestsPerSecond]: `${rate}` });
  const run = await stage.run();
  expect(stage.athena.calls).toHaveLength(31);
  expect(stage.athena.calls.filter((call) => call.throttled)).toEqual([]);
  expect(run.value('ThrottledApiCalls')).toBe(0);
  expect(run.value('WorkGroupsMonitored')).toBe(6);
});

// With answers after 5 seconds and 40 calls a second, 200 calls are in flight.
test('slow answers do not reduce the rate, and no call is throttled', async () => {
  const [rate, speed, timeoutSeconds] = [40, 2, 20];
  const stage = await Stage.start(
    { workGroups: manyWorkGroups(400), rateLimit: { ratePerSecond: rate, burst: 2 * rate }, speed, faults: [{ kind: 'slow', milliseconds: 5000, operation: 'ListSessions' }] },
    { [SETTINGS.maxRequestsPerSecond]: `${rate}` },
    { timeoutSeconds, speed, memorySize: 256 },
  );
  const run = await stage.run();
  expect(stage.athena.calls.filter((call) => call.throttled)).toEqual([]);
  // Half of the possible calls, as the machine may be slow; the bench measures more exactly.
  expect(run.value('ApiCalls')).toBeGreaterThan(0.5 * (2 * rate + rate * (timeoutSeconds - 5 - 2.5)));
});

// If eight workgroups were listed at the same pace, no run would complete any of them before its deadline.
test('at a very low rate, each run lists a few workgroups completely, and all of them get their turn', async () => {
  const speed = 50;
  const names = Object.keys(manyWorkGroups(12));
  const stage = await Stage.start(
    { workGroups: manyWorkGroups(12), speed },
    { [SETTINGS.maxRequestsPerSecond]: '0.5' },
    { timeoutSeconds: 48, speed },
  );
  const monitored = new Set<string>();
  let fewest = names.length;
  // How long a workgroup may wait, if each run lists at least so many. A busy machine lists fewer in the time.
  for (let run = 0; run < 2 * Math.ceil(names.length / fewest) + 1; run++) {
    const { metricLines } = await stage.run({ scheduledTime: new Date(T + run * minutes(5)).toISOString() });
    const listed = metricLines.map((line) => line.WorkGroup).filter((name) => name !== undefined);
    expect(listed.length).toBeGreaterThanOrEqual(1);
    fewest = Math.min(fewest, listed.length);
    listed.forEach((name) => monitored.add(name));
  }
  expect([...monitored].sort()).toEqual(names.sort());
});

// The format needs each metric's name twice and its unit once: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
test('without session details, a line contains only what the format requires', async () => {
  const stage = await Stage.start({ workGroups: { analytics: { sessions: [] } } }, { [SETTINGS.logSessionDetails]: 'false' });
  const [line] = (await stage.run()).lines;
  const metrics = Object.entries(WORK_GROUP_METRICS);
  const needed = {
    _aws: {
      Timestamp: T,
      CloudWatchMetrics: [{ Namespace: 'AthenaSessions', Dimensions: [['WorkGroup']], Metrics: metrics.map(([Name, { unit: Unit }]) => ({ Name, Unit })) }],
    },
    WorkGroup: 'analytics',
    ...Object.fromEntries(metrics.map(([name, { unit }]) => [name, unit === 'Seconds' ? [0] : 0])),
  };
  expect(JSON.parse(line!)).toEqual({ ...needed, _aws: expect.anything() });
  expect(line!.length).toBe(JSON.stringify(needed).length);
  expect(line!.length).toBeLessThanOrEqual(960);
});
