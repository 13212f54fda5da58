import { AthenaClient } from '@aws-sdk/client-athena';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SECOND } from '../time';

/** Calls that can be under way at the same time: enough for 100 a second that take 5 seconds each, half of the files that Lambda lets a process open. */
export const MAX_SOCKETS = 500;

/**
 * Makes the client that all runs of a process share, so that its connections stay open. Retries and pace are the
 * collector's own.
 *
 * All settings come from Lambda's environment or are fixed here: what the client is not given it looks for in configuration
 * files and instance metadata.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function createClient({ env } = process): AthenaClient {
  const sockets = { maxSockets: MAX_SOCKETS };
  return new AthenaClient({
    region: env.AWS_REGION,
    credentials: fromEnv(),
    // As in the SDK's own settings: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
    endpoint: env.AWS_ENDPOINT_URL_ATHENA || env.AWS_ENDPOINT_URL || undefined,
    ignoreConfiguredEndpointUrls: true, // those in configuration files
    useFipsEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    authSchemePreference: [],
    disableClockSkewCorrection: false,
    defaultUserAgentProvider: async () => [['cdk-athena-session-monitor']],
    userAgentAppId: '',
    retryMode: 'standard',
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3 * SECOND, httpAgent: sockets, httpsAgent: sockets }),
  });
}
