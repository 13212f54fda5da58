import { App, aws_events as events, aws_sns as sns, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import fc from 'fast-check';
import type { BusEvent } from '../../../rehearsal/eventbridge';
import { type TargetInput, targetInput } from '../../../rehearsal/eventbridge/target-input';
import { BrokenMessageError, readMessage, shownText } from '../../../rehearsal/sns';

const EVENT: BusEvent = {
  'version': '0',
  'id': 'event-1',
  'detail-type': 'Session Idle',
  'source': 'monitor',
  'account': '123456789012',
  'time': '2026-01-02T12:00:00Z',
  'region': 'us-east-1',
  'resources': ['arn:one', 'arn:two'],
  'detail': {
    text: 'idle for 1 h',
    seconds: 3600,
    live: true,
    owner: null,
    nested: { a: 'b' },
    quoted: 'the "big" one',
    tags: [{ key: 'x' }, { key: 'y' }],
  },
};
const CONTEXT = { ruleName: 'Mail', ruleArn: 'arn:rule/Mail', at: Date.parse('2026-01-02T12:00:05Z') };

const sent = (input: TargetInput, event = EVENT) => targetInput(input, event, CONTEXT);
const filled = (template: string, paths: { [variable: string]: string } = {}) =>
  sent({ InputTransformer: { InputTemplate: template, InputPathsMap: paths } });

test('a target gets the event, a constant, or what is at a path', () => {
  expect(JSON.parse(sent({}))).toEqual(EVENT);
  expect(sent({ Input: '"always the same"' })).toBe('"always the same"');
  expect(sent({ InputPath: '$' })).toBe(JSON.stringify(EVENT));
  expect(sent({ InputPath: '$.detail.nested' })).toBe('{"a":"b"}');
  expect(sent({ InputPath: '$.detail.text' })).toBe('"idle for 1 h"');
});

test.each([
  ['$.detail-type', 'Session Idle'],
  ['$.detail.seconds', '3600'],
  ['$.detail.live', 'true'],
  ['$.detail.owner', 'null'],
  ['$.resources[1]', 'arn:two'],
  ['$.detail.tags[0].key', 'x'],
  ['$.detail.tags[*].key', '[x,y]'],
  ['$.detail.nested', '{a:b}'], // within a text, an object loses its quotes
  ['$.detail.missing', ''],
  ['$.detail.text.missing', ''],
  ['$.resources[2]', ''],
])('a text has what is at %s: %s', (path, text) => expect(filled('"is: <it>."', { it: path })).toBe(`"is: ${text}."`));

test.each(['detail', '$.', '$[?(@.a)]', "$['detail']", '$..key'])('the path %s is an error', path => {
  expect(() => sent({ InputPath: path })).toThrow(`the JSON path ${path} is not simulated`);
});

describe('a template of JSON', () => {
  const paths = { text: '$.detail.text', seconds: '$.detail.seconds', nested: '$.detail.nested', quoted: '$.detail.quoted', missing: '$.detail.missing' };

  test.each([
    ['a string, which gets quotes', '{"a": <text>}', '{"a":"idle for 1 h"}'],
    ['a string within quotes', '{"a": "<text>"}', '{"a":"idle for 1 h"}'],
    ['a string within a text', '{"a": "It is \\"<text>\\", <seconds> s"}', '{"a":"It is \\"idle for 1 h\\", 3600 s"}'],
    ['a number', '{"a": <seconds>}', '{"a":3600}'],
    ['an object', '{"a": <nested>}', '{"a":{"a":"b"}}'],
    ['an object within a text', '{"a": "it: <nested>"}', '{"a":"it: {a:b}"}'],
    ['elements of a list', '[<seconds>, <text>]', '[3600,"idle for 1 h"]'],
    ['what is no variable', '{"a": "<b>bold</b> <text>"}', '{"a":"<b>bold</b> idle for 1 h"}'],
    ['a missing value within a text', '{"a": "<missing>"}', '{"a":""}'],
    ['the rule', '{"a": <aws.events.rule-name>, "b": "<aws.events.rule-arn>"}', '{"a":"Mail","b":"arn:rule/Mail"}'],
    ['the time of arrival', '{"a": <aws.events.event.ingestion-time>}', '{"a":"2026-01-02T12:00:05.000Z"}'],
    ['the event', '{"a": <aws.events.event.json>}', JSON.stringify({ a: EVENT })],
    ['the event without its detail', '{"a": <aws.events.event>}', JSON.stringify({ a: { ...EVENT, detail: undefined } })],
  ])('with %s', (_, template, text) => expect(filled(template, paths)).toBe(text));

  test.each([
    ['a string with quotes', '{"a": <quoted>}', '{"a": "the "big" one"}'],
    ['a string with quotes within a text', '{"a": "<quoted>"}', '{"a": "the "big" one"}'],
    ['a missing value', '{"a": <missing>}', '{"a": }'],
  ])('is broken by %s, as EventBridge escapes nothing', (_, template, text) => {
    expect(() => filled(template, paths)).toThrow(BrokenMessageError);
    expect(() => filled(template, paths)).toThrow(`and the result is ${text}`);
  });
});

test('an inserted value is no template', () => {
  const event = { ...EVENT, detail: { one: '<two>', two: 'no' } };
  expect(sent({ InputTransformer: { InputTemplate: '"<one>"', InputPathsMap: { one: '$.detail.one', two: '$.detail.two' } } }, event)).toBe('"<two>"');
});

test('a path that finds nothing makes a broken message', () => {
  expect(() => sent({ InputPath: '$.detail.missing' })).toThrow(BrokenMessageError);
});

describe('templates that CDK makes', () => {
  /** What a target gets whose input is made by CDK. */
  function sentBy(message: events.RuleTargetInput, event = EVENT): string {
    const stack = new Stack(new App(), 'Stack');
    const rule = new events.Rule(stack, 'Rule', { eventPattern: { source: ['monitor'] } });
    rule.addTarget(new SnsTopic(new sns.Topic(stack, 'Topic'), { message }));
    const [resource] = Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule'));
    return targetInput(resource!.Properties.Targets[0], event, CONTEXT);
  }
  const field = (name: string) => events.EventField.fromPath(`$.detail.${name}`);
  const chat = events.RuleTargetInput.fromObject({
    version: '1.0', source: 'custom', content: { textType: 'client-markdown', title: field('title'), description: field('text') },
  });

  test('a text is read without its quotes, a notification as the chat shows it', () => {
    expect(shownText(readMessage(sentBy(events.RuleTargetInput.fromText(field('text')))))).toBe('idle for 1 h');
    expect(shownText(readMessage(sentBy(events.RuleTargetInput.fromMultilineText(`It is\n${field('text')}`))))).toBe('It is\nidle for 1 h');
    const event = { ...EVENT, detail: { title: 'Session idle', text: '**one** is idle' } };
    expect(readMessage(sentBy(chat, event))).toEqual({ chat: true, title: 'Session idle', text: '**one** is idle' });
  });

  test('a text without special characters comes through unchanged, whether or not EventBridge escapes it', () => {
    const plain = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter(text => JSON.stringify(text) === `"${text}"` && !/[<>]/.test(text));
    fc.assert(fc.property(plain, plain, (title, text) => {
      const event = { ...EVENT, detail: { title, text } };
      expect(readMessage(sentBy(chat, event))).toEqual({ chat: true, title, text });
      expect(readMessage(sentBy(events.RuleTargetInput.fromText(field('text')), event))).toEqual({ chat: false, text });
    }), { numRuns: 50 });
  });
});

describe('a message is read', () => {
  test.each([
    ['"idle"', 'idle'],
    ['"the \\"big\\" one"', 'the "big" one'],
    ['"the "big" one"', 'the "big" one'],
    ['"first"\n"second"', 'first\nsecond'],
    ['no quotes', 'no quotes'],
    ['{"a":1}', '{"a":1}'],
    ['{"version":"1.0","source":"other"}', '{"version":"1.0","source":"other"}'],
    ['null', 'null'],
  ])('%j as %j', (message, text) => expect(readMessage(message)).toEqual({ chat: false, text }));

  const notification = (content: object) => JSON.stringify({ version: '1.0', source: 'custom', content });

  test('a notification may have no title', () => {
    const { title, ...message } = readMessage(notification({ description: 'idle' }));
    expect([title, message]).toEqual([undefined, { chat: true, text: 'idle' }]);
    expect(shownText({ chat: true, title: 'Idle', text: 'one' })).toBe('Idle — one');
  });

  test.each<[object, string]>([
    [{ title: 'Idle' }, 'content.description is missing'],
    [{ description: '' }, 'content.description is missing'],
    [{ description: 'a', textType: 'html' }, 'content.textType must be client-markdown; got html'],
    [{ description: 'a', title: 'b'.repeat(251) }, 'content.title must have at most 250 characters; it has 251'],
    [{ description: 'a'.repeat(8001) }, 'content.description must have at most 8000 characters; it has 8001'],
  ])('a notification that the chat would not show is an error: %#', (content, problem) => {
    expect(() => readMessage(notification(content))).toThrow(BrokenMessageError);
    expect(() => readMessage(notification(content))).toThrow(`the chat would not show it: ${problem}`);
  });

  test('a notification of the greatest lengths is shown', () => {
    expect(readMessage(notification({ title: 'a'.repeat(250), description: 'b'.repeat(8000) })).text).toHaveLength(8000);
  });
});
