/**
 * `setTimeout()` of `node:timers/promises`, based on the global one, because Jest's fake timers replace only the latter:
 * `jest.mock('node:timers/promises', () => jest.requireActual('../support/fake-timers-promises'))`
 */
async function sleep(delay: number, value: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(value), delay);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }, { once: true });
  });
}
export { sleep as setTimeout };
