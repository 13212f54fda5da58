/**
 * What the construct and the collector share: states, metrics, settings, and the schedule's event. The only file that both import.
 */

/** A date in a listed session. */
export type SessionDate = 'startedAt' | 'modifiedAt' | 'idleSince' | 'endedAt';

/** A session state. Metrics, listings, log lines and graphs derive from it. */
export interface SessionStateDefinition {
  /** Whether sessions in the state have ended. Ended sessions are counted by when they ended, live ones by their state during the run. */
  readonly ended: boolean;
  /** Counts the sessions in the state. */
  readonly countMetric: string;
  /** How long each session has been in the state. */
  readonly timeMetric?: string;
  /** The dates from which the start of the state can be derived, the most accurate first. */
  readonly since: readonly SessionDate[];
  /** The position of the state's own listing. States without one are documented to be in the unfiltered listing, which comes first. */
  readonly listingOrder?: number;
  /** The position of the state's sessions in a log line. */
  readonly detailOrder: number;
  /** The color in graphs, as a hex code. */
  readonly color: string;
}

/** @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html */
export const SESSION_STATES = {
  CREATING: { ended: false, countMetric: 'CreatingSessions', timeMetric: 'CreatingTime', since: ['startedAt'], detailOrder: 4, color: '#9467bd' },
  CREATED: { ended: false, countMetric: 'CreatedSessions', since: ['modifiedAt', 'startedAt'], detailOrder: 6, color: '#1f77b4' },
  IDLE: { ended: false, countMetric: 'IdleSessions', timeMetric: 'IdleTime', since: ['idleSince', 'modifiedAt', 'startedAt'], detailOrder: 1, color: '#ff7f0e' },
  BUSY: { ended: false, countMetric: 'BusySessions', timeMetric: 'BusyTime', since: ['modifiedAt', 'startedAt'], detailOrder: 5, color: '#2ca02c' },
  TERMINATING: {
    ended: false, countMetric: 'TerminatingSessions', timeMetric: 'TerminatingTime', since: ['modifiedAt', 'startedAt'], listingOrder: 2, detailOrder: 3, color: '#7f7f7f',
  },
  DEGRADED: { ended: false, countMetric: 'DegradedSessions', since: ['modifiedAt', 'startedAt'], listingOrder: 1, detailOrder: 2, color: '#e377c2' },
  FAILED: { ended: true, countMetric: 'FailedSessions', since: ['endedAt', 'modifiedAt', 'startedAt'], listingOrder: 3, detailOrder: 0, color: '#d62728' },
  TERMINATED: { ended: true, countMetric: 'TerminatedSessions', since: ['endedAt', 'modifiedAt', 'startedAt'], listingOrder: 4, detailOrder: 7, color: '#8c564b' },
} as const satisfies { [state: string]: SessionStateDefinition };

export type SessionState = keyof typeof SESSION_STATES;
type Definition = (typeof SESSION_STATES)[SessionState];
type CountMetric = Definition['countMetric'];
type TimeMetric = Extract<Definition, { readonly timeMetric: string }>['timeMetric'];
/** The name of a metric that counts live sessions. */
export type LiveCountMetric = Extract<Definition, { readonly ended: false }>['countMetric'];
/** How long ago each live session of the workgroup started. */
const SESSION_AGE = 'SessionAge';
/** The name of a metric about the sessions of one workgroup. */
export type WorkGroupMetric = CountMetric | TimeMetric | typeof SESSION_AGE;

/** A metric that the collector writes. */
export interface MetricDefinition {
  /** The CloudWatch unit that the metric is written with. */
  readonly unit: 'Count' | 'Seconds';
  /** The one dimension that the metric is written with. */
  readonly dimension: string;
}

/** The dimension of session metrics. */
export const WORK_GROUP_DIMENSION = 'WorkGroup';
/** The dimension of run metrics. */
const FUNCTION_NAME_DIMENSION = 'FunctionName';

const definitions = Object.values<SessionStateDefinition>(SESSION_STATES);
const metricOf = (name: string, unit: MetricDefinition['unit']): [string, MetricDefinition] => [name, { unit, dimension: WORK_GROUP_DIMENSION }];

/** Metrics about the sessions of one workgroup, by name. */
export const WORK_GROUP_METRICS = Object.fromEntries([
  ...definitions.map(({ countMetric }) => metricOf(countMetric, 'Count')),
  ...definitions.flatMap(({ timeMetric }) => timeMetric ? [metricOf(timeMetric, 'Seconds')] : []),
  metricOf(SESSION_AGE, 'Seconds'),
]) as { readonly [name in WorkGroupMetric]: MetricDefinition };

const RUN_METRIC_NAMES = [
  'WorkGroupsMonitored', 'WorkGroupsNotListed', 'LiveSparkConnectSessions', 'UnknownSessions', 'ApiCalls', 'ThrottledApiCalls',
] as const;

/** Metrics about the events of one run. Only written where events are on. */
export const EVENT_METRIC_NAMES = ['EventsSent', 'EventsFailed'] as const;

/** The counts of live sessions. Each run also writes their totals over all workgroups. */
export const LIVE_COUNT_METRICS = definitions.filter(({ ended }) => !ended).map(({ countMetric }) => countMetric as LiveCountMetric);

/** The states of sessions that have not ended. */
export const LIVE_STATES = Object.entries<SessionStateDefinition>(SESSION_STATES).filter(([, { ended }]) => !ended).map(([state]) => state);

/** The name of a metric about one run. */
export type RunMetric = (typeof RUN_METRIC_NAMES)[number] | LiveCountMetric | (typeof EVENT_METRIC_NAMES)[number];

/** Metrics about the collector's own run, by name. */
export const RUN_METRICS = Object.fromEntries(
  [...RUN_METRIC_NAMES, ...LIVE_COUNT_METRICS, ...EVENT_METRIC_NAMES].map((name) => [name, { unit: 'Count', dimension: FUNCTION_NAME_DIMENSION }]),
) as { readonly [name in RunMetric]: MetricDefinition };

/** A listing of a workgroup's sessions. */
export interface SessionListing {
  /** The state to filter by. Undefined for the unfiltered listing. */
  readonly state?: SessionState;
  /** Whether it lists ended sessions. */
  readonly ended: boolean;
}

/**
 * The listings of a workgroup, in the order that sessions pass through the states, so that a session whose state changes between two
 * listings is in at least one. The unfiltered listing is documented to show CREATING, CREATED, IDLE and BUSY; other states are listed
 * one by one.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_ListSessions.html
 */
export function sessionListings(countTerminated: boolean): SessionListing[] {
  const byState = (Object.entries(SESSION_STATES) as [SessionState, SessionStateDefinition][])
    .filter(([state, { listingOrder }]) => listingOrder !== undefined && (countTerminated || state !== 'TERMINATED'))
    .sort(([, a], [, b]) => a.listingOrder! - b.listingOrder!)
    .map(([state, { ended }]): SessionListing => ({ state, ended }));
  return [{ ended: false }, ...byState];
}

/** The environment variables with the collector's settings. */
export const SETTINGS = {
  metricNamespace: 'METRIC_NAMESPACE',
  intervalMinutes: 'INTERVAL_MINUTES',
  /** How far back each run recounts ended sessions. */
  lookbackMinutes: 'LOOKBACK_MINUTES',
  /** How long a session can live. */
  maxSessionMinutes: 'MAX_SESSION_MINUTES',
  /** `true` or `false`: whether TERMINATED sessions are listed and counted. */
  countTerminated: 'COUNT_TERMINATED',
  /** Athena calls a second. */
  maxRequestsPerSecond: 'MAX_REQUESTS_PER_SECOND',
  /** `true` or `false`: whether zeros are written for workgroups without recent sessions. */
  zerosWhenQuiet: 'ZEROS_WHEN_QUIET',
  /** `true` or `false`: whether log lines list the sessions behind the metrics. */
  logSessionDetails: 'LOG_SESSION_DETAILS',
  /** Names of the workgroups to list, separated by commas. Set instead of `workGroupPatterns`. */
  workGroups: 'WORK_GROUPS',
  /** Patterns of the workgroups to find and list, separated by commas. */
  workGroupPatterns: 'WORK_GROUP_PATTERNS',
  /** `EventSettings` as JSON. Only set where events are on. */
  events: 'EVENTS',
} as const;

/** Separates the elements of a list setting. Workgroup names cannot contain it. */
export const LIST_SEPARATOR = ',';

/**
 * Whether Athena accepts the text as a workgroup's name.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
 */
export function isWorkGroupName(text: string): boolean {
  return /^[a-zA-Z0-9._-]{1,128}$/.test(text);
}

/** Whether the text is a pattern: characters of a workgroup's name, `*` and `?`, after an optional `!`. */
export function isPattern(text: string): boolean {
  return /^!?[a-zA-Z0-9._*?-]{1,128}$/.test(text);
}

/** Whether a workgroup's engine version is one of Apache Spark. Only workgroups of these have sessions. */
export function isSparkEngine(version: string): boolean {
  return /spark/i.test(version);
}

/** The source of all events. */
export const EVENT_SOURCE = 'cdk-athena-session-monitor';

/** What an event can tell of a session, and its detail type. */
export const EVENT_DETAIL_TYPES = {
  FAILED: 'Athena Session Failed',
  IDLE: 'Athena Session Idle',
  DEGRADED: 'Athena Session Degraded',
  OLD: 'Athena Session Old',
  CREATING: 'Athena Session Creating',
  BUSY: 'Athena Session Busy',
  TERMINATING: 'Athena Session Terminating',
} as const;

/** The state that a session alarm is about, or `OLD` for the age in any live state. */
export type EventKind = keyof typeof EVENT_DETAIL_TYPES;

/** A session alarm whose sessions are named by events. */
export interface EventAlarm {
  /** The alarm's id. */
  readonly id: string;
  readonly kind: EventKind;
  /** How long the state, or the session for `OLD`, must have lasted. Not set for FAILED and DEGRADED. */
  readonly thresholdSeconds?: number;
  /** The page that says what to do. */
  readonly runbookUrl: string;
}

/** The settings of events. */
export interface EventSettings {
  /** The name or ARN of the event bus. */
  readonly eventBus: string;
  /** The monitor's construct path. */
  readonly monitor: string;
  /** The tags of a session that can name its owner, the first one that is set wins. */
  readonly ownerTags: readonly string[];
  /** US dollars. */
  readonly dpuHourPrice: number;
  readonly alarms: readonly EventAlarm[];
}

/** The schedule's input. */
export interface CollectorEvent {
  /** The time that the run was scheduled for, in ISO 8601. Default: the current time. */
  readonly scheduledTime?: string;
}

/** Seconds of the timeout that are reserved for the start of the function and for writing complete counts. */
export const RESERVED_SECONDS = 5;

/** Further seconds of the timeout that are reserved for sending events, where events are on. */
export const EVENT_SECONDS = 5;

/** The page that says what to do about sessions. */
export const RUNBOOK_URL = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/runbook.md';

/** The price of a DPU-hour in US dollars. @see https://aws.amazon.com/athena/pricing/ */
export const DEFAULT_DPU_HOUR_PRICE = 0.35;

/** The tags of a session that can name its owner: the first is set by SageMaker Unified Studio. */
export const DEFAULT_OWNER_TAGS: readonly string[] = ['AmazonDataZoneSessionOwner', 'Owner', 'owner'];

/** Athena calls a second. */
export const DEFAULT_MAX_REQUESTS_PER_SECOND = 4;

/** How many calls can be made at once before they are paced. */
export function burst(maxRequestsPerSecond: number): number {
  return Math.max(1, 2 * maxRequestsPerSecond);
}

/** How many workgroups one run can list if each listing has one page. */
export function workGroupsPerRun(
  timeoutSeconds: number, maxRequestsPerSecond: number, countTerminated: boolean, reservedSeconds = RESERVED_SECONDS,
): number {
  const calls = (timeoutSeconds - reservedSeconds) * maxRequestsPerSecond + burst(maxRequestsPerSecond);
  return Math.floor(calls / sessionListings(countTerminated).length);
}
