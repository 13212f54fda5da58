import * as fc from 'fast-check';
import { code, cut, duration, plain, plainUrl, toJson } from '../../src/collector/text';

const seed = 20260310;

describe('cut()', () => {
  test('keeps texts of up to 256 characters', () => {
    expect(cut(undefined)).toBeUndefined();
    expect(cut('')).toBe('');
    expect(cut('a'.repeat(256))).toBe('a'.repeat(256));
    expect(cut('a'.repeat(257))).toBe('a'.repeat(256));
    expect(cut('abc', 2)).toBe('ab');
  });

  test('does not cut within a character', () => {
    expect(cut(`${'a'.repeat(255)}😀b`)).toBe(`${'a'.repeat(255)}😀`);
    expect(cut(`${'a'.repeat(256)}😀`)).toBe('a'.repeat(256));
    expect(cut('😀'.repeat(300))).toBe('😀'.repeat(256));
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 200, maxLength: 600 }), (text) => {
      const result = cut(text);
      expect(text.startsWith(result)).toBe(true);
      expect(result).toBe(Buffer.from(result).toString());
      expect([...result].length).toBe(Math.min(256, [...text].length));
    }), { seed, numRuns: 300 });
  });
});

describe('plain()', () => {
  test.each([
    ['say "hi"', 'say \'hi\''],
    ['C:\\temp', 'C:/temp'],
    ['<!channel> & <b>', '‹!channel› & ‹b›'],
    ['a\nb\r\nc\td\0e', 'a b  c d e'],
    ['a\u0085b\u2028c\u2029d', 'a b c d'],
    ['\u202eabc\u2066d\u2069\u200f\u061c', ' abc d   '],
    ['a\ud83db', 'a\ufffdb'],
    ['👩‍👩‍👧 שלום é {x} `y`', '👩‍👩‍👧 שלום é {x} `y`'],
    [`${'a'.repeat(255)}"bc`, `${'a'.repeat(255)}'`],
  ])('makes of %j', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});

test('code() is one code span, whatever the text is', () => {
  expect(code('a `b` "c"')).toBe('`a \'b\' \'c\'`');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(code(text)).toMatch(/^`[^`]*`$/);
  }), { seed, numRuns: 300 });
});

describe('plainUrl()', () => {
  test('keeps what a URL can contain', () => {
    const url = 'https://example.com:8443/a/b-c_d~e.html?x=1&y=%20!*\';@#idle';
    expect(plainUrl(url)).toBe(url);
  });

  test('encodes what would end a JSON string, or a link in Markdown', () => {
    expect(plainUrl('https://e.com/"\\<>()[]` \n')).toBe('https://e.com/%22%5C%3C%3E%28%29%5B%5D%60%20%0A');
    expect(plainUrl('https://e.com/é😀')).toBe('https://e.com/%C3%A9%F0%9F%98%80');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const encoded = plainUrl(text);
      expect(encoded).toMatch(/^[!-~]*$/);
      expect(encoded).not.toMatch(/["\\<>()[\]`]/);
      expect(decodeURIComponent(plainUrl(text.replaceAll('%', '')))).toBe(text.replaceAll('%', ''));
    }), { seed, numRuns: 500 });
  });
});

test('toJson() replaces lone surrogates in values', () => {
  expect(toJson({ a: ['x\ud83d', '😀'], b: { c: '\ude00' }, d: 1, e: undefined })).toBe('{"a":["x\ufffd","😀"],"b":{"c":"\ufffd"},"d":1}');
});

test.each([
  [0, '0 s'], [1, '1 s'], [59, '59 s'], [60, '1 min'], [119, '1 min'], [3599, '59 min'], [3600, '1 h'], [3660, '1 h 1 min'], [7199, '1 h 59 min'],
  [86_400, '24 h'], [100 * 3600 + 61, '100 h 1 min'],
])('duration() of %d seconds is %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
