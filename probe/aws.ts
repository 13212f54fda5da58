import { AthenaClient, ListSessionsCommand, ListWorkGroupsCommand, type SessionState, type SessionSummary, type WorkGroupSummary } from '@aws-sdk/client-athena';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { streamCollector } from '@smithy/node-http-handler';
import type { SdkError } from '@smithy/types';
import type { Pace } from './pace';

/** Athena's documented maximum. */
export const SESSIONS_PAGE_SIZE = 100;

/**
 * Why a call failed. `refused`: AWS rejected the request, which can be an answer to a question. `denied`: a permission is missing.
 * `credentials`: AWS does not accept the credentials. `unreachable`: there was no answer. `other`: throttled on every attempt, a
 * server error, or an answer that cannot be read.
 */
export type FailureKind = 'refused' | 'denied' | 'credentials' | 'unreachable' | 'other';

export class CallError extends Error {
  public constructor(public readonly kind: FailureKind, public readonly code: string, message: string) {
    super(message);
  }
}

/** The value of the list's field in an answer's body. */
export type ListMember = 'a list' | 'null' | 'missing';

export interface SessionsRequest {
  readonly workGroup: string;
  readonly state?: string;
  readonly pageSize: number;
  readonly nextToken?: string;
}

export interface SessionsPage {
  readonly sessions: readonly SessionSummary[];
  /** As in the answer's body. The SDK hides the difference. */
  readonly member: ListMember;
  readonly nextToken?: string;
}

export interface WorkGroupsPage {
  readonly workGroups: readonly WorkGroupSummary[];
  readonly nextToken?: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Calls are retried after these times, in milliseconds. */
const TIMEOUT = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** All calls that the probe makes to AWS, one after another. They only read. */
export class Aws {
  private readonly athena: AthenaClient;

  /**
   * @param region by default, the configured region
   * @param credentials by default, those of the SDK's default chain
   */
  public constructor(private readonly pace: Pace, private readonly region?: string, credentials?: Credentials) {
    this.athena = new AthenaClient({ region, credentials, maxAttempts: 1, requestHandler: TIMEOUT }); // `pace` retries
  }

  /** The region of the calls. Rejects if none is configured. */
  public async resolveRegion(): Promise<string> {
    return this.athena.config.region();
  }

  /** Rejects if there are no credentials. */
  public async checkCredentials(): Promise<void> {
    await this.athena.config.credentials();
  }

  public async listWorkGroups(nextToken?: string): Promise<WorkGroupsPage> {
    const { WorkGroups, NextToken } = await this.call('ListWorkGroups', async () => this.athena.send(new ListWorkGroupsCommand({ NextToken: nextToken })));
    return { workGroups: WorkGroups ?? [], nextToken: NextToken || undefined };
  }

  public async listSessions({ workGroup, state, pageSize, nextToken }: SessionsRequest): Promise<SessionsPage> {
    const input = { WorkGroup: workGroup, StateFilter: state as SessionState, MaxResults: pageSize, NextToken: nextToken };
    return this.call('ListSessions', async () => {
      const command = new ListSessionsCommand(input);
      let bytes: Uint8Array = new Uint8Array();
      command.middlewareStack.addRelativeTo((next: any) => async (args: any) => {
        const result = await next(args);
        result.response.body = bytes = await streamCollector(result.response.body);
        return result;
      }, { name: 'keepBody', relation: 'after', toMiddleware: 'deserializerMiddleware' });
      const { Sessions, NextToken } = await this.athena.send(command);
      return { sessions: Sessions ?? [], member: memberOf(new TextDecoder().decode(bytes), 'Sessions'), nextToken: NextToken || undefined };
    });
  }

  /** The same calls with the permissions of a role, restricted by the policy. */
  public async assumeRole(roleArn: string, policy: string): Promise<Aws> {
    const sts = new STSClient({ region: this.region, maxAttempts: 1, requestHandler: TIMEOUT });
    const { Credentials: given } = await this.call('AssumeRole', async () => sts.send(new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: 'athena-session-probe',
      Policy: policy,
      DurationSeconds: 900, // the minimum
    })));
    return new Aws(this.pace, this.region, {
      accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken,
    });
  }

  private async call<Output>(operation: string, send: () => Promise<Output>): Promise<Output> {
    try {
      return await this.pace.call(operation, send, isRetryable);
    } catch (error) {
      const { name, message, code = name } = error as Error & { code?: string };
      throw new CallError(kindOf(error as SdkError), name === 'Error' ? code : name, message.split('\n')[0] || 'no message'); // the next lines are hints for debugging the SDK
    }
  }
}

function memberOf(body: string, name: string): ListMember {
  const value = JSON.parse(body)[name];
  return value === undefined ? 'missing' : value === null ? 'null' : 'a list';
}

function isRetryable(error: unknown): boolean {
  return [isThrottlingError, isTransientError, isServerError].some((may) => may(error as SdkError));
}

const DENIED = /AccessDenied|NotAuthorized|Unauthorized/i;
const UNKNOWN_CALLER = /UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|SignatureDoesNotMatch|CredentialsProviderError/;

function kindOf(error: SdkError): FailureKind {
  if (UNKNOWN_CALLER.test(error.name)) {
    return 'credentials';
  }
  if (DENIED.test(error.name)) {
    return 'denied';
  }
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) {
    return 'unreachable';
  }
  return status >= 400 && status < 500 && !isThrottlingError(error) ? 'refused' : 'other';
}
