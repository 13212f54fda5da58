import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { matchesPatterns } from '../../src/athena/work-group-pattern';

/** A simple matcher that follows the definition, one character at a time. */
function naiveMatch(pattern: string, name: string): boolean {
  if (pattern === '') {
    return name === '';
  }
  if (pattern[0] === '*') {
    return naiveMatch(pattern.slice(1), name) || (name !== '' && naiveMatch(pattern, name.slice(1)));
  }
  return name !== '' && (pattern[0] === '?' || pattern[0] === name[0]) && naiveMatch(pattern.slice(1), name.slice(1));
}

function naiveSelection(name: string, patterns: readonly string[]): boolean {
  let hasIncluding = false;
  let included = false;
  for (const pattern of patterns) {
    if (pattern[0] === '!') {
      if (naiveMatch(pattern.slice(1), name)) {
        return false;
      }
    } else {
      hasIncluding = true;
      included ||= naiveMatch(pattern, name);
    }
  }
  return included || !hasIncluding;
}

describe('one pattern', () => {
  test.each([
    ['analytics', 'analytics', true],
    ['analytics', 'analytics-2', false],
    ['analytics', 'my-analytics', false],
    ['analytics', 'Analytics', false],
    ['Team-*', 'team-a', false],
    ['*', 'anything.at_all-1', true],
    ['team-*', 'team-', true],
    ['team-*', 'team-a', true],
    ['team-*', 'a-team-a', false],
    ['*-dev', 'spark-dev', true],
    ['*-dev', 'spark-dev2', false],
    ['*spark*', 'my-spark-1', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a**b', 'ab', true],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['team-?', 'team-', false],
    ['t?am', 'team', true],
    ['a.b', 'a.b', true],
    ['a.b', 'axb', false],
    ['a.*', 'ab', false],
    ['a-b_c', 'a-b_c', true],
  ])('%s matches %s: %s', (pattern, name, expected) => {
    expect(matchesPatterns(name, [pattern])).toBe(expected);
    expect(matchesPatterns(name, [`!${pattern}`])).toBe(!expected);
  });
});

describe('several patterns', () => {
  test('include a workgroup that matches any of them', () => {
    expect(['a1', 'b1', 'c1'].filter((name) => matchesPatterns(name, ['a*', 'b*']))).toEqual(['a1', 'b1']);
  });

  test('include all other workgroups if all patterns exclude', () => {
    expect(['a1', 'b1', 'c1'].filter((name) => matchesPatterns(name, ['!a*', '!b*']))).toEqual(['c1']);
  });

  test('exclude a workgroup that matches an excluding pattern, in any order', () => {
    for (const patterns of [['team-*', '!*-dev'], ['!*-dev', 'team-*'], ['!*-dev', '*', 'team-*'], ['team-b-dev', 'team-*', '!*-dev']]) {
      expect(['team-a', 'team-b-dev'].filter((name) => matchesPatterns(name, patterns))).toEqual(['team-a']);
    }
  });
});

// Few different characters, so that matches are not rare.
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '.', '-', '_'), minLength: 1, maxLength: 8 });
const pattern = fc.tuple(
  fc.constantFrom('', '', '!'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'B', '.', '-', '_', '*', '?', '*'), minLength: 1, maxLength: 7 }),
).map((parts) => parts.join(''));

test('matches like the simple matcher', () => {
  fc.assert(fc.property(name, fc.array(pattern, { maxLength: 4 }), (text, patterns) => {
    expect(matchesPatterns(text, patterns)).toBe(naiveSelection(text, patterns));
  }), { numRuns: 2000 });
});

test('the order of patterns does not matter', () => {
  fc.assert(fc.property(name, fc.array(pattern, { minLength: 1, maxLength: 4 }).chain((patterns) => (
    fc.tuple(fc.constant(patterns), fc.shuffledSubarray(patterns, { minLength: patterns.length }))
  )), (text, [patterns, shuffled]) => {
    expect(matchesPatterns(text, shuffled)).toBe(matchesPatterns(text, patterns));
  }), { numRuns: 500 });
});

test('a pattern with many stars is matched quickly', () => {
  // The virtual machine stops code that runs too long. A test's own timeout cannot stop code that never yields.
  const matches = () => matchesPatterns('a'.repeat(128), [`${'*a'.repeat(60)}*b`]);
  expect(runInNewContext('matches()', { matches }, { timeout: 2000 })).toBe(false);
});
