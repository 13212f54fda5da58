import * as fc from 'fast-check';
import { isFoundBy, parseSearch } from '../../../rehearsal/cloudwatch/search';

test.each([
  // of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
  [' {AWS/EC2,InstanceId} MetricName="CPUUtilization" ', { namespace: 'AWS/EC2', dimensions: ['InstanceId'], terms: [['MetricName', 'CPUUtilization']] }],
  ['{AWS/Lambda, FunctionName} MetricName="Errors" FunctionName="collector"',
    { namespace: 'AWS/Lambda', dimensions: ['FunctionName'], terms: [['MetricName', 'Errors'], ['FunctionName', 'collector']] }],
  ['{"My Namespace", "Dimension@Name"} MetricName="Custom:Name[Special_Characters"',
    { namespace: 'My Namespace', dimensions: ['Dimension@Name'], terms: [['MetricName', 'Custom:Name[Special_Characters']] }],
  ['{CustomNamespace} MetricName="Europe\\\\France Traffic\\(Network\\)"',
    { namespace: 'CustomNamespace', dimensions: [], terms: [['MetricName', 'Europe\\France Traffic(Network)']] }],
  ['{"Team #1/Sessions: a.b_c-d",WorkGroup} MetricName="IdleTime"',
    { namespace: 'Team #1/Sessions: a.b_c-d', dimensions: ['WorkGroup'], terms: [['MetricName', 'IdleTime']] }],
  ['{"A{1}",WorkGroup} "WorkGroup"="x"', { namespace: 'A{1}', dimensions: ['WorkGroup'], terms: [['WorkGroup', 'x']] }],
])('%s', (text, { namespace, dimensions, terms }) => {
  expect(parseSearch(text)).toEqual({ namespace, dimensions, terms: terms.map(([property, value]) => ({ property, value })) });
});

test.each([
  ['MetricName="CPUUtilization"', 'no schema'],
  ['{Team #1,WorkGroup} MetricName="IdleTime"', 'need double quotes'],
  ['{a.b,WorkGroup} MetricName="IdleTime"', 'need double quotes'],
  ['{a,b,} MetricName="IdleTime"', 'need double quotes'],
  ['{a b} MetricName="IdleTime"', 'need double quotes'],
  ['{} MetricName="IdleTime"', 'need double quotes'],
  ['{a,WorkGroup} MetricName=IdleTime', 'only exact terms'],
  ['{a,WorkGroup} IdleTime', 'only exact terms'],
  ['{a,WorkGroup} MetricName="IdleTime" OR MetricName="BusyTime"', 'only exact terms'],
  ['{a,WorkGroup} NOT MetricName="IdleTime"', 'only exact terms'],
  ['{a,WorkGroup}, MetricName="IdleTime"', 'only exact terms'],
  ['{a,WorkGroup} Workgroup="x"', 'Workgroup is neither MetricName nor one of its dimensions'],
  ['{a,WorkGroup} MetricName="Traffic(Network)"', 'a backslash comes before'],
  ['{a,WorkGroup} MetricName="a\\b"', 'a backslash comes before'],
])('%s is refused', (text, problem) => {
  expect(() => parseSearch(text)).toThrow(problem);
  expect(() => parseSearch(text)).toThrow(text);
});

test('whatever is quoted and escaped is read as it was', () => {
  const escape = (text: string) => text.replace(/["\\()]/g, '\\$&');
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (namespace, metricName) => {
    expect(parseSearch(`{"${escape(namespace)}",WorkGroup} MetricName="${escape(metricName)}"`))
      .toEqual({ namespace, dimensions: ['WorkGroup'], terms: [{ property: 'MetricName', value: metricName }] });
  }));
});

test('what is found has the namespace, exactly the dimensions and the values', () => {
  const metric = { namespace: 'N', metricName: 'M', unit: 'Count', dimensions: { A: '1', B: '2' } };
  const isFound = (text: string) => isFoundBy(parseSearch(text), metric);
  expect(['{N,A,B} MetricName="M"', '{N,B,A} MetricName="M" A="1"', '{N,A,B}'].map(isFound)).toEqual([true, true, true]);
  expect(['{n,A,B} MetricName="M"', '{N,A} MetricName="M"', '{N,A,B,C} MetricName="M"', '{N,A,C} MetricName="M"', '{N,A,B} MetricName="m"', '{N,A,B} A="2"']
    .map(isFound)).toEqual(Array(6).fill(false));
});
