import { App, Aspects, Duration, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AthenaSessionMonitor, LiveSessionState, MessageFormat, SessionAlarm } from '../../src';
import {
  countsOf, errorOf, FLAGS, logicalIdsOf, newApp, newMonitor, newStack, type Properties, resourceOf, resourcesOf, warningsOf,
} from '../support/synthesis';

const ENV = { account: '111111111111', region: 'eu-west-1' };
const OTHER_ACCOUNT = '222222222222';

type OnEvent = (monitor: AthenaSessionMonitor, id: string, options?: events.OnEventOptions) => events.Rule;

const METHODS: [string, OnEvent, string[] | undefined][] = [
  ['onSession', (monitor, ...rest) => monitor.onSession(...rest), undefined],
  ['onSessionFailed', (monitor, ...rest) => monitor.onSessionFailed(...rest), ['Athena Session Failed']],
  ['onSessionIdle', (monitor, ...rest) => monitor.onSessionIdle(...rest), ['Athena Session Idle']],
  ['onSessionDegraded', (monitor, ...rest) => monitor.onSessionDegraded(...rest), ['Athena Session Degraded']],
  ['onSessionOld', (monitor, ...rest) => monitor.onSessionOld(...rest), ['Athena Session Old']],
  ['onSessionStuck', (monitor, ...rest) => monitor.onSessionStuck(...rest), ['Athena Session Creating', 'Athena Session Busy', 'Athena Session Terminating']],
];

const THIS_COLLECTOR = [{ Ref: expect.stringMatching(/^SessionsCollector/) }];
const ALL_EVENTS = {
  source: ['cdk-athena-session-monitor'],
  account: [ENV.account],
  region: [ENV.region],
  detail: { collector: THIS_COLLECTOR },
};

const knownStack = () => newStack({ env: ENV });
const propertiesOfRule = (rule: events.Rule): Properties => resourceOf(rule).Properties;
const patternOf = (rule: events.Rule): Properties => propertiesOfRule(rule).EventPattern;
const onlyTargetOf = (rule: events.Rule): Properties => {
  const { Targets } = propertiesOfRule(rule);
  expect(Targets).toHaveLength(1);
  return Targets[0];
};

test('there is a method for every event', () => {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(AthenaSessionMonitor.prototype));
  expect(methods.filter((name) => /^onSession(?!ThatIs)/.test(name)).sort()).toEqual(METHODS.map(([name]) => name).sort());
});

describe.each(METHODS)('%s()', (_, onEvent, detailType) => {
  test('matches events of this monitor only, and of its kinds', () => {
    const rule = onEvent(newMonitor({}, knownStack()), 'Team');
    expect(patternOf(rule)).toEqual({ ...ALL_EVENTS, ...detailType && { 'detail-type': detailType } });
    expect(rule.node.path).toBe('Stack/Sessions/Events/Team');
  });

  test('takes the place of the rule from the stack where it is not known', () => {
    const { account, region } = patternOf(onEvent(newMonitor(), 'Team'));
    expect({ account, region }).toEqual({ account: [{ Ref: 'AWS::AccountId' }], region: [{ Ref: 'AWS::Region' }] });
  });

  test('passes on the options of a rule', () => {
    const stack = knownStack();
    const queue = new Queue(stack, 'Queue');
    const rule = onEvent(newMonitor({}, stack), 'Team', {
      target: new targets.SqsQueue(queue),
      ruleName: 'mine',
      description: 'tells the team',
      eventPattern: { detail: { workGroup: ['etl'] } },
    });
    expect(propertiesOfRule(rule)).toMatchObject({ Name: 'mine', Description: 'tells the team', State: 'ENABLED' });
    expect(patternOf(rule)).toMatchObject({ ...ALL_EVENTS, detail: { workGroup: ['etl'], collector: THIS_COLLECTOR } });
    expect(onlyTargetOf(rule).Arn).toEqual(stack.resolve(queue.queueArn));
  });

  test('makes a rule without a target, to add one later', () => {
    expect(propertiesOfRule(onEvent(newMonitor(), 'Team'))).not.toHaveProperty('Targets');
    const stack = knownStack();
    const rule = onEvent(newMonitor({}, stack), 'Team');
    rule.addTarget(new targets.SqsQueue(new Queue(stack, 'Queue')));
    expect(onlyTargetOf(rule).Id).toBe('Target0');
  });

  test('makes no second rule of an id', () => {
    const monitor = newMonitor();
    onEvent(monitor, 'Team');
    expect(() => onEvent(monitor, 'Team')).toThrow('Team');
  });
});

test('the rules of two monitors match different events', () => {
  const stack = newStack();
  const rules = ['One', 'Two'].map((id) => newMonitor({ metricNamespace: id }, stack, id).onSession('All'));
  const [one, two] = rules.map((rule) => patternOf(rule).detail.collector[0].Ref);
  expect([one, two]).toEqual([expect.stringMatching(/^OneCollector/), expect.stringMatching(/^TwoCollector/)]);
});

test('a rule can be in the stack of its target', () => {
  const app = newApp();
  const [stack, other] = ['Stack', 'Other'].map((id) => new Stack(app, id, { env: ENV }));
  const rule = newMonitor({}, stack).onSession('Team', { crossStackScope: other, target: new targets.SqsQueue(new Queue(other, 'Queue')) });
  expect(rule.stack).toBe(other);
  expect(patternOf(rule)).toEqual({ ...ALL_EVENTS, detail: { collector: [{ 'Fn::ImportValue': expect.stringMatching(/^Stack:.*SessionsCollector/) }] } });
});

test('a target of another account gets the events by that account\'s bus', () => {
  const stack = knownStack();
  const other = new Stack(stack.node.root as App, 'Other', { env: { account: OTHER_ACCOUNT, region: stack.region } });
  const queue = new Queue(other, 'Queue', { queueName: 'events' });
  newMonitor({}, stack).onSession('Team', { ruleName: 'team', target: new targets.SqsQueue(queue) });
  const [rule] = Object.values(Template.fromStack(other).findResources('AWS::Events::Rule'));
  const [collector] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  expect(rule!.Properties.EventPattern.detail).toEqual({ collector: [collector!.Properties.FunctionName] });
});

describe('the bus of rules', () => {
  const busOf = (eventBus: (stack: Stack) => events.IEventBus) => {
    const stack = knownStack();
    const monitor = newMonitor({ eventBus: eventBus(stack) }, stack);
    return [monitor.onSession('All'), monitor.notify('Team', new Topic(stack, 'Topic'))].map((rule) => propertiesOfRule(rule).EventBusName);
  };

  test('is the default bus by default', () => {
    expect(propertiesOfRule(newMonitor().onSession('All'))).not.toHaveProperty('EventBusName');
  });

  test('is the one of the monitor', () => {
    expect(busOf((stack) => new events.EventBus(stack, 'Bus'))).toEqual(Array(2).fill({ Ref: expect.stringMatching(/^Bus/) }));
  });

  test('can be imported', () => {
    expect(busOf((stack) => events.EventBus.fromEventBusName(stack, 'Bus', 'mine'))).toEqual(['mine', 'mine']);
    expect(busOf((stack) => events.EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:eu-west-1:${ENV.account}:event-bus/mine`))).toEqual(['mine', 'mine']);
  });

  test('cannot be replaced by an untyped caller', () => {
    const stack = newStack();
    const options = { eventBus: new events.EventBus(stack, 'Other') } as events.OnEventOptions;
    expect(propertiesOfRule(newMonitor({}, stack).onSession('All', options))).not.toHaveProperty('EventBusName');
  });

  test('of another account takes no rules', () => {
    const stack = knownStack();
    const monitor = newMonitor({ eventBus: events.EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:eu-west-1:${OTHER_ACCOUNT}:event-bus/central`) }, stack);
    const text = `[Stack/Sessions] eventBus: the account of Stack/Bus must be the monitor's, ${ENV.account}, as rules are in the account of their bus, `
      + `received "${OTHER_ACCOUNT}"; create the rule in the bus's account`;
    for (const [, onEvent] of METHODS) {
      expect(errorOf(() => onEvent(monitor, 'Team'))).toBe(text);
    }
    expect(errorOf(() => monitor.notify('Team', new Topic(stack, 'Topic')))).toBe(text);
    expect(Object.values(resourcesOf(stack)).filter(({ Type }) => Type === 'AWS::Events::Rule')).toEqual([]);
  });
});

describe('notify()', () => {
  const notified = (options?: Parameters<AthenaSessionMonitor['notify']>[2]) => {
    const stack = knownStack();
    const topic = new Topic(stack, 'Topic');
    return { stack, topic, rule: newMonitor({}, stack).notify('Team', topic, options) };
  };

  test('sends one line of text for every event, by default', () => {
    for (const options of [undefined, {}, { format: MessageFormat.TEXT }]) {
      const { stack, topic, rule } = notified(options);
      expect(patternOf(rule)).toEqual(ALL_EVENTS);
      expect(rule.node.path).toBe('Stack/Sessions/Events/Team');
      expect(onlyTargetOf(rule)).toEqual({
        Id: 'Target0',
        Arn: stack.resolve(topic.topicArn),
        InputTransformer: { InputPathsMap: { 'detail-message-text': '$.detail.message.text' }, InputTemplate: '"<detail-message-text>"' },
      });
    }
  });

  test('sends a custom notification for chats, of fields that every event has', () => {
    const { InputTransformer: { InputPathsMap, InputTemplate } } = onlyTargetOf(notified({ format: MessageFormat.CHAT }).rule);
    expect(InputPathsMap).toEqual({
      'detail-id': '$.detail.id',
      'detail-message-title': '$.detail.message.title',
      'detail-message-markdown': '$.detail.message.markdown',
      'detail-sessionId': '$.detail.sessionId',
      'detail-type': '$.detail-type',
      'resources-0-': '$.resources[0]',
      'detail-workGroup': '$.detail.workGroup',
      'region': '$.region',
    });
    expect(InputTemplate).toBe('{"version":"1.0","source":"custom","id":<detail-id>,'
      + '"content":{"textType":"client-markdown","title":<detail-message-title>,"description":<detail-message-markdown>},'
      + '"metadata":{"threadId":<detail-sessionId>,"summary":<detail-message-title>,"eventType":<detail-type>,'
      + '"additionalContext":{"SessionId":<detail-sessionId>,"SessionArn":<resources-0->,"WorkGroup":<detail-workGroup>,"Region":<region>}}}');
  });

  test('may publish to the topic, and use its key', () => {
    const stack = knownStack();
    const masterKey = new Key(stack, 'Key');
    newMonitor({}, stack).notify('Team', new Topic(stack, 'Topic', { masterKey }));
    const [policy] = Object.values(resourcesOf(stack)).filter(({ Type }) => Type === 'AWS::SNS::TopicPolicy');
    expect(policy.Properties.PolicyDocument.Statement).toEqual([expect.objectContaining({
      Action: 'sns:Publish', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' },
    })]);
    expect(resourceOf(masterKey).Properties.KeyPolicy.Statement).toContainEqual(expect.objectContaining({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' },
    }));
    expect(warningsOf(stack)).toEqual([]);
  });

  test('takes a topic of another stack', () => {
    const app = newApp();
    const [stack, other] = ['Stack', 'Other'].map((id) => new Stack(app, id, { env: ENV }));
    const rule = newMonitor({}, stack).notify('Team', new Topic(other, 'Topic'));
    expect(onlyTargetOf(rule).Arn).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Other:.*Topic/) });
    expect(Object.values(resourcesOf(other)).filter(({ Type }) => Type === 'AWS::SNS::TopicPolicy')).toHaveLength(1);
    expect([stack.dependencies, other.dependencies]).toEqual([[other], []]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('works in stages, in partitions of their own', () => {
    const app = newApp();
    for (const region of ['cn-north-1', 'us-gov-west-1']) {
      const stack = new Stack(new Stage(app, region, { env: { account: ENV.account, region } }), 'Stack');
      const rule = newMonitor({}, stack).notify('Team', new Topic(stack, 'Topic'), { format: MessageFormat.CHAT });
      expect(patternOf(rule)).toEqual({ ...ALL_EVENTS, region: [region] });
      expect(JSON.stringify(resourcesOf(stack))).not.toContain('arn:aws:');
      expect(warningsOf(stack)).toEqual([]);
    }
  });

  test('can be called for several topics, and several times for one', () => {
    const stack = knownStack();
    const monitor = newMonitor({}, stack);
    const topic = new Topic(stack, 'Topic');
    monitor.notify('Failed', topic, { alarmIds: ['Failed'] });
    monitor.notify('Rest', topic, { alarmIds: ['Idle', 'Degraded'] });
    monitor.notify('Chat', new Topic(stack, 'ChatTopic'), { format: MessageFormat.CHAT });
    expect(Object.values(resourcesOf(stack)).filter(({ Type }) => Type === 'AWS::Events::Rule')).toHaveLength(3);
    expect(warningsOf(stack)).toEqual([]);
  });

  describe('with alarmIds', () => {
    const synthesisErrorOf = (alarmIds: string[], act: (monitor: AthenaSessionMonitor) => void = () => {}, alarms = SessionAlarm.defaults()) => {
      const stack = knownStack();
      const monitor = newMonitor({ dpuQuota: 4, alarms }, stack);
      monitor.notify('Team', new Topic(stack, 'Topic'), { alarmIds });
      act(monitor);
      return errorOf(() => Template.fromStack(stack));
    };

    test('matches only events of these alarms', () => {
      expect(patternOf(notified({ alarmIds: ['Idle', 'Failed'] }).rule)).toEqual({ ...ALL_EVENTS, detail: { collector: THIS_COLLECTOR, alarm: ['Idle', 'Failed'] } });
    });

    test('takes alarms that are added later, and those without CloudWatch alarm', () => {
      const stack = knownStack();
      const monitor = newMonitor({}, stack);
      monitor.notify('Team', new Topic(stack, 'Topic'), { alarmIds: ['Busy', 'Early'] });
      monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6)));
      monitor.addAlarm(SessionAlarm.idleLongerThan(Duration.minutes(30), { id: 'Early', alarm: false }));
      expect(() => Template.fromStack(stack)).not.toThrow();
    });

    const NONE = 'health alarms, the quota alarm and those of sessionsAbove() have none';

    test.each([['Heartbeat', NONE], ['Quota', NONE], ['Notifications', NONE], ['Any', NONE], ['Unknown', NONE], ['', NONE], ['idle', 'did you mean \'Idle\'?']])(
      'that have %j are an error at synthesis', (id, cure) => {
        expect(synthesisErrorOf(['Failed', id])).toContain('[Stack/Sessions] each of alarmIds of notify() must be the id of a session alarm that has events (Failed, Idle, Degraded), '
          + `received "${id}"; ${cure}`);
      });

    test('that have an alarm of sessionsAbove() are an error at synthesis', () => {
      expect(synthesisErrorOf(['IdleSessionsAbove'], (monitor) => monitor.addAlarm(SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 10))))
        .toContain(`(Failed, Idle, Degraded), received "IdleSessionsAbove"; ${NONE}`);
    });

    test('of a monitor without session alarms are an error at synthesis', () => {
      expect(synthesisErrorOf(['Failed'], undefined, [])).toContain('(there are none), received "Failed"');
    });
  });
});

describe.each(FLAGS)('with %s', (_, context) => {
  test.each([['any environment', undefined], ['a known environment', ENV]])('in %s rules and topics synthesize without a warning', (__, env) => {
    const stack = new Stack(newApp(context), 'Stack', { env });
    const monitor = newMonitor({ eventBus: new events.EventBus(stack, 'Bus') }, stack);
    METHODS.forEach(([name, onEvent]) => onEvent(monitor, name, { target: new targets.SqsQueue(new Queue(stack, name)) }));
    monitor.notify('Mail', new Topic(stack, 'Mail'));
    monitor.notify('Chat', new Topic(stack, 'Chat', { masterKey: new Key(stack, 'Key'), enforceSSL: true }), { format: MessageFormat.CHAT });
    expect(warningsOf(stack)).toEqual([]);
    expect(countsOf(resourcesOf(stack))['AWS::Events::Rule']).toBe(METHODS.length + 2);
  });
});

describe('the order of calls', () => {
  const STEPS: { [name: string]: (monitor: AthenaSessionMonitor) => void } = {
    alarm: (monitor) => monitor.addAlarm(SessionAlarm.busyLongerThan(Duration.hours(6))),
    notify: (monitor) => monitor.notify('Team', monitor.node.tryFindChild('Topic') as Topic, { alarmIds: ['Busy'] }),
    rule: (monitor) => monitor.onSessionFailed('Failed'),
    composite: (monitor) => monitor.addCompositeAlarm(),
  };
  const templateOf = (...order: (keyof typeof STEPS)[]) => {
    const stack = newStack();
    const monitor = newMonitor({ alarmNamePrefix: 'sessions' }, stack);
    new Topic(monitor, 'Topic');
    order.forEach((step) => STEPS[step](monitor));
    return { template: Template.fromStack(stack).toJSON(), ids: logicalIdsOf(monitor) };
  };

  test('does not change the template', () => {
    const { template, ids } = templateOf('alarm', 'notify', 'rule', 'composite');
    for (const order of [['notify', 'alarm', 'rule', 'composite'], ['composite', 'rule', 'notify', 'alarm'], ['rule', 'composite', 'alarm', 'notify']]) {
      const other = templateOf(...order);
      expect(other.template).toEqual(template);
      expect(other.ids).toEqual(ids);
    }
  });

  test('leaves the logical ids of everything else as they are without events', () => {
    const { ids: without } = templateOf('alarm', 'composite');
    const { ids } = templateOf('notify', 'alarm', 'rule', 'composite');
    expect(ids).toMatchObject(without);
    expect(Object.keys(ids).filter((path) => !(path in without))).toEqual([
      'Stack/Sessions/Events/Team/Resource', 'Stack/Sessions/Events/Failed/Resource', 'Stack/Sessions/Alarms/Notifications/Resource', 'Stack/Sessions/Topic/Policy/Resource',
    ].sort((a, b) => Object.keys(ids).indexOf(a) - Object.keys(ids).indexOf(b)));
  });

  test('includes an aspect', () => {
    const app: App = newApp();
    const stack = new Stack(app, 'Stack');
    newMonitor({}, stack);
    Aspects.of(stack).add({
      visit: (construct) => {
        if (construct instanceof AthenaSessionMonitor && !construct.node.findChild('Events').node.tryFindChild('Late')) {
          construct.onSession('Late');
        }
      },
    });
    const resources = Object.values(resourcesOf(stack));
    expect(resources.filter(({ Type }) => Type === 'AWS::Events::Rule')).toHaveLength(1);
    expect(resources.find(({ Type }) => Type === 'AWS::Lambda::Function')!.Properties.Environment.Variables).toHaveProperty('EVENTS');
  });
});
