import { answerFrom, counted, lacksFilter, type Question, type Row } from '../question';
import { sessionsOf, type Survey } from '../survey';

const HOUR = 3_600_000;

export const reach: Question = {
  id: 'reach',
  text: 'How far back are ended sessions listed?',
  answer: (survey, redactor) => {
    const reaches = ['FAILED', 'TERMINATED'].map((state) => reachOf(survey, state));
    const listings = reaches.flatMap((state) => state.listings);
    return answerFrom(survey, redactor, {
      listings,
      isOpen: lacksFilter(listings),
      verdict: reaches.some(({ sessions }) => sessions > 0) ? reaches.map((state) => sentence(survey, state)).join(' ') : undefined,
      nothing: 'no ended session was listed',
      evidence: reaches.map(({ state, sessions, oldestStart, oldestEnd, listings: ofState, complete }): Row => ({
        'state': state,
        'sessions': sessions,
        'oldest start': oldestStart && new Date(oldestStart).toISOString(),
        'oldest end': oldestEnd && new Date(oldestEnd).toISOString(),
        'read to the end': `${complete} of ${counted(ofState.length, 'listing')}`,
      })),
    });
  },
};

function reachOf({ listings: all }: Survey, state: string) {
  const listings = all.filter((listing) => listing.state === state);
  const sessions = listings.flatMap(sessionsOf);
  const oldest = (date: 'StartDateTime' | 'EndDateTime') => sessions.reduce<number | undefined>((least, { Status: status = {} }) => {
    const time = status[date]?.getTime();
    const isOdd = time !== undefined && time < (status.StartDateTime?.getTime() ?? 0); // a session cannot end before it starts
    return time === undefined || isOdd || (least !== undefined && least < time) ? least : time;
  }, undefined);
  return {
    state,
    listings,
    sessions: sessions.length,
    oldestStart: oldest('StartDateTime'),
    oldestEnd: oldest('EndDateTime'),
    complete: listings.filter(({ end }) => end === 'complete').length,
  };
}

function sentence({ startedAt }: Survey, { state, listings, sessions, oldestStart, oldestEnd, complete }: ReturnType<typeof reachOf>): string {
  if (sessions === 0) {
    return listings.some(({ end }) => end === 'failed') ? `${state}: unknown, a listing failed.` : `${state}: none was listed.`;
  }
  const age = (time: number) => ageText((startedAt.getTime() - time) / HOUR);
  const when = (time: number | undefined) => time === undefined ? 'at an unknown time' : `${age(time)} ago`;
  const all = complete === listings.length;
  // The first start and the first end may be those of two sessions.
  return `${state}: ${oldestEnd === undefined ? 'unknown, as no session has EndDateTime' : `at least ${age(oldestEnd)}`}. `
    + `Of ${counted(sessions, 'session')}, the first start was ${when(oldestStart)}, the first end ${when(oldestEnd)}; `
    + `${all ? 'all listings were read to the end, so nothing older is listed' : 'there may be older ones, as not all listings were read to the end'}.`;
}

function ageText(hours: number): string {
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
}
