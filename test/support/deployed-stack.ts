import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ASSET_FOLDER } from './stage';
import { type DeployedStack, readStacks } from '../../rehearsal/deployed-stack';

/** The namespace of COLLECTOR. */
export const COLLECTOR_NAMESPACE = 'Tests';

/** The function of a monitor in a template that a test writes, with the assets that it needs. */
export const COLLECTOR = {
  Type: 'AWS::Lambda::Function',
  Properties: {
    Handler: 'index.handler', Code: { S3Key: 'hash.zip' }, Environment: { Variables: { METRIC_NAMESPACE: COLLECTOR_NAMESPACE, INTERVAL_MINUTES: '5' } },
  },
};
export const ASSETS = new Map([['hash', ASSET_FOLDER]]);

/** A stack of monitors as the rehearsal reads it. Every function is the bundled collector. The template must contain path metadata. */
export function deployedStack(stack: Stack): DeployedStack {
  const template = Template.fromStack(stack);
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const assets = functions.map(({ Properties }): [string, string] => [path.parse(Properties.Code.S3Key).name, ASSET_FOLDER]);
  return readStacks([{ name: stack.stackName, template: template.toJSON(), assets: new Map(assets) }])[0]!;
}
