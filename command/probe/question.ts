import type { CallError } from './aws';
import type { Inquiry } from './inquiry';
import type { Redactor } from './redactor';
import { filterName, type Listing, type Survey } from './survey';

/** A row of a table of figures. */
export interface Row {
  readonly [column: string]: string | number | undefined;
}

/** The calls that an answer is based on, without retries. */
export interface Asked {
  readonly operation: string;
  readonly filter?: string;
  readonly calls: number;
}

export interface Answer {
  /**
   * `no data`: the account has nothing to answer it from, for example no session in that state. `not asked`: it needs an option.
   * `error`: calls failed, and the results of the others are not sufficient.
   */
  readonly outcome: 'answered' | 'no data' | 'not asked' | 'error';
  readonly verdict: string;
  readonly asked: readonly Asked[];
  readonly evidence: readonly Row[];
  /** Names and ids, with `--verbose`. */
  readonly details?: readonly string[];
}

export interface Question {
  readonly id: string;
  readonly text: string;
  /** Most questions are answered from the survey. Others make a few more calls. */
  answer(survey: Survey, redactor: Redactor, inquiry: Inquiry): Answer | Promise<Answer>;
}

interface Finding {
  readonly listings: readonly Listing[];
  /** Sentences; undefined if the listings do not answer the question. */
  readonly verdict: string | undefined;
  /** The reason if no listing failed, but none answers the question. */
  readonly nothing: string;
  /** Whether the verdict is incomplete because listings failed. */
  readonly isOpen?: boolean;
  readonly evidence?: readonly Row[];
  readonly details?: readonly string[];
}

/** The answer from listings. Mentions failed listings, and those that reached the maximum number of pages. */
export function answerFrom(survey: Survey, redactor: Redactor, finding: Finding): Answer {
  const { listings, verdict, nothing, isOpen = false, evidence = [], details = [] } = finding;
  const failed = listings.filter(({ failure }) => failure !== undefined);
  const failures = [
    ...failuresOf(failed, listings.length, redactor),
    ...(survey.search.failure && survey.workGroups.length === 0 ? [`ListWorkGroups failed: ${errorText(survey.search.failure, redactor)}.`] : []),
  ];
  return {
    outcome: (isOpen || verdict === undefined) && failures.length > 0 ? 'error' : verdict === undefined ? 'no data' : 'answered',
    verdict: [verdict ?? (failures.length > 0 ? 'No answer.' : `No data: ${nothing}.`), ...failures, ...capped(listings)].join(' '),
    asked: callsOf(listings),
    evidence,
    details: redactor.details(details),
  };
}

/** Such as `Not asked: pass --role.` */
export function notAsked(how: string): Answer {
  return { outcome: 'not asked', verdict: `Not asked: ${how}.`, asked: [], evidence: [] };
}

/** What single calls about sessions or other resources found. */
interface CallsFinding {
  readonly asked: readonly Asked[];
  readonly failures: readonly CallError[];
  /** Sentences; undefined if the calls do not answer the question. */
  readonly verdict: string | undefined;
  /** The reason if no call failed, but none answers the question. */
  readonly nothing: string;
  readonly evidence?: readonly Row[];
  readonly details?: readonly string[];
}

/** The answer from single calls. Mentions those that failed, and the permissions that denied ones need. */
export function answerFromCalls(redactor: Redactor, { asked, failures, verdict, nothing, evidence = [], details = [] }: CallsFinding): Answer {
  return {
    outcome: verdict !== undefined ? 'answered' : failures.length > 0 ? 'error' : 'no data',
    verdict: [verdict ?? (failures.length > 0 ? 'No answer.' : `No data: ${nothing}.`), ...failureText(failures, asked, redactor)].join(' '),
    asked,
    evidence,
    details: redactor.details(details),
  };
}

function failureText(failures: readonly CallError[], asked: readonly Asked[], redactor: Redactor): string[] {
  const [first] = failures;
  if (!first) {
    return [];
  }
  const calls = asked.reduce((sum, each) => sum + each.calls, 0);
  const denied = failures.every(({ kind }) => kind === 'denied');
  const permission = denied ? ' A permission is missing, or a policy denies it.' : '';
  return [`${failures.length} of ${counted(calls, 'call')} ${denied ? 'denied' : 'failed'} (${errorText(first, redactor)}).${permission}`];
}

export function errorText({ code, message }: CallError, redactor: Redactor): string {
  return `${code}: ${redactor.text(message).replace(/\.$/, '')}`;
}

export function callsOf(listings: readonly Listing[]): Asked[] {
  const calls = new Map<string, number>();
  for (const { state, pages, failure } of listings) {
    const filter = filterName(state);
    calls.set(filter, (calls.get(filter) ?? 0) + pages.length + (failure ? 1 : 0));
  }
  return [...calls].map(([filter, count]) => ({ operation: 'ListSessions', filter, calls: count }));
}

/** Whether there is a filter with which no listing succeeded. */
export function lacksFilter(listings: readonly Listing[]): boolean {
  const listed = new Set(listings.filter(({ pages }) => pages.length > 0).map(({ state }) => state));
  return listings.some(({ state }) => !listed.has(state));
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function failuresOf(failed: readonly Listing[], of: number, redactor: Redactor): string[] {
  const [first] = failed;
  return first ? [`${failed.length} of ${counted(of, 'listing')} failed (${errorText(first.failure!, redactor)}).`] : [];
}

function capped(listings: readonly Listing[]): string[] {
  const count = listings.filter(({ end }) => end === 'cap').length;
  return count > 0 ? [`${count} of ${counted(listings.length, 'listing')} reached the maximum number of pages, so there is more.`] : [];
}
