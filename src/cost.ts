import { EVENT_METRIC_NAMES, RUN_METRICS, WORK_GROUP_METRICS } from './schema';

/** What the cost of a monitor depends on. */
export interface BilledParts {
  readonly workGroups: number;
  readonly countTerminated: boolean;
  readonly alarms: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
  readonly events?: boolean;
}

/** Dollars a month in us-east-1, before the free tier and volume discounts. @see https://aws.amazon.com/cloudwatch/pricing/ */
const PRICES = { metric: 0.3, alarm: 0.1, compositeAlarm: 0.5, dashboard: 3 };

/** How many metrics the monitor writes. */
export function billedMetrics({ workGroups, countTerminated, events }: BilledParts): number {
  const each = Object.keys(WORK_GROUP_METRICS).length - (countTerminated ? 0 : 1);
  return workGroups * each + Object.keys(RUN_METRICS).length - (events ? 0 : EVENT_METRIC_NAMES.length);
}

/** Dollars a month for metrics, alarms and dashboards, which are nearly the whole cost. */
export function monthlyCost(parts: BilledParts): number {
  return billedMetrics(parts) * PRICES.metric + parts.alarms * PRICES.alarm
    + parts.compositeAlarms * PRICES.compositeAlarm + parts.dashboards * PRICES.dashboard;
}
