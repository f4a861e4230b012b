/** Takes a view in three sizes, two themes and two directions, and compares each with its reference. The flow that led there is not repeated. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import sharp from 'sharp';
import { expect, test } from '../fixture';
import { PROJECT } from '../server';
import { difference } from './compare';
import { stilled } from './still';

export const SIZES = [{ width: 360, height: 740 }, { width: 768, height: 1024 }, { width: 1280, height: 900 }] as const;
export const THEMES = ['light', 'dark'] as const;
/** English, and Arabic from right to left. */
export const LANGUAGES = ['en', 'ar'] as const;

export const REFERENCES = join(PROJECT, 'tests', 'browser', 'looks', 'references');
/** With `--update`: what differs from its reference becomes it. */
export const UPDATING = process.env['SATCHEL_UPDATE_SCREENSHOTS'] !== undefined;
/** Half of each side: what a person recognises, in a quarter of the bytes. */
const SCALE = 0.5;
/** A page has few colours; the rest are edges of letters. With a palette a picture has a quarter of the bytes once more. */
const COLOURS = 32;
/** A frame that grows, a picture that is drawn: so often it is looked at again. */
const LOOKS_MAX = 8;

/** What there are pictures of, and in what. For no other name is there a reference. */
const VIEWS = {
  everywhere: {
    views: [
      'make', 'make-filled', 'make-own-passphrase', 'make-panic', 'sealing', 'sealed', 'several', 'several-receipt', 'receipt', 'receipt-burn', 'receipt-opened',
      'open', 'open-passphrase', 'open-wrong-passphrase', 'text', 'text-formatted', 'files', 'somebody-was-first', 'gone', 'panic', 'panic-burned', 'local',
      'local-seal', 'about', 'no-link', 'refused',
    ],
    sizes: SIZES,
    themes: THEMES,
    languages: LANGUAGES,
  },
  /** Where there are no catalogues. */
  inEnglish: { views: ['no-script', 'no-words', 'design'], sizes: SIZES, themes: THEMES, languages: ['en'] },
  /** As some devices ask for it, or some paper. */
  modes: { views: ['design-contrast', 'design-forced', 'make-forced', 'sealed-print', 'text-print'], sizes: [SIZES[1]], themes: THEMES, languages: ['en'] },
  /** Made of what other views show everywhere. */
  rare: { views: ['ledger', 'make-ledger', 'preview', 'kept', 'insecure', 'slow', 'too-large'], sizes: [SIZES[0]], themes: ['light'], languages: ['en'] },
} as const;
type Kind = (typeof VIEWS)[keyof typeof VIEWS];
type View = Kind['views'][number];

/** `NAME-WIDTH-THEME-LANGUAGE.png`, as a reference is called. */
export function pictureName(view: View, width: number, theme: string, language: string): string {
  return `${view}-${width}-${theme}-${language}.png`;
}

/** What all references are called. */
export function expected(): string[] {
  return Object.values(VIEWS).flatMap((kind: Kind) =>
    kind.views.flatMap((view) => [...shots(kind)].map(({ size, theme, language }) => pictureName(view, size.width, theme, language))),
  );
}

/** All of one view. What differs is said for each picture, and the others are taken all the same. */
export async function pictured(page: Page, origin: string, view: View): Promise<void> {
  const kind = Object.values(VIEWS).find(({ views }: Kind) => views.some((each) => each === view));
  if (kind === undefined) throw new Error(`no view ${view}`);
  let spoken = 'en';
  for (const { size, theme, language } of shots(kind)) {
    if (language !== spoken) await speak(page, (spoken = language));
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    const name = pictureName(view, size.width, theme, language);
    await compared(name, await picture(page, origin, name));
  }
  if (spoken !== 'en') await speak(page, 'en');
  await page.setViewportSize(SIZES[2]);
}

function* shots({ sizes, themes, languages }: Kind): Generator<{ size: (typeof SIZES)[number]; theme: (typeof THEMES)[number]; language: (typeof LANGUAGES)[number] }> {
  for (const language of languages) for (const theme of themes) for (const size of sizes) yield { size, theme, language };
}

/** What differs is kept beside what it should be; or, with `--update`, is what it should be from now on. */
async function compared(name: string, seen: Buffer): Promise<void> {
  const reference = referenceOf(name);
  const found = reference === undefined ? { what: 'there is no reference', marked: seen } : await difference(reference, seen);
  if (found === null) return;
  if (UPDATING) {
    mkdirSync(REFERENCES, { recursive: true });
    return writeFileSync(join(REFERENCES, name), seen);
  }
  const kept = test.info().outputPath(name);
  writeFileSync(kept, seen);
  writeFileSync(kept.replace('.png', '-differs.png'), found.marked);
  expect.soft(found.what, name).toBe('');
}

export function referenceOf(name: string): Buffer | undefined {
  const path = join(REFERENCES, name);
  return existsSync(path) ? readFileSync(path) : undefined;
}

/** The whole page as it is now, once it no longer changes, or is what the reference of this name shows. */
export async function picture(page: Page, origin: string, name: string): Promise<Buffer> {
  const reference = referenceOf(name);
  let before = '';
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    await stilled(page, origin);
    const now = await taken(page);
    const settled = now === before;
    before = now;
    if (!settled && reference === undefined) continue;
    const small = await sharp(Buffer.from(now, 'base64')).png({ palette: true, colours: COLOURS, dither: 0, compressionLevel: 9 }).toBuffer();
    if (settled || reference?.equals(small)) return small;
  }
  throw new Error('the page does not stand still');
}

/** One for each page, as long as it is there: when one ends, the page is no longer told that it stands on paper. */
const sessions = new WeakMap<Page, CDPSession>();

/** Through the browser's own protocol, because it can scale: a tenth of the time that a picture in full takes. */
async function taken(page: Page): Promise<string> {
  const session = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, session);
  const { cssContentSize } = await session.send('Page.getLayoutMetrics');
  const clip = { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: SCALE };
  const { data } = await session.send('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true });
  return data;
}

/** By the page's own switch, without the focus that a hand would give it. */
async function speak(page: Page, language: string): Promise<void> {
  await page.evaluate((tag) => {
    const select = document.querySelector<HTMLSelectElement>('.language select');
    if (select === null) throw new Error('no switch between languages');
    select.value = tag;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  }, language);
  await expect(page.locator('html')).toHaveAttribute('lang', language);
}
