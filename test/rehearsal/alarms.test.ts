import { Duration, Stack } from 'aws-cdk-lib';
import { rehearse } from '../../rehearsal/rehearsal';
import { parseStory } from '../../rehearsal/story';
import { AthenaSessionMonitor, type AthenaSessionMonitorProps, LiveSessionState, SessionAlarm, WorkGroupSelection } from '../../src';
import { deployedStack } from '../support/deployed-stack';
import { newApp } from '../support/synthesis';

/** Every kind of alarm that is not among the defaults, on sessions that do in turn what each is about. */
const STORY = `
from: 13:00
to: 15:00
workGroups: [{ name: etl }, { name: calm }]
sessions:
  - { id: calm, workGroup: calm, history: [{ at: 12:50, state: CREATING }, { at: 12:51, state: BUSY }, { at: 13:19, state: IDLE }] }
  - { id: one, workGroup: etl, history: [{ at: 13:01, state: CREATING }, { at: 13:16, state: BUSY }, { at: 13:52, state: TERMINATING }, { at: 14:08, state: TERMINATED }] }
  - { id: two, workGroup: etl, history: [{ at: 14:11, state: CREATING }, { at: 14:12, state: IDLE }, { at: 14:31, state: TERMINATED }] }
  - { id: three, workGroup: etl, history: [{ at: 14:11, state: CREATING }, { at: 14:12, state: IDLE }, { at: 14:31, state: TERMINATED }] }
  - { id: four, workGroup: etl, history: [{ at: 14:16, state: CREATING }, { at: 14:17, state: IDLE }, { at: 14:31, state: TERMINATED }] }
`;

const ALARMS = [
  SessionAlarm.creatingLongerThan(Duration.minutes(10)),
  SessionAlarm.busyLongerThan(Duration.minutes(30)),
  SessionAlarm.terminatingLongerThan(Duration.minutes(10)),
  SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 2), // two are well, the third is one too many
  SessionAlarm.sessionsAbove(LiveSessionState.CREATING, 0),
];

/** When each is raised and cleared: a point is seen some two minutes after its run, and holds an alarm for three intervals. */
const EXPECTED: [id: string, raised: [string, string], cleared: [string, string]][] = [
  ['Creating', ['13:15', '13:19'], ['13:30', '13:36']],
  ['Busy', ['13:50', '13:54'], ['14:05', '14:11']],
  ['Terminating', ['14:05', '14:09'], ['14:20', '14:26']],
  ['IdleSessionsAbove', ['14:20', '14:24'], ['14:45', '14:51']],
  ['CreatingSessionsAbove', ['13:05', '13:09'], ['13:30', '13:36']],
];

function storyOf(workGroup: string | undefined, expected: typeof EXPECTED): string {
  const alarms = expected.map(([id, raised, cleared]) =>
    `    - { alarm: Sessions/Alarms/${id}${workGroup ? `-${workGroup}` : ', contributor: etl'}, raised: [${raised.join(', ')}], cleared: [${cleared.join(', ')}] }`);
  return ['title: Alarms on every state', STORY.trim(), ...alarms.length > 0 ? ['expect:', '  alarms:', ...alarms] : ['expect: { otherAlarms: none }']].join('\n');
}

/** What does not come as the story expects. */
async function mismatches(props: AthenaSessionMonitorProps, story: string): Promise<string[]> {
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  new AthenaSessionMonitor(stack, 'Sessions', { ...props, createDashboard: false });
  return (await rehearse({ story: parseStory(story, 'alarms.yaml'), stacks: [deployedStack(stack)] })).mismatches;
}

describe.each([
  ['found', WorkGroupSelection.all(), undefined],
  ['named', WorkGroupSelection.named('etl', 'calm'), 'etl'],
])('where workgroups are %s', (_, workGroups, workGroup) => {
  test('alarms on every state are raised and cleared for the workgroup that breaches, and for no other', async () => {
    expect(await mismatches({ workGroups, alarms: ALARMS }, storyOf(workGroup, EXPECTED))).toEqual([]);
  });

  test('they are not raised below their thresholds', async () => {
    const alarms = [
      SessionAlarm.creatingLongerThan(Duration.minutes(15)),
      SessionAlarm.busyLongerThan(Duration.minutes(36)),
      SessionAlarm.terminatingLongerThan(Duration.minutes(16)),
      SessionAlarm.sessionsAbove(LiveSessionState.IDLE, 3),
      SessionAlarm.sessionsAbove(LiveSessionState.CREATING, 1),
    ];
    expect(await mismatches({ workGroups, alarms }, storyOf(workGroup, []))).toEqual([]);
  });
});
