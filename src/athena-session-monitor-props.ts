import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { SessionAlarm } from './alarms/session-alarm';
import type { WorkGroupSelection } from './work-group-selection';

/**
 * Properties of an AthenaSessionMonitor.
 */
export interface AthenaSessionMonitorProps {
  /**
   * The workgroups to monitor.
   *
   * @default WorkGroupSelection.all()
   */
  readonly workGroups?: WorkGroupSelection;

  /**
   * The time between runs, and the period of all metrics and alarms: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60 minutes.
   * Must be known at synthesis.
   *
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;

  /**
   * The namespace of the metrics. Must not begin with `AWS/`.
   *
   * Monitors with the same namespace, account and region write to the same metrics. A monitor that finds its workgroups in each
   * run must be the only one in its namespace. Monitors of named workgroups can share a namespace if no workgroup is in two of them.
   *
   * @default 'AthenaSessions'
   */
  readonly metricNamespace?: string;

  /**
   * The session alarms. This list replaces the default alarms; an empty list creates none.
   *
   * @default SessionAlarm.defaults()
   */
  readonly alarms?: SessionAlarm[];

  /**
   * Whether to create alarms on the monitor's own health: missing runs, and workgroups that cannot be listed.
   *
   * @default true
   */
  readonly healthAlarms?: boolean;

  /**
   * Actions to execute when a health alarm, or a session alarm without its own `alarmActions`, enters the ALARM state.
   * Not for the composite alarm, which has its own options.
   *
   * A `LambdaAction` needs `useUniquePermissionId: true`, here and in the other lists of actions: CDK derives the permission's
   * construct id from the alarm's, and alarms of different kinds have the same id.
   *
   * @default - no actions
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * Actions to execute when one of these alarms enters the OK state.
   *
   * @default - no actions
   */
  readonly okActions?: cloudwatch.IAlarmAction[];

  /**
   * Actions to execute when one of these alarms enters the INSUFFICIENT_DATA state.
   *
   * @default - no actions
   */
  readonly insufficientDataActions?: cloudwatch.IAlarmAction[];

  /**
   * The URL of the runbook that alarms link to. It must have a section for each kind of alarm: `#failed`, `#idle`, `#degraded`,
   * `#creating`, `#busy`, `#terminating`, `#sessions-above`, `#heartbeat`, `#listing` and `#any-alarm`.
   *
   * @default - the runbook of this library
   */
  readonly runbookUrl?: string;

  /**
   * Whether to create a dashboard. CloudFormation generates its name.
   *
   * @default - true, unless `dashboard` is given
   */
  readonly createDashboard?: boolean;

  /**
   * An existing dashboard to add the monitor's widgets to, below its other widgets. Set `periodOverride: PeriodOverride.INHERIT`
   * on it: otherwise CloudWatch shows long time ranges at coarser periods.
   *
   * @default - a new dashboard, unless `createDashboard` is false
   */
  readonly dashboard?: cloudwatch.Dashboard;

  /**
   * How far back each run recounts failed and terminated sessions, so that a missed run is caught up. A whole
   * number of intervals, at least 3, at least the `holdFor` of each alarm, and at most 7 days. Must be known at synthesis.
   *
   * @default - one hour rounded up to whole intervals, at least 3 intervals, at least the largest `holdFor` of the alarms
   */
  readonly lookback?: Duration;

  /**
   * The longest time that a session is expected to live, in whole minutes. The collector reads listings of ended sessions, newest
   * start first, back to sessions that started `lookback` plus this long ago; the end of an older session may go unseen.
   * Must be known at synthesis.
   *
   * @default Duration.hours(24)
   */
  readonly maxSessionDuration?: Duration;

  /**
   * Whether to count TERMINATED sessions. If false, each run saves one call per workgroup and does not write the metric
   * `TerminatedSessions`.
   *
   * @default true
   */
  readonly countTerminated?: boolean;

  /**
   * The Athena calls that the collector makes per second, after a burst of twice as many (at least one). Athena's limits are
   * per account and region, shared with everything else that calls Athena there. AWS publishes none for `ListSessions`.
   *
   * @see https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
   * @default 4
   */
  readonly maxRequestsPerSecond?: number;

  /**
   * Whether the collector logs the sessions behind its metrics: id, state, time in the state, description and reason. Descriptions
   * and reasons are free text. If false, the dashboard has no tables of sessions and fewer queries are saved.
   *
   * @default true
   */
  readonly logSessionDetails?: boolean;

  /**
   * The collector's log group. Its class must be Standard, as CloudWatch extracts no metrics from others. Monitors can share a
   * log group: the table and the saved queries of each show its own sessions only.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
   * @default - a new log group with a retention of one month, removed with the monitor
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The collector's role. The monitor grants it permissions to list sessions and to write the log, and those that `vpc`, `tracing`
   * and `deadLetterQueue` need. To manage its policies yourself, pass `role.withoutPolicyUpdates()` or import it with `mutable: false`.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
   * @default - a new role with one inline policy
   */
  readonly role?: iam.IRole;

  /**
   * The collector's instruction set architecture. It runs on either.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * The collector's memory in MB, from 128 to 10,240.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * The collector's timeout: whole seconds, from 10 seconds to 15 minutes, and less than the interval. Must be known at
   * synthesis.
   *
   * @default - 80 % of the interval, at most 15 minutes
   */
  readonly timeout?: Duration;

  /**
   * Whether AWS X-Ray traces the collector's runs. Traces do not contain the Athena calls; the metrics
   * `ApiCalls` and `ThrottledApiCalls` count those.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
   * @default Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The key that encrypts the collector's environment variables. These are the monitor's settings and contain no secrets.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
   * @default - an AWS managed key of Lambda
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * A standard queue for events that the schedule could not deliver or whose run failed. You need not process them: the next run
   * catches up.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
   * @default - no queue; the health alarms report missing runs
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The VPC to run the collector in. Its subnets need a route to Athena: a NAT gateway, or an interface endpoint for
   * `com.amazonaws.<region>.athena`. Logs and metrics need none.
   *
   * @see https://docs.aws.amazon.com/athena/latest/ug/interface-vpc-endpoint.html
   * @default - no VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of `vpc` to run the collector in. Must not be public.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The collector's security groups in `vpc`. It opens connections to port 443 and accepts none.
   *
   * @default - a new security group that allows all outbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
