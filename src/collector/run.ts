import { Census, type MetricValues } from './census';
import { metricLines, type MetricLines } from './emf';
import type { Instant } from './grid';
import { type AthenaListings, ListingError } from './list-sessions';
import { type LogFields, logLine } from './log-line';
import { forEachInPool, poolSize } from './pool';
import { rotate } from './rotation';
import { RUN_METRICS, type RunMetric, WORK_GROUP_METRICS } from './schema';
import type { Settings } from './settings';
import { matchesPatterns } from './work-group-pattern';

/** Different reasons that a log line on many workgroups gives. */
const MAX_REASONS = 5;
/** Characters that a log line keeps of an error's text. */
const MAX_ERROR_LENGTH = 1024;

/**
 * The listings of a workgroup, one after another, so that a session which moves on meanwhile is met at least once. Which
 * states beyond the first four an unfiltered listing shows is not documented: the others are asked for.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_ListSessions.html
 */
const LISTINGS: readonly { readonly state?: string; readonly ended?: true }[] = [
  {},
  { state: 'DEGRADED' },
  { state: 'TERMINATING' },
  { state: 'FAILED', ended: true },
  { state: 'TERMINATED', ended: true },
];

/** A workgroup to list. */
interface WorkGroup {
  readonly name: string;
  /** Found in this run: it may be gone by the time it is listed. */
  readonly found?: true;
  readonly disabled?: boolean;
}

/** How the listing of a workgroup went. */
type Outcome =
  | { readonly kind: 'monitored'; readonly unknownSessions: number }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly workGroup: string; readonly reason: string; readonly outOfTime: boolean };

/** What one run needs. */
export interface RunScope {
  readonly settings: Settings;
  /** The run time T. */
  readonly time: Instant;
  /** T is so long ago that live states are not listed: they would be today's. */
  readonly late?: boolean;
  readonly athena: Pick<AthenaListings, 'calls' | 'throttledCalls' | 'secondsPerCall' | 'workGroups' | 'sessions'>;
  /** Takes a line of the log. */
  readonly write: (line: string) => void;
}

/**
 * Lists the sessions of every workgroup and writes what it found. What is complete is written whatever happens to the rest.
 *
 * Rejects where no workgroup could be listed though there are some, and where the search for workgroups did not finish.
 */
export async function run(scope: RunScope): Promise<void> {
  const { workGroups, searchError } = await workGroupsToList(scope);
  const { interval, maxRequestsPerSecond } = scope.settings;
  const size = () => poolSize(maxRequestsPerSecond, scope.athena.secondsPerCall);
  const inOrder = rotate(workGroups, scope.time / interval);
  const outcomes = await forEachInPool(size, inOrder, (workGroup, resize) => listAndWrite(scope, workGroup, resize));

  const monitored = outcomes.filter((outcome) => outcome.kind === 'monitored');
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed');
  const outOfTime = failed.filter((failure) => failure.outOfTime);
  if (outOfTime.length > 0) {
    log(scope, 'ERROR', `${outOfTime.length} of ${workGroups.length} workgroups were not listed completely before the deadline; other runs begin with `
      + 'them; to list more in a run raise maxRequestsPerSecond, or timeout and interval, or select fewer workgroups', {
      workGroups: outOfTime.map(({ workGroup }) => workGroup),
      reasons: [...new Set(outOfTime.map(({ reason }) => reason))].slice(0, MAX_REASONS),
    });
  }

  writeRunMetrics(scope, {
    // A search that did not finish does not know how many workgroups there are.
    ...(!searchError && { WorkGroupsMonitored: monitored.length, WorkGroupsNotListed: failed.length }),
    UnknownSessions: monitored.reduce((sum, { unknownSessions }) => sum + unknownSessions, 0),
    ApiCalls: scope.athena.calls,
    ThrottledApiCalls: scope.athena.throttledCalls,
  });
  if (searchError) {
    throw new Error(`the search for workgroups did not finish: ${searchError.message}`, { cause: searchError });
  }
  if (failed.length > 0 && monitored.length === 0) {
    throw new Error(`none of ${failed.length} workgroups could be listed; ${failed[0]!.workGroup}: ${failed[0]!.reason}`);
  }
}

/** The workgroups, and what ended the search for them before it was through. */
async function workGroupsToList({ settings, athena }: RunScope): Promise<{ workGroups: WorkGroup[]; searchError?: Error }> {
  if (settings.workGroups) {
    return { workGroups: settings.workGroups.map((name) => ({ name })) };
  }
  const found = new Map<string, WorkGroup>(); // by name: pages may shift while they are read
  let searchError: Error | undefined;
  try {
    for await (const page of athena.workGroups()) {
      for (const { name, spark, disabled } of page) {
        if (name && spark && matchesPatterns(name, settings.workGroupPatterns ?? [])) {
          found.set(name, { name, found: true, disabled });
        }
      }
    }
  } catch (error) {
    searchError = error as Error;
  }
  return { workGroups: [...found.values()], searchError };
}

async function listAndWrite(scope: RunScope, workGroup: WorkGroup, pageRead: () => void): Promise<Outcome> {
  try {
    const census = await takeCensus(scope, workGroup.name, pageRead);
    writeCensus(scope, workGroup.name, census);
    return { kind: 'monitored', unknownSessions: census.unknownCount };
  } catch (error) {
    return outcomeOf(scope, workGroup, error as Error);
  }
}

/** Complete, or it rejects: a count of some of the sessions would clear an alarm that is true. */
async function takeCensus({ settings, time, late, athena }: RunScope, workGroup: string, pageRead: () => void): Promise<Census> {
  const { interval, lookback, maxSession, countTerminated, logSessionDetails } = settings;
  const census = new Census({ time, late, interval, lookback, countTerminated, nameSessions: logSessionDetails });
  const oldestStart = time - lookback - maxSession;
  const listings = LISTINGS.filter(({ state, ended }) => (ended || !late) && (countTerminated || state !== 'TERMINATED'));
  for (const { state, ended } of listings) {
    let newestFirst = true; // as all listings seen so far are, though no page says so: where one is not, it is read to its end
    let lastStart = Infinity;
    for await (const page of athena.sessions(workGroup, state)) {
      pageRead();
      for (const session of page) {
        census.add(session);
        newestFirst &&= (session.startedAt ?? lastStart) <= lastStart;
        lastStart = session.startedAt ?? lastStart;
      }
      const tooOld = page.filter(({ startedAt }) => startedAt !== undefined && startedAt < oldestStart);
      if (ended && newestFirst && page.length > 0 && tooOld.length === page.length) {
        break; // no later page can hold an end inside the lookback
      }
    }
  }
  return census;
}

function writeCensus(scope: RunScope, workGroup: string, census: Census): void {
  for (const { time, values, sessions, endEstimated } of census.figures()) {
    writeMetrics(scope, {
      definitions: WORK_GROUP_METRICS,
      dimensionValue: workGroup,
      time,
      values,
      properties: { ...(sessions.length > 0 && { sessions }), ...(endEstimated > 0 && { endEstimated }) },
    });
  }
  if (census.unknownCount > 0) {
    log(scope, 'WARN', `${census.unknownCount} sessions without an id, in a state that this version does not know, or ended without any date`,
      { workGroup, ...(scope.settings.logSessionDetails && { sessions: census.unknownSessions }) });
  }
}

function outcomeOf(scope: RunScope, { name, found, disabled }: WorkGroup, error: Error): Outcome {
  const kind = error instanceof ListingError ? error.kind : 'other';
  const reason = error.message.slice(0, MAX_ERROR_LENGTH);
  if (kind === 'deadline') {
    return { kind: 'failed', workGroup: name, reason, outOfTime: true };
  }
  if (found && (kind === 'not found' || (disabled && kind === 'invalid request'))) {
    log(scope, 'INFO', 'workgroup skipped: deleted since it was found, or disabled', { workGroup: name, reason });
    return { kind: 'skipped' };
  }
  log(scope, 'ERROR', 'workgroup failed: its sessions could not be listed completely, so none of its metrics is written', { workGroup: name, reason });
  return { kind: 'failed', workGroup: name, reason, outOfTime: false };
}

function writeRunMetrics(scope: RunScope, values: MetricValues<RunMetric>): void {
  writeMetrics(scope, { definitions: RUN_METRICS, dimensionValue: scope.settings.functionName, time: scope.time, values });
}

function writeMetrics<Metric extends string>({ settings, write }: RunScope, figures: Omit<MetricLines<Metric>, 'namespace'>): void {
  metricLines({ namespace: settings.metricNamespace, ...figures }).forEach(write);
}

function log({ write }: RunScope, level: 'INFO' | 'WARN' | 'ERROR', message: string, details: LogFields): void {
  write(logLine({ level, message, ...details }));
}
