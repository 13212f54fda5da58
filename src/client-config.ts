import { fromEnv } from '@aws-sdk/credential-provider-env';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { SECOND } from './time';

type Environment = { readonly [name: string]: string | undefined };

/**
 * The configuration of a service's client, as far as all have it in common.
 *
 * All settings come from Lambda's environment or are fixed here. The client would look up missing ones in configuration files and
 * instance metadata.
 *
 * @param service as in the SDK's variable of the service's endpoint
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function clientConfig(env: Environment, service: 'ATHENA' | 'EVENTBRIDGE', http: NodeHttpHandlerOptions = {}) {
  return {
    region: env.AWS_REGION,
    credentials: fromEnv(),
    // The SDK's variables: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
    endpoint: env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined,
    ignoreConfiguredEndpointUrls: true, // those in configuration files
    useFipsEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    authSchemePreference: [],
    disableClockSkewCorrection: false,
    defaultUserAgentProvider: async (): Promise<[string, string?][]> => [['cdk-athena-session-monitor']],
    userAgentAppId: '',
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3 * SECOND, ...http }),
  };
}

/** Begins the reason where an answer is not as documented. */
export const UNREADABLE = 'the answer cannot be read: ';
/** The SDK's debugging hint in errors about unreadable answers, which does not help readers of the log. */
const UNREADABLE_HINT = /\s*Deserialization error: to see the raw response.*/s;

/** The name and the message of an error of the SDK, as one line of the log tells them. */
export function errorText({ name, message }: Error): string {
  const [text, ...hint] = `${message}`.split(UNREADABLE_HINT); // the message may not be a string
  return `${hint.length > 0 ? UNREADABLE : ''}${name}: ${text}`;
}
