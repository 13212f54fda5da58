/** Makes one value of all the values of a period. Never called without a value. */
export type Statistic = (values: number[]) => number;

const SIMPLE: { [name: string]: Statistic } = {
  Minimum: values => values.reduce((a, b) => (b < a ? b : a)),
  Maximum: values => values.reduce((a, b) => (b > a ? b : a)),
  Sum: values => values.reduce((a, b) => a + b),
  SampleCount: values => values.length,
  Average: values => values.reduce((a, b) => a + b) / values.length,
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
export function statisticNamed(name: unknown): Statistic {
  if (typeof name === 'string') {
    if (Object.prototype.hasOwnProperty.call(SIMPLE, name)) {
      return SIMPLE[name];
    }
    const percent = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(name);
    if (percent) {
      return values => percentile(values, Number(percent[1]));
    }
  }
  throw new Error(`statistic ${JSON.stringify(name)} is not simulated, only ${Object.keys(SIMPLE).join(', ')} and percentiles such as p90`);
}

/** CloudWatch does not publish how it interpolates; linear between the closest ranks is the usual way. */
function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  return below + (above - below) * (rank - Math.floor(rank));
}
