import { toJson } from './text';

/** The fields of a log line. */
export interface LogFields {
  readonly [name: string]: unknown;
}

/** A longer line may be split in the log, and its metrics would be lost. */
const MAX_LINE_BYTES = 60_000;
/** Fields that can be truncated. */
const TRUNCATABLE_LISTS = ['sessions', 'workGroups'];

/** The fields as one line of JSON. If it is too long, its list is truncated, and `<list>LeftOut` is the number of omitted elements. */
export function logLine(fields: LogFields): string {
  const line = toJson(fields);
  const name = TRUNCATABLE_LISTS.find((list) => Array.isArray(fields[list]));
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES || name === undefined) {
    return line;
  }
  const list = fields[name] as unknown[];
  const truncated = (length: number) => toJson({ ...fields, [name]: list.slice(0, length), [`${name}LeftOut`]: list.length - length });
  let bytes = Buffer.byteLength(truncated(0));
  const length = list.findIndex((element) => (bytes += Buffer.byteLength(`${toJson(element)},`)) > MAX_LINE_BYTES);
  return truncated(length);
}
