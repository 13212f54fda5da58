import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type AlarmDefinition, isComposite, isReferenceTo, type ReadAlarm, readAlarm, readComposite } from './cloudwatch';
import { busNameOf } from './eventbridge';
import type { EventPattern } from './eventbridge/event-pattern';
import type { TargetInput } from './eventbridge/target-input';
import { ACCOUNT, type Environment, REGION } from './json-service';
import { Resolver } from './resolver';

/** The parts of a stack that the rehearsal simulates. */
export interface DeployedStack {
  name: string;
  /** The construct's path. */
  path: string;
  environment: Environment;
  functions: DeployedFunction[];
  schedules: DeployedSchedule[];
  alarms: AlarmDefinition[];
  dashboards: DeployedDashboard[];
  topics: DeployedTopic[];
  rules: DeployedRule[];
  /** What the rehearsal leaves out, and why, although it may concern a monitor. */
  notSimulated: string[];
}

export interface DeployedFunction {
  logicalId: string;
  name: string;
  arn: string;
  region: string;
  handler: string;
  timeoutSeconds: number;
  memorySize: number;
  environment: { [name: string]: string };
  logGroup: string;
  assetFolder: string;
}

export interface DeployedSchedule {
  logicalId: string;
  /** The construct's path. */
  path: string;
  function: DeployedFunction;
  /** Minutes of each hour. */
  minutes: number[];
  /** With `<aws.scheduler.…>` attributes in it. */
  input: string;
}

export interface DeployedDashboard {
  logicalId: string;
  /** The construct's path. */
  path: string;
  region: string;
  /** JSON. */
  body: string;
}

export interface DeployedTopic {
  /** Of an imported topic: its name. */
  logicalId: string;
  /** The construct's path. Of an imported topic: its name. */
  path: string;
  name: string;
  arn: string;
  /** Its name for people. */
  label?: string;
}

/** A rule for events that sends to topics. */
export interface DeployedRule {
  logicalId: string;
  /** The construct's path. */
  path: string;
  name: string;
  arn: string;
  /** The name of its bus. */
  eventBus: string;
  pattern: EventPattern;
  targets: { topic: DeployedTopic; input: TargetInput }[];
}

/** A template, and what belongs to it. */
export interface StackSource {
  name: string;
  /** The construct's path. @default - the name */
  path?: string;
  template: any;
  /** Assets by hash: folders of code, and files of nested templates. */
  assets: ReadonlyMap<string, string>;
  /** What is not known until deployment is that of the simulated services. */
  environment?: Partial<Environment>;
}

/** The environment variables by which the function of a monitor is known. */
const COLLECTOR_SETTINGS = ['METRIC_NAMESPACE', 'INTERVAL_MINUTES'];
/** The source of the events that monitors send. */
const EVENT_SOURCE = 'cdk-athena-session-monitor';

/** Reads the monitors of stacks that are deployed to the same account and region, and what belongs to the monitors. The rest is ignored. */
export function readStacks(sources: readonly StackSource[]): DeployedStack[] {
  const resolvers: Resolver[] = sources.map(({ name: stackName, template, environment, assets }) => new Resolver({
    stackName,
    template,
    environment: { account: environment?.account ?? ACCOUNT, region: environment?.region ?? REGION },
    importValue: exportName => resolvers.map(resolver => resolver.exported(exportName)).find(value => value !== undefined),
    nestedTemplate: url => {
      const [, file] = assetOf(url, assets) ?? [];
      return file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8'));
    },
  }));
  const stacks = sources.map(({ name, path: stackPath = name }, index): DeployedStack => ({
    name,
    path: stackPath,
    environment: resolvers[index]!.environment,
    functions: [],
    schedules: [],
    alarms: [],
    dashboards: [],
    topics: [],
    rules: [],
    notSimulated: [],
  }));
  const each = (read: (stack: DeployedStack, resolver: Resolver, source: StackSource) => void) => stacks.forEach((stack, index) => {
    resolvers[index]!.withNested().forEach(resolver => read(stack, resolver, sources[index]!));
  });
  each(readFunctions);
  const functions = stacks.flatMap(stack => stack.functions);
  each((stack, resolver) => readAlarms(stack, resolver, functions));
  keepComposites(stacks);
  each((stack, resolver) => readDashboards(stack, resolver));
  each(readTopics);
  const topics = stacks.flatMap(stack => stack.topics);
  each((stack, resolver) => readRules(stack, resolver, topics));
  label(stacks);
  return stacks;
}

/** The asset that a template refers to: each way to name it has its hash. */
function assetOf(reference: unknown, assets: ReadonlyMap<string, string>): [hash: string, file: string] | undefined {
  const text = JSON.stringify(reference) ?? '';
  return [...assets].find(([hash]) => text.includes(hash));
}

/** The resources of a type that are deployed. */
function resourcesOf(type: string, { template, isDeployed }: Resolver) {
  return Object.entries<any>(template.Resources).filter(([, resource]) => resource.Type === type && isDeployed(resource))
    .map(([logicalId, { Properties, Metadata }]) => ({
      logicalId, properties: Properties, path: String(Metadata?.['aws:cdk:path'] ?? logicalId).replace(/\/Resource$/, ''),
    }));
}

/** Functions of monitors, and their schedules. */
function readFunctions(stack: DeployedStack, resolver: Resolver, { assets }: StackSource): void {
  const functions = resourcesOf('AWS::Lambda::Function', resolver).flatMap(({ logicalId, properties, path: constructPath }): DeployedFunction[] => {
    const variables = Object(properties.Environment?.Variables);
    if (!COLLECTOR_SETTINGS.every(name => name in variables)) {
      return [];
    }
    const { Handler, Timeout, MemorySize, LoggingConfig, Code } = properties; // the others may refer to anything
    const resolved = resolver.resolve({ Handler, Timeout, MemorySize, LoggingConfig, Code, variables }, logicalId);
    const [hash = path.parse(String(resolved.Code?.S3Key ?? '')).name, assetFolder] = assetOf(Code, assets) ?? [];
    if (assetFolder === undefined || !existsSync(assetFolder)) {
      throw new Error(`the code of function ${constructPath} is missing: there is no asset.${hash} beside the template;`
        + ' pass the template where "cdk synth" wrote it, such as cdk.out/Stack.template.json');
    }
    return [{
      logicalId,
      name: resolver.ref(logicalId),
      arn: resolver.getAtt(logicalId, 'Arn'),
      region: resolver.environment.region,
      handler: resolved.Handler,
      timeoutSeconds: Number(resolved.Timeout ?? 3),
      memorySize: Number(resolved.MemorySize ?? 128),
      environment: Object.fromEntries(Object.entries(resolved.variables).map(([key, value]) => [key, String(value)])),
      logGroup: resolved.LoggingConfig?.LogGroup ?? `/aws/lambda/${resolver.ref(logicalId)}`,
      assetFolder,
    }];
  });
  stack.functions.push(...functions);
  stack.schedules.push(...resourcesOf('AWS::Scheduler::Schedule', resolver).flatMap(({ logicalId, properties, path: constructPath }): DeployedSchedule[] => {
    const target = functions.find(({ arn }) => arn === resolver.tryResolve(properties.Target?.Arn));
    if (!target || properties.State === 'DISABLED') {
      return [];
    }
    const { ScheduleExpression, Target: { Input = '{}' } } = resolver.resolve(properties, logicalId);
    return [{ logicalId, path: constructPath, function: target, minutes: minutesOf(ScheduleExpression, logicalId), input: Input }];
  }));
}

/** Lambda's metrics that the rehearsal writes, with their units. */
export const LAMBDA_METRICS = { Duration: 'Milliseconds', Errors: 'Count', Throttles: 'Count' } as const;

/** Alarms on metrics of the functions, and all composite alarms. */
function readAlarms(stack: DeployedStack, resolver: Resolver, functions: readonly DeployedFunction[]): void {
  const namespaces = functions.map(({ environment }) => environment.METRIC_NAMESPACE!);
  const isOfMonitor = ({ source }: ReadAlarm) => namespaces.includes(source.namespace)
    || (source.namespace === 'AWS/Lambda' && 'dimensions' in source && functions.some(({ name }) => name === source.dimensions.FunctionName));
  const all = [...resourcesOf('AWS::CloudWatch::Alarm', resolver), ...resourcesOf('AWS::CloudWatch::CompositeAlarm', resolver)];
  for (const { logicalId, properties, path: constructPath } of all) {
    const { AlarmActions, OKActions, InsufficientDataActions, Tags, ...rule } = properties; // may refer to anything
    try {
      const alarm: AlarmDefinition = { logicalId, name: resolver.ref(logicalId), path: constructPath, properties: resolver.resolve(rule, logicalId) };
      const read = isComposite(alarm) ? undefined : readAlarm(alarm);
      if (read && isOfMonitor(read) && read.source.namespace === 'AWS/Lambda' && !Object.hasOwn(LAMBDA_METRICS, read.source.metricName)) {
        throw new Error(`Lambda's metric ${read.source.metricName} is not simulated`);
      }
      if (!read || isOfMonitor(read)) {
        stack.alarms.push(alarm);
      }
    } catch (error) {
      const text = JSON.stringify(rule);
      if (namespaces.some(namespace => text.includes(namespace)) || functions.some(one => text.includes(one.logicalId))) {
        stack.notSimulated.push(`${constructPath}: ${withoutName(error)}`);
      }
    }
  }
}

/** An error of an alarm, to be written after its path. */
function withoutName(error: unknown): string {
  return (error as Error).message.replace(/^alarm \w+: /, '');
}

/** Leaves out composite alarms on alarms that are not played. */
function keepComposites(stacks: readonly DeployedStack[]): void {
  const kept = new Set(stacks.flatMap(({ alarms }) => alarms));
  const isKept = (reference: string) => [...kept].some(({ name }) => isReferenceTo(reference, name));
  for (let before = Infinity; kept.size < before;) { // as leaving out one may leave out those on it
    before = kept.size;
    for (const stack of stacks) {
      for (const alarm of stack.alarms.filter(one => kept.has(one) && isComposite(one))) {
        const problem = problemOf(alarm, isKept);
        if (problem !== undefined) {
          kept.delete(alarm);
          if (problem.concernsMonitor) {
            stack.notSimulated.push(`${alarm.path}: ${problem.message}`);
          }
        }
      }
    }
  }
  stacks.forEach(stack => stack.alarms = stack.alarms.filter(alarm => kept.has(alarm)));
}

function problemOf(alarm: AlarmDefinition, isKept: (reference: string) => boolean): { message: string; concernsMonitor: boolean } | undefined {
  try {
    const { rule: { alarms: references } } = readComposite(alarm);
    const missing = references.find(reference => !isKept(reference));
    return missing === undefined ? undefined : {
      message: `it depends on ${missing}, which is not simulated`, concernsMonitor: references.some(isKept),
    };
  } catch (error) {
    return { message: withoutName(error), concernsMonitor: true };
  }
}

function readDashboards(stack: DeployedStack, resolver: Resolver): void {
  for (const { logicalId, properties, path: constructPath } of resourcesOf('AWS::CloudWatch::Dashboard', resolver)) {
    const body = resolver.tryResolve(properties.DashboardBody);
    if (typeof body === 'string') { // else it refers to something outside of the app
      stack.dashboards.push({ logicalId, path: constructPath, region: resolver.environment.region, body });
    }
  }
}

function readTopics(stack: DeployedStack, resolver: Resolver): void {
  stack.topics.push(...resourcesOf('AWS::SNS::Topic', resolver).map(({ logicalId, path: constructPath }): DeployedTopic => ({
    logicalId, path: constructPath, name: resolver.getAtt(logicalId, 'TopicName'), arn: resolver.ref(logicalId),
  })));
}

/** Rules that send to topics. Nothing else of a rule is simulated, so that other rules of the app may have anything. */
function readRules(stack: DeployedStack, resolver: Resolver, known: readonly DeployedTopic[]): void {
  const topicOf = (target: { Arn?: unknown } | null): DeployedTopic | undefined => {
    const arn = resolver.tryResolve(target?.Arn);
    const [, name] = /^arn:[^:]+:sns:[^:]*:[^:]*:([^:]+)$/.exec(String(arn)) ?? [];
    const found = [...known, ...stack.topics].find(topic => topic.arn === arn);
    if (found || name === undefined) {
      return found;
    }
    const imported = { logicalId: name, path: name, name, arn };
    stack.topics.push(imported);
    return imported;
  };
  for (const { logicalId, properties, path: constructPath } of resourcesOf('AWS::Events::Rule', resolver)) {
    const { EventPattern: pattern, EventBusName: bus, State: state, Targets } = properties;
    const targets: any[] = [Targets ?? []].flat();
    const toTopics = targets.flatMap(target => {
      const topic = topicOf(target);
      return topic ? [{ topic, target }] : [];
    });
    if (pattern === undefined || state === 'DISABLED') {
      continue;
    }
    const isOfMonitor = JSON.stringify(pattern).includes(EVENT_SOURCE);
    if (isOfMonitor) {
      const unknown = targets.filter(target => !/^arn:/.test(resolver.tryResolve(target?.Arn)));
      stack.notSimulated.push(...unknown.map(target => `${constructPath}: its target ${JSON.stringify(target?.Arn)} is not known before deployment`));
    }
    if (toTopics.length === 0) {
      continue;
    }
    try {
      stack.rules.push({
        logicalId,
        path: constructPath,
        name: resolver.ref(logicalId),
        arn: resolver.getAtt(logicalId, 'Arn'),
        eventBus: busNameOf(resolver.resolve(bus, logicalId)),
        pattern: resolver.resolve(pattern, `${logicalId}.EventPattern`),
        targets: toTopics.map(({ topic, target }) => {
          const { Input, InputPath, InputTransformer } = target;
          return { topic, input: resolver.resolve({ Input, InputPath, InputTransformer }, `${logicalId}.Targets`) };
        }),
      });
    } catch (error) {
      if (isOfMonitor) {
        stack.notSimulated.push(`${constructPath}: ${(error as Error).message}`);
      }
    }
  }
}

/** Names alarms and topics for people: by their construct paths, without the stack's if no other has the same name then. */
function label(stacks: readonly DeployedStack[]): void {
  for (const kind of ['alarms', 'topics'] as const) {
    const all = stacks.flatMap(stack => stack[kind].map(one => ({ one, short: shortLabel(one, stack.path) })));
    for (const { one, short } of all) {
      one.label = all.filter(other => other.short === short).length > 1 ? one.path ?? one.logicalId : short;
    }
  }
}

/** Without what all alarms have in common. */
function shortLabel({ path: constructPath, logicalId }: { path?: string; logicalId: string }, stackPath: string): string {
  const whole = constructPath ?? logicalId;
  return (whole.startsWith(`${stackPath}/`) ? whole.slice(stackPath.length + 1) : whole).split('/').filter(part => part !== 'Alarms').join('/');
}

/**
 * The minutes of each hour at which a schedule ticks. Schedules that differ between hours are not simulated.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function minutesOf(expression: string, logicalId: string): number[] {
  const [, minutes, rest] = /^cron\((\S+) (.*)\)$/.exec(expression) ?? [];
  if (minutes === undefined || !/^[*] [*?] [*] [*?] [*]$/.test(rest!)) {
    throw new Error(`schedule ${logicalId}: only cron expressions for every hour of every day are simulated, such as cron(0/5 * * * ? *), got ${expression}`);
  }
  const result = new Set<number>();
  for (const part of minutes.split(',')) {
    const [, first, last, step] = /^([*]|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (first === undefined) {
      throw new Error(`schedule ${logicalId}: the minutes of ${expression} are not understood: ${part}`);
    }
    const from = first === '*' ? 0 : Number(first);
    const to = last !== undefined ? Number(last) : first === '*' || step !== undefined ? 59 : from;
    for (let minute = from; minute <= Math.min(59, to); minute += Math.max(1, Number(step ?? 1))) {
      result.add(minute);
    }
  }
  return [...result].sort((a, b) => a - b);
}
