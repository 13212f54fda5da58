/**
 * What Athena takes for a workgroup's name.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
 */
export function isWorkGroupName(text: string): boolean {
  return /^[a-zA-Z0-9._-]{1,128}$/.test(text);
}

/** Whether the text is a pattern: characters of a workgroup's name, `*` and `?`, with or without a leading `!`. */
export function isPattern(text: string): boolean {
  return /^!?[a-zA-Z0-9._*?-]{1,128}$/.test(text);
}

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
