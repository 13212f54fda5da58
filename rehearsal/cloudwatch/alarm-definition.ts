import { AlarmRule, COMPARISONS, TreatMissingData } from './alarm';
import { CompositeRule, parseCompositeRule } from './composite-rule';
import { type InsightsQuery, parseInsightsQuery } from './metrics-insights';
import { Statistic, statisticNamed } from './statistic';

export interface AlarmDefinition {
  logicalId: string;
  name: string;
  path?: string;
  /** Its name for people. */
  label?: string;
  /** `AWS::CloudWatch::Alarm` or `AWS::CloudWatch::CompositeAlarm` properties with all intrinsics resolved, as in a synthesized CDK template. */
  properties: any;
}

/** An alarm definition, checked and converted for evaluation. */
export interface ReadAlarm {
  definition: AlarmDefinition;
  rule: AlarmRule;
  /** In milliseconds. */
  period: number;
  source: MetricSource | InsightsQuery;
  /** The number that FILL gives to periods without data, for an alarm on FILL. */
  filler?: number;
  /** How long after its creation the alarm is first evaluated, in milliseconds. */
  warmUp: number;
}

/** The definition of a composite alarm, checked and converted for evaluation. */
export interface ReadComposite {
  definition: AlarmDefinition;
  rule: CompositeRule;
}

export interface MetricSource {
  namespace: string;
  metricName: string;
  dimensions: { [name: string]: string };
  unit?: string;
  statistic: Statistic;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function readAlarm(definition: AlarmDefinition): ReadAlarm {
  return naming(definition, () => readProperties(definition));
}

export function readComposite(definition: AlarmDefinition): ReadComposite {
  return naming(definition, () => {
    if (definition.properties.ActionsSuppressor !== undefined) {
      throw new Error('ActionsSuppressor is not simulated');
    }
    return { definition, rule: parseCompositeRule(String(definition.properties.AlarmRule)) };
  });
}

export function isComposite({ properties }: AlarmDefinition): boolean {
  return properties?.AlarmRule !== undefined;
}

export function usesFill(definition: AlarmDefinition): boolean {
  return !isComposite(definition) && readAlarm(definition).filler !== undefined;
}

/** Whether the alarm is on a Metrics Insights query. */
export function usesQuery(definition: AlarmDefinition): boolean {
  return !isComposite(definition) && isInsightsQuery(readAlarm(definition).source);
}

/** Names the alarm in errors. */
function naming<Result>({ logicalId }: AlarmDefinition, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new Error(`alarm ${logicalId}: ${(error as Error).message}`);
  }
}

export function isInsightsQuery(source: MetricSource | InsightsQuery): source is InsightsQuery {
  return 'groupBy' in source;
}

function readProperties(definition: AlarmDefinition): ReadAlarm {
  const properties = definition.properties ?? {};
  if (properties.ThresholdMetricId !== undefined) {
    throw new Error('anomaly detection is not simulated');
  }
  if (properties.EvaluationWindow !== undefined && properties.EvaluationWindow.SlidingWindow === undefined) {
    throw new Error('only a sliding EvaluationWindow is simulated');
  }
  const { source, period, filler } = readSource(properties);
  const rule = readRule(properties);
  checkLengths(source, period, rule);
  return { definition, rule, period, source, filler, warmUp: readWarmUp(properties.WarmUpConfiguration) };
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
      source: metricSource(properties, properties.Statistic ?? properties.ExtendedStatistic, properties.Unit),
      period: periodInMillis(properties.Period),
    };
  }
  const queries: any[] = properties.Metrics;
  const [{ Expression: expression, Period: period, MetricStat: metricStat } = {} as any, ...others] = queries;
  if (queries.some(({ AccountId }) => AccountId !== undefined)) {
    throw new Error('metrics of another account are not simulated');
  }
  if (others.length > 0) {
    return readFill(queries);
  }
  return expression ? { source: parseInsightsQuery(expression), period: periodInMillis(period) } : readMetricStat(metricStat); // as for a metric with a label
}

function readMetricStat({ Metric, Stat, Unit, Period }: any = {}): Pick<ReadAlarm, 'source' | 'period'> {
  return { source: metricSource(Metric, Stat, Unit), period: periodInMillis(Period) };
}

/**
 * An expression that fills a metric with a number.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function readFill(queries: any[]): Pick<ReadAlarm, 'source' | 'period' | 'filler'> {
  const expression = queries.find(({ Expression: text }) => text !== undefined);
  const metric = queries.find(({ MetricStat: metricStat }) => metricStat !== undefined);
  const [, id, filler] = /^\s*FILL\(\s*([a-z]\w*)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)\s*$/.exec(expression?.Expression) ?? [];
  if (queries.length !== 2 || metric === undefined || id === undefined) {
    throw new Error(`metric math is not simulated, only FILL(m, number) with a metric m: ${JSON.stringify(expression?.Expression)}`);
  }
  if (id !== metric.Id) {
    throw new Error(`${expression.Expression}: there is no metric ${id}, only ${metric.Id}`);
  }
  // The alarm watches the query that returns data, which is the default.
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

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html */
function readWarmUp(configuration: any): number {
  if (configuration === undefined) {
    return 0;
  }
  if (configuration.OnlyStartEvaluatingAfterWarmUpPeriodEnds !== true) {
    throw new Error('a warm-up that data can end early is not simulated: OnlyStartEvaluatingAfterWarmUpPeriodEnds has to be true');
  }
  const minutes = wholeNumber('WarmUpPeriodDurationInMinutes', configuration.WarmUpPeriodDurationInMinutes);
  if (minutes > 2880) {
    throw new Error(`WarmUpPeriodDurationInMinutes must be at most 2880, got ${minutes}`);
  }
  return minutes * MINUTE;
}

/** CloudWatch rejects longer alarms, or evaluates fewer periods than they ask for. */
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
