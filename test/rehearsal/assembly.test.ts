import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, aws_cloudwatch as cloudwatch, aws_events as events, aws_lambda as lambda, aws_sns as sns, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CloudWatchLogGroup, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput, ContextAttribute } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { minutesOf, readAssembly, readStack, Resolver, synthesise } from '../../rehearsal/assembly';

let folder: string;
beforeEach(() => folder = mkdtempSync(path.join(tmpdir(), 'assembly-test-')));
afterEach(() => rmSync(folder, { recursive: true }));

test('functions, schedules and alarms of a synthesised stack', () => {
  const code = mkdtempSync(path.join(folder, 'code-'));
  writeFileSync(path.join(code, 'index.mjs'), 'export const handler = async () => {};');
  const app = new App({ outdir: path.join(folder, 'out'), context: { 'aws:cdk:enable-path-metadata': true } });
  const stack = new Stack(app, 'Monitors');
  for (const id of ['One', 'Two']) {
    const handler = new lambda.Function(stack, id, {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(code),
      timeout: Duration.seconds(240),
      memorySize: 256,
      environment: { NAME: id, REGION: stack.region },
    });
    new Schedule(stack, `${id}Schedule`, {
      schedule: ScheduleExpression.cron({ minute: '0/5' }),
      target: new LambdaInvoke(handler, { input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }) }),
    });
    new cloudwatch.CfnAlarm(handler, 'Alarm', {
      namespace: 'Tests',
      metricName: 'Runs',
      dimensions: [{ name: 'FunctionName', value: handler.functionName }],
      comparisonOperator: 'LessThanThreshold',
      evaluationPeriods: 1,
    });
  }
  app.synth();

  const [deployed, ...others] = readAssembly(path.join(folder, 'out'));
  expect(others).toEqual([]);
  expect(deployed!.functions).toHaveLength(2);
  const [one] = deployed!.functions;
  expect(one).toMatchObject({
    name: `Monitors-${one!.logicalId}`, handler: 'index.handler', timeoutSeconds: 240, memorySize: 256, environment: { NAME: 'One', REGION: 'us-east-1' },
  });
  expect(readFileSync(path.join(one!.assetFolder, 'index.mjs'), 'utf8')).toContain('export const handler');
  expect(deployed!.schedules.map(({ path: constructPath, function: target, minutes }) => [constructPath, target.environment.NAME, minutes.length]))
    .toEqual([['Monitors/OneSchedule', 'One', 12], ['Monitors/TwoSchedule', 'Two', 12]]);
  expect(deployed!.schedules[0]!.input).toBe('{"scheduledTime":"<aws.scheduler.scheduled-time>"}');
  expect(deployed!.alarms.map(({ path: constructPath }) => constructPath)).toEqual(['Monitors/One/Alarm', 'Monitors/Two/Alarm']);
  expect(deployed!.alarms[0]!.properties.Dimensions).toEqual([{ Name: 'FunctionName', Value: one!.name }]);
});

test('dashboards, and the log groups of functions', () => {
  const body = { 'Fn::Join': ['', ['{"widgets":["', { 'Fn::Join': ['$252F', { 'Fn::Split': ['/', '/teams/mine'] }] }, '","', { 'Fn::GetAtt': ['Alarm', 'Arn'] }, '"]}']] };
  const { functions, dashboards, alarms } = readStack('Stack', {
    Resources: {
      Own: { Type: 'AWS::Lambda::Function', Properties: { Handler: 'index.handler', Code: { S3Key: 'hash.zip' }, LoggingConfig: { LogGroup: { Ref: 'Log' } } } },
      Plain: { Type: 'AWS::Lambda::Function', Properties: { Handler: 'index.handler', Code: { S3Key: 'hash.zip' } } },
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/teams/mine' } },
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
      Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: body }, Metadata: { 'aws:cdk:path': 'Stack/Monitor/Dashboard/Resource' } },
    },
  }, new Map([['hash', folder]]));
  expect(functions.map(({ logGroup }) => logGroup)).toEqual(['/teams/mine', '/aws/lambda/Stack-Plain']);
  expect(dashboards).toEqual([{
    logicalId: 'Board',
    path: 'Stack/Monitor/Dashboard',
    region: 'us-east-1',
    body: `{"widgets":["$252Fteams$252Fmine","arn:aws:cloudwatch:us-east-1:123456789012:alarm:${alarms[0]!.name}"]}`,
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

  const { topics, rules } = readStack('Stack', Template.fromStack(stack).toJSON(), new Map());
  const alertsTopic = { logicalId: expect.stringContaining('Alerts'), path: 'Stack/Alerts', name: 'alerts', arn: 'arn:aws:sns:us-east-1:123456789012:alerts' };
  const opsTopic = { logicalId: 'ops', path: 'ops', name: 'ops', arn: 'arn:aws:sns:us-east-1:123456789012:ops' };
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

test('an app is synthesised without the CDK CLI, and one that fails says why', async () => {
  writeFileSync(path.join(folder, 'cdk.json'), JSON.stringify({ app: 'node app.js', context: { greeting: 'hello' } }));
  writeFileSync(path.join(folder, 'app.js'), `
    const context = JSON.parse(process.env.CDK_CONTEXT_JSON);
    require('fs').mkdirSync(process.env.CDK_OUTDIR);
    require('fs').writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({ artifacts: {}, greeting: context.greeting }));`);
  const out = path.join(folder, 'out');
  await synthesise(folder, out);
  expect(readAssembly(out)).toEqual([]);

  writeFileSync(path.join(folder, 'app.js'), 'throw new Error("interval must divide an hour");');
  await expect(synthesise(folder, path.join(folder, 'out2'))).rejects.toThrow(/synthesis of .* failed: node app\.js[^]*interval must divide an hour/);
});

describe('intrinsics', () => {
  const resolver = new Resolver('Stack', {
    Parameters: { Threshold: { Type: 'Number', Default: 5 }, Names: { Type: 'CommaDelimitedList', Default: 'a,b' }, Open: { Type: 'String' } },
    Mappings: { Runtimes: { 'us-east-1': { node: 'nodejs24.x' } } },
    Resources: {
      Fn: { Type: 'AWS::Lambda::Function' },
      Named: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { 'Fn::Sub': '${AWS::StackName}-named' } } },
      Role: { Type: 'AWS::IAM::Role' },
      Topic: { Type: 'AWS::SNS::Topic' },
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'central' } },
      Rule: { Type: 'AWS::Events::Rule' },
      Group: { Type: 'AWS::Athena::WorkGroup', Properties: { Name: 'analytics' } },
    },
  });

  test.each<[unknown, unknown]>([
    ['text', 'text'],
    [{ Ref: 'Fn' }, 'Stack-Fn'],
    [{ Ref: 'Named' }, 'Stack-named'],
    [{ Ref: 'Group' }, 'analytics'],
    [{ Ref: 'Topic' }, 'arn:aws:sns:us-east-1:123456789012:Stack-Topic'],
    [{ 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'Stack-Topic'],
    [{ Ref: 'Bus' }, 'central'],
    [{ 'Fn::GetAtt': ['Bus', 'Name'] }, 'central'],
    [{ 'Fn::GetAtt': ['Bus', 'Arn'] }, 'arn:aws:events:us-east-1:123456789012:event-bus/central'],
    [{ 'Fn::GetAtt': ['Rule', 'Arn'] }, 'arn:aws:events:us-east-1:123456789012:rule/Stack-Rule'],
    [{ Ref: 'Threshold' }, 5],
    [{ Ref: 'Names' }, ['a', 'b']],
    [{ Ref: 'Open' }, 'Stack-Open'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['Fn', 'Arn'] }, 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Fn'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Fn' }, { 'Fn::Join': ['', ['x', 'y']] }]] }, 'a-Stack-Fn-xy'],
    [{ 'Fn::Sub': '${Fn} in ${AWS::Region} at ${Fn.Arn} ${!Literal}' }, 'Stack-Fn in us-east-1 at arn:aws:lambda:us-east-1:123456789012:function:Stack-Fn ${Literal}'],
    [{ 'Fn::Sub': ['${Own}-${Fn}', { Own: { Ref: 'Named' } }] }, 'Stack-named-Stack-Fn'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [{ 'Fn::FindInMap': ['Runtimes', { Ref: 'AWS::Region' }, 'node'] }, 'nodejs24.x'],
    [{ Kept: [1, { Ref: 'AWS::NoValue' }], Gone: { Ref: 'AWS::NoValue' } }, { Kept: [1] }],
  ])('%j', (value, expected) => {
    expect(resolver.resolve(value, 'here')).toEqual(expected);
  });

  test.each<[unknown, string]>([
    [{ Ref: 'Missing' }, 'here.Property: the template has no resource or parameter Missing'],
    [{ 'Fn::ImportValue': 'x' }, 'here.Property: Fn::ImportValue is not simulated'],
  ])('%j is an error', (value, message) => {
    expect(() => resolver.resolve({ Property: value }, 'here')).toThrow(message);
  });
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

  test('one that calls something else is an error', () => {
    const template = { Resources: { S: { Type: 'AWS::Scheduler::Schedule', Properties: { ScheduleExpression: 'cron(0 * * * ? *)', Target: { Arn: 'arn:x' } } } } };
    expect(() => readStack('Stack', template, new Map())).toThrow('schedule S calls arn:x');
  });
});
