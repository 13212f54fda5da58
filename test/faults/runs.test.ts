import { healthy, illAndWell, matrix, Trial, type World } from './trial';
import type { FixedSession } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/schema';
import { FUNCTION_NAME, minutes, type Run, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

/** At real speed, so that the time between the deadline and the timeout is long enough for a slow machine. The deadline is at half of the timeout. */
const SHORT = { speed: 1, lambda: { timeoutSeconds: 5 }, settings: { [SETTINGS.maxRequestsPerSecond]: '20' } };
const named = (workGroups: string) => ({ ...SHORT, settings: { ...SHORT.settings, [SETTINGS.workGroups]: workGroups } });
const teams = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`team-${i}`, healthy]));
const twoPages = { sessions: Array.from({ length: 150 }, (_, i) => session(`s${i}`, 'BUSY', { StartDateTime: T - minutes(i) })) };

describe('the deadline', () => matrix([
  ['in the middle of a workgroup: between its pages', { ...illAndWell({ kind: 'hang', page: 2 }), workGroups: { ill: twoPages, well: healthy }, ...SHORT }, { outOfTime: ['ill'] }],
  ['in the middle of a workgroup: between its listings', { ...illAndWell({ kind: 'hang', stateFilter: 'FAILED' }), ...SHORT }, { outOfTime: ['ill'] }],
  ['in the middle of a workgroup: in a slow body', { ...illAndWell({ kind: 'trickle', milliseconds: 60_000 }), ...SHORT }, { outOfTime: ['ill'] }],
  ['in the middle of a workgroup: in permanent throttling', { ...illAndWell({ kind: 'throttle' }), ...SHORT }, { outOfTime: ['ill'] }],
  ['in the middle of the only workgroup', { ...illAndWell({ kind: 'hang' }), ...named('ill') },
    { outOfTime: ['ill'], error: /^none of 1 workgroups could be listed; ill: the run reached its deadline before the listing was complete$/ }],
  ['in the middle of ListWorkGroups', { workGroups: teams(60), faults: [{ kind: 'hang', operation: 'ListWorkGroups', page: 2 }], ...SHORT },
    { outOfTime: 'some', error: /^the search for workgroups did not finish: the run reached its deadline before the listing was complete/ }],
  ['at the beginning of ListWorkGroups', { workGroups: teams(60), faults: [{ kind: 'hang' }], ...SHORT }, { error: /^the search for workgroups did not finish/ }],
  ['with workgroups left', { workGroups: teams(30), ...SHORT }, { outOfTime: 'some' }],
]));

/** The Maximum of a workgroup's metric after all these runs, by time, without zeros. */
function maxima(runs: readonly Run[], metric: string, workGroup: string): { [time: number]: number } {
  const points: { [time: number]: number } = {};
  const lines = runs.flatMap(({ metricLines }) => metricLines);
  for (const line of lines.filter((candidate) => candidate.WorkGroup === workGroup && candidate[metric] > 0)) {
    points[line._aws.Timestamp] = Math.max(points[line._aws.Timestamp] ?? 0, line[metric]);
  }
  return points;
}

describe('runs that are repeated, late or missed', () => {
  const HOUR_LATER = T + minutes(60);
  /** A session that fails in every minute of the hour, and one that stays idle. */
  const world: World = {
    workGroups: {
      etl: {
        sessions: [
          ...Array.from({ length: 60 }, (_, i) => ({
            id: `failed-${i}`,
            history: [{ at: T - minutes(30), state: 'BUSY' as const }, { at: T + minutes(i + 1), state: 'FAILED' as const, reason: 'no memory' }],
          })),
          { id: 'stays-idle', history: [{ at: T - minutes(30), state: 'IDLE' as const }] },
        ],
      },
      well: healthy,
    },
  };
  const everyFive = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [T + minutes(5 * (i + 1)), 5]));

  async function runsAt(times: readonly { readonly scheduled: number; readonly now?: number }[]): Promise<Run[]> {
    const trial = await Trial.start(world);
    const runs: Run[] = [];
    for (const { scheduled, now = scheduled } of times) {
      trial.stage.athena.time = now;
      runs.push(await trial.run({}, scheduled));
    }
    return runs;
  }

  test('runs on time count each failure once, in its window', async () => {
    const runs = await runsAt(Array.from({ length: 13 }, (_, i) => ({ scheduled: T + minutes(5 * i) })));
    expect(maxima(runs, 'FailedSessions', 'etl')).toEqual(everyFive);
  });

  test('the run after a missed hour counts its failures, each once', async () => {
    const runs = await runsAt([{ scheduled: T }, { scheduled: HOUR_LATER }, { scheduled: HOUR_LATER + minutes(5) }]);
    expect(maxima(runs, 'FailedSessions', 'etl')).toEqual(everyFive);
    expect(maxima(runs, 'IdleSessions', 'etl')).toEqual({ [T]: 1, [HOUR_LATER]: 1, [HOUR_LATER + minutes(5)]: 1 });
  });

  test('the same event twice writes the same lines', async () => {
    const [first, second] = await runsAt([{ scheduled: HOUR_LATER }, { scheduled: HOUR_LATER }]);
    expect([...second!.lines].sort()).toEqual([...first!.lines].sort()); // workgroups are listed concurrently, so the order of lines may differ
  });

  test('the same event twice, the second time late, writes the same counts of failures', async () => {
    const [first, second] = await runsAt([{ scheduled: T + minutes(30) }, { scheduled: T + minutes(30), now: T + minutes(34) }]);
    expect(maxima([second!], 'FailedSessions', 'etl')).toEqual(maxima([first!], 'FailedSessions', 'etl'));
  });

  test('events out of order count each failure once', async () => {
    const runs = await runsAt([60, 20, 40, 0, 20, 60].map((minute) => ({ scheduled: T + minutes(minute), now: HOUR_LATER })));
    expect(maxima(runs, 'FailedSessions', 'etl')).toEqual(everyFive);
  });
});

describe('pages that change while they are read', () => {
  const STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING', 'FAILED'];

  /** A linear congruential generator, which returns the same numbers in every run. */
  function generator(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return Math.floor(state / 2 ** 32 * below);
    };
  }

  test.each([1, 2, 3, 4, 5])('sessions that move between states and pages are listed at least once and counted once: world %i', async (seed) => {
    const below = generator(seed);
    const sessions = Array.from({ length: 450 }, (_, i) => session(`s${i}`, STATES[below(7)]!, {
      StartDateTime: T - minutes(60 + below(600)), LastModifiedDateTime: T - minutes(20), EndDateTime: T - minutes(20),
    }));
    let moves = 0;
    /** Changes a session to a later state, or to another state of the unfiltered listing. */
    const moveOn = ({ Status: status }: FixedSession): void => {
      const state = STATES.indexOf(status!.State!);
      const next = state < 4 ? below(7) : Math.min(6, state + below(3));
      const at = T - minutes(15) + 1000 * ++moves / 10;
      Object.assign(status!, next === state ? {} : { State: STATES[next], LastModifiedDateTime: at, EndDateTime: at });
    };
    const trial = await Trial.start({
      workGroups: { changing: { sessions }, well: healthy },
      beforeCall: ({ workGroup }) => {
        if (workGroup === 'changing') {
          Array.from({ length: 30 }, () => moveOn(sessions[below(sessions.length)]!));
          sessions.push(session(`new-${moves}`, 'CREATING', { StartDateTime: T - minutes(1), LastModifiedDateTime: T - minutes(1) }));
        }
      },
    });
    const run = await trial.run();
    const lines = run.metricLines.filter((line) => line.WorkGroup === 'changing');
    const counted = lines.flatMap((line) => Object.entries(line).filter(([name]) => name.endsWith('Sessions')).map(([, value]) => value as number));
    const ofOld = counted.reduce((a, b) => a + b, 0) - listedNewSessions(trial);
    expect(ofOld).toBe(450);
  });

  /** Sessions that started during the run may be listed or not. */
  function listedNewSessions(trial: Trial): number {
    return trial.listedIds('changing').filter((id) => id.startsWith('new-')).length;
  }
});

describe('invalid events and settings', () => {
  test.each([
    ['yesterday'], [''], [1700000000], [null], ['<aws.scheduler.scheduled-time>'], ['2020-01-01T00:00:00Z'], ['2999-01-01T00:00:00Z'],
  ])('the event\'s time %j fails the invocation, and no call is made', async (scheduledTime) => {
    const stage = await Stage.start({ workGroups: { well: healthy } });
    const run = await stage.run({ scheduledTime });
    expect(run.error?.errorMessage).toContain('scheduledTime must be');
    expect(run.error?.errorMessage).toContain(`received ${typeof scheduledTime === 'string' && scheduledTime.startsWith('2') ? scheduledTime : JSON.stringify(scheduledTime)}`);
    expect(stage.athena.calls).toEqual([]);
    expect(run.metricLines).toEqual([]);
  });

  test.each([
    [SETTINGS.intervalMinutes, '7'], [SETTINGS.lookbackMinutes, '12'], [SETTINGS.maxRequestsPerSecond, '0'], [SETTINGS.countTerminated, 'yes'],
    [SETTINGS.workGroups, ''], [SETTINGS.workGroups, 'a,b c'], [SETTINGS.metricNamespace, ''],
  ])('the environment variable %s=%j fails the invocation', async (name, value) => {
    const run = await (await Stage.start({ workGroups: { well: healthy } }, { [name]: value })).run();
    expect(run.error?.errorMessage).toContain(name);
    expect(run.error?.errorMessage).toContain(`received "${name === SETTINGS.workGroups && value ? 'b c' : value}"`);
  });

  test('an event without a time uses the current time', async () => {
    const stage = await Stage.start({ workGroups: { well: healthy } });
    const run = await stage.run({ key1: 'value1' }, T + minutes(8));
    expect(run.metricLines[0]._aws.Timestamp).toBe(T + minutes(5));
    expect(run.metricLines.at(-1)).toMatchObject({ FunctionName: FUNCTION_NAME, WorkGroupsMonitored: 1 });
  });
});
