import { ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

export interface LambdaOptions {
  /** The folder with the function's code. */
  assetFolder: string;
  /** Such as `index.handler`. */
  handler: string;
  functionName: string;
  timeoutSeconds: number;
  /** @default 128 */
  memorySize?: number;
  /** The function's own variables. Those that Lambda sets are added. */
  environment?: { [name: string]: string | undefined };
  /** @default 'us-east-1' */
  region?: string;
  /** Where the function finds Athena. */
  athenaUrl?: string;
  /** The Node executable. @default - the one that runs this */
  nodePath?: string;
  /** How many times as fast as elsewhere time passes for the function, its timeout included. @default 1 */
  speed?: number;
}

export interface InvocationResult {
  /** What the function wrote, line by line, in order. */
  lines: string[];
  error?: InvocationError;
  timedOut: boolean;
  /** Where the lines go in the function's log group. */
  logStream: string;
  /** By the function's clock. */
  durationMs: number;
  /** What the function's process says of itself; nothing where it did not come to that. */
  usage?: Usage;
}

/** What a call left, by the function's own measure. */
export interface Usage {
  /** Milliseconds until the timeout, by the function's clock. */
  remainingMs: number;
  /** The most memory that the process ever held. */
  maxMemoryBytes: number;
}

export interface InvocationError {
  errorType: string;
  errorMessage: string;
}

/** What a function's process holds between two calls. */
export interface Inspection {
  /** Memory in use, without garbage. */
  memoryBytes: number;
  /** Open sockets, timers and the like, by kind. @see https://nodejs.org/api/process.html#processgetactiveresourcesinfo */
  resources: { [kind: string]: number };
}

interface ChildMessage {
  inspection?: Inspection;
  ready?: true;
  requestId?: string;
  error?: InvocationError;
  usage?: Usage;
}

const CHILD_PROGRAM = path.join(__dirname, 'lambda-child.mjs');

/** A function that is hosted like in Lambda: in a process of its own, reused while it lives, killed when it takes too long. */
export class LambdaHost {
  private process?: Sandbox;
  private busy = false;
  private closed = false;

  public constructor(private readonly options: LambdaOptions) {}

  /**
   * Calls the handler, once; a host runs one call at a time.
   *
   * @param time what the function's clock says when it begins; the real time unless given
   */
  public async invoke(event: unknown, time?: number): Promise<InvocationResult> {
    if (this.busy || this.closed) {
      throw new Error(`${this.options.functionName} is ${this.closed ? 'closed' : 'still running'}`);
    }
    this.busy = true;
    try {
      if (!this.process?.alive) {
        this.process = new Sandbox(this.options, time ?? Date.now());
      }
      return await this.process.invoke(event, time);
    } finally {
      this.busy = false;
    }
  }

  /** Looks into the process that the last call has left warm. */
  public async inspect(): Promise<Inspection> {
    if (this.busy || !this.process?.alive) {
      throw new Error(`${this.options.functionName} ${this.busy ? 'is still running' : 'has no process to look into'}`);
    }
    return this.process.inspect();
  }

  /** Ends the process, and a call that is still running with it. */
  public async close(): Promise<void> {
    this.closed = true;
    await this.process?.kill();
  }
}

/** One process. */
class Sandbox {
  public alive = true;
  private readonly logStream: string;
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;
  private readonly ended: Promise<void>;
  private lines: string[] = [];
  private errorOutput = '';
  private onLine?: (line: string) => void;
  private onMessage?: (message: ChildMessage) => void;
  private readonly speed: number;

  public constructor(private readonly options: LambdaOptions, time: number) {
    const { nodePath = process.execPath, assetFolder, handler } = options;
    this.logStream = logStreamOf(options.functionName, time);
    this.speed = options.speed ?? 1;
    this.child = spawn(nodePath, [CHILD_PROGRAM, assetFolder, handler, String(this.speed)], {
      env: environmentOf(options),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    createInterface({ input: this.child.stdout! }).on('line', line => {
      this.lines.push(line);
      this.onLine?.(line);
    });
    this.child.stderr!.on('data', data => this.errorOutput += data);
    this.ready = new Promise(resolve => this.child.on('message', (message: ChildMessage) => {
      if (message.ready) {
        resolve();
      }
      this.onMessage?.(message);
    }));
    this.ended = new Promise(resolve => {
      const end = () => {
        this.alive = false;
        resolve();
      };
      this.child.once('error', error => {
        this.errorOutput += error.message;
        end();
      });
      this.child.once('close', end); // after the last of its output
    });
  }

  public async invoke(event: unknown, time: number | undefined): Promise<InvocationResult> {
    const { functionName, timeoutSeconds } = this.options;
    const requestId = randomUUID();
    await Promise.race([this.ready, this.ended]);
    const startedAt = performance.now();
    let error: InvocationError | undefined;
    let usage: Usage | undefined;
    let timedOut = false;

    const report = `REPORT RequestId: ${requestId}`;
    const reported = new Promise<void>(resolve => this.onLine = line => line === report && resolve());
    const settled = new Promise<void>(resolve => this.onMessage = message => {
      error ??= message.error;
      if (message.requestId === requestId) {
        usage = message.usage;
        resolve();
      }
    });
    const timer = setTimeout(() => {
      timedOut = true;
      this.child.kill('SIGKILL');
    }, timeoutSeconds * 1000 / this.speed);
    if (this.alive) {
      const context = { awsRequestId: requestId, functionName, functionVersion: '$LATEST', memoryLimitInMB: String(this.options.memorySize ?? 128) };
      this.child.send({ event, context, time, timeout: timeoutSeconds * 1000 }, () => {}); // that it is gone is told below
    }
    await Promise.race([Promise.all([reported, settled]), this.ended]);
    clearTimeout(timer);

    if (timedOut) {
      await this.ended;
      error = { errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${timeoutSeconds.toFixed(2)} seconds` };
    } else if (!this.alive) {
      error ??= { errorType: 'Runtime.ExitError', errorMessage: `the process ended before the handler did: ${this.errorOutput.trim() || 'it said nothing'}` };
    }
    const lines = this.lines.filter(line => line !== report);
    this.lines = [];
    const durationMs = (performance.now() - startedAt) * this.speed;
    return { lines, ...(error && { error }), timedOut, logStream: this.logStream, durationMs, ...(usage && { usage }) };
  }

  public async inspect(): Promise<Inspection> {
    const answer = new Promise<Inspection>(resolve => this.onMessage = ({ inspection }) => inspection && resolve(inspection));
    this.child.send({ inspect: true }, () => {});
    const inspection = await Promise.race([answer, this.ended]);
    if (!inspection) {
      throw new Error(`${this.options.functionName}: the process ended`);
    }
    return inspection;
  }

  public async kill(): Promise<void> {
    if (this.alive) {
      this.child.kill('SIGKILL');
      await this.ended;
    }
  }
}

/**
 * The log stream of a process that begins at a time, in a log group that the function was given.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
 */
function logStreamOf(functionName: string, time: number): string {
  const day = new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/${functionName}[$LATEST]${randomUUID().replaceAll('-', '')}`;
}

/**
 * The function's variables and Lambda's; nothing of this machine's, so that what works here works there.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function environmentOf(options: Omit<LambdaOptions, 'handler' | 'timeoutSeconds'>): NodeJS.ProcessEnv {
  const { environment, region = 'us-east-1', functionName, memorySize = 128, athenaUrl, assetFolder } = options;
  return {
    ...environment,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    HOME: '/home/sbx_user1051', // does not exist: the SDK must not find this machine's settings
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_ACCESS_KEY_ID: 'ASIAREHEARSAL0000000',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_SESSION_TOKEN: 'rehearsal',
    LAMBDA_TASK_ROOT: assetFolder,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', // this machine's Node may be older than Lambda's
    ...(athenaUrl !== undefined && { AWS_ENDPOINT_URL_ATHENA: athenaUrl }),
  };
}
