import { Duration, Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { AlarmActions } from './alarms/alarm';
import { HealthAlarm } from './alarms/health-alarm';
import { SessionAlarm } from './alarms/session-alarm';
import type { AthenaSessionMonitorProps } from './athena-session-monitor-props';
import { checkedProps } from './prop-types';
import {
  DEFAULT_DPU_HOUR_PRICE, DEFAULT_MAX_REQUESTS_PER_SECOND, DEFAULT_OWNER_TAGS, EVENT_SECONDS, RESERVED_SECONDS, RUNBOOK_URL, workGroupsPerRun,
} from './schema';
import { A_TOKEN, areDifferent, checkEnvironment, checkPageUrl, checkWholeNumber, invalidValueError, isDuration, knownSeconds } from './validation';
import { type SelectedWorkGroups, WorkGroupSelection } from './work-group-selection';

/** Minutes that divide an hour: with others, a cron expression would not run at equal distances. */
const INTERVALS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
export const DEFAULT_INTERVAL = Duration.minutes(5);
export const DEFAULT_NAMESPACE = 'AthenaSessions';

type PropWithDefault =
  | 'interval' | 'metricNamespace' | 'alarms' | 'healthAlarms' | 'runbookUrl' | 'maxSessionDuration' | 'countTerminated'
  | 'zerosWhenQuiet' | 'dpuHourPrice' | 'ownerTags' | 'maxRequestsPerSecond' | 'logSessionDetails' | 'architecture' | 'memorySize' | 'timeout';

/** The monitor's validated props with defaults and derived values. */
export interface MonitorConfig
  extends Omit<AthenaSessionMonitorProps, PropWithDefault | 'workGroups' | keyof AlarmActions>, Required<Pick<AthenaSessionMonitorProps, PropWithDefault>> {
  readonly selection: SelectedWorkGroups;
  /** Further health alarms where events are on. */
  readonly eventHealthAlarms: readonly HealthAlarm[];
  /** The actions of alarms that have none of their own. */
  readonly actions: AlarmActions;
}

/** Validates the props and applies the defaults. */
export function resolveConfig(scope: Construct, given: AthenaSessionMonitorProps): MonitorConfig {
  const props = checkedProps(scope, given);
  const interval = props.interval ?? DEFAULT_INTERVAL;
  checkInterval(scope, interval);
  const { alarmActions = [], okActions = [], insufficientDataActions = [] } = props;
  const config: MonitorConfig = {
    ...props,
    interval: Duration.minutes(interval.toMinutes()),
    metricNamespace: props.metricNamespace ?? DEFAULT_NAMESPACE,
    selection: (props.workGroups ?? WorkGroupSelection.all())._select(scope),
    alarms: props.alarms ?? SessionAlarm.defaults(),
    healthAlarms: props.healthAlarms ?? HealthAlarm.defaults(),
    eventHealthAlarms: props.healthAlarms ? [] : [HealthAlarm.notifications()],
    actions: { alarmActions, okActions, insufficientDataActions },
    runbookUrl: props.runbookUrl ?? RUNBOOK_URL,
    maxSessionDuration: props.maxSessionDuration ?? Duration.hours(24),
    countTerminated: props.countTerminated ?? true,
    zerosWhenQuiet: props.zerosWhenQuiet ?? false,
    dpuHourPrice: props.dpuHourPrice ?? DEFAULT_DPU_HOUR_PRICE,
    ownerTags: props.ownerTags ?? [...DEFAULT_OWNER_TAGS],
    maxRequestsPerSecond: props.maxRequestsPerSecond ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
    logSessionDetails: props.logSessionDetails ?? true,
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
    memorySize: props.memorySize ?? 256,
    timeout: props.timeout ?? Duration.seconds(Math.min(0.8 * interval.toSeconds(), 900)),
  };
  checkHealthAlarms(scope, config);
  checkMoney(scope, config);
  checkOwnerTags(scope, config);
  checkNamespace(scope, config.metricNamespace);
  checkPageUrl(scope, 'runbookUrl', config.runbookUrl);
  checkNames(scope, config);
  checkLogGroup(scope, config);
  checkWholeNumber(scope, 'memorySize', config.memorySize, 128, 10_240, ' of MB');
  checkTimeout(scope, config);
  checkMaxSessionDuration(scope, config);
  checkCapacity(scope, config);
  checkEnvironments(scope, config);
  checkDashboard(scope, config);
  checkDeadLetterQueue(scope, config);
  checkNetwork(scope, config);
  return config;
}

/** The largest `holdFor` of the alarms. Those that are no known durations have an error of their own. */
export function largestHoldFor(alarms: readonly SessionAlarm[], interval: Duration): Duration {
  const known = alarms.map((alarm) => alarm._holdFor(interval)).filter((holdFor) => isDuration(holdFor) && !holdFor.isUnresolved());
  return Duration.minutes(Math.max(0, ...known.map((holdFor) => holdFor!.toMinutes({ integral: false }))));
}

/** How far back each run recounts ended sessions. Not part of the config, as it depends on alarms that may be added later. */
export function resolveLookback(scope: Construct, config: MonitorConfig, longestHoldFor: Duration): Duration {
  const { interval } = config;
  const minutes = interval.toMinutes();
  const minimum = Math.max(3 * minutes, longestHoldFor.toMinutes());
  const lookback = config.lookback ?? Duration.minutes(Math.max(Math.ceil(60 / minutes) * minutes, minimum));
  const lookbackMinutes = knownSeconds(scope, 'lookback', lookback) / 60;
  if (!Number.isInteger(lookbackMinutes / minutes) || lookbackMinutes < minimum || lookbackMinutes > Duration.days(7).toMinutes()) {
    const holdFor = longestHoldFor.toMinutes() > 0 ? `at least the largest holdFor of the alarms (${longestHoldFor.toHumanString()}), ` : '';
    throw invalidValueError(scope, 'lookback', `a whole number of intervals of ${interval.toHumanString()}, at least 3 of them, ${holdFor}and at most 7 days`, lookback);
  }
  return lookback;
}

export function checkInterval(scope: Construct, interval: Duration): void {
  if (!INTERVALS.includes(knownSeconds(scope, 'interval', interval) / 60)) {
    throw invalidValueError(scope, 'interval', `a whole number of minutes that divides an hour (${INTERVALS.join(', ')})`, interval);
  }
}

function checkMoney(scope: Construct, { dpuQuota, dpuHourPrice }: MonitorConfig): void {
  if (dpuQuota !== undefined) {
    if (Token.isUnresolved(dpuQuota)) {
      throw invalidValueError(scope, 'dpuQuota', 'known at synthesis, as the alarm\'s threshold depends on it', A_TOKEN);
    }
    checkWholeNumber(scope, 'dpuQuota', dpuQuota, 2, Number.MAX_SAFE_INTEGER, ' of DPUs');
  }
  if (!Token.isUnresolved(dpuHourPrice) && !(dpuHourPrice >= 0.0001 && dpuHourPrice <= 1000)) {
    throw invalidValueError(scope, 'dpuHourPrice', 'a number of US dollars from 0.0001 to 1000', dpuHourPrice);
  }
}

/** @see https://docs.aws.amazon.com/athena/latest/APIReference/API_Tag.html */
function checkOwnerTags(scope: Construct, { ownerTags }: MonitorConfig): void {
  const allowed = 'a list of 1 or more different tag keys, each 1 to 128 letters, digits, spaces, ".", "_", ":", "/", "=", "+", "-" and "@", such as [\'Owner\']';
  if (Token.isUnresolved(ownerTags)) {
    throw invalidValueError(scope, 'ownerTags', `${allowed}, whose number is known at synthesis`, A_TOKEN);
  }
  const isKey = (tag: string) => Token.isUnresolved(tag) || /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(tag);
  if (ownerTags.length === 0 || !ownerTags.every(isKey) || new Set(ownerTags).size < ownerTags.length) {
    throw invalidValueError(scope, 'ownerTags', allowed, ownerTags);
  }
}

function checkHealthAlarms(scope: Construct, { healthAlarms }: MonitorConfig): void {
  const ids = healthAlarms.map(({ id }) => id);
  if (new Set(ids).size < ids.length) {
    throw invalidValueError(scope, 'healthAlarms', 'at most one of each kind', ids);
  }
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export function checkNamespace(scope: Construct, metricNamespace: string): void {
  // No quotes, which CloudWatch allows, as they would end the name in a query.
  if (!Token.isUnresolved(metricNamespace) && (typeof metricNamespace !== 'string' || !/^[a-zA-Z0-9._\-/#: ]{1,255}$/.test(metricNamespace) || /^(AWS\/|:| *$)/.test(metricNamespace))) {
    throw invalidValueError(scope, 'metricNamespace',
      '1 to 255 of a-z, A-Z, 0-9, ".", "_", "-", "/", "#", ":" and " ", not only spaces, and must not begin with "AWS/" or ":"', metricNamespace);
  }
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html */
function checkNames(scope: Construct, { alarmNamePrefix, dashboardName }: MonitorConfig): void {
  if (alarmNamePrefix === '') {
    throw invalidValueError(scope, 'alarmNamePrefix', 'at least one character', alarmNamePrefix);
  }
  if (dashboardName !== undefined && !Token.isUnresolved(dashboardName) && !/^[a-zA-Z0-9_-]{1,255}$/.test(dashboardName)) {
    throw invalidValueError(scope, 'dashboardName', '1 to 255 of a-z, A-Z, 0-9, "_" and "-"', dashboardName);
  }
}

function checkLogGroup(scope: Construct, { logGroup }: MonitorConfig): void {
  const logGroupClass = (logGroup?.node.defaultChild as logs.CfnLogGroup | undefined)?.logGroupClass;
  if (logGroupClass !== undefined && !Token.isUnresolved(logGroupClass) && logGroupClass !== logs.LogGroupClass.STANDARD) {
    throw invalidValueError(scope, 'logGroup', 'of the class STANDARD, as CloudWatch extracts no metrics from others', logGroupClass);
  }
}

function checkTimeout(scope: Construct, { interval, timeout }: MonitorConfig): void {
  const seconds = knownSeconds(scope, 'timeout', timeout);
  if (!Number.isInteger(seconds) || seconds < 2 * RESERVED_SECONDS || seconds > 900 || seconds >= interval.toSeconds()) {
    throw invalidValueError(scope, 'timeout', `a whole number of seconds from ${2 * RESERVED_SECONDS} seconds to 15 minutes, `
      + `and less than the interval of ${interval.toHumanString()}`, timeout);
  }
}

function checkMaxSessionDuration(scope: Construct, { maxSessionDuration }: MonitorConfig): void {
  const minutes = knownSeconds(scope, 'maxSessionDuration', maxSessionDuration) / 60;
  if (!Number.isInteger(minutes) || minutes < 1) {
    throw invalidValueError(scope, 'maxSessionDuration', 'a whole number of minutes, at least 1', maxSessionDuration);
  }
}

/** Throws if a run that also sends events has too little time to list. */
export function checkTimeForEvents(scope: Construct, config: MonitorConfig): void {
  const minimum = 2 * RESERVED_SECONDS + EVENT_SECONDS;
  if (config.timeout.toSeconds() < minimum) {
    throw invalidValueError(scope, 'timeout', `at least ${minimum} seconds with events, as ${EVENT_SECONDS} seconds are reserved to send them`, config.timeout);
  }
  checkCapacity(scope, config, EVENT_SECONDS);
}

/** One run must be able to list all named workgroups. Found ones can take turns. */
function checkCapacity(scope: Construct, { selection, timeout, maxRequestsPerSecond, countTerminated }: MonitorConfig, eventSeconds = 0): void {
  if (Token.isUnresolved(maxRequestsPerSecond)) {
    return;
  }
  if (!(Number.isFinite(maxRequestsPerSecond) && maxRequestsPerSecond > 0)) {
    throw invalidValueError(scope, 'maxRequestsPerSecond', 'a positive number', maxRequestsPerSecond);
  }
  const maximum = workGroupsPerRun(timeout.toSeconds(), maxRequestsPerSecond, countTerminated, RESERVED_SECONDS + eventSeconds);
  if (maximum < 1) {
    throw invalidValueError(scope, 'maxRequestsPerSecond', `enough for a run of ${timeout.toHumanString()} to list a workgroup`, maxRequestsPerSecond);
  }
  const count = selection.named?.length ?? 0;
  if (count > maximum) {
    throw invalidValueError(scope, 'workGroups', `at most ${maximum} named workgroups, as one run of ${timeout.toHumanString()} can list no more at maxRequestsPerSecond ${maxRequestsPerSecond}${eventSeconds > 0 ? ' and send events' : ''}`,
      count, 'raise maxRequestsPerSecond, or timeout and interval, or use two monitors');
  }
}

/** Lambda rejects these from another account or region, but only at deployment. Events of another region's bus would not arrive. */
function checkEnvironments(scope: Construct, { logGroup, role, environmentEncryption, deadLetterQueue, vpc, eventBus }: MonitorConfig): void {
  if (role) {
    checkEnvironment(scope, 'role', role, 'account'); // roles have no region
  }
  if (logGroup) {
    checkEnvironment(scope, 'logGroup', logGroup, 'account', 'region'); // Lambda gets only its name
  }
  for (const [name, resource] of Object.entries({ environmentEncryption, deadLetterQueue, vpc, eventBus })) {
    if (resource) {
      checkEnvironment(scope, name, resource, 'region');
    }
  }
}

/** The dashboard refers to the collector, its log group and the alarms. CDK's own error would be about the collector. */
function checkDashboard(scope: Construct, { dashboard }: MonitorConfig): void {
  if (!dashboard) {
    return;
  }
  checkEnvironment(scope, 'dashboard', dashboard, 'account');
  const [{ region }, other] = [Stack.of(scope), Stack.of(dashboard)];
  // Not public, but CDK has no other way to tell.
  const { _crossRegionReferences: allowed } = other as { readonly _crossRegionReferences?: boolean };
  if (areDifferent(region, other.region) && allowed === false) {
    throw invalidValueError(scope, `dashboard: the region of ${dashboard.node.path}`, `the monitor's, ${region}`, other.region,
      'to show the monitor in another region, set crossRegionReferences: true on both stacks');
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function checkDeadLetterQueue(scope: Construct, { deadLetterQueue }: MonitorConfig): void {
  if (deadLetterQueue?.fifo) {
    throw invalidValueError(scope, 'deadLetterQueue', 'a standard queue, as neither Scheduler nor Lambda sends to FIFO queues', deadLetterQueue);
  }
}

function checkNetwork(scope: Construct, { vpc, vpcSubnets, allowPublicSubnet, securityGroups }: MonitorConfig): void {
  for (const [name, value] of Object.entries({ vpcSubnets, allowPublicSubnet, securityGroups })) {
    if (value !== undefined && !vpc) {
      throw invalidValueError(scope, name, 'omitted without vpc', value, 'set vpc');
    }
  }
  if (!vpc) {
    return;
  }
  const { subnetIds, isPendingLookup } = selectSubnets(scope, vpc, vpcSubnets);
  if (subnetIds.length === 0 && !isPendingLookup) { // the function would not run in a VPC
    throw invalidValueError(scope, 'vpcSubnets', `a selection of at least one subnet of ${vpc.node.path}`, vpcSubnets);
  }
  const publicSubnets = vpc.publicSubnets.filter(({ subnetId }) => subnetIds.includes(subnetId));
  if (publicSubnets.length > 0 && !allowPublicSubnet) {
    throw invalidValueError(scope, vpcSubnets ? 'vpcSubnets' : 'vpc', `${vpcSubnets ? 'a selection' : 'a VPC'} of private subnets, as functions in public ones cannot reach `
      + 'the internet', publicSubnets, 'if the VPC has an interface endpoint for Athena, set allowPublicSubnet: true');
  }
}

/** CDK's own error is about a prop that the monitor does not have. */
function selectSubnets(scope: Construct, vpc: ec2.IVpc, vpcSubnets: ec2.SubnetSelection | undefined): ec2.SelectedSubnets {
  try {
    return vpc.selectSubnets(vpcSubnets);
  } catch (error) {
    throw invalidValueError(scope, 'vpcSubnets', `a selection of subnets of ${vpc.node.path}`, vpcSubnets, (error as Error).message);
  }
}
