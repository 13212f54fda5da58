import { parseCondition } from '../../../command/scan/condition';
import type { SessionReport } from '../../../command/scan/session-report';

function report(sessionId: string, state: string, secondsInState?: number, ageSeconds = secondsInState): SessionReport {
  return { workGroup: 'analytics', sessionId, state, secondsInState, ageSeconds };
}

const SESSIONS = [
  report('idle-30m', 'IDLE', 1800, 4000), report('idle-1h', 'IDLE', 3600, 28_800), report('idle-2h', 'IDLE', 7200), report('busy-2d', 'BUSY', 60, 172_800),
  report('failed-1', 'FAILED', 120, 90_000), report('failed-2', 'FAILED', 240), report('creating', 'CREATING', 90), report('undated', 'DEGRADED'),
];

test.each<[string, string[]]>([
  ['idle>1h', ['idle-2h']],
  ['idle>=1h', ['idle-1h', 'idle-2h']],
  ['idle>=60m', ['idle-1h', 'idle-2h']],
  ['idle>3599s', ['idle-1h', 'idle-2h']],
  ['idle>0.4h', ['idle-30m', 'idle-1h', 'idle-2h']],
  ['idle>3h', []],
  [' IDLE > 1H ', ['idle-2h']],
  ['idle>2', ['idle-30m', 'idle-1h', 'idle-2h']],
  ['idle>=3', ['idle-30m', 'idle-1h', 'idle-2h']],
  ['idle>3', []],
  ['failed>=1', ['failed-1', 'failed-2']],
  ['failed>1', ['failed-1', 'failed-2']],
  ['failed>2', []],
  ['degraded>=1', ['undated']],
  ['degraded>1m', []],
  ['creating>=90s', ['creating']],
  ['created>=1', []],
  ['terminating>0', []],
  ['age>8h', ['busy-2d']],
  ['age>=8h', ['idle-1h', 'busy-2d']],
  ['age>1.5d', ['busy-2d']],
  ['age>2d', []],
])('%s is met by the right sessions', (text, expected) => {
  expect(parseCondition(text).sessionsThatMeet(SESSIONS).map(({ sessionId }) => sessionId)).toEqual(expected);
});

test.each([
  ['idle>1h', 'idle'], ['busy>3', 'sessions-above'], ['created>1h', 'sessions-above'], ['failed>0', 'failed'], ['degraded>=1', 'degraded'], ['age>1d', 'old'],
])('%s links its section of the runbook', (text, section) => {
  expect(parseCondition(text).runbookUrl).toMatch(new RegExp(`/docs/runbook\\.md#${section}$`));
});

test.each([
  ['', 'it has none of these forms'], ['idle', 'it has none of these forms'], ['idle=1h', 'it has none of these forms'], ['idle<1h', 'it has none of these forms'],
  ['idle==1', 'it has none of these forms'], ['idle>', 'it has none of these forms'], ['idle>1w', 'it has none of these forms'], ['idle>-1', 'it has none of these forms'],
  ['idle>1h30m', 'it has none of these forms'], ['idle>1e3', 'it has none of these forms'], ['idle>1h && busy>1h', 'it has none of these forms'],
  ['sleeping>1h', 'the state is unknown'], ['terminated>1', 'the state is unknown'], ['toString>1', 'the state is unknown'],
  ['age>3', 'age needs a duration'], ['failed>1h', 'failed needs a number of sessions'], ['idle>1.5', 'the number of sessions must be whole'],
  ['idle>=0', 'it would always be met'],
])('%j is rejected with the grammar', (text, reason) => {
  expect(() => parseCondition(text)).toThrow('--fail-on must be <state> or age, > or >=, and a duration or a number of sessions. For example \'idle>1h\', \'failed>=1\', '
    + `'age>8h', received ${JSON.stringify(text)}: ${reason}. States: creating, created, idle, busy, terminating, degraded, failed. Durations: 90s, 20m, 1.5h, 2d. `
    + 'Use quotes, as the shell would write to a file after >');
});
