import type { Span } from './timeline';
import type { Instant } from '../athena';
import { Html, html } from '../page/html';
import { clock, dateOf } from '../story';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** How a report shows times, all in UTC: with the day if its story has several. */
export class Clock {
  /** The midnights in the story. */
  public readonly midnights: readonly Instant[];

  public constructor(private readonly span: Span) {
    const first = (Math.floor(span.from / DAY) + 1) * DAY;
    this.midnights = Array.from({ length: Math.max(0, Math.ceil((span.to - first) / DAY)) }, (_, index) => first + index * DAY);
  }

  public get isOfSeveralDays(): boolean {
    return this.midnights.length > 0;
  }

  /** `13:05`, `13:05:20`, `26 Nov 00:06`. A time outside of the story's only day has its day. */
  public text(at: Instant): string {
    const { from } = this.span;
    const isOnOnlyDay = !this.isOfSeveralDays && Math.floor(at / DAY) === Math.floor(from / DAY);
    return isOnOnlyDay ? ofDay(at) : `${day(at)} ${ofDay(at)}`;
  }

  public html(at: Instant): Html {
    return timeElement(at, this.text(at));
  }

  /** Without the day. */
  public ofDay(at: Instant): Html {
    return timeElement(at, ofDay(at));
  }

  /** `2026-11-25 13:00 to 17:30`, or with both dates. */
  public spanHtml(): Html {
    const { from, to } = this.span;
    const end = this.isOfSeveralDays ? `${dateOf(to)} ${ofDay(to)}` : ofDay(to);
    return html`${timeElement(from, `${dateOf(from)} ${ofDay(from)}`)} to ${timeElement(to, end)} UTC`;
  }
}

export function timeElement(at: Instant, text: string): Html {
  return html`<time datetime="${new Date(at).toISOString().replace('.000Z', 'Z')}">${text}</time>`;
}

/** `26 Nov` */
export function day(at: Instant): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `13:05`, `13:05:20` */
export function ofDay(at: Instant): string {
  return clock(at % DAY);
}
