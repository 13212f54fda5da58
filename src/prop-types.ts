import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { HealthAlarm } from './alarms/health-alarm';
import type { SessionAlarm } from './alarms/session-alarm';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { invalidValueError, isAction, isDuration } from './validation';

interface PropType {
  /** The allowed values, for the error message. */
  readonly allowed: string;
  readonly includes: (value: unknown) => boolean;
}

const BOOLEAN: PropType = { allowed: 'true or false', includes: (value) => typeof value === 'boolean' };
const TEXT: PropType = { allowed: 'a text', includes: (value) => typeof value === 'string' };
const NUMBER: PropType = { allowed: 'a number', includes: (value) => typeof value === 'number' };
const DURATION: PropType = { allowed: 'a Duration, such as Duration.minutes(5)', includes: isDuration };
const CONSTRUCT: PropType = { allowed: 'a construct', includes: (value) => Construct.isConstruct(value) };
const ACTIONS = listOf('alarm actions', isAction);

/** Checks members, not classes: an app may contain two copies of this library or of the CDK. The mapped type makes the list complete. */
const PROP_TYPES: { readonly [prop in keyof AthenaSessionMonitorProps]-?: PropType } = {
  workGroups: { allowed: 'a selection, such as WorkGroupSelection.named(\'etl\')', includes: (value) => hasMember(value, '_select') },
  interval: DURATION,
  metricNamespace: TEXT,
  alarms: listOf('alarms such as SessionAlarm.failed()', isSessionAlarm),
  healthAlarms: listOf('health alarms, such as HealthAlarm.defaults(); an empty list creates none', isHealthAlarm),
  alarmActions: ACTIONS,
  okActions: ACTIONS,
  insufficientDataActions: ACTIONS,
  alarmNamePrefix: TEXT,
  runbookUrl: TEXT,
  createDashboard: BOOLEAN,
  dashboard: CONSTRUCT,
  dashboardName: TEXT,
  lookback: DURATION,
  maxSessionDuration: DURATION,
  countTerminated: BOOLEAN,
  maxRequestsPerSecond: NUMBER,
  logSessionDetails: BOOLEAN,
  logGroup: CONSTRUCT,
  role: CONSTRUCT,
  architecture: { allowed: 'an Architecture, such as Architecture.ARM_64', includes: (value) => hasMember(value, 'name') },
  memorySize: NUMBER,
  timeout: DURATION,
  tracing: { allowed: `a Tracing: ${Object.values(lambda.Tracing).join(', ')}`, includes: (value) => Object.values<unknown>(lambda.Tracing).includes(value) },
  environmentEncryption: CONSTRUCT,
  deadLetterQueue: CONSTRUCT,
  vpc: CONSTRUCT,
  vpcSubnets: { allowed: 'a SubnetSelection', includes: (value) => typeof value === 'object' && value !== null },
  securityGroups: listOf('security groups', (value) => Construct.isConstruct(value)),
};

/** A plain copy of the props. Throws for one of the wrong type: JavaScript callers would get an internal error otherwise, or one at deployment. */
export function checkedProps(scope: Construct, props: AthenaSessionMonitorProps): AthenaSessionMonitorProps {
  const entries = Object.entries(PROP_TYPES).map(([name, { allowed, includes }]) => {
    const value = props[name as keyof AthenaSessionMonitorProps];
    if (value !== undefined && !includes(value)) {
      throw invalidValueError(scope, name, allowed, value);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

export function isSessionAlarm(value: unknown): value is SessionAlarm {
  return hasMember(value, '_threshold');
}

function isHealthAlarm(value: unknown): value is HealthAlarm {
  return hasMember(value, '_create') && !isSessionAlarm(value);
}

function listOf(what: string, includes: (element: unknown) => boolean): PropType {
  return { allowed: `a list of ${what}`, includes: (value) => Array.isArray(value) && value.every(includes) };
}

function hasMember(value: unknown, member: string): boolean {
  return typeof value === 'object' && value !== null && member in value;
}
