/**
 * Event patterns: which events a rule is for.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export interface EventPattern {
  readonly [field: string]: unknown;
}

/** Whether an event has what a pattern asks for. Throws if the pattern is invalid, or has a filter that is not simulated. */
export function matchesPattern(pattern: EventPattern, event: object): boolean {
  // The source comes first: filters of rules that are for other sources may be any.
  const { source, ...others } = pattern;
  return (source === undefined || matchesAll({ source }, event, '')) && matchesAll(others, event, '');
}

function matchesAll(pattern: EventPattern, event: object, at: string): boolean {
  return Object.entries(pattern).every(([field, expected]) => {
    const path = at === '' ? field : `${at}.${field}`;
    if (field === '$or') {
      if (!Array.isArray(expected) || expected.length < 2 || !expected.every(isObject)) {
        throw new Error(`${path} must be a list of at least two patterns; got ${JSON.stringify(expected)}`);
      }
      return expected.some(one => matchesAll(one, event, path));
    }
    const value = Object.hasOwn(event, field) ? (event as EventPattern)[field] : undefined;
    if (isObject(expected)) {
      // Of a list, one element must have all that the pattern asks for. A missing object has no fields.
      return Array.isArray(value) ? value.filter(isObject).some(one => matchesAll(expected, one, path))
        : matchesAll(expected, isObject(value) ? value : {}, path);
    }
    if (!Array.isArray(expected) || expected.length === 0) {
      throw new Error(`${path} must be a list of values, or a pattern; got ${JSON.stringify(expected)}`);
    }
    const leaves = Array.isArray(value) ? value.flat(Infinity).filter(isLeaf) : isLeaf(value) ? [value] : [];
    return expected.some(one => isObject(one) ? matchesFilter(one, leaves, path) : leaves.includes(one as Leaf));
  });
}

type Leaf = string | number | boolean | null;

/** Compares a text with a filter's. */
const COMPARISONS: { readonly [name: string]: (value: string, expected: string) => boolean } = {
  'prefix': (value, expected) => value.startsWith(expected),
  'suffix': (value, expected) => value.endsWith(expected),
  'equals-ignore-case': (value, expected) => value.toLowerCase() === expected.toLowerCase(),
  'wildcard': (value, expected) => wildcard(expected).test(value),
};

/** Whether one of the values passes a filter. */
function matchesFilter(filter: EventPattern, leaves: readonly Leaf[], path: string): boolean {
  const [[name, expected], ...others] = Object.entries(filter) as [[string, unknown], ...unknown[]];
  const notSimulated = () => new Error(`the filter ${JSON.stringify(filter)} of ${path} is not simulated`);
  if (others.length > 0) {
    throw notSimulated();
  }
  switch (name) {
    case 'exists':
      return leaves.length > 0 === expected;
    case 'numeric':
      return leaves.some(range(expected, notSimulated));
    case 'anything-but': {
      const [inner] = isObject(expected) ? Object.entries(expected) : [];
      const isExcluded = inner ? comparison(inner[0], [inner[1]].flat(), notSimulated) : (leaf: Leaf) => [expected].flat().includes(leaf);
      return leaves.some(leaf => !isExcluded(leaf));
    }
    default: {
      const isIncluded = comparison(name, [expected], notSimulated);
      return leaves.some(isIncluded);
    }
  }
}

/** A test of a value against any of the texts. */
function comparison(name: string, expected: readonly unknown[], notSimulated: () => Error): (leaf: Leaf) => boolean {
  const tests = expected.map(one => {
    const ignoresCase = isObject(one) && Object.keys(one).join() === 'equals-ignore-case' && ['prefix', 'suffix'].includes(name);
    const text = ignoresCase ? one['equals-ignore-case'] : one;
    const compare = COMPARISONS[name];
    if (!compare || typeof text !== 'string') {
      throw notSimulated();
    }
    return (value: string) => ignoresCase ? compare(value.toLowerCase(), text.toLowerCase()) : compare(value, text);
  });
  return leaf => typeof leaf === 'string' && tests.some(test => test(leaf));
}

/** A test of a value against a range such as `[">", 0, "<=", 5]`. */
function range(expected: unknown, notSimulated: () => Error): (leaf: Leaf) => boolean {
  if (!Array.isArray(expected) || expected.length === 0 || expected.length % 2 > 0) {
    throw notSimulated();
  }
  const tests = Array.from({ length: expected.length / 2 }, (_, index) => {
    const [operator, bound] = expected.slice(2 * index);
    const compare = BOUNDS[operator];
    if (!compare || typeof bound !== 'number') {
      throw notSimulated();
    }
    return (value: number) => compare(value, bound);
  });
  return leaf => typeof leaf === 'number' && tests.every(test => test(leaf));
}

const BOUNDS: { readonly [operator: string]: (value: number, bound: number) => boolean } = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '=': (value, bound) => value === bound,
  '>=': (value, bound) => value >= bound,
  '>': (value, bound) => value > bound,
};

/** `*` is any text, `\*` and `\\` are themselves. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\[*\\]|\*|[^*\\]+|\\/g, part => part === '*' ? '.*' : part.replace(/^\\([*\\])$/, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source}$`, 's');
}

function isObject(value: unknown): value is EventPattern {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
