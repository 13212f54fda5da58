import {
  type AthenaClient, AthenaServiceException, type ListSessionsCommandInput, type ListWorkGroupsCommandInput, type WorkGroupSummary,
} from '@aws-sdk/client-athena';
import { AthenaListings, type FoundWorkGroup, ListingError } from '../../src/athena/listings';
import { TokenBucket } from '../../src/athena/token-bucket';

jest.mock('node:timers/promises', () => jest.requireActual('../support/fake-timers-promises'));

const SECOND = 1000;
/** Longer than all attempts at a call take. */
const LONG_ENOUGH = 60 * SECOND;
const NO_ANSWER = 2 * LONG_ENOUGH;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** What Athena answers to a call, or the error that the SDK makes of it, and after how many milliseconds. */
interface Answer {
  readonly output?: object;
  readonly error?: Error;
  readonly takes?: number;
}

/** What the collector asks Athena for. */
type Input = ListSessionsCommandInput & ListWorkGroupsCommandInput;

/** A client that gives these answers in turn, and the last one again and again. */
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

/** Lists a workgroup's sessions. Hands back the error that ends the listing, and when it did. */
async function listSessions(listings: AthenaListings): Promise<{ error?: ListingError; endedAt: number }> {
  const start = performance.now();
  const listing = listings.sessions('analytics').next().then(() => undefined, (error: ListingError) => error)
    .then((error) => ({ error, endedAt: performance.now() - start }));
  await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
  return listing;
}

describe('pages', () => {
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

  test('of sessions are asked for one after another, 100 sessions each', async () => {
    const sessions = (...ids: string[]) => ids.map((SessionId) => ({ SessionId }));
    const client = new FakeClient([
      { output: { Sessions: sessions('a', 'b'), NextToken: 'two' } }, { output: { NextToken: 'three' } }, { output: { Sessions: sessions('c') } },
    ]);
    expect(await readAll(listingsOf(client).sessions('analytics', 'FAILED'))).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    expect(client.inputs).toEqual([undefined, 'two', 'three'].map((NextToken) => (
      { WorkGroup: 'analytics', StateFilter: 'FAILED', MaxResults: 100, NextToken })));
  });

  test('of workgroups hold 50', async () => {
    const client = new FakeClient([{ output: { WorkGroups: [{ Name: 'a' }], NextToken: 'two' } }, { output: { WorkGroups: [{ Name: 'b' }] } }]);
    expect(await readAll(listingsOf(client).workGroups())).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(client.inputs).toEqual([{ MaxResults: 50 }, { MaxResults: 50, NextToken: 'two' }]);
  });

  test('whose token was there before are no end, but an error', async () => {
    const client = new FakeClient(['one', 'two', 'one'].map((NextToken) => ({ output: { NextToken } })));
    expect(await readAll(listingsOf(client).sessions('analytics'))).toContain('a page token was repeated');
    expect(client.inputs).toHaveLength(3);
  });

  test('tell of a session what Athena does', async () => {
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
    [{ Sessions: 'none' }, 'Sessions must be a list, received "none"'],
    [{ NextToken: 7 }, 'NextToken must be a text, received 7'],
  ])('that cannot be read are an error: %j', async (output, message) => {
    expect(await readAll(listingsOf(new FakeClient([{ output }])).sessions('analytics'))).toBe(`the answer cannot be read: ${message}`);
  });

  test.each([
    ['ResourceNotFoundException', 'gone', 'not found'],
    ['InvalidRequestException', 'WorkGroup is not found.', 'not found'],
    ['InvalidRequestException', 'WorkGroup is disabled.', 'invalid request'],
    ['AccessDeniedException', 'user was not found', 'other'],
  ])('that are refused with %s: %s fail as "%s"', async (name, message, kind) => {
    expect((await listSessions(listingsOf(new FakeClient([{ error: serviceError(name, message, 400) }])))).error).toMatchObject({ kind });
  });
});

describe('a workgroup', () => {
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
  ])('that has selected %s, which comes to %s: of Spark %s', async (SelectedEngineVersion, EffectiveEngineVersion, spark) => {
    expect(await found({ Name: 'analytics', State: 'ENABLED', EngineVersion: { SelectedEngineVersion, EffectiveEngineVersion } }))
      .toEqual({ name: 'analytics', spark, disabled: false });
  });

  test('without an engine is none of Spark', async () => {
    expect(await found({ Name: 'analytics', State: 'ENABLED' })).toMatchObject({ spark: false });
  });

  test.each([['ENABLED', false], ['DISABLED', true], [undefined, false]] as const)('whose state is %s: disabled %s', async (State, disabled) => {
    expect(await found({ Name: 'analytics', State })).toMatchObject({ disabled });
  });
});

describe('a call that is refused', () => {
  // A longer wait each time, up to the longest, of which chance takes up to a half.
  const throttledWaits = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000];
  const transientWaits = [100, 200, 400];

  test.each([
    ['throttled', throttled, throttledWaits, 10],
    ['that meets an error of the server', internal, transientWaits, 0],
  ])('%s, is made again after waits that grow, and in the end gives up', async (_how, error, waits, throttledCalls) => {
    for (const chance of [0, 0.4, 0.8]) {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const client = new FakeClient([{ error }]);
      const listings = listingsOf(client);
      const ended = await listSessions(listings);
      expect(client.gaps).toEqual(waits.map((wait) => expect.closeTo(wait * (0.5 + chance / 2), 3)));
      expect(ended.error).toMatchObject({ kind: 'other', message: `${error.name}: ${error.message} (${waits.length + 1} attempts)` });
      expect(ended.endedAt).toBeCloseTo(client.madeAt.at(-1)!, 3); // without a last wait
      expect(listings).toMatchObject({ calls: waits.length + 1, throttledCalls });
    }
  });

  test.each([[429, true], [500, true], [501, true], [503, true], [599, true], [400, false], [403, false], [404, false]])(
    'with status %i: made again %s', async (status, again) => {
      const { error } = await listSessions(listingsOf(new FakeClient([{ error: serviceError('SomeError', 'odd', status) }, {}])));
      expect(error?.message).toBe(again ? undefined : 'SomeError: odd');
    });

  test('again, for what will not pass, ends there', async () => {
    const client = new FakeClient([{ error: internal }, { error: invalid }]);
    expect((await listSessions(listingsOf(client))).error).toMatchObject({ message: 'InvalidRequestException: no such thing (2 attempts)' });
    expect(client.madeAt).toHaveLength(2);
  });

  test('for what will not pass is not made again', async () => {
    const client = new FakeClient([{ error: invalid }]);
    expect((await listSessions(listingsOf(client))).error).toMatchObject({ kind: 'invalid request', message: 'InvalidRequestException: no such thing' });
    expect(client.madeAt).toHaveLength(1);
  });

  test('is forgotten where the next one is answered', async () => {
    const listings = listingsOf(new FakeClient([{ error: throttled }, { error: internal }, {}]));
    expect((await listSessions(listings)).error).toBeUndefined();
    expect(listings).toMatchObject({ calls: 3, throttledCalls: 1 });
  });

  test('that is not answered is made again after ten seconds', async () => {
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

  test('ends a long wait at once, and the error says what was waited for', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const client = new FakeClient([{ error: throttled }]);
    const { error, endedAt } = await listUntil(9 * SECOND, client); // after the sixth attempt, 5 seconds before the seventh
    expect(error).toBeInstanceOf(ListingError);
    expect(error).toMatchObject({
      kind: 'deadline',
      message: 'the run had to end before the listing was complete; the last attempt before: ThrottlingException: Rate exceeded (6 attempts)',
    });
    expect(endedAt).toBe(9 * SECOND);
    expect(client.madeAt).toHaveLength(6);
  });

  test('ends a call that is not answered', async () => {
    const client = new FakeClient([{ takes: NO_ANSWER }]);
    const { error, endedAt } = await listUntil(2 * SECOND, client);
    expect(error).toMatchObject({ kind: 'deadline', message: 'the run had to end before the listing was complete' });
    expect(endedAt).toBe(2 * SECOND);
    expect(client.madeAt).toHaveLength(1);
  });

  test('that has passed lets no call be made', async () => {
    const client = new FakeClient([{}]);
    const { error } = await listSessions(listingsOf(client, AbortSignal.abort()));
    expect(error).toMatchObject({ kind: 'deadline' });
    expect(client.madeAt).toEqual([]);
  });
});

describe('how long a call takes', () => {
  async function secondsPerCall(...answers: Answer[]): Promise<number> {
    const listings = listingsOf(new FakeClient(answers));
    await listSessions(listings);
    return listings.secondsPerCall;
  }

  test('is not known before the first', () => {
    expect(listingsOf(new FakeClient([])).secondsPerCall).toBe(0);
  });

  test('is the mean of those that were answered', async () => {
    const listings = listingsOf(new FakeClient([{ takes: 100 }, { takes: 300 }, { takes: 800 }]));
    for (const mean of [0.1, 0.2, 0.4]) {
      await listSessions(listings);
      expect(listings.secondsPerCall).toBeCloseTo(mean, 6);
    }
  });

  test('is not that of those that failed', async () => {
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
