/** Taken is what matches any pattern without `!` (or there is none), and none with `!`; their order does not matter. */
export function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  const include = patterns.filter((pattern) => !pattern.startsWith('!'));
  const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const matches = (pattern: string) => matchesWildcards(name, pattern);
  return (include.length === 0 || include.some(matches)) && !exclude.some(matches);
}

/**
 * `*` is any number of characters, `?` is one; the whole name has to match, in its case. No regular expression: one with
 * many stars can take for ever to find that a name does not match.
 */
function matchesWildcards(name: string, pattern: string): boolean {
  let [inName, inPattern] = [0, 0];
  let [starInName, starInPattern] = [0, -1];
  while (inName < name.length) {
    if (pattern[inPattern] === '*') {
      [starInName, starInPattern] = [inName, inPattern++];
    } else if (pattern[inPattern] === '?' || pattern[inPattern] === name[inName]) {
      inName++;
      inPattern++;
    } else if (starInPattern >= 0) {
      // The last star takes one character more; what an earlier star would take in its place, this one can take, too.
      inName = ++starInName;
      inPattern = starInPattern + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
