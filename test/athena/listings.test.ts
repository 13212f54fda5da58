import {
  type AthenaClient, AthenaServiceException, type ListSessionsCommandInput, type ListWorkGroupsCommandInput, type WorkGroupSummary,
} from '@aws-sdk/client-athena';
import { AthenaError } from '../../src/athena/calls';
import { AthenaListings, type FoundWorkGroup } from '../../src/athena/listings';
import { TokenBucket } from '../../src/athena/token-bucket';

jest.mock('node:timers/promises', () => jest.requireActual('../support/fake-timers-promises'));

const SECOND = 1000;
/** Longer than all attempts of a call take. */
const LONG_ENOUGH = 60 * SECOND;
const NO_ANSWER = 2 * LONG_ENOUGH;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Athena's answer to a call, or the error that the SDK throws, and after how many milliseconds. */
interface Answer {
  readonly output?: object;
  readonly error?: Error;
  readonly takes?: number;
}

/** The input of a call. */
type Input = ListSessionsCommandInput & ListWorkGroupsCommandInput;

/** A client that returns these answers in turn, and then repeats the last one. */
class FakeClient {
  /** When calls were made, in milliseconds. */
  public readonly madeAt: number[] = [];
  public readonly inputs: Input[] = [];
  private readonly start = performance.now();

  public constructor(private readonly answers: readonly Answer[]) {}

  public async send({ input }: { input: Input }, { abortSignal }: { abortSignal: AbortSignal }): Promise<object> {
    const { output = {}, error, takes = 0 } = this.answers[Math.min(this.madeAt.length, this.answers.length - 1)]!;
    this.inputs.push(input);
    this.madeAt.push(performance.now() - this.start);
    if (takes > 0) {
      await new Promise((resolve, reject) => {
        setTimeout(resolve, takes);
        abortSignal.addEventListener('abort', () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' })));
      });
    }
    if (error) {
      throw error;
    }
    return output;
  }

  /** Milliseconds from each call to the next. */
  public get gaps(): number[] {
    return this.madeAt.slice(1).map((time, index) => time - this.madeAt[index]!);
  }
}

function listingsOf(client: FakeClient, deadline = new AbortController().signal): AthenaListings {
  return new AthenaListings(client as unknown as AthenaClient, new TokenBucket(1000, 1000), deadline);
}

const serviceError = (name: string, message: string, httpStatusCode: number) => (
  new AthenaServiceException({ name, message, $fault: httpStatusCode < 500 ? 'client' : 'server', $metadata: { httpStatusCode } }));
const throttled = serviceError('ThrottlingException', 'Rate exceeded', 400);
const internal = serviceError('InternalServerException', 'try again', 500);
const invalid = serviceError('InvalidRequestException', 'no such thing', 400);

/** Lists a workgroup's sessions. Returns the error that ends the listing, and when it ends. */
async function listSessions(listings: AthenaListings): Promise<{ error?: AthenaError; endedAt: number }> {
  const start = performance.now();
  const listing = listings.sessions('analytics').next().then(() => undefined, (error: AthenaError) => error)
    .then((error) => ({ error, endedAt: performance.now() - start }));
  await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
  return listing;
}

describe('a listing', () => {
  async function readAll<Item>(pages: AsyncGenerator<Item[]>): Promise<Item[] | string> {
    const items: Item[] = [];
    const all = (async () => {
      for await (const page of pages) {
        items.push(...page);
      }
      return items;
    })().catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
    return all;
  }

  test('requests pages of 100 sessions, one after another', async () => {
    const sessions = (...ids: string[]) => ids.map((SessionId) => ({ SessionId }));
    const client = new FakeClient([
      { output: { Sessions: sessions('a', 'b'), NextToken: 'two' } }, { output: { NextToken: 'three' } }, { output: { Sessions: sessions('c') } },
    ]);
    expect(await readAll(listingsOf(client).sessions('analytics', 'FAILED'))).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    expect(client.inputs).toEqual([undefined, 'two', 'three'].map((NextToken) => (
      { WorkGroup: 'analytics', StateFilter: 'FAILED', MaxResults: 100, NextToken })));
  });

  test('requests pages of 50 workgroups', async () => {
    const client = new FakeClient([{ output: { WorkGroups: [{ Name: 'a' }], NextToken: 'two' } }, { output: { WorkGroups: [{ Name: 'b' }] } }]);
    expect(await readAll(listingsOf(client).workGroups())).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(client.inputs).toEqual([{ MaxResults: 50 }, { MaxResults: 50, NextToken: 'two' }]);
  });

  test('fails if a page token is repeated', async () => {
    const client = new FakeClient(['one', 'two', 'one'].map((NextToken) => ({ output: { NextToken } })));
    expect(await readAll(listingsOf(client).sessions('analytics'))).toContain('Athena repeated a page token');
    expect(client.inputs).toHaveLength(3);
  });

  test('returns the fields of sessions', async () => {
    const [startedAt, modifiedAt, idleSince, endedAt] = [1, 2, 3, 4];
    const status = {
      State: 'FAILED',
      StateChangeReason: 'out of memory',
      StartDateTime: new Date(startedAt),
      LastModifiedDateTime: new Date(modifiedAt),
      IdleSinceDateTime: new Date(idleSince),
      EndDateTime: new Date(endedAt),
    };
    const client = new FakeClient([{ output: { Sessions: [{ SessionId: 'a', Description: 'nightly', Status: status }, null, { SessionId: 7, Status: { EndDateTime: new Date(NaN) } }] } }]);
    expect(await readAll(listingsOf(client).sessions('analytics'))).toEqual([
      { id: 'a', description: 'nightly', state: 'FAILED', reason: 'out of memory', startedAt, modifiedAt, idleSince, endedAt },
      {},
      { id: '7' },
    ]);
  });

  test.each([
    [{ EffectiveEngineVersion: 'Apache Spark version 3.5', SelectedEngineVersion: 'AUTO' }, 'Apache Spark version 3.5'],
    [{ SelectedEngineVersion: 'PySpark engine version 3' }, 'PySpark engine version 3'],
    [{}, undefined],
    [undefined, undefined],
  ])('returns the effective engine of sessions, or else the selected one: %j', async (EngineVersion, engine) => {
    const client = new FakeClient([{ output: { Sessions: [{ SessionId: 'a', EngineVersion }] } }]);
    expect(await readAll(listingsOf(client).sessions('analytics'))).toEqual([{ id: 'a', engine }]);
  });

  test.each([
    [{ Sessions: 'none' }, 'Sessions must be a list, received "none"'],
    [{ NextToken: 7 }, 'NextToken must be a string, received 7'],
  ])('fails if an answer cannot be read: %j', async (output, message) => {
    expect(await readAll(listingsOf(new FakeClient([{ output }])).sessions('analytics'))).toBe(`the answer cannot be read: ${message}`);
  });

  test.each([
    ['ResourceNotFoundException', 'gone', 'not found'],
    ['InvalidRequestException', 'WorkGroup is not found.', 'not found'],
    ['InvalidRequestException', 'WorkGroup is disabled.', 'invalid request'],
    ['AccessDeniedException', 'user was not found', 'other'],
  ])('after %s: %s fails as "%s"', async (name, message, kind) => {
    expect((await listSessions(listingsOf(new FakeClient([{ error: serviceError(name, message, 400) }])))).error).toMatchObject({ kind });
  });
});

describe('a found workgroup', () => {
  async function found(workGroup: WorkGroupSummary): Promise<FoundWorkGroup> {
    const page = listingsOf(new FakeClient([{ output: { WorkGroups: [workGroup] } }])).workGroups().next();
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
    return ((await page).value as FoundWorkGroup[])[0]!;
  }

  test.each([
    ['AUTO', 'PySpark engine version 3', true],
    ['PySpark engine version 3', undefined, true],
    [undefined, 'Apache Spark version 3.5', true],
    ['PySpark engine version 3', 'Apache Spark version 3.5', true],
    ['AUTO', 'Athena engine version 3', false],
    ['Athena engine version 3', undefined, false],
    ['AUTO', undefined, false],
    [undefined, undefined, false],
  ])('with the selected engine %s and the effective engine %s is a Spark workgroup: %s', async (SelectedEngineVersion, EffectiveEngineVersion, spark) => {
    expect(await found({ Name: 'analytics', State: 'ENABLED', EngineVersion: { SelectedEngineVersion, EffectiveEngineVersion } }))
      .toEqual({ name: 'analytics', spark, disabled: false });
  });

  test('without an engine is not a Spark workgroup', async () => {
    expect(await found({ Name: 'analytics', State: 'ENABLED' })).toMatchObject({ spark: false });
  });

  test.each([['ENABLED', false], ['DISABLED', true], [undefined, false]] as const)('in the state %s is disabled: %s', async (State, disabled) => {
    expect(await found({ Name: 'analytics', State })).toMatchObject({ disabled });
  });
});

describe('a failed call', () => {
  // Each wait is longer, up to the maximum. Jitter shortens it by up to a half.
  const throttledWaits = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000];
  const transientWaits = [100, 200, 400];

  test.each([
    ['after throttling', throttled, throttledWaits, 10],
    ['after a server error', internal, transientWaits, 0],
  ])('is retried with exponential backoff %s, then fails', async (_description, error, waits, throttledCalls) => {
    for (const random of [0, 0.4, 0.8]) {
      jest.spyOn(Math, 'random').mockReturnValue(random);
      const client = new FakeClient([{ error }]);
      const listings = listingsOf(client);
      const ended = await listSessions(listings);
      expect(client.gaps).toEqual(waits.map((wait) => expect.closeTo(wait * (0.5 + random / 2), 3)));
      expect(ended.error).toMatchObject({ kind: 'other', message: `${error.name}: ${error.message} (${waits.length + 1} attempts)` });
      expect(ended.endedAt).toBeCloseTo(client.madeAt.at(-1)!, 3); // without a last wait
      expect(listings).toMatchObject({ calls: waits.length + 1, throttledCalls });
    }
  });

  test.each([[429, true], [500, true], [501, true], [503, true], [599, true], [400, false], [403, false], [404, false]])(
    'with status %i is retried: %s', async (status, isRetried) => {
      const { error } = await listSessions(listingsOf(new FakeClient([{ error: serviceError('SomeError', 'failed', status) }, {}])));
      expect(error?.message).toBe(isRetried ? undefined : 'SomeError: failed');
    });

  test('is not retried again once a retry fails with a permanent error', async () => {
    const client = new FakeClient([{ error: internal }, { error: invalid }]);
    expect((await listSessions(listingsOf(client))).error).toMatchObject({ message: 'InvalidRequestException: no such thing (2 attempts)' });
    expect(client.madeAt).toHaveLength(2);
  });

  test('is not retried after a permanent error', async () => {
    const client = new FakeClient([{ error: invalid }]);
    expect((await listSessions(listingsOf(client))).error).toMatchObject({ kind: 'invalid request', message: 'InvalidRequestException: no such thing' });
    expect(client.madeAt).toHaveLength(1);
  });

  test('has no effect if a retry succeeds', async () => {
    const listings = listingsOf(new FakeClient([{ error: throttled }, { error: internal }, {}]));
    expect((await listSessions(listings)).error).toBeUndefined();
    expect(listings).toMatchObject({ calls: 3, throttledCalls: 1 });
  });

  test('is retried after ten seconds without an answer', async () => {
    const client = new FakeClient([{ takes: NO_ANSWER }, {}]);
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect((await listSessions(listingsOf(client))).error).toBeUndefined();
    expect(client.gaps).toEqual([expect.closeTo(10 * SECOND + 50, 3)]);
  });
});

describe('the deadline', () => {
  async function listUntil(deadlineAt: number, client: FakeClient) {
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(), deadlineAt);
    return listSessions(listingsOf(client, deadline.signal));
  }

  test('ends a backoff at once, and the error contains the last one', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const client = new FakeClient([{ error: throttled }]);
    const { error, endedAt } = await listUntil(9 * SECOND, client); // after the sixth attempt, 5 seconds before the seventh
    expect(error).toBeInstanceOf(AthenaError);
    expect(error).toMatchObject({
      kind: 'deadline',
      message: 'the run reached its deadline before the listing was complete; last error: ThrottlingException: Rate exceeded (6 attempts)',
    });
    expect(endedAt).toBe(9 * SECOND);
    expect(client.madeAt).toHaveLength(6);
  });

  test('aborts a call in flight', async () => {
    const client = new FakeClient([{ takes: NO_ANSWER }]);
    const { error, endedAt } = await listUntil(2 * SECOND, client);
    expect(error).toMatchObject({ kind: 'deadline', message: 'the run reached its deadline before the listing was complete' });
    expect(endedAt).toBe(2 * SECOND);
    expect(client.madeAt).toHaveLength(1);
  });

  test('prevents calls after it has passed', async () => {
    const client = new FakeClient([{}]);
    const { error } = await listSessions(listingsOf(client, AbortSignal.abort()));
    expect(error).toMatchObject({ kind: 'deadline' });
    expect(client.madeAt).toEqual([]);
  });
});

describe('secondsPerCall', () => {
  async function secondsPerCall(...answers: Answer[]): Promise<number> {
    const listings = listingsOf(new FakeClient(answers));
    await listSessions(listings);
    return listings.secondsPerCall;
  }

  test('is 0 before the first call', () => {
    expect(listingsOf(new FakeClient([])).secondsPerCall).toBe(0);
  });

  test('is the average duration of successful calls', async () => {
    const listings = listingsOf(new FakeClient([{ takes: 100 }, { takes: 300 }, { takes: 800 }]));
    for (const mean of [0.1, 0.2, 0.4]) {
      await listSessions(listings);
      expect(listings.secondsPerCall).toBeCloseTo(mean, 6);
    }
  });

  test('ignores failed calls', async () => {
    expect(await secondsPerCall({ error: throttled, takes: 5000 }, { takes: 200 })).toBeCloseTo(0.2, 6);
    expect(await secondsPerCall({ error: invalid, takes: 5000 })).toBe(0);
  });
});

test('a call is overdue once it is in flight for more than a second, until it is answered', async () => {
  const listings = listingsOf(new FakeClient([{ takes: 3000 }]));
  const done = listings.sessions('analytics').next();
  for (const [milliseconds, overdue] of [[900, 0], [200, 1], [1800, 1], [200, 0]] as const) {
    await jest.advanceTimersByTimeAsync(milliseconds);
    expect(listings.overdueCalls).toBe(overdue);
  }
  await done;
});
