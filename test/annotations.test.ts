import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Annotations, Duration, Fn, Lazy, Stack, Stage } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { type CfnTopic, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { type AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, SessionAlarm, WorkGroupSelection } from '../src';
import { action, messagesOf, newApp, newMonitor, newStack, teams, warningsOf } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

function infosOf(stack: Stack): string[] {
  return messagesOf(stack, SynthesisMessageLevel.INFO);
}

/** A soft matter: what brings it about, its level, id and text. */
interface AnnotationCase {
  readonly id: string;
  readonly level: 'warning' | 'info';
  readonly props: (stack: Stack) => AthenaSessionMonitorProps;
  readonly act?: (monitor: AthenaSessionMonitor, stack: Stack) => void;
  readonly text: string;
}

const WITH_ACTIONS = { alarmActions: [action('alerts')] };

const ANNOTATIONS: AnnotationCase[] = [
  {
    id: 'thresholdBelowInterval',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, interval: Duration.minutes(10), alarms: [SessionAlarm.busyLongerThan(Duration.seconds(599))] }),
    text: 'the threshold of the alarm Busy, 599 seconds, is below the interval of 10 minutes: each session is seen once per interval, so the alarm is late or misses short ones; '
      + 'raise the threshold or shorten interval',
  },
  {
    id: 'thresholdAboveIdleTimeout',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, alarms: [SessionAlarm.idleLongerThan(Duration.days(400))] }),
    text: 'the threshold of the alarm Idle, 400 days, is above 480 minutes: Athena ends idle sessions by then, so the alarm never goes to ALARM; lower the threshold',
  },
  {
    id: 'misspeltOption',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, alarmAction: [] }),
    text: 'the option \'alarmAction\' of AthenaSessionMonitor is unknown and ignored; did you mean \'alarmActions\'?',
  },
  {
    id: 'quotaOfPart',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, workGroups: WorkGroupSelection.matching('etl-*'), dpuQuota: 4 }),
    text: 'dpuQuota applies to the whole region, but workGroups may select only some of its workgroups: sessions of the others use the quota unseen; '
      + 'set dpuQuota on a monitor of WorkGroupSelection.all()',
  },
  {
    id: 'hastyHeartbeat',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, healthAlarms: [HealthAlarm.heartbeat({ evaluationPeriods: 1 })] }),
    text: 'datapointsToAlarm of the alarm Heartbeat cover 5 minutes, less than 10 minutes: late datapoints can raise the alarm although no run is missing; '
      + 'raise evaluationPeriods and datapointsToAlarm',
  },
  {
    id: 'thresholdAboveMaxSessionDuration',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, alarms: [SessionAlarm.olderThan(Duration.hours(25))] }),
    text: 'the threshold of the alarm Old, 1 day 1 hour, is above maxSessionDuration, 1 day: the end of such old sessions may go unseen; raise maxSessionDuration',
  },
  {
    id: 'createDashboardIgnored',
    level: 'warning',
    props: (stack) => ({ ...WITH_ACTIONS, createDashboard: true, dashboard: new cloudwatch.Dashboard(stack, 'Mine') }),
    text: 'createDashboard is ignored, as dashboard is given and the widgets are added to that one; remove one of the two',
  },
  {
    id: 'dashboardNameIgnored',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, createDashboard: false, dashboardName: 'sessions' }),
    text: 'dashboardName is ignored, as the monitor creates no dashboard; leave it out, or remove dashboard and createDashboard: false',
  },
  {
    id: 'eventsOff',
    level: 'warning',
    props: () => ({
      ...WITH_ACTIONS,
      alarms: [SessionAlarm.failed(), SessionAlarm.degraded({ alarm: false }), SessionAlarm.idleLongerThan(Duration.hours(1), { id: 'Early', alarm: false })],
      healthAlarms: [HealthAlarm.notifications()],
    }),
    text: 'the monitor sends no events, so these have no effect: the alarm Degraded with alarm: false, the alarm Early with alarm: false, HealthAlarm.notifications(); '
      + 'call onSession() or notify(), or set eventBus',
  },
  {
    id: 'eventsInVpc',
    level: 'info',
    props: (stack) => ({ ...WITH_ACTIONS, vpc: new Vpc(stack, 'Vpc'), eventBus: new EventBus(stack, 'Bus') }),
    text: 'the collector runs in a VPC and sends events: its subnets need a route to Athena and to EventBridge; without a NAT gateway, create interface endpoints for '
      + 'com.amazonaws.<region>.athena and com.amazonaws.<region>.events',
  },
  {
    id: 'importedTopic',
    level: 'warning',
    props: () => WITH_ACTIONS,
    act: (monitor, stack) => monitor.notify('Team', Topic.fromTopicArn(stack, 'Topic', stack.formatArn({ service: 'sns', resource: 'alerts' }))),
    text: 'the topic Stack/Topic is imported, so its policy cannot be changed: no message arrives unless it allows sns:Publish to events.amazonaws.com; allow it there',
  },
  {
    id: 'topicKeyOfSns',
    level: 'warning',
    props: () => WITH_ACTIONS,
    act: (monitor, stack) => monitor.notify('Team', new Topic(stack, 'Topic', { masterKey: Alias.fromAliasName(stack, 'Key', 'alias/aws/sns') })),
    text: 'the topic Stack/Topic is encrypted with alias/aws/sns, a key that EventBridge may not use: no message would arrive; use a customer managed key',
  },
  {
    id: 'actionsIgnored',
    level: 'warning',
    props: () => ({ ...WITH_ACTIONS, alarms: [], healthAlarms: [] }),
    text: 'alarmActions, okActions and insufficientDataActions are ignored, as the monitor has no alarms; add alarms or remove the actions',
  },
  {
    id: 'noAlarmActions',
    level: 'info',
    props: () => ({}),
    text: 'no alarm has an action; set alarmActions to get notified, unless EventBridge routes your alarms\' events',
  },
  {
    id: 'monthlyCost',
    level: 'info',
    props: () => ({ ...WITH_ACTIONS, workGroups: teams(1) }),
    text: 'the monitor costs at most about $11.00 a month: 25 metrics, 5 alarms, 1 dashboard (prices of us-east-1 before free tiers and discounts; '
      + 'Lambda, Scheduler and logs add cents)',
  },
];

describe.each(ANNOTATIONS)('$id', ({ id, level, props, act, text }) => {
  const ID = `cdk-athena-session-monitor:${id}`;
  let stack: Stack;
  beforeEach(() => stack = newStack());

  function create(): AthenaSessionMonitor {
    const monitor = newMonitor(props(stack), stack);
    act?.(monitor, stack);
    return monitor;
  }

  function acknowledge(monitor: AthenaSessionMonitor | Stack): void {
    const annotations = Annotations.of(monitor);
    if (level === 'warning') {
      annotations.acknowledgeWarning(ID);
    } else {
      annotations.acknowledgeInfo(ID);
    }
  }

  test(`is a ${level} with its id, and the only annotation`, () => {
    create();
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([`${text} [ack: ${ID}]`]);
    expect(level === 'warning' ? warningsOf(stack) : infosOf(stack)).toHaveLength(1);
  });

  test('can be acknowledged for the monitor', () => {
    acknowledge(create());
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('can be acknowledged for the stack beforehand', () => {
    acknowledge(stack);
    create();
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
  });
});

describe('a threshold below the interval', () => {
  test.each<[string, SessionAlarm[]]>([
    ['that is as long', [SessionAlarm.idleLongerThan(Duration.minutes(5))]],
    ['that is no time', [SessionAlarm.failed(), SessionAlarm.degraded()]],
  ])('is not reported %s', (_, alarms) => {
    const stack = newStack();
    newMonitor({ alarms }, stack);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('is reported for each alarm, including alarms that are added later', () => {
    const stack = newStack();
    const monitor = newMonitor({ alarms: [SessionAlarm.idleLongerThan(Duration.minutes(1))] }, stack);
    monitor.addAlarm(SessionAlarm.creatingLongerThan(Duration.minutes(4)));
    expect(warningsOf(stack)).toEqual([expect.stringContaining('the threshold of the alarm Idle, 60 seconds,'), expect.stringContaining('the threshold of the alarm Creating, 240 seconds,')]);
  });
});

test('an age is reported below the interval, but not above the idle timeout', () => {
  const stack = newStack();
  newMonitor({ maxSessionDuration: Duration.days(2), alarms: [SessionAlarm.olderThan(Duration.days(2)), SessionAlarm.olderThan(Duration.minutes(4), { id: 'Young' })] }, stack);
  expect(warningsOf(stack)).toEqual([expect.stringContaining('the threshold of the alarm Young, 240 seconds, is below the interval of 5 minutes')]);
});

test('a threshold at the idle timeout, or for other states, is not reported as above it', () => {
  const stack = newStack();
  newMonitor({ alarms: [SessionAlarm.idleLongerThan(Duration.hours(8)), SessionAlarm.busyLongerThan(Duration.days(400))] }, stack);
  expect(warningsOf(stack)).toEqual([]);
});

describe('alarms without actions', () => {
  test.each<[string, AthenaSessionMonitorProps, (monitor: AthenaSessionMonitor) => void]>([
    ['the monitor has one', WITH_ACTIONS, () => undefined],
    ['an alarm on sessions has one', { alarms: [SessionAlarm.failed(WITH_ACTIONS)] }, () => undefined],
    ['an alarm that is added later has one', {}, (monitor) => monitor.addAlarm(SessionAlarm.failed({ id: 'Paged', ...WITH_ACTIONS }))],
    ['an alarm is given one by hand', {}, ({ heartbeatAlarm }) => heartbeatAlarm!.addAlarmAction(action('alerts'))],
    ['an alarm is given a list that is known at deployment', {}, ({ listingAlarm }) => {
      (listingAlarm!.node.defaultChild as cloudwatch.CfnAlarm).alarmActions = Fn.split(',', Fn.importValue('alerts'));
    }],
    ['the composite alarm has one', {}, (monitor) => monitor.addCompositeAlarm(WITH_ACTIONS)],
    ['there are no alarms', { alarms: [], healthAlarms: [] }, () => undefined],
  ])('are not reported if %s', (_, props, act) => {
    const stack = newStack();
    act(newMonitor(props, stack));
    expect(infosOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each<[string, AthenaSessionMonitorProps]>([
    ['only OK has one', { okActions: [action('alerts')] }],
    ['all alarms are muted', { ...WITH_ACTIONS, alarms: [SessionAlarm.failed({ alarmActions: [] })], healthAlarms: [] }],
  ])('are reported if %s', (_, props) => {
    const stack = newStack();
    newMonitor(props, stack);
    expect(infosOf(stack)).toEqual([expect.stringContaining('no alarm has an action')]);
  });
});

describe('what has no effect without events', () => {
  const PROPS: AthenaSessionMonitorProps = {
    ...WITH_ACTIONS, alarms: [SessionAlarm.degraded({ alarm: false })], healthAlarms: [HealthAlarm.notifications()],
  };

  test.each<[string, (stack: Stack) => void]>([
    ['a bus is given', (stack) => newMonitor({ ...PROPS, eventBus: new EventBus(stack, 'Bus') }, stack)],
    ['a rule is added later', (stack) => newMonitor(PROPS, stack).onSession('All')],
    ['a topic is notified', (stack) => newMonitor(PROPS, stack).notify('Team', new Topic(stack, 'Topic'))],
  ])('is not reported if %s', (_, act) => {
    const stack = newStack();
    act(stack);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('is reported for an alarm that is added later', () => {
    const stack = newStack();
    newMonitor(WITH_ACTIONS, stack).addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6), { alarm: false }));
    expect(warningsOf(stack)).toEqual([expect.stringContaining('have no effect: the alarm Busy with alarm: false;')]);
  });
});

describe('a topic that EventBridge may not publish to', () => {
  const TOPIC_ARN = 'arn:aws:sns:us-east-1:111111111111:alerts';
  const KEY_ARN = 'arn:aws:kms:us-east-1:111111111111:key/mine';
  const withKeyId = (stack: Stack, kmsMasterKeyId: string) => {
    const topic = new Topic(stack, 'Topic');
    (topic.node.defaultChild as CfnTopic).kmsMasterKeyId = kmsMasterKeyId;
    return topic;
  };
  const IMPORTED_TOPIC = /^the topic Stack\/Topic is imported.* allows sns:Publish to events.amazonaws.com.*:importedTopic]$/;
  const IMPORTED_KEY = /^the key of the topic Stack\/Topic is imported.* allows kms:Decrypt and kms:GenerateDataKey\* to events.amazonaws.com.*:importedTopic]$/;
  const KEY_OF_SNS = /:topicKeyOfSns]$/;

  test.each<[string, (stack: Stack) => ITopic, RegExp[]]>([
    ['a topic of the app', (stack) => new Topic(stack, 'Topic'), []],
    ['a key of the app', (stack) => new Topic(stack, 'Topic', { masterKey: new Key(stack, 'Key') }), []],
    ['an imported topic', (stack) => Topic.fromTopicArn(stack, 'Topic', TOPIC_ARN), [IMPORTED_TOPIC]],
    ['an imported key', (stack) => new Topic(stack, 'Topic', { masterKey: Key.fromKeyArn(stack, 'Key', KEY_ARN) }), [IMPORTED_KEY]],
    ['an imported topic with a key', (stack) => Topic.fromTopicAttributes(stack, 'Topic', { topicArn: TOPIC_ARN, keyArn: KEY_ARN }), [IMPORTED_TOPIC, IMPORTED_KEY]],
    ['the key of SNS by a property', (stack) => withKeyId(stack, 'alias/aws/sns'), [KEY_OF_SNS]],
    ['another alias', (stack) => withKeyId(stack, 'alias/aws/sns-of-mine'), []],
  ])('is reported where its policies cannot be changed: %s', (_, topic, expected) => {
    const stack = newStack({ env: { account: '111111111111', region: 'us-east-1' } });
    newMonitor(WITH_ACTIONS, stack).notify('Team', topic(stack));
    expect(warningsOf(stack)).toEqual(expected.map((text) => expect.stringMatching(text)));
  });
});

describe('ignored actions', () => {
  test.each(['alarmActions', 'okActions', 'insufficientDataActions'])('are reported for %s alone', (name) => {
    const stack = newStack();
    newMonitor({ alarms: [], healthAlarms: [], [name]: [action('alerts')] }, stack);
    expect(warningsOf(stack)).toEqual([expect.stringContaining('cdk-athena-session-monitor:actionsIgnored')]);
  });

  test('are not reported once an alarm is added', () => {
    const stack = newStack();
    newMonitor({ ...WITH_ACTIONS, alarms: [], healthAlarms: [] }, stack).addAlarm(SessionAlarm.failed());
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('the monthly cost', () => {
  const estimateOf = (props: AthenaSessionMonitorProps, act?: (monitor: AthenaSessionMonitor) => void, stack = newStack()): string => {
    const monitor = newMonitor({ ...WITH_ACTIONS, workGroups: teams(1), ...props }, stack);
    act?.(monitor);
    const [text, ...more] = infosOf(stack);
    expect(more).toEqual([]);
    return /^the monitor costs at most about (\$.*) \(prices of us-east-1/.exec(text)![1];
  };

  // By hand: $0.30 a metric, $0.10 an alarm, $0.50 a composite alarm, $3 a dashboard.
  test.each<[string, AthenaSessionMonitorProps, string]>([
    ['one workgroup', {}, '$11.00 a month: 25 metrics, 5 alarms, 1 dashboard'], // 7.50 + 0.50 + 3
    ['ten workgroups', { workGroups: teams(10) }, '$48.80 a month: 142 metrics, 32 alarms, 1 dashboard'], // 42.60 + 3.20 + 3
    ['countTerminated: false', { countTerminated: false }, '$10.70 a month: 24 metrics, 5 alarms, 1 dashboard'], // 7.20 + 0.50 + 3
    ['ten of it', { workGroups: teams(10), countTerminated: false }, '$45.80 a month: 132 metrics, 32 alarms, 1 dashboard'],
    ['no dashboard', { createDashboard: false }, '$8.00 a month: 25 metrics, 5 alarms'],
    ['a quota alarm', { dpuQuota: 4 }, '$11.10 a month: 25 metrics, 6 alarms, 1 dashboard'],
    ['zerosWhenQuiet: true', { zerosWhenQuiet: true }, '$11.00 a month: 25 metrics, 5 alarms, 1 dashboard'],
    ['no health alarms', { healthAlarms: [] }, '$10.80 a month: 25 metrics, 3 alarms, 1 dashboard'],
    ['one alarm', { healthAlarms: [], alarms: [SessionAlarm.failed()] }, '$10.60 a month: 25 metrics, 1 alarm, 1 dashboard'],
  ])('of %s', (_, props, expected) => {
    expect(estimateOf(props)).toBe(expected);
  });

  test('excludes an existing dashboard', () => {
    const stack = newStack();
    expect(estimateOf({ dashboard: new cloudwatch.Dashboard(stack, 'Mine') }, undefined, stack)).toBe('$8.00 a month: 25 metrics, 5 alarms');
  });

  test('includes a composite alarm', () => {
    expect(estimateOf({}, (monitor) => monitor.addCompositeAlarm())).toBe('$11.50 a month: 25 metrics, 5 alarms, 1 composite alarm, 1 dashboard');
  });

  test('includes the metrics and the alarm of events', () => {
    // 11.00 + 2 x 0.30 + 0.10
    expect(estimateOf({}, (monitor) => monitor.onSession('All'))).toBe('$11.70 a month: 27 metrics, 6 alarms, 1 dashboard');
    expect(estimateOf({ healthAlarms: [] }, (monitor) => monitor.onSession('All'))).toBe('$11.40 a month: 27 metrics, 3 alarms, 1 dashboard');
  });

  test('excludes alarms without CloudWatch alarm', () => {
    const alarms = [...SessionAlarm.defaults(), SessionAlarm.busyLongerThan(Duration.hours(6), { alarm: false })];
    expect(estimateOf({ alarms }, (monitor) => monitor.onSession('All'))).toBe('$11.70 a month: 27 metrics, 6 alarms, 1 dashboard');
  });

  test('includes alarms that are added later', () => {
    const twoWorkGroups = { workGroups: teams(2) };
    expect(estimateOf(twoWorkGroups)).toBe('$15.20 a month: 38 metrics, 8 alarms, 1 dashboard'); // 11.40 + 0.80 + 3
    expect(estimateOf(twoWorkGroups, (monitor) => monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6)))))
      .toBe('$15.40 a month: 38 metrics, 10 alarms, 1 dashboard');
  });

  test('is reported once per app, for all its monitors of named workgroups', () => {
    const app = newApp();
    const stacks = [new Stack(app, 'Found'), new Stack(app, 'One'), new Stack(app, 'Two'), new Stack(new Stage(app, 'Prod'), 'Three')];
    newMonitor(WITH_ACTIONS, stacks[0]);
    newMonitor({ ...WITH_ACTIONS, workGroups: teams(1) }, stacks[1]);
    newMonitor({ ...WITH_ACTIONS, workGroups: teams(2), createDashboard: false }, stacks[2]);
    newMonitor({ ...WITH_ACTIONS, workGroups: teams(1) }, stacks[3]).addCompositeAlarm();
    expect(() => newMonitor({ workGroups: teams(1), memorySize: 1 }, new Stack(app, 'Broken'))).toThrow('memorySize');
    // 11.00 + (11.40 + 0.80) + (11.00 + 0.50)
    expect(stacks.map(infosOf)).toEqual([[], [expect.stringMatching(/^the app's 3 monitors of named workgroups cost at most about \$34\.70 a month: 88 metrics, 18 alarms, 1 composite alarm, 2 dashboards \(/)], [], []]);
  });

  test('is not reported for found workgroups', () => {
    for (const selection of [WorkGroupSelection.all(), WorkGroupSelection.matching('etl-*')]) {
      const stack = newStack();
      newMonitor({ ...WITH_ACTIONS, workGroups: selection }, stack);
      expect(infosOf(stack)).toEqual([]);
    }
  });

  test('matches the README\'s table, except for Lambda, Scheduler and logs', () => {
    const cells = README.split('\n')
      .filter((line) => /^\|.*\$/.test(line))
      .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    const dollars = (cell: string) => Number(/\$([\d.]+)/.exec(cell)?.[1] ?? 0);
    const row = (start: string) => cells.find(([what]) => what.startsWith(start))!;
    const [, , lambdaEach, lambdaOnce] = row('Lambda').map(dollars);
    const [, , sumEach, sumOnce] = row('**sum').map(dollars);
    for (const count of [1, 10]) {
      const estimate = dollars(estimateOf({ workGroups: teams(count) }, (monitor) => monitor.onSession('All')));
      expect(count * sumEach + sumOnce).toBeCloseTo(estimate + count * lambdaEach + lambdaOnce, 6);
    }
    for (const column of [2, 3]) {
      const parts = cells.filter((row_) => !row_[0].startsWith('**sum')).map((row_) => dollars(row_[column]));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(column === 2 ? sumEach : sumOnce, 6);
    }
    expect(row('13 metrics')[1]).toBe('$0.30');
    expect(README).toContain(`ten workgroups cost at most about $${(10 * sumEach + sumOnce).toFixed(0)} a month`);
    expect(README).toContain('`countTerminated: false` saves $0.30 per workgroup');
    expect(README).toContain('`createDashboard: false` saves $3');
  });
});

describe('cdk synth --strict', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'strict-'));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Synthesizes an app of one stack, whose constructor is the code, with the library as users have it: compiled. */
  function synth(code: string): { status: number | null; output: string } {
    const [imports, statements] = [/^import .*$/gm, /^(?!import ).*$/gm].map((lines) => (code.match(lines) ?? []).join('\n'));
    writeFileSync(path.join(folder, 'app.ts'), [
      'import * as cdk from \'aws-cdk-lib\';',
      imports,
      'class Demo extends cdk.Stack {',
      '  public constructor(scope: cdk.App) {',
      '    super(scope, \'Demo\');',
      statements,
      '  }',
      '}',
      'new Demo(new cdk.App());',
    ].join('\n'));
    const args = ['synth', '--strict', '--quiet', '--ci', '--no-notices', '--no-version-reporting', '--app', 'node_modules/.bin/tsx app.ts'];
    const { status, stdout, stderr } = spawnSync(path.join(folder, 'node_modules', '.bin', 'cdk'), args, {
      cwd: folder,
      env: { ...process.env, HOME: folder, CDK_DISABLE_CLI_TELEMETRY: 'true' },
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }

  test('accepts the README\'s three lines', () => {
    const [, threeLines] = /```ts\n([^`]*)```/.exec(README)!;
    expect(threeLines.trim().split('\n')).toHaveLength(3);
    const { status, output } = synth(threeLines);
    expect(output).toContain('cdk-athena-session-monitor:noAlarmActions');
    expect(status).toBe(0);
  });

  test('rejects a warning', () => {
    const { status, output } = synth('import { AthenaSessionMonitor } from \'cdk-athena-session-monitor\';\n'
      + 'new AthenaSessionMonitor(this, \'Sessions\', { alarms: [], healthAlarms: [], okActions: [{ bind: () => ({ alarmActionArn: \'arn\' }) }] });');
    expect(output).toContain('cdk-athena-session-monitor:actionsIgnored');
    expect(status).not.toBe(0);
  });
});

test('a lazy namespace does not change the annotations', () => {
  const stack = newStack();
  newMonitor({ ...WITH_ACTIONS, metricNamespace: Lazy.string({ produce: () => 'Mine' }) }, stack);
  expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
});
