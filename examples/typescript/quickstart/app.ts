import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AthenaSessionMonitor, SessionAlarm, WorkGroupSelection } from 'cdk-athena-session-monitor';

const app = new App();
const stack = new Stack(app, 'AthenaSessions');
const topic = new Topic(stack, 'Alerts', { enforceSSL: true }); // to get notified: topic.addSubscription(…)
const alerts = new SnsAction(topic);

// Every Spark-enabled workgroup of the account and region except one, including those created later.
const sessions = new AthenaSessionMonitor(stack, 'Sessions', {
  workGroups: WorkGroupSelection.matching('!etl-production'),
  alarmActions: [alerts],
  okActions: [alerts],
});

// That workgroup has a shorter idle threshold. Its own namespace keeps the metrics of the two monitors apart.
const production = new AthenaSessionMonitor(stack, 'Production', {
  workGroups: WorkGroupSelection.named('etl-production'),
  metricNamespace: 'AthenaSessionsProduction',
  alarms: SessionAlarm.defaults({ idleLongerThan: Duration.minutes(30) }),
  alarmActions: [alerts],
  okActions: [alerts],
});

// Alarms tell of workgroups. These messages name the sessions, with owner, cost and what to do.
sessions.notify('Messages', topic);
production.notify('Messages', topic);
