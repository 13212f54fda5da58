import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AthenaSessionMonitor, HealthAlarm, LiveSessionState, type NotifyOptions, SessionAlarm, WorkGroupSelection } from '../src';
import { errorOf, newMonitor, newStack } from './support/synthesis';
import { invalidValueError } from '../src/validation';

/** What a caller passes who has no compiler. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

const named = (...names: Anything[]) => () => WorkGroupSelection.named(...names);
const withProps = (props: (stack: Stack) => Anything) => () => {
  const stack = newStack();
  return newMonitor(props(stack), stack);
};
const withProp = (name: string) => (value: (stack: Stack) => Anything) => withProps((stack) => ({ [name]: value(stack) }));
const withAlarms = withProp('alarms');
const notify = (topic: (stack: Stack) => Anything, options?: NotifyOptions | Anything) => () => {
  const stack = newStack({ env: { account: '111111111111', region: 'us-east-1' } });
  return newMonitor({}, stack).notify('Team', topic(stack), options);
};
const aTopic = (stack: Stack) => new Topic(stack, 'Topic');

const AN_OBJECT = '[Stack/Sessions] props must be an object, such as { workGroups: WorkGroupSelection.all() }';
const A_LIST_OF_ALARMS = '[Stack/Sessions] alarms must be a list of alarms, such as SessionAlarm.failed()';
const A_NAME = 'each element of WorkGroupSelection.named() must be the name of a workgroup: 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"';
const A_PATTERN = 'each element of WorkGroupSelection.matching() must be a pattern: 1 to 128 of a-z, A-Z, 0-9, ".", "_", "-", "*" and "?", after an optional "!"';
const A_LOOKBACK = '[Stack/Sessions] lookback must be a whole number of intervals of 5 minutes, at least 3 of them,';
const ARN = 'arn:aws:athena:us-east-1:111111111111:workgroup/etl';

/** Likely mistakes, above all of callers without a compiler: the exact text of the error. */
const MISTAKES: [string, () => unknown, string][] = [
  ...([['null', null], ['"all"', 'all'], ['5', 5], ['[]', []], ['the function all', WorkGroupSelection.all]] as const).map(([received, props]): [string, () => unknown, string] => (
    [`props that are ${received}`, withProps(() => props), `${AN_OBJECT}, received ${received}; leave it out for all defaults`])),

  ['a topic as action', withProp('alarmActions')((stack) => [new Topic(stack, 'Alerts')]),
    '[Stack/Sessions] alarmActions must be a list of alarm actions, such as new SnsAction(topic), received [the construct Stack/Alerts]'],
  ['an action without a list', withProp('okActions')((stack) => new SnsAction(new Topic(stack, 'Alerts'))),
    '[Stack/Sessions] okActions must be a list of alarm actions, such as new SnsAction(topic), received an instance of SnsAction; put it in a list'],
  ['a class of actions', withProp('alarmActions')(() => [SnsAction]),
    '[Stack/Sessions] alarmActions must be a list of alarm actions, such as new SnsAction(topic), received [the function SnsAction]'],
  ['a topic as action of an alarm', withAlarms((stack) => [SessionAlarm.degraded({ alarmActions: [new Topic(stack, 'Alerts') as Anything] })]),
    '[Stack/Sessions/Alarms] alarmActions of the alarm Degraded must be a list of alarm actions, such as new SnsAction(topic), received [the construct Stack/Alerts]'],

  ['a list of alarms in the list', withAlarms(() => [SessionAlarm.defaults()]),
    `${A_LIST_OF_ALARMS}, received [[an instance of SessionAlarm,an instance of SessionAlarm,an instance of SessionAlarm]]; spread it: ...SessionAlarm.defaults()`],
  ['an alarm without a list', withAlarms(() => SessionAlarm.degraded()), `${A_LIST_OF_ALARMS}, received an instance of SessionAlarm; put it in a list`],
  ['an uncalled factory', withAlarms(() => [SessionAlarm.degraded]), `${A_LIST_OF_ALARMS}, received [the function degraded]; call it: SessionAlarm.degraded()`],
  ['the uncalled defaults', withAlarms(() => SessionAlarm.defaults), `${A_LIST_OF_ALARMS}, received the function defaults; call it: SessionAlarm.defaults()`],
  ['an uncalled factory that is added', () => newMonitor().addAlarm(SessionAlarm.failed as Anything),
    '[Stack/Sessions] alarm of addAlarm() must be an alarm, such as SessionAlarm.failed(), received the function failed; call it: SessionAlarm.failed()'],
  ['a threshold of nothing', () => SessionAlarm.failed({ threshold: 0 }), 'threshold of SessionAlarm.failed() must be a whole number, at least 1, received 0'],

  ...([['null', null], ['3', 3], ['[]', []], ['3 hours', Duration.hours(3)]] as [string, Anything][]).flatMap(([received, options]) => ([
    ['SessionAlarm.failed()', () => SessionAlarm.failed(options)],
    ['SessionAlarm.degraded()', () => SessionAlarm.degraded(options)],
    ['SessionAlarm.idleLongerThan()', () => SessionAlarm.idleLongerThan(Duration.hours(1), options)],
    ['SessionAlarm.sessionsAbove()', () => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 1, options)],
    ['SessionAlarm.defaults()', () => SessionAlarm.defaults(options)],
    ['HealthAlarm.listing()', () => HealthAlarm.listing(options)],
    ['HealthAlarm.notifications()', () => HealthAlarm.notifications(options)],
    ['onSession()', () => newMonitor().onSession('All', options)],
    ['notify()', notify(aTopic, options)],
    ['addCompositeAlarm()', () => newMonitor().addCompositeAlarm(options)],
    ['metric ApiCalls', () => newMonitor().metricApiCalls(options)],
    ['metric IdleTime', () => newMonitor().metricIdleTime('etl', options)],
    ['AthenaSessionMonitor.fromAthenaSessionMonitorAttributes()', () => AthenaSessionMonitor.fromAthenaSessionMonitorAttributes(newStack(), 'Other', options)],
  ] as [string, () => unknown][]).map(([owner, act]): [string, () => unknown, string] => {
    const scope = /^(metric|add|onSession|notify)/.test(owner) ? '[Stack/Sessions] ' : owner.startsWith('Athena') ? '[Stack/Other] ' : '';
    return [`${received} as options of ${owner}`, act, `${scope}options of ${owner} must be an object, received ${received}`];
  })),
  ['a boolean as options of the heartbeat', () => HealthAlarm.heartbeat(false as Anything),
    'options of HealthAlarm.heartbeat() must be an object, received false; such as { warmUp: false }'],
  ['a text for warmUp', () => HealthAlarm.heartbeat({ warmUp: 'false' as Anything }), 'warmUp of HealthAlarm.heartbeat() must be true or false, received "false"'],
  ['a workgroup as options of a metric', () => newMonitor().metric('IdleSessions', 'etl' as Anything),
    '[Stack/Sessions] options of metric IdleSessions must be an object, received "etl"; pass { workGroup: \'etl\' }'],
  ['the defaults that are added', () => newMonitor({ alarms: [] }).addAlarm(SessionAlarm.defaults() as Anything),
    '[Stack/Sessions] alarm of addAlarm() must be an alarm, such as SessionAlarm.failed(), '
    + 'received [an instance of SessionAlarm,an instance of SessionAlarm,an instance of SessionAlarm]; call addAlarm() for each'],
  ['a health alarm among the alarms', withAlarms(() => [HealthAlarm.listing()]), `${A_LIST_OF_ALARMS}, received [an instance of HealthAlarm]; pass it in healthAlarms`],
  ['a session alarm among the health alarms', withProp('healthAlarms')(() => [SessionAlarm.degraded()]),
    '[Stack/Sessions] healthAlarms must be a list of health alarms, such as HealthAlarm.defaults(); an empty list creates none, '
    + 'received [an instance of SessionAlarm]; pass it in alarms'],
  ['a prefix that makes names too long', withProps(() => ({ alarmNamePrefix: 'x'.repeat(250) })),
    '[Stack/Sessions/Alarms] alarmNamePrefix must be at least 1 and at most 255 characters, including the appended texts, received "257 characters"'],
  ['options as the prefix of queries', () => newMonitor().addLogsInsightsQueries({ namePrefix: 'a/' } as Anything),
    '[Stack/Sessions] namePrefix must be a string, received {"namePrefix":"a/"}'],
  ['a topic as action of the composite alarm', () => newMonitor().addCompositeAlarm({ alarmActions: [5 as Anything] }),
    '[Stack/Sessions] alarmActions of addCompositeAlarm() must be a list of alarm actions, such as new SnsAction(topic), received [5]'],
  ['a number for a runbook', withProp('runbookUrl')(() => 5), '[Stack/Sessions] runbookUrl must be a string, received 5'],
  ['a number for the runbook of an alarm', withAlarms(() => [SessionAlarm.degraded({ runbookUrl: 5 as Anything })]),
    '[Stack/Sessions/Alarms] runbookUrl of the alarm Degraded must be an address without spaces, received 5'],
  ['a number for a name', withAlarms(() => [SessionAlarm.degraded({ alarmName: 5 as Anything })]),
    '[Stack/Sessions/Alarms] alarmName of the alarm Degraded must be a string, received 5'],

  ['a list of names', named(['a', 'b']), `${A_NAME}, received ["a","b"]; spread the list`],
  ['an ARN for a name', named(ARN), `${A_NAME}, received "${ARN}"; the name is the part after "workgroup/"`],
  ['the resource of an ARN for a name', named('workgroup/etl'), `${A_NAME}, received "workgroup/etl"; the name is the part after "workgroup/"`],
  ['a duplicate name', withProps(() => ({ workGroups: WorkGroupSelection.named('etl', 'adhoc', 'etl') })),
    '[Stack/Sessions] workGroups must be different from each other, received "etl"; remove the duplicate'],
  ['a regular expression for a pattern', () => WorkGroupSelection.matching(/etl-.*/ as Anything), `${A_PATTERN}, received /etl-.*/`],
  ['a list of patterns', () => WorkGroupSelection.matching(['etl-*'] as Anything), `${A_PATTERN}, received ["etl-*"]; spread the list`],

  ['a metric of an ARN', () => newMonitor().metricIdleTime(ARN),
    `[Stack/Sessions] workGroup of metric IdleTime must be the name of a workgroup, received "${ARN}"; the name is the part after "workgroup/"`],
  ['a metric of a workgroup that is not monitored', () => newMonitor({ workGroups: WorkGroupSelection.named('a', 'c') }).metricIdleTime('b'),
    '[Stack/Sessions] workGroup of metric IdleTime must be one of the monitor\'s workgroups (a, c), received "b"'],
  ['a metric of a workgroup that is not among many',
    () => newMonitor({ workGroups: WorkGroupSelection.named(...Array.from({ length: 12 }, (_, i) => `w${i}`)) }).metric('IdleTime', { workGroup: 'b' }),
    '[Stack/Sessions] workGroup of metric IdleTime must be one of the monitor\'s workgroups (w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, 2 more), received "b"'],

  ['a lookback under the default holdFor', withProp('lookback')(() => Duration.minutes(10)), `${A_LOOKBACK} at least the largest holdFor of the alarms (30 minutes), and at most 7 days, received 10 minutes`],
  ['a lookback under the holdFor of a later alarm in the list',
    withProps(() => ({ lookback: Duration.minutes(10), alarms: [SessionAlarm.degraded(), SessionAlarm.failed({ holdFor: Duration.hours(2) })] })),
    `${A_LOOKBACK} at least the largest holdFor of the alarms (2 hours), and at most 7 days, received 10 minutes`],
  ['a lookback that is too short without alarms', withProps(() => ({ lookback: Duration.minutes(10), alarms: [] })),
    `${A_LOOKBACK} and at most 7 days, received 10 minutes`],

  ['a number for a duration', withProp('interval')(() => 5), '[Stack/Sessions] interval must be a Duration, such as Duration.minutes(5), received 5'],
  ['a duration for a number', withProp('memorySize')(() => Duration.minutes(5)), '[Stack/Sessions] memorySize must be a number, received 5 minutes'],
  ...([
    ['dashboard', 'a dashboard, such as new Dashboard()'],
    ['eventBus', 'an event bus, such as new EventBus() or EventBus.fromEventBusName()'],
    ['logGroup', 'a log group, such as new LogGroup() or LogGroup.fromLogGroupName()'],
    ['role', 'a role, such as new Role() or Role.fromRoleArn()'],
    ['environmentEncryption', 'a key, such as new Key() or Key.fromKeyArn()'],
    ['deadLetterQueue', 'a queue, such as new Queue() or Queue.fromQueueArn()'],
    ['vpc', 'a VPC, such as new Vpc() or Vpc.fromLookup()'],
  ] as const).map(([name, allowed]): [string, () => unknown, string] => (
    [`a stack for ${name}`, withProp(name)((stack) => stack), `[Stack/Sessions] ${name} must be ${allowed}, received the construct Stack`])),
  ['a topic as a target', () => {
    const stack = newStack();
    newMonitor({}, stack).onSessionFailed('Failed', { target: new Topic(stack, 'Topic') as Anything });
  }, '[Stack/Sessions] target of onSession() must be a target of aws-events-targets, such as new SqsQueue(queue), received the construct Stack/Topic'],
  ['a class as a target', () => newMonitor().onSession('All', { target: SnsTopic as Anything }),
    '[Stack/Sessions] target of onSession() must be a target of aws-events-targets, such as new SqsQueue(queue), received the function SnsTopic'],
  ['null as a target', () => newMonitor().onSession('All', { target: null as Anything }),
    '[Stack/Sessions] target of onSession() must be a target of aws-events-targets, such as new SqsQueue(queue), received null'],
  ['a name as a topic', notify(() => 'alerts'), '[Stack/Sessions] topic of notify() must be a topic, such as new Topic() or Topic.fromTopicArn(), received "alerts"'],
  ['a stack as a topic', notify((stack) => stack), '[Stack/Sessions] topic of notify() must be a topic, such as new Topic() or Topic.fromTopicArn(), received the construct Stack'],
  ['a FIFO topic', notify((stack) => new Topic(stack, 'Topic', { fifo: true })),
    '[Stack/Sessions] topic of notify() must be a standard topic, as EventBridge does not publish to FIFO topics, received the construct Stack/Topic'],
  ['an imported FIFO topic', notify((stack) => Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111111111111:alerts.fifo')),
    '[Stack/Sessions] topic of notify() must be a standard topic, as EventBridge does not publish to FIFO topics, received the construct Stack/Topic'],
  ['a topic of another region', notify((stack) => Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111111111111:alerts')),
    '[Stack/Sessions] topic of notify(): the region of Stack/Topic must be the monitor\'s, us-east-1, received "eu-west-1"'],
  ['a topic of another account', notify((stack) => Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:222222222222:alerts')),
    '[Stack/Sessions] topic of notify(): the account of Stack/Topic must be the monitor\'s, 111111111111, received "222222222222"; '
    + 'pass a bus of that account as eventBus, and create a rule for the topic there'],
  ['a format in lower case', notify(aTopic, { format: 'chat' }), '[Stack/Sessions] format of notify() must be one of TEXT, CHAT, received "chat"'],
  ['an empty list of alarms to notify', notify(aTopic, { alarmIds: [] }),
    '[Stack/Sessions] alarmIds of notify() must be a list of at least one id of a session alarm, such as [\'Idle\'], received []; leave it out for all session alarms'],
  ['an id for a list of alarms', notify(aTopic, { alarmIds: 'Idle' }),
    '[Stack/Sessions] alarmIds of notify() must be a list of at least one id of a session alarm, such as [\'Idle\'], received "Idle"; put it in a list'],
  ['alarms for their ids', notify(aTopic, { alarmIds: [SessionAlarm.degraded()] }),
    '[Stack/Sessions] alarmIds of notify() must be a list of at least one id of a session alarm, such as [\'Idle\'], received [an instance of SessionAlarm]; '
    + 'leave it out for all session alarms'],
  ['a bus of another region', () => {
    const stack = newStack({ env: { account: '111111111111', region: 'us-east-1' } });
    newMonitor({ eventBus: EventBus.fromEventBusArn(stack, 'Bus', 'arn:aws:events:eu-west-1:111111111111:event-bus/mine') }, stack);
  }, '[Stack/Sessions] eventBus: the region of Stack/Bus must be the monitor\'s, us-east-1, received "eu-west-1"'],
  ...([['no tags', [], '[]'], ['an empty tag', [''], '[""]'], ['a tag twice', ['Owner', 'Owner'], '["Owner","Owner"]'], ['a tag with a "*"', ['*'], '["*"]']] as [string, string[], string][])
    .map(([what, tags, received]): [string, () => unknown, string] => [`${what} as owner`, withProp('ownerTags')(() => tags),
      '[Stack/Sessions] ownerTags must be a list of 1 or more different tag keys, each 1 to 128 letters, digits, spaces, ".", "_", ":", "/", "=", "+", "-" and "@", such as [\'Owner\'], '
      + `received ${received}`]),
  ['a tag without a list', withProp('ownerTags')(() => 'Owner'), '[Stack/Sessions] ownerTags must be a list of tag keys, such as [\'Owner\'], received "Owner"; put it in a list'],
  ['tags that are a token', withProp('ownerTags')(() => Token.asList({ Ref: 'Tags' })),
    '[Stack/Sessions] ownerTags must be a list of 1 or more different tag keys, each 1 to 128 letters, digits, spaces, ".", "_", ":", "/", "=", "+", "-" and "@", such as [\'Owner\'], '
    + 'whose number is known at synthesis, received a token'],

  ['a text for alarm', () => SessionAlarm.failed({ alarm: 'false' as Anything }), 'alarm of SessionAlarm.failed() must be true or false, received "false"'],
  ['an alarm of sessionsAbove() without CloudWatch alarm', () => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 10, { alarm: false }),
    'alarm of SessionAlarm.sessionsAbove() must be true, as it has no events, which are about single sessions, received false'],
  ...(['alarmActions', 'okActions', 'insufficientDataActions']).map((name): [string, () => unknown, string] => [`${name} without CloudWatch alarm`,
    () => SessionAlarm.idleLongerThan(Duration.hours(1), { alarm: false, [name]: [new SnsAction(new Topic(newStack(), 'Alerts'))] }),
    `${name} of SessionAlarm.idleLongerThan() must be omitted with alarm: false, as there is no CloudWatch alarm, received [an instance of SnsAction]; `
    + 'use notify() or onSession() of the monitor']),
  ['a number for the runbook without CloudWatch alarm', withAlarms(() => [SessionAlarm.degraded({ alarm: false, runbookUrl: 'see the wiki' })]),
    '[Stack/Sessions/Alarms] runbookUrl of the alarm Degraded must be an address without spaces, received "see the wiki"'],
  ['a stack for a security group', withProp('securityGroups')((stack) => [stack]),
    '[Stack/Sessions] securityGroups must be a list of security groups, such as new SecurityGroup() or SecurityGroup.fromSecurityGroupId(), received [the construct Stack]'],
];

test.each(MISTAKES)('the error for %s', (_, act, text) => {
  expect(errorOf(act)).toBe(text);
});

describe('a metric is accepted', () => {
  test.each<[string, (stack: Stack) => AthenaSessionMonitor, string]>([
    ['of a named workgroup', (stack) => newMonitor({ workGroups: WorkGroupSelection.named('etl') }, stack), 'etl'],
    ['of a reference\'s literal name', (stack) => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' })) }, stack), 'etl'],
    ['of any name if one of the monitor\'s is a token', (stack) => newMonitor({ workGroups: WorkGroupSelection.named('a', stack.stackId) }, stack), 'etl'],
    ['of any name if workgroups are found', (stack) => newMonitor({ workGroups: WorkGroupSelection.matching('a-*') }, stack), 'etl'],
  ])('%s', (_, make, workGroup) => {
    const monitor = make(newStack());
    expect(monitor.metricIdleTime(workGroup).dimensions).toEqual({ WorkGroup: workGroup });
  });

  test('for a reference to a workgroup that is named', () => {
    const stack = newStack();
    const { ref } = new CfnWorkGroup(stack, 'Etl', { name: 'etl' });
    expect(() => newMonitor({ workGroups: WorkGroupSelection.named('etl') }, stack).metricIdleTime(ref)).not.toThrow();
  });
});

describe('what was received', () => {
  const circular: Anything = { list: [] };
  circular.list.push(circular);

  test.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    [10n, '10'],
    [[10n, -0.5, NaN, true], '[10,-0.5,NaN,true]'],
    [Symbol('mine'), 'Symbol(mine)'],
    [() => 1, 'the function'],
    [class Mine {}, 'the function Mine'],
    [/a+/i, '/a+/i'],
    [new Map(), 'an instance of Map'],
    [Object.create(null), '{}'],
    [{ a: { b: ['c', undefined] }, d: Duration.days(2) }, '{"a":{"b":["c",undefined]},"d":2 days}'],
    [circular, '{"list":[{"list":[…]}]}'],
    ['a'.repeat(1000), `"${'a'.repeat(118)}…`],
    [Array.from({ length: 1000 }, () => 'abc'), `[${'"abc",'.repeat(19)}"abc…`],
    [new App(), 'the construct App'],
  ])('%# is described', (value, text) => {
    expect(invalidValueError(undefined, 'x', 'y', value).message).toBe(`x must be y, received ${text}`);
  });

  test('is described even if it throws an error when it is read', () => {
    const throwing = Object.defineProperty({}, 'bad', { enumerable: true, get: () => { throw new Error('no'); } });
    expect(invalidValueError(undefined, 'x', 'y', throwing).message).toBe('x must be y, received a value of type object');
  });
});
