import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { addActions, type AlarmContext, createAlarm } from './alarm';

/** Evaluation periods of the listing alarm, and the minimum of the heartbeat alarm. */
const PERIODS = 3;
/** The heartbeat alarm evaluates at least this much time, so that late datapoints do not raise it at short intervals. */
const MIN_HEARTBEAT_TIME = Duration.minutes(10);

/** Creates the alarm on missing runs and, unless `mayBeEmpty`, on runs that list no workgroup. */
export function createHeartbeatAlarm(scope: Construct, context: AlarmContext, metric: cloudwatch.IMetric, mayBeEmpty: boolean): cloudwatch.Alarm {
  const { interval } = context;
  const periods = Math.max(PERIODS, Math.ceil(MIN_HEARTBEAT_TIME.toSeconds() / interval.toSeconds()));
  const alarm = createAlarm(scope, 'HeartbeatAlarm', {
    // CloudWatch replaces missing datapoints by ones from before the evaluation periods, which would delay the alarm. With FILL,
    // no datapoint is missing. Whether FILL returns datapoints if the metric has none is not documented: hence BREACHING, too.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    metric: new cloudwatch.MathExpression({ expression: 'FILL(monitored, -1)', usingMetrics: { monitored: metric }, period: interval }),
    alarmDescription: `The monitor of Athena sessions is blind: ${mayBeEmpty ? 'its runs are missing' : 'its runs are missing, or list no workgroup'}. `
      + `Alarms on sessions tell nothing meanwhile. See the errors of the function ${context.functionName} and its log group ${context.logGroupName}. `
      + `Runbook: ${context.runbookUrl}#heartbeat`,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: mayBeEmpty ? 0 : 1, // with 0, only a missing run breaches
    evaluationPeriods: periods,
    datapointsToAlarm: periods,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  addActions(alarm, context.actions);
  // Without a warm-up, a new alarm would page on its first evaluation; the first run comes at most an interval later.
  // FILL's values might count as data and end the warm-up early, so the evaluation starts only after its full time.
  // An override, as the oldest supported aws-cdk-lib does not have the property:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
  const cfnAlarm = alarm.node.defaultChild as cloudwatch.CfnAlarm;
  cfnAlarm.addPropertyOverride('WarmUpConfiguration', {
    WarmUpPeriodDurationInMinutes: (periods + 1) * interval.toMinutes(),
    OnlyStartEvaluatingAfterWarmUpPeriodEnds: true,
  });
  return alarm;
}

/** Creates the alarm on workgroups that cannot be listed. */
export function createListingAlarm(scope: Construct, context: AlarmContext, metric: cloudwatch.IMetric): cloudwatch.Alarm {
  const alarm = createAlarm(scope, 'ListingAlarm', {
    metric,
    alarmDescription: 'The monitor of Athena sessions could not list some workgroups. Alarms on the sessions of these may be OK although nobody knows. '
      + `Which, and why, is in the log group ${context.logGroupName}. Runbook: ${context.runbookUrl}#listing`,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods: PERIODS,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  addActions(alarm, context.actions);
  return alarm;
}
