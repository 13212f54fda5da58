import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { buildSync, transformSync } from 'esbuild';

const OUTFILE = 'command/bin/athena-session-monitor.js';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('command/bin', { recursive: true, force: true });

// One file with everything: npx has nothing else to install.
buildSync({
  entryPoints: ['command/cli.ts'],
  outfile: OUTFILE,
  bundle: true,
  minify: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'], // unused code of ES modules can be dropped
  define: {
    'VERSION': JSON.stringify(version),
    'LAMBDA_CHILD': JSON.stringify(transformSync(readFileSync('rehearsal/lambda-child.mjs', 'utf8'), { minify: true, format: 'esm', legalComments: 'none' }).code),
    // The SDK warns that its later versions will not run on Node 20. Users of the bundle do not install them.
    'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"',
  },
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync(OUTFILE, 0o755);
