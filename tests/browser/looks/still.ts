/** What differs from run to run stands still in a picture: moments by a clock that names one moment, and what is random by something else of its kind. */
import type { Page } from '@playwright/test';

/** Before the page is loaded: whatever moment it names, it is this one, in the words of its language. */
export async function oneMoment(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { get } = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format') ?? {};
    const moment = Date.UTC(2031, 10, 27, 14);
    Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
      get(this: Intl.DateTimeFormat) {
        const format = get?.call(this) as (at: number) => string;
        return () => format(moment);
      },
    });
  });
}

/** Right before a picture: links, passphrases, QR codes, hashes and the origin are given values of the same length that are always the same. */
export async function stilled(page: Page, origin: string): Promise<void> {
  // Where the hand was last, something may lie under it in one size and not in another.
  await page.mouse.move(0, 0);
  await page.evaluate((from) => {
    const to = 'https://satchel.example';
    const secret = (length: number): string => 'Satchel0123456789'.repeat(8).slice(0, length);
    const fixed = (text: string): string =>
      text.replaceAll(from, to).replace(/#[\w-]{20,}/g, (found) => `#${secret(found.length - 1)}`).replace(/[\w+/]{40,}=*/g, (found) => secret(found.length));
    for (const field of document.querySelectorAll<HTMLInputElement>('input:read-only, textarea:read-only')) {
      if (field.value.includes('://')) field.value = fixed(field.value);
      else if (/^[a-z]+([ -][a-z]+){5}$/.test(field.value)) field.value = field.value.includes('-') ? 'acorn-basin-cedar-drift-ember-flint' : 'acorn basin cedar drift ember flint';
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.nodeValue ?? '';
      if (fixed(text) !== text) node.nodeValue = fixed(text);
    }
    for (const hash of document.querySelectorAll('.hash')) if (/^[0-9a-f ]+$/.test(hash.textContent ?? '')) hash.textContent = '0123 4567 89ab cdef 0123 4567 89ab cdef';
    for (const word of document.querySelectorAll('ol[lang=en] li')) word.textContent = 'acorn';
    for (const code of document.querySelectorAll('svg.qr')) {
      code.setAttribute('viewBox', '0 0 43 43');
      for (const side of ['width', 'height']) code.querySelector('rect')?.setAttribute(side, '43');
      code.querySelector('path')?.setAttribute('d', 'M3 3h7v7h-7zM33 3h7v7h-7zM3 33h7v7h-7zM14 14h15v15h-15z');
    }
    // A frame paints when it likes: a picture holds the room that it takes, other tests what is in it.
    for (const frame of document.querySelectorAll('iframe')) frame.style.visibility = 'hidden';
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }, origin);
}
