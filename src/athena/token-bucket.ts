import { setTimeout as sleep } from 'node:timers/promises';
import { type Milliseconds, SECOND } from '../time';

/** A call that is not answered after this time is assumed to have arrived at the server. */
const MAX_TRANSIT_TIME: Milliseconds = SECOND;
/** The maximum number of follow-up calls in a row that may overtake a waiting first call. Higher than the number of listings per workgroup. */
const MAX_PASSING = 10;

interface Queue {
  waiting: number;
  last: Promise<void>;
}

/**
 * Paces calls: a burst of `capacity`, then `perSecond`. Calls are made in order, except that follow-up calls overtake the first calls
 * of other workgroups. Otherwise all workgroups would advance at the same pace and finish together, possibly after the deadline. After
 * `MAX_PASSING` follow-up calls, a first call is made, so that a workgroup with many pages does not keep others from starting.
 *
 * The server counts calls when they arrive, which may be late, for example while the client connects. So a call in transit only
 * reserves its token, and takes it once it must have arrived. Otherwise later calls could be too early. Slow answers do not delay other
 * calls.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt = performance.now();
  private inTransit = 0;
  private passing = 0;
  private readonly firstCalls: Queue = { waiting: 0, last: Promise.resolve() };
  private readonly followUps: Queue = { waiting: 0, last: Promise.resolve() };

  public constructor(private readonly perSecond: number, private readonly capacity: number) {
    this.tokens = capacity;
  }

  /** Makes the call when it is due. Rejects if the signal aborts first. */
  public async pace<Answer>(signal: AbortSignal, call: () => Promise<Answer>, isFirst = false): Promise<Answer> {
    await this.enqueue(isFirst ? this.firstCalls : this.followUps, signal);
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

  private async enqueue(queue: Queue, signal: AbortSignal): Promise<void> {
    queue.waiting++;
    const turn = queue.last.then(() => this.reserve(queue, signal)).finally(() => queue.waiting--);
    queue.last = turn.catch(() => {}); // an aborted call does not stop those behind it
    return turn;
  }

  private async reserve(queue: Queue, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (this.refill(); this.tokens - this.inTransit < 1 || !this.isNext(queue); this.refill()) {
      const missing = 1 - (this.tokens - this.inTransit);
      await sleep(Math.max(1, missing / this.perSecond * SECOND), undefined, { signal });
    }
    this.inTransit++; // synchronously, before the next call checks
    this.passing = queue === this.followUps && this.firstCalls.waiting > 0 ? this.passing + 1 : 0;
  }

  private isNext(queue: Queue): boolean {
    const firstCallIsNext = this.followUps.waiting === 0 || this.passing >= MAX_PASSING;
    return this.firstCalls.waiting === 0 || (queue === this.firstCalls) === firstCallIsNext;
  }

  private refill(): void {
    const now = performance.now();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.filledAt) / SECOND * this.perSecond);
    this.filledAt = now;
  }
}
