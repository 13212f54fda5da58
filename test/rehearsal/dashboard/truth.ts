import type { Scenario } from '../../../rehearsal/scenario';

const MINUTE = 60_000;

/** What the table says of a session. */
export interface SessionRow {
  athenaWorkGroup: string;
  sessionId: string;
  state: string;
  description?: string;
  reason?: string;
}

/**
 * What a scenario's sessions do, told by the scenario alone: nothing of the collector, of metrics or of dashboards is asked. Times are
 * of the day.
 */
export class Truth {
  public constructor(private readonly scenario: Scenario, private readonly workGroups: readonly string[]) {}

  /** The sessions in a state at a time, and since when. */
  public in(state: string, time: number, workGroups = this.workGroups): { since: number }[] {
    return this.sessions(workGroups).flatMap(({ history }) => {
      const last = history.filter(({ at }) => at <= time).at(-1);
      return last?.state === state ? [{ since: last.at }] : [];
    });
  }

  /** How long the one has been in the state that has been so for the longest, in seconds; 0 where there is none. */
  public longest(state: string, time: number, workGroups = this.workGroups): number {
    return Math.max(0, ...this.in(state, time, workGroups).map(({ since }) => (time - since) / 1000));
  }

  /** How many ended in a state in a time, its beginning excluded. */
  public ended(state: string, from: number, to: number, workGroups = this.workGroups): number {
    const isMeant = (change: Scenario['sessions'][number]['history'][number]) => change.state === state && change.at > from && change.at <= to;
    return this.sessions(workGroups).filter(({ history }) => history.some(isMeant)).length;
  }

  /** Every session, as it is at a time. */
  public rows(time: number, workGroups = this.workGroups): SessionRow[] {
    return this.sessions(workGroups).flatMap(({ id, workGroup, description, history }) => {
      const last = history.filter(({ at }) => at <= time).at(-1);
      return last ? [{
        athenaWorkGroup: workGroup,
        sessionId: id,
        state: last.state,
        ...(description !== undefined && { description }),
        ...(last.reason !== undefined && { reason: last.reason }),
      }] : [];
    });
  }

  /** The ticks whose runs can be seen at the end: the last one is still under way. */
  public ticks(interval: number): number[] {
    const { from, to, ticks: { missed, gaps } } = this.scenario;
    const isMissed = (time: number) => missed.includes(time) || gaps.some(([first, last]) => time >= first && time <= last);
    const all: number[] = [];
    for (let time = from; time < to; time += interval * MINUTE) {
      all.push(time);
    }
    return all.filter(time => !isMissed(time));
  }

  private sessions(workGroups: readonly string[]): Scenario['sessions'] {
    return this.scenario.sessions.filter(({ workGroup }) => workGroups.includes(workGroup));
  }
}
