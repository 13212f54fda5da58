import * as fc from 'fast-check';
import { TokenBucket } from '../../src/athena/token-bucket';
import { burst } from '../../src/schema';

jest.mock('node:timers/promises', () => jest.requireActual('../support/fake-timers-promises'));

const SECOND = 1000;
/** Longer than any caller waits. */
const LONG_ENOUGH = 2 * 3600 * SECOND;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A caller: when it calls pace(), and how long its call takes, in milliseconds. */
interface Caller {
  readonly arrivesAt: number;
  readonly takes: number;
}

/** When a caller's call was made, and when it was answered. */
interface Call {
  readonly caller: number;
  readonly arrivesAt: number;
  readonly madeAt: number;
  readonly answeredAt: number;
}

async function wait(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Runs the callers. Returns their calls in the order in which they were made. */
async function callsOf(bucket: TokenBucket, callers: readonly Caller[], signal = new AbortController().signal): Promise<Call[]> {
  const start = performance.now();
  const calls: Call[] = [];
  const all = callers.map(async ({ arrivesAt, takes }, caller) => {
    await wait(arrivesAt);
    await bucket.pace(signal, async () => {
      const madeAt = performance.now() - start;
      calls.push({ caller, arrivesAt, madeAt, answeredAt: madeAt + takes });
      if (takes > 0) {
        await wait(takes);
      }
    });
  });
  await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
  await Promise.all(all);
  return calls;
}

const atOnce = (count: number, arrivesAt = 1, takes = 0) => Array<Caller>(count).fill({ arrivesAt, takes });
const madeAt = (calls: readonly Call[], time: number) => calls.filter((call) => call.madeAt === time).length;

/** The maximum, over all time spans, of the number of moments within it minus the burst and the calls that the rate allows in it. */
function excess(moments: readonly number[], perSecond: number, capacity: number): number {
  const times = [...moments].sort((a, b) => a - b);
  let max = -Infinity;
  for (let first = 0; first < times.length; first++) {
    for (let last = first; last < times.length; last++) {
      max = Math.max(max, last - first + 1 - capacity - (times[last]! - times[first]!) / SECOND * perSecond);
    }
  }
  return max;
}

const rates = fc.constantFrom(0.25, 0.5, 1, 2, 2.5, 4, 5, 10, 25);
const callersWith = (takes: fc.Arbitrary<number>) => fc.array(
  fc.record({ arrivesAt: fc.oneof(fc.nat({ max: 3000 }), fc.constant(1), fc.nat({ max: 30_000 })), takes }),
  { minLength: 1, maxLength: 60 },
).map((callers) => callers.sort((a, b) => a.arrivesAt - b.arrivesAt));
const quickCallers = callersWith(fc.constant(0));
const anyCallers = callersWith(fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 5000 })));

test('a burst is made at once', async () => {
  expect(madeAt(await callsOf(new TokenBucket(4, 8), atOnce(8)), 1)).toBe(8);
});

test('further calls are made at the rate', async () => {
  const calls = await callsOf(new TokenBucket(4, 8), atOnce(48));
  expect(madeAt(calls, 1)).toBe(8);
  expect(calls.at(-1)!.madeAt).toBeGreaterThanOrEqual(40 / 4 * SECOND);
  // And not more slowly.
  expect(calls.at(-1)!.madeAt).toBeLessThan(40 / 4 * SECOND + SECOND);
});

test('a bucket refills up to its capacity', async () => {
  const calls = await callsOf(new TokenBucket(4, 8), [...atOnce(8), ...atOnce(10, 60 * SECOND)]);
  expect(madeAt(calls, 60 * SECOND)).toBe(8);
});

test('a bucket is half full after half the time', async () => {
  const calls = await callsOf(new TokenBucket(4, 8), [...atOnce(8), ...atOnce(8, SECOND + 1)]);
  expect(madeAt(calls, SECOND + 1)).toBe(4);
});

test('no time span has more calls than the burst and the rate allow', async () => {
  await fc.assert(fc.asyncProperty(rates, quickCallers, async (rate, callers) => {
    const calls = await callsOf(new TokenBucket(rate, burst(rate)), callers);
    expect(calls).toHaveLength(callers.length);
    expect(excess(calls.map((call) => call.madeAt), rate, burst(rate))).toBeLessThanOrEqual(1e-6);
  }), { numRuns: 100 });
});

test('no time span has more calls that arrive at the server, if each arrives within a second', async () => {
  const part = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 });
  await fc.assert(fc.asyncProperty(rates, anyCallers, part, async (rate, callers, parts) => {
    const calls = await callsOf(new TokenBucket(rate, burst(rate)), callers);
    expect(calls).toHaveLength(callers.length);
    const arrivals = calls.map((call, index) => call.madeAt + Math.min(SECOND, call.answeredAt - call.madeAt) * parts[index]!);
    expect(excess(arrivals, rate, burst(rate))).toBeLessThanOrEqual(1e-6);
  }), { numRuns: 100 });
});

test('no call follows a slow burst too early', async () => {
  // Each call may arrive at the end of its second. Until then, the server's bucket does not refill.
  const calls = await callsOf(new TokenBucket(4, 8), [...atOnce(8, 1, SECOND), ...atOnce(4, 2)]);
  expect(calls.filter((call) => call.madeAt > 1 && call.madeAt < SECOND)).toEqual([]);
});

test.each([1, 4, 40, 100])('answers that take 5 seconds do not reduce a rate of %d per second', async (rate) => {
  const calls = await callsOf(new TokenBucket(rate, burst(rate)), atOnce(rate * 60, 1, 5 * SECOND));
  const lastAt = calls.at(-1)!.madeAt;
  expect(lastAt).toBeLessThanOrEqual((rate * 60 - burst(rate)) / rate * SECOND + 2 * SECOND);
});

test('follow-up calls overtake first calls', async () => {
  const bucket = new TokenBucket(1, 1);
  const { signal } = new AbortController();
  const order: string[] = [];
  const call = (name: string) => async () => {
    order.push(name);
    await wait(10);
  };
  const firstCalls = ['a', 'b', 'c'].map(async (name) => bucket.pace(signal, call(name), true));
  const others = ['x', 'y'].map(async (name, index) => {
    await wait(100 + index);
    await bucket.pace(signal, call(name));
  });
  await jest.advanceTimersByTimeAsync(10 * SECOND);
  await Promise.all([...firstCalls, ...others]);
  expect(order).toEqual(['a', 'x', 'y', 'b', 'c']);
});

test('many follow-up calls do not keep first calls from being made', async () => {
  const bucket = new TokenBucket(4, 8);
  const { signal } = new AbortController();
  const order: string[] = [];
  const manyFollowUps = async () => {
    for (let page = 0; page < 200; page++) {
      await bucket.pace(signal, async () => {
        order.push('page');
        await wait(20);
      });
    }
  };
  const firstCall = async (name: string) => bucket.pace(signal, async () => {
    order.push(name);
    await wait(20);
  }, true);
  const all = [manyFollowUps(), ...['a', 'b', 'c'].map(firstCall)];
  await jest.advanceTimersByTimeAsync(100 * SECOND);
  await Promise.all(all);
  expect(order.indexOf('c')).toBeLessThan(40);
  expect(order.lastIndexOf('page')).toBe(order.length - 1);
});

test('an abort rejects first and follow-up calls, and later calls are made', async () => {
  const bucket = new TokenBucket(0.1, 1);
  const controller = new AbortController();
  const call = async () => Promise.resolve();
  await bucket.pace(controller.signal, call);
  const waiting = Promise.allSettled([bucket.pace(controller.signal, call), bucket.pace(controller.signal, call, true)]);
  await jest.advanceTimersByTimeAsync(1);
  controller.abort(new Error('time is up'));
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const later = bucket.pace(new AbortController().signal, call, true);
  await jest.advanceTimersByTimeAsync(11 * SECOND);
  await expect(later).resolves.toBeUndefined();
});

test('no caller waits much longer than the rate requires', async () => {
  await fc.assert(fc.asyncProperty(rates, quickCallers, async (rate, callers) => {
    for (const call of await callsOf(new TokenBucket(rate, burst(rate)), callers)) {
      expect(call.madeAt - call.arrivesAt).toBeLessThanOrEqual(callers.length / rate * SECOND + SECOND);
    }
  }), { numRuns: 50 });
});

test('calls are made in order', async () => {
  await fc.assert(fc.asyncProperty(rates, anyCallers, async (rate, callers) => {
    const calls = await callsOf(new TokenBucket(rate, burst(rate)), callers);
    expect(calls.map(({ caller }) => caller)).toEqual(callers.map((_, caller) => caller));
  }), { numRuns: 100 });
});

test('returns the result of the call', async () => {
  const bucket = new TokenBucket(4, 8);
  const { signal } = new AbortController();
  await expect(bucket.pace(signal, async () => Promise.resolve('answer'))).resolves.toBe('answer');
  await expect(bucket.pace(signal, async () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

test('a failed call takes its token and does not block others', async () => {
  const bucket = new TokenBucket(4, 8);
  const { signal } = new AbortController();
  const failed = Array.from({ length: 8 }, async () => bucket.pace(signal, async () => Promise.reject(new Error('failed'))));
  await Promise.allSettled(failed);
  const calls = await callsOf(bucket, atOnce(4, 1));
  expect(calls.map((call) => Math.round(call.madeAt / 250))).toEqual([1, 2, 3, 4]);
});

test('an abort rejects waiting calls at once', async () => {
  const bucket = new TokenBucket(1, 1);
  const controller = new AbortController();
  const call = jest.fn(async () => Promise.resolve());
  await bucket.pace(controller.signal, call);
  const waiting = Promise.allSettled([bucket.pace(controller.signal, call), bucket.pace(controller.signal, call)]);
  await jest.advanceTimersByTimeAsync(1);
  controller.abort(new Error('time is up'));
  expect(await waiting).toEqual([
    { status: 'rejected', reason: new Error('time is up') },
    { status: 'rejected', reason: new Error('time is up') },
  ]);
  expect(call).toHaveBeenCalledTimes(1);
});

test('an aborted signal prevents the call and takes no token', async () => {
  const bucket = new TokenBucket(4, 8);
  const call = jest.fn(async () => Promise.resolve());
  await expect(bucket.pace(AbortSignal.abort(new Error('time is up')), call)).rejects.toThrow('time is up');
  expect(call).not.toHaveBeenCalled();
  expect(madeAt(await callsOf(bucket, atOnce(8)), 1)).toBe(8);
});
