import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in the bundle for the SDK's chain of credential providers: Lambda hands its role's credentials over in the
 * environment, so the chain's other providers (files, SSO, instance metadata) would be bytes that never run.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const defaultProvider = () => fromEnv();
