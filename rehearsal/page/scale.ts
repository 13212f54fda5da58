/** Ticks at round values. */
export interface Scale {
  min: number;
  max: number;
  ticks: number[];
}

const MINUTE = 60_000;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7 * 1440].map(minutes => minutes * MINUTE);

/**
 * A scale for all values. It ends with a tick unless it has a bound.
 *
 * @param maxTicks the maximum number of ticks above the first
 */
export function valueScale(values: readonly number[], bounds: { min?: number; max?: number }, maxTicks: number): Scale {
  const low = bounds.min ?? values.reduce((a, b) => Math.min(a, b), bounds.max ?? Infinity);
  const least = Number.isFinite(low) ? low : 0;
  const high = bounds.max ?? values.reduce((a, b) => Math.max(a, b), least);
  const length = high > least ? high - least : 1;
  const isWhole = [least, ...values].every(Number.isInteger);
  const step = stepFor(length / maxTicks, isWhole);
  const first = Math.floor(least / step);
  const last = Math.ceil((least + length) / step - 1e-9);
  const min = bounds.min ?? first * step;
  const max = bounds.max !== undefined && bounds.max > min ? bounds.max : last * step;
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step, step));
  return { min, max: rounded(max, step), ticks: ticks.filter(tick => tick >= min - step * 1e-9 && tick <= max + step * 1e-9) };
}

/** Whole minutes, hours or days in UTC. */
export function timeScale(from: number, to: number, maxTicks: number): Scale {
  const step = TIME_STEPS.find(candidate => (to - from) / candidate <= maxTicks) ?? TIME_STEPS[TIME_STEPS.length - 1]!;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
    ticks.push(tick);
  }
  return { min: from, max: to, ticks };
}

/** 1, 2 or 5, times a power of ten. */
function stepFor(least: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= least * (1 - 1e-9))!;
  return isWhole ? Math.max(1, step) : step;
}

/** Without floating-point errors. */
function rounded(value: number, step: number): number {
  const digits = Math.max(0, Math.min(15, 1 - Math.floor(Math.log10(step))));
  return Number(value.toFixed(digits));
}
