import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

/** An `npx` that notes what it was called with and fails, first on the PATH: with it nothing is built. */
export function fakeNpx(folder: string): { env: NodeJS.ProcessEnv; calls(): string[] } {
  const bin = path.join(folder, 'bin');
  const log = path.join(folder, 'npx.log');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'npx'), `#!/bin/sh\necho "$*" >> '${log}'\necho 'TS2322: broken'\nexit 1\n`, { mode: 0o755 });
  return {
    env: { ...process.env, NO_COLOR: '1', PATH: `${bin}${path.delimiter}${process.env.PATH}` },
    calls: () => existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [],
  };
}
