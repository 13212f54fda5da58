import { windowOf } from './grid';
import { cut } from './text';
import type { ListedSession } from '../athena/listings';
import { LIVE_COUNT_METRICS, SESSION_STATES, type SessionState, type SessionStateDefinition, type WorkGroupMetric } from '../schema';
import { type Instant, type Milliseconds, secondsBetween } from '../time';

export interface CensusContext {
  /** The scheduled time of the run, rounded down to the grid. */
  readonly scheduledTime: Instant;
  /** Whether the run starts too late to count live sessions: their states have changed since the scheduled time. */
  readonly late?: boolean;
  readonly interval: Milliseconds;
  /** How far back ended sessions are recounted, in whole intervals. */
  readonly lookback: Milliseconds;
  /** Whether terminated sessions are listed. If not, no zero is written for them. */
  readonly countTerminated: boolean;
  /** Whether counts include details of the sessions behind them. */
  readonly logSessionDetails: boolean;
  /** Whether the texts of sessions are kept for events. */
  readonly events?: boolean;
}

/** A session that an event can be about. */
export interface NotableSession extends SessionTexts {
  readonly id: string;
  /** As listed. This version may not know it. */
  readonly state?: string;
  /** The start of its state, or for a failed session its end. */
  readonly since?: Instant;
  readonly startedAt?: Instant;
  /** Set if its texts are not kept, as too many sessions failed in its window. */
  readonly withoutTexts?: true;
}

/** What Athena says of a session in words. */
interface SessionTexts {
  readonly engine?: string;
  readonly notebookVersion?: string;
  readonly description?: string;
  readonly reason?: string;
}

/** A session behind a count, as it is logged. */
export interface SessionDetail {
  readonly id: string;
  readonly state: string;
  /** Seconds in the state at the scheduled time. */
  readonly seconds?: number;
  /** Seconds from its start to the scheduled time, or to its end. */
  readonly age?: number;
  readonly engine?: string;
  readonly description?: string;
  readonly reason?: string;
  /** Set if the end is unknown and another date is used instead. */
  readonly endEstimated?: true;
}

/** Metric values by name: one value, or one per session. */
export type MetricValues<Metric extends string> = { readonly [name in Metric]?: number | readonly number[] };

/** The metric values of one grid time. */
export interface Count {
  /** The grid time, which is the datapoints' timestamp. */
  readonly timestamp: Instant;
  readonly values: MetricValues<WorkGroupMetric>;
  /** Failed and longest idle first, at most `MAX_DETAILS`. */
  readonly sessions: readonly SessionDetail[];
  /** How many sessions are counted by an estimated end. */
  readonly endEstimated: number;
}

/** A session that cannot be counted, as its id, state or end is unknown. */
export interface UnknownSession {
  readonly id?: string;
  readonly state?: string;
}

/** How much longer than the lookback zeros are written after the last session ended, in intervals: they clear the alarms. */
const QUIET_INTERVALS = 3;
/** The maximum number of sessions in one log line. */
const MAX_DETAILS = 20;
/** The maximum number of sessions that ended in one window whose texts are kept. */
const MAX_TEXTS = 100;
/** How many sessions of each state a log line contains at least, even if there are many of another state. */
const MIN_DETAILS_PER_STATE = 2;

/** What a census keeps of a session. */
interface Entry {
  readonly modifiedAt?: Instant;
  /** As listed, known or not. */
  readonly state?: string;
  /** Undefined if the session's state or end is unknown. */
  readonly definition?: SessionStateDefinition;
  /** The grid time that the session is counted at: the scheduled time, or for an ended session the end of the window that it ended in. */
  readonly timestamp: Instant;
  /** The start of its state, or its end. Like the next, only of live and failed sessions, as there can be many others. */
  readonly since?: Instant;
  readonly startedAt?: Instant;
  /** Whether the session is live and on another engine than PySpark engine version 3. */
  readonly sparkConnect: boolean;
  readonly endEstimated: boolean;
  /** Whether details are logged. */
  readonly detailed: boolean;
  /** Only kept for details and events. */
  readonly texts?: SessionTexts;
}

/**
 * Counts the listed sessions of one workgroup, each once even if it is listed several times. Sessions that ended before the lookback
 * take no memory.
 */
export class Census {
  private readonly entries = new Map<string, Entry>();
  /** The places of ended sessions among those whose texts are kept, by state and window. Limits the memory that texts take. */
  private readonly places = new Map<string, Map<string, number>>();
  /** Whether a session ended before the lookback, but not long enough ago for the workgroup to be quiet. */
  private endedBeforeLookback = false;
  /** Sessions without an id cannot be distinguished, so they are not counted by state. */
  public withoutId = 0;

  /** A workgroup is quiet if no session has ended since this time, before the lookback. */
  public readonly endedSince: Instant;

  public constructor(private readonly context: CensusContext) {
    const { scheduledTime, lookback, interval } = context;
    this.endedSince = scheduledTime - lookback - QUIET_INTERVALS * interval;
  }

  /** Adds a listed session. If it is listed again, the last modified record wins; on a tie or if a date is missing, the last listed one. */
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
      this.endedBeforeLookback ||= entry.timestamp > this.endedSince;
    }
  }

  /**
   * Whether no session is live or unknown, and none has ended recently. A late run cannot tell, as it does not list live sessions,
   * nor can a run that does not list terminated ones.
   */
  public get isQuiet(): boolean {
    const { late, countTerminated } = this.context;
    return !late && countTerminated && this.entries.size === 0 && this.withoutId === 0 && !this.endedBeforeLookback;
  }

  /** The live sessions that share the quota of Spark 3.5: those on another engine than PySpark engine version 3, or on an unknown one. */
  public get sparkConnectSessions(): number {
    return [...this.entries.values()].filter(({ sparkConnect }) => sparkConnect).length;
  }

  /** The count at the scheduled time, which is always present, then those of older windows of the lookback in which sessions ended. */
  public counts(): Count[] {
    const { scheduledTime } = this.context;
    const zeroFor = stateDefinitions.filter((definition) => this.isCounted(definition));
    const tallies = new Map([[scheduledTime, new Tally(scheduledTime, scheduledTime, zeroFor, !this.context.late)]]);
    for (const [id, entry] of this.entries) {
      if (!entry.definition || entry.timestamp > scheduledTime) {
        continue; // a session that ended after the scheduled time is counted by the next run
      }
      let tally = tallies.get(entry.timestamp);
      if (!tally) {
        tallies.set(entry.timestamp, tally = new Tally(entry.timestamp, scheduledTime));
      }
      tally.add(id, entry, entry.definition);
    }
    return [...tallies.values()].sort((a, b) => b.timestamp - a.timestamp).map((tally) => tally.count());
  }

  /** All sessions but terminated ones: live ones, and those that failed within the lookback. */
  public get notableSessions(): NotableSession[] {
    return [...this.entries].filter(([, { definition }]) => !definition || isNotable(definition)).map(([id, entry]) => {
      const { state, definition, since, startedAt, texts = definition && { withoutTexts: true as const } } = entry;
      return { id, state, since, startedAt, ...texts };
    });
  }

  public get unknownCount(): number {
    return this.withoutId + this.unknownEntries().length;
  }

  /** At most `MAX_DETAILS` of the unknown sessions. */
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
    const place = definition ? this.placeOf(id, definition, timestamp) : Infinity;
    const detailed = this.context.logSessionDetails && place < MAX_DETAILS;
    const notable = definition !== undefined && isNotable(definition);
    const keepsTexts = detailed || (this.context.events && notable && place < MAX_TEXTS);
    return {
      modifiedAt: session.modifiedAt,
      state: cut(session.state),
      definition,
      timestamp,
      ...((notable || detailed) && { since, startedAt: session.startedAt }),
      sparkConnect: definition?.ended === false && session.engine !== PYSPARK_ENGINE,
      endEstimated: definition?.ended === true && session.endedAt === undefined,
      detailed,
      ...(keepsTexts && { texts: textsOf(session) }),
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

  /** The session's place among those whose texts can be kept. Live sessions share the first; an ended one reserves one in its window. */
  private placeOf(id: string, definition: SessionStateDefinition, timestamp: Instant): number {
    if (!definition.ended) {
      return 0;
    }
    // In older windows, only failures have details: repeating ordinary ends in each run would waste log volume.
    if (!this.isKept(timestamp) || (timestamp !== this.context.scheduledTime && definition !== SESSION_STATES.FAILED)) {
      return Infinity;
    }
    const key = `${definition.countMetric} ${timestamp}`;
    const places = this.places.get(key) ?? new Map<string, number>();
    this.places.set(key, places);
    const place = places.get(id) ?? places.size;
    if (place < MAX_TEXTS) {
      places.set(id, place);
    }
    return place;
  }
}

/** Counts the sessions of one grid time. */
class Tally {
  private readonly counts = new Map<string, number>();
  private readonly times = new Map<string, number[]>();
  private readonly ages: number[] = [];
  private readonly details: { order: number; session: SessionDetail }[] = [];
  private endEstimated = 0;

  /**
   * @param zeroFor states whose metrics are written even if no session is in them
   * @param live whether live sessions are counted
   */
  public constructor(
    public readonly timestamp: Instant, private readonly scheduledTime: Instant,
    zeroFor: readonly SessionStateDefinition[] = [], private readonly live = false,
  ) {
    for (const { countMetric, timeMetric } of zeroFor) {
      this.counts.set(countMetric, 0);
      if (timeMetric) {
        this.times.set(timeMetric, []);
      }
    }
  }

  public add(id: string, entry: Entry, { ended, countMetric, timeMetric, detailOrder }: SessionStateDefinition): void {
    const { since, startedAt } = entry;
    const seconds = secondsBetween(since, this.scheduledTime);
    const age = secondsBetween(startedAt, ended ? since : this.scheduledTime);
    this.counts.set(countMetric, (this.counts.get(countMetric) ?? 0) + 1);
    if (timeMetric && seconds !== undefined) {
      this.times.get(timeMetric)?.push(seconds);
    }
    if (!ended && age !== undefined) {
      this.ages.push(age);
    }
    if (entry.endEstimated) {
      this.endEstimated++;
    }
    if (entry.detailed) {
      const { state = '', texts: { engine, description, reason } = {}, endEstimated } = entry;
      this.details.push({
        order: detailOrder,
        session: { id: cut(id), state, seconds, age, engine, description, reason, ...(endEstimated && { endEstimated }) },
      });
    }
  }

  public count(): Count {
    return {
      timestamp: this.timestamp,
      values: { ...Object.fromEntries(this.counts), ...this.timeValues(), ...this.ageValues() },
      sessions: this.sessions(),
      endEstimated: this.endEstimated,
    };
  }

  /** In the order of `detailOrder`, the longest in a state first. Keeps some of each state if not all fit. */
  private sessions(): SessionDetail[] {
    const inOrder = this.details.sort((a, b) => a.order - b.order || (b.session.seconds ?? 0) - (a.session.seconds ?? 0));
    const isFirstOfState = inOrder.map(({ order }, index) => inOrder[index - MIN_DETAILS_PER_STATE]?.order !== order);
    let remainingPlaces = MAX_DETAILS - isFirstOfState.filter(Boolean).length;
    return inOrder.filter((_, index) => isFirstOfState[index] || remainingPlaces-- > 0).map(({ session }) => session);
  }

  private timeValues(): MetricValues<WorkGroupMetric> {
    return Object.fromEntries(stateDefinitions.flatMap(({ countMetric, timeMetric }) => {
      const values = timeMetric && oneEach(this.times.get(timeMetric), this.counts.get(countMetric));
      return values ? [[timeMetric, values]] : [];
    }));
  }

  private ageValues(): MetricValues<WorkGroupMetric> {
    const sessions = LIVE_COUNT_METRICS.reduce((sum, name) => sum + (this.counts.get(name) ?? 0), 0);
    const values = this.live && oneEach(this.ages, sessions);
    return values ? { SessionAge: values } : {};
  }
}

/** An engine version of Athena. Its sessions have a quota of their own. */
const PYSPARK_ENGINE = 'PySpark engine version 3';

const stateDefinitions = Object.values<SessionStateDefinition>(SESSION_STATES);

/** One value per session; a single 0 if there is no session; no value if none of the sessions has a date. */
function oneEach(seconds: number[] | undefined, sessions: number | undefined): number[] | undefined {
  return seconds?.length === 0 && sessions === 0 ? [0] : seconds?.length ? seconds.sort((a, b) => b - a) : undefined;
}

/** Whether events can be about sessions in the state. */
function isNotable(definition: SessionStateDefinition): boolean {
  return !definition.ended || definition === SESSION_STATES.FAILED;
}

function textsOf({ engine, notebookVersion, description, reason }: ListedSession): SessionTexts {
  return { engine: cut(engine), notebookVersion: cut(notebookVersion), description: cut(description), reason: cut(reason) };
}

function definitionOf(state = ''): SessionStateDefinition | undefined {
  return Object.hasOwn(SESSION_STATES, state) ? SESSION_STATES[state as SessionState] : undefined;
}
