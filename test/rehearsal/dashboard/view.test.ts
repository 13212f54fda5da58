import { alarmWidget, dashboardOf, IDLE_TIME, logWidget, metricWidget, type Of, story, textWidget } from './support';
import { viewDashboard, viewDashboards } from '../../../rehearsal/dashboard';
import type { EndOfStory } from '../../../rehearsal/dashboard/view';
import { at, MINUTE } from '../cloudwatch/support';

const SEARCH = 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="IdleTime"\', \'Maximum\', 300)';

function show<Kind extends 'graph' | 'numbers' | 'alarms' | 'table'>(widget: object, told: EndOfStory = story(), body: object = {}): Of<Kind> {
  return viewDashboard(dashboardOf([widget], body), told).widgets[0] as Of<Kind>;
}

/** Why a widget is not simulated. */
const reasonOf = (widget: object, told: EndOfStory = story()) => (viewDashboard(dashboardOf([widget]), told).widgets[0] as Of<'placeholder'>).reason;
const linesOf = (metrics: object[], properties: object = {}) => show<'graph'>(metricWidget({ metrics, ...properties })).lines;
const minutes = (points: { time: number; value: number }[]) => points.map(({ time, value }) => [(time - at('12:00')) / MINUTE, value]);

describe('metrics', () => {
  test('are lines with a point for each period that has data', () => {
    const [line] = linesOf([[...IDLE_TIME, { stat: 'Maximum', label: 'idle', color: '#ff7f0e', yAxis: 'right' }]]);
    expect({ ...line, points: minutes(line!.points) }).toEqual({
      label: 'idle', color: '#ff7f0e', yAxis: 'right', unit: 'Seconds', period: 5 * MINUTE, points: [[0, 0], [5, 1], [20, 2], [25, 3]],
    });
  });

  test('take defaults from the widget', () => {
    const lines = linesOf([[...IDLE_TIME], [...IDLE_TIME, { stat: 'Minimum', period: 300 }]], { stat: 'Sum', period: 3600 });
    expect(lines.map(({ points }) => minutes(points))).toEqual([[[0, 6]], [[0, 0], [5, 1], [20, 2], [25, 3]]]);
  });

  test('without data are lines without points', () => {
    expect(linesOf([['AthenaSessions', 'IdleTyme', 'WorkGroup', 'analytics'], IDLE_TIME]).map(({ points }) => points.length)).toEqual([0, 4]);
    expect(linesOf([['AthenaSessions', 'IdleTime', 'WorkGroup', 'Analytics'], ['AthenaSessions', 'IdleTime']]).map(({ points }) => points)).toEqual([[], []]);
  });

  test('can be hidden and used in expressions', () => {
    const lines = linesOf([
      [{ expression: 'MAX([m1, m2])', label: 'both' }], [...IDLE_TIME, { id: 'm1', visible: false, stat: 'Maximum' }],
      ['AthenaSessions', 'IdleTime', 'WorkGroup', 'finance', { id: 'm2', visible: false, stat: 'Maximum' }],
    ]);
    expect(lines.map(({ label, points }) => [label, minutes(points)])).toEqual([['both', [[0, 0], [5, 10], [10, 20], [20, 2], [25, 3], [55, 30]]]]);
  });

  test('can be used by a part of their ids, which leaves expressions out', () => {
    const lines = linesOf([
      [{ expression: 'SUM(METRICS("m"))', id: 'sum_m', label: 'now ${LAST}' }], [...IDLE_TIME, { id: 'm1', visible: false, stat: 'Maximum' }],
      ['AthenaSessions', 'IdleTime', 'WorkGroup', 'finance', { id: 'other', visible: false, stat: 'Maximum' }],
    ]);
    expect(lines.map(({ label, points }) => [label, minutes(points)])).toEqual([['now 3', [[0, 0], [5, 1], [20, 2], [25, 3]]]]);
  });

  test('of a query are one line', () => {
    const QUERY = 'SELECT MAX(IdleTime) FROM SCHEMA("AthenaSessions", WorkGroup)';
    const lines = linesOf([[{ expression: 'idle / 2', label: 'longest' }], [{ expression: QUERY, id: 'idle', visible: false }]]);
    expect(lines.map(({ label, points }) => [label, minutes(points)])).toEqual([['longest', [[0, 0], [5, 5], [10, 10], [20, 1], [25, 1.5], [55, 15]]]]);
  });

  test('without data have a label without a last value', () => {
    expect(linesOf([['AthenaSessions', 'IdleTyme', 'WorkGroup', 'analytics', { label: 'last: ${LAST}' }]]).map(({ label }) => label)).toEqual(['last: --']);
  });

  test('of a search are a line each, by its own label and in a colour of its own', () => {
    const lines = linesOf([[{ expression: SEARCH, label: '${PROP(\'Dim.WorkGroup\')} ${PROP(\'MetricName\')}', color: '#d62728' }]]);
    expect(lines.map(({ label, color }) => [label, color])).toEqual([['analytics IdleTime', '#1f77b4'], ['finance IdleTime', '#ff7f0e']]);
    expect(linesOf([[{ expression: SEARCH, label: 'idle' }]]).map(({ label }) => label)).toEqual(['idle IdleTime analytics', 'idle IdleTime finance']);
  });

  test('of a widget of numbers are a number each', () => {
    const view = show<'numbers'>(metricWidget({ view: 'singleValue', metrics: [[{ expression: `RUNNING_SUM(SUM(${SEARCH}))`, label: 'all' }]] }));
    expect(view.kind).toBe('numbers');
    expect(view.lines[0]!.points.at(-1)).toEqual({ time: at('12:55'), value: 66 });
  });

  test.each([
    ['an expression that cannot be read', [[{ expression: 'SUM(' }]], /expected/],
    ['an unknown id', [[{ expression: 'SUM([m1])' }]], /there is no m1/],
    ['an error in a hidden expression', [IDLE_TIME, [{ expression: 'NOTHING(m1)', visible: false }]], /NOTHING is not simulated/],
    ['a circular expression', [[{ expression: 'SUM([m2])', id: 'm1' }], [{ expression: 'SUM([m1])', id: 'm2' }]], /made of itself/],
    ['a label of another dimension', [[{ expression: SEARCH, label: '${PROP(\'Dim.Workgroup\')}' }]], /there is no \$\{PROP\('Dim.Workgroup'\)\}/],
  ] as [string, object[], RegExp][])('%s is not simulated', (_, metrics, problem) => {
    expect(reasonOf(metricWidget({ metrics }))).toMatch(problem);
  });

  test('of a service that is not played are not simulated, as an empty graph would be wrong', () => {
    const queue = ['AWS/SQS', 'NumberOfMessagesSent', 'QueueName', 'queue'];
    expect(reasonOf(metricWidget({ metrics: [queue] }))).toBe('no NumberOfMessagesSent of AWS/SQS is played');
    expect(linesOf([queue, IDLE_TIME]).map(({ points }) => points.length)).toEqual([0, 4]);
  });
});

test('the time range is that of the story, or the shorter one of the dashboard', () => {
  const range = (body: object) => {
    const { from, to, widgets } = viewDashboard(dashboardOf([metricWidget()], body), story());
    return [(from - at('12:00')) / MINUTE, (to - at('12:00')) / MINUTE, ...(widgets[0] as Of<'graph'>).lines.map(({ points }) => points.length)];
  };
  expect(range({ start: '-PT12H' })).toEqual([0, 60, 4]);
  expect(range({ start: '-PT45M' })).toEqual([15, 60, 2]);
});

test('a dashboard whose periods CloudWatch chooses has a note', () => {
  const notesOf = (body: object) => viewDashboard(dashboardOf([metricWidget()], body), story()).notes;
  expect(notesOf({})).toEqual([]);
  expect(notesOf({ periodOverride: 'auto' })).toEqual([expect.stringMatching(/^shown with the periods of the widgets/)]);
  expect(notesOf({ periodOverride: undefined })).toEqual([expect.stringMatching(/as periodOverride is not inherit$/)]);
});

describe('alarms', () => {
  const ARN = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:';
  test('are in their state, and so are their contributors', () => {
    const told = story();
    const [{ alarm }] = told.alarms as [EndOfStory['alarms'][number]];
    told.alarms = [{ alarm, state: 'ALARM', contributors: { b: 'ALARM', c: 'OK', a: 'ALARM' } }];
    expect(show<'alarms'>(alarmWidget(`${ARN}idle`), told).alarms).toEqual([{ name: 'idle', state: 'ALARM', inAlarm: ['a', 'b'] }]);
    expect(show<'alarms'>(alarmWidget(`${ARN}idle`)).alarms).toEqual([{ name: 'idle', state: 'INSUFFICIENT_DATA', inAlarm: [] }]);
  });

  test.each(['idl', 'xidle', 'Idle'])('that do not exist are not simulated: %s', (name) => {
    expect(reasonOf(alarmWidget(`${ARN}${name}`))).toBe(`${ARN}${name} is none of the alarms that are played`);
  });
});

describe('queries of a log', () => {
  const LOG = [{ clock: '11:59', message: '{"a":1}' }, { clock: '12:01', message: '{"a":2}' }, { clock: '13:00', message: '{"a":3}' }];
  test('read the lines in the time range', () => {
    expect(show<'table'>(logWidget('SOURCE \'log\' | fields jsonParse(@message) as line\n| fields line.a as b | display b'), story(LOG)).table)
      .toEqual({ columns: ['b'], rows: [{ b: 2 }] });
  });

  test.each([
    ['SOURCE \'other\' | display @message', 'other is no log group of a function that is played'],
    ['display @message', 'a query begins with its log groups'],
    ['SOURCE \'log\' | dsplay @message', 'unknown command dsplay'],
  ])('%s is not simulated', (query, problem) => {
    expect(reasonOf(logWidget(query), story(LOG))).toContain(problem);
  });
});

describe('a variable', () => {
  const VARIABLE = {
    type: 'pattern',
    pattern: 'SELECTED',
    id: 'SELECTED',
    label: 'Workgroup',
    inputType: 'select',
    defaultValue: '__FIRST',
    search: '{AthenaSessions,WorkGroup} MetricName="IdleTime"',
    populateFrom: 'WorkGroup',
  };
  const widgets = [metricWidget({ metrics: [['AthenaSessions', 'IdleTime', 'WorkGroup', 'SELECTED']] })];
  const view = (variable: object) => viewDashboard(dashboardOf(widgets, { variables: [variable] }), story());

  test('selects the first of what is found', () => {
    const { selections, widgets: [shown] } = view(VARIABLE);
    expect(selections).toEqual([{ label: 'Workgroup', values: ['analytics', 'finance'] }]);
    expect((shown as Of<'graph'>).lines[0]!.points).toHaveLength(4);
  });

  test('that finds nothing selects nothing', () => {
    const { selections, widgets: [shown] } = view({ ...VARIABLE, search: VARIABLE.search.replace('Idle', 'Busy') });
    expect(selections).toEqual([{ label: 'Workgroup', values: [] }]);
    expect((shown as Of<'graph'>).lines[0]!.points).toHaveLength(0);
  });

  test.each([
    [{ search: 'IdleTime' }, /only searches such as/],
    [{ populateFrom: 'Workgroup' }, /no dimension Workgroup/],
  ])('with %j is not simulated, and selects nothing', (change, problem) => {
    const { notes, selections } = view({ ...VARIABLE, ...change });
    expect(notes).toEqual([expect.stringMatching(problem)]);
    expect(selections).toEqual([{ label: 'Workgroup', values: [] }]);
  });
});

describe('dashboards of an app', () => {
  const shown = (...widgets: object[]) => viewDashboards([dashboardOf(widgets)], story([{ clock: '12:01', message: '{}' }])).length === 1;
  test.each<[string, object]>([
    ['a metric', metricWidget()],
    ['a search', metricWidget({ metrics: [[{ expression: SEARCH }]] })],
    ['an alarm', alarmWidget('arn:aws:cloudwatch:us-east-1:123456789012:alarm:idle')],
    ['a log', logWidget('SOURCE \'log\' | display @message')],
  ])('are shown if a widget reads %s of the story, whatever the others are', (_, widget) => {
    expect(shown({ type: 'explorer' }, widget)).toBe(true);
  });

  test.each<[string, object[]]>([
    ['no widgets', []],
    ['texts only', [textWidget('## Queues')]],
    ['metrics of another namespace', [metricWidget({ metrics: [['Queues', 'IdleTime']] }), metricWidget({ metrics: [['AWS/SQS', 'NumberOfMessagesSent']] })]],
    ['an alarm of another app', [alarmWidget('arn:aws:cloudwatch:us-east-1:123456789012:alarm:other')]],
    ['a log of another app', [logWidget('SOURCE \'other\' | display @message')]],
    ['widgets that are not simulated', [{ type: 'explorer' }]],
  ])('are left out with %s', (_, widgets) => {
    expect(shown(...widgets)).toBe(false);
  });

  test('are shown with the reason if they cannot be read', () => {
    expect(viewDashboards([{ ...dashboardOf([]), body: '{' }], story())).toMatchObject([{ widgets: [], notes: [expect.stringMatching(/^not simulated: its body is not JSON/)] }]);
  });
});

test('text is shown as it is', () => {
  expect(viewDashboard(dashboardOf([textWidget('## x')]), story()).widgets).toEqual([
    { x: 0, y: 0, width: 12, height: 6, kind: 'text', markdown: '## x', background: 'solid' },
  ]);
});
