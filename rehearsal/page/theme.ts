import { Html } from './html';

const LIGHT = `
    color-scheme: light;
    --page: #f5f6f8; --surface: #fff; --raised: #f1f3f6; --text: #18202c; --muted: #566172; --line: #d5dae2; --grid: #e6e9ee; --day: #b4bdc9;
    --link: #0b57c2; --focus: #0b57c2; --mark: #fff3c4;
    --ok: #2c7a3f; --ok-back: #eef7f0; --alarm: #c0281f; --alarm-back: #fdf1f0; --alarm-text: #b3241c; --on-alarm: #fff; --no-data: #6a7585; --no-data-back: #f3f4f6;
    --starting: #4d8fd1; --idle: #fdf3d6; --idle-edge: #b7860b; --on-idle: #5c4300; --busy: #2b6cb0; --on-busy: #fff;
    --degraded: #f3a85a; --degraded-edge: #a34a00; --on-degraded: #3a1a00; --ended: #4a5566;`;
const DARK = `
    color-scheme: dark;
    --page: #0e131a; --surface: #161d27; --raised: #1e2733; --text: #e4e9f0; --muted: #a2adbc; --line: #2f3a48; --grid: #242e3a; --day: #4c5a6c;
    --link: #84b6ff; --focus: #84b6ff; --mark: #3a3418;
    --ok: #5fbf77; --ok-back: #16291d; --alarm: #cf3f38; --alarm-back: #321a1b; --alarm-text: #ff8f87; --on-alarm: #fff; --no-data: #8b97a7; --no-data-back: #202834;
    --starting: #6aa6e2; --idle: #3b3214; --idle-edge: #d0a032; --on-idle: #f4dc9a; --busy: #2f6fb4; --on-busy: #fff;
    --degraded: #a4570f; --degraded-edge: #ffb970; --on-degraded: #fff; --ended: #9fabbb;`;

/** Colours and type of all pages. They follow the reader's settings on a screen, and are light on paper. */
export const THEME = new Html(`
  :root {${LIGHT}
  }
  @media screen and (prefers-color-scheme: dark) { :root {${DARK}
  } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 "Amazon Ember", "Helvetica Neue", Roboto, Arial, sans-serif; }
  h1, h2, h3, h4, h5, h6, p, ul, ol, dl, dd { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  a { color: var(--link); text-decoration: none; }
  a:hover { text-decoration: underline; }
  :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
  code { padding: 1px 4px; border-radius: 4px; background: var(--raised); font: 12px Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
  time { font-variant-numeric: tabular-nums; }
  @media print {
    :root { --page: #fff; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  }
`);
