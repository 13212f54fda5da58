import { AthenaClient } from '@aws-sdk/client-athena';
import { clientConfig } from '../client-config';

/** Allows 100 calls per second of 5 seconds each. It is half of the files that a Lambda function can open. */
export const MAX_SOCKETS = 500;

/** Creates the client. All runs of a process share it to keep its connections open. The collector paces and retries calls itself. */
export function createClient({ env } = process): AthenaClient {
  const sockets = { maxSockets: MAX_SOCKETS };
  return new AthenaClient({ ...clientConfig(env, 'ATHENA', { httpAgent: sockets, httpsAgent: sockets }), maxAttempts: 1 });
}
