import { type FixedSession, type SessionState, SESSION_STATES, type WorkGroup } from '../rehearsal/athena';

/** The sessions of a scenario's Athena, as data that is small enough for another process's arguments. */
export interface WorldSpec {
  readonly workGroups: number;
  /** Sessions of each workgroup. */
  readonly sessions: number;
  /** The states of these sessions, in turn. */
  readonly states: readonly SessionState[];
  /** How many sessions of each workgroup, in place of as many of the above, have been idle for an hour since the last run. @default 0 */
  readonly idleForAnHour?: number;
  /** Further ended sessions of the first workgroup, and how many of them ended within the lookback. */
  readonly ended?: { readonly count: number; readonly inLookback: number };
}

/** The states that an unfiltered listing is documented to show. */
export const ACTIVE_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY'] as const;
export const ALL_STATES: readonly SessionState[] = SESSION_STATES;
export const MINUTE = 60_000;
export const INTERVAL = 5 * MINUTE;
export const LOOKBACK = 60 * MINUTE;
const ENDED_STATES: readonly (string | undefined)[] = ['FAILED', 'TERMINATED'];

/** The world as options of the simulated Athena. All sessions started recently enough that every listing must be read to its end. */
export function workGroupsOf(spec: WorldSpec, time: number): { [name: string]: WorkGroup } {
  const digits = String(spec.workGroups - 1).length;
  return Object.fromEntries(Array.from({ length: spec.workGroups }, (_, index) => [
    `team-${String(index).padStart(digits, '0')}`,
    { sessions: [...sessionsOf(spec, index, time), ...(index === 0 ? endedSessionsOf(spec, time) : [])] },
  ]));
}

function sessionsOf({ sessions, states, idleForAnHour = 0 }: WorldSpec, workGroup: number, time: number): FixedSession[] {
  return Array.from({ length: sessions }, (_, index) => {
    const [state, since] = index < idleForAnHour ? ['IDLE' as const, time - 61 * MINUTE] : [states[index % states.length]!, time - MINUTE];
    return session(`${workGroup}-${index}`, state, time - 2 * 60 * MINUTE - index, since - index);
  });
}

function endedSessionsOf({ ended }: WorldSpec, time: number): FixedSession[] {
  const { count, inLookback } = ended ?? { count: 0, inLookback: 0 };
  return Array.from({ length: count }, (_, index) =>
    session(`ended-${index}`, 'TERMINATED', time - 3 * 60 * MINUTE - index, time - (index < inLookback ? MINUTE : LOOKBACK + MINUTE) - index));
}

/** A session of realistic size: a UUID, engine, description, four dates. */
function session(id: string, state: SessionState, start: number, modified: number): FixedSession {
  return {
    SessionId: `${'0'.repeat(8)}-0000-4000-8000-${id.padStart(12, '0')}`,
    Description: 'dbt: 4a7d1ed4-14474e4033ac29ccb8653d9b',
    EngineVersion: { SelectedEngineVersion: 'PySpark engine version 3', EffectiveEngineVersion: 'PySpark engine version 3' },
    Status: {
      State: state,
      StartDateTime: start,
      LastModifiedDateTime: modified,
      EndDateTime: ENDED_STATES.includes(state) ? modified : undefined,
      IdleSinceDateTime: state === 'IDLE' ? modified : undefined,
    },
  };
}

/** Sessions by workgroup and state, which a subject must report. */
export type Counts = { readonly [workGroup: string]: { readonly [state: string]: number } };

/**
 * @param since ended sessions count if they ended after this
 */
export function countsOf(workGroups: { [name: string]: WorkGroup }, states: readonly string[], since = -Infinity): Counts {
  return Object.fromEntries(Object.entries(workGroups).map(([name, { sessions = [] }]) => [
    name,
    Object.fromEntries(states.map((state) => [state, (sessions as FixedSession[]).filter(({ Status }) =>
      Status?.State === state && (Status.EndDateTime === undefined || Number(Status.EndDateTime) > since)).length])),
  ]));
}
