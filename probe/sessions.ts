import type { SessionSummary } from '@aws-sdk/client-athena';
import { type Listing, sessionsOf } from './survey';

/** Each session once, as it was met last. Those without an id cannot be told apart, and all stay. */
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
