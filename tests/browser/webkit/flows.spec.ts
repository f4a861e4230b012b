/** Sharing, opening once, passphrase and receipt in WebKit. */
import { expect, test } from '@playwright/test';
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
