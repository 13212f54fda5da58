/** The golden ratio's inverse: its multiples, taken modulo 1, divide a circle more evenly than those of any other number. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * The items in the order of run number `run`: by name, beginning at another place in each run.
 *
 * Where a run does not reach all of them, where it begins decides who waits. Each run begins a golden section of the circle after the
 * one before it, so that the places of any few runs in a row lie about equally far apart. Nobody has to know how many items a run lists:
 * if every run lists at least `listed` of `count`, no item waits for more than `2 * ceil(count / listed) + 1` runs, also while items come
 * and go. A step as long as what a run lists would do better only as long as it lists exactly that many.
 * @see https://en.wikipedia.org/wiki/Three-gap_theorem
 */
export function rotate<Item extends { readonly name: string }>(items: readonly Item[], run: number): Item[] {
  const sorted = [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = Math.floor(((run * STEP) % 1) * sorted.length);
  return [...sorted.slice(first), ...sorted.slice(0, first)];
}
