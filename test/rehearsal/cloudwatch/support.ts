import { AlarmDefinition, CloudWatch, Transition } from '../../../rehearsal/cloudwatch';

export const NAMESPACE = 'AthenaSessions';

/** A time of the afternoon on which everything here happens. */
export function at(clock: string): number {
  return Date.parse(`2026-03-10T${clock.length === 5 ? `${clock}:00` : clock}Z`);
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export function emf(options: {
  at: number | string;
  metric?: string;
  value: number | number[];
  unit?: string;
  dimensions?: { [name: string]: string };
  namespace?: string;
}): string {
  const { metric = 'IdleTime', unit = 'Seconds', dimensions = { WorkGroup: 'analytics' }, namespace = NAMESPACE, value } = options;
  return JSON.stringify({
    _aws: {
      Timestamp: typeof options.at === 'string' ? at(options.at) : options.at,
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: metric, Unit: unit }] }],
    },
    ...dimensions,
    [metric]: value,
  });
}

/** An alarm that goes to ALARM at 10 or more, in 3 of 3 periods of 5 minutes. */
export function alarmOn(properties: any = {}, logicalId = 'Alarm'): AlarmDefinition {
  const source = properties.Metrics ? {} : {
    Namespace: NAMESPACE,
    MetricName: 'IdleTime',
    Dimensions: [{ Name: 'WorkGroup', Value: 'analytics' }],
    ...(properties.ExtendedStatistic ? {} : { Statistic: 'Maximum' }),
    Period: 300,
  };
  return {
    logicalId,
    name: logicalId.toLowerCase(),
    properties: { ...source, Threshold: 10, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 3, ...properties },
  };
}

export function insightsAlarm(properties: any = {}, expression?: string): AlarmDefinition {
  const Expression = expression
    ?? `SELECT MAX(IdleTime) FROM SCHEMA("${NAMESPACE}", WorkGroup) GROUP BY WorkGroup ORDER BY MAX() DESC`;
  return alarmOn({
    Metrics: [{ Id: 'q', Expression, Period: 300, ReturnData: true }],
    DatapointsToAlarm: 1,
    TreatMissingData: 'notBreaching',
    ...properties,
  });
}

/** An alarm as `alarmOn()` makes it, on what FILL gives. */
export function fillAlarm(properties: any = {}, expression: any = {}, metric: any = {}): AlarmDefinition {
  const Metric = { Namespace: NAMESPACE, MetricName: 'IdleTime', Dimensions: [{ Name: 'WorkGroup', Value: 'analytics' }] };
  return alarmOn({
    Metrics: [
      { Id: 'expr_1', Expression: 'FILL(m, -1)', ReturnData: true, ...expression },
      { Id: 'm', MetricStat: { Metric, Period: 300, Stat: 'Maximum' }, ReturnData: false, ...metric },
    ],
    ...properties,
  });
}

/** Every minute after `from`, to `to` inclusive. */
export function evaluate(cloudWatch: CloudWatch, from: string, to: string): Transition[] {
  const transitions: Transition[] = [];
  for (let minute = at(from) + MINUTE; minute <= at(to); minute += MINUTE) {
    transitions.push(...cloudWatch.evaluate(minute));
  }
  return transitions;
}

/** "12:07 analytics OK > ALARM" */
export function told(transitions: Transition[]): string[] {
  return transitions.map(({ at: minute, contributor, from, to }) =>
    `${new Date(minute).toISOString().slice(11, 16)} ${contributor ? `${contributor} ` : ''}${from} > ${to}`);
}
