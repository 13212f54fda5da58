import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { crowdedHistories, histories, type History } from './history';
import { play } from './play';
import { brokenPromises, Facts } from './promises';
import { changesBySilence } from './silence';

const KEPT = path.join(__dirname, 'kept');
const DEFAULT_SEED = 20260310;
/** The number of histories of 500 workgroups per other random history. One takes as long as hundreds of the others. */
const CROWDED_SHARE = 1 / 700;
/** The maximum number of broken promises in an error's message. */
const MAX_SHOWN = 10;

/** Histories that failed once or are easy to get wrong, with their files' names. */
function keptHistories(): { readonly name: string; readonly history: History }[] {
  return readdirSync(KEPT).sort().map((file) => ({ name: path.parse(file).name, history: JSON.parse(readFileSync(path.join(KEPT, file), 'utf8')) }));
}

/** Plays a history; if silence could change its alarms, once more with zeros for quiet workgroups. Throws if a promise is broken. */
async function check(history: History): Promise<void> {
  const facts = new Facts(await play(history));
  const broken = brokenPromises(facts);
  if (facts.silenceMatters) {
    const withZeros = new Facts(await play(history, { zerosWhenQuiet: true }));
    broken.push(...brokenPromises(withZeros), ...changesBySilence(facts, withZeros));
  }
  if (broken.length > 0) {
    throw new Error(`${broken.length} promises broken:\n${broken.slice(0, MAX_SHOWN).join('\n')}`);
  }
}

/** Tests monitors with these intervals: with the kept histories, then with `count` random ones. */
export function testHistories(intervals: readonly number[], count: number): void {
  for (const { name, history } of keptHistories().filter((kept) => intervals.includes(kept.history.interval))) {
    test(name, () => check(history));
  }
  test('keeps all promises in random histories', () => checkRandomHistories(histories(intervals), intervals, count));
  test('keeps all promises in random histories of 500 workgroups', () => checkRandomHistories(crowdedHistories(intervals), intervals, count, CROWDED_SHARE));
}

async function checkRandomHistories(anyHistory: fc.Arbitrary<History>, intervals: readonly number[], count: number, share = 1): Promise<void> {
  const { TRUTH_SEED = DEFAULT_SEED, TRUTH_RUNS = count } = process.env;
  const seed = TRUTH_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(TRUTH_SEED);
  const numRuns = Math.ceil(Number(TRUTH_RUNS) * share);
  process.stdout.write(`${numRuns} histories at intervals of ${intervals.join(', ')} minutes, TRUTH_SEED=${seed}\n`);
  const result = await fc.check(fc.asyncProperty(anyHistory, check), { seed, numRuns });
  if (result.counterexample) {
    const [history] = result.counterexample;
    throw new Error(`history ${result.numRuns} of TRUTH_SEED=${seed} breaks promises, kept as ${keep(history)}`, { cause: result.errorInstance });
  }
}

/** Writes the history to `kept/`, where the next run replays it. */
function keep(history: History): string {
  const text = `${JSON.stringify(history, null, 2)}\n`;
  const file = path.join(KEPT, `failed-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`);
  writeFileSync(file, text);
  return path.relative(process.cwd(), file);
}
