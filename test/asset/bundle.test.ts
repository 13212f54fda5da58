import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { EVENT_DETAIL_TYPES, EVENT_SOURCE, SETTINGS } from '../../src/schema';
import { ASSET_FOLDER, FUNCTION_NAME, minutes, NODES, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

const bundle = path.join(ASSET_FOLDER, 'index.js');

test('the asset is one file of at most 260 KB', () => {
  expect(readdirSync(ASSET_FOLDER)).toEqual(['index.js']);
  expect(statSync(bundle).size).toBeLessThanOrEqual(260_000);
});

test('the asset is a minified CommonJS module that requires only Node\'s modules', () => {
  const code = readFileSync(bundle, 'utf8');
  const required = [...code.matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name!);
  expect(required.length).toBeGreaterThan(0);
  const inErrorMessages = /^["']@aws-sdk\/signature-v4(a|-crt)["']$/; // the SDK recommends them for an algorithm that the collector does not use
  expect(required.filter((name) => !/^"node:[a-z_/]+"$/.test(name) && !inErrorMessages.test(name))).toEqual([]);
  expect(code.split('\n').length).toBeLessThan(50);
});

test('the asset has no imports, as Node would load parts of fetch with node:http', () => {
  expect(readFileSync(bundle, 'utf8')).not.toMatch(/(^|[;\s}])import[\s{*("']/);
});

test('the asset reads each of the settings, and sends each kind of event', () => {
  const code = readFileSync(bundle, 'utf8');
  expect([...Object.values(SETTINGS), EVENT_SOURCE, ...Object.values(EVENT_DETAIL_TYPES)].filter((text) => !code.includes(`"${text}"`))).toEqual([]);
});

test.each(NODES)('the asset sends events on %s', async (nodePath) => {
  const stage = await Stage.start({ workGroups: { analytics: { sessions: [session('s1', 'FAILED', { EndDateTime: T - minutes(1) })] } } }, {}, { nodePath }, {});
  const run = await stage.run();
  expect(run.error).toBeUndefined();
  expect([run.value('EventsSent'), run.value('EventsFailed')]).toEqual([1, 0]);
  expect(stage.eventBridge.accepted).toEqual([{
    eventBus: 'default',
    accessKeyId: expect.any(String),
    at: T,
    event: expect.objectContaining({
      'source': EVENT_SOURCE,
      'detail-type': EVENT_DETAIL_TYPES.FAILED,
      'time': new Date(T - minutes(1)).toISOString().replace('.000Z', 'Z'),
      'resources': ['arn:aws:athena:us-east-1:123456789012:workgroup/analytics/session/s1', 'arn:aws:athena:us-east-1:123456789012:workgroup/analytics'],
      'detail': expect.objectContaining({ sessionId: 's1', collector: FUNCTION_NAME }),
    }),
  }]);
  expect(run.lines.filter((line) => !line.startsWith('{'))).toEqual([]); // no warning
});

test.each(NODES)('the asset runs on %s', async (nodePath) => {
  const stage = await Stage.start({ workGroups: { analytics: { sessions: [session('s1', 'IDLE', { IdleSinceDateTime: T - 61_500 })] } } }, {}, { nodePath });
  const run = await stage.run();
  expect(run.error).toBeUndefined();
  expect(run.value('IdleSessions', 'analytics')).toBe(1);
  expect(run.value('IdleTime', 'analytics')).toEqual([61]);
  expect(run.value('WorkGroupsMonitored')).toBe(1);
  expect(run.lines.filter((line) => !line.startsWith('{'))).toEqual([]); // no warning
});
