import { type Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { WORK_GROUP_DIMENSION, type WorkGroupMetric } from '../schema';
import { invalidValueError, isAction } from '../validation';

/** What is done when an alarm changes its state. */
export interface AlarmActions {
  readonly alarmActions: cloudwatch.IAlarmAction[];
  readonly okActions: cloudwatch.IAlarmAction[];
  readonly insufficientDataActions: cloudwatch.IAlarmAction[];
}

/** What all alarms of a monitor have in common. */
export interface AlarmContext {
  readonly interval: Duration;
  readonly runbookUrl: string;
  /** The actions of alarms that have none of their own. */
  readonly actions: AlarmActions;
  readonly functionName: string;
  readonly logGroupName: string;
  /** Whether the log names the sessions behind an alarm. */
  readonly logSessionDetails: boolean;
}

/** What an alarm is made of. Spelled out, since the types of aws-cdk-lib 2.232.0 lack half of `AlarmProps`. */
export interface AlarmDetails extends AlarmActions {
  readonly metric: cloudwatch.IMetric;
  readonly alarmName?: string;
  readonly alarmDescription: string;
  readonly comparisonOperator: cloudwatch.ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}

/** Makes an alarm with its actions. */
export function createAlarm(scope: Construct, id: string, details: AlarmDetails): cloudwatch.Alarm {
  const { alarmActions, okActions, insufficientDataActions, ...props } = details;
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  checkLength(scope, 'alarmName', props.alarmName, 1, 255);
  checkLength(scope, 'alarmDescription', props.alarmDescription, 0, 1024);
  const actions = { alarmActions, okActions, insufficientDataActions };
  checkActions(scope, actions);
  const alarm = new cloudwatch.Alarm(scope, id, props);
  addActions(alarm, actions);
  return alarm;
}

/** Throws if the text is shorter or longer than CloudWatch takes; one with tokens, if it is longer without them. */
export function checkLength(scope: Construct, name: string, text: string | undefined, least: number, most: number): void {
  if (text === undefined) {
    return;
  }
  const hasTokens = Token.isUnresolved(text);
  const known = hasTokens ? withoutTokens(text) : text;
  if (!(known?.length <= most && (hasTokens || known.length >= least))) {
    const range = least > 0 ? `at least ${least} and at most ${most}` : `at most ${most}`;
    const received = typeof known === 'string' ? `${hasTokens ? 'at least ' : ''}${known.length} characters` : known;
    throw invalidValueError(scope, name, `${range} characters, with what is appended`, received);
  }
}

function withoutTokens(text: string): string {
  return Tokenization.reverseString(text).mapTokens({ mapToken: () => '' }).join({ join: (left, right) => `${left}${right}` });
}

/** Throws unless all actions are lists of actions, as callers without a compiler may pass a single one. */
export function checkActions(scope: Construct, actions: { readonly [name in keyof AlarmActions]?: unknown }): void {
  for (const [name, list] of Object.entries(actions)) {
    if (list !== undefined && !(Array.isArray(list) && list.every(isAction))) {
      throw invalidValueError(scope, name, 'a list of alarm actions', list);
    }
  }
}

/** One by one: no action leaves no trace in the template. */
export function addActions(alarm: cloudwatch.AlarmBase, actions: Partial<AlarmActions>): void {
  actions.alarmActions?.forEach((action) => alarm.addAlarmAction(action));
  actions.okActions?.forEach((action) => alarm.addOkAction(action));
  actions.insufficientDataActions?.forEach((action) => alarm.addInsufficientDataAction(action));
}

/**
 * The metric of all found workgroups, for an alarm in which each of them is a contributor.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-alarms.html
 */
export function foundWorkGroupsMetric(namespace: string, metricName: WorkGroupMetric, interval: Duration): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    // GROUP BY makes the contributors; without ORDER BY the alarm is refused.
    expression: `SELECT MAX(${metricName}) FROM SCHEMA("${namespace}", ${WORK_GROUP_DIMENSION}) GROUP BY ${WORK_GROUP_DIMENSION} ORDER BY MAX() DESC`,
    usingMetrics: {},
    period: interval,
  });
}
