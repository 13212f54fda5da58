import { alarmWidget, dashboardOf, IDLE_TIME, logWidget, metricWidget, textWidget } from './support';
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

test('what is not said is what CloudWatch takes for it', () => {
  const { lookback, widgets } = readDashboard(dashboardOf([metricWidget({ metrics: [IDLE_TIME], view: undefined })]));
  expect(lookback).toBe(3 * 3_600_000);
  expect(widgets).toEqual([expect.objectContaining({
    properties: expect.objectContaining({
      view: 'timeSeries',
      stacked: false,
      stat: 'Average',
      period: 300,
      annotations: { horizontal: [] },
      yAxis: { left: {}, right: {} },
      metrics: [{ namespace: 'AthenaSessions', metricName: 'IdleTime', dimensions: { WorkGroup: 'analytics' }, visible: true, yAxis: 'left' }],
    }),
  })]);
});

test.each([['-PT12H', 12], ['-P1D', 24], ['-P1DT1H30M', 25.5], ['-PT30M', 0.5]])('%s is a time before now', (start, hours) => {
  expect(readDashboard(dashboardOf([], { start })).lookback).toBe(hours * 3_600_000);
});

test('patterns are replaced wherever they are, by what is selected as it is', () => {
  const deployed = dashboardOf([metricWidget({ title: 'WORKGROUP and WORKGROUP', metrics: [['AthenaSessions', 'IdleTime', 'WorkGroup', 'WORKGROUP']] })], {
    variables: [VARIABLE],
  });
  const [widget] = readDashboard(deployed, { WORKGROUP: '"$&' }).widgets;
  expect(widget!.properties).toMatchObject({ title: '"$& and "$&', metrics: [{ dimensions: { WorkGroup: '"$&' } }] });
});

// A typo must not make an empty widget.
test.each<[string, object, RegExp]>([
  ['a widget of an unknown kind', { ...metricWidget(), type: 'metrics' }, /type/],
  ['a widget outside of the grid', { ...metricWidget(), x: 20 }, /wider than what is left/],
  ['an unknown property', metricWidget({ stackd: true }), /properties .*stackd/],
  ['an unknown view', metricWidget({ view: 'pie' }), /properties view/],
  ['another region', metricWidget({ region: 'eu-west-1' }), /nothing is played of the region eu-west-1/],
  ['no region', metricWidget({ region: undefined }), /properties region/],
  ['no metric', metricWidget({ metrics: [] }), /properties metrics/],
  ['an unknown option of a metric', metricWidget({ metrics: [[...IDLE_TIME, { statistic: 'Maximum' }]] }), /properties metrics 0 .*statistic/],
  ['an unknown statistic', metricWidget({ metrics: [[...IDLE_TIME, { stat: 'Max' }]] }), /metrics 0 stat statistic "Max" is not simulated/],
  ['a statistic of an expression', metricWidget({ metrics: [[{ expression: 'm1', stat: 'Maximum' }]] }), /metrics 0 .*stat/],
  ['a period that is none', metricWidget({ metrics: [[...IDLE_TIME, { period: 90 }]] }), /metrics 0 period/],
  ['a metric without a name', metricWidget({ metrics: [['AthenaSessions']] }), /must be a namespace, a name/],
  ['a dimension without a value', metricWidget({ metrics: [IDLE_TIME.slice(0, 3)] }), /must be a namespace, a name/],
  ['short forms of metrics', metricWidget({ metrics: [IDLE_TIME, ['.', 'BusyTime', '.', '.']] }), /must be a namespace, a name/],
  ['an id in capitals', metricWidget({ metrics: [[...IDLE_TIME, { id: 'M1' }]] }), /metrics 0 id must begin with a lower-case letter/],
  ['two alike ids', metricWidget({ metrics: [[...IDLE_TIME, { id: 'm1' }], [{ expression: 'm1', id: 'm1' }]] }), /two have the id m1/],
  ['an axis that there is none of', metricWidget({ metrics: [[...IDLE_TIME, { yAxis: 'top' }]] }), /metrics 0 yAxis/],
  ['a colour by its name', metricWidget({ metrics: [[...IDLE_TIME, { color: 'red' }]] }), /metrics 0 color must be a colour/],
  ['a vertical annotation', metricWidget({ annotations: { horizontal: [], vertical: [] } }), /annotations .*vertical/],
  ['an annotation without a value', metricWidget({ annotations: { horizontal: [{ label: 'alarm' }] } }), /annotations horizontal 0 value/],
  ['an unknown option of an axis', metricWidget({ yAxis: { left: { minimum: 0 } } }), /yAxis left .*minimum/],
  ['no alarm', alarmWidget(), /properties alarms/],
  ['too many alarms', alarmWidget(...Array.from({ length: 101 }, String)), /properties alarms/],
  ['text without text', { ...textWidget('x'), properties: {} }, /properties markdown/],
  ['a log as bars', { ...logWidget('x'), properties: { view: 'bar', region: 'us-east-1', query: 'x' } }, /properties view/],
])('%s is refused, by the name of the widget', (_, widget, problem) => {
  const read = () => readDashboard(dashboardOf([textWidget('first'), widget]));
  expect(read).toThrow(problem);
  expect(read).toThrow(/^dashboard Stack\/Dashboard: widget 2/);
});

test.each([
  ['periods that CloudWatch chooses', { periodOverride: 'auto' }, /periodOverride/],
  ['periods that nothing is said of', { periodOverride: undefined }, /periodOverride/],
  ['a start that is none', { start: '-12H' }, /start must be such as -PT12H/],
  ['an unknown part', { widget: [] }, /widget/],
  ['a variable for a property', { variables: [{ ...VARIABLE, type: 'property' }] }, /variables 0 type/],
  ['a pattern that can be read in two ways', { variables: [{ ...VARIABLE, pattern: 'WORK.GROUP' }] }, /variables 0 pattern must mean the same/],
  ['a default that may not be there', { variables: [{ ...VARIABLE, defaultValue: 'analytics' }] }, /variables 0 defaultValue/],
  ['a variable that nothing depends on', { variables: [VARIABLE] }, /the variable WORKGROUP is in no widget/],
])('%s are refused', (_, body, problem) => {
  expect(() => readDashboard(dashboardOf([metricWidget()], body))).toThrow(problem);
});
