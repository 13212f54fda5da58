/**
 * As much of the CloudWatch Logs Insights language as the queries of the collector's log use. An unknown command, function or field is an
 * error: with a typo, a query must fail, not return an empty table.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 */

/** A line in a log group. */
export interface LogEvent {
  /** When Lambda received the line, whatever the timestamp of an embedded metric in it. */
  readonly timestamp: number;
  readonly message: string;
  readonly logStream: string;
}

/** Only `jsonParse` returns lists and maps. */
export type Value = string | number | boolean | Date | undefined | readonly Value[] | { readonly [name: string]: Value };

export interface Table {
  readonly columns: readonly string[];
  /** Empty cells are left out. */
  readonly rows: readonly { readonly [column: string]: Value }[];
}

/** Values by field. */
type Row = ReadonlyMap<string, Value>;
type Command = (rows: readonly Row[]) => Row[];
/** Evaluates an expression for a group of rows; outside of `stats` that is a single row. */
type Expression = (rows: readonly Row[]) => Value;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const MAX_DISCOVERED_FIELDS = 200;
const HOUR = 3_600_000;

/** Runs a query at a time. */
export function runQuery(query: string, events: readonly LogEvent[], now: number): Table {
  const rows = events.map(rowOf);
  const parser = new Parser(query, new Set(rows.flatMap((row) => [...row.keys()])), now);
  const result = parser.commands().reduce<readonly Row[]>((current, command) => command(current), rows);
  const { columns } = parser;
  const cells = (row: Row) => columns.map((column): [string, Value] => [column, row.get(column)]).filter(([, value]) => value !== undefined && value !== '');
  return { columns, rows: result.map((row) => Object.fromEntries(cells(row))) };
}

/** An event with the fields that Logs Insights discovers: those of the first JSON in the line. */
function rowOf({ timestamp, message, logStream }: LogEvent): Row {
  const json = message.includes('{') ? parseJson(message.slice(message.indexOf('{'))) : undefined;
  return new Map<string, Value>([
    ...[...flatten(json)].slice(0, MAX_DISCOVERED_FIELDS),
    ['@timestamp', new Date(timestamp)], ['@message', message], ['@logStream', logStream],
  ]);
}

/** Undefined unless the text is a map or a list. */
function parseJson(text: Value): Value {
  try {
    const value: Value = JSON.parse(String(text));
    return typeof value === 'object' ? value ?? undefined : undefined;
  } catch {
    return undefined;
  }
}

/** `a.0.b` and the value there. */
function* flatten(value: Value, prefix = ''): Generator<[string, Value]> {
  for (const [key, part] of Object.entries(value ?? {})) {
    if (typeof part === 'object' && part !== null) {
      yield* flatten(part as Value, `${prefix}${key}.`);
    } else {
      yield [`${prefix}${key}`, part];
    }
  }
}

const FUNCTIONS: { readonly [name: string]: (...args: Value[]) => Value } = {
  coalesce: (...values) => values.find((value) => value !== undefined),
  ispresent: (value) => value !== undefined,
  jsonParse: parseJson,
  jsonStringify: (value) => typeof value === 'object' ? JSON.stringify(value) : undefined,
  floor: (value) => ofNumbers([value], Math.floor),
  toMillis: (value) => value instanceof Date ? value.getTime() : mismatch(value),
  fromMillis: (value) => ofNumbers([value], (milliseconds) => new Date(milliseconds!)),
};

/** Of one field, over the rows that have it, in the order of their time. */
const AGGREGATES: { readonly [name: string]: (values: readonly Value[]) => Value } = {
  sum: (values) => ofNumbers(values, (...numbers) => numbers.reduce((a, b) => a + b, 0)),
  max: (values) => values.length > 0 ? ofNumbers(values, Math.max) : undefined,
  min: (values) => values.length > 0 ? ofNumbers(values, Math.min) : undefined,
  latest: (values) => values.at(-1),
};

/** From the loosest to the tightest. */
const OPERATORS: readonly { readonly [operator: string]: (a: Value, b: Value) => Value }[] = [
  { or: (a, b) => isTrue(a) || isTrue(b) },
  { and: (a, b) => isTrue(a) && isTrue(b) },
  { '=': equals, '>=': arithmetic((a, b) => a >= b) },
  { '-': arithmetic((a, b) => a - b) },
  { '*': arithmetic((a, b) => a * b), '/': arithmetic((a, b) => a / b) },
];
const COMPARISON = 2;

function arithmetic(compute: (a: number, b: number) => Value): (a: Value, b: Value) => Value {
  return (...values) => ofNumbers(values, (a, b) => compute(a!, b!));
}

/** Undefined if one of the values is. */
function ofNumbers(values: readonly Value[], compute: (...numbers: number[]) => Value): Value {
  return values.includes(undefined) ? undefined : compute(...values.map((value) => typeof value === 'number' ? value : mismatch(value)));
}

function equals(a: Value, b: Value): boolean {
  return a !== undefined && b !== undefined && (typeof a === typeof b ? a === b : mismatch([a, b]));
}

function isTrue(value: Value): boolean {
  return typeof value === 'boolean' ? value : value === undefined ? false : mismatch(value);
}

/** Which conversions Logs Insights makes is not documented. */
function mismatch(value: Value): never {
  throw new Error(`${JSON.stringify(value)} is of the wrong type`);
}

const TOKEN = /"[^"\\\n]*"|(?<=\blike\s+)\/(?:[^/\\\n]|\\.)+\/|\d+(?:\.\d+)?|[@A-Za-z]\w*|>=|\S/g;

class Parser {
  /** What the query shows: the fields of the last `stats` or `display`. */
  public columns: readonly string[] = [];
  private readonly tokens: readonly string[];
  private position = 0;
  /** Fields that commands have made. */
  private readonly made = new Set<string>();
  /** After `stats` only its own fields are left. */
  private hasEvents = true;
  private inStats = false;

  public constructor(query: string, private readonly discovered: ReadonlySet<string>, private readonly now: number) {
    this.tokens = query.match(TOKEN) ?? [];
  }

  public commands(): Command[] {
    const commands = this.list('|', () => this.command());
    if (this.position < this.tokens.length) {
      this.fail('| or the end');
    }
    if (this.columns.length === 0) {
      throw new Error('a query needs stats or display, or it shows whole log lines');
    }
    return commands;
  }

  private command(): Command {
    const name = this.take();
    switch (name) {
      case 'fields': {
        const fields = this.list(',', () => this.field());
        fields.forEach(({ alias }) => this.define(alias)); // not before, as fields of the same command cannot refer to each other
        return (rows) => rows.map((row) => new Map([...row, ...fields.map(({ alias, value }): [string, Value] => [alias, value([row])])]));
      }
      case 'unnest': {
        const list = this.path();
        const alias = this.define(this.alias('into'));
        return (rows) => rows.flatMap((row) => [list([row])].flat().map((item) => new Map([...row, [alias, item as Value]])));
      }
      case 'filter': {
        const condition = this.expression();
        return (rows) => rows.filter((row) => isTrue(condition([row])));
      }
      case 'stats': return this.stats();
      case 'sort': {
        const key = this.path();
        const sign = this.skip('desc') ? -1 : this.skip('asc') ? 1 : this.fail('asc or desc');
        const sortKey = (row: Row) => Number(key([row]) ?? -Number.MAX_VALUE); // a missing value comes before all numbers
        return (rows) => [...rows].sort((a, b) => sign * (sortKey(a) - sortKey(b)));
      }
      case 'limit': {
        const count = Number(this.take(/^\d+$/));
        return (rows) => rows.slice(0, count);
      }
      case 'display': {
        this.columns = this.list(',', () => this.known(this.name()));
        return (rows) => [...rows];
      }
      default: throw new Error(`unknown command ${name}`);
    }
  }

  private stats(): Command {
    this.inStats = true;
    const fields = this.list(',', () => this.field());
    this.inStats = false;
    const by = this.skip('by') ? this.list(',', () => this.grouping()) : [];
    this.hasEvents = false;
    this.made.clear();
    const columns = [...by, ...fields];
    columns.forEach(({ alias }) => this.define(alias));
    this.columns = columns.map(({ alias }) => alias);
    return (rows) => {
      const groups = new Map<string, Row[]>();
      for (const row of rows) {
        const key = JSON.stringify(by.map(({ value }) => value([row]) ?? null));
        groups.set(key, [...groups.get(key) ?? [], row]);
      }
      return [...groups.values()].map((group) => new Map(columns.map(({ alias, value }) => [alias, value(group)])));
    };
  }

  private field(): { alias: string; value: Expression } {
    const value = this.expression();
    return { value, alias: this.alias('as') };
  }

  private grouping(): { alias: string; value: Expression } {
    if (!this.skip('bin')) {
      const alias = this.known(this.name());
      return { alias, value: ([row]) => row!.get(alias) };
    }
    ['(', '1', 'h', ')'].forEach((token) => this.expect(token));
    this.known('@timestamp');
    return { alias: this.alias('as'), value: ([row]) => new Date(Math.floor(Number(row!.get('@timestamp')) / HOUR) * HOUR) };
  }

  private expression(level = 0): Expression {
    const operators = OPERATORS[level];
    if (!operators) {
      return this.operand();
    }
    let left = this.expression(level + 1);
    if (level === COMPARISON && this.skip('like')) {
      const quoted = this.take(/^["/]./);
      const pattern = new RegExp(quoted.startsWith('/') ? quoted.slice(1, -1) : quoted.slice(1, -1).replace(/[^\w\s]/g, '\\$&'));
      const searched = left;
      return (rows) => pattern.test(String(searched(rows) ?? ''));
    }
    for (let operator = this.operator(operators); operator; operator = this.operator(operators)) {
      const [compute, first, second] = [operators[operator]!, left, this.expression(level + 1)];
      left = (rows) => compute(first(rows), second(rows));
    }
    return left;
  }

  private operator(operators: object): string | undefined {
    return Object.keys(operators).find((candidate) => this.skip(candidate));
  }

  private operand(): Expression {
    if (this.skip('(')) {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    const token = this.tokens[this.position] ?? '';
    if (/^["\d]/.test(token)) {
      this.take();
      return () => token.startsWith('"') ? token.slice(1, -1) : Number(token);
    }
    return this.tokens[this.position + 1] === '(' ? this.call() : this.path();
  }

  private call(): Expression {
    const name = this.name();
    this.expect('(');
    if (this.inStats && name === 'count') {
      ['*', ')'].forEach((token) => this.expect(token));
      return (rows) => rows.length;
    }
    if (this.inStats && Object.hasOwn(AGGREGATES, name)) {
      return this.aggregate(name);
    }
    const args = this.skip(')') ? [] : this.list(',', () => this.expression());
    if (args.length > 0) {
      this.expect(')');
    }
    if (name === 'now') {
      return () => Math.floor(this.now / 1000); // seconds
    }
    const compute = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : this.fail(`a function other than ${name}`);
    return (rows) => compute(...args.map((arg) => arg(rows)));
  }

  private aggregate(name: string): Expression {
    this.inStats = false;
    const value = this.expression();
    this.inStats = true;
    this.expect(')');
    if (name === 'latest') {
      this.known('@timestamp');
    }
    const time = (row: Row) => Number(row.get('@timestamp') ?? 0); // none after stats
    return (rows) => AGGREGATES[name]!([...rows].sort((a, b) => time(a) - time(b)).map((row) => value([row])).filter((each) => each !== undefined));
  }

  /** A field, or a member of a map that a command has made. */
  private path(): Expression {
    const steps = this.list('.', () => this.name());
    const [root] = steps;
    if (this.inStats) {
      throw new Error(`stats takes aggregates, not ${root}`);
    }
    if (this.made.has(root!)) {
      const member = (value: Value, step: string) => (value as { [name: string]: Value } | undefined)?.[step] ?? undefined;
      return ([row]) => steps.slice(1).reduce(member, row!.get(root!));
    }
    const field = this.known(steps.join('.'));
    return ([row]) => row!.get(field);
  }

  /** Log lines need not have a field that is looked up. */
  private known(name: string): string {
    const canExist = this.hasEvents && (!name.startsWith('@') || ['@timestamp', '@message', '@logStream'].includes(name));
    if (!canExist && !this.made.has(name)) {
      throw new Error(`there is no field ${name}`);
    }
    return name;
  }

  private alias(word: 'as' | 'into'): string {
    this.expect(word);
    return this.name();
  }

  /** Which field is meant if a log line also has one of that name is not documented. */
  private define(name: string): string {
    if (this.made.has(name) || (this.hasEvents && this.discovered.has(name))) {
      throw new Error(`there is a field ${name} already`);
    }
    this.made.add(name);
    return name;
  }

  private list<Item>(separator: string, item: () => Item): Item[] {
    const items = [item()];
    while (this.skip(separator)) {
      items.push(item());
    }
    return items;
  }

  private name(): string {
    return this.take(/^[@A-Za-z]/);
  }

  private take(pattern = /./): string {
    const token = this.tokens[this.position] ?? '';
    return pattern.test(token) ? this.tokens[this.position++]! : this.fail(String(pattern));
  }

  private skip(token: string): boolean {
    const found = this.tokens[this.position] === token;
    this.position += found ? 1 : 0;
    return found;
  }

  private expect(token: string): void {
    if (!this.skip(token)) {
      this.fail(token);
    }
  }

  private fail(expected: string): never {
    throw new Error(`expected ${expected}, found ${this.tokens.slice(this.position, this.position + 6).join(' ') || 'the end'}`);
  }
}
