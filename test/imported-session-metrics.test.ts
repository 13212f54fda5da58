import { CfnParameter, Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { AthenaSessionMonitor, type AthenaSessionMonitorAttributes } from '../src';
import { errorOf, expectError, newMonitor, newStack, type Properties, warningsOf } from './support/synthesis';

const HERE = { account: '111111111111', region: 'eu-west-1' };
// A variable, as the types of aws-cdk-lib 2.232.0 lack half of the options.
const ALARM = { threshold: 1, evaluationPeriods: 1 };
const THERE = { account: '222222222222', region: 'us-east-1' };

function imported(attributes: AthenaSessionMonitorAttributes = {}, stack: Stack = newStack({ env: HERE })) {
  return AthenaSessionMonitor.fromAthenaSessionMonitorAttributes(stack, 'Elsewhere', attributes);
}

test('the metrics are those of the monitor with the same attributes', () => {
  const monitor = newMonitor({ metricNamespace: 'Team/Sessions', interval: Duration.minutes(10) }, newStack({ env: THERE }));
  const metrics = imported({ ...THERE, metricNamespace: 'Team/Sessions', interval: Duration.minutes(10), functionName: 'collector' });
  const { dimensions, ...own } = monitor.metricIdleTime('etl', { label: 'idle' });
  expect(metrics.metricIdleTime('etl', { label: 'idle' })).toMatchObject({
    namespace: own.namespace, metricName: own.metricName, period: own.period, statistic: own.statistic, label: own.label, dimensions, ...THERE,
  });
  expect(metrics.metricApiCalls().dimensions).toEqual({ FunctionName: 'collector' });
});

test('the defaults are those of a monitor, in the account and region of whoever reads the metrics', () => {
  const metric = imported().metricFailedSessions('etl');
  expect(metric).toMatchObject({ namespace: 'AthenaSessions', period: Duration.minutes(5), statistic: 'Maximum' });
  expect([metric.account, metric.region]).toEqual([undefined, undefined]);
});

test('options of a metric override the account and region', () => {
  expect(imported(THERE).metricIdleTime('etl', HERE)).toMatchObject(HERE);
});

test('run metrics need the name of the function', () => {
  expect(errorOf(() => imported().metricApiCalls())).toBe(
    '[Stack/Elsewhere] functionName, which metric ApiCalls needs, must be the name of the monitor\'s collector, received undefined',
  );
  expect(() => imported().metricIdleTime('etl')).not.toThrow();
});

test('a live count without functionName needs a workgroup', () => {
  expectError(() => imported().metricIdleSessions(), 'functionName', 'or pass the workGroup whose sessions are counted');
});

test('attributes can be tokens', () => {
  const stack = newStack();
  const { valueAsString } = new CfnParameter(stack, 'Text');
  const metrics = imported({ functionName: valueAsString, region: valueAsString, account: valueAsString, metricNamespace: valueAsString }, stack);
  expect(metrics.metricApiCalls().dimensions).toEqual({ FunctionName: valueAsString });
});

test('a misspelt attribute is a warning', () => {
  const stack = newStack();
  imported({ regoin: 'us-east-1' } as AthenaSessionMonitorAttributes, stack);
  expect(warningsOf(stack)).toEqual([expect.stringContaining("did you mean 'region'?")]);
});

test('it creates no resources', () => {
  const stack = newStack();
  imported({ functionName: new CfnParameter(stack, 'Name').valueAsString }, stack);
  Template.fromStack(stack).templateMatches({ Resources: Match.absent() });
});

test('a dashboard shows the metrics of the other account and region', () => {
  const stack = newStack({ env: HERE });
  const [widget] = stack.resolve(new GraphWidget({ left: [imported(THERE, stack).metricIdleTime('etl')] }).toJson());
  expect(widget.properties.metrics).toEqual([
    ['AthenaSessions', 'IdleTime', 'WorkGroup', 'etl', { stat: 'Maximum', region: 'us-east-1', accountId: '222222222222' }],
  ]);
});

test('an alarm works on metrics of another account, and is an error in another region', () => {
  const stack = newStack({ env: HERE });
  const createAlarm = (id: string, attributes: AthenaSessionMonitorAttributes) =>
    AthenaSessionMonitor.fromAthenaSessionMonitorAttributes(stack, `${id}Monitor`, attributes).metricIdleTime('etl').createAlarm(stack, id, ALARM);
  createAlarm('Other', { account: THERE.account });
  const [{ Properties: { Metrics } }] = Object.values<Properties>(Template.fromStack(stack).toJSON().Resources);
  expect(Metrics[0]).toMatchObject({ AccountId: THERE.account });
  expect(() => createAlarm('Far', THERE)).toThrow(/region/);
});

test.each<[AthenaSessionMonitorAttributes, ...string[]]>([
  [{ metricNamespace: 'AWS/Athena' }, 'metricNamespace', '"AWS/Athena"'],
  [{ interval: Duration.minutes(7) }, 'interval', 'divides an hour', '7 minutes'],
  [{ metricNamespace: 5 as unknown as string }, 'metricNamespace', '5'],
  [{ functionName: 'arn:aws:lambda:us-east-1:111111111111:function:mine' }, 'functionName', 'the name of a function, which is the last part of its ARN'],
  [{ functionName: '' }, 'functionName', '""'],
  [{ account: 5 as unknown as string }, 'account', 'the name of an AWS account', '5'],
  [{ region: '' }, 'region', 'the name of an AWS region', '""'],
])('%j is an error', (attributes, ...text) => {
  expectError(() => imported(attributes), ...text);
});
