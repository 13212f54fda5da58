import type { SessionSummary } from '@aws-sdk/client-athena';
import { answerFrom, counted, type Question, type Row } from '../question';
import { engineOf, isSpark35, latestSessions } from '../sessions';
import type { Survey } from '../survey';

const SEE_ALSO = 'Whether each query through Spark Connect turns IDLE into BUSY is another question: query-states.';

export const idle: Question = {
  id: 'idle-and-busy',
  text: 'Do sessions of Apache Spark version 3.5 turn IDLE and BUSY as others do?',
  answer: (survey, redactor) => {
    const listings = survey.listings.filter(({ state }) => state === undefined);
    const byEngine = new Map<string, SessionSummary[]>();
    for (const { engine, session } of working(survey)) {
      byEngine.set(engine, [...byEngine.get(engine) ?? [], session]);
    }
    const spark35 = figuresOf([...byEngine].filter(([engine]) => isSpark35(engine)).flatMap(([, sessions]) => sessions));
    return answerFrom(survey, redactor, {
      listings,
      verdict: spark35.idle + spark35.busy > 0 ? [
        `${spark35.idle > 0 && spark35.busy > 0 ? 'Yes' : 'Unclear'}: ${counted(spark35.idle, 'session')} ${spark35.idle === 1 ? 'was' : 'were'} IDLE, and ${spark35.busy} BUSY.`,
        ...spark35.idle > 0
          ? [`IdleSinceDateTime was in ${spark35.withIdleSince} of ${counted(spark35.idle, 'IDLE one')}${spark35.withIdleSince > 0 ? `, in ${spark35.notBefore} of these not before LastModifiedDateTime` : ''}.`]
          : [],
        SEE_ALSO,
      ].join(' ') : undefined,
      nothing: `no session of this engine was IDLE or BUSY. ${SEE_ALSO.slice(0, -1)}`,
      evidence: [...byEngine].sort(([a], [b]) => (a < b ? -1 : 1)).map(([engine, sessions]): Row => {
        const { idle: count, withIdleSince, notBefore, equal, busy } = figuresOf(sessions);
        return {
          engine,
          'IDLE': count,
          'with IdleSince': `${withIdleSince} of ${count}`,
          'IdleSince ≥ LastModified': `${notBefore} of ${withIdleSince}`,
          'equal': `${equal} of ${withIdleSince}`,
          'BUSY': busy,
        };
      }),
    });
  },
};

/** Sessions that are IDLE or BUSY, and the engine of each. */
function working({ listings }: Survey): { engine: string; session: SessionSummary }[] {
  return listings.filter(({ state }) => state === undefined).flatMap((listing) => latestSessions([listing])
    .filter(({ Status: status }) => status?.State === 'IDLE' || status?.State === 'BUSY')
    .map((session) => ({ engine: engineOf(session, listing), session })));
}

function figuresOf(sessions: readonly SessionSummary[]) {
  const idleSessions = sessions.filter(({ Status: status }) => status?.State === 'IDLE');
  const idleSince = idleSessions.flatMap(({ Status: status }) => status?.IdleSinceDateTime ? [status] : []);
  const gaps = idleSince.map((status) => status.IdleSinceDateTime!.getTime() - (status.LastModifiedDateTime?.getTime() ?? NaN));
  return {
    idle: idleSessions.length,
    withIdleSince: gaps.length,
    notBefore: gaps.filter((gap) => gap >= 0).length,
    equal: gaps.filter((gap) => gap === 0).length,
    busy: sessions.length - idleSessions.length,
  };
}
