import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import {
  addActions, type AlarmContext, type AlarmTarget, type CommonAlarmOptions, foundWorkGroupsMetric, type MonitorAlarm, ownActions,
} from './alarms/alarm';
import { createCompositeAlarm } from './alarms/composite-alarm';
import { quotaAlarm } from './alarms/quota-alarm';
import type { SessionAlarm } from './alarms/session-alarm';
import {
  annotateAlarmActions, annotateMissingEvents, annotateMonthlyCost, annotateOmittedQueries, annotatePartialQuota,
  annotateThresholdAboveIdleTimeout, annotateThresholdAboveMaxSessionDuration, annotateThresholdBelowInterval,
} from './annotations';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { createCollector, createSchedule } from './collector-function';
import type { BilledParts } from './cost';
import { createDashboard } from './dashboard/create-dashboard';
import { SessionDashboard } from './dashboard/session-dashboard';
import { createQueries } from './dashboard/session-queries';
import { enableEvents } from './events/enable-events';
import { SessionEvents } from './events/session-events';
import { type AthenaSessionMonitorAttributes, ImportedSessionMetrics } from './imported-session-metrics';
import { largestHoldFor, type MonitorConfig, resolveConfig, resolveLookback } from './monitor-config';
import { cureForSessionAlarm, isSessionAlarm } from './prop-types';
import type { EventAlarm } from './schema';
import type { SessionMetrics } from './session-metrics';
import { billedPartsOfApp, checkAlarmNames, checkNamespace, registerMonitor } from './sibling-monitors';
import { invalidValueError } from './validation';
import { checkMonitored } from './work-group-selection';

/**
 * Monitors the sessions of Amazon Athena for Apache Spark in the account and region of its stack.
 *
 * A scheduled Lambda function, the collector, lists the sessions of every monitored workgroup and writes CloudWatch metrics for
 * each state. Alarms notify you of failed, long-idle and degraded sessions, and of problems of the monitor itself. A dashboard
 * shows metrics, alarms and sessions.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark.html
 * @example
 * declare const topic: sns.ITopic;
 *
 * new AthenaSessionMonitor(this, 'Sessions', {
 *   workGroups: WorkGroupSelection.matching('etl-*'),
 *   alarms: SessionAlarm.defaults({ idleLongerThan: Duration.hours(2) }),
 *   alarmActions: [new SnsAction(topic)],
 * });
 */
export class AthenaSessionMonitor extends SessionEvents {
  /**
   * The metrics of a monitor that is deployed elsewhere, for dashboards and alarms of this app. Creates no resources.
   *
   * @param scope the parent construct
   * @param id the construct id
   * @param attrs attributes of the monitor
   */
  public static fromAthenaSessionMonitorAttributes(scope: Construct, id: string, attrs: AthenaSessionMonitorAttributes): SessionMetrics {
    return new ImportedSessionMetrics(scope, id, attrs);
  }

  /** The namespace of all metrics. */
  public readonly metricNamespace: string;
  /** The time between runs, and the period of all metrics and alarms. */
  public readonly interval: Duration;
  /** The function that lists sessions and writes metrics. */
  public readonly collector: lambda.Function;
  /** The schedule that runs the collector. */
  public readonly schedule: scheduler.Schedule;
  /** The collector's log group. Unless `logSessionDetails` is false, log lines list the sessions behind the metrics. */
  public readonly logGroup: logs.ILogGroup;
  /** In ALARM when runs are missing, or when they list no workgroup (except with `WorkGroupSelection.all()`). */
  public readonly heartbeatAlarm?: cloudwatch.Alarm;
  /** In ALARM when workgroups cannot be listed. The state of their session alarms is unreliable then. */
  public readonly listingAlarm?: cloudwatch.Alarm;
  /** In ALARM when sessions of Spark 3.5 may have used up `dpuQuota`. */
  public readonly quotaAlarm?: cloudwatch.Alarm;
  /** The dashboard with the monitor's widgets: a new one, or the prop `dashboard`. */
  public readonly dashboard?: cloudwatch.Dashboard;

  /** @internal */
  protected readonly _functionName: string;
  /** @internal */
  protected readonly _eventBus?: events.IEventBus;

  private readonly config: MonitorConfig;
  private readonly policy: iam.Policy;
  private readonly alarmsScope: Construct;
  private readonly sessionAlarms: cloudwatch.Alarm[] = [];
  private readonly alarmsById = new Map<string, cloudwatch.Alarm[]>();
  private readonly definitions: SessionAlarm[] = [];
  private eventsAreOn = false;
  private compositeAlarm?: cloudwatch.CompositeAlarm;
  private longestHoldFor = Duration.minutes(0);

  /**
   * Creates a monitor. Throws an error for an invalid prop.
   *
   * @param scope the parent construct
   * @param id the construct id
   * @param props properties of the monitor
   */
  public constructor(scope: Construct, id: string, props: AthenaSessionMonitorProps = {}) {
    super(scope, id);
    this.config = resolveConfig(this, props);
    this.metricNamespace = this.config.metricNamespace;
    this.interval = this.config.interval;
    checkNamespace(this, this.metricNamespace, this.config.selection);

    this.logGroup = this.config.logGroup ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY, // metrics keep the long-term data
    });
    const { collector, policy } = createCollector(this, this.config, this.logGroup, () => this.lookback());
    this.collector = collector;
    this.policy = policy;
    this._functionName = this.collector.functionName;
    this.schedule = createSchedule(this, this.config, this.collector);
    if (this.config.lookback) { // in one go for all alarms
      resolveLookback(this, this.config, largestHoldFor(this.config.alarms, this.interval));
    }

    this.alarmsScope = new Construct(this, 'Alarms');
    this.config.alarms.forEach((alarm) => this.addAlarm(alarm));
    this.config.healthAlarms.forEach((alarm) => this.createAlarms(alarm));
    this.heartbeatAlarm = this.alarmsById.get('Heartbeat')?.[0];
    this.listingAlarm = this.alarmsById.get('Listing')?.[0];
    if (this.config.dpuQuota !== undefined) {
      annotatePartialQuota(this, this.config.selection);
      [this.quotaAlarm] = this.createAlarms(quotaAlarm(this.config.dpuQuota));
    }
    this._eventBus = this.config.eventBus;
    if (this._eventBus) {
      this._enableEvents();
    }
    this.dashboard = createDashboard(this, this.config, () => this.sessionDashboard());
    // At synthesis, when all alarms and actions have been added.
    this.node.addValidation({ validate: () => this.annotate() });
    registerMonitor(this, this.metricNamespace, this.config.selection, () => this.billedParts());
  }

  /** In ALARM when events could not be sent. Exists only where events are on, or if `healthAlarms` has it. */
  public get notificationsAlarm(): cloudwatch.Alarm | undefined {
    return this.alarmsById.get('Notifications')?.[0];
  }

  /** The CloudWatch alarms of all session alarms. The list is a copy. */
  public get alarms(): cloudwatch.Alarm[] {
    return [...this.sessionAlarms];
  }

  /**
   * The CloudWatch alarms of a session alarm (one for each named workgroup, or a single one for found workgroups) or of
   * a health alarm, or the quota alarm. None for a session alarm with `alarm: false`.
   *
   * @param id the id of the `SessionAlarm` or `HealthAlarm`, such as `Failed` or `Heartbeat`. An unknown id throws an error that lists the known ones
   */
  public alarmsFor(id: string): cloudwatch.Alarm[] {
    const alarms = this.alarmsById.get(id);
    if (!alarms) {
      throw invalidValueError(this, 'id', `the id of one of the monitor's alarms (${[...this.alarmsById.keys()].join(', ') || 'there are none'})`, id);
    }
    return [...alarms];
  }

  /**
   * Adds a session alarm. Returns its CloudWatch alarms: one for each named workgroup, or a single one for found workgroups.
   *
   * @param alarm the alarm. Its id must be unique in the monitor
   */
  public addAlarm(alarm: SessionAlarm): cloudwatch.Alarm[] {
    if (!isSessionAlarm(alarm)) {
      throw invalidValueError(this, 'alarm of addAlarm()', 'an alarm, such as SessionAlarm.failed()', alarm,
        Array.isArray(alarm) ? 'call addAlarm() for each' : cureForSessionAlarm(alarm));
    }
    if (this.alarmsById.has(alarm.id)) {
      throw invalidValueError(this, 'alarms', 'of different ids: set the option \'id\' of one', alarm.id);
    }
    return this.createAlarms(alarm, (created) => {
      const longestHoldFor = Duration.minutes(Math.max(this.longestHoldFor.toMinutes(), alarm._holdFor(this.interval)?.toMinutes() ?? 0));
      resolveLookback(this, this.config, longestHoldFor);
      this.longestHoldFor = longestHoldFor;
      this.sessionAlarms.push(...created);
      this.definitions.push(alarm);
      annotateThresholdBelowInterval(this, alarm.id, alarm._threshold(), this.interval);
      annotateThresholdAboveIdleTimeout(this, alarm.id, alarm._threshold());
      annotateThresholdAboveMaxSessionDuration(this, alarm.id, alarm._threshold(), this.config.maxSessionDuration);
    });
  }

  /**
   * Adds a composite alarm that is in ALARM while any alarm of the monitor is, including health alarms and alarms that are added
   * later. Can be called once.
   *
   * CloudWatch allows up to 100 alarms and 10,240 characters in its rule, which contains the alarms' names. Exceeding these limits
   * is an error at synthesis.
   *
   * @param options options of the composite alarm
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
   */
  public addCompositeAlarm(options: CommonAlarmOptions = {}): cloudwatch.CompositeAlarm {
    if (this.compositeAlarm) {
      throw invalidValueError(this, 'addCompositeAlarm()', 'called once, as the alarm includes all others', this.compositeAlarm);
    }
    const compositeAlarm = createCompositeAlarm(this, 'AnyAlarm', () => this.simpleAlarms(), this.config, options);
    try {
      checkAlarmNames(this, [compositeAlarm]);
    } catch (error) {
      this.node.tryRemoveChild(compositeAlarm.node.id); // so that it can be added with another name
      throw error;
    }
    this.compositeAlarm = compositeAlarm;
    addActions(compositeAlarm, ownActions(options));
    return compositeAlarm;
  }

  /**
   * The widgets of the monitor's dashboard, for a dashboard of your own. They fill whole rows, and do not include alarms that are
   * added later.
   *
   * The methods `widgets()`, `summaryWidgets()` and `alarmWidgets()` make the monitor a dashboard segment of cdk-monitoring-constructs.
   */
  public widgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().widgets();
  }

  /** Widgets with the state of all alarms, numbers and failed sessions, for a dashboard of many services. */
  public summaryWidgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().summaryWidgets();
  }

  /** Widgets with the state of all alarms. */
  public alarmWidgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().alarmWidgets();
  }

  /**
   * Saves CloudWatch Logs Insights queries of the collector's log: the longest idle sessions now, failed sessions and why, who
   * leaves sessions open, the most expensive sessions (at least, at one DPU each and `dpuHourPrice`), workgroups that could not be
   * listed, calls and throttles by hour. With `logSessionDetails: false` the first four are omitted, as the log has no session
   * details. Can be called once.
   *
   * @param namePrefix the prefix of the queries' names, which must be unique in the account and region. A `/` creates a folder.
   * Default: the stack's name and the path of the monitor in it, as folders
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
   */
  public addLogsInsightsQueries(namePrefix?: string): void {
    const saved = this.node.tryFindChild('Queries');
    if (saved) {
      throw invalidValueError(this, 'addLogsInsightsQueries()', 'called once, as it saves all queries', saved);
    }
    if (!this.config.logSessionDetails) {
      annotateOmittedQueries(this);
    }
    createQueries(this, this.config, this.alarmContext, namePrefix);
  }

  /** @internal */
  protected _locate(metric: cloudwatch.Metric): cloudwatch.Metric {
    return metric.attachTo(this); // so that dashboards of other regions read it from here, and CDK rejects alarms there
  }

  /** @internal */
  protected _checkMonitored(what: string, workGroup: string): void {
    checkMonitored(this, what, this.config.selection, workGroup);
  }

  /** @internal */
  protected _enableEvents(): void {
    if (!this.eventsAreOn) {
      enableEvents(this, this.config, { collector: this.collector, policy: this.policy, alarms: () => this.eventAlarms() });
      this.eventsAreOn = true;
      this.config.eventHealthAlarms.forEach((alarm) => this.createAlarms(alarm));
    }
  }

  /** @internal */
  protected _eventAlarmIds(): string[] {
    return this.eventAlarms().map(({ id }) => id);
  }

  private eventAlarms(): EventAlarm[] {
    const alarms = this.definitions.map((alarm) => alarm._eventAlarm(this.config.runbookUrl));
    return alarms.filter((alarm): alarm is EventAlarm => alarm !== undefined);
  }

  /** @param register checks and registers the alarms. If it throws an error, they are removed */
  private createAlarms(alarm: MonitorAlarm, register: (created: cloudwatch.Alarm[]) => void = () => {}): cloudwatch.Alarm[] {
    const existing = this.alarmsScope.node.children;
    try {
      const created = alarm._create(this.alarmsScope, this.alarmContext);
      checkAlarmNames(this, created);
      register(created);
      this.alarmsById.set(alarm.id, created);
    } catch (error) {
      const created = this.alarmsScope.node.children.filter((child) => !existing.includes(child));
      created.forEach(({ node }) => this.alarmsScope.node.tryRemoveChild(node.id)); // so that the id can be used again
      throw error;
    }
    const alarms = this.alarmsById.get(alarm.id)!;
    alarm._addActions(alarms, this.alarmContext); // if one throws an error, the alarms stay: what others have bound refers to them
    return [...alarms];
  }

  private simpleAlarms(): cloudwatch.Alarm[] {
    const others = [this.heartbeatAlarm, this.listingAlarm, this.quotaAlarm, this.notificationsAlarm];
    return [...this.alarms, ...others.filter((alarm): alarm is cloudwatch.Alarm => alarm !== undefined)];
  }

  private get alarmContext(): AlarmContext {
    return {
      ...this.config,
      mayBeEmpty: this.config.selection.mayBeEmpty,
      zerosWhenQuiet: this.config.zerosWhenQuiet || !this.config.countTerminated,
      targets: this.alarmTargets(),
      runMetric: (metricName) => this.metric(metricName),
      functionName: this.collector.functionName,
      logGroupName: this.logGroup.logGroupName,
    };
  }

  private alarmTargets(): AlarmTarget[] {
    return this.config.selection.named?.map((workGroup): AlarmTarget => ({
      workGroup,
      metric: (metricName) => this.metric(metricName, { workGroup: workGroup.name }),
    })) ?? [{ metric: (metricName) => foundWorkGroupsMetric(this.metricNamespace, metricName, this.interval) }];
  }

  private lookback(): Duration {
    return resolveLookback(this, this.config, this.longestHoldFor);
  }

  private sessionDashboard(): SessionDashboard {
    return new SessionDashboard({
      config: this.config,
      title: this.node.path,
      variablePattern: `WORKGROUP_${this.node.addr.slice(-8)}`,
      region: Stack.of(this).region,
      alarms: [...this.simpleAlarms(), ...this.compositeAlarm ? [this.compositeAlarm] : []],
      events: this.eventsAreOn,
      thresholds: this.definitions.filter(({ _hasAlarms }) => _hasAlarms).map((alarm) => alarm._threshold()),
      collector: this.collector,
      logGroupName: this.logGroup.logGroupName,
      metric: (metricName, options) => this.metric(metricName, options),
    });
  }

  private annotate(): string[] {
    const { actions } = this.config;
    const alarms = [...this.simpleAlarms(), ...this.compositeAlarm ? [this.compositeAlarm] : []];
    // On child constructs: at synthesis, CDK only respects acknowledgements on scopes above the annotated one.
    annotateAlarmActions(this.alarmsScope, alarms, Object.values(actions).some((list) => list.length > 0));
    if (!this.eventsAreOn) {
      annotateMissingEvents(this.alarmsScope, this.partsOfEvents());
    }
    const billed = billedPartsOfApp(this);
    if (billed.length > 0) {
      annotateMonthlyCost(this.collector, billed);
    }
    return [];
  }

  /** What has no effect without events. */
  private partsOfEvents(): string[] {
    return [
      ...this.definitions.filter(({ _hasAlarms }) => !_hasAlarms).map(({ id }) => `the alarm ${id} with alarm: false`),
      ...this.notificationsAlarm ? ['HealthAlarm.notifications()'] : [],
    ];
  }

  private billedParts(): BilledParts {
    const { selection, countTerminated, dashboard } = this.config;
    return {
      workGroups: selection.named?.length ?? 0,
      countTerminated,
      alarms: this.simpleAlarms().length,
      compositeAlarms: this.compositeAlarm ? 1 : 0,
      dashboards: this.dashboard && !dashboard ? 1 : 0,
      events: this.eventsAreOn,
    };
  }
}
