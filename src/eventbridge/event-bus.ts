import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { clientConfig, errorText } from '../client-config';
import { type Milliseconds, SECOND } from '../time';

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/** How often an entry is sent at most, if only entries are rejected. The SDK retries failed calls itself. */
const MAX_ATTEMPTS = 4;
const RETRY_DELAY: Milliseconds = 0.2 * SECOND;
/** Calls are retried after this time. EventBridge usually answers within a tenth of a second. */
const CALL_TIMEOUT: Milliseconds = 2 * SECOND;

const NO_TIME = 'no time was left';

/** An event that was sent, or the reason why it was not. */
export interface SendResult {
  readonly error?: string;
}

/** Puts events on event buses. All runs of a process share the client to keep its connections open. */
export class EventBus {
  private readonly client: EventBridgeClient;

  public constructor({ env } = process) {
    const http = { requestTimeout: CALL_TIMEOUT, throwOnRequestTimeout: true };
    this.client = new EventBridgeClient({ ...clientConfig(env, 'EVENTBRIDGE', http), sigv4aSigningRegionSet: [], maxAttempts: 3 });
  }

  /** Sends events in calls of at most ten, all at the same time. Never rejects; returns the results in the order of the events. */
  public async put(events: readonly PutEventsRequestEntry[], deadline: AbortSignal): Promise<SendResult[]> {
    const batches: (typeof events)[] = [];
    for (let first = 0; first < events.length; first += MAX_ENTRIES) {
      batches.push(events.slice(first, first + MAX_ENTRIES));
    }
    return (await Promise.all(batches.map((batch) => this.putBatch(batch, deadline)))).flat();
  }

  /** A call that succeeds can reject some of its entries. */
  private async putBatch(batch: readonly PutEventsRequestEntry[], deadline: AbortSignal): Promise<SendResult[]> {
    const results = batch.map((): SendResult => ({ error: NO_TIME }));
    let pending = [...batch.keys()];
    for (let attempt = 1; pending.length > 0 && attempt <= MAX_ATTEMPTS && !deadline.aborted; attempt++) {
      try {
        const command = new PutEventsCommand({ Entries: pending.map((index) => batch[index]!) });
        const { Entries } = await this.client.send(command, { abortSignal: deadline });
        pending.forEach((index, position) => results[index] = resultOf(Entries?.[position]));
      } catch (error) {
        pending.forEach((index) => results[index] = { error: deadline.aborted ? NO_TIME : errorText(error as Error) });
        return results;
      }
      pending = pending.filter((index) => results[index]!.error !== undefined);
      if (pending.length > 0 && attempt < MAX_ATTEMPTS) {
        await sleep(RETRY_DELAY * 2 ** (attempt - 1), undefined, { signal: deadline }).catch(() => {}); // the loop checks the deadline
      }
    }
    return results;
  }
}

function resultOf(entry: { readonly EventId?: string; readonly ErrorCode?: string; readonly ErrorMessage?: string } | undefined): SendResult {
  return entry?.EventId && !entry.ErrorCode ? {} : { error: `${entry?.ErrorCode ?? 'no answer'}: ${entry?.ErrorMessage ?? 'EventBridge did not accept the event'}` };
}
