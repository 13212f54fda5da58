import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { handler } from '../../src/collector/collector.lambda';
import type { SessionEvent } from '../../src/collector/events/session-event';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const T = Math.floor(Date.now() / (5 * MINUTE)) * 5 * MINUTE;

const ALARM = { id: 'Failed', kind: 'FAILED', runbookUrl: 'https://example.com/#failed' };
const EVENTS = JSON.stringify({ eventBus: 'alerts', monitor: 'Stack/Sessions', ownerTags: ['Owner'], dpuHourPrice: 0.35, alarms: [ALARM] });
const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_LAMBDA_FUNCTION_NAME: 'collector',
  METRIC_NAMESPACE: 'AthenaSessions',
  INTERVAL_MINUTES: '5',
  LOOKBACK_MINUTES: '60',
  MAX_SESSION_MINUTES: '1440',
  COUNT_TERMINATED: 'true',
  MAX_REQUESTS_PER_SECOND: '50',
  ZEROS_WHEN_QUIET: 'true',
  LOG_SESSION_DETAILS: 'true',
  WORK_GROUPS: 'analytics',
};

interface Call {
  readonly action: string;
  readonly body: { readonly StateFilter?: string; readonly Entries?: readonly { readonly Detail: string; readonly EventBusName: string }[] };
}

const environment = process.env;
let server: Server;
let calls: Call[];
/** What is answered instead, by action: an error's type, or `hang`. */
let faults: { [action: string]: string };

const seconds = (instant: number) => instant / SECOND;
const ANSWERS: { readonly [action: string]: (body: Call['body']) => object } = {
  ListSessions: ({ StateFilter }) => ({
    Sessions: StateFilter === 'FAILED' ? [{
      SessionId: 'a1b2c3',
      EngineVersion: { EffectiveEngineVersion: 'Apache Spark version 3.5' },
      Status: { State: 'FAILED', StartDateTime: seconds(T - 60 * MINUTE), EndDateTime: seconds(T - MINUTE) },
    }] : [],
  }),
  GetSession: () => ({ SessionConfiguration: { IdleTimeoutSeconds: 1200 } }),
  ListTagsForResource: () => ({ Tags: [{ Key: 'Owner', Value: 'jane' }] }),
  PutEvents: ({ Entries }) => ({ Entries: Entries!.map(() => ({ EventId: 'e' })) }),
};

beforeEach(async () => {
  calls = [];
  faults = {};
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => text += chunk).on('end', () => {
      const call: Call = { action: `${request.headers['x-amz-target'] as string}`.split('.')[1]!, body: JSON.parse(text) };
      calls.push(call);
      const fault = faults[call.action];
      if (fault !== 'hang') {
        response.writeHead(fault ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(fault ? { __type: fault, message: 'said the server' } : ANSWERS[call.action]!(call.body)));
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  process.env = { ...environment, ...ENVIRONMENT, AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, EVENTS };
});

afterEach(async () => {
  process.env = environment;
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

/** A new process of the function. */
function startProcess(): typeof handler {
  let module: { readonly handler: typeof handler };
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    module = require('../../src/collector/collector.lambda');
  });
  return module!.handler;
}

interface Invocation {
  readonly error?: Error;
  readonly lines: { readonly [name: string]: unknown }[];
  readonly events: SessionEvent[];
}

async function invoke(ofProcess: typeof handler, event: unknown, remaining = 240 * SECOND): Promise<Invocation> {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((line, callback) => {
    written.push(line as string);
    (callback as (() => void) | undefined)?.();
    return true;
  });
  const first = calls.length;
  let error: Error | undefined;
  try {
    await ofProcess(event, { invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:collector', getRemainingTimeInMillis: () => remaining });
  } catch (caught) {
    error = caught as Error;
  } finally {
    spy.mockRestore();
  }
  const entries = calls.slice(first).flatMap(({ body }) => body.Entries ?? []);
  return { error, lines: written.filter((line) => line !== '').map((line) => JSON.parse(line)), events: entries.map(({ Detail }) => JSON.parse(Detail)) };
}

const scheduled = (time = T) => ({ scheduledTime: new Date(time).toISOString() });
const LISTINGS = Array(5).fill('ListSessions');

test('events are sent after all listings and metrics, and further metrics follow', async () => {
  const { error, lines, events } = await invoke(startProcess(), scheduled());
  expect(error).toBeUndefined();
  expect(calls.map(({ action }) => action)).toEqual([...LISTINGS, 'GetSession', 'ListTagsForResource', 'PutEvents']);
  expect(calls.at(-1)!.body.Entries![0]!.EventBusName).toBe('alerts');
  expect(events).toEqual([expect.objectContaining({ sessionId: 'a1b2c3', idleTimeoutSeconds: 1200, owner: { name: 'jane', source: 'tag:Owner' } })]);
  const ofRun = lines.filter((line) => 'FunctionName' in line);
  expect(ofRun).toEqual([
    expect.objectContaining({ WorkGroupsMonitored: 1, ApiCalls: 5 }),
    expect.objectContaining({ EventsSent: 1, EventsFailed: 0, ApiCalls: 7, ThrottledApiCalls: 0 }),
  ]);
});

test('a process sends an event once, another process that repeats the run sends it with the same id', async () => {
  const [one, other] = [startProcess(), startProcess()];
  const first = await invoke(one, scheduled());
  expect((await invoke(one, scheduled())).events).toEqual([]);
  expect((await invoke(one, scheduled(T + 5 * MINUTE))).events).toEqual([]);
  const repeated = await invoke(other, scheduled());
  expect(repeated.events.map(({ id }) => id)).toEqual(first.events.map(({ id }) => id));
});

test.each<[string, unknown, string | undefined]>([
  ['events are off', scheduled(), undefined],
  ['a person invoked the function', {}, EVENTS],
  ['the run is late', scheduled(T - 15 * MINUTE), EVENTS],
])('nothing but listings is called if %s', async (_, event, events) => {
  process.env = { ...process.env, EVENTS: events };
  if (events === undefined) {
    delete process.env.EVENTS;
  }
  const { error, lines } = await invoke(startProcess(), event);
  expect(error).toBeUndefined();
  expect(new Set(calls.map(({ action }) => action))).toEqual(new Set(['ListSessions']));
  expect(lines.filter((line) => 'EventsSent' in line || 'EventsFailed' in line)).toEqual([]);
});

test('a run that fails still throws its error, with events on', async () => {
  faults = { ListSessions: 'AccessDeniedException' };
  const { error, lines } = await invoke(startProcess(), scheduled());
  expect(error?.message).toContain('none of 1 workgroups could be listed');
  expect(lines.at(-1)).toMatchObject({ EventsSent: 0, EventsFailed: 0 });
  expect(calls).toHaveLength(1);
});

test('a run does not fail if events cannot be sent', async () => {
  faults = { PutEvents: 'AccessDeniedException', GetSession: 'AccessDeniedException', ListTagsForResource: 'AccessDeniedException' };
  const ofProcess = startProcess();
  const { error, lines, events } = await invoke(ofProcess, scheduled());
  expect(error).toBeUndefined();
  expect(events[0]!.detailsMissing).toHaveLength(2);
  expect(lines.at(-1)).toMatchObject({ EventsSent: 0, EventsFailed: 1 });
  expect(lines.at(-2)).toMatchObject({ level: 'ERROR', reasons: ['AccessDeniedException: said the server'] });

  faults = {};
  const next = await invoke(ofProcess, scheduled(T + 5 * MINUTE));
  expect(next.events.map(({ id }) => id)).toEqual([events[0]!.id]);
  expect(next.lines.at(-1)).toMatchObject({ EventsSent: 1, EventsFailed: 0 });
});

test('events do not wait for details beyond the deadline of the listings', async () => {
  faults = { GetSession: 'hang' };
  const { error, lines, events } = await invoke(startProcess(), scheduled(), 12 * SECOND);
  expect(error).toBeUndefined();
  const detailsMissing = ['idle timeout and execution role: no time was left'];
  expect(events).toEqual([expect.objectContaining({ owner: { name: 'jane', source: 'tag:Owner' }, detailsMissing })]);
  expect(lines.at(-1)).toMatchObject({ EventsSent: 1, EventsFailed: 0 });
});

test('a run ends in time if EventBridge does not answer', async () => {
  faults = { PutEvents: 'hang' };
  const { error, lines } = await invoke(startProcess(), scheduled(), 12 * SECOND);
  expect(error).toBeUndefined();
  expect(lines.at(-1)).toMatchObject({ EventsSent: 0, EventsFailed: 1 });
  expect(lines.at(-2)).toMatchObject({ level: 'ERROR', reasons: [expect.stringMatching(/^no time was left$|^TimeoutError: /)] });
});
