import type { Condition } from './condition';
import type { Details } from './details';
import type { Listing, NotListed } from './listing';
import type { ScanOptions } from './options';
import { type SessionReport, sessionReport } from './session-report';
import { oneLine, toJson } from '../../src/collector/text';
import { LIVE_STATES, SESSION_STATES, type SessionState } from '../../src/schema';
import type { Instant } from '../../src/time';
import { type Column, displayWidth, tableLines } from '../table';
import type { Paint } from '../terminal';

/** The result as `--json` prints it. README.md describes the fields: fields are added, never changed. */
export interface ScanReport {
  readonly version: '1';
  readonly region: string;
  readonly scannedAt: string;
  readonly workGroupsListed: number;
  readonly workGroupsNotListed: readonly NotListed[];
  readonly sessionsByState: { readonly [state: string]: number };
  readonly liveSessions: number;
  readonly usdPerHourAtLeast: number;
  readonly dpuHourPrice: number;
  readonly dpuQuota?: { readonly dpus: number; readonly usedAtLeast: number };
  readonly failOn: readonly { readonly condition: string; readonly met: boolean; readonly sessions: readonly string[] }[];
  readonly sessions: readonly SessionReport[];
}

export interface ReportContext extends Pick<ScanOptions, 'dpuHourPrice' | 'dpuQuota' | 'failOn'> {
  readonly region: string;
  readonly now: Instant;
}

export function scanReport(listing: Listing, details: Details | undefined, context: ReportContext): ScanReport {
  const { region, now, dpuHourPrice, dpuQuota, failOn } = context;
  const sessions = listing.sessions
    .map((session) => sessionReport(session, details?.bySession.get(session.id) ?? {}, now, dpuHourPrice))
    .sort((a, b) => orderOf(a) - orderOf(b) || (b.secondsInState ?? 0) - (a.secondsInState ?? 0));
  const count = (state: string) => sessions.filter((session) => session.state === state).length;
  const states = new Set([...LIVE_STATES, 'FAILED', ...sessions.map(({ state }) => state)]);
  const liveSessions = sessions.filter(({ state }) => LIVE_STATES.includes(state)).length;
  return {
    version: '1',
    region,
    scannedAt: new Date(now).toISOString(),
    workGroupsListed: listing.workGroupsListed,
    workGroupsNotListed: listing.workGroupsNotListed,
    sessionsByState: Object.fromEntries([...states].map((state) => [state, count(state)])),
    liveSessions,
    usdPerHourAtLeast: Math.round(liveSessions * dpuHourPrice * 1e4) / 1e4,
    dpuHourPrice,
    dpuQuota: dpuQuota === undefined ? undefined : { dpus: dpuQuota, usedAtLeast: listing.sparkConnectSessions },
    failOn: failOn.map(({ text, sessionsThatMeet }) => {
      const ids = sessionsThatMeet(sessions).map(({ sessionId }) => sessionId);
      return { condition: text, met: ids.length > 0, sessions: ids };
    }),
    sessions,
  };
}

/** What is not in the table. */
export function warnings({ workGroupsNotListed, sessionsWithoutId }: Listing, details: Details | undefined): string[] {
  const byReason = new Map<string, string[]>();
  for (const { workGroup, reason } of workGroupsNotListed) {
    const common = reason.replaceAll(`workgroup/${workGroup}`, 'workgroup/…');
    byReason.set(common, [...byReason.get(common) ?? [], workGroup]);
  }
  return [
    ...[...byReason].map(([reason, workGroups]) => `not listed: ${firstOf(workGroups, MAX_NAMED_WORK_GROUPS)}: ${reason}`),
    ...(sessionsWithoutId > 0 ? [`left out: ${plural(sessionsWithoutId, 'session')} that Athena returned without an id`] : []),
    ...(details?.reasons ?? []),
  ];
}

/** The maximum numbers of sessions and workgroups that a line names. `--json` names all. */
const MAX_NAMED_SESSIONS = 5;
const MAX_NAMED_WORK_GROUPS = 20;

/** The first names of a list, and how many more there are. */
function firstOf(names: readonly string[], maximum: number): string {
  const more = names.length > maximum ? ` and ${names.length - maximum} more` : '';
  return `${names.slice(0, maximum).map(oneLine).join(', ')}${more}`;
}

/** A line for each condition that is met. */
export function conditionsMet({ failOn }: ScanReport, conditions: readonly Condition[]): string[] {
  return conditions.flatMap(({ text, runbookUrl }, index) => {
    const { met, sessions } = failOn[index]!;
    const ids = firstOf(sessions, MAX_NAMED_SESSIONS);
    return met ? [`${text} is met by ${plural(sessions.length, 'session')}: ${ids}; what to do: ${runbookUrl}`] : [];
  });
}

/** As in the collector's log. Sessions in unknown states come first. */
function orderOf({ state }: SessionReport): number {
  return Object.hasOwn(SESSION_STATES, state) ? SESSION_STATES[state as SessionState].detailOrder : -1;
}

/** JSON whose texts cannot change how a terminal shows them. */
export function jsonText(report: ScanReport): string {
  return toJson(report, 2)
    .replace(/[\u007f-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The result as text: a summary, and a table. */
export function reportLines(report: ScanReport, details: boolean, width: number, paint: Paint): string[] {
  const summary = wrapped(summaryParts(report), width).map((line) => paint('bold', line));
  return report.sessions.length === 0 ? summary : [...summary, '', ...tableLines(columnsOf(report, details, paint), width, (title) => paint('dim', title))];
}

function summaryParts({ region, workGroupsListed, liveSessions, sessionsByState, usdPerHourAtLeast, dpuHourPrice, dpuQuota }: ScanReport): string[] {
  const live = LIVE_STATES.filter((state) => sessionsByState[state]).map((state) => `${sessionsByState[state]} ${state}`);
  const others = Object.keys(sessionsByState).filter((state) => state !== 'FAILED' && !LIVE_STATES.includes(state));
  return [
    `${region}: ${plural(liveSessions, 'live session')}${live.length > 0 ? ` (${live.join(', ')})` : ''} in ${plural(workGroupsListed, 'workgroup')}`,
    ...others.map((state) => `${sessionsByState[state]} in the unknown state ${oneLine(state)}`),
    ...(sessionsByState.FAILED ? [`${sessionsByState.FAILED} FAILED in the last hour`] : []),
    ...(liveSessions > 0 ? [`at least ${dollars(usdPerHourAtLeast)} an hour (at $${dpuHourPrice.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })} per DPU-hour)`] : []),
    ...(dpuQuota ? [`at least ${dpuQuota.usedAtLeast} of ${dpuQuota.dpus} DPUs for Spark 3.5 (${Math.round(100 * dpuQuota.usedAtLeast / dpuQuota.dpus)} %)`] : []),
  ];
}

const SEPARATOR = ' · ';

/** Joins the parts, with a new line where the next one does not fit. */
function wrapped(parts: readonly string[], width: number): string[] {
  return parts.reduce<string[]>((lines, part) => {
    const joined = lines.length > 0 ? `${lines.at(-1)}${SEPARATOR}${part}` : part;
    return displayWidth(joined) <= width ? [...lines.slice(0, -1), joined] : [...lines, part];
  }, []);
}

const MISSING = '–';

const STYLES: { readonly [state: string]: Parameters<Paint>[0] } = {
  FAILED: 'red', DEGRADED: 'red', IDLE: 'yellow', TERMINATING: 'dim', BUSY: 'green', CREATING: 'cyan', CREATED: 'cyan',
};

function columnsOf({ sessions }: ScanReport, details: boolean, paint: Paint): Column[] {
  const cells = (valueOf: (session: SessionReport) => string | undefined) => sessions.map((session) => oneLine(valueOf(session) || MISSING));
  return [
    { title: 'WORKGROUP', cells: cells(({ workGroup }) => workGroup), minWidth: 16 },
    {
      title: 'STATE',
      cells: cells(({ state }) => state),
      minWidth: 11,
      paint: (cell, row) => paint(STYLES[sessions[row]!.state] ?? 'red', cell),
    },
    { title: 'FOR', cells: cells(({ secondsInState }) => shortDuration(secondsInState)), alignRight: true },
    { title: 'AGE', cells: cells(({ ageSeconds }) => shortDuration(ageSeconds)), alignRight: true },
    { title: 'COST ≥', cells: cells(({ costAtLeast }) => costAtLeast && dollars(costAtLeast.usd)), alignRight: true },
    { title: 'ENGINE', cells: cells(({ engine }) => engine && shortEngine(engine)), minWidth: 11, leaveOut: details ? 2 : 1 },
    ...(details ? [
      { title: 'OWNER', cells: cells(({ owner }) => owner?.name), minWidth: 8 },
      { title: 'TIMEOUT', cells: cells(({ idleTimeoutSeconds }) => shortDuration(idleTimeoutSeconds)), alignRight: true, leaveOut: 1 },
      { title: 'ENDS BY (UTC)', cells: cells(({ endsBy }) => minute(endsBy)), leaveOut: 3 },
    ] : []),
    { title: 'SINCE (UTC)', cells: cells(({ since }) => minute(since)), leaveOut: 5 }, // FOR says the same
    { title: 'SESSION', cells: cells(({ sessionId }) => sessionId), leaveOut: 4 },
    { title: 'DESCRIPTION', cells: cells(({ description, reason, state }) => state === 'FAILED' ? [reason, description].filter(Boolean).join('; ') : description), minWidth: 20 },
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

function minute(isoTime: string | undefined): string | undefined {
  return isoTime?.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');
}

/** Such as `PySpark 3` and `Spark 3.5`. */
function shortEngine(engine: string): string {
  return engine.replace(/^Apache /, '').replace(/ (engine )?version /, ' ');
}

/** The two largest units, such as `7h59m`. Rounded down. */
export function shortDuration(seconds: number | undefined): string | undefined {
  if (seconds === undefined) {
    return undefined;
  }
  const units = [[86_400, 'd'], [3_600, 'h'], [60, 'm'], [1, 's']] as const;
  const first = units.findIndex(([size]) => seconds >= size);
  const parts = units.slice(first < 0 ? -1 : first).slice(0, seconds < 3_600 ? 1 : 2);
  let rest = seconds;
  return parts.map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 || unit === 's' ? `${count}${unit}` : '';
  }).join('');
}
