import { Aspects, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks, type INagLogger, type NagLoggerBaseData } from 'cdk-nag';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, WorkGroupSelection } from '../src';
import { newStack } from './support/synthesis';

/** What the rules say of a stack, by rule. */
interface Findings {
  readonly compliant: string[];
  readonly nonCompliant: string[];
  readonly suppressed: string[];
  readonly failed: string[];
}

/** Runs the rules on a stack. */
function check(stack: Stack): Findings {
  const findings: Findings = { compliant: [], nonCompliant: [], suppressed: [], failed: [] };
  const note = (list: string[]) => ({ ruleId, resource }: NagLoggerBaseData) => {
    list.push(`${ruleId} ${resource.node.path}`);
  };
  const logger: INagLogger = {
    onCompliance: note(findings.compliant),
    onNonCompliance: note(findings.nonCompliant),
    onSuppressed: note(findings.suppressed),
    onError: note(findings.failed),
    onSuppressedError: note(findings.suppressed),
    onNotApplicable: () => undefined,
  };
  Aspects.of(stack).add(new AwsSolutionsChecks({ verbose: true, additionalLoggers: [logger] }));
  Template.fromStack(stack); // synthesises
  return findings;
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
])('a monitor of %s', (_, makeStack) => {
  test('complies with every rule of AwsSolutions, and suppresses none', () => {
    const { compliant, ...rest } = check(makeStack());
    expect(rest).toEqual({ nonCompliant: [], suppressed: [], failed: [] });
    const rules = compliant.map((finding) => finding.split(' ')[0]);
    expect(rules).toEqual(expect.arrayContaining(['AwsSolutions-IAM4', 'AwsSolutions-IAM5', 'AwsSolutions-L1']));
  });

  test('has neither an error nor a warning', () => {
    const stack = makeStack();
    check(stack);
    const annotations = Annotations.fromStack(stack);
    expect(annotations.findError('*', Match.anyValue())).toEqual([]);
    expect(annotations.findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('has no suppression in its template', () => {
    const stack = makeStack();
    check(stack);
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/cdk_nag|nag_suppress/i);
  });
});

test('a monitor of all workgroups has one kind of finding: the wildcard that its search cannot do without', () => {
  const stack = stackWith();
  const { nonCompliant, failed } = check(stack);
  expect(new Set(nonCompliant)).toEqual(new Set(['AwsSolutions-IAM5 Stack/Sessions/Role/Policy/Resource']));
  expect(failed).toEqual([]);
  expect(Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('AwsSolutions-IAM5'))).not.toEqual([]);
});
