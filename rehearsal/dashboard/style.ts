import { Html } from './html';

/** Close to the console's light theme. Columns are 60 pixels wide, rows 52 high, with gaps of 10. */
export const STYLE = new Html(`
  body { margin: 0; background: #f4f4f4; color: #16191f; font: 13px/1.4 "Amazon Ember", "Helvetica Neue", Roboto, Arial, sans-serif; }
  main { width: 1430px; margin: 0 auto; padding: 16px 20px 40px; }
  h1, h2, h3, h4, p, ul { margin: 0; padding: 0; }
  header { margin: 8px 0 20px; }
  header h1 { font-size: 22px; }
  header p, .bar span, .selection span { color: #5f6b7a; }
  section { margin-bottom: 40px; }
  .bar { display: flex; align-items: baseline; gap: 14px; margin-bottom: 10px; }
  .bar h2 { font-size: 18px; }
  .selection { margin-bottom: 10px; }
  .selection b { display: inline-block; min-width: 160px; margin: 0 6px; padding: 3px 10px; border: 1px solid #8c8c94; border-radius: 6px; background: #fff; font-weight: normal; }
  .widgets { display: grid; grid-template-columns: repeat(24, 50px); grid-auto-rows: 42px; gap: 10px; }
  article { box-sizing: border-box; display: flex; flex-direction: column; min-width: 0; padding: 9px; overflow: hidden; border: 1px solid #d9dbe0; border-radius: 8px; background: #fff; }
  article.transparent { border-color: transparent; background: none; padding: 0 9px; justify-content: end; }
  h3 { flex: none; height: 24px; font-size: 14px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .text h2 { font-size: 18px; }
  .text h3 { font-size: 16px; }
  .text p { margin-top: 4px; }
  .text a, .text a:visited { color: #006ce0; text-decoration: none; }
  code { padding: 1px 4px; border-radius: 4px; background: #f1f2f4; font: 12px Menlo, Consolas, "DejaVu Sans Mono", monospace; }
  .states { display: grid; grid-template-columns: repeat(5, 1fr); grid-auto-rows: minmax(0, 1fr); flex: 1; gap: 8px; min-height: 0; overflow: auto; }
  .state { display: flex; flex-direction: column; justify-content: center; min-width: 0; padding: 4px 10px; border: 1px solid; border-left-width: 5px; border-radius: 4px; }
  .state b { font-size: 12px; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
  .state span { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  .state.OK { border-color: #1d8102; background: #f2f8f0; }
  .state.ALARM { border-color: #d13212; background: #fdf3f1; }
  .state.ALARM span { color: #b0260c; }
  .state.INSUFFICIENT_DATA { border-color: #879596; background: #f6f7f7; }
  .values { display: flex; flex: 1; align-items: center; gap: 30px; }
  .values b { display: block; font-size: 34px; font-weight: 400; line-height: 1.15; }
  i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 2px; vertical-align: -1px; }
  .legend { list-style: none; display: flex; flex-wrap: wrap; column-gap: 14px; font-size: 12px; line-height: 18px; }
  .beside { display: flex; min-height: 0; }
  .legend.right { flex: 1; flex-direction: column; flex-wrap: nowrap; padding-left: 10px; overflow: auto; white-space: nowrap; }
  svg { display: block; flex: none; font-size: 11px; }
  svg text { fill: #5f6b7a; }
  svg text.left, svg text.right-unit, svg text.annotation { text-anchor: end; }
  svg text.time, svg text.empty { text-anchor: middle; }
  svg text.empty, p.empty { fill: #5f6b7a; color: #5f6b7a; font-size: 13px; }
  .grid { stroke: #ebebf0; }
  .axis, .tick { stroke: #b6bec9; }
  .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
  .area { fill-opacity: .55; }
  path.annotation { fill: none; stroke-width: 1.25; stroke-dasharray: 5 3; }
  .scroll { flex: 1; overflow: auto; }
  table { width: 100%; border-collapse: collapse; font-size: 12px; }
  th { position: sticky; top: 0; padding: 4px 10px; border-bottom: 1px solid #c6c6cd; background: #fafafa; text-align: left; }
  td { padding: 4px 10px; border-bottom: 1px solid #ebebf0; font-variant-numeric: tabular-nums; white-space: nowrap; }
`);
