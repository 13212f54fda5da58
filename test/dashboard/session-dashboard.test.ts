import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import * as fc from 'fast-check';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../../src';
import { RUN_METRICS, WORK_GROUP_METRICS } from '../../src/schema';
import { INTERVALS, logicalIdsOf, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf, teams } from '../support/synthesis';

const NAMED = WorkGroupSelection.named('etl', 'adhoc');
/** Metrics of one workgroup, as the schema has them. */
const SESSION_METRICS = Object.keys(WORK_GROUP_METRICS);

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

/** Every metric that a widget reads, named or searched for: name, dimension, dimension's value. */
function metricsOf({ type, properties }: Properties): { name: string; dimension: string; value?: string; options: Properties }[] {
  if (type !== 'metric') {
    return [];
  }
  return properties.metrics.flatMap((metric: Properties[]) => {
    const options = metric.at(-1);
    if (options.expression !== undefined) {
      return [...options.expression.matchAll(/\{"[^"]+",(\w+)\} MetricName="(\w+)"/g)].map(([, dimension, name]) => ({ name, dimension, options }));
    }
    const [, name, dimension, value] = metric;
    return [{ name, dimension, value, options }];
  });
}

/** Metrics as CloudWatch counts them: those of expressions too, and hidden ones. */
function countOfMetrics({ type, properties }: Properties): number {
  return type === 'metric' ? properties.metrics.length : 0;
}

/** Fails unless the widgets fill rows of the whole width, without a gap and without overlapping. */
function expectNoGaps(widgets: Properties[]): void {
  const cells = widgets.flatMap(({ x, y, width, height }): string[] => Array.from({ length: width * height }, (_, index) => (
    `${x + index % width},${y + Math.floor(index / width)}`)));
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...widgets.map(({ x, width }) => x + width))).toBe(24);
  expect(cells.length).toBe(24 * Math.max(...widgets.map(({ y, height }) => y + height)));
}

const SELECTIONS: [string, WorkGroupSelection | undefined][] = [
  ['found workgroups', undefined],
  ['matching workgroups', WorkGroupSelection.matching('etl-*')],
  ['one named workgroup', WorkGroupSelection.named('etl')],
  ['two named workgroups', NAMED],
  ['as many named workgroups as a monitor takes', shortNames(MAX_NAMED)],
];

test('no monitor takes more named workgroups', () => {
  expect(() => newMonitor({ workGroups: shortNames(MAX_NAMED + 1), alarms: [] })).toThrow('workGroups');
});

describe.each(SELECTIONS)('the dashboard of %s', (_, workGroups) => {
  const body = dashboardOf({ workGroups });

  test('fills its rows without a gap', () => {
    expectNoGaps(body.widgets);
  });

  test('keeps the limits of CloudWatch', () => {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    expect(body.widgets.length).toBeLessThanOrEqual(500);
    expect(Math.max(...body.widgets.map(countOfMetrics))).toBeLessThanOrEqual(500);
    expect(body.widgets.map(countOfMetrics).reduce((sum: number, count: number) => sum + count)).toBeLessThanOrEqual(2500);
    for (const { type, properties } of body.widgets) {
      expect(type === 'alarm' ? properties.alarms.length : 0).toBeLessThanOrEqual(100);
    }
  });

  test('shows only metrics that are written, with the dimension that they are written with, as Maximum', () => {
    const monitors = body.widgets.flatMap(metricsOf).filter(({ name }: Properties) => !['Duration', 'Errors', 'Throttles'].includes(name));
    expect(monitors.length).toBeGreaterThan(10);
    for (const { name, dimension, options } of monitors) {
      expect({ name, dimension }).toEqual({ name, dimension: (({ ...WORK_GROUP_METRICS, ...RUN_METRICS }) as Properties)[name]?.dimension });
      expect(options.expression ? options.expression.match(/'(Maximum|Sum|Average)'/g) : [`'${options.stat}'`])
        .toEqual(expect.arrayContaining(['\'Maximum\'']));
      expect(JSON.stringify(options)).not.toMatch(/'(Sum|Average|SampleCount)'|"(Sum|Average|SampleCount)"/);
    }
  });

  test('shows every metric', () => {
    const names = new Set(body.widgets.flatMap(metricsOf).map(({ name }: Properties) => name));
    expect([...names]).toEqual(expect.arrayContaining([...SESSION_METRICS, ...Object.keys(RUN_METRICS)]));
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

const NUMBERS = ['Idle now', 'Longest idle now', 'Busy now', 'Failed in the time shown'];
const SUMMARY = ['## Athena sessions', 'Alarms', ...NUMBERS];
const HEALTH = ['Monitor: workgroups listed', 'Monitor: calls of Athena', 'Monitor: runs'];

test('the dashboard of found workgroups', () => {
  const { widgets } = dashboardOf();
  expect(titlesOf(widgets)).toEqual([
    ...SUMMARY,
    'Sessions behind the figures',
    'Sessions of all workgroups, by state',
    'Longest idle session of each workgroup (seconds)',
    'Failed sessions',
    'Idle sessions',
    'Longest in other states (seconds)',
    ...HEALTH,
    '### The workgroup that is selected above',
    'Selected workgroup: sessions by state',
    'Selected workgroup: longest in a state (seconds)',
    'Selected workgroup: failed and terminated',
    'Sessions behind the figures',
  ]);
});

test('the dashboard of named workgroups has a row for each', () => {
  const { widgets, variables } = dashboardOf({ workGroups: NAMED });
  expect(titlesOf(widgets)).toEqual([
    ...SUMMARY,
    'Sessions behind the figures',
    'etl: sessions by state',
    'etl: longest in a state (seconds)',
    'etl: failed and terminated',
    'adhoc: sessions by state',
    'adhoc: longest in a state (seconds)',
    'adhoc: failed and terminated',
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

describe('figures of all workgroups together', () => {
  test('are sums and maxima of what a search finds, where workgroups are found', () => {
    const body = dashboardOf({ metricNamespace: 'Team #1/Sessions', interval: Duration.minutes(10) });
    expect(NUMBERS.map((title) => titled(body, title).metrics.map(([{ expression }]: Properties) => expression))).toEqual([
      ['SUM(SEARCH(\'{"Team #1/Sessions",WorkGroup} MetricName="IdleSessions"\', \'Maximum\', 600))'],
      ['FLOOR(MAX(SEARCH(\'{"Team #1/Sessions",WorkGroup} MetricName="IdleTime"\', \'Maximum\', 600)) / 60)'],
      ['SUM(SEARCH(\'{"Team #1/Sessions",WorkGroup} MetricName="BusySessions"\', \'Maximum\', 600))'],
      ['RUNNING_SUM(SUM(SEARCH(\'{"Team #1/Sessions",WorkGroup} MetricName="FailedSessions"\', \'Maximum\', 600)))'],
    ]);
  });

  test('are sums and maxima of each metric, where workgroups are named, since others may share the namespace', () => {
    const body = dashboardOf({ workGroups: NAMED });
    const metrics = NUMBERS.map((title) => titled(body, title).metrics);
    expect(metrics.map(([[{ expression }]]) => expression)).toEqual([
      'SUM([idleSessions0, idleSessions1])',
      'FLOOR(MAX([idleTime0, idleTime1]) / 60)',
      'SUM([busySessions0, busySessions1])',
      'RUNNING_SUM(SUM([failedSessions0, failedSessions1]))',
    ]);
    const idsOf = (metric: Properties[]) => [metric[1], metric[3], metric.at(-1).id, metric.at(-1).visible];
    expect(metrics.map(([, ...hidden]) => hidden.map(idsOf))).toEqual(
      ['IdleSessions', 'IdleTime', 'BusySessions', 'FailedSessions'].map((name) => ['etl', 'adhoc'].map((workGroup, index) => (
        [name, workGroup, `${name.charAt(0).toLowerCase()}${name.slice(1)}${index}`, false]))));
  });

  test('are stacked by state over time', () => {
    const graph = titled(dashboardOf(), 'Sessions of all workgroups, by state');
    expect(graph.stacked).toBe(true);
    expect(graph.metrics.map(([{ label }]: Properties) => label)).toEqual(Object.values(LiveSessionState).map((state) => state.toLowerCase()));
    expect(graph.metrics.map(([{ expression }]: Properties) => expression)).toEqual(graph.metrics.map(() => expect.stringMatching(/^SUM\(SEARCH/)));
    expect(titled(dashboardOf({ workGroups: NAMED }), 'etl: sessions by state').stacked).toBe(true);
  });
});

test.each(INTERVALS)('periods are an interval of %d minutes', (minutes) => {
  const interval = Duration.minutes(minutes);
  for (const workGroups of [undefined, NAMED]) {
    const { widgets } = dashboardOf({ workGroups, interval });
    for (const { name, options } of widgets.flatMap(metricsOf)) {
      // CloudWatch's own period, which CDK leaves out, is 300 seconds; Lambda's metrics are read at it.
      const periods = options.expression ? [...options.expression.matchAll(/'Maximum', (\d+)\)/g)].map(([, seconds]) => Number(seconds)) : [options.period ?? 300];
      expect(periods).toEqual(periods.map(() => ['Duration', 'Errors', 'Throttles'].includes(name) ? 300 : minutes * 60));
    }
  }
});

describe('thresholds', () => {
  const linesOf = (widget: Properties) => (widget.annotations?.horizontal ?? []).map(({ value, label }: Properties) => [label, value]);

  test('of alarms are lines in the graphs of their metrics', () => {
    const found = dashboardOf();
    expect(linesOf(titled(found, 'Longest idle session of each workgroup (seconds)'))).toEqual([['alarm Idle', 3600]]);
    expect(linesOf(titled(found, 'Failed sessions'))).toEqual([['alarm Failed', 1]]);
    const named = dashboardOf({ workGroups: NAMED, alarms: SessionAlarm.defaults({ idleLongerThan: Duration.minutes(30), failedThreshold: 3 }) });
    for (const workGroup of ['etl', 'adhoc']) {
      expect(linesOf(titled(named, `${workGroup}: longest in a state (seconds)`))).toEqual([['alarm Idle', 1800]]);
      expect(linesOf(titled(named, `${workGroup}: failed and terminated`))).toEqual([['alarm Failed', 3]]);
      expect(linesOf(titled(named, `${workGroup}: sessions by state`))).toEqual([]); // where each is stacked on the others a line would not be true
    }
  });

  test('of alarms that are added later are, too', () => {
    const body = dashboardOf({ alarms: [] }, (monitor) => {
      monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.hours(2)));
      monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.hours(8), { id: 'IdleAllDay' }));
      monitor.addAlarm(SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 5));
      monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6)));
    });
    expect(linesOf(titled(body, 'Longest idle session of each workgroup (seconds)'))).toEqual([['alarm Idle', 7200], ['alarm IdleAllDay', 28800]]);
    expect(linesOf(titled(body, 'Idle sessions'))).toEqual([['alarm IdleSessionsAbove', 5]]);
    expect(linesOf(titled(body, 'Longest in other states (seconds)'))).toEqual([['alarm Busy', 21600]]);
    expect(titled(body, 'Alarms').alarms).toHaveLength(4 + 2);
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
    expect(titlesOf(about)).toEqual([
      'Selected workgroup: sessions by state', 'Selected workgroup: longest in a state (seconds)', 'Selected workgroup: failed and terminated', 'Sessions behind the figures',
    ]);
    expect(about.at(-1).properties.query).toContain(`| filter athenaWorkGroup = "${pattern}"`);
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
  ])('of a summary are alarms and numbers, where workgroups are %s', (_, workGroups) => {
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
    expect(placed([...summary, ...all, ...monitor.widgets()], stack)).toHaveLength(summary.length + 2 * all.length);
  });

  test('have no warnings', () => {
    for (const workGroups of [undefined, NAMED]) {
      for (const { warningsV2 } of newMonitor({ workGroups }).widgets()) {
        expect(warningsV2 ?? {}).toEqual({});
      }
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
    logSessionDetails: fc.boolean(),
  }), (props) => {
    expectNoGaps(dashboardOf(props, (monitor) => {
      expect(idsOf(monitor)).toEqual(idsOf(newMonitor({ ...props, createDashboard: false })));
    }).widgets);
  }), { numRuns: 20 });
});
