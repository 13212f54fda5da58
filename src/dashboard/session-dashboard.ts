import { Fn } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { AlarmThreshold } from '../alarms/session-alarm';
import type { MonitorConfig } from '../monitor-config';
import { type RunMetric, SESSION_STATES, type SessionStateDefinition, WORK_GROUP_DIMENSION, type WorkGroupMetric } from '../schema';
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

/** A line in a graph: a metric of one state, with the state as its label. */
interface StateLine {
  readonly metricName: WorkGroupMetric;
  readonly label: string;
  readonly color: string;
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
    return [
      this.headingWidget(),
      ...this.alarmWidgets(),
      ...this.numberWidgets(),
      ...this.sessionTableWidgets(),
      ...this.config.selection.named?.flatMap(({ name }) => this.workGroupWidgets(name, name)) ?? this.foundWorkGroupWidgets(),
      ...this.healthWidgets(),
    ];
  }

  public summaryWidgets(): cloudwatch.IWidget[] {
    return [this.headingWidget(), ...this.alarmWidgets(), ...this.numberWidgets()];
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
    const { metricNamespace, interval, runbookUrl } = this.config;
    const runbook = runbookUrl.replaceAll('(', '%28').replaceAll(')', '%29'); // a parenthesis would end the link
    // Links without a host work in the console of every partition. The console encodes "/" in them as "$252F".
    const logGroup = Fn.join('$252F', Fn.split('/', logGroupName));
    return new cloudwatch.TextWidget({
      markdown: '## Athena sessions\n'
        + `${title} · a run every ${interval.toHumanString()} · namespace \`${metricNamespace}\` · `
        + `[runbook](${runbook}) · [sessions in Athena](/athena/home?region=${region}) · `
        + `[collector](/lambda/home?region=${region}#/functions/${collector.functionName}?tab=monitoring) · `
        + `[log](/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${logGroup})`,
      width: FULL_WIDTH,
      height: 2,
      background: cloudwatch.TextWidgetBackground.TRANSPARENT, // the default differs between CDK versions
    });
  }

  /** One widget per number, as the metrics of many named workgroups would not fit into one. */
  private numberWidgets(): cloudwatch.IWidget[] {
    const number = (title: string, metric: cloudwatch.IMetric) => new cloudwatch.SingleValueWidget({
      title, metrics: [metric], region: this.context.region, width: FULL_WIDTH / 4, height: 3, fullPrecision: true,
    });
    return [
      number('Idle now', this.aggregate('SUM', 'IdleSessions', 'sessions', SESSION_STATES.IDLE.color)),
      number('Longest idle now', this.aggregate('MAX', 'IdleTime', 'minutes', SESSION_STATES.IDLE.color, (seconds) => `FLOOR(${seconds} / 60)`)),
      number('Busy now', this.aggregate('SUM', 'BusySessions', 'sessions', SESSION_STATES.BUSY.color)),
      // The sum is correct, as each datapoint counts the sessions that failed in one period.
      number('Failed in the time shown', this.aggregate('SUM', 'FailedSessions', 'sessions', SESSION_STATES.FAILED.color, (failed) => `RUNNING_SUM(${failed})`)),
    ];
  }

  private foundWorkGroupWidgets(): cloudwatch.IWidget[] {
    const otherTimes = LIVE_TIMES.filter(({ metricName }) => metricName !== 'IdleTime');
    const byWorkGroup = (metricName: WorkGroupMetric) => this.expression(this.search(metricName), '${PROP(\'Dim.WorkGroup\')}');
    return [
      this.graph({
        title: 'Sessions of all workgroups, by state',
        width: 12,
        stacked: true,
        left: LIVE_COUNTS.map(({ metricName, label, color }) => this.aggregate('SUM', metricName, label, color)),
      }),
      this.graph({
        title: 'Longest idle session of each workgroup (seconds)',
        width: 12,
        left: [byWorkGroup('IdleTime')],
        leftAnnotations: this.thresholdAnnotations({ metricName: 'IdleTime' }),
      }),
      this.graph({ title: 'Failed sessions', left: [byWorkGroup('FailedSessions')], leftAnnotations: this.thresholdAnnotations({ metricName: 'FailedSessions' }) }),
      this.graph({ title: 'Idle sessions', left: [byWorkGroup('IdleSessions')], leftAnnotations: this.thresholdAnnotations({ metricName: 'IdleSessions' }) }),
      this.graph({
        title: 'Longest in other states (seconds)',
        left: otherTimes.map(({ metricName, label, color }) => this.aggregate('MAX', metricName, label, color)),
        leftAnnotations: this.thresholdAnnotations(...otherTimes),
      }),
    ];
  }

  private workGroupWidgets(workGroup: string, title: string): cloudwatch.IWidget[] {
    const { context: { metric }, config: { countTerminated } } = this;
    const toMetric = ({ metricName, label, color }: StateLine) => metric(metricName, { workGroup, label, color });
    return [
      this.graph({
        title: `${title}: sessions by state`,
        stacked: true,
        left: LIVE_COUNTS.map(toMetric), // without thresholds, which would not fit stacked lines
      }),
      this.graph({
        title: `${title}: longest in a state (seconds)`,
        left: LIVE_TIMES.map(toMetric),
        leftAnnotations: this.thresholdAnnotations(...LIVE_TIMES),
      }),
      this.graph({
        title: `${title}: failed and terminated`,
        left: ENDED_COUNTS.filter(({ metricName }) => countTerminated || metricName !== 'TerminatedSessions').map(toMetric),
        leftAnnotations: this.thresholdAnnotations({ metricName: 'FailedSessions' }),
      }),
    ];
  }

  private sessionTableWidgets(workGroup?: string): cloudwatch.IWidget[] {
    const { context: { collector, logGroupName, region }, config: { logSessionDetails } } = this;
    return logSessionDetails ? [new cloudwatch.LogQueryWidget({
      title: 'Sessions behind the figures',
      logGroupNames: [logGroupName],
      queryLines: sessionDetailsQuery(collector.functionName, workGroup),
      region,
      width: FULL_WIDTH,
      height: 7,
    })] : [];
  }

  private healthWidgets(): cloudwatch.IWidget[] {
    const { metric, collector } = this.context;
    return [
      this.graph({
        title: 'Monitor: workgroups listed',
        left: [
          metric('WorkGroupsMonitored', { label: 'listed', color: cloudwatch.Color.GREEN }),
          metric('WorkGroupsNotListed', { label: 'not listed', color: cloudwatch.Color.RED }),
        ],
        right: [metric('UnknownSessions', { label: 'sessions not made out', color: cloudwatch.Color.GREY })],
      }),
      this.graph({
        title: 'Monitor: calls of Athena',
        left: [
          metric('ApiCalls', { label: 'calls', color: cloudwatch.Color.BLUE }),
          metric('ThrottledApiCalls', { label: 'throttled', color: cloudwatch.Color.RED }),
        ],
      }),
      this.graph({
        title: 'Monitor: runs',
        left: [collector.metricDuration({ statistic: cloudwatch.Stats.MAXIMUM, label: 'duration', color: cloudwatch.Color.BLUE })],
        right: [
          collector.metricErrors({ label: 'errors', color: cloudwatch.Color.RED }),
          collector.metricThrottles({ label: 'throttled', color: cloudwatch.Color.ORANGE }),
        ],
      }),
    ];
  }

  private graph(props: cloudwatch.GraphWidgetProps): cloudwatch.IWidget {
    return new cloudwatch.GraphWidget({
      width: 8,
      height: 6,
      region: this.context.region,
      leftYAxis: { min: 0 },
      rightYAxis: { min: 0 },
      ...props,
    });
  }

  /** One line for all workgroups together. */
  private aggregate(
    statistic: 'SUM' | 'MAX', metricName: WorkGroupMetric, label: string, color?: string, transform = (expression: string) => expression,
  ): cloudwatch.IMetric {
    const { context: { metric }, config: { selection: { named } } } = this;
    // Metric ids must be unique in the widget, not only in the expression.
    const id = (index: number) => `${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}${index}`;
    const usingMetrics = Object.fromEntries((named ?? []).map(({ name }, index) => [id(index), metric(metricName, { workGroup: name })]));
    const metrics = named ? `[${Object.keys(usingMetrics).join(', ')}]` : this.search(metricName);
    return this.expression(transform(`${statistic}(${metrics})`), label, color, usingMetrics);
  }

  private expression(expression: string, label: string, color?: string, usingMetrics: { [id: string]: cloudwatch.IMetric } = {}): cloudwatch.IMetric {
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
      .map(({ value, label }) => ({ value, label, color: cloudwatch.Color.RED }));
  }
}
