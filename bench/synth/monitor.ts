import { App, Stack } from 'aws-cdk-lib';
// eslint-disable-next-line import/no-extraneous-dependencies -- by its name, as users do: npm links it
import { AthenaSessionMonitor } from 'cdk-athena-session-monitor';

const app = new App({ outdir: process.argv[2] });
// Without a dashboard, which nobody writes by hand as it is.
new AthenaSessionMonitor(new Stack(app, 'Stack'), 'Sessions', { createDashboard: false });
app.synth();
