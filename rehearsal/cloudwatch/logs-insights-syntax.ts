/** The syntax of what `logs-insights.ts` knows of the language. */

export interface Path {
  readonly kind: 'path';
  /** As it is written. */
  readonly text: string;
  /** Names, and numbers in brackets. */
  readonly steps: readonly (string | number)[];
}

type Literal = string | number;

export type Expression =
  | Path
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly left: Expression; readonly list: readonly Literal[] }
  | { readonly kind: 'like'; readonly left: Expression; readonly matches: (text: string) => boolean }
  | { readonly kind: 'bin'; readonly count: number; readonly unit: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export interface Field {
  readonly expression: Expression;
  readonly alias: string;
}

export type Grouping = Field;

export type Command =
  | { readonly name: 'fields'; readonly fields: readonly Field[] }
  | { readonly name: 'unnest'; readonly list: Path; readonly alias: string }
  | { readonly name: 'filter'; readonly condition: Expression }
  | { readonly name: 'stats'; readonly fields: readonly Field[]; readonly by: readonly Grouping[] }
  | { readonly name: 'sort'; readonly key: Path; readonly descending: boolean }
  | { readonly name: 'limit'; readonly count: number }
  | { readonly name: 'display'; readonly columns: readonly Path[] };

/** From the loosest to the tightest. */
const OPERATORS: readonly (readonly string[])[] = [['or'], ['and'], ['=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/']];
const COMPARISON = 2;
const WORDS = new Set([...OPERATORS.flat(), 'as', 'by', 'in', 'into', 'like', 'not', 'asc', 'desc', 'where', 'any']);

const TOKEN = /\s*(?:("[^"\\\n]*")|(\d+(?:ms|s|m|h|d|w)(?!\w))|(\d+(?:\.\d+)?)|([@A-Za-z][A-Za-z0-9_]*)|(<=|>=|[-+*/=<>(),.[\]|]))/y;
const REGEX = /\s*\/((?:[^/\\\n]|\\.)+)\//y;
/** What Hyperscan, the library behind `like`, does not have: https://intel.github.io/hyperscan/dev-reference/compilation.html#pattern-support */
const NOT_IN_HYPERSCAN = /\(\?[=!<]|\\[1-9]|[*+?}]\+/;

interface Token {
  readonly kind: 'text' | 'period' | 'number' | 'name' | 'sign' | 'regex' | 'end';
  readonly text: string;
}

/** The commands of a query. Throws where it cannot tell what is meant. */
export function parse(query: string): Command[] {
  return new Parser(tokens(query)).commands();
}

function tokens(query: string): Token[] {
  const found: Token[] = [];
  let position = 0;
  const text = query.trimEnd();
  while (position < text.length) {
    const pattern = found.at(-1)?.text === 'like' && text.slice(position).trimStart().startsWith('/') ? REGEX : TOKEN;
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (!match) {
      throw new Error(`cannot be read: ${text.slice(position, position + 40)}`);
    }
    position = pattern.lastIndex;
    const kinds = pattern === REGEX ? ['regex'] as const : ['text', 'period', 'number', 'name', 'sign'] as const;
    const index = match.slice(1).findIndex((part) => part !== undefined);
    found.push({ kind: kinds[index]!, text: match[index + 1]! });
  }
  return found;
}

class Parser {
  private position = 0;

  public constructor(private readonly all: readonly Token[]) {}

  public commands(): Command[] {
    const commands = [this.command()];
    while (this.skip('|')) {
      commands.push(this.command());
    }
    return this.next.kind === 'end' ? commands : this.fail('| or the end');
  }

  private command(): Command {
    const name = this.take('name');
    switch (name) {
      case 'fields': return { name, fields: this.list(() => this.field()) };
      case 'filter': return { name, condition: this.expression() };
      case 'limit': return { name, count: Number(this.take('number')) };
      case 'display': return { name, columns: this.list(() => this.path()) };
      case 'unnest': {
        const list = this.path();
        this.expect('into');
        return { name, list, alias: this.name() };
      }
      case 'stats': {
        const fields = this.list(() => this.field());
        return { name, fields, by: this.skip('by') ? this.list(() => this.grouping()) : [] };
      }
      case 'sort': {
        const key = this.path();
        const descending = this.skip('desc');
        return descending || this.skip('asc') ? { name, key, descending } : this.fail('asc or desc');
      }
      default: throw new Error(`unknown command ${name}`);
    }
  }

  private list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.skip(',')) {
      items.push(item());
    }
    return items;
  }

  /** Everything but a plain field needs a name, or it could not be referred to. */
  private field(): Field {
    const expression = this.expression();
    this.expect('as');
    return { expression, alias: this.name() };
  }

  private grouping(): Grouping {
    const expression = this.expression();
    if (expression.kind === 'bin') {
      this.expect('as');
      return { expression, alias: this.name() };
    }
    // A map's field may be grouped by as well, but how its column is called then is not documented; nor is an alias for it.
    return expression.kind === 'path' && expression.steps.length === 1 ? { expression, alias: expression.text } : this.fail('a plain field or bin');
  }

  private expression(level = 0): Expression {
    const operators = OPERATORS[level];
    if (!operators) {
      return this.operand();
    }
    let left = this.expression(level + 1);
    if (level === COMPARISON && this.skip('in')) {
      this.expect('[');
      const list = this.list(() => this.literal());
      this.expect(']');
      return { kind: 'in', left, list };
    }
    if (level === COMPARISON && this.skip('like')) {
      if (this.next.kind === 'text') {
        const part = this.take('text').slice(1, -1);
        return { kind: 'like', left, matches: (text) => text.includes(part) };
      }
      const source = this.take('regex');
      if (NOT_IN_HYPERSCAN.test(source)) {
        throw new Error(`Hyperscan does not know all of /${source}/`);
      }
      const pattern = new RegExp(source, 'u');
      return { kind: 'like', left, matches: (text) => pattern.test(text) };
    }
    for (;;) {
      const operator = operators.find((candidate) => this.skip(candidate));
      if (!operator) {
        return left;
      }
      left = { kind: 'operation', operator, left, right: this.expression(level + 1) };
    }
  }

  private operand(): Expression {
    if (this.skip('(')) {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    if (this.next.kind === 'text' || this.next.kind === 'number') {
      return { kind: 'literal', value: this.literal() };
    }
    return this.all[this.position + 1]?.text === '(' ? this.call() : this.path();
  }

  private call(): Expression {
    const name = this.take('name');
    this.expect('(');
    if (name === 'bin') {
      const [, count, unit] = /^(\d+)(.+)$/.exec(this.take('period'))!;
      this.expect(')');
      return { kind: 'bin', count: Number(count), unit: unit! };
    }
    if (this.skip(')')) {
      return { kind: 'call', name, args: [] };
    }
    const args: Expression[] = this.skip('*') ? [{ kind: 'literal', value: '*' }] : this.list(() => this.expression());
    this.expect(')');
    return { kind: 'call', name, args };
  }

  private path(): Path {
    const steps: (string | number)[] = [this.name()];
    let text = `${steps[0]}`;
    for (;;) {
      if (this.skip('.')) {
        // Items of arrays are numbers in the names of discovered fields.
        const step = this.next.kind === 'number' ? this.take('number') : this.name();
        steps.push(step);
        text += `.${step}`;
      } else if (this.skip('[')) {
        const index = Number(this.take('number'));
        this.expect(']');
        steps.push(index);
        text += `[${index}]`;
      } else {
        return { kind: 'path', text, steps };
      }
    }
  }

  private name(): string {
    return WORDS.has(this.next.text) ? this.fail('a name') : this.take('name');
  }

  private literal(): Literal {
    return this.next.kind === 'text' ? this.take('text').slice(1, -1) : Number(this.take('number'));
  }

  private get next(): Token {
    return this.all[this.position] ?? { kind: 'end', text: '' };
  }

  private skip(text: string): boolean {
    const found = this.next.text === text && ['name', 'sign'].includes(this.next.kind);
    this.position += found ? 1 : 0;
    return found;
  }

  private expect(text: string): void {
    if (!this.skip(text)) {
      this.fail(text);
    }
  }

  private take(kind: Token['kind']): string {
    const { text } = this.next.kind === kind ? this.next : this.fail(`a ${kind}`);
    this.position++;
    return text;
  }

  private fail(expected: string): never {
    throw new Error(`expected ${expected}, found ${this.all.slice(this.position, this.position + 6).map(({ text }) => text).join(' ') || 'the end'}`);
  }
}
