import { isFoundBy, parseSearch } from '../../../rehearsal/cloudwatch/search';

test.each([
  ['{AWS/Lambda,FunctionName} MetricName="Errors"', { namespace: 'AWS/Lambda', dimensions: ['FunctionName'], metricName: 'Errors' }],
  ['{"Team #1/Sessions: a.b_c-d",A,B} MetricName="IdleTime"', { namespace: 'Team #1/Sessions: a.b_c-d', dimensions: ['A', 'B'], metricName: 'IdleTime' }],
])('%s', (text, search) => {
  expect(parseSearch(text)).toEqual(search);
});

test.each([
  'MetricName="CPUUtilization"',
  '{Team #1,WorkGroup} MetricName="IdleTime"', // needs double quotes
  '{a,b,} MetricName="IdleTime"',
  '{a,WorkGroup} MetricName=IdleTime',
  '{a,WorkGroup} IdleTime',
  '{a,WorkGroup} MetricName="IdleTime" OR MetricName="BusyTime"',
  '{a,WorkGroup} NOT MetricName="IdleTime"',
])('%s is refused', (text) => {
  expect(() => parseSearch(text)).toThrow(text);
});

test('a search finds metrics with the namespace, the name and exactly the dimensions', () => {
  const metric = { namespace: 'N', metricName: 'M', unit: 'Count', dimensions: { A: '1', B: '2' } };
  const isFound = (text: string) => isFoundBy(parseSearch(text), metric);
  expect(['{N,A,B} MetricName="M"', '{N,B,A} MetricName="M"'].map(isFound)).toEqual([true, true]);
  expect(['{n,A,B} MetricName="M"', '{N,A} MetricName="M"', '{N,A,B,C} MetricName="M"', '{N,A,C} MetricName="M"', '{N,A,B} MetricName="m"'].map(isFound))
    .toEqual(Array(5).fill(false));
});
