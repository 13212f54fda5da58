import { Aws } from '../../../command/aws';
import { ask, type AskOptions, type Result } from '../../../command/probe/ask';
import { PacedAws } from '../../../command/probe/aws';
import { type Clock, Pace } from '../../../command/probe/pace';
import type { Answer } from '../../../command/probe/question';
import type { Athena, AthenaOptions, FixedSession } from '../../../rehearsal/athena';
import {
  closeLater, ENVIRONMENT, type Environment, hours, NOW, type Result as Output, runBundle, runOnTerminal, simulatedAthena, startServer,
} from '../support';

export { hours, minutes, NOW, SPARK_35, SQL } from '../support';

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/somebody/probe`;
export const PYSPARK_3 = 'PySpark engine version 3';
export const HOUR = hours(1);
export const DAY = 24 * HOUR;

/** A clock without waiting. */
function instantClock(): Clock {
  let now = 0;
  return { now: () => now, sleep: async (milliseconds) => now += milliseconds };
}

export interface World extends AthenaOptions {
  readonly sts?: StsOptions;
  readonly quotas?: QuotasOptions;
}

export interface Services {
  readonly athena: Athena;
  readonly sts: Sts;
  readonly quotas: ServiceQuotas;
  readonly environment: Environment;
}

/** A simulated account. */
export async function simulatedAccount({ sts: stsOptions, quotas: quotasOptions, ...world }: World): Promise<Services> {
  const [athena, sts, quotas] = [await simulatedAthena(world), await simulatedSts(stsOptions), await simulatedQuotas(quotasOptions)];
  const environment = { AWS_ENDPOINT_URL_ATHENA: athena.url, AWS_ENDPOINT_URL_STS: sts.url, AWS_ENDPOINT_URL_SERVICE_QUOTAS: quotas.url };
  return { athena, sts, quotas, environment };
}

export interface Probed extends Result, Services {
  answer(id: string): Answer;
}

/** Probes a simulated account in this process. Without a rate, no call waits for another. */
export async function probed(world: World, { rate, ...options }: Partial<AskOptions> & { readonly rate?: number } = {}): Promise<Probed> {
  const services = await simulatedAccount(world);
  process.env = { ...ENVIRONMENT, ...services.environment };
  const pace = rate === undefined ? new Pace(2, instantClock()) : new Pace(rate);
  const { clientConfig } = await Aws.connect({ region: REGION }, process.env);
  const defaults = { maxWorkGroups: 10, maxPages: 20, verbose: false, onProgress: () => {} };
  const result = await ask(new PacedAws(pace, clientConfig), pace, { ...defaults, ...options });
  return { ...result, ...services, answer: (id) => result.questions.find((question) => question.id === id)! };
}

type ByCommand = Output & Services;

/** Probes a simulated account with the bundle. */
export async function probedByBundle(world: World, args: string[] = [], environment: Environment = {}): Promise<ByCommand> {
  const services = await simulatedAccount(world);
  return { ...services, ...await runBundle(['probe', '--rate', '1000', ...args], { ...services.environment, ...environment }) };
}

/** Probes a simulated account in this process, on a terminal. */
export async function probedOnTerminal(columns: number, world: World, args: string[] = [], environment: Environment = {}): Promise<ByCommand> {
  const services = await simulatedAccount(world);
  return { ...services, ...await runOnTerminal(columns, ['probe', '--rate', '1000', ...args], { ...services.environment, ...environment }) };
}

export function session(SessionId: string, State: string, status: FixedSession['Status'] = {}, others: Partial<FixedSession> = {}): FixedSession {
  return { SessionId, Status: { State, StartDateTime: NOW - 2 * HOUR, LastModifiedDateTime: NOW - HOUR, ...status }, ...others };
}

export function sessions(count: number, state: string, status: (index: number) => FixedSession['Status'] = () => ({})): FixedSession[] {
  return Array.from({ length: count }, (_, index) => session(`${state}-${index}`, state, { StartDateTime: NOW - 2 * HOUR - index * HOUR, ...status(index) }));
}

/** A call of STS's AssumeRole. */
export interface Assumption {
  readonly roleArn: string;
  readonly policy: string;
  readonly seconds: number;
  readonly accessKeyId?: string;
}

/** A statement of a session policy. */
export interface Statement {
  readonly Action: string;
  readonly Effect: string;
  readonly Resource: string | string[];
  readonly Condition?: object;
}

export interface StsOptions {
  readonly onAssume?: (statements: Statement[]) => void;
  /** Why a role cannot be assumed. */
  readonly refusal?: string | ((statements: Statement[]) => string | undefined);
  /** Why the account is not told. */
  readonly callerRefusal?: string;
}

export interface Sts {
  readonly url: string;
  readonly actions: string[];
  readonly assumptions: Assumption[];
}

const XML = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** A simulated STS, which tells the caller, returns credentials of a role, or refuses. */
async function simulatedSts({ onAssume = () => {}, refusal, callerRefusal }: StsOptions = {}): Promise<Sts> {
  const assumptions: Assumption[] = [];
  const actions: string[] = [];
  const { url } = closeLater(await startServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => body += chunk).on('end', () => {
      const form = new URLSearchParams(body);
      const action = form.get('Action')!;
      actions.push(action);
      let message = callerRefusal;
      if (action === 'AssumeRole') {
        const { Statement: statements } = JSON.parse(form.get('Policy')!);
        message = typeof refusal === 'function' ? refusal(statements) : refusal;
        assumptions.push({
          roleArn: form.get('RoleArn')!,
          policy: form.get('Policy')!,
          seconds: Number(form.get('DurationSeconds')),
          accessKeyId: /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1],
        });
        onAssume(statements);
      }
      response.writeHead(message === undefined ? 200 : 403, { 'content-type': 'text/xml' });
      response.end(message !== undefined
        ? `<ErrorResponse ${XML}><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`
        : action === 'AssumeRole'
          ? `<AssumeRoleResponse ${XML}><AssumeRoleResult><Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
            <SessionToken>token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
          : `<GetCallerIdentityResponse ${XML}><GetCallerIdentityResult><Arn>arn:aws:sts::${ACCOUNT}:assumed-role/Admin/alice</Arn><UserId>AROA:alice</UserId>
            <Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`);
    });
  }));
  return { url, actions, assumptions };
}

export interface Quota {
  readonly name: string;
  readonly code?: string;
  readonly value: number;
  readonly adjustable?: boolean;
}

export interface QuotasOptions {
  readonly applied?: readonly Quota[];
  readonly defaults?: readonly Quota[];
  readonly pageSize?: number;
  /** The error of the operation. */
  readonly errors?: { readonly [operation: string]: { readonly code: string; readonly message: string; readonly status?: number } };
}

export interface ServiceQuotas {
  readonly url: string;
  readonly operations: string[];
}

/** A simulated Service Quotas. */
async function simulatedQuotas({ applied = [], defaults = applied, pageSize = 100, errors = {} }: QuotasOptions = {}): Promise<ServiceQuotas> {
  const operations: string[] = [];
  const { url } = closeLater(await startServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => body += chunk).on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('ServiceQuotasV20190624.', '');
      const { ServiceCode: service, NextToken: token = '0' } = JSON.parse(body);
      operations.push(operation);
      const quotas = { ListServiceQuotas: applied, ListAWSDefaultServiceQuotas: defaults }[operation];
      const error = errors[operation] ?? (quotas && service === 'athena' ? undefined : { code: 'NoSuchResourceException', message: 'no such service' });
      const end = Number(token) + pageSize;
      response.writeHead(error ? error.status ?? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(error ? { __type: error.code, message: error.message } : {
        Quotas: quotas!.slice(Number(token), end).map(({ name, code = 'L-1', value, adjustable = false }) => ({
          ServiceCode: 'athena', QuotaArn: `arn:aws:servicequotas:${REGION}:${ACCOUNT}:athena/${code}`, QuotaCode: code, QuotaName: name, Value: value, Adjustable: adjustable,
        })),
        NextToken: end < quotas!.length ? `${end}` : undefined,
      }));
    });
  }));
  return { url, operations };
}
