import { duration } from './duration';
import { alarmLabel } from './expectations';
import type { RehearsalEvent, SessionDetail } from './rehearsal';

/** Why an alarm changed its state: the sessions behind it, the alarms that it depends on, or what CloudWatch says. */
export function reasonOf({ transition: { reason, changed = [] }, sessions }: RehearsalEvent & { kind: 'alarm' }): string {
  return sessions.length > 0 ? sessions.map(describe).join(', ')
    : changed.length > 0 ? changed.map(child => `${alarmLabel(child.alarm)} is ${child.state === 'OK' ? 'OK' : `in ${child.state}`}`).join(', ') : reason;
}

function describe({ id, state, seconds, age, description, reason }: SessionDetail): string {
  const live = seconds === undefined ? `is ${state}` : `has been ${state} for ${duration(1000 * seconds)}`;
  const started = age === undefined ? '' : `, started ${duration(1000 * age)} ago`;
  const more = [description, reason].filter(text => text !== undefined);
  return `${id} ${state === 'FAILED' ? 'failed' : `${live}${started}`}${more.length > 0 ? ` (${more.join(': ')})` : ''}`;
}
