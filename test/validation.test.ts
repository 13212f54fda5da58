import { Aws, CfnParameter, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { type CfnCompositeAlarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type CfnQueryDefinition, LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../src';
import {
  action, actionArn, alarmsOf, environmentOf, errorOf, expectError, INTERVALS, newMonitor, newStack, propertiesOf, textOf, tokenDuration,
} from './support/synthesis';

/** What the error has to say: the name of the prop, what was received, and what is allowed. */
type ErrorText = [prop: string, received: string, allowed: RegExp];
/** A bad value of a prop. */
type BadValue = [what: string, ...ErrorText, props: () => AthenaSessionMonitorProps];
/** A bad argument of a method. */
type BadCall = [what: string, ...ErrorText, call: (monitor: AthenaSessionMonitor) => unknown];

const DIVIDES_AN_HOUR = /divides an hour \(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60\)/;
const KNOWN = /known at synth/;
const named = (...names: string[]) => WorkGroupSelection.named(...names);

const BAD_VALUES: BadValue[] = [
  ...[7, 8, 9, 11, 25, 45, 59, 61, 90, 120, 1440].map((minutes): BadValue => [
    `an interval of ${minutes} minutes`, 'interval', Duration.minutes(minutes).toHumanString(), DIVIDES_AN_HOUR,
    () => ({ interval: Duration.minutes(minutes) }),
  ]),
  ['an interval of nothing', 'interval', '0 minutes', DIVIDES_AN_HOUR, () => ({ interval: Duration.minutes(0) })],
  ['an interval of seconds', 'interval', '30 seconds', DIVIDES_AN_HOUR, () => ({ interval: Duration.seconds(30) })],
  ['an interval of a minute and a half', 'interval', '1 minute 30 seconds', DIVIDES_AN_HOUR, () => ({ interval: Duration.seconds(90) })],
  ['an interval of milliseconds', 'interval', '500 millis', DIVIDES_AN_HOUR, () => ({ interval: Duration.millis(500) })],

  ...['AWS/Athena', 'AWS/', 'AWS/AthenaSessions/x'].map((metricNamespace): BadValue => [
    `the namespace ${metricNamespace}`, 'metricNamespace', JSON.stringify(metricNamespace), /AWS\//,
    () => ({ metricNamespace }),
  ]),
  ...['', ' ', 'a'.repeat(256), 'a"b', 'größe', ':mine', 'a\nb'].map((metricNamespace): BadValue => [
    `the malformed namespace ${JSON.stringify(metricNamespace).slice(0, 20)}`, 'metricNamespace', JSON.stringify(metricNamespace), /1 to 255 of a-z, A-Z, 0-9/,
    () => ({ metricNamespace }),
  ]),

  ['no name at all', 'WorkGroupSelection.named()', '[]', /at least one/, () => ({ workGroups: named() })],
  ['an empty name', 'WorkGroupSelection.named()', '""', /1 to 128/, () => ({ workGroups: named('') })],
  ['a malformed name', 'WorkGroupSelection.named()', '"a b"', /1 to 128/, () => ({ workGroups: named('a b') })],
  ['a duplicate name', 'workGroups', '"etl"', /different/, () => ({ workGroups: named('etl', 'etl') })],
  ['no pattern at all', 'WorkGroupSelection.matching()', '[]', /at least one/, () => ({ workGroups: WorkGroupSelection.matching() })],
  ['no reference at all', 'WorkGroupSelection.fromWorkGroups()', '[]', /at least one/, () => ({ workGroups: WorkGroupSelection.fromWorkGroups() })],
  ['more names than a run can list', 'workGroups', '5', /at most 4 named workgroups/,
    () => ({ workGroups: named('a', 'b', 'c', 'd', 'e'), maxRequestsPerSecond: 0.1 })],

  ['a timeout of the interval', 'timeout', '5 minutes', /less than the interval of 5 minutes/, () => ({ timeout: Duration.minutes(5) })],
  ['a timeout over the interval', 'timeout', '6 minutes', /less than the interval of 5 minutes/, () => ({ timeout: Duration.minutes(6) })],
  ['a timeout over what Lambda takes', 'timeout', '15 minutes 1 second', /15 minutes/,
    () => ({ timeout: Duration.seconds(901), interval: Duration.hours(1) })],
  ['a timeout of nothing', 'timeout', '0 seconds', /from \d+ seconds/, () => ({ timeout: Duration.seconds(0) })],
  ['a timeout that leaves no time for calls', 'timeout', '5 seconds', /from \d+ seconds/, () => ({ timeout: Duration.seconds(5) })],
  ['a timeout of parts of seconds', 'timeout', '1 minute 500 millis', /whole number of seconds/, () => ({ timeout: Duration.millis(60_500) })],

  ['a lookback that is no whole number of intervals', 'lookback', '1 hour 1 minute', /whole number of intervals of 5 minutes/,
    () => ({ lookback: Duration.minutes(61) })],
  ['a lookback of parts of minutes', 'lookback', '1 hour 1 second', /whole number of intervals/, () => ({ lookback: Duration.seconds(3601) })],
  ['a lookback of two intervals', 'lookback', '10 minutes', /at least 3/, () => ({ lookback: Duration.minutes(10), alarms: [] })],
  ['a lookback of nothing', 'lookback', '0 minutes', /at least 3/, () => ({ lookback: Duration.minutes(0), alarms: [] })],
  ['a lookback under the largest holdFor', 'lookback', '25 minutes', /holdFor.*30 minutes/, () => ({ lookback: Duration.minutes(25) })],
  ['a lookback of weeks', 'lookback', '8 days', /at most 7 days/, () => ({ lookback: Duration.days(8) })],

  ['a holdFor that is no whole number of intervals', 'holdFor', '32 minutes', /whole number of intervals of 5 minutes/,
    () => ({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(32) })] })],
  ['a holdFor of two intervals', 'holdFor', '10 minutes', /at least 3/, () => ({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(10) })] })],
  ['a holdFor over 3 hours for found workgroups', 'holdFor', '3 hours 5 minutes', /at most 3 hours/,
    () => ({ alarms: [SessionAlarm.failed({ holdFor: Duration.minutes(185) })] })],
  ['a holdFor over 24 hours for named workgroups', 'holdFor', '1 day 1 hour', /at most (24 hours|1 day)/,
    () => ({ alarms: [SessionAlarm.failed({ holdFor: Duration.hours(25) })], workGroups: named('etl') })],
  ['two alarms of one id', 'alarms', '"Degraded"', /different ids.*id/, () => ({ alarms: [SessionAlarm.degraded(), SessionAlarm.degraded()] })],
  ['the threshold 0', 'threshold', '0', /a whole number, at least 1/, () => ({ alarms: [SessionAlarm.failed({ threshold: 0 })] })],
  ['an idle duration of nothing', 'idleLongerThan', '0', /whole number of seconds, at least 1/,
    () => ({ alarms: [SessionAlarm.idleLongerThan(Duration.minutes(0))] })],
  ['more points than periods', 'datapointsToAlarm', '3', /from 1 to 2/,
    () => ({ alarms: [SessionAlarm.degraded({ evaluationPeriods: 2, datapointsToAlarm: 3 })] })],

  ...[0, -1, NaN, Infinity].map((maxRequestsPerSecond): BadValue => [
    `maxRequestsPerSecond ${maxRequestsPerSecond}`, 'maxRequestsPerSecond', `${maxRequestsPerSecond}`, /positive/,
    () => ({ maxRequestsPerSecond }),
  ]),
  ...[1, 0, -4, 2.5, NaN, Infinity].map((dpuQuota): BadValue => [
    `dpuQuota ${dpuQuota}`, 'dpuQuota', `${dpuQuota}`, /a whole number of DPUs, at least 2/,
    () => ({ dpuQuota }),
  ]),
  ['a dpuQuota that is a token', 'dpuQuota', 'a token', KNOWN, () => ({ dpuQuota: Lazy.number({ produce: () => 4 }) })],
  ...[0, -0.35, NaN, Infinity].map((dpuHourPrice): BadValue => [
    `dpuHourPrice ${dpuHourPrice}`, 'dpuHourPrice', `${dpuHourPrice}`, /a number of US dollars from 0.0001 to 1000/,
    () => ({ dpuHourPrice }),
  ]),
  ...[TreatMissingData.IGNORE, TreatMissingData.MISSING, TreatMissingData.BREACHING].map((treatMissingData): BadValue => [
    `${treatMissingData} missing data of quiet workgroups`, 'treatMissingData of the alarm Degraded', `"${treatMissingData}"; set zerosWhenQuiet: true`,
    /must be notBreaching, as quiet workgroups have no datapoints/,
    () => ({ alarms: [SessionAlarm.degraded({ treatMissingData })] }),
  ]),
  ...['', 'see the wiki', 'https://example.com/\n', 'https://example.com/runbook#alarms'].map((runbookUrl): BadValue => [
    `the runbook ${JSON.stringify(runbookUrl)}`, 'runbookUrl', JSON.stringify(runbookUrl), /an address without spaces/,
    () => ({ runbookUrl, alarms: [], healthAlarms: [], createDashboard: false }),
  ]),
  ['subnets without a VPC', 'vpcSubnets', '{"subnetType":"Private"}; set vpc', /omitted without vpc/,
    () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } })],
  ['security groups without a VPC', 'securityGroups', '[]; set vpc', /omitted without vpc/, () => ({ securityGroups: [] })],
  ['public subnets allowed without a VPC', 'allowPublicSubnet', 'true; set vpc', /omitted without vpc/, () => ({ allowPublicSubnet: true })],
  ['a selection of no subnets', 'vpcSubnets', '{"availabilityZones":["none"]}', /a selection of at least one subnet of Stack\/Vpc/,
    () => ({ vpc: new Vpc(newStack(), 'Vpc'), vpcSubnets: { availabilityZones: ['none'] } })],
  ...Object.entries({
    'a FIFO queue': () => new Queue(newStack(), 'Queue', { fifo: true }),
    'an imported FIFO queue': () => Queue.fromQueueArn(newStack(), 'Queue', 'arn:aws:sqs:us-east-1:111111111111:mine.fifo'),
  }).map(([what, queue]): BadValue => [
    what, 'deadLetterQueue', 'the construct Stack/Queue', /a standard queue/,
    () => ({ deadLetterQueue: queue() }),
  ]),
  ['a maxSessionDuration of nothing', 'maxSessionDuration', '0 minutes', /at least 1/, () => ({ maxSessionDuration: Duration.minutes(0) })],
  ['a maxSessionDuration of parts of minutes', 'maxSessionDuration', '1 minute 30 seconds', /whole number of minutes/,
    () => ({ maxSessionDuration: Duration.seconds(90) })],
  ['a log group of another class', 'logGroup', '"INFREQUENT_ACCESS"', /STANDARD/,
    () => ({ logGroup: new LogGroup(newStack(), 'Logs', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }) })],

  ...[0, 127, 10_241, 1.5].map((memorySize): BadValue => [
    `memorySize ${memorySize}`, 'memorySize', `${memorySize}`, /whole number of MB from 128 to 10240/,
    () => ({ memorySize }),
  ]),
  ['a rate at which no run can list a workgroup', 'maxRequestsPerSecond', '0.001', /enough for a run of 4 minutes to list a workgroup/,
    () => ({ maxRequestsPerSecond: 0.001 })],
  ['more patterns than fit the function\'s environment', 'workGroups', '60; these need', /environment \(3500 characters\)/,
    () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 60 }, (_, i) => `!${'x'.repeat(100)}-${i}`)) })],
  ['more patterns than fit the role\'s policies', 'workGroups', '160; these need', /inline policies \(9500 characters\)/,
    () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 160 }, (_, i) => `t${i}-*`)) })],
  ['the same workgroup by name and by reference', 'workGroups', '"etl"', /different/,
    () => {
      const stack = newStack();
      return { workGroups: named('etl', new CfnWorkGroup(stack, 'Etl', { name: 'etl' }).ref) };
    }],
  ['a name that is not known yet when the monitor is made', 'workGroups', 'a token', /can be resolved when the monitor is created/,
    () => ({ workGroups: named(Lazy.string({ produce: () => undefined })) })],
  ...['a-b', 'Heartbeat', 'a/b', ''].map((id): BadValue => [
    `the alarm id ${JSON.stringify(id)}`, 'id of SessionAlarm Degraded', JSON.stringify(id), /1 to 64 of A-Z, a-z and 0-9, and none of Heartbeat/,
    () => ({ alarms: [SessionAlarm.degraded({ id })] }),
  ]),
  ['an alarm name that is too long with the workgroup', 'alarmName', '256 characters', /at most 255/,
    () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmName: 'a'.repeat(252) })] })],
  ['an alarm description that is too long with what is appended', 'alarmDescription', 'characters', /at most 1024/,
    () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmDescription: 'a'.repeat(1020) })] })],
  ['an alarm name that is too long before its token', 'alarmName', 'at least 256 characters', /at most 255/,
    () => ({ workGroups: named(Aws.STACK_NAME), alarms: [SessionAlarm.degraded({ alarmName: 'a'.repeat(255) })] })],
  ['an alarm description that is too long around its token', 'alarmDescription', 'at least 1040 characters', /at most 1024/,
    () => ({ workGroups: named(Aws.STACK_NAME), alarms: [SessionAlarm.degraded({ alarmDescription: 'a'.repeat(990), runbookUrl: 'https://example.com/runbook' })] })],
  ['the default threshold 0', 'failedThreshold of SessionAlarm.defaults()', '0', /whole number, at least 1/,
    () => ({ alarms: SessionAlarm.defaults({ failedThreshold: 0 }) })],

  ['an interval that is a token', 'interval', 'a token', KNOWN, () => ({ interval: tokenDuration() })],
  ['a timeout that is a token', 'timeout', 'a token', KNOWN, () => ({ timeout: tokenDuration() })],
  ['a lookback that is a token', 'lookback', 'a token', KNOWN, () => ({ lookback: tokenDuration() })],
  ['a holdFor that is a token', 'holdFor', 'a token', KNOWN, () => ({ alarms: [SessionAlarm.failed({ holdFor: tokenDuration() })] })],
  ['an idle duration that is a token', 'idleLongerThan', 'a token', KNOWN, () => ({ alarms: [SessionAlarm.idleLongerThan(tokenDuration())] })],
  ['an idle default that is a token', 'idleLongerThan', 'a token', KNOWN,
    () => ({ alarms: SessionAlarm.defaults({ idleLongerThan: tokenDuration() }) })],
  ['a maxSessionDuration that is a token', 'maxSessionDuration', 'a token', KNOWN, () => ({ maxSessionDuration: tokenDuration() })],
  ['names that are a token', 'WorkGroupSelection.named()', 'a token', KNOWN, () => ({ workGroups: named(...Token.asList({ Ref: 'Names' })) })],
];

/** What a caller passes who has no compiler. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Anything = any;

/** Props of a kind that they do not take: what there is in place of it, and what the error says that they take. */
const VALUES_OF_WRONG_TYPE: { [prop in keyof AthenaSessionMonitorProps]-?: [Anything, RegExp][] } = {
  workGroups: [['etl', /a selection, such as WorkGroupSelection.named/], [['etl'], /a selection/]],
  interval: [[5, /a Duration, such as/], ['5 minutes', /a Duration/]],
  metricNamespace: [[5, /a string/], [['Mine'], /a string/]],
  alarms: [[SessionAlarm.degraded(), /a list of alarms, such as SessionAlarm.failed\(\)/], [['Failed'], /a list of alarms/]],
  healthAlarms: [
    [true, /a list of health alarms, such as HealthAlarm.defaults\(\); an empty list creates none/], [false, /a list of health alarms/],
    [HealthAlarm.listing(), /a list of health alarms/], [[SessionAlarm.degraded()], /a list of health alarms/],
  ],
  alarmNamePrefix: [[5, /a string/]],
  alarmActions: [[action('alert'), /a list of alarm actions/], [[actionArn('alert')], /a list of alarm actions/]],
  okActions: [[action('alert'), /a list of alarm actions/], [[undefined], /a list of alarm actions/]],
  insufficientDataActions: [[action('alert'), /a list of alarm actions/]],
  runbookUrl: [[5, /a string/]],
  createDashboard: [['false', /true or false/]],
  dashboard: [['my-dashboard', /a dashboard, such as/]],
  dashboardName: [[5, /a string/]],
  lookback: [[60, /a Duration/]],
  maxSessionDuration: [[24, /a Duration/]],
  countTerminated: [['false', /true or false/], [1, /true or false/]],
  zerosWhenQuiet: [['true', /true or false/], [0, /true or false/]],
  dpuQuota: [['4', /a number/], [[4], /a number/]],
  dpuHourPrice: [['0.35', /a number/], ['$0.35', /a number/]],
  eventBus: [['default', /an event bus, such as/], ['arn:aws:events:us-east-1:111111111111:event-bus/mine', /an event bus, such as/]],
  ownerTags: [['Owner', /a list of tag keys, such as \['Owner'\]/], [[5], /a list of tag keys/]],
  maxRequestsPerSecond: [['4', /a number/]],
  logSessionDetails: [['', /true or false/]],
  logGroup: [['/my/logs', /a log group, such as/]],
  role: [['arn:aws:iam::111111111111:role/mine', /a role, such as/]],
  architecture: [['arm64', /an Architecture, such as Architecture.ARM_64/]],
  memorySize: [['256', /a number/]],
  timeout: [[240, /a Duration/]],
  tracing: [['active', /a Tracing: Active, PassThrough, Disabled/], [true, /a Tracing/]],
  environmentEncryption: [['alias/mine', /a key, such as/]],
  deadLetterQueue: [['arn:aws:sqs:us-east-1:111111111111:mine', /a queue, such as/]],
  vpc: [['vpc-1', /a VPC, such as/]],
  allowPublicSubnet: [['true', /true or false/]],
  vpcSubnets: [['private', /a SubnetSelection/]],
  securityGroups: [['sg-1', /a list of security groups/], [['sg-1'], /a list of security groups/]],
};

const WRONG_TYPES = Object.entries(VALUES_OF_WRONG_TYPE).flatMap(([prop, values]) => (
  [...values, [null, values[0][1]] as const].map(([value, allowed]): BadValue => [
    `${prop} of another kind (${JSON.stringify(value)})`, prop, '', allowed, () => ({ [prop]: value }),
  ])));

/** Factories of alarms on how long something about a session has lasted. */
const LONGER_THAN = ['idleLongerThan', 'creatingLongerThan', 'busyLongerThan', 'terminatingLongerThan', 'olderThan'] as const;
/** Values that are not live states. */
const INVALID_STATES: Anything[] = ['FAILED', 'TERMINATED', 'idle', '', null, 5];

const BAD_CALLS: BadCall[] = [
  ...LONGER_THAN.flatMap((factory): BadCall[] => [
    [Duration.seconds(0), '0', /a whole number of seconds, at least 1/],
    [Duration.millis(1500), '1.5', /a whole number of seconds, at least 1/],
    [tokenDuration(), 'a token', KNOWN],
    [3600, '3600', /a Duration, such as/],
    [NaN, 'NaN', /a Duration, such as/],
    [null, 'null', /a Duration, such as/],
    [undefined, 'undefined', /a Duration, such as/],
  ].map(([duration, received, allowed]: Anything) => [
    `${factory}() of ${received}`, `duration of SessionAlarm.${factory}()`, received, allowed,
    () => SessionAlarm[factory](duration),
  ])),
  ...INVALID_STATES.map((state): BadCall => [
    `sessionsAbove() of the state ${JSON.stringify(state)}`, 'state of SessionAlarm.sessionsAbove()', JSON.stringify(state), /one of CREATING, CREATED, IDLE, BUSY, TERMINATING, DEGRADED$/,
    () => SessionAlarm.sessionsAbove(state, 1),
  ]),
  ...[-1, 1.5, NaN, Infinity, null, '5', undefined].map((count: Anything): BadCall => [
    `sessionsAbove() of the count ${count}`, 'count of SessionAlarm.sessionsAbove()', typeof count === 'string' ? '"5"' : `${count}`, /a whole number, at least 0/,
    () => SessionAlarm.sessionsAbove(LiveSessionState.IDLE, count),
  ]),
  ...[-1, 0, 1.5, NaN, '1', null].map((threshold: Anything): BadCall => [
    `failed() of the threshold ${JSON.stringify(threshold)}`, 'threshold of SessionAlarm.failed()', typeof threshold === 'string' ? '"1"' : `${threshold}`, /a whole number, at least 1/,
    () => SessionAlarm.failed({ threshold }),
  ]),
  ['failed() with a number', 'holdFor of the alarm New', '30', /a Duration, such as/,
    (monitor) => monitor.addAlarm(SessionAlarm.failed({ id: 'New', holdFor: 30 as Anything }))],
  ...[0, -1, 1.5, NaN, 37].map((evaluationPeriods): BadCall => [
    `${evaluationPeriods} evaluationPeriods`, 'evaluationPeriods of the alarm New', `${evaluationPeriods}`, /a whole number from 1 to 36/,
    (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', evaluationPeriods })),
  ]),

  ...['failed', null, undefined, {}].map((alarm: Anything): BadCall => [
    `addAlarm() of ${JSON.stringify(alarm)}`, 'alarm of addAlarm()', `${JSON.stringify(alarm)}`, /an alarm, such as SessionAlarm.failed\(\)/,
    (monitor) => monitor.addAlarm(alarm),
  ]),
  ['addAlarm() of an id that there is', 'alarms', '"Degraded"', /of different ids/, (monitor) => monitor.addAlarm(SessionAlarm.degraded())],
  ['an alarm of a name that there is', 'alarmName', '"mine"', /different from that of Stack\/Sessions\/Alarms\/A/,
    (monitor) => ['A', 'B'].map((id) => monitor.addAlarm(SessionAlarm.degraded({ id, alarmName: 'mine' })))],
  ['an alarm of an empty name', 'alarmName', '0 characters', /at least 1 and at most 255 characters/,
    (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', alarmName: '' }))],
  ...(['alarmActions', 'okActions', 'insufficientDataActions'] as const).flatMap((name): BadCall[] => [
    [`${name} of an alarm that are no list`, name, '{"bind":the function bind}', /a list of alarm actions, such as new SnsAction\(topic\)/,
      (monitor) => monitor.addAlarm(SessionAlarm.degraded({ id: 'New', [name]: action('alert') }))],
    [`${name} of a composite alarm that are no list`, name, '{"bind":the function bind}', /a list of alarm actions, such as new SnsAction\(topic\)/,
      (monitor) => monitor.addCompositeAlarm({ [name]: action('alert') })],
  ]),
  ...['Idle ', '', 'constructor', undefined].map((id: Anything): BadCall => [
    `alarmsFor() of ${JSON.stringify(id)}`, 'id', `${JSON.stringify(id)}`, /one of the monitor's alarms \(Failed, Idle, Degraded, Heartbeat, Listing\)/,
    (monitor) => monitor.alarmsFor(id),
  ]),
  ['a second composite alarm', 'addCompositeAlarm()', 'the construct Stack/Sessions/AnyAlarm', /called once/,
    (monitor) => [monitor.addCompositeAlarm(), monitor.addCompositeAlarm()]],
  ['a composite alarm of an empty name', 'alarmName of addCompositeAlarm()', '0 characters', /at least 1 and at most 255 characters/,
    (monitor) => monitor.addCompositeAlarm({ alarmName: '' })],
  ['a composite alarm of a long description', 'alarmDescription of addCompositeAlarm()', 'characters', /at most 1024 characters, including the appended texts/,
    (monitor) => monitor.addCompositeAlarm({ alarmDescription: 'a'.repeat(1024) })],
  ['a composite alarm whose runbook has no address', 'runbookUrl of addCompositeAlarm()', '"see the wiki"', /an address without spaces/,
    (monitor) => monitor.addCompositeAlarm({ runbookUrl: 'see the wiki' })],
  ['queries that are saved twice', 'addLogsInsightsQueries()', 'the construct Stack/Sessions/Queries', /called once/,
    (monitor) => [monitor.addLogsInsightsQueries('a/'), monitor.addLogsInsightsQueries('b/')]],
  ['a prefix for names of queries that is too long', 'namePrefix', '255 characters', /at most \d+ characters, as the names of queries follow it/,
    (monitor) => monitor.addLogsInsightsQueries('a'.repeat(255))],

  ...['', 'a b', 'a'.repeat(129), null, undefined, 5, ['etl']].map((workGroup: Anything): BadCall => [
    `a metric of the workgroup ${JSON.stringify(workGroup)}`, 'workGroup of metric IdleTime', `${JSON.stringify(workGroup)}`, /the name of a workgroup/,
    (monitor) => monitor.metricIdleTime(workGroup),
  ]),
  ...['etl', '', null].map((workGroup: Anything): BadCall => [
    `a metric of the run with the workgroup ${JSON.stringify(workGroup)}`, 'workGroup of metric ApiCalls', JSON.stringify(workGroup), /omitted, as the metric is about the run/,
    (monitor) => monitor.metric('ApiCalls', { workGroup }),
  ]),
  ...['', null, 5, 'Sum', 'n'].map((statistic: Anything): BadCall => [
    `a metric of the statistic ${JSON.stringify(statistic)}`, 'statistic of metric ApiCalls', JSON.stringify(statistic), /such as Maximum or a percentile/,
    (monitor) => monitor.metricApiCalls({ statistic }),
  ]),
  ...[300, null].map((period: Anything): BadCall => [
    `a metric of the period ${period}`, 'period of metric ApiCalls', `${period}`, /a Duration, such as/,
    (monitor) => monitor.metricApiCalls({ period }),
  ]),
  ['a metric of a period that is a token', 'period of metric IdleTime', 'a token', KNOWN,
    (monitor) => monitor.metricIdleTime('etl', { period: tokenDuration() })],
  ['a metric of a name that there is not', 'metricName', '"toString"', /one of CreatingSessions, /, (monitor) => monitor.metric('toString')],

  ...['etl', null, undefined, {}].map((workGroup: Anything): BadCall => [
    `fromWorkGroups() of ${JSON.stringify(workGroup)}`, 'each element of WorkGroupSelection.fromWorkGroups()', `${JSON.stringify(workGroup)}`, /a reference to a workgroup, such as a CfnWorkGroup; names are for WorkGroupSelection.named\(\)/,
    () => WorkGroupSelection.fromWorkGroups(workGroup),
  ]),
  ['named() of a reference', 'each element of WorkGroupSelection.named()', 'the construct Stack/Etl', /1 to 128/,
    () => named(new CfnWorkGroup(newStack(), 'Etl', { name: 'etl' }) as Anything)],
  ...(['named', 'matching'] as const).flatMap((factory) => [['a', 'b'], null, undefined, 5].map((element: Anything): BadCall => [
    `${factory}() of ${JSON.stringify(element)}`, `each element of WorkGroupSelection.${factory}()`, `${JSON.stringify(element)}`, /1 to 128/,
    () => WorkGroupSelection[factory](element),
  ])),
];

/** Fails unless the text names the prop, what was received and what is allowed, in the way of all others. */
function expectText(message: string, ...[prop, received, allowed]: ErrorText): void {
  const [, allowedPart, receivedPart] = /^(.*), received (.*)$/s.exec(message)!;
  expect(allowedPart).toContain(prop);
  expect(allowedPart).toMatch(allowed);
  expect(receivedPart).toContain(received.slice(0, 100)); // longer ones are cut
  expect(message).toMatch(/^(\[Stack\/Sessions[^\]]*\] )?(WorkGroupSelection|[a-z])/);
  expect(message).not.toMatch(/\.$/);
  expect(message).not.toMatch(/\$\{Token|#\{Token|e\+289/);
}

describe('an error names the prop, what was received and what is allowed', () => {
  test.each([...BAD_VALUES, ...WRONG_TYPES])('for %s', (_, prop, received, allowed, props) => {
    expectText(errorOf(() => newMonitor(props())), prop, received, allowed);
  });

  test.each(BAD_CALLS)('for %s', (_, prop, received, allowed, call) => {
    const monitor = newMonitor();
    expectText(errorOf(() => call(monitor)), prop, received, allowed);
  });
});

describe('resources of another account or region', () => {
  const [HERE, THERE] = [['111111111111', 'eu-west-1'], ['222222222222', 'us-east-1']];
  const OTHER_ENVIRONMENTS: [string, RegExp, (stack: Stack, account: string, region: string) => AthenaSessionMonitorProps][] = [
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

  test.each(OTHER_ENVIRONMENTS)('rejects %s', (prop, text, props) => {
    const stack = newStack({ env: { account: HERE[0], region: HERE[1] } });
    expectError(() => newMonitor(props(stack, THERE[0], THERE[1]), stack), `[Stack/Sessions] ${prop}: `, text);
  });

  test.each(OTHER_ENVIRONMENTS)('accepts %s in the same environment, and in an environment-agnostic stack', (_, __, props) => {
    const stack = newStack({ env: { account: HERE[0], region: HERE[1] } });
    expect(() => newMonitor(props(stack, HERE[0], HERE[1]), stack)).not.toThrow();
    const anywhere = newStack();
    expect(() => newMonitor(props(anywhere, THERE[0], THERE[1]), anywhere)).not.toThrow();
  });
});

describe('accepts values at the bounds', () => {
  type GoodValue = [string, () => AthenaSessionMonitorProps];
  const GOOD_VALUES: GoodValue[] = [
    ...INTERVALS.map((minutes): GoodValue => [`an interval of ${minutes} minutes`, () => ({ interval: Duration.minutes(minutes) })]),
    ...['AWS', 'AWSome/Sessions', 'Mine/AWS/Athena', 'a'.repeat(255), 'A-z_0.9/#:'].map((metricNamespace): GoodValue => (
      [`the namespace ${metricNamespace.slice(0, 20)}`, () => ({ metricNamespace })])),
    ['a timeout just under the interval', () => ({ timeout: Duration.seconds(299) })],
    ['a timeout of 15 minutes', () => ({ timeout: Duration.minutes(15), interval: Duration.minutes(20) })],
    ['a lookback of three intervals', () => ({ lookback: Duration.minutes(15), alarms: [] })],
    ['a lookback of 7 days', () => ({ lookback: Duration.days(7) })],
    ['a lookback of the largest holdFor', () => ({ lookback: Duration.minutes(30) })],
    ['the least dpuQuota', () => ({ dpuQuota: 2 })],
    ['a small dpuHourPrice', () => ({ dpuHourPrice: 0.001 })],
    ['less than one request per second', () => ({ maxRequestsPerSecond: 0.5 })],
    ['a runbook of this machine', () => ({ runbookUrl: 'file:///runbook.html' })],
    ['a maxSessionDuration of days', () => ({ maxSessionDuration: Duration.days(30) })],
  ];

  test.each(GOOD_VALUES)('%s', (_, props) => {
    expect(() => newMonitor(props())).not.toThrow();
  });
});

describe('accepts tokens', () => {
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

  test('as lazy maxRequestsPerSecond', () => {
    const monitor = newMonitor({ maxRequestsPerSecond: Lazy.number({ produce: () => 3 }) });
    expect(environmentOf(monitor).MAX_REQUESTS_PER_SECOND).toBe('3');
  });

  test('as dpuHourPrice', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Price', { type: 'Number' });
    expect(() => propertiesOf(newMonitor({ dpuHourPrice: valueAsNumber }, stack), 'AWS::Lambda::Function')).not.toThrow();
  });

  test('as memorySize', () => {
    const stack = newStack();
    const monitor = newMonitor({ memorySize: new CfnParameter(stack, 'Memory', { type: 'Number' }).valueAsNumber }, stack);
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').MemorySize).toEqual({ Ref: 'Memory' });
  });

  test('as runbookUrl', () => {
    const stack = newStack();
    const monitor = newMonitor({ runbookUrl: new CfnParameter(stack, 'Runbook').valueAsString }, stack);
    expect(textOf(alarmsOf(monitor)['Alarms/Idle'].AlarmDescription)).toContain('<Runbook>#idle');
  });
});

describe('methods accept tokens', () => {
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

  test('as prefix of query names', () => {
    const monitor = newMonitor();
    monitor.addLogsInsightsQueries(NAME());
    expect(resolved(monitor, (monitor.node.findChild('Queries').node.children[0] as CfnQueryDefinition).name)).toMatch(/^late[A-Z]/);
  });
});
