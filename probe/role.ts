const ROLE_ARN = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/\S+$/;

export function isRoleArn(text: string): boolean {
  return ROLE_ARN.test(text);
}

/**
 * The permissions of the collector's role, as a session policy.
 *
 * @param workGroups the names for `WorkGroupSelection.named()`. If undefined, the policy is that of `WorkGroupSelection.all()`
 */
export function collectorPolicy(roleArn: string, region: string, workGroups: readonly string[] | undefined): string {
  const [, partition, account] = ROLE_ARN.exec(roleArn)!;
  const arns = (workGroups ?? ['*']).map((name) => `arn:${partition}:athena:${region}:${account}:workgroup/${name}`);
  const allow = (Action: string, Resource: string | string[]) => ({ Action, Effect: 'Allow', Resource });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      allow('athena:ListSessions', arns.length === 1 ? arns[0]! : arns),
      ...(workGroups ? [] : [allow('athena:ListWorkGroups', '*')]),
    ],
  });
}
