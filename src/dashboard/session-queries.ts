/**
 * Logs Insights queries of the collector's log.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

import { Duration, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { MonitorConfig } from '../monitor-config';
import { SESSION_STATES } from '../schema';
import { invalidValueError } from '../validation';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html */
const MAX_QUERY_NAME_LENGTH = 255;

export interface SessionQuery {
  /** The construct id. */
  readonly id: string;
  readonly name: string;
  /** The query's commands. */
  readonly lines: readonly string[];
  /** Whether it needs `logSessionDetails`. */
  readonly needsDetails?: true;
}

/**
 * Selects the log of one function, as monitors can share a log group. If a function is given a log group, as the collector
 * always is, Lambda names its log streams `YYYY/MM/DD/<name>[<version>]<id>`. Function names contain neither `/` nor `[`, so
 * the filter does not match a longer name.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
 */
const filterByFunction = (functionName: string) => `filter @logStream like "/${functionName}["`;

/**
 * The parsed line. The fields that Logs Insights discovers by itself are not enough: it stops at 200 per event, so long lists of
 * sessions or workgroups would be cut.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
const PARSE_LINE = 'fields jsonParse(@message) as line';

/**
 * One record for each session in a line with metrics. Lines about unknown sessions have no `WorkGroup`. The aliases differ from all
 * fields of a line, as the documentation does not say which of two equal names would be used.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html
 */
const SESSION_DETAILS = [
  PARSE_LINE,
  'unnest line.sessions into session',
  'filter ispresent(line.WorkGroup) and ispresent(session.id)',
  'fields line.WorkGroup as athenaWorkGroup, session.id as sessionId, floor(session.seconds / 60) as inState, floor(session.age / 60) as sinceStart, '
    + 'toMillis(@timestamp) as seenAt',
];

/** Selects the latest details of every workgroup: a run can be a minute late and take nearly an interval. */
function isRecent(interval: Duration): string {
  return `filter seenAt >= (now() * 1000 - ${2 * interval.toMilliseconds() + Duration.minutes(1).toMilliseconds()})`;
}

/**
 * The cost of a session in dollars, rounded down to cents, as a field `cost`. It is at least that: a session holds one DPU from its
 * start to its end, and more while it has executors.
 */
const costField = (dpuHourPrice: number) => `fields floor(session.age * ${Tokenization.stringifyNumber(dpuHourPrice)} / 36) / 100 as cost`;
const AGE_COLUMN = 'latest(sinceStart) as ageMinutes';
const COST_COLUMN = 'latest(cost) as dollarsAtLeast';

/** Which sessions a table shows. */
export interface SessionTable {
  readonly interval: Duration;
  /** Whether it shows sessions that have ended, or live ones. Default: both. */
  readonly ended?: boolean;
  /** Default: all workgroups. */
  readonly workGroup?: string;
  /** Default: no costs. */
  readonly dpuHourPrice?: number;
}

/** The sessions behind the metrics, each as it was last seen. */
export function sessionDetailsQuery(functionName: string, { interval, ended, workGroup, dpuHourPrice }: SessionTable): string[] {
  const states = Object.entries(SESSION_STATES).filter(([, definition]) => definition.ended === ended).map(([state]) => state);
  const intervalTime = interval.toMilliseconds();
  // `seconds` is relative to the scheduled time: the last grid time before the line, unless the run was later than an interval.
  const endedAt = `floor(seenAt / ${intervalTime}) * ${intervalTime} - session.seconds * 1000 as endedAt`;
  const time = ended
    ? { field: endedAt, column: 'fromMillis(latest(endedAt)) as ended', newest: 'ended' }
    : { field: undefined, column: 'latest(inState) as minutesInState', newest: 'lastSeen' };
  return [
    filterByFunction(functionName),
    ...SESSION_DETAILS,
    ...ended === false ? [isRecent(interval)] : [], // ends are only logged when they are new
    ...workGroup === undefined ? [] : [`filter athenaWorkGroup = "${workGroup}"`],
    'fields coalesce(session.reason, "") as stateReason', // otherwise latest() would return the reason of an earlier state
    ...time.field === undefined ? [] : [`fields ${time.field}`],
    ...dpuHourPrice === undefined ? [] : [costField(dpuHourPrice)],
    `stats latest(session.state) as state, ${time.column}, ${AGE_COLUMN}, ${dpuHourPrice === undefined ? '' : `${COST_COLUMN}, `}`
      + 'latest(session.engine) as engine, latest(session.description) as description, latest(stateReason) as reason, '
      + 'fromMillis(max(seenAt)) as lastSeen by athenaWorkGroup, sessionId',
    ...ended === undefined ? [] : [`filter state like /^(${states.join('|')})$/`], // after stats, so that it is the latest state
    `sort ${time.newest} desc`,
    'limit 100',
  ];
}

/** The queries to save. */
export function logsInsightsQueries(functionName: string, interval: Duration, dpuHourPrice: number): SessionQuery[] {
  return [
    {
      id: 'LongestIdle',
      name: 'Longest idle sessions now',
      needsDetails: true,
      lines: [
        filterByFunction(functionName),
        ...SESSION_DETAILS,
        isRecent(interval),
        'stats latest(session.state) as state, latest(inState) as idleMinutes, latest(session.description) as description, '
          + 'fromMillis(max(seenAt)) as lastSeen by athenaWorkGroup, sessionId',
        'filter state = "IDLE"', // after stats, so that sessions which are no longer idle are excluded
        'sort idleMinutes desc',
        'limit 100',
      ],
    },
    {
      id: 'Failures',
      name: 'Failed sessions and why',
      needsDetails: true,
      lines: [
        filterByFunction(functionName),
        ...SESSION_DETAILS,
        'filter session.state = "FAILED"',
        'stats fromMillis(min(seenAt)) as firstSeen, latest(session.reason) as reason, latest(session.description) as description '
          + 'by athenaWorkGroup, sessionId',
        'sort firstSeen desc',
        'limit 1000',
      ],
    },
    {
      id: 'WhoLeavesSessionsOpen',
      name: 'Who leaves sessions open',
      needsDetails: true,
      lines: [
        filterByFunction(functionName),
        ...SESSION_DETAILS,
        'filter session.state = "IDLE"',
        'fields coalesce(session.description, "(no description)") as who',
        // Each session once, with its longest idle time: many runs list it.
        'stats max(inState) as idleMinutes by athenaWorkGroup, who, sessionId',
        'stats count(*) as sessions, sum(idleMinutes) / 60 as idleHours, max(idleMinutes) / 60 as longestIdleHours by athenaWorkGroup, who',
        'sort idleHours desc',
        'limit 1000',
      ],
    },
    {
      id: 'MostExpensive',
      name: `Most expensive sessions at $${Tokenization.stringifyNumber(dpuHourPrice)} a DPU hour`,
      needsDetails: true,
      lines: [
        filterByFunction(functionName),
        ...SESSION_DETAILS,
        costField(dpuHourPrice),
        `stats ${COST_COLUMN}, ${AGE_COLUMN}, latest(session.state) as state, latest(session.engine) as engine, `
          + 'latest(session.description) as description by athenaWorkGroup, sessionId',
        'sort dollarsAtLeast desc',
        'limit 1000',
      ],
    },
    {
      id: 'ListingErrors',
      name: 'Workgroups that could not be listed',
      lines: [
        filterByFunction(functionName),
        PARSE_LINE,
        // The collector's errors, and Lambda's lines on runs that crashed. These are not JSON; a description in JSON could contain the same text.
        'filter line.level = "ERROR" or @message like /^[^{].*(Task timed out|Invoke Error|Runtime exited)/',
        'fields coalesce(line.message, @message) as error, coalesce(line.workGroup, jsonStringify(line.workGroups)) as notListed, '
          + 'coalesce(line.reason, errorMessage, jsonStringify(line.reasons)) as why',
        'sort @timestamp desc',
        'limit 1000',
        'display @timestamp, error, notListed, why',
      ],
    },
    {
      id: 'Calls',
      name: 'Calls and throttles by hour',
      lines: [
        filterByFunction(functionName),
        'filter ispresent(ApiCalls)',
        'stats sum(ApiCalls) as calls, sum(ThrottledApiCalls) as throttled, max(WorkGroupsMonitored) as workGroupsMonitored, '
          + 'max(WorkGroupsNotListed) as workGroupsNotListed by bin(1h) as hour',
        'sort hour desc',
        'limit 1000',
      ],
    },
  ];
}

/** Saves the queries, without those that need session details if the log has none. */
export function createQueries(
  monitor: Construct, { interval, logSessionDetails, dpuHourPrice }: MonitorConfig,
  collector: { readonly functionName: string; readonly logGroupName: string }, namePrefix?: string,
): logs.CfnQueryDefinition[] {
  const queries = logsInsightsQueries(collector.functionName, interval, dpuHourPrice)
    .filter(({ needsDetails }) => logSessionDetails || !needsDetails);
  const prefix = resolvePrefix(monitor, namePrefix, queries.map(({ name }) => name));
  const scope = new Construct(monitor, 'Queries');
  return queries.map(({ id, name, lines }) => new logs.CfnQueryDefinition(scope, id, {
    name: `${prefix}${name}`,
    queryString: lines.join('\n| '),
    logGroupNames: [collector.logGroupName],
  }));
}

function resolvePrefix(monitor: Construct, given: string | undefined, names: readonly string[]): string {
  const stack = Stack.of(monitor);
  const ids = monitor.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  if (given !== undefined && typeof given !== 'string') {
    throw invalidValueError(monitor, 'namePrefix', 'a string', given);
  }
  const prefix = given ?? [stack.stackName, ...ids, ''].join('/');
  const maximum = MAX_QUERY_NAME_LENGTH - Math.max(...names.map(({ length }) => length));
  if (!Token.isUnresolved(prefix) && prefix.length > maximum) {
    throw invalidValueError(monitor, 'namePrefix', `at most ${maximum} characters, as the names of queries follow it`,
      `${given === undefined ? 'the default of ' : ''}${prefix.length} characters`);
  }
  return prefix;
}
