import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, CfnElement, Duration, Lazy, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnAlarm, type IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps } from '../../src';

/** The intervals that divide an hour, in minutes. */
export const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

/** What a template says of a resource. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Properties = any;

const folder = mkdtempSync(path.join(tmpdir(), 'synthesis-'));
let apps = 0;
afterAll(() => rmSync(folder, { recursive: true }));

/** An app that does not copy the collector's asset, as few tests are about it, and leaves nothing behind. */
export function newApp(context: { [key: string]: unknown } = {}): App {
  return new App({ outdir: path.join(folder, `${apps++}`), context: { [DISABLE_ASSET_STAGING_CONTEXT]: true, ...context } });
}

export function newStack(props?: StackProps): Stack {
  return new Stack(newApp(), 'Stack', props);
}

export function newMonitor(props?: AthenaSessionMonitorProps, stack: Stack = newStack()): AthenaSessionMonitor {
  return new AthenaSessionMonitor(stack, 'Sessions', props);
}

/** All resources of the monitor's stack, by logical id. */
export function resourcesOf(monitor: AthenaSessionMonitor): { [logicalId: string]: Properties } {
  return Template.fromStack(Stack.of(monitor)).toJSON().Resources;
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

/** The logical ids of everything that the monitor is made of, by path. Needs no synthesis. */
export function logicalIdsOf(monitor: AthenaSessionMonitor): { [path: string]: string } {
  const elements = monitor.node.findAll().filter((construct): construct is CfnElement => CfnElement.isCfnElement(construct));
  return Object.fromEntries(elements.map((element) => [element.node.path, logicalIdOf(element)]));
}

function logicalIdOf(element: CfnElement): string {
  return Stack.of(element).resolve(element.logicalId);
}

/** The construct ids of the alarms of one id: their keys. */
export function keysOf(monitor: AthenaSessionMonitor, alarmId = 'Failed'): string[] {
  return monitor.alarmsFor(alarmId).map(({ node }) => node.id);
}

/** What a text with tokens says, its tokens as `<logical id>` or their intrinsic function. */
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

/** Fails unless an error is thrown whose message holds all parts. */
export function expectError(act: () => unknown, ...parts: (string | RegExp)[]): void {
  const message = errorOf(act);
  for (const part of parts) {
    expect(message).toMatch(part);
  }
}
