import { graph } from './graph';
import { markdown } from './markdown';
import type { AlarmView, DashboardView, Line, Selection, WidgetView } from './view';
import type { AlarmState } from '../cloudwatch';
import type { Table, Value } from '../cloudwatch/logs-insights';
import { Html, html } from '../page/html';
import { full, short } from '../page/number';

/** In pixels. Widgets have fixed sizes, so that graphs need no scaling. 24 columns fit a window of 1,280 pixels. */
export const CELL = { width: 50, height: 48 };
export const GAP = 10;
export const PADDING = 9;
export const TITLE = 24;

/** A dashboard as CloudWatch draws it. The page has to include DASHBOARD_STYLE. */
export function drawDashboard({ path, from, to, notes, selections, widgets }: DashboardView): Html {
  const [begin, end] = [minute(from), minute(to)];
  return html`<section class="dashboard">
<div class="bar"><h4>${path}</h4><span>${begin} to ${end.slice(0, 10) === begin.slice(0, 10) ? end.slice(11) : end} UTC</span>${
  notes.map(note => html`<span>${note}</span>`)}</div>
${selections.map(selection)}
${widgets.length === 0 ? undefined : html`<div class="pan" role="region" aria-label="Dashboard ${path}" tabindex="0"><div class="widgets">
${widgets.map(widget => article(widget, content(widget, from, to)))}</div></div>`}
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
  const heading = title === undefined ? undefined : html`<h5>${title}</h5>`;
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
    case 'table': return table(widget.table, widget.title);
    case 'placeholder': return html`<p class="empty">not simulated: ${widget.reason}</p>`;
  }
}

function table({ columns, rows }: Table, title = 'Log'): Html {
  const lines = rows.map((row, index) => html`<tr><td>${index + 1}</td>${columns.map(column => html`<td>${cell(row[column])}</td>`)}</tr>
`);
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table><thead><tr><th>#</th>${columns.map(column => html`<th>${column}</th>`)}</tr></thead>
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
