import { type Duration, Reference, type ResourceEnvironment, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** What is said to have been received in place of a token, which would tell nobody anything. */
export const A_TOKEN = 'a token';

/** An error about a value: which one, what is allowed, what was received. */
export function invalidValueError(scope: IConstruct | undefined, name: string, allowed: string, received: unknown): Error {
  const where = scope ? `[${scope.node.path}] ` : '';
  return new Error(`${where}${name} must be ${allowed}, received ${describe(received)}`);
}

/** Whether it is a duration, as callers without a compiler may pass anything. */
export function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | undefined | null)?.toSeconds === 'function';
}

/** Whether it is something that alarms can do. */
export function isAction(value: unknown): value is IAlarmAction {
  return typeof (value as IAlarmAction | undefined | null)?.bind === 'function';
}

/** Throws unless the text can be the address that a link leads to. Tokens are let through. */
export function checkUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^\S+$/, 'an address without spaces');
}

/** Throws unless the text can be the address of a page, to which sections are appended. Tokens are let through. */
export function checkPageUrl(scope: IConstruct, name: string, address: string): void {
  checkText(scope, name, address, /^[^\s#]+$/, 'an address without spaces and "#"');
}

function checkText(scope: IConstruct, name: string, text: string, pattern: RegExp, allowed: string): void {
  if (!Token.isUnresolved(text) && !pattern.test(text)) {
    throw invalidValueError(scope, name, allowed, text);
  }
}

/** Something that is in an account and a region, or was imported from there. */
interface EnvironmentAware extends IConstruct {
  readonly env: ResourceEnvironment;
}

/** Throws if it is known to be in another account or region than the scope. */
export function checkEnvironment(scope: Construct, name: string, resource: EnvironmentAware, ...parts: ('account' | 'region')[]): void {
  for (const part of parts) {
    const [theirs, ours] = [resource.env[part], Stack.of(scope)[part]];
    if (!Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours) {
      throw invalidValueError(scope, `${name}: the ${part} of ${resource.node.path}`, `the monitor's, ${ours}`, theirs);
    }
  }
}

/** The duration in seconds. Throws for a token: what depends on a duration here is decided at synthesis. */
export function knownSeconds(scope: IConstruct | undefined, name: string, duration: Duration): number {
  if (!isDuration(duration)) {
    throw invalidValueError(scope, name, 'a Duration, such as Duration.minutes(5)', duration);
  }
  if (duration.isUnresolved()) {
    throw invalidValueError(scope, name, 'a duration that is known at synthesis', A_TOKEN);
  }
  return duration.toSeconds({ integral: false });
}

/** Throws unless the number is whole and within its bounds. Tokens are let through. */
export function checkWholeNumber(scope: IConstruct | undefined, name: string, value: number, least: number, most: number, unit = '', why = ''): void {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw invalidValueError(scope, name, `a whole number${unit} from ${least} to ${most}${why}`, value);
  }
}

/**
 * What tells a name from others: itself, or for a token its expression and the stacks whose parts it refers to, as the
 * same expression means another thing in another stack.
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
 * What tells a workgroup from others: its name, where that is known or can be read off the workgroup of this app that a
 * token refers to.
 */
export function workGroupIdentity(scope: IConstruct, name: string): string {
  const fragments = Tokenization.reverseString(name);
  const token = fragments.length === 1 ? fragments.firstToken : undefined; // the whole name, not a part of it
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
    return String(value); // of NaN there is no JSON
  }
  // Constructs refer to each other in circles.
  const withoutCircles = (_: string, part: unknown) => Construct.isConstruct(part) ? `the construct ${part.node.path}` : part;
  return JSON.stringify(value, withoutCircles) ?? `${typeof value}`;
}
