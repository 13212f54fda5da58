import { type History, type Moment, type SessionLife, VANISHED } from './history';
import { AthenaError } from '../../src/athena/calls';
import type { ListedSession, FoundWorkGroup } from '../../src/athena/listings';
import type { RunContext } from '../../src/collector/run';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
const MIDNIGHT = Date.parse('2026-03-10T00:00:00Z');

const ENDED_STATES = ['FAILED', 'TERMINATED'];
/** The states that an unfiltered listing does not show. Which of these cases is true is not documented. */
const NOT_SHOWN: { readonly [shown in History['unfiltered']]: readonly string[] } = { documented: ['DEGRADED', 'TERMINATING', ...ENDED_STATES], live: ENDED_STATES, everything: [] };

export const intervalOf = ({ interval }: History) => interval * MINUTE;
/** The grid time of a tick. */
export const gridTime = (history: History, tick: number) => MIDNIGHT + (history.firstTick + tick) * intervalOf(history);
const instant = (history: History, { tick, seconds }: Moment) => gridTime(history, tick) + seconds * SECOND;
/** A name. Names sort differently from numbers. */
export const workGroupName = (workGroup: number) => `${'mbzakqcxfy'[workGroup % 10]}${Math.floor(workGroup / 10) || ''}-workgroup`;

/** A session, with the times of its changes. */
export interface Session {
  readonly id: string;
  readonly workGroup: number;
  readonly life: SessionLife;
  readonly changes: readonly { readonly at: number; readonly state: string }[];
}

export function sessionsOf(history: History): Session[] {
  return history.sessions.map((life, index) => {
    const changes = [{ at: instant(history, life.start), state: life.firstState }];
    for (const { state, intervals, seconds } of ENDED_STATES.includes(life.firstState) ? [] : life.states) {
      changes.push({ at: changes.at(-1)!.at + intervals * intervalOf(history) + seconds * SECOND, state });
    }
    return { id: `session-${index}`, workGroup: life.workGroup, life, changes };
  });
}

/** When and how the session ended, if it did. */
export function endOf({ changes }: Session): { readonly at: number; readonly state: string } | undefined {
  const last = changes.at(-1)!;
  return ENDED_STATES.includes(last.state) ? last : undefined;
}

/** The session as a listing shows it at that time; undefined if it has not started or has vanished. */
function shownAt({ id, life, changes }: Session, now: number): { readonly state: string; readonly listed: ListedSession } | undefined {
  const change = changes.filter(({ at }) => at <= now).at(-1);
  if (!change || change.state === VANISHED) {
    return undefined;
  }
  const { engine, missing, modifiedShown, endShownAfter, touchedAfter } = life;
  const ended = ENDED_STATES.includes(change.state);
  const changed = modifiedShown === 'stale' ? changes[0]!.at : change.at;
  const touched = touchedAfter === null ? changed : changed + touchedAfter * SECOND;
  const isModifiedShown = ['always', 'stale', ended ? 'ended' : 'live'].includes(modifiedShown);
  return {
    state: change.state,
    listed: {
      id,
      engine,
      state: missing.state ? undefined : change.state,
      startedAt: missing.start ? undefined : changes[0]!.at,
      modifiedAt: !isModifiedShown ? undefined : touched <= now ? touched : changed,
      idleSince: change.state === 'IDLE' && !missing.idleSince ? change.at : undefined,
      endedAt: ended && endShownAfter !== null && now >= change.at + endShownAfter * SECOND ? change.at : undefined,
    },
  };
}

/** The listings of a workgroup in a run. */
export interface Listing {
  readonly workGroup: number;
  /** Whether the run is more than two intervals late, so that it must count only ended sessions. */
  readonly late: boolean;
  /** The times of the first and the last answer. */
  from?: number;
  to?: number;
  /** All listed sessions, in order. */
  readonly shown: ListedSession[];
  /** The state filters of the listings that were read to their ends. */
  readonly ended: Set<string>;
  /** Why the last failed call failed. */
  refusal?: AthenaError['kind'];
  calls: number;
}

/** A delivery of the schedule's event, or a manual invocation without a time. */
export interface Delivery {
  readonly tick: number;
  readonly arrival: number;
  readonly manual: boolean;
}

/** Whether live states have changed since the grid time. A manual invocation uses the current time. */
export function isLate(history: History, { tick, arrival, manual }: Delivery): boolean {
  return !manual && arrival > gridTime(history, tick) + 2 * intervalOf(history);
}

export const UNFILTERED = 'unfiltered';

/**
 * Athena during one run. Calls are answered one after another, each after `callDuration`, as in a run that is limited by its rate. An
 * answer has the sessions' states at its time: those that started last come first, each page after the last session of the page before.
 */
export class PlayedAthena implements Pick<RunContext['athena'], 'calls' | 'throttledCalls' | 'secondsPerCall' | 'overdueCalls' | 'workGroups' | 'sessions'> {
  public calls = 0;
  public readonly throttledCalls = 0;
  public readonly secondsPerCall = 0;
  public readonly overdueCalls = 0;
  public readonly listings = new Map<string, Listing>();
  /** Workgroups on the pages of the search. */
  public readonly found: number[] = [];
  public searchFailed = false;
  /** Calls whose answers cannot change the result. */
  public readonly unnecessary: string[] = [];

  private readonly numbers: ReadonlyMap<string, number>;
  private readonly sessionsByStart: Session[];
  private readonly faults: History['faults'];
  private readonly late: boolean;
  private readonly followUpCalls: (() => void)[] = [];
  private readonly firstCalls: (() => void)[] = [];

  /**
   * @param oldestStart listings of ended states may stop at sessions that started before this
   */
  public constructor(
    private readonly history: History, sessions: readonly Session[], delivery: Delivery, private readonly workGroupCount: number,
    private now: number, private readonly callDuration: number, private readonly deadline: number, public readonly oldestStart: number,
  ) {
    this.late = isLate(history, delivery);
    this.numbers = new Map(Array.from({ length: workGroupCount }, (_, workGroup) => [workGroupName(workGroup), workGroup]));
    this.sessionsByStart = [...sessions].sort((a, b) => b.changes[0]!.at - a.changes[0]!.at);
    this.faults = history.faults.filter(({ fromTick, ticks }) => delivery.tick >= fromTick && delivery.tick < fromTick + ticks);
  }

  /** The time of the last answer. */
  public get time(): number {
    return this.now;
  }

  public async* workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    const all = Array.from({ length: this.workGroupCount }, (_, workGroup) => workGroup);
    const half = Math.ceil(all.length / 2);
    for (const [index, page] of [all.slice(0, half), all.slice(half)].entries()) {
      const kind = await this.answer(-1, index);
      if (kind) {
        this.searchFailed = true;
        throw new AthenaError(kind, `the search failed: ${kind}`);
      }
      this.found.push(...page);
      yield [
        ...page.map((workGroup) => ({ name: workGroupName(workGroup), spark: true, disabled: this.history.disabled.includes(workGroup) })),
        { name: `sql-${index}`, spark: false, disabled: false },
      ];
    }
  }

  public async* sessions(name: string, filter?: string): AsyncGenerator<ListedSession[]> {
    const listing = this.listing(name);
    const key = filter ?? UNFILTERED;
    let after = -1; // in the order of starts
    for (let isLast = false; !isLast;) {
      if (listing.ended.has(key)) {
        this.unnecessary.push(`${name} ${key}`);
      }
      const kind = await this.answer(listing.workGroup, listing.calls++);
      if (kind) {
        listing.refusal = kind;
        throw new AthenaError(kind, `the listing failed: ${kind}`);
      }
      listing.from ??= this.now;
      listing.to = this.now;
      const matching = this.sessionsByStart.flatMap((session, index) => {
        const seen = shownAt(session, this.now);
        const matches = seen && (filter === undefined ? !NOT_SHOWN[this.history.unfiltered].includes(seen.state) : seen.state === filter);
        return matches && index > after && session.workGroup === listing.workGroup ? [{ index, listed: seen.listed }] : [];
      });
      const page = matching.slice(0, this.history.pageSize);
      after = page.at(-1)?.index ?? after;
      isLast = page.length === matching.length;
      const shown = page.map(({ listed }) => listed);
      listing.shown.push(...shown);
      const isTooOld = ({ startedAt }: ListedSession) => startedAt !== undefined && startedAt < this.oldestStart;
      if (isLast || (filter !== undefined && ENDED_STATES.includes(filter) && shown.every(isTooOld))) {
        listing.ended.add(key);
      }
      yield shown;
    }
  }

  private listing(name: string): Listing {
    const workGroup = this.numbers.get(name);
    if (workGroup === undefined) {
      throw new Error(`${name} is not a Spark workgroup of this history`);
    }
    const listing = this.listings.get(name) ?? { workGroup, late: this.late, shown: [], ended: new Set(), calls: 0 };
    this.listings.set(name, listing);
    return listing;
  }

  /** Waits for the call's turn. Follow-up calls are made before first calls of other workgroups. */
  private async turn(isFirst: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      (isFirst ? this.firstCalls : this.followUpCalls).push(resolve);
      setImmediate(() => (this.followUpCalls.shift() ?? this.firstCalls.shift())!());
    });
  }

  /** Answers a call. Returns why it fails, or undefined. */
  private async answer(workGroup: number, call: number): Promise<AthenaError['kind'] | undefined> {
    await this.turn(call === 0 && workGroup >= 0);
    if (this.now + this.callDuration > this.deadline) {
      return 'deadline';
    }
    this.calls++;
    this.now += this.callDuration;
    return this.faults.find((fault) => fault.workGroup === workGroup && fault.call === call)?.kind;
  }
}
