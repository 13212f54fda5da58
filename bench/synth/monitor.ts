import { App, Stack } from 'aws-cdk-lib';
// eslint-disable-next-line import/no-extraneous-dependencies -- imported by name, as by users: npm links it
import { AthenaSessionMonitor } from 'cdk-athena-session-monitor';

const app = new App({ outdir: process.argv[2] });
// Without a dashboard, which nobody would write by hand.
new AthenaSessionMonitor(new Stack(app, 'Stack'), 'Sessions', { createDashboard: false });
app.synth();
