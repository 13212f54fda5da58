import {
  type ErrorAnswer, type Instant, JsonService, type Members, type ReceivedCall, RequestError, SERVICE_FAULT_KINDS,
  type ServiceFault, type ServiceOptions,
} from './json-service';

export type { ErrorAnswer, Instant, RateLimit } from './json-service';

export const SESSION_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'TERMINATED', 'DEGRADED', 'FAILED'] as const;
export type SessionState = typeof SESSION_STATES[number];

const EXECUTOR_STATES = ['CREATING', 'CREATED', 'REGISTERED', 'TERMINATING', 'TERMINATED', 'FAILED'] as const;

/** The states that an unfiltered listing is documented to list. @see https://docs.aws.amazon.com/athena/latest/APIReference/API_ListSessions.html */
export const DOCUMENTED_ACTIVE_STATES: readonly SessionState[] = ['CREATING', 'CREATED', 'IDLE', 'BUSY'];

/** What a session has that listings do not show. */
export interface SessionDetails {
  tags?: { readonly [key: string]: string };
  /** An ARN. */
  executionRole?: string;
  /** In milliseconds. It is only reported: the state of the session does not depend on it. */
  idleTimeout?: number;
  /** `Statistics` of GetSession. @default - the session has none */
  dpuExecutionMillis?: number;
  /** Newest first. @default - none */
  executors?: readonly Executor[];
}

/** An executor as the API lists it. Its times are numbers, in a unit that is not documented. */
export interface Executor {
  ExecutorId: string;
  ExecutorType?: 'COORDINATOR' | 'GATEWAY' | 'WORKER';
  StartDateTime?: number;
  TerminationDateTime?: number;
  ExecutorState?: typeof EXECUTOR_STATES[number];
  /** In DPUs. */
  ExecutorSize?: number;
}

/** A session as the API lists it, the same at all times. Every part may be missing, and the state may be unknown. */
export interface FixedSession extends SessionDetails {
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
export interface SessionHistory extends SessionDetails {
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
  tags?: { readonly [key: string]: string };
  sessions?: (FixedSession | SessionHistory)[];
}

/** Operations that list sessions and workgroups, in pages. */
export const LISTINGS = ['ListSessions', 'ListWorkGroups'] as const;
export const OPERATIONS = [...LISTINGS, 'GetSession', 'ListExecutors', 'ListTagsForResource'] as const;
export type Operation = typeof OPERATIONS[number];

export const FAULT_KINDS = [...SERVICE_FAULT_KINDS, 'repeatedToken', 'emptyPage'] as const;
export type FaultKind = typeof FAULT_KINDS[number];

/** A fault, for the calls that match all given properties. */
export interface Fault extends ServiceFault {
  kind: FaultKind;
  /** @default - every listing */
  operation?: Operation;
  /** That of the listing, or of the session. */
  workGroup?: string;
  /** `none` is the unfiltered listing. */
  stateFilter?: SessionState | 'none';
  /** Counts from 1. */
  page?: number;
}

/** What a call asks for. */
export interface PageRequest {
  operation: Operation;
  /** That of the listing, or of the session. */
  workGroup?: string;
  stateFilter?: string;
  sessionId?: string;
  /** Counts from 1. */
  page: number;
  maxResults?: number;
}

/** A received call. */
export interface Call extends PageRequest, ReceivedCall<FaultKind> {}

export interface AthenaOptions extends ServiceOptions<PageRequest, Fault> {
  workGroups?: { [name: string]: WorkGroup };
  /** States that an unfiltered listing lists. @default DOCUMENTED_ACTIVE_STATES */
  unfiltered?: readonly string[] | 'all';
  /** The order of sessions, across pages. @default 'newestFirst' */
  order?: 'newestFirst' | 'asGiven';
  /** The answer of ListSessions for a workgroup that does not exist. @default - InvalidRequestException: WorkGroup is not found. */
  missingWorkGroup?: ErrorAnswer | 'noSessions';
  /** The answer of ListSessions for a workgroup whose engine is not Spark. @default - InvalidRequestException: Workgroup EngineVersion is not Spark. */
  sqlWorkGroup?: ErrorAnswer | 'noSessions';
  /** Replaces an answer by another value, or by the text of the body. */
  rewrite?: (answer: Answer, call: Call) => unknown;
}

/** An answer: that of a listing, or with the members of another operation. */
export interface Answer {
  Sessions?: object[];
  WorkGroups?: object[];
  NextToken?: string;
  [member: string]: unknown;
}

/** Starts a simulated Athena on loopback. */
export async function startAthena(options: AthenaOptions = {}): Promise<Athena> {
  const athena = new Athena(options);
  await athena.listen();
  return athena;
}

/** What a listing is of: a page token is for this alone. */
type Identity = Pick<PageRequest, 'operation' | 'workGroup' | 'stateFilter' | 'sessionId'>;

/** The position of a session in its workgroup. */
interface Place {
  start: number;
  index: number;
}

/** The content of a page token: where the next page begins. */
interface PageToken extends Identity {
  page: number;
  after?: Place;
}

interface Listing {
  items: object[];
  nextToken?: string;
}

const DEFAULT_ENGINE = 'PySpark engine version 3';
const WORK_GROUPS_PER_PAGE = 50;
const MAX_SESSIONS_PER_PAGE = 100;
const MAX_EXECUTORS_PER_PAGE = 100;

interface Input {
  WorkGroup?: string;
  StateFilter?: string;
  SessionId?: string;
  ExecutorStateFilter?: string;
  ResourceARN?: string;
  MaxResults?: number;
  NextToken?: string;
}

const INPUTS: { [operation in Operation]: Members } = {
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
  GetSession: {
    SessionId: { type: 'String', required: true, min: 1, max: 256 },
  },
  ListExecutors: {
    SessionId: { type: 'String', required: true, min: 1, max: 256 },
    ExecutorStateFilter: { type: 'String', values: EXECUTOR_STATES },
    MaxResults: { type: 'Integer', min: 1, max: MAX_EXECUTORS_PER_PAGE },
    NextToken: { type: 'String', max: 2048 },
  },
  ListTagsForResource: {
    ResourceARN: { type: 'String', required: true, min: 1, max: 1011 },
    NextToken: { type: 'String', min: 1, max: 1024 },
    MaxResults: { type: 'Integer', min: 75 },
  },
};

/** Athena's sessions and workgroups. They may be changed while it runs. */
export class Athena extends JsonService<PageRequest, Fault, Input> {
  public readonly workGroups: Map<string, WorkGroup>;
  public unfiltered: readonly string[] | 'all';
  public rewrite: AthenaOptions['rewrite'];
  private readonly order: AthenaOptions['order'];
  private readonly missingWorkGroup: ErrorAnswer | 'noSessions';
  private readonly sqlWorkGroup: ErrorAnswer | 'noSessions';
  private readonly orders = new WeakMap<object, { length: number; order: Place[] }>();

  public constructor(options: AthenaOptions = {}) {
    super({
      target: 'AmazonAthena', signingName: 'athena', operations: INPUTS, invalidInput: 'InvalidRequestException', internalError: 'InternalServerException',
    }, options);
    this.workGroups = new Map(Object.entries(options.workGroups ?? {}));
    this.unfiltered = options.unfiltered ?? DOCUMENTED_ACTIVE_STATES;
    this.rewrite = options.rewrite;
    this.order = options.order;
    this.missingWorkGroup = options.missingWorkGroup ?? { code: 'InvalidRequestException', message: 'WorkGroup is not found.' };
    // The message of StartSession: that of ListSessions is not documented.
    this.sqlWorkGroup = options.sqlWorkGroup ?? { code: 'InvalidRequestException', message: 'Workgroup EngineVersion is not Spark.' };
  }

  protected override requestOf(operation: Operation, input: Input): PageRequest {
    const { WorkGroup: workGroup, StateFilter: stateFilter, MaxResults: maxResults } = input;
    const page = input.NextToken === undefined ? 1 : readToken(input.NextToken).page ?? 1;
    switch (operation) {
      case 'ListSessions': return { operation, workGroup, stateFilter, page, maxResults };
      case 'ListWorkGroups': return { operation, page, maxResults };
      case 'GetSession': return { operation, workGroup: this.find(input.SessionId)?.workGroup, sessionId: input.SessionId, page };
      case 'ListExecutors': return {
        operation,
        workGroup: this.find(input.SessionId)?.workGroup,
        sessionId: input.SessionId,
        stateFilter: input.ExecutorStateFilter,
        page,
        maxResults,
      };
      case 'ListTagsForResource': return { operation, ...resourceOfArn(input.ResourceARN), page, maxResults };
    }
  }

  protected override matchesFault(fault: Fault, request: PageRequest): boolean {
    const isMeant = fault.operation === undefined ? isListing(request.operation) : fault.operation === request.operation;
    return isMeant
      && (fault.workGroup ?? request.workGroup) === request.workGroup
      && (fault.stateFilter === undefined || (request.operation === 'ListSessions' && fault.stateFilter === (request.stateFilter ?? 'none')))
      && (fault.page ?? request.page) === request.page;
  }

  protected override validate(request: PageRequest, input: Input): void {
    super.validate(request, input);
    if (input.NextToken !== undefined && !isOf(readToken(input.NextToken), request)) {
      throw this.invalid(`The nextPageToken is malformed: ${input.NextToken}`);
    }
  }

  protected override output(input: Input, call: Call, fault: Fault | undefined): string {
    const answer = isListing(call.operation) ? this.list(input, call, fault)
      : call.operation === 'GetSession' ? this.getSession(call)
        : call.operation === 'ListExecutors' ? this.listExecutors(call, input) : this.listTags(call, input);
    const rewritten = this.rewrite ? this.rewrite(answer, call) : answer;
    return typeof rewritten === 'string' ? rewritten : JSON.stringify(rewritten);
  }

  protected override resourceOf({ workGroup, sessionId }: PageRequest): string {
    const session = sessionId === undefined ? '' : `/session/${sessionId}`;
    const { account, region } = this.environment;
    return workGroup === undefined ? '*' : `arn:aws:athena:${region}:${account}:workgroup/${workGroup}${session}`;
  }

  protected override errorBody({ code, message }: ErrorAnswer, input: Input): object {
    return {
      __type: code,
      // The service also sends ErrorCode, which is not in its model.
      ...code === 'InvalidRequestException' && { AthenaErrorCode: 'INVALID_INPUT', ErrorCode: 'INVALID_INPUT' },
      ...code === 'ResourceNotFoundException' && { ResourceName: input.WorkGroup ?? input.SessionId ?? input.ResourceARN },
      [LOWER_CASE_MESSAGE.includes(code) ? 'message' : 'Message']: message,
    };
  }

  private list(input: Input, { operation, workGroup, stateFilter, page }: Call, fault: Fault | undefined): Answer {
    const identity: Identity = { operation, workGroup, stateFilter };
    const token = input.NextToken === undefined ? undefined : readToken(input.NextToken) as PageToken;
    const listed = () => operation === 'ListSessions' ? this.listSessions(input, identity, token) : this.listWorkGroups(input, identity, token);
    const nextPage = { ...identity, page: page + 1 };
    let listing: Listing;
    switch (fault?.kind) {
      case 'repeatedToken': {
        const { items, nextToken } = listed();
        // The first page is requested without a token: its own is then repeated.
        listing = { items, nextToken: input.NextToken ?? nextToken ?? writeToken(nextPage) };
        break;
      }
      case 'emptyPage':
        listing = { items: [], nextToken: writeToken({ ...nextPage, after: token?.after }) };
        break;
      default:
        listing = listed();
    }
    const { items, nextToken } = listing;
    return { [operation === 'ListSessions' ? 'Sessions' : 'WorkGroups']: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
  }

  /** A session exists from its first change on, whether it is listed or not. */
  private find(sessionId: string | undefined): { workGroup: string; session: FixedSession } | undefined {
    for (const [name, workGroup] of this.workGroups) {
      for (const one of workGroup.sessions ?? []) {
        if ((isHistory(one) ? one.id : one.SessionId) === sessionId) {
          const session = sessionAt(one, this.time, workGroup);
          return session && { workGroup: name, session };
        }
      }
    }
    return undefined;
  }

  private getSession({ sessionId }: Call): Answer {
    const { workGroup, session } = this.find(sessionId) ?? notFound(`Session ${sessionId} is not found`);
    const { EngineVersion: { EffectiveEngineVersion, SelectedEngineVersion } = {}, executionRole, idleTimeout, dpuExecutionMillis } = session;
    const engine = EffectiveEngineVersion ?? SelectedEngineVersion;
    return {
      ...onTheWire(session),
      WorkGroup: workGroup,
      EngineVersion: engine, // not a structure, as in listings
      EngineConfiguration: engine === DEFAULT_ENGINE
        ? { CoordinatorDpuSize: 1, DefaultExecutorDpuSize: 1, MaxConcurrentDpus: 20 } : { Classifications: [] },
      SessionConfiguration: {
        ExecutionRole: executionRole,
        IdleTimeoutSeconds: idleTimeout === undefined ? undefined : idleTimeout / 1000,
        SessionIdleTimeoutInMinutes: idleTimeout === undefined ? undefined : idleTimeout / 60_000,
      },
      Statistics: dpuExecutionMillis === undefined ? undefined : { DpuExecutionInMillis: dpuExecutionMillis },
    };
  }

  private listExecutors({ operation, workGroup, sessionId, stateFilter, page, maxResults }: Call, input: Input): Answer {
    const { session } = this.find(sessionId) ?? notFound(`Session ${sessionId} is not found`);
    const listed = (session.executors ?? []).filter(({ ExecutorState: state }) => (stateFilter ?? state) === state);
    const token = input.NextToken === undefined ? undefined : readToken(input.NextToken) as PageToken;
    const first = token?.after ? token.after.index + 1 : 0;
    const end = first + (maxResults ?? MAX_EXECUTORS_PER_PAGE);
    const identity: Identity = { operation, workGroup, stateFilter, sessionId };
    return {
      SessionId: sessionId,
      ExecutorsSummary: listed.slice(first, end),
      ...end < listed.length && { NextToken: writeToken({ ...identity, page: page + 1, after: { start: 0, index: end - 1 } }) },
    };
  }

  /** Of sessions and workgroups. One page: a resource has at most 50 tags. */
  private listTags({ workGroup, sessionId, region }: Call, { ResourceARN: arn = '' }: Input): Answer {
    const isHere = new RegExp(`^arn:aws[a-z-]*:athena:${region}:${this.environment.account}:`).test(arn);
    const found = sessionId === undefined ? undefined : this.find(sessionId);
    const resource = sessionId === undefined ? this.workGroups.get(workGroup ?? '') : found?.workGroup === workGroup ? found?.session : undefined;
    if (!isHere || !resource) {
      return notFound(`Resource ${arn} is not found`);
    }
    return { Tags: Object.entries(resource.tags ?? {}).map(([Key, Value]) => ({ Key, Value })) };
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
      const one = sessions[place.index]!;
      const session = sessionAt(one, this.time, workGroup);
      if (!session || (isHistory(one) && this.time >= (one.listedUntil ?? Infinity)) || !this.isListed(session.Status?.State, stateFilter)) {
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
function sessionAt(session: FixedSession | SessionHistory, time: Instant, workGroup: WorkGroup): FixedSession | undefined {
  if (!isHistory(session)) {
    return session;
  }
  const {
    id, description, notebookVersion, history, engine = workGroup.engine ?? DEFAULT_ENGINE,
    tags, executionRole, idleTimeout, dpuExecutionMillis, executors,
  } = session;
  const current = history.filter(({ at }) => at <= time).pop();
  if (!current) {
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
    tags,
    executionRole,
    idleTimeout,
    dpuExecutionMillis,
    executors,
  };
}

/** As in listings. In JSON, dates are seconds since the epoch. */
function onTheWire({ Status: status, tags, executionRole, idleTimeout, dpuExecutionMillis, executors, ...session }: FixedSession): object {
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

function isOf(token: Partial<PageToken>, { operation, workGroup, stateFilter, sessionId }: Identity): token is PageToken {
  return token.operation === operation && token.workGroup === workGroup && token.stateFilter === stateFilter && token.sessionId === sessionId;
}

function isListing(operation: Operation): boolean {
  return (LISTINGS as readonly string[]).includes(operation);
}

/** The workgroup of an ARN, and the session if it is that of one. */
function resourceOfArn(arn = ''): Pick<PageRequest, 'workGroup' | 'sessionId'> {
  const [, workGroup, sessionId] = /^arn:[^:]+:athena:[^:]+:\d{12}:workgroup\/([^/]+)(?:\/session\/([^/]+))?$/.exec(arn) ?? [];
  return { workGroup, sessionId };
}

function notFound(message: string): never {
  throw new RequestError({ code: 'ResourceNotFoundException', message });
}

/** These come from AWS's common front end and have a `message`; all others have a `Message`. */
const LOWER_CASE_MESSAGE: readonly string[] = [
  'ExpiredTokenException', 'IncompleteSignatureException', 'InvalidSignatureException', 'MissingAuthenticationTokenException',
  'ThrottlingException', 'UnrecognizedClientException',
];
