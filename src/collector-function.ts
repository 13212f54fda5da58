import * as path from 'node:path';
import { type Duration, Lazy, Names, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { MonitorConfig } from './monitor-config';
import { type CollectorEvent, SETTINGS } from './schema';

/**
 * The function that lists sessions and writes metrics, with its role.
 *
 * @param lookback known once all alarms have been added
 */
export function createCollector(scope: Construct, config: MonitorConfig, logGroup: logs.ILogGroup, lookback: () => Duration): lambda.Function {
  const { role, policy } = createRole(scope, config, logGroup);
  const collector = new lambda.Function(scope, 'Collector', {
    description: 'Lists the sessions of Athena for Apache Spark and writes CloudWatch metrics of them',
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: config.architecture,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', 'assets', 'collector')),
    handler: 'index.handler',
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.TEXT, // the JSON format would wrap what the metrics are extracted from
    memorySize: config.memorySize,
    timeout: config.timeout,
    // The next run is the retry, and it recomputes what this one missed.
    retryAttempts: 0,
    maxEventAge: config.interval,
    tracing: config.tracing,
    environmentEncryption: config.environmentEncryption,
    vpc: config.vpc,
    vpcSubnets: config.vpcSubnets,
    securityGroups: config.securityGroups,
    environment: {
      [SETTINGS.metricNamespace]: config.metricNamespace,
      [SETTINGS.intervalMinutes]: `${config.interval.toMinutes()}`,
      // Not remembered: alarms may still be added, also once an aspect has looked at it.
      [SETTINGS.lookbackMinutes]: Lazy.uncachedString({ produce: () => `${lookback().toMinutes()}` }),
      [SETTINGS.maxSessionMinutes]: `${config.maxSessionDuration.toMinutes()}`,
      [SETTINGS.countTerminated]: `${config.countTerminated}`,
      [SETTINGS.maxRequestsPerSecond]: Tokenization.stringifyNumber(config.maxRequestsPerSecond),
      [SETTINGS.logSessionDetails]: `${config.logSessionDetails}`,
      [SETTINGS.timeoutSeconds]: `${config.timeout.toSeconds()}`,
      ...config.selection.environment,
    },
  });
  const cfnFunction = collector.node.defaultChild as lambda.CfnFunction;
  if (config.deadLetterQueue) {
    // As the function's own prop it would have the role granted once more, be it one of another stack.
    cfnFunction.deadLetterConfig = { targetArn: config.deadLetterQueue.queueArn };
  }
  // Lambda refuses a function in a VPC, or with a dead-letter queue, whose role has not got its rights yet.
  cfnFunction.node.addDependency(policy);
  return collector;
}

/** The schedule that runs the collector, with its role. */
export function createSchedule(scope: Construct, { interval, deadLetterQueue }: MonitorConfig, collector: lambda.Function): scheduler.Schedule {
  const role = new iam.Role(scope, 'ScheduleRole', {
    description: 'Lets the schedule run the collector',
    // Only schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
  });
  // The target would grant all of the function's versions, too.
  role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [collector.functionArn] }));
  deadLetterQueue?.grantSendMessages(role);

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
      deadLetterQueue,
    }),
  });
  schedule.node.addDependency(role);
  return schedule;
}

/** The collector's role and the policy with what it may do. */
function createRole(scope: Construct, config: MonitorConfig, logGroup: logs.ILogGroup): { role: iam.IRole; policy: iam.Policy } {
  const role = config.role ?? new iam.Role(scope, 'Role', {
    description: 'Lets the collector list the sessions of Athena workgroups and write its log',
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  // A policy of its own: the role's default policy would be split into managed ones where many workgroups are named, and that
  // of a role of another stack would make that stack depend on this one.
  const policy = new iam.Policy(config.role ? scope : role, 'Policy', { policyName: config.role && uniquePolicyName(scope) });
  role.attachInlinePolicy(policy); // which a role without policy updates refuses
  // In place of AWSLambdaBasicExecutionRole, which may write to every log group.
  logGroup.grantWrite(policy);
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
  policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListSessions'], resources: [...config.selection.arns] }));
  if (!config.selection.named) {
    policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListWorkGroups'], resources: ['*'] })); // takes no ARN
  }
  if (config.vpc) {
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
  config.deadLetterQueue?.grantSendMessages(Stack.of(role) === Stack.of(scope) ? role : policy); // with its key
  return { role, policy };
}

/**
 * A name for a policy of a role that other monitors, too, may have been given: a policy of the same name would replace theirs. CDK's
 * own is the logical id, which is the same in stacks of other regions and stages.
 */
function uniquePolicyName(scope: Construct): string {
  return [Names.uniqueResourceName(scope, { maxLength: 60 }), scope.node.addr.slice(-8), Stack.of(scope).region].join('-');
}
