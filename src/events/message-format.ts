import * as events from 'aws-cdk-lib/aws-events';

/**
 * The format of the messages that `notify()` sends.
 */
export enum MessageFormat {
  /** One line of text, for e-mail and SMS. SNS may show it in quotes. */
  TEXT = 'TEXT',
  /**
   * A custom notification of Amazon Q Developer in chat applications, for Slack and Microsoft Teams. All messages about one session are in
   * one thread. E-mail subscribers would get it as JSON, so use a topic of its own.
   *
   * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   */
  CHAT = 'CHAT',
}

/**
 * What a rule makes of an event. EventBridge escapes nothing that it inserts, and inserts nothing for a missing field. So it uses
 * only fields that every event has, and each is the whole value of a member.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInputOf(format: MessageFormat): events.RuleTargetInput {
  const field = (name: string) => events.EventField.fromPath(`$.detail.${name}`);
  if (format === MessageFormat.TEXT) {
    return events.RuleTargetInput.fromText(field('message.text'));
  }
  return events.RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    id: field('id'),
    content: { textType: 'client-markdown', title: field('message.title'), description: field('message.markdown') },
    metadata: {
      threadId: field('sessionId'),
      summary: field('message.title'),
      eventType: events.EventField.detailType,
      // For the commands of custom actions, which are the buttons below a message.
      additionalContext: {
        SessionId: field('sessionId'),
        SessionArn: events.EventField.fromPath('$.resources[0]'),
        WorkGroup: field('workGroup'),
        Region: events.EventField.region,
      },
    },
  });
}
