import { type AthenaCalls, AthenaError } from '../../src/athena/calls';
import type { AthenaListings } from '../../src/athena/listings';
import type { NotableSession } from '../../src/collector/census';
import { forEachInPool, poolSize } from '../../src/collector/pool';
import { takeCensus } from '../../src/collector/take-census';
import { oneLine } from '../../src/collector/text';
import { DAY, HOUR, type Instant, MINUTE } from '../../src/time';
import { explain, failureKind, reasonOf } from '../aws';
import { CommandError } from '../errors';
import type { ScannedSession } from './session-report';

/** As in the collector by default. */
const MAX_SESSION = DAY;
/** How far back failed sessions are shown. */
const LOOKBACK = HOUR;

export interface ListingContext {
  readonly athena: AthenaListings;
  readonly region: string;
  /** All Spark-enabled workgroups if undefined. */
  readonly workGroups?: readonly string[];
  readonly rate: number;
  readonly now: Instant;
  /** Aborts calls that are under way. */
  readonly stop: AbortController;
  readonly onProgress: (text: string) => void;
}

export interface NotListed {
  readonly workGroup: string;
  readonly reason: string;
}

/** What was listed. */
export interface Listing {
  readonly sessions: readonly ScannedSession[];
  /** The number of workgroups that were listed completely. */
  readonly workGroupsListed: number;
  readonly workGroupsNotListed: readonly NotListed[];
  /** The live sessions that share the quota of Spark 3.5. */
  readonly sparkConnectSessions: number;
  /** Sessions that Athena returned without an id. */
  readonly sessionsWithoutId: number;
}

interface WorkGroup {
  readonly name: string;
  readonly disabled?: boolean;
}

interface Listed {
  readonly workGroup: string;
  readonly sessions: readonly NotableSession[];
  readonly sparkConnectSessions: number;
  readonly sessionsWithoutId: number;
}

/** Lists the sessions of all workgroups. Throws if there are none, if none can be listed, or if AWS does not accept the credentials. */
export async function listSessions(context: ListingContext): Promise<Listing> {
  const workGroups: WorkGroup[] = context.workGroups?.map((name) => ({ name })) ?? await findWorkGroups(context);
  let done = 0;
  let fatal: CommandError | undefined;
  const size = () => poolSize(context.rate, context.athena.secondsPerCall, context.athena.overdueCalls);
  const outcomes = await forEachInPool(size, workGroups, async (workGroup) => {
    context.onProgress(`listing sessions: ${done} of ${workGroups.length} workgroups`);
    const outcome = await listWorkGroup(context, workGroup);
    if (outcome instanceof CommandError) {
      fatal ??= outcome;
      context.stop.abort(); // no other call can succeed
      return undefined;
    }
    context.onProgress(`listing sessions: ${++done} of ${workGroups.length} workgroups`);
    return outcome;
  });

  if (fatal) {
    throw fatal as CommandError;
  }
  const listed = outcomes.filter((outcome): outcome is Listed => outcome !== undefined && 'sessions' in outcome);
  const notListed = outcomes.filter((outcome): outcome is NotListed => outcome !== undefined && 'reason' in outcome);
  if (listed.length === 0 && notListed.length > 0) {
    const [{ workGroup, reason }] = notListed as [NotListed];
    throw new CommandError(notListed.length === 1
      ? `workgroup ${oneLine(workGroup)} was not listed: ${reason}`
      : `none of ${notListed.length} workgroups was listed; ${oneLine(workGroup)}: ${reason}`);
  }
  if (listed.length === 0) {
    throw new CommandError(`all ${workGroups.length} Spark-enabled workgroups of ${context.region} are disabled, or were deleted meanwhile`);
  }
  return {
    sessions: listed.flatMap(({ workGroup, sessions }) => sessions.map((session) => ({ ...session, workGroup }))),
    workGroupsListed: listed.length,
    workGroupsNotListed: notListed.sort((a, b) => a.workGroup < b.workGroup ? -1 : 1),
    sparkConnectSessions: listed.reduce((sum, each) => sum + each.sparkConnectSessions, 0),
    sessionsWithoutId: listed.reduce((sum, each) => sum + each.sessionsWithoutId, 0),
  };
}

async function findWorkGroups({ athena, region, onProgress }: ListingContext): Promise<WorkGroup[]> {
  onProgress('searching for workgroups');
  const found = new Map<string, WorkGroup>(); // by name, as pages may overlap if workgroups change meanwhile
  try {
    for await (const page of athena.workGroups()) {
      page.filter(({ name, spark }) => name && spark).forEach((workGroup) => found.set(workGroup.name, workGroup));
      onProgress(`searching for workgroups: ${found.size} found`);
    }
  } catch (error) {
    throw new CommandError(failureKind(error as Error) === 'denied'
      ? `searching for workgroups is denied: pass --work-group, or get the permission athena:ListWorkGroups (${reasonOf(error as Error)})`
      : explain(error as Error, region));
  }
  if (found.size === 0) {
    throw new CommandError(`there is no Spark-enabled workgroup in ${region}: check the region and the account, for example with "aws athena list-work-groups"`);
  }
  return [...found.values()];
}

/** Returns undefined for a workgroup that was deleted since it was found, or is disabled, and an error if AWS does not accept the credentials. */
async function listWorkGroup(context: ListingContext, { name, disabled }: WorkGroup): Promise<Listed | NotListed | CommandError | undefined> {
  const { athena, now, region } = context;
  try {
    const census = await takeCensus(athena, name, {
      scheduledTime: now,
      interval: MINUTE,
      lookback: LOOKBACK,
      maxSession: MAX_SESSION,
      countTerminated: false,
      logSessionDetails: false,
      events: true, // keeps the texts of sessions
    });
    return {
      workGroup: name, sessions: census.notableSessions, sparkConnectSessions: census.sparkConnectSessions, sessionsWithoutId: census.withoutId,
    };
  } catch (error) {
    const failure = failureKind(error as Error);
    if (failure === 'expired' || failure === 'clock' || failure === 'credentials' || failure === 'no credentials') {
      return new CommandError(explain(error as Error, region));
    }
    const kind = error instanceof AthenaError ? error.kind : 'other';
    const isFound = context.workGroups === undefined;
    if ((isFound && kind === 'not found') || (disabled && kind === 'invalid request')) {
      return undefined;
    }
    return { workGroup: name, reason: reasonNotListed(error as Error, kind, region) };
  }
}

function reasonNotListed(error: Error, kind: AthenaError['kind'], region: string): string {
  switch (kind) {
    case 'not found': return `there is no such workgroup in ${region}: check its name and the region (${reasonOf(error)})`;
    case 'invalid request': return `check whether its engine is Apache Spark, as only these workgroups have sessions (${reasonOf(error)})`;
    default: return failureKind(error) === 'denied' ? `get the permission athena:ListSessions (${reasonOf(error)})` : explain(error, region);
  }
}

/** For progress: how many calls were made. */
export function callsText(...clients: readonly Pick<AthenaCalls, 'calls' | 'throttledCalls'>[]): string {
  const [calls, throttled] = (['calls', 'throttledCalls'] as const).map((count) => clients.reduce((sum, client) => sum + client[count], 0));
  return `${calls} call${calls === 1 ? '' : 's'}${throttled ? `, ${throttled} throttled` : ''}`;
}
