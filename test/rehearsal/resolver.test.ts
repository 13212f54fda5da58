import { type Environment } from '../../rehearsal/json-service';
import { Resolver } from '../../rehearsal/resolver';

const US: Environment = { account: '123456789012', region: 'us-east-1' };

const TEMPLATE = {
  Parameters: {
    Threshold: { Type: 'Number', Default: 5 },
    Names: { Type: 'CommaDelimitedList', Default: 'a,b' },
    Open: { Type: 'String' },
    Stage: { Type: 'String', Default: 'prod' },
    Minutes: { Type: 'Number', Default: '30' },
    Looked: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/teams/topic' },
  },
  Mappings: { Runtimes: { 'us-east-1': { node: 'nodejs24.x' } } },
  Conditions: {
    IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    IsTest: { 'Fn::Not': [{ Condition: 'IsProd' }] },
    Both: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
    Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
  },
  Resources: {
    Fn: { Type: 'AWS::Lambda::Function' },
    Named: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { 'Fn::Sub': '${AWS::StackName}-named' } } },
    Role: { Type: 'AWS::IAM::Role' },
    Topic: { Type: 'AWS::SNS::Topic' },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'central' } },
    Rule: { Type: 'AWS::Events::Rule' },
    Group: { Type: 'AWS::Athena::WorkGroup', Properties: { Name: 'analytics' } },
    Nested: {
      Type: 'AWS::CloudFormation::Stack',
      Properties: { TemplateURL: 'https://bucket/nested.json', Parameters: { Alerts: { Ref: 'Topic' } } },
    },
    Unknown: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://bucket/other.json' } },
  },
  Outputs: { Alerts: { Value: { Ref: 'Topic' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Alerts' } } }, Other: { Value: 'x' } },
};
const NESTED = {
  Parameters: { Alerts: { Type: 'String' } },
  Resources: { Fn: { Type: 'AWS::Lambda::Function' } },
  Outputs: { Name: { Value: { Ref: 'Fn' } }, Alerts: { Value: { Ref: 'Alerts' } } },
};

const resolverFor = (environment: Environment) => new Resolver({
  stackName: 'Stack',
  template: TEMPLATE,
  environment,
  importValue: name => name === 'Shared:Bus' ? 'central' : undefined,
  nestedTemplate: url => url === 'https://bucket/nested.json' ? NESTED : undefined,
});
const resolver = resolverFor(US);

test.each<[unknown, unknown]>([
  ['text', 'text'],
  [{ Ref: 'Fn' }, 'Stack-Fn'],
  [{ Ref: 'Named' }, 'Stack-named'],
  [{ Ref: 'Group' }, 'analytics'],
  [{ Ref: 'Topic' }, 'arn:aws:sns:us-east-1:123456789012:Stack-Topic'],
  [{ 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'Stack-Topic'],
  [{ Ref: 'Bus' }, 'central'],
  [{ 'Fn::GetAtt': ['Bus', 'Name'] }, 'central'],
  [{ 'Fn::GetAtt': ['Bus', 'Arn'] }, 'arn:aws:events:us-east-1:123456789012:event-bus/central'],
  [{ 'Fn::GetAtt': ['Rule', 'Arn'] }, 'arn:aws:events:us-east-1:123456789012:rule/Stack-Rule'],
  [{ Ref: 'Threshold' }, 5],
  [{ Ref: 'Names' }, ['a', 'b']],
  [{ Ref: 'Open' }, 'Stack-Open'],
  [{ Ref: 'Minutes' }, 30],
  [{ Ref: 'Looked' }, 'Stack-Looked'],
  [{ Ref: 'AWS::Region' }, 'us-east-1'],
  [{ 'Fn::GetAtt': ['Fn', 'Arn'] }, 'arn:aws:lambda:us-east-1:123456789012:function:Stack-Fn'],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'Fn' }, { 'Fn::Join': ['', ['x', 'y']] }]] }, 'a-Stack-Fn-xy'],
  [{ 'Fn::Sub': '${Fn} in ${AWS::Region} at ${Fn.Arn} ${!Literal}' }, 'Stack-Fn in us-east-1 at arn:aws:lambda:us-east-1:123456789012:function:Stack-Fn ${Literal}'],
  [{ 'Fn::Sub': ['${Own}-${Fn}', { Own: { Ref: 'Named' } }] }, 'Stack-named-Stack-Fn'],
  [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  [{ 'Fn::FindInMap': ['Runtimes', { Ref: 'AWS::Region' }, 'node'] }, 'nodejs24.x'],
  [{ Kept: [1, { Ref: 'AWS::NoValue' }], Gone: { Ref: 'AWS::NoValue' } }, { Kept: [1] }],
  [{ 'Fn::If': ['IsProd', { Ref: 'Fn' }, 'other'] }, 'Stack-Fn'],
  [{ 'Fn::If': ['IsTest', { Ref: 'Missing' }, 'other'] }, 'other'],
  [{ 'Fn::If': ['Both', 1, 2] }, 2],
  [{ 'Fn::If': ['Either', 1, 2] }, 1],
  [{ 'Fn::ImportValue': { 'Fn::Sub': 'Other:${Bus.Name}' } }, 'Other:central'],
  [{ 'Fn::ImportValue': 'Shared:Bus' }, 'central'],
  [{ 'Fn::GetAtt': ['Nested', 'Outputs.Name'] }, 'Stack-Nested-Fn'],
  [{ 'Fn::GetAtt': ['Nested', 'Outputs.Alerts'] }, 'arn:aws:sns:us-east-1:123456789012:Stack-Topic'],
])('%j', (value, expected) => {
  expect(resolver.tryResolve(value)).toEqual(expected);
});

test.each<[unknown, string]>([
  [{ Ref: 'Missing' }, 'here.Property: the template has no resource or parameter Missing'],
  [{ 'Fn::If': ['Nothing', 1, 2] }, 'the template has no condition Nothing'],
  [{ 'Fn::GetAtt': ['Nested', 'Outputs.Nothing'] }, 'here.Property: the nested stack Stack-Nested has no output Nothing'],
  [{ 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, 'here.Property: Fn::Cidr is not simulated'],
])('%j is an error', (value, message) => {
  expect(() => resolver.resolve({ Property: value }, 'here')).toThrow(message);
});

test('exported values', () => {
  expect(resolver.exported('Stack:Alerts')).toBe('arn:aws:sns:us-east-1:123456789012:Stack-Topic');
  expect(resolver.exported('Stack:Other')).toBeUndefined();
});

test('resources whose condition does not hold are not deployed', () => {
  expect([{}, { Condition: 'IsProd' }, { Condition: 'IsTest' }, { Condition: 'Nothing' }].map(resolver.isDeployed)).toEqual([true, true, false, true]);
});

test.each([['cn-north-1', 'aws-cn', 'amazonaws.com.cn'], ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com']])('names of %s have its partition', (region, partition, suffix) => {
  const there = resolverFor({ account: '210987654321', region });
  expect(there.resolve({ 'Fn::GetAtt': ['Fn', 'Arn'] }, '')).toBe(`arn:${partition}:lambda:${region}:210987654321:function:Stack-Fn`);
  expect(there.resolve({ 'Fn::Sub': '${AWS::Partition} ${AWS::URLSuffix} ${AWS::AccountId}' }, '')).toBe(`${partition} ${suffix} 210987654321`);
});
