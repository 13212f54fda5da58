import type { Instant } from './athena';
import type { DeployedRule, DeployedTopic } from './deployed-stack';
import type { BusEvent } from './eventbridge';
import { parsed } from './json';

/** A message that people do not get as intended. */
export class BrokenMessageError extends Error {}

/** A message to a topic, as a person reads it. */
export interface ReadableMessage {
  /** Whether it is for a chat channel, else for e-mails and text messages. */
  chat: boolean;
  /** Only in a chat. */
  title?: string;
  text: string;
}

/** A message that a rule sends to a topic, as a person reads it. */
export interface Message extends ReadableMessage {
  kind: 'message';
  at: Instant;
  topic: DeployedTopic;
  rule: DeployedRule;
  event: BusEvent;
}

const MAX_TITLE = 250;
const MAX_DESCRIPTION = 8000;

/**
 * A custom notification of Amazon Q Developer has a title and a description; of any other message, people get the text.
 * SNS shows the quotes around a text, which are left out here. Throws a BrokenMessageError if the
 * chat would not show the notification.
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function readMessage(message: string): ReadableMessage {
  const { version, source, content } = Object(parsed(message));
  if (version !== '1.0' || source !== 'custom') {
    return { chat: false, text: message.split('\n').map(withoutQuotes).join('\n') };
  }
  const { textType = 'client-markdown', title, description } = Object(content);
  const problems = [
    ...textType === 'client-markdown' ? [] : [`content.textType must be client-markdown; got ${textType}`],
    ...typeof description === 'string' && description !== '' ? [] : ['content.description is missing'],
    ...String(description).length <= MAX_DESCRIPTION ? [] : [`content.description must have at most ${MAX_DESCRIPTION} characters; it has ${description.length}`],
    ...String(title ?? '').length <= MAX_TITLE ? [] : [`content.title must have at most ${MAX_TITLE} characters; it has ${title.length}`],
  ];
  if (problems.length > 0) {
    throw new BrokenMessageError(`the chat would not show it: ${problems.join(', ')}`);
  }
  return { chat: true, title, text: description };
}

/** The whole text of a message. */
export function shownText({ title, text }: ReadableMessage): string {
  return title === undefined ? text : `${title} — ${text}`;
}

function withoutQuotes(line: string): string {
  const text = parsed(line);
  return typeof text === 'string' ? text : line.replace(/^"(.*)"$/, '$1');
}
