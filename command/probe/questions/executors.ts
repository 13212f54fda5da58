import type { ExecutorsPage } from '../aws';
import { type Attempt, attempt } from '../inquiry';
import { takeInTurn } from '../lists';
import { answerFrom, answerFromCalls, counted, errorText, type Question, type Row } from '../question';
import { ENDED_STATES, isSpark35, knownSessions, type KnownSession, MAX_SESSIONS } from '../sessions';

const STATES = ['IDLE', 'BUSY'];

interface Asked {
  readonly session: KnownSession;
  readonly page: Attempt<ExecutorsPage>;
  /** The state afterwards. Undefined if it could not be read. */
  readonly stateAfter?: string;
}

export const executors: Question = {
  id: 'executors',
  text: 'Does ListExecutors answer for sessions of Apache Spark version 3.5?',
  answer: async (survey, redactor, inquiry) => {
    const sessions = knownSessions(survey).filter(({ engine }) => isSpark35(engine));
    const chosen = takeInTurn(STATES.map((state) => sessions.filter((session) => session.state === state)), MAX_SESSIONS);
    if (chosen.length === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'no session of this engine was IDLE or BUSY' });
    }
    const all: Asked[] = [];
    for (const session of chosen) {
      const page = await attempt(inquiry.aws.listExecutors(session.id));
      const after = await inquiry.session(session.id);
      const isGone = [page, after].every(({ failure }) => failure?.kind === 'refused');
      all.push({ session, page, stateAfter: isGone ? 'unknown' : after.value?.facts.Status?.State });
    }
    const results = all.filter(({ stateAfter = '' }) => !['unknown', 'TERMINATING', ...ENDED_STATES].includes(stateAfter));
    const stayed = results.filter(({ session, stateAfter = session.state }) => stateAfter === session.state);
    const ended = all.length - results.length;
    const changed = results.length - stayed.length;
    const answered = results.filter(({ page }) => page.value !== undefined);
    const refused = results.flatMap(({ page: { failure } }) => failure?.kind === 'refused' ? [failure] : []);
    const failures = results.flatMap(({ page: { failure } }) => failure && failure.kind !== 'refused' ? [failure] : []);
    const refusals = refused.length > 0 ? `For ${counted(refused.length, 'session')}, it answers ${errorText(refused[0]!, redactor)}.` : '';
    const verdict = answered.length > 0
      ? [`Yes, for ${answered.length} of ${counted(results.length, 'session')}.`, ...STATES.map((state) => typesText(state, stayed)), refusals]
      : refused.length > 0 ? ['No.', refusals] : undefined;
    const endedText = `${counted(ended, 'session')} ended meanwhile`;
    verdict?.push(ended > 0 ? `${endedText}.` : '', changed > 0 ? `${counted(changed, 'session')} changed ${changed === 1 ? 'its' : 'their'} state meanwhile.` : '');
    return answerFromCalls(redactor, {
      asked: [{ operation: 'ListExecutors', filter: 'REGISTERED', calls: all.length }, { operation: 'GetSession', calls: all.length }],
      failures,
      verdict: verdict?.filter(Boolean).join(' '),
      nothing: endedText,
      evidence: all.map(({ session, page: { value, failure }, stateAfter }): Row => ({
        'session': redactor.session(session.id),
        'state': session.state,
        'state afterwards': stateAfter,
        'answer': failure ? failure.code : value.executors.length > 0 ? counts(value.executors.map(({ ExecutorType: type }) => type)) : 'none',
        'executor states': value && (counts(value.executors.map(({ ExecutorState: state }) => state)) || undefined),
        'DPUs': value && value.executors.reduce((sum, { ExecutorSize: size = 0 }) => sum + size, 0),
        'more pages': value && (value.nextToken ? 'yes' : 'no'),
      })),
    });
  },
};

/** Such as `IDLE: 3 sessions, COORDINATOR in 3, WORKER in 1.` */
function typesText(state: string, stayed: readonly Asked[]): string {
  const types = stayed.flatMap(({ session, page: { value } }) => value && session.state === state ? [new Set(value.executors.map(typeOf))] : []);
  if (types.length === 0) {
    return `${state}: no session.`;
  }
  const all = [...new Set(types.flatMap((ofOne) => [...ofOne]))].sort();
  const parts = all.map((type) => `${type} in ${types.filter((ofOne) => ofOne.has(type)).length}`);
  return `${state}: ${counted(types.length, 'session')}, ${parts.length > 0 ? parts.join(', ') : 'without an executor'}.`;
}

function typeOf({ ExecutorType: type }: ExecutorsPage['executors'][number]): string {
  return type ?? 'no type';
}

/** Such as `1 COORDINATOR, 2 WORKER`. */
function counts(values: readonly (string | undefined)[]): string {
  const names = values.map((value) => value ?? 'none');
  return [...new Set(names)].sort().map((name) => `${names.filter((each) => each === name).length} ${name}`).join(', ');
}
