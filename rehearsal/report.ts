import colours from 'picocolors';
import type { Instant } from './athena';
import { alarmLabel, episodes, topicLabel } from './expectations';
import { Message, SessionDetail, parsed, RehearsalEvent, RehearsalResult } from './rehearsal';
import { clock, dateOf, dayOffset, Scenario } from './scenario';
import { shownText } from './sns';
import { tableLines } from './table';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Prints the events of a rehearsal and its result. */
export class Report {
  private firstDay?: Instant;
  /** The midnight before the story. */
  private date?: Instant;
  /** The day of the newest line. */
  private day = 0;
  private progress = '';

  public constructor(private readonly terminal: Terminal) {}

  public begin({ title, file, from, to, firstDay }: Scenario): void {
    this.firstDay = firstDay;
    this.date = undefined;
    this.day = 0;
    const start = firstDay === undefined ? clock(from) : `${dateOf(firstDay)} ${clock(from)}`;
    this.line(`${colours.bold(title)} ${colours.dim(`${file}, ${start} to ${clock(to, firstDay)}`)}`);
  }

  public event(event: RehearsalEvent): void {
    this.date ??= Math.floor(event.at / DAY) * DAY;
    switch (event.kind) {
      case 'session':
        return this.happened(event.at, colours.dim(`session ${event.workGroup}/${event.id} is ${event.state}${event.reason ? ` (${event.reason})` : ''}`));
      case 'tick':
        return this.happened(event.at, colours.cyan(
          `tick ${event.what === 'doubled' ? 'delivered again' : event.what}: ${event.schedules.map(({ path }) => path).join(', ')}`,
        ));
      case 'run':
        return this.run(event);
      case 'alarm':
        return this.alarm(event);
      case 'message':
        return this.message(event);
      case 'minute':
        return this.minute(event);
    }
  }

  /** Prints tables of metrics and alarms, and the differences from what the scenario expects. */
  public end(result: RehearsalResult): void {
    this.clearProgress();
    const { date, variants, mismatches } = result;
    const series = result.series.filter(({ namespace }) => !namespace.startsWith('AWS/')); // the collector's own
    const changing = series.filter(({ points }) => points.some(({ maximum }) => maximum > 0));
    const newest = Math.max(...series.map(({ points }) => points.at(-1)!.timestamp));
    this.line('');
    this.table(['metric', 'dimension', 'namespace', 'last', 'max'], changing
      .sort((a, b) => compare(a.namespace, b.namespace) || compare(Object.values(a.dimensions)[0]!, Object.values(b.dimensions)[0]!))
      .map(({ metricName, dimensions, namespace, points }) => [
        metricName,
        Object.values(dimensions).join(' '),
        namespace,
        // A quiet workgroup has no newer datapoint.
        `${points.at(-1)!.maximum}${points.at(-1)!.timestamp < newest ? ` at ${clock(points.at(-1)!.timestamp - date, this.firstDay)}` : ''}`,
        String(points.reduce((most, { maximum }) => Math.max(most, maximum), 0)),
      ]));
    this.line(colours.dim(`and ${series.length - changing.length} series that were always 0`));
    this.line('');

    const [variant] = variants;
    const all = episodes(variant!);
    this.table(['alarm', 'state', 'in ALARM', 'when'], variant!.states.map(({ alarm, state }) => {
      const own = all.filter(episode => episode.alarm === alarm);
      const time = (at: Instant | undefined) => at === undefined ? '' : clock(at - date, this.firstDay);
      const when = own.map(({ raised, cleared, contributor }) => `${time(raised)}–${time(cleared)}${contributor === undefined ? '' : ` ${contributor}`}`);
      return [alarmLabel(alarm), state, `${own.length} ×`, when.join(', ')];
    }));
    this.line('');

    if (mismatches.length === 0) {
      this.line(colours.green('the story ended as the scenario expects'));
    } else {
      this.line(colours.red('the story did not end as the scenario expects:'));
      mismatches.forEach(mismatch => this.line(colours.red(`  ${mismatch}`)));
    }
    this.line('');
  }

  private run({ at, function: target, result }: RehearsalEvent & { kind: 'run' }): void {
    for (const line of result.lines) {
      const entry = parsed(line);
      if (entry?._aws === undefined) { // not a metric
        const workGroup = entry?.workGroup ?? entry?.WorkGroup;
        const text = entry?.message === undefined ? line : [entry.level, workGroup, entry.message, entry.reason].filter(Boolean).join(' ');
        this.happened(at, colours.yellow(`log    ${cut(text)}`));
      }
    }
    if (result.error) {
      this.happened(at, colours.red(`run of ${target.name} failed: ${result.error.errorType}: ${cut(result.error.errorMessage)}`));
    }
  }

  private alarm({ at, transition, sessions, only }: RehearsalEvent & { kind: 'alarm' }): void {
    const { alarm, contributor, to, reason, changed = [] } = transition;
    const label = alarmLabel(alarm, contributor).padEnd(36);
    const why = sessions.length > 0 ? sessions.map(describe).join(', ')
      : changed.length > 0 ? changed.map(child => `${alarmLabel(child.alarm)} is in ${child.state}`).join(', ') : reason;
    const where = only ? colours.dim(` (only where ${only})`) : '';
    const state = to === 'ALARM' ? colours.bold(colours.red('ALARM ')) : to === 'OK' ? colours.bold(colours.green('OK    ')) : colours.bold(to);
    this.happened(at, `${state} ${label} ${to === 'ALARM' ? cut(why) : colours.dim(why.replace(/ \[.*|;.*/, ''))}${where}`);
  }

  /** Messages are shown whole, as people get them. */
  private message(message: Message): void {
    const where = `${message.chat ? 'in chat of' : 'to'} ${topicLabel(message.topic)}:`;
    this.happened(message.at, `${colours.magenta(where)} ${shownText(message).replaceAll('\n', `\n${' '.repeat(9)}`)}`);
  }

  private minute({ at, runs, runsInAll }: RehearsalEvent & { kind: 'minute' }): void {
    const done = `${this.clock(at)}, ${runs} of ${runsInAll} runs`;
    if (this.terminal.isTTY) {
      const width = 24;
      const filled = Math.round(width * runs / Math.max(1, runsInAll));
      this.clearProgress();
      this.progress = `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}`;
      this.terminal.write(colours.dim(this.progress));
    } else if (at % HOUR === 0) {
      this.showDay(at);
      this.line(colours.dim(`… ${done}`));
    }
  }

  private happened(at: Instant, text: string): void {
    this.showDay(at);
    this.line(`${this.clock(at).padEnd(8)} ${text}`);
  }

  /** Prints the day when it changes. */
  private showDay(at: Instant): void {
    const day = Math.floor((at - this.date!) / DAY);
    if (day !== this.day) {
      this.day = day;
      this.line(colours.bold(this.firstDay === undefined ? `day ${day + 1} (${dayOffset(day)})` : dateOf(at)));
    }
  }

  /** The time of the day. */
  private clock(at: Instant): string {
    return clock((at - this.date!) % DAY);
  }

  private line(text: string): void {
    this.clearProgress();
    this.terminal.write(`${text}\n`);
  }

  private clearProgress(): void {
    if (this.progress) {
      this.terminal.write('\r\u001b[2K');
      this.progress = '';
    }
  }

  private table(head: string[], rows: string[][]): void {
    tableLines(head, rows).forEach(line => this.line(line));
  }
}

/** Why a session is in an alarm. */
function describe({ id, state, seconds, age, description, reason }: SessionDetail): string {
  const live = `is ${state}${seconds === undefined ? '' : ` for ${duration(seconds)}`}${age === undefined ? '' : `, started ${duration(age)} ago`}`;
  const what = state === 'FAILED' ? 'failed' : live;
  const more = [description, reason].filter(text => text !== undefined);
  return `${id} ${what}${more.length > 0 ? ` (${more.join(': ')})` : ''}`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
