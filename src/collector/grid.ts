import type { Instant, Milliseconds } from '../time';

/** The last grid time that is not after the instant. Intervals divide an hour, so the grid is the epoch's multiples. */
export function floorToGrid(instant: Instant, interval: Milliseconds): Instant {
  return Math.floor(instant / interval) * interval;
}

/** The grid time at which the window `(g - interval, g]` around the instant ends. */
export function windowOf(instant: Instant, interval: Milliseconds): Instant {
  return Math.ceil(instant / interval) * interval;
}
