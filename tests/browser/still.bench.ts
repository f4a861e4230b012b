/**
 * How long the page itself stands still while its worker seals, uploads, downloads and opens a large file: what a person who types, scrolls or presses
 * Cancel waits for. The page ticks every few milliseconds, and the longest time between two ticks is the figure.
 * Prints `bench: {"what", "value", "unit", "note"}` lines for satchel-bench.
 */
import { writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from './fixture';
import { take } from './people';
import { pickInstead } from './picked';

const MEGABYTES = 300;
const RUNS = Number(process.env['SATCHEL_BENCH_RUNS'] ?? '3');
const TICK_MS = 4;

test('how long the page stands still', async ({ watched, server }, info) => {
  const path = info.outputPath('large.bin');
  await writeFile(path, randomBytes(MEGABYTES * 1_000_000));
  const stood = { sealing: [] as number[], opening: [] as number[] };
  for (let run = 0; run < RUNS; run += 1) {
    const page = await watched.newVisitor();
    await pickInstead(page);
    await tick(page);
    await page.goto(server.origin, { waitUntil: 'networkidle' });
    await page.getByLabel('Add files').setInputFiles(path);
    await longest(page);
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeVisible({ timeout: 120_000 });
    stood.sealing.push(await longest(page));
    const { link } = await take(page);
    await page.goto('about:blank');
    await page.goto(link, { waitUntil: 'networkidle' });
    await longest(page);
    await page.getByRole('button', { name: 'Choose a place and open it' }).click();
    await expect(page.getByText('This is gone now.').first()).toBeVisible({ timeout: 120_000 });
    stood.opening.push(await longest(page));
    await page.context().close();
  }
  for (const [what, figures] of Object.entries({ 'sealing and uploading': stood.sealing, 'downloading and opening': stood.opening })) {
    const sorted = figures.toSorted((a, b) => a - b);
    const value = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
    const note = `median of ${RUNS} runs of ${MEGABYTES} MB; ${Math.round(sorted[0] ?? 0)} to ${Math.round(sorted.at(-1) ?? 0)}`;
    console.log(`bench: ${JSON.stringify({ what: `Chromium: the page stands still at most, ${what}`, value, unit: 'ms', note })}`);
  }
});

/** From the next page load on. */
async function tick(page: Page): Promise<void> {
  await page.addInitScript((every) => {
    const longest = { ms: 0, last: performance.now() };
    Object.assign(globalThis, { satchelTick: longest });
    setInterval(() => {
      const now = performance.now();
      longest.ms = Math.max(longest.ms, now - longest.last - every);
      longest.last = now;
    }, every);
  }, TICK_MS);
}

/** The longest so far beyond a tick, in milliseconds, and counts anew. */
function longest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const ticks = (globalThis as unknown as { satchelTick: { ms: number; last: number } }).satchelTick;
    // One that is going on counts, too.
    const ms = Math.max(ticks.ms, performance.now() - ticks.last - 4);
    ticks.ms = 0;
    return ms;
  });
}
