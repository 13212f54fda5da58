/**
 * Logs Insights queries of the collector's log.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

import type { Duration } from 'aws-cdk-lib';

/** A saved query. */
export interface SessionQuery {
  /** The construct id. */
  readonly id: string;
  readonly name: string;
  /** Commands, one after another. */
  readonly lines: readonly string[];
}

/** One record for each session that a line names. */
const NAMED_SESSIONS = [
  'fields jsonParse(@message) as line',
  'filter ispresent(WorkGroup) and ispresent(sessions.0.id)',
  'unnest line.sessions into session',
];

/** The sessions behind the figures, each once, as it was last seen. */
export function sessionsBehindTheFigures(workGroup?: string): string[] {
  return [
    ...NAMED_SESSIONS,
    ...workGroup === undefined ? [] : [`filter WorkGroup = "${workGroup}"`],
    'stats latest(session.state) as state, latest(session.seconds) / 60 as minutes, latest(session.description) as description, '
      + 'latest(session.reason) as reason, max(@timestamp) as seen by WorkGroup, session.id',
    'sort seen desc',
    'limit 100',
  ];
}

/** The queries that are worth keeping. */
export function logsInsightsQueries(interval: Duration): SessionQuery[] {
  // Two intervals are sure to hold a run.
  const now = `filter toMillis(@timestamp) > (now() - ${2 * interval.toSeconds()}) * 1000`;
  return [
    {
      id: 'LongestIdle',
      name: 'Longest idle sessions now',
      lines: [
        ...NAMED_SESSIONS,
        now,
        'filter session.state = "IDLE"',
        'stats max(session.seconds) / 60 as idleMinutes, latest(session.description) as description by WorkGroup, session.id',
        'sort idleMinutes desc',
        'limit 100',
      ],
    },
    {
      id: 'Failures',
      name: 'Failed sessions and why',
      lines: [
        ...NAMED_SESSIONS,
        'filter session.state = "FAILED"',
        'stats min(@timestamp) as seen, latest(session.reason) as reason, latest(session.description) as description by WorkGroup, session.id',
        'sort seen desc',
        'limit 1000',
      ],
    },
    {
      id: 'WhoLeavesSessionsOpen',
      name: 'Who leaves sessions open',
      lines: [
        ...NAMED_SESSIONS,
        'filter session.state = "IDLE"',
        'stats count_distinct(session.id) as sessions, max(session.seconds) / 3600 as longestIdleHours by WorkGroup, session.description',
        'sort longestIdleHours desc',
        'limit 1000',
      ],
    },
    {
      id: 'ListingErrors',
      name: 'Workgroups that could not be listed',
      lines: [
        'fields @timestamp, level, workGroup, message, reason',
        'filter level in ["ERROR", "WARN"] or @message like /Task timed out|Invoke Error/',
        'sort @timestamp desc',
        'limit 1000',
      ],
    },
    {
      id: 'Calls',
      name: 'Calls and throttles by hour',
      lines: [
        'filter ispresent(ApiCalls)',
        'stats sum(ApiCalls) as calls, sum(ThrottledApiCalls) as throttled, max(WorkGroupsMonitored) as workGroupsMonitored, max(WorkGroupsFailed) as workGroupsFailed by bin(1h) as hour',
        'sort hour desc',
        'limit 1000',
      ],
    },
  ];
}
