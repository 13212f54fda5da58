import { type Duration, Reference, type ResourceEnvironment, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** Stands for a token in error messages, as the encoded token means nothing to a reader. */
export const A_TOKEN = 'a token';

/** An error that says which value is invalid, what is allowed, what was received, and what to do. */
export function invalidValueError(scope: IConstruct | undefined, name: string, allowed: string, received: unknown, cure?: string): Error {
  const where = scope ? `[${scope.node.path}] ` : '';
  return new Error(`${where}${name} must be ${allowed}, received ${describe(received)}${cure ? `; ${cure}` : ''}`);
}

/** Whether the value is a Duration: JavaScript callers may pass anything. */
export function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | undefined | null)?.toSeconds === 'function';
}

/** Functions and classes, which have a `bind` of JavaScript's, are no actions. */
export function isAction(value: unknown): value is IAlarmAction {
  return typeof value === 'object' && typeof (value as IAlarmAction | null)?.bind === 'function';
}

export const ACTION_LIST = 'a list of alarm actions, such as new SnsAction(topic)';

/** What to do if the value was probably meant as the name of a workgroup. */
export function cureForName(value: unknown): string | undefined {
  return typeof value === 'string' && value.includes('workgroup/') ? 'the name is the part after "workgroup/"' : undefined;
}

/** Throws unless the options are an object: JavaScript callers may pass null, or the value of an option. */
export function checkOptions(scope: IConstruct | undefined, owner: string, options: unknown, cure?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || isDuration(options)) {
    throw invalidValueError(scope, `options of ${owner}`, 'an object', options, cure);
  }
}

/** Throws unless the text can be the URL of a link. Tokens pass. */
export function checkUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^\S+$/, 'an address without spaces');
}

/** Throws unless the text can be the URL of a page, to which `#<section>` is appended. Tokens pass. */
export function checkPageUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^[^\s#]+$/, 'an address without spaces and "#"');
}

export function checkText(scope: IConstruct, name: string, text: string, pattern: RegExp, allowed: string): void {
  if (!Token.isUnresolved(text) && !(typeof text === 'string' && pattern.test(text))) {
    throw invalidValueError(scope, name, allowed, text);
  }
}

interface EnvironmentAware extends IConstruct {
  readonly env: ResourceEnvironment;
}

/** Throws if the resource is known to be in another account or region than the scope. */
export function checkEnvironment(scope: Construct, name: string, resource: EnvironmentAware, ...parts: ('account' | 'region')[]): void {
  for (const part of parts) {
    const [expected, actual] = [Stack.of(scope)[part], resource.env[part]];
    if (areDifferent(expected, actual)) {
      throw invalidValueError(scope, `${name}: the ${part} of ${resource.node.path}`, `the monitor's, ${expected}`, actual);
    }
  }
}

/** Whether both are known and not equal. */
export function areDifferent(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}

/** The duration in seconds. Throws for a token, as templates and settings are computed from the number at synthesis. */
export function knownSeconds(scope: IConstruct | undefined, name: string, duration: Duration): number {
  if (!isDuration(duration)) {
    throw invalidValueError(scope, name, 'a Duration, such as Duration.minutes(5)', duration);
  }
  if (duration.isUnresolved()) {
    throw invalidValueError(scope, name, 'a duration that is known at synthesis', A_TOKEN);
  }
  return duration.toSeconds({ integral: false });
}

/** Throws unless the number is whole and in the range. Tokens pass. */
export function checkWholeNumber(scope: IConstruct | undefined, name: string, value: number, minimum: number, maximum: number, unit = '', reason = ''): void {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= minimum && value <= maximum)) {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `, at least ${minimum}` : ` from ${minimum} to ${maximum}`;
    throw invalidValueError(scope, name, `a whole number${unit}${range}${reason}`, value);
  }
}

/**
 * A key that is equal for equal names. For a token it is the expression and the stacks that it is about, as the same expression means
 * something else in another stack.
 */
export function identityOf(scope: IConstruct, name: string, exceptStack?: Stack): string {
  if (!Token.isUnresolved(name)) {
    return name;
  }
  // A token that is no reference, such as the stack's name, is about the stack that it is used in.
  const stacks = Tokenization.reverseString(name).tokens
    .map((token) => Stack.of(Reference.isReference(token) ? token.target : scope))
    .filter((stack) => stack !== exceptStack);
  return [JSON.stringify(Stack.of(scope).resolve(name)), ...stacks.map(({ node }) => node.path)].join(' ');
}

/**
 * A key that is equal for equal workgroups. If the name is a reference to a workgroup of this app with a known name, the key is
 * that name.
 */
export function workGroupIdentity(scope: IConstruct, name: string): string {
  const fragments = Tokenization.reverseString(name);
  const token = fragments.length === 1 ? fragments.firstToken : undefined; // only if the token is the whole name
  const target = token && Reference.isReference(token) && token.displayName === 'Ref' ? token.target : undefined;
  return target instanceof CfnWorkGroup && !Token.isUnresolved(target.name) ? target.name : identityOf(scope, name);
}

const MAX_DESCRIPTION_LENGTH = 120;
const MAX_DEPTH = 3;

/** Never throws, whatever the value: JavaScript callers may pass anything. */
function describe(value: unknown): string {
  let text: string;
  try {
    text = textOf(value, 0);
  } catch {
    text = `a value of type ${typeof value}`; // such as an object whose getters throw errors
  }
  return text.length > MAX_DESCRIPTION_LENGTH ? `${text.slice(0, MAX_DESCRIPTION_LENGTH - 1)}…` : text;
}

/** Like JSON where the value is plain data. */
function textOf(value: unknown, depth: number): string {
  if (isDuration(value) && !value.isUnresolved()) {
    return value.toHumanString();
  }
  if (Construct.isConstruct(value)) { // before tokens, as a stack looks like one
    return `the construct ${value.node.path || value.constructor.name}`;
  }
  if (value === A_TOKEN || isDuration(value) || Token.isUnresolved(value)) {
    return A_TOKEN;
  }
  if (typeof value === 'function') {
    return `the function ${value.name}`.trimEnd();
  }
  if (value === null || typeof value !== 'object' || value instanceof RegExp) {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  const isList = Array.isArray(value);
  const { name } = value.constructor ?? Object;
  if (!isList && name !== 'Object') {
    return `an instance of ${name}`;
  }
  if (depth === MAX_DEPTH) { // also ends circular references
    return isList ? '[…]' : '{…}';
  }
  const parts = Object.entries(value).slice(0, MAX_DESCRIPTION_LENGTH)
    .map(([key, part]) => `${isList ? '' : `${JSON.stringify(key)}:`}${textOf(part, depth + 1)}`);
  return isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}
