import { AlarmState, Datapoint, evaluateContributor, evaluateSeries, explain, Explanation, Periods, stateWithoutData } from './alarm';
import { AlarmDefinition, isComposite, isInsightsQuery, ReadAlarm, readAlarm, readComposite, ReadComposite } from './alarm-definition';
import { parseEmf } from './emf';
import { hasExactlyDimensions, MetricIdentity, MetricStore, Sample, samplesByPeriod, Series } from './metric-store';
import { seriesByContributor } from './metrics-insights';

export type { AlarmState } from './alarm';
export { type AlarmDefinition, isComposite, type ReadAlarm, readAlarm, readComposite, usesFill, usesQuery } from './alarm-definition';
export { MetricStore } from './metric-store';

export const EMPTY_FILLS = ['filler', 'nothing'] as const;
/** What FILL returns if none of the periods that an alarm reads has data: its number for each period, or nothing. */
export type EmptyFill = typeof EMPTY_FILLS[number];

export const EMPTY_QUERIES = ['treatMissingData', 'insufficientData', 'unchanged'] as const;
/** What decides on the state of a Metrics Insights alarm whose query finds no series: TreatMissingData, or it is always INSUFFICIENT_DATA, or it stays. */
export type EmptyQuery = typeof EMPTY_QUERIES[number];

export interface Transition {
  alarm: AlarmDefinition;
  /** The minute of the evaluation. */
  at: number;
  from: AlarmState;
  to: AlarmState;
  /** The contributor whose state changed, if it is not the state of the whole alarm. */
  contributor?: string;
  reason: string;
  /** The newest value that explains the state, if there is one. */
  value?: number;
  /** Of a composite alarm: the alarms in its rule that changed their state in that minute. */
  changed?: AlarmStatus[];
}

export interface CloudWatchOptions {
  alarms: AlarmDefinition[];
  /** The metrics that the alarms read. @default - an empty store */
  metrics?: MetricStore;
  /** When the alarms are created: they are not evaluated before, and their warm-up begins. */
  createdAt: number;
  /**
   * How many periods beyond its evaluation periods an alarm on a single series also reads. AWS does not document the
   * number; its examples have 2.
   *
   * @default 2
   */
  extraPeriods?: number;
  /**
   * The state of a Metrics Insights alarm with GROUP BY whose query returns nothing. The documentation has said both:
   * that TreatMissingData decides, and that it is always INSUFFICIENT_DATA. It says of a contributor that it goes to OK
   * if nothing is returned for it, but not whether it does so if nothing is returned at all: with `unchanged`, the alarm
   * and its contributors keep their states.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   * @default 'treatMissingData'
   */
  emptyQuery?: EmptyQuery;
  /**
   * What FILL returns if none of the periods that an alarm reads has data. The documentation only says that it fills the
   * missing values of a time series.
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
  /** Only for an alarm on a Metrics Insights query. */
  contributors?: Map<string, AlarmState>;
}

interface LiveComposite extends ReadComposite {
  state: AlarmState;
  /** The alarms that its rule refers to, by the name or ARN in the rule. */
  children: Map<string, LiveAlarm | LiveComposite>;
}

const MINUTE = 60_000;
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html */
const MAX_CONTRIBUTORS = 500;

/** The parts of CloudWatch that the alarms of a template need: metrics from log lines, and alarms evaluated every minute. */
export class CloudWatch {
  /** All metrics, for dashboards. */
  public readonly metrics: MetricStore;
  /** In the order of the options. */
  private readonly all: (LiveAlarm | LiveComposite)[];
  private readonly alarms: LiveAlarm[];
  /** Each after the composite alarms that its rule refers to. */
  private readonly composites: LiveComposite[];
  private readonly createdAt: number;
  private readonly extraPeriods: number;
  private readonly emptyQuery: EmptyQuery;
  private readonly emptyFill: EmptyFill;
  private lastEvaluation = -Infinity;

  public constructor(options: CloudWatchOptions) {
    this.metrics = options.metrics ?? new MetricStore();
    this.createdAt = options.createdAt;
    this.extraPeriods = options.extraPeriods ?? 2;
    this.emptyQuery = options.emptyQuery ?? 'treatMissingData';
    this.emptyFill = options.emptyFill ?? 'filler';
    if (!Number.isInteger(this.extraPeriods) || this.extraPeriods < 0) {
      throw new Error(`extraPeriods must be a whole number, 0 or more, got ${this.extraPeriods}`);
    }
    this.all = options.alarms.map((definition): LiveAlarm | LiveComposite => {
      if (isComposite(definition)) {
        return { ...readComposite(definition), state: 'INSUFFICIENT_DATA', children: new Map() };
      }
      const alarm = readAlarm(definition);
      return { ...alarm, state: 'INSUFFICIENT_DATA', contributors: isInsightsQuery(alarm.source) ? new Map() : undefined };
    });
    this.alarms = this.all.filter((alarm): alarm is LiveAlarm => 'source' in alarm);
    this.composites = inOrderOfEvaluation(this.all);
  }

  /**
   * Takes a log line. Its metrics are visible to evaluations from `visibleAt` on.
   *
   * @returns the number of points written, one for each metric and dimension set; 0 if the line is not in embedded metric format
   * @throws if the line breaks the rules of the format
   */
  public ingest(line: string, visibleAt: number): number {
    const writes = parseEmf(line, visibleAt) ?? [];
    writes.forEach(({ metric, samples }) => this.metrics.add(metric, samples));
    return writes.length;
  }

  /** Takes a value that an AWS service writes. */
  public put(metric: MetricIdentity, sample: Sample): void {
    this.metrics.add(metric, [sample]);
  }

  /**
   * Evaluates all alarms over periods that end at this minute. CloudWatch does so every minute, whatever the period of an alarm.
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
    const before = new Map(this.all.map(alarm => [alarm, alarm.state]));
    return [
      ...this.alarms.filter(({ warmUp }) => minute >= this.createdAt + warmUp)
        .flatMap(alarm => alarm.contributors ? this.evaluateContributors(alarm, alarm.contributors, minute) : this.evaluateSingle(alarm, minute)),
      ...this.composites.flatMap(composite => evaluateComposite(composite, before, minute)),
    ];
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
    return this.all.map(alarm => ({
      alarm: alarm.definition,
      state: alarm.state,
      ...('contributors' in alarm && alarm.contributors ? { contributors: Object.fromEntries(alarm.contributors) } : {}),
    }));
  }

  private evaluateSingle(alarm: LiveAlarm, minute: number): Transition[] {
    const series = [...this.seriesByContributor(alarm).values()].flat();
    const range = this.datapoints(alarm, series, alarm.rule.evaluationPeriods + this.extraPeriods, minute);
    const from = alarm.state;
    const evaluation = evaluateSeries(range, alarm.rule, from);
    const to = evaluation.state;
    alarm.state = to;
    return from === to ? [] : [{ alarm: alarm.definition, at: minute, from, to, ...explain(evaluation, alarm.rule) }];
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
      const { label, logicalId } = alarm.definition;
      throw new Error(`alarm ${label ?? logicalId}: its query finds ${found.size} time series, and more than ${MAX_CONTRIBUTORS} are not simulated; play fewer workgroups`);
    }
    if (found.size === 0 && this.emptyQuery === 'unchanged') {
      return [];
    }
    for (const [contributor, state] of contributors) {
      if (!found.has(contributor)) {
        // The reason is CloudWatch's own. TreatMissingData does not matter here.
        record(state, 'OK', () => ({ reason: 'No data was returned for this contributor' }), contributor);
        contributors.delete(contributor);
      }
    }
    for (const [contributor, periods] of found) {
      const from = contributors.get(contributor) ?? 'OK';
      const evaluation = evaluateContributor(periods, alarm.rule, from);
      record(from, evaluation.state, () => explain(evaluation, alarm.rule), contributor);
      contributors.set(contributor, evaluation.state);
    }

    const from = alarm.state;
    const to = this.ownState(alarm, contributors);
    alarm.state = to;
    // If contributors take the alarm to ALARM or back to OK, their own transitions are enough.
    const isRecorded = to === 'ALARM' ? contributors.size > 0 : to === 'OK' && from === 'ALARM' && transitions.length > 0;
    if (!isRecorded) {
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

  private datapoints(alarm: LiveAlarm, series: Series[], count: number, minute: number): Periods {
    const end = wholeMinute(minute);
    const datapoints = samplesByPeriod(series, end, alarm.period, count, minute).map(samples => datapointOf(samples, alarm));
    const { filler } = alarm;
    const isFilled = filler !== undefined && (this.emptyFill === 'filler' || datapoints.some(datapoint => datapoint !== undefined));
    // The newest period is filled as well until its data arrives.
    return isFilled ? datapoints.map((datapoint, index) => datapoint ?? { value: filler, timestamp: end - (index + 1) * alarm.period }) : datapoints;
  }

  /** The series that an alarm reads, by contributor; under one name for an alarm on a single metric. */
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

/** Whether a composite alarm's rule refers to an alarm, by its name or ARN. */
export function isReferenceTo(reference: string, alarmName: string): boolean {
  return reference === alarmName || (reference.startsWith('arn:') && reference.endsWith(`:alarm:${alarmName}`));
}

/** Composite alarms with their children, each after those that its rule refers to. */
function inOrderOfEvaluation(all: (LiveAlarm | LiveComposite)[]): LiveComposite[] {
  const ordered = new Set<LiveComposite>();
  const visit = (alarm: LiveAlarm | LiveComposite, path: LiveComposite[]) => {
    if (!('children' in alarm) || ordered.has(alarm)) {
      return;
    }
    const { definition: { logicalId }, rule } = alarm;
    if (path.includes(alarm)) {
      throw new Error(`alarm ${logicalId}: composite alarms must not refer to each other in a circle, got ${[...path, alarm]
        .map(({ definition }) => definition.logicalId).join(' > ')}`);
    }
    for (const reference of rule.alarms) {
      const found = all.filter(({ definition: { name } }) => isReferenceTo(reference, name));
      if (found.length !== 1) {
        throw new Error(`alarm ${logicalId}: AlarmRule refers to ${reference}; ${found.length === 0 ? 'no alarm of the app has' : `${found.length} alarms have`} this name`);
      }
      alarm.children.set(reference, found[0]!);
      visit(found[0]!, [...path, alarm]);
    }
    ordered.add(alarm);
  };
  all.forEach(alarm => visit(alarm, []));
  return [...ordered];
}

/** A composite alarm is in INSUFFICIENT_DATA only until it is first evaluated. */
function evaluateComposite(composite: LiveComposite, before: Map<LiveAlarm | LiveComposite, AlarmState>, minute: number): Transition[] {
  const { definition, rule, children, state: from } = composite;
  const to = rule.isTrue(reference => children.get(reference)!.state) ? 'ALARM' : 'OK';
  composite.state = to;
  const changed = [...new Set(children.values())].filter(child => child.state !== before.get(child));
  const reason = changed.length > 0
    ? changed.map(child => `${child.definition.name} transitioned to ${child.state}`).join(', ')
    : `AlarmRule is ${to === 'ALARM' ? 'TRUE' : 'FALSE'}`;
  return from === to ? [] : [{
    alarm: definition, at: minute, from, to, reason, changed: changed.map(child => ({ alarm: child.definition, state: child.state })),
  }];
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
