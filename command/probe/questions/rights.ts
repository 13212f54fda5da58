import type { CallError } from '../aws';
import { callsOf, counted, errorText, notAsked, type Question, type Row } from '../question';
import { filterName, type RoleCheck } from '../survey';

export const rights: Question = {
  id: 'rights',
  text: 'Are the permissions of the collector\'s role sufficient?',
  answer: ({ role }, redactor) => {
    if (!role) {
      return notAsked('pass --role with the ARN of a role that you can assume');
    }
    const asked = [
      { operation: 'AssumeRole', calls: 1 }, ...role.search ? [{ operation: 'ListWorkGroups', calls: 1 }] : [], ...callsOf(role.listings),
    ];
    if (role.refusal) {
      return { outcome: 'error', verdict: `No answer. The role cannot be assumed: ${errorText(role.refusal, redactor)}.`, asked: asked.slice(0, 1), evidence: [] };
    }
    const calls = callsWithRole(role);
    const text = ({ call, failure }: RoleCall) => `${call}: ${errorText(failure!, redactor)}`;
    const evidence = calls.map(({ call, failure }): Row => ({ call, answer: failure ? failure.kind === 'denied' ? 'denied' : failure.code : 'allowed' }));
    const denied = calls.filter(({ failure }) => failure?.kind === 'denied');
    const failed = calls.filter(({ failure }) => failure && failure.kind !== 'denied');
    if (denied.length > 0) {
      const verdict = `No, or the role itself lacks them. ${counted(denied.length, 'call')} denied: ${text(denied[0]!)}.`;
      return { outcome: 'answered', verdict, asked, evidence };
    }
    if (failed.length > 0) {
      return { outcome: 'error', verdict: `No answer. ${counted(failed.length, 'call')} failed: ${text(failed[0]!)}.`, asked, evidence };
    }
    if (role.listings.length === 0) {
      return { outcome: 'no data', verdict: 'ListWorkGroups was allowed. No data on ListSessions: there was no workgroup to list.', asked, evidence };
    }
    return { outcome: 'answered', verdict: `Yes: ${counted(calls.length, 'call')}, none denied.`, asked, evidence };
  },
};

interface RoleCall {
  readonly call: string;
  readonly failure?: CallError;
}

function callsWithRole({ search, listings }: RoleCheck): RoleCall[] {
  return [
    ...search ? [{ call: 'ListWorkGroups', failure: search.failure }] : [],
    ...listings.map(({ state, failure }) => ({ call: `ListSessions, ${filterName(state)}`, failure })),
  ];
}
