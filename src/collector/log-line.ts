import { toUSVString } from 'node:util';

/** What a line of the log says, by name. */
export interface LogFields {
  readonly [name: string]: unknown;
}

/** Hosts may cut longer lines, and a metric on a line that is cut is lost. */
const MAX_LINE_BYTES = 60_000;
/** What a line may be made shorter by. */
const LISTS = ['sessions', 'workGroups'];

/** The fields as one line of JSON. If it is too long, elements are left out at the end of its list, and `<list>LeftOut` says how many. */
export function logLine(fields: LogFields): string {
  const line = toJson(fields);
  const name = LISTS.find((list) => Array.isArray(fields[list]));
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES || name === undefined) {
    return line;
  }
  const list = fields[name] as unknown[];
  const shortened = (length: number) => toJson({ ...fields, [name]: list.slice(0, length), [`${name}LeftOut`]: list.length - length });
  let bytes = Buffer.byteLength(shortened(0));
  const length = list.findIndex((element) => (bytes += Buffer.byteLength(`${toJson(element)},`)) > MAX_LINE_BYTES);
  return shortened(length);
}

/** Half a surrogate pair, which a text from elsewhere may hold, would become an escape that strict parsers refuse. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => typeof part === 'string' ? toUSVString(part) : part);
}
