import { probed, REGION, ROLE, session, simulatedSts } from './support';
import { WorkGroupSelection } from '../../src';
import { newMonitor, newStack, type Properties, resourcesOf } from '../support/synthesis';

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
  const sts = await simulatedSts();
  const { answer, calls } = await probed({ workGroups });
  expect(answer(ID)).toEqual({
    id: ID, question: expect.any(String), outcome: 'not asked', verdict: 'Not asked: pass --role with the ARN of a role that you can assume.', asked: [], evidence: [],
  });
  expect(sts.assumptions).toEqual([]);
  expect(Object.keys(calls)).toEqual(['ListWorkGroups', 'ListSessions']);
});

test('makes the collector\'s calls with the role, limited to the collector\'s permissions', async () => {
  const sts = await simulatedSts();
  const { answer, athena } = await probed({ workGroups }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: 6 calls, none denied.',
    evidence: [{ call: 'ListWorkGroups', answer: 'allowed' }, ...COLLECTOR_CALLS.slice(1).map((call) => ({ call: call.replace(' ', ', '), answer: 'allowed' }))],
  });
  const asRole = athena.calls.filter(({ accessKeyId }) => accessKeyId === 'ASSUMED');
  expect(asRole.map(({ operation, stateFilter }) => operation === 'ListSessions' ? `${operation} ${stateFilter ?? 'no filter'}` : operation)).toEqual(COLLECTOR_CALLS);
  expect(athena.calls.filter((call) => !asRole.includes(call)).every(({ accessKeyId }) => accessKeyId === 'PERSON')).toBe(true);
  expect(sts.assumptions).toEqual([{ roleArn: ROLE, policy: expect.any(String), seconds: 900, accessKeyId: 'PERSON' }]);
  expect(JSON.parse(sts.assumptions[0]!.policy)).toEqual({ Version: '2012-10-17', Statement: athenaPermissions() });
});

test.each([[['analytics']], [['analytics', 'etl']]])('uses the permissions for named workgroups: %j', async (names) => {
  const sts = await simulatedSts();
  const { answer, athena } = await probed({ workGroups }, { roleArn: ROLE, workGroups: names });
  expect(JSON.parse(sts.assumptions[0]!.policy).Statement).toEqual(athenaPermissions(WorkGroupSelection.named(...names)));
  expect(answer(ID).verdict).toBe('Yes: 5 calls, none denied.');
  expect(athena.calls.filter(({ accessKeyId, operation }) => accessKeyId === 'ASSUMED' && operation === 'ListWorkGroups')).toEqual([]);
});

test('reports a denied call', async () => {
  const faults: { kind: 'accessDenied'; stateFilter: 'FAILED' }[] = [];
  await simulatedSts({ onAssume: () => faults.push({ kind: 'accessDenied', stateFilter: 'FAILED' }) });
  const { answer } = await probed({ workGroups, faults }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: expect.stringMatching(/^No, or the role itself lacks them\. 1 call denied: ListSessions, FAILED: AccessDeniedException: User: <arn> is not authorized to perform: athena:ListSessions/),
  });
  expect(answer(ID).evidence).toContainEqual({ call: 'ListSessions, FAILED', answer: 'denied' });
  expect(answer('reach').outcome).toBe('no data'); // asked without the role, before the fault
});

test('is an error if a call fails', async () => {
  const faults: { kind: 'serverError'; stateFilter: 'FAILED' }[] = [];
  await simulatedSts({ onAssume: () => faults.push({ kind: 'serverError', stateFilter: 'FAILED' }) });
  const { answer } = await probed({ workGroups, faults }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 call failed: ListSessions, FAILED: InternalServerException/) });
});

test('is an error if the role cannot be assumed', async () => {
  await simulatedSts({ refusal: `User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: ${ROLE}` });
  const { answer, athena } = await probed({ workGroups }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({
    outcome: 'error',
    verdict: 'No answer. The role cannot be assumed: AccessDenied: User: <arn> is not authorized to perform: sts:AssumeRole on resource: <arn>.',
    asked: [{ operation: 'AssumeRole', calls: 1 }],
  });
  expect(athena.calls.every(({ accessKeyId }) => accessKeyId === 'PERSON')).toBe(true);
});

test('has only half of the data without a workgroup', async () => {
  await simulatedSts();
  const { answer } = await probed({ workGroups: {} }, { roleArn: ROLE });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: expect.stringContaining('ListWorkGroups was allowed.') });
});
