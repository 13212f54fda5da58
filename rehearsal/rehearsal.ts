import { Athena, Call, Fault, Instant, SessionState, startAthena, WorkGroup } from './athena';
import { AlarmDefinition, AlarmState, CloudWatch, EMPTY_FILLS, EMPTY_QUERIES, isComposite, MetricSeries, MetricStore, readAlarm, Transition, usesFill, usesQuery } from './cloudwatch';
import type { LogEvent } from './cloudwatch/logs-insights';
import { type DeployedFunction, type DeployedRule, type DeployedSchedule, type DeployedStack, type DeployedTopic, LAMBDA_METRICS } from './deployed-stack';
import { type AcceptedEvent, type BusEvent, type EventBridge, type EventFault, startEventBridge } from './eventbridge';
import { matchesPattern } from './eventbridge/event-pattern';
import { targetInput } from './eventbridge/target-input';
import { alarmLabel, checkExpectations, findAlarm, findTopic, VariantResult, Variant, describeVariants } from './expectations';
import { parsed } from './json';
import { InvocationResult, LambdaHost } from './lambda';
import { BrokenMessageError, type Message, readMessage } from './sns';
import { clock, Story, StoryError, StoryTime } from './story';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/**
 * How much faster time passes inside the functions and Athena, such as timeouts and slow answers. At normal speed a story with a few
 * of them would take many minutes.
 */
const SPEED = 20;
const ENDED_STATES: readonly string[] = ['FAILED', 'TERMINATED'] satisfies SessionState[];
/** Stands for all live states. */
const LIVE = 'LIVE';
/** How much later a doubled tick is delivered again. */
const SECOND_DELIVERY = 5 * SECOND;

export interface RehearsalOptions {
  story: Story;
  /** Of one account and region. */
  stacks: readonly DeployedStack[];
  /** The midnight before the story. @default - that of the story, or else one that lets the story end yesterday */
  date?: Instant;
  /** Called for each event when it happens. */
  onEvent?: (event: RehearsalEvent) => void;
  /** The Node executable that runs the functions. @default - the one that runs this */
  nodePath?: string;
  /** @default 20 */
  speed?: number;
}

/** An event, in virtual time. */
export type RehearsalEvent = { at: Instant } & (
  | { kind: 'session'; id: string; workGroup: string; state: SessionState; reason?: string }
  | { kind: 'tick'; schedules: DeployedSchedule[]; what: 'missed' | 'doubled' | 'late' }
  | { kind: 'run'; function: DeployedFunction; tick: Instant; result: InvocationResult }
  | { kind: 'alarm'; transition: Transition; sessions: SessionDetail[]; only?: string }
  | { kind: 'minute'; runs: number; runsInAll: number }
  | Message
);

/** A session in a log line of the collector. */
export interface SessionDetail {
  id: string;
  state: string;
  seconds?: number;
  /** Seconds since its start. */
  age?: number;
  description?: string;
  reason?: string;
}

export interface RehearsalResult {
  /** The midnight before the story. */
  date: Instant;
  events: RehearsalEvent[];
  variants: VariantResult[];
  series: MetricSeries[];
  metrics: MetricStore;
  /** The lines of all runs, by log group. */
  logs: ReadonlyMap<string, readonly LogEvent[]>;
  /** All calls of Athena. */
  calls: Call[];
  /** All events that EventBridge has accepted, on any bus. */
  busEvents: BusEvent[];
  /** What the app's rules have sent to topics during the story. */
  messages: Message[];
  /** Differences from what the story expects. */
  mismatches: string[];
  /** What is probably not meant. */
  warnings: string[];
}

/** A tick on its way to the function. */
interface Delivery {
  schedule: DeployedSchedule;
  tick: Instant;
  arrival: Instant;
  what?: 'missed' | 'doubled' | 'late';
}

/** Plays a story against the deployed stacks. */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalResult> {
  const rehearsal = new Rehearsal(options);
  try {
    return await rehearsal.play();
  } finally {
    await rehearsal.close();
  }
}

class Rehearsal {
  private readonly story: Story;
  private readonly date: Instant;
  private readonly alarms: AlarmDefinition[];
  private readonly schedules: DeployedSchedule[];
  private readonly topics: DeployedTopic[];
  private readonly rules: DeployedRule[];
  private readonly hosts = new Map<DeployedFunction, LambdaHost>();
  private readonly clouds: (Variant & { cloudWatch: CloudWatch; transitions: Transition[] })[]; // one for each variant
  private readonly events: RehearsalEvent[] = [];
  private readonly logs = new Map<string, LogEvent[]>();
  private readonly mismatches: string[] = [];
  /** The sessions in the newest log line of a workgroup, by namespace, workgroup and state, and the live ones together. */
  private readonly sessionDetails = new Map<string, SessionDetail[]>();
  private readonly messages: Message[] = [];
  private athena!: Athena;
  private eventBridge!: EventBridge;
  private delivered = 0;
  private failedRuns = 0;

  public constructor(private readonly options: RehearsalOptions) {
    this.story = options.story;
    const { firstDay, to } = this.story;
    this.date = options.date ?? firstDay ?? (Math.floor(Date.now() / DAY) - Math.ceil(to / DAY)) * DAY;
    this.alarms = options.stacks.flatMap(({ alarms }) => alarms);
    this.schedules = options.stacks.flatMap(({ schedules }) => schedules);
    // Rules may send to topics of stacks that are not played.
    const topics = options.stacks.flatMap(stack => [...stack.topics, ...stack.rules.flatMap(({ targets }) => targets.map(({ topic }) => topic))]);
    this.topics = [...new Set(topics)];
    this.rules = options.stacks.flatMap(({ rules }) => rules);
    options.stacks.forEach(({ functions }) => functions.forEach(({ logGroup }) => this.logs.set(logGroup, [])));
    if (this.schedules.length === 0) {
      throw new Error('nothing to rehearse: the stacks have no AthenaSessionMonitor with a schedule');
    }
    // The functions do not depend on the alarms, so that all variants share one run of the story, and its metrics.
    const metrics = new MetricStore();
    const emptyFills = this.alarms.some(usesFill) ? EMPTY_FILLS : EMPTY_FILLS.slice(0, 1);
    const emptyQueries = this.alarms.some(usesQuery) ? EMPTY_QUERIES : EMPTY_QUERIES.slice(0, 1);
    const variants = this.story.extraPeriods.flatMap(extraPeriods => emptyFills.flatMap(emptyFill => emptyQueries.map(emptyQuery => (
      { extraPeriods, emptyFill, emptyQuery }))));
    this.clouds = variants.map(variant => ({
      ...variant,
      cloudWatch: new CloudWatch({ alarms: this.alarms, metrics, createdAt: this.instant(this.story.from), ...variant }),
      transitions: [],
    }));
    this.checkNames();
  }

  public async play(): Promise<RehearsalResult> {
    const { story } = this;
    const speed = this.options.speed ?? SPEED;
    const time = this.instant(story.from);
    const faults = story.faults.map(({ from, to, delay, ...fault }) => ({
      ...fault,
      ...(from !== undefined && { from: this.instant(from) }),
      ...(to !== undefined && { to: this.instant(to) }),
      ...(delay !== undefined && { milliseconds: delay }),
    }));
    const isOfEvents = ({ kind, operation }: { kind: string; operation?: string }) => operation === 'PutEvents' || kind === 'failedEntries';
    const { environment } = this.options.stacks[0]!;
    this.athena = await startAthena({
      time,
      environment,
      workGroups: this.workGroups(),
      faults: faults.filter(fault => !isOfEvents(fault)) as Fault[],
      unfiltered: story.unfiltered,
      rateLimit: story.rateLimit,
      speed,
    });
    this.eventBridge = await startEventBridge({ time, environment, faults: faults.filter(isOfEvents) as EventFault[], speed });
    for (const { function: target } of this.schedules) {
      this.hosts.set(target, this.hosts.get(target) ?? new LambdaHost({
        ...target,
        functionName: target.name,
        accessKeyId: this.accessKeyOf(target),
        athenaUrl: this.athena.url,
        eventBridgeUrl: this.eventBridge.url,
        nodePath: this.options.nodePath,
        speed,
        skipsPauses: speed !== 1 && story.rateLimit === undefined, // the limit is by Athena's clock
      }));
    }

    const deliveries = this.deliveries();
    const changes = this.sessionChanges();
    takeUntil(changes, this.instant(story.from) - 1); // not reported, as they are before the story
    const runsInAll = deliveries.filter(({ what }) => what !== 'missed').length;
    let runs = 0;
    for (let minute = this.instant(story.from); minute <= this.instant(story.to); minute += MINUTE) {
      while (deliveries.length > 0 && deliveries[0]!.arrival <= minute) {
        const { arrival } = deliveries[0]!;
        const together = deliveries.splice(0, deliveries.filter(delivery => delivery.arrival === arrival).length);
        this.emitUntil(arrival, changes);
        runs += await this.deliver(together);
      }
      this.emitUntil(minute, changes);
      this.evaluateAlarms(minute);
      this.emit({ kind: 'minute', at: minute, runs, runsInAll });
    }

    const variants = this.clouds.map(({ cloudWatch, ...variant }): VariantResult => ({ ...variant, states: cloudWatch.states() }));
    const { metrics } = this.cloudWatch;
    const series = this.cloudWatch.series();
    const messages = this.events.filter(event => event.kind === 'message');
    this.mismatches.push(...checkExpectations({
      story,
      date: this.date,
      alarms: this.alarms,
      variants,
      series,
      knownMetrics: this.knownMetrics(),
      failedRuns: this.failedRuns,
      topics: this.topics,
      messages,
    }));
    const isUnused = (fault: object) => this.athena.isUnused(fault as Fault) && this.eventBridge.isUnused(fault as EventFault);
    const unused = faults.flatMap((fault, index) => isUnused(fault) ? [`${story.locate(['faults', index])}: the fault applied to no call`] : []);
    const warnings = [...this.missingWorkGroups(), ...unused];
    const { date, events, logs, mismatches, athena: { calls } } = this;
    const busEvents = this.eventBridge.accepted.map(({ event }) => event);
    return { date, events, variants, series, metrics, logs, calls, busEvents, messages, mismatches, warnings };
  }

  public async close(): Promise<void> {
    await Promise.all([...this.hosts.values()].map(host => host.close()));
    await this.athena?.close();
    await this.eventBridge?.close();
  }

  /** Checks the ticks, alarms, topics and workgroups that the story refers to before it is played. */
  private checkNames(): void {
    const { ticks, expect, locate, from, to, firstDay } = this.story;
    const problems: string[] = [];
    const checkTick = (time: StoryTime, path: PropertyKey[]) => {
      const isTick = this.schedules.some(({ minutes }) => minutes.some(minute => time % (60 * MINUTE) === minute * MINUTE));
      if (!isTick || time < from || time > to) {
        problems.push(`${locate(path)}: no schedule has a tick at ${clock(time, firstDay)} between "from" and "to"`);
      }
    };
    ticks.missed.forEach((time, index) => checkTick(time, ['ticks', 'missed', index]));
    ticks.doubled.forEach((time, index) => checkTick(time, ['ticks', 'doubled', index]));
    ticks.late.forEach(({ tick }, index) => checkTick(tick, ['ticks', 'late', index, 'tick']));
    const workGroups = this.story.workGroups.map(({ name }) => name);
    expect.alarms.forEach(({ alarm, contributor }, index) => {
      const found = findAlarm(this.alarms, alarm);
      if (typeof found === 'string') {
        problems.push(`${locate(['expect', 'alarms', index, 'alarm'])}: ${found}`);
      } else if (contributor !== undefined) {
        const problem = isComposite(found) ? 'a composite alarm has no contributors'
          : !usesQuery(found) ? `${alarmLabel(found)} has no contributors, as it is not on all workgroups`
            : !workGroups.includes(contributor) ? `must be one of the workgroups ${workGroups.join(', ')}` : undefined;
        problems.push(...problem === undefined ? [] : [`${locate(['expect', 'alarms', index, 'contributor'])}: ${problem}; got ${contributor}`]);
      }
    });
    expect.messages.forEach(({ topic }, index) => {
      const found = findTopic(this.topics, topic);
      if (typeof found === 'string') {
        problems.push(`${locate(['expect', 'messages', index, 'topic'])}: ${found}`);
      }
    });
    expect.metrics.forEach(({ at }, index) => checkTick(at, ['expect', 'metrics', index, 'at']));
    if (problems.length > 0) {
      throw new StoryError(problems);
    }
  }

  private missingWorkGroups(): string[] {
    const known = this.story.workGroups.map(({ name }) => name);
    return this.schedules.flatMap(({ path, function: { environment: { WORK_GROUPS: named } } }) => (named?.split(',') ?? []).filter(name => !known.includes(name))
      .map(name => `${this.story.file}: the story does not have the workgroup ${name}, which ${path.replace(/\/Schedule$/, '')} monitors`));
  }

  private knownMetrics(): string {
    const dashboards = this.options.stacks.flatMap(stack => stack.dashboards.map(({ body }) => body));
    return [JSON.stringify(this.alarms.map(({ properties }) => properties)), ...dashboards].join('').replaceAll('\\', '');
  }

  /** For the metrics, which all variants share. */
  private get cloudWatch(): CloudWatch {
    return this.clouds[0]!.cloudWatch;
  }

  private instant(time: StoryTime): Instant {
    return this.date + time;
  }

  private workGroups(): { [name: string]: WorkGroup } {
    const sessionsOf = (workGroup: string) => this.story.sessions.filter(session => session.workGroup === workGroup)
      .map(({ id, description, notebook, engine, history, listedUntil, tags, executionRole, idleTimeout = this.story.idleTimeout }) => ({
        id,
        tags,
        executionRole,
        idleTimeout,
        description,
        notebookVersion: notebook ? 'Athena notebook version 1' : undefined,
        engine,
        history: history.map(change => ({ ...change, at: this.instant(change.at) })),
        listedUntil: listedUntil === undefined ? undefined : this.instant(listedUntil),
      }));
    return Object.fromEntries(this.story.workGroups.map(({ name, engine, state }): [string, WorkGroup] => [name, {
      engine, state, sessions: sessionsOf(name),
    }]));
  }

  private sessionChanges(): RehearsalEvent[] {
    return this.story.sessions
      .flatMap(({ id, workGroup, history }) => history
        .map(({ at, state, reason }): RehearsalEvent => ({ kind: 'session', at: this.instant(at), id, workGroup, state, reason })))
      .sort((a, b) => a.at - b.at);
  }

  /** All ticks of all schedules, by arrival. */
  private deliveries(): Delivery[] {
    const { from, to, deliveryDelay, ticks } = this.story;
    const deliveries: Delivery[] = [];
    for (let time = Math.ceil(from / MINUTE) * MINUTE; time <= to; time += MINUTE) {
      for (const schedule of this.schedules.filter(({ minutes }) => minutes.includes(time / MINUTE % 60))) {
        const tick = this.instant(time);
        const late = ticks.late.find(delivery => delivery.tick === time);
        const arrival = tick + (late?.by ?? deliveryDelay);
        if (ticks.missed.includes(time) || ticks.gaps.some(([first, last]) => time >= first && time <= last)) {
          deliveries.push({ schedule, tick, arrival: tick, what: 'missed' });
        } else {
          deliveries.push({ schedule, tick, arrival, ...(late && { what: 'late' }) });
          if (ticks.doubled.includes(time)) {
            deliveries.push({ schedule, tick, arrival: arrival + SECOND_DELIVERY, what: 'doubled' });
          }
        }
      }
    }
    return deliveries.sort((a, b) => a.arrival - b.arrival);
  }

  /** Delivers ticks that arrive at the same time: one after another to the same function, at once to different ones. */
  private async deliver(deliveries: Delivery[]): Promise<number> {
    const arrived = deliveries.filter(({ what }) => what !== 'missed');
    this.athena.time = this.eventBridge.time = deliveries[0]!.arrival;
    for (const what of ['missed', 'late', 'doubled'] as const) {
      const odd = deliveries.filter(delivery => delivery.what === what);
      if (odd.length > 0) {
        this.emit({ kind: 'tick', at: odd[0]!.arrival, schedules: odd.map(({ schedule }) => schedule), what });
      }
    }
    const functions = [...new Set(arrived.map(({ schedule }) => schedule.function))];
    const results = await Promise.all(functions.map(async target => {
      const finished = [];
      for (const delivery of arrived.filter(({ schedule }) => schedule.function === target)) {
        finished.push({ delivery, result: await this.hosts.get(target)!.invoke(eventOf(delivery), delivery.arrival) });
      }
      return finished;
    }));
    for (const { delivery, result } of results.flat()) {
      this.ingest(delivery, result);
      this.failedRuns += result.error ? 1 : 0;
      this.emit({ kind: 'run', at: delivery.arrival, function: delivery.schedule.function, tick: delivery.tick, result });
    }
    const accepted = this.eventBridge.accepted.slice(this.delivered).sort(byContent); // functions that run at once send in any order
    this.delivered += accepted.length;
    for (const one of accepted) { // they are sent at the end of the run
      const schedule = this.schedules.find(({ function: sender }) => this.accessKeyOf(sender) === one.accessKeyId)!;
      this.send(one, one.at + this.runDuration(schedule));
    }
    return arrived.length;
  }

  /** By which the simulated services know a function. */
  private accessKeyOf(target: DeployedFunction): string {
    const index = this.schedules.findIndex(schedule => schedule.function === target);
    return `ASIAREHEARSAL${String(index).padStart(7, '0')}`;
  }

  private runDuration(schedule: DeployedSchedule): number {
    const { runDuration } = this.story;
    return 'ofInterval' in runDuration ? runDuration.ofInterval * intervalOf(schedule) : runDuration.milliseconds;
  }

  /** Sends an event to the topics of all rules that match. */
  private send({ eventBus, event, at: acceptedAt }: AcceptedEvent, at: Instant): void {
    for (const rule of this.rules.filter(one => one.eventBus === eventBus)) {
      try {
        for (const { topic, input } of matchesPattern(rule.pattern, event) ? rule.targets : []) {
          const text = targetInput(input, event, { ruleName: rule.name, ruleArn: rule.arn, at: acceptedAt });
          this.messages.push({ kind: 'message', at, topic, rule, event, ...readMessage(text) });
        }
      } catch (error) {
        const message = `rule ${rule.path}: ${(error as Error).message}`;
        if (!(error instanceof BrokenMessageError)) {
          throw new Error(message);
        }
        const time = clock(at - this.date, this.story.firstDay);
        this.mismatches.push(`${this.story.file}: at ${time}, EventBridge would deliver a broken message: ${message}`);
      }
    }
    this.messages.sort((a, b) => a.at - b.at);
  }

  private ingest({ schedule, arrival, tick }: Delivery, { lines, logStream, error: failure }: InvocationResult): void {
    const { metricDelay } = this.story;
    const duration = this.runDuration(schedule);
    const end = arrival + duration;
    const visibleAt = end + metricDelay;
    const { name, logGroup } = schedule.function;
    for (const [metricName, value] of lambdaMetrics(duration, failure !== undefined)) {
      const metric = { namespace: 'AWS/Lambda', metricName, unit: LAMBDA_METRICS[metricName], dimensions: { FunctionName: name } };
      this.cloudWatch.put(metric, { timestamp: Math.floor(arrival / MINUTE) * MINUTE, value, visibleAt });
    }
    this.logs.get(logGroup)!.push(...lines.map(message => ({ timestamp: end, message, logStream })));
    const seen = new Set<string>();
    for (const line of lines) {
      try {
        this.cloudWatch.ingest(line, visibleAt);
      } catch (error) {
        this.mismatches.push(`the run of ${clock(tick - this.date, this.story.firstDay)} wrote a line that CloudWatch would reject: ${(error as Error).message}`);
      }
      this.recordSessionDetails(line, seen);
    }
  }

  private recordSessionDetails(line: string, seen: Set<string>): void {
    const { WorkGroup: workGroup, sessions, _aws: embedded } = parsed(line) ?? {};
    if (typeof workGroup !== 'string' || !Array.isArray(sessions)) {
      return;
    }
    for (const session of sessions as SessionDetail[]) {
      for (const kind of ENDED_STATES.includes(session.state) ? [session.state] : [session.state, LIVE]) {
        const key = sessionsKey(embedded?.CloudWatchMetrics?.[0]?.Namespace, workGroup, kind);
        this.sessionDetails.set(key, [...(seen.has(key) ? this.sessionDetails.get(key)! : []), session]);
        seen.add(key);
      }
    }
  }

  private evaluateAlarms(minute: Instant): void {
    const changes = new Map<string, { transition: Transition; variants: Variant[] }>();
    for (const cloud of this.clouds) {
      for (const transition of cloud.cloudWatch.evaluate(minute)) {
        cloud.transitions.push(transition);
        const { alarm, contributor, from, to } = transition;
        const key = JSON.stringify([this.alarms.indexOf(alarm), contributor, from, to]);
        changes.set(key, { transition, variants: [...changes.get(key)?.variants ?? [], cloud] });
      }
    }
    for (const { transition, variants } of changes.values()) {
      if (isAboutAlarm(transition)) {
        const only = describeVariants(variants, this.clouds);
        this.emit({ kind: 'alarm', at: minute, transition, sessions: this.sessionsBehind(transition), ...(only && { only }) });
      }
    }
  }

  /** The newest session details for the state that the alarm watches, or of all live sessions for an alarm on their age. */
  private sessionsBehind({ alarm, contributor, to }: Transition): SessionDetail[] {
    if (to !== 'ALARM' || isComposite(alarm)) {
      return [];
    }
    const { source, rule } = readAlarm(alarm);
    const [metric, state = LIVE] = /^(?:(Creating|Created|Idle|Busy|Terminating|Degraded|Failed|Terminated)(?:Sessions|Time)|SessionAge)$/.exec(source.metricName) ?? [];
    const workGroup = contributor ?? ('dimensions' in source ? source.dimensions.WorkGroup : undefined);
    if (metric === undefined || workGroup === undefined) {
      return [];
    }
    const all = this.sessionDetails.get(sessionsKey(source.namespace, workGroup, state.toUpperCase())) ?? [];
    const value = ({ seconds, age }: SessionDetail) => metric === 'SessionAge' ? age : metric.endsWith('Time') ? seconds : undefined;
    const breaching = all.filter(session => rule.comparison.breaches(value(session) ?? Infinity, rule.threshold)); // those that only count, all
    const sessions = breaching.length > 0 ? breaching : all; // the newest line may be later than the datapoint
    return state === LIVE ? [...sessions].sort((a, b) => (b.age ?? 0) - (a.age ?? 0)) : sessions;
  }

  private emitUntil(time: Instant, changes: RehearsalEvent[]): void {
    this.emit(...[...takeUntil(changes, time), ...takeUntil(this.messages, time)].sort((a, b) => a.at - b.at));
  }

  private emit(...events: RehearsalEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'minute') {
        this.events.push(event);
      }
      this.options.onEvent?.(event);
    }
  }
}

/** Orders events by the session that they are about. */
function byContent({ event: a }: AcceptedEvent, { event: b }: AcceptedEvent): number {
  const [one, other] = [a, b].map(event => JSON.stringify([event.resources, event['detail-type'], event.detail]));
  return one! < other! ? -1 : one! > other! ? 1 : 0;
}

/** The schedule's input with the scheduled time in place. */
function eventOf({ schedule, tick }: Delivery): unknown {
  const time = new Date(tick).toISOString().replace('.000Z', 'Z');
  const input = schedule.input.replaceAll('<aws.scheduler.scheduled-time>', time);
  try {
    return JSON.parse(input);
  } catch {
    throw new Error(`the input of schedule ${schedule.logicalId} is not JSON: ${input}`);
  }
}

function intervalOf({ minutes }: DeployedSchedule): number {
  const [first = 0, second = 60 + first] = minutes;
  return (second - first) * MINUTE;
}

/**
 * Lambda's own metrics of a run. Its duration is the story's; no run is throttled.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
function lambdaMetrics(duration: number, failed: boolean): [name: keyof typeof LAMBDA_METRICS, value: number][] {
  return [['Duration', duration], ['Errors', failed ? 1 : 0], ['Throttles', 0]];
}

/** Transitions between OK and INSUFFICIENT_DATA, such as that of a new alarm, are not reported. */
function isAboutAlarm({ from, to }: { from: AlarmState; to: AlarmState }): boolean {
  return from === 'ALARM' || to === 'ALARM';
}

/** Removes and returns the events up to a time from events in order of time. */
function takeUntil<Event extends { at: Instant }>(events: Event[], time: Instant): Event[] {
  const count = events.findIndex(({ at }) => at > time);
  return events.splice(0, count === -1 ? events.length : count);
}

function sessionsKey(namespace: unknown, workGroup: string, state: string): string {
  return JSON.stringify([namespace, workGroup, state]);
}
