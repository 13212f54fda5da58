import { ACTIVE_STATES, type Counts } from './world';
import { parseEmf } from '../rehearsal/cloudwatch/emf';

const SESSIONS_PAGE = 100;
const WORK_GROUPS_PAGE = 50;

/** The number of pages. An empty listing has one page. */
const pages = (items: number, size: number) => Math.max(1, Math.ceil(items / size));

export interface Calls {
  /** Pages of the search for workgroups, read in sequence. */
  readonly search: number;
  /** Pages of each workgroup's listings, read in sequence. */
  readonly ofWorkGroups: readonly number[];
  /** Calls for details of sessions in events, after all others. @default 0 */
  readonly details?: number;
}

/** The minimum number of calls for five listings of every workgroup. */
export function callsNeeded(counts: Counts): Calls {
  return {
    search: pages(Object.keys(counts).length, WORK_GROUPS_PAGE),
    ofWorkGroups: Object.values(counts).map((states) => [
      sum(ACTIVE_STATES.map((state) => states[state]!)), states.DEGRADED!, states.TERMINATING!, states.FAILED!, states.TERMINATED!,
    ].map((sessions) => pages(sessions, SESSIONS_PAGE))).map(sum),
  };
}

export function total({ search, ofWorkGroups, details = 0 }: Calls): number {
  return search + sum(ofWorkGroups) + details;
}

export interface Limits {
  /** Concurrent calls. */
  readonly pool: number;
  /** Seconds per call. */
  readonly latency: number;
  /** Calls per second. */
  readonly rate?: number;
  readonly burst?: number;
}

/**
 * The theoretical minimum run time in seconds at this concurrency: the search for workgroups, then the longer of all listings spread
 * over the pool and one workgroup's listings in sequence, then the details; or, if longer, the time that the rate takes.
 */
export function bound(calls: Calls, { pool, latency, rate = Infinity, burst = 0 }: Limits): number {
  const rounds = Math.max(Math.ceil(sum(calls.ofWorkGroups) / pool), Math.max(0, ...calls.ofWorkGroups));
  const detailRounds = Math.ceil((calls.details ?? 0) / pool);
  return Math.max((calls.search + rounds + detailRounds) * latency, (total(calls) - burst) / rate);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Hours of a month in AWS's prices. */
export const HOURS_PER_MONTH = 730;
const HOUR = 3_600_000;
/** Dollars a month for a metric in us-east-1, before volume discounts. @see https://aws.amazon.com/cloudwatch/pricing/ */
const DOLLARS_PER_METRIC = 0.3;

/** The hours that CloudWatch bills: those of each metric in which a datapoint arrives, whatever its timestamp. */
export function metricHours(runs: readonly { readonly at: number; readonly lines: readonly string[] }[]): number {
  const billed = new Set<string>();
  for (const { at, lines } of runs) {
    for (const { metric: { namespace, metricName, dimensions } } of lines.flatMap((line) => parseEmf(line, at) ?? [])) {
      billed.add(JSON.stringify([namespace, metricName, dimensions, Math.floor(at / HOUR)]));
    }
  }
  return billed.size;
}

export function dollars(metricHoursPerMonth: number): number {
  return metricHoursPerMonth / HOURS_PER_MONTH * DOLLARS_PER_METRIC;
}

/** The first difference, in words. */
export function firstDifference(expected: Counts, actual: Counts): string | undefined {
  for (const [workGroup, states] of Object.entries(expected)) {
    for (const [state, count] of Object.entries(states)) {
      const found = actual[workGroup]?.[state];
      if (found !== count) {
        return `${workGroup} has ${count} ${state} sessions, but ${found ?? 'no number'} was reported`;
      }
    }
  }
  const unexpected = Object.keys(actual).find((workGroup) => expected[workGroup] === undefined);
  return unexpected === undefined ? undefined : `${unexpected} was reported, but does not exist`;
}

/** A figure with its limit. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly reached: number;
  readonly met: boolean;
}

export function atMost(what: string, limit: number, reached: number, unit = ''): Goal {
  return { what, goal: `≤ ${limit}${unit}`, reached, met: reached <= limit };
}

export function atLeast(what: string, limit: number, reached: number, unit = ''): Goal {
  return { what, goal: `≥ ${limit}${unit}`, reached, met: reached >= limit };
}

export function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
