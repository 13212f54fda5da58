import * as fc from 'fast-check';
import { alarmNamed, changes, DATE } from './support';
import { SESSION_STATES } from '../../../rehearsal/athena';
import type { AlarmState, Transition } from '../../../rehearsal/cloudwatch';
import { bandsOf, isEventful, lanesOf, runMarks, spanOf } from '../../../rehearsal/report/timeline';
import { parseStory, type Story } from '../../../rehearsal/story';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FROM = 13 * HOUR;
const TO = 17 * HOUR;
const SPAN = spanOf({ from: FROM, to: TO }, DATE);
const ALARM = alarmNamed('Failed');
const minute = fc.integer({ min: FROM / MINUTE, max: TO / MINUTE }).map(minutes => minutes * MINUTE);
const instant = fc.integer({ min: SPAN.from, max: SPAN.to });

describe('bands', () => {
  const STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
  const times = fc.uniqueArray(minute, { maxLength: 12 }).map(all => all.sort((a, b) => a - b));
  /** Each change is to another state than the one before. */
  const alarmChanges = fc.tuple(times, fc.array(fc.nat(1), { minLength: 12, maxLength: 12 })).map(([at, choices]) => {
    let state: AlarmState = 'INSUFFICIENT_DATA';
    return changes(ALARM, at.map((time, index): [number, AlarmState] => {
      const before = state;
      state = STATES.filter(candidate => candidate !== before)[choices[index]!]!;
      return [time, state];
    }));
  });
  const contributorChanges = (contributor: string) => times.map(at =>
    changes(ALARM, at.map((time, index): [number, AlarmState] => [time, index % 2 === 0 ? 'ALARM' : 'OK']), contributor));
  const stateAt = (transitions: readonly Transition[], time: number) => transitions.filter(({ at }) => at <= time).at(-1)?.to;
  const bandsFor = (...transitions: Transition[]) => bandsOf([{ alarm: ALARM, state: 'OK' }], transitions.sort((a, b) => a.at - b.at), SPAN);

  test('of an alarm tile the story, and show its state at any time', () => {
    fc.assert(fc.property(alarmChanges, instant, (transitions, time) => {
      const bands = bandsFor(...transitions);
      expect(bands).toHaveLength(1);
      const [{ parts }] = bands as [typeof bands[number]];
      expect(parts[0]!.from).toBe(SPAN.from);
      expect(parts.at(-1)!.to).toBe(SPAN.to);
      parts.slice(1).forEach((part, index) => {
        expect(part.from).toBe(parts[index]!.to);
        expect(part.state).not.toBe(parts[index]!.state);
      });
      const shown = parts.filter(({ from }) => from <= time).at(-1)!;
      expect(shown.state).toBe(stateAt(transitions, time) ?? (transitions.length > 0 ? 'INSUFFICIENT_DATA' : 'OK'));
      expect(shown.cause?.to ?? shown.state).toBe(shown.state);
    }));
  });

  test('of an alarm on all workgroups are one for each contributor that was in ALARM', () => {
    fc.assert(fc.property(contributorChanges('a'), contributorChanges('b'), instant, (a, b, time) => {
      const bands = bandsFor(...a, ...b);
      const raised = [...a.length > 0 ? ['a'] : [], ...b.length > 0 ? ['b'] : []];
      expect(bands.map(({ contributor }) => contributor).sort()).toEqual(raised.length > 0 ? raised : [undefined]);
      for (const { contributor, parts } of bands.filter(band => band.contributor !== undefined)) {
        expect(parts.filter(({ from }) => from <= time).at(-1)!.state).toBe(stateAt(contributor === 'a' ? a : b, time) ?? 'OK');
        expect(parts.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(TO - FROM);
      }
    }));
  });

  test('of an alarm that changed as a whole, too, show it beside its contributors', () => {
    const bands = bandsFor(
      ...changes(ALARM, [[FROM + 5 * MINUTE, 'OK']]),
      ...changes(ALARM, [[FROM + 10 * MINUTE, 'ALARM'], [FROM + 20 * MINUTE, 'OK']], 'etl'),
      { alarm: ALARM, at: DATE + FROM + 60 * MINUTE, from: 'OK', to: 'INSUFFICIENT_DATA', reason: 'No time series' },
    );
    expect(bands.map(({ contributor, parts }) => [contributor, ...parts.map(({ from, state }) => `${(from - SPAN.from) / MINUTE} ${state}`)])).toEqual([
      [undefined, '0 INSUFFICIENT_DATA', '5 OK', '10 ALARM', '20 OK', '60 INSUFFICIENT_DATA'],
      ['etl', '0 OK', '10 ALARM', '20 OK'],
    ]);
  });

  test('show an alarm that is raised in the last minute', () => {
    const [{ parts }] = bandsFor(...changes(ALARM, [[FROM, 'OK'], [TO, 'ALARM']])) as [ReturnType<typeof bandsOf>[number]];
    expect(parts.map(({ from, to, state }) => [from - DATE, to - DATE, state])).toEqual([[FROM, TO, 'OK'], [TO, TO, 'ALARM']]);
  });

  test.each<[string, [number, AlarmState][], boolean]>([
    ['nothing changes', [], false],
    ['data arrive', [[FROM, 'OK']], false],
    ['it is raised', [[FROM, 'OK'], [FROM + HOUR, 'ALARM']], true],
    ['data are missing later', [[FROM, 'OK'], [FROM + HOUR, 'INSUFFICIENT_DATA']], true],
  ])('are eventful or not: %s', (_, all, expected) => {
    expect(bandsFor(...changes(ALARM, all)).map(isEventful)).toEqual([expected]);
  });
});

describe('lanes', () => {
  const sessionOf = (past: { at: number; state: string }[], more: object = {}) =>
    ({ id: 'one', workGroup: 'etl', history: past, ...more }) as Story['sessions'][number];
  const workGroups: Story['workGroups'] = [{ name: 'etl', engine: 'PySpark engine version 3', state: 'ENABLED' }];
  const lanes = (...sessions: Story['sessions']) => lanesOf({ sessions, workGroups }, DATE, SPAN);
  const LIVE = SESSION_STATES.filter(state => state !== 'FAILED' && state !== 'TERMINATED');
  const ENDED = ['FAILED', 'TERMINATED'] as const;
  /** From two hours before the story to two hours after it. */
  const wide = fc.integer({ min: (FROM - 2 * HOUR) / MINUTE, max: (TO + 2 * HOUR) / MINUTE }).map(minutes => minutes * MINUTE);
  const times = fc.uniqueArray(wide, { minLength: 1, maxLength: 8 });
  const states = fc.array(fc.constantFrom(...LIVE), { minLength: 8, maxLength: 8 });
  const history = fc.tuple(times, states, fc.option(fc.constantFrom(...ENDED))).map(([all, live, end]) =>
    all.sort((a, b) => a - b).map((at, index) => ({ at, state: end && index === all.length - 1 ? end : live[index]! })));

  test('are the history of a session within the story', () => {
    fc.assert(fc.property(history, fc.option(wide), instant, (past, listedUntil, time) => {
      const isEnded = (state: string) => ENDED.some(ended => ended === state);
      const all = lanes(sessionOf(past, listedUntil === null ? {} : { listedUntil }));
      const [first, last] = [DATE + past[0]!.at, past.at(-1)!];
      const isPlayed = first <= SPAN.to && !(isEnded(last.state) && DATE + last.at < SPAN.from);
      expect(all).toHaveLength(isPlayed ? 1 : 0);
      const state = past.filter(({ at }) => DATE + at <= time).at(-1)?.state;
      const found = all.flatMap(({ parts }) => parts).filter(({ from, to }) => from <= time && (time < to || to === SPAN.to));
      expect(found.map(part => part.state).slice(-1)).toEqual(state === undefined || isEnded(state) ? [] : [state]);
      expect(found.every(part => part.isListed === (listedUntil === null || part.from < DATE + listedUntil))).toBe(true);
      for (const { parts, end } of all) {
        parts.forEach(({ from, to }) => expect(from >= SPAN.from && to <= SPAN.to && from <= to).toBe(true));
        parts.slice(1).forEach(({ from }, index) => expect(from).toBe(parts[index]!.to));
        expect(end?.at).toBe(isEnded(last.state) && DATE + last.at <= SPAN.to ? DATE + last.at : undefined);
      }
    }));
  });

  test('are dashed from the time on at which listings no longer show the session', () => {
    const [{ parts }] = lanes(sessionOf([{ at: FROM, state: 'BUSY' }], { listedUntil: FROM + HOUR })) as [ReturnType<typeof lanesOf>[number]];
    const minutes = (time: number) => (time - SPAN.from) / MINUTE;
    expect(parts.map(({ from, to, isListed }) => [minutes(from), minutes(to), isListed])).toEqual([[0, 60, true], [60, 240, false]]);
  });

  test('are dashed all along if no listing shows the session', () => {
    const story = parseStory(`title: SQL
from: 13:00
to: 14:00
workGroups: [{ name: sql, engine: Athena engine version 3 }, { name: etl }]
sessions:
  - { id: one, workGroup: sql, history: [{ at: 13:10, state: BUSY }] }
  - { id: two, workGroup: etl, listedUntil: 12:00, history: [{ at: 12:30, state: BUSY }] }
  - { id: three, workGroup: etl, history: [{ at: 12:10, state: BUSY }] }
expect: {}`, 'sql.yaml');
    expect(lanesOf(story, DATE, SPAN).map(({ id, parts }) => [id, ...parts.map(({ isListed }) => isListed)]))
      .toEqual([['one', false], ['three', true], ['two', false]]); // by workgroup, then by start
  });
});

test('runs that went wrong shortly after one another are one mark for each kind', () => {
  const schedules = [{}, {}] as never;
  const tick = (minutes: number, what: 'missed' | 'late' | 'doubled') => ({ kind: 'tick', at: DATE + minutes * MINUTE, schedules, what }) as const;
  const run = (minutes: number, error?: object) => ({ kind: 'run', at: DATE + minutes * MINUTE, result: { error } }) as never;
  const marks = runMarks([
    tick(0, 'missed'), run(1), tick(5, 'missed'), run(6, {}), tick(7, 'late'), tick(10, 'missed'), tick(30, 'missed'), tick(31, 'doubled'),
  ], 6 * MINUTE);
  expect(marks.map(({ kind, from, to, count, event }) => [kind, (from - DATE) / MINUTE, (to - DATE) / MINUTE, count, event])).toEqual([
    ['missed', 0, 10, 6, 0], ['failed', 6, 6, 1, 3], ['late', 7, 7, 2, 4], ['missed', 30, 30, 2, 6], ['doubled', 31, 31, 2, 7],
  ]);
});
