import { App, Aws, CfnParameter, Fn, Lazy, Stack } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Ec2Action, Ec2InstanceAction, LambdaAction, OpsItemSeverity, SnsAction, SsmAction, SsmIncidentAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SessionAlarm, WorkGroupSelection } from '../../src';
import { errorOf, expectError, newApp, newMonitor, newStack } from '../support/synthesis';

const account = '111111111111';
const ENV = { account, region: 'eu-west-1' };
const WHY = 'as CloudWatch executes no actions in other regions, received "us-east-1"';

function topicAction(stack: Stack, arn: string): IAlarmAction {
  return new SnsAction(Topic.fromTopicArn(stack, 'Alerts', arn));
}

describe('an action of another region is an error', () => {
  const ELSEWHERE = `arn:aws:sns:us-east-1:${account}:alerts`;

  test.each(['alarmActions', 'okActions', 'insufficientDataActions'])('of the monitor: %s', (name) => {
    const stack = newStack({ env: ENV });
    expect(errorOf(() => newMonitor({ [name]: [topicAction(stack, ELSEWHERE)] }, stack)))
      .toBe(`[Stack/Sessions/Alarms/Failed] ${name}: the region of ${ELSEWHERE} must be the alarm's, eu-west-1, ${WHY}`);
  });

  test('of a session alarm', () => {
    const stack = newStack({ env: ENV });
    expectError(() => newMonitor({ alarms: [SessionAlarm.degraded({ okActions: [topicAction(stack, ELSEWHERE)] })] }, stack), `okActions: the region of ${ELSEWHERE}`);
  });

  test('of a composite alarm', () => {
    const stack = newStack({ env: ENV });
    expectError(() => newMonitor({}, stack).addCompositeAlarm({ alarmActions: [topicAction(stack, ELSEWHERE)] }), `alarmActions: the region of ${ELSEWHERE}`);
  });

  test('of health alarms alone', () => {
    const stack = newStack({ env: ENV });
    expectError(() => newMonitor({ alarms: [], alarmActions: [topicAction(stack, ELSEWHERE)] }, stack), `alarmActions: the region of ${ELSEWHERE}`);
  });

  test.each<[string, (elsewhere: Stack) => IAlarmAction, string]>([
    ['the topic of another stack', (elsewhere) => new SnsAction(new Topic(elsewhere, 'Alerts')), 'Elsewhere/Alerts/Resource'],
    ['a named topic of another stack', (elsewhere) => new SnsAction(new Topic(elsewhere, 'Alerts', { topicName: 'alerts' })), 'Elsewhere/Alerts/Resource'],
    ['an ARN of some tokens', () => ({ bind: () => ({ alarmActionArn: `arn:${Aws.PARTITION}:sns:us-east-1:${Aws.ACCOUNT_ID}:alerts` }) }), 'an action'],
  ])('given as %s', (_, make, what) => {
    const app = newApp();
    const elsewhere = new Stack(app, 'Elsewhere', { env: { account, region: 'us-east-1' }, crossRegionReferences: true });
    const stack = new Stack(app, 'Stack', { env: ENV, crossRegionReferences: true });
    expectError(() => newMonitor({ alarmActions: [make(elsewhere)] }, stack), `alarmActions: the region of ${what} must be the alarm's, eu-west-1, ${WHY}`);
  });
});

describe('an action is taken', () => {
  const ACTIONS: [string, (stack: Stack) => IAlarmAction][] = [
    ['of the region', (stack) => topicAction(stack, `arn:aws:sns:eu-west-1:${account}:alerts`)],
    ['of another account', (stack) => topicAction(stack, 'arn:aws:sns:eu-west-1:222222222222:alerts')],
    ['of a topic of the stack', (stack) => new SnsAction(new Topic(stack, 'Alerts'))],
    ['of a topic of another stack', (stack) => new SnsAction(new Topic(new Stack(App.of(stack), 'Other', { env: ENV }), 'Alerts'))],
    ['of a topic of an unknown environment', (stack) => new SnsAction(new Topic(new Stack(App.of(stack), 'Other'), 'Alerts'))],
    ['of a function', (stack) => new LambdaAction(
      new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('0') }), { useUniquePermissionId: true })],
    ['of EC2', () => new Ec2Action(Ec2InstanceAction.STOP)],
    ['of Systems Manager', () => new SsmAction(OpsItemSeverity.HIGH)],
    ['of Incident Manager, whose ARN has no region', () => new SsmIncidentAction('plan')],
    ['whose ARN is a parameter', (stack) => topicAction(stack, new CfnParameter(stack, 'Topic').valueAsString)],
    ['whose ARN is imported', (stack) => topicAction(stack, Fn.importValue('topic'))],
    ['whose ARN is lazy', () => ({ bind: () => ({ alarmActionArn: Lazy.string({ produce: () => 'arn:aws:sns:us-east-1:111111111111:late' }) }) })],
    ['whose region is a token', () => ({ bind: () => ({ alarmActionArn: `arn:aws:sns:${Aws.REGION}:${account}:alerts` }) })],
    ['whose ARN is none', () => ({ bind: () => ({ alarmActionArn: 'a:b:c:d:e' }) })],
  ];

  test.each(ACTIONS)('%s', (_, make) => {
    const stack = newStack({ env: ENV });
    expect(() => newMonitor({ alarmActions: [make(stack)], workGroups: WorkGroupSelection.named('etl') }, stack)).not.toThrow();
  });

  test('of any region by a stack of an unknown one', () => {
    const stack = newStack();
    expect(() => newMonitor({ alarmActions: [topicAction(stack, `arn:aws:sns:us-east-1:${account}:alerts`)] }, stack)).not.toThrow();
  });

  test('and bound once to each alarm', () => {
    const bind = jest.fn(() => ({ alarmActionArn: `arn:aws:sns:eu-west-1:${account}:alerts` }));
    const stack = newStack({ env: ENV });
    newMonitor({ alarmActions: [{ bind }] }, stack);
    expect(bind).toHaveBeenCalledTimes(5);
  });
});
