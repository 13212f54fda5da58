import { probed, session, sessions, SPARK_35, SQL, simulatedSts, ROLE } from './support';
import { CallError } from '../../probe/aws';

const workGroups = {
  analytics: { sessions: [session('secret-session', 'IDLE'), ...sessions(3, 'FAILED')] },
  unified: { engine: SPARK_35 },
  old: { state: 'DISABLED' as const },
  primary: { engine: SQL },
};

test('nothing is called but what reads, and no more than is needed', async () => {
  const { athena, calls } = await probed({ workGroups: { ...workGroups, analytics: { sessions: [session('a', 'IDLE')] } } });
  // Seven listings of each enabled Spark workgroup, and one each of SQL's, the disabled one and the missing one.
  expect(calls).toEqual({ ListWorkGroups: 1, ListSessions: 2 * 7 + 3 });
  expect(athena.calls).toHaveLength(18); // another operation would be an error of the simulated Athena
});

test('each listing comes in its turn, filters before and after what has none', async () => {
  const { athena } = await probed({ workGroups: { analytics: {} } });
  expect(athena.calls.filter(({ workGroup }) => workGroup === 'analytics').map(({ stateFilter }) => stateFilter))
    .toEqual(['FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING', undefined, 'DEGRADED', 'TERMINATING']);
});

test('never more calls than the rate allows, retries and the role\'s included', async () => {
  await simulatedSts();
  const { athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'throttle', first: 2 }] }, { rate: 100, roleArn: ROLE });
  // Since the simulated Athena's start, which is before the first call.
  athena.calls.forEach(({ atMilliseconds }, index) => expect(atMilliseconds).toBeGreaterThanOrEqual(index * 10));
});

test.each(['throttle', 'serverError'] as const)('%s is tried again, and counted', async (kind) => {
  const { questions, calls, athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind, every: 2 }] }, { rate: 1_000 });
  expect(questions.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  expect(calls.ListWorkGroups! + calls.ListSessions!).toBe(athena.calls.length);
  expect(athena.calls.filter(({ fault }) => fault === kind).length).toBeGreaterThan(5);
});

test('what is throttled for ever is given up, each listing after six calls', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'throttle', stateFilter: 'FAILED' }] });
  expect(answer('reach')).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('1 of 2 listings failed (ThrottlingException: Rate exceeded).') });
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(6);
});

test('an answer that cannot be read is an error, told in short', async () => {
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'malformed', stateFilter: 'FAILED' }] });
  expect(answer('reach')).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/SyntaxError: [^\n]*\)\.$/) });
  expect(answer('reach').verdict).not.toContain('hidden field');
});

test('workgroups that are found: so many at the most, and how many more there are', async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`w${index}`, {}]));
  const { workGroups: told, athena } = await probed({ workGroups: many }, { mostWorkGroups: 2 });
  expect(told).toEqual({ listed: 2, leftOut: 58 });
  expect(athena.calls.filter(({ operation }) => operation === 'ListWorkGroups')).toHaveLength(2);
});

test('workgroups that are named: all of them, though the search is denied', async () => {
  const { workGroups: told, answer } = await probed(
    { workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups' }] },
    { workGroups: ['analytics', 'unified'], mostWorkGroups: 1 },
  );
  expect(told).toEqual({ listed: 2, leftOut: 0 });
  expect(answer('unfiltered-states').outcome).toBe('answered');
  expect(answer('missing-workgroup').outcome).toBe('answered');
  expect(answer('sql-workgroup').outcome).toBe('error');
});

test('where the search is denied and no workgroup is named, all is open but what takes neither', async () => {
  const { questions } = await probed({ workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups' }] });
  expect(questions.filter(({ outcome }) => outcome !== 'error').map(({ id }) => id)).toEqual(['missing-workgroup', 'rights']);
  expect(questions[0]!.verdict).toMatch(/^Cannot be told\. ListWorkGroups failed: AccessDeniedException/);
});

test.each([
  ['credentials', { kind: 'error', code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }],
  ['unreachable', { kind: 'reset' }],
] as const)('where there are no calls to be made, there is no result: %s', async (kind, fault) => {
  const failure = probed({ workGroups, faults: [fault] });
  await expect(failure).rejects.toBeInstanceOf(CallError);
  await expect(failure).rejects.toMatchObject({ kind });
});

describe('discretion', () => {
  const ID = '0a1b2c3d-1111-2222-3333-444455556666';
  const world = {
    workGroups: { ...workGroups, analytics: { sessions: [{ ...session('secret-session', 'IDLE'), Description: 'secret words' }, session('secret-2', 'DEGRADED')] } },
    faults: [
      { kind: 'accessDenied' as const, workGroup: 'unified', stateFilter: 'FAILED' as const },
      { kind: 'error' as const, workGroup: 'old', code: 'InvalidRequestException', message: `WorkGroup old of 123456789012 (${ID}, AKIAABCDEFGHIJKLMNOP) is disabled` },
    ],
  };

  test('names, ids, descriptions and accounts are not told', async () => {
    const { questions } = await probed(world);
    const told = JSON.stringify(questions);
    expect(told).not.toMatch(/secret|analytics|unified|primary|\bold\b|123456789012|0a1b2c3d|AKIA|missing-[\da-f]/);
    expect(told).toContain('WorkGroup <workgroup> of <account> (<id>, <access key>) is disabled');
  });

  test('what a denial has encoded, which holds all of these, is not told', async () => {
    const encoded = 'jV4mTk_3xZ-0aQ'.repeat(20);
    const message = `You are not authorized to perform this operation. Encoded authorization failure message: ${encoded}`;
    const faults = [{ kind: 'error' as const, stateFilter: 'FAILED' as const, code: 'AccessDeniedException', message }];
    const { answer } = await probed({ workGroups: { analytics: {} }, faults });
    expect(answer('reach').verdict).toContain('Encoded authorization failure message: <text>');
    expect(answer('reach').verdict).not.toContain(encoded.slice(0, 20));
  });

  test('unless one asks for them', async () => {
    const { questions, answer } = await probed(world, { verbose: true });
    expect(answer('unfiltered-states').details).toEqual(['DEGRADED, not shown: secret-2']);
    expect(answer('disabled-workgroup').verdict).toContain('WorkGroup old of 123456789012');
    expect(answer('sql-workgroup').details).toEqual(['asked: primary']);
    expect(JSON.stringify(questions)).toContain('arn:aws:athena:us-east-1:123456789012:workgroup/unified');
  });

  test('twenty are enough', async () => {
    const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(30, 'FAILED') } } }, { verbose: true });
    expect(answer('unfiltered-states').details).toHaveLength(21);
    expect(answer('unfiltered-states').details!.at(-1)).toBe('and 10 more');
  });
});
