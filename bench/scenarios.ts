import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { atLeast, atMost, bound, callsNeeded, firstDifference, type Goal, type Limits, median, total } from './figures';
import { measure, type Run, Services } from './measure';
import { adaptive, BUILD_FOLDER, collector, COLLECTOR_FILE, empty, nodePath, pool, script, silentScript, type Subject } from './subjects';
import { ACTIVE_STATES, ALL_STATES, countsOf, INTERVAL, type WorldSpec, workGroupsOf } from './world';
import { LambdaHost } from '../rehearsal/lambda';

/** What a subject reached in a scenario: medians of its rounds. */
export interface Row {
  readonly scenario: string;
  readonly subject: string;
  readonly rounds: number;
  readonly calls: number;
  readonly throttled: number;
  readonly lostWorkGroups: number;
  /** Run by run with the collector's of the same round. */
  readonly timesCollector?: number;
  /** The run by what no run can be quicker than. */
  readonly byBound?: number;
  readonly peakMegabytes: number;
  /** Why runs do not count. */
  readonly voids: readonly string[];
  readonly rawMilliseconds: readonly number[];
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

export interface Context {
  /** In place of a scenario's own number of rounds. */
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

interface Interleaved {
  readonly name: string;
  readonly world: WorldSpec;
  readonly latency: number;
  readonly rateLimit?: { ratePerSecond: number; burst: number };
  readonly subjects: readonly Subject[];
  readonly rounds: number;
  /** Whether the collector's run is compared with its bound. */
  readonly limits?: Omit<Limits, 'pool'>;
  readonly mayLose?: boolean;
}

/** Runs the subjects in turn, round by round, each against the same services. */
async function interleave(scenario: Interleaved, context: Context): Promise<{ rows: Row[]; runs: ReadonlyMap<Subject, Run[]> }> {
  const { name, world, latency, rateLimit, subjects, limits, mayLose } = scenario;
  const rounds = context.rounds ?? scenario.rounds;
  const runs = new Map(subjects.map((subject): [Subject, Run[]] => [subject, []]));
  const services = rateLimit ? undefined : await Services.start({ world, latency });
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      context.progress(`${name}: round ${round} of ${rounds}, ${subject.name}`);
      // A bucket that one has emptied must be full for the next.
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
    const needed = callsNeeded(countsOf(workGroupsOf(world, 0), ALL_STATES));
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

/** The calls of each valid run by those that its listings need. */
function callsByMinimum(runs: readonly Run[], world: WorldSpec): number {
  const needed = total(callsNeeded(countsOf(workGroupsOf(world, 0), ALL_STATES)));
  return median(runs.filter((run) => run.void === undefined).map(({ calls }) => calls / needed));
}

const latencyLimits = { latency: LATENCY / 1000 };

const coldStart: Scenario = {
  name: 'cold-start',
  what: 'from the start of the process to the second call',
  async run(context) {
    const world: WorldSpec = { workGroups: 1, sessions: 1, states: ['BUSY'] };
    const ours = collector();
    const { rows, runs } = await interleave({
      name: this.name,
      world,
      latency: 0,
      subjects: [ours, silentScript, empty],
      rounds: 25,
    }, context);
    const ratios = runs.get(ours)!.flatMap((run, round) => {
      const usual = runs.get(silentScript)![round]!;
      return run.void === undefined && usual.void === undefined ? [run.toSecondCall! / usual.toSecondCall!] : [];
    });
    return { rows, goals: [atMost('process start to second call ÷ the usual SDK bundle', 0.55, median(ratios))] };
  },
};

const manySessions: Scenario = {
  name: '100x250',
  what: '100 workgroups of 250 active sessions, 20 ms a call',
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
        atMost('API calls ÷ the minimum, 100 × 250', 1, callsByMinimum(runs.get(ours)!, world)),
        atMost('run ÷ bound, 100 × 250', 1.2, rows[0]!.byBound!),
        atMost('peak memory, 100 × 250', 80, rows[0]!.peakMegabytes, ' MB'),
      ],
    };
  },
};

const oneSession: Scenario = {
  name: '100x1',
  what: '100 workgroups of one session, 20 ms a call',
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
    return { rows, goals: [atMost('run ÷ bound, 100 × 1', 1.2, rows[0]!.byBound!)] };
  },
};

const againstScript: Scenario = {
  name: 'script',
  what: '100 workgroups of 250 sessions in all eight states, 20 ms a call',
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
    return { rows, goals: [atLeast('faster than the script, no rate limit', 15, rows[2]!.timesCollector!, '×')] };
  },
};

const thousand: Scenario = {
  name: '1000',
  what: '1000 workgroups at a rate that lets one run list them, 20 ms a call',
  async run(context) {
    const world: WorldSpec = { workGroups: 1000, sessions: 1, states: ['BUSY'] };
    const { rows } = await interleave({
      name: this.name,
      world,
      latency: LATENCY,
      subjects: [collector(), pool],
      rounds: 1,
      limits: latencyLimits,
    }, context);
    return { rows, goals: [atMost('workgroups lost of 1000', 0, rows[0]!.lostWorkGroups)] };
  },
};

const RATE_LIMIT = { ratePerSecond: 5, burst: 10 };

const rateLimited: Scenario = {
  name: 'rate-limited',
  what: '100 workgroups, Athena allows 5 calls a second after a burst of 10, real time',
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
        atMost('rate limited: own throttles', 0, rows[0]!.throttled),
        atMost('rate limited: workgroups lost', 0, rows[0]!.lostWorkGroups),
      ],
    };
  },
};

const rotating: Scenario = {
  name: 'rotating',
  what: '1000 workgroups at the default rate, runs until each was listed, time passes 20 times as fast',
  async run(context) {
    const speed = 20;
    const rate = 4;
    const world: WorldSpec = { workGroups: 1000, sessions: 1, states: ['BUSY'] };
    const services = await Services.start({ world, latency: LATENCY, rateLimit: RATE_LIMIT, speed });
    const subject = collector(rate);
    const host = new LambdaHost({
      assetFolder: path.dirname(COLLECTOR_FILE),
      handler: 'index.handler',
      functionName: 'bench',
      timeoutSeconds: TIMEOUT_SECONDS,
      nodePath: nodePath(),
      environment: { ...subject.environment },
      athenaUrl: services.urls.athenaUrl,
      speed,
    });
    const listed = new Set<string>();
    let runs = 0;
    const voids: string[] = [];
    const expected = services.expected(subject);
    const mostRuns = 20;
    for (let run = 0; run < mostRuns && listed.size < world.workGroups; run++) {
      context.progress(`${this.name}: run ${run + 1}, ${listed.size} of ${world.workGroups} workgroups listed`);
      const time = services.time + (run - mostRuns) * INTERVAL;
      const { lines, error } = await host.invoke({ scheduledTime: new Date(time).toISOString() }, time);
      const counts = subject.countsOf(lines);
      const expectedOfListed = Object.fromEntries(Object.keys(counts).map((name) => [name, expected[name] ?? {}]));
      const wrong = error?.errorMessage ?? firstDifference(expectedOfListed, counts);
      voids.push(...(wrong === undefined ? [] : [wrong]));
      Object.keys(counts).forEach((workGroup) => listed.add(workGroup));
      runs++;
    }
    await host.close();
    const { calls, throttled } = await services.report();
    services.stop();
    return {
      rows: [{
        scenario: this.name,
        subject: `${subject.name}, ${runs} runs`,
        rounds: 1,
        calls,
        throttled,
        lostWorkGroups: world.workGroups - listed.size,
        peakMegabytes: NaN,
        voids: [],
        rawMilliseconds: [],
      }],
      goals: [
        atMost('rotating: throttles', 0, throttled),
        atMost('rotating: runs until all 1000 are listed ÷ those that the rate needs', 1.2,
          runs / Math.ceil(world.workGroups * 5 / ((TIMEOUT_SECONDS - 5) * rate + 2 * rate))),
      ],
    };
  },
};

const sizes: Scenario = {
  name: 'sizes',
  what: '1 to 1000 workgroups of 0 to 10 000 sessions, no latency',
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
    return { rows, goals: [atMost('API calls ÷ the minimum, the most of all sizes', 1, Math.max(...ratios))] };
  },
};

const endedSessions: Scenario = {
  name: 'ended',
  what: '100 000 ended sessions in one workgroup, all but 1 000 before the lookback, against 1 000',
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
      goals: [atMost('peak memory, 100 000 ÷ 1 000 ended sessions', 1.2, many.rows[0]!.peakMegabytes / few.rows[0]!.peakMegabytes)],
    };
  },
};

const bytes: Scenario = {
  name: 'bytes',
  what: 'the bundle, and what a run writes',
  async run(context) {
    const { rows, runs } = await interleave({
      name: this.name, world: { workGroups: 10, sessions: 1, states: ['BUSY'] }, latency: 0, subjects: [collector()], rounds: 1,
    }, { ...context, rounds: 1 });
    const lines = [...runs.values()].flat().flatMap((run) => run.lines).filter((line) => line.includes('"WorkGroup":'));
    return {
      rows,
      goals: [
        atMost('bundle', 130, statSync(COLLECTOR_FILE).size / 1000, ' KB'),
        atMost('EMF bytes per workgroup and run, details off', 700, median(lines.map((line) => Buffer.byteLength(line) + 1))),
      ],
    };
  },
};

const synthesis: Scenario = {
  name: 'synth',
  what: 'synthesis of the default stack, against the same written by hand',
  async run(context) {
    const rounds = context.rounds ?? 15;
    const ratios: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      context.progress(`${this.name}: round ${round} of ${rounds}`);
      const [monitor, byHand] = ['monitor', 'by-hand'].map(synthesise);
      if (monitor!.template !== byHand!.template) {
        throw new Error('the stack written by hand differs from the monitor\'s: bench/synth/by-hand.ts has to follow');
      }
      ratios.push(monitor!.milliseconds / byHand!.milliseconds);
    }
    return { rows: [], goals: [atMost('synth of a stack ÷ the same written by hand', 1.05, median(ratios))] };
  },
};

function synthesise(program: string): { milliseconds: number; template: string } {
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

export const SCENARIOS: readonly Scenario[] = [
  bytes, coldStart, manySessions, oneSession, againstScript, thousand, sizes, endedSessions, synthesis, rotating, rateLimited,
];
