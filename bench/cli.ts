import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { rounded } from './figures';
import { type Outcome, SCENARIOS } from './scenarios';
import { buildPeers, nodePath } from './subjects';
import { tableLines } from './table';
import { buildLibrary } from '../projenrc/build-library';

const HELP = `Measures the collector against its goals and other solutions.

npm run bench -- [options]

  --scenario NAME  run only this scenario; can be repeated
  --rounds N       number of rounds (default: each scenario's own number)
  --output FILE    write all figures to this JSON file (default: bench/results.json)
  --no-build       do not build the library first, use the last build
  --list           list the scenarios
  --help           show this text

Exit codes:
  0   every goal is met
  1   a goal is not met, or the collector reported a wrong count
  2   nothing could be measured: bad arguments, a library that does not compile, a scenario that failed
`;

async function main(args: string[]): Promise<number> {
  const { values } = parse(args);
  if (values.help || values.list) {
    process.stdout.write(values.help ? HELP : `${table(['scenario', 'description'], SCENARIOS.map(({ name, what }) => [name, what]))}\n`);
    return 0;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1)) {
    throw new Error(`--rounds must be a whole number, at least 1, received ${values.rounds}`);
  }
  const unknown = values.scenario?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`--scenario must be one of ${SCENARIOS.map(({ name }) => name).join(', ')}, received ${unknown}`);
  }
  const file = values.output ?? path.join(__dirname, 'results.json');
  mkdirSync(path.dirname(file), { recursive: true });
  if (!values['no-build']) {
    buildLibrary();
  }

  await buildPeers();
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => values.scenario?.includes(name) ?? true)) {
    outcomes.push(await scenario.run({ rounds, progress }));
  }
  progress('');
  const rows = outcomes.flatMap((outcome) => outcome.rows);
  const goals = outcomes.flatMap((outcome) => outcome.goals);
  const bills = outcomes.flatMap((outcome) => outcome.bills ?? []);

  if (rows.length > 0) {
    console.log(`${table(
      ['scenario', 'subject', 'calls', 'throttled', 'lost', '× collector', '÷ bound', 'peak MB', 'rounds', 'void'],
      rows.map((row) => [
        row.scenario, row.subject, ...[
          row.calls, row.throttled, row.lostWorkGroups, row.timesCollector, row.byBound, row.peakMegabytes, row.rounds, row.voids.length,
        ].map(cell),
      ]),
    )}\n`);
  }
  rows.filter(({ voids }) => voids.length > 0).forEach(({ scenario, subject, voids }) => console.log(pc.yellow(`void: ${scenario}, ${subject}: ${voids[0]}`)));
  if (bills.length > 0) {
    console.log(`${table(
      ['metrics of', 'metric-hours a month', '$ a month'], bills.map((bill) => [bill.what, String(bill.metricHours), bill.dollars.toFixed(2)]),
    )}\n`);
  }
  console.log(table(['what', 'goal', 'reached', ''], goals.map(({ what, goal, reached, met }) => [what, goal, cell(reached), met ? 'met' : 'NOT MET'])));

  writeFileSync(file, `${JSON.stringify({ node: nodePath() === process.execPath ? process.version : 'Node 24', goals, rows, ...(bills.length > 0 && { bills }) }, undefined, 2)}\n`);
  console.log(`\n${path.relative(process.cwd(), file)} has all figures.`);
  // Wrong counts of a peer are reported; those of the collector fail the bench.
  const isWrong = rows.some(({ subject, voids }) => subject.startsWith('collector') && voids.length > 0);
  return isWrong || goals.some(({ met }) => !met) ? 1 : 0;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'scenario': { type: 'string', multiple: true },
        'rounds': { type: 'string' },
        'output': { type: 'string' },
        'no-build': { type: 'boolean' },
        'list': { type: 'boolean' },
        'help': { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message.split(/\.\s/)[0]}; see --help`);
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return tableLines(head, rows).join('\n');
}

function cell(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : rounded(value);
}

/** Overwrites one line in a terminal; elsewhere writes a line for each text. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
  } else if (text) {
    process.stderr.write(`${text}\n`);
  }
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exitCode = exitCode,
  (error: Error) => {
    progress('');
    process.stderr.write(`${pc.red(error.message)}\n`);
    process.exitCode = 2;
  },
);
