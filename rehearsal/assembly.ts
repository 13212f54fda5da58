import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { AlarmDefinition } from './cloudwatch';
import { busNameOf } from './eventbridge';
import type { EventPattern } from './eventbridge/event-pattern';
import type { TargetInput } from './eventbridge/target-input';
import { ACCOUNT, REGION } from './json-service';

/** The parts of a stack that the rehearsal simulates. */
export interface DeployedStack {
  name: string;
  functions: DeployedFunction[];
  schedules: DeployedSchedule[];
  alarms: AlarmDefinition[];
  dashboards: DeployedDashboard[];
  topics: DeployedTopic[];
  rules: DeployedRule[];
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

const EXAMPLE = path.join(__dirname, '..', 'examples', 'typescript', 'quickstart');

/** The folder of the CDK app that a scenario is played against. */
export function appFolderOf({ app, file }: { app?: string; file: string }): string {
  return app === undefined ? EXAMPLE : path.resolve(path.dirname(file), app);
}

/** Synthesises a CDK app into a folder, without the CDK CLI. */
export async function synthesise(appFolder: string, outputFolder: string): Promise<void> {
  const cdkJson = JSON.parse(readFileSync(path.join(appFolder, 'cdk.json'), 'utf8'));
  const context = { 'aws:cdk:enable-path-metadata': true, ...cdkJson.context }; // as the CLI does, for the paths of constructs
  const app = spawn(cdkJson.app, {
    cwd: appFolder,
    shell: true,
    env: { ...process.env, CDK_OUTDIR: outputFolder, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  app.stdout.on('data', data => output += data);
  app.stderr.on('data', data => output += data);
  const code = await new Promise(resolve => {
    app.once('error', error => {
      output += error.message;
      resolve(-1);
    });
    app.once('close', resolve);
  });
  if (code !== 0 || !existsSync(path.join(outputFolder, 'manifest.json'))) {
    throw new Error(`synthesis of ${appFolder} failed: ${cdkJson.app}\n${output.trim()}`);
  }
}

/** Reads the stacks of a cloud assembly. */
export function readAssembly(folder: string): DeployedStack[] {
  const artifacts = Object.entries<any>(readJson(folder, 'manifest.json').artifacts ?? {});
  const assetFolders = new Map<string, string>();
  for (const [, { type, properties }] of artifacts) {
    if (type === 'cdk:asset-manifest') {
      for (const [hash, { source }] of Object.entries<any>(readJson(folder, properties.file).files ?? {})) {
        assetFolders.set(hash, path.join(folder, source.path));
      }
    }
  }
  return artifacts
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, { properties }]) => readStack(properties.stackName ?? id, readJson(folder, properties.templateFile), assetFolders));
}

/**
 * Reads a template.
 *
 * @param assetFolders asset folders by hash
 */
export function readStack(name: string, template: any, assetFolders: Map<string, string>): DeployedStack {
  const resolver = new Resolver(name, template);
  const ofType = (type: string) => Object.entries<any>(template.Resources ?? {})
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, { Properties = {}, Metadata }]) => ({
      logicalId, properties: Properties, path: String(Metadata?.['aws:cdk:path'] ?? logicalId).replace(/\/Resource$/, ''),
    }));

  const functions = ofType('AWS::Lambda::Function').flatMap(({ logicalId, properties }): DeployedFunction[] => {
    const { Handler, Timeout = 3, MemorySize = 128, Environment, LoggingConfig, Code } = resolver.resolve(properties, logicalId);
    const hash = String(Code?.S3Key ?? '').split('/').pop()!.replace(/\.\w+$/, '');
    const assetFolder = assetFolders.get(hash);
    if (assetFolder === undefined) {
      return []; // no asset, such as a custom resource provider of the CDK with inline code
    }
    return [{
      logicalId,
      name: resolver.ref(logicalId),
      arn: resolver.getAtt(logicalId, 'Arn'),
      region: resolver.region,
      handler: Handler,
      timeoutSeconds: Number(Timeout),
      memorySize: Number(MemorySize),
      environment: Object.fromEntries(Object.entries(Environment?.Variables ?? {}).map(([key, value]) => [key, String(value)])),
      logGroup: LoggingConfig?.LogGroup ?? `/aws/lambda/${resolver.ref(logicalId)}`,
      assetFolder,
    }];
  });

  const schedules = ofType('AWS::Scheduler::Schedule').flatMap(({ logicalId, properties, path: constructPath }): DeployedSchedule[] => {
    const { ScheduleExpression, State, Target } = resolver.resolve(properties, logicalId);
    const target = functions.find(({ arn }) => arn === Target?.Arn);
    if (State === 'DISABLED') {
      return [];
    }
    if (!target) {
      throw new Error(`schedule ${logicalId} calls ${Target?.Arn}, which is not a function of this template`);
    }
    return [{ logicalId, path: constructPath, function: target, minutes: minutesOf(ScheduleExpression, logicalId), input: Target.Input ?? '{}' }];
  });

  const alarms = [...ofType('AWS::CloudWatch::Alarm'), ...ofType('AWS::CloudWatch::CompositeAlarm')].map(({ logicalId, properties, path: constructPath }): AlarmDefinition => ({
    logicalId, name: resolver.ref(logicalId), path: constructPath, properties: resolver.resolve(properties, logicalId),
  }));

  const dashboards = ofType('AWS::CloudWatch::Dashboard').map(({ logicalId, properties, path: constructPath }): DeployedDashboard => ({
    logicalId, path: constructPath, region: resolver.region, body: resolver.resolve(properties, logicalId).DashboardBody,
  }));

  const topics = ofType('AWS::SNS::Topic').map(({ logicalId, path: constructPath }): DeployedTopic => ({
    logicalId, path: constructPath, name: resolver.getAtt(logicalId, 'TopicName'), arn: resolver.ref(logicalId),
  }));
  const topicOf = (target: any): DeployedTopic | undefined => {
    const arn = resolver.tryResolve(target.Arn);
    const imported = /^arn:[^:]+:sns:[^:]*:[^:]*:([^:]+)$/.exec(String(arn))?.[1];
    const known = topics.find(topic => topic.arn === arn);
    if (!known && imported !== undefined) {
      topics.push({ logicalId: imported, path: imported, name: imported, arn });
    }
    return known ?? (imported === undefined ? undefined : topics.at(-1));
  };
  // Nothing else of a rule is simulated, so that other rules of the app may have anything.
  const rules = ofType('AWS::Events::Rule').flatMap(({ logicalId, properties, path: constructPath }): DeployedRule[] => {
    const { EventPattern: pattern, EventBusName: bus, State: state, Targets: targets = [] } = properties;
    const toTopics = (targets as unknown[]).flatMap(target => {
      const topic = topicOf(target);
      return topic ? [{ topic, target }] : [];
    });
    if (pattern === undefined || state === 'DISABLED' || toTopics.length === 0) {
      return [];
    }
    return [{
      logicalId,
      path: constructPath,
      name: resolver.ref(logicalId),
      arn: resolver.getAtt(logicalId, 'Arn'),
      eventBus: busNameOf(resolver.resolve(bus, logicalId)),
      pattern: resolver.resolve(pattern, `${logicalId}.EventPattern`),
      targets: toTopics.map(({ topic, target }) => {
        const { Input, InputPath, InputTransformer } = resolver.resolve(target, `${logicalId}.Targets`);
        return { topic, input: { Input, InputPath, InputTransformer } };
      }),
    }];
  });
  return { name, functions, schedules, alarms, dashboards, topics, rules };
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

/** Resolves CloudFormation's intrinsic functions to invented, constant values. */
export class Resolver {
  public readonly region = REGION;
  private readonly pseudo: { [name: string]: string };

  public constructor(private readonly stackName: string, private readonly template: any) {
    this.pseudo = {
      'AWS::AccountId': ACCOUNT,
      'AWS::Partition': 'aws',
      'AWS::Region': this.region,
      'AWS::StackId': `arn:aws:cloudformation:${this.region}:${ACCOUNT}:stack/${stackName}/00000000-0000-0000-0000-000000000000`,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  /** @param where names the value in errors */
  public resolve(value: any, where: string): any {
    if (Array.isArray(value)) {
      return value.map((element, index) => this.resolve(element, `${where}[${index}]`)).filter(element => element !== undefined);
    }
    if (value === null || typeof value !== 'object') {
      return value;
    }
    const keys = Object.keys(value);
    if (keys.length === 1 && (keys[0] === 'Ref' || keys[0]!.startsWith('Fn::'))) {
      return this.intrinsic(keys[0]!, value[keys[0]!], where);
    }
    return Object.fromEntries(keys.map(key => [key, this.resolve(value[key], `${where}.${key}`)]).filter(([, resolved]) => resolved !== undefined));
  }

  /** Undefined if the value is not known, such as one of another stack. */
  public tryResolve(value: any): any {
    try {
      return this.resolve(value, '');
    } catch {
      return undefined;
    }
  }

  /** The value of `Ref`. */
  public ref(name: string, where = name): any {
    if (name === 'AWS::NoValue') {
      return undefined;
    }
    if (name in this.pseudo) {
      return this.pseudo[name];
    }
    const parameter = this.template.Parameters?.[name];
    if (parameter) {
      const isList = /^(CommaDelimitedList|List<.*>)$/.test(parameter.Type);
      return isList ? String(parameter.Default ?? '').split(',') : parameter.Default ?? `${this.stackName}-${name}`;
    }
    const resource = this.resource(name, where);
    const physicalName = this.physicalName(name);
    return resource.Type === 'AWS::SNS::Topic' || resource.Type === 'AWS::SNS::Subscription' ? this.arn(name) : physicalName;
  }

  public getAtt(name: string, attribute: string, where = name): string {
    this.resource(name, where);
    if (attribute === 'Name' || attribute === 'TopicName') {
      return this.physicalName(name);
    }
    return attribute === 'Arn' || attribute.endsWith('Arn') ? this.arn(name) : `${this.physicalName(name)}-${attribute}`;
  }

  private intrinsic(kind: string, argument: any, where: string): any {
    const resolved = () => this.resolve(argument, where);
    switch (kind) {
      case 'Ref':
        return this.ref(argument, where);
      case 'Fn::GetAtt': {
        const [name, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
        return this.getAtt(name, attribute.join('.'), where);
      }
      case 'Fn::Join': {
        const [separator, parts] = resolved();
        return parts.join(separator);
      }
      case 'Fn::Sub': {
        const [text, variables] = Array.isArray(argument) ? [argument[0], this.resolve(argument[1], where)] : [argument, {}];
        return text.replace(/\$\{(!?)([^}]+)\}/g, (_: string, literal: string, name: string) => {
          if (literal) {
            return `\${${name}}`;
          }
          const [id, ...attribute] = name.split('.');
          return name in variables ? variables[name] : attribute.length > 0 ? this.getAtt(id!, attribute.join('.'), where) : this.ref(name, where);
        });
      }
      case 'Fn::Select': {
        const [index, list] = resolved();
        return list[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, text] = resolved();
        return text.split(separator);
      }
      case 'Fn::FindInMap': {
        const [map, top, second] = resolved();
        const found = this.template.Mappings?.[map]?.[top]?.[second];
        if (found === undefined) {
          throw new Error(`${where}: mapping ${map} has nothing for ${top}, ${second}`);
        }
        return found;
      }
      default:
        throw new Error(`${where}: ${kind} is not simulated`);
    }
  }

  private resource(name: string, where: string): any {
    const resource = this.template.Resources?.[name];
    if (!resource) {
      throw new Error(`${where}: the template has no resource or parameter ${name}`);
    }
    return resource;
  }

  /** The name in the template, or else one similar to CloudFormation's. */
  private physicalName(name: string): string {
    const { Type, Properties = {} } = this.template.Resources[name];
    const kind = Type.split('::').pop();
    const given = Properties[`${kind}Name`] ?? Properties.AlarmName ?? Properties.Name;
    return given === undefined ? `${this.stackName}-${name}` : this.resolve(given, name);
  }

  private arn(name: string): string {
    const [, service, kind] = this.template.Resources[name].Type.split('::');
    const prefix = {
      Function: 'function:', Role: 'role/', LogGroup: 'log-group:', Alarm: 'alarm:', CompositeAlarm: 'alarm:', EventBus: 'event-bus/', Rule: 'rule/',
    }[kind as string] ?? '';
    const region = service === 'IAM' ? '' : this.region;
    return `arn:aws:${service.toLowerCase()}:${region}:${ACCOUNT}:${prefix}${this.physicalName(name)}`;
  }
}

function readJson(folder: string, file: string): any {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
}
