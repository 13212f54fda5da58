import { Annotations, Duration, Resource, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type BilledParts, billedMetrics, monthlyCost } from './cost';
import { nearestName } from './edit-distance';
import { WORK_GROUP_METRICS, type WorkGroupMetric } from './schema';
import { checkOptions } from './validation';

/**
 * Annotations for props that are allowed but perhaps unintended. Each can be acknowledged by its id.
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Annotations.html
 */
const ID_PREFIX = 'cdk-athena-session-monitor:';

/** All options of a struct. The mapped type makes the list complete. */
export type OptionNames<Options> = { readonly [name in keyof Options]-?: unknown };

/**
 * An option that is unknown but close to a known one, as JavaScript callers may pass. Other unknown options are no mistake: callers may
 * pass on an object that has more than these options.
 *
 * @param owner what the options are of, such as `AthenaSessionMonitor`
 */
export function annotateMisspeltOptions(scope: Construct, owner: string, options: object, known: OptionNames<object>): void {
  checkOptions(scope, owner, options);
  const names = Object.keys(known);
  for (const option of Object.keys(options).filter((name) => !names.includes(name))) {
    const meant = nearestName(option, names);
    if (meant !== undefined) {
      Annotations.of(scope).addWarningV2(`${ID_PREFIX}misspeltOption`, `the option '${option}' of ${owner} is unknown and ignored; did you mean '${meant}'?`);
    }
  }
}

/** A datapoint can be some minutes late. */
export function annotateHastyHeartbeat(scope: Construct, datapointsToAlarm: number, interval: Duration, minimum: Duration): void {
  if (!Token.isUnresolved(datapointsToAlarm) && datapointsToAlarm * interval.toMinutes() < minimum.toMinutes()) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}hastyHeartbeat`, `datapointsToAlarm of the alarm Heartbeat cover ${datapointsToAlarm * interval.toMinutes()} minutes, `
      + `less than ${minimum.toHumanString()}: late datapoints can raise the alarm although no run is missing; raise evaluationPeriods and datapointsToAlarm`);
  }
}

/** The threshold of a session alarm. */
interface AlarmThreshold {
  readonly metricName: WorkGroupMetric;
  readonly value: number;
}

/** A threshold below the interval is unreliable, as each session is seen once per interval. */
export function annotateThresholdBelowInterval(scope: Construct, alarmId: string, threshold: AlarmThreshold, interval: Duration): void {
  if (WORK_GROUP_METRICS[threshold.metricName].unit === 'Seconds' && threshold.value < interval.toSeconds()) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}thresholdBelowInterval`, `the threshold of the alarm ${alarmId}, ${threshold.value} seconds, is below the interval of `
      + `${interval.toHumanString()}: each session is seen once per interval, so the alarm is late or misses short ones; raise the threshold or shorten interval`);
  }
}

/** https://docs.aws.amazon.com/athena/latest/APIReference/API_StartSession.html */
const MAX_IDLE_TIMEOUT = Duration.minutes(480);

export function annotateThresholdAboveIdleTimeout(scope: Construct, alarmId: string, { metricName, value }: AlarmThreshold): void {
  if (metricName === 'IdleTime' && value > MAX_IDLE_TIMEOUT.toSeconds()) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}thresholdAboveIdleTimeout`, `the threshold of the alarm ${alarmId}, ${Duration.seconds(value).toHumanString()}, `
      + 'is above 480 minutes: Athena ends idle sessions by then, so the alarm never goes to ALARM; lower the threshold');
  }
}

/** The quota is one of the region, so it can be full although few sessions of a part of the workgroups are alive. */
export function annotatePartialQuota(scope: Construct, { mayBeEmpty }: { readonly mayBeEmpty: boolean }): void {
  if (!mayBeEmpty) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}quotaOfPart`, 'dpuQuota applies to the whole region, but workGroups may select only some of its workgroups: '
      + 'sessions of the others use the quota unseen; set dpuQuota on a monitor of WorkGroupSelection.all()');
  }
}

/** The collector stops reading listings of ended sessions at sessions that started too long ago. */
export function annotateThresholdAboveMaxSessionDuration(
  scope: Construct, alarmId: string, { metricName, value }: AlarmThreshold, maxSessionDuration: Duration,
): void {
  if (metricName === 'SessionAge' && value > maxSessionDuration.toSeconds()) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}thresholdAboveMaxSessionDuration`, `the threshold of the alarm ${alarmId}, ${Duration.seconds(value).toHumanString()}, `
      + `is above maxSessionDuration, ${maxSessionDuration.toHumanString()}: the end of such old sessions may go unseen; raise maxSessionDuration`);
  }
}

export function annotateIgnoredCreateDashboard(scope: Construct): void {
  Annotations.of(scope).addWarningV2(`${ID_PREFIX}createDashboardIgnored`, 'createDashboard is ignored, as dashboard is given and the widgets are added to that one; remove one of the two');
}

export function annotateIgnoredDashboardName(scope: Construct): void {
  Annotations.of(scope).addWarningV2(`${ID_PREFIX}dashboardNameIgnored`, 'dashboardName is ignored, as the monitor creates no dashboard; '
    + 'leave it out, or remove dashboard and createDashboard: false');
}

export function annotateOmittedQueries(scope: Construct): void {
  Annotations.of(scope).addInfoV2(`${ID_PREFIX}queriesLeftOut`, 'the queries of sessions are omitted, as logSessionDetails is false and the log does not contain sessions');
}

/** @param ineffective what has no effect without events, such as `ownerTags` */
export function annotateMissingEvents(scope: Construct, ineffective: readonly string[]): void {
  if (ineffective.length > 0) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}eventsOff`, `the monitor sends no events, so these have no effect: ${ineffective.join(', ')}; `
      + 'call onSession() or notify(), or set eventBus');
  }
}

/** An info, not a warning, as the routes of a VPC are not known: it may have a NAT gateway. */
export function annotateEventsInVpc(scope: Construct): void {
  Annotations.of(scope).addInfoV2(`${ID_PREFIX}eventsInVpc`, 'the collector runs in a VPC and sends events: its subnets need a route to Athena and to EventBridge; '
    + 'without a NAT gateway, create interface endpoints for com.amazonaws.<region>.athena and com.amazonaws.<region>.events');
}

/** If EventBridge may not publish to a topic, nothing but a metric of the rule tells. */
export function annotateTopic(scope: Construct, topic: sns.ITopic): void {
  const { masterKey, node: { path } } = topic;
  const keyOfSns = isKeyOfSns(topic);
  if (keyOfSns) { // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}topicKeyOfSns`, `the topic ${path} is encrypted with alias/aws/sns, a key that EventBridge may not use: no message would arrive; `
      + 'use a customer managed key');
  }
  const imported = [
    ...Resource.isOwnedResource(topic) ? [] : [{ what: `the topic ${path}`, actions: 'sns:Publish' }],
    ...!masterKey || keyOfSns || Resource.isOwnedResource(masterKey) ? [] : [{ what: `the key of the topic ${path}`, actions: 'kms:Decrypt and kms:GenerateDataKey*' }],
  ];
  for (const { what, actions } of imported) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}importedTopic`, `${what} is imported, so its policy cannot be changed: no message arrives unless `
      + `it allows ${actions} to events.amazonaws.com; allow it there`);
  }
}

/** Whether the topic has the key that SNS manages, by its construct or as the property of the resource. */
function isKeyOfSns({ masterKey, node, stack }: sns.ITopic): boolean {
  const { kmsMasterKeyId } = (node.defaultChild ?? {}) as Partial<sns.CfnTopic>;
  return JSON.stringify(stack.resolve([masterKey?.keyArn, kmsMasterKeyId])).includes('alias/aws/sns"');
}

/** An info, not a warning, for alarms without actions: many users route alarm events with EventBridge. */
export function annotateAlarmActions(
  scope: Construct, alarms: readonly (cloudwatch.Alarm | cloudwatch.CompositeAlarm)[], actionsAreGiven: boolean,
): void {
  if (alarms.length === 0 && actionsAreGiven) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}actionsIgnored`, 'alarmActions, okActions and insufficientDataActions are ignored, as the monitor has no alarms; add alarms or remove the actions');
  }
  if (alarms.length > 0 && !alarms.some(hasAlarmAction)) {
    Annotations.of(scope).addInfoV2(`${ID_PREFIX}noAlarmActions`, 'no alarm has an action; set alarmActions to get notified, unless EventBridge routes your alarms\' events');
  }
}

/** For monitors of named workgroups only: the number of found ones is unknown at synthesis. */
export function annotateMonthlyCost(scope: Construct, monitors: readonly BilledParts[]): void {
  const sum = (count: (parts: BilledParts) => number) => monitors.reduce((total, parts) => total + count(parts), 0);
  const items = [
    quantity(sum(billedMetrics), 'metric'),
    quantity(sum(({ alarms }) => alarms), 'alarm'),
    quantity(sum(({ compositeAlarms }) => compositeAlarms), 'composite alarm'),
    quantity(sum(({ dashboards }) => dashboards), 'dashboard'),
  ].filter((item) => !item.startsWith('0 '));
  const owner = monitors.length > 1 ? `the app's ${monitors.length} monitors of named workgroups cost` : 'the monitor costs';
  Annotations.of(scope).addInfoV2(`${ID_PREFIX}monthlyCost`, `${owner} at most about $${sum(monthlyCost).toFixed(2)} a month: ${items.join(', ')} `
    + '(prices of us-east-1 before free tiers and discounts; Lambda, Scheduler and logs add cents)');
}

function quantity(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Includes actions that an aspect added, but not property overrides, which cannot be read. */
function hasAlarmAction({ node, stack }: cloudwatch.Alarm | cloudwatch.CompositeAlarm): boolean {
  const { alarmActions } = node.defaultChild as cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm;
  const actions: unknown = stack.resolve(alarmActions);
  return actions !== undefined && !(Array.isArray(actions) && actions.length === 0); // a list token resolves to an object
}
