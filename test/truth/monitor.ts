import { Duration, Stack } from 'aws-cdk-lib';
import { type History, type Setup, SETUPS } from './history';
import { workGroupName } from './world';
import type { DeployedStack } from '../../rehearsal/deployed-stack';
import { SessionAlarm, WorkGroupSelection } from '../../src';
import { readSettings, type Settings } from '../../src/collector/settings';
import { deployedStack } from '../support/deployed-stack';
import { newApp, newMonitor } from '../support/synthesis';

/** A monitor as its template deploys it. */
export interface DeployedMonitor {
  readonly alarms: DeployedStack['alarms'];
  readonly settings: Settings;
}

/** The setup's `holdFor`, limited to the allowed maximum. If undefined, the default. */
export function holdForOf({ interval, selection }: History, { holdFor }: Setup): number | undefined {
  return holdFor === undefined || selection === 'named' ? holdFor : Math.min(holdFor, 180 / interval);
}

const monitors = new Map<string, DeployedMonitor>();

/** The monitor of a history. Each combination of options is synthesized once. */
export function monitorOf(history: History): DeployedMonitor {
  const key = [history.interval, history.selection, history.setup].join(' ');
  const monitor = monitors.get(key) ?? deploy(history);
  monitors.set(key, monitor);
  return monitor;
}

function deploy(history: History): DeployedMonitor {
  const { interval, selection } = history;
  const setup = SETUPS[history.setup]!;
  const { workGroups, failedThreshold, lookback, idleLongerThan, olderThan, dpuQuota, maxSession, countTerminated, capacity } = setup;
  const holdFor = holdForOf(history, setup);
  const intervals = (count: number) => Duration.minutes(count * interval);
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  newMonitor({
    interval: intervals(1),
    workGroups: {
      named: () => WorkGroupSelection.named(...Array.from({ length: workGroups }, (_, index) => workGroupName(index))),
      all: () => WorkGroupSelection.all(),
      matching: () => WorkGroupSelection.matching('*-workgroup'),
    }[selection](),
    alarms: [
      SessionAlarm.failed({ threshold: failedThreshold, holdFor: holdFor === undefined ? undefined : intervals(holdFor) }),
      SessionAlarm.idleLongerThan(intervals(idleLongerThan)),
      SessionAlarm.degraded(),
      SessionAlarm.olderThan(intervals(olderThan)),
    ],
    lookback: lookback === undefined ? undefined : intervals(lookback),
    maxSessionDuration: intervals(maxSession),
    countTerminated,
    dpuQuota,
    createDashboard: false,
    maxRequestsPerSecond: capacity === undefined || selection === 'named' ? undefined : rateFor(capacity, interval),
  }, stack);
  const { functions: [collector], alarms } = deployedStack(stack);
  return { alarms, settings: readSettings({ ...collector!.environment, AWS_LAMBDA_FUNCTION_NAME: collector!.name }) };
}

/** The calls per second at which a run of the default timeout makes a little more than five calls for each of this many workgroups. */
function rateFor(workGroups: number, interval: number): number {
  const seconds = Math.min(0.8 * 60 * interval, 15 * 60) - 5;
  return (5 * workGroups + 1) / seconds;
}
