import type { SessionSummary } from '@aws-sdk/client-athena';
import { answerFrom, type Question, type Row } from '../question';
import { type Listing, sessionsOf, type Survey } from '../survey';

/** States that an unfiltered listing is not documented to show. */
const UNDOCUMENTED_STATES = ['DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];
const FINAL_STATES = ['FAILED', 'TERMINATED'];

/** The sessions of one state in all listings. */
interface Sighting {
  readonly state: string;
  /** The number of sessions that its own filter lists. */
  readonly listed: number;
  /** How many of them were in the state during the whole listing without a filter, which must show them if it shows the state. */
  readonly throughout: number;
  /** How many of these it shows. */
  readonly shown: number;
  /** The number of sessions of the state that the listing without a filter shows. */
  readonly appearing: number;
  /** Whether sessions may be on pages that were not read. */
  readonly capped: boolean;
  readonly failed: boolean;
  readonly hiddenIds: readonly string[];
}

export const unfiltered: Question = {
  id: 'unfiltered-states',
  text: 'Which states does a listing without a filter show?',
  answer: (survey, redactor) => {
    const unfilteredListings = survey.listings.filter(({ state }) => state === undefined);
    const appearing = countByState(unfilteredListings.flatMap(sessionsOf));
    const sightings = UNDOCUMENTED_STATES.map((state) => sight(survey, state));
    const verdicts = sightings.map((sighting) => [sighting.state, verdictOf(sighting)] as const);
    const isKnown = appearing.size > 0 || verdicts.some(([, { known }]) => known);
    // A state without an answer because of an error leaves the question open.
    const isOpen = sightings.some(({ failed }, index) => failed && !verdicts[index]![1].known);
    const seen = appearing.size > 0 ? `It showed ${[...appearing.keys()].sort().join(', ')}.` : 'It showed no session.';
    return answerFrom(survey, redactor, {
      listings: survey.listings,
      verdict: isKnown ? [seen, ...verdicts.map(([state, { text }]) => `${state}: ${text}.`)].join(' ') : undefined,
      isOpen,
      nothing: 'there was no session',
      evidence: [
        ...[...appearing].filter(([state]) => !UNDOCUMENTED_STATES.includes(state)).sort().map(([state, count]): Row => ({ state, shown: count })),
        ...sightings.map((sighting, index): Row => ({
          'state': sighting.state,
          'shown': sighting.appearing,
          'listed by its filter': sighting.listed,
          'in it throughout': sighting.throughout,
          'shown of these': sighting.shown,
          'verdict': verdicts[index]![1].text,
        })),
      ],
      details: sightings.flatMap(({ state, hiddenIds }) => hiddenIds.map((id) => `${state}, not shown: ${id}`)),
    });
  },
};

function sight(survey: Survey, state: string): Sighting {
  const sum = { state, listed: 0, throughout: 0, shown: 0, appearing: 0, capped: false, failed: false, hiddenIds: [] as string[] };
  for (const workGroup of survey.workGroups) {
    const own = survey.listings.filter((listing) => listing.workGroup === workGroup);
    const unfilteredListing = own.find((listing) => listing.state === undefined)!;
    const before = own.find((listing) => listing.state === state && listing.round === 1)!;
    const after = own.find((listing) => listing.state === state && listing.round === 2);
    const all = sessionsOf(unfilteredListing).filter((session) => session.Status?.State === state);
    const shownIds = new Set(all.map(({ SessionId }) => SessionId));
    const stayed = sessionsOf(before).filter((session) => session.SessionId && isThroughout(session, state, after));
    const hidden = stayed.filter(({ SessionId }) => !shownIds.has(SessionId));
    const isWhole = unfilteredListing.end === 'complete';
    sum.listed += new Set([before, after].flatMap((listing) => listing ? sessionsOf(listing).map(({ SessionId }) => SessionId) : [])).size;
    sum.shown += stayed.length - hidden.length;
    // Sessions on pages that were not read are neither shown nor hidden.
    sum.throughout += isWhole ? stayed.length : stayed.length - hidden.length;
    sum.appearing += all.length;
    sum.capped ||= hidden.length > 0 && !isWhole;
    sum.failed ||= [unfilteredListing, before, after].some((listing) => listing?.end === 'failed');
    sum.hiddenIds.push(...isWhole ? hidden.map(({ SessionId }) => SessionId!) : []);
  }
  return sum;
}

function isThroughout({ SessionId: id, Status: status }: SessionSummary, state: string, after: Listing | undefined): boolean {
  if (FINAL_STATES.includes(state)) {
    return true;
  }
  const later = after && sessionsOf(after).find((session) => session.SessionId === id)?.Status;
  return status?.LastModifiedDateTime !== undefined && status.LastModifiedDateTime.getTime() === later?.LastModifiedDateTime?.getTime();
}

function verdictOf({ listed, throughout, shown, appearing, capped, failed }: Sighting): { known: boolean; text: string } {
  const hidden = throughout - shown;
  if (appearing > 0) {
    return { known: true, text: hidden > 0 ? `shown in part, ${shown} of ${throughout}` : 'shown' };
  }
  if (hidden > 0) {
    return { known: true, text: `not shown, 0 of ${throughout}` };
  }
  if (failed) {
    return { known: false, text: 'unknown, a listing failed' };
  }
  if (listed > 0) {
    return { known: false, text: capped ? 'unknown, the listing without a filter was not read to its end' : 'unknown, its sessions changed meanwhile or have no LastModifiedDateTime' };
  }
  return { known: false, text: 'no data, no session was in this state' };
}

function countByState(sessions: readonly SessionSummary[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { Status: status } of sessions) {
    const state = status?.State ?? 'no state';
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}
