/**
 * Replaces `@aws-sdk/credential-provider-node` in the collector's bundle. The client uses the SDK's chain of credential providers only
 * if it is created without credentials. The collector passes Lambda's credentials.
 */
export const defaultProvider = undefined;
