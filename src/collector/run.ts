import type { Census, Count, MetricValues, NotableSession } from './census';
import { type MetricData, metricLines } from './emf';
import { type LogFields, logLine } from './log-line';
import { forEachInPool, poolSize } from './pool';
import { rotate } from './rotation';
import type { Settings } from './settings';
import { takeCensus } from './take-census';
import { AthenaError } from '../athena/calls';
import type { AthenaListings } from '../athena/listings';
import { matchesPatterns } from '../athena/work-group-pattern';
import { LIVE_COUNT_METRICS, type LiveCountMetric, RUN_METRICS, type RunMetric, WORK_GROUP_METRICS } from '../schema';
import type { Instant } from '../time';

/** The maximum number of different reasons in a log line. */
const MAX_REASONS = 5;
/** The maximum number of characters of an error message in a log line. */
const MAX_ERROR_LENGTH = 1024;

/** A workgroup to list. */
interface WorkGroup {
  readonly name: string;
  /** Only known for found workgroups. */
  readonly disabled?: boolean;
}

interface Listed {
  readonly kind: 'listed';
  readonly live: MetricValues<LiveCountMetric>;
  readonly sparkConnectSessions: number;
  readonly unknownSessions: number;
  /** The zeros that were not written, if the workgroup is quiet. */
  readonly unwritten?: { readonly workGroup: string; readonly counts: readonly Count[] };
}

type Outcome =
  | Listed
  | { readonly kind: 'skipped'; readonly disabled: boolean }
  | { readonly kind: 'not listed'; readonly workGroup: string; readonly reason: string; readonly deadlineReached: boolean };

/** What is needed to write to the log. */
export interface LogContext {
  readonly settings: Settings;
  /** The scheduled time of the run, rounded down to the grid. */
  readonly scheduledTime: Instant;
  /** Writes a line to the log. */
  readonly write: (line: string) => void;
}

export interface RunContext extends LogContext {
  /** Whether the run starts too late to list live sessions: their states have changed since the scheduled time. */
  readonly late?: boolean;
  readonly athena: Pick<AthenaListings, 'calls' | 'throttledCalls' | 'secondsPerCall' | 'overdueCalls' | 'workGroups' | 'sessions'>;
  /** Called for each workgroup that was listed completely, when its metrics are written. */
  readonly onListed?: (workGroup: string, sessions: readonly NotableSession[]) => void;
}

/**
 * Lists the sessions of every workgroup and writes the metrics of each that was listed completely.
 *
 * Rejects if none of the workgroups could be listed, or if the search for workgroups did not finish.
 */
export async function run(context: RunContext): Promise<void> {
  const { workGroups, searchError } = await workGroupsToList(context);
  const { interval, maxRequestsPerSecond } = context.settings;
  const size = () => poolSize(maxRequestsPerSecond, context.athena.secondsPerCall, context.athena.overdueCalls);
  const inOrder = rotate(workGroups, context.scheduledTime / interval);
  const outcomes = await forEachInPool(size, inOrder, (workGroup) => listAndWrite(context, workGroup));

  const listed = outcomes.filter((outcome) => outcome.kind === 'listed');
  const notListed = outcomes.filter((outcome) => outcome.kind === 'not listed');
  if (!context.settings.workGroups) {
    writeOneSeries(context, listed);
  }
  const unreached = notListed.filter(({ deadlineReached }) => deadlineReached);
  if (unreached.length > 0) {
    log(context, 'ERROR', `${unreached.length} of ${workGroups.length} workgroups were not listed completely before the deadline; later runs start with them. `
      + 'Meanwhile, their alarms on live states may clear and rise again. To list more in a run, raise maxRequestsPerSecond (while ThrottledApiCalls stays 0) or '
      + 'interval and timeout, select fewer workgroups, or set countTerminated: false', {
      workGroups: unreached.map(({ workGroup }) => workGroup),
      reasons: reasonsOf(unreached.map(({ reason }) => reason)),
    });
  }

  writeRunMetrics(context, {
    // The number of workgroups is unknown if the search did not finish.
    ...(!searchError && { WorkGroupsMonitored: listed.length, WorkGroupsNotListed: notListed.length }),
    // Without a listed workgroup, zeros would be wrong. After a failed search, WorkGroupsNotListed would not tell that the totals are partial.
    ...(!context.late && !searchError && (listed.length > 0 || notListed.length === 0) && liveTotals(listed)),
    // A part of the sessions would understate how much of the quota is used. A deleted workgroup has none, a disabled one may.
    ...(!context.late && !searchError && notListed.length === 0 && !outcomes.some((outcome) => outcome.kind === 'skipped' && outcome.disabled) && { LiveSparkConnectSessions: sum(listed, (each) => each.sparkConnectSessions) }),
    UnknownSessions: sum(listed, (each) => each.unknownSessions),
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

/** If all found workgroups are quiet, writes the zeros of the first by name, so that the queries of the alarms find a series. */
function writeOneSeries(context: RunContext, listed: readonly Listed[]): void {
  const [first] = listed.flatMap(({ unwritten }) => unwritten ?? []).sort((a, b) => a.workGroup < b.workGroup ? -1 : 1);
  if (first && listed.every(({ unwritten }) => unwritten)) {
    writeCounts(context, first.workGroup, first.counts);
  }
}

/** The live sessions of all workgroups together. */
function liveTotals(listed: readonly Listed[]): MetricValues<RunMetric> {
  return Object.fromEntries(LIVE_COUNT_METRICS.map((name) => [name, sum(listed, ({ live }) => Number(live[name]))]));
}

function sum<Element>(elements: readonly Element[], valueOf: (element: Element) => number): number {
  return elements.reduce((total, element) => total + valueOf(element), 0);
}

/** The workgroups to list. With `searchError`, those that were found before the error. */
async function workGroupsToList({ settings, athena }: RunContext): Promise<{ workGroups: WorkGroup[]; searchError?: Error }> {
  if (settings.workGroups) {
    return { workGroups: settings.workGroups.map((name) => ({ name })) };
  }
  const found = new Map<string, WorkGroup>(); // by name, as pages may overlap if workgroups change meanwhile
  let searchError: Error | undefined;
  try {
    for await (const page of athena.workGroups()) {
      for (const { name, spark, disabled } of page) {
        if (name && spark && matchesPatterns(name, settings.workGroupPatterns ?? [])) {
          found.set(name, { name, disabled });
        }
      }
    }
  } catch (error) {
    searchError = error as Error;
  }
  return { workGroups: [...found.values()], searchError };
}

async function listAndWrite(context: RunContext, workGroup: WorkGroup): Promise<Outcome> {
  try {
    const { settings, scheduledTime, late, athena, onListed } = context;
    const census = await takeCensus(athena, workGroup.name, { ...settings, scheduledTime, late, events: onListed !== undefined });
    const counts = census.counts();
    const silent = census.isQuiet && !settings.zerosWhenQuiet;
    if (!silent) {
      writeCounts(context, workGroup.name, counts);
    }
    logUnknownSessions(context, workGroup.name, census);
    onListed?.(workGroup.name, census.notableSessions);
    return {
      kind: 'listed',
      live: Object.fromEntries(LIVE_COUNT_METRICS.map((name) => [name, counts[0]!.values[name]])),
      sparkConnectSessions: census.sparkConnectSessions,
      unknownSessions: census.unknownCount,
      ...(silent && { unwritten: { workGroup: workGroup.name, counts } }),
    };
  } catch (error) {
    return handleError(context, workGroup, error as Error);
  }
}

function writeCounts(context: RunContext, workGroup: string, counts: readonly Count[]): void {
  for (const { timestamp, values, sessions, endEstimated } of counts) {
    writeMetrics(context, {
      definitions: WORK_GROUP_METRICS,
      dimensionValue: workGroup,
      timestamp,
      values,
      properties: { ...(sessions.length > 0 && { sessions }), ...(endEstimated > 0 && { endEstimated }) },
    });
  }
}

function logUnknownSessions(context: RunContext, workGroup: string, census: Census): void {
  if (census.unknownCount > 0) {
    log(context, 'WARN', `${census.unknownCount} sessions could not be counted: without an id, in a state that this version does not know, or ended without any date`,
      { workGroup, ...(context.settings.logSessionDetails && { sessions: census.unknownSessions }) });
  }
}

function handleError(context: RunContext, { name, disabled }: WorkGroup, error: Error): Outcome {
  const kind = error instanceof AthenaError ? error.kind : 'other';
  const [reason = ''] = reasonsOf([error.message]);
  if (kind === 'deadline') {
    return { kind: 'not listed', workGroup: name, reason, deadlineReached: true };
  }
  const isFound = !context.settings.workGroups;
  if ((isFound && kind === 'not found') || (disabled && kind === 'invalid request')) {
    log(context, 'INFO', 'workgroup skipped: deleted since it was found, or disabled', { workGroup: name, reason });
    return { kind: 'skipped', disabled: kind !== 'not found' };
  }
  log(context, 'ERROR', 'workgroup not listed: its sessions could not be listed completely, so none of its metrics is written', { workGroup: name, reason });
  return { kind: 'not listed', workGroup: name, reason, deadlineReached: false };
}

export function writeRunMetrics(context: LogContext, values: MetricValues<RunMetric>): void {
  writeMetrics(context, { definitions: RUN_METRICS, dimensionValue: context.settings.functionName, timestamp: context.scheduledTime, values });
}

function writeMetrics<Metric extends string>({ settings, write }: LogContext, data: Omit<MetricData<Metric>, 'namespace'>): void {
  metricLines({ namespace: settings.metricNamespace, ...data }).forEach(write);
}

/** Different reasons, as many and as long as a log line has room for. */
export function reasonsOf(errors: readonly string[]): string[] {
  return [...new Set(errors.map((error) => error.slice(0, MAX_ERROR_LENGTH)))].slice(0, MAX_REASONS);
}

export function log({ write }: LogContext, level: 'INFO' | 'WARN' | 'ERROR', message: string, details: LogFields): void {
  write(logLine({ level, message, ...details }));
}
