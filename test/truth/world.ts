import type { History, Moment, SessionLife } from './history';
import { type ListedSession, type FoundWorkGroup, ListingError } from '../../src/athena/listings';
import type { RunContext } from '../../src/collector/run';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
const MIDNIGHT = Date.parse('2026-03-10T00:00:00Z');

const ENDED_STATES = ['FAILED', 'TERMINATED'];
/** What an unfiltered listing leaves out. Which of these it does is not documented. */
const LEFT_OUT: { readonly [shown in History['unfiltered']]: readonly string[] } = { documented: ['DEGRADED', 'TERMINATING', ...ENDED_STATES], live: ENDED_STATES, everything: [] };

export const intervalOf = ({ interval }: History) => interval * MINUTE;
/** The grid time of a tick. */
export const gridTime = (history: History, tick: number) => MIDNIGHT + (history.firstTick + tick) * intervalOf(history);
const instant = (history: History, { tick, seconds }: Moment) => gridTime(history, tick) + seconds * SECOND;
/** Names sort differently from numbers. */
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

/** What a listing shows of the session at that moment; undefined if it has not started. */
function lookAt({ id, life, changes }: Session, now: number): { readonly state: string; readonly listed: ListedSession } | undefined {
  const change = changes.filter(({ at }) => at <= now).at(-1);
  if (!change) {
    return undefined;
  }
  const { missing, modifiedShown, endShownAfter, touchedAfter } = life;
  const ended = ENDED_STATES.includes(change.state);
  const changed = modifiedShown === 'stale' ? changes[0]!.at : change.at;
  const touched = touchedAfter === null ? changed : changed + touchedAfter * SECOND;
  const isModifiedShown = ['always', 'stale', ended ? 'ended' : 'live'].includes(modifiedShown);
  return {
    state: change.state,
    listed: {
      id,
      state: missing.state ? undefined : change.state,
      startedAt: missing.start ? undefined : changes[0]!.at,
      modifiedAt: !isModifiedShown ? undefined : touched <= now ? touched : changed,
      idleSince: change.state === 'IDLE' && !missing.idleSince ? change.at : undefined,
      endedAt: ended && endShownAfter !== null && now >= change.at + endShownAfter * SECOND ? change.at : undefined,
    },
  };
}

/** How a workgroup was listed in a run, as Athena saw it. */
export interface Listing {
  readonly workGroup: number;
  /** Of a run that came more than two intervals late, which is to count ended sessions alone. */
  readonly late: boolean;
  /** The moments of the first answer and of the last. */
  from?: number;
  to?: number;
  /** Everything that was shown, in that order. */
  readonly shown: ListedSession[];
  /** The listings that came to their end, by state filter. */
  readonly ended: Set<string>;
  /** The last call that failed, and why. */
  refusal?: ListingError['kind'];
  calls: number;
}

/** A delivery of the schedule's event, or a person who presses Test. */
export interface Delivery {
  readonly tick: number;
  readonly arrival: number;
  readonly manual: boolean;
}

/** What live sessions are at so late a moment says nothing of the grid time; a person who presses Test has a run of now. */
export function isLate(history: History, { tick, arrival, manual }: Delivery): boolean {
  return !manual && arrival > gridTime(history, tick) + 2 * intervalOf(history);
}

export const UNFILTERED = 'unfiltered';

/**
 * Athena during one run. Each call is answered so long after the one before it, as in a run whose pace is the limit, with what
 * is true at that moment: newest started first, each page after the last session of the page before.
 */
export class PlayedAthena implements Pick<RunContext['athena'], 'calls' | 'throttledCalls' | 'secondsPerCall' | 'overdueCalls' | 'workGroups' | 'sessions'> {
  public calls = 0;
  public readonly throttledCalls = 0;
  public readonly secondsPerCall = 0;
  public readonly overdueCalls = 0;
  public readonly listings = new Map<string, Listing>();
  /** Workgroups on the pages that the search got, whether to be listed or not. */
  public readonly found: number[] = [];
  public searchFailed = false;
  /** Calls whose answers could not matter. */
  public readonly needless: string[] = [];

  private readonly numbers: ReadonlyMap<string, number>;
  private readonly sessionsByStart: Session[];
  private readonly faults: History['faults'];
  private readonly late: boolean;
  private readonly goingOn: (() => void)[] = [];
  private readonly beginning: (() => void)[] = [];

  /**
   * @param oldestStart of sessions that a listing of an ended state has to go on for
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

  /** The moment of the last answer. */
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
        throw new ListingError(kind, `the search failed: ${kind}`);
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
        this.needless.push(`${name} ${key}`);
      }
      const kind = await this.answer(listing.workGroup, listing.calls++);
      if (kind) {
        listing.refusal = kind;
        throw new ListingError(kind, `the listing failed: ${kind}`);
      }
      listing.from ??= this.now;
      listing.to = this.now;
      const matching = this.sessionsByStart.flatMap((session, index) => {
        const seen = lookAt(session, this.now);
        const matches = seen && (filter === undefined ? !LEFT_OUT[this.history.unfiltered].includes(seen.state) : seen.state === filter);
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
      throw new Error(`${name} is no Spark workgroup of this history`);
    }
    const listing = this.listings.get(name) ?? { workGroup, late: this.late, shown: [], ended: new Set(), calls: 0 };
    this.listings.set(name, listing);
    return listing;
  }

  /** Calls are made one after another. Those of listings that are under way come before the first ones of others. */
  private async turn(begins: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      (begins ? this.beginning : this.goingOn).push(resolve);
      setImmediate(() => (this.goingOn.shift() ?? this.beginning.shift())!());
    });
  }

  /** One answer, or how the call fails. */
  private async answer(workGroup: number, call: number): Promise<ListingError['kind'] | undefined> {
    await this.turn(call === 0 && workGroup >= 0);
    if (this.now + this.callDuration > this.deadline) {
      return 'deadline';
    }
    this.calls++;
    this.now += this.callDuration;
    return this.faults.find((fault) => fault.workGroup === workGroup && fault.call === call)?.kind;
  }
}
