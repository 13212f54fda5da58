import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, LiveSessionState, SessionAlarm, type SessionAlarmOptions, WorkGroupSelection } from '../../src';
import {
  action, actionArn, alarmsOf, environmentOf, errorOf, expectError, keysOf, logicalIdsOf, newApp, newMonitor, newStack,
  type Properties, resourcesOf, RUNBOOK_URL, textOf,
} from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');
const MATCHING = WorkGroupSelection.matching('etl-*');
const HOUR = Duration.hours(1);

/** The id and the workgroup key in an alarm's path; the key is `Found` for the single alarm of found workgroups. */
function splitPath(path: string): [id: string, key: string] {
  const [, id = '', key = 'Found'] = /^Alarms\/([A-Za-z0-9]+)(?:-(.+))?$/.exec(path) ?? [];
  return [id, key];
}

/** The properties of the alarms of one id, by key. */
function sessionAlarms(alarm: SessionAlarm, props: AthenaSessionMonitorProps = {}, stack?: Stack): { [key: string]: Properties } {
  const monitor = newMonitor({ healthAlarms: [], ...props, alarms: [alarm] }, stack);
  return Object.fromEntries(Object.entries(alarmsOf(monitor)).map(([path, alarmProperties]) => {
    const [id, key] = splitPath(path);
    expect(id).toBe(alarm.id);
    return [key, alarmProperties];
  }));
}

interface Kind {
  readonly id: string;
  readonly anchor: string;
  readonly metricName: string;
  readonly threshold: number;
  /** Default: GreaterThanOrEqualToThreshold. */
  readonly comparison?: string;
  readonly evaluationPeriods: number;
  readonly create: (options?: SessionAlarmOptions) => SessionAlarm;
}

const KINDS: Kind[] = [
  { id: 'Failed', anchor: 'failed', metricName: 'FailedSessions', threshold: 1, evaluationPeriods: 6, create: (options) => SessionAlarm.failed(options) },
  { id: 'Idle', anchor: 'idle', metricName: 'IdleTime', threshold: 3600, evaluationPeriods: 3, create: (options) => SessionAlarm.idleLongerThan(HOUR, options) },
  { id: 'Degraded', anchor: 'degraded', metricName: 'DegradedSessions', threshold: 1, evaluationPeriods: 3, create: (options) => SessionAlarm.degraded(options) },
  ...(['Creating', 'Busy', 'Terminating'] as const).map((id): Kind => ({
    id,
    anchor: id.toLowerCase(),
    metricName: `${id}Time`,
    threshold: 600,
    evaluationPeriods: 3,
    create: (options) => SessionAlarm[`${id.toLowerCase() as Lowercase<typeof id>}LongerThan`](Duration.minutes(10), options),
  })),
  { id: 'Old', anchor: 'old', metricName: 'SessionAge', threshold: 43200, evaluationPeriods: 3, create: (options) => SessionAlarm.olderThan(Duration.hours(12), options) },
  ...Object.values(LiveSessionState).map((state): Kind => {
    const metricName = `${state.charAt(0)}${state.slice(1).toLowerCase()}Sessions`;
    return {
      id: `${metricName}Above`,
      anchor: 'sessions-above',
      metricName,
      threshold: 4,
      comparison: 'GreaterThanThreshold',
      evaluationPeriods: 3,
      create: (options) => SessionAlarm.sessionsAbove(state, 4, options),
    };
  }),
];
const LIVE_KINDS = KINDS.filter(({ id }) => id !== 'Failed');

describe('SessionAlarm.defaults()', () => {
  test('returns the failed, idle and degraded alarms', () => {
    expect(SessionAlarm.defaults().map(({ id }) => id)).toEqual(['Failed', 'Idle', 'Degraded']);
  });

  test('returns the alarms that a monitor has by default', () => {
    expect(alarmsOf(newMonitor())).toEqual(alarmsOf(newMonitor({ alarms: SessionAlarm.defaults() })));
    expect(alarmsOf(newMonitor({ workGroups: NAMED }))).toEqual(alarmsOf(newMonitor({ workGroups: NAMED, alarms: SessionAlarm.defaults() })));
  });

  test('accepts other thresholds', () => {
    const defaults = SessionAlarm.defaults({ idleLongerThan: Duration.hours(4), failedThreshold: 3 });
    const alarms = alarmsOf(newMonitor({ healthAlarms: [], alarms: defaults }));
    expect(Object.fromEntries(Object.entries(alarms).map(([path, { Threshold }]) => [path, Threshold]))).toEqual({
      'Alarms/Failed': 3,
      'Alarms/Idle': 4 * 3600,
      'Alarms/Degraded': 1,
    });
  });

  test('can be extended with alarms that have other ids', () => {
    const monitor = newMonitor({ alarms: [...SessionAlarm.defaults(), SessionAlarm.idleLongerThan(Duration.hours(8), { id: 'IdleAllDay' })] });
    expect(monitor.alarms.map(({ node }) => node.id)).toEqual(['Failed', 'Idle', 'Degraded', 'IdleAllDay']);
  });

  test('can be passed to several monitors with different intervals', () => {
    const alarms = SessionAlarm.defaults();
    expect(alarmsOf(newMonitor({ alarms, interval: Duration.minutes(10) }))['Alarms/Failed'].EvaluationPeriods).toBe(3);
    expect(alarmsOf(newMonitor({ alarms, interval: Duration.minutes(1) }))['Alarms/Failed'].EvaluationPeriods).toBe(30);
  });
});

/** One alarm of each kind with the same options, in one monitor: the properties of each, by workgroup key. */
function alarmsOfAllKinds(
  options: SessionAlarmOptions = {}, props: AthenaSessionMonitorProps = {}, stack: Stack = newStack(), kinds: Kind[] = KINDS,
): (Kind & { readonly alarms: { [key: string]: Properties } })[] {
  const all = Object.entries(alarmsOf(newMonitor({ healthAlarms: [], ...props, alarms: kinds.map(({ create }) => create(options)) }, stack)));
  return kinds.map((kind) => {
    const own = all.filter(([path]) => splitPath(path)[0] === kind.id);
    return { ...kind, alarms: Object.fromEntries(own.map(([path, properties]) => [splitPath(path)[1], properties])) };
  });
}

/** The properties of the alarms of all kinds with this workgroup key. */
function alarmsWithKey(key: string, ...args: Parameters<typeof alarmsOfAllKinds>): Properties[] {
  return alarmsOfAllKinds(...args).map(({ alarms }) => alarms[key]);
}

describe('an alarm of any kind', () => {
  const common = ({ threshold, comparison, evaluationPeriods }: Kind) => ({
    ComparisonOperator: comparison ?? 'GreaterThanOrEqualToThreshold',
    Threshold: threshold,
    EvaluationPeriods: evaluationPeriods,
    DatapointsToAlarm: 1,
    TreatMissingData: 'notBreaching',
  });

  test('has its kind as id by default', () => {
    expect(KINDS.map(({ create }) => [create().id, create({ id: 'Mine' }).id])).toEqual(KINDS.map(({ id }) => [id, 'Mine']));
  });

  test('is a metric alarm on the Maximum for each named workgroup', () => {
    for (const { alarms, ...kind } of alarmsOfAllKinds({}, { workGroups: NAMED, metricNamespace: 'Team/Sessions' })) {
      expect(Object.keys(alarms)).toEqual(['etl', 'adhoc']);
      for (const [workGroup, alarm] of Object.entries(alarms)) {
        expect(alarm).toMatchObject({
          ...common(kind),
          Namespace: 'Team/Sessions',
          MetricName: kind.metricName,
          Dimensions: [{ Name: 'WorkGroup', Value: workGroup }],
          Statistic: 'Maximum',
          Period: 300,
        });
        expect(alarm).not.toHaveProperty('Metrics');
        expect(alarm).not.toHaveProperty('Unit');
      }
    }
  });

  test.each([
    ['all', WorkGroupSelection.all()],
    ['matching', MATCHING],
  ])('is one Metrics Insights alarm that groups by workgroup for %s workgroups', (_, workGroups) => {
    for (const { alarms, ...kind } of alarmsOfAllKinds({}, { workGroups, metricNamespace: 'Team/Sessions' })) {
      expect(Object.keys(alarms)).toEqual(['Found']);
      expect(alarms.Found).toMatchObject({
        ...common(kind),
        Metrics: [{
          Expression: `SELECT MAX(${kind.metricName}) FROM SCHEMA("Team/Sessions", WorkGroup) GROUP BY WorkGroup ORDER BY MAX() DESC`,
          Id: expect.any(String),
          Period: 300,
          ReturnData: true,
        }],
      });
      for (const property of ['MetricName', 'Namespace', 'Dimensions', 'Period', 'Statistic']) {
        expect(alarms.Found).not.toHaveProperty(property);
      }
    }
  });

  // Failures: 30 minutes, rounded up to whole intervals, at least three. Live states: 1 of the last 3.
  test.each([
    [1, 30], [2, 30], [3, 30], [4, 32], [5, 30], [6, 30], [10, 30], [12, 36], [15, 45], [20, 60], [30, 90], [60, 180],
  ])('has periods of one interval of %d minutes; failures keep the alarm for %d minutes', (minutes, failedMinutes) => {
    const interval = Duration.minutes(minutes);
    for (const { id, alarms } of [...alarmsOfAllKinds({}, { workGroups: NAMED, interval }), ...alarmsOfAllKinds({}, { interval })]) {
      for (const { Period, Metrics, EvaluationPeriods, DatapointsToAlarm } of Object.values(alarms)) {
        expect({ id, period: Period ?? Metrics[0].Period, EvaluationPeriods, DatapointsToAlarm })
          .toEqual({ id, period: minutes * 60, EvaluationPeriods: id === 'Failed' ? failedMinutes / minutes : 3, DatapointsToAlarm: 1 });
      }
    }
  });

  test('accepts a token as namespace', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Namespace');
    for (const { Metrics } of alarmsWithKey('Found', {}, { metricNamespace: valueAsString }, stack)) {
      expect(textOf(Metrics[0].Expression)).toContain('SCHEMA("<Namespace>", WorkGroup)');
    }
  });

  describe('actions', () => {
    const MONITOR_ACTIONS = {
      alarmActions: [action('alarm')],
      okActions: [action('ok'), action('ok-2')],
      insufficientDataActions: [action('insufficient')],
    };

    test.each([
      ['named', NAMED, 'etl'],
      ['found', MATCHING, 'Found'],
    ])('are the monitor\'s by default, for %s workgroups', (_, workGroups, key) => {
      for (const alarm of alarmsWithKey(key, {}, { ...MONITOR_ACTIONS, workGroups })) {
        expect(alarm).toMatchObject({
          AlarmActions: [actionArn('alarm')],
          OKActions: [actionArn('ok'), actionArn('ok-2')],
          InsufficientDataActions: [actionArn('insufficient')],
        });
      }
    });

    test.each([
      ['alarmActions', 'AlarmActions'],
      ['okActions', 'OKActions'],
      ['insufficientDataActions', 'InsufficientDataActions'],
    ] as const)('%s of an alarm replace those of the monitor, and an empty list means none', (option, property) => {
      const inherited = alarmsWithKey('Found', {}, MONITOR_ACTIONS);
      expect(alarmsWithKey('Found', { [option]: [action('mine')] }, MONITOR_ACTIONS))
        .toEqual(inherited.map((alarm) => ({ ...alarm, [property]: [actionArn('mine')] })));
      expect(alarmsWithKey('Found', { [option]: [] }, MONITOR_ACTIONS).map((muted) => ({ ...muted, [property]: muted[property] ?? [] })))
        .toEqual(inherited.map((alarm) => ({ ...alarm, [property]: [] })));
    });

    test('are empty if neither the alarm nor the monitor has any', () => {
      for (const { AlarmActions = [], OKActions = [], InsufficientDataActions = [], ActionsEnabled = true } of alarmsWithKey('Found')) {
        expect([AlarmActions, OKActions, InsufficientDataActions]).toEqual([[], [], []]);
        expect(ActionsEnabled).toBe(true);
      }
    });
  });

  test.each(Object.values(TreatMissingData))('accepts treatMissingData %s if zeros are written for quiet workgroups', (treatMissingData) => {
    for (const [key, workGroups] of [['Found', MATCHING], ['adhoc', NAMED]] as const) {
      const alarms = alarmsWithKey(key, { treatMissingData }, { workGroups, zerosWhenQuiet: true });
      expect(alarms.map(({ TreatMissingData: treatment }) => treatment)).toEqual(KINDS.map(() => treatMissingData));
    }
  });

  test.each(Object.values(TreatMissingData).filter((treatment) => treatment !== TreatMissingData.NOT_BREACHING))(
    'rejects treatMissingData %s if no zeros are written for quiet workgroups', (treatMissingData) => {
      for (const { id, create } of KINDS) {
        for (const props of [{}, { zerosWhenQuiet: false }, { workGroups: NAMED }]) {
          expectError(() => newMonitor({ ...props, alarms: [create({ treatMissingData })] }),
            `treatMissingData of the alarm ${id} must be notBreaching, as quiet workgroups have no datapoints, `
            + `received "${treatMissingData}"; set zerosWhenQuiet: true`);
        }
      }
      // Then no workgroup is ever quiet.
      expect(() => newMonitor({ countTerminated: false, alarms: KINDS.map(({ create }) => create({ treatMissingData })) })).not.toThrow();
    });

  test('accepts treatMissingData NOT_BREACHING in any case, and rejects an unknown value', () => {
    for (const { TreatMissingData: treatment } of alarmsWithKey('Found', { treatMissingData: TreatMissingData.NOT_BREACHING })) {
      expect(treatment).toBe('notBreaching');
    }
    for (const { id, create } of KINDS) {
      expectError(() => newMonitor({ alarms: [create({ treatMissingData: 'good' as TreatMissingData })] }), `treatMissingData of the alarm ${id}`, 'notBreaching', '"good"');
    }
  });

  test.each(['', 'a b'])('rejects the runbookUrl "%s"', (runbookUrl) => {
    for (const { id, create } of KINDS) {
      expectError(() => newMonitor({ alarms: [create({ runbookUrl })] }), `runbookUrl of the alarm ${id}`, 'an address without spaces', `"${runbookUrl}"`);
    }
  });

  describe('the name', () => {
    test('is generated by CloudFormation by default', () => {
      for (const alarm of [...alarmsWithKey('Found'), ...alarmsWithKey('etl', {}, { workGroups: NAMED })]) {
        expect(alarm).not.toHaveProperty('AlarmName');
      }
    });

    test.each([SessionAlarm.failed({ alarmName: 'Mine' }), SessionAlarm.degraded({ alarmName: 'Mine' })])(
      'can be set, and ends with the name of a named workgroup: $id', (alarm) => {
        const namesOf = (props: AthenaSessionMonitorProps, inStack?: Stack) =>
          Object.values(sessionAlarms(alarm, props, inStack)).map(({ AlarmName }) => textOf(AlarmName));
        const stack = newStack();
        const reference = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
        expect(namesOf({})).toEqual(['Mine']);
        expect(namesOf({ workGroups: NAMED })).toEqual(['Mine-etl', 'Mine-adhoc']);
        expect(namesOf({ workGroups: WorkGroupSelection.named('etl') })).toEqual(['Mine-etl']);
        expect(namesOf({ workGroups: reference }, stack)).toEqual(['Mine-<Etl>']);
      });
  });

  describe('the description', () => {
    test('names the log group and the workgroup, and links the section of the runbook', () => {
      for (const { anchor, alarms } of alarmsOfAllKinds({}, { workGroups: NAMED })) {
        for (const [workGroup, { AlarmDescription }] of Object.entries(alarms)) {
          const text = textOf(AlarmDescription);
          expect(text).toMatch(/session/);
          expect(text).toMatch(/<SessionsLogGroup\w+>/);
          expect(text).toContain(workGroup);
          expect(text).toContain(`${RUNBOOK_URL}#${anchor}`);
          expect(text).not.toMatch(/token/i);
          expect(text.length).toBeLessThan(1024 - 512); // CloudWatch accepts 1024 characters, and a log group's name can have 512
        }
      }
    });

    test('can be set, and ends with the workgroup and the section of the runbook', () => {
      const stack = newStack();
      const workGroups = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      const options = { alarmDescription: 'Call Ada.' };
      for (const [key, workGroup, props, ofStack] of [
        ['adhoc', 'adhoc', { workGroups: NAMED }, newStack()], ['Etl', '<Etl>', { workGroups }, stack], ['Found', '', {}, newStack()],
      ] as const) {
        for (const { anchor, alarms } of alarmsOfAllKinds(options, props, ofStack)) {
          const text = textOf(alarms[key].AlarmDescription);
          expect(text).toMatch(/^Call Ada\. /);
          expect(text).toContain(workGroup);
          expect(text).toContain(`${RUNBOOK_URL}#${anchor}`);
        }
      }
    });

    test('links the runbookUrl of the alarm, or else of the monitor', () => {
      const props = { runbookUrl: 'https://example.com/monitor' };
      for (const { anchor, alarms } of alarmsOfAllKinds({}, props)) {
        expect(textOf(alarms.Found.AlarmDescription)).toContain(`https://example.com/monitor#${anchor}`);
      }
      for (const { AlarmDescription } of alarmsWithKey('Found', { runbookUrl: 'https://example.com/alarm' }, props)) {
        expect(textOf(AlarmDescription)).toContain('https://example.com/alarm');
        expect(textOf(AlarmDescription)).not.toContain('https://example.com/monitor');
        expect(textOf(AlarmDescription)).not.toContain(RUNBOOK_URL);
      }
    });
  });
});

describe('evaluationPeriods and datapointsToAlarm of alarms on live sessions', () => {
  test.each([
    [{ evaluationPeriods: 12, datapointsToAlarm: 4 }, [4, 12]],
    [{ evaluationPeriods: 12 }, [1, 12]],
    [{ datapointsToAlarm: 3 }, [3, 3]],
    [{ evaluationPeriods: 1 }, [1, 1]],
  ])('can be set: %j', (options, expected) => {
    for (const { DatapointsToAlarm, EvaluationPeriods } of alarmsWithKey('Found', options, {}, newStack(), LIVE_KINDS)) {
      expect([DatapointsToAlarm, EvaluationPeriods]).toEqual(expected);
    }
  });

  test.each([
    ['evaluationPeriods', { evaluationPeriods: 0 }, '0'],
    ['evaluationPeriods', { evaluationPeriods: -1 }, '-1'],
    ['evaluationPeriods', { evaluationPeriods: 1.5 }, '1.5'],
    ['datapointsToAlarm', { datapointsToAlarm: 0 }, '0'],
    ['datapointsToAlarm', { datapointsToAlarm: 4 }, '4'],
    ['datapointsToAlarm', { datapointsToAlarm: 6, evaluationPeriods: 5 }, '6'],
  ])('must be valid: %s in %j', (option, options, received) => {
    for (const { id, create } of LIVE_KINDS) {
      expectError(() => newMonitor({ alarms: [create(options)] }), option, id, received, /from 1 to \d+/);
    }
  });

  test.each([
    [5, 'found', MATCHING, 36],
    [60, 'found', MATCHING, 3],
    [5, 'named', NAMED, 288],
    [30, 'named', NAMED, 48],
    [60, 'named', NAMED, 168],
  ])('are limited by how far CloudWatch looks back, for an interval of %d minutes and %s workgroups', (minutes, _, workGroups, maximum) => {
    const monitorOf = (evaluationPeriods: number) => () => newMonitor({
      workGroups, interval: Duration.minutes(minutes), alarms: [SessionAlarm.degraded({ evaluationPeriods })],
    });
    expect(monitorOf(maximum)).not.toThrow();
    expectError(monitorOf(maximum + 1), 'evaluationPeriods', `${maximum}`, `${maximum + 1}`, workGroups === MATCHING ? '(3 hours, as workgroups are found: an alarm on a Metrics Insights query looks back no further)' : /as workgroups are named/);
  });

  test('can be tokens', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Periods', { type: 'Number' });
    for (const alarm of alarmsWithKey('Found', { evaluationPeriods: valueAsNumber, datapointsToAlarm: valueAsNumber }, {}, stack, LIVE_KINDS)) {
      expect(alarm).toMatchObject({ EvaluationPeriods: { Ref: 'Periods' }, DatapointsToAlarm: { Ref: 'Periods' } });
    }
  });
});

describe('SessionAlarm.failed()', () => {
  test('has as many evaluation periods as fit in holdFor', () => {
    for (const [holdFor, periods] of [[HOUR, 12], [Duration.seconds(900), 3]] as const) {
      expect(sessionAlarms(SessionAlarm.failed({ holdFor })).Found).toMatchObject({ EvaluationPeriods: periods, DatapointsToAlarm: 1 });
    }
  });

  test.each([
    { minutes: 1, workGroups: MATCHING, selection: 'found', minimum: 3, maximum: 180 },
    { minutes: 5, workGroups: MATCHING, selection: 'found', minimum: 15, maximum: 180 },
    { minutes: 60, workGroups: MATCHING, selection: 'found', minimum: 180, maximum: 180 },
    { minutes: 1, workGroups: NAMED, selection: 'named', minimum: 3, maximum: 24 * 60 },
    { minutes: 5, workGroups: NAMED, selection: 'named', minimum: 15, maximum: 24 * 60 },
    { minutes: 30, workGroups: NAMED, selection: 'named', minimum: 90, maximum: 24 * 60 },
    { minutes: 60, workGroups: NAMED, selection: 'named', minimum: 180, maximum: 7 * 24 * 60 },
  ])('accepts a holdFor from $minimum to $maximum minutes for an interval of $minutes minutes and $selection workgroups', ({ minutes, workGroups, selection, minimum, maximum }) => {
    const monitorOf = (holdFor: number) => () => newMonitor({
      workGroups, interval: Duration.minutes(minutes), alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(holdFor) })],
    });
    expect(monitorOf(minimum)).not.toThrow();
    expect(monitorOf(maximum)).not.toThrow();
    expectError(monitorOf(minimum - minutes), 'holdFor', /at least 3/);
    expectError(monitorOf(maximum + minutes), 'holdFor', /at most/, selection);
  });

  test('rejects a holdFor that is not a whole number of intervals', () => {
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(31) })] }),
      'holdFor', 'Failed', /whole number of intervals of 5 minutes/, '31 minutes');
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.seconds(1801) })] }), 'holdFor');
  });

  test('rejects a token as holdFor', () => {
    const { valueAsNumber } = new CfnParameter(newStack(), 'Within', { type: 'Number' });
    const alarm = SessionAlarm.failed({ holdFor: Duration.minutes(valueAsNumber) });
    expectError(() => newMonitor({ alarms: [alarm] }), 'holdFor', /known at synth/, 'token');
  });

  test('accepts a threshold', () => {
    expect(sessionAlarms(SessionAlarm.failed({ threshold: 3 })).Found.Threshold).toBe(3);
    expect(sessionAlarms(SessionAlarm.failed({ threshold: 3 }), { workGroups: NAMED }).etl.Threshold).toBe(3);
    expect(textOf(sessionAlarms(SessionAlarm.failed({ threshold: 3 })).Found.AlarmDescription)).toContain('3');
  });

  test.each([0, -1, 0.5, NaN, Infinity])('rejects the threshold %d', (threshold) => {
    expectError(() => SessionAlarm.failed({ threshold }), 'threshold', /whole number/, /received/);
    expectError(() => SessionAlarm.defaults({ failedThreshold: threshold }), /threshold/i, /whole number/);
  });

  test('accepts a token as threshold, and describes it', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Threshold', { type: 'Number' });
    const monitor = newMonitor({ alarms: [SessionAlarm.failed({ threshold: valueAsNumber })] }, stack);
    const { Threshold, AlarmDescription } = alarmsOf(monitor)['Alarms/Failed'];
    expect(Threshold).toEqual({ Ref: 'Threshold' });
    expect(textOf(AlarmDescription)).not.toMatch(/e\+\d+/); // an encoded token
  });
});

describe.each([
  'idleLongerThan', 'creatingLongerThan', 'busyLongerThan', 'terminatingLongerThan', 'olderThan',
] as const)('SessionAlarm.%s()', (factory) => {
  test('has a threshold in seconds', () => {
    const alarm = SessionAlarm[factory](Duration.minutes(90));
    expect(sessionAlarms(alarm).Found.Threshold).toBe(5400);
    expect(textOf(sessionAlarms(alarm).Found.AlarmDescription)).toContain('1 hour 30 minutes');
  });

  test.each([Duration.seconds(0), Duration.millis(1500)])('rejects %s', (duration) => {
    expectError(() => SessionAlarm[factory](duration), `duration of SessionAlarm.${factory}()`, /whole number of seconds/, /received/);
  });

  test('rejects a token', () => {
    const { valueAsNumber } = new CfnParameter(newStack(), 'Seconds', { type: 'Number' });
    expectError(() => SessionAlarm[factory](Duration.seconds(valueAsNumber)), factory, /known at synth/, 'token');
  });
});

test('SessionAlarm.olderThan() describes the age, and that the session has not ended', () => {
  const { AlarmDescription } = sessionAlarms(SessionAlarm.olderThan(Duration.hours(12))).Found;
  expect(textOf(AlarmDescription)).toMatch(/^A Spark session started at least 12 hours ago and has not ended\. It is billed until it ends/);
});

test('SessionAlarm.defaults() rejects an invalid idleLongerThan', () => {
  expectError(() => SessionAlarm.defaults({ idleLongerThan: Duration.seconds(0) }), 'idleLongerThan');
});

describe('SessionAlarm.sessionsAbove()', () => {
  test('is raised if there are more sessions than count, which can be 0', () => {
    expect(sessionAlarms(SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 0)).Found).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
    });
  });

  test('describes the count and the state', () => {
    const { AlarmDescription } = sessionAlarms(SessionAlarm.sessionsAbove(LiveSessionState.BUSY, 12)).Found;
    expect(textOf(AlarmDescription)).toMatch(/^More than 12 Spark sessions are BUSY\./);
  });

  test.each([-1, 0.5, NaN, Infinity])('rejects the count %d', (count) => {
    expectError(() => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, count), 'count of SessionAlarm.sessionsAbove()', `${count}`);
  });

  test.each(['FAILED', 'TERMINATED', 'idle', 'toString', undefined])('rejects the state %s from untyped callers', (state) => {
    expectError(() => SessionAlarm.sessionsAbove(state as LiveSessionState, 1), 'state of SessionAlarm.sessionsAbove()', 'IDLE', `${state}`);
  });

  test('accepts a token as count, and describes it', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Most', { type: 'Number' });
    const monitor = newMonitor({ alarms: [SessionAlarm.sessionsAbove(LiveSessionState.IDLE, valueAsNumber)] }, stack);
    const { Threshold, AlarmDescription } = alarmsOf(monitor)['Alarms/IdleSessionsAbove'];
    expect(Threshold).toEqual({ Ref: 'Most' });
    expect(textOf(AlarmDescription)).toMatch(/^More than <Most> /);
  });
});

describe('ids', () => {
  test('are in the paths <monitor>/Alarms/<id>-<workgroup key>, or …/<id> for found workgroups', () => {
    const alarms = [...SessionAlarm.defaults(), SessionAlarm.failed({ id: 'ManyFailed', threshold: 5 })];
    const pathsOf = (monitor: AthenaSessionMonitor) => monitor.alarms.map(({ node }) => node.path);
    expect(pathsOf(newMonitor({ alarms }))).toEqual([
      'Stack/Sessions/Alarms/Failed',
      'Stack/Sessions/Alarms/Idle',
      'Stack/Sessions/Alarms/Degraded',
      'Stack/Sessions/Alarms/ManyFailed',
    ]);
    expect(pathsOf(newMonitor({ alarms, workGroups: NAMED }))).toEqual([
      'Stack/Sessions/Alarms/Failed-etl',
      'Stack/Sessions/Alarms/Failed-adhoc',
      'Stack/Sessions/Alarms/Idle-etl',
      'Stack/Sessions/Alarms/Idle-adhoc',
      'Stack/Sessions/Alarms/Degraded-etl',
      'Stack/Sessions/Alarms/Degraded-adhoc',
      'Stack/Sessions/Alarms/ManyFailed-etl',
      'Stack/Sessions/Alarms/ManyFailed-adhoc',
    ]);
  });

  test('must be different, and the error says to set id', () => {
    expectError(() => newMonitor({ alarms: [SessionAlarm.idleLongerThan(HOUR), SessionAlarm.idleLongerThan(Duration.hours(2))] }),
      'alarms', /different/, /set .*'?id'?/, '"Idle"');
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ id: 'Mine' }), SessionAlarm.degraded({ id: 'Mine' })] }), 'alarms', '"Mine"');
    const monitor = newMonitor();
    expectError(() => monitor.addAlarm(SessionAlarm.degraded()), 'alarms', /set .*'?id'?/, '"Degraded"');
  });

  test.each(['', 'a/b', ' ', 'a-b', 'a_b', 'x'.repeat(65), 'Heartbeat', 'Listing', 'Quota', 'Notifications', 'Any', 'AnyAlarm'])('cannot be "%s"', (id) => {
    expectError(() => SessionAlarm.degraded({ id }), 'id of SessionAlarm Degraded', '1 to 64 of A-Z, a-z and 0-9', JSON.stringify(id));
  });

  test.each(['a', '1', 'x'.repeat(64), 'Default', 'Resource', 'heartbeat'])('can be "%s"', (id) => {
    const monitor = newMonitor({ alarms: [SessionAlarm.degraded({ id })] });
    expect(monitor.alarmsFor(id).map(({ node }) => node.path)).toEqual([`Stack/Sessions/Alarms/${id}`]);
  });

  test('must be strings', () => {
    expectError(() => SessionAlarm.degraded({ id: 5 as unknown as string }), 'id of SessionAlarm Degraded', 'received 5');
  });

  test('cannot be tokens', () => {
    const id = new CfnParameter(newStack(), 'Id').valueAsString;
    expectError(() => SessionAlarm.degraded({ id }), 'id', 'received a token');
  });

  test('do not change in templates', () => {
    const stack = newStack();
    const etl = new CfnWorkGroup(new Construct(stack, 'Data'), 'Etl', { name: 'etl' });
    const prod = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl), alarms: [SessionAlarm.degraded()], healthAlarms: [] }, stack);
    expect(Object.keys(alarmsOf(prod))).toEqual(['Alarms/Degraded-Data--Etl']);
    const named = newMonitor({ workGroups: WorkGroupSelection.named('etl-production') });
    expect(Object.keys(resourcesOf(named)).concat(Object.keys(resourcesOf(prod)).filter((id) => /Alarm/.test(id)))).toMatchSnapshot();
  });
});

describe('logical ids do not depend on', () => {
  const WORK_GROUPS = ['etl', 'adhoc', 'a.b', 'a-b', 'Default', 'Resource'];
  const REFERENCES = ['One', 'Two', 'Three'];
  const ALARMS: { [id: string]: (threshold: number) => SessionAlarm } = {
    Failed: (threshold) => SessionAlarm.failed({ threshold, holdFor: Duration.minutes(15 + 5 * (threshold % 5)) }),
    Idle: (threshold) => SessionAlarm.idleLongerThan(Duration.minutes(threshold)),
    Degraded: () => SessionAlarm.degraded(),
    ManyFailed: (threshold) => SessionAlarm.failed({ id: 'ManyFailed', threshold: 10 * threshold }),
    IdleAllDay: (threshold) => SessionAlarm.idleLongerThan(Duration.hours(threshold), { id: 'IdleAllDay', alarmDescription: `${threshold}` }),
    Creating: (threshold) => SessionAlarm.creatingLongerThan(Duration.minutes(threshold)),
    Busy: (threshold) => SessionAlarm.busyLongerThan(Duration.hours(threshold)),
    Terminating: (threshold) => SessionAlarm.terminatingLongerThan(Duration.minutes(threshold)),
    Old: (threshold) => SessionAlarm.olderThan(Duration.hours(threshold)),
    IdleSessionsAbove: (threshold) => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, threshold),
    BusySessionsAbove: (threshold) => SessionAlarm.sessionsAbove(LiveSessionState.BUSY, threshold),
  };
  const app: App = newApp();
  let stacks = 0;

  /** The logical ids of a monitor in a new stack, by path below the stack. */
  function idsOf(selection: (stack: Stack) => WorkGroupSelection, alarms: SessionAlarm[], late: SessionAlarm[] = []): { [path: string]: string } {
    const stack = new Stack(app, `Stack${stacks++}`);
    const monitor = newMonitor({ workGroups: selection(stack), alarms }, stack);
    late.forEach((alarm) => monitor.addAlarm(alarm));
    return Object.fromEntries(Object.entries(logicalIdsOf(monitor)).map(([path, id]) => [path.slice(stack.node.path.length + 1), id]));
  }

  function references(stack: Stack, ids: readonly string[]): WorkGroupSelection {
    return WorkGroupSelection.fromWorkGroups(...ids.map((id) => new CfnWorkGroup(stack, id, { name: id })));
  }

  const someElements = (elements: string[]) => fc.shuffledSubarray(elements, { minLength: 1 });
  const someAlarms = fc.tuple(fc.shuffledSubarray(Object.keys(ALARMS)), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 11, maxLength: 11 }))
    .map(([ids, thresholds]) => ids.map((id, index) => ALARMS[id](thresholds[index])));
  const split = fc.integer({ min: 0, max: 11 });
  const allAlarms = () => Object.values(ALARMS).map((create) => create(1));
  const paths = (ids: { [path: string]: string }) => Object.keys(ids).filter((path) => /\/Alarms\/(?!Heartbeat|Listing)/.test(path)).sort();

  test('the other named workgroups and alarms, their order, or thresholds', () => {
    const reference = idsOf(() => WorkGroupSelection.named(...WORK_GROUPS), allAlarms());
    expect(paths(reference)).toHaveLength(WORK_GROUPS.length * Object.keys(ALARMS).length);
    expect(new Set(Object.values(reference)).size).toBe(Object.keys(reference).length);
    fc.assert(fc.property(someElements(WORK_GROUPS), someAlarms, split, (workGroups, alarms, at) => {
      const ids = idsOf(() => WorkGroupSelection.named(...workGroups), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.flatMap(({ id }) => workGroups.map((name) => `Sessions/Alarms/${id}-${name}/Resource`)).sort());
    }), { numRuns: 30 });
  });

  test('the other references and alarms, their order, or thresholds', () => {
    const reference = idsOf((stack) => references(stack, REFERENCES), allAlarms());
    fc.assert(fc.property(someElements(REFERENCES), someAlarms, split, (workGroups, alarms, at) => {
      const ids = idsOf((stack) => references(stack, workGroups), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.flatMap(({ id }) => workGroups.map((name) => `Sessions/Alarms/${id}-${name}/Resource`)).sort());
    }), { numRuns: 20 });
  });

  test('the other alarms on found workgroups, their order, thresholds, or patterns', () => {
    const reference = idsOf(() => WorkGroupSelection.all(), allAlarms());
    fc.assert(fc.property(someElements(WORK_GROUPS), someAlarms, split, (patterns, alarms, at) => {
      const ids = idsOf(() => WorkGroupSelection.matching(...patterns), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.map(({ id }) => `Sessions/Alarms/${id}/Resource`).sort());
    }), { numRuns: 20 });
  });

  test('other props of the monitor', () => {
    const reference = logicalIdsOf(newMonitor({ workGroups: NAMED }));
    expect(logicalIdsOf(newMonitor({
      workGroups: NAMED,
      interval: Duration.minutes(15),
      metricNamespace: 'Team/Sessions',
      lookback: Duration.hours(3),
      countTerminated: false,
      zerosWhenQuiet: true,
      dpuHourPrice: 0.4,
      alarmActions: [action('alarm')],
      runbookUrl: 'https://example.com',
    }))).toEqual(reference);
  });
});

describe('alarms, alarmsFor() and addAlarm()', () => {
  test('addAlarm() returns the created alarms, one for each named workgroup', () => {
    const monitor = newMonitor({ workGroups: NAMED, alarms: [] });
    const added = monitor.addAlarm(SessionAlarm.degraded());
    expect(added.map(({ node }) => node.path)).toEqual(['Stack/Sessions/Alarms/Degraded-etl', 'Stack/Sessions/Alarms/Degraded-adhoc']);
    expect(monitor.alarmsFor('Degraded')).toEqual(added);
    expect(monitor.alarms).toEqual(added);
    expect(Object.keys(alarmsOf(monitor))).toEqual(['Alarms/Heartbeat', 'Alarms/Listing', 'Alarms/Degraded-etl', 'Alarms/Degraded-adhoc']);
  });

  test('addAlarm() changes nothing if it fails', () => {
    const monitor = newMonitor({ alarms: [], lookback: Duration.hours(1) });
    expect(() => monitor.addAlarm(SessionAlarm.failed({ holdFor: Duration.minutes(65) }))).toThrow('lookback');
    expect(() => monitor.addAlarm(SessionAlarm.failed({ alarmName: 'x'.repeat(256) }))).toThrow('alarmName');
    const bind = jest.fn();
    expect(() => monitor.addAlarm(SessionAlarm.failed({ holdFor: Duration.minutes(65), alarmActions: [{ bind }] }))).toThrow('lookback');
    expect(bind).not.toHaveBeenCalled(); // actions may create resources of their own
    expect(monitor.alarms).toEqual([]);
    expect(monitor.addAlarm(SessionAlarm.failed())).toHaveLength(1);
    expect(monitor.alarmsFor('Failed')).toHaveLength(1);
  });

  test('addAlarm() returns one alarm for found workgroups', () => {
    const added = newMonitor({ alarms: [] }).addAlarm(SessionAlarm.failed({ id: 'Mine' }));
    expect(added.map(({ node }) => node.path)).toEqual(['Stack/Sessions/Alarms/Mine']);
  });

  test('addAlarm() creates the same alarm as the prop alarms', () => {
    const given = newMonitor({ alarms: [SessionAlarm.degraded()], alarmActions: [action('alarm')] });
    const added = newMonitor({ alarms: [], alarmActions: [action('alarm')] });
    added.addAlarm(SessionAlarm.degraded());
    expect(alarmsOf(added)).toEqual(alarmsOf(given));
  });

  test('returned lists are copies', () => {
    const monitor = newMonitor();
    const added = monitor.addAlarm(SessionAlarm.degraded({ id: 'Mine' }));
    added.pop();
    monitor.alarms.pop();
    monitor.alarmsFor('Failed').pop();
    expect(monitor.alarms).toHaveLength(4);
    expect(monitor.alarmsFor('Failed')).toHaveLength(1);
    expect(monitor.alarmsFor('Mine')).toHaveLength(1);
  });

  test('alarms does not contain health alarms', () => {
    const monitor = newMonitor();
    expect(monitor.alarms).not.toContain(monitor.heartbeatAlarm);
    expect(monitor.alarms).not.toContain(monitor.listingAlarm);
  });

  test('alarmsFor() fails for an unknown id, and lists the known ones', () => {
    expectError(() => newMonitor().alarmsFor('Busy'), 'id', '"Busy"', 'Failed, Idle, Degraded, Heartbeat, Listing');
  });

  test('the prop alarms replaces the defaults, and an empty list means none', () => {
    const given = newMonitor({ alarms: [SessionAlarm.degraded()] });
    expect(Object.keys(alarmsOf(given))).toEqual(['Alarms/Degraded', 'Alarms/Heartbeat', 'Alarms/Listing']);
    const monitor = newMonitor({ alarms: [] });
    expect(monitor.alarms).toEqual([]);
    expect(Object.keys(alarmsOf(monitor))).toEqual(['Alarms/Heartbeat', 'Alarms/Listing']);
  });
});

describe('an alarm with alarm: false', () => {
  const withoutAlarm = (options: SessionAlarmOptions = {}) => SessionAlarm.idleLongerThan(Duration.minutes(30), { id: 'Early', alarm: false, ...options });

  test.each([['found', undefined], ['named', NAMED]])('has no CloudWatch alarm for %s workgroups, and an id', (_, workGroups) => {
    const monitor = newMonitor({ workGroups, alarms: [withoutAlarm(), SessionAlarm.degraded()], healthAlarms: [] });
    monitor.onSession('All');
    expect(monitor.alarmsFor('Early')).toEqual([]);
    expect(monitor.alarms).toEqual(monitor.alarmsFor('Degraded'));
    expect(monitor.addAlarm(SessionAlarm.failed({ alarm: false }))).toEqual([]);
    expectError(() => monitor.addAlarm(withoutAlarm()), 'alarms', 'of different ids', '"Early"');
    expect(Object.keys(alarmsOf(monitor)).filter((path) => !path.startsWith('Alarms/Degraded'))).toEqual([]);
  });

  test('can be muted, as alarms without actions are', () => {
    expect(() => withoutAlarm({ alarmActions: [], okActions: [], insufficientDataActions: [] })).not.toThrow();
    expect(() => SessionAlarm.failed({ alarm: false, alarmActions: undefined })).not.toThrow();
  });

  test('is created with alarm: true or undefined', () => {
    for (const alarm of [true, undefined]) {
      expect(newMonitor({ alarms: [withoutAlarm({ alarm })] }).alarmsFor('Early')).toHaveLength(1);
    }
    expect(newMonitor({ alarms: [SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 10, { alarm: true })] }).alarms).toHaveLength(1);
  });

  test('leaves the logical ids and the template of other alarms as they are', () => {
    const [alone, beside] = [[], [withoutAlarm()]].map((more) => newMonitor({ alarms: [...more, SessionAlarm.degraded()] }));
    expect(logicalIdsOf(beside)).toEqual(logicalIdsOf(alone));
    expect(alarmsOf(beside)).toEqual(alarmsOf(alone));
  });

  test('is not a reason for zeros of quiet workgroups', () => {
    expect(() => newMonitor({ alarms: [withoutAlarm({ treatMissingData: TreatMissingData.BREACHING })] })).not.toThrow();
  });
});

describe('the lookback', () => {
  const holdFor = (minutes: number, id = 'Failed') => SessionAlarm.failed({ id, holdFor: Duration.minutes(minutes) });

  function lookbackOf(props: AthenaSessionMonitorProps, ...late: SessionAlarm[]): unknown {
    const monitor = newMonitor(props);
    late.forEach((alarm) => monitor.addAlarm(alarm));
    return environmentOf(monitor).LOOKBACK_MINUTES;
  }

  test('is at least the largest holdFor of the alarms', () => {
    expect(lookbackOf({ alarms: [holdFor(60)] })).toBe('60');
    expect(lookbackOf({ alarms: [holdFor(65)] })).toBe('65');
    expect(lookbackOf({ alarms: [holdFor(120, 'A'), holdFor(180, 'B'), holdFor(90, 'C')] })).toBe('180');
    expect(lookbackOf({ alarms: [holdFor(24 * 60)], workGroups: NAMED })).toBe('1440');
    expect(lookbackOf({ alarms: [holdFor(7 * 24 * 60)], workGroups: NAMED, interval: HOUR })).toBe('10080');
  });

  test('includes alarms that are added later', () => {
    expect(lookbackOf({}, holdFor(120, 'A'), holdFor(90, 'B'))).toBe('120');
  });

  test('includes alarms that are added after an aspect has resolved the function', () => {
    const monitor = newMonitor();
    Stack.of(monitor).resolve((monitor.collector.node.defaultChild as CfnFunction).environment);
    monitor.addAlarm(holdFor(120, 'A'));
    expect(environmentOf(monitor).LOOKBACK_MINUTES).toBe('120');
  });

  test('does not depend on alarms without CloudWatch alarm', () => {
    const late = SessionAlarm.failed({ holdFor: Duration.hours(2), alarm: false });
    expect(lookbackOf({ alarms: [late] })).toBe('60');
    expect(lookbackOf({ alarms: [] }, late)).toBe('60');
    expect(lookbackOf({ alarms: [late], lookback: Duration.minutes(15) })).toBe('15');
  });

  test('does not depend on alarms on live sessions', () => {
    expect(lookbackOf({ alarms: [SessionAlarm.idleLongerThan(Duration.hours(12), { evaluationPeriods: 36 })] })).toBe('60');
  });

  test('can be set if it is at least the largest holdFor', () => {
    expect(lookbackOf({ lookback: Duration.minutes(30) })).toBe('30');
    expect(lookbackOf({ lookback: Duration.minutes(15), alarms: [] })).toBe('15');
    expect(lookbackOf({ lookback: Duration.days(7) })).toBe('10080');
  });

  test('must not be shorter than the holdFor of any alarm, including those that are added later', () => {
    expectError(() => newMonitor({ lookback: Duration.minutes(25) }), 'lookback', '30 minutes', '25 minutes');
    const monitor = newMonitor({ lookback: HOUR });
    expectError(() => monitor.addAlarm(holdFor(65, 'Mine')), 'lookback', '1 hour 5 minutes', '1 hour');
  });
});

test('alarmsFor() returns the alarms of all named workgroups', () => {
  expect(keysOf(newMonitor({ workGroups: NAMED }), 'Idle')).toEqual(['etl', 'adhoc']);
});

test('errors name the monitor', () => {
  expect(errorOf(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(1) })] }))).toContain('Stack/Sessions');
});

test.each([
  [undefined, /The log group <SessionsLogGroup\w+> lists the sessions and reasons\./],
  [false, /The collector's log group is <SessionsLogGroup/],
])('descriptions mention logged sessions only if they are logged: logSessionDetails %s', (logSessionDetails, where) => {
  const alarms = alarmsOf(newMonitor({ logSessionDetails }));
  expect(textOf(alarms['Alarms/Idle'].AlarmDescription)).toMatch(where);
});
