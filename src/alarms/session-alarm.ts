import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  addMonitorActions, type AlarmContext, type AlarmPeriods, checkPeriods, COMMON_ALARM_OPTIONS, type CommonAlarmOptions, createAlarm,
  DEFAULT_EVALUATION_PERIODS, maxEvaluationTime, ownActions,
} from './alarm';
import { annotateMisspeltOptions, type OptionNames } from '../annotations';
import { type EventAlarm, type EventKind, SESSION_STATES, WORK_GROUP_METRICS, type WorkGroupMetric } from '../schema';
import { LiveSessionState } from '../session-state';
import { checkOptions, checkUrl, checkWholeNumber, invalidValueError, knownSeconds } from '../validation';

/**
 * Options common to all session alarms.
 */
export interface CommonSessionAlarmOptions extends CommonAlarmOptions {
  /**
   * The alarm's id, used in construct paths, in names and by `alarmsFor()`: 1 to 64 of A-Z, a-z and 0-9. Must be unique in the
   * monitor. `Heartbeat`, `Listing`, `Quota`, `Notifications`, `Any` and `AnyAlarm` are reserved.
   *
   * @default - the alarm's kind, such as `Idle`
   */
  readonly id?: string;

  /**
   * How to treat missing datapoints. Other treatments than `NOT_BREACHING` need the monitor's `zerosWhenQuiet`, as no datapoints are
   * written for quiet workgroups otherwise. A found workgroup without a datapoint in any evaluation period goes to OK regardless,
   * as the alarm's query then returns no series for it.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   * @default TreatMissingData.NOT_BREACHING
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;

  /**
   * Whether to create CloudWatch alarms. If false, there are none, and no line on the dashboard: the monitor only sends events of sessions
   * that meet the condition, to `notify()` and the rules of `onSession()`. Options of the CloudWatch alarms, such as `treatMissingData`,
   * then have no effect, and actions are an error. Must not be false for `sessionsAbove()`, which has no events.
   *
   * @default true
   */
  readonly alarm?: boolean;
}

/**
 * Options of the session alarms on live states.
 */
export interface SessionAlarmOptions extends CommonSessionAlarmOptions {
  /**
   * The number of evaluation periods, each as long as the monitor's interval. For found workgroups, at most 3 hours in total; for
   * named ones 24 hours, or 7 days if the interval is an hour.
   *
   * @default 3
   */
  readonly evaluationPeriods?: number;

  /**
   * The number of datapoints in the evaluation periods that must be breaching.
   *
   * @default 1
   */
  readonly datapointsToAlarm?: number;
}

/**
 * Options of SessionAlarm.failed().
 */
export interface FailedAlarmOptions extends CommonSessionAlarmOptions {
  /**
   * The number of sessions of one workgroup that must fail within one interval.
   *
   * @default 1
   */
  readonly threshold?: number;

  /**
   * How long a failure keeps the alarm in ALARM. A failure that is detected later than this does not raise the alarm. A whole number
   * of intervals, at least 3. At most 3 hours for found workgroups, and 24 hours for named ones (7 days if the interval is an hour).
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
   * @default - 30 minutes, rounded up to whole intervals, at least 3 intervals
   */
  readonly holdFor?: Duration;
}

/**
 * Options of SessionAlarm.defaults().
 */
export interface DefaultSessionAlarmOptions {
  /**
   * The idle time from which the alarm on idle sessions is in ALARM. The default reports only sessions with an idle timeout of more
   * than an hour.
   *
   * @default Duration.hours(1)
   */
  readonly idleLongerThan?: Duration;

  /**
   * The number of sessions of one workgroup that must fail within one interval.
   *
   * @default 1
   */
  readonly failedThreshold?: number;
}

/**
 * An alarm's threshold, to draw it in graphs.
 *
 * @internal
 */
export interface AlarmThreshold {
  readonly metricName: WorkGroupMetric;
  readonly value: number;
  readonly label: string;
}

/** What distinguishes the kinds of alarms. */
interface AlarmKind {
  /** The factory, such as `failed()`. */
  readonly factory: string;
  readonly optionNames: OptionNames<object>;
  readonly id: string;
  readonly metricName: WorkGroupMetric;
  readonly threshold: number;
  /** @default ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
  readonly describe: (interval: Duration) => string;
  /** The section of the runbook. */
  readonly anchor: string;
  /** What events say of sessions that meet the condition. Undefined if it is not about one session. */
  readonly eventKind?: EventKind;
  /** How long a breach keeps the alarm in ALARM. Replaces `evaluationPeriods` and `datapointsToAlarm`. */
  readonly holdFor?: (interval: Duration) => Duration;
}

/** What distinguishes the alarms on how long something about a session has lasted. */
interface TimeAlarmKind extends Pick<AlarmKind, 'factory' | 'id' | 'metricName' | 'anchor' | 'eventKind'> {
  /** What the session has done for that long, such as `has been idle for at least 1 hour`. */
  readonly predicate: (duration: string) => string;
  readonly consequence: string;
}

const COMMON_OPTIONS: OptionNames<CommonSessionAlarmOptions> = { ...COMMON_ALARM_OPTIONS, id: true, treatMissingData: true, alarm: true };
const OPTIONS: OptionNames<SessionAlarmOptions> = { ...COMMON_OPTIONS, evaluationPeriods: true, datapointsToAlarm: true };
const FAILED_OPTIONS: OptionNames<FailedAlarmOptions> = { ...COMMON_OPTIONS, threshold: true, holdFor: true };
const DEFAULTS_OPTIONS: OptionNames<DefaultSessionAlarmOptions> = { idleLongerThan: true, failedThreshold: true };
/** The ids of the monitor's other alarms, present and future. */
const RESERVED_IDS = ['Heartbeat', 'Listing', 'Quota', 'Notifications', 'Any', 'AnyAlarm'];

/**
 * An alarm on the sessions of each monitored workgroup.
 *
 * The monitor creates one CloudWatch alarm for each named workgroup. For found workgroups it creates a single alarm with each
 * workgroup as a contributor, new ones included: CloudWatch evaluates up to 500 contributors and keeps up to 100 in ALARM at a time.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
 */
export class SessionAlarm {
  /**
   * The default alarms of a monitor: `failed()`, `idleLongerThan()` one hour, and `degraded()`.
   *
   * @param options thresholds to override
   */
  public static defaults(options: DefaultSessionAlarmOptions = {}): SessionAlarm[] {
    checkOptions(undefined, 'SessionAlarm.defaults()', options);
    const { failedThreshold = 1, idleLongerThan = Duration.hours(1) } = options;
    checkWholeNumber(undefined, 'failedThreshold of SessionAlarm.defaults()', failedThreshold, 1, Number.MAX_SAFE_INTEGER);
    const alarms = [SessionAlarm.failed({ threshold: failedThreshold }), SessionAlarm.idleLongerThan(idleLongerThan), SessionAlarm.degraded()];
    for (const alarm of alarms) { // some of them may be left out
      alarm.annotateDefaults = (scope) => annotateMisspeltOptions(scope, 'SessionAlarm.defaults()', options, DEFAULTS_OPTIONS);
    }
    return alarms;
  }

  /**
   * An alarm on failed sessions. It stays in ALARM for `holdFor` after the interval in which they failed. Default id: `Failed`.
   *
   * @param options options of the alarm
   */
  public static failed(options: FailedAlarmOptions = {}): SessionAlarm {
    checkOptions(undefined, 'SessionAlarm.failed()', options);
    const { threshold = 1, holdFor } = options;
    checkWholeNumber(undefined, 'threshold of SessionAlarm.failed()', threshold, 1, Number.MAX_SAFE_INTEGER);
    const several = Token.isUnresolved(threshold) || threshold > 1;
    return new SessionAlarm({
      factory: 'failed()',
      optionNames: FAILED_OPTIONS,
      id: 'Failed',
      metricName: 'FailedSessions',
      threshold,
      describe: (interval) => several
        ? `At least ${Tokenization.stringifyNumber(threshold)} Spark sessions failed within one interval of ${interval.toHumanString()}. Their in-memory state is lost.`
        : 'A Spark session failed. Its in-memory state is lost, and clients may keep polling it.',
      anchor: 'failed',
      eventKind: 'FAILED',
      holdFor: (interval) => holdFor ?? defaultHoldFor(interval),
    }, options);
  }

  /**
   * An alarm on sessions that have been IDLE for at least the duration: they are billed although nobody uses them. Athena ends a
   * session at its idle timeout: 20 minutes by default in the console, 480 at most. To act before that, set the duration at least
   * 10 minutes, or two intervals if that is longer, plus the time you need, below the timeout. Default id: `Idle`.
   *
   * @param duration the idle time, in whole seconds
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_StartSession.html
   */
  public static idleLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      factory: 'idleLongerThan()',
      id: 'Idle',
      metricName: 'IdleTime',
      anchor: 'idle',
      eventKind: 'IDLE',
      predicate: (time) => `has been idle for at least ${time}`,
      consequence: 'It is billed until it ends, and holds DPUs of the region\'s quota.',
    });
  }

  /**
   * An alarm on sessions that have been CREATING for at least the duration: their users wait. Default id: `Creating`.
   *
   * @param duration the time in the state, in whole seconds
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static creatingLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      factory: 'creatingLongerThan()',
      id: 'Creating',
      metricName: 'CreatingTime',
      anchor: 'creating',
      eventKind: 'CREATING',
      predicate: (time) => `has been starting for at least ${time}`,
      consequence: 'Its user is waiting. The region\'s DPU quota may be exhausted.',
    });
  }

  /**
   * An alarm on sessions that have been BUSY for at least the duration: they may hang, and are billed with all their executors.
   * Default id: `Busy`.
   *
   * @param duration the time in the state, in whole seconds
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static busyLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      factory: 'busyLongerThan()',
      id: 'Busy',
      metricName: 'BusyTime',
      anchor: 'busy',
      eventKind: 'BUSY',
      predicate: (time) => `has been busy for at least ${time}`,
      consequence: 'Its calculations may hang while it is billed with all its executors.',
    });
  }

  /**
   * An alarm on sessions that have been TERMINATING for at least the duration: their shutdown may hang. Default id: `Terminating`.
   *
   * @param duration the time in the state, in whole seconds
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static terminatingLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      factory: 'terminatingLongerThan()',
      id: 'Terminating',
      metricName: 'TerminatingTime',
      anchor: 'terminating',
      eventKind: 'TERMINATING',
      predicate: (time) => `has been terminating for at least ${time}`,
      consequence: 'It may still hold its DPUs, and keep its workgroup from being deleted.',
    });
  }

  /**
   * An alarm on live sessions that started at least the duration ago, in any state. Unlike the time in a state, the age is known for
   * every engine: AWS does not document when a session of Spark 3.5 counts as IDLE. Default id: `Old`.
   *
   * @param duration the age, in whole seconds
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static olderThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      factory: 'olderThan()',
      id: 'Old',
      metricName: 'SessionAge',
      anchor: 'old',
      eventKind: 'OLD',
      predicate: (time) => `started at least ${time} ago and has not ended`,
      consequence: 'It is billed until it ends, and holds DPUs of the region\'s quota.',
    });
  }

  /**
   * An alarm on DEGRADED sessions, which have no healthy coordinators. Default id: `Degraded`.
   *
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static degraded(options: SessionAlarmOptions = {}): SessionAlarm {
    return new SessionAlarm({
      factory: 'degraded()',
      optionNames: OPTIONS,
      id: 'Degraded',
      metricName: 'DegradedSessions',
      threshold: 1,
      describe: () => 'A Spark session is degraded: it has no healthy coordinators. Its calculations hang or fail while it is billed.',
      anchor: 'degraded',
      eventKind: 'DEGRADED',
    }, options);
  }

  /**
   * An alarm on more than `count` sessions of one workgroup in a state. Default id: the state and `SessionsAbove`, such as `IdleSessionsAbove`.
   *
   * @param state the state
   * @param count the highest number of sessions that is not breaching
   * @param options options of the alarm
   * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark-quotas.html
   */
  public static sessionsAbove(state: LiveSessionState, count: number, options: SessionAlarmOptions = {}): SessionAlarm {
    if (!Object.values(LiveSessionState).includes(state)) {
      throw invalidValueError(undefined, 'state of SessionAlarm.sessionsAbove()', `one of ${Object.values(LiveSessionState).join(', ')}`, state);
    }
    const metricName = SESSION_STATES[state].countMetric;
    checkWholeNumber(undefined, 'count of SessionAlarm.sessionsAbove()', count, 0, Number.MAX_SAFE_INTEGER);
    return new SessionAlarm({
      factory: 'sessionsAbove()',
      optionNames: OPTIONS,
      id: `${metricName}Above`,
      metricName,
      threshold: count,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      describe: () => `More than ${Tokenization.stringifyNumber(count)} Spark sessions are ${state}. Each is billed until it ends, and holds DPUs of the region's quota.`,
      anchor: 'sessions-above',
    }, options);
  }

  private static longerThan(duration: Duration, options: SessionAlarmOptions, { predicate, consequence, ...kind }: TimeAlarmKind): SessionAlarm {
    const prop = `duration of SessionAlarm.${kind.factory}`;
    const threshold = knownSeconds(undefined, prop, duration);
    checkWholeNumber(undefined, prop, threshold, 1, Number.MAX_SAFE_INTEGER, ' of seconds');
    return new SessionAlarm({
      ...kind,
      optionNames: OPTIONS,
      threshold,
      describe: () => `A Spark session ${predicate(duration.toHumanString())}. ${consequence}`,
    }, options);
  }

  /** The alarm's id. */
  public readonly id: string;

  private annotateDefaults?: (scope: Construct) => void;

  private constructor(private readonly kind: AlarmKind, private readonly options: SessionAlarmOptions) {
    checkOptions(undefined, `SessionAlarm.${kind.factory}`, options);
    this.id = options.id ?? kind.id;
    if (typeof this.id !== 'string' || !/^[A-Za-z0-9]{1,64}$/.test(this.id) || RESERVED_IDS.includes(this.id)) {
      throw invalidValueError(undefined, `id of SessionAlarm ${kind.id}`, `1 to 64 of A-Z, a-z and 0-9, and none of ${RESERVED_IDS.join(', ')}`, this.id);
    }
    this.checkAlarmOption();
  }

  /**
   * Whether there are CloudWatch alarms, or only events.
   *
   * @internal
   */
  public get _hasAlarms(): boolean {
    return this.options.alarm !== false;
  }

  /**
   * What the collector needs to know to send events, if the alarm is about single sessions.
   *
   * @param monitorRunbookUrl the monitor's runbook
   * @internal
   */
  public _eventAlarm(monitorRunbookUrl: string): EventAlarm | undefined {
    const { id, kind: { eventKind, metricName, threshold, anchor }, options: { runbookUrl = `${monitorRunbookUrl}#${anchor}` } } = this;
    const thresholdSeconds = WORK_GROUP_METRICS[metricName].unit === 'Seconds' ? threshold : undefined;
    return eventKind && { id, kind: eventKind, thresholdSeconds, runbookUrl };
  }

  /**
   * The alarm's threshold, to draw it in graphs.
   *
   * @internal
   */
  public _threshold(): AlarmThreshold {
    const { metricName, threshold: value } = this.kind;
    return { metricName, value, label: `alarm ${this.id}` };
  }

  /**
   * How long a breach keeps the alarm in ALARM, for CloudWatch alarms on failed sessions.
   *
   * @internal
   */
  public _holdFor(interval: Duration): Duration | undefined {
    return this._hasAlarms ? this.kind.holdFor?.(interval) : undefined;
  }

  /**
   * Creates the CloudWatch alarms, without actions: one for each target.
   *
   * @internal
   */
  public _create(scope: Construct, context: AlarmContext): cloudwatch.Alarm[] {
    const { id, kind, options } = this;
    annotateMisspeltOptions(scope, `SessionAlarm.${kind.factory}`, options, kind.optionNames);
    this.annotateDefaults?.(scope);
    if (!this._hasAlarms) {
      if (options.runbookUrl !== undefined) {
        checkUrl(scope, `runbookUrl of the alarm ${id}`, options.runbookUrl);
      }
      return [];
    }
    const { treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING } = options;
    if (!Object.values(cloudwatch.TreatMissingData).includes(treatMissingData)) {
      throw invalidValueError(scope, `treatMissingData of the alarm ${id}`, `one of ${Object.values(cloudwatch.TreatMissingData).join(', ')}`, treatMissingData);
    }
    if (treatMissingData !== cloudwatch.TreatMissingData.NOT_BREACHING && !context.zerosWhenQuiet) {
      throw invalidValueError(scope, `treatMissingData of the alarm ${id}`, `${cloudwatch.TreatMissingData.NOT_BREACHING}, as quiet workgroups have no datapoints`,
        treatMissingData, 'set zerosWhenQuiet: true');
    }
    const periods = this.periods(scope, context);
    const whereToLook = context.logSessionDetails
      ? `The log group ${context.logGroupName} lists the sessions and reasons.`
      : `The collector's log group is ${context.logGroupName}.`;
    return context.targets.map(({ metric, workGroup }) => createAlarm(scope, context, {
      ...periods,
      id,
      workGroup,
      metric: metric(kind.metricName),
      threshold: kind.threshold,
      comparisonOperator: kind.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData,
      description: `${kind.describe(context.interval)} ${whereToLook}`,
      subject: `Workgroup: ${workGroup?.name ?? 'the contributor in ALARM'}.`,
      anchor: kind.anchor,
    }, options));
  }

  /**
   * Adds the alarm's own actions to its CloudWatch alarms, or those of the monitor.
   *
   * @internal
   */
  public _addActions(alarms: readonly cloudwatch.Alarm[], context: AlarmContext): void {
    alarms.forEach((alarm) => addMonitorActions(alarm, context, this.options));
  }

  private checkAlarmOption(): void {
    const { kind: { factory, eventKind }, options } = this;
    if (options.alarm !== undefined && typeof options.alarm !== 'boolean') {
      throw invalidValueError(undefined, `alarm of SessionAlarm.${factory}`, 'true or false', options.alarm);
    }
    if (this._hasAlarms) {
      return;
    }
    if (!eventKind) {
      throw invalidValueError(undefined, `alarm of SessionAlarm.${factory}`, 'true, as it has no events, which are about single sessions', options.alarm);
    }
    for (const [name, list] of Object.entries(ownActions(options))) {
      if (!(Array.isArray(list) && list.length === 0)) {
        throw invalidValueError(undefined, `${name} of SessionAlarm.${factory}`, 'omitted with alarm: false, as there is no CloudWatch alarm', list,
          'use notify() or onSession() of the monitor');
      }
    }
  }

  private periods(scope: Construct, { interval, targets }: AlarmContext): AlarmPeriods {
    const found = targets.some(({ workGroup }) => workGroup === undefined);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
    const limit = found ? Duration.hours(3) : maxEvaluationTime(interval);
    const reason = found ? 'as workgroups are found: an alarm on a Metrics Insights query looks back no further' : 'as workgroups are named';
    const maximum = Math.floor(limit.toMinutes() / interval.toMinutes());
    const holdFor = this._holdFor(interval);
    if (holdFor) {
      const periods = knownSeconds(scope, `holdFor of the alarm ${this.id}`, holdFor) / interval.toSeconds();
      if (!Number.isInteger(periods) || periods < 3 || periods > maximum) {
        throw invalidValueError(scope, `holdFor of the alarm ${this.id}`,
          `a whole number of intervals of ${interval.toHumanString()}, at least 3 of them and at most ${limit.toHumanString()} ${reason}`, holdFor);
      }
      return { evaluationPeriods: periods, datapointsToAlarm: 1 };
    }
    const { evaluationPeriods = DEFAULT_EVALUATION_PERIODS, datapointsToAlarm = 1 } = this.options;
    checkPeriods(scope, this.id, { evaluationPeriods, datapointsToAlarm }, maximum, `${limit.toHumanString()}, ${reason}`);
    return { evaluationPeriods, datapointsToAlarm };
  }
}

function defaultHoldFor(interval: Duration): Duration {
  const minutes = interval.toMinutes();
  return Duration.minutes(minutes * Math.max(3, Math.ceil(30 / minutes)));
}
