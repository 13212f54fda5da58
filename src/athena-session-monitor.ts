import * as path from 'node:path';
import { Duration, Lazy, RemovalPolicy, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { type AlarmActions, createAlarm, foundWorkGroupsMetric } from './alarm';
import { A_TOKEN, badValue, checkWholeNumber, identityOf, knownSeconds, workGroupIdentity } from './checks';
import { type CollectorEvent, RESERVED_SECONDS, SETTINGS, workGroupsPerRun } from './collector/schema';
import { type AlarmTarget, SessionAlarm } from './session-alarm';
import { SessionMetrics } from './session-metrics';
import { type SelectedWorkGroups, WorkGroupSelection } from './work-group-selection';

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
   * What is done when an alarm goes to ALARM.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when an alarm goes to OK.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly okActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when an alarm goes to INSUFFICIENT_DATA.
   *
   * @default - nothing but the alarm's change of state
   */
  readonly insufficientDataActions?: cloudwatch.IAlarmAction[];

  /**
   * The address of a runbook, to which alarms link. It has the sections `#failed`, `#idle`, `#degraded`, `#heartbeat` and
   * `#listing`.
   *
   * @default - the runbook of this library
   */
  readonly runbookUrl?: string;

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
   * per account and region: other monitors and all other work there share them.
   *
   * @see https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
   * @default 4
   */
  readonly maxRequestsPerSecond?: number;

  /**
   * Whether the collector's log names the sessions behind the figures: id, state, time in it, description, reason.
   *
   * @default true
   */
  readonly logSessionDetails?: boolean;

  /**
   * The collector's log group. It must be of the Standard class: no metrics are extracted from others.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
   * @default - a log group of its own, kept for one month and removed with the monitor
   */
  readonly logGroup?: logs.ILogGroup;

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
}

/** The minutes that divide an hour: only these make a cron expression whose runs are equally far apart. */
const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
const RUNBOOK_URL = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/runbook.md';

/**
 * Watches the sessions of Amazon Athena for Apache Spark: one scheduled Lambda function (the collector) lists the
 * sessions of every monitored workgroup and writes CloudWatch metrics for each state; alarms tell of sessions that
 * failed, stay idle or are degraded, and of the monitor's own health.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark.html
 */
export class AthenaSessionMonitor extends SessionMetrics {
  /** The namespace of all metrics. */
  public readonly metricNamespace: string;
  /** The time between runs: the period of all metrics and alarms. */
  public readonly interval: Duration;
  /** The function that lists sessions and writes metrics. */
  public readonly collector: lambda.Function;
  /** The schedule that runs the collector. */
  public readonly schedule: scheduler.Schedule;
  /** The collector's log group, in which lines name the sessions behind the figures. */
  public readonly logGroup: logs.ILogGroup;
  /** In ALARM when runs are missing, or, unless all workgroups are monitored, when they list no workgroup. */
  public readonly heartbeatAlarm?: cloudwatch.Alarm;
  /** In ALARM when workgroups cannot be listed: the alarms of those may be OK although nobody knows. */
  public readonly listingAlarm?: cloudwatch.Alarm;

  /** @internal */
  protected readonly _functionName: string;

  private readonly selected: SelectedWorkGroups;
  private readonly alarmsScope: Construct;
  private readonly alarmsById = new Map<string, cloudwatch.Alarm[]>();
  private longestWithin = Duration.minutes(0);

  public constructor(scope: Construct, id: string, private readonly props: AthenaSessionMonitorProps = {}) {
    super(scope, id);
    this.metricNamespace = this.checkedNamespace(props.metricNamespace ?? 'AthenaSessions');
    this.interval = this.checkedInterval(props.interval ?? Duration.minutes(5));
    this.selected = (props.workGroups ?? WorkGroupSelection.all())._select(this);
    this.checkSharedNamespace();

    this.logGroup = this.checkedLogGroup(props.logGroup) ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY, // what is worth keeping longer is in the metrics
    });
    this.collector = this.createCollector();
    this._functionName = this.collector.functionName;
    this.schedule = this.createSchedule();

    this.alarmsScope = new Construct(this, 'Alarms');
    for (const alarm of props.alarms ?? SessionAlarm.defaults()) {
      this.addAlarm(alarm);
    }
    if (props.healthAlarms ?? true) {
      this.heartbeatAlarm = this.createHeartbeatAlarm();
      this.listingAlarm = this.createListingAlarm();
    }
  }

  /** The alarms on sessions. */
  public get alarms(): cloudwatch.Alarm[] {
    return [...this.alarmsById.values()].flat();
  }

  /**
   * The alarms of one id: one for each named workgroup, a single one where workgroups are found.
   *
   * @param id the `SessionAlarm`'s id, such as `Failed`; an unknown one is an error that lists the known ones
   */
  public alarmsFor(id: string): cloudwatch.Alarm[] {
    const alarms = this.alarmsById.get(id);
    if (!alarms) {
      throw badValue(this, 'id', `the id of one of the monitor's alarms (${[...this.alarmsById.keys()].join(', ') || 'there are none'})`, id);
    }
    return [...alarms];
  }

  /**
   * Adds an alarm on sessions. Returns the CloudWatch alarms: one for each named workgroup, a single one where workgroups
   * are found.
   *
   * @param alarm of an id that the monitor does not have yet
   */
  public addAlarm(alarm: SessionAlarm): cloudwatch.Alarm[] {
    if (this.alarmsById.has(alarm.id)) {
      throw badValue(this, 'alarms', 'of different ids, set the option \'id\' of one', alarm.id);
    }
    const created = alarm._create(new Construct(this.alarmsScope, alarm.id), {
      interval: this.interval,
      targets: this.alarmTargets(),
      found: this.selected.named === undefined,
      runbookUrl: this.runbookUrl,
      actions: this.actions,
      logGroupName: this.logGroup.logGroupName,
      sessionsAreNamed: this.props.logSessionDetails ?? true,
    });
    this.alarmsById.set(alarm.id, created);
    this.noteWithin(alarm._within(this.interval));
    return [...created];
  }

  private createCollector(): lambda.Function {
    const { countTerminated = true, maxRequestsPerSecond = 4, logSessionDetails = true, memorySize = 256 } = this.props;
    if (!Token.isUnresolved(maxRequestsPerSecond) && !(Number.isFinite(maxRequestsPerSecond) && maxRequestsPerSecond > 0)) {
      throw badValue(this, 'maxRequestsPerSecond', 'a positive number', maxRequestsPerSecond);
    }
    checkWholeNumber(this, 'memorySize', memorySize, 128, 10_240, ' of MB');
    const timeout = this.checkedTimeout();
    this.checkCapacity(timeout, maxRequestsPerSecond, countTerminated);
    this.checkLookback();

    return new lambda.Function(this, 'Collector', {
      description: 'Lists the sessions of Athena for Apache Spark and writes CloudWatch metrics of them',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(path.join(__dirname, '..', 'assets', 'collector')),
      handler: 'index.handler',
      role: this.createRole(),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.TEXT, // the JSON format would wrap what the metrics are extracted from
      memorySize,
      timeout,
      // The next run is the retry, and it recomputes what this one missed.
      retryAttempts: 0,
      maxEventAge: this.interval,
      environment: {
        [SETTINGS.metricNamespace]: this.metricNamespace,
        [SETTINGS.intervalMinutes]: `${this.interval.toMinutes()}`,
        [SETTINGS.lookbackMinutes]: Lazy.string({ produce: () => `${this.lookback().toMinutes()}` }), // alarms may still be added
        [SETTINGS.maxSessionMinutes]: `${this.checkedMaxSessionDuration().toMinutes()}`,
        [SETTINGS.countTerminated]: `${countTerminated}`,
        [SETTINGS.maxRequestsPerSecond]: Tokenization.stringifyNumber(maxRequestsPerSecond),
        [SETTINGS.logSessionDetails]: `${logSessionDetails}`,
        [SETTINGS.timeoutSeconds]: `${timeout.toSeconds()}`,
        ...this.selected.environment,
      },
    });
  }

  private createRole(): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: 'Lets the collector list the sessions of Athena workgroups and write its log',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    // A policy of its own: the role's default policy would be split into managed ones where many workgroups are named.
    const policy = new iam.Policy(role, 'Policy', { roles: [role] });
    // In place of AWSLambdaBasicExecutionRole, which may write to every log group.
    this.logGroup.grantWrite(policy);
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListSessions'], resources: [...this.selected.arns] }));
    if (!this.selected.named) {
      policy.addStatements(new iam.PolicyStatement({ actions: ['athena:ListWorkGroups'], resources: ['*'] })); // takes no ARN
    }
    return role;
  }

  private createSchedule(): scheduler.Schedule {
    const role = new iam.Role(this, 'ScheduleRole', {
      description: 'Lets the schedule run the collector',
      // Only schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } } }),
    });
    // The target would grant all of the function's versions, too.
    role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.collector.functionArn] }));

    const event: { [name in keyof CollectorEvent]: string } = { scheduledTime: scheduler.ContextAttribute.scheduledTime };
    const minutes = this.interval.toMinutes();
    const schedule = new scheduler.Schedule(this, 'Schedule', {
      description: 'Runs the collector that lists the sessions of Athena for Apache Spark',
      // A cron on the grid: the phase of a rate would be the moment of its creation.
      schedule: scheduler.ScheduleExpression.cron({ minute: minutes === 60 ? '0' : `0/${minutes}` }),
      target: new targets.LambdaInvoke(this.collector, {
        role: role.withoutPolicyUpdates(),
        input: scheduler.ScheduleTargetInput.fromObject(event),
        retryAttempts: 0, // the next run is the retry; by default a backlog of stale runs would follow an outage
        maxEventAge: this.interval,
      }),
    });
    schedule.node.addDependency(role);
    return schedule;
  }

  private createHeartbeatAlarm(): cloudwatch.Alarm {
    const periods = 3;
    const minutes = this.interval.toMinutes();
    const { mayBeEmpty } = this.selected;
    const alarm = createAlarm(this, 'HeartbeatAlarm', {
      metric: this.metricWorkGroupsMonitored(),
      alarmDescription: `The monitor of Athena sessions is blind: ${mayBeEmpty ? 'its runs are missing' : 'its runs are missing, or list no workgroup'}. `
        + `Alarms on sessions tell nothing meanwhile. See the errors of the function ${this.collector.functionName} and its log group ${this.logGroup.logGroupName}. `
        + `Runbook: ${this.runbookUrl}#heartbeat`,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: mayBeEmpty ? 0 : 1, // nothing is less than 0: only what is missing breaches
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
      ...this.actions,
    });
    // A new alarm has no data yet and would page on its first evaluation; the first run comes an interval later at the most.
    // Newer than this library's oldest aws-cdk-lib, and than the schemas of some linters:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
    const cfnAlarm = alarm.node.defaultChild as cloudwatch.CfnAlarm;
    cfnAlarm.addPropertyOverride('WarmUpConfiguration', { WarmUpPeriodDurationInMinutes: (periods + 1) * minutes });
    cfnAlarm.addMetadata('cfn-lint', { config: { ignore_checks: ['E3002'] } });
    return alarm;
  }

  private createListingAlarm(): cloudwatch.Alarm {
    return createAlarm(this, 'ListingAlarm', {
      metric: this.metricWorkGroupsFailed(),
      alarmDescription: 'The monitor of Athena sessions could not list some workgroups. Alarms on the sessions of these may be OK although nobody knows. '
        + `Which, and why, is in the log group ${this.logGroup.logGroupName}. Runbook: ${this.runbookUrl}#listing`,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...this.actions,
    });
  }

  private get actions(): AlarmActions {
    const { alarmActions = [], okActions = [], insufficientDataActions = [] } = this.props;
    return { alarmActions, okActions, insufficientDataActions };
  }

  private get runbookUrl(): string {
    return this.props.runbookUrl ?? RUNBOOK_URL;
  }

  private alarmTargets(): AlarmTarget[] {
    return this.selected.named?.map(({ key, name }): AlarmTarget => ({
      key,
      workGroup: name,
      metric: (metricName) => this.metric(metricName, { workGroup: name }),
    })) ?? [{ key: 'Found', metric: (metricName) => foundWorkGroupsMetric(this.metricNamespace, metricName, this.interval) }];
  }

  private checkedNamespace(namespace: string): string {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html; quotes would end the name in a query
    if (!Token.isUnresolved(namespace) && (!/^[a-zA-Z0-9._\-/#: ]{1,255}$/.test(namespace) || /^(AWS\/|:)/.test(namespace))) {
      throw badValue(this, 'metricNamespace', '1 to 255 of a-z, A-Z, 0-9, ".", "_", "-", "/", "#", ":" and " ", without "AWS/" or ":" at its beginning', namespace);
    }
    return namespace;
  }

  private checkedInterval(interval: Duration): Duration {
    const minutes = knownSeconds(this, 'interval', interval) / 60;
    if (!INTERVALS.includes(minutes)) {
      throw badValue(this, 'interval', `a whole number of minutes that divides an hour (${INTERVALS.join(', ')})`, interval);
    }
    return Duration.minutes(minutes);
  }

  private checkedTimeout(): Duration {
    const intervalSeconds = this.interval.toSeconds();
    const timeout = this.props.timeout ?? Duration.seconds(Math.min(0.8 * intervalSeconds, 900));
    const seconds = knownSeconds(this, 'timeout', timeout);
    if (!Number.isInteger(seconds) || seconds < 2 * RESERVED_SECONDS || seconds > 900 || seconds >= intervalSeconds) {
      throw badValue(this, 'timeout', `a whole number of seconds from ${2 * RESERVED_SECONDS} seconds to 15 minutes, `
        + `and less than the interval of ${this.interval.toHumanString()}`, timeout);
    }
    return Duration.seconds(seconds);
  }

  private checkedMaxSessionDuration(): Duration {
    const duration = this.props.maxSessionDuration ?? Duration.hours(24);
    const minutes = knownSeconds(this, 'maxSessionDuration', duration) / 60;
    if (!Number.isInteger(minutes) || minutes < 1) {
      throw badValue(this, 'maxSessionDuration', 'a whole number of minutes, at least 1', duration);
    }
    return Duration.minutes(minutes);
  }

  private checkedLogGroup(logGroup: logs.ILogGroup | undefined): logs.ILogGroup | undefined {
    const logGroupClass = (logGroup?.node.defaultChild as logs.CfnLogGroup | undefined)?.logGroupClass;
    if (logGroupClass !== undefined && !Token.isUnresolved(logGroupClass) && logGroupClass !== logs.LogGroupClass.STANDARD) {
      throw badValue(this, 'logGroup', 'of the class STANDARD, since no metrics are extracted from others', logGroupClass);
    }
    return logGroup;
  }

  /** Named workgroups all have to fit one run; found ones may take turns. */
  private checkCapacity(timeout: Duration, maxRequestsPerSecond: number, countTerminated: boolean): void {
    if (Token.isUnresolved(maxRequestsPerSecond)) {
      return;
    }
    const most = workGroupsPerRun(timeout.toSeconds(), maxRequestsPerSecond, countTerminated);
    if (most < 1) {
      throw badValue(this, 'maxRequestsPerSecond', `enough for a run of ${timeout.toHumanString()} to list a workgroup`, maxRequestsPerSecond);
    }
    const count = this.selected.named?.length ?? 0;
    if (count > most) {
      throw badValue(this, 'workGroups', `at most ${most}, which is what a run of ${timeout.toHumanString()} can list at maxRequestsPerSecond `
        + `${maxRequestsPerSecond}; raise maxRequestsPerSecond, or timeout and interval, or use two monitors`, `${count} named workgroups`);
    }
  }

  /** Two monitors must not write to the same series, nor one's alarms read the other's. */
  private checkSharedNamespace(): void {
    const ourTop = topLevelStack(this);
    const identities = (monitor: AthenaSessionMonitor) => monitor.selected.named?.map(({ name }) => workGroupIdentity(monitor, name)) ?? [];
    const ourNames = new Set(identities(this));
    const others = ourTop.node.findAll().filter((other): other is AthenaSessionMonitor =>
      other instanceof AthenaSessionMonitor && other !== this && topLevelStack(other) === ourTop && other.selected !== undefined);
    for (const other of others.filter((monitor) => identityOf(monitor, monitor.metricNamespace) === identityOf(this, this.metricNamespace))) {
      const shared = identities(other).some((name) => ourNames.has(name));
      if (!this.selected.named || !other.selected.named || shared) {
        throw new Error(`[${this.node.path}] metricNamespace must differ from that of ${other.node.path}, `
          + `${shared ? 'as a workgroup is in both monitors' : 'as a monitor whose workgroups are found must be the only one in its namespace'}: `
          + `set metricNamespace, received ${Token.isUnresolved(this.metricNamespace) ? A_TOKEN : JSON.stringify(this.metricNamespace)} for both`);
      }
    }
  }

  private noteWithin(within: Duration | undefined): void {
    if (within && within.toMinutes() > this.longestWithin.toMinutes()) {
      this.longestWithin = within;
      this.checkLookback();
    }
  }

  private lookback(): Duration {
    const minutes = this.interval.toMinutes();
    return this.props.lookback ?? Duration.minutes(Math.max(Math.ceil(60 / minutes) * minutes, 3 * minutes, this.longestWithin.toMinutes()));
  }

  private checkLookback(): void {
    const lookback = this.lookback();
    const minutes = knownSeconds(this, 'lookback', lookback) / 60;
    const least = Math.max(3 * this.interval.toMinutes(), this.longestWithin.toMinutes());
    if (!Number.isInteger(minutes / this.interval.toMinutes()) || minutes < least || minutes > Duration.days(7).toMinutes()) {
      throw badValue(this, 'lookback', `a whole number of intervals of ${this.interval.toHumanString()}, at least 3 of them, `
        + `at least the largest 'within' of the alarms (${this.longestWithin.toHumanString()}), and at most 7 days`, lookback);
    }
  }
}

/** The stack that is deployed with the construct: nested ones belong to their parents. */
function topLevelStack(construct: Construct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
