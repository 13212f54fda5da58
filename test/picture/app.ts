import { App, Duration, Stack } from 'aws-cdk-lib';
import { AthenaSessionMonitor, SessionAlarm } from '../../src';

/** The monitor of the README's picture, with everything that its dashboard can show. */
const stack = new Stack(new App(), 'DataPlatform');
new AthenaSessionMonitor(stack, 'Sessions', {
  alarms: [...SessionAlarm.defaults(), SessionAlarm.olderThan(Duration.hours(24))],
  alarmNamePrefix: 'spark',
  dpuQuota: 8,
});
