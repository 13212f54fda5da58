import type { ExecutorsPage } from '../aws';
import { type Attempt, attempt } from '../inquiry';
import { answerFrom, answerFromCalls, counted, errorText, type Question, type Row } from '../question';
import { isSpark35, knownSessions, type KnownSession, MAX_SESSIONS, takeInTurn } from '../sessions';

const STATES = ['IDLE', 'BUSY'];

interface Asked {
  readonly session: KnownSession;
  readonly page: Attempt<ExecutorsPage>;
}

export const executors: Question = {
  id: 'executors',
  text: 'Does ListExecutors answer for sessions of Apache Spark version 3.5?',
  answer: async (survey, redactor, { aws }) => {
    const sessions = knownSessions(survey).filter(({ engine }) => isSpark35(engine));
    const chosen = takeInTurn(STATES.map((state) => sessions.filter((session) => session.state === state)), MAX_SESSIONS);
    if (chosen.length === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'no session of this engine was IDLE or BUSY' });
    }
    const results: Asked[] = [];
    for (const session of chosen) {
      results.push({ session, page: await attempt(aws.listExecutors(session.id)) });
    }
    const answered = results.filter(({ page }) => page.value !== undefined);
    const refused = results.flatMap(({ page: { failure } }) => failure?.kind === 'refused' ? [failure] : []);
    const failures = results.flatMap(({ page: { failure } }) => failure && failure.kind !== 'refused' ? [failure] : []);
    const refusals = refused.length > 0 ? `For ${counted(refused.length, 'session')}, it answers ${errorText(refused[0]!, redactor)}.` : '';
    const verdict = answered.length > 0
      ? [`Yes, for ${answered.length} of ${counted(results.length, 'session')}.`, ...STATES.map((state) => typesText(state, answered)), refusals]
      : refused.length > 0 ? ['No.', refusals] : undefined;
    return answerFromCalls(redactor, {
      asked: [{ operation: 'ListExecutors', filter: 'REGISTERED', calls: results.length }],
      failures,
      verdict: verdict?.filter(Boolean).join(' '),
      nothing: '',
      evidence: results.map(({ session, page: { value, failure } }): Row => ({
        'session': redactor.session(session.id),
        'state': session.state,
        'answer': failure ? failure.code : value.executors.length > 0 ? counts(value.executors.map(({ ExecutorType: type }) => type)) : 'none',
        'executor states': value && (counts(value.executors.map(({ ExecutorState: state }) => state)) || undefined),
        'DPUs': value && value.executors.reduce((sum, { ExecutorSize: size = 0 }) => sum + size, 0),
        'more pages': value && (value.nextToken ? 'yes' : 'no'),
      })),
    });
  },
};

/** Such as `IDLE: 3 sessions, COORDINATOR in 3, WORKER in 1.` */
function typesText(state: string, answered: readonly Asked[]): string {
  const types = answered.filter(({ session }) => session.state === state).map(({ page }) => new Set(page.value!.executors.map(typeOf)));
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
