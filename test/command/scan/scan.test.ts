import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { displayWidth } from '../../../command/table';
import type { AthenaOptions, SessionState } from '../../../rehearsal/athena';
import { SESSION_STATES } from '../../../rehearsal/athena';
import { MarkdownPage } from '../../support/markdown';
import { hours, minutes, NOW, REGION, ROOT, scanned, scannedOnTerminal, session, SPARK_35, SQL } from '../support';

const WORLD: AthenaOptions = {
  workGroups: {
    analytics: {
      sessions: [
        session('idle-1', 'IDLE', { IdleSinceDateTime: NOW - hours(2) }, { Description: 'churn model' }),
        session('busy-1', 'BUSY', { StartDateTime: NOW - hours(50), LastModifiedDateTime: NOW - minutes(2) }),
        session('failed-1', 'FAILED', { StartDateTime: NOW - hours(2), EndDateTime: NOW - hours(1) + minutes(5), StateChangeReason: 'out of memory' }),
        session('failed-before', 'FAILED', { EndDateTime: NOW - hours(2) }),
        session('ended', 'TERMINATED', { EndDateTime: NOW - minutes(1) }),
      ],
    },
    etl: { engine: SPARK_35, sessions: [session('etl-1', 'IDLE', { IdleSinceDateTime: NOW - minutes(20) }, { EngineVersion: { EffectiveEngineVersion: SPARK_35 } })] },
    primary: { engine: SQL },
  },
};

const lines = (text: string) => text.split('\n').slice(0, -1);

test('shows live sessions and recent failures with a summary', async () => {
  const { code, stdout, stderr, athena } = await scanned(WORLD);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lines(stdout).map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, 'DATE'))).toEqual([
    'us-east-1: 3 live sessions (2 IDLE, 1 BUSY) in 2 workgroups · 1 FAILED in the last hour · at least $1.05 an hour (at $0.35 per DPU-hour)',
    '',
    'WORKGROUP  STATE   FOR   AGE  COST ≥  ENGINE     SINCE (UTC)       SESSION   DESCRIPTION',
    'analytics  FAILED  55m  1h5m   $0.37  PySpark 3  DATE  failed-1  out of memory',
    'analytics  IDLE     2h    5h   $1.75  PySpark 3  DATE  idle-1    churn model',
    'etl        IDLE    20m    5h   $1.75  Spark 3.5  DATE  etl-1     –',
    'analytics  BUSY     2m  2d2h  $17.50  PySpark 3  DATE  busy-1    –',
  ]);
  // One page of workgroups, and all listings of the Spark-enabled ones but that of terminated sessions.
  expect(athena.calls.map(({ operation, workGroup, stateFilter }) => [operation, workGroup, stateFilter].filter(Boolean).join(' ')).sort()).toEqual([
    'ListSessions analytics', 'ListSessions analytics DEGRADED', 'ListSessions analytics FAILED', 'ListSessions analytics TERMINATING',
    'ListSessions etl', 'ListSessions etl DEGRADED', 'ListSessions etl FAILED', 'ListSessions etl TERMINATING', 'ListWorkGroups',
  ]);
});

test('--work-group lists only these workgroups, each once, without a search', async () => {
  const { code, stdout, athena } = await scanned(WORLD, ['--work-group', 'etl', '--work-group', 'etl']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^us-east-1: 1 live session \(1 IDLE\) in 1 workgroup · at least \$0\.35 an hour/);
  expect(stdout).not.toContain('analytics');
  expect(athena.calls.map(({ operation }) => operation)).toEqual(Array(4).fill('ListSessions'));
});

test('says so if there are no sessions', async () => {
  const { code, stdout } = await scanned({ workGroups: { analytics: {} } });
  expect(code).toBe(0);
  expect(stdout).toBe('us-east-1: 0 live sessions in 1 workgroup\n');
});

test('shows sessions in every live state', async () => {
  const live = SESSION_STATES.filter((state): state is SessionState => !['FAILED', 'TERMINATED'].includes(state));
  const { stdout } = await scanned({ workGroups: { analytics: { sessions: live.map((state) => session(`s-${state}`, state)) } } });
  expect(stdout).toContain('6 live sessions (1 CREATING, 1 CREATED, 1 IDLE, 1 BUSY, 1 TERMINATING, 1 DEGRADED)');
  expect(stdout.match(/s-[A-Z]+/g)!.sort()).toEqual(live.map((state) => `s-${state}`).sort());
});

test('shows sessions with missing parts and in unknown states', async () => {
  const { code, stdout, stderr } = await scanned({
    workGroups: { analytics: { sessions: [{ SessionId: 'bare', Status: { State: 'IDLE' } }, session('new', 'HIBERNATED'), { Status: { State: 'BUSY' } }, { SessionId: 'stateless' }] } },
  });
  expect(code).toBe(0);
  expect(stdout).toContain('1 live session (1 IDLE) in 1 workgroup · 1 in the unknown state HIBERNATED · 1 in the unknown state UNKNOWN');
  expect(stdout).toMatch(/^analytics {2}IDLE +– +– +– +– +– +bare +–$/m);
  expect(stdout).toMatch(/^analytics {2}HIBERNATED .*new/m);
  expect(stderr).toBe('left out: 1 session that Athena returned without an id\n');
});

test('--dpu-quota shows how much of it sessions of Spark 3.5 use at least', async () => {
  const { stdout } = await scanned(WORLD, ['--dpu-quota', '4']);
  expect(stdout).toContain(' · at least 1 of 4 DPUs for Spark 3.5 (25 %)\n');
});

test('--dpu-hour-price sets the price', async () => {
  const { stdout } = await scanned(WORLD, ['--dpu-hour-price', '0.5']);
  expect(stdout).toContain('at least $1.50 an hour (at $0.50 per DPU-hour)');
  expect(stdout).toMatch(/idle-1/);
  expect(stdout).toMatch(/ \$2\.50 /);
});

describe('on a terminal', () => {
  const LONG: AthenaOptions = {
    workGroups: {
      'a-workgroup-with-a-name-that-is-very-long-indeed': {
        sessions: [session('1f9c2b7e-5a41-4c6d-9d3e-8b2f6a7c0d15', 'IDLE', {}, { Description: 'churn model 日本語 '.repeat(8) })],
      },
      'b': { sessions: [session('2f9c2b7e-5a41-4c6d-9d3e-8b2f6a7c0d15', 'BUSY')] },
    },
  };
  const titles = (stdout: string) => lines(stdout).find((line) => line.startsWith('WORKGROUP'))!.split(/ {2,}/);

  test.each([40, 60, 80, 120, 200])('no line of %d columns is too long', async (columns) => {
    const { stdout } = await scannedOnTerminal(columns, LONG, ['--details', '--dpu-quota', '4'], { NO_COLOR: '1' });
    const table = lines(stdout).slice(lines(stdout).indexOf(''));
    expect(table).toHaveLength(4);
    const widest = Math.max(...lines(stdout).map(displayWidth));
    expect(widest).toBeLessThanOrEqual(Math.max(columns, 72)); // the columns that are always shown
    expect(widest).toBeGreaterThan(Math.min(columns - 3, 70)); // the room is used
  });

  test('of 80 columns, the table leaves out the session\'s id and the date', async () => {
    const { stdout } = await scannedOnTerminal(80, LONG, [], { NO_COLOR: '1' });
    expect(titles(stdout)).toEqual(['WORKGROUP', 'STATE', 'FOR', 'AGE', 'COST ≥', 'ENGINE', 'DESCRIPTION']);
    expect(stdout).toMatch(/^a-workgroup-with-a-n…  IDLE {4}2h {3}5h {3}\$1\.75  PySpark 3  churn model 日本語 c…$/m);
  });

  test('of 120 columns, the table has the session\'s id rather than the date', async () => {
    const { stdout } = await scannedOnTerminal(120, LONG, [], { NO_COLOR: '1' });
    expect(titles(stdout)).toEqual(['WORKGROUP', 'STATE', 'FOR', 'AGE', 'COST ≥', 'ENGINE', 'SESSION', 'DESCRIPTION']);
  });

  test('of 200 columns, the table has everything', async () => {
    const { stdout } = await scannedOnTerminal(200, LONG, ['--details'], { NO_COLOR: '1' });
    expect(titles(stdout)).toEqual([
      'WORKGROUP', 'STATE', 'FOR', 'AGE', 'COST ≥', 'ENGINE', 'OWNER', 'TIMEOUT', 'ENDS BY (UTC)', 'SINCE (UTC)', 'SESSION', 'DESCRIPTION',
    ]);
  });

  test('states are colored', async () => {
    const { stdout } = await scannedOnTerminal(80, LONG);
    expect(stdout).toContain('\u001b[33mIDLE\u001b[39m');
    expect(stdout).toContain('\u001b[32mBUSY\u001b[39m');
  });

  test.each([['NO_COLOR', { NO_COLOR: '1' }], ['a dumb terminal', { TERM: 'dumb' }]])('%s has no colors', async (_, environment) => {
    const { stdout, stderr } = await scannedOnTerminal(80, LONG, ['--fail-on', 'idle>=1'], environment);
    expect(stdout + stderr).not.toContain('\u001b');
  });

  test('an empty NO_COLOR has no effect, as its definition says', async () => {
    expect((await scannedOnTerminal(80, LONG, [], { NO_COLOR: '' })).stdout).toContain('\u001b[33m');
  });

  test('progress is shown after a second, and removed', async () => {
    const { code, stderr } = await scannedOnTerminal(80, { ...LONG, faults: [{ kind: 'slow', milliseconds: 2500, first: 1 }] });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^(\r\u001b\[2Ksearching for workgroups, 1 call)+\r\u001b\[2K$/);
  });

  test('progress tells that details are read, before the first one is', async () => {
    const { stderr } = await scannedOnTerminal(80, { ...LONG, faults: [{ kind: 'slow', milliseconds: 1500, operation: 'GetSession' }] }, ['--details']);
    expect(stderr).toContain('reading details: 0 of 2 sessions');
    expect(stderr).not.toContain('listing sessions: ');
  });

  test('--quiet shows no progress', async () => {
    const { stdout, stderr } = await scannedOnTerminal(80, { ...LONG, faults: [{ kind: 'slow', milliseconds: 1500, first: 1 }] }, ['--quiet']);
    expect(stdout + stderr).toBe('');
  });
});

test('in a pipe, nothing is shortened or colored', async () => {
  const Description = 'x'.repeat(256);
  const { stdout } = await scanned({ workGroups: { ['w'.repeat(128)]: { sessions: [session('idle-1', 'IDLE', {}, { Description })] } } });
  expect(stdout).toMatch(new RegExp(`^w{128}  IDLE .* idle-1 +${Description}$`, 'm'));
  expect(stdout).not.toContain('\u001b');
});

test('texts of others cannot change what a terminal shows', async () => {
  const Description = 'a\u001b[31mb\u009b2Jc\u0007d\ne\rf\u202eg\u2028h';
  const world = { workGroups: { analytics: { sessions: [session('i\u001b[2J', 'IDLE', {}, { Description })] } } };
  // eslint-disable-next-line no-control-regex
  const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  const table = await scanned(world, ['--fail-on', 'idle>=1']);
  expect(table.stdout + table.stderr).not.toMatch(dangerous);
  expect(table.stdout).toContain('a [31mb 2Jc d e f g h');
  expect(lines(table.stdout)).toHaveLength(4);
  const json = await scanned(world, ['--json']);
  expect(json.stdout).not.toMatch(dangerous);
  expect(JSON.parse(json.stdout).sessions[0].description).toBe(Description);
});

describe('--json', () => {
  test('prints the documented fields', async () => {
    const { code, stdout, stderr } = await scanned(WORLD, ['--json', '--dpu-quota', '4', '--fail-on', 'idle>1h', '--fail-on', 'busy>5']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^idle>1h is met by 1 session: idle-1; what to do: https:\/\/.*#idle\n$/);
    const report = JSON.parse(stdout);
    expect(report).toEqual({
      version: '1',
      region: REGION,
      scannedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      workGroupsListed: 2,
      workGroupsNotListed: [],
      sessionsByState: { CREATING: 0, CREATED: 0, IDLE: 2, BUSY: 1, TERMINATING: 0, DEGRADED: 0, FAILED: 1 },
      liveSessions: 3,
      usdPerHourAtLeast: 1.05,
      dpuHourPrice: 0.35,
      dpuQuota: { dpus: 4, usedAtLeast: 1 },
      failOn: [{ condition: 'idle>1h', met: true, sessions: ['idle-1'] }, { condition: 'busy>5', met: false, sessions: [] }],
      sessions: expect.any(Array),
    });
    expect(report.sessions.map(({ sessionId }: { sessionId: string }) => sessionId)).toEqual(['failed-1', 'idle-1', 'etl-1', 'busy-1']);
    const scannedAt = Date.parse(report.scannedAt);
    expect(report.sessions[1]).toEqual({
      workGroup: 'analytics',
      sessionId: 'idle-1',
      state: 'IDLE',
      since: new Date(NOW - hours(2)).toISOString(),
      secondsInState: Math.floor((scannedAt - (NOW - hours(2))) / 1000),
      startedAt: new Date(NOW - hours(5)).toISOString(),
      ageSeconds: Math.floor((scannedAt - (NOW - hours(5))) / 1000),
      engine: 'PySpark engine version 3',
      description: 'churn model',
      costAtLeast: { usd: 1.75, dpuHours: 5, dpuHourPrice: 0.35 },
    });
    expect(report.sessions[0]).toMatchObject({ state: 'FAILED', reason: 'out of memory', ageSeconds: 3900, costAtLeast: { usd: 0.37 } });
  });

  test('README.md documents each field', async () => {
    const read = (file: string) => readFileSync(path.join(ROOT, 'command', file), 'utf8');
    const rows = read('README.md').split('### JSON')[1]!.split('\n## ')[0]!.split('\n').filter((line) => line.startsWith('| `'));
    const documented = rows.flatMap((row) => new MarkdownPage(row.split('|')[1]!).codeSpans);
    const source = read('scan/report.ts') + read('scan/session-report.ts');
    const fields = ['ScanReport', 'SessionReport'].flatMap((name) => (
      [...source.split(`export interface ${name} {`)[1]!.split('\n}')[0]!.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => field)
    ));
    expect(fields.length).toBeGreaterThan(20);
    expect(documented.sort()).toEqual(fields.sort());
  });

  test('includes workgroups that were not listed', async () => {
    const { code, stdout } = await scanned({ ...WORLD, faults: [{ kind: 'accessDenied', workGroup: 'etl' }] }, ['--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      workGroupsListed: 1, workGroupsNotListed: [{ workGroup: 'etl', reason: expect.stringContaining('athena:ListSessions') }], liveSessions: 2,
    });
  });
});

describe('--fail-on', () => {
  test('exits with code 1 if a condition is met, and names the sessions', async () => {
    const { code, stdout, stderr } = await scanned(WORLD, ['--quiet', '--fail-on', 'age>1d', '--fail-on', 'failed>=1', '--fail-on', 'idle>1d']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(lines(stderr)).toEqual([
      expect.stringMatching(/^age>1d is met by 1 session: busy-1; what to do: https:/), expect.stringMatching(/^failed>=1 is met by 1 session: failed-1; what to do: https:/),
    ]);
  });

  test('exits with code 0 if none is met', async () => {
    expect(await scanned(WORLD, ['--quiet', '--fail-on', 'idle>1d', '--fail-on', 'busy>1'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('names at most 5 sessions in its line', async () => {
    const sessions = Array.from({ length: 8 }, (_, index) => session(`s${index}`, 'IDLE'));
    const { stderr } = await scanned({ workGroups: { analytics: { sessions } } }, ['--fail-on', 'idle>7']);
    expect(stderr).toMatch(/^idle>7 is met by 8 sessions: s\d, s\d, s\d, s\d, s\d and 3 more; what to do/);
  });

  test('is not "no" if a workgroup was not listed, and "yes" if others meet it', async () => {
    const world: AthenaOptions = { ...WORLD, faults: [{ kind: 'accessDenied', workGroup: 'etl' }] };
    expect((await scanned(world, ['--fail-on', 'idle>1d'])).code).toBe(2);
    expect((await scanned(world, ['--fail-on', 'idle>1h'])).code).toBe(1);
  });
});

test('1,000 sessions in 500 workgroups', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `workgroup-${index}`);
  const sessionsOf = (name: string) => [session(`${name}-a`, 'IDLE'), session(`${name}-b`, 'DEGRADED')];
  const { code, stdout, athena } = await scanned({ workGroups: Object.fromEntries(names.map((name) => [name, { sessions: sessionsOf(name) }])) }, ['--rate', '100000']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^us-east-1: 1000 live sessions \(500 IDLE, 500 DEGRADED\) in 500 workgroups · at least \$350\.00 an hour/);
  expect(new Set(stdout.match(/workgroup-\d+-[ab]/g)).size).toBe(1000);
  expect(athena.calls).toHaveLength(10 + 500 * 4);
});

test('at most 4 calls a second by default, after a burst of 8', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const { athena } = await scanned({ workGroups: Object.fromEntries(names.map((name) => [name, {}])) }, ['--rate', '4']);
  const times = athena.calls.map(({ atMilliseconds }) => atMilliseconds);
  expect(times).toHaveLength(21);
  expect(times[20]! - times[0]!).toBeGreaterThan((21 - 8 - 1) / 4 * 1000 * 0.9);
});
