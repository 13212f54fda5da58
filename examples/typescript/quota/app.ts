import { App, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AthenaSessionMonitor, SessionAlarm } from 'cdk-athena-session-monitor';

const app = new App();
const stack = new Stack(app, 'AthenaQuota');
const topic = new Topic(stack, 'Alerts', { enforceSSL: true }); // to get notified: topic.addSubscription(…)
const alerts = new SnsAction(topic);

new AthenaSessionMonitor(stack, 'Sessions', {
  alarms: [...SessionAlarm.defaults(), SessionAlarm.olderThan(Duration.hours(2))],
  dpuQuota: 4, // for Spark 3.5 sessions in a new account, shared by all workgroups of the region
  alarmActions: [alerts],
  okActions: [alerts],
});
