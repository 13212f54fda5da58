import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnElement, Duration, Lazy, Stack, type StackProps, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnAlarm, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { DISABLE_ASSET_STAGING_CONTEXT, DISABLE_METADATA_STACK_TRACE, type SynthesisMessage, SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, WorkGroupSelection } from '../../src';

/** The intervals that divide an hour, in minutes. */
export const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

const RECOMMENDED_FLAGS: { [flag: string]: unknown } = JSON.parse(
  readFileSync(path.join(path.dirname(require.resolve('aws-cdk-lib/package.json')), 'recommended-feature-flags.json'), 'utf8'),
);

const NO_FLAGS = Object.fromEntries(Object.entries(RECOMMENDED_FLAGS)
  .filter(([, value]) => typeof value === 'boolean')
  .map(([flag]) => [flag, false]));

/** An app's context, with CDK's feature flags on and off. */
export const FLAGS: [string, { [flag: string]: unknown }][] = [
  ['none of the recommended feature flags', NO_FLAGS],
  ['the recommended feature flags', RECOMMENDED_FLAGS],
];

/** The runbook that alarms link to by default. */
export const RUNBOOK_URL = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/runbook.md';

/** Properties of a resource in a template. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Properties = any;

const folder = mkdtempSync(path.join(tmpdir(), 'synthesis-'));
let apps = 0;
afterAll(() => rmSync(folder, { recursive: true }));

/** An app without slow steps that few tests need, such as the copy of the asset. Its files are removed after the tests. */
export function newApp(context: { [key: string]: unknown } = {}): App {
  return new App({
    outdir: path.join(folder, `${apps++}`),
    treeMetadata: false,
    context: { [DISABLE_ASSET_STAGING_CONTEXT]: true, [DISABLE_METADATA_STACK_TRACE]: true, ...context },
  });
}

/** A selection of `count` named workgroups. */
export function teams(count: number): WorkGroupSelection {
  return WorkGroupSelection.named(...Array.from({ length: count }, (_, index) => `team-${index}`));
}

export function newStack(props?: StackProps): Stack {
  return new Stack(newApp(), 'Stack', props);
}

export function newMonitor(props?: AthenaSessionMonitorProps, stack: Stack = newStack(), id = 'Sessions'): AthenaSessionMonitor {
  return new AthenaSessionMonitor(stack, id, props);
}

/** All resources of the construct's stack, by logical id. */
export function resourcesOf(construct: IConstruct): { [logicalId: string]: Properties } {
  return Template.fromStack(Stack.of(construct)).toJSON().Resources ?? {};
}

/** How many resources there are of each type. */
export function countsOf(resources: { [logicalId: string]: Properties }): { [type: string]: number } {
  const counts: { [type: string]: number } = {};
  for (const { Type } of Object.values(resources)) {
    counts[Type] = (counts[Type] ?? 0) + 1;
  }
  return counts;
}

/** The resource of a construct in the template. */
export function resourceOf(construct: IConstruct): Properties {
  const element = CfnElement.isCfnElement(construct) ? construct : construct.node.defaultChild as CfnElement;
  return resourcesOf(construct)[logicalIdOf(element)];
}

/** The permissions of a role in a stack: the resources of each action. */
export function permissionsOf(stack: Stack, role: IRole): { [action: string]: Properties[] } {
  const name = stack.resolve(role.roleName);
  const policies = Object.values(resourcesOf(stack))
    .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles).includes(JSON.stringify(name)));
  const permissions: { [action: string]: Properties[] } = {};
  for (const { Action, Resource } of policies.flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement)) {
    for (const allowed of [Action].flat()) {
      permissions[allowed] = [...permissions[allowed] ?? [], ...[Resource].flat()];
    }
  }
  return permissions;
}

/** The annotations of a stack with these levels, with their ids. */
export function messagesOf(stack: Stack, ...levels: SynthesisMessage['level'][]): string[] {
  const { messages } = Stage.of(stack)!.synth().getStackArtifact(stack.artifactId);
  return messages.filter(({ level }) => levels.includes(level)).map(({ entry: { data } }) => `${data}`);
}

/** Annotations that `--strict` turns into errors. */
export function warningsOf(stack: Stack): string[] {
  return messagesOf(stack, SynthesisMessageLevel.WARNING, SynthesisMessageLevel.ERROR);
}

/** The properties of the one resource of a type in the monitor's stack. */
export function propertiesOf(monitor: AthenaSessionMonitor, type: string): Properties {
  const found = Object.values(resourcesOf(monitor)).filter((resource) => resource.Type === type);
  expect(found).toHaveLength(1);
  return found[0].Properties;
}

/** The collector's environment variables. */
export function environmentOf(monitor: AthenaSessionMonitor): { [name: string]: unknown } {
  return propertiesOf(monitor, 'AWS::Lambda::Function').Environment.Variables;
}

/** The properties of every alarm of the monitor, by the alarm's path below the monitor. */
export function alarmsOf(monitor: AthenaSessionMonitor): { [path: string]: Properties } {
  const resources = resourcesOf(monitor);
  const alarms = monitor.node.findAll().filter((construct): construct is CfnAlarm => construct instanceof CfnAlarm);
  return Object.fromEntries(alarms.map((alarm) => [
    alarm.node.scope!.node.path.slice(monitor.node.path.length + 1),
    resources[logicalIdOf(alarm)].Properties,
  ]));
}

/** The logical ids of all the monitor's resources, by path. Needs no synthesis. */
export function logicalIdsOf(monitor: AthenaSessionMonitor): { [path: string]: string } {
  const elements = monitor.node.findAll().filter((construct): construct is CfnElement => CfnElement.isCfnElement(construct));
  return Object.fromEntries(elements.map((element) => [element.node.path, logicalIdOf(element)]));
}

function logicalIdOf(element: CfnElement): string {
  return Stack.of(element).resolve(element.logicalId);
}

/** The JSON of a template without `visible` of hidden metrics, which CDK versions write at different places of a dashboard's body. */
export function withoutVisible(json: string): string {
  return json.replace(/\\*"visible\\*":false,|,\\*"visible\\*":false/g, '');
}

/** The workgroup keys of the alarms of one id. */
export function keysOf(monitor: AthenaSessionMonitor, alarmId = 'Failed'): string[] {
  return monitor.alarmsFor(alarmId).map(({ node }) => node.id.slice(alarmId.length + 1));
}

/** A text with each token replaced by `<logical id>` or `<intrinsic function>`. */
export function textOf(value: Properties): string {
  if (typeof value === 'string') {
    return value;
  }
  const [separator, parts] = value['Fn::Join'];
  return parts.map((part: Properties) => typeof part === 'string' ? part : `<${part.Ref ?? JSON.stringify(part)}>`).join(separator);
}

/** An action whose ARN ends with the name. */
export function action(name: string): IAlarmAction {
  return { bind: () => ({ alarmActionArn: actionArn(name) }) };
}

export function actionArn(name: string): string {
  return `arn:aws:sns:us-east-1:111111111111:${name}`;
}

/** A duration that is not known at synthesis. */
export function tokenDuration(): Duration {
  return Duration.minutes(Lazy.number({ produce: () => 5 }));
}

/** The message of the error that is thrown. */
export function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** Fails unless an error is thrown whose message contains all parts. */
export function expectError(act: () => unknown, ...parts: (string | RegExp)[]): void {
  const message = errorOf(act);
  for (const part of parts) {
    expect(message).toMatch(part);
  }
}
