import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  addMonitorActions, type AlarmContext, type AlarmDefinition, type AlarmPeriods, checkPeriods, COMMON_ALARM_OPTIONS, type CommonAlarmOptions,
  createAlarm, maxEvaluationTime,
} from './alarm';
import { annotateHastyHeartbeat, annotateMisspeltOptions, type OptionNames } from '../annotations';
import { A_TOKEN, checkOptions, invalidValueError } from '../validation';

/**
 * Options of health alarms.
 */
export interface HealthAlarmOptions extends CommonAlarmOptions {
  /**
   * The number of evaluation periods, each as long as the monitor's interval. At most 24 hours in total, or 7 days if the interval
   * is an hour.
   *
   * @default - 3; for the heartbeat alarm at least 10 minutes
   */
  readonly evaluationPeriods?: number;

  /**
   * The number of datapoints in the evaluation periods that must be breaching. If those of the heartbeat alarm cover less than 10
   * minutes, late datapoints can raise it: a warning annotation.
   *
   * @default - 2; for the heartbeat alarm all of them
   */
  readonly datapointsToAlarm?: number;
}

/**
 * Options of HealthAlarm.heartbeat().
 */
export interface HeartbeatAlarmOptions extends HealthAlarmOptions {
  /**
   * Whether the alarm waits for the first runs after its creation, for one interval more than it evaluates, at most 2 days. Set this to false in a
   * region whose CloudFormation does not support `WarmUpConfiguration`. The alarm may then be in ALARM until the first run.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
   * @default true
   */
  readonly warmUp?: boolean;
}

/** What distinguishes the kinds of health alarms. */
interface HealthAlarmKind {
  readonly id: 'Heartbeat' | 'Listing' | 'Notifications';
  /** The factory, such as `listing()`. */
  readonly factory: string;
  readonly optionNames: OptionNames<object>;
  readonly define: (context: AlarmContext) => Omit<AlarmDefinition, 'id'>;
  readonly warmUp?: boolean;
}

const OPTIONS: OptionNames<HealthAlarmOptions> = { ...COMMON_ALARM_OPTIONS, evaluationPeriods: true, datapointsToAlarm: true };
const HEARTBEAT_OPTIONS: OptionNames<HeartbeatAlarmOptions> = { ...OPTIONS, warmUp: true };
const DEFAULT_EVALUATION_PERIODS = 3;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html */
const MAX_WARM_UP = Duration.minutes(2880);
/** The heartbeat alarm evaluates at least this much time, so that late datapoints do not raise it at short intervals. */
const MIN_HEARTBEAT_TIME = Duration.minutes(10);

/**
 * An alarm on the health of the monitor itself. While it is in ALARM, session alarms are unreliable.
 */
export class HealthAlarm {
  /** The default health alarms of a monitor: `heartbeat()` and `listing()`. Where events are on, the default also has `notifications()`. */
  public static defaults(): HealthAlarm[] {
    return [HealthAlarm.heartbeat(), HealthAlarm.listing()];
  }

  /**
   * An alarm on missing runs and, except with `WorkGroupSelection.all()`, on runs that list no workgroup. Its id is `Heartbeat`.
   *
   * @param options options of the alarm
   */
  public static heartbeat(options: HeartbeatAlarmOptions = {}): HealthAlarm {
    checkOptions(undefined, 'HealthAlarm.heartbeat()', options, 'such as { warmUp: false }');
    const { warmUp = true } = options;
    if (typeof warmUp !== 'boolean') {
      throw invalidValueError(undefined, 'warmUp of HealthAlarm.heartbeat()', 'true or false', warmUp);
    }
    return new HealthAlarm({
      id: 'Heartbeat',
      factory: 'heartbeat()',
      optionNames: HEARTBEAT_OPTIONS,
      define: (context) => defineHeartbeat(context, options),
      warmUp,
    }, options);
  }

  /**
   * An alarm on workgroups that cannot be listed: their session alarms may be OK although their state is unknown. Its id is `Listing`.
   *
   * @param options options of the alarm
   */
  public static listing(options: HealthAlarmOptions = {}): HealthAlarm {
    checkOptions(undefined, 'HealthAlarm.listing()', options);
    return new HealthAlarm({
      id: 'Listing',
      factory: 'listing()',
      optionNames: OPTIONS,
      define: (context) => defineListing(context, options),
    }, options);
  }

  /**
   * An alarm on events that could not be sent, so that nobody was notified of these sessions by `notify()` or a rule. Session alarms
   * still report them. Its id is `Notifications`.
   *
   * @param options options of the alarm
   */
  public static notifications(options: HealthAlarmOptions = {}): HealthAlarm {
    checkOptions(undefined, 'HealthAlarm.notifications()', options);
    return new HealthAlarm({
      id: 'Notifications',
      factory: 'notifications()',
      optionNames: OPTIONS,
      define: (context) => defineNotifications(context, options),
    }, options);
  }

  /** The alarm's id. */
  public readonly id: string;

  private constructor(private readonly kind: HealthAlarmKind, private readonly options: HealthAlarmOptions) {
    this.id = kind.id;
  }

  /**
   * Creates the CloudWatch alarm, without actions.
   *
   * @internal
   */
  public _create(scope: Construct, context: AlarmContext): cloudwatch.Alarm[] {
    const { interval } = context;
    annotateMisspeltOptions(scope, `HealthAlarm.${this.kind.factory}`, this.options, this.kind.optionNames);
    const definition = { ...this.kind.define(context), id: this.id };
    if (this.kind.warmUp && Token.isUnresolved(definition.evaluationPeriods)) {
      throw invalidValueError(scope, `evaluationPeriods of the alarm ${this.id}`, 'known at synthesis, as the warm-up depends on it', A_TOKEN);
    }
    if (this.kind.id === 'Heartbeat') {
      annotateHastyHeartbeat(scope, definition.datapointsToAlarm, interval, MIN_HEARTBEAT_TIME);
    }
    const limit = maxEvaluationTime(interval);
    checkPeriods(scope, this.id, definition, limit.toMinutes() / interval.toMinutes(), limit.toHumanString());
    const alarm = createAlarm(scope, context, definition, this.options);
    if (this.kind.warmUp) {
      addWarmUp(alarm, Math.min((definition.evaluationPeriods + 1) * interval.toMinutes(), MAX_WARM_UP.toMinutes()));
    }
    return [alarm];
  }

  /**
   * Adds the alarm's own actions to its CloudWatch alarm, or those of the monitor.
   *
   * @internal
   */
  public _addActions(alarms: readonly cloudwatch.Alarm[], context: AlarmContext): void {
    alarms.forEach((alarm) => addMonitorActions(alarm, context, this.options));
  }
}

function defineHeartbeat(context: AlarmContext, options: HealthAlarmOptions): Omit<AlarmDefinition, 'id'> {
  const { interval, mayBeEmpty } = context;
  const { evaluationPeriods = Math.max(DEFAULT_EVALUATION_PERIODS, Math.ceil(MIN_HEARTBEAT_TIME.toSeconds() / interval.toSeconds())) } = options;
  return {
    // CloudWatch replaces missing datapoints by ones from before the evaluation periods, which would delay the alarm. With FILL,
    // no datapoint is missing. Whether FILL returns datapoints if the metric has none is not documented: hence BREACHING, too.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    metric: new cloudwatch.MathExpression({
      expression: 'FILL(monitored, -1)', usingMetrics: { monitored: context.runMetric('WorkGroupsMonitored') }, period: interval,
    }),
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: mayBeEmpty ? 0 : 1, // with 0, only a missing run breaches
    evaluationPeriods,
    datapointsToAlarm: options.datapointsToAlarm ?? evaluationPeriods,
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    description: `The Athena session monitor is blind: ${mayBeEmpty ? 'its runs are missing' : 'its runs are missing, or list no workgroup'}. `
      + `Session alarms are unreliable until it recovers. Check the errors of the function ${context.functionName} and its log group ${context.logGroupName}.`,
    anchor: 'heartbeat',
  };
}

function defineListing(context: AlarmContext, options: HealthAlarmOptions): Omit<AlarmDefinition, 'id'> {
  return {
    ...atLeastOne(options),
    metric: context.runMetric('WorkGroupsNotListed'),
    description: `The Athena session monitor could not list some workgroups. Their session alarms${context.dpuQuota === undefined ? '' : ', and the quota alarm,'} `
      + 'may be OK although the state is unknown. '
      + `The log group ${context.logGroupName} lists the workgroups and reasons.`,
    anchor: 'listing',
  };
}

function defineNotifications(context: AlarmContext, options: HealthAlarmOptions): Omit<AlarmDefinition, 'id'> {
  return {
    ...atLeastOne(options),
    metric: context.runMetric('EventsFailed'),
    description: 'The Athena session monitor could not send all events, so no message was sent for some sessions. Session alarms still work. '
      + `The log group ${context.logGroupName} lists the reasons.`,
    anchor: 'notifications',
  };
}

/** At least one failure in two of three runs, by default. */
function atLeastOne(options: HealthAlarmOptions): Pick<AlarmDefinition, 'comparisonOperator' | 'threshold' | 'treatMissingData' | keyof AlarmPeriods> {
  const { evaluationPeriods = DEFAULT_EVALUATION_PERIODS } = options;
  return {
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods,
    datapointsToAlarm: options.datapointsToAlarm ?? (evaluationPeriods === 1 ? 1 : 2),
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  };
}

/**
 * Delays the first evaluation: a new alarm on missing runs would page at once, but the first run comes up to an interval later.
 * FILL's values might count as data and end the warm-up early, so the evaluation starts only after its full time.
 * An override, as the oldest supported aws-cdk-lib does not have the property.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
 */
function addWarmUp(alarm: cloudwatch.Alarm, minutes: number): void {
  (alarm.node.defaultChild as cloudwatch.CfnAlarm).addPropertyOverride('WarmUpConfiguration', {
    WarmUpPeriodDurationInMinutes: minutes,
    OnlyStartEvaluatingAfterWarmUpPeriodEnds: true,
  });
}
