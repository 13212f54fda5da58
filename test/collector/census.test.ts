import * as fc from 'fast-check';
import { comparable, expectedFigures } from './oracle';
import type { ListedSession } from '../../src/athena/listings';
import { Census, type CensusContext, type Count } from '../../src/collector/census';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T = Date.parse('2026-03-10T12:00:00Z');
const INTERVAL = 5 * MINUTE;

const CONTEXT: CensusContext = { scheduledTime: T, interval: INTERVAL, lookback: HOUR, countTerminated: true, logSessionDetails: true };

const LIVE_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'];
const ENDED_STATES = ['FAILED', 'TERMINATED'];

const ZEROS = {
  CreatingSessions: 0,
  CreatedSessions: 0,
  IdleSessions: 0,
  BusySessions: 0,
  TerminatingSessions: 0,
  DegradedSessions: 0,
  FailedSessions: 0,
  TerminatedSessions: 0,
  CreatingTime: [0],
  IdleTime: [0],
  BusyTime: [0],
  TerminatingTime: [0],
  SessionAge: [0],
};

function censusOf(sessions: readonly ListedSession[], context: Partial<CensusContext> = {}): Census {
  const census = new Census({ ...CONTEXT, ...context });
  sessions.forEach((session) => census.add(session));
  return census;
}

function figuresOf(sessions: readonly ListedSession[], context: Partial<CensusContext> = {}): Count[] {
  return censusOf(sessions, context).counts();
}

/** The count at T. */
function figuresNow(sessions: readonly ListedSession[], context: Partial<CensusContext> = {}): Count {
  return figuresOf(sessions, context)[0]!;
}

/** The values of a metric by minutes before T, without grid times that have no value. */
function countsByAge(figures: readonly Count[], metric: 'FailedSessions' | 'TerminatedSessions'): { [minutesAgo: string]: unknown } {
  const points = figures.filter(({ values }) => metric in values);
  return Object.fromEntries(points.map(({ timestamp, values }) => [(T - timestamp) / MINUTE, values[metric]]));
}

const ago = (minutes: number) => T - minutes * MINUTE;

describe('the count at T', () => {
  test('is zero for all metrics without sessions, with a single 0 for each time metric', () => {
    expect(figuresOf([])).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });

  test.each([
    ['CREATING', 'CreatingSessions'],
    ['CREATED', 'CreatedSessions'],
    ['IDLE', 'IdleSessions'],
    ['BUSY', 'BusySessions'],
    ['TERMINATING', 'TerminatingSessions'],
    ['DEGRADED', 'DegradedSessions'],
    ['FAILED', 'FailedSessions'],
    ['TERMINATED', 'TerminatedSessions'],
  ] as const)('counts a session in the state %s only in %s', (state, metric) => {
    const { values } = figuresNow([{ id: 'a', state, startedAt: T - 1 }, { id: 'b', state, startedAt: T - 2 }]);
    const countsOf = (metrics: object) => Object.entries(metrics).filter(([name]) => name.endsWith('Sessions'));
    expect(countsOf(values)).toEqual(countsOf({ ...ZEROS, [metric]: 2 }));
  });

  test('has no TerminatedSessions if countTerminated is false, as a zero would be wrong', () => {
    const { TerminatedSessions, ...others } = ZEROS;
    const terminated = [ago(1), ago(20)].map((endedAt): ListedSession => ({ id: `${endedAt}`, state: 'TERMINATED', endedAt }));
    const figures = figuresOf(terminated, { countTerminated: false });
    expect(figures).toEqual([{ timestamp: T, values: others, sessions: [], endEstimated: 0 }]);
  });

  test('has one time for each session in a state', () => {
    const { values } = figuresNow([
      { id: 'a', state: 'IDLE', idleSince: ago(1) },
      { id: 'b', state: 'IDLE', idleSince: ago(10) },
      { id: 'c', state: 'BUSY', modifiedAt: ago(2) },
    ]);
    expect(values).toMatchObject({ IdleTime: [600, 60], BusyTime: [120], CreatingTime: [0], TerminatingTime: [0] });
  });
});

describe('the time in a state', () => {
  const dates = { startedAt: ago(30), modifiedAt: ago(20), idleSince: ago(10), endedAt: ago(1) };

  test.each([
    ['IDLE', 'IdleTime', dates, 600],
    ['IDLE', 'IdleTime', { ...dates, idleSince: undefined }, 1200],
    ['IDLE', 'IdleTime', { ...dates, idleSince: undefined, modifiedAt: undefined }, 1800],
    ['IDLE', 'IdleTime', { endedAt: ago(1) }, undefined],
    ['CREATING', 'CreatingTime', dates, 1800],
    ['CREATING', 'CreatingTime', { ...dates, startedAt: undefined }, undefined],
    ['BUSY', 'BusyTime', dates, 1200],
    ['BUSY', 'BusyTime', { ...dates, modifiedAt: undefined }, 1800],
    ['BUSY', 'BusyTime', { idleSince: ago(10), endedAt: ago(1) }, undefined],
    ['TERMINATING', 'TerminatingTime', dates, 1200],
    ['TERMINATING', 'TerminatingTime', { ...dates, modifiedAt: undefined }, 1800],
    ['TERMINATING', 'TerminatingTime', { idleSince: ago(10), endedAt: ago(1) }, undefined],
  ] as const)('in the state %s: %s of %j is %s', (state, metric, session, seconds) => {
    const { values } = figuresNow([{ id: 'a', state, ...session }]);
    expect(values[metric]).toEqual(seconds === undefined ? undefined : [seconds]);
  });

  test.each(['IDLE', 'CREATING', 'BUSY', 'TERMINATING'])('is never negative: %s', (state) => {
    const { values, sessions } = figuresNow([{ id: 'a', state, startedAt: T + MINUTE, modifiedAt: T + MINUTE, idleSince: T + MINUTE }]);
    const metric = `${state[0]}${state.slice(1).toLowerCase()}Time` as 'IdleTime';
    expect(values[metric]).toEqual([0]);
    expect(sessions[0]!.seconds).toBe(0);
  });

  test('is not written without a date, although the session is counted', () => {
    const { values } = figuresNow([{ id: 'a', state: 'IDLE' }, { id: 'b', state: 'CREATING', modifiedAt: ago(1) }]);
    expect(values).toMatchObject({ IdleSessions: 1, CreatingSessions: 1, BusyTime: [0], TerminatingTime: [0] });
    expect(values.IdleTime).toBeUndefined();
    expect(values.CreatingTime).toBeUndefined();
  });

  test('is written for sessions with a date, even if others have none', () => {
    const { values } = figuresNow([{ id: 'a', state: 'BUSY' }, { id: 'b', state: 'BUSY', modifiedAt: ago(3) }]);
    expect(values).toMatchObject({ BusySessions: 2, BusyTime: [180] });
  });

  test('can start at the epoch', () => {
    expect(figuresNow([{ id: 'a', state: 'BUSY', startedAt: 0 }]).values.BusyTime).toEqual([T / SECOND]);
  });

  test.each(['CREATED', 'DEGRADED'])('has no metric for the state %s', (state) => {
    const { values } = figuresNow([{ id: 'a', state, startedAt: ago(9) }]);
    expect(Object.keys(values).sort()).toEqual(Object.keys(ZEROS).sort());
    expect(values).toMatchObject({ CreatingTime: [0], IdleTime: [0], BusyTime: [0], TerminatingTime: [0] });
  });
});

describe('the age', () => {
  test.each(LIVE_STATES)('of a session in the state %s is the time from its start, whatever its other dates are', (state) => {
    const { values, sessions } = figuresNow([{ id: 'a', state, startedAt: ago(90), modifiedAt: ago(2), idleSince: ago(1) }]);
    expect(values.SessionAge).toEqual([5400]);
    expect(sessions[0]).toMatchObject({ age: 5400 });
  });

  test('has one value for each live session, the oldest first', () => {
    const { values } = figuresNow([
      { id: 'a', state: 'BUSY', startedAt: ago(2) },
      { id: 'b', state: 'IDLE', startedAt: ago(60), idleSince: ago(1) },
      { id: 'c', state: 'DEGRADED', startedAt: ago(30) },
      { id: 'd', state: 'IDLE', startedAt: ago(2), idleSince: ago(1) },
    ]);
    expect(values.SessionAge).toEqual([3600, 1800, 120, 120]);
  });

  test.each(ENDED_STATES)('has no value for a session that ended %s', (state) => {
    const ended: ListedSession = { id: 'a', state, startedAt: ago(90), endedAt: ago(2) };
    expect(figuresNow([ended]).values.SessionAge).toEqual([0]);
    expect(figuresNow([ended, { id: 'b', state: 'IDLE', startedAt: ago(7) }]).values.SessionAge).toEqual([420]);
    expect(figuresOf([{ ...ended, endedAt: ago(20) }])[1]!.values).not.toHaveProperty('SessionAge');
  });

  test('has no value for a session without a start, although the session is counted', () => {
    const undated: ListedSession = { id: 'a', state: 'IDLE', modifiedAt: ago(9), idleSince: ago(9) };
    const { values, sessions } = figuresNow([undated]);
    expect(values).toMatchObject({ IdleSessions: 1, IdleTime: [540] });
    expect(values).not.toHaveProperty('SessionAge'); // a 0 would clear an alarm
    expect(sessions[0]!.age).toBeUndefined();
    expect(figuresNow([undated, { id: 'b', state: 'BUSY', startedAt: ago(3) }]).values.SessionAge).toEqual([180]);
  });

  test('is never negative', () => {
    const { values, sessions } = figuresNow([{ id: 'a', state: 'CREATING', startedAt: T + MINUTE }]);
    expect(values.SessionAge).toEqual([0]);
    expect(sessions[0]!.age).toBe(0);
  });

  test('of an ended session is logged as the time from its start to its end', () => {
    const figures = figuresOf([
      { id: 'a', state: 'FAILED', startedAt: ago(90), endedAt: ago(20) },
      { id: 'b', state: 'TERMINATED', startedAt: ago(90), modifiedAt: ago(2) },
      { id: 'c', state: 'TERMINATED', startedAt: ago(1), endedAt: ago(2) },
      { id: 'd', state: 'FAILED', endedAt: ago(3) },
    ]);
    const ages = figures.flatMap(({ sessions }) => sessions.map(({ id, age }) => [id, age]));
    expect(Object.fromEntries(ages)).toEqual({ a: 70 * 60, b: 88 * 60, c: 0, d: undefined });
  });

  test('is not known in a late run', () => {
    expect(figuresNow([{ id: 'a', state: 'IDLE', startedAt: ago(9) }], { late: true }).values).not.toHaveProperty('SessionAge');
    expect(figuresNow([], { late: true }).values).not.toHaveProperty('SessionAge');
  });
});

describe('the sessions that share the quota of Spark 3.5', () => {
  const V3 = 'PySpark engine version 3';
  const countOf = (sessions: readonly ListedSession[], context?: Partial<CensusContext>) => censusOf(sessions, context).sparkConnectSessions;
  const live = (engine?: string, state = 'IDLE', id = `${engine} ${state}`): ListedSession => ({ id, state, engine, startedAt: ago(9) });

  test.each([
    [V3, 0],
    ['Apache Spark version 3.5', 1],
    ['Apache Spark version 4.0', 1],
    ['PySpark engine version 30', 1],
    ['pyspark engine version 3', 1],
    ['', 1],
    [undefined, 1],
  ])('are those on another engine than PySpark engine version 3: %j', (engine, count) => {
    expect(countOf([live(engine)])).toBe(count);
  });

  test('are those in any live state', () => {
    expect(countOf([...LIVE_STATES.map((state) => live('Apache Spark version 3.5', state)), ...LIVE_STATES.map((state) => live(V3, state))])).toBe(6);
  });

  test('are counted once each, by the last modified record', () => {
    const [older, newer] = [ago(2), ago(1)].map((modifiedAt): ListedSession => ({ ...live(undefined, 'IDLE', 'a'), modifiedAt }));
    expect(countOf([older!, newer!])).toBe(1);
    expect(countOf([older!, { ...newer!, engine: V3 }])).toBe(0);
    expect(countOf([{ ...newer!, engine: V3 }, older!])).toBe(0);
    expect(countOf([older!, { ...newer!, state: 'TERMINATED', endedAt: newer!.modifiedAt }])).toBe(0);
  });

  test.each([
    ['ended in the window of T', { state: 'TERMINATED', endedAt: ago(1) }],
    ['ended after T', { state: 'FAILED', endedAt: T + MINUTE }],
    ['ended before the lookback', { state: 'FAILED', endedAt: ago(100) }],
    ['are in an unknown state', { state: 'HIBERNATING' }],
    ['ended without any date', { state: 'FAILED', startedAt: undefined }],
    ['have no id', { state: 'IDLE', id: undefined }],
  ])('are not those that %s', (_description, session) => {
    expect(countOf([{ ...live(), ...session }])).toBe(0);
  });
});

describe('a workgroup is quiet', () => {
  /** Zeros are written for the lookback of an hour and three intervals more. */
  const LIMIT = HOUR + 3 * INTERVAL;
  const isQuiet = (sessions: readonly ListedSession[], context?: Partial<CensusContext>) => censusOf(sessions, context).isQuiet;
  const ended = (before: number, state = 'FAILED', id = 'a'): ListedSession => ({ id, state, startedAt: T - 9 * HOUR, endedAt: T - before });

  test('without sessions', () => {
    expect(isQuiet([])).toBe(true);
  });

  test.each(LIVE_STATES)('unless a session is live: %s', (state) => {
    expect(isQuiet([{ id: 'a', state }])).toBe(false);
    expect(isQuiet([{ id: 'a', state, startedAt: T - 9 * HOUR, modifiedAt: T - 9 * HOUR }])).toBe(false);
  });

  test.each([
    ['in an unknown state', { id: 'a', state: 'HIBERNATING', startedAt: T - 9 * HOUR }],
    ['without a state', { id: 'a' }],
    ['without an id', { state: 'TERMINATED', endedAt: T - 9 * HOUR }],
    ['with an empty id', { id: '', state: 'IDLE' }],
    ['ended without any date', { id: 'a', state: 'TERMINATED' }],
  ])('unless a session is unknown: %s', (_description, session) => {
    expect(isQuiet([session])).toBe(false);
  });

  test.each(ENDED_STATES.flatMap((state) => [
    ['after T', -1, state, false],
    ['in the next window', -INTERVAL - 1, state, false],
    ['at T', 0, state, false],
    ['one interval ago', INTERVAL, state, false],
    ['just within the lookback', HOUR - SECOND, state, false],
    ['when the lookback began', HOUR, state, false],
    ['just before the lookback', HOUR + SECOND, state, false],
    ['almost three intervals before the lookback', LIMIT - SECOND, state, false],
    ['a moment less than three intervals before the lookback', LIMIT - 1, state, false],
    ['three intervals before the lookback', LIMIT, state, true],
    ['more than three intervals before the lookback', LIMIT + SECOND, state, true],
    ['days ago', 72 * HOUR, state, true],
  ] as const))('as sessions ended long enough ago: %s (%d ms before T), %s: %s', (_description, before, state, quiet) => {
    expect(isQuiet([ended(before, state)])).toBe(quiet);
    expect(isQuiet([ended(before, state), ended(80 * HOUR, state, 'b')])).toBe(quiet);
    expect(isQuiet([ended(80 * HOUR, state, 'b'), ended(before, state)])).toBe(quiet);
  });

  test('if the end that is estimated is long enough ago', () => {
    expect(isQuiet([{ id: 'a', state: 'FAILED', modifiedAt: T - LIMIT }])).toBe(true);
    expect(isQuiet([{ id: 'a', state: 'FAILED', modifiedAt: T - LIMIT + 1 }])).toBe(false);
  });

  test.each([1, 5, 15, 60])('depending on lookback and interval, here of %d minutes', (minutes) => {
    const context = { interval: minutes * MINUTE, lookback: 7 * minutes * MINUTE, scheduledTime: T };
    expect(isQuiet([ended(10 * minutes * MINUTE)], context)).toBe(true);
    expect(isQuiet([ended(10 * minutes * MINUTE - 1)], context)).toBe(false);
  });

  test('even if an ended session is listed twice, or was listed while it lived', () => {
    expect(isQuiet([ended(LIMIT), ended(LIMIT)])).toBe(true);
    expect(isQuiet([ended(LIMIT - 1), ended(LIMIT - 1)])).toBe(false);
    expect(isQuiet([{ id: 'a', state: 'BUSY', modifiedAt: T - LIMIT - 1 }, { ...ended(LIMIT), modifiedAt: T - LIMIT }])).toBe(true);
    expect(isQuiet([{ id: 'a', state: 'BUSY', modifiedAt: T - HOUR - 1 }, { ...ended(HOUR), modifiedAt: T - HOUR }])).toBe(false);
  });

  test('only if the end of sessions can be seen', () => {
    expect(isQuiet([], { countTerminated: false })).toBe(false);
    expect(isQuiet([ended(LIMIT, 'TERMINATED')], { countTerminated: false })).toBe(false);
  });

  test('never in a late run, which does not list live sessions', () => {
    expect(isQuiet([], { late: true })).toBe(false);
  });

  test('whether or not details are logged', () => {
    expect(isQuiet([], { logSessionDetails: false })).toBe(true);
    expect(isQuiet([ended(LIMIT - 1)], { logSessionDetails: false })).toBe(false);
  });

  test('only if all that it would write are zeros', () => {
    expect(figuresOf([ended(LIMIT)])).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });
});

describe.each([
  ['FAILED', 'FailedSessions'],
  ['TERMINATED', 'TerminatedSessions'],
] as const)('sessions that ended %s', (state, metric) => {
  const ended = (endedAt: number, id = `${endedAt}`): ListedSession => ({ id, state, endedAt, startedAt: ago(600) });

  test.each([
    ['at T', T, { 0: 1 }],
    ['just before T', T - 1, { 0: 1 }],
    ['just after T: counted by the next run', T + 1, { 0: 0 }],
    ['in the next window: counted by the next run', T + INTERVAL, { 0: 0 }],
    ['just after the window of T began', ago(5) + 1, { 0: 1 }],
    ['when the window of T began: counted in the window before', ago(5), { 0: 0, 5: 1 }],
    ['just before the window of T', ago(5) - 1, { 0: 0, 5: 1 }],
    ['just after the lookback began', ago(60) + 1, { 0: 0, 55: 1 }],
    ['when the lookback began: not counted', ago(60), { 0: 0 }],
    ['before the lookback', ago(60) - 1, { 0: 0 }],
    ['long ago', ago(6000), { 0: 0 }],
  ])('%s', (_description, end, expected) => {
    expect(countsByAge(figuresOf([ended(end)]), metric)).toEqual(expected);
  });

  test('are counted in the window of their end, and older windows without ended sessions are not written', () => {
    const figures = figuresOf([ended(ago(1)), ended(ago(2)), ended(ago(31)), ended(ago(32)), ended(ago(33)), ended(ago(47))]);
    expect(countsByAge(figures, metric)).toEqual({ 0: 2, 30: 3, 45: 1 });
    expect(figures.map(({ timestamp }) => timestamp)).toEqual([T, ago(30), ago(45)]);
    // This run writes no other metrics of older windows.
    expect(figures[1]!.values).toEqual({ [metric]: 3 });
  });

  test.each([
    ['its end', { endedAt: ago(7), modifiedAt: ago(17), startedAt: ago(27) }, 5, 0],
    ['its last modification, if it has no end', { modifiedAt: ago(17), startedAt: ago(27), idleSince: ago(3) }, 15, 1],
    ['its start, if it has neither', { startedAt: ago(27), idleSince: ago(3) }, 25, 1],
  ])('are each counted once, by %s', (_description, dates, age, estimated) => {
    const figures = figuresOf([{ id: 'a', state, ...dates }]);
    expect(countsByAge(figures, metric)).toEqual({ 0: 0, [age]: 1 });
    expect(figures.map(({ endEstimated }) => endEstimated)).toEqual([0, estimated]);
  });

  test('are unknown and not counted without any date', () => {
    const census = censusOf([{ id: 'a', state, idleSince: ago(3) }]);
    expect(countsByAge(census.counts(), metric)).toEqual({ 0: 0 });
    expect(census.unknownCount).toBe(1);
    expect(census.unknownSessions).toEqual([{ id: 'a', state }]);
  });

  test('are marked if their end is estimated', () => {
    const { sessions, endEstimated } = figuresNow([{ id: 'a', state, modifiedAt: ago(1) }, ended(ago(2), 'b')]);
    expect(sessions).toContainEqual(expect.objectContaining({ id: 'a', endEstimated: true }));
    expect(sessions.find(({ id }) => id === 'b')).not.toHaveProperty('endEstimated');
    expect(endEstimated).toBe(1);
  });

  test('are neither counted nor marked after T', () => {
    expect(figuresNow([{ id: 'a', state, modifiedAt: T + 1 }])).toEqual({ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 });
  });
});

describe('a session that is listed twice', () => {
  const idle: ListedSession = { id: 'a', state: 'IDLE', modifiedAt: ago(3), idleSince: ago(3) };

  test('is counted once', () => {
    expect(figuresNow([idle, idle]).values).toMatchObject({ IdleSessions: 1, IdleTime: [180] });
  });

  test.each([
    ['the last modified record, listed second', ago(3), ago(2), 'BUSY'],
    ['the last modified record, listed first', ago(2), ago(3), 'IDLE'],
    ['the second record on a tie', ago(3), ago(3), 'BUSY'],
    ['the second record if the first has no date', undefined, ago(3), 'BUSY'],
    ['the second record if it has no date', ago(3), undefined, 'BUSY'],
    ['the second record if neither has a date', undefined, undefined, 'BUSY'],
    ['the second record if the date of the first is the epoch', 0, ago(3), 'BUSY'],
    ['the first record if the date of the second is the epoch', ago(3), 0, 'IDLE'],
  ])('is counted by %s', (_description, first, second, winner) => {
    const { values } = figuresNow([{ id: 'a', state: 'IDLE', modifiedAt: first }, { id: 'a', state: 'BUSY', modifiedAt: second }]);
    expect(values).toMatchObject({ IdleSessions: winner === 'IDLE' ? 1 : 0, BusySessions: winner === 'BUSY' ? 1 : 0 });
  });

  test('is not live if it has ended meanwhile, even before the lookback', () => {
    const figures = figuresOf([idle, { id: 'a', state: 'FAILED', modifiedAt: ago(2), endedAt: ago(120) }]);
    expect(figures).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });

  test('is not live if it has ended after T', () => {
    expect(figuresNow([idle, { id: 'a', state: 'FAILED', modifiedAt: T + 1, endedAt: T + 1 }]).values).toEqual(ZEROS);
  });

  test('is counted in the window of the relevant record only', () => {
    const figures = figuresOf([
      { id: 'a', state: 'FAILED', modifiedAt: ago(30), endedAt: ago(30) },
      { id: 'a', state: 'FAILED', modifiedAt: ago(20), endedAt: ago(20) },
    ]);
    expect(countsByAge(figures, 'FailedSessions')).toEqual({ 0: 0, 20: 1 });
  });

  test('is unknown only if the relevant record is', () => {
    const unknown: ListedSession = { id: 'a', state: 'ODD', modifiedAt: ago(4) };
    expect(censusOf([unknown, idle]).unknownCount).toBe(0);
    expect(censusOf([idle, unknown]).unknownCount).toBe(0);
    expect(censusOf([idle, { ...unknown, modifiedAt: ago(2) }]).unknownCount).toBe(1);
    expect(censusOf([unknown, unknown]).unknownCount).toBe(1);
  });
});

describe('unknown sessions', () => {
  test.each([
    ['in an unknown state', { id: 'a', state: 'HIBERNATING', startedAt: ago(1) }],
    ['without a state', { id: 'a', startedAt: ago(1) }],
    ['with an empty state', { id: 'a', state: '', startedAt: ago(1) }],
    ['with a state in lower case', { id: 'a', state: 'idle', startedAt: ago(1) }],
    ['with a state that is the name of an object property', { id: 'a', state: 'constructor', startedAt: ago(1) }],
    ['without an id', { state: 'IDLE', startedAt: ago(1) }],
    ['with an empty id', { id: '', state: 'IDLE', startedAt: ago(1) }],
  ])('are those %s, which are not counted by state', (_description, session) => {
    const census = censusOf([session]);
    expect(census.unknownCount).toBe(1);
    expect(census.unknownSessions).toHaveLength(1);
    expect(census.counts()).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });

  test('have id and state', () => {
    expect(censusOf([{ id: 'a', state: 'HIBERNATING' }, { id: 'b' }]).unknownSessions).toEqual([{ id: 'a', state: 'HIBERNATING' }, { id: 'b' }]);
  });

  test('are all counted, but at most 20 are listed', () => {
    const unknown = Array.from({ length: 30 }, (_, index): ListedSession => ({ id: `s${index}`, state: 'ODD' }));
    const withoutId = Array.from({ length: 30 }, (): ListedSession => ({ state: 'IDLE' }));
    const census = censusOf([...withoutId, ...unknown]);
    expect(census.unknownCount).toBe(60);
    expect(census.unknownSessions).toHaveLength(20);
  });

  test('have their ids and states cut', () => {
    expect(censusOf([{ id: 'a'.repeat(5000), state: 'X'.repeat(5000) }]).unknownSessions).toEqual([{ id: 'a'.repeat(256), state: 'X'.repeat(256) }]);
  });
});

describe('session details', () => {
  test('contain id, state, seconds, age, and, if known, engine, description and reason', () => {
    const texts = { engine: 'Apache Spark version 3.5', description: 'nightly', reason: 'no work' };
    expect(figuresNow([{ id: 'a', state: 'IDLE', startedAt: ago(7), idleSince: ago(1), ...texts }]).sessions)
      .toEqual([{ id: 'a', state: 'IDLE', seconds: 60, age: 420, ...texts }]);
    expect(JSON.parse(JSON.stringify(figuresNow([{ id: 'a', state: 'CREATING' }]).sessions))).toEqual([{ id: 'a', state: 'CREATING' }]);
  });

  test('are omitted if logSessionDetails is false', () => {
    const figures = figuresOf([
      { id: 'a', state: 'IDLE', idleSince: ago(1), description: 'secret' },
      { id: 'b', state: 'FAILED', endedAt: ago(20), reason: 'secret' },
    ], { logSessionDetails: false });
    expect(figures.map(({ sessions }) => sessions)).toEqual([[], []]);
    expect(figures[0]!.values.IdleSessions).toBe(1);
    expect(figures[1]!.values.FailedSessions).toBe(1);
  });

  test('are in the window that counts the session', () => {
    const figures = figuresOf([
      { id: 'a', state: 'FAILED', endedAt: ago(1) },
      { id: 'b', state: 'FAILED', endedAt: ago(20), reason: 'out of memory' },
    ]);
    expect(figures.map(({ sessions }) => sessions.map(({ id }) => id))).toEqual([['a'], ['b']]);
    expect(figures[1]!.sessions[0]).toMatchObject({ state: 'FAILED', seconds: 1200, reason: 'out of memory' });
  });

  test('start with failed sessions, then those that are idle for the longest time', () => {
    const { sessions } = figuresNow([
      { id: 'busy', state: 'BUSY', modifiedAt: ago(500) },
      { id: 'idle-unknown', state: 'IDLE' },
      { id: 'idle-long', state: 'IDLE', idleSince: ago(100) },
      { id: 'ended', state: 'TERMINATED', endedAt: ago(1) },
      { id: 'idle-short', state: 'IDLE', idleSince: ago(10) },
      { id: 'failed', state: 'FAILED', endedAt: ago(1) },
    ]);
    expect(sessions.map(({ id }) => id).slice(0, 4)).toEqual(['failed', 'idle-long', 'idle-short', 'idle-unknown']);
    expect(sessions).toHaveLength(6);
  });

  test('are ordered by state', () => {
    const states = ['FAILED', 'IDLE', 'DEGRADED', 'TERMINATING', 'CREATING', 'BUSY', 'CREATED', 'TERMINATED'];
    const sessions = states.map((state): ListedSession => ({ id: state, state, startedAt: ago(1), modifiedAt: ago(1) }));
    expect(figuresNow([...sessions].reverse()).sessions.map(({ state }) => state)).toEqual(states);
  });

  test('are limited to 20, those that are idle for the longest time, in any order of the listing', () => {
    const idle = Array.from({ length: 50 }, (_, index): ListedSession => ({ id: `${index}`, state: 'IDLE', idleSince: ago(index) }));
    const shuffled = Array.from({ length: 50 }, (_, index) => idle[(index * 21) % 50]!);
    for (const met of [idle, [...idle].reverse(), shuffled]) {
      const { values, sessions } = figuresNow(met);
      expect(values.IdleSessions).toBe(50);
      expect(sessions.map(({ id }) => Number(id))).toEqual(Array.from({ length: 20 }, (_, index) => 49 - index));
    }
  });

  test('of older windows contain only failed sessions', () => {
    const figures = figuresOf(['FAILED', 'TERMINATED'].flatMap((state) => [1, 20].map((minutesAgo): ListedSession => (
      { id: `${state} ${minutesAgo}`, state, endedAt: ago(minutesAgo) }))));
    expect(figures.map(({ timestamp, sessions }) => [timestamp, sessions.map(({ id }) => id)])).toEqual([
      [T, ['FAILED 1', 'TERMINATED 1']],
      [ago(20), ['FAILED 20']],
    ]);
    expect(figures[1]!.values).toEqual({ FailedSessions: 1, TerminatedSessions: 1 });
  });

  const failed = (count: number, prefix = 'f') => (
    Array.from({ length: count }, (_, index): ListedSession => ({ id: `${prefix}${index}`, state: 'FAILED', endedAt: ago(1), modifiedAt: ago(1) }))
  );
  const terminated = (count: number) => failed(count, 't').map((session): ListedSession => ({ ...session, state: 'TERMINATED' }));
  const idle = (count: number) => (
    Array.from({ length: count }, (_, index): ListedSession => ({ id: `i${index}`, state: 'IDLE', idleSince: ago(index) }))
  );

  test('are limited to 20 in each window, even if more failed', () => {
    const { values, sessions } = figuresNow(failed(30));
    expect(values.FailedSessions).toBe(30);
    expect(sessions.map(({ state }) => state)).toEqual(Array(20).fill('FAILED'));
  });

  test('contain sessions of every state, even if there are many of one state', () => {
    const degraded = { id: 'degraded', state: 'DEGRADED', modifiedAt: T - HOUR };
    const { sessions } = figuresNow([...idle(30), degraded, ...failed(30)]);
    expect(sessions.map(({ state }) => state)).toEqual([...Array<string>(17).fill('FAILED'), 'IDLE', 'IDLE', 'DEGRADED']);
  });

  test('contain more of the next state if few failed', () => {
    const { sessions } = figuresNow([...idle(30), ...failed(3)]);
    expect(sessions.map(({ state }) => state)).toEqual([...Array<string>(3).fill('FAILED'), ...Array<string>(17).fill('IDLE')]);
  });

  // The result must not depend on whether an unfiltered listing shows ended sessions.
  test('are not reduced by sessions that are listed twice', () => {
    expect(figuresNow([...failed(15), ...failed(15)]).sessions).toHaveLength(15);
    expect(figuresNow([...failed(30), ...failed(30)]).sessions).toHaveLength(20);
  });

  test('start with failed sessions even if terminated ones are listed before', () => {
    const { sessions } = figuresNow([...terminated(20), ...failed(5)]);
    expect(sessions.map(({ state }) => state).slice(0, 5)).toEqual(Array(5).fill('FAILED'));
  });

  test('have long ids cut, but sessions are distinguished by the whole id', () => {
    const { values, sessions } = figuresNow(['1', '2'].map((end): ListedSession => ({ id: 'a'.repeat(5000) + end, state: 'IDLE' })));
    expect(values.IdleSessions).toBe(2);
    expect(sessions.map(({ id }) => id)).toEqual(['a'.repeat(256), 'a'.repeat(256)]);
  });

  test.each([
    ['256 characters are kept', 'x'.repeat(256), 'x'.repeat(256)],
    ['more than 256 are cut', 'x'.repeat(257), 'x'.repeat(256)],
    ['surrogate pairs are not split', '😀'.repeat(300), '😀'.repeat(256)],
    ['surrogate pairs after one other character are not split', `x${'😀'.repeat(300)}`, `x${'😀'.repeat(255)}`],
    ['surrogate pairs after many other characters are not split', `${'x'.repeat(255)}😀y`, `${'x'.repeat(255)}😀`],
    ['lone surrogates are kept', '\ud83d'.repeat(300), '\ud83d'.repeat(256)],
    ['an empty text is kept', '', ''],
  ])('have long texts cut: %s', (_description, text, expected) => {
    const [session] = figuresNow([{ id: 'a', state: 'FAILED', endedAt: ago(1), engine: text, description: text, reason: text }]).sessions;
    expect(session).toMatchObject({ engine: expected, description: expected, reason: expected });
  });
});

const DIVISORS_OF_60 = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

describe('for random sessions', () => {
  const contexts = fc.record({
    intervalMinutes: fc.constantFrom(...DIVISORS_OF_60),
    gridIndex: fc.nat({ max: 1000 }),
    lookbackIntervals: fc.integer({ min: 3, max: 20 }),
    countTerminated: fc.boolean(),
  }).map(({ intervalMinutes, gridIndex, lookbackIntervals, countTerminated }): CensusContext => {
    const interval = intervalMinutes * MINUTE;
    return { scheduledTime: T + gridIndex * interval, interval, lookback: lookbackIntervals * interval, countTerminated, logSessionDetails: true };
  });

  /** Dates close to T, to the borders of windows, to the start of the lookback, and to when zeros cease. */
  const dates = ({ scheduledTime: time, interval, lookback }: CensusContext) => fc.option(fc.oneof(
    fc.integer({ min: -lookback - 5 * interval, max: 2 * interval }).map((offset) => time + offset),
    fc.tuple(fc.integer({ min: -Math.round(lookback / interval) - 4, max: 2 }), fc.integer({ min: -1, max: 1 }))
      .map(([windows, offset]) => time + windows * interval + offset),
  ), { nil: undefined });

  const records = (context: CensusContext) => fc.record({
    id: fc.oneof(
      { weight: 20, arbitrary: fc.nat({ max: 12 }).map((index) => `s${index}`) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '') },
    ),
    state: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom<string | undefined>(...LIVE_STATES, ...ENDED_STATES, ...ENDED_STATES, ...ENDED_STATES) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '', 'ODD') },
    ),
    startedAt: dates(context),
    modifiedAt: dates(context),
    idleSince: dates(context),
    endedAt: dates(context),
    engine: fc.constantFrom(undefined, '', 'PySpark engine version 3', 'Apache Spark version 3.5'),
  });

  /** The census forgets sessions that ended before the lookback. If one were live in a later listing, it would be counted again. */
  const withoutReturningSessions = (listings: ListedSession[][], { scheduledTime: time, lookback, countTerminated }: CensusContext) => {
    const forgotten = new Set<string | undefined>();
    return listings.map((listing) => listing.filter(({ id, state, endedAt, modifiedAt, startedAt }) => {
      if (forgotten.has(id)) {
        return false;
      }
      const end = endedAt ?? modifiedAt ?? startedAt;
      if (ENDED_STATES.includes(state ?? '') && end !== undefined && (end <= time - lookback || (!countTerminated && state === 'TERMINATED'))) {
        forgotten.add(id);
      }
      return true;
    }));
  };

  const cases = contexts.chain((context) => fc.tuple(
    fc.constant(context),
    fc.array(fc.array(records(context), { maxLength: 10 }), { maxLength: 5 }).map((listings) => withoutReturningSessions(listings, context)),
  ));

  test('the counts equal the independent count', () => {
    fc.assert(fc.property(cases, ([context, listings]) => {
      const census = censusOf(listings.flat(), context);
      const expected = expectedFigures(listings, context);
      expect(comparable(census.counts())).toEqual(expected.points);
      expect(census.unknownCount).toBe(expected.unknown);
      expect(census.sparkConnectSessions).toBe(expected.sparkConnectSessions);
    }), { numRuns: 1000 });
  });

  test('a workgroup is quiet exactly if it is by the independent count', () => {
    /** Ends close to the limit. Among sessions with any dates, hardly any workgroup would be quiet. */
    const endings = ({ scheduledTime: time, interval, lookback }: CensusContext) => fc.record({
      id: fc.nat({ max: 12 }).map((index) => `s${index}`),
      state: fc.constantFrom(...ENDED_STATES),
      startedAt: fc.constant(time - lookback - 9 * interval),
      endedAt: fc.tuple(fc.constantFrom(2, 3, 3, 4, 5), fc.integer({ min: -1, max: 1 }))
        .map(([windows, offset]) => time - lookback - windows * interval + offset),
    });
    const listed = contexts.chain((context) => {
      const unique = (sessions: fc.Arbitrary<ListedSession>) => fc.uniqueArray(sessions, { selector: ({ id }) => id, maxLength: 3 });
      return fc.tuple(fc.constant(context), fc.oneof(unique(records(context)), unique(endings(context))), fc.integer({ min: 0, max: 9 }));
    });
    const seen = { quiet: 0, others: 0 }; // those without any session are no proof
    fc.assert(fc.property(listed, ([context, listing, lateness]) => {
      const lately = { ...context, late: lateness === 0 };
      const { quiet } = expectedFigures([listing], lately);
      expect(censusOf(listing, lately).isQuiet).toBe(quiet);
      expect(censusOf([...listing, ...listing], lately).isQuiet).toBe(quiet);
      seen[quiet && listing.length > 0 ? 'quiet' : 'others']++;
    }), { numRuns: 3000 });
    expect(Math.min(seen.quiet, seen.others)).toBeGreaterThan(200);
  });

  test('logSessionDetails does not change any count', () => {
    fc.assert(fc.property(cases, ([context, listings]) => {
      const withoutDetails = figuresOf(listings.flat(), { ...context, logSessionDetails: false });
      expect(comparable(withoutDetails)).toEqual(comparable(figuresOf(listings.flat(), context)));
    }), { numRuns: 200 });
  });

  test('every timestamp is a grid time within the lookback, and T is one of them', () => {
    fc.assert(fc.property(cases, ([context, listings]) => {
      const times = figuresOf(listings.flat(), context).map(({ timestamp }) => timestamp);
      expect(times[0]).toBe(context.scheduledTime);
      expect(new Set(times).size).toBe(times.length);
      for (const time of times) {
        expect(time % context.interval).toBe(0);
        expect(time).toBeLessThanOrEqual(context.scheduledTime);
        expect(time).toBeGreaterThan(context.scheduledTime - context.lookback);
      }
    }), { numRuns: 200 });
  });

  test('no value is negative, and at most 20 sessions are listed', () => {
    fc.assert(fc.property(cases, ([context, listings]) => {
      for (const { values, sessions } of figuresOf(listings.flat(), context)) {
        expect(Math.min(...Object.values(values).flat())).toBeGreaterThanOrEqual(0);
        expect(sessions.length).toBeLessThanOrEqual(20);
      }
    }), { numRuns: 200 });
  });
});

/** A session's life: when it started, changed its state, and ended. */
interface Life {
  readonly id: string;
  readonly startedAt: number;
  /** Live states after CREATING, and when each began. */
  readonly moves: readonly { readonly at: number; readonly state: string }[];
  readonly end?: { readonly at: number; readonly state: string };
}

/** A run: its scheduled time, and when it really lists the sessions. */
interface Visit {
  readonly time: number;
  readonly listedAt: number;
}

interface History {
  readonly interval: number;
  readonly lookback: number;
  readonly gridTimes: readonly number[];
  readonly lives: readonly Life[];
  /** In the order of `listedAt`. */
  readonly visits: readonly Visit[];
}

/** What Athena shows of a session at an instant. */
function sessionAt({ id, startedAt, moves, end }: Life, instant: number): ListedSession | undefined {
  if (instant < startedAt) {
    return undefined;
  }
  if (end && instant >= end.at) {
    return { id, startedAt, state: end.state, modifiedAt: end.at, endedAt: end.at };
  }
  const { at, state } = moves.filter((move) => move.at <= instant).at(-1) ?? { at: startedAt, state: 'CREATING' };
  return { id, startedAt, state, modifiedAt: at, ...(state === 'IDLE' && { idleSince: at }) };
}

/** The listings of a workgroup, each 20 seconds after the one before. Sessions change their states meanwhile. */
function listingsAt(lives: readonly Life[], listedAt: number): ListedSession[][] {
  const filters = [['CREATING', 'CREATED', 'IDLE', 'BUSY'], ['DEGRADED'], ['TERMINATING'], ['FAILED'], ['TERMINATED']];
  return filters.map((states, index) => lives
    .map((life) => sessionAt(life, listedAt + index * 20 * SECOND))
    .filter((session) => session !== undefined && states.includes(session.state!)) as ListedSession[]);
}

/** Keeps the highest value of each metric and grid time, which is what an alarm reads. */
class MaxStore {
  private readonly maxima = new Map<string, number>();

  public put({ timestamp: time, values }: Count): void {
    for (const [name, value] of Object.entries(values)) {
      const key = `${name}@${time}`;
      this.maxima.set(key, Math.max(this.maxima.get(key) ?? -Infinity, ...[value].flat()));
    }
  }

  public max(name: string, time: number): number | undefined {
    return this.maxima.get(`${name}@${time}`);
  }

  /** The values for ended sessions. */
  public ended(): [string, number][] {
    return [...this.maxima].filter(([key]) => key.startsWith('FailedSessions') || key.startsWith('TerminatedSessions')).sort();
  }
}

function figuresOfVisit({ interval, lookback, lives }: History, { time, listedAt }: Visit): Count[] {
  return figuresOf(listingsAt(lives, listedAt).flat(), { scheduledTime: time, interval, lookback });
}

function storeOf(history: History, visits = history.visits): MaxStore {
  const store = new MaxStore();
  visits.forEach((visit) => figuresOfVisit(history, visit).forEach((figures) => store.put(figures)));
  return store;
}

/** How many sessions really ended in the state, in the window that ends at the grid time. */
function endedCount({ lives, interval }: History, state: string, gridTime: number): number {
  return lives.filter(({ end }) => end?.state === state && end.at > gridTime - interval && end.at <= gridTime).length;
}

function histories(options: { missed: boolean }): fc.Arbitrary<History> {
  return fc.record({
    intervalMinutes: fc.constantFrom(1, 5, 12, 15, 30, 60),
    runs: fc.integer({ min: 4, max: 30 }),
    lookbackIntervals: fc.integer({ min: 3, max: 12 }),
  }).chain(({ intervalMinutes, runs, lookbackIntervals }) => {
    const interval = intervalMinutes * MINUTE;
    const span = runs * interval;
    const gridTimes = Array.from({ length: runs }, (_, index) => T + (index + 1) * interval);
    // At any time, or on the border of a window, where mistakes are likely.
    const offset = fc.oneof(fc.integer({ min: -interval, max: span }), fc.integer({ min: 0, max: runs }).map((index) => index * interval));
    const life = fc.record({
      dates: fc.array(offset, { minLength: 2, maxLength: 6 }),
      states: fc.array(fc.constantFrom('CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'), { minLength: 4, maxLength: 4 }),
      end: fc.constantFrom('FAILED', 'FAILED', 'TERMINATED', undefined),
    });
    const visit = fc.record({
      gridTime: fc.constantFrom(...gridTimes),
      // On time, a little late, or hours late, so that later runs overtake it.
      delay: fc.oneof(fc.integer({ min: 0, max: 59 * SECOND }), fc.integer({ min: 0, max: 2 * interval }), fc.integer({ min: 0, max: span })),
    });
    const due = gridTimes.map((gridTime) => fc.integer({ min: 0, max: 59 * SECOND }).map((delay) => ({ gridTime, delay })));
    return fc.record({
      lives: fc.array(life, { maxLength: 12 }),
      due: fc.tuple(...due),
      missed: fc.array(options.missed ? fc.boolean() : fc.constant(false), { minLength: runs, maxLength: runs }),
      extra: fc.array(visit, { maxLength: 10 }),
    }).map(({ lives, due: regular, missed, extra }): History => ({
      interval,
      lookback: lookbackIntervals * interval,
      gridTimes,
      lives: lives.map(({ dates, states, end }, index): Life => {
        const [startedAt, ...later] = dates.map((date) => T + date).sort((a, b) => a - b);
        const endedAt = later.pop();
        return {
          id: `s${index}`,
          startedAt: startedAt!,
          moves: later.map((at, move) => ({ at, state: states[move]! })),
          ...(end && { end: { at: endedAt!, state: end } }),
        };
      }),
      visits: [...regular.filter((_, index) => !missed[index]), ...extra]
        .map(({ gridTime, delay }) => ({ time: gridTime, listedAt: gridTime + delay }))
        .sort((a, b) => a.listedAt - b.listedAt),
    }));
  });
}

describe('with missed, repeated, late and reordered runs', () => {
  const anyHistory = histories({ missed: true });

  test.each([
    ['FAILED', 'FailedSessions'],
    ['TERMINATED', 'TerminatedSessions'],
  ])('each session that ended %s is counted exactly once, in its window', (state, metric) => {
    fc.assert(fc.property(anyHistory, (history) => {
      const store = storeOf(history);
      for (let gridTime = T - 2 * HOUR; gridTime <= history.gridTimes.at(-1)! + 2 * HOUR; gridTime += history.interval) {
        const covered = history.visits.some(({ time }) => gridTime <= time && gridTime > time - history.lookback);
        const expected = endedCount(history, state, gridTime);
        if (!covered) {
          expect(store.max(metric, gridTime)).toBeUndefined();
        } else if (expected > 0) {
          expect(store.max(metric, gridTime)).toBe(expected);
        } else {
          expect(store.max(metric, gridTime) ?? 0).toBe(0);
        }
      }
    }), { numRuns: 300 });
  });

  test('every run writes the real number of ended sessions, and only for windows that have ended', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      for (const visit of history.visits) {
        for (const { timestamp: time, values } of figuresOfVisit(history, visit)) {
          expect(time).toBeLessThanOrEqual(visit.time);
          expect(values.FailedSessions ?? 0).toBe(endedCount(history, 'FAILED', time));
          expect(values.TerminatedSessions ?? 0).toBe(endedCount(history, 'TERMINATED', time));
        }
      }
    }), { numRuns: 200 });
  });

  test('a run that is repeated later does not change counts of ended sessions', () => {
    fc.assert(fc.property(anyHistory, fc.integer({ min: 0, max: 6 * HOUR }), (history, later) => {
      const repeated = history.visits.map(({ time, listedAt }) => ({ time, listedAt: listedAt + later }));
      expect(storeOf(history, [...history.visits, ...repeated]).ended()).toEqual(storeOf(history).ended());
    }), { numRuns: 200 });
  });

  test('the order of runs does not change counts of ended sessions', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      expect(storeOf(history, [...history.visits].reverse()).ended()).toEqual(storeOf(history).ended());
    }), { numRuns: 100 });
  });

  test('each session that is live during the whole listing is counted in one state', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      for (const visit of history.visits) {
        const living = history.lives.filter(({ startedAt, end }) => startedAt <= visit.listedAt && !(end && end.at <= visit.listedAt + 2 * MINUTE));
        const started = history.lives.filter(({ startedAt, end }) => startedAt <= visit.listedAt + 2 * MINUTE && !(end && end.at <= visit.listedAt));
        const { values } = figuresOfVisit(history, visit)[0]!;
        const { CreatingSessions, CreatedSessions, IdleSessions, BusySessions, TerminatingSessions, DegradedSessions } = values;
        const counts = [CreatingSessions, CreatedSessions, IdleSessions, BusySessions, TerminatingSessions, DegradedSessions] as number[];
        const counted = counts.reduce((sum, count) => sum + count);
        expect(counted).toBeLessThanOrEqual(started.length);
        // A session can be missed if it leaves the states of the unfiltered listing and returns while the others are listed.
        const steady = living.filter(({ moves }) => !moves.some(({ at }) => at > visit.listedAt && at <= visit.listedAt + 2 * MINUTE));
        expect(counted).toBeGreaterThanOrEqual(steady.length);
      }
    }), { numRuns: 100 });
  });
});

describe('sessions that events can be about', () => {
  const notable = (sessions: readonly ListedSession[], context: Partial<CensusContext> = {}) => (
    censusOf(sessions, { events: true, ...context }).notableSessions
  );
  const TEXTS = { engine: 'Apache Spark version 3.5', notebookVersion: 'Jupyter 1', description: 'nightly', reason: 'none' };

  test('are live, failed within the lookback, or unknown', () => {
    const sessions: ListedSession[] = [
      ...LIVE_STATES.map((state) => ({ id: state, state, startedAt: ago(30), modifiedAt: ago(20), ...TEXTS })),
      { id: 'failed', state: 'FAILED', startedAt: ago(90), endedAt: ago(59), ...TEXTS },
      { id: 'later', state: 'FAILED', startedAt: ago(90), endedAt: T + SECOND, ...TEXTS },
      { id: 'before', state: 'FAILED', startedAt: ago(90), endedAt: ago(60), ...TEXTS },
      { id: 'terminated', state: 'TERMINATED', startedAt: ago(90), endedAt: ago(1), ...TEXTS },
      { id: 'unknown', state: 'HIBERNATED', startedAt: ago(90), ...TEXTS },
      { id: 'without state', startedAt: ago(90) },
      { id: 'without dates', state: 'FAILED' },
      { state: 'IDLE' },
    ];
    const expected = [
      ...LIVE_STATES.map((state) => ({ id: state, state, since: state === 'CREATING' ? ago(30) : ago(20), startedAt: ago(30), ...TEXTS })),
      { id: 'failed', state: 'FAILED', since: ago(59), startedAt: ago(90), ...TEXTS },
      { id: 'later', state: 'FAILED', since: T + SECOND, startedAt: ago(90), ...TEXTS },
      { id: 'unknown', state: 'HIBERNATED' },
      { id: 'without state' },
      { id: 'without dates', state: 'FAILED' },
    ];
    expect(notable(sessions)).toEqual(expected);
    expect(notable(sessions, { logSessionDetails: false })).toEqual(expected);
    expect(notable(sessions, { countTerminated: false })).toEqual(expected);
  });

  test('have texts of at most 256 characters', () => {
    const long = 'x'.repeat(300);
    const [session] = notable([{ id: 'a', state: 'IDLE', engine: long, notebookVersion: long, description: long, reason: long }]);
    const cut = 'x'.repeat(256);
    expect(session).toMatchObject({ engine: cut, notebookVersion: cut, description: cut, reason: cut });
  });

  test.each([true, false])('have texts if they are live or among the first 100 that failed in a window: with details in the log %s', (logSessionDetails) => {
    const failures = (window: number) => Array.from({ length: 150 }, (_, index): ListedSession => (
      { id: `${window}-${index}`, state: 'FAILED', startedAt: ago(90), endedAt: ago(window), ...TEXTS }
    ));
    const live = Array.from({ length: 300 }, (_, index): ListedSession => ({ id: `live-${index}`, state: 'IDLE', startedAt: ago(90), ...TEXTS }));
    const sessions = notable([...failures(2), ...failures(12), ...live], { logSessionDetails });
    expect(sessions).toHaveLength(600);
    const withTexts = (prefix: string) => sessions.filter(({ id, description }) => id.startsWith(prefix) && description === 'nightly').map(({ id }) => id);
    expect(withTexts('2-')).toEqual(failures(2).slice(0, 100).map(({ id }) => id));
    expect(withTexts('12-')).toHaveLength(100);
    expect(withTexts('live-')).toHaveLength(300);
  });

  test('do not change what is counted and logged', () => {
    const session = fc.record({
      id: fc.nat({ max: 200 }).map((index) => `s${index}`),
      state: fc.constantFrom(...LIVE_STATES, ...ENDED_STATES, 'FAILED', 'HIBERNATED'),
      startedAt: fc.option(fc.integer({ min: ago(120), max: T }), { nil: undefined }),
      modifiedAt: fc.option(fc.integer({ min: ago(120), max: T }), { nil: undefined }),
      endedAt: fc.constantFrom(undefined, ago(1), ago(1), ago(12), ago(61), T + SECOND),
      description: fc.constantFrom(undefined, 'x'),
    });
    const contexts = fc.record({ logSessionDetails: fc.boolean(), countTerminated: fc.boolean(), late: fc.boolean() });
    fc.assert(fc.property(fc.array(session, { maxLength: 200, size: 'max' }), contexts, (sessions, context) => {
      const [without, withEvents] = [false, true].map((events) => censusOf(sessions, { ...context, events }));
      expect(withEvents!.counts()).toEqual(without!.counts());
      expect(withEvents!.unknownSessions).toEqual(without!.unknownSessions);
      expect(withEvents!.isQuiet).toBe(without!.isQuiet);
    }), { numRuns: 200 });
  });
});

describe('the failed alarm, which reads the last windows', () => {
  test('has a datapoint for each run, so that it never reads older ones instead', () => {
    fc.assert(fc.property(histories({ missed: true }), (history) => {
      for (const visit of history.visits) {
        expect(storeOf(history, [visit]).max('FailedSessions', visit.time)).toBe(endedCount(history, 'FAILED', visit.time));
      }
    }), { numRuns: 100 });
  });

  test('is raised by the first run after a failure, and clears after its window', () => {
    const windows = 3; // the minimum of `holdFor`, which fits any lookback
    fc.assert(fc.property(histories({ missed: false }), (history) => {
      const store = new MaxStore();
      for (const visit of history.visits) {
        figuresOfVisit(history, visit).forEach((figures) => store.put(figures));
        const read = Array.from({ length: windows }, (_, index) => visit.time - index * history.interval);
        const inAlarm = read.some((gridTime) => (store.max('FailedSessions', gridTime) ?? 0) >= 1);
        expect(inAlarm).toBe(read.some((gridTime) => endedCount(history, 'FAILED', gridTime) > 0));
      }
    }), { numRuns: 200 });
  });

  test('sees a failure only in its own window, even if the failed session stays listed', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 20 * 5 * MINUTE }), fc.constantFrom(...DIVISORS_OF_60), (offset, minutes) => {
      const interval = minutes * MINUTE;
      const end = T + (offset % (20 * interval));
      const life: Life = { id: 'a', startedAt: T - MINUTE, moves: [], end: { at: end, state: 'FAILED' } };
      const gridTimes = Array.from({ length: 40 }, (_, index) => T + index * interval);
      const visits = gridTimes.map((time) => ({ time, listedAt: time }));
      const store = storeOf({ interval, lookback: 3 * interval, gridTimes, lives: [life], visits });
      expect(gridTimes.filter((gridTime) => store.max('FailedSessions', gridTime) !== 0)).toEqual([Math.ceil(end / interval) * interval]);
    }), { numRuns: 200 });
  });
});
