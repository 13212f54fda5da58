import { Clock, day } from './clock';
import { Drawing, legend, type Links } from './draw';
import { type Happening, happeningsOf } from './happenings';
import { Band, bandsOf, isEventful, Lane, lanesOf, runMarks, spanOf } from './timeline';
import { drawDashboard, endOf, viewDashboards } from '../dashboard';
import type { DeployedStack } from '../deployed-stack';
import { describeVariants, episodes, topicLabel } from '../expectations';
import { Html, html } from '../page/html';
import type { RehearsalEvent, RehearsalResult } from '../rehearsal';
import type { Message } from '../sns';
import { MADE_STORY } from '../starting-story';
import type { Story } from '../story';

/** A story with what came of it. */
export interface PlayedStory {
  story: Story;
  stacks: readonly DeployedStack[];
  result: RehearsalResult;
  /** The account and region, if the story is also played in others. */
  where?: string;
}

/** The share of a story within which runs of a kind are one mark. */
const NEAR = 0.025;

/** One story: its head, its timeline, its messages, what happened, and the dashboards at its end. */
export function storyHtml({ story, stacks, result, where }: PlayedStory, id: string): Html {
  const span = spanOf(story, result.date);
  const clock = new Clock(span);
  const messageId = (message: RehearsalEvent) => `${id}-m${result.messages.indexOf(message as Message) + 1}`;
  const happenings = happeningsOf(result.events, clock, message => `#${messageId(message)}`);
  const dashboards = viewDashboards(stacks.flatMap(stack => stack.dashboards), endOf(story, result));
  const sections: [name: string, title: string, content: Html][] = [
    ['timeline', 'Timeline', timeline(story, result, new Drawing(span, clock, linksTo(result, id, messageId)))],
    ['messages', 'Messages', messages(result.messages, clock, messageId)],
    ['events', 'What happened', list(happenings, clock, id)],
    ...dashboards.length === 0 ? [] : [
      ['dashboards', 'Dashboards', html`<p class="note">As CloudWatch shows them at the end of the story.</p>${dashboards.map(drawDashboard)}`],
    ] as [string, string, Html][],
  ];
  return html`<article class="story" id="${id}">
${head(story, result, clock, where)}
<nav class="sections" aria-label="Sections of ${story.title}"><ul>${sections.map(([name, title]) => html`<li><a href="#${id}-${name}">${title}</a></li>`)}</ul></nav>
${sections.map(([name, title, content]) => html`<section class="${name}-section" id="${id}-${name}" aria-labelledby="${id}-${name}-title">
<h3 id="${id}-${name}-title">${title}</h3>
${content}
</section>
`)}</article>
`;
}

function linksTo({ events }: RehearsalResult, id: string, messageId: (message: Message) => string): Links {
  const find = (isMeant: (event: RehearsalEvent) => boolean) => {
    const index = events.findIndex(isMeant);
    return index === -1 ? undefined : `#${id}-e${index}`;
  };
  return {
    ofBandPart: ({ alarm }, { cause, from }) => cause && find(event => event.kind === 'alarm' && event.at === from && event.transition.alarm === alarm
      && event.transition.contributor === cause.contributor && event.transition.to === cause.to),
    ofChange: (lane, at, state) => find(event => event.kind === 'session' && event.id === lane.id && event.at === at && event.state === state),
    ofEvent: event => `#${id}-e${event}`,
    ofMessage: message => `#${messageId(message)}`,
  };
}

function head({ title, file, sessions }: Story, result: RehearsalResult, clock: Clock, where: string | undefined): Html {
  const { events, messages: sent, mismatches, variants } = result;
  const missed = events.flatMap(event => event.kind === 'tick' && event.what === 'missed' ? event.schedules : []);
  const runs = events.filter(event => event.kind === 'run');
  const failed = runs.filter(run => run.result.error);
  const count = (number: number, one: string, many = `${one}s`) => html`<li><b>${number}</b> ${number === 1 ? one : many}</li>`;
  const figures = html`<ul class="figures" aria-label="Figures">${[
    count(sessions.length, 'session'), count(runs.length, 'run'), count(missed.length, 'missed run'), count(failed.length, 'failed run'),
    count(episodes(variants[0]!).length, 'time in ALARM', 'times in ALARM'), count(sent.length, 'message'),
  ]}</ul>`;
  const verdict = file === MADE_STORY ? html`<p class="verdict">The story expects nothing</p>`
    : mismatches.length === 0 ? html`<p class="verdict as-expected">The story ended as it expects</p>` : html`<div class="verdict not-as-expected"><p>The story did not end as it expects: ${mismatches.length === 1 ? '1 difference' : `${mismatches.length} differences`}</p>
<ul>${mismatches.map(mismatch => difference(mismatch, file))}</ul></div>`;
  return html`<header>
<h2>${title}</h2>
<p class="file">${file} · ${clock.spanHtml()}${where === undefined ? undefined : ` · ${where}`}</p>
${verdict}
${figures}
</header>`;
}

/** A difference from what the story expects, with its place in the file in front. */
function difference(mismatch: string, file: string): Html {
  const [, position, text] = (mismatch.startsWith(file) && /^:(\d+:\d+): (.*)$/s.exec(mismatch.slice(file.length))) || [];
  return position === undefined ? html`<li>${mismatch}</li>` : html`<li><code>${file}:${position}</code> ${text}</li>`;
}

function timeline(story: Story, { events, messages: sent, variants, date }: RehearsalResult, drawing: Drawing): Html {
  const span = spanOf(story, date);
  const [shown] = variants;
  const bands = bandsOf(shown!.states, shown!.transitions, span);
  const eventful = bands.filter(isEventful);
  const quiet = bands.filter(band => !isEventful(band));
  const marks = runMarks(events, NEAR * (span.to - span.from));
  const lanes = lanesOf(story, date, span);
  const rows = (name: string, content: readonly Html[]) => html`<ul class="rows" aria-label="${name}">
${content}</ul>
`;
  const groups = [...new Set(lanes.map(({ workGroup }) => workGroup))];
  const sessions = lanes.length === 0 ? html`<p class="none">No session lives during the story.</p>` : groups.map(group => html`<h5>${group}</h5>
${rows(`Sessions in ${group}`, lanes.filter(({ workGroup }) => workGroup === group).map((lane: Lane) => drawing.lane(lane)))}`);
  const differs = events.some(event => event.kind === 'alarm' && event.only !== undefined);
  return html`<div class="timeline">
${drawing.grid()}
${drawing.axis()}
<h4>Alarms</h4>
${eventful.length > 0 ? rows('Alarms', eventful.map(band => drawing.band(band))) : html`<p class="none">${
  bands.length === 0 ? 'The app has no alarms.' : 'No alarm was raised.'}</p>`}
${quiet.length === 0 ? undefined : html`<details><summary>${quietSummary(quiet)}</summary>
${rows('Alarms that were not raised', quiet.map(band => drawing.band(band)))}</details>`}
${sent.length + marks.length === 0 ? undefined : rows('Messages and runs', [
  ...sent.length > 0 ? [drawing.messages(sent)] : [], ...marks.length > 0 ? [drawing.runs(marks)] : [],
])}
<h4>Sessions</h4>
${sessions}
</div>
${legend()}
${differs ? html`<p class="note">AWS does not document everything about alarms. The bands show one possible course: ${describeVariants([shown!], variants)}. The list below has all changes.</p>` : undefined}`;
}

function quietSummary(quiet: readonly Band[]): string {
  const unknown = quiet.filter(({ parts }) => parts[parts.length - 1]!.state !== 'OK').length;
  const some = (count: number) => count === 1 ? '1 alarm' : `${count} alarms`;
  return [
    ...quiet.length > unknown ? [`${some(quiet.length - unknown)} ${quiet.length - unknown === 1 ? 'was' : 'were'} never raised`] : [],
    ...unknown > 0 ? [`${some(unknown)} had insufficient data all the time`] : [],
  ].join(', ');
}

function messages(sent: readonly Message[], clock: Clock, idOf: (message: Message) => string): Html {
  return sent.length === 0 ? html`<p class="none">No message was sent.</p>` : html`<ol class="cards">
${sent.map((message, index) => html`<li id="${idOf(message)}"><p class="card-head"><span class="number">${index + 1}</span> ${clock.html(message.at)} <span>${
  topicLabel(message.topic)}</span> <span class="medium">${message.chat ? 'chat' : 'text'}</span></p>${
  message.title === undefined ? undefined : html`<p class="card-title">${message.title}</p>`}<p class="body">${message.text}</p></li>
`)}</ol>`;
}

/** What happened, by day if the story has several. */
function list(happenings: readonly Happening[], clock: Clock, id: string): Html {
  if (happenings.length === 0) {
    return html`<p class="none">Nothing.</p>`;
  }
  const days = [...new Set(happenings.map(({ at }) => day(at)))];
  const seen = new Set<number>();
  const anchor = ({ event }: Happening) => seen.has(event) || !seen.add(event) ? undefined : html` id="${id}-e${event}"`; // a run may have several entries
  return html`${days.map(name => html`${clock.isOfSeveralDays ? html`<h4>${name}</h4>` : undefined}
<ol class="list">
${happenings.filter(({ at }) => day(at) === name).map(happening => html`<li${anchor(happening)} class="${happening.kind}">${clock.ofDay(happening.at)} <span class="what">${
  happening.label}</span> <span class="text">${happening.text}</span></li>
`)}</ol>
`)}`;
}
