import { type Instant, type Milliseconds, SECOND, windowOf } from './grid';
import type { EndedCountMetric, LiveCountMetric, TimeMetric, WorkGroupMetric } from './schema';

/** What `ListSessions` told of a session; any part may be missing. */
export interface ListedSession {
  readonly id?: string;
  readonly state?: string;
  readonly description?: string;
  /** Why the session is in its state. */
  readonly reason?: string;
  readonly startedAt?: Instant;
  readonly modifiedAt?: Instant;
  readonly idleSince?: Instant;
  readonly endedAt?: Instant;
}

/** What a census is taken of. */
export interface CensusScope {
  /** The run time T. */
  readonly time: Instant;
  /** T is so long ago that only ended sessions count: live states are not those of then. */
  readonly late?: boolean;
  readonly interval: Milliseconds;
  /** How far back from T windows are recomputed; whole intervals. */
  readonly lookback: Milliseconds;
  /** Whether terminated sessions are counted; where they are not listed, a zero would not be true. */
  readonly countTerminated: boolean;
  /** Whether the figures name the sessions behind them. */
  readonly nameSessions: boolean;
}

/** A session behind the figures, for the person who reads the log. */
export interface NamedSession {
  readonly id: string;
  readonly state: string;
  /** Seconds in the state, at T. */
  readonly seconds?: number;
  readonly description?: string;
  readonly reason?: string;
  /** Set where the end is not known and another date stands in for it. */
  readonly endEstimated?: true;
}

/** Metric values by name: one value, or one for each session. */
export type MetricValues<Metric extends string> = { readonly [name in Metric]?: number | readonly number[] };

/** The figures of one grid time. */
export interface Figures {
  /** The grid time. */
  readonly time: Instant;
  readonly values: MetricValues<WorkGroupMetric>;
  /** Failed and longest idle first, `MAX_NAMED_SESSIONS` at the most. */
  readonly sessions: readonly NamedSession[];
  /** How many sessions are counted as ended at an estimated time. */
  readonly endEstimated: number;
}

/** A session whose state or end cannot be made out. */
export interface UnknownSession {
  readonly id?: string;
  readonly state?: string;
}

/** So many sessions are named at the most. */
const MAX_NAMED_SESSIONS = 20;
/** So many sessions of each state are named, even where there are very many of another. */
const PLACES_FOR_EACH_STATE = 2;
/** So many characters of a text are kept. */
const MAX_TEXT_LENGTH = 256;

interface LiveState {
  readonly ended: false;
  readonly count: LiveCountMetric;
  readonly time?: TimeMetric;
  /** Since when a session is in the state. */
  readonly since: (session: ListedSession) => Instant | undefined;
  /** Order in which sessions are named: lower is earlier. */
  readonly rank: number;
}

interface EndedState {
  readonly ended: true;
  readonly count: EndedCountMetric;
  readonly since: (session: ListedSession) => Instant | undefined;
  readonly rank: number;
  /** Whether sessions of older windows are named again in each run: a failure found late must be; an ordinary end is not worth the bytes. */
  readonly namedInOlderWindows: boolean;
}

type SessionStateRule = LiveState | EndedState;

const sinceStart = (session: ListedSession) => session.startedAt;
const sinceModified = (session: ListedSession) => session.modifiedAt ?? session.startedAt;
const sinceIdle = (session: ListedSession) => session.idleSince ?? sinceModified(session);
const sinceEnd = (session: ListedSession) => session.endedAt ?? sinceModified(session);

const STATES = new Map<string, SessionStateRule>([
  ['FAILED', { ended: true, count: 'FailedSessions', since: sinceEnd, rank: 0, namedInOlderWindows: true }],
  ['IDLE', { ended: false, count: 'IdleSessions', time: 'IdleTime', since: sinceIdle, rank: 1 }],
  ['DEGRADED', { ended: false, count: 'DegradedSessions', since: sinceModified, rank: 2 }],
  ['TERMINATING', { ended: false, count: 'TerminatingSessions', time: 'TerminatingTime', since: sinceModified, rank: 3 }],
  ['CREATING', { ended: false, count: 'CreatingSessions', time: 'CreatingTime', since: sinceStart, rank: 4 }],
  ['BUSY', { ended: false, count: 'BusySessions', time: 'BusyTime', since: sinceModified, rank: 5 }],
  ['CREATED', { ended: false, count: 'CreatedSessions', since: sinceModified, rank: 6 }],
  ['TERMINATED', { ended: true, count: 'TerminatedSessions', since: sinceEnd, rank: 7, namedInOlderWindows: false }],
]);

/** What is remembered of a session. */
interface Entry {
  readonly modifiedAt?: Instant;
  readonly state?: string;
  /** None where the session's state or end cannot be made out. */
  readonly rule?: SessionStateRule;
  /** The grid time whose figures count it: T, or for an ended session that of the window it ended in. */
  readonly gridTime: Instant;
  readonly seconds?: number;
  readonly endEstimated: boolean;
  /** Whether the session may be named; only then are its free texts kept. */
  readonly named: boolean;
  readonly description?: string;
  readonly reason?: string;
}

/**
 * The count of one workgroup's sessions at T, from what its listings told. Pure: it knows neither the clock nor Athena.
 *
 * Each session counts once, however often it was met. Of sessions that ended before the lookback nothing is kept.
 */
export class Census {
  private readonly entries = new Map<string, Entry>();
  /** Which ended sessions may be named, by state and window: a bound on what is kept of them. */
  private readonly namedEnds = new Map<string, Set<string>>();
  /** Sessions without an id cannot be told apart, so they are counted in no state. */
  private anonymous = 0;

  public constructor(private readonly scope: CensusScope) {}

  /** Meets a session. Met again, the newest modification wins; on a tie, or where one is missing, the later listing. */
  public add(session: ListedSession): void {
    if (!session.id) {
      this.anonymous++;
      return;
    }
    const known = this.entries.get(session.id);
    if (known?.modifiedAt !== undefined && session.modifiedAt !== undefined && session.modifiedAt < known.modifiedAt) {
      return;
    }
    const entry = this.entryOf(session.id, session);
    if (this.isKept(entry.gridTime)) {
      this.entries.set(session.id, entry);
    } else {
      this.entries.delete(session.id);
    }
  }

  /** The figures of T, which are always there, then those of each older window of the lookback that a session ended in. */
  public figures(): Figures[] {
    const { time } = this.scope;
    const tallies = new Map([[time, Tally.ofAll(time, [...STATES.values()].filter((rule) => this.isCounted(rule)))]]);
    for (const [id, entry] of this.entries) {
      if (!entry.rule || entry.gridTime > time) {
        continue; // an end after T is left to the run whose window holds it
      }
      let tally = tallies.get(entry.gridTime);
      if (!tally) {
        tallies.set(entry.gridTime, tally = new Tally(entry.gridTime));
      }
      tally.count(id, entry, entry.rule);
    }
    return [...tallies.values()].sort((a, b) => b.time - a.time).map((tally) => tally.figures());
  }

  /** How many sessions could not be made out. */
  public get unknownCount(): number {
    return this.anonymous + this.unknownEntries().length;
  }

  /** Sessions that could not be made out, `MAX_NAMED_SESSIONS` at the most. */
  public get unknownSessions(): UnknownSession[] {
    const identified = this.unknownEntries().map(([id, entry]): UnknownSession => ({ id: cut(id), state: entry.state }));
    return [...identified, ...Array<UnknownSession>(Math.min(this.anonymous, MAX_NAMED_SESSIONS)).fill({})].slice(0, MAX_NAMED_SESSIONS);
  }

  private unknownEntries(): [string, Entry][] {
    return [...this.entries].filter(([, entry]) => !entry.rule);
  }

  private isCounted(rule: SessionStateRule): boolean {
    return rule.ended ? this.scope.countTerminated || rule.count !== 'TerminatedSessions' : !this.scope.late;
  }

  private entryOf(id: string, session: ListedSession): Entry {
    const { time } = this.scope;
    const state = STATES.get(session.state ?? '');
    const since = state?.since(session);
    const rule = state?.ended && since === undefined ? undefined : state;
    const gridTime = rule ? this.gridTimeOf(rule, since) : time;
    const named = rule !== undefined && this.mayBeNamed(id, rule, gridTime);
    return {
      modifiedAt: session.modifiedAt,
      state: cut(session.state),
      rule,
      gridTime,
      seconds: since === undefined ? undefined : Math.floor(Math.max(0, time - since) / SECOND),
      endEstimated: rule?.ended === true && session.endedAt === undefined,
      named,
      ...(named && { description: cut(session.description), reason: cut(session.reason) }),
    };
  }

  private isKept(gridTime: Instant): boolean {
    return gridTime > this.scope.time - this.scope.lookback;
  }

  private gridTimeOf(rule: SessionStateRule, since: Instant | undefined): Instant {
    if (!this.isCounted(rule)) {
      return -Infinity;
    }
    return rule.ended ? windowOf(since!, this.scope.interval) : this.scope.time;
  }

  private mayBeNamed(id: string, rule: SessionStateRule, gridTime: Instant): boolean {
    if (!this.scope.nameSessions || !rule.ended) {
      return this.scope.nameSessions;
    }
    if (!this.isKept(gridTime) || (gridTime !== this.scope.time && !rule.namedInOlderWindows)) {
      return false;
    }
    const key = `${rule.count} ${gridTime}`;
    const named = this.namedEnds.get(key) ?? new Set();
    this.namedEnds.set(key, named);
    return named.has(id) || (named.size < MAX_NAMED_SESSIONS && Boolean(named.add(id)));
  }
}

/** The figures of one grid time in the making. */
class Tally {
  /** A tally in which what is not counted is zero, for the grid time that gets a point of every metric. */
  public static ofAll(time: Instant, rules: readonly SessionStateRule[]): Tally {
    const tally = new Tally(time);
    for (const rule of rules) {
      tally.counts[rule.count] = 0;
      if (!rule.ended && rule.time) {
        tally.times[rule.time] = [];
      }
    }
    return tally;
  }

  private readonly counts: { [name in LiveCountMetric | EndedCountMetric]?: number } = {};
  private readonly times: { [name in TimeMetric]?: number[] } = {};
  private readonly named: { rank: number; session: NamedSession }[] = [];
  private endEstimated = 0;

  public constructor(public readonly time: Instant) {}

  public count(id: string, entry: Entry, rule: SessionStateRule): void {
    this.counts[rule.count] = (this.counts[rule.count] ?? 0) + 1;
    if (!rule.ended && rule.time && entry.seconds !== undefined) {
      (this.times[rule.time] ??= []).push(entry.seconds);
    }
    if (entry.endEstimated) {
      this.endEstimated++;
    }
    if (entry.named) {
      const { state = '', seconds, description, reason, endEstimated } = entry;
      this.named.push({ rank: rule.rank, session: { id: cut(id), state, seconds, description, reason, ...(endEstimated && { endEstimated }) } });
    }
  }

  public figures(): Figures {
    return {
      time: this.time,
      values: { ...this.counts, ...this.timeValues() },
      sessions: this.namedSessions(),
      endEstimated: this.endEstimated,
    };
  }

  /** Failed ones first, then the longest idle, and so on; some of each state, even where there are very many of another. */
  private namedSessions(): NamedSession[] {
    const inOrder = this.named.sort((a, b) => a.rank - b.rank || (b.session.seconds ?? 0) - (a.session.seconds ?? 0));
    const isFirstOfState = inOrder.map(({ rank }, index) => inOrder[index - PLACES_FOR_EACH_STATE]?.rank !== rank);
    const firstOfStates = isFirstOfState.filter(Boolean).length;
    let placesForOthers = MAX_NAMED_SESSIONS - firstOfStates;
    return inOrder.filter((_, index) => isFirstOfState[index] || placesForOthers-- > 0).map(({ session }) => session);
  }

  /** One value per session; a single 0 where no session is in the state; none where no session in it has a usable date. */
  private timeValues(): MetricValues<TimeMetric> {
    const values: { [name in TimeMetric]?: number[] } = {};
    for (const rule of STATES.values()) {
      const name = rule.ended ? undefined : rule.time;
      const seconds = name && this.times[name];
      if (seconds?.length) {
        values[name!] = seconds.sort((a, b) => b - a);
      } else if (seconds && this.counts[rule.count] === 0) {
        values[name!] = [0];
      }
    }
    return values;
  }
}

/** The text, cut where it is too long, but not in the middle of a character. */
function cut(text: string): string;
function cut(text: string | undefined): string | undefined;
function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : [...text.slice(0, 2 * MAX_TEXT_LENGTH)].slice(0, MAX_TEXT_LENGTH).join('');
}
