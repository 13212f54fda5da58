import * as fc from 'fast-check';
import { histories, INTERVALS } from './history';
import { play } from './play';

test('alarms change only at the minutes at which the simulation evaluates them', () => fc.assert(fc.asyncProperty(histories(INTERVALS), async (history) => {
  const { evaluations } = await play(history);
  const { evaluations: everyMinute } = await play(history, { everyMinute: true });
  const evaluated = new Map(evaluations.map(({ minute, inAlarm }) => [minute, inAlarm]));
  let last: ReadonlySet<string> = new Set();
  for (const { minute, inAlarm } of everyMinute) {
    last = evaluated.get(minute) ?? last;
    expect([minute, ...inAlarm].sort()).toEqual([minute, ...last].sort());
  }
}), { seed: 1, numRuns: 30 }));
