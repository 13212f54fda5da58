import type { FixedSession, Fault } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/collector/schema';
import { FUNCTION_NAME, minutes, NODES, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

// Waiting between attempts and for answers that never come passes ten times as fast.
const FAST = { speed: 10 };
const healthy = { sessions: [session('healthy-1', 'IDLE', { IdleSinceDateTime: T - minutes(70) }), session('healthy-2', 'FAILED', { EndDateTime: T - minutes(1) })] };

const lasting: [string, Omit<Fault, 'workGroup'>, RegExp][] = [
  ['a throttle that lasts', { kind: 'throttle' }, /ThrottlingException/],
  ['a server error that lasts', { kind: 'serverError' }, /InternalServerException|InternalFailure|500/],
  ['access denied', { kind: 'accessDenied' }, /AccessDeniedException/],
  ['an invalid request', { kind: 'error', code: 'InvalidRequestException', message: 'no' }, /InvalidRequestException/],
  ['a connection that is always reset', { kind: 'reset' }, /ECONNRESET|socket hang up/],
  ['a connection that is reset in the middle of every answer', { kind: 'resetMidBody' }, /aborted|ECONNRESET/],
  ['truncated JSON', { kind: 'truncated' }, /JSON/],
  ['an answer that is no JSON', { kind: 'malformed' }, /JSON|token/],
  ['no answer', { kind: 'hang' }, /no answer within 10 seconds/],
  ['an error in the FAILED listing alone', { kind: 'error', stateFilter: 'FAILED', code: 'MetadataException' }, /MetadataException/],
  ['an error in the last listing alone', { kind: 'error', stateFilter: 'TERMINATED', code: 'MetadataException' }, /MetadataException/],
];

test.each(lasting)('%s: the workgroup writes nothing and counts as failed, the others are unaffected', async (_name, fault, reason) => {
  const stage = await Stage.start({ workGroups: { ill: healthy, well: healthy }, faults: [{ operation: 'ListSessions', workGroup: 'ill', ...fault }], ...FAST }, {}, FAST);
  const run = await stage.run();
  expect(run.error).toBeUndefined();
  expect(run.metricLines.filter((line) => line.WorkGroup === 'ill')).toEqual([]);
  expect(run.log).toEqual([expect.objectContaining({ level: 'ERROR', workGroup: 'ill', reason: expect.stringMatching(reason) })]);
  expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed')]).toEqual([1, 1]);
  expect(run.value('IdleTime', 'well')).toEqual([4200]);
  expect(run.value('FailedSessions', 'well')).toBe(1);
});

test.each(NODES)('a call that is never answered is given up after ten seconds, four times: %s', async (nodePath) => {
  const fast = { speed: 20 };
  const stage = await Stage.start({ workGroups: { ill: healthy, well: healthy }, faults: [{ kind: 'hang', workGroup: 'ill' }], ...fast }, {}, { nodePath, ...fast });
  const run = await stage.run();
  expect(stage.athena.calls.filter((call) => call.workGroup === 'ill')).toHaveLength(4);
  expect(run.log).toEqual([expect.objectContaining({ workGroup: 'ill', reason: 'TimeoutError: no answer within 10 seconds (4 attempts)' })]);
  expect(run.value('IdleSessions', 'well')).toBe(1);
});

const passing: [string, Omit<Fault, 'workGroup'>, number][] = [
  ['a throttle', { kind: 'throttle', first: 3 }, 3],
  ['a server error', { kind: 'serverError', first: 2 }, 0],
  ['a reset connection', { kind: 'reset', first: 2 }, 0],
  ['a connection that is reset in the middle of the answer', { kind: 'resetMidBody', first: 2 }, 0],
];

test.each(passing)('%s that passes is retried, and nothing is missing', async (_name, fault, throttled) => {
  const stage = await Stage.start({ workGroups: { shaky: healthy }, faults: [{ operation: 'ListSessions', ...fault }], ...FAST }, {}, FAST);
  const run = await stage.run();
  expect(run.log).toEqual([]);
  expect(run.value('IdleSessions', 'shaky')).toBe(1);
  expect(run.value('FailedSessions', 'shaky')).toBe(1);
  expect(run.value('ApiCalls')).toBe(6 + fault.first!);
  expect(run.value('ThrottledApiCalls')).toBe(throttled);
});

describe('pages', () => {
  const sessions = Array.from({ length: 150 }, (_, i) => session(`s${i}`, 'BUSY', { StartDateTime: T - i * 1000 }));

  test('a token that is repeated makes the listing fail, not go on for ever', async () => {
    const stage = await Stage.start({ workGroups: { looping: { sessions }, well: healthy }, faults: [{ kind: 'repeatedToken', workGroup: 'looping' }] });
    const run = await stage.run();
    expect(run.log).toEqual([expect.objectContaining({ workGroup: 'looping', reason: expect.stringContaining('repeated') })]);
    expect(run.value('BusySessions', 'looping')).toBeUndefined();
    expect(run.value('WorkGroupsFailed')).toBe(1);
    expect(stage.athena.calls.length).toBeLessThan(20);
  });

  test('an empty page with a token is not the end', async () => {
    const stage = await Stage.start({ workGroups: { sparse: { sessions } }, faults: [{ kind: 'emptyPage', workGroup: 'sparse', page: 1, stateFilter: 'none' }] });
    const run = await stage.run();
    expect(run.log).toEqual([]);
    expect(run.value('BusySessions', 'sparse')).toBeGreaterThanOrEqual(50);
    expect(stage.athena.calls.filter((call) => call.stateFilter === undefined && call.workGroup === 'sparse').length).toBeGreaterThanOrEqual(2);
  });
});

describe('workgroups that cannot be listed', () => {
  test('a named one that does not exist is a failure', async () => {
    const stage = await Stage.start({ workGroups: { well: healthy } }, { [SETTINGS.workGroups]: 'gone,well' });
    const run = await stage.run();
    expect(run.log).toEqual([expect.objectContaining({ level: 'ERROR', workGroup: 'gone', reason: expect.stringContaining('not found') })]);
    expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed')]).toEqual([1, 1]);
  });

  test.each([
    ['was deleted since', { state: 'ENABLED', code: 'InvalidRequestException', message: 'WorkGroup is not found.' }],
    ['was deleted since, in the documented words', { state: 'ENABLED', code: 'ResourceNotFoundException', message: 'no such workgroup' }],
    ['is disabled and refuses', { state: 'DISABLED', code: 'InvalidRequestException', message: 'WorkGroup is disabled.' }],
  ] as const)('a found one that %s is skipped', async (_name, { state, code, message }) => {
    const stage = await Stage.start({ workGroups: { odd: { ...healthy, state }, well: healthy }, faults: [{ kind: 'error', workGroup: 'odd', code, message }] });
    const run = await stage.run();
    expect(run.log).toEqual([expect.objectContaining({ level: 'INFO', workGroup: 'odd' })]);
    expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed')]).toEqual([1, 0]);
  });

  test('a disabled one whose sessions are listed is monitored', async () => {
    const stage = await Stage.start({ workGroups: { closing: { ...healthy, state: 'DISABLED' } } });
    expect((await stage.run()).value('IdleSessions', 'closing')).toBe(1);
  });

  test('SQL workgroups are left alone', async () => {
    const stage = await Stage.start({ workGroups: { sql: { engine: 'Athena engine version 3' }, spark: { engine: 'Apache Spark version 3.5' } } });
    await stage.run();
    expect(new Set(stage.athena.calls.map((call) => call.workGroup))).toEqual(new Set([undefined, 'spark']));
  });

  test('all of them failing fails the invocation, after the heartbeat is written', async () => {
    const stage = await Stage.start({ workGroups: { a: healthy, b: healthy }, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] });
    const run = await stage.run();
    expect(run.error?.errorMessage).toMatch(/none of 2 workgroups could be listed.*AccessDeniedException/);
    expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed')]).toEqual([0, 2]);
  });

  test('none found is not a failure', async () => {
    const run = await (await Stage.start({ workGroups: {} })).run();
    expect(run.error).toBeUndefined();
    expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed'), run.value('ApiCalls')]).toEqual([0, 0, 1]);
  });
});

test('a search that does not finish fails the invocation, but what was found is written', async () => {
  const workGroups = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`team-${i}`, healthy]));
  const stage = await Stage.start({ workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 }] });
  const run = await stage.run();
  expect(run.error?.errorMessage).toMatch(/search for workgroups did not finish.*AccessDeniedException/);
  expect(run.metricLines.filter((line) => line.IdleSessions === 1)).toHaveLength(50);
  expect([run.value('WorkGroupsMonitored'), run.value('WorkGroupsFailed')]).toEqual([undefined, undefined]);
  expect(run.value('ApiCalls')).toBe(2 + 5 * 50);
});

describe('the deadline', () => {
  const workGroups = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`team-${i}`, healthy]));
  const timeout = { [SETTINGS.timeoutSeconds]: '20', [SETTINGS.maxRequestsPerSecond]: '4' };

  test('a run stops asking in time, writes what is complete and counts the rest as failed', async () => {
    const stage = await Stage.start({ workGroups, ...FAST }, timeout, { timeoutSeconds: 20, ...FAST });
    const run = await stage.run();
    expect({ error: run.error, timedOut: run.timedOut }).toEqual({ error: undefined, timedOut: false });
    const monitored = run.value('WorkGroupsMonitored') as number;
    expect(monitored).toBeGreaterThan(0);
    expect(monitored).toBeLessThan(30);
    expect(run.value('WorkGroupsFailed')).toBe(30 - monitored);
    expect(run.metricLines.filter((line) => line.WorkGroup)).toHaveLength(monitored);
    expect(run.log).toEqual([expect.objectContaining({ level: 'ERROR', message: expect.stringContaining('maxRequestsPerSecond') })]);
    expect(run.log[0]!.workGroups).toHaveLength(30 - monitored);
  });

  test('no answer at all does not outlast it', async () => {
    const stage = await Stage.start({ workGroups, faults: [{ kind: 'hang' }], ...FAST }, timeout, { timeoutSeconds: 20, ...FAST });
    const run = await stage.run();
    expect(run.timedOut).toBe(false);
    expect(run.error?.errorMessage).toContain('search for workgroups did not finish');
  });

  test('all are reached in turn by the runs that follow', async () => {
    const stage = await Stage.start({ workGroups, ...FAST }, timeout, { timeoutSeconds: 20, ...FAST });
    const reached = new Set<string>();
    for (let run = 0; run < 6; run++) {
      const { metricLines } = await stage.run({ scheduledTime: new Date(T + minutes(5 * run)).toISOString() });
      metricLines.forEach((line) => line.WorkGroup && reached.add(line.WorkGroup));
    }
    expect(reached.size).toBe(30);
  });
});

describe('sessions that are not as documented', () => {
  const odd: FixedSession[] = [
    { SessionId: 'no-status' },
    { SessionId: 'no-state', Status: { StartDateTime: T - minutes(5) } },
    session('new-state', 'HIBERNATING'),
    { SessionId: 'ended-when', Status: { State: 'FAILED' } },
    { Status: { State: 'IDLE', StartDateTime: T - minutes(5) } },
  ];

  test('are counted as unknown and named in the log, and spoil no figure', async () => {
    const stage = await Stage.start({ workGroups: { odd: { sessions: [...odd, ...healthy.sessions] } }, unfiltered: 'all' });
    const run = await stage.run();
    expect(run.error).toBeUndefined();
    expect(run.value('UnknownSessions')).toBe(5);
    expect(run.value('IdleSessions', 'odd')).toBe(1);
    expect(run.value('FailedSessions', 'odd')).toBe(1);
    expect(run.log).toEqual([{
      level: 'WARN',
      message: expect.stringContaining('5 sessions'),
      workGroup: 'odd',
      sessions: expect.arrayContaining([{ id: 'no-status' }, { id: 'no-state' }, { id: 'new-state', state: 'HIBERNATING' }, { id: 'ended-when', state: 'FAILED' }]),
    }]);
  });

  test('what the unfiltered listing shows makes no difference', async () => {
    const sessions = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED', 'FAILED', 'TERMINATED'].map((state, i) =>
      session(`s${i}`, state, { EndDateTime: state.endsWith('ED') ? T - minutes(1) : undefined }));
    const lines = await Promise.all([undefined, ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING'], 'all' as const].map(async (unfiltered) =>
      (await (await Stage.start({ workGroups: { all: { sessions } }, unfiltered })).run()).metricLines.filter((line) => line.WorkGroup)));
    expect(lines[1]).toEqual(lines[0]);
    expect(lines[2]).toEqual(lines[0]);
    expect(lines[0]).toEqual([expect.objectContaining({
      ...{ CreatingSessions: 1, CreatedSessions: 1, IdleSessions: 1, BusySessions: 1 },
      ...{ TerminatingSessions: 1, DegradedSessions: 1, FailedSessions: 1, TerminatedSessions: 1 },
    })]);
  });
});

describe('what makes no sense', () => {
  test.each([
    ['yesterday'], [''], [1700000000], ['<aws.scheduler.scheduled-time>'], ['2020-01-01T00:00:00Z'], ['2999-01-01T00:00:00Z'],
  ])('an event time of %j fails the invocation, and no call is made', async (scheduledTime) => {
    const stage = await Stage.start({ workGroups: { well: healthy } });
    const run = await stage.run({ scheduledTime });
    expect(run.error?.errorMessage).toContain('scheduledTime must be');
    expect(run.error?.errorMessage).toContain(`received ${typeof scheduledTime === 'string' && scheduledTime.startsWith('2') ? scheduledTime : JSON.stringify(scheduledTime)}`);
    expect(stage.athena.calls).toEqual([]);
    expect(run.metricLines).toEqual([]);
  });

  test.each([
    [SETTINGS.intervalMinutes, '7'], [SETTINGS.lookbackMinutes, '12'], [SETTINGS.maxRequestsPerSecond, '0'], [SETTINGS.countTerminated, 'yes'],
    [SETTINGS.workGroups, ''], [SETTINGS.workGroups, 'a,b c'], [SETTINGS.metricNamespace, ''],
  ])('an environment with %s=%j fails the invocation', async (name, value) => {
    const run = await (await Stage.start({ workGroups: { well: healthy } }, { [name]: value })).run();
    expect(run.error?.errorMessage).toContain(name);
    expect(run.error?.errorMessage).toContain(`received "${name === SETTINGS.workGroups && value ? 'b c' : value}"`);
  });

  test('an event without a time is a run of now', async () => {
    const stage = await Stage.start({ workGroups: { well: healthy } });
    const run = await stage.run({ key1: 'value1' });
    const time = run.metricLines[0]._aws.Timestamp;
    expect(time % minutes(5)).toBe(0);
    expect(Math.abs(Date.now() - time)).toBeLessThan(minutes(60));
    expect(run.metricLines.at(-1)).toMatchObject({ FunctionName: FUNCTION_NAME, WorkGroupsMonitored: 1 });
  });
});

test('the same event twice writes the same lines, whatever the process remembers', async () => {
  const stage = await Stage.start({ workGroups: { well: healthy } });
  const [first, second] = [await stage.run(), await stage.run()];
  expect(second.lines).toEqual(first.lines);
});
