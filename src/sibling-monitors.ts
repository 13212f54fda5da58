import { Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { A_TOKEN, identityOf, invalidValueError, workGroupIdentity } from './validation';
import type { SelectedWorkGroups } from './work-group-selection';

/** What a monitor needs to know about others. */
export interface SiblingMonitor extends IConstruct {
  readonly metricNamespace: string;
  readonly alarms: cloudwatch.Alarm[];
}

/** Marks a monitor. Unlike `instanceof`, it also finds monitors of a second copy of the library. */
const SELECTION = Symbol.for('cdk-athena-session-monitor.selection');
type RegisteredMonitor = SiblingMonitor & { readonly [SELECTION]: SelectedWorkGroups };

/** Registers the monitor. Throws if it would share metrics with another one, or if alarms of one would read metrics of the other. */
export function registerMonitor(monitor: SiblingMonitor, selection: SelectedWorkGroups): void {
  const identities = (other: IConstruct, { named = [] }: SelectedWorkGroups) => named.map(({ name }) => workGroupIdentity(other, name));
  const workGroups = new Set(identities(monitor, selection));
  const namespace = identityOf(monitor, monitor.metricNamespace);
  for (const other of siblingsOf(monitor).filter((sibling) => identityOf(sibling, sibling.metricNamespace) === namespace)) {
    const shared = identities(other, other[SELECTION]).some((name) => workGroups.has(name));
    if (!selection.named || !other[SELECTION].named || shared) {
      throw new Error(`[${monitor.node.path}] metricNamespace must differ from that of ${other.node.path}, `
        + `${shared ? 'as a workgroup is in both monitors' : 'as a monitor whose workgroups are found must be the only one in its namespace'}: `
        + `set metricNamespace, received ${Token.isUnresolved(monitor.metricNamespace) ? A_TOKEN : JSON.stringify(monitor.metricNamespace)} for both`);
    }
  }
  Object.defineProperty(monitor, SELECTION, { value: selection });
}

/** Throws if an alarm has the name of another one: the second would fail to deploy. */
export function checkAlarmNames(monitor: SiblingMonitor, created: readonly cloudwatch.Alarm[]): void {
  const nameOf = ({ node }: cloudwatch.Alarm) => (node.defaultChild as cloudwatch.CfnAlarm).alarmName;
  const names = created.map(nameOf).filter((name) => name !== undefined);
  const taken = names.length > 0 ? [monitor, ...siblingsOf(monitor)].flatMap(({ alarms }) => alarms).map(nameOf) : [];
  for (const name of names) {
    if (taken.includes(name)) {
      throw invalidValueError(monitor, 'alarmName', 'different for each alarm', name);
    }
  }
}

/** The other monitors that are deployed with this one. One whose constructor threw an error before it was registered is not among them. */
function siblingsOf(monitor: IConstruct): RegisteredMonitor[] {
  const root = topLevelStack(monitor);
  return root.node.findAll().filter((other): other is RegisteredMonitor => other !== monitor && SELECTION in other && topLevelStack(other) === root);
}

function topLevelStack(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
