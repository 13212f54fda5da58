import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { firstDifference } from './figures';
import type { Report, ServicesOptions, Started } from './services';
import { nodePath, type Subject } from './subjects';
import { type Counts, countsOf, INTERVAL, LOOKBACK, workGroupsOf } from './world';
import { environmentOf } from '../rehearsal/lambda';

/** One run of a subject, in its own process. Times are in milliseconds. */
export interface Run {
  readonly milliseconds: number;
  readonly calls: number;
  readonly throttled: number;
  readonly connections: number;
  readonly events: number;
  readonly lostWorkGroups: number;
  readonly peakMegabytes: number;
  /** Why the run is not counted. Undefined if it is. */
  readonly void?: string;
}

/** The simulated services of a scenario, in their own process. */
export class Services {
  public static async start(options: Omit<ServicesOptions, 'time'>): Promise<Services> {
    const time = Math.floor(Date.now() / INTERVAL) * INTERVAL;
    const child = fork(path.join(__dirname, 'services.ts'), [JSON.stringify({ ...options, time })], { execArgv: ['--import', 'tsx'] });
    return new Services(child, await messageOf<Started>(child), options.world, time);
  }

  private constructor(
    private readonly child: ChildProcess,
    public readonly urls: Started,
    private readonly world: ServicesOptions['world'],
    public readonly time: number,
  ) {}

  /** Calls since the last report. */
  public async report(): Promise<Report> {
    this.child.send('report');
    return messageOf<Report>(this.child);
  }

  /** The counts that the subject must report. */
  public expected({ states, lookback }: Subject): Counts {
    return countsOf(workGroupsOf(this.world, this.time), states, lookback ? this.time - LOOKBACK : undefined);
  }

  public stop(): void {
    this.child.disconnect();
  }
}

/** The next message of the process. Rejects if it exits first. */
async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const controller = new AbortController();
  const { signal } = controller;
  try {
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error('the simulated services ended');
    });
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]) as [Message];
    return message;
  } finally {
    controller.abort();
  }
}

/** The options with which Lambda starts Node at the default memory size of 256 MB: 5 % for a semi-space, 90 % for the old space. */
const LAMBDA_NODE_OPTIONS = ['--max-semi-space-size=12', '--max-old-space-size=231'];

/** Runs a subject once. A run with wrong counts is void, except that with `mayLose` lost workgroups are only counted. */
export async function measure(subject: Subject, services: Services, options: { timeout?: number; mayLose?: boolean } = {}): Promise<Run> {
  const { timeout = 240_000, mayLose = false } = options;
  const startedAt = performance.now();
  const event = JSON.stringify({ scheduledTime: new Date(services.time).toISOString() });
  const child = spawn(nodePath(), [...LAMBDA_NODE_OPTIONS, path.join(__dirname, 'runner.cjs'), subject.file, event, `${timeout}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeout + 10_000,
    env: environmentOf({
      environment: { ...subject.environment, AWS_ENDPOINT_URL_CLOUDWATCH: services.urls.cloudWatchUrl },
      functionName: 'bench',
      athenaUrl: services.urls.athenaUrl,
      eventBridgeUrl: services.urls.eventBridgeUrl,
      assetFolder: path.dirname(subject.file),
    }),
  });
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const [code, signal] = await once(child, 'close') as [number | null, string | null];
  const milliseconds = performance.now() - startedAt;

  const { calls, throttled, connections, events } = await services.report();
  const lines = output().trim().split('\n');
  const peak = code === 0 ? JSON.parse(lines.pop()!).peakKilobytes : 0;
  const expected = services.expected(subject);
  const counts = code === 0 ? subject.countsOf(lines) : {};
  const lost = subject.states.length === 0 ? [] : Object.keys(expected).filter((workGroup) => counts[workGroup] === undefined);
  const reported = mayLose ? Object.fromEntries(Object.entries(expected).filter(([workGroup]) => !lost.includes(workGroup))) : expected;
  const failure = code === 0 ? firstDifference(reported, counts) : `exited with ${code ?? signal}: ${errors().trim().replace(/\s+/g, ' ').slice(0, 300)}`;
  return {
    milliseconds,
    calls,
    throttled,
    connections,
    events,
    lostWorkGroups: lost.length,
    peakMegabytes: peak / 1024,
    ...(failure !== undefined && { void: failure }),
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (data) => text += data);
  return () => text;
}
