import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmContext, createAlarm } from './alarm';
import { SESSION_STATES, type WorkGroupMetric } from '../schema';
import { LiveSessionState } from '../session-state';
import { invalidValueError, checkUrl, checkWholeNumber, knownSeconds } from '../validation';

/**
 * What each alarm on sessions can be told. Options that are given replace what the monitor was given.
 */
export interface SessionAlarmOptions {
  /**
   * The alarm's id, by which construct paths are made and `alarmsFor()` finds it. Alarms of a monitor have different ids.
   *
   * @default - the alarm's kind, such as `Idle`
   */
  readonly id?: string;

  /**
   * The alarm's name. Where workgroups are named, `-<workgroup>` is appended. It has to be the only one of its name in the account
   * and region; among the monitors of a stack that is checked.
   *
   * @default - CloudFormation makes one
   */
  readonly alarmName?: string;

  /**
   * What the alarm says happened. The workgroup and the runbook's address are appended.
   *
   * @default - what happened, what it costs or breaks, and where to look
   */
  readonly alarmDescription?: string;

  /**
   * The address of what to do about the alarm.
   *
   * @default - the alarm's section in the monitor's runbook
   */
  readonly runbookUrl?: string;

  /**
   * How many periods, each as long as the monitor's interval, are looked at. Not for `SessionAlarm.failed()`, which has
   * `within`.
   *
   * @default 3
   */
  readonly evaluationPeriods?: number;

  /**
   * How many of the periods have to be over the threshold. Not for `SessionAlarm.failed()`.
   *
   * @default 1
   */
  readonly datapointsToAlarm?: number;

  /**
   * What a period without a point counts as. A found workgroup without a point in any of the periods goes to OK whatever this says, as
   * the alarm's query then has no series of it.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   * @default TreatMissingData.NOT_BREACHING
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;

  /**
   * What is done when the alarm goes to ALARM; an empty list mutes it.
   *
   * @default - the monitor's `alarmActions`
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when the alarm goes to OK; an empty list mutes it.
   *
   * @default - the monitor's `okActions`
   */
  readonly okActions?: cloudwatch.IAlarmAction[];

  /**
   * What is done when the alarm goes to INSUFFICIENT_DATA; an empty list mutes it.
   *
   * @default - the monitor's `insufficientDataActions`
   */
  readonly insufficientDataActions?: cloudwatch.IAlarmAction[];
}

/**
 * What the alarm on failed sessions can be told.
 */
export interface FailedAlarmOptions extends SessionAlarmOptions {
  /**
   * So many sessions of one workgroup have to fail in one window, which is as long as the interval.
   *
   * @default 1
   */
  readonly threshold?: number;

  /**
   * How long a failure keeps the alarm in ALARM, and so how late it may be found and still raise it: a whole number of
   * intervals, at least 3; at most 3 hours where workgroups are found, 24 hours where they are named (7 days where the
   * interval is an hour).
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
   * @default - 30 minutes, rounded up to whole intervals, at least 3 intervals
   */
  readonly within?: Duration;
}

/**
 * Thresholds of the default alarms.
 */
export interface DefaultSessionAlarmOptions {
  /**
   * A session that has been idle at least so long is alarmed.
   *
   * @default Duration.hours(1)
   */
  readonly idleLongerThan?: Duration;

  /**
   * So many sessions of one workgroup have to fail in one window.
   *
   * @default 1
   */
  readonly failedThreshold?: number;
}

/**
 * What an alarm watches.
 *
 * @internal
 */
export interface AlarmTarget {
  /** The construct id of the alarm. */
  readonly key: string;
  /** The workgroup's name, where it is known. */
  readonly workGroup?: string;
  readonly metric: (metricName: WorkGroupMetric) => cloudwatch.IMetric;
}

/**
 * Where a metric begins to breach.
 *
 * @internal
 */
export interface AlarmThreshold {
  readonly metricName: WorkGroupMetric;
  readonly value: number;
  readonly label: string;
}

/** What makes the kinds of alarms differ. */
interface AlarmKind {
  readonly id: string;
  readonly metricName: WorkGroupMetric;
  readonly threshold: number;
  /** @default - breaching is what reaches the threshold */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
  readonly description: string;
  /** The section of the runbook. */
  readonly anchor: string;
  /** How long a breach keeps the alarm in ALARM, where that is not told in periods. */
  readonly within?: (interval: Duration) => Duration;
}

/** What makes the alarms on how long sessions have been in a state differ. */
interface TimeAlarm {
  readonly id: 'Idle' | 'Creating' | 'Busy' | 'Terminating';
  /** What a session does for long. */
  readonly happened: string;
  readonly consequence: string;
}

/** Periods that alarms on live states look at: a point that has not yet arrived, or one silent run, clears nothing. */
const LIVE_PERIODS = 3;

/**
 * An alarm on the sessions of each monitored workgroup.
 *
 * Where workgroups are named there is an alarm for each; where they are found in each run there is one alarm in which
 * each workgroup is a contributor of its own, and new ones join by themselves: CloudWatch analyses up to 500 of them, and keeps up to
 * 100 in ALARM at a time.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
 */
export class SessionAlarm {
  /**
   * The alarms that a monitor has by default: `failed()`, `idleLongerThan()` one hour, and `degraded()`.
   *
   * @param options thresholds other than the default ones
   */
  public static defaults(options: DefaultSessionAlarmOptions = {}): SessionAlarm[] {
    const { failedThreshold = 1, idleLongerThan = Duration.hours(1) } = options;
    checkWholeNumber(undefined, 'failedThreshold of SessionAlarm.defaults()', failedThreshold, 1, Number.MAX_SAFE_INTEGER);
    return [
      SessionAlarm.failed({ threshold: failedThreshold }),
      SessionAlarm.idleLongerThan(idleLongerThan),
      SessionAlarm.degraded(),
    ];
  }

  /**
   * In ALARM when sessions of one workgroup failed, from the window in which they did until `within` later. Id: `Failed`.
   *
   * @param options how many, how long, and what all alarms can be told
   */
  public static failed(options: FailedAlarmOptions = {}): SessionAlarm {
    const { threshold = 1, within, ...common } = options;
    checkWholeNumber(undefined, 'threshold of SessionAlarm.failed()', threshold, 1, Number.MAX_SAFE_INTEGER);
    for (const name of ['evaluationPeriods', 'datapointsToAlarm'] as const) {
      if (common[name] !== undefined) {
        throw invalidValueError(undefined, `${name} of SessionAlarm.failed()`, 'left out: it is told by \'within\'', common[name]);
      }
    }
    return new SessionAlarm({
      id: 'Failed',
      metricName: 'FailedSessions',
      threshold,
      description: `${Token.isUnresolved(threshold) || threshold > 1 ? `At least ${Tokenization.stringifyNumber(threshold)} Spark sessions` : 'A Spark session'} failed. `
        + 'What it held in memory is lost, and clients may go on polling it.',
      anchor: 'failed',
      within: (interval) => within ?? defaultWithin(interval),
    }, common);
  }

  /**
   * In ALARM when a session has been IDLE at least that long: it is billed although nobody uses it. Athena itself ends a session that
   * has been idle for its idle timeout: 20 minutes by default in the console, 480 at the most. Id: `Idle`.
   *
   * @param duration how long, in whole seconds
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_StartSession.html
   */
  public static idleLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      id: 'Idle',
      happened: 'has been idle',
      consequence: 'It is billed for each hour that it lives, and takes DPUs of the region\'s quota.',
    });
  }

  /**
   * In ALARM when a session has been CREATING at least that long: whoever started it waits. Id: `Creating`.
   *
   * @param duration how long, in whole seconds
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static creatingLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      id: 'Creating',
      happened: 'has been starting',
      consequence: 'Whoever started it waits; the region\'s quota of DPUs may be used up.',
    });
  }

  /**
   * In ALARM when a session has been BUSY at least that long: it may hang, and is billed with all its executors. Id: `Busy`.
   *
   * @param duration how long, in whole seconds
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static busyLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      id: 'Busy',
      happened: 'has been busy',
      consequence: 'Its calculations may hang, while it is billed with all the executors that it holds.',
    });
  }

  /**
   * In ALARM when a session has been TERMINATING at least that long: it does not come to its end. Id: `Terminating`.
   *
   * @param duration how long, in whole seconds
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static terminatingLongerThan(duration: Duration, options: SessionAlarmOptions = {}): SessionAlarm {
    return SessionAlarm.longerThan(duration, options, {
      id: 'Terminating',
      happened: 'has been shutting down',
      consequence: 'It may hold its DPUs, and keep its workgroup from being deleted.',
    });
  }

  /**
   * In ALARM when a session is DEGRADED: it has no healthy coordinators. Id: `Degraded`.
   *
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public static degraded(options: SessionAlarmOptions = {}): SessionAlarm {
    return new SessionAlarm({
      id: 'Degraded',
      metricName: 'DegradedSessions',
      threshold: 1,
      description: 'A Spark session is degraded: it has no healthy coordinators. Its calculations hang or fail while it is billed.',
      anchor: 'degraded',
    }, options);
  }

  /**
   * In ALARM when strictly more sessions of one workgroup than that are in a state, such as more idle ones than the quota of
   * DPUs has room for. Id: the state and `SessionsAbove`, such as `IdleSessionsAbove`.
   *
   * @param state the state
   * @param count the most sessions that are well
   * @param options what all alarms can be told
   * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark-quotas.html
   */
  public static sessionsAbove(state: LiveSessionState, count: number, options: SessionAlarmOptions = {}): SessionAlarm {
    if (!Object.values(LiveSessionState).includes(state)) {
      throw invalidValueError(undefined, 'state of SessionAlarm.sessionsAbove()', `one of ${Object.values(LiveSessionState).join(', ')}`, state);
    }
    const metricName = SESSION_STATES[state].countMetric;
    checkWholeNumber(undefined, 'count of SessionAlarm.sessionsAbove()', count, 0, Number.MAX_SAFE_INTEGER);
    return new SessionAlarm({
      id: `${metricName}Above`,
      metricName,
      threshold: count,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      description: `More than ${Tokenization.stringifyNumber(count)} Spark sessions are ${state}. Each is billed for as long as it lives, and takes DPUs of the region's quota.`,
      anchor: 'sessions-above',
    }, options);
  }

  /** An alarm on how long sessions have been in a state. */
  private static longerThan(duration: Duration, options: SessionAlarmOptions, { id, happened, consequence }: TimeAlarm): SessionAlarm {
    const anchor = id.toLowerCase();
    const prop = `duration of SessionAlarm.${anchor}LongerThan()`;
    const threshold = knownSeconds(undefined, prop, duration);
    checkWholeNumber(undefined, prop, threshold, 1, Number.MAX_SAFE_INTEGER, ' of seconds');
    return new SessionAlarm({
      id,
      metricName: `${id}Time`,
      threshold,
      description: `A Spark session ${happened} for at least ${duration.toHumanString()}. ${consequence}`,
      anchor,
    }, options);
  }

  /** The alarm's id. */
  public readonly id: string;

  private constructor(private readonly kind: AlarmKind, private readonly options: SessionAlarmOptions) {
    this.id = options.id ?? kind.id;
    // CDK leaves "Default" and "Resource" out of logical ids, where they would make two of one.
    if (typeof this.id !== 'string' || Token.isUnresolved(this.id) || !/^[^/\s]+$/.test(this.id) || ['Default', 'Resource'].includes(this.id)) {
      throw invalidValueError(undefined, `id of SessionAlarm ${kind.id}`, 'characters other than "/" and spaces, known at synthesis, and not "Default" or "Resource"', this.id);
    }
  }

  /**
   * Where the alarm's line is in a graph.
   *
   * @internal
   */
  public _threshold(): AlarmThreshold {
    const { metricName, threshold: value } = this.kind;
    return { metricName, value, label: `alarm ${this.id}` };
  }

  /**
   * How long a breach keeps the alarm in ALARM, where it is about what happened, not about what is.
   *
   * @internal
   */
  public _within(interval: Duration): Duration | undefined {
    return this.kind.within?.(interval);
  }

  /**
   * Makes the alarms, below the scope: one for each target.
   *
   * @internal
   */
  public _create(scope: Construct, context: AlarmContext, targets: readonly AlarmTarget[]): cloudwatch.Alarm[] {
    const { kind, options } = this;
    const found = targets.some(({ workGroup }) => workGroup === undefined);
    const { evaluationPeriods, datapointsToAlarm } = this.periods(scope, context.interval, found);
    if (options.runbookUrl !== undefined) {
      checkUrl(scope, `runbookUrl of SessionAlarm ${this.id}`, options.runbookUrl);
    }
    if (options.treatMissingData !== undefined && !Object.values(cloudwatch.TreatMissingData).includes(options.treatMissingData)) {
      throw invalidValueError(scope, `treatMissingData of SessionAlarm ${this.id}`, `one of ${Object.values(cloudwatch.TreatMissingData).join(', ')}`, options.treatMissingData);
    }
    return targets.map((target) => createAlarm(scope, target.key, {
      metric: target.metric(kind.metricName),
      alarmName: options.alarmName && target.workGroup ? `${options.alarmName}-${target.workGroup}` : options.alarmName,
      alarmDescription: this.description(target, context),
      threshold: kind.threshold,
      comparisonOperator: kind.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm,
      treatMissingData: options.treatMissingData ?? cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmActions: options.alarmActions ?? context.actions.alarmActions,
      okActions: options.okActions ?? context.actions.okActions,
      insufficientDataActions: options.insufficientDataActions ?? context.actions.insufficientDataActions,
    }));
  }

  private periods(scope: Construct, interval: Duration, found: boolean): { evaluationPeriods: number; datapointsToAlarm: number } {
    const minutes = interval.toMinutes();
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, and for found workgroups
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html
    const longest = found ? Duration.hours(3) : minutes < 60 ? Duration.hours(24) : Duration.days(7);
    const whereWorkGroupsAre = found ? 'as workgroups are found: Metrics Insights looks back no further' : 'as workgroups are named';
    const most = Math.floor(longest.toMinutes() / minutes);
    const within = this._within(interval);
    if (within) {
      const periods = knownSeconds(scope, `within of SessionAlarm ${this.id}`, within) / interval.toSeconds();
      if (!Number.isInteger(periods) || periods < 3 || periods > most) {
        throw invalidValueError(scope, `within of SessionAlarm ${this.id}`,
          `a whole number of intervals of ${interval.toHumanString()}, at least 3 of them and at most ${longest.toHumanString()} ${whereWorkGroupsAre}`, within);
      }
      return { evaluationPeriods: periods, datapointsToAlarm: 1 };
    }
    const { evaluationPeriods = LIVE_PERIODS, datapointsToAlarm = 1 } = this.options;
    checkWholeNumber(scope, `evaluationPeriods of SessionAlarm ${this.id}`, evaluationPeriods, 1, most, '', ` (${longest.toHumanString()}, ${whereWorkGroupsAre})`);
    checkWholeNumber(scope, `datapointsToAlarm of SessionAlarm ${this.id}`, datapointsToAlarm, 1, Token.isUnresolved(evaluationPeriods) ? most : evaluationPeriods);
    return { evaluationPeriods, datapointsToAlarm };
  }

  private description({ workGroup }: AlarmTarget, { logGroupName, logSessionDetails, runbookUrl }: AlarmContext): string {
    const { kind, options } = this;
    const whereToLook = logSessionDetails ? `Which, and why, is in the log group ${logGroupName}.` : `The collector's log group is ${logGroupName}.`;
    return [
      options.alarmDescription ?? `${kind.description} ${whereToLook}`,
      `Workgroup: ${workGroup ?? 'the contributor that this is about'}.`,
      `Runbook: ${options.runbookUrl ?? `${runbookUrl}#${kind.anchor}`}`,
    ].join(' ');
  }
}

function defaultWithin(interval: Duration): Duration {
  const minutes = interval.toMinutes();
  return Duration.minutes(minutes * Math.max(3, Math.ceil(30 / minutes)));
}
