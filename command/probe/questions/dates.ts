import type { SessionSummary } from '@aws-sdk/client-athena';
import { answerFrom, lacksFilter, type Question, type Row } from '../question';
import { ENDED_STATES, latestSessions } from '../sessions';

const DATES = ['StartDateTime', 'LastModifiedDateTime', 'EndDateTime', 'IdleSinceDateTime'] as const;
type DateName = typeof DATES[number];

export const dates: Question = {
  id: 'dates',
  text: 'Which states carry which dates?',
  answer: (survey, redactor) => {
    const byState = new Map<string, SessionSummary[]>();
    for (const session of latestSessions(survey.listings)) {
      const state = session.Status?.State ?? 'no state';
      byState.set(state, [...byState.get(state) ?? [], session]);
    }
    const states = [...byState].sort(([a], [b]) => (a < b ? -1 : 1));
    const ended = states.filter(([state]) => ENDED_STATES.includes(state)).flatMap(([, sessions]) => sessions);
    const both = ended.filter((session) => has(session, 'EndDateTime') && has(session, 'LastModifiedDateTime'));
    const equal = both.filter(isModifiedAtEnd).length;
    return answerFrom(survey, redactor, {
      listings: survey.listings,
      verdict: states.length > 0 ? [
        `Of ${states.map(([state]) => state).join(', ')}: ${DATES.map((date) => `${date} in ${statesWith(states, date)}.`).join(' ')}`,
        ...(both.length > 0 ? [`LastModifiedDateTime equals EndDateTime for ${equal} of ${both.length} ended sessions.`] : []),
      ].join(' ') : undefined,
      isOpen: lacksFilter(survey.listings),
      nothing: 'there was no session',
      evidence: states.map(([state, sessions]): Row => ({
        state,
        sessions: sessions.length,
        ...Object.fromEntries(DATES.map((date) => [date, `${sessions.filter((session) => has(session, date)).length} of ${sessions.length}`])),
        ...(ENDED_STATES.includes(state) && { 'modified = end': `${sessions.filter(isModifiedAtEnd).length} of ${sessions.length}` }),
      })),
    });
  },
};

function statesWith(states: readonly [string, readonly SessionSummary[]][], date: DateName): string {
  const shares = states.map(([state, sessions]) => ({ state, count: sessions.filter((session) => has(session, date)).length, of: sessions.length }));
  if (shares.every(({ count, of }) => count === of)) {
    return 'all';
  }
  const some = shares.filter(({ count }) => count > 0);
  return some.length === 0 ? 'none' : some.map(({ state, count, of }) => count === of ? state : `${state} (${count} of ${of})`).join(', ');
}

function has({ Status: status }: SessionSummary, date: DateName): boolean {
  return status?.[date] !== undefined;
}

function isModifiedAtEnd({ Status: status }: SessionSummary): boolean {
  return status?.EndDateTime !== undefined && status.EndDateTime.getTime() === status.LastModifiedDateTime?.getTime();
}
