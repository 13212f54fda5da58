import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, WorkGroupSelection } from '../src';
import { newStack } from './support/synthesis';

/** The results of the rules for a stack: rule and construct path. */
interface Findings {
  readonly compliant: string[];
  readonly nonCompliant: string[];
  /** Rules that could not be applied. */
  readonly failed: string[];
}

/** Records the results of the rules instead of reporting them. Works with every major version of cdk-nag, and ignores suppressions. */
class Checks extends AwsSolutionsChecks {
  public readonly findings: Findings = { compliant: [], nonCompliant: [], failed: [] };

  /** Applies the rules to a synthesized stack. */
  public checkAll(stack: Stack): void {
    const { visit, validateScope } = this as { visit?(construct: IConstruct): void; validateScope?(scope: IConstruct): unknown };
    if (validateScope) { // cdk-nag 3 and later
      validateScope.call(this, stack);
    } else {
      stack.node.findAll().forEach((construct) => visit!.call(this, construct));
    }
  }

  protected override applyRule({ node, rule, ruleSuffixOverride }: IApplyRule): void {
    const finding = `AwsSolutions-${ruleSuffixOverride} ${node.node.path}`;
    try {
      const result = rule(node);
      const { compliant, nonCompliant } = this.findings;
      if (Array.isArray(result) ? result.length > 0 : result === NagRuleCompliance.NON_COMPLIANT) {
        nonCompliant.push(finding);
      } else if (result !== NagRuleCompliance.NOT_APPLICABLE) {
        compliant.push(finding);
      }
    } catch {
      this.findings.failed.push(finding);
    }
  }
}

/** Runs the rules on a stack. */
function check(stack: Stack): Findings {
  Template.fromStack(stack); // synthesizes
  const checks = new Checks();
  checks.checkAll(stack);
  return checks.findings;
}

function stackWith(props?: AthenaSessionMonitorProps): Stack {
  const stack = newStack();
  new AthenaSessionMonitor(stack, 'Sessions', props);
  return stack;
}

function namedStack(): Stack {
  return stackWith({ workGroups: WorkGroupSelection.named('etl', 'adhoc') });
}

function referencedStack(): Stack {
  const stack = newStack();
  const actions = [new SnsAction(Topic.fromTopicArn(stack, 'Alerts', 'arn:aws:sns:us-east-1:111111111111:alerts'))];
  new AthenaSessionMonitor(stack, 'Sessions', {
    workGroups: WorkGroupSelection.fromWorkGroups(CfnWorkGroup.fromWorkGroupName(stack, 'Etl', 'etl')),
    alarmActions: actions,
    okActions: actions,
  });
  return stack;
}

describe.each([
  ['named workgroups', namedStack],
  ['references and actions', referencedStack],
])('a monitor with %s', (_, makeStack) => {
  test('complies with every rule of AwsSolutions', () => {
    const { compliant, ...rest } = check(makeStack());
    expect(rest).toEqual({ nonCompliant: [], failed: [] });
    const rules = compliant.map((finding) => finding.split(' ')[0]);
    expect(rules).toEqual(expect.arrayContaining(['AwsSolutions-IAM4', 'AwsSolutions-IAM5', 'AwsSolutions-L1']));
  });

  test('has no errors or warnings', () => {
    const annotations = Annotations.fromStack(makeStack());
    expect(annotations.findError('*', Match.anyValue())).toEqual([]);
    expect(annotations.findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('has no suppressions in its template', () => {
    expect(JSON.stringify(Template.fromStack(makeStack()).toJSON())).not.toMatch(/cdk_nag|nag_suppress/i);
  });
});

test('a monitor of named workgroups that sends events has one finding: the wildcard for sessions, whose ids are not known', () => {
  const stack = newStack();
  const monitor = new AthenaSessionMonitor(stack, 'Sessions', { workGroups: WorkGroupSelection.named('etl') });
  monitor.notify('Team', new Topic(stack, 'Topic', { enforceSSL: true, masterKey: new Key(stack, 'Key', { enableKeyRotation: true }) }));
  monitor.onSessionFailed('Failed');
  const { nonCompliant, failed } = check(stack);
  expect(new Set(nonCompliant)).toEqual(new Set(['AwsSolutions-IAM5 Stack/Sessions/Role/Policy/Resource']));
  expect(failed).toEqual([]);
});

test('a monitor of all workgroups has one finding: the wildcard that its search requires', () => {
  const { nonCompliant, failed } = check(stackWith());
  expect(new Set(nonCompliant)).toEqual(new Set(['AwsSolutions-IAM5 Stack/Sessions/Role/Policy/Resource']));
  expect(failed).toEqual([]);
});
