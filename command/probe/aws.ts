import {
  AthenaClient, type ExecutorsSummary, GetSessionCommand, type GetSessionCommandOutput, ListExecutorsCommand, ListSessionsCommand,
  ListTagsForResourceCommand, ListWorkGroupsCommand, type SessionState, type SessionSummary, type WorkGroupSummary,
} from '@aws-sdk/client-athena';
import { ListAWSDefaultServiceQuotasCommand, ListServiceQuotasCommand, type ServiceQuota, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { streamCollector } from '@smithy/node-http-handler';
import type { SdkError } from '@smithy/types';
import type { Pace } from './pace';
import { type Aws, failureKind, type FailureKind } from '../aws';

/** Athena's documented maximum. */
export const SESSIONS_PAGE_SIZE = 100;

/** Why a call failed. `refused`: AWS rejected the request, which can be an answer to a question. */
export type CallErrorKind = FailureKind | 'refused';

export class CallError extends Error {
  /** @param cause the error of the SDK */
  public constructor(public readonly kind: CallErrorKind, public readonly code: string, message: string, cause?: unknown) {
    super(message, { cause });
  }

  /** Whether no other call can succeed. */
  public get isFatal(): boolean {
    return ['expired', 'clock', 'credentials', 'no credentials', 'unreachable'].includes(this.kind);
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

export interface ExecutorsPage {
  readonly executors: readonly ExecutorsSummary[];
  readonly nextToken?: string;
}

export interface QuotasPage {
  readonly quotas: readonly ServiceQuota[];
  readonly nextToken?: string;
}

/** What `GetSession` returns. */
export type SessionFacts = Omit<GetSessionCommandOutput, '$metadata'>;

/** Whose calls these are. */
export interface Caller {
  readonly partition: string;
  readonly account: string;
}

const TIMEOUT = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** All calls that the probe makes to AWS, one after another. They only read. */
export class PacedAws {
  public readonly region: string;
  private readonly athena: AthenaClient;
  private readonly config;
  /** By how much AWS's clock is ahead of this machine's, in milliseconds. */
  private clockOffset = 0;

  /** @param clientConfig region and credentials */
  public constructor(private readonly pace: Pace, private readonly clientConfig: Aws['clientConfig']) {
    this.region = clientConfig.region;
    this.config = { ...clientConfig, maxAttempts: 1, requestHandler: TIMEOUT }; // `pace` retries
    this.athena = new AthenaClient(this.config);
    this.athena.middlewareStack.add((next: any) => async (args: any) => {
      const result = await next(args);
      this.clockOffset = (Date.parse(result.response.headers.date) || Date.now()) - Date.now();
      return result;
    }, { step: 'deserialize', name: 'readDate' });
  }

  /** A time by the clock of AWS, which dates sessions. This machine's clock may be wrong. */
  public awsTime(local = new Date()): Date {
    return new Date(local.getTime() + this.clockOffset);
  }

  /** In milliseconds, for durations. */
  public now(): number {
    return this.pace.now();
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

  public async getSession(sessionId: string): Promise<SessionFacts> {
    return this.call('GetSession', async () => this.athena.send(new GetSessionCommand({ SessionId: sessionId })));
  }

  /** The first page of the executors that are registered. */
  public async listExecutors(sessionId: string): Promise<ExecutorsPage> {
    const { ExecutorsSummary: executors, NextToken } = await this.call('ListExecutors', async () =>
      this.athena.send(new ListExecutorsCommand({ SessionId: sessionId, ExecutorStateFilter: 'REGISTERED' })));
    return { executors: executors ?? [], nextToken: NextToken || undefined };
  }

  /** The keys of a resource's tags: all of them, as a resource has fewer tags than a page. */
  public async listTagKeys(arn: string): Promise<string[]> {
    const { Tags: tags = [] } = await this.call('ListTagsForResource', async () => this.athena.send(new ListTagsForResourceCommand({ ResourceARN: arn })));
    return tags.flatMap(({ Key: key }) => key === undefined ? [] : [key]);
  }

  /** Needs no permission. */
  public async caller(): Promise<Caller> {
    const { Arn: arn = '' } = await this.withClient(new STSClient(this.config), async (sts) =>
      this.call('GetCallerIdentity', async () => sts.send(new GetCallerIdentityCommand())));
    const [, partition = '', , , account = ''] = arn.split(':');
    return { partition, account };
  }

  /** A page of Athena's quotas: those of the account, or those that accounts have by default. */
  public async listQuotas(kind: 'applied' | 'default', nextToken?: string): Promise<QuotasPage> {
    const input = { ServiceCode: 'athena', MaxResults: 100, NextToken: nextToken };
    const { Quotas, NextToken } = await this.withClient(new ServiceQuotasClient(this.config), async (client) => kind === 'applied'
      ? this.call('ListServiceQuotas', async () => client.send(new ListServiceQuotasCommand(input)))
      : this.call('ListAWSDefaultServiceQuotas', async () => client.send(new ListAWSDefaultServiceQuotasCommand(input))));
    return { quotas: Quotas ?? [], nextToken: NextToken || undefined };
  }

  /** The same calls with the permissions of a role, restricted by the policy. */
  public async assumeRole(roleArn: string, policy: string): Promise<PacedAws> {
    const { Credentials: given } = await this.withClient(new STSClient(this.config), async (sts) => this.call('AssumeRole', async () => sts.send(new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: 'athena-session-probe',
      Policy: policy,
      DurationSeconds: 900, // the minimum
    }))));
    const credentials = { accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken };
    return new PacedAws(this.pace, { ...this.clientConfig, credentials: async () => credentials });
  }

  /** Closes the connections. */
  public destroy(): void {
    this.athena.destroy();
  }

  private async withClient<Client extends { destroy(): void }, Output>(client: Client, use: (client: Client) => Promise<Output>): Promise<Output> {
    try {
      return await use(client);
    } finally {
      client.destroy();
    }
  }

  private async call<Output>(operation: string, send: () => Promise<Output>): Promise<Output> {
    try {
      return await this.pace.call(operation, send, isRetryable);
    } catch (error) {
      const { name, message, code = name } = error as Error & { code?: string };
      const [line] = message.split('\n'); // the next lines are hints for debugging the SDK
      const text = name === 'SyntaxError' ? 'the answer is not valid JSON' : line; // that message contains a part of the answer
      throw new CallError(kindOf(error as SdkError), name === 'Error' ? code : name, text || 'no message', error);
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

function kindOf(error: SdkError): CallErrorKind {
  const kind = failureKind(error);
  const status = error.$metadata?.httpStatusCode ?? 0;
  return kind === 'other' && status >= 400 && status < 500 ? 'refused' : kind;
}
