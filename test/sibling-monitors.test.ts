import { Aws, CfnParameter, Duration, Fn, NestedStack, Stack, type StackProps, Stage } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, SessionAlarm, WorkGroupSelection } from '../src';
import { errorOf, expectError, newApp, newStack } from './support/synthesis';

const named = (...names: string[]) => WorkGroupSelection.named(...names);

describe('two monitors', () => {
  const ALL = () => WorkGroupSelection.all();
  const MATCHING = () => WorkGroupSelection.matching('etl-*');
  const NAMED = () => named('etl', 'adhoc');
  const OVERLAPPING = () => named('adhoc', 'other');
  const DISJOINT = () => named('other');

  function monitors(scopes: Construct | [Construct, Construct], one: AthenaSessionMonitorProps, two: AthenaSessionMonitorProps): () => void {
    const [first, second] = Array.isArray(scopes) ? scopes : [scopes, scopes];
    return () => {
      new AthenaSessionMonitor(first, 'One', one);
      new AthenaSessionMonitor(second, 'Two', two);
    };
  }

  describe('of one stack and one namespace', () => {
    test.each([
      ['all and all', ALL, ALL],
      ['all and matching', ALL, MATCHING],
      ['matching and matching', MATCHING, MATCHING],
      ['all and named', ALL, NAMED],
      ['named and matching', NAMED, MATCHING],
      ['named and named that overlap', NAMED, OVERLAPPING],
      ['named twice', NAMED, NAMED],
    ])('are rejected: %s', (_, one, two) => {
      expectError(monitors(newStack(), { workGroups: one() }, { workGroups: two() }),
        'Stack/One', 'Stack/Two', /metricNamespace must be different/, 'set metricNamespace', '"AthenaSessions"');
      expectError(monitors(newStack(), { workGroups: one(), metricNamespace: 'Mine' }, { workGroups: two(), metricNamespace: 'Mine' }),
        'set metricNamespace', '"Mine"');
    });

    test('are accepted if both name workgroups and have none in common', () => {
      expect(monitors(newStack(), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('are rejected if both have the same reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('are accepted if they have different references', () => {
      const stack = newStack();
      const [one, two] = ['Etl', 'Adhoc'].map((id) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, id, { name: id })));
      expect(monitors(stack, { workGroups: one }, { workGroups: two })).not.toThrow();
    });

    test('are rejected if one has the name and the other an imported reference to it', () => {
      const stack = newStack();
      const imported = WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Imported', 'etl'));
      expectError(monitors(stack, { workGroups: imported }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('are rejected if one has the name and the other the workgroup of that name', () => {
      const stack = newStack();
      const reference = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: reference }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('ignore a monitor whose constructor threw an error', () => {
      const stack = newStack();
      const alarms = [SessionAlarm.degraded({ alarmName: 'mine' })];
      expect(() => new AthenaSessionMonitor(stack, 'Broken', { interval: Duration.minutes(7) })).toThrow('interval must');
      expect(() => new AthenaSessionMonitor(stack, 'Late', { alarms: [...alarms, ...alarms] })).toThrow('alarms must');
      expect(() => new AthenaSessionMonitor(stack, 'Sound', { alarms })).not.toThrow();
    });

    test('ignore a monitor that was removed', () => {
      const stack = newStack();
      new AthenaSessionMonitor(stack, 'Removed', { alarms: [SessionAlarm.degraded({ alarmName: 'mine' })] });
      stack.node.tryRemoveChild('Removed');
      expect(() => new AthenaSessionMonitor(stack, 'Sound', { alarms: [SessionAlarm.degraded({ alarmName: 'mine' })] })).not.toThrow();
    });

    test('ignore an alarm that could not be added', () => {
      const monitor = new AthenaSessionMonitor(newStack(), 'Sessions', { alarms: [], lookback: Duration.minutes(15) });
      expect(() => monitor.addAlarm(SessionAlarm.failed({ alarmName: 'mine' }))).toThrow('lookback must');
      expect(() => monitor.addAlarm(SessionAlarm.failed({ alarmName: 'mine', holdFor: Duration.minutes(15) }))).not.toThrow();
    });

    test('are rejected if the namespace is the same token', () => {
      const stack = newStack();
      const metricNamespace = new CfnParameter(stack, 'Namespace').valueAsString;
      expectError(monitors(stack, { metricNamespace }, { metricNamespace }), 'set metricNamespace');
    });

    test('are rejected anywhere in the stack', () => {
      const stack = newStack();
      expectError(monitors([new Construct(new Construct(stack, 'A'), 'B'), new Construct(stack, 'C')], {}, {}), 'Stack/A/B/One', 'Stack/C/Two');
    });

    test.each([
      ['the stack and one that is nested in it', (stack: Stack): [Construct, Construct] => [stack, new NestedStack(stack, 'Nested')]],
      ['a nested stack and its parent', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'Nested'), stack]],
      ['nested stacks', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'A'), new NestedStack(new NestedStack(stack, 'B'), 'C')]],
    ])('are rejected across %s', (_, scopes) => {
      expectError(monitors(scopes(newStack()), {}, {}), 'set metricNamespace');
      expectError(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: OVERLAPPING() }), 'set metricNamespace');
      expect(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('are rejected across nested stacks if both have the same reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors([stack, new NestedStack(stack, 'Nested')], { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('are accepted across nested stacks whose workgroups have equal logical ids', () => {
      const stack = newStack();
      const teams = ['A', 'B'].map((id) => new NestedStack(stack, id));
      const [one, two] = teams.map((team) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(team, 'Etl', { name: team.node.id })));
      expect(monitors([teams[0], teams[1]], { workGroups: one }, { workGroups: two })).not.toThrow();
    });
  });

  test('of one stack cannot have alarms of the same name', () => {
    const found = (metricNamespace: string) => ({ metricNamespace, alarms: [SessionAlarm.degraded({ alarmName: 'mine' })] });
    expectError(monitors(newStack(), found('A'), found('B')), '[Stack/Two] alarmName must be different from that of Stack/One/Alarms/Degraded, received "mine"');
    const nested = (stack: Stack): [Construct, Construct] => [stack, new NestedStack(stack, 'Nested')];
    expectError(monitors(nested(newStack()), found('A'), found('B')), 'alarmName must be different from that of Stack/One/Alarms/Degraded');
    // The workgroup is appended, and stacks may be of different regions.
    expect(monitors(newStack(), { ...found('A'), workGroups: NAMED() }, { ...found('A'), workGroups: DISJOINT() })).not.toThrow();
    const app = newApp();
    expect(monitors([new Stack(app, 'A'), new Stack(app, 'B')], found('A'), found('A'))).not.toThrow();
  });

  test.each([
    ['all and all', ALL, ALL],
    ['named twice', NAMED, NAMED],
    ['all and named', ALL, NAMED],
  ])('of different namespaces are accepted: %s', (_, one, two) => {
    expect(monitors(newStack(), { workGroups: one() }, { workGroups: two(), metricNamespace: 'Other' })).not.toThrow();
  });

  test('of different namespaces that are tokens are accepted', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map((id) => ({ metricNamespace: new CfnParameter(stack, `${id}Namespace`).valueAsString }));
    expect(monitors(stack, one, two)).not.toThrow();
  });

  describe('of separate stacks of one app', () => {
    const ENV = { account: '111111111111', region: 'eu-west-1' };
    const stacksOf = (one: StackProps, two: StackProps): [Stack, Stack] => {
      const app = newApp();
      return [new Stack(app, 'A', one), new Stack(app, 'B', two)];
    };
    const NAME = { alarms: [SessionAlarm.degraded({ alarmName: 'mine' })] };

    test('are rejected in the same account and region', () => {
      expect(errorOf(monitors(stacksOf({ env: ENV }, { env: ENV }), {}, {}))).toBe('[B/Two] metricNamespace must be different from that of A/One, '
        + 'as a monitor whose workgroups are found must be the only one in its namespace, received "AthenaSessions"; set metricNamespace');
      expect(errorOf(monitors(stacksOf({ env: ENV }, { env: ENV }), { workGroups: NAMED() }, { workGroups: OVERLAPPING() })))
        .toBe('[B/Two] metricNamespace must be different from that of A/One, as a workgroup is in both monitors, received "AthenaSessions"; set metricNamespace');
      expect(monitors(stacksOf({ env: ENV }, { env: ENV }), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('are rejected across stages and nested stacks', () => {
      const app = newApp();
      const [beta, prod] = ['Beta', 'Prod'].map((id) => new Stack(new Stage(app, id, { env: ENV }), 'Stack'));
      expectError(monitors([beta, new NestedStack(prod, 'Nested')], {}, {}), '[Prod/Stack/Nested/Two] metricNamespace', 'Beta/Stack/One');
    });

    test('are rejected if both have the same reference', () => {
      const [a, b] = stacksOf({ env: ENV }, { env: ENV });
      const workGroups = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(a, 'Etl', { name: Fn.importValue('name') }));
      expectError(monitors([a, b], { workGroups }, { workGroups }), 'as a workgroup is in both monitors');
    });

    test('cannot have alarms of the same name, including composite alarms', () => {
      const scopes = stacksOf({ env: ENV }, { env: ENV });
      const [one, two] = ['One', 'Two'].map((id, index) => new AthenaSessionMonitor(scopes[index], id, { metricNamespace: id }));
      one.addAlarm(SessionAlarm.degraded({ id: 'Mine', alarmName: 'mine' }));
      expect(errorOf(() => two.addAlarm(SessionAlarm.degraded({ id: 'Mine', alarmName: 'mine' }))))
        .toBe('[B/Two] alarmName must be different from that of A/One/Alarms/Mine, received "mine"; set another alarmName or alarmNamePrefix');
      expectError(() => two.addCompositeAlarm({ alarmName: 'mine' }), 'alarmName must be different from that of A/One/Alarms/Mine');
    });

    test.each<[string, StackProps, StackProps]>([
      ['of two regions', { env: ENV }, { env: { ...ENV, region: 'us-east-1' } }],
      ['of two accounts', { env: ENV }, { env: { ...ENV, account: '222222222222' } }],
      ['of an unknown account', { env: { region: ENV.region } }, { env: { region: ENV.region } }],
      ['of an unknown region', { env: { account: ENV.account } }, { env: { account: ENV.account } }],
      ['of an unknown environment', {}, {}],
    ])('are accepted if they are %s', (_, one, two) => {
      expect(monitors(stacksOf(one, two), NAME, NAME)).not.toThrow();
    });

    test('are accepted if namespaces, workgroups and names contain the names of their stacks', () => {
      const names = (): AthenaSessionMonitorProps => (
        { metricNamespace: Aws.STACK_NAME, alarms: [SessionAlarm.degraded({ alarmName: `${Aws.STACK_NAME}-degraded` })] });
      expect(monitors(stacksOf({ env: ENV }, { env: ENV }), names(), names())).not.toThrow();
      const workGroups = named(Aws.STACK_NAME);
      expect(monitors(stacksOf({ env: ENV }, { env: ENV }), { workGroups }, { workGroups })).not.toThrow();
    });

    test('of different apps are accepted', () => {
      expect(monitors([newStack({ env: ENV }), newStack({ env: ENV })], NAME, NAME)).not.toThrow();
    });
  });

  test.each([
    ['the outer first', (outer: Stack, inner: Stack): [Construct, Construct] => [outer, inner]],
    ['the inner first', (outer: Stack, inner: Stack): [Construct, Construct] => [inner, outer]],
  ])('of separate stacks, one in the scope of the other but not nested, are accepted: %s', (_, scopes) => {
    const outer = new Stack(newApp(), 'Outer', { env: { region: 'eu-west-1', account: '111111111111' } });
    const inner = new Stack(outer, 'Inner', { env: { region: 'us-east-1', account: '111111111111' } });
    expect(monitors(scopes(outer, inner), {}, {})).not.toThrow();
  });
});
