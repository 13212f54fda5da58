import { Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { BilledParts } from './cost';
import { A_TOKEN, identityOf, invalidValueError, workGroupIdentity } from './validation';
import type { SelectedWorkGroups } from './work-group-selection';

/** What is known about a monitor. */
interface RegisteredMonitor {
  readonly monitor: IConstruct;
  /** Identities of the named workgroups. Undefined if workgroups are found. */
  readonly workGroups?: ReadonlySet<string>;
  readonly billedParts: () => BilledParts;
}

/** All monitors of an app. */
interface Registry {
  /** Monitors that share series if they have a workgroup in common, by the key of their environment and namespace. */
  readonly byNamespace: Map<string, RegisteredMonitor[]>;
  readonly alarmsByName: Map<string, { readonly monitor: IConstruct; readonly alarm: IConstruct }>;
  /** Monitors whose constructors threw no error. */
  readonly monitors: Map<IConstruct, RegisteredMonitor>;
}

/** Kept at the root of the construct tree, and found by a second copy of the library, too. */
const REGISTRY = Symbol.for('cdk-athena-session-monitor.registry');

/** Throws if the monitor would share metrics with another one, or if alarms of one would read metrics of the other. */
export function checkNamespace(monitor: IConstruct, metricNamespace: string, selection: SelectedWorkGroups): void {
  const workGroups = identitiesOf(monitor, selection);
  for (const other of othersIn(monitor, metricNamespace).filter((each) => isAttached(each.monitor))) {
    const shared = [...workGroups ?? []].some((name) => other.workGroups?.has(name));
    if (!workGroups || !other.workGroups || shared) {
      throw invalidValueError(monitor, 'metricNamespace',
        `different from that of ${other.monitor.node.path}, as ${shared ? 'a workgroup is in both monitors' : 'a monitor whose workgroups are found must be the only one in its namespace'}`,
        Token.isUnresolved(metricNamespace) ? A_TOKEN : metricNamespace, 'set metricNamespace');
    }
  }
}

/** Makes the monitor known to others. To be called at the end of its constructor, as it is not to be compared if that throws an error. */
export function registerMonitor(monitor: IConstruct, metricNamespace: string, selection: SelectedWorkGroups, billedParts: () => BilledParts): void {
  const registered = { monitor, workGroups: identitiesOf(monitor, selection), billedParts };
  registryOf(monitor).monitors.set(monitor, registered);
  othersIn(monitor, metricNamespace).push(registered);
}

/** Throws if an alarm has the name of another one: the second would fail to deploy. */
export function checkAlarmNames(monitor: IConstruct, created: readonly (cloudwatch.Alarm | cloudwatch.CompositeAlarm)[]): void {
  const { alarmsByName, monitors } = registryOf(monitor);
  for (const alarm of created) {
    const { alarmName } = alarm.node.defaultChild as cloudwatch.CfnAlarm | cloudwatch.CfnCompositeAlarm;
    if (alarmName !== undefined && alarm.stack.resolve(alarmName) !== undefined) { // CDK's token of a generated name resolves to nothing
      const key = keyOf(alarm, alarmName);
      const other = alarmsByName.get(key);
      if (other && (other.monitor === monitor || monitors.has(other.monitor)) && isAttached(other.alarm)) {
        throw invalidValueError(monitor, 'alarmName', `different from that of ${other.alarm.node.path}`, alarmName, 'set another alarmName or alarmNamePrefix');
      }
      alarmsByName.set(key, { monitor, alarm });
    }
  }
}

/** What all monitors of named workgroups in the app are billed for, if this is the first of them: to be told once per app. */
export function billedPartsOfApp(monitor: IConstruct): BilledParts[] {
  const monitors = [...registryOf(monitor).monitors.values()];
  const isNamed = (each: RegisteredMonitor) => each.workGroups !== undefined && isAttached(each.monitor);
  return monitors.find(isNamed)?.monitor === monitor ? monitors.filter(isNamed).map(({ billedParts }) => billedParts()) : [];
}

function registryOf({ node: { root } }: IConstruct): Registry {
  const holder = root as { [REGISTRY]?: Registry };
  return holder[REGISTRY] ??= { byNamespace: new Map(), alarmsByName: new Map(), monitors: new Map() };
}

function othersIn(monitor: IConstruct, metricNamespace: string): RegisteredMonitor[] {
  const { byNamespace } = registryOf(monitor);
  const key = keyOf(monitor, metricNamespace);
  const others = byNamespace.get(key) ?? [];
  byNamespace.set(key, others);
  return others;
}

/** A key that is equal for equal names in one environment. If that is not known, for those in one stack and what is nested in it. */
function keyOf(scope: IConstruct, name: string): string {
  const { account, region, node } = topLevelStack(scope);
  const environment = [account, region].some((part) => Token.isUnresolved(part)) ? node.addr : `${account}/${region}`;
  return JSON.stringify([environment, identityOf(scope, name)]);
}

function identitiesOf(monitor: IConstruct, { named }: SelectedWorkGroups): ReadonlySet<string> | undefined {
  return named && new Set(named.map(({ name }) => workGroupIdentity(monitor, name)));
}

/** Whether the construct is still in the tree: it may have been removed when something failed. */
function isAttached(construct: IConstruct): boolean {
  return construct.node.scopes.every(({ node }) => !node.scope || node.scope.node.tryFindChild(node.id)?.node === node);
}

function topLevelStack(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
