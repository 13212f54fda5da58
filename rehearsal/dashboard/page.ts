import { graph } from './graph';
import { Html, html } from './html';
import { markdown } from './markdown';
import { full, short } from './number';
import { STYLE } from './style';
import type { AlarmView, DashboardView, Line, Selection, WidgetView } from './view';
import type { AlarmState } from '../cloudwatch';
import type { Table, Value } from '../cloudwatch/logs-insights';

/** The dashboards of one story. */
export interface StoryView {
  title: string;
  file: string;
  dashboards: DashboardView[];
}

/** In pixels. Widgets have fixed sizes, so that graphs need no scaling. */
const CELL = { width: 60, height: 52 };
const GAP = 10;
const PADDING = 10;
const TITLE = 24;

/** A self-contained page without scripts. */
export function page(stories: readonly StoryView[]): string {
  return html`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Dashboards after a rehearsal</title>
<style>${STYLE}</style>
<main>
${stories.map(({ title, file, dashboards }) => html`<header><h1>${title}</h1><p>${file}: what CloudWatch shows at the end of the story</p></header>
${dashboards.map(dashboard)}`)}
</main>
</html>
`.toString();
}

function dashboard({ path, from, to, note, selections, widgets }: DashboardView): Html {
  const [begin, end] = [minute(from), minute(to)];
  return html`<section>
<div class="bar"><h2>${path}</h2><span>${begin} to ${end.slice(0, 10) === begin.slice(0, 10) ? end.slice(11) : end} UTC</span>${
  note === undefined ? undefined : html`<span>${note}</span>`}</div>
${selections.map(selection)}
<div class="widgets">
${widgets.map(widget => article(widget, content(widget, from, to)))}</div>
</section>
`;
}

function selection({ label, values: [selected, ...others] }: Selection): Html {
  const rest = others.length > 0 ? html` <span>or ${others.join(', ')}</span>` : undefined;
  return html`<div class="selection">${label} <b>${selected ?? 'nothing to select'}</b>${rest}</div>`;
}

function article(widget: WidgetView, inside: Html): Html {
  const { x, y, width, height, title, kind } = widget;
  const looks = kind === 'text' && widget.background === 'transparent' ? `${kind} transparent` : kind;
  const heading = title === undefined ? undefined : html`<h3>${title}</h3>`;
  return html`<article class="${looks}" style="grid-area:${y + 1}/${x + 1}/span ${height}/span ${width}">${heading}${inside}</article>
`;
}

function content(widget: WidgetView, from: number, to: number): Html {
  switch (widget.kind) {
    case 'text': return markdown(widget.markdown);
    case 'alarms': return html`<div class="states">${widget.alarms.map(alarm)}</div>`;
    case 'numbers': return html`<div class="values">${widget.lines.map(line => number(line, widget.fullPrecision))}</div>`;
    case 'graph': return graph(widget, { from, to }, {
      width: widget.width * CELL.width - GAP - 2 * PADDING,
      height: widget.height * CELL.height - GAP - 2 * PADDING - (widget.title === undefined ? 0 : TITLE),
    });
    case 'table': return table(widget.table);
  }
}

function table({ columns, rows }: Table): Html {
  const lines = rows.map((row, index) => html`<tr><td>${index + 1}</td>${columns.map(column => html`<td>${cell(row[column])}</td>`)}</tr>
`);
  return html`<div class="scroll"><table><thead><tr><th>#</th>${columns.map(column => html`<th>${column}</th>`)}</tr></thead>
<tbody>${lines}</tbody></table>${rows.length > 0 ? undefined : html`<p class="empty">No results</p>`}</div>`;
}

const STATES: { [state in AlarmState]: string } = { OK: 'OK', ALARM: 'In alarm', INSUFFICIENT_DATA: 'Insufficient data' };

function alarm({ name, state, inAlarm }: AlarmView): Html {
  const count = inAlarm.length > 1 ? ` (${inAlarm.length})` : '';
  const text = `${STATES[state]}${count}${inAlarm.length > 0 ? `: ${inAlarm.join(', ')}` : ''}`;
  return html`<div class="state ${state}"><b>${name}</b><span title="${text}">${text}</span></div>`;
}

function number({ label, color, points }: Line, fullPrecision: boolean): Html {
  const last = points[points.length - 1]?.value;
  const shown = last === undefined ? '--' : fullPrecision ? full(last) : short(last);
  return html`<div><b title="${last === undefined ? 'no data' : full(last)}">${shown}</b><span><i style="background:${color}"></i>${label}</span></div>`;
}

function cell(value: Value): string {
  return value instanceof Date ? value.toISOString().replace('T', ' ').replace('Z', '') : typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
}

function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
