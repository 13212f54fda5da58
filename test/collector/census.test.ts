import * as fc from 'fast-check';
import { comparable, expectedFigures } from './oracle';
import type { ListedSession } from '../../src/athena/listings';
import { Census, type CensusContext, type Count } from '../../src/collector/census';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T = Date.parse('2026-03-10T12:00:00Z');
const INTERVAL = 5 * MINUTE;

const SCOPE: CensusContext = { scheduledTime: T, interval: INTERVAL, lookback: HOUR, countTerminated: true, logSessionDetails: true };

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
};

function censusOf(sessions: readonly ListedSession[], scope: Partial<CensusContext> = {}): Census {
  const census = new Census({ ...SCOPE, ...scope });
  sessions.forEach((session) => census.add(session));
  return census;
}

function figuresOf(sessions: readonly ListedSession[], scope: Partial<CensusContext> = {}): Count[] {
  return censusOf(sessions, scope).counts();
}

/** The figures of T. */
function figuresNow(sessions: readonly ListedSession[], scope: Partial<CensusContext> = {}): Count {
  return figuresOf(sessions, scope)[0]!;
}

/** The count of a metric by minutes before T; grid times without a point of it are left out. */
function countsByAge(figures: readonly Count[], metric: 'FailedSessions' | 'TerminatedSessions'): { [minutesAgo: string]: unknown } {
  const points = figures.filter(({ values }) => metric in values);
  return Object.fromEntries(points.map(({ timestamp, values }) => [(T - timestamp) / MINUTE, values[metric]]));
}

const ago = (minutes: number) => T - minutes * MINUTE;

describe('figures of T', () => {
  test('are all zero where there is no session, each time a single 0', () => {
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
  ] as const)('count %s as %s and as nothing else', (state, metric) => {
    const { values } = figuresNow([{ id: 'a', state, startedAt: T - 1 }, { id: 'b', state, startedAt: T - 2 }]);
    const { CreatingTime, IdleTime, BusyTime, TerminatingTime, ...zeroCounts } = ZEROS;
    const { CreatingTime: c, IdleTime: i, BusyTime: b, TerminatingTime: t, ...counts } = values;
    expect(counts).toEqual({ ...zeroCounts, [metric]: 2 });
  });

  test('leave TerminatedSessions out where it is not counted, as a zero would not be true', () => {
    const { TerminatedSessions, ...others } = ZEROS;
    const terminated = [ago(1), ago(20)].map((endedAt): ListedSession => ({ id: `${endedAt}`, state: 'TERMINATED', endedAt }));
    const figures = figuresOf(terminated, { countTerminated: false });
    expect(figures).toEqual([{ timestamp: T, values: others, sessions: [], endEstimated: 0 }]);
  });

  test('hold one time for each session in a state', () => {
    const { values } = figuresNow([
      { id: 'a', state: 'IDLE', idleSince: ago(1) },
      { id: 'b', state: 'IDLE', idleSince: ago(10) },
      { id: 'c', state: 'BUSY', modifiedAt: ago(2) },
    ]);
    expect(values).toMatchObject({ IdleTime: [600, 60], BusyTime: [120], CreatingTime: [0], TerminatingTime: [0] });
  });
});

describe('since when a session is in its state', () => {
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
  ] as const)('%s: %s of %j is %s', (state, metric, session, seconds) => {
    const { values } = figuresNow([{ id: 'a', state, ...session }]);
    expect(values[metric]).toEqual(seconds === undefined ? undefined : [seconds]);
  });

  test.each(['IDLE', 'CREATING', 'BUSY', 'TERMINATING'])('is never after T: %s', (state) => {
    const { values, sessions } = figuresNow([{ id: 'a', state, startedAt: T + MINUTE, modifiedAt: T + MINUTE, idleSince: T + MINUTE }]);
    const metric = `${state[0]}${state.slice(1).toLowerCase()}Time` as 'IdleTime';
    expect(values[metric]).toEqual([0]);
    expect(sessions[0]!.seconds).toBe(0);
  });

  test('is not known without a date: the session counts, but no 0 pretends that none is in the state', () => {
    const { values } = figuresNow([{ id: 'a', state: 'IDLE' }, { id: 'b', state: 'CREATING', modifiedAt: ago(1) }]);
    expect(values).toMatchObject({ IdleSessions: 1, CreatingSessions: 1, BusyTime: [0], TerminatingTime: [0] });
    expect(values.IdleTime).toBeUndefined();
    expect(values.CreatingTime).toBeUndefined();
  });

  test('of those with a date is kept where others have none', () => {
    const { values } = figuresNow([{ id: 'a', state: 'BUSY' }, { id: 'b', state: 'BUSY', modifiedAt: ago(3) }]);
    expect(values).toMatchObject({ BusySessions: 2, BusyTime: [180] });
  });

  test('may be the epoch itself', () => {
    expect(figuresNow([{ id: 'a', state: 'BUSY', startedAt: 0 }]).values.BusyTime).toEqual([T / SECOND]);
  });

  test.each(['CREATED', 'DEGRADED'])('has no metric for %s', (state) => {
    const { values } = figuresNow([{ id: 'a', state, startedAt: ago(9) }]);
    expect(Object.keys(values).sort()).toEqual(Object.keys(ZEROS).sort());
    expect(values).toMatchObject({ CreatingTime: [0], IdleTime: [0], BusyTime: [0], TerminatingTime: [0] });
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
    ['just after T: left to the next run', T + 1, { 0: 0 }],
    ['in the next window: left to the next run', T + INTERVAL, { 0: 0 }],
    ['just after the window of T began', ago(5) + 1, { 0: 1 }],
    ['when the window of T began: it belongs to the one before', ago(5), { 0: 0, 5: 1 }],
    ['just before the window of T', ago(5) - 1, { 0: 0, 5: 1 }],
    ['just after the lookback began', ago(60) + 1, { 0: 0, 55: 1 }],
    ['when the lookback began: out', ago(60), { 0: 0 }],
    ['before the lookback', ago(60) - 1, { 0: 0 }],
    ['long ago', ago(6000), { 0: 0 }],
  ])('%s', (_when, end, expected) => {
    expect(countsByAge(figuresOf([ended(end)]), metric)).toEqual(expected);
  });

  test('count in the window of their end, older windows only where one ended in them', () => {
    const figures = figuresOf([ended(ago(1)), ended(ago(2)), ended(ago(31)), ended(ago(32)), ended(ago(33)), ended(ago(47))]);
    expect(countsByAge(figures, metric)).toEqual({ 0: 2, 30: 3, 45: 1 });
    expect(figures.map(({ timestamp }) => timestamp)).toEqual([T, ago(30), ago(45)]);
    // An older window's other figures are not this run's to write.
    expect(figures[1]!.values).toEqual({ [metric]: 3 });
  });

  test.each([
    ['its end where that is known', { endedAt: ago(7), modifiedAt: ago(17), startedAt: ago(27) }, 5, 0],
    ['its last modification else', { modifiedAt: ago(17), startedAt: ago(27), idleSince: ago(3) }, 15, 1],
    ['its start else', { startedAt: ago(27), idleSince: ago(3) }, 25, 1],
  ])('each counts once, by %s', (_what, dates, age, estimated) => {
    const figures = figuresOf([{ id: 'a', state, ...dates }]);
    expect(countsByAge(figures, metric)).toEqual({ 0: 0, [age]: 1 });
    expect(figures.map(({ endEstimated }) => endEstimated)).toEqual([0, estimated]);
  });

  test('without any date are unknown, and counted nowhere', () => {
    const census = censusOf([{ id: 'a', state, idleSince: ago(3) }]);
    expect(countsByAge(census.counts(), metric)).toEqual({ 0: 0 });
    expect(census.unknownCount).toBe(1);
    expect(census.unknownSessions).toEqual([{ id: 'a', state }]);
  });

  test('say where their end is estimated', () => {
    const { sessions, endEstimated } = figuresNow([{ id: 'a', state, modifiedAt: ago(1) }, ended(ago(2), 'b')]);
    expect(sessions).toContainEqual(expect.objectContaining({ id: 'a', endEstimated: true }));
    expect(sessions.find(({ id }) => id === 'b')).not.toHaveProperty('endEstimated');
    expect(endEstimated).toBe(1);
  });

  test('after T are not marked as estimated either', () => {
    expect(figuresNow([{ id: 'a', state, modifiedAt: T + 1 }])).toEqual({ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 });
  });
});

describe('a session met twice', () => {
  const idle: ListedSession = { id: 'a', state: 'IDLE', modifiedAt: ago(3), idleSince: ago(3) };

  test('counts once', () => {
    expect(figuresNow([idle, idle]).values).toMatchObject({ IdleSessions: 1, IdleTime: [180] });
  });

  test.each([
    ['the newest modification, met later', ago(3), ago(2), 'BUSY'],
    ['the newest modification, met earlier', ago(2), ago(3), 'IDLE'],
    ['the later listing on a tie', ago(3), ago(3), 'BUSY'],
    ['the later listing where the first has no date', undefined, ago(3), 'BUSY'],
    ['the later listing where the second has no date', ago(3), undefined, 'BUSY'],
    ['the later listing where both have no date', undefined, undefined, 'BUSY'],
    ['the later listing where the first is of the epoch', 0, ago(3), 'BUSY'],
    ['the newest modification, met earlier, where the later is of the epoch', ago(3), 0, 'IDLE'],
  ])('counts as %s has it', (_which, first, second, winner) => {
    const { values } = figuresNow([{ id: 'a', state: 'IDLE', modifiedAt: first }, { id: 'a', state: 'BUSY', modifiedAt: second }]);
    expect(values).toMatchObject({ IdleSessions: winner === 'IDLE' ? 1 : 0, BusySessions: winner === 'BUSY' ? 1 : 0 });
  });

  test('is not live any more where it ended meanwhile, even before the lookback', () => {
    const figures = figuresOf([idle, { id: 'a', state: 'FAILED', modifiedAt: ago(2), endedAt: ago(120) }]);
    expect(figures).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });

  test('is not live any more where it ended after T', () => {
    expect(figuresNow([idle, { id: 'a', state: 'FAILED', modifiedAt: T + 1, endedAt: T + 1 }]).values).toEqual(ZEROS);
  });

  test('counts in the one window that the winner names', () => {
    const figures = figuresOf([
      { id: 'a', state: 'FAILED', modifiedAt: ago(30), endedAt: ago(30) },
      { id: 'a', state: 'FAILED', modifiedAt: ago(20), endedAt: ago(20) },
    ]);
    expect(countsByAge(figures, 'FailedSessions')).toEqual({ 0: 0, 20: 1 });
  });

  test('is unknown only if the winner is', () => {
    const odd: ListedSession = { id: 'a', state: 'ODD', modifiedAt: ago(4) };
    expect(censusOf([odd, idle]).unknownCount).toBe(0);
    expect(censusOf([idle, odd]).unknownCount).toBe(0);
    expect(censusOf([idle, { ...odd, modifiedAt: ago(2) }]).unknownCount).toBe(1);
    expect(censusOf([odd, odd]).unknownCount).toBe(1);
  });
});

describe('sessions that cannot be made out', () => {
  test.each([
    ['of a state that is not known', { id: 'a', state: 'HIBERNATING', startedAt: ago(1) }],
    ['without a state', { id: 'a', startedAt: ago(1) }],
    ['of an empty state', { id: 'a', state: '', startedAt: ago(1) }],
    ['of a state in other letters', { id: 'a', state: 'idle', startedAt: ago(1) }],
    ['of a state that is the name of a property', { id: 'a', state: 'constructor', startedAt: ago(1) }],
    ['without an id', { state: 'IDLE', startedAt: ago(1) }],
    ['of an empty id', { id: '', state: 'IDLE', startedAt: ago(1) }],
  ])('%s are unknown, and counted nowhere', (_what, session) => {
    const census = censusOf([session]);
    expect(census.unknownCount).toBe(1);
    expect(census.unknownSessions).toHaveLength(1);
    expect(census.counts()).toEqual([{ timestamp: T, values: ZEROS, sessions: [], endEstimated: 0 }]);
  });

  test('are named by id and state', () => {
    expect(censusOf([{ id: 'a', state: 'HIBERNATING' }, { id: 'b' }]).unknownSessions).toEqual([{ id: 'a', state: 'HIBERNATING' }, { id: 'b' }]);
  });

  test('are all counted, but only so many of them named', () => {
    const odd = Array.from({ length: 30 }, (_, index): ListedSession => ({ id: `s${index}`, state: 'ODD' }));
    const nameless = Array.from({ length: 30 }, (): ListedSession => ({ state: 'IDLE' }));
    const census = censusOf([...nameless, ...odd]);
    expect(census.unknownCount).toBe(60);
    expect(census.unknownSessions).toHaveLength(20);
  });

  test('of an endless state name or id do not make an endless line', () => {
    expect(censusOf([{ id: 'a'.repeat(5000), state: 'X'.repeat(5000) }]).unknownSessions).toEqual([{ id: 'a'.repeat(256), state: 'X'.repeat(256) }]);
  });
});

describe('the sessions behind the numbers', () => {
  test('are named with id, state, seconds, and where there are any description and reason', () => {
    expect(figuresNow([{ id: 'a', state: 'IDLE', idleSince: ago(1), description: 'nightly', reason: 'no work' }]).sessions)
      .toEqual([{ id: 'a', state: 'IDLE', seconds: 60, description: 'nightly', reason: 'no work' }]);
    expect(JSON.parse(JSON.stringify(figuresNow([{ id: 'a', state: 'CREATING' }]).sessions))).toEqual([{ id: 'a', state: 'CREATING' }]);
  });

  test('are left out where they are not to be named', () => {
    const figures = figuresOf([
      { id: 'a', state: 'IDLE', idleSince: ago(1), description: 'secret' },
      { id: 'b', state: 'FAILED', endedAt: ago(20), reason: 'secret' },
    ], { logSessionDetails: false });
    expect(figures.map(({ sessions }) => sessions)).toEqual([[], []]);
    expect(figures[0]!.values.IdleSessions).toBe(1);
    expect(figures[1]!.values.FailedSessions).toBe(1);
  });

  test('are named with the window that counts them', () => {
    const figures = figuresOf([
      { id: 'a', state: 'FAILED', endedAt: ago(1) },
      { id: 'b', state: 'FAILED', endedAt: ago(20), reason: 'out of memory' },
    ]);
    expect(figures.map(({ sessions }) => sessions.map(({ id }) => id))).toEqual([['a'], ['b']]);
    expect(figures[1]!.sessions[0]).toMatchObject({ state: 'FAILED', seconds: 1200, reason: 'out of memory' });
  });

  test('are failed ones first, then the longest idle', () => {
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

  test('are in the order in which they need somebody', () => {
    const states = ['FAILED', 'IDLE', 'DEGRADED', 'TERMINATING', 'CREATING', 'BUSY', 'CREATED', 'TERMINATED'];
    const sessions = states.map((state): ListedSession => ({ id: state, state, startedAt: ago(1), modifiedAt: ago(1) }));
    expect(figuresNow([...sessions].reverse()).sessions.map(({ state }) => state)).toEqual(states);
  });

  test('are 20 at the most, the longest idle of them, in whatever order they are met', () => {
    const idle = Array.from({ length: 50 }, (_, index): ListedSession => ({ id: `${index}`, state: 'IDLE', idleSince: ago(index) }));
    const shuffled = Array.from({ length: 50 }, (_, index) => idle[(index * 21) % 50]!);
    for (const met of [idle, [...idle].reverse(), shuffled]) {
      const { values, sessions } = figuresNow(met);
      expect(values.IdleSessions).toBe(50);
      expect(sessions.map(({ id }) => Number(id))).toEqual(Array.from({ length: 20 }, (_, index) => 49 - index));
    }
  });

  test('of older windows are those that failed: an ordinary end is named once', () => {
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

  test('are 20 at the most in each window, however many failed in it', () => {
    const { values, sessions } = figuresNow(failed(30));
    expect(values.FailedSessions).toBe(30);
    expect(sessions.map(({ state }) => state)).toEqual(Array(20).fill('FAILED'));
  });

  test('are some of each state, even where there are very many of another', () => {
    const degraded = { id: 'degraded', state: 'DEGRADED', modifiedAt: T - HOUR };
    const { sessions } = figuresNow([...idle(30), degraded, ...failed(30)]);
    expect(sessions.map(({ state }) => state)).toEqual([...Array<string>(17).fill('FAILED'), 'IDLE', 'IDLE', 'DEGRADED']);
  });

  test('are filled up with the next in order where fewer failed', () => {
    const { sessions } = figuresNow([...idle(30), ...failed(3)]);
    expect(sessions.map(({ state }) => state)).toEqual([...Array<string>(3).fill('FAILED'), ...Array<string>(17).fill('IDLE')]);
  });

  // Whether an unfiltered listing shows ended sessions too must not matter.
  test('do not get fewer by being met twice', () => {
    expect(figuresNow([...failed(15), ...failed(15)]).sessions).toHaveLength(15);
    expect(figuresNow([...failed(30), ...failed(30)]).sessions).toHaveLength(20);
  });

  test('are failed ones first though others that ended are met before them', () => {
    const { sessions } = figuresNow([...terminated(20), ...failed(5)]);
    expect(sessions.map(({ state }) => state).slice(0, 5)).toEqual(Array(5).fill('FAILED'));
  });

  test('have their ids cut, but are told apart by all of them', () => {
    const { values, sessions } = figuresNow(['1', '2'].map((end): ListedSession => ({ id: 'a'.repeat(5000) + end, state: 'IDLE' })));
    expect(values.IdleSessions).toBe(2);
    expect(sessions.map(({ id }) => id)).toEqual(['a'.repeat(256), 'a'.repeat(256)]);
  });

  test.each([
    ['256 characters are kept', 'x'.repeat(256), 'x'.repeat(256)],
    ['more than 256 are cut', 'x'.repeat(257), 'x'.repeat(256)],
    ['characters of two units are not cut in half', '😀'.repeat(300), '😀'.repeat(256)],
    ['nor where they follow one of one unit', `x${'😀'.repeat(300)}`, `x${'😀'.repeat(255)}`],
    ['nor where they follow many of one unit', `${'x'.repeat(255)}😀y`, `${'x'.repeat(255)}😀`],
    ['half a character does no harm', '\ud83d'.repeat(300), '\ud83d'.repeat(256)],
    ['an empty text stays', '', ''],
  ])('have their texts cut: %s', (_what, text, expected) => {
    const [session] = figuresNow([{ id: 'a', state: 'FAILED', endedAt: ago(1), description: text, reason: text }]).sessions;
    expect(session).toMatchObject({ description: expected, reason: expected });
  });
});

const DIVISORS_OF_60 = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

describe('for any sessions', () => {
  const scopes = fc.record({
    intervalMinutes: fc.constantFrom(...DIVISORS_OF_60),
    gridIndex: fc.nat({ max: 1000 }),
    lookbackIntervals: fc.integer({ min: 3, max: 20 }),
    countTerminated: fc.boolean(),
  }).map(({ intervalMinutes, gridIndex, lookbackIntervals, countTerminated }): CensusContext => {
    const interval = intervalMinutes * MINUTE;
    return { scheduledTime: T + gridIndex * interval, interval, lookback: lookbackIntervals * interval, countTerminated, logSessionDetails: true };
  });

  /** Dates around everything that matters: T, borders of windows, the end of the lookback. */
  const dates = ({ scheduledTime: time, interval, lookback }: CensusContext) => fc.option(fc.oneof(
    fc.integer({ min: -lookback - 2 * interval, max: 2 * interval }).map((offset) => time + offset),
    fc.tuple(fc.integer({ min: -Math.round(lookback / interval) - 1, max: 2 }), fc.integer({ min: -1, max: 1 }))
      .map(([windows, offset]) => time + windows * interval + offset),
  ), { nil: undefined });

  const records = (scope: CensusContext) => fc.record({
    id: fc.oneof(
      { weight: 20, arbitrary: fc.nat({ max: 12 }).map((index) => `s${index}`) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '') },
    ),
    state: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom<string | undefined>(...LIVE_STATES, ...ENDED_STATES, ...ENDED_STATES, ...ENDED_STATES) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '', 'ODD') },
    ),
    startedAt: dates(scope),
    modifiedAt: dates(scope),
    idleSince: dates(scope),
    endedAt: dates(scope),
  });

  /** Nothing is kept of a session that ended before the lookback: one that were met alive after that could not be told from another. */
  const withoutResurrections = (listings: ListedSession[][], { scheduledTime: time, lookback, countTerminated }: CensusContext) => {
    const buried = new Set<string | undefined>();
    return listings.map((listing) => listing.filter(({ id, state, endedAt, modifiedAt, startedAt }) => {
      if (buried.has(id)) {
        return false;
      }
      const end = endedAt ?? modifiedAt ?? startedAt;
      if (ENDED_STATES.includes(state ?? '') && end !== undefined && (end <= time - lookback || (!countTerminated && state === 'TERMINATED'))) {
        buried.add(id);
      }
      return true;
    }));
  };

  const cases = scopes.chain((scope) => fc.tuple(
    fc.constant(scope),
    fc.array(fc.array(records(scope), { maxLength: 10 }), { maxLength: 5 }).map((listings) => withoutResurrections(listings, scope)),
  ));

  test('the figures are what a plain count gives', () => {
    fc.assert(fc.property(cases, ([scope, listings]) => {
      const census = censusOf(listings.flat(), scope);
      const expected = expectedFigures(listings, scope);
      expect(comparable(census.counts())).toEqual(expected.points);
      expect(census.unknownCount).toBe(expected.unknown);
    }), { numRuns: 1000 });
  });

  test('naming them or not changes no figure', () => {
    fc.assert(fc.property(cases, ([scope, listings]) => {
      expect(comparable(figuresOf(listings.flat(), { ...scope, logSessionDetails: false }))).toEqual(comparable(figuresOf(listings.flat(), scope)));
    }), { numRuns: 200 });
  });

  test('every point has a grid time inside the lookback, T among them', () => {
    fc.assert(fc.property(cases, ([scope, listings]) => {
      const times = figuresOf(listings.flat(), scope).map(({ timestamp }) => timestamp);
      expect(times[0]).toBe(scope.scheduledTime);
      expect(new Set(times).size).toBe(times.length);
      for (const time of times) {
        expect(time % scope.interval).toBe(0);
        expect(time).toBeLessThanOrEqual(scope.scheduledTime);
        expect(time).toBeGreaterThan(scope.scheduledTime - scope.lookback);
      }
    }), { numRuns: 200 });
  });

  test('no value is negative, and 20 sessions are named at the most', () => {
    fc.assert(fc.property(cases, ([scope, listings]) => {
      for (const { values, sessions } of figuresOf(listings.flat(), scope)) {
        expect(Math.min(...Object.values(values).flat())).toBeGreaterThanOrEqual(0);
        expect(sessions.length).toBeLessThanOrEqual(20);
      }
    }), { numRuns: 200 });
  });
});

/** A session's life: when it started, moved on and ended. */
interface Life {
  readonly id: string;
  readonly startedAt: number;
  /** Live states after CREATING, and when each began. */
  readonly moves: readonly { readonly at: number; readonly state: string }[];
  readonly end?: { readonly at: number; readonly state: string };
}

/** A run: which grid time it is stamped with, and when it really asks. */
interface Visit {
  readonly time: number;
  readonly listedAt: number;
}

interface History {
  readonly interval: number;
  readonly lookback: number;
  readonly gridTimes: readonly number[];
  readonly lives: readonly Life[];
  /** In the order in which they ask. */
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

/** The listings of a workgroup, each a moment after the one before: sessions move on meanwhile. */
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

  /** All that is known of the ended. */
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

/** How many sessions really ended in the state and the window that ends at the grid time. */
function truth({ lives, interval }: History, state: string, gridTime: number): number {
  return lives.filter(({ end }) => end?.state === state && end.at > gridTime - interval && end.at <= gridTime).length;
}

function histories(fates: { missed: boolean }): fc.Arbitrary<History> {
  return fc.record({
    intervalMinutes: fc.constantFrom(1, 5, 12, 15, 30, 60),
    runs: fc.integer({ min: 4, max: 30 }),
    lookbackIntervals: fc.integer({ min: 3, max: 12 }),
  }).chain(({ intervalMinutes, runs, lookbackIntervals }) => {
    const interval = intervalMinutes * MINUTE;
    const span = runs * interval;
    const gridTimes = Array.from({ length: runs }, (_, index) => T + (index + 1) * interval);
    // Anywhere, or on the borders of windows, where mistakes are.
    const offset = fc.oneof(fc.integer({ min: -interval, max: span }), fc.integer({ min: 0, max: runs }).map((index) => index * interval));
    const life = fc.record({
      dates: fc.array(offset, { minLength: 2, maxLength: 6 }),
      states: fc.array(fc.constantFrom('CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'), { minLength: 4, maxLength: 4 }),
      end: fc.constantFrom('FAILED', 'FAILED', 'TERMINATED', undefined),
    });
    const visit = fc.record({
      gridTime: fc.constantFrom(...gridTimes),
      // On time, a little late, or hours late so that it comes after those that were due after it.
      delay: fc.oneof(fc.integer({ min: 0, max: 59 * SECOND }), fc.integer({ min: 0, max: 2 * interval }), fc.integer({ min: 0, max: span })),
    });
    const due = gridTimes.map((gridTime) => fc.integer({ min: 0, max: 59 * SECOND }).map((delay) => ({ gridTime, delay })));
    return fc.record({
      lives: fc.array(life, { maxLength: 12 }),
      due: fc.tuple(...due),
      missed: fc.array(fates.missed ? fc.boolean() : fc.constant(false), { minLength: runs, maxLength: runs }),
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

describe('over a history of runs that are missed, repeated, late and out of order', () => {
  const anyHistory = histories({ missed: true });

  test.each([
    ['FAILED', 'FailedSessions'],
    ['TERMINATED', 'TerminatedSessions'],
  ])('each session that ended %s counts exactly once, in its window', (state, metric) => {
    fc.assert(fc.property(anyHistory, (history) => {
      const store = storeOf(history);
      for (let gridTime = T - 2 * HOUR; gridTime <= history.gridTimes.at(-1)! + 2 * HOUR; gridTime += history.interval) {
        const covered = history.visits.some(({ time }) => gridTime <= time && gridTime > time - history.lookback);
        const expected = truth(history, state, gridTime);
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

  test('no run shows more in a window than the truth, nor anything in a window that has not ended', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      for (const visit of history.visits) {
        for (const { timestamp: time, values } of figuresOfVisit(history, visit)) {
          expect(time).toBeLessThanOrEqual(visit.time);
          expect(values.FailedSessions ?? 0).toBe(truth(history, 'FAILED', time));
          expect(values.TerminatedSessions ?? 0).toBe(truth(history, 'TERMINATED', time));
        }
      }
    }), { numRuns: 200 });
  });

  test('a run repeated later, whatever happened meanwhile, changes no figure of the ended', () => {
    fc.assert(fc.property(anyHistory, fc.integer({ min: 0, max: 6 * HOUR }), (history, later) => {
      const repeated = history.visits.map(({ time, listedAt }) => ({ time, listedAt: listedAt + later }));
      expect(storeOf(history, [...history.visits, ...repeated]).ended()).toEqual(storeOf(history).ended());
    }), { numRuns: 200 });
  });

  test('the order of runs changes no figure of the ended', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      expect(storeOf(history, [...history.visits].reverse()).ended()).toEqual(storeOf(history).ended());
    }), { numRuns: 100 });
  });

  test('each session that is alive throughout the listing counts in one state', () => {
    fc.assert(fc.property(anyHistory, (history) => {
      for (const visit of history.visits) {
        const living = history.lives.filter(({ startedAt, end }) => startedAt <= visit.listedAt && !(end && end.at <= visit.listedAt + 2 * MINUTE));
        const born = history.lives.filter(({ startedAt, end }) => startedAt <= visit.listedAt + 2 * MINUTE && !(end && end.at <= visit.listedAt));
        const { values } = figuresOfVisit(history, visit)[0]!;
        const { CreatingSessions, CreatedSessions, IdleSessions, BusySessions, TerminatingSessions, DegradedSessions } = values;
        const counts = [CreatingSessions, CreatedSessions, IdleSessions, BusySessions, TerminatingSessions, DegradedSessions] as number[];
        const counted = counts.reduce((sum, count) => sum + count);
        expect(counted).toBeLessThanOrEqual(born.length);
        // A session may leave the unfiltered listing's states and come back while the others are listed; that one can be missed.
        const steady = living.filter(({ moves }) => !moves.some(({ at }) => at > visit.listedAt && at <= visit.listedAt + 2 * MINUTE));
        expect(counted).toBeGreaterThanOrEqual(steady.length);
      }
    }), { numRuns: 100 });
  });
});

describe('the alarm on failed sessions, which reads the last windows', () => {
  test('has a point for each run, so that nothing older stands in for it', () => {
    fc.assert(fc.property(histories({ missed: true }), (history) => {
      for (const visit of history.visits) {
        expect(storeOf(history, [visit]).max('FailedSessions', visit.time)).toBe(truth(history, 'FAILED', visit.time));
      }
    }), { numRuns: 100 });
  });

  test('is raised by the first run after a failure, and clears when its window has passed', () => {
    const windows = 3; // the least that `holdFor` may be, and within any lookback
    fc.assert(fc.property(histories({ missed: false }), (history) => {
      const store = new MaxStore();
      for (const visit of history.visits) {
        figuresOfVisit(history, visit).forEach((figures) => store.put(figures));
        const read = Array.from({ length: windows }, (_, index) => visit.time - index * history.interval);
        const inAlarm = read.some((gridTime) => (store.max('FailedSessions', gridTime) ?? 0) >= 1);
        expect(inAlarm).toBe(read.some((gridTime) => truth(history, 'FAILED', gridTime) > 0));
      }
    }), { numRuns: 200 });
  });

  test('stays clear of a failure in all windows but its own, however often the failed session is listed', () => {
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
