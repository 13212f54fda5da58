import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as athena from '@aws-sdk/client-athena';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaRef } from '@smithy/types';
import { Duration } from 'aws-cdk-lib';
import * as library from '../src';
import { MarkdownPage } from './support/markdown';
import { newMonitor, resourcesOf, RUNBOOK_URL, textOf } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const read = (file: string) => new MarkdownPage(readFileSync(path.join(ROOT, file), 'utf8'));
const runbook = read('docs/runbook.md');

/** The sections that alarms link to: a contract, as deployed alarms go on linking to them. */
const ALARMS = ['failed', 'idle', 'degraded', 'creating', 'busy', 'terminating', 'old', 'sessions-above', 'heartbeat', 'listing', 'quota', 'notifications', 'any-alarm'];
const PARTS = ['Do this', 'Meaning', 'Impact', 'Confirm', 'Fix', 'Prevent', 'Tune or mute', 'Clears'];

/** The services whose every option is looked up in their SDK, which has the names that the CLI's are made of. */
const SDKS: { readonly [service: string]: object } = { athena, cloudwatch };
/** https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html, and cli-configure-options.html there */
const GLOBAL_OPTIONS = ['region', 'query', 'output', 'max-items'];
/** The values that options may have. */
const VALUES: { readonly [operationAndOption: string]: { readonly [name: string]: string } } = {
  'list-sessions state-filter': athena.SessionState,
  'list-executors executor-state-filter': athena.ExecutorState,
  'list-calculation-executions state-filter': athena.CalculationExecutionState,
  'describe-alarms alarm-types': cloudwatch.AlarmType,
  'describe-alarms state-value': cloudwatch.StateValue,
  'describe-alarm-history history-item-type': cloudwatch.HistoryItemType,
  'get-metric-statistics statistics': cloudwatch.Statistic,
};

describe('links', () => {
  test('the page has a section for each alarm, and no two of a name', () => {
    expect(runbook.anchors.filter((anchor) => ALARMS.includes(anchor))).toEqual(ALARMS);
    expect(runbook.anchors.filter((anchor) => /-\d+$/.test(anchor))).toEqual([]);
  });

  test.each([
    ['all workgroups', library.WorkGroupSelection.all()],
    ['matching workgroups', library.WorkGroupSelection.matching('etl-*')],
    ['named workgroups', library.WorkGroupSelection.named('etl', 'adhoc')],
  ])('every alarm of a monitor of %s links to a section of its own', (_, workGroups) => {
    expect(linksOfAlarms(workGroups)).toEqual(new Set(ALARMS.map((anchor) => `${RUNBOOK_URL}#${anchor}`)));
  });

  test.each([
    'README.md', 'CONTRIBUTING.md', 'docs/runbook.md', 'docs/recipes.md', 'docs/operating.md', 'docs/security.md', 'docs/architecture.md',
    'docs/metrics.md', 'docs/limits.md', 'docs/performance.md', 'examples/typescript/quickstart/README.md',
    'examples/typescript/quota/README.md', 'bench/README.md',
  ])('those in %s that go to this repository lead somewhere', (file) => {
    const links = read(file).links.filter((link) => !/^https?:/.test(link));
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => {
      const [target, anchor] = link.split('#') as [string, string?];
      const targetFile = target === '' ? file : path.join(path.dirname(file), target);
      return !existsSync(path.join(ROOT, targetFile)) || (anchor !== undefined && !read(targetFile).anchors.includes(anchor));
    })).toEqual([]);
  });
});

describe.each(ALARMS)('the section %s', (anchor) => {
  const partsOfSection = () => runbook.sections[anchor]?.parts ?? [];

  test('has the same parts as the others, beginning with what to do', () => {
    const parts = partsOfSection();
    expect(parts.map(([label]) => label)).toEqual(PARTS);
    expect(parts.filter(([, part]) => part.isEmpty)).toEqual([]);
  });

  test('says how to see whether it is true, and how to change the alarm, in lines to paste', () => {
    const { Confirm, 'Tune or mute': tune } = Object.fromEntries(partsOfSection());
    expect(Confirm!.codeIn('sh')).not.toBe('');
    expect(tune!.codeIn('ts')).not.toBe('');
    expect(tune!.links).toContain('#mute-for-a-night');
  });

  test('says how to fix it in lines to paste, or that another section does', () => {
    const { Fix } = Object.fromEntries(partsOfSection());
    expect(Fix!.codeIn('sh') === '').toBe(anchor === 'any-alarm');
  });
});

describe('shell lines', () => {
  const preface = runbook.sections['']!.codeIn('sh');
  const sections = Object.entries(runbook.sections).filter(([anchor]) => anchor !== '').map(([anchor, section]): [string, string] =>
    [anchor, [section.codeIn('sh'), ...section.codeSpans.filter((code) => code.startsWith('aws '))].join('\n')]);

  test.each(sections)('those of %s run with the variables that the top of the page sets, and call nothing but the AWS CLI', (_, lines) => {
    expect(commandsOf(preface + lines).length).toBeGreaterThan(0);
  });

  test('hold nothing that an interactive zsh takes for something else: no comments, no colon after a variable', () => {
    expect(runbook.codeIn('sh').split('\n').filter((line) => /(^|\s)#|\$\w+:/.test(line))).toEqual([]);
  });

  test.each(sections)('those of %s ask Athena and CloudWatch what these can be asked', (_, lines) => {
    expect(commandsOf(preface + lines).flatMap(mistakesIn)).toEqual([]);
  });
});

/** The addresses that the alarms of a monitor link to which has all alarms that the library has. */
function linksOfAlarms(workGroups: library.WorkGroupSelection): Set<string> {
  const HOUR = Duration.hours(1);
  const makers = library.SessionAlarm as unknown as { [name: string]: (...parameters: unknown[]) => library.SessionAlarm };
  const parameters: { [maker: string]: unknown[] } = {
    failed: [],
    idleLongerThan: [HOUR],
    degraded: [],
    creatingLongerThan: [HOUR],
    busyLongerThan: [HOUR],
    terminatingLongerThan: [HOUR],
    olderThan: [HOUR],
    sessionsAbove: [library.LiveSessionState.IDLE, 10],
  };
  // All static methods but the one that makes several and the one that is private.
  const names = Object.getOwnPropertyNames(makers).filter((name) => typeof makers[name] === 'function' && !['defaults', 'longerThan'].includes(name));
  expect(Object.keys(parameters)).toEqual(expect.arrayContaining(names)); // a new kind of alarm needs a section

  const monitor = newMonitor({ workGroups, dpuQuota: 4, alarms: names.map((name) => makers[name]!(...parameters[name]!)) });
  monitor.addCompositeAlarm();
  monitor.onSession('All');
  const alarms = Object.values(resourcesOf(monitor)).filter(({ Type }) => /^AWS::CloudWatch::(Composite)?Alarm$/.test(Type));
  return new Set(alarms.map(({ Properties }) => textOf(Properties.AlarmDescription).split('Runbook: ')[1]!));
}

/** A call of the AWS CLI. */
interface Command {
  readonly service: string;
  readonly operation: string;
  /** The first value of each option, by the option's name. */
  readonly options: Map<string, string>;
}

/** Runs the script in a shell that has no programs, only what stands in for those that the page uses; `aws` notes how it is called. */
function commandsOf(script: string): Command[] {
  const standIns = 'aws() { printf "%s\\0" "$#" "$@" >&3; echo answer; }\ndate() { echo 1767225600; }\nsleep() { :; }\n';
  const { status, stderr, output } = spawnSync('/bin/sh', ['-euc', standIns + script], {
    env: { PATH: '' },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  expect({ script, status, stderr }).toEqual({ script, status: 0, stderr: '' });
  const words = output[3]!.split('\0').slice(0, -1);
  const commands: Command[] = [];
  while (words.length > 0) {
    const [service, operation, ...rest] = words.splice(0, 1 + Number(words[0])).slice(1) as [string, string, ...string[]];
    const options = rest.flatMap((word, index): [string, string][] => word.startsWith('--') ? [[word.slice(2), rest[index + 1] ?? '']] : []);
    commands.push({ service, operation, options: new Map(options) });
  }
  return commands;
}

/** What is wrong with a call, where it is of a service whose SDK is here. */
function mistakesIn({ service, operation, options }: Command): string[] {
  const mistake = (what: string) => `aws ${service} ${operation}: ${what}`;
  if (!(service in SDKS)) {
    return [];
  }
  const asked = operationsOf(service).get(operation);
  if (!asked) {
    return [mistake('no such operation')];
  }
  const known = [...Object.keys(asked.input.getMemberSchemas()).map(kebabCase), ...GLOBAL_OPTIONS];
  const query = (options.get('query') ?? '').replace(/'[^']*'/g, '');
  const answered = memberNames(asked.output);
  return [
    ...[...options.keys()].filter((option) => !known.includes(option)).map((option) => mistake(`no option --${option}`)),
    ...[...options].filter(([option, value]) => !Object.values(VALUES[`${operation} ${option}`] ?? { value }).includes(value))
      .map(([option, value]) => mistake(`no value ${value} of --${option}`)),
    // Of a name that an answer does not have the CLI says nothing but null.
    ...(query.match(/\b[A-Z]\w+/g) ?? []).filter((name) => !answered.has(name)).map((name) => mistake(`no ${name} in its answer`)),
  ];
}

/** What a client's command knows of its operation. */
type CommandClass = new (input: object) => { schema: [number, string, string, unknown, input: SchemaRef, output: SchemaRef] };

/** What a service can be asked, by the CLI's names. */
function operationsOf(service: string): Map<string, { input: NormalizedSchema; output: NormalizedSchema }> {
  const exported = Object.entries(SDKS[service]!) as [string, CommandClass][];
  return new Map(exported.filter(([name]) => name.endsWith('Command') && name !== '$Command').map(([name, Command]) => {
    const [, , , , input, output] = new Command({}).schema;
    return [kebabCase(name.slice(0, -'Command'.length)), { input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }];
  }));
}

/** As the CLI makes its names: `ResourceARN` is `resource-arn`. */
function kebabCase(name: string): string {
  return name.replace(/(.)([A-Z][a-z]+)/g, '$1-$2').replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

/** The names of all members, however deep. */
function memberNames(schema: NormalizedSchema, names = new Set<string>()): Set<string> {
  if (schema.isListSchema() || schema.isMapSchema()) {
    return memberNames(schema.getValueSchema(), names);
  }
  for (const [name, member] of schema.isStructSchema() ? Object.entries(schema.getMemberSchemas()) : []) {
    names.add(name);
    memberNames(member, names);
  }
  return names;
}
