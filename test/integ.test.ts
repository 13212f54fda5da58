import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { withoutVisible } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const APPS = readdirSync(__dirname).filter((file) => /^integ\.(?!test\.).+\.ts$/.test(file));
/** The feature flags with which integ-runner synthesizes apps. */
const FLAGS = readFileSync(path.join(ROOT, 'node_modules', '@aws-cdk', 'integ-runner', 'lib', 'recommended-feature-flags.json'), 'utf8');

let folder: string;
beforeAll(() => folder = mkdtempSync(path.join(tmpdir(), 'integ-')));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * The templates and test cases of a cloud assembly, by file name. Excludes what changes with versions: the hashes of assets, the version
 * of the assembly's format, and the Node version of CDK's assertion functions.
 */
function readAssembly(assembly: string): { [file: string]: unknown } {
  const read = (file: string) => JSON.parse(withoutVisible(readFileSync(path.join(assembly, file), 'utf8'))
    .replace(/[0-9a-f]{64}/g, 'hash')
    .replace(/nodejs\d+\.x/g, (runtime) => file.includes('DeployAssert') ? 'nodejs' : runtime));
  const templates = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return { ...Object.fromEntries(templates.map((file) => [file, read(file)])), testCases: read('integ.json').testCases };
}

test('there are integration tests for named and for found workgroups', () => {
  expect(APPS).toEqual(['integ.found.ts', 'integ.named.ts']);
});

// Compares all stacks. integ-runner compares only the stack of the monitor.
test.each(APPS)('the snapshot of %s is up to date', async (app) => {
  const assembly = path.join(folder, app);
  await promisify(execFile)(path.join(ROOT, 'node_modules', '.bin', 'tsx'), [path.join(__dirname, app)], {
    cwd: ROOT,
    env: { ...process.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: FLAGS, CDK_INTEG_ACCOUNT: '12345678' },
  });
  const actual = readAssembly(assembly);
  expect(Object.keys(actual)).toHaveLength(3);
  try {
    expect(actual).toEqual(readAssembly(path.join(__dirname, `${app}.snapshot`)));
  } catch (error) {
    throw new Error(`the template differs from the snapshot. If this is intended, run "npm run integ:update" and commit the result.\n\n${(error as Error).message}`);
  }
});
