/** A page that did not come over TLS: a warning nobody can miss, no WebCrypto, and the same bytes all the same. */
import { readFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import { chromiumPath } from './browser';
import { THREE_SCRIPTS } from './documents';
import { expect, test } from './fixture';

const HOST = 'satchel.example';

test('without TLS the page warns, and seals and opens with its own AES', async ({ server, page }) => {
  test.slow();
  const rules = `--host-resolver-rules=MAP ${HOST} 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1`;
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', rules] });
  const unsafe = await browser.newPage();
  await unsafe.goto(server.origin.replace('127.0.0.1', HOST));
  await expect(unsafe.getByRole('alert').filter({ hasText: 'This page did not come over a safe connection' })).toBeVisible();
  expect(await unsafe.evaluate(() => globalThis.isSecureContext)).toBe(false);
  await unsafe.getByRole('button', { name: 'On this device' }).click();
  await unsafe.getByLabel('Seal into a file').check();
  await expect(unsafe.getByText(/bits: out of reach/)).toBeVisible();
  await unsafe.locator('form').filter({ has: unsafe.getByRole('button', { name: 'Seal into a file' }) }).getByLabel('Text', { exact: true }).fill(THREE_SCRIPTS);
  await unsafe.getByRole('button', { name: 'Seal into a file' }).click();
  await expect(unsafe.getByRole('heading', { name: 'Your file is sealed' })).toBeVisible({ timeout: 60_000 });
  const passphrase = await unsafe.getByLabel('Passphrase', { exact: true }).inputValue();
  const [download] = await Promise.all([unsafe.waitForEvent('download'), unsafe.getByRole('button', { name: 'Save the file' }).click()]);
  const sealed = await readFile(await download.path());
  await browser.close();

  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByLabel('Choose a .satchel file').setInputFiles({ name: 'from-there.satchel', mimeType: 'application/octet-stream', buffer: sealed });
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('region', { name: 'The text' })).toHaveText(THREE_SCRIPTS, { timeout: 45_000, useInnerText: false });
});
