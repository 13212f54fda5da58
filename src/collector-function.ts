import * as path from 'node:path';
import { type Duration, Lazy, Names, PhysicalName, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { MonitorConfig } from './monitor-config';
import { type CollectorEvent, SETTINGS } from './schema';

interface Collector {
  readonly collector: lambda.Function;
  /** The policy with its permissions. */
  readonly policy: iam.Policy;
}

/**
 * Creates the function that lists sessions and writes metrics, with its role.
 *
 * @param lookback is called at synthesis, when all alarms have been added
 */
export function createCollector(scope: Construct, config: MonitorConfig, logGroup: logs.ILogGroup, lookback: () => Duration): Collector {
  const { role, policy } = createRole(scope, config, logGroup);
  const collector = new lambda.Function(scope, 'Collector', {
    functionName: PhysicalName.GENERATE_IF_NEEDED, // only if a rule has a target in another environment, so that its pattern can name the function
    description: 'Lists the sessions of Athena for Apache Spark and writes CloudWatch metrics of them',
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: config.architecture,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', 'assets', 'collector')),
    handler: 'index.handler',
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.TEXT, // the JSON format would wrap the lines that CloudWatch extracts metrics from
    memorySize: config.memorySize,
    timeout: config.timeout,
    retryAttempts: 0, // the next run recounts what this one missed
    maxEventAge: config.interval,
    tracing: config.tracing,
    environmentEncryption: config.environmentEncryption,
    vpc: config.vpc,
    vpcSubnets: config.vpcSubnets,
    allowPublicSubnet: config.allowPublicSubnet,
    securityGroups: config.securityGroups,
    environment: {
      [SETTINGS.metricNamespace]: config.metricNamespace,
      [SETTINGS.intervalMinutes]: `${config.interval.toMinutes()}`,
      // Uncached, as aspects may resolve it before the last alarm is added.
      [SETTINGS.lookbackMinutes]: Lazy.uncachedString({ produce: () => `${lookback().toMinutes()}` }),
      [SETTINGS.maxSessionMinutes]: `${config.maxSessionDuration.toMinutes()}`,
      [SETTINGS.countTerminated]: `${config.countTerminated}`,
      [SETTINGS.zerosWhenQuiet]: `${config.zerosWhenQuiet}`,
      [SETTINGS.maxRequestsPerSecond]: Tokenization.stringifyNumber(config.maxRequestsPerSecond),
      [SETTINGS.logSessionDetails]: `${config.logSessionDetails}`,
      ...config.selection.environment,
    },
  });
  const cfnFunction = collector.node.defaultChild as lambda.CfnFunction;
  if (config.deadLetterQueue) {
    // Not the prop deadLetterQueue, which would also grant the role, even if it is another stack's.
    cfnFunction.deadLetterConfig = { targetArn: config.deadLetterQueue.queueArn };
  }
  // Lambda rejects a function in a VPC or with a dead-letter queue while its role lacks the permissions.
  cfnFunction.node.addDependency(policy);
  return { collector, policy };
}

/** Creates the schedule that runs the collector, with its role. */
export function createSchedule(scope: Construct, { interval, deadLetterQueue }: MonitorConfig, collector: lambda.Function): scheduler.Schedule {
  const role = new iam.Role(scope, 'ScheduleRole', {
    description: 'Lets the schedule run the collector',
    // Only schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
  });
  // Granted here, as the target would also grant all versions of the function.
  role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [collector.functionArn] }));
  deadLetterQueue?.grantSendMessages(role);

  const event: { [name in keyof CollectorEvent]: string } = { scheduledTime: scheduler.ContextAttribute.scheduledTime };
  const minutes = interval.toMinutes();
  const schedule = new scheduler.Schedule(scope, 'Schedule', {
    description: 'Runs the collector that lists the sessions of Athena for Apache Spark',
    // Cron, as a rate would start at the schedule's creation instead of on the grid.
    schedule: scheduler.ScheduleExpression.cron({ minute: minutes === 60 ? '0' : `0/${minutes}` }),
    target: new targets.LambdaInvoke(collector, {
      role: role.withoutPolicyUpdates(),
      input: scheduler.ScheduleTargetInput.fromObject(event),
      retryAttempts: 0, // by default, many stale runs would follow an outage
      maxEventAge: interval,
      deadLetterQueue,
    }),
  });
  schedule.node.addDependency(role);
  return schedule;
}

/** Creates the collector's role, unless one is given, and the policy with its permissions. */
function createRole(scope: Construct, config: MonitorConfig, logGroup: logs.ILogGroup): { role: iam.IRole; policy: iam.Policy } {
  const role = config.role ?? new iam.Role(scope, 'Role', {
    description: 'Lets the collector list the sessions of Athena workgroups and write its log',
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  // Not the role's default policy: with many named workgroups, CDK would split it into managed policies, and the default policy of
  // another stack's role would make that stack depend on this one.
  const policy = new iam.Policy(config.role ? scope : role, 'Policy', { policyName: config.role && uniquePolicyName(scope) });
  role.attachInlinePolicy(policy); // no effect on a role without policy updates
  // Instead of AWSLambdaBasicExecutionRole, which allows writing to every log group.
  logGroup.grantWrite(policy);
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
  policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListSessions'], resources: [...config.selection.arns] }));
  if (!config.selection.named) {
    policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListWorkGroups'], resources: ['*'] })); // supports no ARN
  }
  if (config.vpc) {
    // Instead of AWSLambdaVPCAccessExecutionRole, which also allows writing to every log group. None of these actions
    // supports an ARN that is known beforehand: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
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
 * A unique policy name for a given role: monitors that share the role would overwrite a policy of the same name. CDK's default is the
 * logical id, which is not unique across stages and regions.
 */
function uniquePolicyName(scope: Construct): string {
  return [Names.uniqueResourceName(scope, { maxLength: 60 }), scope.node.addr.slice(-8), Stack.of(scope).region].join('-');
}
