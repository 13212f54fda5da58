export * from './athena-session-monitor';
export * from './session-alarm';
export * from './session-metrics';
export * from './work-group-selection';
