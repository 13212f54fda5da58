import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { LazyWidgets } from './lazy-widgets';
import type { SessionDashboard } from './session-dashboard';
import { annotateIgnoredCreateDashboard, annotateIgnoredDashboardName } from '../annotations';
import type { MonitorConfig } from '../monitor-config';

/**
 * Creates the monitor's dashboard, or adds its widgets to an existing one.
 *
 * @param content is called at synthesis, when all alarms have been added
 */
export function createDashboard(monitor: Construct, config: MonitorConfig, content: () => SessionDashboard): cloudwatch.Dashboard | undefined {
  const { dashboard: existing, createDashboard: isWanted, dashboardName } = config;
  if (existing && isWanted) {
    annotateIgnoredCreateDashboard(monitor);
  }
  if (dashboardName !== undefined && (existing || isWanted === false)) {
    annotateIgnoredDashboardName(monitor);
  }
  if (!existing && isWanted === false) {
    return undefined;
  }
  const dashboard = existing ?? new cloudwatch.Dashboard(monitor, 'Dashboard', {
    dashboardName,
    defaultInterval: Duration.hours(12),
    periodOverride: cloudwatch.PeriodOverride.INHERIT, // a coarser period would merge many datapoints into one
  });
  dashboard.addWidgets(new LazyWidgets(() => content().widgets()));
  if (!config.selection.named) {
    dashboard.addVariable(content().workGroupVariable());
    dashboard.addWidgets(new LazyWidgets(() => content().selectedWorkGroupWidgets()));
  }
  return dashboard;
}
