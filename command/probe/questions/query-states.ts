import { type CallError, SESSIONS_PAGE_SIZE } from '../aws';
import { attempt, type Inquiry } from '../inquiry';
import { sortedBy } from '../lists';
import { answerFromCalls, counted, notAsked, type Question, type Row } from '../question';
import { engineOf, isSpark35, knownSessions, MAX_SESSIONS } from '../sessions';
import type { Survey, WorkGroup } from '../survey';

const MAX_WORK_GROUPS = 2;
/** The maximum number of states in the text about a session. */
const MAX_STATES = 20;

/** A state of a session, and when it was first seen in it, in milliseconds. */
interface Phase {
  readonly state: string;
  readonly from: number;
}

interface Watched {
  readonly id: string;
  readonly workGroup: string;
  readonly phases: Phase[];
  idleSince?: number;
  /** How often `IdleSinceDateTime` changed. */
  moves: number;
}

export const queryStates: Question = {
  id: 'query-states',
  text: 'Which states does a session show while a Spark Connect query runs?',
  answer: async (survey, redactor, inquiry) => {
    const { watch } = inquiry.options;
    if (watch === undefined) {
      return notAsked('pass --watch 10m, and meanwhile run queries in a session of Apache Spark version 3.5, with pauses');
    }
    const workGroups = workGroupsOf(survey);
    if (workGroups.length === 0) {
      return answerFromCalls(redactor, { asked: [], failures: survey.search.failure ? [survey.search.failure] : [], verdict: undefined, nothing: 'no workgroup of this engine was listed' });
    }
    const { sessions, calls, startedAt, endedAt, failure } = await watchSessions(workGroups, watch * 1000, inquiry);
    redactor.hide('<session>', sessions.map(({ id }) => id));
    const told = sortedBy(sessions, ({ phases, moves }) => -phases.length - moves).slice(0, MAX_SESSIONS);
    const isBusy = ({ phases }: Watched) => phases.some(({ state }) => state === 'BUSY');
    const isChanged = sessions.some((session) => isBusy(session) || session.phases.length > 1 || session.moves > 0);
    const verdict = [
      ...isChanged ? [] : ['Unclear: no session was BUSY, and none changed its state or IdleSinceDateTime. Either no query ran meanwhile, or it does not show.'],
      `BUSY was seen in ${sessions.filter(isBusy).length} of ${counted(sessions.length, 'session')},`,
      `and IdleSinceDateTime changed in ${sessions.filter(({ moves }) => moves > 0).length}.`,
      `Each was listed every ${seconds((endedAt - startedAt) * workGroups.length / calls)} s for ${seconds(endedAt - startedAt)} s.`,
      ...told.map((session) => `In ${redactor.session(session.id)}: ${sequence(session, endedAt)}.`),
    ].join(' ');
    return answerFromCalls(redactor, {
      asked: [{ operation: 'ListSessions', filter: 'no filter', calls }],
      failures: failure ? [failure] : [],
      verdict: sessions.length > 0 ? verdict : undefined,
      nothing: 'no session of this engine was listed meanwhile',
      evidence: told.flatMap(({ id, phases, moves }) => [...new Set(phases.map(({ state }) => state))].map((state): Row => ({
        'session': redactor.session(id),
        state,
        'times': phases.filter((phase) => phase.state === state).length,
        'seconds': seconds(phases.reduce((sum, phase, at) => sum + (phase.state === state ? (phases[at + 1]?.from ?? endedAt) - phase.from : 0), 0)),
        'IdleSinceDateTime changed': moves,
      }))),
    });
  },
};

/** Those of the engine, first those with sessions. */
function workGroupsOf(survey: Survey): WorkGroup[] {
  const withSessions = new Set(knownSessions(survey).filter(({ engine }) => isSpark35(engine)).map(({ workGroup }) => workGroup));
  const found = survey.workGroups.filter(({ name, engine }) => withSessions.has(name) || isSpark35(engine ?? ''));
  return sortedBy(found, ({ name }) => Number(!withSessions.has(name))).slice(0, MAX_WORK_GROUPS);
}

/** Lists the first pages again and again, as fast as the rate allows. Ctrl-C ends it early, so that what was seen is reported. */
async function watchSessions(workGroups: readonly WorkGroup[], milliseconds: number, { aws, options }: Inquiry) {
  const sessions = new Map<string, Watched>();
  const startedAt = aws.now();
  let calls = 0;
  let failure: CallError | undefined;
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  process.once('SIGINT', stop);
  while (!failure && !isStopped && aws.now() < startedAt + milliseconds) {
    const left = Math.ceil((startedAt + milliseconds - aws.now()) / 60_000);
    options.onProgress(`watching for ${left} more min: run queries in Spark 3.5 now (Ctrl-C ends this)`);
    const workGroup = workGroups[calls++ % workGroups.length]!;
    const page = await attempt(aws.listSessions({ workGroup: workGroup.name, pageSize: SESSIONS_PAGE_SIZE }));
    failure = page.failure;
    for (const session of page.value?.sessions ?? []) {
      const { SessionId: id, Status: { State: state = 'no state', IdleSinceDateTime: date } = {} } = session;
      if (id && isSpark35(engineOf(session, { workGroup }))) {
        const watched = sessions.get(id) ?? { id, workGroup: workGroup.name, phases: [], moves: 0 };
        sessions.set(id, watched);
        enter(watched, state, aws.now());
        const idleSince = date?.getTime();
        watched.moves += Number(idleSince !== undefined && watched.idleSince !== undefined && idleSince !== watched.idleSince);
        watched.idleSince = idleSince ?? watched.idleSince;
      }
    }
    // A listing without a filter does not show every state.
    const listed = new Set(page.value?.sessions.map(({ SessionId }) => SessionId));
    for (const watched of page.value && !page.value.nextToken ? sessions.values() : []) {
      if (watched.workGroup === workGroup.name && !listed.has(watched.id)) {
        enter(watched, 'not listed', aws.now());
      }
    }
  }
  process.off('SIGINT', stop);
  return { sessions: [...sessions.values()], calls, startedAt, endedAt: aws.now(), failure };
}

function enter({ phases }: Watched, state: string, at: number): void {
  if (phases.at(-1)?.state !== state) {
    phases.push({ state, from: at });
  }
}

/** Such as `IDLE 42 s, BUSY 12 s, IDLE 66 s`. */
function sequence({ phases }: Watched, endedAt: number): string {
  const texts = phases.map(({ state, from }, index) => `${state} ${seconds((phases[index + 1]?.from ?? endedAt) - from)} s`);
  const more = texts.length - MAX_STATES;
  return [...texts.slice(0, MAX_STATES), ...more > 0 ? [`and ${more} more`] : []].join(', ');
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
