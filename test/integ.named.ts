import { App, Duration, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AthenaSessionMonitor, WorkGroupSelection } from '../src';
import { DeployedMonitor } from './support/deployed-monitor';
import { sparkWorkGroup } from './support/spark-work-group';

/** A monitor of a workgroup that is named: it may list no other. The workgroup is quiet, so metrics need `zerosWhenQuiet`. */
const app = new App();
const stack = new Stack(app, 'AthenaSessionMonitorNamed');
const workGroup = sparkWorkGroup(stack, 'WorkGroup');
const monitor = new AthenaSessionMonitor(stack, 'Sessions', {
  workGroups: WorkGroupSelection.fromWorkGroups(workGroup),
  metricNamespace: 'AthenaSessionsIntegNamed', // apart from what else is monitored there
  interval: Duration.minutes(1),
  zerosWhenQuiet: true,
});
monitor.notify('Messages', new Topic(stack, 'Topic', { enforceSSL: true })); // permissions and rule can be deployed; no session is told

new DeployedMonitor(app, 'Named', monitor)
  .works(workGroup.ref)
  .isHealthy();
