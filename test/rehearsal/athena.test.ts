import { type IncomingMessage, request } from 'node:http';
import {
  AthenaClient, GetSessionCommand, InternalServerException, InvalidRequestException, ListExecutorsCommand, ListExecutorsCommandInput,
  ListSessionsCommand, ListSessionsCommandInput, ListTagsForResourceCommand, ListWorkGroupsCommand, ListWorkGroupsCommandInput,
  paginateListExecutors, paginateListSessions, paginateListWorkGroups, ResourceNotFoundException, SessionSummary,
} from '@aws-sdk/client-athena';
import { Athena, AthenaOptions, Fault, FixedSession, startAthena } from '../../rehearsal/athena';

jest.setTimeout(60_000); // machines may be slow, and busy

const NOON = Date.parse('2026-01-02T12:00:00Z');
const MINUTE = 60_000;
const UUID = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
/** An authorization for ListSessions and ListWorkGroups. */
const SIGNED = `AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/athena/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;

let athena: Athena;
let client: AthenaClient;

async function start(options: AthenaOptions = {}): Promise<void> {
  athena = await startAthena({ time: NOON, workGroups: { analytics: {} }, ...options });
  client = new AthenaClient({
    endpoint: athena.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    // Just what never answers is given up soon: a busy machine may be slow.
    requestHandler: { requestTimeout: options.faults?.some(({ kind }) => kind === 'hang') ? 500 : 0, throwOnRequestTimeout: true },
  });
}

afterEach(async () => {
  client?.destroy();
  await athena?.close();
});

const list = async (input: Partial<ListSessionsCommandInput> = {}) => client.send(new ListSessionsCommand({ WorkGroup: 'analytics', ...input }));
const listWorkGroups = async (input: ListWorkGroupsCommandInput = {}) => client.send(new ListWorkGroupsCommand(input));
const ids = (sessions: { SessionId?: string }[] | undefined) => sessions?.map(({ SessionId }) => SessionId);

/** A request without the SDK, for bodies that it does not send and parts of answers that it does not show. */
async function post(body: string, operation = 'ListSessions', authorization: { [name: string]: string } = { authorization: SIGNED }) {
  const response = await fetch(athena.url, {
    method: 'POST', headers: { 'x-amz-target': `AmazonAthena.${operation}`, 'x-amz-date': '20260102T120000Z', ...authorization }, body,
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() as any };
}

function fixed(id: string, state: string, startedMinutesAgo: number): FixedSession {
  return { SessionId: id, Status: { State: state, StartDateTime: new Date(NOON - startedMinutesAgo * MINUTE) } };
}

describe('ListSessions', () => {
  test('shows a session as its history has it at the time', async () => {
    await start();
    athena.workGroups.set('analytics', {
      sessions: [{
        id: 'one',
        description: 'nightly',
        history: [
          { at: NOON, state: 'CREATING' },
          { at: NOON + MINUTE, state: 'IDLE' },
          { at: NOON + 2 * MINUTE, state: 'FAILED', reason: 'out of memory' },
        ],
      }],
    });

    athena.time = NOON - 1;
    expect((await list()).Sessions).toEqual([]);
    athena.time = NOON;
    expect((await list()).Sessions).toEqual([{
      SessionId: 'one',
      Description: 'nightly',
      EngineVersion: { EffectiveEngineVersion: 'PySpark engine version 3' },
      Status: { State: 'CREATING', StartDateTime: new Date(NOON), LastModifiedDateTime: new Date(NOON) },
    }]);
    athena.time = NOON + 90_000;
    expect((await list()).Sessions![0]!.Status).toEqual({
      State: 'IDLE', StartDateTime: new Date(NOON), LastModifiedDateTime: new Date(NOON + MINUTE), IdleSinceDateTime: new Date(NOON + MINUTE),
    });
    athena.time = NOON + 2 * MINUTE;
    expect((await list()).Sessions).toEqual([]);
    expect((await list({ StateFilter: 'FAILED' })).Sessions![0]!.Status).toEqual({
      State: 'FAILED',
      StateChangeReason: 'out of memory',
      StartDateTime: new Date(NOON),
      LastModifiedDateTime: new Date(NOON + 2 * MINUTE),
      EndDateTime: new Date(NOON + 2 * MINUTE),
    });
  });

  test('a session has the engine of its workgroup, its own or none, and may vanish', async () => {
    const history = [{ at: NOON, state: 'BUSY' as const }];
    await start({
      workGroups: {
        analytics: {
          engine: 'Apache Spark version 3.5',
          sessions: [{ id: 'a', history }, { id: 'b', history, engine: 'PySpark engine version 3' }, { id: 'c', history, engine: 'none', listedUntil: NOON + MINUTE }],
        },
      },
    });
    const engines = async () => (await list()).Sessions!.map(({ SessionId, EngineVersion }) => [SessionId, EngineVersion?.EffectiveEngineVersion]);
    const lasting = [['a', 'Apache Spark version 3.5'], ['b', 'PySpark engine version 3']];
    expect(await engines()).toEqual([...lasting, ['c', undefined]]);
    athena.time = NOON + MINUTE;
    expect(await engines()).toEqual(lasting);
  });

  test('without a filter it shows the documented active states, unless told otherwise', async () => {
    await start();
    const states = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'TERMINATED', 'DEGRADED', 'FAILED', 'DREAMING'];
    athena.workGroups.set('analytics', { sessions: states.map((state, index) => fixed(state, state, index)) });
    expect(ids((await list()).Sessions)).toEqual(['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DREAMING']);
    athena.unfiltered = ['BUSY', 'DEGRADED'];
    expect(ids((await list()).Sessions)).toEqual(['BUSY', 'DEGRADED', 'DREAMING']);
    athena.unfiltered = 'all';
    expect(ids((await list()).Sessions)).toEqual(states);
    expect(ids((await list({ StateFilter: 'TERMINATING' })).Sessions)).toEqual(['TERMINATING']);
  });

  test('sessions may lack any of their members', async () => {
    await start({ workGroups: { analytics: { sessions: [{}, { SessionId: 'a' }, { SessionId: 'b', Status: { EndDateTime: NOON } }] } } });
    expect((await list({ StateFilter: undefined })).Sessions).toEqual([{}, { SessionId: 'a' }, { SessionId: 'b', Status: { EndDateTime: new Date(NOON) } }]);
  });

  test('12 000 sessions, newest-started first, on pages of 100', async () => {
    await start();
    const sessions = Array.from({ length: 12_000 }, (_, index) => fixed(`s${index}`, 'IDLE', (index * 7919) % 12_000));
    athena.workGroups.set('analytics', { sessions });
    const seen: SessionSummary[] = [];
    for await (const page of paginateListSessions({ client, pageSize: 100 }, { WorkGroup: 'analytics' })) {
      expect(page.Sessions).toHaveLength(100);
      seen.push(...page.Sessions!);
    }
    expect(new Set(ids(seen)).size).toBe(12_000);
    const starts = seen.map(({ Status }) => Status!.StartDateTime!.valueOf());
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    expect(athena.calls.map(({ page }) => page)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
  });

  test('sessions that start together, or at no known time, are not lost between pages', async () => {
    const sessions = [...Array.from({ length: 5 }, (_, i) => fixed(`a${i}`, 'IDLE', 1)), ...Array.from({ length: 5 }, (_, i) => ({ SessionId: `b${i}` }))];
    await start({ workGroups: { analytics: { sessions } } });
    const seen: SessionSummary[] = [];
    for await (const page of paginateListSessions({ client, pageSize: 3 }, { WorkGroup: 'analytics' })) {
      seen.push(...page.Sessions!);
    }
    expect(ids(seen)).toEqual(ids(sessions));
  });

  test('order: asGiven lists sessions in the given order, across pages', async () => {
    const sessions = [3, 9, 1, 7, 5].map(minutesAgo => fixed(`s${minutesAgo}`, 'IDLE', minutesAgo));
    await start({ order: 'asGiven', workGroups: { analytics: { sessions } } });
    const seen: SessionSummary[] = [];
    for await (const page of paginateListSessions({ client, pageSize: 2 }, { WorkGroup: 'analytics' })) {
      seen.push(...page.Sessions!);
    }
    expect(ids(seen)).toEqual(['s3', 's9', 's1', 's7', 's5']);
  });

  test('the answer for a workgroup that does not exist can be configured', async () => {
    await start({ missingWorkGroup: { code: 'ResourceNotFoundException', message: 'gone', status: 404 } });
    await expect(list({ WorkGroup: 'other' })).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'gone', $metadata: { httpStatusCode: 404 } });
    expect((await list()).Sessions).toEqual([]);
    await athena.close();
    await start({ missingWorkGroup: 'noSessions' });
    expect((await list({ WorkGroup: 'other' })).Sessions).toEqual([]);
  });

  test('a token of another listing is an invalid request', async () => {
    await start({ workGroups: { analytics: { sessions: [fixed('a', 'IDLE', 1), fixed('b', 'IDLE', 2)] }, other: {} } });
    const { NextToken } = await list({ MaxResults: 1 });
    await expect(list({ NextToken, StateFilter: 'FAILED' })).rejects.toThrow('nextPageToken is malformed');
    await expect(list({ NextToken, WorkGroup: 'other' })).rejects.toThrow('nextPageToken is malformed');
    await expect(listWorkGroups({ NextToken })).rejects.toThrow('nextPageToken is malformed');
  });

  test('a SQL workgroup is refused, unless told otherwise', async () => {
    const workGroups = { primary: { engine: 'Athena engine version 3' }, unified: { engine: 'Apache Spark version 3.5' } };
    await start({ workGroups });
    await expect(list({ WorkGroup: 'primary' })).rejects.toMatchObject({ name: 'InvalidRequestException', message: 'Workgroup EngineVersion is not Spark.' });
    expect((await list({ WorkGroup: 'unified' })).Sessions).toEqual([]);
    await athena.close();
    await start({ workGroups, sqlWorkGroup: 'noSessions' });
    expect((await list({ WorkGroup: 'primary' })).Sessions).toEqual([]);
    await athena.close();
    await start({ workGroups, sqlWorkGroup: { code: 'ResourceNotFoundException', message: 'no Spark' } });
    await expect(list({ WorkGroup: 'primary' })).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'no Spark' });
  });
});

test('ListWorkGroups gives pages of 50 with engine and state', async () => {
  const names = Array.from({ length: 120 }, (_, index) => `group-${String(index).padStart(3, '0')}`);
  await start({ workGroups: Object.fromEntries(names.map(name => [name, { state: 'DISABLED', engine: 'Apache Spark version 3.5', createdAt: NOON }])) });
  const pages = [];
  for await (const { WorkGroups } of paginateListWorkGroups({ client }, {})) {
    pages.push(WorkGroups!);
  }
  expect(pages.map(page => page.length)).toEqual([50, 50, 20]);
  expect(pages.flat().map(({ Name }) => Name)).toEqual(names);
  expect(pages[0]![0]).toEqual({
    Name: 'group-000',
    State: 'DISABLED',
    Description: '',
    CreationTime: new Date(NOON),
    EngineVersion: { SelectedEngineVersion: 'Apache Spark version 3.5', EffectiveEngineVersion: 'Apache Spark version 3.5' },
  });
  const smallPages = [];
  for await (const { WorkGroups } of paginateListWorkGroups({ client, pageSize: 45 }, {})) {
    smallPages.push(WorkGroups!);
  }
  expect(smallPages.map(page => page.length)).toEqual([45, 45, 30]);
  expect(smallPages.flat()).toEqual(pages.flat());
});

describe('ListExecutors', () => {
  const executors = [
    { ExecutorId: 'w2', ExecutorType: 'WORKER' as const, ExecutorState: 'REGISTERED' as const, ExecutorSize: 1, StartDateTime: 3 },
    { ExecutorId: 'w1', ExecutorType: 'WORKER' as const, ExecutorState: 'TERMINATED' as const, ExecutorSize: 1, StartDateTime: 2, TerminationDateTime: 3 },
    { ExecutorId: 'c', ExecutorType: 'COORDINATOR' as const, ExecutorState: 'REGISTERED' as const, ExecutorSize: 1, StartDateTime: 1 },
  ];
  const workGroups = { analytics: { sessions: [{ ...fixed('one', 'BUSY', 5), executors }, { id: 'two', history: [{ at: NOON, state: 'IDLE' as const }] }] } };
  const listExecutors = async (input: Partial<ListExecutorsCommandInput> = {}) => client.send(new ListExecutorsCommand({ SessionId: 'one', ...input }));

  test('lists the executors of a session, which its listing does not show', async () => {
    await start({ workGroups });
    expect(await listExecutors()).toEqual({ $metadata: expect.anything(), SessionId: 'one', ExecutorsSummary: executors });
    expect((await listExecutors({ ExecutorStateFilter: 'REGISTERED' })).ExecutorsSummary).toEqual([executors[0], executors[2]]);
    expect((await listExecutors({ SessionId: 'two' })).ExecutorsSummary).toEqual([]);
    expect((await list()).Sessions!.flatMap(Object.keys)).not.toContain('executors');
    expect(athena.calls[1]).toMatchObject({ operation: 'ListExecutors', workGroup: 'analytics', sessionId: 'one', stateFilter: 'REGISTERED' });
  });

  test.each<[Partial<ListExecutorsCommandInput>, string[][]]>([
    [{ MaxResults: 2 }, [['w2', 'w1'], ['c']]],
    [{ MaxResults: 1, ExecutorStateFilter: 'REGISTERED' }, [['w2'], ['c']]],
    [{ MaxResults: 3 }, [['w2', 'w1', 'c']]],
  ])('pages: %j', async (input, expected) => {
    await start({ workGroups });
    const pages = [];
    for await (const { ExecutorsSummary } of paginateListExecutors({ client }, { SessionId: 'one', ...input })) {
      pages.push(ExecutorsSummary!.map(({ ExecutorId }) => ExecutorId));
    }
    expect(pages).toEqual(expected);
  });

  test('a token is for one session and filter', async () => {
    await start({ workGroups });
    const { NextToken } = await listExecutors({ MaxResults: 1 });
    await expect(listExecutors({ NextToken, ExecutorStateFilter: 'REGISTERED' })).rejects.toThrow(/nextPageToken is malformed/);
    await expect(listExecutors({ NextToken, SessionId: 'two' })).rejects.toThrow(/nextPageToken is malformed/);
  });

  test.each<[string, Partial<ListExecutorsCommandInput>, string]>([
    ['no session', { SessionId: undefined }, "Value null at 'sessionId' failed to satisfy constraint: Member must not be null"],
    ['a long session', { SessionId: 'a'.repeat(257) }, "Value at 'sessionId' failed to satisfy constraint: Member must have length less than or equal to 256"],
    ['an unknown state', { ExecutorStateFilter: 'IDLE' as any }, "Value at 'executorStateFilter' failed to satisfy constraint: Member must satisfy enum value set"],
    ['pages of 0', { MaxResults: 0 }, "Value at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    ['pages of 101', { MaxResults: 101 }, "Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"],
    ['a long token', { NextToken: 'a'.repeat(2049) }, "Value at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 2048"],
  ])('%s is an invalid request', async (_, input, message) => {
    await start({ workGroups });
    await expect(listExecutors(input)).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining(message) });
  });

  test('does not find an unknown session', async () => {
    await start({ workGroups });
    await expect(listExecutors({ SessionId: 'three' })).rejects.toMatchObject({ name: 'ResourceNotFoundException', ResourceName: 'three' });
  });

  test('a fault needs its operation', async () => {
    await start({ workGroups, faults: [{ kind: 'throttle' }, { kind: 'accessDenied', operation: 'ListExecutors', workGroup: 'analytics' }] });
    await expect(listExecutors()).rejects.toThrow('is not authorized to perform: athena:ListExecutors on resource: arn:aws:athena:us-east-1:123456789012:workgroup/analytics/session/one');
  });
});

describe('details of a session', () => {
  const ROLE = 'arn:aws:iam::123456789012:role/Analyst';
  const history = [{ at: NOON - MINUTE, state: 'CREATING' as const }, { at: NOON, state: 'IDLE' as const }, { at: NOON + MINUTE, state: 'TERMINATED' as const }];
  const one = { id: 'one', description: 'nightly', notebookVersion: 'v1', history, tags: { Owner: 'Jane Doe', Team: '' }, executionRole: ROLE, idleTimeout: 20 * MINUTE, dpuExecutionMillis: 90_000 };
  const workGroups = {
    analytics: { tags: { CostCenter: '7' }, sessions: [one, { id: 'plain', engine: 'none', history }, { ...fixed('fixed', 'BUSY', 5), EngineVersion: { SelectedEngineVersion: 'AUTO' }, tags: { Owner: 'Max' } }] },
    etl: { engine: 'Apache Spark version 3.5', sessions: [{ id: 'two', history: [{ at: NOON, state: 'BUSY' as const }], listedUntil: NOON }] },
  };
  const get = async (SessionId: string) => client.send(new GetSessionCommand({ SessionId }));
  const arnOf = (workGroup: string, id: string) => `arn:aws:athena:us-east-1:123456789012:workgroup/${workGroup}/session/${id}`;
  const tags = async (ResourceARN: string) => (await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;

  test('GetSession tells what listings do not', async () => {
    await start({ workGroups });
    expect(await get('one')).toEqual({
      $metadata: expect.anything(),
      SessionId: 'one',
      Description: 'nightly',
      NotebookVersion: 'v1',
      WorkGroup: 'analytics',
      EngineVersion: 'PySpark engine version 3',
      EngineConfiguration: { CoordinatorDpuSize: 1, DefaultExecutorDpuSize: 1, MaxConcurrentDpus: 20 },
      SessionConfiguration: { ExecutionRole: ROLE, IdleTimeoutSeconds: 1200, SessionIdleTimeoutInMinutes: 20 },
      Statistics: { DpuExecutionInMillis: 90_000 },
      Status: { State: 'IDLE', StartDateTime: new Date(NOON - MINUTE), LastModifiedDateTime: new Date(NOON), IdleSinceDateTime: new Date(NOON) },
    });
    expect(await get('fixed')).toMatchObject({ EngineVersion: 'AUTO', Status: { State: 'BUSY' }, SessionConfiguration: {} });
    expect((await get('fixed')).Statistics).toBeUndefined();
    expect(await get('plain')).toEqual(expect.not.objectContaining({ EngineVersion: expect.anything() }));
    expect((await list()).Sessions!.flatMap(Object.keys)).not.toContain('tags');
  });

  test('GetSession knows a session from its first change on, ended or not, listed or not', async () => {
    await start({ workGroups });
    expect(await get('two')).toMatchObject({ WorkGroup: 'etl', EngineVersion: 'Apache Spark version 3.5', EngineConfiguration: { Classifications: [] } });
    expect((await list({ WorkGroup: 'etl' })).Sessions).toEqual([]);
    athena.time = NOON + MINUTE;
    expect((await get('one')).Status).toMatchObject({ State: 'TERMINATED', EndDateTime: new Date(NOON + MINUTE) });
    athena.time = NOON - MINUTE;
    await expect(get('two')).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'Session two is not found', ResourceName: 'two' });
  });

  test('ListTagsForResource shows the tags of a session', async () => {
    await start({ workGroups });
    expect(await tags(arnOf('analytics', 'one'))).toEqual([{ Key: 'Owner', Value: 'Jane Doe' }, { Key: 'Team', Value: '' }]);
    expect(await tags(arnOf('analytics', 'fixed'))).toEqual([{ Key: 'Owner', Value: 'Max' }]);
    expect(await tags(arnOf('etl', 'two'))).toEqual([]);
  });

  test('ListTagsForResource shows the tags of a workgroup', async () => {
    await start({ workGroups });
    expect(await tags('arn:aws:athena:us-east-1:123456789012:workgroup/analytics')).toEqual([{ Key: 'CostCenter', Value: '7' }]);
    expect(await tags('arn:aws:athena:us-east-1:123456789012:workgroup/etl')).toEqual([]);
  });

  test.each([
    ['of another workgroup', arnOf('etl', 'one')],
    ['of another region', arnOf('analytics', 'one').replace('us-east-1', 'eu-west-1')],
    ['of another account', arnOf('analytics', 'one').replace('123456789012', '999999999999')],
    ['of an unknown session', arnOf('analytics', 'three')],
    ['of an unknown workgroup', 'arn:aws:athena:us-east-1:123456789012:workgroup/none'],
    ['of a workgroup in another region', 'arn:aws:athena:eu-west-1:123456789012:workgroup/analytics'],
    ['of no resource', 'one'],
  ])('ListTagsForResource does not find the ARN %s', async (_, arn) => {
    await start({ workGroups });
    await expect(tags(arn)).rejects.toMatchObject({ name: 'ResourceNotFoundException', ResourceName: arn });
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['no session', () => get(undefined as any), "Value null at 'sessionId' failed to satisfy constraint: Member must not be null"],
    ['a long session', () => get('a'.repeat(257)), "Value at 'sessionId' failed to satisfy constraint: Member must have length less than or equal to 256"],
    ['no ARN', () => tags(undefined as any), "Value null at 'resourceARN' failed to satisfy constraint: Member must not be null"],
    ['a small page', () => client.send(new ListTagsForResourceCommand({ ResourceARN: arnOf('analytics', 'one'), MaxResults: 74 })),
      "Value at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 75"],
    ['a token', () => client.send(new ListTagsForResourceCommand({ ResourceARN: arnOf('analytics', 'one'), NextToken: 'a' })), 'The nextPageToken is malformed: a'],
  ])('%s is an invalid request', async (_, call, message) => {
    await start({ workGroups });
    await expect(call()).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining(message) });
  });

  test('a fault needs their operation: without one, it is for listings', async () => {
    await start({ workGroups, faults: [{ kind: 'throttle' }] });
    await expect(list()).rejects.toThrow('Rate exceeded');
    expect((await get('one')).SessionId).toBe('one');
    athena.faults.splice(0, 1, { kind: 'accessDenied', operation: 'GetSession', workGroup: 'analytics' }, { kind: 'accessDenied', operation: 'ListTagsForResource' });
    expect((await get('two')).SessionId).toBe('two');
    const denied = (operation: string, id: string) => ({
      name: 'AccessDeniedException', message: expect.stringContaining(`not authorized to perform: athena:${operation} on resource: ${arnOf('analytics', id)}`),
    });
    await expect(get('one')).rejects.toMatchObject(denied('GetSession', 'one'));
    await expect(tags(arnOf('analytics', 'fixed'))).rejects.toMatchObject(denied('ListTagsForResource', 'fixed'));
    expect(athena.calls.map(({ operation, workGroup, sessionId, fault }) => [operation, workGroup, sessionId, fault])).toEqual([
      ['ListSessions', 'analytics', undefined, 'throttle'],
      ['GetSession', 'analytics', 'one', undefined],
      ['GetSession', 'etl', 'two', undefined],
      ['GetSession', 'analytics', 'one', 'accessDenied'],
      ['ListTagsForResource', 'analytics', 'fixed', 'accessDenied'],
    ]);
  });

  test.each<[Fault['kind'], object]>([
    ['throttle', { name: 'ThrottlingException' }],
    ['serverError', { name: 'InternalServerException' }],
    ['reset', { message: expect.stringMatching(/ECONNRESET|socket hang up/) }],
    ['truncated', { name: 'SyntaxError' }],
    ['hang', { name: 'TimeoutError' }],
  ])('GetSession can have the fault %s', async (kind, error) => {
    await start({ workGroups, faults: [{ kind, operation: 'GetSession' }] });
    await expect(get('one')).rejects.toMatchObject(error);
  });
});

describe('an invalid request', () => {
  const constraint = (at: string, must: string) => `1 validation error detected: Value at '${at}' failed to satisfy constraint: Member must ${must}`;
  const refused = (message: string) => ({ name: 'InvalidRequestException', AthenaErrorCode: 'INVALID_INPUT', message, $metadata: { httpStatusCode: 400, requestId: UUID } });

  test.each<[string, Partial<ListSessionsCommandInput>, string]>([
    ['no workgroup', { WorkGroup: undefined }, "1 validation error detected: Value null at 'workGroup' failed to satisfy constraint: Member must not be null"],
    ['a malformed name', { WorkGroup: 'a b' }, constraint('workGroup', 'satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}')],
    ['a long name', { WorkGroup: 'a'.repeat(129) }, constraint('workGroup', 'satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}')],
    ['a page of none', { MaxResults: 0 }, constraint('maxResults', 'have value greater than or equal to 1')],
    ['a page of 101', { MaxResults: 101 }, constraint('maxResults', 'have value less than or equal to 100')],
    ['a state that is none', { StateFilter: 'DREAMING' as any },
      constraint('stateFilter', 'satisfy enum value set: [CREATING, CREATED, IDLE, BUSY, TERMINATING, TERMINATED, DEGRADED, FAILED]')],
    ['a long token', { NextToken: 'a'.repeat(2049) }, constraint('nextToken', 'have length less than or equal to 2048')],
    ['the longest token, from elsewhere', { NextToken: 'a'.repeat(2048) }, `The nextPageToken is malformed: ${'a'.repeat(2048)}`],
    ['two errors', { WorkGroup: 'a b', MaxResults: 0 },
      "2 validation errors detected: Value at 'workGroup' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}; "
      + "Value at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    ['a workgroup that does not exist', { WorkGroup: 'a'.repeat(128), MaxResults: 100 }, 'WorkGroup is not found.'],
  ])('ListSessions: %s', async (_, input, message) => {
    await start();
    await expect(list(input)).rejects.toMatchObject(refused(message));
  });

  test.each<[string, ListWorkGroupsCommandInput, string]>([
    ['a page of none', { MaxResults: 0 }, constraint('maxResults', 'have value greater than or equal to 1')],
    ['a page of 51', { MaxResults: 51 }, constraint('maxResults', 'have value less than or equal to 50')],
    ['an empty token', { NextToken: '' }, constraint('nextToken', 'have length greater than or equal to 1')],
    ['a long token', { NextToken: 'a'.repeat(1025) }, constraint('nextToken', 'have length less than or equal to 1024')],
    ['the longest token, from elsewhere', { NextToken: 'a'.repeat(1024), MaxResults: 50 }, `The nextPageToken is malformed: ${'a'.repeat(1024)}`],
  ])('ListWorkGroups: %s', async (_, input, message) => {
    await start();
    await expect(listWorkGroups(input)).rejects.toMatchObject(refused(message));
  });
});

test.each(['[]', '"analytics"', 'null', '{"WorkGroup":', ''])('a body of %j is a SerializationException', async (body) => {
  await start();
  expect(await post(body)).toMatchObject({ status: 400, headers: { 'x-amzn-requestid': UUID }, body: { __type: 'SerializationException' } });
  expect(athena.calls).toEqual([]);
});

test.each([
  ['{"WorkGroup":1}', 'NUMBER_VALUE can not be converted to String'],
  ['{"WorkGroup":["analytics"]}', 'OBJECT_VALUE can not be converted to String'],
  ['{"WorkGroup":"analytics","MaxResults":"1"}', 'STRING_VALUE can not be converted to Integer'],
  ['{"WorkGroup":"a b","NextToken":true}', 'BOOLEAN_VALUE can not be converted to String'],
])('a parameter of the wrong JSON type is a SerializationException, before all constraints: %s', async (body, Message) => {
  await start();
  expect(await post(body)).toMatchObject({ status: 400, body: { __type: 'SerializationException', Message } });
  expect(athena.calls).toEqual([]);
});

test('a parameter that is null or unknown is ignored', async () => {
  await start({ faults: [{ kind: 'throttle', stateFilter: 'FAILED' }] });
  expect(await post('{"WorkGroup":"analytics","StateFilter":null,"MaxResults":null,"NextToken":null,"Owner":1}')).toMatchObject({ status: 200, body: { Sessions: [] } });
  expect(await post('{"NextToken":null,"MaxResults":null}', 'ListWorkGroups')).toMatchObject({ status: 200, body: { WorkGroups: [{ Name: 'analytics' }] } });
  expect(athena.calls.map(({ stateFilter, maxResults }) => ({ stateFilter, maxResults }))).toEqual([{}, {}]);
  expect((await post('{"WorkGroup":null}')).body.Message).toContain("Value null at 'workGroup' failed to satisfy constraint: Member must not be null");
});

describe('errors', () => {
  test.each<[Fault, object]>([
    [{ kind: 'error', code: 'InvalidRequestException', message: 'no' },
      { __type: 'InvalidRequestException', AthenaErrorCode: 'INVALID_INPUT', ErrorCode: 'INVALID_INPUT', Message: 'no' }],
    [{ kind: 'error', code: 'ResourceNotFoundException', message: 'gone' }, { __type: 'ResourceNotFoundException', ResourceName: 'analytics', Message: 'gone' }],
    [{ kind: 'serverError', message: 'later' }, { __type: 'InternalServerException', Message: 'later' }],
    [{ kind: 'accessDenied', message: 'no' }, { __type: 'AccessDeniedException', Message: 'no' }],
    [{ kind: 'throttle' }, { __type: 'ThrottlingException', message: 'Rate exceeded' }],
    [{ kind: 'error', code: 'ExpiredTokenException', message: 'old' }, { __type: 'ExpiredTokenException', message: 'old' }],
  ])('%j, as the service spells it', async (fault, body) => {
    await start({ faults: [fault] });
    const answer = await post('{"WorkGroup":"analytics"}');
    expect(answer.body).toEqual(body);
    expect(answer.headers).not.toHaveProperty('x-amzn-errortype');
  });

  test.each([
    [InvalidRequestException, { AthenaErrorCode: 'INVALID_INPUT', $fault: 'client' }],
    [ResourceNotFoundException, { ResourceName: 'analytics', $fault: 'client' }],
    [InternalServerException, { $fault: 'server' }],
  ])('%p, as the SDK reads it', async (type, error) => {
    await start({ faults: [{ kind: 'error', code: type.name, message: 'no' }] });
    const thrown = await list().catch(reason => reason);
    expect(thrown).toBeInstanceOf(type);
    expect(thrown).toMatchObject({ name: type.name, message: 'no', $metadata: { requestId: UUID }, ...error });
  });
});

test('every answer of the service has its own request id', async () => {
  await start();
  const answers = [await list(), await list(), await listWorkGroups(), await list({ WorkGroup: 'other' }).catch(error => error)];
  athena.faults.push({ kind: 'trickle', milliseconds: 10 });
  answers.push(await list());
  const seen = answers.map(({ $metadata }) => $metadata.requestId);
  seen.push((await post('{}', 'TerminateSession')).headers['x-amzn-requestid'], (await post('{}', 'ListSessions', {})).headers['x-amzn-requestid']);
  expect(seen).toEqual(seen.map(() => UUID));
  expect(new Set(seen).size).toBe(seen.length);
  athena.faults.splice(0, 1, { kind: 'malformed' });
  await expect(list()).rejects.toMatchObject({ name: 'SyntaxError', $metadata: { httpStatusCode: 200, requestId: undefined } });
});

describe('a request that is not signed for Athena is refused', () => {
  test('a signed request is accepted', async () => {
    await start();
    expect(await post('{}', 'ListWorkGroups')).toMatchObject({ status: 200, body: { WorkGroups: [{ Name: 'analytics' }] } });
  });

  test.each([
    ['no signature', {}, 'MissingAuthenticationTokenException'],
    ['a malformed one', { authorization: 'Bearer token' }, 'IncompleteSignatureException'],
    ['one that does not cover the target', { authorization: SIGNED.replace(';x-amz-target', '') }, 'IncompleteSignatureException'],
    ['one for another service', { authorization: SIGNED.replace('/athena/', '/s3/') }, 'InvalidSignatureException'],
  ])('%s', async (_, headers, code) => {
    await start();
    expect(await post('{}', 'ListWorkGroups', headers as any)).toMatchObject({ status: 403, body: { __type: code, message: expect.any(String) } });
    expect(athena.calls).toEqual([]);
  });

  test('an operation that is not simulated is refused', async () => {
    await start();
    expect(await post('{}', 'TerminateSession')).toMatchObject({ status: 400, body: { __type: 'UnknownOperationException' } });
  });
});

describe('faults', () => {
  const sessions = Array.from({ length: 5 }, (_, index) => fixed(`s${index}`, 'IDLE', index));
  const startWith = async (...faults: Fault[]) => start({ workGroups: { analytics: { sessions }, other: { sessions } }, faults });

  test.each<[Fault, object]>([
    [{ kind: 'throttle' }, { name: 'ThrottlingException', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } }],
    [{ kind: 'error', code: 'ResourceNotFoundException', status: 404, message: 'gone' }, { name: 'ResourceNotFoundException', message: 'gone', $metadata: { httpStatusCode: 404 } }],
    [{ kind: 'serverError' }, { name: 'InternalServerException', $metadata: { httpStatusCode: 500 } }],
    [{ kind: 'accessDenied' }, { name: 'AccessDeniedException', message: expect.stringContaining('not authorized'), $metadata: { httpStatusCode: 400 } }],
    [{ kind: 'hang' }, { name: 'TimeoutError' }],
    [{ kind: 'reset' }, { message: expect.stringMatching(/ECONNRESET|socket hang up/) }],
    [{ kind: 'resetMidBody' }, { message: expect.stringContaining('aborted') }],
    [{ kind: 'truncated' }, { name: 'SyntaxError' }],
    [{ kind: 'malformed' }, { name: 'SyntaxError' }],
  ])('%j', async (fault, error) => {
    await startWith(fault);
    await expect(list()).rejects.toMatchObject(error);
    expect(athena.calls).toEqual([expect.objectContaining({ fault: fault.kind, throttled: fault.kind === 'throttle' })]);
  });

  test('repeatedToken', async () => {
    await startWith({ kind: 'repeatedToken', page: 2 });
    const first = await list({ MaxResults: 2 });
    const second = await list({ MaxResults: 2, NextToken: first.NextToken });
    expect(second.NextToken).toBe(first.NextToken);
    expect(ids(second.Sessions)).toEqual(['s2', 's3']);
  });

  test('emptyPage', async () => {
    await startWith({ kind: 'emptyPage', page: 2 });
    const seen: unknown[] = [];
    for await (const page of paginateListSessions({ client, pageSize: 2 }, { WorkGroup: 'analytics' })) {
      seen.push(ids(page.Sessions));
    }
    expect(seen).toEqual([['s0', 's1'], [], ['s2', 's3'], ['s4']]);
  });

  test('slow', async () => {
    await startWith({ kind: 'slow', milliseconds: 60 });
    const before = performance.now();
    await list();
    expect(performance.now() - before).toBeGreaterThan(50);
    expect(athena.calls[0]!.fault).toBeUndefined();
  });

  test('a trickle comes in many parts, and stops when the caller disconnects', async () => {
    await startWith({ kind: 'trickle', milliseconds: 60_000 });
    const parts: string[] = [];
    const response = await new Promise<IncomingMessage>(resolve => {
      const headers = { 'authorization': SIGNED, 'x-amz-target': 'AmazonAthena.ListSessions', 'x-amz-date': '20260102T120000Z' };
      request(athena.url, { method: 'POST', headers }, resolve).end('{"WorkGroup":"analytics"}');
    });
    for await (const part of response.setEncoding('utf8')) {
      if (parts.push(part) === 3) {
        break;
      }
    }
    expect(Number(response.headers['content-length'])).toBeGreaterThan(parts.join('').length);
    expect(parts.join('')).toMatch(/^\{"/);
  });

  test('apply to the calls that match', async () => {
    await startWith({ kind: 'throttle', operation: 'ListSessions', workGroup: 'other', stateFilter: 'none', from: NOON, to: NOON + MINUTE });
    const isThrottled = async (input: Partial<ListSessionsCommandInput>) => list(input).then(() => false, () => true);
    expect(await isThrottled({ WorkGroup: 'other' })).toBe(true);
    expect(await isThrottled({ WorkGroup: 'analytics' })).toBe(false);
    expect(await isThrottled({ WorkGroup: 'other', StateFilter: 'FAILED' })).toBe(false);
    await client.send(new ListWorkGroupsCommand({}));
    athena.time = NOON + MINUTE;
    expect(await isThrottled({ WorkGroup: 'other' })).toBe(true);
    athena.time++;
    expect(await isThrottled({ WorkGroup: 'other' })).toBe(false);
    athena.faults.length = 0;
    athena.faults.push({ kind: 'throttle', stateFilter: 'FAILED' });
    expect(await isThrottled({ StateFilter: 'FAILED' })).toBe(true);
  });

  test('can be limited to the first calls, or to every nth', async () => {
    const outcome = async () => list().then(() => 'ok', ({ name }) => name);
    await startWith({ kind: 'throttle', first: 2 }, { kind: 'serverError', every: 4 });
    const outcomes = [];
    for (let i = 0; i < 8; i++) {
      outcomes.push(await outcome());
    }
    expect(outcomes).toEqual(['ThrottlingException', 'ThrottlingException', 'ok', 'InternalServerException', 'ok', 'ok', 'ok', 'InternalServerException']);
  });
});

test('calls over the rate limit are throttled', async () => {
  await start({ rateLimit: { ratePerSecond: 0.001, burst: 3 } });
  const outcomes = await Promise.all(Array.from({ length: 5 }, async () => list().then(() => 'ok', ({ name }) => name)));
  expect(outcomes.sort()).toEqual(['ThrottlingException', 'ThrottlingException', 'ok', 'ok', 'ok']);
  expect(athena.calls.filter(({ throttled }) => throttled)).toHaveLength(2);
});

test('the world may be changed before each call', async () => {
  await start({
    beforeCall: async ({ operation, workGroup, stateFilter, page }) => {
      await Promise.resolve();
      athena.workGroups.set('analytics', { sessions: [fixed(`${operation} ${workGroup} ${stateFilter} ${page}`, 'FAILED', 1)] });
      athena.faults.push({ kind: 'throttle', stateFilter: 'none' });
    },
  });
  expect(ids((await list({ StateFilter: 'FAILED' })).Sessions)).toEqual(['ListSessions analytics FAILED 1']);
  await expect(list()).rejects.toThrow('Rate exceeded');
});

test('answers may be rewritten, as JSON or as text', async () => {
  const seen: object[] = [];
  await start({
    rewrite: (answer, { operation, workGroup, stateFilter, page, fault }) => {
      seen.push({ operation, workGroup, stateFilter, page, fault, answer });
      return operation === 'ListWorkGroups' ? '{"WorkGroups":[{"Name":"text"}]}' : { ...answer, NextToken: 'json' };
    },
  });
  expect((await list()).NextToken).toBe('json');
  expect((await client.send(new ListWorkGroupsCommand({}))).WorkGroups).toEqual([{ Name: 'text' }]);
  athena.faults.push({ kind: 'truncated' });
  await expect(list()).rejects.toThrow();
  expect(seen).toEqual([
    { operation: 'ListSessions', workGroup: 'analytics', page: 1, answer: { Sessions: [] } },
    { operation: 'ListWorkGroups', page: 1, answer: { WorkGroups: [expect.objectContaining({ Name: 'analytics' })] } },
    { operation: 'ListSessions', workGroup: 'analytics', page: 1, fault: 'truncated', answer: { Sessions: [] } },
  ]);
});

test('every call is recorded', async () => {
  await start();
  await list({ StateFilter: 'FAILED', MaxResults: 100 });
  await client.send(new ListWorkGroupsCommand({}));
  expect(athena.calls).toMatchObject([
    { operation: 'ListSessions', workGroup: 'analytics', stateFilter: 'FAILED', page: 1, maxResults: 100, throttled: false, accessKeyId: 'a', atVirtualTime: NOON },
    { operation: 'ListWorkGroups', page: 1, throttled: false, atVirtualTime: NOON },
  ]);
  await expect(list({ NextToken: 'abc' })).rejects.toThrow('nextPageToken');
  expect(athena.calls).toHaveLength(3);
});
