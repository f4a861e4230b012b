/** Everything with the keyboard alone. */
import { expect, test } from './fixture';
import { follow, pasted, take } from './people';
import type { Page } from '@playwright/test';

const TABS_MAX = 40;

/** A new window may get the focus only after its page is there; a Tab before that goes through the browser's own bars. */
async function inFront(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.hasFocus())).toBe(true);
}

/** Presses Tab until the focused element is the one that is asked for. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let tab = 0; tab < TABS_MAX; tab += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue;
    const label = await focused.evaluate((element) => {
      const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])].map((each) => each.textContent) : [];
      return (element.getAttribute('aria-label') ?? labels[0] ?? element.textContent ?? '').trim();
    });
    if (typeof name === 'string' ? label === name : name.test(label)) {
      await expect(focused).toBeFocused();
      return;
    }
  }
  throw new Error(`no Tab leads to ${String(name)}`);
}

test('sealing, reading and burning need no mouse', async ({ page, server, watched }) => {
  await page.goto(server.origin);
  await inFront(page);
  await tabTo(page, 'Text');
  await page.keyboard.type('by keyboard');
  await tabTo(page, 'Opens');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, 'Seal and get link');
  await page.keyboard.press('Enter');
  const { link, receipt } = await take(page);
  await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeFocused();
  await tabTo(page, 'Copy link');
  await page.keyboard.press('Enter');
  expect(await pasted(page, server)).toBe(link);

  const reader = await watched.newVisitor();
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: '2 readers may still open this' })).toBeFocused();
  await tabTo(reader, 'Open it');
  await reader.keyboard.press('Enter');
  await expect(reader.getByRole('heading', { name: 'The text' })).toBeFocused();

  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'Partly used' })).toBeFocused();
  await tabTo(page, 'Burn it now');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Yes, burn it');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'You burned it' })).toBeFocused();
});

test('the focus can always be seen', async ({ page, server }) => {
  await page.goto(server.origin);
  await inFront(page);
  let judged = 0;
  for (let tab = 0; tab < TABS_MAX && judged < 12; tab += 1) {
    await page.keyboard.press('Tab');
    const shown = await page.evaluate(() => {
      const focused = document.activeElement;
      // The focus may be in a bar of the browser's own, which Firefox opens with; the page then keeps what had it, and rightly marks nothing.
      if (!document.hasFocus() || focused === null || focused === document.body) return null;
      const outlined = [focused, focused.previousElementSibling].some((each) => {
        if (each === null) return false;
        const { outlineStyle, outlineWidth } = getComputedStyle(each);
        return outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2;
      });
      return { outlined, element: focused.outerHTML };
    });
    if (shown === null) continue;
    expect(shown).toEqual({ ...shown, outlined: true });
    judged += 1;
  }
  expect(judged).toBe(12);
});
