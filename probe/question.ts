import type { CallError } from './aws';
import type { Discretion } from './discretion';
import { filterName, type Listing, type Survey } from './survey';

/** A line of figures. */
export interface Row {
  readonly [column: string]: string | number | undefined;
}

/** Calls that an answer rests on; without retries. */
export interface Asked {
  readonly operation: string;
  readonly filter?: string;
  readonly calls: number;
}

export interface Answer {
  /**
   * `nothing to tell`: AWS had nothing to show for it, such as no session in that state. `not asked`: it takes an option.
   * `error`: calls failed, and what the others said is not enough.
   */
  readonly outcome: 'answered' | 'nothing to tell' | 'not asked' | 'error';
  readonly verdict: string;
  readonly asked: readonly Asked[];
  readonly evidence: readonly Row[];
  /** Names and ids, for those who ask for them. */
  readonly details?: readonly string[];
}

export interface Question {
  readonly id: string;
  readonly text: string;
  answer(survey: Survey, discretion: Discretion): Answer;
}

interface Finding {
  readonly listings: readonly Listing[];
  /** Sentences; undefined if the listings do not answer the question. */
  readonly verdict: string | undefined;
  /** What to say if no listing failed and yet none answers the question. */
  readonly nothing: string;
  /** Whether the verdict lacks something because of listings that failed. */
  readonly isOpen?: boolean;
  readonly evidence?: readonly Row[];
  readonly details?: readonly string[];
}

/** The answer that listings give, with what they leave open: those that failed, and those that the cap has cut off. */
export function answerFrom(survey: Survey, discretion: Discretion, finding: Finding): Answer {
  const { listings, verdict, nothing, isOpen = false, evidence = [], details = [] } = finding;
  const failed = listings.filter(({ failure }) => failure !== undefined);
  const failures = [
    ...failuresOf(failed, listings.length, discretion),
    ...(survey.search.failure && survey.workGroups.length === 0 ? [`ListWorkGroups failed: ${errorText(survey.search.failure, discretion)}.`] : []),
  ];
  return {
    outcome: (isOpen || verdict === undefined) && failures.length > 0 ? 'error' : verdict === undefined ? 'nothing to tell' : 'answered',
    verdict: [verdict ?? (failures.length > 0 ? 'Cannot be told.' : `Nothing to tell: ${nothing}.`), ...failures, ...capped(listings)].join(' '),
    asked: callsOf(listings),
    evidence,
    details: discretion.details(details),
  };
}

export function errorText({ code, message }: CallError, discretion: Discretion, workGroup?: string): string {
  return `${code}: ${discretion.text(message, workGroup).replace(/\.$/, '')}`;
}

export function callsOf(listings: readonly Listing[]): Asked[] {
  const calls = new Map<string, number>();
  for (const { state, pages, failure } of listings) {
    const filter = filterName(state);
    calls.set(filter, (calls.get(filter) ?? 0) + pages.length + (failure ? 1 : 0));
  }
  return [...calls].map(([filter, count]) => ({ operation: 'ListSessions', filter, calls: count }));
}

/** Whether there is a filter by which nothing at all could be listed. */
export function lacksFilter(listings: readonly Listing[]): boolean {
  const listed = new Set(listings.filter(({ pages }) => pages.length > 0).map(({ state }) => state));
  return listings.some(({ state }) => !listed.has(state));
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function failuresOf(failed: readonly Listing[], of: number, discretion: Discretion): string[] {
  const [first] = failed;
  return first ? [`${failed.length} of ${counted(of, 'listing')} failed (${errorText(first.failure!, discretion, first.workGroup.name)}).`] : [];
}

function capped(listings: readonly Listing[]): string[] {
  const count = listings.filter(({ end }) => end === 'cap').length;
  return count > 0 ? [`${count} of ${counted(listings.length, 'listing')} met the cap on pages: there is more behind it.`] : [];
}
