import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ASSET_FOLDER } from './stage';
import { type DeployedStack, readStack } from '../../rehearsal/assembly';

/** A stack of monitors as the rehearsal reads it. Every function is the bundled collector. The template must contain path metadata. */
export function deployedStack(stack: Stack): DeployedStack {
  const template = Template.fromStack(stack);
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const assets = functions.map(({ Properties }): [string, string] => [path.parse(Properties.Code.S3Key).name, ASSET_FOLDER]);
  return readStack(stack.stackName, template.toJSON(), new Map(assets));
}
