import { MetricIdentity, Sample } from './metric-store';

export interface MetricWrite {
  metric: MetricIdentity;
  samples: Sample[];
}

const MAX_LINE_BYTES = 256 * 1024;
const MAX_METRICS = 100;
const MAX_DIMENSIONS = 30;
const MAX_VALUES = 100;
const DAY = 24 * 3600_000;
const MAX_AGE = 14 * DAY;
const MAX_LEAD = 2 * 3600_000;

const UNITS = new Set([
  'Seconds', 'Microseconds', 'Milliseconds',
  ...['', '/Second'].flatMap(per => [
    ...['', 'Kilo', 'Mega', 'Giga', 'Tera'].flatMap(prefix => ['bytes', 'bits'].map(unit => capitalised(prefix + unit) + per)),
    `Count${per}`,
  ]),
  'Percent', 'None',
]);

/**
 * The metric values in a log line, or undefined if the line is not in embedded metric format.
 *
 * CloudWatch silently drops malformed metrics; here they are errors.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function parseEmf(line: string, visibleAt: number): MetricWrite[] | undefined {
  const root = parseObject(line);
  if (!root || !has(root, '_aws')) {
    return undefined;
  }
  const bytes = Buffer.byteLength(line);
  check(bytes <= MAX_LINE_BYTES, () => `the line has ${bytes} bytes, at most ${MAX_LINE_BYTES} are allowed`);

  const metadata = root._aws;
  check(isObject(metadata), () => `_aws must be an object, got ${show(metadata)}`);
  const timestamp = readTimestamp(metadata.Timestamp, visibleAt);
  const directives = metadata.CloudWatchMetrics;
  check(Array.isArray(directives), () => `_aws.CloudWatchMetrics must be an array, got ${show(directives)}`);
  return directives.flatMap((directive: any) => readDirective(directive, root, timestamp, visibleAt));
}

function readTimestamp(timestamp: unknown, visibleAt: number): number {
  check(Number.isInteger(timestamp), () => `_aws.Timestamp must be a whole number of milliseconds, got ${show(timestamp)}`);
  // @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
  const age = visibleAt - (timestamp as number);
  check(age <= MAX_AGE, () => `_aws.Timestamp ${show(timestamp)} is more than 14 days in the past (is it in milliseconds?)`);
  check(-age <= MAX_LEAD, () => `_aws.Timestamp ${show(timestamp)} is more than 2 hours in the future (is it in milliseconds?)`);
  return timestamp as number;
}

function readDirective(directive: any, root: any, timestamp: number, visibleAt: number): MetricWrite[] {
  check(isObject(directive), () => `a metric directive must be an object, got ${show(directive)}`);
  const { Namespace: namespace, Dimensions: dimensionSets, Metrics: metrics } = directive;
  check(isText(namespace, 255), () => `Namespace must be a string of 1 to 255 characters, got ${show(namespace)}`);
  check(Array.isArray(dimensionSets), () => `Dimensions must be an array of dimension sets, got ${show(dimensionSets)}`);
  check(dimensionSets.length > 0, () => 'Dimensions must have at least one dimension set (it may be empty)');
  check(Array.isArray(metrics), () => `Metrics must be an array, got ${show(metrics)}`);
  check(metrics.length <= MAX_METRICS, () => `a metric directive has ${metrics.length} metrics, at most ${MAX_METRICS} are allowed`);

  const identities: { [name: string]: string }[] = dimensionSets.map((names: unknown) => readDimensions(names, root));
  return metrics.flatMap((definition: any) => {
    check(isText(definition?.Name, 255), () => `a metric needs a Name of 1 to 255 characters, got ${show(definition)}`);
    const { Name: metricName, Unit: unit = 'None' } = definition;
    check(UNITS.has(unit), () => `metric ${metricName} has the unknown unit ${show(unit)}`);
    const samples = readValues(metricName, root).map(value => ({ timestamp, value, visibleAt }));
    return identities.map(dimensions => ({ metric: { namespace, metricName, unit, dimensions }, samples }));
  });
}

function readDimensions(names: any, root: any): { [name: string]: string } {
  check(Array.isArray(names), () => `a dimension set must be an array of names, got ${show(names)}`);
  check(names.length <= MAX_DIMENSIONS, () => `a dimension set has ${names.length} dimensions, at most ${MAX_DIMENSIONS} are allowed`);
  const dimensions: { [name: string]: string } = {};
  for (const name of names) {
    check(isText(name, 255), () => `a dimension name must be a string of 1 to 255 characters, got ${show(name)}`);
    check(has(root, name), () => `dimension ${name} is referenced but the line has no member of that name`);
    check(isText(root[name], 1024), () => `dimension ${name} must be a string of 1 to 1024 characters, got ${show(root[name])}`);
    dimensions[name] = root[name];
  }
  return dimensions;
}

function readValues(metricName: string, root: any): number[] {
  check(has(root, metricName), () => `metric ${metricName} is referenced but the line has no member of that name`);
  const values: unknown[] = Array.isArray(root[metricName]) ? root[metricName] : [root[metricName]];
  check(values.length > 0, () => `metric ${metricName} has no value`);
  check(values.length <= MAX_VALUES, () => `metric ${metricName} has ${values.length} values, at most ${MAX_VALUES} are allowed`);
  for (const value of values) {
    check(Number.isFinite(value), () => `metric ${metricName} must be a number or an array of numbers, got ${show(value)}`);
  }
  return values as number[];
}

function parseObject(line: string): any {
  try {
    const parsed = JSON.parse(line);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: any): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function has(root: any, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(root, name);
}

function capitalised(word: string): string {
  return word[0].toUpperCase() + word.slice(1);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function check(condition: boolean, problem: () => string): void {
  if (!condition) {
    throw new Error(`malformed embedded metric format: ${problem()}`);
  }
}
