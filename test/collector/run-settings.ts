import type { Settings } from '../../src/collector/settings';

const MINUTE = 60_000;

/** The settings of a run in tests. */
export const SETTINGS: Settings = {
  metricNamespace: 'AthenaSessions',
  interval: 5 * MINUTE,
  lookback: 60 * MINUTE,
  maxSession: 24 * 60 * MINUTE,
  countTerminated: true,
  zerosWhenQuiet: true,
  maxRequestsPerSecond: 4,
  logSessionDetails: true,
  workGroups: ['analytics'],
  functionName: 'collector',
};
