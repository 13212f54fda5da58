import type { CallError } from '../aws';
import { callsOf, counted, errorText, type Question, type Row } from '../question';
import { filterName, type RoleTrial } from '../survey';

export const rights: Question = {
  id: 'rights',
  text: 'Do the rights of the collector\'s role suffice?',
  answer: ({ role }, discretion) => {
    if (!role) {
      return { outcome: 'not asked', verdict: 'Not asked: pass --role ARN of a role that you may assume.', asked: [], evidence: [] };
    }
    const asked = [
      { operation: 'AssumeRole', calls: 1 }, ...role.search ? [{ operation: 'ListWorkGroups', calls: 1 }] : [], ...callsOf(role.listings),
    ];
    if (role.refusal) {
      return { outcome: 'error', verdict: `Cannot be told. The role was not given: ${errorText(role.refusal, discretion)}.`, asked: asked.slice(0, 1), evidence: [] };
    }
    const trials = trialsOf(role);
    const text = ({ call, failure, workGroup }: Trial) => `${call}: ${errorText(failure!, discretion, workGroup)}`;
    const evidence = trials.map(({ call, failure }): Row => ({ call, answer: failure ? failure.kind === 'denied' ? 'denied' : failure.code : 'allowed' }));
    const denied = trials.filter(({ failure }) => failure?.kind === 'denied');
    const failed = trials.filter(({ failure }) => failure && failure.kind !== 'denied');
    if (denied.length > 0) {
      const verdict = `They do not, or the role itself lacks them. ${counted(denied.length, 'call')} denied: ${text(denied[0]!)}.`;
      return { outcome: 'answered', verdict, asked, evidence };
    }
    if (failed.length > 0) {
      return { outcome: 'error', verdict: `Cannot be told. ${counted(failed.length, 'call')} failed: ${text(failed[0]!)}.`, asked, evidence };
    }
    if (role.listings.length === 0) {
      return { outcome: 'nothing to tell', verdict: 'ListWorkGroups was allowed. Of ListSessions there is nothing to tell: there was no workgroup to list.', asked, evidence };
    }
    return { outcome: 'answered', verdict: `They suffice: ${counted(trials.length, 'call')}, none denied.`, asked, evidence };
  },
};

interface Trial {
  readonly call: string;
  readonly failure?: CallError;
  readonly workGroup?: string;
}

function trialsOf({ search, listings }: RoleTrial): Trial[] {
  return [
    ...search ? [{ call: 'ListWorkGroups', failure: search.failure }] : [],
    ...listings.map(({ state, failure, workGroup }) => ({ call: `ListSessions, ${filterName(state)}`, failure, workGroup: workGroup.name })),
  ];
}
