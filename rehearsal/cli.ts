import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import colours from 'picocolors';
import { readAssembly, synthesise } from './assembly';
import { page, readDashboard, storyOf, type StoryView, viewDashboard } from './dashboard';
import { rehearse } from './rehearsal';
import { Report } from './report';
import { loadScenario, ScenarioError } from './scenario';

const HELP = `Plays an afternoon against the example app, on this machine: no AWS account is needed.

  npm run rehearse                            plays every scenario in rehearsal/scenarios
  npm run rehearse -- my.yaml other.yaml      plays these
  npm run rehearse -- --dashboard page.html   also writes a page with the dashboards, as CloudWatch shows
                                              them at the end of each story; scenarios may follow
  npm run rehearse -- --help                  shows this

The exit code is 0 where every story ended as its scenario expects, 1 where one did not, and 2 where
a scenario could not be played. How scenarios are written is told in rehearsal/README.md.
`;

const EXAMPLE = path.join(__dirname, '..', 'examples', 'typescript', 'quickstart');
const SCENARIOS = path.join(__dirname, 'scenarios');

async function main(args: string[]): Promise<number> {
  if (args.some(arg => arg === '--help' || arg === '-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { pageFile, named } = parseArguments(args);
  const files = named.length > 0 ? named : readdirSync(SCENARIOS).filter(file => /\.ya?ml$/.test(file)).sort()
    .map(file => path.relative(process.cwd(), path.join(SCENARIOS, file)));
  const scenarios = files.map(loadScenario); // all are checked before one is played

  const assembly = mkdtempSync(path.join(tmpdir(), 'rehearsal-'));
  process.on('exit', () => rmSync(assembly, { recursive: true, force: true }));
  for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
  process.stdout.write(colours.dim(`synthesising ${path.relative(process.cwd(), EXAMPLE)}\n\n`));
  await synthesise(EXAMPLE, assembly);
  const stacks = readAssembly(assembly);
  const dashboards = stacks.flatMap(stack => stack.dashboards);
  if (pageFile !== undefined) {
    dashboards.forEach(dashboard => readDashboard(dashboard)); // so are the dashboards
  }
  const views: StoryView[] = [];
  const report = new Report(process.stdout);
  let exitCode = 0;
  for (const scenario of scenarios) {
    report.begin(scenario);
    const result = await rehearse({ scenario, stacks, onEvent: event => report.event(event) });
    report.end(result);
    exitCode = result.mismatches.length > 0 ? 1 : exitCode;
    if (pageFile !== undefined) {
      const story = storyOf(scenario, result);
      views.push({ title: scenario.title, file: scenario.file, dashboards: dashboards.map(dashboard => viewDashboard(dashboard, story)) });
    }
  }
  if (pageFile !== undefined) {
    writeFileSync(pageFile, page(views));
    process.stdout.write(`the dashboards are in ${pageFile}\n`);
  }
  return exitCode;
}

function parseArguments(args: string[]): { pageFile?: string; named: string[] } {
  const named = [...args];
  const at = named.indexOf('--dashboard');
  const [, pageFile] = at === -1 ? [] : named.splice(at, 2);
  if (at !== -1 && !pageFile?.endsWith('.html')) { // a scenario must not be written over
    throw new ScenarioError([`--dashboard needs a file to write, such as page.html, got ${pageFile ?? 'nothing'}`]);
  }
  const option = named.find(arg => arg.startsWith('-'));
  if (option !== undefined) {
    throw new ScenarioError([`there is no option ${option}; see --help`]);
  }
  return { pageFile, named };
}

main(process.argv.slice(2)).then(
  exitCode => process.exitCode = exitCode,
  (error: Error) => {
    process.stderr.write(`${colours.red(error instanceof ScenarioError ? error.message : error.stack ?? String(error))}\n`);
    process.exitCode = 2;
  },
);
