/** How long the page stood still, as the browser counts it. */
import type { Page } from '@playwright/test';

/** Counts from the next page load on. */
export async function watchStill(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const longest = { ms: 0 };
    Object.assign(globalThis, { satchelLongest: longest });
    // What is shorter than 50 ms the browser does not count.
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest.ms = Math.max(longest.ms, duration);
    }).observe({ type: 'longtask' });
  });
}

/** The longest so far, in milliseconds, and counts anew; 0 where nothing took 50 ms. */
export function stoodStill(page: Page): Promise<number> {
  return page.evaluate(() => {
    const longest = (globalThis as unknown as { satchelLongest: { ms: number } }).satchelLongest;
    const { ms } = longest;
    longest.ms = 0;
    return ms;
  });
}
