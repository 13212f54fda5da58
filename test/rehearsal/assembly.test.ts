import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  App, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, aws_lambda as lambda, aws_sns as sns, CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer, type IStackSynthesizer, LegacyStackSynthesizer, NestedStack, Stack, Stage,
} from 'aws-cdk-lib';
import { stringify } from 'yaml';
import { byEnvironment, missingContext, readAssembly, readTemplate } from '../../rehearsal/assembly';
import { AthenaSessionMonitor, WorkGroupSelection } from '../../src';

const PARIS = { account: '111122223333', region: 'eu-west-3' };
const SIMULATED = { account: '123456789012', region: 'us-east-1' };

let folder: string;
let assembly: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'assembly-test-'));
  assembly = synthesized();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An app with monitors in a stack, a nested stack and a stage, a shared topic, and much else. */
function synthesized(): string {
  const app = new App({ outdir: path.join(folder, 'cdk.out'), context: { 'aws:cdk:enable-path-metadata': true } });
  const shared = new Stack(app, 'Shared');
  const alerts = new sns.Topic(shared, 'Alerts', { enforceSSL: true });
  const monitoring = new Stack(app, 'Monitoring', { stackName: 'team-monitoring' });
  const monitor = new AthenaSessionMonitor(monitoring, 'Sessions', { workGroups: WorkGroupSelection.named('analytics'), alarmActions: [new actions.SnsAction(alerts)] });
  monitor.notify('Messages', alerts);
  new lambda.Function(monitoring, 'Other', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1') });
  new cloudwatch.CfnAlarm(monitoring, 'Cpu', { namespace: 'AWS/EC2', metricName: 'CPUUtilization', comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1 });
  const nested = new NestedStack(new Stack(app, 'Parent'), 'Nested');
  const inner = new AthenaSessionMonitor(nested, 'Inner', { workGroups: WorkGroupSelection.named('etl'), metricNamespace: 'Etl' });
  inner.notify('Messages', alerts);
  const prod = new Stage(app, 'Prod', { env: PARIS });
  new AthenaSessionMonitor(new Stack(prod, 'Monitoring'), 'Sessions', { workGroups: WorkGroupSelection.all() });
  app.synth();
  return path.join(folder, 'cdk.out');
}

test('every monitor of the app is read, with its code and its environment', () => {
  const stacks = readAssembly(assembly);
  const monitors = stacks.flatMap(({ name, path: stackPath, environment, functions, schedules }) => functions.map(one => ({
    name,
    stackPath,
    environment,
    region: one.region,
    workGroups: one.environment.WORK_GROUPS ?? one.environment.WORK_GROUP_PATTERNS,
    schedules: schedules.length,
  })));
  expect(monitors).toEqual([
    { name: 'team-monitoring', stackPath: 'Monitoring', environment: SIMULATED, region: 'us-east-1', workGroups: 'analytics', schedules: 1 },
    { name: 'Parent', stackPath: 'Parent', environment: SIMULATED, region: 'us-east-1', workGroups: 'etl', schedules: 1 },
    { name: 'Prod-Monitoring', stackPath: 'Prod/Monitoring', environment: PARIS, region: 'eu-west-3', workGroups: '*', schedules: 1 },
  ]);
  for (const { assetFolder, handler } of stacks.flatMap(({ functions }) => functions)) {
    expect(readFileSync(path.join(assetFolder, 'index.js'), 'utf8')).toContain('handler');
    expect(handler).toBe('index.handler');
  }
  expect(stacks.flatMap(({ notSimulated }) => notSimulated)).toEqual([]);
  expect(stacks.flatMap(({ alarms }) => alarms).map(({ label }) => label)).not.toContain('Cpu');
});

test('alarms are named by their construct paths without the stack', () => {
  const labels = (name: string) => readAssembly(assembly).find(stack => stack.name === name)!.alarms.map(({ label }) => label);
  expect(labels('team-monitoring')).toContain('Sessions/Idle-analytics');
  expect(labels('Parent')).toContain('Nested/Inner/Idle-etl');
  expect(labels('Prod-Monitoring')).toContain('Sessions/Idle');
});

test('rules send to a topic of another stack, also from a nested one', () => {
  const [shared, monitoring, parent] = readAssembly(assembly);
  const [topic] = shared!.topics;
  expect([monitoring, parent].map(stack => stack!.rules.flatMap(({ targets }) => targets.map(target => target.topic)))).toEqual([[topic], [topic]]);
  expect(topic).toMatchObject({ label: 'Alerts', path: 'Shared/Alerts' });
});

test('stacks are grouped by account and region', () => {
  expect(byEnvironment(readAssembly(assembly)).map(stacks => stacks.map(({ path: stackPath }) => stackPath))).toEqual([['Shared', 'Monitoring', 'Parent'], ['Prod/Monitoring']]);
});

test('a template is read with what belongs to it in its folder', () => {
  const [stack, ...others] = readTemplate(path.join(assembly, 'Monitoring.template.json'));
  expect(others).toEqual([]);
  expect(stack).toMatchObject({ name: 'team-monitoring', path: 'Monitoring', functions: [{ environment: { WORK_GROUPS: 'analytics' } }] });
  expect(stack!.rules[0]!.targets[0]!.topic.label).toBe('Alerts');
  const [stage] = readdirSync(assembly).filter(name => name.startsWith('assembly-'));
  const [template] = readdirSync(path.join(assembly, stage!)).filter(name => name.endsWith('.template.json'));
  expect(readTemplate(path.join(assembly, stage!, template!))[0]).toMatchObject({ path: 'Prod/Monitoring', environment: PARIS, functions: [expect.anything()] });
});

test.each(['beside its code', 'beside cdk.out'])('a template as "cdk synth" prints it is read %s', where => {
  const alone = mkdtempSync(path.join(folder, 'alone-'));
  const assets = where === 'beside its code' ? alone : path.join(alone, 'cdk.out');
  mkdirSync(assets, { recursive: true });
  for (const asset of readdirSync(assembly).filter(name => /^asset\.[0-9a-f]+$/.test(name))) {
    cpSync(path.join(assembly, asset), path.join(assets, asset), { recursive: true });
  }
  const file = path.join(alone, 'printed.yaml');
  writeFileSync(file, stringify(JSON.parse(readFileSync(path.join(assembly, 'Monitoring.template.json'), 'utf8'))));
  const [stack] = readTemplate(file);
  expect(stack).toMatchObject({ name: 'printed', functions: [{ environment: { WORK_GROUPS: 'analytics' } }], schedules: [expect.anything()] });
});

test.each<[string, string | undefined, RegExp]>([
  ['is missing', undefined, /^\S+file: there is no such file$/],
  ['is no template', '{"name":"package"}', /^\S+file is not a CloudFormation template \(it has no Resources\): pass one that "cdk synth" writes, such as cdk\.out\/Stack\.template\.json$/],
  ['is empty', '', /is not a CloudFormation template \(it has no Resources\)/],
  ['is no YAML', 'Resources: [', /is not a CloudFormation template \(.*\): pass one/],
  ['has short forms', 'Resources: { A: { Type: x, Properties: { B: !Ref C } } }', /is not a CloudFormation template \(Unresolved tag: !Ref\): pass one/],
])('a template that %s is an error in one line', (_, content, message) => {
  const file = path.join(mkdtempSync(path.join(folder, 'faulty-')), 'file');
  if (content !== undefined) {
    writeFileSync(file, content);
  }
  expect(() => readTemplate(file)).toThrow(message);
});

test('a folder is neither a template nor, without a manifest, an assembly', () => {
  expect(() => readTemplate(folder)).toThrow(`${folder} is a folder: pass a template in it, or the folder itself with --app`);
  expect(() => readAssembly(folder)).toThrow(`${folder} has no manifest.json, so it is no cloud assembly: run "cdk synth", and pass the folder that it writes, such as cdk.out`);
});

test('an assembly whose code was deleted, or that is not JSON, is an error in one line', () => {
  const copy = path.join(mkdtempSync(path.join(folder, 'copy-')), 'cdk.out');
  cpSync(assembly, copy, { recursive: true });
  const { assetFolder } = readAssembly(copy)[1]!.functions[0]!;
  expect(existsSync(assetFolder)).toBe(true);
  renameSync(assetFolder, `${assetFolder}-away`);
  expect(() => readAssembly(copy)).toThrow(/^the code of function Monitoring\/Sessions\/\S+ is missing: there is no asset\.[0-9a-f]+ beside the template;/);
  writeFileSync(path.join(copy, 'manifest.json'), '{');
  expect(() => readAssembly(copy)).toThrow(/manifest\.json cannot be read \(.*\): run "cdk synth" again$/);
});

test('assets may be where they are written', () => {
  const outdir = path.join(mkdtempSync(path.join(folder, 'unstaged-')), 'cdk.out');
  const app = new App({ outdir, context: { 'aws:cdk:disable-asset-staging': true } });
  new AthenaSessionMonitor(new Stack(app, 'Monitoring'), 'Sessions');
  app.synth();
  expect(readdirSync(outdir).filter(name => name.startsWith('asset.'))).toEqual([]);
  expect(readAssembly(outdir)[0]!.functions).toHaveLength(1);
});

test.each<[string, IStackSynthesizer]>([
  ['with a prefix', new DefaultStackSynthesizer({ bucketPrefix: 'team-' })],
  ['in parameters', new LegacyStackSynthesizer()],
  ['of the CLI\'s credentials', new CliCredentialsStackSynthesizer()],
])('assets may be named by other synthesizers: %s', (_, synthesizer) => {
  const outdir = path.join(mkdtempSync(path.join(folder, 'synthesizer-')), 'cdk.out');
  const app = new App({ outdir });
  new AthenaSessionMonitor(new NestedStack(new Stack(app, 'Monitoring', { synthesizer }), 'Nested'), 'Sessions');
  app.synth();
  expect(readAssembly(outdir)[0]!.functions).toHaveLength(1);
});

test('what CDK could not look up', () => {
  const looking = mkdtempSync(path.join(folder, 'looking-'));
  writeFileSync(path.join(looking, 'manifest.json'), JSON.stringify({ artifacts: {}, missing: [{ provider: 'vpc-provider' }, { provider: 'ami' }, { provider: 'vpc-provider' }] }));
  expect(missingContext(looking)).toEqual(['vpc-provider', 'ami']);
  expect(missingContext(assembly)).toEqual([]);
});
