/**
 * An independent count, which the tests compare with the collector's: the expected metrics of a workgroup, computed as simply as
 * possible, from all sessions for each metric and grid time. It shares only the type of a session with the collector.
 */
import type { ListedSession } from '../../src/athena/listings';

export interface OracleContext {
  /** The run time T, in milliseconds. */
  readonly scheduledTime: number;
  readonly interval: number;
  readonly lookback: number;
  readonly countTerminated: boolean;
  readonly late?: boolean;
}

/** Values of each metric, in ascending order. */
export type OracleValues = Record<string, number[]>;

export interface Oracle {
  /** By grid time: T, and each older one within the lookback with a value other than zero. */
  readonly points: Map<number, OracleValues>;
  readonly unknown: number;
  /** Live sessions that share the quota of Spark 3.5. */
  readonly sparkConnectSessions: number;
  /** Whether nothing needs to be written for the workgroup. */
  readonly quiet: boolean;
}

const COUNT_OF_LIVE_STATE: [state: string, metric: string][] = [
  ['CREATING', 'CreatingSessions'],
  ['CREATED', 'CreatedSessions'],
  ['IDLE', 'IdleSessions'],
  ['BUSY', 'BusySessions'],
  ['TERMINATING', 'TerminatingSessions'],
  ['DEGRADED', 'DegradedSessions'],
];

const COUNT_OF_ENDED_STATE: [state: string, metric: string][] = [
  ['FAILED', 'FailedSessions'],
  ['TERMINATED', 'TerminatedSessions'],
];

type DateName = 'startedAt' | 'modifiedAt' | 'idleSince' | 'endedAt';

/** The dates from which the start of a state can be derived, the most accurate first. */
const TIME_OF_LIVE_STATE: [state: string, metric: string, since: DateName[]][] = [
  ['CREATING', 'CreatingTime', ['startedAt']],
  ['IDLE', 'IdleTime', ['idleSince', 'modifiedAt', 'startedAt']],
  ['BUSY', 'BusyTime', ['modifiedAt', 'startedAt']],
  ['TERMINATING', 'TerminatingTime', ['modifiedAt', 'startedAt']],
];

/** The dates from which a session's end can be derived, the most accurate first. */
const END: DateName[] = ['endedAt', 'modifiedAt', 'startedAt'];

function firstOf(session: ListedSession, names: DateName[]): number | undefined {
  for (const name of names) {
    if (session[name] !== undefined) {
      return session[name];
    }
  }
  return undefined;
}

/** The record of a session that is counted. `records` are in the order in which they were listed. */
function relevantRecord(records: ListedSession[]): ListedSession {
  let best = records[0]!;
  for (const later of records.slice(1)) {
    const isOlder = best.modifiedAt !== undefined && later.modifiedAt !== undefined && later.modifiedAt < best.modifiedAt;
    if (!isOlder) {
      best = later;
    }
  }
  return best;
}

function ascending(values: number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** The metrics that a run must write for these listings, in this order. */
export function expectedFigures(listings: ListedSession[][], context: OracleContext): Oracle {
  const { scheduledTime: time, interval, lookback, countTerminated } = context;
  const met = listings.flat();
  const recordsById = new Map<string, ListedSession[]>();
  for (const record of met.filter(({ id }) => id)) {
    recordsById.set(record.id!, [...recordsById.get(record.id!) ?? [], record]);
  }
  const sessions = [...recordsById.values()].map(relevantRecord);
  const endedStates = COUNT_OF_ENDED_STATE.filter(([state]) => countTerminated || state !== 'TERMINATED');

  const endedWithin = (state: string, gridTime: number) => sessions.filter((session) => {
    const end = firstOf(session, END);
    return session.state === state && end !== undefined && end > gridTime - interval && end <= gridTime;
  }).length;

  const now: OracleValues = {};
  for (const [state, metric] of COUNT_OF_LIVE_STATE) {
    now[metric] = [sessions.filter((session) => session.state === state).length];
  }
  for (const [state, metric] of endedStates) {
    now[metric] = [endedWithin(state, time)];
  }
  for (const [state, metric, names] of TIME_OF_LIVE_STATE) {
    const inState = sessions.filter((session) => session.state === state);
    const since = inState.map((session) => firstOf(session, names)).filter((date) => date !== undefined);
    if (inState.length === 0) {
      now[metric] = [0];
    } else if (since.length > 0) {
      now[metric] = ascending(since.map((date) => Math.max(0, Math.floor((time - date) / 1000))));
    }
  }

  const live = sessions.filter(({ state }) => COUNT_OF_LIVE_STATE.some(([liveState]) => liveState === state));
  const ages = live.flatMap(({ startedAt }) => startedAt === undefined ? [] : [Math.max(0, Math.floor((time - startedAt) / 1000))]);
  if (live.length === 0 || ages.length > 0) {
    now.SessionAge = live.length === 0 ? [0] : ascending(ages);
  }

  const points = new Map([[time, now]]);
  for (let gridTime = time - interval; gridTime > time - lookback; gridTime -= interval) {
    for (const [state, metric] of endedStates) {
      const count = endedWithin(state, gridTime);
      if (count > 0) {
        points.set(gridTime, { ...points.get(gridTime), [metric]: [count] });
      }
    }
  }

  const isUnknown = (session: ListedSession) => {
    const isEnded = COUNT_OF_ENDED_STATE.some(([state]) => state === session.state);
    return !live.includes(session) && !(isEnded && firstOf(session, END) !== undefined);
  };
  // Sessions without an id cannot be matched, so each record counts.
  const unknown = met.filter(({ id }) => !id).length + sessions.filter(isUnknown).length;

  const sparkConnectSessions = live.filter(({ engine }) => engine !== 'PySpark engine version 3').length;
  // Zeros are written for as long as the lookback and three intervals after the last end.
  const endedRecently = sessions.some((session) => {
    const end = firstOf(session, END);
    return COUNT_OF_ENDED_STATE.some(([state]) => state === session.state) && end !== undefined && time - end < lookback + 3 * interval;
  });
  const quiet = countTerminated && !context.late && live.length === 0 && unknown === 0 && !endedRecently;
  return { points, unknown, sparkConnectSessions, quiet };
}

/** Counts in the form of `points`: by grid time, with each metric's values in ascending order. */
export function comparable(figures: readonly { timestamp: number; values: { readonly [name: string]: number | readonly number[] | undefined } }[]) {
  return new Map(figures.map(({ timestamp, values }): [number, OracleValues] => [
    timestamp,
    Object.fromEntries(Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, ascending(typeof value === 'number' ? [value] : [...value!])])),
  ]));
}
