import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Annotations, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { type AthenaSessionMonitor, type AthenaSessionMonitorProps, SessionAlarm, WorkGroupSelection } from '../src';
import { action, messagesOf, newMonitor, newStack, teams, warningsOf } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

function infosOf(stack: Stack): string[] {
  return messagesOf(stack, SynthesisMessageLevel.INFO);
}

/** A soft matter: what brings it about, its level, id and text. */
interface SoftMatter {
  readonly id: string;
  readonly level: 'warning' | 'info';
  readonly props: (stack: Stack) => AthenaSessionMonitorProps;
  readonly text: string;
}

const PAGED = { alarmActions: [action('alerts')] };

const SOFT_MATTERS: SoftMatter[] = [
  {
    id: 'thresholdBelowInterval',
    level: 'warning',
    props: () => ({ ...PAGED, interval: Duration.minutes(10), alarms: [SessionAlarm.busyLongerThan(Duration.seconds(599))] }),
    text: 'the alarm Busy is at 599 seconds, less than the interval of 10 minutes: sessions are seen once in an interval, so that it comes late or misses those that are shorter; '
      + 'lengthen its duration or shorten interval',
  },
  {
    id: 'createDashboardIgnored',
    level: 'warning',
    props: (stack) => ({ ...PAGED, createDashboard: true, dashboard: new cloudwatch.Dashboard(stack, 'Mine') }),
    text: 'createDashboard is ignored, as dashboard is given: the widgets are added to that one; leave one of them out',
  },
  {
    id: 'actionsIgnored',
    level: 'warning',
    props: () => ({ ...PAGED, alarms: [], healthAlarms: false }),
    text: 'alarmActions, okActions and insufficientDataActions are ignored, as there are no alarms',
  },
  {
    id: 'noAlarmActions',
    level: 'info',
    props: () => ({}),
    text: 'no alarm has an action: set alarmActions to page somebody, unless you route the alarms\' events by EventBridge',
  },
  {
    id: 'monthlyCost',
    level: 'info',
    props: () => ({ ...PAGED, workGroups: teams(1) }),
    text: 'about $10.40 a month for 23 metrics, 5 alarms, a dashboard (prices of us-east-1 before free tiers and discounts; Lambda, Scheduler and logs are cents)',
  },
];

describe.each(SOFT_MATTERS)('$id', ({ id, level, props, text }) => {
  const ID = `cdk-athena-session-monitor:${id}`;
  let stack: Stack;
  beforeEach(() => stack = newStack());

  function acknowledge(monitor: AthenaSessionMonitor | Stack): void {
    const annotations = Annotations.of(monitor);
    if (level === 'warning') {
      annotations.acknowledgeWarning(ID);
    } else {
      annotations.acknowledgeInfo(ID);
    }
  }

  test(`is told as ${level}, by its id, and nothing else is`, () => {
    newMonitor(props(stack), stack);
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([`${text} [ack: ${ID}]`]);
    expect(level === 'warning' ? warningsOf(stack) : infosOf(stack)).toHaveLength(1);
  });

  test('is not told once it is acknowledged for the monitor', () => {
    acknowledge(newMonitor(props(stack), stack));
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('is not told where it is acknowledged for the stack beforehand', () => {
    acknowledge(stack);
    newMonitor(props(stack), stack);
    expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
  });
});

describe('a threshold below the interval', () => {
  test.each<[string, SessionAlarm[]]>([
    ['that is as long', [SessionAlarm.idleLongerThan(Duration.minutes(5))]],
    ['that is no time', [SessionAlarm.failed(), SessionAlarm.degraded()]],
  ])('is none %s', (_, alarms) => {
    const stack = newStack();
    newMonitor({ alarms }, stack);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('is told of each alarm, those that are added later too', () => {
    const stack = newStack();
    const monitor = newMonitor({ alarms: [SessionAlarm.idleLongerThan(Duration.minutes(1))] }, stack);
    monitor.addAlarm(SessionAlarm.creatingLongerThan(Duration.minutes(4)));
    expect(warningsOf(stack)).toEqual([expect.stringContaining('the alarm Idle is at 60 seconds'), expect.stringContaining('the alarm Creating is at 240 seconds')]);
  });
});

describe('that no alarm has an action', () => {
  test.each<[string, AthenaSessionMonitorProps, (monitor: AthenaSessionMonitor) => void]>([
    ['the monitor has one', PAGED, () => undefined],
    ['an alarm on sessions has one', { alarms: [SessionAlarm.failed(PAGED)] }, () => undefined],
    ['an alarm that is added later has one', {}, (monitor) => monitor.addAlarm(SessionAlarm.failed({ id: 'Paged', ...PAGED }))],
    ['an alarm is given one by hand', {}, ({ heartbeatAlarm }) => heartbeatAlarm!.addAlarmAction(action('alerts'))],
    ['an alarm is given a list that is known at deployment', {}, ({ listingAlarm }) => {
      (listingAlarm!.node.defaultChild as cloudwatch.CfnAlarm).alarmActions = Fn.split(',', Fn.importValue('alerts'));
    }],
    ['the composite alarm has one', {}, (monitor) => monitor.addCompositeAlarm(PAGED)],
    ['there are no alarms', { alarms: [], healthAlarms: false }, () => undefined],
  ])('is not told where %s', (_, props, act) => {
    const stack = newStack();
    act(newMonitor(props, stack));
    expect(infosOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each<[string, AthenaSessionMonitorProps]>([
    ['only OK has one', { okActions: [action('alerts')] }],
    ['all alarms are muted', { ...PAGED, alarms: [SessionAlarm.failed({ alarmActions: [] })], healthAlarms: false }],
  ])('is told where %s', (_, props) => {
    const stack = newStack();
    newMonitor(props, stack);
    expect(infosOf(stack)).toEqual([expect.stringContaining('no alarm has an action')]);
  });
});

describe('actions that are ignored', () => {
  test.each(['alarmActions', 'okActions', 'insufficientDataActions'])('are told of where there are %s alone', (name) => {
    const stack = newStack();
    newMonitor({ alarms: [], healthAlarms: false, [name]: [action('alerts')] }, stack);
    expect(warningsOf(stack)).toEqual([expect.stringContaining('cdk-athena-session-monitor:actionsIgnored')]);
  });

  test('are none once an alarm is added', () => {
    const stack = newStack();
    newMonitor({ ...PAGED, alarms: [], healthAlarms: false }, stack).addAlarm(SessionAlarm.failed());
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('what a month costs', () => {
  const estimateOf = (props: AthenaSessionMonitorProps, act?: (monitor: AthenaSessionMonitor) => void, stack = newStack()): string => {
    const monitor = newMonitor({ ...PAGED, workGroups: teams(1), ...props }, stack);
    act?.(monitor);
    const [text, ...more] = infosOf(stack);
    expect(more).toEqual([]);
    return /^about (\$.*) \(prices of us-east-1/.exec(text)![1];
  };

  // By hand: $0.30 a metric, $0.10 an alarm, $0.50 a composite alarm, $3 a dashboard.
  test.each<[string, AthenaSessionMonitorProps, string]>([
    ['one workgroup', {}, '$10.40 a month for 23 metrics, 5 alarms, a dashboard'], // 6.90 + 0.50 + 3
    ['ten workgroups', { workGroups: teams(10) }, '$45.50 a month for 131 metrics, 32 alarms, a dashboard'], // 39.30 + 3.20 + 3
    ['countTerminated: false', { countTerminated: false }, '$10.10 a month for 22 metrics, 5 alarms, a dashboard'], // 6.60 + 0.50 + 3
    ['ten of it', { workGroups: teams(10), countTerminated: false }, '$42.50 a month for 121 metrics, 32 alarms, a dashboard'],
    ['no dashboard', { createDashboard: false }, '$7.40 a month for 23 metrics, 5 alarms'],
    ['no health alarms', { healthAlarms: false }, '$10.20 a month for 23 metrics, 3 alarms, a dashboard'],
    ['one alarm', { healthAlarms: false, alarms: [SessionAlarm.failed()] }, '$10.00 a month for 23 metrics, 1 alarm, a dashboard'],
  ])('of %s', (_, props, expected) => {
    expect(estimateOf(props)).toBe(expected);
  });

  test('does not have a dashboard that is given in it', () => {
    const stack = newStack();
    expect(estimateOf({ dashboard: new cloudwatch.Dashboard(stack, 'Mine') }, undefined, stack)).toBe('$7.40 a month for 23 metrics, 5 alarms');
  });

  test('has a composite alarm in it', () => {
    expect(estimateOf({}, (monitor) => monitor.addCompositeAlarm())).toBe('$10.90 a month for 23 metrics, 5 alarms, a composite alarm, a dashboard');
  });

  test('has alarms in it that are added later', () => {
    const twoWorkGroups = { workGroups: teams(2) };
    expect(estimateOf(twoWorkGroups)).toBe('$14.30 a month for 35 metrics, 8 alarms, a dashboard'); // 10.50 + 0.80 + 3
    expect(estimateOf(twoWorkGroups, (monitor) => monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6)))))
      .toBe('$14.50 a month for 35 metrics, 10 alarms, a dashboard');
  });

  test('of found workgroups nobody can tell beforehand', () => {
    for (const selection of [WorkGroupSelection.all(), WorkGroupSelection.matching('etl-*')]) {
      const stack = newStack();
      newMonitor({ ...PAGED, workGroups: selection }, stack);
      expect(infosOf(stack)).toEqual([]);
    }
  });

  test('is what the README\'s table says, but for what Lambda, Scheduler and logs cost', () => {
    const cells = README.split('\n')
      .filter((line) => /^\|.*\$/.test(line))
      .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    const dollars = (cell: string) => Number(/\$([\d.]+)/.exec(cell)?.[1] ?? 0);
    const row = (start: string) => cells.find(([what]) => what.startsWith(start))!;
    const [, , lambdaEach, lambdaOnce] = row('Lambda').map(dollars);
    const [, , sumEach, sumOnce] = row('**sum').map(dollars);
    for (const count of [1, 10]) {
      const estimate = dollars(estimateOf({ workGroups: teams(count) }));
      expect(count * sumEach + sumOnce).toBeCloseTo(estimate + count * lambdaEach + lambdaOnce, 6);
    }
    for (const column of [2, 3]) {
      const parts = cells.filter((row_) => !row_[0].startsWith('**sum')).map((row_) => dollars(row_[column]));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(column === 2 ? sumEach : sumOnce, 6);
    }
    expect(row('12 metrics')[1]).toBe('$0.30');
    expect(README).toContain(`ten workgroups cost about $${(10 * sumEach + sumOnce).toFixed(0)} a month`);
    expect(README).toContain('`countTerminated: false` saves $0.30 per workgroup');
    expect(README).toContain('`createDashboard: false` $3');
  });
});

describe('cdk synth --strict', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'strict-'));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Synthesises an app of one stack, whose constructor is the code, with the library as users have it: compiled. */
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

  test('takes the README\'s three lines', () => {
    const [, threeLines] = /```ts\n([^`]*)```/.exec(README)!;
    expect(threeLines.trim().split('\n')).toHaveLength(3);
    const { status, output } = synth(threeLines);
    expect(output).toContain('cdk-athena-session-monitor:noAlarmActions');
    expect(status).toBe(0);
  });

  test('would refuse a warning', () => {
    const { status, output } = synth('import { AthenaSessionMonitor } from \'cdk-athena-session-monitor\';\n'
      + 'new AthenaSessionMonitor(this, \'Sessions\', { alarms: [], healthAlarms: false, okActions: [{ bind: () => ({ alarmActionArn: \'arn\' }) }] });');
    expect(output).toContain('cdk-athena-session-monitor:actionsIgnored');
    expect(status).not.toBe(0);
  });
});

test('a namespace that is made late changes nothing of what is told', () => {
  const stack = newStack();
  newMonitor({ ...PAGED, metricNamespace: Lazy.string({ produce: () => 'Mine' }) }, stack);
  expect([...infosOf(stack), ...warningsOf(stack)]).toEqual([]);
});
