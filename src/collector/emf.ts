import type { MetricValues } from './census';
import type { Instant } from './grid';
import { type LogFields, logLine } from './log-line';
import type { MetricDefinition } from './schema';

/**
 * Values in one array, as the specification allows.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const MAX_VALUES = 100;

/** Metric values of one grid time and one dimension value, as they go into the log. */
export interface MetricLines<Metric extends string> {
  readonly namespace: string;
  readonly definitions: { readonly [name in Metric]: MetricDefinition };
  readonly dimensionValue: string;
  readonly time: Instant;
  readonly values: MetricValues<Metric>;
  /** What the line says besides its metrics. */
  readonly properties?: LogFields;
}

/**
 * Lines in embedded metric format. One is enough but where a metric has more values than an array may hold: what is
 * over goes into further lines, without the properties.
 */
export function metricLines<Metric extends string>(figures: MetricLines<Metric>): string[] {
  const lines: string[] = [];
  let rest: MetricValues<Metric> = figures.values;
  let properties = figures.properties;
  do {
    const [head, tail] = splitValues(rest);
    lines.push(metricLine({ ...figures, values: head, properties }));
    rest = tail;
    properties = undefined;
  } while (Object.keys(rest).length > 0);
  return lines;
}

function metricLine<Metric extends string>(figures: MetricLines<Metric>): string {
  const { namespace, definitions, dimensionValue, time, values, properties } = figures;
  const names = Object.keys(values) as Metric[];
  const dimension = definitions[names[0]!].dimension;
  return logLine({
    _aws: {
      Timestamp: time,
      CloudWatchMetrics: [{
        Namespace: namespace,
        Dimensions: [[dimension]],
        Metrics: names.map((Name) => ({ Name, Unit: definitions[Name].unit })),
      }],
    },
    [dimension]: dimensionValue,
    ...values,
    ...properties,
  });
}

/** What fits one line, and the rest. */
function splitValues<Metric extends string>(values: MetricValues<Metric>): [MetricValues<Metric>, MetricValues<Metric>] {
  const head: { [name: string]: number | readonly number[] } = {};
  const rest: { [name: string]: number | readonly number[] } = {};
  for (const [name, value] of Object.entries<number | readonly number[] | undefined>(values)) {
    if (Array.isArray(value) && value.length > MAX_VALUES) {
      head[name] = value.slice(0, MAX_VALUES);
      rest[name] = value.slice(MAX_VALUES);
    } else if (value !== undefined) {
      head[name] = value;
    }
  }
  return [head as MetricValues<Metric>, rest as MetricValues<Metric>];
}
