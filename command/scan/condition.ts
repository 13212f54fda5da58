import { LIVE_STATES, RUNBOOK_URL } from '../../src/schema';
import { CommandError } from '../errors';
import type { SessionReport } from './session-report';
import { UNIT_SECONDS } from '../options';

/** A condition of `--fail-on`. */
export interface Condition {
  /** As given. */
  readonly text: string;
  /** The section of the runbook that says what to do. */
  readonly runbookUrl: string;
  /** The sessions that meet it: none if it is not met. */
  readonly sessionsThatMeet: (sessions: readonly SessionReport[]) => readonly SessionReport[];
}

const GRAMMAR = '<state> or age, > or >=, and a duration or a number of sessions. For example \'idle>1h\', \'failed>=1\', \'age>8h\'';

/** Failed sessions are counted: how long ago they failed says nothing. */
const COUNTED_STATES = [...LIVE_STATES, 'FAILED'];

/** Throws unless the text is a condition, as a mistake would never be met. */
export function parseCondition(text: string): Condition {
  const [, subject = '', comparison, number, unit] = /^\s*([a-z]+)\s*(>=|>)\s*(\d{1,9}(?:\.\d{1,9})?)\s*([smhd])?\s*$/i.exec(text) ?? [];
  const state = COUNTED_STATES.find((name) => name === subject.toUpperCase());
  const isAge = subject.toLowerCase() === 'age';
  const invalid = (reason: string) => {
    const states = COUNTED_STATES.map((name) => name.toLowerCase()).join(', ');
    return new CommandError(`--fail-on must be ${GRAMMAR}, received ${JSON.stringify(text)}: ${reason}. States: ${states}. Durations: 90s, 20m, 1.5h, 2d. `
      + 'Use quotes, as the shell would write to a file after >');
  };
  if (comparison === undefined) {
    throw invalid('it has none of these forms');
  }
  if (!state && !isAge) {
    throw invalid('the state is unknown');
  }
  if (isAge && !unit) {
    throw invalid('age needs a duration');
  }
  if (state === 'FAILED' && unit) {
    throw invalid('failed needs a number of sessions');
  }
  if (!unit && !Number.isInteger(Number(number))) {
    throw invalid('the number of sessions must be whole');
  }
  if (!unit && comparison === '>=' && Number(number) === 0) {
    throw invalid('it would always be met');
  }
  const limit = Number(number) * (unit ? UNIT_SECONDS[unit.toLowerCase()]! : 1);
  const isAbove = (value: number) => comparison === '>' ? value > limit : value >= limit;
  const isSubject = (session: SessionReport) => isAge ? LIVE_STATES.includes(session.state) : session.state === state;
  return {
    text: text.trim(),
    runbookUrl: `${RUNBOOK_URL}#${isAge ? 'old' : sectionOf(state!, unit !== undefined)}`,
    sessionsThatMeet: (sessions) => {
      const ofSubject = sessions.filter(isSubject);
      if (unit) {
        return ofSubject.filter(({ ageSeconds, secondsInState }) => isAbove((isAge ? ageSeconds : secondsInState) ?? 0));
      }
      return isAbove(ofSubject.length) ? ofSubject : [];
    },
  };
}

function sectionOf(state: string, hasDuration: boolean): string {
  const hasSection = state === 'FAILED' || state === 'DEGRADED' || (hasDuration && state !== 'CREATED');
  return hasSection ? state.toLowerCase() : 'sessions-above';
}
