import { CfnParameter, Duration, Fn, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../../src';
import {
  alarmsOf, countsOf, environmentOf, errorOf, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf, RUNBOOK_URL, textOf,
  warningsOf,
} from '../support/synthesis';

const ACCOUNT = '111111111111';
const ENV = { account: ACCOUNT, region: 'eu-west-1' };
const LAMBDA = new iam.ServicePrincipal('lambda.amazonaws.com');
const knownStack = () => newStack({ env: ENV });
const named = (...names: string[]) => WorkGroupSelection.named(...names);

/** The value of EVENTS, with the bus's ARN as `<logical id>.Arn`. */
function settingsOf(monitor: AthenaSessionMonitor): Properties {
  return JSON.parse(textOf(environmentOf(monitor).EVENTS).replace(/<\{"Fn::GetAtt":\["(\w+)","Arn"\]\}>/, '$1.Arn'));
}

/** All ARNs of a statement in the partition `aws`. */
function arnsOf({ Resource }: Properties): string[] {
  return [Resource].flat().map((arn) => arn['Fn::GetAtt']?.join('.') ?? textOf(arn).replaceAll('<AWS::Partition>', 'aws'));
}

describe('the permissions of the collector', () => {
  const workGroup = (resource: string) => `arn:aws:athena:eu-west-1:${ACCOUNT}:workgroup/${resource}`;
  const bus = (name: string, account = ACCOUNT) => `arn:aws:events:eu-west-1:${account}:event-bus/${name}`;

  const SELECTIONS: [string, (stack: Stack) => WorkGroupSelection | undefined, string[]][] = [
    ['all workgroups', () => undefined, ['*']],
    ['matching workgroups', () => WorkGroupSelection.matching('etl-*', 'adhoc', '!etl-test'), ['etl-*', 'adhoc']],
    ['named workgroups', () => named('etl', 'adhoc'), ['etl', 'adhoc']],
    ['references', (stack) => WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Etl', 'etl')), ['etl']],
  ];
  const BUSES: [string, (stack: Stack) => { eventBus?: events.IEventBus; act?: (monitor: AthenaSessionMonitor) => void }, string | undefined][] = [
    ['no events', () => ({}), undefined],
    ['the default bus', () => ({ act: (monitor) => monitor.onSession('All') }), bus('default')],
    ['a bus of its own', (stack) => ({ eventBus: new events.EventBus(stack, 'Bus') }), 'BusEA82B648.Arn'],
    ['an imported bus', (stack) => ({ eventBus: events.EventBus.fromEventBusName(stack, 'Bus', 'mine') }), bus('mine')],
    ['a bus of another account', (stack) => ({ eventBus: events.EventBus.fromEventBusArn(stack, 'Bus', bus('central', '222222222222')) }), bus('central', '222222222222')],
  ];
  const ROLES: [string, (stack: Stack) => iam.IRole | undefined, boolean][] = [
    ['its own role', () => undefined, true],
    ['a given role', (stack) => new iam.Role(stack, 'Mine', { assumedBy: LAMBDA }), true],
    ['an imported role', (stack) => iam.Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${ACCOUNT}:role/mine`), true],
    ['an immutable role', (stack) => new iam.Role(stack, 'Mine', { assumedBy: LAMBDA }).withoutPolicyUpdates(), false],
  ];
  const CASES = SELECTIONS.flatMap((selection) => BUSES.flatMap((each) => ROLES.flatMap((role) => (
    [false, true].map((inVpc) => ({ selection, bus: each, role, inVpc }))))));

  test.each(CASES.map((each) => [each.selection[0], each.bus[0], each.role[0], each.inVpc ? 'a VPC' : 'no VPC', each] as const))('with %s, %s, %s and %s', (_s, _b, _r, _v, each) => {
    const stack = knownStack();
    const [[, select, names], [, makeBus, busArn], [, makeRole, isMutable]] = [each.selection, each.bus, each.role];
    const { eventBus, act } = makeBus(stack);
    const monitor = newMonitor({ workGroups: select(stack), eventBus, role: makeRole(stack), vpc: each.inVpc ? new Vpc(stack, 'Vpc') : undefined }, stack);
    act?.(monitor);
    const policies = Object.values(resourcesOf(stack)).filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('athena:'));
    expect(policies).toHaveLength(isMutable ? 1 : 0);
    const statements = policies.flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement)
      .filter(({ Action }) => /^(athena|events):/.test([Action].flat()[0]))
      .map(({ Resource, ...rest }) => ({ ...rest, Resource: arnsOf({ Resource }) }));
    const search = { Effect: 'Allow', Action: 'athena:ListWorkGroups', Resource: ['*'] };
    const ofEvents = [
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: [busArn], Condition: { StringEquals: { 'events:source': 'cdk-athena-session-monitor' } } },
      { Effect: 'Allow', Action: ['athena:GetSession', 'athena:ListTagsForResource'], Resource: names.flatMap((name) => [workGroup(name), workGroup(`${name}/session/*`)]) },
    ];
    expect(statements).toEqual(!isMutable ? [] : [
      { Effect: 'Allow', Action: 'athena:ListSessions', Resource: names.map(workGroup) },
      ...['*', 'etl-*'].includes(names[0]) ? [search] : [],
      ...busArn === undefined ? [] : ofEvents,
    ]);
    expect('EVENTS' in environmentOf(monitor)).toBe(busArn !== undefined);
    const infos = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('cdk-athena-session-monitor:eventsInVpc'));
    expect([warningsOf(stack), infos.length]).toEqual([[], busArn !== undefined && each.inVpc ? 1 : 0]);
  });

  test.each([['cn-north-1', 'aws-cn'], ['us-gov-west-1', 'aws-us-gov']])('in %s are of the partition %s', (region, partition) => {
    const stack = newStack({ env: { account: ACCOUNT, region } });
    newMonitor({ workGroups: named('etl') }, stack).onSession('All');
    const [{ Properties: { PolicyDocument } }] = Object.values(resourcesOf(stack)).filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('athena:'));
    const arns = PolicyDocument.Statement.slice(-2).flatMap(({ Resource }: Properties) => [Resource].flat()).map((arn: Properties) => textOf(arn).replace('<AWS::Partition>', partition));
    expect(arns).toEqual([
      `arn:${partition}:events:${region}:${ACCOUNT}:event-bus/default`,
      `arn:${partition}:athena:${region}:${ACCOUNT}:workgroup/etl`,
      `arn:${partition}:athena:${region}:${ACCOUNT}:workgroup/etl/session/*`,
    ]);
  });
});

describe('the setting EVENTS', () => {
  test('has the defaults', () => {
    const monitor = newMonitor();
    monitor.onSession('All');
    expect(settingsOf(monitor)).toEqual({
      eventBus: 'default',
      monitor: 'Stack/Sessions',
      ownerTags: ['AmazonDataZoneSessionOwner', 'Owner', 'owner'],
      dpuHourPrice: 0.35,
      alarms: [
        { id: 'Failed', kind: 'FAILED', runbookUrl: `${RUNBOOK_URL}#failed` },
        { id: 'Idle', kind: 'IDLE', thresholdSeconds: 3600, runbookUrl: `${RUNBOOK_URL}#idle` },
        { id: 'Degraded', kind: 'DEGRADED', runbookUrl: `${RUNBOOK_URL}#degraded` },
      ],
    });
    expect(typeof environmentOf(monitor).EVENTS).toBe('string');
  });

  test('has every kind of session alarm that is about one session, with its threshold and page', () => {
    const monitor = newMonitor({
      runbookUrl: 'https://example.com/runbook',
      alarms: [
        SessionAlarm.failed({ threshold: 3, runbookUrl: 'https://example.com/failed' }),
        SessionAlarm.idleLongerThan(Duration.hours(2)),
        SessionAlarm.idleLongerThan(Duration.minutes(30), { id: 'Early', alarm: false }),
        SessionAlarm.creatingLongerThan(Duration.minutes(10)),
        SessionAlarm.busyLongerThan(Duration.hours(6), { alarmActions: [], evaluationPeriods: 6, datapointsToAlarm: 6 }),
        SessionAlarm.terminatingLongerThan(Duration.minutes(15)),
        SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 10),
      ],
    });
    monitor.onSession('All');
    monitor.addAlarm(SessionAlarm.olderThan(Duration.hours(20)));
    monitor.addAlarm(SessionAlarm.degraded({ alarm: false, runbookUrl: 'https://example.com/degraded' }));
    expect(settingsOf(monitor).alarms).toEqual([
      { id: 'Failed', kind: 'FAILED', runbookUrl: 'https://example.com/failed' },
      { id: 'Idle', kind: 'IDLE', thresholdSeconds: 7200, runbookUrl: 'https://example.com/runbook#idle' },
      { id: 'Early', kind: 'IDLE', thresholdSeconds: 1800, runbookUrl: 'https://example.com/runbook#idle' },
      { id: 'Creating', kind: 'CREATING', thresholdSeconds: 600, runbookUrl: 'https://example.com/runbook#creating' },
      { id: 'Busy', kind: 'BUSY', thresholdSeconds: 21_600, runbookUrl: 'https://example.com/runbook#busy' },
      { id: 'Terminating', kind: 'TERMINATING', thresholdSeconds: 900, runbookUrl: 'https://example.com/runbook#terminating' },
      { id: 'Old', kind: 'OLD', thresholdSeconds: 72_000, runbookUrl: 'https://example.com/runbook#old' },
      { id: 'Degraded', kind: 'DEGRADED', runbookUrl: 'https://example.com/degraded' },
    ]);
  });

  test('has no alarms if the monitor has none', () => {
    expect(settingsOf(newMonitor({ eventBus: events.EventBus.fromEventBusName(newStack(), 'Bus', 'mine'), alarms: [] })).alarms).toEqual([]);
  });

  test('has the ARN of the bus, the tags and the price', () => {
    const stack = knownStack();
    const monitor = newMonitor({ eventBus: new events.EventBus(stack, 'Bus'), ownerTags: ['Team', 'cost center'], dpuHourPrice: 0.5 }, stack);
    expect(settingsOf(monitor)).toMatchObject({ eventBus: expect.stringMatching(/^Bus\w+\.Arn$/), ownerTags: ['Team', 'cost center'], dpuHourPrice: 0.5 });
  });

  test('has tokens, as valid JSON', () => {
    const stack = newStack();
    const price = new CfnParameter(stack, 'Price', { type: 'Number' });
    const monitor = newMonitor({
      dpuHourPrice: price.valueAsNumber,
      ownerTags: [new CfnParameter(stack, 'Tag').valueAsString],
      runbookUrl: Fn.importValue('Runbook'),
    }, stack);
    monitor.onSession('All');
    const { EVENTS } = environmentOf(monitor);
    const [separator, parts] = (EVENTS as Properties)['Fn::Join'];
    const resolved = parts.map((part: Properties) => typeof part === 'string' ? part : part.Ref === 'Price' ? '0.4' : part.Ref ?? 'https://example.com').join(separator);
    expect(JSON.parse(resolved)).toMatchObject({ dpuHourPrice: 0.4, ownerTags: ['Tag'], alarms: [{ runbookUrl: 'https://example.com#failed' }, {}, {}] });
  });

  test('has the path of the monitor in its stage', () => {
    const monitor = newMonitor({}, new Stack(new Stage(newApp(), 'Prod'), 'Stack'));
    monitor.onSession('All');
    expect(settingsOf(monitor).monitor).toBe('Prod/Stack/Sessions');
  });

  test('that makes the environment too large is an error at synthesis', () => {
    const textFor = (count: number, id: number) => {
      const stack = knownStack();
      const monitor = newMonitor({ workGroups: named('etl') }, stack);
      monitor.onSession('All');
      Array.from({ length: count }, (_, index) => monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.hours(1), { id: `A${index}`.padEnd(id, 'x'), alarm: false })));
      const bytes = () => Buffer.byteLength(JSON.stringify(environmentOf(monitor)));
      return { bytes, error: () => errorOf(() => Template.fromStack(stack)) };
    };
    const fitting = textFor(14, 10).bytes();
    expect(fitting).toBeGreaterThan(3000);
    expect(fitting).toBeLessThanOrEqual(4096);
    expect(textFor(20, 10).error()).toMatch(/\[Stack\/Sessions\] the function's environment must be at most 4096 bytes with events, including names or patterns of workgroups, session alarms and ownerTags, received "at least \d+ bytes"; use fewer or shorter ones, a shorter runbookUrl, or two monitors/);
  });
});

describe('without events', () => {
  const templateOf = (props: AthenaSessionMonitorProps) => {
    const stack = newStack();
    newMonitor(props, stack);
    return JSON.stringify(Template.fromStack(stack).toJSON());
  };

  test('nothing of them is in the template', () => {
    for (const props of [{}, { workGroups: named('etl') }]) {
      expect(templateOf(props)).not.toMatch(/EVENTS|EventsFailed|EventsSent|events:|GetSession|Notifications|AWS::Events/);
    }
  });

  test('their options do not change the template', () => {
    expect(templateOf({ ownerTags: ['Team'] })).toBe(templateOf({}));
  });

  test('with them, only the rule, the policy, the environment, the alarm and the dashboard differ', () => {
    const without = newMonitor({ alarmNamePrefix: 'sessions' });
    const monitor = newMonitor({ alarmNamePrefix: 'sessions' });
    monitor.onSession('All');
    const [before, after] = [without, monitor].map(resourcesOf);
    const changed = Object.keys(after).filter((id) => JSON.stringify(after[id]) !== JSON.stringify(before[id]));
    expect(changed.map((id) => after[id].Type).sort()).toEqual([
      'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::Lambda::Function',
    ]);
    expect(Object.keys(before).filter((id) => !(id in after))).toEqual([]);
  });
});

describe('events are switched on', () => {
  test.each<[string, (stack: Stack) => void]>([
    ['a bus', (stack) => newMonitor({ eventBus: new events.EventBus(stack, 'Bus') }, stack)],
    ['a rule', (stack) => newMonitor({}, stack).onSessionIdle('Idle')],
    ['a topic', (stack) => newMonitor({}, stack).notify('Team', new Topic(stack, 'Topic'))],
    ['all of them', (stack) => {
      const monitor = newMonitor({ eventBus: new events.EventBus(stack, 'Bus') }, stack);
      monitor.onSessionIdle('Idle');
      monitor.onSessionIdle('Other');
      monitor.notify('Team', new Topic(stack, 'Topic'));
    }],
  ])('once by %s', (_, act) => {
    const stack = knownStack();
    act(stack);
    expect(JSON.stringify(resourcesOf(stack)).match(/events:PutEvents/g)).toHaveLength(1);
    expect(countsOf(resourcesOf(stack))['AWS::CloudWatch::Alarm']).toBe(6);
  });

  test('not by a call that fails', () => {
    const stack = knownStack();
    const monitor = newMonitor({}, stack);
    expect(() => monitor.notify('Team', new Topic(stack, 'Topic', { fifo: true }))).toThrow('FIFO');
    expect(() => monitor.notify('Team', new Topic(stack, 'Other'), { alarmIds: [] })).toThrow('alarmIds');
    expect(environmentOf(monitor)).not.toHaveProperty('EVENTS');
    expect(Object.keys(alarmsOf(monitor))).not.toContain('Alarms/Notifications');
  });
});

describe('the time of a run', () => {
  // (60 s - 5 s) x 1 call a second, and a burst of 2, make 57 calls: 11 workgroups of 5 calls. With 5 s less, 52 calls: 10.
  const props = (count: number) => ({
    interval: Duration.minutes(5), timeout: Duration.minutes(1), maxRequestsPerSecond: 1, workGroups: named(...Array.from({ length: count }, (_, index) => `w${index}`)),
  });
  const text = '[Stack/Sessions] workGroups must be at most 10 named workgroups, as one run of 1 minute can list no more at maxRequestsPerSecond 1 and send events, received 11; '
    + 'raise maxRequestsPerSecond, or timeout and interval, or use two monitors';

  test('is 5 seconds shorter for listing', () => {
    expect(() => newMonitor(props(11))).not.toThrow();
    expect(errorOf(() => newMonitor(props(11)).onSession('All'))).toBe(text);
    const stack = newStack();
    expect(errorOf(() => newMonitor({ ...props(11), eventBus: new events.EventBus(stack, 'Bus') }, stack))).toBe(text);
    expect(() => newMonitor(props(10)).onSession('All')).not.toThrow();
  });

  test('is at least 15 seconds', () => {
    expect(() => newMonitor({ timeout: Duration.seconds(15) }).onSession('All')).not.toThrow();
    expect(errorOf(() => newMonitor({ timeout: Duration.seconds(14) }).onSession('All')))
      .toBe('[Stack/Sessions] timeout must be at least 15 seconds with events, as 5 seconds are reserved to send them, received 14 seconds');
  });
});

describe('the size of the policy', () => {
  const names = (count: number, length: number) => Array.from({ length: count }, (_, index) => `${index}`.padStart(length, 'x'));

  test.each([[3, 41], [28, 30], [128, 14]])('fits IAM: names of %d characters if there are %d', (length, count) => {
    const stack = newStack({ env: { account: ACCOUNT, region: 'us-gov-west-1' } });
    const monitor = newMonitor({ workGroups: named(...names(count, length)), createDashboard: false }, stack);
    monitor.onSession('All');
    const [{ Properties: { PolicyDocument } }] = Object.values(resourcesOf(stack)).filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('athena:'));
    const document = JSON.stringify(PolicyDocument, (_, value) => value?.['Fn::Join'] ? textOf(value).replace('<AWS::Partition>', 'aws-us-gov') : value);
    expect(document).not.toContain('Fn::Join');
    expect(document.length).toBeGreaterThan(8_000);
    expect(document.length).toBeLessThan(10_240);
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').Environment.Variables).toHaveProperty('EVENTS');
  });

  test.each([
    ['names', named(...names(60, 3)), 60, 13_200],
    ['patterns', WorkGroupSelection.matching(...names(60, 3)), 60, 13_200],
  ])('is an error for too many %s', (what, workGroups, count, needed) => {
    expect(() => newMonitor({ workGroups })).not.toThrow();
    expect(errorOf(() => newMonitor({ workGroups }).onSession('All'))).toBe(`[Stack/Sessions] workGroups must be ${what} that fit the role's inline policies (9500 characters), `
      + `where events need each three times, received ${count}; these need ${needed} characters: use WorkGroupSelection.matching() with few patterns, or two monitors`);
  });
});

describe('the alarm on events that could not be sent', () => {
  test('comes with events', () => {
    const monitor = newMonitor();
    expect(monitor.notificationsAlarm).toBeUndefined();
    monitor.onSession('All');
    expect(monitor.notificationsAlarm).toBe(monitor.alarmsFor('Notifications')[0]);
    expect(monitor.alarms).not.toContain(monitor.notificationsAlarm);
    expect(Object.keys(alarmsOf(monitor))).toContain('Alarms/Notifications');
  });

  test('comes only if it is among given health alarms', () => {
    const create = (...healthAlarms: HealthAlarm[]) => {
      const monitor = newMonitor({ healthAlarms });
      monitor.onSession('All');
      return Object.keys(alarmsOf(monitor)).filter((path) => path === 'Alarms/Notifications');
    };
    expect(create()).toEqual([]);
    expect(create(...HealthAlarm.defaults())).toEqual([]);
    expect(create(HealthAlarm.notifications())).toEqual(['Alarms/Notifications']);
  });
});
