import type { Instant, Milliseconds } from '../time';

/** The instant, rounded down to the grid: the multiples of the interval since the epoch. */
export function floorToGrid(instant: Instant, interval: Milliseconds): Instant {
  return Math.floor(instant / interval) * interval;
}

/** The grid time g at which the instant's window `(g - interval, g]` ends. */
export function windowOf(instant: Instant, interval: Milliseconds): Instant {
  return Math.ceil(instant / interval) * interval;
}
