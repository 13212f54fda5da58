import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

let folder: string;
beforeAll(() => folder = mkdtempSync(path.join(tmpdir(), 'cli-test-')));
afterAll(() => rmSync(folder, { recursive: true }));

async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const env = { ...process.env, NO_COLOR: '1' };
    const child = execFile(path.join(ROOT, 'node_modules', '.bin', 'tsx'), [path.join(ROOT, 'rehearsal', 'cli.ts'), ...args], { cwd: ROOT, env },
      (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr }));
  });
}

function file(name: string, content: string): string {
  const created = path.join(folder, name);
  writeFileSync(created, content);
  return created;
}

const QUIET = 'title: Quiet\nfrom: 13:00\nto: 13:10\nworkGroups: [{ name: etl-production, engine: Apache Spark version 3.5 }]\n';

test('--help shows the usage', async () => {
  const { code, stdout } = await cli('--help');
  expect(code).toBe(0);
  expect(stdout).toContain('npm run rehearse -- my.yaml');
  expect(stdout).toContain('npm run rehearse -- --dashboard page.html');
});

test('a story that does not end as expected has exit code 1', async () => {
  const good = file('good.yaml', `${QUIET}expect: {}\n`);
  const bad = file('bad.yaml', `${QUIET}expect: { failedRuns: 1 }\n`);
  const { code, stdout } = await cli(bad, good);
  expect(code).toBe(1);
  expect(stdout).toContain('bad.yaml:5:23: expected 1 failed runs, there were 0');
  expect(stdout).toContain('the story ended as the scenario expects');
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
});

test('--dashboard writes a page with the dashboards of the example for each story', async () => {
  const quiet = file('quiet.yaml', `${QUIET}expect: {}\n`);
  const other = file('other.yaml', `${QUIET.replace('Quiet', '<Other>')}expect: {}\n`);
  const written = path.join(folder, 'page.html');
  expect(await cli('--dashboard', written, quiet, other)).toMatchObject({ code: 0, stdout: expect.stringContaining(`the dashboards are in ${written}\n`) });
  const titles = [...readFileSync(written, 'utf8').matchAll(/<h1>(.*?)<\/h1>|<div class="bar"><h2>(.*?)<\/h2>/g)].map(([, story, dashboard]) => story ?? dashboard);
  const dashboards = ['AthenaSessions/Sessions/Dashboard', 'AthenaSessions/Production/Dashboard'];
  expect(titles).toEqual(['Quiet', ...dashboards, '&#60;Other&#62;', ...dashboards]);
});

test('--dashboard overwrites no scenario, and plays nothing then', async () => {
  const { code, stderr, stdout } = await cli('--dashboard', 'story.yaml');
  expect(code).toBe(2);
  expect(stderr).toContain('--dashboard needs a file to write, such as page.html, got story.yaml\n');
  expect(stdout).toBe('');
  expect(existsSync(path.join(ROOT, 'story.yaml'))).toBe(false);
});

test.each([
  ['a file that does not exist', () => path.join(folder, 'none.yaml'), 'none.yaml: there is no such file'],
  ['an unknown option', () => '--fast', 'there is no option --fast'],
])('%s is an error, without a stack trace', async (_, argument, message) => {
  const { code, stderr } = await cli(argument());
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
});
