import { SETTINGS } from './run-settings';
import { AthenaError } from '../../src/athena/calls';
import type { ListedSession, FoundWorkGroup } from '../../src/athena/listings';
import { rotate } from '../../src/collector/rotation';
import { run as runCollector, type RunContext } from '../../src/collector/run';

const itemsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `w${`${index}`.padStart(4, '0')}` }));

test('sorts by name and starts at the golden section of the run', () => {
  const items = itemsOf(10);
  const firsts = [0, 1, 2, 3, 4].map((run) => rotate([...items].reverse(), run)[0]!.name);
  expect(firsts).toEqual(['w0000', 'w0006', 'w0002', 'w0008', 'w0004']);
  expect(rotate(itemsOf(1000), 5_913_600)[0]!.name).toBe('w0795'); // an inaccurate step would start elsewhere
});

test('returns an empty list for no items', () => {
  expect(rotate([], 7)).toEqual([]);
});

describe('no item waits longer than 2 × ⌈found ÷ listed⌉ + 1 runs', () => {
  const MAX_COUNT = 1000;
  /** Workgroups that a run can list by default. */
  const CAPACITY = 189;
  const MIN_LISTED = Math.floor(0.4 * CAPACITY);
  /** More than the maximum wait, 29 runs. */
  const RUNS = 48;
  /** One change per hour, with a run every 5 minutes. */
  const RUNS_PER_CHANGE = 12;

  const itemsByCount = Array.from({ length: MAX_COUNT + RUNS / RUNS_PER_CHANGE + 1 }, (_, count) => itemsOf(count));
  const places = new Map<number, number>();

  /** Where the order of this many items starts. Cached, as it does not depend on how many of them are listed. */
  function firstPlace(count: number, run: number): number {
    const key = run * itemsByCount.length + count;
    const place = places.get(key) ?? Number(rotate(itemsByCount[count]!, run)[0]!.name.slice(1));
    places.set(key, place);
    return place;
  }

  /** The maximum number of runs from one that lists an item, or before which it was added, to the next one that lists it. */
  function longestWait(count: number, listed: number, firstRun: number, change: 'added' | 'removed'): number {
    const lastListed = Array<number>(count).fill(firstRun - 1); // by place in the order of names
    let longest = 0;
    for (let run = firstRun; run < firstRun + RUNS; run++) {
      if (run % RUNS_PER_CHANGE === 0) {
        const anywhere = (run * 7919) % lastListed.length;
        lastListed.splice(anywhere, ...(change === 'added' ? [0, run - 1] as const : [1] as const));
      }
      let place = firstPlace(lastListed.length, run);
      for (let left = listed; left > 0; left--) {
        const wait = run - lastListed[place]!;
        longest = wait > longest ? wait : longest; // Math.max is slow in Jest, which looks up globals in its sandbox
        lastListed[place] = run;
        place = place + 1 < lastListed.length ? place + 1 : 0;
      }
    }
    return Math.max(longest, ...lastListed.map((last) => firstRun + RUNS - last));
  }

  /** Several numbers of listed items have the same allowed wait. Only the smallest is tested. */
  function minimumListedByWait(count: number): Map<number, number> {
    const byWait = new Map<number, number>();
    for (let listed = CAPACITY; listed >= MIN_LISTED; listed--) {
      byWait.set(2 * Math.ceil(count / listed) + 1, listed);
    }
    return byWait;
  }

  // The run numbers of today, at intervals of 60, 5 and 1 minutes.
  test.each([492_800, 5_913_600, 29_568_000].flatMap((firstRun) => [[firstRun, 'added'], [firstRun, 'removed']] as const))(
    'for 190 to 1000 items and at least 40 %% of the capacity, from run %d on, with one item %s every hour', (firstRun, change) => {
      const tooLong: string[] = [];
      for (let count = CAPACITY + 1; count <= MAX_COUNT; count++) {
        for (const [allowed, listed] of minimumListedByWait(count)) {
          const wait = longestWait(count, listed, firstRun, change);
          if (wait > allowed) {
            tooLong.push(`${listed} of ${count}: ${wait} runs, not ${allowed}`);
          }
        }
      }
      expect(tooLong).toEqual([]);
    });
});

/** Athena in a run that reaches its deadline after it has listed `maxListed` workgroups. */
class AthenaUntilDeadline implements Pick<RunContext['athena'], 'workGroups' | 'sessions'> {
  public readonly calls = 0;
  public readonly throttledCalls = 0;
  public readonly secondsPerCall = 0;
  public readonly overdueCalls = 0;
  public readonly listed: string[] = [];

  public constructor(private readonly names: readonly string[], private readonly maxListed: number) {}

  public async* workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    yield this.names.map((name) => ({ name, spark: true, disabled: false }));
  }

  public async* sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
    await undefined; // lets the other workers run
    if (this.listed.length >= this.maxListed) {
      throw new AthenaError('deadline', 'the run reached its deadline before the listing was complete');
    }
    if (state === 'TERMINATED') { // the last of its listings
      this.listed.push(workGroup);
    }
    yield [];
  }
}

describe('no found workgroup waits longer than 2 × ⌈found ÷ listed⌉ + 1 runs that reach their deadline', () => {
  const TODAY = Date.parse('2026-03-10T00:00:00Z');
  const RUNS_PER_HOUR = 12;

  const settings: RunContext['settings'] = { ...SETTINGS, logSessionDetails: false, workGroups: undefined, workGroupPatterns: ['*'] };

  /** Of all pairs with at least 190 found and 75 listed, these come closest to the maximum wait. */
  const nearest = [[514, 75], [823, 75], [826, 75], [827, 75], [828, 75], [890, 81], [918, 84], [960, 87]] as const;
  const others = [190, 227, 333, 378, 379, 500, 750, 1000].flatMap((found) => [75, 100, 142, 189].map((listed) => [found, listed] as const));

  test.each([...nearest, ...others])('%d found, %d listed, with one added and one removed every hour', async (found, listed) => {
    const names = itemsOf(found).map(({ name }) => name);
    const allowed = 2 * Math.ceil(found / listed) + 1;
    const lastListed = new Map(names.map((name) => [name, -1]));
    const tooLong: string[] = [];
    const end = allowed + RUNS_PER_HOUR;
    for (let run = 0; run <= end; run++) {
      if (run % RUNS_PER_HOUR === RUNS_PER_HOUR / 2) {
        const [removed] = names.splice((run * 7919) % names.length, 1);
        const added = `${names[(run * 104_729) % names.length]}-new`;
        names.push(added);
        lastListed.delete(removed!);
        lastListed.set(added, run - 1);
      }
      const athena = new AthenaUntilDeadline(names, listed);
      await runCollector({ settings, scheduledTime: TODAY + run * settings.interval, athena, write: () => {} });
      expect(athena.listed).toHaveLength(listed);
      for (const name of run === end ? names : athena.listed) { // in the last run, also those that still wait
        if (run - lastListed.get(name)! > allowed) {
          tooLong.push(`${name}: ${run - lastListed.get(name)!} runs, not ${allowed}`);
        }
        lastListed.set(name, run);
      }
    }
    expect(tooLong).toEqual([]);
  });
});
