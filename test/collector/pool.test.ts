import { forEachInPool, poolSize } from '../../src/collector/pool';

test.each([
  // rate, seconds a call takes, overdue calls, workgroups at the same time
  [4, 0, 0, 8], // nothing is known of calls yet
  [4, 0.3, 0, 8], // one that does not answer must not hold up the others
  [4, 0.3, 8, 16], // eight that do not answer, neither
  [100, 0.3, 0, 30], // so many are under way at that rate
  [40, 5, 0, 200],
  [100, 5, 0, 500],
  [100, 5, 300, 500], // there are no more sockets
  [1_000_000, 0.02, 0, 8], // a processor that answers 300 calls a second has 6 of them under way
  [1_000_000, 0.2, 0, 60],
])('at %d calls a second and %d seconds a call, with %d overdue calls, %d workgroups are listed concurrently', (rate, secondsPerCall, overdue, size) => {
  expect(poolSize(rate, secondsPerCall, overdue)).toBe(size);
});

const soon = async () => new Promise((resolve) => {
  setImmediate(resolve);
});

test('works on every item once, on no more at the same time than the pool has room for', async () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  let underWay = 0;
  let most = 0;
  const results = await forEachInPool(() => 3, items, async (item) => {
    most = Math.max(most, ++underWay);
    await soon();
    underWay--;
    return item;
  });
  expect(results.sort((a, b) => a - b)).toEqual(items);
  expect(most).toBe(3);
});

test('grows while all of its workers wait', async () => {
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

test('has nothing to do where there are no items', async () => {
  expect(await forEachInPool(() => 8, [], async () => Promise.reject(new Error('unexpected')))).toEqual([]);
});
