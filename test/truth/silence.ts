import type { Evaluation } from './play';
import { type Alarm, clock, type Facts } from './promises';

/**
 * What the silence of quiet workgroups changes in the alarms beyond what is promised, each as a text. The same history is played without
 * zeros for quiet workgroups and with them. An alarm that is in ALARM with zeros is so without them in the same minute. It returns to OK
 * in the same minute, or later:
 *
 * - On a named workgroup at most `extraPeriods` × interval later, as CloudWatch replaces missing datapoints by older ones. Thus the alarm
 *   is also raised, as after missed runs, by a datapoint that becomes visible when it is older than the evaluation periods.
 * - On found workgroups, if the alarm keeps its state while its query finds nothing.
 */
export function changesBySilence(silent: Facts, withZeros: Facts): string[] {
  const minutes = inBoth(silent.played.evaluations, withZeros.played.evaluations);
  const sessionAlarms = silent.sessionAlarms.flatMap((alarm) => changesOf(alarm, silent, minutes));
  const otherAlarms = ['Heartbeat', 'Listing', 'Quota'].flatMap((key) => minutes
    .filter(({ inAlarm, expected }) => inAlarm.has(key) !== expected.has(key))
    .map(({ minute }) => `${key}: differs at ${clock(minute)} from that with zeros`));
  return [...sessionAlarms, ...otherAlarms];
}

function changesOf(alarm: Alarm, silent: Facts, minutes: readonly Minute[]): string[] {
  const { key, points, periods, olderPeriods } = alarm;
  const { interval } = silent.windows;
  const isFoundLate = (minute: number) => points.some(({ time, breachVisibleAt }) => (
    breachVisibleAt > time + periods * interval && breachVisibleAt <= minute && time >= minute - (periods + olderPeriods) * interval));
  let wasExpected = false;
  let heldSince: number | undefined;
  return minutes.flatMap(({ minute, inAlarm, expected }) => {
    const isExpected = expected.has(key);
    if (!inAlarm.has(key)) {
      heldSince = undefined;
    } else if (wasExpected && !isExpected) {
      heldSince = minute;
    }
    wasExpected = isExpected;
    if (inAlarm.has(key) === isExpected) {
      return [];
    }
    const isHeld = heldSince !== undefined && minute < heldSince + olderPeriods * interval;
    const isAllowed = !isExpected && (isHeld || isFoundLate(minute) || silent.keepsState(alarm, minute));
    return isAllowed ? [] : [`${key}: in ALARM at ${clock(minute)} only ${isExpected ? 'with' : 'without'} zeros for quiet workgroups`];
  });
}

/** The alarms in ALARM at a minute, and those that are so with zeros. */
interface Minute {
  readonly minute: number;
  readonly inAlarm: Evaluation['inAlarm'];
  readonly expected: Evaluation['inAlarm'];
}

/** The minutes at which either of the two monitors evaluated its alarms. Between them, alarms do not change. */
function inBoth(evaluations: readonly Evaluation[], withZeros: readonly Evaluation[]): Minute[] {
  const actual = new Map(evaluations.map(({ minute, inAlarm }) => [minute, inAlarm]));
  const expected = new Map(withZeros.map(({ minute, inAlarm }) => [minute, inAlarm]));
  let last: Omit<Minute, 'minute'> = { inAlarm: new Set(), expected: new Set() };
  return [...new Set([...actual.keys(), ...expected.keys()])].sort((a, b) => a - b).map((minute) => {
    last = { inAlarm: actual.get(minute) ?? last.inAlarm, expected: expected.get(minute) ?? last.expected };
    return { minute, ...last };
  });
}
