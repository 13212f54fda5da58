import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventBus } from '../../src/eventbridge/event-bus';

interface Entry { readonly Detail: string }
interface Call {
  readonly entries: Entry[];
  readonly headers: IncomingMessage['headers'];
}
/** Answers a call, or not. */
type Answer = (call: Call, response: ServerResponse) => void;

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
let server: Server;
let calls: Call[];
let answers: Answer[];

const json = (status: number, body: unknown, headers = {}): Answer => (_, response) => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers }).end(JSON.stringify(body));
};
const accepted: Answer = (call, response) => json(200, { FailedEntryCount: 0, Entries: call.entries.map((_, index) => ({ EventId: `e${index}` })) })(call, response);
const error = (status: number, type: string, headers = {}) => json(status, { __type: type, message: 'said the server' }, headers);
/** Rejects the events that these numbers are the details of. */
const rejecting = (...details: number[]): Answer => (call, response) => json(200, {
  Entries: call.entries.map(({ Detail }) => (details.includes(Number(Detail)) ? { ErrorCode: 'InternalFailure', ErrorMessage: 'try again' } : { EventId: 'e' })),
})(call, response);
const reset: Answer = (_, response) => response.destroy();
const hang: Answer = () => {};

beforeEach(async () => {
  calls = [];
  answers = [];
  Object.assign(process.env, CREDENTIALS);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const call = { entries: (JSON.parse(Buffer.concat(chunks).toString()) as { Entries: Entry[] }).Entries, headers: request.headers };
      calls.push(call);
      (answers.shift() ?? accepted)(call, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});

afterEach(async () => {
  Object.keys(CREDENTIALS).forEach((name) => delete process.env[name]);
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

function busOf(env: { readonly [name: string]: string } = {}): EventBus {
  const { port } = server.address() as AddressInfo;
  return new EventBus({ env: { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${port}`, ...env } } as unknown as NodeJS.Process);
}

const never = () => new AbortController().signal;
/** Events whose details are their numbers. */
const events = (count: number) => Array.from({ length: count }, (_, index) => ({
  EventBusName: 'default', Source: 'cdk-athena-session-monitor', DetailType: 'Athena Session Idle', Time: new Date(0), Resources: [], Detail: `${index}`,
}));
const sentDetails = () => calls.map(({ entries }) => entries.map(({ Detail }) => Number(Detail)));
const OK = {};

describe('the deadline', () => {
  const noTime = { error: 'no time was left' };

  test('that has passed means that no call is made', async () => {
    expect(await busOf().put(events(12), AbortSignal.abort())).toEqual(Array(12).fill(noTime));
    expect(calls).toEqual([]);
  });

  test.each<[string, Answer, string]>([
    ['the SDK waits for the next attempt', error(503, 'ServiceUnavailable', { 'x-amz-retry-after': '6000' }), 'no time was left'],
    ['a call has no answer', hang, 'no time was left'],
    ['rejected entries wait for the next attempt', rejecting(0, 1), 'InternalFailure: try again'],
  ])('ends sending while %s', async (_, answer, reason) => {
    const controller = new AbortController();
    answers = Array<Answer>(9).fill((call, response) => {
      answer(call, response);
      setTimeout(() => controller.abort(), 100);
    });
    const started = performance.now();
    const results = await busOf().put(events(2), controller.signal);
    expect(results).toEqual(Array(2).fill({ error: reason }));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

test('without events, no call is made', async () => {
  expect(await busOf().put([], never())).toEqual([]);
  expect(calls).toEqual([]);
});

test('entries arrive as they are', async () => {
  const [event] = events(1);
  await busOf().put([{ ...event!, Detail: '{"a":"é \u2028"}', Resources: ['arn:x'] }], never());
  expect(calls[0]!.entries).toEqual([{ ...event, Detail: '{"a":"é \u2028"}', Resources: ['arn:x'], Time: 0 }]);
  expect(calls[0]!.headers).toMatchObject({ 'x-amz-target': 'AWSEvents.PutEvents', 'authorization': expect.stringContaining('/eu-west-1/events/aws4_request') });
});

test.each([[1, [1]], [10, [10]], [11, [10, 1]], [100, Array(10).fill(10)]])('%d events are sent in calls of at most ten', async (count, sizes) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  expect(await busOf().put(events(count), never())).toEqual(Array(count).fill(OK));
  process.off('warning', onWarning);
  expect(sentDetails().map(({ length }) => length).sort((a, b) => b - a)).toEqual(sizes);
  expect(sentDetails().flat().sort((a, b) => a - b)).toEqual(events(count).map((_, index) => index));
  expect(warnings).toEqual([]);
});

test('only rejected entries are sent again', async () => {
  answers = [rejecting(1, 3), rejecting(3)];
  expect(await busOf().put(events(5), never())).toEqual(Array(5).fill(OK));
  expect(sentDetails()).toEqual([[0, 1, 2, 3, 4], [1, 3], [3]]);
});

test('entries that stay rejected are sent four times, and their results are in the order of the events', async () => {
  answers = Array<Answer>(4).fill(rejecting(0, 2));
  const failed = { error: 'InternalFailure: try again' };
  expect(await busOf().put(events(4), never())).toEqual([failed, OK, failed, OK]);
  expect(sentDetails()).toEqual([[0, 1, 2, 3], [0, 2], [0, 2], [0, 2]]);
});

test('results of several calls are in the order of the events', async () => {
  const rejected = [0, 9, 10, 24, 34];
  answers = Array<Answer>(100).fill(rejecting(...rejected));
  const results = await busOf().put(events(36), never());
  expect(results.flatMap((result, index) => (result.error === undefined ? [] : [index]))).toEqual(rejected);
  expect(results).toHaveLength(36);
});

test.each<[string, Answer]>([
  ['a throttle', error(400, 'ThrottlingException')],
  ['a server error', error(500, 'InternalException')],
  ['an answer that is not JSON', (_, response) => response.writeHead(503, {}).end('<html>busy</html>')],
  ['a reset connection', reset],
])('a call is made again after %s', async (_, answer) => {
  answers = [answer];
  expect(await busOf().put(events(2), never())).toEqual([OK, OK]);
  expect(sentDetails()).toEqual([[0, 1], [0, 1]]);
});

test('a call without an answer is made again', async () => {
  answers = [hang];
  expect(await busOf().put(events(1), never())).toEqual([OK]);
  expect(calls).toHaveLength(2);
});

test.each([
  [400, 'AccessDeniedException', 1],
  [400, 'ResourceNotFoundException', 1],
  [500, 'InternalException', 3],
  [400, 'ThrottlingException', 3],
])('all events of a call fail if its answer stays %d %s', async (status, type, attempts) => {
  answers = Array<Answer>(attempts).fill(error(status, type));
  expect(await busOf().put(events(2), never())).toEqual(Array(2).fill({ error: `${type}: said the server` }));
  expect(calls).toHaveLength(attempts);
});

test('a failed call leaves the other calls alone', async () => {
  const denied = error(400, 'AccessDeniedException');
  answers = Array<Answer>(2).fill((call, response) => (call.entries.length === 10 ? denied : accepted)(call, response));
  const failed = { error: 'AccessDeniedException: said the server' };
  expect(await busOf().put(events(15), never())).toEqual([...Array(10).fill(failed), ...Array(5).fill(OK)]);
});

test('events are not sent if the answer does not say so', async () => {
  const bodies = [{}, { Entries: null }, { Entries: 5 }, { Entries: [null, null] }, { Entries: [{}, { EventId: '' }] }];
  const bodyOf = ({ entries }: Call) => bodies[Math.floor(Number(entries[0]!.Detail) / 10)];
  answers = Array<Answer>(4 * bodies.length).fill((call, response) => json(200, bodyOf(call))(call, response));
  expect(await busOf().put(events(10 * bodies.length), never())).toEqual(Array(10 * bodies.length).fill({ error: expect.any(String) }));
  expect(calls).toHaveLength(4 * bodies.length);
});

test('an entry that the answer leaves out is sent again', async () => {
  answers = [json(200, { Entries: [{ EventId: 'e' }] })];
  expect(await busOf().put(events(2), never())).toEqual([OK, OK]);
  expect(sentDetails()).toEqual([[0, 1], [1]]);
});

test.each<[string, NodeJS.ProcessEnv]>([
  ['the credentials are missing', {}],
  ['nobody listens', { AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:1' }],
])('never rejects, even if %s', async (_, env) => {
  if (!env.AWS_ENDPOINT_URL_EVENTBRIDGE) {
    Object.keys(CREDENTIALS).forEach((name) => delete process.env[name]);
  }
  expect(await busOf(env as { [name: string]: string }).put(events(11), never())).toEqual(Array(11).fill({ error: expect.any(String) }));
});
