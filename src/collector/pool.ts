import { MAX_SOCKETS } from '../athena/client';

/** No fewer workgroups at the same time: one that does not answer must not hold up all the others. */
const MIN_POOL_SIZE = 8;
/** More calls a second than this a small function's processor does not manage, however many are under way. */
const MAX_CALLS_PER_SECOND = 300;

/** How many workgroups are listed at the same time: as many as calls have to be under way for the rate, where each takes so long. */
export function poolSize(maxRequestsPerSecond: number, secondsPerCall: number): number {
  const underWay = Math.ceil(Math.min(maxRequestsPerSecond, MAX_CALLS_PER_SECOND) * secondsPerCall);
  return Math.min(Math.max(MIN_POOL_SIZE, underWay), MAX_SOCKETS);
}

/**
 * Works on all items, on so many at the same time.
 *
 * @param size of the pool, which may grow meanwhile: it is asked for when an item is done, and when `work` calls `resize`
 */
export async function forEachInPool<Item, Result>(
  size: () => number, items: readonly Item[], work: (item: Item, resize: () => void) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.values();
  const workers: Promise<void>[] = [];
  const fill = () => {
    while (workers.length < size()) {
      workers.push(startWorker());
    }
  };
  const startWorker = async () => {
    for (const item of queue) {
      results.push(await work(item, fill));
      fill();
    }
  };
  fill();
  for (let index = 0; index < workers.length; index++) {
    await workers[index]; // more may have joined meanwhile
  }
  return results;
}
