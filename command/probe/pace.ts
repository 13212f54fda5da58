import { setTimeout as sleep } from 'node:timers/promises';

const MAX_ATTEMPTS = 6;

/** Times are in milliseconds. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

const SYSTEM_CLOCK: Clock = { now: () => performance.now(), sleep };

/**
 * Limits the rate of calls, retries included. Each retry doubles the pause. Calls must be made one after another.
 */
export class Pace {
  /** Calls so far by operation, retries included. */
  public readonly calls: { [operation: string]: number } = {};
  private readonly pause: number;
  private nextAt = 0;

  public constructor(perSecond: number, private readonly clock: Clock = SYSTEM_CLOCK) {
    this.pause = 1000 / perSecond;
  }

  public now(): number {
    return this.clock.now();
  }

  public async call<Output>(operation: string, send: () => Promise<Output>, isRetryable: (error: unknown) => boolean): Promise<Output> {
    for (let attempt = 1; ; attempt++) {
      await this.turn();
      this.calls[operation] = (this.calls[operation] ?? 0) + 1;
      try {
        return await send();
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isRetryable(error)) {
          throw error;
        }
        this.nextAt = this.now() + this.pause * 2 ** attempt;
      }
    }
  }

  private async turn(): Promise<void> {
    for (let now = this.now(); now < this.nextAt; now = this.now()) { // timers may be early
      await this.clock.sleep(Math.ceil(this.nextAt - now));
    }
    this.nextAt = this.now() + this.pause;
  }
}
