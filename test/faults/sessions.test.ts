import { healthy, matrix, Trial } from './trial';
import { type FixedSession, SESSION_STATES } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/schema';
import { minutes, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

const seconds = (count: number) => count * 1000;
/** Without zeros of quiet workgroups, as a strange session must not make a workgroup quiet. */
const world = (...sessions: FixedSession[]) => ({ workGroups: { unusual: { sessions }, well: healthy }, settings: { [SETTINGS.zerosWhenQuiet]: 'false' } });
/** Names of properties that every object has in JavaScript. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const LEGAL_CHARACTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-'];

/** Every way in which parts of a status can be missing, in every state. */
function everySubset(): FixedSession[] {
  const whole = {
    StateChangeReason: 'why', StartDateTime: T - minutes(50), LastModifiedDateTime: T - minutes(32), EndDateTime: T - minutes(11), IdleSinceDateTime: T - minutes(21),
  };
  const parts = Object.entries(whole);
  return [...SESSION_STATES, undefined].flatMap((State) => Array.from({ length: 2 ** parts.length }, (_, subset) => ({
    SessionId: `${State}-${subset}`,
    Status: { State, ...Object.fromEntries(parts.filter((_part, index) => Math.floor(subset / 2 ** index) % 2 === 1)) },
  })));
}

const inTheFuture = [
  session('not-started', 'CREATING', { StartDateTime: T + minutes(3), LastModifiedDateTime: T + minutes(3) }),
  session('idle-soon', 'IDLE', { IdleSinceDateTime: T + seconds(1) }),
  session('changes-soon', 'BUSY', { LastModifiedDateTime: T + minutes(600) }),
  session('terminates-soon', 'TERMINATING', { LastModifiedDateTime: T + 1 }),
];

describe('unusual sessions', () => matrix([
  ['every subset of the status missing', { ...world(...everySubset()), unfiltered: 'all' }, {}],
  ['no status, no state, no id, no date', world(
    { SessionId: 'no-status' },
    { SessionId: 'no-state', Status: { StartDateTime: T - minutes(5) } },
    { SessionId: 'ended-when', Status: { State: 'FAILED' } },
    { SessionId: '', Status: { State: 'IDLE' } },
    { Status: { State: 'IDLE', StartDateTime: T - minutes(5) } },
    {},
  ), {}],
  ['an unknown state', world(session('new-state', 'HIBERNATING'), session('lower-case', 'idle'), session('no-text', '')), {}],
  ['states and ids that are names of object properties', world(...INHERITED.map((name) => session(name, name)), session('__proto__.x', 'IDLE')), {}],
  ['dates in the future', world(...inTheFuture), {}],
  ['dates at and beyond the limits', world(
    session('first', 'IDLE', { IdleSinceDateTime: 0 }), session('oldest', 'IDLE', { IdleSinceDateTime: -8.64e15 }), session('last', 'IDLE', { IdleSinceDateTime: 8.64e15 }),
    session('none', 'IDLE', { IdleSinceDateTime: 8.64e18, LastModifiedDateTime: -8.64e18 }), session('failed', 'FAILED', { EndDateTime: 8.64e18 }),
  ), {}],
  ['a text of 1 MB', world(
    { ...session('failed', 'FAILED', { EndDateTime: T, StateChangeReason: 'x'.repeat(1024 * 1024) }), Description: '\u{1f525}'.repeat(256 * 1024) },
    session('s'.repeat(1024 * 1024), 'IDLE'),
  ), {}],
  ['20 000 sessions', {
    ...world(...Array.from({ length: 20_000 }, (_, i) => session(`s${i}`, SESSION_STATES[i % 8]!, {
      StartDateTime: T - seconds(i), IdleSinceDateTime: T - seconds(i % 5000), EndDateTime: T - seconds(i % 4000), StateChangeReason: 'The idle timeout was reached. '.repeat(8),
    }))),
    speed: 1,
  }, {}],
]));

test('unknown sessions are logged and do not change other counts', async () => {
  const trial = await Trial.start({ ...world({ SessionId: 'no-status' }, session('new-state', 'HIBERNATING'), {}, ...healthy.sessions), unfiltered: 'all' });
  const run = await trial.run();
  expect(run.value('UnknownSessions')).toBe(3);
  expect(run.value('IdleSessions', 'unusual')).toBe(1);
  const named = expect.arrayContaining([{ id: 'no-status' }, { id: 'new-state', state: 'HIBERNATING' }, {}]);
  expect(run.log).toEqual([expect.objectContaining({ level: 'WARN', workGroup: 'unusual', sessions: named })]);
});

test('an end after T is counted by the next run', async () => {
  const ended = [session('failed', 'FAILED', { EndDateTime: T + 1 }), session('terminated', 'TERMINATED', { EndDateTime: T + minutes(5) })];
  const trial = await Trial.start(world(...ended));
  const counts = async (time: number) => {
    const run = await trial.run({}, time);
    return [run.value('FailedSessions', 'unusual', time), run.value('TerminatedSessions', 'unusual', time)];
  };
  expect(await counts(T)).toEqual([0, 0]);
  expect(await counts(T + minutes(5))).toEqual([1, 1]);
  expect(await counts(T + minutes(10))).toEqual([0, 0]);
});

test('the zeros of ended sessions are written until three intervals after the lookback', async () => {
  const trial = await Trial.start(world(session('failed', 'FAILED', { EndDateTime: T - 1 })));
  const counts = [];
  for (const minute of [0, 5, 60, 70, 75, 80]) {
    const run = await trial.run({}, T + minutes(minute));
    counts.push(run.value('FailedSessions', 'unusual', T + minutes(minute)));
  }
  expect(counts).toEqual([1, 0, 0, 0, undefined, undefined]);
});

test.each([undefined, ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING'], 'all' as const, ['IDLE']])(
  'states with their own listing are counted if an unfiltered listing shows %j', async (unfiltered) => {
    const sessions = SESSION_STATES.map((state) => session(state, state, { EndDateTime: T - minutes(1) }));
    const run = await (await Trial.start({ ...world(...sessions), unfiltered })).run();
    const metrics = ['DegradedSessions', 'TerminatingSessions', 'FailedSessions', 'TerminatedSessions'];
    expect(metrics.map((metric) => run.value(metric, 'unusual'))).toEqual([1, 1, 1, 1]);
  });

describe('names with every legal character', () => {
  const names = [
    ...LEGAL_CHARACTERS, LEGAL_CHARACTERS.join(''), ...INHERITED, '..', '--', '-1', '1e3', 'null', 'undefined', 'NaN', 'WorkGroup', 'FunctionName', '_aws', 'sessions',
    'x'.repeat(128), '.'.repeat(128),
  ];
  const workGroups = Object.fromEntries(names.map((name) => [name, healthy]));
  matrix([
    ['found', { workGroups }, {}],
    ['named', { workGroups, settings: { [SETTINGS.workGroups]: names.join(',') } }, {}],
    ['found, with errors', { workGroups, faults: [{ kind: 'accessDenied', workGroup: '__proto__' }, { kind: 'accessDenied', workGroup: 'constructor' }] },
      { failed: Object.fromEntries([['__proto__', /workgroup\/__proto__$/], ['constructor', /workgroup\/constructor$/]]) }],
  ]);
});
