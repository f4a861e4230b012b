/**
 * What is asked of everything that is on a screen: nothing that axe-core finds, of any level, in both themes, both directions and with forced colours;
 * that it fits; that a thumb hits what can be pressed; that what went wrong is said aloud; and a picture to look at.
 */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './server';

const PICTURES = join(PROJECT, 'screenshots');
/** CSS pixels, both ways. */
const TARGET_MIN = 44;
/** WCAG 2.2, AA, for texts of any size. */
const CONTRAST_MIN = 4.5;
/** Windows, in CSS pixels: a phone's, where it is a thumb that presses, and a desk's. */
export const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };
/** A window of 1,280 px at 400 %, as WCAG counts: what was judged as on a phone needs only to fit. */
const NARROW = { width: 320, height: 740 };
/** One at 200 %, whose reader has letters twice as large besides. */
const ENLARGED = { width: 640, height: 450 };

interface Look {
  readonly colorScheme: 'light' | 'dark';
  readonly turned: boolean;
  /** Whether all of axe's rules are asked, or colours alone: the others find the same as in the look with this direction. */
  readonly rules: 'all' | 'colours';
}

/** The page as it is, then with its direction turned; each in both themes. */
const LOOKS: readonly Look[] = [
  { colorScheme: 'light', turned: false, rules: 'all' },
  { colorScheme: 'dark', turned: false, rules: 'colours' },
  { colorScheme: 'light', turned: true, rules: 'colours' },
  { colorScheme: 'dark', turned: true, rules: 'all' },
];
/** Each theme and each direction once: colours know nothing of the direction. A long run asks every rule in every look, on the desk too. */
const SHORT_LOOKS = LOOKS.filter(({ rules }) => rules === 'all');
/** Its colours are a phone's: what the desk has of its own is where things stand. */
const SHORT_DESK_LOOKS = LOOKS.slice(0, 1);
const LONG = process.env['SATCHEL_LONG'] !== undefined;

/** All looks of what is on the screen now, in each window. It is left as it was. On the desk a language that is only other words needs to fit. */
export async function judged(page: Page, name: string, onDesk: 'judged' | 'fits' = 'judged'): Promise<void> {
  if (page.context().browser()?.browserType().name() === 'firefox') return judgedAsItIs(page, name);
  mkdirSync(PICTURES, { recursive: true });
  const [direction, before] = [await page.evaluate(() => document.documentElement.dir), page.viewportSize()];
  await page.setViewportSize(PHONE);
  for (const look of LONG ? LOOKS : SHORT_LOOKS) await seen(page, `${name}-360`, direction, look);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, forcedColors: 'active' });
    expect.soft(await faint(page), `${name}, ${colorScheme} with forced colours`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null });
  expect.soft(await smallTargets(page), `${name}: what a thumb may miss`).toEqual([]);
  await page.setViewportSize(DESK);
  if (onDesk === 'judged') for (const look of LONG ? LOOKS : SHORT_DESK_LOOKS) await seen(page, `${name}-1280`, direction, look);
  for (const window of [DESK, NARROW, ENLARGED]) {
    await page.setViewportSize(window);
    await enlarge(page, window === ENLARGED ? '200%' : '');
    for (const turned of [false, true]) await fits(page, `${name}-${window.width}-${await turn(page, direction, turned)}`);
  }
  await enlarge(page, '');
  await page.emulateMedia({ colorScheme: null });
  await turn(page, direction, false);
  if (before !== null) await page.setViewportSize(before);
  expect.soft(await unsaid(page), `${name}: what went wrong and is not said aloud`).toEqual([]);
}

/** One look, in the window that is there. */
async function seen(page: Page, name: string, direction: string, { colorScheme, turned, rules }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme });
  const look = `${name}-${colorScheme}-${await turn(page, direction, turned)}`;
  if (rules === 'all') await page.screenshot({ path: join(PICTURES, `${look}.png`), fullPage: true });
  expect.soft(await found(page, LONG ? 'all' : rules), look).toEqual([]);
  await fits(page, look);
}

/** The letters that all others are measured by. */
function enlarge(page: Page, to: string): Promise<string> {
  return page.evaluate((size) => (document.documentElement.style.fontSize = size), to);
}

/** The direction that is shown then: the page's own, or the other. */
async function turn(page: Page, direction: string, turned: boolean): Promise<string> {
  const shown = turned ? (direction === 'rtl' ? 'ltr' : 'rtl') : direction;
  await page.evaluate((dir) => (document.documentElement.dir = dir), shown);
  return shown;
}

/** In Firefox, which emulates no themes over WebDriver BiDi. */
async function judgedAsItIs(page: Page, name: string): Promise<void> {
  expect.soft(await found(page, 'all'), name).toEqual([]);
  await fits(page, name);
  expect.soft(await smallTargets(page), `${name}: what a thumb may miss`).toEqual([]);
  expect.soft(await unsaid(page), `${name}: what went wrong and is not said aloud`).toEqual([]);
}

/** Nothing is to be reached by scrolling sideways. */
export async function fits(page: Page, name: string): Promise<void> {
  expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** What axe-core finds. */
async function found(page: Page, rules: Look['rules']): Promise<string[]> {
  // What is in a frame of another origin is looked at in a page of axe's own, which takes longer: only where there is one.
  const axe = new AxeBuilder({ page }).setLegacyMode(page.frames().length === 1);
  const { violations } = await (rules === 'all' ? axe : axe.withRules(['color-contrast', 'link-in-text-block'])).analyze();
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html, any }) => `${html.slice(0, 200)} ${any.map(({ message }) => message).join(' ')}`).join('\n')}`);
}

/**
 * Texts that their ground nearly swallows where the system chooses the colours. Not asked of axe-core: it reads `-webkit-text-fill-color`, which Chromium
 * reports as if nothing was forced.
 */
function faint(page: Page): Promise<string[]> {
  return page.evaluate((min) => {
    const parts = (colour: string): number[] => (/[\d.]+(?:, ?[\d.]+)+/.exec(colour)?.[0] ?? '0, 0, 0, 0').split(',').map(Number);
    const light = (colour: string): number => {
      const [r = 0, g = 0, b = 0] = parts(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element: Element | null): string => {
      if (element === null) return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      return (parts(backgroundColor)[3] ?? 1) === 0 ? ground(element.parentElement) : backgroundColor;
    };
    const texts = [...document.querySelectorAll('body *')].filter((each) =>
      [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '') && each.checkVisibility({ visibilityProperty: true }) && !each.matches(':disabled'));
    return texts.flatMap((each) => {
      const both = [light(getComputedStyle(each).color), light(ground(each))].sort((a, b) => b - a);
      const contrast = ((both[0] ?? 0) + 0.05) / ((both[1] ?? 0) + 0.05);
      return contrast < min ? [`${each.outerHTML.slice(0, 160)}: ${contrast.toFixed(2)}`] : [];
    });
  }, CONTRAST_MIN);
}

/** What can be pressed and is smaller than a thumb, but for links in the middle of a text, which are as high as its lines. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((min) => {
    const all = [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [role=button], [role=switch], [role=tab]')];
    const seen = all.filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.closest('[inert]') === null);
    const small = seen.filter((each) => {
      if (each.matches('a') && getComputedStyle(each).display === 'inline') return false;
      // A label is pressed for what it labels; a field that is laid over nothing (`visually-hidden`) is pressed by its label alone.
      const boxes = [each, ...((each as HTMLInputElement).labels ?? [])].map((part) => part.getBoundingClientRect());
      const wide = Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left));
      const high = Math.max(...boxes.map(({ bottom }) => bottom)) - Math.min(...boxes.map(({ top }) => top));
      return Math.round(wide) < min || Math.round(high) < min;
    });
    return small.map((each) => `${each.outerHTML.slice(0, 160)}: ${JSON.stringify(each.getBoundingClientRect())}`);
  }, TARGET_MIN);
}

/** What stands on the page as a problem, where no screen reader is told of it. */
function unsaid(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems = [...document.querySelectorAll<HTMLElement>('.problem, [aria-invalid=true]')].filter((each) => each.checkVisibility({ visibilityProperty: true }));
    const said = (each: Element): boolean => each.closest('[role=alert], [role=status], [aria-live=polite], [aria-live=assertive]') !== null;
    const told = problems.filter((each) => {
      if (!each.matches('[aria-invalid=true]')) return each.textContent !== '' && !said(each);
      const by = (each.getAttribute('aria-describedby') ?? '').split(' ').concat(each.getAttribute('aria-errormessage') ?? '');
      return !by.some((id) => id !== '' && (document.getElementById(id)?.textContent ?? '') !== '');
    });
    return told.map((each) => each.outerHTML.slice(0, 200));
  });
}
