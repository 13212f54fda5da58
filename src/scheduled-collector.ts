import * as path from 'node:path';
import { Duration, Lazy, Names, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { badValue, checkPlace, checkWholeNumber, knownSeconds } from './checks';
import { type CollectorEvent, RESERVED_SECONDS, SETTINGS, workGroupsPerRun } from './collector/schema';
import type { SelectedWorkGroups } from './work-group-selection';

/** What the monitor has made of its props, where the collector needs to know. */
export interface CollectorContext {
  readonly metricNamespace: string;
  readonly interval: Duration;
  readonly countTerminated: boolean;
  readonly logSessionDetails: boolean;
  readonly selected: SelectedWorkGroups;
  readonly logGroup: logs.ILogGroup;
  /** Known when all alarms have been added. */
  readonly lookback: () => Duration;
}

/** The function that lists sessions and writes metrics, with its role. */
export function createCollector(scope: Construct, props: AthenaSessionMonitorProps, context: CollectorContext): lambda.Function {
  const { maxRequestsPerSecond = 4 } = props;
  const { interval, countTerminated, logSessionDetails, selected, logGroup } = context;
  const memorySize = checkedMemorySize(scope, props);
  const timeout = checkedTimeout(scope, props, interval);
  const maxSessionDuration = checkedMaxSessionDuration(scope, props);
  checkCapacity(scope, selected, timeout, maxRequestsPerSecond, countTerminated);
  checkPlaces(scope, props);
  checkDeadLetterQueue(scope, props);
  checkNetwork(scope, props);

  const { role, policy } = createRole(scope, props, context);
  const collector = new lambda.Function(scope, 'Collector', {
    description: 'Lists the sessions of Athena for Apache Spark and writes CloudWatch metrics of them',
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', 'assets', 'collector')),
    handler: 'index.handler',
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.TEXT, // the JSON format would wrap what the metrics are extracted from
    memorySize,
    timeout,
    // The next run is the retry, and it recomputes what this one missed.
    retryAttempts: 0,
    maxEventAge: interval,
    tracing: props.tracing,
    environmentEncryption: props.environmentEncryption,
    vpc: props.vpc,
    vpcSubnets: props.vpcSubnets,
    securityGroups: props.securityGroups,
    environment: {
      [SETTINGS.metricNamespace]: context.metricNamespace,
      [SETTINGS.intervalMinutes]: `${interval.toMinutes()}`,
      // Not remembered: alarms may still be added, also once an aspect has looked at it.
      [SETTINGS.lookbackMinutes]: Lazy.uncachedString({ produce: () => `${context.lookback().toMinutes()}` }),
      [SETTINGS.maxSessionMinutes]: `${maxSessionDuration.toMinutes()}`,
      [SETTINGS.countTerminated]: `${countTerminated}`,
      [SETTINGS.maxRequestsPerSecond]: Tokenization.stringifyNumber(maxRequestsPerSecond),
      [SETTINGS.logSessionDetails]: `${logSessionDetails}`,
      [SETTINGS.timeoutSeconds]: `${timeout.toSeconds()}`,
      ...selected.environment,
    },
  });
  const cfnFunction = collector.node.defaultChild as lambda.CfnFunction;
  if (props.deadLetterQueue) {
    // As the function's own prop it would have the role granted once more, be it one of another stack.
    cfnFunction.deadLetterConfig = { targetArn: props.deadLetterQueue.queueArn };
  }
  // Lambda refuses a function in a VPC, or with a dead-letter queue, whose role has not got its rights yet.
  cfnFunction.node.addDependency(policy);
  return collector;
}

/** The schedule that runs the collector, with its role. */
export function createSchedule(
  scope: Construct, props: AthenaSessionMonitorProps, interval: Duration, collector: lambda.Function,
): scheduler.Schedule {
  const role = new iam.Role(scope, 'ScheduleRole', {
    description: 'Lets the schedule run the collector',
    // Only schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
  });
  // The target would grant all of the function's versions, too.
  role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [collector.functionArn] }));
  props.deadLetterQueue?.grantSendMessages(role);

  const event: { [name in keyof CollectorEvent]: string } = { scheduledTime: scheduler.ContextAttribute.scheduledTime };
  const minutes = interval.toMinutes();
  const schedule = new scheduler.Schedule(scope, 'Schedule', {
    description: 'Runs the collector that lists the sessions of Athena for Apache Spark',
    // A cron on the grid: the phase of a rate would be the moment of its creation.
    schedule: scheduler.ScheduleExpression.cron({ minute: minutes === 60 ? '0' : `0/${minutes}` }),
    target: new targets.LambdaInvoke(collector, {
      role: role.withoutPolicyUpdates(),
      input: scheduler.ScheduleTargetInput.fromObject(event),
      retryAttempts: 0, // the next run is the retry; by default a backlog of stale runs would follow an outage
      maxEventAge: interval,
      deadLetterQueue: props.deadLetterQueue,
    }),
  });
  schedule.node.addDependency(role);
  return schedule;
}

/** The collector's role and the policy with what it may do. */
function createRole(
  scope: Construct, props: AthenaSessionMonitorProps, { selected, logGroup }: CollectorContext,
): { role: iam.IRole; policy: iam.Policy } {
  const role = props.role ?? new iam.Role(scope, 'Role', {
    description: 'Lets the collector list the sessions of Athena workgroups and write its log',
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  // A policy of its own: the role's default policy would be split into managed ones where many workgroups are named, and that
  // of a role of another stack would make that stack depend on this one.
  const policy = new iam.Policy(props.role ? scope : role, 'Policy', { policyName: props.role && uniquePolicyName(scope) });
  role.attachInlinePolicy(policy); // which a role without policy updates refuses
  // In place of AWSLambdaBasicExecutionRole, which may write to every log group.
  logGroup.grantWrite(policy);
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
  policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListSessions'], resources: [...selected.arns] }));
  if (!selected.named) {
    policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListWorkGroups'], resources: ['*'] })); // takes no ARN
  }
  if (props.vpc) {
    // In place of AWSLambdaVPCAccessExecutionRole, which may write to every log group, too. None of these takes an ARN that is known
    // beforehand: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    policy.addStatements(new iam.PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }));
  }
  props.deadLetterQueue?.grantSendMessages(Stack.of(role) === Stack.of(scope) ? role : policy); // with its key
  return { role, policy };
}

/**
 * A name for a policy of a role that other monitors, too, may have been given: a policy of the same name would replace theirs. CDK's
 * own is the logical id, which is the same in stacks of other regions and stages.
 */
function uniquePolicyName(scope: Construct): string {
  return [Names.uniqueResourceName(scope, { maxLength: 60 }), scope.node.addr.slice(-8), Stack.of(scope).region].join('-');
}

function checkedMemorySize(scope: Construct, { memorySize = 256 }: AthenaSessionMonitorProps): number {
  checkWholeNumber(scope, 'memorySize', memorySize, 128, 10_240, ' of MB');
  return memorySize;
}

function checkedTimeout(scope: Construct, props: AthenaSessionMonitorProps, interval: Duration): Duration {
  const intervalSeconds = interval.toSeconds();
  const timeout = props.timeout ?? Duration.seconds(Math.min(0.8 * intervalSeconds, 900));
  const seconds = knownSeconds(scope, 'timeout', timeout);
  if (!Number.isInteger(seconds) || seconds < 2 * RESERVED_SECONDS || seconds > 900 || seconds >= intervalSeconds) {
    throw badValue(scope, 'timeout', `a whole number of seconds from ${2 * RESERVED_SECONDS} seconds to 15 minutes, `
      + `and less than the interval of ${interval.toHumanString()}`, timeout);
  }
  return Duration.seconds(seconds);
}

function checkedMaxSessionDuration(scope: Construct, props: AthenaSessionMonitorProps): Duration {
  const duration = props.maxSessionDuration ?? Duration.hours(24);
  const minutes = knownSeconds(scope, 'maxSessionDuration', duration) / 60;
  if (!Number.isInteger(minutes) || minutes < 1) {
    throw badValue(scope, 'maxSessionDuration', 'a whole number of minutes, at least 1', duration);
  }
  return Duration.minutes(minutes);
}

/** Named workgroups all have to fit one run; found ones may take turns. */
function checkCapacity(
  scope: Construct, selected: SelectedWorkGroups, timeout: Duration, maxRequestsPerSecond: number, countTerminated: boolean,
): void {
  if (Token.isUnresolved(maxRequestsPerSecond)) {
    return;
  }
  if (!(Number.isFinite(maxRequestsPerSecond) && maxRequestsPerSecond > 0)) {
    throw badValue(scope, 'maxRequestsPerSecond', 'a positive number', maxRequestsPerSecond);
  }
  const most = workGroupsPerRun(timeout.toSeconds(), maxRequestsPerSecond, countTerminated);
  if (most < 1) {
    throw badValue(scope, 'maxRequestsPerSecond', `enough for a run of ${timeout.toHumanString()} to list a workgroup`, maxRequestsPerSecond);
  }
  const count = selected.named?.length ?? 0;
  if (count > most) {
    throw badValue(scope, 'workGroups', `at most ${most}, which is what a run of ${timeout.toHumanString()} can list at maxRequestsPerSecond `
      + `${maxRequestsPerSecond}; raise maxRequestsPerSecond, or timeout and interval, or use two monitors`, `${count} named workgroups`);
  }
}

/** Lambda takes none of these from elsewhere, which would turn out at deployment. */
function checkPlaces(scope: Construct, { logGroup, role, environmentEncryption, deadLetterQueue, vpc }: AthenaSessionMonitorProps): void {
  if (role) {
    checkPlace(scope, 'role', role, 'account'); // roles are of no region
  }
  if (logGroup) {
    checkPlace(scope, 'logGroup', logGroup, 'account', 'region'); // Lambda is told its name alone
  }
  for (const [name, resource] of Object.entries({ environmentEncryption, deadLetterQueue, vpc })) {
    if (resource) {
      checkPlace(scope, name, resource, 'region');
    }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function checkDeadLetterQueue(scope: Construct, { deadLetterQueue }: AthenaSessionMonitorProps): void {
  if (deadLetterQueue?.fifo) {
    throw badValue(scope, 'deadLetterQueue', 'a standard queue, as neither Scheduler nor Lambda sends to others', `the FIFO queue ${deadLetterQueue.node.path}`);
  }
}

function checkNetwork(scope: Construct, props: AthenaSessionMonitorProps): void {
  for (const name of ['vpcSubnets', 'securityGroups'] as const) {
    if (props[name] !== undefined && !props.vpc) {
      throw badValue(scope, name, 'left out, unless vpc is given', `${name} without vpc`);
    }
  }
  if (props.vpc) {
    // CDK's own error names a prop that is not one of the monitor's.
    const { subnetIds, isPendingLookup } = props.vpc.selectSubnets(props.vpcSubnets);
    if (subnetIds.length === 0 && !isPendingLookup) { // it would run in no VPC at all
      throw badValue(scope, 'vpcSubnets', `of subnets that there are in ${props.vpc.node.path}`, 'a selection of none');
    }
    const publicIds = new Set(props.vpc.publicSubnets.map(({ subnetId }) => subnetId));
    if (subnetIds.some((id) => publicIds.has(id))) {
      throw badValue(scope, props.vpcSubnets ? 'vpcSubnets' : 'vpc', 'of subnets that have a way to Athena; from a public one a function has none, not having an address of its own', 'public subnets');
    }
  }
}
