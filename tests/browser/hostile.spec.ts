/**
 * Nothing runs: strings made to run, to break out, or to look like what they are not, as a text, Markdown, code, a file's name and its media
 * type. No script of them runs, the page's policy has nothing to report, and what stands on the page is what was sent.
 */
import { expect, test } from './fixture';
import { hostileStrings } from './hostile';
import { follow, pressOpen, readText, share, type Upload, type Wish } from './people';
import type { Page } from '@playwright/test';
import type { Server } from './server';

const COUNT = process.env['SATCHEL_LONG'] === undefined ? 150 : 1000;
const SEED = Number(process.env['SATCHEL_SEED'] ?? 20_261);
/** How many entries go into one document as files. */
const FILES = 50;
/** As a text field and UTF-8 take them: one kind of line end, no halves of characters. */
const STRINGS = hostileStrings(COUNT, SEED).map((each) => wellFormed(each.replace(/\r\n?/g, '\n')));

/** A half of a character, as a cut can leave it, becomes the sign for what is none: nothing else can be sent. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** A reader whose every way to notice a script is watched. */
async function wary(watched: { newVisitor(): Promise<Page> }): Promise<{ reader: Page; ran: string[] }> {
  const reader = await watched.newVisitor();
  const ran: string[] = [];
  reader.on('dialog', (dialog) => {
    // Leaving what is not saved is asked about by the page itself.
    if (dialog.type() !== 'beforeunload') ran.push(dialog.message());
    // Firefox may have gone on by itself.
    dialog.accept().catch(() => undefined);
  });
  reader.on('popup', (popup) => void ran.push(`opened ${popup.url()}`));
  reader.on('framenavigated', (frame) => {
    if (frame.url() !== 'about:blank' && !['/', '/frame.html'].includes(new URL(frame.url()).pathname)) ran.push(`went to ${frame.url()}`);
  });
  await reader.exposeFunction('hostileRan', (what: string) => void ran.push(what));
  return { reader, ran };
}

async function read(reader: Page, maker: Page, server: Server, wish: Wish): Promise<void> {
  const { link } = await share(maker, server, wish);
  await follow(reader, link);
  await pressOpen(reader);
}

/** The elements that the page itself makes of a text. */
const OURS = 'p, h2, h3, h4, h5, h6, ul, ol, li, blockquote, hr, br, em, strong, s, code, pre, table, thead, tbody, tr, th, td, a, bdi, span, div';

/** What in the text is no element of ours, or has an attribute that none of ours has. */
function foreign(page: Page): Promise<string[]> {
  return page.locator('.reading').first().evaluate((region, ours) => {
    const known = ['class', 'href', 'target', 'rel', 'referrerpolicy', 'dir', 'start', 'scope', 'tabindex', 'role', 'aria-label', 'data-number', 'style'];
    const bad = [...region.querySelectorAll('*')].filter((element) => !element.matches(ours) || element.getAttributeNames().some((name) => !known.includes(name))
      || (element.hasAttribute('style') && !element.matches('.block')) || (element instanceof HTMLAnchorElement && !/^(https?|mailto):/.test(element.protocol)));
    return bad.map((element) => element.outerHTML.slice(0, 200));
  }, OURS);
}

test(`${COUNT} hostile strings as a text are that text`, async ({ page, server, watched }) => {
  test.slow();
  const { reader, ran } = await wary(watched);
  const text = STRINGS.join('\n');
  await read(reader, page, server, { text });
  await expect(reader.locator('.reading:not([aria-busy])')).toBeVisible();
  expect(await readText(reader)).toBe(text);
  expect(await foreign(reader)).toEqual([]);
  expect(ran).toEqual([]);
});

test(`${COUNT} hostile strings as code are that code, in colours`, async ({ page, server, watched }) => {
  test.slow();
  const { reader, ran } = await wary(watched);
  const text = wellFormed(STRINGS.filter(({ length }) => length < 500).join('\n').slice(0, 150_000));
  await read(reader, page, server, { text, written: 'code' });
  await expect(reader.locator('.reading:not([aria-busy]) [class^=code-]').first()).toBeAttached();
  expect(await readText(reader)).toBe(text);
  expect(await foreign(reader)).toEqual([]);
  expect(ran).toEqual([]);
});

test(`${COUNT} hostile strings as Markdown are formatted without one element or address of theirs`, async ({ page, server, watched }) => {
  test.setTimeout(300_000);
  const { reader, ran } = await wary(watched);
  // Each as it is, as the text and the address of a link, as a picture, and as a block of code. In parts that are short enough to be formatted.
  const parts: string[][] = [[]];
  let length = 0;
  for (const each of STRINGS) {
    const line = each.replaceAll('\n', ' ');
    const form = `${each}\n\n[${line}](${line}) ![${line}](${line}) <${line}> [${line}]: ${line} "${line}"\n\n`;
    if (length + form.length > 200_000) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(form);
    length += form.length;
  }
  for (const part of parts) {
    const text = part.join('');
    await read(reader, page, server, { text, written: 'Markdown' });
    await expect(reader.locator('.reading.formatted:not([aria-busy])')).toBeVisible();
    expect(await foreign(reader)).toEqual([]);
    await reader.getByLabel('As written').check();
    await expect.poll(() => readText(reader)).toBe(text);
    expect(await foreign(reader)).toEqual([]);
  }
  expect(ran).toEqual([]);
});

test(`${COUNT} hostile strings in blocks of code of Markdown are that text`, async ({ page, server, watched }) => {
  test.slow();
  const { reader, ran } = await wary(watched);
  // Four blanks before each line make it code; a NUL is U+FFFD in every Markdown.
  const lines = STRINGS.filter(({ length }) => length < 1000).flatMap((each) => each.split('\n')).filter((line) => line.trim() !== '').slice(0, 3 * COUNT);
  const text = lines.map((line) => `    ${line}`).join('\n');
  await read(reader, page, server, { text, written: 'Markdown' });
  await expect(reader.locator('.reading.formatted:not([aria-busy])')).toBeVisible();
  const shown = await reader.locator('.formatted pre').first().textContent();
  expect(shown).toBe(`${lines.join('\n').replaceAll('\0', '\ufffd')}\n`);
  expect(ran).toEqual([]);
});

test(`${COUNT} hostile strings as names and media types of files run nothing, and what is shown of a name is safe`, async ({ page, server, watched }) => {
  test.setTimeout(600_000);
  const { reader, ran } = await wary(watched);
  for (let from = 0; from < STRINGS.length; from += FILES) {
    const files = STRINGS.slice(from, from + FILES).map((each, at): Upload => ({
      name: wellFormed(`${at} ${each.replaceAll('/', '\u2215').slice(0, 60)}`),
      mimeType: each.slice(0, 120),
      buffer: Buffer.from(each),
    }));
    await read(reader, page, server, { files });
    await expect(reader.getByRole('heading', { name: `${files.length} files` })).toBeVisible();
    const rows = await reader.locator('.files > li').evaluateAll((all) =>
      all.map((row) => ({ name: row.querySelector('.name')?.textContent ?? '', elements: row.querySelectorAll('.name *').length, renamed: row.textContent.includes('Its name was unsafe') })));
    expect(rows).toHaveLength(files.length);
    for (const [at, { name, elements, renamed }] of rows.entries()) {
      // No control character and none that turns a line around; and where nothing was unsafe, the very name.
      expect(name).not.toMatch(/[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
      if (!renamed) expect(name).toBe(files[at]?.name);
      expect(elements).toBe(1);
    }
    for (const button of (await reader.getByRole('button', { name: /^(Show|Watch|Listen)/ }).all()).reverse()) await button.click();
  }
  expect(ran).toEqual([]);
});
