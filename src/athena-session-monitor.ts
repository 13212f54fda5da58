import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { type AlarmActions, foundWorkGroupsMetric } from './alarm';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { A_TOKEN, badValue, checkPageAddress, identityOf, knownSeconds, workGroupIdentity } from './checks';
import { type CompositeSessionAlarmOptions, createCompositeAlarm } from './composite-alarm';
import { createHeartbeatAlarm, createListingAlarm } from './health-alarms';
import { checkKinds, isSessionAlarm } from './prop-kinds';
import { createCollector, createSchedule } from './scheduled-collector';
import { type AlarmTarget, type AlarmThreshold, SessionAlarm } from './session-alarm';
import { LateWidgets, SessionDashboard } from './session-dashboard';
import { SessionMetrics } from './session-metrics';
import { logsInsightsQueries } from './session-queries';
import { tellMonthlyCost, tellOfAlarms, tellOfQueriesLeftOut, warnOfIgnoredCreateDashboard, warnOfThresholdBelowInterval } from './soft-matters';
import { type SelectedWorkGroups, WorkGroupSelection } from './work-group-selection';

/** The minutes that divide an hour: only these make a cron expression whose runs are equally far apart. */
const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html */
const MOST_CHARACTERS_OF_QUERY_NAME = 255;
const RUNBOOK_URL = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/runbook.md';

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

  private readonly countTerminated: boolean;
  private readonly logSessionDetails: boolean;
  private readonly selected: SelectedWorkGroups;
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
  public constructor(scope: Construct, id: string, private readonly props: AthenaSessionMonitorProps = {}) {
    super(scope, id);
    checkKinds(this, props);
    this.metricNamespace = this.checkedNamespace(props.metricNamespace ?? 'AthenaSessions');
    this.interval = this.checkedInterval(props.interval ?? Duration.minutes(5));
    this.countTerminated = props.countTerminated ?? true;
    this.logSessionDetails = props.logSessionDetails ?? true;
    this.selected = (props.workGroups ?? WorkGroupSelection.all())._select(this);
    this.checkSharedNamespace();
    checkPageAddress(this, 'runbookUrl', this.runbookUrl);

    this.logGroup = this.checkedLogGroup(props.logGroup) ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY, // what is worth keeping longer is in the metrics
    });
    this.collector = createCollector(this, props, {
      metricNamespace: this.metricNamespace,
      interval: this.interval,
      countTerminated: this.countTerminated,
      logSessionDetails: this.logSessionDetails,
      selected: this.selected,
      logGroup: this.logGroup,
      lookback: () => this.lookback(),
    });
    this._functionName = this.collector.functionName;
    this.schedule = createSchedule(this, props, this.interval, this.collector);
    this.checkLookback();

    this.alarmsScope = new Construct(this, 'Alarms');
    for (const alarm of props.alarms ?? SessionAlarm.defaults()) {
      this.addAlarm(alarm);
    }
    if (props.healthAlarms ?? true) {
      const { interval, runbookUrl, actions, collector: { functionName }, logGroup: { logGroupName } } = this;
      const context = { interval, runbookUrl, actions, functionName, logGroupName };
      this.heartbeatAlarm = createHeartbeatAlarm(this, { ...context, metric: this.metricWorkGroupsMonitored() }, this.selected.mayBeEmpty);
      this.listingAlarm = createListingAlarm(this, { ...context, metric: this.metricWorkGroupsNotListed() });
    }
    this.dashboard = this.fillDashboard();
    // When all alarms have been added, with all their actions.
    this.node.addValidation({ validate: () => this.tellSoftMatters() });
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
    if (!isSessionAlarm(alarm)) {
      throw badValue(this, 'alarm of addAlarm()', 'an alarm such as SessionAlarm.failed()', alarm);
    }
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
      sessionsAreNamed: this.logSessionDetails,
    });
    this.checkAlarmNames(created);
    this.alarmsById.set(alarm.id, created);
    this.thresholds.push(alarm._threshold());
    warnOfThresholdBelowInterval(this, alarm.id, alarm._threshold(), this.interval);
    this.noteWithin(alarm._within(this.interval));
    return [...created];
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
      throw badValue(this, 'addCompositeAlarm()', 'called once, as it looks at all alarms', this.compositeAlarm);
    }
    this.compositeAlarm = createCompositeAlarm(this, 'AnythingWrong', () => this.everyAlarm(), this.runbookUrl, options);
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
      throw badValue(this, 'addLogsInsightsQueries()', 'called once, as it saves all queries', saved);
    }
    const queries = logsInsightsQueries(this.collector.functionName, this.interval).filter(({ needsNames }) => this.logSessionDetails || !needsNames);
    const prefix = this.checkedQueryPrefix(namePrefix, queries.map(({ name }) => name));
    if (!this.logSessionDetails) {
      tellOfQueriesLeftOut(this);
    }
    const scope = new Construct(this, 'Queries');
    return queries.map(({ id, name, lines }) => new logs.CfnQueryDefinition(scope, id, {
      name: `${prefix}${name}`,
      queryString: lines.join('\n| '),
      logGroupNames: [this.logGroup.logGroupName],
    }));
  }

  /** All alarms on metrics: on sessions and on the monitor's health. */
  private everyAlarm(): cloudwatch.Alarm[] {
    const health = [this.heartbeatAlarm, this.listingAlarm].filter((alarm): alarm is cloudwatch.Alarm => alarm !== undefined);
    return [...this.alarms, ...health];
  }

  private sessionDashboard(): SessionDashboard {
    return new SessionDashboard({
      title: this.node.path,
      variablePattern: `WORKGROUP_${this.node.addr.slice(-8)}`,
      region: Stack.of(this).region,
      metricNamespace: this.metricNamespace,
      interval: this.interval,
      named: this.selected.named,
      countTerminated: this.countTerminated,
      alarms: [...this.everyAlarm(), ...this.compositeAlarm ? [this.compositeAlarm] : []],
      thresholds: this.thresholds,
      collector: this.collector,
      logGroupName: this.logGroup.logGroupName,
      sessionsAreNamed: this.logSessionDetails,
      runbookUrl: this.runbookUrl,
      metric: (metricName, options) => this.metric(metricName, options),
    });
  }

  private fillDashboard(): cloudwatch.Dashboard | undefined {
    const { dashboard: given, createDashboard } = this.props;
    if (given && createDashboard) {
      warnOfIgnoredCreateDashboard(this);
    }
    if (!given && createDashboard === false) {
      return undefined;
    }
    const dashboard = given ?? new cloudwatch.Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(12),
      periodOverride: cloudwatch.PeriodOverride.INHERIT, // a coarser period would take many points for one
    });
    dashboard.addWidgets(new LateWidgets(() => this.widgets()));
    if (!this.selected.named) {
      dashboard.addVariable(this.sessionDashboard().workGroupVariable());
      dashboard.addWidgets(new LateWidgets(() => this.sessionDashboard().selectedWorkGroup()));
    }
    return dashboard;
  }

  private tellSoftMatters(): string[] {
    const alarms = this.everyAlarm();
    const compositeAlarms = this.compositeAlarm ? [this.compositeAlarm] : [];
    // At parts of the monitor: when the app is synthesised, CDK heeds acknowledgements of the scopes above alone.
    tellOfAlarms(this.alarmsScope, [...alarms, ...compositeAlarms], Object.values(this.actions).some((actions) => actions.length > 0));
    if (this.selected.named) {
      tellMonthlyCost(this.collector, {
        workGroups: this.selected.named.length,
        countTerminated: this.countTerminated,
        alarms: alarms.length,
        compositeAlarms: compositeAlarms.length,
        dashboards: this.dashboard && !this.props.dashboard ? 1 : 0,
      });
    }
    return [];
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
    if (!Token.isUnresolved(namespace) && (!/^[a-zA-Z0-9._\-/#: ]{1,255}$/.test(namespace) || /^(AWS\/|:| *$)/.test(namespace))) {
      throw badValue(this, 'metricNamespace', '1 to 255 of a-z, A-Z, 0-9, ".", "_", "-", "/", "#", ":" and " ", not of " " alone, without "AWS/" or ":" at its beginning', namespace);
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

  private checkedQueryPrefix(given: string | undefined, names: readonly string[]): string {
    const stack = Stack.of(this);
    const prefix = given ?? [stack.stackName, ...this.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id), ''].join('/');
    const most = MOST_CHARACTERS_OF_QUERY_NAME - Math.max(...names.map(({ length }) => length));
    if (!Token.isUnresolved(prefix) && prefix.length > most) {
      throw badValue(this, 'namePrefix', `at most ${most} characters, as the names of queries follow it`,
        `${given === undefined ? 'the default of ' : ''}${prefix.length} characters`);
    }
    return prefix;
  }

  private checkedLogGroup(logGroup: logs.ILogGroup | undefined): logs.ILogGroup | undefined {
    const logGroupClass = (logGroup?.node.defaultChild as logs.CfnLogGroup | undefined)?.logGroupClass;
    if (logGroupClass !== undefined && !Token.isUnresolved(logGroupClass) && logGroupClass !== logs.LogGroupClass.STANDARD) {
      throw badValue(this, 'logGroup', 'of the class STANDARD, since no metrics are extracted from others', logGroupClass);
    }
    return logGroup;
  }

  /** Two monitors must not write to the same series, nor one's alarms read the other's. */
  private checkSharedNamespace(): void {
    const identities = (monitor: AthenaSessionMonitor) => monitor.selected.named?.map(({ name }) => workGroupIdentity(monitor, name)) ?? [];
    const ourNames = new Set(identities(this));
    const ourNamespace = identityOf(this, this.metricNamespace);
    for (const other of this.otherMonitors().filter((monitor) => identityOf(monitor, monitor.metricNamespace) === ourNamespace)) {
      const shared = identities(other).some((name) => ourNames.has(name));
      if (!this.selected.named || !other.selected.named || shared) {
        throw new Error(`[${this.node.path}] metricNamespace must differ from that of ${other.node.path}, `
          + `${shared ? 'as a workgroup is in both monitors' : 'as a monitor whose workgroups are found must be the only one in its namespace'}: `
          + `set metricNamespace, received ${Token.isUnresolved(this.metricNamespace) ? A_TOKEN : JSON.stringify(this.metricNamespace)} for both`);
      }
    }
  }

  /** Those that are deployed with this one, without any that could not be made. */
  private otherMonitors(): AthenaSessionMonitor[] {
    const ourTop = topLevelStack(this);
    return ourTop.node.findAll().filter((other): other is AthenaSessionMonitor =>
      other instanceof AthenaSessionMonitor && other !== this && topLevelStack(other) === ourTop && other.selected !== undefined);
  }

  /** Of two alarms of one name, be they of two monitors, the second fails to deploy. */
  private checkAlarmNames(created: cloudwatch.Alarm[]): void {
    const nameOf = ({ node }: cloudwatch.Alarm) => (node.defaultChild as cloudwatch.CfnAlarm).alarmName;
    const names = created.map(nameOf).filter((name) => name !== undefined);
    const taken = names.length > 0 ? [this, ...this.otherMonitors()].flatMap(({ alarms }) => alarms).map(nameOf) : [];
    for (const name of names) {
      if (taken.includes(name)) {
        throw badValue(this, 'alarmName', 'different for each alarm', name);
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
