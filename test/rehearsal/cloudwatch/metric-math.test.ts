import * as fc from 'fast-check';
import { at, emf, MINUTE } from './support';
import { CloudWatch } from '../../../rehearsal/cloudwatch';
import { evaluate, type Lookup, seriesOf, type TimeSeries, type Value } from '../../../rehearsal/cloudwatch/metric-math';
import { MetricStore } from '../../../rehearsal/cloudwatch/metric-store';

const PERIOD = 5 * MINUTE;

/** Points at 12:00, 12:05 …; undefined where there is none. */
function series(...values: (number | undefined)[]): TimeSeries {
  return {
    period: PERIOD,
    points: values.flatMap((value, index) => value === undefined ? [] : [{ time: at('12:00') + index * PERIOD, value }]),
  };
}

const valuesOf = ({ points }: TimeSeries) => points.map(({ time, value }) => [(time - at('12:00')) / PERIOD, value]);

function cloudWatch(values: { [workGroup: string]: { [clock: string]: number } }, delay = 0): MetricStore {
  const cloud = new CloudWatch({ alarms: [], createdAt: at('12:00') });
  for (const [WorkGroup, points] of Object.entries(values)) {
    for (const [clock, value] of Object.entries(points)) {
      cloud.ingest(emf({ at: clock, value, dimensions: { WorkGroup } }), at(clock) + delay);
    }
  }
  return cloud.metrics;
}

const lookup = (metrics = new MetricStore(), from = '12:00', to = '13:00'): Lookup => ({ metrics, from: at(from), to: at(to) });

/** What it comes to, where the ids stand for that. */
function calculate(expression: string, ids: { [id: string]: Value } = {}, looked: Lookup = lookup()): TimeSeries | TimeSeries[] {
  return evaluate(expression, {
    lookup: looked,
    period: PERIOD,
    valueOf: id => ids[id] ?? (() => { throw new Error(`there is no ${id}`); })(),
    metricsWith: part => Object.entries(ids).filter(([id]) => id.includes(part)).map(([, value]) => value as TimeSeries),
  });
}

const M1 = series(1, 2, undefined, 4);
const M2 = series(10, undefined, undefined, 30);

describe('of an array of time series', () => {
  test.each([
    // A time at which only one has a value has that value; a time at which none has one has none.
    ['SUM([m1, m2])', [[0, 11], [1, 2], [3, 34]]],
    ['MAX([m1, m2])', [[0, 10], [1, 2], [3, 30]]],
    ['SUM([m1])', [[0, 1], [1, 2], [3, 4]]],
    ['SUM([[m1, m2], m1])', [[0, 12], [1, 4], [3, 38]]],
    ['SUM(both)', [[0, 11], [1, 2], [3, 34]]],
    ['MAX(nothing)', []],
    ['RUNNING_SUM(m1)', [[0, 1], [1, 3], [3, 7]]],
    ['m2 / 4', [[0, 2.5], [3, 7.5]]],
    ['FLOOR(MAX([m1, m2]) / 4)', [[0, 2], [1, 0], [3, 7]]],
    ['RUNNING_SUM(SUM([m1, m2]))', [[0, 11], [1, 13], [3, 47]]],
    ['SUM(METRICS("m"))', [[0, 11], [1, 2], [3, 34]]],
    ['MAX(METRICS("2")) / 2', [[0, 5], [3, 15]]],
    ['MAX(METRICS("x"))', []],
    ['m1 * 0.5', [[0, 0.5], [1, 1], [3, 2]]],
    ['2 * m1 / 4 - 1', [[0, -0.5], [1, 0], [3, 1]]],
    ['5 - (m1 - 1)', [[0, 5], [1, 4], [3, 2]]],
    ['m1 < 2', [[0, 1], [1, 0], [3, 0]]],
    // As the condition has a point, or the value that it selects.
    ['IF(m1 < 4, FLOOR((4 - m1) / 2), 0)', [[0, 1], [1, 1], [3, 0]]],
    ['IF(m1 < 3, m2, m1)', [[0, 10], [3, 4]]],
  ])('%s', (expression, expected) => {
    const value = calculate(expression, { m1: M1, m2: M2, both: [M1, M2], nothing: [] });
    expect(valuesOf(value as TimeSeries)).toEqual(expected);
  });

  test('the running sum is an array', () => {
    const value = calculate('RUNNING_SUM([m1, m2])', { m1: M1, m2: M2 }) as TimeSeries[];
    expect(value.map(valuesOf)).toEqual([[[0, 1], [1, 3], [3, 7]], [[0, 10], [3, 40]]]);
  });

  const someSeries = fc.array(fc.array(fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }), { maxLength: 12 }), { maxLength: 6 });

  test('SUM and MAX have a point exactly where one of them has, and keep to their definitions', () => {
    fc.assert(fc.property(someSeries, (all) => {
      const ids = { all: all.map(values => series(...values)) };
      const columns = Array.from({ length: 12 }, (_, index) => all.map(values => values[index]).filter(value => value !== undefined));
      const expected = (combine: (values: number[]) => number) =>
        columns.flatMap((values, index) => values.length > 0 ? [[index, combine(values)]] : []);
      expect(valuesOf(calculate('SUM(all)', ids) as TimeSeries)).toEqual(expected(values => values.reduce((a, b) => a + b)));
      expect(valuesOf(calculate('MAX(all)', ids) as TimeSeries)).toEqual(expected(values => Math.max(...values)));
    }));
  });

});

test.each([
  ['SUM(m1)', /it comes to a number/], // of a single time series, as documented
  ['RUNNING_SUM(SUM(m1))', /a number stands where a time series is needed/],
  ['SUM(empty)', /without data/],
  ['SUM([m1, hourly])', /different periods/],
  ['AVG([m1, m2])', /AVG is not simulated/],
  ['sum([m1, m2])', /expected the end, found \(/], // functions are written in capitals
  ['m1 + m2', /expected the end, found \+ m2/],
  ['m1 / m2', /\/ by a number alone/],
  ['12 / m1', /\/ by a number alone/],
  ['m1 / 0', /divides by 0/],
  ['m1 - m2', /of a time series and a number alone/],
  ['(m1 - 1', /expected \), found the end/],
  ['IF(m1, m2)', /IF takes/],
  ['IF(1, m1, m2)', /IF takes/],
  ['IF([m1, m2], 1, 0)', /IF takes/],
  ['SUM()', /expected a function/],
  ['SUM(m1, m2)', /SUM takes one argument/],
  ['m3', /there is no m3/],
  ['5', /it comes to a number/],
  ['5 - 4', /of a time series and a number alone/],
  ['SUM(\'m\')', /can stand in SEARCH alone/],
  ['SUM("m")', /can stand in METRICS alone/],
  ['METRICS()', /expected a function/],
  ['SUM(METRICS(m1))', /METRICS takes a part of ids/],
  ['SUM(METRICS(\'m\'))', /METRICS takes a part of ids/],
  ['', /expected a function/],
  ['SEARCH(\'{AthenaSessions,WorkGroup} MetricName="IdleTime"\', \'Maximum\')', /SEARCH takes/],
  ['SEARCH(\'{AthenaSessions,WorkGroup} MetricName="IdleTime"\', \'Maximum\', 60)', /period of 60 seconds, where the graph has 300/],
  ['SEARCH(m1, \'Maximum\', 300)', /SEARCH takes/],
])('%s is refused', (expression, message) => {
  const ids = { m1: M1, m2: M2, empty: series(), hourly: { ...M1, period: 60 * MINUTE } };
  expect(() => calculate(expression, ids)).toThrow(message);
  expect(() => calculate(expression, ids)).toThrow(expression);
});

describe('a search', () => {
  const SEARCH = 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="IdleTime"\', \'Maximum\', 300)';

  test('finds a time series of each metric, in the order of their dimensions', () => {
    const metrics = cloudWatch({ etl: { '12:05': 3 }, adhoc: { '12:00': 1, '12:05': 2 } });
    const found = calculate(SEARCH, {}, lookup(metrics)) as TimeSeries[];
    expect(found.map(one => [one.metric!.dimensions.WorkGroup, valuesOf(one)])).toEqual([['adhoc', [[0, 1], [1, 2]]], ['etl', [[1, 3]]]]);
    expect(valuesOf(calculate(`SUM(${SEARCH})`, {}, lookup(metrics)) as TimeSeries)).toEqual([[0, 1], [1, 5]]);
  });

  test('finds what has no points in the time shown, and nothing that has not arrived', () => {
    const metrics = cloudWatch({ early: { '11:00': 1 }, late: { '12:58': 1 } }, 3 * MINUTE);
    expect((calculate(SEARCH, {}, lookup(metrics)) as TimeSeries[]).map(one => [one.metric!.dimensions.WorkGroup, one.points])).toEqual([['early', []]]);
  });
});

describe('a query', () => {
  const QUERY = 'SELECT MAX(IdleTime) FROM SCHEMA("AthenaSessions", WorkGroup)';
  const metrics = cloudWatch({ etl: { '12:05': 3, '12:10': 1 }, adhoc: { '12:00': 1, '12:05': 2 } });

  test('comes to one time series, of no metric', () => {
    const found = calculate(QUERY, {}, lookup(metrics)) as TimeSeries;
    expect(valuesOf(found)).toEqual([[0, 1], [1, 3], [2, 1]]);
    expect(found.metric).toBeUndefined();
  });

  test('that finds nothing comes to a time series without points', () => {
    expect(calculate(QUERY.replace('Idle', 'Busy'), {}, lookup(metrics))).toEqual({ points: [], period: PERIOD });
    expect(calculate(QUERY.replace('WorkGroup', 'FunctionName'), {}, lookup(metrics))).toEqual({ points: [], period: PERIOD });
  });

  test.each([
    'SELECT SUM(IdleTime) FROM SCHEMA("AthenaSessions", WorkGroup)',
    'SELECT MAX(IdleTime) FROM SCHEMA("AthenaSessions", WorkGroup) GROUP BY WorkGroup',
    'SELECT MAX(IdleTime) FROM "AthenaSessions"',
    'SELECT MAX(IdleTime) FROM SCHEMA("AthenaSessions", WorkGroup) / 60', // the query is an expression of its own
  ])('%s is refused', (expression) => {
    expect(() => calculate(expression)).toThrow('are simulated in dashboards');
  });
});

describe('the points of a metric', () => {
  const points = (statistic: string, period: number, looked: [string, string], ...written: [string, number][]) => {
    const cloud = new CloudWatch({ alarms: [], createdAt: at('12:00') });
    written.forEach(([clock, value]) => cloud.ingest(emf({ at: clock, value }), at(clock)));
    return valuesOf(seriesOf(cloud.metrics.all()[0]!, statistic, period * MINUTE, lookup(cloud.metrics, ...looked)));
  };

  test('are one for each period with data, which begins with it', () => {
    expect(points('Maximum', 5, ['12:00', '13:00'], ['12:00', 1], ['12:04', 5], ['12:04', 3], ['12:05', 2], ['12:20', 0])).toEqual([[0, 5], [1, 2], [4, 0]]);
    expect(points('Sum', 10, ['12:00', '13:00'], ['12:00', 1], ['12:05', 2], ['12:10', 4])).toEqual([[0, 3], [2, 4]]);
  });

  test('are those from the period in which the time shown begins to its end', () => {
    expect(points('Maximum', 5, ['12:07', '12:20'], ['12:00', 1], ['12:05', 2], ['12:10', 3], ['12:15', 4], ['12:20', 5])).toEqual([[1, 2], [2, 3], [3, 4]]);
  });
});
