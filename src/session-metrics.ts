import { type Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { isWorkGroupName, type MetricDefinition, RUN_METRICS, type RunMetric, WORK_GROUP_DIMENSION, WORK_GROUP_METRICS, type WorkGroupMetric } from './schema';
import { invalidValueError, knownSeconds } from './validation';

/**
 * How a metric of the monitor is read. Namespace, name and dimensions are the monitor's.
 */
export interface SessionMetricOptions {
  /**
   * The period over which the statistic is taken.
   *
   * @default - the monitor's interval: one point in each period
   */
  readonly period?: Duration;

  /**
   * The statistic. `Sum`, `SampleCount` and trimmed counts and sums are errors: a run may be repeated, which changes no
   * Maximum but would be summed twice.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   * @default 'Maximum'
   */
  readonly statistic?: string;

  /**
   * The label in graphs and alarms.
   *
   * @default - CloudWatch's label
   */
  readonly label?: string;

  /**
   * The colour in graphs, as a hex code such as `ff0000`.
   *
   * @default - CloudWatch's colour
   */
  readonly color?: string;

  /**
   * The account that the metric is in.
   *
   * @default - the monitor's account
   */
  readonly account?: string;

  /**
   * The region that the metric is in.
   *
   * @default - the monitor's region
   */
  readonly region?: string;
}

/**
 * Which metric is read, and how.
 */
export interface MetricByNameOptions extends SessionMetricOptions {
  /**
   * The workgroup: needed for metrics of the dimension `WorkGroup`, an error for the others.
   *
   * @default - none, for metrics about the collector's run
   */
  readonly workGroup?: string;
}

/**
 * What the monitor writes, as CloudWatch metrics.
 *
 * Every metric has one point per interval, stamped with the time that the run was scheduled for, and is read as
 * `Maximum` at the period of the interval unless the options say otherwise.
 *
 * The part of `AthenaSessionMonitor` that reads its metrics; not meant to be extended by others.
 */
export abstract class SessionMetrics extends Construct {
  /** The namespace of all metrics. */
  public abstract readonly metricNamespace: string;
  /** The time between runs: the period of all metrics. */
  public abstract readonly interval: Duration;
  /** @internal */
  protected abstract readonly _functionName: string;

  /**
   * Any metric of the monitor, by name.
   *
   * @param metricName a name such as `IdleTime`; an unknown one is an error that lists the known ones
   * @param options how it is read; with `workGroup` for a metric about sessions
   */
  public metric(metricName: string, options: MetricByNameOptions = {}): cloudwatch.Metric {
    const { workGroup, period = this.interval, statistic = cloudwatch.Stats.MAXIMUM, label, color, account, region } = options;
    knownSeconds(this, `period of metric ${metricName}`, period);
    const definition = METRICS.get(metricName);
    if (!definition) {
      throw invalidValueError(this, 'metricName', `one of ${[...METRICS.keys()].join(', ')}`, metricName);
    }
    const perWorkGroup = definition.dimension === WORK_GROUP_DIMENSION;
    if (perWorkGroup ? !isWorkGroup(workGroup) : workGroup !== undefined) {
      throw invalidValueError(this, `workGroup of metric ${metricName}`, perWorkGroup ? 'the name of a workgroup' : 'left out: the metric is about the run', workGroup);
    }
    if (typeof statistic !== 'string' || statistic === '' || MULTIPLIED_BY_DUPLICATES.test(statistic)) {
      throw invalidValueError(this, `statistic of metric ${metricName}`, 'one that repeated points do not multiply, such as Maximum or a percentile', statistic);
    }
    return new cloudwatch.Metric({
      period,
      statistic,
      label,
      color,
      account,
      region,
      namespace: this.metricNamespace,
      metricName,
      dimensionsMap: { [definition.dimension]: workGroup ?? this._functionName },
    }).attachTo(this); // so that a dashboard of another region reads it here, and an alarm there is refused
  }

  /**
   * Sessions of the workgroup that are being created, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatingSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatingSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that are created and not yet used, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatedSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that wait for work, and cost while they wait, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricIdleSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('IdleSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that run calculations, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricBusySessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('BusySessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that are being terminated, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatingSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatingSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup without healthy coordinators, when it was listed.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricDegradedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('DegradedSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that failed inside the window `(T - interval, T]` of the point's time T.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricFailedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('FailedSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that were terminated inside the window `(T - interval, T]` of the point's time T; not written where
   * `countTerminated` is false.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatedSessions', workGroup, options);
  }

  /**
   * How long each CREATING session of the workgroup has been in creation; 0 where there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatingTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatingTime', workGroup, options);
  }

  /**
   * How long each IDLE session of the workgroup has been idle; 0 where there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricIdleTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('IdleTime', workGroup, options);
  }

  /**
   * How long each BUSY session of the workgroup has been busy; 0 where there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricBusyTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('BusyTime', workGroup, options);
  }

  /**
   * How long each TERMINATING session of the workgroup has been terminating; 0 where there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options how the metric is read
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatingTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatingTime', workGroup, options);
  }

  /**
   * Workgroups whose listing was complete in the run: the monitor's heartbeat.
   * Unit: Count.
   *
   * @param options how the metric is read
   */
  public metricWorkGroupsMonitored(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('WorkGroupsMonitored', options);
  }

  /**
   * Workgroups whose listing was not complete in the run; none of their session metrics is written.
   * Unit: Count.
   *
   * @param options how the metric is read
   */
  public metricWorkGroupsNotListed(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('WorkGroupsNotListed', options);
  }

  /**
   * Sessions that the collector could not make out: in a state that this version does not know, without a state, or ended without any date.
   * Unit: Count.
   *
   * @param options how the metric is read
   */
  public metricUnknownSessions(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('UnknownSessions', options);
  }

  /**
   * Calls of Athena that the run made, retries included.
   * Unit: Count.
   *
   * @param options how the metric is read
   */
  public metricApiCalls(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('ApiCalls', options);
  }

  /**
   * Calls of Athena that were throttled.
   * Unit: Count.
   *
   * @param options how the metric is read
   */
  public metricThrottledApiCalls(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('ThrottledApiCalls', options);
  }

  private sessionMetric(metricName: WorkGroupMetric, workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.metric(metricName, { ...options, workGroup });
  }

  private runMetric(metricName: RunMetric, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.metric(metricName, { ...options });
  }
}

const METRICS = new Map<string, MetricDefinition>(Object.entries({ ...WORK_GROUP_METRICS, ...RUN_METRICS }));

function isWorkGroup(name: unknown): boolean {
  return typeof name === 'string' && (Token.isUnresolved(name) || isWorkGroupName(name));
}

/** Sum, SampleCount, and the trimmed sums and counts. */
const MULTIPLIED_BY_DUPLICATES = /^\s*(sum|samplecount|n|t[sc])\b|^\s*t[sc]\d/i;
