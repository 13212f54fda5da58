import { CfnParameter, Duration } from 'aws-cdk-lib';
import type { CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { HealthAlarm, SessionAlarm, WorkGroupSelection } from '../../src';
import { alarmsOf, expectError, newMonitor, newStack, propertiesOf, resourcesOf } from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');

describe('alarmNamePrefix', () => {
  test.each([
    ['found', undefined, ['sessions-Failed', 'sessions-Idle', 'sessions-Degraded', 'sessions-Heartbeat', 'sessions-Listing', 'sessions-Late']],
    ['named', NAMED, [
      'sessions-Failed-etl', 'sessions-Failed-adhoc', 'sessions-Idle-etl', 'sessions-Idle-adhoc', 'sessions-Degraded-etl', 'sessions-Degraded-adhoc',
      'sessions-Heartbeat', 'sessions-Listing', 'sessions-Late-etl', 'sessions-Late-adhoc',
    ]],
  ])('names every alarm by its id and workgroup: %s workgroups', (_, workGroups, names) => {
    const monitor = newMonitor({ alarmNamePrefix: 'sessions', workGroups });
    monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6), { id: 'Late' }));
    const composite = monitor.addCompositeAlarm();
    expect(Object.values(alarmsOf(monitor)).map(({ AlarmName }) => AlarmName)).toEqual(names);
    const [{ Properties: { AlarmName, AlarmRule } }] = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm');
    expect(AlarmName).toBe('sessions-Any');
    expect((composite.node.defaultChild as CfnCompositeAlarm).alarmName).toBe('sessions-Any');
    expect(JSON.stringify(AlarmRule)).toContain('Heartbeat');
  });

  test('names the quota alarm', () => {
    const { 'Alarms/Quota': quota } = alarmsOf(newMonitor({ alarmNamePrefix: 'sessions', dpuQuota: 4 }));
    expect(quota.AlarmName).toBe('sessions-Quota');
    expect(alarmsOf(newMonitor({ dpuQuota: 4 }))['Alarms/Quota']).not.toHaveProperty('AlarmName');
  });

  test('gives way to the name of an alarm', () => {
    const monitor = newMonitor({
      alarmNamePrefix: 'sessions',
      alarms: [SessionAlarm.degraded({ alarmName: 'mine' })],
      healthAlarms: [HealthAlarm.listing({ alarmName: 'blind' })],
      workGroups: WorkGroupSelection.named('etl'),
    });
    expect(Object.values(alarmsOf(monitor)).map(({ AlarmName }) => AlarmName)).toEqual(['mine-etl', 'blind']);
  });

  test('can be a token', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Prefix');
    const { 'Alarms/Failed': failed } = alarmsOf(newMonitor({ alarmNamePrefix: valueAsString }, stack));
    expect(failed.AlarmName).toEqual({ 'Fn::Join': ['', [{ Ref: 'Prefix' }, '-Failed']] });
  });

  test('that makes a name too long is an error', () => {
    expectError(() => newMonitor({ alarmNamePrefix: 'x'.repeat(250) }), 'alarmNamePrefix', 'at most 255', '257 characters');
  });

  test('must not be empty', () => {
    expectError(() => newMonitor({ alarmNamePrefix: '' }), 'alarmNamePrefix', 'at least one character', '""');
  });

  test('of two monitors must differ', () => {
    const stack = newStack();
    newMonitor({ alarmNamePrefix: 'sessions', metricNamespace: 'First' }, stack, 'First');
    expectError(() => newMonitor({ alarmNamePrefix: 'sessions', metricNamespace: 'Second' }, stack, 'Second'), 'alarmName', 'different from that of Stack/First/Alarms/Failed', '"sessions-Failed"');
  });
});

describe('dashboardName', () => {
  test('is the dashboard\'s name', () => {
    expect(propertiesOf(newMonitor({ dashboardName: 'athena_sessions-1' }), 'AWS::CloudWatch::Dashboard').DashboardName).toBe('athena_sessions-1');
  });

  test('is left to CloudFormation by default', () => {
    expect(propertiesOf(newMonitor(), 'AWS::CloudWatch::Dashboard')).not.toHaveProperty('DashboardName');
  });

  test('can be a token', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Name');
    expect(propertiesOf(newMonitor({ dashboardName: valueAsString }, stack), 'AWS::CloudWatch::Dashboard').DashboardName).toEqual({ Ref: 'Name' });
  });

  test.each(['', 'a b', 'x'.repeat(256), 'ä'])('cannot be "%s"', (dashboardName) => {
    expectError(() => newMonitor({ dashboardName }), 'dashboardName', '1 to 255 of a-z, A-Z, 0-9, "_" and "-"', `"${dashboardName.slice(0, 100)}`);
  });
});
