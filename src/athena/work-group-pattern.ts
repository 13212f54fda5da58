/** Whether the name matches a pattern without `!`, or there is no such pattern, and matches none with `!`. */
export function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  const include = patterns.filter((pattern) => !pattern.startsWith('!'));
  const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const matches = (pattern: string) => matchesWildcards(name, pattern);
  return (include.length === 0 || include.some(matches)) && !exclude.some(matches);
}

/**
 * `*` matches any number of characters, `?` matches one. The whole name must match, and case matters. This is not done with a regular
 * expression, because one with many stars can take forever to reject a name.
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
      // Retry with one more character for the last star. Retrying earlier stars is not needed, as the last one can match the same text.
      inName = ++starInName;
      inPattern = starInPattern + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
