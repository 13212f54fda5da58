import { createClient } from './athena-client';
import { SECOND } from './grid';
import { AthenaListings } from './list-sessions';
import { run } from './run';
import { burst } from './schema';
import { readRunTime, readSettings } from './settings';
import { TokenBucket } from './token-bucket';

/** Time that is left when the run stops asking: enough to write what is complete, and to end by itself. */
const TIME_TO_END = 2.5 * SECOND;

const client = createClient();

/** What the collector uses of Lambda's context. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** One run: reads the settings and the run time, lists, and writes to standard output, where CloudWatch Logs finds the metrics. */
export async function handler(event: unknown, context: Context): Promise<void> {
  const settings = readSettings(process.env);
  const time = readRunTime(event, Date.now(), settings.interval);

  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), Math.max(0, context.getRemainingTimeInMillis() - TIME_TO_END));
  try {
    const bucket = new TokenBucket(settings.maxRequestsPerSecond, burst(settings.maxRequestsPerSecond));
    const athena = new AthenaListings(client, bucket, deadline.signal);
    // Not console.log: with Lambda's JSON log format it would wrap the line, and the metric would be lost.
    await run({ settings, time, athena, write: (line) => process.stdout.write(`${line}\n`) });
  } finally {
    clearTimeout(timer);
  }
}
