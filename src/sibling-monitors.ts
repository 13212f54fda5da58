import { Stack, Token } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct, IConstruct } from 'constructs';
import { A_TOKEN, identityOf, invalidValueError, workGroupIdentity } from './validation';
import type { SelectedWorkGroups } from './work-group-selection';

/** What monitors know of each other. */
export interface SiblingMonitor extends IConstruct {
  readonly metricNamespace: string;
  readonly alarms: cloudwatch.Alarm[];
}

/** By this a monitor is known, also one of a second copy of the library in the app, of which `instanceof` knows nothing. */
const SELECTION = Symbol.for('cdk-athena-session-monitor.selection');
type Registered = SiblingMonitor & { readonly [SELECTION]: SelectedWorkGroups };

/** Makes the monitor known to its siblings. Throws if it would write to the same series as one of them, or their alarms would read its series. */
export function registerMonitor(monitor: SiblingMonitor, selection: SelectedWorkGroups): void {
  Object.defineProperty(monitor, SELECTION, { value: selection });
  const identities = (other: Registered) => other[SELECTION].named?.map(({ name }) => workGroupIdentity(other, name)) ?? [];
  const ourNames = new Set(identities(monitor as Registered));
  const ourNamespace = identityOf(monitor, monitor.metricNamespace);
  for (const other of siblingsOf(monitor).filter((sibling) => identityOf(sibling, sibling.metricNamespace) === ourNamespace)) {
    const shared = identities(other).some((name) => ourNames.has(name));
    if (!selection.named || !other[SELECTION].named || shared) {
      throw new Error(`[${monitor.node.path}] metricNamespace must differ from that of ${other.node.path}, `
        + `${shared ? 'as a workgroup is in both monitors' : 'as a monitor whose workgroups are found must be the only one in its namespace'}: `
        + `set metricNamespace, received ${Token.isUnresolved(monitor.metricNamespace) ? A_TOKEN : JSON.stringify(monitor.metricNamespace)} for both`);
    }
  }
}

/** Throws if an alarm has the name of another one: the second fails to deploy. */
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

/** The other monitors that are deployed with this one, without any whose creation failed. */
function siblingsOf(monitor: Construct | SiblingMonitor): Registered[] {
  const ours = topLevelStack(monitor);
  return ours.node.findAll().filter((other): other is Registered => SELECTION in other && other !== monitor && topLevelStack(other) === ours);
}

/** The stack that is deployed with the construct: nested ones belong to their parents. */
function topLevelStack(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) {
    stack = stack.nestedStackParent;
  }
  return stack;
}
