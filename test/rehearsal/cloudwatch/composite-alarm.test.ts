import * as fc from 'fast-check';
import { alarmOn, at, emf, evaluate, told } from './support';
import { type AlarmDefinition, type AlarmState, CloudWatch } from '../../../rehearsal/cloudwatch';
import { parseCompositeRule } from '../../../rehearsal/cloudwatch/composite-rule';
import { type DeployedStack, readStacks } from '../../../rehearsal/deployed-stack';
import { ASSETS, COLLECTOR, COLLECTOR_NAMESPACE } from '../../support/deployed-stack';

const STATES: { [alarm: string]: AlarmState } = { 'a': 'ALARM', 'b': 'OK', 'c': 'INSUFFICIENT_DATA', 'with space': 'ALARM', 'say "hi", (all)': 'ALARM', 'ALARM': 'ALARM' };
const isTrue = (rule: string) => parseCompositeRule(rule).isTrue(alarm => STATES[alarm]!);

describe('a rule', () => {
  test.each<[string, boolean]>([
    ['ALARM(a)', true],
    ['ALARM("a")', true],
    ['OK("a")', false],
    ['OK(b)', true],
    ['INSUFFICIENT_DATA(c)', true],
    [' ALARM ( "with space" ) ', true],
    ['ALARM("say \\"hi\\", (all)")', true],
    ['ALARM(ALARM)', true],
    ['TRUE', true],
    ['false', false],
    ['NOT ALARM(b)', true],
    ['NOT NOT ALARM(b)', false],
    ['NOT(ALARM(a))', false],
    ['ALARM(a) AND OK(b)', true],
    ['ALARM(b) OR ALARM(c)', false],
    ['TRUE OR TRUE AND FALSE', true],
    ['(TRUE OR TRUE) AND FALSE', false],
    ['NOT TRUE OR TRUE', true],
    ['NOT (TRUE OR TRUE)', false],
    ['(((ALARM(a)) AND (NOT (ALARM(b)))))', true],
    ['AT_LEAST(1, ALARM, (a, b, c))', true],
    ['AT_LEAST(2, ALARM, ("a", "b", "c"))', false],
    ['AT_LEAST(2, NOT ALARM, (a, b, c))', true],
    ['AT_LEAST(33%, OK, (a, b, c))', true],
    ['AT_LEAST(34%, OK, (a, b, c))', false],
    ['AT_LEAST(100%, NOT OK, (a, c)) AND NOT ALARM(b)', true],
  ])('%s is %s', (rule, expected) => expect(isTrue(rule)).toBe(expected));

  test('lists the alarms that it refers to', () => {
    expect(parseCompositeRule('ALARM("a") OR (NOT OK(b) AND AT_LEAST(1, OK, (b, "c d"))) OR ALARM(a)').alarms).toEqual(['a', 'b', 'c d']);
  });

  test.each<[string, string]>([
    ['', 'AlarmRule must have ALARM(), OK(), INSUFFICIENT_DATA(), AT_LEAST(), TRUE, FALSE, NOT or "(" at its end: '],
    ['ALARM(a) AND', 'NOT or "(" at its end: ALARM(a) AND'],
    ['ALARM(a) ALARM(b)', 'AlarmRule must have AND, OR or the end at character 10, got ALARM(b)'],
    ['ALARM a', 'AlarmRule must have "(" at character 7, got a'],
    ['ALARM()', 'AlarmRule must have the name or ARN of an alarm at character 7, got )'],
    ['ALARM("")', 'AlarmRule must have the name or ARN of an alarm at character 7, got "")'],
    ['ALARM(a b)', 'AlarmRule must have ")" at character 9, got b)'],
    ['(ALARM(a)', 'AlarmRule must have ")" at its end: (ALARM(a)'],
    ['alarm(a)', 'FALSE, NOT or "(" at character 1, got alarm(a)'],
    ['"TRUE"', 'FALSE, NOT or "(" at character 1, got "TRUE"'],
    ['ALARM("a) OR ALARM(b)', 'AlarmRule has a quotation mark without its second one at character 7: "a) OR ALARM(b)'],
    ['AT_LEAST(x, ALARM, (a))', 'AlarmRule must have a number or a percentage at character 10, got x, ALARM, (a))'],
    ['AT_LEAST(1, BUSY, (a))', 'AlarmRule must have ALARM, OK, INSUFFICIENT_DATA or NOT at character 13, got BUSY, (a))'],
    ['AT_LEAST(3, ALARM, (a, b))', 'AlarmRule: AT_LEAST must need 1 to 2 of its 2 alarms, or 1% to 100%, got 3'],
    ['AT_LEAST(0%, ALARM, (a, b))', 'got 0%'],
  ])('%j is an error', (rule, message) => expect(() => parseCompositeRule(rule)).toThrow(message));

  test('longer than CloudWatch accepts, or with more alarms, is an error', () => {
    expect(() => parseCompositeRule(`ALARM("${'a'.repeat(10_240)}")`)).toThrow('AlarmRule must have at most 10240 characters, got 10249');
    const many = Array.from({ length: 101 }, (_, index) => `ALARM(a${index})`).join(' OR ');
    expect(() => parseCompositeRule(many)).toThrow('AlarmRule must refer to at most 100 alarms, got 101');
  });

  type Tree = boolean | { state: AlarmState; alarm: string } | { not: Tree } | { operator: 'AND' | 'OR'; operands: [Tree, Tree] };
  const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.boolean(),
      fc.record({ state: fc.constantFrom<AlarmState>('ALARM', 'OK', 'INSUFFICIENT_DATA'), alarm: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ not: tie('tree') }),
      fc.record({ operator: fc.constantFrom('AND' as const, 'OR' as const), operands: fc.tuple(tie('tree'), tie('tree')) }),
    ),
  }));

  function valueOf(node: Tree): boolean {
    return typeof node === 'boolean' ? node
      : 'state' in node ? STATES[node.alarm] === node.state
        : 'not' in node ? !valueOf(node.not)
          : node.operator === 'AND' ? valueOf(node.operands[0]) && valueOf(node.operands[1]) : valueOf(node.operands[0]) || valueOf(node.operands[1]);
  }

  /** With parentheses only where the order of the operators needs them. */
  function textOf(node: Tree, binding = 0): string {
    if (typeof node === 'boolean') {
      return String(node).toUpperCase();
    }
    if ('state' in node) {
      return `${node.state}("${node.alarm}")`;
    }
    const [own, text] = 'not' in node ? [2, `NOT ${textOf(node.not, 2)}`]
      : node.operator === 'AND' ? [1, node.operands.map(operand => textOf(operand, 1)).join(' AND ')]
        : [0, node.operands.map(operand => textOf(operand, 0)).join(' OR ')];
    return own < binding ? `(${text})` : text;
  }

  test('of any shape means the same as its tree', () => {
    fc.assert(fc.property(tree, node => {
      expect(isTrue(textOf(node))).toBe(valueOf(node));
    }), { numRuns: 1000 });
  });
});

describe('a composite alarm', () => {
  const composite = (AlarmRule: string, logicalId = 'Any', properties: object = {}): AlarmDefinition =>
    ({ logicalId, name: logicalId.toLowerCase(), properties: { AlarmRule, ...properties } });
  const ON_ONE = { EvaluationPeriods: 1, TreatMissingData: 'notBreaching' };
  const onWorkGroup = (WorkGroup: string) => alarmOn({ ...ON_ONE, Dimensions: [{ Name: 'WorkGroup', Value: WorkGroup }] }, WorkGroup);
  const cloudWatchWith = (...alarms: AlarmDefinition[]) => new CloudWatch({ alarms, createdAt: at('12:00'), extraPeriods: 0 });
  const write = (cloudWatch: CloudWatch, WorkGroup: string, clock: string) =>
    cloudWatch.ingest(emf({ at: clock, value: 20, dimensions: { WorkGroup } }), at(clock));

  test('follows its alarms in the same minute, and says which of them changed', () => {
    const [etl, calm, any] = [onWorkGroup('etl'), onWorkGroup('calm'), composite('ALARM("etl") OR ALARM("calm")')];
    const cloudWatch = cloudWatchWith(any, etl, calm);
    expect(cloudWatch.states().map(({ alarm, state }) => [alarm, state])).toEqual([any, etl, calm].map(alarm => [alarm, 'INSUFFICIENT_DATA']));
    write(cloudWatch, 'etl', '12:10');
    write(cloudWatch, 'calm', '12:12');
    const transitions = evaluate(cloudWatch, '12:00', '12:30').filter(({ alarm }) => alarm === any);
    expect(told(transitions)).toEqual(['12:01 INSUFFICIENT_DATA > OK', '12:11 OK > ALARM', '12:18 ALARM > OK']);
    expect(transitions.slice(1)).toEqual([
      expect.objectContaining({ reason: 'etl transitioned to ALARM', changed: [{ alarm: etl, state: 'ALARM' }] }),
      expect.objectContaining({ reason: 'calm transitioned to OK', changed: [{ alarm: calm, state: 'OK' }] }),
    ]);
    expect(cloudWatch.states().map(({ alarm, state }) => [alarm.logicalId, state])).toEqual([['Any', 'OK'], ['etl', 'OK'], ['calm', 'OK']]);
  });

  test('is evaluated after the composite alarms that its rule refers to', () => {
    const inner = composite('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:etl")', 'Inner');
    const cloudWatch = cloudWatchWith(composite('ALARM(inner) AND NOT OK(etl)', 'Outer'), inner, onWorkGroup('etl'));
    write(cloudWatch, 'etl', '12:10');
    expect(told(evaluate(cloudWatch, '12:09', '12:16'))).toEqual([
      '12:10 INSUFFICIENT_DATA > OK', '12:10 INSUFFICIENT_DATA > OK', '12:10 INSUFFICIENT_DATA > OK',
      '12:11 OK > ALARM', '12:11 OK > ALARM', '12:11 OK > ALARM',
      '12:16 ALARM > OK', '12:16 ALARM > OK', '12:16 ALARM > OK',
    ]);
  });

  test('without alarms in its rule has its state from the first minute on', () => {
    expect(cloudWatchWith(composite('TRUE')).evaluate(at('12:00'))).toEqual([
      expect.objectContaining({ from: 'INSUFFICIENT_DATA', to: 'ALARM', reason: 'AlarmRule is TRUE' }),
    ]);
  });

  test.each<[string, AlarmDefinition[], string]>([
    ['that refers to no alarm of the app', [composite('ALARM(nobody)')], 'alarm Any: AlarmRule refers to nobody; no alarm of the app has this name'],
    ['that refers to two alarms', [composite('ALARM(etl)'), onWorkGroup('etl'), onWorkGroup('etl')], 'alarm Any: AlarmRule refers to etl; 2 alarms have this name'],
    ['in a circle', [composite('ALARM(b)', 'A'), composite('OK(a)', 'B')], 'alarm A: composite alarms must not refer to each other in a circle, got A > B > A'],
    ['with a suppressor', [composite('TRUE', 'Any', { ActionsSuppressor: 'etl' })], 'alarm Any: ActionsSuppressor is not simulated'],
    ['with a rule that is none', [composite('ALARM(')], 'alarm Any: AlarmRule must have the name or ARN of an alarm at its end: ALARM('],
  ])('%s is an error', (_, alarms, message) => expect(() => cloudWatchWith(...alarms)).toThrow(message));

  test('is read from a template, by the names and ARNs of its alarms', () => {
    const metric = { Namespace: COLLECTOR_NAMESPACE, MetricName: 'IdleTime', Statistic: 'Maximum', Period: 60, Threshold: 1, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold' };
    const template = {
      Resources: {
        Collector: COLLECTOR,
        Outer: { Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmRule: { 'Fn::Join': ['', ['ALARM("', { 'Fn::GetAtt': ['Inner', 'Arn'] }, '")']] } } },
        Inner: {
          Type: 'AWS::CloudWatch::CompositeAlarm',
          Properties: { AlarmName: 'failures', AlarmRule: { 'Fn::Join': ['', ['ALARM("', { Ref: 'One' }, '") OR NOT OK(', { 'Fn::GetAtt': ['Two', 'Arn'] }, ')']] } },
        },
        One: { Type: 'AWS::CloudWatch::Alarm', Properties: metric },
        Two: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...metric, AlarmName: 'two' } },
      },
    };
    const [{ alarms }] = readStacks([{ name: 'Stack', template, assets: ASSETS }]) as [DeployedStack];
    const [outer, inner] = alarms.filter(({ properties }) => properties.AlarmRule);
    expect(outer).toMatchObject({ name: 'Stack-Outer', properties: { AlarmRule: 'ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:failures")' } });
    expect(inner).toMatchObject({ name: 'failures', properties: { AlarmRule: 'ALARM("Stack-One") OR NOT OK(arn:aws:cloudwatch:us-east-1:123456789012:alarm:two)' } });
    expect(told(cloudWatchWith(...alarms).evaluate(at('12:00')))).toEqual(['12:00 INSUFFICIENT_DATA > ALARM', '12:00 INSUFFICIENT_DATA > ALARM']);
  });
});
