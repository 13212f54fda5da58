/** Runs in its own process: the simulated Athena and EventBridge of a scenario, and a CloudWatch that accepts PutMetricData. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { workGroupsOf, type WorldSpec } from './world';
import { type RateLimit, startAthena } from '../rehearsal/athena';
import { startEventBridge } from '../rehearsal/eventbridge';

export interface ServicesOptions {
  readonly world: WorldSpec;
  readonly time: number;
  /** Milliseconds per answer. */
  readonly latency: number;
  readonly rateLimit?: RateLimit;
  /** How many times faster time passes. */
  readonly speed?: number;
}

export interface Started {
  readonly athenaUrl: string;
  readonly eventBridgeUrl: string;
  readonly cloudWatchUrl: string;
}

/** What happened since the last report. */
export interface Report {
  readonly calls: number;
  readonly throttled: number;
  /** Maximum number of simultaneous connections, and so of calls in flight. */
  readonly connections: number;
  /** Events that EventBridge has accepted. */
  readonly events: number;
}

async function main({ world, time, latency, rateLimit, speed }: ServicesOptions): Promise<void> {
  const slow = latency > 0 ? [{ kind: 'slow' as const, milliseconds: latency }] : [];
  const ofDetails = (['GetSession', 'ListTagsForResource'] as const).flatMap((operation) => slow.map((fault) => ({ ...fault, operation })));
  const athena = await startAthena({ workGroups: workGroupsOf(world, time), time, rateLimit, speed, faults: [...slow, ...ofDetails] });
  const eventBridge = await startEventBridge({ time, speed, faults: slow });
  let connections = 0;
  athena.beforeCall = async () => {
    connections = Math.max(connections, await athena.connections());
  };
  const cloudWatch = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'), latency));
  }).listen(0, '127.0.0.1', () => {
    process.send!({
      athenaUrl: athena.url,
      eventBridgeUrl: eventBridge.url,
      cloudWatchUrl: `http://127.0.0.1:${(cloudWatch.address() as AddressInfo).port}`,
    } satisfies Started);
  });
  process.on('message', () => {
    const calls = athena.calls.splice(0);
    process.send!({
      calls: calls.length,
      connections,
      throttled: calls.filter(({ throttled }) => throttled).length,
      events: eventBridge.accepted.splice(0).length,
    } satisfies Report);
    connections = 0;
  });
  process.on('disconnect', () => process.exit());
}

void main(JSON.parse(process.argv[2]!));
