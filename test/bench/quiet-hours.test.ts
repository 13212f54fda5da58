import { dollars, metricHours } from '../../bench/figures';
import { between, compareAlarms, fewOfMany, metricHoursOf, officeHours } from '../../bench/quiet-hours';
import { parseStory } from '../../rehearsal/story';
import { metricLines } from '../../src/collector/emf';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MIDNIGHT = Date.UTC(2026, 0, 31);

const definitions = { IdleSessions: { unit: 'Count', dimension: 'WorkGroup' }, IdleTime: { unit: 'Seconds', dimension: 'WorkGroup' } } as const;
const line = (at: number, workGroup: string, values: { [name in keyof typeof definitions]?: number }, namespace = 'A') =>
  metricLines({ namespace, definitions, dimensionValue: workGroup, timestamp: at, values })[0]!;
const run = (at: number, ...lines: string[]) => ({ at, lines: [...lines, '{"level":"WARN","message":"no metric"}'] });

describe('metric-hours', () => {
  test('count each metric once in each hour in which a datapoint arrives', () => {
    const [first, second, next] = [MIDNIGHT, MIDNIGHT + 55 * MINUTE, MIDNIGHT + HOUR];
    expect(metricHours([run(first, line(first, 'a', { IdleSessions: 0, IdleTime: 0 })), run(second, line(second, 'a', { IdleSessions: 1 }))])).toBe(2);
    expect(metricHours([run(first, line(first, 'a', { IdleSessions: 0 })), run(next, line(next, 'a', { IdleSessions: 0 }))])).toBe(2);
    // An older timestamp is billed when it arrives.
    expect(metricHours([run(next, line(next, 'a', { IdleSessions: 0 }), line(first, 'a', { IdleSessions: 1 }))])).toBe(1);
    expect(metricHours([run(first, line(first, 'a', { IdleSessions: 0 }), line(first, 'b', { IdleSessions: 0 }), line(first, 'a', { IdleSessions: 0 }, 'B'))])).toBe(3);
    expect(metricHours([run(first)])).toBe(0);
  });

  test('of one workgroup', () => {
    const runs = [run(MIDNIGHT, line(MIDNIGHT, 'a', { IdleSessions: 0, IdleTime: 0 }), line(MIDNIGHT, 'b', { IdleSessions: 0 }))];
    expect([metricHoursOf('a', runs), metricHoursOf('b', runs), metricHoursOf('c', runs), metricHoursOf(undefined, runs)]).toEqual([2, 1, 0, 0]);
  });

  test('of hours of the day', () => {
    const runs = [7, 8, 9, 24, 25].map((hour) => run(MIDNIGHT + hour * HOUR));
    const hours = (first: number, last: number) => between(first, last, runs).map(({ at }) => (at - MIDNIGHT) / HOUR);
    expect([hours(0, 24), hours(7, 9), hours(24, 48)]).toEqual([[7, 8, 9], [7, 8], [24, 25]]);
  });

  test('a metric that is written in all 730 hours costs $0.30', () => expect(dollars(730)).toBeCloseTo(0.3));
});

describe('compareAlarms()', () => {
  /** An alarm that was raised at noon, unless `raised` says another minute, and cleared after so many minutes. */
  const compared = (extraPeriods: number, ...alarms: { monitor: string; raised?: number; clearedAfter?: number }[]) => compareAlarms({
    variants: [{
      extraPeriods,
      emptyFill: 'filler',
      emptyQuery: 'treatMissingData',
      states: [],
      transitions: alarms.flatMap(({ monitor, raised = 0, clearedAfter }) => {
        const alarm = { logicalId: monitor, name: monitor, path: `Stack/${monitor}/Alarms/Idle`, properties: {} };
        const at = MIDNIGHT + 12 * HOUR + raised * MINUTE;
        return [
          { alarm, at, from: 'OK' as const, to: 'ALARM' as const, contributor: 'a', reason: '' },
          ...clearedAfter === undefined ? [] : [{ alarm, at: at + clearedAfter * MINUTE, from: 'ALARM' as const, to: 'OK' as const, contributor: 'a', reason: '' }],
        ];
      }),
    }],
  }, 'Quiet', 'Zeros');
  const zeros = { monitor: 'Zeros', clearedAfter: 20 };

  test.each([[0, 20, 0], [2, 20, 0], [2, 30, 10]])('with %i extra periods, it may be cleared after %i minutes instead of 20', (extraPeriods, clearedAfter, minutesLater) => {
    expect(compared(extraPeriods, zeros, { monitor: 'Quiet', clearedAfter })).toEqual({ raised: 1, differences: [], minutesLater });
  });

  test('it may stay in ALARM in both', () => {
    expect(compared(0, { monitor: 'Zeros' }, { monitor: 'Quiet' })).toEqual({ raised: 1, differences: [], minutesLater: 0 });
  });

  test.each<[string, Parameters<typeof compared>[1][], number]>([
    ['cleared too late', [zeros, { monitor: 'Quiet', clearedAfter: 31 }], 1],
    ['cleared earlier', [zeros, { monitor: 'Quiet', clearedAfter: 19 }], 1],
    ['never cleared', [zeros, { monitor: 'Quiet' }], 1],
    ['cleared, although it stays in ALARM with zeros', [{ monitor: 'Zeros' }, { monitor: 'Quiet', clearedAfter: 20 }], 1],
    ['raised later', [zeros, { monitor: 'Quiet', raised: 1, clearedAfter: 19 }], 2],
    ['not raised', [zeros], 1],
    ['raised twice', [zeros, { monitor: 'Quiet', clearedAfter: 20 }, { monitor: 'Quiet', raised: 30, clearedAfter: 20 }], 1],
  ])('%s is a difference', (_, alarms, count) => {
    expect(compared(2, ...alarms).differences).toHaveLength(count);
  });
});

test.each([fewOfMany(200, '00:00', '23:59 +1d'), officeHours()])('the stories are valid scenarios', (story) => {
  expect(parseStory(JSON.stringify({ title: 'T', ...story, expect: {} }), 'story').sessions.length).toBeGreaterThan(0);
});
