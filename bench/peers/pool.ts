/** One unfiltered listing for each workgroup, eight at a time. It sees only the states that this listing shows. */
import { AthenaClient, paginateListSessions, paginateListWorkGroups } from '@aws-sdk/client-athena';

const athena = new AthenaClient(process.env.RETRY_MODE === 'adaptive' ? { retryMode: 'adaptive', maxAttempts: 10 } : {});

export async function handler(): Promise<void> {
  const workGroups: string[] = [];
  for await (const page of paginateListWorkGroups({ client: athena }, {})) {
    workGroups.push(...(page.WorkGroups ?? []).filter(({ EngineVersion }) => EngineVersion?.SelectedEngineVersion?.includes('Spark')).map(({ Name }) => Name!));
  }
  const queue = workGroups.values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const workGroup of queue) {
      try {
        const counts: { [state: string]: number } = { CREATING: 0, CREATED: 0, IDLE: 0, BUSY: 0 };
        for await (const { Sessions = [] } of paginateListSessions({ client: athena }, { WorkGroup: workGroup, MaxResults: 100 })) {
          Sessions.forEach(({ Status }) => counts[Status!.State!]! += 1);
        }
        Object.entries(counts).forEach(([state, count]) => console.log(JSON.stringify({ workGroup, state, count })));
      } catch (error) {
        console.error(`${workGroup}: ${(error as Error).message}`);
      }
    }
  }));
}
