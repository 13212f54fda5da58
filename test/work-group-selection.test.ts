import { createHash } from 'node:crypto';
import { CfnParameter, Duration, Fn, Lazy, NestedStack, Stack, Stage, Token } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, WorkGroupSelection } from '../src';
import {
  alarmsOf, environmentOf, errorOf, expectError, keysOf, newApp, newMonitor, newStack, type Properties, propertiesOf, resourcesOf,
} from './support/synthesis';

const LONGEST = 'a'.repeat(128);
const TOO_LONG = 'a'.repeat(129);

function named(...workGroups: string[]): () => AthenaSessionMonitor {
  return () => newMonitor({ workGroups: WorkGroupSelection.named(...workGroups) });
}

function matching(...patterns: string[]): () => AthenaSessionMonitor {
  return () => newMonitor({ workGroups: WorkGroupSelection.matching(...patterns) });
}

/** `count` different names of the given length. */
function names(count: number, length: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`.padStart(length, 'w'));
}

function listSessionsResources(monitor: AthenaSessionMonitor): Properties[] {
  const statements = Object.values(resourcesOf(monitor))
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement);
  return [statements.find(({ Action }) => Action === 'athena:ListSessions').Resource].flat();
}

function arnOf(name: unknown): Properties {
  const parts = ['arn:', { Ref: 'AWS::Partition' }, ':athena:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }];
  return { 'Fn::Join': ['', typeof name === 'string' ? [...parts, `:workgroup/${name}`] : [...parts, ':workgroup/', name]] };
}

describe('named()', () => {
  test.each([['etl'], ['a'], ['A-z_0.9'], ['.'], [LONGEST]])('accepts the name %s', (name) => {
    const monitor = named(name)();
    expect(environmentOf(monitor).WORK_GROUPS).toBe(name);
    expect(keysOf(monitor)).toEqual([name]);
    expect(listSessionsResources(monitor)).toEqual([arnOf(name)]);
  });

  test('rejects an empty list', () => {
    expectError(named(), 'WorkGroupSelection.named()', 'at least one', '[]');
  });

  test.each([
    ['an empty name', ''],
    ['a name of 129 characters', TOO_LONG],
    ['a name with a space', 'my group'],
    ['a name with a slash', 'team/etl'],
    ['a name with a comma', 'etl,adhoc'],
    ['a pattern', 'etl-*'],
    ['a name with letters other than a-z', 'größe'],
    ['a name with a line break at its end', 'etl\n'],
  ])('refuses %s', (_, name) => {
    expectError(named('fine', name), 'WorkGroupSelection.named()', /1 to 128 of a-z, A-Z, 0-9/, JSON.stringify(name).slice(0, 100));
  });

  test('rejects values of other types from untyped callers', () => {
    expectError(named(undefined as unknown as string), 'WorkGroupSelection.named()', 'undefined');
    expectError(named(7 as unknown as string), 'WorkGroupSelection.named()', '7');
    expectError(named(['etl'] as unknown as string), 'WorkGroupSelection.named()', 'etl');
  });

  test('rejects duplicates', () => {
    expectError(named('etl', 'adhoc', 'etl'), 'workGroups', /different/, 'etl');
  });

  test('rejects the same token twice', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Name');
    expectError(() => newMonitor({ workGroups: WorkGroupSelection.named(valueAsString, valueAsString) }, stack), 'workGroups', /different/);
  });

  test('rejects a spread list token, as its length is not known', () => {
    const list = new CfnParameter(newStack(), 'Names', { type: 'CommaDelimitedList' }).valueAsList;
    expectError(named(...list), 'WorkGroupSelection.named()', /one by one|number|known/, 'token');
    expectError(named('etl', ...list), 'WorkGroupSelection.named()', 'token');
    expectError(named(...Lazy.list({ produce: () => ['etl'] })), 'WorkGroupSelection.named()', 'token');
    expectError(named(...Fn.split(',', Fn.ref('Names'))), 'WorkGroupSelection.named()', 'token');
  });

  test('accepts tokens and names that contain tokens', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Name');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named(valueAsString, `${valueAsString}-test`) }, stack);
    expect(environmentOf(monitor).WORK_GROUPS).toEqual({ 'Fn::Join': ['', [{ Ref: 'Name' }, ',', { Ref: 'Name' }, '-test']] });
    expect(listSessionsResources(monitor)[0]).toEqual(arnOf({ Ref: 'Name' }));
    const dimensions = Object.values(alarmsOf(monitor)).flatMap(({ Dimensions = [] }) => Dimensions).filter(({ Name }) => Name === 'WorkGroup');
    expect(dimensions).toContainEqual({ Name: 'WorkGroup', Value: { Ref: 'Name' } });
    expect(dimensions).toContainEqual({ Name: 'WorkGroup', Value: { 'Fn::Join': ['', [{ Ref: 'Name' }, '-test']] } });
  });

  test('uses a hash as key of a token, which is the same in every synthesis', () => {
    const keyIn = (before: number) => {
      for (let i = 0; i < before; i++) {
        Token.asString({ Ref: `Other${i}` });
      }
      const stack = newStack();
      const { valueAsString } = new CfnParameter(stack, 'Name');
      return keysOf(newMonitor({ workGroups: WorkGroupSelection.named(valueAsString) }, stack))[0];
    };
    expect(keyIn(0)).toBe(createHash('sha256').update('{"Ref":"Name"}').digest('hex').slice(0, 8));
    expect(keyIn(7)).toBe(keyIn(0));
  });

  test('uses different keys for different tokens', () => {
    const stack = newStack();
    const tokens = ['One', 'Two'].map((id) => new CfnParameter(stack, id).valueAsString);
    const keys = keysOf(newMonitor({ workGroups: WorkGroupSelection.named(...tokens) }, stack));
    expect(new Set(keys).size).toBe(2);
  });

  test.each([
    ['Default, which is special in construct paths', ['Default', 'etl']],
    ['Resource, which is special in construct paths', ['Resource', 'etl']],
    ['names that differ only in punctuation', ['a.b', 'a-b', 'a_b', 'ab', 'a--b']],
    ['names that differ only in case', ['etl', 'ETL', 'Etl']],
    ['long names that differ only at the end', [`${'a'.repeat(127)}1`, `${'a'.repeat(127)}2`]],
    ['names like other constructs of the monitor', ['Found', 'Alarms', 'Failed', 'Collector', 'Sessions']],
  ])('creates separate alarms for %s', (_, workGroups) => {
    const monitor = named(...workGroups)();
    const alarms = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    for (const metricName of ['FailedSessions', 'IdleTime', 'DegradedSessions']) {
      const watched = alarms.filter(({ Properties: { MetricName } }) => MetricName === metricName)
        .map(({ Properties: { Dimensions } }) => Dimensions[0].Value);
      expect(watched.sort()).toEqual([...workGroups].sort());
    }
    expect(keysOf(monitor)).toEqual(workGroups);
  });
});

describe('fromWorkGroups()', () => {
  let stack: Stack;

  beforeEach(() => {
    stack = newStack();
  });

  function workGroup(scope: Construct, id: string, name = 'etl'): CfnWorkGroup {
    return new CfnWorkGroup(scope, id, { name });
  }

  test('rejects an empty list', () => {
    expectError(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups() }), 'WorkGroupSelection.fromWorkGroups()', 'at least one', '[]');
  });

  test('uses the reference as name, and the construct path as key', () => {
    const etl = workGroup(stack, 'Etl');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl) }, stack);
    expect(keysOf(monitor)).toEqual(['Etl']);
    expect(environmentOf(monitor).WORK_GROUPS).toEqual({ Ref: 'Etl' });
    expect(listSessionsResources(monitor)).toEqual([arnOf({ Ref: 'Etl' })]);
    expect(alarmsOf(monitor)['Alarms/Failed-Etl'].Dimensions).toEqual([{ Name: 'WorkGroup', Value: { Ref: 'Etl' } }]);
  });

  test('uses the path below the stack as key', () => {
    const team = new Construct(new Construct(stack, 'Data'), 'Team');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(workGroup(team, 'Etl'), workGroup(stack, 'Etl', 'other')) }, stack);
    expect(keysOf(monitor)).toEqual(['Data--Team--Etl', 'Etl']);
  });

  test('uses a key that does not depend on the paths of the stack and the monitor', () => {
    const stage = new Stage(newApp(), 'Production');
    const staged = new Stack(stage, 'Deep');
    const monitor = new AthenaSessionMonitor(new Construct(staged, 'Watch'), 'Sessions', {
      workGroups: WorkGroupSelection.fromWorkGroups(workGroup(new Construct(staged, 'Data'), 'Etl')),
    });
    expect(keysOf(monitor)).toEqual(['Data--Etl']);
  });

  test('uses the path with the stack as key of a workgroup in another stack, and imports its name', () => {
    const app = newApp();
    const data = new Stack(app, 'Data');
    const watch = new Stack(app, 'Watch');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(workGroup(data, 'Etl'), workGroup(watch, 'Etl', 'mine')) }, watch);
    expect(keysOf(monitor)).toEqual(['Data--Etl', 'Etl']);
    expect(environmentOf(monitor).WORK_GROUPS).toEqual({
      'Fn::Join': ['', [{ 'Fn::ImportValue': expect.stringContaining('Etl') }, ',', { Ref: 'Etl' }]],
    });
  });

  test('uses different keys for workgroups with the same path in other stacks', () => {
    const app = newApp();
    const [one, two] = ['One', 'Two'].map((id) => workGroup(new Stack(app, id), 'Etl', id));
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(one, two) }, new Stack(app, 'Watch'));
    expect(keysOf(monitor)).toEqual(['One--Etl', 'Two--Etl']);
  });

  test('accepts a workgroup of the parent stack in a nested stack', () => {
    const nested = new NestedStack(stack, 'Watch');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(workGroup(stack, 'Etl')) }, nested);
    expect(keysOf(monitor)).toEqual(['Stack--Etl']);
    expect(environmentOf(monitor).WORK_GROUPS).toEqual({ Ref: expect.stringContaining('Etl') });
  });

  test('uses the known name of an imported workgroup', () => {
    const imported = CfnWorkGroup.fromWorkGroupName(stack, 'Imported', 'etl');
    const monitor = newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(imported) }, stack);
    expect(keysOf(monitor)).toEqual(['Imported']);
    expect(environmentOf(monitor).WORK_GROUPS).toBe('etl');
    expect(listSessionsResources(monitor)).toEqual([arnOf('etl')]);
    expect(alarmsOf(monitor)['Alarms/Idle-Imported'].Dimensions).toEqual([{ Name: 'WorkGroup', Value: 'etl' }]);
  });

  test('rejects the same reference twice', () => {
    const etl = workGroup(stack, 'Etl');
    expectError(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl, etl) }, stack), 'workGroups', /different/, 'Etl');
  });

  test('rejects two references to the same name', () => {
    const [one, two] = ['One', 'Two'].map((id) => CfnWorkGroup.fromWorkGroupName(stack, id, 'etl'));
    expectError(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(one, two) }, stack), 'workGroups', /different/, 'etl');
  });

  test('rejects an imported workgroup with an invalid name', () => {
    const imported = CfnWorkGroup.fromWorkGroupName(stack, 'Imported', 'etl,adhoc');
    expectError(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(imported) }, stack), /workGroup/i, 'etl,adhoc', /1 to 128/);
  });

  describe('of an engine version', () => {
    const workGroupOf = (engineVersion?: CfnWorkGroup.EngineVersionProperty) => new CfnWorkGroup(stack, 'Etl', { name: 'etl', workGroupConfiguration: { engineVersion } });
    const monitorOf = (workGroup_: CfnWorkGroup) => () => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(workGroup_) }, stack);

    test.each([
      ['selected', { selectedEngineVersion: 'Athena engine version 3' }],
      ['effective', { effectiveEngineVersion: 'Athena engine version 3' }],
      ['selected with AUTO', { selectedEngineVersion: 'AUTO', effectiveEngineVersion: 'Athena engine version 3' }],
    ])('refuses Athena SQL: %s', (_, engineVersion) => {
      expect(errorOf(monitorOf(workGroupOf(engineVersion)))).toBe('[Stack/Sessions] workGroups: the engine version of Stack/Etl must be one of Apache Spark, such as '
        + '"PySpark engine version 3" or "Apache Spark version 3.5", as only these have sessions, received "Athena engine version 3"');
    });

    test.each([
      ['Apache Spark', { selectedEngineVersion: 'PySpark engine version 3' }],
      ['Apache Spark 3.5', { selectedEngineVersion: 'Apache Spark version 3.5', effectiveEngineVersion: 'AUTO' }],
      ['one that Athena chooses', { selectedEngineVersion: 'AUTO' }],
      ['no version', undefined],
      ['a token', { selectedEngineVersion: Lazy.string({ produce: () => 'Athena engine version 3' }) }],
    ])('takes %s', (_, engineVersion) => {
      expect(monitorOf(workGroupOf(engineVersion))).not.toThrow();
    });

    test('takes a configuration that is a token', () => {
      const workGroupConfiguration = Lazy.any({ produce: () => ({}) });
      expect(monitorOf(new CfnWorkGroup(stack, 'Etl', { name: 'etl', workGroupConfiguration }))).not.toThrow();
    });
  });

  describe('of another place', () => {
    const OURS = { account: '111111111111', region: 'eu-west-1' };

    test.each([
      ['region', { ...OURS, region: 'us-east-1' }, 'us-east-1', 'eu-west-1'],
      ['account', { ...OURS, account: '222222222222' }, '222222222222', '111111111111'],
    ])('rejects another %s', (part, env, theirs, ours) => {
      const app = newApp();
      const etl = workGroup(new Stack(app, 'Data', { env }), 'Etl');
      expectError(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl) }, new Stack(app, 'Watch', { env: OURS })),
        'workGroups', part, theirs, ours);
    });

    test('accepts the same account and region', () => {
      const app = newApp();
      const etl = workGroup(new Stack(app, 'Data', { env: OURS }), 'Etl');
      expect(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl) }, new Stack(app, 'Watch', { env: OURS }))).not.toThrow();
    });

    test('accepts an unknown account and region', () => {
      const app = newApp();
      const etl = workGroup(new Stack(app, 'Data'), 'Etl');
      expect(() => newMonitor({ workGroups: WorkGroupSelection.fromWorkGroups(etl) }, new Stack(app, 'Watch'))).not.toThrow();
    });
  });
});

describe('a token', () => {
  test('is not part of any logical id or construct path', () => {
    const stack = newStack();
    const { valueAsString } = new CfnParameter(stack, 'Name');
    const monitor = newMonitor({
      workGroups: WorkGroupSelection.named(valueAsString, `x-${valueAsString}`, Lazy.string({ produce: () => 'late' })),
    }, stack);
    expect(Object.keys(resourcesOf(monitor)).filter((id) => /token/i.test(id))).toEqual([]);
    expect(monitor.node.findAll().map(({ node }) => node.path).filter((path) => /token/i.test(path))).toEqual([]);
  });

  test('is different from a token with the same logical id in another stack', () => {
    const app = newApp();
    const tokens = ['One', 'Two'].map((id) => new CfnWorkGroup(new Stack(app, id), 'Etl', { name: id }).workGroupRef.workGroupName);
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named(...tokens) }, new Stack(app, 'Watch'));
    expect(new Set(keysOf(monitor)).size).toBe(2);
  });
});

describe('matching()', () => {
  test('rejects an empty list', () => {
    expectError(matching(), 'WorkGroupSelection.matching()', 'at least one', '[]');
  });

  test.each([['*'], ['?'], ['etl-*'], ['!etl-*'], ['a.b_c-D?*'], [LONGEST], [`!${LONGEST}`]])('accepts the pattern %s', (pattern) => {
    expect(environmentOf(matching(pattern)()).WORK_GROUP_PATTERNS).toBe(pattern);
  });

  test.each([
    ['an empty pattern', ''],
    ['nothing after the !', '!'],
    ['a ! inside', 'etl!'],
    ['two !', '!!etl'],
    ['a space', 'etl *'],
    ['a comma', 'etl,*'],
    ['a regular expression', 'etl-[0-9]'],
    ['129 characters', TOO_LONG],
  ])('refuses %s', (_, pattern) => {
    expectError(matching('fine', pattern), 'WorkGroupSelection.matching()', /"\*" and "\?"/, JSON.stringify(pattern).slice(0, 100));
  });

  test('rejects a spread list token', () => {
    const list = new CfnParameter(newStack(), 'Patterns', { type: 'CommaDelimitedList' }).valueAsList;
    expectError(matching(...list), 'WorkGroupSelection.matching()', 'token');
  });

  test('creates one alarm per condition for all found workgroups', () => {
    expect(keysOf(matching('etl-*')())).toEqual(['']);
  });
});

describe('all()', () => {
  test('creates one alarm per condition for all found workgroups', () => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.all() });
    expect(keysOf(monitor)).toEqual(['']);
    expect(environmentOf(monitor).WORK_GROUP_PATTERNS).toBe('*');
    expect(listSessionsResources(monitor)).toEqual([arnOf('*')]);
  });

  test('can be passed to several monitors', () => {
    const selection = WorkGroupSelection.all();
    expect(() => [newMonitor({ workGroups: selection }), newMonitor({ workGroups: selection })]).not.toThrow();
  });
});

describe('too many named workgroups for', () => {
  // ((timeout - 5 s) x rate + burst of twice the rate, at least 1) / calls per workgroup
  test.each([
    { interval: 5, rate: 0.1, countTerminated: true, maximum: 4 }, // 235 x 0.1 + 1 = 24.5 calls
    { interval: 5, rate: 0.1, countTerminated: false, maximum: 6 },
    { interval: 1, rate: 1, countTerminated: true, maximum: 9 }, // 43 x 1 + 2 = 45 calls
    { interval: 1, rate: 1, countTerminated: false, maximum: 11 },
    { interval: 1, rate: undefined, countTerminated: undefined, maximum: 36 }, // 43 x 4 + 8 = 180 calls
  ])('one run: at most $maximum at interval $interval, rate $rate, countTerminated $countTerminated', ({ interval, rate, countTerminated, maximum }) => {
    const monitorOf = (count: number) => () => newMonitor({
      workGroups: WorkGroupSelection.named(...names(count, 3)),
      interval: Duration.minutes(interval),
      maxRequestsPerSecond: rate,
      countTerminated,
    });
    expect(monitorOf(maximum)).not.toThrow();
    expectError(monitorOf(maximum + 1), 'workGroups', `${maximum}`, `${maximum + 1}`, 'maxRequestsPerSecond', 'timeout', 'interval');
  });

  test('one run with a shorter timeout', () => {
    const workGroups = WorkGroupSelection.named(...names(10, 3));
    const monitorOf = (seconds: number) => () => newMonitor({ workGroups, timeout: Duration.seconds(seconds) });
    expectError(monitorOf(15), 'workGroups', '10'); // 10 s x 4 + 8 = 48 calls
    expect(monitorOf(16)).not.toThrow(); // 52 calls
  });

  test('one run, which must have time for at least one workgroup', () => {
    const monitorOf = (maxRequestsPerSecond: number, ...workGroups: string[]) => () => newMonitor({
      workGroups: workGroups.length > 0 ? WorkGroupSelection.named(...workGroups) : WorkGroupSelection.all(),
      timeout: Duration.seconds(13),
      maxRequestsPerSecond,
    });
    expect(monitorOf(0.5)).not.toThrow(); // 8 s x 0.5 + 1 = 5 calls
    expect(monitorOf(0.5, 'etl')).not.toThrow();
    expectError(monitorOf(0.5, 'etl', 'adhoc'), 'workGroups', 'at most 1', 'received 2');
    expectError(monitorOf(0.49), 'maxRequestsPerSecond', 'to list a workgroup', '0.49');
  });

  test('the function\'s environment', () => {
    expect(named(...names(25, 128))).not.toThrow();
    expectError(named(...names(32, 128)), 'workGroups', 'received 32', 'environment', 'matching()'); // 32 x 129 characters are over 4 KB
  });

  test('the policy of the role', () => {
    expect(named(...names(120, 3))).not.toThrow();
    expectError(named(...names(160, 3)), 'workGroups', 'received 160', 'inline policies', 'matching()'); // 160 ARNs of up to 62 characters are over 10,240
  });

  test.each([
    [1, 3], [3, 140], [28, 105], [128, 27],
  ])('the limits of Lambda and IAM: names of %d characters fit if there are %d', (length, count) => {
    const monitor = newMonitor({ workGroups: WorkGroupSelection.named(...names(count, length)) },
      newStack({ env: { account: '111111111111', region: 'us-gov-west-1' } }));
    const { Environment: { Variables: variables } } = propertiesOf(monitor, 'AWS::Lambda::Function');
    expect(JSON.stringify(variables).length).toBeLessThan(4 * 1024);
    const policies = Object.values(resourcesOf(monitor)).filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .map(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement.find(({ Action }: Properties) => Action === 'athena:ListSessions'))
      .filter((statement) => statement !== undefined);
    const text = JSON.stringify(policies).replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g, '"arn:aws-us-gov$1"');
    expect(text).not.toContain('Fn::Join');
    expect(text.length).toBeLessThan(10_240 - 400); // without the statement for the log group
  });

  test('a monitor are an error that names the monitor', () => {
    expect(errorOf(named(...names(160, 3)))).toContain('Stack/Sessions');
  });
});

test('a name that contains a reference differs from the reference', () => {
  const stack = newStack();
  const workGroup = new CfnWorkGroup(stack, 'Etl', { name: 'etl' });
  const monitor = newMonitor({ workGroups: WorkGroupSelection.named(workGroup.ref, `${workGroup.ref}-test`) }, stack);
  expect(monitor.alarmsFor('Failed')).toHaveLength(2);
});
