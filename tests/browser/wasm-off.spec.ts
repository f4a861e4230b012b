/** Where WebAssembly is switched off, as in Tor Browser's "Safer" and in Lockdown Mode: the same program as JavaScript. */
import type { Browser, BrowserContext, LaunchOptions, Page } from '@playwright/test';
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { expect, test as base } from './fixture';
import { fillIn, follow, pressOpen, readText, receiptFact, saveFile, sha256, share, take } from './people';

/** How browsers start in the other tests. */
let asElsewhere: LaunchOptions = {};

const test = base.extend<{ elsewhere: () => Promise<Page> }, { launchOptions: LaunchOptions; browserElsewhere: Browser }>({
  // Chromium has no way to be without WebAssembly alone: without a compiler for JavaScript it is, as the browsers are that this is about. Firefox has.
  launchOptions: [
    async ({ launchOptions, browserName }, use) => {
      asElsewhere = launchOptions;
      const args = [...(launchOptions.args ?? []), ...(browserName === 'chromium' ? ['--js-flags=--jitless'] : [])];
      await use({ ...launchOptions, args, firefoxUserPrefs: { 'javascript.options.wasm': false } });
    },
    { scope: 'worker' },
  ],

  browserElsewhere: [
    async ({ playwright, browserName, browser: _first }, use) => {
      const browser = await playwright[browserName].launch({ ...asElsewhere, firefoxUserPrefs: { 'javascript.options.wasm': true } });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  /** A person whose browser has WebAssembly, and compiles JavaScript. */
  elsewhere: async ({ browserElsewhere, contextOptions, viewport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browserElsewhere.newContext({ ...contextOptions, viewport });
      contexts.push(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

/** Takes WebAssembly from the page: what it runs in a worker is what it chose then. */
async function without(page: Page): Promise<Page> {
  await page.addInitScript(() => delete (globalThis as { WebAssembly?: unknown }).WebAssembly);
  return page;
}

/** The programs that were fetched. */
function programs(context: BrowserContext): string[] {
  const names: string[] = [];
  context.on('request', (request) => names.push(...(/(?:translated|sharing|everything)-[\w-]+\.(?:js|wasm)$/.exec(request.url()) ?? [])));
  return names;
}

/** What a passphrase may take here with a compiler. */
const LONG = 60_000;

/** The first value that a bar of progress shows, other than nothing. */
function watchProgress(): Promise<number> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { value = 0 } = document.querySelector('progress') ?? {};
      if (value > 0) resolve(value);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

const hasWebAssembly = (page: Page): Promise<boolean> => page.evaluate(() => 'WebAssembly' in globalThis);

test('a text is shared and opened once, and nothing of WebAssembly is fetched', async ({ page, server, watched }) => {
  const fetched = programs(page.context());
  const { link, receipt } = await share(page, server, { text: THREE_SCRIPTS });
  expect(await hasWebAssembly(page)).toBe(false);
  const [reader, second] = [await watched.newVisitor(), await watched.newVisitor()];
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe(THREE_SCRIPTS);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await follow(second, link);
  await expect(second.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
  expect(new Set(fetched.map((name) => name.replace(/-.*\./, '.')))).toEqual(new Set(['translated.js']));
});

test('files come out as they went in, and a tab that was closed goes on with its lease', async ({ page, server, watched }) => {
  const large = { name: 'recording.bin', mimeType: '', buffer: Buffer.alloc(5_000_000, 'seven b') };
  const files = [pdf(), csv('члены.csv'), png(), large];
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: '4 files' })).toBeVisible();
  await follow(reader, link);
  await reader.getByRole('button', { name: 'Go on' }).click();
  for (const { name, buffer } of files) expect(await saveFile(reader, name)).toEqual({ name, sha256: sha256(buffer) });
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
});

test('a passphrase is said to take long before it is asked for, shows how far it is, and a wrong one burns nothing', async ({ elsewhere, server }) => {
  test.slow();
  const [page, reader] = [await without(await elsewhere()), await without(await elsewhere())];
  const { link, receipt, passphrase } = await share(page, server, { text: 'locked', passphrase: 'generated' });
  await follow(reader, link);
  await expect(reader.getByText('A passphrase takes long in this browser')).toBeVisible();
  await expect(reader.getByText('satchel get')).toBeVisible();
  await reader.getByLabel('Passphrase', { exact: true }).fill('not this one');
  const shown = reader.evaluate(watchProgress);
  await pressOpen(reader);
  await expect(reader.getByRole('alert').filter({ hasText: 'That passphrase is wrong.' })).toBeVisible({ timeout: LONG });
  expect(await shown).toBeGreaterThan(0);
  await follow(page, receipt);
  expect(await receiptFact(page, 'Wrong passphrases')).toBe('1');
  await reader.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await pressOpen(reader);
  await expect(reader.getByRole('region', { name: 'The text' })).toHaveText('locked', { timeout: LONG });
});

test('what was made with WebAssembly opens without, and the other way round', async ({ elsewhere, server }) => {
  test.slow();
  const [page, other] = [await without(await elsewhere()), await elsewhere()];
  const fetched = programs(other.context());
  const made = await share(other, server, { text: 'made with it', passphrase: { own: 'Ночная смена' } });
  expect(await hasWebAssembly(other)).toBe(true);
  await follow(page, made.link);
  await page.getByLabel('Passphrase', { exact: true }).fill('Ночная смена');
  await pressOpen(page);
  await expect(page.getByRole('region', { name: 'The text' })).toHaveText('made with it', { timeout: LONG });
  // Who leaves before would be led back to what this tab had not finished.
  await expect(page.getByText('This is gone now.').first()).toBeVisible();
  const { link, passphrase } = await share(page, server, { text: 'made without it', passphrase: 'generated' });
  await follow(other, link);
  await other.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await expect(other.getByText('A passphrase takes long in this browser')).toBeHidden();
  await pressOpen(other);
  expect(await readText(other)).toBe('made without it');
  expect(fetched.filter((name) => name.startsWith('translated'))).toEqual([]);
});

test('several links, a panic link and what is written as Markdown and as code work without', async ({ elsewhere, server }) => {
  const page = await without(await elsewhere());
  const fetched = programs(page.context());
  await fillIn(page, server, { text: '# Demands\n\n**full** pay <b>now</b>', written: 'Markdown' });
  await page.getByLabel('A link for each person').check();
  await page.getByText('Put it under a panic link').click();
  await page.getByRole('button', { name: 'Make a panic link' }).click();
  await expect(page.getByRole('heading', { name: 'Your new panic link' })).toBeFocused();
  const panic = await page.getByRole('textbox', { name: 'Panic link', exact: true }).inputValue();
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByRole('heading', { name: 'Your 2 links are ready' })).toBeVisible();
  const [first = '', second = ''] = await Promise.all([1, 2].map((number) => page.getByRole('textbox', { name: `Link ${number}`, exact: true }).inputValue()));
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('heading', { name: '2 links open' })).toBeFocused();

  const reader = await without(await elsewhere());
  await follow(reader, first);
  await pressOpen(reader);
  const text = reader.getByRole('region', { name: 'The text' });
  await expect(text.getByRole('heading', { name: 'Demands' })).toBeVisible();
  await expect(text.locator('strong')).toHaveText('full');
  await expect(text).toContainText('<b>now</b>');
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();

  await follow(reader, panic);
  await reader.getByRole('button', { name: 'Burn everything now' }).click();
  await expect(reader.getByRole('heading', { name: '1 thing burned' })).toBeFocused();
  await follow(reader, second);
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible();

  const { link } = await share(await without(await elsewhere()), server, { text: 'def pay(hours):\n    return hours * 30  # euros', written: 'code' });
  await follow(reader, link);
  await pressOpen(reader);
  await expect(text).toContainText('return hours * 30');
  expect(fetched.filter((name) => !name.startsWith('translated'))).toEqual([]);
});

test('a browser that has WebAssembly and refuses every module is as one without', async ({ elsewhere, server }) => {
  const page = await elsewhere();
  const fetched = programs(page.context());
  await page.addInitScript(() => {
    const refuse = (): never => {
      throw new WebAssembly.CompileError('refused');
    };
    Object.assign(WebAssembly, { Module: refuse, compileStreaming: refuse });
  });
  const { link } = await share(page, server, { text: 'refused' });
  await follow(page, link);
  await pressOpen(page);
  expect(await readText(page)).toBe('refused');
  expect(fetched.filter((name) => !name.startsWith('translated'))).toEqual([]);
});

test('a passphrase works without a compiler for JavaScript too @long', async ({ page, server, watched }) => {
  test.setTimeout(15 * 60_000);
  await fillIn(page, server, { text: 'locked', passphrase: 'generated' });
  const begun = Date.now();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeVisible({ timeout: 5 * 60_000 });
  console.log(`sealing under a passphrase without WebAssembly and without a compiler: ${Date.now() - begun} ms`);
  const { link, passphrase } = await take(page, true);
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await pressOpen(reader);
  await expect(reader.getByRole('region', { name: 'The text' })).toHaveText('locked', { timeout: 5 * 60_000 });
});
