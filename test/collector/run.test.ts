import * as fc from 'fast-check';
import { comparable, expectedFigures } from './oracle';
import { SETTINGS } from './run-settings';
import { AthenaError } from '../../src/athena/calls';
import type { ListedSession, FoundWorkGroup } from '../../src/athena/listings';
import { run, type RunContext } from '../../src/collector/run';
import { isLate, type Settings } from '../../src/collector/settings';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T = Date.parse('2026-03-10T12:00:00Z');

const FOUND: Settings = { ...SETTINGS, workGroups: undefined, workGroupPatterns: ['*'] };

/** The name of the unfiltered listing. */
const UNFILTERED = 'unfiltered';
const ALL_LISTINGS = [UNFILTERED, 'DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];

/** A page of a listing, or the error that is thrown instead. */
type Page<Item> = Item[] | Error;
type Listings = { readonly [state: string]: readonly Page<ListedSession>[] };

class FakeAthena {
  public calls = 0;
  public throttledCalls = 0;
  public secondsPerCall = 0;
  public overdueCalls = 0;
  /** Listings in the order in which they were started, as `workgroup/state`. */
  public readonly startedListings: string[] = [];
  /** Pages that were read, as `workgroup/state/number`. */
  public readonly pages: string[] = [];
  /** The maximum number of concurrent listings: of all workgroups, and of one. */
  public maxConcurrent = 0;
  public maxConcurrentPerWorkGroup = 0;
  private readonly inProgress: string[] = [];

  public constructor(
    private readonly listingsOf: (workGroup: string) => Listings = () => ({}),
    private readonly found: readonly Page<FoundWorkGroup>[] = [],
  ) {}

  public async* workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    for (const page of this.found) {
      this.calls++;
      await this.answer();
      if (page instanceof Error) {
        throw page;
      }
      yield page;
    }
  }

  public async* sessions(workGroup: string, state = UNFILTERED): AsyncGenerator<ListedSession[]> {
    this.startedListings.push(`${workGroup}/${state}`);
    this.inProgress.push(workGroup);
    this.maxConcurrent = Math.max(this.maxConcurrent, this.inProgress.length);
    this.maxConcurrentPerWorkGroup = Math.max(this.maxConcurrentPerWorkGroup, this.inProgress.filter((name) => name === workGroup).length);
    try {
      const pages = this.listingsOf(workGroup)[state] ?? [[]];
      for (const [index, page] of pages.entries()) {
        this.calls++;
        await this.answer();
        if (page instanceof Error) {
          throw page;
        }
        this.pages.push(`${workGroup}/${state}/${index + 1}`);
        yield page;
      }
    } finally {
      this.inProgress.splice(this.inProgress.indexOf(workGroup), 1);
    }
  }

  /** Lets other workers run, as a real call does. */
  private async answer(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

type Line = { readonly [name: string]: unknown };
type MetricLine = Line & { readonly _aws: { readonly Timestamp: number } };

interface RunResult {
  readonly error?: Error;
  /** Every line, in order. */
  readonly lines: Line[];
  /** Lines of the workgroup's metrics. */
  readonly metricsOf: (workGroup: string) => MetricLine[];
  /** The line of the run's own metrics. */
  readonly runMetrics: MetricLine;
  /** Lines without metrics. */
  readonly log: Line[];
}

async function runOf(athena: FakeAthena, settings: Partial<Settings> = {}, time = T, late = false): Promise<RunResult> {
  const written: string[] = [];
  let error: Error | undefined;
  try {
    await run({ settings: { ...SETTINGS, ...settings }, scheduledTime: time, late, athena, write: (line) => written.push(line) });
  } catch (caught) {
    error = caught as Error;
  }
  expect(written.filter((line) => line.includes('\n'))).toEqual([]);
  expect(written.map((line) => Buffer.byteLength(line)).filter((length) => length > 60_000)).toEqual([]);
  const lines = written.map((line) => JSON.parse(line) as Line);
  const metrics = lines.filter((line): line is MetricLine => '_aws' in line);
  const ofRun = metrics.filter((line) => 'FunctionName' in line);
  expect(ofRun).toHaveLength(1); // every run writes its run metrics once, even if it fails
  expect(metrics.map((line) => line._aws.Timestamp % SETTINGS.interval)).toEqual(metrics.map(() => 0));
  return {
    error,
    lines,
    metricsOf: (workGroup) => metrics.filter((line) => line.WorkGroup === workGroup),
    runMetrics: ofRun[0]!,
    log: lines.filter((line) => !('_aws' in line)),
  };
}

const spark = (name: string, disabled = false): FoundWorkGroup => ({ name, spark: true, disabled });
const idle = (id: string): ListedSession => ({ id, state: 'IDLE', startedAt: T - HOUR, idleSince: T - MINUTE });
const failed = (id: string, minutesAgo = 1, startedAt = T - HOUR): ListedSession => (
  { id, state: 'FAILED', startedAt, endedAt: T - minutesAgo * MINUTE }
);
const boom = new AthenaError('other', 'InternalServerException: boom');
const notFound = new AthenaError('not found', 'InvalidRequestException: WorkGroup is not found.');
const invalid = new AthenaError('invalid request', 'InvalidRequestException: WorkGroup is disabled.');
const deadline = new AthenaError('deadline', 'the run reached its deadline before the listing was complete');

/** Listings, one of which fails at the given page. */
function failing(error: Error, state = UNFILTERED, page = 1): Listings {
  return { [state]: [...Array<ListedSession[]>(page - 1).fill([idle('before')]), error] };
}

/** Workgroups, some of which have listings of their own. */
const withListings = (listings: { readonly [workGroup: string]: Listings }) => (workGroup: string) => listings[workGroup] ?? {};

describe('the listings of a workgroup', () => {
  test('are unfiltered, DEGRADED, TERMINATING, FAILED and TERMINATED, in this order', async () => {
    const athena = new FakeAthena();
    await runOf(athena);
    expect(athena.startedListings).toEqual(ALL_LISTINGS.map((state) => `analytics/${state}`));
  });

  test('exclude TERMINATED if countTerminated is false, and TerminatedSessions is not written', async () => {
    const athena = new FakeAthena();
    const { metricsOf } = await runOf(athena, { countTerminated: false });
    expect(athena.startedListings).toEqual(ALL_LISTINGS.slice(0, 4).map((state) => `analytics/${state}`));
    expect(metricsOf('analytics')).toHaveLength(1);
    expect(metricsOf('analytics')[0]).not.toHaveProperty('TerminatedSessions');
    expect(metricsOf('analytics')[0]).toHaveProperty('FailedSessions', 0);
  });

  test('take five calls if each fits one page, and four without TERMINATED', async () => {
    const names = ['a', 'b', 'c'];
    expect((await runOf(new FakeAthena(), { workGroups: names })).runMetrics.ApiCalls).toBe(15);
    expect((await runOf(new FakeAthena(), { workGroups: names, countTerminated: false })).runMetrics.ApiCalls).toBe(12);
  });

  test('are made one after another, concurrently with those of other workgroups', async () => {
    const athena = new FakeAthena();
    await runOf(athena, { workGroups: ['a', 'b', 'c'] });
    expect(athena.maxConcurrentPerWorkGroup).toBe(1);
    expect(athena.maxConcurrent).toBe(3);
  });

  const sixty = Array.from({ length: 60 }, (_, index) => `w${index}`);

  test('are made for more workgroups concurrently once the duration of a call is known', async () => {
    const athena = new FakeAthena();
    Object.defineProperty(athena, 'secondsPerCall', { get: () => (athena.calls >= 40 ? 0.3 : 0) });
    await runOf(athena, { workGroups: sixty, maxRequestsPerSecond: 100 });
    expect(athena.maxConcurrent).toBe(30);
  });

  test('are read to the last page', async () => {
    const athena = new FakeAthena(() => ({
      [UNFILTERED]: [[idle('a')], [], [idle('b')], [idle('c')]],
      TERMINATING: [[], [{ id: 'd', state: 'TERMINATING' }]],
    }));
    const { metricsOf } = await runOf(athena);
    expect(metricsOf('analytics')[0]).toMatchObject({ IdleSessions: 3, TerminatingSessions: 1 });
  });

  test('are all counted, but each session only once', async () => {
    const athena = new FakeAthena(() => ({
      [UNFILTERED]: [[idle('a'), { id: 'b', state: 'DEGRADED', modifiedAt: T - 3 }]],
      DEGRADED: [[{ id: 'b', state: 'DEGRADED', modifiedAt: T - 3 }, { id: 'c', state: 'DEGRADED', modifiedAt: T - 4 }]],
      TERMINATING: [[{ id: 'c', state: 'TERMINATING', modifiedAt: T - 2 }]],
      FAILED: [[failed('c', 0), failed('d', 20)]],
      TERMINATED: [[{ id: 'e', state: 'TERMINATED', endedAt: T - 1 }]],
    }));
    const { metricsOf, runMetrics } = await runOf(athena);
    expect(metricsOf('analytics')).toHaveLength(2);
    expect(metricsOf('analytics')[0]).toMatchObject({
      _aws: { Timestamp: T }, IdleSessions: 1, DegradedSessions: 1, TerminatingSessions: 0, FailedSessions: 1, TerminatedSessions: 1,
    });
    expect(metricsOf('analytics')[1]).toMatchObject({ _aws: { Timestamp: T - 20 * MINUTE }, FailedSessions: 1 });
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0, UnknownSessions: 0 });
  });

  test('produce the metrics of the independent count, for every window', async () => {
    const lives = fc.uniqueArray(fc.record({
      id: fc.nat({ max: 300 }).map((index) => `s${index}`),
      startedAt: fc.integer({ min: T - 2 * HOUR, max: T }),
      modifiedAt: fc.option(fc.integer({ min: T - 2 * HOUR, max: T }), { nil: undefined }),
      endedAt: fc.integer({ min: T - 2 * HOUR, max: T + 2 * MINUTE }),
    }), { selector: ({ id }) => id, maxLength: 250 });
    await fc.assert(fc.asyncProperty(fc.record({ IDLE: lives, BUSY: lives, FAILED: lives, TERMINATED: lives }), async (sessions) => {
      // Each session is listed once: the census's tests cover sessions that are listed several times.
      const of = (state: 'IDLE' | 'BUSY' | 'FAILED' | 'TERMINATED') => sessions[state].map((life): ListedSession => (
        { ...life, id: `${state}${life.id}`, state, endedAt: state === 'IDLE' || state === 'BUSY' ? undefined : life.endedAt }
      ));
      const inPages = (all: ListedSession[]) => [all.slice(0, 100), all.slice(100, 200), all.slice(200)];
      const listings = { [UNFILTERED]: [...of('IDLE'), ...of('BUSY')], FAILED: of('FAILED'), TERMINATED: of('TERMINATED') };
      const athena = new FakeAthena(() => Object.fromEntries(Object.entries(listings).map(([state, all]) => [state, inPages(all)])));
      const { metricsOf } = await runOf(athena);

      const written = new Map<number, { [name: string]: number[] }>();
      for (const line of metricsOf('analytics')) {
        const values = Object.entries(line).filter(([name]) => /(Sessions|Time|Age)$/.test(name)) as [string, number | number[]][];
        const ofTime = written.get(line._aws.Timestamp) ?? {};
        values.forEach(([name, value]) => (ofTime[name] ??= []).push(...[value].flat()));
        written.set(line._aws.Timestamp, ofTime);
      }
      const figures = comparable([...written].map(([timestamp, values]) => ({ timestamp, values })));
      const context = { scheduledTime: T, interval: SETTINGS.interval, lookback: SETTINGS.lookback, countTerminated: true };
      expect(figures).toEqual(expectedFigures(Object.values(listings), context).points);
    }), { numRuns: 25 });
  });

  test('with more sessions than fit one array are written in several lines', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [Array.from({ length: 150 }, (_, index) => idle(`s${index}`))] }));
    const { metricsOf } = await runOf(athena);
    expect(metricsOf('analytics').map((line) => (line.IdleTime as number[]).length)).toEqual([100, 50]);
    expect(metricsOf('analytics').map((line) => (line.SessionAge as number[]).length)).toEqual([100, 50]);
    expect(metricsOf('analytics').map((line) => line.IdleSessions)).toEqual([150, undefined]);
  });
});

describe('the lines of a workgroup', () => {
  test('list the sessions behind the counts', async () => {
    const athena = new FakeAthena(() => ({
      [UNFILTERED]: [[{ ...idle('a'), engine: 'Apache Spark version 3.5', description: 'nightly' }]],
      FAILED: [[{ ...failed('b', 20), reason: 'out of memory' }]],
    }));
    const { metricsOf } = await runOf(athena);
    expect(metricsOf('analytics').map(({ sessions }) => sessions)).toEqual([
      [{ id: 'a', state: 'IDLE', seconds: 60, age: 3600, engine: 'Apache Spark version 3.5', description: 'nightly' }],
      [{ id: 'b', state: 'FAILED', seconds: 1200, age: 2400, reason: 'out of memory' }],
    ]);
  });

  test('list no sessions if logSessionDetails is false', async () => {
    const athena = new FakeAthena(() => ({
      [UNFILTERED]: [[{ ...idle('a-session'), description: 'nightly' }]],
      FAILED: [[failed('b-session', 20)]],
    }));
    const { lines } = await runOf(athena, { logSessionDetails: false });
    expect(JSON.stringify(lines)).not.toMatch(/a-session|b-session|nightly/);
  });

  test('mark estimated ends', async () => {
    const athena = new FakeAthena(() => ({ FAILED: [[{ id: 'a', state: 'FAILED', modifiedAt: T - MINUTE }]] }));
    const [line] = (await runOf(athena)).metricsOf('analytics');
    expect(line).toMatchObject({ FailedSessions: 1, endEstimated: 1, sessions: [{ id: 'a', endEstimated: true }] });
  });

  test('have the namespace and dimension of the settings', async () => {
    const { metricsOf, runMetrics } = await runOf(new FakeAthena(), { metricNamespace: 'Mine', functionName: 'mine-collector' });
    expect(metricsOf('analytics')[0]!._aws).toMatchObject({
      Timestamp: T, CloudWatchMetrics: [{ Namespace: 'Mine', Dimensions: [['WorkGroup']] }],
    });
    expect(runMetrics).toMatchObject({
      FunctionName: 'mine-collector', _aws: { Timestamp: T, CloudWatchMetrics: [{ Namespace: 'Mine', Dimensions: [['FunctionName']] }] },
    });
  });
});

describe('incomplete listings', () => {
  const everyPage = ALL_LISTINGS.flatMap((state) => [[state, 1], [state, 2]] as const);

  test.each(everyPage)('if the %s listing fails on page %d, no metrics of the workgroup are written', async (state, page) => {
    const athena = new FakeAthena(withListings({ bad: failing(boom, state, page), good: { [UNFILTERED]: [[idle('a')]] } }));
    const { error, metricsOf, runMetrics, log } = await runOf(athena, { workGroups: ['bad', 'good'] });
    expect(error).toBeUndefined();
    expect(metricsOf('bad')).toEqual([]);
    expect(metricsOf('good')).toHaveLength(1);
    expect(metricsOf('good')[0]).toMatchObject({ IdleSessions: 1 });
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 1 });
    expect(log).toEqual([expect.objectContaining({ level: 'ERROR', workGroup: 'bad', reason: expect.stringContaining('boom') })]);
  });

  test('an unexpected error affects only its workgroup', async () => {
    const athena = new FakeAthena(withListings({ bad: failing(new TypeError('no such thing')) }));
    const { error, metricsOf, runMetrics, log } = await runOf(athena, { workGroups: ['bad', 'good'] });
    expect(error).toBeUndefined();
    expect([metricsOf('bad').length, metricsOf('good').length]).toEqual([0, 1]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 1 });
    expect(log[0]).toMatchObject({ workGroup: 'bad', reason: expect.stringContaining('no such thing') });
  });

  test('unknown sessions of a workgroup that is not listed completely are not counted', async () => {
    const athena = new FakeAthena(withListings({ bad: { [UNFILTERED]: [[{ id: 'x', state: 'ODD' }], boom] } }));
    expect((await runOf(athena, { workGroups: ['bad', 'good'] })).runMetrics.UnknownSessions).toBe(0);
  });

  test('error messages are cut after 1024 characters', async () => {
    const athena = new FakeAthena(withListings({ bad: failing(new AthenaError('other', `${'x'.repeat(1023)}yz`)) }));
    expect((await runOf(athena, { workGroups: ['bad', 'good'] })).log[0]!.reason).toBe(`${'x'.repeat(1023)}y`);
  });

  test('a very long error message does not make a very long line', async () => {
    const athena = new FakeAthena(withListings({ bad: failing(new AthenaError('other', '\u0001'.repeat(1_000_000))) }));
    const { lines } = await runOf(athena, { workGroups: ['bad', 'good'] }); // checks the length of each line
    expect(lines).toHaveLength(3);
  });
});

describe('a deleted or disabled workgroup', () => {
  test.each([
    ['found, deleted', true, false, notFound, 'skipped'],
    ['found, disabled, deleted', true, true, notFound, 'skipped'],
    ['found, disabled, with an invalid request', true, true, invalid, 'skipped'],
    ['found, enabled, with an invalid request', true, false, invalid, 'not listed'],
    ['found, disabled, with another error', true, true, boom, 'not listed'],
    ['named, deleted', false, false, notFound, 'not listed'],
    ['named, with an invalid request', false, false, invalid, 'not listed'],
  ])('%s', async (_description, found, disabled, error, outcome) => {
    const athena = new FakeAthena(withListings({ gone: failing(error) }), [[spark('gone', disabled), spark('there')]]);
    const result = await runOf(athena, found ? FOUND : { workGroups: ['gone', 'there'] });
    expect(result.error).toBeUndefined();
    expect(result.metricsOf('gone')).toEqual([]);
    expect(result.metricsOf('there')).toHaveLength(1);
    expect(result.runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: outcome === 'not listed' ? 1 : 0 });
    expect(result.log).toHaveLength(1);
    expect(result.log[0]).toMatchObject({ level: outcome === 'not listed' ? 'ERROR' : 'INFO', workGroup: 'gone', reason: error.message });
    expect(result.log[0]!.message).toMatch(outcome);
  });

  test('that is disabled but can be listed is counted, as its sessions may still run', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [[idle('a')]] }), [[spark('off', true)]]);
    const { metricsOf, runMetrics } = await runOf(athena, FOUND);
    expect(metricsOf('off')[0]).toMatchObject({ IdleSessions: 1 });
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0 });
  });

  test('does not fail the run if it is the only one', async () => {
    const { error, runMetrics } = await runOf(new FakeAthena(() => failing(notFound), [[spark('gone')]]), FOUND);
    expect(error).toBeUndefined();
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 0, WorkGroupsNotListed: 0 });
  });
});

describe('a run', () => {
  test('fails if no workgroup can be listed, and writes its run metrics', async () => {
    const { error, runMetrics } = await runOf(new FakeAthena(() => failing(boom)), { workGroups: ['a', 'b'] });
    expect(error?.message).toMatch(/2 workgroups/);
    expect(error?.message).toContain('boom');
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 0, WorkGroupsNotListed: 2, UnknownSessions: 0, ApiCalls: 2, ThrottledApiCalls: 0 });
  });

  test('fails if all workgroups reach the deadline', async () => {
    const { error } = await runOf(new FakeAthena(() => failing(deadline)), { workGroups: ['a', 'b'] });
    expect(error?.message).toContain('reached its deadline');
  });

  test('does not fail if one of two workgroups can be listed', async () => {
    expect((await runOf(new FakeAthena(withListings({ a: failing(boom) })), { workGroups: ['a', 'b'] })).error).toBeUndefined();
  });

  test('counts calls and throttled calls', async () => {
    const athena = new FakeAthena();
    athena.throttledCalls = 3;
    expect((await runOf(athena)).runMetrics).toMatchObject({ ApiCalls: 5, ThrottledApiCalls: 3 });
  });

  test('counts the calls of the search', async () => {
    expect((await runOf(new FakeAthena(undefined, [[spark('a')], [spark('b')]]), FOUND)).runMetrics.ApiCalls).toBe(2 + 2 * 5);
  });

  test('counts unknown sessions of all workgroups, and logs their workgroups and ids', async () => {
    const athena = new FakeAthena(withListings({
      a: { [UNFILTERED]: [[{ id: 'x1', state: 'HIBERNATING' }, idle('a1')]], FAILED: [[{ id: 'x2', state: 'FAILED' }]] },
      b: { [UNFILTERED]: [[{ id: 'x3' }]] },
    }));
    const { runMetrics, log, metricsOf } = await runOf(athena, { workGroups: ['a', 'b', 'c'] });
    expect(runMetrics).toMatchObject({ UnknownSessions: 3, WorkGroupsMonitored: 3 });
    expect(metricsOf('a')[0]).toMatchObject({ IdleSessions: 1, FailedSessions: 0 });
    expect(log.sort((one, other) => (one.workGroup as string).localeCompare(other.workGroup as string))).toEqual([
      expect.objectContaining({ level: 'WARN', workGroup: 'a', sessions: [{ id: 'x1', state: 'HIBERNATING' }, { id: 'x2', state: 'FAILED' }] }),
      expect.objectContaining({ level: 'WARN', workGroup: 'b', sessions: [{ id: 'x3' }] }),
    ]);
  });

  test('does not log ids of unknown sessions if logSessionDetails is false', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [[{ id: 'secret', state: 'HIBERNATING' }, {}]] }));
    const { log, lines } = await runOf(athena, { logSessionDetails: false });
    expect(log).toEqual([expect.objectContaining({ level: 'WARN', workGroup: 'analytics', message: expect.stringMatching(/^2 sessions/) })]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|HIBERNATING/);
  });

  test('logs in one line which workgroups were not listed before the deadline, and what to change', async () => {
    const athena = new FakeAthena(withListings({ b: failing(deadline), c: failing(deadline, 'FAILED', 2) }));
    const { error, runMetrics, log, metricsOf } = await runOf(athena, { workGroups: ['a', 'b', 'c'] });
    expect(error).toBeUndefined();
    expect([metricsOf('a').length, metricsOf('b').length, metricsOf('c').length]).toEqual([1, 0, 0]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 2 });
    expect(log).toHaveLength(1);
    expect((log[0]!.workGroups as string[]).sort()).toEqual(['b', 'c']);
    expect(log[0]!.message).toMatch(/2 of 3 workgroups/);
    expect(log[0]!.message).toContain('maxRequestsPerSecond');
  });

  test('logs the reasons for these workgroups, each once, at most five', async () => {
    const reason = (index: number) => `the run reached its deadline; last error: error ${index}`;
    const reasonsOf = async (indexes: number[]) => {
      const athena = new FakeAthena(withListings(Object.fromEntries(indexes.map((index, workGroup) => (
        [`w${workGroup}`, failing(new AthenaError('deadline', reason(index)))])))));
      return (await runOf(athena, { workGroups: indexes.map((_, workGroup) => `w${workGroup}`) })).log[0]!.reasons as string[];
    };
    expect((await reasonsOf([1, 0, 1, 0, 0])).sort()).toEqual([reason(0), reason(1)]);
    expect((await reasonsOf([0, 1, 2, 3, 4])).sort()).toEqual([0, 1, 2, 3, 4].map(reason));
    expect(await reasonsOf([0, 1, 2, 3, 4, 5, 6])).toHaveLength(5);
  });

  test('writes no line that is too long, even if the maximum number of workgroups is not listed', async () => {
    const names = Array.from({ length: 2200 }, (_, index) => `${index}`.padEnd(128, 'x'));
    const [line] = (await runOf(new FakeAthena(() => failing(deadline)), { workGroups: names })).log; // checks the length of each line
    expect(line!.workGroups).not.toHaveLength(0);
    expect((line!.workGroups as string[]).length + (line!.workGroupsLeftOut as number)).toBe(2200);
  });
});

describe('a search for workgroups', () => {
  test('finds the Spark workgroups on all pages, each once', async () => {
    const athena = new FakeAthena(undefined, [[spark('a'), { name: 'sql', spark: false, disabled: false }], [], [spark('b'), spark('a')]]);
    const { runMetrics, error } = await runOf(athena, FOUND);
    expect(error).toBeUndefined();
    expect(athena.startedListings.filter((listing) => listing.endsWith(UNFILTERED)).sort()).toEqual([`a/${UNFILTERED}`, `b/${UNFILTERED}`]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 2, WorkGroupsNotListed: 0 });
  });

  test('ignores a workgroup without a name', async () => {
    const athena = new FakeAthena(undefined, [[spark(''), spark('a')]]);
    expect((await runOf(athena, { ...FOUND, workGroupPatterns: ['*'] })).runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0 });
  });

  test('finds only workgroups that match the patterns', async () => {
    const athena = new FakeAthena(undefined, [['team-a', 'team-b-dev', 'other', 'Team-c'].map((name) => spark(name))]);
    await runOf(athena, { ...FOUND, workGroupPatterns: ['!*-dev', 'team-*'] });
    expect(new Set(athena.startedListings.map((listing) => listing.split('/')[0]))).toEqual(new Set(['team-a']));
  });

  test('is not made for named workgroups', async () => {
    const athena = new FakeAthena(undefined, [[spark('a')]]);
    await runOf(athena, { workGroups: ['b'], workGroupPatterns: undefined });
    expect(new Set(athena.startedListings.map((listing) => listing.split('/')[0]))).toEqual(new Set(['b']));
  });

  test.each([
    ['nothing', []],
    ['an empty page', [[]]],
    ['no Spark workgroup', [[{ name: 'sql', spark: false, disabled: false }]]],
  ])('that finds %s does not fail the run, and zeros are written', async (_description, pages) => {
    const { error, runMetrics, lines } = await runOf(new FakeAthena(undefined, pages), FOUND);
    expect(error).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 0, WorkGroupsNotListed: 0, UnknownSessions: 0, ThrottledApiCalls: 0 });
  });

  const failures: [string, Page<FoundWorkGroup>[], string[]][] = [
    ['on its first page', [new Error('AccessDeniedException: no')], []],
    ['on a later page', [[spark('a'), spark('b')], new Error('AccessDeniedException: no')], ['a', 'b']],
    ['at the deadline', [[spark('a')], deadline], ['a']],
  ];

  test.each(failures)('that fails %s fails the run; metrics of found workgroups are written, but not their number', async (_description, pages, found) => {
    const { error, runMetrics, metricsOf } = await runOf(new FakeAthena(() => ({ [UNFILTERED]: [[idle('a')]] }), pages), FOUND);
    expect(error?.message).toContain('search');
    expect(error?.message).toContain((pages.at(-1) as Error).message);
    expect(['a', 'b'].filter((workGroup) => metricsOf(workGroup).length > 0)).toEqual(found);
    expect(runMetrics).not.toHaveProperty('WorkGroupsMonitored');
    expect(runMetrics).not.toHaveProperty('WorkGroupsNotListed');
    expect(JSON.stringify(runMetrics._aws)).not.toMatch(/WorkGroupsMonitored|WorkGroupsNotListed|IdleSessions/); // a total of some workgroups
    expect(runMetrics).toMatchObject({ UnknownSessions: 0, ThrottledApiCalls: 0, ApiCalls: expect.any(Number) });
  });

  test('that fails does not prevent the count of unknown sessions of the workgroups found before', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [[{ id: 'x', state: 'ODD' }]] }), [[spark('a')], boom]);
    expect((await runOf(athena, FOUND)).runMetrics.UnknownSessions).toBe(1);
  });
});

describe('the early stop of a listing of ended sessions', () => {
  /** A session that started before this cannot have ended within the lookback, nor in the three intervals before it, which show whether a workgroup is quiet. */
  const OLDEST = T - SETTINGS.lookback - 3 * SETTINGS.interval - SETTINGS.maxSession;
  const old = (id: string, startedAt: number | undefined = OLDEST - 1): ListedSession => ({ id, state: 'FAILED', startedAt, endedAt: OLDEST - 1 });
  const undated = (id: string): ListedSession => ({ ...old(id), startedAt: undefined });
  const late = failed('late', 20, OLDEST);

  const cases: [string, ListedSession[], boolean][] = [
    ['every session started too long ago', [old('a'), old('b')], true],
    ['one started exactly at the limit', [old('a'), old('b', OLDEST)], false],
    ['one started after the limit', [old('a', OLDEST + 1), old('b')], false],
    ['one has no start', [old('a'), undated('b')], false],
    ['none has a start', [undated('a')], false],
    ['there is no session', [], false],
  ];

  test.each(['FAILED', 'TERMINATED'].flatMap((state) => cases.map(([what, page, stops]) => [state, what, page, stops] as const)))(
    'in the %s listing, after a page on which %s', async (state, _description, page, stops) => {
      const ofState = (sessions: ListedSession[]) => sessions.map((session) => ({ ...session, state }));
      const athena = new FakeAthena(() => ({ [state]: [ofState([failed('young')]), ofState(page), ofState([late])] }));
      const { error, metricsOf } = await runOf(athena);
      expect(error).toBeUndefined();
      expect(athena.pages.filter((name) => name.includes(`/${state}/`))).toHaveLength(stops ? 2 : 3);
      // If it stopped too early, the last session would not be counted.
      expect(metricsOf('analytics').map(({ _aws }) => (T - _aws.Timestamp) / MINUTE)).toEqual(stops ? [0] : [0, 20]);
      expect(athena.startedListings).toHaveLength(5);
    });

  test.each([UNFILTERED, 'DEGRADED', 'TERMINATING'])('never happens in the %s listing, as sessions can be stuck for days', async (state) => {
    const stuck = (id: string): ListedSession => ({ id, state: 'DEGRADED', startedAt: OLDEST - 1, modifiedAt: OLDEST });
    const athena = new FakeAthena(() => ({ [state]: [[stuck('a')], [stuck('b')], [stuck('c')]] }));
    expect((await runOf(athena)).metricsOf('analytics')[0]).toMatchObject({ DegradedSessions: 3 });
  });

  test.each([
    ['on a page', [[old('a', OLDEST - 3), old('b', OLDEST - 2)], [failed('young')]]],
    ['from page to page', [[old('a', OLDEST - 3), undated('b')], [old('c', OLDEST - 2)], [failed('young')]]],
    ['before the limit', [[failed('a', 20, OLDEST), failed('b', 20, OLDEST + 1)], [old('c')], [failed('young')]]],
  ])('never happens once sessions of a listing are not newest first: %s', async (_description, pages) => {
    const athena = new FakeAthena(() => ({ FAILED: pages }));
    expect((await runOf(athena)).metricsOf('analytics')[0]).toMatchObject({ FailedSessions: 1 });
    expect(athena.pages.filter((name) => name.includes('/FAILED/'))).toHaveLength(pages.length);
  });

  test('does not depend on the order of other listings', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [[old('a', OLDEST - 3), old('b', OLDEST - 2)]], FAILED: [[old('c')], [failed('young')]] }));
    await runOf(athena);
    expect(athena.pages.filter((name) => name.includes('/FAILED/'))).toHaveLength(1);
  });

  test('makes the listing complete: later pages are not requested, so they cannot fail', async () => {
    const athena = new FakeAthena(() => ({ FAILED: [[old('a')], boom] }));
    expect((await runOf(athena)).runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0 });
  });

  test('depends on lookback and maxSession', async () => {
    const shortLived: Partial<Settings> = { lookback: 30 * MINUTE, maxSession: 10 * MINUTE };
    for (const [minutes, pages] of [[54, 2], [55, 2], [56, 1]] as const) { // 30 + 3 x 5 + 10
      const startedAt = T - minutes * MINUTE;
      const athena = new FakeAthena(() => ({ FAILED: [[failed('a', 1, startedAt)], [failed('b', 1, startedAt)]] }));
      await runOf(athena, shortLived);
      expect(athena.pages.filter((name) => name.includes('FAILED'))).toHaveLength(pages);
    }
  });
});

describe('the totals of live sessions', () => {
  const LIVE = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'];
  const totalsOf = (line: MetricLine) => Object.fromEntries(Object.entries(line).filter(([name]) => /^[A-Z]\w+ingSessions$|^(Created|Idle|Busy|Degraded)Sessions$/.test(name)));
  const totals = (...counts: number[]) => Object.fromEntries(LIVE.map((state, index) => [`${state[0]}${state.slice(1).toLowerCase()}Sessions`, counts[index]]));
  const listing = (...counts: number[]) => ({
    [UNFILTERED]: [LIVE.flatMap((state, index) => Array.from({ length: counts[index]! }, (_, number) => ({ id: `${state}-${number}`, state, startedAt: T - HOUR })))],
    FAILED: [[failed('f')]],
  });

  test('are sums over the workgroups, in the line of the run metrics', async () => {
    const { runMetrics, lines } = await runOf(new FakeAthena(withListings({ a: listing(1, 0, 2, 3, 0, 1), b: listing(1, 2, 0, 4, 1, 0) })), { workGroups: ['a', 'b'] });
    expect(totalsOf(runMetrics)).toEqual(totals(2, 2, 2, 7, 1, 1));
    expect(runMetrics._aws).toMatchObject({
      CloudWatchMetrics: [{ Metrics: expect.arrayContaining(Object.keys(totals()).map((Name) => ({ Name, Unit: 'Count' }))) }],
    });
    expect(lines.filter((line) => 'FunctionName' in line)).toHaveLength(1);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    const { CloudWatchMetrics } = runMetrics._aws as unknown as { CloudWatchMetrics: { Metrics: { Name: string }[]; Dimensions: string[][] }[] };
    const [{ Metrics, Dimensions }] = CloudWatchMetrics as [(typeof CloudWatchMetrics)[number]];
    expect(new Set(Metrics.map(({ Name }) => Name)).size).toBe(12);
    expect(Metrics.length).toBe(12); // up to 100
    expect(Dimensions).toEqual([['FunctionName']]);
  });

  test('exclude workgroups that were not listed completely', async () => {
    const athena = new FakeAthena(withListings({ good: listing(0, 0, 2, 0, 0, 0), bad: { ...listing(0, 0, 3, 0, 0, 0), TERMINATED: [boom] } }));
    const { runMetrics } = await runOf(athena, { workGroups: ['bad', 'good'] });
    expect(totalsOf(runMetrics)).toEqual(totals(0, 0, 2, 0, 0, 0));
    expect(runMetrics).toMatchObject({ WorkGroupsNotListed: 1 });
  });

  test('are not written if no workgroup was listed', async () => {
    expect(totalsOf((await runOf(new FakeAthena(() => failing(boom)), { workGroups: ['a', 'b'] })).runMetrics)).toEqual({});
  });

  test('are zeros if there is no workgroup', async () => {
    expect(totalsOf((await runOf(new FakeAthena(undefined, [[]]), FOUND)).runMetrics)).toEqual(totals(0, 0, 0, 0, 0, 0));
  });

  test('are not written by a late run', async () => {
    const { runMetrics } = await runOf(new FakeAthena(() => listing(1, 1, 1, 1, 1, 1)), {}, T, true);
    expect(totalsOf(runMetrics)).toEqual({});
  });
});

describe('LiveSparkConnectSessions', () => {
  const V3 = 'PySpark engine version 3';
  const live = (id: string, engine?: string): ListedSession => ({ ...idle(id), engine });
  const written = async (athena: FakeAthena, ...others: [settings?: Partial<Settings>, time?: number, late?: boolean]) =>
    (await runOf(athena, ...others)).runMetrics.LiveSparkConnectSessions;

  test('is the number of live sessions on other engines than version 3, in all workgroups', async () => {
    const athena = () => new FakeAthena(withListings({
      a: { [UNFILTERED]: [[live('1', V3), live('2', 'Apache Spark version 3.5'), live('3')]], DEGRADED: [[{ ...live('4'), state: 'DEGRADED' }]] },
      b: { [UNFILTERED]: [[live('1', 'Apache Spark version 3.5')]], FAILED: [[{ ...failed('2'), engine: 'Apache Spark version 3.5' }]] },
      c: { [UNFILTERED]: [[live('1', V3)]] },
    }), [[spark('a'), spark('b')], [spark('c'), spark('d')]]);
    expect(await written(athena(), { workGroups: ['a', 'b', 'c', 'd'] })).toBe(4);
    expect(await written(athena(), { ...FOUND, zerosWhenQuiet: false })).toBe(4);
  });

  test('is 0 if there is no workgroup, or no such session', async () => {
    expect(await written(new FakeAthena(undefined, [[]]), FOUND)).toBe(0);
    expect(await written(new FakeAthena(() => ({ [UNFILTERED]: [[live('1', V3)]] })))).toBe(0);
    expect(await written(new FakeAthena(), { zerosWhenQuiet: false })).toBe(0);
  });

  test.each(ALL_LISTINGS)('is not written if a workgroup was not listed completely: its %s listing failed', async (state) => {
    const athena = new FakeAthena(withListings({ bad: failing(boom, state), good: { [UNFILTERED]: [[live('1')]] } }));
    expect(await written(athena, { workGroups: ['good', 'bad'] })).toBeUndefined();
  });

  test('is not written if a workgroup was not reached, or the search for workgroups failed', async () => {
    expect(await written(new FakeAthena(withListings({ b: failing(deadline) })), { workGroups: ['a', 'b'] })).toBeUndefined();
    expect(await written(new FakeAthena(() => failing(boom)), { workGroups: ['a', 'b'] })).toBeUndefined();
    expect(await written(new FakeAthena(undefined, [[spark('a')], boom]), FOUND)).toBeUndefined();
  });

  test('is written if a workgroup was skipped, as it is deleted', async () => {
    const athena = new FakeAthena(withListings({ gone: failing(notFound), there: { [UNFILTERED]: [[live('1')]] } }), [[spark('gone'), spark('there')]]);
    expect(await written(athena, FOUND)).toBe(1);
  });

  test('is not written if a disabled workgroup was skipped, as its sessions may still run', async () => {
    const disabled = { name: 'off', spark: true, disabled: true };
    const athena = new FakeAthena(withListings({ off: failing(invalid), there: { [UNFILTERED]: [[live('1')]] } }), [[disabled, spark('there')]]);
    expect(await written(athena, FOUND)).toBeUndefined();
  });

  test('is not written by a late run', async () => {
    expect(await written(new FakeAthena(() => ({ [UNFILTERED]: [[live('1')]] })), {}, T, true)).toBeUndefined();
  });
});

describe('a quiet workgroup', () => {
  const SILENT = { zerosWhenQuiet: false };
  const SILENT_FOUND = { ...FOUND, ...SILENT };
  /** The limit: a session that ended this many minutes ago, or longer, is not recent. */
  const LIMIT = 75;
  const used: Listings = { [UNFILTERED]: [[idle('a')]] };
  const found = (...names: string[]): FoundWorkGroup[][] => [names.map((name) => spark(name))];
  /** The workgroups with lines, in order. */
  const writersIn = ({ lines }: RunResult) => [...new Set(lines.filter((line) => '_aws' in line && 'WorkGroup' in line).map(({ WorkGroup }) => WorkGroup))].sort();

  test('writes no line, and is monitored', async () => {
    const { lines, runMetrics, error } = await runOf(new FakeAthena(), SILENT);
    expect(error).toBeUndefined();
    expect(lines).toEqual([runMetrics]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0, IdleSessions: 0, UnknownSessions: 0, ApiCalls: 5 });
  });

  test.each<[string, Listings, boolean]>([
    ['without sessions', {}, true],
    ['whose listings have empty pages', { [UNFILTERED]: [[], []], FAILED: [[], [], []] }, true],
    ['with a live session', used, false],
    ['with a live session on its third page', { [UNFILTERED]: [[], [], [idle('a')]] }, false],
    ['with a live session in its TERMINATING listing', { TERMINATING: [[{ id: 'a', state: 'TERMINATING' }]] }, false],
    ['with an unknown session', { [UNFILTERED]: [[{ id: 'a', state: 'HIBERNATING' }]] }, false],
    ['with an unknown session without an id', { [UNFILTERED]: [[{}]] }, false],
    ['whose session ended one interval ago', { FAILED: [[failed('a', 5)]] }, false],
    ['whose session ended when the lookback began', { TERMINATED: [[{ ...failed('a', 60), state: 'TERMINATED' }]] }, false],
    ['whose session ended a second less than three intervals before', { FAILED: [[failed('a', LIMIT - 1 / 60)]] }, false],
    ['whose session ended three intervals before', { FAILED: [[failed('a', LIMIT)]] }, true],
    ['whose session ended a second more than three intervals before', { TERMINATED: [[{ ...failed('a', LIMIT + 1 / 60), state: 'TERMINATED' }]] }, true],
    ['whose session ended after T', { FAILED: [[failed('a', -1)]] }, false],
    ['whose sessions on the first page ended long ago, but not one on the second', { FAILED: [[failed('a', 600)], [failed('b', LIMIT - 1)]] }, false],
    ['whose ended session is listed twice', { [UNFILTERED]: [[failed('a', LIMIT)]], FAILED: [[failed('a', LIMIT)]] }, true],
    ['whose recently ended session is listed twice', { [UNFILTERED]: [[failed('a', LIMIT - 1)]], FAILED: [[failed('a', LIMIT - 1)]] }, false],
  ])('is one %s: %#', async (_description, listings, quiet) => {
    const athena = () => new FakeAthena(() => listings);
    expect(writersIn(await runOf(athena(), SILENT))).toEqual(quiet ? [] : ['analytics']);
    expect(writersIn(await runOf(athena(), { zerosWhenQuiet: true }))).toEqual(['analytics']);
    expect(writersIn(await runOf(athena(), { ...SILENT, countTerminated: false }))).toEqual(['analytics']);
    expect(writersIn(await runOf(athena(), SILENT, T, true))).toEqual(['analytics']);
  });

  test('writes zeros for three intervals after the lookback, then nothing', async () => {
    const lastEnd = T - 5 * MINUTE;
    const written: unknown[] = [];
    for (let index = 0; index <= 16; index++) {
      const time = T + index * SETTINGS.interval;
      const athena = new FakeAthena(() => ({ FAILED: [[{ id: 'a', state: 'FAILED', startedAt: T - HOUR, endedAt: lastEnd }]] }));
      const lines = (await runOf(athena, SILENT, time)).metricsOf('analytics');
      written.push(lines.find(({ _aws }) => _aws.Timestamp === time)?.FailedSessions);
    }
    // Twelve runs count the end, and in three more it is less than three intervals before the lookback. One of them was before T.
    expect(written).toEqual([...Array<number>(14).fill(0), ...Array<undefined>(3).fill(undefined)]);
  });

  test('reads its ended listings far enough back to know, whatever the length of its sessions', async () => {
    const startedAt = T - LIMIT * MINUTE - SETTINGS.maxSession;
    const athena = () => new FakeAthena(() => ({ FAILED: [[failed('a', 600, startedAt)], [failed('b', LIMIT - 1, startedAt)]] }));
    expect(writersIn(await runOf(athena(), SILENT))).toEqual(['analytics']);
  });

  test('is not one whose listing failed: it is silent, but counted as not listed', async () => {
    const { runMetrics, metricsOf, log } = await runOf(new FakeAthena(withListings({ bad: failing(boom) })), { ...SILENT, workGroups: ['bad', 'good'] });
    expect(metricsOf('bad')).toEqual([]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 1 });
    expect(log[0]).toMatchObject({ level: 'ERROR', workGroup: 'bad' });
  });

  test('still has its unknown sessions logged, as it is not quiet', async () => {
    const { metricsOf, log, runMetrics } = await runOf(new FakeAthena(() => ({ [UNFILTERED]: [[{ id: 'x', state: 'ODD' }]] })), SILENT);
    expect(metricsOf('analytics')).toHaveLength(1);
    expect(runMetrics).toMatchObject({ UnknownSessions: 1 });
    expect(log[0]).toMatchObject({ level: 'WARN', sessions: [{ id: 'x', state: 'ODD' }] });
  });

  test.each<[string, string[], { [workGroup: string]: Listings }, string[]]>([
    ['the first by name if all found ones are quiet', ['c', 'b', 'a'], {}, ['a']],
    ['the only one', ['a'], {}, ['a']],
    ['none of them if one found workgroup wrote a line', ['a', 'b', 'c'], { c: used }, ['c']],
    ['those that are used', ['a', 'b', 'c', 'd'], { b: used, d: used }, ['b', 'd']],
    ['the first that was listed completely', ['a', 'b', 'c'], { a: failing(boom) }, ['b']],
    ['the first that was not skipped', ['a', 'b', 'c'], { a: failing(notFound) }, ['b']],
    ['none if none was listed', ['a', 'b'], { a: failing(boom), b: failing(boom) }, []],
    ['the first by code points, like the order of the runs', ['b', 'B', '_'], {}, ['B']],
    ['none without workgroups', [], {}, []],
  ])('of found workgroups, a line is written for %s', async (_description, names, listings, writers) => {
    const result = await runOf(new FakeAthena(withListings(listings), found(...names)), SILENT_FOUND);
    expect(writersIn(result)).toEqual(writers);
  });

  test('that writes for all of them writes zeros, once', async () => {
    const { metricsOf, runMetrics } = await runOf(new FakeAthena(undefined, found('b', 'a')), SILENT_FOUND);
    expect(metricsOf('a')).toHaveLength(1);
    const { _aws, WorkGroup, ...values } = metricsOf('a')[0]!;
    expect(_aws.Timestamp).toBe(T);
    expect(new Set(Object.values(values).map((value) => JSON.stringify(value)))).toEqual(new Set(['0', '[0]']));
    expect(Object.keys(values)).toHaveLength(13);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 2, WorkGroupsNotListed: 0 });
  });

  test('writes for all of them also if the search failed after it was found', async () => {
    const result = await runOf(new FakeAthena(undefined, [...found('b', 'a'), boom]), SILENT_FOUND);
    expect(writersIn(result)).toEqual(['a']);
  });

  test('is the same one in every run, wherever the run begins', async () => {
    for (let index = 0; index < 12; index++) {
      const athena = new FakeAthena(undefined, found('d', 'b', 'a', 'c'));
      expect(writersIn(await runOf(athena, SILENT_FOUND, T + index * SETTINGS.interval))).toEqual(['a']);
    }
  });

  test('that is named never writes, even if all are quiet', async () => {
    expect(writersIn(await runOf(new FakeAthena(), { ...SILENT, workGroups: ['a', 'b'] }))).toEqual([]);
  });

  test.each([
    ['zerosWhenQuiet is true', { zerosWhenQuiet: true }, false],
    ['countTerminated is false', { ...SILENT, countTerminated: false }, false],
    ['the run is late', SILENT, true],
  ])('writes as all others do if %s', async (_description, settings, late) => {
    expect(writersIn(await runOf(new FakeAthena(undefined, found('a', 'b')), { ...FOUND, ...settings }, T, late))).toEqual(['a', 'b']);
  });

  test('takes no more calls than others', async () => {
    const athena = new FakeAthena();
    await runOf(athena, { ...SILENT, workGroups: ['a', 'b'] });
    expect(athena.calls).toBe(10);
  });
});

describe('a run that is more than two intervals late', () => {
  test('lists and writes only ended sessions, and its run metrics', async () => {
    const athena = new FakeAthena(() => ({ [UNFILTERED]: [[idle('a')]], FAILED: [[failed('b', 20), idle('c')]] }));
    const { metricsOf, runMetrics } = await runOf(athena, {}, T, true);
    expect(athena.startedListings).toEqual(['analytics/FAILED', 'analytics/TERMINATED']);
    const written = metricsOf('analytics').map(({ _aws, ...line }) => ({ minutesAgo: (T - _aws.Timestamp) / MINUTE, ...line }));
    expect(written).toEqual([
      { minutesAgo: 0, WorkGroup: 'analytics', FailedSessions: 0, TerminatedSessions: 0 },
      { minutesAgo: 20, WorkGroup: 'analytics', FailedSessions: 1, sessions: [{ id: 'b', state: 'FAILED', seconds: 1200, age: 2400 }] },
    ]);
    expect(runMetrics).toMatchObject({ WorkGroupsMonitored: 1, WorkGroupsNotListed: 0, ApiCalls: 2 });
  });

  test.each([[2 * SETTINGS.interval, false], [2 * SETTINGS.interval + 1, true], [-SETTINGS.interval, false]])('a run %d ms after its scheduled time is late: %s', (lateness, late) => {
    expect(isLate(T, T + lateness, SETTINGS.interval)).toBe(late);
  });
});

describe('the order of workgroups', () => {
  const INTERVAL = SETTINGS.interval;
  const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `w${`${index}`.padStart(3, '0')}`);

  async function orderAt(time: number, names: readonly string[], settings: Partial<Settings> = {}): Promise<string[]> {
    const athena = new FakeAthena();
    await runOf(athena, { workGroups: names, ...settings }, time);
    return athena.startedListings.filter((listing) => listing.endsWith(`/${UNFILTERED}`)).map((listing) => listing.split('/')[0]!);
  }

  test('is the same for the same scheduled time, for named and for found workgroups', async () => {
    const names = namesOf(12);
    const order = await orderAt(T, names);
    expect(await orderAt(T, [...names].reverse())).toEqual(order);
    const athena = new FakeAthena(undefined, [[...names].reverse().map((name) => spark(name))]);
    await runOf(athena, FOUND);
    expect(athena.startedListings.filter((listing) => listing.endsWith(`/${UNFILTERED}`)).map((listing) => listing.split('/')[0])).toEqual(order);
  });

  test('is always by name, with a different start', async () => {
    const names = namesOf(12);
    for (let index = 0; index < 12; index++) {
      const order = await orderAt(T + index * INTERVAL, names);
      const first = names.indexOf(order[0]!);
      expect(order).toEqual([...names.slice(first), ...names.slice(0, first)]);
    }
  });

  test('can be empty', async () => {
    expect((await runOf(new FakeAthena(undefined, []), { ...FOUND })).error).toBeUndefined();
  });
});

describe('sessions that change state while they are listed', () => {
  test('are listed at least once and counted exactly once', async () => {
    // The states that a session passes through, grouped and ordered as in the listings.
    const groups = [['CREATING', 'CREATED', 'IDLE', 'BUSY'], ['DEGRADED'], ['TERMINATING'], ['FAILED', 'TERMINATED']];
    const life = fc.record({
      first: fc.integer({ min: 0, max: 3 }),
      // The listings before which the session changes to the next group.
      moves: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      picks: fc.array(fc.nat({ max: 11 }), { minLength: 4, maxLength: 4 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(life, { maxLength: 20 }), async (lives) => {
      const shownBy = (listing: number) => lives.map(({ first, moves, picks }, index): ListedSession => {
        const past = moves.filter((move) => move <= listing).length;
        const group = Math.min(3, first + past);
        const modifiedAt = T - HOUR + group;
        const state = groups[group]![picks[group]! % groups[group]!.length]!;
        return { id: `s${index}`, state, startedAt: T - HOUR, modifiedAt, ...(group === 3 && { endedAt: T }) };
      });
      const filters = [groups[0]!, ['DEGRADED'], ['TERMINATING'], ['FAILED'], ['TERMINATED']];
      const listings = Object.fromEntries(ALL_LISTINGS.map((name, listing) => (
        [name, [shownBy(listing).filter(({ state }) => filters[listing]!.includes(state!))]]
      )));
      const [line] = (await runOf(new FakeAthena(() => listings))).metricsOf('analytics');
      const counted = Object.entries(line!).filter(([name]) => name.endsWith('Sessions')).map(([, count]) => count as number);
      expect(counted).toHaveLength(8);
      expect(counted.reduce((sum, count) => sum + count)).toBe(lives.length);
    }), { numRuns: 100 });
  });
});

describe('a run with events', () => {
  const listings = withListings({
    a: {
      [UNFILTERED]: [[idle('a'), { id: 'odd', state: 'HIBERNATED' }], Array.from({ length: 120 }, (_, index) => ({ ...idle(`b${index}`), description: 'x' }))],
      FAILED: [Array.from({ length: 90 }, (_, index) => ({ ...failed(`f${index}`, index % 3), reason: 'out of memory' }))],
      TERMINATED: [[{ id: 't', state: 'TERMINATED', startedAt: T - HOUR, endedAt: T - MINUTE }]],
    },
    b: failing(boom, 'TERMINATED'),
    c: failing(deadline, 'FAILED'),
    d: failing(notFound),
  });
  const found = ['a', 'b', 'c', 'd', 'quiet'].map((name) => spark(name));

  test.each<[string, Partial<Settings>, boolean, readonly Page<FoundWorkGroup>[]]>([
    ['of found workgroups', { zerosWhenQuiet: false }, false, [found]],
    ['without details in the log', { logSessionDetails: false }, false, [found]],
    ['that is late', {}, true, [found]],
    ['whose search fails', {}, false, [found.slice(0, 2), boom]],
    ['in which nothing is listed', {}, false, [[found[1]!]]],
  ])('%s writes the same lines and fails alike', async (_, settings, late, pages) => {
    const play = async (onListed?: RunContext['onListed']) => {
      const lines: string[] = [];
      const context = { settings: { ...FOUND, ...settings }, scheduledTime: T, late, athena: new FakeAthena(listings, pages) };
      return { error: await run({ ...context, write: (line) => lines.push(line), onListed }).catch(({ message }: Error) => message), lines };
    };
    expect(await play(() => {})).toEqual(await play());
  });

  test('is told the sessions of each workgroup that was listed completely, after its metrics', async () => {
    const told: string[] = [];
    await run({
      settings: FOUND,
      scheduledTime: T,
      athena: new FakeAthena(listings, [found]),
      write: (line) => told.push(...(/"WorkGroup":"(\w+)"/.exec(line)?.slice(1) ?? [])),
      onListed: (workGroup, sessions) => told.push(`${workGroup}: ${sessions.length}`),
    });
    expect(told.filter((each) => each.includes(':')).sort()).toEqual(['a: 212', 'quiet: 0']);
    for (const workGroup of ['a', 'quiet']) {
      const order = told.filter((each) => each.startsWith(workGroup));
      expect(order.at(-1)).toContain(':');
      expect(order.length).toBeGreaterThan(1);
    }
  });
});
