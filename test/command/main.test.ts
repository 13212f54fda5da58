import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { BUNDLE, ENVIRONMENT, ROOT, runBundle, session, simulatedAthena } from './support';
import { NODES } from '../support/stage';

const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

test('--help lists the verbs, and --version tells the library\'s version', async () => {
  expect(await runBundle(['--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ {2}scan +show which sessions.*\n {2}probe +find out what AWS does not document/m) });
  expect(await runBundle(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each(['scan', 'probe'])('%s --help names every option in lines of at most 132 columns', async (verb) => {
  const { code, stdout } = await runBundle([verb, '--help']);
  expect(code).toBe(0);
  const source = readFileSync(path.join(ROOT, 'command', verb, 'options.ts'), 'utf8');
  const options = [...source.matchAll(/^ {4}'([a-z-]+)': \{ type/gm)].map(([, name]) => name);
  expect(options.length).toBeGreaterThan(8);
  options.forEach((name) => expect(stdout).toMatch(new RegExp(`^  --${name} `, 'm')));
  expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(132);
});

test.each([
  [[], 'a verb is missing: scan, probe, rehearse; see --help\n'],
  [['destroy'], 'the verb must be one of: scan, probe, rehearse, received "destroy"; see --help\n'],
  [['toString'], 'the verb must be one of: scan, probe, rehearse, received "toString"; see --help\n'],
])('%j exits with code 2', async (args, stderr) => {
  expect(await runBundle(args)).toEqual({ code: 2, stdout: '', stderr });
});

test.each(NODES)('runs on %s without a warning', async (nodePath) => {
  const athena = await simulatedAthena({ workGroups: { analytics: { sessions: [session('idle-1', 'IDLE')] } } });
  const { code, stdout, stderr } = await runBundle(['scan', '--details'], { AWS_ENDPOINT_URL_ATHENA: athena.url, AWS_ENDPOINT_URL_STS: athena.url }, nodePath);
  expect(stdout).toContain('idle-1');
  expect(stderr).toMatch(/^details are missing: tags, as the account is unknown [^\n]*\n$/); // it is not STS that answers
  expect(code).toBe(0);
});

async function inShell(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const sessions = Array.from({ length: 3000 }, (_, index) => session(`s${index}`, 'IDLE'));
  const athena = await simulatedAthena({ workGroups: { analytics: { sessions } } });
  const env = { ...ENVIRONMENT, AWS_ENDPOINT_URL_ATHENA: athena.url, NODE: process.execPath, BUNDLE };
  return new Promise((resolve) => {
    const child = execFile('bash', ['--norc', '-o', 'pipefail', '-c', command], { env }, (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr }));
  });
}

test('a reader that closes the pipe is no error', async () => {
  const { code, stdout, stderr } = await inShell('"$NODE" "$BUNDLE" scan --rate 1000 | head -n 1');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^us-east-1: 3000 live sessions[^\n]*\n$/);
});

test('a reader that closes the pipe of the probe is no error', async () => {
  const { code, stdout, stderr } = await inShell('"$NODE" "$BUNDLE" probe --rate 1000 --pages 1 | head -n 1');
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: 'What AWS does not document about Athena sessions\n', stderr: '' }); // there is no Service Quotas
});

test('a reader that closes the pipe does not hide that a condition is met', async () => {
  const { code, stderr } = await inShell('"$NODE" "$BUNDLE" scan --rate 1000 --fail-on "idle>1" | true');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^idle>1 is met by 3000 sessions: [^\n]*\n$/);
});

const full = existsSync('/dev/full') ? test : test.skip;
full('a result that cannot be written is no answer', async () => {
  const { code, stderr } = await inShell('"$NODE" "$BUNDLE" scan --rate 1000 > /dev/full');
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'the result cannot be written (ENOSPC: no space left on device, write)\n' });
});
