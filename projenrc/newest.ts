import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/**
 * The packages to update. The library is developed with the oldest supported releases. This script tests it with the newest ones, or
 * with given versions: `npm run test:newest -- aws-cdk-lib@2.260.0`.
 */
const PACKAGES = ['aws-cdk-lib', 'constructs', 'cdk-nag'];

/** The tests of the constructs and the rehearsal. The collector does not depend on CDK. */
const TESTS = ['test/[^/]*\\.test\\.ts$', 'test/(alarms|dashboard|rehearsal)/'];

function main(requested: string[]): void {
  const unknown = requested.find((spec) => !PACKAGES.includes(nameOf(spec)));
  if (unknown !== undefined) {
    throw new Error(`each argument must be one of ${PACKAGES.join(', ')}, with an optional version, received ${unknown}`);
  }
  const specs = PACKAGES.map((name) => requested.find((spec) => nameOf(spec) === name) ?? `${name}@latest`);

  const copy = mkdtempSync(path.join(tmpdir(), 'newest-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
  copyRepository(copy);

  const run = (command: string, ...args: string[]) => runIn(copy, path.join(copy, 'node_modules', '.bin', command), args);
  runIn(copy, 'npm', ['install', '--prefix', copy, '--save-dev', '--save-exact', '--no-audit', '--no-fund', ...specs]);
  const used = PACKAGES.map((name) => `${name} ${versionOf(copy, name)}`).join(', ');
  console.log(`\nWith ${used}, on Node ${process.versions.node}:`);
  run('projen', 'build:library');
  run('tsc', '--noEmit', '-p', 'tsconfig.dev.json');
  // Includes snapshots: the newest CDK must produce the same template. If it does not, somebody has to look at the difference.
  run('jest', '--ci', ...TESTS);
  console.log(`\nThe library compiles and passes the tests of constructs and rehearsal, with the same snapshots, with ${used}.`);
}

/** Copies the files that are tracked, or that are new and not ignored. */
function copyRepository(folder: string): void {
  const { stdout, status } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) {
    throw new Error('git could not list the files of the repository');
  }
  for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(name))) {
    cpSync(file, path.join(folder, file));
  }
}

function runIn(folder: string, command: string, args: string[]): void {
  console.log(`\n$ ${path.basename(command)} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`${path.basename(command)} ${args[0]} failed${error ? `: ${error.message}` : ''}`);
  }
}

function versionOf(folder: string, name: string): string {
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function nameOf(spec: string): string {
  return spec.split('@')[0]!;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
}
