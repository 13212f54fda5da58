import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { type AlarmContext, foundWorkGroupsMetric } from './alarms/alarm';
import { type CompositeSessionAlarmOptions, createCompositeAlarm } from './alarms/composite-alarm';
import { createHeartbeatAlarm, createListingAlarm } from './alarms/health-alarms';
import type { AlarmTarget, AlarmThreshold, SessionAlarm } from './alarms/session-alarm';
import {
  annotateAlarmActions, annotateIgnoredCreateDashboard, annotateMonthlyCost, annotateOmittedQueries, annotateThresholdBelowInterval,
} from './annotations';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { createCollector, createSchedule } from './collector-function';
import { LazyWidgets } from './dashboard/lazy-widgets';
import { SessionDashboard } from './dashboard/session-dashboard';
import { createQueries } from './dashboard/session-queries';
import { type MonitorConfig, resolveConfig, resolveLookback } from './monitor-config';
import { isSessionAlarm } from './prop-types';
import { SessionMetrics } from './session-metrics';
import { checkAlarmNames, registerMonitor } from './sibling-monitors';
import { invalidValueError } from './validation';

/**
 * Watches the sessions of Amazon Athena for Apache Spark.
 *
 * One scheduled Lambda function, the collector, lists the sessions of every monitored workgroup and writes CloudWatch metrics for
 * each state. Alarms tell of sessions that failed, stay idle or are degraded, and of the monitor's own health. A dashboard shows
 * it all.
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

  /** The dashboard that shows the monitor: its own, or the one that it was given. */
  public readonly dashboard?: cloudwatch.Dashboard;

  /** @internal */
  protected readonly _functionName: string;

  private readonly config: MonitorConfig;
  private readonly alarmsScope: Construct;
  private readonly alarmsById = new Map<string, cloudwatch.Alarm[]>();
  private readonly thresholds: AlarmThreshold[] = [];
  private compositeAlarm?: cloudwatch.CompositeAlarm;
  private longestWithin = Duration.minutes(0);

  /**
   * A monitor of the scope's account and region. Errors name the option, what was received and what is allowed.
   *
   * @param scope the stack, or a construct in it
   * @param id the monitor's id in the scope: logical ids are made of it
   * @param props what it is told; everything has a default
   */
  public constructor(scope: Construct, id: string, props: AthenaSessionMonitorProps = {}) {
    super(scope, id);
    this.config = resolveConfig(this, props);
    this.metricNamespace = this.config.metricNamespace;
    this.interval = this.config.interval;
    registerMonitor(this, this.config.selection);

    this.logGroup = this.config.logGroup ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY, // what is worth keeping longer is in the metrics
    });
    this.collector = createCollector(this, this.config, this.logGroup, () => this.lookback());
    this._functionName = this.collector.functionName;
    this.schedule = createSchedule(this, this.config, this.collector);
    this.lookback(); // is validated

    this.alarmsScope = new Construct(this, 'Alarms');
    this.config.alarms.forEach((alarm) => this.addAlarm(alarm));
    if (this.config.healthAlarms) {
      this.heartbeatAlarm = createHeartbeatAlarm(this, this.alarmContext, this.metricWorkGroupsMonitored(), this.config.selection.mayBeEmpty);
      this.listingAlarm = createListingAlarm(this, this.alarmContext, this.metricWorkGroupsNotListed());
    }
    this.dashboard = this.fillDashboard();
    // When all alarms have been added, with all their actions.
    this.node.addValidation({ validate: () => this.annotate() });
  }

  /** The alarms on sessions: a copy of the list. */
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
      throw invalidValueError(this, 'id', `the id of one of the monitor's alarms (${[...this.alarmsById.keys()].join(', ') || 'there are none'})`, id);
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
    if (!isSessionAlarm(alarm)) {
      throw invalidValueError(this, 'alarm of addAlarm()', 'an alarm such as SessionAlarm.failed()', alarm);
    }
    if (this.alarmsById.has(alarm.id)) {
      throw invalidValueError(this, 'alarms', 'of different ids, set the option \'id\' of one', alarm.id);
    }
    try {
      const created = alarm._create(new Construct(this.alarmsScope, alarm.id), this.alarmContext, this.alarmTargets());
      checkAlarmNames(this, created);
      const longestWithin = Duration.minutes(Math.max(this.longestWithin.toMinutes(), alarm._within(this.interval)?.toMinutes() ?? 0));
      resolveLookback(this, this.config, longestWithin);
      this.longestWithin = longestWithin;
      this.alarmsById.set(alarm.id, created);
      this.thresholds.push(alarm._threshold());
      annotateThresholdBelowInterval(this, alarm.id, alarm._threshold(), this.interval);
      return [...created];
    } catch (error) {
      this.alarmsScope.node.tryRemoveChild(alarm.id); // its id is free again
      throw error;
    }
  }

  /**
   * Adds a composite alarm that is in ALARM while anything is wrong with sessions here: while any alarm of the monitor is,
   * those on its health and those that are added later included. It has actions of its own, none by default.
   *
   * CloudWatch takes up to 100 alarms in it, and 10,240 characters, which their names are in; more are an error at synthesis.
   *
   * @param options name, description, actions
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
   */
  public addCompositeAlarm(options: CompositeSessionAlarmOptions = {}): cloudwatch.CompositeAlarm {
    if (this.compositeAlarm) {
      throw invalidValueError(this, 'addCompositeAlarm()', 'called once, as it looks at all alarms', this.compositeAlarm);
    }
    this.compositeAlarm = createCompositeAlarm(this, 'AnythingWrong', () => this.everyAlarm(), this.config.runbookUrl, options);
    return this.compositeAlarm;
  }

  /**
   * Everything that the monitor's dashboard shows, to be placed on a dashboard of yours: in rows of its whole width. Alarms that
   * are added later are not among it.
   *
   * With `summaryWidgets()` and `alarmWidgets()` this is what cdk-monitoring-constructs takes as a segment of a dashboard.
   */
  public widgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().widgets();
  }

  /** The state of the alarms and a row of numbers, for a dashboard of many services. */
  public summaryWidgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().summaryWidgets();
  }

  /** The state of all alarms. */
  public alarmWidgets(): cloudwatch.IWidget[] {
    return this.sessionDashboard().alarmWidgets();
  }

  /**
   * Saves queries of the collector's log in CloudWatch Logs Insights: the longest idle sessions now, failed sessions and why, who
   * leaves sessions open, workgroups that could not be listed, calls and throttles by hour. With `logSessionDetails: false` the first
   * three are left out, as they need the sessions' names. To be called once.
   *
   * @param namePrefix what the names begin with; a `/` makes a folder. Names of queries are unique in an account and region. By default
   * the stack's name and the path of the monitor in it, as folders
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
   */
  public addLogsInsightsQueries(namePrefix?: string): logs.CfnQueryDefinition[] {
    const saved = this.node.tryFindChild('Queries');
    if (saved) {
      throw invalidValueError(this, 'addLogsInsightsQueries()', 'called once, as it saves all queries', saved);
    }
    if (!this.config.logSessionDetails) {
      annotateOmittedQueries(this);
    }
    return createQueries(this, this.config, this.alarmContext, namePrefix);
  }

  /** All alarms on metrics: on sessions and on the monitor's health. */
  private everyAlarm(): cloudwatch.Alarm[] {
    const health = [this.heartbeatAlarm, this.listingAlarm].filter((alarm): alarm is cloudwatch.Alarm => alarm !== undefined);
    return [...this.alarms, ...health];
  }

  private get alarmContext(): AlarmContext {
    return { ...this.config, functionName: this.collector.functionName, logGroupName: this.logGroup.logGroupName };
  }

  private alarmTargets(): AlarmTarget[] {
    return this.config.selection.named?.map(({ key, name }): AlarmTarget => ({
      key,
      workGroup: name,
      metric: (metricName) => this.metric(metricName, { workGroup: name }),
    })) ?? [{ key: 'Found', metric: (metricName) => foundWorkGroupsMetric(this.metricNamespace, metricName, this.interval) }];
  }

  private lookback(): Duration {
    return resolveLookback(this, this.config, this.longestWithin);
  }

  private sessionDashboard(): SessionDashboard {
    return new SessionDashboard({
      config: this.config,
      title: this.node.path,
      variablePattern: `WORKGROUP_${this.node.addr.slice(-8)}`,
      region: Stack.of(this).region,
      alarms: [...this.everyAlarm(), ...this.compositeAlarm ? [this.compositeAlarm] : []],
      thresholds: this.thresholds,
      collector: this.collector,
      logGroupName: this.logGroup.logGroupName,
      metric: (metricName, options) => this.metric(metricName, options),
    });
  }

  private fillDashboard(): cloudwatch.Dashboard | undefined {
    const { dashboard: given, createDashboard } = this.config;
    if (given && createDashboard) {
      annotateIgnoredCreateDashboard(this);
    }
    if (!given && createDashboard === false) {
      return undefined;
    }
    const dashboard = given ?? new cloudwatch.Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(12),
      periodOverride: cloudwatch.PeriodOverride.INHERIT, // a coarser period would take many points for one
    });
    dashboard.addWidgets(new LazyWidgets(() => this.widgets()));
    if (!this.config.selection.named) {
      dashboard.addVariable(this.sessionDashboard().workGroupVariable());
      dashboard.addWidgets(new LazyWidgets(() => this.sessionDashboard().selectedWorkGroup()));
    }
    return dashboard;
  }

  private annotate(): string[] {
    const { actions, selection, countTerminated, dashboard } = this.config;
    const alarms = this.everyAlarm();
    const compositeAlarms = this.compositeAlarm ? [this.compositeAlarm] : [];
    // At parts of the monitor: when the app is synthesised, CDK heeds acknowledgements of the scopes above alone.
    annotateAlarmActions(this.alarmsScope, [...alarms, ...compositeAlarms], Object.values(actions).some((list) => list.length > 0));
    if (selection.named) {
      annotateMonthlyCost(this.collector, {
        workGroups: selection.named.length,
        countTerminated,
        alarms: alarms.length,
        compositeAlarms: compositeAlarms.length,
        dashboards: this.dashboard && !dashboard ? 1 : 0,
      });
    }
    return [];
  }
}
