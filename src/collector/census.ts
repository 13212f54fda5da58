import { windowOf } from './grid';
import type { ListedSession } from '../athena/listings';
import { SESSION_STATES, type SessionState, type SessionStateDefinition, type WorkGroupMetric } from '../schema';
import { type Instant, type Milliseconds, SECOND } from '../time';

/** What a census depends on besides the sessions. */
export interface CensusContext {
  /** The run's time, a grid time. */
  readonly scheduledTime: Instant;
  /** The run comes so long after its time that only ended sessions count: today's live states are not those of then. */
  readonly late?: boolean;
  readonly interval: Milliseconds;
  /** How far back from the run's time windows are recounted; whole intervals. */
  readonly lookback: Milliseconds;
  /** Whether terminated sessions are counted. If they are not listed, a zero would not be true. */
  readonly countTerminated: boolean;
  /** Whether details of the sessions behind the numbers are given. */
  readonly logSessionDetails: boolean;
}

/** A session behind the numbers, for the person who reads the log. */
export interface SessionDetail {
  readonly id: string;
  readonly state: string;
  /** Seconds in the state, at the run's time. */
  readonly seconds?: number;
  readonly description?: string;
  readonly reason?: string;
  /** Set if the end is not known and another date stands in for it. */
  readonly endEstimated?: true;
}

/** Metric values by name: one value, or one for each session. */
export type MetricValues<Metric extends string> = { readonly [name in Metric]?: number | readonly number[] };

/** What is counted for one grid time. */
export interface Count {
  /** The grid time, which the points are stamped with. */
  readonly timestamp: Instant;
  readonly values: MetricValues<WorkGroupMetric>;
  /** Failed and longest idle first, `MAX_DETAILS` at most. */
  readonly sessions: readonly SessionDetail[];
  /** How many sessions are counted as ended at an estimated time. */
  readonly endEstimated: number;
}

/** A session that cannot be counted: its state or its end is not known. */
export interface UnknownSession {
  readonly id?: string;
  readonly state?: string;
}

/** Sessions in one log line. */
const MAX_DETAILS = 20;
/** Sessions of each state in one log line, even if there are many more of another state. */
const MIN_DETAILS_PER_STATE = 2;
/** Characters that are kept of a text. */
const MAX_TEXT_LENGTH = 256;

/** What is remembered of a session. */
interface Entry {
  readonly modifiedAt?: Instant;
  /** As listed, known or not. */
  readonly state?: string;
  /** Undefined if the session's state or its end is not known. */
  readonly definition?: SessionStateDefinition;
  /** The grid time for which the session counts: the run's, or for an ended session the end of the window that it ended in. */
  readonly timestamp: Instant;
  readonly seconds?: number;
  readonly endEstimated: boolean;
  /** Whether log lines may give details of it; only then are its free texts kept. */
  readonly detailed: boolean;
  readonly description?: string;
  readonly reason?: string;
}

/**
 * Counts the sessions of one workgroup at the run's time, from what the listings say. Pure: it knows neither the clock nor Athena.
 *
 * Each session counts once, however often it is listed. Of sessions that ended before the lookback nothing is kept.
 */
export class Census {
  private readonly entries = new Map<string, Entry>();
  /** Which ended sessions are detailed, by state and window: a bound on what is kept of them. */
  private readonly detailedEnds = new Map<string, Set<string>>();
  /** Sessions without an id cannot be told apart, so they count in no state. */
  private withoutId = 0;

  public constructor(private readonly context: CensusContext) {}

  /** Takes in a listed session. Of two records the one with the newest modification wins; on a tie, or if a date is missing, the later one. */
  public add(session: ListedSession): void {
    if (!session.id) {
      this.withoutId++;
      return;
    }
    const known = this.entries.get(session.id);
    if (known?.modifiedAt !== undefined && session.modifiedAt !== undefined && session.modifiedAt < known.modifiedAt) {
      return;
    }
    const entry = this.entryOf(session.id, session);
    if (this.isKept(entry.timestamp)) {
      this.entries.set(session.id, entry);
    } else {
      this.entries.delete(session.id);
    }
  }

  /** The count for the run's time, which is always there, then for each older window of the lookback that a session ended in. */
  public counts(): Count[] {
    const { scheduledTime } = this.context;
    const tallies = new Map([[scheduledTime, Tally.ofAll(scheduledTime, stateDefinitions.filter((definition) => this.isCounted(definition)))]]);
    for (const [id, entry] of this.entries) {
      if (!entry.definition || entry.timestamp > scheduledTime) {
        continue; // an end after the run's time is left to the run whose window holds it
      }
      let tally = tallies.get(entry.timestamp);
      if (!tally) {
        tallies.set(entry.timestamp, tally = new Tally(entry.timestamp));
      }
      tally.add(id, entry, entry.definition);
    }
    return [...tallies.values()].sort((a, b) => b.timestamp - a.timestamp).map((tally) => tally.count());
  }

  /** How many sessions are unknown. */
  public get unknownCount(): number {
    return this.withoutId + this.unknownEntries().length;
  }

  /** Unknown sessions, `MAX_DETAILS` at most. */
  public get unknownSessions(): UnknownSession[] {
    const identified = this.unknownEntries().map(([id, entry]): UnknownSession => ({ id: cut(id), state: entry.state }));
    return [...identified, ...Array<UnknownSession>(Math.min(this.withoutId, MAX_DETAILS)).fill({})].slice(0, MAX_DETAILS);
  }

  private unknownEntries(): [string, Entry][] {
    return [...this.entries].filter(([, entry]) => !entry.definition);
  }

  private isCounted(definition: SessionStateDefinition): boolean {
    return definition.ended ? this.context.countTerminated || definition !== SESSION_STATES.TERMINATED : !this.context.late;
  }

  private entryOf(id: string, session: ListedSession): Entry {
    const state = definitionOf(session.state);
    const since = state?.since.map((date) => session[date]).find((date) => date !== undefined);
    const definition = state?.ended && since === undefined ? undefined : state;
    const timestamp = definition ? this.timestampOf(definition, since) : this.context.scheduledTime;
    const detailed = definition !== undefined && this.isDetailed(id, definition, timestamp);
    return {
      modifiedAt: session.modifiedAt,
      state: cut(session.state),
      definition,
      timestamp,
      seconds: since === undefined ? undefined : Math.floor(Math.max(0, this.context.scheduledTime - since) / SECOND),
      endEstimated: definition?.ended === true && session.endedAt === undefined,
      detailed,
      ...(detailed && { description: cut(session.description), reason: cut(session.reason) }),
    };
  }

  private isKept(timestamp: Instant): boolean {
    return timestamp > this.context.scheduledTime - this.context.lookback;
  }

  private timestampOf(definition: SessionStateDefinition, since: Instant | undefined): Instant {
    if (!this.isCounted(definition)) {
      return -Infinity;
    }
    return definition.ended ? windowOf(since!, this.context.interval) : this.context.scheduledTime;
  }

  private isDetailed(id: string, definition: SessionStateDefinition, timestamp: Instant): boolean {
    if (!this.context.logSessionDetails || !definition.ended) {
      return this.context.logSessionDetails;
    }
    // A failure that is found late must be in the log; an ordinary end in an older window is not worth the bytes in each run.
    if (!this.isKept(timestamp) || (timestamp !== this.context.scheduledTime && definition !== SESSION_STATES.FAILED)) {
      return false;
    }
    const key = `${definition.countMetric} ${timestamp}`;
    const detailed = this.detailedEnds.get(key) ?? new Set();
    this.detailedEnds.set(key, detailed);
    return detailed.has(id) || (detailed.size < MAX_DETAILS && Boolean(detailed.add(id)));
  }
}

/** The count of one grid time in the making. */
class Tally {
  /** A tally with a zero for what is not there, for the grid time that gets a point of every metric. */
  public static ofAll(timestamp: Instant, definitions: readonly SessionStateDefinition[]): Tally {
    const tally = new Tally(timestamp);
    for (const { countMetric, timeMetric } of definitions) {
      tally.counts.set(countMetric, 0);
      if (timeMetric) {
        tally.times.set(timeMetric, []);
      }
    }
    return tally;
  }

  private readonly counts = new Map<string, number>();
  private readonly times = new Map<string, number[]>();
  private readonly details: { order: number; session: SessionDetail }[] = [];
  private endEstimated = 0;

  public constructor(public readonly timestamp: Instant) {}

  public add(id: string, entry: Entry, { countMetric, timeMetric, detailOrder }: SessionStateDefinition): void {
    this.counts.set(countMetric, (this.counts.get(countMetric) ?? 0) + 1);
    if (timeMetric && entry.seconds !== undefined) {
      this.times.get(timeMetric)?.push(entry.seconds);
    }
    if (entry.endEstimated) {
      this.endEstimated++;
    }
    if (entry.detailed) {
      const { state = '', seconds, description, reason, endEstimated } = entry;
      this.details.push({ order: detailOrder, session: { id: cut(id), state, seconds, description, reason, ...(endEstimated && { endEstimated }) } });
    }
  }

  public count(): Count {
    return {
      timestamp: this.timestamp,
      values: { ...Object.fromEntries(this.counts), ...this.timeValues() },
      sessions: this.sessions(),
      endEstimated: this.endEstimated,
    };
  }

  /** Failed ones first, then the longest idle, and so on; some of each state, even if there are many more of another. */
  private sessions(): SessionDetail[] {
    const inOrder = this.details.sort((a, b) => a.order - b.order || (b.session.seconds ?? 0) - (a.session.seconds ?? 0));
    const isFirstOfState = inOrder.map(({ order }, index) => inOrder[index - MIN_DETAILS_PER_STATE]?.order !== order);
    let placesForOthers = MAX_DETAILS - isFirstOfState.filter(Boolean).length;
    return inOrder.filter((_, index) => isFirstOfState[index] || placesForOthers-- > 0).map(({ session }) => session);
  }

  /** One value per session; a single 0 if no session is in the state; none if no session in it has a usable date. */
  private timeValues(): MetricValues<WorkGroupMetric> {
    return Object.fromEntries(stateDefinitions.flatMap(({ countMetric, timeMetric }) => {
      const seconds = timeMetric && this.times.get(timeMetric);
      if (!seconds || (seconds.length === 0 && this.counts.get(countMetric) !== 0)) {
        return [];
      }
      return [[timeMetric, seconds.length > 0 ? seconds.sort((a, b) => b - a) : [0]]];
    }));
  }
}

const stateDefinitions = Object.values<SessionStateDefinition>(SESSION_STATES);

function definitionOf(state = ''): SessionStateDefinition | undefined {
  return Object.hasOwn(SESSION_STATES, state) ? SESSION_STATES[state as SessionState] : undefined;
}

/** The text, cut if it is too long, but not in the middle of a character. */
function cut(text: string): string;
function cut(text: string | undefined): string | undefined;
function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : [...text.slice(0, 2 * MAX_TEXT_LENGTH)].slice(0, MAX_TEXT_LENGTH).join('');
}
