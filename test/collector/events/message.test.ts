import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import type { NotableSession } from '../../../src/collector/census';
import { entryOf, type SessionDetails, type SessionEvent, type SessionEventContext } from '../../../src/collector/events/session-event';
import { EVENT_DETAIL_TYPES, type EventAlarm, type EventKind } from '../../../src/schema';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T = Date.parse('2026-03-10T14:05:00Z');

interface Given {
  readonly kind?: EventKind;
  readonly alarm?: Partial<EventAlarm>;
  readonly workGroup?: string;
  readonly session?: Partial<NotableSession>;
  readonly details?: Partial<SessionDetails>;
  readonly context?: Partial<SessionEventContext>;
}

const DEPLOYMENT = { partition: 'aws', region: 'eu-west-1', account: '123456789012', functionName: 'collector' };

function entry({ kind = 'IDLE', alarm, workGroup = 'analytics', session, details, context }: Given = {}) {
  return entryOf({
    alarm: { id: kind, kind, runbookUrl: `https://example.com/runbook#${kind.toLowerCase()}`, ...alarm },
    workGroup,
    session: {
      id: 'a1b2c3', state: kind === 'OLD' ? 'BUSY' : kind, since: T - 65 * MINUTE, startedAt: T - 3 * HOUR, engine: 'Apache Spark version 3.5', ...session,
    },
    moment: T - 5 * MINUTE,
  }, { missing: [], tags: new Map([['Owner', 'jane']]), ...details }, {
    monitor: 'Stack/Sessions', ownerTags: ['AmazonDataZoneSessionOwner', 'Owner', 'owner'], dpuHourPrice: 0.35, eventBus: 'default', scheduledTime: T, deployment: DEPLOYMENT, ...context,
  });
}

const eventOf = (given?: Given) => JSON.parse(entry(given).Detail) as SessionEvent;

describe('the message of a session that is', () => {
  test('failed', () => {
    expect(eventOf({ kind: 'FAILED', session: { description: 'nightly load', reason: 'The driver ran out of memory.' } }).message).toEqual({
      title: 'Athena session failed in analytics',
      text: 'Athena session failed in analytics. Session: a1b2c3. Owner: jane (tag Owner). Failed at: 2026-03-10 13:00 UTC. '
        + 'Started: 2026-03-10 11:05 UTC. Cost: at least $0.67 (1.91 DPU hours at $0.35). Description: nightly load. '
        + 'Reason: The driver ran out of memory. Engine: Apache Spark version 3.5. What to do: its in-memory state is lost, so start a new session, '
        + 'and stop clients that keep polling this one. Runbook: https://example.com/runbook#failed',
      markdown: '*Session:* `a1b2c3` · *Owner:* `jane` (tag `Owner`) · *Failed at:* 2026-03-10 13:00 UTC · *Started:* 2026-03-10 11:05 UTC · '
        + '*Cost:* at least $0.67 (1.91 DPU hours at $0.35) · *Description:* `nightly load` · *Reason:* `The driver ran out of memory.` · '
        + '*Engine:* `Apache Spark version 3.5` · *What to do:* its in-memory state is lost, so start a new session, '
        + 'and stop clients that keep polling this one · *Runbook:* https://example.com/runbook#failed · '
        + '*Console:* https://eu-west-1.console.aws.amazon.com/athena/home?region=eu-west-1#/workgroups/details/analytics',
    });
  });

  test('idle', () => {
    expect(eventOf({ kind: 'IDLE', details: { idleTimeoutSeconds: 4 * 3600 } }).message).toEqual({
      title: 'Athena session idle for 1 h 5 min in analytics',
      text: 'Athena session idle for 1 h 5 min in analytics. Session: a1b2c3. Owner: jane (tag Owner). IDLE since: 2026-03-10 13:00 UTC. '
        + 'Started: 2026-03-10 11:05 UTC. Cost so far: at least $1.05 (3 DPU hours at $0.35). '
        + 'Ends by itself: 2026-03-10 17:00 UTC, if it stays idle (its idle timeout is 4 h). Engine: Apache Spark version 3.5. '
        + 'What to do: if nobody needs it, end it with \'aws athena terminate-session --session-id a1b2c3 --region eu-west-1\'. '
        + 'Runbook: https://example.com/runbook#idle',
      markdown: '*Session:* `a1b2c3` · *Owner:* `jane` (tag `Owner`) · *IDLE since:* 2026-03-10 13:00 UTC · *Started:* 2026-03-10 11:05 UTC · '
        + '*Cost so far:* at least $1.05 (3 DPU hours at $0.35) · *Ends by itself:* 2026-03-10 17:00 UTC, if it stays idle (its idle timeout is 4 h) · '
        + '*Engine:* `Apache Spark version 3.5` · *What to do:* if nobody needs it, end it with '
        + '`aws athena terminate-session --session-id a1b2c3 --region eu-west-1` · *Runbook:* https://example.com/runbook#idle · '
        + '*Console:* https://eu-west-1.console.aws.amazon.com/athena/home?region=eu-west-1#/workgroups/details/analytics',
    });
  });

  test.each<[EventKind, string, string]>([
    ['DEGRADED', 'degraded', 'DEGRADED since: 2026-03-10 13:00 UTC. Started: 2026-03-10 11:05 UTC. Cost so far: at least $1.05 (3 DPU hours at $0.35). '
      + 'Engine: Apache Spark version 3.5. What to do: it has no healthy coordinators, so end it with '
      + '\'aws athena terminate-session --session-id a1b2c3 --region eu-west-1\' and start a new one. Runbook: https://example.com/runbook#degraded'],
    ['OLD', '3 h old', 'BUSY since: 2026-03-10 13:00 UTC. Started: 2026-03-10 11:05 UTC. Cost so far: at least $1.05 (3 DPU hours at $0.35). '
      + 'Engine: Apache Spark version 3.5. What to do: if nobody needs it, end it with '
      + '\'aws athena terminate-session --session-id a1b2c3 --region eu-west-1\'. Runbook: https://example.com/runbook#old'],
    ['CREATING', 'creating for 1 h 5 min', 'CREATING since: 2026-03-10 13:00 UTC. Started: 2026-03-10 11:05 UTC. '
      + 'Cost so far: at least $1.05 (3 DPU hours at $0.35). Engine: Apache Spark version 3.5. '
      + 'What to do: check whether other sessions use up the region\'s DPU quota. Runbook: https://example.com/runbook#creating'],
    ['BUSY', 'busy for 1 h 5 min', 'BUSY since: 2026-03-10 13:00 UTC. Started: 2026-03-10 11:05 UTC. '
      + 'Cost so far: at least $1.05 (3 DPU hours at $0.35). Engine: Apache Spark version 3.5. '
      + 'What to do: check whether its calculations still advance, and if they hang, end it with '
      + '\'aws athena terminate-session --session-id a1b2c3 --region eu-west-1\'. Runbook: https://example.com/runbook#busy'],
    ['TERMINATING', 'terminating for 1 h 5 min', 'TERMINATING since: 2026-03-10 13:00 UTC. Started: 2026-03-10 11:05 UTC. '
      + 'Cost so far: at least $1.05 (3 DPU hours at $0.35). Engine: Apache Spark version 3.5. '
      + 'What to do: if it does not end, ask AWS Support. Runbook: https://example.com/runbook#terminating'],
  ])('%s', (kind, what, facts) => {
    const { title, text } = eventOf({ kind }).message;
    expect(title).toBe(`Athena session ${what} in analytics`);
    expect(text).toBe(`${title}. Session: a1b2c3. Owner: jane (tag Owner). ${facts}`);
  });
});

test('docs/notifications.md has a message of every kind', () => {
  const page = readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'notifications.md'), 'utf8');
  for (const kind of Object.keys(EVENT_DETAIL_TYPES) as EventKind[]) {
    const session = kind === 'FAILED' ? { reason: 'The driver ran out of memory' } : {};
    const { text } = eventOf({ kind, session, details: kind === 'IDLE' ? { idleTimeoutSeconds: 4 * 3600 } : {} }).message;
    expect(page).toContain(`\n${text.replace('https://example.com/runbook#', 'https://…/runbook.md#')}\n`);
  }
});

describe('an event', () => {
  test('has these fields', () => {
    const { Detail, ...others } = entry({
      alarm: { thresholdSeconds: 3600 }, session: { description: 'nightly "load"', reason: 'idle', notebookVersion: 'Jupyter 1' }, details: { idleTimeoutSeconds: 7200 },
    });
    expect(others).toEqual({
      EventBusName: 'default',
      Source: 'cdk-athena-session-monitor',
      DetailType: 'Athena Session Idle',
      Time: new Date('2026-03-10T14:00:00Z'),
      Resources: [
        'arn:aws:athena:eu-west-1:123456789012:workgroup/analytics/session/a1b2c3',
        'arn:aws:athena:eu-west-1:123456789012:workgroup/analytics',
      ],
    });
    expect(JSON.parse(Detail)).toEqual({
      version: '1',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      monitor: 'Stack/Sessions',
      collector: 'collector',
      alarm: 'IDLE',
      workGroup: 'analytics',
      sessionId: 'a1b2c3',
      state: 'IDLE',
      since: '2026-03-10T13:00:00.000Z',
      secondsInState: 3900,
      startedAt: '2026-03-10T11:05:00.000Z',
      ageSeconds: 10_800,
      engine: 'Apache Spark version 3.5',
      description: 'nightly "load"',
      reason: 'idle',
      notebookVersion: 'Jupyter 1',
      thresholdSeconds: 3600,
      owner: { name: 'jane', source: 'tag:Owner' },
      idleTimeoutSeconds: 7200,
      endsBy: '2026-03-10T15:00:00.000Z',
      costAtLeast: { usd: 1.05, dpuHours: 3, dpuHourPrice: 0.35 },
      links: {
        console: 'https://eu-west-1.console.aws.amazon.com/athena/home?region=eu-west-1#/workgroups/details/analytics',
        runbook: 'https://example.com/runbook#idle',
      },
      message: { text: expect.any(String), title: expect.any(String), markdown: expect.any(String) },
    });
  });

  test('leaves out fields without a value, and says what is missing', () => {
    const event = eventOf({ session: { engine: undefined, startedAt: undefined }, details: { tags: undefined } });
    expect(Object.keys(event)).not.toEqual(expect.arrayContaining(['description']));
    expect(event).toMatchObject({ engine: 'unknown', startedAt: event.since, ageSeconds: 3900 });
    expect(event.detailsMissing).toEqual([
      'owner: the session has none of the tags AmazonDataZoneSessionOwner, Owner, owner, and no execution role',
      'startedAt: Athena returned no start, so this is the earliest date that is known',
      'engine: Athena returned none',
    ]);
    expect(event.message.text).toContain('Owner: unknown.');
    expect(event.message.text).toContain('Engine: unknown.');
    for (const name of ['description', 'reason', 'notebookVersion', 'thresholdSeconds', 'owner', 'idleTimeoutSeconds', 'endsBy']) {
      expect(event).not.toHaveProperty(name);
    }
  });

  test('with empty texts reads like one without them', () => {
    const { message, detailsMissing } = eventOf({ session: { description: '', reason: '', engine: '', notebookVersion: '' } });
    expect(message).toEqual(eventOf({ session: { engine: undefined } }).message);
    expect(detailsMissing).toEqual(['engine: Athena returned none']);
  });

  test('says why a detail is missing, at most in 256 characters, and not again that the owner is', () => {
    const missing = ['tags: AccessDeniedException: not authorized', `idle timeout and execution role: ${'x'.repeat(300)}`];
    const { detailsMissing } = eventOf({ details: { tags: undefined, missing } });
    expect(detailsMissing).toEqual([missing[0], missing[1]!.slice(0, 256)]);
  });

  test('has the time at which an idle session ends by itself, and no other session\'s', () => {
    const details = { idleTimeoutSeconds: 20 * 60 };
    expect(eventOf({ details }).endsBy).toBe('2026-03-10T13:20:00.000Z');
    expect(eventOf({ kind: 'OLD', session: { state: 'IDLE' }, details }).endsBy).toBe('2026-03-10T13:20:00.000Z');
    expect(eventOf({ kind: 'OLD', details })).toMatchObject({ idleTimeoutSeconds: 1200 });
    expect(eventOf({ kind: 'OLD', details })).not.toHaveProperty('endsBy');
    expect(eventOf({ kind: 'BUSY', details })).not.toHaveProperty('endsBy');
  });

  test('never has negative durations, as a state can begin after the scheduled time', () => {
    expect(eventOf({ kind: 'OLD', session: { since: T + MINUTE } })).toMatchObject({ secondsInState: 0, ageSeconds: 10_800 });
  });

  test('says that texts are missing if too many sessions failed to keep them', () => {
    const event = eventOf({ kind: 'FAILED', session: { engine: undefined, withoutTexts: true } });
    expect(event).toMatchObject({ engine: 'unknown', detailsMissing: ['engine, description and reason: too many sessions failed in the same interval'] });
  });

  test('has times of four-digit years, whatever dates Athena returns', () => {
    const event = eventOf({ kind: 'OLD', session: { state: 'IDLE', since: 8.64e15, startedAt: -8.64e15 }, details: { idleTimeoutSeconds: 1e9, missing: [] } });
    expect([event.startedAt, event.since, event.endsBy]).toEqual(['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']);
  });

  test('of a failed session ends its age and cost with the failure', () => {
    expect(eventOf({ kind: 'FAILED' })).toMatchObject({ secondsInState: 3900, ageSeconds: 6900, costAtLeast: { usd: 0.67, dpuHours: 1.91 } });
  });

  test.each([
    [0, 0.35, 0, 0],
    [59, 0.35, 0, 0.01],
    [102, 0.35, 0, 0.02],
    [103, 0.35, 0.01, 0.02],
    [3599, 0.35, 0.34, 0.99],
    [3600, 0.35, 0.35, 1],
    [15_660, 0.35, 1.52, 4.35], // 4.35 * 100 is less than 435
    [10_800, 0.1, 0.3, 3], // 3 * 0.1 is more than 0.3
    [72_000, 0.29, 5.8, 20],
    [3600, 0, 0, 1],
  ])('costs cents, rounded down: %d s at %d', (seconds, dpuHourPrice, usd, dpuHours) => {
    const { costAtLeast } = eventOf({ session: { startedAt: T - seconds * SECOND }, context: { dpuHourPrice } });
    expect(costAtLeast).toEqual({ usd, dpuHours, dpuHourPrice });
  });

  test.each<[string, Partial<SessionDetails>, unknown]>([
    ['the first of the tags that is set', { tags: new Map([['owner', 'c'], ['Owner', 'b'], ['AmazonDataZoneSessionOwner', 'a']]) }, { name: 'a', source: 'tag:AmazonDataZoneSessionOwner' }],
    ['a later tag without the others', { tags: new Map([['owner', 'c'], ['OWNER', 'd']]) }, { name: 'c', source: 'tag:owner' }],
    ['a tag before the role', { tags: new Map([['owner', 'c']]), executionRole: 'arn:aws:iam::123456789012:role/spark' }, { name: 'c', source: 'tag:owner' }],
    ['the role without its path', { tags: new Map(), executionRole: 'arn:aws:iam::123456789012:role/service-role/team/spark' }, { name: 'spark', source: 'executionRole' }],
    ['the role if the tags are unknown', { tags: undefined, missing: ['tags: no'], executionRole: 'arn:aws:iam::123456789012:role/spark' }, { name: 'spark', source: 'executionRole' }],
    ['nobody if the role has no name', { tags: new Map(), executionRole: 'arn:aws:iam::123456789012:role/' }, undefined],
    ['nobody without both', { tags: new Map([['team', 'x']]) }, undefined],
  ])('has as its owner %s', (_, details, owner) => {
    expect(eventOf({ details }).owner).toEqual(owner);
  });

  test('writes the owner in words', () => {
    const executionRole = 'arn:aws:iam::123456789012:role/spark';
    expect(eventOf({ details: { tags: new Map(), executionRole } }).message.text).toContain('Owner: spark (execution role).');
    expect(eventOf({ details: { tags: new Map(), executionRole } }).message.markdown).toContain('*Owner:* `spark` (execution role)');
  });

  test.each([
    ['aws', 'us-east-1', 'https://us-east-1.console.aws.amazon.com/athena/home?region=us-east-1#/workgroups/details/analytics'],
    ['aws-cn', 'cn-north-1', 'https://console.amazonaws.cn/athena/home?region=cn-north-1#/workgroups/details/analytics'],
    ['aws-us-gov', 'us-gov-west-1', 'https://console.amazonaws-us-gov.com/athena/home?region=us-gov-west-1#/workgroups/details/analytics'],
  ])('has ARNs and the console of partition %s', (partition, region, consoleUrl) => {
    const given = { context: { deployment: { ...DEPLOYMENT, partition, region } } };
    expect(eventOf(given).links.console).toBe(consoleUrl);
    expect(entry(given).Resources[1]).toBe(`arn:${partition}:athena:${region}:123456789012:workgroup/analytics`);
  });

  test('has an id of the session, the alarm and, unless it failed, the moment', () => {
    const idOf = (given: Given) => eventOf(given).id;
    const others: Given[] = [
      { session: { id: 'other' } }, { workGroup: 'other' }, { alarm: { id: 'Other' } },
      { context: { deployment: { ...DEPLOYMENT, account: '210987654321' } } },
      { context: { deployment: { ...DEPLOYMENT, region: 'eu-west-2' } } },
      { context: { deployment: { ...DEPLOYMENT, functionName: 'other' } } },
    ];
    expect(new Set([{}, ...others].map(idOf)).size).toBe(1 + others.length);
    expect(idOf({ context: { scheduledTime: T + HOUR }, session: { description: 'x' }, details: { idleTimeoutSeconds: 1 } })).toBe(idOf({}));
  });
});

/** Fragments that break JSON, lines, markup or encodings. */
const FRAGMENTS = [
  '"', '\\', '\\"', '{', '}', '${x}', '<', '>', '<!channel>', '<https://x|y>', '\n', '\r\n', '\t', '\0', '\x1b[31m', '\x7f', '\u0085', '\u2028', '\u2029',
  '\u202a', '\u202e', '\u2066', '\u2069', '\u200e', '\u200f', '\u061c', 'שלום', 'مرحبا', '👩‍👩‍👧', '🏳️‍🌈', '😀', '\ud83d', '\ude00', '`', '``', '```', '*', '**b**', '_i_', '~s~',
  '[l](http://x)', '![i](x)', '# h', '- l', '1. n', '&lt;', '&#60;', ' · ', 'Owner: x.', 'a'.repeat(255), 'a'.repeat(256), `${'a'.repeat(255)}😀`, '😀'.repeat(300), '', ' ', '%', '$', '$&', '$\'',
];
const nasty = fc.oneof(
  fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...FRAGMENTS) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 9 }) }), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), { maxLength: 300 }).map((units) => units.join('')),
);
const nastyName = nasty.filter((name) => name !== '');

/** Replaces code spans as CommonMark reads them: from a run of backticks to the next run of the same length. */
function withoutCode(markdown: string): string {
  return markdown.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, 'CODE');
}

const RUNBOOK = /(?<=\*Runbook:\* ).*(?= · \*Console:\* )/;
const FORBIDDEN = /["\\<>\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

describe('whatever the texts of a session are', () => {
  const seed = 20260310;
  const given = fc.record({
    kind: fc.constantFrom<EventKind>('FAILED', 'IDLE', 'DEGRADED', 'OLD', 'CREATING', 'BUSY', 'TERMINATING'),
    alarm: fc.record({ runbookUrl: nastyName }),
    session: fc.record({ id: nastyName, description: nastyName, reason: nastyName, engine: nastyName, notebookVersion: nasty }),
    details: fc.oneof(
      fc.record({ tags: fc.tuple(nastyName, nastyName).map(([name]) => new Map([['Owner "<x>`', name]])), idleTimeoutSeconds: fc.constant(3600) }),
      fc.record({ tags: fc.constant(undefined), executionRole: nastyName, missing: fc.array(nasty, { maxLength: 2 }) }),
    ),
  });
  const context = { ownerTags: ['Owner "<x>`'], monitor: 'Stack/"My" \\ <monitor>' };

  test('the message can be inserted into JSON as it is, on one line, and within its length', () => {
    fc.assert(fc.property(given, (texts) => {
      const { message, ...event } = eventOf({ ...texts, context });
      const { id, monitor, collector, alarm, workGroup, sessionId, state, since, startedAt, engine, links } = event;
      const required = [id, monitor, collector, alarm, workGroup, sessionId, state, since, startedAt, engine, ...Object.values(links)];
      for (const text of [...Object.values(message), ...required]) {
        expect(JSON.parse(`{"x": "${text}"}`)).toEqual({ x: text });
        expect(text).not.toMatch(FORBIDDEN);
      }
      expect(message.title.length).toBeLessThanOrEqual(250);
      expect(message.markdown.length).toBeLessThanOrEqual(8_000);
    }), { seed, numRuns: 2000 });
  });

  test('the detail is JSON without lone surrogates, and keeps the texts', () => {
    fc.assert(fc.property(given, (texts) => {
      const { Detail } = entry({ ...texts, context });
      expect(Detail).toBe(Buffer.from(Detail).toString());
      expect(Detail).not.toMatch(/\\ud[89a-f]/i);
      expect(JSON.parse(Detail)).toMatchObject({ description: texts.session.description.replace(/\p{Surrogate}/gu, '\ufffd') });
    }), { seed, numRuns: 500 });
  });

  test('none of them is markup', () => {
    const shape = (kind: EventKind, details: Partial<SessionDetails>) => withoutCode(eventOf({
      kind, session: { id: 'x', description: 'x', reason: 'x', engine: 'x' }, details, context,
    }).message.markdown).replace(RUNBOOK, '');
    fc.assert(fc.property(given, (texts) => {
      const { markdown } = eventOf({ ...texts, context }).message;
      fc.pre(markdown.length < 8_000);
      expect(withoutCode(markdown).replace(RUNBOOK, '')).toBe(shape(texts.kind, texts.details));
      expect(RUNBOOK.exec(markdown)![0]).toMatch(/^[^()[\]`\s]*$/);
    }), { seed, numRuns: 2000 });
  });

  test('every kind says owner, cost and what to do', () => {
    fc.assert(fc.property(given, (texts) => {
      for (const text of [eventOf({ ...texts, context }).message.text, eventOf({ ...texts, context }).message.markdown.replaceAll('*', '')]) {
        for (const part of ['Owner: ', 'at least $', 'What to do: ', 'Runbook']) {
          expect(text).toContain(part);
        }
      }
    }), { seed, numRuns: 200 });
  });

  test('ten events fit into one call', () => {
    const text = '\u0001'.repeat(256);
    const { Detail, Resources } = entry({
      workGroup: 'w'.repeat(128),
      session: { id: 'i'.repeat(256), description: text, reason: text, engine: text, notebookVersion: text },
      details: { tags: new Map([['Owner', '😀'.repeat(256)]]), missing: [text, text] },
      alarm: { runbookUrl: `https://example.com/${'x'.repeat(2000)}` },
      context: { monitor: 'M'.repeat(1024) },
    });
    expect(10 * Buffer.byteLength([Detail, ...Resources].join(''))).toBeLessThan(256 * 1024);
  });
});
