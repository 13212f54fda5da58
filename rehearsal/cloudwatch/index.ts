import { AlarmState, Datapoint, explain, Explanation, judgeContributor, judgeSeries, Periods, stateWithoutData } from './alarm';
import { AlarmDefinition, isInsightsQuery, ReadAlarm, readAlarm } from './alarm-definition';
import { parseEmf } from './emf';
import { hasExactlyDimensions, MetricIdentity, MetricStore, Sample, samplesByPeriod, Series } from './metric-store';
import { seriesByContributor } from './metrics-insights';

export type { AlarmState } from './alarm';
export { type AlarmDefinition, usesFill } from './alarm-definition';
export type { MetricStore } from './metric-store';

export const EMPTY_FILLS = ['filler', 'nothing'] as const;
/** What FILL comes to where there is no data in all that an alarm reads: its filler in each period, or nothing. */
export type EmptyFill = typeof EMPTY_FILLS[number];

export interface Transition {
  alarm: AlarmDefinition;
  /** The minute of the evaluation. */
  at: number;
  from: AlarmState;
  to: AlarmState;
  /** Whose state changed, where it is not the whole alarm's: the values of what a Metrics Insights query groups by. */
  contributor?: string;
  reason: string;
  /** The latest value behind it, where there is one. */
  value?: number;
}

export interface CloudWatchOptions {
  alarms: AlarmDefinition[];
  /** When the alarms are created: they are not evaluated before, and warm up from then on. */
  createdAt: number;
  /**
   * How many periods beyond its evaluation periods an alarm on a single series also reads. AWS does not publish the
   * number, only that there are some; its examples have 2.
   *
   * @default 2
   */
  extraPeriods?: number;
  /**
   * What a Metrics Insights alarm with GROUP BY goes to where the query finds nothing at all. The documentation has
   * said both: that it is up to TreatMissingData, and that it is INSUFFICIENT_DATA whatever TreatMissingData says.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   * @default 'treatMissingData'
   */
  emptyQuery?: 'treatMissingData' | 'insufficientData';
  /**
   * What FILL comes to where there is no data in all that an alarm reads. The documentation says no more than that it fills
   * the missing values of a time series.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
   * @default 'filler'
   */
  emptyFill?: EmptyFill;
}

export interface MetricSeries {
  namespace: string;
  metricName: string;
  unit: string;
  dimensions: { [name: string]: string };
  points: {
    timestamp: number;
    maximum: number;
    samples: number;
    /** When the first of its samples became visible. */
    visibleAt: number;
  }[];
}

export interface AlarmStatus {
  alarm: AlarmDefinition;
  state: AlarmState;
  contributors?: { [name: string]: AlarmState };
}

interface LiveAlarm extends ReadAlarm {
  state: AlarmState;
  warm: boolean;
  /** Only of an alarm on a query with GROUP BY. */
  contributors?: Map<string, AlarmState>;
}

const MINUTE = 60_000;
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const MAX_CONTRIBUTORS = 500;

/** As much of CloudWatch as the alarms of a template need: metrics from log lines, and alarms judged every minute. */
export class CloudWatch {
  /** All metrics, as what is no alarm reads them. */
  public readonly metrics = new MetricStore();
  private readonly alarms: LiveAlarm[];
  private readonly createdAt: number;
  private readonly extraPeriods: number;
  private readonly emptyQuery: 'treatMissingData' | 'insufficientData';
  private readonly emptyFill: EmptyFill;
  private lastEvaluation = -Infinity;

  public constructor(options: CloudWatchOptions) {
    this.createdAt = options.createdAt;
    this.extraPeriods = options.extraPeriods ?? 2;
    this.emptyQuery = options.emptyQuery ?? 'treatMissingData';
    this.emptyFill = options.emptyFill ?? 'filler';
    if (!Number.isInteger(this.extraPeriods) || this.extraPeriods < 0) {
      throw new Error(`extraPeriods must be a whole number, 0 or more, got ${this.extraPeriods}`);
    }
    this.alarms = options.alarms.map(definition => {
      const alarm = readAlarm(definition);
      const grouped = isInsightsQuery(alarm.source) && alarm.source.groupBy.length > 0;
      const warm = alarm.warmUp === undefined;
      return { ...alarm, state: 'INSUFFICIENT_DATA', warm, contributors: grouped ? new Map() : undefined };
    });
  }

  /**
   * Takes a log line. What it holds is visible to evaluations from `visibleAt` on.
   *
   * @returns how many points it wrote: one for each metric and dimension set; 0 where it is not in embedded metric format
   * @throws where it is, but breaks the format's rules
   */
  public ingest(line: string, visibleAt: number): number {
    const writes = parseEmf(line, visibleAt) ?? [];
    writes.forEach(({ metric, samples }) => this.metrics.add(metric, samples));
    return writes.length;
  }

  /** Takes a value that a service of AWS writes of itself. */
  public put(metric: MetricIdentity, sample: Sample): void {
    this.metrics.add(metric, [sample]);
  }

  /**
   * Judges all alarms, as CloudWatch does every minute whatever their period, over periods that end at this minute.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   */
  public evaluate(minute: number): Transition[] {
    if (minute <= this.lastEvaluation) {
      throw new Error(`minutes must be evaluated in order: ${show(minute)} came after ${show(this.lastEvaluation)}`);
    }
    this.lastEvaluation = minute;
    if (minute < this.createdAt) {
      return [];
    }
    return this.alarms.flatMap(alarm => {
      alarm.warm = alarm.warm || this.hasWarmedUp(alarm, minute);
      if (!alarm.warm) {
        return [];
      }
      return alarm.contributors ? this.evaluateContributors(alarm, alarm.contributors, minute) : this.evaluateSeries(alarm, minute);
    });
  }

  /** Everything that was written, whether visible yet or not. */
  public series(): MetricSeries[] {
    return this.metrics.all().map(({ samples, ...identity }) => {
      const points: MetricSeries['points'] = [];
      for (const { timestamp, value, visibleAt } of samples) {
        const last = points[points.length - 1];
        if (last?.timestamp === timestamp) {
          last.maximum = Math.max(last.maximum, value);
          last.samples += 1;
          last.visibleAt = Math.min(last.visibleAt, visibleAt);
        } else {
          points.push({ timestamp, maximum: value, samples: 1, visibleAt });
        }
      }
      return { ...identity, points };
    });
  }

  public states(): AlarmStatus[] {
    return this.alarms.map(({ definition, state, contributors }) => ({
      alarm: definition,
      state,
      ...(contributors ? { contributors: Object.fromEntries(contributors) } : {}),
    }));
  }

  private evaluateSeries(alarm: LiveAlarm, minute: number): Transition[] {
    const range = this.datapoints(alarm, this.seriesOf(alarm), alarm.rule.evaluationPeriods + this.extraPeriods, minute);
    const from = alarm.state;
    const verdict = judgeSeries(range, alarm.rule, from);
    const to = verdict.state;
    alarm.state = to;
    return from === to ? [] : [{ alarm: alarm.definition, at: minute, from, to, ...explain(verdict, alarm.rule) }];
  }

  private evaluateContributors(alarm: LiveAlarm, contributors: Map<string, AlarmState>, minute: number): Transition[] {
    const transitions: Transition[] = [];
    const record = (from: AlarmState, to: AlarmState, why: () => Explanation, contributor?: string) => {
      if (from !== to) {
        const whose = contributor === undefined ? {} : { contributor };
        transitions.push({ alarm: alarm.definition, at: minute, from, to, ...whose, ...why() });
      }
    };

    const found = new Map<string, Periods>();
    for (const [contributor, series] of this.seriesByContributor(alarm)) {
      const periods = this.datapoints(alarm, series, alarm.rule.evaluationPeriods, minute);
      if (periods.some(datapoint => datapoint !== undefined)) {
        found.set(contributor, periods);
      }
    }
    if (found.size > MAX_CONTRIBUTORS) {
      const { logicalId } = alarm.definition;
      throw new Error(`alarm ${logicalId}: more than ${MAX_CONTRIBUTORS} time series are not simulated, got ${found.size}`);
    }
    for (const [contributor, state] of contributors) {
      if (!found.has(contributor)) {
        // In the words of CloudWatch. TreatMissingData has no say in this.
        record(state, 'OK', () => ({ reason: 'No data was returned for this contributor' }), contributor);
        contributors.delete(contributor);
      }
    }
    for (const [contributor, periods] of found) {
      const from = contributors.get(contributor) ?? 'OK';
      const verdict = judgeContributor(periods, alarm.rule, from);
      record(from, verdict.state, () => explain(verdict, alarm.rule), contributor);
      contributors.set(contributor, verdict.state);
    }

    const from = alarm.state;
    const to = this.ownState(alarm, contributors);
    alarm.state = to;
    // Where contributors take the alarm to ALARM or back to OK, they have said so already.
    const told = to === 'ALARM' ? contributors.size > 0 : to === 'OK' && from === 'ALARM' && transitions.length > 0;
    if (!told) {
      record(from, to, () => ({
        reason: contributors.size > 0 ? `${contributors.size} time series evaluated to OK` : 'No time series were returned by the query',
      }));
    }
    return transitions;
  }

  private ownState(alarm: LiveAlarm, contributors: Map<string, AlarmState>): AlarmState {
    if (contributors.size > 0) {
      return [...contributors.values()].includes('ALARM') ? 'ALARM' : 'OK';
    }
    return this.emptyQuery === 'insufficientData' ? 'INSUFFICIENT_DATA' : stateWithoutData(alarm.rule, alarm.state);
  }

  /**
   * The warm-up ends with its duration, or earlier as soon as data fills the evaluation window: data began to come a
   * whole window ago (in AWS's example at 10:04, so that a window of 15 minutes is full at 10:19), and the most recent
   * period has some.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
   */
  private hasWarmedUp(alarm: LiveAlarm, minute: number): boolean {
    const { duration, waitForEnd } = alarm.warmUp!;
    if (minute >= this.createdAt + duration) {
      return true;
    }
    if (waitForEnd) {
      return false;
    }
    const end = wholeMinute(minute);
    const windowStart = end - alarm.rule.evaluationPeriods * alarm.period;
    return [...this.seriesByContributor(alarm).values()].some(series => {
      const began = series.some(({ samples }) => samples.some(sample => sample.visibleAt <= minute && sample.timestamp <= windowStart));
      const [latest] = samplesByPeriod(series, end, alarm.period, 1, minute);
      return began && latest.length > 0;
    });
  }

  private datapoints(alarm: LiveAlarm, series: Series[], count: number, minute: number): Periods {
    const end = wholeMinute(minute);
    const datapoints = samplesByPeriod(series, end, alarm.period, count, minute).map(samples => datapointOf(samples, alarm));
    const { filler } = alarm;
    const isFilled = filler !== undefined && (this.emptyFill === 'filler' || datapoints.some(datapoint => datapoint !== undefined));
    // The newest period is filled, too, as long as its data has not come.
    return isFilled ? datapoints.map((datapoint, index) => datapoint ?? { value: filler, timestamp: end - (index + 1) * alarm.period }) : datapoints;
  }

  private seriesOf(alarm: LiveAlarm): Series[] {
    return [...this.seriesByContributor(alarm).values()].flat();
  }

  /** The series an alarm reads, by contributor; all under one name where it does not group. */
  private seriesByContributor({ source }: LiveAlarm): Map<string, Series[]> {
    const candidates = this.metrics.named(source.namespace, source.metricName);
    if (isInsightsQuery(source)) {
      return seriesByContributor(source, candidates);
    }
    const { dimensions, unit } = source;
    const isRead = (series: Series) => hasExactlyDimensions(series, dimensions) && (unit === undefined || series.unit === unit);
    return new Map([['', candidates.filter(isRead)]]);
  }
}

function datapointOf(samples: Sample[], { source }: ReadAlarm): Datapoint | undefined {
  if (samples.length === 0) {
    return undefined;
  }
  return {
    value: source.statistic(samples.map(({ value }) => value)),
    timestamp: samples.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), 0),
  };
}

/** Periods begin and end with whole minutes. */
function wholeMinute(time: number): number {
  return Math.floor(time / MINUTE) * MINUTE;
}

function show(time: number): string {
  return new Date(time).toISOString();
}
