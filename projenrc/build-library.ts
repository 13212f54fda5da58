import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

const COMMAND = 'npx projen build:library';

/** Bundles the collector and compiles the library, for commands that use both. Its output is shown only if it fails. */
export function buildLibrary(): void {
  process.stderr.write('building the library\n');
  const { status, stdout, stderr } = spawnSync(COMMAND, { cwd: path.join(__dirname, '..'), shell: true, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`the library cannot be built: ${COMMAND}\n${stdout}${stderr}`.trim());
  }
}
