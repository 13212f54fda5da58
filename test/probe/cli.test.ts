import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT, REGION, session, simulatedAthena, SPARK_35, SQL } from './support';
import type { Result } from '../../probe/report';
import type { AthenaOptions } from '../../rehearsal/athena';

const ROOT = path.join(__dirname, '..', '..');
const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';

type Environment = { readonly [name: string]: string | undefined };

/** Runs the command line. Of this machine's environment, it gets only the PATH. */
async function cli(args: string[], environment: Environment = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: '/nowhere', NO_COLOR: '1', ...ENVIRONMENT, ...environment };
    const child = execFile(path.join(ROOT, 'node_modules', '.bin', 'tsx'), [path.join(ROOT, 'probe', 'cli.ts'), ...args], { cwd: ROOT, env },
      (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr }));
  });
}

async function cliWith(world: AthenaOptions, ...args: string[]) {
  const athena = await simulatedAthena(world);
  return { athena, ...await cli(['--region', REGION, '--rate', '1000', ...args], { AWS_ENDPOINT_URL_ATHENA: athena.url }) };
}

const WORLD: AthenaOptions = {
  workGroups: {
    analytics: { sessions: [session('secret', 'IDLE'), session('broken', 'DEGRADED')] }, unified: { engine: SPARK_35 }, primary: { engine: SQL }, old: { state: 'DISABLED' },
  },
};

test('--help prints the usage', async () => {
  const { code, stdout } = await cli(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('npm run probe -- --region REGION');
  expect(stdout).toContain('nothing else');
});

test('npm run keeps the exit code', async () => {
  await expect(promisify(execFile)('npm', ['run', '--silent', 'probe', '--', '--speed', '9'], { cwd: ROOT })).rejects.toMatchObject({ code: 2 });
});

test('prints a verdict for each question, and where to send the output', async () => {
  const { code, stdout, stderr, athena } = await cliWith(WORLD);
  expect(stderr).toContain('workgroup 2 of 2: TERMINATED\n');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^What AWS does not document about Athena sessions eu-west-1, \d{4}-/);
  expect(stdout).toContain('2 workgroups listed; calls: 1 × ListWorkGroups, 17 × ListSessions');
  expect(stdout.match(/^\d+\. .*\?$/gm)).toHaveLength(11);
  expect(stdout).toMatch(/^1\. Which states does a listing without a filter show\?\n {3}It showed IDLE\. DEGRADED: not shown, 0 of 1\./m);
  expect(stdout).toMatch(/^ {3}state +shown +listed by its filter/m);
  expect(stdout).toMatch(/^ {3}asked: 2 × ListSessions FAILED, 2 × ListSessions TERMINATED$/m);
  expect(stdout).toMatch(new RegExp(`\n[^\n]*${ISSUES} \\(it contains no names or ids of sessions, workgroups or accounts\\)\n$`));
  expect(stdout).not.toMatch(/secret|broken|analytics/);
  // eslint-disable-next-line no-control-regex
  expect(stdout + stderr).not.toMatch(/\u001b/);
  expect(Math.max(...stdout.match(/^ {3}asked: .*$/gm)!.map(({ length }) => length))).toBeLessThanOrEqual(120);
  expect(athena.calls).toHaveLength(18);
});

test('--json prints only the result on standard output', async () => {
  const { code, stdout, stderr } = await cliWith(WORLD, '--json', '--work-group', 'analytics');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ region: REGION, workGroups: { listed: 1, leftOut: 0 }, calls: { ListWorkGroups: 1, ListSessions: 10 } });
  expect(result.questions.map(({ id, outcome }: Result['questions'][number]) => [id, outcome])).toEqual([
    ['unfiltered-states', 'answered'], ['dates', 'answered'], ['order', 'no data'], ['reach', 'no data'],
    ['sql-workgroup', 'answered'], ['disabled-workgroup', 'answered'], ['missing-workgroup', 'answered'],
    ['empty-answer', 'answered'], ['idle-and-busy', 'no data'], ['paging', 'answered'], ['rights', 'not asked'],
  ]);
  expect(result.questions[0]).toMatchObject({
    question: expect.any(String), verdict: expect.any(String), asked: expect.any(Array), evidence: expect.any(Array),
  });
  expect(stderr).toContain(ISSUES);
});

test('--verbose prints names and ids, and says so', async () => {
  const { stdout } = await cliWith(WORLD, '--verbose');
  expect(stdout).toMatch(/^ {3}DEGRADED, not shown: broken$/m);
  expect(stdout).toMatch(/This output contains names and ids\..*\n$/);
});

test('retries after a reset connection', async () => {
  const { code, athena } = await cliWith({ ...WORLD, faults: [{ kind: 'reset', every: 2 }] });
  expect(code).toBe(0);
  expect(athena.calls.filter(({ fault }) => fault === 'reset').length).toBeGreaterThan(10);
});

test('exits with code 1 if a question has no verdict because of an error', async () => {
  const { code, stdout } = await cliWith({ ...WORLD, faults: [{ kind: 'accessDenied', stateFilter: 'FAILED' }] });
  expect(code).toBe(1);
  expect(stdout).toContain('AccessDeniedException: User: <arn> is not authorized');
});

test.each<[string, string[], Environment, RegExp]>([
  ['an unknown option', ['--speed', '9'], {}, /Unknown option '--speed'; see --help/],
  ['a positional argument', ['analytics'], {}, /Unexpected argument 'analytics'/],
  ['an invalid region', ['--region', 'Ireland'], {}, /--region must be a region, such as eu-central-1, received "Ireland"/],
  ['an invalid workgroup name', ['--work-group', 'a b'], {}, /--work-group must be the name of a workgroup: .*, received "a b"/],
  ['an invalid role', ['--role', 'probe'], {}, /--role must be the ARN of a role, such as arn:aws:iam::123456789012:role\/probe, received "probe"/],
  ['0 pages', ['--pages', '0'], {}, /--pages must be a whole number, at least 1, received "0"/],
  ['a fraction of a workgroup', ['--most-work-groups', '1.5'], {}, /--most-work-groups must be a whole number, at least 1, received "1.5"/],
  ['a rate of 0', ['--rate', '0'], {}, /--rate must be a number above 0, received "0"/],
  ['no region', [], {}, /no region is configured: pass --region, or set AWS_REGION/],
  ['no credentials', ['--region', REGION], { AWS_ACCESS_KEY_ID: undefined }, /no credentials are configured: set AWS_PROFILE, or AWS_ACCESS_KEY_ID/],
  ['a profile that does not exist', ['--region', REGION], { AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: 'nobody' }, /no credentials are configured: set AWS_PROFILE/],
  ['an unreachable endpoint', ['--region', REGION, '--rate', '1000'], { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' }, /Athena cannot be reached: .*ECONNREFUSED/],
])('prints one line and exits with code 2 for %s', async (_, args, environment, message) => {
  const { code, stdout, stderr } = await cli(args, environment);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toContain('    at ');
});

test('exits with code 2 if AWS does not accept the credentials', async () => {
  const fault = { kind: 'error', code: 'ExpiredTokenException', message: 'The security token included in the request is expired' } as const;
  const { code, stderr, athena } = await cliWith({ ...WORLD, faults: [fault] });
  expect(code).toBe(2);
  expect(stderr).toMatch(/AWS does not accept the credentials, or the region is not enabled .*: ExpiredTokenException: The security token/);
  expect(athena.calls).toHaveLength(1);
});
