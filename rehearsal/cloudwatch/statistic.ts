/** Computes the value of a period from all values in it. Never called without a value. */
export type Statistic = (values: number[]) => number;

const STATISTICS: { [name: string]: Statistic } = {
  Minimum: values => values.reduce((a, b) => (b < a ? b : a)),
  Maximum: values => values.reduce((a, b) => (b > a ? b : a)),
  Sum: values => values.reduce((a, b) => a + b),
  SampleCount: values => values.length,
  Average: values => values.reduce((a, b) => a + b) / values.length,
};

export function statisticNamed(name: unknown): Statistic {
  if (!Object.hasOwn(STATISTICS, String(name))) {
    throw new Error(`statistic ${JSON.stringify(name)} is not simulated, only ${Object.keys(STATISTICS).join(', ')}`);
  }
  return STATISTICS[String(name)]!;
}
