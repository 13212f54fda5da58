import { rotate } from '../../src/collector/rotation';

const itemsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `w${`${index}`.padStart(4, '0')}` }));

test('the order is by name, beginning at the golden section of the run', () => {
  const items = itemsOf(10);
  const firsts = [0, 1, 2, 3, 4].map((run) => rotate([...items].reverse(), run)[0]!.name);
  expect(firsts).toEqual(['w0000', 'w0006', 'w0002', 'w0008', 'w0004']);
});

test('no items have an order, too', () => {
  expect(rotate([], 7)).toEqual([]);
});
