import type { Environment } from './json-service';

export interface ResolverOptions {
  stackName: string;
  template: any;
  environment: Environment;
  /** The value of what a stack of the app exports; undefined if none does. */
  importValue?: (name: string) => unknown;
  /** The template of a nested stack; undefined if it is not known. */
  nestedTemplate?: (url: unknown) => unknown;
  /** The values that the parent of a nested stack gives to its parameters; undefined for a default. */
  parameter?: (name: string) => unknown;
}

/** Resolves CloudFormation's intrinsic functions to invented, constant values. */
export class Resolver {
  public readonly environment: Environment;
  public readonly template: any;
  private readonly stackName: string;
  /** By logical id. */
  private readonly nested = new Map<string, Resolver>();
  private readonly pseudo: { [name: string]: unknown };

  public constructor(private readonly options: ResolverOptions) {
    const { stackName, template, environment } = options;
    this.stackName = stackName;
    this.template = { ...template, Resources: resourcesOf(template) };
    this.environment = environment;
    const { account, region } = environment;
    const partition = partitionOf(region);
    this.pseudo = {
      'AWS::AccountId': account,
      'AWS::NotificationARNs': [],
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::StackId': `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/00000000-0000-0000-0000-000000000000`,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    };
    for (const [id, { Type, Properties }] of Object.entries<any>(this.template.Resources)) {
      const nested = Type === 'AWS::CloudFormation::Stack' ? options.nestedTemplate?.(Properties.TemplateURL) : undefined;
      if (nested !== undefined) {
        const parameter = (name: string) => this.resolve(Properties.Parameters?.[name], `${id}.Parameters.${name}`);
        this.nested.set(id, new Resolver({ ...options, stackName: `${stackName}-${id}`, template: nested, parameter }));
      }
    }
  }

  /** This stack, and all nested ones. */
  public withNested(): Resolver[] {
    return [this, ...[...this.nested.values()].flatMap(nested => nested.withNested())];
  }

  /** Whether a resource is deployed: its condition holds, or is not known. */
  public readonly isDeployed = ({ Condition: condition }: { Condition?: string }): boolean => {
    try {
      return condition === undefined || this.condition(condition);
    } catch {
      return true;
    }
  };

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

  /** Undefined if the value cannot be resolved. */
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
    if (Object.hasOwn(this.pseudo, name)) {
      return this.pseudo[name];
    }
    const parameter = this.template.Parameters?.[name];
    if (parameter) {
      // The default of an SSM parameter is its name, and its value is not known.
      const value = this.options.parameter?.(name) ?? (String(parameter.Type).startsWith('AWS::SSM::') ? undefined : parameter.Default);
      if (/^(CommaDelimitedList|List<.*>)$/.test(parameter.Type)) {
        return String(value ?? '').split(',');
      }
      return parameter.Type === 'Number' && value !== undefined ? Number(value) : value ?? `${this.stackName}-${name}`;
    }
    const resource = this.resource(name, where);
    const physicalName = this.physicalName(name);
    return resource.Type === 'AWS::SNS::Topic' || resource.Type === 'AWS::SNS::Subscription' ? this.arn(name) : physicalName;
  }

  public getAtt(name: string, attribute: string, where = name): any {
    this.resource(name, where);
    if (attribute.startsWith('Outputs.') && this.nested.has(name)) {
      return this.nested.get(name)!.output(attribute.slice('Outputs.'.length), where);
    }
    if (attribute === 'Name' || attribute === 'TopicName') {
      return this.physicalName(name);
    }
    return attribute === 'Arn' || attribute.endsWith('Arn') ? this.arn(name) : `${this.physicalName(name)}-${attribute}`;
  }

  /** The value that the stack exports with that name; undefined if it exports none. */
  public exported(exportName: string): unknown {
    const outputs = Object.values<any>(this.template.Outputs ?? {});
    const found = outputs.find(({ Export }) => Export !== undefined && this.tryResolve(Export.Name) === exportName);
    return found && this.resolve(found.Value, exportName);
  }

  private condition(name: string): boolean {
    const condition = this.template.Conditions?.[name];
    if (condition === undefined) {
      throw new Error(`the template has no condition ${name}`);
    }
    return this.holds(condition, `Conditions.${name}`);
  }

  private output(name: string, where: string): unknown {
    const output = this.template.Outputs?.[name];
    if (output === undefined) {
      throw new Error(`${where}: the nested stack ${this.stackName} has no output ${name}`);
    }
    return this.resolve(output.Value, where);
  }

  /** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html */
  private holds(condition: any, where: string): boolean {
    const [kind, argument] = Object.entries<any>(condition)[0] ?? [];
    switch (kind) {
      case 'Condition': return this.condition(argument);
      case 'Fn::Not': return !this.holds(argument[0], where);
      case 'Fn::And': return argument.every((part: any) => this.holds(part, where));
      case 'Fn::Or': return argument.some((part: any) => this.holds(part, where));
      case 'Fn::Equals': {
        const [left, right] = this.resolve(argument, where);
        return String(left) === String(right);
      }
      default: throw new Error(`${where}: ${kind} is not simulated`);
    }
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
          return Object.hasOwn(variables, name) ? variables[name] : attribute.length > 0 ? this.getAtt(id!, attribute.join('.'), where) : this.ref(name, where);
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
      case 'Fn::If': {
        const [name, then, otherwise] = argument;
        return this.resolve(this.condition(name) ? then : otherwise, where);
      }
      case 'Fn::ImportValue': {
        const name = resolved();
        return this.options.importValue?.(name) ?? name; // of another app: as good a value as any
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
    const { account, region } = this.environment;
    const place = service === 'IAM' ? `:${account}` : `${region}:${account}`;
    return `arn:${partitionOf(region)}:${service.toLowerCase()}:${place}:${prefix}${this.physicalName(name)}`;
  }
}

/** Those that are well-formed: templates of other tools may have anything. */
function resourcesOf({ Resources: resources }: any): { [logicalId: string]: any } {
  return Object.fromEntries(Object.entries<any>(resources ?? {}).filter(([, resource]) => isMap(resource)).map(([logicalId, resource]) => {
    const { Type: type, Properties: properties } = resource;
    return [logicalId, { ...resource, Type: String(type), Properties: isMap(properties) ? properties : {} }];
  }));
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
