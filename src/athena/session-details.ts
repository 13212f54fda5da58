import { GetSessionCommand, ListTagsForResourceCommand } from '@aws-sdk/client-athena';
import { AthenaCalls, text } from './calls';

/** What only `GetSession` returns. */
export interface SessionConfiguration {
  readonly idleTimeoutSeconds?: number;
  readonly executionRole?: string;
}

/** Reads what Athena's listings do not contain: one call for each session and kind of detail. */
export class AthenaSessionDetails extends AthenaCalls {
  public async configuration(sessionId: string): Promise<SessionConfiguration> {
    const { SessionConfiguration: given } = await this.call((options) => this.client.send(new GetSessionCommand({ SessionId: sessionId }), options));
    return {
      idleTimeoutSeconds: positive(given?.IdleTimeoutSeconds) ?? positive(given?.SessionIdleTimeoutInMinutes, 60),
      executionRole: text(given?.ExecutionRole),
    };
  }

  /** The tags that have a value, by key. */
  public async tags(sessionArn: string): Promise<ReadonlyMap<string, string>> {
    const { Tags } = await this.call((options) => this.client.send(new ListTagsForResourceCommand({ ResourceARN: sessionArn }), options));
    const tags = Array.isArray(Tags) ? Tags : [];
    return new Map(tags.map((tag) => [text(tag?.Key) ?? '', text(tag?.Value)?.trim() ?? '']).filter(([, value]) => value) as [string, string][]);
  }
}

/** More than 30 years cannot be a timeout, and might lead to an invalid date. */
const MAX_SECONDS = 1e9;

/** The SDK does not validate answers. */
function positive(value: unknown, factor = 1): number | undefined {
  return typeof value === 'number' && value > 0 && value * factor <= MAX_SECONDS ? value * factor : undefined;
}
