import type { Story } from '../../../rehearsal/story';

const MINUTE = 60_000;

/** What the table says of a session. */
export interface SessionRow {
  athenaWorkGroup: string;
  sessionId: string;
  state: string;
  engine: string;
  description?: string;
  reason?: string;
}

/**
 * What a story's sessions do, told by the story alone: nothing of the collector, of metrics or of dashboards is asked. Times are
 * of the day.
 */
export class Truth {
  public constructor(private readonly story: Story, private readonly workGroups: readonly string[]) {}

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

  /** How long ago the oldest live session started, in seconds; 0 where there is none. */
  public oldest(time: number, workGroups = this.workGroups): number {
    return Math.max(0, ...this.live(time, workGroups).map(({ history }) => (time - history[0]!.at) / 1000));
  }

  /** How many live sessions share the quota of Spark 3.5. */
  public onSparkConnect(time: number, workGroups = this.workGroups): number {
    return this.live(time, workGroups).filter(({ workGroup }) => this.engineOf(workGroup) !== 'PySpark engine version 3').length;
  }

  /** For how long sessions are in a state, all together, in hours. */
  public hoursIn(state: string, from: number, to: number): number {
    return this.sessions(this.workGroups)
      .flatMap(({ history }) => history.map((change, index) => ({ ...change, until: history[index + 1]?.at ?? to })))
      .filter(change => change.state === state)
      .reduce((sum, { at, until }) => sum + Math.max(0, Math.min(until, to) - Math.max(at, from)) / (60 * MINUTE), 0);
  }

  /** Whether a run writes metrics of a workgroup: not if it is quiet. One that is not is still written for an hour and three intervals. */
  public isWritten(workGroup: string, time: number, interval: number): boolean {
    const windowOf = (end: number) => Math.ceil(end / (interval * MINUTE)) * interval * MINUTE;
    return this.sessions([workGroup]).some(({ history }) => {
      const last = history.filter(({ at }) => at <= time).at(-1);
      return last && (!isEnded(last.state) || windowOf(last.at) > time - (60 + 3 * interval) * MINUTE);
    });
  }

  /** How many ended in a state in a time, its beginning excluded. */
  public ended(state: string, from: number, to: number, workGroups = this.workGroups): number {
    const isMeant = (change: Story['sessions'][number]['history'][number]) => change.state === state && change.at > from && change.at <= to;
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
        engine: this.engineOf(workGroup),
        ...(description !== undefined && { description }),
        ...(last.reason !== undefined && { reason: last.reason }),
      }] : [];
    });
  }

  /** The ticks whose runs can be seen at the end: the last one is still under way. */
  public ticks(interval: number): number[] {
    const { from, to, ticks: { missed, gaps } } = this.story;
    const isMissed = (time: number) => missed.includes(time) || gaps.some(([first, last]) => time >= first && time <= last);
    const all: number[] = [];
    for (let time = from; time < to; time += interval * MINUTE) {
      all.push(time);
    }
    return all.filter(time => !isMissed(time));
  }

  private live(time: number, workGroups: readonly string[]): Story['sessions'] {
    return this.sessions(workGroups).filter(({ history }) => {
      const last = history.filter(({ at }) => at <= time).at(-1);
      return last && !isEnded(last.state);
    });
  }

  private engineOf(workGroup: string): string {
    return this.story.workGroups.find(({ name }) => name === workGroup)!.engine;
  }

  private sessions(workGroups: readonly string[]): Story['sessions'] {
    return this.story.sessions.filter(({ workGroup }) => workGroups.includes(workGroup));
  }
}

function isEnded(state: string): boolean {
  return state === 'FAILED' || state === 'TERMINATED';
}
