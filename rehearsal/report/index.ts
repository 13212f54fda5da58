import { type PlayedStory, storyHtml } from './page';
import { REPORT_STYLE } from './style';
import { DASHBOARD_STYLE } from '../dashboard';
import { html } from '../page/html';
import { THEME } from '../page/theme';

export type { PlayedStory } from './page';

/** A self-contained page without scripts: of each story its alarms above the lives of its sessions, its messages, and its dashboards. */
export function reportPage(stories: readonly PlayedStory[]): string {
  const title = stories.length === 1 ? `${stories[0]!.story.title} – rehearsal report` : 'Rehearsal report';
  const entry = ({ story, where, result: { mismatches } }: PlayedStory, index: number) => html`<li><a href="#s${index + 1}">${story.title}</a>${
    where === undefined ? undefined : ` in ${where}`} <span class="${mismatches.length === 0 ? 'ended' : 'differs'}">${mismatches.length === 0 ? 'as expected' : 'not as expected'}</span></li>`;
  const contents = stories.length < 2 ? undefined : html`<nav aria-label="Stories"><ol>${stories.map(entry)}</ol></nav>`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${THEME}${DASHBOARD_STYLE}${REPORT_STYLE}</style>
</head>
<body>
<main>
<header class="top"><h1>Rehearsal report</h1>${contents}</header>
${stories.map((story, index) => storyHtml(story, `s${index + 1}`))}</main>
</body>
</html>
`.toString();
}
