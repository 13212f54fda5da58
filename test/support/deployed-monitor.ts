import { ExpectedResult, type IApiCall, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { type App, type CfnResource, Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { AthenaSessionMonitor } from '../../src';
import { WORK_GROUP_METRICS } from '../../src/schema';

/** So long for runs to come, for their metrics to arrive, and for alarms to be evaluated. */
const SOON = { interval: Duration.seconds(30), totalTimeout: Duration.minutes(15) };
/** A new metric may take a quarter of an hour to be listed: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
const LATER = { interval: Duration.seconds(30), totalTimeout: Duration.minutes(30) };
/** Times that are written down, so that the template does not depend on when it is made. */
const EVER = { StartTime: '2026-01-01T00:00:00Z', EndTime: '2036-01-01T00:00:00Z' };

const ANYTHING = ExpectedResult.stringLikeRegexp('.');

/**
 * What is to be true of a deployed monitor of one workgroup that has no sessions, looked at one after another. Functions
 * and workgroups have names of their own in each deployment, so nothing of an earlier one is taken for what is looked for.
 *
 * AWS is asked by a Lambda function, whose answers to CloudFormation have to be short: where they would not be, a single
 * text is taken from them. That function compares nothing with `ExpectedResult.exact()`, and a number only inside of objects.
 */
export class DeployedMonitor {
  private readonly test: IntegTest;
  private last?: IApiCall;

  public constructor(app: App, id: string, private readonly monitor: AthenaSessionMonitor) {
    this.test = new IntegTest(app, id, {
      testCases: [Stack.of(monitor)],
      stackUpdateWorkflow: false, // an update would begin with the snapshot, which is kept without its assets
    });
  }

  /** What is to be true of each: it runs, by itself and when it is asked to, and what it deploys is as it is written. */
  public works(workGroup: string): this {
    return this.listsItsWorkGroup().canBeInvoked().hasAllMetricsOf(workGroup).hasAllAlarms();
  }

  /** Its heartbeat is seen, and nobody was paged before it was. */
  public isHealthy(): this {
    return this.isFine(this.monitor.heartbeatAlarm!).hasNotPaged(this.monitor.heartbeatAlarm!);
  }

  /** The schedule runs the collector, which may list the workgroup, and CloudWatch makes metrics of what it writes. */
  private listsItsWorkGroup(): this {
    const { metricNamespace: Namespace, collector: { functionName } } = this.monitor;
    return this.next(this.callCloudWatch('GetMetricData', {
      ...EVER,
      MetricDataQueries: [{
        Id: 'monitored',
        MetricStat: {
          Metric: { Namespace, MetricName: 'WorkGroupsMonitored', Dimensions: [{ Name: 'FunctionName', Value: functionName }] },
          Period: Duration.days(1).toSeconds(), // one may not ask for the minutes of so long a time
          Stat: 'Maximum',
        },
      }],
    }).expect(ExpectedResult.objectLike({ MetricDataResults: [{ Values: Match.arrayWith([1]) }] })).waitForAssertions(SOON));
  }

  /** A person may press Test. Where that ends in an error it is what is returned. */
  private canBeInvoked(): this {
    return this.next(this.test.assertions.invokeFunction({ functionName: this.monitor.collector.functionName, payload: '{}' })
      .expect(ExpectedResult.objectLike({ StatusCode: 200, Payload: 'null' })));
  }

  /** There are as many metrics of the workgroup as are promised. */
  private hasAllMetricsOf(workGroup: string): this {
    const count = Object.keys(WORK_GROUP_METRICS).length;
    return this.next(this.callCloudWatch('ListMetrics', {
      Namespace: this.monitor.metricNamespace,
      Dimensions: [{ Name: 'WorkGroup', Value: workGroup }],
    }).assertAtPath(`Metrics.${count - 1}.MetricName`, ANYTHING).waitForAssertions(LATER));
  }

  /** CloudWatch has taken all alarms. */
  private hasAllAlarms(): this {
    const { alarms, heartbeatAlarm, listingAlarm } = this.monitor;
    const all = [...alarms, heartbeatAlarm!, listingAlarm!];
    return this.next(this.describeAlarms(all).assertAtPath(`MetricAlarms.${all.length - 1}.AlarmName`, ANYTHING));
  }

  /** CloudWatch evaluates the alarm, and finds nothing wrong. */
  public isFine(alarm: Alarm): this {
    return this.next(this.describeAlarms([alarm])
      .assertAtPath('MetricAlarms.0.StateValue', ExpectedResult.stringLikeRegexp('^OK$')).waitForAssertions(SOON));
  }

  /** The alarm has not been in ALARM since it was made: its first change of state was to OK. */
  private hasNotPaged(alarm: Alarm): this {
    return this.next(this.callCloudWatch('DescribeAlarmHistory', {
      AlarmName: alarm.alarmName,
      HistoryItemType: 'StateUpdate',
      ScanBy: 'TimestampAscending',
    }).assertAtPath('AlarmHistoryItems.0.HistorySummary', ExpectedResult.stringLikeRegexp('to OK$')));
  }

  /** The alarm reads the metrics of all workgroups, each of which is a contributor. */
  public asksForEachWorkGroup(alarm: Alarm): this {
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
    // The time of synthesis makes each deployment ask anew. In snapshots, which are synthesised for an account that is made
    // up, it would be a change that is none.
    if (process.env.CDK_INTEG_ACCOUNT) {
      (call.node.findChild('Default').node.defaultChild as CfnResource).addPropertyOverride('salt', 'the time of synthesis');
    }
    this.last?.next(call);
    this.last = call;
    return this;
  }
}
