import { Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { AlarmRule, AlarmState, type CfnCompositeAlarm, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, type CommonAlarmOptions, SessionAlarm, WorkGroupSelection } from '../../src';
import {
  action, actionArn, errorOf, expectError, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf, RUNBOOK_URL, teams, textOf,
} from '../support/synthesis';


/** The properties of a monitor's composite alarm. */
function compositeOf(
  options?: CommonAlarmOptions, props?: AthenaSessionMonitorProps, then: (monitor: AthenaSessionMonitor) => void = () => {},
): Properties {
  const monitor = newMonitor(props);
  monitor.addCompositeAlarm(options);
  then(monitor);
  return propertiesOf(monitor, 'AWS::CloudWatch::CompositeAlarm');
}

/** The logical ids of the alarms in a rule. */
function childrenOf(rule: Properties): string[] {
  const text = textOf(rule);
  expect(text).toMatch(/^ALARM\("<\w+>"\)( OR ALARM\("<\w+>"\))*$/);
  return [...text.matchAll(/<(\w+)>/g)].map(([, id]) => id);
}

describe('addCompositeAlarm()', () => {
  test.each([
    ['found', undefined],
    ['named', WorkGroupSelection.named('etl', 'adhoc')],
  ])('is in ALARM while any alarm of the monitor is, for %s workgroups', (_, workGroups) => {
    const monitor = newMonitor({ workGroups });
    monitor.addCompositeAlarm();
    const resources = resourcesOf(monitor);
    const alarms = Object.keys(resources).filter((id) => resources[id].Type === 'AWS::CloudWatch::Alarm');
    const composite = propertiesOf(monitor, 'AWS::CloudWatch::CompositeAlarm');
    expect(childrenOf(composite.AlarmRule).sort()).toEqual(alarms.sort());
    expect(alarms).toHaveLength(workGroups ? 8 : 5);
  });

  test('includes alarms that are added later', () => {
    const before = childrenOf(compositeOf().AlarmRule);
    const after = childrenOf(compositeOf({}, {}, (monitor) => monitor.addAlarm(SessionAlarm.failed({ id: 'ManyFailed', threshold: 9 }))).AlarmRule);
    expect(after).toHaveLength(before.length + 1);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test('includes the alarm on events once these are on', () => {
    const children = childrenOf(compositeOf({}, {}, (monitor) => monitor.onSession('All')).AlarmRule);
    expect(children).toEqual([...childrenOf(compositeOf().AlarmRule), expect.stringContaining('Notifications')]);
  });

  test('includes no session alarm without CloudWatch alarm', () => {
    const alarms = [SessionAlarm.degraded(), SessionAlarm.failed({ alarm: false })];
    expect(childrenOf(compositeOf({}, { healthAlarms: [], alarms }, (monitor) => monitor.onSession('All')).AlarmRule)).toEqual([expect.stringContaining('Degraded')]);
  });

  test('includes alarms that are added after an aspect has resolved the rule', () => {
    const added = compositeOf({}, {}, (monitor) => {
      Stack.of(monitor).resolve((monitor.node.findChild('AnyAlarm').node.defaultChild as CfnCompositeAlarm).alarmRule);
      monitor.addAlarm(SessionAlarm.failed({ id: 'ManyFailed', threshold: 9 }));
    });
    expect(childrenOf(added.AlarmRule)).toContainEqual(expect.stringContaining('ManyFailed'));
  });

  test('includes only session alarms, or only health alarms, if there are no others', () => {
    expect(childrenOf(compositeOf({}, { healthAlarms: [], alarms: [SessionAlarm.degraded()] }).AlarmRule)).toHaveLength(1);
    expect(childrenOf(compositeOf({}, { alarms: [] }).AlarmRule)).toHaveLength(2);
  });

  test('fails without alarms', () => {
    expect(errorOf(() => compositeOf({}, { healthAlarms: [], alarms: [] }))).toMatch(/addCompositeAlarm\(\) must have 1 to 100 alarms.*received 0/);
  });

  test('accepts 100 alarms, and fails with more', () => {
    const alarms = [SessionAlarm.degraded()];
    expect(childrenOf(compositeOf({}, { workGroups: teams(98), alarms }).AlarmRule)).toHaveLength(100);
    const message = errorOf(() => compositeOf({}, { workGroups: teams(99), alarms }));
    expect(message).toMatch(/\[Stack\/Sessions\/AnyAlarm\] addCompositeAlarm\(\) must have 1 to 100 alarms in its rule, received 101/);
    expect(message).toContain('alarmsFor()');
  });

  describe('with a long rule', () => {
    const ruleOf = (stackName: string, alarmName?: string) => {
      const names = Array.from({ length: 98 }, (_, index) => `team-${index + 100}`);
      const props = { workGroups: WorkGroupSelection.named(...names), alarms: [SessionAlarm.degraded({ alarmName })] };
      const monitor = newMonitor(props, new Stack(newApp(), stackName));
      monitor.addCompositeAlarm();
      return childrenOf(propertiesOf(monitor, 'AWS::CloudWatch::CompositeAlarm').AlarmRule);
    };
    const tooLong = /\[\w+\/Sessions\/AnyAlarm\] addCompositeAlarm\(\) must have a rule of at most 10240 characters.*received at least 1\d{4}.*alarmsFor\(\)/;

    test('fails if the rule is too long with the alarms\' names', () => {
      expect(ruleOf('Stack', 'a'.repeat(80))).toHaveLength(100); // 80 + "-team-100" + `ALARM("") OR ` are 102 characters each
      expect(errorOf(() => ruleOf('Stack', 'a'.repeat(90)))).toMatch(tooLong);
    });

    test('fails if the rule is too long with names that CloudFormation generates', () => {
      expect(ruleOf('S'.repeat(30))).toHaveLength(100);
      expect(errorOf(() => ruleOf('S'.repeat(60)))).toMatch(tooLong);
    });

    test('assumes at most 255 characters for names that CloudFormation generates', () => {
      const stack = new Stack(newApp(), 'S'.repeat(100));
      const props = { workGroups: teams(34), alarms: [SessionAlarm.degraded()] };
      new AthenaSessionMonitor(new Construct(stack, 'x'.repeat(200)), 'Sessions', props).addCompositeAlarm();
      const [composite] = Object.values(resourcesOf(stack)).filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm');
      expect(childrenOf(composite.Properties.AlarmRule)).toHaveLength(36); // 255 + `ALARM("") OR ` characters each; longer than 300 if they were not cut
    });

    test('accepts names with tokens, as their length is not known', () => {
      expect(ruleOf('Stack', `${Aws.STACK_NAME}${'a'.repeat(90)}`)).toHaveLength(100);
    });
  });

  test('has no physical name by default', () => {
    const app = newApp();
    for (const id of ['One', 'Two']) {
      const monitor = newMonitor({ metricNamespace: id }, new Stack(app, id, { env: { account: '111111111111', region: 'eu-west-1' } }));
      monitor.addCompositeAlarm();
    }
    for (const id of ['One', 'Two']) {
      const resources = Object.values<Properties>(app.synth().getStackByName(id).template.Resources);
      expect(resources.find(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm').Properties).not.toHaveProperty('AlarmName');
    }
  });

  test('accepts a name or a token, and rejects a name that is too long', () => {
    expect(compositeOf({ alarmName: 'AthenaSessions' }).AlarmName).toBe('AthenaSessions');
    const stack = newStack();
    const monitor = newMonitor({}, stack);
    monitor.addCompositeAlarm({ alarmName: new CfnParameter(stack, 'Name').valueAsString });
    expect(propertiesOf(monitor, 'AWS::CloudWatch::CompositeAlarm').AlarmName).toEqual({ Ref: 'Name' });
    expectError(() => compositeOf({ alarmName: 'x'.repeat(256) }), 'alarmName', 'at most 255 characters', '256 characters');
  });

  test('can be added again with another name after a name that is taken', () => {
    const monitor = newMonitor({ alarmNamePrefix: 'p' });
    expectError(() => monitor.addCompositeAlarm({ alarmName: 'p-Failed' }), 'alarmName', 'set another alarmName or alarmNamePrefix');
    expect(monitor.addCompositeAlarm().node.path).toBe('Stack/Sessions/AnyAlarm');
    const composites = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm');
    expect(composites.map(({ Properties: { AlarmName } }) => AlarmName)).toEqual(['p-Any']);
  });

  test('has a description that links the runbook', () => {
    expect(compositeOf().AlarmDescription).toMatch(/^An alarm of the Athena session monitor is in ALARM: .* Runbook: /);
    expect(compositeOf().AlarmDescription).toContain(`${RUNBOOK_URL}#any-alarm`);
    expect(compositeOf({}, { runbookUrl: 'https://example.com/monitor' }).AlarmDescription).toContain('https://example.com/monitor#any-alarm');
    expect(compositeOf({ alarmDescription: 'Call Ada.', runbookUrl: 'https://example.com/ada' }).AlarmDescription)
      .toBe('Call Ada. Runbook: https://example.com/ada');
    expectError(() => compositeOf({ alarmDescription: 'x'.repeat(1024) }), 'alarmDescription', 'at most 1024 characters');
  });

  test('has its own actions, and none of the monitor\'s', () => {
    const monitors = { alarmActions: [action('monitor')], okActions: [action('monitor')], insufficientDataActions: [action('monitor')] };
    const { AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = compositeOf({}, monitors);
    expect([AlarmActions, OKActions, InsufficientDataActions]).toEqual([[], [], []]);
    expect(compositeOf({ alarmActions: [action('a')], okActions: [action('b')], insufficientDataActions: [action('c')] }, monitors)).toMatchObject({
      AlarmActions: [actionArn('a')],
      OKActions: [actionArn('b')],
      InsufficientDataActions: [actionArn('c')],
    });
  });

  test('has a stable logical id, and does not change others', () => {
    const without = Object.keys(resourcesOf(newMonitor()));
    const monitor = newMonitor();
    monitor.addCompositeAlarm();
    expect(Object.keys(resourcesOf(monitor)).filter((id) => !without.includes(id))).toEqual(['SessionsAnyAlarmEE70B47E']);
  });

  test('fails if it is called twice', () => {
    const monitor = newMonitor();
    monitor.addCompositeAlarm();
    expectError(() => monitor.addCompositeAlarm(), 'AnyAlarm');
  });

  test('is on the dashboard', () => {
    const { DashboardBody } = (() => {
      const monitor = newMonitor();
      monitor.addCompositeAlarm();
      return propertiesOf(monitor, 'AWS::CloudWatch::Dashboard');
    })();
    expect(JSON.stringify(DashboardBody)).toContain('SessionsAnyAlarm');
  });
});

test('alarmsFor() returns alarms for custom composite alarms', () => {
  const monitor = newMonitor({ workGroups: WorkGroupSelection.named('etl', 'adhoc') });
  new CompositeAlarm(Stack.of(monitor), 'Mine', {
    alarmRule: AlarmRule.allOf(
      AlarmRule.anyOf(...monitor.alarmsFor('Failed').map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
      AlarmRule.not(AlarmRule.fromAlarm(monitor.listingAlarm!, AlarmState.ALARM)),
    ),
  });
  const { AlarmRule: rule } = propertiesOf(monitor, 'AWS::CloudWatch::CompositeAlarm');
  expect(JSON.stringify(rule).match(/SessionsAlarmsFailed/g)).toHaveLength(2);
});
