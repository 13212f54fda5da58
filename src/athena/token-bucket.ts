import { setTimeout as sleep } from 'node:timers/promises';
import { type Milliseconds, SECOND } from '../time';

/** A call that has not been answered by then has long arrived, and is counted there. */
const LONGEST_WAY: Milliseconds = SECOND;

/**
 * Paces calls: so many at once, then so many a second. First come, first served, but those who go on with something go before those
 * who begin: otherwise all of them would advance in step, and come to their ends together, or after the deadline.
 *
 * It follows the bucket that the calls are counted against at the other end, whose level is lowest if each call arrives as
 * late as it can. So a call has its token reserved while it is on its way, and takes it when it must have arrived: a first call that is
 * slow to connect does not make those after it too early. An answer that is slow to come holds up nobody.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt = performance.now();
  private onTheirWay = 0;
  private goingOn = 0;
  private lastToGoOn: Promise<void> = Promise.resolve();
  private lastToBegin: Promise<void> = Promise.resolve();

  public constructor(private readonly perSecond: number, private readonly capacity: number) {
    this.tokens = capacity;
  }

  /** Makes the call when its turn has come. Rejects when the signal aborts first. */
  public async pace<Answer>(signal: AbortSignal, call: () => Promise<Answer>, begins = false): Promise<Answer> {
    await (begins ? this.turnToBegin(signal) : this.turnToGoOn(signal));
    let isCounted = false;
    const count = () => {
      if (!isCounted) {
        isCounted = true;
        this.refill();
        this.tokens--;
        this.onTheirWay--;
      }
    };
    const timer = setTimeout(count, LONGEST_WAY);
    try {
      return await call();
    } finally {
      clearTimeout(timer);
      count();
    }
  }

  // Whoever gives up does not hold up those behind.
  private async turnToGoOn(signal: AbortSignal): Promise<void> {
    this.goingOn++;
    const turn = this.lastToGoOn.then(() => this.reserve(signal)).finally(() => this.goingOn--);
    this.lastToGoOn = turn.catch(() => {});
    return turn;
  }

  private async turnToBegin(signal: AbortSignal): Promise<void> {
    const turn = this.lastToBegin.then(() => this.reserve(signal, () => this.goingOn > 0));
    this.lastToBegin = turn.catch(() => {});
    return turn;
  }

  private async reserve(signal: AbortSignal, mustWait = () => false): Promise<void> {
    signal.throwIfAborted();
    for (this.refill(); this.tokens - this.onTheirWay < 1 || mustWait(); this.refill()) {
      const missing = 1 - (this.tokens - this.onTheirWay);
      await sleep(Math.max(1, missing / this.perSecond * SECOND), undefined, { signal });
    }
    this.onTheirWay++; // at once, before the next in line looks
  }

  private refill(): void {
    const now = performance.now();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.filledAt) / SECOND * this.perSecond);
    this.filledAt = now;
  }
}
