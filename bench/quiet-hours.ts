import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { metricHours } from './figures';
import { BUILD_FOLDER, nodePath } from './subjects';
import { readAssembly } from '../rehearsal/assembly';
import type { DeployedStack } from '../rehearsal/deployed-stack';
import { episodes, type VariantResult } from '../rehearsal/expectations';
import { rehearse } from '../rehearsal/rehearsal';
import { parseStory } from '../rehearsal/story';

const MINUTE = 60_000;
const INTERVAL = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A story in the rehearsal's format. */
export interface Story {
  readonly from: string;
  readonly to: string;
  readonly workGroups: readonly { readonly name: string; readonly engine?: string }[];
  readonly sessions: readonly object[];
}

/** The lines of a monitor's runs, in order. */
export type Runs = readonly { readonly at: number; readonly lines: readonly string[] }[];

/** The runs and alarms of a story. */
export interface Played {
  readonly variants: readonly VariantResult[];
  runsOf(monitor: string): Runs;
}

/** Synthesizes the monitors of `synth/quiet-hours.ts`. */
export async function withStacks<Result>(use: (stacks: ReadonlyMap<string, DeployedStack>) => Promise<Result>): Promise<Result> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'bench-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, [path.join(BUILD_FOLDER, 'synth', 'quiet-hours.cjs'), outdir], { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`synthesis of quiet-hours failed: ${stderr}`);
    }
    return await use(new Map(readAssembly(outdir).map((stack) => [stack.name, stack])));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Plays a story with the bundled collector, at real speed: each run makes its calls of the simulated Athena over HTTP. */
export async function play(story: Story, stack: DeployedStack, progress: (text: string) => void): Promise<Played> {
  const played = parseStory(JSON.stringify({ title: stack.name, ...story, expect: { otherAlarms: 'any' } }), stack.name);
  const runs = new Map<string, { at: number; lines: string[] }[]>();
  const { variants, mismatches } = await rehearse({
    story: played,
    stacks: [stack],
    speed: 1,
    nodePath: nodePath(),
    onEvent: (event) => {
      if (event.kind === 'run') {
        const namespace = event.function.environment.METRIC_NAMESPACE!;
        runs.set(namespace, [...runs.get(namespace) ?? [], { at: event.at, lines: event.result.lines }]);
      } else if (event.kind === 'minute' && event.at % (6 * HOUR) === 0) {
        progress(`${event.runs} of ${event.runsInAll} runs`);
      }
    },
  });
  if (mismatches.length > 0) {
    throw new Error(mismatches[0]);
  }
  return { runsOf: (monitor) => runs.get(monitor)!, variants };
}

/** The runs in the hours of the story, from the first up to, but without the last. */
export function between(first: number, last: number, runs: Runs): Runs {
  const midnight = Math.floor(runs[0]!.at / DAY) * DAY;
  return runs.filter(({ at }) => at >= midnight + first * HOUR && at < midnight + last * HOUR);
}

/** The metric-hours of one workgroup, or those of the runs themselves. */
export function metricHoursOf(workGroup: string | undefined, runs: Runs): number {
  return metricHours(runs.map(({ at, lines }) => ({ at, lines: lines.filter((line) => JSON.parse(line).WorkGroup === workGroup) })));
}

export interface Comparison {
  /** How many times an alarm was raised. */
  readonly raised: number;
  /** Alarms that were raised in another minute, that were cleared earlier, or later by more than the extra periods. */
  readonly differences: readonly string[];
  /** The maximum number of minutes by which an alarm was cleared later. */
  readonly minutesLater: number;
}

/** Compares the alarms of a monitor that is silent about quiet workgroups with those of one that writes zeros. */
export function compareAlarms({ variants }: Pick<Played, 'variants'>, quiet: string, zeros: string): Comparison {
  const differences: string[] = [];
  let [raised, minutesLater] = [0, 0];
  for (const variant of variants) {
    const ofMonitor = (id: string) => episodes(variant).flatMap(({ alarm, contributor, ...times }) => {
      const [, monitor, , ...label] = alarm.path!.split('/'); // in the stack, and among its alarms
      return monitor === id ? [{ label: [...label, ...(contributor === undefined ? [] : [contributor])].join('/'), ...times }] : [];
    });
    const others = ofMonitor(zeros);
    raised += others.length;
    for (const { label, raised: raisedAt, cleared = Infinity } of ofMonitor(quiet)) {
      const index = others.findIndex((other) => other.label === label && other.raised === raisedAt);
      const [other] = index < 0 ? [] : others.splice(index, 1);
      const clearedThere = other?.cleared ?? Infinity;
      const later = other === undefined || cleared === clearedThere ? 0 : cleared - clearedThere;
      minutesLater = Math.max(minutesLater, later / MINUTE);
      if (other === undefined || later < 0 || later > variant.extraPeriods * INTERVAL) {
        differences.push(`${quiet}/${label}, raised ${show(raisedAt)}, cleared ${show(cleared)}`);
      }
    }
    differences.push(...others.map(({ label, raised: raisedAt }) => `${zeros}/${label}, raised ${show(raisedAt)}`));
  }
  return { raised, differences, minutesLater };
}

function show(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : 'never';
}

type Change = readonly [at: string, state: string];

function session(id: string, workGroup: string, changes: readonly Change[], more: object = {}): object {
  return { id, workGroup, history: changes.map(([at, state]) => ({ at, state })), ...more };
}

const SPARK_3_5 = 'Apache Spark version 3.5';

/** Two days on which five of the workgroups are used: in office hours, and by a job at night. */
export function fewOfMany(workGroups: number, from: string, to: string): Story {
  const perDay = [0, 1].map((day) => {
    const at = (time: string) => `${time} +${day}d`;
    const of = (workGroup: string, name: string, changes: readonly Change[], more: { listedUntil?: string; idleTimeout?: string } = {}) => session(
      `${name}-${day}`, workGroup, changes.map(([time, state]): Change => [at(time), state]),
      { ...more, ...more.listedUntil && { listedUntil: at(more.listedUntil) } });
    return [
      // Notebooks, one of them forgotten for two hours.
      of('used-0', 'morning', [['08:03', 'CREATING'], ['08:04', 'BUSY'], ['08:40', 'IDLE'], ['08:52', 'BUSY'], ['09:31', 'IDLE']], { idleTimeout: '20 min' }),
      of('used-0', 'forgotten', [['10:12', 'CREATING'], ['10:13', 'BUSY'], ['11:00', 'IDLE']], { idleTimeout: '2 h' }),
      of('used-0', 'afternoon', [['13:20', 'CREATING'], ['13:21', 'BUSY'], ['17:35', 'IDLE']], { idleTimeout: '20 min' }),
      // dbt: short sessions, one of which fails.
      ...['09:30', '11:30', '14:30', '16:00'].map((time, index) => of('used-1', `dbt-${index}`, [
        [time, 'CREATING'], [time, 'BUSY'], [time.replace(/0$/, '7'), index === 1 ? 'FAILED' : 'TERMINATED'],
      ])),
      // The job at night fails on the second day.
      of('used-2', 'night', [['01:00', 'CREATING'], ['01:02', 'BUSY'], ['04:17', day === 1 ? 'FAILED' : 'TERMINATED']]),
      // Four sessions fill the quota of Spark 3.5.
      ...['10:01', '10:22', '10:23', '10:44'].map((time, index) => of('used-3', `connect-${index}`, [
        [time, 'CREATING'], [time.replace(/.$/, '9'), 'IDLE'], ['12:31', 'TERMINATED'],
      ])),
      of('used-4', 'long', [['09:05', 'CREATING'], ['09:06', 'BUSY'], ['16:10', 'TERMINATING'], ['16:11', 'TERMINATED']]),
      // Vanishes without an end, in the evening: nothing else is in its workgroup that would clear the alarm by a zero.
      of('used-2', 'lost', [['19:05', 'CREATING'], ['19:07', 'DEGRADED']], { listedUntil: '19:52' }),
    ];
  });
  return {
    from,
    to,
    workGroups: [
      ...Array.from({ length: 5 }, (_, index) => ({ name: `used-${index}`, ...index >= 3 && { engine: SPARK_3_5 } })),
      ...Array.from({ length: workGroups - 5 }, (_, index) => ({ name: `unused-${String(index).padStart(3, '0')}` })),
    ],
    sessions: perDay.flat(),
  };
}

/** A workday and a day without work. On the first, each of ten workgroups is used for eight hours. */
export function officeHours(): Story {
  const names = Array.from({ length: 10 }, (_, index) => `office-${index}`);
  return {
    from: '00:00',
    to: '23:59 +1d',
    workGroups: names.map((name) => ({ name })),
    sessions: names.map((name) => session(`${name}-session`, name, [['09:00', 'CREATING'], ['09:01', 'BUSY'], ['17:00', 'TERMINATED']])),
  };
}
