import { Pace } from '../../../command/probe/pace';

const isRetryable = (error: unknown) => (error as Error).message === 'transient';

test('makes no more calls per second than the rate', async () => {
  const pace = new Pace(200);
  const startedAt = performance.now();
  for (let calls = 0; calls < 10; calls++) {
    const at = await pace.call('List', async () => performance.now(), () => false);
    expect(at - startedAt).toBeGreaterThanOrEqual(calls * 5);
  }
  expect(pace.calls).toEqual({ List: 10 });
});

test('doubles the pause after each failure', async () => {
  const pace = new Pace(500);
  const failedAt: number[] = [];
  const pauses: number[] = [];
  await expect(pace.call('List', async () => {
    pauses.push(performance.now() - (failedAt.at(-1) ?? NaN));
    failedAt.push(performance.now());
    throw new Error('transient');
  }, isRetryable)).rejects.toThrow('transient');
  expect(pauses).toHaveLength(6);
  pauses.slice(1).forEach((pause, index) => expect(pause).toBeGreaterThanOrEqual(2 * 2 ** (index + 1)));
  expect(pace.calls).toEqual({ List: 6 });
});

test('does not retry after a permanent error', async () => {
  const pace = new Pace(500);
  await expect(pace.call('List', async () => {
    throw new Error('no');
  }, isRetryable)).rejects.toThrow('no');
  expect(pace.calls).toEqual({ List: 1 });
});
