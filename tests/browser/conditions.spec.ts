/** Browsers that lack something, and windows that are small: each does the right thing, or says what is missing. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
import { png, THREE_SCRIPTS } from './documents';
import { expect, test } from './fixture';
import { fits, smallTargets } from './judge';
import { follow, pressOpen, readText, saveFile, sha256, share, take } from './people';
import type { Server } from './server';

/** From making to reading, and the truth afterwards. */
async function goesThrough(maker: Page, reader: Page, server: Server): Promise<void> {
  const { link } = await share(maker, server, { text: THREE_SCRIPTS });
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe(THREE_SCRIPTS);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
}

test('where the browser keeps nothing for the page, sharing and opening go on', async ({ server }, info) => {
  // As its settings say it: "Don't allow sites to save data on your device".
  const profile = info.outputPath('profile');
  await mkdir(join(profile, 'Default'), { recursive: true });
  const refused = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(refused));
  const context = await chromium.launchPersistentContext(profile, { executablePath: chromiumPath(), args: CHROMIUM_ARGS, env: CHROMIUM_ENVIRONMENT, locale: 'en-GB', acceptDownloads: true });
  const [maker, reader] = [await context.newPage(), await context.newPage()];
  await maker.goto(server.origin);
  const storage = await maker.evaluate(() => ['localStorage', 'sessionStorage'].map((name) => {
    try {
      return typeof Reflect.get(globalThis, name);
    } catch (error) {
      return (error as DOMException).name;
    }
  }));
  expect(storage).toEqual(['SecurityError', 'SecurityError']);
  await goesThrough(maker, reader, server);
  const file = png();
  const { link } = await share(maker, server, { files: [file] });
  await follow(reader, link);
  await pressOpen(reader);
  expect((await saveFile(reader, file.name)).sha256).toBe(sha256(file.buffer));
  await context.close();
});

test('a popup blocker has nothing to block', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  const opened: string[] = [];
  for (const each of [page, reader]) {
    await each.exposeFunction('wouldOpen', (url: string) => void opened.push(url));
    await each.addInitScript(() => {
      // As a blocker answers.
      globalThis.open = (url) => {
        (globalThis as unknown as { wouldOpen: (url: string) => void }).wouldOpen(String(url));
        return null;
      };
    });
    each.on('popup', (popup) => void opened.push(popup.url()));
  }
  await goesThrough(page, reader, server);
  expect(opened).toEqual([]);
});

for (const how of ['there are none', 'the browser refuses them']) {
  test(`where workers are off (${how}) the page says so, and what to use instead`, async ({ page, server, watched }) => {
    const { link, receipt } = await share(page, server, { text: 'still there' });
    const reader = await watched.newVisitor();
    await reader.addInitScript((none) => {
      if (none) Reflect.deleteProperty(globalThis, 'Worker');
      else globalThis.Worker = class { constructor() { throw new DOMException('off', 'SecurityError'); } } as unknown as typeof Worker;
    }, how === 'there are none');
    const says = /its program could not start.*satchel get/;
    await follow(reader, link);
    await expect(reader.getByRole('alert').filter({ hasText: says })).toBeVisible();
    await reader.goto(server.origin);
    await reader.getByLabel('Text', { exact: true }).fill('not lost');
    await reader.getByRole('button', { name: 'Seal and get link' }).click();
    await expect(reader.getByRole('alert').filter({ hasText: says })).toBeVisible();
    await expect(reader.getByLabel('Text', { exact: true })).toHaveValue('not lost');
    await follow(page, receipt);
    await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  });
}

test('without JavaScript there is one honest screen, with the line for the command line', async ({ server, watched }) => {
  const page = await watched.newVisitor({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  await page.goto(`${server.origin}/#EGq9Z-tJBuqhLu2Fl2l5WhPaRROdJwOYdbivrnJZiIlcQAo`);
  await expect(page.getByRole('heading', { name: 'Satchel needs JavaScript' })).toBeVisible();
  // Playwright looks for no text in <noscript>, whoever reads it.
  const said = await page.locator('body').innerText();
  expect(said).toContain('Nothing was opened or used up. To open a link without a browser');
  expect(said).toContain('satchel get');
  await fits(page, 'without JavaScript');
  await expect(page.getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('textbox')).toHaveCount(0);
});

/** A window of 1,280 by 900, as a zoom of 200 % makes it. */
test('at 200 % zoom nothing is cut off, from sharing to reading', async ({ server, watched }) => {
  const page = await watched.newVisitor({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  const look = async (view: string): Promise<void> => {
    await fits(page, `${view} at 200 %`);
    expect(await cutOff(page), `${view} at 200 %`).toEqual([]);
  };
  const given = await share(page, server, { text: THREE_SCRIPTS, files: [png()], passphrase: 'generated' });
  await look('sealed');
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  await look('receipt');
  await follow(page, given.link);
  await page.getByLabel('Passphrase', { exact: true }).fill(given.passphrase ?? '');
  await look('ready');
  await pressOpen(page);
  await expect(page.getByRole('button', { name: 'Save board.png' })).toBeVisible();
  await look('opened');
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByLabel('Also ask for a passphrase').check();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await look('share');
});

/** Buttons, headings and paragraphs whose words do not fit into them. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => [...document.querySelectorAll<HTMLElement>('button, h1, h2, h3, p, label, summary')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.closest('.visually-hidden') === null)
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
    .map((each) => each.outerHTML.slice(0, 160)));
}

test('on a phone sharing and opening take taps alone', async ({ server, watched }) => {
  const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true };
  const [maker, reader] = [await watched.newVisitor(phone), await watched.newVisitor(phone)];
  await maker.goto(server.origin);
  expect(await maker.evaluate(() => matchMedia('(pointer: coarse)').matches)).toBe(true);
  await maker.getByLabel('Text', { exact: true }).tap();
  await maker.keyboard.insertText('from one phone to another');
  await maker.getByLabel('Also ask for a passphrase').tap();
  await expect(maker.getByText(/bits: out of reach/)).toBeVisible();
  expect(await smallTargets(maker)).toEqual([]);
  await maker.getByRole('button', { name: 'Seal and get link' }).tap();
  const { link, passphrase } = await take(maker, true);
  await maker.getByRole('button', { name: 'Copy link' }).tap();
  await expect(maker.getByRole('button', { name: 'Copied' }).first()).toBeVisible();
  await fits(maker, 'sealed on a phone');

  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).tap();
  await reader.keyboard.insertText(passphrase ?? '');
  await reader.getByRole('button', { name: 'Open it' }).tap();
  expect(await readText(reader)).toBe('from one phone to another');
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await fits(reader, 'opened on a phone');
});
