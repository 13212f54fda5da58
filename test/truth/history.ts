import * as fc from 'fast-check';
import { EMPTY_FILLS, EMPTY_QUERIES, type EmptyFill, type EmptyQuery } from '../../rehearsal/cloudwatch';

/** The intervals that divide an hour, in minutes. */
export const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

export type Selection = 'named' | 'all' | 'matching';
export const LIVE_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'];
/** States that a session can change to. */
const CHANGING_STATES = ['IDLE', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING', 'CREATED'];
const UNKNOWN_STATE = 'HIBERNATING';
/** The session has disappeared from the listings without an end. Only as a last state. */
export const VANISHED = 'vanished';
const ENGINES = ['PySpark engine version 3', 'Apache Spark version 3.5'];

/** The options of a monitor. Durations are in intervals, so that histories have the same length for every interval. */
export interface Setup {
  readonly workGroups: number;
  readonly failedThreshold: number;
  /** If undefined, the default. */
  readonly holdFor?: number;
  readonly lookback?: number;
  readonly idleLongerThan: number;
  readonly olderThan: number;
  readonly dpuQuota: number;
  readonly maxSession: number;
  readonly countTerminated: boolean;
  /** How many found workgroups a run can list at its rate. If undefined, all of them. */
  readonly capacity?: number;
}

/** Only a few, as each of them is synthesized. */
export const SETUPS: readonly Setup[] = [
  {
    workGroups: 2,
    failedThreshold: 1,
    holdFor: 3,
    lookback: 3,
    idleLongerThan: 1,
    olderThan: 2,
    dpuQuota: 2,
    maxSession: 30,
    countTerminated: true,
  },
  {
    workGroups: 2,
    failedThreshold: 1,
    holdFor: 4,
    lookback: 5,
    idleLongerThan: 2,
    olderThan: 3,
    dpuQuota: 3,
    maxSession: 30,
    countTerminated: true,
  },
  {
    workGroups: 3,
    failedThreshold: 2,
    holdFor: 3,
    idleLongerThan: 3,
    olderThan: 5,
    dpuQuota: 4,
    maxSession: 40,
    countTerminated: false,
  },
  {
    workGroups: 10,
    failedThreshold: 1,
    lookback: 40,
    idleLongerThan: 1,
    olderThan: 8,
    dpuQuota: 6,
    maxSession: 30,
    countTerminated: true,
    capacity: 3,
  },
  {
    workGroups: 500,
    failedThreshold: 1,
    holdFor: 8,
    lookback: 9,
    idleLongerThan: 1,
    olderThan: 4,
    dpuQuota: 20,
    maxSession: 30,
    countTerminated: true,
    capacity: 189,
  },
];
const CROWDED = SETUPS.length - 1;

/** The number of a grid time, counted from the history's first one, and the seconds after it. */
export interface Moment {
  readonly tick: number;
  readonly seconds: number;
}

export interface SessionLife {
  readonly workGroup: number;
  readonly start: Moment;
  /** The later states, each with the time in the state before. */
  readonly states: readonly { readonly state: string; readonly intervals: number; readonly seconds: number }[];
  readonly firstState: string;
  readonly engine?: string;
  readonly missing: { readonly start: boolean; readonly idleSince: boolean; readonly state: boolean };
  /** In which states `LastModifiedDateTime` is present. `stale`: always, but it never changes. */
  readonly modifiedShown: 'always' | 'never' | 'live' | 'ended' | 'stale';
  /** The seconds after the end from which on `EndDateTime` is present; null: never. */
  readonly endShownAfter: number | null;
  /** The seconds after a change at which `LastModifiedDateTime` changes without a change of the state; null: never. */
  readonly touchedAfter: number | null;
}

/** The deliveries of one grid time's event. */
export interface Tick {
  /** The seconds after the grid time at which deliveries arrive. If empty, the run is missed. */
  readonly deliveries: readonly number[];
  /** The seconds after the grid time at which a person invokes the function without a time; null: never. */
  readonly manual: number | null;
}

/** A call that fails. */
export interface Fault {
  readonly fromTick: number;
  readonly ticks: number;
  /** -1: the search for workgroups. */
  readonly workGroup: number;
  /** The number of the call for the workgroup. */
  readonly call: number;
  readonly kind: 'other' | 'not found' | 'invalid request';
}

/** A history, as plain data. */
export interface History {
  readonly interval: number;
  readonly selection: Selection;
  readonly setup: number;
  /** The first grid time, in intervals after midnight. */
  readonly firstTick: number;
  readonly ticks: readonly Tick[];
  readonly sessions: readonly SessionLife[];
  readonly faults: readonly Fault[];
  /** Found workgroups that are disabled. */
  readonly disabled: readonly number[];
  readonly unfiltered: 'documented' | 'live' | 'everything';
  readonly pageSize: number;
  /** The duration of five calls for each workgroup, as a share of the time that a run has. */
  readonly load: number;
  /** Seconds from the end of a run until its datapoints are visible, used in turn. */
  readonly delays: readonly number[];
  readonly extraPeriods: number;
  readonly emptyQuery: EmptyQuery;
  readonly emptyFill: EmptyFill;
}

const MAX_TICKS = 14;

function rarely<T>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, weight = 5): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: common }, { weight: 1, arbitrary: rare });
}
const oneIn = (count: number) => rarely(fc.constant(false), fc.constant(true), count - 1);

/** Seconds within an interval: often at its borders. */
const secondsIn = (interval: number) => fc.oneof(fc.constantFrom(0, 1, interval * 60 - 1), fc.nat(interval * 60 - 1));

/** With `brief`, a session that soon ends or vanishes, so that its workgroup becomes quiet. */
function life(interval: number, workGroups: number, brief = false): fc.Arbitrary<SessionLife> {
  const wait = {
    intervals: rarely(fc.nat(2), fc.nat(4), 3),
    seconds: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(interval * 20), secondsIn(interval)),
  };
  const live = fc.record({ state: rarely(fc.constantFrom(...CHANGING_STATES), fc.constant(UNKNOWN_STATE), 30), ...wait });
  const end = fc.record({ ...wait, state: rarely(fc.constantFrom('FAILED', 'FAILED', 'TERMINATED'), fc.constant(VANISHED), brief ? 1 : 5) });
  const states = fc.tuple(
    fc.array(live, { maxLength: brief ? 1 : 4 }),
    brief ? end : fc.option(end, { freq: 2 }),
  ).map(([before, last]) => last ? [...before, last] : before);
  return fc.record({
    workGroup: fc.nat(workGroups - 1),
    start: fc.record({
      tick: brief
        ? fc.integer({ min: -6, max: MAX_TICKS - 3 })
        : rarely(fc.integer({ min: -4, max: MAX_TICKS - 4 }), fc.integer({ min: -110, max: 0 }), 4),
      seconds: secondsIn(interval),
    }),
    firstState: rarely(fc.constant('CREATING'), fc.constantFrom('IDLE', 'BUSY', 'DEGRADED', 'FAILED')),
    engine: fc.constantFrom(...ENGINES, undefined),
    states,
    missing: fc.record({ start: oneIn(20), idleSince: oneIn(4), state: oneIn(60) }),
    modifiedShown: rarely<SessionLife['modifiedShown']>(fc.constant('always'), fc.constantFrom('never', 'live', 'ended', 'stale'), 2),
    endShownAfter: rarely<number | null>(fc.constant(0), fc.oneof(fc.constant(null), fc.nat(interval * 120)), 4),
    touchedAfter: rarely<number | null>(fc.constant(null), fc.nat(interval * 120), 4),
  });
}

function tick(interval: number): fc.Arbitrary<Tick> {
  const soon = fc.oneof(fc.nat(5), fc.nat(59));
  const late = fc.nat(Math.floor(interval * 60 * 2.5)); // late enough that the next run may overtake it
  const deliveries = fc.oneof(
    { weight: 12, arbitrary: soon.map((seconds) => [seconds]) },
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: late.map((seconds) => [seconds]) },
    { weight: 2, arbitrary: fc.tuple(soon, late).map((both) => [...both]) },
  );
  return fc.record({ deliveries, manual: rarely<number | null>(fc.constant(null), fc.nat(interval * 60 - 1), 20) });
}

function fault(workGroups: number): fc.Arbitrary<Fault> {
  return fc.record({
    fromTick: fc.nat(MAX_TICKS - 1),
    ticks: rarely(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 6 })),
    workGroup: rarely(fc.nat(workGroups - 1), fc.constant(-1), 4),
    call: fc.nat(6),
    kind: rarely<Fault['kind']>(fc.constant('other'), fc.constantFrom('not found', 'invalid request'), 2),
  });
}

/** Ticks, sometimes with a sequence of missed ones. */
function ticks(interval: number, minLength = 1): fc.Arbitrary<Tick[]> {
  const gap = fc.record({ from: fc.nat(MAX_TICKS - 1), length: fc.integer({ min: 2, max: 6 }) });
  return fc.tuple(fc.array(tick(interval), { minLength, maxLength: MAX_TICKS, size: 'max' }), rarely(fc.constant({ from: 0, length: 0 }), gap, 3))
    .map(([all, { from, length }]) => all.map((one, index) => index >= from && index < from + length ? { ...one, deliveries: [] } : one));
}

/** Any history of a monitor with one of the intervals. In many, workgroups become quiet. */
export function histories(intervals: readonly number[]): fc.Arbitrary<History> {
  return fc.tuple(fc.constantFrom(...intervals), rarely(fc.constantFrom(0, 0, 1, 1, 2), fc.constant(3), 20), oneIn(3))
    .chain(([interval, setup, quiet]) => fc.record({ ...partsOf(interval, setup), ...(quiet && quietPartsOf(interval, setup)) }));
}

/** Any history of a monitor with one of the intervals that finds far more workgroups than a run can list. */
export function crowdedHistories(intervals: readonly number[]): fc.Arbitrary<History> {
  return fc.constantFrom(...intervals).chain((interval) => {
    const parts = partsOf(interval, CROWDED);
    const punctual = fc.nat(5).map((seconds): Tick => ({ deliveries: [seconds], manual: null }));
    const everyTick = fc.array(punctual, { minLength: MAX_TICKS, maxLength: MAX_TICKS });
    return fc.record({
      ...parts,
      selection: fc.constantFrom<Selection[]>('all', 'matching'),
      ticks: rarely(everyTick, parts.ticks, 4),
      sessions: fc.array(life(interval, SETUPS[CROWDED]!.workGroups), { minLength: 1, maxLength: 60, size: 'max' }),
      pageSize: fc.constant(100),
      load: fc.constantFrom(2.7, 3.3, 4, 4.8), // 185, 151, 125 and 104 workgroups per run
      delays: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 2 }),
    });
  });
}

/** Few sessions that soon end, and time after them. */
function quietPartsOf(interval: number, setup: number): Pick<{ [part in keyof History]: fc.Arbitrary<History[part]> }, 'ticks' | 'sessions'> {
  const { workGroups } = SETUPS[setup]!;
  return {
    ticks: ticks(interval, MAX_TICKS - 2),
    sessions: fc.array(life(interval, workGroups, true), { minLength: 1, maxLength: 1 + workGroups, size: 'max' }),
  };
}

function partsOf(interval: number, setup: number): { [part in keyof History]: fc.Arbitrary<History[part]> } {
  const { workGroups } = SETUPS[setup]!;
  return {
    interval: fc.constant(interval),
    selection: fc.constantFrom<Selection[]>('named', 'named', 'all', 'matching'),
    setup: fc.constant(setup),
    firstTick: fc.nat(59),
    ticks: rarely(ticks(interval), fc.constant(Array.from({ length: MAX_TICKS }, (): Tick => ({ deliveries: [0], manual: null })))),
    sessions: fc.array(life(interval, workGroups), { minLength: 1, maxLength: 6 + workGroups, size: 'max' }),
    faults: fc.oneof(fc.constant([]), fc.array(fault(workGroups), { maxLength: 3 })),
    disabled: rarely<number[]>(fc.constant([]), fc.uniqueArray(fc.nat(workGroups - 1))),
    unfiltered: fc.constantFrom<History['unfiltered'][]>('documented', 'live', 'everything'),
    pageSize: fc.constantFrom(1, 2, 100),
    load: rarely(fc.constantFrom(0.01, 0.1, 0.3, 0.6), fc.constantFrom(1.5, 3), 9),
    delays: fc.array(rarely(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 900 })), { minLength: 1, maxLength: 7 }),
    extraPeriods: fc.nat(3),
    emptyQuery: fc.constantFrom(...EMPTY_QUERIES),
    emptyFill: fc.constantFrom(...EMPTY_FILLS),
  };
}
