import { type CallError, type PacedAws, SESSIONS_PAGE_SIZE } from '../aws';
import { callsOf, counted, errorText, notAsked, type Question, type Row } from '../question';
import { allow, policy } from '../role';
import { filterName, type RoleCheck } from '../survey';

export const rights: Question = {
  id: 'rights',
  text: 'Are the permissions of the collector\'s role sufficient?',
  answer: async ({ role }, redactor, inquiry) => {
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
      const { roleArn } = inquiry.options;
      const unlimited = policy(allow('athena:ListSessions', ['*']), allow('athena:ListWorkGroups', ['*']));
      const { failure } = await inquiry.assumeRole(roleArn!, unlimited, denied[0]!.again);
      const how = failure ? 'and the first of them fails even if the role is not limited' : 'although the role itself has the permission';
      return {
        outcome: failure ? 'error' : 'answered',
        verdict: `${failure ? 'No answer.' : 'No:'} ${counted(denied.length, 'call')} denied, ${how}: ${text(denied[0]!)}.`,
        asked: [...asked, { operation: 'AssumeRole', calls: 1 }, { operation: denied[0]!.operation, calls: 1 }],
        evidence,
      };
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
  readonly operation: string;
  readonly call: string;
  readonly failure?: CallError;
  readonly again: (aws: PacedAws) => Promise<unknown>;
}

function callsWithRole({ search, listings }: RoleCheck): RoleCall[] {
  return [
    ...search ? [{ operation: 'ListWorkGroups', call: 'ListWorkGroups', failure: search.failure, again: async (aws: PacedAws) => aws.listWorkGroups() }] : [],
    ...listings.map(({ workGroup, state, failure }) => ({
      operation: 'ListSessions',
      call: `ListSessions, ${filterName(state)}`,
      failure,
      again: async (aws: PacedAws) => aws.listSessions({ workGroup: workGroup.name, state, pageSize: SESSIONS_PAGE_SIZE }),
    })),
  ];
}
