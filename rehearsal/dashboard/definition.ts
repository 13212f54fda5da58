import * as z from 'zod';
import { statisticNamed } from '../cloudwatch/statistic';
import type { DeployedDashboard } from '../deployed-stack';

/** The parsed body of a dashboard. */
export interface DashboardDefinition {
  path: string;
  /** How far it looks back, in milliseconds. */
  lookback: number;
  /** Whether CloudWatch chooses the periods of widgets by the time range. */
  choosesPeriods: boolean;
  variables: Variable[];
  widgets: Widget[];
}

export type Widget = z.output<typeof widget>;
export type MetricWidget = Extract<Widget, { type: 'metric' }>;
export type Variable = z.output<typeof variable>;

/** One entry of a widget's `metrics`: a metric, or an expression. */
export type MetricEntry = z.output<typeof lineOptions> & (
  | { expression: string }
  | { namespace: string; metricName: string; dimensions: { [name: string]: string }; stat?: string }
);

const HOUR = 3_600_000;
/** CloudWatch's default. */
const DEFAULT_LOOKBACK = 3 * HOUR;
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const MAX_METRICS = 500;
const MAX_ALARMS = 100;

const colour = z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1f77b4');
const axis = z.enum(['left', 'right']).default('left');
const period = z.int().positive().multipleOf(60);
const statistic = z.string().superRefine((name, context) => {
  try {
    statisticNamed(name);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const lineOptions = z.strictObject({
  id: z.string().regex(/^[a-z]\w*$/, 'must begin with a lower-case letter').optional(),
  label: z.string().optional(),
  color: colour.optional(),
  visible: z.boolean().default(true),
  yAxis: axis,
  period: period.optional(),
});
const metricOptions = lineOptions.extend({ stat: statistic.optional() });
const expressionOptions = lineOptions.extend({ expression: z.string() });

/** `[namespace, name, dimension, value, …, options]`, or `[options]` with an expression. */
const metricEntry = z.array(z.unknown()).min(1).transform((entry, context): MetricEntry => {
  const last = entry[entry.length - 1];
  const options = typeof last === 'object' ? last : {};
  const names = typeof last === 'object' ? entry.slice(0, -1) : entry;
  if (names.length === 0) {
    return optionsOf(expressionOptions, options, context);
  }
  const isName = (name: unknown): name is string => typeof name === 'string' && !/^\.*$/.test(name);
  if (!names.every(isName) || names.length < 2 || names.length % 2 !== 0) {
    context.addIssue({ code: 'custom', message: `must be a namespace, a name, dimensions and their values: ${JSON.stringify(names)}` });
    return z.NEVER;
  }
  const [namespace, metricName, ...pairs] = names;
  const dimensions: { [name: string]: string } = {};
  for (let index = 0; index < pairs.length; index += 2) {
    dimensions[pairs[index]!] = pairs[index + 1]!;
  }
  return { namespace: namespace!, metricName: metricName!, dimensions, ...optionsOf(metricOptions, options, context) };
});

function optionsOf<Output>(schema: z.ZodType<Output>, options: unknown, context: z.RefinementCtx): Output {
  const parsed = schema.safeParse(options);
  if (parsed.success) {
    return parsed.data;
  }
  parsed.error.issues.forEach(issue => context.addIssue({ code: 'custom', path: issue.path, message: issue.message }));
  return z.NEVER;
}

const metrics = z.array(metricEntry).min(1).max(MAX_METRICS).superRefine((entries, context) => {
  const ids = entries.map(({ id }) => id).filter(id => id !== undefined);
  ids.filter((id, index) => ids.indexOf(id) < index).forEach(id => context.addIssue({ code: 'custom', message: `two have the id ${id}` }));
});

const annotation = z.strictObject({ value: z.number(), label: z.string().optional(), color: colour.optional(), yAxis: axis });
const scale = z.strictObject({
  min: z.number().optional(), max: z.number().optional(), label: z.string().optional(), showUnits: z.boolean().default(true),
});
const place = {
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  width: z.int().min(1).max(24),
  height: z.int().min(1).max(1000),
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const widget = z.discriminatedUnion('type', [
  z.strictObject({
    ...place,
    type: z.literal('metric'),
    properties: z.strictObject({
      view: z.enum(['timeSeries', 'singleValue']).default('timeSeries'),
      title: z.string().optional(),
      region: z.string(),
      metrics,
      stacked: z.boolean().default(false),
      stat: statistic.default('Average'),
      period: period.default(300),
      annotations: z.strictObject({ horizontal: z.array(annotation) }).default({ horizontal: [] }),
      yAxis: z.strictObject({ left: scale.prefault({}), right: scale.prefault({}) }).prefault({}),
      legend: z.strictObject({ position: z.enum(['bottom', 'right']) }).default({ position: 'bottom' }),
      singleValueFullPrecision: z.boolean().default(false),
    }),
  }),
  z.strictObject({
    ...place,
    type: z.literal('alarm'),
    properties: z.strictObject({ title: z.string().optional(), alarms: z.array(z.string()).min(1).max(MAX_ALARMS) }),
  }),
  z.strictObject({
    ...place,
    type: z.literal('text'),
    properties: z.strictObject({ markdown: z.string(), background: z.enum(['solid', 'transparent']).default('solid') }),
  }),
  z.strictObject({
    ...place,
    type: z.literal('log'),
    properties: z.strictObject({ view: z.literal('table'), title: z.string().optional(), region: z.string(), query: z.string() }),
  }),
]);

const variable = z.strictObject({
  type: z.literal('pattern'),
  pattern: z.string().regex(/^\w+$/, 'must mean the same as a text and as a regular expression'),
  id: z.string(),
  label: z.string().optional(),
  inputType: z.literal('select'),
  search: z.string(),
  populateFrom: z.string(),
  defaultValue: z.literal('__FIRST'),
  visible: z.boolean().default(true),
});

const body = z.strictObject({
  start: z.string().regex(/^-P(\d+D)?(T(\d+H)?(\d+M)?)?$/, 'must be such as -PT12H').optional(),
  periodOverride: z.enum(['auto', 'inherit']).default('auto'),
  widgets: z.array(z.unknown()).max(500),
  variables: z.array(variable).default([]),
});

/**
 * Reads a dashboard's body. Unknown properties are errors, so that a typo fails a test.
 *
 * @param selected the values of the variables, by pattern
 */
export function readDashboard({ path, region, body: text }: DeployedDashboard, selected: { [pattern: string]: string } = {}): DashboardDefinition {
  const where = `dashboard ${path}`;
  const { start, periodOverride, widgets: all, variables } = checked(body, JSON.parse(text), where);
  for (const { pattern } of variables) {
    if (!JSON.stringify(all).includes(pattern)) {
      throw new Error(`${where}: the variable ${pattern} is in no widget`);
    }
  }
  const widgets = all.map((raw, index) => {
    const replaced = Object.entries(selected).reduce<unknown>((value, [pattern, choice]) => replaceIn(value, pattern, choice), raw);
    const read = checked(widget, replaced, `${where}: ${nameOf(raw, index)}`);
    if (read.x + read.width > 24) {
      throw new Error(`${where}: ${nameOf(raw, index)} is wider than what is left of 24 columns`);
    }
    if ('region' in read.properties && read.properties.region !== region) {
      throw new Error(`${where}: ${nameOf(raw, index)}: nothing is played of the region ${read.properties.region}`);
    }
    return read;
  });
  return {
    path, lookback: start === undefined ? DEFAULT_LOOKBACK : millisecondsOf(start), choosesPeriods: periodOverride === 'auto', variables, widgets,
  };
}

function checked<Output>(schema: z.ZodType<Output>, value: unknown, where: string): Output {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => [...path, message].map(String).join(' '));
    throw new Error(`${where}: ${problems.join('; ')}`);
  }
  return parsed.data;
}

/** The name of a widget in errors. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function nameOf(raw: any, index: number): string {
  return `widget ${index + 1}${raw?.properties?.title === undefined ? '' : ` "${raw.properties.title}"`}`;
}

function replaceIn(value: unknown, pattern: string, choice: string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(pattern, () => choice);
  }
  if (Array.isArray(value)) {
    return value.map(element => replaceIn(element, pattern, choice));
  }
  return value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaceIn(part, pattern, choice)])) : value;
}

function millisecondsOf(start: string): number {
  const [, days = 0, hours = 0, minutes = 0] = /^-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(start)!;
  return Number(days) * 24 * HOUR + Number(hours) * HOUR + Number(minutes) * 60_000;
}
