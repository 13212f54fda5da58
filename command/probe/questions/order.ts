import type { SessionSummary } from '@aws-sdk/client-athena';
import { answerFrom, counted, type Question, type Row } from '../question';
import { filterName, type Listing, sessionsOf } from '../survey';

/** The dates by which listings may be sorted. */
const KEYS = { start: 'StartDateTime', modified: 'LastModifiedDateTime', end: 'EndDateTime' } as const;
type Key = keyof typeof KEYS;

export const order: Question = {
  id: 'order',
  text: 'Are the sessions that started last listed first?',
  answer: (survey, redactor) => {
    const listings = survey.listings.filter((listing) => neighbors(listing, 'start').length > 0);
    const pairs = (key: Key) => sum(listings.map((listing) => neighbors(listing, key).length));
    const inversions = (key: Key) => sum(listings.map((listing) => inversionsOf(listing, key).length));
    const isOldestFirst = listings.every((listing) => neighbors(listing, 'start').every(([a, b]) => a <= b));
    const others = (['modified', 'end'] as const).filter((key) => pairs(key) > 0 && inversions(key) === 0);
    const verdict = inversions('start') === 0
      ? `Yes: no inversion in ${counted(pairs('start'), 'pair')} of neighbors in ${counted(listings.length, 'listing')}, `
        + `${listings.filter(({ pages }) => pages.length > 1).length || 'none'} of them with several pages. `
      : `No: ${counted(inversions('start'), 'inversion')} in ${counted(pairs('start'), 'pair')} of neighbors, in `
        + `${listings.filter((listing) => inversionsOf(listing, 'start').length > 0).length} of ${counted(listings.length, 'listing')}. `
        + `${isOldestFirst ? 'The oldest come first. ' : others.length > 0 ? `They are sorted by ${others.map((key) => KEYS[key]).join(' and ')}, newest first. ` : ''}`;
    return answerFrom(survey, redactor, {
      listings: survey.listings,
      verdict: listings.length > 0 ? `${verdict}${aboutEarlyStop(listings)}` : undefined,
      nothing: 'no listing had two sessions that started at different times',
      evidence: listings.map((listing): Row => ({
        'workgroup': redactor.workGroup(listing.workGroup.name),
        'listing': `${filterName(listing.state)}${listing.round === 2 ? ', again' : ''}`,
        'sessions': sessionsOf(listing).length,
        'pages': listing.pages.length,
        'inversions by start': inversionsOf(listing, 'start').length,
        'by modification': inversionsOf(listing, 'modified').length,
        'by end': inversionsOf(listing, 'end').length,
      })),
      details: listings.flatMap((listing) => inversionsOf(listing, 'start').map(([, , a, b]) =>
        `${listing.workGroup.name}, ${filterName(listing.state)}: ${a.SessionId} comes before ${b.SessionId}`)),
    });
  },
};

/** The collector stops a listing of ended sessions at a page of sessions that started too long ago, unless it has seen another order. */
function aboutEarlyStop(listings: readonly Listing[]): string {
  const ofEnded = listings.filter(({ state }) => state === 'FAILED' || state === 'TERMINATED');
  if (ofEnded.length === 0) {
    return 'None of them is a listing of ended sessions, whose order lets the collector stop early.';
  }
  return ofEnded.every((listing) => inversionsOf(listing, 'start').length === 0)
    ? 'Ended sessions are in order, so the collector may stop early.'
    : 'The collector reads a listing of ended sessions to its end once it sees them out of order.';
}

type Pair = readonly [number, number, SessionSummary, SessionSummary];

/** Neighboring sessions whose dates differ. Sessions without the date are ignored. */
function neighbors(listing: Listing, key: Key): Pair[] {
  const dated = sessionsOf(listing).flatMap((session) => {
    const date = session.Status?.[KEYS[key]];
    return date ? [{ session, time: date.getTime() }] : [];
  });
  return dated.slice(1)
    .map(({ session, time }, index): Pair => [dated[index]!.time, time, dated[index]!.session, session])
    .filter(([a, b]) => a !== b);
}

function inversionsOf(listing: Listing, key: Key): Pair[] {
  return neighbors(listing, key).filter(([a, b]) => a < b);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
