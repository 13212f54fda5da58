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

/** The windows that a run sends events of. */
export interface Windows {
  /** The grid time of the first window. */
  readonly from: Instant;
  /** The scheduled time of the run, at which the last window ends. */
  readonly to: Instant;
  readonly interval: Milliseconds;
}

/** The last occurrence of a session and alarm whose event was sent. */
interface Sent {
  readonly moment: Instant;
  /** Whether the session was seen in another state since. */
  readonly left: boolean;
}

/** How many of them a process remembers at most. */
const MAX_REMEMBERED = 10_000;

/**
 * What a process remembers of its unbroken chain of runs, so that every event is sent once. A run that is not the next of the
 * chain starts a new one: meanwhile, another process may have sent the events.
 */
export class RunMemory {
  private first = NaN;
  private last = NaN;
  /** By session and alarm, those that were not seen for the longest time first. */
  private readonly sent = new Map<string, Sent>();

  /** Adds a run to the chain. Returns the windows that it sends events of: those since the chain began, within the lookback. */
  public startRun(scheduledTime: Instant, interval: Milliseconds, lookback: Milliseconds): Windows {
    const continues = scheduledTime >= this.first && scheduledTime <= this.last + interval; // a repeated run, or the next one
    if (!continues) {
      this.first = scheduledTime;
      this.sent.clear();
    }
    this.last = continues ? Math.max(this.last, scheduledTime) : scheduledTime;
    return { from: Math.max(this.first, scheduledTime - lookback + interval), to: scheduledTime, interval };
  }

  /** The occurrences in a completely listed workgroup whose events were not sent yet. */
  public unsent(workGroup: string, sessions: readonly NotableSession[], alarms: readonly EventAlarm[], windows: Windows): Occurrence[] {
    for (const session of sessions) {
      for (const alarm of alarms) {
        const key = occurrenceKey({ alarm, workGroup, session });
        const sent = this.sent.get(key);
        if (sent) {
          this.sent.delete(key); // added again at the end
          this.sent.set(key, { ...sent, left: sent.left || !isInState(alarm, session) });
        }
      }
    }
    return occurrencesOf(workGroup, sessions, alarms, windows).filter((occurrence) => {
      const sent = this.sent.get(occurrenceKey(occurrence));
      // Not after a change of state alone: without its date, the moment can still be the one whose event was sent.
      return !sent || (sent.left && occurrence.moment > sent.moment);
    });
  }

  public setSent(occurrence: Occurrence): void {
    this.sent.set(occurrenceKey(occurrence), { moment: occurrence.moment, left: false });
    if (this.sent.size > MAX_REMEMBERED) {
      const [oldest] = this.sent.keys();
      this.sent.delete(oldest!);
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

function occurrenceKey({ alarm, workGroup, session }: Omit<Occurrence, 'moment'>): string {
  return JSON.stringify([alarm.id, workGroup, session.id]);
}
