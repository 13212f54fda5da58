import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Athena, startAthena } from '../../rehearsal/athena';
import { startEventBridge } from '../../rehearsal/eventbridge';
import { environmentOf } from '../../rehearsal/lambda';
import { SETTINGS } from '../../src/schema';
import { ASSET_FOLDER, COLLECTOR_ENVIRONMENT, EVENTS, minutes, NODES, session, T } from '../support/stage';

/** Calls the handler and exits as soon as it resolves or rejects, like a sandbox that Lambda freezes and later discards. */
const SANDBOX = `
  Date.now = () => ${T}; // a late run sends no events
  require(${JSON.stringify(path.join(ASSET_FOLDER, 'index.js'))})
    .handler({ scheduledTime: ${JSON.stringify(new Date(T).toISOString())} }, {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:collector',
      getRemainingTimeInMillis: () => 60_000,
    })
    .catch(() => {}).then(() => process.kill(process.pid, 'SIGKILL'));`;

/** Copies its input to its output, at most 4 KB per millisecond. */
const SLOW_READER = `
  const { readSync } = require('node:fs');
  const chunk = Buffer.alloc(4096);
  const pass = () => {
    const length = readSync(0, chunk);
    process.stdout.write(chunk.subarray(0, length), () => length > 0 && setTimeout(pass, 1)); // the chunk is free once it is written
  };
  pass();`;

/** Twenty failures with long texts in each window of the lookback: far more than the 64 KiB that a pipe buffers. */
const failures = Array.from({ length: 12 * 20 }, (_, index) => ({
  ...session(`failed-${index}`, 'FAILED', { EndDateTime: T - minutes(5 * (index % 12)), StateChangeReason: 'r'.repeat(300) }),
  Description: 'd'.repeat(300),
}));
/** Every fifth workgroup has these failures. The search finds 50 workgroups on its first page. */
const WORK_GROUPS = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`team-${10 + index}`, { sessions: index % 5 === 0 ? failures : [] }]));

let athena: Athena;

beforeEach(async () => {
  athena = await startAthena({ time: T, workGroups: WORK_GROUPS });
});
afterEach(() => athena.close());

/** The lines that leave the sandbox through a pipe. */
async function linesOf(node: string, eventBridgeUrl?: string): Promise<{ [name: string]: any }[]> {
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', '"$0" -e "$1" | "$0" -e "$2"', node, SANDBOX, SLOW_READER], {
    maxBuffer: 10_000_000,
    env: environmentOf({
      assetFolder: ASSET_FOLDER,
      functionName: 'collector',
      athenaUrl: athena.url,
      eventBridgeUrl,
      environment: {
        ...COLLECTOR_ENVIRONMENT,
        [SETTINGS.workGroupPatterns]: '*',
        ...(eventBridgeUrl && { [SETTINGS.events]: JSON.stringify(EVENTS) }),
      },
    }),
  });
  return stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

test.each(NODES)('all lines are written before the handler resolves: %s', async (node) => {
  const lines = await linesOf(node);
  expect(lines.filter((line) => line.WorkGroup !== undefined)).toHaveLength(60 + 12 * 11);
  expect(lines.at(-1)).toMatchObject({ FunctionName: 'collector', WorkGroupsMonitored: 60 });
});

test.each(NODES)('all lines are written before the handler rejects: %s', async (node) => {
  athena.faults.push({ kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 });
  const lines = await linesOf(node);
  expect(lines.filter((line) => line.WorkGroup !== undefined)).toHaveLength(50 + 10 * 11);
  expect(lines.at(-1)).toMatchObject({ FunctionName: 'collector', UnknownSessions: 0 });
});

test.each(NODES)('all lines about events are written before the handler resolves: %s', async (node) => {
  const eventBridge = await startEventBridge({ time: T, faults: [{ kind: 'failedEntries', entries: 10 }] });
  const lines = await linesOf(node, eventBridge.url).finally(() => eventBridge.close());
  expect(lines.filter((line) => line.WorkGroup !== undefined)).toHaveLength(60 + 12 * 11);
  expect(lines.at(-2)).toMatchObject({ level: 'ERROR', message: expect.stringMatching(/^240 of 240 events were not sent/) });
  expect(lines.at(-1)).toMatchObject({ FunctionName: 'collector', EventsSent: 0, EventsFailed: 240 });
});
