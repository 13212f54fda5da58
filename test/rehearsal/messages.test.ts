import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { StoryPrinter } from '../../command/rehearse/story-printer';
import { type DeployedStack, readStacks } from '../../rehearsal/deployed-stack';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearsal';
import { clock, parseStory } from '../../rehearsal/story';

jest.setTimeout(60_000); // machines may be slow, and busy

const MINUTE = 60_000;
const PACKAGE = path.join(__dirname, '..', '..', 'package.json');

let folder: string;
beforeAll(() => folder = mkdtempSync(path.join(tmpdir(), 'messages-test-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tells each idle session once, with what Athena knows of it, as a collector that knows nothing else would. */
const COLLECTOR = `
  import { createRequire } from 'node:module';
  const require = createRequire(${JSON.stringify(PACKAGE)});
  const { AthenaClient, GetSessionCommand, ListSessionsCommand, ListTagsForResourceCommand } = require('@aws-sdk/client-athena');
  const { EventBridgeClient, PutEventsCommand } = require('@aws-sdk/client-eventbridge');
  const athena = new AthenaClient({ maxAttempts: 1 });
  const eventBridge = new EventBridgeClient({ maxAttempts: 1 });
  const told = new Set();

  export async function handler({ scheduledTime }, { invokedFunctionArn }) {
    const [,,, region, account] = invokedFunctionArn.split(':');
    const { Sessions } = await athena.send(new ListSessionsCommand({ WorkGroup: 'analytics', StateFilter: 'IDLE' }));
    for (const { SessionId } of Sessions.filter(({ SessionId }) => !told.has(SessionId))) {
      const { WorkGroup, SessionConfiguration: { ExecutionRole, SessionIdleTimeoutInMinutes } } = await athena.send(new GetSessionCommand({ SessionId }));
      const ResourceARN = \`arn:aws:athena:\${region}:\${account}:workgroup/\${WorkGroup}/session/\${SessionId}\`;
      const { Tags } = await athena.send(new ListTagsForResourceCommand({ ResourceARN }));
      const owner = Tags.find(({ Key }) => Key === 'Owner')?.Value ?? ExecutionRole;
      const text = SessionId + ' of ' + owner + ' is idle, ends after ' + SessionIdleTimeoutInMinutes + ' min';
      const { FailedEntryCount } = await eventBridge.send(new PutEventsCommand({ Entries: [{
        EventBusName: process.env.BUS, Source: 'tests', DetailType: 'Session Idle', Time: new Date(scheduledTime), Resources: [ResourceARN],
        Detail: JSON.stringify({ sessionId: SessionId, text, title: 'Idle: ' + SessionId }),
      }] }));
      if (FailedEntryCount === 0) {
        told.add(SessionId);
      }
    }
  }`;

const MAIL = { InputTemplate: '"<text>"', InputPathsMap: { text: '$.detail.text' } };
const CHAT = {
  InputTemplate: '{"version":"1.0","source":"custom","content":{"textType":"client-markdown","title":<title>,"description":<text>}}',
  InputPathsMap: { title: '$.detail.title', text: '$.detail.text' },
};

function rule(target: object, properties: object = {}, pattern: object = {}): object {
  return {
    Type: 'AWS::Events::Rule',
    Properties: { EventPattern: { source: ['tests'], region: [{ Ref: 'AWS::Region' }], ...pattern }, State: 'ENABLED', Targets: [{ Id: 'Target0', ...target }], ...properties },
  };
}
const metadata = (constructPath: string) => ({ Metadata: { 'aws:cdk:path': constructPath } });
const topic = (constructPath: string) => ({ Type: 'AWS::SNS::Topic', ...metadata(constructPath) });

const RULES = {
  Mail: { ...rule({ Arn: { Ref: 'Alerts' }, InputTransformer: MAIL }), ...metadata('Small/Sessions/Events/Mail/Resource') },
};

function stack(rules: { [logicalId: string]: object } = RULES, bus?: object): DeployedStack {
  const asset = mkdtempSync(path.join(folder, 'asset-'));
  writeFileSync(path.join(asset, 'index.mjs'), COLLECTOR);
  const template = {
    Resources: {
      Collector: {
        Type: 'AWS::Lambda::Function',
        Properties: { Handler: 'index.handler', Timeout: 60, Code: { S3Key: 'hash.zip' }, Environment: { Variables: { METRIC_NAMESPACE: 'Tests', INTERVAL_MINUTES: 5, ...(bus && { BUS: bus }) } } },
      },
      Schedule: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'cron(0/5 * * * ? *)',
          Target: { Arn: { 'Fn::GetAtt': ['Collector', 'Arn'] }, Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
        },
      },
      Alerts: topic('Small/Alerts/Resource'),
      Chat: topic('Small/Teams/Chat/Resource'),
      Central: { Type: 'AWS::Events::EventBus', Properties: { Name: 'central' } },
      ...rules,
    },
  };
  return readStacks([{ name: 'Small', template, assets: new Map([['hash', asset]]) }])[0]!;
}

const STORY = `title: Idle
from: 13:00
to: 13:30
idleTimeout: 20 min
workGroups: [{ name: analytics }]
sessions:
  - { id: one, workGroup: analytics, tags: { Owner: Jane Doe }, history: [{ at: 13:01, state: CREATING }, { at: 13:02, state: IDLE }] }
  - { id: two, workGroup: analytics, executionRole: 'arn:aws:iam::123456789012:role/Etl', idleTimeout: 1 h, history: [{ at: 13:06, state: IDLE }] }
`;

async function play(yaml: string, stacks = [stack()], written: string[] = []): Promise<RehearsalResult> {
  const story = parseStory(`${STORY}${yaml}`, 'test.yaml');
  const report = new StoryPrinter({ write: text => written.push(text) }, (_, text) => text);
  report.begin(story);
  const result = await rehearse({ story, stacks, onEvent: event => report.event(event) });
  report.end(result);
  return result;
}

const textOf = (written: string[]) => written.join('').replace(/\u001b\[\d+m/g, '');
const ONE = '{ topic: Alerts, sent: [13:05, 13:06], contains: [one, Jane Doe, ends after 20 min] }';
const TWO = '{ topic: Small/Alerts, sent: [13:10, 13:11], contains: [two, role/Etl, ends after 60 min] }';

test('what a rule sends to a topic is a message of the story, as a person reads it', async () => {
  const written: string[] = [];
  const { mismatches, messages, busEvents, events, date } = await play(`expect: { messages: [${ONE}, ${TWO}] }`, [stack()], written);
  expect(mismatches).toEqual([]);
  const shown = messages.map(one => [clock(one.at - date), one.topic.logicalId, one.rule.path, one.chat, one.text]);
  expect(shown).toEqual([
    ['13:05:20', 'Alerts', 'Small/Sessions/Events/Mail', false, 'one of Jane Doe is idle, ends after 20 min'],
    ['13:10:20', 'Alerts', 'Small/Sessions/Events/Mail', false, 'two of arn:aws:iam::123456789012:role/Etl is idle, ends after 60 min'],
  ]);
  expect(events.filter(({ kind }) => kind === 'message')).toEqual(messages);
  expect(busEvents).toEqual(messages.map(({ event }) => event));
  expect(busEvents[0]).toMatchObject({
    'source': 'tests',
    'detail-type': 'Session Idle',
    'time': new Date(date + (13 * 60 + 5) * MINUTE).toISOString().replace('.000', ''),
    'resources': ['arn:aws:athena:us-east-1:123456789012:workgroup/analytics/session/one'],
  });
  expect(textOf(written)).toContain('13:05:20 to Alerts: one of Jane Doe is idle, ends after 20 min\n');
});

test('messages come at the end of the run, in order with everything else', async () => {
  const { events, date } = await play('runDuration: 80 %\nexpect: { otherMessages: any }');
  const shown = events.flatMap(event => event.kind === 'run' || event.kind === 'message' ? [`${clock(event.at - date)} ${event.kind}`] : []);
  expect(shown.slice(0, 6)).toEqual(['13:00 run', '13:05 run', '13:09 message', '13:10 run', '13:14 message', '13:15 run']);
});

test('a message after the end of the story is not part of it', async () => {
  const { messages, busEvents } = await play('runDuration: 21 min\nexpect: { otherMessages: any }');
  expect([messages.length, busEvents.length]).toEqual([1, 2]);
});

test('a notification for a chat is shown with its title', async () => {
  const written: string[] = [];
  const rules = { ...RULES, Room: rule({ Arn: { Ref: 'Chat' }, InputTransformer: CHAT }, {}, { resources: [{ suffix: '/one' }] }) };
  const { mismatches } = await play(`expect: { messages: [${ONE}, ${TWO}, { topic: Chat, sent: [13:05, 13:06], contains: ['Idle: one — one of Jane'] }] }`, [stack(rules)], written);
  expect(mismatches).toEqual([]);
  expect(textOf(written)).toContain('13:05:20 in chat of Teams/Chat: Idle: one — one of Jane Doe is idle, ends after 20 min\n');
});

test.each<[string, { [logicalId: string]: object }]>([
  ['of another source', { Other: rule({ Arn: { Ref: 'Alerts' } }, {}, { source: ['aws.s3'], detail: { ip: [{ cidr: '10.0.0.0/8' }] } }) }],
  ['with another pattern', { Other: rule({ Arn: { Ref: 'Alerts' } }, {}, { 'detail-type': ['Session Failed'] }) }],
  ['that is disabled', { Other: rule({ Arn: { Ref: 'Alerts' } }, { State: 'DISABLED' }) }],
  ['of another bus', { Other: rule({ Arn: { Ref: 'Alerts' } }, { EventBusName: { Ref: 'Central' } }) }],
  ['on a schedule', { Other: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)', Targets: [{ Id: 'T', Arn: { Ref: 'Alerts' } }] } } }],
  ['with targets that are not simulated', { Other: rule({ Arn: { 'Fn::ImportValue': 'other' }, Input: { 'Fn::ImportValue': 'other' } }, {}, { detail: { ip: [{ cidr: '10.0.0.0/8' }] } }) }],
])('a rule %s does not disturb', async (_, rules) => {
  const { mismatches } = await play(`expect: { messages: [${ONE}, ${TWO}] }`, [stack({ ...RULES, ...rules })]);
  expect(mismatches).toEqual([]);
});

test('a bus of the app is found by its name, and by its ARN', async () => {
  const rules = { Other: rule({ Arn: { Ref: 'Alerts' }, InputTransformer: MAIL }, { EventBusName: { Ref: 'Central' } }) };
  for (const bus of [{ Ref: 'Central' }, { 'Fn::GetAtt': ['Central', 'Arn'] }]) {
    const { mismatches } = await play(`expect: { messages: [${ONE}, ${TWO}] }`, [stack(rules, bus)]);
    expect(mismatches).toEqual([]);
  }
});

test('an imported topic has the name in its ARN', async () => {
  const rules = { Other: rule({ Arn: { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 'sns:us-east-1:123456789012:ops']] }, InputTransformer: MAIL }) };
  const { mismatches } = await play(`expect: { messages: [${[ONE, TWO].join().replace(/topic: [\w/]+/g, 'topic: ops')}] }`, [stack(rules)]);
  expect(mismatches).toEqual([]);
});

test('a filter that is not simulated is an error that names the rule', async () => {
  const rules = { Odd: { ...rule({ Arn: { Ref: 'Alerts' } }, {}, { detail: { ip: [{ cidr: '10.0.0.0/8' }] } }), ...metadata('Small/Odd/Resource') } };
  await expect(play('expect: {}', [stack(rules)])).rejects.toThrow('rule Small/Odd: the filter {"cidr":"10.0.0.0/8"} of detail.ip is not simulated');
});

test('a message that EventBridge or the chat breaks is a difference, and no message', async () => {
  const broken = { InputTemplate: '{"owner": <owner>}', InputPathsMap: { owner: '$.detail.owner' } };
  const rules = {
    Broken: { ...rule({ Arn: { Ref: 'Alerts' }, InputTransformer: broken }), ...metadata('Small/Broken/Resource') },
    Empty: { ...rule({ Arn: { Ref: 'Chat' }, Input: '{"version":"1.0","source":"custom","content":{}}' }), ...metadata('Small/Empty/Resource') },
  };
  const { mismatches, messages } = await play('expect: {}', [stack(rules)]);
  expect(messages).toEqual([]);
  expect(mismatches).toHaveLength(4);
  expect(mismatches).toEqual(expect.arrayContaining([
    expect.stringMatching(/^test\.yaml: at 13:05:20, EventBridge would deliver a broken message: rule Small\/Broken: .*the result is \{"owner": \}$/),
    expect.stringMatching(/^test\.yaml: at 13:10:20, .*rule Small\/Empty: the chat would not show it: content\.description is missing$/),
  ]));
});

test('a message is sent at the end of the run that sends its event, whatever else runs at the time', async () => {
  const hourly = stack({});
  hourly.schedules[0]!.minutes = [5]; // a run takes half an hour
  const { messages, busEvents, date } = await play('runDuration: 50 %\nexpect: { otherMessages: any }', [stack(), hourly]);
  expect(messages.map(({ at, text }) => [clock(at - date), text.slice(0, 3)])).toEqual([['13:07:30', 'one'], ['13:12:30', 'two']]);
  expect(busEvents).toHaveLength(3); // the other message about the first session would be sent after the story
});

describe('differences', () => {
  test.each<[string, string, RegExp[]]>([
    ['a message too late', `messages: [{ topic: Alerts, sent: [13:05, 13:05], contains: [one] }, ${TWO}], otherMessages: any`,
      [/^test\.yaml:9:22: Alerts should have got one message with "one" between 13:05 and 13:05; it got "one of .*" at 13:05:20, "two of .*" at 13:10:20$/]],
    ['a message without a text', `messages: [{ topic: Alerts, sent: [13:05, 13:06], contains: [one, Max] }, ${TWO}], otherMessages: any`,
      [/^test\.yaml:9:22: Alerts should have got one message with "one" and "Max" between 13:05 and 13:06; it got /]],
    ['a message to another topic', `messages: [${ONE}, ${TWO}, { topic: Chat, sent: [13:00, 13:30] }]`,
      [/^test\.yaml:9:\d+: Teams\/Chat should have got one message between 13:00 and 13:30; it got none$/]],
    ['a second message', 'messages: [{ topic: Alerts, sent: [13:00, 13:30], contains: [is idle] }]',
      [/^test\.yaml:9:22: Alerts should have got one message with "is idle" between 13:00 and 13:30; it got 2, at 13:05:20, 13:10:20$/]],
    ['one message for two expectations', `messages: [${ONE}, ${ONE}, ${TWO}]`,
      [/^test\.yaml:9:\d+: Alerts should have .*; the only one, at 13:05:20, is that of another expectation$/]],
    ['a message that nothing expects', `messages: [${TWO}]`,
      [/^test\.yaml: Alerts got "one of Jane Doe is idle, ends after 20 min" at 13:05:20, and the story does not expect it$/]],
  ])('%s is reported', async (_, yaml, problems) => {
    const { mismatches } = await play(`expect: { ${yaml} }`);
    expect(mismatches).toEqual(problems.map(problem => expect.stringMatching(problem)));
  });

  test.each([
    ['two that are alike', 'messages: [{ topic: Alerts, sent: [13:00, 13:30], contains: [is idle] }, { topic: Alerts, sent: [13:00, 13:30], contains: [is idle] }]'],
    ['one that is also like the expectation of another', `messages: [{ topic: Alerts, sent: [13:00, 13:30], contains: [is idle] }, ${ONE}]`],
  ])('there are none if each message is expected: %s', async (_, yaml) => {
    const { mismatches } = await play(`expect: { ${yaml} }`);
    expect(mismatches).toEqual([]);
  });

  test('an unknown topic is an error before anything is played', async () => {
    await expect(play('expect: { messages: [{ topic: Nobody, sent: [13:00, 13:30] }] }')).rejects.toThrow(
      'test.yaml:9:31: there is no topic Nobody; there are Alerts, Teams/Chat');
    await expect(play('expect: { messages: [{ topic: Alerts, sent: [13:00, 13:30] }] }', [stack(), stack()])).rejects.toThrow(
      'test.yaml:9:31: Alerts could be any of the topics Small/Alerts, Small/Alerts');
  });
});

describe('faults', () => {
  test('failed entries are sent again by a function that notices', async () => {
    const { messages, busEvents, date } = await play('faults: [{ kind: failedEntries, code: ThrottlingException, first: 1 }]\nexpect: { otherMessages: any }');
    expect(messages.map(({ at, text }) => [clock(at - date), text.slice(0, 3)])).toEqual([['13:10:20', 'one'], ['13:10:20', 'two']]); // in the order of sessions
    expect(busEvents).toHaveLength(2);
  });

  test.each(['operation: PutEvents', 'operation: GetSession', 'operation: ListTagsForResource', 'operation: GetSession, workGroup: analytics'])('a fault with %s is for it alone', async key => {
    const { events, calls, messages } = await play(`faults: [{ kind: accessDenied, ${key}, to: 13:09 }]\nexpect: { failedRuns: 1, otherMessages: any }`);
    const errors = events.flatMap(event => event.kind === 'run' && event.result.error ? [event.result.error.errorType] : []);
    expect(errors).toEqual(['AccessDeniedException']);
    expect(messages).toHaveLength(2);
    expect(calls.filter(({ operation, fault }) => fault && !key.includes(operation))).toEqual([]);
  });
});
