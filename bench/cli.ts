import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { rounded } from './figures';
import { type Outcome, SCENARIOS } from './scenarios';
import { buildPeers, nodePath } from './subjects';
import { tableLines } from '../rehearsal/table';

const USAGE = `Measures the collector against its goals and other solutions.

npm run bench -- [options]

  --scenario NAME  run only this scenario; can be repeated
  --rounds N       number of rounds (default: each scenario's own number)
  --output FILE    write all figures to this JSON file (default: bench/results.json)
  --list           list the scenarios
  --help           show this text`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true }, rounds: { type: 'string' }, output: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean' },
    },
  });
  if (values.help || values.list) {
    console.log(values.help ? USAGE : table(['scenario', 'description'], SCENARIOS.map(({ name, what }) => [name, what])));
    return;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1)) {
    throw new Error(`--rounds must be a whole number, at least 1, received ${values.rounds}`);
  }
  const unknown = values.scenario?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`--scenario must be one of ${SCENARIOS.map(({ name }) => name).join(', ')}, received ${unknown}`);
  }

  await buildPeers();
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS.filter(({ name }) => values.scenario?.includes(name) ?? true)) {
    outcomes.push(await scenario.run({ rounds, progress }));
  }
  progress('');
  const rows = outcomes.flatMap((outcome) => outcome.rows);
  const goals = outcomes.flatMap((outcome) => outcome.goals);

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
  console.log(table(['what', 'goal', 'reached', ''], goals.map(({ what, goal, reached, met }) => [what, goal, cell(reached), met ? 'met' : 'NOT MET'])));

  const file = values.output ?? path.join(__dirname, 'results.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ node: nodePath() === process.execPath ? process.version : 'Node 24', goals, rows }, undefined, 2)}\n`);
  console.log(`\nAll figures are in ${path.relative(process.cwd(), file)}.`);
  // Wrong counts of other solutions are reported. Those of the collector fail the bench.
  process.exitCode = rows.some(({ subject, voids }) => subject.startsWith('collector') && voids.length > 0) ? 1 : 0;
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

main().catch((error) => {
  progress('');
  console.error(pc.red((error as Error).message));
  process.exitCode = 1;
});
