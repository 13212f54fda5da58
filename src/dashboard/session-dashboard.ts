import { Fn, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DPUS_OF_NEW_SESSION } from '../alarms/quota-alarm';
import type { AlarmThreshold } from '../alarms/session-alarm';
import type { MonitorConfig } from '../monitor-config';
import { LIVE_COUNT_METRICS, type LiveCountMetric, type RunMetric, SESSION_STATES, type SessionStateDefinition, WORK_GROUP_DIMENSION, WORK_GROUP_METRICS, type WorkGroupMetric } from '../schema';
import type { MetricByNameOptions } from '../session-metrics';
import { sessionDetailsQuery } from './session-queries';

/** What the widgets show. */
export interface DashboardContext {
  readonly config: MonitorConfig;
  /** Distinguishes the monitor from others on the same dashboard. */
  readonly title: string;
  /** A unique text in the widgets, which the dashboard's variable replaces. */
  readonly variablePattern: string;
  readonly region: string;
  readonly alarms: readonly cloudwatch.IAlarm[];
  /** Whether the collector sends events. */
  readonly events: boolean;
  readonly thresholds: readonly AlarmThreshold[];
  readonly collector: lambda.IFunction;
  readonly logGroupName: string;
  readonly metric: (metricName: WorkGroupMetric | RunMetric, options?: MetricByNameOptions) => cloudwatch.IMetric;
}

const FULL_WIDTH = 24;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MAX_ALARMS_PER_WIDGET = 100;
/**
 * A graph shows up to 500 metrics, and a dashboard reads up to 2,500, those behind expressions included. So each metric of all found
 * workgroups is searched for once, and at most four are.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
const MAX_METRICS_PER_GRAPH = 500;
/** With more, the dashboard could exceed its 2,500 metrics, and the template its 1 MB. */
const MAX_NAMED_IN_COST_GRAPH = 100;
const LABEL_OF_WORK_GROUP = '${PROP(\'Dim.WorkGroup\')}';
const AGE_COLOR = '#17becf';
const COST_COLOR = '#bcbd22';

/** A line in a graph: a metric of one state, with the state as its label. */
interface StateLine {
  readonly metricName: WorkGroupMetric;
  readonly label: string;
  readonly color: string;
}

/** A number, with a title and a label. */
interface ShownNumber {
  readonly title: string;
  readonly metric: cloudwatch.IMetric;
  /** Whether all digits are shown. CloudWatch rounds others. */
  readonly exact?: boolean;
}

/** Metrics that an expression uses, by id. */
interface MetricsById {
  [id: string]: cloudwatch.IMetric;
}

const STATES = Object.entries<SessionStateDefinition>(SESSION_STATES);
const lineOf = (state: string, metricName: string, color: string): StateLine =>
  ({ metricName: metricName as WorkGroupMetric, label: state.toLowerCase(), color });
const LIVE_COUNTS = STATES.filter(([, { ended }]) => !ended).map(([state, { countMetric, color }]) => lineOf(state, countMetric, color));
const ENDED_COUNTS = STATES.filter(([, { ended }]) => ended).map(([state, { countMetric, color }]) => lineOf(state, countMetric, color));
const LIVE_TIMES = STATES.flatMap(([state, { timeMetric, color }]) => timeMetric ? [lineOf(state, timeMetric, color)] : []);

/**
 * Creates a monitor's widgets. They fill whole rows, and show the monitor's region on dashboards of any region.
 */
export class SessionDashboard {
  private readonly config: MonitorConfig;
  /** The price of a DPU hour, which may be a token. */
  private readonly dpuHourPrice: string;

  public constructor(private readonly context: DashboardContext) {
    this.config = context.config;
    this.dpuHourPrice = Tokenization.stringifyNumber(this.config.dpuHourPrice);
  }

  public widgets(): cloudwatch.IWidget[] {
    const { named } = this.config.selection;
    return [
      ...this.summaryWidgets(),
      ...this.sessionTableWidgets(),
      ...named?.flatMap(({ name }) => this.workGroupWidgets(name, name)) ?? this.foundWorkGroupWidgets(),
      ...this.healthWidgets(),
    ];
  }

  public summaryWidgets(): cloudwatch.IWidget[] {
    return [this.headingWidget(), ...this.alarmWidgets(), this.numbersWidget(), this.failedWidget(), this.idleCostWidget()];
  }

  public alarmWidgets(): cloudwatch.IWidget[] {
    const { alarms } = this.context;
    const widgets: cloudwatch.IWidget[] = [];
    for (let first = 0; first < alarms.length; first += MAX_ALARMS_PER_WIDGET) {
      const chunk = alarms.slice(first, first + MAX_ALARMS_PER_WIDGET);
      widgets.push(new cloudwatch.AlarmStatusWidget({
        title: 'Alarms',
        alarms: chunk,
        width: FULL_WIDTH,
        height: Math.min(8, 2 + Math.ceil(chunk.length / 5)),
      }));
    }
    return widgets;
  }

  /** The found workgroup that is selected with the dashboard's variable. */
  public selectedWorkGroupWidgets(): cloudwatch.IWidget[] {
    const { variablePattern } = this.context;
    return [
      new cloudwatch.TextWidget({ markdown: '### The workgroup that is selected above', width: FULL_WIDTH, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT }),
      ...this.workGroupWidgets(variablePattern, 'Selected workgroup'),
      ...this.sessionTableWidgets(variablePattern),
    ];
  }

  /** The variable that selects one of the workgroups that have metrics. */
  public workGroupVariable(): cloudwatch.IVariable {
    const { variablePattern } = this.context;
    return new cloudwatch.DashboardVariable({
      // Not the property WorkGroup, which would also change the widgets of all workgroups.
      type: cloudwatch.VariableType.PATTERN,
      value: variablePattern,
      id: variablePattern,
      label: 'Workgroup',
      inputType: cloudwatch.VariableInputType.SELECT,
      values: cloudwatch.Values.fromSearch(this.searchTerm('IdleSessions'), WORK_GROUP_DIMENSION),
      defaultValue: cloudwatch.DefaultValue.FIRST,
      visible: true,
    });
  }

  private headingWidget(): cloudwatch.IWidget {
    const { title, region, collector, logGroupName } = this.context;
    const { metricNamespace, interval, runbookUrl, selection } = this.config;
    const runbook = runbookUrl.replaceAll('(', '%28').replaceAll(')', '%29'); // a parenthesis would end the link
    // Links without a host work in the console of every partition. The console encodes "/" in them as "$252F".
    const logGroup = Fn.join('$252F', Fn.split('/', logGroupName));
    return new cloudwatch.TextWidget({
      markdown: '## Athena sessions\n'
        + `${title} · a run every ${interval.toHumanString()} · namespace \`${metricNamespace}\` · `
        + `[runbook](${runbook}) · [sessions in Athena](/athena/home?region=${region}) · `
        + `[collector](/lambda/home?region=${region}#/functions/${collector.functionName}?tab=monitoring) · `
        + `[log](/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${logGroup}) · `
        + `estimated costs: one DPU a session, $${this.dpuHourPrice} a DPU hour, sampled each interval`
        + (selection.named ? '' : ` · graphs show up to ${MAX_METRICS_PER_GRAPH} workgroups`),
      width: FULL_WIDTH,
      height: 2,
      background: cloudwatch.TextWidgetBackground.TRANSPARENT, // the default differs between CDK versions
    });
  }

  /** CloudWatch shows the newest datapoint in the time range, however old it is: hence "last seen". */
  private numbersWidget(): cloudwatch.IWidget {
    const { metric, region } = this.context;
    const { CREATING, IDLE, BUSY, DEGRADED } = SESSION_STATES;
    const total = (title: string, metricName: LiveCountMetric, color: string): ShownNumber =>
      ({ title, metric: metric(metricName, { label: 'sessions, last seen', color }), exact: true });
    const row = (...numbers: ShownNumber[]) => new cloudwatch.Row(...numbers.map((shown) => new cloudwatch.SingleValueWidget({
      title: shown.title, metrics: [shown.metric], region, width: FULL_WIDTH / numbers.length, height: 3, fullPrecision: shown.exact,
    })));
    const idle = this.maximumOfAll('idle', 'IdleTime');
    const age = this.maximumOfAll('age', 'SessionAge');
    return new cloudwatch.Column(
      row(
        total('Idle', 'IdleSessions', IDLE.color),
        {
          title: 'Longest idle',
          metric: this.expression(`FLOOR(${idle.expression} / 60)`, 'minutes, last seen', IDLE.color, idle.usingMetrics),
          exact: true,
        },
        { title: 'Oldest', metric: this.expression(`${age.expression} / 3600`, 'hours, last seen', AGE_COLOR, age.usingMetrics) },
        total('Busy', 'BusySessions', BUSY.color),
        total('Creating', 'CreatingSessions', CREATING.color),
        total('Degraded', 'DegradedSessions', DEGRADED.color),
      ),
      row(
        { title: 'Cost per hour now', metric: this.costPerHour() },
        { title: 'Idle cost in the time shown', metric: this.idleCost('dollars, estimated', COST_COLOR) },
        ...this.roomForSessions(),
        { title: 'Not listed', metric: metric('WorkGroupsNotListed', { label: 'workgroups, last seen', color: cloudwatch.Color.RED }), exact: true },
      ),
    );
  }

  /**
   * A rate, not to be multiplied by the hours of a month: Athena ends an idle session after its timeout, which is 8 hours at the most.
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_StartSession.html
   */
  private costPerHour(): cloudwatch.IMetric {
    const live = withIds('live', LIVE_COUNT_METRICS.map((metricName) => this.context.metric(metricName)));
    return this.expression(`SUM(METRICS("live")) * ${this.dpuHourPrice}`, 'dollars, estimated, last seen', COST_COLOR, live);
  }

  /** What idle sessions of all workgroups cost. Workgroups that a run did not list, and runs that are missing, add nothing. */
  private idleCost(label: string, color: string): cloudwatch.IMetric {
    return this.expression(this.idleCostOf('allIdle'), label, color, { allIdle: this.context.metric('IdleSessions') });
  }

  /**
   * Each datapoint counts the sessions that are idle at the end of an interval, as if each had been idle for all of it. Nothing is
   * extrapolated: Athena lets a session idle for 8 hours at the most, so it adds no more than these and one interval at a time.
   */
  private idleCostOf(idleSessions: string): string {
    return `RUNNING_SUM(${idleSessions}) * ${this.dpuHourPrice} / ${60 / this.config.interval.toMinutes()}`; // an interval divides an hour
  }

  /** At most, as sessions hold more than one DPU while they have executors. Without a datapoint if a run was not complete. */
  private roomForSessions(): ShownNumber[] {
    const { context: { metric }, config: { dpuQuota } } = this;
    return dpuQuota === undefined ? [] : [{
      title: 'Room for new Spark 3.5 sessions',
      metric: this.expression(`IF(live < ${dpuQuota}, FLOOR((${dpuQuota} - live) / ${DPUS_OF_NEW_SESSION}), 0)`,
        'at most, last seen; unknown while a workgroup is not listed', cloudwatch.Color.BLUE, { live: metric('LiveSparkConnectSessions') }),
      exact: true,
    }];
  }

  private failedWidget(): cloudwatch.IWidget {
    const { context: { metric }, config: { selection: { named } } } = this;
    const failed = named
      ? { all: 'METRICS("failed")', usingMetrics: withIds('failed', named.map(({ name }) => metric('FailedSessions', { workGroup: name, label: name }))) }
      : { all: 'failed', usingMetrics: { failed: this.byWorkGroup('FailedSessions') } };
    return this.graph({
      title: 'Failed sessions',
      width: 12,
      legendPosition: cloudwatch.LegendPosition.RIGHT, // below, the legend of many workgroups would take the graph's height
      leftYAxis: axis('sessions'),
      left: [
        // The sum is correct, as each datapoint counts the sessions that failed in one period.
        this.expression(`RUNNING_SUM(SUM(${failed.all}))`, 'all in the time shown: ${LAST}', cloudwatch.Color.GREY, failed.usingMetrics),
        ...Object.values(failed.usingMetrics),
      ],
      leftAnnotations: this.thresholdAnnotations({ metricName: 'FailedSessions' }),
    });
  }

  private idleCostWidget(): cloudwatch.IWidget {
    const { context: { metric }, config: { selection: { named } } } = this;
    const isDrawn = (named?.length ?? 0) <= MAX_NAMED_IN_COST_GRAPH;
    const total = { label: 'all in the time shown: ${LAST}', color: cloudwatch.Color.GREY };
    const search = { idle: this.expression(this.search('IdleSessions')) };
    return this.graph({
      title: isDrawn ? 'Idle cost by workgroup, estimated' : 'Idle cost, estimated',
      width: 12,
      legendPosition: cloudwatch.LegendPosition.RIGHT,
      leftYAxis: axis('dollars'),
      left: named ? [
        this.idleCost(total.label, total.color),
        ...(isDrawn ? named : []).map(({ name }, index) => this.expression(
          this.idleCostOf(`idle${index}`), name, undefined, { [`idle${index}`]: metric('IdleSessions', { workGroup: name }) },
        )),
      ] : [
        this.expression(this.idleCostOf('SUM(idle)'), total.label, total.color, search),
        this.expression(this.idleCostOf('idle'), LABEL_OF_WORK_GROUP, undefined, search),
      ],
    });
  }

  private foundWorkGroupWidgets(): cloudwatch.IWidget[] {
    const { metric } = this.context;
    return [
      this.graph({
        title: 'Live sessions of all workgroups',
        width: 12,
        stacked: true,
        leftYAxis: axis('sessions'),
        left: LIVE_COUNTS.map(({ metricName, label, color }) => metric(metricName, { label, color })),
      }),
      this.byWorkGroupWidget('Oldest session by workgroup', 'SessionAge'),
      this.byWorkGroupWidget('Longest idle session by workgroup', 'IdleTime'),
      this.graph({
        title: 'Longest busy session of all workgroups',
        width: 12,
        leftYAxis: axis('minutes'),
        left: [this.expression('busy / 60', 'longest busy', SESSION_STATES.BUSY.color, { busy: this.maximum('BusyTime') })],
        leftAnnotations: this.thresholdAnnotations({ metricName: 'BusyTime' }),
      }),
    ];
  }

  private byWorkGroupWidget(title: string, metricName: WorkGroupMetric): cloudwatch.IWidget {
    return this.graph({
      title,
      width: 12,
      legendPosition: cloudwatch.LegendPosition.RIGHT,
      leftYAxis: axis(unitOf(metricName).name),
      left: [this.byWorkGroup(metricName)],
      leftAnnotations: this.thresholdAnnotations({ metricName }),
    });
  }

  private workGroupWidgets(workGroup: string, title: string): cloudwatch.IWidget[] {
    const { context: { metric }, config: { countTerminated } } = this;
    const toMetric = ({ metricName, label, color }: StateLine) => metric(metricName, { workGroup, label, color });
    return [
      this.graph({
        title: `${title}: live sessions`,
        stacked: true,
        leftYAxis: axis('sessions'),
        left: LIVE_COUNTS.map(toMetric), // without thresholds, which would not fit stacked lines
      }),
      this.graph({
        title: `${title}: longest in a state`,
        leftYAxis: axis('minutes'),
        // A state's label is also a valid id.
        left: LIVE_TIMES.map(({ metricName, label, color }) => this.expression(`${label} / 60`, label, color, { [label]: metric(metricName, { workGroup }) })),
        leftAnnotations: this.thresholdAnnotations(...LIVE_TIMES),
        rightYAxis: axis('hours'),
        right: [this.expression('age / 3600', 'oldest session (right)', AGE_COLOR, { age: metric('SessionAge', { workGroup }) })],
        rightAnnotations: this.thresholdAnnotations({ metricName: 'SessionAge' }),
      }),
      this.graph({
        title: `${title}: ended sessions`,
        leftYAxis: axis('sessions'),
        left: ENDED_COUNTS.filter(({ metricName }) => countTerminated || metricName !== 'TerminatedSessions').map(toMetric),
        leftAnnotations: this.thresholdAnnotations({ metricName: 'FailedSessions' }),
      }),
    ];
  }

  private sessionTableWidgets(workGroup?: string): cloudwatch.IWidget[] {
    const { context: { collector, logGroupName, region }, config: { logSessionDetails, dpuHourPrice } } = this;
    const table = (title: string, ended: boolean) => new cloudwatch.LogQueryWidget({
      title: `${workGroup === undefined ? title : `Selected workgroup: ${title.toLowerCase()}`} (from the collector's log)`,
      logGroupNames: [logGroupName],
      queryLines: sessionDetailsQuery(collector.functionName, { interval: this.config.interval, ended, workGroup, dpuHourPrice }),
      region,
      width: FULL_WIDTH,
      height: 4,
    });
    return logSessionDetails ? [table('Live sessions', false), table('Ended sessions', true)] : [];
  }

  private healthWidgets(): cloudwatch.IWidget[] {
    const { context: { metric, collector, events }, config: { dpuQuota } } = this;
    const duration = collector.metricDuration({ statistic: cloudwatch.Stats.MAXIMUM });
    return [
      this.graph({
        title: 'Live sessions on Spark 3.5',
        width: 6,
        leftYAxis: axis('sessions'),
        left: [metric('LiveSparkConnectSessions', { label: 'live; unknown while a workgroup is not listed', color: cloudwatch.Color.BLUE })],
        leftAnnotations: dpuQuota === undefined ? [] : [
          { value: dpuQuota, label: 'quota, at one DPU each', color: cloudwatch.Color.GREY },
          { value: dpuQuota - DPUS_OF_NEW_SESSION, label: 'alarm Quota', color: cloudwatch.Color.RED },
        ],
      }),
      this.graph({
        title: 'Collector: workgroups',
        width: 6,
        leftYAxis: axis('workgroups'),
        left: [
          metric('WorkGroupsMonitored', { label: 'listed', color: cloudwatch.Color.GREEN }),
          metric('WorkGroupsNotListed', { label: 'not listed', color: cloudwatch.Color.RED }),
        ],
        rightYAxis: axis('sessions'),
        right: [metric('UnknownSessions', { label: 'unknown sessions', color: cloudwatch.Color.GREY })],
      }),
      this.graph({
        title: events ? 'Collector: Athena calls and events' : 'Collector: Athena calls',
        width: 6,
        leftYAxis: axis('calls'),
        left: [
          metric('ApiCalls', { label: 'calls', color: cloudwatch.Color.BLUE }),
          metric('ThrottledApiCalls', { label: 'throttled', color: cloudwatch.Color.RED }),
        ],
        ...events && {
          rightYAxis: axis('events'),
          right: [
            metric('EventsSent', { label: 'events sent (right)', color: cloudwatch.Color.GREEN }),
            metric('EventsFailed', { label: 'events failed (right)', color: cloudwatch.Color.ORANGE }),
          ],
        },
      }),
      this.graph({
        title: 'Collector: runs',
        width: 6,
        leftYAxis: axis('seconds'),
        left: [new cloudwatch.MathExpression({
          expression: 'duration / 1000', usingMetrics: { duration }, period: duration.period, label: 'duration', color: cloudwatch.Color.BLUE,
        })],
        rightYAxis: axis('runs'),
        right: [
          collector.metricErrors({ label: 'errors', color: cloudwatch.Color.RED }),
          collector.metricThrottles({ label: 'throttled', color: cloudwatch.Color.ORANGE }),
        ],
      }),
    ];
  }

  private graph(props: cloudwatch.GraphWidgetProps): cloudwatch.IWidget {
    return new cloudwatch.GraphWidget({ width: 8, height: 6, region: this.context.region, ...props });
  }

  /** A line for each found workgroup. */
  private byWorkGroup(metricName: WorkGroupMetric): cloudwatch.IMetric {
    const { divisor } = unitOf(metricName);
    return this.expression(`${this.search(metricName)}${divisor === 1 ? '' : ` / ${divisor}`}`, LABEL_OF_WORK_GROUP);
  }

  /** The maximum over all workgroups, as a part of an expression. Of named ones, as another monitor may share the namespace. */
  private maximumOfAll(id: string, metricName: WorkGroupMetric): { expression: string; usingMetrics: MetricsById } {
    const { context: { metric }, config: { selection: { named } } } = this;
    return named
      ? { expression: `MAX(METRICS("${id}"))`, usingMetrics: withIds(id, named.map(({ name }) => metric(metricName, { workGroup: name }))) }
      : { expression: id, usingMetrics: { [id]: this.maximum(metricName) } };
  }

  /**
   * One line for all found workgroups. A query without GROUP BY returns one time series, where a search would read the metric of every
   * workgroup a second time. A widget can have one query, of up to two weeks.
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
   */
  private maximum(metricName: WorkGroupMetric): cloudwatch.IMetric {
    return this.expression(`SELECT MAX(${metricName}) FROM SCHEMA("${this.config.metricNamespace}", ${WORK_GROUP_DIMENSION})`);
  }

  private expression(expression: string, label?: string, color?: string, usingMetrics: MetricsById = {}): cloudwatch.IMetric {
    const metric = new cloudwatch.MathExpression({ expression, label, color, usingMetrics, period: this.config.interval });
    // CDK warns of an unknown identifier, which is a part of the token's text.
    return Token.isUnresolved(expression) ? Object.assign(metric, { warnings: undefined, warningsV2: undefined }) : metric;
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html */
  private search(metricName: WorkGroupMetric): string {
    return `SEARCH('${this.searchTerm(metricName)}', 'Maximum', ${this.config.interval.toSeconds()})`;
  }

  private searchTerm(metricName: WorkGroupMetric): string {
    return `{"${this.config.metricNamespace}",${WORK_GROUP_DIMENSION}} MetricName="${metricName}"`;
  }

  private thresholdAnnotations(...lines: { readonly metricName: WorkGroupMetric }[]): cloudwatch.HorizontalAnnotation[] {
    return this.context.thresholds
      .filter((threshold) => lines.some(({ metricName }) => metricName === threshold.metricName))
      .map(({ metricName, value, label }) => ({ value: value / unitOf(metricName).divisor, label, color: cloudwatch.Color.RED }));
  }
}

/** A scale from 0. Metrics have units of their own, but expressions have none, and seconds are shown as minutes. */
function axis(label: string): cloudwatch.YAxisProps {
  return { min: 0, label, showUnits: false };
}

/** What a metric is shown in, and what to divide its values by. */
function unitOf(metricName: WorkGroupMetric): { readonly name: string; readonly divisor: number } {
  if (WORK_GROUP_METRICS[metricName].unit !== 'Seconds') {
    return { name: 'sessions', divisor: 1 };
  }
  return metricName === 'SessionAge' ? { name: 'hours', divisor: 3600 } : { name: 'minutes', divisor: 60 };
}

/** Gives ids for `METRICS("<prefix>")`. An expression that lists all ids could be longer than 2,048 characters. */
function withIds(prefix: string, metrics: readonly cloudwatch.IMetric[]): MetricsById {
  return Object.fromEntries(metrics.map((metric, index) => [`${prefix}${index}`, metric]));
}
