/** The same template as the monitor's default stack, written by hand with the constructs of aws-cdk-lib. */
import * as path from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';

const app = new App({ outdir: process.argv[2] });
const stack = new Stack(app, 'Stack');
const sessions = new Construct(stack, 'Sessions');
const interval = Duration.minutes(5);
const runbook = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/runbook.md';

const logGroup = new logs.LogGroup(sessions, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });

const role = new iam.Role(sessions, 'Role', {
  description: 'Lets the collector list the sessions of Athena workgroups and write its log',
  assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
});
const policy = new iam.Policy(role, 'Policy', { roles: [role] });
logGroup.grantWrite(policy);
policy.addStatements(
  new iam.PolicyStatement({
    actions: ['athena:ListSessions'],
    resources: [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: '*' })],
  }),
  new iam.PolicyStatement({ actions: ['athena:ListWorkGroups'], resources: ['*'] }),
);

const collector = new lambda.Function(sessions, 'Collector', {
  description: 'Lists the sessions of Athena for Apache Spark and writes CloudWatch metrics of them',
  runtime: lambda.Runtime.NODEJS_24_X,
  architecture: lambda.Architecture.ARM_64,
  code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', '..', 'assets', 'collector')),
  handler: 'index.handler',
  role,
  logGroup,
  loggingFormat: lambda.LoggingFormat.TEXT,
  memorySize: 256,
  timeout: Duration.minutes(4),
  retryAttempts: 0,
  maxEventAge: interval,
  environment: {
    METRIC_NAMESPACE: 'AthenaSessions',
    INTERVAL_MINUTES: '5',
    LOOKBACK_MINUTES: '60',
    MAX_SESSION_MINUTES: '1440',
    COUNT_TERMINATED: 'true',
    ZEROS_WHEN_QUIET: 'false',
    MAX_REQUESTS_PER_SECOND: '4',
    LOG_SESSION_DETAILS: 'true',
    WORK_GROUP_PATTERNS: '*',
  },
});

const scheduleRole = new iam.Role(sessions, 'ScheduleRole', {
  description: 'Lets the schedule run the collector',
  assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
});
scheduleRole.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [collector.functionArn] }));
const schedule = new scheduler.Schedule(sessions, 'Schedule', {
  description: 'Runs the collector that lists the sessions of Athena for Apache Spark',
  schedule: scheduler.ScheduleExpression.cron({ minute: '0/5' }),
  target: new targets.LambdaInvoke(collector, {
    role: scheduleRole.withoutPolicyUpdates(),
    input: scheduler.ScheduleTargetInput.fromObject({ scheduledTime: scheduler.ContextAttribute.scheduledTime }),
    retryAttempts: 0,
    maxEventAge: interval,
  }),
});
schedule.node.addDependency(scheduleRole);

/** Declared here, as the types of aws-cdk-lib 2.232.0 lack half of `AlarmProps`. */
interface AlarmDetails {
  readonly metric: cloudwatch.IMetric;
  readonly alarmDescription: string;
  readonly comparisonOperator: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}
const alarm = (scope: Construct, id: string, details: AlarmDetails) => new cloudwatch.Alarm(scope, id, details);

const alarms = new Construct(sessions, 'Alarms');
const foundAlarm = (id: string, metricName: string, threshold: number, evaluationPeriods: number, description: string, anchor: string) =>
  alarm(alarms, id, {
    metric: new cloudwatch.MathExpression({
      expression: `SELECT MAX(${metricName}) FROM SCHEMA("AthenaSessions", WorkGroup) GROUP BY WorkGroup ORDER BY MAX() DESC`,
      usingMetrics: {},
      period: interval,
    }),
    alarmDescription: `${description} The log group ${logGroup.logGroupName} lists the sessions and reasons. Workgroup: the contributor in ALARM. `
      + `Runbook: ${runbook}#${anchor}`,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold,
    evaluationPeriods,
    datapointsToAlarm: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
foundAlarm('Failed', 'FailedSessions', 1, 6, 'A Spark session failed. Its in-memory state is lost, and clients may keep polling it.', 'failed');
foundAlarm('Idle', 'IdleTime', 3600, 3, 'A Spark session has been idle for at least 1 hour. '
  + 'It is billed until it ends, and holds DPUs of the region\'s quota.', 'idle');
foundAlarm('Degraded', 'DegradedSessions', 1, 3, 'A Spark session is degraded: it has no healthy coordinators. '
  + 'Its calculations hang or fail while it is billed.', 'degraded');

const runMetric = (metricName: string) => new cloudwatch.Metric({
  namespace: 'AthenaSessions',
  metricName,
  dimensionsMap: { FunctionName: collector.functionName },
  statistic: cloudwatch.Stats.MAXIMUM,
  period: interval,
});
const heartbeat = alarm(alarms, 'Heartbeat', {
  metric: new cloudwatch.MathExpression({ expression: 'FILL(monitored, -1)', usingMetrics: { monitored: runMetric('WorkGroupsMonitored') }, period: interval }),
  alarmDescription: 'The Athena session monitor is blind: its runs are missing. Session alarms are unreliable until it recovers. '
    + `Check the errors of the function ${collector.functionName} and its log group ${logGroup.logGroupName}. Runbook: ${runbook}#heartbeat`,
  comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
  threshold: 0,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: cloudwatch.TreatMissingData.BREACHING,
});
const cfnHeartbeat = heartbeat.node.defaultChild as cloudwatch.CfnAlarm;
cfnHeartbeat.addPropertyOverride('WarmUpConfiguration', { WarmUpPeriodDurationInMinutes: 20, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true });
alarm(alarms, 'Listing', {
  metric: runMetric('WorkGroupsNotListed'),
  alarmDescription: 'The Athena session monitor could not list some workgroups. Their session alarms may be OK although the state is unknown. '
    + `The log group ${logGroup.logGroupName} lists the workgroups and reasons. Runbook: ${runbook}#listing`,
  comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
});

app.synth();
