import { type History, type Setup, SETUPS } from './history';
import { type DeployedMonitor, monitorOf, holdForOf } from './monitor';
import { oldestStart, type Windows } from './oracle';
import { type Delivery, gridTime, intervalOf, MINUTE, PlayedAthena, SECOND, type Session, sessionsOf } from './world';
import { CloudWatch, type MetricSeries } from '../../rehearsal/cloudwatch';
import { run } from '../../src/collector/run';
import { isLate, readScheduledTime } from '../../src/collector/settings';

/** A run and what it called. */
export interface PlayedRun {
  readonly delivery: Delivery;
  /** Its grid time. */
  readonly time: number;
  readonly athena: PlayedAthena;
  readonly rejected: boolean;
  /** When the datapoints with this timestamp become visible: those of a workgroup, or the run metrics. */
  readonly visibleAt: (time: number, workGroup?: number) => number;
}

/** An alarm's id, and its workgroup if it has one: `Failed z-workgroup`, `Heartbeat`. */
export type AlarmKey = string;

/** The alarms' states after the evaluation at a minute. */
export interface Evaluation {
  readonly minute: number;
  readonly inAlarm: ReadonlySet<AlarmKey>;
  /** Ids of alarms on found workgroups that are in INSUFFICIENT_DATA. */
  readonly withoutData: ReadonlySet<string>;
}

export interface PlayOptions {
  /** Whether the monitor also writes zeros for quiet workgroups. */
  readonly zerosWhenQuiet?: boolean;
  /** Whether to evaluate alarms also at minutes at which nothing can change. */
  readonly everyMinute?: boolean;
}

export interface PlayedHistory {
  readonly history: History;
  readonly setup: Setup;
  readonly zerosWhenQuiet: boolean;
  readonly monitor: DeployedMonitor;
  readonly sessions: readonly Session[];
  readonly runs: readonly PlayedRun[];
  readonly createdAt: number;
  readonly evaluations: readonly Evaluation[];
  readonly series: readonly MetricSeries[];
}

/** Ids of the alarms on sessions of a workgroup. */
export const SESSION_ALARMS = ['Failed', 'Idle', 'Degraded', 'Old'];

/** How many periods a failure keeps its alarm in ALARM: by default 30 minutes, at least 3. */
export const holdForPeriods = (history: History, setup: Setup) => holdForOf(history, setup) ?? Math.max(3, Math.ceil(30 / history.interval));
/** The heartbeat alarm is raised after this many intervals without a visible run: three, and at least 10 minutes. */
export const heartbeatPeriods = ({ interval }: History) => Math.max(3, Math.ceil(10 / interval));
/** The heartbeat alarm's warm-up period, in intervals. */
export const warmUpPeriods = (history: History) => heartbeatPeriods(history) + 1;
/** The windows that each run recounts: by default an hour, at least 3, at least `holdFor`. */
export const lookbackPeriods = (history: History, setup: Setup) => (
  setup.lookback ?? Math.max(3, Math.ceil(60 / history.interval), holdForPeriods(history, setup)));

export const windowsOf = (history: History, setup: Setup): Windows => (
  { interval: intervalOf(history), lookback: lookbackPeriods(history, setup) * intervalOf(history) });

/** Plays a history: the collector's runs, one after another, then the alarms. */
export async function play(history: History, { zerosWhenQuiet = false, everyMinute = false }: PlayOptions = {}): Promise<PlayedHistory> {
  const setup = SETUPS[history.setup]!;
  const deployed = monitorOf(history);
  const monitor = { ...deployed, settings: { ...deployed.settings, zerosWhenQuiet } };
  const sessions = sessionsOf(history);
  const createdAt = gridTime(history, 0) - MINUTE;
  const { extraPeriods, emptyQuery, emptyFill } = history;
  const cloudWatch = new CloudWatch({ alarms: monitor.alarms, createdAt, extraPeriods, emptyQuery, emptyFill });
  const runs: PlayedRun[] = [];
  const visibilities = new Set<number>();
  for (const delivery of deliveriesOf(history)) {
    const { played, lines } = await playRun(history, setup, monitor, sessions, delivery, runs.length);
    runs.push(played);
    for (const line of lines) {
      const visibleAt = whenVisible(line, played);
      if (visibleAt !== undefined) {
        cloudWatch.ingest(line, visibleAt);
        visibilities.add(visibleAt);
      }
    }
  }
  const evaluations = evaluate(history, setup, cloudWatch, createdAt, visibilities, everyMinute);
  return { history, setup, zerosWhenQuiet, monitor, sessions, runs, createdAt, evaluations, series: cloudWatch.series() };
}

function deliveriesOf(history: History): Delivery[] {
  return history.ticks.flatMap(({ deliveries, manual }, tick) => [
    ...deliveries.map((seconds) => ({ tick, arrival: gridTime(history, tick) + seconds * SECOND, manual: false })),
    ...(manual === null ? [] : [{ tick, arrival: gridTime(history, tick) + manual * SECOND, manual: true }]),
  ]);
}

async function playRun(
  history: History, setup: Setup, { settings }: DeployedMonitor, sessions: readonly Session[], delivery: Delivery, number: number,
): Promise<{ played: PlayedRun; lines: string[] }> {
  const { arrival, tick, manual } = delivery;
  const longest = 0.8 * intervalOf(history);
  const callDuration = Math.ceil(history.load * longest / (5 * setup.workGroups));
  const oldest = oldestStart(gridTime(history, tick), windowsOf(history, setup), setup);
  const athena = new PlayedAthena(history, sessions, delivery, setup.workGroups, arrival, callDuration, arrival + longest, oldest);
  const lines: string[] = [];
  const event = manual ? {} : { scheduledTime: new Date(gridTime(history, tick)).toISOString() };
  const scheduledTime = readScheduledTime(event, arrival, settings.interval);
  const late = isLate(scheduledTime, arrival, settings.interval);
  const rejected = await run({ settings, scheduledTime, late, athena, write: (line) => lines.push(line) })
    .then(() => false, () => true);
  const visibleAt = (time: number, workGroup = setup.workGroups) => {
    const windows = Math.abs(gridTime(history, tick) - time) / intervalOf(history);
    return athena.time + history.delays[(number + 3 * workGroup + windows) % history.delays.length]! * SECOND;
  };
  return { played: { delivery, time: gridTime(history, tick), athena, rejected, visibleAt }, lines };
}

/** When the datapoints of a line become visible; undefined if it has none. */
function whenVisible(line: string, { visibleAt, athena }: PlayedRun): number | undefined {
  const time = /"Timestamp":(\d+)/.exec(line)?.[1];
  const name = /"WorkGroup":"([^"]+)"/.exec(line)?.[1];
  return time === undefined ? undefined : visibleAt(Number(time), name === undefined ? undefined : athena.listings.get(name)?.workGroup);
}

/**
 * Evaluates the alarms at each minute at which they may change: when a datapoint becomes visible; one minute after each grid time, when
 * datapoints move to the next period; and when the heartbeat alarm's warm-up ends. It ends when all datapoints are too old to be read.
 */
function evaluate(
  history: History, setup: Setup, cloudWatch: CloudWatch, createdAt: number, visibilities: ReadonlySet<number>, everyMinute: boolean,
): Evaluation[] {
  const interval = intervalOf(history);
  const last = gridTime(history, history.ticks.length - 1);
  const periods = Math.max(heartbeatPeriods(history), holdForPeriods(history, setup)) + history.extraPeriods;
  const end = Math.max(last, ...visibilities) + (periods + 1) * interval;
  const minutes = new Set([...visibilities].map((visibleAt) => Math.ceil(visibleAt / MINUTE) * MINUTE));
  minutes.add(createdAt + warmUpPeriods(history) * interval);
  for (let minute = createdAt + (everyMinute ? 0 : 2 * MINUTE); minute <= end; minute += everyMinute ? MINUTE : interval) {
    minutes.add(minute);
  }
  let inAlarm = new Set<AlarmKey>();
  let withoutData = new Set(history.selection === 'named' ? [] : SESSION_ALARMS);
  return [...minutes].sort((a, b) => a - b).map((minute) => {
    const transitions = cloudWatch.evaluate(minute);
    if (transitions.length > 0) {
      inAlarm = new Set(inAlarm);
      withoutData = new Set(withoutData);
    }
    for (const { alarm, contributor, to } of transitions) {
      const [, id = '', named] = /Sessions\/Alarms\/([A-Za-z0-9]+)(?:-(.+))?$/.exec(alarm.path!)!;
      const workGroup = named ?? contributor;
      if (contributor !== undefined) {
        withoutData.delete(id);
      }
      if (workGroup !== undefined) {
        inAlarm[to === 'ALARM' ? 'add' : 'delete'](`${id} ${workGroup}`);
      } else if (SESSION_ALARMS.includes(id)) { // an alarm on found workgroups also has one state per contributor
        withoutData[to === 'INSUFFICIENT_DATA' ? 'add' : 'delete'](id);
      } else {
        inAlarm[to === 'ALARM' ? 'add' : 'delete'](id);
      }
    }
    return { minute, inAlarm, withoutData };
  });
}
