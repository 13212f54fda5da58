import { LIVE_STATES } from './history';
import { type Figure, figuresOf, isComplete, nameOf, stampOf, unknownOf, type Windows } from './oracle';
import { heartbeatPeriods, lookbackPeriods, type PlayedRun, type PlayedHistory, warmUpPeriods, holdForPeriods } from './play';
import { endOf, gridTime, intervalOf, isLate, type Listing, MINUTE, SECOND, type Session, workGroupName } from './world';
import type { ListingError } from '../../src/athena/listings';

/** Periods that alarms on live states, and the listing alarm, look at. */
const PERIODS = 3;

/** A point of a workgroup that an alarm reads: whether it breaches may be seen later than the point itself, of another run. */
interface Point {
  readonly time: number;
  readonly visibleAt: number;
  readonly breachVisibleAt: number;
}

/** The promises to users that a played history breaks, each with the minute and what is wrong. */
export function brokenPromises(played: PlayedHistory): string[] {
  const facts = new Facts(played);
  return [
    ...completeOrRefused(facts),
    ...nobodyIsMissed(facts),
    ...everyWorkGroupInTurn(facts),
    ...failuresAreFoundInTurn(facts),
    ...failsLoudly(facts),
    ...figuresAreTrue(facts),
    ...failuresAreCounted(facts),
    ...failuresAreAlarmed(facts),
    ...alarmsAreTrue(facts),
    ...silenceIsTold(facts),
    ...healthAlarmsAreTrue(facts),
  ];
}

/** What the promises are about, once for all of them. */
class Facts {
  public readonly windows: Windows;
  public readonly found: boolean;
  /** The alarms on sessions: in ALARM for so many periods after a point at the threshold. */
  public readonly kinds: readonly { readonly id: string; readonly metric: string; readonly threshold: number; readonly periods: number }[];
  /** Complete listings, by workgroup. */
  public readonly complete: { readonly run: PlayedRun; readonly listing: Listing; readonly figures: Figure[] }[][];

  /** The points that were written, by metric and workgroup: their values by their times. */
  private readonly writtenPoints: ReadonlyMap<string, ReadonlyMap<number, number>>;

  public constructor(public readonly played: PlayedHistory) {
    const { history, setup, runs, series } = played;
    this.windows = { interval: intervalOf(history), lookback: lookbackPeriods(history, setup) * intervalOf(history) };
    this.found = history.selection !== 'named';
    this.kinds = [
      { id: 'Failed', metric: 'FailedSessions', threshold: setup.failedThreshold, periods: holdForPeriods(history, setup) },
      { id: 'Idle', metric: 'IdleTime', threshold: setup.idleLongerThan * this.windows.interval / SECOND, periods: PERIODS },
      { id: 'Degraded', metric: 'DegradedSessions', threshold: 1, periods: PERIODS },
    ];
    this.writtenPoints = new Map(series.map(({ metricName, dimensions, points }) => (
      [`${metricName} ${dimensions.WorkGroup}`, new Map(points.map(({ timestamp, maximum }) => [timestamp, maximum]))])));
    this.complete = Array.from({ length: setup.workGroups }, (_, workGroup) => runs.flatMap((run) => {
      const listing = run.athena.listings.get(workGroupName(workGroup));
      return listing && isComplete(listing, setup) ? [{ run, listing, figures: figuresOf(listing, run.time, this.windows, setup) }] : [];
    }));
  }

  public written(metricName: string, workGroup: string): ReadonlyMap<number, number> {
    return this.writtenPoints.get(`${metricName} ${workGroup}`) ?? new Map();
  }

  /** The points that an alarm reads, by when they are of. */
  public points(id: string, workGroup: number): Point[] {
    const { metric, threshold } = this.kinds.find((kind) => kind.id === id)!;
    return pointsOf(this.complete[workGroup]!.flatMap(({ run, figures }) => figures.filter((figure) => figure.metric === metric)
      .map(({ time, value }) => ({ time, visibleAt: run.visibleAt(time, workGroup), breaches: value >= threshold }))));
  }

  /** The points of the runs that have counted their workgroups. */
  public runPoints(breaches: (run: PlayedRun) => boolean): Point[] {
    return pointsOf(this.played.runs.filter(({ athena }) => !athena.searchFailed)
      .map((run) => ({ time: run.time, visibleAt: run.visibleAt(run.time), breaches: breaches(run) })));
  }

  /** Whether the workgroup was left out: found, and deleted since, or disabled. */
  public isSkipped({ refusal, workGroup }: Listing): boolean {
    const kinds: ListingError['kind'][] = ['not found', ...(this.played.history.disabled.includes(workGroup) ? ['invalid request' as const] : [])];
    return this.found && refusal !== undefined && kinds.includes(refusal);
  }

  public listed({ athena }: PlayedRun): number[] {
    return this.found ? athena.found : Array.from({ length: this.played.setup.workGroups }, (_, workGroup) => workGroup);
  }

  public monitored({ athena }: PlayedRun): Listing[] {
    return [...athena.listings.values()].filter((listing) => isComplete(listing, this.played.setup));
  }

  /** How many of the workgroups that were to be listed were neither listed nor skipped. */
  public failed(run: PlayedRun): number {
    const skipped = [...run.athena.listings.values()].filter((listing) => this.isSkipped(listing));
    return this.listed(run).length - this.monitored(run).length - skipped.length;
  }
}

/** Where Athena answers and there is time the listing of a workgroup is complete, and Athena is not asked what does not matter. */
function completeOrRefused({ played: { runs, setup, history } }: Facts): string[] {
  return runs.flatMap(({ athena, delivery }) => [
    ...[...athena.listings].filter(([, listing]) => !listing.refusal && !isComplete(listing, setup))
      .map(([name]) => `run of tick ${delivery.tick}: the listing of ${name} is not complete though nothing failed`),
    ...athena.needless.map((what) => `run of tick ${delivery.tick}: needless call for ${what}`),
    ...(history.selection === 'named' && athena.listings.size < setup.workGroups ? [`run of tick ${delivery.tick}: a workgroup was not tried`] : []),
  ]);
}

/** The later ones are asked for later, so a session that only moves on is met. */
const LISTED_IN_ORDER = ['DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];
const ENDED_STATES = LISTED_IN_ORDER.slice(2);

/** A session that is there from the first answer of a complete listing to the last, and does not move back, is met. */
function nobodyIsMissed({ complete, played: { sessions, setup } }: Facts): string[] {
  return complete.flatMap((listings, workGroup) => listings.flatMap(({ listing, run: { time, athena } }) => (
    sessions.filter((session) => session.workGroup === workGroup).filter(({ id, changes }) => {
      const { from, to, shown, late } = listing;
      const before = changes.filter(({ at }) => at <= from!).at(-1);
      const states = changes.filter((change) => change === before || (change.at > from! && change.at <= to!)).map(({ state }) => state);
      const places = states.map((state) => LISTED_IN_ORDER.indexOf(state));
      const movesOn = places.every((place, index) => index === 0 || place >= places[index - 1]!);
      const isAskedFor = (setup.countTerminated || states.at(-1) !== 'TERMINATED')
        && (!late || ENDED_STATES.includes(states[0]!));
      const isTooOld = places[0]! >= LISTED_IN_ORDER.indexOf('FAILED') && changes[0]!.at < athena.oldestStart;
      return before && movesOn && isAskedFor && !isTooOld && !shown.some((listed) => listed.id === id);
    }).map(({ id }) => `run at ${clock(time)}: ${id} of ${workGroupName(workGroup)} was not met`))));
}

/** Runs in a row that are as many as a workgroup may wait, by the first one's tick; and how many these are. */
interface Turns {
  readonly longestWait: number;
  readonly runsFrom: (tick: number) => readonly PlayedRun[] | undefined;
}

/** Turns are owed where a run has the time for some of the workgroups, and nothing fails but for the deadline. */
function turnsOf(facts: Facts): Turns | undefined {
  const { found, played: { runs, setup, history } } = facts;
  if (!found || setup.capacity === undefined || history.pageSize < 100) {
    return undefined;
  }
  const undisturbed = runs.filter(({ athena, delivery }) => !delivery.manual && !athena.searchFailed
    && [...athena.listings.values()].every(({ refusal }) => refusal === undefined || refusal === 'deadline'));
  const listed = Math.min(...undisturbed.map((run) => facts.monitored(run).length));
  const longestWait = 2 * Math.ceil(setup.workGroups / listed) + 1;
  return undisturbed.length === 0 || listed === 0 ? undefined : {
    longestWait,
    runsFrom: (first) => {
      const inARow = undisturbed.filter(({ delivery: { tick } }) => tick >= first && tick < first + longestWait);
      return new Set(inARow.map(({ delivery }) => delivery.tick)).size === longestWait ? inARow : undefined;
    },
  };
}

/** No found workgroup waits longer than 2 × ⌈found ÷ listed⌉ + 1 runs, where every run lists at least `listed` of them. */
function everyWorkGroupInTurn(facts: Facts): string[] {
  const turns = turnsOf(facts);
  return !turns ? [] : facts.played.history.ticks.flatMap((_, first) => {
    const runs = turns.runsFrom(first);
    const left = [...facts.complete.keys()].filter((workGroup) => runs && !facts.complete[workGroup]!.some(({ run }) => runs.includes(run)));
    return left.length > 0 ? [`ticks from ${first} on: the turn of ${left.length} workgroups never came, such as ${workGroupName(left[0]!)}`] : [];
  });
}

/**
 * So where the lookback is at least as many intervals as a workgroup may wait runs, no failure is lost in any workgroup. It is in ALARM by
 * the time at which the points of these runs are visible, if that is not later than `holdFor` after its window.
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
      ...(facts.written('FailedSessions', name).get(stamp) ? [] : [`FailedSessions of ${name}: ${session.id} is lost while the workgroup waits for its turn`]),
      ...(isInTime && !isAlarmed ? [`Failed ${name}: not in ALARM by ${clock(seenBy)} for ${clock(stamp)}`] : []),
    ];
  });
}

/** A run fails where none of its workgroups could be listed, and where the search for them did not finish. */
function failsLoudly(facts: Facts): string[] {
  return facts.played.runs.flatMap((run) => {
    const shouldFail = run.athena.searchFailed || (facts.failed(run) > 0 && facts.monitored(run).length === 0);
    return run.rejected === shouldFail ? [] : [`run of tick ${run.delivery.tick}: it ${run.rejected ? 'fails' : 'does not fail'}`];
  });
}

/** Every point has the value that it has to have, and there are no others. */
function figuresAreTrue(facts: Facts): string[] {
  const { played: { runs, series, monitor } } = facts;
  const expected = new Map<string, number>();
  const add = (metric: string, dimension: string, time: number, value: number) => {
    const key = `${metric} of ${dimension} at ${clock(time)}`;
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
    liveTotals(facts, run).forEach(([metric, total]) => ofRun(metric, total));
    ofRun('UnknownSessions', facts.monitored(run).reduce((sum, { shown }) => sum + unknownOf(shown), 0));
    ofRun('ApiCalls', run.athena.calls);
    ofRun('ThrottledApiCalls', 0);
  }
  const actual = new Map<string, number>(series.flatMap(({ metricName, dimensions, points }) => (
    points.map(({ timestamp, maximum }) => [`${metricName} of ${Object.values(dimensions).join()} at ${clock(timestamp)}`, maximum]))));
  return [...new Set([...expected.keys(), ...actual.keys()])].filter((key) => expected.get(key) !== actual.get(key))
    .map((key) => `${key}: ${actual.get(key)}, not ${expected.get(key)}`);
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
 * A session that ended is counted in its window by the first complete listing that reaches back to it: once, or at least once
 * where its end is estimated.
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
      const least = isCovered(window) ? possible.filter(isDated).length : 0;
      return counted(window) < least || counted(window) > possible.length;
    });
    const lost = ofState.filter((session) => {
      const possible = possibleWindows(session, windows);
      const reaches = listings.some(({ run: { time, delivery } }) => (
        delivery.arrival >= endOf(session)!.at && possible.every((window) => window <= time && window > time - windows.lookback)));
      return possible.length > 0 && reaches && !possible.some((window) => counted(window) > 0);
    });
    return [
      ...wrong.map((window) => `${metricName} of ${workGroupName(workGroup)} at ${clock(window)}: ${counted(window)} is not what ended there`),
      ...lost.map(({ id }) => `${metricName} of ${workGroupName(workGroup)}: ${id} is not counted`),
    ];
  }));
}

/**
 * A failure whose first complete listing comes early enough is in ALARM at the first minute at which its point is visible. Early
 * enough: that minute is no later than `holdFor` after the window, as periods slide and CloudWatch then looks no further back.
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
 * Alarms on sessions are in ALARM as long as something breaches in the last N periods (3; for failures those of `holdFor`), and
 * return to OK when the N newest points do not breach, or nothing in sight does. In sight are N periods where workgroups are
 * found; where they are named CloudWatch looks a few periods further back as long as it does not have N points.
 */
function alarmsAreTrue(facts: Facts): string[] {
  const { complete, windows: { interval }, found, played: { history, evaluations } } = facts;
  return complete.flatMap((_, workGroup) => facts.kinds.flatMap(({ id, periods }) => {
    const points = facts.points(id, workGroup);
    const key = `${id} ${workGroupName(workGroup)}`;
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
        const furthest = minute - (periods + (found ? 0 : history.extraPeriods)) * interval;
        const newer = seen.filter(({ time }) => breach && time > breach.time).length;
        return breach && breach.time >= furthest && newer < periods ? [] : [`${key}: in ALARM at ${clock(minute)} though nothing in sight breaches`];
      }
      return [];
    });
  }));
}

/**
 * An alarm on what is returns to OK without a newer point only where the monitor says that it is blind: where its runs are missing
 * the heartbeat alarm is in ALARM (or about to be: in its warm-up, or where ten minutes are more than the three periods that have
 * passed), and where two runs left out the workgroup the listing alarm is.
 *
 * Where the silence has two causes (one run failed, another is missing or late) neither alarm is raised: not promised.
 */
function silenceIsTold(facts: Facts): string[] {
  const { complete, windows: { interval }, played: { history, createdAt, evaluations } } = facts;
  const beats = facts.runPoints(() => true);
  return complete.flatMap((_, workGroup) => {
    const refused = facts.runPoints(({ athena }) => {
      const listing = athena.listings.get(workGroupName(workGroup));
      return listing !== undefined && !isComplete(listing, facts.played.setup) && !facts.isSkipped(listing);
    });
    return ['Idle', 'Degraded'].flatMap((id) => {
      const key = `${id} ${workGroupName(workGroup)}`;
      const points = facts.points(id, workGroup);
      return evaluations.filter(({ minute, inAlarm }, index) => {
        const inSight = ({ time }: Point) => time < minute && time >= minute - PERIODS * interval;
        const isSilent = !points.some((point) => inSight(point) && point.visibleAt <= minute);
        const isCleared = evaluations[index - 1]?.inAlarm.has(key) && !inAlarm.has(key);
        const inHeartbeat = ({ time }: Point) => time < minute && time >= minute - heartbeatPeriods(history) * interval;
        const isBlind = !beats.some((point) => inHeartbeat(point) && point.visibleAt <= minute);
        const isWarm = minute >= createdAt + warmUpPeriods(history) * interval;
        const isRefused = refused.filter((point) => inSight(point) && point.breachVisibleAt <= minute).length >= 2;
        const isUntold = (isBlind && isWarm && !inAlarm.has('Heartbeat')) || (isRefused && !inAlarm.has('Listing'));
        return isCleared && isSilent && isUntold;
      }).map(({ minute }) => `${key}: cleared at ${clock(minute)} in silence`);
    });
  });
}

/** The points, oldest first, when they are visible, and when it is that they breach: another run may have seen more. */
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
 * The heartbeat alarm is in ALARM as long as no run is seen that is of one of its last periods and lists a workgroup, however many
 * more periods CloudWatch reads; the listing alarm where two of the last three runs leave out some. Neither is without these.
 *
 * Late points raise the heartbeat alarm, until they come, although there are runs: where all runs are seen later than all of the
 * periods but one after their ticks. That is eight minutes at the least, and more than a run takes that is delivered late, uses all
 * of its timeout and is seen three minutes later. Each missed tick takes an interval from that time.
 */
function healthAlarmsAreTrue(facts: Facts): string[] {
  const { windows: { interval }, played: { history, createdAt, evaluations } } = facts;
  const needsOne = history.selection === 'all' ? 0 : 1; // what a person has selected should not come to nothing
  const beats = facts.runPoints((run) => facts.monitored(run).length >= needsOne);
  const failures = facts.runPoints((run) => facts.failed(run) >= 1);
  const warm = createdAt + warmUpPeriods(history) * interval;
  return evaluations.flatMap(({ minute, inAlarm }) => {
    const breaching = (points: readonly Point[], periods: number) => points.filter(({ time, breachVisibleAt }) => (
      time < minute && time >= minute - periods * interval && breachVisibleAt <= minute)).length;
    const isBlind = breaching(beats, heartbeatPeriods(history)) === 0;
    return [
      ...(isBlind && minute >= warm && !inAlarm.has('Heartbeat') ? [`Heartbeat: not in ALARM at ${clock(minute)} though there is no beat`] : []),
      ...((!isBlind || minute < warm) && inAlarm.has('Heartbeat') ? [`Heartbeat: in ALARM at ${clock(minute)} for nothing`] : []),
      ...(breaching(failures, PERIODS) >= 2 && !inAlarm.has('Listing') ? [`Listing: not in ALARM at ${clock(minute)} though two runs failed`] : []),
      ...(breaching(failures, PERIODS + history.extraPeriods) < 2 && inAlarm.has('Listing') ? [`Listing: in ALARM at ${clock(minute)} for nothing`] : []),
    ];
  });
}

function clock(instant: number): string {
  return new Date(instant).toISOString().slice(0, 16);
}
