export * from './athena-session-monitor';
export * from './athena-session-monitor-props';
export type { CompositeSessionAlarmOptions } from './alarms/composite-alarm';
export type { CommonAlarmOptions } from './alarms/alarm';
export * from './alarms/health-alarm';
export * from './alarms/session-alarm';
export * from './session-metrics';
export * from './session-state';
export * from './work-group-selection';
