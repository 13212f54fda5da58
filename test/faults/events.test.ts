import type { AthenaOptions, Fault, FixedSession } from '../../rehearsal/athena';
import type { AcceptedEvent, EventFault } from '../../rehearsal/eventbridge';
import type { LambdaOptions } from '../../rehearsal/lambda';
import { SETTINGS } from '../../src/schema';
import { FUNCTION_NAME, minutes, type Run, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

type WorkGroups = NonNullable<AthenaOptions['workGroups']>;

/** For faults that cause several timeouts. */
const FASTER = 20;
const HAS_DETAILS = {
  EngineVersion: { EffectiveEngineVersion: 'PySpark engine version 3' },
  tags: { Owner: 'Ada' },
  executionRole: 'arn:aws:iam::123456789012:role/service-role/analysts',
  idleTimeout: minutes(120),
};
/** Sessions that meet an alarm's condition since a minute before the first run. */
const idle = (id: string): FixedSession => ({ ...session(id, 'IDLE', { IdleSinceDateTime: T - minutes(61) }), ...HAS_DETAILS });
const failed = (id: string): FixedSession => ({ ...session(id, 'FAILED', { EndDateTime: T - minutes(1) }), ...HAS_DETAILS });
const COMPLETE = { owner: { name: 'Ada', source: 'tag:Owner' }, idleTimeoutSeconds: 7200 };

interface World extends Pick<AthenaOptions, 'workGroups' | 'faults' | 'speed'> {
  readonly eventFaults?: EventFault[];
  readonly settings?: { readonly [name: string]: string | undefined };
  readonly lambda?: Partial<LambdaOptions>;
}

async function start({ eventFaults = [], settings, lambda, speed = 10, ...athena }: World): Promise<Stage> {
  return Stage.start({ ...athena, speed }, settings, { speed, memorySize: 256, ...lambda }, { faults: eventFaults });
}

interface EventRun {
  /** What EventBridge accepted, whether its answer arrived or not. */
  readonly accepted: AcceptedEvent[];
  readonly sent: number;
  readonly failed: number;
  /** Ids of sessions whose events were not sent, according to the log. */
  readonly unsent: string[];
  readonly reasons: string[];
  readonly run: Run;
}

const isAboutEvents = (line: string) => line.includes('EventsSent') || line.includes('events were not sent');

/** Runs once with events. Everything but their own lines must be as in a run without events. */
async function runWithEvents(stage: Stage, workGroups: WorkGroups, time = T): Promise<EventRun> {
  const [calls, accepted] = [stage.athena.calls.length, stage.eventBridge.accepted.length];
  const run = await stage.run({ scheduledTime: new Date(time).toISOString() }, time);
  expect(run.error).toBeUndefined();
  checkTime(run);
  expect(run.durationMs).toBeLessThan(120_000);
  expect(run.lines.filter((line) => !isAboutEvents(line)).sort()).toEqual(await linesWithoutEvents(workGroups, time));

  const result = { ...eventsOf(run), accepted: stage.eventBridge.accepted.slice(accepted) };
  const throttled = stage.athena.calls.slice(calls).filter((call) => call.throttled).length;
  expect(run.metricLines.at(-1)).toMatchObject({ ApiCalls: stage.athena.calls.length - calls, ThrottledApiCalls: throttled });
  return result;
}

/** What a run's own lines tell of its events. */
function eventsOf(run: Run): Omit<EventRun, 'accepted'> {
  const metrics = run.metricLines.filter((line) => 'EventsSent' in line);
  expect(metrics).toEqual([run.metricLines.at(-1)]);
  const { EventsSent: sent, EventsFailed: count, FunctionName } = metrics[0];
  expect(FunctionName).toBe(FUNCTION_NAME);
  const log = run.log.filter(({ message }) => isAboutEvents(message));
  expect(log.map(({ level, message }) => [level, message.split(';')[0]])).toEqual(count === 0 ? [] : [['ERROR', `${count} of ${sent + count} events were not sent`]]);
  const [{ reasons = [], sessions = [] } = {}] = log;
  expect(sessions).toHaveLength(count);
  return { run, sent, failed: count, reasons, unsent: sessions.map(({ id }) => id) };
}

function checkTime({ timedOut, usage }: Run): void {
  expect(timedOut).toBe(false);
  expect(usage!.remainingMs).toBeGreaterThanOrEqual(1000);
}

const withoutEvents = new Map<WorkGroups, Map<number, string[]>>();

/** The lines of the same run where events are off, in a fixed order: workgroups are listed concurrently. */
async function linesWithoutEvents(workGroups: WorkGroups, time: number): Promise<string[]> {
  const byTime = withoutEvents.get(workGroups) ?? new Map<number, string[]>();
  withoutEvents.set(workGroups, byTime);
  if (!byTime.has(time)) {
    const stage = await start({ workGroups, settings: { [SETTINGS.events]: undefined } });
    const { lines } = await stage.run({ scheduledTime: new Date(time).toISOString() }, time);
    byTime.set(time, [...lines].sort());
  }
  return byTime.get(time)!;
}

const sessionIds = (accepted: readonly AcceptedEvent[]) => accepted.map(({ event }) => event.detail.sessionId as string).sort();
const detailsOf = (accepted: readonly AcceptedEvent[]) => Object.fromEntries(accepted.map(({ event: { detail } }) => [detail.sessionId, detail]));

type Row<Kind> = [name: string, fault: { kind: Kind; [property: string]: unknown }, reason: RegExp, other?: { once?: 'is retried'; lost?: 'answer'; speed?: number }];
const always = <Kind>(rows: Row<Kind>[]) => rows.map(([name, fault, reason, other = {}]) => [name, fault, reason, other] as const);
const once = <Kind>(rows: Row<Kind>[]) => always(rows).map(([name, fault, reason, other]) => [name, { ...fault, first: 1 }, reason, other] as const);

describe('details of sessions', () => {
  const workGroups = {
    a: { sessions: [idle('configured')] },
    b: { sessions: [idle('tagged')] },
    well: { sessions: [idle('well-idle'), failed('well-failed')] },
  };
  /** Of a, GetSession has the fault; of b, ListTagsForResource. */
  const faultsOf = (fault: object) => [
    { operation: 'GetSession', workGroup: 'a', ...fault },
    { operation: 'ListTagsForResource', workGroup: 'b', ...fault },
  ] as Fault[];
  const complete = expect.objectContaining({ ...COMPLETE, endsBy: new Date(T + minutes(59)).toISOString() });

  async function detailsWith(fault: object, speed?: number) {
    const stage = await start({ workGroups, faults: faultsOf(fault), speed });
    const { accepted, sent, failed: count } = await runWithEvents(stage, workGroups);
    expect([sent, count]).toEqual([4, 0]);
    expect(sessionIds(accepted)).toEqual(['configured', 'tagged', 'well-failed', 'well-idle']);
    const { 'configured': configured, 'tagged': tagged, 'well-idle': wellIdle, 'well-failed': wellFailed } = detailsOf(accepted);
    expect(wellIdle).toEqual(complete);
    expect(wellFailed).toMatchObject(COMPLETE);
    expect([wellIdle, wellFailed].map((detail) => detail!.detailsMissing)).toEqual([undefined, undefined]);
    return { configured: configured!, tagged: tagged! };
  }

  function expectMissing({ configured, tagged }: Awaited<ReturnType<typeof detailsWith>>, reason: RegExp): void {
    const because = (what: string) => [expect.stringMatching(new RegExp(`^${what}: (${reason.source})$`))];
    expect(configured).toMatchObject({ owner: COMPLETE.owner, detailsMissing: because('idle timeout and execution role') });
    expect([configured.idleTimeoutSeconds, configured.endsBy]).toEqual([undefined, undefined]);
    expect(tagged).toMatchObject({ owner: { name: 'analysts', source: 'executionRole' }, idleTimeoutSeconds: 7200, detailsMissing: because('tags') });
  }

  function expectComplete({ configured, tagged }: Awaited<ReturnType<typeof detailsWith>>): void {
    expect([configured, tagged]).toEqual([complete, complete]);
    expect([configured.detailsMissing, tagged.detailsMissing]).toEqual([undefined, undefined]);
  }

  const retried = 'is retried';
  const rows: Row<Fault['kind']>[] = [
    ['throttle', { kind: 'throttle' }, /ThrottlingException: Rate exceeded \(10 attempts\)/, { once: retried, speed: FASTER }],
    ['error', { kind: 'error', code: 'ResourceNotFoundException', message: 'gone' }, /ResourceNotFoundException: gone/],
    ['serverError', { kind: 'serverError' }, /InternalServerException: .* \(4 attempts\)/, { once: retried }],
    ['accessDenied', { kind: 'accessDenied' }, /AccessDeniedException: .*\/session\/(configured|tagged)/],
    ['hang', { kind: 'hang' }, /TimeoutError: no answer within 10 seconds \(4 attempts\)/, { once: retried, speed: FASTER }],
    ['reset', { kind: 'reset' }, /.*(ECONNRESET|socket hang up).* \(4 attempts\)/, { once: retried }],
    ['resetMidBody', { kind: 'resetMidBody' }, /.*(aborted|ECONNRESET).* \(4 attempts\)/, { once: retried }],
    ['truncated', { kind: 'truncated' }, /the answer cannot be read: SyntaxError: .*JSON.*/],
    ['malformed', { kind: 'malformed' }, /the answer cannot be read: SyntaxError: .*JSON.*/],
    ['slow', { kind: 'slow', milliseconds: 20_000 }, /TimeoutError: no answer within 10 seconds \(4 attempts\)/, { once: retried, speed: FASTER }],
    ['trickle', { kind: 'trickle', milliseconds: 60_000 }, /TimeoutError: no answer within 10 seconds \(4 attempts\)/, { once: retried, speed: FASTER }],
  ];

  test.each(always(rows))('%s: the event is sent, and says what is missing and why', async (_, fault, reason, { speed }) => {
    expectMissing(await detailsWith(fault, speed), reason);
  });

  test.each(once(rows))('%s, once: the detail is read again if that may help', async (_, fault, reason, { once: isRetried, speed }) => {
    const details = await detailsWith(fault, speed);
    if (isRetried) {
      expectComplete(details);
    } else {
      expectMissing(details, reason);
    }
  });

  test.each(['slow', 'trickle'] as const)('%s, but in time: no detail is missing', async (kind) => {
    expectComplete(await detailsWith({ kind, milliseconds: 3000 }));
  });
});

describe('answers of undocumented types', () => {
  const VALUES: { [name: string]: unknown } = {
    'null': null,
    'true': true,
    'zero': 0,
    'a negative number': -1,
    'a huge number': 1e30,
    'an empty text': '',
    'a text': 'some',
    'hostile characters': '<"\\\n\u2028\u202e>',
    'a long text': 'x'.repeat(300_000),
    'a list': ['a', null],
    'an object': { a: 1 },
  };

  test.each([
    'SessionConfiguration', 'SessionConfiguration.IdleTimeoutSeconds', 'SessionConfiguration.SessionIdleTimeoutInMinutes', 'SessionConfiguration.ExecutionRole',
    'Tags', 'Tags.0', 'Tags.0.Key', 'Tags.0.Value',
  ])('%s: the event is sent with what can be read, and other events are not affected', async (path) => {
    const keys = path.split('.');
    const stage = await start({});
    for (const [index, value] of Object.values(VALUES).entries()) {
      stage.athena.rewrite = (answer, { workGroup }) => {
        const copy: any = structuredClone(answer);
        if (workGroup === 'a' && keys[0]! in copy) {
          const parent = keys.slice(0, -1).reduce((part, key) => part[key], copy);
          parent[keys.at(-1)!] = value;
          if (path.endsWith('InMinutes')) {
            delete parent.IdleTimeoutSeconds; // it has priority
          }
        }
        return copy;
      };
      // Sessions that are not told yet.
      const ids = [`ill-${index}`, `well-${index}`];
      stage.athena.workGroups.set('a', { sessions: [idle(ids[0]!)] }).set('well', { sessions: [idle(ids[1]!)] });
      const before = stage.eventBridge.accepted.length;
      const run = await stage.run();
      expect({ value, ...eventsOf(run) }).toMatchObject({ value, sent: 2, failed: 0 });
      const { [ids[0]!]: ill, [ids[1]!]: well } = detailsOf(stage.eventBridge.accepted.slice(before));
      expect(well).toMatchObject(COMPLETE);
      expect(well!.detailsMissing).toBeUndefined();
      expect(JSON.stringify(ill).length).toBeLessThan(10_000);
      expect(Object.values(ill!.message as object).join()).not.toMatch(/["\\<>\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }
  });
});

describe('PutEvents', () => {
  /** More than one call can send. */
  const workGroups = { many: { sessions: Array.from({ length: 12 }, (_, index) => idle(`idle-${10 + index}`)) } };
  const all = workGroups.many.sessions.map(({ SessionId }) => SessionId!);
  const rows: Row<EventFault['kind']>[] = [
    ['throttle', { kind: 'throttle' }, /^ThrottlingException: Rate exceeded$/, { once: 'is retried' }],
    ['error', { kind: 'error', code: 'ResourceNotFoundException', message: 'Event bus default does not exist.' }, /^ResourceNotFoundException: Event bus default does not exist\.$/],
    ['serverError', { kind: 'serverError' }, /^InternalException: /, { once: 'is retried' }],
    ['accessDenied', { kind: 'accessDenied' }, /^AccessDeniedException: .*events:PutEvents on resource: .*event-bus\/default$/],
    ['hang', { kind: 'hang' }, /^(TimeoutError: |no time was left$)/, { once: 'is retried' }],
    ['reset', { kind: 'reset' }, /ECONNRESET|socket hang up/, { once: 'is retried' }],
    ['resetMidBody', { kind: 'resetMidBody' }, /aborted|ECONNRESET/, { once: 'is retried', lost: 'answer' }],
    ['truncated', { kind: 'truncated' }, /^the answer cannot be read: SyntaxError: [^\n]*JSON[^\n]*$/, { lost: 'answer' }],
    ['malformed', { kind: 'malformed' }, /^the answer cannot be read: SyntaxError: [^\n]*JSON[^\n]*$/],
    ['slow', { kind: 'slow', milliseconds: 10_000 }, /^(TimeoutError: |no time was left$)/, { once: 'is retried', lost: 'answer' }],
    ['trickle', { kind: 'trickle', milliseconds: 400_000 }, /^(TimeoutError: |no time was left$)/, { lost: 'answer', speed: FASTER }],
    ['failedEntries', { kind: 'failedEntries', entries: 3, code: 'ThrottlingException', message: 'Rate exceeded' }, /^ThrottlingException: Rate exceeded$/, { once: 'is retried' }],
  ];

  /** Runs with the fault, then without. */
  async function twoRuns(fault: object, speed: number | undefined, lost: 'answer' | undefined): Promise<EventRun> {
    const stage = await start({ workGroups, eventFaults: [fault as EventFault], speed });
    const first = await runWithEvents(stage, workGroups);
    expect(first.sent + first.failed).toBe(12);
    stage.eventBridge.faults.splice(0);

    const second = await runWithEvents(stage, workGroups, T + minutes(5));
    expect([second.sent, second.failed]).toEqual([first.failed, 0]);
    expect(sessionIds(second.accepted)).toEqual([...first.unsent].sort());

    const { accepted, calls } = stage.eventBridge;
    expect([...new Set(sessionIds(accepted))]).toEqual(all);
    expect(new Set(accepted.map(({ event }) => event.detail.id)).size).toBe(12); // repeated events have the same id
    if (!lost) {
      expect(accepted).toHaveLength(12);
    }
    const callsBefore = calls.length;
    expect(await runWithEvents(stage, workGroups, T + minutes(10))).toMatchObject({ sent: 0, failed: 0 });
    expect(calls).toHaveLength(callsBefore);
    return first;
  }

  test.each(always(rows))('%s: the next run sends the events, with the same ids', async (kind, fault, reason, { lost, speed }) => {
    const { failed: count, reasons } = await twoRuns(fault, speed, lost);
    expect(count).toBe(kind === 'failedEntries' ? 3 + 2 : 12);
    expect(reasons).toEqual(reasons.map(() => expect.stringMatching(reason)));
  });

  test.each(once(rows))('%s, once: only the events of this call are affected', async (_, fault, reason, { once: isRetried, lost, speed }) => {
    const { failed: count, reasons } = await twoRuns(fault, speed, lost);
    expect(isRetried ? [0] : [2, 10]).toContain(count);
    expect(reasons).toEqual(isRetried ? [] : [expect.stringMatching(reason)]);
  });

  test('a late answer is waited for', async () => {
    expect(await twoRuns({ kind: 'slow', milliseconds: 1000 }, undefined, undefined)).toMatchObject({ sent: 12, failed: 0 });
  });

  test('only the entries that failed are sent again', async () => {
    const stage = await start({ workGroups, eventFaults: [{ kind: 'failedEntries', entries: 3, first: 2 }] });
    expect(await runWithEvents(stage, workGroups)).toMatchObject({ sent: 12, failed: 0 });
    expect(stage.eventBridge.calls.map(({ entries }) => entries).sort((a, b) => a - b)).toEqual([2, 2, 3, 10]);
    expect(sessionIds(stage.eventBridge.accepted)).toEqual(all);
  });

  test('an EventBridge that cannot be reached', async () => {
    const stage = await start({ workGroups, lambda: { eventBridgeUrl: 'http://127.0.0.1:1' } });
    const { failed: count, reasons } = await runWithEvents(stage, workGroups);
    expect(count).toBe(12);
    expect(reasons).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });
});

describe('all calls for events at once', () => {
  const workGroups = { a: { sessions: [idle('idle'), failed('failed')] }, b: { sessions: [failed('other')] } };
  const everywhere = (kind: Fault['kind'] & EventFault['kind']): World => ({
    workGroups,
    speed: FASTER,
    faults: (['GetSession', 'ListTagsForResource'] as const).map((operation) => ({ kind, operation })),
    eventFaults: [{ kind }],
  });

  test.each(['hang', 'trickle', 'throttle', 'accessDenied', 'reset'] as const)('%s: metrics are not affected, and the next run sends the events', async (kind) => {
    const { faults, eventFaults, ...world } = everywhere(kind);
    const slow = (fault: Fault | EventFault) => ({ ...fault, ...(kind === 'trickle' && { milliseconds: 400_000 }) });
    const stage = await start({ ...world, faults: faults!.map(slow) as Fault[], eventFaults: eventFaults!.map(slow) as EventFault[] });
    const first = await runWithEvents(stage, workGroups);
    expect([first.sent, first.failed]).toEqual([0, 3]);
    expect([...first.unsent].sort()).toEqual(['failed', 'idle', 'other']);

    stage.athena.faults.splice(0);
    stage.eventBridge.faults.splice(0);
    const second = await runWithEvents(stage, workGroups, T + minutes(5));
    expect([second.sent, second.failed]).toEqual([3, 0]);
    expect(second.accepted.filter(({ event }) => event.detail.detailsMissing !== undefined)).toEqual([]);
  });
});

describe('the deadline', () => {
  /** The listings may take 12.5 seconds: 2.5 are left for the end of the run, and 5 for events. */
  const SHORT = { speed: 5, lambda: { timeoutSeconds: 20 } };
  const RATE = { [SETTINGS.maxRequestsPerSecond]: '5' };
  const teams: WorkGroups = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`team-${10 + index}`, { sessions: [idle(`idle-${10 + index}`)] }]));
  const listedIn = (run: Run) => run.metricLines.flatMap(({ WorkGroup }) => WorkGroup ?? []);
  const listedSessions = (run: Run) => listedIn(run).map((workGroup) => workGroup.replace('team', 'idle')).sort();

  test('listings that use all of their time: the events of the listed workgroups are sent, without details', async () => {
    const stage = await start({ workGroups: teams, settings: RATE, ...SHORT });
    const run = await stage.run();
    checkTime(run);
    const { sent, failed: count } = eventsOf(run);
    expect(listedIn(run).length).toBeGreaterThan(3);
    expect(listedIn(run).length).toBeLessThan(30);
    expect([sent, count]).toEqual([listedIn(run).length, 0]);
    expect(sessionIds(stage.eventBridge.accepted)).toEqual(listedSessions(run));
    const missing = stage.eventBridge.accepted.map(({ event }) => event.detail.detailsMissing);
    // A call that was made just before the deadline may be answered.
    expect(missing).toEqual(missing.map(() => expect.arrayContaining([expect.stringMatching(/: no time was left$/)])));
  });

  test('listings that use all of their time, and PutEvents that hangs: the run ends in time', async () => {
    const stage = await start({ workGroups: teams, settings: RATE, eventFaults: [{ kind: 'hang' }], ...SHORT });
    const run = await stage.run();
    checkTime(run);
    expect(eventsOf(run)).toMatchObject({ sent: 0, failed: listedIn(run).length });
  });

  test('a workgroup whose listing hangs does not hold up the events of others', async () => {
    const workGroups = { ill: { sessions: [idle('ill')] }, well: { sessions: [idle('well')] } };
    const stage = await start({ workGroups, faults: [{ kind: 'hang', workGroup: 'ill', operation: 'ListSessions' }], ...SHORT });
    const run = await stage.run();
    checkTime(run);
    expect(listedIn(run)).toEqual(['well']);
    expect(eventsOf(run)).toMatchObject({ sent: 1, failed: 0 });
    expect(sessionIds(stage.eventBridge.accepted)).toEqual(['well']);
  });

  test('details that hang until the deadline of the listings: the event is sent', async () => {
    const workGroups = { a: { sessions: [idle('idle')] } };
    const faults: Fault[] = [{ kind: 'hang', operation: 'GetSession' }, { kind: 'hang', operation: 'ListTagsForResource' }];
    const stage = await start({ workGroups, faults, ...SHORT });
    expect(await runWithEvents(stage, workGroups)).toMatchObject({ sent: 1, failed: 0 });
    const [{ event }] = stage.eventBridge.accepted as [AcceptedEvent];
    expect(event.detail.detailsMissing).toEqual(['idle timeout and execution role: no time was left', 'tags: no time was left']);
  });
});

describe('a run that fails', () => {
  test('the search for workgroups does not finish: events of those found are sent', async () => {
    const workGroups: WorkGroups = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`team-${10 + index}`, { sessions: [failed(`failed-${10 + index}`)] }]));
    const stage = await start({ workGroups, faults: [{ kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 }] });
    const run = await stage.run();
    expect(run.error?.errorMessage).toMatch(/^the search for workgroups did not finish: AccessDeniedException/);
    expect(eventsOf(run)).toMatchObject({ sent: 50, failed: 0 });
  });

  test('no workgroup can be listed: no event is sent', async () => {
    const workGroups = { a: { sessions: [idle('idle')] } };
    const stage = await start({ workGroups, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] });
    const run = await stage.run();
    expect(run.error?.errorMessage).toMatch(/^none of 1 workgroups could be listed/);
    expect(eventsOf(run)).toMatchObject({ sent: 0, failed: 0 });
    expect(stage.eventBridge.calls).toEqual([]);
  });
});

test('1 000 workgroups, and more events than a run may send: failed sessions first, the rest by the next run', async () => {
  const sessionsOf = (index: number) => index < 125 ? [idle(`idle-${1000 + index}`)] : index < 130 ? [failed(`failed-${index}`)] : [session(`busy-${index}`, 'BUSY')];
  const workGroups: WorkGroups = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`team-${index}`, { sessions: sessionsOf(index) }]));
  const stage = await start({ workGroups, speed: 1, settings: { [SETTINGS.maxRequestsPerSecond]: '1000000' } });
  const inRun = async (time: number) => {
    const before = stage.eventBridge.accepted.length;
    const run = await stage.run({ scheduledTime: new Date(time).toISOString() }, time);
    checkTime(run);
    expect(run.lines.filter((line) => !line.startsWith('{'))).toEqual([]); // such as Node's warning of too many listeners
    return { ...eventsOf(run), accepted: stage.eventBridge.accepted.slice(before) };
  };

  const first = await inRun(T);
  expect([first.sent, first.failed, first.reasons]).toEqual([100, 30, ['a run sends at most 100 events']]);
  expect(sessionIds(first.accepted).filter((id) => id.startsWith('failed'))).toHaveLength(5);
  const withDetails = first.accepted.filter(({ event }) => event.detail.detailsMissing === undefined);
  expect(withDetails).toHaveLength(20);
  expect(sessionIds(withDetails).filter((id) => id.startsWith('failed'))).toHaveLength(5);

  const second = await inRun(T + minutes(5));
  expect([second.sent, second.failed]).toEqual([30, 0]);
  expect(sessionIds(second.accepted)).toEqual([...first.unsent].sort());
  expect(new Set(sessionIds([...first.accepted, ...second.accepted])).size).toBe(130);
});

describe('which runs tell', () => {
  const workGroups = { a: { sessions: [idle('idle'), failed('failed')] } };

  test.each([
    ['without a scheduledTime, as of a person who presses Test', {}, T],
    ['more than two intervals late', { scheduledTime: new Date(T).toISOString() }, T + minutes(10) + 1],
  ])('a run %s sends nothing, and makes no call but the listings', async (_, event, now) => {
    const [on, off] = await Promise.all([start({ workGroups }), start({ workGroups, settings: { [SETTINGS.events]: undefined } })]);
    const [run, expected] = [await on.run(event, now), await off.run(event, now)];
    expect([...run.lines].sort()).toEqual([...expected.lines].sort());
    expect(on.athena.calls.map(({ operation }) => operation)).toEqual(off.athena.calls.map(({ operation }) => operation));
    expect(on.eventBridge.calls).toEqual([]);
    expect(await on.eventBridge.connections()).toBe(0);
  });

  test('a run less than two intervals late sends its events', async () => {
    const stage = await start({ workGroups });
    expect(eventsOf(await stage.run(undefined, T + minutes(9)))).toMatchObject({ sent: 2, failed: 0 });
  });
});

describe('two processes of the function', () => {
  const RUNS = 12;
  const at = (run: number) => T + minutes(5 * run);
  /** In the window of each run but the first, a session fails and another has been idle for an hour. */
  const workGroups: WorkGroups = {
    etl: {
      sessions: Array.from({ length: RUNS - 1 }, (_, index) => [
        { id: `failed-${10 + index}`, history: [{ at: T - minutes(90), state: 'BUSY' as const }, { at: at(index) + minutes(2), state: 'FAILED' as const }] },
        { id: `idle-${10 + index}`, history: [{ at: at(index) + minutes(3) - minutes(60), state: 'IDLE' as const }] },
      ]).flat(),
    },
  };
  const all = workGroups.etl!.sessions!.map((each) => (each as { id: string }).id).sort();

  async function runInTurn(processes: string, repeated: boolean): Promise<AcceptedEvent[]> {
    const stage = await start({ workGroups });
    const hosts = { A: stage.host, B: stage.newHost() };
    for (const [index, name] of [...processes].entries()) {
      stage.athena.time = at(index);
      const others = repeated ? [name === 'A' ? 'B' : 'A'] : [];
      for (const each of [name, ...others] as ('A' | 'B')[]) {
        const run = await stage.run({ scheduledTime: new Date(at(index)).toISOString() }, at(index), hosts[each]);
        expect(run.error).toBeUndefined();
        expect(eventsOf(run).failed).toBe(0);
      }
    }
    return stage.eventBridge.accepted;
  }

  test.each(['AAAAAAAAAAAA', 'ABABABABABAB', 'AABBBAABABBA'])('runs in turn, %s, send each event once', async (processes) => {
    const accepted = await runInTurn(processes, false);
    expect(sessionIds(accepted)).toEqual(all);
  });

  test('a run that is delivered to both sends its events twice, with the same ids', async () => {
    const accepted = await runInTurn('ABABABABABAB', true);
    expect(sessionIds(accepted)).toEqual([...all, ...all].sort());
    expect(new Set(accepted.map(({ event }) => event.detail.id)).size).toBe(all.length);
  });
});
