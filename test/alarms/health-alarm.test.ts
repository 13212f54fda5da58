import { CfnParameter, Duration } from 'aws-cdk-lib';
import { type AthenaSessionMonitorProps, HealthAlarm, type HealthAlarmOptions, type HeartbeatAlarmOptions, WorkGroupSelection } from '../../src';
import { action, actionArn, alarmsOf, expectError, INTERVALS, newMonitor, newStack, type Properties, RUNBOOK_URL, textOf, warningsOf } from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');
const MATCHING = WorkGroupSelection.matching('etl-*');

describe('health alarms', () => {
  /** How many intervals without a run raise the heartbeat alarm: three, but no less than ten minutes. */
  const HEARTBEAT_PERIODS: [minutes: number, periods: number][] = [
    [1, 10], [2, 5], [3, 4], [4, 3], [5, 3], [6, 3], [10, 3], [12, 3], [15, 3], [20, 3], [30, 3], [60, 3],
  ];

  test('the periods of the heartbeat alarm are known for every interval', () => {
    expect(HEARTBEAT_PERIODS.map(([minutes]) => minutes)).toEqual(INTERVALS);
  });

  test.each(HEARTBEAT_PERIODS)('heartbeatAlarm at an interval of %d minutes: no point in %d periods, and a new one warms up first', (minutes, periods) => {
    const heartbeat = alarmsOf(newMonitor({ interval: Duration.minutes(minutes) }))['Alarms/Heartbeat'];
    expect(heartbeat).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: periods,
      DatapointsToAlarm: periods,
      TreatMissingData: 'breaching',
      // Long enough that all periods hold what the first runs wrote; the values of FILL are not to end it.
      WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: (periods + 1) * minutes, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
    });
    // The metric is of the alarm's own stack, so neither part names an account or a region.
    expect(heartbeat.Metrics).toEqual([
      { Id: 'expr_1', Expression: 'FILL(monitored, -1)', ReturnData: true },
      {
        Id: 'monitored',
        MetricStat: {
          Metric: {
            Namespace: 'AthenaSessions',
            MetricName: 'WorkGroupsMonitored',
            Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^SessionsCollector/) } }],
          },
          Period: minutes * 60,
          Stat: 'Maximum',
        },
        ReturnData: false,
      },
    ]);
    expect(heartbeat).not.toHaveProperty('MetricName');
  });

  test('heartbeatAlarm names no account where the stack\'s is known', () => {
    const stack = newStack({ env: { account: '111111111111', region: 'eu-west-1' } });
    const { Metrics } = alarmsOf(newMonitor({}, stack))['Alarms/Heartbeat'];
    expect(Metrics.map((query: Properties) => Object.keys(query).sort())).toEqual([['Expression', 'Id', 'ReturnData'], ['Id', 'MetricStat', 'ReturnData']]);
  });

  /** Whether a point of that value breaches. */
  function breaches({ ComparisonOperator, Threshold }: Properties, value: number): boolean {
    switch (ComparisonOperator) {
      case 'LessThanThreshold': return value < Threshold;
      case 'LessThanOrEqualToThreshold': return value <= Threshold;
      case 'GreaterThanOrEqualToThreshold': return value >= Threshold;
      default: throw new Error(ComparisonOperator);
    }
  }

  test.each([
    ['all', WorkGroupSelection.all(), false],
    ['matching', MATCHING, true],
    ['named', NAMED, true],
  ])('heartbeatAlarm for %s workgroups: a run that lists none breaches: %#', (_, workGroups, expected) => {
    const heartbeat = alarmsOf(newMonitor({ workGroups }))['Alarms/Heartbeat'];
    expect(breaches(heartbeat, -1)).toBe(true); // a run that is missing, as FILL has it
    expect(breaches(heartbeat, 0)).toBe(expected);
    expect(breaches(heartbeat, 1)).toBe(false);
  });

  test('listingAlarm: at least one workgroup in 2 of the last 3 periods', () => {
    const listing = alarmsOf(newMonitor({ interval: Duration.minutes(10) }))['Alarms/Listing'];
    expect(listing).toMatchObject({
      Namespace: 'AthenaSessions',
      MetricName: 'WorkGroupsNotListed',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^SessionsCollector/) } }],
      Statistic: 'Maximum',
      Period: 600,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
    });
    expect([0, 1, 2].map((value) => breaches(listing, value))).toEqual([false, true, true]);
  });

  describe('notificationsAlarm', () => {
    const alarmOf = (options?: HealthAlarmOptions, props: AthenaSessionMonitorProps = {}) => {
      const monitor = newMonitor({ healthAlarms: [HealthAlarm.notifications(options)], alarms: [], ...props });
      monitor.onSession('All');
      return alarmsOf(monitor)['Alarms/Notifications'];
    };

    test('is about at least one event that could not be sent in 2 of the last 3 periods', () => {
      const alarm = alarmOf({}, { interval: Duration.minutes(10) });
      expect(alarm).toMatchObject({
        Namespace: 'AthenaSessions',
        MetricName: 'EventsFailed',
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^SessionsCollector/) } }],
        Statistic: 'Maximum',
        Period: 600,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        TreatMissingData: 'notBreaching',
      });
      expect([0, 1, 2].map((value) => breaches(alarm, value))).toEqual([false, true, true]);
    });

    test('says that session alarms still work, where the reasons are, and links the runbook', () => {
      expect(textOf(alarmOf().AlarmDescription)).toMatch(new RegExp('^The Athena session monitor could not send all events, so no message was sent for some sessions\\. '
        + 'Session alarms still work\\. The log group <SessionsLogGroup\\w+> lists the reasons\\. '
        + `Runbook: ${RUNBOOK_URL}#notifications$`));
    });

    test('has options like the others', () => {
      const options = { alarmName: 'mine', alarmActions: [action('own')], evaluationPeriods: 6, datapointsToAlarm: 4, runbookUrl: 'https://example.com/events', alarmDescription: 'Mine.' };
      expect(alarmOf(options)).toMatchObject({
        AlarmName: 'mine', AlarmActions: [actionArn('own')], EvaluationPeriods: 6, DatapointsToAlarm: 4, AlarmDescription: 'Mine. Runbook: https://example.com/events',
      });
      expect(alarmOf({ evaluationPeriods: 1 })).toMatchObject({ EvaluationPeriods: 1, DatapointsToAlarm: 1 });
    });

    test('has the monitor\'s actions and prefix if it comes with events', () => {
      const monitor = newMonitor({ alarmActions: [action('alert')], okActions: [action('ok')], alarmNamePrefix: 'sessions' });
      monitor.onSession('All');
      expect(alarmsOf(monitor)['Alarms/Notifications']).toMatchObject({ AlarmName: 'sessions-Notifications', AlarmActions: [actionArn('alert')], OKActions: [actionArn('ok')] });
    });
  });

  test('only the heartbeat alarm breaches on missing data', () => {
    for (const workGroups of [NAMED, MATCHING]) {
      const breaching = Object.entries(alarmsOf(newMonitor({ workGroups }))).filter(([, { TreatMissingData: treat }]) => treat === 'breaching');
      expect(breaching.map(([path]) => path)).toEqual(['Alarms/Heartbeat']);
    }
  });

  test('describe themselves, say that an OK may be unknown, and link the runbook', () => {
    const { 'Alarms/Heartbeat': heartbeat, 'Alarms/Listing': listing } = alarmsOf(newMonitor());
    expect(textOf(heartbeat.AlarmDescription)).toContain(`${RUNBOOK_URL}#heartbeat`);
    expect(textOf(heartbeat.AlarmDescription)).toMatch(/<SessionsLogGroup\w+>/);
    expect(textOf(listing.AlarmDescription)).toContain(`${RUNBOOK_URL}#listing`);
    expect(textOf(listing.AlarmDescription)).toMatch(/<SessionsLogGroup\w+>/);
    expect(textOf(listing.AlarmDescription)).toMatch(/OK.*(nobody knows|unknown)/);
    const own = alarmsOf(newMonitor({ runbookUrl: 'https://example.com/runbook' }));
    expect(textOf(own['Alarms/Heartbeat'].AlarmDescription)).toContain('https://example.com/runbook#heartbeat');
    expect(textOf(own['Alarms/Listing'].AlarmDescription)).toContain('https://example.com/runbook#listing');
  });

  test('the listing alarm says that the quota alarm may be unknown, too, if there is one', () => {
    const textFor = (dpuQuota?: number) => textOf(alarmsOf(newMonitor({ dpuQuota }))['Alarms/Listing'].AlarmDescription);
    expect(textFor(4)).toContain('Their session alarms, and the quota alarm, may be OK although the state is unknown.');
    expect(textFor()).toContain('Their session alarms may be OK although the state is unknown.');
    expect(textFor()).not.toContain('quota');
  });

  test('say the same of no workgroup as they judge', () => {
    const textFor = (workGroups: WorkGroupSelection) => textOf(alarmsOf(newMonitor({ workGroups }))['Alarms/Heartbeat'].AlarmDescription);
    expect(textFor(MATCHING)).toContain('no workgroup');
    expect(textFor(NAMED)).toContain('no workgroup');
    expect(textFor(WorkGroupSelection.all())).not.toContain('no workgroup');
  });

  test('have the monitor\'s actions', () => {
    const alarms = alarmsOf(newMonitor({
      alarms: [], alarmActions: [action('alarm')], okActions: [action('ok')], insufficientDataActions: [action('insufficient')],
    }));
    for (const path of ['Alarms/Heartbeat', 'Alarms/Listing']) {
      expect(alarms[path]).toMatchObject({
        AlarmActions: [actionArn('alarm')], OKActions: [actionArn('ok')], InsufficientDataActions: [actionArn('insufficient')],
      });
    }
  });

  test('are members, and in the template under their paths', () => {
    const monitor = newMonitor();
    expect(monitor.heartbeatAlarm!.node.path).toBe('Stack/Sessions/Alarms/Heartbeat');
    expect(monitor.listingAlarm!.node.path).toBe('Stack/Sessions/Alarms/Listing');
  });

  test('are none with healthAlarms: []', () => {
    const monitor = newMonitor({ healthAlarms: [] });
    expect(monitor.heartbeatAlarm).toBeUndefined();
    expect(monitor.listingAlarm).toBeUndefined();
    expect(Object.keys(alarmsOf(monitor)).sort()).toEqual(['Alarms/Degraded', 'Alarms/Failed', 'Alarms/Idle']);
  });

  test('and those on sessions can both be left out', () => {
    expect(alarmsOf(newMonitor({ alarms: [], healthAlarms: [] }))).toEqual({});
  });
});

describe('options of health alarms', () => {
  const heartbeatOf = (options: HeartbeatAlarmOptions, interval = 5) =>
    alarmsOf(newMonitor({ healthAlarms: [HealthAlarm.heartbeat(options)], interval: Duration.minutes(interval) }))['Alarms/Heartbeat'];
  const listingOf = (options: HealthAlarmOptions) => alarmsOf(newMonitor({ healthAlarms: [HealthAlarm.listing(options)] }))['Alarms/Listing'];

  test('the default is both alarms', () => {
    expect(HealthAlarm.defaults().map(({ id }) => id)).toEqual(['Heartbeat', 'Listing']);
    expect(alarmsOf(newMonitor({ healthAlarms: HealthAlarm.defaults() }))).toEqual(alarmsOf(newMonitor()));
  });

  test('one of them can be left out', () => {
    const monitor = newMonitor({ alarms: [], healthAlarms: [HealthAlarm.listing()] });
    expect(monitor.heartbeatAlarm).toBeUndefined();
    expect(monitor.alarmsFor('Listing')).toEqual([monitor.listingAlarm]);
    expectError(() => monitor.alarmsFor('Heartbeat'), 'id', "one of the monitor's alarms (Listing)", '"Heartbeat"');
  });

  test('two of one kind are an error', () => {
    expectError(() => newMonitor({ healthAlarms: [HealthAlarm.listing(), HealthAlarm.listing()] }), 'healthAlarms', 'at most one of each kind', '"Listing"');
  });

  test.each([['heartbeat', heartbeatOf], ['listing', listingOf]] as const)('%s: name, description, runbook and actions', (_, propertiesOf) => {
    const alarm = propertiesOf({
      alarmName: 'mine',
      alarmDescription: 'Call Ada.',
      runbookUrl: 'https://example.com/ada',
      alarmActions: [action('a')],
      okActions: [action('b')],
      insufficientDataActions: [action('c')],
    });
    expect(alarm).toMatchObject({
      AlarmName: 'mine',
      AlarmDescription: 'Call Ada. Runbook: https://example.com/ada',
      AlarmActions: [actionArn('a')],
      OKActions: [actionArn('b')],
      InsufficientDataActions: [actionArn('c')],
    });
  });

  test('an empty list mutes an alarm that would have the monitor\'s actions', () => {
    const monitor = newMonitor({ alarmActions: [action('alarm')], healthAlarms: [HealthAlarm.heartbeat(), HealthAlarm.listing({ alarmActions: [] })] });
    const { 'Alarms/Heartbeat': heartbeat, 'Alarms/Listing': listing } = alarmsOf(monitor);
    expect(heartbeat.AlarmActions).toEqual([actionArn('alarm')]);
    expect(listing).not.toHaveProperty('AlarmActions');
  });

  test('the warm-up follows the evaluation periods, and can be left out', () => {
    expect(heartbeatOf({ evaluationPeriods: 6, datapointsToAlarm: 4 }, 10)).toMatchObject({
      EvaluationPeriods: 6, DatapointsToAlarm: 4, WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 70 },
    });
    expect(heartbeatOf({ evaluationPeriods: 4 })).toMatchObject({ EvaluationPeriods: 4, DatapointsToAlarm: 4 });
    expect(heartbeatOf({ warmUp: false })).not.toHaveProperty('WarmUpConfiguration');
    expect(listingOf({})).not.toHaveProperty('WarmUpConfiguration');
  });

  test('the warm-up is at most two days', () => {
    expect(heartbeatOf({ evaluationPeriods: 47 }, 60).WarmUpConfiguration.WarmUpPeriodDurationInMinutes).toBe(2880);
    expect(heartbeatOf({ evaluationPeriods: 168 }, 60).WarmUpConfiguration.WarmUpPeriodDurationInMinutes).toBe(2880);
  });

  test.each<[number, HeartbeatAlarmOptions, boolean]>([
    [1, { evaluationPeriods: 9 }, true], [1, { evaluationPeriods: 10 }, false], [1, {}, false], [5, { datapointsToAlarm: 1 }, true],
    [5, { evaluationPeriods: 4, datapointsToAlarm: 2 }, false], [10, { evaluationPeriods: 1 }, false],
  ])('a heartbeat that late datapoints can raise is a warning: interval %d, %j: %s', (interval, options, isHasty) => {
    const stack = newStack();
    newMonitor({ healthAlarms: [HealthAlarm.heartbeat(options)], interval: Duration.minutes(interval) }, stack);
    expect(warningsOf(stack)).toEqual(isHasty ? [expect.stringContaining('cdk-athena-session-monitor:hastyHeartbeat')] : []);
  });

  test('periods of alarms without a warm-up can be tokens', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Periods', { type: 'Number' });
    const periods = { evaluationPeriods: valueAsNumber };
    const healthAlarms = [HealthAlarm.heartbeat({ ...periods, warmUp: false }), HealthAlarm.listing(periods)];
    const { 'Alarms/Heartbeat': heartbeat, 'Alarms/Listing': listing } = alarmsOf(newMonitor({ healthAlarms }, stack));
    expect(heartbeat).toMatchObject({ EvaluationPeriods: { Ref: 'Periods' }, DatapointsToAlarm: { Ref: 'Periods' } });
    expect(listing).toMatchObject({ EvaluationPeriods: { Ref: 'Periods' }, DatapointsToAlarm: 2 });
  });

  test('the listing alarm takes periods', () => {
    expect(listingOf({ evaluationPeriods: 1 })).toMatchObject({ EvaluationPeriods: 1, DatapointsToAlarm: 1 });
    expect(listingOf({ evaluationPeriods: 5, datapointsToAlarm: 4 })).toMatchObject({ EvaluationPeriods: 5, DatapointsToAlarm: 4 });
  });

  test.each<[HealthAlarmOptions, ...string[]]>([
    [{ evaluationPeriods: 0 }, 'evaluationPeriods of the alarm Listing', 'from 1 to 288 (1 day)', '0'],
    [{ evaluationPeriods: 289 }, 'evaluationPeriods of the alarm Listing', 'from 1 to 288 (1 day)', '289'],
    [{ datapointsToAlarm: 4 }, 'datapointsToAlarm of the alarm Listing', 'from 1 to 3', '4'],
    [{ runbookUrl: 'a b' }, 'runbookUrl of the alarm Listing', 'an address without spaces', '"a b"'],
    [{ alarmDescription: 'x'.repeat(1024) }, 'alarmDescription of the alarm Listing', 'at most 1024 characters', 'characters'],
  ])('%j is an error', (options, ...text) => {
    expectError(() => listingOf(options), ...text);
  });

  test('evaluation periods must be known at synthesis', () => {
    const { valueAsNumber } = new CfnParameter(newStack(), 'Periods', { type: 'Number' });
    expectError(() => heartbeatOf({ evaluationPeriods: valueAsNumber }), 'evaluationPeriods of the alarm Heartbeat', 'known at synthesis', 'a token');
  });
});
