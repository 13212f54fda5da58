/// <reference lib="dom" preserve="true" />
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { alarmNamed, changes, message, told } from './support';
import { readAssembly } from '../../../rehearsal/assembly';
import { alarmLabel } from '../../../rehearsal/expectations';
import { rehearse } from '../../../rehearsal/rehearsal';
import { type PlayedStory, reportPage } from '../../../rehearsal/report/index';
import { bandsOf, isEventful, lanesOf, type Span, spanOf } from '../../../rehearsal/report/timeline';
import { loadStory } from '../../../rehearsal/story';
import { synthesize } from '../../../rehearsal/synthesis';
import { launchChromium } from '../../support/chromium';

jest.setTimeout(120_000); // machines may be slow, and busy

const ROOT = path.join(__dirname, '..', '..', '..');
const HOUR = 3_600_000;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
/** A4 in landscape format, without its margins. */
const PAPER = { width: 1047, height: 718 };

let folder: string;
let browser: Browser;
let afternoon: PlayedStory;
const complaints: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'report-test-'));
  browser = await launchChromium();
  const story = loadStory(path.join(ROOT, 'rehearsal', 'stories', 'afternoon.yaml'));
  const stacks = readAssembly(await synthesize({ folder: path.join(ROOT, 'examples', 'typescript', 'quickstart') }, path.join(folder, 'example')));
  afternoon = { story, stacks, result: await rehearse({ story, stacks }) };
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});
// Nothing is loaded, and nothing is refused by the page's own policy.
afterEach(() => expect(complaints.splice(0)).toEqual([]));

async function open(stories: readonly PlayedStory[], options: BrowserContextOptions = {}): Promise<Page> {
  const file = path.join(folder, 'page.html');
  writeFileSync(file, reportPage(stories));
  const url = pathToFileURL(file).href;
  const context = await browser.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  page.on('console', entry => complaints.push(entry.text()));
  page.on('pageerror', error => complaints.push(error.message));
  page.on('request', request => request.url() !== url && complaints.push(request.url()));
  page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`));
  await page.goto(url);
  return page;
}

interface Box { left: number; right: number }

/** Boxes of the elements in a row, and of the row's whole width. */
const boxes = (page: Page, rows: string, parts: string) => page.$$eval(rows, (all, selector) => all.map(row => {
  const box = (element: Element): Box => {
    const { left, right } = element.getBoundingClientRect();
    return { left, right };
  };
  const track = row.querySelector('svg.track')!;
  const name = row.querySelector('.label')!.textContent!;
  const { width, left } = getComputedStyle(track).display === 'block' ? track.getBoundingClientRect() : { width: 0, left: 0 };
  return { name, track: { left, right: left + width }, parts: [...row.querySelectorAll(selector)].map(box) };
}), parts);

/** Where a time is in a row, in pixels. */
function placeOf(time: number, { from, to }: Span, track: Box): number {
  return track.left + (time - from) / (to - from) * (track.right - track.left);
}

/** How far the page is wider than the window. */
const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe.each([['a wide window', WIDE], ['a phone', NARROW]])('in %s', (_, viewport) => {
  let page: Page;
  let span: Span;
  beforeAll(async () => {
    page = await open([afternoon], { viewport });
    await page.$eval('details', details => details.setAttribute('open', ''));
    span = spanOf(afternoon.story, afternoon.result.date);
  });
  afterAll(async () => page.context().close());

  test('the story ended as expected, and the page says so', async () => {
    expect(afternoon.result.mismatches).toEqual([]);
    expect(await page.textContent('.verdict')).toBe('The story ended as it expects');
  });

  test('there is a band for each alarm, with its states where they belong', async () => {
    const [variant] = afternoon.result.variants;
    const all = bandsOf(variant!.states, variant!.transitions, span);
    const bands = [...all.filter(isEventful), ...all.filter(band => !isEventful(band))];
    const drawn = await boxes(page, '.row.band', 'rect.part');
    expect(drawn.map(({ name }) => name)).toEqual(bands.map(({ alarm, contributor }) => alarmLabel(alarm, contributor)));
    expect(drawn.length).toBeGreaterThan(variant!.states.length); // some have several contributors
    bands.forEach(({ parts }, index) => {
      const { track, parts: shown } = drawn[index]!;
      expect(shown).toHaveLength(parts.length);
      parts.forEach((part, position) => {
        expect(Math.abs(shown[position]!.left - placeOf(part.from, span, track))).toBeLessThan(1);
        expect(Math.abs(shown[position]!.right - placeOf(part.to, span, track))).toBeLessThan(1);
      });
    });
  });

  test('there is a lane for each session, with its states where they belong', async () => {
    const { story, result } = afternoon;
    const lanes = lanesOf(story, result.date, span);
    const drawn = await boxes(page, '.row.lane', 'rect.part');
    expect(drawn.map(({ name }) => name.split(' ')[0])).toEqual(lanes.map(({ id }) => id));
    expect(lanes.map(({ id }) => id).sort()).toEqual(story.sessions.map(({ id }) => id).sort());
    lanes.forEach(({ parts }, index) => {
      const { track, parts: shown } = drawn[index]!;
      expect(shown).toHaveLength(parts.length);
      parts.forEach((part, position) => expect(Math.abs(shown[position]!.left - placeOf(part.from, span, track))).toBeLessThan(1));
    });
  });

  test('all rows begin and end at the same place, so that causes are below their alarms', async () => {
    const rows = await boxes(page, '.timeline li.row', 'nothing');
    const [first] = rows;
    rows.forEach(({ track }) => expect(track).toEqual(first!.track));
    expect(first!.track.right - first!.track.left).toBeGreaterThan(viewport.width * 0.6);
  });

  test.each([
    ['Sessions/Idle/analytics', 'notebook-1', 'idle'],
    ['Sessions/Degraded/etl', 'load-2', 'degraded'],
    ['Production/Idle-etl-production', 'production-1', 'idle'],
  ])('%s is raised above the state of its session: %s is %s', async (alarm, session, state) => {
    const raised = (await boxes(page, '.row.band', 'rect.alarm')).find(({ name }) => name === alarm)!;
    const cause = (await boxes(page, '.row.lane', `rect.${state}`)).find(({ name }) => name.startsWith(session))!;
    expect(raised.parts).toHaveLength(1);
    const last = cause.parts.at(-1)!;
    expect(raised.parts[0]!.left).toBeGreaterThan(last.left);
    expect(raised.parts[0]!.left).toBeLessThan(last.right);
  });

  test.each([
    ['Sessions/Failed/reporting', 'report-2'], ['Sessions/Failed/analytics', 'notebook-2'], ['Sessions/Failed/adhoc', 'adhoc-1'],
    ['Production/Failed-etl-production', 'production-2'],
  ])('%s is raised shortly after the end of its session, %s', async (alarm, session) => {
    const raised = (await boxes(page, '.row.band', 'rect.alarm')).find(({ name }) => name === alarm)!;
    const cause = (await boxes(page, '.row.lane', 'circle.failed')).find(({ name }) => name.startsWith(session))!;
    const [end] = cause.parts;
    const delay = (raised.parts[0]!.left - (end!.left + end!.right) / 2) / (raised.track.right - raised.track.left) * (span.to - span.from) / 60_000;
    expect(delay).toBeGreaterThan(0);
    expect(delay).toBeLessThan(20); // minutes; the runs after the one failure are missed
  });

  test('alarms are raised where the story expects it', async () => {
    const bands = await boxes(page, '.row.band', 'rect.alarm');
    for (const { alarm, contributor, raised } of afternoon.story.expect.alarms) {
      const name = contributor === undefined ? alarm : `${alarm}/${contributor}`;
      const { track, parts } = bands.find(band => band.name === name)!;
      expect(parts).toHaveLength(raised === undefined ? 0 : 1);
      for (const [index, time] of (raised ?? []).entries()) {
        const least = placeOf(afternoon.result.date + time, span, track);
        expect(Math.sign(parts[0]!.left - least) * (index === 0 ? 1 : -1)).toBeGreaterThanOrEqual(Math.abs(parts[0]!.left - least) < 1 ? -1 : 0);
      }
    }
  });

  test('messages have marks at their times that lead to them', async () => {
    const { messages } = afternoon.result;
    const [row] = await boxes(page, '.row:has(.messages)', 'circle');
    expect(row!.parts).toHaveLength(messages.length);
    row!.parts.forEach(({ left, right }, index) =>
      expect(Math.abs((left + right) / 2 - placeOf(messages[index]!.at, span, row!.track))).toBeLessThan(1));
    expect(await page.$$eval('.messages a', links => links.map(link => document.querySelector(link.getAttribute('href')!)!.textContent)))
      .toEqual(messages.map(({ text }) => expect.stringContaining(text)));
  });

  test('runs that are missed, late or doubled are marked', async () => {
    expect(await page.$$eval('a.run', links => links.map(link => link.getAttribute('aria-label')))).toEqual([
      '2 missed ticks at 13:50', '2 ticks delivered twice at 14:10:05', '2 late ticks at 15:20:50', '8 missed ticks from 16:45 to 17:00',
    ]);
  });

  test('all links lead to something', async () => {
    const targets = await page.$$eval('a[href^="#"]', links => links.map(link => link.getAttribute('href')!.slice(1)));
    expect(targets.length).toBeGreaterThan(50);
    expect(await page.evaluate(ids => ids.filter(id => !document.getElementById(id)), targets)).toEqual([]);
  });

  test('the page does not scroll sideways', async () => {
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });

  test('texts in states have room', async () => {
    const cut = await page.$$eval('.row rect.part', rects => rects.flatMap(rect => {
      const text = rect.nextElementSibling;
      return text && getComputedStyle(text).display !== 'none' && text.getBoundingClientRect().right > rect.getBoundingClientRect().right + 1
        ? [text.textContent] : [];
    }));
    expect(cut).toEqual([]);
  });

  test('a screen reader says what bands, lanes and marks show', async () => {
    const named = async (role: 'img' | 'group' | 'link', name: string) => page.getByRole(role, { name, exact: true }).count();
    expect(await named('group', 'Alarm Sessions/Idle/analytics: OK from 13:00 to 14:32 (1 h 32 min), '
      + 'ALARM from 14:32 to 15:11 (39 min), OK from 15:11 until the end')).toBe(1);
    expect(await named('img', 'Session production-1 in etl-production: BUSY since 12:56 to 13:14 (18 min), IDLE from 13:14 to 13:57 (43 min), '
      + 'BUSY from 13:57 to 14:15 (18 min), TERMINATED at 14:15')).toBe(1);
    expect(await named('link', 'production-1')).toBe(1);
    expect(await page.getByRole('link', { name: /^ALARM from 14:32 to 15:11 \(39 min\): / }).count()).toBe(1);
    expect(await page.$$eval('svg', images => images.filter(image => image.closest('[role=img], [role=group], [aria-hidden]') === null
      && image.parentElement?.closest('svg') === null).length)).toBe(0);
  });
});

test('dashboards fit a wide window, and scroll in a region of their own on a phone', async () => {
  const page = await open([afternoon]);
  const hidden = () => page.$$eval('.pan', regions => regions.map(region => region.scrollWidth - region.clientWidth));
  expect(await hidden()).toEqual([0, 0]);
  await page.setViewportSize(NARROW);
  (await hidden()).forEach(width => expect(width).toBeGreaterThan(100));
  expect(await page.getByRole('region', { name: 'Dashboard AthenaSessions/Sessions/Dashboard' }).getAttribute('tabindex')).toBe('0');
  expect(await page.textContent('.dashboards-section')).not.toContain('not simulated');
  await page.context().close();
});

/** The contrast of each text with what is behind it, and its colours. */
const contrasts = (page: Page) => page.evaluate(() => {
  const channels = (colour: string) => /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(colour)!.slice(1).map(value => Number(value ?? 1));
  const luminance = (colour: string) => channels(colour).slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + [0.2126, 0.7152, 0.0722][index]! * value, 0);
  const middle = (element: Element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  };
  const behind = (element: Element): string => {
    if (element.tagName === 'text') { // in an SVG, on a shape that is drawn before it
      const { x, y } = middle(element);
      const shape = [...element.parentElement!.children].filter(other => ['rect', 'circle'].includes(other.tagName)).find(other => {
        const { left, right, top, bottom } = other.getBoundingClientRect();
        return x > left && x < right && y > top && y < bottom;
      });
      if (shape) {
        return getComputedStyle(shape).fill;
      }
    }
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? behind(element.parentElement!) : backgroundColor;
  };
  const texts = [...document.querySelectorAll('main *')].filter(element => element.checkVisibility() && !['title', 'STYLE'].includes(element.tagName)
    && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== ''));
  return texts.map(element => {
    const style = getComputedStyle(element);
    const [colour, back] = [element instanceof SVGElement ? style.fill : style.color, behind(element)];
    const [dark, light] = [luminance(colour), luminance(back)].sort((a, b) => a - b);
    return { text: element.textContent!.slice(0, 40), colour, back, contrast: (light! + 0.05) / (dark! + 0.05) };
  });
});

describe('colours', () => {
  /** Everything that has a colour of its own, by scheme. */
  const everything = () => {
    const alarm = alarmNamed('Failed');
    const all = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'DEGRADED', 'TERMINATING'].map((state, index) =>
      `  - { id: ${state}, workGroup: etl, history: [{ at: 13:00, state: ${state} }, { at: 14:5${index}, state: ${index % 2 === 0 ? 'FAILED' : 'TERMINATED'} }] }`);
    return told(`title: Colours\nfrom: 13:00\nto: 16:00\nworkGroups: [{ name: etl }]\nsessions:\n${all.join('\n')}
  - { id: vanished, workGroup: etl, listedUntil: 13:30, history: [{ at: 13:00, state: BUSY }] }`, {
      alarms: [alarm],
      transitions: changes(alarm, [[13.6 * HOUR, 'OK'], [14 * HOUR, 'ALARM'], [15 * HOUR, 'INSUFFICIENT_DATA']]),
      events: [message(14 * HOUR, 'text', 'Title')],
      mismatches: ['story.yaml:1:2: any'],
    });
  };

  test.each(['light', 'dark'] as const)('have enough contrast for every text: %s', async colorScheme => {
    const page = await open([afternoon, everything()], { colorScheme });
    await page.$$eval('details', all => all.forEach(details => details.setAttribute('open', '')));
    const all = await contrasts(page);
    expect(all.length).toBeGreaterThan(500);
    expect(all.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    await page.context().close();
  });

  test('follow the reader\'s choice of light and dark, also for dashboards', async () => {
    const [light, dark] = [await open([afternoon], { colorScheme: 'light' }), await open([afternoon], { colorScheme: 'dark' })];
    const colours = (page: Page) => page.$$eval('body, .timeline, .part.idle, .cards > li, .widgets article.graph, .widgets th', elements =>
      elements.map(element => getComputedStyle(element)).map(({ backgroundColor, fill, color }) => [backgroundColor, fill, color].join()));
    const [shown, others] = [await colours(light), await colours(dark)];
    expect(shown.length).toBeGreaterThan(10);
    shown.forEach((colour, index) => expect(others[index]).not.toBe(colour));
    await Promise.all([light, dark].map(page => page.context().close()));
  });

  test('are not needed to tell the states of sessions apart', async () => {
    const page = await open([everything()]);
    const looks = await page.$$eval('.legend-of-states li', entries => entries.map(entry => [...entry.querySelectorAll('rect, circle, path')].map(shape => {
      const { strokeDasharray, fill, stroke } = getComputedStyle(shape);
      const isHollow = fill === getComputedStyle(document.querySelector('.timeline')!).backgroundColor;
      return [shape.tagName, shape.getAttribute('width'), shape.getAttribute('height'), strokeDasharray, isHollow, stroke === fill].join();
    }).join(';')));
    expect(looks).toHaveLength(11); // three of alarms, eight of sessions
    expect(new Set(looks.slice(3)).size).toBe(8);
    await page.context().close();
  });
});

test('the Tab key reaches everything in order, and shows where it is', async () => {
  const page = await open([afternoon]);
  const expected = await page.$$eval('a[href]:not([tabindex="-1"]), summary, [tabindex="0"]', elements => elements
    .filter(element => element.checkVisibility()).map((element, index) => element.setAttribute('data-order', String(index))).length);
  expect(expected).toBeGreaterThan(40);
  for (let index = 0; index < expected; index++) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => {
      const element = document.activeElement!;
      const shapes = [...element.querySelectorAll('.part, circle, rect')].map(shape => getComputedStyle(shape));
      const isVisible = getComputedStyle(element).outlineStyle === 'solid' || shapes.some(({ strokeWidth }) => strokeWidth === '3px');
      return [element.getAttribute('data-order'), isVisible];
    })).toEqual([String(index), true]);
  }
  await page.context().close();
});

test('following a link with the keyboard shows and marks what it leads to', async () => {
  const page = await open([afternoon]);
  await page.getByRole('link', { name: /^ALARM from 14:32/ }).focus();
  await page.keyboard.press('Enter');
  const target = page.locator('li:target');
  expect(await target.textContent()).toMatch(/^14:32 ALARM Sessions\/Idle\/analytics notebook-1 has been IDLE for 1 h 1 min, started 1 h 28 min ago \(churn model\)/);
  expect(await target.evaluate(element => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight;
  })).toBe(true);
  await page.context().close();
});

test('a printed page is light, shows what is folded, and cuts nothing', async () => {
  const page = await open([afternoon], { colorScheme: 'dark', viewport: PAPER });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
  expect((await contrasts(page)).filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  const folded = await page.$$eval('details .row', rows => rows.map(row => row.checkVisibility()));
  expect(folded.length).toBeGreaterThan(2);
  expect(new Set(folded)).toEqual(new Set([true]));
  const bottoms = await page.$$eval('details, details .row', elements => elements.map(box => box.getBoundingClientRect().bottom));
  expect(Math.max(...bottoms)).toBe(bottoms[0]); // the fold has their height
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  const cut = await page.$$eval('main *', elements => elements.filter(element => {
    const { overflowX, overflowY } = getComputedStyle(element);
    const isClipped = [overflowX, overflowY].some(value => value !== 'visible') && !(element instanceof SVGElement);
    return isClipped && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1);
  }).map(element => `${element.className}: ${element.textContent!.slice(0, 60)}`));
  expect(cut).toEqual([]);
  const tooWide = await page.$$eval('main *', elements => elements.filter(element => element.getBoundingClientRect().right > window.innerWidth + 1).length);
  expect(tooWide).toBe(0);
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(pdf).toMatch(/\/MediaBox \[0 0 84[12][.\d]* 59[456]/); // landscape
  await page.context().close();
});

test('a story of a week with 200 sessions, long names and hostile texts fits every window', async () => {
  const evil = '</svg></style><script>document.title="owned"</script><img src=x onerror=alert(1)>"&';
  const long = 'x'.repeat(128);
  const alarms = Array.from({ length: 12 }, (_, index) => alarmNamed(`${index}-${index % 2 === 0 ? long : evil}`));
  const sessions = Array.from({ length: 200 }, (_, index) => {
    const start = `${String(index % 24).padStart(2, '0')}:10 +${index % 7}d`;
    const end = `${String(index % 24).padStart(2, '0')}:50 +${index % 7}d`;
    const id = index % 3 === 0 ? `${index}-${evil}` : `${index}-${long}`;
    return `  - { id: ${JSON.stringify(id)}, workGroup: ${index % 2 === 0 ? long : 'etl'}, description: ${JSON.stringify(evil)}, `
      + `history: [{ at: ${start}, state: BUSY }, { at: ${end}, state: FAILED, reason: ${JSON.stringify(evil + long)} }] }`;
  });
  const week = told(`title: ${JSON.stringify(`A week ${evil} ${long}`)}
from: 00:00
to: 00:00 +7d
workGroups: [{ name: etl }, { name: ${long} }]
sessions:
${sessions.join('\n')}`, {
    alarms,
    transitions: alarms.flatMap((alarm, index) => changes(alarm, [[0, 'OK'], [(10 + index) * HOUR, 'ALARM'], [(40 + index) * HOUR, 'OK']], evil)),
    events: Array.from({ length: 60 }, (_, index) => message(index * HOUR, `${evil} ${long.repeat(3)}`, index % 2 === 0 ? long : undefined)),
    mismatches: [`story.yaml:1:2: ${long}${evil}`],
    stacks: [{ dashboards: [{ logicalId: 'Dashboard', path: long, region: 'us-east-1', body: '{' }] } as never],
  });
  for (const viewport of [WIDE, NARROW]) {
    const page = await open([week], { viewport });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await page.title()).toContain('A week </svg>');
    expect(await page.locator('.row.lane').count()).toBe(200);
    expect(await page.locator('.row.band').count()).toBe(12);
    expect(await page.locator('.axis .track:visible .day-name:visible').allTextContents()).toEqual(
      ['10 Mar', '11 Mar', '12 Mar', '13 Mar', '14 Mar', '15 Mar', '16 Mar']);
    expect(await page.locator('.dashboards-section').textContent()).toContain('not simulated: its body is not JSON');
    await page.context().close();
  }
});

test('a browser that is missing is an error that says what to do', async () => {
  process.env.CHROMIUM_PATH = path.join(folder, 'nothing');
  try {
    await expect(launchChromium()).rejects.toThrow('The tests of the report need Chromium: install it (apt-get install chromium), or set CHROMIUM_PATH');
  } finally {
    delete process.env.CHROMIUM_PATH;
  }
});
