import { Lazy, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { checkActions, checkLength, COMMON_ALARM_OPTIONS, type CommonAlarmOptions, ownActions } from './alarm';
import { annotateMisspeltOptions } from '../annotations';
import { checkUrl } from '../validation';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MAX_ALARMS = 100;
const MAX_RULE_LENGTH = 10_240;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html: `MyStack-MyAlarm-1A2B3C4D5E6F` */
const GENERATED_SUFFIX_LENGTH = 12;
const MAX_NAME_LENGTH = 255;

interface CompositeAlarmContext {
  readonly runbookUrl: string;
  readonly alarmNamePrefix?: string;
}

/** Creates an alarm, without actions, that is in ALARM while any of the others is. `alarms` is called at synthesis, when all have been added. */
export function createCompositeAlarm(
  scope: Construct, id: string, alarms: () => cloudwatch.Alarm[], context: CompositeAlarmContext, options: CommonAlarmOptions,
): cloudwatch.CompositeAlarm {
  annotateMisspeltOptions(scope, 'addCompositeAlarm()', options, COMMON_ALARM_OPTIONS);
  const compositeAlarmName = options.alarmName ?? (context.alarmNamePrefix === undefined ? undefined : `${context.alarmNamePrefix}-Any`);
  const description = options.alarmDescription ?? 'An alarm of the Athena session monitor is in ALARM: sessions need attention, or the monitor itself does. '
    + 'The reason of this alarm\'s state names the alarm.';
  const url = options.runbookUrl ?? `${context.runbookUrl}#any-alarm`;
  const alarmDescription = `${description} Runbook: ${url}`;
  checkUrl(scope, 'runbookUrl of addCompositeAlarm()', url);
  checkLength(scope, options.alarmName === undefined ? 'alarmNamePrefix' : 'alarmName of addCompositeAlarm()', compositeAlarmName, 1, 255);
  checkLength(scope, 'alarmDescription of addCompositeAlarm()', alarmDescription, 0, 1024);
  checkActions(scope, ownActions(options), ' of addCompositeAlarm()');
  const composite = new cloudwatch.CompositeAlarm(scope, id, {
    compositeAlarmName,
    alarmDescription,
    // Uncached, as aspects may resolve the rule before the last alarm is added.
    alarmRule: { renderAlarmRule: () => Lazy.uncachedString({ produce: () => renderRule(alarms().map(({ alarmName }) => alarmName)) }) },
  });
  if (compositeAlarmName === undefined) {
    // CDK generates the name from construct ids only, so two stacks of the same app would collide.
    (composite.node.defaultChild as cloudwatch.CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
  }
  composite.node.addValidation({ validate: () => validateRule(alarms()) });
  return composite;
}

/** The reasons why CloudWatch would reject the rule. */
function validateRule(alarms: cloudwatch.Alarm[]): string[] {
  const invalidRule = (allowed: string, received: string) =>
    [`addCompositeAlarm() must have ${allowed}, received ${received}; create composite alarms of some of the alarms with alarmsFor()`];
  if (alarms.length < 1 || alarms.length > MAX_ALARMS) {
    return invalidRule(`1 to ${MAX_ALARMS} alarms in its rule`, `${alarms.length}`);
  }
  const names = alarms.map(minimumName);
  const quoted = names.find((name) => name.includes('"'));
  if (quoted !== undefined) {
    return invalidRule('alarms whose names contain no quotation mark', quoted);
  }
  const { length } = renderRule(names);
  return length > MAX_RULE_LENGTH
    ? invalidRule(`a rule of at most ${MAX_RULE_LENGTH} characters, including the names of its ${alarms.length} alarms`, `at least ${length}`)
    : [];
}

/** The rule refers to alarms by name, which is shorter than the ARN. */
function renderRule(alarmNames: string[]): string {
  return alarmNames.map((name) => `ALARM("${name}")`).join(' OR ');
}

/** A name of the minimum length that the alarm's name can have, as names that CloudFormation generates are not known. */
function minimumName({ node, stack }: cloudwatch.Alarm): string {
  const { alarmName, logicalId } = node.defaultChild as cloudwatch.CfnAlarm;
  const name = stack.resolve(alarmName);
  if (name !== undefined) {
    return typeof name === 'string' ? name : '';
  }
  const stackName = Token.isUnresolved(stack.stackName) ? '' : stack.stackName;
  return [stackName, stack.resolve(logicalId), 'x'.repeat(GENERATED_SUFFIX_LENGTH)].join('-').slice(0, MAX_NAME_LENGTH);
}
