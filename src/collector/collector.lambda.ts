import { run } from './run';
import { createClient } from '../athena/client';
import { AthenaListings } from '../athena/listings';
import { burst } from '../schema';
import { isLate, readScheduledTime, readSettings } from './settings';
import { TokenBucket } from '../athena/token-bucket';
import { SECOND } from '../time';

/** The run stops listing this long before the timeout, to write complete counts and return in time. */
const SHUTDOWN_TIME = 2.5 * SECOND;

const client = createClient();

/** The part of Lambda's context that the collector uses. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** Runs the collector once. CloudWatch extracts the metrics from the lines on standard output. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const settings = readSettings(process.env);
  const now = Date.now();
  const scheduledTime = readScheduledTime(event, now, settings.interval);

  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), Math.max(0, context.getRemainingTimeInMillis() - SHUTDOWN_TIME));
  try {
    const bucket = new TokenBucket(settings.maxRequestsPerSecond, burst(settings.maxRequestsPerSecond));
    const athena = new AthenaListings(client, bucket, deadline.signal);
    // Not console.log(): with Lambda's JSON log format, it would wrap the line and the metrics would be lost.
    await run({ settings, scheduledTime, late: isLate(scheduledTime, now, settings.interval), athena, write: (line) => process.stdout.write(`${line}\n`) });
  } finally {
    clearTimeout(timer);
    await flushStdout();
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
