import { createHash } from 'node:crypto';
import {
  type Instant, JsonService, type Members, type ReceivedCall, SERVICE_FAULT_KINDS, type ServiceFault, type ServiceOptions,
} from '../json-service';

/** An event as rules see it. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface BusEvent {
  'version': '0';
  'id': string;
  'detail-type': string;
  'source': string;
  'account': string;
  /** In ISO 8601, without fractions of seconds. */
  'time': string;
  'region': string;
  'resources': string[];
  'detail': { [name: string]: unknown };
}

/** An event that EventBridge has accepted. */
export interface AcceptedEvent {
  /** The name of the bus, which may not exist. */
  eventBus: string;
  event: BusEvent;
  /** When it arrived, in virtual time. */
  at: Instant;
  /** Of its sender. */
  accessKeyId: string;
}

export const EVENT_OPERATIONS = ['PutEvents'] as const;

export const EVENT_FAULT_KINDS = [...SERVICE_FAULT_KINDS, 'failedEntries'] as const;
export type EventFaultKind = typeof EVENT_FAULT_KINDS[number];

/** A fault, for the calls that match all given properties. */
export interface EventFault extends ServiceFault {
  kind: EventFaultKind;
  operation?: typeof EVENT_OPERATIONS[number];
  /** Of an `error` or of `failedEntries`. @default 'InternalException', of entries 'InternalFailure' */
  code?: string;
  /** Of `failedEntries`: how many entries fail, the first ones of each call. @default 1 */
  entries?: number;
}

export interface PutEventsRequest {
  operation: typeof EVENT_OPERATIONS[number];
  /** The number of entries. */
  entries: number;
  /** That of the first entry. */
  eventBus: string;
}

/** A received call. */
export interface EventCall extends PutEventsRequest, ReceivedCall<EventFaultKind> {}

export type EventBridgeOptions = ServiceOptions<PutEventsRequest, EventFault>;

interface Entry {
  Time?: Date;
  Source?: string;
  Resources?: string[];
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
}

interface Input {
  Entries?: Entry[];
}

const MAX_ENTRIES = 10;
const MAX_BYTES = 1024 * 1024;

const PUT_EVENTS: Members = {
  Entries: {
    type: 'List',
    required: true,
    min: 1,
    max: MAX_ENTRIES,
    element: {
      type: 'Structure',
      members: {
        Time: { type: 'Timestamp' },
        Source: { type: 'String' },
        Resources: { type: 'List', element: { type: 'String', max: 2048 } },
        DetailType: { type: 'String' },
        Detail: { type: 'String' },
        EventBusName: { type: 'String', min: 1, max: 1600, pattern: String.raw`(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[\/\.\-_A-Za-z0-9]+` },
        TraceHeader: { type: 'String', min: 1, max: 500 },
      },
    },
  },
  EndpointId: { type: 'String', min: 1, max: 50 },
};

/** Starts a simulated EventBridge on loopback. */
export async function startEventBridge(options: EventBridgeOptions = {}): Promise<EventBridge> {
  const eventBridge = new EventBridge(options);
  await eventBridge.listen();
  return eventBridge;
}

/**
 * The event buses. As on AWS, an event for a bus that does not exist is accepted, and no rule sees it.
 * @see https://github.com/aws/aws-sdk/issues/186
 */
export class EventBridge extends JsonService<PutEventsRequest, EventFault, Input> {
  /** Every accepted event so far, in order. */
  public readonly accepted: AcceptedEvent[] = [];
  /** How often each event was accepted. */
  private readonly counts = new Map<string, number>();

  public constructor(options: EventBridgeOptions = {}) {
    super({
      target: 'AWSEvents', signingName: 'events', operations: { PutEvents: PUT_EVENTS }, invalidInput: 'ValidationException', internalError: 'InternalException',
    }, options);
  }

  protected override requestOf(operation: PutEventsRequest['operation'], { Entries: entries = [] }: Input): PutEventsRequest {
    return { operation, entries: entries.length, eventBus: busNameOf(entries[0]?.EventBusName) };
  }

  protected override validate(request: PutEventsRequest, input: Input): void {
    super.validate(request, input);
    if (input.Entries!.reduce((bytes, entry) => bytes + sizeOf(entry), 0) > MAX_BYTES) {
      throw this.invalid('Total size of the entries in the request is over the limit.');
    }
  }

  protected override output({ Entries: entries }: Input, { accessKeyId }: EventCall, fault: EventFault | undefined): string {
    const failing = fault?.kind === 'failedEntries' ? fault.entries ?? 1 : 0;
    const results = entries!.map((entry, index) => {
      const failure = index < failing
        ? { ErrorCode: fault!.code ?? 'InternalFailure', ErrorMessage: fault!.message ?? 'An error on demand' }
        : failureOf(entry);
      return failure ?? { EventId: this.accept(entry, accessKeyId) };
    });
    return JSON.stringify({ FailedEntryCount: results.filter(result => 'ErrorCode' in result).length, Entries: results });
  }

  protected override resourceOf({ eventBus }: PutEventsRequest): string {
    const { account, region } = this.environment;
    return `arn:aws:events:${region}:${account}:event-bus/${eventBus}`;
  }

  private accept(entry: Entry, accessKeyId: string): string {
    const { Time: time, Source: source, Resources: resources, DetailType: detailType, Detail: detail, EventBusName: eventBus } = entry;
    const id = this.idOf(JSON.stringify(entry));
    this.accepted.push({
      eventBus: busNameOf(eventBus),
      at: this.time,
      accessKeyId,
      event: {
        'version': '0',
        'id': id,
        'detail-type': detailType!,
        'source': source!,
        'account': this.environment.account,
        'time': new Date(time ?? this.time).toISOString().replace(/\.\d+Z/, 'Z'),
        'region': this.environment.region,
        'resources': resources ?? [],
        'detail': JSON.parse(detail!),
      },
    });
    return id;
  }

  /** The same in each rehearsal: events of functions that run at once arrive in any order. */
  private idOf(content: string): string {
    const count = (this.counts.get(content) ?? 0) + 1;
    this.counts.set(content, count);
    const hash = createHash('sha256').update(`${count} ${content}`).digest('hex');
    return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  }
}

/** The name of a bus that is given by name or by ARN. */
export function busNameOf(bus = 'default'): string {
  return bus.replace(/^arn:.*:event-bus\//, '');
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf({ Time: time, Source: source, Resources: resources = [], DetailType: detailType, Detail: detail }: Entry): number {
  return [source, detailType, detail, ...resources].reduce((bytes, text = '') => bytes + Buffer.byteLength(text), time === undefined ? 0 : 14);
}

/**
 * Why an entry is not accepted.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
function failureOf(entry: Entry): { ErrorCode: string; ErrorMessage: string } | undefined {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[name]) {
      return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.` };
    }
  }
  if (entry.DetailType!.length > 128) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter DetailType is not valid. Reason: DetailType must be at most 128 characters.' };
  }
  if (entry.Source!.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  return isJsonObject(entry.Detail!) ? undefined : { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
}

function isJsonObject(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
