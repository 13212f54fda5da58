import * as fc from 'fast-check';
import { alarmOn, at, emf, evaluate, fillAlarm, insightsAlarm, MINUTE, SECOND, told } from './support';
import { CloudWatch, type CloudWatchOptions, EMPTY_FILLS, type EmptyFill, usesFill } from '../../../rehearsal/cloudwatch';

function cloudWatchWith(properties: any = {}, options: { extraPeriods?: number; createdAt?: number } = {}): CloudWatch {
  return new CloudWatch({ alarms: [alarmOn(properties)], createdAt: at('12:00'), extraPeriods: 0, ...options });
}

/** One run each interval: the point is stamped with the run time and visible some time later. */
function write(cloudWatch: CloudWatch, values: { [clock: string]: number | number[] }, delay = 90 * SECOND): void {
  Object.entries(values).forEach(([clock, value]) => cloudWatch.ingest(emf({ at: clock, value }), at(clock) + delay));
}

const ONE_OF_ONE = { EvaluationPeriods: 1, TreatMissingData: 'notBreaching' };

describe('periods', () => {
  test('slide: a point is evaluated from the minute after it until its period has passed', () => {
    const cloudWatch = cloudWatchWith(ONE_OF_ONE);
    write(cloudWatch, { '12:10': 20 }, 0);
    expect(told(evaluate(cloudWatch, '12:00', '13:00'))).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:11 OK > ALARM', '12:16 ALARM > OK']);
  });

  test('a point on a boundary is only in the period that begins with it', () => {
    const cloudWatch = new CloudWatch({
      alarms: [1, 2, 3].map(EvaluationPeriods => alarmOn({ EvaluationPeriods, DatapointsToAlarm: 1, TreatMissingData: 'notBreaching' })),
      createdAt: at('12:00'),
      extraPeriods: 0,
    });
    write(cloudWatch, { '12:10': 20 }, 0);
    const inAlarm = (clock: string) => (cloudWatch.evaluate(at(clock)), cloudWatch.states().map(({ state }) => state === 'ALARM'));
    expect(inAlarm('12:10')).toEqual([false, false, false]);
    expect(inAlarm('12:15')).toEqual([true, true, true]);
    expect(inAlarm('12:16')).toEqual([false, true, true]);
    expect(inAlarm('12:20')).toEqual([false, true, true]);
    expect(inAlarm('12:25')).toEqual([false, false, true]);
    expect(inAlarm('12:26')).toEqual([false, false, false]);
  });

  test('points of the same minute are in the same period', () => {
    const cloudWatch = cloudWatchWith({ ...ONE_OF_ONE, Statistic: 'SampleCount', Threshold: 2 });
    cloudWatch.ingest(emf({ at: '12:10', value: 1 }), at('12:11'));
    cloudWatch.ingest(emf({ at: '12:10:30', value: 1 }), at('12:11'));
    expect(told(evaluate(cloudWatch, '12:01', '13:00')).slice(1)).toEqual(['12:11 OK > ALARM', '12:16 ALARM > OK']);
  });

  test('points are evaluated once they are visible', () => {
    const cloudWatch = cloudWatchWith(ONE_OF_ONE);
    write(cloudWatch, { '12:10': 20 }, 90 * SECOND);
    expect(told(evaluate(cloudWatch, '12:01', '13:00')).slice(1)).toEqual(['12:12 OK > ALARM', '12:16 ALARM > OK']);
  });

  test('a late point is evaluated in later evaluation periods', () => {
    const cloudWatch = cloudWatchWith({ EvaluationPeriods: 3, DatapointsToAlarm: 1, TreatMissingData: 'notBreaching' });
    write(cloudWatch, { '12:10': 20 }, 7 * MINUTE);
    expect(told(evaluate(cloudWatch, '12:01', '13:00')).slice(1)).toEqual(['12:17 OK > ALARM', '12:26 ALARM > OK']);
  });

  test('minutes are evaluated in order, none before the alarms exist', () => {
    const cloudWatch = cloudWatchWith({ TreatMissingData: 'breaching' });
    expect(cloudWatch.evaluate(at('11:59'))).toEqual([]);
    expect(told(cloudWatch.evaluate(at('12:00')))).toEqual(['12:00 INSUFFICIENT_DATA > ALARM']);
    expect(() => cloudWatch.evaluate(at('12:00'))).toThrow('minutes must be evaluated in order');
  });
});

describe('an alarm on a metric', () => {
  test('reports what changed, why, and the value', () => {
    const cloudWatch = cloudWatchWith({ ...ONE_OF_ONE });
    write(cloudWatch, { '12:10': [3, 20] });
    const alarm = alarmOn(ONE_OF_ONE);
    expect(evaluate(cloudWatch, '12:09', '12:12')).toEqual([
      { alarm, at: at('12:10'), from: 'INSUFFICIENT_DATA', to: 'OK', reason: '1 of 1 datapoints missing (treated as notBreaching)' },
      {
        alarm,
        at: at('12:12'),
        from: 'OK',
        to: 'ALARM',
        value: 20,
        reason: '1 of 1 datapoints greater than or equal to 10, 1 needed to alarm [20 (12:10)]',
      },
    ]);
    expect(cloudWatch.states()).toEqual([{ alarm, state: 'ALARM' }]);
  });

  test('2 of 3', () => {
    const cloudWatch = cloudWatchWith({ DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' });
    write(cloudWatch, { '12:00': 0, '12:05': 20, '12:10': 0, '12:15': 20, '12:20': 0, '12:25': 0, '12:30': 0 }, 0);
    // At 12:21 the three periods still begin at 12:06, 12:11 and 12:16: the first of the two is out of sight.
    expect(told(evaluate(cloudWatch, '12:00', '12:35'))).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:16 OK > ALARM', '12:21 ALARM > OK']);
  });

  test('the wider range holds on to the last points of a metric that stopped', () => {
    const values = { '12:00': 20, '12:05': 20, '12:10': 20 };
    const clearedAt = (extraPeriods: number) => {
      const cloudWatch = cloudWatchWith({ TreatMissingData: 'notBreaching' }, { extraPeriods });
      write(cloudWatch, values, 0);
      return told(evaluate(cloudWatch, '12:10', '13:00')).pop();
    };
    expect(clearedAt(0)).toBe('12:16 ALARM > OK');
    expect(clearedAt(2)).toBe('12:26 ALARM > OK');
  });

  test.each([0, 2])('one missed heartbeat does not raise an alarm, four do (%i extra periods)', extraPeriods => {
    const cloudWatch = cloudWatchWith(
      { ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' },
      { extraPeriods, createdAt: at('12:02') },
    );
    const ticks = ['11:45', '11:50', '11:55', '12:00', '12:10', '12:15', '12:20', '12:45', '12:50', '12:55'];
    write(cloudWatch, Object.fromEntries(ticks.map(clock => [clock, 3])));
    const transitions = told(evaluate(cloudWatch, '12:01', '13:00'));
    expect(transitions).toHaveLength(3);
    expect(transitions[0]).toBe('12:02 INSUFFICIENT_DATA > OK');
    expect(transitions[1]).toBe(extraPeriods === 0 ? '12:36 OK > ALARM' : '12:46 OK > ALARM');
    expect(transitions[2]).toBe('12:47 ALARM > OK');
  });

  test('reads no other series', () => {
    const cloudWatch = cloudWatchWith({ ...ONE_OF_ONE, TreatMissingData: 'missing' });
    const other = { at: at('12:10'), value: 99 };
    const lines: Parameters<typeof emf>[0][] = [
      { ...other, dimensions: { WorkGroup: 'finance' } },
      { ...other, dimensions: {} },
      { ...other, dimensions: { WorkGroup: 'analytics', FunctionName: 'f' } },
      { ...other, namespace: 'Other' },
      { ...other, metric: 'BusyTime' },
    ];
    lines.forEach(line => cloudWatch.ingest(emf(line), at('12:10')));
    expect(evaluate(cloudWatch, '12:00', '13:00')).toEqual([]);
  });

  test('reads one unit if it has a Unit, else all units', () => {
    for (const [Unit, state] of [[undefined, 'ALARM'], ['Seconds', 'ALARM'], ['Count', 'OK']]) {
      const cloudWatch = cloudWatchWith({ ...ONE_OF_ONE, Unit });
      write(cloudWatch, { '12:10': 20 }, 0);
      cloudWatch.evaluate(at('12:12'));
      expect(cloudWatch.states()[0].state).toBe(state);
    }
  });

  test.each<[string, number]>([['Minimum', 1], ['Maximum', 10], ['Sum', 22], ['SampleCount', 4], ['Average', 5.5]])('%s', (Statistic, value) => {
    const cloudWatch = cloudWatchWith({ ...ONE_OF_ONE, Statistic, Threshold: -1 });
    write(cloudWatch, { '12:10': [10, 1, 7] }, 0);
    cloudWatch.ingest(emf({ at: '12:12', value: 4 }), at('12:12'));
    expect(cloudWatch.evaluate(at('12:13'))[0].value).toBe(value);
  });
});

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
describe('an alarm on FILL', () => {
  const LESS_THAN_ZERO = { ComparisonOperator: 'LessThanThreshold', Threshold: 0 };
  const filled = (properties: any, options: Partial<CloudWatchOptions> = {}, expression = 'FILL(m, -1)') =>
    new CloudWatch({ alarms: [fillAlarm(properties, { Expression: expression })], createdAt: at('12:00'), extraPeriods: 0, ...options });
  const VARIANTS = [0, 2].flatMap(extraPeriods => EMPTY_FILLS.map((emptyFill): [number, EmptyFill] => [extraPeriods, emptyFill]));

  test.each(VARIANTS)('evaluates the newest periods alone, with missing points filled (%i extra periods, FILL without data returns %s)', (extraPeriods, emptyFill) => {
    const cloudWatch = filled({ ...LESS_THAN_ZERO, TreatMissingData: 'breaching' }, { extraPeriods, emptyFill });
    write(cloudWatch, { '11:50': 3, '11:55': 3, '12:00': 3, '12:30': 3 });
    const transitions = evaluate(cloudWatch, '12:02', '13:00');
    expect(told(transitions)).toEqual(['12:03 INSUFFICIENT_DATA > OK', '12:16 OK > ALARM', '12:32 ALARM > OK', '12:46 OK > ALARM']);
    const isFilled = emptyFill === 'filler' || extraPeriods > 0;
    expect(transitions[1].reason).toBe(isFilled
      ? '3 of 3 datapoints less than 0, 3 needed to alarm [-1 (12:11), -1 (12:06), -1 (12:01)]'
      : '3 of 3 datapoints missing (treated as breaching)');
  });

  test.each(VARIANTS)('fills the newest period until its point arrives (%i extra periods, FILL without data returns %s)', (extraPeriods, emptyFill) => {
    const cloudWatch = filled({ ...LESS_THAN_ZERO, EvaluationPeriods: 2, DatapointsToAlarm: 1 }, { extraPeriods, emptyFill });
    write(cloudWatch, { '12:00': 3, '12:05': 3, '12:10': 3 });
    // At 12:11 the newest period begins at 12:06, and the point of 12:10 is seen at 12:11:30.
    expect(told(evaluate(cloudWatch, '12:09', '12:14'))).toEqual(['12:10 INSUFFICIENT_DATA > OK', '12:11 OK > ALARM', '12:12 ALARM > OK']);
  });

  test('without any data, TreatMissingData decides only if FILL returns nothing', () => {
    const stateOf = (emptyFill: EmptyFill, TreatMissingData: string, extraPeriods = 2) => {
      const cloudWatch = filled({ ...LESS_THAN_ZERO, TreatMissingData }, { emptyFill, extraPeriods });
      cloudWatch.evaluate(at('12:10'));
      return cloudWatch.states()[0].state;
    };
    expect(['breaching', 'notBreaching', 'missing'].map(treatment => stateOf('filler', treatment))).toEqual(['ALARM', 'ALARM', 'ALARM']);
    expect(['breaching', 'notBreaching', 'missing'].map(treatment => stateOf('nothing', treatment))).toEqual(['ALARM', 'OK', 'INSUFFICIENT_DATA']);
  });

  test('has any number as its filler', () => {
    for (const [expression, state] of [['FILL(m,0)', 'OK'], ['FILL( m , 12.5 )', 'ALARM'], ['FILL(m, -20)', 'OK']]) {
      const cloudWatch = filled({}, {}, expression);
      cloudWatch.evaluate(at('12:10'));
      expect(cloudWatch.states()[0].state).toBe(state);
    }
  });

  test('is recognised', () => {
    expect([fillAlarm(), alarmOn(), insightsAlarm()].map(usesFill)).toEqual([true, false, false]);
  });

  test.each<[string, Parameters<typeof fillAlarm>]>([
    ['only FILL(m, number) with a metric m: "FILL(m, REPEAT)"', [{}, { Expression: 'FILL(m, REPEAT)' }]],
    ['only FILL(m, number) with a metric m: "FILL(m, 0) + 1"', [{}, { Expression: 'FILL(m, 0) + 1' }]],
    ['FILL(n, 0): there is no metric n, only m', [{}, { Expression: 'FILL(n, 0)' }]],
    ['ReturnData has to be true for FILL(m, -1) and false for m', [{}, { ReturnData: false }]],
    ['ReturnData has to be true for FILL(m, -1) and false for m', [{}, {}, { ReturnData: undefined }]],
  ])('%s', (message, definition) => {
    expect(() => new CloudWatch({ alarms: [fillAlarm(...definition)], createdAt: at('12:00') })).toThrow(message);
  });
});

describe('warm-up', () => {
  const heartbeat = { ComparisonOperator: 'LessThanThreshold', Threshold: 1, TreatMissingData: 'breaching' };

  test('without one, missing data that breaches alarms at once', () => {
    expect(told(evaluate(cloudWatchWith(heartbeat), '12:00', '12:30'))).toEqual(['12:01 INSUFFICIENT_DATA > ALARM']);
  });

  test('delays the first evaluation by its full duration', () => {
    const WarmUpConfiguration = { WarmUpPeriodDurationInMinutes: 40, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true };
    const cloudWatch = cloudWatchWith({ ...heartbeat, WarmUpConfiguration });
    write(cloudWatch, { '12:05': 1, '12:10': 1, '12:15': 1, '12:35': 1 });
    expect(told(evaluate(cloudWatch, '12:00', '12:45'))).toEqual(['12:40 INSUFFICIENT_DATA > OK']);
  });
});

describe('refuses', () => {
  const query = (member: any) => ({ Metrics: [{ Id: 'e', ReturnData: true, ...member }] });
  test.each<[string, any]>([
    ['a metric needs a Namespace', query({ MetricStat: {} })],
    ['a metric needs a Namespace', { Metrics: [] }],
    ['anomaly detection', { ThresholdMetricId: 'ad' }],
    ['only a sliding EvaluationWindow', { EvaluationWindow: { WallClockWindow: {} } }],
    ['ComparisonOperator "toString"', { ComparisonOperator: 'toString' }],
    ['statistic "p90" is not simulated', { Statistic: 'p90' }],
    ['TreatMissingData must be', { TreatMissingData: 'NOT_BREACHING' }],
    ['Threshold must be a number', { Threshold: { Ref: 'P' } }],
    ['dimension WorkGroup must be a string', { Dimensions: [{ Name: 'WorkGroup', Value: { Ref: 'W' } }] }],
    ['needs a Namespace', { Namespace: undefined }],
    ['EvaluationPeriods must be a whole number', { EvaluationPeriods: 0 }],
    ['DatapointsToAlarm 4 is greater than EvaluationPeriods 3', { DatapointsToAlarm: 4 }],
    ['Period must be a multiple of 60', { Period: 10 }],
    ['at most one day is allowed', { Period: 300, EvaluationPeriods: 289 }],
    ['at most one day is allowed', { Period: 3600, EvaluationPeriods: 169 }],
    ['a warm-up that data can end early', { WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 20 } }],
    ['must be at most 2880', { WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 2881, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true } }],
  ])('%s', (message, properties) => {
    expect(() => cloudWatchWith(properties)).toThrow(message);
  });

  test('extra periods below 0', () => {
    expect(() => cloudWatchWith({}, { extraPeriods: -1 })).toThrow('extraPeriods');
  });
});

describe('properties', () => {
  const treatments = fc.constantFrom('missing', 'ignore', 'breaching', 'notBreaching');
  const sizes = fc.integer({ min: 1, max: 4 }).chain(periods => fc.tuple(fc.constant(periods), fc.integer({ min: 1, max: periods })));

  test('duplicates of points change no state that is based on Maximum', () => {
    fc.assert(fc.property(
      fc.array(fc.record({
        tick: fc.integer({ min: 0, max: 20 }),
        value: fc.integer({ min: 0, max: 20 }),
        delay: fc.integer({ min: 0, max: 600 }),
      })),
      sizes, treatments, fc.constantFrom(0, 2), fc.integer({ min: 1, max: 3600 }),
      (points, [EvaluationPeriods, DatapointsToAlarm], TreatMissingData, extraPeriods, later) => {
        const story = (copies: number) => {
          const rule = { EvaluationPeriods, DatapointsToAlarm, TreatMissingData };
          const cloudWatch = new CloudWatch({ alarms: [alarmOn(rule), insightsAlarm(rule)], createdAt: at('12:00'), extraPeriods });
          for (const { tick, value, delay } of points) {
            const timestamp = at('12:00') + tick * 5 * MINUTE;
            for (let copy = 0; copy < copies; copy++) {
              cloudWatch.ingest(emf({ at: timestamp, value }), timestamp + (delay + copy * later) * SECOND);
            }
          }
          return told(evaluate(cloudWatch, '12:00', '14:00'));
        };
        expect(story(2)).toEqual(story(1));
      },
    ));
  });
});
