import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds since the epoch. */
export type Instant = number;

/** The account and the region of what is simulated, unless a stack is for another one. */
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

/** An account, and a region in it. */
export interface Environment {
  account: string;
  region: string;
}

/** Faults that every service can have. */
export const SERVICE_FAULT_KINDS = [
  'throttle', 'error', 'serverError', 'accessDenied', 'hang', 'reset', 'resetMidBody', 'truncated', 'malformed', 'trickle', 'slow',
] as const;

/** A fault, for the calls that match all given properties. */
export interface ServiceFault {
  kind: string;
  operation?: string;
  /** Virtual time, inclusive. */
  from?: Instant;
  /** Virtual time, inclusive. */
  to?: Instant;
  /** Only the first calls of the matching ones. */
  first?: number;
  /** Only every nth of the matching calls. */
  every?: number;
  /** Of an `error`. @default - the service's code of an internal error */
  code?: string;
  /** Of an `error`. @default 400 */
  status?: number;
  /** Of an error of any kind. */
  message?: string;
  /** Of a `slow` response until it begins, of a `trickle` until it ends. @default 1000 */
  milliseconds?: number;
}

/** A received call. */
export interface ReceivedCall<Kind extends string> {
  throttled: boolean;
  /** The fault that was applied, except `slow`. */
  fault?: Kind;
  /** The access key that signed the call. */
  accessKeyId: string;
  /** The region that the call is signed for. */
  region: string;
  atVirtualTime: Instant;
  /** Milliseconds since the service started, by its own clock (see `speed`). */
  atMilliseconds: number;
}

export interface RateLimit {
  ratePerSecond: number;
  burst: number;
}

export interface ErrorAnswer {
  code: string;
  message?: string;
  /** @default 400 */
  status?: number;
}

/** Thrown to answer a call with an error. */
export class RequestError extends Error {
  public constructor(public readonly answer: ErrorAnswer) {
    super(answer.message);
  }
}

/** A member of an input, with the constraints of the service's model. */
export interface Shape {
  type: 'String' | 'Integer' | 'Timestamp' | 'List' | 'Structure';
  required?: boolean;
  /** Minimum of an integer, or of the length of a string or list. */
  min?: number;
  /** Maximum of an integer, or of the length of a string or list. */
  max?: number;
  pattern?: string;
  values?: readonly string[];
  /** Of a list. */
  element?: Shape;
  /** Of a structure. */
  members?: Members;
}

export interface Members {
  readonly [name: string]: Shape;
}

export interface ServiceDefinition {
  /** The first part of the header X-Amz-Target. */
  target: string;
  /** The name that requests are signed for, which is also the prefix of actions. */
  signingName: string;
  /** The inputs by operation. The SDK for JavaScript does not check their constraints. */
  operations: { readonly [operation: string]: Members };
  /** The code of an error about constraints. */
  invalidInput: string;
  /** The code of an internal error. */
  internalError: string;
}

export interface ServiceOptions<Request, Fault> {
  /** The virtual time. @default - the current time */
  time?: Instant;
  faults?: Fault[];
  /** Calls over it are throttled. @default - no limit */
  rateLimit?: RateLimit;
  /** How much faster time passes, for the rate limit and delays. @default 1 */
  speed?: number;
  /** Where the service is. @default - the account and region above */
  environment?: Environment;
  /** Called before each call is handled; may change everything that is simulated. */
  beforeCall?: (request: Request) => void | Promise<void>;
}

/** A service on loopback: real HTTP, the AWS JSON 1.1 protocol, and only for signed requests. */
export abstract class JsonService<Request extends { operation: string }, Fault extends ServiceFault, Input extends object> {
  public time: Instant;
  public readonly faults: Fault[];
  /** Every call so far, in order. */
  public readonly calls: (Request & ReceivedCall<Fault['kind']>)[] = [];
  public beforeCall: ServiceOptions<Request, Fault>['beforeCall'];
  private readonly server: Server;
  private readonly bucket?: TokenBucket;
  private readonly matches = new Map<Fault, number>();
  protected readonly environment: Environment;
  private readonly speed: number;
  private readonly closing = new AbortController();
  private readonly startedAt = performance.now();

  protected constructor(private readonly definition: ServiceDefinition, options: ServiceOptions<Request, Fault>) {
    this.time = options.time ?? Date.now();
    this.faults = options.faults ?? [];
    this.beforeCall = options.beforeCall;
    this.speed = options.speed ?? 1;
    this.environment = options.environment ?? { account: ACCOUNT, region: REGION };
    this.bucket = options.rateLimit && new TokenBucket(options.rateLimit);
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => request.socket.destroy());
    });
    this.server.keepAliveTimeout = 60_000; // a connection that is closed between two runs would look like a fault
  }

  /** The value for the SDK's `AWS_ENDPOINT_URL_…`. */
  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
  }

  /** The number of open connections. */
  public async connections(): Promise<number> {
    return new Promise((resolve, reject) => this.server.getConnections((error, count) => error ? reject(error) : resolve(count)));
  }

  public async close(): Promise<void> {
    this.closing.abort();
    this.server.closeAllConnections();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }

  /** What a call asks for. */
  protected abstract requestOf(operation: string, input: Input): Request;

  /** The text of the answer. */
  protected abstract output(input: Input, call: Request & ReceivedCall<Fault['kind']>, fault: Fault | undefined): string;

  /** The resource that a denied call is not authorized for. */
  protected abstract resourceOf(request: Request): string;

  /** Whether a fault is for a call, by other properties than time and count. */
  /** Whether no call has matched the fault so far. */
  public isUnused(fault: Fault): boolean {
    return !this.matches.has(fault);
  }

  protected matchesFault(fault: Fault, request: Request): boolean {
    return (fault.operation ?? request.operation) === request.operation;
  }

  /** Throws if a call is invalid. */
  protected validate(request: Request, input: Input): void {
    const violations = violationsOf(input, { type: 'Structure', members: this.definition.operations[request.operation] }, '');
    if (violations.length > 0) {
      throw this.invalid(`${violations.length} validation error${violations.length > 1 ? 's' : ''} detected: ${violations.join('; ')}`);
    }
  }

  protected errorBody({ code, message }: ErrorAnswer, _input: Partial<Input>): object {
    return { __type: code, message };
  }

  protected invalid(message: string): RequestError {
    return new RequestError({ code: this.definition.invalidInput, message });
  }

  private get milliseconds(): number {
    return (performance.now() - this.startedAt) * this.speed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    response.setHeader(REQUEST_ID, randomUUID());
    let input: Partial<Input> = {};
    try {
      const signer = checkSignature(request, this.definition.signingName);
      const operation = this.operationOf(request);
      input = parseInput(this.definition.operations[operation]!, body) as Input;
      await this.answer(this.requestOf(operation, input as Input), input as Input, signer, request, response);
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      send(response, error.answer.status ?? 400, JSON.stringify(this.errorBody(error.answer, input)));
    }
  }

  private operationOf(request: IncomingMessage): string {
    const [service, name = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    if (request.method !== 'POST' || service !== this.definition.target || !Object.hasOwn(this.definition.operations, name)) {
      throw new RequestError({ code: 'UnknownOperationException', message: `not simulated: ${request.method} ${request.headers['x-amz-target']}` });
    }
    return name;
  }

  private async answer(asked: Request, input: Input, signer: Signer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.beforeCall?.(asked);
    const faults = this.faultsFor(asked);
    const fault = faults.find(({ kind }) => kind !== 'slow');
    const limited = this.bucket !== undefined && !this.bucket.take(this.milliseconds);
    const call = {
      ...asked,
      throttled: limited || fault?.kind === 'throttle',
      fault: fault?.kind,
      ...signer,
      atVirtualTime: this.time,
      atMilliseconds: this.milliseconds,
    };
    this.calls.push(call);

    for (const { milliseconds = 1000 } of faults.filter(({ kind }) => kind === 'slow')) {
      await this.sleep(milliseconds);
    }
    if (limited) {
      throw new RequestError({ code: 'ThrottlingException', message: 'Rate exceeded' });
    }
    this.validate(asked, input);
    const output = () => this.output(input, call, fault);

    switch (fault?.kind) {
      case 'throttle':
        throw new RequestError({ code: 'ThrottlingException', message: fault.message ?? 'Rate exceeded' });
      case 'error':
        throw new RequestError({ code: fault.code ?? this.definition.internalError, message: fault.message ?? 'An error on demand', status: fault.status });
      case 'serverError':
        throw new RequestError({ code: this.definition.internalError, message: fault.message ?? 'We are not able to process your request', status: 500 });
      case 'accessDenied': {
        const action = `${this.definition.signingName}:${asked.operation}`;
        const message = `User: arn:aws:sts::${this.environment.account}:assumed-role/collector is not authorized to perform: ${action} on resource: ${this.resourceOf(asked)}`;
        throw new RequestError({ code: 'AccessDeniedException', message: fault.message ?? message });
      }
      case 'hang':
        return; // the connection stays open until the caller gives up
      case 'reset':
        request.socket.resetAndDestroy();
        return;
      case 'resetMidBody': {
        const text = output();
        response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
        response.write(text.slice(0, Math.ceil(text.length / 2)), () => request.socket.resetAndDestroy());
        return;
      }
      case 'truncated': {
        const text = output();
        return send(response, 200, text.slice(0, Math.ceil(text.length / 2)));
      }
      case 'malformed':
        response.removeHeader(REQUEST_ID); // a proxy has answered, not the service
        return send(response, 200, '<html>It works!</html>');
      case 'trickle':
        return this.trickle(response, Buffer.from(output()), fault.milliseconds ?? 1000);
      default:
        return send(response, 200, output());
    }
  }

  /** Sends the body in small parts over that time. */
  private async trickle(response: ServerResponse, body: Buffer, milliseconds: number): Promise<void> {
    response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': body.length });
    const startedAt = this.milliseconds;
    for (let sent = 0; sent < body.length && !response.destroyed;) {
      await this.sleep(milliseconds / body.length);
      const due = Math.min(body.length, Math.ceil(body.length * (this.milliseconds - startedAt) / milliseconds));
      response.write(body.subarray(sent, due));
      sent = due;
    }
    response.end();
  }

  /** The faults for a call. */
  private faultsFor(request: Request): Fault[] {
    return this.faults.filter(fault => {
      if (!this.matchesFault(fault, request) || this.time < (fault.from ?? -Infinity) || this.time > (fault.to ?? Infinity)) {
        return false;
      }
      const count = (this.matches.get(fault) ?? 0) + 1;
      this.matches.set(fault, count);
      return count <= (fault.first ?? Infinity) && count % (fault.every ?? 1) === 0;
    });
  }

  private async sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds / this.speed, undefined, { signal: this.closing.signal, ref: false });
  }
}

class TokenBucket {
  private tokens: number;
  private filledAt = 0;

  public constructor(private readonly limit: RateLimit) {
    this.tokens = limit.burst;
  }

  public take(now: number): boolean {
    this.tokens = Math.min(this.limit.burst, this.tokens + (now - this.filledAt) / 1000 * this.limit.ratePerSecond);
    this.filledAt = now;
    if (this.tokens < 1) {
      return false;
    }
    this.tokens -= 1;
    return true;
  }
}

/** Each constraint that a value or one of its members violates. */
function violationsOf(value: any, shape: Shape, at: string): string[] {
  const { required, min = -Infinity, max = Infinity, pattern, values, element, members } = shape;
  const violation = (must: string) => `Value${value === undefined ? ' null' : ''} at '${at}' failed to satisfy constraint: Member must ${must}`;
  if (value === undefined) {
    return required ? [violation('not be null')] : [];
  }
  const [measured, size] = typeof value === 'number' ? ['value', value] : ['length', value.length];
  return [
    ...size < min ? [violation(`have ${measured} greater than or equal to ${min}`)] : [],
    ...size > max ? [violation(`have ${measured} less than or equal to ${max}`)] : [],
    ...pattern !== undefined && !new RegExp(`^${pattern}$`).test(`${value}`) ? [violation(`satisfy regular expression pattern: ${pattern}`)] : [],
    ...values && !values.includes(`${value}`) ? [violation(`satisfy enum value set: [${values.join(', ')}]`)] : [],
    ...element ? value.flatMap((one: unknown, index: number) => violationsOf(one, element, `${at}.${index + 1}.member`)) : [],
    ...Object.entries(members ?? {}).flatMap(([name, member]) => {
      const lowerCase = `${name[0]!.toLowerCase()}${name.slice(1)}`;
      return violationsOf(value[name], member, at === '' ? lowerCase : `${at}.${lowerCase}`);
    }),
  ];
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/;

type Signer = Pick<ReceivedCall<never>, 'accessKeyId' | 'region'>;

/** Checks that the request is signed for this service, with the required headers; the signature itself is not verified. */
function checkSignature(request: IncomingMessage, signingName: string): Signer {
  const { authorization } = request.headers;
  if (!authorization) {
    throw new RequestError({ code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token', status: 403 });
  }
  const [, accessKeyId, region, service, signed = ''] = AUTHORIZATION.exec(authorization) ?? [];
  const headers = signed.split(';');
  const missing = ['host', 'x-amz-date', 'x-amz-target'].filter(name => !headers.includes(name) || request.headers[name] === undefined);
  if (service === undefined || missing.length > 0) {
    const message = service === undefined ? 'Authorization header is malformed' : `Authorization must sign the headers ${missing.join(', ')}`;
    throw new RequestError({ code: 'IncompleteSignatureException', message, status: 403 });
  }
  if (service !== signingName) {
    const message = `Credential should be scoped to correct service: '${signingName}', got '${service}'.`;
    throw new RequestError({ code: 'InvalidSignatureException', message, status: 403 });
  }
  return { accessKeyId: accessKeyId!, region: region! };
}

function parseInput(members: Members, body: string): unknown {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    // rejected below
  }
  if (!isObject(input)) {
    throw new RequestError({ code: 'SerializationException' });
  }
  return parseValue(input, { type: 'Structure', members });
}

/** Members that are null or unknown are ignored. */
function parseValue(value: unknown, { type, element, members }: Shape): unknown {
  if (type === 'Structure' && isObject(value)) {
    const given = Object.entries(value).filter(([name, member]) => Object.hasOwn(members!, name) && member !== null);
    return Object.fromEntries(given.map(([name, member]) => [name, parseValue(member, members![name]!)]));
  }
  if (type === 'List' && Array.isArray(value)) {
    return value.map(one => parseValue(one, element!));
  }
  if (type === 'Timestamp' && parseTimestamp(value) !== undefined) {
    return parseTimestamp(value);
  }
  if ((type === 'String' && typeof value === 'string') || (type === 'Integer' && typeof value === 'number')) {
    return value;
  }
  throw new RequestError({ code: 'SerializationException', message: `${(typeof value).toUpperCase()}_VALUE can not be converted to ${type}` });
}

/** Seconds since the epoch, or a date in ISO 8601. A date in milliseconds is far beyond the year 9999. */
function parseTimestamp(value: unknown): Date | undefined {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
  const date = new Date(typeof value === 'number' ? value * 1000 : isText ? value : NaN);
  return date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999 ? date : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const REQUEST_ID = 'x-amzn-RequestId';

function send(response: ServerResponse, status: number, body: string): void {
  response.sendDate = false; // the caller has virtual time, and would correct its clock by the date
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
