import { CfnParameter, Duration, Lazy, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { LogGroup, LogGroupClass } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, SessionAlarm, WorkGroupSelection } from '../src';
import {
  alarmsOf, environmentOf, errorOf, expectError, INTERVALS, newApp, newMonitor, newStack, propertiesOf, textOf, tokenDuration,
} from './support/synthesis';

/** A bad value: which prop, what the error says was received, and what it says is allowed. */
interface BadValue {
  readonly what: string;
  readonly props: () => AthenaSessionMonitorProps;
  readonly prop: string;
  readonly received: string;
  readonly allowed: RegExp;
}

const DIVIDES_AN_HOUR = /divides an hour \(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60\)/;
const KNOWN = /known at synth/;
const named = (...names: string[]) => WorkGroupSelection.named(...names);

const BAD_VALUES: BadValue[] = [
  ...[7, 8, 9, 11, 25, 45, 59, 61, 90, 120, 1440].map((minutes): BadValue => ({
    what: `an interval of ${minutes} minutes`,
    props: () => ({ interval: Duration.minutes(minutes) }),
    prop: 'interval',
    received: Duration.minutes(minutes).toHumanString(),
    allowed: DIVIDES_AN_HOUR,
  })),
  {
    what: 'an interval of nothing',
    props: () => ({ interval: Duration.minutes(0) }),
    prop: 'interval',
    received: '0 minutes',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of seconds',
    props: () => ({ interval: Duration.seconds(30) }),
    prop: 'interval',
    received: '30 seconds',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of a minute and a half',
    props: () => ({ interval: Duration.seconds(90) }),
    prop: 'interval',
    received: '1 minute 30 seconds',
    allowed: DIVIDES_AN_HOUR,
  },
  {
    what: 'an interval of milliseconds',
    props: () => ({ interval: Duration.millis(500) }),
    prop: 'interval',
    received: '500 millis',
    allowed: DIVIDES_AN_HOUR,
  },

  ...['AWS/Athena', 'AWS/', 'AWS/AthenaSessions/x'].map((metricNamespace): BadValue => ({
    what: `the namespace ${metricNamespace}`,
    props: () => ({ metricNamespace }),
    prop: 'metricNamespace',
    received: JSON.stringify(metricNamespace),
    allowed: /AWS\//,
  })),
  ...['', 'a'.repeat(256), 'a"b', 'größe', ':mine', 'a\nb'].map((metricNamespace): BadValue => ({
    what: `the malformed namespace ${JSON.stringify(metricNamespace).slice(0, 20)}`,
    props: () => ({ metricNamespace }),
    prop: 'metricNamespace',
    received: JSON.stringify(metricNamespace),
    allowed: /1 to 255 of a-z, A-Z, 0-9/,
  })),

  {
    what: 'no name at all',
    props: () => ({ workGroups: named() }),
    prop: 'WorkGroupSelection.named()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'an empty name',
    props: () => ({ workGroups: named('') }),
    prop: 'WorkGroupSelection.named()',
    received: '""',
    allowed: /1 to 128/,
  },
  {
    what: 'a malformed name',
    props: () => ({ workGroups: named('a b') }),
    prop: 'WorkGroupSelection.named()',
    received: '"a b"',
    allowed: /1 to 128/,
  },
  {
    what: 'a duplicate name',
    props: () => ({ workGroups: named('etl', 'etl') }),
    prop: 'workGroups',
    received: '"etl"',
    allowed: /different/,
  },
  {
    what: 'no pattern at all',
    props: () => ({ workGroups: WorkGroupSelection.matching() }),
    prop: 'WorkGroupSelection.matching()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'no reference at all',
    props: () => ({ workGroups: WorkGroupSelection.fromWorkGroups() }),
    prop: 'WorkGroupSelection.fromWorkGroups()',
    received: '[]',
    allowed: /at least one/,
  },
  {
    what: 'more names than a run can list',
    props: () => ({ workGroups: named('a', 'b', 'c', 'd', 'e'), maxRequestsPerSecond: 0.1 }),
    prop: 'workGroups',
    received: '5',
    allowed: /at most 4/,
  },

  {
    what: 'a timeout of the interval',
    props: () => ({ timeout: Duration.minutes(5) }),
    prop: 'timeout',
    received: '5 minutes',
    allowed: /less than the interval of 5 minutes/,
  },
  {
    what: 'a timeout over the interval',
    props: () => ({ timeout: Duration.minutes(6) }),
    prop: 'timeout',
    received: '6 minutes',
    allowed: /less than the interval of 5 minutes/,
  },
  {
    what: 'a timeout over what Lambda takes',
    props: () => ({ timeout: Duration.seconds(901), interval: Duration.hours(1) }),
    prop: 'timeout',
    received: '15 minutes 1 second',
    allowed: /15 minutes/,
  },
  {
    what: 'a timeout of nothing',
    props: () => ({ timeout: Duration.seconds(0) }),
    prop: 'timeout',
    received: '0 seconds',
    allowed: /from \d+ seconds/,
  },
  {
    what: 'a timeout that leaves no time for calls',
    props: () => ({ timeout: Duration.seconds(5) }),
    prop: 'timeout',
    received: '5 seconds',
    allowed: /from \d+ seconds/,
  },
  {
    what: 'a timeout of parts of seconds',
    props: () => ({ timeout: Duration.millis(60_500) }),
    prop: 'timeout',
    received: '1 minute 500 millis',
    allowed: /whole number of seconds/,
  },

  {
    what: 'a lookback that is no whole number of intervals',
    props: () => ({ lookback: Duration.minutes(61) }),
    prop: 'lookback',
    received: '1 hour 1 minute',
    allowed: /whole number of intervals of 5 minutes/,
  },
  {
    what: 'a lookback of parts of minutes',
    props: () => ({ lookback: Duration.seconds(3601) }),
    prop: 'lookback',
    received: '1 hour 1 second',
    allowed: /whole number of intervals/,
  },
  {
    what: 'a lookback of two intervals',
    props: () => ({ lookback: Duration.minutes(10), alarms: [] }),
    prop: 'lookback',
    received: '10 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a lookback of nothing',
    props: () => ({ lookback: Duration.minutes(0), alarms: [] }),
    prop: 'lookback',
    received: '0 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a lookback under the largest within',
    props: () => ({ lookback: Duration.minutes(25) }),
    prop: 'lookback',
    received: '25 minutes',
    allowed: /within.*30 minutes/,
  },
  {
    what: 'a lookback of weeks',
    props: () => ({ lookback: Duration.days(8) }),
    prop: 'lookback',
    received: '8 days',
    allowed: /at most 7 days/,
  },

  {
    what: 'a within that is no whole number of intervals',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(32) })] }),
    prop: 'within',
    received: '32 minutes',
    allowed: /whole number of intervals of 5 minutes/,
  },
  {
    what: 'a within of two intervals',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(10) })] }),
    prop: 'within',
    received: '10 minutes',
    allowed: /at least 3/,
  },
  {
    what: 'a within over 3 hours for found workgroups',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.minutes(185) })] }),
    prop: 'within',
    received: '3 hours 5 minutes',
    allowed: /at most 3 hours/,
  },
  {
    what: 'a within over 24 hours for named workgroups',
    props: () => ({ alarms: [SessionAlarm.failed({ within: Duration.hours(25) })], workGroups: named('etl') }),
    prop: 'within',
    received: '1 day 1 hour',
    allowed: /at most (24 hours|1 day)/,
  },
  {
    what: 'two alarms of one id',
    props: () => ({ alarms: [SessionAlarm.degraded(), SessionAlarm.degraded()] }),
    prop: 'alarms',
    received: '"Degraded"',
    allowed: /different ids.*id/,
  },
  {
    what: 'the threshold 0',
    props: () => ({ alarms: [SessionAlarm.failed({ threshold: 0 })] }),
    prop: 'threshold',
    received: '0',
    allowed: /whole number from 1/,
  },
  {
    what: 'an idle duration of nothing',
    props: () => ({ alarms: [SessionAlarm.idleLongerThan(Duration.minutes(0))] }),
    prop: 'idleLongerThan',
    received: '0',
    allowed: /whole number of seconds from 1/,
  },
  {
    what: 'more points than periods',
    props: () => ({ alarms: [SessionAlarm.degraded({ evaluationPeriods: 2, datapointsToAlarm: 3 })] }),
    prop: 'datapointsToAlarm',
    received: '3',
    allowed: /from 1 to 2/,
  },

  ...[0, -1, NaN, Infinity].map((maxRequestsPerSecond): BadValue => ({
    what: `maxRequestsPerSecond ${maxRequestsPerSecond}`,
    props: () => ({ maxRequestsPerSecond }),
    prop: 'maxRequestsPerSecond',
    received: `${maxRequestsPerSecond}`,
    allowed: /positive/,
  })),
  {
    what: 'a maxSessionDuration of nothing',
    props: () => ({ maxSessionDuration: Duration.minutes(0) }),
    prop: 'maxSessionDuration',
    received: '0 minutes',
    allowed: /at least 1/,
  },
  {
    what: 'a maxSessionDuration of parts of minutes',
    props: () => ({ maxSessionDuration: Duration.seconds(90) }),
    prop: 'maxSessionDuration',
    received: '1 minute 30 seconds',
    allowed: /whole number of minutes/,
  },
  {
    what: 'a log group of another class',
    props: () => ({ logGroup: new LogGroup(newStack(), 'Logs', { logGroupClass: LogGroupClass.INFREQUENT_ACCESS }) }),
    prop: 'logGroup',
    received: '"INFREQUENT_ACCESS"',
    allowed: /STANDARD/,
  },

  ...[0, 127, 10_241, 1.5].map((memorySize): BadValue => ({
    what: `memorySize ${memorySize}`,
    props: () => ({ memorySize }),
    prop: 'memorySize',
    received: `${memorySize}`,
    allowed: /whole number of MB from 128 to 10240/,
  })),
  {
    what: 'a rate at which no run can list a workgroup',
    props: () => ({ maxRequestsPerSecond: 0.001 }),
    prop: 'maxRequestsPerSecond',
    received: '0.001',
    allowed: /enough for a run of 4 minutes to list a workgroup/,
  },
  {
    what: 'more patterns than fit the function\'s environment',
    props: () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 60 }, (_, i) => `!${'x'.repeat(100)}-${i}`)) }),
    prop: 'workGroups',
    received: '60 patterns that need',
    allowed: /environment \(3500 characters\)/,
  },
  {
    what: 'more patterns than fit the role\'s policies',
    props: () => ({ workGroups: WorkGroupSelection.matching(...Array.from({ length: 160 }, (_, i) => `t${i}-*`)) }),
    prop: 'workGroups',
    received: '160 patterns that need',
    allowed: /inline policies \(9500 characters\)/,
  },
  {
    what: 'the same workgroup by name and by reference',
    props: () => {
      const stack = newStack();
      return { workGroups: named('etl', new CfnWorkGroup(stack, 'Etl', { name: 'etl' }).ref) };
    },
    prop: 'workGroups',
    received: '"etl"',
    allowed: /different/,
  },
  {
    what: 'a name that is not known yet when the monitor is made',
    props: () => ({ workGroups: named(Lazy.string({ produce: () => undefined })) }),
    prop: 'workGroups',
    received: 'a token',
    allowed: /can be resolved when the monitor is made/,
  },
  ...['Default', 'Resource', 'a/b', ''].map((id): BadValue => ({
    what: `the alarm id ${JSON.stringify(id)}`,
    props: () => ({ alarms: [SessionAlarm.degraded({ id })] }),
    prop: 'id of SessionAlarm Degraded',
    received: JSON.stringify(id),
    allowed: /not "Default" or "Resource"/,
  })),
  {
    what: 'an alarm name that is too long with the workgroup',
    props: () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmName: 'a'.repeat(252) })] }),
    prop: 'alarmName',
    received: '256 characters',
    allowed: /at most 255/,
  },
  {
    what: 'an alarm description that is too long with what is appended',
    props: () => ({ workGroups: named('etl'), alarms: [SessionAlarm.degraded({ alarmDescription: 'a'.repeat(1020) })] }),
    prop: 'alarmDescription',
    received: 'characters',
    allowed: /at most 1024/,
  },
  {
    what: 'the default threshold 0',
    props: () => ({ alarms: SessionAlarm.defaults({ failedThreshold: 0 }) }),
    prop: 'failedThreshold of SessionAlarm.defaults()',
    received: '0',
    allowed: /whole number from 1/,
  },

  {
    what: 'an interval that is a token',
    props: () => ({ interval: tokenDuration() }),
    prop: 'interval',
    received: 'a token',
    allowed: KNOWN,
  },
  { what: 'a timeout that is a token', props: () => ({ timeout: tokenDuration() }), prop: 'timeout', received: 'a token', allowed: KNOWN },
  {
    what: 'a lookback that is a token',
    props: () => ({ lookback: tokenDuration() }),
    prop: 'lookback',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'a within that is a token',
    props: () => ({ alarms: [SessionAlarm.failed({ within: tokenDuration() })] }),
    prop: 'within',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'an idle duration that is a token',
    props: () => ({ alarms: [SessionAlarm.idleLongerThan(tokenDuration())] }),
    prop: 'idleLongerThan',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'an idle default that is a token',
    props: () => ({ alarms: SessionAlarm.defaults({ idleLongerThan: tokenDuration() }) }),
    prop: 'idleLongerThan',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'a maxSessionDuration that is a token',
    props: () => ({ maxSessionDuration: tokenDuration() }),
    prop: 'maxSessionDuration',
    received: 'a token',
    allowed: KNOWN,
  },
  {
    what: 'names that are a token',
    props: () => ({ workGroups: named(...Token.asList({ Ref: 'Names' })) }),
    prop: 'WorkGroupSelection.named()',
    received: 'a token',
    allowed: KNOWN,
  },
];

describe('an error names the prop, what was received and what is allowed', () => {
  test.each(BAD_VALUES)('for $what', ({ props, prop, received, allowed }) => {
    const message = errorOf(() => newMonitor(props()));
    const [, allowedPart, receivedPart] = /^(.*), received (.*)$/s.exec(message)!;
    expect(allowedPart).toContain(prop);
    expect(allowedPart).toMatch(allowed);
    expect(receivedPart).toContain(received);
    expect(message).toMatch(/^(\[Stack\/Sessions[^\]]*\] )?(WorkGroupSelection|[a-z])/);
    expect(message).not.toMatch(/\.$/);
    expect(message).not.toMatch(/\$\{Token|#\{Token|e\+289/);
  });
});

describe('what is at the bounds is fine', () => {
  type GoodValue = [string, () => AthenaSessionMonitorProps];
  const GOOD_VALUES: GoodValue[] = [
    ...INTERVALS.map((minutes): GoodValue => [`an interval of ${minutes} minutes`, () => ({ interval: Duration.minutes(minutes) })]),
    ...['AWS', 'AWSome/Sessions', 'Mine/AWS/Athena', 'a'.repeat(255), 'A-z_0.9/#:'].map((metricNamespace): GoodValue => (
      [`the namespace ${metricNamespace.slice(0, 20)}`, () => ({ metricNamespace })])),
    ['a timeout just under the interval', () => ({ timeout: Duration.seconds(299) })],
    ['a timeout of 15 minutes', () => ({ timeout: Duration.minutes(15), interval: Duration.minutes(20) })],
    ['a lookback of three intervals', () => ({ lookback: Duration.minutes(15), alarms: [] })],
    ['a lookback of 7 days', () => ({ lookback: Duration.days(7) })],
    ['a lookback of the largest within', () => ({ lookback: Duration.minutes(30) })],
    ['less than one request per second', () => ({ maxRequestsPerSecond: 0.5 })],
    ['a maxSessionDuration of days', () => ({ maxSessionDuration: Duration.days(30) })],
  ];

  test.each(GOOD_VALUES)('%s', (_, props) => {
    expect(() => newMonitor(props())).not.toThrow();
  });
});

describe('tokens are let through', () => {
  test('as metricNamespace', () => {
    const stack = newStack();
    const monitor = newMonitor({ metricNamespace: new CfnParameter(stack, 'Namespace').valueAsString, workGroups: named('etl') }, stack);
    expect(environmentOf(monitor).METRIC_NAMESPACE).toEqual({ Ref: 'Namespace' });
    const alarms = alarmsOf(monitor);
    expect(new Set(Object.values(alarms).map(({ Namespace }) => textOf(Namespace.Ref)))).toEqual(new Set(['Namespace']));
  });

  test('as maxRequestsPerSecond', () => {
    const stack = newStack();
    const { valueAsNumber } = new CfnParameter(stack, 'Rate', { type: 'Number' });
    const monitor = newMonitor({ maxRequestsPerSecond: valueAsNumber, workGroups: named('etl') }, stack);
    expect(environmentOf(monitor).MAX_REQUESTS_PER_SECOND).toEqual({ Ref: 'Rate' });
  });

  test('as maxRequestsPerSecond that is made late', () => {
    const monitor = newMonitor({ maxRequestsPerSecond: Lazy.number({ produce: () => 3 }) });
    expect(environmentOf(monitor).MAX_REQUESTS_PER_SECOND).toBe('3');
  });

  test('as memorySize', () => {
    const stack = newStack();
    const monitor = newMonitor({ memorySize: new CfnParameter(stack, 'Memory', { type: 'Number' }).valueAsNumber }, stack);
    expect(propertiesOf(monitor, 'AWS::Lambda::Function').MemorySize).toEqual({ Ref: 'Memory' });
  });

  test('as runbookUrl', () => {
    const stack = newStack();
    const monitor = newMonitor({ runbookUrl: new CfnParameter(stack, 'Runbook').valueAsString }, stack);
    expect(textOf(alarmsOf(monitor)['Alarms/Idle/Found'].AlarmDescription)).toContain('<Runbook>#idle');
  });
});

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
    ])('fight over it: %s', (_, one, two) => {
      expectError(monitors(newStack(), { workGroups: one() }, { workGroups: two() }),
        'Stack/One', 'Stack/Two', /metricNamespace must/, 'set metricNamespace', '"AthenaSessions"');
      expectError(monitors(newStack(), { workGroups: one(), metricNamespace: 'Mine' }, { workGroups: two(), metricNamespace: 'Mine' }),
        'set metricNamespace', '"Mine"');
    });

    test('do not fight where they are named and no workgroup is in both', () => {
      expect(monitors(newStack(), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('fight where they are of one reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('do not fight where they are of different references', () => {
      const stack = newStack();
      const [one, two] = ['Etl', 'Adhoc'].map((id) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, id, { name: id })));
      expect(monitors(stack, { workGroups: one }, { workGroups: two })).not.toThrow();
    });

    test('fight where one is of the name and the other of an imported reference to it', () => {
      const stack = newStack();
      const imported = WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Imported', 'etl'));
      expectError(monitors(stack, { workGroups: imported }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('fight where one is of the name and the other of the workgroup of that name', () => {
      const stack = newStack();
      const reference = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors(stack, { workGroups: reference }, { workGroups: NAMED() }), 'set metricNamespace');
    });

    test('a monitor that could not be made is no hindrance to the next', () => {
      const stack = newStack();
      expect(() => new AthenaSessionMonitor(stack, 'Broken', { interval: Duration.minutes(7) })).toThrow('interval must');
      expect(() => new AthenaSessionMonitor(stack, 'Sound')).not.toThrow();
    });

    test('fight where the namespace is the same token', () => {
      const stack = newStack();
      const metricNamespace = new CfnParameter(stack, 'Namespace').valueAsString;
      expectError(monitors(stack, { metricNamespace }, { metricNamespace }), 'set metricNamespace');
    });

    test('fight wherever in the stack they are', () => {
      const stack = newStack();
      expectError(monitors([new Construct(new Construct(stack, 'A'), 'B'), new Construct(stack, 'C')], {}, {}), 'Stack/A/B/One', 'Stack/C/Two');
    });

    test.each([
      ['the stack and one that is nested in it', (stack: Stack): [Construct, Construct] => [stack, new NestedStack(stack, 'Nested')]],
      ['a nested stack and its parent', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'Nested'), stack]],
      ['nested stacks', (stack: Stack): [Construct, Construct] => [new NestedStack(stack, 'A'), new NestedStack(new NestedStack(stack, 'B'), 'C')]],
    ])('fight across %s', (_, scopes) => {
      expectError(monitors(scopes(newStack()), {}, {}), 'set metricNamespace');
      expectError(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: OVERLAPPING() }), 'set metricNamespace');
      expect(monitors(scopes(newStack()), { workGroups: NAMED() }, { workGroups: DISJOINT() })).not.toThrow();
    });

    test('fight across nested stacks where they are of one reference', () => {
      const stack = newStack();
      const selection = WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(stack, 'Etl', { name: 'etl' }));
      expectError(monitors([stack, new NestedStack(stack, 'Nested')], { workGroups: selection }, { workGroups: selection }), 'set metricNamespace');
    });

    test('do not fight across nested stacks that have each a workgroup of one logical id', () => {
      const stack = newStack();
      const teams = ['A', 'B'].map((id) => new NestedStack(stack, id));
      const [one, two] = teams.map((team) => WorkGroupSelection.fromWorkGroups(new CfnWorkGroup(team, 'Etl', { name: team.node.id })));
      expect(monitors([teams[0], teams[1]], { workGroups: one }, { workGroups: two })).not.toThrow();
    });
  });

  test.each([
    ['all and all', ALL, ALL],
    ['named twice', NAMED, NAMED],
    ['all and named', ALL, NAMED],
  ])('of different namespaces do not fight: %s', (_, one, two) => {
    expect(monitors(newStack(), { workGroups: one() }, { workGroups: two(), metricNamespace: 'Other' })).not.toThrow();
  });

  test('of different namespaces that are tokens do not fight', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map((id) => ({ metricNamespace: new CfnParameter(stack, `${id}Namespace`).valueAsString }));
    expect(monitors(stack, one, two)).not.toThrow();
  });

  test('of separate stacks of one app do not fight, as they may be of different regions', () => {
    const app = newApp();
    expect(monitors([new Stack(app, 'A'), new Stack(app, 'B')], {}, {})).not.toThrow();
  });

  test.each([
    ['the outer first', (outer: Stack, inner: Stack): [Construct, Construct] => [outer, inner]],
    ['the inner first', (outer: Stack, inner: Stack): [Construct, Construct] => [inner, outer]],
  ])('of separate stacks, one in the scope of the other but not nested, do not fight: %s', (_, scopes) => {
    const outer = new Stack(newApp(), 'Outer', { env: { region: 'eu-west-1', account: '111111111111' } });
    const inner = new Stack(outer, 'Inner', { env: { region: 'us-east-1', account: '111111111111' } });
    expect(monitors(scopes(outer, inner), {}, {})).not.toThrow();
  });
});
