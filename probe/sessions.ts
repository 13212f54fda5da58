import type { SessionSummary } from '@aws-sdk/client-athena';
import { type Listing, sessionsOf } from './survey';

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
