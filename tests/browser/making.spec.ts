/** What making a paste says before anything is sent, who the links are for, what becomes of an upload on a bad line, and where link and receipt go afterwards. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Locator, Page, TestInfo } from '@playwright/test';
import { csv } from './documents';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { fillIn, follow, pressOpen, readText, saveFile, sha256, share, take } from './people';
import { program, startServer, type Server } from './server';

const run = promisify(execFile);
const MARKDOWN = '# Thursday\n\nBring **three** copies.';
const LEDGER = 'a long enough phrase for a list';

/** More than goes in one request. */
const MINUTES = Buffer.alloc(6_000_000, 'minutes of the meeting ');

/** On the disk: by its path a browser has it at once, by its bytes after ten seconds. */
async function fillInMinutes(page: Page, server: Server, info: TestInfo): Promise<void> {
  const path = info.outputPath('minutes.bin');
  await writeFile(path, MINUTES);
  await fillIn(page, server, {});
  await page.getByLabel('Add files').setInputFiles(path);
}

/** Everything that left the browser: addresses, headers, bodies. */
function sent(page: Page): string[] {
  const all: string[] = [];
  page.context().on('request', (request) => void all.push(request.url(), JSON.stringify(request.headers()), request.postDataBuffer()?.toString('latin1') ?? ''));
  return all;
}

test('what is chosen stands as a sentence before the button, in the language that is spoken', async ({ page, server }) => {
  await fillIn(page, server, {});
  await expect(page.locator('.terms')).toHaveCount(0);
  await page.getByLabel('Text', { exact: true }).fill('x');
  await expect(page.getByText('One person can open it, within 7 days.')).toBeVisible();
  await page.getByLabel('Opens').selectOption('for 5 readers');
  await page.getByLabel('Within').selectOption('1 day');
  await page.getByLabel('Also ask for a passphrase').check();
  await expect(page.getByText('5 people can open it, within 1 day. It asks for the passphrase.')).toBeVisible();
  await page.getByLabel('A link for each person').check();
  await page.getByLabel('How many people').fill('3');
  await expect(page.getByText('3 people get a link each, good for 1 day. Each opens for 5 readers.')).toBeVisible();
  await page.getByLabel('How many people').fill('');
  await expect(page.locator('.terms')).toHaveText('');
  await page.getByLabel('A link for each person').uncheck();
  await page.getByLabel('Language').selectOption('ru');
  await expect(page.getByText('Открыть это смогут 5 человек. Срок: 1 день.')).toBeVisible();
});

test('what opens any number of times may be kept in backups, says what that means, and opens from one when the server is lost', async ({ page, server }, info) => {
  const vault = info.outputPath('backup');
  const operator = (...words: string[]): Promise<unknown> => run(program('SATCHEL_SERVER_BIN', 'satchel-server'), [...words, '--data', server.data]);
  const text = 'what we ask for';
  await fillIn(page, server, { text });
  const keep = page.getByLabel('Keep a copy in the server’s backups');
  await expect(page.locator('.terms')).not.toBeEmpty();
  await expect(keep).toHaveCount(0);
  const opens = page.getByLabel('Opens');
  await opens.selectOption('any number of times');
  await expect(keep).toHaveAccessibleDescription(/the copy opens with the link, even if you burn it here/);
  await expect(keep).not.toBeChecked();
  await keep.check();
  await page.getByLabel('A link for each person').check();
  await expect(keep).toHaveCount(0);
  await page.getByLabel('A link for each person').uncheck();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const kept = await take(page);
  await expect(page.getByText('the copy opens with the link, even if you burn it here')).toBeVisible();
  const other = await share(page, server, { text: 'not kept', opens: 'any number of times' });

  await operator('backup', vault);
  await server.end();
  await rm(server.data, { recursive: true });
  await operator('restore', vault);
  await server.begin();
  await follow(page, kept.link);
  await pressOpen(page);
  expect(await readText(page)).toBe(text);
  await follow(page, other.link);
  await expect(page.getByRole('heading', { name: 'This was burned' })).toBeVisible();
});

/** The size that is said, once it is. */
async function sizeIn(place: Locator): Promise<string> {
  return (await place.locator('dl div').filter({ hasText: 'Size' }).locator('dd').textContent()) ?? '';
}

test('what the other side will see can be looked at before, with its size, and sends nothing', async ({ page, server, watched }) => {
  await fillIn(page, server, { text: MARKDOWN, written: 'Markdown', passphrase: { own: 'long enough to be tried' } });
  const before = sent(page);
  await page.getByText('What the other side sees').click();
  await expect(page.getByText('Nothing has been sent yet.')).toBeVisible();
  const first = page.getByRole('region', { name: 'Before they open it' });
  await expect(first).toContainText('This opens once');
  await expect(first.getByLabel('Passphrase')).toBeDisabled();
  await expect(first.getByRole('button', { name: 'Open it' })).toBeDisabled();
  const then = page.getByRole('region', { name: 'After they open it' });
  await expect(then.getByRole('heading', { name: 'Thursday' })).toBeVisible();
  await page.getByLabel('Text', { exact: true }).fill('# Friday <img src=x>');
  await expect(then.getByRole('heading', { name: 'Friday' })).toBeVisible();
  await page.getByLabel('Add files').setInputFiles([csv()]);
  await expect(then).toContainText('members.csv');
  await expect(then).toContainText('message.md');
  expect(before.filter((each) => each.includes('/api/'))).toEqual([]);
  const size = await sizeIn(first);
  expect(size).toMatch(/\d/);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const reader = await watched.newVisitor();
  await follow(reader, (await take(page, true)).link);
  expect(await sizeIn(reader.getByRole('main')), 'what the other side sees').toBe(size);
});

test('names of people stand beside their links and in the file of the receipt, and in nothing that is sent', async ({ page, server, watched }) => {
  const all = sent(page);
  await fillIn(page, server, { text: 'for three of us' });
  await page.getByLabel('A link for each person').check();
  await page.getByText('Their names').click();
  await page.getByRole('textbox', { name: 'Their names' }).fill('Marguerite\n\n  Þórunn <b>\nنوال\n');
  await expect(page.getByLabel('How many people')).toHaveValue('3');
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByRole('heading', { name: 'Your 3 links are ready' })).toBeVisible();
  const link = await page.getByRole('textbox', { name: 'Link 1 · Marguerite' }).inputValue();
  await expect(page.getByRole('textbox', { name: 'Link 2 · Þórunn <b>' })).toBeVisible();
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  expect(await readFile(await saved.path(), 'utf8')).toContain('Link 1 · Marguerite\nLink 2 · Þórunn <b>\n');
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe('for three of us');
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('listitem', { name: /^Link 1 · Marguerite/ })).toContainText('It was opened');
  await expect(page.getByRole('listitem', { name: /^Link 2 · Þórunn/ })).toContainText('Not opened yet');
  const told = all.join('\n') + link;
  for (const name of ['Marguerite', 'Þórunn', 'runn <b>', 'نوال']) expect(told.includes(name) || told.includes(encodeURIComponent(name)) || told.includes(Buffer.from(name).toString('latin1'))).toBe(false);
});

test('an upload waits when the network goes away, says so, and goes on by itself', async ({ page, server, watched }, info) => {
  await fillInMinutes(page, server, info);
  const created = page.waitForResponse((response) => response.request().method() === 'POST' && response.status() === 201);
  // Slow enough that it is not over before the network goes.
  await page.route('**/api/v1/pastes/*', async (route) => {
    if (route.request().method() === 'PATCH') await page.context().setOffline(true);
    await route.continue().catch(() => undefined);
  });
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await created;
  await expect(page.getByText('Waiting for the network. It goes on by itself').first()).toBeVisible();
  await expect(page.getByText(/MB of 6(\.\d)?\sMB/)).toBeVisible();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().setOffline(false);
  const { link } = await take(page);
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  expect((await saveFile(reader, 'minutes.bin')).sha256).toBe(sha256(MINUTES));
});

test('an upload goes on where it was when its server is ended and started again, and is ended by who waits no longer', async ({ browser }, info) => {
  const server = await startServer(['--uploads-per-minute', '1000']);
  const page = await (await browser.newContext()).newPage();
  const patched: number[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') patched.push(Number(request.headers()['upload-offset']));
  });
  /** The server ends when the first piece is there, and before the second one is. */
  const cut = async (): Promise<void> => {
    let ended: Promise<void> | undefined;
    await page.route('**/api/v1/pastes/*', async (route) => {
      if (route.request().method() === 'PATCH') await (ended ??= server.end());
      await route.continue().catch(() => undefined);
    });
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await expect.poll(() => ended !== undefined).toBe(true);
    await ended;
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await expect(page.getByText('Waiting for the network. It goes on by itself').first()).toBeVisible();
  };
  await fillInMinutes(page, server, info);
  await cut();
  const before = patched.length;
  await server.begin();
  const { link } = await take(page);
  expect(Math.min(...patched.slice(before)), 'nothing that was stored is sent again').toBeGreaterThan(0);
  await follow(page, link);
  await pressOpen(page);
  expect((await saveFile(page, 'minutes.bin')).sha256).toBe(sha256(MINUTES));

  await fillInMinutes(page, server, info);
  await cut();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Cancelled.').first()).toBeVisible();
  await server.begin();
  await page.context().close();
  await server.stop();
});

test('the share sheet gets the link and nothing else, and says that the passphrase goes another way', async ({ page, server }) => {
  await page.addInitScript(() => {
    const asked: unknown[] = [];
    Object.assign(globalThis, { asked });
    Object.defineProperty(navigator, 'share', {
      configurable: true,
      value: async (data: unknown) => {
        asked.push(data);
        if (asked.length === 1) throw new DOMException('closed', 'AbortError');
        if (asked.length === 2) throw new DOMException('not now', 'NotAllowedError');
      },
    });
  });
  const { link } = await share(page, server, { text: 'x', passphrase: { own: 'long enough to be tried' } });
  const button = page.getByRole('button', { name: 'Share the link' });
  await expect(page.getByText('This passes on the link alone. Tell the passphrase another way.')).toBeVisible();
  await button.click();
  await expect(page.getByText('It could not be shared. Copy the link instead.')).toHaveCount(0);
  await button.click();
  await expect(page.getByText('It could not be shared. Copy the link instead.').first()).toBeVisible();
  await button.click();
  await expect(page.getByText('This passes on the link alone. Tell the passphrase another way.')).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as { asked: unknown }).asked)).toEqual([{ url: link }, { url: link }, { url: link }]);
});

test('a browser without a share sheet shows no button for it', async ({ page, server }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'share', { value: undefined }));
  await share(page, server, { text: 'x' });
  await expect(page.getByRole('button', { name: 'Share the link' })).toHaveCount(0);
});

test('receipts are kept in a ledger under a passphrase only when asked for, looked at later, taken out, and forgotten', async ({ page, server }) => {
  const stored = (): Promise<string> => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  const { receipt } = await share(page, server, { files: [csv()] });
  expect(await stored()).toBe('{}');
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill(LEDGER);
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('It is in your ledger.').first()).toBeVisible();
  const kept = await stored();
  for (const secret of [receipt, receipt.slice(receipt.indexOf('#') + 1), 'members', LEDGER]) expect(kept).not.toContain(secret);

  await share(page, server, { text: 'y' });
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  const field = page.getByRole('region').or(page.locator('form.inset')).getByLabel('Passphrase', { exact: true });
  await field.fill('wrong');
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('That passphrase is wrong.')).toBeVisible();
  expect(await stored()).toBe(kept);
  await field.fill(LEDGER);
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('It is in your ledger.').first()).toBeVisible();

  const folder = await mkdtemp(join(tmpdir(), 'satchel-ledger-'));
  await mkdir(join(folder, 'satchel'));
  const base64 = await page.evaluate(() => localStorage.getItem('satchel-ledger') ?? '');
  await writeFile(join(folder, 'satchel', 'ledger.satchel'), Buffer.from(base64, 'base64'), { mode: 0o600 });
  await writeFile(join(folder, 'passphrase'), LEDGER);
  const args = ['list-mine', '--json', '--ledger-passphrase-file', join(folder, 'passphrase')];
  const { stdout } = await run(program('SATCHEL_CLI_BIN', 'satchel'), args, { env: { ...process.env, XDG_STATE_HOME: folder } });
  expect(JSON.parse(stdout).pastes).toMatchObject([{ number: 1, what: 'members.csv', receipt, found: 'known' }, { number: 2, what: 'a text', found: 'known' }]);
  await rm(folder, { recursive: true });

  await page.reload();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Your ledger' }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill(LEDGER);
  await page.getByRole('button', { name: 'Open the ledger' }).click();
  await page.getByRole('button', { name: 'Remove a text' }).click();
  await expect(page.getByRole('button', { name: 'Remove a text' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Look at it members.csv' }).click();
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeFocused();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Your ledger' }).click();
  await page.getByRole('button', { name: 'Forget the ledger' }).click();
  await page.getByRole('button', { name: 'Yes, forget it' }).click();
  await expect(page.getByRole('button', { name: 'Your ledger' })).toHaveCount(0);
  expect(await stored()).toBe('{}');
});

test('where storage is off the ledger says so, and a full or damaged one is left as it is', async ({ page, server }) => {
  await share(page, server, { text: 'x' });
  await page.evaluate(() => localStorage.setItem('satchel-ledger', 'AAAA'));
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await page.locator('form.inset').getByLabel('Passphrase').fill(LEDGER);
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('This ledger cannot be read')).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('satchel-ledger'))).toBe('AAAA');
  await page.getByRole('button', { name: 'Leave it' }).click();
  await page.evaluate(() => Object.defineProperty(globalThis, 'localStorage', { get: () => { throw new DOMException('off', 'SecurityError'); } }));
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await expect(page.getByText('This browser keeps nothing for this page')).toBeVisible();
});

/** A ledger with one receipt in it. */
async function begun(page: Page, server: Server): Promise<void> {
  await share(page, server, { files: [csv()] });
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill(LEDGER);
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('It is in your ledger.').first()).toBeVisible();
}

/** What is in it, newest first. */
async function inLedger(page: Page, server: Server): Promise<string[]> {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Your ledger' }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill(LEDGER);
  await page.getByRole('button', { name: 'Open the ledger' }).click();
  await expect(page.getByRole('button', { name: /^Remove/ }).first()).toBeVisible();
  return page.locator('main li .strong').allTextContents();
}

async function fillInNoted(page: Page, server: Server, passphrase: string): Promise<void> {
  await fillIn(page, server, { text: 'noted' });
  await page.getByLabel('Write the receipt into your ledger first').check();
  await page.getByLabel('Passphrase of the ledger').fill(passphrase);
}

test('the ledger has the receipt before anything is sent: a page that is cut off after the last byte leaves what burns it', async ({ page, server }) => {
  await begun(page, server);
  await fillInNoted(page, server, LEDGER);
  const arrived = new Promise<number>((resolve) => {
    // The server has it all, and nobody hears that.
    void page.route('**/api/v1/pastes', async (route) => resolve((await route.fetch()).status()));
  });
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  expect(await arrived).toBe(201);
  const other = await page.context().newPage();
  await page.close();
  expect(await inLedger(other, server)).toEqual(['a text', 'members.csv']);
  await other.getByRole('button', { name: 'Look at it a text' }).click();
  await expect(other.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  await other.getByRole('button', { name: 'Burn it now' }).click();
  await other.getByRole('button', { name: 'Yes, burn it' }).click();
  await expect(other.getByRole('heading', { name: 'You burned it' })).toBeVisible();
});

test('what cannot be written into the ledger is not sent: with a wrong passphrase, or where there is no room; and nothing is lost', async ({ page, server }) => {
  test.slow();
  await begun(page, server);
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  const stored = (): Promise<string | null> => page.evaluate(() => localStorage.getItem('satchel-ledger'));
  const before = await stored();
  const press = (): Promise<void> => page.getByRole('button', { name: 'Seal and get link' }).click();
  await fillInNoted(page, server, 'wrong');
  // Names that need a longer ledger: a line more alone may fit into the one that there is.
  await page.getByLabel('Add files').setInputFiles(Array.from({ length: 24 }, (_, at) => csv(`${at} ${'long '.repeat(40)}.csv`)));
  await press();
  await expect(page.getByRole('alert').filter({ hasText: 'That passphrase is wrong.' })).toBeVisible();
  await page.getByLabel('Passphrase of the ledger').fill(LEDGER);
  await page.evaluate(() => {
    for (let size = 4_000_000; size > 0; size = Math.floor(size / 2)) {
      try {
        for (;;) localStorage.setItem(`filler ${Object.keys(localStorage).length}`, 'x'.repeat(size));
      } catch {
        // Then something smaller.
      }
    }
  });
  await press();
  await expect(page.getByRole('alert').filter({ hasText: 'This browser has no room left for it.' })).toBeVisible();
  expect(await stored()).toBe(before);
  expect(sent).toEqual([]);
  await expect(page.getByLabel('Text', { exact: true })).toHaveValue('noted');
  await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('filler')).forEach((key) => localStorage.removeItem(key)));
  await press();
  await take(page);
  await expect(page.getByText('It is in your ledger.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Keep it in a ledger' })).toHaveCount(0);
  // What was sent and then given up is in it no longer.
  await page.getByRole('button', { name: 'Share something else' }).click();
  await page.getByLabel('Text', { exact: true }).fill('given up');
  await page.getByLabel('Write the receipt into your ledger first').check();
  await page.getByLabel('Passphrase of the ledger').fill(LEDGER);
  const asked = page.waitForRequest((request) => request.method() === 'POST');
  await page.route('**/api/v1/pastes', () => undefined);
  await press();
  await asked;
  const written = await stored();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Cancelled.' })).toBeVisible();
  await expect.poll(stored).not.toBe(written);
  expect(await inLedger(page, server)).toEqual([expect.stringContaining('long'), 'members.csv']);
});

for (const how of ['by turns', 'without locks']) {
  test(`of two tabs that write into the ledger at the same moment none loses a line (${how})`, async ({ page, server }) => {
    if (how === 'without locks') await page.context().addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    await begun(page, server);
    const tabs = [page, await page.context().newPage()];
    for (const tab of tabs) {
      await share(tab, server, { text: 'x' });
      await tab.getByRole('button', { name: 'Keep it in a ledger' }).click();
      await tab.locator('form.inset').getByLabel('Passphrase', { exact: true }).fill(LEDGER);
    }
    await Promise.all(tabs.map((tab) => tab.getByRole('button', { name: 'Seal and keep' }).click()));
    await Promise.all(tabs.map((tab) => expect(tab.getByText('It is in your ledger.').first()).toBeVisible()));
    expect(await inLedger(page, server)).toEqual(['a text', 'a text', 'members.csv']);
  });
}

test('what comes with making is accessible and fits', async ({ server, watched }) => {
  test.slow();
  const page = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(page, `making-${view}`);
  await page.addInitScript(() => Object.defineProperty(navigator, 'share', { value: () => Promise.resolve() }));
  await fillIn(page, server, { text: MARKDOWN, written: 'Markdown' });
  await expect(page.getByText('One person can open it')).toBeVisible();
  await judge('terms');
  await page.getByLabel('Opens').selectOption('any number of times');
  await page.getByLabel('Keep a copy in the server’s backups').check();
  await judge('kept');
  await page.getByLabel('Opens').selectOption('once, then it is gone');
  await page.getByText('What the other side sees').click();
  await expect(page.getByRole('heading', { name: 'Thursday' })).toBeVisible();
  await judge('preview');
  await page.getByText('What the other side sees').click();
  await page.getByLabel('A link for each person').check();
  await page.getByText('Their names').click();
  await page.getByRole('textbox', { name: 'Their names' }).fill('Marguerite\nÞórunn');
  await judge('people');
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByRole('heading', { name: 'Your 2 links are ready' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill(LEDGER);
  await judge('sealed');
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('It is in your ledger.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Your ledger' }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill(LEDGER);
  await page.getByRole('button', { name: 'Open the ledger' }).click();
  await expect(page.getByRole('button', { name: 'Look at it a text' })).toBeVisible();
  await page.getByRole('button', { name: 'Forget the ledger' }).click();
  await judge('ledger');
  await fillInNoted(page, server, LEDGER);
  await judge('noted');
});
