import fc from 'fast-check';
import { atLeast, atMost, bound, callsNeeded, firstDifference, median, rounded, total } from '../../bench/figures';
import { ACTIVE_STATES, ALL_STATES, countsOf, LOOKBACK, workGroupsOf } from '../../bench/world';

const T = Date.UTC(2026, 0, 31, 9, 5);

describe('callsNeeded()', () => {
  test.each([
    [1, 0, 6], [1, 100, 6], [1, 101, 7], [10, 1, 51], [50, 1, 251], [51, 1, 257], [100, 250, 702], [1000, 1, 5020],
  ])('%i workgroups with %i active sessions each need %i calls', (workGroups, sessions, calls) => {
    const counts = countsOf(workGroupsOf({ workGroups, sessions, states: ACTIVE_STATES }, T), ALL_STATES);
    expect(total(callsNeeded(counts))).toBe(calls);
  });

  test('each state that is not active has its own pages', () => {
    const counts = countsOf(workGroupsOf({ workGroups: 1, sessions: 1616, states: ALL_STATES }, T), ALL_STATES);
    expect(callsNeeded(counts)).toEqual({ search: 1, ofWorkGroups: [9 + 3 + 3 + 3 + 3] }); // 808, and 202 four times
  });
});

describe('the bound', () => {
  const calls = { search: 2, ofWorkGroups: [5, 5, 7] };

  test('is limited by the pool', () => expect(bound(calls, { pool: 2, latency: 0.02 })).toBeCloseTo((2 + 9) * 0.02));
  test('is limited by the longest chain of calls', () => expect(bound(calls, { pool: 100, latency: 0.02 })).toBeCloseTo((2 + 7) * 0.02));
  test('is limited by the rate', () => expect(bound(calls, { pool: 100, latency: 0.02, rate: 5, burst: 10 })).toBeCloseTo((19 - 10) / 5));
  test('includes the details of sessions in events', () => {
    expect(bound({ ...calls, details: 5 }, { pool: 2, latency: 0.02 })).toBeCloseTo((2 + 9 + 3) * 0.02);
    expect(bound({ ...calls, details: 5 }, { pool: 100, latency: 0.02, rate: 5, burst: 10 })).toBeCloseTo((19 + 5 - 10) / 5);
  });
  test('is 0 without calls', () => expect(bound({ search: 0, ofWorkGroups: [] }, { pool: 1, latency: 1 })).toBe(0));

  test('falls with a larger pool and grows with every call', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), fc.integer({ min: 1, max: 50 }), (ofWorkGroups, pool) => {
      const at = (size: number, chains: number[]) => bound({ search: 1, ofWorkGroups: chains }, { pool: size, latency: 1 });
      expect(at(pool + 1, ofWorkGroups)).toBeLessThanOrEqual(at(pool, ofWorkGroups));
      expect(at(pool, [...ofWorkGroups, 1])).toBeGreaterThanOrEqual(at(pool, ofWorkGroups));
    }));
  });
});

test('median() returns the middle value, or the mean of the two middle ones', () => {
  expect([median([3]), median([9, 1, 5]), median([4, 1, 2, 30])]).toEqual([3, 5, 3]);
});

describe('firstDifference()', () => {
  const expected = { a: { IDLE: 1, BUSY: 0 }, b: { IDLE: 2, BUSY: 0 } };

  test('returns undefined for equal counts', () => expect(firstDifference(expected, expected)).toBeUndefined());
  test.each([
    [{ a: { IDLE: 1, BUSY: 0 }, b: { IDLE: 3, BUSY: 0 } }, 'b has 2 IDLE sessions, but 3 was reported'],
    [{ a: { IDLE: 1 }, b: { IDLE: 2, BUSY: 0 } }, 'a has 0 BUSY sessions, but no number was reported'],
    [{ a: { IDLE: 1, BUSY: 0 } }, 'b has 2 IDLE sessions, but no number was reported'],
    [{ ...expected, ghost: { IDLE: 1 } }, 'ghost was reported, but does not exist'],
  ])('describes the first difference: %j', (actual, text) => expect(firstDifference(expected, actual)).toBe(text));
});

test('countsOf() counts only sessions that ended after a given time', () => {
  const workGroups = workGroupsOf({ workGroups: 1, sessions: 0, states: ALL_STATES, ended: { count: 50, inLookback: 20 } }, T);
  expect(countsOf(workGroups, ['TERMINATED'])['team-0']).toEqual({ TERMINATED: 50 });
  expect(countsOf(workGroups, ['TERMINATED'], T - LOOKBACK)['team-0']).toEqual({ TERMINATED: 20 });
});

test('a goal is met at its limit', () => {
  expect([atMost('x', 1.2, 1.2).met, atMost('x', 1.2, 1.21).met, atLeast('x', 15, 15).met, atLeast('x', 15, 14.9).met]).toEqual([true, false, true, false]);
  expect([atMost('x', 80, 1, ' MB').goal, atLeast('x', 15, 1, '×').goal]).toEqual(['≤ 80 MB', '≥ 15×']);
  expect(atMost('x', 1, NaN).met).toBe(false); // nothing was measured
});

test('rounded() keeps three significant digits', () => {
  expect([rounded(3), rounded(1.234), rounded(12.34)]).toEqual(['3', '1.23', '12.3']);
});
