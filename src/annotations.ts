import { Annotations, type Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { AlarmThreshold } from './alarms/session-alarm';
import { type BilledParts, billedMetrics, monthlyCost } from './cost';
import { WORK_GROUP_METRICS } from './schema';

/**
 * Annotations for props that are allowed but perhaps unintended. Each can be acknowledged by its id.
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Annotations.html
 */
const ID_PREFIX = 'cdk-athena-session-monitor:';

/** A threshold below the interval is unreliable, as each session is seen once per interval. */
export function annotateThresholdBelowInterval(scope: Construct, alarmId: string, threshold: AlarmThreshold, interval: Duration): void {
  if (WORK_GROUP_METRICS[threshold.metricName].unit === 'Seconds' && threshold.value < interval.toSeconds()) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}thresholdBelowInterval`, `the alarm ${alarmId} is at ${threshold.value} seconds, less than the interval of `
      + `${interval.toHumanString()}: sessions are seen once in an interval, so that it comes late or misses those that are shorter; lengthen its duration or shorten interval`);
  }
}

export function annotateIgnoredCreateDashboard(scope: Construct): void {
  Annotations.of(scope).addWarningV2(`${ID_PREFIX}createDashboardIgnored`, 'createDashboard is ignored, as dashboard is given: the widgets are added to that one; leave one of them out');
}

export function annotateIgnoredDashboardName(scope: Construct): void {
  Annotations.of(scope).addWarningV2(`${ID_PREFIX}dashboardNameIgnored`, 'dashboardName is ignored, as the monitor creates no dashboard; '
    + 'leave it out, or remove dashboard and createDashboard: false');
}

export function annotateOmittedQueries(scope: Construct): void {
  Annotations.of(scope).addInfoV2(`${ID_PREFIX}queriesLeftOut`, 'the queries of sessions are left out, as logSessionDetails is false: the log does not name sessions');
}

/** An info, not a warning, for alarms without actions: many users route alarm events with EventBridge. */
export function annotateAlarmActions(
  scope: Construct, alarms: readonly (cloudwatch.Alarm | cloudwatch.CompositeAlarm)[], actionsAreGiven: boolean,
): void {
  if (alarms.length === 0 && actionsAreGiven) {
    Annotations.of(scope).addWarningV2(`${ID_PREFIX}actionsIgnored`, 'alarmActions, okActions and insufficientDataActions are ignored, as there are no alarms');
  }
  if (alarms.length > 0 && !alarms.some(hasAlarmAction)) {
    Annotations.of(scope).addInfoV2(`${ID_PREFIX}noAlarmActions`, 'no alarm has an action: set alarmActions to page somebody, unless you route the alarms\' events by EventBridge');
  }
}

/** For named workgroups only: the number of found ones is unknown at synthesis. */
export function annotateMonthlyCost(scope: Construct, parts: BilledParts): void {
  const { alarms, compositeAlarms, dashboards } = parts;
  const items = [
    `${billedMetrics(parts)} metrics`,
    `${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}`,
    ...compositeAlarms ? ['a composite alarm'] : [],
    ...dashboards ? ['a dashboard'] : [],
  ];
  Annotations.of(scope).addInfoV2(`${ID_PREFIX}monthlyCost`, `about $${monthlyCost(parts).toFixed(2)} a month for ${items.join(', ')} `
    + '(prices of us-east-1 before free tiers and discounts; Lambda, Scheduler and logs are cents)');
}

/** Includes actions that an aspect added, but not property overrides, which cannot be read. */
function hasAlarmAction({ node, stack }: cloudwatch.Alarm | cloudwatch.CompositeAlarm): boolean {
  const { alarmActions } = node.defaultChild as cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm;
  const actions: unknown = stack.resolve(alarmActions);
  return actions !== undefined && !(Array.isArray(actions) && actions.length === 0); // a list token resolves to an object
}
