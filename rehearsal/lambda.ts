import { ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { ACCOUNT, REGION } from './json-service';

export interface LambdaOptions {
  /** The folder with the function's code. */
  assetFolder: string;
  /** Such as `index.handler`. */
  handler: string;
  functionName: string;
  /** @default - that of a function with this name, in the region */
  arn?: string;
  timeoutSeconds: number;
  /** @default 128 */
  memorySize?: number;
  /** The function's own variables, in addition to Lambda's. */
  environment?: { [name: string]: string | undefined };
  /** @default 'us-east-1' */
  region?: string;
  /** By which services know the function. @default 'ASIAREHEARSAL0000000' */
  accessKeyId?: string;
  /** The endpoint of Athena. */
  athenaUrl?: string;
  /** The endpoint of EventBridge. */
  eventBridgeUrl?: string;
  /** The Node executable. @default - the one that runs this */
  nodePath?: string;
  /** How much faster time passes for the function, including its timeout. @default 1 */
  speed?: number;
  /** Whether time jumps to the end of each pause that the function makes while it waits for no answer. Needs a speed. @default false */
  skipsPauses?: boolean;
}

export interface InvocationResult {
  /** The lines that the function wrote, in order. */
  lines: string[];
  error?: InvocationError;
  timedOut: boolean;
  /** The stream of the lines in the function's log group. */
  logStream: string;
  /** By the function's clock. */
  durationMs: number;
  /** Measured by the process; undefined if it ended before. */
  usage?: Usage;
}

export interface Usage {
  /** Milliseconds until the timeout, by the function's clock. */
  remainingMs: number;
  /** The peak of the process so far. */
  maxMemoryBytes: number;
}

export interface InvocationError {
  errorType: string;
  errorMessage: string;
}

/** The resources that a process holds between two calls. */
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
  /** Milliseconds of pauses that were skipped in the call. */
  skippedMs?: number;
  /** The request that has used up its time. */
  timedOut?: string;
}

/** The program of the process. The bundler of the command inserts it. */
declare const LAMBDA_CHILD: string | undefined;
const CHILD_PROGRAM = typeof LAMBDA_CHILD === 'string' ? LAMBDA_CHILD : readFileSync(path.join(__dirname, 'lambda-child.mjs'), 'utf8');

/** Runs a function as Lambda does: in a process of its own that is reused, and killed at the timeout. */
export class LambdaHost {
  private process?: Sandbox;
  private busy = false;
  private closed = false;

  public constructor(private readonly options: LambdaOptions) {}

  /**
   * Calls the handler. A host runs one call at a time.
   *
   * @param time the start time by the function's clock; by default the real time
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

  /** Inspects the process that the last call left warm. */
  public async inspect(): Promise<Inspection> {
    if (this.busy || !this.process?.alive) {
      throw new Error(`${this.options.functionName} ${this.busy ? 'is still running' : 'has no process to look into'}`);
    }
    return this.process.inspect();
  }

  /** Ends the process, including a call that is still running. */
  public async close(): Promise<void> {
    this.closed = true;
    await this.process?.kill();
  }
}

/** A process. */
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
    this.child = spawn(nodePath, ['--input-type=module', '--eval', CHILD_PROGRAM, '--', assetFolder, handler, String(this.speed), options.skipsPauses ? 'skipsPauses' : ''], {
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
    const { functionName, timeoutSeconds, memorySize = 128, region = REGION, arn = `arn:aws:lambda:${region}:${ACCOUNT}:function:${functionName}` } = this.options;
    const requestId = randomUUID();
    await Promise.race([this.ready, this.ended]);
    const startedAt = performance.now();
    let error: InvocationError | undefined;
    let usage: Usage | undefined;
    let skippedMs = 0;
    let timedOut = false;

    const report = `REPORT RequestId: ${requestId}`;
    const reported = new Promise<void>(resolve => this.onLine = line => line === report && resolve());
    const timeOut = () => {
      timedOut = true;
      this.child.kill('SIGKILL');
    };
    const settled = new Promise<void>(resolve => this.onMessage = message => {
      if (message.timedOut === requestId) {
        timeOut();
      }
      error ??= message.error;
      if (message.requestId === requestId) {
        usage = message.usage;
        skippedMs = message.skippedMs ?? 0;
        resolve();
      }
    });
    const timer = setTimeout(timeOut, timeoutSeconds * 1000 / this.speed);
    if (this.alive) {
      const context = {
        awsRequestId: requestId, functionName, functionVersion: '$LATEST', invokedFunctionArn: arn, memoryLimitInMB: String(memorySize),
      };
      this.child.send({ event, context, time, timeout: timeoutSeconds * 1000 }, () => {}); // an ended process is handled below
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
    const durationMs = (performance.now() - startedAt) * this.speed + skippedMs;
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
 * The log stream of a process, in a log group that the function is given.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
 */
function logStreamOf(functionName: string, time: number): string {
  const day = new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/${functionName}[$LATEST]${randomUUID().replaceAll('-', '')}`;
}

/**
 * The function's variables and Lambda's, without those of this machine, on which the function must not depend.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function environmentOf(options: Omit<LambdaOptions, 'handler' | 'timeoutSeconds'>): NodeJS.ProcessEnv {
  const { environment, region = REGION, functionName, memorySize = 128, accessKeyId = 'ASIAREHEARSAL0000000', athenaUrl, eventBridgeUrl, assetFolder } = options;
  return {
    ...environment,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    HOME: '/home/sbx_user1051', // does not exist, so that the SDK finds no settings of this machine
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_SESSION_TOKEN: 'rehearsal',
    LAMBDA_TASK_ROOT: assetFolder,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', // this machine's Node may be older than Lambda's
    ...(athenaUrl !== undefined && { AWS_ENDPOINT_URL_ATHENA: athenaUrl }),
    ...(eventBridgeUrl !== undefined && { AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridgeUrl }),
  };
}
