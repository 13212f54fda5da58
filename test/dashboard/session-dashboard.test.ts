import { type App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import * as fc from 'fast-check';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../../src';
import { EVENT_METRIC_NAMES, LIVE_COUNT_METRICS, RUN_METRICS, WORK_GROUP_METRICS } from '../../src/schema';
import { INTERVALS, logicalIdsOf, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf, teams } from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');
/** Metrics of one workgroup, as the schema has them. */
const SESSION_METRICS = Object.keys(WORK_GROUP_METRICS);
const EVENT_METRICS: readonly string[] = EVENT_METRIC_NAMES;

/** Of names this short, a role's inline policies hold no more. */
const MAX_NAMED = 149;
const shortNames = (count: number) => WorkGroupSelection.named(...Array.from({ length: count }, (_, index) => index.toString(36)));

/** What a dashboard's body says, tokens as `<logical id>` or `<logical id.attribute>`. */
function parse(body: Properties): Properties {
  const textOf = (part: Properties): string => {
    if (typeof part === 'string') {
      return part;
    }
    const [[name, value]] = Object.entries<Properties>(part);
    switch (name) {
      case 'Ref': return `<${value}>`;
      case 'Fn::GetAtt': return `<${value.join('.')}>`;
      case 'Fn::Split': return textOf(value[1]);
      case 'Fn::Join': return Array.isArray(value[1]) ? value[1].map(textOf).join(value[0]) : `${textOf(value[1])} by ${value[0]}`;
      default: throw new Error(`no text for ${name}`);
    }
  };
  return JSON.parse(textOf(body));
}

function dashboardOf(props?: AthenaSessionMonitorProps, then: (monitor: AthenaSessionMonitor) => void = () => {}): Properties {
  const monitor = newMonitor(props);
  then(monitor);
  return parse(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard').DashboardBody);
}

/** The widgets of a list, as they are on a dashboard of their own. */
function placed(widgets: IWidget[], stack: Stack): Properties[] {
  new Dashboard(stack, 'Placed').addWidgets(...widgets);
  const body = Object.entries<Properties>(Template.fromStack(stack).toJSON().Resources).find(([id]) => id.startsWith('Placed'))![1];
  return parse(body.Properties.DashboardBody).widgets;
}

function titled(body: Properties, title: string): Properties {
  const found = body.widgets.filter(({ properties }: Properties) => properties.title === title);
  expect(found).toHaveLength(1);
  return found[0].properties;
}

function titlesOf(widgets: Properties[]): string[] {
  return widgets.map(({ properties }) => properties.title ?? properties.markdown.split('\n')[0]);
}

const SEARCH = /SEARCH\('\{"[^"]+",(\w+)\} MetricName="(\w+)"', '(\w+)', (\d+)\)/g;
const QUERY = /^SELECT MAX\((\w+)\) FROM SCHEMA\("[^"]+", (\w+)\)$/g;

/** Every metric that a widget reads: named, searched for, or in a Metrics Insights query. */
function metricsOf({ type, properties }: Properties): { name: string; dimension: string; value?: string; options: Properties }[] {
  if (type !== 'metric') {
    return [];
  }
  return properties.metrics.flatMap((metric: Properties[]) => {
    const options = metric.at(-1);
    if (options.expression !== undefined) {
      return [
        ...[...options.expression.matchAll(SEARCH)].map(([, dimension, name]) => ({ name, dimension, options })),
        ...[...options.expression.matchAll(QUERY)].map(([, name, dimension]) => ({ name, dimension, options })),
      ];
    }
    const [, name, dimension, value] = metric;
    return [{ name, dimension, value, options }];
  });
}

function expressionsOf({ type, properties }: Properties): string[] {
  return type === 'metric' ? properties.metrics.flatMap(([{ expression }]: Properties[]) => expression ?? []) : [];
}

/** The metrics of all workgroups that the widgets search for. */
function searchesOf(widgets: Properties[]): string[] {
  return widgets.flatMap(expressionsOf).flatMap((expression) => [...expression.matchAll(SEARCH)].map(([, , name]) => name!));
}

/**
 * Metrics as CloudWatch counts them: all that are retrieved, those that are hidden or behind an expression too. A search retrieves the
 * metric of each found workgroup. A query without GROUP BY returns one time series.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
function countOfMetrics(widgets: Properties[], found: number): number {
  return widgets.flatMap(metricsOf).length + searchesOf(widgets).length * (found - 1);
}

/** Fails unless CloudWatch accepts the widgets, and shows all they have with so many found workgroups. */
function expectWithinLimits(widgets: Properties[], found: number): void {
  expect(widgets.length).toBeLessThanOrEqual(500);
  expect(countOfMetrics(widgets, found)).toBeLessThanOrEqual(2500);
  for (const widget of widgets) {
    const { type, properties } = widget;
    expect(countOfMetrics([widget], found)).toBeLessThanOrEqual(500);
    expect(type === 'alarm' ? properties.alarms.length : 0).toBeLessThanOrEqual(100);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: 500 metrics and expressions
    expect(type === 'metric' ? properties.metrics.length : 0).toBeLessThanOrEqual(500);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    expect(Math.max(0, ...expressionsOf(widget).map((expression) => expression.length))).toBeLessThanOrEqual(2048);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
    expect(expressionsOf(widget).filter((expression) => expression.startsWith('SELECT')).length).toBeLessThanOrEqual(1);
  }
  const searches = searchesOf(widgets);
  expect(searches.length).toBeLessThanOrEqual(4);
  expect(new Set(searches).size).toBe(searches.length); // the metric of a workgroup is drawn once
}

/** Fails unless the widgets fill rows of the whole width, without a gap and without overlapping. */
function expectNoGaps(widgets: Properties[]): void {
  const cells = widgets.flatMap(({ x, y, width, height }): string[] => Array.from({ length: width * height }, (_, index) => (
    `${x + index % width},${y + Math.floor(index / width)}`)));
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...widgets.map(({ x, width }) => x + width))).toBe(24);
  expect(cells.length).toBe(24 * Math.max(...widgets.map(({ y, height }) => y + height)));
}

const SELECTIONS: [string, WorkGroupSelection | undefined, number?][] = [
  ['found workgroups', undefined],
  ['matching workgroups', WorkGroupSelection.matching('etl-*')],
  ['found workgroups with a quota', undefined, 4],
  ['one named workgroup', WorkGroupSelection.named('etl')],
  ['two named workgroups', NAMED],
  ['as many named workgroups as a monitor takes', shortNames(MAX_NAMED)],
];

test('no monitor takes more named workgroups', () => {
  expect(() => newMonitor({ workGroups: shortNames(MAX_NAMED + 1), alarms: [] })).toThrow('workGroups');
});

describe.each(SELECTIONS)('the dashboard of %s', (_, workGroups, dpuQuota) => {
  const body = dashboardOf({ workGroups, dpuQuota });

  test('fills its rows without a gap', () => {
    expectNoGaps(body.widgets);
  });

  test('shows only metrics that are written, with the dimension that they are written with, as Maximum', () => {
    const monitors = body.widgets.flatMap(metricsOf).filter(({ name }: Properties) => !['Duration', 'Errors', 'Throttles'].includes(name));
    expect(monitors.length).toBeGreaterThan(10);
    for (const { name, dimension, options } of monitors) {
      expect([WORK_GROUP_METRICS, RUN_METRICS].map((metrics) => (metrics as Properties)[name]?.dimension)).toContain(dimension);
      expect(options.expression ?? `'${options.stat}'`).toMatch(/'Maximum'|^SELECT MAX\(/);
      expect(JSON.stringify(options)).not.toMatch(/'(Sum|Average|SampleCount)'|"(Sum|Average|SampleCount)"/);
    }
  });

  test('shows every metric', () => {
    const names = new Set(body.widgets.flatMap(metricsOf).map(({ name }: Properties) => name));
    const runMetrics = Object.keys(RUN_METRICS).filter((name) => !EVENT_METRICS.includes(name));
    expect([...names]).toEqual(expect.arrayContaining([...SESSION_METRICS, ...runMetrics]));
    expect([...names]).not.toEqual(expect.arrayContaining([expect.stringMatching(/^Events/)]));
  });

  test('is of the monitor\'s region', () => {
    for (const { type, properties } of body.widgets) {
      expect(['metric', 'log'].includes(type) ? properties.region : '<AWS::Region>').toBe('<AWS::Region>');
    }
  });

  test('keeps the periods that it asks for, as a coarser one would take many points for one', () => {
    expect(body.periodOverride).toBe('inherit');
  });
});

describe.each<[string, WorkGroupSelection | undefined, number | undefined]>([
  ['found workgroups', undefined, 4], ['named workgroups', shortNames(40), undefined],
])('the dashboard with events, of %s', (_, workGroups, dpuQuota) => {
  const without = dashboardOf({ workGroups, dpuQuota });
  const body = dashboardOf({ workGroups, dpuQuota }, (monitor) => monitor.onSession('All'));

  test('shows the events of runs among the collector\'s graphs', () => {
    const { metrics, yAxis } = titled(body, 'Collector: Athena calls and events');
    expect(metrics.map(([, name, , , { label, yAxis: side }]: Properties[]) => [name, label, side])).toEqual([
      ['ApiCalls', 'calls', undefined], ['ThrottledApiCalls', 'throttled', undefined],
      ['EventsSent', 'events sent (right)', 'right'], ['EventsFailed', 'events failed (right)', 'right'],
    ]);
    expect(yAxis.right).toEqual({ min: 0, label: 'events', showUnits: false });
    const names = new Set(body.widgets.flatMap(metricsOf).map(({ name }: Properties) => name));
    expect([...names]).toEqual(expect.arrayContaining([...SESSION_METRICS, ...Object.keys(RUN_METRICS)]));
  });

  test('differs in nothing else but one more alarm', () => {
    const titleOf = (title: string) => title === 'Collector: Athena calls and events' ? 'Collector: Athena calls' : title;
    expect(titlesOf(body.widgets).map(titleOf)).toEqual(titlesOf(without.widgets));
    const [alarms, alarmsWithout] = [body, without].map(({ widgets }) => widgets.flatMap(({ properties }: Properties) => properties.alarms ?? []));
    expect(alarms.filter((alarm: string) => !alarmsWithout.includes(alarm))).toEqual([expect.stringContaining('Notifications')]);
    expect(alarms).toHaveLength(alarmsWithout.length + 1);
  });

  test('fills its rows without a gap, within the limits of CloudWatch', () => {
    expectNoGaps(body.widgets);
    expectWithinLimits(body.widgets, workGroups ? 0 : 500);
  });
});

test('a session alarm without CloudWatch alarm has no line and no tile', () => {
  const body = dashboardOf({
    alarms: [
      SessionAlarm.idleLongerThan(Duration.hours(1), { alarm: false }),
      SessionAlarm.busyLongerThan(Duration.hours(6)),
      SessionAlarm.failed({ alarm: false }),
    ],
    healthAlarms: [],
    workGroups: WorkGroupSelection.named('etl'),
  }, (monitor) => monitor.onSession('All'));
  const lines = body.widgets.flatMap(({ properties }: Properties) => properties.annotations?.horizontal?.map(({ label }: Properties) => label) ?? []);
  expect(lines).toEqual(['alarm Busy']);
  expect(titled(body, 'Alarms').alarms).toEqual([expect.stringContaining('Busy')]);
});

describe('the limits of CloudWatch', () => {
  const widgetsOf = (props: AthenaSessionMonitorProps) => dashboardOf(props).widgets;
  const allAlarms = [
    SessionAlarm.failed(), SessionAlarm.degraded(), SessionAlarm.idleLongerThan(Duration.hours(1)), SessionAlarm.busyLongerThan(Duration.hours(6)),
    SessionAlarm.creatingLongerThan(Duration.hours(1)), SessionAlarm.terminatingLongerThan(Duration.hours(1)),
    SessionAlarm.olderThan(Duration.hours(24)),
    ...Object.values(LiveSessionState).map((state) => SessionAlarm.sessionsAbove(state, 3)),
  ];

  describe.each<[string, SessionAlarm[] | undefined]>([
    ['the default alarms', undefined], ['no alarm', []], ['all kinds of alarms', allAlarms],
  ])('with %s', (_, alarms) => {
    test.each([1, 100, 500])('are kept with %d found workgroups', (found) => {
      expectWithinLimits(widgetsOf({ alarms, dpuQuota: 4 }), found);
    });

    test.each([1, 30])('are kept with %d named workgroups', (count) => {
      expectWithinLimits(widgetsOf({ alarms, dpuQuota: 4, workGroups: shortNames(count) }), 0);
    });

    test('are kept on a dashboard of one\'s own', () => {
      const stack = newStack();
      const dashboard = new Dashboard(stack, 'Mine', { widgets: [[new TextWidget({ markdown: 'mine', width: 24, height: 2 })]] });
      expectWithinLimits(parse(propertiesOf(newMonitor({ alarms, dashboard }, stack), 'AWS::CloudWatch::Dashboard').DashboardBody).widgets, 500);
      const other = newStack();
      expectWithinLimits(placed(newMonitor({ alarms, createDashboard: false }, other).widgets(), other), 500);
    });
  });

  test.each([[100, 17], [101, 16], [MAX_NAMED, 16]])('are kept with %d named workgroups, of each of which %d metrics are read', (count, each) => {
    const monitor = newMonitor({ workGroups: shortNames(count), dpuQuota: 4 });
    const { widgets } = parse(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard').DashboardBody);
    expectWithinLimits(widgets, 0);
    expect(widgets.flatMap(metricsOf).filter(({ dimension }: Properties) => dimension === 'WorkGroup')).toHaveLength(count * each);
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    expect(JSON.stringify(Template.fromStack(Stack.of(monitor)).toJSON()).length).toBeLessThan(1_000_000);
  });

  test('are kept with the longest namespace', () => {
    expectWithinLimits(widgetsOf({ metricNamespace: 'n'.repeat(255) }), 500);
    expectWithinLimits(widgetsOf({ metricNamespace: 'n'.repeat(255), workGroups: shortNames(100) }), 0);
  });

  test('are in the heading, where workgroups are found', () => {
    expect(widgetsOf({})[0].properties.markdown).toMatch(/ · graphs show up to 500 workgroups$/);
    expect(widgetsOf({ workGroups: NAMED })[0].properties.markdown).not.toContain('500');
  });

  // Or the tests above could not fail.
  test('are exceeded by what they should not allow', () => {
    const widgets = widgetsOf({});
    expect(() => expectWithinLimits(widgets, 501)).toThrow();
    expect(() => expectWithinLimits([...widgets, ...widgets], 100)).toThrow();
    expect(() => expectWithinLimits(Array(5).fill(widgetsOf({ workGroups: shortNames(100) })).flat(), 0)).toThrow();
  });
});

const NUMBERS = [
  'Idle', 'Longest idle', 'Oldest', 'Busy', 'Creating', 'Degraded', 'Cost per hour now', 'Idle cost in the time shown', 'Not listed',
];
const ROOM = 'Room for new Spark 3.5 sessions';
const IDLE_COST = 'Idle cost by workgroup, estimated';
const SUMMARY = ['## Athena sessions', 'Alarms', ...NUMBERS, 'Failed sessions', IDLE_COST];
const TABLES = ['Live sessions (from the collector\'s log)', 'Ended sessions (from the collector\'s log)'];
const SPARK_CONNECT = 'Live sessions on Spark 3.5';
const HEALTH = [SPARK_CONNECT, 'Collector: workgroups', 'Collector: Athena calls', 'Collector: runs'];
const SELECTED = [
  'Selected workgroup: live sessions', 'Selected workgroup: longest in a state', 'Selected workgroup: ended sessions',
  'Selected workgroup: live sessions (from the collector\'s log)', 'Selected workgroup: ended sessions (from the collector\'s log)',
];

test('the dashboard of found workgroups', () => {
  const { widgets } = dashboardOf();
  expect(titlesOf(widgets)).toEqual([
    ...SUMMARY,
    ...TABLES,
    'Live sessions of all workgroups',
    'Oldest session by workgroup',
    'Longest idle session by workgroup',
    'Longest busy session of all workgroups',
    ...HEALTH,
    '### The workgroup that is selected above',
    ...SELECTED,
  ]);
  expect(searchesOf(widgets)).toEqual(['FailedSessions', 'IdleSessions', 'SessionAge', 'IdleTime']);
});

test('the dashboard of named workgroups has a row for each', () => {
  const { widgets, variables } = dashboardOf({ workGroups: NAMED });
  expect(titlesOf(widgets)).toEqual([
    ...SUMMARY,
    ...TABLES,
    'etl: live sessions',
    'etl: longest in a state',
    'etl: ended sessions',
    'adhoc: live sessions',
    'adhoc: longest in a state',
    'adhoc: ended sessions',
    ...HEALTH,
  ]);
  expect(variables).toBeUndefined();
  for (const name of ['etl', 'adhoc']) {
    const row = widgets.filter(({ properties }: Properties) => properties.title?.startsWith(`${name}: `));
    expect(new Set(row.map(({ y }: Properties) => y)).size).toBe(1);
    expect(new Set(row.flatMap(metricsOf).map(({ value }: Properties) => value))).toEqual(new Set([name]));
    expect(row.flatMap(metricsOf).map(({ name: metric }: Properties) => metric).sort()).toEqual([...SESSION_METRICS].sort());
  }
});

describe('numbers', () => {
  const shownIn = (props: AthenaSessionMonitorProps) => dashboardOf(props).widgets.filter(({ properties }: Properties) => properties.view === 'singleValue');

  test.each([['found', undefined], ['named', NAMED]])('are in two rows, where workgroups are %s', (_, workGroups) => {
    const widthsOf = (numbers: Properties[]) => numbers.map(({ width }) => width);
    const [numbers, withQuota] = [shownIn({ workGroups }), shownIn({ workGroups, dpuQuota: 4 })];
    expect(titlesOf(numbers)).toEqual(NUMBERS);
    expect(widthsOf(numbers)).toEqual([...Array(6).fill(4), 8, 8, 8]);
    expect(titlesOf(withQuota)).toEqual([...NUMBERS.slice(0, -1), ROOM, NUMBERS.at(-1)]);
    expect(widthsOf(withQuota)).toEqual([...Array(6).fill(4), 6, 6, 6, 6]);
  });

  test('say that they may be old, as CloudWatch shows the last datapoint of the time range', () => {
    for (const { properties } of shownIn({ dpuQuota: 4 })) {
      expect(properties.metrics[0].at(-1).label).toMatch(properties.title === 'Idle cost in the time shown' ? /^dollars, estimated$/ : /last seen(; unknown while a workgroup is not listed)?$/);
    }
  });

  test('are counts with all digits, or rounded', () => {
    const rounded = shownIn({ dpuQuota: 4 }).filter(({ properties }: Properties) => !properties.singleValueFullPrecision);
    expect(titlesOf(rounded)).toEqual(['Oldest', 'Cost per hour now', 'Idle cost in the time shown']);
  });
});

describe('figures of all workgroups together', () => {
  const idsOf = (metric: Properties[]) => [metric[1], metric[3], metric.at(-1).id, metric.at(-1).visible];

  test.each([['found', undefined], ['named', NAMED]])('are the totals of the run, where workgroups are %s', (_, workGroups) => {
    const body = dashboardOf({ workGroups });
    const titles = ['Idle', 'Busy', 'Creating', 'Degraded', 'Not listed'];
    expect(titles.map((title) => titled(body, title).metrics.map(([, ...metric]: Properties) => metric.slice(0, 3)))).toEqual(
      ['IdleSessions', 'BusySessions', 'CreatingSessions', 'DegradedSessions', 'WorkGroupsNotListed']
        .map((name) => [[name, 'FunctionName', expect.stringMatching(/^<SessionsCollector\w+>$/)]]));
  });

  test('are the totals over time, stacked by state, where workgroups are found', () => {
    const graph = titled(dashboardOf(), 'Live sessions of all workgroups');
    expect(graph.stacked).toBe(true);
    expect(graph.metrics.map((metric: Properties) => [metric[1], metric[2], metric.at(-1).label])).toEqual(
      Object.values(LiveSessionState).map((state, index) => [LIVE_COUNT_METRICS[index], 'FunctionName', state.toLowerCase()]));
    expect(titled(dashboardOf({ workGroups: NAMED }), 'etl: live sessions').stacked).toBe(true);
  });

  test('are the maxima that one query each returns, where workgroups are found', () => {
    const body = dashboardOf({ metricNamespace: 'Team #1/Sessions', interval: Duration.minutes(10) });
    expect(titled(body, 'Longest idle').metrics).toEqual([
      [expect.objectContaining({ expression: 'FLOOR(idle / 60)', period: 600 })],
      [{ expression: 'SELECT MAX(IdleTime) FROM SCHEMA("Team #1/Sessions", WorkGroup)', period: 600, visible: false, id: 'idle' }],
    ]);
    expect(titled(body, 'Longest busy session of all workgroups').metrics).toEqual([
      [expect.objectContaining({ expression: 'busy / 60', period: 600 })],
      [{ expression: 'SELECT MAX(BusyTime) FROM SCHEMA("Team #1/Sessions", WorkGroup)', period: 600, visible: false, id: 'busy' }],
    ]);
    expect(titled(body, 'Oldest').metrics).toEqual([
      [expect.objectContaining({ expression: 'age / 3600', label: 'hours, last seen', period: 600 })],
      [{ expression: 'SELECT MAX(SessionAge) FROM SCHEMA("Team #1/Sessions", WorkGroup)', period: 600, visible: false, id: 'age' }],
    ]);
  });

  test('are maxima of each metric, where workgroups are named, since others may share the namespace', () => {
    const [[maximum], ...hidden] = titled(dashboardOf({ workGroups: NAMED }), 'Longest idle').metrics;
    expect(maximum.expression).toBe('FLOOR(MAX(METRICS("idle")) / 60)');
    expect(hidden.map(idsOf)).toEqual([['IdleTime', 'etl', 'idle0', false], ['IdleTime', 'adhoc', 'idle1', false]]);
    const [[oldest], ...ages] = titled(dashboardOf({ workGroups: NAMED }), 'Oldest').metrics;
    expect(oldest.expression).toBe('MAX(METRICS("age")) / 3600');
    expect(ages.map(idsOf)).toEqual([['SessionAge', 'etl', 'age0', false], ['SessionAge', 'adhoc', 'age1', false]]);
  });

  test('are the failed sessions of the time shown, first in the legend of those by workgroup', () => {
    const total = { label: 'all in the time shown: ${LAST}' };
    const [[ofFound], [search]] = titled(dashboardOf(), 'Failed sessions').metrics;
    expect(ofFound).toMatchObject({ ...total, expression: 'RUNNING_SUM(SUM(failed))' });
    expect(search).toEqual({
      expression: 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="FailedSessions"\', \'Maximum\', 300)', label: '${PROP(\'Dim.WorkGroup\')}', id: 'failed',
    });

    const [[ofNamed], ...each] = titled(dashboardOf({ workGroups: NAMED }), 'Failed sessions').metrics;
    expect(ofNamed).toMatchObject({ ...total, expression: 'RUNNING_SUM(SUM(METRICS("failed")))' });
    expect(each.map(idsOf)).toEqual([['FailedSessions', 'etl', 'failed0', undefined], ['FailedSessions', 'adhoc', 'failed1', undefined]]);
    expect(each.map((metric: Properties) => metric.at(-1).label)).toEqual(['etl', 'adhoc']);
  });
});

test('the legends of graphs by workgroup are beside them, as they may be long', () => {
  const legendsOf = (props: AthenaSessionMonitorProps) => dashboardOf(props).widgets
    .filter(({ properties: { legend } }: Properties) => legend).map(({ properties: { title, legend } }: Properties) => [title, legend.position]);
  expect(legendsOf({})).toEqual(['Failed sessions', IDLE_COST, 'Oldest session by workgroup', 'Longest idle session by workgroup'].map((title) => [title, 'right']));
  expect(legendsOf({ workGroups: NAMED })).toEqual([['Failed sessions', 'right'], [IDLE_COST, 'right']]);
});

describe('costs', () => {
  const TOTAL = { label: 'all in the time shown: ${LAST}', expression: 'RUNNING_SUM(allIdle) * 0.35 / 12' };

  test.each([['found', undefined], ['named', NAMED]])('are estimated from the totals of the run, where workgroups are %s', (_, workGroups) => {
    const body = dashboardOf({ workGroups });
    const [[perHour], ...live] = titled(body, 'Cost per hour now').metrics;
    expect(perHour).toMatchObject({ expression: 'SUM(METRICS("live")) * 0.35', label: 'dollars, estimated, last seen' });
    expect(live.map((metric: Properties) => [metric[1], metric[2], metric.at(-1).id])).toEqual(
      LIVE_COUNT_METRICS.map((name, index) => [name, 'FunctionName', `live${index}`]));
    const [[total], idle] = titled(body, 'Idle cost in the time shown').metrics;
    expect(total.expression).toBe(TOTAL.expression);
    expect([idle[1], idle[2], idle.at(-1).id, idle.at(-1).visible]).toEqual(['IdleSessions', 'FunctionName', 'allIdle', false]);
  });

  test('are lines of all found workgroups, of one search', () => {
    const { metrics, yAxis } = titled(dashboardOf(), IDLE_COST);
    expect(metrics).toEqual([
      [expect.objectContaining({ ...TOTAL, expression: 'RUNNING_SUM(SUM(idle)) * 0.35 / 12' })],
      [{ expression: 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="IdleSessions"\', \'Maximum\', 300)', id: 'idle', visible: false }],
      [{ expression: 'RUNNING_SUM(idle) * 0.35 / 12', label: '${PROP(\'Dim.WorkGroup\')}' }],
    ]);
    expect(yAxis.left).toEqual({ min: 0, label: 'dollars', showUnits: false });
  });

  test('are a line of each named workgroup, unless there are more than 100', () => {
    const linesOf = (workGroups: WorkGroupSelection, title = IDLE_COST) => titled(dashboardOf({ workGroups }), title).metrics
      .map((metric: Properties[]) => metric.at(-1)).filter(({ visible }: Properties) => visible !== false)
      .map(({ label, expression }: Properties) => [label, expression]);
    const total = [TOTAL.label, TOTAL.expression];
    expect(linesOf(NAMED)).toEqual([total, ['etl', 'RUNNING_SUM(idle0) * 0.35 / 12'], ['adhoc', 'RUNNING_SUM(idle1) * 0.35 / 12']]);
    expect(linesOf(shortNames(100))).toHaveLength(101);
    expect(linesOf(shortNames(101), 'Idle cost, estimated')).toEqual([total]);
  });

  test.each(INTERVALS)('count an interval of %d minutes for each datapoint', (minutes) => {
    const [[total]] = titled(dashboardOf({ interval: Duration.minutes(minutes), dpuHourPrice: 0.5 }), 'Idle cost in the time shown').metrics;
    expect(total.expression).toBe(`RUNNING_SUM(allIdle) * 0.5 / ${60 / minutes}`);
  });

  test('have their price and what they assume in the heading', () => {
    expect(dashboardOf({ dpuHourPrice: 0.4 }).widgets[0].properties.markdown).toContain(
      ' · estimated costs: one DPU a session, $0.4 a DPU hour, sampled each interval');
  });

  test('can have a price that is known at deployment', () => {
    for (const workGroups of [undefined, NAMED]) {
      const stack = newStack();
      const dpuHourPrice = new CfnParameter(stack, 'Price', { type: 'Number' }).valueAsNumber;
      const monitor = newMonitor({ dpuHourPrice, workGroups }, stack);
      const { widgets } = parse(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard').DashboardBody);
      expect(widgets.flatMap(expressionsOf).filter((expression: string) => expression.includes('<Price>'))).toHaveLength(workGroups ? 5 : 4);
      expect(widgets[0].properties.markdown).toContain('$<Price> a DPU hour');
      expect(widgets.find(({ type }: Properties) => type === 'log').properties.query).toContain('session.age * <Price> / 36');
      new Dashboard(stack, 'Mine').addWidgets(...monitor.widgets());
      Annotations.fromStack(stack).hasNoWarning('/Stack/Mine', Match.anyValue());
    }
  });
});

describe('the quota of Spark 3.5', () => {
  test('leaves room for new sessions, of two DPUs each, if each live session holds one', () => {
    const { metrics } = titled(dashboardOf({ dpuQuota: 5 }), ROOM);
    expect(metrics[0][0]).toMatchObject({ expression: 'IF(live < 5, FLOOR((5 - live) / 2), 0)', label: 'at most, last seen; unknown while a workgroup is not listed' });
    expect([metrics[1][1], metrics[1][2], metrics[1].at(-1).id]).toEqual(['LiveSparkConnectSessions', 'FunctionName', 'live']);
  });

  test('is a line in the graph of the sessions that share it, as is the threshold of its alarm', () => {
    const linesOf = (props: AthenaSessionMonitorProps) => (titled(dashboardOf(props), SPARK_CONNECT).annotations?.horizontal ?? [])
      .map(({ label, value }: Properties) => [label, value]);
    expect(linesOf({ dpuQuota: 5 })).toEqual([['quota, at one DPU each', 5], ['alarm Quota', 3]]);
    expect(linesOf({})).toEqual([]);
  });
});

describe('durations', () => {
  test('are minutes, where workgroups are found', () => {
    const body = dashboardOf();
    expect(titled(body, 'Longest idle session by workgroup').metrics).toEqual([[{
      expression: 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="IdleTime"\', \'Maximum\', 300) / 60', label: '${PROP(\'Dim.WorkGroup\')}',
    }]]);
    for (const title of ['Longest idle session by workgroup', 'Longest busy session of all workgroups', 'Selected workgroup: longest in a state']) {
      expect(titled(body, title).yAxis.left).toEqual({ min: 0, label: 'minutes', showUnits: false });
    }
    expect(titled(body, 'Oldest session by workgroup')).toMatchObject({
      metrics: [[{ expression: 'SEARCH(\'{"AthenaSessions",WorkGroup} MetricName="SessionAge"\', \'Maximum\', 300) / 3600' }]],
      yAxis: { left: { min: 0, label: 'hours', showUnits: false } },
    });
  });

  test('are minutes, where workgroups are named', () => {
    const { metrics, yAxis } = titled(dashboardOf({ workGroups: NAMED }), 'etl: longest in a state');
    const states = ['creating', 'idle', 'busy', 'terminating'];
    expect(metrics.filter((metric: Properties[]) => metric.length === 1).map(([{ expression, label }]: Properties) => [expression, label])).toEqual(
      [...states.map((state) => [`${state} / 60`, state]), ['age / 3600', 'oldest session (right)']]);
    expect([yAxis.left.label, yAxis.right.label]).toEqual(['minutes', 'hours']);
    const hidden = metrics.filter((metric: Properties[]) => metric.length > 1);
    expect(hidden.map((metric: Properties[]) => [metric[1], metric.at(-1).id, metric.at(-1).visible])).toEqual(
      [...['CreatingTime', 'IdleTime', 'BusyTime', 'TerminatingTime'].map((name, index) => [name, states[index], false]), ['SessionAge', 'age', false]]);
  });

  test('of runs are seconds', () => {
    const { metrics, yAxis } = titled(dashboardOf(), 'Collector: runs');
    expect(metrics[0][0]).toMatchObject({ expression: 'duration / 1000', label: 'duration' });
    expect(yAxis.left.label).toBe('seconds');
  });
});

test.each(INTERVALS)('periods are an interval of %d minutes', (minutes) => {
  const interval = Duration.minutes(minutes);
  for (const workGroups of [undefined, NAMED]) {
    const { widgets } = dashboardOf({ workGroups, interval });
    for (const { name, options } of widgets.flatMap(metricsOf)) {
      // CloudWatch's own period, which CDK leaves out, is 300 seconds; Lambda's metrics are read at it.
      const searched: RegExpMatchArray[] = [...options.expression?.matchAll(SEARCH) ?? []];
      const periods = [...searched.map(([, , , , seconds]) => Number(seconds)), options.period ?? 300];
      expect(periods).toEqual(periods.map(() => ['Duration', 'Errors', 'Throttles'].includes(name) ? 300 : minutes * 60));
    }
  }
});

describe('thresholds', () => {
  const linesOf = (widget: Properties) => (widget.annotations?.horizontal ?? []).map(({ value, label }: Properties) => [label, value]);

  test('of alarms are lines in the graphs of their metrics', () => {
    const found = dashboardOf();
    expect(linesOf(titled(found, 'Longest idle session by workgroup'))).toEqual([['alarm Idle', 60]]); // in minutes, as the graph
    expect(linesOf(titled(found, 'Failed sessions'))).toEqual([['alarm Failed', 1]]);
    const named = dashboardOf({ workGroups: NAMED, alarms: SessionAlarm.defaults({ idleLongerThan: Duration.minutes(30), failedThreshold: 3 }) });
    for (const workGroup of ['etl', 'adhoc']) {
      expect(linesOf(titled(named, `${workGroup}: longest in a state`))).toEqual([['alarm Idle', 30]]);
      expect(linesOf(titled(named, `${workGroup}: ended sessions`))).toEqual([['alarm Failed', 3]]);
      expect(linesOf(titled(named, `${workGroup}: live sessions`))).toEqual([]); // where each is stacked on the others a line would not be true
    }
  });

  test('of alarms that are added later are, too', () => {
    const body = dashboardOf({ alarms: [] }, (monitor) => {
      monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.hours(2)));
      monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.hours(8), { id: 'IdleAllDay' }));
      monitor.addAlarm(SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 5));
      monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6)));
      monitor.addAlarm(SessionAlarm.olderThan(Duration.hours(36)));
    });
    expect(linesOf(titled(body, 'Longest idle session by workgroup'))).toEqual([['alarm Idle', 120], ['alarm IdleAllDay', 480]]);
    expect(linesOf(titled(body, IDLE_COST))).toEqual([]); // of dollars, not sessions
    expect(linesOf(titled(body, 'Oldest session by workgroup'))).toEqual([['alarm Old', 36]]); // in hours
    expect(titled(body, 'Selected workgroup: longest in a state').annotations.horizontal).toContainEqual(expect.objectContaining({ label: 'alarm Old', value: 36, yAxis: 'right' }));
    expect(linesOf(titled(body, 'Longest busy session of all workgroups'))).toEqual([['alarm Busy', 360]]);
    expect(titled(body, 'Alarms').alarms).toHaveLength(5 + 2);
  });

  test('of no alarm are none', () => {
    for (const { properties } of dashboardOf({ alarms: [] }).widgets) {
      expect(properties).not.toHaveProperty('annotations');
    }
  });
});

describe('alarms', () => {
  test('are all shown, those on health too', () => {
    expect(titled(dashboardOf(), 'Alarms').alarms).toEqual([
      expect.stringMatching(/^<SessionsAlarmsFailed\w+\.Arn>$/),
      expect.stringMatching(/^<SessionsAlarmsIdle\w+\.Arn>$/),
      expect.stringMatching(/^<SessionsAlarmsDegraded\w+\.Arn>$/),
      expect.stringMatching(/^<SessionsAlarmsHeartbeat\w+\.Arn>$/),
      expect.stringMatching(/^<SessionsAlarmsListing\w+\.Arn>$/),
    ]);
  });

  test('are left out where there are none', () => {
    const { widgets } = dashboardOf({ alarms: [], healthAlarms: [] });
    expect(titlesOf(widgets)).not.toContain('Alarms');
    expectNoGaps(widgets);
  });

  test('are in several widgets where they are too many for one', () => {
    const { widgets } = dashboardOf({ workGroups: teams(50) });
    const counts = widgets.filter(({ type }: Properties) => type === 'alarm').map(({ properties }: Properties) => properties.alarms.length);
    expect(counts).toEqual([100, 50 * 3 + 2 - 100]);
  });
});

test('the heading links to the runbook, Athena, the collector and its log, on the console of the partition', () => {
  const { markdown } = dashboardOf({ runbookUrl: 'https://example.com/runbook' }).widgets[0].properties;
  expect(markdown).toContain('Stack/Sessions · a run every 5 minutes · namespace `AthenaSessions`');
  const links = [...markdown.matchAll(/\[([\w ]+)\]\(([^)]+)\)/g)].map(([, text, address]) => [text, address]);
  expect(links).toEqual([
    ['runbook', 'https://example.com/runbook'],
    ['sessions in Athena', '/athena/home?region=<AWS::Region>'],
    ['collector', expect.stringMatching(/^\/lambda\/home\?region=<AWS::Region>#\/functions\/<SessionsCollector\w+>\?tab=monitoring$/)],
    ['log', expect.stringMatching(/^\/cloudwatch\/home\?region=<AWS::Region>#logsV2:log-groups\/log-group\/<SessionsLogGroup\w+> by \$252F$/)],
  ]);
});

test('the heading\'s link to the runbook does not end at a parenthesis of the address', () => {
  const { markdown } = dashboardOf({ runbookUrl: 'https://example.com/athena_(spark)/a)b' }).widgets[0].properties;
  expect(markdown).toContain('[runbook](https://example.com/athena_%28spark%29/a%29b) ·');
});

describe('the variable of found workgroups', () => {
  test('selects one of those that have metrics', () => {
    const { variables, widgets } = dashboardOf({ metricNamespace: 'Team/Sessions' });
    expect(variables).toEqual([{
      type: 'pattern',
      pattern: expect.stringMatching(/^WORKGROUP_[0-9a-f]{8}$/),
      id: variables[0].pattern,
      label: 'Workgroup',
      inputType: 'select',
      search: '{"Team/Sessions",WorkGroup} MetricName="IdleSessions"',
      populateFrom: 'WorkGroup',
      defaultValue: '__FIRST',
      visible: true,
    }]);
    const { pattern } = variables[0];
    const about = widgets.filter((widget: Properties) => JSON.stringify(widget).includes(pattern));
    expect(titlesOf(about)).toEqual(SELECTED);
    for (const { properties } of about.slice(-2)) {
      expect(properties.query).toContain(`| filter athenaWorkGroup = "${pattern}"`);
    }
    expect(about.flatMap(metricsOf).map(({ value }: Properties) => value)).toEqual(about.flatMap(metricsOf).map(() => pattern));
  });

  test('is another for each monitor of a dashboard', () => {
    const stack = newStack();
    const dashboard = new Dashboard(stack, 'Mine');
    new AthenaSessionMonitor(stack, 'One', { dashboard });
    new AthenaSessionMonitor(stack, 'Two', { dashboard, metricNamespace: 'Two' });
    const [{ Properties: properties }] = Object.values<Properties>(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    const { variables, widgets } = parse(properties.DashboardBody);
    expect(new Set(variables.map(({ pattern }: Properties) => pattern)).size).toBe(2);
    expect(widgets.filter(({ properties: { markdown } }: Properties) => markdown?.startsWith('## '))).toHaveLength(2);
    expectNoGaps(widgets);
  });
});

describe('where the widgets go', () => {
  test('is a dashboard of the monitor\'s own by default, without a name', () => {
    const monitor = newMonitor();
    expect(monitor.dashboard).toBeInstanceOf(Dashboard);
    expect(monitor.dashboard!.node.path).toBe('Stack/Sessions/Dashboard');
    expect(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard')).not.toHaveProperty('DashboardName');
  });

  test('is none with createDashboard: false', () => {
    const monitor = newMonitor({ createDashboard: false });
    expect(monitor.dashboard).toBeUndefined();
    expect(titlesOf(placed(monitor.widgets(), Stack.of(monitor)))).toContain('Failed sessions');
    expect(Object.keys(resourcesOf(monitor)).filter((id) => /Dashboard/.test(id))).toEqual([]);
  });

  test.each([undefined, false])('is the dashboard that is given, below what it shows, with createDashboard: %s', (createDashboard) => {
    const stack = newStack();
    const dashboard = new Dashboard(stack, 'Mine', { widgets: [[new TextWidget({ markdown: 'mine', width: 24, height: 2 })]] });
    const monitor = newMonitor({ dashboard, createDashboard, workGroups: NAMED }, stack);
    expect(monitor.dashboard).toBe(dashboard);
    const { widgets } = parse(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard').DashboardBody);
    expect(widgets[0].y).toBe(0);
    expect(widgets[1]).toMatchObject({ y: 2, properties: { markdown: expect.stringContaining('Stack/Sessions') } });
    expectNoGaps(widgets);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('a dashboard that is given makes createDashboard: true pointless, which is told', () => {
    const stack = newStack();
    newMonitor({ dashboard: new Dashboard(stack, 'Mine'), createDashboard: true }, stack);
    Annotations.fromStack(stack).hasWarning('/Stack/Sessions', Match.stringLikeRegexp('createDashboard is ignored.*cdk-athena-session-monitor:createDashboardIgnored'));
    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  });

  test('may be a dashboard of another stack and region: the widgets show the monitor\'s region', () => {
    const app: App = newApp();
    const monitorStack = new Stack(app, 'Monitor', { env: { account: '111111111111', region: 'eu-west-1' }, crossRegionReferences: true });
    const dashboardStack = new Stack(app, 'Dashboards', { env: { account: '111111111111', region: 'us-east-1' }, crossRegionReferences: true });
    const monitor = newMonitor({ createDashboard: false, alarms: [], healthAlarms: [] }, monitorStack);
    new Dashboard(dashboardStack, 'Mine').addWidgets(...monitor.widgets());
    const [{ Properties: { DashboardBody } }] = Object.values<Properties>(Template.fromStack(dashboardStack).findResources('AWS::CloudWatch::Dashboard'));
    const regions = JSON.stringify(DashboardBody).match(/\\"region\\":\\"[\w-]+\\"/g)!;
    expect(new Set(regions)).toEqual(new Set(['\\"region\\":\\"eu-west-1\\"']));
  });
});

describe('lists of widgets', () => {
  test.each([
    ['found', undefined],
    ['named', NAMED],
  ])('are what a dashboard of one\'s own takes, where workgroups are %s', (_, workGroups) => {
    const stack = newStack();
    const monitor = newMonitor({ workGroups, createDashboard: false }, stack);
    const all = placed(monitor.widgets(), stack);
    expectNoGaps(all);
    expect(JSON.stringify(all)).not.toContain('WORKGROUP_'); // that is the variable's, which the dashboard has not got
  });

  test.each([
    ['found', undefined],
    ['named', NAMED],
  ])('of a summary are alarms, numbers and failed sessions, where workgroups are %s', (_, workGroups) => {
    const stack = newStack();
    const summary = titlesOf(placed(newMonitor({ workGroups, createDashboard: false }, stack).summaryWidgets(), stack));
    expect(summary).toEqual(SUMMARY);
  });

  test('of alarms are the alarms\' state', () => {
    const stack = newStack();
    const monitor = newMonitor({ createDashboard: false }, stack);
    expect(titlesOf(placed(monitor.alarmWidgets(), stack))).toEqual(['Alarms']);
    expect(newMonitor({ alarms: [], healthAlarms: [] }).alarmWidgets()).toEqual([]);
  });

  test('are made anew each time, so that they can be on several dashboards', () => {
    const stack = newStack();
    const monitor = newMonitor({ createDashboard: false }, stack);
    const [summary, all] = [monitor.summaryWidgets(), monitor.widgets()];
    expect(titlesOf(placed([...summary, ...all, ...monitor.widgets()], stack)).filter((title) => title === 'Failed sessions')).toHaveLength(3);
  });

  test('have no warnings', () => {
    for (const workGroups of [undefined, NAMED]) {
      const stack = newStack();
      new Dashboard(stack, 'Mine').addWidgets(...newMonitor({ workGroups, createDashboard: false }, stack).widgets());
      Annotations.fromStack(stack).hasNoWarning('/Stack/Mine', Match.anyValue());
    }
  });
});

test('TERMINATED sessions that are not counted are not shown', () => {
  for (const workGroups of [undefined, NAMED]) {
    expect(JSON.stringify(dashboardOf({ workGroups, countTerminated: false }))).not.toContain('TerminatedSessions');
  }
});

test('sessions that the log does not name are not looked for', () => {
  for (const workGroups of [undefined, NAMED]) {
    const { widgets } = dashboardOf({ workGroups, logSessionDetails: false });
    expect(widgets.map(({ type }: Properties) => type)).not.toContain('log');
    expectNoGaps(widgets);
  }
});

test('the table of sessions reads the log group that is given', () => {
  const stack = newStack();
  const monitor = newMonitor({ logGroup: new LogGroup(stack, 'Mine') }, stack);
  const { properties } = parse(propertiesOf(monitor, 'AWS::CloudWatch::Dashboard').DashboardBody).widgets.find(({ type }: Properties) => type === 'log');
  expect(properties.query).toMatch(/^SOURCE '<Mine\w+>' \| filter @logStream like "\/<SessionsCollector\w+>\["\n\| fields /);
});

test('whatever the monitor is told, the dashboard has no gap, and the monitor\'s other logical ids are as without it', () => {
  const idsOf = (monitor: AthenaSessionMonitor) => Object.values(logicalIdsOf(monitor)).filter((id) => !id.startsWith('SessionsDashboard'));
  fc.assert(fc.property(fc.record({
    workGroups: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 12 }).map(teams)),
    interval: fc.constantFrom(...INTERVALS).map((minutes) => Duration.minutes(minutes)),
    alarms: fc.shuffledSubarray([
      SessionAlarm.failed(), SessionAlarm.idleLongerThan(Duration.hours(1)), SessionAlarm.degraded(), SessionAlarm.busyLongerThan(Duration.hours(6)),
      ...Object.values(LiveSessionState).map((state) => SessionAlarm.sessionsAbove(state, 3)),
    ]),
    healthAlarms: fc.constantFrom([], HealthAlarm.defaults()),
    countTerminated: fc.boolean(),
    dpuQuota: fc.constantFrom(undefined, 4),
    logSessionDetails: fc.boolean(),
  }), (props) => {
    expectNoGaps(dashboardOf(props, (monitor) => {
      expect(idsOf(monitor)).toEqual(idsOf(newMonitor({ ...props, createDashboard: false })));
    }).widgets);
  }), { numRuns: 20 });
});
