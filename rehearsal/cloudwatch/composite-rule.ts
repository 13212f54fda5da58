import type { AlarmState } from './alarm';

/** The rule of a composite alarm. */
export interface CompositeRule {
  /** The names or ARNs of the alarms that the rule refers to, each once. */
  alarms: string[];
  isTrue(stateOf: StateOf): boolean;
}

type StateOf = (alarm: string) => AlarmState;
type Condition = (stateOf: StateOf) => boolean;

interface Token {
  text: string;
  isQuoted: boolean;
  at: number;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MAX_LENGTH = 10_240;
const MAX_ALARMS = 100;
const STATES: readonly string[] = ['ALARM', 'OK', 'INSUFFICIENT_DATA'];

/**
 * Parses the rule of a composite alarm.
 *
 * NOT binds more tightly than AND, and AND more tightly than OR. AWS does not document this order; the rules that the CDK writes have
 * parentheses wherever it matters.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
 */
export function parseCompositeRule(text: string): CompositeRule {
  if (text.length > MAX_LENGTH) {
    throw new Error(`AlarmRule must have at most ${MAX_LENGTH} characters, got ${text.length}`);
  }
  const parser = new Parser(text);
  const condition = parser.parse();
  const alarms = [...parser.alarms];
  if (alarms.length > MAX_ALARMS) {
    throw new Error(`AlarmRule must refer to at most ${MAX_ALARMS} alarms, got ${alarms.length}`);
  }
  return { alarms, isTrue: condition };
}

class Parser {
  public readonly alarms = new Set<string>();
  private readonly tokens: Token[];
  private position = 0;

  public constructor(private readonly text: string) {
    this.tokens = tokensOf(text);
  }

  public parse(): Condition {
    const condition = this.or();
    if (this.position < this.tokens.length) {
      throw this.expected('AND, OR or the end');
    }
    return condition;
  }

  private or(): Condition {
    const operands = [this.and()];
    while (this.takeIf('OR')) {
      operands.push(this.and());
    }
    return stateOf => operands.some(operand => operand(stateOf));
  }

  private and(): Condition {
    const operands = [this.not()];
    while (this.takeIf('AND')) {
      operands.push(this.not());
    }
    return stateOf => operands.every(operand => operand(stateOf));
  }

  private not(): Condition {
    if (!this.takeIf('NOT')) {
      return this.operand();
    }
    const operand = this.not();
    return stateOf => !operand(stateOf);
  }

  private operand(): Condition {
    if (this.takeIf('(')) {
      const condition = this.or();
      this.take(')');
      return condition;
    }
    // AWS's own pages write FALSE, False and false.
    if (this.takeIf('TRUE', 'True', 'true')) {
      return () => true;
    }
    if (this.takeIf('FALSE', 'False', 'false')) {
      return () => false;
    }
    if (this.takeIf('AT_LEAST')) {
      return this.atLeast();
    }
    const state = this.takeState('ALARM(), OK(), INSUFFICIENT_DATA(), AT_LEAST(), TRUE, FALSE, NOT or "("');
    this.take('(');
    const alarm = this.takeAlarm();
    this.take(')');
    return stateOf => stateOf(alarm) === state;
  }

  /** `AT_LEAST(2, ALARM, (a, b, c))`, or `AT_LEAST(50%, NOT OK, (a, b, c))`. */
  private atLeast(): Condition {
    this.take('(');
    const [, number, percent] = /^(\d+)(%?)$/.exec(this.next()?.text ?? '') ?? [];
    if (number === undefined) {
      throw this.expected('a number or a percentage');
    }
    this.position += 1;
    this.take(',');
    const isNegated = this.takeIf('NOT');
    const state = this.takeState('ALARM, OK, INSUFFICIENT_DATA or NOT');
    this.take(',');
    this.take('(');
    const alarms = [this.takeAlarm()];
    while (this.takeIf(',')) {
      alarms.push(this.takeAlarm());
    }
    this.take(')');
    this.take(')');
    const least = percent ? Number(number) / 100 * alarms.length : Number(number);
    if (least <= 0 || least > alarms.length) {
      throw new Error(`AlarmRule: AT_LEAST must need 1 to ${alarms.length} of its ${alarms.length} alarms, or 1% to 100%, got ${number}${percent}`);
    }
    return stateOf => alarms.filter(alarm => (stateOf(alarm) === state) !== isNegated).length >= least;
  }

  private takeState(expected: string): string {
    const token = this.next();
    if (!token || token.isQuoted || !STATES.includes(token.text)) {
      throw this.expected(expected);
    }
    this.position += 1;
    return token.text;
  }

  private takeAlarm(): string {
    const token = this.next();
    if (!token || token.text === '' || (!token.isQuoted && /^[(),]$/.test(token.text))) {
      throw this.expected('the name or ARN of an alarm');
    }
    this.position += 1;
    this.alarms.add(token.text);
    return token.text;
  }

  private take(text: string): void {
    if (!this.takeIf(text)) {
      throw this.expected(`"${text}"`);
    }
  }

  private takeIf(...texts: string[]): boolean {
    const token = this.next();
    const isTaken = token !== undefined && !token.isQuoted && texts.includes(token.text);
    this.position += isTaken ? 1 : 0;
    return isTaken;
  }

  private next(): Token | undefined {
    return this.tokens[this.position];
  }

  private expected(what: string): Error {
    const token = this.next();
    return new Error(`AlarmRule must have ${what} at ${token ? `character ${token.at + 1}, got ${excerpt(this.text, token.at)}` : `its end: ${this.text}`}`);
  }
}

/** Brackets, commas, quoted names, and words. In a quoted name, `\"` is a quotation mark. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:([(),])|"((?:\\"|[^"])*)"|([^\s(),"]+)|(\S))/y;
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const [all, bracket, quoted, word, other] = pattern.exec(text)!;
    const at = pattern.lastIndex - all.trimStart().length;
    if (other !== undefined) {
      throw new Error(`AlarmRule has a quotation mark without its second one at character ${at + 1}: ${excerpt(text, at)}`);
    }
    tokens.push({ text: bracket ?? word ?? quoted!.replaceAll('\\"', '"'), isQuoted: quoted !== undefined, at });
  }
  return tokens;
}

function excerpt(text: string, at: number): string {
  return text.length - at > 40 ? `${text.slice(at, at + 39)}…` : text.slice(at);
}
