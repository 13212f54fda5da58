import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { SessionAlarm } from './alarms/session-alarm';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { invalidValueError, isAction, isDuration } from './validation';

/** What kind of thing a prop takes. */
interface Kind {
  readonly allowed: string;
  readonly includes: (value: unknown) => boolean;
}

const BOOLEAN: Kind = { allowed: 'true or false', includes: (value) => typeof value === 'boolean' };
const TEXT: Kind = { allowed: 'a text', includes: (value) => typeof value === 'string' };
const NUMBER: Kind = { allowed: 'a number', includes: (value) => typeof value === 'number' };
const DURATION: Kind = { allowed: 'a Duration, such as Duration.minutes(5)', includes: isDuration };
const CONSTRUCT: Kind = { allowed: 'a construct', includes: (value) => Construct.isConstruct(value) };
const ACTIONS = listOf('alarm actions', isAction);

/**
 * By what they can do rather than by class: of this library or of the CDK there may be two copies in an app. The compiler
 * sees to it that no prop is forgotten.
 */
const KINDS: { readonly [prop in keyof AthenaSessionMonitorProps]-?: Kind } = {
  workGroups: { allowed: 'a selection, such as WorkGroupSelection.named(\'etl\')', includes: (value) => has(value, '_select') },
  interval: DURATION,
  metricNamespace: TEXT,
  alarms: listOf('alarms such as SessionAlarm.failed()', isSessionAlarm),
  healthAlarms: BOOLEAN,
  alarmActions: ACTIONS,
  okActions: ACTIONS,
  insufficientDataActions: ACTIONS,
  runbookUrl: TEXT,
  createDashboard: BOOLEAN,
  dashboard: CONSTRUCT,
  lookback: DURATION,
  maxSessionDuration: DURATION,
  countTerminated: BOOLEAN,
  maxRequestsPerSecond: NUMBER,
  logSessionDetails: BOOLEAN,
  logGroup: CONSTRUCT,
  role: CONSTRUCT,
  architecture: { allowed: 'an Architecture, such as Architecture.ARM_64', includes: (value) => has(value, 'name') },
  memorySize: NUMBER,
  timeout: DURATION,
  tracing: { allowed: `a Tracing: ${Object.values(lambda.Tracing).join(', ')}`, includes: (value) => Object.values<unknown>(lambda.Tracing).includes(value) },
  environmentEncryption: CONSTRUCT,
  deadLetterQueue: CONSTRUCT,
  vpc: CONSTRUCT,
  vpcSubnets: { allowed: 'a SubnetSelection', includes: (value) => typeof value === 'object' && value !== null },
  securityGroups: listOf('security groups', (value) => Construct.isConstruct(value)),
};

/**
 * Throws for what the compiler refuses where there is one. Callers without one would be told in terms of what is in here, or
 * not before deployment.
 */
export function checkPropTypes(scope: Construct, props: AthenaSessionMonitorProps): void {
  for (const [name, { allowed, includes }] of Object.entries(KINDS)) {
    const value = props[name as keyof AthenaSessionMonitorProps];
    if (value !== undefined && !includes(value)) {
      throw invalidValueError(scope, name, allowed, value);
    }
  }
}

export function isSessionAlarm(value: unknown): value is SessionAlarm {
  return has(value, '_create');
}

function listOf(what: string, includes: (element: unknown) => boolean): Kind {
  return { allowed: `a list of ${what}`, includes: (value) => Array.isArray(value) && value.every(includes) };
}

function has(value: unknown, member: string): boolean {
  return typeof value === 'object' && value !== null && member in value;
}
