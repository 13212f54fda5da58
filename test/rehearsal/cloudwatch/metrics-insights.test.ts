import { at, emf, evaluate, insightsAlarm, told } from './support';
import { CloudWatch, CloudWatchOptions } from '../../../rehearsal/cloudwatch';

function cloudWatchWith(properties: any = {}, options: Partial<CloudWatchOptions> = {}, expression?: string): CloudWatch {
  return new CloudWatch({ alarms: [insightsAlarm(properties, expression)], createdAt: at('12:00'), ...options });
}

function write(cloudWatch: CloudWatch, WorkGroup: string, values: { [clock: string]: number | number[] }): void {
  Object.entries(values).forEach(([clock, value]) => cloudWatch.ingest(emf({ at: clock, value, dimensions: { WorkGroup } }), at(clock)));
}

const ticks = (value: number, ...clocks: string[]) => Object.fromEntries(clocks.map(clock => [clock, value]));

describe('contributors', () => {
  test('are evaluated separately, and the alarm is in ALARM while one is', () => {
    const cloudWatch = cloudWatchWith({ EvaluationPeriods: 1 });
    write(cloudWatch, 'analytics', { '12:00': 0, '12:05': 20, '12:10': 20, '12:15': 0, '12:20': 0 });
    write(cloudWatch, 'finance', { '12:00': 0, '12:05': 0, '12:10': 30, '12:15': 30, '12:20': 0 });
    const transitions = evaluate(cloudWatch, '12:00', '12:12');
    expect(told(transitions)).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:06 analytics OK > ALARM', '12:11 finance OK > ALARM']);
    expect(transitions[1]).toMatchObject({
      value: 20,
      reason: '1 of 1 datapoints greater than or equal to 10, 1 needed to alarm [20 (12:05)]',
    });
    expect(cloudWatch.states()).toMatchObject([{ state: 'ALARM', contributors: { analytics: 'ALARM', finance: 'ALARM' } }]);

    expect(told(evaluate(cloudWatch, '12:12', '12:17'))).toEqual(['12:16 analytics ALARM > OK']);
    expect(cloudWatch.states()).toMatchObject([{ state: 'ALARM', contributors: { analytics: 'OK', finance: 'ALARM' } }]);
    expect(told(evaluate(cloudWatch, '12:17', '12:25'))).toEqual(['12:21 finance ALARM > OK']);
    expect(cloudWatch.states()).toMatchObject([{ state: 'OK' }]);
  });

  test('are in the order of their names, whatever that of the log lines is', () => {
    const cloudWatch = cloudWatchWith({ EvaluationPeriods: 1 });
    ['finance', 'analytics', 'etl'].forEach(name => write(cloudWatch, name, ticks(20, '12:00')));
    expect(told(evaluate(cloudWatch, '12:00', '12:02'))).toEqual(['12:01 analytics OK > ALARM', '12:01 etl OK > ALARM', '12:01 finance OK > ALARM']);
  });

  test('join without a transition, unless they join in ALARM', () => {
    const cloudWatch = cloudWatchWith();
    write(cloudWatch, 'analytics', ticks(0, '12:00', '12:05', '12:10', '12:15'));
    write(cloudWatch, 'calm', ticks(0, '12:10', '12:15'));
    write(cloudWatch, 'hot', ticks(20, '12:10', '12:15'));
    expect(told(evaluate(cloudWatch, '12:00', '12:20'))).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:11 hot OK > ALARM']);
    expect(cloudWatch.states()[0].contributors).toEqual({ analytics: 'OK', calm: 'OK', hot: 'ALARM' });
  });

  test('that vanish go to OK, even where missing data breaches', () => {
    const cloudWatch = cloudWatchWith({ TreatMissingData: 'breaching' });
    write(cloudWatch, 'analytics', ticks(0, '12:00', '12:05', '12:10', '12:15', '12:20', '12:25', '12:30'));
    write(cloudWatch, 'deleted', ticks(20, '12:00'));
    evaluate(cloudWatch, '12:00', '12:12');
    expect(cloudWatch.states()[0].contributors!.deleted).toBe('ALARM');
    const transitions = evaluate(cloudWatch, '12:12', '12:30');
    expect(transitions.filter(({ contributor }) => contributor === 'deleted')).toMatchObject([
      { at: at('12:16'), to: 'OK', reason: 'No data was returned for this contributor' },
    ]);
    expect(Object.keys(cloudWatch.states()[0].contributors!)).toEqual(['analytics']);
  });

  test.each([0, 2])('each missing point is treated by itself, without a wider range (%i extra periods)', extraPeriods => {
    const cloudWatch = cloudWatchWith({}, { extraPeriods });
    write(cloudWatch, 'analytics', { '12:00': 20, '12:20': 0 });
    expect(told(evaluate(cloudWatch, '12:00', '12:30'))).toEqual(['12:01 analytics OK > ALARM', '12:16 analytics ALARM > OK']);

    const breaching = cloudWatchWith({ TreatMissingData: 'breaching', DatapointsToAlarm: 2 }, { extraPeriods });
    write(breaching, 'analytics', ticks(0, '12:00', '12:05', '12:10', '12:15', '12:35', '12:40', '12:45', '12:50'));
    expect(told(evaluate(breaching, '12:12', '12:55'))).toEqual([
      '12:13 INSUFFICIENT_DATA > OK',
      // Two of its three periods are empty, then all: it vanishes, and the alarm is left with a query that finds nothing.
      '12:26 analytics OK > ALARM',
      '12:31 analytics ALARM > OK',
      '12:36 analytics OK > ALARM',
      '12:41 analytics ALARM > OK',
    ]);
  });

  test('need M of N', () => {
    const cloudWatch = cloudWatchWith({ DatapointsToAlarm: 2 });
    write(cloudWatch, 'analytics', { '12:00': 20, '12:05': 0, '12:10': 20, '12:15': 0, '12:20': 0 });
    expect(told(evaluate(cloudWatch, '12:00', '12:25'))).toEqual([
      '12:01 INSUFFICIENT_DATA > OK',
      '12:11 analytics OK > ALARM',
      '12:16 analytics ALARM > OK',
    ]);
  });

  test('are evaluated once their points are visible', () => {
    const cloudWatch = cloudWatchWith();
    cloudWatch.ingest(emf({ at: '12:05', value: 20 }), at('12:09'));
    expect(told(evaluate(cloudWatch, '12:00', '12:10'))).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:09 analytics OK > ALARM']);
  });
});

describe('a query that finds nothing', () => {
  test.each([
    ['notBreaching', ['12:01 INSUFFICIENT_DATA > OK']],
    ['breaching', ['12:01 INSUFFICIENT_DATA > ALARM', '12:11 ALARM > OK']],
    ['missing', ['12:11 INSUFFICIENT_DATA > OK', '12:26 OK > INSUFFICIENT_DATA']],
    ['ignore', ['12:11 INSUFFICIENT_DATA > OK']],
  ])('is up to TreatMissingData: %s', (TreatMissingData, expected) => {
    const cloudWatch = cloudWatchWith({ TreatMissingData, DatapointsToAlarm: 3 });
    write(cloudWatch, 'analytics', ticks(0, '12:10'));
    expect(told(evaluate(cloudWatch, '12:00', '12:40')).slice(0, expected.length)).toEqual(expected);
  });

  test('or is always INSUFFICIENT_DATA', () => {
    const cloudWatch = cloudWatchWith({}, { emptyQuery: 'insufficientData' });
    write(cloudWatch, 'analytics', ticks(20, '12:10'));
    expect(told(evaluate(cloudWatch, '12:00', '12:40'))).toEqual([
      '12:11 analytics OK > ALARM',
      '12:26 analytics ALARM > OK',
      '12:26 ALARM > INSUFFICIENT_DATA',
    ]);
  });

  test('or leaves the alarm and its contributors as they are', () => {
    const cloudWatch = cloudWatchWith({}, { emptyQuery: 'unchanged' });
    write(cloudWatch, 'analytics', ticks(20, '12:10'));
    write(cloudWatch, 'science', ticks(0, '12:30'));
    expect(told(evaluate(cloudWatch, '12:00', '12:40'))).toEqual([
      '12:11 analytics OK > ALARM',
      '12:31 analytics ALARM > OK',
    ]);
  });
});

describe('the query', () => {
  const point = { at: at('12:05'), value: 20 };

  test('reads series with exactly its dimension', () => {
    const cloudWatch = cloudWatchWith();
    [{ WorkGroup: 'a' }, { WorkGroup: 'b', FunctionName: 'f' }, { FunctionName: 'f' }, {} as { [name: string]: string }]
      .forEach(dimensions => cloudWatch.ingest(emf({ ...point, dimensions }), at('12:05')));
    cloudWatch.ingest(emf({ ...point, namespace: 'Other', dimensions: { WorkGroup: 'c' } }), at('12:05'));
    cloudWatch.evaluate(at('12:06'));
    expect(cloudWatch.states()[0].contributors).toEqual({ a: 'ALARM' });
  });

  const schema = 'FROM SCHEMA("AthenaSessions", WorkGroup)';
  test.each([
    `SELECT AVG(IdleTime) ${schema} GROUP BY WorkGroup ORDER BY MAX() DESC`,
    `SELECT MAX(IdleTime) ${schema} WHERE WorkGroup = 'a' GROUP BY WorkGroup ORDER BY MAX() DESC`,
    `SELECT MAX(IdleTime) ${schema} GROUP BY Region ORDER BY MAX() DESC`,
    `SELECT MAX(IdleTime) ${schema} GROUP BY WorkGroup`,
    `SELECT MAX(IdleTime) ${schema}`,
  ])('is refused: %s', (expression) => {
    expect(() => cloudWatchWith({}, {}, expression)).toThrow(/^alarm Alarm: only Metrics Insights queries such as/);
  });

  test('sees the last three hours only', () => {
    expect(() => cloudWatchWith({ EvaluationPeriods: 36 })).not.toThrow();
    expect(() => cloudWatchWith({ EvaluationPeriods: 37 })).toThrow('Metrics Insights alarms see the last 3 hours only');
  });

  test('returns at most 500 series', () => {
    const cloudWatch = cloudWatchWith();
    for (let i = 0; i <= 500; i++) {
      cloudWatch.ingest(emf({ ...point, dimensions: { WorkGroup: `team-${i}` } }), at('12:05'));
    }
    expect(() => cloudWatch.evaluate(at('12:06'))).toThrow('its query finds 501 time series, and more than 500 are not simulated; play fewer workgroups');
  });
});
