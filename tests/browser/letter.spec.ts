/** A letter: the HTML file of `satchel encrypt --html`, opened from the disk with every way to a network shut. */
import { test as base, expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { judged, PHONE } from './judge';
import { readText, saveFile, sha256, type Upload } from './people';
import { program } from './server';

const PASSPHRASE = 'four words are enough';
const run = promisify(execFile);

interface Watched {
  /** Everything that any page asked for, in order. */
  readonly asked: string[];
  readonly faults: string[];
  /** A browser that has no network and no storage. */
  newReader(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
}

const test = base.extend<{ desk: string; reader: Watched }>({
  desk: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'satchel-letter-'));
    writeFileSync(join(folder, 'words'), `${PASSPHRASE}\n`);
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },

  reader: async ({ browser, contextOptions, viewport }, use) => {
    const watched: { asked: string[]; faults: string[] } = { asked: [], faults: [] };
    const contexts: BrowserContext[] = [];
    await use({
      ...watched,
      async newReader(options = {}) {
        const context = await browser.newContext({ ...contextOptions, viewport, offline: true, permissions: ['clipboard-write'], ...options });
        contexts.push(context);
        await watch(context, watched.asked, watched.faults);
        return context.newPage();
      },
    });
    for (const context of contexts) await context.close();
    expect(watched.faults, 'violations and uncaught errors').toEqual([]);
  },
});

async function watch(context: BrowserContext, asked: string[], faults: string[]): Promise<void> {
  await context.addInitScript(() => {
    for (const storage of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
      Object.defineProperty(globalThis, storage, {
        get() {
          throw new DOMException('storage is off', 'SecurityError');
        },
      });
    }
  });
  context.on('request', (request) => void asked.push(request.url()));
  context.on('console', (message) => void faults.push(message.text()));
  context.on('weberror', (error) => void faults.push(`uncaught: ${error.error().message}`));
}

/** The letter of files, or of a text from standard input. */
async function letterOf(desk: string, document: readonly Upload[] | string): Promise<string> {
  const place = join(desk, 'letter.html');
  const args = ['encrypt', '--html', place, '--passphrase-file', join(desk, 'words'), '--force'];
  const satchel = program('SATCHEL_CLI_BIN', 'satchel');
  if (typeof document === 'string') {
    execFileSync(satchel, args, { input: document });
  } else {
    for (const { name, buffer } of document) await writeFile(join(desk, name), buffer);
    await run(satchel, [...args, ...document.map(({ name }) => join(desk, name))]);
  }
  return pathToFileURL(place).href;
}

async function type(page: Page, passphrase: string): Promise<void> {
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.keyboard.press('Enter');
}

/** Whether the page is in the program, asked with nothing to seal: what comes then is another failure. */
function builtWithPage(): boolean {
  const asked = spawnSync(program('SATCHEL_CLI_BIN', 'satchel'), ['encrypt', '--html', '-', 'not-there'], { encoding: 'utf8' });
  return !asked.stderr.includes('without the page');
}

test.beforeEach(() => {
  // A program that the tests were given has to have it; one that lies about from a build of the program alone need not.
  const given = process.env['SATCHEL_CLI_BIN'] !== undefined;
  test.skip(!given && !builtWithPage(), 'skipped: satchel was built without the page (cargo xtask build)');
  expect(builtWithPage()).toBe(true);
});

test('a letter opens from the disk with its passphrase alone, and asks nobody for anything', async ({ desk, reader }) => {
  const files = [pdf(), csv('члены.csv'), png()];
  const letter = await letterOf(desk, files);
  const page = await reader.newReader();
  await page.goto(letter);
  expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  await expect(page.getByRole('heading', { name: 'This file is locked' })).toBeVisible();
  await expect(page.getByText('only a preview')).toBeHidden();
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toHaveText('Type the passphrase first.');
  await type(page, 'four words are not enough');
  await expect(page.getByRole('alert')).toContainText('That is not the passphrase.');
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused();
  await type(page, PASSPHRASE);
  await expect(page.getByRole('heading', { name: '3 files' })).toBeFocused();
  for (const file of files) expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });

  await page.getByRole('button', { name: 'Show board.png' }).click();
  const picture = page.getByRole('img', { name: 'Picture: board.png' });
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
  await page.getByRole('button', { name: 'Hide board.png' }).click();
  await expect(picture).toBeHidden();
  await page.getByRole('button', { name: 'Show члены.csv' }).click();
  await expect(page.getByRole('region', { name: 'The text of члены.csv' })).toContainText('"Member, 499"');

  await page.getByRole('button', { name: 'Lock it again' }).click();
  await expect(page.getByLabel('Passphrase', { exact: true })).toHaveValue('');
  expect(new Set(reader.asked.filter((url) => !/^(?:blob:|data:)/.test(url)))).toEqual(new Set([letter]));
});

test('a text is shown as the text that it is, and copied', async ({ desk, reader }) => {
  const page = await reader.newReader({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(await letterOf(desk, THREE_SCRIPTS));
  await page.getByRole('button', { name: 'Show the passphrase' }).click();
  await expect(page.getByLabel('Passphrase', { exact: true })).toHaveAttribute('type', 'text');
  await type(page, PASSPHRASE);
  await expect(page.getByRole('heading', { name: 'The text' })).toBeFocused();
  expect(await readText(page)).toBe(THREE_SCRIPTS);
  await page.getByRole('button', { name: 'Copy text' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(THREE_SCRIPTS);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  expect(await readFile(await download.path(), 'utf8')).toBe(THREE_SCRIPTS);
});

test('what a stranger sealed is text and downloads, whatever it calls itself', async ({ desk, reader }) => {
  const markup = Buffer.from('<script>document.title = "run"</script><img src="x" onerror="document.title = `run`">');
  const files = ['page.html', 'picture.svg'].map((name) => ({ name, mimeType: '', buffer: markup }));
  const page = await reader.newReader();
  await page.goto(await letterOf(desk, files));
  await type(page, PASSPHRASE);
  await page.getByRole('button', { name: 'Show page.html' }).click();
  await expect(page.getByRole('region', { name: 'The text of page.html' })).toHaveText(markup.toString());
  await expect(page.getByRole('button', { name: 'Show picture.svg' })).toBeHidden();
  await expect(page).toHaveTitle('A locked file');
});

test('the policy lets nothing out and nothing in', async ({ desk, browser }) => {
  let heard = 0;
  // Bytes, not connections: Chromium connects ahead of the frame that it then refuses, and says nothing.
  const listener = createServer((socket) => socket.on('data', (bytes) => (heard += bytes.length)).on('error', () => undefined));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const elsewhere = `127.0.0.1:${(listener.address() as AddressInfo).port}/`;
  const page = await (await browser.newContext()).newPage();
  await page.goto(await letterOf(desk, 'x'));
  const refused = await page.evaluateHandle(async (elsewhere) => {
    const url = `http://${elsewhere}`;
    const found = new Set<string>();
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => void found.add(effectiveDirective));
    const attempts: (() => unknown)[] = [
      () => fetch(url),
      () => navigator.sendBeacon(url),
      () => new WebSocket(`ws://${elsewhere}`),
      () => (new Image().src = url),
      () => new Audio(url).load(),
      () => document.body.append(Object.assign(document.createElement('iframe'), { src: url })),
      () => (document.body.innerHTML = '<p>trusted?</p>'),
      () => document.body.setAttribute('style', 'color: red'),
      () => document.head.append(Object.assign(document.createElement('base'), { href: url })),
      () => document.head.append(Object.assign(document.createElement('style'), { textContent: 'p { color: red }' })),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
      } catch {
        // Refused is what it is meant to be.
      }
    }
    return found;
  }, elsewhere);
  const directives = ['base-uri', 'connect-src', 'frame-src', 'img-src', 'media-src', 'require-trusted-types-for', 'style-src-attr', 'style-src-elem'];
  await expect.poll(() => refused.evaluate((found) => [...found].sort())).toEqual(directives);
  expect(heard).toBe(0);
  await page.close();
  listener.close();
});

test('a letter that was cut on its way says so', async ({ desk, reader }) => {
  const path = join(desk, 'letter.html');
  const letter = await letterOf(desk, [pdf()]);
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.length - 2000));
  const page = await reader.newReader();
  await page.goto(letter);
  await type(page, PASSPHRASE);
  await expect(page.getByRole('alert')).toContainText('This file is damaged');
});

test('a letter opens where the browser lends no cryptography', async ({ desk, reader }) => {
  const file = csv();
  const page = await reader.newReader();
  await page.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
  await page.goto(await letterOf(desk, [file]));
  await type(page, PASSPHRASE);
  expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
});

test('where WebAssembly is off the letter says what else opens it', async ({ desk, reader }) => {
  const page = await reader.newReader();
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
  await page.goto(await letterOf(desk, 'x'));
  await expect(page.getByRole('alert')).toContainText('satchel decrypt letter.html');
  await type(page, PASSPHRASE);
  await expect(page.getByRole('alert')).toContainText('satchel decrypt letter.html');
});

test('without scripts the letter says what opens it', async ({ desk, browser }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(await letterOf(desk, 'x'));
  // Playwright's texts leave `noscript` out.
  await expect(page.locator('noscript code')).toHaveText('satchel decrypt letter.html');
  await expect(page.locator('noscript code')).toBeVisible();
  await expect(page.getByText('this is only a preview')).toBeVisible();
  await expect(page.getByRole('button')).toHaveCount(0);
});

test('20 MB open on the page\'s own thread @long', async ({ desk, reader }) => {
  const file = { name: 'recording.bin', mimeType: '', buffer: Buffer.alloc(20_000_000, 'seven b') };
  const page = await reader.newReader();
  await page.goto(await letterOf(desk, [file]));
  await type(page, PASSPHRASE);
  expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
});

test('a letter is accessible and fits', async ({ desk, reader }) => {
  const page = await reader.newReader({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(page, `letter-${view}`);
  const letter = await letterOf(desk, [pdf(), csv('רשימת חברים.csv'), png(`${'a-long-name-'.repeat(8)}.png`)]);
  await page.goto(letter);
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused();
  await judge('locked');
  await type(page, 'wrong');
  await expect(page.getByRole('alert')).toContainText('That is not the passphrase.');
  await judge('wrong');
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
  await judge('wrong-rtl');
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'ltr'));
  await type(page, PASSPHRASE);
  await page.getByRole('button', { name: /^Show a-long-name/ }).click();
  await judge('files');
  await letterOf(desk, THREE_SCRIPTS);
  await page.goto(letter);
  await type(page, PASSPHRASE);
  await expect(page.getByRole('region', { name: 'The text' })).toBeVisible();
  await judge('text');
});
