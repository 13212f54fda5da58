import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/**
 * What the library is built on and checked by. It is developed with the oldest releases that it works with; this takes the newest
 * ones, or those that are asked for: `npm run test:newest -- aws-cdk-lib@2.260.0`.
 */
const PACKAGES = ['aws-cdk-lib', 'constructs', 'cdk-nag'];

/** The tests of the constructs, and of the rehearsal of what they make. The collector knows nothing of CDK. */
const TESTS = ['test/[^/]*\\.test\\.ts$', 'test/(alarms|dashboard|rehearsal)/'];

function main(asked: string[]): void {
  const unknown = asked.find((spec) => !PACKAGES.includes(nameOf(spec)));
  if (unknown !== undefined) {
    throw new Error(`only ${PACKAGES.join(', ')} can be asked for, received ${unknown}`);
  }
  const specs = PACKAGES.map((name) => asked.find((spec) => nameOf(spec) === name) ?? `${name}@latest`);

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
  // Nothing is left out, snapshots included: the newest CDK is to make the same template. Where it comes to make another one by
  // itself this fails, and somebody has to look at the difference.
  run('jest', '--ci', ...TESTS);
  console.log(`\nCompiles, and passes the tests of constructs and rehearsal with the same snapshots, with ${used}.`);
}

/** What git knows of, or would know of. */
function copyRepository(folder: string): void {
  const { stdout, status } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) {
    throw new Error('git could not tell which files belong to the repository');
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
