import { EventBridgeClient, InternalException, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { type EventBridge, type EventBridgeOptions, type EventFault, startEventBridge } from '../../../rehearsal/eventbridge';

jest.setTimeout(60_000); // machines may be slow, and busy

const NOON = Date.parse('2026-01-02T12:00:00Z');
const UUID = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
const SIGNED = `AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/events/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`;
const ENTRY: PutEventsRequestEntry = { Source: 'monitor', DetailType: 'Session Idle', Detail: '{"sessionId":"one"}' };

let eventBridge: EventBridge;
let client: EventBridgeClient;

async function start(options: EventBridgeOptions = {}): Promise<void> {
  eventBridge = await startEventBridge({ time: NOON, ...options });
  client = new EventBridgeClient({
    endpoint: eventBridge.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { requestTimeout: options.faults?.some(({ kind }) => kind === 'hang') ? 500 : 0, throwOnRequestTimeout: true },
  });
}

afterEach(async () => {
  client?.destroy();
  await eventBridge?.close();
});

const put = async (...entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries: entries }));
const resultOf = async (entry: PutEventsRequestEntry) => (await put(entry)).Entries![0]!;

/** A request without the SDK. */
async function post(body: object, headers: { [name: string]: string } = {}) {
  const response = await fetch(eventBridge.url, {
    method: 'POST', headers: { 'x-amz-target': 'AWSEvents.PutEvents', 'x-amz-date': '20260102T120000Z', 'authorization': SIGNED, ...headers }, body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() as any };
}

test('an event is accepted in the form that rules see', async () => {
  await start();
  const { FailedEntryCount, Entries } = await put({ ...ENTRY, Time: new Date(NOON - 1500), Resources: ['arn:one', 'arn:two'] }, ENTRY);
  expect(FailedEntryCount).toBe(0);
  expect(Entries).toEqual([{ EventId: UUID }, { EventId: UUID }]);
  expect(eventBridge.accepted).toEqual([
    {
      eventBus: 'default',
      at: NOON,
      accessKeyId: 'a',
      event: {
        'version': '0',
        'id': Entries![0]!.EventId,
        'detail-type': 'Session Idle',
        'source': 'monitor',
        'account': '123456789012',
        'time': '2026-01-02T11:59:58Z',
        'region': 'us-east-1',
        'resources': ['arn:one', 'arn:two'],
        'detail': { sessionId: 'one' },
      },
    },
    expect.objectContaining({ event: expect.objectContaining({ id: Entries![1]!.EventId, time: '2026-01-02T12:00:00Z', resources: [] }) }),
  ]);
  expect(eventBridge.calls).toEqual([expect.objectContaining({ operation: 'PutEvents', entries: 2, eventBus: 'default', throttled: false, accessKeyId: 'a', atVirtualTime: NOON })]);
});

test('the id of an event does not depend on the order of arrival, and no two events have the same', async () => {
  const [one, two] = ['one', 'two'].map(id => ({ ...ENTRY, Detail: JSON.stringify({ id }) }));
  const idsOf = async (...entries: PutEventsRequestEntry[]) => {
    await start();
    const { Entries } = await put(...entries);
    client.destroy();
    await eventBridge.close();
    return Entries!.map(({ EventId }) => EventId);
  };
  const ids = await idsOf(one!, two!, one!);
  expect(new Set(ids).size).toBe(3);
  expect(await idsOf(two!, one!, one!)).toEqual([ids[1], ids[0], ids[2]]);
});

test('a bus is named by its name or its ARN, and one that does not exist accepts events, too', async () => {
  await start();
  for (const EventBusName of ['central', 'arn:aws:events:us-east-1:123456789012:event-bus/teams/central', 'no-such-bus']) {
    expect(await resultOf({ ...ENTRY, EventBusName })).toEqual({ EventId: UUID });
  }
  expect(eventBridge.accepted.map(({ eventBus }) => eventBus)).toEqual(['central', 'teams/central', 'no-such-bus']);
});

test.each<[string, PutEventsRequestEntry, string, string]>([
  ['no source', { Source: undefined }, 'InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.'],
  ['an empty detail type', { DetailType: '' }, 'InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.'],
  ['no detail', { Detail: undefined }, 'InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.'],
  ['a long detail type', { DetailType: 'a'.repeat(129) }, 'InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType must be at most 128 characters.'],
  ['the source of a service', { Source: 'aws.athena' }, 'NotAuthorizedForSourceException', 'Not authorized for the source.'],
  ['a detail that is no JSON', { Detail: '{"a":"b"c"}' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a detail that is a list', { Detail: '[]' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a detail that is null', { Detail: 'null' }, 'MalformedDetail', 'Detail is malformed.'],
])('an entry with %s fails, and the others do not', async (_, entry, ErrorCode, ErrorMessage) => {
  await start();
  const { FailedEntryCount, Entries } = await put({ ...ENTRY, ...entry }, ENTRY);
  expect(FailedEntryCount).toBe(1);
  expect(Entries).toEqual([{ ErrorCode, ErrorMessage }, { EventId: UUID }]);
  expect(eventBridge.accepted).toHaveLength(1);
});

describe('a whole call is refused', () => {
  const sized = (bytes: number) => ({ Source: 's', DetailType: 'd', Detail: JSON.stringify({ a: 'x'.repeat(bytes - 10) }) });

  test.each<[string, PutEventsRequestEntry[], string]>([
    ['without entries', [], "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1"],
    ['with 11 entries', Array(11).fill(ENTRY), "Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"],
    ['with a malformed bus', [ENTRY, { ...ENTRY, EventBusName: 'my bus' }], "Value at 'entries.2.member.eventBusName' failed to satisfy constraint: Member must satisfy regular expression"],
    ['of more than 1 MB', [sized(1024 * 1024 - 20), sized(21)], 'Total size of the entries in the request is over the limit.'],
  ])('%s', async (_, entries, message) => {
    await start();
    await expect(put(...entries)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message), $metadata: { httpStatusCode: 400, requestId: UUID } });
    expect(eventBridge.accepted).toEqual([]);
  });

  test('but not with 10 entries of exactly 1 MB', async () => {
    await start();
    const entries = [sized(1024 * 1024 - 9 * 20), ...Array(9).fill(sized(20))];
    expect(await put(...entries)).toMatchObject({ FailedEntryCount: 0 });
    expect(eventBridge.accepted).toHaveLength(10);
  });

  test.each([
    ['with entries that are no list', { Entries: ENTRY }, 'OBJECT_VALUE can not be converted to List'],
    ['with an entry that is text', { Entries: ['one'] }, 'STRING_VALUE can not be converted to Structure'],
    ['with a detail that is not text', { Entries: [{ ...ENTRY, Detail: {} }] }, 'OBJECT_VALUE can not be converted to String'],
    ['with a resource that is not text', { Entries: [{ ...ENTRY, Resources: [1] }] }, 'NUMBER_VALUE can not be converted to String'],
    ['with a time in milliseconds', { Entries: [{ ...ENTRY, Time: NOON }] }, 'NUMBER_VALUE can not be converted to Timestamp'],
    ['with a time that is no date', { Entries: [{ ...ENTRY, Time: '12:00' }] }, 'STRING_VALUE can not be converted to Timestamp'],
  ])('%s', async (_, body, message) => {
    await start();
    expect(await post(body)).toEqual({ status: 400, body: { __type: 'SerializationException', message } });
    expect(eventBridge.accepted).toEqual([]);
  });

  test('without a signature for EventBridge, or with another target', async () => {
    await start();
    const body = { Entries: [ENTRY] };
    expect(await post(body, { authorization: SIGNED.replace('/events/', '/athena/') })).toMatchObject({ status: 403, body: { __type: 'InvalidSignatureException' } });
    expect(await post(body, { 'x-amz-target': 'AmazonAthena.PutEvents' })).toMatchObject({ status: 400, body: { __type: 'UnknownOperationException' } });
    expect(await post(body, { 'x-amz-target': 'AWSEvents.PutRule' })).toMatchObject({ status: 400, body: { __type: 'UnknownOperationException' } });
    expect(eventBridge.calls).toEqual([]);
  });
});

test.each([NOON / 1000, '2026-01-02T12:00:00Z', '2026-01-02T13:00:00.000+01:00'])('a time may be seconds, or a date in ISO 8601: %s', async time => {
  await start({ time: NOON + 60_000 });
  expect((await post({ Entries: [{ ...ENTRY, Time: time }] })).body.FailedEntryCount).toBe(0);
  expect(eventBridge.accepted[0]!.event.time).toBe('2026-01-02T12:00:00Z');
});

describe('faults', () => {
  test.each<[EventFault, object]>([
    [{ kind: 'throttle' }, { name: 'ThrottlingException', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } }],
    [{ kind: 'serverError' }, { name: 'InternalException', $metadata: { httpStatusCode: 500 } }],
    [{ kind: 'error', code: 'OperationDisabledException', message: 'no' }, { name: 'OperationDisabledException', message: 'no' }],
    [{ kind: 'accessDenied' }, {
      name: 'AccessDeniedException',
      message: expect.stringContaining('not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:123456789012:event-bus/default'),
    }],
    [{ kind: 'hang' }, { name: 'TimeoutError' }],
    [{ kind: 'reset' }, { message: expect.stringMatching(/ECONNRESET|socket hang up/) }],
  ])('%j, and nothing is accepted', async (fault, error) => {
    await start({ faults: [fault] });
    await expect(put(ENTRY)).rejects.toMatchObject(error);
    expect(eventBridge.accepted).toEqual([]);
    expect(eventBridge.calls).toEqual([expect.objectContaining({ fault: fault.kind, throttled: fault.kind === 'throttle' })]);
  });

  test('an internal error is one of the model', async () => {
    await start({ faults: [{ kind: 'serverError' }] });
    await expect(put(ENTRY)).rejects.toBeInstanceOf(InternalException);
  });

  test.each<EventFault['kind']>(['resetMidBody', 'truncated'])('%s comes too late: the events are accepted', async kind => {
    await start({ faults: [{ kind }] });
    await expect(put(ENTRY)).rejects.toThrow();
    expect(eventBridge.accepted).toHaveLength(1);
  });

  test('failedEntries fails the first entries of each call', async () => {
    await start({ faults: [{ kind: 'failedEntries', entries: 2, code: 'ThrottlingException', message: 'slow down', first: 1 }] });
    const FAILED = { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' };
    expect(await put(ENTRY, ENTRY, ENTRY)).toMatchObject({ FailedEntryCount: 2, Entries: [FAILED, FAILED, { EventId: UUID }] });
    expect(await put(ENTRY)).toMatchObject({ FailedEntryCount: 0 });
    eventBridge.faults.push({ kind: 'failedEntries' });
    expect(await put(ENTRY, ENTRY)).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }, { EventId: UUID }] });
    expect(eventBridge.accepted).toHaveLength(3);
  });

  test('apply to the calls that match', async () => {
    await start({ faults: [{ kind: 'throttle', operation: 'PutEvents', from: NOON + 1, to: NOON + 2, every: 2 }] });
    const outcomes: string[] = [];
    for (const time of [NOON, NOON + 1, NOON + 2, NOON + 3]) {
      eventBridge.time = time;
      outcomes.push(await put(ENTRY).then(() => 'ok', ({ name }) => name));
    }
    expect(outcomes).toEqual(['ok', 'ok', 'ThrottlingException', 'ok']);
  });
});
