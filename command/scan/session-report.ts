import type { NotableSession } from '../../src/collector/census';
import { costAtLeast, endOfIdleSession, type Owner, type SessionCost } from '../../src/collector/events/session-facts';
import { type Instant, secondsBetween } from '../../src/time';

/** What `--details` adds. Undefined if it could not be read, or the session has none. */
export interface SessionDetails {
  readonly owner?: Owner;
  readonly idleTimeoutSeconds?: number;
}

/** A session as `--json` prints it. Times are in ISO 8601. README.md describes the fields. */
export interface SessionReport {
  readonly workGroup: string;
  readonly sessionId: string;
  readonly state: string;
  readonly since?: string;
  readonly secondsInState?: number;
  readonly startedAt?: string;
  readonly ageSeconds?: number;
  readonly engine?: string;
  readonly description?: string;
  readonly reason?: string;
  readonly costAtLeast?: SessionCost;
  readonly owner?: Owner;
  readonly idleTimeoutSeconds?: number;
  readonly endsBy?: string;
}

/** A listed session. */
export interface ScannedSession extends NotableSession {
  readonly workGroup: string;
}

export function sessionReport(session: ScannedSession, details: SessionDetails, now: Instant, dpuHourPrice: number): SessionReport {
  const { workGroup, id, state, since, startedAt, engine, description, reason } = session;
  // Without a start, the session is at least as old as its state.
  const ageSeconds = secondsBetween(startedAt ?? since, state === 'FAILED' ? since : now);
  return {
    workGroup,
    sessionId: id,
    state: state ?? 'UNKNOWN',
    since: isoTime(since),
    secondsInState: secondsBetween(since, now),
    startedAt: isoTime(startedAt),
    ageSeconds,
    engine,
    description,
    reason,
    costAtLeast: ageSeconds === undefined ? undefined : costAtLeast(ageSeconds, dpuHourPrice),
    owner: details.owner,
    idleTimeoutSeconds: details.idleTimeoutSeconds,
    endsBy: isoTime(endOfIdleSession(state, since, details.idleTimeoutSeconds)),
  };
}

function isoTime(instant: Instant | undefined): string | undefined {
  const date = new Date(instant ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
