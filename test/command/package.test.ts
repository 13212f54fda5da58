import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { project } from './rehearse/support';
import { REGION, ROOT, session, simulatedAthena, temporaryFolder } from './support';

const run = promisify(execFile);

/** No registry can be reached, and nothing is cached. */
const offline = () => ({ npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: temporaryFolder(), npm_config_update_notifier: 'false' });

async function packed(): Promise<string> {
  const folder = temporaryFolder();
  await run(path.join(ROOT, 'node_modules', '.bin', 'tsx'), ['projenrc/pack-command.ts', folder], { cwd: ROOT, env: { ...process.env, ...offline() } });
  return path.join(folder, readdirSync(folder)[0]!);
}

test('the package has one file of code, a license and a README, and no dependencies', async () => {
  const tarball = await packed();
  const { stdout } = await run('tar', ['-tzf', tarball]);
  expect(stdout.split('\n').filter(Boolean).sort()).toEqual(['package/LICENSE', 'package/README.md', 'package/bin/athena-session-monitor.js', 'package/package.json']);
  const folder = temporaryFolder();
  await run('tar', ['-xzf', tarball, '-C', folder]);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package', 'package.json'), 'utf8'));
  const library = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({ name: 'athena-session-monitor', version: library.version, license: library.license, author: library.author });
  expect(Object.keys(manifest).filter((name) => /dependencies|scripts/i.test(name))).toEqual([]);
});

test('npx runs the package in an empty folder, without a registry', async () => {
  const athena = await simulatedAthena({ workGroups: { analytics: { sessions: [session('idle-1', 'IDLE')] } } });
  const tarball = await packed();
  const cwd = temporaryFolder();
  const env = {
    PATH: process.env.PATH, HOME: cwd, ...offline(), AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'P', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL_ATHENA: athena.url,
  };
  const { stdout } = await run('npx', ['--yes', '--package', tarball, 'athena-session-monitor', 'scan'], { cwd, env });
  expect(stdout).toMatch(/^us-east-1: 1 live session \(1 IDLE\) in 1 workgroup/);
  expect(stdout).toContain('idle-1');
  await expect(run('npx', ['--yes', '--package', tarball, 'athena-session-monitor', 'scan', '--quiet', '--fail-on', 'idle>=1'], { cwd, env })).rejects.toMatchObject({ code: 1 });
  expect(existsSync(path.join(cwd, 'package.json'))).toBe(false);
});

test('npx rehearses an app with the package, as --help says', async () => {
  const tarball = await packed();
  const cwd = project();
  const env = { PATH: process.env.PATH, HOME: cwd, ...offline() };
  const command = async (...args: string[]) => run('npx', ['--yes', '--package', tarball, 'athena-session-monitor', ...args], { cwd, env });
  const { stdout: help } = await command('rehearse', '--help');
  ['--app', '--report', '--save-story'].forEach((option) => expect(help).toContain(option));
  const { stdout } = await command('rehearse', '--app', 'node app.js', '--report', 'page.html', '--save-story', 'story.yaml');
  expect(stdout).toMatch(/^\d\d:\d\d {4}ALARM {2}Team\/Idle\/team-analytics /m);
  expect(stdout).toMatch(/^\d\d:\d\d {4}ALARM {2}Etl\/Failed-etl /m);
  expect(readFileSync(path.join(cwd, 'page.html'), 'utf8').startsWith('<!DOCTYPE html>')).toBe(true);
  await command('rehearse', '--quiet', 'story.yaml');
});
