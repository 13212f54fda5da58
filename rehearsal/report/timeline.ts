import type { Instant, SessionState } from '../athena';
import type { AlarmDefinition, AlarmState, AlarmStatus, Transition } from '../cloudwatch';
import type { RehearsalEvent } from '../rehearsal';
import type { Story } from '../story';

export interface Span {
  from: Instant;
  to: Instant;
}

/** The states of an alarm, or of one of its contributors, during a story. */
export interface Band {
  alarm: AlarmDefinition;
  contributor?: string;
  /** They tile the story. */
  parts: BandPart[];
}

export interface BandPart extends Span {
  state: AlarmState;
  /** The change that began it, unless it began with the story. */
  cause?: Transition;
}

/** The life of a session during a story. */
export interface Lane {
  id: string;
  workGroup: string;
  description?: string;
  parts: LanePart[];
  /** How it ended during the story. */
  end?: { at: Instant; state: SessionState; reason?: string };
}

export interface LanePart extends Span {
  state: SessionState;
  /** When the state began, which may be before the story. */
  since: Instant;
  reason?: string;
  /** Whether listings show the session. */
  isListed: boolean;
}

/** Runs that went wrong, or their ticks: several that follow closely are one mark. */
export interface RunMark extends Span {
  kind: 'missed' | 'late' | 'doubled' | 'failed';
  count: number;
  /** The index of the first event. */
  event: number;
}

const ENDED: readonly SessionState[] = ['FAILED', 'TERMINATED'];
const SQL_ENGINE = 'Athena engine version 3';

/** The instants between which a story is played. */
export function spanOf({ from, to }: Pick<Story, 'from' | 'to'>, date: Instant): Span {
  return { from: date + from, to: date + to };
}

/**
 * A band for each alarm. An alarm on all workgroups has one for each of its contributors that was in ALARM, and one of its own only if
 * none was, or if it went to ALARM or INSUFFICIENT_DATA as a whole.
 */
export function bandsOf(states: readonly AlarmStatus[], transitions: readonly Transition[], span: Span): Band[] {
  return states.flatMap(({ alarm, state }) => {
    const own = transitions.filter(transition => transition.alarm === alarm);
    const raised = [...new Set(own.flatMap(({ contributor, to }) => contributor !== undefined && to === 'ALARM' ? [contributor] : []))];
    const contributors = raised.map((contributor): Band => ({
      alarm, contributor, parts: partsOf(own.filter(transition => transition.contributor === contributor), 'OK', span),
    }));
    const isOwn = raised.length === 0 || own.some(({ contributor, to }) => contributor === undefined && to !== 'OK');
    return [...isOwn ? [{ alarm, parts: partsOf(asAWhole(own), state, span) }] : [], ...contributors];
  });
}

/** The changes of an alarm's own state. Those that follow from its contributors are not among its transitions. */
function asAWhole(transitions: readonly Transition[]): Transition[] {
  const inAlarm = new Set<string>();
  // Every alarm begins like that.
  let state: AlarmState = transitions[0]?.contributor === undefined ? transitions[0]?.from ?? 'INSUFFICIENT_DATA' : 'INSUFFICIENT_DATA';
  return transitions.flatMap(transition => {
    const { contributor, to } = transition;
    if (contributor !== undefined) {
      inAlarm[to === 'ALARM' ? 'add' : 'delete'](contributor);
    }
    const next = inAlarm.size > 0 ? 'ALARM' : contributor === undefined || state === 'ALARM' ? to : state;
    const change = next === state ? [] : [{ ...transition, from: state, to: next }];
    state = next;
    return change;
  });
}

function partsOf(transitions: readonly Transition[], stateWithoutAny: AlarmState, { from, to }: Span): BandPart[] {
  const parts: BandPart[] = [{ from, to, state: transitions[0]?.from ?? stateWithoutAny }];
  for (const cause of transitions) {
    parts[parts.length - 1]!.to = cause.at;
    parts.push({ from: cause.at, to, state: cause.to, cause });
  }
  return parts.filter((part, index) => part.from < part.to || index === parts.length - 1); // the last may begin with the story's last minute
}

/** Whether a band shows anything but OK, apart from the time until an alarm has data. */
export function isEventful({ parts }: Band): boolean {
  return parts.some(({ state, cause }) => state === 'ALARM' || (state === 'INSUFFICIENT_DATA' && cause !== undefined));
}

/** A lane for each session that lives or ends during the story, by workgroup, in order of their start. */
export function lanesOf({ sessions, workGroups }: Pick<Story, 'sessions' | 'workGroups'>, date: Instant, span: Span): Lane[] {
  return workGroups.flatMap(({ name, engine }) => sessions
    .filter(({ workGroup }) => workGroup === name)
    .sort((a, b) => a.history[0]!.at - b.history[0]!.at)
    .flatMap(({ id, description, history, listedUntil }) => {
      const changes = history.map(change => ({ ...change, at: date + change.at }));
      const unlistedFrom = engine === SQL_ENGINE ? -Infinity : listedUntil === undefined ? Infinity : date + listedUntil;
      const parts = changes.flatMap((change, index) => livePart(change, changes[index + 1]?.at ?? Infinity, span))
        .flatMap(part => splitAt(part, unlistedFrom));
      const end = changes.find(({ at, state }) => ENDED.includes(state) && at >= span.from && at <= span.to);
      return parts.length > 0 || end ? [{ id, workGroup: name, description, parts, end }] : [];
    }));
}

function livePart({ at, state, reason }: { at: Instant; state: SessionState; reason?: string }, until: Instant, span: Span): Omit<LanePart, 'isListed'>[] {
  const [from, to] = [Math.max(at, span.from), Math.min(until, span.to)];
  const begins = from === to && at === span.to && until > to; // with the last minute
  return ENDED.includes(state) || (from >= to && !begins) ? [] : [{ from, to, state, since: at, reason }];
}

function splitAt(part: Omit<LanePart, 'isListed'>, time: Instant): LanePart[] {
  return time <= part.from || time >= part.to
    ? [{ ...part, isListed: time > part.from }]
    : [{ ...part, to: time, isListed: true }, { ...part, from: time, isListed: false }];
}

/** @param near how close marks of a kind have to be to become one */
export function runMarks(events: readonly RehearsalEvent[], near: number): RunMark[] {
  const marks: RunMark[] = [];
  events.forEach((event, index) => {
    const kind = event.kind === 'tick' ? event.what : event.kind === 'run' && event.result.error ? 'failed' : undefined;
    if (kind === undefined) {
      return;
    }
    const last = marks.filter(mark => mark.kind === kind).at(-1);
    const count = event.kind === 'tick' ? event.schedules.length : 1;
    if (last && event.at - last.to <= near) {
      last.to = event.at;
      last.count += count;
    } else {
      marks.push({ kind, from: event.at, to: event.at, count, event: index });
    }
  });
  return marks;
}
