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
  readonly make: (options?: SessionAlarmOptions) => SessionAlarm;
}

const KINDS: Kind[] = [
  { id: 'Failed', anchor: 'failed', metricName: 'FailedSessions', threshold: 1, evaluationPeriods: 6, make: (options) => SessionAlarm.failed(options) },
  { id: 'Idle', anchor: 'idle', metricName: 'IdleTime', threshold: 3600, evaluationPeriods: 3, make: (options) => SessionAlarm.idleLongerThan(HOUR, options) },
  { id: 'Degraded', anchor: 'degraded', metricName: 'DegradedSessions', threshold: 1, evaluationPeriods: 3, make: (options) => SessionAlarm.degraded(options) },
  ...(['Creating', 'Busy', 'Terminating'] as const).map((id): Kind => ({
    id,
    anchor: id.toLowerCase(),
    metricName: `${id}Time`,
    threshold: 600,
    evaluationPeriods: 3,
    make: (options) => SessionAlarm[`${id.toLowerCase() as Lowercase<typeof id>}LongerThan`](Duration.minutes(10), options),
  })),
  ...Object.values(LiveSessionState).map((state): Kind => {
    const metricName = `${state.charAt(0)}${state.slice(1).toLowerCase()}Sessions`;
    return {
      id: `${metricName}Above`,
      anchor: 'sessions-above',
      metricName,
      threshold: 4,
      comparison: 'GreaterThanThreshold',
      evaluationPeriods: 3,
      make: (options) => SessionAlarm.sessionsAbove(state, 4, options),
    };
  }),
];
const LIVE_KINDS = KINDS.filter(({ id }) => id !== 'Failed');

describe('SessionAlarm.defaults()', () => {
  test('are failed, idle and degraded, in the order in which they are explained', () => {
    expect(SessionAlarm.defaults().map(({ id }) => id)).toEqual(['Failed', 'Idle', 'Degraded']);
  });

  test('are what a monitor has that is told nothing', () => {
    expect(alarmsOf(newMonitor())).toEqual(alarmsOf(newMonitor({ alarms: SessionAlarm.defaults() })));
    expect(alarmsOf(newMonitor({ workGroups: NAMED }))).toEqual(alarmsOf(newMonitor({ workGroups: NAMED, alarms: SessionAlarm.defaults() })));
  });

  test('take other thresholds and lose none', () => {
    const defaults = SessionAlarm.defaults({ idleLongerThan: Duration.hours(4), failedThreshold: 3 });
    const alarms = alarmsOf(newMonitor({ healthAlarms: [], alarms: defaults }));
    expect(Object.fromEntries(Object.entries(alarms).map(([path, { Threshold }]) => [path, Threshold]))).toEqual({
      'Alarms/Failed': 3,
      'Alarms/Idle': 4 * 3600,
      'Alarms/Degraded': 1,
    });
  });

  test('can be extended by alarms of other ids', () => {
    const monitor = newMonitor({ alarms: [...SessionAlarm.defaults(), SessionAlarm.idleLongerThan(Duration.hours(8), { id: 'IdleAllDay' })] });
    expect(monitor.alarms.map(({ node }) => node.id)).toEqual(['Failed', 'Idle', 'Degraded', 'IdleAllDay']);
  });

  test('can be given to several monitors of different intervals', () => {
    const alarms = SessionAlarm.defaults();
    expect(alarmsOf(newMonitor({ alarms, interval: Duration.minutes(10) }))['Alarms/Failed'].EvaluationPeriods).toBe(3);
    expect(alarmsOf(newMonitor({ alarms, interval: Duration.minutes(1) }))['Alarms/Failed'].EvaluationPeriods).toBe(30);
  });
});

/** An alarm of every kind with the same options, in one monitor: the properties of each, by workgroup key. */
function alarmsOfEveryKind(
  options: SessionAlarmOptions = {}, props: AthenaSessionMonitorProps = {}, stack: Stack = newStack(), kinds: Kind[] = KINDS,
): (Kind & { readonly alarms: { [key: string]: Properties } })[] {
  const all = Object.entries(alarmsOf(newMonitor({ healthAlarms: [], ...props, alarms: kinds.map(({ make }) => make(options)) }, stack)));
  return kinds.map((kind) => {
    const own = all.filter(([path]) => splitPath(path)[0] === kind.id);
    return { ...kind, alarms: Object.fromEntries(own.map(([path, properties]) => [splitPath(path)[1], properties])) };
  });
}

/** The properties of the alarm of every kind that have this key. */
function every(key: string, ...args: Parameters<typeof alarmsOfEveryKind>): Properties[] {
  return alarmsOfEveryKind(...args).map(({ alarms }) => alarms[key]);
}

describe('an alarm of every kind', () => {
  const common = ({ threshold, comparison, evaluationPeriods }: Kind) => ({
    ComparisonOperator: comparison ?? 'GreaterThanOrEqualToThreshold',
    Threshold: threshold,
    EvaluationPeriods: evaluationPeriods,
    DatapointsToAlarm: 1,
    TreatMissingData: 'notBreaching',
  });

  test('has its kind as id, unless another id is given', () => {
    expect(KINDS.map(({ make }) => [make().id, make({ id: 'Mine' }).id])).toEqual(KINDS.map(({ id }) => [id, 'Mine']));
  });

  test('is a plain alarm on the Maximum per interval for each named workgroup', () => {
    for (const { alarms, ...kind } of alarmsOfEveryKind({}, { workGroups: NAMED, metricNamespace: 'Team/Sessions' })) {
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
    for (const { alarms, ...kind } of alarmsOfEveryKind({}, { workGroups, metricNamespace: 'Team/Sessions' })) {
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
  ])('has periods as long as an interval of %d minutes; failures count for %d minutes', (minutes, failedMinutes) => {
    const interval = Duration.minutes(minutes);
    for (const { id, alarms } of [...alarmsOfEveryKind({}, { workGroups: NAMED, interval }), ...alarmsOfEveryKind({}, { interval })]) {
      for (const { Period, Metrics, EvaluationPeriods, DatapointsToAlarm } of Object.values(alarms)) {
        expect({ id, period: Period ?? Metrics[0].Period, EvaluationPeriods, DatapointsToAlarm })
          .toEqual({ id, period: minutes * 60, EvaluationPeriods: id === 'Failed' ? failedMinutes / minutes : 3, DatapointsToAlarm: 1 });
      }
    }
  });

  test('takes a namespace that is a token', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Namespace');
    for (const { Metrics } of every('Found', {}, { metricNamespace: valueAsString }, stack)) {
      expect(textOf(Metrics[0].Expression)).toContain('SCHEMA("<Namespace>", WorkGroup)');
    }
  });

  describe('actions', () => {
    const MONITORS = {
      alarmActions: [action('alarm')],
      okActions: [action('ok'), action('ok-2')],
      insufficientDataActions: [action('insufficient')],
    };

    test.each([
      ['named', NAMED, 'etl'],
      ['found', MATCHING, 'Found'],
    ])('are the monitor\'s by default, for %s workgroups', (_, workGroups, key) => {
      for (const alarm of every(key, {}, { ...MONITORS, workGroups })) {
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
    ] as const)('given as %s replace just those of the monitor, and an empty list mutes them', (option, property) => {
      const inherited = every('Found', {}, MONITORS);
      expect(every('Found', { [option]: [action('mine')] }, MONITORS))
        .toEqual(inherited.map((alarm) => ({ ...alarm, [property]: [actionArn('mine')] })));
      expect(every('Found', { [option]: [] }, MONITORS).map((muted) => ({ ...muted, [property]: muted[property] ?? [] })))
        .toEqual(inherited.map((alarm) => ({ ...alarm, [property]: [] })));
    });

    test('are none if neither the alarm nor the monitor has any', () => {
      for (const { AlarmActions = [], OKActions = [], InsufficientDataActions = [], ActionsEnabled = true } of every('Found')) {
        expect([AlarmActions, OKActions, InsufficientDataActions]).toEqual([[], [], []]);
        expect(ActionsEnabled).toBe(true);
      }
    });
  });

  test('takes a treatment of missing data, and refuses one that CloudWatch does not know', () => {
    for (const { TreatMissingData: treatment } of every('Found', { treatMissingData: TreatMissingData.IGNORE })) {
      expect(treatment).toBe('ignore');
    }
    for (const { TreatMissingData: treatment } of every('adhoc', { treatMissingData: TreatMissingData.MISSING }, { workGroups: NAMED })) {
      expect(treatment).toBe('missing');
    }
    for (const { id, make } of KINDS) {
      expectError(() => newMonitor({ alarms: [make({ treatMissingData: 'good' as TreatMissingData })] }), `treatMissingData of the alarm ${id}`, 'notBreaching', '"good"');
    }
  });

  test.each(['', 'a b'])('refuses the runbook address "%s"', (runbookUrl) => {
    for (const { id, make } of KINDS) {
      expectError(() => newMonitor({ alarms: [make({ runbookUrl })] }), `runbookUrl of the alarm ${id}`, 'an address without spaces', `"${runbookUrl}"`);
    }
  });

  describe('the name', () => {
    test('is CloudFormation\'s by default', () => {
      for (const alarm of [...every('Found'), ...every('etl', {}, { workGroups: NAMED })]) {
        expect(alarm).not.toHaveProperty('AlarmName');
      }
    });

    test.each([SessionAlarm.failed({ alarmName: 'Mine' }), SessionAlarm.degraded({ alarmName: 'Mine' })])(
      'that is given is taken, with the name of a named workgroup appended, also of a single one: $id', (alarm) => {
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
    test('says what happened, names the log group and the workgroup, and links the runbook\'s section', () => {
      for (const { anchor, alarms } of alarmsOfEveryKind({}, { workGroups: NAMED })) {
        for (const [workGroup, { AlarmDescription }] of Object.entries(alarms)) {
          const text = textOf(AlarmDescription);
          expect(text).toMatch(/session/);
          expect(text).toMatch(/<SessionsLogGroup\w+>/);
          expect(text).toContain(workGroup);
          expect(text).toContain(`${RUNBOOK_URL}#${anchor}`);
          expect(text).not.toMatch(/token/i);
          expect(text.length).toBeLessThan(1024 - 512); // CloudWatch takes 1024 characters, log groups have names of 512
        }
      }
    });

    test('that is given has the workgroup and the runbook\'s section appended', () => {
      const stack = newStack();
      const workGroups = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      const options = { alarmDescription: 'Call Ada.' };
      for (const [key, workGroup, props, ofStack] of [
        ['adhoc', 'adhoc', { workGroups: NAMED }, newStack()], ['Etl', '<Etl>', { workGroups }, stack], ['Found', '', {}, newStack()],
      ] as const) {
        for (const { anchor, alarms } of alarmsOfEveryKind(options, props, ofStack)) {
          const text = textOf(alarms[key].AlarmDescription);
          expect(text).toMatch(/^Call Ada\. /);
          expect(text).toContain(workGroup);
          expect(text).toContain(`${RUNBOOK_URL}#${anchor}`);
        }
      }
    });

    test('links the alarm\'s own runbook, else the monitor\'s', () => {
      const props = { runbookUrl: 'https://example.com/monitor' };
      for (const { anchor, alarms } of alarmsOfEveryKind({}, props)) {
        expect(textOf(alarms.Found.AlarmDescription)).toContain(`https://example.com/monitor#${anchor}`);
      }
      for (const { AlarmDescription } of every('Found', { runbookUrl: 'https://example.com/alarm' }, props)) {
        expect(textOf(AlarmDescription)).toContain('https://example.com/alarm');
        expect(textOf(AlarmDescription)).not.toContain('https://example.com/monitor');
        expect(textOf(AlarmDescription)).not.toContain(RUNBOOK_URL);
      }
    });
  });
});

describe('evaluation periods of an alarm on live sessions', () => {
  test.each([
    [{ evaluationPeriods: 12, datapointsToAlarm: 4 }, [4, 12]],
    [{ evaluationPeriods: 12 }, [1, 12]],
    [{ datapointsToAlarm: 3 }, [3, 3]],
    [{ evaluationPeriods: 1 }, [1, 1]],
  ])('follow the options %j', (options, expected) => {
    for (const { DatapointsToAlarm, EvaluationPeriods } of every('Found', options, {}, newStack(), LIVE_KINDS)) {
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
  ])('with a bad %s are refused: %j', (option, options, received) => {
    for (const { id, make } of LIVE_KINDS) {
      expectError(() => newMonitor({ alarms: [make(options)] }), option, id, received, /from 1 to \d+/);
    }
  });

  test.each([
    [5, 'found', MATCHING, 36],
    [60, 'found', MATCHING, 3],
    [5, 'named', NAMED, 288],
    [30, 'named', NAMED, 48],
    [60, 'named', NAMED, 168],
  ])('at an interval of %d minutes and for %s workgroups are limited by how far CloudWatch looks back', (minutes, _, workGroups, most) => {
    const monitorOf = (evaluationPeriods: number) => () => newMonitor({
      workGroups, interval: Duration.minutes(minutes), alarms: [SessionAlarm.degraded({ evaluationPeriods })],
    });
    expect(monitorOf(most)).not.toThrow();
    expectError(monitorOf(most + 1), 'evaluationPeriods', `${most}`, `${most + 1}`, workGroups === MATCHING ? '(3 hours, as workgroups are found: an alarm on a Metrics Insights query looks back no further)' : /as workgroups are named/);
  });

  test('may be tokens', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Periods', { type: 'Number' });
    for (const alarm of every('Found', { evaluationPeriods: valueAsNumber, datapointsToAlarm: valueAsNumber }, {}, stack, LIVE_KINDS)) {
      expect(alarm).toMatchObject({ EvaluationPeriods: { Ref: 'Periods' }, DatapointsToAlarm: { Ref: 'Periods' } });
    }
  });
});

describe('SessionAlarm.failed()', () => {
  test('looks at as many periods as fit within', () => {
    for (const [holdFor, periods] of [[HOUR, 12], [Duration.seconds(900), 3]] as const) {
      expect(sessionAlarms(SessionAlarm.failed({ holdFor })).Found).toMatchObject({ EvaluationPeriods: periods, DatapointsToAlarm: 1 });
    }
  });

  test.each([
    { minutes: 1, workGroups: MATCHING, what: 'found', least: 3, most: 180 },
    { minutes: 5, workGroups: MATCHING, what: 'found', least: 15, most: 180 },
    { minutes: 60, workGroups: MATCHING, what: 'found', least: 180, most: 180 },
    { minutes: 1, workGroups: NAMED, what: 'named', least: 3, most: 24 * 60 },
    { minutes: 5, workGroups: NAMED, what: 'named', least: 15, most: 24 * 60 },
    { minutes: 30, workGroups: NAMED, what: 'named', least: 90, most: 24 * 60 },
    { minutes: 60, workGroups: NAMED, what: 'named', least: 180, most: 7 * 24 * 60 },
  ])('at an interval of $minutes minutes and $what workgroups takes from $least to $most minutes', ({ minutes, workGroups, what, least, most }) => {
    const monitorOf = (holdFor: number) => () => newMonitor({
      workGroups, interval: Duration.minutes(minutes), alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(holdFor) })],
    });
    expect(monitorOf(least)).not.toThrow();
    expect(monitorOf(most)).not.toThrow();
    expectError(monitorOf(least - minutes), 'holdFor', /at least 3/);
    expectError(monitorOf(most + minutes), 'holdFor', /at most/, what);
  });

  test('refuses what is no whole number of intervals', () => {
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(31) })] }),
      'holdFor', 'Failed', /whole number of intervals of 5 minutes/, '31 minutes');
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.seconds(1801) })] }), 'holdFor');
  });

  test('refuses a holdFor that is a token', () => {
    const { valueAsNumber } = new CfnParameter(newStack(), 'Within', { type: 'Number' });
    const alarm = SessionAlarm.failed({ holdFor: Duration.minutes(valueAsNumber) });
    expectError(() => newMonitor({ alarms: [alarm] }), 'holdFor', /known at synth/, 'token');
  });

  test('takes a threshold', () => {
    expect(sessionAlarms(SessionAlarm.failed({ threshold: 3 })).Found.Threshold).toBe(3);
    expect(sessionAlarms(SessionAlarm.failed({ threshold: 3 }), { workGroups: NAMED }).etl.Threshold).toBe(3);
    expect(textOf(sessionAlarms(SessionAlarm.failed({ threshold: 3 })).Found.AlarmDescription)).toContain('3');
  });

  test.each([0, -1, 0.5, NaN, Infinity])('refuses the threshold %d', (threshold) => {
    expectError(() => SessionAlarm.failed({ threshold }), 'threshold', /whole number/, /received/);
    expectError(() => SessionAlarm.defaults({ failedThreshold: threshold }), /threshold/i, /whole number/);
  });

  test('lets a threshold through that is a token, and describes it', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Threshold', { type: 'Number' });
    const monitor = newMonitor({ alarms: [SessionAlarm.failed({ threshold: valueAsNumber })] }, stack);
    const { Threshold, AlarmDescription } = alarmsOf(monitor)['Alarms/Failed'];
    expect(Threshold).toEqual({ Ref: 'Threshold' });
    expect(textOf(AlarmDescription)).not.toMatch(/e\+\d+/); // a number's token, printed
  });
});

describe.each([
  'idleLongerThan', 'creatingLongerThan', 'busyLongerThan', 'terminatingLongerThan',
] as const)('SessionAlarm.%s()', (factory) => {
  test('is about seconds', () => {
    const alarm = SessionAlarm[factory](Duration.minutes(90));
    expect(sessionAlarms(alarm).Found.Threshold).toBe(5400);
    expect(textOf(sessionAlarms(alarm).Found.AlarmDescription)).toContain('1 hour 30 minutes');
  });

  test.each([Duration.seconds(0), Duration.millis(1500)])('refuses %s', (duration) => {
    expectError(() => SessionAlarm[factory](duration), `duration of SessionAlarm.${factory}()`, /whole number of seconds/, /received/);
  });

  test('refuses a token', () => {
    const { valueAsNumber } = new CfnParameter(newStack(), 'Seconds', { type: 'Number' });
    expectError(() => SessionAlarm[factory](Duration.seconds(valueAsNumber)), factory, /known at synth/, 'token');
  });
});

test('SessionAlarm.defaults() refuses what idleLongerThan() does', () => {
  expectError(() => SessionAlarm.defaults({ idleLongerThan: Duration.seconds(0) }), 'idleLongerThan');
});

describe('SessionAlarm.sessionsAbove()', () => {
  test('is about strictly more sessions than that, be it none', () => {
    expect(sessionAlarms(SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 0)).Found).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
    });
  });

  test('says how many of which state', () => {
    const { AlarmDescription } = sessionAlarms(SessionAlarm.sessionsAbove(LiveSessionState.BUSY, 12)).Found;
    expect(textOf(AlarmDescription)).toMatch(/^More than 12 Spark sessions are BUSY\./);
  });

  test.each([-1, 0.5, NaN, Infinity])('refuses the count %d', (count) => {
    expectError(() => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, count), 'count of SessionAlarm.sessionsAbove()', `${count}`);
  });

  test.each(['FAILED', 'TERMINATED', 'idle', 'toString', undefined])('refuses the state %s, which languages without types may give', (state) => {
    expectError(() => SessionAlarm.sessionsAbove(state as LiveSessionState, 1), 'state of SessionAlarm.sessionsAbove()', 'IDLE', `${state}`);
  });

  test('lets a count through that is a token, and describes it', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Most', { type: 'Number' });
    const monitor = newMonitor({ alarms: [SessionAlarm.sessionsAbove(LiveSessionState.IDLE, valueAsNumber)] }, stack);
    const { Threshold, AlarmDescription } = alarmsOf(monitor)['Alarms/IdleSessionsAbove'];
    expect(Threshold).toEqual({ Ref: 'Most' });
    expect(textOf(AlarmDescription)).toMatch(/^More than <Most> /);
  });
});

describe('ids', () => {
  test('make the paths <monitor>/Alarms/<id>-<workgroup key>, or …/<id> for found workgroups', () => {
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

  test('that are alike are an error that says to set id', () => {
    expectError(() => newMonitor({ alarms: [SessionAlarm.idleLongerThan(HOUR), SessionAlarm.idleLongerThan(Duration.hours(2))] }),
      'alarms', /different/, /set .*'?id'?/, '"Idle"');
    expectError(() => newMonitor({ alarms: [SessionAlarm.failed({ id: 'Mine' }), SessionAlarm.degraded({ id: 'Mine' })] }), 'alarms', '"Mine"');
    const monitor = newMonitor();
    expectError(() => monitor.addAlarm(SessionAlarm.degraded()), 'alarms', /set .*'?id'?/, '"Degraded"');
  });

  test.each(['', 'a/b', ' ', 'a-b', 'a_b', 'x'.repeat(65), 'Heartbeat', 'Listing', 'Quota', 'Notifications', 'Any'])('cannot be "%s"', (id) => {
    expectError(() => SessionAlarm.degraded({ id }), 'id of SessionAlarm Degraded', '1 to 64 of A-Z, a-z and 0-9', JSON.stringify(id));
  });

  test.each(['a', '1', 'x'.repeat(64), 'Default', 'Resource', 'heartbeat'])('can be "%s"', (id) => {
    const monitor = newMonitor({ alarms: [SessionAlarm.degraded({ id })] });
    expect(monitor.alarmsFor(id).map(({ node }) => node.path)).toEqual([`Stack/Sessions/Alarms/${id}`]);
  });

  test('must be a text', () => {
    expectError(() => SessionAlarm.degraded({ id: 5 as unknown as string }), 'id of SessionAlarm Degraded', 'received 5');
  });

  test('cannot be tokens', () => {
    const id = new CfnParameter(newStack(), 'Id').valueAsString;
    expectError(() => SessionAlarm.degraded({ id }), 'id', 'received a token');
  });

  test('in a template are these for ever', () => {
    const stack = newStack();
    const etl = new CfnWorkGroup(new Construct(stack, 'Data'), 'Etl', { name: 'etl' });
    const prod = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl), alarms: [SessionAlarm.degraded()], healthAlarms: [] }, stack);
    expect(Object.keys(alarmsOf(prod))).toEqual(['Alarms/Degraded-Data--Etl']);
    const named = newMonitor({ workGroups: WorkGroupSelection.named('etl-production') });
    expect(Object.keys(resourcesOf(named)).concat(Object.keys(resourcesOf(prod)).filter((id) => /Alarm/.test(id)))).toMatchSnapshot();
  });
});

describe('logical ids stay as they are', () => {
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
    IdleSessionsAbove: (threshold) => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, threshold),
    BusySessionsAbove: (threshold) => SessionAlarm.sessionsAbove(LiveSessionState.BUSY, threshold),
  };
  const app: App = newApp();
  let stacks = 0;

  /** A stack that is like every other but for its place in the app, which ids do not depend on. */
  function idsOf(selection: (stack: Stack) => WorkGroupSelection, alarms: SessionAlarm[], late: SessionAlarm[] = []): { [path: string]: string } {
    const stack = new Stack(app, `Stack${stacks++}`);
    const monitor = newMonitor({ workGroups: selection(stack), alarms }, stack);
    late.forEach((alarm) => monitor.addAlarm(alarm));
    return Object.fromEntries(Object.entries(logicalIdsOf(monitor)).map(([path, id]) => [path.slice(stack.node.path.length + 1), id]));
  }

  function references(stack: Stack, ids: readonly string[]): WorkGroupSelection {
    return WorkGroupSelection.fromWorkGroups(...ids.map((id) => new CfnWorkGroup(stack, id, { name: id })));
  }

  const someOf = (elements: string[]) => fc.shuffledSubarray(elements, { minLength: 1 });
  const someAlarms = fc.tuple(fc.shuffledSubarray(Object.keys(ALARMS)), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 10, maxLength: 10 }))
    .map(([ids, thresholds]) => ids.map((id, index) => ALARMS[id](thresholds[index])));
  const split = fc.integer({ min: 0, max: 10 });
  const allAlarms = () => Object.values(ALARMS).map((make) => make(1));
  const paths = (ids: { [path: string]: string }) => Object.keys(ids).filter((path) => /\/Alarms\/(?!Heartbeat|Listing)/.test(path)).sort();

  test('whichever named workgroups and alarms there are, in whatever order, with whatever thresholds', () => {
    const reference = idsOf(() => WorkGroupSelection.named(...WORK_GROUPS), allAlarms());
    expect(paths(reference)).toHaveLength(WORK_GROUPS.length * Object.keys(ALARMS).length);
    expect(new Set(Object.values(reference)).size).toBe(Object.keys(reference).length);
    fc.assert(fc.property(someOf(WORK_GROUPS), someAlarms, split, (workGroups, alarms, at) => {
      const ids = idsOf(() => WorkGroupSelection.named(...workGroups), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.flatMap(({ id }) => workGroups.map((name) => `Sessions/Alarms/${id}-${name}/Resource`)).sort());
    }), { numRuns: 30 });
  });

  test('whichever references and alarms there are, in whatever order, with whatever thresholds', () => {
    const reference = idsOf((stack) => references(stack, REFERENCES), allAlarms());
    fc.assert(fc.property(someOf(REFERENCES), someAlarms, split, (workGroups, alarms, at) => {
      const ids = idsOf((stack) => references(stack, workGroups), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.flatMap(({ id }) => workGroups.map((name) => `Sessions/Alarms/${id}-${name}/Resource`)).sort());
    }), { numRuns: 20 });
  });

  test('whichever alarms there are on found workgroups, in whatever order, with whatever thresholds and patterns', () => {
    const reference = idsOf(() => WorkGroupSelection.all(), allAlarms());
    fc.assert(fc.property(someOf(WORK_GROUPS), someAlarms, split, (patterns, alarms, at) => {
      const ids = idsOf(() => WorkGroupSelection.matching(...patterns), alarms.slice(0, at), alarms.slice(at));
      expect(reference).toMatchObject(ids);
      expect(paths(ids)).toEqual(alarms.map(({ id }) => `Sessions/Alarms/${id}/Resource`).sort());
    }), { numRuns: 20 });
  });

  test('whatever else the monitor is told', () => {
    const reference = logicalIdsOf(newMonitor({ workGroups: NAMED }));
    expect(logicalIdsOf(newMonitor({
      workGroups: NAMED,
      interval: Duration.minutes(15),
      metricNamespace: 'Team/Sessions',
      lookback: Duration.hours(3),
      countTerminated: false,
      alarmActions: [action('alarm')],
      runbookUrl: 'https://example.com',
    }))).toEqual(reference);
  });
});

describe('alarms, alarmsFor() and addAlarm()', () => {
  test('addAlarm returns the alarms that it made, one for each named workgroup', () => {
    const monitor = newMonitor({ workGroups: NAMED, alarms: [] });
    const added = monitor.addAlarm(SessionAlarm.degraded());
    expect(added.map(({ node }) => node.path)).toEqual(['Stack/Sessions/Alarms/Degraded-etl', 'Stack/Sessions/Alarms/Degraded-adhoc']);
    expect(monitor.alarmsFor('Degraded')).toEqual(added);
    expect(monitor.alarms).toEqual(added);
    expect(Object.keys(alarmsOf(monitor))).toEqual(['Alarms/Heartbeat', 'Alarms/Listing', 'Alarms/Degraded-etl', 'Alarms/Degraded-adhoc']);
  });

  test('an alarm that cannot be added leaves nothing behind: its id is free, and so is its lookback', () => {
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

  test('addAlarm returns the one alarm where workgroups are found', () => {
    const added = newMonitor({ alarms: [] }).addAlarm(SessionAlarm.failed({ id: 'Mine' }));
    expect(added.map(({ node }) => node.path)).toEqual(['Stack/Sessions/Alarms/Mine']);
  });

  test('an added alarm is like a given one', () => {
    const given = newMonitor({ alarms: [SessionAlarm.degraded()], alarmActions: [action('alarm')] });
    const added = newMonitor({ alarms: [], alarmActions: [action('alarm')] });
    added.addAlarm(SessionAlarm.degraded());
    expect(alarmsOf(added)).toEqual(alarmsOf(given));
  });

  test('all lists are copies', () => {
    const monitor = newMonitor();
    const added = monitor.addAlarm(SessionAlarm.degraded({ id: 'Mine' }));
    added.pop();
    monitor.alarms.pop();
    monitor.alarmsFor('Failed').pop();
    expect(monitor.alarms).toHaveLength(4);
    expect(monitor.alarmsFor('Failed')).toHaveLength(1);
    expect(monitor.alarmsFor('Mine')).toHaveLength(1);
  });

  test('alarms are those on sessions, without those on the monitor\'s health', () => {
    const monitor = newMonitor();
    expect(monitor.alarms).not.toContain(monitor.heartbeatAlarm);
    expect(monitor.alarms).not.toContain(monitor.listingAlarm);
  });

  test('alarmsFor() an unknown id is an error that lists the known ones', () => {
    expectError(() => newMonitor().alarmsFor('Busy'), 'id', '"Busy"', 'Failed, Idle, Degraded, Heartbeat, Listing');
  });

  test('a list that is given is the whole list, and an empty one means none', () => {
    const given = newMonitor({ alarms: [SessionAlarm.degraded()] });
    expect(Object.keys(alarmsOf(given))).toEqual(['Alarms/Degraded', 'Alarms/Heartbeat', 'Alarms/Listing']);
    const monitor = newMonitor({ alarms: [] });
    expect(monitor.alarms).toEqual([]);
    expect(Object.keys(alarmsOf(monitor))).toEqual(['Alarms/Heartbeat', 'Alarms/Listing']);
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

  test('grows with alarms that are added later', () => {
    expect(lookbackOf({}, holdFor(120, 'A'), holdFor(90, 'B'))).toBe('120');
  });

  test('grows also after something looked at the function, as aspects do', () => {
    const monitor = newMonitor();
    Stack.of(monitor).resolve((monitor.collector.node.defaultChild as CfnFunction).environment);
    monitor.addAlarm(holdFor(120, 'A'));
    expect(environmentOf(monitor).LOOKBACK_MINUTES).toBe('120');
  });

  test('is not about alarms on live sessions', () => {
    expect(lookbackOf({ alarms: [SessionAlarm.idleLongerThan(Duration.hours(12), { evaluationPeriods: 36 })] })).toBe('60');
  });

  test('that is given is taken, if it holds the largest holdFor', () => {
    expect(lookbackOf({ lookback: Duration.minutes(30) })).toBe('30');
    expect(lookbackOf({ lookback: Duration.minutes(15), alarms: [] })).toBe('15');
    expect(lookbackOf({ lookback: Duration.days(7) })).toBe('10080');
  });

  test('that is given and shorter than the holdFor of an alarm is an error, also of an alarm that is added later', () => {
    expectError(() => newMonitor({ lookback: Duration.minutes(25) }), 'lookback', '30 minutes', '25 minutes');
    const monitor = newMonitor({ lookback: HOUR });
    expectError(() => monitor.addAlarm(holdFor(65, 'Mine')), 'lookback', '1 hour 5 minutes', '1 hour');
  });
});

test('an alarm of one id has the keys of all named workgroups', () => {
  expect(keysOf(newMonitor({ workGroups: NAMED }), 'Idle')).toEqual(['etl', 'adhoc']);
});

test('errors of alarms name the monitor', () => {
  expect(errorOf(() => newMonitor({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(1) })] }))).toContain('Stack/Sessions');
});

test.each([
  [undefined, /The log group <SessionsLogGroup\w+> lists the sessions and reasons\./],
  [false, /The collector's log group is <SessionsLogGroup/],
])('a description promises names of sessions only where they are logged: logSessionDetails %s', (logSessionDetails, where) => {
  const alarms = alarmsOf(newMonitor({ logSessionDetails }));
  expect(textOf(alarms['Alarms/Idle'].AlarmDescription)).toMatch(where);
});
