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

/** The metrics that a run at that time must write for a complete listing. */
export function figuresOf({ shown, late }: Listing, time: number, windows: Windows, { countTerminated }: Setup): Figure[] {
  const sessions = lastSeen(shown);
  const inState = (state: string) => sessions.filter((session) => session.state === state);
  const live = LIVE_STATES.map((state) => ({ metric: `${nameOf(state)}Sessions`, time, value: inState(state).length }));
  const times = ['CREATING', 'IDLE', 'BUSY', 'TERMINATING'].flatMap((state) => {
    const seconds = inState(state).map(inStateSince).filter((since) => since !== undefined).map((since) => Math.max(0, time - since) / SECOND);
    const noneIsDated = inState(state).length > 0 && seconds.length === 0;
    return noneIsDated ? [] : [{ metric: `${nameOf(state)}Time`, time, value: Math.max(0, ...seconds) }];
  });
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
  return late ? ended : [...live, ...times, ...ended];
}

/** The number of unknown sessions. */
export function unknownOf(shown: readonly ListedSession[]): number {
  return lastSeen(shown).filter((session) => {
    const { state = '' } = session;
    return !KNOWN_STATES.includes(state) || (ENDED_STATES.includes(state) && endedAt(session) === undefined);
  }).length;
}
