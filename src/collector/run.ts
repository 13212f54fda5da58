import { Census, type MetricValues } from './census';
import { type MetricData, metricLines } from './emf';
import { type LogFields, logLine } from './log-line';
import { forEachInPool, poolSize } from './pool';
import { rotate } from './rotation';
import { RUN_METRICS, type RunMetric, sessionListings, WORK_GROUP_METRICS } from '../schema';
import type { Settings } from './settings';
import { type AthenaListings, ListingError } from '../athena/listings';
import { matchesPatterns } from '../athena/work-group-pattern';
import type { Instant } from '../time';

/** Different reasons that a log line on many workgroups gives. */
const MAX_REASONS = 5;
/** Characters that a log line keeps of an error's text. */
const MAX_ERROR_LENGTH = 1024;

/** A workgroup to list. */
interface WorkGroup {
  readonly name: string;
  /** Found in this run: it may be gone by the time it is listed. */
  readonly found?: true;
  readonly disabled?: boolean;
}

/** How the listing of a workgroup went. */
type Outcome =
  | { readonly kind: 'listed'; readonly unknownSessions: number }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'not listed'; readonly workGroup: string; readonly reason: string; readonly outOfTime: boolean };

/** What one run needs. */
export interface RunContext {
  readonly settings: Settings;
  /** The run's time, a grid time. */
  readonly scheduledTime: Instant;
  /** The run comes so long after its time that live states are not listed: today's are not those of then. */
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
export async function run(context: RunContext): Promise<void> {
  const { workGroups, searchError } = await workGroupsToList(context);
  const { interval, maxRequestsPerSecond } = context.settings;
  const size = () => poolSize(maxRequestsPerSecond, context.athena.secondsPerCall);
  const inOrder = rotate(workGroups, context.scheduledTime / interval);
  const outcomes = await forEachInPool(size, inOrder, (workGroup, resize) => listAndWrite(context, workGroup, resize));

  const listed = outcomes.filter((outcome) => outcome.kind === 'listed');
  const notListed = outcomes.filter((outcome) => outcome.kind === 'not listed');
  const unreached = notListed.filter(({ outOfTime }) => outOfTime);
  if (unreached.length > 0) {
    log(context, 'ERROR', `${unreached.length} of ${workGroups.length} workgroups were not listed completely before the deadline; other runs begin with them. `
      + 'Meanwhile, their alarms on live states may clear and rise again. To list more in a run, raise maxRequestsPerSecond (while ThrottledApiCalls stays 0) or '
      + 'interval and timeout, select fewer workgroups, or set countTerminated: false', {
      workGroups: unreached.map(({ workGroup }) => workGroup),
      reasons: [...new Set(unreached.map(({ reason }) => reason))].slice(0, MAX_REASONS),
    });
  }

  writeRunMetrics(context, {
    // A search that did not finish does not know how many workgroups there are.
    ...(!searchError && { WorkGroupsMonitored: listed.length, WorkGroupsNotListed: notListed.length }),
    UnknownSessions: listed.reduce((sum, { unknownSessions }) => sum + unknownSessions, 0),
    ApiCalls: context.athena.calls,
    ThrottledApiCalls: context.athena.throttledCalls,
  });
  if (searchError) {
    throw new Error(`the search for workgroups did not finish: ${searchError.message}`, { cause: searchError });
  }
  if (notListed.length > 0 && listed.length === 0) {
    throw new Error(`none of ${notListed.length} workgroups could be listed; ${notListed[0]!.workGroup}: ${notListed[0]!.reason}`);
  }
}

/** The workgroups, and what ended the search for them before it was through. */
async function workGroupsToList({ settings, athena }: RunContext): Promise<{ workGroups: WorkGroup[]; searchError?: Error }> {
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

async function listAndWrite(context: RunContext, workGroup: WorkGroup, pageRead: () => void): Promise<Outcome> {
  try {
    const census = await takeCensus(context, workGroup.name, pageRead);
    writeCensus(context, workGroup.name, census);
    return { kind: 'listed', unknownSessions: census.unknownCount };
  } catch (error) {
    return outcomeOf(context, workGroup, error as Error);
  }
}

/** Complete, or it rejects: a count of some of the sessions would clear an alarm that is true. */
async function takeCensus({ settings, scheduledTime, late, athena }: RunContext, workGroup: string, pageRead: () => void): Promise<Census> {
  const { interval, lookback, maxSession, countTerminated, logSessionDetails } = settings;
  const census = new Census({ scheduledTime, late, interval, lookback, countTerminated, logSessionDetails });
  const oldestStart = scheduledTime - lookback - maxSession;
  for (const { state, ended } of sessionListings(countTerminated).filter((listing) => listing.ended || !late)) {
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

function writeCensus(context: RunContext, workGroup: string, census: Census): void {
  for (const { timestamp, values, sessions, endEstimated } of census.counts()) {
    writeMetrics(context, {
      definitions: WORK_GROUP_METRICS,
      dimensionValue: workGroup,
      timestamp,
      values,
      properties: { ...(sessions.length > 0 && { sessions }), ...(endEstimated > 0 && { endEstimated }) },
    });
  }
  if (census.unknownCount > 0) {
    log(context, 'WARN', `${census.unknownCount} sessions without an id, in a state that this version does not know, or ended without any date`,
      { workGroup, ...(context.settings.logSessionDetails && { sessions: census.unknownSessions }) });
  }
}

function outcomeOf(context: RunContext, { name, found, disabled }: WorkGroup, error: Error): Outcome {
  const kind = error instanceof ListingError ? error.kind : 'other';
  const reason = error.message.slice(0, MAX_ERROR_LENGTH);
  if (kind === 'deadline') {
    return { kind: 'not listed', workGroup: name, reason, outOfTime: true };
  }
  if (found && (kind === 'not found' || (disabled && kind === 'invalid request'))) {
    log(context, 'INFO', 'workgroup skipped: deleted since it was found, or disabled', { workGroup: name, reason });
    return { kind: 'skipped' };
  }
  log(context, 'ERROR', 'workgroup not listed: its sessions could not be listed completely, so none of its metrics is written', { workGroup: name, reason });
  return { kind: 'not listed', workGroup: name, reason, outOfTime: false };
}

function writeRunMetrics(context: RunContext, values: MetricValues<RunMetric>): void {
  writeMetrics(context, { definitions: RUN_METRICS, dimensionValue: context.settings.functionName, timestamp: context.scheduledTime, values });
}

function writeMetrics<Metric extends string>({ settings, write }: RunContext, data: Omit<MetricData<Metric>, 'namespace'>): void {
  metricLines({ namespace: settings.metricNamespace, ...data }).forEach(write);
}

function log({ write }: RunContext, level: 'INFO' | 'WARN' | 'ERROR', message: string, details: LogFields): void {
  write(logLine({ level, message, ...details }));
}
