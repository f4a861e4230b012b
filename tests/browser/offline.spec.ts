/** The page without a connection: kept on a device when somebody asks for it, and never in the way of the server's own. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from '@playwright/test';
import { impostor, type Answer } from './impostor';
import { csv, png } from './documents';
import { expect, test } from './fixture';
import { follow, pressOpen, readText, saveFile, sha256, share } from './people';
import { browsers, closed, start } from './profile';
import { freePort, program, PROJECT, startServer, type Server } from './server';

const KEEP = 'Keep for offline use';
const REMOVE = 'Remove from this device';
const NO_SERVER = /^The server cannot be reached\. This is the page that was kept/;
const LINK_UNTOUCHED = 'Your link was not opened, and nothing was used up.';
const { files } = JSON.parse(readFileSync(join(PROJECT, 'web', 'dist', 'page-manifest.json'), 'utf8')) as { files: Record<string, { sha384: string }> };
/** What needs a server: the page of it, its frame, what installs, whose work is in it, and the service worker itself. */
const NEVER_KEPT = /^\/(?:third-party\.txt|index\.html|frame\.html|app\.webmanifest|app-.*\.png|service-worker.*)$/;
const WHOLE = Object.fromEntries(Object.entries(files).filter(([path]) => !NEVER_KEPT.test(path)).map(([path, { sha384 }]) => [path, sha384]));

async function keep(page: Page, origin: string): Promise<void> {
  await page.goto(origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByRole('button', { name: KEEP }).click();
  await expect(page.getByRole('button', { name: REMOVE })).toBeVisible();
}

/** What this origin has on the device: how many service workers, which caches, and the hash of each file in them by its path. */
function onDevice(page: Page): Promise<{ workers: number; caches: string[]; files: Record<string, string> }> {
  return page.evaluate(async () => {
    const found: Record<string, string> = {};
    const names = await caches.keys();
    for (const name of names) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const bytes = await (await cache.match(request))!.arrayBuffer();
        const { pathname, search, hash } = new URL(request.url);
        found[pathname + search + hash] = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-384', bytes))));
      }
    }
    return { workers: (await navigator.serviceWorker.getRegistrations()).length, caches: names, files: found };
  });
}

const NOTHING = { workers: 0, caches: [], files: {} };

/** Servers of one test alone: what fails leaves none behind. */
const ownServers: Server[] = [];
test.afterEach(async () => {
  for (const server of ownServers.splice(0)) await server.stop();
});

async function ownServer(...asStarted: Parameters<typeof startServer>): Promise<Server> {
  const server = await startServer(...asStarted);
  ownServers.push(server);
  return server;
}

/** Somebody whose server is not the one that the other tests share. */
async function stranger(browser: Browser | null | undefined): Promise<Page> {
  if (browser === null || browser === undefined) throw new Error('no browser');
  return (await browser.newContext({ locale: 'en-GB' })).newPage();
}

/** No connection, and no server either: in Firefox the first holds for pages alone, and what a service worker asks for still comes. */
async function cutOff(page: Page, server: Server): Promise<void> {
  await page.context().setOffline(true);
  await server.end();
}

test('nothing stays on the device before a press, then the page does and nothing of a paste, and a press removes it', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await expect(page.getByRole('button', { name: KEEP })).toBeVisible();
  expect(await onDevice(page)).toEqual(NOTHING);
  await expect(page.locator('link[rel="manifest"]')).toHaveCount(0);

  await keep(page, server.origin);
  await expect(page.locator('link[rel="manifest"]')).toHaveCount(1);
  expect(await onDevice(page)).toMatchObject({ workers: 1, files: WHOLE });
  const { link } = await share(page, server, { text: 'strike on Monday', passphrase: 'generated' });
  await follow(page, link);
  await expect(page.getByRole('button', { name: 'Open it' })).toBeVisible();
  const { link: bare } = await share(page, server, { text: 'strike on Tuesday' });
  await follow(page, bare);
  await pressOpen(page);
  expect(await readText(page)).toBe('strike on Tuesday');
  expect((await onDevice(page)).files, 'as before').toEqual(WHOLE);
  const said = execFileSync(program('SATCHEL_CLI_BIN', 'satchel'), ['verify-server', server.origin], { encoding: 'utf8' });
  expect(said).toContain('serves the page of Satchel');

  await page.goto(`${server.origin}/#local`);
  await page.getByRole('button', { name: REMOVE }).click();
  await expect(page.getByText(/^It was removed\./).first()).toBeVisible();
  await page.reload();
  expect(await onDevice(page)).toEqual(NOTHING);
  await page.context().setOffline(true);
  await expect(page.reload()).rejects.toThrow(/net::ERR_|NS_ERROR_OFFLINE/);
});

test('files are sealed and opened with the connection off and with the server ended, under the headers of the page', async ({ page: watched, browserName }) => {
  const server = await ownServer();
  const page = await stranger(watched.context().browser());
  const broken: string[] = [];
  page.on('console', (message) => void (/content.security|integrity|trusted ?type/i.test(message.text()) && broken.push(message.text())));
  await keep(page, server.origin);
  const online = (await page.reload())!;
  // WebDriver BiDi does not tell.
  expect(online.fromServiceWorker(), 'it passes through').toBe(browserName === 'chromium');
  const picture = png();
  await cutOff(page, server);
  const offline = (await page.reload())!;
  await expect(page.getByText(NO_SERVER)).toBeVisible();
  const ofPage = ({ date: _, vary: __, ...rest }: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(rest).filter(([name]) => !/^(content-(length|encoding)|connection|keep-alive|transfer-encoding)$/.test(name)));
  expect(ofPage(offline.headers())).toEqual(ofPage(online.headers()));
  expect(offline.headers()['content-security-policy']).toContain("default-src 'none'");

  // The page goes by itself when the browser says that there is a network; over WebDriver BiDi none says so.
  const gone = browserName === 'chromium' ? page.waitForEvent('load') : undefined;
  await page.context().setOffline(false);
  await gone;
  await page.goto(`${server.origin}/#local`);
  await expect(page.getByText(NO_SERVER)).toBeVisible();
  await expect(page.getByText(LINK_UNTOUCHED)).toHaveCount(0);
  await page.getByLabel('Seal into a file').check();
  const sealing = page.locator('form').filter({ has: page.getByRole('button', { name: 'Seal into a file' }) });
  const table = csv();
  await sealing.getByLabel('Add files').setInputFiles([table, picture]);
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await page.getByRole('button', { name: 'Seal into a file' }).click();
  await expect(page.getByRole('heading', { name: 'Your file is sealed' })).toBeVisible({ timeout: 30_000 });
  const passphrase = await page.getByLabel('Passphrase', { exact: true }).inputValue();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
  const buffer = await readFile(await download.path());
  await page.getByLabel('Open a file').check();
  await page.getByLabel('Choose a .satchel file').setInputFiles({ name: 'document.satchel', mimeType: 'application/octet-stream', buffer });
  await page.getByLabel('Passphrase', { exact: true }).filter({ visible: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('heading', { name: '2 files' })).toBeVisible({ timeout: 30_000 });
  expect(await saveFile(page, table.name)).toEqual({ name: table.name, sha256: sha256(table.buffer) });
  await page.getByRole('button', { name: `Show ${picture.name}` }).click();
  await expect(page.getByText('This cannot be shown here. Save it instead.')).toBeVisible();
  expect(broken).toEqual([]);
  await page.context().close();
});

test('a link offline says that there is no connection and uses up nothing, and opens where there is one again', async ({ page: watched }) => {
  const server = await ownServer();
  const page = await stranger(watched.context().browser());
  const { link } = await share(page, server, { text: 'for one reader' });
  await keep(page, server.origin);
  await cutOff(page, server);
  await follow(page, link);
  await expect(page.getByText(LINK_UNTOUCHED)).toBeVisible();
  expect(page.url()).toBe(`${server.origin}/`);
  expect((await onDevice(page)).files, 'nothing of the link').toEqual(WHOLE);
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Try again' }).click()]);
  await expect(page.getByText(LINK_UNTOUCHED)).toBeVisible();
  await server.begin();
  await page.context().setOffline(false);
  // The page goes by itself when the browser says that there is a network, and by hand where that was too early.
  const [again, ready] = ['Try again', 'Open it'].map((name) => page.getByRole('button', { name })) as [Locator, Locator];
  await expect(async () => {
    if (await again.isVisible()) await again.click();
    await expect(ready).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await pressOpen(page);
  await expect(page.locator('#page.kept'), 'the page of the server').toHaveCount(0);
  expect(await readText(page)).toBe('for one reader');
  await page.context().close();
});

test('what the browser writes down for the service worker holds no secret of a link that went through it', async ({ page: sender, server }, info) => {
  const { link } = await share(sender, server, { text: 'for one reader' });
  const profile = info.outputPath('profile');
  const context = await browsers(start(profile));
  const [page = await context.newPage()] = context.pages();
  await keep(page, server.origin);
  await follow(page, link);
  await pressOpen(page);
  expect(await readText(page)).toBe('for one reader');
  await browsers(closed(context));
  const folder = join(profile, 'Default', 'Service Worker');
  const stored = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  expect(stored.some((bytes) => bytes.includes('kept.html')), 'the search finds what is there').toBe(true);
  expect(stored.some((bytes) => bytes.includes(link.slice(link.indexOf('#') + 1)))).toBe(false);
});

test('the kept page asked for by its own name is the page of the server that answers, with its link', async ({ page, server }) => {
  const { link } = await share(page, server, { text: 'for one reader' });
  for (const [address, heading] of [['/kept.html', 'What do you want to share?'], [`/kept.html${link.slice(link.indexOf('#'))}`, 'This opens once']] as const) {
    await follow(page, server.origin + address);
    await expect(page.getByRole('heading', { name: heading })).toBeVisible();
    await expect(page.getByText(NO_SERVER)).toHaveCount(0);
    expect(page.url()).toBe(`${server.origin}/`);
  }
});

/** The page of this build, but that it says it is another one, and its service worker knows that one. */
function ofVersion(version: string, whole = true): (path: string, answer: Answer) => void {
  const marked = (html: string): string => html.replace('<html ', `<html data-version="${version}" `);
  const kept = marked(readFileSync(join(PROJECT, 'web', 'dist', 'kept.html'), 'utf8'));
  const hash = createHash('sha384').update(whole ? kept : 'cut').digest('base64');
  return (path, answer) => {
    if (['/', '/kept.html'].includes(path)) answer.body = Buffer.from(marked(answer.body.toString()));
    if (path !== '/service-worker.js') return;
    const script = answer.body.toString().replace(/`[0-9a-f]{16}`/, `\`${version}\``).replace(files['/kept.html']?.sha384 ?? '', hash);
    answer.body = Buffer.from(script);
  };
}

test('a server that was replaced by a newer one is what runs at the next load, and what it serves is what is kept from then on', async ({ page: watched }) => {
  const first = await ownServer();
  const port = Number(new URL(first.origin).port);
  const page = await stranger(watched.context().browser());
  const version = (): Promise<string | null> => page.locator('html').getAttribute('data-version');
  await keep(page, first.origin);
  await first.stop();
  await page.goto(first.origin);
  await expect(page.getByText(NO_SERVER)).toBeVisible();

  const behind = await ownServer();
  let serves = ofVersion('2');
  const second = await impostor(port, behind.origin, (path, answer) => serves(path, answer));
  await page.goto(first.origin);
  expect(await version()).toBe('2');
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
  await expect.poll(async () => (await onDevice(page)).caches).toEqual(['satchel / 2']);

  // A newer one again, which is there in part only: it runs, and what is kept stays whole.
  serves = ofVersion('3', false);
  await page.goto(first.origin);
  expect(await version()).toBe('3');
  await page.evaluate(async () => {
    const registration = (await navigator.serviceWorker.getRegistration())!;
    await registration.update().catch(() => undefined);
    const coming = registration.installing;
    await new Promise<void>((resolve) => (coming === null ? resolve() : coming.addEventListener('statechange', () => resolve())));
  });
  await expect.poll(async () => (await onDevice(page)).caches).toEqual(['satchel / 2']);
  // An answer is an answer, whatever it says.
  serves = (path, answer) => {
    if (path === '/') Object.assign(answer, { status: 503, body: Buffer.from('<!doctype html><p>back soon') });
  };
  expect((await page.goto(first.origin))?.status()).toBe(503);
  await expect(page.getByText('back soon')).toBeVisible();
  await second.stop();
  await page.goto(first.origin);
  await expect(page.getByText(NO_SERVER)).toBeVisible();
  expect(await version()).toBe('2');
  await page.context().close();
});

test('what was changed on the device is not shown', async ({ page: watched }) => {
  const server = await ownServer();
  const page = await stranger(watched.context().browser());
  await keep(page, server.origin);
  await page.evaluate(async () => {
    const cache = await caches.open((await caches.keys())[0]!);
    const request = (await cache.keys()).find(({ url }) => url.includes('/assets/Local-'))!;
    const found = (await cache.match(request))!;
    await cache.put(request, new Response(`${await found.text()};globalThis.changed = true`, { headers: found.headers }));
  });
  await cutOff(page, server);
  await expect(page.reload()).rejects.toThrow(/net::ERR_|NS_ERROR_/);
  await page.context().close();
});

test('where the operator switched it off, what was kept goes at the next visit and nothing is kept again', async ({ page: watched }) => {
  const first = await ownServer();
  const page = await stranger(watched.context().browser());
  await keep(page, first.origin);
  await first.stop();
  await ownServer(['--offline', 'false'], Number(new URL(first.origin).port));
  await follow(page, `${first.origin}/#local`);
  await expect.poll(() => onDevice(page)).toEqual(NOTHING);
  const refused = async (): Promise<void> => {
    await follow(page, `${first.origin}/#local`);
    await page.getByRole('button', { name: KEEP }).click();
    await expect(page.getByText('This server does not let the page be kept.').first()).toBeVisible();
    await expect.poll(() => onDevice(page)).toEqual(NOTHING);
  };
  await refused();
  // Of a service worker that goes at once Firefox tells nothing but the end, now and then.
  await page.addInitScript(() => Object.defineProperty(ServiceWorker.prototype, 'state', { get: () => 'redundant' }));
  await refused();
  await page.context().close();
});

test('a service worker that a hostile server left behind is gone after one visit to an honest one', async ({ page: watched }) => {
  const behind = await ownServer();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const hostile = await impostor(port, behind.origin, (path, answer) => {
    delete answer.headers['content-security-policy'];
    if (path !== '/evil.js') return;
    answer.headers['content-type'] = 'text/javascript';
    const page = "new Response('<title>evil</title>', { headers: { 'content-type': 'text/html' } })";
    answer.body = Buffer.from(`onfetch = (event) => event.respondWith(${page}); onactivate = (event) => event.waitUntil(clients.claim()); oninstall = () => skipWaiting();`);
  });
  const page = await stranger(watched.context().browser());
  await page.goto(origin);
  await page.evaluate("navigator.serviceWorker.register('/evil.js').then(() => navigator.serviceWorker.ready)");
  await page.goto(origin);
  await expect(page).toHaveTitle('evil');
  await hostile.stop();

  await ownServer([], port);
  await page.goto(origin);
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  await page.goto(origin);
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
  await page.context().close();
});
