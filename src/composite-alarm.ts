import { Lazy, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { addActions, checkActions, checkLength } from './alarm';
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
const MOST_CHARACTERS_OF_RULE = 10_240;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html: `MyStack-MyAlarm-1A2B3C4D5E6F` */
const CHARACTERS_OF_SUFFIX = 12;
const MOST_CHARACTERS_OF_NAME = 255;

/** An alarm that is in ALARM while any of the others is: those that there are when the app is synthesised. */
export function createCompositeAlarm(
  scope: Construct, id: string, alarms: () => cloudwatch.Alarm[], runbookUrl: string, options: CompositeSessionAlarmOptions = {},
): cloudwatch.CompositeAlarm {
  const description = options.alarmDescription ?? 'Something is wrong with sessions of Athena for Apache Spark, or with their monitor: one of its alarms is in ALARM. Which, '
    + 'is in this alarm\'s reason.';
  const address = options.runbookUrl ?? `${runbookUrl}#anything-wrong`;
  const alarmDescription = `${description} Runbook: ${address}`;
  checkAddress(scope, 'runbookUrl of addCompositeAlarm()', address);
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
  composite.node.addValidation({ validate: () => complaintsOf(alarms()) });
  return composite;
}

/** What CloudWatch would say of the rule. */
function complaintsOf(alarms: cloudwatch.Alarm[]): string[] {
  const complaint = (allowed: string, received: string) =>
    [`addCompositeAlarm() must have ${allowed}, received ${received}; make composite alarms of parts of them with alarmsFor()`];
  if (alarms.length < 1 || alarms.length > MOST_CHILDREN) {
    return complaint(`1 to ${MOST_CHILDREN} alarms to look at`, `${alarms.length}`);
  }
  const { length } = ruleOf(alarms.map(leastName));
  return length > MOST_CHARACTERS_OF_RULE
    ? complaint(`a rule of at most ${MOST_CHARACTERS_OF_RULE} characters, which the names of its ${alarms.length} alarms are in`, `at least ${length}`)
    : [];
}

/** What is in a rule is the name, which is shorter than the ARN. */
function ruleOf(alarmNames: string[]): string {
  return alarmNames.map((name) => `ALARM("${name}")`).join(' OR ');
}

/** A text as long as the alarm's name will be at the least. */
function leastName({ node, stack }: cloudwatch.Alarm): string {
  const { alarmName, logicalId } = node.defaultChild as cloudwatch.CfnAlarm;
  const name = stack.resolve(alarmName);
  if (name !== undefined) {
    return typeof name === 'string' ? name : '';
  }
  const stackName = Token.isUnresolved(stack.stackName) ? '' : stack.stackName;
  return [stackName, stack.resolve(logicalId), 'x'.repeat(CHARACTERS_OF_SUFFIX)].join('-').slice(0, MOST_CHARACTERS_OF_NAME);
}
