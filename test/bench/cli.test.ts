import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = path.join(__dirname, '..', '..');
const bench = (...args: string[]) => spawnSync('npx', ['tsx', 'bench/cli.ts', ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });

test('runs the rounds of scenarios, and writes a table and a file', () => {
  const file = path.join(folder, 'results.json');
  const { status, stdout, stderr } = bench('--scenario', 'cold-start', '--scenario', 'bytes', '--rounds', '2', '--output', file);
  expect(stderr).toContain('cold-start: round 2 of 2, collector');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^scenario +subject +calls/m);
  expect(stdout).toMatch(/^cold-start +collector +6 +0 +0/m);
  expect(stdout).toMatch(/^bundle +≤ 200 KB +[\d.]+ +met$/m);
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

test.each([
  [['--scenario', 'sunrise'], /--scenario must be one of .*cold-start.*, received sunrise/],
  [['--rounds', '0'], /--rounds must be a whole number, at least 1, received 0/],
  [['--speed', '9'], /Unknown option '--speed'/],
])('rejects %j', (args, text) => {
  const { status, stderr } = bench(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(text);
});

test('--list lists the scenarios', () => {
  const { status, stdout } = bench('--list');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^rate-limited +100 workgroups/m);
});
