import type { SessionSummary } from '@aws-sdk/client-athena';
import { sortedBy } from './lists';
import { type Listing, sessionsOf, type Survey } from './survey';

/** The maximum number of sessions that a question asks about, by one call each. */
export const MAX_SESSIONS = 5;

export const LIVE_STATES: readonly string[] = ['IDLE', 'BUSY', 'CREATING', 'CREATED', 'DEGRADED', 'TERMINATING'];
export const ENDED_STATES: readonly string[] = ['FAILED', 'TERMINATED'];

/** A session as last listed. */
export interface KnownSession {
  readonly id: string;
  readonly workGroup: string;
  readonly state: string;
  readonly engine: string;
  readonly status: NonNullable<SessionSummary['Status']>;
}

/** Each session once, as last listed. Sessions without an id cannot be matched, so all of them are kept. */
export function latestSessions(listings: readonly Listing[]): SessionSummary[] {
  const byId = new Map<string, SessionSummary>();
  const anonymous: SessionSummary[] = [];
  for (const session of listings.flatMap(sessionsOf)) {
    if (session.SessionId) {
      byId.set(session.SessionId, session);
    } else {
      anonymous.push(session);
    }
  }
  return [...byId.values(), ...anonymous];
}

/** The sessions that can be asked about: each one with an id once, as last listed. */
export function knownSessions({ listings }: Pick<Survey, 'listings'>): KnownSession[] {
  const byId = new Map<string, KnownSession>();
  for (const listing of listings) {
    for (const session of sessionsOf(listing)) {
      const { SessionId: id, Status: status = {} } = session;
      if (id) {
        byId.set(id, { id, workGroup: listing.workGroup.name, state: status.State ?? 'no state', engine: engineOf(session, listing), status });
      }
    }
  }
  return [...byId.values()];
}

/** Idle sessions, those that have been idle for longest first. */
export function longestIdle(sessions: readonly KnownSession[]): KnownSession[] {
  return sortedBy(sessions.filter(({ state }) => state === 'IDLE'), ({ status }) => status.IdleSinceDateTime?.getTime() ?? Infinity).slice(0, MAX_SESSIONS);
}

/** The engine of the session, else that of its workgroup. */
export function engineOf({ EngineVersion: engine }: SessionSummary, { workGroup }: Pick<Listing, 'workGroup'>): string {
  return engine?.EffectiveEngineVersion ?? engine?.SelectedEngineVersion ?? workGroup.engine ?? 'unknown';
}

export function isSpark35(engine: string): boolean {
  return /Apache Spark version 3\.5/i.test(engine);
}

export function isPySpark3(engine: string): boolean {
  return /PySpark engine version 3/i.test(engine);
}
