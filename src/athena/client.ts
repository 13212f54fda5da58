import { AthenaClient } from '@aws-sdk/client-athena';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SECOND } from '../time';

/** Allows 100 calls per second of 5 seconds each. It is half of the files that a Lambda function can open. */
export const MAX_SOCKETS = 500;

/**
 * Creates the client. All runs of a process share it to keep its connections open. The collector paces and retries calls itself.
 *
 * All settings come from Lambda's environment or are fixed here. The client would look up missing ones in configuration files and
 * instance metadata.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function createClient({ env } = process): AthenaClient {
  const sockets = { maxSockets: MAX_SOCKETS };
  return new AthenaClient({
    region: env.AWS_REGION,
    credentials: fromEnv(),
    // The SDK's variables: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
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
