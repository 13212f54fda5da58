import { Clock, day, ofDay } from './clock';
import type { Band, BandPart, Lane, LanePart, RunMark, Span } from './timeline';
import type { Instant, SessionState } from '../athena';
import type { AlarmState } from '../cloudwatch';
import { duration } from '../duration';
import { alarmLabel, topicLabel } from '../expectations';
import { Html, html } from '../page/html';
import { timeScale } from '../page/scale';
import { type Message, shownText } from '../sns';

/** Links into the page. An undefined one is left out. */
export interface Links {
  ofBandPart(band: Band, part: BandPart): string | undefined;
  ofChange(lane: Lane, at: Instant, state: SessionState): string | undefined;
  ofEvent(event: number): string;
  ofMessage(message: Message): string;
}

/** In pixels. */
const ROW = 22;
const BAR = { y: 2, height: 18 };
const THIN = { y: 8, height: 6 };
/** What the mark of an end covers of the part before it. */
const END = 8;
const MESSAGE = 20;
/** Beside the mark, and in full for one and for several. */
const RUN_MARKS: { readonly [kind in RunMark['kind']]: readonly [short: string, one: string, many: string] } = {
  missed: ['missed', 'missed tick', 'missed ticks'],
  late: ['late', 'late tick', 'late ticks'],
  doubled: ['twice', 'tick delivered twice', 'ticks delivered twice'],
  failed: ['failed', 'failed run', 'failed runs'],
};
const MAX_MESSAGE_ROWS = 5;
/** The percentage of the width that a message's mark needs where the page is narrowest. */
const MESSAGE_SHARE = 5;

/**
 * The least width of a row at the widths where the style shows its texts: everywhere, and from the window's widths on that the
 * style has. As everything is placed in percent, whether a text has room depends on the width of the window.
 */
const WIDTHS: readonly (readonly [className: string, width: number])[] = [['', 250], ['middle', 460], ['large', 690], ['wide', 920]];
const LETTER = 7.2;
const DAY_NAME = 35;

interface Axis {
  className: string;
  maxTicks: number;
  leastWidth: number;
}
const AXES: readonly Axis[] = [{ className: 'if-wide', maxTicks: 10, leastWidth: 460 }, { className: 'if-narrow', maxTicks: 5, leastWidth: 250 }];

/** Places and draws the rows of one timeline: x is in percent, so that it fits every width. */
export class Drawing {
  public constructor(private readonly span: Span, private readonly clock: Clock, private readonly links: Links) {}

  /** The axis, and the lines at its ticks behind all rows: once for wide windows, and once for narrow ones. */
  public axis(): Html {
    return html`<div class="row axis" aria-hidden="true"><div class="label">UTC</div>${AXES.map(axis => this.axisFor(axis))}</div>`;
  }

  public grid(): Html {
    return html`<div class="grid" aria-hidden="true">${AXES.map(axis => this.gridFor(axis))}</div>`;
  }

  public band(band: Band): Html {
    const { alarm, contributor, parts } = band;
    const label = alarmLabel(alarm, contributor);
    const first = parts.map(part => this.links.ofBandPart(band, part)).find(link => link !== undefined);
    const isLinked = parts.some(part => part.state === 'ALARM' && this.links.ofBandPart(band, part) !== undefined);
    return row(label, first, html`<svg class="track" height="${ROW}" role="${isLinked ? 'group' : 'img'}" aria-label="Alarm ${label}: ${
      parts.map(part => this.words(part, part.state)).join(', ')}">${parts.map(part => this.bandPart(part, this.links.ofBandPart(band, part)))}</svg>`, 'band');
  }

  public lane(lane: Lane): Html {
    const { id, workGroup, description, parts, end } = lane;
    const linkTo = ({ since, state }: LanePart) => this.links.ofChange(lane, since, state);
    const endLink = end && this.links.ofChange(lane, end.at, end.state);
    const first = [...parts.map(linkTo), endLink].find(link => link !== undefined);
    const words = [
      ...parts.map(part => `${this.words(part, part.state, part.since)}${part.isListed ? '' : ', not listed'}`),
      ...end ? [`${end.state} at ${this.clock.text(end.at)}`] : [],
    ].join(', ');
    const label = html`${id}${description === undefined ? undefined : html` <small>${description}</small>`}`;
    return row(label, first, html`<svg class="track" height="${ROW}" role="img" aria-label="Session ${id} in ${workGroup}: ${words}">${
      parts.map(part => this.lanePart(part, linkTo(part), end?.at === part.to))}${end && this.end(end, endLink)}</svg>`, 'lane');
  }

  public messages(messages: readonly Message[]): Html {
    const ends: number[] = []; // of the marks in each row
    const marks = messages.map((message, index) => {
      const x = this.x(message.at);
      const free = ends.findIndex(end => end <= x);
      const level = free !== -1 ? free : ends.length < MAX_MESSAGE_ROWS ? ends.length : index % MAX_MESSAGE_ROWS;
      ends[level] = x + MESSAGE_SHARE;
      const text = `${this.clock.text(message.at)} message to ${topicLabel(message.topic)}: ${shownText(message)}`;
      return html`<a href="${this.links.ofMessage(message)}" aria-label="${text}"><svg x="${percent(x)}" y="${level * MESSAGE}" overflow="visible"><title>${
        text}</title><circle cx="0" cy="11" r="8"/><text class="on-mark" x="0" y="15">${index + 1}</text></svg></a>`;
    });
    return row('Messages', undefined, html`<svg class="track messages" height="${Math.max(1, ends.length) * MESSAGE + 2}" role="group" aria-label="${
      messages.length === 1 ? '1 message' : `${messages.length} messages`}">${marks}</svg>`);
  }

  public runs(marks: readonly RunMark[]): Html {
    const drawn = marks.map(({ kind, from, to, count, event }, index) => {
      const [short, one, many] = RUN_MARKS[kind];
      const name = `${count} ${count === 1 ? one : many}`;
      const text = `${name} ${to > from ? `from ${this.clock.text(from)} to ${this.clock.text(to)}` : `at ${this.clock.text(from)}`}`;
      const beside = this.x(marks[index + 1]?.from ?? this.span.to) - this.x(to);
      return html`<a class="run ${kind}" href="${this.links.ofEvent(event)}" aria-label="${text}"><title>${text}</title><rect x="${
        percent(this.x(from))}" width="${to > from ? this.width({ from, to }) : '4'}" y="4" height="14" rx="1"/>${this.fitting(short, beside, 14, width =>
        html`<text class="${width}" x="${percent(this.x(to))}" dx="10" y="15">${short}</text>`)}</a>`;
    });
    return row('Runs', undefined, html`<svg class="track" height="${ROW}" role="group" aria-label="Runs that went wrong">${drawn}</svg>`);
  }

  private bandPart(part: BandPart, link: string | undefined): Html {
    const { state, cause } = part;
    const box = state === 'OK' ? { y: 10, height: 2 } : BAR;
    const text = `${this.words(part, state)}${cause === undefined ? '' : `: ${cause.reason}`}`;
    const drawn = html`<title>${text}</title>${this.rect(part, box, kebab(state))}${state === 'OK' ? undefined : this.inside(part, readable(state), kebab(state))}`;
    return link === undefined || state !== 'ALARM' ? html`<g>${drawn}</g>` : html`<a href="${link}" aria-label="${text}">${drawn}</a>`;
  }

  private lanePart(part: LanePart, link: string | undefined, isLast: boolean): Html {
    const { state, since, reason, isListed } = part;
    const isThin = ['CREATING', 'CREATED', 'TERMINATING'].includes(state);
    const name = isListed ? kebab(state) : 'unlisted';
    const label = isListed ? state : `${state}, not listed`;
    const text = `${label} ${this.period(part, since)}${reason === undefined ? '' : `: ${reason}`}`;
    const drawn = html`<title>${text}</title>${this.rect(part, isThin && isListed ? THIN : BAR, name)}${
      isThin && isListed ? undefined : this.inside(part, label, name, isLast ? END : 0)}`;
    return unlabelled(link, drawn);
  }

  private end({ at, state, reason }: NonNullable<Lane['end']>, link: string | undefined): Html {
    const x = this.x(at);
    const label = this.fitting(state, 100 - x, 10, name => html`<text class="beside ${name}" x="12" y="15">${state}</text>`);
    const text = `${state} at ${this.clock.text(at)}${reason === undefined ? '' : `: ${reason}`}`;
    return unlabelled(link, html`<svg x="${percent(x)}" overflow="visible"><title>${text}</title>${endMark(state)}${label}</svg>`);
  }

  private rect(part: Span, { y, height }: { y: number; height: number }, name: string): Html {
    return html`<rect class="part ${name}" x="${percent(this.x(part.from))}" width="${this.width(part)}" y="${y}" height="${height}"/>`;
  }

  /** A text at the start of a part, at the widths where it has room. */
  private inside(part: Span, text: string, name: string, margin = 0): Html | undefined {
    return this.fitting(text, this.x(part.to) - this.x(part.from), 10 + margin, width =>
      html`<text class="on-${name} ${width}" x="${percent(this.x(part.from))}" dx="6" y="15">${text}</text>`);
  }

  /** @param margin in pixels */
  private fitting(text: string, share: number, margin: number, draw: (className: string) => Html): Html | undefined {
    const needed = LETTER * text.length + margin;
    const found = WIDTHS.find(([, width]) => share / 100 * width >= needed);
    return found && draw(found[0]);
  }

  private axisFor({ className, maxTicks, leastWidth }: Axis): Html {
    const { midnights, isOfSeveralDays } = this.clock;
    const ticks = this.ticks(maxTicks);
    const isByDay = ticks.length > 0 && ticks.every(tick => tick % 86_400_000 === 0) && isOfSeveralDays;
    const starts = [this.span.from, ...midnights];
    const days = isOfSeveralDays ? starts.map((at, index) => {
      const room = (this.x(starts[index + 1] ?? this.span.to) - this.x(at)) / 100 * leastWidth;
      const text = room >= DAY_NAME ? day(at) : room >= DAY_NAME / 2 ? day(at).split(' ')[0] : undefined;
      return text && html`<text class="day-name" x="${percent(this.x(at))}" dx="${index === 0 ? 0 : 4}" y="13">${text}</text>`;
    }) : [];
    const top = isOfSeveralDays ? 18 : 0;
    const times = isByDay ? [] : ticks.map(tick => {
      const x = this.x(tick);
      return html`<text class="${x < 3 ? 'first' : x > 97 ? 'last' : 'tick'}" x="${percent(x)}" y="${top + 14}">${ofDay(tick)}</text>`;
    });
    return html`<svg class="track ${className}" height="${top + (isByDay ? 2 : 20)}">${days}${times}</svg>`;
  }

  private gridFor({ className, maxTicks }: Axis): Html {
    // Boxes, as printers cannot break an image of the height of all rows.
    const line = (at: Instant, name: string) => html`<i class="${name}" style="left:${percent(this.x(at))}"></i>`;
    return html`<div class="${className}">${this.ticks(maxTicks).map(tick => line(tick, 'tick'))}${this.clock.midnights.map(at => line(at, 'day'))}</div>`;
  }

  private ticks(maxTicks: number): number[] {
    return timeScale(this.span.from, this.span.to, maxTicks).ticks;
  }

  private words(part: Span, state: string, since?: Instant): string {
    return `${readable(state)} ${this.period(part, since)}`;
  }

  /** `from 13:02 to 13:05 (3 min)`, or `since 12:31` of what began before. */
  private period({ from, to }: Span, since = from): string {
    const end = to === this.span.to ? 'until the end' : `to ${this.clock.text(to)} (${duration(to - since)})`;
    return `${since < from && from === this.span.from ? 'since' : 'from'} ${this.clock.text(since)} ${end}`;
  }

  private x(at: Instant): number {
    return 100 * (at - this.span.from) / (this.span.to - this.span.from);
  }

  private width({ from, to }: Span, least = 0.1): string {
    return percent(Math.max(least, this.x(to) - this.x(from)));
  }
}

const STATES: readonly SessionState[] = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING', 'TERMINATED', 'FAILED'];

/** What the parts of bands and lanes look like. */
export function legend(): Html {
  const swatch = (name: string, { y, height }: { y: number; height: number }) => html`<rect class="part ${name}" x="1" width="22" y="${y}" height="${height}"/>`;
  const entry = (text: string, drawn: Html) => html`<li><svg width="24" height="${ROW}" aria-hidden="true">${drawn}</svg> ${text}</li>`;
  const box = { y: 4, height: 14 };
  const alarms: readonly [AlarmState, { y: number; height: number }][] = [['ALARM', box], ['OK', { y: 10, height: 2 }], ['INSUFFICIENT_DATA', box]];
  return html`<ul class="legend-of-states" aria-label="Legend">${alarms.map(([state, place]) => entry(readable(state), swatch(kebab(state), place)))}${STATES.map(state =>
    entry(state, state === 'TERMINATED' || state === 'FAILED' ? html`<svg x="12" overflow="visible">${endMark(state)}</svg>`
      : swatch(kebab(state), state === 'CREATING' || state === 'CREATED' || state === 'TERMINATING' ? THIN : box)))}</ul>`;
}

function endMark(state: SessionState): Html {
  return state === 'FAILED'
    ? html`<circle class="failed" cx="0" cy="11" r="7.5"/><path class="cross" d="M-3 8l6 6m0 -6l-6 6"/>`
    : html`<rect class="terminated" x="-1.5" y="4" width="5" height="14"/>`;
}

function row(label: string | Html, link: string | undefined, track: Html, className = ''): Html {
  return html`<li class="row ${className}"><div class="label">${link === undefined ? label : html`<a href="${link}">${label}</a>`}</div>${track}</li>
`;
}

/** A link for the mouse: the row's label leads to the same list, so that the Tab key need not stop at each state. */
function unlabelled(link: string | undefined, drawn: Html): Html {
  return link === undefined ? html`<g>${drawn}</g>` : html`<a href="${link}" tabindex="-1">${drawn}</a>`;
}

function readable(state: string): string {
  return state === 'INSUFFICIENT_DATA' ? 'insufficient data' : state;
}

function kebab(state: string): string {
  return state.toLowerCase().replace('_', '-');
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 1000}%`;
}
