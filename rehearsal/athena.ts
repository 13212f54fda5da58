import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds since the epoch. */
export type Instant = number;

export const SESSION_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'TERMINATED', 'DEGRADED', 'FAILED'] as const;
export type SessionState = typeof SESSION_STATES[number];

/** The states that an unfiltered listing is documented to list. @see https://docs.aws.amazon.com/athena/latest/APIReference/API_ListSessions.html */
export const DOCUMENTED_ACTIVE_STATES: readonly SessionState[] = ['CREATING', 'CREATED', 'IDLE', 'BUSY'];

/** A session as the API lists it, the same at all times. Every part may be missing, and the state may be unknown. */
export interface FixedSession {
  SessionId?: string;
  Description?: string;
  EngineVersion?: { SelectedEngineVersion?: string; EffectiveEngineVersion?: string };
  NotebookVersion?: string;
  Status?: {
    State?: string;
    StateChangeReason?: string;
    StartDateTime?: Date | Instant;
    LastModifiedDateTime?: Date | Instant;
    EndDateTime?: Date | Instant;
    IdleSinceDateTime?: Date | Instant;
  };
}

/** A session whose state changes with virtual time. It does not exist before its first change. */
export interface SessionHistory {
  id: string;
  description?: string;
  notebookVersion?: string;
  /** `none` leaves it out of the listings. @default - the engine of the workgroup */
  engine?: string;
  /** Oldest first. */
  history: readonly StateChange[];
  /** From this time on no listing shows it, whatever its state. @default - it is always listed */
  listedUntil?: Instant;
}

export interface StateChange {
  at: Instant;
  state: SessionState;
  reason?: string;
}

export interface WorkGroup {
  /** @default 'PySpark engine version 3' */
  engine?: string;
  /** @default 'ENABLED' */
  state?: 'ENABLED' | 'DISABLED';
  description?: string;
  createdAt?: Instant;
  sessions?: (FixedSession | SessionHistory)[];
}

export const OPERATIONS = ['ListSessions', 'ListWorkGroups'] as const;
export type Operation = typeof OPERATIONS[number];

export const FAULT_KINDS = [
  'throttle', 'error', 'serverError', 'accessDenied', 'hang', 'reset', 'resetMidBody', 'truncated', 'malformed', 'repeatedToken', 'emptyPage', 'trickle', 'slow',
] as const;
export type FaultKind = typeof FAULT_KINDS[number];

/** A fault, for the calls that match all given properties. */
export interface Fault {
  kind: FaultKind;
  operation?: Operation;
  workGroup?: string;
  /** `none` is the unfiltered listing. */
  stateFilter?: SessionState | 'none';
  /** Counts from 1. */
  page?: number;
  /** Virtual time, inclusive. */
  from?: Instant;
  /** Virtual time, inclusive. */
  to?: Instant;
  /** Only the first calls of the matching ones. */
  first?: number;
  /** Only every nth of the matching calls. */
  every?: number;
  /** Of an `error`. @default 'InternalServerException' */
  code?: string;
  /** Of an `error`. @default 400 */
  status?: number;
  /** Of an error of any kind. */
  message?: string;
  /** Of a `slow` response until it begins, of a `trickle` until it ends. @default 1000 */
  milliseconds?: number;
}

/** The page that a call asks for. */
export interface PageRequest {
  operation: Operation;
  workGroup?: string;
  stateFilter?: string;
  /** Counts from 1. */
  page: number;
}

/** A received call. */
export interface Call extends PageRequest {
  maxResults?: number;
  throttled: boolean;
  /** The fault that was applied, except `slow`. */
  fault?: FaultKind;
  /** The access key that signed the call. */
  accessKeyId: string;
  atVirtualTime: Instant;
  /** Milliseconds since the service started, by its own clock (see `speed`). */
  atMilliseconds: number;
}

export interface RateLimit {
  ratePerSecond: number;
  burst: number;
}

export interface AthenaOptions {
  /** The virtual time. @default - the current time */
  time?: Instant;
  workGroups?: { [name: string]: WorkGroup };
  faults?: Fault[];
  /** States that an unfiltered listing lists. @default DOCUMENTED_ACTIVE_STATES */
  unfiltered?: readonly string[] | 'all';
  /** The order of sessions, across pages. @default 'newestFirst' */
  order?: 'newestFirst' | 'asGiven';
  /** The answer of ListSessions for a workgroup that does not exist. @default - InvalidRequestException: WorkGroup is not found. */
  missingWorkGroup?: ErrorAnswer | 'noSessions';
  /** The answer of ListSessions for a workgroup whose engine is not Spark. @default - InvalidRequestException: Workgroup EngineVersion is not Spark. */
  sqlWorkGroup?: ErrorAnswer | 'noSessions';
  /** Calls over it are throttled. @default - no limit */
  rateLimit?: RateLimit;
  /** How much faster time passes, for the rate limit and delays. @default 1 */
  speed?: number;
  /** Called before each call is handled; may change everything that is simulated. */
  beforeCall?: (request: PageRequest) => void | Promise<void>;
  /** Replaces the answer of a listing by another value, or by the text of the body. */
  rewrite?: (answer: Answer, call: Call) => unknown;
}

/** The answer of a listing. */
export interface Answer {
  Sessions?: object[];
  WorkGroups?: object[];
  NextToken?: string;
}

/** Starts a simulated Athena on loopback. */
export async function startAthena(options: AthenaOptions = {}): Promise<Athena> {
  const athena = new Athena(options);
  await athena.listen();
  return athena;
}

type Identity = Omit<PageRequest, 'page'>;

/** The position of a session in its workgroup. */
interface Place {
  start: number;
  index: number;
}

/** The content of a page token: where the next page begins. */
interface PageToken extends PageRequest {
  after?: Place;
}

interface Listing {
  items: object[];
  nextToken?: string;
}

export interface ErrorAnswer {
  code: string;
  message?: string;
  /** @default 400 */
  status?: number;
}

class RequestError extends Error {
  public constructor(public readonly answer: ErrorAnswer) {
    super(answer.message);
  }
}

const DEFAULT_ENGINE = 'PySpark engine version 3';
const WORK_GROUPS_PER_PAGE = 50;
const MAX_SESSIONS_PER_PAGE = 100;

interface Input {
  WorkGroup?: string;
  StateFilter?: string;
  MaxResults?: number;
  NextToken?: string;
}

interface Parameter {
  type: 'String' | 'Integer';
  required?: boolean;
  /** Minimum of an integer, or of the length of a string. */
  min?: number;
  /** Maximum of an integer, or of the length of a string. */
  max?: number;
  pattern?: string;
  values?: readonly string[];
}

/** The constraints of the service's model. The SDK for JavaScript does not check them. */
const PARAMETERS: { [operation in Operation]: { [name in keyof Input]: Parameter } } = {
  ListSessions: {
    WorkGroup: { type: 'String', required: true, pattern: '[a-zA-Z0-9._-]{1,128}' },
    StateFilter: { type: 'String', values: SESSION_STATES },
    MaxResults: { type: 'Integer', min: 1, max: MAX_SESSIONS_PER_PAGE },
    NextToken: { type: 'String', max: 2048 },
  },
  ListWorkGroups: {
    NextToken: { type: 'String', min: 1, max: 1024 },
    MaxResults: { type: 'Integer', min: 1, max: WORK_GROUPS_PER_PAGE },
  },
};

/**
 * The listings of Athena: real HTTP, the AWS JSON 1.1 protocol, and only for signed requests. Its content may be changed
 * while it runs.
 */
export class Athena {
  public time: Instant;
  public readonly workGroups: Map<string, WorkGroup>;
  public readonly faults: Fault[];
  /** Every call so far, in order. */
  public readonly calls: Call[] = [];
  public unfiltered: readonly string[] | 'all';
  public beforeCall: AthenaOptions['beforeCall'];
  public rewrite: AthenaOptions['rewrite'];
  private readonly order: AthenaOptions['order'];
  private readonly missingWorkGroup: ErrorAnswer | 'noSessions';
  private readonly sqlWorkGroup: ErrorAnswer | 'noSessions';
  private readonly server: Server;
  private readonly bucket?: TokenBucket;
  private readonly matches = new Map<Fault, number>();
  private readonly orders = new WeakMap<object, { length: number; order: Place[] }>();
  private readonly speed: number;
  private readonly closing = new AbortController();
  private readonly startedAt = performance.now();

  public constructor(options: AthenaOptions = {}) {
    this.time = options.time ?? Date.now();
    this.workGroups = new Map(Object.entries(options.workGroups ?? {}));
    this.faults = options.faults ?? [];
    this.unfiltered = options.unfiltered ?? DOCUMENTED_ACTIVE_STATES;
    this.beforeCall = options.beforeCall;
    this.rewrite = options.rewrite;
    this.order = options.order;
    this.missingWorkGroup = options.missingWorkGroup ?? { code: 'InvalidRequestException', message: 'WorkGroup is not found.' };
    // The message of StartSession: that of ListSessions is not documented.
    this.sqlWorkGroup = options.sqlWorkGroup ?? { code: 'InvalidRequestException', message: 'Workgroup EngineVersion is not Spark.' };
    this.speed = options.speed ?? 1;
    this.bucket = options.rateLimit && new TokenBucket(options.rateLimit);
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => request.socket.destroy());
    });
    this.server.keepAliveTimeout = 60_000; // a connection that is closed between two runs would look like a fault
  }

  /** The value for `AWS_ENDPOINT_URL_ATHENA`. */
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

  private get milliseconds(): number {
    return (performance.now() - this.startedAt) * this.speed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    response.setHeader(REQUEST_ID, randomUUID());
    let input: Input = {};
    try {
      const accessKeyId = checkSignature(request);
      const operation = operationOf(request);
      input = parseInput(operation, body);
      await this.answer(operation, input, accessKeyId, request, response);
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      sendError(response, error.answer, input.WorkGroup);
    }
  }

  private async answer(operation: Operation, input: Input, accessKeyId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const identity: Identity = operation === 'ListSessions'
      ? { operation, workGroup: input.WorkGroup, stateFilter: input.StateFilter }
      : { operation };
    const token = input.NextToken === undefined ? undefined : readToken(input.NextToken);
    const page = token?.page ?? 1;
    await this.beforeCall?.({ ...identity, page });
    const faults = this.faultsFor({ ...identity, page });
    const fault = faults.find(({ kind }) => kind !== 'slow');
    const limited = this.bucket !== undefined && !this.bucket.take(this.milliseconds);
    const call: Call = {
      ...identity,
      page,
      maxResults: input.MaxResults,
      throttled: limited || fault?.kind === 'throttle',
      fault: fault?.kind,
      accessKeyId,
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
    checkConstraints(operation, input);
    if (token && !isOf(token, identity)) {
      throw invalid(`The nextPageToken is malformed: ${input.NextToken}`);
    }
    const list = () => operation === 'ListSessions' ? this.listSessions(input, identity, token) : this.listWorkGroups(input, identity, token);
    const output = ({ items, nextToken }: Listing) => {
      const answer: Answer = { [operation === 'ListSessions' ? 'Sessions' : 'WorkGroups']: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
      const rewritten = this.rewrite ? this.rewrite(answer, call) : answer;
      return typeof rewritten === 'string' ? rewritten : JSON.stringify(rewritten);
    };

    switch (fault?.kind) {
      case undefined:
        return send(response, 200, output(list()));
      case 'throttle':
        throw new RequestError({ code: 'ThrottlingException', message: fault.message ?? 'Rate exceeded' });
      case 'error':
        throw new RequestError({ code: fault.code ?? 'InternalServerException', message: fault.message ?? 'An error on demand', status: fault.status });
      case 'serverError':
        throw new RequestError({ code: 'InternalServerException', message: fault.message ?? 'We are not able to process your request', status: 500 });
      case 'accessDenied': {
        const resource = identity.workGroup === undefined ? '*' : `arn:aws:athena:us-east-1:123456789012:workgroup/${identity.workGroup}`;
        const message = `User: arn:aws:sts::123456789012:assumed-role/collector is not authorized to perform: athena:${operation} on resource: ${resource}`;
        throw new RequestError({ code: 'AccessDeniedException', message: fault.message ?? message });
      }
      case 'hang':
        return; // the connection stays open until the caller gives up
      case 'reset':
        request.socket.resetAndDestroy();
        return;
      case 'resetMidBody': {
        const text = output(list());
        response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
        response.write(text.slice(0, Math.ceil(text.length / 2)), () => request.socket.resetAndDestroy());
        return;
      }
      case 'truncated': {
        const text = output(list());
        return send(response, 200, text.slice(0, Math.ceil(text.length / 2)));
      }
      case 'malformed':
        response.removeHeader(REQUEST_ID); // a proxy has answered, not the service
        return send(response, 200, '<html>It works!</html>');
      case 'repeatedToken': {
        const { items, nextToken } = list();
        // The first page is requested without a token: its own is then repeated.
        return send(response, 200, output({ items, nextToken: input.NextToken ?? nextToken ?? writeToken({ ...identity, page: page + 1 }) }));
      }
      case 'emptyPage':
        return send(response, 200, output({ items: [], nextToken: writeToken({ ...identity, page: page + 1, after: token?.after }) }));
      case 'trickle':
        return this.trickle(response, Buffer.from(output(list())), fault.milliseconds ?? 1000);
      case 'slow':
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
  private faultsFor(call: PageRequest): Fault[] {
    return this.faults.filter(fault => {
      const matches = (fault.operation ?? call.operation) === call.operation
        && (fault.workGroup ?? call.workGroup) === call.workGroup
        && (fault.stateFilter === undefined || (call.operation === 'ListSessions' && fault.stateFilter === (call.stateFilter ?? 'none')))
        && (fault.page ?? call.page) === call.page
        && this.time >= (fault.from ?? -Infinity)
        && this.time <= (fault.to ?? Infinity);
      if (!matches) {
        return false;
      }
      const count = (this.matches.get(fault) ?? 0) + 1;
      this.matches.set(fault, count);
      return count <= (fault.first ?? Infinity) && count % (fault.every ?? 1) === 0;
    });
  }

  private listWorkGroups(input: Input, identity: Identity, token: PageToken | undefined): Listing {
    const names = [...this.workGroups.keys()].sort();
    const first = token?.after ? token.after.index + 1 : 0;
    const end = first + (input.MaxResults ?? WORK_GROUPS_PER_PAGE);
    const items = names.slice(first, end).map(name => {
      const { engine = DEFAULT_ENGINE, state = 'ENABLED', description = '', createdAt = 0 } = this.workGroups.get(name)!;
      return {
        Name: name,
        State: state,
        Description: description,
        CreationTime: createdAt / 1000,
        EngineVersion: { SelectedEngineVersion: engine, EffectiveEngineVersion: engine },
      };
    });
    const nextToken = end < names.length ? writeToken({ ...identity, page: (token?.page ?? 1) + 1, after: { start: 0, index: end - 1 } }) : undefined;
    return { items, nextToken };
  }

  private listSessions(input: Input, identity: Identity, token: PageToken | undefined): Listing {
    const { WorkGroup: name, StateFilter: stateFilter, MaxResults: maxResults } = input;
    const workGroup = this.workGroups.get(name!);
    const isSpark = /spark/i.test(workGroup?.engine ?? DEFAULT_ENGINE);
    if (!workGroup || !isSpark) {
      const answer = workGroup ? this.sqlWorkGroup : this.missingWorkGroup;
      if (answer === 'noSessions') {
        return { items: [] };
      }
      throw new RequestError(answer);
    }

    const sessions = workGroup.sessions ?? [];
    const limit = maxResults ?? MAX_SESSIONS_PER_PAGE;
    const items: object[] = [];
    const order = this.ordered(sessions);
    let last: PageToken['after'];
    for (let position = positionAfter(order, token?.after); position < order.length; position++) {
      const place = order[position]!;
      const session = shownAt(sessions[place.index]!, this.time, workGroup);
      if (!session || !this.isListed(session.Status?.State, stateFilter)) {
        continue;
      }
      if (items.length === limit) {
        return { items, nextToken: writeToken({ ...identity, page: (token?.page ?? 1) + 1, after: last }) };
      }
      items.push(onTheWire(session));
      last = place;
    }
    return { items };
  }

  private isListed(state: string | undefined, stateFilter: string | undefined): boolean {
    if (stateFilter !== undefined) {
      return state === stateFilter;
    }
    // Unknown states are always listed, as no filter can ask for them.
    return this.unfiltered === 'all' || this.unfiltered.includes(state ?? '') || !(SESSION_STATES as readonly string[]).includes(state ?? '');
  }

  /** Sorted once, as the start of a session does not change. */
  private ordered(sessions: (FixedSession | SessionHistory)[]): Place[] {
    const known = this.orders.get(sessions);
    if (known?.length === sessions.length) {
      return known.order;
    }
    const start = this.order === 'asGiven' ? () => 0 : startOf;
    const order = sessions.map((session, index) => ({ start: start(session), index })).sort(comparePlaces);
    this.orders.set(sessions, { length: sessions.length, order });
    return order;
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

function isHistory(session: FixedSession | SessionHistory): session is SessionHistory {
  return 'history' in session;
}

/** Sessions without a start come last. Infinity cannot be in a page token. */
function startOf(session: FixedSession | SessionHistory): number {
  const start = isHistory(session) ? session.history[0]?.at : session.Status?.StartDateTime;
  return start === undefined ? Number.MIN_SAFE_INTEGER : start.valueOf();
}

function comparePlaces(a: Place, b: Place): number {
  return b.start - a.start || a.index - b.index;
}

/** Where a page begins: at the first position behind the last one of the previous page. */
function positionAfter(order: readonly Place[], after: Place | undefined): number {
  let [from, to] = [0, after === undefined ? 0 : order.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (comparePlaces(order[middle]!, after!) <= 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/** The session at a time, if it exists by then. */
function shownAt(session: FixedSession | SessionHistory, time: Instant, workGroup: WorkGroup): FixedSession | undefined {
  if (!isHistory(session)) {
    return session;
  }
  const { id, description, notebookVersion, history, listedUntil = Infinity, engine = workGroup.engine ?? DEFAULT_ENGINE } = session;
  const current = history.filter(({ at }) => at <= time).pop();
  if (!current || time >= listedUntil) {
    return undefined;
  }
  const { at, state, reason } = current;
  return {
    SessionId: id,
    Description: description,
    NotebookVersion: notebookVersion,
    EngineVersion: engine === 'none' ? undefined : { EffectiveEngineVersion: engine },
    Status: {
      State: state,
      StateChangeReason: reason,
      StartDateTime: history[0]!.at,
      LastModifiedDateTime: at,
      EndDateTime: state === 'FAILED' || state === 'TERMINATED' ? at : undefined,
      IdleSinceDateTime: state === 'IDLE' ? at : undefined,
    },
  };
}

/** In JSON, dates are seconds since the epoch. */
function onTheWire({ Status: status, ...session }: FixedSession): object {
  const seconds = (date: Date | Instant | undefined) => date === undefined ? undefined : date.valueOf() / 1000;
  return {
    ...session,
    Status: status && {
      ...status,
      StartDateTime: seconds(status.StartDateTime),
      LastModifiedDateTime: seconds(status.LastModifiedDateTime),
      EndDateTime: seconds(status.EndDateTime),
      IdleSinceDateTime: seconds(status.IdleSinceDateTime),
    },
  };
}

function writeToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** An empty object if the text is not a token. */
function readToken(text: string): Partial<PageToken> {
  try {
    return Object(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    return {};
  }
}

function isOf(token: Partial<PageToken>, { operation, workGroup, stateFilter }: Identity): token is PageToken {
  return token.operation === operation && token.workGroup === workGroup && token.stateFilter === stateFilter;
}

function checkConstraints(operation: Operation, input: Input): void {
  const violations = Object.entries(PARAMETERS[operation]).flatMap(([name, parameter]) => {
    const member = `${name[0]!.toLowerCase()}${name.slice(1)}`;
    const value = input[name as keyof Input];
    return violationsOf(value, parameter).map(must => `Value${value === undefined ? ' null' : ''} at '${member}' failed to satisfy constraint: Member must ${must}`);
  });
  if (violations.length > 0) {
    throw invalid(`${violations.length} validation error${violations.length > 1 ? 's' : ''} detected: ${violations.join('; ')}`);
  }
}

/** The constraints that a value violates. */
function violationsOf(value: string | number | undefined, { required, min = -Infinity, max = Infinity, pattern, values }: Parameter): string[] {
  if (value === undefined) {
    return required ? ['not be null'] : [];
  }
  const [measured, size] = typeof value === 'string' ? ['length', value.length] : ['value', value];
  return [
    ...size < min ? [`have ${measured} greater than or equal to ${min}`] : [],
    ...size > max ? [`have ${measured} less than or equal to ${max}`] : [],
    ...pattern !== undefined && !new RegExp(`^${pattern}$`).test(`${value}`) ? [`satisfy regular expression pattern: ${pattern}`] : [],
    ...values && !values.includes(`${value}`) ? [`satisfy enum value set: [${values.join(', ')}]`] : [],
  ];
}

function invalid(message: string): RequestError {
  return new RequestError({ code: 'InvalidRequestException', message });
}

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[a-z0-9-]+\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/;

/**
 * Checks that the request is signed for this service, with the required headers; the signature itself is not verified.
 *
 * @returns the access key id
 */
function checkSignature(request: IncomingMessage): string {
  const { authorization } = request.headers;
  if (!authorization) {
    throw new RequestError({ code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token', status: 403 });
  }
  const [, accessKeyId, service, signed = ''] = AUTHORIZATION.exec(authorization) ?? [];
  const headers = signed.split(';');
  const missing = ['host', 'x-amz-date', 'x-amz-target'].filter(name => !headers.includes(name) || request.headers[name] === undefined);
  if (service === undefined || missing.length > 0) {
    const message = service === undefined ? 'Authorization header is malformed' : `Authorization must sign the headers ${missing.join(', ')}`;
    throw new RequestError({ code: 'IncompleteSignatureException', message, status: 403 });
  }
  if (service !== 'athena') {
    const message = `Credential should be scoped to correct service: 'athena', got '${service}'.`;
    throw new RequestError({ code: 'InvalidSignatureException', message, status: 403 });
  }
  return accessKeyId!;
}

function operationOf(request: IncomingMessage): Operation {
  const [service, name] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (request.method !== 'POST' || service !== 'AmazonAthena' || !(OPERATIONS as readonly unknown[]).includes(name)) {
    throw new RequestError({ code: 'UnknownOperationException', message: `not simulated: ${request.method} ${request.headers['x-amz-target']}` });
  }
  return name as Operation;
}

/** Parameters that are null or unknown are ignored. */
function parseInput(operation: Operation, body: string): Input {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    // rejected below
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new RequestError({ code: 'SerializationException' });
  }
  const given = Object.entries(input).filter(([name, value]) => name in PARAMETERS[operation] && value !== null);
  for (const [name, value] of given) {
    const { type } = PARAMETERS[operation][name as keyof Input]!;
    if (typeof value !== (type === 'String' ? 'string' : 'number')) {
      throw new RequestError({ code: 'SerializationException', message: `${(typeof value).toUpperCase()}_VALUE can not be converted to ${type}` });
    }
  }
  return Object.fromEntries(given);
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

/** These come from AWS's common front end and have a `message`; all others have a `Message`. */
const LOWER_CASE_MESSAGE: readonly string[] = [
  'ExpiredTokenException', 'IncompleteSignatureException', 'InvalidSignatureException', 'MissingAuthenticationTokenException',
  'ThrottlingException', 'UnrecognizedClientException',
];

function sendError(response: ServerResponse, { code, message, status = 400 }: ErrorAnswer, workGroup?: string): void {
  const members = {
    // The service also sends ErrorCode, which is not in its model.
    ...code === 'InvalidRequestException' && { AthenaErrorCode: 'INVALID_INPUT', ErrorCode: 'INVALID_INPUT' },
    ...code === 'ResourceNotFoundException' && { ResourceName: workGroup },
  };
  send(response, status, JSON.stringify({ __type: code, ...members, [LOWER_CASE_MESSAGE.includes(code) ? 'message' : 'Message']: message }));
}
