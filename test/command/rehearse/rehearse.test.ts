import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { project, rehearsed } from './support';
import { BUNDLE, ROOT, runBundle } from '../support';

const QUIET_HOUR = 'title: Quiet\nfrom: 13:00\nto: 13:20\nworkGroups: [{ name: etl }, { name: team-a }]\n';

const oneLine = (text: string) => ({ code: 2, stdout: '', stderr: `${text}\n` });

describe('a story that is made from the template', () => {
  test('reaches the thresholds of each monitor, and tells whom it would page', async () => {
    const { code, stdout, stderr } = await rehearsed(project());
    expect(code).toBe(0);
    expect(stderr).toBe('To keep this story as a test, add --save-story story.yaml.\n');
    expect(stdout).toMatch(/^Each alarm, below its threshold and at it \(09:00 to \d\d:\d\d UTC\)\n/);
    for (const alarm of ['Team/Failed/team-analytics', 'Team/Idle/team-analytics', 'Team/Degraded/team-analytics', 'Etl/Failed-etl', 'Etl/Idle-etl', 'Etl/Degraded-etl']) {
      expect(stdout).toMatch(new RegExp(`^\\d\\d:\\d\\d    ALARM  ${alarm} `, 'm'));
      expect(stdout).toMatch(new RegExp(`^\\d\\d:\\d\\d    OK     ${alarm} `, 'm'));
    }
    expect(stdout).toMatch(/^\d\d:\d\d:20 to Alerts: Athena session idle for 30 min in team-analytics\. Session: team-analytics-idle-for-long\. /m);
    expect(stdout).not.toContain('Cpu');
    expect(stdout).not.toMatch(/ALARM .*briefly/);
    expect(stdout).toMatch(/^alarm +state +in ALARM +when$/m);
    expect(stdout).toContain('\nthe story was made from the template, and expects nothing\n');
  });

  test('can be kept as a test, which fails when a threshold changes', async () => {
    const folder = project();
    const saved = await rehearsed(folder, '--save-story', 'story.yaml');
    expect(saved).toMatchObject({ code: 0, stderr: 'the story is in story.yaml: change it, and play it with "athena-session-monitor rehearse story.yaml"\n' });
    const story = readFileSync(path.join(folder, 'story.yaml'), 'utf8');
    expect(story).toMatch(/^ {4}- alarm: Team\/Idle\n {6}contributor: team-analytics\n {6}raised: \[09:27, 09:37\]\n {6}cleared: \[\d\d:\d\d, \d\d:\d\d\]$/m);
    expect(story).toMatch(/^ {4}- topic: Alerts\n {6}sent: \[09:25, 09:36\]\n {6}contains: \[Athena session idle for 30 min in team-analytics, team-analytics-idle-for-long\]$/m);

    expect(await rehearsed(folder, '--quiet', 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = await rehearsed(folder, '--quiet', 'story.yaml', '--context', 'idle=45');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^the story "Each alarm, below its threshold and at it" did not end as it expects:\n {2}story\.yaml:\d+:7: Team\/Idle\/team-analytics should have been raised between 09:27 and 09:37; it was raised at 09:47$/m);
    expect(stderr).toMatch(/^ {2}story\.yaml:\d+:7: Alerts should have got one message with "Athena session idle for 30 min in team-analytics" .*; it got /m);
  });
});

test('stories are played one after another, and one that ends otherwise has exit code 1', async () => {
  const folder = project();
  mkdirSync(path.join(folder, 'stories'));
  writeFileSync(path.join(folder, 'stories', 'a.yaml'), `${QUIET_HOUR}expect: { failedRuns: 1 }\n`);
  writeFileSync(path.join(folder, 'stories', 'b.yml'), `${QUIET_HOUR}expect: {}\n`);
  writeFileSync(path.join(folder, 'stories', 'README.md'), 'no story');
  const { code, stdout, stderr } = await rehearsed(folder, 'stories');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(/^Quiet \(stories\/a\.yaml, [^]*^ {2}stories\/a\.yaml:5:23: expected 1 failed runs, there were 0$[^]*^Quiet \(stories\/b\.yml, [^]*^the story ended as it expects$\n\n^1 of 2 stories did not end as they expect$/m);
  // eslint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/\u001b/);
});

test('--template, and a folder as --app, need no app', async () => {
  const folder = project();
  writeFileSync(path.join(folder, 'story.yaml'), `${QUIET_HOUR}expect: {}\n`);
  writeFileSync(path.join(folder, 'keep.js'), 'process.env.CDK_OUTDIR = "cdk.out"; require("./app.js");');
  expect(await rehearsed(folder, '--quiet', '--app', 'node keep.js', 'story.yaml')).toMatchObject({ code: 2 }); // it writes elsewhere than it is told
  expect(existsSync(path.join(folder, 'cdk.out', 'manifest.json'))).toBe(true);
  for (const args of [['--template', 'cdk.out/Monitoring.template.json'], ['--app', 'cdk.out']]) {
    expect(await rehearsed(folder, '--quiet', ...args, 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
  }
});

test('a story can name its app, which --app replaces', async () => {
  const folder = project();
  mkdirSync(path.join(folder, 'stories'));
  writeFileSync(path.join(folder, 'stories', 'story.yaml'), `${QUIET_HOUR}app: ..\nexpect: { alarms: [{ alarm: Etl/Heartbeat, never: true }] }\n`);
  expect(await rehearsed(path.join(folder, 'stories'), '--quiet', 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
  const { code, stderr } = await rehearsed(path.join(folder, 'stories'), '--quiet', '--app', 'exit 5', 'story.yaml');
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'the app does not synthesize: exit 5 ended with exit code 5\n' });
});

describe('an app with several accounts and regions', () => {
  const PROD = ['--context', 'prod=1'];

  test('is played in each of them', async () => {
    const folder = project({ 'story.yaml': `${QUIET_HOUR}expect: {}\n` });
    const { code, stdout } = await rehearsed(folder, ...PROD, 'story.yaml');
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^Quiet \((.*)\)$/gm)].map(([, about]) => about)).toEqual([
      'story.yaml, 13:00 to 13:20 UTC, aws://123456789012/us-east-1', 'story.yaml, 13:00 to 13:20 UTC, aws://111122223333/eu-west-3',
    ]);
  });

  test('is played in one of them with --stack, whose region its messages have', async () => {
    const { code, stdout } = await rehearsed(project(), ...PROD, '--stack', 'Prod/*');
    expect(code).toBe(0);
    expect(stdout).not.toContain('us-east-1');
    expect(stdout).toContain('--region eu-west-3');
    expect(stdout).toMatch(/^\d\d:\d\d {4}ALARM {2}Team\/Idle\/team-analytics /m);
  });

  test('has no one story to save', async () => {
    expect(await rehearsed(project(), ...PROD, '--save-story', 'story.yaml')).toEqual(oneLine(
      '--save-story is for one account and region, and the app has aws://123456789012/us-east-1, aws://111122223333/eu-west-3: choose with --stack'));
  });
});

test('--json has what README says, and differences also on standard error', async () => {
  const folder = project({
    'story.yaml': `${QUIET_HOUR.replace('13:20', '14:00')}sessions: [{ id: one, workGroup: etl, history: [{ at: 12:50, state: BUSY }, { at: 13:07, state: FAILED }] }]
ticks: { missed: [13:05] }
expect: { failedRuns: 2 }\n`,
  });
  const { code, stdout, stderr } = await rehearsed(folder, '--json', 'story.yaml');
  expect(code).toBe(1);
  expect(stderr).toBe('the story "Quiet" did not end as it expects:\n'
    + '  story.yaml: Etl/Failed-etl was raised at 13:12, and the story does not expect it\n  story.yaml:7:23: expected 2 failed runs, there were 0\n');
  const { stories: [story], warnings } = JSON.parse(stdout);
  expect(warnings).toEqual([]);
  const yesterday = story.from.slice(0, 10);
  expect(story).toEqual({
    title: 'Quiet',
    file: 'story.yaml',
    account: '123456789012',
    region: 'us-east-1',
    from: `${yesterday}T13:00:00.000Z`,
    to: `${yesterday}T14:00:00.000Z`,
    differences: [expect.stringContaining('Etl/Failed-etl was raised at 13:12'), 'story.yaml:7:23: expected 2 failed runs, there were 0'],
    runs: 24,
    failedRuns: 0,
    alarms: [{ alarm: 'Etl/Failed-etl', raisedAt: `${yesterday}T13:12:00.000Z`, clearedAt: expect.stringMatching(`^${yesterday}T13:`) }],
    messages: [],
  });
  const readme = readFileSync(path.join(ROOT, 'command', 'README.md'), 'utf8');
  [...Object.keys(story), ...Object.keys(story.alarms[0]), 'topic', 'sentAt', 'text', 'warnings'].forEach(key => expect(readme).toContain(`\`${key}\``));
});

test('--report writes a page with each story', async () => {
  const folder = project({ 'story.yaml': `${QUIET_HOUR.replace('Quiet', '<Quiet>')}expect: {}\n` });
  expect(await rehearsed(folder, '--report', 'page.html', 'story.yaml')).toMatchObject({ code: 0, stderr: 'the report is in page.html\n' });
  const page = readFileSync(path.join(folder, 'page.html'), 'utf8');
  expect(page.includes('&#60;Quiet&#62;')).toBe(true);
  expect(page.includes('Etl/Idle-etl')).toBe(true);
});

test('what is not simulated is a warning, and the rest is played', async () => {
  const folder = project({ 'story.yaml': `${QUIET_HOUR}expect: {}\n` });
  expect(await rehearsed(folder, '--quiet', '--context', 'unusual=1', 'story.yaml')).toEqual({
    code: 0, stdout: '', stderr: 'not simulated: Monitoring/Unusual: anomaly detection is not simulated\n',
  });
});

test('a topic of a stack that is left out can be expected', async () => {
  const folder = project({
    'shared.js': `const { App, Stack, aws_sns: sns } = require('aws-cdk-lib');
    const { AthenaSessionMonitor, WorkGroupSelection } = require('cdk-athena-session-monitor');
    const app = new App();
    const topic = new sns.Topic(new Stack(app, 'Shared'), 'Alerts');
    new AthenaSessionMonitor(new Stack(app, 'Monitoring'), 'Etl', { workGroups: WorkGroupSelection.named('etl') }).notify('Messages', topic);
    app.synth();`,
  });
  const args = ['--quiet', '--app', 'node shared.js', '--stack', 'Monitoring'];
  expect(await rehearsed(folder, ...args, '--save-story', 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(path.join(folder, 'story.yaml'), 'utf8')).toContain('topic: Alerts');
  expect(await rehearsed(folder, ...args, 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('what is probably not meant is a warning', async () => {
  const folder = project({
    'story.yaml': `title: Quiet
from: 13:00
to: 13:20
workGroups: [{ name: team-a }]
faults: [{ kind: throttle, page: 9 }, { kind: failedEntries }, { kind: throttle, operation: ListWorkGroups, first: 1 }]
expect: { otherAlarms: any, failedRuns: 5 }
`,
  });
  expect(await rehearsed(folder, '--quiet', 'story.yaml')).toEqual({
    code: 0,
    stdout: '',
    stderr: [
      'story.yaml: the story does not have the workgroup etl, which Monitoring/Etl monitors',
      'story.yaml:5:10: the fault applied to no call',
      'story.yaml:5:39: the fault applied to no call',
      '',
    ].join('\n'),
  });
});

test('the faults of all stories are reported together', async () => {
  const folder = project({ 'a.yaml': `${QUIET_HOUR}expect: {}\nform: 13:00\n`, 'b.yaml': `${QUIET_HOUR}` });
  const { code, stderr } = await rehearsed(folder, 'a.yaml', 'b.yaml', 'no.yaml');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^a\.yaml:6:1: form is not known; .*\nb\.yaml:1:1: expect is missing\nno\.yaml: there is no such file\n$/) });
});

describe('errors are one line that says what to do', () => {
  const EMPTY = { 'app.js': 'const { App, Stack } = require("aws-cdk-lib"); const app = new App(); new Stack(app, "Web"); app.synth();' };

  test.each<[string, string[], string]>([
    ['an unknown option', ['--fast'], 'Unknown option \'--fast\'; see --help'],
    ['an option without its value', ['--report'], 'Option \'--report <value>\' argument missing; see --help'],
    ['a report that could be a story', ['--report', 'story.yaml'], '--report must be an HTML file, such as page.html, received "story.yaml"'],
    ['a report in a folder that does not exist', ['--report', 'no/page.html'], '--report must be in a folder that exists, received "no/page.html"'],
    ['a saved story that is no YAML file', ['--save-story', 'page.html'], '--save-story must be a YAML file, such as story.yaml, received "page.html"'],
    ['a saved story that exists', ['--save-story', 'story.yaml'], '--save-story must be a new file, received "story.yaml", which exists: play it with "rehearse story.yaml"'],
    ['a saved story beside another', ['--save-story', 'new.yaml', 'story.yaml'], '--save-story writes the story that is made from the template: pass no other story with it'],
    ['an app and a template', ['--app', 'x', '--template', 'y'], '--app and --template cannot be combined: pass the one that has the monitors'],
    ['an empty app', ['--app', ''], '--app must be a command, such as \'npx tsx app.ts\', or a folder, such as cdk.out, received ""'],
    ['a context without a value', ['--context', 'prod'], '--context must be KEY=VALUE, received "prod"'],
    ['two ways to print nothing', ['--json', '--quiet'], '--json and --quiet cannot be combined: --quiet prints no result'],
    ['a story that does not exist', ['no.yaml'], 'no.yaml: there is no such file'],
    ['a folder without stories', ['empty'], 'the folder "empty" has no story: a story is a *.yaml file'],
    ['a story that is not YAML', ['broken.yaml'], 'broken.yaml:1:9: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a story with an unknown key', ['faulty.yaml'], 'faulty.yaml:6:1: form is not known; allowed are title, app, from, to, idleTimeout, deliveryDelay, runDuration, metricDelay, extraPeriods,'
      + ' unfiltered, rateLimit, workGroups, sessions, faults, ticks, expect'],
    ['a story without its app', ['lost.yaml'], 'lost.yaml:1:6: app must be a folder with a cdk.json, relative to the story; got ../no'],
    ['a template that does not exist', ['--template', 'no.json'], 'no.json: there is no such file'],
    ['a template that is none', ['--template', 'cdk.json'], 'cdk.json is not a CloudFormation template (it has no Resources): pass one that "cdk synth" writes, such as cdk.out/Stack.template.json'],
    ['a template as an app', ['--app', 'x.template.json'], 'the app must be a command or a folder, got x.template.json: for a template, use --template x.template.json'],
    ['an app that does not exist', ['--app', 'cdk.out'], 'the app does not synthesize: there is no folder or command cdk.out'],
    ['a folder that is no assembly', ['--app', 'empty'], expect.stringMatching(/^\S*empty has no manifest\.json, so it is no cloud assembly: run "cdk synth", and pass the folder that it writes, such as cdk\.out\n$/)],
  ])('%s', async (_, args, text) => {
    const folder = project({
      'story.yaml': `${QUIET_HOUR}expect: {}\n`, 'broken.yaml': 'title: [', 'faulty.yaml': `${QUIET_HOUR}expect: {}\nform: 13:00\n`, 'lost.yaml': `app: ../no\n${QUIET_HOUR}expect: {}\n`,
    });
    mkdirSync(path.join(folder, 'empty'));
    expect(await rehearsed(folder, ...args)).toEqual({ code: 2, stdout: '', stderr: typeof text === 'string' ? `${text}\n` : text });
    expect(readFileSync(path.join(folder, 'story.yaml'), 'utf8')).toBe(`${QUIET_HOUR}expect: {}\n`);
  });

  test('no app at all', async () => {
    expect(await rehearsed(path.join(project(), '..'))).toEqual(oneLine('there is no cdk.json: run this in the folder of the app, or pass its command, such as --app \'npx tsx app.ts\', or --template FILE'));
  });

  test('an app without a monitor', async () => {
    expect(await rehearsed(project(EMPTY))).toEqual(oneLine('there is no AthenaSessionMonitor with a schedule in cdk.json; its stacks: Web'));
  });

  test('a stack that is not there, or has no monitor', async () => {
    expect(await rehearsed(project(EMPTY), '--stack', 'Wob')).toEqual(oneLine('--stack Wob: there is no such stack; cdk.json has Web'));
    expect(await rehearsed(project(EMPTY), '--stack', 'W*')).toEqual(oneLine('there is no AthenaSessionMonitor with a schedule in the stacks Web'));
  });

  test('stacks that cannot be in the same account and region', async () => {
    const app = `
      const { App, Stack, Stage } = require('aws-cdk-lib');
      const { AthenaSessionMonitor } = require('cdk-athena-session-monitor');
      const app = new App();
      for (const stage of ['Dev', 'Prod']) {
        new AthenaSessionMonitor(new Stack(new Stage(app, stage), 'Monitoring'), 'Team', { alarmNamePrefix: 'team' }).addCompositeAlarm();
      }
      app.synth();`;
    const folder = project({ 'app.js': app, 'story.yaml': `${QUIET_HOUR}expect: {}\n` });
    expect(await rehearsed(folder, 'story.yaml')).toEqual(oneLine('Dev/Monitoring and Prod/Monitoring have an alarm with the same name, team-Failed,'
      + ' so they cannot be in one account and region: choose with --stack, or give them different ones'));
    expect(await rehearsed(folder, '--quiet', '--stack', 'Prod/*', 'story.yaml')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('an app that fails, with what it says', async () => {
    const { code, stderr } = await rehearsed(project({ 'app.js': 'console.error("interval must divide an hour"); process.exit(1);' }));
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'the app does not synthesize: node app.js ended with exit code 1\ninterval must divide an hour\n' });
  });

  test.each([['--report', 'page.html'], ['--save-story', 'story.yaml']])('a file that cannot be written: %s', async (option, file) => {
    const folder = project();
    symlinkSync('no/such/folder', path.join(folder, file)); // its own folder exists
    const { code, stdout, stderr } = await rehearsed(folder, '--quiet', option, file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${option} ${file} cannot be written \\(ENOENT: .*\\)\n$`));
  });

  test('a story that names an alarm that the app does not have, with its place', async () => {
    const { code, stderr } = await rehearsed(project({ 'other.yaml': `${QUIET_HOUR}expect: { alarms: [{ alarm: Nothing, never: true }] }\n` }), 'other.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^other\.yaml:5:29: there is no alarm Nothing; there are Team\/Failed, Team\/Idle, .*\n$/);
  });
});

describe('nothing is left behind', () => {
  test('after a run', async () => {
    const folder = project({ 'story.yaml': `${QUIET_HOUR}expect: {}\n` });
    await rehearsed(folder, '--quiet', 'story.yaml'); // its temporary folder is in the project
    await rehearsed(folder, '--quiet', '--app', 'exit 1');
    expect(readdirSync(folder).sort()).toEqual(['app.js', 'cdk.json', 'node_modules', 'story.yaml']);
  });

  test('after a signal: neither files nor an app that is running', async () => {
    const folder = project({ 'hang.js': 'require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000);' });
    const child = spawn(process.execPath, [BUNDLE, 'rehearse', '--app', 'node hang.js'], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder }, stdio: 'ignore' });
    const exited = once(child, 'exit');
    const pid = () => Number(existsSync(path.join(folder, 'pid')) && readFileSync(path.join(folder, 'pid'), 'utf8'));
    await until(() => pid() > 0);
    expect(isRunning(pid())).toBe(true);
    child.kill('SIGTERM');
    expect(await exited).toEqual([143, null]);
    await until(() => !isRunning(pid()));
    expect(readdirSync(folder).sort()).toEqual(['app.js', 'cdk.json', 'hang.js', 'node_modules', 'pid']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await setTimeout(20);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('rehearse --help names every option in lines of at most 132 columns', async () => {
  const { code, stdout } = await runBundle(['rehearse', '--help']);
  expect(code).toBe(0);
  const source = readFileSync(path.join(ROOT, 'command', 'rehearse', 'options.ts'), 'utf8');
  const options = [...source.matchAll(/^ {4}'([a-z-]+)': \{ type/gm)].map(([, name]) => name);
  expect(options.length).toBeGreaterThan(6);
  options.forEach(name => expect(stdout).toMatch(new RegExp(`^  --${name} `, 'm')));
  expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(132);
});
