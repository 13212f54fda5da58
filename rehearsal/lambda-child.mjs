// The process of a simulated Lambda function: it loads the handler, and calls it for each message of its parent.
// Plain JavaScript, as it also runs on other versions of Node, without tsx.

import { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const [assetFolder, handlerName, speedText] = process.argv.slice(1);
const speed = Number(speedText);

// Everything goes to standard output, so that lines keep their order.
process.stderr.write = process.stdout.write.bind(process.stdout);
const setClock = installClock();

process.on('message', message => message.inspect ? process.send({ inspection: inspection() }) : invoke(message));

async function invoke({ event, context, time, timeout }) {
  setClock(time);
  const deadline = performance.now() + timeout;
  const getRemainingTimeInMillis = () => Math.max(0, deadline - performance.now());
  let error;
  try {
    const handler = await loadedHandler();
    await handler(event, { ...context, getRemainingTimeInMillis });
  } catch (thrown) {
    error = describe(thrown);
  }
  const usage = { remainingMs: getRemainingTimeInMillis(), maxMemoryBytes: maxMemoryBytes() };
  // The parent waits for this line, so that all lines before it have arrived.
  process.stdout.write(`REPORT RequestId: ${context.awsRequestId}\n`, () => process.send({ requestId: context.awsRequestId, error, usage }));
}
process.on('disconnect', () => process.exit());
process.on('unhandledRejection', thrown => {
  process.send({ error: { ...describe(thrown), errorType: 'Runtime.UnhandledPromiseRejection' } }, () => process.exit(1));
});

const loading = load();
loading.catch(() => {}); // rethrown by each call
// As in Lambda, the handler is loaded before the first call, outside its timeout.
loading.then(() => process.send({ ready: true }), () => process.send({ ready: true }));

async function loadedHandler() {
  return await loading;
}

async function load() {
  const dot = handlerName.lastIndexOf('.');
  const base = path.join(assetFolder, handlerName.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map(extension => base + extension).find(existsSync);
  if (!file) {
    throw Object.assign(new Error(`Cannot find module '${base}'`), { name: 'Runtime.ImportModuleError' });
  }
  const module = await import(pathToFileURL(file).href);
  const name = handlerName.slice(dot + 1);
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

/** The peak of this process; where Linux tells it, as resourceUsage() may return that of its parent. */
function maxMemoryBytes() {
  const status = '/proc/self/status';
  const kilobytes = existsSync(status) ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))[1]) : process.resourceUsage().maxRSS;
  return kilobytes * 1024;
}

/** Memory and resources after garbage collection. */
function inspection() {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  for (let i = 0; i < 3; i++) {
    collectGarbage(); // finalised objects are freed by the next collection
  }
  const { heapUsed, external } = process.memoryUsage();
  const resources = {};
  process.getActiveResourcesInfo().forEach(kind => resources[kind] = (resources[kind] ?? 0) + 1);
  return { memoryBytes: heapUsed + external, resources };
}

function describe(thrown) {
  return thrown instanceof Error
    ? { errorType: thrown.name, errorMessage: thrown.message }
    : { errorType: typeof thrown, errorMessage: String(thrown) };
}

/**
 * Makes time in this process pass `speed` times as fast, and allows setting the date. Called before the handler is loaded, so
 * that it uses no other clock.
 */
function installClock() {
  const now = performance.now.bind(performance);
  const realNow = Date.now;
  const RealDate = Date;
  const virtualMilliseconds = () => now() * speed;
  let offset = realNow() - virtualMilliseconds();
  const dateNow = () => Math.floor(virtualMilliseconds() + offset);
  if (speed !== 1) {
    performance.now = virtualMilliseconds;
    process.hrtime.bigint = () => BigInt(Math.round(virtualMilliseconds() * 1e6));
    const scaled = set => (callback, delay = 0, ...rest) => set(callback, delay / speed, ...rest);
    const { setTimeout, setInterval } = globalThis;
    globalThis.setTimeout = timers.setTimeout = Object.assign(scaled(setTimeout), setTimeout);
    globalThis.setInterval = timers.setInterval = Object.assign(scaled(setInterval), setInterval);
    const { setTimeout: sleep } = timersPromises;
    timersPromises.setTimeout = (delay = 0, ...rest) => sleep(delay / speed, ...rest);
    const abortAfter = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = delay => abortAfter(Math.ceil(delay / speed));
    syncBuiltinESMExports();
  }
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, newTarget) => Reflect.construct(target, values.length > 0 ? values : [dateNow()], newTarget),
    apply: () => new RealDate(dateNow()).toString(),
    get: (target, key) => key === 'now' ? dateNow : Reflect.get(target, key),
  });
  return time => {
    offset = (time ?? realNow()) - virtualMilliseconds();
  };
}
