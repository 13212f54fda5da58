import { runQuery } from '../../../rehearsal/cloudwatch/logs-insights';

const NOW = Date.UTC(2026, 10, 24, 12, 30, 15, 500);

const run = (query: string, ...messages: (object | string)[]) => runQuery(query, messages.map((message, index) => ({
  timestamp: NOW - 1000 * (messages.length - index),
  logStream: `2026/11/24/function[$LATEST]${index}`,
  message: typeof message === 'string' ? message : JSON.stringify(message),
})), NOW).rows;

// With a typo, a query must not return an empty table.
test.each([
  'felds a as b',
  'fields a',
  'fields a as b c',
  'fields upper(a) as b',
  'fields max(a) as b',
  'fields floor("1") as b',
  'fields a as a', // a line has it
  'fields a as x, a as x',
  'fields @nothing as b',
  'filter a == 1',
  'filter a = "1"', // it is a number
  'filter a',
  'filter a like x',
  'unnest a as b',
  'stats median(a) as b',
  'stats count(a) as b',
  'stats max(a)',
  'stats a as b',
  'stats max(a) as b by bin(300s) as c',
  'stats max(@timestamp) as b',
  'stats max(a) as b | filter a = 1', // gone
  'stats max(a) as b | stats latest(b) as c', // there is no time any more
  'stats max(a) as b | sort b',
  'sort @timestamp desc', // shows whole lines
  'display @timestamp |',
])('%s is refused', (query) => {
  expect(() => run(`${query}${/stats|display|sort/.test(query) ? '' : ' | display @timestamp'}`, { a: 1 })).toThrow();
});

test('fields are parsed, discovered, unnested and combined', () => {
  expect(run('fields jsonParse(@message) as line, line.a as b | display b', { a: 1 })).toEqual([{}]); // not yet
  const query = 'fields jsonParse(@message) as line | unnest line.list into item | filter ispresent(item.n) | fields line.x as y, item.n as n | display y, n';
  expect(run(query, { x: 'X', list: [{ n: 1 }, { n: 2 }] }, { x: 'Y' }, { x: 'Z', list: { n: 3 } }, 'START')).toEqual([{ y: 'X', n: 1 }, { y: 'X', n: 2 }, { y: 'Z', n: 3 }]);
  expect(run('fields errorMessage as x | display x', '2026\tERROR\tInvoke Error \t{"errorMessage":"no"}')).toEqual([{ x: 'no' }]);
  const long = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`n${i}`, i]));
  expect(run('fields n199 as x, n200 as y | display x, y', long)).toEqual([{ x: 199 }]);
  expect(run('fields now() as n, toMillis(@timestamp) as t, fromMillis(0) as f | display n, t, f', {}))
    .toEqual([{ n: Math.floor(NOW / 1000), t: NOW - 1000, f: new Date(0) }]);
});

test.each([
  ['a = 1 or a = 2 and a >= 3', [1]],
  ['(a = 1 or a = 2) and a >= 2', [2]],
  ['a * 2 - 1 >= 6 / 2', [2, 3]],
  ['@message like /":(1|3)/', [1, 3]],
  ['@logStream like "/function[$LATEST]1"', [2]],
  ['@logStream like "/Function["', []],
  ['b = 1 or b >= 1', []],
])('filter %s', (condition, expected) => {
  expect(run(`filter ${condition} | display a`, { a: 1 }, { a: 2 }, { a: 3 }).map(({ a }) => a)).toEqual(expected);
});

test('stats are grouped, sorted and cut', () => {
  const rows = [{ g: 'x', v: 1 }, { g: 'y', v: 5 }, { g: 'x', v: 3 }, { g: 'x' }];
  expect(run('stats count(*) as n, sum(v) / 2 as half, max(v) as most, min(v) as least, latest(v) as last by g | sort most desc', ...rows)).toEqual([
    { g: 'y', n: 1, half: 2.5, most: 5, least: 5, last: 5 }, { g: 'x', n: 3, half: 2, most: 3, least: 1, last: 3 },
  ]);
  expect(run('stats max(v) as most by g | stats sum(most) as sum, count(*) as n', ...rows)).toEqual([{ sum: 8, n: 2 }]);
  expect(run('stats max(v) as most by g | sort most asc | limit 1', ...rows)).toEqual([{ g: 'x', most: 3 }]);
  expect(run('stats count(*) as n by bin(1h) as hour', ...rows)).toEqual([{ hour: new Date(Date.UTC(2026, 10, 24, 12)), n: 4 }]);
});
