/** What the comparison finds, and what it lets pass: the same view with one thing changed, and drawn by a machine that draws letters otherwise. */
import { chromium, type Page } from '@playwright/test';
import { readdirSync } from 'node:fs';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from '../browser';
import { expect, test } from '../fixture';
import { expected, picture, pictureName, referenceOf, REFERENCES, SIZES, UPDATING } from './camera';
import { difference } from './compare';
import { fontsOnly } from './fonts';
import { oneMoment } from './still';

test.skip(() => UPDATING, 'needs the references as they are');

const NAME = pictureName('make', 360, 'light', 'en');

async function made(page: Page, origin: string): Promise<void> {
  await oneMoment(page);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(SIZES[0]);
  await page.goto(origin);
  await expect(page.getByRole('button', { name: 'Seal and get link' })).toBeVisible();
}

/** Each is undone by taking the style away again. */
const CHANGES: readonly (readonly [what: string, selector: string, property: string, value: string])[] = [
  ['a button is not there', 'label.button', 'visibility', 'hidden'],
  ['a label is not there', '.switch .quiet', 'visibility', 'hidden'],
  ['the mark is not there', '.brand svg', 'visibility', 'hidden'],
  ['another accent', 'html', '--accent', '#0d5c83'],
  ['another ground', 'html', '--ground', '#e6e2d8'],
  ['text that is too pale', 'html', '--quiet', '#98a09e'],
  ['a field six pixels to the side', 'select', 'translate', '6px'],
  ['four pixels more between two rows', '.switch', 'margin-block-end', '4px'],
];

/** What differs from the reference: empty for nothing. */
async function against(page: Page, origin: string): Promise<string> {
  const found = await difference(referenceOf(NAME) ?? Buffer.of(), await picture(page, origin, NAME));
  return found?.what ?? '';
}

test('one thing that is changed is found', async ({ page, server }) => {
  await made(page, server.origin);
  expect(await against(page, server.origin), 'nothing changed').toBe('');
  for (const [what, selector, property, value] of CHANGES) {
    const set = (to: string): Promise<void> =>
      page.evaluate(([where = '', name = '', text = '']) => document.querySelector<HTMLElement>(where)?.style.setProperty(name, text), [selector, property, to]);
    await set(value);
    expect.soft(await against(page, server.origin), what).toMatch(/differ|pixels/);
    await set('');
  }
});

test('letters that a machine draws otherwise pass', async ({ server }) => {
  const env = { ...CHROMIUM_ENVIRONMENT, FONTCONFIG_FILE: fontsOnly('hintslight') };
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS, env });
  const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'UTC' });
  await made(page, server.origin);
  const seen = await picture(page, server.origin, NAME);
  await browser.close();
  expect(seen.equals(referenceOf(NAME) ?? seen), 'they are drawn otherwise').toBe(false);
  expect(await difference(referenceOf(NAME) ?? Buffer.of(), seen)).toBeNull();
});

test('each view has its references, and each reference its view', () => {
  expect(readdirSync(REFERENCES).sort()).toEqual(expected().sort());
});
