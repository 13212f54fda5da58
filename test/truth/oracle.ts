import { LIVE_STATES, type Setup } from './history';
import type { Listing } from './world';
import type { ListedSession } from '../../src/athena/listings';

/**
 * The expected metrics, computed only from the promises to users. This shares no code with the collector.
 */

const SECOND = 1000;
const LISTINGS = ['unfiltered', 'DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];
const ENDED_STATES = ['FAILED', 'TERMINATED'];
const KNOWN_STATES = [...LIVE_STATES, ...ENDED_STATES];

/** A value of a metric of one workgroup at a grid time: its Maximum. */
export interface Figure {
  readonly metric: string;
  readonly time: number;
  readonly value: number;
}

/** Whether every listing of the workgroup was read to its end. */
export function isComplete({ ended, late }: Listing, { countTerminated }: Setup): boolean {
  return (late ? ENDED_STATES : LISTINGS).every((part) => ended.has(part) || (part === 'TERMINATED' && !countTerminated));
}

export interface Windows {
  readonly interval: number;
  readonly lookback: number;
}

/** The grid time g of the window `(g - interval, g]` that contains the instant. */
export function stampOf(instant: number, { interval }: Windows): number {
  const start = instant - (instant % interval);
  return start === instant ? instant : start + interval;
}

/** The relevant record of each session that a run listed. */
function lastSeen(shown: readonly ListedSession[]): ListedSession[] {
  const byId = new Map<string, ListedSession>();
  for (const session of shown) {
    const known = byId.get(session.id!);
    const isOlder = known?.modifiedAt !== undefined && session.modifiedAt !== undefined && session.modifiedAt < known.modifiedAt;
    byId.set(session.id!, isOlder ? known : session);
  }
  return [...byId.values()];
}

const endedAt = ({ endedAt: end, modifiedAt, startedAt }: ListedSession) => end ?? modifiedAt ?? startedAt;

function inStateSince({ state, idleSince, modifiedAt, startedAt }: ListedSession): number | undefined {
  switch (state) {
    case 'IDLE': return idleSince ?? modifiedAt ?? startedAt;
    case 'CREATING': return startedAt;
    default: return modifiedAt ?? startedAt;
  }
}

export const nameOf = (state: string) => state[0] + state.slice(1).toLowerCase();

/** The time since which no session of a quiet workgroup has ended. */
const quietSince = (time: number, { interval, lookback }: Windows) => time - lookback - 3 * interval;

/** Ended listings may stop at sessions that started before this. */
export const oldestStart = (time: number, windows: Windows, { maxSession }: Setup) => quietSince(time, windows) - maxSession * windows.interval;

/**
 * Whether a workgroup whose listing is complete is quiet: no live session, no unknown one, and none has ended recently. A run that does
 * not list live or terminated sessions does not know.
 */
export function isQuiet({ shown, late }: Listing, time: number, windows: Windows, { countTerminated }: Setup): boolean {
  const isOver = (session: ListedSession) => (
    !isUnknown(session) && ENDED_STATES.includes(session.state!) && endedAt(session)! <= quietSince(time, windows));
  return !late && countTerminated && lastSeen(shown).every(isOver);
}

/** The metrics that a run at that time must write for a complete listing. */
export function figuresOf({ shown, late }: Listing, time: number, windows: Windows, { countTerminated }: Setup): Figure[] {
  const sessions = lastSeen(shown);
  const inState = (state: string) => sessions.filter((session) => session.state === state);
  const live = LIVE_STATES.map((state) => ({ metric: `${nameOf(state)}Sessions`, time, value: inState(state).length }));
  const longest = (metric: string, of: readonly ListedSession[], since: (session: ListedSession) => number | undefined): Figure[] => {
    const seconds = of.map(since).filter((start) => start !== undefined).map((start) => Math.max(0, time - start) / SECOND);
    const noneIsDated = of.length > 0 && seconds.length === 0;
    return noneIsDated ? [] : [{ metric, time, value: Math.max(0, ...seconds) }];
  };
  const times = ['CREATING', 'IDLE', 'BUSY', 'TERMINATING'].flatMap((state) => longest(`${nameOf(state)}Time`, inState(state), inStateSince));
  const ages = longest('SessionAge', sessions.filter(isLive), ({ startedAt }) => startedAt);
  const ended = ENDED_STATES.filter((state) => state === 'FAILED' || countTerminated).flatMap((state) => {
    const figures: Figure[] = [];
    for (let stamp = time; stamp > time - windows.lookback; stamp -= windows.interval) {
      const count = inState(state).filter((session) => endedAt(session) !== undefined && stampOf(endedAt(session)!, windows) === stamp).length;
      if (count > 0 || stamp === time) {
        figures.push({ metric: `${nameOf(state)}Sessions`, time: stamp, value: count });
      }
    }
    return figures;
  });
  return late ? ended : [...live, ...times, ...ages, ...ended];
}

/** The number of unknown sessions. */
export function unknownOf(shown: readonly ListedSession[]): number {
  return lastSeen(shown).filter(isUnknown).length;
}

/** The number of live sessions that share the quota of Spark 3.5. */
export function sparkConnectOf(shown: readonly ListedSession[]): number {
  return lastSeen(shown).filter((session) => isLive(session) && session.engine !== 'PySpark engine version 3').length;
}

const isLive = ({ state = '' }: ListedSession) => LIVE_STATES.includes(state);

function isUnknown(session: ListedSession): boolean {
  const { state = '' } = session;
  return !KNOWN_STATES.includes(state) || (ENDED_STATES.includes(state) && endedAt(session) === undefined);
}
