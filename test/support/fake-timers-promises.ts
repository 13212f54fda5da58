/**
 * `setTimeout()` of `node:timers/promises` on top of the global one, as Jest's fake timers replace only the latter:
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
