import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type AppOptions, synthesize } from '../../rehearsal/synthesis';

/** An app that writes what it is given. */
const APP = `
  const { CDK_OUTDIR: out, CDK_CONTEXT_JSON: json, CONTEXT_OVERFLOW_LOCATION: file, CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const fs = require('fs');
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(out + '/manifest.json', JSON.stringify({ context: JSON.parse(json ?? fs.readFileSync(file, 'utf8')), account, region, overflows: json === undefined }));`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'synthesis-test-'));
});
afterEach(() => {
  delete process.env.CDK_DEFAULT_REGION;
  rmSync(folder, { recursive: true });
});

function write(file: string, content: unknown): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

async function synthesized(options: AppOptions = {}): Promise<any> {
  const output = await synthesize({ folder, homeFolder: path.join(folder, 'home'), ...options }, path.join(folder, 'work'));
  return JSON.parse(readFileSync(path.join(output, 'manifest.json'), 'utf8'));
}

test('the app of cdk.json runs in its folder, with the context that the CDK CLI gives it', async () => {
  write('cdk.json', { app: 'node app.js', context: { greeting: 'hello', both: 'cdk.json' } });
  write('cdk.context.json', { 'vpc-provider:x': { vpcId: 'vpc-1' }, 'both': 'cdk.context.json' });
  write('app.js', APP);
  expect(await synthesized({ context: { given: 'yes' } })).toEqual({
    context: { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true, 'greeting': 'hello', 'both': 'cdk.json', 'vpc-provider:x': { vpcId: 'vpc-1' }, 'given': 'yes' },
    account: '123456789012',
    region: 'us-east-1',
    overflows: false,
  });
});

test('--app, --context and the environment win over cdk.json', async () => {
  write('cdk.json', { app: 'node other.js', build: 'exit 1', context: { greeting: 'hello' } });
  write('app.js', APP);
  process.env.CDK_DEFAULT_REGION = 'eu-west-1';
  const { context, region } = await synthesized({ app: 'node app.js', context: { greeting: 'good evening' }, stacks: ['Prod/*'] });
  expect({ context, region }).toMatchObject({ context: { 'greeting': 'good evening', 'aws:cdk:bundling-stacks': ['Prod/*'] }, region: 'eu-west-1' });
});

test('the app is built first if cdk.json says how', async () => {
  write('cdk.json', { app: 'app.js', build: 'cp source.js app.js' }); // a file of JavaScript is run by Node
  write('source.js', APP);
  expect(await synthesized()).toMatchObject({ account: '123456789012' });
});

test('cdk.json may have a list of words as its app, and a byte order mark', async () => {
  write('cdk.json', `\ufeff${JSON.stringify({ app: ['node', 'app.js'] })}`);
  write('app.js', APP);
  expect(await synthesized()).toMatchObject({ account: '123456789012' });
});

test('a context that is too long for the environment is written to a file', async () => {
  write('cdk.json', { app: 'node app.js' });
  write('cdk.context.json', { long: 'x'.repeat(200_000) });
  write('app.js', APP);
  const { context, overflows } = await synthesized();
  expect([context.long.length, overflows]).toEqual([200_000, true]);
});

test('the user\'s own .cdk.json is read, too', async () => {
  write('home/.cdk.json', { app: 'node app.js', context: { mine: true } });
  write('app.js', APP);
  expect(await synthesized()).toMatchObject({ context: { mine: true } });
});

test('a folder is an assembly already', async () => {
  write('out/manifest.json', { is: 'written' });
  expect(await synthesized({ app: 'out' })).toEqual({ is: 'written' });
});

test.each<[string, { [file: string]: unknown }, RegExp]>([
  ['no cdk.json', {}, /^there is no \S*cdk\.json: run this in the folder of the app, or pass its command, such as --app 'npx tsx app\.ts', or --template FILE$/],
  ['a cdk.json without an app', { 'cdk.json': {} }, /cdk\.json has no "app": pass the app's command/],
  ['a cdk.json with an empty app', { 'cdk.json': { app: '' } }, /cdk\.json has no "app": pass the app's command/],
  ['a cdk.json with an app that is no command', { 'cdk.json': { app: { ts: 'app.ts' } } }, /^"app" in cdk\.json must be a command, such as "npx tsx app\.ts", got \{"ts":"app\.ts"\}$/],
  ['a cdk.json with a build that is no command', { 'cdk.json': { app: 'true', build: [1] } }, /^"build" in cdk\.json must be a command, such as .*, got \[1\]$/],
  ['a cdk.json that is not JSON', { 'cdk.json': '{' }, /cdk\.json is not JSON: /],
  ['an app that fails', { 'cdk.json': { app: 'node app.js' }, 'app.js': 'throw new Error("interval must divide an hour");' },
    /^the app does not synthesize: node app\.js ended with exit code 1\n[^]*interval must divide an hour/],
  ['an app that writes nothing', { 'cdk.json': { app: 'node app.js' }, 'app.js': '' }, /^the app does not synthesize: node app\.js wrote no cloud assembly; does it call app\.synth\(\)\?$/],
  ['a build that fails', { 'cdk.json': { app: 'true', build: 'exit 4' } }, /^the app does not synthesize: exit 4 ended with exit code 4$/],
])('%s is an error', async (_, files, message) => {
  Object.entries(files).forEach(([file, content]) => write(file, content));
  await expect(synthesized()).rejects.toThrow(message);
});
