import type { SessionConfiguration } from '../../athena/session-details';
import { HOUR, type Instant, SECOND } from '../../time';
import { cut } from '../text';

/** What a session has cost at least. */
export interface SessionCost {
  /** Rounded down to cents. */
  readonly usd: number;
  readonly dpuHours: number;
  /** US dollars. */
  readonly dpuHourPrice: number;
}

/** Whose session it is. */
export interface Owner {
  readonly name: string;
  readonly source: `tag:${string}` | 'executionRole';
}

/** The account and region of a session. */
export interface SessionPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** A live session holds at least one DPU: https://docs.aws.amazon.com/athena/latest/ug/notebooks-spark.html */
export function costAtLeast(ageSeconds: number, dpuHourPrice: number): SessionCost {
  const roundDown = (value: number) => Math.floor(value * 100 + 1e-9) / 100; // not below a whole cent by a rounding error
  const dpuHours = ageSeconds * SECOND / HOUR;
  return { usd: roundDown(dpuHours * dpuHourPrice), dpuHours: roundDown(dpuHours), dpuHourPrice };
}

/** By the first of the tags that is set, or else by the role that the session runs with. */
export function ownerOf(
  { tags, executionRole }: SessionConfiguration & { readonly tags?: ReadonlyMap<string, string> }, ownerTags: readonly string[],
): Owner | undefined {
  const key = ownerTags.find((tag) => tags?.has(tag));
  if (key !== undefined) {
    return { name: cut(tags!.get(key)!), source: `tag:${key}` };
  }
  const role = executionRole?.split('/').pop();
  return role ? { name: cut(role), source: 'executionRole' } : undefined;
}

/** When Athena ends an idle session, if it stays idle. */
export function endOfIdleSession(state: string | undefined, since: Instant | undefined, idleTimeoutSeconds: number | undefined): Instant | undefined {
  return state === 'IDLE' && since !== undefined && idleTimeoutSeconds !== undefined ? since + idleTimeoutSeconds * SECOND : undefined;
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html#amazonathena-resources-for-iam-policies */
export function sessionArn(place: SessionPlace, workGroup: string, sessionId: string): string {
  return `${workGroupArn(place, workGroup)}/session/${sessionId}`;
}

export function workGroupArn({ partition, region, account }: SessionPlace, workGroup: string): string {
  return `arn:${partition}:athena:${region}:${account}:workgroup/${workGroup}`;
}
