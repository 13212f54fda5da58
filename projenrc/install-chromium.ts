import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, NO_CHROMIUM } from '../test/support/chromium';

// Tests open the rehearsal's report in Chromium. Build servers run them as root in a container that may have none.
const APT = '/usr/bin/apt-get';
const PACKAGES = ['chromium', 'fonts-dejavu-core'];

if (findChromium() === undefined && !process.env.CHROMIUM_PATH && process.getuid?.() === 0 && existsSync(APT)) {
  process.stdout.write('installing Chromium for the tests of the report\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...PACKAGES]]) {
    spawnSync(APT, ['-qq', ...args], { env, stdio: 'ignore', timeout: 300_000 });
  }
}
if (findChromium() === undefined) {
  process.stdout.write(`${NO_CHROMIUM}\n`); // as the tests do
}
