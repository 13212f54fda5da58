import { type ListSessionsCommandInput, ListSessionsCommand, ListWorkGroupsCommand, type SessionState, type SessionSummary } from '@aws-sdk/client-athena';
import { AthenaCalls, AthenaError, instant, text } from './calls';
import { UNREADABLE } from '../client-config';
import { isSparkEngine, type SessionDate } from '../schema';
import type { Instant } from '../time';

/** A session from `ListSessions`. Any field may be missing. */
export interface ListedSession extends Readonly<Partial<Record<SessionDate, Instant>>> {
  readonly id?: string;
  readonly state?: string;
  readonly engine?: string;
  readonly notebookVersion?: string;
  readonly description?: string;
  readonly reason?: string;
}

/** A workgroup from `ListWorkGroups`. */
export interface FoundWorkGroup {
  readonly name: string;
  /** Whether its engine is Apache Spark. Only these have sessions. */
  readonly spark: boolean;
  readonly disabled: boolean;
}

/** The maximum page sizes of Athena. */
const SESSIONS_PAGE_SIZE = 100;
const WORK_GROUPS_PAGE_SIZE = 50;

/** Reads Athena's listings page by page. */
export class AthenaListings extends AthenaCalls {
  /** Names of the workgroups that at least one call was made for. */
  private readonly startedWorkGroups = new Set<string>();

  /** Pages of all workgroups of the account and region. */
  public workGroups(): AsyncGenerator<FoundWorkGroup[]> {
    return pages(async (NextToken) => {
      const input = { MaxResults: WORK_GROUPS_PAGE_SIZE, NextToken };
      const page = await this.call((options) => this.client.send(new ListWorkGroupsCommand(input), options));
      const workGroups = itemsOf(page.WorkGroups, 'WorkGroups').map(({ Name, State, EngineVersion }): FoundWorkGroup => ({
        name: text(Name) ?? '',
        spark: [EngineVersion?.SelectedEngineVersion, EngineVersion?.EffectiveEngineVersion].some((version) => isSparkEngine(version ?? '')),
        disabled: State === 'DISABLED',
      }));
      return { items: workGroups, nextToken: nextTokenOf(page) };
    });
  }

  /** Pages of a workgroup's sessions in the state, or of its unfiltered listing. */
  public sessions(workGroup: string, state?: string): AsyncGenerator<ListedSession[]> {
    return pages(async (NextToken) => {
      const input: ListSessionsCommandInput = { WorkGroup: workGroup, StateFilter: state as SessionState, MaxResults: SESSIONS_PAGE_SIZE, NextToken };
      const isFirst = !this.startedWorkGroups.has(workGroup);
      this.startedWorkGroups.add(workGroup);
      const page = await this.call((options) => this.client.send(new ListSessionsCommand(input), options), isFirst);
      return { items: itemsOf(page.Sessions, 'Sessions').map(listedSession), nextToken: nextTokenOf(page) };
    });
  }
}

interface Page<Item> {
  readonly items: Item[];
  readonly nextToken?: string;
}

async function* pages<Item>(load: (nextToken?: string) => Promise<Page<Item>>): AsyncGenerator<Item[]> {
  const seenTokens = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await load(nextToken);
    yield page.items;
    nextToken = page.nextToken;
    if (nextToken && seenTokens.has(nextToken)) {
      throw new AthenaError('other', 'Athena repeated a page token, so the listing would never end');
    }
    seenTokens.add(nextToken ?? '');
  } while (nextToken);
}

/** The items of a page. The SDK does not validate answers: a list of another type is an error, null items become empty. */
function itemsOf<Item extends object>(list: readonly (Item | null)[] | undefined, name: string): Partial<Item>[] {
  const items = list ?? [];
  if (!Array.isArray(items)) {
    throw new AthenaError('other', `${UNREADABLE}${name} must be a list, received ${JSON.stringify(items)}`);
  }
  return items.map((item: Item | null) => item ?? {});
}

function nextTokenOf({ NextToken }: { readonly NextToken?: unknown }): string | undefined {
  if (NextToken !== undefined && typeof NextToken !== 'string') {
    throw new AthenaError('other', `${UNREADABLE}NextToken must be a string, received ${JSON.stringify(NextToken)}`);
  }
  return NextToken;
}

function listedSession({ SessionId, Description, EngineVersion, NotebookVersion, Status }: SessionSummary): ListedSession {
  return {
    id: text(SessionId),
    engine: text(EngineVersion?.EffectiveEngineVersion ?? EngineVersion?.SelectedEngineVersion),
    notebookVersion: text(NotebookVersion),
    description: text(Description),
    state: text(Status?.State),
    reason: text(Status?.StateChangeReason),
    startedAt: instant(Status?.StartDateTime),
    modifiedAt: instant(Status?.LastModifiedDateTime),
    idleSince: instant(Status?.IdleSinceDateTime),
    endedAt: instant(Status?.EndDateTime),
  };
}
