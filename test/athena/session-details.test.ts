import { type AthenaClient, AthenaServiceException, GetSessionCommand, ListTagsForResourceCommand } from '@aws-sdk/client-athena';
import { AthenaSessionDetails } from '../../src/athena/session-details';
import { TokenBucket } from '../../src/athena/token-bucket';

jest.mock('node:timers/promises', () => jest.requireActual('../support/fake-timers-promises'));

/** Longer than all attempts of a call take. */
const LONG_ENOUGH = 120_000;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

type Answer = unknown | Error;
const HANGS = new Promise(() => {});

/** Details from a client that gives these answers in turn, and then repeats the last one. */
function detailsOf(...answers: Answer[]) {
  const commands: object[] = [];
  const client = {
    send: async (command: object, { abortSignal }: { abortSignal: AbortSignal }) => {
      const answer = answers[Math.min(commands.length, answers.length - 1)];
      commands.push(command);
      if (answer === HANGS) {
        await new Promise((_, reject) => {
          abortSignal.addEventListener('abort', () => reject(new Error('Request aborted')));
        });
      }
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    },
  };
  const deadline = new AbortController();
  return { details: new AthenaSessionDetails(client as unknown as AthenaClient, new TokenBucket(100, 100), deadline.signal), commands, deadline };
}

const exception = (name: string) => new AthenaServiceException({ name, message: 'said Athena', $fault: 'client', $metadata: { httpStatusCode: 400 } });

async function outcome<Value>(promise: Promise<Value>): Promise<Value | { rejected: string }> {
  const settled = promise.catch(({ message }: Error) => ({ rejected: message }));
  await jest.advanceTimersByTimeAsync(LONG_ENOUGH);
  return settled;
}

describe('the configuration of a session', () => {
  test.each([
    [{ IdleTimeoutSeconds: 1200, ExecutionRole: 'arn:aws:iam::123456789012:role/spark' }, 1200, 'arn:aws:iam::123456789012:role/spark'],
    [{ SessionIdleTimeoutInMinutes: 20 }, 1200, undefined],
    [{ IdleTimeoutSeconds: 600, SessionIdleTimeoutInMinutes: 20 }, 600, undefined],
    [{ IdleTimeoutSeconds: 0, SessionIdleTimeoutInMinutes: 20 }, 1200, undefined],
    [{}, undefined, undefined],
    [undefined, undefined, undefined],
    [null, undefined, undefined],
    [{ IdleTimeoutSeconds: '1200', ExecutionRole: {} }, undefined, undefined],
    [{ IdleTimeoutSeconds: NaN, SessionIdleTimeoutInMinutes: -1 }, undefined, undefined],
    [{ IdleTimeoutSeconds: 1e300 }, undefined, undefined],
  ])('of %j has an idle timeout of %s seconds and the role %s', async (SessionConfiguration, idleTimeoutSeconds, executionRole) => {
    const { details, commands } = detailsOf({ SessionConfiguration });
    expect(await outcome(details.configuration('s1'))).toEqual({ idleTimeoutSeconds, executionRole });
    expect(commands).toHaveLength(1);
    expect(commands[0]).toBeInstanceOf(GetSessionCommand);
    expect(commands[0]).toMatchObject({ input: { SessionId: 's1' } });
  });
});

describe('the tags of a session', () => {
  test('are those that have a value', async () => {
    const Tags = [{ Key: 'Owner', Value: ' jane ' }, { Key: 'owner', Value: '' }, { Key: 'team', Value: '  ' }, { Key: 'n', Value: 5 }, null, {}];
    const { details, commands } = detailsOf({ Tags });
    expect(await outcome(details.tags('arn:session'))).toEqual(new Map([['Owner', 'jane'], ['n', '5']]));
    expect(commands[0]).toBeInstanceOf(ListTagsForResourceCommand);
    expect(commands[0]).toMatchObject({ input: { ResourceARN: 'arn:session' } });
  });

  test.each([[{}], [{ Tags: null }], [{ Tags: 'Owner' }]])('are none in %j', async (answer) => {
    expect(await outcome(detailsOf(answer).details.tags('arn'))).toEqual(new Map());
  });
});

describe('a call', () => {
  test('that is denied is not made again', async () => {
    const { details, commands } = detailsOf(exception('AccessDeniedException'));
    expect(await outcome(details.configuration('s1'))).toEqual({ rejected: 'AccessDeniedException: said Athena' });
    expect(commands).toHaveLength(1);
    expect(details).toMatchObject({ calls: 1, throttledCalls: 0 });
  });

  test('that is throttled is made again, and each is counted', async () => {
    const throttled = exception('TooManyRequestsException');
    const { details } = detailsOf(throttled, throttled, { Tags: [] });
    expect(await outcome(details.tags('arn'))).toEqual(new Map());
    expect(details).toMatchObject({ calls: 3, throttledCalls: 2 });
  });

  test('without an answer ends at the deadline', async () => {
    const { details, deadline } = detailsOf(HANGS);
    const settled = details.tags('arn').catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(1000);
    deadline.abort();
    expect(await settled).toMatchObject({ kind: 'deadline' });
    expect(details.calls).toBe(1);
  });

  test('after the deadline is not made', async () => {
    const { details, deadline, commands } = detailsOf({});
    deadline.abort();
    await expect(details.configuration('s1')).rejects.toMatchObject({ kind: 'deadline' });
    expect(commands).toEqual([]);
  });
});
