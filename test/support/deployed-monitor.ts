import { ExpectedResult, type IApiCall, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { type App, type CfnResource, Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { AthenaSessionMonitor } from '../../src';
import { WORK_GROUP_METRICS } from '../../src/schema';

/** Long enough for runs, their metrics, and the evaluation of alarms. */
const SOON = { interval: Duration.seconds(30), totalTimeout: Duration.minutes(15) };
/** A new metric may take 15 minutes to be listed: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
const LATER = { interval: Duration.seconds(30), totalTimeout: Duration.minutes(30) };
/** Constant times, so that the template does not depend on the time of synthesis. */
const ALWAYS = { StartTime: '2026-01-01T00:00:00Z', EndTime: '2036-01-01T00:00:00Z' };

const ANYTHING = ExpectedResult.stringLikeRegexp('.');

/**
 * Assertions about a deployed monitor of one workgroup without sessions, made one after another. Functions and workgroups have different
 * names in each deployment, so data of earlier deployments cannot match.
 *
 * A Lambda function calls AWS. Its answers to CloudFormation must be short, so assertions read a single text of long answers. The function
 * does not support `ExpectedResult.exact()`, and compares numbers only within objects.
 */
export class DeployedMonitor {
  private readonly test: IntegTest;
  private last?: IApiCall;

  public constructor(app: App, id: string, private readonly monitor: AthenaSessionMonitor) {
    this.test = new IntegTest(app, id, {
      testCases: [Stack.of(monitor)],
      stackUpdateWorkflow: false, // an update would start with the snapshot, which is stored without its assets
    });
  }

  /** It runs by schedule and on demand, and has all metrics and alarms. */
  public works(workGroup: string): this {
    return this.listsItsWorkGroup().canBeInvoked().hasAllMetricsOf(workGroup).hasAllAlarms();
  }

  /** The heartbeat alarm is OK, and has never been in ALARM. */
  public isHealthy(): this {
    return this.isOk(this.monitor.heartbeatAlarm!).wasNeverInAlarm(this.monitor.heartbeatAlarm!);
  }

  /** The schedule runs the collector, the collector lists the workgroup, and CloudWatch extracts its metrics. */
  private listsItsWorkGroup(): this {
    const { metricNamespace: Namespace, collector: { functionName } } = this.monitor;
    return this.next(this.callCloudWatch('GetMetricData', {
      ...ALWAYS,
      MetricDataQueries: [{
        Id: 'monitored',
        MetricStat: {
          Metric: { Namespace, MetricName: 'WorkGroupsMonitored', Dimensions: [{ Name: 'FunctionName', Value: functionName }] },
          Period: Duration.days(1).toSeconds(), // shorter periods are not allowed for so long a time
          Stat: 'Maximum',
        },
      }],
    }).expect(ExpectedResult.objectLike({ MetricDataResults: [{ Values: Match.arrayWith([1]) }] })).waitForAssertions(SOON));
  }

  /** The function can be invoked manually. An error would be in the payload. */
  private canBeInvoked(): this {
    return this.next(this.test.assertions.invokeFunction({ functionName: this.monitor.collector.functionName, payload: '{}' })
      .expect(ExpectedResult.objectLike({ StatusCode: 200, Payload: 'null' })));
  }

  /** The workgroup has all metrics. */
  private hasAllMetricsOf(workGroup: string): this {
    const count = Object.keys(WORK_GROUP_METRICS).length;
    return this.next(this.callCloudWatch('ListMetrics', {
      Namespace: this.monitor.metricNamespace,
      Dimensions: [{ Name: 'WorkGroup', Value: workGroup }],
    }).assertAtPath(`Metrics.${count - 1}.MetricName`, ANYTHING).waitForAssertions(LATER));
  }

  /** CloudWatch has all alarms. */
  private hasAllAlarms(): this {
    const { alarms, heartbeatAlarm, listingAlarm } = this.monitor;
    const all = [...alarms, heartbeatAlarm!, listingAlarm!];
    return this.next(this.describeAlarms(all).assertAtPath(`MetricAlarms.${all.length - 1}.AlarmName`, ANYTHING));
  }

  /** The alarm becomes OK. */
  public isOk(alarm: Alarm): this {
    return this.next(this.describeAlarms([alarm])
      .assertAtPath('MetricAlarms.0.StateValue', ExpectedResult.stringLikeRegexp('^OK$')).waitForAssertions(SOON));
  }

  /** The alarm has never been in ALARM: its first change of state was to OK. */
  private wasNeverInAlarm(alarm: Alarm): this {
    return this.next(this.callCloudWatch('DescribeAlarmHistory', {
      AlarmName: alarm.alarmName,
      HistoryItemType: 'StateUpdate',
      ScanBy: 'TimestampAscending',
    }).assertAtPath('AlarmHistoryItems.0.HistorySummary', ExpectedResult.stringLikeRegexp('to OK$')));
  }

  /** The alarm's query groups by workgroup, so that each workgroup is a contributor. */
  public groupsByWorkGroup(alarm: Alarm): this {
    return this.next(this.describeAlarms([alarm])
      .assertAtPath('MetricAlarms.0.Metrics.0.Expression', ExpectedResult.stringLikeRegexp('^SELECT MAX.*GROUP BY WorkGroup')));
  }

  private describeAlarms(alarms: Alarm[]): IApiCall {
    return this.callCloudWatch('DescribeAlarms', { AlarmNames: alarms.map(({ alarmName }) => alarmName) });
  }

  private callCloudWatch(action: string, parameters: object): IApiCall {
    return this.test.assertions.awsApiCall('CloudWatch', action, parameters);
  }

  private next(call: IApiCall): this {
    // With the time of synthesis, each deployment makes the calls again. In snapshots, which use a fictitious account, it would be a needless
    // change.
    if (process.env.CDK_INTEG_ACCOUNT) {
      (call.node.findChild('Default').node.defaultChild as CfnResource).addPropertyOverride('salt', 'the time of synthesis');
    }
    this.last?.next(call);
    this.last = call;
    return this;
  }
}
