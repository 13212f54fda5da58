import { CELL, GAP, PADDING, TITLE } from './draw';
import { Html } from '../page/html';

/** Close to the console's look, in the colours of the theme. */
export const DASHBOARD_STYLE = new Html(`
  .dashboard { margin-top: 16px; }
  .dashboard .bar { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 14px; margin-bottom: 8px; }
  .dashboard h4 { font-size: 15px; overflow-wrap: anywhere; }
  .bar span, .selection span { color: var(--muted); overflow-wrap: anywhere; }
  .selection { margin-bottom: 8px; overflow-wrap: anywhere; }
  .selection b { display: inline-block; min-width: 160px; margin: 0 6px; padding: 3px 10px; border: 1px solid var(--muted); border-radius: 6px; background: var(--surface); font-weight: normal; }
  .pan { overflow-x: auto; padding-bottom: 4px; }
  .widgets { display: grid; grid-template-columns: repeat(24, ${CELL.width - GAP}px); grid-auto-rows: ${CELL.height - GAP}px; gap: ${GAP}px; width: max-content; font-size: 13px; line-height: 1.4; }
  .widgets article { display: flex; flex-direction: column; min-width: 0; padding: ${PADDING}px; overflow: hidden; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
  .widgets article.transparent { border-color: transparent; background: none; padding: 0 ${PADDING}px; justify-content: end; }
  .widgets article.placeholder { border-style: dashed; background: none; overflow: auto; }
  .widgets h5 { flex: none; height: ${TITLE}px; font-size: 14px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .widgets .text h4 { font-size: 20px; }
  .widgets .text h5 { height: auto; font-size: 18px; }
  .widgets .text h6 { font-size: 16px; }
  .widgets .text p { margin-top: 4px; }
  .states { display: grid; grid-template-columns: repeat(5, 1fr); grid-auto-rows: minmax(0, 1fr); flex: 1; gap: 8px; min-height: 0; overflow: auto; }
  .state { display: flex; flex-direction: column; justify-content: center; min-width: 0; padding: 2px 8px; border: 1px solid; border-left-width: 5px; border-radius: 4px; }
  .state b { font-size: 11px; font-weight: 600; line-height: 1.2; color: var(--text); overflow-wrap: anywhere; }
  .state span { font-size: 12px; color: var(--text); overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  .state.OK { border-color: var(--ok); background: var(--ok-back); }
  .state.ALARM { border-color: var(--alarm); background: var(--alarm-back); }
  .state.ALARM span { font-weight: 600; }
  .state.INSUFFICIENT_DATA { border-color: var(--no-data); background: var(--no-data-back); }
  .values { display: flex; flex: 1; align-items: center; gap: 30px; }
  .values b { display: block; font-size: 32px; font-weight: 400; line-height: 1.15; }
  .widgets i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 2px; vertical-align: -1px; }
  .legend { display: flex; flex-wrap: wrap; column-gap: 14px; font-size: 12px; line-height: 18px; }
  .beside { display: flex; min-height: 0; }
  .legend.right { flex: 1; flex-direction: column; flex-wrap: nowrap; padding-left: 10px; overflow: auto; white-space: nowrap; }
  .widgets svg { display: block; flex: none; font-size: 11px; }
  .widgets svg text { fill: var(--muted); }
  .widgets svg text.left, .widgets svg text.right-unit, .widgets svg text.annotation { text-anchor: end; }
  .widgets svg text.time, .widgets svg text.empty { text-anchor: middle; }
  .widgets svg text.annotation { fill: var(--text); }
  .widgets svg text.empty, .widgets p.empty { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
  .widgets .grid { stroke: var(--grid); }
  .widgets .axis, .widgets .tick { stroke: var(--day); }
  .widgets .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
  .widgets .area { fill-opacity: .55; }
  .widgets path.annotation { fill: none; stroke-width: 1.25; stroke-dasharray: 5 3; }
  .scroll { flex: 1; overflow: auto; }
  .widgets table { width: 100%; border-collapse: collapse; font-size: 12px; }
  .widgets th { position: sticky; top: 0; padding: 4px 10px; border-bottom: 1px solid var(--line); background: var(--raised); text-align: left; }
  .widgets td { padding: 4px 10px; border-bottom: 1px solid var(--grid); font-variant-numeric: tabular-nums; white-space: nowrap; }
  @media print {
    .dashboard + .dashboard { break-before: page; }
    .pan { overflow: visible; }
    .widgets { grid-auto-rows: minmax(${CELL.height - GAP}px, auto); zoom: .86; }
    .widgets article { break-inside: avoid; }
    .widgets article, .states, .scroll, .legend.right { overflow: visible; }
    .widgets h5, .state span, .widgets td, .legend.right { white-space: normal; overflow-wrap: break-word; }
    .widgets h5 { height: auto; min-height: ${TITLE}px; }
  }
`);
