/**
 * Logs Insights queries of the collector's log.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { MonitorConfig } from '../monitor-config';
import { invalidValueError } from '../validation';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html */
const MAX_QUERY_NAME_LENGTH = 255;

/** A saved query. */
export interface SessionQuery {
  /** The construct id. */
  readonly id: string;
  readonly name: string;
  /** Commands, one after another. */
  readonly lines: readonly string[];
  /** Whether it can tell nothing unless the log names the sessions behind the figures. */
  readonly needsDetails?: true;
}

/**
 * The log of one function alone, as others may write to the same log group: monitors that share one, for instance. Lambda puts each
 * function's name into the names of its log streams, `YYYY/MM/DD/<name>[<version>]<id>`, wherever a function is given a log group, as the
 * collector always is. Names of functions have neither `/` nor `[`, so that none is found inside another.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
 */
const logOf = (functionName: string) => `filter @logStream like "/${functionName}["`;

/**
 * The parsed line. Logs Insights discovers the fields of JSON by itself, but 200 of an event at the most: where there are so many
 * sessions, or workgroups, that they are worth a look, names would be missing.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
const PARSED = 'fields jsonParse(@message) as line';

/**
 * One record for each session that a line with figures names. Lines on unknown sessions have no `WorkGroup`. Names here are none that a
 * line has, as the documentation does not say which of two would be meant.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html
 */
const SESSION_DETAILS = [
  PARSED,
  'unnest line.sessions into session',
  'filter ispresent(line.WorkGroup) and ispresent(session.id)',
  'fields line.WorkGroup as athenaWorkGroup, session.id as sessionId, floor(session.seconds / 60) as inState, toMillis(@timestamp) as seenAt',
];

/** The sessions behind the figures, each once, as it was last seen. */
export function sessionDetailsQuery(functionName: string, workGroup?: string): string[] {
  return [
    logOf(functionName),
    ...SESSION_DETAILS,
    ...workGroup === undefined ? [] : [`filter athenaWorkGroup = "${workGroup}"`],
    'fields coalesce(session.reason, "") as because', // the reason of an earlier state must not stand in for one that is missing
    'stats latest(session.state) as state, latest(inState) as minutes, latest(session.description) as description, '
      + 'latest(because) as reason, fromMillis(max(seenAt)) as seen by athenaWorkGroup, sessionId',
    'sort seen desc',
    'limit 100',
  ];
}

/** The queries that are worth keeping. */
export function logsInsightsQueries(functionName: string, interval: Duration): SessionQuery[] {
  // In so much time every workgroup's turn comes: a run may be a minute late, and take nearly an interval.
  const aRun = 2 * interval.toMilliseconds() + Duration.minutes(1).toMilliseconds();
  return [
    {
      id: 'LongestIdle',
      name: 'Longest idle sessions now',
      needsDetails: true,
      lines: [
        logOf(functionName),
        ...SESSION_DETAILS,
        `filter seenAt >= (now() * 1000 - ${aRun})`,
        'stats latest(session.state) as state, latest(inState) as idleMinutes, latest(session.description) as description, '
          + 'fromMillis(max(seenAt)) as seen by athenaWorkGroup, sessionId',
        'filter state = "IDLE"', // as it was last seen: one that works again, or has ended, is none
        'sort idleMinutes desc',
        'limit 100',
      ],
    },
    {
      id: 'Failures',
      name: 'Failed sessions and why',
      needsDetails: true,
      lines: [
        logOf(functionName),
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
        logOf(functionName),
        ...SESSION_DETAILS,
        'filter session.state = "IDLE"',
        'fields coalesce(session.description, "(no description)") as who',
        // Each session by the longest that it was idle: runs name it again and again.
        'stats max(inState) as idleMinutes by athenaWorkGroup, who, sessionId',
        'stats count(*) as sessions, sum(idleMinutes) / 60 as idleHours, max(idleMinutes) / 60 as longestIdleHours by athenaWorkGroup, who',
        'sort idleHours desc',
        'limit 1000',
      ],
    },
    {
      id: 'ListingErrors',
      name: 'Workgroups that could not be listed',
      lines: [
        logOf(functionName),
        PARSED,
        // The collector's errors, and what Lambda writes of a run that came to a bad end; its lines are no JSON, in which a session may say as much.
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
        logOf(functionName),
        'filter ispresent(ApiCalls)',
        'stats sum(ApiCalls) as calls, sum(ThrottledApiCalls) as throttled, max(WorkGroupsMonitored) as workGroupsMonitored, '
          + 'max(WorkGroupsNotListed) as workGroupsNotListed by bin(1h) as hour',
        'sort hour desc',
        'limit 1000',
      ],
    },
  ];
}

/** Saves the queries below `Queries`, without those that need details which the log does not have. */
export function createQueries(
  monitor: Construct, { interval, logSessionDetails }: MonitorConfig,
  collector: { readonly functionName: string; readonly logGroupName: string }, namePrefix?: string,
): logs.CfnQueryDefinition[] {
  const queries = logsInsightsQueries(collector.functionName, interval).filter(({ needsDetails }) => logSessionDetails || !needsDetails);
  const prefix = checkedPrefix(monitor, namePrefix, queries.map(({ name }) => name));
  const scope = new Construct(monitor, 'Queries');
  return queries.map(({ id, name, lines }) => new logs.CfnQueryDefinition(scope, id, {
    name: `${prefix}${name}`,
    queryString: lines.join('\n| '),
    logGroupNames: [collector.logGroupName],
  }));
}

function checkedPrefix(monitor: Construct, given: string | undefined, names: readonly string[]): string {
  const stack = Stack.of(monitor);
  const ids = monitor.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  const prefix = given ?? [stack.stackName, ...ids, ''].join('/');
  const maximum = MAX_QUERY_NAME_LENGTH - Math.max(...names.map(({ length }) => length));
  if (!Token.isUnresolved(prefix) && prefix.length > maximum) {
    throw invalidValueError(monitor, 'namePrefix', `at most ${maximum} characters, as the names of queries follow it`,
      `${given === undefined ? 'the default of ' : ''}${prefix.length} characters`);
  }
  return prefix;
}
