import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, CfnParameter, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { LogGroup, LogGroupClass, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import * as compiled from '../lib';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, WorkGroupSelection } from '../src';
import {
  alarmsOf, countsOf, environmentOf, expectError, FLAGS, INTERVALS, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf,
  warningsOf, withoutVisible,
} from './support/synthesis';

const SELECTIONS: [string, WorkGroupSelection | undefined][] = [
  ['no selection', undefined],
  ['all()', WorkGroupSelection.all()],
  ['matching()', WorkGroupSelection.matching('etl-*', '!etl-test')],
  ['named()', WorkGroupSelection.named('etl', 'adhoc')],
];

/** The one resource of a type whose logical id begins so. */
function onlyResource(monitor: AthenaSessionMonitor, type: string, prefix = ''): Properties {
  const found = Object.entries(resourcesOf(monitor)).filter(([id, { Type }]) => Type === type && id.startsWith(prefix));
  expect(found).toHaveLength(1);
  return found[0][1];
}

/** The statements of the policy of one of the monitor's roles. */
function statementsOf(monitor: AthenaSessionMonitor, roleId: string): Properties[] {
  return onlyResource(monitor, 'AWS::IAM::Policy', `Sessions${roleId}`).Properties.PolicyDocument.Statement;
}

function workGroupArn(name: string): Properties {
  const place = [{ Ref: 'AWS::Partition' }, ':athena:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }];
  return { 'Fn::Join': ['', ['arn:', ...place, `:workgroup/${name}`]] };
}

test('detects a monitor of a second copy of the library', () => {
  const stack = newStack();
  newMonitor({}, stack);
  expect(compiled.AthenaSessionMonitor).not.toBe(AthenaSessionMonitor);
  expectError(() => new compiled.AthenaSessionMonitor(stack, 'Copy'), 'metricNamespace', 'the only one in its namespace', 'AthenaSessions');
});

test('ignores a monitor whose constructor threw an error', () => {
  const stack = newStack();
  newMonitor({ workGroups: WorkGroupSelection.named('a') }, stack);
  expect(() => new AthenaSessionMonitor(stack, 'Both', { workGroups: WorkGroupSelection.named('a', 'b') })).toThrow('metricNamespace');
  expect(() => new AthenaSessionMonitor(stack, 'Other', { workGroups: WorkGroupSelection.named('b') })).not.toThrow();
});

test('accepts props that are getters of a class', () => {
  class Props implements AthenaSessionMonitorProps {
    public get createDashboard(): boolean {
      return false;
    }
  }
  expect(newMonitor(new Props()).dashboard).toBeUndefined();
});

test.each([1, 64, 120])('puts %i named workgroups into one inline policy', (count) => {
  const names = Array.from({ length: count }, (_, i) => `team-${i}`);
  const monitor = newMonitor({ workGroups: WorkGroupSelection.named(...names), alarms: [] });
  const counts = countsOf(resourcesOf(monitor));
  expect(counts['AWS::IAM::ManagedPolicy']).toBeUndefined();
  expect(counts['AWS::IAM::Policy']).toBe(2);
  const list = statementsOf(monitor, 'Role').find(({ Action }) => Action === 'athena:ListSessions')!;
  expect([list.Resource].flat()).toHaveLength(count);
});

test('a pattern that is a token may be an exclusion, so the role may list all workgroups', () => {
  const stack = newStack();
  const pattern = new CfnParameter(stack, 'Pattern').valueAsString;
  const monitor = newMonitor({ workGroups: WorkGroupSelection.matching(pattern) }, stack);
  const list = statementsOf(monitor, 'Role').find(({ Action }) => Action === 'athena:ListSessions')!;
  expect(list.Resource).toEqual(workGroupArn('*'));
});

describe('without props', () => {
  let stack: Stack;
  let monitor: AthenaSessionMonitor;

  beforeEach(() => {
    stack = new Stack(newApp({ [DISABLE_ASSET_STAGING_CONTEXT]: undefined }), 'Stack');
    monitor = new AthenaSessionMonitor(stack, 'Sessions');
  });

  test('deploys one schedule, one function, its log group, two roles, five alarms and a dashboard, and nothing else', () => {
    expect(countsOf(resourcesOf(monitor))).toEqual({
      'AWS::Scheduler::Schedule': 1,
      'AWS::Lambda::Function': 1,
      'AWS::Lambda::EventInvokeConfig': 1,
      'AWS::Logs::LogGroup': 1,
      'AWS::IAM::Role': 2,
      'AWS::IAM::Policy': 2,
      'AWS::CloudWatch::Alarm': 5,
      'AWS::CloudWatch::Dashboard': 1,
    });
  });

  test('has the three default alarms on found workgroups and the two health alarms', () => {
    expect(Object.keys(alarmsOf(monitor)).sort()).toEqual([
      'Alarms/Degraded', 'Alarms/Failed', 'Alarms/Heartbeat', 'Alarms/Idle', 'Alarms/Listing',
    ]);
  });

  test('the template matches the snapshot', () => {
    const { Resources } = Template.fromStack(stack).toJSON();
    for (const { Type, Properties: properties } of Object.values<Properties>(Resources)) {
      if (Type === 'AWS::Lambda::Function') {
        expect(properties.Code.S3Key).toMatch(/^[0-9a-f]{64}\.zip$/);
        properties.Code.S3Key = 'asset.zip';
      }
    }
    expect(JSON.parse(withoutVisible(JSON.stringify(Resources)))).toMatchSnapshot();
  });

  test('the asset is the bundled collector', () => {
    const assembly = (stack.node.root as App).synth();
    const manifest = JSON.parse(readFileSync(path.join(assembly.directory, `${stack.artifactId}.assets.json`), 'utf8'));
    const [{ source }] = Object.values<Properties>(manifest.files).filter(({ source: { packaging } }) => packaging === 'zip');
    const bundle = readFileSync(path.join(assembly.directory, source.path, 'index.js'), 'utf8');
    expect(bundle).toBe(readFileSync(path.join(__dirname, '..', 'assets', 'collector', 'index.js'), 'utf8'));
    expect(bundle).toContain('module.exports={handler}');
  });

  test('exposes its namespace, interval and resources', () => {
    expect(monitor.metricNamespace).toBe('AthenaSessions');
    expect(monitor.interval.toMinutes()).toBe(5);
    expect(monitor.alarms).toHaveLength(3);
    expect(monitor.heartbeatAlarm).toBeDefined();
    expect(monitor.listingAlarm).toBeDefined();
    expect(stack.resolve(monitor.collector.functionName)).toEqual({ Ref: expect.stringMatching(/^SessionsCollector/) });
    expect(stack.resolve(monitor.schedule.scheduleName)).toEqual({ Ref: expect.stringMatching(/^SessionsSchedule/) });
    expect(stack.resolve(monitor.logGroup.logGroupName)).toEqual({ Ref: expect.stringMatching(/^SessionsLogGroup/) });
  });
});

describe('the schedule', () => {
  const CRON: { [minutes: number]: string } = {
    1: 'cron(0/1 * * * ? *)',
    2: 'cron(0/2 * * * ? *)',
    3: 'cron(0/3 * * * ? *)',
    4: 'cron(0/4 * * * ? *)',
    5: 'cron(0/5 * * * ? *)',
    6: 'cron(0/6 * * * ? *)',
    10: 'cron(0/10 * * * ? *)',
    12: 'cron(0/12 * * * ? *)',
    15: 'cron(0/15 * * * ? *)',
    20: 'cron(0/20 * * * ? *)',
    30: 'cron(0/30 * * * ? *)',
    60: 'cron(0 * * * ? *)',
  };

  test.each(INTERVALS)('is a cron expression on the grid in UTC for an interval of %d minutes', (minutes) => {
    const schedule = propertiesOf(newMonitor({ interval: Duration.minutes(minutes) }), 'AWS::Scheduler::Schedule');
    expect(schedule).toMatchObject({
      ScheduleExpression: CRON[minutes],
      ScheduleExpressionTimezone: expect.stringMatching(/^(Etc\/)?UTC$/),
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
    });
  });

  test('accepts an interval in any unit', () => {
    const expressionFor = (interval: Duration) => propertiesOf(newMonitor({ interval }), 'AWS::Scheduler::Schedule').ScheduleExpression;
    expect(expressionFor(Duration.seconds(600))).toBe('cron(0/10 * * * ? *)');
    expect(expressionFor(Duration.hours(1))).toBe('cron(0 * * * ? *)');
  });

  test('has no start, end or flexible time window', () => {
    expect(Object.keys(propertiesOf(newMonitor(), 'AWS::Scheduler::Schedule')).sort()).toEqual([
      'Description', 'FlexibleTimeWindow', 'ScheduleExpression', 'ScheduleExpressionTimezone', 'State', 'Target',
    ]);
  });

  test('passes the scheduled time to the function', () => {
    const { Target } = propertiesOf(newMonitor(), 'AWS::Scheduler::Schedule');
    expect(JSON.parse(Target.Input)).toEqual({ scheduledTime: '<aws.scheduler.scheduled-time>' });
  });

  test.each(INTERVALS)('does not retry, and drops events older than an interval of %d minutes', (minutes) => {
    const { RetryPolicy } = propertiesOf(newMonitor({ interval: Duration.minutes(minutes) }), 'AWS::Scheduler::Schedule').Target;
    expect(RetryPolicy.MaximumRetryAttempts).toBe(0);
    expect(RetryPolicy.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(60); // the least that Scheduler takes
    expect(RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(minutes * 60);
  });

  test('has a role that may only invoke the function, without its versions', () => {
    const monitor = newMonitor();
    const functionArn = { 'Fn::GetAtt': [expect.stringMatching(/^SessionsCollector/), 'Arn'] };
    expect(statementsOf(monitor, 'ScheduleRole')).toEqual([{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: functionArn }]);
    const { Target } = propertiesOf(monitor, 'AWS::Scheduler::Schedule');
    expect(Target.Arn).toEqual(functionArn);
    expect(Target.RoleArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^SessionsScheduleRole/), 'Arn'] });
  });

  test('has a role that only EventBridge Scheduler of this account can assume', () => {
    const role = onlyResource(newMonitor(), 'AWS::IAM::Role', 'SessionsScheduleRole');
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }]);
  });

  test('depends on its policy', () => {
    const schedule = onlyResource(newMonitor(), 'AWS::Scheduler::Schedule');
    expect(schedule.DependsOn).toContainEqual(expect.stringMatching(/^SessionsScheduleRoleDefaultPolicy/));
  });
});

describe('the function', () => {
  test.each(INTERVALS)('is not retried, and its events are dropped after an interval of %d minutes', (minutes) => {
    const config = propertiesOf(newMonitor({ interval: Duration.minutes(minutes) }), 'AWS::Lambda::EventInvokeConfig');
    expect(config).toEqual({
      FunctionName: { Ref: expect.stringMatching(/^SessionsCollector/) },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: minutes * 60,
    });
  });

  test('runs on the latest Node and arm64, with the text log format and its own log group', () => {
    expect(propertiesOf(newMonitor(), 'AWS::Lambda::Function')).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 256,
      LoggingConfig: { LogFormat: 'Text', LogGroup: { Ref: expect.stringMatching(/^SessionsLogGroup/) } },
      Role: { 'Fn::GetAtt': [expect.stringMatching(/^SessionsRole/), 'Arn'] },
    });
  });

  test('depends on its policy', () => {
    const collector = onlyResource(newMonitor(), 'AWS::Lambda::Function');
    expect(collector.DependsOn).toContainEqual(expect.stringMatching(/^SessionsRolePolicy/));
  });

  test.each([
    [1, 48], [2, 96], [3, 144], [4, 192], [5, 240], [6, 288], [10, 480], [12, 576], [15, 720], [20, 900], [30, 900], [60, 900],
  ])('with an interval of %d minutes times out after %d seconds', (minutes, seconds) => {
    const monitor = newMonitor({ interval: Duration.minutes(minutes) });
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').Timeout).toBe(seconds);
  });

  test('gets all settings from its environment', () => {
    expect(environmentOf(newMonitor())).toEqual({
      METRIC_NAMESPACE: 'AthenaSessions',
      INTERVAL_MINUTES: '5',
      LOOKBACK_MINUTES: '60',
      MAX_SESSION_MINUTES: '1440',
      COUNT_TERMINATED: 'true',
      MAX_REQUESTS_PER_SECOND: '4',
      ZEROS_WHEN_QUIET: 'false',
      LOG_SESSION_DETAILS: 'true',
      WORK_GROUP_PATTERNS: '*',
    });
  });

  test('gets the values of the props', () => {
    const monitor = newMonitor({
      workGroups: WorkGroupSelection.named('etl', 'adhoc'),
      interval: Duration.minutes(10),
      metricNamespace: 'Team/Sessions',
      lookback: Duration.hours(2),
      maxSessionDuration: Duration.hours(8),
      countTerminated: false,
      zerosWhenQuiet: true,
      maxRequestsPerSecond: 2.5,
      logSessionDetails: false,
      memorySize: 512,
      timeout: Duration.minutes(3),
    });
    expect(environmentOf(monitor)).toEqual({
      METRIC_NAMESPACE: 'Team/Sessions',
      INTERVAL_MINUTES: '10',
      LOOKBACK_MINUTES: '120',
      MAX_SESSION_MINUTES: '480',
      COUNT_TERMINATED: 'false',
      MAX_REQUESTS_PER_SECOND: '2.5',
      ZEROS_WHEN_QUIET: 'true',
      LOG_SESSION_DETAILS: 'false',
      WORK_GROUPS: 'etl,adhoc',
    });
    expect(propertiesOf(monitor, 'AWS::Lambda::Function')).toMatchObject({ MemorySize: 512, Timeout: 180 });
  });

  test.each([
    [1, '60'], [2, '60'], [3, '60'], [4, '60'], [5, '60'], [6, '60'], [10, '60'], [12, '60'], [15, '60'], [20, '60'], [30, '90'], [60, '180'],
  ])('with an interval of %d minutes looks back %s minutes', (minutes, lookback) => {
    expect(environmentOf(newMonitor({ interval: Duration.minutes(minutes), alarms: [] })).LOOKBACK_MINUTES).toBe(lookback);
  });

  test('gets the patterns unchanged', () => {
    const environment = environmentOf(newMonitor({ workGroups: WorkGroupSelection.matching('etl-*', '!etl-test-?') }));
    expect(environment.WORK_GROUP_PATTERNS).toBe('etl-*,!etl-test-?');
    expect(environment).not.toHaveProperty('WORK_GROUPS');
  });
});

describe('the collector\'s role', () => {
  const LOG_STATEMENT = {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: { 'Fn::GetAtt': [expect.stringMatching(/^SessionsLogGroup/), 'Arn'] },
  };

  test('may list the sessions of named workgroups, and no workgroups', () => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named('etl', 'adhoc') });
    expect(statementsOf(monitor, 'Role')).toEqual([
      LOG_STATEMENT,
      { Effect: 'Allow', Action: 'athena:ListSessions', Resource: [workGroupArn('etl'), workGroupArn('adhoc')] },
    ]);
  });

  test('may list all workgroups and their sessions', () => {
    expect(statementsOf(newMonitor(), 'Role')).toEqual([
      LOG_STATEMENT,
      { Effect: 'Allow', Action: 'athena:ListSessions', Resource: workGroupArn('*') },
      { Effect: 'Allow', Action: 'athena:ListWorkGroups', Resource: '*' },
    ]);
  });

  test('may list the sessions of matching workgroups', () => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.matching('etl-*', '!etl-test', 'adhoc-?') });
    expect(statementsOf(monitor, 'Role')).toEqual([
      LOG_STATEMENT,
      { Effect: 'Allow', Action: 'athena:ListSessions', Resource: [workGroupArn('etl-*'), workGroupArn('adhoc-?')] },
      { Effect: 'Allow', Action: 'athena:ListWorkGroups', Resource: '*' },
    ]);
  });

  test('may list the sessions of all workgroups if the patterns only exclude', () => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.matching('!etl-test') });
    expect(statementsOf(monitor, 'Role')[1].Resource).toEqual(workGroupArn('*'));
  });

  test('can be assumed by Lambda only', () => {
    const role = onlyResource(newMonitor(), 'AWS::IAM::Role', 'SessionsRole');
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  test.each(SELECTIONS)('has no managed policy with %s, like the schedule\'s role', (_, workGroups) => {
    const roles = Object.values(resourcesOf(newMonitor({ workGroups }))).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles).toHaveLength(2);
    for (const { Properties: properties } of roles) {
      expect(Object.keys(properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Description']);
    }
  });
});

describe('the log group', () => {
  test('keeps lines for a month and is removed with the monitor', () => {
    const monitor = newMonitor();
    expect(propertiesOf(monitor, 'AWS::Logs::LogGroup')).toEqual({ RetentionInDays: 30 });
    expect(onlyResource(monitor, 'AWS::Logs::LogGroup')).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });

  test('can be an existing one, which the role may write to', () => {
    const stack = newStack();
    const logGroup = new LogGroup(stack, 'Mine', { retention: RetentionDays.ONE_YEAR });
    const monitor = newMonitor({ logGroup }, stack);
    const mine = stack.resolve(logGroup.logGroupName);
    expect(propertiesOf(monitor, 'AWS::Logs::LogGroup').RetentionInDays).toBe(365); // fails where there is another
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').LoggingConfig).toEqual({ LogFormat: 'Text', LogGroup: mine });
    expect(statementsOf(monitor, 'Role')[0].Resource).toEqual(stack.resolve(logGroup.logGroupArn));
    expect(JSON.stringify(alarmsOf(monitor)['Alarms/Idle'].AlarmDescription)).toContain(JSON.stringify(mine));
    expect(monitor.logGroup).toBe(logGroup);
  });

  test('can be imported', () => {
    const stack = newStack();
    const monitor = newMonitor({ logGroup: LogGroup.fromLogGroupName(stack, 'Mine', 'my-log-group') }, stack);
    expect(countsOf(resourcesOf(monitor))).not.toHaveProperty('AWS::Logs::LogGroup');
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').LoggingConfig.LogGroup).toBe('my-log-group');
  });

  test('can be of the class Standard', () => {
    const stack = newStack();
    expect(() => newMonitor({ logGroup: new LogGroup(stack, 'Mine', { logGroupClass: LogGroupClass.STANDARD }) }, stack)).not.toThrow();
  });

  test('cannot be of a class without metric extraction', () => {
    const stack = newStack();
    const logGroup = new LogGroup(stack, 'Mine', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS });
    expectError(() => newMonitor({ logGroup }, stack), 'logGroup', 'STANDARD', 'INFREQUENT_ACCESS');
  });
});

describe.each(SELECTIONS)('with %s', (_, workGroups) => {
  test('no resource has a physical name', () => {
    const names = Object.values(resourcesOf(newMonitor({ workGroups }))).flatMap(({ Type, Properties: properties }) => (
      ['FunctionName', 'RoleName', 'AlarmName', 'LogGroupName', 'Name', 'ManagedPolicyName', 'DashboardName', 'QueueName', 'RuleName']
        .filter((property) => properties[property] !== undefined && !(Type === 'AWS::Lambda::EventInvokeConfig' && property === 'FunctionName'))
        .map((property) => `${Type} ${property}`)));
    expect(names).toEqual([]);
  });

  test('no partition, region or account is hard-coded', () => {
    const text = JSON.stringify(resourcesOf(newMonitor({ workGroups })));
    expect(text).toContain('AWS::Partition');
    expect(text).not.toMatch(/arn:aws/);
    expect(text).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
  });
});

describe.each(FLAGS)('with %s', (_, context) => {
  const ENVIRONMENTS: [string, StackProps][] = [
    ['any environment', {}],
    ['a known environment', { env: { account: '111111111111', region: 'eu-west-1' } }],
  ];

  describe.each(ENVIRONMENTS)('in %s', (__, stackProps) => {
    test.each(SELECTIONS)('%s synthesizes without a warning', (___, workGroups) => {
      const stack = new Stack(newApp(context), 'Stack', stackProps);
      newMonitor({ workGroups }, stack);
      expect(warningsOf(stack)).toEqual([]);
    });

    test('all props synthesize without a warning', () => {
      const stack = new Stack(newApp(context), 'Stack', stackProps);
      const actions = [new SnsAction(new Topic(stack, 'Alerts'))];
      const props: AthenaSessionMonitorProps = {
        ...{ alarmActions: actions, okActions: actions, insufficientDataActions: actions },
        workGroups: WorkGroupSelection.named('etl'),
        interval: Duration.minutes(10),
        metricNamespace: 'Team/Sessions',
        alarms: [],
        healthAlarms: HealthAlarm.defaults(),
        runbookUrl: 'https://example.com/runbook',
        lookback: Duration.hours(2),
        maxSessionDuration: Duration.hours(8),
        countTerminated: false,
        maxRequestsPerSecond: 2,
        logSessionDetails: false,
        logGroup: new LogGroup(stack, 'Mine'),
        memorySize: 512,
        timeout: Duration.minutes(3),
      };
      newMonitor(props, stack);
      expect(warningsOf(stack)).toEqual([]);
    });

    test('creates the same resources with the same ids', () => {
      const monitor = newMonitor({}, new Stack(newApp(context), 'Stack', stackProps));
      expect(Object.keys(resourcesOf(monitor)).sort()).toEqual(Object.keys(resourcesOf(newMonitor())).sort());
    });
  });

  test('creates one log group, which the function logs to', () => {
    const monitor = newMonitor({}, new Stack(newApp(context), 'Stack'));
    const { LogGroup: logGroup } = propertiesOf(monitor, 'AWS::Lambda::Function').LoggingConfig;
    expect(Object.keys(resourcesOf(monitor)).filter((id) => resourcesOf(monitor)[id].Type === 'AWS::Logs::LogGroup')).toEqual([logGroup.Ref]);
  });

  test.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eu-west-1', 'aws'],
  ])('the ARNs in %s are of the partition %s', (region, partition) => {
    const stack = new Stack(newApp(context), 'Stack', { env: { account: '111111111111', region } });
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named('etl') }, stack);
    const statement = statementsOf(monitor, 'Role').find(({ Action }) => Action === 'athena:ListSessions');
    const arn = typeof statement.Resource === 'string'
      ? statement.Resource
      : statement.Resource['Fn::Join'][1].map((part: Properties) => part.Ref === 'AWS::Partition' ? partition : part).join('');
    expect(arn).toBe(`arn:${partition}:athena:${region}:111111111111:workgroup/etl`);
  });
});

test('the test detects a warning', () => {
  const stack = newStack();
  stack.node.addMetadata('aws:cdk:warning', 'mind the gap');
  expect(warningsOf(stack)).toHaveLength(1);
});
