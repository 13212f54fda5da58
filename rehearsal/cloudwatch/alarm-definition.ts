import { AlarmRule, COMPARISONS, TreatMissingData } from './alarm';
import { InsightsQuery, parseInsightsQuery } from './metrics-insights';
import { Statistic, statisticNamed } from './statistic';

export interface AlarmDefinition {
  logicalId: string;
  name: string;
  path?: string;
  /** `AWS::CloudWatch::Alarm` properties with all intrinsics resolved, as in a synthesised CDK template. */
  properties: any;
}

/** An alarm as the evaluation needs it. */
export interface ReadAlarm {
  definition: AlarmDefinition;
  rule: AlarmRule;
  /** In milliseconds. */
  period: number;
  source: MetricSource | InsightsQuery;
  /** What FILL gives periods without data, where the alarm is on that. */
  filler?: number;
  warmUp?: WarmUp;
}

export interface MetricSource {
  namespace: string;
  metricName: string;
  dimensions: { [name: string]: string };
  unit?: string;
  statistic: Statistic;
}

export interface WarmUp {
  /** In milliseconds. */
  duration: number;
  waitForEnd: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function readAlarm(definition: AlarmDefinition): ReadAlarm {
  try {
    return read(definition);
  } catch (error) {
    throw new Error(`alarm ${definition.logicalId}: ${(error as Error).message}`);
  }
}

export function usesFill(definition: AlarmDefinition): boolean {
  return readAlarm(definition).filler !== undefined;
}

export function isInsightsQuery(source: MetricSource | InsightsQuery): source is InsightsQuery {
  return 'groupBy' in source;
}

function read(definition: AlarmDefinition): ReadAlarm {
  const properties = definition.properties ?? {};
  if (properties.AlarmRule !== undefined) {
    throw new Error('composite alarms are not simulated');
  }
  if (properties.ThresholdMetricId !== undefined) {
    throw new Error('anomaly detection is not simulated');
  }
  if (properties.EvaluateLowSampleCountPercentile === 'ignore') {
    throw new Error('EvaluateLowSampleCountPercentile "ignore" is not simulated');
  }
  if (properties.EvaluationWindow !== undefined && properties.EvaluationWindow.SlidingWindow === undefined) {
    throw new Error('only a sliding EvaluationWindow is simulated');
  }
  const { source, period, filler } = readSource(properties);
  const rule = readRule(properties);
  checkLengths(source, period, rule);
  const warmUp = readWarmUp(properties.WarmUpConfiguration);
  if (filler !== undefined && warmUp?.waitForEnd === false) {
    throw new Error('whether values of FILL end a warm-up early is not documented: OnlyStartEvaluatingAfterWarmUpPeriodEnds has to be true');
  }
  return { definition, rule, period, source, filler, warmUp };
}

function readRule(properties: any): AlarmRule {
  const operator = properties.ComparisonOperator;
  if (!Object.prototype.hasOwnProperty.call(COMPARISONS, String(operator))) {
    throw new Error(`ComparisonOperator ${JSON.stringify(operator)} is not simulated, only ${Object.keys(COMPARISONS).join(', ')}`);
  }
  const evaluationPeriods = wholeNumber('EvaluationPeriods', properties.EvaluationPeriods);
  const datapointsToAlarm = wholeNumber('DatapointsToAlarm', properties.DatapointsToAlarm ?? evaluationPeriods);
  if (datapointsToAlarm > evaluationPeriods) {
    throw new Error(`DatapointsToAlarm ${datapointsToAlarm} is greater than EvaluationPeriods ${evaluationPeriods}`);
  }
  const treatMissingData: TreatMissingData = properties.TreatMissingData ?? 'missing';
  if (!['missing', 'ignore', 'breaching', 'notBreaching'].includes(treatMissingData)) {
    throw new Error(`TreatMissingData must be missing, ignore, breaching or notBreaching, got ${JSON.stringify(treatMissingData)}`);
  }
  const threshold = properties.Threshold;
  if (typeof threshold !== 'number') {
    throw new Error(`Threshold must be a number, got ${JSON.stringify(threshold)}`);
  }
  return { comparison: COMPARISONS[operator], threshold, evaluationPeriods, datapointsToAlarm, treatMissingData };
}

function readSource(properties: any): Pick<ReadAlarm, 'source' | 'period' | 'filler'> {
  if (properties.Metrics === undefined) {
    return {
      source: metricSource(properties, properties.ExtendedStatistic ?? properties.Statistic, properties.Unit),
      period: periodInMillis(properties.Period),
    };
  }
  const queries: any[] = properties.Metrics;
  if (!Array.isArray(queries) || queries.length < 1 || queries.length > 2) {
    throw new Error('metric math is not simulated, only a single metric, Metrics Insights query or FILL of a single metric');
  }
  if (queries.some(({ AccountId: accountId }) => accountId !== undefined)) {
    throw new Error('metrics of another account are not simulated');
  }
  if (queries.length === 2) {
    return readFill(queries);
  }
  const [{ Expression: expression, MetricStat: metricStat, Period: period }] = queries;
  if (metricStat !== undefined) {
    return readMetricStat(metricStat);
  }
  if (typeof expression !== 'string' || !/^\s*SELECT\b/i.test(expression)) {
    throw new Error(`metric math is not simulated, only Metrics Insights queries: ${JSON.stringify(expression)}`);
  }
  return { source: parseInsightsQuery(expression), period: periodInMillis(period) };
}

function readMetricStat({ Metric: metric, Stat: statistic, Unit: unit, Period: period }: any): Pick<ReadAlarm, 'source' | 'period'> {
  return { source: metricSource(metric, statistic, unit), period: periodInMillis(period) };
}

/**
 * An expression that fills a metric with a number.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function readFill(queries: any[]): Pick<ReadAlarm, 'source' | 'period' | 'filler'> {
  const expression = queries.find(({ Expression: text }) => text !== undefined);
  const metric = queries.find(({ MetricStat: metricStat }) => metricStat !== undefined);
  const [, id, filler] = /^\s*FILL\(\s*([a-z]\w*)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)\s*$/.exec(expression?.Expression) ?? [];
  if (metric === undefined || id === undefined) {
    throw new Error(`metric math is not simulated, only FILL(m, number) with a metric m: ${JSON.stringify(expression?.Expression)}`);
  }
  if (id !== metric.Id) {
    throw new Error(`${expression.Expression}: there is no metric ${id}, only ${metric.Id}`);
  }
  // The alarm watches the one whose data is returned, which is any unless it says no.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
  if (expression.ReturnData === false || metric.ReturnData !== false) {
    throw new Error(`ReturnData has to be true for ${expression.Expression} and false for ${id}`);
  }
  return { ...readMetricStat(metric.MetricStat), filler: Number(filler) };
}

function metricSource(metric: any, statistic: unknown, unit: string | undefined): MetricSource {
  const { Namespace: namespace, MetricName: metricName, Dimensions: dimensions = [] } = metric ?? {};
  if (typeof namespace !== 'string' || typeof metricName !== 'string') {
    throw new Error(`a metric needs a Namespace and a MetricName, got ${JSON.stringify(namespace)} and ${JSON.stringify(metricName)}`);
  }
  const values: { [name: string]: string } = {};
  for (const { Name: name, Value: value } of dimensions) {
    if (typeof value !== 'string') {
      throw new Error(`dimension ${name} must be a string, got ${JSON.stringify(value)}`);
    }
    values[name] = value;
  }
  return { namespace, metricName, dimensions: values, unit, statistic: statisticNamed(statistic) };
}

function readWarmUp(configuration: any): WarmUp | undefined {
  if (configuration === undefined) {
    return undefined;
  }
  // @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html
  const minutes = wholeNumber('WarmUpPeriodDurationInMinutes', configuration.WarmUpPeriodDurationInMinutes);
  if (minutes > 2880) {
    throw new Error(`WarmUpPeriodDurationInMinutes must be at most 2880, got ${minutes}`);
  }
  return { duration: minutes * MINUTE, waitForEnd: configuration.OnlyStartEvaluatingAfterWarmUpPeriodEnds === true };
}

/** What CloudWatch refuses, or would judge on less than the alarm asks for. */
function checkLengths(source: MetricSource | InsightsQuery, period: number, { evaluationPeriods }: AlarmRule): void {
  const length = period * evaluationPeriods;
  const text = `EvaluationPeriods × Period is ${length / MINUTE} minutes`;
  // @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
  if (isInsightsQuery(source) && length > 3 * HOUR) {
    throw new Error(`${text}, but Metrics Insights alarms see the last 3 hours only`);
  }
  // @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if (length > (period < HOUR ? DAY : 7 * DAY)) {
    throw new Error(`${text}, at most one day is allowed (seven days for a Period of an hour or more)`);
  }
}

function periodInMillis(seconds: unknown): number {
  const period = wholeNumber('Period', seconds);
  if (period % 60 !== 0) {
    throw new Error(`Period must be a multiple of 60 seconds (high resolution is not simulated), got ${period}`);
  }
  return period * 1000;
}

function wholeNumber(name: string, value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new Error(`${name} must be a whole number above 0, got ${JSON.stringify(value)}`);
  }
  return value as number;
}
