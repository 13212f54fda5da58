import * as fc from 'fast-check';
import { timeScale, valueScale } from '../../../rehearsal/page/scale';
import { at } from '../cloudwatch/support';

describe('scales', () => {
  test.each([
    [[0, 3], {}, 4, [0, 1, 2, 3]],
    [[0, 1], {}, 4, [0, 1]], // no half sessions
    [[0, 5100, 3600], { min: 0 }, 3, [0, 2000, 4000, 6000]],
    [[0.2, 0.7], { min: 0 }, 4, [0, 0.2, 0.4, 0.6, 0.8]],
    [[], {}, 4, [0, 1]],
    [[12, 18], {}, 3, [12, 14, 16, 18]],
    [[0, 4], { min: 0, max: 10 }, 5, [0, 2, 4, 6, 8, 10]],
  ])('of %j with %j', (values, bounds, most, ticks) => {
    expect(valueScale(values, bounds, most).ticks).toEqual(ticks);
  });

  test('contain all values, and have few ticks at round values', () => {
    const decimal = fc.double({ min: 0, max: 1000, noNaN: true }).map(number => Number(number.toFixed(3)));
    const value = fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), decimal);
    fc.assert(fc.property(fc.array(value, { minLength: 1 }), fc.integer({ min: 2, max: 8 }), fc.boolean(), (values, most, fromZero) => {
      const { min, max, ticks } = valueScale(values, fromZero ? { min: 0 } : {}, most);
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      expect(max).toBeGreaterThan(min);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(most + 2); // both ends are rounded outwards
      expect(ticks[0]).toBeGreaterThanOrEqual(min);
      expect(ticks.at(-1)).toBeLessThanOrEqual(max);
      const steps = ticks.slice(1).map((tick, index) => tick - ticks[index]!);
      expect(steps.every(step => step.toPrecision(1) === steps[0]!.toPrecision(1))).toBe(true);
    }));
  });

  test('of time have ticks at whole minutes and hours in UTC', () => {
    const clocks = (from: string, to: string, most: number) =>
      timeScale(at(from), at(to), most).ticks.map(tick => new Date(tick).toISOString().slice(11, 16));
    expect(clocks('13:00', '17:30', 5)).toEqual(['13:00', '14:00', '15:00', '16:00', '17:00']);
    expect(clocks('13:07', '14:02', 6)).toEqual(['13:10', '13:20', '13:30', '13:40', '13:50', '14:00']);
  });
});
