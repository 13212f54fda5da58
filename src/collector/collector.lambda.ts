import { Notifier } from './events/notifier';
import { RunMemory } from './events/occurrences';
import { log, type LogContext, run } from './run';
import { isLate, isScheduled, readScheduledTime, readSettings } from './settings';
import { createClient } from '../athena/client';
import { AthenaListings } from '../athena/listings';
import { AthenaSessionDetails } from '../athena/session-details';
import { TokenBucket } from '../athena/token-bucket';
import { EventBus } from '../eventbridge/event-bus';
import { burst, EVENT_SECONDS } from '../schema';
import { type Milliseconds, MINUTE, SECOND } from '../time';

/** The run stops this long before the timeout, to write complete counts and return in time. */
const SHUTDOWN_TIME: Milliseconds = 2.5 * SECOND;
/** The longest time that events wait for details of their sessions. */
const MAX_DETAILS_TIME: Milliseconds = MINUTE;
/** The longest time that events are then sent. It only matters if an answer of EventBridge begins and does not end. */
const MAX_SENDING_TIME: Milliseconds = 20 * SECOND;

const athena = createClient();
let eventBus: EventBus | undefined; // only created where events are on
const memory = new RunMemory();

/** The part of Lambda's context that the collector uses. */
interface Context {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** Runs the collector once. CloudWatch extracts the metrics from the lines on standard output. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const settings = readSettings(process.env);
  const now = Date.now();
  const scheduledTime = readScheduledTime(event, now, settings.interval);
  const late = isLate(scheduledTime, now, settings.interval);
  // A late run sees today's states, and a person's run is not in the chain of the schedule's runs.
  const events = isScheduled(event) && !late ? settings.events : undefined;
  // Not console.log(): with Lambda's JSON log format, it would wrap the line and the metrics would be lost.
  const logContext: LogContext = { settings, scheduledTime, write: (line) => process.stdout.write(`${line}\n`) };

  const lastCall = new Deadline(context.getRemainingTimeInMillis() - SHUTDOWN_TIME - (events ? EVENT_SECONDS * SECOND : 0));
  const bucket = new TokenBucket(settings.maxRequestsPerSecond, burst(settings.maxRequestsPerSecond));
  const listings = new AthenaListings(athena, bucket, lastCall.signal);
  const notifier = events && new Notifier({ ...logContext, events, memory, functionArn: context.invokedFunctionArn });
  try {
    await run({ ...logContext, late, athena: listings, onListed: notifier && ((workGroup, sessions) => notifier.add(workGroup, sessions)) });
  } finally {
    const lastDetail = new Deadline(Math.min(lastCall.remainingTime, MAX_DETAILS_TIME));
    const lastEvent = new Deadline(Math.min(lastCall.remainingTime + EVENT_SECONDS * SECOND, MAX_DETAILS_TIME + MAX_SENDING_TIME));
    await notifier?.send({
      listings,
      details: new AthenaSessionDetails(athena, bucket, lastDetail.signal),
      eventBus: eventBus ??= new EventBus(),
      deadline: lastEvent.signal,
    }).catch(({ name, message }: Error) => log(logContext, 'ERROR', 'events were not sent', { reason: `${name}: ${message}` }));
    [lastCall, lastDetail, lastEvent].forEach((deadline) => deadline.clear());
    await flushStdout();
  }
}

/** Aborts its signal after a time. Not `AbortSignal.timeout()`, whose timer would survive the run. */
class Deadline {
  public readonly signal: AbortSignal;
  private readonly at: Milliseconds;
  private readonly timer: NodeJS.Timeout;

  public constructor(milliseconds: Milliseconds) {
    const controller = new AbortController();
    this.signal = controller.signal;
    this.at = performance.now() + milliseconds;
    this.timer = setTimeout(() => controller.abort(), Math.max(0, milliseconds));
  }

  public get remainingTime(): Milliseconds {
    return this.at - performance.now();
  }

  public clear(): void {
    clearTimeout(this.timer);
  }
}

/**
 * Resolves when all lines are written. A pipe accepts 64 KiB at a time and Node buffers the rest. Lambda freezes the process when the
 * handler returns, so buffered lines would be written in the next run, or never.
 */
async function flushStdout(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
}
