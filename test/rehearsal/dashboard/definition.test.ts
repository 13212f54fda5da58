import { alarmWidget, dashboardOf, IDLE_TIME, metricWidget, textWidget } from './support';
import { readDashboard } from '../../../rehearsal/dashboard';

const VARIABLE = {
  type: 'pattern',
  pattern: 'WORKGROUP',
  id: 'WORKGROUP',
  inputType: 'select',
  visible: true,
  defaultValue: '__FIRST',
  search: '{AthenaSessions,WorkGroup} MetricName="IdleTime"',
  populateFrom: 'WorkGroup',
};

test('defaults are those of CloudWatch', () => {
  const { lookback, widgets } = readDashboard(dashboardOf([metricWidget({ metrics: [IDLE_TIME], view: undefined })]));
  expect(lookback).toBe(3 * 3_600_000);
  expect(widgets).toEqual([expect.objectContaining({
    properties: expect.objectContaining({
      view: 'timeSeries',
      stacked: false,
      stat: 'Average',
      period: 300,
      annotations: { horizontal: [] },
      legend: { position: 'bottom' },
      yAxis: { left: { showUnits: true }, right: { showUnits: true } },
      metrics: [{ namespace: 'AthenaSessions', metricName: 'IdleTime', dimensions: { WorkGroup: 'analytics' }, visible: true, yAxis: 'left' }],
    }),
  })]);
});

test.each([['-PT12H', 12], ['-P1D', 24], ['-P1DT1H30M', 25.5], ['-PT30M', 0.5]])('start: %s', (start, hours) => {
  expect(readDashboard(dashboardOf([], { start })).lookback).toBe(hours * 3_600_000);
});

test('patterns are replaced everywhere, literally', () => {
  const deployed = dashboardOf([metricWidget({ title: 'WORKGROUP and WORKGROUP', metrics: [['AthenaSessions', 'IdleTime', 'WorkGroup', 'WORKGROUP']] })], {
    variables: [VARIABLE],
  });
  const [widget] = readDashboard(deployed, { WORKGROUP: '"$&' }).widgets;
  expect(widget!.properties).toMatchObject({ title: '"$& and "$&', metrics: [{ dimensions: { WorkGroup: '"$&' } }] });
});

// A typo must not leave a widget empty.
test.each<[string, object, RegExp]>([
  ['a widget outside of the grid', { ...metricWidget(), x: 20 }, /wider than what is left/],
  ['an unknown property', metricWidget({ stackd: true }), /properties .*stackd/],
  ['another region', metricWidget({ region: 'eu-west-1' }), /nothing is played of the region eu-west-1/],
  ['an unknown option of a metric', metricWidget({ metrics: [[...IDLE_TIME, { statistic: 'Maximum' }]] }), /properties metrics 0 .*statistic/],
  ['an unknown statistic', metricWidget({ metrics: [[...IDLE_TIME, { stat: 'Max' }]] }), /metrics 0 stat statistic "Max" is not simulated/],
  ['a statistic of an expression', metricWidget({ metrics: [[{ expression: 'm1', stat: 'Maximum' }]] }), /metrics 0 .*stat/],
  ['a dimension without a value', metricWidget({ metrics: [IDLE_TIME.slice(0, 3)] }), /must be a namespace, a name/],
  ['an unknown property of an axis', metricWidget({ yAxis: { left: { lable: 'minutes' } } }), /yAxis left .*lable/],
  ['duplicate ids', metricWidget({ metrics: [[...IDLE_TIME, { id: 'm1' }], [{ expression: 'm1', id: 'm1' }]] }), /two have the id m1/],
  ['too many alarms', alarmWidget(...Array.from({ length: 101 }, String)), /properties alarms/],
])('%s is not simulated: the widget is left out, with the reason', (_, widget, reason) => {
  const { widgets, problems } = readDashboard(dashboardOf([textWidget('first'), widget]));
  expect(widgets).toMatchObject([{ type: 'text' }, { type: 'unread', reason: expect.stringMatching(reason) }]);
  expect(problems).toEqual([]);
});

test('a widget that is not simulated keeps its place and its title; one without a place is below the others', () => {
  const { widgets } = readDashboard(dashboardOf([{ ...metricWidget(), type: 'explorer', x: 2, y: 7 }, { type: 'explorer', width: 6 }, [], textWidget('last')]));
  expect(widgets).toMatchObject([
    { type: 'unread', x: 2, y: 7, width: 12, height: 6, properties: { title: 'Idle' } },
    { type: 'unread', x: 0, y: 13, width: 24, height: 3, properties: {} },
    { type: 'unread', x: 0, y: 16, width: 24, height: 3, properties: {} },
    { type: 'text', x: 0, y: 0 },
  ]);
});

test.each([
  ['no JSON', '{{', /^its body is not JSON: /],
  ['null', 'null', /^its body has no list of widgets$/],
  ['a list', '[]', /^its body has no list of widgets$/],
  ['without widgets', '{"widgets":{}}', /^its body has no list of widgets$/],
])('a body that is %s cannot be read', (_, body, problem) => {
  expect(readDashboard({ ...dashboardOf([]), body })).toMatchObject({ isUnreadable: true, widgets: [], problems: [expect.stringMatching(problem)] });
});

test.each([
  ['an unknown way to choose periods', { periodOverride: 'inherits' }, /periodOverride/],
  ['an unknown key', { widget: [] }, /widget/],
  ['an unused variable', { variables: [VARIABLE] }, /the variable WORKGROUP is in no widget/],
  ['another kind of variable', { variables: [{ ...VARIABLE, type: 'property' }] }, /variable 1 type /],
  ['an absolute start', { start: '2026-03-10T12:00:00Z' }, /start must be such as -PT12H/],
])('%s is not simulated: the rest is read', (_, body, problem) => {
  const { problems, widgets } = readDashboard(dashboardOf([metricWidget()], body));
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(widgets).toMatchObject([{ type: 'metric' }]);
});
