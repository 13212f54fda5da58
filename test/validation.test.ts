import { Aws, CfnParameter, Duration, Lazy, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../src';
import {
  action, actionArn, alarmsOf, environmentOf, errorOf, expectError, INTERVALS, newApp, newMonitor, newStack, propertiesOf, textOf, tokenDuration,
} from './support/synthesis';

/** A bad value: which prop, what the error says was received, and what it says is allowed. */
interface BadValue {
  readonly what: string;
  readonly props: () => AthenaSessionMonitorProps;
  readonly prop: string;
  readonly received: string;
  readonly allowed: RegExp;
}

const DIVIDES_AN_HOUR = /divides an hour \(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60\)/;
const KNOWN = /known at synth/;
const named = (...names: string[]) => WorkGroupSelection.named(...names);

const BAD_VALUES: BadValue[] = [
  ...[7, 8, 9, 11, 25, 45, 59, 61, 90, 120, 1440].map((minutes): BadValue => ({
    what: `an interval of ${minutes} minutes`,
    props: () => ({ interval: Duration.minutes(minutes) }),
    prop: 'interval',
    received: Duration.minutes(minutes).toHumanString(),
    allowed: DIVIDES_AN_HOUR,
  })),
  {
    what: 'an interval of nothing',
    props: () => ({ interval: Duration.minutes(0) }),
    prop: 'interval',
    received: '0 minutes',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of seconds',
    props: () => ({ interval: Duration.seconds(30) }),
    prop: 'interval',
    received: '30 seconds',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of a minute and a half',
    props: () => ({ interval: Duration.seconds(90) }),
    prop: 'interval',
    received: '1 minute 30 seconds',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of milliseconds',
    props: () => ({ interval: Duration.millis(500) }),
    prop: 'interval',
    received: '500 millis',
    allowed: DIVIDES_AN_HOUR,
  },

  ...['AWS/Athena', 'AWS/', 'AWS/AthenaSessions/x'].map((metricNamespace): BadValue => ({
    what: `the namespace ${metricNamespace}`,
    props: () => ({ metricNamespace }),
    prop: 'metricNamespace',
    received: JSON.stringify(metricNamespace),
    allowed: /AWS\//,
  })),
  ...['', ' ', 'a'.repeat(256), 'a"b', 'größe', ':mine', 'a\nb'].map((metricNamespace): BadValue => ({
    what: `the malformed namespace ${JSON.stringify(metricNamespace).slice(0, 20)}`,
    props: () => ({ metricNamespace }),
    prop: 'metricNamespace',
    received: JSON.stringify(metricNamespace),
    allowed: /1 to 255 of a-z, A-Z, 0-9/,
  })),

  {
    what: 'no name at all',
    props: () => ({ workGroups: named() }),
    prop: 'WorkGroupSelection.named()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'an empty name',
    props: () => ({ workGroups: named('') }),
    prop: 'WorkGroupSelection.named()',
    received: '""',
    allowed: /1 to 128/,
  },
  {
    what: 'a malformed name',
    props: () => ({ workGroups: named('a b') }),
    prop: 'WorkGroupSelection.named()',
    received: '"a b"',
    allowed: /1 to 128/,
  },
  {
    what: 'a duplicate name',
    props: () => ({ workGroups: named('etl', 'etl') }),
    prop: 'workGroups',
    received: '"etl"',
    allowed: /different/,
  },
  {
    what: 'no pattern at all',
    props: () => ({ workGroups: WorkGroupSelection.matching() }),
    prop: 'WorkGroupSelection.matching()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'no reference at all',
    props: () => ({ workGroups: WorkGroupSelection.fromWorkGroups() }),
    prop: 'WorkGroupSelection.fromWorkGroups()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'more names than a run can list',
    props: () => ({ workGroups: named('a', 'b', 'c', 'd', 'e'), maxRequestsPerSecond: 0.1 }),
    prop: 'workGroups',
    received: '5',
    allowed: /at most 4/,
  },

  {
    what: 'a timeout of the interval',
    props: () => ({ timeout: Duration.minutes(5) }),
    prop: 'timeout',
    received: '5 minutes',
    allowed: /less than the interval of 5 minutes/,
  },
  {
    what: 'a timeout over the interval',
    props: () => ({ timeout: Duration.minutes(6) }),
    prop: 'timeout',
    received: '6 minutes',
    allowed: /less than the interval of 5 minutes/,
  },
  {
    what: 'a timeout over what Lambda takes',
    props: () => ({ timeout: Duration.seconds(901), interval: Duration.hours(1) }),
    prop: 'timeout',
    received: '15 minutes 1 second',
    allowed: /15 minutes/,
  },
  {
    what: 'a timeout of nothing',
    props: () => ({ timeout: Duration.seconds(0) }),
    prop: 'timeout',
    received: '0 seconds',
    allowed: /from \d+ seconds/,
  },
  {
    what: 'a timeout that leaves no time for calls',
    props: () => ({ timeout: Duration.seconds(5) }),
    prop: 'timeout',
    received: '5 seconds',
    allowed: /from \d+ seconds/,
  },
  {
    what: 'a timeout of parts of seconds',
    props: () => ({ timeout: Duration.millis(60_500) }),
    prop: 'timeout',
    received: '1 minute 500 millis',
    allowed: /whole number of seconds/,
  },

  {
    what: 'a lookback that is no whole number of intervals',
    props: () => ({ lookback: Duration.minutes(61) }),
    prop: 'lookback',
    received: '1 hour 1 minute',
    allowed: /whole number of intervals of 5 minutes/,
  },
  {
    what: 'a lookback of parts of minutes',
    props: () => ({ lookback: Duration.seconds(3601) }),
    prop: 'lookback',
    received: '1 hour 1 second',
    allowed: /whole number of intervals/,
  },
  {
    what: 'a lookback of two intervals',
    props: () => ({ lookback: Duration.minutes(10), alarms: [] }),
    prop: 'lookback',
    received: '10 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a lookback of nothing',
    props: () => ({ lookback: Duration.minutes(0), alarms: [] }),
    prop: 'lookback',
    received: '0 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a lookback under the largest within',
    props: () => ({ lookback: Duration.minutes(25) }),
    prop: 'lookback',
    received: '25 minutes',
    allowed: /within.*30 minutes/,
  },
  {
    what: 'a lookback of weeks',
    props: () => ({ lookback: Duration.days(8) }),
    prop: 'lookback',
    received: '8 days',
    allowed: /at most 7 days/,
  },

  {
    what: 'a within that is no whole number of intervals',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(32) })] }),
    prop: 'within',
    received: '32 minutes',
    allowed: /whole number of intervals of 5 minutes/,
  },
  {
    what: 'a within of two intervals',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(10) })] }),
    prop: 'within',
    received: '10 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a within over 3 hours for found workgroups',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(185) })] }),
    prop: 'within',
    received: '3 hours 5 minutes',
    allowed: /at most 3 hours/,
  },
  {
    what: 'a within over 24 hours for named workgroups',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.hours(25) })], workGroups: named('etl') }),
    prop: 'within',
    received: '1 day 1 hour',
    allowed: /at most (24 hours|1 day)/,
  },
  {
    what: 'two alarms of one id',
    props: () => ({ alarms: [SessionAlarm.degraded(), SessionAlarm.degraded()] }),
    prop: 'alarms',
    received: '"Degraded"',
    allowed: /different ids.*id/,
  },
  {
    what: 'the threshold 0',
    props: () => ({ alarms: [SessionAlarm.failed({ threshold: 0 })] }),
    prop: 'threshold',
    received: '0',
    allowed: /whole number from 1/,
  },
  {
    what: 'an idle duration of nothing',
    props: () => ({ alarms: [SessionAlarm.idleLongerThan(Duration.minutes(0))] }),
    prop: 'idleLongerThan',
    received: '0',
    allowed: /whole number of seconds from 1/,
  },
  {
    what: 'more points than periods',
    props: () => ({ alarms: [SessionAlarm.degraded({ evaluationPeriods: 2, datapointsToAlarm: 3 })] }),
    prop: 'datapointsToAlarm',
    received: '3',
    allowed: /from 1 to 2/,
  },

  ...[0, -1, NaN, Infinity].map((maxRequestsPerSecond): BadValue => ({
    what: `maxRequestsPerSecond ${maxRequestsPerSecond}`,
    props: () => ({ maxRequestsPerSecond }),
    prop: 'maxRequestsPerSecond',
    received: `${maxRequestsPerSecond}`,
    allowed: /positive/,
  })),
  ...['', 'see the wiki', 'https://example.com/\n', 'https://example.com/runbook#alarms'].map((runbookUrl): BadValue => ({
    what: `the runbook ${JSON.stringify(runbookUrl)}`,
    props: () => ({ runbookUrl, alarms: [], healthAlarms: false, createDashboard: false }),
    prop: 'runbookUrl',
    received: JSON.stringify(runbookUrl),
    allowed: /an address without spaces/,
  })),
  {
    what: 'subnets without a VPC',
    props: () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }),
    prop: 'vpcSubnets',
    received: 'vpcSubnets without vpc',
    allowed: /left out, unless vpc is given/,
  },
  {
    what: 'security groups without a VPC',
    props: () => ({ securityGroups: [] }),
    prop: 'securityGroups',
    received: 'securityGroups without vpc',
    allowed: /left out, unless vpc is given/,
  },
  {
    what: 'public subnets',
    props: () => ({ vpc: new Vpc(newStack(), 'Vpc'), vpcSubnets: { subnetType: SubnetType.PUBLIC } }),
    prop: 'vpcSubnets',
    received: 'public subnets',
    allowed: /of subnets that have a way to Athena/,
  },
  {
    what: 'a selection of no subnets',
    props: () => ({ vpc: new Vpc(newStack(), 'Vpc'), vpcSubnets: { availabilityZones: ['none'] } }),
    prop: 'vpcSubnets',
    received: 'a selection of none',
    allowed: /of subnets that there are in Stack\/Vpc/,
  },
  {
    what: 'a VPC of public subnets alone',
    props: () => ({ vpc: new Vpc(newStack(), 'Vpc', { subnetConfiguration: [{ name: 'Public', subnetType: SubnetType.PUBLIC }] }) }),
    prop: 'vpc',
    received: 'public subnets',
    allowed: /of subnets that have a way to Athena/,
  },
  ...Object.entries({
    'a FIFO queue': () => new Queue(newStack(), 'Queue', { fifo: true }),
    'an imported FIFO queue': () => Queue.fromQueueArn(newStack(), 'Queue', 'arn:aws:sqs:us-east-1:111111111111:mine.fifo'),
  }).map(([what, queue]): BadValue => ({
    what,
    props: () => ({ deadLetterQueue: queue() }),
    prop: 'deadLetterQueue',
    received: 'the FIFO queue Stack/Queue',
    allowed: /a standard queue/,
  })),
  {
    what: 'a maxSessionDuration of nothing',
    props: () => ({ maxSessionDuration: Duration.minutes(0) }),
    prop: 'maxSessionDuration',
    received: '0 minutes',
    allowed: /at least 1/,
  },
  {
    what: 'a maxSessionDuration of parts of minutes',
    props: () => ({ maxSessionDuration: Duration.seconds(90) }),
    prop: 'maxSessionDuration',
    received: '1 minute 30 seconds',
    allowed: /whole number of minutes/,
  },
  {
    what: 'a log group of another class',
    props: () => ({ logGroup: new LogGroup(newStack(), 'Logs', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }) }),
    prop: 'logGroup',
    received: '"INFREQUENT_ACCESS"',
    allowed: /STANDARD/,
  },

  ...[0, 127, 10_241, 1.5].map((memorySize): BadValue => ({
    what: `memorySize ${memorySize}`,
    props: () => ({ memorySize }),
    prop: 'memorySize',
    received: `${memorySize}`,
    allowed: /whole number of MB from 128 to 10240/,
  })),
  {
    what: 'a rate at which no run can list a workgroup',
    props: () => ({ maxRequestsPerSecond: 0.001 }),
    prop: 'maxRequestsPerSecond',
    received: '0.001',
    allowed: /enough for a run of 4 minutes to list a workgroup/,
  },
  {
    what: 'more patterns than fit the function\'s environment',
    props: () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 60 }, (_, i) => `!${'x'.repeat(100)}-${i}`)) }),
    prop: 'workGroups',
    received: '60 patterns that need',
    allowed: /environment \(3500 characters\)/,
  },
  {
    what: 'more patterns than fit the role\'s policies',
    props: () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 160 }, (_, i) => `t${i}-*`)) }),
    prop: 'workGroups',
    received: '160 patterns that need',
    allowed: /inline policies \(9500 characters\)/,
  },
  {
    what: 'the same workgroup by name and by reference',
    props: () => {
      const stack = newStack();
      return { workGroups: named('etl', new CfnWorkGroup(stack, 'Etl', { name: 'etl' }).ref) };
    },
    prop: 'workGroups',
    received: '"etl"',
    allowed: /different/,
  },
  {
    what: 'a name that is not known yet when the monitor is made',
    props: () => ({ workGroups: named(Lazy.string({ produce: () => undefined })) }),
    prop: 'workGroups',
    received: 'a token',
    allowed: /can be resolved when the monitor is made/,
  },
  ...['Default', 'Resource', 'a/b', ''].map((id): BadValue => ({
    what: `the alarm id ${JSON.stringify(id)}`,
    props: () => ({ alarms: [SessionAlarm.degraded({ id })] }),
    prop: 'id of SessionAlarm Degraded',
    received: JSON.stringify(id),
    allowed: /not "Default" or "Resource"/,
  })),
  {
    what: 'an alarm name that is too long with the workgroup',
    props: () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmName: 'a'.repeat(252) })] }),
    prop: 'alarmName',
    received: '256 characters',
    allowed: /at most 255/,
  },
  {
    what: 'an alarm description that is too long with what is appended',
    props: () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmDescription: 'a'.repeat(1020) })] }),
    prop: 'alarmDescription',
    received: 'characters',
    allowed: /at most 1024/,
  },
  {
    what: 'an alarm name that is too long before its token',
    props: () => ({ workGroups: named(Aws.STACK_NAME), alarms: [SessionAlarm.degraded({ alarmName: 'a'.repeat(255) })] }),
    prop: 'alarmName',
    received: 'at least 256 characters',
    allowed: /at most 255/,
  },
  {
    what: 'an alarm description that is too long around its token',
    props: () => ({ workGroups: named(Aws.STACK_NAME), alarms: [SessionAlarm.degraded({ alarmDescription: 'a'.repeat(990), runbookUrl: 'https://example.com/runbook' })] }),
    prop: 'alarmDescription',
    received: 'at least 1040 characters',
    allowed: /at most 1024/,
  },
  {
    what: 'the default threshold 0',
    props: () => ({ alarms: SessionAlarm.defaults({ failedThreshold: 0 }) }),
    prop: 'failedThreshold of SessionAlarm.defaults()',
    received: '0',
    allowed: /whole number from 1/,
  },

  {
    what: 'an interval that is a token',
    props: () => ({ interval: tokenDuration() }),
    prop: 'interval',
    received: 'a token',
    allowed: KNOWN,
  },
  { what: 'a timeout that is a token', props: () => ({ timeout: tokenDuration() }), prop: 'timeout', received: 'a token', allowed: KNOWN },
  {
    what: 'a lookback that is a token',
    props: () => ({ lookback: tokenDuration() }),
    prop: 'lookback',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'a within that is a token',
    props: () => ({ alarms: [SessionAlarm.failed({ within: tokenDuration() })] }),
    prop: 'within',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'an idle duration that is a token',
    props: () => ({ alarms: [SessionAlarm.idleLongerThan(tokenDuration())] }),
    prop: 'idleLongerThan',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'an idle default that is a token',
    props: () => ({ alarms: SessionAlarm.defaults({ idleLongerThan: tokenDuration() }) }),
    prop: 'idleLongerThan',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'a maxSessionDuration that is a token',
    props: () => ({ maxSessionDuration: tokenDuration() }),
    prop: 'maxSessionDuration',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'names that are a token',
    props: () => ({ workGroups: named(...Token.asList({ Ref: 'Names' })) }),
    prop: 'WorkGroupSelection.named()',
    received: 'a token',
    allowed: KNOWN,
  },
];

/** What a caller passes who has no compiler. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

/** Props of a kind that they do not take: what there is in place of it, and what the error says that they take. */
const OF_ANOTHER_KIND: { [prop in keyof AthenaSessionMonitorProps]-?: [Anything, RegExp][] } = {
  workGroups: [['etl', /a selection, such as WorkGroupSelection.named/], [['etl'], /a selection/]],
  interval: [[5, /a Duration, such as/], ['5 minutes', /a Duration/]],
  metricNamespace: [[5, /a text/], [['Mine'], /a text/]],
  alarms: [[SessionAlarm.degraded(), /a list of alarms such as SessionAlarm.failed\(\)/], [['Failed'], /a list of alarms/]],
  healthAlarms: [['false', /true or false/], [0, /true or false/]],
  alarmActions: [[action('alert'), /a list of alarm actions/], [[actionArn('alert')], /a list of alarm actions/]],
  okActions: [[action('alert'), /a list of alarm actions/], [[undefined], /a list of alarm actions/]],
  insufficientDataActions: [[action('alert'), /a list of alarm actions/]],
  runbookUrl: [[5, /a text/]],
  createDashboard: [['false', /true or false/]],
  dashboard: [['my-dashboard', /a construct/]],
  lookback: [[60, /a Duration/]],
  maxSessionDuration: [[24, /a Duration/]],
  countTerminated: [['false', /true or false/], [1, /true or false/]],
  maxRequestsPerSecond: [['4', /a number/]],
  logSessionDetails: [['', /true or false/]],
  logGroup: [['/my/logs', /a construct/]],
  role: [['arn:aws:iam::111111111111:role/mine', /a construct/]],
  architecture: [['arm64', /an Architecture, such as Architecture.ARM_64/]],
  memorySize: [['256', /a number/]],
  timeout: [[240, /a Duration/]],
  tracing: [['active', /a Tracing: Active, PassThrough, Disabled/], [true, /a Tracing/]],
  environmentEncryption: [['alias/mine', /a construct/]],
  deadLetterQueue: [['arn:aws:sqs:us-east-1:111111111111:mine', /a construct/]],
  vpc: [['vpc-1', /a construct/]],
  vpcSubnets: [['private', /a SubnetSelection/]],
  securityGroups: [['sg-1', /a list of security groups/], [['sg-1'], /a list of security groups/]],
};

const OTHER_KINDS = Object.entries(OF_ANOTHER_KIND).flatMap(([prop, values]) => [
  ...values.map(([value, allowed]): BadValue => ({
    what: `${prop} of another kind (${JSON.stringify(value)})`,
    props: () => ({ [prop]: value }),
    prop,
    received: JSON.stringify(value),
    allowed,
  })),
  { what: `${prop} null`, props: (): AthenaSessionMonitorProps => ({ [prop]: null }), prop, received: 'null', allowed: values[0][1] },
]);

/** A bad value that is given to a method. */
interface BadCall extends Omit<BadValue, 'props'> {
  readonly call: (monitor: AthenaSessionMonitor) => unknown;
}

/** Factories of alarms on how long a session has been in a state. */
const LONGER_THAN = ['idleLongerThan', 'creatingLongerThan', 'busyLongerThan', 'terminatingLongerThan'] as const;
/** What is no live state. */
const NO_STATES: Anything[] = ['FAILED', 'TERMINATED', 'idle', '', null, 5];

const BAD_CALLS: BadCall[] = [
  ...LONGER_THAN.flatMap((factory): BadCall[] => [
    [Duration.seconds(0), '0', /a whole number of seconds from 1/],
    [Duration.millis(1500), '1.5', /a whole number of seconds from 1/],
    [tokenDuration(), 'a token', KNOWN],
    [3600, '3600', /a Duration, such as/],
    [NaN, 'NaN', /a Duration, such as/],
    [null, 'null', /a Duration, such as/],
    [undefined, 'undefined', /a Duration, such as/],
  ].map(([duration, received, allowed]: Anything) => ({
    what: `${factory}() of ${received}`,
    call: () => SessionAlarm[factory](duration),
    prop: `duration of SessionAlarm.${factory}()`,
    received,
    allowed,
  }))),
  ...NO_STATES.map((state): BadCall => ({
    what: `sessionsAbove() of the state ${JSON.stringify(state)}`,
    call: () => SessionAlarm.sessionsAbove(state, 1),
    prop: 'state of SessionAlarm.sessionsAbove()',
    received: JSON.stringify(state),
    allowed: /one of CREATING, CREATED, IDLE, BUSY, TERMINATING, DEGRADED$/,
  })),
  ...[-1, 1.5, NaN, Infinity, null, '5', undefined].map((count: Anything): BadCall => ({
    what: `sessionsAbove() of the count ${count}`,
    call: () => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, count),
    prop: 'count of SessionAlarm.sessionsAbove()',
    received: typeof count === 'string' ? '"5"' : `${count}`,
    allowed: /a whole number from 0/,
  })),
  ...[-1, 0, 1.5, NaN, '1', null].map((threshold: Anything): BadCall => ({
    what: `failed() of the threshold ${JSON.stringify(threshold)}`,
    call: () => SessionAlarm.failed({ threshold }),
    prop: 'threshold of SessionAlarm.failed()',
    received: typeof threshold === 'string' ? '"1"' : `${threshold}`,
    allowed: /a whole number from 1/,
  })),
  {
    what: 'failed() within a number',
    call: (monitor) => monitor.addAlarm(SessionAlarm.failed({ id: 'New', within: 30 as Anything })),
    prop: 'within of SessionAlarm New',
    received: '30',
    allowed: /a Duration, such as/,
  },
  ...[0, -1, 1.5, NaN, 37].map((evaluationPeriods): BadCall => ({
    what: `${evaluationPeriods} evaluationPeriods`,
    call: (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', evaluationPeriods })),
    prop: 'evaluationPeriods of SessionAlarm New',
    received: `${evaluationPeriods}`,
    allowed: /a whole number from 1 to 36/,
  })),

  ...['failed', null, undefined, {}].map((alarm: Anything): BadCall => ({
    what: `addAlarm() of ${JSON.stringify(alarm)}`,
    call: (monitor) => monitor.addAlarm(alarm),
    prop: 'alarm of addAlarm()',
    received: `${JSON.stringify(alarm)}`,
    allowed: /an alarm such as SessionAlarm.failed\(\)/,
  })),
  {
    what: 'addAlarm() of an id that there is',
    call: (monitor) => monitor.addAlarm(SessionAlarm.degraded()),
    prop: 'alarms',
    received: '"Degraded"',
    allowed: /of different ids/,
  },
  {
    what: 'an alarm of a name that there is',
    call: (monitor) => ['A', 'B'].map((id) => monitor.addAlarm(SessionAlarm.degraded({ id, alarmName: 'mine' }))),
    prop: 'alarmName',
    received: '"mine"',
    allowed: /different for each alarm/,
  },
  {
    what: 'an alarm of an empty name',
    call: (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', alarmName: '' })),
    prop: 'alarmName',
    received: '0 characters',
    allowed: /at least 1 and at most 255 characters/,
  },
  ...(['alarmActions', 'okActions', 'insufficientDataActions'] as const).flatMap((name): BadCall[] => [
    {
      what: `${name} of an alarm that are no list`,
      call: (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', [name]: action('alert') })),
      prop: name,
      received: '{}',
      allowed: /a list of alarm actions/,
    },
    {
      what: `${name} of a composite alarm that are no list`,
      call: (monitor) => monitor.addCompositeAlarm({ [name]: action('alert') }),
      prop: name,
      received: '{}',
      allowed: /a list of alarm actions/,
    },
  ]),
  ...['Idle ', '', 'constructor', undefined].map((id: Anything): BadCall => ({
    what: `alarmsFor() of ${JSON.stringify(id)}`,
    call: (monitor) => monitor.alarmsFor(id),
    prop: 'id',
    received: `${JSON.stringify(id)}`,
    allowed: /one of the monitor's alarms \(Failed, Idle, Degraded\)/,
  })),
  {
    what: 'a second composite alarm',
    call: (monitor) => [monitor.addCompositeAlarm(), monitor.addCompositeAlarm()],
    prop: 'addCompositeAlarm()',
    received: 'the construct Stack/Sessions/AnythingWrong',
    allowed: /called once/,
  },
  {
    what: 'a composite alarm of an empty name',
    call: (monitor) => monitor.addCompositeAlarm({ alarmName: '' }),
    prop: 'alarmName of addCompositeAlarm()',
    received: '0 characters',
    allowed: /at least 1 and at most 255 characters/,
  },
  {
    what: 'a composite alarm of a long description',
    call: (monitor) => monitor.addCompositeAlarm({ alarmDescription: 'a'.repeat(1024) }),
    prop: 'alarmDescription of addCompositeAlarm()',
    received: 'characters',
    allowed: /at most 1024 characters, with what is appended/,
  },
  {
    what: 'a composite alarm whose runbook has no address',
    call: (monitor) => monitor.addCompositeAlarm({ runbookUrl: 'see the wiki' }),
    prop: 'runbookUrl of addCompositeAlarm()',
    received: '"see the wiki"',
    allowed: /an address without spaces/,
  },
  {
    what: 'queries that are saved twice',
    call: (monitor) => [monitor.addLogsInsightsQueries('a/'), monitor.addLogsInsightsQueries('b/')],
    prop: 'addLogsInsightsQueries()',
    received: 'the construct Stack/Sessions/Queries',
    allowed: /called once/,
  },
  {
    what: 'a prefix for names of queries that is too long',
    call: (monitor) => monitor.addLogsInsightsQueries('a'.repeat(255)),
    prop: 'namePrefix',
    received: '255 characters',
    allowed: /at most \d+ characters, as the names of queries follow it/,
  },

  ...['', 'a b', 'a'.repeat(129), null, undefined, 5, ['etl']].map((workGroup: Anything): BadCall => ({
    what: `a metric of the workgroup ${JSON.stringify(workGroup)}`,
    call: (monitor) => monitor.metricIdleTime(workGroup),
    prop: 'workGroup of metric IdleTime',
    received: `${JSON.stringify(workGroup)}`,
    allowed: /the name of a workgroup/,
  })),
  ...['etl', '', null].map((workGroup: Anything): BadCall => ({
    what: `a metric of the run with the workgroup ${JSON.stringify(workGroup)}`,
    call: (monitor) => monitor.metric('ApiCalls', { workGroup }),
    prop: 'workGroup of metric ApiCalls',
    received: JSON.stringify(workGroup),
    allowed: /left out: the metric is about the run/,
  })),
  ...['', null, 5, 'Sum', 'n'].map((statistic: Anything): BadCall => ({
    what: `a metric of the statistic ${JSON.stringify(statistic)}`,
    call: (monitor) => monitor.metricApiCalls({ statistic }),
    prop: 'statistic of metric ApiCalls',
    received: JSON.stringify(statistic),
    allowed: /such as Maximum or a percentile/,
  })),
  ...[300, null].map((period: Anything): BadCall => ({
    what: `a metric of the period ${period}`,
    call: (monitor) => monitor.metricApiCalls({ period }),
    prop: 'period of metric ApiCalls',
    received: `${period}`,
    allowed: /a Duration, such as/,
  })),
  {
    what: 'a metric of a period that is a token',
    call: (monitor) => monitor.metricIdleTime('etl', { period: tokenDuration() }),
    prop: 'period of metric IdleTime',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'a metric of a name that there is not',
    call: (monitor) => monitor.metric('toString'),
    prop: 'metricName',
    received: '"toString"',
    allowed: /one of CreatingSessions, /,
  },

  ...['etl', null, undefined, {}].map((workGroup: Anything): BadCall => ({
    what: `fromWorkGroups() of ${JSON.stringify(workGroup)}`,
    call: () => WorkGroupSelection.fromWorkGroups(workGroup),
    prop: 'each element of WorkGroupSelection.fromWorkGroups()',
    received: `${JSON.stringify(workGroup)}`,
    allowed: /a reference to a workgroup, such as a CfnWorkGroup; names are for WorkGroupSelection.named\(\)/,
  })),
  {
    what: 'named() of a reference',
    call: () => named(new CfnWorkGroup(newStack(), 'Etl', { name: 'etl' }) as Anything),
    prop: 'each element of WorkGroupSelection.named()',
    received: '"the construct Stack/Etl"',
    allowed: /1 to 128/,
  },
  ...(['named', 'matching'] as const).flatMap((factory) => [['a', 'b'], null, undefined, 5].map((element: Anything): BadCall => ({
    what: `${factory}() of ${JSON.stringify(element)}`,
    call: () => WorkGroupSelection[factory](element),
    prop: `each element of WorkGroupSelection.${factory}()`,
    received: `${JSON.stringify(element)}`,
    allowed: /1 to 128/,
  }))),
];

/** Fails unless the text names the prop, what was received and what is allowed, in the way of all others. */
function expectText(message: string, { prop, received, allowed }: Pick<BadValue, 'prop' | 'received' | 'allowed'>): void {
  const [, allowedPart, receivedPart] = /^(.*), received (.*)$/s.exec(message)!;
  expect(allowedPart).toContain(prop);
  expect(allowedPart).toMatch(allowed);
  expect(receivedPart).toContain(received);
  expect(message).toMatch(/^(\[Stack\/Sessions[^\]]*\] )?(WorkGroupSelection|[a-z])/);
  expect(message).not.toMatch(/\.$/);
  expect(message).not.toMatch(/\$\{Token|#\{Token|e\+289/);
}

describe('an error names the prop, what was received and what is allowed', () => {
  test.each([...BAD_VALUES, ...OTHER_KINDS])('for $what', ({ props, ...text }) => {
    expectText(errorOf(() => newMonitor(props())), text);
  });

  test.each(BAD_CALLS)('for $what', ({ call, ...text }) => {
    const monitor = newMonitor();
    expectText(errorOf(() => call(monitor)), text);
  });
});

describe('what is elsewhere', () => {
  const [HERE, THERE] = [['111111111111', 'eu-west-1'], ['222222222222', 'us-east-1']];
  const ELSEWHERE: [string, RegExp, (stack: Stack, account: string, region: string) => AthenaSessionMonitorProps][] = [
    ['logGroup', /the region of .*Mine must be the monitor's, eu-west-1, received "us-east-1"/, (stack, _, region) => ({
      logGroup: LogGroup.fromLogGroupArn(stack, 'Mine', `arn:aws:logs:${region}:${HERE[0]}:log-group:mine:*`),
    })],
    ['logGroup', /the account of .*Mine must be the monitor's, 111111111111, received "222222222222"/, (stack, account) => ({
      logGroup: LogGroup.fromLogGroupArn(stack, 'Mine', `arn:aws:logs:${HERE[1]}:${account}:log-group:mine:*`),
    })],
    ['role', /the account of .*Mine must be the monitor's, 111111111111, received "222222222222"/, (stack, account) => ({
      role: Role.fromRoleArn(stack, 'Mine', `arn:aws:iam::${account}:role/mine`),
    })],
    ['environmentEncryption', /the region of .*Mine must be the monitor's, eu-west-1, received "us-east-1"/, (stack, account, region) => ({
      environmentEncryption: Key.fromKeyArn(stack, 'Mine', `arn:aws:kms:${region}:${account}:key/mine`),
    })],
    ['deadLetterQueue', /the region of .*Mine must be the monitor's, eu-west-1, received "us-east-1"/, (stack, account, region) => ({
      deadLetterQueue: Queue.fromQueueArn(stack, 'Mine', `arn:aws:sqs:${region}:${account}:mine`),
    })],
    ['vpc', /the region of .*Mine must be the monitor's, eu-west-1, received "us-east-1"/, (stack, _, region) => ({
      vpc: Vpc.fromVpcAttributes(stack, 'Mine', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'], region }),
    })],
  ];

  test.each(ELSEWHERE)('is refused: %s', (prop, text, props) => {
    const stack = newStack({ env: { account: HERE[0], region: HERE[1] } });
    expectError(() => newMonitor(props(stack, THERE[0], THERE[1]), stack), `[Stack/Sessions] ${prop}: `, text);
  });

  test.each(ELSEWHERE)('is taken where it is here, or nobody knows where here is: %s', (_, __, props) => {
    const stack = newStack({ env: { account: HERE[0], region: HERE[1] } });
    expect(() => newMonitor(props(stack, HERE[0], HERE[1]), stack)).not.toThrow();
    const anywhere = newStack();
    expect(() => newMonitor(props(anywhere, THERE[0], THERE[1]), anywhere)).not.toThrow();
  });
});

describe('what is at the bounds is fine', () => {
  type GoodValue = [string, () => AthenaSessionMonitorProps];
  const GOOD_VALUES: GoodValue[] = [
    ...INTERVALS.map((minutes): GoodValue => [`an interval of ${minutes} minutes`, () => ({ interval: Duration.minutes(minutes) })]),
    ...['AWS', 'AWSome/Sessions', 'Mine/AWS/Athena', 'a'.repeat(255), 'A-z_0.9/#:'].map((metricNamespace): GoodValue => (
      [`the namespace ${metricNamespace.slice(0, 20)}`, () => ({ metricNamespace })])),
    ['a timeout just under the interval', () => ({ timeout: Duration.seconds(299) })],
    ['a timeout of 15 minutes', () => ({ timeout: Duration.minutes(15), interval: Duration.minutes(20) })],
    ['a lookback of three intervals', () => ({ lookback: Duration.minutes(15), alarms: [] })],
    ['a lookback of 7 days', () => ({ lookback: Duration.days(7) })],
    ['a lookback of the largest within', () => ({ lookback: Duration.minutes(30) })],
    ['less than one request per second', () => ({ maxRequestsPerSecond: 0.5 })],
    ['a runbook of this machine', () => ({ runbookUrl: 'file:///runbook.html' })],
    ['a maxSessionDuration of days', () => ({ maxSessionDuration: Duration.days(30) })],
  ];

  test.each(GOOD_VALUES)('%s', (_, props) => {
    expect(() => newMonitor(props())).not.toThrow();
  });
});

describe('tokens are let through', () => {
  test('as metricNamespace', () => {
    const stack = newStack();
    const monitor = newMonitor({ metricNamespace: new CfnParameter(stack, 'Namespace').valueAsString, workGroups: named('etl') }, stack);
    expect(environmentOf(monitor).METRIC_NAMESPACE).toEqual({ Ref: 'Namespace' });
    const alarms = alarmsOf(monitor);
    const namespaces = Object.values(alarms).map(({ Namespace, Metrics }) => Namespace ?? Metrics.at(-1).MetricStat.Metric.Namespace);
    expect(new Set(namespaces.map(({ Ref }) => Ref))).toEqual(new Set(['Namespace']));
  });

  test('as maxRequestsPerSecond', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Rate', { type: 'Number' });
    const monitor = newMonitor({ maxRequestsPerSecond: valueAsNumber, workGroups: named('etl') }, stack);
    expect(environmentOf(monitor).MAX_REQUESTS_PER_SECOND).toEqual({ Ref: 'Rate' });
  });

  test('as maxRequestsPerSecond that is made late', () => {
    const monitor = newMonitor({ maxRequestsPerSecond: Lazy.number({ produce: () => 3 }) });
    expect(environmentOf(monitor).MAX_REQUESTS_PER_SECOND).toBe('3');
  });

  test('as memorySize', () => {
    const stack = newStack();
    const monitor = newMonitor({ memorySize: new CfnParameter(stack, 'Memory', { type: 'Number' }).valueAsNumber }, stack);
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').MemorySize).toEqual({ Ref: 'Memory' });
  });

  test('as runbookUrl', () => {
    const stack = newStack();
    const monitor = newMonitor({ runbookUrl: new CfnParameter(stack, 'Runbook').valueAsString }, stack);
    expect(textOf(alarmsOf(monitor)['Alarms/Idle/Found'].AlarmDescription)).toContain('<Runbook>#idle');
  });
});

describe('tokens are let through by methods', () => {
  const NAME = () => Lazy.string({ produce: () => 'late' });
  const resolved = (monitor: AthenaSessionMonitor, value: unknown) => Stack.of(monitor).resolve(value);

  test('as workgroup of a metric', () => {
    const monitor = newMonitor();
    expect(resolved(monitor, monitor.metricIdleTime(NAME()).dimensions)).toEqual({ WorkGroup: 'late' });
  });

  test('as name and runbook of a composite alarm', () => {
    const monitor = newMonitor();
    const composite = monitor.addCompositeAlarm({ alarmName: NAME(), runbookUrl: NAME() }).node.defaultChild as CfnCompositeAlarm;
    expect(resolved(monitor, composite.alarmName)).toBe('late');
    expect(resolved(monitor, composite.alarmDescription)).toMatch(/Runbook: late$/);
  });

  test('as what names of queries begin with', () => {
    const monitor = newMonitor();
    expect(resolved(monitor, monitor.addLogsInsightsQueries(NAME())[0].name)).toMatch(/^late[A-Z]/);
  });
});

describe('two monitors', () => {
  const ALL = () => WorkGroupSelection.all();
  const MATCHING = () => WorkGroupSelection.matching('etl-*');
  const NAMED = () => named('etl', 'adhoc');
  const OVERLAPPING = () => named('adhoc', 'other');
  const DISJOINT = () => named('other');

  function monitors(scopes: Construct | [Construct, Construct], one: AthenaSessionMonitorProps, two: AthenaSessionMonitorProps): () => void {
    const [first, second] = Array.isArray(scopes) ? scopes : [scopes, scopes];
    return () => {
      new AthenaSessionMonitor(first, 'One', one);
      new AthenaSessionMonitor(second, 'Two', two);
    };
  }

  describe('of one stack and one namespace', () => {
    test.each([
      ['all and all', ALL, ALL],
      ['all and matching', ALL, MATCHING],
      ['matching and matching', MATCHING, MATCHING],
      ['all and named', ALL, NAMED],
      ['named and matching', NAMED, MATCHING],
      ['named and named that overlap', NAMED, OVERLAPPING],
      ['named twice', NAMED, NAMED],
    ])('fight over it: %s', (_, one, two) => {
      expectError(monitors(newStack(), { workGroups: one() }, { workGroups: two() }),
        'Stack/One', 'Stack/Two', /metricNamespace must/, 'set metricNamespace', '"AthenaSessions"');
      expectError(monitors(newStack(), { workGroups: one(), metricNamespace: 'Mine' }, { workGroups: two(), metricNamespace: 'Mine' }),
        'set metricNamespace', '"Mine"');
    });

    test('do not fight where they are named and no workgroup is in both', () => {
      expect(monitors(newStack(), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('fight where they are of one reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('do not fight where they are of different references', () => {
      const stack = newStack();
      const [one, two] = ['Etl', 'Adhoc'].map((id) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, id, { name: id })));
      expect(monitors(stack, { workGroups: one }, { workGroups: two })).not.toThrow();
    });

    test('fight where one is of the name and the other of an imported reference to it', () => {
      const stack = newStack();
      const imported = WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Imported', 'etl'));
      expectError(monitors(stack, { workGroups: imported }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('fight where one is of the name and the other of the workgroup of that name', () => {
      const stack = newStack();
      const reference = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: reference }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('a monitor that could not be made is no hindrance to the next', () => {
      const stack = newStack();
      expect(() => new AthenaSessionMonitor(stack, 'Broken', { interval: Duration.minutes(7) })).toThrow('interval must');
      expect(() => new AthenaSessionMonitor(stack, 'Sound')).not.toThrow();
    });

    test('fight where the namespace is the same token', () => {
      const stack = newStack();
      const metricNamespace = new CfnParameter(stack, 'Namespace').valueAsString;
      expectError(monitors(stack, { metricNamespace }, { metricNamespace }), 'set metricNamespace');
    });

    test('fight wherever in the stack they are', () => {
      const stack = newStack();
      expectError(monitors([new Construct(new Construct(stack, 'A'), 'B'), new Construct(stack, 'C')], {}, {}), 'Stack/A/B/One', 'Stack/C/Two');
    });

    test.each([
      ['the stack and one that is nested in it', (stack: Stack): [Construct, Construct] => [stack, new NestedStack(stack, 'Nested')]],
      ['a nested stack and its parent', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'Nested'), stack]],
      ['nested stacks', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'A'), new NestedStack(new NestedStack(stack, 'B'), 'C')]],
    ])('fight across %s', (_, scopes) => {
      expectError(monitors(scopes(newStack()), {}, {}), 'set metricNamespace');
      expectError(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: OVERLAPPING() }), 'set metricNamespace');
      expect(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('fight across nested stacks where they are of one reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors([stack, new NestedStack(stack, 'Nested')], { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('do not fight across nested stacks that have each a workgroup of one logical id', () => {
      const stack = newStack();
      const teams = ['A', 'B'].map((id) => new NestedStack(stack, id));
      const [one, two] = teams.map((team) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(team, 'Etl', { name: team.node.id })));
      expect(monitors([teams[0], teams[1]], { workGroups: one }, { workGroups: two })).not.toThrow();
    });
  });

  test('of one stack cannot have alarms of one name', () => {
    const found = (metricNamespace: string) => ({ metricNamespace, alarms: [SessionAlarm.degraded({ alarmName: 'mine' })] });
    expectError(monitors(newStack(), found('A'), found('B')), '[Stack/Two] alarmName must be different for each alarm, received "mine"');
    const nested = (stack: Stack): [Construct, Construct] => [stack, new NestedStack(stack, 'Nested')];
    expectError(monitors(nested(newStack()), found('A'), found('B')), 'alarmName must be different');
    // The workgroup is appended, and stacks may be of different regions.
    expect(monitors(newStack(), { ...found('A'), workGroups: NAMED() }, { ...found('A'), workGroups: DISJOINT() })).not.toThrow();
    const app = newApp();
    expect(monitors([new Stack(app, 'A'), new Stack(app, 'B')], found('A'), found('A'))).not.toThrow();
  });

  test.each([
    ['all and all', ALL, ALL],
    ['named twice', NAMED, NAMED],
    ['all and named', ALL, NAMED],
  ])('of different namespaces do not fight: %s', (_, one, two) => {
    expect(monitors(newStack(), { workGroups: one() }, { workGroups: two(), metricNamespace: 'Other' })).not.toThrow();
  });

  test('of different namespaces that are tokens do not fight', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map((id) => ({ metricNamespace: new CfnParameter(stack, `${id}Namespace`).valueAsString }));
    expect(monitors(stack, one, two)).not.toThrow();
  });

  test('of separate stacks of one app do not fight, as they may be of different regions', () => {
    const app = newApp();
    expect(monitors([new Stack(app, 'A'), new Stack(app, 'B')], {}, {})).not.toThrow();
  });

  test.each([
    ['the outer first', (outer: Stack, inner: Stack): [Construct, Construct] => [outer, inner]],
    ['the inner first', (outer: Stack, inner: Stack): [Construct, Construct] => [inner, outer]],
  ])('of separate stacks, one in the scope of the other but not nested, do not fight: %s', (_, scopes) => {
    const outer = new Stack(newApp(), 'Outer', { env: { region: 'eu-west-1', account: '111111111111' } });
    const inner = new Stack(outer, 'Inner', { env: { region: 'us-east-1', account: '111111111111' } });
    expect(monitors(scopes(outer, inner), {}, {})).not.toThrow();
  });
});
