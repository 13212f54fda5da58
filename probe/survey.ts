import { randomBytes } from 'node:crypto';
import type { SessionSummary } from '@aws-sdk/client-athena';
import { type Aws, CallError, SESSIONS_PAGE_SIZE, type SessionsPage } from './aws';
import { collectorPolicy } from './role';

export interface WorkGroup {
  readonly name: string;
  /** If the search returned it. */
  readonly engine?: string;
  readonly disabled: boolean;
}

export interface Listing {
  readonly workGroup: WorkGroup;
  /** None for a listing without a filter. */
  readonly state?: string;
  /** Some listings are made twice. */
  readonly round: 1 | 2;
  readonly pageSize: number;
  readonly pages: readonly SessionsPage[];
  readonly end: 'complete' | 'cap' | 'repeated token' | 'failed';
  readonly failure?: CallError;
}

/** The search for workgroups. */
export interface Search {
  readonly workGroups: readonly WorkGroup[];
  readonly calls: number;
  readonly end: 'complete' | 'cap' | 'failed';
  readonly failure?: CallError;
}

/** What the collector's calls were answered with its rights alone. */
export interface RoleTrial {
  /** Why there is no role: all that follows was not asked. */
  readonly refusal?: CallError;
  /** None where the collector's role has no right to search. */
  readonly search?: Search;
  readonly listings: readonly Listing[];
}

/** All that AWS was asked, and what it has answered. */
export interface Survey {
  readonly startedAt: Date;
  readonly search: Search;
  /** The workgroups whose sessions were listed. */
  readonly workGroups: readonly WorkGroup[];
  /** Enabled Spark workgroups that were found beyond these. */
  readonly workGroupsLeftOut: number;
  /** Of each workgroup: FAILED, TERMINATED, DEGRADED, TERMINATING, without a filter, and DEGRADED and TERMINATING again. */
  readonly listings: readonly Listing[];
  /** A listing once more, one session a page, where none had a second page. */
  readonly smallPages?: Listing;
  readonly sql?: Listing;
  readonly disabled?: Listing;
  readonly missing: Listing;
  readonly role?: RoleTrial;
}

export interface SurveyOptions {
  /** @default - the enabled Spark workgroups that are found */
  readonly workGroups?: readonly string[];
  readonly mostWorkGroups: number;
  /** Of each listing. */
  readonly mostPages: number;
  readonly region: string;
  readonly roleArn?: string;
  readonly onProgress?: (text: string) => void;
}

/**
 * Sessions move on while they are listed. Only one that is met in a state before and after the listing without a filter, not
 * modified in between, was in that state all the time: if it is not shown then, it is not because of a change. FAILED and
 * TERMINATED are final, so that once before is enough.
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
 */
const LISTINGS: readonly Pick<Listing, 'state' | 'round'>[] = [
  { state: 'FAILED', round: 1 },
  { state: 'TERMINATED', round: 1 },
  { state: 'DEGRADED', round: 1 },
  { state: 'TERMINATING', round: 1 },
  { round: 1 },
  { state: 'DEGRADED', round: 2 },
  { state: 'TERMINATING', round: 2 },
];

/** The collector's listings of a workgroup. */
const COLLECTOR_LISTINGS = [undefined, 'DEGRADED', 'TERMINATING', 'FAILED', 'TERMINATED'];

/** Rejects where AWS cannot be reached or does not take the credentials: then there is nothing to be found out. */
export async function survey(aws: Aws, options: SurveyOptions): Promise<Survey> {
  const { mostPages, mostWorkGroups, onProgress = () => {} } = options;
  const startedAt = new Date();
  onProgress('ListWorkGroups');
  const search = await searchWorkGroups(aws, mostPages);
  if (search.failure?.kind === 'credentials' || search.failure?.kind === 'unreachable') {
    throw search.failure;
  }

  const found = search.workGroups.filter((workGroup) => isSpark(workGroup) && !workGroup.disabled);
  const workGroups = options.workGroups?.map((name) => search.workGroups.find((other) => other.name === name) ?? { name, disabled: false })
    ?? found.slice(0, mostWorkGroups);
  const listings: Listing[] = [];
  for (const [index, workGroup] of workGroups.entries()) {
    for (const { state, round } of LISTINGS) {
      onProgress(`workgroup ${index + 1} of ${workGroups.length}: ${filterName(state)}`);
      listings.push(await list(aws, { workGroup, state, round, mostPages }));
    }
  }

  onProgress('paging');
  const smallPages = await listInSmallPages(aws, listings, mostPages);
  onProgress('workgroups that are not Spark\'s, disabled or missing');
  const firstPage = async (workGroup: WorkGroup | undefined) => workGroup && list(aws, { workGroup, mostPages: 1 });
  const sql = await firstPage(search.workGroups.find(isSql));
  const disabled = await firstPage(search.workGroups.find((workGroup) => isSpark(workGroup) && workGroup.disabled));
  const missing = (await firstPage({ name: missingName(search.workGroups), disabled: false }))!;
  onProgress(options.roleArn === undefined ? '' : 'with the role');
  const role = options.roleArn === undefined ? undefined : await tryRole(aws, options.roleArn, workGroups, options);
  onProgress('');
  const workGroupsLeftOut = options.workGroups ? 0 : found.length - workGroups.length;
  return { startedAt, search, workGroups, workGroupsLeftOut, listings, smallPages, sql, disabled, missing, role };
}

/** What the listing asks for. */
export function filterName(state: string | undefined): string {
  return state ?? 'no filter';
}

export function sessionsOf(listing: Listing): SessionSummary[] {
  return listing.pages.flatMap((page) => page.sessions);
}

/** By the collector's rule. */
export function isSpark({ engine }: WorkGroup): boolean {
  return /spark/i.test(engine ?? '');
}

export function isSql(workGroup: WorkGroup): boolean {
  return workGroup.engine !== undefined && !isSpark(workGroup);
}

async function searchWorkGroups(aws: Aws, mostPages: number): Promise<Search> {
  const workGroups = new Map<string, WorkGroup>(); // by name: pages may shift while they are read
  let calls = 0;
  let nextToken: string | undefined;
  try {
    do {
      calls++;
      const page = await aws.listWorkGroups(nextToken);
      for (const { Name: name, State: state, EngineVersion: engine } of page.workGroups) {
        const versions = [engine?.SelectedEngineVersion, engine?.EffectiveEngineVersion].filter((version) => version !== undefined);
        if (name) {
          workGroups.set(name, { name, engine: versions.length > 0 ? [...new Set(versions)].join(', ') : undefined, disabled: state === 'DISABLED' });
        }
      }
      nextToken = page.nextToken;
    } while (nextToken && calls < mostPages);
  } catch (error) {
    return { workGroups: [...workGroups.values()], calls, end: 'failed', failure: asCallError(error) };
  }
  return { workGroups: [...workGroups.values()], calls, end: nextToken ? 'cap' : 'complete' };
}

interface ListingRequest {
  readonly workGroup: WorkGroup;
  readonly state?: string;
  readonly round?: 1 | 2;
  readonly pageSize?: number;
  readonly mostPages: number;
}

async function list(aws: Aws, { workGroup, state, round = 1, pageSize = SESSIONS_PAGE_SIZE, mostPages }: ListingRequest): Promise<Listing> {
  const pages: SessionsPage[] = [];
  const tokens = new Set<string>();
  const listing = (end: Listing['end'], failure?: CallError): Listing => ({ workGroup, state, round, pageSize, pages, end, failure });
  let nextToken: string | undefined;
  try {
    do {
      const page = await aws.listSessions({ workGroup: workGroup.name, state, pageSize, nextToken });
      pages.push(page);
      nextToken = page.nextToken;
      if (nextToken !== undefined && tokens.has(nextToken)) {
        return listing('repeated token');
      }
      tokens.add(nextToken ?? '');
    } while (nextToken && pages.length < mostPages);
  } catch (error) {
    return listing('failed', asCallError(error));
  }
  return listing(nextToken ? 'cap' : 'complete');
}

/** Few accounts have more than a hundred sessions of one state: pages can be made to follow each other all the same. */
async function listInSmallPages(aws: Aws, listings: readonly Listing[], mostPages: number): Promise<Listing | undefined> {
  const onOnePage = listings.every(({ pages }) => pages.length < 2 && !pages[0]?.nextToken);
  const several = listings.filter((listing) => sessionsOf(listing).length > 1).sort((a, b) => sessionsOf(a).length - sessionsOf(b).length)[0];
  return onOnePage && several ? list(aws, { ...several, pageSize: 1, mostPages }) : undefined;
}

function missingName(workGroups: readonly WorkGroup[]): string {
  const name = `missing-${randomBytes(12).toString('hex')}`;
  return workGroups.some((workGroup) => workGroup.name === name) ? missingName(workGroups) : name;
}

async function tryRole(aws: Aws, roleArn: string, workGroups: readonly WorkGroup[], options: SurveyOptions): Promise<RoleTrial> {
  let asRole: Aws;
  try {
    asRole = await aws.assumeRole(roleArn, collectorPolicy(roleArn, options.region, options.workGroups));
  } catch (error) {
    return { refusal: asCallError(error), listings: [] };
  }
  // Where workgroups are named, the collector does not search, and has no right to.
  const search = options.workGroups ? undefined : await searchWorkGroups(asRole, 1);
  const listings: Listing[] = [];
  for (const state of workGroups.length > 0 ? COLLECTOR_LISTINGS : []) {
    listings.push(await list(asRole, { workGroup: workGroups[0]!, state, mostPages: 1 }));
  }
  return { search, listings };
}

function asCallError(error: unknown): CallError {
  if (error instanceof CallError) {
    return error;
  }
  throw error;
}
