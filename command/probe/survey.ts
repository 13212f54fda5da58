import { randomBytes } from 'node:crypto';
import type { SessionSummary } from '@aws-sdk/client-athena';
import { type CallError, type PacedAws, SESSIONS_PAGE_SIZE, type SessionsPage } from './aws';
import { attempt } from './inquiry';
import { takeInTurn } from './lists';
import { collectorPolicy } from './role';

export interface WorkGroup {
  readonly name: string;
  /** Undefined if the search did not return it. */
  readonly engine?: string;
  readonly disabled: boolean;
}

export interface Listing {
  readonly workGroup: WorkGroup;
  /** The filter. Undefined for a listing without one. */
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

/** The collector's calls, made with the permissions of its role. */
export interface RoleCheck {
  /** Why the role could not be assumed. Then no call was made with it. */
  readonly refusal?: CallError;
  /** Undefined if the collector's role has no permission to search. */
  readonly search?: Search;
  readonly listings: readonly Listing[];
}

/** The results of all calls. */
export interface Survey {
  /** By the clock of AWS. */
  readonly startedAt: Date;
  readonly search: Search;
  /** The workgroups whose sessions were listed. */
  readonly workGroups: readonly WorkGroup[];
  /** How many other enabled Spark workgroups were found. */
  readonly workGroupsLeftOut: number;
  /** For each workgroup: FAILED, TERMINATED, DEGRADED, TERMINATING, without a filter, and DEGRADED and TERMINATING again. */
  readonly listings: readonly Listing[];
  /** One listing again, with one session per page, if no listing had a second page. */
  readonly smallPages?: Listing;
  readonly sql?: Listing;
  readonly disabled?: Listing;
  readonly missing: Listing;
  readonly role?: RoleCheck;
}

export interface SurveyOptions {
  /** @default - all enabled Spark workgroups */
  readonly workGroups?: readonly string[];
  readonly maxWorkGroups: number;
  /** The maximum number of pages of each listing. */
  readonly maxPages: number;
  readonly roleArn?: string;
  readonly onProgress: (text: string) => void;
}

/**
 * The order of the listings. Sessions change their states while they are listed. A session was in a state during the listing without
 * a filter only if it was in it before and after, and was not modified in between. FAILED and TERMINATED are final, so one listing
 * before is enough.
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

/** Makes all calls. Rejects if AWS cannot be reached or does not accept the credentials. */
export async function survey(aws: PacedAws, options: SurveyOptions): Promise<Survey> {
  const { maxPages, maxWorkGroups, onProgress } = options;
  const startedAt = new Date();
  onProgress('ListWorkGroups');
  const search = await searchWorkGroups(aws, maxPages);
  if (search.failure?.isFatal) {
    throw search.failure;
  }

  const found = search.workGroups.filter((workGroup) => isSpark(workGroup) && !workGroup.disabled);
  const engines = [...new Set(found.map(({ engine }) => engine))];
  const workGroups = options.workGroups?.map((name) => search.workGroups.find((other) => other.name === name) ?? { name, disabled: false })
    ?? takeInTurn(engines.map((engine) => found.filter((workGroup) => workGroup.engine === engine)), maxWorkGroups);
  const listings: Listing[] = [];
  for (const [index, workGroup] of workGroups.entries()) {
    for (const { state, round } of LISTINGS) {
      onProgress(`workgroup ${index + 1} of ${workGroups.length}: ${filterName(state)}`);
      listings.push(await list(aws, { workGroup, state, round, maxPages }));
    }
  }

  onProgress('paging');
  const smallPages = await listInSmallPages(aws, listings, maxPages);
  onProgress('SQL, disabled and missing workgroups');
  const firstPage = async (workGroup: WorkGroup | undefined) => workGroup && list(aws, { workGroup, maxPages: 1 });
  const sql = await firstPage(search.workGroups.find(isSql));
  const disabled = await firstPage(search.workGroups.find((workGroup) => isSpark(workGroup) && workGroup.disabled));
  const missing = (await firstPage({ name: missingName(search.workGroups), disabled: false }))!;
  onProgress('the collector\'s calls with the role');
  const role = options.roleArn === undefined ? undefined : await checkRole(aws, options.roleArn, workGroups, options);
  const workGroupsLeftOut = options.workGroups ? 0 : found.length - workGroups.length;
  return { startedAt: aws.awsTime(startedAt), search, workGroups, workGroupsLeftOut, listings, smallPages, sql, disabled, missing, role };
}

/** The listing's filter, as text. */
export function filterName(state: string | undefined): string {
  return state ?? 'no filter';
}

export function sessionsOf(listing: Listing): SessionSummary[] {
  return listing.pages.flatMap((page) => page.sessions);
}

/** The same rule as the collector's. */
export function isSpark({ engine }: WorkGroup): boolean {
  return /spark/i.test(engine ?? '');
}

export function isSql(workGroup: WorkGroup): boolean {
  return workGroup.engine !== undefined && !isSpark(workGroup);
}

async function searchWorkGroups(aws: PacedAws, maxPages: number): Promise<Search> {
  const workGroups = new Map<string, WorkGroup>(); // by name, as pages may overlap if workgroups change meanwhile
  let calls = 0;
  let nextToken: string | undefined;
  do {
    calls++;
    const { value: page, failure } = await attempt(aws.listWorkGroups(nextToken));
    if (!page) {
      return { workGroups: [...workGroups.values()], calls, end: 'failed', failure };
    }
    for (const { Name: name, State: state, EngineVersion: engine } of page.workGroups) {
      const versions = [engine?.SelectedEngineVersion, engine?.EffectiveEngineVersion].filter((version) => version !== undefined);
      if (name) {
        workGroups.set(name, { name, engine: versions.length > 0 ? [...new Set(versions)].join(', ') : undefined, disabled: state === 'DISABLED' });
      }
    }
    nextToken = page.nextToken;
  } while (nextToken && calls < maxPages);
  return { workGroups: [...workGroups.values()], calls, end: nextToken ? 'cap' : 'complete' };
}

interface ListingRequest {
  readonly workGroup: WorkGroup;
  readonly state?: string;
  readonly round?: 1 | 2;
  readonly pageSize?: number;
  readonly maxPages: number;
}

async function list(aws: PacedAws, { workGroup, state, round = 1, pageSize = SESSIONS_PAGE_SIZE, maxPages }: ListingRequest): Promise<Listing> {
  const pages: SessionsPage[] = [];
  const tokens = new Set<string>();
  const listing = (end: Listing['end'], failure?: CallError): Listing => ({ workGroup, state, round, pageSize, pages, end, failure });
  let nextToken: string | undefined;
  do {
    const { value: page, failure } = await attempt(aws.listSessions({ workGroup: workGroup.name, state, pageSize, nextToken }));
    if (!page) {
      return listing('failed', failure);
    }
    pages.push(page);
    nextToken = page.nextToken;
    if (nextToken !== undefined && tokens.has(nextToken)) {
      return listing('repeated token');
    }
    tokens.add(nextToken ?? '');
  } while (nextToken && pages.length < maxPages);
  return listing(nextToken ? 'cap' : 'complete');
}

/** Few accounts have more than 100 sessions in one state. With small pages, a listing has several pages all the same. */
async function listInSmallPages(aws: PacedAws, listings: readonly Listing[], maxPages: number): Promise<Listing | undefined> {
  const onOnePage = listings.every(({ pages }) => pages.length < 2 && !pages[0]?.nextToken);
  const several = listings.filter((listing) => sessionsOf(listing).length > 1).sort((a, b) => sessionsOf(a).length - sessionsOf(b).length)[0];
  return onOnePage && several ? list(aws, { ...several, pageSize: 1, maxPages }) : undefined;
}

function missingName(workGroups: readonly WorkGroup[]): string {
  const name = `missing-${randomBytes(12).toString('hex')}`;
  return workGroups.some((workGroup) => workGroup.name === name) ? missingName(workGroups) : name;
}

async function checkRole(aws: PacedAws, roleArn: string, workGroups: readonly WorkGroup[], options: SurveyOptions): Promise<RoleCheck> {
  // A session policy can have 2,048 characters, and the calls are about one workgroup.
  const collectors = collectorPolicy(roleArn, aws.region, options.workGroups?.slice(0, 1));
  const { value: asRole, failure: refusal } = await attempt(aws.assumeRole(roleArn, collectors));
  if (!asRole) {
    return { refusal, listings: [] };
  }
  // For named workgroups, the collector does not search and has no permission to.
  const search = options.workGroups ? undefined : await searchWorkGroups(asRole, 1);
  const listings: Listing[] = [];
  for (const state of workGroups.length > 0 ? COLLECTOR_LISTINGS : []) {
    listings.push(await list(asRole, { workGroup: workGroups[0]!, state, maxPages: 1 }));
  }
  asRole.destroy();
  return { search, listings };
}
