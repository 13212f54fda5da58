import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENT, REGION, session, simulatedAthena, SPARK_35, SQL } from './support';
import type { Result } from '../../probe/report';
import type { AthenaOptions } from '../../rehearsal/athena';

const ROOT = path.join(__dirname, '..', '..');
const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';

type Environment = { readonly [name: string]: string | undefined };

/** The command line with nothing of this machine's environment but where programs are. */
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

test('--help says how it is used', async () => {
  const { code, stdout } = await cli(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('npm run probe -- --region REGION');
  expect(stdout).toContain('nothing else');
});

test('npm run keeps the exit code', async () => {
  await expect(promisify(execFile)('npm', ['run', '--silent', 'probe', '--', '--speed', '9'], { cwd: ROOT })).rejects.toMatchObject({ code: 2 });
});

test('a whole run tells a verdict for each question, and where to send it', async () => {
  const { code, stdout, stderr, athena } = await cliWith(WORLD);
  expect(stderr).toContain('workgroup 2 of 2: TERMINATED\n');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^What AWS does not document of Athena sessions eu-west-1, \d{4}-/);
  expect(stdout).toContain('sessions of 2 workgroups; calls: ListWorkGroups 1 ×, ListSessions 17 ×');
  expect(stdout.match(/^\d+\. .*\?$/gm)).toHaveLength(11);
  expect(stdout).toMatch(/^1\. Which states does a listing without a filter show\?\n {3}It showed IDLE\. DEGRADED: not shown, 0 of 1\./m);
  expect(stdout).toMatch(/^ {3}state +shown +listed by its filter/m);
  expect(stdout).toMatch(/^ {3}asked: 2 × ListSessions FAILED, 2 × ListSessions TERMINATED$/m);
  expect(stdout).toMatch(new RegExp(`\n[^\n]*${ISSUES} \\(it names no session, workgroup or account\\)\n$`));
  expect(stdout).not.toMatch(/secret|broken|analytics/);
  // eslint-disable-next-line no-control-regex
  expect(stdout + stderr).not.toMatch(/\u001b/);
  expect(Math.max(...stdout.match(/^ {3}asked: .*$/gm)!.map(({ length }) => length))).toBeLessThanOrEqual(120);
  expect(athena.calls).toHaveLength(18);
});

test('--json gives the result alone on standard output', async () => {
  const { code, stdout, stderr } = await cliWith(WORLD, '--json', '--work-group', 'analytics');
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ region: REGION, workGroups: { listed: 1, leftOut: 0 }, calls: { ListWorkGroups: 1, ListSessions: 10 } });
  expect(result.questions.map(({ id, outcome }: Result['questions'][number]) => [id, outcome])).toEqual([
    ['unfiltered-states', 'answered'], ['dates', 'answered'], ['order', 'nothing to tell'], ['reach', 'nothing to tell'],
    ['sql-workgroup', 'answered'], ['disabled-workgroup', 'answered'], ['missing-workgroup', 'answered'],
    ['empty-answer', 'answered'], ['idle-and-busy', 'nothing to tell'], ['paging', 'answered'], ['rights', 'not asked'],
  ]);
  expect(result.questions[0]).toMatchObject({
    question: expect.any(String), verdict: expect.any(String), asked: expect.any(Array), evidence: expect.any(Array),
  });
  expect(stderr).toContain(ISSUES);
});

test('--verbose names what it saw, and says so', async () => {
  const { stdout } = await cliWith(WORLD, '--verbose');
  expect(stdout).toMatch(/^ {3}DEGRADED, not shown: broken$/m);
  expect(stdout).toMatch(/This names workgroups and sessions\..*\n$/);
});

test('a connection that is reset is tried again', async () => {
  const { code, athena } = await cliWith({ ...WORLD, faults: [{ kind: 'reset', every: 2 }] });
  expect(code).toBe(0);
  expect(athena.calls.filter(({ fault }) => fault === 'reset').length).toBeGreaterThan(10);
});

test('a question that has no verdict because of an error has exit code 1', async () => {
  const { code, stdout } = await cliWith({ ...WORLD, faults: [{ kind: 'accessDenied', stateFilter: 'FAILED' }] });
  expect(code).toBe(1);
  expect(stdout).toContain('AccessDeniedException: User: <arn> is not authorized');
});

test.each<[string, string[], Environment, RegExp]>([
  ['an unknown option', ['--speed', '9'], {}, /Unknown option '--speed'; see --help/],
  ['what is no option', ['analytics'], {}, /Unexpected argument 'analytics'/],
  ['a region that is none', ['--region', 'Ireland'], {}, /--region must be a region such as eu-central-1, received "Ireland"/],
  ['a workgroup that cannot be', ['--work-group', 'a b'], {}, /--work-group must be a workgroup's name: .*, received "a b"/],
  ['a role that is none', ['--role', 'probe'], {}, /--role must be the ARN of a role such as arn:aws:iam::123456789012:role\/probe, received "probe"/],
  ['no pages', ['--pages', '0'], {}, /--pages must be a whole number, at least 1, received "0"/],
  ['part of a workgroup', ['--most-work-groups', '1.5'], {}, /--most-work-groups must be a whole number, at least 1, received "1.5"/],
  ['no rate', ['--rate', '0'], {}, /--rate must be a number above 0, received "0"/],
  ['no region', [], {}, /there is no region: pass --region, or set AWS_REGION/],
  ['no credentials', ['--region', REGION], { AWS_ACCESS_KEY_ID: undefined }, /there are no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID/],
  ['a profile that does not exist', ['--region', REGION], { AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: 'nobody' }, /there are no credentials: set AWS_PROFILE/],
  ['nobody who answers', ['--region', REGION, '--rate', '1000'], { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' }, /Athena cannot be reached in this region.*ECONNREFUSED/],
])('%s is told in a line, with exit code 2', async (_, args, environment, message) => {
  const { code, stdout, stderr } = await cli(args, environment);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toContain('    at ');
});

test('credentials that AWS does not take are told, with exit code 2', async () => {
  const fault = { kind: 'error', code: 'ExpiredTokenException', message: 'The security token included in the request is expired' } as const;
  const { code, stderr, athena } = await cliWith({ ...WORLD, faults: [fault] });
  expect(code).toBe(2);
  expect(stderr).toMatch(/AWS does not take the credentials, or not in this region, .*: ExpiredTokenException: The security token/);
  expect(athena.calls).toHaveLength(1);
});
