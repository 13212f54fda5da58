import { sortedBy } from '../lists';
import { tryPolicies } from '../permission';
import { answerFrom, notAsked, type Question } from '../question';
import { allow, workGroupArn } from '../role';
import { isPySpark3, knownSessions, LIVE_STATES } from '../sessions';

const ACTION = 'athena:ListExecutors';

export const executorsPermission: Question = {
  id: 'executors-permission',
  text: 'Can ListExecutors be allowed on the ARNs of a workgroup and its sessions?',
  answer: async (survey, redactor, inquiry) => {
    const { roleArn } = inquiry.options;
    if (roleArn === undefined) {
      return notAsked(`pass --role with the ARN of a role that you can assume and that has the permission ${ACTION}`);
    }
    // A call about PySpark sessions is documented to work.
    const [session] = sortedBy(knownSessions(survey), ({ state, engine }) => (LIVE_STATES.includes(state) ? 0 : 2) + (isPySpark3(engine) ? 0 : 1));
    if (!session) {
      return answerFrom(survey, redactor, { listings: survey.listings, verdict: undefined, nothing: 'there was no session' });
    }
    const arn = workGroupArn(roleArn, inquiry.aws.region, session.workGroup);
    return tryPolicies(inquiry, redactor, {
      roleArn,
      operation: 'ListExecutors',
      call: async (aws) => aws.listExecutors(session.id),
      steps: [
        { label: { resource: 'the workgroup and its sessions' }, statements: [allow(ACTION, [arn, `${arn}/session/*`])], ifAllowed: 'Yes: the call is allowed.' },
        { label: { resource: '*' }, statements: [allow(ACTION, ['*'])], ifAllowed: 'No: the call is denied. With the resource * it is allowed.' },
      ],
    });
  },
};
