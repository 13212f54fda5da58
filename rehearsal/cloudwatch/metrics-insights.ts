import type { Series } from './metric-store';
import { type Statistic, statisticNamed } from './statistic';

/** The Metrics Insights query of an alarm on all workgroups: the maximum of a metric, for each value of its only dimension. */
export interface InsightsQuery {
  namespace: string;
  metricName: string;
  statistic: Statistic;
  /** The dimension that the query groups by. */
  groupBy: string;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html */
export function parseInsightsQuery(sql: string): InsightsQuery {
  const [, metricName, namespace, groupBy] =
    /^SELECT MAX\((\w+)\) FROM SCHEMA\("([^"]+)", (\w+)\) GROUP BY \3 ORDER BY MAX\(\) DESC$/.exec(sql) ?? [];
  if (metricName === undefined) {
    throw new Error('only Metrics Insights queries such as SELECT MAX(Metric) FROM SCHEMA("Namespace", Dimension) GROUP BY Dimension ORDER BY MAX() DESC'
      + ` are simulated, got ${sql}`);
  }
  return { metricName, namespace: namespace!, statistic: statisticNamed('Maximum'), groupBy: groupBy! };
}

/** The Metrics Insights query of a dashboard: the maximum of a metric over all values of its only dimension, one time series. */
export function parseMaximumQuery(sql: string): { namespace: string; metricName: string; dimension: string } {
  const [, metricName, namespace, dimension] = /^SELECT MAX\((\w+)\) FROM SCHEMA\("([^"]+)", (\w+)\)$/.exec(sql) ?? [];
  if (metricName === undefined) {
    throw new Error('only Metrics Insights queries such as SELECT MAX(Metric) FROM SCHEMA("Namespace", Dimension) are simulated in dashboards');
  }
  return { metricName, namespace: namespace!, dimension: dimension! };
}

/** The series that the query reads, by contributor: the value of the dimension. In the order of their names, as log lines come in any order. */
export function seriesByContributor({ groupBy }: InsightsQuery, candidates: Series[]): Map<string, Series[]> {
  const found = new Map<string, Series[]>();
  for (const series of candidates.filter(({ dimensions }) => Object.keys(dimensions).length === 1 && groupBy in dimensions)) {
    const contributor = series.dimensions[groupBy]!;
    found.set(contributor, [...found.get(contributor) ?? [], series]);
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}
