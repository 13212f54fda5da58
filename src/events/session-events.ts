import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { MessageFormat, targetInputOf } from './message-format';
import { annotateMisspeltOptions, annotateTopic, type OptionNames } from '../annotations';
import { nearestName } from '../edit-distance';
import { EVENT_DETAIL_TYPES, EVENT_SOURCE, type EventKind } from '../schema';
import { SessionMetrics } from '../session-metrics';
import { areDifferent, checkEnvironment, checkOptions, invalidValueError } from '../validation';

/**
 * Options of `notify()`.
 */
export interface NotifyOptions {
  /**
   * The format of the messages.
   *
   * @default MessageFormat.TEXT
   */
  readonly format?: MessageFormat;

  /**
   * The ids of the session alarms that messages are sent for, such as `Idle`. The alarms may be added later. Those of `sessionsAbove()`
   * have no events, as they are not about one session.
   *
   * @default - all session alarms that have events
   */
  readonly alarmIds?: string[];
}

const NOTIFY_OPTIONS: OptionNames<NotifyOptions> = { format: true, alarmIds: true };
const RULE_OPTIONS: OptionNames<events.OnEventOptions> = {
  target: true, eventPattern: true, ruleName: true, description: true, crossStackScope: true,
};

/**
 * A monitor's rules for the events that its collector sends.
 *
 * @internal
 */
export abstract class SessionEvents extends SessionMetrics {
  /**
   * The bus of the events, unless it is the account's default bus.
   *
   * @internal
   */
  protected abstract readonly _eventBus?: events.IEventBus;

  private readonly eventsScope = new Construct(this, 'Events');

  /**
   * Makes the collector send events, unless it does already.
   *
   * @internal
   */
  protected abstract _enableEvents(): void;

  /**
   * The ids of the session alarms that have events, including those that are added later.
   *
   * @internal
   */
  protected abstract _eventAlarmIds(): string[];

  /**
   * A rule for all events of the monitor: one for each session that meets the condition of a session alarm. Without a `target`, add one
   * with `addTarget()`. The first rule makes the collector send events.
   *
   * Events are best effort: one may be missing, for example after a gap between runs. Alarms also report what events missed.
   *
   * An `eventPattern` on other fields narrows the rule. For the same field, CDK adds its values as alternatives.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
   */
  public onSession(id: string, options: events.OnEventOptions = {}): events.Rule {
    checkOptions(this, 'onSession()', options);
    checkTarget(this, options.target);
    this.checkBusAccount();
    this._enableEvents();
    const { account, region } = Stack.of(this);
    const rule = new events.Rule(this.eventsScope, id, { ...options, eventBus: this._eventBus });
    annotateMisspeltOptions(rule, 'onSession()', options, RULE_OPTIONS);
    // Not the construct path, which can be the same in another app whose events are on the same bus.
    rule.addEventPattern({ source: [EVENT_SOURCE], account: [account], region: [region], detail: { collector: [this._functionName!] } });
    rule.addTarget(options.target);
    return rule;
  }

  /**
   * A rule for failed sessions: one event for each, if the monitor has an alarm of `SessionAlarm.failed()`.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   */
  public onSessionFailed(id: string, options?: events.OnEventOptions): events.Rule {
    return this.onSessionThatIs(['FAILED'], id, options);
  }

  /**
   * A rule for sessions that reach the threshold of an alarm of `SessionAlarm.idleLongerThan()`.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   */
  public onSessionIdle(id: string, options?: events.OnEventOptions): events.Rule {
    return this.onSessionThatIs(['IDLE'], id, options);
  }

  /**
   * A rule for sessions that become degraded, if the monitor has an alarm of `SessionAlarm.degraded()`.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   */
  public onSessionDegraded(id: string, options?: events.OnEventOptions): events.Rule {
    return this.onSessionThatIs(['DEGRADED'], id, options);
  }

  /**
   * A rule for live sessions that reach the age of an alarm of `SessionAlarm.olderThan()`.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   */
  public onSessionOld(id: string, options?: events.OnEventOptions): events.Rule {
    return this.onSessionThatIs(['OLD'], id, options);
  }

  /**
   * A rule for sessions that reach the threshold of an alarm of `SessionAlarm.creatingLongerThan()`, `busyLongerThan()` or
   * `terminatingLongerThan()`.
   *
   * @param id the id of the rule, unique in the monitor
   * @param options options of the rule
   */
  public onSessionStuck(id: string, options?: events.OnEventOptions): events.Rule {
    return this.onSessionThatIs(['CREATING', 'BUSY', 'TERMINATING'], id, options);
  }

  /**
   * Sends a message to a topic for each session that meets the condition of a session alarm. Returns the rule that does it.
   *
   * If the topic has a customer managed key of the app, the key's policy is extended so that EventBridge can use it.
   *
   * @param id the id of the rule, unique in the monitor
   * @param topic a standard topic of the monitor's account and region
   * @param options options of the messages
   */
  public notify(id: string, topic: sns.ITopic, options: NotifyOptions = {}): events.Rule {
    checkOptions(this, 'notify()', options);
    const { format = MessageFormat.TEXT, alarmIds } = options;
    checkTopic(this, topic);
    checkFormat(this, format);
    checkAlarmIds(this, alarmIds);
    const rule = this.onSession(id);
    annotateMisspeltOptions(rule, 'notify()', options, NOTIFY_OPTIONS);
    annotateTopic(rule, topic);
    if (alarmIds) {
      rule.addEventPattern({ detail: { alarm: alarmIds } });
      rule.node.addValidation({ validate: () => validateAlarmIds(this, alarmIds, this._eventAlarmIds()) });
    }
    rule.addTarget(new targets.SnsTopic(topic, { message: targetInputOf(format) }));
    return rule;
  }

  private onSessionThatIs(kinds: EventKind[], id: string, options?: events.OnEventOptions): events.Rule {
    const rule = this.onSession(id, options);
    rule.addEventPattern({ detailType: kinds.map((kind) => EVENT_DETAIL_TYPES[kind]) });
    return rule;
  }

  private checkBusAccount(): void {
    const { account } = Stack.of(this);
    if (this._eventBus && areDifferent(account, this._eventBus.env.account)) {
      throw invalidValueError(this, `eventBus: the account of ${this._eventBus.node.path}`, `the monitor's, ${account}, as rules are in the account of their bus`,
        this._eventBus.env.account, 'create the rule in the bus\'s account');
    }
  }
}

/** CDK's own error would not name the option. A construct such as a topic is no target. */
function checkTarget(scope: Construct, target: events.IRuleTarget | undefined): void {
  if (target !== undefined && (typeof target !== 'object' || typeof target?.bind !== 'function')) {
    throw invalidValueError(scope, 'target of onSession()', 'a target of aws-events-targets, such as new SqsQueue(queue)', target);
  }
}

function checkTopic(scope: Construct, topic: sns.ITopic): void {
  const name = 'topic of notify()';
  if (!Construct.isConstruct(topic) || !('topicArn' in topic)) {
    throw invalidValueError(scope, name, 'a topic, such as new Topic() or Topic.fromTopicArn()', topic);
  }
  if (topic.fifo) { // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
    throw invalidValueError(scope, name, 'a standard topic, as EventBridge does not publish to FIFO topics', topic);
  }
  checkEnvironment(scope, name, topic, 'region');
  const { account } = Stack.of(scope);
  if (areDifferent(account, topic.env.account)) {
    throw invalidValueError(scope, `${name}: the account of ${topic.node.path}`, `the monitor's, ${account}`, topic.env.account,
      'pass a bus of that account as eventBus, and create a rule for the topic there');
  }
}

function checkFormat(scope: Construct, format: MessageFormat): void {
  if (!Object.values(MessageFormat).includes(format)) {
    throw invalidValueError(scope, 'format of notify()', `one of ${Object.values(MessageFormat).join(', ')}`, format);
  }
}

function checkAlarmIds(scope: Construct, alarmIds: string[] | undefined): void {
  const isList = Array.isArray(alarmIds) && alarmIds.length > 0 && alarmIds.every((id) => typeof id === 'string');
  if (alarmIds !== undefined && !isList) {
    throw invalidValueError(scope, 'alarmIds of notify()', 'a list of at least one id of a session alarm, such as [\'Idle\']', alarmIds,
      typeof alarmIds === 'string' ? 'put it in a list' : 'leave it out for all session alarms');
  }
}

/** At synthesis, when all alarms have been added. */
function validateAlarmIds(scope: Construct, alarmIds: string[], known: string[]): string[] {
  return alarmIds.filter((id) => !known.includes(id)).map((id) => {
    const meant = nearestName(id, known);
    return invalidValueError(scope, 'each of alarmIds of notify()', `the id of a session alarm that has events (${known.join(', ') || 'there are none'})`, id,
      meant === undefined ? 'health alarms, the quota alarm and those of sessionsAbove() have none' : `did you mean '${meant}'?`).message;
  });
}
