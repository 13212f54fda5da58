import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { CommandError } from './errors';

/** Reads the options of a verb that has no other arguments. */
export function parseOptions<Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  return parseArguments(args, options, false).values;
}

/** Reads the options of a verb, and its other arguments. */
export function parseArguments<Options extends ParseArgsOptionsConfig>(args: string[], options: Options, allowPositionals = true) {
  try {
    return parseArgs({ args, options, allowPositionals });
  } catch (error) {
    throw new CommandError(`${(error as Error).message.split(/\.?\n|\. To specify/)[0]}; see --help`);
  }
}

/** @param allowed such as `a whole number` */
export function check(option: string, value: string | undefined, isAllowed: (text: string) => boolean, allowed: string): void {
  if (value !== undefined && !isAllowed(value)) {
    throw new CommandError(`${option} must be ${allowed}, received ${JSON.stringify(value)}`);
  }
}

export function wholeNumber(option: string, text: string | undefined): number | undefined {
  check(option, text, (value) => /^\d{1,9}$/.test(value) && Number(value) >= 1, 'a whole number, at least 1');
  return text === undefined ? undefined : Number(text);
}

export function positiveNumber(option: string, text: string | undefined): number | undefined {
  check(option, text, (value) => /^\d{0,9}\.?\d{1,9}$/.test(value) && Number(value) > 0, 'a number above 0');
  return text === undefined ? undefined : Number(text);
}
