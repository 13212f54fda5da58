import type { ReadSession } from '../inquiry';
import { sortedBy } from '../lists';
import { answerFrom, answerFromCalls, counted, type Question, type Row } from '../question';
import { ENDED_STATES, knownSessions, type KnownSession, longestIdle, MAX_SESSIONS } from '../sessions';

const MINUTE = 60_000;
/** Of a short life, starting is a large part. */
const MIN_LIFETIME = 10 * MINUTE;
/** Before, the driver may not count. */
const MAX_START = 5 * MINUTE;
/** Ratios of a session whose driver counts all the time, and that has next to no workers. */
const ONE_DPU = { from: 0.9, to: 1.1 };

interface Figure {
  readonly session: KnownSession;
  readonly state: string;
  readonly lifetime: number;
  readonly dpuMillis: number;
  /** How much of one DPU during the whole life. */
  readonly ratio: number;
}

export const dpuTime: Question = {
  id: 'dpu-time',
  text: 'Does DpuExecutionInMillis include the time in which only the idle driver runs?',
  answer: async (survey, redactor, inquiry) => {
    const old = knownSessions(survey).filter(({ status }) => lifetimeOf(status, survey.startedAt) >= MIN_LIFETIME);
    // The driver of a failed session may have died before its end.
    const ended = old.filter(({ state, status }) => state === 'TERMINATED' && status.EndDateTime);
    const chosen = [...sortedBy(ended, ({ status }) => -lifetimeOf(status, survey.startedAt)).slice(0, MAX_SESSIONS), ...longestIdle(old)];
    if (chosen.length === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'no session had lived for 10 minutes, and was TERMINATED or IDLE' });
    }
    const { figures, failures } = await inquiry.figures(chosen, figureOf);
    return answerFromCalls(redactor, {
      asked: [{ operation: 'GetSession', calls: chosen.length }],
      failures,
      verdict: figures.length > 0 ? `${conclusion(figures)} Ended: ${ratios(figures.filter(isEnded))}. Live: ${ratios(figures.filter((figure) => !isEnded(figure)))}.` : undefined,
      nothing: `none of ${counted(chosen.length, 'session')} had this figure and its dates`,
      evidence: figures.map(({ session, state, lifetime, dpuMillis, ratio }): Row => ({
        'session': redactor.session(session.id),
        state,
        'engine': session.engine,
        'lived, min': (lifetime / MINUTE).toFixed(1),
        'DpuExecutionInMillis': dpuMillis,
        'DPUs on average': ratio.toFixed(2),
      })),
    });
  },
};

/** Zero if it is unknown. */
function lifetimeOf({ StartDateTime: start, EndDateTime: end }: KnownSession['status'], now: Date): number {
  return start ? (end ?? now).getTime() - start.getTime() : 0;
}

function figureOf(session: KnownSession, { facts, readAt }: ReadSession): Figure[] {
  const { Status: status = {}, Statistics: { DpuExecutionInMillis: dpuMillis } = {} } = facts;
  const lifetime = lifetimeOf(status, readAt);
  const { State: state = session.state, EndDateTime: end } = status;
  const isUnknown = lifetime <= 0 || (ENDED_STATES.includes(state) && !end);
  return dpuMillis === undefined || isUnknown ? [] : [{ session, state, lifetime, dpuMillis, ratio: dpuMillis / lifetime }];
}

function isEnded({ state }: Figure): boolean {
  return ENDED_STATES.includes(state);
}

function conclusion(figures: readonly Figure[]): string {
  const all = counted(figures.length, 'session');
  const below = figures.filter(({ lifetime, dpuMillis }) => dpuMillis < ONE_DPU.from * (lifetime - MAX_START));
  const around = figures.filter((figure) => !below.includes(figure) && figure.ratio <= ONE_DPU.to);
  const less = `${below.length} of ${all} used less than ${ONE_DPU.from} DPU on average`;
  if (below.some(isEnded)) {
    return `No: ${less}, and the driver is one.`;
  }
  if (around.some(isEnded) || (around.length > 0 && below.length === 0)) {
    return `Yes: ${around.length} of ${all} used about one DPU on average, and ${below.length > 0 ? 'none that ended less. The figure of live sessions may lag behind' : 'none less'}.`;
  }
  return below.length > 0
    ? `Unclear: ${less}, but ${figures.some(isEnded) ? 'none of these has' : 'none has'} ended, and the figure of live sessions may lag behind.`
    : `Unclear: each of ${all} used more than ${ONE_DPU.to} DPU on average, so workers may account for it.`;
}

/** Such as `0.97 to 1.02 (3 sessions)`. */
function ratios(figures: readonly Figure[]): string {
  const sorted = figures.map(({ ratio }) => ratio).sort((a, b) => a - b).map((ratio) => ratio.toFixed(2));
  const range = [...new Set([sorted[0], sorted.at(-1)])].join(' to ');
  return sorted.length === 0 ? 'no session' : `${range} DPU (${counted(sorted.length, 'session')})`;
}
