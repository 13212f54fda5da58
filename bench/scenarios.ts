import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { atLeast, atMost, bound, callsNeeded, dollars, type Goal, HOURS_PER_MONTH, type Limits, median, metricHours, total } from './figures';
import { measure, type Run, Services } from './measure';
import { between, compareAlarms, fewOfMany, metricHoursOf, officeHours, play, withStacks } from './quiet-hours';
import { adaptive, BUILD_FOLDER, collector, COLLECTOR_FILE, empty, nodePath, pool, script, silentScript, type Subject } from './subjects';
import { ACTIVE_STATES, ALL_STATES, countsOf, type WorldSpec, workGroupsOf } from './world';
import { LambdaHost } from '../rehearsal/lambda';

/** The results of a subject in a scenario: medians of its rounds. */
export interface Row {
  readonly scenario: string;
  readonly subject: string;
  readonly rounds: number;
  readonly calls: number;
  readonly throttled: number;
  readonly lostWorkGroups: number;
  /** Run time relative to the collector's in the same round. */
  readonly timesCollector?: number;
  /** Run time relative to the theoretical minimum at equal concurrency. */
  readonly byBound?: number;
  readonly peakMegabytes: number;
  /** Why runs are void. */
  readonly voids: readonly string[];
  readonly rawMilliseconds: readonly number[];
}

/** What a monitor is billed for its metrics in a month. */
export interface Bill {
  readonly what: string;
  readonly metricHours: number;
  readonly dollars: number;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  readonly bills?: readonly Bill[];
}

export interface Context {
  /** Overrides the scenario's own number of rounds. */
  readonly rounds?: number;
  readonly progress: (text: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  run(context: Context): Promise<Outcome>;
}

const LATENCY = 20;
const TIMEOUT_SECONDS = 240;
/** Half of the function's default memory size. */
const MAX_MEGABYTES = 128;

interface Interleaved {
  readonly name: string;
  readonly world: WorldSpec;
  readonly latency: number;
  readonly rateLimit?: { ratePerSecond: number; burst: number };
  readonly subjects: readonly Subject[];
  readonly rounds: number;
  /** If set, the collector's run is compared with its theoretical minimum. */
  readonly limits?: Omit<Limits, 'pool'>;
  readonly mayLose?: boolean;
  /** Calls for details of sessions in events. @default 0 */
  readonly details?: number;
}

/** Runs the subjects in turn, round by round, each against the same services. */
async function interleave(scenario: Interleaved, context: Context): Promise<{ rows: Row[]; runs: ReadonlyMap<Subject, Run[]> }> {
  const { name, world, latency, rateLimit, subjects, limits, mayLose, details } = scenario;
  const rounds = context.rounds ?? scenario.rounds;
  const runs = new Map(subjects.map((subject): [Subject, Run[]] => [subject, []]));
  const services = rateLimit ? undefined : await Services.start({ world, latency });
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      context.progress(`${name}: round ${round} of ${rounds}, ${subject.name}`);
      // With a rate limit, each run gets its own services, with a full bucket.
      const own = services ?? await Services.start({ world, latency, rateLimit });
      runs.get(subject)!.push(await measure(subject, own, { mayLose, timeout: TIMEOUT_SECONDS * 1000 }));
      if (!services) {
        own.stop();
      }
    }
  }
  services?.stop();

  const leader = runs.get(subjects[0]!)!;
  const rows = subjects.map((subject): Row => {
    const all = runs.get(subject)!;
    const valid = all.flatMap((run, round) => run.void === undefined && leader[round]!.void === undefined ? [{ run, first: leader[round]! }] : []);
    const of = (figure: (run: Run) => number) => valid.length === 0 ? NaN : median(valid.map(({ run }) => figure(run)));
    const needed = { ...callsNeeded(countsOf(workGroupsOf(world, 0), ALL_STATES)), details };
    return {
      scenario: name,
      subject: subject.name,
      rounds: valid.length,
      calls: of(({ calls }) => calls),
      throttled: of(({ throttled }) => throttled),
      lostWorkGroups: of(({ lostWorkGroups }) => lostWorkGroups),
      peakMegabytes: of(({ peakMegabytes }) => peakMegabytes),
      ...(subject !== subjects[0] && { timesCollector: median(valid.map(({ run, first }) => run.milliseconds / first.milliseconds)) }),
      ...(subject === subjects[0] && limits && {
        byBound: of(({ milliseconds, connections }) => milliseconds / 1000 / bound(needed, { ...limits, pool: connections })),
      }),
      voids: all.flatMap((run) => run.void ?? []),
      rawMilliseconds: all.map(({ milliseconds }) => Math.round(milliseconds)),
    };
  });
  return { rows, runs };
}

/** The number of calls of valid runs, relative to the minimum. */
function callsByMinimum(runs: readonly Run[], world: WorldSpec): number {
  const needed = total(callsNeeded(countsOf(workGroupsOf(world, 0), ALL_STATES)));
  return median(runs.filter((run) => run.void === undefined).map(({ calls }) => calls / needed));
}

const latencyLimits = { latency: LATENCY / 1000 };

const coldStart: Scenario = {
  name: 'cold-start',
  what: 'one workgroup with one session, no latency: mostly the time to load the code; no goal',
  async run(context) {
    const world: WorldSpec = { workGroups: 1, sessions: 1, states: ['BUSY'] };
    const { rows } = await interleave({ name: this.name, world, latency: 0, subjects: [collector(), silentScript, empty], rounds: 25 }, context);
    return { rows, goals: [] };
  },
};

const manySessions: Scenario = {
  name: '100x250',
  what: '100 workgroups with 250 active sessions each, 20 ms per call',
  async run(context) {
    const world: WorldSpec = { workGroups: 100, sessions: 250, states: ACTIVE_STATES };
    const ours = collector();
    const { rows, runs } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      subjects: [ours, pool, adaptive],
      rounds: 7,
      limits: latencyLimits,
    }, context);
    return {
      rows,
      goals: [
        atMost('API calls ÷ minimum, 100 × 250', 1, callsByMinimum(runs.get(ours)!, world)),
        atMost('run ÷ bound, 100 × 250', 1.3, rows[0]!.byBound!),
        atMost('peak memory, 100 × 250', MAX_MEGABYTES, rows[0]!.peakMegabytes, ' MB'),
      ],
    };
  },
};

const oneSession: Scenario = {
  name: '100x1',
  what: '100 workgroups with one session each, 20 ms per call',
  async run(context) {
    const world: WorldSpec = { workGroups: 100, sessions: 1, states: ['IDLE'] };
    const { rows } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      subjects: [collector(), pool, adaptive],
      rounds: 7,
      limits: latencyLimits,
    }, context);
    return { rows, goals: [atMost('run ÷ bound, 100 × 1', 1.3, rows[0]!.byBound!)] };
  },
};

const againstScript: Scenario = {
  name: 'script',
  what: '100 workgroups with 250 sessions each in all eight states, 20 ms per call; no goal',
  async run(context) {
    const world: WorldSpec = { workGroups: 100, sessions: 250, states: ALL_STATES };
    const { rows } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      subjects: [collector(), silentScript, script],
      rounds: 3,
      limits: latencyLimits,
    }, context);
    return { rows, goals: [] };
  },
};

const RATE_LIMIT = { ratePerSecond: 5, burst: 10 };

const rateLimited: Scenario = {
  name: 'rate-limited',
  what: '100 workgroups, Athena allows 5 calls per second after a burst of 10, in real time',
  async run(context) {
    const world: WorldSpec = { workGroups: 100, sessions: 1, states: ['BUSY'] };
    const limits = { latency: LATENCY / 1000, rate: RATE_LIMIT.ratePerSecond, burst: RATE_LIMIT.burst };
    const { rows } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      rateLimit: RATE_LIMIT,
      limits,
      mayLose: true,
      rounds: 1,
      subjects: [collector(RATE_LIMIT.ratePerSecond), pool, adaptive, silentScript],
    }, context);
    return {
      rows,
      goals: [
        atMost('rate limited: run ÷ bound', 1.05, rows[0]!.byBound!),
        atMost('rate limited: throttled calls', 0, rows[0]!.throttled),
        atMost('rate limited: workgroups lost', 0, rows[0]!.lostWorkGroups),
      ],
    };
  },
};

const events: Scenario = {
  name: 'events',
  what: '10 workgroups with 100 sessions each, 20 of which are in events, at the default rate of 5 calls per second, in real time',
  async run(context) {
    const told = 20;
    const world: WorldSpec = { workGroups: 10, sessions: 100, states: ACTIVE_STATES, idleForAnHour: told / 10 };
    const ours = collector(RATE_LIMIT.ratePerSecond, true);
    const { rows, runs } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      rateLimit: RATE_LIMIT,
      limits: { latency: LATENCY / 1000, rate: RATE_LIMIT.ratePerSecond, burst: RATE_LIMIT.burst },
      details: 2 * told,
      rounds: 1,
      subjects: [ours],
    }, context);
    const sent = median(runs.get(ours)!.map((run) => run.events));
    return {
      rows,
      goals: [
        atMost('events: run ÷ bound', 1.05, rows[0]!.byBound!),
        atMost('events: throttled calls', 0, rows[0]!.throttled),
        atLeast(`events: events sent, of ${told}`, told, sent),
      ],
    };
  },
};

const slowCalls: Scenario = {
  name: 'slow-calls',
  what: 'more workgroups than a run can list, 4 and 5 s per call, Athena allows 40 calls per second, at 3 times the speed',
  async run(context) {
    const speed = 3;
    const rateLimit = { ratePerSecond: 40, burst: 80 };
    const world: WorldSpec = { workGroups: 2000, sessions: 1, states: ['BUSY'] };
    const goals: Goal[] = [];
    for (const seconds of [4, 5]) {
      context.progress(`${this.name}: ${seconds} s per call`);
      const services = await Services.start({ world, latency: seconds * 1000, rateLimit, speed });
      const host = new LambdaHost({
        assetFolder: path.dirname(COLLECTOR_FILE),
        handler: 'index.handler',
        functionName: 'bench',
        timeoutSeconds: TIMEOUT_SECONDS,
        nodePath: nodePath(),
        environment: {
          ...collector(rateLimit.ratePerSecond).environment,
          WORK_GROUP_PATTERNS: undefined, // the search would take most of the run: its pages are read in sequence
          WORK_GROUPS: Object.keys(workGroupsOf(world, 0)).join(','),
        },
        athenaUrl: services.urls.athenaUrl,
        speed,
      });
      const { durationMs, error } = await host.invoke({ scheduledTime: new Date(services.time).toISOString() }, services.time);
      await host.close();
      const { calls, throttled } = await services.report();
      services.stop();
      if (error) {
        throw new Error(`${this.name}: ${error.errorMessage}`);
      }
      goals.push(
        atLeast(`calls per second ÷ rate, ${seconds} s per call`, 0.9, calls / (durationMs / 1000) / rateLimit.ratePerSecond),
        atMost(`throttled calls, ${seconds} s per call`, 0, throttled),
      );
    }
    return { rows: [], goals };
  },
};

const sizes: Scenario = {
  name: 'sizes',
  what: '1 to 1000 workgroups with 0 to 10 000 sessions each, no latency',
  async run(context) {
    const worlds: WorldSpec[] = [
      ...[1, 10, 100, 1000].flatMap((workGroups) => [0, 1, 100, 101].map((sessions): WorldSpec => ({ workGroups, sessions, states: ACTIVE_STATES }))),
      { workGroups: 1, sessions: 10_000, states: ALL_STATES },
    ];
    const rows: Row[] = [];
    const ratios: number[] = [];
    for (const world of worlds) {
      const ours = collector();
      const { rows: [row], runs } = await interleave({
        name: `${world.workGroups}x${world.sessions}`, world, latency: 0, subjects: [ours], rounds: 1,
      }, { ...context, rounds: 1 });
      rows.push(row!);
      ratios.push(callsByMinimum(runs.get(ours)!, world));
    }
    return { rows, goals: [atMost('API calls ÷ minimum, maximum of all sizes', 1, Math.max(...ratios))] };
  },
};

const endedSessions: Scenario = {
  name: 'ended',
  what: '100 000 ended sessions in one workgroup, 1 000 of them within the lookback, compared with 1 000',
  async run(context) {
    const withEnded = (count: number) => interleave({
      name: `ended-${count}`,
      latency: 0,
      subjects: [collector()],
      rounds: 5,
      world: { workGroups: 1, sessions: 0, states: ACTIVE_STATES, ended: { count, inLookback: 1000 } },
    }, context);
    const few = await withEnded(1000);
    const many = await withEnded(100_000);
    return {
      rows: [...few.rows, ...many.rows],
      goals: [
        atMost('peak memory, 100 000 ÷ 1 000 ended sessions', 1.25, many.rows[0]!.peakMegabytes / few.rows[0]!.peakMegabytes),
        atMost('peak memory, 100 000 ended sessions', MAX_MEGABYTES, many.rows[0]!.peakMegabytes, ' MB'),
      ],
    };
  },
};

const bytes: Scenario = {
  name: 'bytes',
  what: 'size of the bundle',
  run: async () => ({ rows: [], goals: [atMost('bundle', 260, statSync(COLLECTOR_FILE).size / 1000, ' KB')] }),
};

const synthesis: Scenario = {
  name: 'synth',
  what: 'synthesis of the default stack, compared with the same stack written by hand',
  async run(context) {
    const rounds = context.rounds ?? 15;
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.progress(`${this.name}: round ${round} of ${rounds}`);
      const [monitor, byHand] = ['monitor', 'by-hand'].map(synthesize);
      if (monitor!.template !== byHand!.template) {
        throw new Error('the handwritten stack differs from the monitor\'s: update bench/synth/by-hand.ts');
      }
      ratios.push(monitor!.milliseconds / byHand!.milliseconds);
    }
    return { rows: [], goals: [atMost('synth of a stack ÷ the same stack written by hand', 1.1, median(ratios))] };
  },
};

function synthesize(program: string): { milliseconds: number; template: string } {
  const outdir = path.join(tmpdir(), `bench-${process.pid}-${program}`);
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [path.join(BUILD_FOLDER, 'synth', `${program}.cjs`), outdir], { encoding: 'utf8' });
  const milliseconds = performance.now() - startedAt;
  if (status !== 0) {
    throw new Error(`synthesis of ${program} failed: ${stderr}`);
  }
  const template = readFileSync(path.join(outdir, readdirSync(outdir).find((file) => file.endsWith('.template.json'))!), 'utf8');
  rmSync(outdir, { recursive: true });
  return { milliseconds, template };
}

const quietHours: Scenario = {
  name: 'quiet-hours',
  what: 'metric-hours if five of 200 workgroups are used for two days, compared with zerosWhenQuiet: true',
  run: async (context) => withStacks(async (stacks) => {
    const progress = (story: string) => (done: string) => context.progress(`${quietHours.name}: ${story}, ${done}`);
    const days = await play(fewOfMany(20, '00:00', '23:59 +1d'), stacks.get('FewOfMany')!, progress('two days of 20 workgroups'));
    const hours = await play(fewOfMany(200, '07:00', '08:59'), stacks.get('FewOfMany')!, progress('two hours of 200 workgroups'));
    const office = await play(officeHours(), stacks.get('Office')!, progress('office hours'));

    const bill = (what: string, billed: number, simulatedHours: number): Bill => {
      const perMonth = billed / simulatedHours * HOURS_PER_MONTH;
      return { what, metricHours: Math.round(perMonth), dollars: dollars(perMonth) };
    };
    const week = (monitor: string) => {
      const [workday, dayOff] = [between(0, 24, office.runsOf(monitor)), between(24, 48, office.runsOf(monitor))].map(metricHours);
      return 5 * workday! + 2 * dayOff!;
    };
    const [quiet, zeros] = [days.runsOf('Quiet'), days.runsOf('Zeros')];
    const isUsed = [undefined, ...[0, 1, 2, 3, 4].map((index) => `used-${index}`)];
    const fiveAlways = isUsed.reduce((sum, workGroup) => sum + metricHoursOf(workGroup, zeros), 0);
    const zerosOf200 = metricHours(zeros) + 180 * metricHoursOf('unused-001', zeros);
    const comparisons = [compareAlarms(days, 'Quiet', 'Zeros'), compareAlarms(days, 'QuietNamed', 'ZerosNamed')];
    const differences = comparisons.flatMap((comparison) => comparison.differences);
    differences.forEach((difference) => context.progress(`${quietHours.name}: not the same with zeros: ${difference}`));
    return {
      rows: [],
      bills: [
        bill('200 workgroups, five of them used', metricHours(quiet), 48),
        bill('the same with zerosWhenQuiet: true', zerosOf200, 48),
        bill('one named workgroup, used for 8 hours on workdays', week('OneNamed'), 7 * 24),
        bill('one found workgroup, used for 8 hours on workdays', week('OneFound'), 7 * 24),
        bill('ten found workgroups, each used for 8 hours on workdays', week('TenFound'), 7 * 24),
      ],
      goals: [
        atMost('metric-hours, five workgroups used ÷ five always written', 1, metricHours(quiet) / fiveAlways),
        atMost('metric-hours, 200 workgroups ÷ 20, five of them used', 1, metricHours(hours.runsOf('Quiet')) / metricHours(between(7, 9, quiet))),
        atLeast('alarms raised with zerosWhenQuiet: true', 1, comparisons.reduce((sum, { raised }) => sum + raised, 0)),
        atMost('alarms that differ without zeros', 0, differences.length),
        atMost('alarms cleared later without zeros', 10, Math.max(...comparisons.map(({ minutesLater }) => minutesLater)), ' min'),
      ],
    };
  }),
};

export const SCENARIOS: readonly Scenario[] = [
  bytes, coldStart, manySessions, oneSession, againstScript, sizes, endedSessions, synthesis, slowCalls, rateLimited, events, quietHours,
];
