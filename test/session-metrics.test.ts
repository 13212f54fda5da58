import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AthenaSessionMonitor, type SessionMetricOptions } from '../src';
import { expectError, newMonitor } from './support/synthesis';
import { RUN_METRICS, WORK_GROUP_METRICS } from '../src/schema';

const SESSION_METRIC_NAMES = Object.keys(WORK_GROUP_METRICS);
const RUN_METRIC_NAMES = Object.keys(RUN_METRICS);

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
];

describe('the metrics', () => {
  test('have one method each', () => {
    expect(metricMethods()).toEqual([...SESSION_METRIC_NAMES, ...RUN_METRIC_NAMES].map((name) => `metric${name}`).sort());
  });

  test('are the documented ones', () => {
    expect([...SESSION_METRIC_NAMES].sort()).toEqual([
      'BusySessions', 'BusyTime', 'CreatedSessions', 'CreatingSessions', 'CreatingTime', 'DegradedSessions', 'FailedSessions',
      'IdleSessions', 'IdleTime', 'TerminatedSessions', 'TerminatingSessions', 'TerminatingTime',
    ]);
    expect([...RUN_METRIC_NAMES].sort()).toEqual(['ApiCalls', 'ThrottledApiCalls', 'UnknownSessions', 'WorkGroupsMonitored', 'WorkGroupsNotListed']);
  });

  test.each(Object.entries({ ...WORK_GROUP_METRICS, ...RUN_METRICS }))('%s has the documented unit and dimension', (name, { unit, dimension }) => {
    expect(unit).toBe(name.endsWith('Time') ? 'Seconds' : 'Count');
    expect(dimension).toBe(name.endsWith('Sessions') && name !== 'UnknownSessions' || name.endsWith('Time') ? 'WorkGroup' : 'FunctionName');
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

  test('requires a workgroup', () => {
    expectError(() => monitor.metric(name), 'workGroup', name, 'undefined');
    expectError(() => call(name), 'workGroup', name, 'undefined');
    expect(() => monitor.metric(name, { workGroup: '' })).toThrow();
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
