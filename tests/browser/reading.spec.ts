/** A text that was opened: numbered lines, colours, Markdown; and what is copied of it. */
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { follow, pasted, pressOpen, readText, share, type Wish } from './people';
import type { Page } from '@playwright/test';
import type { Server } from './server';

const MARKDOWN = `# Demands

1. *Thirty* hours, **full** pay, see [the draft](https://example.org/draft?a=1&b=2 "a title").
2. No overtime: https://example.com/law and <mail@example.org>

> It is ~~our~~ *your* time.

| hall | people |
|------|-------:|
| A    | 41     |

![the hall](https://evil.example/pixel.png) [![x](https://evil.example/y.png)](javascript:alert(1))

<img src=x onerror=alert(1)><b>bold</b> &amp; [a](data:text/html,x) [b](//evil.example/z) [c](file:///etc/passwd)

\`\`\`python
def pay(hours):
    return hours * 30  # euros
\`\`\`
`;
const CODE = `#!/bin/sh
# strike fund
for hall in A B; do
  echo "hall $hall: <b>&amp;</b>"
done
`;
const LINES = 100_000;
/** In a page that a person would call frozen nothing happens for longer; the machine of a test is busy with more than one. */
const TASK_MS_MAX = 500;

/** Shares, and opens as somebody else. */
async function read(reader: Page, maker: Page, server: Server, wish: Wish): Promise<void> {
  const { link } = await share(maker, server, wish);
  await follow(reader, link);
  await pressOpen(reader);
}

test('Markdown is formatted: no HTML of it, no picture, and each link says where it leads', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  await read(reader, page, server, { text: MARKDOWN, written: 'Markdown' });
  const text = reader.getByRole('region', { name: 'The text' });
  await expect(text.getByRole('heading', { name: 'Demands', level: 2 })).toBeVisible();
  await expect(text.getByRole('listitem')).toHaveCount(2);
  await expect(text.getByRole('cell', { name: '41' })).toBeVisible();
  await expect(text.locator('em').first()).toHaveText('Thirty');
  await expect(text.getByText('<img src=x onerror=alert(1)><b>bold</b> & [a](data:text/html,x) b [c](file:///etc/passwd)')).toBeVisible();
  await expect(text.getByText('Picture, not fetched: the hall')).toBeVisible();
  await expect(text.locator('img, b, script, iframe, [style], [onerror]')).toHaveCount(0);
  const links = await text.getByRole('link').evaluateAll((all) =>
    all.map((each) => ({ text: each.textContent, href: each.getAttribute('href'), rel: each.getAttribute('rel'), target: each.getAttribute('target') })));
  const safe = { rel: 'noreferrer noopener', target: '_blank' };
  expect(links).toEqual([
    { text: 'the draft (example.org)', href: 'https://example.org/draft?a=1&b=2', ...safe },
    { text: 'https://example.com/law (example.com)', href: 'https://example.com/law', ...safe },
    { text: 'mail@example.org (mail@example.org)', href: 'mailto:mail@example.org', ...safe },
  ]);
  await expect(text.locator('pre .code-keyword').first()).toHaveText('def');
  expect(await text.locator('pre').textContent()).toBe('def pay(hours):\n    return hours * 30  # euros\n');
});

test('a formatted text can be read as it was written, and Copy takes that', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  await read(reader, page, server, { text: MARKDOWN, written: 'Markdown' });
  await expect(reader.getByRole('heading', { name: 'Demands' })).toBeVisible();
  await reader.getByRole('button', { name: 'Copy text' }).click();
  expect(await pasted(reader, server)).toBe(MARKDOWN);
  await reader.getByLabel('As written').check();
  await expect.poll(() => readText(reader)).toBe(MARKDOWN);
  await reader.getByLabel('Formatted').check();
  await expect(reader.getByRole('heading', { name: 'Demands' })).toBeVisible();
});

test('a Markdown link names its host as its browser would ask for it, whatever its text says', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  const text = '[https://аррӏе.com](https://аррӏе.com/) [https://bank.example](https://user:bank.example@evil.example:8443/) [\u202egro.elpmaxe](http://evil.example)';
  await read(reader, page, server, { text, written: 'Markdown' });
  await expect(reader.getByRole('region', { name: 'The text' }).getByRole('link')).toHaveCount(3);
  const hosts = await reader.locator('.host').allTextContents();
  expect(hosts).toEqual([' (xn--80ak6aa92e.com)', ' (evil.example:8443)', ' (evil.example)']);
});

test('lines are numbered, and the numbers are in no copy', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  const text = 'first\n\n  third, indented\nשורה רביעית\nlast';
  await read(reader, page, server, { text });
  expect(await readText(reader)).toBe(text);
  const numbers = await reader.locator('.line').evaluateAll((lines) => lines.map((line) =>
    // Firefox names the attribute, Chromium its value.
    getComputedStyle(line, '::before').content.replace('attr(data-number)', `"${line.getAttribute('data-number')}"`)));
  expect(numbers).toEqual(['1', '2', '3', '4', '5'].map((number) => `"${number}" / ""`));
  await reader.getByRole('region', { name: 'The text' }).evaluate((region) => document.getSelection()?.selectAllChildren(region));
  await reader.keyboard.press('Control+C');
  expect(await pasted(reader, server)).toBe(text);
  await reader.getByLabel('Line numbers').uncheck();
  await expect(reader.locator('.numbered')).toHaveCount(0);
});

test('long lines wrap, or scroll where that is wanted', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor({ viewport: { width: 360, height: 740 } });
  const text = `${'a long line of words '.repeat(40)}\nshort`;
  await read(reader, page, server, { text });
  const region = reader.getByRole('region', { name: 'The text' });
  const scrolls = (): Promise<boolean> => region.evaluate((each) => each.scrollWidth > each.clientWidth);
  expect(await scrolls()).toBe(false);
  await reader.getByLabel('Wrap long lines').uncheck();
  expect(await scrolls()).toBe(true);
  expect(await readText(reader)).toBe(text);
});

test('code is coloured, and its text is what was written', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  await read(reader, page, server, { text: CODE, written: 'code' });
  await expect(reader.locator('.code-keyword').first()).toBeVisible();
  await expect(reader.locator('.code-comment').first()).toContainText('strike fund');
  expect(await readText(reader)).toBe(CODE);
});

test('a file of code or Markdown is read on demand, by its ending too', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  const files = [
    { name: 'fund.sh', mimeType: 'application/octet-stream', buffer: Buffer.from(CODE) },
    { name: 'README.md', mimeType: 'text/markdown', buffer: Buffer.from(MARKDOWN) },
  ];
  await read(reader, page, server, { files });
  await expect(reader.getByRole('region')).toHaveCount(0);
  await reader.getByRole('button', { name: 'Show fund.sh' }).click();
  await expect(reader.getByRole('region', { name: 'Text: fund.sh' }).locator('.code-keyword').first()).toBeVisible();
  await reader.getByRole('button', { name: 'Show README.md' }).click();
  await expect(reader.getByRole('heading', { name: 'Demands' })).toBeVisible();
  await reader.getByRole('button', { name: 'Hide README.md' }).click();
  await expect(reader.getByRole('heading', { name: 'Demands' })).toHaveCount(0);
});

test('100,000 lines are there and the page does not freeze', async ({ page, server, watched }) => {
  test.slow();
  const reader = await watched.newVisitor();
  const text = Array.from({ length: LINES }, (_, line) => `${line + 1}: member ${line % 977}, hall ${line % 7}`).join('\n');
  // As a file: no browser's text field takes a hundred thousand lines in a minute.
  await read(reader, page, server, { files: [{ name: 'members.sql', mimeType: 'application/sql', buffer: Buffer.from(text) }] });
  await expect(reader.getByRole('heading', { name: 'The file' })).toBeVisible();
  await reader.evaluate(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { seenTasks: seen });
    new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  });
  const begun = Date.now();
  await reader.getByRole('button', { name: 'Show members.sql' }).click();
  // Asked with the page's own words: Playwright's locators go through all elements each time, and that is what would be measured.
  await reader.waitForFunction(() => document.querySelector('.line') !== null);
  const first = Date.now() - begun;
  await reader.waitForFunction(() => document.querySelector('.reading:not([aria-busy])') !== null);
  const all = Date.now() - begun;
  const tasks = await reader.evaluate(() => (globalThis as unknown as { seenTasks: number[] }).seenTasks);
  await reader.getByLabel('Wrap long lines').uncheck();
  const shown = await reader.evaluate(async () => {
    const region = document.querySelector('.reading');
    const lines = region?.querySelectorAll('.line') ?? [];
    const last = lines[lines.length - 1];
    if (!region || !last) return null;
    region.scrollTo(0, region.scrollHeight);
    // Blocks that come near get their true height, and move the end a little.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    region.scrollTo(0, region.scrollHeight);
    const seen = last.getBoundingClientRect().bottom <= region.getBoundingClientRect().bottom + 1;
    return { lines: lines.length, text: region.textContent, last: getComputedStyle(last, '::before').content, seen };
  });
  expect(shown).toEqual({ lines: LINES, text, last: `"${LINES}" / ""`, seen: true });
  const longest = Math.max(0, ...tasks);
  console.log(`figure: 100,000 lines (${text.length} bytes): first seen after ${first} ms, all there after ${all} ms, longest task ${Math.round(longest)} ms`);
  expect(longest).toBeLessThan(TASK_MS_MAX);
});

test('a text that keeps the parser busy for ever is shown as it was written', async ({ page, server, watched }) => {
  const reader = await watched.newVisitor();
  await reader.route(/assets\/worker-.*\.js/, async (route) => {
    const answer = await route.fetch();
    const script = await answer.text();
    // Only the worker that formats; the other one opens. And not what is checked before it starts.
    if (script.includes('blockquote') && route.request().resourceType() !== 'fetch') await route.fulfill({ response: answer, body: 'onmessage = () => { for (;;); };' });
    else await route.fulfill({ response: answer, body: script });
  });
  await read(reader, page, server, { text: MARKDOWN, written: 'Markdown' });
  await expect(reader.getByText('This could not be formatted. It is shown as it was written.').first()).toBeVisible();
  await expect.poll(() => readText(reader)).toBe(MARKDOWN);
});

test('what nests a thousand deep is shown, formatted or as written, and the page goes on', async ({ page, server, watched }) => {
  test.slow();
  const deep = ['> '.repeat(3000) + 'x', '*a '.repeat(3000) + '**b '.repeat(3000), '['.repeat(5000), '- '.repeat(3000) + 'y', `${'`'.repeat(3000)} z`, '<a'.repeat(5000),
    '![a'.repeat(2000) + '](b)'.repeat(2000), '_a_'.repeat(5000), '|'.repeat(5000), '~~'.repeat(5000)];
  const reader = await watched.newVisitor();
  await read(reader, page, server, { text: deep.join('\n\n'), written: 'Markdown' });
  await expect(reader.locator('.reading:not([aria-busy])')).toBeVisible();
  const depth = await reader.locator('.reading').evaluate((region) => {
    const deepest = (element: Element): number => 1 + Math.max(0, ...[...element.children].map(deepest));
    return deepest(region);
  });
  expect(depth).toBeLessThan(60);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
});

test('texts are accessible and fit', async ({ page, server, watched }) => {
  test.slow();
  const reader = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(reader, view);
  await read(reader, page, server, { text: MARKDOWN, written: 'Markdown' });
  await expect(reader.getByRole('heading', { name: 'Demands' })).toBeVisible();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await judge('read-markdown');
  await reader.getByLabel('As written').check();
  await judge('read-markdown-written');
  await read(reader, page, server, { text: CODE, written: 'code' });
  await expect(reader.locator('.code-keyword').first()).toBeVisible();
  await judge('read-code');
});
