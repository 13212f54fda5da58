import type { MetricValues } from './census';
import { type LogFields, logLine } from './log-line';
import type { MetricDefinition } from '../schema';
import type { Instant } from '../time';

/**
 * The maximum number of values in an array.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const MAX_VALUES = 100;

/** Metric values of one grid time and one dimension value. */
export interface MetricData<Metric extends string> {
  readonly namespace: string;
  readonly definitions: { readonly [name in Metric]: MetricDefinition };
  readonly dimensionValue: string;
  readonly timestamp: Instant;
  readonly values: MetricValues<Metric>;
  /** Further fields of the line. */
  readonly properties?: LogFields;
}

/**
 * Lines in the embedded metric format. Values that do not fit into one array go into further lines, without the properties.
 */
export function metricLines<Metric extends string>(data: MetricData<Metric>): string[] {
  const { values } = data;
  const names = Object.keys(values) as Metric[];
  const lines: string[] = [];
  for (let first = 0; first === 0 || names.some((name) => lengthOf(values[name]) > first); first += MAX_VALUES) {
    const chunk = names.filter((name) => lengthOf(values[name]) > first).map((name) => [name, chunkOf(values[name]!, first)] as const);
    lines.push(metricLine(data, chunk, first === 0 ? data.properties : undefined));
  }
  return lines;
}

type Value = number | readonly number[];

const lengthOf = (value: Value | undefined) => Array.isArray(value) ? value.length : Number(value !== undefined);
const chunkOf = (value: Value, first: number) => typeof value === 'number' ? value : value.slice(first, first + MAX_VALUES);

function metricLine<Metric extends string>(
  { namespace, definitions, dimensionValue, timestamp }: MetricData<Metric>, values: readonly (readonly [Metric, Value])[], properties?: LogFields,
): string {
  const { dimension } = definitions[values[0]![0]];
  return logLine({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [{
        Namespace: namespace,
        Dimensions: [[dimension]],
        Metrics: values.map(([Name]) => ({ Name, Unit: definitions[Name].unit })),
      }],
    },
    [dimension]: dimensionValue,
    ...Object.fromEntries(values),
    ...properties,
  });
}
