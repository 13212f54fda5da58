import { AthenaClient } from '@aws-sdk/client-athena';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromIni } from '@aws-sdk/credential-provider-ini';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { isThrottlingError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { CommandError } from './errors';
import { MAX_SOCKETS } from '../src/athena/client';
import type { SessionPlace } from '../src/collector/events/session-facts';
import { oneLine } from '../src/collector/text';

export interface AwsOptions {
  readonly region?: string;
  readonly profile?: string;
}

type Environment = { readonly [name: string]: string | undefined };

const CONNECTION_TIMEOUT = 3_000;

/** The clients, with credentials and region as in the AWS CLI. */
export class Aws {
  /** Rejects if there is no region, or there are no credentials. */
  public static async connect(options: AwsOptions, env: Environment): Promise<Aws> {
    const config = await configuration(options, env);
    const sockets = { maxSockets: MAX_SOCKETS };
    const requestHandler = { connectionTimeout: CONNECTION_TIMEOUT, httpAgent: sockets, httpsAgent: sockets };
    const athena = new AthenaClient({ ...config, requestHandler });
    const region = await athena.config.region().catch((error: Error) => {
      const isMissing = /region is missing/i.test(error.message);
      throw new CommandError(`${isMissing ? 'no region is configured' : 'the configured region is invalid'}: pass --region, or set AWS_REGION or a region in your profile`
        + (isMissing ? '' : ` (${reasonOf(error)})`));
    });
    await athena.config.credentials().catch((error: Error) => {
      const { profile } = config;
      throw new CommandError(profile && failureKind(error) === 'no credentials'
        ? `the profile ${JSON.stringify(profile)} has no usable credentials: ${adviceFor(profile, error)} (${reasonOf(error)})`
        : explain(error, region));
    });
    return new Aws(athena, region, config);
  }

  private constructor(
    public readonly athena: AthenaClient, public readonly region: string, private readonly config: Awaited<ReturnType<typeof configuration>>,
  ) {}

  /** The configuration of other clients: the same region and credentials, which are read once. */
  public get clientConfig() {
    return { ...this.config, region: this.region, credentials: this.athena.config.credentials };
  }

  /** The account of the credentials. Needs no permission. */
  public async place(): Promise<SessionPlace> {
    const requestHandler = { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout: 5_000, throwOnRequestTimeout: true };
    const sts = new STSClient({ ...this.clientConfig, maxAttempts: 2, requestHandler });
    try {
      const { Arn = '' } = await sts.send(new GetCallerIdentityCommand());
      const [, partition = '', , , account = ''] = Arn.split(':');
      return { partition, region: this.region, account };
    } finally {
      sts.destroy();
    }
  }
}

function adviceFor(profile: string, { message }: Error): string {
  if (/multi-factor/i.test(message)) {
    return 'this command does not ask for MFA codes, so export the keys of a session';
  }
  return /\bSSO\b/.test(message) ? `sign in with "aws sso login --profile ${profile}"` : `check them with "aws sts get-caller-identity --profile ${profile}"`;
}

async function configuration({ region, profile = '' }: AwsOptions, env: Environment) {
  // In the AWS CLI, credentials in the environment come before AWS_PROFILE. In the SDK, they do not.
  const usesEnvironment = profile === '' && env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY;
  const name = profile || env.AWS_PROFILE || '';
  return {
    region: region || env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined, // the SDK does not know the last one
    profile: name || undefined,
    credentials: usesEnvironment ? fromEnv() : await credentialsOf(name),
    maxAttempts: 1, // src/athena paces and retries calls itself
    customUserAgent: 'athena-session-monitor',
  };
}

/** The settings of a profile that are about credentials. */
const CREDENTIAL_SETTINGS = /^(aws_access_key_id|credential_process|login_session|role_arn|sso_\w+|web_identity_token_file)$/;

/**
 * The credentials of the profile, if it has any. If they fail, the SDK's default chain would use others, such as those of the instance
 * that it runs on, and they may be for another account. Throws if the profile does not exist. The AWS CLI does the same.
 */
async function credentialsOf(profile: string) {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const name = profile || 'default';
  const exists = [configFile, credentialsFile].some((file) => Object.hasOwn(file, name));
  if (!exists && name !== 'default') {
    throw new CommandError(`there is no profile ${JSON.stringify(name)}: check its name with "aws configure list-profiles"`);
  }
  const settings = exists ? Object.keys({ ...configFile[name], ...credentialsFile[name] }) : [];
  return settings.some((setting) => CREDENTIAL_SETTINGS.test(setting)) ? fromIni({ profile: name }) : undefined;
}

/**
 * Why AWS did not answer a call. `expired`, `credentials`: AWS does not accept the credentials. `clock`: nor the time of the request.
 * `denied`: a permission is missing. `unreachable`: there was no answer.
 */
export type FailureKind = 'expired' | 'clock' | 'credentials' | 'no credentials' | 'denied' | 'throttled' | 'unreachable' | 'other';

/** @param error of the SDK, or an error of src/athena that was caused by one */
export function failureKind(error: Error): FailureKind {
  const cause = (error.cause ?? error) as SdkError;
  if (/expired/i.test(cause.name) || (/ProviderError$/.test(cause.name) && /expired/i.test(cause.message))) {
    return 'expired';
  }
  if (/ProviderError$/.test(cause.name)) {
    return 'no credentials';
  }
  if (/RequestTimeTooSkewed/.test(cause.name) || /^Signature (expired|not yet current)/.test(cause.message)) {
    return 'clock';
  }
  if (/UnrecognizedClient|InvalidClientTokenId|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|SignatureDoesNotMatch|InvalidAccessKeyId/.test(cause.name)) {
    return 'credentials';
  }
  if (/AccessDenied|NotAuthorized|Unauthorized/i.test(cause.name)) {
    return 'denied';
  }
  if (isThrottlingError(cause)) {
    return 'throttled';
  }
  return cause.$metadata?.httpStatusCode === undefined && cause.$response === undefined ? 'unreachable' : 'other';
}

/** One line about what failed, and what to do. */
export function explain(error: Error, region: string): string {
  const advice: { readonly [kind in FailureKind]: string } = {
    'expired': 'the credentials have expired: sign in again, for example with "aws sso login"',
    'no credentials': 'no credentials were found: pass --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login"',
    'clock': 'the clock of this machine is wrong by more than 5 minutes: correct it',
    'credentials': `AWS does not accept the credentials in ${region}: check whether the region is enabled in your account, and the credentials with "aws sts get-caller-identity"`,
    'denied': 'a permission is missing',
    'throttled': 'AWS throttles the calls of this account: try again later, or with a lower --rate',
    'unreachable': `Athena cannot be reached in ${region}: check the region and your network`,
    'other': 'AWS returned an error: try again',
  };
  return `${advice[failureKind(error)]} (${reasonOf(error)})`;
}

/** The error in one line. */
export function reasonOf(error: Error): string {
  const { name, message, code } = error as Error & { code?: string };
  const text = message || code || 'no message';
  return oneLine(name === 'AthenaError' || name === 'Error' ? text : `${name}: ${text}`).trim();
}
