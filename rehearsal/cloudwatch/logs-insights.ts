/**
 * What queries of the collector's log use of the CloudWatch Logs Insights language, by its documentation. It throws at whatever it does not
 * know, and at what is documented not to work, so that a slip in a query is a failing test.
 *
 * Its syntax is that of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html, its functions are those of
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html and CWL_QuerySyntax-Stats.html.
 */
import { type Expression, type Field, type Grouping, parse, type Path } from './logs-insights-syntax';

/** What is in a log group. `timestamp` is when Lambda took the line, whatever an embedded metric in it is stamped with. */
export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
  readonly logStream: string;
}

/** Lists and maps come from `jsonParse` only. */
export type Value = string | number | boolean | Date | undefined | readonly Value[] | { readonly [name: string]: Value };
export type ResultRow = { readonly [column: string]: Value };

/** What the documentation leaves open: a query that can be relied on says the same in every reading. */
export interface Reading {
  /** Of an event that has more fields than are discovered. */
  readonly discovered: 'the first 200' | 'none';
  /** Of a record that lacks the list. */
  readonly unnested: 'a record of nothing' | 'no record';
  /** `latest` where the latest record lacks the field. */
  readonly latest: 'nothing' | 'of those that have it';
  /** Of records that lack a field to group by. */
  readonly grouped: 'a group of nothing' | 'not at all';
  /** What comes out of `jsonStringify` where there is nothing to write. */
  readonly stringified: 'nothing' | 'an empty text';
}

const CHOICES: { readonly [question in keyof Reading]: readonly Reading[question][] } = {
  discovered: ['the first 200', 'none'],
  unnested: ['a record of nothing', 'no record'],
  latest: ['nothing', 'of those that have it'],
  grouped: ['a group of nothing', 'not at all'],
  stringified: ['nothing', 'an empty text'],
};

/** Every combination. */
export const READINGS = Object.entries(CHOICES).reduce<object[]>(
  (readings, [question, answers]) => readings.flatMap((reading) => answers.map((answer) => ({ ...reading, [question]: answer }))), [{}],
) as Reading[];

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const MOST_DISCOVERED_FIELDS = 200;
/** More than these only newer pages allow. */
const MOST_STATS = 2;
/** `bin` takes no more of a unit, but does not say so. */
const PERIODS: { readonly [unit: string]: { readonly milliseconds: number; readonly most: number } } = {
  ms: { milliseconds: 1, most: 1000 },
  s: { milliseconds: 1000, most: 60 },
  m: { milliseconds: 60_000, most: 60 },
  h: { milliseconds: 3_600_000, most: 24 },
};

/** A log event, or what has become of it. */
interface Row {
  /** What commands have made. */
  readonly made: Map<string, Value>;
  /** None after `stats`. */
  readonly event?: Omit<LogEvent, 'timestamp'> & { readonly timestamp: Date; readonly discovered: () => ReadonlyMap<string, Value> };
}

/** What a query shows. Rows lack what is empty. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
}

/** The table that a query shows at `now`, in milliseconds. */
export function showQuery(query: string, events: readonly LogEvent[], now: number, reading: Reading): Table {
  return new Run(events, now, reading).table(query);
}

/** Its rows alone. */
export function runQuery(query: string, events: readonly LogEvent[], now: number, reading: Reading): ResultRow[] {
  return [...showQuery(query, events, now, reading).rows];
}

class Run {
  private rows: Row[];
  /** Names that lines have: an alias of such a name is not documented. */
  private readonly taken: ReadonlySet<string>;
  private readonly aliases = new Set<string>();
  private columns?: string[];
  private stats = 0;
  private sorted = false;

  public constructor(events: readonly LogEvent[], private readonly now: number, private readonly reading: Reading) {
    this.rows = events.map((event) => ({
      made: new Map(),
      event: { ...event, timestamp: new Date(event.timestamp), discovered: () => discover(event, reading) },
    }));
    this.taken = namesIn(events);
  }

  public table(query: string): Table {
    for (const command of parse(query)) {
      if (this.sorted && !['limit', 'display'].includes(command.name)) {
        throw new Error(`${command.name} after sort or limit`);
      }
      switch (command.name) {
        case 'fields': this.addFields(command.fields); break;
        case 'unnest': this.unnest(command.list, command.alias); break;
        case 'filter': this.rows = this.rows.filter((row) => truth(this.evaluate(command.condition, row))); break;
        case 'stats': this.aggregate(command.fields, command.by); break;
        case 'sort': this.sort(command.key, command.descending); break;
        case 'limit': this.rows = this.rows.slice(0, command.count); this.sorted = true; break;
        case 'display': this.columns = command.columns.map(({ text }) => text); break;
      }
    }
    const { columns } = this;
    if (!columns) {
      throw new Error('without stats or display it is not clear what is shown');
    }
    const rows = this.rows.map((row) => Object.fromEntries(columns
      .map((column): [string, Value] => [column, this.lookUp({ kind: 'path', text: column, steps: [column] }, row)])
      .filter(([, value]) => value !== undefined && value !== '')));
    return { columns, rows };
  }

  private addFields(fields: readonly Field[]): void {
    // A field of the same command can not be used yet.
    const values = this.rows.map((row) => fields.map(({ expression }) => this.evaluate(expression, row)));
    fields.forEach(({ alias }, index) => {
      this.claim(alias);
      this.rows.forEach(({ made }, row) => made.set(alias, values[row]![index]));
    });
  }

  private unnest(list: Path, alias: string): void {
    const items = (value: Value) => {
      if (value === undefined) {
        return this.reading.unnested === 'no record' ? [] : [undefined];
      }
      return Array.isArray(value) ? value as Value[] : [value]; // anything else is treated like a list of one
    };
    this.claim(alias);
    this.rows = this.rows.flatMap((row) => items(this.lookUp(list, row)).map((item) => ({ ...row, made: new Map([...row.made, [alias, item]]) })));
  }

  private claim(alias: string): void {
    if (this.aliases.has(alias) || this.taken.has(alias)) {
      throw new Error(`there is a field ${alias} already`);
    }
    this.aliases.add(alias);
  }

  private aggregate(fields: readonly Field[], by: readonly Grouping[]): void {
    if (++this.stats > MOST_STATS) {
      throw new Error('too many stats');
    }
    const groups = new Map<string, { keys: Value[]; rows: Row[] }>();
    for (const row of this.rows) {
      const keys = by.map(({ expression }) => scalar(this.evaluate(expression, row)));
      if (keys.includes(undefined) && this.reading.grouped === 'not at all') {
        continue;
      }
      const id = JSON.stringify(keys.map((key) => [typeof key, key]));
      const group = groups.get(id) ?? { keys, rows: [] };
      groups.set(id, group);
      group.rows.push(row);
    }
    const columns = [...by.map(({ alias }) => alias), ...fields.map(({ alias }) => alias)];
    if (new Set(columns).size < columns.length) {
      throw new Error(`a name is given twice: ${columns.join(', ')}`);
    }
    this.rows = [...groups.values()].map(({ keys, rows }): Row => {
      const values = [...keys, ...fields.map(({ expression }) => this.evaluateGroup(expression, rows))];
      return { made: new Map(columns.map((column, index) => [column, values[index]])) };
    });
    this.columns = columns;
    this.aliases.clear();
    columns.forEach((column) => this.aliases.add(column));
  }

  private sort({ text, steps }: Path, descending: boolean): void {
    const keyed = this.rows.map((row) => {
      const key = this.lookUp({ kind: 'path', text, steps }, row);
      if (typeof key === 'string' || typeof key === 'boolean' || isStructure(key)) {
        unfit('sort', key);
      }
      return { row, key: key === undefined ? -Number.MAX_VALUE : Number(key) }; // what is no number comes before all that are
    });
    this.rows = keyed.sort((a, b) => (descending ? b.key - a.key : a.key - b.key)).map(({ row }) => row);
    this.sorted = true;
  }

  private evaluate(expression: Expression, row: Row): Value {
    switch (expression.kind) {
      case 'literal': return expression.value;
      case 'path': return this.lookUp(expression, row);
      case 'operation': return operate(expression.operator, () => this.evaluate(expression.left, row), () => this.evaluate(expression.right, row));
      case 'in': {
        const value = this.evaluate(expression.left, row);
        return value !== undefined && expression.list.some((member) => operate('=', () => value, () => member));
      }
      case 'like': {
        const value = this.evaluate(expression.left, row);
        return typeof value === 'string' && expression.matches(value);
      }
      case 'bin': {
        const { count, unit } = expression;
        const period = PERIODS[unit];
        if (!period || count > period.most || !row.event) {
          throw new Error(`bin(${count}${unit}) is capped, or there is no @timestamp`);
        }
        const length = count * period.milliseconds;
        return new Date(Math.floor(row.event.timestamp.getTime() / length) * length);
      }
      case 'call': return this.call(expression.name, expression.args.map((arg) => this.evaluate(arg, row)));
    }
  }

  /** What an expression of aggregates comes to. */
  private evaluateGroup(expression: Expression, rows: readonly Row[]): Value {
    if (expression.kind === 'call') {
      const { name, args } = expression;
      const aggregate = AGGREGATES[name];
      if (!aggregate) {
        return this.call(name, args.map((arg) => this.evaluateGroup(arg, rows)));
      }
      const [arg, ...others] = args;
      if (!arg || others.length > 0) {
        throw new Error(`${name} takes one argument`);
      }
      const isAnyRecord = arg.kind === 'literal' && arg.value === '*';
      if (isAnyRecord !== (name === 'count')) {
        throw new Error(`${name}(${isAnyRecord ? '*' : 'a field'}) is not used by any query`);
      }
      const inOrder = name === 'latest' ? byTime(rows) : rows;
      const values = inOrder.map((row) => scalar(this.evaluate(arg, row)));
      return aggregate(values, this.reading);
    }
    if (expression.kind === 'operation') {
      return operate(expression.operator, () => this.evaluateGroup(expression.left, rows), () => this.evaluateGroup(expression.right, rows));
    }
    if (expression.kind === 'literal') {
      return expression.value;
    }
    throw new Error('stats takes aggregates');
  }

  private lookUp({ text, steps: [root, ...steps] }: Path, { made, event }: Row): Value {
    if (typeof root === 'string' && this.aliases.has(root)) {
      return steps.reduce<Value>((value, step) => {
        if (typeof step === 'number' ? !Array.isArray(value) : value === null || typeof value !== 'object' || Array.isArray(value)) {
          return undefined; // nothing there
        }
        return (value as { readonly [name: string | number]: Value })[step];
      }, made.get(root)) ?? undefined;
    }
    if (!event) {
      throw new Error(`after stats there is no field ${text}`);
    }
    if (text.startsWith('@')) {
      switch (text) {
        case '@timestamp': return event.timestamp;
        case '@message': return event.message;
        case '@logStream': return event.logStream;
        default: throw new Error(`unknown field ${text}`);
      }
    }
    return event.discovered().get(text);
  }

  private call(name: string, args: readonly Value[]): Value {
    const [arg] = args;
    const count = (expected: number) => {
      if (args.length !== expected) {
        throw new Error(`${name} takes ${expected} arguments`);
      }
    };
    switch (name) {
      case 'coalesce':
        return args.find((value) => value !== undefined);
      case 'ispresent':
        count(1);
        return arg !== undefined;
      case 'jsonParse':
        count(1);
        return parsed(arg);
      case 'jsonStringify':
        count(1);
        return typeof arg === 'object' ? JSON.stringify(arg) : this.reading.stringified === 'nothing' ? undefined : '';
      case 'floor':
        count(1);
        return numeric(arg, Math.floor);
      case 'toMillis':
        count(1);
        return arg instanceof Date ? arg.getTime() : unfit(name, arg);
      case 'fromMillis':
        count(1);
        return numeric(arg, (milliseconds) => new Date(milliseconds));
      case 'now':
        count(0);
        return Math.floor(this.now / 1000); // seconds
      default:
        throw new Error(`unknown function ${name}`);
    }
  }
}

const numbers = (values: readonly Value[]) => values.filter((value) => value !== undefined).map((value) => typeof value === 'number' ? value : unfit('an aggregate', value));

/** Those of one field leave out the records that lack it. */
const AGGREGATES: { readonly [name: string]: (values: readonly Value[], reading: Reading) => Value } = {
  count: (values) => values.length,
  sum: (values) => numbers(values).reduce((sum, value) => sum + value, 0),
  max: (values) => extreme(numbers(values), Math.max),
  min: (values) => extreme(numbers(values), Math.min),
  latest: (values, { latest }) => latest === 'nothing' ? values.at(-1) : values.filter((value) => value !== undefined).at(-1),
};

function extreme(values: readonly number[], choose: (...values: number[]) => number): number | undefined {
  return values.length > 0 ? choose(...values) : undefined;
}

function byTime(rows: readonly Row[]): Row[] {
  if (rows.some(({ event }) => !event)) {
    throw new Error('latest needs @timestamp');
  }
  return [...rows].sort((a, b) => a.event!.timestamp.getTime() - b.event!.timestamp.getTime());
}

function operate(operator: string, left: () => Value, right: () => Value): Value {
  if (operator === 'and') {
    return truth(left()) && truth(right());
  }
  if (operator === 'or') {
    return truth(left()) || truth(right());
  }
  const [a, b] = [left(), right()];
  if (operator === '=') {
    // Maps and lists equal nothing.
    if (a === undefined || b === undefined || isStructure(a) || isStructure(b)) {
      return false;
    }
    return typeof a === typeof b && !(a instanceof Date) ? a === b : unfit(operator, [a, b]);
  }
  const compute = NUMERIC[operator];
  if (!compute) {
    throw new Error(`unknown operator ${operator}`);
  }
  return numeric(a, (x) => numeric(b, (y) => compute(x, y)));
}

const NUMERIC: { readonly [operator: string]: (a: number, b: number) => Value } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Nothing of nothing; maps and lists are treated like nothing by functions. */
function numeric(value: Value, compute: (value: number) => Value): Value {
  if (value === undefined || isStructure(value)) {
    return undefined;
  }
  return typeof value === 'number' ? compute(value) : unfit('arithmetic', value);
}

function truth(value: Value): boolean {
  return value === undefined ? false : typeof value === 'boolean' ? value : unfit('a condition', value);
}

/** `stats` takes neither maps nor lists. */
function scalar(value: Value): Value {
  return isStructure(value) ? unfit('stats', value) : value;
}

function isStructure(value: Value): boolean {
  return typeof value === 'object' && !(value instanceof Date);
}

function unfit(what: string, value: Value): never {
  throw new Error(`${what} of ${JSON.stringify(value)} is not documented`);
}

/** Nothing where the text is neither a map nor a list. */
function parsed(text: Value): Value {
  try {
    const value = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const namesByLog = new WeakMap<readonly LogEvent[], ReadonlySet<string>>(); // as a log is queried again and again

function namesIn(events: readonly LogEvent[]): ReadonlySet<string> {
  const names = namesByLog.get(events) ?? new Set(events.flatMap((event) => Object.keys(fragmentOf(event))));
  namesByLog.set(events, names);
  return names;
}

/** The first piece of JSON in a line of Lambda. */
function fragmentOf({ message }: LogEvent): object {
  const fragment = message.includes('{') ? parsed(message.slice(message.indexOf('{'))) : undefined;
  return fragment as object | undefined ?? {};
}

function discover(event: LogEvent, { discovered }: Reading): ReadonlyMap<string, Value> {
  const fields = [...flatten(fragmentOf(event) as Value)];
  return new Map(fields.length <= MOST_DISCOVERED_FIELDS || discovered === 'the first 200' ? fields.slice(0, MOST_DISCOVERED_FIELDS) : []);
}

/** `a.0.b` and the value there. */
function* flatten(value: Value, prefix = ''): Generator<[string, Value]> {
  for (const [key, part] of Object.entries(value as object)) {
    const name = `${prefix}${key}`;
    if (typeof part === 'object' && part !== null) {
      yield* flatten(part, `${name}.`);
    } else {
      yield [name, part];
    }
  }
}
