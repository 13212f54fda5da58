import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fakeNpx } from '../support/fake-npx';

const ROOT = path.join(__dirname, '..', '..');
const TSX = path.join(ROOT, 'node_modules', '.bin', 'tsx');

let folder: string;
let npx: ReturnType<typeof fakeNpx>;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-test-'));
  npx = fakeNpx(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise(resolve => {
    const child = execFile(program, args, { cwd: ROOT, env }, (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr }));
  });
}

/** Without building the library, which the tests have built. */
const cli = (...args: string[]) => run(TSX, ['rehearsal/cli.ts', '--no-build', ...args], { ...process.env, NO_COLOR: '1' });
const cliThatBuilds = (...args: string[]) => run(TSX, ['rehearsal/cli.ts', ...args], npx.env);

function file(name: string, content: string): string {
  const created = path.join(folder, name);
  writeFileSync(created, content);
  return created;
}

const QUIET = 'title: Quiet\nfrom: 13:00\nto: 13:10\nworkGroups: [{ name: etl-production, engine: Apache Spark version 3.5 }]\n';

test.each(['--help', '-h'])('%s shows the options and the exit codes, and builds nothing', async option => {
  const { code, stdout } = await cliThatBuilds('story.yaml', option);
  expect(code).toBe(0);
  expect(stdout).toContain('npm run rehearse -- [options] [scenario.yaml ...]\n');
  expect(stdout).toMatch(/^ {2}--report FILE/m);
  expect([...stdout.matchAll(/^ {2}(\d) {3}\w/gm)].map(([, digit]) => digit)).toEqual(['0', '1', '2']);
  expect(npx.calls()).toEqual([]);
});

test('a story that does not end as expected has exit code 1, whatever the others do', async () => {
  const good = file('good.yaml', `${QUIET}expect: {}\n`);
  const bad = file('bad.yaml', `${QUIET}expect: { failedRuns: 1 }\n`);
  const { code, stdout } = await cli(bad, good);
  expect(code).toBe(1);
  expect(stdout).toContain('bad.yaml:5:23: expected 1 failed runs, there were 0');
  expect(stdout).toContain('the story ended as the scenario expects');
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
});

test('--report writes a page with each story, and the dashboards of its app', async () => {
  const quiet = file('quiet.yaml', `${QUIET}expect: {}\n`);
  const other = file('other.yaml', `${QUIET.replace('Quiet', '<Other>')}expect: {}\n`);
  const written = path.join(folder, 'page.html');
  expect(await cli('--report', written, quiet, other)).toMatchObject({ code: 0, stdout: expect.stringContaining(`the report is in ${written}\n`) });
  const titles = [...readFileSync(written, 'utf8').matchAll(/<h2>(.*?)<\/h2>|<div class="bar"><h4>(.*?)<\/h4>/g)].map(([, story, dashboard]) => story ?? dashboard);
  const dashboards = ['AthenaSessions/Sessions/Dashboard', 'AthenaSessions/Production/Dashboard'];
  expect(titles).toEqual(['Quiet', ...dashboards, '&#60;Other&#62;', ...dashboards]);
});

test.each<[string, () => string[], string]>([
  ['an unknown option', () => ['--fast'], 'Unknown option \'--fast\'; see --help\n'],
  ['an option without its value', () => ['--report'], 'Option \'--report <value>\' argument missing; see --help\n'],
  ['a page that could be a scenario', () => ['--report', 'story.yaml'], '--report must be an HTML file such as page.html, received story.yaml\n'],
  ['a page in a folder that does not exist', () => ['--report', 'no/page.html'], '--report must be in a folder that exists, received no/page.html\n'],
  ['a scenario that does not exist', () => ['no.yaml'], 'no.yaml: there is no such file\n'],
  ['a scenario that is a folder', () => ['rehearsal'], 'rehearsal: cannot be read: EISDIR: illegal operation on a directory, read\n'],
  ['a faulty scenario', () => [file('faulty.yaml', `${QUIET}expect: {}\nform: 13:00\n`)], 'faulty.yaml:6:1: form is not known; allowed are '],
  ['a scenario that is not YAML', () => [file('broken.yaml', 'title: [')], 'broken.yaml:1:9: not valid YAML: '],
])('%s has exit code 2 and one line, and builds nothing', async (_, args, message) => {
  const { code, stdout, stderr } = await cliThatBuilds(...args());
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(npx.calls()).toEqual([]);
  expect(existsSync(path.join(ROOT, 'story.yaml'))).toBe(false);
});

test('a scenario that does not fit the app has exit code 2, and a line with its place', async () => {
  const { code, stderr } = await cli(file('other.yaml', `${QUIET}expect: { alarms: [{ alarm: Nothing, never: true }] }\n`));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^\S+other.yaml:5:29: there is no alarm Nothing; there are AthenaSessions\/Sessions\/.*\n$/);
});

test('a scenario without its app has exit code 2, and a line with its place; nothing is built', async () => {
  const { code, stderr } = await cliThatBuilds(file('lost.yaml', `app: ../no/app\n${QUIET}expect: {}\n`));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^\S+lost.yaml:1:6: app must be a folder with a cdk.json, relative to the scenario; got ..\/no\/app\n$/);
  expect(npx.calls()).toEqual([]);
});

test('each story is played against its own app', async () => {
  const mine = file('mine.yaml', `app: ${path.relative(folder, path.join(ROOT, 'examples', 'typescript', 'quota'))}\n${QUIET}expect: {}\n`);
  const { code, stdout } = await cli(mine, file('other.yaml', `${QUIET}expect: {}\n`));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^synthesising examples\/typescript\/quota\nsynthesising examples\/typescript\/quickstart\n\nQuiet /);
  expect([...stdout.matchAll(/^(\w+\/(?:Quota|Failed\S*)) /gm)].map(([, alarm]) => alarm)).toEqual(
    ['Sessions/Failed', 'Sessions/Quota', 'Sessions/Failed', 'Production/Failed-etl-production']);
}, 60_000);

test('a library that cannot be built has exit code 2, and says why', async () => {
  const { code, stderr, stdout } = await cliThatBuilds(file('quiet.yaml', `${QUIET}expect: {}\n`));
  expect(code).toBe(2);
  expect(npx.calls()).toEqual(['projen build:library']);
  expect(stderr).toContain('the library cannot be built: npx projen build:library\nTS2322: broken\n');
  expect(stderr).not.toContain('    at ');
  expect(stdout).toBe('');
});

test('npm run keeps the exit code', async () => {
  expect(await run('npm', ['run', '--silent', 'rehearse', '--', '--fast'], npx.env)).toMatchObject({ code: 2, stdout: '' });
});
