import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { main } from '../../command/main';
import type { Output } from '../../command/terminal';
import { type Athena, type AthenaOptions, type FixedSession, startAthena } from '../../rehearsal/athena';

export const ROOT = path.join(__dirname, '..', '..');
export const BUNDLE = path.join(ROOT, 'command', 'bin', 'athena-session-monitor.js');
export const REGION = 'us-east-1';
export const SPARK_35 = 'Apache Spark version 3.5';
export const SQL = 'Athena engine version 3';
export const NOW = Date.now();
export const minutes = (count: number) => count * 60_000;
export const hours = (count: number) => count * 3_600_000;

export type Environment = { readonly [name: string]: string | undefined };

/** All that the command gets of an environment: nothing of this machine's configuration. */
export const ENVIRONMENT: Environment = {
  PATH: process.env.PATH,
  HOME: '/nowhere',
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'PERSON',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9', // closed
  AWS_ENDPOINT_URL_SERVICE_QUOTAS: 'http://127.0.0.1:9',
};

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SAVED = { ...process.env };
const open: { close(): Promise<void> }[] = [];
const folders: string[] = [];

afterEach(async () => {
  process.env = { ...SAVED };
  await Promise.all(open.splice(0).map((server) => server.close()));
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});

/** Closes it after the test. */
export function closeLater<Server extends { close(): Promise<void> }>(server: Server): Server {
  open.push(server);
  return server;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'command-test-'));
  folders.push(folder);
  return folder;
}

export function temporaryFile(content: string): string {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, content);
  return file;
}

export async function simulatedAthena(options: AthenaOptions = {}): Promise<Athena> {
  return closeLater(await startAthena(options));
}

/** Starts a server on loopback. */
export async function startServer(listener: RequestListener): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Runs the bundle as a process. */
export async function runBundle(args: string[], environment: Environment = {}, nodePath = process.execPath): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...ENVIRONMENT, ...environment };
    const child = execFile(nodePath, [BUNDLE, ...args], { env, maxBuffer: 1e8 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode!, stdout, stderr });
    });
  });
}

/** Scans a simulated Athena with the bundle. The rate is high unless it is given. */
export async function scanned(world: AthenaOptions, args: string[] = [], environment: Environment = {}): Promise<Result & { athena: Athena }> {
  const athena = await simulatedAthena(world);
  const result = await runBundle(['scan', '--rate', '1000', ...args], { AWS_ENDPOINT_URL_ATHENA: athena.url, ...environment });
  return { ...result, athena };
}

class RecordedOutput implements Output {
  public text = '';

  public constructor(public readonly columns?: number) {}

  public get isTTY(): boolean {
    return this.columns !== undefined;
  }

  public write(text: string): void {
    this.text += text;
  }
}

/** Runs the command in this process, on a terminal of that many columns. */
export async function runOnTerminal(columns: number, args: string[], environment: Environment = {}): Promise<Result> {
  process.env = { ...ENVIRONMENT, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment };
  const [stdout, stderr] = [new RecordedOutput(columns), new RecordedOutput(columns)];
  const code = await main(args, { stdout, stderr, env: process.env });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Scans a simulated Athena in this process, on a terminal of that many columns. */
export async function scannedOnTerminal(columns: number, world: AthenaOptions, args: string[] = [], environment: Environment = {}): Promise<Result> {
  const athena = await simulatedAthena(world);
  return runOnTerminal(columns, ['scan', '--rate', '1000', ...args], { AWS_ENDPOINT_URL_ATHENA: athena.url, ...environment });
}

export function session(SessionId: string, State: string, status: FixedSession['Status'] = {}, others: Partial<FixedSession> = {}): FixedSession {
  return {
    SessionId,
    EngineVersion: { EffectiveEngineVersion: 'PySpark engine version 3' },
    Status: { State, StartDateTime: NOW - hours(5), LastModifiedDateTime: NOW - hours(2), ...status },
    ...others,
  };
}
