/** Milliseconds since the epoch. */
export type Instant = number;
/** Milliseconds. */
export type Milliseconds = number;

export const SECOND: Milliseconds = 1000;
export const MINUTE: Milliseconds = 60 * SECOND;
export const HOUR: Milliseconds = 60 * MINUTE;
export const DAY: Milliseconds = 24 * HOUR;

/** Whole seconds, never negative. */
export function secondsBetween(from: Instant, to: Instant): number;
export function secondsBetween(from: Instant | undefined, to: Instant | undefined): number | undefined;
export function secondsBetween(from: Instant | undefined, to: Instant | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.floor(Math.max(0, to - from) / SECOND);
}
