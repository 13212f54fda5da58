import { type Duration, Reference, type ResourceEnvironment, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** Stands for a token in error messages, as the encoded token means nothing to a reader. */
export const A_TOKEN = 'a token';

/** An error that says which value is invalid, what is allowed, and what was received. */
export function invalidValueError(scope: IConstruct | undefined, name: string, allowed: string, received: unknown): Error {
  const where = scope ? `[${scope.node.path}] ` : '';
  return new Error(`${where}${name} must be ${allowed}, received ${describe(received)}`);
}

/** Whether the value is a Duration: JavaScript callers may pass anything. */
export function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | undefined | null)?.toSeconds === 'function';
}

export function isAction(value: unknown): value is IAlarmAction {
  return typeof (value as IAlarmAction | undefined | null)?.bind === 'function';
}

/** Throws unless the text can be the URL of a link. Tokens pass. */
export function checkUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^\S+$/, 'an address without spaces');
}

/** Throws unless the text can be the URL of a page, to which `#<section>` is appended. Tokens pass. */
export function checkPageUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^[^\s#]+$/, 'an address without spaces and "#"');
}

function checkText(scope: IConstruct, name: string, text: string, pattern: RegExp, allowed: string): void {
  if (!Token.isUnresolved(text) && !pattern.test(text)) {
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
    if (!Token.isUnresolved(expected) && !Token.isUnresolved(actual) && expected !== actual) {
      throw invalidValueError(scope, `${name}: the ${part} of ${resource.node.path}`, `the monitor's, ${expected}`, actual);
    }
  }
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
    throw invalidValueError(scope, name, `a whole number${unit} from ${minimum} to ${maximum}${reason}`, value);
  }
}

/**
 * A key that is equal for equal names. For a token it is the expression and the stacks that it refers to, as the
 * same expression means something else in another stack.
 */
export function identityOf(scope: IConstruct, name: string, exceptStack?: Stack): string {
  if (!Token.isUnresolved(name)) {
    return name;
  }
  const references = Tokenization.reverseString(name).tokens.filter((token): token is Reference => Reference.isReference(token));
  const stacks = references.map(({ target }) => Stack.of(target)).filter((stack) => stack !== exceptStack);
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

function describe(value: unknown): string {
  if (isDuration(value)) {
    return value.toHumanString();
  }
  if (value === A_TOKEN || Token.isUnresolved(value)) {
    return A_TOKEN;
  }
  if (typeof value === 'number') {
    return String(value); // JSON has no NaN
  }
  // Constructs have circular references.
  const replaceConstructs = (_: string, part: unknown) => Construct.isConstruct(part) ? `the construct ${part.node.path}` : part;
  return JSON.stringify(value, replaceConstructs) ?? `${typeof value}`;
}
