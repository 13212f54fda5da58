import { App, Stack } from 'aws-cdk-lib';
// eslint-disable-next-line import/no-extraneous-dependencies -- by its name, as users do: npm links it
import { AthenaSessionMonitor } from 'cdk-athena-session-monitor';

const app = new App({ outdir: process.argv[2] });
new AthenaSessionMonitor(new Stack(app, 'Stack'), 'Sessions');
app.synth();
