import type { AlarmState, AlarmStatus } from '../cloudwatch';
import { MetricEntry, MetricWidget, readDashboard, UnreadWidget, Variable, Widget } from './definition';
import { markdown } from './markdown';
import { LogEvent, runQuery, Table } from '../cloudwatch/logs-insights';
import { evaluate, find, Lookup, Point, seriesOf, TimeSeries, Value } from '../cloudwatch/metric-math';
import { hasExactlyDimensions, MetricStore } from '../cloudwatch/metric-store';
import { parseSearch } from '../cloudwatch/search';
import type { DeployedDashboard } from '../deployed-stack';
import { full } from '../page/number';
import type { RehearsalResult } from '../rehearsal';
import type { Story } from '../story';

/** The data that dashboards show at the end of a story. */
export interface EndOfStory {
  from: number;
  /** The end of the story. Data that arrives later is not shown. */
  to: number;
  metrics: MetricStore;
  alarms: readonly AlarmStatus[];
  /** By log group. */
  logs: ReadonlyMap<string, readonly LogEvent[]>;
}

/** A dashboard with its data. */
export interface DashboardView {
  path: string;
  from: number;
  to: number;
  /** How it differs from what CloudWatch shows. */
  notes: string[];
  selections: Selection[];
  widgets: WidgetView[];
  /** Whether it may show something of the story: a metric, an alarm or a log that is played. */
  isPlayed: boolean;
}

/** The selection of a variable. */
export interface Selection {
  label: string;
  /** All options. The first one is selected. */
  values: string[];
}

export type WidgetView = { x: number; y: number; width: number; height: number; title?: string } & (
  | { kind: 'text'; markdown: string; background: 'solid' | 'transparent' }
  | { kind: 'alarms'; alarms: AlarmView[] }
  | { kind: 'numbers'; lines: Line[]; fullPrecision: boolean }
  | GraphView
  | { kind: 'table'; table: Table }
  | { kind: 'placeholder'; reason: string });

export interface GraphView {
  kind: 'graph';
  lines: Line[];
  stacked: boolean;
  legend: 'bottom' | 'right';
  annotations: { value: number; label?: string; color?: string; yAxis: Side }[];
  scales: { [side in Side]: { min?: number; max?: number; label?: string; showUnits: boolean } };
}

export interface AlarmView {
  name: string;
  state: AlarmState;
  /** The contributors in ALARM. */
  inAlarm: string[];
}

export type Side = 'left' | 'right';

export interface Line {
  label: string;
  color: string;
  yAxis: Side;
  unit?: string;
  period: number;
  points: Point[];
}

export function endOf({ from, to }: Pick<Story, 'from' | 'to'>, { date, metrics, variants, logs }: RehearsalResult): EndOfStory {
  return { from: date + from, to: date + to, metrics, alarms: variants[0]!.states, logs };
}

/** CloudWatch's colours for lines, in order. */
const COLOURS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf'];

/** Evaluates the dashboards that may show something of a story, for its end. */
export function viewDashboards(deployed: readonly DeployedDashboard[], story: EndOfStory): DashboardView[] {
  return deployed.map(dashboard => viewDashboard(dashboard, story)).filter(({ isPlayed }) => isPlayed);
}

/** Evaluates a dashboard for the end of a story. A widget that cannot be evaluated is a placeholder with the reason. */
export function viewDashboard(deployed: DeployedDashboard, story: EndOfStory): DashboardView {
  const { path, variables, lookback, choosesPeriods, problems, isUnreadable } = readDashboard(deployed);
  const { to } = story;
  const from = Math.max(story.from, to - lookback);
  const lookup: Lookup = { metrics: story.metrics, from, to };
  const unsearched: string[] = [];
  const values = variables.map(variable => {
    try {
      return valuesOf(variable, lookup);
    } catch (error) {
      unsearched.push(`variable ${variable.id}: ${(error as Error).message}`);
      return [];
    }
  });
  const selected = Object.fromEntries(variables.flatMap(({ pattern }, index) => values[index]!.slice(0, 1).map(value => [pattern, value])));
  const { widgets } = readDashboard(deployed, selected);
  return {
    path,
    from,
    to,
    notes: [
      ...[...problems, ...unsearched].map(problem => `not simulated: ${problem}`),
      ...choosesPeriods ? ['shown with the periods of the widgets; CloudWatch may choose longer ones, as periodOverride is not inherit'] : [],
    ],
    selections: variables.map(({ label, id }, index) => ({ label: label ?? id, values: values[index]! })),
    widgets: widgets.map(({ x, y, width, height, ...widget }) => {
      const title = 'title' in widget.properties ? widget.properties.title : undefined;
      return { x, y, width, height, title, ...contentOf(widget, story, lookup) };
    }),
    isPlayed: isUnreadable || widgets.some(widget => readsStory(widget, story)),
  };
}

function contentOf(widget: Placed<Widget | UnreadWidget>, story: EndOfStory, lookup: Lookup): Content<WidgetView> {
  if (widget.type === 'unread') {
    return { kind: 'placeholder', reason: widget.reason };
  }
  const foreign = widget.type === 'metric' && !readsStory(widget, story)
    ? widget.properties.metrics.find(entry => 'namespace' in entry && entry.namespace.startsWith('AWS/')) : undefined;
  if (foreign && 'namespace' in foreign) { // an empty graph would say that there is no data
    return { kind: 'placeholder', reason: `no ${foreign.metricName} of ${foreign.namespace} is played` };
  }
  try {
    return view(widget, story, lookup);
  } catch (error) {
    return { kind: 'placeholder', reason: (error as Error).message };
  }
}

/** Whether a widget reads anything that the story writes. */
function readsStory(widget: Placed<Widget | UnreadWidget>, { metrics, alarms, logs }: EndOfStory): boolean {
  switch (widget.type) {
    case 'alarm': return widget.properties.alarms.some(arn => alarms.some(({ alarm }) => isArnOf(arn, alarm)));
    case 'log': return [...logs.keys()].some(name => widget.properties.query.includes(`'${name}'`));
    case 'metric': {
      const all = metrics.all();
      return widget.properties.metrics.some(entry => all.some(series => 'expression' in entry
        ? entry.expression.includes(series.namespace)
        : series.namespace === entry.namespace && (!entry.namespace.startsWith('AWS/')
          || series.metricName === entry.metricName && hasExactlyDimensions(series, entry.dimensions))));
    }
    default: return false;
  }
}

function isArnOf(arn: string, { name }: AlarmStatus['alarm']): boolean {
  return arn.endsWith(`:alarm:${name}`);
}

/** The options of a variable. Their order in the console is not documented. */
function valuesOf({ search, populateFrom }: Variable, lookup: Lookup): string[] {
  return [...new Set(find(parseSearch(search), lookup).map(({ dimensions }) => {
    if (dimensions[populateFrom] === undefined) {
      throw new Error(`what is searched for has no dimension ${populateFrom}: ${search}`);
    }
    return dimensions[populateFrom];
  }))].sort();
}

type Content<View> = View extends unknown ? Omit<View, 'x' | 'y' | 'width' | 'height' | 'title'> : never;
type Placed<Of> = Of extends unknown ? Omit<Of, 'x' | 'y' | 'width' | 'height'> : never;

function view(widget: Placed<Widget>, story: EndOfStory, lookup: Lookup): Content<WidgetView> {
  switch (widget.type) {
    case 'text':
      markdown(widget.properties.markdown); // refuses what is not simulated
      return { kind: 'text', ...widget.properties };
    case 'alarm': return { kind: 'alarms', alarms: widget.properties.alarms.map(arn => alarmView(arn, story)) };
    case 'log': return { kind: 'table', table: logTable(widget.properties.query, story, lookup) };
    case 'metric': {
      const { view: kind, stacked, annotations: { horizontal }, yAxis, legend, singleValueFullPrecision } = widget.properties;
      const lines = linesOf(widget.properties, lookup);
      return kind === 'singleValue'
        ? { kind: 'numbers', lines, fullPrecision: singleValueFullPrecision }
        : { kind: 'graph', lines, stacked, legend: legend.position, annotations: horizontal, scales: yAxis };
    }
  }
}

function alarmView(arn: string, { alarms }: EndOfStory): AlarmView {
  const found = alarms.find(({ alarm }) => isArnOf(arn, alarm));
  if (!found) {
    throw new Error(`${arn} is none of the alarms that are played`);
  }
  const { alarm, state, contributors = {} } = found;
  return { name: alarm.name, state, inAlarm: Object.keys(contributors).filter(name => contributors[name] === 'ALARM').sort() };
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html */
function logTable(query: string, { logs }: EndOfStory, { from, to }: Lookup): Table {
  const [, sources, rest] = /^((?:SOURCE '[^']+' \| )+)(.+)$/s.exec(query) ?? [];
  if (sources === undefined) {
    throw new Error(`a query begins with its log groups, such as SOURCE 'name' | : ${query}`);
  }
  const events = [...sources.matchAll(/'([^']+)'/g)].flatMap(([, name]) => {
    const log = logs.get(name!);
    if (!log) {
      throw new Error(`${name} is no log group of a function that is played`);
    }
    return log.filter(({ timestamp }) => timestamp >= from && timestamp < to);
  });
  return runQuery(rest!, events, to);
}

function linesOf({ metrics, stat, period: defaultPeriod }: MetricWidget['properties'], lookup: Lookup): Line[] {
  const visiting = new Set<MetricEntry>();
  const valueOf = (entry: MetricEntry): Exclude<Value, number> => {
    const period = 1000 * (entry.period ?? defaultPeriod);
    if (!('expression' in entry)) {
      const { namespace, metricName, dimensions } = entry;
      const found = lookup.metrics.named(namespace, metricName).filter(series => hasExactlyDimensions(series, dimensions));
      if (found.length > 1) {
        throw new Error(`${metricName} was written in several units`);
      }
      const none = { namespace, metricName, dimensions, unit: 'None', samples: [] };
      return seriesOf(found[0] ?? none, entry.stat ?? stat, period, lookup);
    }
    if (visiting.has(entry)) {
      throw new Error(`an expression is made of itself: ${entry.expression}`);
    }
    visiting.add(entry);
    const value = evaluate(entry.expression, {
      lookup,
      period,
      valueOf: id => {
        const other = metrics.find(candidate => candidate.id === id);
        if (!other) {
          throw new Error(`there is no ${id}`);
        }
        return valueOf(other);
      },
      metricsWith: part => metrics.filter(other => !('expression' in other) && other.id?.includes(part)).map(other => valueOf(other) as TimeSeries),
    });
    visiting.delete(entry);
    return value;
  };
  let coloured = 0;
  return metrics.flatMap(entry => {
    const value = valueOf(entry); // hidden ones are evaluated as well, so that an error in them is found
    const all = Array.isArray(value) ? value : [value];
    return entry.visible ? all.map((series): Line => ({
      label: labelOf(entry, series, Array.isArray(value)),
      // The colours of a search cannot be chosen.
      color: Array.isArray(value) ? COLOURS[coloured++ % COLOURS.length]! : entry.color ?? COLOURS[coloured++ % COLOURS.length]!,
      yAxis: entry.yAxis,
      unit: series.metric?.unit,
      period: series.period,
      points: series.points,
    })) : [];
  });
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html */
function labelOf(entry: MetricEntry, { metric, points }: TimeSeries, isOneOfSeveral: boolean): string {
  const own = metric ? [metric.metricName, ...Object.values(metric.dimensions)].join(' ') : 'expression' in entry ? entry.expression : '';
  if (entry.label === undefined) {
    return own;
  }
  if (!entry.label.includes('${')) {
    return isOneOfSeveral ? `${entry.label} ${own}` : entry.label;
  }
  return entry.label.replace(/\$\{([^}]*)\}/g, (all, variable) => {
    if (variable === 'LAST') {
      return points.length > 0 ? full(points[points.length - 1]!.value) : '--';
    }
    const [, property] = /^PROP\('([^']+)'\)$/.exec(variable) ?? [];
    const value = property === 'MetricName' ? metric?.metricName : property?.startsWith('Dim.') ? metric?.dimensions[property.slice(4)] : undefined;
    if (value === undefined) {
      throw new Error(`there is no ${all} for the label ${entry.label}`);
    }
    return value;
  });
}
