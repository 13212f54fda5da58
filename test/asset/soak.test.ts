import type { Fault } from '../../rehearsal/athena';
import type { EventFault } from '../../rehearsal/eventbridge';
import type { Inspection } from '../../rehearsal/lambda';
import { SETTINGS } from '../../src/schema';
import { minutes, NODES, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

const RUNS = 1000;
const BLOCK = 50;
/** Blocks until everything is compiled and every cache is full. */
const WARM_UP = 8;
/** In bytes. A run makes 16 calls for its three workgroups and five for their events, so a leak of 50 bytes in each call exceeds it. */
const MAX_GROWTH_PER_RUN = 800;
const RATE = 1000;
/** One for each of the three workgroups, whose calls are made one after another; and one for each detail of the two sessions in events. */
const SOCKETS = 4;
const TIMEOUT = 60;

const healthy = (time: number) => ({
  sessions: [
    session('idle', 'IDLE', { IdleSinceDateTime: time - minutes(70) }),
    session('failed', 'FAILED', { EndDateTime: time - minutes(1) }),
  ],
});

/** Faults and events of every n-th run, and how that run ends. Slow faults are rare. */
const FAULTY_RUNS: readonly { every: number; fault?: Fault; eventFault?: EventFault; event?: object; failed?: number; error?: RegExp }[] = [
  { every: 15, fault: { kind: 'throttle', workGroup: 'ill', first: 2 } },
  { every: 7, fault: { kind: 'reset', workGroup: 'ill', first: 1 } },
  { every: 8, fault: { kind: 'resetMidBody', workGroup: 'ill', first: 1 } },
  { every: 9, fault: { kind: 'serverError', workGroup: 'ill', first: 1 } },
  { every: 11, fault: { kind: 'accessDenied', workGroup: 'ill' }, failed: 1 },
  { every: 13, fault: { kind: 'truncated', workGroup: 'ill' }, failed: 1 },
  { every: 17, fault: { kind: 'repeatedToken', workGroup: 'ill' }, failed: 1 },
  { every: 61, fault: { kind: 'slow', workGroup: 'ill', milliseconds: 2000 } },
  { every: 6, fault: { kind: 'throttle', operation: 'GetSession', first: 2 } },
  { every: 10, fault: { kind: 'accessDenied', operation: 'ListTagsForResource' } },
  { every: 14, eventFault: { kind: 'failedEntries', first: 2 } },
  { every: 19, eventFault: { kind: 'resetMidBody', first: 1 } },
  { every: 21, eventFault: { kind: 'accessDenied' } },
  { every: 67, eventFault: { kind: 'hang', first: 1 } },
  { every: 601, fault: { kind: 'hang', operation: 'GetSession' } },
  { every: 487, eventFault: { kind: 'hang' } },
  { every: 23, event: { scheduledTime: 'yesterday' }, error: /scheduledTime must be/ },
  { every: 29, fault: { kind: 'accessDenied', operation: 'ListWorkGroups' }, error: /search for workgroups did not finish/ },
  { every: 31, fault: { kind: 'accessDenied', operation: 'ListSessions' }, error: /none of 3 workgroups could be listed/ },
  { every: 499, fault: { kind: 'hang', workGroup: 'ill' }, failed: 1 },
  { every: 397, fault: { kind: 'throttle', workGroup: 'ill' }, failed: 1 },
];

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const only = (inspections: readonly Inspection[], kind: string) => inspections.map(({ resources }) => resources[kind] ?? 0);

test(`${RUNS} runs with faults in one process leak no memory, sockets or timers`, async () => {
  const speed = 10;
  const stage = await Stage.start(
    { workGroups: { wide: { sessions: Array.from({ length: 150 }, (_, i) => session(`s${i}`, 'BUSY')) } }, speed },
    { [SETTINGS.maxRequestsPerSecond]: `${RATE}` },
    { timeoutSeconds: TIMEOUT, speed, nodePath: NODES.at(-1) },
    {},
  );
  const inspections: Inspection[] = [];
  const connections: number[] = [];
  const eventConnections: number[] = [];
  for (let index = 1; index <= RUNS; index++) {
    // A gap between the runs, or a time that goes back, makes the process forget what it has told: each run has two events.
    const time = T + minutes(10) * (index % 3);
    const onTime = { scheduledTime: new Date(time).toISOString() };
    const { fault, eventFault, event = onTime, failed = 0, error } = [...FAULTY_RUNS].reverse().find(({ every }) => index % every === 0) ?? {};
    stage.athena.faults.splice(0, Infinity, ...(fault ? [{ ...fault }] : []));
    stage.eventBridge.faults.splice(0, Infinity, ...(eventFault ? [{ ...eventFault }] : []));
    ['ill', 'well'].forEach((name) => stage.athena.workGroups.set(name, healthy(time)));
    [stage.athena.calls, stage.eventBridge.calls, stage.eventBridge.accepted].forEach((list) => list.splice(0));
    const run = await stage.run(event, time);

    // If the runs did not work, the measurements below would prove nothing.
    expect(run.error?.errorMessage ?? '').toMatch(error ?? /^$/);
    if (!error) {
      const value = (metric: string, dimensionValue?: string) => run.value(metric, dimensionValue, time);
      expect([value('WorkGroupsMonitored'), value('WorkGroupsNotListed')]).toEqual([3 - failed, failed]);
      expect([value('IdleTime', 'well'), value('FailedSessions', 'well'), value('BusySessions', 'wide')]).toEqual([[4200], 1, 150]);
      const unsent = eventFault && !eventFault.first ? 2 : 0;
      expect(run.metricLines.at(-1)).toMatchObject({ EventsSent: 2 - failed - unsent, EventsFailed: unsent });
    }
    expect(run.lines.filter((line) => !line.startsWith('{'))).toEqual([]); // such as Node's warning of too many listeners
    if (index % BLOCK === 0) {
      inspections.push(await stage.host.inspect());
      connections.push(await stage.athena.connections());
      eventConnections.push(await stage.eventBridge.connections());
    }
  }

  const warm = inspections.slice(WARM_UP);
  const half = Math.floor(warm.length / 2);
  const [early, late] = [warm.slice(0, half), warm.slice(-half)];
  const memory = (of: readonly Inspection[]) => median(of.map(({ memoryBytes }) => memoryBytes));
  const growth = (memory(late) - memory(early)) / (BLOCK * (warm.length - half));
  expect(growth).toBeLessThan(MAX_GROWTH_PER_RUN);
  expect(Math.max(...connections)).toBeLessThanOrEqual(SOCKETS);
  expect(Math.max(...eventConnections)).toBeLessThanOrEqual(1); // one call is enough for the events
  expect(Math.max(...only(late, 'Timeout'))).toBeLessThanOrEqual(Math.max(...only(early, 'Timeout')));
});
