import * as fc from 'fast-check';
import { Census } from '../../src/collector/census';
import { metricLines } from '../../src/collector/emf';
import { RUN_METRICS, WORK_GROUP_METRICS, type WorkGroupMetric } from '../../src/schema';

const T = Date.parse('2026-03-10T12:00:00Z');
const MINUTE = 60_000;
/** Lambda splits longer lines, and CloudWatch extracts no metrics from a line that is split. */
const MAX_LINE_BYTES = 256 * 1024;

type Values = { [name in WorkGroupMetric]?: number | readonly number[] };

function linesOf(values: Values, properties?: { [name: string]: unknown }, namespace = 'AthenaSessions'): string[] {
  return metricLines({ namespace, definitions: WORK_GROUP_METRICS, dimensionValue: 'analytics', timestamp: T, values, properties });
}

interface Point {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: { readonly [name: string]: string };
  readonly time: number;
  readonly value: number;
}

const isObject = (value: unknown): value is { [name: string]: unknown } => typeof value === 'object' && value !== null && !Array.isArray(value);

function check(holds: boolean, rule: string): asserts holds {
  if (!holds) {
    throw new Error(`invalid embedded metric format: ${rule}`);
  }
}

/**
 * The datapoints that CloudWatch extracts from a line. Throws if the line violates the format, or the monitor's own rule of one directive
 * with one dimension.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function readPoints(line: string): Point[] {
  check(!/[\r\n]/.test(line), 'one line');
  check(Buffer.byteLength(line) < MAX_LINE_BYTES, 'short enough not to be split');
  const root: unknown = JSON.parse(line);
  check(isObject(root), 'the root is an object');
  const metadata = root._aws;
  check(isObject(metadata), '_aws is an object');
  check(Object.keys(metadata).sort().join() === 'CloudWatchMetrics,Timestamp', '_aws has its two members');
  const { Timestamp: time, CloudWatchMetrics: directives } = metadata;
  check(Number.isInteger(time) && (time as number) > 1e12, 'Timestamp is in milliseconds');
  check(Array.isArray(directives) && directives.length === 1, 'one directive');
  const directive: unknown = directives[0];
  check(isObject(directive), 'the directive is an object');
  check(Object.keys(directive).sort().join() === 'Dimensions,Metrics,Namespace', 'the directive has its three members');
  const { Namespace: namespace, Dimensions: dimensionSets, Metrics: metrics } = directive;
  check(typeof namespace === 'string' && /^.{1,1024}$/.test(namespace), 'Namespace is a string');
  check(Array.isArray(dimensionSets) && dimensionSets.length === 1, 'one set of dimensions');
  const names: unknown = dimensionSets[0];
  check(Array.isArray(names) && names.length === 1, 'one dimension');
  const dimension: unknown = names[0];
  check(typeof dimension === 'string' && dimension.length >= 1 && dimension.length <= 250, 'the dimension is a string');
  const dimensionValue = root[dimension];
  check(typeof dimensionValue === 'string' && dimensionValue.length >= 1 && dimensionValue.length <= 1024, 'the dimension\'s target is a string');
  check(Array.isArray(metrics) && metrics.length >= 1 && metrics.length <= 100, '1 to 100 metrics');
  check(new Set(metrics.map((metric: { Name?: unknown }) => metric.Name)).size === metrics.length, 'each metric once');
  return metrics.flatMap((metric: unknown) => {
    check(isObject(metric), 'a metric is an object');
    check(Object.keys(metric).sort().join() === 'Name,Unit', 'a metric has a name and a unit');
    const { Name: name, Unit: unit } = metric;
    check(typeof name === 'string' && name.length >= 1 && name.length <= 1024, 'the name is a string');
    check(unit === 'Count' || unit === 'Seconds', 'the unit is Count or Seconds');
    const target = root[name];
    const values: unknown[] = Array.isArray(target) ? target : [target];
    check(values.length >= 1 && values.length <= 100, '1 to 100 values');
    return values.map((value): Point => {
      check(typeof value === 'number' && Number.isFinite(value), 'values are numbers');
      return { namespace, name, unit, dimensions: { [dimension]: dimensionValue }, time: time as number, value };
    });
  });
}

function pointsOf(values: Values): { [name: string]: number[] } {
  const points: { [name: string]: number[] } = {};
  for (const { name, value } of linesOf(values).flatMap(readPoints)) {
    (points[name] ??= []).push(value);
  }
  return points;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('writes the namespace, dimension, timestamp and units', () => {
  const lines = metricLines({
    namespace: 'Mine', definitions: WORK_GROUP_METRICS, dimensionValue: 'team.a_b-c', timestamp: T, values: { FailedSessions: 3, IdleTime: [7, 5] },
  });
  const common = { namespace: 'Mine', dimensions: { WorkGroup: 'team.a_b-c' }, time: T };
  expect(lines).toHaveLength(1);
  expect(readPoints(lines[0]!)).toEqual([
    { ...common, name: 'FailedSessions', unit: 'Count', value: 3 },
    { ...common, name: 'IdleTime', unit: 'Seconds', value: 7 },
    { ...common, name: 'IdleTime', unit: 'Seconds', value: 5 },
  ]);
});

test('run metrics have the dimension FunctionName', () => {
  const lines = metricLines({
    namespace: 'Mine', definitions: RUN_METRICS, dimensionValue: 'collector', timestamp: T, values: { WorkGroupsMonitored: 2, WorkGroupsNotListed: 0 },
  });
  const common = { namespace: 'Mine', dimensions: { FunctionName: 'collector' }, time: T, unit: 'Count' };
  expect(lines.flatMap(readPoints)).toEqual([
    { ...common, name: 'WorkGroupsMonitored', value: 2 },
    { ...common, name: 'WorkGroupsNotListed', value: 0 },
  ]);
});

test.each(Object.entries(WORK_GROUP_METRICS))('%s is written with its unit', (name, { unit }) => {
  expect(linesOf({ [name]: 1 }).flatMap(readPoints)).toMatchObject([{ name, unit, value: 1 }]);
});

test('zero is written', () => {
  expect(pointsOf({ FailedSessions: 0, IdleTime: [0] })).toEqual({ FailedSessions: [0], IdleTime: [0] });
});

test('a metric without a value is not declared', () => {
  const [line] = linesOf({ FailedSessions: 1, IdleTime: undefined });
  expect(readPoints(line!).map(({ name }) => name)).toEqual(['FailedSessions']);
  expect(line).not.toContain('IdleTime');
});

test('properties are written beside the metrics', () => {
  expect(JSON.parse(linesOf({ IdleSessions: 1 }, { sessions: [{ id: 'a' }] })[0]!)).toMatchObject({ IdleSessions: 1, sessions: [{ id: 'a' }] });
});

test.each([
  [1, [1]],
  [99, [99]],
  [100, [100]],
  [101, [100, 1]],
  [200, [100, 100]],
  [250, [100, 100, 50]],
])('%d values of a metric are written in lines of %j', (count, expected) => {
  const lines = linesOf({ IdleSessions: count, IdleTime: upTo(count) });
  expect(lines.map((line) => readPoints(line).filter(({ name }) => name === 'IdleTime').length)).toEqual(expected);
});

test('values that do not fit are written in further lines, without counts and properties', () => {
  const values: Values = { IdleSessions: 250, BusySessions: 120, FailedSessions: 0, IdleTime: upTo(250), BusyTime: upTo(120), CreatingTime: [0] };
  expect(pointsOf(values)).toEqual({ ...values, IdleSessions: [250], BusySessions: [120], FailedSessions: [0] });
  const lines = linesOf(values, { sessions: [{ id: 'a' }] });
  expect(lines).toHaveLength(3);
  expect(lines.map((line) => 'sessions' in JSON.parse(line))).toEqual([true, false, false]);
  const names = lines.map((line) => [...new Set(readPoints(line).map(({ name }) => name))]);
  expect(names).toEqual([Object.keys(values), ['IdleTime', 'BusyTime'], ['IdleTime']]);
});

test('any values can be read back from valid lines', () => {
  const number = fc.integer({ min: 0, max: 1e9 });
  const times = fc.option(fc.array(number, { minLength: 1, maxLength: 350 }), { nil: undefined });
  const anyValues = fc.record({
    IdleSessions: number, FailedSessions: number, IdleTime: times, BusyTime: times, CreatingTime: times, TerminatingTime: times,
  });
  fc.assert(fc.property(anyValues, (values) => {
    const expected = Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, [value].flat()]);
    expect(pointsOf(values)).toEqual(Object.fromEntries(expected));
  }), { numRuns: 100 });
});

test('the longest possible line is not split', () => {
  // JSON escapes each of these characters with six. The second one is a lone surrogate.
  for (const character of ['\u0001', '\ud800']) {
    const census = new Census({ scheduledTime: T, interval: 5 * MINUTE, lookback: 60 * MINUTE, countTerminated: true, logSessionDetails: true });
    const text = character.repeat(1024);
    const states = ['FAILED', 'IDLE', 'BUSY', 'CREATING', 'TERMINATING'];
    upTo(5000).forEach((index) => census.add({
      id: `${index}`.padStart(36, '0'), state: states[index % 5], startedAt: 1, modifiedAt: index < 500 ? T - 1 : 1, description: text, reason: text,
    }));
    for (const { timestamp, values, sessions } of census.counts()) {
      const lines = metricLines({
        namespace: 'N'.repeat(255), definitions: WORK_GROUP_METRICS, dimensionValue: 'w'.repeat(128), timestamp, values, properties: { sessions },
      });
      expect(lines.flatMap(readPoints).length).toBeGreaterThan(4000); // throws if a line is too long
      expect(sessions).toHaveLength(20);
      expect(sessions[0]!.reason).toBe(character.repeat(256));
    }
  }
});

describe('the reader of this test', () => {
  const valid = JSON.parse(linesOf({ IdleSessions: 1, IdleTime: [1] })[0]!);

  test.each([
    ['no metadata', { ...valid, _aws: undefined }],
    ['no time', { ...valid, _aws: { ...valid._aws, Timestamp: undefined } }],
    ['a time in seconds', { ...valid, _aws: { ...valid._aws, Timestamp: T / 1000 } }],
    ['no target', { ...valid, IdleTime: undefined }],
    ['an empty target', { ...valid, IdleTime: [] }],
    ['too many values', { ...valid, IdleTime: upTo(101) }],
    ['a value that is not a number', { ...valid, IdleTime: [null] }],
    ['no dimension', { ...valid, WorkGroup: undefined }],
  ])('rejects a line with %s', (_description, line) => {
    expect(() => readPoints(JSON.stringify(line))).toThrow('invalid embedded metric format');
  });
});
