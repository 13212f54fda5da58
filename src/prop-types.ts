import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HealthAlarm } from './alarms/health-alarm';
import type { SessionAlarm } from './alarms/session-alarm';
import { annotateMisspeltOptions } from './annotations';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { ACTION_LIST, invalidValueError, isAction, isDuration } from './validation';

interface PropType {
  /** The allowed values, for the error message. */
  readonly allowed: string;
  readonly includes: (value: unknown) => boolean;
  /** What to do about a value that is not allowed, if it is a known mistake. */
  readonly cure?: (value: unknown) => string | undefined;
}

const BOOLEAN: PropType = { allowed: 'true or false', includes: (value) => typeof value === 'boolean' };
const TEXT: PropType = { allowed: 'a string', includes: (value) => typeof value === 'string' };
const NUMBER: PropType = { allowed: 'a number', includes: (value) => typeof value === 'number' };
const DURATION: PropType = { allowed: 'a Duration, such as Duration.minutes(5)', includes: isDuration };
const ACTIONS = listOf(ACTION_LIST, isAction);

/** Checks members, not classes: an app may contain two copies of this library or of the CDK. The mapped type makes the list complete. */
const PROP_TYPES: { readonly [prop in keyof AthenaSessionMonitorProps]-?: PropType } = {
  workGroups: { allowed: 'a selection, such as WorkGroupSelection.named(\'etl\')', includes: (value) => hasMember(value, '_select') },
  interval: DURATION,
  metricNamespace: TEXT,
  alarms: listOf('a list of alarms, such as SessionAlarm.failed()', isSessionAlarm, cureForSessionAlarm),
  healthAlarms: listOf('a list of health alarms, such as HealthAlarm.defaults(); an empty list creates none', isHealthAlarm, cureForHealthAlarm),
  alarmActions: ACTIONS,
  okActions: ACTIONS,
  insufficientDataActions: ACTIONS,
  alarmNamePrefix: TEXT,
  runbookUrl: TEXT,
  createDashboard: BOOLEAN,
  dashboard: construct('a dashboard, such as new Dashboard()', 'addWidgets'),
  dashboardName: TEXT,
  lookback: DURATION,
  maxSessionDuration: DURATION,
  countTerminated: BOOLEAN,
  zerosWhenQuiet: BOOLEAN,
  dpuQuota: NUMBER,
  dpuHourPrice: NUMBER,
  eventBus: construct('an event bus, such as new EventBus() or EventBus.fromEventBusName()', 'eventBusArn'),
  ownerTags: listOf('a list of tag keys, such as [\'Owner\']', (value) => typeof value === 'string'),
  maxRequestsPerSecond: NUMBER,
  logSessionDetails: BOOLEAN,
  logGroup: construct('a log group, such as new LogGroup() or LogGroup.fromLogGroupName()', 'logGroupName'),
  role: construct('a role, such as new Role() or Role.fromRoleArn()', 'roleArn'),
  architecture: { allowed: 'an Architecture, such as Architecture.ARM_64', includes: (value) => hasMember(value, 'dockerPlatform') },
  memorySize: NUMBER,
  timeout: DURATION,
  tracing: { allowed: `a Tracing: ${Object.values(lambda.Tracing).join(', ')}`, includes: (value) => Object.values<unknown>(lambda.Tracing).includes(value) },
  environmentEncryption: construct('a key, such as new Key() or Key.fromKeyArn()', 'keyArn'),
  deadLetterQueue: construct('a queue, such as new Queue() or Queue.fromQueueArn()', 'queueArn'),
  vpc: construct('a VPC, such as new Vpc() or Vpc.fromLookup()', 'vpcId'),
  vpcSubnets: { allowed: 'a SubnetSelection, such as { subnetType: SubnetType.PRIVATE_WITH_EGRESS }', includes: isObject },
  allowPublicSubnet: BOOLEAN,
  securityGroups: listOf('a list of security groups, such as new SecurityGroup() or SecurityGroup.fromSecurityGroupId()', isSecurityGroup),
};

const PROP_NAMES = Object.keys(PROP_TYPES) as (keyof AthenaSessionMonitorProps)[];

/** A plain copy of the props. Throws for one of the wrong type: JavaScript callers would get an internal error otherwise, or one at deployment. */
export function checkedProps(scope: Construct, props: AthenaSessionMonitorProps): AthenaSessionMonitorProps {
  if (!isObject(props)) {
    throw invalidValueError(scope, 'props', 'an object, such as { workGroups: WorkGroupSelection.all() }', props, 'leave it out for all defaults');
  }
  annotateMisspeltOptions(scope, 'AthenaSessionMonitor', props, PROP_TYPES);
  const entries = PROP_NAMES.map((name) => {
    const { allowed, includes, cure } = PROP_TYPES[name];
    const value = props[name];
    if (value !== undefined && !includes(value)) {
      throw invalidValueError(scope, name, allowed, value, cure?.(value));
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

export function isSessionAlarm(value: unknown): value is SessionAlarm {
  return hasMember(value, '_threshold');
}

function isHealthAlarm(value: unknown): value is HealthAlarm {
  return hasMember(value, '_addActions') && !isSessionAlarm(value);
}

export function cureForSessionAlarm(value: unknown): string | undefined {
  return isHealthAlarm(value) ? 'pass it in healthAlarms' : cureForAlarm('SessionAlarm', isSessionAlarm, value);
}

function cureForHealthAlarm(value: unknown): string | undefined {
  return isSessionAlarm(value) ? 'pass it in alarms' : cureForAlarm('HealthAlarm', isHealthAlarm, value);
}

/** What to do about a value that is not an alarm: its factory was not called, or it is a list, as `defaults()` returns. */
function cureForAlarm(className: string, isAlarm: (value: unknown) => boolean, value: unknown): string | undefined {
  if (typeof value === 'function') {
    return `call it: ${className}.${value.name}()`;
  }
  return Array.isArray(value) && value.length > 0 && value.every(isAlarm) ? `spread it: ...${className}.defaults()` : undefined;
}

function construct(allowed: string, member: string): PropType {
  return { allowed, includes: (value) => Construct.isConstruct(value) && member in value };
}

function isSecurityGroup(value: unknown): boolean {
  return Construct.isConstruct(value) && 'securityGroupId' in value;
}

function listOf(allowed: string, includes: (element: unknown) => boolean, cureForElement?: (element: unknown) => string | undefined): PropType {
  return {
    allowed,
    includes: (value) => Array.isArray(value) && value.every(includes),
    cure: (value) => {
      if (!Array.isArray(value)) {
        return includes(value) ? 'put it in a list' : cureForElement?.(value);
      }
      return cureForElement?.(value.find((element) => !includes(element)));
    },
  };
}

function hasMember(value: unknown, member: string): boolean {
  return isObject(value) && member in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
