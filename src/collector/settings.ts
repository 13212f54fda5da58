import { floorToGrid } from './grid';
import { type CollectorEvent, EVENT_DETAIL_TYPES, type EventSettings, isPattern, isWorkGroupName, LIST_SEPARATOR, SETTINGS } from '../schema';
import { DAY, HOUR, type Instant, type Milliseconds, MINUTE } from '../time';

/** The collector's settings, from its environment variables. */
export interface Settings {
  readonly metricNamespace: string;
  readonly interval: Milliseconds;
  readonly lookback: Milliseconds;
  readonly maxSession: Milliseconds;
  readonly countTerminated: boolean;
  readonly maxRequestsPerSecond: number;
  readonly zerosWhenQuiet: boolean;
  readonly logSessionDetails: boolean;
  /** The names of the workgroups to list. If undefined, each run finds workgroups that match `workGroupPatterns`. */
  readonly workGroups?: readonly string[];
  readonly workGroupPatterns?: readonly string[];
  readonly functionName: string;
  /** Undefined unless events are on. */
  readonly events?: EventSettings;
}

type Environment = { readonly [name: string]: string | undefined };

/** Reads the settings. Throws if one is missing or invalid, as it could lead to wrong metrics. */
export function readSettings(environment: Environment): Settings {
  const { workGroups, workGroupPatterns } = readSelection(environment);
  const interval = MINUTE * readNumber(environment, SETTINGS.intervalMinutes, 'a whole number of minutes that divides 60',
    (minutes) => Number.isInteger(minutes) && minutes >= 1 && 60 % minutes === 0);
  const metricNamespace = readText(environment, SETTINGS.metricNamespace);
  if (metricNamespace.startsWith('AWS/')) {
    throw new Error(`environment variable ${SETTINGS.metricNamespace} must not begin with "AWS/", received ${JSON.stringify(metricNamespace)}`);
  }
  return {
    metricNamespace,
    interval,
    lookback: MINUTE * readNumber(environment, SETTINGS.lookbackMinutes, 'a whole number of intervals, at least 3',
      (minutes) => minutes * MINUTE >= 3 * interval && (minutes * MINUTE) % interval === 0),
    maxSession: MINUTE * readNumber(environment, SETTINGS.maxSessionMinutes, 'a positive number of minutes', (minutes) => minutes > 0),
    countTerminated: readFlag(environment, SETTINGS.countTerminated),
    maxRequestsPerSecond: readNumber(environment, SETTINGS.maxRequestsPerSecond, 'a positive number', (rate) => rate > 0),
    zerosWhenQuiet: readFlag(environment, SETTINGS.zerosWhenQuiet),
    logSessionDetails: readFlag(environment, SETTINGS.logSessionDetails),
    workGroups,
    workGroupPatterns,
    // Set by Lambda itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    functionName: readText(environment, 'AWS_LAMBDA_FUNCTION_NAME'),
    events: readEvents(environment[SETTINGS.events]),
  };
}

/**
 * The event's scheduled time, or the current time if there is none, rounded down to the grid.
 *
 * Throws if the event's time is invalid, or outside the range in which CloudWatch accepts datapoints. CloudWatch drops others silently.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readScheduledTime(event: unknown, now: Instant, interval: Milliseconds): Instant {
  const { scheduledTime }: { readonly [name in keyof CollectorEvent]?: unknown } = event ?? {};
  if (scheduledTime === undefined) {
    return floorToGrid(now, interval);
  }
  const scheduled = parseTime(scheduledTime);
  if (scheduled === undefined) {
    throw new Error(`the event's scheduledTime must be an ISO 8601 time such as 2026-01-31T09:05:00Z, received ${JSON.stringify(scheduledTime)}`);
  }
  if (scheduled > now + 2 * HOUR || scheduled < now - 14 * DAY) {
    throw new Error('the event\'s scheduledTime must be at most 14 days before and 2 hours after the current time '
      + `${new Date(now).toISOString()}, as CloudWatch drops other datapoints, received ${scheduledTime}`);
  }
  return floorToGrid(scheduled, interval);
}

/** Whether the schedule invoked the function, and not a person. */
export function isScheduled(event: unknown): boolean {
  return (event as CollectorEvent | null | undefined)?.scheduledTime !== undefined;
}

/** Whether a run starts so long after its scheduled time that live states have changed since. */
export function isLate(scheduledTime: Instant, now: Instant, interval: Milliseconds): boolean {
  return now - scheduledTime > 2 * interval;
}

function parseTime(text: unknown): Instant | undefined {
  const date = typeof text === 'string' ? /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.exec(text)?.[1] : undefined;
  const midnight = date === undefined ? NaN : Date.parse(date);
  // Date.parse() accepts February 30 as March 2.
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date!);
  const instant = exists ? Date.parse(text as string) : NaN;
  return Number.isNaN(instant) ? undefined : instant;
}

function readSelection(environment: Environment): Pick<Settings, 'workGroups' | 'workGroupPatterns'> {
  const named = environment[SETTINGS.workGroups];
  const patterns = environment[SETTINGS.workGroupPatterns];
  if ((named === undefined) === (patterns === undefined)) {
    throw new Error(`exactly one of the environment variables ${SETTINGS.workGroups} and ${SETTINGS.workGroupPatterns} must be set, `
      + `received ${JSON.stringify(named)} and ${JSON.stringify(patterns)}`);
  }
  return named !== undefined
    ? { workGroups: readList(SETTINGS.workGroups, named, 'workgroup names, 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-" each', isWorkGroupName) }
    : { workGroupPatterns: readList(SETTINGS.workGroupPatterns, patterns!, 'patterns of workgroup names with "*", "?" and a leading "!"', isPattern) };
}

function readList(name: string, value: string, allowed: string, isAllowed: (element: string) => boolean): string[] {
  const elements = value.split(LIST_SEPARATOR);
  const wrong = elements.find((element) => !isAllowed(element));
  if (wrong !== undefined) {
    throw new Error(`environment variable ${name} must be a list of ${allowed}, separated by commas, received ${JSON.stringify(wrong)}`);
  }
  return [...new Set(elements)];
}

function readEvents(text: string | undefined): EventSettings | undefined {
  if (text === undefined) {
    return undefined;
  }
  let settings: Partial<EventSettings> | undefined;
  try {
    settings = JSON.parse(text);
  } catch {
    // rejected below
  }
  const { eventBus, monitor, ownerTags, dpuHourPrice, alarms } = settings ?? {};
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const isAlarm = ({ id, kind, thresholdSeconds = 0, runbookUrl }: EventSettings['alarms'][number]) =>
    [id, runbookUrl].every(isText) && Object.hasOwn(EVENT_DETAIL_TYPES, kind) && Number.isFinite(thresholdSeconds) && thresholdSeconds >= 0;
  const isValid = [eventBus, monitor].every(isText) && Array.isArray(ownerTags) && ownerTags.every(isText)
    && Number.isFinite(dpuHourPrice) && Array.isArray(alarms) && alarms.every((alarm) => isAlarm(Object(alarm)));
  if (!isValid) {
    throw new Error(`environment variable ${SETTINGS.events} must be JSON with eventBus, monitor, ownerTags, dpuHourPrice and alarms, received ${JSON.stringify(text)}`);
  }
  return settings as EventSettings;
}

function readText(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) {
    throw new Error(`environment variable ${name} must be set, received ${JSON.stringify(value)}`);
  }
  return value;
}

function readNumber(environment: Environment, name: string, allowed: string, isAllowed: (value: number) => boolean): number {
  const text = readText(environment, name);
  const value = Number(text);
  if (!Number.isFinite(value) || !isAllowed(value)) {
    throw new Error(`environment variable ${name} must be ${allowed}, received ${JSON.stringify(text)}`);
  }
  return value;
}

function readFlag(environment: Environment, name: string): boolean {
  const text = readText(environment, name);
  if (text !== 'true' && text !== 'false') {
    throw new Error(`environment variable ${name} must be "true" or "false", received ${JSON.stringify(text)}`);
  }
  return text === 'true';
}
