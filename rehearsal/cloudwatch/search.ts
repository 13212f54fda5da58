import type { MetricIdentity } from './metric-store';

/** What the metrics that a search finds have in common. */
export interface MetricSearch {
  namespace: string;
  /** The names of the dimensions, no more and no fewer. */
  dimensions: string[];
  /** Exact values, by property: `MetricName`, or a dimension. */
  terms: { property: string; value: string }[];
}

const NAME = String.raw`"((?:[^"\\]|\\.)*)"|([\w/]+)`;

/**
 * Reads what a search expression searches for: `{"My namespace",Dimension} MetricName="Name"`. Partial matches and AND, OR, NOT are
 * not simulated: what is meant to be one metric is named exactly.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function parseSearch(text: string): MetricSearch {
  const fail = (problem: string): never => {
    throw new Error(`this search cannot be used: ${problem}: ${text}`);
  };
  const [, schema, rest] = /^\s*\{((?:"(?:[^"\\]|\\.)*"|[^"{}])*)\}(.*)$/s.exec(text) ?? fail('it has no schema in curly braces');
  const names = [...schema!.matchAll(new RegExp(String.raw`\s*(?:${NAME})\s*(,|$)|(.)`, 'gsy'))].filter(([all]) => all !== '');
  if (names.some(([, , , , stray]) => stray !== undefined) || names.length === 0 || names[names.length - 1]![3] === ',') {
    fail('names in its schema that have other than letters and digits need double quotes, and commas between them');
  }
  const [namespace, ...dimensions] = names.map(([, quoted, bare]) => quoted === undefined ? bare! : unescaped(quoted, fail));

  const terms: MetricSearch['terms'] = [];
  const term = new RegExp(String.raw`\s+(?:"((?:[^"\\]|\\.)*)"|(\w+))="((?:[^"\\]|\\.)*)"|\s+$|(.)`, 'gsy');
  for (const [, quoted, bare, value, stray] of rest!.matchAll(term)) {
    if (stray !== undefined) {
      fail(`only exact terms are simulated, such as MetricName="Name", not ${rest!.trim()}`);
    }
    if (value !== undefined) {
      const property = quoted === undefined ? bare! : unescaped(quoted, fail);
      if (property !== 'MetricName' && !dimensions.includes(property)) {
        fail(`${property} is neither MetricName nor one of its dimensions`);
      }
      terms.push({ property, value: unescaped(value, fail) });
    }
  }
  return { namespace: namespace!, dimensions, terms };
}

export function isFoundBy({ namespace, dimensions, terms }: MetricSearch, metric: MetricIdentity): boolean {
  const names = Object.keys(metric.dimensions);
  return metric.namespace === namespace
    && names.length === dimensions.length && dimensions.every(name => name in metric.dimensions)
    && terms.every(({ property, value }) => (property === 'MetricName' ? metric.metricName : metric.dimensions[property]) === value);
}

/** In exact matches a backslash comes before `"`, `\`, `(` and `)`. */
function unescaped(text: string, fail: (problem: string) => never): string {
  if (/(?<!\\)(?:\\\\)*[()]/.test(text) || /\\[^"\\()]/.test(text.replace(/\\\\/g, ''))) {
    fail('a backslash comes before " \\ ( ), and before nothing else');
  }
  return text.replace(/\\(.)/gs, '$1');
}
