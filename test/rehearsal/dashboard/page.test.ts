import * as fc from 'fast-check';
import { dashboardOf, IDLE_TIME, logWidget, metricWidget, story, textWidget } from './support';
import { page, viewDashboard } from '../../../rehearsal/dashboard';
import { segments } from '../../../rehearsal/dashboard/graph';
import { html } from '../../../rehearsal/dashboard/html';
import { markdown } from '../../../rehearsal/dashboard/markdown';
import { full, short } from '../../../rehearsal/dashboard/number';
import { timeScale, valueScale } from '../../../rehearsal/dashboard/scale';
import type { DashboardView } from '../../../rehearsal/dashboard/view';
import { at, MINUTE } from '../cloudwatch/support';

const EVIL = '</svg><script>alert("1")</script>\'&';
const pageOf = (widgets: object[], title = 'A story', log: Parameters<typeof story>[0] = []) =>
  page([{ title, file: 'story.yaml', dashboards: [viewDashboard(dashboardOf(widgets), story(log))] }]);

describe('HTML', () => {
  test('escapes values once', () => {
    expect(html`<b title="${'"\'<>&'}">${html`<i>${1}</i>`}${undefined}${['<', html`<br>`]}</b>`.toString())
      .toBe('<b title="&#34;&#39;&#60;&#62;&#38;"><i>1</i>&#60;<br></b>');
  });

  test('escapes everything from a dashboard and its data', () => {
    const written = pageOf([
      metricWidget({ title: EVIL, metrics: [[...IDLE_TIME, { label: EVIL }]], annotations: { horizontal: [{ value: 1, label: EVIL }] } }),
      metricWidget({ view: 'singleValue', title: EVIL, metrics: [[...IDLE_TIME, { label: EVIL }]] }),
      logWidget('SOURCE \'log\' | display @message'),
      textWidget('**</b>"\'&**'),
    ], EVIL, [{ clock: '12:01', message: EVIL }]);
    expect(written).not.toContain('<script');
    expect(written.match(/&#60;script&#62;/g)!.length).toBe(7);
  });

  test('of a page loads nothing and runs no script', () => {
    const written = pageOf([metricWidget(), textWidget('[runbook](https://example.com/runbook) [log](/cloudwatch/home)')]);
    expect(written).not.toMatch(/<(script|link|img|iframe|object)|@import|url\(|\son\w+=|src=/i);
    expect(written).toContain('content="default-src \'none\'; style-src \'unsafe-inline\'"');
    expect(written.match(/https?:[^"\s<]+/g)).toEqual(['https://example.com/runbook']);
  });
});

describe('Markdown', () => {
  test.each([
    ['## Athena sessions\nStack/Sessions · namespace `Team #1`', '<h2>Athena sessions</h2><p>Stack/Sessions · namespace <code>Team #1</code></p>'],
    ['### One\n\ntwo **three**', '<h3>One</h3><p>two <strong>three</strong></p>'],
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
    expect(() => markdown(source)).toThrow('this Markdown is not simulated');
  });
});

describe('numbers', () => {
  test.each([
    [0, '0', '0'], [3, '3', '3'], [999.5, '999.5', '1k'], [5700, '5,700', '5.7k'], [17_640, '17,640', '17.6k'], [0.125, '0.13', '0.125'],
    [2.5e6, '2,500,000', '2.5M'],
  ])('%d', (value, inFull, inShort) => {
    expect([full(value), short(value)]).toEqual([inFull, inShort]);
  });
});

test.each([
  ['its label', { label: 'minutes', showUnits: false }, 'minutes'],
  ['the unit of its metrics', {}, 'Seconds'],
  ['nothing, without units', { showUnits: false }, ''],
])('an axis shows %s', (_, left, shown) => {
  expect(pageOf([metricWidget({ yAxis: { left } })])).toContain(`<text class="unit" x="4" y="11">${shown}</text>`);
});

test('a legend is below the graph, or scrolls beside it', () => {
  expect(pageOf([metricWidget()])).toMatch(/<\/svg><ul class="legend bottom">/);
  expect(pageOf([metricWidget({ legend: { position: 'right' } })])).toMatch(/<div class="beside"><svg width="510".*<ul class="legend right">/s);
});

describe('a page', () => {
  const pageWith = (change: Partial<DashboardView>) => page([{ title: 'A story', file: 'story.yaml', dashboards: [{ ...viewDashboard(dashboardOf([]), story()), ...change }] }]);

  test('tells the day of its end if it is another one', () => {
    expect(pageWith({})).toContain('<span>2026-03-10 12:00 to 13:00 UTC</span></div>');
    expect(pageWith({ to: at('13:00') + 24 * 60 * MINUTE })).toContain('<span>2026-03-10 12:00 to 2026-03-11 13:00 UTC</span></div>');
  });

  test('tells how a dashboard differs from what CloudWatch shows', () => {
    expect(pageWith({ note: 'with <other> periods' })).toContain('UTC</span><span>with &#60;other&#62; periods</span></div>');
  });

  test('has all workgroups in alarm in a title, as a tile has no room for many', () => {
    const tile = (...inAlarm: string[]) => pageWith({ widgets: [{ x: 0, y: 0, width: 24, height: 3, kind: 'alarms', alarms: [{ name: 'Idle', state: 'ALARM', inAlarm }] }] });
    expect(tile()).toContain('<span title="In alarm">In alarm</span>');
    expect(tile('etl')).toContain('<span title="In alarm: etl">In alarm: etl</span>');
    const many = Array.from({ length: 100 }, (_, index) => `team-${index}`);
    expect(tile(...many)).toContain(`<span title="In alarm (100): ${many.join(', ')}">`);
    expect(tile(...many)).toMatch(/\.state span \{[^}]*text-overflow: ellipsis/);
  });
});

describe('scales', () => {
  test.each([
    [[0, 3], {}, 4, [0, 1, 2, 3]],
    [[0, 1], {}, 4, [0, 1]], // no half sessions
    [[0, 5100, 3600], { min: 0 }, 3, [0, 2000, 4000, 6000]],
    [[0.2, 0.7], { min: 0 }, 4, [0, 0.2, 0.4, 0.6, 0.8]],
    [[], {}, 4, [0, 1]],
    [[12, 18], {}, 3, [12, 14, 16, 18]],
    [[0, 4], { min: 0, max: 10 }, 5, [0, 2, 4, 6, 8, 10]],
  ])('of %j with %j', (values, bounds, most, ticks) => {
    expect(valueScale(values, bounds, most).ticks).toEqual(ticks);
  });

  test('contain all values, and have few ticks at round values', () => {
    const decimal = fc.double({ min: 0, max: 1000, noNaN: true }).map(number => Number(number.toFixed(3)));
    const value = fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), decimal);
    fc.assert(fc.property(fc.array(value, { minLength: 1 }), fc.integer({ min: 2, max: 8 }), fc.boolean(), (values, most, fromZero) => {
      const { min, max, ticks } = valueScale(values, fromZero ? { min: 0 } : {}, most);
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      expect(max).toBeGreaterThan(min);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(most + 2); // both ends are rounded outwards
      expect(ticks[0]).toBeGreaterThanOrEqual(min);
      expect(ticks.at(-1)).toBeLessThanOrEqual(max);
      const steps = ticks.slice(1).map((tick, index) => tick - ticks[index]!);
      expect(steps.every(step => step.toPrecision(1) === steps[0]!.toPrecision(1))).toBe(true);
    }));
  });

  test('of time have ticks at whole minutes and hours in UTC', () => {
    const clocks = (from: string, to: string, most: number) =>
      timeScale(at(from), at(to), most).ticks.map(tick => new Date(tick).toISOString().slice(11, 16));
    expect(clocks('13:00', '17:30', 5)).toEqual(['13:00', '14:00', '15:00', '16:00', '17:00']);
    expect(clocks('13:07', '14:02', 6)).toEqual(['13:10', '13:20', '13:30', '13:40', '13:50', '14:00']);
  });
});

describe('gaps', () => {
  const points = (...minutes: number[]) => minutes.map(minute => ({ time: minute * MINUTE, value: 1 }));

  test('split a line', () => {
    expect(segments(points(0, 5, 15, 20, 40), 5 * MINUTE)).toEqual([points(0, 5), points(15, 20), points(40)]);
    expect(segments([], 5 * MINUTE)).toEqual([]);
  });

  test('are not drawn, and a single point is a dot', () => {
    const drawn = (properties: object) => {
      const written = pageOf([metricWidget(properties)]);
      return [/class="line"[^>]* d="M/g, /class="area"[^>]* d="M/g, /<circle/g].map(pattern => written.match(pattern)?.length ?? 0);
    };
    expect(drawn({})).toEqual([2, 0, 0]);
    expect(drawn({ stacked: true })).toEqual([2, 2, 0]);
    expect(drawn({ metrics: [['AthenaSessions', 'IdleTime', 'WorkGroup', 'finance']] })).toEqual([1, 0, 1]);
    expect(drawn({ metrics: [['AthenaSessions', 'BusyTime', 'WorkGroup', 'finance']] })).toEqual([0, 0, 0]);
  });

  test('without any data are labelled', () => {
    const nothing = { metrics: [['AthenaSessions', 'BusyTime', 'WorkGroup', 'finance', { label: 'busy' }]] };
    expect(pageOf([metricWidget(nothing)])).toMatch(/busy <b>–<\/b>.*|No data available/);
    expect(pageOf([metricWidget(nothing)])).toContain('No data available');
    expect(pageOf([metricWidget()])).not.toContain('No data available');
    expect(pageOf([metricWidget({ ...nothing, view: 'singleValue' })])).toContain('<b title="no data">--</b>');
    expect(pageOf([logWidget('SOURCE \'log\' | display @message')])).toContain('No results');
  });
});
