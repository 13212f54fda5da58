import { CloudWatch } from '../../../rehearsal/cloudwatch';
import type { EndOfStory, WidgetView } from '../../../rehearsal/dashboard/view';
import type { DeployedDashboard } from '../../../rehearsal/deployed-stack';
import { alarmOn, at, emf } from '../cloudwatch/support';

/** An entry of `metrics` for what the story below writes. */
export const IDLE_TIME = ['AthenaSessions', 'IdleTime', 'WorkGroup', 'analytics'];

export function metricWidget(properties: object = {}): object {
  return {
    type: 'metric',
    x: 0,
    y: 0,
    width: 12,
    height: 6,
    properties: { view: 'timeSeries', title: 'Idle', region: 'us-east-1', metrics: [[...IDLE_TIME, { stat: 'Maximum' }]], ...properties },
  };
}

export function textWidget(markdown: string): object {
  return { type: 'text', x: 0, y: 0, width: 12, height: 6, properties: { markdown } };
}

export function logWidget(query: string): object {
  return { type: 'log', x: 0, y: 0, width: 12, height: 6, properties: { view: 'table', title: 'Log', region: 'us-east-1', query } };
}

export function alarmWidget(...alarms: string[]): object {
  return { type: 'alarm', x: 0, y: 0, width: 12, height: 6, properties: { title: 'Alarms', alarms } };
}

export function dashboardOf(widgets: object[], body: object = {}): DeployedDashboard {
  return { logicalId: 'Dashboard', path: 'Stack/Dashboard', region: 'us-east-1', body: JSON.stringify({ periodOverride: 'inherit', widgets, ...body }) };
}

/** An hour in which two workgroups idle, one of them without a point at 12:10 and 12:15. */
export function story(log: { message: string; clock: string }[] = []): EndOfStory {
  const cloudWatch = new CloudWatch({ alarms: [alarmOn({ EvaluationPeriods: 1 }, 'Idle')], createdAt: at('12:00') });
  const write = (WorkGroup: string, clock: string, value: number) =>
    cloudWatch.ingest(emf({ at: clock, value, dimensions: { WorkGroup } }), at(clock));
  ['12:00', '12:05', '12:20', '12:25'].forEach((clock, index) => write('analytics', clock, index));
  ['12:00', '12:05', '12:10', '12:55'].forEach((clock, index) => write('finance', clock, 10 * index));
  cloudWatch.evaluate(at('13:00'));
  return {
    from: at('12:00'),
    to: at('13:00'),
    metrics: cloudWatch.metrics,
    alarms: cloudWatch.states(),
    logs: new Map([['log', log.map(({ message, clock }) => ({ message, timestamp: at(clock), logStream: 'stream' }))]]),
  };
}

/** What a test needs of a widget, whatever its kind. */
export type Of<Kind extends WidgetView['kind']> = Extract<WidgetView, { kind: Kind }>;
