import type { Instant } from './athena';
import type { AlarmDefinition, AlarmStatus, EmptyFill, EmptyQuery, MetricSeries, Transition } from './cloudwatch';
import type { DeployedTopic } from './deployed-stack';
import { type Message, shownText } from './sns';
import { clock, Story, StoryTime } from './story';

type Range = readonly [earliest: StoryTime, latest: StoryTime];

/** A time during which an alarm, or one of its contributors, was in ALARM. */
interface Episode {
  alarm: AlarmDefinition;
  contributor?: string;
  raised: Instant;
  cleared?: Instant;
}

/** An assumption on behaviour of CloudWatch that AWS does not document. */
export interface Variant {
  extraPeriods: number;
  emptyFill: EmptyFill;
  emptyQuery: EmptyQuery;
}

/** The alarms under one variant. */
export interface VariantResult extends Variant {
  transitions: Transition[];
  states: AlarmStatus[];
}

export interface Outcome {
  story: Story;
  /** The midnight before the story. */
  date: Instant;
  alarms: AlarmDefinition[];
  variants: VariantResult[];
  series: MetricSeries[];
  /** A text with the names of the metrics that the app's alarms and dashboards read, in quotes. */
  knownMetrics: string;
  failedRuns: number;
  topics: DeployedTopic[];
  messages: Message[];
}

/** @returns the differences from what the story expects */
export function checkExpectations(outcome: Outcome): string[] {
  const { story, variants, failedRuns } = outcome;
  const expected = story.expect.failedRuns;
  return [
    ...merged(variants.map(variant => [variant, checkAlarms(outcome, variant)])),
    ...checkMetrics(outcome),
    ...checkMessages(outcome),
    ...(failedRuns === expected ? [] : [`${story.locate(['expect', 'failedRuns'])}: expected ${expected} failed runs, there were ${failedRuns}`]),
  ];
}

/**
 * The alarm with that label, which no other has, or else with that name or logical id, or with a construct path that is that or ends with it.
 *
 * @returns an error message if there is none, or more than one
 */
export function findAlarm(alarms: AlarmDefinition[], name: string): AlarmDefinition | string {
  return find('alarm', alarms, name, alarmLabel);
}

/** The same for a topic. */
export function findTopic(topics: DeployedTopic[], name: string): DeployedTopic | string {
  return find('topic', topics, name, topicLabel);
}

/** What a template has, and where it is among the constructs. */
interface Resource {
  name: string;
  logicalId: string;
  path?: string;
  label?: string;
}

function find<R extends Resource>(kind: string, all: R[], name: string, label: (resource: R) => string): R | string {
  const labelled = all.filter(one => label(one) === name);
  const found = labelled.length === 1 ? labelled : all.filter(one => [one.name, one.logicalId].includes(name)
    || [one.path, label(one)].some(path => path === name || path?.endsWith(`/${name}`)));
  if (found.length === 1) {
    return found[0]!;
  }
  const labels = all.map(one => label(one)).join(', ');
  return found.length > 0 ? `${name} could be any of the ${kind}s ${found.map(({ path, logicalId }) => path ?? logicalId).join(', ')}`
    : `there is no ${kind} ${name}; ${all.length > 0 ? `there are ${labels}` : 'the app has none'}`;
}

/** How the report names an alarm, or one of its contributors. */
export function alarmLabel(alarm: Resource, contributor?: string): string {
  return [topicLabel(alarm), ...(contributor === undefined ? [] : [contributor])].join('/');
}

/** How the report names a topic. */
export function topicLabel({ label, path, logicalId }: Resource): string {
  return label ?? path ?? logicalId;
}

const EMPTY_QUERY_TEXTS: { readonly [query in EmptyQuery]: string } = {
  treatMissingData: 'treats missing data as usual', insufficientData: 'has insufficient data', unchanged: 'keeps its state',
};

/** Describes what some of the variants have in common, and the others have not. */
export function describeVariants(some: readonly Variant[], all: readonly Variant[]): string {
  const [periods, allPeriods] = [some, all].map(variants => new Set(variants.map(({ extraPeriods }) => extraPeriods)));
  const [fills, allFills] = [some, all].map(variants => new Set(variants.map(({ emptyFill }) => emptyFill)));
  const [queries, allQueries] = [some, all].map(variants => new Set(variants.map(({ emptyQuery }) => emptyQuery)));
  if (some.length < periods!.size * fills!.size * queries!.size) {
    return some.map(variant => describeVariants([variant], all)).join(', or ');
  }
  return [
    ...(periods!.size < allPeriods!.size ? [`alarms read ${[...periods!].join(' or ')} extra periods`] : []),
    ...(fills!.size < allFills!.size ? [`FILL returns ${fills!.has('nothing') ? 'nothing' : 'its number'} if no period has data`] : []),
    ...(queries!.size < allQueries!.size
      ? [`an alarm whose query finds nothing ${[...queries!].map(query => EMPTY_QUERY_TEXTS[query]).join(' or ')}`] : []),
  ].join(' and ');
}

export function episodes({ transitions }: VariantResult): Episode[] {
  const all: Episode[] = [];
  for (const { alarm, contributor, from, to, at } of transitions) {
    if (from === 'ALARM') {
      const open = all.find(episode => episode.alarm === alarm && episode.contributor === contributor && episode.cleared === undefined)
        ?? all.find(episode => episode.alarm === alarm && episode.cleared === undefined);
      if (open) {
        open.cleared = at;
      }
    }
    if (to === 'ALARM') {
      all.push({ alarm, contributor, raised: at });
    }
  }
  return all;
}

/** Each difference once, with the variants that have it, unless all have. */
function merged(differences: [Variant, string[]][]): string[] {
  const all = differences.map(([variant]) => variant);
  return [...new Set(differences.flatMap(([, messages]) => messages))].map(message => {
    const only = describeVariants(differences.filter(([, messages]) => messages.includes(message)).map(([variant]) => variant), all);
    return only ? `${message} (where ${only})` : message;
  });
}

function checkAlarms({ story, date, alarms }: Outcome, variant: VariantResult): string[] {
  const { expect, locate, firstDay } = story;
  const mismatches: string[] = [];
  const time = (at: Instant) => clock(at - date, firstDay);
  const left = new Set(episodes(variant));
  const during = ([earliest, latest]: Range, at: Instant | undefined) => at !== undefined && at >= date + earliest && at <= date + latest;
  const show = ([earliest, latest]: Range) => `between ${clock(earliest, firstDay)} and ${clock(latest, firstDay)}`;

  expect.alarms.forEach(({ alarm: name, contributor, raised, cleared, never }, index) => {
    const alarm = findAlarm(alarms, name) as AlarmDefinition;
    const mismatch = (message: string) => mismatches.push(`${locate(['expect', 'alarms', index])}: ${alarmLabel(alarm, contributor)} ${message}`);
    const isMeant = (episode: Episode) => episode.alarm === alarm && (contributor === undefined || episode.contributor === contributor);
    const candidates = [...left].filter(isMeant);
    const others = candidates.length === 0 ? 'it was not raised' : `it was raised at ${candidates.map(episode => time(episode.raised)).join(', ')}`;
    if (never) {
      if (candidates.length > 0) {
        mismatch(`should never have been raised; ${others}`);
      }
      candidates.forEach(episode => left.delete(episode));
      return;
    }
    const episode = candidates.find(candidate => during(raised!, candidate.raised));
    if (!episode) {
      mismatch(`should have been raised ${show(raised!)}; ${others}`);
      const distance = (candidate: Episode) => Math.abs(candidate.raised - date - raised![0]);
      left.delete([...candidates].sort((a, b) => distance(a) - distance(b))[0]!); // one difference is enough
      return;
    }
    left.delete(episode);
    const actual = episode.cleared === undefined ? 'it was not cleared' : `it was cleared at ${time(episode.cleared)}`;
    if (cleared === 'never' ? episode.cleared !== undefined : !during(cleared!, episode.cleared)) {
      mismatch(`should ${cleared === 'never' ? 'not have been cleared' : `have been cleared ${show(cleared!)}`}; ${actual}`);
    }
  });

  if (expect.otherAlarms === 'none') {
    for (const { alarm, contributor, raised } of left) {
      mismatches.push(`${story.file}: ${alarmLabel(alarm, contributor)} was raised at ${time(raised)}, and the story does not expect it`);
    }
  }
  return mismatches;
}

/** Enough of a message to recognise it. */
function beginning(message: Message): string {
  const text = shownText(message);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** Each expected message must have been sent once: no other message may be like it, unless that is also expected. */
function checkMessages({ story, date, topics, messages }: Outcome): string[] {
  const { expect, locate, firstDay, file } = story;
  const mismatches: string[] = [];
  const time = (at: Instant) => clock(at - date, firstDay);
  const expected = expect.messages.map(({ topic: name, sent: [earliest, latest], contains }, index) => {
    const topic = findTopic(topics, name) as DeployedTopic;
    const ofTopic = messages.filter(message => message.topic.arn === topic.arn);
    const alike = ofTopic.filter(message => message.at >= date + earliest && message.at <= date + latest
      && contains.every(part => shownText(message).includes(part)));
    const what = `${topicLabel(topic)} should have got one message${contains.length > 0 ? ` with ${contains.map(part => `"${part}"`).join(' and ')}` : ''}`;
    const mismatch = (actual: string) => mismatches.push(
      `${locate(['expect', 'messages', index])}: ${what} between ${clock(earliest, firstDay)} and ${clock(latest, firstDay)}; ${actual}`);
    return { ofTopic, alike, mismatch };
  });
  const left = new Set(messages);
  const meant = new Map<typeof expected[number], Message>();
  for (const one of [...expected].sort((a, b) => a.alike.length - b.alike.length)) { // what is like fewer messages has the first choice
    const message = one.alike.find(candidate => left.has(candidate));
    if (message) {
      meant.set(one, message);
      left.delete(message);
    }
  }

  for (const one of expected) {
    const { ofTopic, alike, mismatch } = one;
    if (alike.length === 0) {
      mismatch(ofTopic.length === 0 ? 'it got none' : `it got ${ofTopic.map(message => `"${beginning(message)}" at ${time(message.at)}`).join(', ')}`);
    } else if (!meant.has(one)) {
      mismatch(`${alike.length === 1 ? 'the only one' : 'each of them'}, at ${alike.map(message => time(message.at)).join(', ')}, is that of another expectation`);
    } else if (alike.some(message => left.has(message))) {
      mismatch(`it got ${alike.length}, at ${alike.map(message => time(message.at)).join(', ')}`);
    }
  }
  expected.forEach(({ alike }) => alike.forEach(message => left.delete(message)));

  if (expect.otherMessages === 'none') {
    for (const message of left) {
      mismatches.push(`${file}: ${topicLabel(message.topic)} got "${beginning(message)}" at ${time(message.at)}, and the story does not expect it`);
    }
  }
  return mismatches;
}

function checkMetrics({ story, date, series, knownMetrics }: Outcome): string[] {
  return story.expect.metrics.flatMap(({ metric, namespace, workGroup, at, value }, index) => {
    const name = [namespace, metric, workGroup].filter(part => part !== undefined).join(' ');
    const mismatch = (message: string) => [`${story.locate(['expect', 'metrics', index])}: ${name} at ${clock(at, story.firstDay)} ${message}`];
    if (!series.some(one => one.metricName === metric) && !knownMetrics.includes(`"${metric}"`)) {
      return mismatch(`cannot be checked: no monitor has such a metric; the story has ${[...new Set(series.map(one => one.metricName))].sort().join(', ')}`);
    }
    const named = series.filter(one => one.metricName === metric && one.namespace === (namespace ?? one.namespace));
    const isTotal = workGroup === undefined && named.some(one => one.dimensions.WorkGroup === undefined);
    const found = named.filter(one => one.dimensions.WorkGroup === (isTotal ? undefined : workGroup ?? one.dimensions.WorkGroup));
    if (found.length > 1) {
      const candidates = found.map(one => [one.namespace, ...Object.values(one.dimensions)].join(' ')).join(', ');
      return mismatch(`could be any of several (${candidates}): give its namespace${isTotal ? '' : ' and workGroup'}`);
    }
    const actual = found[0]?.points.find(({ timestamp }) => timestamp === date + at)?.maximum;
    if (value === 'missing') {
      return actual === undefined ? [] : mismatch(`should be missing; it was ${actual}`);
    }
    const [least, most] = Array.isArray(value) ? value : [value, value];
    return actual !== undefined && actual >= least && actual <= most
      ? [] : mismatch(`should be ${least === most ? least : `from ${least} to ${most}`}; it was ${actual ?? 'missing'}`);
  });
}
