import { AthenaError } from '../../../src/athena/calls';
import type { FoundWorkGroup, ListedSession } from '../../../src/athena/listings';
import type { NotableSession } from '../../../src/collector/census';
import { Notifier, type SendContext } from '../../../src/collector/events/notifier';
import { RunMemory } from '../../../src/collector/events/occurrences';
import type { SessionEvent } from '../../../src/collector/events/session-event';
import { run } from '../../../src/collector/run';
import type { Settings } from '../../../src/collector/settings';
import type { EventAlarm } from '../../../src/schema';
import { SETTINGS } from '../run-settings';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = Date.parse('2026-03-10T12:00:00Z');

const runbookUrl = 'https://example.com/#runbook';
const FAILED: EventAlarm = { id: 'Failed', kind: 'FAILED', runbookUrl };
const IDLE: EventAlarm = { id: 'Idle', kind: 'IDLE', thresholdSeconds: 3600, runbookUrl };
const OLD: EventAlarm = { id: 'Old', kind: 'OLD', thresholdSeconds: 7200, runbookUrl };

const failed = (id: string): NotableSession => ({ id, state: 'FAILED', since: T - MINUTE, startedAt: T - HOUR });
const idle = (id: string): NotableSession => ({ id, state: 'IDLE', since: T - HOUR - MINUTE, startedAt: T - 2 * HOUR - MINUTE });
const many = (count: number, sessionOf: (id: string) => NotableSession) => Array.from({ length: count }, (_, index) => sessionOf(`s${index}`));

type Line = { readonly [name: string]: unknown };

class FakeDetails implements Pick<SendContext['details'], 'calls' | 'throttledCalls' | 'configuration' | 'tags'> {
  public calls = 0;
  public throttledCalls = 0;
  public readonly sessions: string[] = [];
  public readonly arns: string[] = [];

  /** @param errorOf why the details of a session cannot be read */
  public constructor(private readonly errorOf: (call: string, sessionId: string) => Promise<never> | undefined = () => undefined) {}

  public async configuration(sessionId: string) {
    this.calls++;
    this.sessions.push(sessionId);
    await this.errorOf('configuration', sessionId);
    return { idleTimeoutSeconds: 7200, executionRole: 'arn:aws:iam::123456789012:role/spark' };
  }

  public async tags(arn: string) {
    this.calls++;
    this.arns.push(arn);
    await this.errorOf('tags', arn.split('/').pop()!);
    return new Map([['Owner', 'jane']]);
  }
}

interface Sent {
  readonly events: SessionEvent[];
  readonly lines: Line[];
  readonly metrics: Line;
}

interface NotifierOptions {
  readonly memory?: RunMemory;
  readonly scheduledTime?: number;
  readonly settings?: Partial<Settings>;
}

function notifierOf(alarms: readonly EventAlarm[], lines: string[], { memory = new RunMemory(), scheduledTime = T, settings }: NotifierOptions = {}) {
  return new Notifier({
    settings: { ...SETTINGS, ...settings },
    scheduledTime,
    write: (line) => lines.push(line),
    events: { eventBus: 'default', monitor: 'Stack/Sessions', ownerTags: ['Owner'], dpuHourPrice: 0.35, alarms },
    memory,
    functionArn: 'arn:aws-cn:lambda:cn-north-1:123456789012:function:collector',
  });
}

async function send(notifier: Notifier, lines: string[], context: Partial<SendContext> = {}): Promise<Sent> {
  const events: SessionEvent[] = [];
  const { eventBus = { put: async (entries: readonly unknown[]) => entries.map(() => ({})) } } = context;
  await notifier.send({
    listings: { calls: 5, throttledCalls: 1 },
    details: new FakeDetails(),
    deadline: new AbortController().signal,
    ...context,
    eventBus: {
      put: async (entries, deadline) => {
        events.push(...entries.map(({ Detail }) => JSON.parse(Detail!) as SessionEvent));
        return eventBus.put(entries, deadline);
      },
    },
  });
  const written = lines.map((line) => JSON.parse(line) as Line);
  const metrics = written.filter((line) => '_aws' in line);
  expect(metrics).toHaveLength(1);
  return { events, lines: written.filter((line) => !('_aws' in line)), metrics: metrics[0]! };
}

async function sendAbout(
  sessions: readonly NotableSession[], alarms: readonly EventAlarm[] = [FAILED, IDLE], context: Partial<SendContext> = {},
  settings?: Partial<Settings>,
): Promise<Sent> {
  const lines: string[] = [];
  const notifier = notifierOf(alarms, lines, { settings });
  notifier.add('analytics', sessions);
  return send(notifier, lines, context);
}

const rejectAll = (error: string): SendContext['eventBus'] => ({ put: async (entries) => entries.map(() => ({ error })) });

describe('without anything to tell', () => {
  test('no details are read, and the metrics say so', async () => {
    const details = new FakeDetails();
    const { events, lines, metrics } = await sendAbout([{ ...idle('a'), since: T - MINUTE }], [FAILED, IDLE], { details });
    expect({ events, lines, calls: details.calls }).toEqual({ events: [], lines: [], calls: 0 });
    expect(metrics).toMatchObject({ EventsSent: 0, EventsFailed: 0, ApiCalls: 5, ThrottledApiCalls: 1, FunctionName: 'collector' });
    expect(metrics).toMatchObject({ _aws: { Timestamp: T } });
  });
});

describe('details', () => {
  test('are in the event, and their calls are counted', async () => {
    const details = Object.assign(new FakeDetails(), { throttledCalls: 3 });
    const { events, metrics } = await sendAbout([idle('a')], [IDLE], { details });
    expect(events).toEqual([expect.objectContaining({ idleTimeoutSeconds: 7200, owner: { name: 'jane', source: 'tag:Owner' } })]);
    expect(details.arns).toEqual(['arn:aws-cn:athena:cn-north-1:123456789012:workgroup/analytics/session/a']);
    expect(metrics).toMatchObject({ EventsSent: 1, EventsFailed: 0, ApiCalls: 7, ThrottledApiCalls: 4 });
  });

  test('of a session are read once, though several alarms name it', async () => {
    const details = new FakeDetails();
    const { events } = await sendAbout([idle('a'), idle('b')], [IDLE, OLD], { details });
    expect(events.map(({ alarm, sessionId }) => [alarm, sessionId]).sort()).toEqual([['Idle', 'a'], ['Idle', 'b'], ['Old', 'a'], ['Old', 'b']]);
    expect(events.map(({ owner }) => owner?.name)).toEqual(Array(4).fill('jane'));
    expect(details.sessions.sort()).toEqual(['a', 'b']);
  });

  test('of sessions with the same id in two workgroups are not mixed up', async () => {
    const lines: string[] = [];
    const details = new FakeDetails();
    const notifier = notifierOf([IDLE], lines);
    notifier.add('x', [idle('a')]);
    notifier.add('y', [idle('a')]);
    const { events } = await send(notifier, lines, { details });
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    expect(details.arns.map((arn) => arn.split('/')[1]).sort()).toEqual(['x', 'y']);
  });

  test('are read for at most 20 sessions, failed ones first; the others say so', async () => {
    const details = new FakeDetails();
    const { events } = await sendAbout([...many(15, (id) => idle(`idle-${id}`)), ...many(15, (id) => failed(`failed-${id}`))], [IDLE, FAILED], { details });
    expect(events.map(({ state }) => state)).toEqual([...Array(15).fill('FAILED'), ...Array(15).fill('IDLE')]);
    expect(details.sessions).toEqual(events.slice(0, 20).map(({ sessionId }) => sessionId));
    expect(events.map(({ detailsMissing }) => detailsMissing?.[0]?.startsWith('idle timeout and owner: a run reads them for at most 20') ?? false))
      .toEqual([...Array(20).fill(false), ...Array(10).fill(true)]);
  });

  test('that cannot be read are missing in the event, and leave other sessions alone', async () => {
    const denied = new AthenaError('other', 'AccessDeniedException: not authorized');
    const details = new FakeDetails((call, id) => {
      const failing = { both: true, tags: call === 'tags', configuration: call === 'configuration' }[id];
      return failing ? Promise.reject(denied) : undefined;
    });
    const { events, metrics, lines } = await sendAbout(['both', 'tags', 'configuration', 'fine'].map(idle), [IDLE], { details });
    const event = (id: string) => events.find(({ sessionId }) => sessionId === id)!;
    const reason = 'AccessDeniedException: not authorized';
    expect(event('both').detailsMissing).toEqual(expect.arrayContaining([`tags: ${reason}`, `idle timeout and execution role: ${reason}`]));
    expect(event('both').owner).toBeUndefined();
    expect(event('tags')).toMatchObject({ detailsMissing: expect.arrayContaining([`tags: ${reason}`]), owner: { name: 'spark', source: 'executionRole' }, idleTimeoutSeconds: 7200 });
    expect(event('configuration')).toMatchObject({ owner: { name: 'jane' }, detailsMissing: expect.arrayContaining([`idle timeout and execution role: ${reason}`]) });
    expect(event('fine')).toMatchObject({ owner: { name: 'jane' }, idleTimeoutSeconds: 7200 });
    expect(event('fine').detailsMissing).toEqual(['engine: Athena returned none']);
    expect(metrics).toMatchObject({ EventsSent: 4, EventsFailed: 0 });
    expect(lines).toEqual([]);
  });

  test('for which no time was left are missing', async () => {
    const details = new FakeDetails(() => Promise.reject(new AthenaError('deadline', 'the run reached its deadline before the listing was complete')));
    const { events } = await sendAbout([idle('a')], [IDLE], { details });
    expect(events[0]!.detailsMissing).toEqual(expect.arrayContaining(['tags: no time was left', 'idle timeout and execution role: no time was left']));
  });
});

describe('events that are not sent', () => {
  test('are counted and logged, and sent by the next run with the same id', async () => {
    const memory = new RunMemory();
    const first: string[] = [];
    const notifier = notifierOf([FAILED, IDLE], first, { memory });
    notifier.add('analytics', [failed('f'), idle('i')]);
    const results = [{ error: 'ThrottlingException: slow down' }, {}];
    const { events, metrics, lines } = await send(notifier, first, { eventBus: { put: async () => results } });
    expect(metrics).toMatchObject({ EventsSent: 1, EventsFailed: 1 });
    expect(lines).toEqual([{
      level: 'ERROR',
      message: '1 of 2 events were not sent; the next run of this process tries again. Metrics and alarms are not affected',
      reasons: ['ThrottlingException: slow down'],
      sessions: [{ alarm: 'Failed', workGroup: 'analytics', id: 'f' }],
    }]);

    const second: string[] = [];
    const next = notifierOf([FAILED, IDLE], second, { memory, scheduledTime: T + 5 * MINUTE });
    next.add('analytics', [failed('f'), idle('i')]);
    const again = await send(next, second);
    expect(again.events.map(({ id }) => id)).toEqual([events[0]!.id]);
    expect(again.metrics).toMatchObject({ EventsSent: 1, EventsFailed: 0, _aws: { Timestamp: T + 5 * MINUTE } });
    expect(again.lines).toEqual([]);
  });

  test('are not listed in the log without logSessionDetails', async () => {
    const { lines } = await sendAbout([failed('f')], [FAILED], { eventBus: rejectAll('x') }, { logSessionDetails: false });
    expect(lines).toEqual([expect.objectContaining({ reasons: ['x'] })]);
    expect(lines[0]).not.toHaveProperty('sessions');
  });

  test('are those beyond 100 in a run, with the last priority', async () => {
    const { events, metrics, lines } = await sendAbout([...many(70, (id) => idle(`idle-${id}`)), ...many(60, (id) => failed(`failed-${id}`))]);
    expect(events.map(({ state }) => state)).toEqual([...Array(60).fill('FAILED'), ...Array(40).fill('IDLE')]);
    expect(metrics).toMatchObject({ EventsSent: 100, EventsFailed: 30 });
    expect(lines).toEqual([expect.objectContaining({ reasons: ['a run sends at most 100 events'], sessions: expect.any(Array) })]);
    expect(lines[0]!.sessions).toHaveLength(30);
  });

  test('have a log line within 60 KB, and at most five reasons', async () => {
    let number = 0;
    const eventBus: SendContext['eventBus'] = { put: async (entries) => entries.map(() => ({ error: `reason ${number++ % 7}: ${'x'.repeat(100_000)}` })) };
    const lines: string[] = [];
    const notifier = notifierOf([FAILED], lines);
    notifier.add('analytics', many(1000, (id) => failed(`${id}-${'x'.repeat(200)}`)));
    const { metrics, lines: [line] } = await send(notifier, lines, { eventBus });
    expect(Math.max(...lines.map((each) => Buffer.byteLength(each)))).toBeLessThanOrEqual(60_000);
    expect((line!.sessions as unknown[]).length + (line!.sessionsLeftOut as number)).toBe(1000);
    expect((line!.reasons as string[]).map(({ length }) => length)).toEqual(Array(5).fill(1024));
    expect(metrics).toMatchObject({ EventsSent: 0, EventsFailed: 1000 });
  });
});

test('what a run completed is told even if it fails, and its error is thrown', async () => {
  const lines: string[] = [];
  const settings = { ...SETTINGS, workGroups: undefined, workGroupPatterns: ['*'] };
  const notifier = notifierOf([FAILED], lines, { settings });
  const athena = {
    calls: 0,
    throttledCalls: 0,
    secondsPerCall: 0,
    overdueCalls: 0,
    async* workGroups(): AsyncGenerator<FoundWorkGroup[]> {
      yield [{ name: 'a', spark: true, disabled: false }, { name: 'b', spark: true, disabled: false }];
      throw new AthenaError('other', 'InternalServerException: boom');
    },
    async* sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
      if (workGroup === 'b') {
        throw new AthenaError('other', 'InternalServerException: boom');
      }
      yield state === 'FAILED' ? [{ id: 'f', state, startedAt: T - HOUR, endedAt: T - MINUTE }] : [];
    },
  };
  const context = { settings, scheduledTime: T, write: () => {}, athena };
  await expect(run({ ...context, onListed: (workGroup, sessions) => notifier.add(workGroup, sessions) })).rejects.toThrow('the search for workgroups did not finish');
  expect((await send(notifier, lines)).events).toEqual([expect.objectContaining({ workGroup: 'a', sessionId: 'f' })]);
});
