import { App, Stack } from 'aws-cdk-lib';
import { AthenaSessionMonitor } from 'cdk-athena-session-monitor';

const app = new App({ outdir: process.argv[2] });
new AthenaSessionMonitor(new Stack(app, 'Stack'), 'Sessions');
app.synth();
