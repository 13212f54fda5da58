import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { CommandError } from './errors';
import { isWorkGroupName } from '../src/schema';

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

/** Options that several verbs have. */
interface CommonOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function checkCommon({ region, profile, json, quiet }: CommonOptions): void {
  check('--region', region, (text) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text), 'a region, such as eu-central-1');
  check('--profile', profile, (text) => text !== '', 'the name of a profile');
  if (json && quiet) {
    throw new CommandError('--json and --quiet cannot be combined: --quiet prints no result');
  }
}

/** The workgroups of `--work-group`, each once. */
export function workGroupNames(names: readonly string[] | undefined): string[] | undefined {
  names?.forEach((name) => check('--work-group', name, isWorkGroupName, 'the name of a workgroup: 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"'));
  return names && [...new Set(names)];
}

export const UNIT_SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A duration in seconds. */
export function duration(option: string, text: string | undefined, maximumHours: number): number | undefined {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,9})?)([smh])$/.exec(text ?? '') ?? [];
  const seconds = Number(number) * UNIT_SECONDS[unit ?? 's']!;
  check(option, text, () => seconds > 0 && seconds <= maximumHours * UNIT_SECONDS.h!, `a duration up to ${maximumHours}h, such as 30s or 10m`);
  return text === undefined ? undefined : seconds;
}
