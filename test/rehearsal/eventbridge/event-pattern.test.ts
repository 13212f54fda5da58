import fc from 'fast-check';
import { type EventPattern, matchesPattern } from '../../../rehearsal/eventbridge/event-pattern';

const EVENT = {
  'source': 'monitor',
  'detail-type': 'Session Idle',
  'resources': ['arn:one', 'arn:two'],
  'detail': {
    alarm: 'Idle',
    seconds: 3600,
    owner: null,
    notebook: true,
    empty: '',
    path: 'dir/a.png',
    tags: [{ key: 'Team', value: 'data' }, { key: 'Owner', value: 'Jane' }],
    links: { console: 'https://x' },
    none: [],
  },
};

const matches = (detail: EventPattern) => matchesPattern({ detail }, EVENT);

test.each<[string, EventPattern, boolean]>([
  ['an exact value', { source: ['monitor'], detail: { alarm: ['Idle'] } }, true],
  ['one of several values', { 'detail-type': ['Session Failed', 'Session Idle'] }, true],
  ['another value', { source: ['monitor'], detail: { alarm: ['Failed'] } }, false],
  ['another case', { source: ['Monitor'] }, false],
  ['a value of a list', { resources: ['arn:two', 'arn:three'] }, true],
  ['no value of a list', { resources: ['arn:three'] }, false],
  ['nothing', {}, true],
  ['a field that is missing', { account: ['123456789012'] }, false],
  ['either of two patterns', { $or: [{ source: ['other'] }, { detail: { alarm: ['Idle'] } }] }, true],
  ['neither of two patterns', { $or: [{ source: ['other'] }, { detail: { alarm: ['Failed'] } }] }, false],
])('a pattern for %s', (_, pattern, expected) => expect(matchesPattern(pattern, EVENT)).toBe(expected));

test.each<[EventPattern, boolean]>([
  [{ owner: [null] }, true],
  [{ alarm: [null] }, false],
  [{ missing: [null] }, false],
  [{ notebook: [true] }, true],
  [{ notebook: ['true'] }, false],
  [{ seconds: [3600] }, true],
  [{ seconds: ['3600'] }, false],
  [{ empty: [''] }, true],
  [{ alarm: [{ prefix: 'Id' }] }, true],
  [{ alarm: [{ prefix: 'id' }] }, false],
  [{ alarm: [{ prefix: { 'equals-ignore-case': 'iD' } }] }, true],
  [{ seconds: [{ prefix: '36' }] }, false],
  [{ path: [{ suffix: '.png' }] }, true],
  [{ path: [{ suffix: '.PNG' }] }, false],
  [{ path: [{ suffix: { 'equals-ignore-case': '.PNG' } }] }, true],
  [{ alarm: [{ 'equals-ignore-case': 'IDLE' }] }, true],
  [{ alarm: [{ 'equals-ignore-case': 'IDL' }] }, false],
  [{ path: [{ wildcard: 'dir/*.png' }] }, true],
  [{ path: [{ wildcard: '*a.p*' }] }, true],
  [{ path: [{ wildcard: 'dir/*.pn' }] }, false],
  [{ path: [{ wildcard: 'dir/\\*.png' }] }, false],
  [{ path: [{ wildcard: 'dir/a?png' }] }, false],
  [{ alarm: [{ 'anything-but': 'Failed' }] }, true],
  [{ alarm: [{ 'anything-but': ['Failed', 'Idle'] }] }, false],
  [{ missing: [{ 'anything-but': 'Failed' }] }, false],
  [{ seconds: [{ 'anything-but': [60, 120] }] }, true],
  [{ alarm: [{ 'anything-but': { prefix: 'Id' } }] }, false],
  [{ alarm: [{ 'anything-but': { suffix: ['led', 'old'] } }] }, true],
  [{ alarm: [{ 'anything-but': { 'equals-ignore-case': ['idle', 'busy'] } }] }, false],
  [{ path: [{ 'anything-but': { wildcard: 'lib/*' } }] }, true],
  [{ alarm: [{ exists: true }] }, true],
  [{ alarm: [{ exists: false }] }, false],
  [{ missing: [{ exists: true }] }, false],
  [{ missing: [{ exists: false }] }, true],
  [{ missing: { deeper: [{ exists: false }] } }, true],
  [{ links: [{ exists: true }] }, false], // only leaves exist
  [{ links: { console: [{ exists: true }] } }, true],
  [{ none: [{ exists: true }] }, false],
  [{ seconds: [{ numeric: ['=', 3600] }] }, true],
  [{ seconds: [{ numeric: ['>', 3600] }] }, false],
  [{ seconds: [{ numeric: ['>=', 3600, '<', 7200] }] }, true],
  [{ seconds: [{ numeric: ['>', 0, '<=', 60] }] }, false],
  [{ alarm: [{ numeric: ['>', 0] }] }, false],
  [{ alarm: ['Failed', { prefix: 'Id' }] }, true],
  [{ tags: { key: ['Owner'], value: ['Jane'] } }, true],
  [{ tags: { key: ['Team'], value: ['Jane'] } }, false], // of different elements
  [{ alarm: { deeper: ['Idle'] } }, false],
])('%j: %s', (pattern, expected) => expect(matches(pattern)).toBe(expected));

test.each<[EventPattern, string]>([
  [{ alarm: [{ cidr: '10.0.0.0/24' }] }, 'the filter {"cidr":"10.0.0.0/24"} of detail.alarm is not simulated'],
  [{ alarm: [{ 'anything-but': { cidr: '10.0.0.0/24' } }] }, 'is not simulated'],
  [{ alarm: [{ prefix: 'a', suffix: 'b' }] }, 'is not simulated'],
  [{ alarm: [{ prefix: 1 }] }, 'is not simulated'],
  [{ missing: [{ cidr: '10.0.0.0/24' }] }, 'is not simulated'],
  [{ missing: [{ numeric: ['>', '0'] }] }, 'is not simulated'],
  [{ alarm: [{ wildcard: { 'equals-ignore-case': 'a' } }] }, 'is not simulated'],
  [{ seconds: [{ numeric: ['!=', 1] }] }, 'is not simulated'],
  [{ seconds: [{ numeric: ['>'] }] }, 'is not simulated'],
  [{ alarm: 'Idle' }, 'detail.alarm must be a list of values, or a pattern; got "Idle"'],
  [{ alarm: [] }, 'detail.alarm must be a list of values, or a pattern; got []'],
  [{ $or: [{ alarm: ['Idle'] }] }, 'detail.$or must be a list of at least two patterns'],
])('%j is an error', (pattern, message) => expect(() => matches(pattern)).toThrow(message));

test('a pattern for another source does not disturb, whatever its filters', () => {
  expect(matchesPattern({ detail: { ip: [{ cidr: '10.0.0.0/24' }] }, source: ['aws.ec2'] }, EVENT)).toBe(false);
  expect(matchesPattern({ detail: { ip: [{ cidr: '10.0.0.0/24' }] }, source: [{ prefix: 'aws.' }] }, EVENT)).toBe(false);
});

test('exact values match as a naive comparison of all leaves does', () => {
  const leaf = fc.constantFrom<unknown>('a', 'b', '', 1, 2, true, null);
  const field = fc.constantFrom('one', 'two', 'three');
  const { event } = fc.letrec(tie => ({
    event: fc.dictionary(field, fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf, { maxLength: 3 }), tie('event')), { maxKeys: 3 }),
  }));
  const { pattern } = fc.letrec(tie => ({
    pattern: fc.dictionary(field, fc.oneof({ depthSize: 'small' }, fc.array(leaf, { minLength: 1, maxLength: 3 }), tie('pattern')), { minKeys: 1, maxKeys: 2 }),
  }));
  /** The leaves of a pattern or an event, as path and values. */
  const leavesOf = (value: any, path: string): [string, unknown[]][] => Object(value) === value && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, member]) => leavesOf(member, `${path}/${name}`)) : [[path, [value].flat()]];
  fc.assert(fc.property(event, pattern, (anEvent: any, aPattern: any) => {
    const actual = new Map(leavesOf(anEvent, ''));
    const expected = leavesOf(aPattern, '').every(([path, values]) => actual.get(path)?.some(value => values.includes(value)) ?? false);
    expect(matchesPattern(aPattern, anEvent)).toBe(expected);
  }), { numRuns: 500 });
});

test('a pattern that is made of an event matches it', () => {
  const asPattern = (value: any): any => Object(value) === value && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asPattern(member)])) : [value].flat();
  const { source, 'detail-type': detailType, resources, detail: { none, tags, ...detail } } = EVENT;
  expect(matchesPattern(asPattern({ source, 'detail-type': detailType, resources, detail }), EVENT)).toBe(true);
});
