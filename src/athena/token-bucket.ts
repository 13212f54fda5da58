import { setTimeout as sleep } from 'node:timers/promises';
import { type Milliseconds, SECOND } from '../time';

/** A call that is not answered after this time is assumed to have arrived at the server. */
const MAX_TRANSIT_TIME: Milliseconds = SECOND;

/**
 * Paces calls: a burst of `capacity`, then `perSecond`. Calls are made in order, but the first call for a workgroup waits for all follow-up calls.
 * Otherwise all workgroups would advance at the same pace and end together, or after the deadline.
 *
 * The server counts calls when they arrive, which may be late, for example while the client connects. So a call in transit has its
 * token reserved, and takes it when it must have arrived: the calls after it are never too early. Slow answers delay no other call.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt = performance.now();
  private inTransit = 0;
  private queuedFollowUps = 0;
  private lastFollowUp: Promise<void> = Promise.resolve();
  private lastFirst: Promise<void> = Promise.resolve();

  public constructor(private readonly perSecond: number, private readonly capacity: number) {
    this.tokens = capacity;
  }

  /** Makes the call when it is due. Rejects if the signal aborts first. */
  public async pace<Answer>(signal: AbortSignal, call: () => Promise<Answer>, isFirst = false): Promise<Answer> {
    await (isFirst ? this.queueFirst(signal) : this.queueFollowUp(signal));
    let isTaken = false;
    const takeToken = () => {
      if (!isTaken) {
        isTaken = true;
        this.refill();
        this.tokens--;
        this.inTransit--;
      }
    };
    const timer = setTimeout(takeToken, MAX_TRANSIT_TIME);
    try {
      return await call();
    } finally {
      clearTimeout(timer);
      takeToken();
    }
  }

  // The queues ignore rejections, so that an aborted call does not stop those behind it.
  private async queueFollowUp(signal: AbortSignal): Promise<void> {
    this.queuedFollowUps++;
    const turn = this.lastFollowUp.then(() => this.reserve(signal)).finally(() => this.queuedFollowUps--);
    this.lastFollowUp = turn.catch(() => {});
    return turn;
  }

  private async queueFirst(signal: AbortSignal): Promise<void> {
    const turn = this.lastFirst.then(() => this.reserve(signal, () => this.queuedFollowUps > 0));
    this.lastFirst = turn.catch(() => {});
    return turn;
  }

  private async reserve(signal: AbortSignal, mustWait = () => false): Promise<void> {
    signal.throwIfAborted();
    for (this.refill(); this.tokens - this.inTransit < 1 || mustWait(); this.refill()) {
      const missing = 1 - (this.tokens - this.inTransit);
      await sleep(Math.max(1, missing / this.perSecond * SECOND), undefined, { signal });
    }
    this.inTransit++; // synchronously, before the next call checks
  }

  private refill(): void {
    const now = performance.now();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.filledAt) / SECOND * this.perSecond);
    this.filledAt = now;
  }
}
