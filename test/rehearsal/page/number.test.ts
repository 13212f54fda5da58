import { full, short } from '../../../rehearsal/page/number';

describe('numbers', () => {
  test.each([
    [0, '0', '0'], [3, '3', '3'], [999.5, '999.5', '1k'], [5700, '5,700', '5.7k'], [17_640, '17,640', '17.6k'], [0.125, '0.13', '0.125'],
    [2.5e6, '2,500,000', '2.5M'],
  ])('%d', (value, inFull, inShort) => {
    expect([full(value), short(value)]).toEqual([inFull, inShort]);
  });
});
