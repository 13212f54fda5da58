import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { addMonitorActions, createAlarm, DEFAULT_EVALUATION_PERIODS, type MonitorAlarm } from './alarm';

/** What a new session of Spark 3.5 takes: its driver and one executor. Each live session holds at least its driver. */
export const DPUS_OF_NEW_SESSION = 2;

/**
 * The alarm on the quota of DPUs for Spark 3.5.
 * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark-quotas.html
 */
export function quotaAlarm(dpuQuota: number): MonitorAlarm {
  return {
    id: 'Quota',
    _create: (scope, context) => [createAlarm(scope, context, {
      id: 'Quota',
      metric: context.runMetric('LiveSparkConnectSessions'),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: dpuQuota - DPUS_OF_NEW_SESSION,
      evaluationPeriods: DEFAULT_EVALUATION_PERIODS,
      datapointsToAlarm: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      description: `Live sessions of Spark 3.5 hold at least ${dpuQuota - DPUS_OF_NEW_SESSION + 1} of the region's ${dpuQuota} DPUs. `
        + `A new session takes ${DPUS_OF_NEW_SESSION}, so it may be rejected. `
        + (context.logSessionDetails ? `The log group ${context.logGroupName} lists the live sessions.` : `The collector's log group is ${context.logGroupName}.`),
      anchor: 'quota',
    }, {})],
    _addActions: (alarms, context) => alarms.forEach((alarm) => addMonitorActions(alarm, context, {})),
  };
}
