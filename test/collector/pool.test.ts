import { forEachInPool, poolSize } from '../../src/collector/pool';

test.each([
  // rate, seconds a call takes, workgroups at the same time
  [4, 0, 8], // nothing is known of calls yet
  [4, 0.3, 8], // one that does not answer must not hold up the others
  [100, 0.3, 30], // so many are under way at that rate
  [40, 5, 200],
  [100, 5, 500],
  [200, 5, 500], // there are no more sockets
  [1_000_000, 0.02, 8], // a processor that answers 300 calls a second has 6 of them under way
  [1_000_000, 0.2, 60],
])('at %d calls a second and %d seconds a call %d workgroups are listed at the same time', (rate, secondsPerCall, size) => {
  expect(poolSize(rate, secondsPerCall)).toBe(size);
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

test('grows as soon as an item says so, not only when one is done', async () => {
  let size = 1;
  let underWay = 0;
  let most = 0;
  await forEachInPool(() => size, ['a', 'b', 'c', 'd'], async (item, resize) => {
    most = Math.max(most, ++underWay);
    if (item === 'a') {
      size = 4;
      resize();
    }
    await soon();
    underWay--;
  });
  expect(most).toBe(4);
});

test('has nothing to do where there are no items', async () => {
  expect(await forEachInPool(() => 8, [], async () => Promise.reject(new Error('unexpected')))).toEqual([]);
});
