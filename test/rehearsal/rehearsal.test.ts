import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { StoryPrinter } from '../../command/rehearse/story-printer';
import { readAssembly } from '../../rehearsal/assembly';
import { EMPTY_FILLS, EMPTY_QUERIES } from '../../rehearsal/cloudwatch';
import { type DeployedStack, readStacks } from '../../rehearsal/deployed-stack';
import { episodes, describeVariants } from '../../rehearsal/expectations';
import { rehearse, RehearsalEvent, RehearsalOptions, RehearsalResult } from '../../rehearsal/rehearsal';
import { loadStory, parseStory } from '../../rehearsal/story';
import { synthesize } from '../../rehearsal/synthesis';

jest.setTimeout(60_000); // machines may be slow, and busy

const ROOT = path.join(__dirname, '..', '..');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let folder: string;
beforeAll(() => folder = mkdtempSync(path.join(tmpdir(), 'rehearsal-test-')));
afterAll(() => rmSync(folder, { recursive: true }));

describe('stories', () => {
  async function stacksOf({ app, file }: { app?: string; file: string }): Promise<DeployedStack[]> {
    const appFolder = app === undefined ? path.join(ROOT, 'examples', 'typescript', 'quickstart') : path.resolve(path.dirname(file), app);
    return readAssembly(await synthesize({ folder: appFolder }, mkdtempSync(path.join(folder, 'assembly-'))));
  }

  const stories = path.join(ROOT, 'rehearsal', 'stories');
  // afternoon.yaml is played by dashboard/story.test.ts.
  test.each(readdirSync(stories).filter(file => file !== 'afternoon.yaml'))('%s ends as it expects', async file => {
    const story = loadStory(path.join(stories, file));
    const { mismatches } = await rehearse({ story, stacks: await stacksOf(story) });
    expect(mismatches).toEqual([]);
  }, 180_000);

  test('the story of the documentation ends as it expects', async () => {
    const [, source] = /```yaml\n(title: .*?)```/s.exec(readFileSync(path.join(ROOT, 'docs', 'stories.md'), 'utf8'))!;
    const story = parseStory(source!, 'stories.md');
    const { mismatches } = await rehearse({ story, stacks: await stacksOf(story) });
    expect(mismatches).toEqual([]);
  }, 180_000);
});

describe('a small stack', () => {
  const ALARM = {
    Namespace: 'Tests',
    MetricName: 'IdleSessions',
    Dimensions: [{ Name: 'WorkGroup', Value: 'analytics' }],
    Statistic: 'Maximum',
    Period: 300,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  };

  /** A collector that writes 1 from 13:20 to 13:30 and at 00:05, 0 otherwise, and does what the test says. */
  function stack(code = '', alarm: object = {}): DeployedStack {
    const asset = mkdtempSync(path.join(folder, 'asset-'));
    writeFileSync(path.join(asset, 'index.mjs'), `export async function handler({ scheduledTime }) {
      const time = scheduledTime.slice(11, 16);
      const idle = ['13:20', '13:25', '13:30', '00:05'].includes(time) ? 1 : 0;
      ${code}
      console.log(JSON.stringify({
        _aws: { Timestamp: Date.parse(scheduledTime), CloudWatchMetrics: [
          { Namespace: 'Tests', Dimensions: [['WorkGroup']], Metrics: [{ Name: 'IdleSessions', Unit: 'Count' }] },
        ] },
        WorkGroup: 'analytics', IdleSessions: idle, sessions: idle ? [{ id: 'one', state: 'IDLE', seconds: 3900, description: 'nightly' }] : [],
      }));
    }`);
    const template = {
      Resources: {
        Collector: { Type: 'AWS::Lambda::Function', Properties: { Handler: 'index.handler', Timeout: 60, Code: { S3Key: 'hash.zip' }, Environment: { Variables: { METRIC_NAMESPACE: 'Tests', INTERVAL_MINUTES: 5 } } } },
        Schedule: {
          Type: 'AWS::Scheduler::Schedule',
          Properties: {
            ScheduleExpression: 'cron(0/5 * * * ? *)',
            Target: { Arn: { 'Fn::GetAtt': ['Collector', 'Arn'] }, Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
          },
        },
        Idle: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...ALARM, ...alarm }, Metadata: { 'aws:cdk:path': 'Small/Monitor/Idle/Resource' } },
      },
    };
    return readStacks([{ name: 'Small', template, assets: new Map([['hash', asset]]) }])[0]!;
  }

  async function play(yaml: string, options: Partial<RehearsalOptions> & { code?: string; alarm?: object } = {}): Promise<RehearsalResult> {
    const story = parseStory(`title: Test\nfrom: 13:00\nto: 14:00\nworkGroups: [{ name: analytics }]\n${yaml}`, 'test.yaml');
    return rehearse({ story, stacks: [stack(options.code, options.alarm)], ...options });
  }

  const RAISED_AND_CLEARED = 'alarms: [{ alarm: Monitor/Idle, raised: [13:22, 13:22], cleared: [13:40, 13:45] }]';

  test('a story that ends as expected has no differences', async () => {
    const { mismatches, variants, date } = await play(`expect: { ${RAISED_AND_CLEARED}, metrics: [{ metric: IdleSessions, at: 13:20, value: 1 }] }`);
    expect(mismatches).toEqual([]);
    expect(variants.map(({ extraPeriods }) => extraPeriods)).toEqual([0, 2]);
    expect(variants.map(variant => episodes(variant).map(({ raised }) => (raised - date) / MINUTE))).toEqual([[13 * 60 + 22], [13 * 60 + 22]]);
  });

  test.each([
    ['an alarm that nothing expects', 'expect: {}', [/^test.yaml: Monitor\/Idle was raised at 13:22, and the story does not expect it$/]],
    ['an alarm that was raised against expectation', 'expect: { alarms: [{ alarm: Idle, never: true }] }', [/^test.yaml:\d+:\d+: Monitor\/Idle should never have been raised; it was raised at 13:22$/]],
    ['an alarm raised too late', 'expect: { alarms: [{ alarm: Idle, raised: [13:10, 13:20], cleared: never }], otherAlarms: any }',
      [/should have been raised between 13:10 and 13:20; it was raised at 13:22$/]],
    ['an alarm cleared too early', `expect: { ${RAISED_AND_CLEARED.replace('[13:40, 13:45]', 'never')} }`, [/should not have been cleared; it was cleared at 13:41 \(where alarms read 0 extra periods\)$/, /at 13:4\d \(where alarms read 2 extra periods\)$/]],
    ['a metric with another value', `expect: { ${RAISED_AND_CLEARED}, metrics: [{ metric: IdleSessions, at: 13:25, value: [2, 3] }] }`, [/IdleSessions at 13:25 should be from 2 to 3; it was 1/]],
    ['a metric that should be missing', `expect: { ${RAISED_AND_CLEARED}, metrics: [{ metric: IdleSessions, at: 13:25, value: missing }] }`, [/should be missing; it was 1/]],
    ['a metric that is missing', `expect: { ${RAISED_AND_CLEARED}, metrics: [{ metric: BusySessions, at: 13:25, value: 1 }] }`, [/BusySessions at 13:25 cannot be checked: no monitor has such a metric; the story has Duration, Errors, IdleSessions, Throttles$/]],
    ['a run that should have failed', `expect: { ${RAISED_AND_CLEARED}, failedRuns: 1 }`, [/expected 1 failed runs, there were 0/]],
  ])('%s is reported', async (_, yaml, problems) => {
    const { mismatches } = await play(yaml);
    expect(mismatches).toEqual(problems.map(problem => expect.stringMatching(problem)));
  });

  test.each([
    ['an unknown alarm', 'expect: { alarms: [{ alarm: Busy, never: true }] }', 'test.yaml:5:29: there is no alarm Busy; there are Monitor/Idle'],
    ['a time without a tick', 'ticks: { missed: [13:07] }\nexpect: {}', 'test.yaml:5:19: no schedule has a tick at 13:07'],
    ['a tick outside of the story', 'ticks: { doubled: [14:05] }\nexpect: {}', 'test.yaml:5:20: no schedule has a tick at 14:05'],
    ['an unknown contributor', 'expect: { alarms: [{ alarm: Idle, contributor: nobody, never: true }] }', 'Monitor/Idle has no contributors, as it is not on all workgroups; got nobody'],
    ['a point between ticks', 'expect: { metrics: [{ metric: IdleSessions, at: 13:01, value: missing }] }', 'no schedule has a tick at 13:01'],
  ])('%s is an error before anything is played', async (_, yaml, message) => {
    await expect(play(yaml)).rejects.toThrow(message);
  });

  test('an alarm on FILL is evaluated in both variants, and the report says where they differ', async () => {
    const { Namespace, MetricName, Dimensions, Statistic: Stat, Period } = ALARM;
    const alarm = {
      Metrics: [
        { Id: 'filled', Expression: 'FILL(m, 5)' },
        { Id: 'm', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat, Period }, ReturnData: false },
      ],
    };
    const { variants, mismatches, events } = await play('ticks: { gaps: [[13:00, 14:00]] }\nexpect: {}', { alarm });
    expect(variants.map(({ extraPeriods, emptyFill }) => [extraPeriods, emptyFill])).toEqual([[0, 'filler'], [0, 'nothing'], [2, 'filler'], [2, 'nothing']]);
    expect(mismatches).toEqual(['test.yaml: Monitor/Idle was raised at 13:00, and the story does not expect it (where FILL returns its number if no period has data)']);
    const written: string[] = [];
    const report = new StoryPrinter({ write: text => written.push(text) }, (_style, text) => text);
    events.forEach(event => report.event(event));
    expect(written.join('')).toMatch(/ALARM .*Monitor\/Idle.*\(only where FILL returns its number if no period has data\)/);
  });

  test('a subset of the variants is described by the assumptions that only it makes', () => {
    const [emptyQuery, insufficientData] = EMPTY_QUERIES;
    const [first, second, third, fourth] = [0, 2].flatMap(extraPeriods => EMPTY_FILLS.map(emptyFill => ({ extraPeriods, emptyFill, emptyQuery })));
    const all = [first!, second!, third!, fourth!];
    expect(describeVariants(all, all)).toBe('');
    expect(describeVariants([first!, second!], all)).toBe('alarms read 0 extra periods');
    expect(describeVariants([second!, fourth!], all)).toBe('FILL returns nothing if no period has data');
    expect(describeVariants([second!], all)).toBe('alarms read 0 extra periods and FILL returns nothing if no period has data');
    expect(describeVariants([first!, fourth!], all))
      .toBe('alarms read 0 extra periods and FILL returns its number if no period has data, or alarms read 2 extra periods and FILL returns nothing if no period has data');
    const other = { ...first!, emptyQuery: insufficientData };
    expect(describeVariants([first!], [first!, other])).toBe('an alarm whose query finds nothing treats missing data as usual');
    expect(describeVariants([other], [first!, other])).toBe('an alarm whose query finds nothing has insufficient data');
  });

  test('an alarm on a query is evaluated with each reading of a query that finds nothing', async () => {
    const { Namespace, MetricName, Statistic, Dimensions, Period, ...rule } = ALARM;
    const Expression = `SELECT MAX(${MetricName}) FROM SCHEMA("${Namespace}", WorkGroup) GROUP BY WorkGroup ORDER BY MAX() DESC`;
    const alarm = {
      ...rule,
      ...{ Namespace: undefined, MetricName: undefined, Statistic: undefined, Dimensions: undefined, Period: undefined },
      TreatMissingData: 'breaching',
      Metrics: [{ Id: 'q', Expression, Period }],
    };
    const { variants, mismatches } = await play('ticks: { gaps: [[13:00, 14:00]] }\nexpect: {}', { alarm });
    expect(variants.map(({ extraPeriods, emptyQuery }) => [extraPeriods, emptyQuery])).toEqual(
      [0, 2].flatMap(extraPeriods => EMPTY_QUERIES.map(emptyQuery => [extraPeriods, emptyQuery])));
    expect(mismatches).toEqual([
      'test.yaml: Monitor/Idle was raised at 13:00, and the story does not expect it (where an alarm whose query finds nothing treats missing data as usual)',
    ]);
  });

  test('alarms of two stacks are told apart, although they have the same logical id', async () => {
    const { events } = await play('expect: { otherAlarms: any }', { stacks: [stack(), stack()] });
    expect(events.filter(event => event.kind === 'alarm' && event.transition.to === 'ALARM')).toHaveLength(2);
  });

  test('ticks are missed, doubled and late', async () => {
    const { events, date } = await play(`expect: { ${RAISED_AND_CLEARED} }
ticks:
  missed: [13:10]
  doubled: [13:15]
  late: [{ tick: 13:35, by: 50 s }]
  gaps: [[13:45, 13:55]]`);
    const runs = events.filter((event): event is RehearsalEvent & { kind: 'run' } => event.kind === 'run');
    expect(runs.map(({ tick, at }) => [(tick - date) / MINUTE - 13 * 60, (at - tick) / 1000])).toEqual([
      [0, 0], [5, 0], [15, 0], [15, 5], [20, 0], [25, 0], [30, 0], [35, 50], [40, 0], [60, 0],
    ]);
    expect(events.filter(event => event.kind === 'tick').map(event => event.kind === 'tick' && event.what)).toEqual(
      ['missed', 'doubled', 'late', 'missed', 'missed', 'missed']);
  });

  test('metrics are visible after the run and the metric delay', async () => {
    const raised = async (yaml: string) => {
      const { variants, date } = await play(`${yaml}\nextraPeriods: [0]\nexpect: { otherAlarms: any }`);
      return variants.map(variant => episodes(variant).map(({ raised: at }) => (at - date) / MINUTE - 13 * 60));
    };
    expect(await raised('runDuration: 80 %\nmetricDelay: 0 s')).toEqual([[24]]);
    expect(await raised('runDuration: 30 s\nmetricDelay: 4 min\ndeliveryDelay: 31 s')).toEqual([[26]]);
  });

  test('the function gets the time of the story, and the event of its schedule', async () => {
    const code = 'console.log(scheduledTime + " " + new Date().toISOString());';
    const { events, date } = await play('expect: { otherAlarms: any }', { code });
    const [first] = events.flatMap(event => event.kind === 'run' ? event.result.lines : []);
    const day = new Date(date).toISOString().slice(0, 10);
    expect(first!.startsWith(`${day}T13:00:00Z ${day}T13:00:`)).toBe(true);
  });

  test('a run that fails, and a line that is malformed, do not end the story', async () => {
    const code = `if (time === '13:10') throw new Error('no such thing');
      if (time === '13:50') console.log(JSON.stringify({ _aws: { Timestamp: 'now', CloudWatchMetrics: [] } }));`;
    const { events, mismatches } = await play(`expect: { ${RAISED_AND_CLEARED}, failedRuns: 1 }`, { code });
    expect(events).toContainEqual(expect.objectContaining({
      kind: 'run', result: expect.objectContaining({ error: { errorType: 'Error', errorMessage: 'no such thing' } }),
    }));
    expect(mismatches).toEqual(expect.arrayContaining([expect.stringContaining('the run of 13:50 wrote a line that CloudWatch would reject')]));
  });

  test('the report shows the events and the result', async () => {
    const written: string[] = [];
    const report = new StoryPrinter({ write: text => written.push(text) }, (_style, text) => text);
    const story = parseStory(`title: A quiet hour
from: 13:00
to: 14:00
workGroups: [{ name: analytics }]
sessions:
  - { id: one, workGroup: analytics, history: [{ at: 12:00, state: CREATING }, { at: 13:02, state: FAILED, reason: no memory }] }
ticks: { missed: [13:10] }
expect: { failedRuns: 0 }
`, 'quiet.yaml');
    report.begin(story);
    report.end(await rehearse({
      story,
      stacks: [stack('if (time === "13:05") throw new Error("no such thing"); if (time === "13:15") console.log("hello");')],
      onEvent: event => report.event(event),
    }));
    const text = written.join('').replace(/\u001b\[\d+m/g, '');
    expect(text).toContain('A quiet hour (quiet.yaml, 13:00 to 14:00 UTC)\n');
    expect(text).toContain('13:02    session analytics/one is FAILED (no memory)\n');
    expect(text).not.toContain('is CREATING');
    expect(text).toContain('13:05    run of Small-Collector failed: Error: no such thing\n');
    expect(text).toContain('13:10    tick missed: Schedule\n');
    expect(text).toContain('13:15    log    hello\n');
    expect(text).toMatch(/13:22 {4}ALARM {2}Monitor\/Idle +one has been IDLE for 1 h 5 min \(nightly\)\n/);
    expect(text).toMatch(/13:4\d {4}OK {5}Monitor\/Idle/);
    expect(text).toMatch(/IdleSessions +analytics +Tests +0 +1\n/);
    expect(text).toMatch(/Monitor\/Idle +OK +1 × +13:22–13:4\d\n/);
  });

  test('the report says when a quiet workgroup wrote last, and shows the sessions of an alarm that are at its threshold', async () => {
    const written: string[] = [];
    const report = new StoryPrinter({ write: text => written.push(text) }, (_style, text) => text);
    const story = parseStory('title: T\nfrom: 13:00\nto: 13:30\nworkGroups: [{ name: quiet }]\nexpect: { otherAlarms: any }\n', 'age.yaml');
    const code = `if (time === '13:05') console.log(JSON.stringify({
      _aws: { Timestamp: Date.parse(scheduledTime), CloudWatchMetrics: [{ Namespace: 'Tests', Dimensions: [['WorkGroup']], Metrics: [{ Name: 'SessionAge', Unit: 'Seconds' }] }] },
      WorkGroup: 'quiet', SessionAge: [7200, 60],
      sessions: [{ id: 'new', state: 'IDLE', seconds: 30, age: 60 }, { id: 'old', state: 'BUSY', seconds: 600, age: 7200 }, { id: 'ended', state: 'FAILED', age: 90 }],
    }));`;
    const stacks = [stack(code, { MetricName: 'SessionAge', Dimensions: [{ Name: 'WorkGroup', Value: 'quiet' }], Threshold: 3600 })];
    const result = await rehearse({ story, stacks, onEvent: event => report.event(event) });
    report.end(result);
    const text = written.join('').replace(/\u001b\[\d+m/g, '');
    expect(text).toMatch(/ALARM {2}Monitor\/Idle +old has been BUSY for 10 min, started 2 h ago\n/);
    expect(text).toMatch(/IdleSessions +analytics +Tests +1 +1\n/);
    expect(text).toMatch(/SessionAge +quiet +Tests +7200 s at 13:05 +7200 s\n/);
  });

  test.each<[string, string, (clock: string) => string, string, () => number]>([
    ['a number of days', '23:30', clock => `${clock} +1d`, 'day 2 (+1d)', () => Math.floor(Date.now() / DAY - 2) * DAY],
    ['dates', '2026-02-28 23:30', clock => `2026-03-01 ${clock}`, '2026-03-01', () => Date.parse('2026-02-28T00:00:00Z')],
  ])('a story over midnight is written with %s, and reported with them', async (_, from, next, day, firstDay) => {
    const written: string[] = [];
    const report = new StoryPrinter({ write: text => written.push(text) }, (_style, text) => text);
    const story = parseStory(`title: A night
from: ${from}
to: ${next('00:30')}
workGroups: [{ name: analytics }]
sessions: [{ id: one, workGroup: analytics, history: [{ at: 22:00 -1d, state: CREATING }, { at: ${next('00:01')}, state: IDLE }] }]
ticks: { missed: [${next('00:25')}] }
extraPeriods: [0]
expect:
  alarms: [{ alarm: Idle, raised: [${next('00:06')}, ${next('00:07')}], cleared: [23:50, ${next('00:10')}] }]
  metrics:
    - { metric: IdleSessions, at: ${next('00:05')}, value: 1 }
    - { metric: IdleSessions, at: ${next('00:25')}, value: 0 }
`, 'night.yaml');
    report.begin(story);
    const before = firstDay(); // it may be midnight while the test runs
    const result = await rehearse({ story, stacks: [stack()], onEvent: event => report.event(event) });
    const { date, mismatches } = result;
    report.end(result);
    expect([before, firstDay()]).toContain(date);
    expect(mismatches).toEqual([
      `night.yaml:9:12: Monitor/Idle should have been cleared between 23:50 and ${next('00:10')}; it was cleared at ${next('00:16')}`,
      `night.yaml:12:7: IdleSessions at ${next('00:25')} should be 0; it was missing`,
    ]);
    const text = written.join('').replace(/\u001b\[\d+m/g, '');
    expect(text).toContain(`A night (night.yaml, ${from} to ${next('00:30')} UTC)\n`);
    expect(text).toContain(`\n${day}\n00:01    session analytics/one is IDLE\n00:07    ALARM  Monitor/Idle`);
    expect(text.split(`\n${day}\n`)).toHaveLength(2);
    expect(text).toContain(`1 ×       ${next('00:07')}–${next('00:16')}\n`);
  });

  test('an app without a schedule is an error', async () => {
    const story = parseStory('title: T\nfrom: 13:00\nto: 14:00\nworkGroups: [{ name: a }]\nexpect: {}\n', 'test.yaml');
    await expect(rehearse({ story, stacks: [] })).rejects.toThrow('nothing to rehearse');
  });
});
