import * as fc from 'fast-check';
import { logLine } from '../../src/collector/log-line';

const MAX_BYTES = 60_000;
const parse = (line: string) => JSON.parse(line) as { [name: string]: any };

test('writes the fields as JSON, in their order', () => {
  expect(logLine({ level: 'INFO', workGroup: 'a', sessions: [{ id: '1' }] })).toBe('{"level":"INFO","workGroup":"a","sessions":[{"id":"1"}]}');
});

test('omits the last sessions if they do not fit, and counts them', () => {
  const sessions = Array.from({ length: 20 }, (_, index) => ({ id: `s${index}`, description: '\u0001'.repeat(256), reason: '\u0001'.repeat(400) }));
  const line = logLine({ WorkGroup: 'a', IdleSessions: 20, sessions, endEstimated: 1 });
  const { sessions: kept, sessionsLeftOut, ...others } = parse(line);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_BYTES);
  expect(Buffer.byteLength(line)).toBeGreaterThan(MAX_BYTES - 4100); // one more would not fit
  expect(kept).toEqual(sessions.slice(0, kept.length));
  expect(sessionsLeftOut).toBe(20 - kept.length);
  expect(others).toEqual({ WorkGroup: 'a', IdleSessions: 20, endEstimated: 1 });
});

test('keeps a line with any list within the limit, and truncates no more than needed', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }), fc.constant('🦆'.repeat(256)), fc.constant('\u0007'.repeat(256)));
  fc.assert(fc.property(fc.constantFrom('sessions', 'workGroups'), fc.array(text, { maxLength: 600, size: 'max' }), (name, list) => {
    const line = logLine({ level: 'WARN', [name]: list });
    const { [name]: kept, [`${name}LeftOut`]: leftOut = 0 } = parse(line);
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_BYTES);
    expect(kept.length + leftOut).toBe(list.length);
    const next = Buffer.byteLength(JSON.stringify(list[kept.length] ?? '')) + 1;
    const slack = 3; // two digits, as the count of all elements is reserved, and a comma after the last one
    expect(leftOut === 0 || Buffer.byteLength(line) + next + slack > MAX_BYTES).toBe(true);
  }), { numRuns: 50 });
});

// According to RFC 8259, the behavior of JSON parsers is unpredictable otherwise: https://www.rfc-editor.org/rfc/rfc8259#section-8.2
test('replaces lone surrogates in all fields', () => {
  const line = logLine({ reason: 'a\ud800b', sessions: [{ id: '\udc00', description: '🦆' }] });
  expect(line).toBe('{"reason":"a\ufffdb","sessions":[{"id":"\ufffd","description":"🦆"}]}');
});
