import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient, type ListSessionsCommandInput, ListSessionsCommand, ListWorkGroupsCommand, type SessionState, type SessionSummary,
} from '@aws-sdk/client-athena';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import type { SessionDate } from '../schema';
import { type Instant, type Milliseconds, SECOND } from '../time';
import type { TokenBucket } from './token-bucket';

/** What `ListSessions` says of a session; any part may be missing. */
export interface ListedSession extends Readonly<Partial<Record<SessionDate, Instant>>> {
  readonly id?: string;
  readonly state?: string;
  readonly description?: string;
  /** Why the session is in its state. */
  readonly reason?: string;
}

/** A workgroup that was found. */
export interface FoundWorkGroup {
  readonly name: string;
  /** Whether it runs Apache Spark: the others have no sessions. */
  readonly spark: boolean;
  readonly disabled: boolean;
}

/** How a listing failed. */
export type FailureKind = 'deadline' | 'not found' | 'invalid request' | 'other';

/** A listing that did not come to its end, and why. */
export class ListingError extends Error {
  public constructor(public readonly kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListingError';
  }
}

interface Backoff {
  readonly maxAttempts: number;
  readonly first: Milliseconds;
  readonly longest: Milliseconds;
}

/** A throttle is the whole account's and passes; it is worth waiting for. */
const THROTTLED: Backoff = { maxAttempts: 10, first: 250, longest: 5 * SECOND };
/** What else may pass is one workgroup's, and keeps the others waiting for as long. */
const TRANSIENT: Backoff = { maxAttempts: 4, first: 100, longest: 2 * SECOND };

/** A call that is not answered in full by then is tried again: Athena answers within fractions of a second. */
const CALL_TIMEOUT: Milliseconds = 10 * SECOND;
const UNREADABLE = 'the answer cannot be read: ';
/** What the SDK adds to errors in reading an answer: of use to those who debug it, not to those who read a log. */
const UNREADABLE_HINT = /\s*Deserialization error: to see the raw response.*/s;

/** The most that Athena gives at once. */
const SESSIONS_PAGE_SIZE = 100;
const WORK_GROUPS_PAGE_SIZE = 50;

type Send<Output> = (options: { abortSignal: AbortSignal }) => Promise<Output>;

/** Athena's listings, page by page, for one run: paced, retried, and stopped by the run's deadline. */
export class AthenaListings {
  /** Calls so far, retries included. */
  public calls = 0;
  /** How many of the calls were throttled. */
  public throttledCalls = 0;
  private answeredCalls = 0;
  private answeredTime: Milliseconds = 0;
  /** Workgroups that sessions were asked of. */
  private readonly begun = new Set<string>();

  /**
   * @param deadline aborts when the run has to stop asking
   */
  public constructor(
    private readonly client: AthenaClient,
    private readonly bucket: TokenBucket,
    private readonly deadline: AbortSignal,
  ) {
    setMaxListeners(0, deadline); // every call in flight listens to it
  }

  /** How long a call takes that is answered as it should be; 0 before there is one. */
  public get secondsPerCall(): number {
    return this.answeredTime / Math.max(1, this.answeredCalls) / SECOND;
  }

  /** Pages of all the workgroups of the account and region. */
  public workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    return pages(async (NextToken) => {
      const input = { MaxResults: WORK_GROUPS_PAGE_SIZE, NextToken };
      const page = await this.call((options) => this.client.send(new ListWorkGroupsCommand(input), options));
      const workGroups = itemsOf(page.WorkGroups, 'WorkGroups').map(({ Name, State, EngineVersion }): FoundWorkGroup => ({
        name: text(Name) ?? '',
        spark: [EngineVersion?.SelectedEngineVersion, EngineVersion?.EffectiveEngineVersion].some((version) => /spark/i.test(version ?? '')),
        disabled: State === 'DISABLED',
      }));
      return { items: workGroups, nextToken: nextTokenOf(page) };
    });
  }

  /** Pages of a workgroup's sessions, newest started first: those in the state, or those that an unfiltered listing shows. */
  public sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
    return pages(async (NextToken) => {
      const input: ListSessionsCommandInput = { WorkGroup: workGroup, StateFilter: state as SessionState, MaxResults: SESSIONS_PAGE_SIZE, NextToken };
      const begins = !this.begun.has(workGroup);
      this.begun.add(workGroup);
      const page = await this.call((options) => this.client.send(new ListSessionsCommand(input), options), begins);
      return { items: itemsOf(page.Sessions, 'Sessions').map(listedSession), nextToken: nextTokenOf(page) };
    });
  }

  private async call<Output>(send: Send<Output>, begins = false): Promise<Output> {
    let lastFailure: ListingError | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.bucket.pace(this.deadline, () => this.callOnce(send), begins);
      } catch (error) {
        const throttled = isThrottlingError(error as SdkError);
        this.throttledCalls += Number(throttled);
        if (this.deadline.aborted) {
          const reason = lastFailure ? `; the last attempt before: ${lastFailure.message}` : '';
          throw new ListingError('deadline', `the run had to end before the listing was complete${reason}`);
        }
        const backoff = throttled ? THROTTLED : TRANSIENT;
        lastFailure = failure(error as SdkError, attempt);
        if (attempt >= backoff.maxAttempts || !(throttled || isRetryable(error as SdkError))) {
          throw lastFailure;
        }
        await sleep(delay(backoff, attempt), undefined, { signal: this.deadline }).catch(() => {}); // the next turn will tell
      }
    }
  }

  /** One call, ended by the deadline or where it is not answered in time. */
  private async callOnce<Output>(send: Send<Output>): Promise<Output> {
    this.calls++;
    const controller = new AbortController();
    // Not AbortSignal.any() of a timeout: Node 20 may collect it as garbage before it fires.
    const abort = () => controller.abort();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      abort();
    }, CALL_TIMEOUT);
    this.deadline.addEventListener('abort', abort);
    const madeAt = performance.now();
    try {
      const output = await send({ abortSignal: controller.signal });
      this.answeredCalls++;
      this.answeredTime += performance.now() - madeAt;
      return output;
    } catch (error) {
      throw timedOut ? Object.assign(new Error(`no answer within ${CALL_TIMEOUT / SECOND} seconds`), { name: 'TimeoutError' }) : error;
    } finally {
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
      throw new ListingError('other', 'a page token was repeated, so the pages would never end');
    }
    seenTokens.add(nextToken ?? '');
  } while (nextToken);
}

/** What a page lists, which the SDK hands on whatever its type is. A list that is none cannot be read; a member that is nothing tells nothing. */
function itemsOf<Item extends object>(list: readonly (Item | null)[] | undefined, name: string): Partial<Item>[] {
  const items = list ?? [];
  if (!Array.isArray(items)) {
    throw new ListingError('other', `${UNREADABLE}${name} must be a list, received ${JSON.stringify(items)}`);
  }
  return items.map((item: Item | null) => item ?? {});
}

function nextTokenOf({ NextToken }: { readonly NextToken?: unknown }): string | undefined {
  if (NextToken !== undefined && typeof NextToken !== 'string') {
    throw new ListingError('other', `${UNREADABLE}NextToken must be a text, received ${JSON.stringify(NextToken)}`);
  }
  return NextToken;
}

function listedSession({ SessionId, Description, Status }: SessionSummary): ListedSession {
  return {
    id: text(SessionId),
    description: text(Description),
    state: text(Status?.State),
    reason: text(Status?.StateChangeReason),
    startedAt: instant(Status?.StartDateTime),
    modifiedAt: instant(Status?.LastModifiedDateTime),
    idleSince: instant(Status?.IdleSinceDateTime),
    endedAt: instant(Status?.EndDateTime),
  };
}

/** A number says as much as its digits; what is of another type is no text. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
}

/** None where the date is none. */
function instant(date: Date | undefined): Instant | undefined {
  const time = date?.getTime();
  return time === undefined || Number.isNaN(time) ? undefined : time;
}

/** Whether the error may be gone on the next call: a server's error, a broken connection, no answer. */
function isRetryable(error: SdkError): boolean {
  return isTransientError(error) || isServerError(error);
}

/** Grows by half to the whole of a power of two, so that callers who were refused together do not come back together. */
function delay({ first, longest }: Backoff, attempt: number): Milliseconds {
  return Math.min(longest, first * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

function failure(error: SdkError, attempts: number): ListingError {
  const tries = attempts > 1 ? ` (${attempts} attempts)` : '';
  const [message, ...hint] = `${error.message}`.split(UNREADABLE_HINT); // what Athena sent need not be a text
  const unreadable = hint.length > 0 ? UNREADABLE : '';
  return new ListingError(failureKind(error), `${unreadable}${error.name}: ${message}${tries}`, { cause: error });
}

function failureKind(error: SdkError): FailureKind {
  // A missing workgroup is an InvalidRequestException on sibling calls; the documented error is ResourceNotFoundException.
  if (error.name === 'ResourceNotFoundException' || (error.name === 'InvalidRequestException' && /not found/i.test(error.message))) {
    return 'not found';
  }
  return error.name === 'InvalidRequestException' ? 'invalid request' : 'other';
}
