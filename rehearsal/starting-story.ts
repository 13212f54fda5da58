import { Document, isCollection, isMap, type Scalar, visit } from 'yaml';
import type { SessionState } from './athena';
import { isComposite, readAlarm } from './cloudwatch';
import { type AlarmRule, COMPARISONS } from './cloudwatch/alarm';
import type { DeployedStack } from './deployed-stack';
import { alarmLabel, episodes, topicLabel } from './expectations';
import { parsed } from './json';
import type { RehearsalResult } from './rehearsal';
import { type Message, shownText } from './sns';
import { clock, type Milliseconds, type Story, type StoryTime } from './story';

/** Stands for the file of a story that is made from a template. */
export const MADE_STORY = 'made from the template';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = 9 * HOUR;
/** From the begin of the story until the first threshold is met, and at most between two of them. */
const LEAD = 20 * MINUTE;
const STEP = 10 * MINUTE;
/** In which time all thresholds are met, unless there are so many that less than a minute is between two. */
const SPREAD = 4 * HOUR;
/** How long an alarm has to clear after its sessions have ended. */
const REST = HOUR;
/** An alarm on more sessions is left out: nobody could read the story. */
const MAX_SESSIONS = 50;
/** How much earlier and later than in the story things may happen. */
const TOLERANCE = 5 * MINUTE;
const NAMES = ['analytics', 'notebooks', 'pipelines', 'research', 'reports', 'team-a', 'team-b', 'etl'];
const ENGINES = ['PySpark engine version 3', 'Apache Spark version 3.5'];

/** Counts the sessions of Apache Spark version 3.5. */
const SPARK_CONNECT = 'LiveSparkConnectSessions';

interface Change {
  at: StoryTime;
  state: SessionState;
  reason?: string;
}

interface StartingSession {
  id: string;
  workGroup: string;
  /** By default that of its workgroup. */
  engine?: string;
  history: Change[];
  comment?: string;
}

/**
 * A story for stacks that nobody has written one for: in the workgroups of their monitors, sessions stay below the threshold of each
 * alarm or message, and then reach it.
 *
 * @returns the YAML of the story
 */
export function startingStory(stacks: readonly DeployedStack[]): string {
  const monitors = stacks.flatMap(({ functions }) => functions).map(({ environment }) => ({
    namespace: environment.METRIC_NAMESPACE!, workGroups: workGroupsOf(environment),
  }));
  const thresholds = thresholdsOf(stacks);
  const step = Math.max(MINUTE, Math.min(STEP, Math.floor(SPREAD / thresholds.length / MINUTE) * MINUTE));
  const sessions: StartingSession[] = [];
  let met = START + LEAD;
  let end = met;
  for (const { label, namespace, metric, rule, delay, ...one } of thresholds) {
    const workGroup = one.workGroup ?? monitors.find(monitor => monitor.namespace === namespace)?.workGroups[0];
    const hold = delay + 3 * STEP / 2;
    const provoking = workGroup === undefined ? [] : provoke(metric, rule, met, met + hold);
    provoking.forEach(({ id, ...session }, index) => sessions.push({
      ...session,
      id: unique(`${workGroup}-${id}`, sessions.map(other => other.id)),
      workGroup: workGroup!,
      ...(index === 0 && { comment: `${label}: ${metric} ${rule.comparison.words} ${rule.threshold}.` }),
    }));
    if (provoking.length > 0) {
      end = Math.max(end, met + hold);
      met += step;
    }
  }
  const workGroups = [...new Set([...monitors.flatMap(monitor => monitor.workGroups), ...sessions.map(({ workGroup }) => workGroup)])];
  return written({
    title: 'Each alarm, below its threshold and at it',
    from: clock(START),
    to: clock(end + REST),
    workGroups: workGroups.map((name, index) => ({ name, engine: ENGINES[index % ENGINES.length] })),
    sessions: sessions.map(({ id, workGroup, engine, history, comment }) => ({
      id,
      workGroup,
      ...(engine && { engine }),
      history: history.map(({ at, ...change }) => ({ at: clock(at), ...change })),
      ...(comment && { comment }),
    })),
    expect: { otherAlarms: 'any', otherMessages: 'any' },
  });
}

/** What sessions can reach. */
interface Threshold {
  label: string;
  namespace: string;
  metric: string;
  /** If it is for one only. */
  workGroup?: string;
  rule: Pick<AlarmRule, 'comparison' | 'threshold'>;
  /** Until an alarm has seen it, or a message is sent. */
  delay: Milliseconds;
}

/** The thresholds of all alarms, and of messages that are sent without an alarm. */
function thresholdsOf(stacks: readonly DeployedStack[]): Threshold[] {
  const alarms = stacks.flatMap(stack => stack.alarms).filter(alarm => !isComposite(alarm)).map((alarm): Threshold => {
    const { source, source: { namespace, metricName: metric }, rule, period } = readAlarm(alarm);
    const workGroup = 'dimensions' in source ? source.dimensions.WorkGroup : undefined;
    return { label: alarmLabel(alarm), namespace, metric, workGroup, rule, delay: rule.evaluationPeriods * period };
  });
  const messages = stacks.flatMap(({ functions }) => functions).flatMap(({ environment }) => {
    const { monitor, alarms: events = [] } = parsed(environment.EVENTS ?? '') ?? {};
    return events.map(({ id, kind, thresholdSeconds }: any): Threshold => {
      const state = `${kind.slice(0, 1)}${kind.slice(1).toLowerCase()}`;
      return {
        label: `${monitor}, ${id}, a message without an alarm`,
        namespace: environment.METRIC_NAMESPACE!,
        metric: kind === 'OLD' ? 'SessionAge' : `${state}${thresholdSeconds === undefined ? 'Sessions' : 'Time'}`,
        rule: { comparison: COMPARISONS.GreaterThanOrEqualToThreshold!, threshold: thresholdSeconds ?? 1 },
        delay: Number(environment.INTERVAL_MINUTES) * MINUTE,
      };
    });
  });
  const isSame = (one: Threshold, other: Threshold) =>
    one.namespace === other.namespace && one.metric === other.metric && one.rule.threshold === other.rule.threshold;
  return [...alarms, ...messages.filter(message => !alarms.some(alarm => isSame(alarm, message)))];
}

/** The story with what happened in it as its expectations, to be kept as a test. */
export function withExpectations(yaml: string, { firstDay }: Story, { date, variants, messages }: RehearsalResult): string {
  const inMinutes = (time: number, round: (minutes: number) => number) => clock(round((time - date) / MINUTE) * MINUTE, firstDay);
  const around = (times: number[]) => [inMinutes(Math.min(...times) - TOLERANCE, Math.floor), inMinutes(Math.max(...times) + TOLERANCE, Math.ceil)];
  const played = variants.map(variant => episodes(variant));
  let differs = false;
  const alarms = played[0]!.flatMap(episode => {
    // The same episode in each variant: what depends on an assumption has a wider range.
    const isAlike = (other: typeof episode) => other.alarm === episode.alarm && other.contributor === episode.contributor;
    const index = played[0]!.filter(isAlike).indexOf(episode);
    const all = played.map(some => some.filter(isAlike)[index] as typeof episode | undefined);
    const cleared = all.flatMap(one => one?.cleared ?? []);
    if (all.includes(undefined) || ![0, all.length].includes(cleared.length)) {
      differs = true;
      return [];
    }
    return [{
      alarm: alarmLabel(episode.alarm),
      ...(episode.contributor !== undefined && { contributor: episode.contributor }),
      raised: around(all.map(one => one!.raised)),
      cleared: cleared.length > 0 ? around(cleared) : 'never',
    }];
  });
  const othersDiffer = differs || played.some(some => some.length > played[0]!.length);
  const [body] = yaml.split(/^expect:/m);
  return `${body!.trimEnd()}\n${written({
    expect: {
      alarms,
      ...(othersDiffer && { otherAlarms: 'any' }),
      messages: messages.map(message => ({ topic: topicLabel(message.topic), sent: around([message.at]), contains: signsOf(message) })),
    },
  })}`;
}

/** What a message is recognised by. */
function signsOf(message: Message): string[] {
  const { sessionId } = message.event.detail;
  const [beginning] = shownText(message).split(/[.:—\n]/);
  return [...(beginning!.trim() === '' ? [] : [beginning!.trim()]), ...(typeof sessionId === 'string' && shownText(message).includes(sessionId) ? [sessionId] : [])];
}

/** Sessions that stay below an alarm's threshold, and sessions that reach it. None for what sessions cannot reach. */
function provoke(metric: string, { comparison, threshold }: Threshold['rule'], met: StoryTime, until: StoryTime): Omit<StartingSession, 'workGroup'>[] {
  const ended = (at: StoryTime): Change[] => [{ at, state: 'TERMINATING' }, { at: at + MINUTE, state: 'TERMINATED' }];
  const [, name] = /^(Creating|Created|Idle|Busy|Terminating|Degraded|Failed|Terminated)(?:Time|Sessions)$/.exec(metric) ?? [];
  const state = metric === SPARK_CONNECT ? 'BUSY' : name?.toUpperCase() as SessionState | undefined;
  if (metric === 'SessionAge') {
    const lasting = (seconds: number, end: StoryTime) => [
      { at: met - seconds * SECOND, state: 'CREATING' as const }, { at: met - seconds * SECOND + MINUTE, state: 'BUSY' as const }, ...ended(end),
    ];
    return [{ id: 'young', history: lasting(threshold / 2, met + STEP) }, { id: 'old', history: lasting(threshold, until) }];
  }
  if (metric.endsWith('Time') && state) {
    const before: Change[] = state === 'CREATING' ? [] : [{ at: -12 * MINUTE, state: 'CREATING' }, ...(state === 'BUSY' ? [] : [{ at: -10 * MINUTE, state: 'BUSY' as const }])];
    const lasting = (since: StoryTime, end: StoryTime): Change[] => [
      ...before.map(change => ({ ...change, at: since + change.at })),
      { at: since, state },
      ...(state === 'TERMINATING' ? [{ at: end, state: 'TERMINATED' as const }] : ended(end)),
    ];
    return [
      { id: `${name!.toLowerCase()}-briefly`, history: lasting(met - threshold / 2 * SECOND, met) },
      { id: `${name!.toLowerCase()}-for-long`, history: lasting(met - threshold * SECOND, until) },
    ];
  }
  const count = comparison.breaches(threshold, threshold) ? Math.ceil(threshold) : Math.floor(threshold) + 1;
  if (state === undefined || count < 1 || count > MAX_SESSIONS || !comparison.breaches(count, threshold)) {
    return [];
  }
  const isFinal = state === 'FAILED' || state === 'TERMINATED';
  const reaching = (at: StoryTime): Change[] => [
    ...(state === 'CREATING' ? [] : [{ at: at - (state === 'BUSY' ? 1 : 11) * MINUTE, state: 'CREATING' as const }]),
    ...(state === 'CREATING' || state === 'BUSY' ? [] : [{ at: at - 10 * MINUTE, state: 'BUSY' as const }]),
    { at, state, ...(state === 'FAILED' && { reason: 'The Spark driver ran out of memory' }) },
    ...(isFinal ? [] : ended(until)),
  ];
  return Array.from({ length: count }, (_, index) => ({
    id: `${metric === SPARK_CONNECT ? 'spark-3-5' : state.toLowerCase()}-${index + 1}`,
    ...(metric === SPARK_CONNECT && { engine: ENGINES[1] }),
    history: reaching(index === count - 1 ? met : met - STEP), // the last one reaches the threshold
  }));
}

/** The named workgroups of a monitor, or two invented ones that its patterns find. */
function workGroupsOf({ WORK_GROUPS: named, WORK_GROUP_PATTERNS: patterns = '*' }: { [name: string]: string }): string[] {
  if (named !== undefined) {
    return named.split(',');
  }
  const all = patterns.split(',');
  const matches = (pattern: string, name: string) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
  const included = all.filter(pattern => !pattern.startsWith('!'));
  const excluded = all.filter(pattern => pattern.startsWith('!')).map(pattern => pattern.slice(1));
  const candidates = (included.length > 0 ? included : ['*'])
    .flatMap(pattern => NAMES.map(name => pattern.replace('*', name).replaceAll('*', '').replaceAll('?', 'a')));
  return [...new Set(candidates)].filter(name => !excluded.some(pattern => matches(pattern, name))).slice(0, 2);
}

function unique(id: string, taken: readonly string[]): string {
  const others = taken.filter(other => other === id || other.startsWith(`${id}-again`)).length;
  return others === 0 ? id : `${id}-again${others === 1 ? '' : `-${others}`}`;
}

/** YAML in the form that people write: short maps and lists in one line. */
function written(value: object): string {
  const document = new Document(value);
  visit(document, {
    Map: (_, map, path) => {
      map.flow = path.length > 4 && !map.has('history') && !map.has('raised') && !map.has('sent');
      map.commentBefore = map.has('comment') ? ` ${map.get('comment')}` : undefined;
      map.delete('comment');
    },
    Pair: (_, pair, path) => {
      (pair.key as Scalar).spaceBefore = path.length === 2 && isCollection(pair.value);
    },
    Seq: (_, list) => {
      list.flow = list.items.every(item => !isMap(item));
    },
  });
  return document.toString({ lineWidth: 0 }).replace(/^( +\w+: )\[ (.*) \]$/gm, '$1[$2]');
}
