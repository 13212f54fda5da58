import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fakeNpx } from '../support/fake-npx';

const folder = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
const npx = fakeNpx(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const root = path.join(__dirname, '..', '..');
const cli = (cwd: string, env: NodeJS.ProcessEnv, ...args: string[]) =>
  spawnSync(path.join(root, 'node_modules', '.bin', 'tsx'), ['bench/cli.ts', ...args], { cwd, encoding: 'utf8', env });
/** Without building the library, which the tests have built. */
const bench = (...args: string[]) => cli(root, { ...process.env, NO_COLOR: '1' }, '--no-build', ...args);
const benchThatBuilds = (...args: string[]) => cli(root, npx.env, ...args);

test('runs the rounds of scenarios, and writes a table and a file', () => {
  const file = path.join(folder, 'results.json');
  const { status, stdout, stderr } = bench('--scenario', 'cold-start', '--scenario', 'bytes', '--rounds', '2', '--output', file);
  expect(stderr).toContain('cold-start: round 2 of 2, collector');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^scenario +subject +calls/m);
  expect(stdout).toMatch(/^cold-start +collector +6 +0 +0/m);
  expect(stdout).toMatch(/^bundle +≤ 260 KB +[\d.]+ +met$/m);
  const { rows, goals } = JSON.parse(readFileSync(file, 'utf8'));
  expect(rows.map(({ subject, rounds, voids }: { subject: string; rounds: number; voids: string[] }) => [subject, rounds, voids])).toEqual([
    ['collector', 2, []], ['script without PutMetricData', 2, []], ['empty handler', 2, []],
  ]);
  expect(goals).toHaveLength(1);
});

test('the handwritten stack equals the monitor\'s', () => {
  const { stdout, stderr } = bench('--scenario', 'synth', '--rounds', '1', '--output', path.join(folder, 'synth.json'));
  expect(stderr).not.toContain('differs');
  expect(stdout).toContain('synth of a stack');
});

test('a goal that is not met has exit code 1', () => {
  const copy = path.join(folder, 'copy');
  mkdirSync(copy);
  ['bench', 'rehearsal', 'projenrc', 'assets', 'package.json'].forEach((part) => cpSync(path.join(root, part), path.join(copy, part), { recursive: true }));
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  appendFileSync(path.join(copy, 'assets', 'collector', 'index.js'), `// ${'x'.repeat(100_000)}\n`);
  const { status, stdout } = cli(copy, { ...process.env, NO_COLOR: '1' }, '--no-build', '--scenario', 'bytes');
  expect(stdout).toMatch(/^bundle +≤ 260 KB +3\d\d\.\d +NOT MET$/m);
  expect(status).toBe(1);
});

test.each<[string[], RegExp]>([
  [['--scenario', 'sunrise'], /^--scenario must be one of .*cold-start.*, received sunrise\n$/],
  [['--rounds', '0'], /^--rounds must be a whole number, at least 1, received 0\n$/],
  [['--speed', '9'], /^Unknown option '--speed'; see --help\n$/],
  [['bytes'], /^Unexpected argument 'bytes'; see --help\n$/],
  [['--output'], /^Option '--output <value>' argument missing; see --help\n$/],
])('%j has exit code 2 and one line, and builds nothing', (args, text) => {
  const { status, stdout, stderr } = benchThatBuilds(...args);
  expect(stderr).toMatch(text);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(npx.calls()).toEqual([]);
});

test('the scenarios are listed, and nothing is built', () => {
  const { status, stdout } = benchThatBuilds('--list');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^rate-limited +100 workgroups/m);
  expect(npx.calls()).toEqual([]);
});

test('--help shows the options and the exit codes, and builds nothing', () => {
  const { status, stdout } = benchThatBuilds('--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ {2}--scenario NAME/m);
  expect([...stdout.matchAll(/^ {2}(\d) {3}\w/gm)].map(([, digit]) => digit)).toEqual(['0', '1', '2']);
  expect(npx.calls()).toEqual([]);
});

test('a library that cannot be built has exit code 2, and says why', () => {
  const { status, stderr } = benchThatBuilds('--scenario', 'bytes', '--output', path.join(folder, 'unbuilt.json'));
  expect(stderr).toContain('the library cannot be built: npx projen build:library\nTS2322: broken\n');
  expect(status).toBe(2);
  expect(npx.calls()).toEqual(['projen build:library']);
});

test('npm run keeps the exit code', () => {
  expect(spawnSync('npm', ['run', '--silent', 'bench', '--', '--speed', '9'], { cwd: root })).toMatchObject({ status: 2 });
});
