import type { CallError } from '../aws';
import { type Attempt, attempt } from '../inquiry';
import { sortedBy, takeInTurn } from '../lists';
import { answerFrom, answerFromCalls, counted, errorText, type Question, type Row } from '../question';
import type { Redactor } from '../redactor';
import { isPySpark3, isSpark35, knownSessions, type KnownSession, LIVE_STATES, MAX_SESSIONS } from '../sessions';

const ENGINES = [{ name: 'PySpark engine version 3', is: isPySpark3 }, { name: 'Apache Spark version 3.5', is: isSpark35 }];

interface Tagged {
  readonly session: KnownSession;
  readonly tags: Attempt<string[]>;
}

export const sessionTags: Question = {
  id: 'session-tags',
  text: 'Does Athena return the tags of sessions of PySpark engine version 3?',
  answer: async (survey, redactor, inquiry) => {
    const sessions = sortedBy(knownSessions(survey), ({ state }) => Number(!LIVE_STATES.includes(state)));
    const chosen = takeInTurn(ENGINES.map(({ is }) => sessions.filter(({ engine }) => is(engine))), MAX_SESSIONS);
    if (chosen.length === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'there was no session of this engine' });
    }
    const { value: caller, failure } = await inquiry.caller();
    if (failure) {
      return answerFromCalls(redactor, { asked: [{ operation: 'GetCallerIdentity', calls: 1 }], failures: [failure], verdict: undefined, nothing: '' });
    }
    const results: Tagged[] = [];
    for (const session of chosen) {
      const arn = `arn:${caller.partition}:athena:${inquiry.aws.region}:${caller.account}:workgroup/${session.workGroup}/session/${session.id}`;
      results.push({ session, tags: await attempt(inquiry.aws.listTagKeys(arn)) });
    }
    const [pySpark3, spark35] = ENGINES.map(({ is }) => results.filter(({ session }) => is(session.engine))) as [Tagged[], Tagged[]];
    const texts = [pySpark3, spark35].map((ofEngine, index) => `${ENGINES[index]!.name}: ${answerText(ofEngine, redactor)}.`);
    return answerFromCalls(redactor, {
      asked: [{ operation: 'GetCallerIdentity', calls: 1 }, { operation: 'ListTagsForResource', calls: results.length }],
      failures: results.flatMap(({ tags }) => tags.failure && !isAnswer(tags) ? [tags.failure] : []),
      verdict: pySpark3.some(({ tags }) => isAnswer(tags)) ? texts.join(' ') : undefined,
      nothing: `there was no session of this engine. ${texts[1]!.slice(0, -1)}`,
      evidence: results.map(({ session, tags }): Row => ({
        session: redactor.session(session.id), engine: session.engine, state: session.state, answer: tags.failure?.code ?? 'yes', tags: tags.value?.length,
      })),
    });
  },
};

/** Also a rejection of the request answers the question. */
function isAnswer({ failure }: { readonly failure?: CallError }): boolean {
  return failure === undefined || failure.kind === 'refused';
}

function answerText(results: readonly Tagged[], redactor: Redactor): string {
  const read = results.flatMap(({ tags }) => tags.value ? [tags.value] : []);
  const refused = results.flatMap(({ tags: { failure } }) => failure?.kind === 'refused' ? [failure] : []);
  const isAnyLive = results.some(({ session }) => LIVE_STATES.includes(session.state));
  const tagged = read.filter(({ length }) => length > 0).length;
  const found = tagged === 0 ? 'none has tags, so it may not return them' : `${tagged} ${tagged === 1 ? 'has' : 'have'} tags`;
  const parts = [
    ...(read.length > 0 ? [`it answers for ${read.length} of ${counted(results.length, 'session')}, and ${found}`] : []),
    ...(refused.length > 0 ? [`for ${refused.length} of ${counted(results.length, 'session')} it answers ${errorText(refused[0]!, redactor)}${isAnyLive ? '' : ', but none of them is live'}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : results.length > 0 ? 'unknown, as the calls failed' : 'no session';
}
