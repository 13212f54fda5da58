import { Duration, Stack } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import type { DeployedStack } from '../../rehearsal/deployed-stack';
import { alarmLabel, episodes } from '../../rehearsal/expectations';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearsal';
import { startingStory, withExpectations } from '../../rehearsal/starting-story';
import { parseStory, type Story } from '../../rehearsal/story';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, LiveSessionState, MessageFormat, SessionAlarm, WorkGroupSelection } from '../../src';
import { deployedStack } from '../support/deployed-stack';
import { newApp } from '../support/synthesis';

jest.setTimeout(120_000); // machines may be slow, and busy

function monitored(props: AthenaSessionMonitorProps): DeployedStack {
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  const monitor = new AthenaSessionMonitor(stack, 'Sessions', props);
  monitor.notify('Messages', new Topic(stack, 'Alerts'));
  monitor.addCompositeAlarm();
  return deployedStack(stack);
}

async function play(yaml: string, stack: DeployedStack): Promise<{ story: Story; result: RehearsalResult }> {
  const story = parseStory(yaml, 'story.yaml');
  return { story, result: await rehearse({ story, stacks: [stack] }) };
}

const EVERY_KIND = [
  ...SessionAlarm.defaults(),
  SessionAlarm.creatingLongerThan(Duration.minutes(10)),
  SessionAlarm.busyLongerThan(Duration.hours(30)),
  SessionAlarm.terminatingLongerThan(Duration.minutes(15)),
  SessionAlarm.olderThan(Duration.hours(40)),
  SessionAlarm.sessionsAbove(LiveSessionState.BUSY, 6),
];
const SELECTIONS: [string, WorkGroupSelection][] = [['found', WorkGroupSelection.all()], ['named', WorkGroupSelection.named('etl')]];

describe.each(SELECTIONS)('for alarms of every kind on %s workgroups', (_, workGroups) => {
  const stack = monitored({ workGroups, alarms: EVERY_KIND });
  const yaml = startingStory([stack]);
  let story: Story;
  let result: RehearsalResult;
  beforeAll(async () => ({ story, result } = await play(yaml, stack)));

  test('each session alarm is raised and cleared again, and no health alarm is raised', () => {
    const all = episodes(result.variants[0]!);
    const raised = [...new Set(all.map(({ alarm }) => alarmLabel(alarm).replace(/-etl$/, '')))].sort();
    expect(raised).toEqual(['Sessions/AnyAlarm', ...EVERY_KIND.map(({ id }) => `Sessions/${id}`)].sort());
    expect(all.filter(({ cleared }) => cleared === undefined)).toEqual([]);
  });

  test('no alarm is raised as long as sessions stay below the thresholds', async () => {
    const data = parse(yaml);
    const below = data.sessions.filter(({ id }: { id: string }) => /-(briefly|young)$/.test(id));
    expect(below).toHaveLength(5);
    const { result: { variants } } = await play(JSON.stringify({ ...data, sessions: below }), stack);
    expect(variants.flatMap(episodes)).toEqual([]);
  });

  test('what happens can be expected: the same story ends like that', async () => {
    const saved = withExpectations(yaml, story, result);
    expect(saved).toMatch(/^expect:\n {2}alarms:\n/m);
    const { story: { expect: { alarms, messages, otherAlarms } }, result: { mismatches } } = await play(saved, stack);
    expect(mismatches).toEqual([]);
    expect(alarms.length).toBeGreaterThanOrEqual(EVERY_KIND.length + 1);
    expect(messages).toHaveLength(result.messages.length);
    expect(result.messages.length).toBeGreaterThanOrEqual(EVERY_KIND.length - 1); // one alarm is on a number of sessions
    expect(otherAlarms).toBe('none');
  });
});

test('messages without an alarm are sent, too', async () => {
  const alarms = [
    SessionAlarm.idleLongerThan(Duration.minutes(20), { alarm: false }),
    SessionAlarm.olderThan(Duration.hours(9), { alarm: false }),
    SessionAlarm.degraded({ alarm: false }),
    SessionAlarm.failed(),
  ];
  const stack = monitored({ alarms });
  const yaml = startingStory([stack]);
  expect(yaml).toContain('# Stack/Sessions, Idle, a message without an alarm: IdleTime greater than or equal to 1200.\n');
  expect(yaml.match(/a message without an alarm/g)).toHaveLength(3);
  const { result: { messages } } = await play(yaml, stack);
  expect(messages.map(({ event }) => event.detail.alarm).sort()).toEqual(['Degraded', 'Failed', 'Idle', 'Old']);
});

test('a story that is saved ends like that also if names are the ends of others, and messages are alike', async () => {
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  const topic = new Topic(stack, 'Alerts');
  const chat = new Topic(new Construct(stack, 'Chat'), 'Alerts');
  const [one, other] = ['One', 'Other'].map(metricNamespace => new AthenaSessionMonitor(stack, metricNamespace, {
    metricNamespace, workGroups: WorkGroupSelection.named('etl'), alarms: [SessionAlarm.failed()],
  }));
  for (const monitor of [one!, other!]) {
    monitor.notify('Messages', topic);
    monitor.notify('Chat', chat, { format: MessageFormat.CHAT });
    monitor.onSessionFailed('Raw', { target: new SnsTopic(chat) });
    monitor.onSessionFailed('Colon', { target: new SnsTopic(topic, { message: RuleTargetInput.fromText(': failed') }) });
  }
  one!.addCompositeAlarm();
  new CompositeAlarm(stack, 'AnyAlarm', { alarmRule: AlarmRule.anyOf(...other!.alarms) });

  const deployed = deployedStack(stack);
  const yaml = startingStory([deployed]);
  const { story, result } = await play(yaml, deployed);
  const saved = withExpectations(yaml, story, result);
  const { story: { expect: { messages } }, result: { mismatches } } = await play(saved, deployed);
  expect(mismatches).toEqual([]);
  expect(messages).toHaveLength(16); // two sessions fail, and each monitor sends four messages about each
  expect(saved).toContain('- alarm: AnyAlarm\n');
});

test('a story that is saved fails if a threshold changes', async () => {
  const [before, after] = [20, 60].map(minutes => monitored({ workGroups: WorkGroupSelection.named('etl'), alarms: [SessionAlarm.idleLongerThan(Duration.minutes(minutes))] }));
  const yaml = startingStory([before!]);
  const { story, result } = await play(yaml, before!);
  const { result: { mismatches } } = await play(withExpectations(yaml, story, result), after!);
  expect(mismatches).toEqual([
    expect.stringMatching(/^story\.yaml:\d+:7: Sessions\/Idle-etl should have been raised between 09:17 and 09:27; it was not raised$/),
    expect.stringMatching(/^story\.yaml:\d+:7: Sessions\/AnyAlarm should have been raised between /),
    expect.stringMatching(/^story\.yaml:\d+:7: Alerts should have got one message with "Athena session idle for 20 min in etl" and "etl-idle-for-long" .*; it got none$/),
  ]);
});

test('workgroups that patterns find are invented, and those that they exclude are not among them', () => {
  const pattern = fc.stringMatching(/^!?[a-z.*?-]{1,8}$/);
  const matches = (one: string, name: string) => new RegExp(`^${one.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
  fc.assert(fc.property(fc.uniqueArray(pattern, { minLength: 1, maxLength: 4 }), patterns => {
    const { workGroups } = parse(startingStory([{ ...MONITOR, functions: [{ ...MONITOR.functions[0]!, environment: { ...MONITOR.functions[0]!.environment, WORK_GROUP_PATTERNS: patterns.join(',') } }] }]));
    const included = patterns.filter(one => !one.startsWith('!'));
    for (const { name } of workGroups) {
      expect(name).toMatch(/^[a-zA-Z0-9._-]{1,128}$/);
      expect(included.length === 0 || included.some(one => matches(one, name))).toBe(true);
      expect(patterns.some(one => one.startsWith('!') && matches(one.slice(1), name))).toBe(false);
    }
  }));
});
const MONITOR = monitored({ workGroups: WorkGroupSelection.all() });

test('a threshold that only a crowd reaches is left out', () => {
  const stack = monitored({ workGroups: WorkGroupSelection.named('etl'), alarms: [SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 500)] });
  expect(parse(startingStory([stack]))).toMatchObject({ workGroups: [{ name: 'etl' }], sessions: [] });
});

test('a story of hundreds of alarms takes hours, not days', () => {
  const names = Array.from({ length: 30 }, (_, index) => `team-${index}`);
  const stack = monitored({ workGroups: WorkGroupSelection.named(...names), alarms: SessionAlarm.defaults() });
  const { from, to, sessions } = parse(startingStory([stack]));
  expect([from, sessions.length]).toEqual(['09:00', 120]);
  expect(to).toMatch(/^1[0-5]:/);
});
