import { type App, type CfnResource, CfnWaitConditionHandle, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, WorkGroupSelection } from '../src';
import { countsOf, expectError, FLAGS, newApp, newMonitor, newStack, propertiesOf, resourceOf, resourcesOf, permissionsOf, warningsOf } from './support/synthesis';

const LAMBDA = new iam.ServicePrincipal('lambda.amazonaws.com');
const ACCOUNT = '111111111111';
/** Permissions without which a function in a VPC cannot be created. */
const NETWORK_PERMISSIONS = ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'];
const TRACING_PERMISSIONS = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
const LOG_PERMISSIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** Another stack with a resource: newer releases of the CDK reject an empty template. */
function otherStack(app: App): Stack {
  const stack = new Stack(app, 'Other');
  new CfnWaitConditionHandle(stack, 'Something');
  return stack;
}

/** Two stacks of one app: one for the monitor, and one for resources that are passed to it. */
function twoStacks(): { stack: Stack; other: Stack } {
  const app = newApp();
  return { other: otherStack(app), stack: new Stack(app, 'Stack') };
}

function vpcOf(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
}

/** The logical ids of policies with this permission. */
function policiesWith(stack: Stack, permission: string): string[] {
  return Object.entries(resourcesOf(stack))
    .filter(([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.PolicyDocument).includes(`"${permission}"`))
    .map(([id]) => id);
}

/** The DependsOn of a construct's resource. */
function dependenciesOf(construct: IConstruct): string[] {
  return [resourceOf(construct).DependsOn ?? []].flat();
}

/** The DependsOn of a stack's resources that do not exist. */
function danglingOf(stack: Stack): string[] {
  const resources = resourcesOf(stack);
  return Object.values(resources).flatMap(({ DependsOn = [] }) => [DependsOn].flat()).filter((id) => !(id in resources));
}

describe('a log group', () => {
  test.each<[string, (stack: Stack) => logs.ILogGroup, RegExp]>([
    ['of the same stack', (stack) => new logs.LogGroup(stack, 'Mine'), /Mine/],
    ['imported by name', (stack) => logs.LogGroup.fromLogGroupName(stack, 'Mine', '/mine'), /log-group:\/mine:\*/],
    ['imported by ARN', (stack) => logs.LogGroup.fromLogGroupArn(stack, 'Mine', `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/mine:*`), /log-group:\/mine:\*/],
  ])('%s is the only one, and the only one that the collector can write to', (_, create, arn) => {
    const stack = newStack();
    const logGroup = create(stack);
    const monitor = newMonitor({ logGroup }, stack);
    expect(resourceOf(monitor.collector).Properties.LoggingConfig.LogGroup).toEqual(stack.resolve(logGroup.logGroupName));
    expect(monitor.node.tryFindChild('LogGroup')).toBeUndefined();
    const permissions = permissionsOf(stack, monitor.collector.role!);
    for (const permission of LOG_PERMISSIONS) {
      expect(permissions[permission]).toEqual([stack.resolve(logGroup.logGroupArn)]);
      expect(JSON.stringify(permissions[permission])).toMatch(arn);
    }
  });

  test('of another stack is imported', () => {
    const { stack, other } = twoStacks();
    const monitor = newMonitor({ logGroup: new logs.LogGroup(other, 'Mine') }, stack);
    expect(resourceOf(monitor.collector).Properties.LoggingConfig.LogGroup).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Other:.*Mine/) });
    expect(permissionsOf(stack, monitor.collector.role!)['logs:PutLogEvents']).toEqual([{ 'Fn::ImportValue': expect.stringMatching(/^Other:.*Mine.*Arn/) }]);
    expect(stack.dependencies).toEqual([other]);
    expect(other.dependencies).toEqual([]);
  });

  test('of the parent stack is passed to a nested stack as a parameter', () => {
    const parent = newStack();
    const nested = new NestedStack(parent, 'Nested');
    const monitor = new AthenaSessionMonitor(nested, 'Sessions', { logGroup: new logs.LogGroup(parent, 'Mine') });
    expect(resourceOf(monitor.collector).Properties.LoggingConfig.LogGroup).toEqual({ Ref: expect.stringMatching(/Mine/) });
  });

  test('with a key needs no permission for it, as CloudWatch Logs encrypts', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Mine', { encryptionKey: new kms.Key(stack, 'Key') });
    const monitor = newMonitor({ logGroup }, stack);
    expect(Object.keys(permissionsOf(stack, monitor.collector.role!)).filter((permission) => permission.startsWith('kms:'))).toEqual([]);
    expect(resourceOf(logGroup).Properties.KmsKeyId).toBeDefined();
  });
});

describe('a role', () => {
  const OURS = [...LOG_PERMISSIONS, 'athena:ListSessions', 'athena:ListWorkGroups'];
  const withEverything = (stack: Stack): AthenaSessionMonitorProps => ({
    vpc: vpcOf(stack),
    tracing: lambda.Tracing.ACTIVE,
    deadLetterQueue: new sqs.Queue(stack, 'Queue', { encryptionMasterKey: new kms.Key(stack, 'Key') }),
  });

  const MUTABLE: [string, (stack: Stack, other: Stack) => iam.IRole][] = [
    ['of the same stack', (stack) => new iam.Role(stack, 'Mine', { assumedBy: LAMBDA })],
    ['of another stack', (_, other) => new iam.Role(other, 'Mine', { assumedBy: LAMBDA })],
    ['imported by ARN', (stack) => iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`)],
    ['imported by name', (stack) => iam.Role.fromRoleName(stack, 'Mine', 'mine')],
  ];
  const IMMUTABLE: [string, (stack: Stack, other: Stack) => iam.IRole][] = [
    ['of the same stack', (stack) => new iam.Role(stack, 'Mine', { assumedBy: LAMBDA }).withoutPolicyUpdates()],
    ['of another stack', (_, other) => new iam.Role(other, 'Mine', { assumedBy: LAMBDA }).withoutPolicyUpdates()],
    ['imported by ARN', (stack) => iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`, { mutable: false })],
  ];

  test.each(MUTABLE)('%s is used by the collector, and gets a policy in the monitor\'s stack before the function is created', (_, create) => {
    const { stack, other } = twoStacks();
    const role = create(stack, other);
    const monitor = newMonitor({ role }, stack);
    expect(monitor.collector.role).toBe(role);
    expect(monitor.node.tryFindChild('Role')).toBeUndefined();
    expect(resourceOf(monitor.collector).Properties.Role).toEqual(stack.resolve(role.roleArn));
    const [policy, ...more] = policiesWith(stack, 'athena:ListSessions');
    expect(more).toEqual([]);
    expect(dependenciesOf(monitor.collector)).toContain(policy);
    expect(Object.keys(permissionsOf(stack, role)).sort()).toEqual([...OURS].sort());
    expect(other.dependencies).toEqual([]);
    expect(danglingOf(stack)).toEqual([]);
  });

  test.each(MUTABLE)('%s gets the permissions for VPC, tracing and dead-letter queue', (_, create) => {
    const app = newApp(FLAGS[1][1]);
    const other = otherStack(app);
    const stack = new Stack(app, 'Stack');
    const role = create(stack, other);
    const monitor = newMonitor({ role, ...withEverything(stack) }, stack);
    const permissions = { ...permissionsOf(other, role), ...permissionsOf(stack, role) };
    expect(Object.keys(permissions)).toEqual(expect.arrayContaining([...OURS, ...NETWORK_PERMISSIONS, ...TRACING_PERMISSIONS, 'sqs:SendMessage', 'kms:GenerateDataKey*', 'kms:Decrypt']));
    expect(dependenciesOf(monitor.collector)).toEqual(expect.arrayContaining(policiesWith(stack, 'sqs:SendMessage').filter((id) => !id.includes('Schedule'))));
    expect(danglingOf(stack)).toEqual([]);
    expect(other.dependencies).toEqual([]);
  });

  test.each(MUTABLE)('%s gets permissions that are granted to the collector later', (_, create) => {
    const { stack, other } = twoStacks();
    const role = create(stack, other);
    const monitor = newMonitor({ role }, stack);
    s3.Bucket.fromBucketName(other, 'Bucket', 'my-bucket').grantRead(monitor.collector);
    monitor.collector.addToRolePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['*'] }));
    const permissions = { ...permissionsOf(other, role), ...permissionsOf(stack, role) };
    expect(Object.keys(permissions)).toEqual(expect.arrayContaining(['s3:GetObject*', 'sns:Publish']));
  });

  test.each(IMMUTABLE)('%s without policy updates gets no policy, and no resource depends on one', (_, create) => {
    const { stack, other } = twoStacks();
    const role = create(stack, other);
    const monitor = newMonitor({ role, ...withEverything(stack) }, stack);
    expect(permissionsOf(stack, role)).toEqual({});
    expect(permissionsOf(other, role)).toEqual({});
    expect(policiesWith(stack, 'athena:ListSessions')).toEqual([]);
    expect(danglingOf(stack)).toEqual([]);
    expect(resourceOf(monitor.collector).Properties).toMatchObject({
      Role: stack.resolve(role.roleArn),
      VpcConfig: expect.anything(),
      DeadLetterConfig: expect.anything(),
    });
  });

  test('shared by several monitors, also of other stacks and regions, gets a policy with a different name for each', () => {
    const app = newApp();
    const places: [string, string?, string?][] = [['One'], ['Two'], ['Three', 'same-name', 'us-east-1'], ['Four', 'same-name', 'eu-west-1']];
    const stacks = places.map(([id, stackName, region]) => new Stack(app, id, { stackName, ...region ? { env: { account: ACCOUNT, region } } : {} }));
    const monitors = stacks.flatMap((stack) => {
      const role = iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`);
      return ['Sessions', 'More'].map((id) => new AthenaSessionMonitor(stack, id, { role, workGroups: WorkGroupSelection.named(id) }));
    });
    const names = monitors.map((monitor) => JSON.stringify(resourceOf(monitor.node.findChild('Policy')).Properties.PolicyName));
    expect(new Set(names).size).toBe(8);
    for (const name of names) {
      expect(name.replace('{"Ref":"AWS::Region"}', 'ap-southeast-1').length).toBeLessThanOrEqual(128);
    }
  });

  test('shared by monitors with the same path in several regions gets a policy with a different name for each', () => {
    const nameIn = (region: string) => {
      const stack = newStack({ env: { account: ACCOUNT, region } });
      const monitor = newMonitor({ role: iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`) }, stack);
      return resourceOf(monitor.node.findChild('Policy')).Properties.PolicyName;
    };
    expect(nameIn('us-east-1')).not.toBe(nameIn('eu-west-1'));
  });

  test('from CDK\'s customizeRoles() gets no policy', () => {
    const stack = newStack();
    iam.Role.customizeRoles(stack, { usePrecreatedRoles: { 'Stack/Sessions/Role': 'collector', 'Stack/Sessions/ScheduleRole': 'schedule' } });
    const monitor = newMonitor({}, stack);
    expect(countsOf(resourcesOf(stack))).not.toHaveProperty('AWS::IAM::Policy');
    expect(JSON.stringify(resourceOf(monitor.collector).Properties.Role)).toContain(':role/collector');
    expect(danglingOf(stack)).toEqual([]);
  });
});

describe('a VPC', () => {
  test('is used by the function, which depends on the permissions for network interfaces', () => {
    const stack = newStack();
    const vpc = vpcOf(stack);
    const monitor = newMonitor({ vpc }, stack);
    const { VpcConfig } = resourceOf(monitor.collector).Properties;
    expect(VpcConfig.SubnetIds).toEqual(stack.resolve(vpc.privateSubnets.map(({ subnetId }) => subnetId)));
    expect(VpcConfig.SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^SessionsCollectorSecurityGroup/), 'GroupId'] }]);
    for (const permission of NETWORK_PERMISSIONS) {
      expect(permissionsOf(stack, monitor.collector.role!)[permission]).toEqual(['*']);
      const policies = policiesWith(stack, permission);
      expect(policies).toHaveLength(1);
      expect(dependenciesOf(monitor.collector)).toEqual(expect.arrayContaining(policies));
    }
    expect(resourceOf(monitor.collector.role!).Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('can have subnets and security groups', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      subnetConfiguration: [{ name: 'a', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, { name: 'b', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    const securityGroups = ['One', 'Two'].map((id) => new ec2.SecurityGroup(stack, id, { vpc }));
    const monitor = newMonitor({ vpc, vpcSubnets: { subnetGroupName: 'b' }, securityGroups }, stack);
    expect(resourceOf(monitor.collector).Properties.VpcConfig).toEqual({
      SubnetIds: stack.resolve(vpc.selectSubnets({ subnetGroupName: 'b' }).subnetIds),
      SecurityGroupIds: stack.resolve(securityGroups.map(({ securityGroupId }) => securityGroupId)),
    });
    expect(monitor.collector.connections.securityGroups).toEqual(securityGroups);
  });

  describe('with public subnets', () => {
    const publicVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }] });
    const mixed = (vpc: ec2.IVpc): AthenaSessionMonitorProps => ({ vpc, vpcSubnets: { subnets: [vpc.privateSubnets[0], vpc.publicSubnets[0]] } });

    test('only is rejected', () => {
      const stack = newStack();
      expectError(() => newMonitor({ vpc: publicVpc(stack) }, stack), '[Stack/Sessions] vpc must be a VPC of private subnets, as functions in public ones cannot reach the internet, '
        + 'received [the construct Stack/Vpc/PublicSubnet1,the construct Stack/Vpc/PublicSubnet2]; if the VPC has an interface endpoint for Athena, set allowPublicSubnet: true');
    });

    test('among private ones is rejected', () => {
      const stack = newStack();
      expectError(() => newMonitor(mixed(vpcOf(stack)), stack), '[Stack/Sessions] vpcSubnets must be a selection of private subnets, as functions in public ones cannot reach the internet, '
        + 'received [the construct Stack/Vpc/PublicSubnet1]; if the VPC has an interface endpoint for Athena, set allowPublicSubnet: true');
    });

    test.each<[string, (stack: Stack) => AthenaSessionMonitorProps, number]>([
      ['only', (stack) => ({ vpc: publicVpc(stack) }), 2],
      ['selected', (stack) => ({ vpc: vpcOf(stack), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }), 2],
      ['among private ones', (stack) => mixed(vpcOf(stack)), 2],
    ])('%s is accepted with allowPublicSubnet', (_, props, count) => {
      const stack = newStack();
      const monitor = newMonitor({ ...props(stack), allowPublicSubnet: true }, stack);
      const { SubnetIds } = resourceOf(monitor.collector).Properties.VpcConfig;
      expect(SubnetIds).toHaveLength(count);
      expect(JSON.stringify(SubnetIds)).toContain('Public');
    });
  });

  test('can be imported', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')];
    const monitor = newMonitor({ vpc, securityGroups }, stack);
    expect(resourceOf(monitor.collector).Properties.VpcConfig).toEqual({ SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-0123456789abcdef0'] });
  });

  test('is optional, and adds no permissions by default', () => {
    const monitor = newMonitor();
    expect(resourceOf(monitor.collector).Properties).not.toHaveProperty('VpcConfig');
    expect(JSON.stringify(resourcesOf(monitor))).not.toContain('ec2:');
  });
});

test('a key encrypts the environment, and the role needs no permission, as Lambda creates a grant', () => {
  const stack = newStack();
  const key = new kms.Key(stack, 'Key');
  const monitor = newMonitor({ environmentEncryption: key }, stack);
  expect(resourceOf(monitor.collector).Properties.KmsKeyArn).toEqual(stack.resolve(key.keyArn));
  expect(Object.keys(permissionsOf(stack, monitor.collector.role!)).filter((permission) => permission.startsWith('kms:'))).toEqual([]);
});

describe('tracing', () => {
  test.each([
    [lambda.Tracing.ACTIVE, { Mode: 'Active' }],
    [lambda.Tracing.PASS_THROUGH, { Mode: 'PassThrough' }],
  ])('%s is set, and its permissions are granted', (tracing, TracingConfig) => {
    const monitor = newMonitor({ tracing });
    expect(resourceOf(monitor.collector).Properties.TracingConfig).toEqual(TracingConfig);
    expect(Object.keys(permissionsOf(Stack.of(monitor), monitor.collector.role!))).toEqual(expect.arrayContaining(TRACING_PERMISSIONS));
    expect(dependenciesOf(monitor.collector)).toEqual(expect.arrayContaining(policiesWith(Stack.of(monitor), 'xray:PutTraceSegments')));
  });

  test.each([lambda.Tracing.DISABLED, undefined])('%s needs no permissions', (tracing) => {
    const monitor = newMonitor({ tracing });
    expect(resourceOf(monitor.collector).Properties).not.toHaveProperty('TracingConfig');
    expect(JSON.stringify(resourcesOf(monitor))).not.toContain('xray:');
  });
});

describe('a dead-letter queue', () => {
  const bothRoles = (monitor: AthenaSessionMonitor) => [monitor.collector.role!, monitor.node.findChild('ScheduleRole') as iam.Role];

  test.each<[string, (stack: Stack) => sqs.IQueue]>([
    ['of the same stack', (stack) => new sqs.Queue(stack, 'Queue')],
    ['imported by ARN', (stack) => sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:us-east-1:${ACCOUNT}:queue`)],
    ['with a key', (stack) => new sqs.Queue(stack, 'Queue', { encryptionMasterKey: new kms.Key(stack, 'Key') })],
  ])('%s is used by the function and the schedule, which depend on the permissions to send', (_, create) => {
    const stack = newStack();
    const queue = create(stack);
    const monitor = newMonitor({ deadLetterQueue: queue }, stack);
    const queueArn = stack.resolve(queue.queueArn);
    expect(resourceOf(monitor.collector).Properties.DeadLetterConfig).toEqual({ TargetArn: queueArn });
    expect(resourceOf(monitor.schedule).Properties.Target.DeadLetterConfig).toEqual({ Arn: queueArn });
    for (const role of bothRoles(monitor)) {
      const permissions = permissionsOf(stack, role);
      expect(new Set(permissions['sqs:SendMessage'].map((arn) => JSON.stringify(arn)))).toEqual(new Set([JSON.stringify(queueArn)]));
      if (queue.encryptionMasterKey) {
        const keyArn = stack.resolve(queue.encryptionMasterKey.keyArn);
        expect(permissions['kms:GenerateDataKey*']).toEqual([keyArn]);
        expect(permissions['kms:Decrypt']).toEqual([keyArn]);
      }
    }
    const policies = policiesWith(stack, 'sqs:SendMessage');
    expect([...dependenciesOf(monitor.collector), ...dependenciesOf(monitor.schedule)]).toEqual(expect.arrayContaining(policies));
    expect(policies).toHaveLength(2);
  });

  test('of another stack is imported', () => {
    const { stack, other } = twoStacks();
    const monitor = newMonitor({ deadLetterQueue: new sqs.Queue(other, 'Queue') }, stack);
    expect(resourceOf(monitor.collector).Properties.DeadLetterConfig.TargetArn).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Other:/) });
    expect(other.dependencies).toEqual([]);
  });

  test('does not change retries', () => {
    const stack = newStack();
    const monitor = newMonitor({ deadLetterQueue: new sqs.Queue(stack, 'Queue') }, stack);
    expect(resourceOf(monitor.schedule).Properties.Target.RetryPolicy).toMatchObject({ MaximumRetryAttempts: 0 });
    expect(propertiesOf(monitor, 'AWS::Lambda::EventInvokeConfig')).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  test('is optional, and adds nothing by default', () => {
    const text = JSON.stringify(resourcesOf(newMonitor()));
    expect(text).not.toContain('sqs:');
    expect(text).not.toContain('DeadLetter');
  });
});

test.each<[keyof AthenaSessionMonitorProps, AthenaSessionMonitorProps, object]>([
  ['architecture', { architecture: lambda.Architecture.X86_64 }, { Architectures: ['x86_64'] }],
  ['architecture', { architecture: lambda.Architecture.ARM_64 }, { Architectures: ['arm64'] }],
  ['memorySize', { memorySize: 128 }, { MemorySize: 128 }],
  ['memorySize', { memorySize: 10_240 }, { MemorySize: 10_240 }],
])('%s is set', (_, props, expected) => {
  expect(propertiesOf(newMonitor(props), 'AWS::Lambda::Function')).toMatchObject(expected);
});

describe.each(FLAGS)('with %s', (_, context) => {
  const PROPS: [string, (stack: Stack, other: Stack) => AthenaSessionMonitorProps][] = [
    ['logGroup', (stack) => ({ logGroup: new logs.LogGroup(stack, 'Mine', { encryptionKey: new kms.Key(stack, 'Key') }) })],
    ['logGroup of another stack', (__, other) => ({ logGroup: new logs.LogGroup(other, 'Mine') })],
    ['role', (stack) => ({ role: new iam.Role(stack, 'Mine', { assumedBy: LAMBDA }) })],
    ['role of another stack', (__, other) => ({ role: new iam.Role(other, 'Mine', { assumedBy: LAMBDA }) })],
    ['role without policy updates', (stack) => ({ role: new iam.Role(stack, 'Mine', { assumedBy: LAMBDA }).withoutPolicyUpdates() })],
    ['imported role', (stack) => ({ role: iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`) })],
    ['vpc', (stack) => ({ vpc: vpcOf(stack) })],
    ['vpcSubnets and securityGroups', (stack) => {
      const vpc = vpcOf(stack);
      return { vpc, vpcSubnets: { onePerAz: true }, securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })] };
    }],
    ['environmentEncryption', (stack) => ({ environmentEncryption: new kms.Key(stack, 'Key') })],
    ['tracing', () => ({ tracing: lambda.Tracing.ACTIVE })],
    ['deadLetterQueue', (stack) => ({ deadLetterQueue: new sqs.Queue(stack, 'Queue') })],
    ['deadLetterQueue with a key', (stack) => ({ deadLetterQueue: new sqs.Queue(stack, 'Queue', { encryptionMasterKey: new kms.Key(stack, 'Key') }) })],
    ['deadLetterQueue and a role of another stack', (stack, other) => ({
      deadLetterQueue: new sqs.Queue(stack, 'Queue'),
      role: new iam.Role(other, 'Mine', { assumedBy: LAMBDA }),
    })],
    ['architecture', () => ({ architecture: lambda.Architecture.X86_64 })],
  ];

  test.each(PROPS)('%s synthesizes without warnings, and the function uses the log group', (__, props) => {
    const app = newApp({ '@aws-cdk/core:defaultCrossStackReferences': 'weak', ...context }); // newer releases of the CDK require this decision
    const stack = new Stack(app, 'Stack');
    const other = otherStack(app);
    const monitor = newMonitor(props(stack, other), stack);
    expect(warningsOf(stack)).toEqual([]);
    expect(other.dependencies).toEqual([]);
    expect(danglingOf(stack)).toEqual([]);
    expect(resourceOf(monitor.collector).Properties.LoggingConfig.LogGroup).toEqual(stack.resolve(monitor.logGroup.logGroupName));
  });
});

describe('escape hatches', () => {
  const HATCHES: [string, (monitor: AthenaSessionMonitor) => IConstruct, string, unknown][] = [
    ['the collector', ({ collector }) => collector, 'ReservedConcurrentExecutions', 1],
    ['the handling of its events', ({ collector }) => collector.node.findChild('EventInvokeConfig'), 'MaximumRetryAttempts', 1],
    ['the schedule', ({ schedule }) => schedule, 'State', 'DISABLED'],
    ['the log group', ({ logGroup }) => logGroup, 'RetentionInDays', 7],
    ['a session alarm', ({ alarms }) => alarms[0], 'ActionsEnabled', false],
    ['an alarm by its id', (monitor) => monitor.alarmsFor('Idle')[1], 'Threshold', 7200],
    ['the heartbeat alarm', ({ heartbeatAlarm }) => heartbeatAlarm!, 'EvaluationPeriods', 5],
    ['the listing alarm', ({ listingAlarm }) => listingAlarm!, 'DatapointsToAlarm', 3],
    ['the dashboard', ({ dashboard }) => dashboard!, 'DashboardName', 'mine'],
    ['the composite alarm', (monitor) => monitor.addCompositeAlarm(), 'ActionsSuppressor', 'quiet-hours'],
    ['a saved query', (monitor) => { monitor.addLogsInsightsQueries(); return monitor.node.findChild('Queries').node.children[0]; }, 'Name', 'Mine'],
    ['the collector\'s role', ({ node }) => node.findChild('Role'), 'Path', '/mine/'],
    ['the policy of the collector\'s role', ({ node }) => node.findChild('Role').node.findChild('Policy'), 'PolicyName', 'mine'],
    ['the schedule\'s role', ({ node }) => node.findChild('ScheduleRole'), 'MaxSessionDuration', 3600],
  ];

  test.each(HATCHES)('reach %s', (_, find, property, value) => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named('etl', 'adhoc') });
    const construct = find(monitor);
    ((construct.node.defaultChild ?? construct) as CfnResource).addPropertyOverride(property, value);
    expect(resourceOf(construct).Properties[property]).toEqual(value);
  });

  test('reach every type of resource', () => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named('etl', 'adhoc') });
    const reached = new Set(HATCHES.map(([, find]) => resourceOf(find(newMonitor({ workGroups: WorkGroupSelection.named('etl', 'adhoc') }))).Type));
    monitor.addCompositeAlarm();
    monitor.addLogsInsightsQueries();
    expect(reached).toEqual(new Set(Object.keys(countsOf(resourcesOf(monitor)))));
  });

  test('the removal policy of the log group can be changed', () => {
    const monitor = newMonitor();
    monitor.logGroup.applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(resourceOf(monitor.logGroup)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('passed resources can be in the same stack', () => {
    const stack = newStack();
    const dashboard = new cloudwatch.Dashboard(stack, 'Mine');
    const monitor = newMonitor({ dashboard, workGroups: WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' })) }, stack);
    expect(monitor.dashboard).toBe(dashboard);
    expect(countsOf(resourcesOf(stack))['AWS::CloudWatch::Dashboard']).toBe(1);
  });
});
