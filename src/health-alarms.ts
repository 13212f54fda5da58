import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmActions, createAlarm } from './alarm';

/** What the alarms on the monitor's own health are made with. */
export interface HealthAlarmContext {
  readonly metric: cloudwatch.IMetric;
  readonly interval: Duration;
  readonly functionName: string;
  readonly logGroupName: string;
  readonly runbookUrl: string;
  readonly actions: AlarmActions;
}

/** Periods that the alarms look at. */
const PERIODS = 3;

/** Tells of runs that are missing and, unless it may be so, of those that list no workgroup. */
export function createHeartbeatAlarm(scope: Construct, context: HealthAlarmContext, mayBeEmpty: boolean): cloudwatch.Alarm {
  const alarm = createAlarm(scope, 'HeartbeatAlarm', {
    metric: context.metric,
    alarmDescription: `The monitor of Athena sessions is blind: ${mayBeEmpty ? 'its runs are missing' : 'its runs are missing, or list no workgroup'}. `
      + `Alarms on sessions tell nothing meanwhile. See the errors of the function ${context.functionName} and its log group ${context.logGroupName}. `
      + `Runbook: ${context.runbookUrl}#heartbeat`,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: mayBeEmpty ? 0 : 1, // nothing is less than 0: only what is missing breaches
    evaluationPeriods: PERIODS,
    datapointsToAlarm: PERIODS,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    ...context.actions,
  });
  // A new alarm has no data yet and would page on its first evaluation; the first run comes an interval later at the most.
  // Newer than this library's oldest aws-cdk-lib, and than the schemas of some linters:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
  const cfnAlarm = alarm.node.defaultChild as cloudwatch.CfnAlarm;
  cfnAlarm.addPropertyOverride('WarmUpConfiguration', { WarmUpPeriodDurationInMinutes: (PERIODS + 1) * context.interval.toMinutes() });
  cfnAlarm.addMetadata('cfn-lint', { config: { ignore_checks: ['E3002'] } });
  return alarm;
}

/** Tells of workgroups that cannot be listed. */
export function createListingAlarm(scope: Construct, context: HealthAlarmContext): cloudwatch.Alarm {
  return createAlarm(scope, 'ListingAlarm', {
    metric: context.metric,
    alarmDescription: 'The monitor of Athena sessions could not list some workgroups. Alarms on the sessions of these may be OK although nobody knows. '
      + `Which, and why, is in the log group ${context.logGroupName}. Runbook: ${context.runbookUrl}#listing`,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods: PERIODS,
    datapointsToAlarm: 2,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    ...context.actions,
  });
}
