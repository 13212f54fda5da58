export * from './athena-session-monitor';
export * from './athena-session-monitor-props';
export type { CommonAlarmOptions } from './alarms/alarm';
export * from './alarms/health-alarm';
export * from './alarms/session-alarm';
export type { AthenaSessionMonitorAttributes } from './imported-session-metrics';
export * from './session-metrics';
export * from './session-state';
export * from './work-group-selection';
