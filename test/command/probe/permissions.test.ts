import { HOUR, probed, ROLE, session, type Statement, type World } from './support';
import type { Fault } from '../../../rehearsal/athena';

const ARN = 'arn:aws:athena:eu-west-1:123456789012:workgroup/analytics';
const WITH_ROLE = { roleArn: ROLE };

/** An account in which a role's call is denied by some session policies. */
function accountWith(workGroups: World['workGroups'], operation: Fault['operation'], isDenied: (statements: Statement[]) => boolean): World {
  const faults: Fault[] = [];
  return {
    workGroups,
    faults,
    sts: { onAssume: (statements) => faults.splice(0, 1, ...isDenied(statements) ? [{ kind: 'accessDenied' as const, operation }] : []) },
  };
}

const isAbout = (statements: Statement[], action: string) => statements.some(({ Action }) => Action === action);

test.each(['executors-permission', 'workgroup-tag'])('%s is not asked without a role, and says how', async (id) => {
  const { answer, sts } = await probed({ workGroups: { analytics: { tags: { Team: 'a' }, sessions: [session('a', 'IDLE')] } } });
  expect(answer(id)).toMatchObject({ outcome: 'not asked', verdict: expect.stringMatching(/^Not asked: pass --role with the ARN of a role .* permission athena:\w+\.$/), asked: [] });
  expect(sts.assumptions).toEqual([]);
});

describe('ListExecutors on the ARNs of a workgroup', () => {
  const ID = 'executors-permission';
  const workGroups = { analytics: { sessions: [session('ended', 'TERMINATED', { EndDateTime: Date.now() - HOUR }), session('live', 'IDLE')] } };
  const probedWith = async (isDenied: (statements: Statement[]) => boolean) => probed(accountWith(workGroups, 'ListExecutors', isDenied), WITH_ROLE);
  const isStar = (statements: Statement[]) => statements[0]!.Resource === '*';

  test('is allowed', async () => {
    const { answer, sts, athena } = await probedWith(() => false);
    expect(answer(ID)).toMatchObject({
      outcome: 'answered',
      verdict: 'Yes: the call is allowed.',
      evidence: [{ resource: 'the workgroup and its sessions', ListExecutors: 'allowed' }],
      asked: [{ operation: 'AssumeRole', calls: 1 }, { operation: 'ListExecutors', calls: 1 }],
    });
    expect(JSON.parse(sts.assumptions[1]!.policy).Statement).toEqual([{ Action: 'athena:ListExecutors', Effect: 'Allow', Resource: [ARN, `${ARN}/session/*`] }]);
    expect(athena.calls.filter(({ operation, accessKeyId }) => operation === 'ListExecutors' && accessKeyId === 'ASSUMED').map(({ sessionId }) => sessionId)).toEqual(['live']);
  });

  test('is denied, unlike on all resources', async () => {
    const { answer, sts } = await probedWith((statements) => isAbout(statements, 'athena:ListExecutors') && !isStar(statements));
    expect(answer(ID)).toMatchObject({
      outcome: 'answered',
      verdict: 'No: the call is denied. With the resource * it is allowed.',
      evidence: [{ resource: 'the workgroup and its sessions', ListExecutors: 'denied' }, { resource: '*', ListExecutors: 'allowed' }],
    });
    expect(JSON.parse(sts.assumptions[2]!.policy).Statement).toEqual([{ Action: 'athena:ListExecutors', Effect: 'Allow', Resource: '*' }]);
  });

  test('is an error if the role lacks the permission itself', async () => {
    const { answer } = await probedWith((statements) => isAbout(statements, 'athena:ListExecutors'));
    expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 4 calls denied \(AccessDenied.* A permission is missing, or a policy denies it\.$/) });
    expect(answer(ID).evidence).toHaveLength(2);
  });

  test('is an error if the call fails, as that says nothing about the permission', async () => {
    const { answer, sts } = await probed({ workGroups, faults: [{ kind: 'error', operation: 'ListExecutors', code: 'InvalidRequestException', message: 'No' }] }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: 'No answer. 1 of 2 calls failed (InvalidRequestException: No).', evidence: [{ ListExecutors: 'InvalidRequestException' }] });
    expect(sts.assumptions).toHaveLength(2);
  });

  test('is an error if the role cannot be assumed', async () => {
    const { answer } = await probed({ workGroups, sts: { refusal: 'no' } }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 1 call denied \(AccessDenied: no\)/), asked: [{ operation: 'AssumeRole', calls: 1 }] });
  });

  test('has no data without a session', async () => {
    const { answer } = await probed({ workGroups: { analytics: {} } }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: there was no session.' });
  });
});

describe('a Deny by a workgroup\'s tag', () => {
  const ID = 'workgroup-tag';
  const analytics = { tags: { Team: 'a', CostCenter: '7' }, sessions: [session('one', 'IDLE', {}, { tags: { team: 'b' } })] };
  const probedWith = async (isDenied: (denied: string | string[] | undefined) => boolean) => probed(accountWith({ analytics }, 'GetSession', (statements) =>
    isAbout(statements, 'athena:GetSession') && isDenied(statements.find(({ Effect }) => Effect === 'Deny')?.Resource)), WITH_ROLE);

  test('is applied to sessions', async () => {
    const { answer, sts, athena } = await probedWith((denied) => denied !== undefined);
    expect(answer(ID)).toMatchObject({
      outcome: 'answered',
      verdict: 'Yes: the workgroup\'s tag matches on its sessions.',
      evidence: [
        { 'Deny on': 'the workgroup and its sessions', 'GetSession': 'denied' }, { 'Deny on': 'its sessions', 'GetSession': 'denied' }, { 'Deny on': 'nothing', 'GetSession': 'allowed' },
      ],
      asked: [{ operation: 'ListTagsForResource', calls: 2 }, { operation: 'AssumeRole', calls: 3 }, { operation: 'GetSession', calls: 3 }],
    });
    const allow = { Action: 'athena:GetSession', Effect: 'Allow', Resource: [ARN, `${ARN}/session/*`] };
    const deny = (...resources: string[]) => (
      { Action: 'athena:GetSession', Effect: 'Deny', Resource: resources, Condition: { Null: { 'aws:ResourceTag/CostCenter': 'false' } } } // the session has a tag "team"
    );
    expect(sts.assumptions.slice(-3).map(({ policy }) => JSON.parse(policy).Statement)).toEqual([
      [allow, deny(ARN, `${ARN}/session/*`)], [allow, deny(`${ARN}/session/*`)], [allow],
    ]);
    expect(athena.calls.filter(({ operation, accessKeyId }) => operation === 'GetSession' && accessKeyId === 'ASSUMED').map(({ sessionId }) => sessionId)).toEqual(['one', 'one', 'one']);
  });

  test('is applied to the workgroup alone', async () => {
    const { answer } = await probedWith((denied) => denied?.length === 2);
    expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^Only if the Deny is on the workgroup, too\./) });
    expect(answer(ID).evidence).toHaveLength(2);
  });

  test('is not applied', async () => {
    const { answer } = await probedWith(() => false);
    expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: 'No: GetSession is allowed in spite of the Deny.', evidence: [{ GetSession: 'allowed' }] });
  });

  test('is an error if the role lacks the permission itself', async () => {
    const { answer } = await probedWith(() => true);
    expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 8 calls denied \(AccessDenied/) });
    expect(answer(ID).evidence.map(({ GetSession }) => GetSession)).toEqual(['denied', 'denied', 'denied']);
  });

  test('is an error if the tags cannot be read', async () => {
    const { answer } = await probed({ workGroups: { analytics }, faults: [{ kind: 'accessDenied', operation: 'ListTagsForResource' }] }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 1 call denied \(AccessDenied/) });
  });

  test('can be asked about if a session cannot have tags', async () => {
    const faults: Fault[] = [];
    const { answer } = await probed({
      workGroups: { analytics },
      faults,
      beforeCall: ({ operation, sessionId }) => {
        faults.splice(0, 1, ...operation === 'ListTagsForResource' && sessionId ? [{ kind: 'error' as const, operation, code: 'InvalidRequestException', message: 'no tags' }] : []);
      },
    }, WITH_ROLE);
    expect(answer(ID).outcome).toBe('answered');
  });

  test('has no data if the tags of a session that ended cannot be read, as it may have had the same', async () => {
    const faults: Fault[] = [];
    const { answer } = await probed({
      workGroups: { analytics: { ...analytics, sessions: [session('one', 'TERMINATED')] } },
      faults,
      beforeCall: ({ operation, sessionId }) => {
        faults.splice(0, 1, ...operation === 'ListTagsForResource' && sessionId ? [{ kind: 'error' as const, operation, code: 'ResourceNotFoundException', message: 'gone' }] : []);
      },
    }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'no data' });
  });

  test.each<[string, World['workGroups']]>([
    ['no workgroup has tags', { analytics: { sessions: [session('one', 'IDLE')] } }],
    ['the session has them, too', { analytics: { ...analytics, sessions: [session('one', 'IDLE', {}, { tags: { TEAM: 'a', costcenter: '7' } })] } }],
  ])('has no data if %s', async (_, workGroups) => {
    const { answer, sts } = await probed({ workGroups }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: no workgroup with a session has a tag that the session does not have.' });
    expect(sts.assumptions).toHaveLength(2); // those of other questions
  });

  test('has no data without a session', async () => {
    const { answer } = await probed({ workGroups: { analytics: { tags: { Team: 'a' } } } }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: there was no session.' });
  });

  test('is asked about one session of at most five workgroups', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `w${index}`);
    const { answer } = await probed({ workGroups: Object.fromEntries(names.map((name) => [name, { sessions: [session(`${name}-1`, 'IDLE'), session(`${name}-2`, 'IDLE')] }])) }, WITH_ROLE);
    expect(answer(ID)).toMatchObject({ outcome: 'no data', asked: [{ operation: 'ListTagsForResource', calls: 5 }] });
  });
});
