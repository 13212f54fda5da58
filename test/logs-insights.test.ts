import { type Reading, READINGS, runQuery } from '../rehearsal/cloudwatch/logs-insights';

const NOW = Date.UTC(2026, 10, 24, 12, 30, 15, 500);
const [READING] = READINGS;

const events = (...messages: (object | string)[]) => messages.map((message, index) => ({
  timestamp: NOW - 1000 * (messages.length - index),
  logStream: `2026/11/24/function[$LATEST]${index}`,
  message: typeof message === 'string' ? message : JSON.stringify(message),
}));
const run = (query: string, messages: (object | string)[], reading: Partial<Reading> = {}) =>
  runQuery(query, events(...messages), NOW, { ...READING!, ...reading });

// A typo in a query must not make an empty table.
test.each([
  'felds a as b',
  'fields a',
  'fields a as b c',
  'fields upper(a) as b',
  'fields floor(a, a) as b',
  'fields now(1) as b',
  'fields toMillis(a) as b',
  'fields floor("1") as b',
  'fields a + "x" as b',
  'fields a as a', // a line has it
  'fields a as x, a as x',
  'fields @nothing as b',
  'fields `foo-bar` as b',
  'filter a == 1',
  'filter a = "1"', // it is a number
  'filter a',
  'filter not a',
  'filter @timestamp > "2026-01-01"',
  'filter a like x',
  'filter a like /(?<!x)y/',
  'filter a like /x',
  'filter a in ["x"',
  'unnest a as b',
  'unnest jsonParse(@message) into b',
  'stats median(a) as b',
  'stats count(a) as b',
  'stats max(*) as b',
  'stats max(a, a) as b',
  'stats max(a)',
  'stats a as b',
  'stats max(a) as b by c.d',
  'stats max(a) as b by bin(300s) as c', // capped
  'stats max(a) as b by bin(1h)',
  'stats max(a) as b, min(a) as b',
  'stats max(@timestamp) as b',
  'stats max(a) as b | filter a = 1', // gone
  'stats max(a) as b | stats latest(b) as c', // there is no time any more
  'stats max(a) as b | stats max(b) as c | stats max(c) as d',
  'stats max(a) as b | sort b',
  'stats max(a) as b | sort b desc | filter b = 1',
  'stats max(a) as b | limit 1 | sort b desc',
  'stats max(a) as b | limit many',
  'sort @timestamp desc', // what is shown?
  'display @timestamp |',
  'fields jsonParse(@message) as line | stats max(line) as b',
  'fields jsonParse(@message) as line | filter line.a + "x" = 2',
])('%s is refused', (query) => {
  expect(() => run(`${query}${/stats|display|sort/.test(query) ? '' : ' | display @timestamp'}`, [{ a: 1, c: { d: 2 } }])).toThrow();
});

test('a name of the same command cannot be used yet', () => {
  expect(run('fields jsonParse(@message) as line, line.a as b | display b', [{ a: 1 }])).toEqual([{}]);
  expect(run('fields jsonParse(@message) as line | fields line.a as b | display b', [{ a: 1 }])).toEqual([{ b: 1 }]);
});

test('a list is made records of, whose other fields stay', () => {
  const query = 'fields jsonParse(@message) as line | unnest line.list into item | filter ispresent(item.n) | fields line.x as y, item.n as n | display y, n';
  expect(run(query, [{ x: 'X', list: [{ n: 1 }, { n: 2 }] }, { x: 'Y' }, { x: 'Z', list: { n: 3 } }, 'START'])).toEqual([{ y: 'X', n: 1 }, { y: 'X', n: 2 }, { y: 'Z', n: 3 }]);
});

test('items of lists are in brackets, and in the names of discovered fields between dots', () => {
  expect(run('fields jsonParse(@message) as line | fields line.a[1].b as x, a.1.b as y, line.a.1.b as z | display x, y, z', [{ a: [{}, { b: 'B' }] }]))
    .toEqual([{ x: 'B', y: 'B' }]);
});

test('fields are discovered in the first piece of JSON of a line, 200 at the most', () => {
  expect(run('fields errorMessage as x | display x', ['2026\tERROR\tInvoke Error \t{"errorMessage":"no"}'])).toEqual([{ x: 'no' }]);
  const long = { ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n${i}`, i])), late: 1 };
  expect(run('filter ispresent(late) | display @timestamp', [long], { discovered: 'the first 200' })).toEqual([]);
  expect(run('filter ispresent(n0) | display @timestamp', [long], { discovered: 'none' })).toEqual([]);
  expect(run('filter ispresent(n0) | display @timestamp', [long], { discovered: 'the first 200' })).toHaveLength(1);
});

test('now() is in seconds, toMillis() in milliseconds', () => {
  expect(run('fields now() as n, toMillis(@timestamp) as t, fromMillis(0) as f | display n, t, f', [{}]))
    .toEqual([{ n: Math.floor(NOW / 1000), t: NOW - 1000, f: new Date(0) }]);
});

test('conditions are combined, the tighter ones first', () => {
  const kept = (condition: string) => run(`filter ${condition} | display a`, [{ a: 1 }, { a: 2 }, { a: 3 }]).map(({ a }) => a);
  expect(kept('a = 1 or a = 2 and a > 2')).toEqual([1]);
  expect(kept('(a = 1 or a = 2) and a >= 2')).toEqual([2]);
  expect(kept('a in [1, 3]')).toEqual([1, 3]);
  expect(kept('a * 2 - 1 <= 2 + 2 / 2')).toEqual([1, 2]);
  expect(kept('@message like /":(1|3)/')).toEqual([1, 3]);
  expect(kept('@message like "2}"')).toEqual([2]);
  expect(kept('@logStream like "/function[$LATEST]1"')).toEqual([2]);
  expect(kept('@logStream like "/Function["')).toEqual([]);
  expect(kept('b = 1 or b < 1')).toEqual([]);
});

test('stats are grouped, sorted and cut', () => {
  const rows = [{ g: 'x', v: 1 }, { g: 'y', v: 5 }, { g: 'x', v: 3 }, { g: 'x' }];
  expect(run('stats count(*) as n, sum(v) / 2 as half, max(v) as most, min(v) as least by g | sort most desc', rows)).toEqual([
    { g: 'y', n: 1, half: 2.5, most: 5, least: 5 }, { g: 'x', n: 3, half: 2, most: 3, least: 1 },
  ]);
  expect(run('stats max(v) as most by g | stats sum(most) as sum, count(*) as n', rows)).toEqual([{ sum: 8, n: 2 }]);
  expect(run('stats max(v) as most by g | sort most asc | limit 1', rows)).toEqual([{ g: 'x', most: 3 }]);
  expect(run('stats count(*) as n by bin(1h) as hour', rows)).toEqual([{ hour: new Date(Date.UTC(2026, 10, 24, 12)), n: 4 }]);
});

test('what is not documented can be read in more than one way', () => {
  const rows = [{ g: 'x', v: 1 }, { g: 'x' }, { v: 2 }];
  expect(run('stats latest(v) as last by g', rows, { latest: 'nothing' })).toEqual([{ g: 'x' }, { last: 2 }]);
  expect(run('stats latest(v) as last by g', rows, { latest: 'of those that have it' })).toEqual([{ g: 'x', last: 1 }, { last: 2 }]);
  expect(run('stats max(v) as most by g', rows, { grouped: 'not at all' })).toEqual([{ g: 'x', most: 1 }]);
  const unnest = 'fields jsonParse(@message) as line | unnest line.list into item | display @timestamp';
  expect(run(unnest, [{}], { unnested: 'no record' })).toEqual([]);
  expect(run(unnest, [{}], { unnested: 'a record of nothing' })).toHaveLength(1);
  const stringify = 'fields jsonParse(@message) as line | filter ispresent(jsonStringify(line.list)) | display @timestamp';
  expect(run(stringify, [{}], { stringified: 'nothing' })).toEqual([]);
  expect(run(stringify, [{}], { stringified: 'an empty text' })).toHaveLength(1);
  expect(READINGS).toHaveLength(32);
});
