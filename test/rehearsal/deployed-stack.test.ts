import { App, aws_events as events, aws_sns as sns, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CloudWatchLogGroup, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type DeployedStack, minutesOf, readStacks } from '../../rehearsal/deployed-stack';
import { ASSETS, COLLECTOR, COLLECTOR_NAMESPACE } from '../support/deployed-stack';
import { ASSET_FOLDER } from '../support/stage';

const metadata = (constructPath: string) => ({ Metadata: { 'aws:cdk:path': `${constructPath}/Resource` } });

/** The stack of a template with these resources. */
function read(resources: object): DeployedStack {
  return readStacks([{ name: 'Stack', template: { Resources: resources }, assets: ASSETS }])[0]!;
}

describe('functions and schedules', () => {
  const schedule = (logicalId: string, expression = 'cron(0/5 * * * ? *)', others = {}) => ({
    Type: 'AWS::Scheduler::Schedule',
    Properties: { ScheduleExpression: expression, Target: { Arn: { 'Fn::GetAtt': [logicalId, 'Arn'] }, Input: '{}' }, ...others },
    ...metadata('Stack/Sessions/Schedule'),
  });

  test('a monitor is read with its settings', () => {
    const { functions, schedules } = read({
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/teams/mine' } },
      Collector: { ...COLLECTOR, Properties: { ...COLLECTOR.Properties, Timeout: 240, MemorySize: 256, LoggingConfig: { LogGroup: { Ref: 'Log' } } } },
      Plain: COLLECTOR,
      Schedule: schedule('Collector'),
    });
    const plain = {
      logicalId: 'Plain',
      name: 'Stack-Plain',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Plain',
      region: 'us-east-1',
      handler: 'index.handler',
      timeoutSeconds: 3,
      memorySize: 128,
      environment: { METRIC_NAMESPACE: COLLECTOR_NAMESPACE, INTERVAL_MINUTES: '5' },
      logGroup: '/aws/lambda/Stack-Plain',
      assetFolder: ASSET_FOLDER,
    };
    expect(functions).toEqual([
      { ...plain, logicalId: 'Collector', name: 'Stack-Collector', arn: plain.arn.replace('Plain', 'Collector'), timeoutSeconds: 240, memorySize: 256, logGroup: '/teams/mine' }, plain,
    ]);
    expect(schedules).toEqual([{ logicalId: 'Schedule', path: 'Stack/Sessions/Schedule', function: functions[0], minutes: expect.any(Array), input: '{}' }]);
    expect(schedules[0]!.minutes).toHaveLength(12);
  });

  test('other functions and schedules may have anything', () => {
    const { functions, schedules, notSimulated } = read({
      Collector: COLLECTOR,
      Schedule: schedule('Collector'),
      Off: schedule('Collector', undefined, { State: 'DISABLED' }),
      Other: { Type: 'AWS::Lambda::Function', Properties: { Code: { ZipFile: 'x' }, Role: { 'Fn::ImportValue': 'x' }, Environment: { Variables: { A: { 'Fn::Cidr': [] } } } } },
      Nightly: schedule('Other', 'rate(1 day)'),
      Weekly: { Type: 'AWS::Scheduler::Schedule', Properties: { ScheduleExpression: 'cron(0 0 ? * 1 *)', Target: { Arn: { 'Fn::ImportValue': 'Cluster' } } } },
    });
    expect(functions.map(({ logicalId }) => logicalId)).toEqual(['Collector']);
    expect(schedules.map(({ logicalId }) => logicalId)).toEqual(['Schedule']);
    expect(notSimulated).toEqual([]);
  });

  test('a monitor whose code is missing is an error that says where to find it', () => {
    const template = { Resources: { Collector: { ...COLLECTOR, ...metadata('Stack/Sessions/Collector') } } };
    for (const assets of [new Map<string, string>(), new Map([['hash', '/no/such/folder']])]) {
      expect(() => readStacks([{ name: 'Stack', template, assets }])).toThrow('the code of function Stack/Sessions/Collector is missing: there is no asset.hash beside the template;'
        + ' pass the template where "cdk synth" wrote it, such as cdk.out/Stack.template.json');
    }
  });
});

describe('alarms', () => {
  const alarm = (constructPath: string, properties = {}) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Namespace: COLLECTOR_NAMESPACE,
      MetricName: 'IdleTime',
      Dimensions: [{ Name: 'WorkGroup', Value: 'analytics' }],
      Statistic: 'Maximum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmActions: [{ 'Fn::ImportValue': 'Topic' }],
      ...properties,
    },
    ...metadata(constructPath),
  });
  const composite = (rule: unknown, others = {}) => ({ Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmRule: rule, ...others } });
  const metrics = (others: object) => ({
    Namespace: undefined,
    Metrics: [{ Id: 'm', Label: 'idle', MetricStat: { Metric: { Namespace: COLLECTOR_NAMESPACE, MetricName: 'IdleTime' }, Stat: 'Maximum', Period: 300 }, ReturnData: true, ...others }],
  });
  const ofLambda = (MetricName: string) => ({ Namespace: 'AWS/Lambda', MetricName, Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Collector' } }] });

  test('those of monitors are read, others are ignored', () => {
    const { alarms, notSimulated } = read({
      Collector: COLLECTOR,
      Idle: alarm('Stack/Sessions/Alarms/Idle'),
      Errors: alarm('Stack/Errors', ofLambda('Errors')),
      Labelled: alarm('Stack/Labelled', metrics({})),
      Both: composite({ 'Fn::Join': ['', ['ALARM("', { Ref: 'Idle' }, '") OR ALARM(', { 'Fn::GetAtt': ['Errors', 'Arn'] }, ')']] }),
      Nested: composite('ALARM(Stack-Both)'),
      Cpu: alarm('Stack/Cpu', { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'InstanceId', Value: { 'Fn::ImportValue': 'x' } }] }),
      Anomaly: alarm('Stack/Anomaly', { Namespace: 'AWS/EC2', ThresholdMetricId: 'band' }),
      OtherFunction: alarm('Stack/OtherFunction', { Namespace: 'AWS/Lambda', MetricName: 'Errors', Dimensions: [{ Name: 'FunctionName', Value: 'other' }] }),
      OfOthers: composite({ 'Fn::Join': ['', ['ALARM(', { Ref: 'Cpu' }, ')']] }),
    });
    expect(alarms.map(({ label }) => label)).toEqual(['Sessions/Idle', 'Errors', 'Labelled', 'Both', 'Nested']);
    expect(notSimulated).toEqual([]);
  });

  test('those of monitors that are not simulated are left out, and named', () => {
    const { alarms, notSimulated } = read({
      Collector: COLLECTOR,
      Idle: alarm('Stack/Idle'),
      Cpu: alarm('Stack/Cpu', { Namespace: 'AWS/EC2' }),
      Unusual: alarm('Stack/Unusual', { ThresholdMetricId: 'band' }),
      Invocations: alarm('Stack/Invocations', ofLambda('Invocations')),
      Sum: alarm('Stack/Sum', { Namespace: undefined, Metrics: [{ Id: 'e', Expression: `SELECT SUM(IdleTime) FROM SCHEMA("${COLLECTOR_NAMESPACE}", WorkGroup)`, Period: 60 }] }),
      P90: alarm('Stack/P90', { Statistic: undefined, ExtendedStatistic: 'p90' }),
      Foreign: alarm('Stack/Foreign', metrics({ AccountId: '111122223333' })),
      Mixed: composite('ALARM(Stack-Idle) OR ALARM(Stack-Unusual)'),
      OnMixed: composite('ALARM(Stack-Mixed) OR ALARM(Stack-Idle)'),
      Suppressed: composite('ALARM(Stack-Idle)', { ActionsSuppressor: 'x' }),
    });
    expect(alarms.map(({ logicalId }) => logicalId)).toEqual(['Idle']);
    expect(notSimulated).toEqual([
      'Stack/Unusual: anomaly detection is not simulated',
      'Stack/Invocations: Lambda\'s metric Invocations is not simulated',
      expect.stringMatching(/^Stack\/Sum: only Metrics Insights queries such as /),
      expect.stringMatching(/^Stack\/P90: statistic "p90" is not simulated, only /),
      'Stack/Foreign: metrics of another account are not simulated',
      'Mixed: it depends on Stack-Unusual, which is not simulated',
      'OnMixed: it depends on Stack-Mixed, which is not simulated',
      'Suppressed: ActionsSuppressor is not simulated',
    ]);
  });

  test('alarms that have the same path in their stacks are named with the stacks', () => {
    const stacks = ['One', 'Two'].map(name => ({
      name, path: `Stage/${name}`, template: { Resources: { Collector: COLLECTOR, Idle: alarm(`Stage/${name}/Idle`), Own: alarm(`Stage/${name}/${name}Only`) } }, assets: ASSETS,
    }));
    expect(readStacks(stacks).flatMap(({ alarms }) => alarms.map(({ label }) => label))).toEqual(['Stage/One/Idle', 'OneOnly', 'Stage/Two/Idle', 'TwoOnly']);
  });
});

test('dashboards are read if all of their values are known', () => {
  const body = { 'Fn::Join': ['', ['{"widgets":["', { 'Fn::Join': ['$252F', { 'Fn::Split': ['/', '/teams/mine'] }] }, '","', { 'Fn::GetAtt': ['Alarm', 'Arn'] }, '"]}']] };
  const board = (DashboardBody: unknown) => ({ Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody }, ...metadata('Stack/Monitor/Dashboard') });
  expect(read({ Alarm: { Type: 'AWS::CloudWatch::Alarm' }, Board: board(body), Other: board({ 'Fn::Cidr': 'x' }) }).dashboards).toEqual([{
    logicalId: 'Board',
    path: 'Stack/Monitor/Dashboard',
    region: 'us-east-1',
    body: '{"widgets":["$252Fteams$252Fmine","arn:aws:cloudwatch:us-east-1:123456789012:alarm:Stack-Alarm"]}',
  }]);
});

test('rules that send to topics, with their bus and their pattern', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:enable-path-metadata': true } }), 'Stack');
  const bus = new events.EventBus(stack, 'Bus', { eventBusName: 'central' });
  const alerts = new sns.Topic(stack, 'Alerts', { topicName: 'alerts' });
  const ops = sns.Topic.fromTopicArn(stack, 'Ops', 'arn:aws:sns:us-east-1:123456789012:ops');
  const message = events.RuleTargetInput.fromText(`It is ${events.EventField.fromPath('$.detail.text')}`);
  new events.Rule(stack, 'Mail', { eventBus: bus, eventPattern: { source: ['tests'], region: [stack.region] } }).addTarget(new SnsTopic(alerts, { message }));
  const both = new events.Rule(stack, 'Both', { ruleName: 'both', eventPattern: { source: ['tests'] } });
  both.addTarget(new SnsTopic(alerts));
  both.addTarget(new SnsTopic(ops, { message: events.RuleTargetInput.fromEventPath('$.detail') }));
  new events.Rule(stack, 'Log', { eventPattern: { source: ['tests'] } }).addTarget(new CloudWatchLogGroup(new LogGroup(stack, 'LogGroup')));
  new events.Rule(stack, 'Off', { enabled: false, eventPattern: { source: ['tests'] } }).addTarget(new SnsTopic(alerts));
  new events.Rule(stack, 'Clock', { schedule: events.Schedule.rate(Duration.hours(1)) }).addTarget(new SnsTopic(alerts));

  const [{ topics, rules }] = readStacks([{ name: 'Stack', template: Template.fromStack(stack).toJSON(), assets: ASSETS }]) as [DeployedStack];
  const alertsTopic = { logicalId: expect.stringContaining('Alerts'), path: 'Stack/Alerts', name: 'alerts', arn: 'arn:aws:sns:us-east-1:123456789012:alerts', label: 'Alerts' };
  const opsTopic = { logicalId: 'ops', path: 'ops', name: 'ops', arn: 'arn:aws:sns:us-east-1:123456789012:ops', label: 'ops' };
  expect(topics).toEqual([alertsTopic, opsTopic]);
  expect(rules).toEqual([
    {
      logicalId: expect.stringContaining('Mail'),
      path: 'Stack/Mail',
      name: expect.stringMatching(/^Stack-Mail/),
      arn: expect.stringMatching(/^arn:aws:events:us-east-1:123456789012:rule\/Stack-Mail/),
      eventBus: 'central',
      pattern: { source: ['tests'], region: ['us-east-1'] },
      targets: [{ topic: alertsTopic, input: { InputTransformer: { InputPathsMap: { 'detail-text': '$.detail.text' }, InputTemplate: '"It is <detail-text>"' } } }],
    },
    expect.objectContaining({
      path: 'Stack/Both', name: 'both', eventBus: 'default', targets: [{ topic: alertsTopic, input: {} }, { topic: opsTopic, input: { InputPath: '$.detail' } }],
    }),
  ]);
});

test('rules of which something is not known are left out, and named if they are for events of monitors', () => {
  const rule = (source: string) => ({
    Type: 'AWS::Events::Rule',
    Properties: { EventPattern: { source: [source], account: [{ 'Fn::Cidr': 'x' }] }, Targets: [{ Arn: { Ref: 'Alerts' } }] },
    ...metadata(`Stack/${source}`),
  });
  const { rules, notSimulated } = read({ Alerts: { Type: 'AWS::SNS::Topic' }, Own: rule('cdk-athena-session-monitor'), Other: rule('aws.ec2') });
  expect(rules).toEqual([]);
  expect(notSimulated).toEqual(['Stack/cdk-athena-session-monitor: Own.EventPattern.account[0]: Fn::Cidr is not simulated']);
});

test('rules for events of monitors with a target that is not known are named', () => {
  const rule = (source: string, arn: unknown) => ({ Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: [source] }, Targets: [{ Arn: arn }] }, ...metadata('Stack/Messages') });
  const template = {
    Parameters: { Topic: { Type: 'String' }, Looked: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/topic' } },
    Resources: {
      Param: rule('cdk-athena-session-monitor', { Ref: 'Topic' }),
      Ssm: rule('cdk-athena-session-monitor', { Ref: 'Looked' }),
      Import: rule('cdk-athena-session-monitor', { 'Fn::ImportValue': 'x' }),
      Function: rule('cdk-athena-session-monitor', { 'Fn::GetAtt': ['Collector', 'Arn'] }),
      Other: rule('aws.ec2', { Ref: 'Topic' }),
      Collector: COLLECTOR,
    },
  };
  expect(readStacks([{ name: 'Stack', template, assets: ASSETS }])[0]!.notSimulated).toEqual([
    'Stack/Messages: its target {"Ref":"Topic"} is not known before deployment',
    'Stack/Messages: its target {"Ref":"Looked"} is not known before deployment',
    'Stack/Messages: its target {"Fn::ImportValue":"x"} is not known before deployment',
  ]);
});

test('resources of other tools may be malformed', () => {
  const resource = (Type: string, Properties?: unknown) => ({ Type, Properties });
  const ifs = { 'Fn::If': ['a', 'b', 'c'] };
  const { functions } = read({
    'Collector': COLLECTOR,
    'Null': null,
    'Fn::ForEach::Loop': ['a', ['b'], {}],
    'Empty': {},
    'NoProperties': resource('AWS::Lambda::Function', null),
    'NoVariables': resource('AWS::Lambda::Function', { Environment: { Variables: null } }),
    'TextVariables': resource('AWS::Lambda::Function', { Environment: { Variables: 'x' } }),
    'Rule': resource('AWS::Events::Rule', { EventPattern: {}, Targets: ifs }),
    'NullTarget': resource('AWS::Events::Rule', { EventPattern: {}, Targets: [null, ifs] }),
    'Schedule': resource('AWS::Scheduler::Schedule', { Target: ifs }),
    'Alarm': resource('AWS::CloudWatch::Alarm', { Metrics: [] }),
    'Dashboard': resource('AWS::CloudWatch::Dashboard'),
    'Nested': resource('AWS::CloudFormation::Stack'),
    'Composite': resource('AWS::CloudWatch::CompositeAlarm', {}),
  });
  expect(functions.map(({ logicalId }) => logicalId)).toEqual(['Collector']);
});

describe('schedules', () => {
  test.each([
    ['cron(0/5 * * * ? *)', [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]],
    ['cron(0 * * * ? *)', [0]],
    ['cron(7,37 * ? * * *)', [7, 37]],
    ['cron(10-30/10 * * * ? *)', [10, 20, 30]],
    ['cron(*/20 * * * ? *)', [0, 20, 40]],
  ])('%s', (expression, minutes) => expect(minutesOf(expression, 'Schedule')).toEqual(minutes));

  test.each(['rate(5 minutes)', 'cron(0 9 * * ? *)', 'cron(x * * * ? *)'])('%s is not simulated', expression => {
    expect(() => minutesOf(expression, 'TheSchedule')).toThrow('schedule TheSchedule');
  });
});
