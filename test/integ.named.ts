import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { AthenaSessionMonitor, WorkGroupSelection } from '../src';
import { DeployedMonitor } from './support/deployed-monitor';
import { sparkWorkGroup } from './support/spark-work-group';

/** A monitor of a workgroup that is named: it may list no other. */
const app = new App();
const stack = new Stack(app, 'AthenaSessionMonitorNamed');
const workGroup = sparkWorkGroup(stack, 'WorkGroup');
const monitor = new AthenaSessionMonitor(stack, 'Sessions', {
  workGroups: WorkGroupSelection.fromWorkGroups(workGroup),
  metricNamespace: 'AthenaSessionsIntegNamed', // apart from what else is monitored there
  interval: Duration.minutes(1),
});

const test = new IntegTest(app, 'Named', {
  testCases: [stack],
  stackUpdateWorkflow: false, // an update would begin with the snapshot, which is kept without its assets
});
new DeployedMonitor(test, monitor)
  .listsItsWorkGroup()
  .canBeInvoked()
  .hasAllMetricsOf(workGroup.ref)
  .hasAllAlarms()
  .isFine(monitor.heartbeatAlarm!)
  .hasNotPaged(monitor.heartbeatAlarm!);
