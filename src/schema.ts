/**
 * What the construct and the collector agree on: states, metrics, settings, and the shape of the schedule's event. The one file that
 * both sides import; it imports nothing.
 */

/** A date that Athena lists with a session. */
export type SessionDate = 'startedAt' | 'modifiedAt' | 'idleSince' | 'endedAt';

/** A state of sessions. Metrics, listings, log and graphs follow from it. */
export interface SessionStateDefinition {
  /** Whether sessions in the state have ended. They are counted by when they ended, all others by the state they are in at a run. */
  readonly ended: boolean;
  /** Counts the sessions. */
  readonly countMetric: string;
  /** How long each session has been in the state. */
  readonly timeMetric?: string;
  /** The dates that say since when a session is in the state, the best first. */
  readonly since: readonly SessionDate[];
  /** The place of the state's own listing. States without one are documented to be in an unfiltered listing, which comes first. */
  readonly listing?: number;
  /** The order in which a log line names sessions. */
  readonly detailOrder: number;
  /** In graphs, as a hex code. */
  readonly color: string;
}

/** @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html */
export const SESSION_STATES = {
  CREATING: { ended: false, countMetric: 'CreatingSessions', timeMetric: 'CreatingTime', since: ['startedAt'], detailOrder: 4, color: '#9467bd' },
  CREATED: { ended: false, countMetric: 'CreatedSessions', since: ['modifiedAt', 'startedAt'], detailOrder: 6, color: '#1f77b4' },
  IDLE: { ended: false, countMetric: 'IdleSessions', timeMetric: 'IdleTime', since: ['idleSince', 'modifiedAt', 'startedAt'], detailOrder: 1, color: '#ff7f0e' },
  BUSY: { ended: false, countMetric: 'BusySessions', timeMetric: 'BusyTime', since: ['modifiedAt', 'startedAt'], detailOrder: 5, color: '#2ca02c' },
  TERMINATING: {
    ended: false, countMetric: 'TerminatingSessions', timeMetric: 'TerminatingTime', since: ['modifiedAt', 'startedAt'], listing: 2, detailOrder: 3, color: '#7f7f7f',
  },
  DEGRADED: { ended: false, countMetric: 'DegradedSessions', since: ['modifiedAt', 'startedAt'], listing: 1, detailOrder: 2, color: '#e377c2' },
  FAILED: { ended: true, countMetric: 'FailedSessions', since: ['endedAt', 'modifiedAt', 'startedAt'], listing: 3, detailOrder: 0, color: '#d62728' },
  TERMINATED: { ended: true, countMetric: 'TerminatedSessions', since: ['endedAt', 'modifiedAt', 'startedAt'], listing: 4, detailOrder: 7, color: '#8c564b' },
} as const satisfies { [state: string]: SessionStateDefinition };

export type SessionState = keyof typeof SESSION_STATES;
type Definition = (typeof SESSION_STATES)[SessionState];
export type CountMetric = Definition['countMetric'];
export type TimeMetric = Extract<Definition, { readonly timeMetric: string }>['timeMetric'];
/** A metric about the sessions of one workgroup. */
export type WorkGroupMetric = CountMetric | TimeMetric;

/** A metric that the collector writes. */
export interface MetricDefinition {
  /** The CloudWatch unit that the metric is written with. */
  readonly unit: 'Count' | 'Seconds';
  /** The one dimension that the metric is written with. */
  readonly dimension: string;
}

/** Dimension of the metrics about the sessions of one workgroup. */
export const WORK_GROUP_DIMENSION = 'WorkGroup';
/** Dimension of the metrics about the collector's own run. */
const FUNCTION_NAME_DIMENSION = 'FunctionName';

const definitions = Object.values<SessionStateDefinition>(SESSION_STATES);
const metricOf = (name: string, unit: MetricDefinition['unit']): [string, MetricDefinition] => [name, { unit, dimension: WORK_GROUP_DIMENSION }];

/** Metrics about the sessions of one workgroup, by name. */
export const WORK_GROUP_METRICS = Object.fromEntries([
  ...definitions.map(({ countMetric }) => metricOf(countMetric, 'Count')),
  ...definitions.flatMap(({ timeMetric }) => timeMetric ? [metricOf(timeMetric, 'Seconds')] : []),
]) as { readonly [name in WorkGroupMetric]: MetricDefinition };

const runCount = { unit: 'Count', dimension: FUNCTION_NAME_DIMENSION } as const;

/** Metrics about the collector's own run, by name. */
export const RUN_METRICS = {
  WorkGroupsMonitored: runCount,
  WorkGroupsNotListed: runCount,
  UnknownSessions: runCount,
  ApiCalls: runCount,
  ThrottledApiCalls: runCount,
} satisfies { [name: string]: MetricDefinition };

export type RunMetric = keyof typeof RUN_METRICS;

/** A listing of a workgroup's sessions: those in a state, or without one those that an unfiltered listing shows. */
export interface SessionListing {
  readonly state?: SessionState;
  /** Whether it is of ended sessions. */
  readonly ended: boolean;
}

/**
 * The listings of a workgroup, in the order in which they are made: as sessions move on, so that one which does so meanwhile is met at
 * least once. Which states an unfiltered listing shows beyond the first four is not documented, so the others have listings of their own.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_ListSessions.html
 */
export function sessionListings(countTerminated: boolean): SessionListing[] {
  const ofStates = (Object.entries(SESSION_STATES) as [SessionState, SessionStateDefinition][])
    .filter(([state, { listing }]) => listing !== undefined && (countTerminated || state !== 'TERMINATED'))
    .sort(([, a], [, b]) => a.listing! - b.listing!)
    .map(([state, { ended }]): SessionListing => ({ state, ended }));
  return [{ ended: false }, ...ofStates];
}

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

/** Calls that may be made at once before they are paced. */
export function burst(maxRequestsPerSecond: number): number {
  return Math.max(1, 2 * maxRequestsPerSecond);
}

/** How many workgroups one run can list where each listing fits a page. */
export function workGroupsPerRun(timeoutSeconds: number, maxRequestsPerSecond: number, countTerminated: boolean): number {
  const calls = (timeoutSeconds - RESERVED_SECONDS) * maxRequestsPerSecond + burst(maxRequestsPerSecond);
  return Math.floor(calls / sessionListings(countTerminated).length);
}
