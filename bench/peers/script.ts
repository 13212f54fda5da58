/** A naive paginator, as the SDK's documentation suggests: all states, one workgroup after another, and a PutMetricData call for each. */
import { AthenaClient, paginateListSessions, paginateListWorkGroups, SessionState } from '@aws-sdk/client-athena';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';

const athena = new AthenaClient({});
const cloudWatch = new CloudWatchClient({});

export async function handler(): Promise<void> {
  for await (const page of paginateListWorkGroups({ client: athena }, {})) {
    for (const { Name: workGroup, EngineVersion } of page.WorkGroups ?? []) {
      if (!EngineVersion?.SelectedEngineVersion?.includes('Spark')) {
        continue;
      }
      for (const state of Object.values(SessionState)) {
        let count = 0;
        const input = { WorkGroup: workGroup!, StateFilter: state, MaxResults: 100 };
        for await (const { Sessions = [] } of paginateListSessions({ client: athena }, input)) {
          count += Sessions.length;
        }
        if (process.env.PUT_METRICS === 'true') {
          await cloudWatch.send(new PutMetricDataCommand({
            Namespace: 'AthenaSessions',
            MetricData: [{ MetricName: state, Value: count, Unit: 'Count', Dimensions: [{ Name: 'WorkGroup', Value: workGroup }] }],
          }));
        }
        console.log(JSON.stringify({ workGroup, state, count }));
      }
    }
  }
}
