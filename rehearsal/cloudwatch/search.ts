import type { MetricIdentity } from './metric-store';

/** What the metrics that a search finds have in common. */
export interface MetricSearch {
  namespace: string;
  metricName: string;
  /** The names of the dimensions, no more and no fewer. */
  dimensions: string[];
}

/**
 * Parses a search such as `{"My namespace",Dimension} MetricName="Name"`. Partial matches, other terms and AND, OR, NOT are not simulated.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function parseSearch(text: string): MetricSearch {
  const [, quoted, bare, dimensions, metricName] = /^\{(?:"([^"\\]+)"|([\w/]+)),(\w+(?:,\w+)*)\} MetricName="(\w+)"$/.exec(text) ?? [];
  if (metricName === undefined) {
    throw new Error(`only searches such as {"Namespace",Dimension} MetricName="Name" are simulated, got ${text}`);
  }
  return { namespace: quoted ?? bare!, metricName, dimensions: dimensions!.split(',') };
}

export function isFoundBy({ namespace, metricName, dimensions }: MetricSearch, metric: MetricIdentity): boolean {
  return metric.namespace === namespace && metric.metricName === metricName
    && Object.keys(metric.dimensions).length === dimensions.length && dimensions.every(name => name in metric.dimensions);
}
