import { Pace } from '../../probe/pace';

const isRetryable = (error: unknown) => (error as Error).message === 'may pass';

test('so many calls a second', async () => {
  const pace = new Pace(200);
  const begun = performance.now();
  for (let calls = 0; calls < 10; calls++) {
    const at = await pace.call('List', async () => performance.now(), () => false);
    expect(at - begun).toBeGreaterThanOrEqual(calls * 5);
  }
  expect(pace.calls).toEqual({ List: 10 });
});

test('after each failure twice the pause', async () => {
  const pace = new Pace(500);
  const failedAt: number[] = [];
  const pauses: number[] = [];
  await expect(pace.call('List', async () => {
    pauses.push(performance.now() - (failedAt.at(-1) ?? NaN));
    failedAt.push(performance.now());
    throw new Error('may pass');
  }, isRetryable)).rejects.toThrow('may pass');
  expect(pauses).toHaveLength(6);
  pauses.slice(1).forEach((pause, index) => expect(pause).toBeGreaterThanOrEqual(2 * 2 ** (index + 1)));
  expect(pace.calls).toEqual({ List: 6 });
});

test('what does not pass is not tried again', async () => {
  const pace = new Pace(500);
  await expect(pace.call('List', async () => {
    throw new Error('no');
  }, isRetryable)).rejects.toThrow('no');
  expect(pace.calls).toEqual({ List: 1 });
});
