/** What the browser has to fetch, when, and that it takes none of it unchecked. */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { BrowserContext, Page, Request } from '@playwright/test';
import { expect, test } from './fixture';
import { share, take } from './people';
import { PROJECT } from './server';

/** Of brotli, without the heads of the answers: all that comes until the first view is ready, with what seals and uploads in it. */
const FIRST_BYTES_MAX = 90_000;
/** What comes later, from the first letter on: how far it is, what shows the result, its words and looks, and what draws the QR code. */
const RESULT_BYTES_MAX = 19_000;
const RESULT = ['Ask', 'CopyField', 'Keep', 'Qr', 'Sealed', 'Working', 'document', 'en', 'later', 'later', 'saving'];
const CHANGED = /A part of this page is not what it was built with/;
const INDEX = readFileSync(join(PROJECT, 'web', 'dist', 'index.html'), 'utf8');

/** The file that the build gave to a piece, as index.html names it. */
function fileOf(name: string, ending = 'js'): { href: string; integrity: string; needs: string } {
  const [, href = '', integrity = '', needs = ''] =
    new RegExp(`<link rel="later" href="(\\./assets/${name}-[^"]+\\.${ending})" integrity="([^"]+)"(?: data-needs="([^"]+)")?`).exec(INDEX) ?? [];
  expect(href, `index.html lists ${name}`).not.toBe('');
  return { href, integrity, needs };
}

/** Not watched for violations: these tests are about them. */
async function unwatched(page: Page): Promise<{ context: BrowserContext; page: Page }> {
  const context = await page.context().browser()?.newContext();
  if (context === undefined) throw new Error('no browser');
  return { context, page: await context.newPage() };
}

/** The bytes of a body as the server packs it for a browser that takes brotli. */
function packed(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'br' } }, (answer) => {
      let length = 0;
      answer.on('data', (bytes: Buffer) => (length += bytes.length));
      answer.on('end', () => resolve(length));
    }).on('error', reject);
  });
}

interface Fetched {
  readonly name: string;
  readonly bytes: number;
}

/** What came of the page itself, in the order in which it came. A file that the browser had already counts nothing. */
async function fetched(requests: readonly Request[], origin: string): Promise<Fetched[]> {
  const found: Fetched[] = [];
  for (const request of requests) {
    const { pathname, protocol } = new URL(request.url());
    if (!protocol.startsWith('http') || pathname.startsWith('/api/')) continue;
    const response = await request.response();
    const { responseBodySize } = await request.sizes();
    if (response === null || responseBodySize <= 0) continue;
    expect(responseBodySize, `${pathname}, as the browser counts it and as the server packs it`).toBe(await packed(origin + pathname));
    found.push({ name: pathname, bytes: responseBodySize });
  }
  return found;
}

const sum = (files: readonly Fetched[]): number => files.reduce((bytes, file) => bytes + file.bytes, 0);

test('the first view comes with less than 90,000 bytes of brotli, and only what shows the link follows when a text is shared', async ({ page, server }, info) => {
  const requests: Request[] = [];
  page.context().on('requestfinished', (request) => void requests.push(request));
  await page.goto(server.origin);
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
  await page.waitForLoadState('networkidle');
  await expect.poll(() => requests.some((request) => request.url().endsWith('.wasm')), { message: 'what seals is here' }).toBe(true);
  const first = await fetched(requests, server.origin);
  // Not every browser tells of it.
  if (!first.some(({ name }) => name === '/icon.svg')) first.push({ name: '/icon.svg', bytes: await packed(`${server.origin}/icon.svg`) });

  requests.length = 0;
  await page.getByLabel('Text', { exact: true }).fill('a short text');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await take(page);
  await expect(page.getByRole('img', { name: 'The link as a QR code' })).toBeVisible();
  await page.waitForLoadState('networkidle');
  const sealing = await fetched(requests, server.origin);

  for (const { name, bytes } of [...first, ...sealing]) console.log(`${String(bytes).padStart(7)} ${name}`);
  console.log(`${String(sum(first)).padStart(7)} until the first view is ready, ${sum(first) + sum(sealing)} with all that sharing a text takes`);
  info.annotations.push({ type: 'bytes of brotli', description: `${sum(first)} and ${sum(sealing)}` });
  expect(first.filter(({ name }) => name.endsWith('.wasm'))).toHaveLength(1);
  expect(sum(first)).toBeLessThan(FIRST_BYTES_MAX);
  expect(sealing.map(({ name }) => name.replace(/^\/assets\/|-.*/g, '')).sort()).toEqual(RESULT);
  expect(sum(sealing)).toBeLessThan(RESULT_BYTES_MAX);
});

test('a piece without integrity is refused by the browser, with it the same piece is taken', async ({ page: watched, server }) => {
  const { context, page } = await unwatched(watched);
  const { href, needs } = fileOf('Receipts');
  await page.goto(server.origin);
  const imported = (): Promise<string> => page.evaluate(`import('${href}').then((module) => typeof module.default, (error) => error.name)`);
  expect(await imported()).toBe('TypeError');
  const { page: other } = await unwatched(watched);
  await other.goto(server.origin);
  for (const address of [...needs.split(' '), href]) {
    await other.evaluate(
      (named) =>
        new Promise((resolve, reject) => {
          const integrity = document.querySelector<HTMLLinkElement>(`link[href="${named}"]`)?.integrity ?? '';
          document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href: named, integrity, onload: resolve, onerror: reject }));
        }),
      address,
    );
  }
  expect(await other.evaluate(`import('${href}').then((module) => typeof module.default, (error) => error.name)`)).toBe('function');
  await other.context().close();
  await context.close();
});

test('a piece whose bytes were changed is refused and says so, and comes when it is right again', async ({ page: watched, server }) => {
  const { context, page } = await unwatched(watched);
  await page.goto(server.origin);
  await context.route(/\/assets\/Local-/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}globalThis.changed = true;` });
  });
  await page.getByRole('button', { name: 'On this device' }).click();
  await expect(page.getByRole('alert').filter({ hasText: CHANGED })).toBeVisible();
  expect(await page.evaluate(() => 'changed' in globalThis)).toBe(false);
  await context.unroute(/\/assets\/Local-/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByLabel('Choose a .satchel file')).toBeAttached();
  await context.close();
});

test('what a piece imports is checked as the piece is', async ({ page: watched, server }) => {
  const { context, page } = await unwatched(watched);
  const { needs } = fileOf('Local');
  expect(needs).not.toBe('');
  await page.goto(server.origin);
  await context.route(`**/${needs.split(' ')[0]?.slice(2) ?? ''}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}globalThis.changed = true;` });
  });
  await page.getByRole('button', { name: 'On this device' }).click();
  await expect(page.getByRole('alert').filter({ hasText: CHANGED })).toBeVisible();
  expect(await page.evaluate(() => 'changed' in globalThis)).toBe(false);
  await context.close();
});

test('without a network a piece says so, and comes once there is one', async ({ page, server }) => {
  await page.goto(server.origin);
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'On this device' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'cannot be reached' })).toBeVisible();
  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByLabel('Choose a .satchel file')).toBeAttached();
});

for (const [what, name, ending] of [['WebAssembly', 'sharing', 'wasm'], ["worker's script", 'sharing', 'js']] as const) {
  test(`changed ${what} seals nothing and says so, and seals once it is right again`, async ({ page: watched, server }) => {
    const { context, page } = await unwatched(watched);
    const { href } = fileOf(name, ending);
    const uploads: string[] = [];
    context.on('request', (request) => void (request.method() === 'POST' && uploads.push(request.url())));
    await context.route(`**/${href.slice(2)}`, async (route) => {
      // The page asks once more whether the server is there at all.
      if (route.request().method() === 'HEAD') return route.continue();
      const answer = await route.fetch();
      const body = Buffer.from(await answer.body());
      body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
      await route.fulfill({ response: answer, body });
    });
    await page.goto(server.origin);
    await page.getByLabel('Text', { exact: true }).fill('a short text');
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await expect(page.getByRole('alert').filter({ hasText: CHANGED })).toBeVisible();
    expect(uploads).toEqual([]);
    await context.unroute(`**/${href.slice(2)}`);
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await take(page);
    await context.close();
  });
}

test('a document that is to have a passphrase gets one, after the first WebAssembly has run', async ({ page, server }) => {
  const { link, passphrase } = await share(page, server, { text: 'behind a passphrase', passphrase: 'generated' });
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('region', { name: 'The text' })).toHaveText('behind a passphrase');
});
