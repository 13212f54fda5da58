import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { BUNDLE, type Result, ROOT, temporaryFolder } from '../support';

/** An app with two monitors, and other resources. Its context can change a threshold, and add a stage in another region, or an alarm that is not simulated. */
const APP = `
const { App, Duration, Stack, Stage, aws_cloudwatch: cloudwatch, aws_sns: sns } = require('aws-cdk-lib');
const { AthenaSessionMonitor, SessionAlarm, WorkGroupSelection } = require('cdk-athena-session-monitor');
const app = new App();
const idleLongerThan = Duration.minutes(Number(app.node.tryGetContext('idle') ?? 30));
function addMonitors(scope, env) {
  const stack = new Stack(scope, 'Monitoring', { env });
  const topic = new sns.Topic(stack, 'Alerts', { enforceSSL: true });
  const team = new AthenaSessionMonitor(stack, 'Team', {
    workGroups: WorkGroupSelection.matching('team-*'), alarms: SessionAlarm.defaults({ idleLongerThan }),
  });
  team.notify('Messages', topic);
  new AthenaSessionMonitor(stack, 'Etl', { workGroups: WorkGroupSelection.named('etl'), metricNamespace: 'Etl' });
  new cloudwatch.Alarm(stack, 'Cpu', { metric: new cloudwatch.Metric({ namespace: 'AWS/EC2', metricName: 'CPUUtilization' }), threshold: 90, evaluationPeriods: 1 });
  if (app.node.tryGetContext('unusual')) {
    const metric = new cloudwatch.Metric({ namespace: 'Etl', metricName: 'IdleTime', dimensionsMap: { WorkGroup: 'etl' } });
    new cloudwatch.AnomalyDetectionAlarm(stack, 'Unusual', { metric, evaluationPeriods: 1 });
  }
}
addMonitors(app);
if (app.node.tryGetContext('prod')) {
  addMonitors(new Stage(app, 'Prod'), { account: '111122223333', region: 'eu-west-3' });
}
app.synth();
`;

/** A folder as its users have it: an app, a cdk.json, and the installed packages. */
export function project(files: { readonly [name: string]: string } = {}): string {
  const folder = temporaryFolder();
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [name, content] of Object.entries({ 'app.js': APP, 'cdk.json': '{ "app": "node app.js" }', ...files })) {
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** Runs the bundle in a folder. */
export async function rehearsed(cwd: string, ...args: string[]): Promise<Result> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [BUNDLE, 'rehearse', ...args], { cwd, env: { PATH: process.env.PATH, HOME: cwd, TMPDIR: cwd }, maxBuffer: 1e8 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode!, stdout, stderr });
    });
  });
}
