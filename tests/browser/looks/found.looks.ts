/** What the comparison finds, and what it lets pass: the same view with one thing changed, and drawn by a machine that draws letters otherwise. */
import { chromium, type Page } from '@playwright/test';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from '../browser';
import { expect, test } from '../fixture';
import { expected, picture, pictureName, SIZES } from './camera';
import { fontsOnly } from './fonts';
import { oneMoment } from './still';

// With a picture that differs, taking the references anew would take it for one.
test.skip(({}) => process.env['SATCHEL_UPDATE_SCREENSHOTS'] !== undefined, 'needs the references as they are');

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
  ['corners without a curve', 'html', '--radius-card', '0'],
  ['a field three pixels to the side', 'select', 'translate', '3px'],
  ['more room in a row', '.actions, .adding', 'margin-block-end', '4px'],
];

test('one thing that is changed is found', async ({ page, server }) => {
  await made(page, server.origin);
  expect(await picture(page, server.origin, NAME)).toMatchSnapshot(NAME);
  const passed: string[] = [];
  for (const [what, selector, property, value] of CHANGES) {
    const set = (to: string): Promise<void> =>
      page.evaluate(([where = '', name = '', text = '']) => document.querySelector<HTMLElement>(where)?.style.setProperty(name, text), [selector, property, to]);
    await set(value);
    const seen = await picture(page, server.origin, NAME);
    try {
      expect(seen).toMatchSnapshot(NAME);
      passed.push(what);
    } catch (error) {
      console.log(what, String(error).match(/\d+ pixels[^.]*|Expected an image.*/)?.[0]);
      expect(String(error)).toMatch(/different|size/);
    }
    await set('');
  }
  expect(passed).toEqual([]);
});

test('letters that a machine draws otherwise pass', async ({ server }) => {
  const env = { ...CHROMIUM_ENVIRONMENT, FONTCONFIG_FILE: fontsOnly('hintslight') };
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS, env });
  const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'UTC' });
  await made(page, server.origin);
  const seen = await picture(page, server.origin, NAME);
  await browser.close();
  expect(seen).toMatchSnapshot(NAME);
});

test('each reference belongs to a view', ({}, info) => {
  const folder = dirname(info.snapshotPath(NAME));
  expect(readdirSync(folder).sort()).toEqual(expected().sort());
});
