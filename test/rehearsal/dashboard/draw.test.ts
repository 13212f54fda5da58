import { dashboardOf, IDLE_TIME, logWidget, metricWidget, story, textWidget } from './support';
import { DASHBOARD_STYLE, drawDashboard, viewDashboard } from '../../../rehearsal/dashboard';
import { segments } from '../../../rehearsal/dashboard/graph';
import { markdown } from '../../../rehearsal/dashboard/markdown';
import type { DashboardView } from '../../../rehearsal/dashboard/view';
import { at, MINUTE } from '../cloudwatch/support';

const EVIL = '</svg><script>alert("1")</script>\'&';
const drawn = (widgets: object[], log: Parameters<typeof story>[0] = []) => drawDashboard(viewDashboard(dashboardOf(widgets), story(log))).toString();

describe('HTML', () => {
  test('escapes everything from a dashboard and its data', () => {
    const written = drawn([
      metricWidget({ title: EVIL, metrics: [[...IDLE_TIME, { label: EVIL }]], annotations: { horizontal: [{ value: 1, label: EVIL }] } }),
      metricWidget({ view: 'singleValue', title: EVIL, metrics: [[...IDLE_TIME, { label: EVIL }]] }),
      logWidget('SOURCE \'log\' | display @message'),
      textWidget('**</b>"\'&**'),
      textWidget(`- ${EVIL}`),
    ], [{ clock: '12:01', message: EVIL }]);
    expect(written).not.toContain('<script');
    expect(written.match(/&#60;script&#62;/g)!.length).toBe(8);
  });

  test('loads nothing and runs no script', () => {
    const written = drawn([metricWidget(), textWidget('[runbook](https://example.com/runbook) [log](/cloudwatch/home)')]);
    expect(written).not.toMatch(/<(script|link|img|iframe|object)|@import|url\(|\son\w+=|src=/i);
    expect(written.match(/https?:[^"\s<]+/g)).toEqual(['https://example.com/runbook']);
  });
});

describe('Markdown', () => {
  test.each([
    ['## Athena sessions\nStack/Sessions · namespace `Team #1`', '<h5>Athena sessions</h5><p>Stack/Sessions · namespace <code>Team #1</code></p>'],
    ['### One\n\ntwo **three**', '<h6>One</h6><p>two <strong>three</strong></p>'],
    ['[runbook](https://example.com/a?b=c#d)', '<p><a href="https://example.com/a?b=c#d">runbook</a></p>'],
    ['[log](/cloudwatch/home?region=x#y)', '<p><a title="/cloudwatch/home?region=x#y">log</a></p>'],
    ['[x](javascript:void)', '<p><a title="javascript:void">x</a></p>'],
    ['1 < 2 & snake_case_name', '<p>1 &#60; 2 &#38; snake_case_name</p>'],
  ])('%j', (source, expected) => {
    expect(markdown(source).toString()).toBe(expected);
  });

  test.each([
    '- a list', 'a *stress*', '![image](https://x)', 'a <br> b', '[half](of a link',
  ])('%s is an error', (source) => {
    expect(() => markdown(source)).toThrow('Markdown such as ');
  });
});

test.each([
  ['its label', { label: 'minutes', showUnits: false }, 'minutes'],
  ['the unit of its metrics', {}, 'Seconds'],
  ['nothing, without units', { showUnits: false }, ''],
])('an axis shows %s', (_, left, shown) => {
  expect(drawn([metricWidget({ yAxis: { left } })])).toContain(`<text class="unit" x="4" y="11">${shown}</text>`);
});

test('a legend is below the graph, or scrolls beside it', () => {
  expect(drawn([metricWidget()])).toMatch(/<\/svg><ul class="legend bottom">/);
  expect(drawn([metricWidget({ legend: { position: 'right' } })])).toMatch(/<div class="beside"><svg width="392".*<ul class="legend right">/s);
});

describe('a dashboard', () => {
  const pageWith = (change: Partial<DashboardView>) => drawDashboard({ ...viewDashboard(dashboardOf([]), story()), ...change }).toString();

  test('tells the day of its end if it is another one', () => {
    expect(pageWith({})).toContain('<span>2026-03-10 12:00 to 13:00 UTC</span></div>');
    expect(pageWith({ to: at('13:00') + 24 * 60 * MINUTE })).toContain('<span>2026-03-10 12:00 to 2026-03-11 13:00 UTC</span></div>');
  });

  test('tells how it differs from what CloudWatch shows', () => {
    expect(pageWith({ notes: ['with <other> periods', 'and more'] })).toContain('UTC</span><span>with &#60;other&#62; periods</span><span>and more</span></div>');
  });

  test('has all workgroups in alarm in a title, as a tile has no room for many', () => {
    const tile = (...inAlarm: string[]) => pageWith({ widgets: [{ x: 0, y: 0, width: 24, height: 3, kind: 'alarms', alarms: [{ name: 'Idle', state: 'ALARM', inAlarm }] }] });
    expect(tile()).toContain('<span title="In alarm">In alarm</span>');
    expect(tile('etl')).toContain('<span title="In alarm: etl">In alarm: etl</span>');
    const many = Array.from({ length: 100 }, (_, index) => `team-${index}`);
    expect(tile(...many)).toContain(`<span title="In alarm (100): ${many.join(', ')}">`);
    expect(DASHBOARD_STYLE.toString()).toMatch(/\.state span \{[^}]*text-overflow: ellipsis/);
  });
});

test('a widget that is not simulated says why, in its place', () => {
  const written = drawn([{ ...metricWidget(), type: 'explorer', x: 3 }, textWidget('- a list')]);
  expect(written).toMatch(/<article class="placeholder" style="grid-area:1\/4\/span 6\/span 12"><h5>Idle<\/h5><p class="empty">not simulated: widgets of the type explorer<\/p>/);
  expect(written).toContain('<p class="empty">not simulated: Markdown such as - a list</p>');
});

describe('gaps', () => {
  const points = (...minutes: number[]) => minutes.map(minute => ({ time: minute * MINUTE, value: 1 }));

  test('split a line', () => {
    expect(segments(points(0, 5, 15, 20, 40), 5 * MINUTE)).toEqual([points(0, 5), points(15, 20), points(40)]);
    expect(segments([], 5 * MINUTE)).toEqual([]);
  });

  test('are not drawn, and a single point is a dot', () => {
    const shapes = (properties: object) => {
      const written = drawn([metricWidget(properties)]);
      return [/class="line"[^>]* d="M/g, /class="area"[^>]* d="M/g, /<circle/g].map(pattern => written.match(pattern)?.length ?? 0);
    };
    expect(shapes({})).toEqual([2, 0, 0]);
    expect(shapes({ stacked: true })).toEqual([2, 2, 0]);
    expect(shapes({ metrics: [['AthenaSessions', 'IdleTime', 'WorkGroup', 'finance']] })).toEqual([1, 0, 1]);
    expect(shapes({ metrics: [['AthenaSessions', 'BusyTime', 'WorkGroup', 'finance']] })).toEqual([0, 0, 0]);
  });

  test('without any data are labelled', () => {
    const nothing = { metrics: [['AthenaSessions', 'BusyTime', 'WorkGroup', 'finance', { label: 'busy' }]] };
    expect(drawn([metricWidget(nothing)])).toMatch(/busy <b>–<\/b>.*|No data available/);
    expect(drawn([metricWidget(nothing)])).toContain('No data available');
    expect(drawn([metricWidget()])).not.toContain('No data available');
    expect(drawn([metricWidget({ ...nothing, view: 'singleValue' })])).toContain('<b title="no data">--</b>');
    expect(drawn([logWidget('SOURCE \'log\' | display @message')])).toContain('No results');
  });
});
