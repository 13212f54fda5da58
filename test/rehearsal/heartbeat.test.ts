import { Duration, Stack } from 'aws-cdk-lib';
import { CloudWatch, EMPTY_FILLS, type EmptyFill } from '../../rehearsal/cloudwatch';
import { AthenaSessionMonitor, WorkGroupSelection } from '../../src';
import { deployedStack } from '../support/deployed-stack';
import { INTERVALS, newApp } from '../support/synthesis';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MIDNIGHT = Date.parse('2026-03-10T00:00:00Z');

/** An ordinary run takes 20 s; its points are 3 minutes late. */
const ORDINARY = 20 * SECOND + 3 * MINUTE;
/** Delivered as late as can be; takes the whole time-out, 80 % of the interval and 15 minutes at most; and then its points are 3 minutes late, too. */
const slowest = (interval: number) => 59 * SECOND + Math.min(0.8 * interval, 15) * MINUTE + 3 * MINUTE;

/** An assumption on undocumented behaviour of CloudWatch. */
interface Variant {
  extraPeriods: number;
  emptyFill: EmptyFill;
}
const VARIANTS = [0, 2].flatMap(extraPeriods => EMPTY_FILLS.map((emptyFill): Variant => ({ extraPeriods, emptyFill })));

interface Story {
  interval: number;
  workGroups?: WorkGroupSelection;
  /** The alarm is created so long before the first tick. */
  head?: number;
  /** How many ticks there are, and which of them are missed. */
  ticks: number;
  missed?: readonly number[];
  /** From each tick to its point being visible. */
  delay: number;
  /** Workgroups that the runs list. */
  listed?: number;
}

/** When the heartbeat alarm changes its state, in minutes after the first tick; has to be the same in all variants. */
function changesOf({ interval, workGroups, head = MINUTE, ticks, missed = [], delay, listed = 1 }: Story): string[] {
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  new AthenaSessionMonitor(stack, 'Sessions', { interval: Duration.minutes(interval), workGroups, alarms: [], createDashboard: false });
  const { alarms, functions: [collector] } = deployedStack(stack);
  const heartbeat = alarms.filter(({ path }) => path === 'Stack/Sessions/Alarms/Heartbeat');
  const told = VARIANTS.map(variant => {
    const cloudWatch = new CloudWatch({ alarms: heartbeat, createdAt: MIDNIGHT - head, ...variant });
    for (let tick = 0; tick < ticks; tick++) {
      const timestamp = MIDNIGHT + tick * interval * MINUTE;
      if (!missed.includes(tick)) {
        const metric = { namespace: 'AthenaSessions', metricName: 'WorkGroupsMonitored', unit: 'Count', dimensions: { FunctionName: collector!.name } };
        cloudWatch.put(metric, { timestamp, value: listed, visibleAt: timestamp + delay });
      }
    }
    const end = MIDNIGHT + ticks * interval * MINUTE;
    const changes = [];
    for (let minute = MIDNIGHT - head; minute < end; minute += MINUTE) {
      changes.push(...cloudWatch.evaluate(minute).map(({ at, from, to }) => `${(at - MIDNIGHT) / MINUTE} ${from} > ${to}`));
    }
    return changes;
  });
  told.forEach(changes => expect(changes).toEqual(told[0]));
  return told[0]!;
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describe.each(INTERVALS)('the heartbeat alarm at an interval of %d minutes', (interval) => {
  const periods = Math.max(3, Math.ceil(10 / interval));
  /** It is OK from the end of its warm-up on. */
  const OK = `${(periods + 1) * interval - 1} INSUFFICIENT_DATA > OK`;

  test.each([
    ['a minute', MINUTE], ['an interval', interval * MINUTE],
  ])('the slowest possible runs, with datapoints 3 minutes late, never raise it; first run %s after the alarm was created', (_, head) => {
    const changes = changesOf({ interval, head, ticks: periods + 30, delay: slowest(interval) });
    expect(changes).toEqual([expect.stringMatching(/ INSUFFICIENT_DATA > OK$/)]);
  });

  test('it is raised when its periods have no datapoint, and cleared by the next datapoint', () => {
    const last = periods + 2;
    const gap = from(last + 1, periods + 3);
    const next = last + gap.length + 1;
    expect(changesOf({ interval, ticks: next + 6, missed: gap, delay: ORDINARY })).toEqual([
      OK, `${(last + periods) * interval + 1} OK > ALARM`, `${next * interval + 4} ALARM > OK`,
    ]);
  });

  test('one missed run does not raise it', () => {
    const missed = [periods + 2, periods + 5, periods + 7];
    expect(changesOf({ interval, ticks: periods + 12, missed, delay: ORDINARY })).toEqual([OK]);
  });

  test('two missed runs in a row raise it at most until the datapoint of the next run is visible', () => {
    const missed = [periods + 2, periods + 3];
    const next = periods + 4;
    const isThree = periods === 3;
    expect(changesOf({ interval, ticks: periods + 12, missed, delay: ORDINARY }))
      .toEqual([OK, ...isThree ? [`${next * interval + 1} OK > ALARM`, `${next * interval + 4} ALARM > OK`] : []]);
    expect(changesOf({ interval, ticks: periods + 12, missed, delay: MINUTE })).toEqual([OK]);
  });

  test('without any run, it is raised at the end of its warm-up', () => {
    expect(changesOf({ interval, ticks: periods + 12, missed: from(0, periods + 12), delay: 0 })).toEqual([OK.replace('OK', 'ALARM')]);
  });
});

test.each([
  ['all', 'OK', WorkGroupSelection.all()],
  ['matching', 'ALARM', WorkGroupSelection.matching('etl-*')],
  ['named', 'ALARM', WorkGroupSelection.named('etl')],
])('with a selection of %s workgroups, of which no run lists one, it is %s', (_, state, workGroups) => {
  expect(changesOf({ interval: 5, workGroups, ticks: 20, delay: ORDINARY, listed: 0 })).toEqual([`19 INSUFFICIENT_DATA > ${state}`]);
});
