/** The inverse of the golden ratio. Its multiples modulo 1 divide a circle more evenly than those of any other number. */
const STEP = (Math.sqrt(5) - 1) / 2;

/**
 * Sorts the items by name, and starts with a different one in each run.
 *
 * A run that reaches its deadline does not list all items, so the start must rotate. A step of the golden section spreads the starts of
 * successive runs evenly, whatever number of items a run lists: if every run lists at least `listed` of `count`, no item waits for more
 * than `2 * ceil(count / listed) + 1` runs, even if items are added and removed.
 * @see https://en.wikipedia.org/wiki/Three-gap_theorem
 */
export function rotate<Item extends { readonly name: string }>(items: readonly Item[], run: number): Item[] {
  const sorted = [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = Math.floor(((run * STEP) % 1) * sorted.length);
  return [...sorted.slice(first), ...sorted.slice(0, first)];
}
