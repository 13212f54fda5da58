import { setTimeout as sleep } from 'node:timers/promises';
import { type Milliseconds, SECOND } from './grid';

/**
 * Waits this much longer once it has to wait at all. Calls take unequal time to reach Athena; without slack, one that is
 * faster than those before it would find Athena's own bucket not yet refilled.
 */
const SLACK: Milliseconds = 250;

/** Paces calls: so many at once, then so many a second. First come, first served. */
export class TokenBucket {
  private tokens: number;
  private filledAt = performance.now();

  public constructor(private readonly perSecond: number, private readonly capacity: number) {
    this.tokens = capacity;
  }

  /** Waits for the next call's turn. Rejects when the signal aborts first. */
  public async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = performance.now();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.filledAt) / SECOND * this.perSecond) - 1;
    this.filledAt = now;
    if (this.tokens < 0) {
      await sleep(-this.tokens / this.perSecond * SECOND + SLACK, undefined, { signal });
    }
  }
}
