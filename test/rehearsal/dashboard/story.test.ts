import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Of } from './support';
import { Truth } from './truth';
import { readAssembly } from '../../../rehearsal/assembly';
import { drawDashboard, endOf, viewDashboard } from '../../../rehearsal/dashboard';
import type { DashboardView, WidgetView } from '../../../rehearsal/dashboard/view';
import type { DeployedStack } from '../../../rehearsal/deployed-stack';
import { rehearse } from '../../../rehearsal/rehearsal';
import { loadStory, parseStory, type Story } from '../../../rehearsal/story';
import { synthesize } from '../../../rehearsal/synthesis';
import { AthenaSessionMonitor, WorkGroupSelection } from '../../../src';
import { deployedStack } from '../../support/deployed-stack';
import { newApp } from '../../support/synthesis';

jest.setTimeout(120_000); // machines may be slow, and busy

const ROOT = path.join(__dirname, '..', '..', '..');
const MINUTE = 60_000;
const LIVE = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'DEGRADED'];
const PRICE = 0.35;
const NUMBERS = ['Idle', 'Longest idle', 'Oldest', 'Busy', 'Creating', 'Degraded', 'Cost per hour now', 'Not listed'];
const ROOM = 'Room for new Spark 3.5 sessions';
const IDLE_COST = 'Idle cost by workgroup, estimated';
const SPARK_CONNECT = 'Live sessions on Spark 3.5';
const LIVE_TABLE = 'Live sessions (from the collector\'s log)';
const ENDED_TABLE = 'Ended sessions (from the collector\'s log)';

let folder: string;
beforeAll(() => folder = mkdtempSync(path.join(tmpdir(), 'dashboard-story-')));
afterAll(() => rmSync(folder, { recursive: true }));

interface Played {
  /** By the id of their monitor, at the end of the story. */
  views: { [monitor: string]: DashboardView };
  /** The midnight before it. */
  date: number;
  /** What is seen on a dashboard with another body. */
  viewOf(monitor: string, change: (body: string) => string): DashboardView;
}

async function play(story: Story, stacks: DeployedStack[]): Promise<Played> {
  const result = await rehearse({ story, stacks });
  expect(result.mismatches).toEqual([]);
  const end = endOf(story, result);
  const dashboards = Object.fromEntries(stacks.flatMap(stack => stack.dashboards).map(dashboard => [dashboard.path.split('/')[1]!, dashboard]));
  return {
    views: Object.fromEntries(Object.entries(dashboards).map(([monitor, dashboard]) => [monitor, viewDashboard(dashboard, end)])),
    date: result.date,
    viewOf: (monitor, change) => {
      const dashboard = dashboards[monitor]!;
      const body = change(dashboard.body);
      expect(body).not.toBe(dashboard.body);
      return viewDashboard({ ...dashboard, body }, end);
    },
  };
}

function titled<Kind extends WidgetView['kind'] = 'graph'>(view: DashboardView, title: string): Of<Kind> {
  const found = view.widgets.filter(widget => widget.title === title);
  expect(found).toHaveLength(1);
  return found[0] as Of<Kind>;
}

function numbersOf(view: DashboardView): (number | undefined)[] {
  return NUMBERS.map(title => titled<'numbers'>(view, title).lines).map(([line]) => line!.points.at(-1)?.value);
}

function truthOf(truth: Truth, now: number): number[] {
  const counts = Object.fromEntries(LIVE.map(state => [state, truth.in(state, now).length]));
  return [
    counts.IDLE!, Math.floor(truth.longest('IDLE', now) / 60), truth.oldest(now) / 3600, counts.BUSY!, counts.CREATING!, counts.DEGRADED!,
    Object.values(counts).reduce((a, b) => a + b) * PRICE, 0,
  ];
}

/** What sessions cost of which so many are idle at each tick. */
function costOf(idle: number[], interval: number): number[] {
  let sum = 0;
  return idle.map(count => (sum += count) * PRICE / (60 / interval));
}

/** The points of lines, by label: times are of the day. */
function pointsOf(view: DashboardView, title: string, date: number): { [label: string]: [number, number][] } {
  return Object.fromEntries(titled(view, title).lines.map(({ label, points }) =>
    [label, points.map(({ time, value }): [number, number] => [time - date, value])]));
}

/** The sessions in both tables. */
function rowsOf(view: DashboardView, titles = [LIVE_TABLE, ENDED_TABLE]): { [column: string]: unknown }[] {
  const rows = titles.flatMap(title => titled<'table'>(view, title).table.rows);
  const withoutTimes = rows.map(({ minutesInState: _, ended: __, lastSeen: ___, ageMinutes: ____, dollarsAtLeast: _____, ...row }) => row);
  return withoutTimes.sort((a, b) => String(a.sessionId) < String(b.sessionId) ? -1 : 1);
}

function failedIn(view: DashboardView): number | undefined {
  const [total] = titled(view, 'Failed sessions').lines;
  expect(total!.label).toBe(`all in the time shown: ${total!.points.at(-1)?.value}`);
  return total!.points.at(-1)?.value;
}

function inMinutes(points: (number[])[]): number[][] {
  return points.map(([time, seconds]) => [time!, seconds! / 60]);
}

const byId = <Row extends { sessionId: string }>(rows: Row[]) => [...rows].sort((a, b) => a.sessionId < b.sessionId ? -1 : 1);
const along = (ticks: number[], value: (time: number) => number) => ticks.map(time => [time, value(time)]);

/** What shows nothing, by its title. */
function empty(view: DashboardView): string[] {
  const isEmpty = (widget: WidgetView): boolean => {
    switch (widget.kind) {
      case 'graph': case 'numbers': return widget.lines.length === 0 || widget.lines.some(({ points }) => points.length === 0);
      case 'alarms': return widget.alarms.some(({ state }) => state === 'INSUFFICIENT_DATA');
      case 'table': return widget.table.rows.length === 0;
      case 'text': return widget.markdown.trim() === '';
      case 'placeholder': return true;
    }
  };
  return view.widgets.filter(isEmpty).map(({ title, kind }) => title ?? kind);
}

describe('the example after its afternoon', () => {
  const story = loadStory(path.join(ROOT, 'rehearsal', 'stories', 'afternoon.yaml'));
  const FOUND = ['adhoc', 'analytics', 'etl', 'reporting'];
  const [found, named] = [new Truth(story, FOUND), new Truth(story, ['etl-production'])];
  const ticks = found.ticks(5);
  const now = ticks.at(-1)!;
  /** While it could not be listed. */
  const { from, to } = story.faults.find(({ kind }) => kind === 'serverError')!;
  const silent = (time: number) => time >= from! && time <= to!;
  const listed = (time: number) => FOUND.filter(name => !(name === 'reporting' && silent(time)));
  let views: { [monitor: string]: DashboardView };
  let date: number;

  beforeAll(async () => {
    const assembly = await synthesize({ folder: path.join(ROOT, 'examples', 'typescript', 'quickstart') }, path.join(folder, 'example'));
    ({ views, date } = await play(story, readAssembly(assembly)));
  });

  test('the story has what is looked for', () => {
    expect(FOUND.every(name => story.workGroups.some(workGroup => workGroup.name === name))).toBe(true);
    expect([found.ended('FAILED', 0, now), named.ended('FAILED', 0, now)]).toEqual([4, 1]);
    expect(ticks.filter(silent)).toHaveLength(5);
  });

  test('no widget is empty but the tables of live sessions where there are none', () => {
    expect(Object.keys(views)).toEqual(['Sessions', 'Production']);
    expect(empty(views.Sessions!)).toEqual(['Selected workgroup: live sessions (from the collector\'s log)']);
    expect(empty(views.Production!)).toEqual([LIVE_TABLE]);
    expect([found.rows(now, ['adhoc']), named.rows(now)].flat().filter(({ state }) => LIVE.includes(state))).toEqual([]);
  });

  test.each([['Sessions', found], ['Production', named]])('%s: the numbers are those of now', (monitor, truth) => {
    expect(numbersOf(views[monitor]!)).toEqual(truthOf(truth, now));
    expect(failedIn(views[monitor]!)).toBe(truth.ended('FAILED', story.from - 5 * MINUTE, now));
  });

  test.each([['Sessions', found, FOUND], ['Production', named, ['etl-production']]])('%s: idle cost is that of what was idle at each run', (monitor, truth, names) => {
    const view = views[monitor]!;
    const isListed = (name: string, time: number) => name !== 'reporting' || !silent(time);
    const all = costOf(ticks.map(time => truth.in('IDLE', time, names.filter(name => isListed(name, time))).length), 5);
    expect(all.at(-1)).toBeGreaterThan(0.2);
    expect(titled<'numbers'>(view, 'Idle cost in the time shown').lines[0]!.points.at(-1)!.value).toBe(all.at(-1));
    const { lines: [total] } = titled(view, IDLE_COST);
    expect(total!.label).toBe(`all in the time shown: ${all.at(-1)!.toFixed(2)}`);
    expect(total!.points.at(-1)!.value).toBe(all.at(-1));
    const byWorkGroup = pointsOf(view, IDLE_COST, date);
    for (const name of names) {
      const written = ticks.filter(time => isListed(name, time) && truth.isWritten(name, time, 5));
      const costs = costOf(written.map(time => truth.in('IDLE', time, [name]).length), 5);
      expect(byWorkGroup[name]).toEqual(written.map((time, index) => [time, costs[index]]));
    }
  });

  test('Sessions: sessions on Spark 3.5, unknown where a run was not complete', () => {
    expect(pointsOf(views.Sessions!, SPARK_CONNECT, date)).toEqual({ 'live; unknown while a workgroup is not listed': along(ticks.filter(time => !silent(time)), time => found.onSparkConnect(time)) });
    expect(Math.max(...ticks.map(time => found.onSparkConnect(time)))).toBe(2);
  });

  test('Sessions: all workgroups, by state', () => {
    expect(pointsOf(views.Sessions!, 'Live sessions of all workgroups', date)).toEqual(Object.fromEntries(
      LIVE.map(state => [state.toLowerCase(), along(ticks, time => found.in(state, time, listed(time)).length)])));
    expect(pointsOf(views.Sessions!, 'Longest busy session of all workgroups', date)).toEqual({
      'longest busy': inMinutes(along(ticks, time => found.longest('BUSY', time, listed(time)))),
    });
  });

  test('Sessions: a line for each workgroup, with gaps where it was quiet or could not be listed', () => {
    const ticksOf = (name: string) => ticks.filter(time => listed(time).includes(name) && found.isWritten(name, time, 5));
    const each = (value: (time: number, workGroups: string[]) => number) =>
      Object.fromEntries(FOUND.map(name => [name, along(ticksOf(name), time => value(time, [name]))]));
    expect(pointsOf(views.Sessions!, 'Longest idle session by workgroup', date)).toEqual(each((time, names) => found.longest('IDLE', time, names) / 60));
    expect(pointsOf(views.Sessions!, 'Oldest session by workgroup', date)).toEqual(each((time, names) => found.oldest(time, names) / 3600));
    const failed = pointsOf(views.Sessions!, 'Failed sessions', date);
    const counted = Object.fromEntries(FOUND.map(name => [name, failed[name]!.filter(([, value]) => value > 0)]));
    // Stamped with the windows' ends, those of missed runs too.
    const at = (hours: number, minutes: number) => (60 * hours + minutes) * MINUTE;
    expect(counted).toEqual({ adhoc: [[at(16, 55), 1]], analytics: [[at(14, 10), 1], [at(14, 20), 1]], etl: [], reporting: [[at(13, 50), 1]] });
  });

  test('Sessions: the workgroup that is selected is the first', () => {
    const view = views.Sessions!;
    expect(view.selections).toEqual([{ label: 'Workgroup', values: FOUND }]);
    const written = ticks.filter(time => found.isWritten('adhoc', time, 5));
    expect(pointsOf(view, 'Selected workgroup: live sessions', date)).toEqual(Object.fromEntries(
      LIVE.map(state => [state.toLowerCase(), along(written, time => found.in(state, time, ['adhoc']).length)])));
    const times = pointsOf(view, 'Selected workgroup: longest in a state', date);
    expect(times.busy).toEqual(inMinutes(along(written, time => found.longest('BUSY', time, ['adhoc']))));
    expect(times['oldest session (right)']).toEqual(along(written, time => found.oldest(time, ['adhoc']) / 3600));
    expect(pointsOf(view, 'Selected workgroup: ended sessions', date).failed!.filter(([, value]) => value > 0)).toHaveLength(1);
    const tables = [LIVE_TABLE, ENDED_TABLE].map(title => `Selected workgroup: ${title.toLowerCase()}`);
    expect(rowsOf(view, tables)).toEqual(byId(found.rows(now, ['adhoc'])));
  });

  test('Production: its one workgroup', () => {
    const view = views.Production!;
    const written = ticks.filter(time => named.isWritten('etl-production', time, 5));
    expect(written.length).toBeLessThan(ticks.length); // it is quiet at the end
    expect(view.selections).toEqual([]);
    expect(pointsOf(view, 'etl-production: live sessions', date)).toEqual(Object.fromEntries(
      LIVE.map(state => [state.toLowerCase(), along(written, time => named.in(state, time).length)])));
    expect(pointsOf(view, 'etl-production: longest in a state', date)).toEqual({
      ...Object.fromEntries(
        ['CREATING', 'IDLE', 'BUSY', 'TERMINATING'].map(state => [state.toLowerCase(), inMinutes(along(written, time => named.longest(state, time)))])),
      'oldest session (right)': along(written, time => named.oldest(time) / 3600),
    });
    const ended = pointsOf(view, 'etl-production: ended sessions', date);
    expect(ended.failed!.map(([, value]) => value).reduce((a, b) => a + b)).toBe(1);
    expect(ended.terminated!.map(([, value]) => value).reduce((a, b) => a + b)).toBe(1);
  });

  test.each([['Sessions', found], ['Production', named]])('%s: the tables have every session of the story, as it was last, live and ended ones apart', (monitor, truth) => {
    expect(rowsOf(views[monitor]!)).toEqual(byId(truth.rows(now)));
    const ended = truth.rows(now).filter(({ state }) => !LIVE.includes(state));
    expect(rowsOf(views[monitor]!, [ENDED_TABLE])).toEqual(byId(ended));
  });

  test('Sessions: the live session is told with its age, and what it costs at least', () => {
    const [row] = titled<'table'>(views.Sessions!, LIVE_TABLE).table.rows;
    expect(row).toMatchObject({ sessionId: 'load-1', ageMinutes: 295, dollarsAtLeast: 1.72 }); // 12:30 to 17:25, at $0.35 an hour
    expect(found.oldest(now)).toBe(295 * 60);
  });

  test('Sessions: when a session ended is told to the minute, and apart from when it was last seen', () => {
    const [row] = titled<'table'>(views.Sessions!, ENDED_TABLE).table.rows;
    const ended = story.sessions.find(({ id }) => id === row!.sessionId)!.history.at(-1)!.at;
    expect((row!.ended as Date).getTime() - date).toBe(ended);
    expect((row!.lastSeen as Date).getTime()).toBeGreaterThan((row!.ended as Date).getTime());
  });

  test('all alarms have cleared, as the story expects', () => {
    expect(story.expect.alarms.every(({ cleared, never }) => never || cleared !== 'never')).toBe(true);
    for (const view of Object.values(views)) {
      const { alarms } = titled<'alarms'>(view, 'Alarms');
      expect(alarms.map(({ state, inAlarm }) => [state, inAlarm])).toEqual(Array(6).fill(['OK', []]));
    }
  });

  test('the monitor\'s own health', () => {
    const view = views.Sessions!;
    const lists = pointsOf(view, 'Collector: workgroups', date);
    expect(lists.listed).toEqual(along(ticks, time => listed(time).length));
    expect(lists['not listed']).toEqual(along(ticks, time => FOUND.length - listed(time).length));
    const runs = pointsOf(view, 'Collector: runs', date);
    expect(runs).toEqual({ duration: along(ticks, () => 20), errors: along(ticks, () => 0), throttled: along(ticks, () => 0) });
    const calls = pointsOf(view, 'Collector: Athena calls and events', date);
    const notZero = (label: string) => calls[label]!.filter(([, value]) => value > 0);
    expect(notZero('throttled')).toEqual([[13.5 * 60 * MINUTE, 6]]);
    expect(notZero('events sent (right)')).toEqual([14 * 60 + 10, 14 * 60 + 20, 14.5 * 60, 15 * 60 + 15].map(minutes => [minutes * MINUTE, 1]));
    expect(notZero('events failed (right)')).toEqual([]);
  });

  test('all widgets are simulated', () => {
    for (const { notes, widgets } of Object.values(views)) {
      expect(notes).toEqual([]);
      expect(widgets.flatMap(widget => widget.kind === 'placeholder' ? [widget.reason] : [])).toEqual([]);
    }
  });

  test('the page has it all', () => {
    const written = Object.values(views).map(drawDashboard).join('');
    expect(written).not.toContain('No data available');
    expect(written.match(/<section /g)).toHaveLength(2);
    expect(written.match(/<article /g)).toHaveLength(Object.values(views).flatMap(({ widgets }) => widgets).length);
    ['churn model', 'Access denied to the S3 bucket', 'alarm Idle', '17:00'].forEach(text => expect(written).toContain(text));
    expect(written).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });
});

describe('the picture in the README', () => {
  const picture = path.join(ROOT, 'test', 'picture');
  const story = loadStory(path.join(picture, 'story.yaml'));
  const truth = new Truth(story, story.workGroups.map(({ name }) => name));
  const now = truth.ticks(5).at(-1)!;
  let view: DashboardView;
  let date: number;

  beforeAll(async () => {
    const assembly = await synthesize({ folder: picture }, path.join(folder, 'picture'));
    const played = await play(story, readAssembly(assembly));
    [view, date] = [played.views.Sessions!, played.date];
  });

  test('shows something in each widget, and alarms of failed and idle sessions', () => {
    expect(empty(view)).toEqual([]);
    const inAlarm = titled<'alarms'>(view, 'Alarms').alarms.filter(({ state }) => state === 'ALARM').map(({ name, inAlarm: who }) => [name, who]);
    expect(inAlarm).toEqual([['spark-Failed', ['reporting']], ['spark-Idle', ['analytics']]]);
  });

  test('shows an old session, and room for one new session', () => {
    expect(numbersOf(view)).toEqual(truthOf(truth, now));
    expect(truth.oldest(now) / 3600).toBeGreaterThan(20);
    expect(truth.onSparkConnect(now)).toBe(5);
    expect(titled<'numbers'>(view, ROOM).lines[0]!.points.at(-1)!.value).toBe(1);
  });

  test('shows quiet hours as gaps', () => {
    const written = truth.ticks(5).filter(time => truth.isWritten('reporting', time, 5));
    const oldest = pointsOf(view, 'Oldest session by workgroup', date).reporting;
    expect(oldest).toEqual(along(written, time => truth.oldest(time, ['reporting']) / 3600));
    expect(truth.ticks(5).length - written.length).toBeGreaterThan(6 * 12);
  });
});

/** An hour with alarms at its end, where the names of namespaces have all that they may have. */
describe('monitors with long intervals, odd namespaces and one log group', () => {
  const NAMED = ['team.a-1', 'team_b'];
  const story = parseStory(`title: An hour
from: 13:00
to: 14:05
workGroups: [{ name: adhoc, engine: Apache Spark version 3.5 }, { name: analytics }, { name: team.a-1 }, { name: team_b }]
sessions:
  - { id: one, workGroup: analytics, history: [{ at: 11:31, state: CREATING }, { at: 11:32, state: IDLE }] }
  - { id: two, workGroup: adhoc, history: [{ at: 13:12, state: CREATING }, { at: 13:14, state: IDLE }] }
  - { id: three, workGroup: team_b, history: [{ at: 13:22, state: CREATING }, { at: 13:43, state: FAILED, reason: '<none> & "no" memory' }] }
  - { id: five, workGroup: adhoc, history: [{ at: 09:12, state: CREATING }, { at: 09:14, state: BUSY }] }
  - { id: six, workGroup: adhoc, history: [{ at: 13:31, state: CREATING }, { at: 13:33, state: BUSY }, { at: 13:52, state: IDLE }] }
  - { id: four, workGroup: team.a-1, history: [{ at: 13:02, state: BUSY }] }
expect: { otherAlarms: any }
`, 'hour.yaml');
  const [found, named] = [new Truth(story, ['adhoc', 'analytics']), new Truth(story, NAMED)];
  const now = found.ticks(10).at(-1)!;
  let views: { [monitor: string]: DashboardView };
  let date: number;
  let viewOf: Played['viewOf'];

  beforeAll(async () => {
    const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
    const interval = Duration.minutes(10);
    const workGroups = WorkGroupSelection.matching(...NAMED.map(name => `!${name}`));
    const logGroup = new LogGroup(stack, 'Log');
    new AthenaSessionMonitor(stack, 'Found', { interval, dpuQuota: 4, logGroup, workGroups, metricNamespace: 'Team #1/Sessions: a.b_c-d' });
    new AthenaSessionMonitor(stack, 'Named', { interval, logGroup, workGroups: WorkGroupSelection.named(...NAMED), metricNamespace: '#/ .:' });
    ({ views, date, viewOf } = await play(story, [deployedStack(stack)]));
  });

  test('no widget is empty but the tables of ended sessions where there are none', () => {
    expect(Object.keys(views)).toEqual(['Found', 'Named']);
    expect(empty(views.Found!)).toEqual([ENDED_TABLE, 'Selected workgroup: ended sessions (from the collector\'s log)']);
    expect(empty(views.Named!)).toEqual([]);
    expect(found.rows(now).filter(({ state }) => !LIVE.includes(state))).toEqual([]);
  });

  // Or the test above could not fail.
  test.each([
    ['Found', 'IdleTime', 'IdelTime', ['Longest idle', 'Longest idle session by workgroup', 'Selected workgroup: longest in a state']],
    ['Found', '#1', '#2', [...NUMBERS, ROOM, SPARK_CONNECT, 'Failed sessions', IDLE_COST, 'Live sessions of all workgroups', 'Selected workgroup: ended sessions']],
    ['Found', 'line.sessions into', 'line.session into', [LIVE_TABLE, ENDED_TABLE]],
    ['Named', '\"FunctionName\"', '\"Function\"', ['Collector: workgroups', 'Collector: Athena calls', 'Collector: runs']],
    ['Named', 'team_b\"', 'team-b\"', ['team_b: live sessions', 'team_b: longest in a state', 'team_b: ended sessions']],
  ])('%s: with %s written as %s widgets are empty', (monitor, right, wrong, titles) => {
    expect(empty(viewOf(monitor, body => body.replaceAll(right, wrong)))).toEqual(expect.arrayContaining(titles));
  });

  test.each([
    ['Found', '\'Maximum\', 600', '\'Maximum\', 300', 'widget 13 "Failed sessions": the search has a period of 300 seconds, where the graph has 600'],
    ['Found', 'Dim.WorkGroup', 'Dim.Workgroup', 'widget 13 "Failed sessions": there is no ${PROP(\'Dim.Workgroup\')}'],
    ['Found', 'RUNNING_SUM(idle)', 'RUNNING_SUM(idel)', 'widget 14 "Idle cost by workgroup, estimated": there is no idel'],
    ['Found', 'FLOOR(idle /', 'FLOOR(idel /', 'widget 4 "Longest idle": there is no idel'],
    ['Named', 'AlarmsHeartbeat', 'AlarmsHeartBeat', 'widget 2 "Alarms": arn:aws:cloudwatch'],
  ])('%s: with %s written as %s a widget is not simulated', (monitor, right, wrong, problem) => {
    const { widgets } = viewOf(monitor, body => body.replaceAll(right, wrong));
    const reasons = widgets.flatMap((widget, index) => widget.kind === 'placeholder' ? [`widget ${index + 1} "${widget.title}": ${widget.reason}`] : []);
    expect(reasons).toContainEqual(expect.stringContaining(problem));
  });

  test.each([['Found', found], ['Named', named]])('%s: the numbers are those of now', (monitor, truth) => {
    expect(numbersOf(views[monitor]!)).toEqual(truthOf(truth, now));
    expect(failedIn(views[monitor]!)).toBe(truth.ended('FAILED', story.from - 10 * MINUTE, now));
    expect(rowsOf(views[monitor]!)).toEqual(byId(truth.rows(now)));
  });

  test('each workgroup has a line where it is found, and a row where it is named', () => {
    expect(pointsOf(views.Found!, 'Longest idle session by workgroup', date)).toEqual(Object.fromEntries(
      ['adhoc', 'analytics'].map(name => [name, inMinutes(along(found.ticks(10), time => found.longest('IDLE', time, [name])))])));
    for (const name of NAMED) {
      const written = named.ticks(10).filter(time => named.isWritten(name, time, 10));
      expect(pointsOf(views.Named!, `${name}: live sessions`, date).busy).toEqual(along(written, time => named.in('BUSY', time, [name]).length));
    }
  });

  test('Found: idle cost is about that of the time that sessions idle', () => {
    const cost = titled<'numbers'>(views.Found!, 'Idle cost in the time shown').lines[0]!.points.at(-1)!.value;
    const [sampled] = costOf([found.ticks(10).reduce((sum, time) => sum + found.in('IDLE', time).length, 0)], 10);
    expect(cost).toBe(sampled);
    // Each of the three sessions that idle is counted for an interval more or less than it was idle.
    const exact = found.hoursIn('IDLE', story.from, now) * PRICE;
    expect(Math.abs(cost - exact)).toBeLessThan(3 * PRICE / 6);
    expect(exact).toBeGreaterThan(0.6);
  });

  test('Found: there is no room for a session of two DPUs, where three sessions hold at least three of four', () => {
    const live = found.ticks(10).map(time => found.onSparkConnect(time));
    expect(live.at(-1)).toBe(3);
    const room = titled<'numbers'>(views.Found!, ROOM).lines[0]!.points.map(({ value }) => value);
    expect(room).toEqual(live.map(count => Math.max(0, Math.floor((4 - count) / 2))));
    expect(new Set(room)).toEqual(new Set([1, 0]));
    expect(pointsOf(views.Found!, SPARK_CONNECT, date)).toEqual({ 'live; unknown while a workgroup is not listed': along(found.ticks(10), time => found.onSparkConnect(time)) });
    expect(titled(views.Found!, SPARK_CONNECT).annotations.map(({ value, label }) => [value, label])).toEqual([[4, 'quota, at one DPU each'], [2, 'alarm Quota']]);
  });

  test('alarms are in ALARM, and tell the workgroup where they are of all of them', () => {
    const states = (monitor: string) => titled<'alarms'>(views[monitor]!, 'Alarms').alarms
      .filter(({ state }) => state !== 'OK').map(({ name, state, inAlarm }) => [name.replace(/[0-9A-F]{8}$/, ''), state, inAlarm]);
    expect(states('Found')).toEqual([['Stack-FoundAlarmsIdle', 'ALARM', ['analytics']], ['Stack-FoundAlarmsQuota', 'ALARM', []]]);
    expect(states('Named')).toEqual([['Stack-NamedAlarmsFailedteamb', 'ALARM', []]]);
  });

  test('the page shows what they are named, and what sessions say, as text', () => {
    const written = Object.values(views).map(drawDashboard).join('');
    expect(written).toContain('<code>Team #1/Sessions: a.b_c-d</code>');
    expect(written).toContain('&#60;none&#62; &#38; &#34;no&#34; memory');
    expect(written).toContain('In alarm: analytics');
  });
});
