/** What people do on the page, in the words they see. */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Server } from './server';

export interface Wish {
  readonly text?: string;
  /** As the select beside the text shows it. */
  readonly written?: 'Markdown' | 'code';
  readonly files?: readonly Upload[];
  /** As the select shows it. */
  readonly opens?: string;
  readonly passphrase?: 'generated' | { readonly own: string };
}

export type Upload = { readonly name: string; readonly mimeType: string; readonly buffer: Buffer };
export interface Given {
  readonly link: string;
  readonly receipt: string;
  readonly passphrase: string | null;
}

/** Fills the form in, without sealing. */
export async function fillIn(page: Page, server: Server, wish: Wish): Promise<void> {
  // Not over what a link left in this place of the tab's history: that would be a reload.
  await page.goto('about:blank');
  await page.goto(server.origin);
  if (wish.text !== undefined) await page.getByLabel('Text', { exact: true }).fill(wish.text);
  if (wish.written !== undefined) await page.getByLabel('Written as').selectOption(wish.written);
  if (wish.files !== undefined) await page.getByLabel('Add files').setInputFiles([...wish.files]);
  if (wish.opens !== undefined) await page.getByLabel('Opens').selectOption(wish.opens);
  if (wish.passphrase === undefined) return;
  await page.getByLabel('Also ask for a passphrase').check();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  if (wish.passphrase === 'generated') return;
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill(wish.passphrase.own);
}

/** Fills the form in, seals, and takes what is given. */
export async function share(page: Page, server: Server, wish: Wish): Promise<Given> {
  await fillIn(page, server, wish);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  return take(page, wish.passphrase !== undefined);
}

/** Lets no bytes of an upload get to the server, so that it lasts; `begun` when there were some. */
export async function holdUpload(page: Page): Promise<{ begun: Promise<void> }> {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  await page.route('**/api/v1/**', async (route) => {
    if (route.request().method() === 'PATCH') begin();
    else await route.continue();
  });
  return { begun };
}

/** What stands on the page after sealing. */
export async function take(page: Page, locked = false): Promise<Given> {
  await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeVisible();
  return {
    link: await page.getByLabel('Link', { exact: true }).inputValue(),
    receipt: await page.getByLabel('Receipt', { exact: true }).inputValue(),
    passphrase: locked ? await page.getByLabel('Passphrase', { exact: true }).inputValue() : null,
  };
}

/** Fills a field of numbers. It is emptied first: Playwright's `fill` selects what stands there, and Firefox has no selection in such fields. */
export async function fillNumber(field: Locator, value: string): Promise<void> {
  await field.clear();
  await field.fill(value);
}

/** Fills a field and leaves it. The last character comes by a key: what is filled without one Firefox does not take for a change that a person made. */
export async function typeAndLeave(field: Locator, text: string): Promise<void> {
  await field.fill(text.slice(0, -1));
  await field.press(text.slice(-1));
  await field.press('Tab');
}

/** Follows a link as if it was clicked in a message: a fresh page load. */
export async function follow(page: Page, link: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(link);
}

export async function pressOpen(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Open it' }).click();
}

/** The text that is shown. */
export async function readText(page: Page): Promise<string> {
  const text = page.getByRole('region', { name: 'The text' });
  await expect(text).toBeVisible();
  return (await text.textContent()) ?? '';
}

/** Presses Save for one file and gives its name and content as they arrive on the disk. */
export async function saveFile(page: Page, name: string): Promise<{ name: string; sha256: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Save ${name}` }).click()]);
  return { name: download.suggestedFilename(), sha256: sha256(await readFile(await download.path())) };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** One fact of the receipt, by its label. */
export async function receiptFact(page: Page, label: string): Promise<string> {
  return (await page.locator('dl div').filter({ hasText: label }).locator('dd').textContent()) ?? '';
}

/** What a paste gives now. Asked by pasting, because the page's policy lets nobody read the clipboard. */
export async function pasted(page: Page, server: Server): Promise<string> {
  const other = await page.context().newPage();
  await other.goto(server.origin);
  await other.getByLabel('Text', { exact: true }).focus();
  await other.keyboard.press('Control+V');
  const text = await other.getByLabel('Text', { exact: true }).inputValue();
  await other.close();
  return text;
}
