import { LIVE_STATES, VANISHED } from './history';
import { type Figure, figuresOf, isComplete, isQuiet, nameOf, sparkConnectOf, stampOf, unknownOf, type Windows } from './oracle';
import { type AlarmKey, heartbeatPeriods, holdForPeriods, type PlayedHistory, type PlayedRun, warmUpPeriods, windowsOf } from './play';
import { endOf, gridTime, isLate, type Listing, MINUTE, SECOND, type Session, workGroupName } from './world';
import type { AthenaError } from '../../src/athena/calls';

/** The evaluation periods of alarms on live states and of the listing alarm. */
const EVALUATION_PERIODS = 3;

/** A datapoint that an alarm reads. It may breach later than it becomes visible, because of another run. */
interface Point {
  readonly time: number;
  readonly visibleAt: number;
  readonly breachVisibleAt: number;
}

/** The alarms on sessions of a workgroup: all in ALARM for `periods` after a datapoint at the threshold. */
interface AlarmKind {
  readonly id: string;
  readonly metric: string;
  readonly threshold: number;
  readonly periods: number;
}

export interface Alarm {
  readonly id: string;
  readonly key: AlarmKey;
  readonly workGroup?: number;
  readonly points: readonly Point[];
  readonly periods: number;
  /** How many older periods CloudWatch reads if datapoints are missing. */
  readonly olderPeriods: number;
}

/** The promises to users that a played history breaks, each as a text. */
export function brokenPromises(facts: Facts): string[] {
  return [
    ...listingsAreComplete(facts),
    ...allSessionsAreListed(facts),
    ...everyWorkGroupIsListedInTurn(facts),
    ...failuresAreFoundInTurn(facts),
    ...runsFailIfNothingIsListed(facts),
    ...metricsAreCorrect(facts),
    ...failuresAreCounted(facts),
    ...failuresAreAlarmed(facts),
    ...alarmStatesAreCorrect(facts),
    ...queriesFindSeries(facts),
    ...missingDataRaisesHealthAlarms(facts),
    ...healthAlarmStatesAreCorrect(facts),
  ];
}

/** What the promises have in common. */
export class Facts {
  public readonly windows: Windows;
  public readonly found: boolean;
  public readonly kinds: readonly AlarmKind[];
  public readonly sessionAlarms: readonly Alarm[];
  /** Complete listings, by workgroup, with the metrics that are written: none for a quiet workgroup. */
  public readonly complete: { readonly run: PlayedRun; readonly listing: Listing; readonly figures: Figure[] }[][];
  /** Whether a workgroup is silent after a datapoint that may breach. Otherwise, zeros for quiet workgroups cannot change an alarm. */
  public readonly silenceMatters: boolean;

  /** The written datapoints, by metric and workgroup: values by timestamp. */
  private readonly writtenPoints: ReadonlyMap<string, ReadonlyMap<number, number>>;

  public constructor(public readonly played: PlayedHistory) {
    const { history, setup, runs, series } = played;
    this.windows = windowsOf(history, setup);
    this.found = history.selection !== 'named';
    this.kinds = [
      { id: 'Failed', metric: 'FailedSessions', threshold: setup.failedThreshold, periods: holdForPeriods(history, setup) },
      { id: 'Idle', metric: 'IdleTime', threshold: setup.idleLongerThan * this.windows.interval / SECOND, periods: EVALUATION_PERIODS },
      { id: 'Degraded', metric: 'DegradedSessions', threshold: 1, periods: EVALUATION_PERIODS },
      { id: 'Old', metric: 'SessionAge', threshold: setup.olderThan * this.windows.interval / SECOND, periods: EVALUATION_PERIODS },
    ];
    this.writtenPoints = new Map(series.map(({ metricName, dimensions, points }) => (
      [`${metricName} ${dimensions.WorkGroup}`, new Map(points.map(({ timestamp, maximum }) => [timestamp, maximum]))])));
    this.complete = Array.from({ length: setup.workGroups }, () => []);
    for (const run of runs) {
      const monitored = this.monitored(run);
      const writing = this.writing(run, monitored);
      for (const listing of monitored) {
        const figures = writing.has(listing) ? figuresOf(listing, run.time, this.windows, setup) : [];
        this.complete[listing.workGroup]!.push({ run, listing, figures });
      }
    }
    const olderPeriods = this.found ? 0 : history.extraPeriods;
    this.sessionAlarms = this.complete.flatMap((_, workGroup) => this.kinds.map((kind) => (
      { ...kind, key: `${kind.id} ${workGroupName(workGroup)}`, workGroup, points: this.points(kind, workGroup), olderPeriods })));
    const dependent = this.found && history.emptyQuery === 'unchanged' ? [this.complete.flat()] : this.complete;
    this.silenceMatters = dependent.some((listings) => {
      const firstSession = Math.min(...listings.flatMap(({ figures }) => figures.filter(({ value }) => value > 0).map(({ time }) => time)));
      return listings.some(({ run, figures }) => figures.length === 0 && run.time > firstSession);
    });
  }

  /** Those of the complete listings whose metrics are written: of found workgroups at least one, the first by name. */
  private writing({ time }: PlayedRun, monitored: readonly Listing[]): Set<Listing> {
    const { setup, zerosWhenQuiet } = this.played;
    const writing = monitored.filter((listing) => zerosWhenQuiet || !isQuiet(listing, time, this.windows, setup));
    const names = monitored.map(({ workGroup }) => workGroupName(workGroup)).sort();
    return new Set(writing.length > 0 || !this.found ? writing : monitored.filter(({ workGroup }) => workGroupName(workGroup) === names[0]));
  }

  public written(metricName: string, workGroup: string): ReadonlyMap<number, number> {
    return this.writtenPoints.get(`${metricName} ${workGroup}`) ?? new Map();
  }

  /** Whether the query of an alarm on found workgroups finds a series. */
  public findsSeries(id: string, minute: number): boolean {
    const { metric, periods } = this.kinds.find((kind) => kind.id === id)!;
    return this.played.series.filter(({ metricName, dimensions }) => metricName === metric && dimensions.WorkGroup !== undefined)
      .some(({ points }) => points.some(({ timestamp, visibleAt }) => (
        timestamp < minute && timestamp >= minute - periods * this.windows.interval && visibleAt <= minute)));
  }

  /** Whether an alarm on found workgroups keeps its state, in ALARM or not, as its query finds nothing. */
  public keepsState({ id, workGroup }: Alarm, minute: number): boolean {
    return this.found && workGroup !== undefined && this.played.history.emptyQuery === 'unchanged' && !this.findsSeries(id, minute);
  }

  /** The datapoints that an alarm reads, by timestamp. */
  private points({ metric, threshold }: AlarmKind, workGroup: number): Point[] {
    return pointsOf(this.complete[workGroup]!.flatMap(({ run, figures }) => figures.filter((figure) => figure.metric === metric)
      .map(({ time, value }) => ({ time, visibleAt: run.visibleAt(time, workGroup), breaches: value >= threshold }))));
  }

  /** The datapoints that the quota alarm reads: of the runs that listed all workgroups. */
  public quotaPoints(): Point[] {
    return pointsOf(this.played.runs.flatMap((run) => {
      const sessions = this.sparkConnectSessions(run);
      const breaches = sessions !== undefined && sessions > this.played.setup.dpuQuota - 2;
      return sessions === undefined ? [] : [{ time: run.time, visibleAt: run.visibleAt(run.time), breaches }];
    }));
  }

  /** The live sessions that share the quota of Spark 3.5. Undefined where a part of them is not known. */
  public sparkConnectSessions(run: PlayedRun): number | undefined {
    // A deleted workgroup has no sessions, a disabled one may.
    const isPartial = [...run.athena.listings.values()].some((listing) => listing.refusal === 'invalid request' && this.isSkipped(listing));
    const isKnown = !isLate(this.played.history, run.delivery) && !run.athena.searchFailed && this.failed(run) === 0 && !isPartial;
    return isKnown ? this.monitored(run).reduce((sum, { shown }) => sum + sparkConnectOf(shown), 0) : undefined;
  }

  /** The datapoints of the runs whose search finished. */
  public runPoints(breaches: (run: PlayedRun) => boolean): Point[] {
    return pointsOf(this.played.runs.filter(({ athena }) => !athena.searchFailed)
      .map((run) => ({ time: run.time, visibleAt: run.visibleAt(run.time), breaches: breaches(run) })));
  }

  /** Whether the workgroup was skipped: found, but deleted since, or disabled. */
  public isSkipped({ refusal, workGroup }: Listing): boolean {
    const kinds: AthenaError['kind'][] = ['not found', ...(this.played.history.disabled.includes(workGroup) ? ['invalid request' as const] : [])];
    return this.found && refusal !== undefined && kinds.includes(refusal);
  }

  public listed({ athena }: PlayedRun): number[] {
    return this.found ? athena.found : Array.from({ length: this.played.setup.workGroups }, (_, workGroup) => workGroup);
  }

  public monitored({ athena }: PlayedRun): Listing[] {
    return [...athena.listings.values()].filter((listing) => isComplete(listing, this.played.setup));
  }

  /** How many workgroups were neither listed nor skipped. */
  public failed(run: PlayedRun): number {
    const skipped = [...run.athena.listings.values()].filter((listing) => this.isSkipped(listing));
    return this.listed(run).length - this.monitored(run).length - skipped.length;
  }
}

/** A listing without failed calls is complete, and there are no unnecessary calls. */
function listingsAreComplete({ played: { runs, setup, history } }: Facts): string[] {
  return runs.flatMap(({ athena, delivery }) => [
    ...[...athena.listings].filter(([, listing]) => !listing.refusal && !isComplete(listing, setup))
      .map(([name]) => `run of tick ${delivery.tick}: the listing of ${name} is not complete though nothing failed`),
    ...athena.unnecessary.map((what) => `run of tick ${delivery.tick}: unnecessary call for ${what}`),
    ...(history.selection === 'named' && athena.listings.size < setup.workGroups ? [`run of tick ${delivery.tick}: a workgroup was not tried`] : []),
  ]);
}

/** The order of the listings, so that a session that changes to a later state is listed. */
const LISTED_IN_ORDER = ['DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];
const ENDED_STATES = LISTED_IN_ORDER.slice(2);

/** A session that exists from the first answer of a complete listing to the last one, and only changes to later states, is listed. */
function allSessionsAreListed({ complete, played: { sessions, setup } }: Facts): string[] {
  return complete.flatMap((listings, workGroup) => listings.flatMap(({ listing, run: { time, athena } }) => (
    sessions.filter((session) => session.workGroup === workGroup).filter(({ id, changes }) => {
      const { from, to, shown, late } = listing;
      const before = changes.filter(({ at }) => at <= from!).at(-1);
      const states = changes.filter((change) => change === before || (change.at > from! && change.at <= to!)).map(({ state }) => state);
      const places = states.map((state) => LISTED_IN_ORDER.indexOf(state));
      const isMonotonic = places.every((place, index) => index === 0 || place >= places[index - 1]!);
      const isListed = (setup.countTerminated || states.at(-1) !== 'TERMINATED')
        && (!late || ENDED_STATES.includes(states[0]!)) && !states.includes(VANISHED);
      const isTooOld = places[0]! >= LISTED_IN_ORDER.indexOf('FAILED') && changes[0]!.at < athena.oldestStart;
      return before && isMonotonic && isListed && !isTooOld && !shown.some((listed) => listed.id === id);
    }).map(({ id }) => `run at ${clock(time)}: ${id} of ${workGroupName(workGroup)} was not listed`))));
}

/** The maximum number of runs that a workgroup waits, and that many consecutive runs, by the tick of the first one. */
interface Turns {
  readonly longestWait: number;
  readonly runsFrom: (tick: number) => readonly PlayedRun[] | undefined;
}

/** Undefined unless each run lists some of the workgroups, and calls fail only at the deadline. */
function turnsOf(facts: Facts): Turns | undefined {
  const { found, played: { runs, setup, history } } = facts;
  if (!found || setup.capacity === undefined || history.pageSize < 100) {
    return undefined;
  }
  const withoutFaults = runs.filter(({ athena, delivery }) => !delivery.manual && !athena.searchFailed
    && [...athena.listings.values()].every(({ refusal }) => refusal === undefined || refusal === 'deadline'));
  const listed = Math.min(...withoutFaults.map((run) => facts.monitored(run).length));
  const longestWait = 2 * Math.ceil(setup.workGroups / listed) + 1;
  return withoutFaults.length === 0 || listed === 0 ? undefined : {
    longestWait,
    runsFrom: (first) => {
      const consecutive = withoutFaults.filter(({ delivery: { tick } }) => tick >= first && tick < first + longestWait);
      return new Set(consecutive.map(({ delivery }) => delivery.tick)).size === longestWait ? consecutive : undefined;
    },
  };
}

/** No found workgroup waits longer than 2 × ⌈found ÷ listed⌉ + 1 runs if every run lists at least `listed` of them. */
function everyWorkGroupIsListedInTurn(facts: Facts): string[] {
  const turns = turnsOf(facts);
  return !turns ? [] : facts.played.history.ticks.flatMap((_, first) => {
    const runs = turns.runsFrom(first);
    const left = [...facts.complete.keys()].filter((workGroup) => runs && !facts.complete[workGroup]!.some(({ run }) => runs.includes(run)));
    return left.length > 0 ? [`ticks from ${first} on: ${left.length} workgroups were not listed, such as ${workGroupName(left[0]!)}`] : [];
  });
}

/**
 * So if the lookback has at least as many intervals as a workgroup may wait, every failure is counted. Its alarm is in ALARM when the
 * datapoints of these runs are visible, if that is at most `holdFor` after its window.
 */
function failuresAreFoundInTurn(facts: Facts): string[] {
  const { windows, played: { history, setup, sessions, evaluations } } = facts;
  const turns = turnsOf(facts);
  if (!turns || turns.longestWait * windows.interval > windows.lookback) {
    return [];
  }
  return sessions.filter((session) => endOf(session)?.state === 'FAILED' && isDated(session)).flatMap((session) => {
    const stamp = stampOf(endOf(session)!.at, windows);
    const runs = turns.runsFrom((stamp - gridTime(history, 0)) / windows.interval);
    if (!runs) {
      return [];
    }
    const name = workGroupName(session.workGroup);
    const seenBy = Math.ceil(Math.max(...runs.map((run) => run.visibleAt(stamp, session.workGroup))) / MINUTE) * MINUTE;
    const isInTime = seenBy <= stamp + holdForPeriods(history, setup) * windows.interval;
    const isAlarmed = evaluations.some(({ minute, inAlarm }) => minute > stamp && minute <= seenBy && inAlarm.has(`Failed ${name}`));
    return [
      ...(facts.written('FailedSessions', name).get(stamp) ? [] : [`FailedSessions of ${name}: ${session.id} is not counted`]),
      ...(isInTime && !isAlarmed ? [`Failed ${name}: not in ALARM by ${clock(seenBy)} for ${clock(stamp)}`] : []),
    ];
  });
}

/** A run fails if none of its workgroups is listed, or if the search does not finish. */
function runsFailIfNothingIsListed(facts: Facts): string[] {
  return facts.played.runs.flatMap((run) => {
    const shouldFail = run.athena.searchFailed || (facts.failed(run) > 0 && facts.monitored(run).length === 0);
    return run.rejected === shouldFail ? [] : [`run of tick ${run.delivery.tick}: it ${run.rejected ? 'fails' : 'does not fail'}`];
  });
}

/** The datapoints are exactly the expected ones. */
function metricsAreCorrect(facts: Facts): string[] {
  const { played: { runs, series, monitor } } = facts;
  const keyOf = (metric: string, dimension: string, time: number) => `${metric} of ${dimension} at ${time}`;
  const expected = new Map<string, number>();
  const add = (metric: string, dimension: string, time: number, value: number) => {
    const key = keyOf(metric, dimension, time);
    expected.set(key, Math.max(expected.get(key) ?? 0, value));
  };
  facts.complete.forEach((listings, workGroup) => listings.forEach(({ figures }) => (
    figures.forEach(({ metric, time, value }) => add(metric, workGroupName(workGroup), time, value)))));
  for (const run of runs) {
    const ofRun = (metric: string, value: number) => add(metric, monitor.settings.functionName, run.time, value);
    if (!run.athena.searchFailed) {
      ofRun('WorkGroupsMonitored', facts.monitored(run).length);
      ofRun('WorkGroupsNotListed', facts.failed(run));
    }
    const sparkConnectSessions = facts.sparkConnectSessions(run);
    if (sparkConnectSessions !== undefined) {
      ofRun('LiveSparkConnectSessions', sparkConnectSessions);
    }
    liveTotals(facts, run).forEach(([metric, total]) => ofRun(metric, total));
    ofRun('UnknownSessions', facts.monitored(run).reduce((sum, { shown }) => sum + unknownOf(shown), 0));
    ofRun('ApiCalls', run.athena.calls);
    ofRun('ThrottledApiCalls', 0);
  }
  const actual = new Map<string, number>(series.flatMap(({ metricName, dimensions, points }) => (
    points.map(({ timestamp, maximum }): [string, number] => [keyOf(metricName, Object.values(dimensions).join(), timestamp), maximum]))));
  return [...new Set([...expected.keys(), ...actual.keys()])].filter((key) => expected.get(key) !== actual.get(key))
    .map((key) => `${key.replace(/\d+$/, (time) => clock(Number(time)))}: ${actual.get(key)}, not ${expected.get(key)}`);
}

/** The sessions in each live state, of all workgroups that were listed completely. None where the sum would not be of any workgroup, or nobody knows of how many. */
function liveTotals(facts: Facts, run: PlayedRun): [metric: string, total: number][] {
  const { played: { history, setup }, windows } = facts;
  const listings = facts.monitored(run);
  if (isLate(history, run.delivery) || run.athena.searchFailed || (listings.length === 0 && facts.failed(run) > 0)) {
    return [];
  }
  const figures = listings.flatMap((listing) => figuresOf(listing, run.time, windows, setup));
  return LIVE_STATES.map((state) => `${nameOf(state)}Sessions`)
    .map((metric) => [metric, figures.filter((figure) => figure.metric === metric).reduce((sum, { value }) => sum + value, 0)]);
}

/** Of sessions that ended: windows in which they may be counted; more than one where the end has to be estimated. */
function possibleWindows(session: Session, windows: Windows): number[] {
  const { life: { missing, modifiedShown, endShownAfter, touchedAfter }, changes } = session;
  const { at } = endOf(session)!;
  if (missing.state) {
    return [];
  }
  const start = missing.start ? [] : [changes[0]!.at];
  const changed = modifiedShown === 'stale' ? changes[0]!.at : at;
  const estimates = ['never', 'live'].includes(modifiedShown) ? start : [changed, ...(touchedAfter === null ? [] : [changed + touchedAfter * SECOND])];
  const ends = endShownAfter === 0 ? [at] : [...estimates, ...(endShownAfter === null ? [] : [at])];
  return [...new Set(ends.map((end) => stampOf(end, windows)))];
}

const isDated = ({ life: { missing, endShownAfter } }: Session) => endShownAfter === 0 && !missing.state;

/**
 * An ended session is counted in its window by the first complete listing whose lookback contains it: once, or at least once if its end
 * is estimated.
 */
function failuresAreCounted(facts: Facts): string[] {
  const { windows, complete, played: { sessions, setup } } = facts;
  return ['FAILED', ...(setup.countTerminated ? ['TERMINATED'] : [])].flatMap((state) => complete.flatMap((listings, workGroup) => {
    const ofState = sessions.filter((session) => session.workGroup === workGroup && endOf(session)?.state === state);
    const metricName = state === 'FAILED' ? 'FailedSessions' : 'TerminatedSessions';
    const points = facts.written(metricName, workGroupName(workGroup));
    const counted = (window: number) => points.get(window) ?? 0;
    const isCovered = (window: number) => listings.some(({ run: { time } }) => window <= time && window > time - windows.lookback);
    const all = new Set([...ofState.flatMap((session) => possibleWindows(session, windows)), ...points.keys()]);
    const wrong = [...all].filter((window) => {
      const possible = ofState.filter((session) => possibleWindows(session, windows).includes(window));
      const minimum = isCovered(window) ? possible.filter(isDated).length : 0;
      return counted(window) < minimum || counted(window) > possible.length;
    });
    const lost = ofState.filter((session) => {
      const possible = possibleWindows(session, windows);
      const reaches = listings.some(({ run: { time, delivery } }) => (
        delivery.arrival >= endOf(session)!.at && possible.every((window) => window <= time && window > time - windows.lookback)));
      return possible.length > 0 && reaches && !possible.some((window) => counted(window) > 0);
    });
    return [
      ...wrong.map((window) => `${metricName} of ${workGroupName(workGroup)} at ${clock(window)}: ${counted(window)} is not the number of ended sessions`),
      ...lost.map(({ id }) => `${metricName} of ${workGroupName(workGroup)}: ${id} is not counted`),
    ];
  }));
}

/**
 * A failure raises its alarm at the first minute at which its datapoint is visible, if that is at most `holdFor` after its window.
 * CloudWatch does not read older periods.
 */
function failuresAreAlarmed({ windows, complete, played: { history, setup, sessions, evaluations } }: Facts): string[] {
  const holdFor = holdForPeriods(history, setup) * windows.interval;
  return complete.flatMap((listings, workGroup) => {
    const stamps = sessions.filter((session) => session.workGroup === workGroup && endOf(session)?.state === 'FAILED' && isDated(session))
      .map((session) => stampOf(endOf(session)!.at, windows));
    return [...new Set(stamps)].filter((stamp) => stamps.filter((other) => other === stamp).length >= setup.failedThreshold).flatMap((stamp) => {
      const visibleAt = Math.min(...listings.filter(({ run: { time } }) => stamp <= time && stamp > time - windows.lookback)
        .map(({ run }) => run.visibleAt(stamp, workGroup)));
      const minute = Math.max(Math.ceil(visibleAt / MINUTE) * MINUTE, stamp + MINUTE);
      const isInAlarm = evaluations.find((evaluation) => evaluation.minute === minute)?.inAlarm.has(`Failed ${workGroupName(workGroup)}`);
      return minute > stamp + holdFor || isInAlarm ? [] : [`Failed ${workGroupName(workGroup)}: not in ALARM at ${clock(minute)} for ${clock(stamp)}`];
    });
  });
}

/**
 * A session alarm, or the quota alarm, is in ALARM while a datapoint of the last N periods breaches (3; for failures those of `holdFor`).
 * It returns to OK when the N newest datapoints do not breach, or when no datapoint that CloudWatch reads does. For found workgroups,
 * CloudWatch reads N periods. For named ones, it reads a few older periods if these have fewer than N datapoints.
 */
function alarmStatesAreCorrect(facts: Facts): string[] {
  const { windows: { interval }, played: { history: { extraPeriods }, evaluations } } = facts;
  const quotaAlarm: Alarm = { id: 'Quota', key: 'Quota', points: facts.quotaPoints(), periods: EVALUATION_PERIODS, olderPeriods: extraPeriods };
  return [...facts.sessionAlarms, quotaAlarm].flatMap((alarm) => {
    const { key, points, periods, olderPeriods } = alarm;
    let before = false;
    return evaluations.flatMap(({ minute, inAlarm }) => {
      const wasInAlarm = before;
      before = inAlarm.has(key);
      const seen = points.filter(({ time, visibleAt }) => time < minute && visibleAt <= minute);
      const breach = seen.filter(({ breachVisibleAt }) => breachVisibleAt <= minute).at(-1);
      if (breach && breach.time >= minute - periods * interval) {
        return before ? [] : [`${key}: ${wasInAlarm ? 'cleared' : 'not raised'} at ${clock(minute)} though it breaches at ${clock(breach.time)}`];
      }
      if (before) {
        const furthest = minute - (periods + olderPeriods) * interval;
        const newer = seen.filter(({ time }) => breach && time > breach.time).length;
        const isRead = breach && breach.time >= furthest && newer < periods;
        return isRead || facts.keepsState(alarm, minute) ? [] : [`${key}: in ALARM at ${clock(minute)} though no datapoint breaches`];
      }
      return [];
    });
  });
}

/**
 * The query of an alarm on found workgroups finds a series once the datapoints of a run that listed a workgroup are visible, even if all
 * workgroups are quiet. This is not promised of a metric that a listed workgroup does not have, as its sessions have no dates.
 */
function queriesFindSeries(facts: Facts): string[] {
  const { found, complete, windows: { interval }, played: { history, runs, evaluations } } = facts;
  return !found ? [] : facts.kinds.flatMap(({ id, metric, periods }) => {
    const feeding = runs.filter((run) => {
      const written = complete.flatMap((listings) => listings.filter((each) => each.run === run)).map(({ figures }) => figures);
      return written.length > 0 && written.every((figures) => figures.length === 0 || figures.some((figure) => figure.metric === metric));
    }).map(({ time, athena }) => ({ time, visibleBy: athena.time + Math.max(...history.delays) * SECOND }));
    return evaluations.filter(({ minute, withoutData }) => {
      const isFed = feeding.some(({ time, visibleBy }) => time < minute && time >= minute - periods * interval && visibleBy <= minute);
      return isFed && (withoutData.has(id) || !facts.findsSeries(id, minute));
    }).map(({ minute }) => `${id}: its query finds no series at ${clock(minute)}`);
  });
}

/**
 * An alarm on live states returns to OK without a newer datapoint only if a health alarm reports the cause. If runs are missing, the
 * heartbeat alarm is in ALARM, or will be: after its warm-up, or after ten minutes if these are more than three periods. If two runs
 * could not list the workgroup, the listing alarm is in ALARM.
 *
 * If missing datapoints have two causes (one run failed, another is missing or late), neither alarm is raised. This is not promised.
 */
function missingDataRaisesHealthAlarms(facts: Facts): string[] {
  const { complete, windows: { interval }, played: { history, createdAt, evaluations } } = facts;
  const heartbeats = facts.runPoints(() => true);
  return complete.flatMap((_, workGroup) => {
    const refused = facts.runPoints(({ athena }) => {
      const listing = athena.listings.get(workGroupName(workGroup));
      return listing !== undefined && !isComplete(listing, facts.played.setup) && !facts.isSkipped(listing);
    });
    return facts.sessionAlarms.filter((alarm) => alarm.workGroup === workGroup && alarm.id !== 'Failed').flatMap(({ key, points }) => {
      const cleared = evaluations.filter(({ inAlarm }, index) => evaluations[index - 1]?.inAlarm.has(key) && !inAlarm.has(key));
      return cleared.filter(({ minute, inAlarm }) => {
        const inSight = ({ time }: Point) => time < minute && time >= minute - EVALUATION_PERIODS * interval;
        const isSilent = !points.some((point) => inSight(point) && point.visibleAt <= minute);
        const inHeartbeat = ({ time }: Point) => time < minute && time >= minute - heartbeatPeriods(history) * interval;
        const isBlind = !heartbeats.some((point) => inHeartbeat(point) && point.visibleAt <= minute);
        const isWarm = minute >= createdAt + warmUpPeriods(history) * interval;
        const isRefused = refused.filter((point) => inSight(point) && point.breachVisibleAt <= minute).length >= 2;
        const isUnreported = (isBlind && isWarm && !inAlarm.has('Heartbeat')) || (isRefused && !inAlarm.has('Listing'));
        return isSilent && isUnreported;
      }).map(({ minute }) => `${key}: cleared at ${clock(minute)} without a health alarm`);
    });
  });
}

/** The datapoints, oldest first, with the times at which they become visible and breach. */
function pointsOf(written: readonly { readonly time: number; readonly visibleAt: number; readonly breaches: boolean }[]): Point[] {
  const points = new Map<number, Point>();
  for (const { time, visibleAt, breaches } of written) {
    const known = points.get(time) ?? { time, visibleAt: Infinity, breachVisibleAt: Infinity };
    points.set(time, {
      time,
      visibleAt: Math.min(known.visibleAt, visibleAt),
      breachVisibleAt: Math.min(known.breachVisibleAt, breaches ? visibleAt : Infinity),
    });
  }
  return [...points.values()].sort((a, b) => a.time - b.time);
}

/**
 * The heartbeat alarm is in ALARM exactly while no run of its last periods that listed a workgroup is visible, even if CloudWatch reads
 * more periods. The listing alarm is in ALARM exactly while two of the last three runs could not list some workgroups.
 *
 * Late datapoints raise the heartbeat alarm although there are runs, if all of them are later than all periods but one. That is at least
 * eight minutes: longer than a run that is delivered late, uses its whole timeout and becomes visible three minutes later. Each missed
 * run reduces that time by an interval.
 */
function healthAlarmStatesAreCorrect(facts: Facts): string[] {
  const { windows: { interval }, played: { history, createdAt, evaluations } } = facts;
  const needsOne = history.selection === 'all' ? 0 : 1; // a selection by name or pattern must find a workgroup
  const heartbeats = facts.runPoints((run) => facts.monitored(run).length >= needsOne);
  const failures = facts.runPoints((run) => facts.failed(run) >= 1);
  const warm = createdAt + warmUpPeriods(history) * interval;
  return evaluations.flatMap(({ minute, inAlarm }) => {
    const breaching = (points: readonly Point[], periods: number) => points.filter(({ time, breachVisibleAt }) => (
      time < minute && time >= minute - periods * interval && breachVisibleAt <= minute)).length;
    const isBlind = breaching(heartbeats, heartbeatPeriods(history)) === 0;
    return [
      ...(isBlind && minute >= warm && !inAlarm.has('Heartbeat') ? [`Heartbeat: not in ALARM at ${clock(minute)} though no run is visible`] : []),
      ...((!isBlind || minute < warm) && inAlarm.has('Heartbeat') ? [`Heartbeat: in ALARM at ${clock(minute)} without a cause`] : []),
      ...(breaching(failures, EVALUATION_PERIODS) >= 2 && !inAlarm.has('Listing') ? [`Listing: not in ALARM at ${clock(minute)} though two runs failed`] : []),
      ...(breaching(failures, EVALUATION_PERIODS + history.extraPeriods) < 2 && inAlarm.has('Listing') ? [`Listing: in ALARM at ${clock(minute)} without a cause`] : []),
    ];
  });
}

export function clock(instant: number): string {
  return new Date(instant).toISOString().slice(0, 16);
}
