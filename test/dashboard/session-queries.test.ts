import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { type LogEvent, runQuery, type Table } from '../../rehearsal/cloudwatch/logs-insights';
import { logsInsightsQueries, sessionDetailsQuery } from '../../src/dashboard/session-queries';
import { SETTINGS } from '../../src/schema';
import { FUNCTION_NAME, minutes, type Run, session, Stage, T } from '../support/stage';

afterAll(() => Stage.closeAll());

const REQUEST_ID = '8f507cfc-xmpl-4697-b07a-ac58fc914c95';
const RUNS = 14;
const LAST = T + minutes(5 * (RUNS - 1));
const NOW = LAST + minutes(2);

const TWO_LINES = 'nightly: "orders"\n\tand \\returns\\ {"WorkGroup": "no"}';
const WHO = 'Zoë – 笔记本 🦉';
const PRICE = 0.35;
const OUT_OF_MEMORY = 'ERROR: Invoke Error, "heap" is full 💥\nTask timed out after 3.00 seconds';

const BUSY = { at: T - minutes(400), state: 'BUSY' as const };
const idleSince = (since: number) => ({ at: since, state: 'IDLE' as const });

const WORK_GROUPS = {
  etl: {
    sessions: [
      { id: 'etl-forgotten', description: TWO_LINES, history: [BUSY, idleSince(T - minutes(300))] },
      { id: 'etl-works-again', description: WHO, history: [BUSY, { ...idleSince(T - minutes(30)), reason: 'is ready' }, { at: T + minutes(62), state: 'BUSY' as const }] },
      { id: 'etl-ended', description: WHO, history: [BUSY, idleSince(T - minutes(100)), { at: T + minutes(63), state: 'TERMINATED' as const }] },
      { id: 'etl-failed', description: WHO, history: [BUSY, { at: T + minutes(7), state: 'FAILED' as const, reason: OUT_OF_MEMORY }] },
      { id: 'etl-failed-for-no-reason', history: [BUSY, { at: T + minutes(61), state: 'FAILED' as const }] },
    ],
  },
  // With this many sessions, a line has more fields than Logs Insights discovers.
  notebooks: {
    sessions: [
      ...Array.from({ length: 120 }, (_, i) => ({
        id: `notebook-${i}`,
        ...(i % 2 === 0 && { description: 'team a' }),
        history: [BUSY, idleSince(T - minutes(i))],
      })),
      ...Array.from({ length: 120 }, (_, i) => ({ id: `busy-${i}`, history: [BUSY] })),
    ],
  },
  batch: {
    sessions: Array.from({ length: 25 }, (_, i) => ({
      id: `batch-${i}`,
      history: [BUSY, { at: T + minutes(12), state: 'FAILED' as const, reason: `quota ${i}` }],
    })),
  },
  degraded: { sessions: [session('degraded', 'DEGRADED')] },
  unknown: { sessions: [session('hibernates', 'HIBERNATING'), session('', 'IDLE'), { id: 'well-known', history: [BUSY, idleSince(T - minutes(10))] }] },
  forbidden: { sessions: [{ id: 'held', description: 'held', history: [BUSY, idleSince(T - minutes(20))] }] },
  dateless: { sessions: [{ SessionId: 'dateless', Status: { State: 'IDLE' } }] },
  off: { state: 'DISABLED' as const, sessions: [] },
};

const log: LogEvent[] = [];
/** Log events of other monitors in the same log group. The name of one function ends with the monitor's, the other starts with it. */
const otherLogs: LogEvent[] = [];
const runs: { readonly time: number; readonly run: Run }[] = [];

/** Adds the lines of a run, and those that Lambda writes around them. @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
function write(into: LogEvent[], time: number, run: Run): void {
  let now = time + 20_000;
  const line = (message: string) => into.push({ timestamp: now += 10, message, logStream: run.logStream });
  line(`START RequestId: ${REQUEST_ID} Version: $LATEST`);
  run.lines.forEach(line);
  if (run.timedOut) {
    line(`${new Date(now).toISOString()} ${REQUEST_ID} ${run.error!.errorMessage}`);
  } else if (run.error) {
    line(`${new Date(now).toISOString()}\t${REQUEST_ID}\tERROR\tInvoke Error \t${JSON.stringify({ ...run.error, stack: [`Error: ${run.error.errorMessage}`, '    at run (/var/task/index.js:1:1)'] })}`);
  }
  line(`END RequestId: ${REQUEST_ID}`);
  line(`REPORT RequestId: ${REQUEST_ID}\tDuration: 812.11 ms\tBilled Duration: 813 ms\tMemory Size: 256 MB\tMax Memory Used: 76 MB`);
}

beforeAll(async () => {
  const stage = await Stage.start({
    workGroups: WORK_GROUPS,
    faults: [
      { kind: 'accessDenied', workGroup: 'forbidden', from: T + minutes(10), to: T + minutes(20) },
      { kind: 'accessDenied', operation: 'ListWorkGroups', from: T + minutes(40), to: T + minutes(40) },
      { kind: 'throttle', workGroup: 'degraded', from: T + minutes(30), to: T + minutes(35), first: 3 },
      { kind: 'error', code: 'InvalidRequestException', workGroup: 'off' },
    ],
  });
  const times = Array.from({ length: RUNS }, (_, i) => T + minutes(5 * i));
  for (const [index, time] of [...times, LAST].entries()) { // the last run is repeated, as any run may be
    stage.athena.time = time;
    const run = await stage.run({ scheduledTime: new Date(time).toISOString() });
    runs.push({ time, run });
    write(log, time + 1000 * index, run);
  }
  for (const other of [`my-${FUNCTION_NAME}`, `${FUNCTION_NAME}-2`]) {
    otherLogs.push(...log.map(({ timestamp, logStream, message }) =>
      ({ timestamp, logStream: logStream.replace(FUNCTION_NAME, other), message: message.replaceAll('"id":"', `"id":"${other}-`) })));
  }
});

type ResultRow = Table['rows'][number];

const tableOf = (lines: readonly string[], events = [...log, ...otherLogs], now = NOW) => runQuery(lines.join('\n| '), events, now).rows;
const query = (id: string, interval = Duration.minutes(5)) =>
  logsInsightsQueries(FUNCTION_NAME, interval, PRICE).find((candidate) => candidate.id === id)!.lines;
const column = (table: readonly ResultRow[], name: string) => table.map((row) => row[name]);

test('the log contains lines that could match by mistake', () => {
  expect(runs.flatMap(({ run }) => run.log).map(({ level }) => level)).toEqual(expect.arrayContaining(['INFO', 'WARN', 'ERROR']));
  expect(log.filter(({ message }) => message.includes('"sessions":[{"id":"hibernates"'))).not.toHaveLength(0);
  const fields = (value: unknown): number => typeof value === 'object' ? Object.values(value!).reduce((sum: number, part) => sum + fields(part), 0) : 1;
  expect(Math.max(...log.filter(({ message }) => message.startsWith('{')).map(({ message }) => fields(JSON.parse(message))))).toBeGreaterThan(200);
  expect(runs.filter(({ run }) => run.error)).toHaveLength(1);
  expect(log.filter(({ message }) => /^\{.*Task timed out/.test(message))).not.toHaveLength(0);
});

describe('LongestIdle', () => {
  test('lists sessions that were idle in the last run, the longest first', () => {
    const table = tableOf(query('LongestIdle'));
    expect(table[0]).toEqual({
      athenaWorkGroup: 'etl', sessionId: 'etl-forgotten', state: 'IDLE', idleMinutes: 365, description: TWO_LINES, lastSeen: expect.any(Date),
    });
    expect(table.map(({ sessionId, idleMinutes }) => [sessionId, idleMinutes])).toEqual([
      ['etl-forgotten', 365],
      ...Array.from({ length: 18 }, (_, i) => [`notebook-${119 - i}`, 184 - i]), // a line has twenty sessions, two of them are busy
      ['held', 85],
      ['well-known', 75],
      ['dateless', undefined],
    ]);
    expect(column(table, 'description').slice(1, 3)).toEqual([undefined, 'team a']);
    expect(column(table, 'lastSeen').every((seen) => (seen as Date).getTime() > LAST)).toBe(true);
  });

  // A run may be a minute late, and a workgroup may be the first in one run and the last in the next one.
  test.each([1, 5, 60])('reads the last two intervals of %i minutes and one more minute', (interval) => {
    const { run } = runs.at(-1)!;
    const event = { timestamp: T, logStream: run.logStream, message: run.lines.find((line) => line.includes('etl-forgotten'))! };
    const tableAfter = (count: number) => tableOf(query('LongestIdle', Duration.minutes(interval)), [event], T + minutes(count));
    expect(tableAfter(2 * interval + 1)).toHaveLength(1);
    expect(tableAfter(2 * interval + 2)).toHaveLength(0);
  });
});

test('Failures lists each failed session once, with its reason, the latest first', () => {
  const table = tableOf(query('Failures'));
  const firstSeen = (id: string) => new Date(log.find(({ message }) => message.includes(`"id":"${id}","state":"FAILED"`))!.timestamp);
  const logged = runs.flatMap(({ run }) => run.metricLines).filter(({ WorkGroup }) => WorkGroup === 'batch')
    .flatMap(({ sessions = [] }) => sessions).filter(({ state }) => state === 'FAILED').map(({ id }) => id);
  const batch = [...new Set(logged)];
  expect(batch).toHaveLength(20); // the limit of a log line
  expect(table).toHaveLength(2 + batch.length);
  expect(table[0]).toEqual({ athenaWorkGroup: 'etl', sessionId: 'etl-failed-for-no-reason', firstSeen: firstSeen('etl-failed-for-no-reason') });
  expect(table.slice(1, -1).map(({ sessionId }) => sessionId).sort()).toEqual(batch.sort());
  expect(column(table.slice(1, -1), 'reason')).toEqual(table.slice(1, -1).map(({ sessionId }) => `quota ${`${sessionId}`.slice('batch-'.length)}`));
  expect(table.at(-1)).toEqual({
    athenaWorkGroup: 'etl', sessionId: 'etl-failed', firstSeen: firstSeen('etl-failed'), reason: OUT_OF_MEMORY, description: WHO,
  });
  expect((table.at(-1)!.firstSeen as Date).getTime()).toBeLessThan(T + minutes(11));
});

test('WhoLeavesSessionsOpen sums idle hours by description, the largest first', () => {
  const hours = (...all: number[]) => ({
    sessions: all.length, idleHours: all.reduce((sum, each) => sum + each, 0) / 60, longestIdleHours: Math.max(...all) / 60,
  });
  const everyOther = (most: number) => Array.from({ length: 9 }, (_, i) => most - 2 * i);
  expect(tableOf(query('WhoLeavesSessionsOpen'))).toEqual([
    { athenaWorkGroup: 'notebooks', who: '(no description)', ...hours(...everyOther(184)) },
    { athenaWorkGroup: 'notebooks', who: 'team a', ...hours(...everyOther(183)) },
    { athenaWorkGroup: 'etl', who: TWO_LINES, ...hours(365) },
    { athenaWorkGroup: 'etl', who: WHO, ...hours(90, 160) },
    { athenaWorkGroup: 'forbidden', who: 'held', ...hours(85) },
    { athenaWorkGroup: 'unknown', who: '(no description)', ...hours(75) },
    expect.objectContaining({ athenaWorkGroup: 'dateless', who: '(no description)', sessions: 1 }),
  ]);
});

test('MostExpensive lists sessions with what they cost at least, the most expensive first, ended ones too', () => {
  const table = tableOf(query('MostExpensive'));
  const ofEtl = table.filter(({ athenaWorkGroup }) => athenaWorkGroup === 'etl');
  const engine = 'PySpark engine version 3';
  // All started 400 minutes before the first run, which is 65 minutes before the last one.
  const cost = (minutesOld: number) => ({ ageMinutes: minutesOld, dollarsAtLeast: Math.floor(minutesOld / 60 * PRICE * 100) / 100 });
  expect(ofEtl.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining(['etl-works-again', 'etl-failed-for-no-reason', 'etl-ended', 'etl-failed']));
  expect(ofEtl.find(({ sessionId }) => sessionId === 'etl-forgotten')).toEqual(
    { athenaWorkGroup: 'etl', sessionId: 'etl-forgotten', ...cost(465), state: 'IDLE', engine, description: TWO_LINES });
  expect(ofEtl.find(({ sessionId }) => sessionId === 'etl-ended')).toEqual(
    { athenaWorkGroup: 'etl', sessionId: 'etl-ended', ...cost(463), state: 'TERMINATED', engine, description: WHO });
  expect(ofEtl.at(-1)).toEqual({ athenaWorkGroup: 'etl', sessionId: 'etl-failed', ...cost(407), state: 'FAILED', engine, description: WHO });
  const costs = column(table, 'dollarsAtLeast').filter((each) => each !== undefined);
  expect(costs).toEqual([...costs].sort((a, b) => Number(b) - Number(a)));
});

describe('ListingErrors', () => {
  test('lists workgroups that are not listed, with the reason, the latest first, without unknown sessions', () => {
    const table = tableOf(query('ListingErrors'));
    const failure = runs.find(({ run }) => run.error)!;
    expect(table).toEqual([
      { '@timestamp': expect.any(Date), 'error': expect.stringContaining('Invoke Error'), 'why': failure.run.error!.errorMessage },
      ...[20, 15, 10].map((after) => ({
        '@timestamp': expect.any(Date),
        'error': 'workgroup not listed: its sessions could not be listed completely, so none of its metrics is written',
        'notListed': 'forbidden',
        'why': runs.find(({ time }) => time === T + minutes(after))!.run.log.find(({ level }) => level === 'ERROR')!.reason,
      })),
    ]);
    expect(column(table, 'why')).toEqual([expect.stringMatching(/search for workgroups did not finish: AccessDenied/), ...Array(3).fill(expect.stringMatching(/^AccessDenied/))]);
    expect(column(table, '@timestamp').map((time) => Math.floor(((time as Date).getTime() - T) / minutes(1)))).toEqual([40, 20, 15, 10]);
  });

  test('lists all workgroups that a run did not list before its deadline', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `team-${i}`);
    const stage = await Stage.start(
      { faults: [{ kind: 'hang' }], workGroups: Object.fromEntries(names.map((name) => [name, {}])) },
      { [SETTINGS.workGroups]: names.join(',') },
      { timeoutSeconds: 5 },
    );
    const run = await stage.run();
    const events: LogEvent[] = [];
    write(events, T, run);
    const [failure, outOfTime] = tableOf(query('ListingErrors'), events);
    expect(outOfTime!.error).toMatch(/^250 of 250 workgroups were not listed completely before the deadline/);
    expect(JSON.parse(`${outOfTime!.notListed}`).sort()).toEqual([...names].sort());
    expect(JSON.parse(`${outOfTime!.why}`)).toEqual([expect.stringContaining('reached its deadline before the listing was complete')]);
    expect(failure!.why).toBe(run.error!.errorMessage);
  });

  test('includes runs that Lambda ended', () => {
    const endings = [
      `${new Date(T).toISOString()} ${REQUEST_ID} Task timed out after 240.00 seconds`,
      `RequestId: ${REQUEST_ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError`,
    ];
    const events = endings.map((message, index) => ({ timestamp: T - index, message, logStream: log[0]!.logStream }));
    expect(column(tableOf(query('ListingErrors'), events), 'error')).toEqual(endings);
  });
});

test('Calls sums calls and throttles by hour', () => {
  const table = tableOf(query('Calls'));
  const expected = [T + minutes(60), T].map((hour) => {
    const ofHour = runs.filter(({ time }) => time >= hour && time < hour + minutes(60));
    const values = (metric: string) => ofHour
      .map(({ run, time }) => run.value(metric, undefined, time) as number | undefined)
      .filter((value) => value !== undefined);
    const sum = (metric: string) => values(metric).reduce((total, value) => total + value, 0);
    return {
      hour: new Date(hour),
      calls: sum('ApiCalls'),
      throttled: sum('ThrottledApiCalls'),
      workGroupsMonitored: Math.max(...values('WorkGroupsMonitored')),
      workGroupsNotListed: Math.max(...values('WorkGroupsNotListed')),
    };
  });
  expect(table).toEqual(expected);
  expect(column(table, 'throttled')).toEqual([0, 3]);
  expect(column(table, 'workGroupsNotListed')).toEqual([0, 1]);
});

describe('sessionDetailsQuery()', () => {
  const interval = Duration.minutes(5);

  /** Each session as in its newest log line. */
  const newest = (workGroup?: string) => {
    const last = new Map<string, ResultRow>();
    for (const { message, timestamp } of log.filter((event) => event.message.startsWith('{"_aws"'))) {
      const { WorkGroup: athenaWorkGroup, sessions = [] } = JSON.parse(message);
      for (const { id: sessionId, state, seconds, age, engine, description, reason } of sessions) {
        const minutesOf = (duration?: number) => duration === undefined ? undefined : Math.floor(duration / 60);
        const optional = { engine, description, reason, minutesInState: minutesOf(seconds), ageMinutes: minutesOf(age) };
        const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
        last.set(sessionId, { athenaWorkGroup, sessionId, state, ...known, lastSeen: new Date(timestamp) });
      }
    }
    return [...last.values()].filter((row) => workGroup === undefined || row.athenaWorkGroup === workGroup);
  };
  const byId = (rows: readonly ResultRow[]) => [...rows].sort((a, b) => `${a.sessionId}`.localeCompare(`${b.sessionId}`));

  test('lists the newest details of each session, the latest first', () => {
    const table = tableOf(sessionDetailsQuery(FUNCTION_NAME, { interval }));
    expect(table.length).toBeLessThan(100); // the query's limit
    expect(byId(table)).toEqual(byId(newest()));
    const seen = column(table, 'lastSeen').map(Number);
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect(table.find(({ sessionId }) => sessionId === 'etl-works-again')).toMatchObject({ state: 'BUSY', minutesInState: 3 });
    expect(table.find(({ sessionId }) => sessionId === 'etl-works-again')).not.toHaveProperty('reason');
  });

  test('can filter by workgroup', () => {
    expect(byId(tableOf(sessionDetailsQuery(FUNCTION_NAME, { interval, workGroup: 'etl' })))).toEqual(byId(newest('etl')));
    expect(tableOf(sessionDetailsQuery(FUNCTION_NAME, { interval, workGroup: 'et' }))).toEqual([]);
  });

  const ENDED = ['FAILED', 'TERMINATED'];

  test('lists sessions that were live in the last two runs', () => {
    const live = sessionDetailsQuery(FUNCTION_NAME, { interval, ended: false });
    expect(byId(tableOf(live))).toEqual(byId(newest().filter(({ state }) => !ENDED.includes(`${state}`))));
    expect(tableOf(live, undefined, NOW + minutes(12))).toEqual([]); // they may have ended unseen
  });

  test('lists ended sessions with their end, the latest first', () => {
    const table = tableOf(sessionDetailsQuery(FUNCTION_NAME, { interval, ended: true }));
    const expected = newest().filter(({ state }) => ENDED.includes(`${state}`));
    expect(byId(table).map(({ ended: _, ...row }) => row)).toEqual(byId(expected).map(({ minutesInState: _, ...row }) => row));
    const ended = column(table, 'ended').map(Number);
    expect(ended).toEqual([...ended].sort((a, b) => b - a));
    expect(ended[table.findIndex(({ sessionId }) => sessionId === 'etl-ended')]).toBe(T + minutes(63));
  });

  test('adds what each session costs at least, if there is a price', () => {
    const table = tableOf(sessionDetailsQuery(FUNCTION_NAME, { interval, dpuHourPrice: PRICE }));
    expect(byId(table.map(({ dollarsAtLeast: _, ...row }) => row))).toEqual(byId(newest()));
    const costOf = (id: string) => table.find(({ sessionId }) => sessionId === id)!.dollarsAtLeast;
    expect(costOf('etl-forgotten')).toBe(2.71); // 465 minutes
    expect(costOf('dateless')).toBeUndefined();
  });

  test('equals the query in the runbook, which reads all functions of the log group', () => {
    const runbook = readFileSync(path.join(__dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
    const [ofOne, ...ofAll] = sessionDetailsQuery(FUNCTION_NAME, { interval });
    expect(ofOne).toMatch(/^filter @logStream/);
    expect(runbook).toContain(`\`\`\`\n${ofAll.join('\n| ')}\n\`\`\``);
  });
});

test('all queries return nothing for a log without runs', () => {
  const events = log.filter(({ message }) => /^(START|END|REPORT)/.test(message));
  for (const { lines } of logsInsightsQueries(FUNCTION_NAME, Duration.minutes(5), PRICE)) {
    expect(tableOf(lines, events)).toEqual([]);
  }
});
