/** The monitors of the scenario `quiet-hours`. */
import { App, Duration, Stack } from 'aws-cdk-lib';
// eslint-disable-next-line import/no-extraneous-dependencies -- imported by name, as by users: npm links it
import { AthenaSessionMonitor, LiveSessionState, SessionAlarm, WorkGroupSelection } from 'cdk-athena-session-monitor';

const app = new App({ outdir: process.argv[2], context: { 'aws:cdk:enable-path-metadata': true } });
const few = new Stack(app, 'FewOfMany');
const office = new Stack(app, 'Office');

function monitor(stack: Stack, id: string, workGroups: WorkGroupSelection, zerosWhenQuiet = false): void {
  new AthenaSessionMonitor(stack, id, {
    workGroups,
    zerosWhenQuiet,
    metricNamespace: id,
    alarms: [
      ...SessionAlarm.defaults(),
      SessionAlarm.busyLongerThan(Duration.hours(4)), SessionAlarm.olderThan(Duration.hours(6)), SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 2),
    ],
    dpuQuota: 4,
    maxRequestsPerSecond: 1000,
    createDashboard: false,
  });
}

const used = WorkGroupSelection.named(...Array.from({ length: 5 }, (_, index) => `used-${index}`));
monitor(few, 'Quiet', WorkGroupSelection.all());
monitor(few, 'Zeros', WorkGroupSelection.all(), true);
monitor(few, 'QuietNamed', used);
monitor(few, 'ZerosNamed', used, true);

monitor(office, 'OneNamed', WorkGroupSelection.named('office-0'));
monitor(office, 'OneFound', WorkGroupSelection.matching('office-0'));
monitor(office, 'TenFound', WorkGroupSelection.all());

app.synth();
