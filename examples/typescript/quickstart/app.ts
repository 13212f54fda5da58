import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AthenaSessionMonitor, SessionAlarm, WorkGroupSelection } from 'cdk-athena-session-monitor';

const app = new App();
const stack = new Stack(app, 'AthenaSessions');
const topic = new Topic(stack, 'Alerts', { enforceSSL: true }); // subscribe somebody: topic.addSubscription(…)
const alerts = new SnsAction(topic);

// Every Spark-enabled workgroup of the account and region but one; new ones join by themselves.
new AthenaSessionMonitor(stack, 'Sessions', {
  workGroups: WorkGroupSelection.matching('!etl-production'),
  alarmActions: [alerts],
  okActions: [alerts],
});

// That one is watched more closely. The namespace of its own keeps the two monitors' metrics apart.
new AthenaSessionMonitor(stack, 'Production', {
  workGroups: WorkGroupSelection.named('etl-production'),
  metricNamespace: 'AthenaSessionsProduction',
  alarms: SessionAlarm.defaults({ idleLongerThan: Duration.minutes(30) }),
  alarmActions: [alerts],
  okActions: [alerts],
});
