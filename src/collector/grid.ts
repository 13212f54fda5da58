/** Milliseconds since the epoch. */
export type Instant = number;
/** Milliseconds. */
export type Milliseconds = number;

export const SECOND: Milliseconds = 1000;
export const MINUTE: Milliseconds = 60 * SECOND;
export const HOUR: Milliseconds = 60 * MINUTE;
export const DAY: Milliseconds = 24 * HOUR;

/** The last grid time that is not after the instant. Intervals divide an hour, so the grid is the epoch's multiples. */
export function floorToGrid(instant: Instant, interval: Milliseconds): Instant {
  return Math.floor(instant / interval) * interval;
}

/** The grid time at which the window `(g - interval, g]` around the instant ends. */
export function windowOf(instant: Instant, interval: Milliseconds): Instant {
  return Math.ceil(instant / interval) * interval;
}

/** Time that is not set back or ahead. */
export function monotonicTime(): Milliseconds {
  return performance.now();
}
