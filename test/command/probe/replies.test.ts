import { probed, session, SQL } from './support';
import { type Handling, handlingOf, type Reply } from '../../../command/probe/questions/replies';
import type { AthenaOptions, Fault } from '../../../rehearsal/athena';
import { SETTINGS } from '../../../src/schema';
import { Stage } from '../../support/stage';

afterEach(async () => Stage.closeAll());

const invalidRequest = (workGroup: string, message: string): Fault => ({ kind: 'error', workGroup, code: 'InvalidRequestException', message });
const notFound = (workGroup: string): Fault => ({ kind: 'error', workGroup, code: 'ResourceNotFoundException', message: 'no such thing' });

describe('a SQL workgroup', () => {
  const ask = async (options: AthenaOptions = {}) => (await probed({ workGroups: { primary: { engine: SQL } }, ...options })).answer('sql-workgroup');

  test('answers that there are no sessions', async () => {
    expect(await ask({ sqlWorkGroup: 'noSessions' })).toMatchObject({
      outcome: 'answered',
      verdict: 'It answers that there are no sessions. The collector: never finds one; if named, it counts as monitored, as intended.',
      evidence: [{ 'reply': 'empty', 'sessions': 0, 'if named': 'monitored' }],
      asked: [{ operation: 'ListSessions', filter: 'no filter', calls: 1 }],
    });
  });

  test('answers with an empty page and a token, which need not mean that there are no sessions', async () => {
    expect(await ask({ sqlWorkGroup: 'noSessions', faults: [{ kind: 'emptyPage', workGroup: 'primary' }] })).toMatchObject({
      outcome: 'answered', verdict: expect.stringMatching(/^It answers with an empty page, and a token for the next one, which was not read\. The collector: /),
    });
  });

  test('answers that the request is invalid', async () => {
    expect(await ask({ sqlWorkGroup: { code: 'InvalidRequestException', message: 'primary is not Spark enabled.' } })).toMatchObject({
      outcome: 'answered',
      verdict: 'It answers InvalidRequestException: <workgroup> is not Spark enabled. The collector: never finds one; if named, it counts as not listed, as intended.',
      evidence: [{ 'reply': 'invalid request', 'error': 'InvalidRequestException', 'message': '<workgroup> is not Spark enabled.', 'if named': 'not listed' }],
    });
  });

  test('answers that it is not found', async () => {
    expect(await ask({ sqlWorkGroup: { code: 'ResourceNotFoundException', message: 'no such thing' } })).toMatchObject({
      outcome: 'answered', verdict: expect.stringMatching(/^It answers ResourceNotFoundException: no such thing\. .* counts as not listed, as intended\.$/),
    });
  });

  test('does not exist', async () => {
    expect(await ask({ workGroups: { spark: {} } })).toMatchObject({
      outcome: 'no data', verdict: 'No data: no SQL workgroup was found among 1.', asked: [{ operation: 'ListWorkGroups', calls: 1 }],
    });
  });

  test('may be on a page that the search does not read', async () => {
    const workGroups = { ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`a${index}`, { state: 'DISABLED' as const }])), primary: { engine: SQL } };
    const { answer } = await probed({ workGroups }, { maxPages: 1 });
    expect(answer('sql-workgroup')).toMatchObject({ outcome: 'no data', verdict: expect.stringContaining('among 50. The search reached the maximum number of pages') });
  });

  test('is an error if the search is denied', async () => {
    expect(await ask({ faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups' }] })).toMatchObject({
      outcome: 'error', verdict: 'No answer. ListWorkGroups failed: AccessDeniedException: User: <arn> is not authorized to perform: athena:ListWorkGroups on resource: *.',
    });
  });

  test('is an error if the listing is denied', async () => {
    expect(await ask({ faults: [{ kind: 'accessDenied', workGroup: 'primary' }] })).toMatchObject({
      outcome: 'error', verdict: expect.stringMatching(/^No answer\. You lack a permission, or this is Athena's answer: AccessDeniedException/),
    });
  });
});

describe('a disabled Spark workgroup', () => {
  const ask = async (options: AthenaOptions = {}) => (await probed({ workGroups: { old: { state: 'DISABLED' } }, ...options })).answer('disabled-workgroup');

  test('answers that there are no sessions', async () => {
    expect(await ask()).toMatchObject({ verdict: expect.stringContaining('if found, it counts as monitored, as intended; if named, it counts as monitored, as intended.') });
  });

  test('lists its sessions', async () => {
    expect(await ask({ workGroups: { old: { state: 'DISABLED', sessions: [session('a', 'IDLE')] } } })).toMatchObject({
      verdict: expect.stringMatching(/^It lists its sessions \(1 on the first page\)\./), evidence: [{ 'reply': 'sessions', 'sessions': 1, 'if found': 'monitored' }],
    });
  });

  test.each([
    ['that the request is invalid', invalidRequest('old', 'WorkGroup is disabled')],
    ['that it is not found', notFound('old')],
  ])('answers %s', async (_, fault) => {
    expect(await ask({ faults: [fault] })).toMatchObject({
      outcome: 'answered', verdict: expect.stringContaining('if found, it is skipped with a log line, as intended; if named, it counts as not listed, as intended.'),
    });
  });

  test('answers with an unexpected error', async () => {
    expect(await ask({ faults: [{ kind: 'error', code: 'ConflictException', status: 409, message: 'disabled', workGroup: 'old' }] })).toMatchObject({
      outcome: 'answered', verdict: expect.stringContaining('if found, it counts as not listed, NOT as intended (skipped); '),
    });
  });

  test('is not listed with the others', async () => {
    const { athena, workGroups } = await probed({ workGroups: { old: { state: 'DISABLED' } } });
    expect(workGroups.listed).toBe(0);
    expect(athena.calls.filter(({ workGroup }) => workGroup === 'old')).toHaveLength(1);
  });

  test('does not exist', async () => {
    expect(await ask({ workGroups: { spark: {}, sql: { engine: SQL, state: 'DISABLED' } } })).toMatchObject({ outcome: 'no data' });
  });
});

describe('a missing workgroup', () => {
  const ask = async (options: AthenaOptions = {}) => (await probed({ workGroups: { analytics: {} }, ...options })).answer('missing-workgroup');

  test.each<[string, AthenaOptions['missingWorkGroup']]>([
    ['InvalidRequestException: WorkGroup is not found', undefined],
    ['ResourceNotFoundException: gone', { code: 'ResourceNotFoundException', message: 'gone' }],
  ])('answers %s', async (text, missingWorkGroup) => {
    expect(await ask({ missingWorkGroup })).toMatchObject({
      outcome: 'answered',
      verdict: `It answers ${text}. The collector: if found, it is skipped with a log line, as intended; if named, it counts as not listed, as intended.`,
    });
  });

  test('answers that the request is invalid, without the reason', async () => {
    expect(await ask({ missingWorkGroup: { code: 'InvalidRequestException', message: 'No' } })).toMatchObject({
      verdict: expect.stringContaining('if found, it counts as not listed, NOT as intended (skipped); if named, it counts as not listed, as intended.'),
    });
  });

  test('answers that there are no sessions', async () => {
    expect(await ask({ missingWorkGroup: 'noSessions' })).toMatchObject({
      verdict: 'It answers that there are no sessions. The collector: if found, it counts as monitored, NOT as intended (skipped); '
        + 'if named, it counts as monitored, NOT as intended (not listed).',
    });
  });

  test('is an error if the listing is denied', async () => {
    expect(await ask({ missingWorkGroup: { code: 'AccessDeniedException', message: 'no' } })).toMatchObject({ outcome: 'error' });
  });

  test('has a random name', async () => {
    const { athena } = await probed({ workGroups: { analytics: {} } });
    const names = athena.calls.map(({ workGroup }) => workGroup).filter((name) => name?.startsWith('missing-'));
    expect(names).toEqual([expect.stringMatching(/^missing-[\da-f]{24}$/)]);
  });
});

// The probe does not import the collector. This compares its statements with the bundled collector.
describe.each([true, false])('the collector\'s handling of a workgroup, found: %s', (found) => {
  const REPLIES: { readonly [reply in Reply]: readonly (Fault | undefined)[] } = {
    'sessions': [undefined],
    'empty': [undefined],
    'not found': [notFound(''), invalidRequest('', 'WorkGroup is not found.')],
    'invalid request': [invalidRequest('', 'No')],
    'other error': [{ kind: 'error', code: 'ConflictException', status: 409, message: 'no' }],
  };
  const cases = [false, true].flatMap((disabled) => (Object.keys(REPLIES) as Reply[]).flatMap((reply) =>
    REPLIES[reply].map((fault, index) => ({ name: `${disabled ? 'disabled' : 'enabled'}-${reply.replace(' ', '-')}-${index}`, disabled, reply, fault }))));

  test('is as the probe says', async () => {
    const stage = await Stage.start({
      workGroups: Object.fromEntries(cases.map(({ name, disabled, reply }) =>
        [name, { state: disabled ? 'DISABLED' as const : 'ENABLED' as const, sessions: reply === 'sessions' ? [session('a', 'IDLE')] : [] }])),
      faults: cases.flatMap(({ name, fault }) => fault ? [{ ...fault, workGroup: name }] : []),
    }, found ? {} : { [SETTINGS.workGroups]: cases.map(({ name }) => name).join(',') });
    const { log, value } = await stage.run();
    const handled = (name: string): Handling | undefined => {
      const line = log.find(({ workGroup }) => workGroup === name);
      return value('IdleSessions', name) !== undefined ? 'monitored' : line?.message.startsWith('workgroup skipped') ? 'skipped' : line ? 'not listed' : undefined;
    };
    expect(Object.fromEntries(cases.map(({ name }) => [name, handled(name)])))
      .toEqual(Object.fromEntries(cases.map(({ name, disabled, reply }) => [name, handlingOf(reply, { found, disabled })])));
  });
});
