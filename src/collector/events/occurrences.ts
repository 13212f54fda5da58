import { type EventAlarm, LIVE_STATES } from '../../schema';
import { type Instant, type Milliseconds, SECOND } from '../../time';
import type { NotableSession } from '../census';
import { windowOf } from '../grid';

/** A session that meets the condition of an alarm. */
export interface Occurrence {
  readonly alarm: EventAlarm;
  readonly workGroup: string;
  readonly session: NotableSession;
  /** Since when it meets the condition. */
  readonly moment: Instant;
}

/** The windows whose occurrences a run tells. */
export interface Windows {
  /** The grid time of the first window. */
  readonly from: Instant;
  /** The scheduled time of the run, at which the last window ends. */
  readonly to: Instant;
  readonly interval: Milliseconds;
}

/** What was last told of a session for an alarm. */
interface Told {
  readonly moment: Instant;
  /** Whether the session was seen in another state since. */
  readonly left: boolean;
}

/** How many told occurrences a process remembers at most. */
const MAX_TOLD = 10_000;

/**
 * What a process remembers of its unbroken chain of runs, so that every occurrence is told once. A run that is not the next of the
 * chain starts a new one: meanwhile, another process may have told what happened.
 */
export class RunMemory {
  private first = NaN;
  private last = NaN;
  /** By session and alarm, those that were not seen for the longest time first. */
  private readonly told = new Map<string, Told>();

  /** Adds a run to the chain. Returns the windows whose occurrences it tells: those since the chain began, within the lookback. */
  public startRun(scheduledTime: Instant, interval: Milliseconds, lookback: Milliseconds): Windows {
    const continues = scheduledTime >= this.first && scheduledTime <= this.last + interval; // a repeated run, or the next one
    if (!continues) {
      this.first = scheduledTime;
      this.told.clear();
    }
    this.last = continues ? Math.max(this.last, scheduledTime) : scheduledTime;
    return { from: Math.max(this.first, scheduledTime - lookback + interval), to: scheduledTime, interval };
  }

  /** The occurrences in a completely listed workgroup that are not told yet. */
  public untold(workGroup: string, sessions: readonly NotableSession[], alarms: readonly EventAlarm[], windows: Windows): Occurrence[] {
    for (const session of sessions) {
      for (const alarm of alarms) {
        const key = keyOf({ alarm, workGroup, session });
        const told = this.told.get(key);
        if (told) {
          this.told.delete(key); // added again at the end
          this.told.set(key, { ...told, left: told.left || !isInState(alarm, session) });
        }
      }
    }
    return occurrencesOf(workGroup, sessions, alarms, windows).filter((occurrence) => {
      const told = this.told.get(keyOf(occurrence));
      // Not after a change of state alone: without its date, the moment can still be the one that was told.
      return !told || (told.left && occurrence.moment > told.moment);
    });
  }

  public setTold(occurrence: Occurrence): void {
    this.told.set(keyOf(occurrence), { moment: occurrence.moment, left: false });
    if (this.told.size > MAX_TOLD) {
      const [oldest] = this.told.keys();
      this.told.delete(oldest!);
    }
  }
}

/** The occurrences whose moment is in one of the windows. */
export function occurrencesOf(
  workGroup: string, sessions: readonly NotableSession[], alarms: readonly EventAlarm[], { from, to, interval }: Windows,
): Occurrence[] {
  return sessions.flatMap((session) => alarms.flatMap((alarm) => {
    const moment = isInState(alarm, session) ? momentOf(alarm, session) : undefined;
    const window = moment === undefined ? NaN : windowOf(moment, interval);
    return window >= from && window <= to ? [{ alarm, workGroup, session, moment: moment! }] : [];
  }));
}

/** Whether the session is in the state that the alarm is about, for however long. */
function isInState({ kind }: EventAlarm, { state }: NotableSession): boolean {
  return kind === 'OLD' ? LIVE_STATES.some((live) => live === state) : kind === state;
}

function momentOf({ kind, thresholdSeconds = 0 }: EventAlarm, { since, startedAt }: NotableSession): Instant | undefined {
  const start = kind === 'OLD' ? startedAt : since;
  return start === undefined ? undefined : start + thresholdSeconds * SECOND;
}

function keyOf({ alarm, workGroup, session }: Omit<Occurrence, 'moment'>): string {
  return JSON.stringify([alarm.id, workGroup, session.id]);
}
