import type { ReadSession } from '../inquiry';
import { answerFrom, answerFromCalls, counted, type Question, type Row } from '../question';
import { knownSessions, type KnownSession, longestIdle } from '../sessions';

const MINUTE = 60_000;
/** Athena may take this long to end a session, in minutes. */
const TOLERANCE = 1;

interface Figure {
  readonly session: KnownSession;
  readonly minutes?: number;
  readonly seconds?: number;
  /** In minutes. */
  readonly timeout: number;
  /** In minutes. */
  readonly idle: number;
}

export const idleTimeout: Question = {
  id: 'idle-timeout',
  text: 'Is a session ever IDLE for longer than its own idle timeout?',
  answer: async (survey, redactor, inquiry) => {
    const chosen = longestIdle(knownSessions(survey));
    if (chosen.length === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'no session was IDLE' });
    }
    const { figures, failures } = await inquiry.figures(chosen, figureOf);
    const over = figures.filter(({ idle, timeout }) => idle > timeout + TOLERANCE);
    const longest = Math.max(...over.map(({ idle, timeout }) => idle - timeout));
    const share = Math.max(...figures.map(({ idle, timeout }) => idle / timeout));
    const field = (name: 'minutes' | 'seconds') => figures.filter((figure) => figure[name] !== undefined).length;
    return answerFromCalls(redactor, {
      asked: [{ operation: 'GetSession', calls: chosen.length }],
      failures,
      verdict: figures.length === 0 ? undefined : [
        over.length > 0
          ? `Yes: ${over.length} of ${counted(figures.length, 'IDLE session')}, by up to ${longest.toFixed(1)} min.`
          : `No: none of ${counted(figures.length, 'IDLE session')}. The nearest was idle for ${Math.round(share * 100)} % of its timeout.`,
        `GetSession returned SessionIdleTimeoutInMinutes for ${field('minutes')} of them, IdleTimeoutSeconds for ${field('seconds')}.`,
      ].join(' '),
      nothing: `none of ${counted(chosen.length, 'session')} was still IDLE, with a timeout and a plausible IdleSinceDateTime`,
      evidence: figures.map(({ session, timeout, idle, seconds }): Row => ({
        'session': redactor.session(session.id), 'engine': session.engine, 'timeout, min': timeout, 'IdleTimeoutSeconds': seconds, 'idle, min': idle.toFixed(1),
      })),
    });
  },
};

function figureOf(session: KnownSession, { facts, readAt }: ReadSession): Figure[] {
  const { Status: status, SessionConfiguration: { SessionIdleTimeoutInMinutes: minutes, IdleTimeoutSeconds: seconds } = {} } = facts;
  const idleSince = status?.State === 'IDLE' ? status.IdleSinceDateTime : undefined;
  const timeout = minutes ?? (seconds === undefined ? undefined : seconds / 60);
  const isPlausible = idleSince && idleSince >= (status?.StartDateTime ?? 0) && idleSince.getTime() <= readAt.getTime() + TOLERANCE * MINUTE;
  return isPlausible && timeout ? [{ session, minutes, seconds, timeout, idle: (readAt.getTime() - idleSince.getTime()) / MINUTE }] : [];
}
