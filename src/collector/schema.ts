/**
 * What the construct and the collector have agreed on: the names of metrics, dimensions and settings, and the shape of
 * the schedule's event. The one file that both sides import; it imports nothing.
 */

/** A metric that the collector writes. */
export interface MetricDefinition {
  /** The CloudWatch unit that the metric is written with. */
  readonly unit: 'Count' | 'Seconds';
  /** The one dimension that the metric is written with. */
  readonly dimension: string;
}

/** Dimension of the figures about the sessions of one workgroup. */
export const WORK_GROUP_DIMENSION = 'WorkGroup';
/** Dimension of the figures about the collector's own run. */
const FUNCTION_NAME_DIMENSION = 'FunctionName';

const sessionCount = { unit: 'Count', dimension: WORK_GROUP_DIMENSION } as const;
const sessionTime = { unit: 'Seconds', dimension: WORK_GROUP_DIMENSION } as const;
const runCount = { unit: 'Count', dimension: FUNCTION_NAME_DIMENSION } as const;

/** Sessions in a state when the workgroup was listed, by metric name. */
export const LIVE_COUNT_METRICS = {
  CreatingSessions: sessionCount,
  CreatedSessions: sessionCount,
  IdleSessions: sessionCount,
  BusySessions: sessionCount,
  TerminatingSessions: sessionCount,
  DegradedSessions: sessionCount,
} satisfies { [name: string]: MetricDefinition };

/** Sessions that ended inside a window, by metric name. */
export const ENDED_COUNT_METRICS = {
  FailedSessions: sessionCount,
  TerminatedSessions: sessionCount,
} satisfies { [name: string]: MetricDefinition };

/** How long sessions have been in their state, by metric name. */
export const TIME_METRICS = {
  CreatingTime: sessionTime,
  IdleTime: sessionTime,
  BusyTime: sessionTime,
  TerminatingTime: sessionTime,
} satisfies { [name: string]: MetricDefinition };

/** All figures about the sessions of one workgroup, by metric name. */
export const WORK_GROUP_METRICS = { ...LIVE_COUNT_METRICS, ...ENDED_COUNT_METRICS, ...TIME_METRICS };

/** Figures about the collector's own run, by metric name. */
export const RUN_METRICS = {
  WorkGroupsMonitored: runCount,
  WorkGroupsNotListed: runCount,
  UnknownSessions: runCount,
  ApiCalls: runCount,
  ThrottledApiCalls: runCount,
} satisfies { [name: string]: MetricDefinition };

export type LiveCountMetric = keyof typeof LIVE_COUNT_METRICS;
export type EndedCountMetric = keyof typeof ENDED_COUNT_METRICS;
export type TimeMetric = keyof typeof TIME_METRICS;
export type WorkGroupMetric = keyof typeof WORK_GROUP_METRICS;
export type RunMetric = keyof typeof RUN_METRICS;

/** The collector's settings, as names of environment variables. */
export const SETTINGS = {
  /** Namespace of all metrics. */
  metricNamespace: 'METRIC_NAMESPACE',
  /** Minutes between runs. */
  intervalMinutes: 'INTERVAL_MINUTES',
  /** Minutes whose windows each run recomputes. */
  lookbackMinutes: 'LOOKBACK_MINUTES',
  /** Minutes that a session lives at the most. */
  maxSessionMinutes: 'MAX_SESSION_MINUTES',
  /** `true` or `false`: whether TERMINATED sessions are listed and counted. */
  countTerminated: 'COUNT_TERMINATED',
  /** Athena calls a second. */
  maxRequestsPerSecond: 'MAX_REQUESTS_PER_SECOND',
  /** `true` or `false`: whether lines name the sessions behind their numbers. */
  logSessionDetails: 'LOG_SESSION_DETAILS',
  /** The function's timeout in seconds. */
  timeoutSeconds: 'TIMEOUT_SECONDS',
  /** The workgroups to list, separated by commas. Either this or `workGroupPatterns` is set. */
  workGroups: 'WORK_GROUPS',
  /** Which found workgroups to list: patterns, separated by commas. */
  workGroupPatterns: 'WORK_GROUP_PATTERNS',
} as const;

/** What separates the elements of a setting that is a list; it occurs in no workgroup name. */
export const LIST_SEPARATOR = ',';

/**
 * What Athena takes for a workgroup's name.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
 */
export function isWorkGroupName(text: string): boolean {
  return /^[a-zA-Z0-9._-]{1,128}$/.test(text);
}

/** Whether the text is a pattern: characters of a workgroup's name, `*` and `?`, with or without a leading `!`. */
export function isPattern(text: string): boolean {
  return /^!?[a-zA-Z0-9._*?-]{1,128}$/.test(text);
}

/** The schedule's input. */
export interface CollectorEvent {
  /** When the run was scheduled, ISO 8601; without it the run is of the current time. */
  readonly scheduledTime?: string;
}

/** Seconds of the timeout that are not spent on calls: starting, writing what is complete, ending. */
export const RESERVED_SECONDS = 5;

/** Listings of a workgroup: unfiltered, DEGRADED, TERMINATING, FAILED and, where it is counted, TERMINATED. */
function listingsPerWorkGroup(countTerminated: boolean): number {
  return countTerminated ? 5 : 4;
}

/** Calls that may be made at once before they are paced. */
export function burst(maxRequestsPerSecond: number): number {
  return Math.max(1, 2 * maxRequestsPerSecond);
}

/** How many workgroups one run can list where each listing fits a page. */
export function workGroupsPerRun(timeoutSeconds: number, maxRequestsPerSecond: number, countTerminated: boolean): number {
  const calls = (timeoutSeconds - RESERVED_SECONDS) * maxRequestsPerSecond + burst(maxRequestsPerSecond);
  return Math.floor(calls / listingsPerWorkGroup(countTerminated));
}
