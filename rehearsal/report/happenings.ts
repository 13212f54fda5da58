import type { Clock } from './clock';
import { reasonOf } from '../alarm-reason';
import type { Instant } from '../athena';
import { alarmLabel, topicLabel } from '../expectations';
import { parsed } from '../json';
import { Html, html } from '../page/html';
import type { RehearsalEvent } from '../rehearsal';
import { shownText } from '../sns';

/** An entry of the list of what happened. */
export interface Happening {
  /** Its index among the events of the rehearsal. */
  event: number;
  at: Instant;
  /** What the entry is about, in a word, and its class in the style. */
  label: string;
  kind: 'alarm' | 'ok' | 'insufficient-data' | 'session' | 'message' | 'run' | 'failed';
  text: Html;
}

/** Whatever the list tells, in order of time. Runs without errors and warnings are not in it. */
export function happeningsOf(events: readonly RehearsalEvent[], clock: Clock, linkToMessage: (event: RehearsalEvent) => string): Happening[] {
  return events.flatMap((event, index): Happening[] => tell(event, clock, linkToMessage).map(told => ({ ...told, event: index, at: event.at })));
}

type Told = Omit<Happening, 'event' | 'at'>;

function tell(event: RehearsalEvent, clock: Clock, linkToMessage: (event: RehearsalEvent) => string): Told[] {
  switch (event.kind) {
    case 'alarm': return [alarm(event)];
    case 'session': {
      const { workGroup, id, state, reason } = event;
      const kind = state === 'FAILED' || state === 'DEGRADED' ? 'failed' : 'session';
      return [{ kind, label: 'session', text: html`${workGroup}/${id} is <b>${state}</b>${reason === undefined ? undefined : `: ${reason}`}` }];
    }
    case 'message': {
      const text = shownText(event);
      const start = text.length > 120 ? `${text.slice(0, 119)}…` : text;
      const where = event.chat ? 'in the chat of' : 'to';
      return [{ kind: 'message', label: 'message', text: html`${where} ${topicLabel(event.topic)}: <a href="${linkToMessage(event)}">${start}</a>` }];
    }
    case 'tick': {
      const what = event.what === 'doubled' ? 'delivered again' : event.what;
      return [{ kind: 'run', label: 'tick', text: html`<b>${what}</b>: ${event.schedules.map(({ path }) => path).join(', ')}` }];
    }
    case 'run': {
      const { function: { name }, tick, result: { error, lines } } = event;
      const failure: Told[] = error === undefined ? [] : [{
        kind: 'failed', label: 'run', text: html`of ${clock.html(tick)} <b>failed</b>: ${name}: ${error.errorType}: ${error.errorMessage}`,
      }];
      return [...lines.flatMap(logged), ...failure];
    }
    default: return [];
  }
}

function alarm(event: RehearsalEvent & { kind: 'alarm' }): Told {
  const { transition: { alarm: definition, contributor, to }, only } = event;
  const where = only === undefined ? undefined : html` <span class="only">only where ${only}</span>`;
  const looks = { ALARM: ['alarm', 'ALARM'], OK: ['ok', 'OK'], INSUFFICIENT_DATA: ['insufficient-data', 'no data'] } as const;
  const [kind, label] = looks[to];
  return { kind, label, text: html`<b>${alarmLabel(definition, contributor)}</b> ${reasonOf(event)}${where}` };
}

/** Errors and warnings in a function's log. */
function logged(line: string): Told[] {
  const { level, message, workGroup, reason } = Object(parsed(line));
  return typeof message === 'string' && /^(warn|error|fatal)/i.test(String(level))
    ? [{ kind: 'run', label: 'log', text: html`${[level, workGroup, message, reason].filter(Boolean).map(String).join(' ')}` }] : [];
}
