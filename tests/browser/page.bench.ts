/**
 * How soon the page is there and answers, in the manner of Lighthouse: paints, the largest paint, until it answers, how long its thread was blocked,
 * bytes and requests; as it is, and as on a slow phone.
 *
 * Each load is a new context: nothing is in its cache. Each figure is the median of RUNS loads, which take turns with those of a line of text of the same
 * server: what that takes no page can do without. A load that is looked at is left alone; one that is touched is another one, since what
 * touches it takes part in what would be measured.
 * Prints `bench: {"what", "value", "unit", "note", "against"}` lines for satchel-bench.
 */
import type { Browser, Page, Request } from '@playwright/test';
import { expect, test } from './fixture';
import { lineTo } from './line';
import { share } from './people';

const RUNS = Number(process.env['SATCHEL_BENCH_RUNS'] ?? '5');
/** 1.6 Mbit/s down, half of that up, 150 ms there and back. */
const LINE = { roundTripMs: 150, bytesPerSecond: { down: 200_000, up: 100_000 } };
const SLOWDOWN = 4;
/** The browser slows what it is told to; a core that is shared does not do so exactly. */
const SLOWDOWN_MIN = 2.5;
const CONDITIONS = ['as it is', 'slow phone'] as const;
type Condition = (typeof CONDITIONS)[number];

interface View {
  readonly name: string;
  /** Path and fragment. */
  readonly address: string;
  /** What a person does first. Nothing, where there is nothing to do. */
  readonly first?: Touch;
}

interface Touch {
  /** Where something is typed; null where a press is all. */
  readonly field: string | null;
  readonly typed: string;
  /** The one button. */
  readonly button: string;
  /** What is there at the end. */
  readonly result: string;
}

const BUTTON = 'form.card button.primary[type=submit]';

test('how soon the page is there', async ({ page, browser, server }) => {
  test.setTimeout(1_200_000);
  const always = { text: 'The strike fund holds eleven weeks.', opens: 'any number of times' } as const;
  const open = await share(page, server, always);
  const locked = await share(page, server, { ...always, passphrase: 'generated' });
  const fragment = (link: string): string => link.slice(server.origin.length);
  const text = '.reading[role=region]';
  const views: View[] = [
    { name: 'a line of text', address: '/healthz' },
    { name: 'make', address: '/', first: { field: 'form.card textarea', typed: 'a', button: BUTTON, result: 'input.taken' } },
    { name: 'open', address: fragment(open.link), first: { field: null, typed: '', button: BUTTON, result: text } },
    { name: 'passphrase', address: fragment(locked.link), first: { field: 'form.card input[required]', typed: locked.passphrase ?? '', button: BUTTON, result: text } },
  ];

  const line = await lineTo(server.origin, LINE);
  const origins = { 'as it is': server.origin, 'slow phone': line.origin };
  const figures = new Map<string, Figures[]>();
  const loops: Record<Condition, number[]> = { 'as it is': [], 'slow phone': [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const condition of CONDITIONS) {
      for (const view of views) {
        const address = origins[condition] + view.address;
        const looked = await look(browser, address, condition, view);
        const touched = view.first === undefined ? undefined : await touch(browser, address, condition, view.first);
        loops[condition].push(looked.loop);
        const key = `${condition}: ${view.name}`;
        figures.set(key, [...(figures.get(key) ?? []), { ...looked.figures, ...touched }]);
      }
    }
  }
  await line.close();

  const slowed = median(loops['slow phone']) / median(loops['as it is']);
  expect(slowed, 'the page was slowed').toBeGreaterThan(SLOWDOWN_MIN);
  for (const condition of CONDITIONS) {
    const reference = `${condition}: a line of text, ${NAMES.contentful}`;
    for (const view of views) {
      const all = figures.get(`${condition}: ${view.name}`) ?? [];
      for (const figure of Object.keys(NAMES) as (keyof Figures)[]) {
        const values = all.flatMap((each) => each[figure] ?? []);
        if (values.length === 0) continue;
        const unit = figure === 'bytes' ? 'bytes' : figure === 'requests' ? 'requests' : 'ms';
        const what = `${condition}: ${view.name}, ${NAMES[figure]}`;
        const against = unit === 'ms' && figure !== 'blocked' && what !== reference ? reference : undefined;
        const note = `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))} in ${values.length} runs`;
        // The reference comes first in the table: only what stands there already can be compared with.
        tell(what, median(values), unit, note, against);
      }
    }
  }
  tell('slow phone: a loop of the page', slowed, 'times as long', `${slowed.toFixed(2)}; asked for ${SLOWDOWN}`);
});

interface Figures {
  readonly contentful?: number;
  readonly paint?: number;
  readonly largest?: number;
  /** Both answered: what was typed, and the press. */
  readonly answers?: number;
  readonly done?: number;
  readonly blocked?: number;
  readonly bytes?: number;
  readonly requests?: number;
}

const NAMES: Readonly<Record<keyof Figures, string>> = {
  contentful: 'first contentful paint',
  paint: 'first paint',
  largest: 'largest contentful paint',
  answers: 'until letter and press are answered',
  done: 'from the press to what it gives',
  blocked: 'total blocking time',
  bytes: 'bytes',
  requests: 'requests',
};

/** A load that nobody touches, until everything that comes by itself has come. */
async function look(browser: Browser, address: string, condition: Condition, view: View): Promise<{ figures: Figures; loop: number }> {
  const page = await visitor(browser, condition);
  await page.addInitScript(watchLoad);
  const finished: Request[] = [];
  page.context().on('requestfinished', (request) => void finished.push(request));
  await page.goto(address);
  if (view.first !== undefined) await page.locator(view.first.button).waitFor();
  // Sealing comes by itself, behind what is seen.
  if (view.name === 'make') await expect.poll(() => finished.some((request) => request.url().endsWith('.wasm'))).toBe(true);
  await page.waitForLoadState('networkidle');
  const { paints, tasks, largest } = await page.evaluate(() => {
    const { satchelLoad } = globalThis as unknown as Watched;
    return { ...satchelLoad, paints: performance.getEntriesByType('paint').map(({ name, startTime }) => ({ name, startTime })) };
  });
  const loop = await page.evaluate(busy);
  const sizes = await Promise.all(finished.map((request) => request.sizes()));
  await page.context().close();
  const painted = (name: string): number => paints.find((each) => each.name === name)?.startTime ?? Number.NaN;
  const contentful = painted('first-contentful-paint');
  // Of a task that had begun before the paint, what came after it.
  const blocked = tasks.map(({ start, end }) => Math.max(0, end - Math.max(start, contentful) - LONG_MS));
  return {
    loop,
    figures: {
      contentful,
      paint: painted('first-paint'),
      largest,
      blocked: blocked.reduce((sum, each) => sum + each, 0),
      bytes: sizes.reduce((sum, each) => sum + each.responseBodySize + each.responseHeadersSize, 0),
      requests: finished.length,
    },
  };
}

/** Milliseconds: a longer task is felt, and what it has more is blocking. */
const LONG_MS = 50;

/** A load that is touched the moment there is something to touch, by real keys: a letter, or the passphrase; then Enter on the button. */
async function touch(browser: Browser, address: string, condition: Condition, { field, typed, button, result }: Touch): Promise<Figures> {
  const page = await visitor(browser, condition);
  let say = (): void => undefined;
  const there = new Promise<void>((resolve) => (say = resolve));
  await page.exposeFunction('satchelThere', () => say());
  await page.addInitScript(watchTouch, { field, button, result });
  await page.goto(address, { waitUntil: 'commit' });
  await there;
  if (field !== null) {
    if (typed.length === 1) await page.keyboard.press(typed);
    else await page.keyboard.insertText(typed);
    await page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.focus(), button);
  }
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => (globalThis as unknown as Watched).satchelTouch.done !== undefined);
  const { letter, pressed, answered, done, painted } = await page.evaluate(() => {
    const painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN;
    return { ...(globalThis as unknown as Watched).satchelTouch, painted };
  });
  await page.context().close();
  if (field !== null && letter === undefined) throw new Error('the letter was not taken');
  if (answered === undefined || pressed === undefined || done === undefined) throw new Error('the press was not answered');
  // A program may press what nobody sees yet.
  return { answers: Math.max(letter ?? 0, answered, painted), done: done - pressed };
}

/** A new person, with nothing in the cache. */
async function visitor(browser: Browser, condition: Condition): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: condition === 'slow phone' ? { width: 360, height: 740 } : { width: 1280, height: 900 } });
  const page = await context.newPage();
  if (condition === 'slow phone') await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  return page;
}

function tell(what: string, value: number, unit: string, note: string, against?: string): void {
  console.log(`bench: ${JSON.stringify({ what, value, unit, note, against })}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/* ---------------------------------------------------------------- in the page */

/** What these functions leave in the page's global scope. Times are milliseconds from the start of the navigation. */
interface Watched {
  satchelLoad: { tasks: { readonly start: number; readonly end: number }[]; largest: number };
  satchelTouch: { letter?: number; pressed?: number; answered?: number; done?: number };
  satchelThere: () => void;
}

function watchLoad(): void {
  const seen: Watched['satchelLoad'] = { tasks: [], largest: 0 };
  Object.assign(globalThis, { satchelLoad: seen });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.tasks.push({ start: startTime, end: startTime + duration });
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    seen.largest = list.getEntries().at(-1)?.startTime ?? seen.largest;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
}

/** Says when there is something to touch and puts the focus there, as a finger would; and notes when it was answered. */
function watchTouch({ field, button, result }: { field: string | null; button: string; result: string }): void {
  const seen: Watched['satchelTouch'] = {};
  Object.assign(globalThis, { satchelTouch: seen });
  let pressed: Element | null = null;
  let said = false;
  // After the page's own listeners: it has the letter.
  addEventListener('input', ({ target }) => {
    if ((target as HTMLInputElement).value !== '') seen.letter ??= performance.now();
  });
  addEventListener('click', ({ target }) => {
    pressed = target as Element;
    seen.pressed = performance.now();
  }, true);
  new MutationObserver(() => {
    const now = performance.now();
    const first = document.querySelector<HTMLElement>(field ?? button);
    if (!said && first !== null && document.querySelector(button) !== null) {
      said = true;
      first.focus();
      (globalThis as unknown as Watched).satchelThere();
    }
    // The form gives way to how far it is.
    if (pressed !== null && !pressed.isConnected) seen.answered ??= now;
    if (seen.answered !== undefined && document.querySelector(result) !== null) seen.done ??= now;
  }).observe(document, { childList: true, subtree: true });
}

/** Milliseconds of some work that is the same each time. */
function busy(): number {
  const begun = performance.now();
  let x = 0;
  for (let at = 0; at < 3e7; at += 1) x = (x + at * at) % 1_000_003;
  return performance.now() - begun + (x < 0 ? 1 : 0);
}
