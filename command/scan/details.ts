import { AthenaSessionDetails } from '../../src/athena/session-details';
import { ownerOf, sessionArn } from '../../src/collector/events/session-facts';
import { forEachInPool, poolSize } from '../../src/collector/pool';
import { DEFAULT_OWNER_TAGS } from '../../src/schema';
import { type Aws, reasonOf } from '../aws';
import type { ScannedSession, SessionDetails } from './session-report';

/** The details of sessions by their id, as far as they can be read, and why others cannot. */
export interface Details {
  readonly bySession: ReadonlyMap<string, SessionDetails>;
  readonly reasons: readonly string[];
}

/** Reads what listings do not contain. Never rejects. */
export async function readDetails(
  aws: Aws, athena: AthenaSessionDetails, sessions: readonly ScannedSession[], rate: number, onProgress: (text: string) => void,
): Promise<Details> {
  let done = 0;
  const tellProgress = () => onProgress(`reading details: ${done} of ${sessions.length} sessions`);
  tellProgress();
  const reasons = new Map<string, number>();
  const orNothing = (what: string) => (error: Error) => {
    const text = reasonOf((error.cause as Error | undefined) ?? error).replace(/ on resource: .*/, ''); // then it is the same for all sessions
    const reason = `${what} (${text})`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return undefined;
  };
  const bySession = new Map<string, SessionDetails>();
  const place = sessions.length > 0 ? await aws.place().catch(orNothing('tags, as the account is unknown')) : undefined;
  await forEachInPool(() => poolSize(rate, athena.secondsPerCall, athena.overdueCalls), sessions, async ({ id, workGroup }) => {
    const [configuration, tags] = await Promise.all([
      athena.configuration(id).catch(orNothing('idle timeout and execution role')),
      place && athena.tags(sessionArn(place, workGroup, id)).catch(orNothing('tags')),
    ]);
    bySession.set(id, { owner: ownerOf({ ...configuration, tags }, DEFAULT_OWNER_TAGS), idleTimeoutSeconds: configuration?.idleTimeoutSeconds });
    done++;
    tellProgress();
  });
  return { bySession, reasons: [...reasons].map(([reason, count]) => `details are missing${count > 1 ? ` for ${count} sessions` : ''}: ${reason}`) };
}
