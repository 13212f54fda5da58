/** The known name that the given one is probably a misspelling of, if any: at most two edits away, case ignored. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  return [0, 1, 2].flatMap((edits) => known.filter((name) => (
    // Fewer than half of its letters: any two letters are two edits away from `id`.
    edits < name.length / 2 && isWithin(edits, given.toLowerCase(), name.toLowerCase()))))[0];
}

/** Whether one text becomes the other by at most so many insertions, deletions, replacements, and swaps of neighbors. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (edits < 0) {
    return false;
  }
  if (one === '' || other === '') {
    return one.length + other.length <= edits;
  }
  if (one[0] === other[0]) {
    return isWithin(edits, one.slice(1), other.slice(1));
  }
  return isWithin(edits - 1, one.slice(1), other) || isWithin(edits - 1, one, other.slice(1)) || isWithin(edits - 1, one.slice(1), other.slice(1))
    || (one[0] === other[1] && one[1] === other[0] && isWithin(edits - 1, one.slice(2), other.slice(2)));
}
