// The process of a simulated Lambda function: it loads the handler, and calls it for each message of its parent.
// Plain JavaScript, as it also runs on other versions of Node, without tsx.

import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const [assetFolder, handlerName, speedText, mode] = process.argv.slice(1);
const speed = Number(speedText);
const skipsPauses = mode === 'skipsPauses';
/** What is running. */
let call = { deadline: Infinity, skippedMs: 0 };

// Everything goes to standard output, so that lines keep their order.
process.stderr.write = process.stdout.write.bind(process.stdout);
const setClock = installClock();

process.on('message', message => message.inspect ? process.send({ inspection: inspection() }) : invoke(message));

async function invoke({ event, context, time, timeout }) {
  setClock(time);
  const deadline = performance.now() + timeout;
  const getRemainingTimeInMillis = () => Math.max(0, deadline - performance.now());
  call = { deadline, requestId: context.awsRequestId, skippedMs: 0 };
  let error;
  try {
    const handler = await loadedHandler();
    await handler(event, { ...context, getRemainingTimeInMillis });
  } catch (thrown) {
    error = describe(thrown);
  }
  const usage = { remainingMs: getRemainingTimeInMillis(), maxMemoryBytes: maxMemoryBytes() };
  // The parent waits for this line, so that all lines before it have arrived.
  process.stdout.write(`REPORT RequestId: ${context.awsRequestId}\n`, () => process.send({ requestId: context.awsRequestId, error, usage, skippedMs: call.skippedMs }));
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
 *
 * With `skipsPauses`, time also jumps to the end of a pause that the function makes while no request is under way. So a run that
 * paces hundreds of calls takes no longer than the calls.
 */
function installClock() {
  const now = performance.now.bind(performance);
  const realNow = Date.now;
  const RealDate = Date;
  let skipped = 0;
  const virtualMilliseconds = () => now() * speed + skipped;
  let offset = realNow() - virtualMilliseconds();
  const dateNow = () => Math.floor(virtualMilliseconds() + offset);
  if (speed !== 1) {
    performance.now = virtualMilliseconds;
    process.hrtime.bigint = () => BigInt(Math.round(virtualMilliseconds() * 1e6));
    installTimers(virtualMilliseconds, milliseconds => {
      skipped += milliseconds;
      call.skippedMs += milliseconds;
      if (virtualMilliseconds() >= call.deadline) {
        process.send({ timedOut: call.requestId }); // the parent's clock does not skip anything
      }
    });
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

/** Timers by a clock, which `skip` sets forward. */
function installTimers(now, skip) {
  const { setTimeout: setRealTimeout, clearTimeout: clearRealTimeout, setImmediate: runSoon } = globalThis;
  const pending = new Set();
  let wakeUp;
  let requests = 0;

  const next = (filter = () => true) => [...pending].filter(filter).reduce((first, timer) => first === undefined || timer.due < first.due ? timer : first, undefined);
  const wait = () => {
    clearRealTimeout(wakeUp);
    const timer = next();
    wakeUp = timer && setRealTimeout(run, Math.max(0, timer.due - now()) / speed);
    if (skipsPauses) {
      runSoon(skipPause); // once everything that can happen now has happened
    }
  };
  const run = () => {
    for (let timer = next(); timer !== undefined && timer.due <= now(); timer = next()) {
      pending.delete(timer);
      if (timer.interval !== undefined) {
        start(timer, timer.interval);
      }
      timer.callback();
    }
    wait();
  };
  const skipPause = () => {
    const pause = next(timer => timer.isPause);
    if (requests === 0 && pause !== undefined && pause.due > now()) {
      skip(pause.due - now());
      run();
    }
  };
  const start = (timer, delay) => {
    timer.due = now() + Math.max(1, Number(delay) || 0);
    pending.add(timer);
    wait();
    return timer;
  };
  const timerOf = (callback, values, interval) => {
    const timer = { callback: () => callback(...values), interval, ref: () => timer, unref: () => timer, hasRef: () => true };
    return timer;
  };
  globalThis.setTimeout = timers.setTimeout = (callback, delay, ...values) => start(timerOf(callback, values), delay);
  globalThis.setInterval = timers.setInterval = (callback, delay, ...values) => start(timerOf(callback, values, delay), delay);
  globalThis.clearTimeout = timers.clearTimeout = globalThis.clearInterval = timers.clearInterval = timer => {
    pending.delete(timer);
  };
  timersPromises.setTimeout = (delay, value, { signal } = {}) => new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    }, delay);
    timer.isPause = true;
    const abort = () => {
      pending.delete(timer);
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal.reason }));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
  AbortSignal.timeout = delay => {
    const controller = new AbortController();
    globalThis.setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay);
    return controller.signal;
  };
  if (skipsPauses) {
    const { request } = http;
    http.request = (...input) => {
      requests++;
      return request(...input).once('close', () => {
        requests--;
        runSoon(skipPause);
      });
    };
  }
}
