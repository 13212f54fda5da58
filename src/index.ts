export * from './athena-session-monitor';
export * from './athena-session-monitor-props';
export type { CompositeSessionAlarmOptions } from './composite-alarm';
export * from './session-alarm';
export * from './session-metrics';
export * from './session-state';
export * from './work-group-selection';
