import { aws_cloudwatch as cloudwatch, Stack } from 'aws-cdk-lib';
import { StoryPrinter } from '../../command/rehearse/story-printer';
import { drawDashboard, endOf, viewDashboard } from '../../rehearsal/dashboard';
import { rehearse } from '../../rehearsal/rehearsal';
import { parseStory } from '../../rehearsal/story';
import { AthenaSessionMonitor } from '../../src';
import { deployedStack } from '../support/deployed-stack';
import { newApp } from '../support/synthesis';

const RAISED = 'raised: [13:16, 13:19]';
const CLEARED = 'cleared: [13:42, 13:50]';
const FAILED = `{ alarm: Sessions/Failed, contributor: etl, ${RAISED}, ${CLEARED} }`;

/** Plays a session that fails, in a stack whose monitor has a composite alarm, with a dashboard of the states of all alarms. */
async function play(expectations: string, to = '14:00') {
  const stack = new Stack(newApp({ 'aws:cdk:enable-path-metadata': true }), 'Stack');
  const monitor = new AthenaSessionMonitor(stack, 'Sessions', { createDashboard: false });
  const any = monitor.addCompositeAlarm({ alarmName: 'athena-any' });
  new cloudwatch.Dashboard(stack, 'Dashboard', {
    periodOverride: cloudwatch.PeriodOverride.INHERIT,
    widgets: [[new cloudwatch.AlarmStatusWidget({ title: 'State', alarms: [any, ...monitor.alarms] })]],
  });
  const deployed = deployedStack(stack);
  const story = parseStory(`title: A failure
from: 13:00
to: ${to}
workGroups: [{ name: etl }, { name: calm }]
sessions:
  - { id: one, workGroup: etl, history: [{ at: 13:01, state: CREATING }, { at: 13:12, state: FAILED, reason: no memory }] }
expect: { alarms: [${expectations}] }
`, 'any.yaml');
  const written: string[] = [];
  const report = new StoryPrinter({ write: text => written.push(text) }, (_, text) => text);
  report.begin(story);
  const result = await rehearse({ story, stacks: [deployed], onEvent: event => report.event(event) });
  report.end(result);
  const path = deployed.alarms.find(({ name }) => name === 'athena-any')!.path!;
  return {
    mismatches: result.mismatches,
    text: written.join('').replace(/\u001b\[\d+m/g, ''),
    /** How the report names the composite alarm. */
    label: path.replace('Stack/', '').replace('Alarms/', ''),
    view: viewDashboard(deployed.dashboards[0]!, endOf(story, result)),
  };
}

test('a composite alarm is raised and cleared with the alarms that its rule refers to', async () => {
  const { mismatches, text, label, view } = await play(`${FAILED}, { alarm: athena-any, ${RAISED}, ${CLEARED} }`);
  expect(mismatches).toEqual([]);
  expect(text).toMatch(new RegExp(`13:17 {4}ALARM {2}${label} +Sessions/Failed is in ALARM\n`));
  expect(text).toMatch(new RegExp(`13:4\\d {4}OK {5}${label} +Sessions/Failed is OK\n`));
  expect(text).toMatch(new RegExp(`${label} +OK +1 × +13:17–13:4\\d\n`));
  expect(view.widgets).toMatchObject([{ kind: 'alarms', alarms: [{ name: 'athena-any', state: 'OK' }, { state: 'OK' }, { state: 'OK' }, { state: 'OK' }] }]);
});

test('its state is on dashboards', async () => {
  const { mismatches, view } = await play(`${FAILED.replace(CLEARED, 'cleared: never')}, { alarm: athena-any, ${RAISED}, cleared: never }`, '13:30');
  expect(mismatches).toEqual([]);
  expect(view.widgets).toMatchObject([{ kind: 'alarms', alarms: [{ name: 'athena-any', state: 'ALARM', inAlarm: [] }, { state: 'ALARM', inAlarm: ['etl'] }, {}, {}] }]);
  expect(drawDashboard(view).toString()).toContain('<b>athena-any</b><span title="In alarm">In alarm</span>');
});

test.each<[string, string, RegExp]>([
  ['is raised, and not expected', FAILED, /^any.yaml: .* was raised at 13:17, and the story does not expect it/],
  ['is raised, and expected not to be', `${FAILED}, { alarm: athena-any, never: true }`, /^any.yaml:7:\d+: .* should never have been raised; it was raised at 13:17/],
  ['is cleared, and expected not to be', `${FAILED}, { alarm: athena-any, ${RAISED}, cleared: never }`, /should not have been cleared; it was cleared at 13:4\d/],
])('a composite alarm that %s is reported', async (_, expectations, difference) => {
  const { mismatches } = await play(expectations);
  expect(mismatches).toEqual([expect.stringMatching(difference)]);
});

test('a contributor of a composite alarm is an error before anything is played', async () => {
  await expect(play('{ alarm: athena-any, contributor: etl, never: true }')).rejects
    .toThrow('any.yaml:7:54: a composite alarm has no contributors; got etl');
});
