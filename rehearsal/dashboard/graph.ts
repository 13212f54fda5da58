import type { GraphView, Line, Side } from './view';
import type { Point } from '../cloudwatch/metric-math';
import { Html, html } from '../page/html';
import { full, short } from '../page/number';
import { Scale, timeScale, valueScale } from '../page/scale';

interface Size {
  width: number;
  height: number;
}

/** A point of a line, with the top and bottom of its area in a stack; both are the same without a stack. */
interface Spot {
  time: number;
  top: number;
  bottom: number;
}

const MARGIN = { top: 20, bottom: 20, axis: 44, side: 14 };
const LEGEND_ROW = 18;
const LEGEND_WIDTH = 180;

/** A graph with its legend. */
export function graph(view: GraphView, range: { from: number; to: number }, { width, height }: Size): Html {
  const legend = html`<ul class="legend ${view.legend}">${view.lines.map(({ label, color }) => html`<li><i style="background:${color}"></i>${label}</li>`)}</ul>`;
  if (view.legend === 'right') {
    return html`<div class="beside">${plot(view, range, { width: width - LEGEND_WIDTH, height })}${legend}</div>`;
  }
  const rows = rowsOf(view.lines.map(({ label }) => 34 + 6.4 * label.length), width);
  return html`${plot(view, range, { width, height: height - rows * LEGEND_ROW })}${legend}`;
}

function plot(view: GraphView, { from, to }: { from: number; to: number }, { width, height }: Size): Html {
  const { lines, annotations, stacked } = view;
  const hasRight = lines.some(({ yAxis }) => yAxis === 'right');
  const box = {
    left: MARGIN.axis, right: width - (hasRight ? MARGIN.axis : MARGIN.side), top: MARGIN.top, bottom: height - MARGIN.bottom,
  };
  const times = timeScale(from, to, Math.max(2, Math.floor((box.right - box.left) / 62)));
  const x = (time: number) => box.left + (time - from) / (to - from) * (box.right - box.left);
  const spots = new Map(lines.map((line, index) => [line, stacked ? stackedOn(lines.slice(0, index), line) : spotsOf(line)]));
  const scaleOf = (side: Side): Scale => valueScale([
    ...lines.filter(({ yAxis }) => yAxis === side).flatMap(line => spots.get(line)!.flatMap(({ top, bottom }) => [top, bottom])),
    ...annotations.filter(({ yAxis }) => yAxis === side).map(({ value }) => value), // CloudWatch includes them in the scale
  ], view.scales[side], Math.max(2, Math.floor((box.bottom - box.top) / 44)));
  const scales = { left: scaleOf('left'), right: scaleOf('right') };
  const y = (value: number, side: Side) => {
    const { min, max } = scales[side];
    return box.bottom - (value - min) / (max - min) * (box.bottom - box.top);
  };

  const grid = scales.left.ticks.map(tick => html`<path class="grid" d="M${px(box.left)} ${px(y(tick, 'left'))}H${px(box.right)}"/>`);
  const sides = (['left', ...hasRight ? ['right'] as const : []] as const).flatMap(side => [
    ...scales[side].ticks.map(tick => html`<text class="${side}" x="${side === 'left' ? box.left - 6 : box.right + 6}" y="${
      px(y(tick, side) + 4)}">${tickLabel(tick)}</text>`),
    html`<text class="${side === 'left' ? 'unit' : 'unit right-unit'}" x="${side === 'left' ? 4 : width - 4}" y="11">${unitOf(view, side)}</text>`,
  ]);
  const bottom = times.ticks.map(tick => html`<path class="tick" d="M${px(x(tick))} ${box.bottom}v4"/><text class="time" x="${
    px(Math.min(x(tick), width - 15))}" y="${box.bottom + 16}">${timeLabel(tick, times)}</text>`);
  // Stacked areas are drawn from the top down, so that one without height does not hide the one below.
  const drawn = (stacked ? [...lines].reverse() : lines)
    .map(line => segments(spots.get(line)!, line.period).map(segment => shape(segment, line, stacked, x, y)));
  const marks = annotations.map(({ value, label, color = '#d62728', yAxis }) => {
    const at = y(value, yAxis);
    return html`<path class="annotation" stroke="${color}" d="M${px(box.left)} ${px(at)}H${px(box.right)}"/>${label === undefined ? undefined
      : html`<text class="annotation" x="${px(box.right - 4)}" y="${px(at < box.top + 14 ? at + 12 : at - 4)}">${label}</text>`}`;
  });
  const empty = lines.some(({ points }) => points.length > 0) ? undefined
    : html`<text class="empty" x="${width / 2}" y="${height / 2}">No data available</text>`;
  return html`<svg width="${width}" height="${px(height)}" role="img" aria-label="${summary(view)}">${grid}${marks}${drawn}<path class="axis" d="M${px(box.left)} ${
    box.bottom}H${px(box.right)}"/>${sides}${bottom}${empty}</svg>`;
}

/** What a screen reader says. */
function summary({ lines }: GraphView): string {
  const last = ({ points }: Line) => points.length > 0 ? full(points[points.length - 1]!.value) : 'no data';
  return lines.length === 0 ? 'Graph without lines' : `Graph, newest values: ${lines.map(line => `${line.label} ${last(line)}`).join(', ')}`;
}

function shape(
  segment: Spot[], { color, yAxis, period }: Line, stacked: boolean, x: (time: number) => number, y: (value: number, side: Side) => number,
): Html {
  const along = (spots: Spot[], edge: 'top' | 'bottom') => spots.map(spot => `${px(x(spot.time))} ${px(y(spot[edge], yAxis))}`).join('L');
  if (segment.length === 1 && !stacked) {
    const [{ time, top }] = segment as [Spot];
    return html`<circle fill="${color}" cx="${px(x(time))}" cy="${px(y(top, yAxis))}" r="3"/>`;
  }
  // In a stack, a single point is drawn half a period wide.
  const spots = segment.length === 1 ? [segment[0]!, { ...segment[0]!, time: segment[0]!.time + period / 2 }] : segment;
  const area = stacked && html`<path class="area" fill="${color}" d="M${along(spots, 'top')}L${along([...spots].reverse(), 'bottom')}Z"/>`;
  return html`${area || undefined}<path class="line" stroke="${color}" d="M${along(spots, 'top')}"/>`;
}

function spotsOf({ points }: Line): Spot[] {
  return points.map(({ time, value }) => ({ time, top: value, bottom: value }));
}

function stackedOn(below: readonly Line[], line: Line): Spot[] {
  const heights = below.filter(({ yAxis }) => yAxis === line.yAxis).map(({ points }) => new Map(points.map(({ time, value }) => [time, value])));
  return line.points.map(({ time, value }) => {
    const bottom = heights.reduce((sum, values) => sum + (values.get(time) ?? 0), 0);
    return { time, top: bottom + value, bottom };
  });
}

/** Splits points at gaps: a period without a point is not drawn as zero. */
export function segments<Timed extends Pick<Point, 'time'>>(points: readonly Timed[], period: number): Timed[][] {
  const all: Timed[][] = [];
  for (const point of points) {
    const current = all[all.length - 1];
    if (current && point.time - current[current.length - 1]!.time <= period) {
      current.push(point);
    } else {
      all.push([point]);
    }
  }
  return all;
}

/** The number of rows that a legend needs. */
function rowsOf(widths: readonly number[], width: number): number {
  let rows = 1;
  let used = 0;
  for (const entry of widths) {
    if (used > 0 && used + entry > width) {
      rows += 1;
      used = 0;
    }
    used += entry;
  }
  return rows;
}

function unitOf({ lines, scales }: GraphView, side: Side): string {
  const { label, showUnits } = scales[side];
  if (label !== undefined || !showUnits) {
    return label ?? '';
  }
  const units = new Set(lines.filter(({ yAxis }) => yAxis === side).map(({ unit }) => unit ?? 'No unit'));
  return units.size > 1 ? 'Various units' : [...units][0] ?? '';
}

function tickLabel(value: number): string {
  return Math.abs(value) >= 100_000 ? short(value) : full(value);
}

function timeLabel(time: number, { min, max }: Scale): string {
  const text = new Date(time).toISOString();
  return max - min > 2 * 86_400_000 ? text.slice(5, 10) : text.slice(11, 16);
}

function px(length: number): string {
  return String(Math.round(length * 10) / 10);
}
