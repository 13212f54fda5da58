import { Aspects, CfnResource, Duration, type IAspect, NestedStack, PermissionsBoundary, RemovalPolicies, Stack, Stage, TagManager, Tags } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, WorkGroupSelection } from '../src';
import { countsOf, expectError, messagesOf, newApp, newMonitor, newStack, resourceOf, resourcesOf, textOf, warningsOf } from './support/synthesis';

const account = '111111111111';
const NAMED = () => WorkGroupSelection.named('etl', 'adhoc');

/** A monitor with all resources that it can have. */
function fullMonitor(scope: Stack, props: AthenaSessionMonitorProps = {}, id = 'Sessions'): AthenaSessionMonitor {
  const monitor = new AthenaSessionMonitor(scope, id, {
    tracing: lambda.Tracing.ACTIVE,
    deadLetterQueue: new sqs.Queue(scope, `${id}Queue`, { encryptionMasterKey: new kms.Key(scope, `${id}Key`) }),
    ...props,
  });
  monitor.addCompositeAlarm();
  monitor.addLogsInsightsQueries();
  monitor.onSession('All');
  return monitor;
}

/** All physical names in a template. CloudFormation cannot replace these resources, and other stacks cannot use the names. */
function physicalNamesOf(stack: Stack): string[] {
  // Properties that refer to a name, or name a part of a resource.
  const otherNames = ['AWS::Lambda::EventInvokeConfig FunctionName', 'AWS::CloudWatch::Alarm MetricName', 'AWS::IAM::Policy PolicyName'];
  return Object.values(resourcesOf(stack)).flatMap(({ Type, Properties = {} }) => Object.entries(Properties)
    .filter(([property, value]) => property.endsWith('Name') && value !== undefined && !otherNames.includes(`${Type} ${property}`))
    .map(([property, value]) => `${Type} ${property} ${JSON.stringify(value)}`));
}

/** The dashboard's body, with tokens as logical ids. */
function bodyOf(dashboard: cloudwatch.Dashboard): string {
  return textOf(resourceOf(dashboard).Properties.DashboardBody);
}

/** Needed because the types of aws-cdk-lib 2.232.0 lack half of `AlarmProps`. */
function createAlarm(scope: Stack, id: string, metric: cloudwatch.IMetric): cloudwatch.Alarm {
  const props = { metric, threshold: 1, evaluationPeriods: 1 };
  return new cloudwatch.Alarm(scope, id, props);
}

function visit(act: (construct: IConstruct) => void): IAspect {
  return { visit: act };
}

describe('several monitors', () => {
  test('in one stack share no resources', () => {
    const stack = newStack();
    fullMonitor(stack, { workGroups: WorkGroupSelection.named('etl') }, 'One');
    const one = countsOf(resourcesOf(stack));
    const both = newStack();
    fullMonitor(both, { workGroups: WorkGroupSelection.named('etl') }, 'One');
    fullMonitor(both, { workGroups: WorkGroupSelection.named('adhoc') }, 'Two');
    expect(countsOf(resourcesOf(both))).toEqual(Object.fromEntries(Object.entries(one).map(([type, count]) => [type, 2 * count])));
    expect(warningsOf(both)).toEqual([]);
  });

  test('can share a dashboard, in one or several stacks', () => {
    const app = newApp();
    const [stack, other] = ['Stack', 'Other'].map((id) => new Stack(app, id));
    const dashboard = new cloudwatch.Dashboard(stack, 'Mine');
    new AthenaSessionMonitor(stack, 'One', { dashboard });
    new AthenaSessionMonitor(other, 'Two', { dashboard });
    const titles = [...bodyOf(dashboard).matchAll(/## Athena sessions\\n(\S+)/g)].map(([, title]) => title);
    expect(titles).toEqual(['Stack/One', 'Other/Two']);
    expect(stack.dependencies).toEqual([other]);
  });

  test('in two stacks have different physical names', () => {
    const app = newApp();
    const stacks = ['A', 'B'].map((id) => new Stack(app, id));
    stacks.forEach((stack) => fullMonitor(stack));
    const names = stacks.flatMap(physicalNamesOf);
    expect(names).toHaveLength(12); // the queries
    expect(new Set(names).size).toBe(names.length);
  });
});

test.each<[string, (stack: Stack) => AthenaSessionMonitor]>([
  ['found workgroups', (stack) => fullMonitor(stack)],
  ['named workgroups', (stack) => fullMonitor(stack, { workGroups: NAMED() })],
  ['a given role', (stack) => fullMonitor(stack, { role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) })],
])('only saved queries, which require one, have a physical name: %s', (_, create) => {
  const stack = newStack();
  create(stack);
  const names = physicalNamesOf(stack).filter((name) => !name.startsWith('AWS::Logs::QueryDefinition Name'));
  expect(names).toEqual([]);
});

test('tags are applied to all taggable resources', () => {
  const stack = newStack();
  const monitor = fullMonitor(stack, { workGroups: NAMED() });
  Tags.of(monitor).add('team', 'data');
  const resources = monitor.node.findAll().filter((construct): construct is CfnResource => CfnResource.isCfnResource(construct));
  const taggable = resources.filter((resource) => TagManager.of(resource) !== undefined);
  // Newer releases of the CDK can tag more types.
  expect(taggable.map(({ cfnResourceType }) => cfnResourceType)).toEqual(expect.arrayContaining([
    'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup',
  ]));
  for (const resource of taggable) {
    expect(resourceOf(resource).Properties.Tags).toEqual([{ Key: 'team', Value: 'data' }]);
  }
});

describe('a permissions boundary', () => {
  const boundaries = (stack: Stack) => Object.values(resourcesOf(stack))
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => JSON.stringify(Properties.PermissionsBoundary));

  test('of the stack is applied to both roles', () => {
    const stack = newStack();
    fullMonitor(stack);
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'my-boundary'));
    expect(boundaries(stack)).toEqual([expect.stringContaining('policy/my-boundary'), expect.stringContaining('policy/my-boundary')]);
  });

  test('of the app\'s context is applied to both roles', () => {
    const stack = new Stack(newApp({ '@aws-cdk/core:permissionsBoundary': { name: 'my-boundary' } }), 'Stack');
    fullMonitor(stack);
    expect(boundaries(stack)).toEqual([expect.stringContaining('policy/my-boundary'), expect.stringContaining('policy/my-boundary')]);
  });

  test('of a stage is applied to both roles', () => {
    const stage = new Stage(newApp(), 'Prod', { permissionsBoundary: PermissionsBoundary.fromName('my-boundary') });
    const stack = new Stack(stage, 'Stack');
    fullMonitor(stack);
    expect(boundaries(stack)).toEqual([expect.stringContaining('policy/my-boundary'), expect.stringContaining('policy/my-boundary')]);
  });
});

test('removal policies of a scope are applied to the log group', () => {
  const stack = newStack();
  const monitor = newMonitor({}, stack);
  RemovalPolicies.of(stack).retain({ applyToResourceTypes: ['AWS::Logs::LogGroup'] });
  expect(resourceOf(monitor.logGroup)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

describe('aspects', () => {
  const NO_ACTIONS = /no alarm has an action/;

  test('that add actions to all alarms prevent the info that there are none', () => {
    const stack = newStack();
    const monitor = newMonitor({}, stack);
    Aspects.of(stack).add(visit((construct) => (
      construct instanceof cloudwatch.CfnAlarm && (construct.alarmActions = ['arn:aws:sns:us-east-1:111111111111:alerts']))));
    expect(messagesOf(stack, SynthesisMessageLevel.INFO).filter((text) => NO_ACTIONS.test(text))).toEqual([]);
    expect(resourceOf(monitor.heartbeatAlarm!).Properties.AlarmActions).toHaveLength(1);
  });

  test('that remove all actions cause the info that there are none', () => {
    const stack = newStack();
    newMonitor({ alarmActions: [{ bind: () => ({ alarmActionArn: 'arn:aws:sns:us-east-1:111111111111:alerts' }) }] }, stack);
    Aspects.of(stack).add(visit((construct) => construct instanceof cloudwatch.CfnAlarm && (construct.alarmActions = [])));
    expect(messagesOf(stack, SynthesisMessageLevel.INFO)).toEqual([expect.stringMatching(NO_ACTIONS)]);
  });

  test('can set properties of the collector', () => {
    const stack = newStack();
    const monitor = newMonitor({}, stack);
    Aspects.of(stack).add(visit((construct) => {
      if (construct instanceof lambda.Function) {
        construct.addEnvironment('TEAM', 'data');
      }
      if (construct instanceof lambda.CfnFunction) {
        construct.reservedConcurrentExecutions = 1;
        construct.memorySize = 512;
      }
    }));
    const { Properties: { Environment, ...others } } = resourceOf(monitor.collector);
    expect(Environment.Variables).toMatchObject({ TEAM: 'data', LOOKBACK_MINUTES: '60' });
    expect(others).toMatchObject({ ReservedConcurrentExecutions: 1, MemorySize: 512 });
  });
});

describe('stages', () => {
  test('in one account and region have different physical names, and must not share a namespace', () => {
    const app = newApp();
    const names = ['Beta', 'Prod'].flatMap((id) => {
      const stack = new Stack(new Stage(app, id, { env: { account, region: 'eu-west-1' } }), 'Monitoring');
      const monitor = fullMonitor(stack, { metricNamespace: id });
      expectError(() => newMonitor({ metricNamespace: 'Beta' }, new Stack(stack, 'Other')), 'metricNamespace must be different from that of Beta/Monitoring/Sessions');
      expect(monitor.node.path).toBe(`${id}/Monitoring/Sessions`);
      return physicalNamesOf(stack);
    });
    expect(names).toHaveLength(12); // the queries
    expect(new Set(names).size).toBe(names.length);
    app.synth();
  });

  test('have the same template, except for names', () => {
    const app = newApp();
    const [beta, prod] = ['Beta', 'Prod'].map((id) => {
      const stack = new Stack(new Stage(app, id), 'Monitoring');
      fullMonitor(stack);
      return JSON.stringify(resourcesOf(stack)).replaceAll(id, '<stage>').replace(/WORKGROUP_[0-9a-f]+/g, '<pattern>');
    });
    expect(prod).toBe(beta);
  });
});

describe('a nested stack', () => {
  test('contains all resources of the monitor', () => {
    const parent = newStack();
    const nested = new NestedStack(parent, 'Nested');
    const monitor = fullMonitor(nested);
    const alone = newStack();
    fullMonitor(alone);
    expect(countsOf(resourcesOf(nested))).toEqual(countsOf(resourcesOf(alone)));
    expect(countsOf(resourcesOf(parent))).toEqual({ 'AWS::CloudFormation::Stack': 1 });
    expect(JSON.stringify(resourceOf(monitor.node.findChild('Queries').node.findChild('Calls')).Properties.Name)).toContain('/Sessions/Calls');
    expect(warningsOf(parent)).toEqual([]);
  });

  test('can use resources of the parent stack', () => {
    const parent = newStack();
    const queue = new sqs.Queue(parent, 'Queue');
    const monitor = newMonitor({ deadLetterQueue: queue }, new NestedStack(parent, 'Nested'));
    expect(resourceOf(monitor.collector).Properties.DeadLetterConfig.TargetArn).toEqual({ Ref: expect.stringMatching(/Queue/) });
  });
});

describe('in another region', () => {
  function twoRegions(): { stack: Stack; elsewhere: Stack } {
    const app = newApp();
    const [stack, elsewhere] = ['eu-west-1', 'us-east-1'].map((region) => new Stack(app, `In-${region}`, { env: { account, region }, crossRegionReferences: true }));
    return { stack, elsewhere };
  }

  /** The regions of a dashboard's widgets and metrics. */
  function regionsOf(dashboard: cloudwatch.Dashboard): string[] {
    return [...new Set([...bodyOf(dashboard).matchAll(/"region":"([^"]*)"/g)].map(([, region]) => region))];
  }

  test('a workgroup is rejected', () => {
    const { stack, elsewhere } = twoRegions();
    const workGroups = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(elsewhere, 'Etl', { name: 'etl' }));
    expectError(() => newMonitor({ workGroups }, stack), 'the region of In-us-east-1/Etl must be the monitor\'s, eu-west-1', 'received "us-east-1"');
  });

  test.each<[string, (monitor: AthenaSessionMonitor) => cloudwatch.IWidget[]]>([
    ['widgets()', (monitor) => monitor.widgets()],
    ['summaryWidgets()', (monitor) => monitor.summaryWidgets()],
  ])('a dashboard shows %s in the monitor\'s region', (_, widgets) => {
    for (const workGroups of [undefined, NAMED()]) {
      const { stack, elsewhere } = twoRegions();
      const monitor = newMonitor({ createDashboard: false, workGroups }, stack);
      const dashboard = new cloudwatch.Dashboard(elsewhere, 'Mine');
      dashboard.addWidgets(...widgets(monitor));
      expect(regionsOf(dashboard)).toEqual(['eu-west-1']);
      const places = [...bodyOf(dashboard).matchAll(/\?region=([\w-]+)/g)].map(([, region]) => region);
      expect(new Set(places)).toEqual(new Set(['eu-west-1']));
    }
  });

  test('a given dashboard shows metrics in the monitor\'s region', () => {
    const { stack, elsewhere } = twoRegions();
    const dashboard = new cloudwatch.Dashboard(elsewhere, 'Mine');
    newMonitor({ dashboard }, stack);
    expect(regionsOf(dashboard)).toEqual(['eu-west-1']);
    expect(countsOf(resourcesOf(stack))).not.toHaveProperty('AWS::CloudWatch::Dashboard');
  });

  test('a dashboard of another region without crossRegionReferences is an error', () => {
    const app = newApp();
    const [stack, elsewhere] = ['eu-west-1', 'us-east-1'].map((region) => new Stack(app, `In-${region}`, { env: { account, region } }));
    expectError(() => newMonitor({ dashboard: new cloudwatch.Dashboard(elsewhere, 'Mine') }, stack),
      '[In-eu-west-1/Sessions] dashboard: the region of In-us-east-1/Mine must be the monitor\'s, eu-west-1, received "us-east-1"; '
      + 'to show the monitor in another region, set crossRegionReferences: true on both stacks');
  });

  test('a dashboard of another account is an error', () => {
    const app = newApp();
    const [stack, elsewhere] = [account, '222222222222'].map((id) => new Stack(app, `In-${id}`, { env: { account: id, region: 'eu-west-1' } }));
    expectError(() => newMonitor({ dashboard: new cloudwatch.Dashboard(elsewhere, 'Mine') }, stack),
      'dashboard: the account of In-222222222222/Mine must be the monitor\'s, 111111111111, received "222222222222"');
  });

  test('a graph shows metrics in the monitor\'s region, unless the options set another one', () => {
    const { stack, elsewhere } = twoRegions();
    const monitor = newMonitor({ createDashboard: false }, stack);
    const dashboard = new cloudwatch.Dashboard(elsewhere, 'Mine');
    const left = [monitor.metricIdleTime('etl'), monitor.metricBusyTime('etl', { region: 'ap-south-1', account: '222222222222' })];
    dashboard.addWidgets(new cloudwatch.GraphWidget({ left }));
    expect(JSON.parse(bodyOf(dashboard)).widgets[0].properties.metrics).toEqual([
      ['AthenaSessions', 'IdleTime', 'WorkGroup', 'etl', { region: 'eu-west-1', stat: 'Maximum' }],
      ['AthenaSessions', 'BusyTime', 'WorkGroup', 'etl', { region: 'ap-south-1', accountId: '222222222222', stat: 'Maximum' }],
    ]);
  });

  test('an alarm on a metric is rejected by CDK, as it would never be raised', () => {
    const { stack, elsewhere } = twoRegions();
    const monitor = newMonitor({}, stack);
    const alarmIn = (place: Stack) => () => createAlarm(place, 'Alarm', monitor.metricFailedSessions('etl'));
    expect(alarmIn(elsewhere)).toThrow(/region/);
    expect(alarmIn(stack)).not.toThrow();
  });

  test('a second monitor of the app has its own resources', () => {
    const { stack, elsewhere } = twoRegions();
    for (const place of [stack, elsewhere]) {
      fullMonitor(place);
    }
    expect(countsOf(resourcesOf(stack))).toEqual(countsOf(resourcesOf(elsewhere)));
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('partitions', () => {
  const PLACES: [string, { region?: string }][] = [
    ['any environment', {}],
    ['China', { region: 'cn-northwest-1' }],
    ['GovCloud', { region: 'us-gov-west-1' }],
    ['an opt-in region', { region: 'ap-southeast-3' }],
  ];

  function textOfTemplate(place: { region?: string }, workGroups?: WorkGroupSelection): string {
    const stack = new Stack(newApp(), 'Stack', place.region ? { env: { account, region: place.region } } : {});
    fullMonitor(stack, { workGroups });
    return JSON.stringify(resourcesOf(stack));
  }

  test.each(PLACES)('ARNs in %s use the partition from CloudFormation', (_, place) => {
    for (const workGroups of [undefined, NAMED()]) {
      const text = textOfTemplate(place, workGroups);
      const afterArn = [...text.matchAll(/arn:(.{0,30})/g)].map(([, rest]) => rest);
      expect(afterArn.length).toBeGreaterThan(0);
      expect(new Set(afterArn.map((rest) => rest.replace(/^(",\{"Ref":"AWS::Partition"\}).*$/, '$1')))).toEqual(new Set(['",{"Ref":"AWS::Partition"}']));
    }
  });

  test.each(PLACES)('service principals in %s have the global names', (_, place) => {
    const principals = [...textOfTemplate(place).matchAll(/"Service":"([^"]*)"/g)].map(([, service]) => service);
    expect(new Set(principals)).toEqual(new Set(['lambda.amazonaws.com', 'scheduler.amazonaws.com']));
  });

  test.each(PLACES)('the dashboard\'s links in %s are relative to the console', (_, place) => {
    const stack = new Stack(newApp(), 'Stack', place.region ? { env: { account, region: place.region } } : {});
    const monitor = newMonitor({ runbookUrl: 'https://example.com/runbook' }, stack);
    const links = [...bodyOf(monitor.dashboard!).matchAll(/\]\(([^)]*)\)/g)].map(([, link]) => link);
    expect(links).toHaveLength(4);
    const region = place.region ?? '<AWS::Region>';
    for (const link of links.filter((address) => address !== 'https://example.com/runbook')) {
      expect(link).toMatch(/^\/[a-z]+\/home\?region=/);
      expect(link).toContain(`?region=${region}`);
    }
    expect(bodyOf(monitor.dashboard!)).not.toMatch(/amazon(aws)?\.com|amazonaws\.cn|amazonaws-us-gov/);
  });
});

test('an environment-agnostic stack contains no region', () => {
  const stack = newStack();
  const monitor = fullMonitor(stack);
  expect(JSON.stringify(resourcesOf(stack))).not.toMatch(/\b(us|eu|ap)-[a-z]+-\d\b/);
  expect(monitor.metricIdleTime('etl')).toMatchObject({ region: undefined, account: undefined });
  expect(warningsOf(stack)).toEqual([]);
});

test('a log group can be in another stack of the stage', () => {
  const app = newApp();
  const stage = new Stage(app, 'Prod', { env: { account, region: 'eu-west-1' } });
  const [base, stack] = ['Base', 'Monitoring'].map((id) => new Stack(stage, id));
  const monitor = newMonitor({ logGroup: new logs.LogGroup(base, 'Logs'), interval: Duration.minutes(10) }, stack);
  expect(resourceOf(monitor.collector).Properties.LoggingConfig.LogGroup).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Prod-Base:.*Logs/) });
  expect(stack.dependencies).toEqual([base]);
  app.synth();
});
