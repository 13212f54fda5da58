import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as athenaClient from '@aws-sdk/client-athena';
import * as quotasClient from '@aws-sdk/client-service-quotas';
import { DAY, HOUR, NOW, probed, PYSPARK_3, ROLE, session, sessions, SPARK_35, SQL, type World } from './support';
import { executors } from './world';
import { CallError } from '../../../command/probe/aws';
import { BUNDLE, ROOT } from '../support';

const workGroups = {
  analytics: { sessions: [session('secret-session', 'IDLE'), ...sessions(3, 'FAILED')] },
  unified: { engine: SPARK_35 },
  old: { state: 'DISABLED' as const },
  primary: { engine: SQL },
};

test('makes only read-only calls, and no more than needed', async () => {
  const { athena, calls } = await probed({ workGroups: { ...workGroups, analytics: { sessions: [session('a', 'IDLE')] } } });
  // Seven listings of each enabled Spark workgroup, and one each of the SQL, the disabled and the missing workgroup.
  expect(calls).toEqual({
    ListWorkGroups: 1,
    ListSessions: 2 * 7 + 3,
    GetCallerIdentity: 1,
    ListTagsForResource: 1,
    GetSession: 1,
    ListServiceQuotas: 1,
    ListAWSDefaultServiceQuotas: 1,
  });
  expect(athena.calls).toHaveLength(20); // the simulated Athena rejects other operations
});

test('the bundle contains no other calls than those documented', () => {
  const bundle = readFileSync(BUNDLE, 'utf8');
  const page = readFileSync(path.join(ROOT, 'docs', 'probe.md'), 'utf8');
  const commands = [athenaClient, quotasClient].flatMap((client) => Object.keys(client).filter((name) => /^[A-Z]\w+Command$/.test(name)));
  const operations = [...new Set(commands.map((name) => name.replace(/Command$/, '')))];
  expect(operations.length).toBeGreaterThan(60);
  const contained = operations.filter((operation) => bundle.includes(`"${operation}"`)).sort();
  const rows = [...page.matchAll(/^\| (?:Athena|Service Quotas) \| (.*) \|$/gm)].flatMap(([, calls]) => [...calls!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  expect(contained).toEqual(rows.sort());
});

describe('the number of calls', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'probe.md'), 'utf8');
  /** The most calls of a question beyond the survey, as documented. */
  const documented = new Map([...page.matchAll(/^\| `([a-z-]+)` \|.*\| (\d+|none|the rate allows) \| [^|]*\|$/gm)].map(([, id, most]) => [id!, most!]));

  /** Much to ask about: each question finds as many sessions, workgroups and pages as it looks for. */
  const largeWorld = (): World => ({
    workGroups: Object.fromEntries(Array.from({ length: 12 }, (_, index) => {
      const tags = { Team: 'x', ...index === 4 && { CostCenter: '7' } };
      const all = ['IDLE', 'BUSY', 'TERMINATED', 'FAILED'].flatMap((state) => sessions(6, state, () => ({
        IdleSinceDateTime: NOW - HOUR, StartDateTime: NOW - DAY, EndDateTime: /D$/.test(state) ? NOW : undefined,
      })));
      const details = { tags: { Team: 'x' }, idleTimeout: HOUR, dpuExecutionMillis: HOUR, executors: executors('WORKER') };
      const own = all.map((each) => ({ ...each, SessionId: `${each.SessionId}-of-${index}`, ...details }));
      return [`w${String(index).padStart(2, '0')}`, { engine: index % 2 ? SPARK_35 : PYSPARK_3, tags, sessions: own }];
    })),
    quotas: { applied: Array.from({ length: 20 }, (_, index) => ({ name: `Quota ${index}`, value: 1 })), pageSize: 1 },
  });

  test('is documented for every question, and not exceeded', async () => {
    const isDenied = (policy: string) => /GetSession|ListExecutors/.test(policy);
    const isOfCollector = (policy: string) => policy.includes('workgroup/*');
    const world = largeWorld();
    const faults: NonNullable<World['faults']> = [];
    const { questions, athena, sts, quotas } = await probed({
      ...world,
      faults,
      sts: {
        onAssume: (statements) => faults.splice(0, 2, ...isDenied(JSON.stringify(statements))
          ? (['GetSession', 'ListExecutors'] as const).map((operation) => ({ kind: 'accessDenied' as const, operation }))
          : isOfCollector(JSON.stringify(statements)) ? [{ kind: 'accessDenied' as const, stateFilter: 'DEGRADED' as const }] : []),
      },
      beforeCall: ({ operation }) => {
        faults.splice(0, operation === 'ListTagsForResource' ? 2 : 0); // the person's calls are allowed
      },
    }, { roleArn: ROLE });
    expect([...documented.keys()]).toEqual(questions.map(({ id }) => id));
    questions.forEach(({ id, question }) => expect(page.replaceAll('`', '')).toContain(`| ${id} | ${question} |`));
    const more = Object.fromEntries(questions.filter(({ id }) => /\d/.test(documented.get(id)!)).map(({ id, asked }) => (
      [id, asked.filter(({ operation }) => operation !== 'GetCallerIdentity').reduce((sum, { calls }) => sum + calls, 0)]
    )));
    expect(more).toEqual(Object.fromEntries([...documented].filter(([, most]) => /\d/.test(most)).map(([id, most]) => [id, Number(most)])));
    const operations = athena.calls.map(({ operation }) => operation);
    const counted = Object.fromEntries(operations.map((operation) => [operation, operations.filter((each) => each === operation).length]));
    expect(counted).toEqual({
      ListWorkGroups: 2, ListSessions: 70 + 7 + 6, GetSession: 3 + 10 + 5, ListExecutors: 5 + 2, ListTagsForResource: 5 + 10,
    });
    expect(sts.actions.filter((action) => action === 'AssumeRole')).toHaveLength(2 + 2 + 3);
    expect(sts.actions.filter((action) => action !== 'AssumeRole')).toEqual(['GetCallerIdentity']);
    expect(quotas.operations).toHaveLength(10);
  });

  test('is two a second, and with --watch no more', async () => {
    const { calls } = await probed(largeWorld(), { watch: 30, onProgress: () => {} });
    const without = await probed(largeWorld());
    expect(calls.ListSessions! - without.calls.ListSessions!).toBe(60);
  });
});

test('lists by filter before and after the listing without a filter', async () => {
  const { athena } = await probed({ workGroups: { analytics: {} } });
  expect(athena.calls.filter(({ workGroup }) => workGroup === 'analytics').map(({ stateFilter }) => stateFilter))
    .toEqual(['FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING', undefined, 'DEGRADED', 'TERMINATING']);
});

test('makes no more calls than the rate allows, including retries and calls with the role', async () => {
  const { athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'throttle', first: 2 }] }, { rate: 100, roleArn: ROLE });
  // The time since the simulated Athena's start, which is before the first call.
  athena.calls.forEach(({ atMilliseconds }, index) => expect(atMilliseconds).toBeGreaterThanOrEqual(index * 10));
});

test.each(['throttle', 'serverError'] as const)('retries and counts calls after the fault %s', async (kind) => {
  const { questions, calls, athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind, every: 2 }] });
  expect(questions.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  expect(calls.ListWorkGroups! + calls.ListSessions!).toBe(athena.calls.length);
  expect(athena.calls.filter(({ fault }) => fault === kind).length).toBeGreaterThan(5);
});

test('fails a listing that is throttled six times', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'throttle', stateFilter: 'FAILED' }] });
  expect(answer('reach')).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('1 of 2 listings failed (ThrottlingException: Rate exceeded).') });
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(6);
});

test('reports a short error for an answer that cannot be read', async () => {
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'malformed', stateFilter: 'FAILED' }] });
  expect(answer('reach')).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('1 of 2 listings failed (SyntaxError: the answer is not valid JSON).') });
});

test.each(['null', '[]', '"secret"', '{"Sessions":"secret"}', '{"Sessions":[{"Description":secret}]}', ''])('survives the answer %j, and does not print parts of it', async (body) => {
  const rewrite: World['rewrite'] = (given, { stateFilter }) => stateFilter === 'FAILED' ? body : given;
  const { questions } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } }, rewrite });
  expect(questions).toHaveLength(19);
  expect(JSON.stringify(questions)).not.toContain('secr');
});

test('lists at most maxWorkGroups found workgroups, and counts the others', async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`w${index}`, {}]));
  const { workGroups: counts, athena } = await probed({ workGroups: many }, { maxWorkGroups: 2 });
  expect(counts).toEqual({ listed: 2, leftOut: 58 });
  expect(athena.calls.filter(({ operation }) => operation === 'ListWorkGroups')).toHaveLength(2);
});

test('lists workgroups of each engine in turn', async () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`w${index}`, { engine: index < 55 ? PYSPARK_3 : SPARK_35 }]));
  const { athena } = await probed({ workGroups: many }, { maxWorkGroups: 3 });
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED').map(({ workGroup }) => many[workGroup!]!.engine)).toEqual([PYSPARK_3, SPARK_35, PYSPARK_3]);
});

test('lists all named workgroups even if the search is denied', async () => {
  const { workGroups: counts, answer } = await probed(
    { workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups' }] },
    { workGroups: ['analytics', 'unified'], maxWorkGroups: 1 },
  );
  expect(counts).toEqual({ listed: 2, leftOut: 0 });
  expect(answer('unfiltered-states').outcome).toBe('answered');
  expect(answer('missing-workgroup').outcome).toBe('answered');
  expect(answer('sql-workgroup').outcome).toBe('error');
});

test('answers only questions that need no workgroup if the search is denied and none is named', async () => {
  const { questions } = await probed({ workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups' }] });
  expect(questions.filter(({ outcome }) => outcome !== 'error').map(({ id }) => id))
    .toEqual(['missing-workgroup', 'rights', 'executors-permission', 'workgroup-tag', 'dpu-quota', 'query-states']);
  expect(questions[0]!.verdict).toMatch(/^No answer\. ListWorkGroups failed: AccessDeniedException/);
});

test.each([
  ['credentials', { kind: 'error', code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }],
  ['unreachable', { kind: 'reset' }],
] as const)('rejects if no call can be made: %s', async (kind, fault) => {
  const failure = probed({ workGroups, faults: [fault] });
  await expect(failure).rejects.toBeInstanceOf(CallError);
  await expect(failure).rejects.toMatchObject({ kind });
});

describe('names and ids', () => {
  const ID = '0a1b2c3d-1111-2222-3333-444455556666';
  const world = {
    workGroups: { ...workGroups, analytics: { sessions: [{ ...session('secret-session', 'IDLE'), Description: 'secret words' }, session('secret-2', 'DEGRADED')] } },
    faults: [
      { kind: 'accessDenied' as const, workGroup: 'unified', stateFilter: 'FAILED' as const },
      { kind: 'error' as const, workGroup: 'old', code: 'InvalidRequestException', message: `WorkGroup old of 123456789012 (${ID}, AKIAABCDEFGHIJKLMNOP) is disabled` },
    ],
  };

  test('are redacted, as are descriptions and accounts', async () => {
    const { questions } = await probed(world);
    const text = JSON.stringify(questions);
    expect(text).not.toMatch(/secret|analytics|unified|primary|\bold\b|123456789012|0a1b2c3d|AKIA|missing-[\da-f]/);
    expect(text).toContain('WorkGroup <workgroup> of <account> (<id>, <access key>) is disabled');
  });

  test('in the encoded message of a denial are redacted', async () => {
    const encoded = 'jV4mTk_3xZ-0aQ'.repeat(20);
    const message = `You are not authorized to perform this operation. Encoded authorization failure message: ${encoded}`;
    const faults = [{ kind: 'error' as const, stateFilter: 'FAILED' as const, code: 'AccessDeniedException', message }];
    const { answer } = await probed({ workGroups: { analytics: {} }, faults });
    expect(answer('reach').verdict).toContain('Encoded authorization failure message: <text>');
    expect(answer('reach').verdict).not.toContain(encoded.slice(0, 20));
  });

  test('are included if verbose', async () => {
    const { questions, answer } = await probed(world, { verbose: true });
    expect(answer('unfiltered-states').details).toEqual(['DEGRADED, not shown: secret-2']);
    expect(answer('disabled-workgroup').verdict).toContain('WorkGroup old of 123456789012');
    expect(answer('sql-workgroup').details).toEqual(['asked: primary']);
    expect(JSON.stringify(questions)).toContain('arn:aws:athena:us-east-1:123456789012:workgroup/unified');
  });

  test('are limited to twenty', async () => {
    const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(30, 'FAILED') } } }, { verbose: true });
    expect(answer('unfiltered-states').details).toHaveLength(21);
    expect(answer('unfiltered-states').details!.at(-1)).toBe('and 10 more');
  });
});
