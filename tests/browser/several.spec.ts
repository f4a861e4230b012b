/** A link for each person: made, opened, revoked and added one by one, and how a paste ends changed later. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Locator, Page } from '@playwright/test';
import { csv } from './documents';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { fillIn, fillNumber, follow, holdUpload, pasted, pressOpen, readText, receiptFact, saveFile, sha256, share, type Wish } from './people';
import { program, startServer, type Server } from './server';

const run = promisify(execFile);
const satchel = async (...args: string[]): Promise<string> => (await run(program('SATCHEL_CLI_BIN', 'satchel'), args)).stdout;

interface Several {
  readonly links: string[];
  readonly receipt: string;
}

/** The links that are listed, in order. */
async function listed(page: Page): Promise<string[]> {
  const fields = await page.getByRole('textbox', { name: /^Link \d+$/ }).all();
  return Promise.all(fields.map((field) => field.inputValue()));
}

async function shareSeveral(page: Page, server: Server, count: number, wish: Wish): Promise<Several> {
  await fillIn(page, server, wish);
  await page.getByLabel('A link for each person').check();
  await fillNumber(page.getByLabel('How many people'), String(count));
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByRole('heading', { name: `Your ${count} links are ready` })).toBeFocused();
  return { links: await listed(page), receipt: await page.getByLabel('Receipt', { exact: true }).inputValue() };
}

/** The line of one link on the receipt. */
const line = (page: Page, number: number): Locator => page.getByRole('listitem', { name: new RegExp(`^Link ${number} `) });

async function reads(page: Page, link: string | undefined): Promise<string> {
  await follow(page, link ?? '');
  await pressOpen(page);
  return readText(page);
}

test('each person has a link that opens once, and a line on the receipt', async ({ page, server, watched }) => {
  const { links, receipt } = await shareSeveral(page, server, 12, { text: 'Thirty hours, full pay.' });
  expect(new Set(links).size).toBe(12);
  await page.getByRole('button', { name: 'Copy Link 3', exact: true }).click();
  expect(await pasted(page, server)).toBe(links[2]);
  await page.getByRole('button', { name: 'QR code Link 3' }).click();
  await expect(page.getByRole('img', { name: 'Link 3 as a QR code' })).toBeVisible();
  const reader = await watched.newVisitor();
  for (const link of [links[0], links[11]]) {
    expect(await reads(reader, link)).toBe('Thirty hours, full pay.');
    await expect(reader.getByText('This is gone now.').first()).toBeVisible();
    await follow(reader, link ?? '');
    await expect(reader.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
  }
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('heading', { name: '10 links open' })).toBeFocused();
  await expect(line(page, 1)).toContainText('It was opened');
  await expect(line(page, 2)).toContainText('Not opened yet');
  await expect(line(page, 12)).toContainText('It was opened');
  await expect(page.getByRole('listitem', { name: /^Link \d+ / })).toHaveCount(12);
  expect(receipt).not.toBe('');
});

test('one link is revoked after asking once more, and the others stay', async ({ page, server, watched }) => {
  const file = csv();
  const { links } = await shareSeveral(page, server, 3, { files: [file] });
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await page.getByRole('button', { name: 'Revoke Link 2' }).click();
  await line(page, 2).getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Revoke Link 2' }).click();
  await page.getByRole('button', { name: 'Yes, revoke it' }).click();
  await expect(line(page, 2)).toContainText('You burned it');
  await expect(page.getByRole('status').filter({ hasText: 'Link 2 is revoked.' })).toHaveCount(1);
  const reader = await watched.newVisitor();
  await follow(reader, links[1] ?? '');
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible();
  for (const link of [links[0], links[2]]) {
    await follow(reader, link ?? '');
    await pressOpen(reader);
    expect((await saveFile(reader, file.name)).sha256).toBe(sha256(file.buffer));
    await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  }
  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(page.getByRole('heading', { name: 'It is gone, with all its links' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Make more links' })).toHaveCount(0);
});

test('on another device the receipt makes more links, with a passphrase, and burns them all', async ({ page, server, watched }) => {
  const { links, receipt } = await shareSeveral(page, server, 2, { text: 'for the night shift too' });
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  expect(await readFile(await saved.path(), 'utf8')).toContain(receipt);
  const phone = await watched.newVisitor({ viewport: { width: 360, height: 740 } });
  await phone.goto(server.origin);
  await phone.getByRole('button', { name: 'Open', exact: true }).click();
  await phone.getByLabel('Link or receipt').fill(receipt);
  await phone.getByRole('button', { name: 'Look at it' }).click();
  await expect(phone.getByRole('heading', { name: '2 links open' })).toBeVisible();
  await phone.getByRole('button', { name: 'Make more links' }).click();
  await fillNumber(phone.getByLabel('How many more'), '2');
  await phone.getByRole('switch', { name: 'Also ask for a passphrase' }).check();
  await phone.getByRole('button', { name: 'Choose my own' }).click();
  await phone.getByLabel('Your passphrase').fill('at noon at gate four');
  await phone.getByRole('button', { name: 'Make them' }).click();
  await expect(phone.getByRole('heading', { name: '2 new links' })).toBeFocused({ timeout: 40_000 });
  const more = await listed(phone);
  expect(more).toHaveLength(2);
  await expect(line(phone, 4)).toContainText('Not opened yet');
  const reader = await watched.newVisitor();
  await follow(reader, more[1] ?? '');
  await reader.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await pressOpen(reader);
  await expect(reader.getByText('That passphrase is wrong.').first()).toBeVisible();
  await reader.getByLabel('Passphrase', { exact: true }).fill('at noon at gate four');
  await pressOpen(reader);
  expect(await readText(reader)).toBe('for the night shift too');
  await phone.getByRole('button', { name: 'Burn all' }).click();
  await phone.getByRole('button', { name: 'Yes, burn it' }).click();
  await expect(phone.getByRole('heading', { name: 'It is gone, with all its links' })).toBeFocused();
  await follow(reader, links[0] ?? '');
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible();
});

test('wrong passphrases show on the line of the link that was tried', async ({ page, server, watched }) => {
  const { links } = await shareSeveral(page, server, 2, { text: 'x', passphrase: { own: 'long enough to be tried' } });
  const reader = await watched.newVisitor();
  await follow(reader, links[1] ?? '');
  await reader.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await pressOpen(reader);
  await expect(reader.getByText('That passphrase is wrong.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(line(page, 2)).toContainText('Wrong passphrases: 1.');
  await expect(line(page, 1)).not.toContainText('Wrong passphrases');
});

test('how long a link opens and for how many is changed later, for one link and for a paste', async ({ page, server }) => {
  const day = (text: string): number => Date.parse(`${/\d+ \w+/.exec(text)?.[0] ?? ''} ${new Date().getFullYear()}`);
  await shareSeveral(page, server, 2, { text: 'x', opens: 'for 5 readers' });
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(line(page, 1)).toContainText('5 of 5 reads left.');
  const before = await line(page, 2).textContent();
  await page.getByRole('button', { name: 'Change link 1' }).click();
  await line(page, 1).getByLabel('Gone within').selectOption('in 30 days');
  await line(page, 1).getByLabel('Reads that are left').selectOption('2');
  await line(page, 1).getByRole('button', { name: 'Change it' }).click();
  await expect(line(page, 1)).toContainText('2 of 2 reads left.');
  expect(await line(page, 2).textContent()).toBe(before);

  const { receipt } = await share(page, server, { text: 'y', opens: 'for 5 readers' });
  await follow(page, receipt);
  const usual = await receiptFact(page, 'Gone by');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByLabel('Gone within').selectOption('in 1 day');
  await page.getByRole('button', { name: 'Change it' }).click();
  await expect.poll(() => receiptFact(page, 'Gone by')).not.toBe(usual);
  expect(day(await receiptFact(page, 'Gone by'))).toBeLessThan(day(usual));
  expect(await receiptFact(page, 'Reads left')).toBe('5 of 5');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('button', { name: 'Leave it' }).click();
  await expect(page.getByRole('button', { name: 'Change', exact: true })).toBeVisible();
});

test('links of the page work in the terminal, and the other way round', async ({ page, server }) => {
  const { links, receipt } = await shareSeveral(page, server, 2, { text: 'for both' });
  expect(await satchel('get', links[0] ?? '', '-o', '-')).toBe('for both');
  expect(JSON.parse(await satchel('status', receipt, '--json'))).toMatchObject({ state: 'stored', links: [{ number: 1 }, { number: 2 }] });
  const [later] = (await satchel('link', receipt)).trim().split('\n');
  expect(await reads(page, later)).toBe('for both');
  await expect(page.getByText('This is gone now.').first()).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: '1 link opens' })).toBeVisible();
  await expect(line(page, 3)).toContainText('It was opened');
});

test('an invite pays for links, and a server that asks for work gets it for each', async ({ browser }) => {
  for (const options of [['--uploads', 'invite'], ['--work', 'always']]) {
    const server = await startServer(options);
    const page = await (await browser.newContext()).newPage();
    if (options[1] === 'invite') {
      const args = ['invite', 'create', '--uses', '4', '--base-url', server.origin, '--data', server.data];
      await follow(page, (await run(program('SATCHEL_SERVER_BIN', 'satchel-server'), args)).stdout.trim());
      await page.getByLabel('Keep it in this browser').check();
    }
    // One use for the document, two for the links, one for another.
    await shareSeveral(page, server, 2, { text: 'paid' });
    await page.getByRole('button', { name: 'Look at it now' }).click();
    await page.getByRole('button', { name: 'Make more links' }).click();
    await page.getByRole('button', { name: 'Make them' }).click();
    await expect(page.getByRole('heading', { name: '1 new link' })).toBeVisible();
    expect(await reads(page, (await listed(page))[0])).toBe('paid');
    await page.context().close();
    await server.stop();
  }
});

test('a share with several links that is given up leaves nothing on the server', async ({ browser }) => {
  const server = await startServer();
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.origin);
  await page.getByLabel('Add files').setInputFiles([{ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(3_000_000, 7) }]);
  await page.getByLabel('A link for each person').check();
  const upload = await holdUpload(page);
  const created = page.waitForResponse((response) => response.url().endsWith('/api/v1/documents') && response.status() === 201);
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await created;
  await upload.begun;
  await page.getByRole('button', { name: 'Cancel' }).click();
  const counted = async (): Promise<unknown> => {
    const { stdout } = await run(program('SATCHEL_SERVER_BIN', 'satchel-server'), ['stats', '--json', '--data', server.data]);
    return /"uploading":\s*(\d+)/.exec(stdout)?.[1];
  };
  await expect.poll(counted).toBe('0');
  await page.context().close();
  await server.stop();
});

test('links under a passphrase say beforehand how long they take, show which one is made, and are given up without a trace', async ({ browser }) => {
  const server = await startServer();
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await fillIn(page, server, { text: 'x', passphrase: { own: 'long enough to be tried' } });
  await page.getByLabel('A link for each person').check();
  await fillNumber(page.getByLabel('How many people'), '60');
  await expect(page.getByText(/^The passphrase is worked into each link by itself. On this device that takes about \d/)).toBeVisible();
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByText(/^[2-9] of 60$/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Cancelled.' })).toBeVisible();
  const stored = async (): Promise<unknown> => {
    const { stdout } = await run(program('SATCHEL_SERVER_BIN', 'satchel-server'), ['stats', '--json', '--data', server.data]);
    return [/"uploading":\s*(\d+)/, /"stored":\s*(\d+)/].map((each) => each.exec(stdout)?.[1]);
  };
  await expect.poll(stored).toEqual(['0', '0']);
  await page.context().close();
  await server.stop();
});

test('a number of people that cannot be is said, and nothing is sent', async ({ page, server }) => {
  await fillIn(page, server, { text: 'x' });
  await page.getByLabel('A link for each person').check();
  for (const wrong of ['', '0', '101', '2.5']) {
    await fillNumber(page.getByLabel('How many people'), wrong);
    await page.getByRole('button', { name: 'Seal and get links' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Between 1 and 100 links.' })).toBeVisible();
  }
});

test('the views of several links are accessible and fit', async ({ server, watched }) => {
  test.slow();
  const page = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(page, view);
  await fillIn(page, server, { text: 'x' });
  await page.getByLabel('A link for each person').check();
  await judge('share-several');
  const { links } = await shareSeveral(page, server, 3, { text: 'Thirty hours, full pay.', opens: 'for 5 readers' });
  await page.getByRole('button', { name: 'QR code Link 1' }).click();
  await judge('sealed-several');
  await satchel('get', links[0] ?? '', '-o', '-');
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await page.getByRole('button', { name: 'Revoke Link 3' }).click();
  await page.getByRole('button', { name: 'Yes, revoke it' }).click();
  await expect(line(page, 3)).toContainText('You burned it');
  await judge('receipt-several');
  await page.getByRole('button', { name: 'Change link 1' }).click();
  await page.getByRole('button', { name: 'Revoke Link 2' }).click();
  await page.getByRole('button', { name: 'Make more links' }).click();
  await judge('receipt-several-asking');
});
