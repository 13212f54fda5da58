import { type Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { annotateMisspeltOptions, type OptionNames } from './annotations';
import { isWorkGroupName, type LiveCountMetric, type MetricDefinition, RUN_METRICS, type RunMetric, WORK_GROUP_METRICS, type WorkGroupMetric } from './schema';
import { checkOptions, cureForName, invalidValueError, knownSeconds } from './validation';

/**
 * Options of a metric. Namespace, name and dimensions are fixed.
 */
export interface SessionMetricOptions {
  /**
   * The period over which the statistic is applied.
   *
   * @default - the monitor's interval: one datapoint per period
   */
  readonly period?: Duration;

  /**
   * The statistic. `Sum`, `SampleCount` and trimmed counts and sums are errors, as repeated runs would multiply them. They do not
   * change the maximum.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   * @default 'Maximum'
   */
  readonly statistic?: string;

  /**
   * The label in graphs and alarms.
   *
   * @default - CloudWatch's default label
   */
  readonly label?: string;

  /**
   * The color in graphs, as a hex code such as `ff0000`.
   *
   * @default - automatically assigned by CloudWatch
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
 * Options of `metric()`.
 */
export interface MetricByNameOptions extends SessionMetricOptions {
  /**
   * The workgroup's name. Required for session metrics, which have the dimension `WorkGroup`; an error for run metrics. The counts
   * of live sessions are both.
   *
   * @default - no workgroup: a run metric, or the total of a count of live sessions
   */
  readonly workGroup?: string;
}

/**
 * The CloudWatch metrics of a monitor.
 *
 * Every metric has one datapoint per interval, with the scheduled time of the run as its timestamp. The default statistic
 * is `Maximum`, the default period is the interval.
 *
 * Without `zerosWhenQuiet`, workgroups without recent sessions have no datapoints. So alarms of your own on metrics of a workgroup need
 * `treatMissingData: TreatMissingData.NOT_BREACHING`, and number widgets keep showing the last value.
 *
 * `AthenaSessionMonitor` is one, and `AthenaSessionMonitor.fromAthenaSessionMonitorAttributes()` returns one. Do not extend it.
 */
export abstract class SessionMetrics extends Construct {
  /** The namespace of all metrics. */
  public abstract readonly metricNamespace: string;
  /** The time between runs, and the period of all metrics. */
  public abstract readonly interval: Duration;
  /** @internal */
  protected abstract readonly _functionName?: string;

  /**
   * Throws if the workgroup is known not to be monitored.
   *
   * @internal
   */
  protected _checkMonitored(_what: string, _workGroup: string): void {
    // By default, nothing is known about the monitor's workgroups.
  }

  /**
   * A metric of the monitor, by name.
   *
   * @param metricName the name, such as `IdleTime`. An unknown name throws an error that lists the known ones
   * @param options options of the metric, with `workGroup` for a session metric
   */
  public metric(metricName: string, options: MetricByNameOptions = {}): cloudwatch.Metric {
    checkOptions(this, `metric ${metricName}`, options, typeof options === 'string' ? `pass { workGroup: '${options as string}' }` : undefined);
    annotateMisspeltOptions(this, `metric ${metricName}`, options, METRIC_OPTIONS);
    const { workGroup, period = this.interval, statistic = cloudwatch.Stats.MAXIMUM, label, color, account, region } = options;
    knownSeconds(this, `period of metric ${metricName}`, period);
    const [ofWorkGroup, ofRun] = [definitionOf(WORK_GROUP_METRICS, metricName), definitionOf(RUN_METRICS, metricName)];
    if (!ofWorkGroup && !ofRun) {
      throw invalidValueError(this, 'metricName', `one of ${Object.keys({ ...WORK_GROUP_METRICS, ...RUN_METRICS }).join(', ')}`, metricName);
    }
    const definition = workGroup === undefined ? ofRun : ofWorkGroup;
    if (!definition || (workGroup !== undefined && !isWorkGroup(workGroup))) {
      throw invalidValueError(this, `workGroup of metric ${metricName}`, ofWorkGroup ? 'the name of a workgroup' : 'omitted, as the metric is about the run', workGroup,
        cureForName(workGroup));
    }
    if (workGroup !== undefined) {
      this._checkMonitored(`workGroup of metric ${metricName}`, workGroup);
    }
    if (typeof statistic !== 'string' || statistic === '' || MULTIPLIED_BY_DUPLICATES.test(statistic)) {
      throw invalidValueError(this, `statistic of metric ${metricName}`, 'one that duplicate datapoints do not change, such as Maximum or a percentile', statistic);
    }
    const dimensionValue = workGroup ?? this._functionName;
    if (dimensionValue === undefined) {
      throw invalidValueError(this, `functionName, which metric ${metricName} needs,`, 'the name of the monitor\'s collector', dimensionValue,
        ofWorkGroup && 'or pass the workGroup whose sessions are counted');
    }
    return this._locate(new cloudwatch.Metric({
      period,
      statistic,
      label,
      color,
      account,
      region,
      namespace: this.metricNamespace,
      metricName,
      dimensionsMap: { [definition.dimension]: dimensionValue },
    }));
  }

  /**
   * Sets the account and region of a metric.
   *
   * @internal
   */
  protected abstract _locate(metric: cloudwatch.Metric): cloudwatch.Metric;

  /**
   * CREATING sessions of the workgroup when it was listed.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatingSessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatingSessions', workGroup, options);
  }

  /**
   * CREATED sessions of the workgroup when it was listed.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatedSessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatedSessions', workGroup, options);
  }

  /**
   * IDLE sessions of the workgroup when it was listed. They wait for calculations and are billed.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricIdleSessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('IdleSessions', workGroup, options);
  }

  /**
   * BUSY sessions of the workgroup when it was listed.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricBusySessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('BusySessions', workGroup, options);
  }

  /**
   * TERMINATING sessions of the workgroup when it was listed.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatingSessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatingSessions', workGroup, options);
  }

  /**
   * DEGRADED sessions of the workgroup when it was listed. They have no healthy coordinators.
   *
   * Without `workGroup`: of all workgroups that the run listed completely. This total is for graphs, not for alarms, as it drops
   * if a workgroup is not listed.
   *
   * Unit: Count.
   *
   * @param workGroup the workgroup's name. Default: all workgroups
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricDegradedSessions(workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('DegradedSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that failed in the interval that ends at the datapoint's timestamp.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricFailedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('FailedSessions', workGroup, options);
  }

  /**
   * Sessions of the workgroup that were terminated in the interval that ends at the datapoint's timestamp. Not written if
   * `countTerminated` is false.
   * Unit: Count.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatedSessions(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatedSessions', workGroup, options);
  }

  /**
   * The time that each CREATING session of the workgroup has spent in this state, or 0 if there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricCreatingTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('CreatingTime', workGroup, options);
  }

  /**
   * The time that each IDLE session of the workgroup has spent in this state, or 0 if there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricIdleTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('IdleTime', workGroup, options);
  }

  /**
   * The time that each BUSY session of the workgroup has spent in this state, or 0 if there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricBusyTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('BusyTime', workGroup, options);
  }

  /**
   * The time that each TERMINATING session of the workgroup has spent in this state, or 0 if there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricTerminatingTime(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('TerminatingTime', workGroup, options);
  }

  /**
   * How long ago each live session of the workgroup started, or 0 if there is none.
   * Unit: Seconds.
   *
   * @param workGroup the workgroup's name
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
   */
  public metricSessionAge(workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric {
    return this.sessionMetric('SessionAge', workGroup, options);
  }

  /**
   * Workgroups that the run listed completely. The heartbeat alarm monitors this metric.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricWorkGroupsMonitored(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('WorkGroupsMonitored', options);
  }

  /**
   * Workgroups that the run did not list completely. It writes none of their session metrics.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricWorkGroupsNotListed(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('WorkGroupsNotListed', options);
  }

  /**
   * Live sessions that share the quota of Spark 3.5: those on another engine than PySpark engine version 3, or on an unknown one.
   * Not written by a run that did not list every workgroup completely.
   * Unit: Count.
   *
   * @param options options of the metric
   * @see https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark-quotas.html
   */
  public metricLiveSparkConnectSessions(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('LiveSparkConnectSessions', options);
  }

  /**
   * Sessions that the collector could not count: without an id or a state, in a state that this version does not know, or ended
   * without any date.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricUnknownSessions(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('UnknownSessions', options);
  }

  /**
   * Athena calls that the run made, retries included.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricApiCalls(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('ApiCalls', options);
  }

  /**
   * Athena calls of the run that were throttled.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricThrottledApiCalls(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('ThrottledApiCalls', options);
  }

  /**
   * Events that the run sent. Only written where events are on.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricEventsSent(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('EventsSent', options);
  }

  /**
   * Events that the run could not send, or left to the next run as there were too many. Only written where events are on.
   * Unit: Count.
   *
   * @param options options of the metric
   */
  public metricEventsFailed(options?: SessionMetricOptions): cloudwatch.Metric {
    return this.runMetric('EventsFailed', options);
  }

  private sessionMetric(metricName: LiveCountMetric, workGroup?: string, options?: SessionMetricOptions): cloudwatch.Metric;
  private sessionMetric(metricName: WorkGroupMetric, workGroup: string, options?: SessionMetricOptions): cloudwatch.Metric;
  private sessionMetric(metricName: WorkGroupMetric, workGroup: string | undefined, options: SessionMetricOptions = {}): cloudwatch.Metric {
    checkOptions(this, `metric ${metricName}`, options);
    return this.metric(metricName, { ...options, workGroup });
  }

  private runMetric(metricName: RunMetric, options: SessionMetricOptions = {}): cloudwatch.Metric {
    return this.metric(metricName, options);
  }
}

const METRIC_OPTIONS: OptionNames<MetricByNameOptions> = {
  workGroup: true, period: true, statistic: true, label: true, color: true, account: true, region: true,
};

function definitionOf(metrics: { readonly [name: string]: MetricDefinition }, name: string): MetricDefinition | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name] : undefined;
}

function isWorkGroup(name: unknown): boolean {
  return typeof name === 'string' && (Token.isUnresolved(name) || isWorkGroupName(name));
}

/** Sum, SampleCount, and the trimmed sums and counts: repeated runs would multiply them. */
const MULTIPLIED_BY_DUPLICATES = /^\s*(sum|samplecount|n|t[sc])\b|^\s*t[sc]\d/i;
