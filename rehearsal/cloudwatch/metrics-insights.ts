import { Series } from './metric-store';
import { Statistic, statisticNamed } from './statistic';

/** A Metrics Insights query, as far as alarms of this kind use the language. */
export interface InsightsQuery {
  statistic: Statistic;
  metricName: string;
  namespace: string;
  /** The dimensions a series must have, no more and no less; undefined where the query names none: any will do. */
  schema?: string[];
  /** Empty where the query makes one series of all that it finds. */
  groupBy: string[];
}

const AGGREGATES: { [sql: string]: string } = { MAX: 'Maximum', MIN: 'Minimum', SUM: 'Sum', AVG: 'Average', COUNT: 'SampleCount' };

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html */
export function parseInsightsQuery(sql: string): InsightsQuery {
  const tokens = new Tokens(sql);
  tokens.keyword('SELECT');
  const statistic = statisticNamed(AGGREGATES[tokens.aggregate(Object.keys(AGGREGATES))]);
  tokens.punctuation('(');
  const metricName = tokens.name();
  tokens.punctuation(')');

  tokens.keyword('FROM');
  let namespace: string;
  let schema: string[] | undefined;
  if (tokens.takeKeyword('SCHEMA')) {
    tokens.punctuation('(');
    [namespace, ...schema] = tokens.names();
    tokens.punctuation(')');
  } else {
    namespace = tokens.name();
  }

  let groupBy: string[] = [];
  if (tokens.takeKeyword('GROUP')) {
    tokens.keyword('BY');
    groupBy = tokens.names();
    const unknown = groupBy.find(name => schema && !schema.includes(name));
    if (unknown) {
      tokens.fail(`it groups by ${unknown}, which is not a dimension of its SCHEMA`);
    }
  }

  let ordered = false;
  if (tokens.takeKeyword('ORDER')) {
    tokens.keyword('BY');
    tokens.aggregate(Object.keys(AGGREGATES));
    tokens.punctuation('(');
    tokens.punctuation(')');
    // The order only decides which 500 series are taken of more.
    if (!tokens.takeKeyword('DESC')) {
      tokens.takeKeyword('ASC');
    }
    ordered = true;
  }
  tokens.end();
  // @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
  if (groupBy.length > 0 && !ordered) {
    tokens.fail('an alarm that has a GROUP BY needs an ORDER BY');
  }
  return { statistic, metricName, namespace, schema, groupBy };
}

/** The series that the query reads, by contributor: the values of what it groups by. */
export function seriesByContributor(query: InsightsQuery, candidates: Series[]): Map<string, Series[]> {
  const groups = new Map<string, Series[]>();
  for (const series of candidates) {
    const matches = query.schema
      ? query.schema.length === Object.keys(series.dimensions).length && query.schema.every(name => name in series.dimensions)
      : query.groupBy.every(name => name in series.dimensions);
    if (matches) {
      const contributor = query.groupBy.map(name => series.dimensions[name]).join(', ');
      const group = groups.get(contributor);
      if (group) {
        group.push(series);
      } else {
        groups.set(contributor, [series]);
      }
    }
  }
  return groups;
}

class Tokens {
  private readonly tokens: string[];
  private next = 0;

  public constructor(private readonly sql: string) {
    this.tokens = sql.match(/"(?:[^"]|"")*"|[\w/.:-]+|\S/g) ?? [];
  }

  public keyword(word: string): void {
    if (!this.takeKeyword(word)) {
      this.fail(`${word} expected ${this.position()}`);
    }
  }

  public takeKeyword(word: string): boolean {
    const taken = this.tokens[this.next]?.toUpperCase() === word;
    this.next += taken ? 1 : 0;
    return taken;
  }

  public punctuation(mark: string): void {
    if (this.tokens[this.next] !== mark) {
      this.fail(`${mark} expected ${this.position()}`);
    }
    this.next += 1;
  }

  public aggregate(allowed: string[]): string {
    const word = this.tokens[this.next]?.toUpperCase();
    if (!allowed.includes(word)) {
      this.fail(`one of ${allowed.join(', ')} expected ${this.position()}`);
    }
    this.next += 1;
    return word;
  }

  public name(): string {
    const token = this.tokens[this.next];
    if (token === undefined || !/^(".+"|[\w/.:-]+)$/.test(token)) {
      this.fail(`a name expected ${this.position()}`);
    }
    this.next += 1;
    return token.startsWith('"') ? token.slice(1, -1).replace(/""/g, '"') : token;
  }

  public names(): string[] {
    const names = [this.name()];
    while (this.tokens[this.next] === ',') {
      this.next += 1;
      names.push(this.name());
    }
    return names;
  }

  public end(): void {
    if (this.next < this.tokens.length) {
      this.fail(`${this.tokens[this.next]} is not simulated`);
    }
  }

  public fail(problem: string): never {
    throw new Error(`this Metrics Insights query cannot be used: ${problem}: ${this.sql}`);
  }

  private position(): string {
    return this.next < this.tokens.length ? `instead of ${this.tokens[this.next]}` : 'at the end';
  }
}
