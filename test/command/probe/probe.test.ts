import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { probedByBundle, probedOnTerminal, REGION, ROLE, session, simulatedAccount, SQL, type World } from './support';
import { FULL_WORLD, NAMES } from './world';
import type { Result } from '../../../command/probe/ask';
import type { Fault } from '../../../rehearsal/athena';
import { BUNDLE, ENVIRONMENT, type Environment, ROOT, runBundle } from '../support';

const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';
const WORLD: World = { workGroups: { analytics: { sessions: [session('secret', 'IDLE'), session('broken', 'DEGRADED')] }, primary: { engine: SQL } } };
const ENOUGH = ['--region', REGION];

test('prints a verdict for each question, and where to send the output', async () => {
  const { code, stdout, stderr, athena } = await probedByBundle(FULL_WORLD, ENOUGH);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^What AWS does not document about Athena sessions\neu-west-1, \d{4}-.*Z\n2 workgroups listed; calls: 1 × ListWorkGroups, \d+ × ListSessions, /);
  expect(stdout.match(/^\d+\. .*\? \([a-z-]+\)$/gm)).toHaveLength(19);
  expect(stdout).toMatch(/^1\. Which states does a listing without a filter show\? \(unfiltered-states\)\n {3}It showed BUSY, IDLE\. DEGRADED: not shown, 0 of 1\./m);
  expect(stdout).toMatch(/^ {3}state +shown +listed by its filter/m);
  expect(stdout).toMatch(/^ {3}asked: 2 × ListSessions FAILED, 2 × ListSessions TERMINATED$/m);
  expect(stdout.replace(/\s+/g, ' ')).toMatch(new RegExp(`${ISSUES} \\(it contains no names or ids of sessions, workgroups, roles or accounts\\) $`));
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
  expect(athena.calls.every(({ region, accessKeyId }) => region === REGION && accessKeyId === 'PERSON')).toBe(true);
});

test('--json prints only the result on standard output', async () => {
  const { code, stdout, stderr } = await probedByBundle(FULL_WORLD, [...ENOUGH, '--json', '--work-group', 'analytics']);
  expect(code).toBe(0);
  const result: Result = JSON.parse(stdout);
  expect(result).toMatchObject({ version: '1', region: REGION, workGroups: { listed: 1, leftOut: 0 }, calls: { ListWorkGroups: 1 } });
  expect(result.questions.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['unfiltered-states', 'answered'], ['dates', 'answered'], ['order', 'no data'], ['reach', 'answered'],
    ['sql-workgroup', 'answered'], ['disabled-workgroup', 'answered'], ['missing-workgroup', 'answered'],
    ['empty-answer', 'answered'], ['idle-and-busy', 'no data'], ['paging', 'answered'], ['rights', 'not asked'],
    ['executors', 'no data'], ['executors-permission', 'not asked'], ['session-tags', 'answered'], ['workgroup-tag', 'not asked'],
    ['dpu-time', 'answered'], ['idle-timeout', 'answered'], ['dpu-quota', 'answered'], ['query-states', 'not asked'],
  ]);
  result.questions.forEach((question) => expect(question).toEqual({
    id: expect.any(String), question: expect.stringMatching(/\?$/), outcome: expect.any(String), verdict: expect.stringMatching(/\.$/), asked: expect.any(Array), evidence: expect.any(Array),
  }));
  expect(stderr).toContain(ISSUES);
});

test('README.md of the command documents each option, field and outcome', () => {
  const section = readFileSync(path.join(ROOT, 'command', 'README.md'), 'utf8').split('\n## probe\n')[1]!;
  const source = (file: string) => readFileSync(path.join(ROOT, 'command', 'probe', file), 'utf8');
  const options = [...source('options.ts').matchAll(/^ {4}'([a-z-]+)': \{ type/gm)].map(([, name]) => `--${name}`);
  const fields = ['ask.ts Result', 'question.ts Answer', 'question.ts Asked'].flatMap((interfaceOf) => {
    const [file, name] = interfaceOf.split(' ');
    return [...source(file!).split(`export interface ${name} {`)[1]!.split('\n}')[0]!.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => field!);
  });
  expect([options.length, fields.length]).toEqual([11, 14]);
  [...options, ...fields, 'answered', 'no data', 'not asked', 'error'].forEach((name) => expect(section).toMatch(new RegExp(`\`${name}[\` ]`)));
});

test('--verbose prints names and ids, and says so', async () => {
  const { stdout } = await probedByBundle(WORLD, [...ENOUGH, '--verbose']);
  expect(stdout).toMatch(/^ {3}DEGRADED, not shown: broken$/m);
  expect(stdout).toMatch(/This output contains names and ids\./);
});

test('--quiet prints nothing if every question has a verdict', async () => {
  expect(await probedByBundle(WORLD, [...ENOUGH, '--quiet'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('--quiet prints one line for each question without a verdict', async () => {
  const { code, stdout, stderr } = await probedByBundle({ ...FULL_WORLD, faults: [{ kind: 'accessDenied', operation: 'GetSession' }] }, [...ENOUGH, '--quiet']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(/^dpu-time: No answer\. 3 of 3 calls denied \(AccessDeniedException: /), expect.stringMatching(/^idle-timeout: No answer\. 2 of 2 calls denied /), '',
  ]);
  expect(stderr).not.toMatch(NAMES);
});

test('retries after a reset connection', async () => {
  const { code, athena } = await probedByBundle({ ...WORLD, faults: [{ kind: 'reset', every: 2 }] }, ENOUGH);
  expect(code).toBe(0);
  expect(athena.calls.filter(({ fault }) => fault === 'reset').length).toBeGreaterThan(5);
});

test('exits with code 1 if a question has no verdict because of an error', async () => {
  const { code, stdout, stderr } = await probedByBundle({ ...WORLD, faults: [{ kind: 'accessDenied', stateFilter: 'FAILED' }] }, ENOUGH);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain('AccessDeniedException: User: <arn> is not authorized');
});

describe('on a terminal', () => {
  test.each([40, 80, 120, 200])('no line of %d columns is too long, unless it is a word', async (columns) => {
    const { code, stdout } = await probedOnTerminal(columns, FULL_WORLD, [...ENOUGH, '--role', ROLE], { NO_COLOR: '1' });
    expect(code).toBe(0);
    stdout.split('\n').filter((line) => line.length > columns).forEach((line) => expect(line.trim()).not.toContain(' '));
  });

  test('of 80 columns, figures are tables if they fit, and texts otherwise', async () => {
    const { stdout } = await probedOnTerminal(80, FULL_WORLD, ENOUGH, { NO_COLOR: '1' });
    expect(stdout).toMatch(/^ {3}reply {2}sessions {2}if found {3}if named\n {3}empty {2}0 {9}monitored {2}monitored$/m);
    expect(stdout).toContain('   - state: DEGRADED, shown: 0, listed by its filter: 1, in it throughout: 1,\n   shown of these: 0, verdict: not shown, 0 of 1\n');
  });

  test('verdicts are colored, unless NO_COLOR is set', async () => {
    const escape = String.fromCharCode(27);
    expect((await probedOnTerminal(120, WORLD, ENOUGH)).stdout).toContain(`${escape}[32mIt showed IDLE.`);
    expect((await probedOnTerminal(120, WORLD, ENOUGH, { NO_COLOR: '1' })).stdout).not.toContain(escape);
  });
});

describe('prints one line and exits with code 2', () => {
  const expectLine = ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }, message: RegExp) => {
    expect(stderr).toMatch(message);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 });
  };

  test.each<[string, string[], RegExp]>([
    ['an unknown option', ['--speed', '9'], /^Unknown option '--speed'; see --help$/m],
    ['an argument', ['analytics'], /^Unexpected argument 'analytics'.*; see --help$/m],
    ['an invalid region', ['--region', 'Ireland'], /^--region must be a region, such as eu-central-1, received "Ireland"$/m],
    ['an invalid workgroup name', ['--work-group', 'a b'], /^--work-group must be the name of a workgroup: .*, received "a b"$/m],
    ['an invalid role', ['--role', 'probe'], /^--role must be the ARN of a role, such as arn:aws:iam::123456789012:role\/probe, received "probe"$/m],
    ['a time without a unit', ['--watch', '10'], /^--watch must be a duration up to 2h, such as 30s or 10m, received "10"$/m],
    ['no time', ['--watch', '0s'], /^--watch must be a duration up to 2h, such as 30s or 10m, received "0s"$/m],
    ['a long time', ['--watch', '2.1h'], /^--watch must be a duration up to 2h, such as 30s or 10m, received "2.1h"$/m],
    ['0 pages', ['--pages', '0'], /^--pages must be a whole number, at least 1, received "0"$/m],
    ['a fraction of a workgroup', ['--max-work-groups', '1.5'], /^--max-work-groups must be a whole number, at least 1, received "1.5"$/m],
    ['a rate of 0', ['--rate', '0'], /^--rate must be a number above 0, received "0"$/m],
    ['--json with --quiet', ['--json', '--quiet'], /^--json and --quiet cannot be combined: --quiet prints no result$/m],
  ])('for %s, without a call', async (_, args, message) => {
    expectLine(await runBundle(['probe', ...args], { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' }), message);
  });

  test('for a role of another account', async () => {
    const result = await probedByBundle(WORLD, [...ENOUGH, '--role', ROLE.replace('123456789012', '210987654321')]);
    expectLine(result, /^--role must be a role in the account of your credentials, as the probe asks about the same workgroups with both$/m);
    expect(result.athena.calls).toEqual([]);
  });

  test.each<[string, string[], Environment, RegExp]>([
    ['no region', [], { AWS_REGION: undefined }, /^no region is configured: pass --region, or set AWS_REGION or a region in your profile$/m],
    ['no credentials', [], { AWS_ACCESS_KEY_ID: undefined }, /^no credentials were found: pass --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID/m],
    ['a profile that does not exist', ['--profile', 'nobody'], {}, /^there is no profile "nobody": check its name with "aws configure list-profiles"$/m],
    ['an endpoint that cannot be reached', ENOUGH, { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' },
      /^Athena cannot be reached in eu-west-1: check the region and your network \(.*ECONNREFUSED.*\)$/m],
  ])('for %s', async (_, args, environment, message) => {
    expectLine(await probedByBundle(WORLD, args, environment), message);
  });

  const failing = (code: string, message: string): Fault => ({ kind: 'error', code, message, status: 403 });
  test.each<[string, Fault, RegExp]>([
    ['expired credentials', failing('ExpiredTokenException', 'The security token of arn:aws:iam::123456789012:user/alice is expired'),
      /^the credentials have expired: sign in again, for example with "aws sso login" \(ExpiredTokenException: The security token of <arn> is expired\)$/m],
    ['a region that is not enabled', failing('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      /^AWS does not accept the credentials in eu-west-1: check whether the region is enabled in your account/m],
    ['a wrong clock', failing('InvalidSignatureException', 'Signature expired: 20260310T120000Z is now earlier than 20260310T121000Z'), /^the clock of this machine is wrong/m],
  ])('for %s', async (_, fault, message) => {
    const result = await probedByBundle({ ...WORLD, faults: [fault] }, ENOUGH);
    expectLine(result, message);
    expect(new Set(result.athena.calls.map(({ operation }) => operation))).toEqual(new Set(['ListWorkGroups']));
    expect(result.athena.calls.length).toBeLessThanOrEqual(6); // a wrong clock is corrected, and the call repeated
  });
});

test('Ctrl-C ends the watch, and the result is printed', async () => {
  const account = await simulatedAccount({
    ...FULL_WORLD,
    beforeCall: ({ operation, stateFilter, maxResults }) => {
      listings += Number(operation === 'ListSessions' && stateFilter === undefined && maxResults === 100);
      if (listings === 20) { // the survey has less
        child.kill('SIGINT');
      }
    },
  });
  let listings = 0;
  const args = ['probe', ...ENOUGH, '--rate', '100', '--watch', '1h'];
  const child = spawn(process.execPath, [BUNDLE, ...args], { env: { ...ENVIRONMENT, ...account.environment } as NodeJS.ProcessEnv });
  let stdout = '';
  child.stdout.on('data', (chunk) => stdout += chunk);
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\(query-states\)\n {3}BUSY was seen in 1 of 2 sessions,/);
});

test('credentials that expire meanwhile leave the verdicts so far', async () => {
  const faults: Fault[] = (['GetSession', 'ListTagsForResource'] as const).map((operation) => (
    { kind: 'error', operation, code: 'ExpiredTokenException', message: 'expired', status: 403 }
  ));
  const { code, stdout } = await probedByBundle({ ...FULL_WORLD, faults }, [...ENOUGH, '--json']);
  expect(code).toBe(1);
  const { questions }: Result = JSON.parse(stdout);
  expect(questions.find(({ id }) => id === 'unfiltered-states')).toMatchObject({ outcome: 'answered' });
  expect(questions.find(({ id }) => id === 'idle-timeout')).toMatchObject({ outcome: 'error', verdict: 'No answer. 2 of 2 calls failed (ExpiredTokenException: expired).' });
});
