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
 * What a monitor can be told. Everything has a default.
 */
export interface AthenaSessionMonitorProps {
  /**
   * Which workgroups are monitored.
   *
   * @default WorkGroupSelection.all()
   */
  readonly workGroups?: WorkGroupSelection;

  /**
   * The time between runs, and the period of all metrics and alarms: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60 minutes.
   * Known at synthesis.
   *
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;

  /**
   * The namespace of the metrics; it must not begin with `AWS/`.
   *
   * Monitors that share a namespace in an account and region share metrics: one whose workgroups are found must be the
   * only one in its namespace; others may share it where no workgroup is in both.
   *
   * @default 'AthenaSessions'
   */
  readonly metricNamespace?: string;

  /**
   * The alarms on sessions: the whole list. An empty list means none.
   *
   * @default SessionAlarm.defaults()
   */
  readonly alarms?: SessionAlarm[];

  /**
   * Whether the monitor's own health is alarmed: runs that are missing, and workgroups that cannot be listed.
   *
   * @default true
   */
  readonly healthAlarms?: boolean;

  /**
   * What is done when an alarm goes to ALARM: one on sessions that has no `alarmActions` of its own, or one on the monitor's health.
   * The composite alarm has its own.
   *
   * A `LambdaAction` needs `useUniquePermissionId: true`, here and in the other lists: CDK takes its permission's id from the
   * alarm's, and alarms of different kinds have the same.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when such an alarm goes to OK.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly okActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when such an alarm goes to INSUFFICIENT_DATA.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly insufficientDataActions?: cloudwatch.IAlarmAction[];

  /**
   * The address of a runbook, to which alarms link. It has a section for each kind of alarm: `#failed`, `#idle`, `#degraded`,
   * `#creating`, `#busy`, `#terminating`, `#sessions-above`, `#heartbeat`, `#listing` and `#anything-wrong`.
   *
   * @default - the runbook of this library
   */
  readonly runbookUrl?: string;

  /**
   * Whether the monitor has a dashboard of its own. CloudWatch names it.
   *
   * @default - true, unless `dashboard` is given
   */
  readonly createDashboard?: boolean;

  /**
   * A dashboard that the monitor's widgets are added to, instead of one of its own. They come below what the dashboard
   * already shows. Give the dashboard `periodOverride: PeriodOverride.INHERIT`: elsewhere graphs of long times are coarser.
   *
   * @default - a dashboard of its own, unless `createDashboard` is false
   */
  readonly dashboard?: cloudwatch.Dashboard;

  /**
   * How far back each run recomputes which sessions failed and were terminated, so that a missed run loses none: a whole
   * number of intervals, at least 3 and at most 7 days, and at least the `within` of each alarm. Known at synthesis.
   *
   * @default - one hour rounded up to whole intervals, at least 3 intervals, at least the largest `within` of the alarms
   */
  readonly lookback?: Duration;

  /**
   * How long a session lives at the most. Listings of ended sessions, which are sorted by start, stop at sessions that
   * started longer ago than this and the lookback: the end of one that lived longer may go unseen. Known at synthesis.
   *
   * @default Duration.hours(24)
   */
  readonly maxSessionDuration?: Duration;

  /**
   * Whether TERMINATED sessions are counted. If not, each run makes one call less per workgroup, and the metric
   * `TerminatedSessions` is not written.
   *
   * @default true
   */
  readonly countTerminated?: boolean;

  /**
   * How many calls of Athena the collector makes a second, after a burst of twice that, or of one. Athena's own limits are
   * per account and region: other monitors and all other work there share them. It publishes none for `ListSessions`.
   *
   * @see https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
   * @default 4
   */
  readonly maxRequestsPerSecond?: number;

  /**
   * Whether the collector's log names the sessions behind the figures: id, state, time in it, description, reason. Descriptions and
   * reasons are free text. Without them there is no table of sessions on the dashboard, and fewer saved queries; sessions that could not
   * be made out are named all the same, by id and state.
   *
   * @default true
   */
  readonly logSessionDetails?: boolean;

  /**
   * The collector's log group, with retention and encryption as you like. It must be of the Standard class: no metrics are extracted
   * from others. Several monitors can share one: the dashboard's table and the saved queries of each show its own sessions alone.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
   * @default - a log group of its own, kept for one month and removed with the monitor
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The collector's role. The monitor adds its rights to it: to list sessions, to write the log, and what `vpc`, `tracing` and
   * `deadLetterQueue` need. Give `role.withoutPolicyUpdates()`, or import it with `mutable: false`, to keep its policies yours.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
   * @default - a role of its own with one inline policy
   */
  readonly role?: iam.IRole;

  /**
   * The processor that the collector runs on. It runs on either.
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
   * When the collector is stopped: whole seconds, from 10 seconds up to 15 minutes, and less than the interval. Known at
   * synthesis.
   *
   * @default - 80 % of the interval, at most 15 minutes
   */
  readonly timeout?: Duration;

  /**
   * Whether AWS X-Ray traces the collector's runs. A trace has the run as a whole; the calls of Athena are in the metrics
   * `ApiCalls` and `ThrottledApiCalls`.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
   * @default Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The key that encrypts the collector's environment variables. They are the monitor's settings; there are no secrets in them.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
   * @default - a key of AWS Lambda's own
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * A queue for what was not run: events that the schedule could not deliver, and events whose run failed. A standard queue. Nothing has to be
   * done about them, as the next run makes good what one missed.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
   * @default - none: the alarms on the monitor's health tell of runs that are missing
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * The VPC that the collector runs in. Its subnets need a way to Athena: a NAT gateway, or an interface endpoint of
   * `com.amazonaws.<region>.athena`; logs and metrics need none.
   *
   * @see https://docs.aws.amazon.com/athena/latest/ug/interface-vpc-endpoint.html
   * @default - none: the collector runs in a network of AWS Lambda's own
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Which subnets of the `vpc`.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the collector in the `vpc`. It opens connections to port 443 and accepts none.
   *
   * @default - a security group of its own that allows all outbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
