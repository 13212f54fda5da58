/**
 * Which events are sent, and that each is sent once: random histories of sessions and runs, played through the collector and compared
 * with a model that follows the documentation alone. It shares only types with the collector.
 */
import * as fc from 'fast-check';
import { AthenaError } from '../../../src/athena/calls';
import type { FoundWorkGroup, ListedSession } from '../../../src/athena/listings';
import { Notifier, type SendContext } from '../../../src/collector/events/notifier';
import { RunMemory } from '../../../src/collector/events/occurrences';
import { run } from '../../../src/collector/run';
import { isLate, type Settings } from '../../../src/collector/settings';
import type { EventAlarm, EventKind } from '../../../src/schema';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const INTERVAL = 5 * MINUTE;
const START = Date.parse('2026-03-10T12:00:00Z');
const MAX_EVENTS = 100;
const WORK_GROUPS = ['a', 'b'];
const LIVE_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'];
/** States with a listing of their own. The unfiltered listing has the others. */
const FILTERED_STATES = ['DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];

/** All times are in minutes since `START`. */
interface Session {
  readonly id: string;
  readonly workGroup: string;
  readonly startedAt: number;
  /** Its states in order, and how long it stays in each. It stays in the last one. */
  readonly phases: readonly { readonly state: string | undefined; readonly minutes: number }[];
  /** Dates that Athena leaves out. */
  readonly without: readonly ('startedAt' | 'modifiedAt' | 'idleSince' | 'endedAt')[];
  /** If set, `LastModifiedDateTime` moves this often within a state, too. */
  readonly touchedEvery?: number;
  /** When no listing shows it. */
  readonly hidden?: { readonly from: number; readonly to: number };
}

interface Tick {
  /** Intervals since the tick before: usually 1. */
  readonly step: number;
  /** If not 0, the tick that was due so many intervals before is delivered again instead. */
  readonly behind: number;
  readonly process: number;
  /** Minutes from the scheduled time to the listings. */
  readonly lag: number;
  readonly scheduled: boolean;
  readonly notListed: readonly string[];
  readonly searchFails: boolean;
  /** The events that cannot be sent: those whose id ends with one of these digits. */
  readonly rejected: string;
}

interface History {
  readonly sessions: readonly Session[];
  readonly ticks: readonly Tick[];
  /** The alarms of each process: a deployment changes them. */
  readonly alarms: readonly (readonly EventAlarm[])[];
  readonly lookbackIntervals: number;
  readonly found: boolean;
}

/** What Athena lists of the session, if anything. */
function recordOf(session: Session, now: number): ListedSession | undefined {
  if (now < session.startedAt || (session.hidden && now >= session.hidden.from && now < session.hidden.to)) {
    return undefined;
  }
  let since = session.startedAt;
  let index = 0;
  while (index < session.phases.length - 1 && since + session.phases[index]!.minutes <= now) {
    since += session.phases[index++]!.minutes;
  }
  const { state } = session.phases[index]!;
  const touched = session.touchedEvery ? Math.floor(now / session.touchedEvery) * session.touchedEvery : since;
  const dates = {
    startedAt: session.startedAt,
    modifiedAt: Math.max(since, touched),
    ...(state === 'IDLE' && { idleSince: since }),
    ...((state === 'FAILED' || state === 'TERMINATED') && { endedAt: since }),
  };
  const given = Object.entries(dates).filter(([name]) => !(session.without as readonly string[]).includes(name))
    .map(([name, minutes]): [string, number] => [name, START + minutes * MINUTE]);
  return { id: session.id, state, ...Object.fromEntries(given) };
}

/** What an event is about. */
interface Told {
  readonly alarm: EventAlarm;
  readonly workGroup: string;
  readonly sessionId: string;
  readonly moment: number;
}

/** When the session met the alarm's condition, if it does as it is listed. */
function momentOf({ kind, thresholdSeconds = 0 }: EventAlarm, listed: ListedSession): number | undefined {
  const { state, startedAt, modifiedAt, idleSince, endedAt } = listed;
  const after = (date: number | undefined) => (date === undefined ? undefined : date + thresholdSeconds * SECOND);
  if (kind === 'OLD') {
    return LIVE_STATES.includes(state ?? '') ? after(startedAt) : undefined;
  }
  if (state !== kind) {
    return undefined;
  }
  switch (kind) {
    case 'FAILED': return endedAt ?? modifiedAt ?? startedAt;
    case 'IDLE': return after(idleSince ?? modifiedAt ?? startedAt);
    case 'CREATING': return after(startedAt);
    default: return after(modifiedAt ?? startedAt);
  }
}

/** What one process must tell. */
class Model {
  private chainStart = NaN;
  private last = NaN;
  /** Sessions by alarm that are told, until they are seen in another state. */
  private readonly told = new Set<string>();
  /** The same occurrences by their moment, which are never told again. */
  private readonly moments = new Set<string>();
  private time = NaN;

  public constructor(private readonly alarms: readonly EventAlarm[], private readonly lookback: number) {}

  public start(time: number): void {
    this.time = time;
    const isRepeated = time >= this.chainStart && time <= this.last;
    if (isRepeated) {
      return;
    }
    if (time !== this.last + INTERVAL) {
      this.chainStart = time;
      this.told.clear();
      this.moments.clear();
    }
    this.last = time;
  }

  public due(workGroup: string, records: readonly ListedSession[]): Told[] {
    const due: Told[] = [];
    for (const alarm of this.alarms) {
      for (const record of records) {
        const key = JSON.stringify([alarm.id, workGroup, record.id]);
        const moment = momentOf(alarm, record);
        if (record.state !== alarm.kind && alarm.kind !== 'OLD') {
          this.told.delete(key);
        }
        const inWindow = moment !== undefined && moment > this.chainStart - INTERVAL && moment > this.time - this.lookback && moment <= this.time;
        if (inWindow && !this.told.has(key) && !this.moments.has(`${key} ${moment}`)) {
          due.push({ alarm, workGroup, sessionId: record.id!, moment });
        }
      }
    }
    return due;
  }

  public tell({ alarm, workGroup, sessionId, moment }: Told): void {
    const key = JSON.stringify([alarm.id, workGroup, sessionId]);
    this.told.add(key);
    this.moments.add(`${key} ${moment}`);
  }
}

type Entry = Parameters<SendContext['eventBus']['put']>[0][number];

const nameOf = ({ alarm, workGroup, sessionId, moment }: Told) => `${alarm.id} of ${workGroup}/${sessionId} at ${new Date(moment).toISOString()}`;

function nameOfEntry({ Time, Detail }: Entry): string {
  const { alarm, workGroup, sessionId } = JSON.parse(Detail!) as Record<string, string>;
  return `${alarm} of ${workGroup}/${sessionId} at ${Time!.toISOString()}`;
}

/** Plays the history. Throws at the first event that is missing, wrong, or not due. */
async function check({ sessions, ticks, alarms, lookbackIntervals, found }: History): Promise<void> {
  const settings: Settings = {
    metricNamespace: 'AthenaSessions',
    interval: INTERVAL,
    lookback: lookbackIntervals * INTERVAL,
    maxSession: 24 * HOUR,
    countTerminated: true,
    zerosWhenQuiet: false,
    maxRequestsPerSecond: 4,
    logSessionDetails: true,
    functionName: 'collector',
    ...(found ? { workGroupPatterns: ['*'] } : { workGroups: WORK_GROUPS }),
  };
  const processes = alarms.map((ofProcess) => ({ alarms: ofProcess, memory: new RunMemory(), model: new Model(ofProcess, settings.lookback) }));
  const identityOfId = new Map<string, string>();
  const idOfIdentity = new Map<string, string>();

  let position = 0;
  let now = -Infinity;
  for (const tick of ticks) {
    position += tick.behind > 0 ? 0 : tick.step;
    const dueAt = position - tick.behind;
    now = Math.max(now, dueAt * INTERVAL / MINUTE + tick.lag);
    const time = START + (tick.scheduled ? dueAt * INTERVAL : Math.floor(now * MINUTE / INTERVAL) * INTERVAL);
    const late = isLate(time, START + now * MINUTE, INTERVAL);
    const { alarms: ofProcess, memory, model } = processes[tick.process]!;
    const lines: string[] = [];
    const logContext = { settings, scheduledTime: time, write: (line: string) => lines.push(line) };
    const records = sessions.map((each) => ({ workGroup: each.workGroup, record: recordOf(each, now)! })).filter(({ record }) => record);
    const listed = (name: string) => records.filter(({ workGroup }) => workGroup === name).map(({ record }) => record);
    const athena = {
      calls: 0,
      throttledCalls: 0,
      secondsPerCall: 0,
      overdueCalls: 0,
      async* workGroups(): AsyncGenerator<FoundWorkGroup[]> {
        for (const name of WORK_GROUPS) {
          yield [{ name, spark: true, disabled: false }];
          if (tick.searchFails) {
            throw new AthenaError('other', 'InternalServerException: search failed');
          }
        }
      },
      async* sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
        yield listed(workGroup).filter((record) => (state === undefined ? !FILTERED_STATES.includes(record.state ?? '') : record.state === state));
        if (tick.notListed.includes(workGroup) && state === 'TERMINATED') {
          throw new AthenaError('other', 'InternalServerException: listing failed');
        }
      },
    };

    const events = { eventBus: 'default', monitor: 'Stack/Sessions', ownerTags: ['Owner'], dpuHourPrice: 0.35, alarms: ofProcess };
    const notifier = tick.scheduled && !late
      ? new Notifier({ ...logContext, events, memory, functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:collector' }) : undefined;
    await run({ ...logContext, late, athena, onListed: notifier && ((workGroup, notable) => notifier.add(workGroup, notable)) }).catch(() => {});
    if (!notifier) {
      continue;
    }
    const entries: Entry[] = [];
    const idOf = ({ Detail }: Entry) => (JSON.parse(Detail!) as { id: string }).id;
    const isRejected = (entry: Entry) => tick.rejected.includes(idOf(entry).at(-1)!);
    await notifier.send({
      listings: athena,
      details: { calls: 0, throttledCalls: 0, configuration: async () => ({}), tags: async () => new Map() },
      eventBus: {
        put: async (batch) => {
          entries.push(...batch);
          return batch.map((entry) => (isRejected(entry) ? { error: 'InternalFailure: try again' } : {}));
        },
      },
      deadline: new AbortController().signal,
    });

    model.start(time);
    const reached = found && tick.searchFails ? WORK_GROUPS.slice(0, 1) : WORK_GROUPS;
    const due = reached.filter((name) => !tick.notListed.includes(name)).flatMap((name) => model.due(name, listed(name)));
    const dueByName = new Map(due.map((each) => [nameOf(each), each]));
    const names = entries.map(nameOfEntry);
    if (due.length <= MAX_EVENTS) {
      expect([...names].sort()).toEqual([...dueByName.keys()].sort());
    } else {
      const failures = due.filter(({ alarm }) => alarm.kind === 'FAILED').length;
      expect(new Set(names).size).toBe(MAX_EVENTS);
      expect(names.filter((name) => !dueByName.has(name))).toEqual([]);
      expect(names.filter((name) => dueByName.get(name)!.alarm.kind === 'FAILED')).toHaveLength(Math.min(failures, MAX_EVENTS));
    }
    const sent = entries.filter((entry) => !isRejected(entry));
    sent.forEach((entry) => model.tell(dueByName.get(nameOfEntry(entry))!));
    const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => 'EventsSent' in line || 'EventsFailed' in line);
    expect(metrics).toEqual([expect.objectContaining({ EventsSent: sent.length, EventsFailed: due.length - sent.length, FunctionName: 'collector' })]);

    for (const entry of entries) {
      const { alarm, workGroup, sessionId, moment } = dueByName.get(nameOfEntry(entry))!;
      const identity = JSON.stringify([alarm.id, workGroup, sessionId, ...(alarm.kind === 'FAILED' ? [] : [moment])]);
      expect(identityOfId.get(idOf(entry)) ?? identity).toBe(identity);
      expect(idOfIdentity.get(identity) ?? idOf(entry)).toBe(idOf(entry));
      identityOfId.set(idOf(entry), identity);
      idOfIdentity.set(identity, idOf(entry));
    }
  }
}

/** The value, `weight` times as often as others. */
function usually<Value>(value: Value, other: fc.Arbitrary<Value>, weight: number): fc.Arbitrary<Value> {
  return fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });
}

const phaseIn = (...states: (string | undefined)[]) => fc.record({ state: fc.constantFrom(...states), minutes: fc.nat(20) });
const phases = fc.tuple(
  fc.array(phaseIn('CREATING', 'CREATED', 'HIBERNATED', undefined), { maxLength: 2 }),
  fc.array(phaseIn('IDLE', 'IDLE', 'IDLE', 'BUSY', 'BUSY', 'DEGRADED', undefined), { maxLength: 8, size: 'max' }),
  phaseIn('IDLE', 'BUSY', 'TERMINATING', 'DEGRADED', 'FAILED'),
  phaseIn('IDLE', 'FAILED', 'FAILED', 'TERMINATED'),
).map(([first, ...others]) => [...first, ...others.flat()]);

const session = fc.record({
  id: fc.constantFrom('s1', 's2', 's3', 's4'),
  workGroup: fc.constantFrom(...WORK_GROUPS),
  startedAt: fc.integer({ min: -10, max: 40 }),
  phases,
  without: usually<Session['without']>([], fc.subarray(['startedAt', 'modifiedAt', 'idleSince', 'endedAt'] as const), 1),
  touchedEvery: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  hidden: usually<Session['hidden']>(undefined, fc.record({ from: fc.integer({ min: 0, max: 60 }), to: fc.integer({ min: 0, max: 80 }) }), 4),
});

const KINDS: EventKind[] = ['FAILED', 'IDLE', 'IDLE', 'DEGRADED', 'OLD', 'CREATING', 'BUSY', 'TERMINATING'];
const runbookUrl = 'https://example.com/#runbook';
const alarms = fc.uniqueArray(fc.record({
  id: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
  kind: fc.constantFrom(...KINDS),
  minutes: fc.nat(15),
}), { selector: ({ id }) => id, minLength: 1, maxLength: 5, size: 'max' }).map((all) => all.map(({ id, kind, minutes }): EventAlarm => ({
  id, kind, runbookUrl, ...(kind !== 'FAILED' && kind !== 'DEGRADED' && { thresholdSeconds: minutes * 60 }),
})));

const tick = fc.record({
  step: usually(1, fc.integer({ min: 0, max: 4 }), 12),
  behind: usually(0, fc.constantFrom(1, 2), 10),
  process: usually(0, fc.constantFrom(1, 2), 10),
  lag: usually(0, fc.oneof(fc.nat(4), fc.constantFrom(10, 11, 12)), 2),
  scheduled: usually<boolean>(true, fc.constant(false), 12),
  notListed: usually<readonly string[]>([], fc.subarray(WORK_GROUPS), 4),
  searchFails: usually<boolean>(false, fc.constant(true), 10),
  rejected: usually('', fc.constantFrom('01234567', '89abcdef', '0123456789abcdef'), 4),
});

const history = fc.record({
  sessions: fc.uniqueArray(session, { selector: ({ id, workGroup }) => `${workGroup}/${id}`, minLength: 1, maxLength: 8 }),
  ticks: fc.array(tick, { minLength: 1, maxLength: 25, size: 'max' }),
  // The first two processes have the same settings.
  alarms: fc.tuple(alarms, alarms).map(([before, after]) => [before, before, after]),
  lookbackIntervals: fc.constantFrom(3, 4, 12),
  found: fc.boolean(),
});

/** Many sessions fail in the window in which many others become idle. */
const crowdedHistory: fc.Arbitrary<History> = fc.record({
  history,
  idle: fc.integer({ min: 0, max: 150 }),
  failed: fc.integer({ min: 0, max: 150 }),
}).map(({ history: { sessions, alarms: [before], ...others }, idle, failed }) => ({
  ...others,
  sessions: [...sessions, ...Array.from({ length: idle + failed }, (_, index): Session => ({
    id: `many-${index}`,
    workGroup: WORK_GROUPS[index % 2]!,
    startedAt: 0,
    phases: [{ state: 'BUSY', minutes: 10 + index % 20 }, { state: index < idle ? 'IDLE' : 'FAILED', minutes: 0 }],
    without: [],
  }))],
  alarms: Array<EventAlarm[]>(3).fill([...before!, { id: 'Failed', kind: 'FAILED', runbookUrl }, { id: 'Idle', kind: 'IDLE', thresholdSeconds: 0, runbookUrl }]),
}));

const seed = 20260310;

describe('events', () => {
  test('are sent once for each occurrence in random histories', async () => {
    await fc.assert(fc.asyncProperty(history, check), { seed, numRuns: 1200 });
  });

  test('are sent once for each occurrence in random histories of many sessions', async () => {
    await fc.assert(fc.asyncProperty(crowdedHistory, check), { seed, numRuns: 60 });
  });
});

test('a process remembers at most 10,000 told occurrences, those that it saw last', () => {
  const memory = new RunMemory();
  const windows = memory.startRun(START, INTERVAL, HOUR);
  const idle: EventAlarm[] = [{ id: 'Idle', kind: 'IDLE', thresholdSeconds: 0, runbookUrl }];
  const sessions = Array.from({ length: 10_001 }, (_, index) => ({ id: `s${index}`, state: 'IDLE', since: START }));
  const unsent = (of: typeof sessions) => memory.unsent('a', of, idle, windows).map((occurrence) => occurrence.session.id);
  memory.unsent('a', sessions.slice(0, 10_000), idle, windows).forEach((occurrence) => memory.setSent(occurrence));
  expect(unsent(sessions)).toEqual(['s10000']);
  expect(unsent(sessions.slice(0, 5))).toEqual([]); // seen again, unlike s5
  memory.unsent('a', sessions.slice(10_000), idle, windows).forEach((occurrence) => memory.setSent(occurrence));
  expect(unsent(sessions)).toEqual(['s5']);
});
