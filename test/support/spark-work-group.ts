import { Aws, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/**
 * A Spark-enabled workgroup with a role and a bucket. It has a different name in each deployment, so that CloudWatch's data of that name is
 * from this deployment.
 */
export function sparkWorkGroup(scope: Construct, id: string): CfnWorkGroup {
  const results = new Bucket(scope, `${id}Results`, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.DESTROY, // it stays empty: no session is started
  });
  // https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark-getting-started.html
  const role = new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('athena.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
  });
  results.grantReadWrite(role);

  const deployment = Fn.select(2, Fn.split('/', Stack.of(scope).stackId)); // the last part of the ARN differs in each deployment
  return new CfnWorkGroup(scope, id, {
    name: `integ-${deployment}`,
    description: 'An integration test of cdk-athena-session-monitor',
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      engineVersion: { selectedEngineVersion: 'PySpark engine version 3' },
      executionRole: role.roleArn,
      resultConfiguration: { outputLocation: results.s3UrlForObject() },
    },
  });
}
