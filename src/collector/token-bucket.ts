import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicTime, SECOND } from './grid';

/**
 * Paces calls: so many at once, then so many a second. First come, first served.
 *
 * It follows the bucket that the calls are counted against at the other end, whose level is lowest if each call arrives as
 * late as it can. So a call takes its token when it is answered, and has it reserved until then: a first call that is
 * slow to connect does not make those after it too early.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt = monotonicTime();
  private unanswered = 0;
  private lastInLine: Promise<void> = Promise.resolve();

  public constructor(private readonly perSecond: number, private readonly capacity: number) {
    this.tokens = capacity;
  }

  /** Makes the call when its turn has come. Rejects when the signal aborts first. */
  public async pace<Answer>(signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
    const turn = this.lastInLine.then(() => this.untilFree(signal));
    this.lastInLine = turn.catch(() => {}); // whoever gives up does not hold up those behind
    await turn;
    this.unanswered++;
    try {
      return await call();
    } finally {
      this.refill();
      this.tokens--;
      this.unanswered--;
    }
  }

  private async untilFree(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (this.refill(); this.tokens - this.unanswered < 1; this.refill()) {
      const missing = 1 - (this.tokens - this.unanswered);
      await sleep(Math.max(1, missing / this.perSecond * SECOND), undefined, { signal });
    }
  }

  private refill(): void {
    const now = monotonicTime();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.filledAt) / SECOND * this.perSecond);
    this.filledAt = now;
  }
}
