import type { EventKind } from '../../schema';
import { code, cut, duration, plain, plainUrl } from '../text';
import type { SessionEvent } from './session-event';

/** An event in words. Each is one line, and can be inserted into JSON as it is. */
export interface Message {
  readonly text: string;
  /** At most 250 characters. */
  readonly title: string;
  /** At most 8,000 characters. */
  readonly markdown: string;
}

/** @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html */
const MAX_TITLE_LENGTH = 250;
const MAX_MARKDOWN_LENGTH = 8_000;

/** What the words are made of. */
type EventFacts = Omit<SessionEvent, 'message'>;

interface Wording {
  /** What the session did. */
  readonly what: (event: EventFacts) => string;
  /** What to do about it. `{end}` stands for the command that ends the session. */
  readonly advice: string;
}

const stuckIn = (state: string): Wording['what'] => ({ secondsInState }) => `${state} for ${duration(secondsInState)}`;

const WORDINGS: { readonly [kind in EventKind]: Wording } = {
  FAILED: { what: () => 'failed', advice: 'its in-memory state is lost, so start a new session, and stop clients that keep polling this one' },
  IDLE: { what: stuckIn('idle'), advice: 'if nobody needs it, end it with {end}' },
  DEGRADED: { what: () => 'degraded', advice: 'it has no healthy coordinators, so end it with {end} and start a new one' },
  OLD: { what: ({ ageSeconds }) => `${duration(ageSeconds)} old`, advice: 'if nobody needs it, end it with {end}' },
  CREATING: { what: stuckIn('creating'), advice: 'check whether other sessions use up the region\'s DPU quota' },
  BUSY: { what: stuckIn('busy'), advice: 'check whether its calculations still advance, and if they hang, end it with {end}' },
  TERMINATING: { what: stuckIn('terminating'), advice: 'if it does not end, ask AWS Support' },
};

/** What the message says of the session, one by one. */
type Fact = readonly [label: string, value: string | undefined];

/** Writes an event in words. */
export function messageOf(kind: EventKind, event: EventFacts, region: string): Message {
  const { what, advice } = WORDINGS[kind];
  const title = cut(`Athena session ${what(event)} in ${plain(event.workGroup)}`, MAX_TITLE_LENGTH);
  const facts = (free: (text: string) => string) => factsOf(event, free).filter(([, value]) => value);
  const end = `aws athena terminate-session --session-id ${event.sessionId.replaceAll('`', '\'')} --region ${region}`;
  const whatToDo = (quote: string) => advice.replace('{end}', () => `${quote}${end}${quote}`);
  const { runbook } = event.links; // is plain already
  const console = plainUrl(event.links.console);
  return {
    title,
    text: [
      `${title}.`,
      ...facts(plain).map(([label, value]) => `${label}: ${value}`).map((sentence) => sentence.endsWith('.') ? sentence : `${sentence}.`),
      `What to do: ${whatToDo('\'')}. Runbook: ${runbook}`,
    ].join(' '),
    // Amazon Q Developer passes it to the client as it is, and Slack has another bold and other links than Teams. `*` is bold or italic,
    // and both understand code and plain addresses.
    markdown: cut([
      ...facts(code).map(([label, value]) => `*${label}:* ${value}`),
      `*What to do:* ${whatToDo('`')}`,
      `*Runbook:* ${runbook}`,
      `*Console:* ${console}`,
    ].join(' · '), MAX_MARKDOWN_LENGTH),
  };
}

/** @param free formats a text that is not the monitor's own */
function factsOf(event: EventFacts, free: (text: string) => string): Fact[] {
  const { sessionId, state, since, startedAt, owner, costAtLeast: { usd, dpuHours, dpuHourPrice }, description, reason, engine } = event;
  const source = owner && (owner.source === 'executionRole' ? 'execution role' : `tag ${free(owner.source.replace(/^tag:/, ''))}`);
  return [
    ['Session', free(sessionId)],
    ['Owner', owner ? `${free(owner.name)} (${source})` : 'unknown'],
    [`${state === 'FAILED' ? 'Failed at' : `${state} since`}`, time(since)],
    ['Started', time(startedAt)],
    [state === 'FAILED' ? 'Cost' : 'Cost so far', `at least $${usd.toFixed(2)} (${dpuHours} DPU hours at $${dpuHourPrice})`],
    ['Ends by itself', endOf(event)],
    ['Description', description && free(description)],
    ['Reason', reason && free(reason)],
    ['Engine', free(engine)],
  ];
}

function endOf({ endsBy, idleTimeoutSeconds }: EventFacts): string | undefined {
  return endsBy && `${time(endsBy)}, if it stays idle (its idle timeout is ${duration(idleTimeoutSeconds!)})`;
}

/** Such as `2026-03-10 14:05 UTC`. */
function time(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
