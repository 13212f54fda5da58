import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type AthenaSessionMonitor, type AthenaSessionMonitorProps, SessionAlarm, WorkGroupSelection } from '../../src';
import {
  action, actionArn, alarmsOf, expectError, FLAGS, logicalIdsOf, newApp, newMonitor, newStack, type Properties, resourcesOf, RUNBOOK_URL, textOf,
  warningsOf,
} from '../support/synthesis';

const quotaOf = (props: AthenaSessionMonitorProps): Properties => alarmsOf(newMonitor({ dpuQuota: 4, ...props }))['Alarms/Quota'];

test.each([
  [2, 0], // a single live session leaves fewer than two DPUs
  [4, 2],
  [160, 158],
])('with a dpuQuota of %d DPUs the quota alarm is raised by more than %d live sessions', (dpuQuota, threshold) => {
  expect(quotaOf({ dpuQuota })).toMatchObject({ ComparisonOperator: 'GreaterThanThreshold', Threshold: threshold });
});

test.each([1, 5, 60])('the quota alarm reads the Maximum of each run in 1 of 3 periods, for an interval of %d minutes', (minutes) => {
  expect(quotaOf({ interval: Duration.minutes(minutes), metricNamespace: 'Team/Sessions' })).toMatchObject({
    Namespace: 'Team/Sessions',
    MetricName: 'LiveSparkConnectSessions',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^SessionsCollector/) } }],
    Statistic: 'Maximum',
    Period: minutes * 60,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 1,
    TreatMissingData: 'notBreaching',
  });
});

test('there is no quota alarm without dpuQuota', () => {
  const monitor = newMonitor();
  expect(monitor.quotaAlarm).toBeUndefined();
  expect(Object.keys(alarmsOf(monitor))).not.toContain('Alarms/Quota');
  expectError(() => monitor.alarmsFor('Quota'), 'id', '"Quota"');
});

test('the quota alarm is a member, and found by its id, but is no session alarm', () => {
  const monitor = newMonitor({ dpuQuota: 4 });
  expect(monitor.quotaAlarm!.node.path).toBe('Stack/Sessions/Alarms/Quota');
  expect(monitor.alarmsFor('Quota')).toEqual([monitor.quotaAlarm]);
  expect(monitor.alarms).not.toContain(monitor.quotaAlarm);
  expectError(() => monitor.alarmsFor('Busy'), 'Failed, Idle, Degraded, Heartbeat, Listing, Quota');
});

test('the quota alarm remains without session and health alarms', () => {
  expect(Object.keys(alarmsOf(newMonitor({ dpuQuota: 4, alarms: [], healthAlarms: [] })))).toEqual(['Alarms/Quota']);
});

test('there is one quota alarm, for found and for named workgroups', () => {
  const quotaAlarms = (workGroups: WorkGroupSelection) => Object.keys(alarmsOf(newMonitor({ dpuQuota: 4, workGroups }))).filter((path) => path.includes('Quota'));
  expect(quotaAlarms(WorkGroupSelection.named('etl', 'adhoc'))).toEqual(['Alarms/Quota']);
  expect(quotaAlarms(WorkGroupSelection.matching('etl-*'))).toEqual(['Alarms/Quota']);
});

test('dpuQuota changes no other logical id', () => {
  const ids = logicalIdsOf(newMonitor({ dpuQuota: 4 }));
  const { 'Stack/Sessions/Alarms/Quota/Resource': quota, ...others } = ids;
  expect(quota).toMatch(/^SessionsAlarmsQuota[0-9A-F]{8}$/);
  expect(others).toEqual(logicalIdsOf(newMonitor()));
});

test('the quota alarm describes itself, and links the runbook', () => {
  const text = textOf(quotaOf({}).AlarmDescription);
  expect(text).toMatch(/^Live sessions of Spark 3\.5 hold at least 3 of the region's 4 DPUs\. A new session takes 2, so it may be rejected\./);
  expect(text).toMatch(/The log group <SessionsLogGroup\w+> lists the live sessions\./);
  expect(text).toMatch(new RegExp(`Runbook: ${RUNBOOK_URL}#quota$`));
  expect(text.length).toBeLessThan(1024 - 512); // CloudWatch accepts 1024 characters, and a log group's name can have 512
  expect(textOf(quotaOf({ logSessionDetails: false }).AlarmDescription)).toMatch(/The collector's log group is <SessionsLogGroup\w+>\./);
  expect(textOf(quotaOf({ runbookUrl: 'https://example.com/runbook' }).AlarmDescription)).toContain('Runbook: https://example.com/runbook#quota');
});

test('the quota alarm has the monitor\'s actions', () => {
  const actions = { alarmActions: [action('alarm')], okActions: [action('ok')], insufficientDataActions: [action('insufficient')] };
  expect(quotaOf(actions)).toMatchObject({
    AlarmActions: [actionArn('alarm')], OKActions: [actionArn('ok')], InsufficientDataActions: [actionArn('insufficient')],
  });
  expect(quotaOf({})).not.toHaveProperty('AlarmActions');
});

const [[, noFlags], [, recommendedFlags]] = FLAGS;

test.each([
  ['the recommended feature flags', recommendedFlags, {}],
  ['no feature flags', noFlags, { useUniquePermissionId: true }],
])('the quota alarm shares a LambdaAction with the other alarms, with %s', (_, flags, options) => {
  const stack = new Stack(newApp(flags), 'Stack');
  const fn = LambdaFunction.fromFunctionAttributes(stack, 'Fn', { functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:mine', sameEnvironment: true });
  const monitor = newMonitor({ dpuQuota: 4, alarmActions: [new LambdaAction(fn, options)] }, stack);
  expect(alarmsOf(monitor)['Alarms/Quota'].AlarmActions).toEqual([fn.functionArn]);
  const permissions = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
  expect(permissions).toHaveLength(monitor.alarms.length + 3);
});

describe('the quota alarm is one of the monitor\'s alarms', () => {
  let monitor: AthenaSessionMonitor;
  beforeEach(() => monitor = newMonitor({ dpuQuota: 4 }));
  const logicalId = ({ node, stack }: Alarm) => stack.resolve((node.defaultChild as CfnCompositeAlarm).logicalId) as string;

  test('in the rule of the composite alarm', () => {
    monitor.addCompositeAlarm();
    const { AlarmRule } = Object.values(resourcesOf(monitor)).find(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm')!.Properties;
    expect(JSON.stringify(AlarmRule)).toContain(logicalId(monitor.quotaAlarm!));
  });

  test('on the dashboard', () => {
    const { DashboardBody } = Object.values(resourcesOf(monitor)).find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')!.Properties;
    expect(JSON.stringify(DashboardBody)).toContain(logicalId(monitor.quotaAlarm!));
  });
});

test('an alarm action of the quota alarm in another region is an error', () => {
  const stack = newStack({ env: { account: '111111111111', region: 'eu-west-1' } });
  const topic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111111111111:alerts');
  expectError(() => newMonitor({ dpuQuota: 4, alarms: [], healthAlarms: [], alarmActions: [new SnsAction(topic)] }, stack), 'us-east-1', 'eu-west-1');
});

test.each<[string, WorkGroupSelection | undefined, boolean]>([
  ['all', undefined, false],
  ['all', WorkGroupSelection.all(), false],
  ['matching', WorkGroupSelection.matching('*'), true],
  ['named', WorkGroupSelection.named('etl'), true],
])('a quota of the region is warned about unless all of it is monitored: %s', (_, workGroups, warned) => {
  const stack = newStack();
  newMonitor({ workGroups, dpuQuota: 4 }, stack);
  expect(warningsOf(stack)).toEqual(warned ? [expect.stringContaining('cdk-athena-session-monitor:quotaOfPart')] : []);
});

test('no session alarm can have the id of the quota alarm', () => {
  expectError(() => SessionAlarm.degraded({ id: 'Quota' }), 'id of SessionAlarm Degraded', '"Quota"');
});
