import { probed, REGION, ROLE, session } from './support';
import type { Fault } from '../../../rehearsal/athena';
import { WorkGroupSelection } from '../../../src';
import { newMonitor, newStack, type Properties, resourcesOf } from '../../support/synthesis';

const ID = 'rights';
const workGroups = { analytics: { sessions: [session('a', 'IDLE')] }, etl: {} };
const COLLECTOR_CALLS = ['ListWorkGroups', 'ListSessions no filter', 'ListSessions DEGRADED', 'ListSessions TERMINATING', 'ListSessions FAILED', 'ListSessions TERMINATED'];

/** The Athena permissions of the collector's role in a monitor's template. */
function athenaPermissions(selection?: WorkGroupSelection): object[] {
  const stack = newStack({ env: { account: '123456789012', region: REGION } });
  const policies = Object.values(resourcesOf(newMonitor({ workGroups: selection }, stack))).filter(({ Type: type }) => type === 'AWS::IAM::Policy');
  const statements = policies.flatMap(({ Properties: properties }) => properties.PolicyDocument.Statement);
  return withPartition(statements.filter(({ Action: action }) => String(action).includes('athena')));
}

function withPartition(value: Properties): Properties {
  return JSON.parse(JSON.stringify(value), (_, part) => part?.Ref === 'AWS::Partition' ? 'aws' : part?.['Fn::Join'] ? part['Fn::Join'][1].join('') : part);
}

test('is not asked without a role', async () => {
  const { answer, sts } = await probed({ workGroups });
  expect(answer(ID)).toEqual({
    id: ID, question: expect.any(String), outcome: 'not asked', verdict: 'Not asked: pass --role with the ARN of a role that you can assume.', asked: [], evidence: [],
  });
  expect(sts.assumptions).toEqual([]);
});

test('makes the collector\'s calls with the role, limited to the collector\'s permissions', async () => {
  const { answer, athena, sts } = await probed({ workGroups }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: 6 calls, none denied.',
    evidence: [{ call: 'ListWorkGroups', answer: 'allowed' }, ...COLLECTOR_CALLS.slice(1).map((call) => ({ call: call.replace(' ', ', '), answer: 'allowed' }))],
  });
  const asRole = athena.calls.filter(({ accessKeyId, operation }) => accessKeyId === 'ASSUMED' && operation !== 'ListExecutors');
  expect(asRole.map(({ operation, stateFilter }) => operation === 'ListSessions' ? `${operation} ${stateFilter ?? 'no filter'}` : operation)).toEqual(COLLECTOR_CALLS);
  expect(athena.calls.filter(({ accessKeyId }) => accessKeyId !== 'ASSUMED').every(({ accessKeyId }) => accessKeyId === 'PERSON')).toBe(true);
  expect(sts.assumptions[0]).toEqual({ roleArn: ROLE, policy: expect.any(String), seconds: 900, accessKeyId: 'PERSON' });
  expect(JSON.parse(sts.assumptions[0]!.policy)).toEqual({ Version: '2012-10-17', Statement: athenaPermissions() });
});

test.each([[['analytics']], [['analytics', 'etl']]])('uses the permissions for named workgroups: %j', async (names) => {
  const { answer, athena, sts } = await probed({ workGroups }, { roleArn: ROLE, workGroups: names });
  expect(JSON.parse(sts.assumptions[0]!.policy).Statement).toEqual(athenaPermissions(WorkGroupSelection.named('analytics'))); // that of the calls
  expect(answer(ID).verdict).toBe('Yes: 5 calls, none denied.');
  expect(athena.calls.filter(({ accessKeyId, operation }) => accessKeyId === 'ASSUMED' && operation === 'ListWorkGroups')).toEqual([]);
});

test('has a policy that is not too long for many named workgroups', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `${'w'.repeat(100)}${index}`);
  const { sts } = await probed({ workGroups: {} }, { roleArn: ROLE, workGroups: names });
  expect(sts.assumptions[0]!.policy.length).toBeLessThanOrEqual(2048);
  expect(JSON.parse(sts.assumptions[0]!.policy).Statement).toEqual(athenaPermissions(WorkGroupSelection.named(names[0]!)));
});

/** The fault begins when the role is assumed. */
const withFault = async (fault: Fault) => {
  const faults: Fault[] = [];
  return probed({ workGroups, faults, sts: { onAssume: () => faults.push(fault) } }, { roleArn: ROLE });
};

test('reports a denied call that is allowed without the limit', async () => {
  const faults: Fault[] = [];
  let assumed = 0;
  const { answer, sts } = await probed({
    workGroups, faults, sts: { onAssume: () => faults.splice(0, 1, ...assumed++ === 0 ? [{ kind: 'accessDenied' as const, stateFilter: 'FAILED' as const }] : []) },
  }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: expect.stringMatching(/^No: 1 call denied, although the role itself has the permission: ListSessions, FAILED: AccessDeniedException: User: <arn> is not authorized to perform: athena:ListSessions/),
    asked: expect.arrayContaining([{ operation: 'AssumeRole', calls: 1 }, { operation: 'ListSessions', calls: 1 }]),
  });
  expect(JSON.parse(sts.assumptions[1]!.policy).Statement).toEqual([
    { Action: 'athena:ListSessions', Effect: 'Allow', Resource: '*' }, { Action: 'athena:ListWorkGroups', Effect: 'Allow', Resource: '*' },
  ]);
});

test.each<[string, Fault]>([
  ['ListSessions', { kind: 'accessDenied', stateFilter: 'FAILED' }], ['ListWorkGroups', { kind: 'accessDenied', operation: 'ListWorkGroups' }],
])('has no answer if the role itself lacks the permission %s', async (call, fault) => {
  const { answer } = await withFault(fault);
  expect(answer(ID)).toMatchObject({
    outcome: 'error', verdict: expect.stringMatching(new RegExp(`^No answer\\. 1 call denied, and the first of them fails even if the role is not limited: ${call}.*: AccessDeniedException: `)),
  });
});

test('reports which call is denied', async () => {
  const { answer } = await withFault({ kind: 'accessDenied', stateFilter: 'FAILED' });
  expect(answer(ID).evidence).toContainEqual({ call: 'ListSessions, FAILED', answer: 'denied' });
  expect(answer('reach').outcome).toBe('no data'); // asked without the role, before the fault
});

test('is an error if a call fails', async () => {
  const { answer } = await withFault({ kind: 'serverError', stateFilter: 'FAILED' });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 call failed: ListSessions, FAILED: InternalServerException/) });
});

test('is an error if the role cannot be assumed', async () => {
  const refusal = `User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
  const { answer, athena } = await probed({ workGroups, sts: { refusal } }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'error',
    verdict: 'No answer. The role cannot be assumed: AccessDenied: User: <arn> is not authorized to perform: sts:AssumeRole on resource: <arn>.',
    asked: [{ operation: 'AssumeRole', calls: 1 }],
  });
  expect(athena.calls.every(({ accessKeyId }) => accessKeyId === 'PERSON')).toBe(true);
});

test('has only half of the data without a workgroup', async () => {
  const { answer } = await probed({ workGroups: {} }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: expect.stringContaining('ListWorkGroups was allowed.') });
});
