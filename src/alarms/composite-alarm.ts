import { Lazy, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { addActions, checkActions, checkLength } from './alarm';
import { checkUrl } from '../validation';

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
const MAX_ALARMS = 100;
const MAX_RULE_LENGTH = 10_240;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html: `MyStack-MyAlarm-1A2B3C4D5E6F` */
const SUFFIX_LENGTH = 12;
const MAX_NAME_LENGTH = 255;

/** An alarm that is in ALARM while any of the others is: those that there are when the app is synthesised. */
export function createCompositeAlarm(
  scope: Construct, id: string, alarms: () => cloudwatch.Alarm[], runbookUrl: string, options: CompositeSessionAlarmOptions = {},
): cloudwatch.CompositeAlarm {
  const description = options.alarmDescription ?? 'Something is wrong with sessions of Athena for Apache Spark, or with their monitor: one of its alarms is in ALARM. Which, '
    + 'is in this alarm\'s reason.';
  const address = options.runbookUrl ?? `${runbookUrl}#anything-wrong`;
  const alarmDescription = `${description} Runbook: ${address}`;
  checkUrl(scope, 'runbookUrl of addCompositeAlarm()', address);
  checkLength(scope, 'alarmName of addCompositeAlarm()', options.alarmName, 1, 255);
  checkLength(scope, 'alarmDescription of addCompositeAlarm()', alarmDescription, 0, 1024);
  const { alarmActions, okActions, insufficientDataActions } = options;
  const actions = { alarmActions, okActions, insufficientDataActions };
  checkActions(scope, actions);
  const composite = new cloudwatch.CompositeAlarm(scope, id, {
    compositeAlarmName: options.alarmName,
    alarmDescription,
    // Not remembered: aspects may look at it before the last alarm is added.
    alarmRule: { renderAlarmRule: () => Lazy.uncachedString({ produce: () => ruleOf(alarms().map(({ alarmName }) => alarmName)) }) },
  });
  if (options.alarmName === undefined) {
    // CDK's own name is made of construct ids alone: two stacks of the same app would collide.
    (composite.node.defaultChild as cloudwatch.CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
  }
  addActions(composite, actions);
  composite.node.addValidation({ validate: () => validateRule(alarms()) });
  return composite;
}

/** What CloudWatch would say of the rule. */
function validateRule(alarms: cloudwatch.Alarm[]): string[] {
  const invalidRule = (allowed: string, received: string) =>
    [`addCompositeAlarm() must have ${allowed}, received ${received}; make composite alarms of parts of them with alarmsFor()`];
  if (alarms.length < 1 || alarms.length > MAX_ALARMS) {
    return invalidRule(`1 to ${MAX_ALARMS} alarms to look at`, `${alarms.length}`);
  }
  const { length } = ruleOf(alarms.map(minimumName));
  return length > MAX_RULE_LENGTH
    ? invalidRule(`a rule of at most ${MAX_RULE_LENGTH} characters, which the names of its ${alarms.length} alarms are in`, `at least ${length}`)
    : [];
}

/** What is in a rule is the name, which is shorter than the ARN. */
function ruleOf(alarmNames: string[]): string {
  return alarmNames.map((name) => `ALARM("${name}")`).join(' OR ');
}

/** A text as long as the alarm's name will be at the least. */
function minimumName({ node, stack }: cloudwatch.Alarm): string {
  const { alarmName, logicalId } = node.defaultChild as cloudwatch.CfnAlarm;
  const name = stack.resolve(alarmName);
  if (name !== undefined) {
    return typeof name === 'string' ? name : '';
  }
  const stackName = Token.isUnresolved(stack.stackName) ? '' : stack.stackName;
  return [stackName, stack.resolve(logicalId), 'x'.repeat(SUFFIX_LENGTH)].join('-').slice(0, MAX_NAME_LENGTH);
}
