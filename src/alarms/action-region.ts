import { CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { areDifferent, invalidValueError } from '../validation';

/** The action, which throws if it is known to be in another region than the alarm. Checked when it is bound, as binding has side effects. */
export function inRegion(name: string, action: IAlarmAction): IAlarmAction {
  return {
    bind: (scope, alarm) => {
      const config = action.bind(scope, alarm);
      const expected = Stack.of(alarm).region;
      const { what, region } = placeOf(config.alarmActionArn);
      if (region && areDifferent(expected, region)) {
        throw invalidValueError(alarm, `${name}: the region of ${what}`, `the alarm's, ${expected}, as CloudWatch executes no actions in other regions`, region);
      }
      return config;
    },
  };
}

/** The region in the ARN, or that of the resource whose ARN it is. */
function placeOf(arn: string): { what: string; region?: string } {
  const { firstToken, length } = Tokenization.reverseString(arn);
  const target = length === 1 && Reference.isReference(firstToken) ? firstToken.target : undefined;
  return target && CfnResource.isCfnResource(target)
    ? { what: target.node.path, region: Stack.of(target).region }
    : { what: Token.isUnresolved(arn) ? 'an action' : arn, region: /^arn:[^:]*:[^:]*:([^:]*):/.exec(arn)?.[1] }; // empty for global resources
}
