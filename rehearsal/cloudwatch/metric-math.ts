import type { MetricIdentity, MetricStore, Series } from './metric-store';
import { parseMaximumQuery } from './metrics-insights';
import { isFoundBy, MetricSearch, parseSearch } from './search';
import { statisticNamed } from './statistic';

/** A value in metric math. */
export type Value = number | TimeSeries | TimeSeries[];

/** Points, oldest first. A period without data has none. */
export interface TimeSeries {
  points: Point[];
  /** In milliseconds. */
  period: number;
  /** Undefined for the result of an expression. */
  metric?: MetricIdentity;
}

export interface Point {
  /** The start of its period. */
  time: number;
  value: number;
}

/** The metrics and the time range of a dashboard. */
export interface Lookup {
  metrics: MetricStore;
  /** Included. */
  from: number;
  /** Excluded. Data that arrives later is not visible. */
  to: number;
}

/** The context of an expression. */
interface Context {
  lookup: Lookup;
  /** In milliseconds. */
  period: number;
  valueOf(id: string): Value;
  /** The metrics, expressions excluded, whose id contains the text. */
  metricsWith(part: string): TimeSeries[];
}

/** From the loosest to the tightest. */
const OPERATORS = [['<'], ['-'], ['*', '/']] as const;
type Operator = typeof OPERATORS[number][number];
const OPERATIONS: { [operator in Operator]: (a: number, b: number) => number } = {
  '<': (a, b) => Number(a < b), '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b,
};

type Expression =
  | { kind: 'id'; id: string }
  | { kind: 'list'; items: Expression[] }
  | { kind: 'literal'; value: string | number }
  | { kind: 'quoted'; text: string }
  | { kind: 'operation'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'call'; name: string; args: Expression[] };

/** The time series of a metric. */
export function seriesOf(series: Series, statisticName: string, period: number, { from, to }: Lookup): TimeSeries {
  const statistic = statisticNamed(statisticName);
  const begin = (time: number) => Math.floor(time / period) * period;
  const periods = new Map<number, number[]>();
  for (const { timestamp, value, visibleAt } of series.samples) {
    if (timestamp >= begin(from) && timestamp < to && visibleAt <= to) {
      const time = begin(timestamp);
      periods.set(time, [...periods.get(time) ?? [], value]);
    }
  }
  const { namespace, metricName, unit, dimensions } = series;
  return {
    points: [...periods].map(([time, values]) => ({ time, value: statistic(values) })),
    period,
    metric: { namespace, metricName, unit, dimensions },
  };
}

/** The metrics that a search finds. */
export function find(sought: MetricSearch, { metrics, to }: Lookup): Series[] {
  return metrics.all()
    .filter(series => isFoundBy(sought, series) && series.samples.some(({ visibleAt }) => visibleAt <= to))
    .sort((a, b) => key(a) < key(b) ? -1 : 1);
}

const key = (series: Series) => JSON.stringify(Object.entries(series.dimensions));

/**
 * Evaluates a metric math expression, as far as the dashboards use the language. Everything else is an error.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluate(expression: string, context: Context): TimeSeries | TimeSeries[] {
  try {
    const value = expression.startsWith('SELECT ') ? maximum(expression, context) : valueOf(new Parser(expression).whole(), context);
    if (typeof value === 'number') {
      throw new Error('it comes to a number, but only time series can be shown');
    }
    return value;
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${expression}`);
  }
}

function valueOf(expression: Expression, context: Context): Value {
  switch (expression.kind) {
    case 'id': return context.valueOf(expression.id);
    case 'list': return expression.items.flatMap(item => seriesIn(valueOf(item, context)));
    case 'literal':
      if (typeof expression.value === 'string') {
        throw new Error(`'${expression.value}' can stand in SEARCH alone`);
      }
      return expression.value;
    case 'quoted': throw new Error(`"${expression.text}" can stand in METRICS alone`);
    case 'operation': return operation(expression.operator, valueOf(expression.left, context), valueOf(expression.right, context));
    case 'call': {
      const apply = FUNCTIONS[expression.name];
      if (!apply) {
        throw new Error(`${expression.name} is not simulated, only ${Object.keys(FUNCTIONS).join(', ')}`);
      }
      return apply(expression.args, context);
    }
  }
}

const FUNCTIONS: { [name: string]: (args: Expression[], context: Context) => Value } = {
  SEARCH: search,
  METRICS: metricsById,
  SUM: aggregate('SUM', (a, b) => a + b),
  MAX: aggregate('MAX', (a, b) => Math.max(a, b)),
  FLOOR: (args, context) => eachSeries(valueOf(only(args, 'FLOOR'), context), eachPoint(Math.floor)),
  IF: condition,
  RUNNING_SUM: (args, context) => eachSeries(valueOf(only(args, 'RUNNING_SUM'), context), runningSum),
};

function search(args: Expression[], { lookup, period }: Context): TimeSeries[] {
  const [text, statistic, seconds] = args.map(arg => arg.kind === 'literal' ? arg.value : undefined);
  if (args.length !== 3 || typeof text !== 'string' || typeof statistic !== 'string' || typeof seconds !== 'number') {
    throw new Error('SEARCH takes a search, a statistic and a period, the first two in single quotes');
  }
  // Newer pages of the documentation have no period in a search, and use that of the graph.
  if (seconds * 1000 !== period) {
    throw new Error(`the search has a period of ${seconds} seconds, where the graph has ${period / 1000}`);
  }
  return find(parseSearch(text), lookup).map(series => seriesOf(series, statistic, period, lookup));
}

function metricsById(args: Expression[], { metricsWith }: Context): TimeSeries[] {
  const part = only(args, 'METRICS');
  if (part.kind !== 'quoted') {
    throw new Error('METRICS takes a part of ids, in double quotes');
  }
  return metricsWith(part.text);
}

/** A Metrics Insights query. */
function maximum(sql: string, { lookup, period }: Context): TimeSeries {
  const { namespace, metricName, dimension } = parseMaximumQuery(sql);
  return combined(Math.max, find({ namespace, metricName, dimensions: [dimension] }, lookup).map(series => seriesOf(series, 'Maximum', period, lookup)), period);
}

/** Aggregates the points of a single time series to a number, or several time series to one. */
function aggregate(name: string, combine: (a: number, b: number) => number): (args: Expression[], context: Context) => Value {
  return (args, context) => {
    const value = valueOf(only(args, name), context);
    if (!Array.isArray(value)) {
      const { points } = seriesIn(value)[0]!;
      if (points.length === 0) {
        throw new Error('what a time series without data comes to is not documented');
      }
      return points.map(point => point.value).reduce(combine);
    }
    return combined(combine, value, context.period);
  };
}

/** One time series of several, with a point where one of them has one. */
function combined(combine: (a: number, b: number) => number, all: TimeSeries[], defaultPeriod: number): TimeSeries {
  if (new Set(all.map(({ period }) => period)).size > 1) {
    throw new Error('time series of different periods are not simulated');
  }
  const values = new Map<number, number>();
  for (const { time, value } of all.flatMap(({ points }) => points)) {
    const other = values.get(time);
    values.set(time, other === undefined ? value : combine(other, value));
  }
  const points = [...values].map(([time, value]) => ({ time, value })).sort((a, b) => a.time - b.time);
  return { points, period: all[0]?.period ?? defaultPeriod };
}

/** Of a number and a time series, or each one of an array. */
function operation(operator: Operator, left: Value, right: Value): Value {
  const compute = OPERATIONS[operator];
  if (typeof left === 'number' && typeof right !== 'number' && operator !== '/') {
    return eachSeries(right, eachPoint(value => compute(left, value)));
  }
  if (typeof right === 'number' && typeof left !== 'number') {
    if (operator === '/' && right === 0) {
      throw new Error('it divides by 0');
    }
    return eachSeries(left, eachPoint(value => compute(value, right)));
  }
  throw new Error(`${operator} is simulated of a time series and a number alone, / by a number alone`);
}

/** A point for each of the condition, which is of ones and zeros. */
function condition(args: Expression[], context: Context): Value {
  const [tested, whenTrue, whenFalse] = args.map(arg => valueOf(arg, context));
  if (args.length !== 3 || typeof tested === 'number' || Array.isArray(tested)) {
    throw new Error('IF takes a time series and two values');
  }
  const valueAt = (value: Value, at: number) =>
    typeof value === 'number' ? value : seriesIn(value)[0]!.points.find(({ time }) => time === at)?.value;
  return {
    period: tested!.period,
    points: tested!.points.flatMap(({ time, value: isTrue }) => {
      const value = valueAt(isTrue ? whenTrue! : whenFalse!, time);
      return value === undefined ? [] : [{ time, value }];
    }),
  };
}

/** Changes a time series, or each one of an array. */
function eachSeries(value: Value, change: (series: TimeSeries) => TimeSeries): Value {
  return Array.isArray(value) ? value.map(change) : change(seriesIn(value)[0]!);
}

function eachPoint(change: (value: number) => number): (series: TimeSeries) => TimeSeries {
  return ({ points, ...series }) => ({ ...series, points: points.map(point => ({ ...point, value: change(point.value) })) });
}

function runningSum({ points, ...series }: TimeSeries): TimeSeries {
  let sum = 0;
  return { ...series, points: points.map(({ time, value }) => ({ time, value: sum += value })) };
}

function only(args: Expression[], name: string): Expression {
  if (args.length !== 1) {
    throw new Error(`${name} takes one argument`);
  }
  return args[0]!;
}

function seriesIn(value: Value): TimeSeries[] {
  if (typeof value === 'number') {
    throw new Error('a number stands where a time series is needed');
  }
  return Array.isArray(value) ? value : [value];
}

class Parser {
  private readonly tokens: string[];
  private position = 0;

  public constructor(text: string) {
    this.tokens = text.match(/'[^']*'|"[^"]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?|\S/g) ?? [];
  }

  public whole(): Expression {
    const expression = this.expression();
    if (this.position < this.tokens.length) {
      this.fail('the end');
    }
    return expression;
  }

  private expression(level = 0): Expression {
    if (level === OPERATORS.length) {
      return this.operand();
    }
    let left = this.expression(level + 1);
    for (let operator = this.operator(level); operator; operator = this.operator(level)) {
      left = { kind: 'operation', operator, left, right: this.expression(level + 1) };
    }
    return left;
  }

  private operator(level: number): Operator | undefined {
    return OPERATORS[level]!.find(candidate => this.skip(candidate));
  }

  private operand(): Expression {
    const token = this.tokens[this.position++] ?? '';
    if (token === '(') {
      const inner = this.expression();
      return this.skip(')') ? inner : this.fail(')');
    }
    if (token === '[') {
      return { kind: 'list', items: this.listUntil(']') };
    }
    if (/^'/.test(token) && token.length > 1) {
      return { kind: 'literal', value: token.slice(1, -1) };
    }
    if (/^"/.test(token) && token.length > 1) {
      return { kind: 'quoted', text: token.slice(1, -1) };
    }
    if (/^\d/.test(token)) {
      return { kind: 'literal', value: Number(token) };
    }
    if (/^[A-Z]\w*$/.test(token) && this.skip('(')) {
      return { kind: 'call', name: token, args: this.listUntil(')') };
    }
    if (/^[a-z]\w*$/.test(token)) {
      return { kind: 'id', id: token };
    }
    this.position -= 1;
    return this.fail('a function in capitals, an id, a number, a list or a text in single quotes');
  }

  private listUntil(end: string): Expression[] {
    const items = [this.expression()];
    while (this.skip(',')) {
      items.push(this.expression());
    }
    return this.skip(end) ? items : this.fail(end);
  }

  private skip(token: string): boolean {
    const found = this.tokens[this.position] === token;
    this.position += found ? 1 : 0;
    return found;
  }

  private fail(expected: string): never {
    throw new Error(`expected ${expected}, found ${this.tokens.slice(this.position).join(' ') || 'the end'}`);
  }
}
