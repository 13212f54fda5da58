import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Dashboard, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { synthesize } from '../rehearsal/synthesis';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, HealthAlarm, LiveSessionState, MessageFormat, SessionAlarm, WorkGroupSelection } from '../src';

const EXAMPLES = path.join(__dirname, '..', 'examples', 'typescript');

const IGNORED_CHECKS = [
  'W3005', // CDK writes DependsOn even if a reference implies it
];

/** A finding in the output of `--format json`. */
interface Finding {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path?: readonly (string | number)[] };
  readonly Message: string;
}

/** CloudFormation has the property since September 2026. cfn-lint's schemas do not have it yet. */
function isNewerThanSchemas({ Rule: { Id }, Location: { Path } }: Finding): boolean {
  return Id === 'E3002' && Path?.at(-1) === 'WarmUpConfiguration';
}

/** Every prop. A new one is a compiler error until it has a value here. */
function everything(stack: Stack): Required<Omit<AthenaSessionMonitorProps, 'createDashboard' | 'dashboardName'>> {
  const action = new SnsAction(new Topic(stack, 'Alerts', { enforceSSL: true }));
  const vpc = new Vpc(stack, 'Vpc');
  return {
    workGroups: WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Etl', 'etl')),
    interval: Duration.minutes(10),
    metricNamespace: 'Sessions/Everything',
    alarms: [
      ...SessionAlarm.defaults({ idleLongerThan: Duration.hours(4), failedThreshold: 2 }),
      SessionAlarm.creatingLongerThan(Duration.minutes(10)),
      SessionAlarm.busyLongerThan(Duration.hours(6)),
      SessionAlarm.terminatingLongerThan(Duration.minutes(30)),
      SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 10),
      SessionAlarm.idleLongerThan(Duration.hours(8), { id: 'IdleAllDay', alarmName: 'idle-all-day', evaluationPeriods: 6, datapointsToAlarm: 2 }),
    ],
    healthAlarms: HealthAlarm.defaults(),
    alarmActions: [action],
    okActions: [action],
    insufficientDataActions: [action],
    alarmNamePrefix: 'athena',
    runbookUrl: 'https://example.com/runbook',
    lookback: Duration.hours(3),
    maxSessionDuration: Duration.hours(48),
    countTerminated: false,
    zerosWhenQuiet: true,
    dpuQuota: 8,
    dpuHourPrice: 0.4,
    eventBus: new EventBus(stack, 'Bus'),
    ownerTags: ['Team'],
    maxRequestsPerSecond: 2,
    logSessionDetails: false,
    logGroup: new LogGroup(stack, 'Log'),
    dashboard: new Dashboard(stack, 'Dashboard', { periodOverride: PeriodOverride.INHERIT }),
    role: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    architecture: Architecture.X86_64,
    memorySize: 512,
    timeout: Duration.minutes(4),
    tracing: Tracing.ACTIVE,
    environmentEncryption: new Key(stack, 'Key'),
    deadLetterQueue: new Queue(stack, 'DeadLetters', { encryption: QueueEncryption.KMS, enforceSSL: true }),
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    allowPublicSubnet: false,
    securityGroups: [new SecurityGroup(stack, 'SecurityGroup', { vpc })],
  };
}

/** Props of monitors of every kind, by stack name. */
const STACKS: { [name: string]: (stack: Stack) => AthenaSessionMonitorProps } = {
  Found: () => ({}),
  FoundByName: () => ({ workGroups: WorkGroupSelection.matching('etl-*', '!etl-test-*') }),
  Named: () => ({ workGroups: WorkGroupSelection.named('etl', 'adhoc') }),
  Everything: everything,
  EverythingFound: (stack) => ({ ...everything(stack), workGroups: WorkGroupSelection.all() }),
};

async function main(): Promise<void> {
  checkIsInstalled();
  const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
  try {
    const app = new App({ outdir: path.join(folder, 'stacks') });
    for (const [name, makeProps] of Object.entries(STACKS)) {
      const stack = new Stack(app, name);
      const monitor = new AthenaSessionMonitor(stack, 'Sessions', makeProps(stack));
      monitor.addCompositeAlarm();
      monitor.addLogsInsightsQueries();
      monitor.notify('Chat', new Topic(stack, 'Chat', { enforceSSL: true }), { format: MessageFormat.CHAT });
    }
    app.synth();
    for (const example of readdirSync(EXAMPLES)) {
      mkdirSync(path.join(folder, example));
      await synthesize({ folder: path.join(EXAMPLES, example) }, path.join(folder, example));
    }

    const templates = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.template.json'));
    console.log(`Linting ${templates.join(', ')}`);
    const { stdout } = spawnSync('cfn-lint', ['--format', 'json', '--ignore-checks', ...IGNORED_CHECKS, '--', ...templates], {
      cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
    });
    const findings = (JSON.parse(stdout) as Finding[]).filter((finding) => !isNewerThanSchemas(finding));
    findings.forEach(({ Filename, Rule: { Id }, Location: { Path }, Message }) => console.log(`${Filename} ${Id} ${Path?.join('/')}: ${Message}`));
    if (findings.length > 0) {
      throw new Error(`cfn-lint found ${findings.length} problems, see above`);
    }
    console.log('cfn-lint found no problems.');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkIsInstalled(): void {
  const { stdout, status } = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error('cfn-lint is not installed: run "pip install cfn-lint"');
  }
  console.log(stdout.trim());
}

main().catch((error) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
