import { at, emf, MINUTE } from './support';
import { CloudWatch } from '../../../rehearsal/cloudwatch';

const DAY = 24 * 60 * MINUTE;
const NOW = at('12:00');

function ingest(line: string): number {
  return new CloudWatch({ alarms: [], createdAt: NOW }).ingest(line, NOW);
}

function changed(change: (root: any) => void): string {
  const root = JSON.parse(emf({ at: NOW, value: 1 }));
  change(root);
  return JSON.stringify(root);
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
const directive = (root: any) => root._aws.CloudWatchMetrics[0];

test.each(['START RequestId: 1 Version: $LATEST', '', '17', 'null', '[]', '{"message":"started"}', '{"_aws":'])('ignores %j', line => {
  expect(ingest(line)).toBe(0);
});

test('ignores a line that a logger has wrapped, as CloudWatch does', () => {
  expect(ingest(JSON.stringify({ level: 'INFO', message: JSON.parse(emf({ at: NOW, value: 1 })) }))).toBe(0);
});

test('writes a point for each metric and dimension set', () => {
  const cloudWatch = new CloudWatch({ alarms: [], createdAt: NOW });
  const written = cloudWatch.ingest(JSON.stringify({
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [
        {
          Namespace: 'A',
          Dimensions: [['WorkGroup'], []],
          Metrics: [{ Name: 'IdleTime', Unit: 'Seconds' }, { Name: 'IdleSessions', StorageResolution: 60 }],
        },
        { Namespace: 'B', Dimensions: [['FunctionName', 'WorkGroup']], Metrics: [{ Name: 'IdleSessions', Unit: 'Count' }] },
      ],
    },
    WorkGroup: 'analytics',
    FunctionName: 'collector',
    IdleTime: [3, 7, 5],
    IdleSessions: 3,
    sessions: [{ id: 's-1' }],
  }), NOW + 90_000);

  expect(written).toBe(5);
  const point = (maximum: number, samples: number) => ({ timestamp: NOW, maximum, samples, visibleAt: NOW + 90_000 });
  expect(cloudWatch.series()).toEqual([
    { namespace: 'A', metricName: 'IdleTime', unit: 'Seconds', dimensions: { WorkGroup: 'analytics' }, points: [point(7, 3)] },
    { namespace: 'A', metricName: 'IdleTime', unit: 'Seconds', dimensions: {}, points: [point(7, 3)] },
    { namespace: 'A', metricName: 'IdleSessions', unit: 'None', dimensions: { WorkGroup: 'analytics' }, points: [point(3, 1)] },
    { namespace: 'A', metricName: 'IdleSessions', unit: 'None', dimensions: {}, points: [point(3, 1)] },
    {
      namespace: 'B',
      metricName: 'IdleSessions',
      unit: 'Count',
      dimensions: { FunctionName: 'collector', WorkGroup: 'analytics' },
      points: [point(3, 1)],
    },
  ]);
});

test('keeps both samples of a datapoint that is written twice, in any order', () => {
  const cloudWatch = new CloudWatch({ alarms: [], createdAt: NOW });
  cloudWatch.ingest(emf({ at: '12:05', value: 4 }), at('12:06'));
  cloudWatch.ingest(emf({ at: '12:00', value: 1 }), at('12:07'));
  cloudWatch.ingest(emf({ at: '12:05', value: 9 }), at('12:08'));
  expect(cloudWatch.series()[0].points).toEqual([
    { timestamp: at('12:00'), maximum: 1, samples: 1, visibleAt: at('12:07') },
    { timestamp: at('12:05'), maximum: 9, samples: 2, visibleAt: at('12:06') },
  ]);
});

test('accepts lines just within the limits', () => {
  expect(ingest(emf({ at: NOW - 14 * DAY, value: 1 }))).toBe(1);
  expect(ingest(emf({ at: NOW + 120 * MINUTE, value: 1 }))).toBe(1);
  expect(ingest(emf({ at: NOW, value: new Array(100).fill(1) }))).toBe(1);
  expect(ingest(emf({ at: NOW, value: 1, dimensions: Object.fromEntries(names(30).map(name => [name, 'x'])) }))).toBe(1);
  expect(ingest(changed(root => {
    directive(root).Metrics = names(100).map(Name => ({ Name }));
    names(100).forEach(name => root[name] = 1);
  }))).toBe(100);
  expect(ingest(emf({ at: NOW, value: 1, unit: 'Kilobytes/Second' }))).toBe(1);
});

test.each<[string, string]>([
  ['has 262145 bytes', changed(root => root.padding = 'x'.repeat(256 * 1024 + 1 - changed(r => r.padding = '').length))],
  ['_aws must be an object', '{"_aws":[]}'],
  ['_aws.Timestamp must be a whole number', changed(root => delete root._aws.Timestamp)],
  ['_aws.Timestamp must be a whole number', changed(root => root._aws.Timestamp = '2026-03-10T12:00:00Z')],
  ['more than 14 days in the past (is it in milliseconds?)', changed(root => root._aws.Timestamp = NOW / 1000)],
  ['more than 14 days in the past', emf({ at: NOW - 14 * DAY - 1, value: 1 })],
  ['more than 2 hours in the future', emf({ at: NOW + 120 * MINUTE + 1, value: 1 })],
  ['CloudWatchMetrics must be an array', changed(root => delete root._aws.CloudWatchMetrics)],
  ['a metric directive must be an object', changed(root => root._aws.CloudWatchMetrics = ['IdleTime'])],
  ['Namespace must be a string', changed(root => directive(root).Namespace = '')],
  ['Dimensions must be an array', changed(root => delete directive(root).Dimensions)],
  ['a dimension set must be an array', changed(root => directive(root).Dimensions = ['WorkGroup'])],
  ['has 31 dimensions, at most 30', emf({ at: NOW, value: 1, dimensions: Object.fromEntries(names(31).map(name => [name, 'x'])) })],
  ['dimension WorkGroup is referenced', changed(root => delete root.WorkGroup)],
  ['dimension WorkGroup must be a string', changed(root => root.WorkGroup = 5)],
  ['dimension WorkGroup must be a string of 1 to 1024', changed(root => root.WorkGroup = '')],
  ['Metrics must be an array', changed(root => directive(root).Metrics = {})],
  ['has 101 metrics, at most 100', changed(root => directive(root).Metrics = new Array(101).fill({ Name: 'IdleTime' }))],
  ['a metric needs a Name', changed(root => directive(root).Metrics = [{}])],
  ['unknown unit "seconds"', changed(root => directive(root).Metrics[0].Unit = 'seconds')],
  ['metric IdleTime is referenced', changed(root => delete root.IdleTime)],
  ['must be a number or an array of numbers, got "5"', changed(root => root.IdleTime = '5')],
  ['must be a number or an array of numbers, got null', changed(root => root.IdleTime = [1, null])],
  ['metric IdleTime has no value', changed(root => root.IdleTime = [])],
  ['has 101 values, at most 100', emf({ at: NOW, value: new Array(101).fill(1) })],
])('refuses: %s', (message, line) => {
  expect(() => ingest(line)).toThrow('malformed embedded metric format');
  expect(() => ingest(line)).toThrow(message);
});

test('a line that is refused writes nothing', () => {
  const cloudWatch = new CloudWatch({ alarms: [], createdAt: NOW });
  const line = changed(root => directive(root).Metrics.push({ Name: 'Missing' }));
  expect(() => cloudWatch.ingest(line, NOW)).toThrow('metric Missing is referenced');
  expect(cloudWatch.series()).toEqual([]);
});
