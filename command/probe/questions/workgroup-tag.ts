import type { CallError } from '../aws';
import { attempt, type Inquiry } from '../inquiry';
import { sortedBy } from '../lists';
import { tryPolicies } from '../permission';
import { answerFrom, answerFromCalls, notAsked, type Question } from '../question';
import { allow, type Statement, workGroupArn } from '../role';
import { knownSessions, type KnownSession, LIVE_STATES, MAX_SESSIONS } from '../sessions';
import type { Survey } from '../survey';

const ACTION = 'athena:GetSession';

export const workGroupTag: Question = {
  id: 'workgroup-tag',
  text: 'Does a Deny by a workgroup\'s tag apply to its sessions?',
  answer: async (survey, redactor, inquiry) => {
    const { roleArn } = inquiry.options;
    if (roleArn === undefined) {
      return notAsked(`pass --role with the ARN of a role that you can assume and that has the permission ${ACTION}`);
    }
    const { tag, calls, failures } = await findTag(survey, inquiry, roleArn);
    if (calls === 0) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'there was no session' });
    }
    const asked = [{ operation: 'ListTagsForResource', calls }];
    if (!tag) {
      return answerFromCalls(redactor, { asked, failures, verdict: undefined, nothing: 'no workgroup with a session has a tag that the session does not have' });
    }
    const { key, session } = tag;
    redactor.hide('<tag>', [key]);
    const arn = workGroupArn(roleArn, inquiry.aws.region, session.workGroup);
    const sessions = `${arn}/session/*`;
    const statements = (...denied: string[]): Statement[] => [
      allow(ACTION, [arn, sessions]),
      ...denied.length > 0 ? [{ Action: ACTION, Effect: 'Deny', Resource: denied, Condition: { Null: { [`aws:ResourceTag/${key}`]: 'false' } } }] : [],
    ];
    return tryPolicies(inquiry, redactor, {
      roleArn,
      operation: 'GetSession',
      call: async (aws) => aws.getSession(session.id),
      asked,
      steps: [
        { label: { 'Deny on': 'the workgroup and its sessions' }, statements: statements(arn, sessions), ifAllowed: 'No: GetSession is allowed in spite of the Deny.' },
        {
          label: { 'Deny on': 'its sessions' },
          statements: statements(sessions),
          ifAllowed: 'Only if the Deny is on the workgroup, too. The workgroup\'s tag does not match on its sessions, but GetSession is also checked on the workgroup.',
        },
        { label: { 'Deny on': 'nothing' }, statements: statements(), ifAllowed: 'Yes: the workgroup\'s tag matches on its sessions.' },
      ],
      details: [`asked: ${session.id} of ${session.workGroup}, tag ${key}`],
    });
  },
};

interface Search {
  /** A tag that a workgroup has, and one of its sessions has not. */
  readonly tag?: { readonly key: string; readonly session: KnownSession };
  readonly calls: number;
  readonly failures: readonly CallError[];
}

/** Asks about one session of each of the first workgroups, a live one if there is any. */
async function findTag(survey: Survey, { aws }: Inquiry, roleArn: string): Promise<Search> {
  const byWorkGroup = new Map<string, KnownSession>();
  for (const session of sortedBy(knownSessions(survey), ({ state }) => Number(!LIVE_STATES.includes(state)))) {
    byWorkGroup.set(session.workGroup, byWorkGroup.get(session.workGroup) ?? session);
  }
  let calls = 0;
  const failures: CallError[] = [];
  for (const session of [...byWorkGroup.values()].slice(0, MAX_SESSIONS)) {
    const arn = workGroupArn(roleArn, aws.region, session.workGroup);
    calls++;
    const ofWorkGroup = await attempt(aws.listTagKeys(arn));
    const keys = ofWorkGroup.value ?? [];
    calls += Number(keys.length > 0);
    const ofSession = keys.length > 0 ? await attempt(aws.listTagKeys(`${arn}/session/${session.id}`)) : undefined;
    // A request that is refused is an answer: such sessions have no tags.
    failures.push(...[ofWorkGroup, ofSession].flatMap((result) => result?.failure && result.failure.kind !== 'refused' ? [result.failure] : []));
    // That the tags of a session cannot be read may be due to its end.
    const hasNoTags = ofSession?.failure?.kind === 'refused' && LIVE_STATES.includes(session.state);
    const key = ofSession?.value || hasNoTags ? keyOfOne(keys, ofSession.value ?? []) : undefined;
    if (key !== undefined) {
      return { tag: { key, session }, calls, failures };
    }
  }
  return { calls, failures };
}

/** A key that only the first resource has. In conditions, keys of tags are not case-sensitive. */
function keyOfOne(keys: readonly string[], others: readonly string[]): string | undefined {
  const other = new Set(others.map((key) => key.toLowerCase()));
  return keys.find((key) => !other.has(key.toLowerCase()) && /^[\w.:/=+@-]+$/.test(key));
}
