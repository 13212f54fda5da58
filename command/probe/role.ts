const ROLE_ARN = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/\S+$/;

export function isRoleArn(text: string): boolean {
  return ROLE_ARN.test(text);
}

/** A policy's statement. */
export type Statement = Readonly<Record<string, unknown>>;

/** A session policy. It restricts the permissions of the role. */
export function policy(...statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export function allow(action: string, resources: readonly string[]): Statement {
  return { Action: action, Effect: 'Allow', Resource: resources.length === 1 ? resources[0]! : resources };
}

export function accountOf(roleArn: string): string {
  return ROLE_ARN.exec(roleArn)![2]!;
}

/** The ARN of the workgroup, or with `*` of all workgroups, in the role's account. */
export function workGroupArn(roleArn: string, region: string, name: string): string {
  const [, partition, account] = ROLE_ARN.exec(roleArn)!;
  return `arn:${partition}:athena:${region}:${account}:workgroup/${name}`;
}

/**
 * The permissions of the collector's role, as a session policy.
 *
 * @param workGroups the names for `WorkGroupSelection.named()`. If undefined, the policy is that of `WorkGroupSelection.all()`
 */
export function collectorPolicy(roleArn: string, region: string, workGroups: readonly string[] | undefined): string {
  return policy(
    allow('athena:ListSessions', (workGroups ?? ['*']).map((name) => workGroupArn(roleArn, region, name))),
    ...(workGroups ? [] : [allow('athena:ListWorkGroups', ['*'])]),
  );
}
