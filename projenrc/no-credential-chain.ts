/**
 * Stands in for `@aws-sdk/credential-provider-node` in the collector's bundle. The client only asks the SDK's chain of
 * credential providers where it is given no credentials, and it is given Lambda's.
 */
export const defaultProvider = undefined;
