import { Census, type CensusContext } from './census';
import type { AthenaListings } from '../athena/listings';
import { sessionListings } from '../schema';
import type { Milliseconds } from '../time';

export interface TakeCensusContext extends CensusContext {
  /** How long a session can live. */
  readonly maxSession: Milliseconds;
}

/** Lists the sessions of a workgroup. Rejects unless all listings are complete: a count of only some of the sessions could clear a real alarm. */
export async function takeCensus(athena: Pick<AthenaListings, 'sessions'>, workGroup: string, context: TakeCensusContext): Promise<Census> {
  const { late, countTerminated, maxSession } = context;
  const census = new Census(context);
  const oldestStart = census.endedSince - maxSession;
  for (const { state, ended } of sessionListings(countTerminated).filter((listing) => listing.ended || !late)) {
    let newestFirst = true; // observed, but not documented: a listing in another order is read to its end
    let lastStart = Infinity;
    for await (const page of athena.sessions(workGroup, state)) {
      for (const session of page) {
        census.add(session);
        newestFirst &&= (session.startedAt ?? lastStart) <= lastStart;
        lastStart = session.startedAt ?? lastStart;
      }
      const tooOld = page.filter(({ startedAt }) => startedAt !== undefined && startedAt < oldestStart);
      if (ended && newestFirst && page.length > 0 && tooOld.length === page.length) {
        break; // sessions on later pages ended too long ago to matter
      }
    }
  }
  return census;
}
