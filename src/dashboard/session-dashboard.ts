import { Fn } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { AlarmThreshold } from '../alarms/session-alarm';
import type { MonitorConfig } from '../monitor-config';
import { type LiveCountMetric, type RunMetric, SESSION_STATES, type SessionStateDefinition, WORK_GROUP_DIMENSION, WORK_GROUP_METRICS, type WorkGroupMetric } from '../schema';
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

/** A line in a graph: a metric of one state, with the state as its label. */
interface StateLine {
  readonly metricName: WorkGroupMetric;
  readonly label: string;
  readonly color: string;
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

  public constructor(private readonly context: DashboardContext) {
    this.config = context.config;
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
    return [this.headingWidget(), ...this.alarmWidgets(), this.numbersWidget(), this.failedWidget()];
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
        + `[log](/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${logGroup})`
        + (selection.named ? '' : ` · graphs show up to ${MAX_METRICS_PER_GRAPH} workgroups`),
      width: FULL_WIDTH,
      height: 2,
      background: cloudwatch.TextWidgetBackground.TRANSPARENT, // the default differs between CDK versions
    });
  }

  /** CloudWatch shows the newest datapoint in the time range, however old it is: hence "last seen". */
  private numbersWidget(): cloudwatch.IWidget {
    const { context: { metric, region }, config: { selection: { named } } } = this;
    const number = (title: string, shown: cloudwatch.IMetric) => new cloudwatch.SingleValueWidget({
      title, metrics: [shown], region, width: 4, height: 3, fullPrecision: true,
    });
    const total = (title: string, metricName: LiveCountMetric, color: string) => number(title, metric(metricName, { label: 'sessions, last seen', color }));
    const { CREATING, IDLE, BUSY, DEGRADED } = SESSION_STATES;
    const idleTimes = named
      ? { expression: 'MAX(METRICS("idle"))', usingMetrics: withIds('idle', named.map(({ name }) => metric('IdleTime', { workGroup: name }))) }
      : { expression: 'idle', usingMetrics: { idle: this.maximum('IdleTime') } };
    return new cloudwatch.Column(
      new cloudwatch.Row(
        total('Idle', 'IdleSessions', IDLE.color),
        number('Longest idle', this.expression(`FLOOR(${idleTimes.expression} / 60)`, 'minutes, last seen', IDLE.color, idleTimes.usingMetrics)),
        total('Busy', 'BusySessions', BUSY.color),
      ),
      new cloudwatch.Row(
        total('Creating', 'CreatingSessions', CREATING.color),
        total('Degraded', 'DegradedSessions', DEGRADED.color),
        number('Not listed', metric('WorkGroupsNotListed', { label: 'workgroups, last seen', color: cloudwatch.Color.RED })),
      ),
    );
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
      this.graph({
        title: 'Longest idle session by workgroup',
        width: 12,
        legendPosition: cloudwatch.LegendPosition.RIGHT,
        leftYAxis: axis('minutes'),
        left: [this.byWorkGroup('IdleTime')],
        leftAnnotations: this.thresholdAnnotations({ metricName: 'IdleTime' }),
      }),
      this.graph({
        title: 'Idle sessions by workgroup',
        width: 12,
        legendPosition: cloudwatch.LegendPosition.RIGHT,
        leftYAxis: axis('sessions'),
        left: [this.byWorkGroup('IdleSessions')],
        leftAnnotations: this.thresholdAnnotations({ metricName: 'IdleSessions' }),
      }),
      this.graph({
        title: 'Longest busy session of all workgroups',
        width: 12,
        leftYAxis: axis('minutes'),
        left: [this.expression('busy / 60', 'longest busy', SESSION_STATES.BUSY.color, { busy: this.maximum('BusyTime') })],
        leftAnnotations: this.thresholdAnnotations({ metricName: 'BusyTime' }),
      }),
    ];
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
    const { context: { collector, logGroupName, region }, config: { logSessionDetails } } = this;
    const table = (title: string, ended: boolean) => new cloudwatch.LogQueryWidget({
      title: `${workGroup === undefined ? title : `Selected workgroup: ${title.toLowerCase()}`} (from the collector's log)`,
      logGroupNames: [logGroupName],
      queryLines: sessionDetailsQuery(collector.functionName, { interval: this.config.interval, ended, workGroup }),
      region,
      width: FULL_WIDTH,
      height: 4,
    });
    return logSessionDetails ? [table('Live sessions', false), table('Ended sessions', true)] : [];
  }

  private healthWidgets(): cloudwatch.IWidget[] {
    const { metric, collector } = this.context;
    const duration = collector.metricDuration({ statistic: cloudwatch.Stats.MAXIMUM });
    return [
      this.graph({
        title: 'Collector: workgroups',
        leftYAxis: axis('workgroups'),
        left: [
          metric('WorkGroupsMonitored', { label: 'listed', color: cloudwatch.Color.GREEN }),
          metric('WorkGroupsNotListed', { label: 'not listed', color: cloudwatch.Color.RED }),
        ],
        rightYAxis: axis('sessions'),
        right: [metric('UnknownSessions', { label: 'unknown sessions', color: cloudwatch.Color.GREY })],
      }),
      this.graph({
        title: 'Collector: Athena calls',
        leftYAxis: axis('calls'),
        left: [
          metric('ApiCalls', { label: 'calls', color: cloudwatch.Color.BLUE }),
          metric('ThrottledApiCalls', { label: 'throttled', color: cloudwatch.Color.RED }),
        ],
      }),
      this.graph({
        title: 'Collector: runs',
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

  /** A line for each found workgroup, of times in minutes. */
  private byWorkGroup(metricName: WorkGroupMetric): cloudwatch.IMetric {
    return this.expression(`${this.search(metricName)}${isTime(metricName) ? ' / 60' : ''}`, '${PROP(\'Dim.WorkGroup\')}');
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
    return new cloudwatch.MathExpression({ expression, label, color, usingMetrics, period: this.config.interval });
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
      .map(({ metricName, value, label }) => ({ value: isTime(metricName) ? value / 60 : value, label, color: cloudwatch.Color.RED }));
  }
}

/** A scale from 0. Metrics have units of their own, but expressions have none, and seconds are shown as minutes. */
function axis(label: string): cloudwatch.YAxisProps {
  return { min: 0, label, showUnits: false };
}

function isTime(metricName: WorkGroupMetric): boolean {
  return WORK_GROUP_METRICS[metricName].unit === 'Seconds';
}

/** Gives ids for `METRICS("<prefix>")`. An expression that lists all ids could be longer than 2,048 characters. */
function withIds(prefix: string, metrics: readonly cloudwatch.IMetric[]): MetricsById {
  return Object.fromEntries(metrics.map((metric, index) => [`${prefix}${index}`, metric]));
}
