import { toUSVString } from 'node:util';

/** The maximum number of characters of a text from Athena. */
const MAX_TEXT_LENGTH = 256;

/** Cuts a long text, but not within a character. */
export function cut(text: string, maximum?: number): string;
export function cut(text: string | undefined, maximum?: number): string | undefined;
export function cut(text: string | undefined, maximum = MAX_TEXT_LENGTH): string | undefined {
  return text === undefined || text.length <= maximum ? text : [...text.slice(0, 2 * maximum)].slice(0, maximum).join('');
}

const REPLACEMENTS: { readonly [character: string]: string } = { '"': '\'', '\\': '/', '<': '‹', '>': '›' };

/** The text on one line, without control characters and others that change how text is shown. */
export function oneLine(text: string): string {
  return toUSVString(cut(text)).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');
}

/**
 * The text on one line, without characters that could break JSON or markup: EventBridge inserts it into templates as it is.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function plain(text: string): string {
  return oneLine(text).replace(/["\\<>]/g, (character) => REPLACEMENTS[character]!);
}

/** The text as code in Markdown, so that nothing in it is markup. */
export function code(text: string): string {
  return `\`${plain(text).replaceAll('`', '\'')}\``;
}

/** The address without characters that could break JSON, or a link in Markdown. */
export function plainUrl(url: string): string {
  const hex = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return toUSVString(url).replace(/[^!-~]|["\\<>()[\]`]/gu, (character) => [...Buffer.from(character)].map(hex).join(''));
}

/** JSON, with lone surrogates replaced: texts may contain them, and strict parsers reject their escapes. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part: unknown) => typeof part === 'string' ? toUSVString(part) : part, indent);
}

/** Such as `1 h 5 min`. Rounded down to the minute, unless it is shorter. */
export function duration(seconds: number): string {
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  const parts = [[Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']] as const;
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}
