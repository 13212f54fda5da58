import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AthenaSessionMonitor, type SessionMetricOptions } from '../src';
import { expectError, newMonitor } from './support/synthesis';
import { LIVE_COUNT_METRICS, RUN_METRICS, WORK_GROUP_METRICS } from '../src/schema';

const SESSION_METRIC_NAMES = Object.keys(WORK_GROUP_METRICS);
const LIVE_COUNTS: string[] = LIVE_COUNT_METRICS;
/** Those of no workgroup. The totals of live sessions are tested below. */
const RUN_METRIC_NAMES = Object.keys(RUN_METRICS).filter((name) => !LIVE_COUNTS.includes(name));

type MetricMethod = (...args: unknown[]) => Metric;

let monitor: AthenaSessionMonitor;

beforeEach(() => {
  monitor = newMonitor({ interval: Duration.minutes(10), metricNamespace: 'Team/Sessions' });
});

/** The `metricXxx` methods of the class and its base classes. */
function metricMethods(): string[] {
  const methods = new Set<string>();
  for (let prototype = AthenaSessionMonitor.prototype; prototype; prototype = Object.getPrototypeOf(prototype)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (/^metric[A-Z]/.test(name) && typeof Object.getOwnPropertyDescriptor(prototype, name)!.value === 'function') {
        methods.add(name);
      }
    }
  }
  return [...methods].sort();
}

function call(name: string, ...args: unknown[]): Metric {
  return (monitor as unknown as { [method: string]: MetricMethod })[`metric${name}`](...args);
}

/** All ways to read each metric, given options. */
const READERS: [string, (options?: SessionMetricOptions) => Metric][] = [
  ...SESSION_METRIC_NAMES.flatMap((name): [string, (options?: SessionMetricOptions) => Metric][] => [
    [`metric${name}()`, (options) => call(name, 'etl', options)],
    [`metric('${name}')`, (options) => monitor.metric(name, { ...options, workGroup: 'etl' })],
  ]),
  ...RUN_METRIC_NAMES.flatMap((name): [string, (options?: SessionMetricOptions) => Metric][] => [
    [`metric${name}()`, (options) => call(name, options)],
    [`metric('${name}')`, (options) => monitor.metric(name, options)],
  ]),
  ...LIVE_COUNTS.flatMap((name): [string, (options?: SessionMetricOptions) => Metric][] => [
    [`metric${name}() without a workgroup`, (options) => call(name, undefined, options)],
    [`metric('${name}') without a workgroup`, (options) => monitor.metric(name, options)],
  ]),
];

describe('the metrics', () => {
  test('have one method each', () => {
    expect(metricMethods()).toEqual([...SESSION_METRIC_NAMES, ...RUN_METRIC_NAMES].map((name) => `metric${name}`).sort());
  });

  test('are the documented ones', () => {
    expect([...SESSION_METRIC_NAMES].sort()).toEqual([
      'BusySessions', 'BusyTime', 'CreatedSessions', 'CreatingSessions', 'CreatingTime', 'DegradedSessions', 'FailedSessions',
      'IdleSessions', 'IdleTime', 'SessionAge', 'TerminatedSessions', 'TerminatingSessions', 'TerminatingTime',
    ]);
    expect([...RUN_METRIC_NAMES].sort()).toEqual([
      'ApiCalls', 'EventsFailed', 'EventsSent', 'LiveSparkConnectSessions', 'ThrottledApiCalls', 'UnknownSessions', 'WorkGroupsMonitored', 'WorkGroupsNotListed',
    ]);
    expect([...LIVE_COUNTS].sort()).toEqual(['BusySessions', 'CreatedSessions', 'CreatingSessions', 'DegradedSessions', 'IdleSessions', 'TerminatingSessions']);
  });
});

describe.each(SESSION_METRIC_NAMES)('%s', (name) => {
  test.each([
    ['its method', () => call(name, 'etl')],
    ['metric()', () => monitor.metric(name, { workGroup: 'etl' })],
  ])('from %s is the Maximum per interval of a workgroup', (_, read) => {
    const metric = read();
    expect(metric).toMatchObject({ namespace: 'Team/Sessions', metricName: name, dimensions: { WorkGroup: 'etl' }, statistic: 'Maximum' });
    expect(metric.period.toMinutes()).toBe(10);
    expect(metric).toMatchObject({ label: undefined, color: undefined, account: undefined, region: undefined, unit: undefined });
  });

  test('refuses what is no name of a workgroup', () => {
    for (const workGroup of ['', 'arn:aws:athena:us-east-1:111111111111:workgroup/etl', null as unknown as string]) {
      expectError(() => monitor.metric(name, { workGroup }), 'workGroup', name);
      expectError(() => call(name, workGroup), 'workGroup', name);
    }
  });
});

test.each(SESSION_METRIC_NAMES.filter((name) => !LIVE_COUNTS.includes(name)))('%s needs a workgroup', (name) => {
  expectError(() => monitor.metric(name), 'workGroup', name, 'undefined');
  expectError(() => call(name), 'workGroup', name, 'undefined');
});

describe.each(LIVE_COUNTS)('%s without a workgroup', (name) => {
  test.each([
    ['its method', () => call(name)],
    ['its method with options', () => call(name, undefined, {})],
    ['metric()', () => monitor.metric(name)],
  ])('read by %s is the total of the run', (_, read) => {
    expect(read()).toMatchObject({
      namespace: 'Team/Sessions', metricName: name, statistic: 'Maximum', dimensions: { FunctionName: monitor.collector.functionName },
    });
    expect(read().period.toMinutes()).toBe(10);
  });
});

describe.each(RUN_METRIC_NAMES)('%s', (name) => {
  test.each([
    ['its method', () => call(name)],
    ['metric()', () => monitor.metric(name)],
  ])('from %s is the Maximum per interval of the function', (_, read) => {
    const metric = read();
    expect(metric).toMatchObject({ namespace: 'Team/Sessions', metricName: name, statistic: 'Maximum' });
    expect(metric.dimensions).toEqual({ FunctionName: monitor.collector.functionName });
    expect(metric.period.toMinutes()).toBe(10);
  });

  test('does not accept a workgroup', () => {
    expectError(() => monitor.metric(name, { workGroup: 'etl' }), 'workGroup', name, 'etl');
  });
});

describe.each(READERS)('the options of %s', (_, read) => {
  test('set period, statistic, label, color, account and region', () => {
    const options = { period: Duration.hours(1), statistic: 'p90', label: 'Mine', color: 'ff0000', account: '111111111111', region: 'eu-west-1' };
    const metric = read(options);
    expect(metric).toMatchObject({ statistic: 'p90', label: 'Mine', color: 'ff0000', account: '111111111111', region: 'eu-west-1' });
    expect(metric.period.toMinutes()).toBe(60);
    expect(metric).toMatchObject({ namespace: 'Team/Sessions', metricName: read().metricName, dimensions: read().dimensions });
  });

  test('do not change namespace, name and dimensions, even for untyped callers', () => {
    const metric = read({
      namespace: 'Other', metricName: 'Other', dimensionsMap: { Other: 'other' }, dimensions: { Other: 'other' },
    } as unknown as SessionMetricOptions);
    expect(metric).toMatchObject({ namespace: 'Team/Sessions', metricName: read().metricName });
    expect(metric.dimensions).toEqual(read().dimensions);
  });

  test('reject Sum, which would count repeated runs twice', () => {
    expectError(() => read({ statistic: 'Sum' }), 'statistic', '"Sum"', 'Maximum');
  });
});

describe('options', () => {
  test('can be undefined', () => {
    for (const [, read] of READERS) {
      const metric = read({ period: undefined, statistic: undefined, label: undefined, color: undefined, account: undefined, region: undefined });
      expect(metric.statistic).toBe('Maximum');
      expect(metric.period.toMinutes()).toBe(10);
    }
  });

  test('cannot set another unit, which has no datapoints', () => {
    for (const [, read] of READERS) {
      expect(read({ unit: 'Bits' } as unknown as SessionMetricOptions).unit).toBeUndefined();
    }
  });
});

describe('a statistic', () => {
  test.each([
    Stats.SUM, 'sum', 'SUM', Stats.SAMPLE_COUNT, 'samplecount', 'n',
    Stats.tc(10, 90), Stats.ts(10, 90), 'TC(10%:90%)', 'TC(0:100)', 'TC(:5)', 'TS(80%:)', 'tc90', 'ts90', 'tc(10%:90%)',
  ])('%s is rejected, as repeated runs would change it', (statistic) => {
    expectError(() => monitor.metricIdleTime('etl', { statistic }), 'statistic', JSON.stringify(statistic), 'Maximum', /percentile/);
    expectError(() => monitor.metric('ApiCalls', { statistic }), 'statistic', JSON.stringify(statistic));
  });

  test.each([
    Stats.MAXIMUM, Stats.MINIMUM, Stats.AVERAGE, Stats.p(50), Stats.p(99.9), Stats.percentile(90), 'p90',
  ])('%s is accepted', (statistic) => {
    expect(monitor.metricIdleTime('etl', { statistic }).statistic).toBe(statistic);
  });
});

describe('an unknown metric name', () => {
  test.each(['IdleSession', '', 'idletime', 'constructor', 'WorkGroup'])('%s is rejected, and the error lists the known ones', (name) => {
    expectError(() => monitor.metric(name, { workGroup: 'etl' }), 'metricName', JSON.stringify(name), ...SESSION_METRIC_NAMES, ...RUN_METRIC_NAMES);
  });
});
