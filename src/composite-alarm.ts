import { Lazy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { checkActions, checkLength } from './alarm';
import { checkAddress } from './checks';

/**
 * What the alarm on anything that is wrong can be told.
 */
export interface CompositeSessionAlarmOptions {
  /**
   * The alarm's name. It has to be the only one of its name in the account and region.
   *
   * @default - CloudFormation makes one
   */
  readonly alarmName?: string;

  /**
   * What the alarm says happened. The runbook's address is appended.
   *
   * @default - that one of the monitor's alarms is in ALARM
   */
  readonly alarmDescription?: string;

  /**
   * The address of what to do about the alarm.
   *
   * @default - the section `#anything-wrong` in the monitor's runbook
   */
  readonly runbookUrl?: string;

  /**
   * What is done when the alarm goes to ALARM.
   *
   * @default - nothing: the monitor's actions are those of the alarms that it is made of
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when the alarm goes to OK.
   *
   * @default - nothing
   */
  readonly okActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when the alarm goes to INSUFFICIENT_DATA.
   *
   * @default - nothing
   */
  readonly insufficientDataActions?: cloudwatch.IAlarmAction[];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MOST_CHILDREN = 100;

/** An alarm that is in ALARM while any of the others is: those that there are when the app is synthesised. */
export function createCompositeAlarm(
  scope: Construct, id: string, alarms: () => cloudwatch.IAlarm[], runbookUrl: string, options: CompositeSessionAlarmOptions = {},
): cloudwatch.CompositeAlarm {
  const description = options.alarmDescription ?? 'Something is wrong with sessions of Athena for Apache Spark, or with their monitor: one of its alarms is in ALARM. Which, '
    + 'is in this alarm\'s reason.';
  const address = options.runbookUrl ?? `${runbookUrl}#anything-wrong`;
  const alarmDescription = `${description} Runbook: ${address}`;
  checkAddress(scope, 'runbookUrl of addCompositeAlarm()', address);
  checkLength(scope, 'alarmName of addCompositeAlarm()', options.alarmName, 1, 255);
  checkLength(scope, 'alarmDescription of addCompositeAlarm()', alarmDescription, 0, 1024);
  const { alarmActions, okActions, insufficientDataActions } = options;
  checkActions(scope, { alarmActions, okActions, insufficientDataActions });
  const composite = new cloudwatch.CompositeAlarm(scope, id, {
    compositeAlarmName: options.alarmName,
    alarmDescription,
    // Not remembered: aspects may look at it before the last alarm is added.
    alarmRule: { renderAlarmRule: () => Lazy.uncachedString({ produce: () => ruleOf(alarms()) }) },
  });
  if (options.alarmName === undefined) {
    // CDK's own name is made of construct ids alone: two stacks of the same app would collide.
    (composite.node.defaultChild as cloudwatch.CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
  }
  alarmActions?.forEach((action) => composite.addAlarmAction(action));
  okActions?.forEach((action) => composite.addOkAction(action));
  insufficientDataActions?.forEach((action) => composite.addInsufficientDataAction(action));
  composite.node.addValidation({
    validate: () => {
      const count = alarms().length;
      return count >= 1 && count <= MOST_CHILDREN ? [] : [`addCompositeAlarm() must have 1 to ${MOST_CHILDREN} alarms to look at, received ${count}; `
        + 'make composite alarms of parts of them with alarmsFor()'];
    },
  });
  return composite;
}

/** By name, which is shorter than the ARN: a rule has 10,240 characters at the most. */
function ruleOf(alarms: cloudwatch.IAlarm[]): string {
  return alarms.map(({ alarmName }) => `ALARM("${alarmName}")`).join(' OR ');
}
