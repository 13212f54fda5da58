import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { ASSET_FOLDER, NODES, session, Stage, T } from './support';

afterEach(() => Stage.closeAll());

const bundle = path.join(ASSET_FOLDER, 'index.mjs');

test('the asset is one file of at most 170 KB', () => {
  expect(readdirSync(ASSET_FOLDER)).toEqual(['index.mjs']);
  expect(statSync(bundle).size).toBeLessThanOrEqual(170_000);
});

test('the asset is a minified ES module that imports nothing but Node', () => {
  const code = readFileSync(bundle, 'utf8');
  const imported = [...code.matchAll(/(?:^|[;\s}])import\s*(?:[^"'()]*?from)?\s*["']([^"']+)["']/g)].map(([, name]) => name!);
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((name) => !/^(node:)?(async_hooks|buffer|crypto|events|fs|fs\/promises|http|http2|https|os|path|process|stream|timers\/promises|url|util)$/
    .test(name))).toEqual([]);
  expect(code).not.toContain('aws-cdk-lib');
});

test.each(NODES)('it runs on %s', async (nodePath) => {
  const stage = await Stage.start({ workGroups: { analytics: { sessions: [session('s1', 'IDLE', { IdleSinceDateTime: T - 61_500 })] } } }, {}, { nodePath });
  const run = await stage.run();
  expect(run.error).toBeUndefined();
  expect(run.value('IdleSessions', 'analytics')).toBe(1);
  expect(run.value('IdleTime', 'analytics')).toEqual([61]);
  expect(run.value('WorkGroupsMonitored')).toBe(1);
});
