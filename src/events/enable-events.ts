import { Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { annotateEventsInVpc } from '../annotations';
import { checkTimeForEvents, type MonitorConfig } from '../monitor-config';
import { EVENT_SOURCE, type EventAlarm, type EventSettings, SETTINGS } from '../schema';
import { invalidValueError } from '../validation';
import { checkFitsIamWithEvents } from '../work-group-selection';

/** What sends the events. */
interface EventSender {
  readonly collector: lambda.Function;
  /** The policy with the collector's permissions. */
  readonly policy: iam.Policy;
  /** Is called at synthesis, when all alarms have been added. */
  readonly alarms: () => EventAlarm[];
}

/** Makes the collector send events. Throws before it changes anything. */
export function enableEvents(monitor: Construct, config: MonitorConfig, { collector, policy, alarms }: EventSender): void {
  checkTimeForEvents(monitor, config);
  checkFitsIamWithEvents(monitor, config.selection);
  const stack = Stack.of(monitor);
  const { eventBus, ownerTags, dpuHourPrice, selection } = config;
  const settings = (): EventSettings => ({
    eventBus: eventBus?.eventBusArn ?? 'default',
    monitor: monitor.node.path,
    ownerTags,
    dpuHourPrice,
    alarms: alarms(),
  });
  // Uncached, as aspects may resolve it before the last alarm is added.
  collector.addEnvironment(SETTINGS.events, Lazy.uncachedString({ produce: () => stack.toJsonString(settings()) }));
  collector.node.addValidation({ validate: () => validateEnvironment(monitor, collector) });
  policy.addStatements(
    // Only events of this library: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    new iam.PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus?.eventBusArn ?? stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
      conditions: { StringEquals: { 'events:source': EVENT_SOURCE } },
    }),
    // The idle timeout, the role and the owner's tag of a session that an event is about. Sessions are resources of their workgroup:
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    new iam.PolicyStatement({
      actions: ['athena:GetSession', 'athena:ListTagsForResource'],
      resources: selection.arns.flatMap((arn) => [arn, `${arn}/session/*`]),
    }),
  );
  if (config.vpc) {
    annotateEventsInVpc(collector);
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4096;

/** The reason why Lambda would reject the environment, which it measures as JSON. Tokens count as empty, so only the maximum is checked. */
function validateEnvironment(monitor: Construct, collector: lambda.Function): string[] {
  const { environment } = collector.node.defaultChild as lambda.CfnFunction;
  const { variables } = collector.stack.resolve(environment) as { readonly variables: object };
  const known = Object.entries(variables).map(([name, value]) => [name, literalsOf(value)]);
  const size = Buffer.byteLength(JSON.stringify(Object.fromEntries(known)));
  return size > MAX_ENVIRONMENT_BYTES
    ? [invalidValueError(monitor, 'the function\'s environment', `at most ${MAX_ENVIRONMENT_BYTES} bytes with events, including names or patterns of workgroups, `
      + 'session alarms and ownerTags', `at least ${size} bytes`, 'use fewer or shorter ones, a shorter runbookUrl, or two monitors').message]
    : [];
}

/** What is known of a resolved string at synthesis. */
function literalsOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { 'Fn::Join': join } = value as { readonly 'Fn::Join'?: [string, unknown[]] };
  return join?.[1].filter((part) => typeof part === 'string').join(join[0]) ?? '';
}
