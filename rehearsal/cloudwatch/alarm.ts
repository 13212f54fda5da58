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

/** What the data of a period came to. */
export interface Datapoint {
  value: number;
  timestamp: number;
}

/** Newest first; undefined where a period has no data. */
export type Periods = (Datapoint | undefined)[];

export interface Verdict {
  state: AlarmState;
  /** The real datapoints behind it, newest first. */
  judged: Datapoint[];
  /** How many missing ones were filled in. */
  filled: number;
}

export interface Explanation {
  reason: string;
  /** The newest value behind it, where there is one. */
  value?: number;
}

export const COMPARISONS: { [operator: string]: Comparison } = {
  GreaterThanThreshold: { words: 'greater than', breaches: (value, threshold) => value > threshold },
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', breaches: (value, threshold) => value >= threshold },
  LessThanThreshold: { words: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', breaches: (value, threshold) => value <= threshold },
};

/**
 * Judges a single series. `range` is the evaluation range: the alarm's evaluation periods and those further
 * back that CloudWatch retrieves to have enough real data.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judgeSeries(range: Periods, rule: AlarmRule, current: AlarmState): Verdict {
  const real = range.filter(datapoint => datapoint !== undefined);
  // With enough real data the most recent of it is judged, and how missing data is treated does not matter. With less,
  // all of it is judged, and as few missing points as possible are filled in.
  const judged = real.slice(0, rule.evaluationPeriods);
  const filled = rule.evaluationPeriods - judged.length;
  return { state: filled === 0 ? stateOf(judged, rule) : stateWithMissing(range, judged, filled, rule, current), judged, filled };
}

function stateOf(real: Datapoint[], rule: AlarmRule): AlarmState {
  return countBreaching(real, rule) >= rule.datapointsToAlarm ? 'ALARM' : 'OK';
}

function stateWithMissing(range: Periods, real: Datapoint[], filled: number, rule: AlarmRule, current: AlarmState): AlarmState {
  const { datapointsToAlarm, treatMissingData } = rule;
  const breaching = countBreaching(real, rule);
  if (treatMissingData === 'breaching') {
    return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
  }
  if (treatMissingData === 'notBreaching') {
    return stateOf(real, rule);
  }
  if (real.length === 0) {
    return treatMissingData === 'missing' ? 'INSUFFICIENT_DATA' : current;
  }
  if (breaching >= datapointsToAlarm || breaching < real.length) {
    return stateOf(real, rule);
  }
  // All there is breaches, but it is less than datapointsToAlarm. To avoid a premature ALARM, missing data lets the
  // alarm fire only once the oldest of it is as many periods old as datapoints are needed; ignored data never does.
  const oldestAge = range.length - [...range].reverse().findIndex(datapoint => datapoint !== undefined);
  return treatMissingData === 'missing' && oldestAge >= datapointsToAlarm ? 'ALARM' : current;
}

/**
 * Judges one of the series of a query with GROUP BY. `periods` are the evaluation periods: there is no wider range,
 * each missing point is treated by itself.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judgeContributor(periods: Periods, rule: AlarmRule, current: AlarmState): Verdict {
  const { datapointsToAlarm, treatMissingData } = rule;
  const judged = periods.filter(datapoint => datapoint !== undefined);
  const filled = periods.length - judged.length;
  const certain = stateOf(judged, rule);
  const missingDecides = certain === 'OK' && countBreaching(judged, rule) + filled >= datapointsToAlarm;
  if (missingDecides && treatMissingData === 'breaching') {
    return { state: 'ALARM', judged, filled };
  }
  return { state: missingDecides && treatMissingData === 'ignore' ? current : certain, judged, filled };
}

/** The state of an alarm that finds no data at all. */
export function stateWithoutData(rule: AlarmRule, current: AlarmState): AlarmState {
  return judgeSeries([], rule, current).state;
}

/** Says why, in the manner of CloudWatch's own reasons. */
export function explain({ state, judged, filled }: Verdict, rule: AlarmRule): Explanation {
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const missing = `${filled} of ${evaluationPeriods} datapoints missing (treated as ${treatMissingData})`;
  if (judged.length === 0) {
    return { reason: missing };
  }
  const telling = judged.filter(datapoint => state !== 'ALARM' || comparison.breaches(datapoint.value, threshold));
  const listed = telling.slice(0, 3).map(datapoint => `${datapoint.value} (${clock(datapoint.timestamp)})`);
  const list = [...listed, ...(telling.length > 3 ? [`${telling.length - 3} more`] : [])].join(', ');
  const reason = `${countBreaching(judged, rule)} of ${evaluationPeriods} datapoints ${comparison.words} ${threshold}`
    + `, ${datapointsToAlarm} needed to alarm${list && ` [${list}]`}${filled > 0 ? `; ${missing}` : ''}`;
  return { reason, value: telling[0]?.value };
}

function countBreaching(datapoints: Datapoint[], { comparison, threshold }: AlarmRule): number {
  return datapoints.filter(datapoint => comparison.breaches(datapoint.value, threshold)).length;
}

function clock(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(11, 16);
}
