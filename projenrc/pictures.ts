import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../test/support/chromium';

/** The README's pictures: parts of reports. */
const PICTURES = [
  { file: 'docs/report.png', story: 'rehearsal/stories/afternoon.yaml', first: 'main', last: '.legend-of-states', scale: 1.5 },
  { file: 'docs/dashboard.png', story: 'test/picture/story.yaml', first: '.dashboard', last: '.dashboard', scale: 1 },
];
const MARGIN = 7;

/** Plays the stories, and takes their pictures. The library has to be built. */
async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
  const browser = await launchChromium();
  for (const { file, story, first, last, scale } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, deviceScaleFactor: scale });
    const report = path.join(folder, 'report.html');
    run('npx', 'tsx', 'command/cli.ts', 'rehearse', '--quiet', '--report', report, story);
    await page.goto(pathToFileURL(report).href);
    const [begin, end] = [await page.locator(first).first().boundingBox(), await page.locator(last).first().boundingBox()];
    const y = Math.max(0, begin!.y - MARGIN);
    await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y, width: 1280, height: end!.y + end!.height + MARGIN - y } });
    run('pngquant', '--force', '--ext', '.png', file);
  }
  await browser.close();
  rmSync(folder, { recursive: true });
}

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
