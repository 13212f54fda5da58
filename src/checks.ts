import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** An error about a value: which one, what is allowed, what was received. */
export function badValue(scope: IConstruct | undefined, name: string, allowed: string, received: unknown): Error {
  const where = scope ? `[${scope.node.path}] ` : '';
  return new Error(`${where}${name} must be ${allowed}, received ${describe(received)}`);
}

/** The duration in seconds. Throws for a token: what depends on a duration here is decided at synthesis. */
export function knownSeconds(scope: IConstruct | undefined, name: string, duration: Duration): number {
  if (duration.isUnresolved()) {
    throw badValue(scope, name, 'a duration that is known at synthesis', 'a token');
  }
  return duration.toSeconds({ integral: false });
}

/** Throws unless the number is whole and within its bounds. Tokens are let through. */
export function checkWholeNumber(scope: IConstruct | undefined, name: string, value: number, least: number, most: number, unit = ''): void {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least && value <= most)) {
    throw badValue(scope, name, `a whole number${unit} from ${least} to ${most}`, value);
  }
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'toHumanString' in value) {
    return (value as Duration).toHumanString();
  }
  return typeof value === 'string' && value.startsWith('a token') ? value : JSON.stringify(value) ?? String(value);
}
