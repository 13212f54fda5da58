import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import colours from 'picocolors';
import { appFolderOf, type DeployedStack, readAssembly, synthesise } from './assembly';
import { rehearse } from './rehearsal';
import { Report } from './report';
import { type PlayedStory, reportPage } from './report/index';
import { loadScenario, ScenarioError } from './scenario';
import { buildLibrary } from '../projenrc/build-library';

const HELP = `Plays stories of Athena sessions against an example app, or the app that a scenario names, on this machine. You need no AWS account.

npm run rehearse -- [options] [scenario.yaml ...]

Without a scenario, it plays every scenario in rehearsal/scenarios. rehearsal/README.md says how to write one.

  --report FILE   also write an HTML page with the timeline, messages and dashboards of each story
  --no-build      do not build the library first, use the last build
  --help          show this text

Exit codes:
  0   every story ended as its scenario expects
  1   a story did not end as its scenario expects
  2   a story could not be played: bad arguments, a fault in a scenario, an app that does not synthesise
      or that has something that is not simulated
`;

const SCENARIOS = path.join(__dirname, 'scenarios');

async function main(args: string[]): Promise<number> {
  const { help, build, pageFile, named } = readArguments(args);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const files = named.length > 0 ? named : readdirSync(SCENARIOS).filter(file => /\.ya?ml$/.test(file)).sort()
    .map(file => path.relative(process.cwd(), path.join(SCENARIOS, file)));
  const scenarios = files.map(loadScenario); // all are checked before one is played
  const noApps = scenarios.filter(scenario => !existsSync(path.join(appFolderOf(scenario), 'cdk.json')));
  if (noApps.length > 0) {
    throw new ScenarioError(noApps.map(({ app, locate }) => `${locate(['app'])}: app must be a folder with a cdk.json, relative to the scenario; got ${app}`));
  }
  if (build) {
    buildLibrary();
  }

  const assembly = mkdtempSync(path.join(tmpdir(), 'rehearsal-'));
  process.on('exit', () => rmSync(assembly, { recursive: true, force: true }));
  for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
  const apps = new Map<string, DeployedStack[]>();
  for (const folder of new Set(scenarios.map(appFolderOf))) {
    process.stdout.write(colours.dim(`synthesising ${path.relative(process.cwd(), folder)}\n`));
    const output = path.join(assembly, String(apps.size));
    await synthesise(folder, output);
    apps.set(folder, readAssembly(output));
  }
  process.stdout.write('\n');
  const played: PlayedStory[] = [];
  const report = new Report(process.stdout);
  let exitCode = 0;
  for (const scenario of scenarios) {
    report.begin(scenario);
    const stacks = apps.get(appFolderOf(scenario))!;
    const result = await rehearse({ scenario, stacks, onEvent: event => report.event(event) });
    report.end(result);
    exitCode = result.mismatches.length > 0 ? 1 : exitCode;
    played.push({ scenario, stacks, result });
  }
  if (pageFile !== undefined) {
    writeFileSync(pageFile, reportPage(played));
    process.stdout.write(`the report is in ${pageFile}\n`);
  }
  return exitCode;
}

function readArguments(args: string[]): { help: boolean; build: boolean; pageFile?: string; named: string[] } {
  const { values: { help = false, report: pageFile, 'no-build': noBuild = false }, positionals: named } = parse(args);
  if (pageFile !== undefined && !pageFile.endsWith('.html')) { // a scenario must not be overwritten
    throw new Error(`--report must be an HTML file such as page.html, received ${pageFile}`);
  }
  if (pageFile !== undefined && !existsSync(path.dirname(pageFile))) {
    throw new Error(`--report must be in a folder that exists, received ${pageFile}`);
  }
  return { help, build: !noBuild, pageFile, named };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { 'report': { type: 'string' }, 'no-build': { type: 'boolean' }, 'help': { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message.split(/\.\s/)[0]}; see --help`);
  }
}

/** What is thrown on purpose, and by the file system, is about the input; anything else is a fault of this program. */
function describe(error: Error): string {
  const isOwnFault = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isOwnFault ? error.stack ?? error.message : error.message;
}

main(process.argv.slice(2)).then(
  exitCode => process.exitCode = exitCode,
  (error: Error) => {
    process.stderr.write(`${colours.red(describe(error))}\n`);
    process.exitCode = 2;
  },
);
