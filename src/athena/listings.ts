import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient, type ListSessionsCommandInput, ListSessionsCommand, ListWorkGroupsCommand, type SessionState, type SessionSummary,
} from '@aws-sdk/client-athena';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { isSparkEngine, type SessionDate } from '../schema';
import { type Instant, type Milliseconds, SECOND } from '../time';
import type { TokenBucket } from './token-bucket';

/** A session from `ListSessions`. Any field may be missing. */
export interface ListedSession extends Readonly<Partial<Record<SessionDate, Instant>>> {
  readonly id?: string;
  readonly state?: string;
  readonly engine?: string;
  readonly description?: string;
  readonly reason?: string;
}

/** A workgroup from `ListWorkGroups`. */
export interface FoundWorkGroup {
  readonly name: string;
  /** Whether its engine is Apache Spark. Only these have sessions. */
  readonly spark: boolean;
  readonly disabled: boolean;
}

export type ListingErrorKind = 'deadline' | 'not found' | 'invalid request' | 'other';

/** Why a listing is incomplete. */
export class ListingError extends Error {
  public constructor(public readonly kind: ListingErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListingError';
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
const UNREADABLE = 'the answer cannot be read: ';
/** The SDK's debugging hint in errors about unreadable answers, which does not help readers of the log. */
const UNREADABLE_HINT = /\s*Deserialization error: to see the raw response.*/s;

/** The maximum page sizes of Athena. */
const SESSIONS_PAGE_SIZE = 100;
const WORK_GROUPS_PAGE_SIZE = 50;

type Send<Output> = (options: { abortSignal: AbortSignal }) => Promise<Output>;

/** Reads Athena's listings page by page, for one run. Calls are paced, retried, and aborted at the run's deadline. */
export class AthenaListings {
  /** Calls so far, retries included. */
  public calls = 0;
  public throttledCalls = 0;
  private answeredCalls = 0;
  private answeredTime: Milliseconds = 0;
  /** When the calls that are not answered yet were made. */
  private readonly callsInFlight = new Set<{ readonly startedAt: Milliseconds }>();
  /** Names of the workgroups that at least one call was made for. */
  private readonly startedWorkGroups = new Set<string>();

  /**
   * @param deadline aborts when the run must stop listing
   */
  public constructor(
    private readonly client: AthenaClient,
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

  /** Pages of all workgroups of the account and region. */
  public workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    return pages(async (NextToken) => {
      const input = { MaxResults: WORK_GROUPS_PAGE_SIZE, NextToken };
      const page = await this.call((options) => this.client.send(new ListWorkGroupsCommand(input), options));
      const workGroups = itemsOf(page.WorkGroups, 'WorkGroups').map(({ Name, State, EngineVersion }): FoundWorkGroup => ({
        name: text(Name) ?? '',
        spark: [EngineVersion?.SelectedEngineVersion, EngineVersion?.EffectiveEngineVersion].some((version) => isSparkEngine(version ?? '')),
        disabled: State === 'DISABLED',
      }));
      return { items: workGroups, nextToken: nextTokenOf(page) };
    });
  }

  /** Pages of a workgroup's sessions in the state, or of its unfiltered listing. */
  public sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
    return pages(async (NextToken) => {
      const input: ListSessionsCommandInput = { WorkGroup: workGroup, StateFilter: state as SessionState, MaxResults: SESSIONS_PAGE_SIZE, NextToken };
      const isFirst = !this.startedWorkGroups.has(workGroup);
      this.startedWorkGroups.add(workGroup);
      const page = await this.call((options) => this.client.send(new ListSessionsCommand(input), options), isFirst);
      return { items: itemsOf(page.Sessions, 'Sessions').map(listedSession), nextToken: nextTokenOf(page) };
    });
  }

  private async call<Output>(send: Send<Output>, isFirst = false): Promise<Output> {
    let lastError: ListingError | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.bucket.pace(this.deadline, () => this.callOnce(send), isFirst);
      } catch (error) {
        const throttled = isThrottlingError(error as SdkError);
        this.throttledCalls += Number(throttled);
        if (this.deadline.aborted) {
          const reason = lastError ? `; last error: ${lastError.message}` : '';
          throw new ListingError('deadline', `the run reached its deadline before the listing was complete${reason}`);
        }
        const backoff = throttled ? THROTTLED : TRANSIENT;
        lastError = listingError(error as SdkError, attempt);
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

interface Page<Item> {
  readonly items: Item[];
  readonly nextToken?: string;
}

async function* pages<Item>(load: (nextToken?: string) => Promise<Page<Item>>): AsyncGenerator<Item[]> {
  const seenTokens = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await load(nextToken);
    yield page.items;
    nextToken = page.nextToken;
    if (nextToken && seenTokens.has(nextToken)) {
      throw new ListingError('other', 'Athena repeated a page token, so the listing would never end');
    }
    seenTokens.add(nextToken ?? '');
  } while (nextToken);
}

/** The items of a page. The SDK does not validate answers: a list of another type is an error, null items become empty. */
function itemsOf<Item extends object>(list: readonly (Item | null)[] | undefined, name: string): Partial<Item>[] {
  const items = list ?? [];
  if (!Array.isArray(items)) {
    throw new ListingError('other', `${UNREADABLE}${name} must be a list, received ${JSON.stringify(items)}`);
  }
  return items.map((item: Item | null) => item ?? {});
}

function nextTokenOf({ NextToken }: { readonly NextToken?: unknown }): string | undefined {
  if (NextToken !== undefined && typeof NextToken !== 'string') {
    throw new ListingError('other', `${UNREADABLE}NextToken must be a string, received ${JSON.stringify(NextToken)}`);
  }
  return NextToken;
}

function listedSession({ SessionId, Description, EngineVersion, Status }: SessionSummary): ListedSession {
  return {
    id: text(SessionId),
    engine: text(EngineVersion?.EffectiveEngineVersion ?? EngineVersion?.SelectedEngineVersion),
    description: text(Description),
    state: text(Status?.State),
    reason: text(Status?.StateChangeReason),
    startedAt: instant(Status?.StartDateTime),
    modifiedAt: instant(Status?.LastModifiedDateTime),
    idleSince: instant(Status?.IdleSinceDateTime),
    endedAt: instant(Status?.EndDateTime),
  };
}

/** Numbers become strings. Values of other types are ignored. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
}

/** Missing and invalid dates become undefined. */
function instant(date: Date | undefined): Instant | undefined {
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

function listingError(error: SdkError, attempts: number): ListingError {
  const tries = attempts > 1 ? ` (${attempts} attempts)` : '';
  const [message, ...hint] = `${error.message}`.split(UNREADABLE_HINT); // the message may not be a string
  const unreadable = hint.length > 0 ? UNREADABLE : '';
  return new ListingError(listingErrorKind(error), `${unreadable}${error.name}: ${message}${tries}`, { cause: error });
}

function listingErrorKind(error: SdkError): ListingErrorKind {
  // ResourceNotFoundException is documented, but similar calls throw InvalidRequestException for a missing workgroup.
  if (error.name === 'ResourceNotFoundException' || (error.name === 'InvalidRequestException' && /not found/i.test(error.message))) {
    return 'not found';
  }
  return error.name === 'InvalidRequestException' ? 'invalid request' : 'other';
}
