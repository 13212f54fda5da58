import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { LambdaHost, LambdaOptions } from '../../rehearsal/lambda';

jest.setTimeout(60_000); // machines may be slow, and busy

let folder: string;
let hosts: LambdaHost[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lambda-test-'));
  hosts = [];
});

afterEach(async () => {
  await Promise.all(hosts.map(lambda => lambda.close()));
  rmSync(folder, { recursive: true });
});

function host(code: string, options: Partial<LambdaOptions> = {}): LambdaHost {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'index.mjs'), code);
  const created = new LambdaHost({ assetFolder: folder, handler: 'index.handler', functionName: 'monitor', timeoutSeconds: 30, ...options });
  hosts.push(created);
  return created;
}

test('the lines of a run arrive in order and complete', async () => {
  const lambda = host(`export async function handler(event) {
    for (let i = 0; i < 5000; i++) {
      (i % 2 ? process.stdout : process.stderr).write(event.word + i + '\\n');
    }
  }`);
  const { lines, error, timedOut } = await lambda.invoke({ word: 'line ' });
  expect({ error, timedOut }).toEqual({ error: undefined, timedOut: false });
  expect(lines).toEqual(Array.from({ length: 5000 }, (_, i) => `line ${i}`));
});

test('a process is reused, and each call sees its own event and request', async () => {
  const lambda = host(`let calls = 0;
    export async function handler(event, context) {
      console.log(JSON.stringify({ event, calls: ++calls, id: context.awsRequestId, name: context.functionName, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() }));
    }`);
  const [first, second] = [await lambda.invoke(1), await lambda.invoke(2)].map(({ lines }) => JSON.parse(lines[0]!));
  expect(first).toMatchObject({ event: 1, calls: 1, name: 'monitor', arn: 'arn:aws:lambda:us-east-1:123456789012:function:monitor' });
  expect(second).toMatchObject({ event: 2, calls: 2 });
  expect(second.id).not.toBe(first.id);
  expect(first.left).toBeGreaterThan(0);
  expect(first.left).toBeLessThanOrEqual(30_000);
});

test('the environment is the template\'s and Lambda\'s, not this machine\'s', async () => {
  process.env.LEAKED = 'yes';
  const lambda = host('export const handler = async () => console.log(JSON.stringify(process.env));', {
    environment: { METRIC_NAMESPACE: 'Tests' }, athenaUrl: 'http://127.0.0.1:1', eventBridgeUrl: 'http://127.0.0.1:2', memorySize: 256, region: 'eu-west-1',
  });
  const { lines } = await lambda.invoke({});
  delete process.env.LEAKED;
  const environment = JSON.parse(lines[0]!);
  expect(environment).toMatchObject({
    METRIC_NAMESPACE: 'Tests',
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'monitor',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:2',
    AWS_SESSION_TOKEN: expect.any(String),
  });
  expect(environment).not.toHaveProperty('LEAKED');
  expect(environment).not.toHaveProperty('NODE_ENV');
});

test.each<[string, Partial<LambdaOptions>, string]>([
  ['the deployed one', { arn: 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Collector' }, 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Collector'],
  ['or one in its region', { region: 'eu-west-1' }, 'arn:aws:lambda:eu-west-1:123456789012:function:monitor'],
])('the ARN of the function is %s', async (_, options, arn) => {
  const lambda = host('export const handler = async (event, context) => console.log(context.invokedFunctionArn);', options);
  expect((await lambda.invoke({})).lines).toEqual([arn]);
});

test('an error of the handler is returned, and the process goes on', async () => {
  const lambda = host(`export async function handler(event) {
    console.log('before');
    if (event.fail) throw new TypeError('no such thing');
  }`);
  expect(await lambda.invoke({ fail: true })).toMatchObject({
    lines: ['before'], error: { errorType: 'TypeError', errorMessage: 'no such thing' }, timedOut: false,
  });
  expect((await lambda.invoke({})).error).toBeUndefined();
});

test('a handler that does not end is killed, and the next call gets a new process, with a log stream of its own', async () => {
  const lambda = host(`let calls = 0;
    export async function handler(event) {
      console.log('call ' + ++calls);
      if (event.hang) await new Promise(resolve => setTimeout(resolve, 1e8));
    }`, { timeoutSeconds: 1 });
  const killed = await lambda.invoke({ hang: true }, Date.UTC(2026, 0, 31, 23, 59));
  expect(killed.usage).toBeUndefined();
  expect(killed).toMatchObject({
    lines: ['call 1'], timedOut: true, error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 1.00 seconds' },
  });
  expect(killed.logStream).toMatch(/^2026\/01\/31\/monitor\[\$LATEST\][0-9a-f]{32}$/);
  const next = await lambda.invoke({});
  expect(next).toMatchObject({ lines: ['call 1'], timedOut: false });
  expect(next.logStream).not.toBe(killed.logStream);
  expect((await lambda.invoke({})).logStream).toBe(next.logStream);
});

test('the memory and resources of a warm process can be inspected', async () => {
  const lambda = host(`const kept = [];
    export async function handler({ keep, garbage }) {
      kept.push(Buffer.alloc(keep), setInterval(() => {}, 1e8));
      for (let i = 0; i < garbage; i++) Buffer.alloc(1e6);
    }`);
  await expect(lambda.inspect()).rejects.toThrow('monitor has no process to look into');
  await lambda.invoke({ keep: 0, garbage: 0 });
  const before = await lambda.inspect();
  await lambda.invoke({ keep: 20e6, garbage: 50 });
  const after = await lambda.inspect();
  expect(after.memoryBytes - before.memoryBytes).toBeGreaterThan(19e6);
  expect(after.memoryBytes - before.memoryBytes).toBeLessThan(30e6);
  expect(after.resources.Timeout! - before.resources.Timeout!).toBe(1);
});

test('a process that ends by itself is an error', async () => {
  const lambda = host('export const handler = async () => process.exit(3);');
  expect((await lambda.invoke({})).error).toMatchObject({ errorType: 'Runtime.ExitError' });
});

test('a rejection that nobody handles ends the run', async () => {
  const lambda = host('export const handler = () => { Promise.reject(new Error("lost")); return new Promise(() => setInterval(() => {}, 1000)); };');
  expect((await lambda.invoke({})).error).toEqual({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'lost' });
});

test.each([
  ['a file that is not there', 'missing.handler', 'Runtime.ImportModuleError'],
  ['a function that is not exported', 'index.other', 'Runtime.HandlerNotFound'],
])('%s is an error', async (_, handler, errorType) => {
  const lambda = host('export const handler = async () => {};', { handler });
  expect((await lambda.invoke({})).error).toMatchObject({ errorType });
});

test('a Node that cannot be started is an error', async () => {
  const lambda = host('export const handler = async () => {};', { nodePath: path.join(folder, 'no-node') });
  expect((await lambda.invoke({})).error).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('ENOENT') });
});

test('with a speed, time passes faster everywhere in the function, from the given date on', async () => {
  const lambda = host(`import { setTimeout as sleep } from 'node:timers/promises';
    export async function handler() {
      const date = Date.now(), start = performance.now();
      await sleep(60_000);
      await new Promise(resolve => setTimeout(resolve, 60_000));
      await new Promise(resolve => AbortSignal.timeout(60_000).addEventListener('abort', resolve));
      const seconds = [performance.now() - start, Date.now() - date].map(elapsed => Math.floor(elapsed / 1000));
      console.log(JSON.stringify({ date: new Date(date).toISOString(), seconds, isDate: new Date() instanceof Date, day: new Date(0).toISOString() }));
    }`, { speed: 1000, timeoutSeconds: 100_000 });
  const { lines, durationMs } = await lambda.invoke({}, Date.parse('2026-01-02T13:05:00Z'));
  const { date, seconds, isDate, day } = JSON.parse(lines[0]!);
  expect(date).toMatch(/^2026-01-02T13:0/);
  expect(seconds[0]).toBeGreaterThanOrEqual(179);
  expect(seconds[1]).toBeGreaterThanOrEqual(178);
  expect(durationMs).toBeGreaterThan(170_000);
  expect({ isDate, day }).toEqual({ isDate: true, day: '1970-01-01T00:00:00.000Z' });
});

test('a call returns its remaining time and its peak memory', async () => {
  const lambda = host(`export async function handler(event) {
      globalThis.held = Buffer.alloc(event.megabytes * 1024 * 1024, 1);
      await new Promise(resolve => setTimeout(resolve, 10_000));
    }`, { speed: 20, timeoutSeconds: 3600 });
  const [light, heavy] = [await lambda.invoke({ megabytes: 0 }), await lambda.invoke({ megabytes: 200 })].map(({ usage }) => usage!);
  expect(light!.remainingMs).toBeLessThanOrEqual(3_590_000);
  expect(light!.remainingMs).toBeGreaterThan(0);
  expect(light!.maxMemoryBytes).toBeGreaterThan(10 * 1024 * 1024);
  expect(heavy!.maxMemoryBytes - light!.maxMemoryBytes).toBeGreaterThan(150 * 1024 * 1024);
});

test('a host runs one call at a time, and none once it is closed', async () => {
  const lambda = host('export const handler = async event => event.hang && new Promise(resolve => setTimeout(resolve, 1e8));');
  await lambda.invoke({});
  const running = lambda.invoke({ hang: true });
  await expect(lambda.invoke({})).rejects.toThrow('monitor is still running');
  await lambda.close();
  expect((await running).error).toMatchObject({ errorType: 'Runtime.ExitError' });
  await expect(lambda.invoke({})).rejects.toThrow('monitor is closed');
});

describe('a function whose pauses are skipped', () => {
  const skipping = { speed: 20, skipsPauses: true, timeoutSeconds: 900 };

  test('pauses for hours at once, and its timers keep their order', async () => {
    const lambda = host(`import { setTimeout as sleep } from 'node:timers/promises';
      export async function handler() {
        const start = performance.now(), date = Date.now(), order = [];
        setTimeout(() => order.push('timer'), 60_000);
        clearTimeout(setTimeout(() => order.push('cleared'), 61_000));
        const interval = setInterval(() => order.push('interval'), 100_000);
        await Promise.all([sleep(120_000).then(() => order.push('second')), sleep(30_000).then(() => order.push('first'))]);
        await sleep(600_000, 'value').then(value => order.push(value));
        clearInterval(interval);
        const stop = AbortSignal.timeout(5000);
        await sleep(60_000, undefined, { signal: stop }).catch(error => order.push(error.name + ' because of ' + error.cause.name));
        console.log(JSON.stringify({ order, seconds: [performance.now() - start, Date.now() - date].map(elapsed => Math.round(elapsed / 1000)) }));
      }`, skipping);
    const { lines, durationMs, usage } = await lambda.invoke({});
    expect(JSON.parse(lines[0]!)).toEqual({
      order: ['first', 'timer', 'interval', 'second', 'interval', 'value', 'AbortError because of TimeoutError'], seconds: [780, 780],
    });
    expect(durationMs).toBeGreaterThanOrEqual(780_000);
    expect(usage!.remainingMs).toBeLessThanOrEqual(120_000);
  });

  test('skips nothing while it waits for an answer', async () => {
    const server = createServer((_, response) => setTimeout(() => response.end('answer'), 200)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const lambda = host(`import { request } from 'node:http';
      import { setTimeout as sleep } from 'node:timers/promises';
      export async function handler({ port }) {
        const start = performance.now();
        const pause = sleep(60_000).then(() => console.log('pause'));
        await new Promise((resolve, reject) => request({ host: '127.0.0.1', port }, response => response.resume().on('end', resolve)).on('error', reject).end());
        console.log('answer after ' + (performance.now() - start >= 4000 && performance.now() - start < 60_000));
        await pause;
      }`, skipping);
    const { lines } = await lambda.invoke({ port: (server.address() as AddressInfo).port });
    server.close();
    expect(lines).toEqual(['answer after true', 'pause']);
  });

  test('is killed when its own clock reaches the timeout', async () => {
    const lambda = host(`import { setTimeout as sleep } from 'node:timers/promises';
      export async function handler() {
        for (;;) { console.log('again'); await sleep(400_000); }
      }`, skipping);
    expect(await lambda.invoke({})).toMatchObject({ timedOut: true, error: { errorMessage: 'Task timed out after 900.00 seconds' }, lines: expect.arrayContaining(['again']) });
    expect(await lambda.invoke({})).toMatchObject({ timedOut: true });
  });
});
