import { createHash } from 'node:crypto';
import { type Message, messageOf } from './message';
import type { Occurrence } from './occurrences';
import { costAtLeast, endOfIdleSession, type Owner, ownerOf, sessionArn, type SessionCost, type SessionPlace, workGroupArn } from './session-facts';
import type { SessionConfiguration } from '../../athena/session-details';
import { EVENT_DETAIL_TYPES, EVENT_SOURCE, type EventSettings } from '../../schema';
import { type Instant, secondsBetween } from '../../time';
import { cut, plain, plainUrl, toJson } from '../text';

/**
 * The detail of an event. docs/session-event.schema.json is its schema: fields are added, never changed. Times are in ISO 8601. Texts that are
 * always present can be inserted into JSON as they are.
 */
export interface SessionEvent {
  readonly version: '1';
  /** The same for the same session, alarm and moment. */
  readonly id: string;
  /** The monitor's construct path. */
  readonly monitor: string;
  /** The name of the collector's function. */
  readonly collector: string;
  /** The alarm's id. */
  readonly alarm: string;
  readonly workGroup: string;
  readonly sessionId: string;
  readonly state: string;
  readonly since: string;
  readonly secondsInState: number;
  readonly startedAt: string;
  readonly ageSeconds: number;
  readonly engine: string;
  readonly description?: string;
  readonly reason?: string;
  readonly notebookVersion?: string;
  readonly thresholdSeconds?: number;
  readonly owner?: Owner;
  readonly idleTimeoutSeconds?: number;
  readonly endsBy?: string;
  readonly costAtLeast: SessionCost;
  readonly links: { readonly console: string; readonly runbook: string };
  /** Why details are missing or estimated. */
  readonly detailsMissing?: readonly string[];
  readonly message: Message;
}

/** Where the collector runs. */
export interface Deployment extends SessionPlace {
  readonly functionName: string;
}

/** What is known about a session beyond its listing. */
export interface SessionDetails extends SessionConfiguration {
  readonly tags?: ReadonlyMap<string, string>;
  /** Why details are missing. */
  readonly missing: readonly string[];
}

/** An entry of PutEvents. */
interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Time: Date;
  readonly Resources: string[];
  readonly Detail: string;
}

export interface SessionEventContext extends Pick<EventSettings, 'monitor' | 'ownerTags' | 'dpuHourPrice' | 'eventBus'> {
  readonly scheduledTime: Instant;
  readonly deployment: Deployment;
}

/** The event about an occurrence. */
export function entryOf(occurrence: Occurrence, details: SessionDetails, context: SessionEventContext): Entry {
  const { workGroup, session, moment, alarm } = occurrence;
  return {
    EventBusName: context.eventBus,
    Source: EVENT_SOURCE,
    DetailType: EVENT_DETAIL_TYPES[alarm.kind],
    Time: new Date(moment),
    Resources: [sessionArn(context.deployment, plain(workGroup), plain(session.id)), workGroupArn(context.deployment, plain(workGroup))],
    Detail: toJson(sessionEvent(occurrence, details, context)),
  };
}

function sessionEvent({ workGroup, session, moment, alarm }: Occurrence, details: SessionDetails, context: SessionEventContext): SessionEvent {
  const { deployment, scheduledTime, dpuHourPrice } = context;
  const { startedAt: listedStart, state = '', engine, description, reason, notebookVersion, withoutTexts } = session;
  const since = session.since ?? listedStart ?? moment;
  const startedAt = listedStart ?? since;
  const ageSeconds = secondsBetween(startedAt, state === 'FAILED' ? since : scheduledTime);
  const owner = ownerOf(details, context.ownerTags);
  const { idleTimeoutSeconds } = details;
  const end = endOfIdleSession(state, since, idleTimeoutSeconds);
  const missing = [
    ...details.missing,
    ...owner || details.missing.length > 0 ? [] : [`owner: the session has none of the tags ${context.ownerTags.join(', ')}, and no execution role`],
    ...listedStart === undefined ? ['startedAt: Athena returned no start, so this is the earliest date that is known'] : [],
    ...withoutTexts ? ['engine, description and reason: too many sessions failed in the same interval'] : engine ? [] : ['engine: Athena returned none'],
  ];
  const event: Omit<SessionEvent, 'message'> = {
    version: '1',
    id: eventId(deployment, workGroup, session.id, alarm.id, alarm.kind === 'FAILED' ? undefined : moment),
    monitor: plain(context.monitor),
    collector: deployment.functionName,
    alarm: alarm.id,
    workGroup: plain(workGroup),
    sessionId: plain(session.id),
    state,
    since: isoTime(since),
    secondsInState: secondsBetween(since, scheduledTime),
    startedAt: isoTime(startedAt),
    ageSeconds,
    engine: plain(engine || 'unknown'),
    description,
    reason,
    notebookVersion,
    thresholdSeconds: alarm.thresholdSeconds,
    owner,
    idleTimeoutSeconds,
    endsBy: end === undefined ? undefined : isoTime(end),
    costAtLeast: costAtLeast(ageSeconds, dpuHourPrice),
    links: { console: consoleUrl(deployment, workGroup), runbook: plainUrl(alarm.runbookUrl) },
    detailsMissing: missing.length > 0 ? missing.map((reasonOfOne) => cut(reasonOfOne)) : undefined,
  };
  return { ...event, message: messageOf(alarm.kind, event, deployment.region) };
}

/** The last one of the year 9999. */
const MAX_INSTANT: Instant = 253_402_300_799_999;

/** In ISO 8601, with a year of four digits whatever the date. */
function isoTime(instant: Instant): string {
  return new Date(Math.min(Math.max(0, instant), MAX_INSTANT)).toISOString();
}

/** Without the moment for failed sessions, as their end may be estimated, and the estimate may change. */
function eventId({ functionName, region, account }: Deployment, ...parts: (string | number | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify([account, region, functionName, ...parts])).digest('hex').slice(0, 32);
}

const CONSOLES: { readonly [partition: string]: string } = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' };

/** The workgroup's page, as the console has none of a session that can be linked. */
function consoleUrl({ partition, region }: Deployment, workGroup: string): string {
  const host = CONSOLES[partition] ?? `${region}.console.aws.amazon.com`;
  return `https://${host}/athena/home?region=${region}#/workgroups/details/${encodeURIComponent(plain(workGroup))}`;
}
