import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import Ajv from 'ajv';
import { Duration, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearsal';
import { parseStory } from '../../rehearsal/story';
import { AthenaSessionMonitor, MessageFormat, SessionAlarm } from '../../src';
import { deployedStack } from '../support/deployed-stack';
import { MarkdownPage } from '../support/markdown';
import { newApp } from '../support/synthesis';

jest.setTimeout(120_000); // machines may be slow, and busy

const ROOT = path.join(__dirname, '..', '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const schema = JSON.parse(read('docs/session-event.schema.json'));
const validate = new Ajv({ strict: true, allErrors: true }).compile(schema);

/** One session for each kind of event, with free texts that could break something, and details that cannot be had. */
const STORY = `
title: Every kind of event
from: 13:00
to: 14:10
workGroups: [{ name: etl }, { name: closed }]
sessions:
  - { id: creating, workGroup: etl, history: [{ at: 13:02, state: CREATING }] }
  - { id: busy, workGroup: etl, engine: none, history: [{ at: 13:02, state: CREATING }, { at: 13:03, state: BUSY }] }
  - { id: terminating, workGroup: etl, history: [{ at: 13:02, state: BUSY }, { at: 13:04, state: TERMINATING }] }
  - id: idle
    workGroup: etl
    notebook: true
    description: "a \\"quoted\\" {brace} <b>*bold*</b>\\nline 2 \\u2028 \\u202e \\u2066 \\\\ \`code\` 😀"
    tags: { Owner: "Jane \\"J\\" <@here>" }
    idleTimeout: 2 h
    history: [{ at: 13:01, state: CREATING }, { at: 13:05, state: IDLE }]
  - { id: degraded, workGroup: closed, history: [{ at: 13:02, state: BUSY }, { at: 13:21, state: DEGRADED, reason: Executors were lost }] }
  - id: failed
    workGroup: closed
    executionRole: arn:aws:iam::123456789012:role/service-role/notebooks
    history: [{ at: 13:02, state: BUSY }, { at: 13:33, state: FAILED, reason: "said \\"no\\"" }]
faults:
  - { kind: accessDenied, operation: ListTagsForResource, workGroup: closed }
expect:
  otherAlarms: any
  otherMessages: any
`;

let result: RehearsalResult;
beforeAll(async () => {
  const stack = new Stack(newApp(), 'Stack');
  const half = Duration.minutes(30);
  const monitor = new AthenaSessionMonitor(stack, 'Sessions', {
    alarms: [
      ...SessionAlarm.defaults({ idleLongerThan: half }), SessionAlarm.creatingLongerThan(half), SessionAlarm.busyLongerThan(half),
      SessionAlarm.terminatingLongerThan(half), SessionAlarm.olderThan(Duration.hours(1), { alarm: false }),
    ],
  });
  monitor.notify('Text', new Topic(stack, 'Mail'));
  monitor.notify('Chat', new Topic(stack, 'Slack'), { format: MessageFormat.CHAT });
  result = await rehearse({ story: parseStory(STORY, 'story.yaml'), stacks: [deployedStack(stack)] });
});

test('events of every kind are sent, once each, and match the schema', () => {
  expect(result.mismatches).toEqual([]);
  const sent = result.busEvents.map((event: any) => [event['detail-type'].replace('Athena Session ', ''), event.detail.sessionId]);
  expect(sent.sort()).toEqual([
    ['Busy', 'busy'], ['Creating', 'creating'], ['Degraded', 'degraded'], ['Failed', 'failed'], ['Idle', 'idle'],
    ['Old', 'busy'], ['Old', 'creating'], ['Old', 'degraded'], ['Old', 'idle'], ['Old', 'terminating'], ['Terminating', 'terminating'],
  ]);
  for (const { detail } of result.busEvents as any[]) {
    expect([detail.sessionId, validate(detail), validate.errors]).toEqual([detail.sessionId, true, null]);
  }
  expect(new Set(result.busEvents.map(({ detail }: any) => detail.id)).size).toBe(sent.length);
});

test('the schema describes every field, and would notice wrong ones', () => {
  const fields = (result.busEvents as any[]).flatMap(({ detail }) => Object.keys(detail));
  expect([...new Set(fields)].sort()).toEqual(Object.keys(schema.properties).sort());
  const [{ detail }] = result.busEvents as any[];
  for (const wrong of [{ version: '2' }, { sessionId: 'a "quote"' }, { message: { ...detail.message, text: 'two\nlines' } }, { since: '13:05' }, { workGroup: undefined }]) {
    expect(validate(JSON.parse(JSON.stringify({ ...detail, ...wrong })))).toBe(false);
  }
});

test('both topics get a message for each event, without broken ones', () => {
  const bodiesOf = (id: string) => result.messages.filter(({ topic }) => topic.path.includes(id)).length;
  expect([bodiesOf('Mail'), bodiesOf('Slack')]).toEqual([11, 11]);
});

test('docs/notifications.md has the fields of the schema, and an example that matches it', () => {
  const { text } = new MarkdownPage(read('docs/notifications.md')).sections['the-event']!;
  const rows = text.split('\n').filter((line) => /^\| `/.test(line)).map((line) => line.split('|')[1]!);
  const names = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)\??`/g)].map(([, name]) => name));
  expect(names.sort()).toEqual(Object.keys(schema.properties).sort());
  const optional = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)\?`/g)].map(([, name]) => name));
  expect(optional.sort()).toEqual(Object.keys(schema.properties).filter((name) => !schema.required.includes(name)).sort());
  const example = JSON.parse(/```json\n(.*?)```/s.exec(text)![1]!);
  expect([validate(example.detail), validate.errors]).toEqual([true, null]);
});
