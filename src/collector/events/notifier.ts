import type { NotableSession } from '../census';
import type { Occurrence, RunMemory, Windows } from './occurrences';
import { type LogContext, log, reasonsOf, writeRunMetrics } from '../run';
import { type Deployment, entryOf, type SessionDetails } from './session-event';
import { sessionArn } from './session-facts';
import { type AthenaCalls, AthenaError } from '../../athena/calls';
import type { AthenaSessionDetails } from '../../athena/session-details';
import type { EventBus, SendResult } from '../../eventbridge/event-bus';
import type { EventSettings } from '../../schema';

/** The maximum number of events of a run. */
const MAX_EVENTS = 100;
/** The maximum number of sessions of a run whose details are read: each takes two calls, which use up the rate. */
const MAX_DETAILED = 20;

export interface NotifierContext extends LogContext {
  readonly events: EventSettings;
  readonly memory: RunMemory;
  readonly functionArn: string;
}

/** What events are sent with. */
export interface SendContext {
  readonly listings: Pick<AthenaCalls, 'calls' | 'throttledCalls'>;
  readonly details: Pick<AthenaSessionDetails, 'configuration' | 'tags' | 'calls' | 'throttledCalls'>;
  readonly eventBus: Pick<EventBus, 'put'>;
  /** Aborts when the run must stop sending. */
  readonly deadline: AbortSignal;
}

/** Sends the events of one run, after all of its listings. */
export class Notifier {
  private readonly windows: Windows;
  private readonly deployment: Deployment;
  private readonly occurrences: Occurrence[] = [];

  public constructor(private readonly context: NotifierContext) {
    const { memory, scheduledTime, settings: { interval, lookback } } = context;
    this.windows = memory.startRun(scheduledTime, interval, lookback);
    const [, partition, , region, account] = context.functionArn.split(':');
    this.deployment = { partition: partition!, region: region!, account: account!, functionName: context.settings.functionName };
  }

  /** Finds the occurrences in a workgroup that was listed completely. */
  public add(workGroup: string, sessions: readonly NotableSession[]): void {
    const { memory, events: { alarms } } = this.context;
    this.occurrences.push(...memory.unsent(workGroup, sessions, alarms, this.windows));
  }

  /** What cannot be sent is sent by the next run of the process. */
  public async send({ listings, details, eventBus, deadline }: SendContext): Promise<void> {
    const { memory, scheduledTime, events } = this.context;
    const inOrder = this.occurrences.sort((a, b) => priorityOf(a) - priorityOf(b) || a.moment - b.moment);
    const [chosen, surplus] = [inOrder.slice(0, MAX_EVENTS), inOrder.slice(MAX_EVENTS)];
    const detailsOf = await this.readDetails(chosen, details);
    const entries = chosen.map((occurrence) => entryOf(occurrence, detailsOf(occurrence), { ...events, scheduledTime, deployment: this.deployment }));
    const results: SendResult[] = [
      ...await eventBus.put(entries, deadline),
      ...surplus.map(() => ({ error: `a run sends at most ${MAX_EVENTS} events` })),
    ];
    const sent = inOrder.filter((_, index) => results[index]!.error === undefined);
    const failed = inOrder.filter((_, index) => results[index]!.error !== undefined);
    sent.forEach((occurrence) => memory.setSent(occurrence));
    this.logFailures(failed, inOrder.length, results.flatMap(({ error }) => error ?? []));
    writeRunMetrics(this.context, {
      EventsSent: sent.length,
      EventsFailed: failed.length,
      // Again, with the calls for details. The maximum counts.
      ApiCalls: listings.calls + details.calls,
      ThrottledApiCalls: listings.throttledCalls + details.throttledCalls,
    });
  }

  /** A session can be in several occurrences. */
  private async readDetails(occurrences: readonly Occurrence[], reader: SendContext['details']): Promise<(occurrence: Occurrence) => SessionDetails> {
    const sessions = new Map(occurrences.map((occurrence) => [sessionKey(occurrence), occurrence]));
    const detailed = await Promise.all([...sessions].slice(0, MAX_DETAILED)
      .map(async ([key, occurrence]) => [key, await this.detailsOf(occurrence, reader)] as const));
    const byKey = new Map(detailed);
    return (occurrence) => byKey.get(sessionKey(occurrence)) ?? { missing: [`idle timeout and owner: a run reads them for at most ${MAX_DETAILED} sessions`] };
  }

  private async detailsOf({ workGroup, session: { id } }: Occurrence, reader: SendContext['details']): Promise<SessionDetails> {
    const [configuration, tags] = await Promise.allSettled([reader.configuration(id), reader.tags(sessionArn(this.deployment, workGroup, id))]);
    return {
      ...valueOf(configuration),
      tags: valueOf(tags),
      missing: [...missingOf('idle timeout and execution role', configuration), ...missingOf('tags', tags)],
    };
  }

  private logFailures(failed: readonly Occurrence[], total: number, errors: readonly string[]): void {
    if (failed.length > 0) {
      log(this.context, 'ERROR', `${failed.length} of ${total} events were not sent; the next run of this process tries again. Metrics and alarms are not affected`, {
        reasons: reasonsOf(errors),
        ...(this.context.settings.logSessionDetails && {
          sessions: failed.map(({ alarm, workGroup, session: { id } }) => ({ alarm: alarm.id, workGroup, id })),
        }),
      });
    }
  }
}

function valueOf<Value>(result: PromiseSettledResult<Value>): Value | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}

/** Why a detail is missing, if it is. */
function missingOf(what: string, result: PromiseSettledResult<unknown>): string[] {
  if (result.status === 'fulfilled') {
    return [];
  }
  const { reason } = result as { readonly reason: Error };
  return [`${what}: ${reason instanceof AthenaError && reason.kind === 'deadline' ? 'no time was left' : reason.message}`];
}

/** Failed sessions come first. */
function priorityOf({ alarm: { kind } }: Occurrence): number {
  return kind === 'FAILED' ? 0 : 1;
}

function sessionKey({ workGroup, session: { id } }: Occurrence): string {
  return JSON.stringify([workGroup, id]);
}
