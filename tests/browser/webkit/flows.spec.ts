/** Sharing, opening once, passphrase, receipt, files, several links and a panic link in WebKit. */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { png } from '../documents';
import { startServer, type Server } from '../server';
import { missing, WebKit } from './driver';

const TEXT = 'We meet on Thursday at six. Встречаемся в шесть. "<b>&amp;</b>"';

let server: Server;
let browser: WebKit;

test.skip(missing() !== '', `skipped: ${missing()}`);
test.beforeAll(async () => {
  server = await startServer();
  browser = await WebKit.start();
});
test.afterAll(async () => {
  await browser?.stop();
  await server?.stop();
});

async function shared(locked: boolean): Promise<{ link: string; receipt: string; passphrase: string }> {
  await browser.follow(server.origin);
  await browser.write('Text', TEXT);
  if (locked) {
    await browser.tick('Also ask for a passphrase');
    await browser.sees('bits: out of reach');
  }
  await browser.press('Seal and get link');
  await browser.sees('Your link is ready');
  return { link: await browser.read('Link'), receipt: await browser.read('Receipt'), passphrase: locked ? await browser.read('Passphrase') : '' };
}

const text = (): Promise<unknown> => browser.evaluate("document.querySelector('.reading').textContent");

test('a text comes through WebKit byte for byte, once, and the receipt knows', async () => {
  const { link, receipt } = await shared(false);
  await browser.follow(link);
  await browser.sees('This opens once');
  expect(await browser.evaluate('location.hash')).toBe('');
  await browser.press('Open it');
  await browser.sees('This is gone now.');
  expect(await text()).toBe(TEXT);
  await browser.follow(link);
  await browser.sees('This was already opened');
  await browser.follow(receipt);
  await browser.sees('It was opened');
});

test('in WebKit a wrong passphrase burns nothing, and the right one opens afterwards', async () => {
  const { link, receipt, passphrase } = await shared(true);
  await browser.follow(link);
  await browser.write('Passphrase', 'not this one');
  await browser.press('Open it');
  await browser.sees('That passphrase is wrong.');
  await browser.follow(receipt);
  await browser.sees('Not opened yet');
  await browser.follow(link);
  await browser.write('Passphrase', passphrase);
  await browser.press('Open it');
  await browser.sees('This is gone now.');
  expect(await text()).toBe(TEXT);
});

test('in WebKit a receipt burns what was shared, after asking once more', async () => {
  const { link, receipt } = await shared(false);
  await browser.follow(receipt);
  await browser.press('Burn it now');
  await browser.press('Yes, burn it');
  await browser.sees('You burned it');
  await browser.follow(link);
  await browser.sees('This was burned');
});

test('in WebKit files and a formatted text go over, and a picture is shown in its frame', async ({}, info) => {
  const { name, buffer } = png();
  const path = info.outputPath(name);
  await writeFile(path, buffer);
  await browser.follow(server.origin);
  await browser.write('Text', '# On Thursday bring **three** copies');
  await browser.evaluate("(select => { select.value = 'markdown'; select.dispatchEvent(new Event('change', { bubbles: true })); })(document.querySelector('select[aria-label=\"Written as\"]'))");
  await browser.pick('Add files', path);
  await browser.sees(name);
  await browser.press('Seal and get link');
  await browser.sees('Your link is ready');
  await browser.follow(await browser.read('Link'));
  await browser.press('Open it');
  await browser.sees('2 files');
  await browser.press(`Show ${name}`);
  await expect.poll(() => browser.evaluate("document.querySelector('iframe')?.getBoundingClientRect().height ?? 0")).toBeGreaterThan(20);
  await browser.press('Show message.md');
  await expect.poll(() => browser.evaluate("document.querySelector('.reading h1, .reading h2, .reading h3')?.textContent")).toBe('On Thursday bring three copies');
});

test('in WebKit links for several people are made under a panic link, which burns them all', async () => {
  await browser.follow(server.origin);
  await browser.write('Text', TEXT);
  await browser.tick('A link for each person');
  await browser.sees('How many people');
  await browser.unfold('Put it under a panic link');
  await browser.press('Make a panic link');
  await browser.sees('Your new panic link');
  const panic = await browser.read('Panic link');
  await browser.press('Seal and get links');
  await browser.sees('Your 2 links are ready');
  const link = await browser.read('Link 2');
  await browser.follow(await browser.read('Link 1'));
  await browser.press('Open it');
  await browser.sees('This is gone now.');
  expect(await text()).toBe(TEXT);
  await browser.follow(panic);
  await browser.press('Burn everything now');
  await browser.sees('1 thing burned');
  await browser.follow(link);
  await browser.sees('This was burned');
});
