import { setTimeout as sleep } from 'node:timers/promises';
import type { AthenaOptions, Call, Fault } from '../../rehearsal/athena';
import type { LambdaOptions } from '../../rehearsal/lambda';
import type { ListedSession } from '../../src/athena/listings';
import { RUN_METRICS, SETTINGS, WORK_GROUP_METRICS } from '../../src/schema';
import { expectedFigures, type Oracle, type OracleValues } from '../collector/oracle';
import { FUNCTION_NAME, minutes, type Run, session, Stage, T } from '../support/stage';

/** The memory size of the function. */
const MEMORY_BYTES = 256 * 1024 * 1024;
/** The time that remains of the timeout after every run, by the function's clock. */
const MIN_REMAINING_MS = 1000;
/** The maximum number of calls that do not reach Athena if it is unreachable or at the deadline. */
const MAX_UNSEEN_CALLS = 10;
const MAX_LINE_BYTES = 256 * 1024;
const MAX_VALUES = 100;
const CONTEXT = { interval: minutes(5), lookback: minutes(60), countTerminated: true };
const LISTINGS = [undefined, 'DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];

/** A workgroup without faults, named `well` in most worlds. */
export const healthy = {
  sessions: [session('healthy-idle', 'IDLE', { IdleSinceDateTime: T - minutes(70) }), session('healthy-failed', 'FAILED', { EndDateTime: T - minutes(1) })],
};

/** The line of `well` at T, which faults of other workgroups must not change. */
const LINE_OF_WELL = {
  _aws: {
    Timestamp: T,
    CloudWatchMetrics: [{
      Namespace: 'AthenaSessions',
      Dimensions: [['WorkGroup']],
      Metrics: expect.arrayContaining(Object.entries(WORK_GROUP_METRICS).map(([Name, { unit }]) => ({ Name, Unit: unit }))),
    }],
  },
  WorkGroup: 'well',
  ...{ CreatingSessions: 0, CreatedSessions: 0, IdleSessions: 1, BusySessions: 0, TerminatingSessions: 0, DegradedSessions: 0 },
  ...{ FailedSessions: 1, TerminatedSessions: 0 },
  ...{ CreatingTime: [0], IdleTime: [4200], BusyTime: [0], TerminatingTime: [0], SessionAge: [5400] },
  sessions: [{ id: 'healthy-failed', state: 'FAILED', seconds: 60, age: 5340 }, { id: 'healthy-idle', state: 'IDLE', seconds: 4200, age: 5400 }],
};

/** State of the simulated Athena, and settings of the collector. */
export interface World extends Omit<AthenaOptions, 'time' | 'rewrite'> {
  readonly settings?: { readonly [name: string]: string };
  readonly lambda?: Partial<LambdaOptions>;
}

/** The expected outcome of a run; everything else is computed from Athena's answers. */
export interface Outcome {
  /** Workgroups that cannot be listed, and the reason in the log. */
  readonly failed?: { readonly [workGroup: string]: RegExp };
  /** Workgroups that are deleted or disabled, and the reason in the log. */
  readonly skipped?: { readonly [workGroup: string]: RegExp };
  /** Workgroups that are not listed before the deadline; `some` if they depend on the machine. */
  readonly outOfTime?: readonly string[] | 'some';
  /** The invocation's error. */
  readonly error?: RegExp;
  /** Whether calls do not reach Athena. */
  readonly unreachable?: true;
}

/** A row of `matrix()`. */
export type Case = [name: string, world: World, outcome: Outcome];

/** A world with the workgroups `ill` and `well`. The faults affect the listings of `ill`. */
export function illAndWell(...faults: Omit<Fault, 'workGroup' | 'operation'>[]): World {
  return { workGroups: { ill: healthy, well: healthy }, faults: faults.map((fault) => ({ operation: 'ListSessions', workGroup: 'ill', ...fault })) };
}

/** Defines a test for each case. */
export function matrix(cases: readonly Case[]): void {
  test.each(cases)('%s', async (_name, world, outcome) => {
    await (await Trial.start(world)).run(outcome);
  });
}

/** Runs the bundled collector against a simulated Athena in some state (a world), and checks what must hold for every run. */
export class Trial {
  /** By default, time passes ten times as fast, so that retries and timeouts take less of it. */
  public static async start({ settings, lambda, ...athena }: World): Promise<Trial> {
    const { speed = 10 } = athena;
    const stage = await Stage.start({ ...athena, speed }, settings, { memorySize: MEMORY_BYTES / 1024 / 1024, speed, ...lambda });
    return new Trial(stage, settings?.[SETTINGS.workGroups]?.split(','), settings?.[SETTINGS.zerosWhenQuiet] !== 'false');
  }

  private readonly answers = new AnswerLog();
  /** The expected metrics of the run, by workgroup. */
  private readonly oracles = new Map<string, Oracle>();

  private constructor(public readonly stage: Stage, private readonly named: string[] | undefined, private readonly zerosWhenQuiet: boolean) {
    stage.athena.rewrite = (answer, call) => this.answers.record(call, this.rewrite(answer, call));
  }

  /** Replaces an answer of Athena. */
  public rewrite: NonNullable<AthenaOptions['rewrite']> = (answer) => answer;

  /** Waits until all listings of the workgroup were answered. */
  public async untilListed(workGroup: string): Promise<void> {
    do {
      await sleep(10);
    } while (!this.answers.isComplete(workGroup, T));
  }

  /** Ids of the workgroup's sessions that were listed. */
  public listedIds(workGroup: string): string[] {
    return [...new Set(this.answers.listings(workGroup).flat().map(({ id }) => id ?? ''))];
  }

  /** Runs the collector once and checks what must hold for every run. */
  public async run(outcome: Outcome = {}, time = T): Promise<Run> {
    const { athena } = this.stage;
    const callsBefore = athena.calls.length;
    this.answers.clear();
    this.oracles.clear();
    const run = await this.stage.run({ scheduledTime: new Date(time).toISOString() });
    const calls = athena.calls.slice(callsBefore);

    this.checkWorkGroups(run, outcome, time);
    this.checkLog(run, outcome, time);
    this.checkRunMetrics(run, outcome, time, calls);
    checkBounds(run);
    expect(run.error?.errorMessage ?? '').toMatch(outcome.error ?? /^$/);
    return run;
  }

  private get workGroups(): string[] {
    return this.named ?? this.answers.found;
  }

  /** Workgroups that must be listed completely. */
  private monitored(run: Run, { failed = {}, skipped = {} }: Outcome): string[] {
    const missing = [...Object.keys(failed), ...Object.keys(skipped), ...outOfTime(run)];
    return this.workGroups.filter((workGroup) => !missing.includes(workGroup)).sort();
  }

  /** Workgroups whose metrics must be written: not quiet ones, except the first by name if all found ones are quiet. */
  private written(run: Run, outcome: Outcome, time: number): string[] {
    const monitored = this.monitored(run, outcome);
    const written = this.zerosWhenQuiet ? monitored : monitored.filter((workGroup) => !this.oracle(workGroup, time).quiet);
    return written.length > 0 || this.named ? written : monitored.slice(0, 1);
  }

  /** Every metric is correct, and a workgroup that was not listed completely has none. */
  private checkWorkGroups(run: Run, outcome: Outcome, time: number): void {
    const written = new Set<string>(run.metricLines.filter((line) => 'WorkGroup' in line).map((line) => line.WorkGroup));
    expect([...written].sort()).toEqual(this.written(run, outcome, time));
    for (const workGroup of written) {
      const lines = run.metricLines.filter((line) => line.WorkGroup === workGroup);
      expect({ workGroup, complete: this.answers.isComplete(workGroup, time) }).toEqual({ workGroup, complete: true });
      expect({ workGroup, points: pointsOf(lines) }).toEqual({ workGroup, points: this.oracle(workGroup, time).points });
      if (workGroup === 'well' && time === T) {
        expect(lines).toEqual([LINE_OF_WELL]);
      }
    }
  }

  private checkLog(run: Run, outcome: Outcome, time: number): void {
    const { failed = {}, skipped = {} } = outcome;
    const line = (level: string) => ([workGroup, reason]: [string, RegExp]) =>
      expect.objectContaining({ level, workGroup, reason: expect.stringMatching(reason) });
    const unknown = this.monitored(run, outcome).filter((workGroup) => this.oracle(workGroup, time).unknown > 0);
    const expected = [
      ...Object.entries(failed).map(line('ERROR')),
      ...Object.entries(skipped).map(line('INFO')),
      ...unknown.map((workGroup) =>
        expect.objectContaining({ level: 'WARN', workGroup, message: expect.stringMatching(`^${this.oracle(workGroup, time).unknown} sessions`) })),
      ...(outcome.outOfTime ? [expect.objectContaining({ level: 'ERROR', message: expect.stringMatching(/before the deadline; .*maxRequestsPerSecond/) })] : []),
    ];
    expect(run.log).toHaveLength(expected.length);
    expect(run.log).toEqual(expect.arrayContaining(expected));
    if (outcome.outOfTime !== 'some') {
      expect(outOfTime(run)).toEqual(outcome.outOfTime ?? []);
    }
  }

  private checkRunMetrics(run: Run, outcome: Outcome, time: number, calls: readonly Call[]): void {
    const monitored = this.monitored(run, outcome);
    const searched = this.named !== undefined || this.answers.isSearchComplete;
    const [line, ...others] = run.metricLines.filter((candidate) => 'FunctionName' in candidate);
    expect(others).toEqual([]);
    const { ApiCalls: apiCalls, ThrottledApiCalls: throttledApiCalls, ...counts } = valuesOf(line);
    expect({ time: line._aws.Timestamp, functionName: line.FunctionName, counts }).toEqual({
      time,
      functionName: FUNCTION_NAME,
      counts: {
        ...(searched && { WorkGroupsMonitored: monitored.length, WorkGroupsNotListed: this.failedCount(run, outcome) }),
        UnknownSessions: monitored.map((workGroup) => this.oracle(workGroup, time).unknown).reduce((a, b) => a + b, 0),
        ...(searched && (monitored.length > 0 || this.failedCount(run, outcome) === 0) && this.liveTotals(monitored, time)),
        // A deleted workgroup has no sessions, a disabled one may.
        ...(searched && this.failedCount(run, outcome) === 0 && !Object.values(outcome.skipped ?? {}).some(({ source }) => source === 'disabled') && {
          LiveSparkConnectSessions: monitored.map((workGroup) => this.oracle(workGroup, time).sparkConnectSessions).reduce((a, b) => a + b, 0),
        }),
      },
    });
    const throttled = calls.filter((call) => call.throttled).length;
    const unseen = outcome.unreachable || outcome.outOfTime ? MAX_UNSEEN_CALLS : 0;
    expect(apiCalls).toBeGreaterThanOrEqual(calls.length);
    expect(apiCalls).toBeLessThanOrEqual(calls.length + unseen);
    expect(throttledApiCalls).toBeLessThanOrEqual(throttled);
    expect(throttledApiCalls).toBeGreaterThanOrEqual(throttled - unseen);
  }

  private liveTotals(monitored: readonly string[], time: number): { [metric: string]: number } {
    const counts = monitored.map((workGroup) => this.oracle(workGroup, time).points.get(time)!);
    return Object.fromEntries(['Creating', 'Created', 'Idle', 'Busy', 'Terminating', 'Degraded'].map((state) => `${state}Sessions`)
      .map((metric) => [metric, counts.map(({ [metric]: values }) => values![0]!).reduce((a, b) => a + b, 0)]));
  }

  /** The number of workgroups that were neither listed nor skipped. */
  private failedCount(run: Run, outcome: Outcome): number {
    return this.workGroups.length - this.monitored(run, outcome).length - Object.keys(outcome.skipped ?? {}).length;
  }

  private oracle(workGroup: string, time: number): Oracle {
    const known = this.oracles.get(workGroup) ?? expectedFigures(this.answers.listings(workGroup), { scheduledTime: time, ...CONTEXT });
    this.oracles.set(workGroup, known);
    return known;
  }
}

interface AnsweredPage {
  readonly items: readonly unknown[];
  readonly isLast: boolean;
}

/** Records Athena's answers in a run, page by page. If a page is sent again, as the caller did not receive it, it replaces the earlier one. */
class AnswerLog {
  /** By workgroup and listing. */
  private readonly pages = new Map<string, AnsweredPage[]>();

  public clear(): void {
    this.pages.clear();
  }

  /** Records an answer, unless it is lost on the way or unreadable, and returns it. */
  public record({ operation, workGroup, stateFilter, page, fault }: Call, answer: unknown): unknown {
    const { Sessions, WorkGroups, NextToken } = Object(answer);
    const items = Sessions ?? WorkGroups ?? [];
    const isReadable = Array.isArray(items) && typeof (NextToken ?? '') === 'string';
    if (isReadable && fault !== 'truncated' && fault !== 'resetMidBody') {
      const key = operation === 'ListSessions' ? keyOf(workGroup!, stateFilter) : operation;
      const pages = this.pages.get(key) ?? [];
      pages[page - 1] = { items, isLast: !NextToken };
      this.pages.set(key, pages);
    }
    return answer;
  }

  /** Spark workgroups that the search returned. */
  public get found(): string[] {
    const isSpark = ({ EngineVersion }: any) => /spark/i.test(EngineVersion?.SelectedEngineVersion ?? '');
    return [...new Set(this.items('ListWorkGroups').filter(Boolean).filter(isSpark).map(({ Name }) => text(Name) ?? '').filter(Boolean))];
  }

  public get isSearchComplete(): boolean {
    return isComplete(this.pages.get('ListWorkGroups') ?? []);
  }

  /** Whether all listings of the workgroup were read to their ends, or those of ended sessions to a page of sessions that are too old. */
  public isComplete(workGroup: string, time: number): boolean {
    const oldestStart = time - CONTEXT.lookback - 3 * CONTEXT.interval - minutes(1440);
    const isTooOld = (item: unknown) => (asListed(item).startedAt ?? Infinity) < oldestStart;
    return LISTINGS.every((listing) => {
      const pages = this.pages.get(keyOf(workGroup, listing)) ?? [];
      const { items = [] } = pages.at(-1) ?? {};
      const mayStop = (listing === 'FAILED' || listing === 'TERMINATED') && items.length > 0 && items.every(isTooOld);
      return isComplete(mayStop ? [...pages.slice(0, -1), { items, isLast: true }] : pages);
    });
  }

  /** The sessions of the workgroup's listings, in order. */
  public listings(workGroup: string): ListedSession[][] {
    return LISTINGS.map((listing) => this.items(keyOf(workGroup, listing)).map(asListed));
  }

  private items(key: string): any[] {
    return [...this.pages.get(key) ?? []].flatMap((page) => page?.items ?? []);
  }
}

function keyOf(workGroup: string, listing: string | undefined): string {
  return `${workGroup} ${listing}`;
}

/** Whether all pages were answered, the last one included. */
function isComplete(pages: readonly (AnsweredPage | undefined)[]): boolean {
  return pages.length > 0 && [...pages].every((page, index) => page?.isLast === (index === pages.length - 1));
}

/** A session in an answer's body. Fields of an undocumented type count as missing. */
function asListed(raw: unknown): ListedSession {
  const { SessionId, Description, EngineVersion, Status } = Object(raw);
  const { State, StateChangeReason, StartDateTime, LastModifiedDateTime, IdleSinceDateTime, EndDateTime } = Object(Status);
  return {
    id: text(SessionId),
    description: text(Description),
    engine: text(EngineVersion?.EffectiveEngineVersion ?? EngineVersion?.SelectedEngineVersion),
    state: text(State),
    reason: text(StateChangeReason),
    startedAt: instant(StartDateTime),
    modifiedAt: instant(LastModifiedDateTime),
    idleSince: instant(IdleSinceDateTime),
    endedAt: instant(EndDateTime),
  };
}

/** Numbers become strings. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
}

/** Seconds since the epoch, within the range of a date. */
function instant(value: unknown): number | undefined {
  const time = Math.round(Number(text(value) ?? NaN) * 1000);
  return Math.abs(time) <= 8.64e15 ? time : undefined;
}

function outOfTime(run: Run): string[] {
  return run.log.flatMap(({ workGroups }) => workGroups ?? []);
}

/** The values of the metrics that the line declares. */
function valuesOf(line: any): { [metric: string]: number | number[] } {
  const metrics: { Name: string; Unit: string }[] = line._aws.CloudWatchMetrics.flatMap(({ Metrics }: any) => Metrics);
  const definitions: { [name: string]: { unit: string } } = { ...WORK_GROUP_METRICS, ...RUN_METRICS };
  expect(metrics.filter(({ Name, Unit }) => definitions[Name]?.unit !== Unit || line[Name] === undefined)).toEqual([]);
  return Object.fromEntries(metrics.map(({ Name }) => [Name, line[Name]]));
}

/** The metrics of the lines, in the form of the oracle. */
function pointsOf(lines: readonly any[]): Map<number, OracleValues> {
  const points = new Map<number, OracleValues>();
  for (const line of lines) {
    const point = points.get(line._aws.Timestamp) ?? {};
    points.set(line._aws.Timestamp, point);
    for (const [metric, value] of Object.entries(valuesOf(line))) {
      point[metric] = [...point[metric] ?? [], value].flat().sort((a, b) => a - b);
    }
  }
  return points;
}

/** A run ends before its timeout, within its memory, and writes lines within CloudWatch's limits. */
function checkBounds(run: Run): void {
  expect(run.timedOut).toBe(false);
  expect(run.usage!.remainingMs).toBeGreaterThanOrEqual(MIN_REMAINING_MS);
  expect(run.usage!.maxMemoryBytes).toBeLessThan(MEMORY_BYTES);
  expect(Math.max(0, ...run.lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(MAX_LINE_BYTES);
  const lengths = run.metricLines.flatMap((line) => Object.values(valuesOf(line)).map((value) => [value].flat().length));
  expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_VALUES);
}
