/** Takes one from each group in turn, up to the maximum. */
export function takeInTurn<Item>(groups: readonly (readonly Item[])[], maximum: number): Item[] {
  const rounds = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group.slice(round, round + 1))).flat().slice(0, maximum);
}

/** Sorts by the key, least first. */
export function sortedBy<Item>(items: readonly Item[], key: (item: Item) => number): Item[] {
  return [...items].sort((a, b) => key(a) - key(b));
}
