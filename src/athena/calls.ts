import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AthenaClient } from '@aws-sdk/client-athena';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { errorText } from '../client-config';
import { type Instant, type Milliseconds, SECOND } from '../time';
import type { TokenBucket } from './token-bucket';

export type AthenaErrorKind = 'deadline' | 'not found' | 'invalid request' | 'other';

/** Why a call was not answered. */
export class AthenaError extends Error {
  public constructor(public readonly kind: AthenaErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AthenaError';
  }
}

interface Backoff {
  readonly maxAttempts: number;
  readonly baseDelay: Milliseconds;
  readonly maxDelay: Milliseconds;
}

/** Throttling affects the whole account and passes, so it gets more and longer retries. */
const THROTTLED: Backoff = { maxAttempts: 10, baseDelay: 250, maxDelay: 5 * SECOND };
/** Other transient errors may affect only one workgroup, which must not delay the others for long. */
const TRANSIENT: Backoff = { maxAttempts: 4, baseDelay: 100, maxDelay: 2 * SECOND };

/** Calls are retried after this time. Athena usually answers within a second. */
const CALL_TIMEOUT: Milliseconds = 10 * SECOND;

type Send<Output> = (options: { abortSignal: AbortSignal }) => Promise<Output>;

/** Calls Athena, for one run. Calls are paced, retried, and aborted at the deadline. */
export abstract class AthenaCalls {
  /** Calls so far, retries included. */
  public calls = 0;
  public throttledCalls = 0;
  private answeredCalls = 0;
  private answeredTime: Milliseconds = 0;
  /** When the calls that are not answered yet were made. */
  private readonly callsInFlight = new Set<{ readonly startedAt: Milliseconds }>();

  /**
   * @param deadline aborts when the run must stop calling
   */
  public constructor(
    protected readonly client: AthenaClient,
    private readonly bucket: TokenBucket,
    private readonly deadline: AbortSignal,
  ) {
    setMaxListeners(0, deadline); // each concurrent call adds a listener
  }

  /** The average duration of successful calls; 0 before the first. */
  public get secondsPerCall(): number {
    return this.answeredTime / Math.max(1, this.answeredCalls) / SECOND;
  }

  /** Calls in flight for longer than Athena usually takes. */
  public get overdueCalls(): number {
    return [...this.callsInFlight].filter(({ startedAt }) => performance.now() - startedAt > SECOND).length;
  }

  protected async call<Output>(send: Send<Output>, isFirst = false): Promise<Output> {
    let lastError: AthenaError | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.bucket.pace(this.deadline, () => this.callOnce(send), isFirst);
      } catch (error) {
        const throttled = isThrottlingError(error as SdkError);
        this.throttledCalls += Number(throttled);
        if (this.deadline.aborted) {
          const reason = lastError ? `; last error: ${lastError.message}` : '';
          throw new AthenaError('deadline', `the run reached its deadline before the listing was complete${reason}`);
        }
        const backoff = throttled ? THROTTLED : TRANSIENT;
        lastError = athenaError(error as SdkError, attempt);
        if (attempt >= backoff.maxAttempts || !(throttled || isRetryable(error as SdkError))) {
          throw lastError;
        }
        await sleep(delay(backoff, attempt), undefined, { signal: this.deadline }).catch(() => {}); // the next attempt handles the deadline
      }
    }
  }

  /** Makes one call, which is aborted at the deadline or after `CALL_TIMEOUT`. */
  private async callOnce<Output>(send: Send<Output>): Promise<Output> {
    this.calls++;
    const controller = new AbortController();
    // Not AbortSignal.any() with a timeout: Node 20 may garbage-collect it before it fires.
    const abort = () => controller.abort();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      abort();
    }, CALL_TIMEOUT);
    this.deadline.addEventListener('abort', abort);
    const inFlight = { startedAt: performance.now() };
    this.callsInFlight.add(inFlight);
    try {
      const output = await send({ abortSignal: controller.signal });
      this.answeredCalls++;
      this.answeredTime += performance.now() - inFlight.startedAt;
      return output;
    } catch (error) {
      throw timedOut ? Object.assign(new Error(`no answer within ${CALL_TIMEOUT / SECOND} seconds`), { name: 'TimeoutError' }) : error;
    } finally {
      this.callsInFlight.delete(inFlight);
      clearTimeout(timer);
      this.deadline.removeEventListener('abort', abort);
    }
  }
}

/** Numbers become strings. Values of other types are ignored. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
}

/** Missing and invalid dates become undefined. */
export function instant(date: Date | undefined): Instant | undefined {
  const time = date?.getTime();
  return time === undefined || Number.isNaN(time) ? undefined : time;
}

/** Whether a retry may succeed: after server errors, broken connections and timeouts. */
function isRetryable(error: SdkError): boolean {
  return isTransientError(error) || isServerError(error);
}

/** Exponential backoff with jitter. */
function delay({ baseDelay, maxDelay }: Backoff, attempt: number): Milliseconds {
  return Math.min(maxDelay, baseDelay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

function athenaError(error: SdkError, attempts: number): AthenaError {
  const tries = attempts > 1 ? ` (${attempts} attempts)` : '';
  return new AthenaError(athenaErrorKind(error), `${errorText(error)}${tries}`, { cause: error });
}

function athenaErrorKind(error: SdkError): AthenaErrorKind {
  // ResourceNotFoundException is documented, but similar calls throw InvalidRequestException for a missing workgroup.
  if (error.name === 'ResourceNotFoundException' || (error.name === 'InvalidRequestException' && /not found/i.test(error.message))) {
    return 'not found';
  }
  return error.name === 'InvalidRequestException' ? 'invalid request' : 'other';
}
