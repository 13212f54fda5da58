import { forEachInPool, poolSize } from '../../src/collector/pool';

test.each([
  // rate, seconds per call, overdue calls, concurrent workgroups
  [4, 0, 0, 8], // the duration of a call is not known yet
  [4, 0.3, 0, 8], // one call without an answer must not delay the others
  [4, 0.3, 8, 16], // nor must eight of them
  [100, 0.3, 0, 30], // the concurrent calls at that rate
  [40, 5, 0, 200],
  [100, 5, 0, 500],
  [100, 5, 300, 500], // the number of sockets
  [1_000_000, 0.02, 0, 8], // a small CPU makes at maxConcurrent 300 calls per second, 6 of them concurrently
  [1_000_000, 0.2, 0, 60],
])('at %d calls per second and %d seconds per call, with %d overdue calls, %d workgroups are listed concurrently', (rate, secondsPerCall, overdue, size) => {
  expect(poolSize(rate, secondsPerCall, overdue)).toBe(size);
});

const nextTurn = async () => new Promise((resolve) => {
  setImmediate(resolve);
});

test('processes every item once, at maxConcurrent `size` of them concurrently', async () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  let concurrent = 0;
  let maxConcurrent = 0;
  const results = await forEachInPool(() => 3, items, async (item) => {
    maxConcurrent = Math.max(maxConcurrent, ++concurrent);
    await nextTurn();
    concurrent--;
    return item;
  });
  expect(results.sort((a, b) => a - b)).toEqual(items);
  expect(maxConcurrent).toBe(3);
});

test('grows while all workers wait', async () => {
  jest.useFakeTimers();
  let size = 1;
  const started: string[] = [];
  const done = forEachInPool(() => size, ['a', 'b', 'c'], async (item) => {
    started.push(item);
    await new Promise((resolve) => {
      setTimeout(resolve, 5000);
    });
  });
  await jest.advanceTimersByTimeAsync(900);
  expect(started).toEqual(['a']);
  size = 2;
  await jest.advanceTimersByTimeAsync(200);
  expect(started).toEqual(['a', 'b']);
  await jest.advanceTimersByTimeAsync(20_000);
  await done;
  expect(started).toEqual(['a', 'b', 'c']);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('resolves without items', async () => {
  expect(await forEachInPool(() => 8, [], async () => Promise.reject(new Error('unexpected')))).toEqual([]);
});
