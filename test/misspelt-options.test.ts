import { Annotations, Duration, type Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  type AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, SessionAlarm, type SessionAlarmOptions,
} from '../src';
import { newMonitor, newStack, warningsOf } from './support/synthesis';
import { nearestName } from '../src/edit-distance';

const ID = 'cdk-athena-session-monitor:misspeltOption';

/** What a caller passes who has no compiler. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

let stack: Stack;
beforeEach(() => stack = newStack());

const monitorOf = (props: Anything = {}): AthenaSessionMonitor => newMonitor(props as AthenaSessionMonitorProps, stack);

const FACTORIES: { [factory: string]: (options: SessionAlarmOptions) => SessionAlarm } = {
  'failed()': (options) => SessionAlarm.failed(options),
  'idleLongerThan()': (options) => SessionAlarm.idleLongerThan(Duration.hours(2), options),
  'creatingLongerThan()': (options) => SessionAlarm.creatingLongerThan(Duration.hours(2), options),
  'busyLongerThan()': (options) => SessionAlarm.busyLongerThan(Duration.hours(2), options),
  'terminatingLongerThan()': (options) => SessionAlarm.terminatingLongerThan(Duration.hours(2), options),
  'olderThan()': (options) => SessionAlarm.olderThan(Duration.hours(2), options),
  'degraded()': (options) => SessionAlarm.degraded(options),
  'sessionsAbove()': (options) => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 2, options),
};

test.each<[string, () => unknown, string, string, string]>([
  ['of the monitor in another case', () => monitorOf({ workgroups: undefined }), 'workgroups', 'AthenaSessionMonitor', 'workGroups'],
  ['of the monitor without a letter', () => monitorOf({ alarmAction: [] }), 'alarmAction', 'AthenaSessionMonitor', 'alarmActions'],
  ['beside the right one', () => monitorOf({ intervall: 5, interval: Duration.minutes(10) }), 'intervall', 'AthenaSessionMonitor', 'interval'],
  ['of a composite alarm', () => monitorOf().addCompositeAlarm({ runbookURL: 'https://example.com' } as Anything), 'runbookURL', 'addCompositeAlarm()', 'runbookUrl'],
  ...Object.entries(FACTORIES).map(([factory, create]): [string, () => unknown, string, string, string] => [
    `of SessionAlarm.${factory}`, () => monitorOf({ alarms: [create({ okAction: [] } as Anything)] }), 'okAction', `SessionAlarm.${factory}`, 'okActions',
  ]),
  ['of failed() alone', () => monitorOf({ alarms: [SessionAlarm.failed({ treshold: 3 } as Anything)] }), 'treshold', 'SessionAlarm.failed()', 'threshold'],
  ['of SessionAlarm.defaults()', () => monitorOf({ alarms: SessionAlarm.defaults({ idleLonger: 1, idlelongerthan: Duration.hours(2) } as Anything) }),
    'idlelongerthan', 'SessionAlarm.defaults()', 'idleLongerThan'],
  ['of an alarm that is added later', () => monitorOf().addAlarm(SessionAlarm.degraded({ id: 'Late', runbookURL: '' } as Anything)),
    'runbookURL', 'SessionAlarm.degraded()', 'runbookUrl'],
  ['of HealthAlarm.heartbeat()', () => monitorOf({ healthAlarms: [HealthAlarm.heartbeat({ warmup: false } as Anything)] }),
    'warmup', 'HealthAlarm.heartbeat()', 'warmUp'],
  ['of HealthAlarm.listing()', () => monitorOf({ healthAlarms: [HealthAlarm.listing({ evaluationPeriod: 6 } as Anything)] }),
    'evaluationPeriod', 'HealthAlarm.listing()', 'evaluationPeriods'],
  ['of HealthAlarm.notifications()', () => {
    monitorOf({ healthAlarms: [HealthAlarm.notifications({ evaluationPeriod: 6 } as Anything)] }).onSession('All');
  }, 'evaluationPeriod', 'HealthAlarm.notifications()', 'evaluationPeriods'],
  ['of notify()', () => monitorOf().notify('Team', new Topic(stack, 'Topic'), { alarmIDs: ['Idle'] } as Anything), 'alarmIDs', 'notify()', 'alarmIds'],
  ['of onSession()', () => monitorOf().onSession('All', { targt: undefined } as Anything), 'targt', 'onSession()', 'target'],
  ['of onSessionIdle()', () => monitorOf().onSessionIdle('Idle', { eventPatern: {} } as Anything), 'eventPatern', 'onSession()', 'eventPattern'],
  ['of the owner', () => monitorOf({ ownerTag: ['Team'] }), 'ownerTag', 'AthenaSessionMonitor', 'ownerTags'],
  ['of an alarm without CloudWatch alarm', () => {
    monitorOf({ alarms: [SessionAlarm.degraded({ alarm: false, runbookURL: '' } as Anything)] }).onSession('All');
  }, 'runbookURL', 'SessionAlarm.degraded()', 'runbookUrl'],
  ['of a metric', () => monitorOf().metricIdleTime('etl', { colour: 'ff0000' } as Anything), 'colour', 'metric IdleTime', 'color'],
  ['of a metric by name', () => monitorOf().metric('IdleTime', { workGroup: 'etl', statistics: 'p90' } as Anything), 'statistics', 'metric IdleTime', 'statistic'],
])('a misspelt option %s is a warning that names the right one', (_, act, option, owner, meant) => {
  act();
  expect(warningsOf(stack)).toEqual([`the option '${option}' of ${owner} is unknown and ignored; did you mean '${meant}'? [ack: ${ID}]`]);
});

test('the warning can be acknowledged', () => {
  Annotations.of(monitorOf({ workgroups: undefined })).acknowledgeWarning(ID);
  expect(warningsOf(stack)).toEqual([]);
});

test('options of a wider object that are passed on are left alone', () => {
  const monitor = monitorOf({ env: {}, tags: {}, stackName: 'mine', description: '', terminationProtection: true, crossRegionReferences: true, synthesizer: {}, enabled: true });
  monitor.metricIdleTime('etl', { unit: 'Count', dimensionsMap: {}, namespace: 'x', id: 'm', visible: true, stackAccount: '1' } as Anything);
  monitor.addAlarm(SessionAlarm.degraded({ id: 'Wide', metric: {}, comparisonOperator: '', actionsEnabled: true } as Anything));
  monitor.addCompositeAlarm({ actionsEnabled: true, alarmRule: {}, compositeAlarmName: 'x' } as Anything);
  expect(warningsOf(stack)).toEqual([]);
});

test.each<[string, string | undefined]>([
  ['treshold', 'threshold'],
  ['THRESHOLD', 'threshold'],
  ['threhsold', 'threshold'], // neighbors swapped
  ['thresholds', 'threshold'],
  ['trehsold', 'threshold'], // two edits
  ['tresholds', 'threshold'],
  ['trshlds', undefined],
  ['holdfor', 'holdFor'],
  ['hold', undefined],
  ['ID', 'id'],
  ['in', undefined], // two edits, but nothing is left of the name
  ['vcp', 'vpc'],
  ['env', undefined],
  ['', undefined],
])('%p is near %p', (given, meant) => {
  expect(nearestName(given, ['id', 'vpc', 'holdFor', 'threshold'])).toBe(meant);
});

test('the nearest name is meant', () => {
  expect(nearestName('okAction', ['inActions', 'okActions'])).toBe('okActions');
});
