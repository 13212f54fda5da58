import type { AlarmDefinition, AlarmState, Transition } from '../../../rehearsal/cloudwatch';
import { MetricStore } from '../../../rehearsal/cloudwatch';
import type { RehearsalEvent, RehearsalResult } from '../../../rehearsal/rehearsal';
import type { PlayedStory } from '../../../rehearsal/report/index';
import type { Message } from '../../../rehearsal/sns';
import { parseStory } from '../../../rehearsal/story';

export const DATE = Date.parse('2026-03-10T00:00:00Z');

export function alarmNamed(name: string): AlarmDefinition {
  return { logicalId: name, name, label: `Sessions/${name}`, path: `Stack/Sessions/Alarms/${name}`, properties: {} };
}

/** Changes of an alarm, or of a contributor, to states at times after the midnight before a story. */
export function changes(alarm: AlarmDefinition, times: [at: number, to: AlarmState][], contributor?: string): Transition[] {
  let state: AlarmState = contributor === undefined ? 'INSUFFICIENT_DATA' : 'OK';
  return times.map(([at, to]) => {
    const from = state;
    state = to;
    return { alarm, at: DATE + at, from, to, reason: `now ${to}`, ...(contributor !== undefined && { contributor }) };
  });
}

export interface Told {
  alarms?: AlarmDefinition[];
  transitions?: Transition[];
  /** Besides those of the sessions and alarms. */
  events?: RehearsalEvent[];
  mismatches?: string[];
  stacks?: PlayedStory['stacks'];
}

/** A story as a rehearsal would play it, without a rehearsal. */
export function told(yaml: string, { alarms = [], transitions = [], events = [], mismatches = [], stacks = [] }: Told = {}): PlayedStory {
  const story = parseStory(`${yaml}\nexpect: {}\n`, 'story.yaml');
  const { from, to } = story;
  const all: RehearsalEvent[] = [
    ...events,
    ...story.sessions.flatMap(({ id, workGroup, history }) => history
      .filter(({ at }) => at >= from && at <= to)
      .map(({ at, state, reason }): RehearsalEvent => ({ kind: 'session', at: DATE + at, id, workGroup, state, reason }))),
    ...transitions.filter(transition => transition.from === 'ALARM' || transition.to === 'ALARM')
      .map((transition): RehearsalEvent => ({ kind: 'alarm', at: transition.at, transition, sessions: [] })),
  ].sort((a, b) => a.at - b.at);
  const states = alarms.map(alarm => ({ alarm, state: transitions.filter(transition => transition.alarm === alarm).at(-1)?.to ?? 'INSUFFICIENT_DATA' as const }));
  const result: RehearsalResult = {
    date: DATE,
    events: all,
    variants: [{ extraPeriods: 0, emptyFill: 'filler', emptyQuery: 'treatMissingData', transitions, states }],
    series: [],
    metrics: new MetricStore(),
    logs: new Map(),
    calls: [],
    busEvents: [],
    messages: all.filter(event => event.kind === 'message'),
    mismatches,
    warnings: [],
  };
  return { story, stacks, result };
}

export function message(at: number, text: string, title?: string): Message {
  const topic = { logicalId: 'Alerts', label: 'Alerts', path: 'Stack/Alerts', name: 'alerts', arn: 'arn:aws:sns:us-east-1:123456789012:alerts' };
  return { kind: 'message', at: DATE + at, topic, rule: {} as Message['rule'], event: {} as Message['event'], chat: title !== undefined, title, text };
}
