import { Stack } from 'aws-cdk-lib';
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SessionAlarm, WorkGroupSelection } from '../../src';
import { expectError, FLAGS, newApp, newMonitor, type Properties, resourcesOf } from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');
const WITH_FLAGS = { '@aws-cdk/aws-cloudwatch-actions:changeLambdaPermissionLogicalIdForLambdaAction': true };

function newFunction(stack: Stack): LambdaFunction {
  const code = Code.fromInline('exports.handler = () => {};');
  return new LambdaFunction(stack, 'Pager', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code });
}

/** The sources of the permissions to invoke the function. */
function permittedSources(monitor: ReturnType<typeof newMonitor>): Properties[] {
  const permissions = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
  return permissions.map(({ Properties: { SourceArn } }) => SourceArn);
}

describe('a LambdaAction', () => {
  test.each([['named', NAMED, 3 * 2 + 2], ['found', WorkGroupSelection.all(), 3 + 2]] as const)(
    'works as it is for all alarms of a monitor of %s workgroups, given the recommended feature flags', (_, workGroups, alarms) => {
      const stack = new Stack(newApp(WITH_FLAGS), 'Stack');
      const pager = new LambdaAction(newFunction(stack));
      const monitor = newMonitor({ workGroups, alarmActions: [pager], okActions: [pager], insufficientDataActions: [pager] }, stack);
      const sources = permittedSources(monitor);
      expect(sources).toHaveLength(alarms);
      expect(new Set(sources.map((arn) => JSON.stringify(arn))).size).toBe(alarms);
    });

  test.each(FLAGS)('works with useUniquePermissionId, with %s', (_, context) => {
    const stack = new Stack(newApp(context), 'Stack');
    const sources = permittedSources(newMonitor({ alarmActions: [new LambdaAction(newFunction(stack), { useUniquePermissionId: true })] }, stack));
    expect(new Set(sources.map((arn) => JSON.stringify(arn))).size).toBe(5);
  });

  test.each([
    ['the recommended feature flags', WITH_FLAGS, 'Second'],
    ['no feature flags', {}, 'First'],
  ])('that needs useUniquePermissionId is an error that says so, with %s', (_, context, id) => {
    const stack = new Stack(newApp(context), 'Stack');
    const alarmActions = [new LambdaAction(newFunction(stack))];
    expectError(() => {
      newMonitor({ alarmActions, metricNamespace: 'First' }, stack, 'First');
      newMonitor({ alarmActions, metricNamespace: 'Second' }, stack, 'Second');
    }, `[Stack/${id}/Alarms/`, 'new LambdaAction(function, { useUniquePermissionId: true })');
  });

  test('works for several monitors with useUniquePermissionId', () => {
    const stack = new Stack(newApp(WITH_FLAGS), 'Stack');
    const alarmActions = [new LambdaAction(newFunction(stack), { useUniquePermissionId: true })];
    newMonitor({ alarmActions, metricNamespace: 'First' }, stack, 'First');
    expect(permittedSources(newMonitor({ alarmActions, metricNamespace: 'Second' }, stack, 'Second'))).toHaveLength(2 * 5);
  });
});

test('an alarm stays if one of its actions fails, as other actions may refer to it', () => {
  const stack = new Stack(newApp(WITH_FLAGS), 'Stack');
  const monitor = newMonitor({ alarms: [] }, stack);
  const failing = { bind: () => { throw new Error('no such queue'); } };
  expect(() => monitor.addAlarm(SessionAlarm.degraded({ alarmActions: [new LambdaAction(newFunction(stack)), failing] }))).toThrow('no such queue');
  expect(monitor.alarmsFor('Degraded')).toEqual(monitor.alarms);
  expect(permittedSources(monitor)).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^SessionsAlarmsDegraded/), 'Arn'] }]);
});

test('a LambdaAction works for all alarms and the composite alarm of a monitor', () => {
  const stack = new Stack(newApp(WITH_FLAGS), 'Stack');
  const alarmActions = [new LambdaAction(newFunction(stack))];
  const monitor = newMonitor({ alarmActions }, stack);
  monitor.addCompositeAlarm({ alarmActions });
  expect(permittedSources(monitor)).toHaveLength(6);
});

test('an error of an action is passed on', () => {
  const failing = { bind: () => { throw new Error('no such queue'); } };
  expect(() => newMonitor({ alarms: [SessionAlarm.degraded({ alarmActions: [failing] })] })).toThrow('no such queue');
});
