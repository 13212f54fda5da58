import { run } from './run';
import { createClient } from '../athena/client';
import { AthenaListings } from '../athena/listings';
import { burst } from '../schema';
import { isLate, readScheduledTime, readSettings } from './settings';
import { TokenBucket } from '../athena/token-bucket';
import { SECOND } from '../time';

/** Time that is left when the run stops asking: enough to write what is complete, and to end by itself. */
const TIME_TO_END = 2.5 * SECOND;

const client = createClient();

/** What the collector uses of Lambda's context. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** One run: reads the settings and the scheduled time, lists, and writes to standard output, where CloudWatch Logs finds the metrics. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const settings = readSettings(process.env);
  const now = Date.now();
  const scheduledTime = readScheduledTime(event, now, settings.interval);

  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), Math.max(0, context.getRemainingTimeInMillis() - TIME_TO_END));
  try {
    const bucket = new TokenBucket(settings.maxRequestsPerSecond, burst(settings.maxRequestsPerSecond));
    const athena = new AthenaListings(client, bucket, deadline.signal);
    // Not console.log: with Lambda's JSON log format it would wrap the line, and the metric would be lost.
    await run({ settings, scheduledTime, late: isLate(scheduledTime, now, settings.interval), athena, write: (line) => process.stdout.write(`${line}\n`) });
  } finally {
    clearTimeout(timer);
    await everythingWritten();
  }
}

/**
 * Resolves when standard output has taken every line. A pipe takes 64 KiB at a time; Node keeps the rest, and Lambda freezes the process
 * as soon as the invocation is answered: these lines would come with the next run, or never.
 */
async function everythingWritten(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve());
  });
}
