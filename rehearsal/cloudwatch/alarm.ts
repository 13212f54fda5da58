export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export type TreatMissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** When an alarm is in ALARM. */
export interface AlarmRule {
  comparison: Comparison;
  threshold: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: TreatMissingData;
}

export interface Comparison {
  words: string;
  breaches(value: number, threshold: number): boolean;
}

/** The statistic of one period. */
export interface Datapoint {
  value: number;
  timestamp: number;
}

/** Newest first; undefined where a period has no data. */
export type Periods = (Datapoint | undefined)[];

export interface Evaluation {
  state: AlarmState;
  /** The existing datapoints that were evaluated, newest first. */
  datapoints: Datapoint[];
  /** How many missing datapoints were filled in. */
  filled: number;
}

export interface Explanation {
  reason: string;
  /** The newest value that explains the state, if there is one. */
  value?: number;
}

export const COMPARISONS: { [operator: string]: Comparison } = {
  GreaterThanThreshold: { words: 'greater than', breaches: (value, threshold) => value > threshold },
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', breaches: (value, threshold) => value >= threshold },
  LessThanThreshold: { words: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', breaches: (value, threshold) => value <= threshold },
};

/**
 * Evaluates a single series. `range` is the evaluation range: the alarm's evaluation periods, and those further back that CloudWatch
 * retrieves to have enough existing datapoints.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateSeries(range: Periods, rule: AlarmRule, current: AlarmState): Evaluation {
  // With enough datapoints only the most recent ones are evaluated, and TreatMissingData does not matter. With fewer, all of them are
  // evaluated, and as few missing ones as possible are filled in.
  const datapoints = range.filter(datapoint => datapoint !== undefined).slice(0, rule.evaluationPeriods);
  const filled = rule.evaluationPeriods - datapoints.length;
  const state = filled === 0 ? stateOf(datapoints, rule) : stateWithMissing(range, datapoints, filled, rule, current);
  return { state, datapoints, filled };
}

function stateOf(datapoints: Datapoint[], rule: AlarmRule): AlarmState {
  return countBreaching(datapoints, rule) >= rule.datapointsToAlarm ? 'ALARM' : 'OK';
}

function stateWithMissing(range: Periods, existing: Datapoint[], filled: number, rule: AlarmRule, current: AlarmState): AlarmState {
  const { datapointsToAlarm, treatMissingData } = rule;
  const breaching = countBreaching(existing, rule);
  if (treatMissingData === 'breaching') {
    return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
  }
  if (treatMissingData === 'notBreaching') {
    return stateOf(existing, rule);
  }
  if (existing.length === 0) {
    return treatMissingData === 'missing' ? 'INSUFFICIENT_DATA' : current;
  }
  if (breaching >= datapointsToAlarm || breaching < existing.length) {
    return stateOf(existing, rule);
  }
  // All existing datapoints breach, but there are fewer than datapointsToAlarm. To avoid a premature ALARM, with `missing` the alarm
  // fires only once the oldest of them is datapointsToAlarm periods old, with `ignore` never.
  const oldestAge = range.length - [...range].reverse().findIndex(datapoint => datapoint !== undefined);
  return treatMissingData === 'missing' && oldestAge >= datapointsToAlarm ? 'ALARM' : current;
}

/**
 * Evaluates one contributor of a query with GROUP BY. `periods` are the evaluation periods: there is no wider range, and each missing
 * datapoint is treated by itself.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateContributor(periods: Periods, rule: AlarmRule, current: AlarmState): Evaluation {
  const { datapointsToAlarm, treatMissingData } = rule;
  const datapoints = periods.filter(datapoint => datapoint !== undefined);
  const filled = periods.length - datapoints.length;
  const state = stateOf(datapoints, rule);
  if (state === 'ALARM' || countBreaching(datapoints, rule) + filled < datapointsToAlarm) {
    return { state, datapoints, filled };
  }
  return { state: treatMissingData === 'breaching' ? 'ALARM' : treatMissingData === 'ignore' ? current : state, datapoints, filled };
}

/** The state of an alarm without any data. */
export function stateWithoutData(rule: AlarmRule, current: AlarmState): AlarmState {
  return evaluateSeries([], rule, current).state;
}

/** The reason for a state, similar to CloudWatch's own. */
export function explain({ state, datapoints, filled }: Evaluation, rule: AlarmRule): Explanation {
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const missing = `${filled} of ${evaluationPeriods} datapoints missing (treated as ${treatMissingData})`;
  if (datapoints.length === 0) {
    return { reason: missing };
  }
  const explaining = datapoints.filter(datapoint => state !== 'ALARM' || comparison.breaches(datapoint.value, threshold));
  const listed = explaining.slice(0, 3).map(datapoint => `${datapoint.value} (${clock(datapoint.timestamp)})`);
  const list = [...listed, ...(explaining.length > 3 ? [`${explaining.length - 3} more`] : [])].join(', ');
  const reason = `${countBreaching(datapoints, rule)} of ${evaluationPeriods} datapoints ${comparison.words} ${threshold}`
    + `, ${datapointsToAlarm} needed to alarm${list && ` [${list}]`}${filled > 0 ? `; ${missing}` : ''}`;
  return { reason, value: explaining[0]?.value };
}

function countBreaching(datapoints: Datapoint[], { comparison, threshold }: AlarmRule): number {
  return datapoints.filter(datapoint => comparison.breaches(datapoint.value, threshold)).length;
}

function clock(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 16);
}
