import { reasonOf } from '../../rehearsal/alarm-reason';
import type { Instant } from '../../rehearsal/athena';
import { alarmLabel, episodes, topicLabel } from '../../rehearsal/expectations';
import { parsed } from '../../rehearsal/json';
import type { RehearsalEvent, RehearsalResult } from '../../rehearsal/rehearsal';
import { type Message, shownText } from '../../rehearsal/sns';
import { MADE_STORY } from '../../rehearsal/starting-story';
import { clock, dateOf, dayOffset, type Story } from '../../rehearsal/story';
import { type Column, tableLines } from '../table';
import { type Output, type Paint, widthOf } from '../terminal';

const DAY = 24 * 3_600_000;

/** Prints the events of a story when they happen, and its result. */
export class StoryPrinter {
  private firstDay?: Instant;
  /** The midnight before the story. */
  private date?: Instant;
  /** The day of the newest line. */
  private day = 0;

  public constructor(private readonly output: Output, private readonly paint: Paint) {}

  /** @param where the account and region, if the app has several */
  public begin({ title, file, from, to, firstDay }: Story, where?: string): void {
    this.firstDay = firstDay;
    this.date = undefined;
    this.day = 0;
    const start = firstDay === undefined ? clock(from) : `${dateOf(firstDay)} ${clock(from)}`;
    const about = [...(file === MADE_STORY ? [] : [file]), `${start} to ${clock(to, firstDay)} UTC`, ...(where === undefined ? [] : [where])].join(', ');
    this.line(`${this.paint('bold', title)} ${this.paint('dim', `(${about})`)}`);
  }

  public event(event: RehearsalEvent): void {
    this.date ??= Math.floor(event.at / DAY) * DAY;
    switch (event.kind) {
      case 'session':
        return this.happened(event.at, this.paint('dim', `session ${event.workGroup}/${event.id} is ${event.state}${event.reason ? ` (${event.reason})` : ''}`));
      case 'tick':
        return this.happened(event.at, this.paint('cyan',
          `tick ${event.what === 'doubled' ? 'delivered again' : event.what}: ${event.schedules.map(({ path }) => path).join(', ')}`));
      case 'run':
        return this.run(event);
      case 'alarm':
        return this.alarm(event);
      case 'message':
        return this.message(event);
      case 'minute':
        return;
    }
  }

  /** Prints tables of metrics and alarms. */
  public end({ date, variants, series: all }: RehearsalResult): void {
    const series = all.filter(({ namespace }) => !namespace.startsWith('AWS/')); // the collector's own
    const changing = series.filter(({ points }) => points.some(({ maximum }) => maximum > 0))
      .sort((a, b) => compare(a.namespace, b.namespace) || compare(Object.values(a.dimensions)[0]!, Object.values(b.dimensions)[0]!));
    const newest = Math.max(...series.map(({ points }) => points.at(-1)!.timestamp));
    this.line('');
    this.table([
      { title: 'metric', cells: changing.map(({ metricName }) => metricName) },
      { title: 'dimension', cells: changing.map(({ dimensions }) => Object.values(dimensions).join(' ')), minWidth: 12 },
      { title: 'namespace', cells: changing.map(({ namespace }) => namespace), leaveOut: 1, minWidth: 12 },
      {
        title: 'last', // a quiet workgroup has no newer datapoint
        cells: changing.map(({ points, unit }) => {
          const { maximum, timestamp } = points.at(-1)!;
          return `${figure(maximum, unit)}${timestamp < newest ? ` at ${clock(timestamp - date, this.firstDay)}` : ''}`;
        }),
      },
      { title: 'max', cells: changing.map(({ points, unit }) => figure(points.reduce((most, { maximum }) => Math.max(most, maximum), 0), unit)) },
    ]);
    this.line(this.paint('dim', `and ${series.length - changing.length} series that were always 0`));
    this.line('');

    const [variant] = variants;
    const time = (at: Instant | undefined) => at === undefined ? '' : clock(at - date, this.firstDay);
    const rows = variant!.states.map(({ alarm, state }) => ({ alarm, state, own: episodes(variant!).filter(episode => episode.alarm === alarm) }));
    this.table([
      { title: 'alarm', cells: rows.map(({ alarm }) => alarmLabel(alarm)) },
      { title: 'state', cells: rows.map(({ state }) => state) },
      { title: 'in ALARM', cells: rows.map(({ own }) => `${own.length} ×`) },
      {
        title: 'when',
        cells: rows.map(({ own }) => own.map(({ raised, cleared, contributor }) =>
          `${time(raised)}–${time(cleared)}${contributor === undefined ? '' : ` ${contributor}`}`).join(', ')),
        minWidth: 14,
      },
    ]);
    this.line('');
  }

  private run({ at, function: target, result }: RehearsalEvent & { kind: 'run' }): void {
    for (const line of result.lines) {
      const entry = parsed(line);
      if (entry?._aws === undefined) { // not a metric
        const workGroup = entry?.workGroup ?? entry?.WorkGroup;
        const text = entry?.message === undefined ? line : [entry.level, workGroup, entry.message, entry.reason].filter(Boolean).join(' ');
        this.happened(at, this.paint('yellow', `log    ${cut(text)}`));
      }
    }
    if (result.error) {
      this.happened(at, this.paint('red', `run of ${target.name} failed: ${result.error.errorType}: ${cut(result.error.errorMessage)}`));
    }
  }

  private alarm(event: RehearsalEvent & { kind: 'alarm' }): void {
    const { at, transition: { alarm, contributor, to }, only } = event;
    const label = alarmLabel(alarm, contributor).padEnd(36);
    const why = reasonOf(event);
    const where = only ? this.paint('dim', ` (only where ${only})`) : '';
    const state = to === 'ALARM' ? this.paint(['bold', 'red'], 'ALARM ') : to === 'OK' ? this.paint(['bold', 'green'], 'OK    ') : this.paint('bold', to);
    this.happened(at, `${state} ${label} ${to === 'ALARM' ? cut(why) : this.paint('dim', why.replace(/ \[.*|;.*/, ''))}${where}`);
  }

  /** Messages are shown whole, as people get them. */
  private message(message: Message): void {
    const where = `${message.chat ? 'in chat of' : 'to'} ${topicLabel(message.topic)}:`;
    this.happened(message.at, `${this.paint('magenta', where)} ${shownText(message).replaceAll('\n', `\n${' '.repeat(9)}`)}`);
  }

  private happened(at: Instant, text: string): void {
    this.showDay(at);
    this.line(`${clock((at - this.date!) % DAY).padEnd(8)} ${text}`);
  }

  /** Prints the day when it changes. */
  private showDay(at: Instant): void {
    const day = Math.floor((at - this.date!) / DAY);
    if (day !== this.day) {
      this.day = day;
      this.line(this.paint('bold', this.firstDay === undefined ? `day ${day + 1} (${dayOffset(day)})` : dateOf(at)));
    }
  }

  private table(columns: Column[]): void {
    tableLines(columns, widthOf(this.output), title => this.paint('bold', title)).forEach(line => this.line(line.trimEnd()));
  }

  private line(text: string): void {
    this.output.write(`${text}\n`);
  }
}

function figure(value: number, unit: string): string {
  return unit === 'Seconds' ? `${value} s` : String(value);
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
