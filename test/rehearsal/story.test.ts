import { clock, loadStory, parseStory, StoryError } from '../../rehearsal/story';

const VALID = `title: A story
from: 13:00
to: 14:00
workGroups:
  - name: analytics
sessions:
  - id: one
    workGroup: analytics
    history:
      - { at: 13:02, state: CREATING }
      - { at: 13:03:30, state: FAILED, reason: no memory }
faults:
  - kind: slow
    delay: 2 s
ticks:
  missed: [13:05]
expect:
  alarms:
    - alarm: Failed/Found
      contributor: analytics
      raised: [13:05, 13:15]
      cleared: [13:30, 13:45]
    - alarm: Idle/Found
      never: true
  metrics:
    - { metric: IdleTime, at: 13:10, value: 0 }
`;

const MINUTE = 60_000;

function problemsOf(source: string): string[] {
  try {
    parseStory(source, 'my.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(StoryError);
    return (error as StoryError).problems;
  }
  return [];
}

test('a story is read', () => {
  const story = parseStory(VALID, 'my.yaml');
  expect(story).toMatchObject({
    title: 'A story',
    file: 'my.yaml',
    from: 13 * 60 * MINUTE,
    workGroups: [{ name: 'analytics', engine: 'PySpark engine version 3', state: 'ENABLED' }],
    sessions: [{ id: 'one', notebook: false, history: [{ state: 'CREATING' }, { at: (13 * 60 + 3.5) * MINUTE, reason: 'no memory' }] }],
    faults: [{ kind: 'slow', delay: 2000 }],
    ticks: { missed: [(13 * 60 + 5) * MINUTE], doubled: [], gaps: [], late: [] },
    runDuration: { milliseconds: 20_000 },
    metricDelay: 90_000,
    extraPeriods: [0, 2],
    expect: { otherAlarms: 'none', failedRuns: 0 },
  });
  expect(story.locate(['sessions', 0, 'history', 1, 'state'])).toBe('my.yaml:11:32');
  expect(story.locate(['expect', 'failedRuns'])).toMatch(/^my.yaml:18:/);
});

test.each([['80 %', { ofInterval: 0.8 }], ['90s', { milliseconds: 90_000 }], ['2 min', { milliseconds: 120_000 }]])('a run may take %s', (text, expected) => {
  expect(parseStory(`${VALID}runDuration: ${text}\n`, 'my.yaml').runDuration).toEqual(expected);
});

test.each<[string, string, string, string]>([
  ['an unknown key', 'from: 13:00', 'form: 13:00\nfrom: 13:00', 'my.yaml:2:1: form is not known; allowed are title, app, from, to'],
  ['an unknown key further in', 'reason: no memory', 'because: no memory', 'my.yaml:11:40: sessions[0].history[1].because is not known; allowed are at, state, reason'],
  ['a bad time', 'to: 14:00', 'to: 14:61', 'my.yaml:3:5: to must be a time such as 13:05, 13:05:30, 09:00 +1d or 2026-03-02 13:05; got "14:61"'],
  ['an unknown state', 'state: CREATING', 'state: STARTING', 'my.yaml:10:29: sessions[0].history[0].state must be one of CREATING, CREATED, IDLE, BUSY, TERMINATING, TERMINATED, DEGRADED, FAILED; got "STARTING"'],
  ['an engine without sessions', 'workGroup: analytics\n', 'workGroup: analytics\n    engine: Athena engine version 3\n',
    'my.yaml:9:13: sessions[0].engine must be one of PySpark engine version 3, Apache Spark version 3.5, none; got "Athena engine version 3"'],
  ['an unknown workgroup', 'workGroup: analytics', 'workGroup: analytic', 'my.yaml:8:16: sessions[0].workGroup must be one of the story\'s workgroups: analytics; got "analytic"'],
  ['a missing key', '  - name: analytics', '  - state: ENABLED', 'my.yaml:5:5: workGroups[0].name is missing'],
  ['a bad duration', 'delay: 2 s', 'delay: 2', 'my.yaml:14:12: faults[0].delay must be a duration such as 90 s, 5 min or 1 h; got 2'],
  ['a key for another kind', 'kind: slow', 'kind: throttle', 'my.yaml:14:12: faults[0].delay is only for faults of the kind slow or trickle'],
  ['an end before the beginning', 'to: 14:00', 'to: 12:00', 'my.yaml:3:5: to must be later than "from"; a time on the next day is written as 09:00 +1d; got "12:00"'],
  ['a history out of order', 'at: 13:02', 'at: 13:04', 'my.yaml:11:15: sessions[0].history[1].at must not be earlier than the change before it; got "13:03:30"'],
  ['a range the wrong way round', '[13:05, 13:15]', '[13:15, 13:05]', 'my.yaml:21:15: expect.alarms[0].raised must not end before it begins; got ["13:15","13:05"]'],
  ['an alarm without expectations', '      never: true\n', '', 'my.yaml:23:7: expect.alarms[1] must have either "raised: [earliest, latest]" or "never: true"'],
  ['an alarm without "cleared"', '      cleared: [13:30, 13:45]\n', '', 'my.yaml:19:7: expect.alarms[0].cleared is missing'],
  ['an alarm that is never raised, but cleared', 'never: true', 'never: true\n      cleared: never', 'my.yaml:25:16: expect.alarms[1].cleared cannot be where the alarm is never raised'],
  ['a duplicate workgroup', '  - name: analytics', '  - name: analytics\n  - name: analytics', 'my.yaml:6:11: workGroups[1].name must not be that of another workgroup'],
  ['a workgroup with a space', 'name: analytics', 'name: ana lytics', 'my.yaml:5:11: workGroups[0].name must be 1 to 128 of'],
  ['broken YAML', 'missed: [13:05]', 'missed: [13:05', 'my.yaml:17:1: not valid YAML:'],
])('%s is an error with its line', (_, text, replacement, problem) => {
  expect(VALID).toContain(text);
  const problems = problemsOf(VALID.replace(text, replacement));
  expect(problems.map(one => one.slice(0, problem.length))).toContain(problem);
});

test('a session may have tags and a role', () => {
  const source = VALID.replace('    workGroup: analytics\n    history', '    workGroup: analytics\n    tags: { Owner: Jane Doe, Team: "" }\n    executionRole: arn:aws:iam::123456789012:role/Analyst\n    history');
  expect(parseStory(source, 'my.yaml').sessions[0]).toMatchObject({ tags: { Owner: 'Jane Doe', Team: '' }, executionRole: 'arn:aws:iam::123456789012:role/Analyst' });
});

test('expected messages have a topic, times, and texts', () => {
  const source = `${VALID}  messages:\n    - { topic: Alerts, sent: [13:10, 13:15], contains: [one] }\n    - { topic: Chat, sent: [13:10, 13:10] }\n  otherMessages: any\n`;
  expect(parseStory(source, 'my.yaml').expect).toMatchObject({
    messages: [{ topic: 'Alerts', sent: [(13 * 60 + 10) * MINUTE, (13 * 60 + 15) * MINUTE], contains: ['one'] }, { topic: 'Chat', contains: [] }],
    otherMessages: 'any',
  });
  expect(parseStory(VALID, 'my.yaml').expect).toMatchObject({ messages: [], otherMessages: 'none' });
  expect(problemsOf(source.replace('[13:10, 13:15]', '13:10'))).toEqual([
    'my.yaml:28:30: expect.messages[0].sent must be two times, [earliest, latest], such as [14:03, 14:12]; got "13:10"',
  ]);
});

test.each<[string, string, string]>([
  ['kind: throttle, operation: GetSession, workGroup: analytics, first: 1', '', ''],
  ['kind: error, operation: ListTagsForResource, code: ResourceNotFoundException', '', ''],
  ['kind: failedEntries, entries: 3, code: ThrottlingException', '', ''],
  ['kind: failedEntries, operation: PutEvents', '', ''],
  ['kind: slow, operation: PutEvents, delay: 2 s', '', ''],
  ['kind: failedEntries, operation: ListSessions', 'kind', 'is only for faults of PutEvents; got "failedEntries"'],
  ['kind: failedEntries, workGroup: analytics', 'workGroup', 'is only for faults of ListSessions or GetSession or ListTagsForResource; got "analytics"'],
  ['kind: emptyPage, operation: ListTagsForResource', 'kind', 'is only for faults of ListSessions or ListWorkGroups; got "emptyPage"'],
  ['kind: throttle, operation: PutEvents, workGroup: analytics', 'workGroup', 'is only for faults of ListSessions or GetSession or ListTagsForResource; got "analytics"'],
  ['kind: throttle, operation: GetSession, stateFilter: IDLE', 'stateFilter', 'is only for faults of ListSessions; got "IDLE"'],
  ['kind: throttle, operation: GetSession, page: 2', 'page', 'is only for faults of ListSessions or ListWorkGroups; got 2'],
  ['kind: throttle, entries: 2', 'entries', 'is only for faults of the kind failedEntries; got 2'],
  ['kind: throttle, code: A', 'code', 'is only for faults of the kind error or failedEntries; got "A"'],
])('a fault with %s is checked', (fault, key, problem) => {
  const problems = problemsOf(VALID.replace('  - kind: slow\n    delay: 2 s\n', `  - { ${fault} }\n`));
  expect(problems).toEqual(key === '' ? [] : [expect.stringMatching(/^my\.yaml:13:\d+: /)]);
  expect(problems.join()).toContain(key === '' ? '' : `faults[0].${key} ${problem}`);
});

test('an unresolved alias is an error with its line', () => {
  expect(problemsOf(VALID.replace('A story', '*story'))).toEqual(['my.yaml:1:8: not valid YAML: nothing is anchored as story']);
});

test('a fault that could never happen is an error', () => {
  const source = VALID.replace('  - kind: slow\n', '  - kind: slow\n    operation: ListWorkGroups\n    workGroup: analytics\n');
  expect(problemsOf(source)).toEqual([expect.stringMatching(/^my\.yaml:15:\d+: .*only for faults of ListSessions/)]);
});

test('all errors are reported at once', () => {
  expect(problemsOf(VALID.replace('13:00', '13').replace('state: FAILED', 'state: DEAD').replace('kind: slow', 'kind: odd'))).toHaveLength(3);
});

test.each(['', '# nothing\n', 'text\n', '- list\n'])('a file of %j is an error', source => {
  expect(problemsOf(source)[0]).toMatch(/^my.yaml:1:\d+: the story must be a map of keys and values; (got|is missing)/);
});

test('a file that does not exist is an error', () => {
  expect(() => loadStory('no/such.yaml')).toThrow('no/such.yaml: there is no such file');
});


describe('a story of several days', () => {
  const DAY = 24 * 60 * MINUTE;
  const NIGHT = VALID.replace('from: 13:00', 'from: 18:00').replace('to: 14:00', 'to: 09:00 +1d').replaceAll('13:', '18:');

  test('counts days from the one on which it begins', () => {
    const source = NIGHT.replace('[18:05, 18:15]', '[23:50, 00:10 +1d]').replace('at: 18:02', 'at: 22:00 -1d').replace('missed: [18:05]', 'missed: [24:00, 08:00 +1d]');
    const { to, firstDay, expect: { alarms: [alarm] }, sessions: [session], ticks } = parseStory(source, 'my.yaml');
    expect(to).toBe(33 * 60 * MINUTE);
    expect(firstDay).toBeUndefined();
    expect(alarm!.raised).toEqual([DAY - 10 * MINUTE, DAY + 10 * MINUTE]);
    expect(session!.history[0]!.at).toBe(-120 * MINUTE);
    expect(ticks.missed).toEqual([DAY, DAY + 8 * 60 * MINUTE]);
  });

  test('may have dates, for all times or for some', () => {
    const source = NIGHT.replace('from: 18:00', 'from: 2026-02-28 18:00').replace('to: 09:00 +1d', 'to: 2026-03-01 09:00')
      .replace('[18:05, 18:15]', '[18:05, 00:10 +1d]').replace('at: 18:02', 'at: 2026-02-27 22:00:30');
    const { from, to, firstDay, expect: { alarms: [alarm] }, sessions: [session] } = parseStory(source, 'my.yaml');
    expect([from, to]).toEqual([18 * 60 * MINUTE, 33 * 60 * MINUTE]);
    expect(firstDay).toBe(Date.parse('2026-02-28T00:00:00Z'));
    expect(alarm!.raised).toEqual([(18 * 60 + 5) * MINUTE, DAY + 10 * MINUTE]);
    expect(session!.history[0]!.at).toBe(-119.5 * MINUTE);
  });

  test.each<[string, string, string, string]>([
    ['a beginning on another day', 'from: 18:00', 'from: 18:00 +1d', 'my.yaml:2:7: from must be on the first day, such as 18:00; got "18:00 +1d"'],
    ['an end before the beginning', 'to: 09:00 +1d', 'to: 09:00', 'my.yaml:3:5: to must be later than "from"; a time on the next day is written as 09:00 +1d; got "09:00"'],
    ['a date without that of the beginning', 'to: 09:00 +1d', 'to: 2026-03-01 09:00', 'my.yaml:3:5: to has a date, so that "from" must have one, too; got "2026-03-01 09:00"'],
    ['a date that does not exist', 'from: 18:00', 'from: 2026-02-30 18:00', 'my.yaml:2:7: from must be a time such as 13:05'],
    ['a date with a number of days', 'from: 18:00', 'from: 2026-02-28 18:00 +1d', 'my.yaml:2:7: from must be a time such as 13:05'],
    ['a history out of order', '18:03:30', '18:03:30 -1d', 'my.yaml:11:15: sessions[0].history[1].at must not be earlier than the change before it; got "18:03:30 -1d"'],
    ['a range over midnight without its day', '[18:05, 18:15]', '[23:50, 00:10]', 'my.yaml:21:15: expect.alarms[0].raised must not end before it begins; got ["23:50","00:10"]'],
  ])('%s is an error with its line', (_, text, replacement, problem) => {
    expect(NIGHT).toContain(text);
    expect(problemsOf(NIGHT.replace(text, replacement)).map(one => one.slice(0, problem.length))).toContain(problem);
  });

  test.each<[number, string, string]>([
    [0, '00:00', '00:00'],
    [13.5 * MINUTE, '00:13:30', '00:13:30'],
    [DAY, '00:00 +1d', '2026-03-01 00:00'],
    [10 * DAY + 30 * MINUTE, '00:30 +10d', '2026-03-10 00:30'],
    [-MINUTE, '23:59 -1d', '2026-02-27 23:59'],
  ])('%d ms after the first midnight is written %s, or with dates %s', (time, withDays, withDates) => {
    expect(clock(time)).toBe(withDays);
    expect(clock(time, Date.parse('2026-02-28T00:00:00Z'))).toBe(withDates);
  });
});

describe('a session with an idle timeout', () => {
  const history = (changes: string, session = 'idleTimeout: 20 min', story = '') => parseStory(`title: Idle
from: 13:00
to: 14:00
${story}
workGroups: [{ name: analytics }]
sessions:
  - id: one
    workGroup: analytics
    ${session}
    history: ${changes}
expect: {}
`, 'my.yaml').sessions[0]!.history.map(({ at, state, reason }) => [clock(at), state, ...reason === undefined ? [] : [reason]]);
  const REASON = 'The session was idle for its timeout of 20 min';

  test('is ended by Athena when it was idle for so long', () => {
    expect(history('[{ at: 13:00, state: CREATING }, { at: 13:01, state: IDLE }]')).toEqual([
      ['13:00', 'CREATING'], ['13:01', 'IDLE'], ['13:21', 'TERMINATING', REASON], ['13:22', 'TERMINATED', REASON],
    ]);
  });

  test('begins anew whenever it becomes idle', () => {
    expect(history('[{ at: 13:01, state: IDLE }, { at: 13:20, state: BUSY }, { at: 23:50, state: IDLE }]').slice(2)).toEqual([
      ['23:50', 'IDLE'], ['00:10 +1d', 'TERMINATING', REASON], ['00:11 +1d', 'TERMINATED', REASON],
    ]);
  });

  test.each(['BUSY', 'DEGRADED', 'CREATED', 'FAILED', 'TERMINATED'])('is not ended while it is %s', state => {
    expect(history(`[{ at: 13:01, state: IDLE }, { at: 13:21, state: ${state} }]`)).toEqual([['13:01', 'IDLE'], ['13:21', state]]);
  });

  test('has its own timeout, or that of the story, or else none', () => {
    const IDLE = '[{ at: 13:00, state: IDLE }]';
    expect(history(IDLE, '', 'idleTimeout: 20m')).toEqual([['13:00', 'IDLE'], ['13:20', 'TERMINATING', REASON], ['13:21', 'TERMINATED', REASON]]);
    expect(history(IDLE, 'idleTimeout: 8 h', 'idleTimeout: 20 min')[1]).toEqual(['21:00', 'TERMINATING', REASON.replace('20', '480')]);
    expect(history(IDLE, '')).toEqual([['13:00', 'IDLE']]);
  });

  test.each<[string, () => unknown, string]>([
    ['a change after it has ended', () => history('[{ at: 13:01, state: IDLE }, { at: 13:22, state: BUSY }]'),
      'my.yaml:10:49: sessions[0].history[1].at must not be later than 13:21, when the session has reached its idle timeout; got "13:22"'],
    ['one longer than Athena allows', () => history('[{ at: 13:01, state: IDLE }]', 'idleTimeout: 481 min'), 'my.yaml:9:18: sessions[0].idleTimeout must be from 1 min to 8 h; got "481 min"'],
    ['one shorter than Athena allows', () => history('[{ at: 13:01, state: IDLE }]', '', 'idleTimeout: 30 s'), 'my.yaml:4:14: idleTimeout must be from 1 min to 8 h; got "30 s"'],
  ])('%s is an error with its line', (_, read, problem) => expect(read).toThrow(problem));
});
