import { createHash } from 'node:crypto';
import { ArnFormat, Stack, Stage, Token } from 'aws-cdk-lib';
import type { CfnWorkGroup, IWorkGroupRef } from 'aws-cdk-lib/aws-athena';
import type { Construct, IConstruct } from 'constructs';
import { isPattern, isSparkEngine, isWorkGroupName, LIST_SEPARATOR, SETTINGS } from './schema';
import { A_TOKEN, checkEnvironment, cureForName, identityOf, invalidValueError, workGroupIdentity } from './validation';

/**
 * A workgroup that is known at synthesis.
 *
 * @internal
 */
export interface NamedWorkGroup {
  /** The construct id of the workgroup's resources. It is stable, and never a token. */
  readonly key: string;
  /** The workgroup's name, which may be a token. */
  readonly name: string;
}

/**
 * A selection, resolved in the scope of a monitor.
 *
 * @internal
 */
export interface SelectedWorkGroups {
  /** The workgroups, if they are known at synthesis. If not, each run finds them. */
  readonly named?: readonly NamedWorkGroup[];
  /** Whether a run may list no workgroup. */
  readonly mayBeEmpty: boolean;
  /** The setting that tells the collector which workgroups to list. */
  readonly environment: { [name: string]: string };
  /** ARNs of the workgroups that the collector may list. */
  readonly arns: readonly string[];
  /** The names or patterns in the ARNs. */
  readonly inPolicy: readonly string[];
}

/**
 * Selects the workgroups to monitor.
 */
export class WorkGroupSelection {
  /**
   * All Spark-enabled workgroups of the account and region. Each run finds them anew.
   *
   * Includes disabled workgroups, as their sessions may still run.
   */
  public static all(): WorkGroupSelection {
    return new WorkGroupSelection((scope) => selectFound(scope, [], true));
  }

  /**
   * The Spark-enabled workgroups of the account and region whose names match the patterns. Each run finds them anew.
   *
   * A pattern must match the whole name and is case-sensitive. `*` matches any number of characters, `?` matches one. A pattern
   * with a leading `!` excludes workgroups; the others include them. If all patterns exclude, every other workgroup is included. The
   * order of patterns does not matter.
   *
   * @param patterns at least one, for example `'etl-*', '!etl-test-*'`
   */
  public static matching(...patterns: string[]): WorkGroupSelection {
    checkElements('WorkGroupSelection.matching()', patterns, 'a pattern: 1 to 128 of a-z, A-Z, 0-9, ".", "_", "-", "*" and "?", after an optional "!"', isPattern);
    return new WorkGroupSelection((scope) => selectFound(scope, patterns, false));
  }

  /**
   * The workgroups with these names. The collector has permission to list these only.
   *
   * @param names at least one; each 1 to 128 of a-z, A-Z, 0-9, `.`, `_` and `-`, or a token
   * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
   */
  public static named(...names: string[]): WorkGroupSelection {
    checkElements('WorkGroupSelection.named()', names, WORK_GROUP_NAME, isWorkGroupName);
    return new WorkGroupSelection((scope) => selectNamed(scope, names.map((name) => (
      { name, key: Token.isUnresolved(name) ? hashOf(scope, name) : name }))));
  }

  /**
   * These workgroups, for example `CfnWorkGroup`s of the same app. The collector has permission to list these only.
   *
   * @param workGroups at least one, of the monitor's account and region. An engine version that is known not to be of Apache Spark
   * throws an error
   */
  public static fromWorkGroups(...workGroups: IWorkGroupRef[]): WorkGroupSelection {
    if (workGroups.length === 0) {
      throw invalidValueError(undefined, 'WorkGroupSelection.fromWorkGroups()', 'given at least one workgroup', workGroups);
    }
    for (const workGroup of workGroups) {
      if (workGroup?.workGroupRef === undefined) { // such as a name, from JavaScript
        throw invalidValueError(undefined, 'each element of WorkGroupSelection.fromWorkGroups()', 'a reference to a workgroup, such as a CfnWorkGroup; names are for WorkGroupSelection.named()', workGroup);
      }
    }
    return new WorkGroupSelection((scope) => selectNamed(scope, workGroups.map((workGroup) => {
      checkEnvironment(scope, 'workGroups', workGroup, 'account', 'region');
      checkEngine(scope, workGroup);
      return { name: workGroup.workGroupRef.workGroupName, key: keyOf(scope, workGroup) };
    })));
  }

  private constructor(private readonly select: (scope: Construct) => SelectedWorkGroups) {}

  /** @internal */
  public _select(scope: Construct): SelectedWorkGroups {
    return this.select(scope);
  }
}

const WORK_GROUP_NAME = 'the name of a workgroup: 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"';

function selectFound(scope: Construct, patterns: readonly string[], mayBeEmpty: boolean): SelectedWorkGroups {
  // IAM's wildcards have the same meaning, so the patterns can limit the permission.
  const include = patterns.filter((pattern) => !pattern.startsWith('!'));
  const isKnown = include.length > 0 && !include.some((pattern) => Token.isUnresolved(pattern)); // a token may resolve to "!…"
  const resources = isKnown ? include : ['*'];
  checkFitsLambdaAndIam(scope, 'patterns', patterns, resources);
  return {
    mayBeEmpty,
    environment: { [SETTINGS.workGroupPatterns]: patterns.length > 0 ? patterns.join(LIST_SEPARATOR) : '*' },
    arns: resources.map((pattern) => workGroupArn(scope, pattern)),
    inPolicy: resources,
  };
}

function selectNamed(scope: Construct, named: readonly NamedWorkGroup[]): SelectedWorkGroups {
  const names = named.map(({ name }) => name);
  checkElements('workGroups', names, WORK_GROUP_NAME, isWorkGroupName);
  for (const identities of [named.map(({ key }) => key), names.map((name) => workGroupIdentity(scope, name))]) {
    const duplicate = identities.find((identity, index) => identities.indexOf(identity) < index);
    if (duplicate !== undefined) {
      throw invalidValueError(scope, 'workGroups', 'different from each other', duplicate, 'remove the duplicate');
    }
  }
  checkFitsLambdaAndIam(scope, 'names', names, names);
  return {
    named,
    mayBeEmpty: false,
    environment: { [SETTINGS.workGroups]: names.join(LIST_SEPARATOR) },
    arns: names.map((name) => workGroupArn(scope, name)),
    inPolicy: names,
  };
}

function checkElements(what: string, elements: readonly string[], allowed: string, isAllowed: (element: string) => boolean): void {
  if (elements.length === 0) {
    throw invalidValueError(undefined, what, 'given at least one', elements);
  }
  for (const element of elements) {
    // A spread list token is one element, which Token.isUnresolved() detects only inside a list.
    if (Token.isUnresolved([element]) && !Token.isUnresolved(element)) {
      throw invalidValueError(undefined, what, 'given its elements one by one, so that their number is known at synthesis', A_TOKEN);
    }
    if (!Token.isUnresolved(element) && !(typeof element === 'string' && isAllowed(element))) {
      throw invalidValueError(undefined, `each element of ${what}`, allowed, element, Array.isArray(element) ? 'spread the list' : cureForName(element));
    }
  }
}

/** The characters of an ARN without the workgroup's name. */
const ARN_LENGTH = 62;
/** Of 10,240 characters, the rest is for other permissions. */
const MAX_POLICY_LENGTH = 9_500;

function lengthOf(names: readonly string[], overhead: number): number {
  return names.reduce((sum, name) => sum + (Token.isUnresolved(name) ? 0 : name.length) + overhead, 0);
}

/** The characters of the statements of events without their ARNs of workgroups, with a long name of the bus. */
const EVENT_STATEMENTS_LENGTH = 900;

/** With events, there are three ARNs for each name, one of them with `/session/*`. */
export function checkFitsIamWithEvents(scope: Construct, { named, inPolicy }: SelectedWorkGroups): void {
  const needed = 3 * lengthOf(inPolicy, ARN_LENGTH) + inPolicy.length * '/session/*'.length + EVENT_STATEMENTS_LENGTH;
  if (needed > MAX_POLICY_LENGTH) {
    throw invalidValueError(scope, 'workGroups', `${named ? 'names' : 'patterns'} that fit the role's inline policies (${MAX_POLICY_LENGTH} characters), where events need each three times`,
      inPolicy.length, `these need ${needed} characters: use WorkGroupSelection.matching() with few patterns, or two monitors`);
  }
}

/**
 * The names are in the function's environment, at most 4 KB, and in the role's inline policies, at most 10,240 characters together.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
function checkFitsLambdaAndIam(scope: Construct, what: 'names' | 'patterns', inEnvironment: readonly string[], inPolicy: readonly string[]): void {
  const tooLong = [
    { where: 'function\'s environment', needed: lengthOf(inEnvironment, 1), maximum: 3_500 },
    { where: 'role\'s inline policies', needed: lengthOf(inPolicy, ARN_LENGTH), maximum: MAX_POLICY_LENGTH },
  ].find(({ needed, maximum }) => needed > maximum);
  if (tooLong) {
    throw invalidValueError(scope, 'workGroups', `${what} that fit the ${tooLong.where} (${tooLong.maximum} characters)`,
      inEnvironment.length, `these need ${tooLong.needed} characters: use WorkGroupSelection.matching() with few patterns, or two monitors`);
  }
}

/**
 * Throws if the workgroup is known to be one of Athena SQL, which has no sessions. Without a version, or with AUTO, Athena chooses one.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-athena-workgroup-engineversion.html
 */
function checkEngine(scope: Construct, workGroup: IWorkGroupRef): void {
  const { workGroupConfiguration } = (workGroup.node.defaultChild ?? workGroup) as Partial<CfnWorkGroup>;
  const { engineVersion } = (workGroupConfiguration ?? {}) as CfnWorkGroup.WorkGroupConfigurationProperty; // a token has none
  const { selectedEngineVersion, effectiveEngineVersion } = (engineVersion ?? {}) as CfnWorkGroup.EngineVersionProperty;
  const version = [selectedEngineVersion, effectiveEngineVersion].find((each) => each !== undefined && each !== 'AUTO');
  if (version !== undefined && !Token.isUnresolved(version) && !isSparkEngine(version)) {
    throw invalidValueError(scope, `workGroups: the engine version of ${workGroup.node.path}`,
      'one of Apache Spark, such as "PySpark engine version 3" or "Apache Spark version 3.5", as only these have sessions', version);
  }
}

/** Throws if the monitor is known not to monitor the workgroup, and so to write no metrics of it. */
export function checkMonitored(scope: Construct, what: string, { named = [] }: SelectedWorkGroups, workGroup: string): void {
  const [identity, ...monitored] = [workGroup, ...named.map(({ name }) => name)].map((name) => workGroupIdentity(scope, name));
  if (named.length > 0 && [identity, ...monitored].every(isWorkGroupName) && !monitored.includes(identity)) {
    throw invalidValueError(scope, what, `one of the monitor's workgroups (${shortened(monitored)})`, workGroup);
  }
}

function shortened(names: readonly string[]): string {
  return [...names.slice(0, 10), ...names.length > 10 ? [`${names.length - 10} more`] : []].join(', ');
}

function workGroupArn(scope: Construct, resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'athena', resource: 'workgroup', resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
}

/** The workgroup's path in the monitor's stack; for a workgroup of another stack, the path in the stage. */
function keyOf(scope: Construct, workGroup: IConstruct): string {
  const root: IConstruct = Stack.of(workGroup) === Stack.of(scope) ? Stack.of(scope) : Stage.of(workGroup)!;
  const scopes = workGroup.node.scopes;
  return scopes.slice(scopes.indexOf(root) + 1).map(({ node }) => node.id).join('--');
}

function hashOf(scope: Construct, token: string): string {
  if (!Stack.of(scope).resolve(token)) {
    throw invalidValueError(scope, 'workGroups', 'names that can be resolved when the monitor is created', A_TOKEN);
  }
  return createHash('sha256').update(identityOf(scope, token, Stack.of(scope))).digest('hex').slice(0, 8);
}
