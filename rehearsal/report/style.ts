import { Html } from '../page/html';

/** Below this width, labels are above their rows. */
const WIDE = 800;
const LARGE = 1030;
const WIDEST = 1240;

export const REPORT_STYLE = new Html(`
  main { max-width: 1280px; margin: 0 auto; padding: 16px 24px 48px; }
  .top h1 { color: var(--muted); font-size: 13px; font-weight: 600; }
  .top ol { display: flex; flex-wrap: wrap; gap: 2px 20px; margin-top: 4px; }
  .top li, .top a { overflow-wrap: anywhere; }
  .top li span { color: var(--muted); }
  .story { margin-top: 10px; }
  .story + .story { margin-top: 56px; padding-top: 24px; border-top: 2px solid var(--line); }
  .story h2 { font-size: 24px; line-height: 1.25; overflow-wrap: anywhere; }
  .story h3 { margin: 26px 0 8px; font-size: 17px; }
  .file, .note, .none, .figures { color: var(--muted); overflow-wrap: anywhere; }
  .note { margin-top: 6px; font-size: 13px; }
  .top .differs { color: var(--alarm-text); font-weight: 600; }
  .verdict { margin-top: 10px; }
  .as-expected, .not-as-expected > p { font-weight: 600; }
  .as-expected { color: var(--ok); }
  .as-expected::before { content: "✓ "; content: "✓ " / ""; }
  .not-as-expected { padding: 8px 12px; border: 1px solid var(--alarm); border-left-width: 5px; border-radius: 4px; background: var(--alarm-back); }
  .not-as-expected > p::before { content: "✗ "; content: "✗ " / ""; }
  .not-as-expected li { margin-top: 4px; overflow-wrap: anywhere; white-space: pre-line; }
  .figures { display: flex; flex-wrap: wrap; gap: 2px 18px; margin-top: 6px; }
  .figures b { color: var(--text); font-variant-numeric: tabular-nums; }
  .sections { margin-top: 10px; }
  .sections ul { display: flex; flex-wrap: wrap; gap: 2px 18px; }

  .timeline { --label: 0px; --end: 12px; position: relative; padding: 0 12px 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
  .timeline .grid { position: absolute; inset: 0 calc(12px + var(--end)) 0 calc(12px + var(--label)); pointer-events: none; }
  .timeline .grid i { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--grid); }
  .timeline .grid .day { border-color: var(--day); }
  .timeline > :not(.grid) { position: relative; }
  .timeline h4 { margin-top: 8px; font-size: 13px; }
  .timeline h4, .timeline h5, .timeline summary, .timeline .none { width: fit-content; max-width: 100%; padding-right: 6px; background: var(--surface); overflow-wrap: anywhere; }
  .timeline h5 { margin-top: 4px; color: var(--muted); font-size: 12px; font-weight: 600; }
  .timeline summary { margin: 2px 0; color: var(--muted); font-size: 12px; cursor: pointer; }
  .row { padding-right: var(--end); }
  .row .label { width: fit-content; max-width: 100%; padding-right: 6px; background: var(--surface); font-size: 12px; line-height: 16px; overflow-wrap: anywhere; }
  .row .label a { color: var(--text); }
  .row small { color: var(--muted); font-size: 12px; }
  .timeline > .axis { position: sticky; top: 0; z-index: 1; margin: 0 -12px; padding: 4px calc(12px + var(--end)) 2px 12px; border-bottom: 1px solid var(--line); border-radius: 8px 8px 0 0; background: var(--surface); }
  .axis .label { display: none; color: var(--muted); align-self: end; }
  .track { display: block; width: 100%; overflow: visible; font-size: 11px; }
  .track text { fill: var(--muted); pointer-events: none; }
  .track .tick { text-anchor: middle; }
  .track .last { text-anchor: end; }
  .track .day-name { fill: var(--text); font-weight: 600; }
  .track .middle, .track .large, .track .wide, .if-wide { display: none; }
  .part { stroke-width: 1; }
  .part.ok { fill: var(--ok); }
  .part.alarm { fill: var(--alarm); stroke: var(--alarm); }
  .part.insufficient-data, .part.unlisted { fill: var(--surface); stroke: var(--no-data); stroke-dasharray: 3 3; }
  .part.creating { fill: var(--surface); stroke: var(--starting); }
  .part.created { fill: var(--starting); stroke: var(--starting); }
  .part.idle { fill: var(--idle); stroke: var(--idle-edge); }
  .part.busy { fill: var(--busy); stroke: var(--busy); }
  .part.degraded { fill: var(--degraded); stroke: var(--degraded-edge); stroke-width: 2; stroke-dasharray: 4 3; }
  .part.terminating { fill: var(--surface); stroke: var(--ended); stroke-dasharray: 2 2; }
  .terminated { fill: var(--ended); }
  circle.failed { fill: var(--alarm); }
  .cross { fill: none; stroke: var(--on-alarm); stroke-width: 2; stroke-linecap: round; }
  .track .on-alarm { fill: var(--on-alarm); font-weight: 600; }
  .track .on-idle { fill: var(--on-idle); }
  .track .on-busy { fill: var(--on-busy); }
  .track .on-degraded { fill: var(--on-degraded); }
  .messages circle { fill: var(--text); }
  .track .on-mark { fill: var(--surface); font-size: 10px; font-weight: 600; text-anchor: middle; }
  .run rect { fill: var(--no-data); }
  .run.missed rect { fill: var(--surface); stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 2 2; }
  .run.failed rect { fill: var(--alarm); }
  .track a { cursor: pointer; }
  .track a:hover .part, .track a:hover circle, .track a:hover rect { filter: brightness(1.12); }
  .track a:focus-visible { outline: none; }
  .track a:focus-visible .part, .track a:focus-visible circle, .track a:focus-visible rect { stroke: var(--focus); stroke-width: 3; stroke-dasharray: none; }
  .legend-of-states { display: flex; flex-wrap: wrap; gap: 0 16px; margin-top: 6px; color: var(--muted); font-size: 11px; }
  .legend-of-states li { display: flex; align-items: center; gap: 6px; }
  .legend-of-states svg { overflow: visible; }

  .cards { display: grid; gap: 10px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); align-items: start; }
  .cards > li { padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); overflow-wrap: anywhere; }
  .card-head { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; color: var(--muted); font-size: 13px; }
  .number { min-width: 18px; padding: 0 5px; border-radius: 9px; background: var(--text); color: var(--surface); font-size: 11px; font-weight: 600; line-height: 18px; text-align: center; }
  .medium { padding: 0 6px; border: 1px solid var(--line); border-radius: 4px; font-size: 12px; }
  .card-title { margin-top: 6px; font-weight: 600; }
  .cards .body { margin-top: 6px; white-space: pre-wrap; font-size: 13px; }
  .list { border: 1px solid var(--line); border-radius: 8px; background: var(--surface); font-size: 13px; }
  .events-section h4 { margin: 12px 0 4px; font-size: 14px; }
  .list li { display: flex; flex-wrap: wrap; gap: 0 8px; padding: 3px 12px; }
  .list li + li { border-top: 1px solid var(--grid); }
  .list time { flex: none; width: 60px; color: var(--muted); }
  .list .what { flex: none; width: 62px; color: var(--muted); }
  .list .text { flex: 1 1 240px; min-width: 0; overflow-wrap: anywhere; }
  .list .only { color: var(--muted); }
  .list .alarm .what { color: var(--alarm-text); font-weight: 600; }
  .list .failed .text b { color: var(--alarm-text); }
  .list .ok .what { color: var(--ok); font-weight: 600; }
  li:target, .story li[id] { scroll-margin-top: 12px; }
  li:target { background: var(--mark); }

  @media (min-width: ${WIDE}px) {
    .timeline { --label: 232px; }
    .row { display: grid; grid-template-columns: var(--label) minmax(0, 1fr); align-items: center; }
    .row .label, .axis .label { display: block; width: auto; padding: 3px 12px 3px 0; }
    .row:has(.messages) { align-items: start; }
    .lane .label { padding-left: 12px; }
    .timeline h4 { margin-bottom: 2px; }
    .timeline details .label, .timeline summary { color: var(--muted); }
    .track .middle { display: inline; }
    .if-wide { display: block; }
    .if-narrow { display: none; }
  }
  @media (min-width: ${LARGE}px) { .track .large { display: inline; } }
  @media (min-width: ${WIDEST}px) { .track .wide { display: inline; } }
  @media (max-width: ${WIDE - 1}px) {
    main { padding: 12px 12px 32px; }
    .band .label, .lane .label { margin-top: 3px; }
  }

  @page { size: A4 landscape; margin: 10mm; }
  @media print {
    main { max-width: none; padding: 0; }
    .sections, .top nav { display: none; }
    .dashboards-section { break-before: page; }
    summary { list-style: none; }
    .story + .story { break-before: page; margin-top: 0; padding-top: 0; border-top: 0; }
    .timeline > .axis { position: relative; }
    .row, .cards > li, .list li, .verdict li { break-inside: avoid; }
    h2, h3, h4, h5 { break-after: avoid; }
    details::details-content { content-visibility: visible; block-size: auto; }
    a { color: inherit; }
  }
`);
