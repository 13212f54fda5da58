import { isLate, isScheduled, readScheduledTime, readSettings } from '../../src/collector/settings';

const ENVIRONMENT = {
  METRIC_NAMESPACE: 'AthenaSessions',
  INTERVAL_MINUTES: '5',
  LOOKBACK_MINUTES: '60',
  MAX_SESSION_MINUTES: '1440',
  COUNT_TERMINATED: 'true',
  MAX_REQUESTS_PER_SECOND: '4',
  ZEROS_WHEN_QUIET: 'false',
  LOG_SESSION_DETAILS: 'true',
  WORK_GROUPS: 'analytics,team-a',
  AWS_LAMBDA_FUNCTION_NAME: 'collector',
};
const { WORK_GROUPS: _, ...WITHOUT_SELECTION } = ENVIRONMENT;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The message of the error that the function throws. */
function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('settings', () => {
  test('are read from the environment, durations in milliseconds', () => {
    expect(readSettings(ENVIRONMENT)).toEqual({
      metricNamespace: 'AthenaSessions',
      interval: 5 * MINUTE,
      lookback: HOUR,
      maxSession: DAY,
      countTerminated: true,
      maxRequestsPerSecond: 4,
      zerosWhenQuiet: false,
      logSessionDetails: true,
      workGroups: ['analytics', 'team-a'],
      workGroupPatterns: undefined,
      functionName: 'collector',
    });
  });

  test('can have patterns instead of names', () => {
    const { workGroups, workGroupPatterns } = readSettings({ ...WITHOUT_SELECTION, WORK_GROUP_PATTERNS: 'team-*,!*-dev,?' });
    expect(workGroups).toBeUndefined();
    expect(workGroupPatterns).toEqual(['team-*', '!*-dev', '?']);
  });

  test('accept both values of flags, and rates below one call per second', () => {
    const others = { COUNT_TERMINATED: 'false', ZEROS_WHEN_QUIET: 'true', LOG_SESSION_DETAILS: 'false', MAX_REQUESTS_PER_SECOND: '0.5' };
    expect(readSettings({ ...ENVIRONMENT, ...others }))
      .toMatchObject({ countTerminated: false, zerosWhenQuiet: true, logSessionDetails: false, maxRequestsPerSecond: 0.5 });
  });

  test.each([
    ['METRIC_NAMESPACE', 'AWSAthena', { metricNamespace: 'AWSAthena' }],
    ['METRIC_NAMESPACE', 'Mine/AWS/Athena', { metricNamespace: 'Mine/AWS/Athena' }],
    ['LOOKBACK_MINUTES', '15', { lookback: 15 * MINUTE }],
    ['MAX_SESSION_MINUTES', '0.5', { maxSession: 30 * SECOND }],
  ])('accept %s=%s', (name, value, expected) => {
    expect(readSettings({ ...ENVIRONMENT, [name]: value })).toMatchObject(expected);
  });

  test('contain a workgroup once, even if it is named several times', () => {
    expect(readSettings({ ...ENVIRONMENT, WORK_GROUPS: 'a,b,a' }).workGroups).toEqual(['a', 'b']);
  });

  test.each(['1', '2', '3', '4', '5', '6', '10', '12', '15', '20', '30', '60'])('accept an interval of %s minutes', (minutes) => {
    expect(readSettings({ ...ENVIRONMENT, INTERVAL_MINUTES: minutes, LOOKBACK_MINUTES: '180' }).interval).toBe(Number(minutes) * MINUTE);
  });

  test.each(Object.keys(WITHOUT_SELECTION))('require %s', (name) => {
    for (const value of [undefined, '']) {
      const message = messageOf(() => readSettings({ ...ENVIRONMENT, [name]: value }));
      expect(message).toContain(name);
      expect(message).toContain(`received ${JSON.stringify(value)}`);
    }
  });

  test.each([
    ['INTERVAL_MINUTES', 'five', 'divides 60'],
    ['INTERVAL_MINUTES', '0', 'divides 60'],
    ['INTERVAL_MINUTES', '-5', 'divides 60'],
    ['INTERVAL_MINUTES', '7', 'divides 60'],
    ['INTERVAL_MINUTES', '2.5', 'divides 60'],
    ['INTERVAL_MINUTES', '0.5', 'divides 60'],
    ['INTERVAL_MINUTES', '120', 'divides 60'],
    ['INTERVAL_MINUTES', 'Infinity', 'divides 60'],
    ['INTERVAL_MINUTES', '5m', 'divides 60'],
    ['LOOKBACK_MINUTES', 'x', 'whole number of intervals'],
    ['LOOKBACK_MINUTES', '0', 'whole number of intervals'],
    ['LOOKBACK_MINUTES', '-60', 'whole number of intervals'],
    ['LOOKBACK_MINUTES', '10', 'whole number of intervals, at least 3'],
    ['LOOKBACK_MINUTES', '62', 'whole number of intervals'],
    ['LOOKBACK_MINUTES', 'NaN', 'whole number of intervals'],
    ['LOOKBACK_MINUTES', 'Infinity', 'whole number of intervals'],
    ['MAX_SESSION_MINUTES', 'x', 'positive number of minutes'],
    ['MAX_SESSION_MINUTES', '0', 'positive number of minutes'],
    ['MAX_SESSION_MINUTES', '-1', 'positive number of minutes'],
    ['MAX_SESSION_MINUTES', 'Infinity', 'positive number of minutes'],
    ['MAX_REQUESTS_PER_SECOND', 'x', 'positive number'],
    ['MAX_REQUESTS_PER_SECOND', '0', 'positive number'],
    ['MAX_REQUESTS_PER_SECOND', '-4', 'positive number'],
    ['METRIC_NAMESPACE', 'AWS/AthenaSessions', 'must not begin with "AWS/"'],
    ['COUNT_TERMINATED', 'yes', '"true" or "false"'],
    ['COUNT_TERMINATED', 'TRUE', '"true" or "false"'],
    ['COUNT_TERMINATED', '1', '"true" or "false"'],
    ['ZEROS_WHEN_QUIET', 'never', '"true" or "false"'],
    ['ZEROS_WHEN_QUIET', 'True', '"true" or "false"'],
    ['LOG_SESSION_DETAILS', 'no', '"true" or "false"'],
    ['LOG_SESSION_DETAILS', 'False', '"true" or "false"'],
  ])('reject %s=%s', (name, value, allowed) => {
    const message = messageOf(() => readSettings({ ...ENVIRONMENT, [name]: value }));
    expect(message).toContain(name);
    expect(message).toContain(allowed);
    expect(message).toContain(`received "${value}"`);
  });

  test.each([
    ['', ''],
    ['a,', ''],
    [',a', ''],
    ['a,,b', ''],
    ['a b', 'a b'],
    ['a, b', ' b'],
    ['a,ü', 'ü'],
    ['a,b*', 'b*'],
    ['a,!b', '!b'],
    ['${Token[TOKEN.1]}', '${Token[TOKEN.1]}'],
    ['x'.repeat(129), 'x'.repeat(129)],
  ])('reject invalid workgroup names: %j', (value, wrong) => {
    const message = messageOf(() => readSettings({ ...ENVIRONMENT, WORK_GROUPS: value }));
    expect(message).toContain('WORK_GROUPS');
    expect(message).toContain('workgroup names');
    expect(message).toContain(`received ${JSON.stringify(wrong)}`);
  });

  test('accept a name of 128 characters of every allowed kind', () => {
    const name = 'aZ0._-'.padEnd(128, 'x');
    expect(readSettings({ ...ENVIRONMENT, WORK_GROUPS: name }).workGroups).toEqual([name]);
  });

  test.each([
    ['', ''],
    ['a,', ''],
    ['!', '!'],
    ['a,!!b', '!!b'],
    ['a,b!', 'b!'],
    ['a [b]', 'a [b]'],
    ['a*,(b)', '(b)'],
    ['a,+', '+'],
    ['*'.padEnd(129, 'x'), '*'.padEnd(129, 'x')],
  ])('reject invalid patterns: %j', (value, wrong) => {
    const message = messageOf(() => readSettings({ ...WITHOUT_SELECTION, WORK_GROUP_PATTERNS: value }));
    expect(message).toContain('WORK_GROUP_PATTERNS');
    expect(message).toContain('patterns');
    expect(message).toContain(`received ${JSON.stringify(wrong)}`);
  });

  test.each([
    ['neither', undefined, undefined],
    ['both', 'a', '*'],
  ])('require names or patterns, received %s', (_description, names, patterns) => {
    const message = messageOf(() => readSettings({ ...WITHOUT_SELECTION, WORK_GROUPS: names, WORK_GROUP_PATTERNS: patterns }));
    expect(message).toContain('exactly one');
    expect(message).toContain('WORK_GROUPS');
    expect(message).toContain('WORK_GROUP_PATTERNS');
    expect(message).toContain(`received ${JSON.stringify(names)} and ${JSON.stringify(patterns)}`);
  });
});

describe('settings of events', () => {
  const ALARMS = [
    { id: 'Failed', kind: 'FAILED', runbookUrl: 'https://example.com/#failed' },
    { id: 'Idle', kind: 'IDLE', thresholdSeconds: 3600, runbookUrl: 'https://example.com/#idle' },
  ];
  const EVENTS = { eventBus: 'default', monitor: 'Stack/Sessions', ownerTags: ['Owner'], dpuHourPrice: 0.35, alarms: ALARMS };
  const read = (events: string) => readSettings({ ...ENVIRONMENT, EVENTS: events }).events;

  test('are undefined where events are off', () => {
    expect(readSettings(ENVIRONMENT).events).toBeUndefined();
  });

  test.each([
    EVENTS,
    { ...EVENTS, ownerTags: [], alarms: [], dpuHourPrice: 0 },
    { ...EVENTS, eventBus: 'arn:aws:events:eu-west-1:123456789012:event-bus/b' },
    { ...EVENTS, alarms: ['DEGRADED', 'OLD', 'CREATING', 'BUSY', 'TERMINATING'].map((kind) => ({ ...ALARMS[1], kind, thresholdSeconds: 0 })) },
  ])('are read from JSON: %j', (events) => {
    expect(read(JSON.stringify(events))).toEqual(events);
  });

  const alarm = (changes: object) => JSON.stringify({ ...EVENTS, alarms: [...ALARMS, { ...ALARMS[1], ...changes }] });
  test.each([
    '', 'x', '{', 'null', '5', '[]', '{}', '"text"',
    ...Object.keys(EVENTS).map((name) => JSON.stringify({ ...EVENTS, [name]: undefined })),
    ...['eventBus', 'monitor'].flatMap((name) => ['', 5, null].map((value) => JSON.stringify({ ...EVENTS, [name]: value }))),
    ...['Owner', [''], [5], {}].map((ownerTags) => JSON.stringify({ ...EVENTS, ownerTags })),
    ...['0.35', null].map((dpuHourPrice) => JSON.stringify({ ...EVENTS, dpuHourPrice })),
    JSON.stringify(EVENTS).replace('0.35', '1e999'),
    ...[{}, 'Idle', [null], ['Idle'], [5]].map((alarms) => JSON.stringify({ ...EVENTS, alarms })),
    alarm({ id: '' }), alarm({ id: 5 }), alarm({ id: undefined }), alarm({ runbookUrl: undefined }), alarm({ kind: 'Idle' }), alarm({ kind: undefined }),
    alarm({ kind: 'toString' }), alarm({ thresholdSeconds: -1 }), alarm({ thresholdSeconds: '60' }), alarm({ thresholdSeconds: null }),
    alarm({ thresholdSeconds: 7 }).replace(':7,', ':1e999,'),
  ])('that are malformed are rejected: %s', (events) => {
    expect(messageOf(() => read(events)))
      .toBe(`environment variable EVENTS must be JSON with eventBus, monitor, ownerTags, dpuHourPrice and alarms, received ${JSON.stringify(events)}`);
  });
});

describe('a run', () => {
  test.each([
    [{ scheduledTime: '2026-03-10T12:30:00Z' }, true],
    [{}, false],
    [undefined, false],
    [null, false],
    ['test', false],
    [{ key1: 'value1' }, false],
  ])('with the event %j is scheduled: %s', (event, expected) => {
    expect(isScheduled(event)).toBe(expected);
  });

  test.each([[0, false], [10 * MINUTE, false], [10 * MINUTE + 1, true], [DAY, true], [-MINUTE, false]])('that starts %d ms after its time is late: %s', (lag, expected) => {
    const time = Date.parse('2026-03-10T12:30:00Z');
    expect(isLate(time, time + lag, 5 * MINUTE)).toBe(expected);
  });
});

describe('the scheduled time', () => {
  const NOW = Date.parse('2026-03-10T12:34:56.789Z');
  const at = (time: string) => Date.parse(time);

  test.each([
    [1, '2026-03-10T12:34:00Z'],
    [2, '2026-03-10T12:34:00Z'],
    [3, '2026-03-10T12:33:00Z'],
    [4, '2026-03-10T12:32:00Z'],
    [5, '2026-03-10T12:30:00Z'],
    [6, '2026-03-10T12:30:00Z'],
    [10, '2026-03-10T12:30:00Z'],
    [12, '2026-03-10T12:24:00Z'],
    [15, '2026-03-10T12:30:00Z'],
    [20, '2026-03-10T12:20:00Z'],
    [30, '2026-03-10T12:30:00Z'],
    [60, '2026-03-10T12:00:00Z'],
  ])('is rounded down to the grid of %d minutes, for the event\'s time and for the current time', (minutes, expected) => {
    expect(readScheduledTime({ scheduledTime: '2026-03-10T12:34:56Z' }, NOW + HOUR, minutes * MINUTE)).toBe(at(expected));
    expect(readScheduledTime({}, NOW, minutes * MINUTE)).toBe(at(expected));
  });

  test('is the event\'s time, not the current time', () => {
    expect(readScheduledTime({ scheduledTime: '2026-03-10T12:05:00Z' }, NOW, 5 * MINUTE)).toBe(at('2026-03-10T12:05:00Z'));
  });

  test.each([
    ['2026-03-10T12:05:59.999Z', '2026-03-10T12:05:00Z'],
    ['2026-03-10T12:05Z', '2026-03-10T12:05:00Z'],
    ['2026-03-10T14:05:00+02:00', '2026-03-10T12:05:00Z'],
    ['2026-03-10T06:35:00-05:30', '2026-03-10T12:05:00Z'],
  ])('can be written as %s', (scheduledTime, expected) => {
    expect(readScheduledTime({ scheduledTime }, NOW, 5 * MINUTE)).toBe(at(expected));
  });

  test.each([
    [null],
    [undefined],
    [{}],
    [[]],
    [''],
    ['2026-03-10T01:00:00Z'],
    [7],
    [{ 'version': '0', 'detail-type': 'Scheduled Event', 'time': '2026-03-10T01:00:00Z' }],
    [{ key1: 'value1', key2: 'value2' }],
    [{ scheduledTime: undefined }],
  ])('is the current time if the event has none: %j', (event) => {
    expect(readScheduledTime(event, NOW, 5 * MINUTE)).toBe(at('2026-03-10T12:30:00Z'));
  });

  test.each([
    [''],
    [' '],
    ['tomorrow'],
    ['now'],
    ['<aws.scheduler.scheduled-time>'],
    ['1773146096789'],
    [1773146096789],
    [0],
    [null],
    [true],
    [{}],
    [['2026-03-10T12:05:00Z']],
    ['2026-03-10'],
    ['2026-03-10T12:05:00'],
    ['2026-03-10 12:05:00Z'],
    ['2026-03-10T12:05:00Z '],
    ['2026-13-10T12:05:00Z'],
    ['2026-03-10T25:05:00Z'],
    ['2026-03-10T12:05:00+99:00'],
    // A date that does not exist. Some parsers read it as a date of the next month.
    ['2026-02-30T12:05:00Z'],
    ['Tue, 10 Mar 2026 12:05:00 GMT'],
    ['10/03/2026 12:05'],
  ])('must be an ISO 8601 time, received %j', (scheduledTime) => {
    const message = messageOf(() => readScheduledTime({ scheduledTime }, NOW, 5 * MINUTE));
    expect(message).toContain('scheduledTime');
    expect(message).toContain('ISO 8601');
    expect(message).toContain(`received ${JSON.stringify(scheduledTime)}`);
  });

  test.each([
    ['more than 2 hours ahead', NOW + 2 * HOUR + SECOND],
    ['a year ahead', NOW + 365 * DAY],
    ['more than 14 days behind', NOW - 14 * DAY - SECOND],
    ['years behind', 0],
  ])('cannot be %s', (_description, instant) => {
    const scheduledTime = new Date(instant).toISOString();
    const message = messageOf(() => readScheduledTime({ scheduledTime }, NOW, 5 * MINUTE));
    expect(message).toContain('scheduledTime');
    expect(message).toContain('2 hours after the current time');
    expect(message).toContain('at most 14 days before');
    expect(message).toContain(`received ${scheduledTime}`);
    expect(message).toContain(new Date(NOW).toISOString());
  });

  test.each([
    ['2 hours ahead', NOW + 2 * HOUR],
    ['a second less than 2 hours ahead', NOW + 2 * HOUR - SECOND],
    ['14 days behind', NOW - 14 * DAY],
    ['a second less than 14 days behind', NOW - 14 * DAY + SECOND],
  ])('can be %s', (_description, instant) => {
    expect(readScheduledTime({ scheduledTime: new Date(instant).toISOString() }, NOW, MINUTE)).toBe(Math.floor(instant / MINUTE) * MINUTE);
  });
});
