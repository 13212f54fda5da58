import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { type AthenaSessionMonitorProps, WorkGroupSelection } from '../src';
import { MarkdownPage } from './support/markdown';
import { newMonitor, newStack, permissionsOf } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** The cells of a page's tables, by row. */
function rowsOf(page: string): string[][] {
  return page.split('\n').filter((line) => /^\| /.test(line)).map((line) => line.split(/ *\| */).slice(1, -1));
}

/** The code spans of a text, in order. */
function codeIn(text: string): string[] {
  return new MarkdownPage(text).codeSpans;
}

test('the README lists every option', () => {
  const options = [...read('src/athena-session-monitor-props.ts').matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
  expect(options.length).toBeGreaterThan(20);
  const documented = rowsOf(new MarkdownPage(read('README.md')).sections.options!.text).flatMap(([, names]) => codeIn(names));
  expect(documented.sort()).toEqual(options.sort());
});

test('docs/operating.md lists every annotation with its level', () => {
  const added = [...read('src/annotations.ts').matchAll(/add(\w+)V2\(`\$\{ID_PREFIX\}(\w+)`/g)];
  expect(added.length).toBeGreaterThan(4);
  const documented = rowsOf(read('docs/operating.md')).filter(([id]) => id.startsWith('`cdk-athena-session-monitor:'));
  expect(documented.map(([id, level]) => [codeIn(id)[0], level]).sort())
    .toEqual(added.map(([, level, id]) => [`cdk-athena-session-monitor:${id}`, level.toLowerCase()]).sort());
});

describe('docs/security.md lists the permissions of the template', () => {
  const table = rowsOf(new MarkdownPage(read('docs/security.md')).sections.permissions!.text);

  /** The documented actions of a role under the conditions. */
  function documentedActions(role: string, conditions: string[]): string[] {
    const rows = table.filter(([roles, when]) => roles.split(', ').includes(role) && ['always', ...conditions].includes(when));
    return rows.flatMap(([, , actions]) => codeIn(actions)).sort();
  }

  const NAMED = { workGroups: WorkGroupSelection.named('etl') };
  const QUEUE = '`deadLetterQueue`';
  const QUEUE_WITH_KEY = '`deadLetterQueue` with a customer managed key';
  const CASES: [string, string[], (stack: Stack) => AthenaSessionMonitorProps][] = [
    ['named workgroups', [], () => NAMED],
    ['all workgroups', ['workgroups are found'], () => ({})],
    ['matching workgroups', ['workgroups are found'], () => ({ workGroups: WorkGroupSelection.matching('etl-*') })],
    ['events', ['events are on'], (stack) => ({ ...NAMED, eventBus: new EventBus(stack, 'Bus') })],
    ['a VPC', ['`vpc`'], (stack) => ({ ...NAMED, vpc: new Vpc(stack, 'Vpc') })],
    ['tracing', ['`tracing`'], () => ({ ...NAMED, tracing: Tracing.ACTIVE })],
    ['a queue', [QUEUE], (stack) => ({ ...NAMED, deadLetterQueue: new Queue(stack, 'Queue') })],
    ['a queue with a key', [QUEUE, QUEUE_WITH_KEY], (stack) => ({ ...NAMED, deadLetterQueue: new Queue(stack, 'Queue', { encryption: QueueEncryption.KMS }) })],
  ];

  test.each(CASES)('with %s', (_, conditions, makeProps) => {
    const stack = newStack();
    const monitor = newMonitor(makeProps(stack), stack);
    const scheduleRole = monitor.node.findChild('ScheduleRole') as Role;
    expect(Object.keys(permissionsOf(stack, monitor.collector.role!)).sort()).toEqual(documentedActions('collector', conditions));
    expect(Object.keys(permissionsOf(stack, scheduleRole)).sort()).toEqual(documentedActions('schedule', conditions));
  });

  test('covers every condition of the table', () => {
    const conditions = new Set(table.slice(1).map(([, when]) => when).filter((when) => !/^(always|-*)$/.test(when)));
    expect(new Set(CASES.flatMap(([, some]) => some))).toEqual(conditions);
  });
});
