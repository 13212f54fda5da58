import { readFileSync } from 'node:fs';
import { Alias, Document, isAlias, isMap, isNode, isPair, isScalar, LineCounter, Node, parseDocument, visit } from 'yaml';
import * as z from 'zod';
import { FAULT_KINDS, type Instant, LISTINGS, OPERATIONS, SESSION_STATES } from './athena';
import { EVENT_FAULT_KINDS, EVENT_OPERATIONS } from './eventbridge';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds since the midnight before the story begins. */
export type StoryTime = number;
export type Milliseconds = number;

/**
 * Formats a time as it is written in a story, with seconds only if they are not zero.
 *
 * @param firstDay the day on which the story begins, if the story has dates
 */
export function clock(time: StoryTime, firstDay?: Instant): string {
  const day = Math.floor(time / DAY);
  const seconds = new Date(time - day * DAY).toISOString().slice(11, 19);
  const shown = seconds.endsWith(':00') ? seconds.slice(0, 5) : seconds;
  return day === 0 ? shown : firstDay === undefined ? `${shown} ${dayOffset(day)}` : `${dateOf(firstDay + time)} ${shown}`;
}

/** `+1d`, `-2d`. */
export function dayOffset(days: number): string {
  return `${days < 0 ? '' : '+'}${days}d`;
}

/** `2026-03-02`. */
export function dateOf(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** A story that cannot be played. Each problem has its place in the file. */
export class StoryError extends Error {
  public constructor(public readonly problems: string[]) {
    super(problems.join('\n'));
    this.name = 'StoryError';
  }
}

const text = z.string().min(1, 'must not be empty');

const TIME_EXPECTED = 'must be a time such as 13:05, 13:05:30, 09:00 +1d or 2026-03-02 13:05';
const TIME = /^(?:(\d{4}-\d{2}-\d{2}) )?(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([+-]\d+)d)?$/;

/** A time of the first day, or of another day: with a number of days after the first, or with a date. */
function storyTime(firstDay: Instant | undefined) {
  return z.string(TIME_EXPECTED).transform((value, context): StoryTime => {
    const [, date, hours, minutes, seconds = '0', days = '0'] = TIME.exec(value) ?? [];
    const time = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND;
    const day = dayOf(value);
    if (hours === undefined || Number(minutes) > 59 || Number(seconds) > 59 || time > DAY || (date !== undefined && (day === undefined || days !== '0'))) {
      context.addIssue({ code: 'custom', message: TIME_EXPECTED });
    } else if (date !== undefined && firstDay === undefined) {
      context.addIssue({ code: 'custom', message: 'has a date, so that "from" must have one, too' });
    }
    return time + Number(days) * DAY + (day ?? 0) - (day === undefined ? 0 : firstDay ?? 0);
  });
}

/** The midnight of a time with a date. */
function dayOf(time: unknown): Instant | undefined {
  const [, date] = TIME.exec(String(time)) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(day) && dateOf(day) === date ? day : undefined; // there is no 30 February
}

function duration() {
  return z.string(DURATION_EXPECTED).transform((value, context): Milliseconds => {
    const [, count, unit] = /^(\d+(?:\.\d+)?) ?(s|m|min|h)$/.exec(value) ?? [];
    if (count === undefined) {
      context.addIssue({ code: 'custom', message: DURATION_EXPECTED });
    }
    return Number(count) * { s: SECOND, m: MINUTE, min: MINUTE, h: HOUR }[unit as 's' | 'm' | 'min' | 'h']!;
  });
}
const DURATION_EXPECTED = 'must be a duration such as 90 s, 5 min or 1 h';

const RUN_DURATION_EXPECTED = 'must be a duration such as 20 s, or a share of the interval such as 80 %';
const runDuration = z.string(RUN_DURATION_EXPECTED).transform((value, context): { ofInterval: number } | { milliseconds: Milliseconds } => {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(value) ?? [];
  if (percent !== undefined) {
    return { ofInterval: Number(percent) / 100 };
  }
  const parsed = duration().safeParse(value);
  if (!parsed.success) {
    context.addIssue({ code: 'custom', message: RUN_DURATION_EXPECTED });
  }
  return { milliseconds: parsed.data ?? 0 };
});

const RANGE_EXPECTED = 'must be two times, [earliest, latest], such as [14:03, 14:12]';
const SPARK_ENGINES = ['PySpark engine version 3', 'Apache Spark version 3.5'] as const;

/** @see https://docs.aws.amazon.com/athena/latest/APIReference/API_StartSession.html */
const idleTimeout = duration().refine(timeout => timeout >= MINUTE && timeout <= 8 * HOUR, 'must be from 1 min to 8 h');

const workGroup = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9._-]{1,128}$/, 'must be 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"'),
  engine: z.enum([...SPARK_ENGINES, 'Athena engine version 3']).default('PySpark engine version 3'),
  state: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
});

/** @param firstDay the day of `from`, if it has a date */
function schemaOf(firstDay: Instant | undefined) {
  const time = storyTime(firstDay);
  const range = z.tuple([time, time], RANGE_EXPECTED).refine(([earliest, latest]) => earliest <= latest, 'must not end before it begins');

  const session = z.strictObject({
    id: text,
    workGroup: text,
    description: text.optional(),
    /** Whether it is the session of a notebook in the console. */
    notebook: z.boolean().default(false),
    /** By default that of its workgroup. */
    engine: z.enum([...SPARK_ENGINES, 'none']).optional(),
    /** When it vanishes from the listings. */
    listedUntil: time.optional(),
    /** How long it may be IDLE until Athena ends it. */
    idleTimeout: idleTimeout.optional(),
    tags: z.record(z.string(), z.string()).optional(),
    /** An ARN. */
    executionRole: text.optional(),
    history: z.array(z.strictObject({
      at: time,
      state: z.enum(SESSION_STATES),
      reason: text.optional(),
    })).min(1, 'must have at least one change of state'),
  });

  const fault = z.strictObject({
    kind: z.enum([...new Set([...FAULT_KINDS, ...EVENT_FAULT_KINDS])]),
    from: time.optional(),
    to: time.optional(),
    operation: z.enum([...OPERATIONS, ...EVENT_OPERATIONS]).optional(),
    workGroup: text.optional(),
    stateFilter: z.enum([...SESSION_STATES, 'none']).optional(),
    page: z.int().min(1).optional(),
    first: z.int().min(1).optional(),
    every: z.int().min(1).optional(),
    code: text.optional(),
    status: z.int().min(400).max(599).optional(),
    message: text.optional(),
    entries: z.int().min(1).max(10).optional(),
    delay: duration().optional(),
  });

  const ticks = z.strictObject({
    missed: z.array(time).default([]),
    doubled: z.array(time).default([]),
    gaps: z.array(range).default([]),
    late: z.array(z.strictObject({ tick: time, by: duration() })).default([]),
  });

  const alarmExpectation = z.strictObject({
    alarm: text,
    contributor: text.optional(),
    raised: range.optional(),
    cleared: z.union([range, z.literal('never')], `${RANGE_EXPECTED}, or never`).optional(),
    never: z.literal(true).optional(),
  }).superRefine((expectation, context) => {
    if ((expectation.raised === undefined) === (expectation.never === undefined)) {
      context.addIssue({ code: 'custom', message: 'must have either "raised: [earliest, latest]" or "never: true"' });
    } else if ((expectation.raised === undefined) !== (expectation.cleared === undefined)) {
      const message = expectation.never ? 'cannot be where the alarm is never raised' : 'is missing: a range, or never where the alarm stays until the end';
      context.addIssue({ code: 'custom', path: ['cleared'], message });
    }
  });

  const metricExpectation = z.strictObject({
    metric: text,
    namespace: text.optional(),
    workGroup: text.optional(),
    at: time,
    value: z.union([z.number(), z.tuple([z.number(), z.number()]), z.literal('missing')], 'must be a number, [least, most], or missing'),
  });

  const messageExpectation = z.strictObject({
    topic: text,
    sent: range,
    contains: z.array(text).default([]),
  });

  const expectations = z.strictObject({
    alarms: z.array(alarmExpectation).default([]),
    otherAlarms: z.enum(['none', 'any']).default('none'),
    failedRuns: z.int().min(0).default(0),
    metrics: z.array(metricExpectation).default([]),
    messages: z.array(messageExpectation).default([]),
    otherMessages: z.enum(['none', 'any']).default('none'),
  });

  return z.strictObject({
    title: text,
    /** The folder of the CDK app, relative to the story. By default that of the example. */
    app: text.optional(),
    from: time.refine(from => from >= 0 && from < DAY, 'must be on the first day, such as 18:00'),
    to: time,
    idleTimeout: idleTimeout.optional(),
    deliveryDelay: duration().default(0),
    runDuration: runDuration.default({ milliseconds: 20 * SECOND }),
    metricDelay: duration().default(90 * SECOND),
    extraPeriods: z.array(z.int().min(0)).min(1).default([0, 2]),
    unfiltered: z.union([z.literal('all'), z.array(z.enum(SESSION_STATES))], 'must be all, or a list of states').optional(),
    rateLimit: z.strictObject({ ratePerSecond: z.number().positive(), burst: z.number().min(1) }).optional(),
    workGroups: z.array(workGroup).min(1, 'must have at least one workgroup'),
    sessions: z.array(session).default([]),
    faults: z.array(fault).default([]),
    ticks: ticks.default({ missed: [], doubled: [], gaps: [], late: [] }),
    expect: expectations,
  }).superRefine((data, context) => checkAsAWhole(data, context, firstDay));
}

export type StoryData = z.output<ReturnType<typeof schemaOf>>;

/** A path to a value, such as `['sessions', 0, 'id']`. */
export type ValuePath = readonly PropertyKey[];

export interface Story extends StoryData {
  file: string;
  /** The midnight before the story, if the story has dates. */
  firstDay?: Instant;
  /** The place of a value, such as `afternoon.yaml:12:5`. */
  locate(path: ValuePath): string;
}

type Check = { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void };

function checkAsAWhole(data: any, context: Check, firstDay: Instant | undefined): void {
  const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (data.to <= data.from) {
    issue(['to'], 'must be later than "from"; a time on the next day is written as 09:00 +1d');
  }
  const names: string[] = data.workGroups.map(({ name }: any) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) {
      issue(['workGroups', index, 'name'], 'must not be that of another workgroup');
    }
  });
  const checkWorkGroup = (name: string | undefined, path: PropertyKey[]) => {
    if (name !== undefined && !names.includes(name)) {
      issue(path, `must be one of the story's workgroups: ${names.join(', ')}`);
    }
  };
  const ids: string[] = [];
  data.sessions.forEach(({ id, workGroup: name, history, idleTimeout: timeout = data.idleTimeout }: any, index: number) => {
    checkWorkGroup(name, ['sessions', index, 'workGroup']);
    if (ids.includes(id)) {
      issue(['sessions', index, 'id'], 'must not be that of another session');
    }
    ids.push(id);
    history.forEach(({ at }: any, change: number) => {
      if (change > 0 && at < history[change - 1].at) {
        issue(['sessions', index, 'history', change, 'at'], 'must not be earlier than the change before it');
      }
      const before = history[change - 1];
      if (['FAILED', 'TERMINATED'].includes(before?.state)) {
        issue(['sessions', index, 'history', change], 'must not change the state of a session that has ended');
      }
      if (before?.state === 'IDLE' && at > before.at + timeout) {
        issue(['sessions', index, 'history', change, 'at'], `must not be later than ${clock(before.at + timeout, firstDay)}, when the session has reached its idle timeout`);
      }
    });
  });
  data.faults.forEach((entry: any, index: number) => {
    if (entry.from !== undefined && entry.to !== undefined && entry.to < entry.from) {
      issue(['faults', index, 'to'], 'must not be earlier than "from"');
    }
    checkWorkGroup(entry.workGroup, ['faults', index, 'workGroup']);
    const { kind, operation = kind === 'failedEntries' ? 'PutEvents' : undefined } = entry;
    const onlyOf = (key: string, ...operations: readonly string[]) => {
      if (entry[key] !== undefined && operation !== undefined && !operations.includes(operation)) {
        issue(['faults', index, key], `is only for faults of ${operations.join(' or ')}`);
      }
    };
    onlyOf('workGroup', 'ListSessions', 'GetSession', 'ListTagsForResource');
    onlyOf('stateFilter', 'ListSessions');
    onlyOf('page', ...LISTINGS);
    if (['repeatedToken', 'emptyPage'].includes(kind)) {
      onlyOf('kind', ...LISTINGS);
    } else if (kind === 'failedEntries') {
      onlyOf('kind', ...EVENT_OPERATIONS);
    }
    const only = (key: string, ...kinds: string[]) => {
      if (entry[key] !== undefined && !kinds.includes(kind)) {
        issue(['faults', index, key], `is only for faults of the kind ${kinds.join(' or ')}`);
      }
    };
    only('code', 'error', 'failedEntries');
    only('status', 'error');
    only('entries', 'failedEntries');
    only('delay', 'slow', 'trickle');
  });
  data.expect.metrics.forEach((entry: any, index: number) => checkWorkGroup(entry.workGroup, ['expect', 'metrics', index, 'workGroup']));
}

/** Reads and checks a story file. */
export function loadStory(file: string): Story {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StoryError([code === 'ENOENT' ? `${file}: there is no such file` : `${file}: cannot be read: ${message}`]);
  }
  return parseStory(source, file);
}

export function parseStory(source: string, file: string): Story {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new StoryError(document.errors.map(({ pos, message }) => `${place(pos[0])}: not valid YAML: ${message}`));
  }
  const locate = (path: ValuePath, key?: string) => place(offsetOf(document.contents as Node | null, path, key));

  const unresolved = findUnresolvedAlias(document);
  if (unresolved) {
    throw new StoryError([`${place(unresolved.range![0])}: not valid YAML: nothing is anchored as ${unresolved.source}`]);
  }
  const data = toData(document, place(0));
  const firstDay = dayOf((data as { from?: unknown } | null)?.from);
  const schema = schemaOf(firstDay);
  const parsed = schema.safeParse(data, { reportInput: true });
  if (!parsed.success) {
    throw new StoryError(parsed.error.issues.flatMap(issue => describe(issue, data, schema).map(({ path, key, message }) =>
      `${locate(path, key)}: ${message}`)));
  }
  const sessions = parsed.data.sessions.map(one => ({ ...one, history: endedWhenIdle(one.history, one.idleTimeout ?? parsed.data.idleTimeout) }));
  return { ...parsed.data, sessions, file, firstDay, locate };
}

/** How long a session is TERMINATING. AWS does not document it. */
const TERMINATION = MINUTE;

/** Adds how Athena ends a session whose last state is IDLE. */
function endedWhenIdle(history: StoryData['sessions'][number]['history'], timeout: Milliseconds | undefined): typeof history {
  const { at, state } = history[history.length - 1]!;
  if (state !== 'IDLE' || timeout === undefined) {
    return history;
  }
  const reason = `The session was idle for its timeout of ${timeout / MINUTE} min`;
  return [...history, { at: at + timeout, state: 'TERMINATING', reason }, { at: at + timeout + TERMINATION, state: 'TERMINATED', reason }];
}

function findUnresolvedAlias(document: Document): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      found ??= alias.resolve(document) ? undefined : alias;
    },
  });
  return found;
}

function toData(document: Document, place: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new StoryError([`${place}: not valid YAML: ${(error as Error).message}`]);
  }
}

interface Problem {
  path: ValuePath;
  /** Set if the key itself is the problem. */
  key?: string;
  message: string;
}

function describe(issue: z.core.$ZodIssue, data: unknown, schema: unknown): Problem[] {
  const { path } = issue;
  const received = valueAt(data, path);
  const got = received === undefined ? 'is missing' : `got ${show(received)}`;
  const name = showPath(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = allowedKeys(schema, path);
      return issue.keys.map(key => ({
        path, key, message: `${showPath([...path, key])} is not known; allowed are ${allowed.join(', ')}`,
      }));
    }
    case 'invalid_value':
      return [{ path, message: `${name} must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}; ${got}` }];
    case 'invalid_type':
      return received === undefined ? [{ path, message: `${name} is missing` }] : [{ path, message: `${name} ${issue.message.startsWith('must') ? issue.message : `must be ${article(issue.expected)}`}; ${got}` }];
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      return [{ path, message: `${name} ${issue.message.startsWith('must') ? issue.message : `must be ${bound}`}; ${got}` }];
    }
    default:
      return [{ path, message: `${name} ${issue.message}${issue.message.startsWith('is ') && received === undefined ? '' : `; ${got}`}` }];
  }
}

function article(type: string): string {
  return { array: 'a list', object: 'a map of keys and values', tuple: 'a list', int: 'a whole number', string: 'a text' }[type] ?? `a ${type}`;
}

/** The keys that the schema allows at the path. */
function allowedKeys(whole: unknown, path: ValuePath): string[] {
  let schema: any = whole;
  const unwrapped = (wrapped: any): any => {
    const { type, innerType, in: input } = wrapped._zod.def;
    return innerType ? unwrapped(innerType) : type === 'pipe' ? unwrapped(input) : wrapped;
  };
  for (const part of path) {
    const { shape, element } = unwrapped(schema)._zod.def;
    schema = typeof part === 'number' ? element : shape[part];
  }
  return Object.keys(unwrapped(schema)._zod.def.shape);
}

function valueAt(data: any, path: ValuePath): unknown {
  return path.reduce((value: any, part) => value?.[part], data);
}

/** Where in the text a value begins; for a missing value, where its parent begins. */
function offsetOf(root: Node | null, path: ValuePath, key?: string): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  const parts = key === undefined ? path : [...path, key];
  for (const [index, part] of parts.entries()) {
    const collection = isAlias(node) ? undefined : node;
    let next: unknown;
    if (isMap(collection)) {
      const pair = collection.items.find(item => isPair(item) && (isScalar(item.key) ? String(item.key.value) : String(item.key)) === String(part));
      const isLast = index === parts.length - 1;
      next = pair && (key !== undefined && isLast ? pair.key : pair.value ?? pair.key);
    } else {
      next = (collection as { items?: unknown[] } | undefined)?.items?.[part as number];
    }
    if (!isNode(next) || !next.range) {
      break;
    }
    node = next;
    offset = next.range[0];
  }
  return offset;
}

function showPath(path: ValuePath): string {
  return path.reduce<string>((shown, part) => typeof part === 'number' ? `${shown}[${part}]` : shown ? `${shown}.${String(part)}` : String(part), '') || 'the story';
}

function show(value: unknown): string {
  const shown = JSON.stringify(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown;
}
