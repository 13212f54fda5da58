import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/**
 * Packs the command into the folder, from a copy with the library's version and license: the release changes only the version in the
 * library's package.json.
 */
const [destination = '.'] = process.argv.slice(2);
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

const copy = mkdtempSync(path.join(tmpdir(), 'athena-session-monitor-'));
try {
  cpSync('command/bin', path.join(copy, 'bin'), { recursive: true });
  cpSync('command/README.md', path.join(copy, 'README.md'));
  cpSync('LICENSE', path.join(copy, 'LICENSE'));
  writeFileSync(path.join(copy, 'package.json'), JSON.stringify({ ...read('command/package.json'), version: read('package.json').version }, undefined, 2));
  mkdirSync(destination, { recursive: true });
  execFileSync('npm', ['pack', copy, '--pack-destination', destination], { stdio: 'inherit' });
} finally {
  rmSync(copy, { recursive: true, force: true });
}
