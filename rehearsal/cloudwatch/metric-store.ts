/** A written value, and the time from which it is visible. */
export interface Sample {
  timestamp: number;
  value: number;
  visibleAt: number;
}

export interface MetricIdentity {
  namespace: string;
  metricName: string;
  unit: string;
  dimensions: { [name: string]: string };
}

/** All samples of a metric, ordered by timestamp. */
export interface Series extends MetricIdentity {
  samples: Sample[];
}

/** Stores all samples: as in CloudWatch, a value that is written twice counts as two samples. */
export class MetricStore {
  private readonly byIdentity = new Map<string, Series>();
  private readonly byName = new Map<string, Series[]>();

  public add(metric: MetricIdentity, samples: Sample[]): void {
    const series = this.seriesOf(metric);
    for (const sample of samples) {
      series.samples.splice(firstAtOrAfter(series.samples, sample.timestamp + 1), 0, sample);
    }
  }

  public named(namespace: string, metricName: string): Series[] {
    return this.byName.get(keyOf(namespace, metricName)) ?? [];
  }

  public all(): Series[] {
    return [...this.byIdentity.values()];
  }

  private seriesOf({ namespace, metricName, unit, dimensions }: MetricIdentity): Series {
    const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = keyOf(namespace, metricName, unit, ...sorted.flat());
    const existing = this.byIdentity.get(key);
    if (existing) {
      return existing;
    }
    const series: Series = { namespace, metricName, unit, dimensions: Object.fromEntries(sorted), samples: [] };
    this.byIdentity.set(key, series);
    const name = keyOf(namespace, metricName);
    this.byName.set(name, [...(this.byName.get(name) ?? []), series]);
    return series;
  }
}

/** Names contain no control characters. */
function keyOf(...names: string[]): string {
  return names.join('\n');
}

export function hasExactlyDimensions(series: Series, dimensions: { [name: string]: string }): boolean {
  const names = Object.keys(dimensions);
  return names.length === Object.keys(series.dimensions).length && names.every(name => series.dimensions[name] === dimensions[name]);
}

/**
 * The samples of the last `count` periods before `end` that are visible at `now`, newest period first.
 *
 * A period includes its start and excludes its end: [end − period, end), [end − 2·period, end − period), …
 * CloudWatch stamps a data point with the start of its period, and its queries include the start time and exclude
 * the end time. It is also the only choice under which 12:00:00 and 12:00:30, which are stored as the same minute,
 * always fall into the same period.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
export function samplesByPeriod(series: Series[], end: number, period: number, count: number, now: number): Sample[][] {
  const periods: Sample[][] = Array.from({ length: count }, () => []);
  for (const { samples } of series) {
    let back = count - 1;
    for (let i = firstAtOrAfter(samples, end - count * period); i < samples.length && samples[i].timestamp < end; i++) {
      while (samples[i].timestamp >= end - back * period) {
        back -= 1;
      }
      if (samples[i].visibleAt <= now) {
        periods[back].push(samples[i]);
      }
    }
  }
  return periods;
}

function firstAtOrAfter(samples: Sample[], timestamp: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (samples[middle].timestamp < timestamp) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
