import type { BusEvent } from './index';
import { BrokenMessageError } from '../sns';

/**
 * What a rule sends to a target: the event, unless one of these is given.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export interface TargetInput {
  /** Sent as it is. */
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: { readonly [variable: string]: string }; readonly InputTemplate: string };
}

export interface TargetContext {
  readonly ruleName: string;
  readonly ruleArn: string;
  /** When the event arrived. */
  readonly at: number;
}

/** The text that a target gets for an event. Throws a BrokenMessageError if that is empty, or not the JSON that its template promises. */
export function targetInput(target: TargetInput, event: BusEvent, context: TargetContext): string {
  const { Input: input, InputPath: path, InputTransformer: transformer } = target;
  if (input !== undefined) {
    return input;
  }
  if (transformer) {
    return transform(transformer, event, context);
  }
  const value = valueAt(path ?? '$', event);
  if (value === undefined) {
    throw new BrokenMessageError(`the event has nothing at ${path}`);
  }
  return JSON.stringify(value);
}

/**
 * Fills a template. Values are inserted as they are: EventBridge does not escape them. A variable whose path is not in the
 * event does not appear in the output.
 */
function transform(transformer: NonNullable<TargetInput['InputTransformer']>, event: BusEvent, context: TargetContext): string {
  const { InputPathsMap: paths = {}, InputTemplate: template } = transformer;
  const variables = new Map<string, unknown>([
    ...Object.entries(paths).map(([name, path]): [string, unknown] => [name, valueAt(path, event)]),
    ...Object.entries(predefined(event, context)),
  ]);
  const isJson = /^\s*[{[]/.test(template);
  let isInString = false;
  const filled = template.replace(/\\.|"|<([^<>]+)>/gs, (part, name: string | undefined) => {
    if (name !== undefined && variables.has(name)) {
      return inserted(variables.get(name), isJson && !isInString);
    }
    isInString = part === '"' ? !isInString : isInString;
    return part;
  });
  if (!isJson) {
    return filled;
  }
  try {
    return JSON.stringify(JSON.parse(filled));
  } catch {
    throw new BrokenMessageError(`the template should make JSON, but EventBridge escapes nothing that it inserts, and the result is ${filled}`);
  }
}

/** Within a string, objects and lists lose their quotes. As a value, a string is put in quotes. */
function inserted(value: unknown, isValue: boolean): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value === 'string') {
    return isValue ? `"${value}"` : value;
  }
  return isValue ? JSON.stringify(value) : JSON.stringify(value).replaceAll('"', '');
}

function predefined(event: BusEvent, { ruleName, ruleArn, at }: TargetContext): { [name: string]: unknown } {
  const { detail, ...envelope } = event;
  return {
    'aws.events.rule-name': ruleName,
    'aws.events.rule-arn': ruleArn,
    'aws.events.event.ingestion-time': new Date(at).toISOString(),
    'aws.events.event': envelope,
    'aws.events.event.json': { ...envelope, detail },
  };
}

/** The value at a JSON path in dot notation, with indexes and wildcards. */
function valueAt(path: string, event: BusEvent): unknown {
  const steps = /^\$((?:\.[\w/-]+|\.\*|\[(?:\d+|\*)\])*)$/.exec(path)?.[1]!.match(/[\w/-]+|\*/g);
  if (!steps && path !== '$') {
    throw new Error(`the JSON path ${path} is not simulated`);
  }
  let values: unknown[] = [event];
  for (const step of steps ?? []) {
    values = values.flatMap(value => {
      const fields: { [name: string]: unknown } = Object(value);
      return step === '*' ? Object.values(fields) : Object.hasOwn(fields, step) ? [fields[step]] : [];
    });
  }
  return steps?.includes('*') ? values : values[0];
}
