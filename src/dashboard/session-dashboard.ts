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
  /** Tells the monitor from others on the same dashboard. */
  readonly title: string;
  /** A text that occurs nowhere else, which the dashboard's variable stands for. */
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

/** A line of a graph: a metric, with the state that it is about as its label. */
interface StateLine {
  readonly metricName: WorkGroupMetric;
  readonly label: string;
  readonly color: string;
}

const STATES = Object.entries<SessionStateDefinition>(SESSION_STATES);
const lineOf = (state: string, metricName: string, color: string): StateLine =>
  ({ metricName: metricName as WorkGroupMetric, label: state.toLowerCase(), color });
/** Sessions in each live state. */
const LIVE_COUNTS = STATES.filter(([, { ended }]) => !ended).map(([state, { countMetric, color }]) => lineOf(state, countMetric, color));
/** Sessions that ended in each state. */
const ENDED_COUNTS = STATES.filter(([, { ended }]) => ended).map(([state, { countMetric, color }]) => lineOf(state, countMetric, color));
/** How long sessions have been in a state. */
const TIMES = STATES.flatMap(([state, { timeMetric, color }]) => timeMetric ? [lineOf(state, timeMetric, color)] : []);

/**
 * What a dashboard shows of a monitor.
 *
 * All graphs are of the monitor's region, wherever the dashboard is, and fill rows of the dashboard's whole width.
 */
export class SessionDashboard {
  private readonly config: MonitorConfig;

  public constructor(private readonly context: DashboardContext) {
    this.config = context.config;
  }

  /** Everything. */
  public widgets(): cloudwatch.IWidget[] {
    return [
      this.heading(),
      ...this.alarmWidgets(),
      ...this.numbers(),
      ...this.sessionsTable(),
      ...this.config.selection.named ? this.config.selection.named.flatMap(({ name }) => this.workGroupRow(name, name)) : this.foundWorkGroups(),
      ...this.health(),
    ];
  }

  /** Alarms and numbers, for a dashboard of many services. */
  public summaryWidgets(): cloudwatch.IWidget[] {
    return [this.heading(), ...this.alarmWidgets(), ...this.numbers()];
  }

  /** The state of all alarms. */
  public alarmWidgets(): cloudwatch.IWidget[] {
    const { alarms } = this.context;
    const widgets: cloudwatch.IWidget[] = [];
    for (let first = 0; first < alarms.length; first += MAX_ALARMS_PER_WIDGET) {
      const some = alarms.slice(first, first + MAX_ALARMS_PER_WIDGET);
      widgets.push(new cloudwatch.AlarmStatusWidget({
        title: 'Alarms',
        alarms: some,
        width: FULL_WIDTH,
        height: Math.min(8, 2 + Math.ceil(some.length / 5)),
      }));
    }
    return widgets;
  }

  /** One found workgroup, which the person who looks at the dashboard selects with the variable. */
  public selectedWorkGroup(): cloudwatch.IWidget[] {
    const { variablePattern } = this.context;
    return [
      new cloudwatch.TextWidget({ markdown: '### The workgroup that is selected above', width: FULL_WIDTH, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT }),
      ...this.workGroupRow(variablePattern, 'Selected workgroup'),
      ...this.sessionsTable(variablePattern),
    ];
  }

  /** The variable that selects one of the workgroups that have metrics. */
  public workGroupVariable(): cloudwatch.IVariable {
    const { variablePattern } = this.context;
    return new cloudwatch.DashboardVariable({
      // A pattern rather than the property WorkGroup, which would change what is shown of all workgroups, too.
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

  private heading(): cloudwatch.IWidget {
    const { title, region, collector, logGroupName } = this.context;
    const { metricNamespace, interval, runbookUrl } = this.config;
    const runbook = runbookUrl.replaceAll('(', '%28').replaceAll(')', '%29'); // which would end the link
    // Paths without a host stay on the console of the partition. In them the console writes "/" as "$252F".
    const logGroup = Fn.join('$252F', Fn.split('/', logGroupName));
    return new cloudwatch.TextWidget({
      markdown: '## Athena sessions\n'
        + `${title} · a run every ${interval.toHumanString()} · namespace \`${metricNamespace}\` · `
        + `[runbook](${runbook}) · [sessions in Athena](/athena/home?region=${region}) · `
        + `[collector](/lambda/home?region=${region}#/functions/${collector.functionName}?tab=monitoring) · `
        + `[log](/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${logGroup})`,
      width: FULL_WIDTH,
      height: 2,
      background: cloudwatch.TextWidgetBackground.TRANSPARENT, // the default of some releases of the CDK, but not of all
    });
  }

  /** A widget each, as the metrics of many named workgroups would be too many for one. */
  private numbers(): cloudwatch.IWidget[] {
    const number = (title: string, metric: cloudwatch.IMetric) => new cloudwatch.SingleValueWidget({
      title, metrics: [metric], region: this.context.region, width: FULL_WIDTH / 4, height: 3, fullPrecision: true,
    });
    return [
      number('Idle now', this.ofAll('SUM', 'IdleSessions', 'sessions', SESSION_STATES.IDLE.color)),
      number('Longest idle now', this.ofAll('MAX', 'IdleTime', 'minutes', SESSION_STATES.IDLE.color, (seconds) => `FLOOR(${seconds} / 60)`)),
      number('Busy now', this.ofAll('SUM', 'BusySessions', 'sessions', SESSION_STATES.BUSY.color)),
      // True as each period holds one point, which has the failures of one window.
      number('Failed in the time shown', this.ofAll('SUM', 'FailedSessions', 'sessions', SESSION_STATES.FAILED.color, (failed) => `RUNNING_SUM(${failed})`)),
    ];
  }

  /** All found workgroups: those that have metrics, whichever they are. */
  private foundWorkGroups(): cloudwatch.IWidget[] {
    const otherTimes = TIMES.filter(({ metricName }) => metricName !== 'IdleTime');
    const ofEach = (metricName: WorkGroupMetric) => this.expression(this.search(metricName), '${PROP(\'Dim.WorkGroup\')}');
    return [
      this.graph({
        title: 'Sessions of all workgroups, by state',
        width: 12,
        stacked: true,
        left: LIVE_COUNTS.map(({ metricName, label, color }) => this.ofAll('SUM', metricName, label, color)),
      }),
      this.graph({
        title: 'Longest idle session of each workgroup (seconds)',
        width: 12,
        left: [ofEach('IdleTime')],
        leftAnnotations: this.thresholdsOf({ metricName: 'IdleTime' }),
      }),
      this.graph({ title: 'Failed sessions', left: [ofEach('FailedSessions')], leftAnnotations: this.thresholdsOf({ metricName: 'FailedSessions' }) }),
      this.graph({ title: 'Idle sessions', left: [ofEach('IdleSessions')], leftAnnotations: this.thresholdsOf({ metricName: 'IdleSessions' }) }),
      this.graph({
        title: 'Longest in other states (seconds)',
        left: otherTimes.map(({ metricName, label, color }) => this.ofAll('MAX', metricName, label, color)),
        leftAnnotations: this.thresholdsOf(...otherTimes),
      }),
    ];
  }

  /** One workgroup: its sessions by state, how long they have been in it, and how they ended. */
  private workGroupRow(workGroup: string, title: string): cloudwatch.IWidget[] {
    const { context: { metric }, config: { countTerminated } } = this;
    const of = ({ metricName, label, color }: StateLine) => metric(metricName, { workGroup, label, color });
    return [
      this.graph({
        title: `${title}: sessions by state`,
        stacked: true,
        left: LIVE_COUNTS.map(of), // no thresholds: each is stacked on the others
      }),
      this.graph({
        title: `${title}: longest in a state (seconds)`,
        left: TIMES.map(of),
        leftAnnotations: this.thresholdsOf(...TIMES),
      }),
      this.graph({
        title: `${title}: failed and terminated`,
        left: ENDED_COUNTS.filter(({ metricName }) => countTerminated || metricName !== 'TerminatedSessions').map(of),
        leftAnnotations: this.thresholdsOf({ metricName: 'FailedSessions' }),
      }),
    ];
  }

  private sessionsTable(workGroup?: string): cloudwatch.IWidget[] {
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

  /** The monitor's own health. */
  private health(): cloudwatch.IWidget[] {
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
  private ofAll(
    statistic: 'SUM' | 'MAX', metricName: WorkGroupMetric, label: string, color?: string, then = (all: string) => all,
  ): cloudwatch.IMetric {
    const { context: { metric }, config: { selection: { named } } } = this;
    // The ids of metrics are the widget's, not the expression's.
    const id = (index: number) => `${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}${index}`;
    const usingMetrics = Object.fromEntries((named ?? []).map(({ name }, index) => [id(index), metric(metricName, { workGroup: name })]));
    const each = named ? `[${Object.keys(usingMetrics).join(', ')}]` : this.search(metricName);
    return this.expression(then(`${statistic}(${each})`), label, color, usingMetrics);
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

  private thresholdsOf(...lines: { readonly metricName: WorkGroupMetric }[]): cloudwatch.HorizontalAnnotation[] {
    return this.context.thresholds
      .filter((threshold) => lines.some(({ metricName }) => metricName === threshold.metricName))
      .map(({ value, label }) => ({ value, label, color: cloudwatch.Color.RED }));
  }
}
