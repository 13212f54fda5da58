import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { annotateMisspeltOptions, type OptionNames } from './annotations';
import { checkInterval, checkNamespace, DEFAULT_INTERVAL, DEFAULT_NAMESPACE } from './monitor-config';
import { SessionMetrics } from './session-metrics';
import { checkText } from './validation';

/**
 * Attributes of a monitor that is deployed elsewhere.
 */
export interface AthenaSessionMonitorAttributes {
  /**
   * The monitor's `metricNamespace`.
   *
   * @default 'AthenaSessions'
   */
  readonly metricNamespace?: string;

  /**
   * The monitor's `interval`: the default period of the metrics.
   *
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;

  /**
   * The name of the monitor's `collector`.
   *
   * @default - none: run metrics, which have the dimension `FunctionName`, are an error
   */
  readonly functionName?: string;

  /**
   * The account of the monitor. Reading metrics of another account needs cross-account observability.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html
   * @default - the account of the dashboard or alarm that uses the metric
   */
  readonly account?: string;

  /**
   * The region of the monitor. Dashboards can read metrics of other regions, alarms cannot.
   *
   * @default - the region of the dashboard or alarm that uses the metric
   */
  readonly region?: string;
}

const ATTRIBUTES: OptionNames<AthenaSessionMonitorAttributes> = {
  metricNamespace: true, interval: true, functionName: true, account: true, region: true,
};

/** The metrics of a monitor that is deployed elsewhere. */
export class ImportedSessionMetrics extends SessionMetrics {
  public readonly metricNamespace: string;
  public readonly interval: Duration;

  /** @internal */
  protected readonly _functionName?: string;

  public constructor(scope: Construct, id: string, private readonly attributes: AthenaSessionMonitorAttributes) {
    super(scope, id);
    annotateMisspeltOptions(this, 'AthenaSessionMonitor.fromAthenaSessionMonitorAttributes()', attributes, ATTRIBUTES);
    const { metricNamespace = DEFAULT_NAMESPACE, interval = DEFAULT_INTERVAL, functionName } = attributes;
    checkNamespace(this, metricNamespace);
    checkInterval(this, interval);
    for (const name of ['account', 'region'] as const) {
      if (attributes[name] !== undefined) {
        checkText(this, name, attributes[name], /^[a-z0-9-]+$/, `the name of an AWS ${name}`);
      }
    }
    if (functionName !== undefined) {
      checkText(this, 'functionName', functionName, /^[a-zA-Z0-9-_]+$/, 'the name of a function, which is the last part of its ARN');
    }
    this.metricNamespace = metricNamespace;
    this.interval = interval;
    this._functionName = functionName;
  }

  /** @internal */
  protected _locate(metric: cloudwatch.Metric): cloudwatch.Metric {
    const { account, region } = this.attributes;
    return metric.with({ account: metric.account ?? account, region: metric.region ?? region });
  }
}
