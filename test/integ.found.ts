import { App, Duration, Stack } from 'aws-cdk-lib';
import { AthenaSessionMonitor, WorkGroupSelection } from '../src';
import { DeployedMonitor } from './support/deployed-monitor';
import { sparkWorkGroup } from './support/spark-work-group';

/** A monitor that finds its workgroup by name, with alarms by Metrics Insights. It writes zeros for the first quiet workgroup. */
const app = new App();
const stack = new Stack(app, 'AthenaSessionMonitorFound');
const workGroup = sparkWorkGroup(stack, 'WorkGroup');
const monitor = new AthenaSessionMonitor(stack, 'Sessions', {
  workGroups: WorkGroupSelection.matching(workGroup.ref), // and not all that an account may have
  metricNamespace: 'AthenaSessionsIntegFound', // apart from what else is monitored there
  interval: Duration.minutes(1),
});
const [failedAlarm] = monitor.alarmsFor('Failed');

new DeployedMonitor(app, 'Found', monitor)
  .works(workGroup.ref)
  .groupsByWorkGroup(failedAlarm!)
  .isOk(failedAlarm!)
  .isHealthy();
