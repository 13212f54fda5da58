import { alarmNamed, changes, DATE, message, told } from './support';
import { reportPage } from '../../../rehearsal/report/index';
import { MADE_STORY } from '../../../rehearsal/starting-story';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STORY = 'title: A story\nfrom: 13:00\nto: 15:00\nworkGroups: [{ name: etl }]';
const EVIL = '</svg></style><script>document.title="owned"</script><img src=x onerror=alert(1)>"\'&';
const textOf = (page: string) => page.replace(/<style>.*<\/style>/s, '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('a page loads nothing and runs no script', () => {
  const page = reportPage([told(STORY)]);
  expect(page).toContain('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">');
  expect(page).not.toMatch(/<(script|link|img|iframe|object)|@import|url\(|\son\w+=|src=|https?:/i);
});

test('whatever stories, stacks and messages say is text', () => {
  const alarm = { ...alarmNamed('x'), label: EVIL };
  const page = reportPage([told(`title: ${JSON.stringify(EVIL)}
from: 13:00
to: 15:00
workGroups: [{ name: etl }]
sessions:
  - { id: ${JSON.stringify(EVIL)}, workGroup: etl, description: ${JSON.stringify(EVIL)}, history: [{ at: 13:10, state: BUSY, reason: ${JSON.stringify(EVIL)} }] }`, {
    alarms: [alarm],
    transitions: changes(alarm, [[13.5 * HOUR, 'ALARM']], EVIL),
    events: [message(13.6 * HOUR, EVIL, EVIL)],
    mismatches: [EVIL, `story.yaml:1:2: ${EVIL}`],
  })]);
  expect(page).not.toMatch(/<script|<img|owned"<|onerror=alert\(1\)>(?!&)/);
  expect(page.match(/&#60;script&#62;/g)!.length).toBeGreaterThan(15);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
});

test('the head tells the time span, the verdict and the figures', () => {
  const alarm = alarmNamed('Failed');
  const tick = (at: number, what: 'missed' | 'late') => ({ kind: 'tick', at: DATE + at, schedules: [{ path: 'Schedule' }, {}], what }) as never;
  const run = (at: number, error?: object) => ({ kind: 'run', at: DATE + at, tick: DATE + at, function: { name: 'collector' }, result: { error, lines: [] } }) as never;
  const text = textOf(reportPage([told(`${STORY}\nsessions: [{ id: one, workGroup: etl, history: [{ at: 13:10, state: BUSY }] }]`, {
    alarms: [alarm],
    transitions: changes(alarm, [[13 * HOUR, 'OK'], [13.5 * HOUR, 'ALARM'], [14 * HOUR, 'OK'], [14.5 * HOUR, 'ALARM']]),
    events: [
      tick(13.1 * HOUR, 'missed'), tick(13.2 * HOUR, 'late'), run(13 * HOUR), run(14 * HOUR, { errorType: 'Runtime.ExitError', errorMessage: 'it exited' }),
      message(14 * HOUR, 'mind the session'),
    ],
  })]));
  expect(text).toContain('A story story.yaml · 2026-03-10 13:00 to 15:00 UTC The story ended as it expects '
    + '1 session 2 runs 2 missed runs 1 failed run 2 times in ALARM 1 message');
  expect(text).toContain('14:00 run of 14:00 failed : collector: Runtime.ExitError: it exited');
});

test('differences from what the story expects have their place in the file', () => {
  const page = reportPage([told(STORY, { mismatches: ['story.yaml:7:5: Failed should have been raised', 'story.yaml: Idle was raised'] })]);
  expect(page).toContain('<p>The story did not end as it expects: 2 differences</p>');
  expect(page).toContain('<li><code>story.yaml:7:5</code> Failed should have been raised</li><li>story.yaml: Idle was raised</li>');
  expect(page).not.toContain('The story ended as it expects');
});

test('a story without sessions, alarms and messages says so', () => {
  const text = textOf(reportPage([told(STORY)]));
  expect(text).toContain('The app has no alarms.');
  expect(text).toContain('No session lives during the story.');
  expect(text).toContain('No message was sent.');
  expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
});

test('alarms that are never raised are folded, with a summary', () => {
  const [quiet, silent, raised] = [alarmNamed('Quiet'), alarmNamed('Silent'), alarmNamed('Raised')];
  const page = reportPage([told(STORY, {
    alarms: [quiet, silent, raised],
    transitions: [...changes(quiet, [[13 * HOUR, 'OK']]), ...changes(raised, [[13 * HOUR, 'OK'], [14 * HOUR, 'ALARM']])],
  })]);
  expect(page).toMatch(/<summary>1 alarm was never raised, 1 alarm had insufficient data all the time<\/summary>.*Alarm Sessions\/Quiet: .*Alarm Sessions\/Silent: .*<\/details>/s);
  expect(page.replace(/<details>.*<\/details>/s, '')).toContain('Alarm Sessions/Raised: OK from 13:00 to 14:00 (1 h), ALARM from 14:00 until the end');
  expect(textOf(reportPage([told(STORY, { alarms: [quiet] })]))).toContain('No alarm was raised.');
});

test('messages are whole, with their time, topic and medium', () => {
  const text = `line one\n${'long '.repeat(100)}end`;
  const page = reportPage([told(STORY, { events: [message(13 * HOUR + 5 * MINUTE + 20_000, text), message(14 * HOUR, 'description', 'Title')] })]);
  const cards = [...page.matchAll(/<li id="s1-m\d">.*?<\/li>/gs)].map(([card]) => card);
  expect(cards).toHaveLength(2);
  expect(textOf(cards[0]!)).toContain(' 1 13:05:20 Alerts text ');
  expect(cards[0]).toContain(text);
  expect(textOf(cards[1]!)).toContain(' 2 14:00 Alerts chat Title description ');
  expect(cards[1]).toContain('<time datetime="2026-03-10T14:00:00Z">14:00</time>');
});

test('a list tells what happened in order of time, with reasons', () => {
  const alarm = alarmNamed('Idle');
  const [transition] = changes(alarm, [[14 * HOUR, 'ALARM']], 'etl');
  const sessions = [{ id: 'one', state: 'IDLE', seconds: 3660, age: 3720, description: 'churn' }, { id: 'two', state: 'FAILED', reason: 'no memory' }];
  const composite = alarmNamed('Any');
  const log = (level: string) => JSON.stringify({ level, workGroup: 'etl', message: 'workgroup not listed', reason: 'denied' });
  const page = reportPage([told(`${STORY}\nsessions: [{ id: one, workGroup: etl, history: [{ at: 13:10, state: IDLE }, { at: 14:30, state: FAILED, reason: no memory }] }]`, {
    events: [
      { kind: 'alarm', at: DATE + 14 * HOUR, transition: transition!, sessions, only: 'alarms read 0 extra periods' },
      {
        kind: 'alarm',
        at: DATE + 14 * HOUR,
        sessions: [],
        transition: { alarm: composite, at: DATE + 14 * HOUR, from: 'OK', to: 'ALARM', reason: '', changed: [{ alarm, state: 'ALARM' }] },
      },
      { kind: 'run', at: DATE + 14.1 * HOUR, function: { name: 'collector' }, tick: DATE, result: { lines: [log('ERROR'), log('INFO'), '{"_aws":{}}', 'text'] } } as never,
    ],
  })]);
  const entries = [...page.matchAll(/<li( id="[^"]*")? class="[^"]*"><time.*?<\/li>/gs)].map(([entry]) => textOf(entry).trim());
  expect(entries).toEqual([
    '13:10 session etl/one is IDLE',
    '14:00 ALARM Sessions/Idle/etl one has been IDLE for 1 h 1 min, started 1 h 2 min ago (churn), two failed (no memory) only where alarms read 0 extra periods',
    '14:00 ALARM Sessions/Any Sessions/Idle is in ALARM',
    '14:06 log ERROR etl workgroup not listed denied',
    '14:30 session etl/one is FAILED : no memory',
  ]);
});

test('a story of several days shows the days', () => {
  const page = reportPage([told(`title: Days
from: 22:00
to: 02:00 +2d
workGroups: [{ name: etl }]
sessions: [{ id: one, workGroup: etl, history: [{ at: 23:00, state: BUSY }, { at: 01:00 +1d, state: TERMINATED }] }]`)]);
  expect(textOf(page)).toContain('2026-03-10 22:00 to 2026-03-12 02:00 UTC');
  expect([...page.matchAll(/<h4>(\d+ Mar)<\/h4>/g)].map(([, day]) => day)).toEqual(['10 Mar', '11 Mar']);
  expect(page).toContain('Session one in etl: BUSY from 10 Mar 23:00 to 11 Mar 01:00 (2 h), TERMINATED at 11 Mar 01:00');
  const [, axis] = /<svg class="track if-wide"[^>]*>(.*?)<\/svg>/s.exec(page)!;
  expect([...axis!.matchAll(/class="day-name[^"]*"[^>]*>([^<]*)/g)].map(([, day]) => day)).toEqual(['10', '11 Mar', '12']);
});

test('several stories have a table of contents, and links of their own', () => {
  const session = 'sessions: [{ id: one, workGroup: etl, history: [{ at: 13:10, state: BUSY }] }]';
  const page = reportPage([told(`${STORY}\n${session}`), told(`${STORY.replace('A story', 'Another')}\n${session}`, { mismatches: ['any'] })]);
  expect(page).toContain('<li><a href="#s1">A story</a> <span class="ended">as expected</span></li><li><a href="#s2">Another</a> <span class="differs">not as expected</span></li>');
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(['s1-e0', 's2-e0', 's1-timeline', 's2-timeline']));
});

test('a session from before the story is told since when it is in its state', () => {
  const page = reportPage([told(`${STORY}\nsessions: [{ id: one, workGroup: etl, history: [{ at: 12:30, state: BUSY }, { at: 13:20, state: FAILED }] }]`)]);
  expect(page).toContain('Session one in etl: BUSY since 12:30 to 13:20 (50 min), FAILED at 13:20');
  const lane = /<li class="row lane">.*?<\/li>/s.exec(page)![0];
  expect([...lane.matchAll(/<rect class="part (\w+)" x="([^"]*)" width="([^"]*)"/g)].map(([, ...values]) => values)).toEqual([['busy', '0%', '16.667%']]);
});

test('a story that is made from a template has no verdict', () => {
  const played = told(STORY);
  expect(textOf(reportPage([{ ...played, story: { ...played.story, file: MADE_STORY } }]))).toContain(' made from the template · 2026-03-10 13:00 to 15:00 UTC The story expects nothing ');
});
