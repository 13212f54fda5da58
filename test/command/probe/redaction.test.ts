import * as fc from 'fast-check';
import { probedByBundle, ROLE, type World } from './support';
import { FULL_WORLD, NAMES } from './world';
import { Redactor } from '../../../command/probe/redactor';
import type { Fault } from '../../../rehearsal/athena';

const OPERATIONS = ['ListWorkGroups', 'ListSessions', 'GetSession', 'ListExecutors', 'ListTagsForResource'] as const;
const ARGS = ['--role', ROLE, '--region', 'eu-west-1', '--watch', '0.1s'];
/** Messages that name what the calls are about, and more. */
const OF_WORK_GROUPS = 'Workgroups analytics/unified (primary, old-etl) of account 123456789012: role somebody/probe may not, '
  + 'arn:aws:athena:us-east-1:123456789012:workgroup/analytics/session/notebook-failed. See analytics.';
const OF_SESSIONS = `Sessions notebook-idle,"notebook-failed" (notebook-ended, notebook-stuck), connect-idle:connect-busy. ${OF_WORK_GROUPS}`;

const denied = (...operations: (typeof OPERATIONS)[number][]): Fault[] => operations.map((operation) => ({ kind: 'accessDenied', operation }));
const invalid = (message: string, ...operations: (typeof OPERATIONS)[number][]): Fault[] =>
  operations.map((operation) => ({ kind: 'error', code: 'InvalidRequestException', operation, message }));
const refused = { code: 'AccessDeniedException', message: 'User: arn:aws:sts::123456789012:assumed-role/Admin/alice of account 123456789012 may not, nor may somebody/probe' };
const quotas = { errors: { ListServiceQuotas: refused, ListAWSDefaultServiceQuotas: refused } };

const WORLDS: { readonly [name: string]: World } = {
  'no faults': FULL_WORLD,
  'every call denied': { ...FULL_WORLD, faults: denied(...OPERATIONS), sts: { refusal: refused.message, callerRefusal: refused.message }, quotas },
  'details denied': { ...FULL_WORLD, faults: denied('GetSession', 'ListExecutors', 'ListTagsForResource') },
  'messages that name workgroups': { ...FULL_WORLD, faults: invalid(OF_WORK_GROUPS, 'ListSessions') },
  'messages that name sessions': { ...FULL_WORLD, faults: invalid(OF_SESSIONS, 'GetSession', 'ListExecutors', 'ListTagsForResource') },
  'messages about the role': { ...FULL_WORLD, sts: { refusal: OF_SESSIONS } },
  'a message about the tag\'s policy': {
    ...FULL_WORLD, sts: { refusal: (statements) => statements.some(({ Effect }) => Effect === 'Deny') ? 'Invalid key "CostCenter"' : undefined },
  },
};

describe.each(Object.keys(WORLDS))('without --verbose, no name is in the output: %s', (name) => {
  test.each([['as text', []], ['as JSON', ['--json']], ['with --quiet', ['--quiet']]])('%s', async (_, args) => {
    const { code, stdout, stderr } = await probedByBundle(WORLDS[name]!, [...ARGS, ...args]);
    expect([0, 1]).toContain(code);
    expect(`${stdout}${stderr}`.replace(/https:\/\/\S+/g, '').match(NAMES)).toBeNull();
  });
});

test('--verbose shows names, so that the tests above can fail', async () => {
  const { stdout } = await probedByBundle(WORLDS['messages that name sessions']!, [...ARGS, '--verbose']);
  expect(stdout).toContain('Sessions notebook-idle,"notebook-failed" (notebook-ended');
  expect(stdout).toContain('arn:aws:athena:us-east-1:123456789012:workgroup/analytics');
});

test('a name in a message is removed, wherever it is', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9._-]{1,40}$/);
  const around = fc.stringMatching(/^[ ,;:"'()/<>=]{0,3}$/);
  fc.assert(fc.property(name, around, around, fc.constantFrom('', '.'), (hidden, before, after, end) => {
    const redactor = new Redactor(false);
    redactor.hide('<*>', [hidden]);
    expect(redactor.text(`${before}${hidden}${end}${after}`)).toBe(`${before}<*>${end}${after}`);
  }));
});

test('a name is not removed from a longer word', () => {
  const redactor = new Redactor(false);
  redactor.hide('<workgroup>', ['etl']);
  expect(redactor.text('etl-2, my.etl and etl.2 are not etl.')).toBe('etl-2, my.etl and etl.2 are not <workgroup>.');
});

test('an account in the name of another resource is removed', () => {
  expect(new Redactor(false).text('bucket results_123456789012_eu')).toBe('bucket results_<account>_eu');
});

test('control characters of a message are not printed', () => {
  expect(new Redactor(true).text('a\u001b[31mb')).toBe('a [31mb');
});
