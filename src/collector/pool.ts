import { MAX_SOCKETS } from '../athena/client';
import { SECOND } from '../time';

/** With a smaller pool, a few slow workgroups could delay all others. */
const MIN_POOL_SIZE = 8;
/** The CPU of a small function cannot make more calls per second, at any concurrency. */
const MAX_CALLS_PER_SECOND = 300;

/**
 * How many workgroups to list concurrently: enough to reach the rate at this duration per call, plus one for each overdue call.
 */
export function poolSize(maxRequestsPerSecond: number, secondsPerCall: number, overdueCalls: number): number {
  const concurrentCalls = Math.ceil(Math.min(maxRequestsPerSecond, MAX_CALLS_PER_SECOND) * secondsPerCall);
  return Math.min(Math.max(MIN_POOL_SIZE, concurrentCalls) + overdueCalls, MAX_SOCKETS);
}

/**
 * Processes all items, `size()` of them concurrently.
 *
 * @param size the pool's size, which may grow. It is called again whenever an item is done, and every second
 */
export async function forEachInPool<Item, Result>(
  size: () => number, items: readonly Item[], work: (item: Item) => Promise<Result>,
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
      results.push(await work(item));
      fill();
    }
  };
  fill();
  const timer = setInterval(fill, SECOND);
  for (let index = 0; index < workers.length; index++) {
    await workers[index]; // more workers may have started meanwhile
  }
  clearInterval(timer);
  return results;
}
