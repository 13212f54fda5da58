import { App, CfnParameter, Duration, Lazy, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, type IWidget, Row } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, WorkGroupSelection } from '../../src';
import { logsInsightsQueries, sessionDetailsQuery } from '../../src/dashboard/session-queries';
import { errorOf, expectError, logicalIdsOf, newApp, newMonitor, newStack, type Properties, textOf } from '../support/synthesis';

const NAMES = [
  'Longest idle sessions now', 'Failed sessions and why', 'Who leaves sessions open', 'Most expensive sessions at $0.35 a DPU hour',
  'Workgroups that could not be listed', 'Calls and throttles by hour',
];
const LONGEST_NAME = Math.max(...NAMES.map(({ length }) => length));

/** The properties of all queries of a stack. */
function queriesIn(stack: Stack): Properties[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::Logs::QueryDefinition')).map((resource) => resource.Properties);
}

/** The collector's name, as in `textOf()`. */
const nameOfCollector = (monitor: AthenaSessionMonitor) => `<${Stack.of(monitor).resolve(monitor.collector.functionName).Ref}>`;

const namesIn = (stack: Stack) => queriesIn(stack).map(({ Name }) => textOf(Name));

test('are not created by default', () => {
  const stack = newStack();
  newMonitor({}, stack);
  expect(queriesIn(stack)).toEqual([]);
});

test('addLogsInsightsQueries() saves six queries for the collector\'s log group', () => {
  const stack = newStack();
  const monitor = newMonitor({}, stack);
  monitor.addLogsInsightsQueries();
  expect(queriesIn(stack)).toHaveLength(6);
  const queries = logsInsightsQueries(nameOfCollector(monitor), Duration.minutes(5), 0.35);
  expect(queriesIn(stack).map((query) => ({ ...query, QueryString: textOf(query.QueryString) }))).toEqual(queries.map(({ lines }, index) => ({
    Name: `Stack/Sessions/${NAMES[index]}`,
    QueryString: lines.join('\n| '),
    LogGroupNames: [{ Ref: expect.stringMatching(/^SessionsLogGroup/) }],
  })));
});

test('queries use the given log group', () => {
  const stack = newStack();
  newMonitor({ logGroup: new LogGroup(stack, 'Mine') }, stack).addLogsInsightsQueries();
  expect(queriesIn(stack).map(({ LogGroupNames }) => LogGroupNames)).toEqual(Array(6).fill([{ Ref: expect.stringMatching(/^Mine/) }]));
  const other = newStack();
  newMonitor({ logGroup: LogGroup.fromLogGroupName(other, 'Mine', '/teams/mine') }, other).addLogsInsightsQueries();
  expect(queriesIn(other).map(({ LogGroupNames }) => LogGroupNames)).toEqual(Array(6).fill(['/teams/mine']));
});

test('queries look back two intervals and one minute', () => {
  const stack = newStack();
  newMonitor({ interval: Duration.hours(1) }, stack).addLogsInsightsQueries();
  expect(textOf(queriesIn(stack)[0].QueryString)).toContain('now() * 1000 - 7260000)');
});

test.each([1, 60])('queries are within the limits of Logs Insights for an interval of %i minutes', (interval) => {
  for (const { lines, name } of logsInsightsQueries('f'.repeat(64), Duration.minutes(interval), 0.35)) {
    expect(lines.join('\n| ').length).toBeLessThan(10_000);
    expect(name).toMatch(/^[A-Z][\w $.]+$/); // a / would create a folder
  }
});

test('the price can be known at deployment', () => {
  const stack = newStack();
  const dpuHourPrice = new CfnParameter(stack, 'Price', { type: 'Number' }).valueAsNumber;
  newMonitor({ dpuHourPrice }, stack).addLogsInsightsQueries('');
  const query = queriesIn(stack).map(({ Name, QueryString }) => ({ name: textOf(Name), text: textOf(QueryString) })).find(({ text }) => text.includes('<Price>'))!;
  expect(query.name).toBe('Most expensive sessions at $<Price> a DPU hour');
  expect(query.text).toContain('floor(session.age * <Price> / 36) / 100');
});

// CloudFormation could not replace a query whose id changes, as the old one still has the name.
test('queries have stable logical ids', () => {
  const monitor = newMonitor();
  monitor.addLogsInsightsQueries();
  expect(Object.entries(logicalIdsOf(monitor)).filter(([path]) => path.includes('/Queries/'))).toEqual([
    ['Stack/Sessions/Queries/LongestIdle', 'SessionsQueriesLongestIdleC9DC7316'],
    ['Stack/Sessions/Queries/Failures', 'SessionsQueriesFailuresA866D919'],
    ['Stack/Sessions/Queries/WhoLeavesSessionsOpen', 'SessionsQueriesWhoLeavesSessionsOpen36675431'],
    ['Stack/Sessions/Queries/MostExpensive', 'SessionsQueriesMostExpensiveA699376E'],
    ['Stack/Sessions/Queries/ListingErrors', 'SessionsQueriesListingErrorsD242F412'],
    ['Stack/Sessions/Queries/Calls', 'SessionsQueriesCalls9A3D1DAC'],
  ]);
});

describe('names', () => {
  /** All names in an app. A nested stack's name, which CloudFormation generates, is represented by its path. */
  function allNames(app: App): string[] {
    const stacks = app.node.findAll().filter((construct): construct is Stack => construct instanceof Stack);
    return stacks.flatMap((stack) => namesIn(stack).map((name) => stack.nestedStackParent ? `${stack.node.path} ${name}` : name));
  }
  const monitored = (scope: Construct, id: string, metricNamespace?: string) =>
    new AthenaSessionMonitor(scope, id, { metricNamespace }).addLogsInsightsQueries();

  test('differ between monitors of one stack, several stacks and several stages', () => {
    const app = newApp();
    const one = new Stack(app, 'One');
    monitored(one, 'Sessions', 'A');
    monitored(new Construct(one, 'Team'), 'Sessions', 'B');
    monitored(new Stack(app, 'Two'), 'Sessions');
    monitored(new Stack(app, 'Three', { stackName: 'third' }), 'Sessions');
    for (const id of ['Test', 'Production']) {
      monitored(new Stack(new Stage(app, id), 'One'), 'Sessions');
    }
    const names = allNames(app);
    expect(new Set(names).size).toBe(6 * 6);
    expect(names.filter((name) => name.endsWith(NAMES[0]!)).sort()).toEqual([
      'One/Sessions/', 'One/Team/Sessions/', 'Production-One/Sessions/', 'Test-One/Sessions/', 'Two/Sessions/', 'third/Sessions/',
    ].map((prefix) => `${prefix}${NAMES[0]}`));
  });

  test('start with the generated stack name in a nested stack', () => {
    const stack = newStack();
    const nested = ['A', 'B'].map((id) => new NestedStack(stack, id));
    nested.forEach((each, index) => monitored(each, 'Sessions', `N${index}`));
    for (const each of nested) {
      expect(namesIn(each)).toEqual(NAMES.map((name) => `<AWS::StackName>/Sessions/${name}`));
    }
  });

  test.each(['Athena ', 'Team/Athena/', '/Team/', ''])('start with the given prefix %p', (prefix) => {
    const stack = newStack();
    newMonitor({}, stack).addLogsInsightsQueries(prefix);
    expect(namesIn(stack)).toEqual(NAMES.map((name) => `${prefix}${name}`));
  });

  test('start with a token if that is the prefix', () => {
    const stack = newStack();
    newMonitor({}, stack).addLogsInsightsQueries(new CfnParameter(stack, 'Folder').valueAsString);
    expect(namesIn(stack)).toEqual(NAMES.map((name) => `<Folder>${name}`));
    const other = newStack();
    newMonitor({}, other).addLogsInsightsQueries(Lazy.string({ produce: () => 'late/' }));
    expect(namesIn(other)).toEqual(NAMES.map((name) => `late/${name}`));
  });

  test('have at most 255 characters', () => {
    const maximum = 255 - LONGEST_NAME;
    const stack = newStack();
    newMonitor({}, stack).addLogsInsightsQueries('x'.repeat(maximum));
    expect(Math.max(...namesIn(stack).map(({ length }) => length))).toBe(255);
    expect(errorOf(() => newMonitor().addLogsInsightsQueries('x'.repeat(maximum + 1))))
      .toBe(`[Stack/Sessions] namePrefix must be at most ${maximum} characters, as the names of queries follow it, received "${maximum + 1} characters"`);
  });

  test('require a prefix if the path of the monitor is too long', () => {
    const createMonitor = () => new AthenaSessionMonitor(new Construct(newStack(), 'x'.repeat(220)), 'Sessions');
    expectError(() => createMonitor().addLogsInsightsQueries(), /namePrefix must be at most 2\d\d characters/, /received "the default of 236 characters"/);
    expect(() => createMonitor().addLogsInsightsQueries('Athena/')).not.toThrow();
  });
});

test('addLogsInsightsQueries() can be called once', () => {
  const monitor = newMonitor();
  expect(() => monitor.addLogsInsightsQueries('x'.repeat(300))).toThrow(); // a failed call does not count
  monitor.addLogsInsightsQueries();
  expect(errorOf(() => monitor.addLogsInsightsQueries('Another/'))).toBe(
    '[Stack/Sessions] addLogsInsightsQueries() must be called once, as it saves all queries, received the construct Stack/Sessions/Queries',
  );
});

describe('if logSessionDetails is false', () => {
  const ID = 'cdk-athena-session-monitor:queriesLeftOut';

  test('queries that need session details are omitted, with an info', () => {
    const stack = newStack();
    newMonitor({ logSessionDetails: false }, stack).addLogsInsightsQueries();
    expect(namesIn(stack)).toEqual(NAMES.slice(4).map((name) => `Stack/Sessions/${name}`));
    Annotations.fromStack(stack).hasInfo('/Stack/Sessions', Match.stringLikeRegexp(`logSessionDetails is false.*${ID}`));
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('there is no info if nothing is omitted', () => {
    const stack = newStack();
    newMonitor({}, stack).addLogsInsightsQueries();
    Annotations.fromStack(stack).hasNoInfo('*', Match.stringLikeRegexp(ID));
    const other = newStack();
    newMonitor({ logSessionDetails: false }, other);
    Annotations.fromStack(other).hasNoInfo('*', Match.stringLikeRegexp(ID));
  });
});

describe('the dashboard\'s tables of sessions', () => {
  const queriesOf = (widgets: readonly Properties[]): string[] => widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties.query);
  const queriesOfWidgets = (stack: Stack, widgets: IWidget[]) => queriesOf(stack.resolve(new Row(...widgets).toJson()));
  const queriesOfDashboard = (stack: Stack) => {
    const [dashboard] = Object.values<Properties>(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    const [, parts] = dashboard.Properties.DashboardBody['Fn::Join'];
    return queriesOf(JSON.parse(parts.map((part: Properties) => typeof part === 'string' ? part : 'X').join('')).widgets);
  };
  const shown = (functionName: string, workGroup?: string) =>
    [false, true].map((ended) => {
      const lines = sessionDetailsQuery(functionName, { interval: Duration.minutes(5), ended, workGroup, dpuHourPrice: 0.35 });
      return `SOURCE 'X' | ${lines.join('\n| ')}`;
    });

  test('use the same queries', () => {
    const stack = newStack();
    const monitor = newMonitor({ logGroup: LogGroup.fromLogGroupName(stack, 'Mine', 'X'), workGroups: WorkGroupSelection.named('etl') }, stack);
    expect(queriesOfWidgets(stack, monitor.widgets()).map(textOf)).toEqual(shown(nameOfCollector(monitor)));
    expect(queriesOfDashboard(stack)).toEqual(shown('X'));
  });

  test('are repeated for the selected workgroup if workgroups are found', () => {
    const stack = newStack();
    newMonitor({}, stack);
    const selected = queriesOfDashboard(stack).at(-1);
    const [, pattern] = /athenaWorkGroup = "(WORKGROUP_\w+)"/.exec(selected!)!;
    expect(queriesOfDashboard(stack)).toEqual([...shown('X'), ...shown('X', pattern)]);
  });

  test.each([['found', undefined], ['named', WorkGroupSelection.named('etl')]])('are omitted if logSessionDetails is false, for %s workgroups', (_, workGroups) => {
    const stack = newStack();
    const monitor = newMonitor({ logSessionDetails: false, workGroups, dashboard: new Dashboard(stack, 'Mine') }, stack);
    expect(queriesOfWidgets(stack, monitor.widgets())).toEqual([]);
    expect(queriesOfDashboard(stack)).toEqual([]);
  });
});
