/** Taken is what matches any pattern without `!` (or there is none), and none with `!`; their order does not matter. */
export function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  const taking = patterns.filter((pattern) => !pattern.startsWith('!'));
  const leaving = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const matches = (pattern: string) => wildcard(pattern).test(name);
  return (taking.length === 0 || taking.some(matches)) && !leaving.some(matches);
}

/** `*` is any number of characters, `?` is one; the whole name has to match, in its case. */
function wildcard(pattern: string): RegExp {
  const parts = pattern.replace(/\*+/g, '*').replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${parts}$`);
}
