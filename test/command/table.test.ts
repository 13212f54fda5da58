import { displayWidth, tableLines } from '../../command/table';

const plainTitle = (title: string) => title;

test.each([
  ['', 0], ['churn', 5], ['日本語', 6], ['é', 1], ['e\u0301', 1], ['👩‍💻', 2], ['🇫🇷', 2], ['✔', 1], ['❤️', 2], ['–…', 2], ['a\u200bb', 2], ['한글', 4], ['ﾊ', 1],
])('%j takes the right number of columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('columns are as wide as their widest cell, and numbers are aligned right', () => {
  expect(tableLines([
    { title: 'NAME', cells: ['a', 'longer'] }, { title: 'AGE', cells: ['5m', '10h59m'], alignRight: true }, { title: 'TEXT', cells: ['x', 'yz'] },
  ], Infinity, plainTitle)).toEqual([
    'NAME       AGE  TEXT',
    'a           5m  x',
    'longer  10h59m  yz',
  ]);
});

test('columns that do not fit are left out, the highest first', () => {
  const columns = [{ title: 'NAME', cells: ['abc'] }, { title: 'ONE', cells: ['11111'], leaveOut: 1 }, { title: 'TWO', cells: ['22222'], leaveOut: 2 }];
  const titlesAt = (width: number) => tableLines(columns, width, plainTitle)[0]!.split(/ +/);
  expect(titlesAt(18)).toEqual(['NAME', 'ONE', 'TWO']);
  expect(titlesAt(17)).toEqual(['NAME', 'ONE']);
  expect(titlesAt(10)).toEqual(['NAME']);
  expect(titlesAt(1)).toEqual(['NAME']);
});

test('long cells are shortened, the widest column first, by whole characters', () => {
  const columns = [{ title: 'NAME', cells: ['etl-of-the-team'], minWidth: 6 }, { title: 'TEXT', cells: ['日本語日本語日本語日本語'], minWidth: 5 }];
  expect(tableLines(columns, 32, plainTitle)[1]).toBe('etl-of-the-team  日本語日本語日…');
  expect(tableLines(columns, 22, plainTitle)[1]).toBe('etl-of-th…  日本語日…');
  expect(tableLines(columns, 3, plainTitle)[1]).toBe('etl-o…  日本…');
});

test('no line is wider than the table\'s width', () => {
  const cells = ['日本語'.repeat(9), '👩‍💻'.repeat(20), 'plain text that is long enough', ''];
  for (let width = 25; width < 90; width++) {
    const lines = tableLines([{ title: 'A', cells, minWidth: 8 }, { title: 'B', cells, minWidth: 8 }, { title: 'C', cells: ['1', '2', '3', '4'] }], width, plainTitle);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
  }
});

test('styles do not count as width', () => {
  expect(tableLines([{ title: 'A', cells: ['x', 'yy'], paint: (cell) => `<${cell}>` }, { title: 'B', cells: ['1', '2'] }], Infinity, (title) => `[${title}]`)).toEqual([
    '[A]   [B]', '<x>   1', '<yy>  2',
  ]);
});
