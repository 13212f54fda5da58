import { type Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { WORK_GROUP_DIMENSION, type WorkGroupMetric } from '../schema';
import { inRegion } from './action-region';
import { ACTION_LIST, invalidValueError, isAction } from '../validation';

/** Actions to execute when an alarm changes its state. */
export interface AlarmActions {
  readonly alarmActions: cloudwatch.IAlarmAction[];
  readonly okActions: cloudwatch.IAlarmAction[];
  readonly insufficientDataActions: cloudwatch.IAlarmAction[];
}

/** What the alarms of a monitor have in common. */
export interface AlarmContext {
  readonly interval: Duration;
  readonly runbookUrl: string;
  /** The actions of alarms that have none of their own. */
  readonly actions: AlarmActions;
  readonly functionName: string;
  readonly logGroupName: string;
  /** Whether the log lists the sessions behind an alarm. */
  readonly logSessionDetails: boolean;
}

/** Properties of an alarm. Spelled out, as the types of aws-cdk-lib 2.232.0 lack half of `AlarmProps`. */
export interface AlarmDetails {
  readonly metric: cloudwatch.IMetric;
  readonly alarmName?: string;
  readonly alarmDescription: string;
  readonly comparisonOperator: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}

/** Creates an alarm without actions: these may create resources of their own, so they are added when nothing else can fail. */
export function createAlarm(scope: Construct, id: string, props: AlarmDetails): cloudwatch.Alarm {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  checkLength(scope, 'alarmName', props.alarmName, 1, 255);
  checkLength(scope, 'alarmDescription', props.alarmDescription, 0, 1024);
  return new cloudwatch.Alarm(scope, id, props);
}

/** Throws if CloudWatch would reject the length of the text. Tokens count as empty, so only the maximum can be checked with them. */
export function checkLength(scope: Construct, name: string, text: string | undefined, minimum: number, maximum: number): void {
  if (text === undefined) {
    return;
  }
  const hasTokens = Token.isUnresolved(text);
  const known = hasTokens ? withoutTokens(text) : text;
  if (!(known?.length <= maximum && (hasTokens || known.length >= minimum))) {
    const range = minimum > 0 ? `at least ${minimum} and at most ${maximum}` : `at most ${maximum}`;
    const received = typeof known === 'string' ? `${hasTokens ? 'at least ' : ''}${known.length} characters` : known;
    throw invalidValueError(scope, name, `${range} characters, including the appended texts`, received);
  }
}

function withoutTokens(text: string): string {
  return Tokenization.reverseString(text).mapTokens({ mapToken: () => '' }).join({ join: (left, right) => `${left}${right}` });
}

/** Throws unless all actions are lists of actions: JavaScript callers may pass a single action. */
export function checkActions(scope: Construct, actions: { readonly [name in keyof AlarmActions]?: unknown }): void {
  for (const [name, list] of Object.entries(actions)) {
    if (list !== undefined && !(Array.isArray(list) && list.every(isAction))) {
      throw invalidValueError(scope, name, ACTION_LIST, list);
    }
  }
}

/** Adds them one by one, as an empty list would show in the template. */
export function addActions(alarm: cloudwatch.AlarmBase, actions: Partial<AlarmActions>): void {
  actions.alarmActions?.forEach((action) => alarm.addAlarmAction(inRegion('alarmActions', action)));
  actions.okActions?.forEach((action) => alarm.addOkAction(inRegion('okActions', action)));
  actions.insufficientDataActions?.forEach((action) => alarm.addInsufficientDataAction(inRegion('insufficientDataActions', action)));
}

/**
 * The metric of all found workgroups, for an alarm with each workgroup as a contributor.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-alarms.html
 */
export function foundWorkGroupsMetric(namespace: string, metricName: WorkGroupMetric, interval: Duration): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    // GROUP BY makes the contributors; CloudWatch rejects the alarm without ORDER BY.
    expression: `SELECT MAX(${metricName}) FROM SCHEMA("${namespace}", ${WORK_GROUP_DIMENSION}) GROUP BY ${WORK_GROUP_DIMENSION} ORDER BY MAX() DESC`,
    usingMetrics: {},
    period: interval,
  });
}
