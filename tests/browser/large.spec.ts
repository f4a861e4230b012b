/** A large file in bounded memory: what the page's process holds while it seals, uploads, downloads and opens. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { chromium, type Browser } from '@playwright/test';
import { chromiumPath, CHROMIUM_ARGS } from './browser';
import { expect, test } from './fixture';
import { pressOpen, take } from './people';

const MEGABYTE = 1_000_000;
const FILE_BYTES = (process.env['SATCHEL_LONG'] === undefined ? 60 : 200) * MEGABYTE;
const MEMORY_BYTES_MAX = 300 * MEGABYTE;
const SAMPLE_MS = 100;

test(`a file of ${FILE_BYTES / MEGABYTE} MB goes over with the page's memory under 300 MB`, async ({ server }, info) => {
  test.setTimeout(600_000);
  const path = info.outputPath('large.bin');
  const wanted = await writeNoise(path, FILE_BYTES);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS });
  const memory = await watchMemory(browser);
  const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
  await page.goto(server.origin);
  await page.getByLabel('Add files').setInputFiles(path);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeVisible({ timeout: 300_000 });
  const { link } = await take(page);
  const sealing = memory.peak();
  await page.goto('about:blank');
  await page.goto(link);
  await pressOpen(page);
  await expect(page.getByRole('heading', { name: 'The file' })).toBeVisible({ timeout: 300_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save large.bin' }).click()]);
  expect(await digest(await download.path())).toBe(wanted);
  const opening = memory.peak();
  memory.stop();
  await browser.close();
  for (const [verb, bytes] of Object.entries({ sealing, opening })) {
    console.log(`figure: memory of the page at most, ${verb} a file of ${FILE_BYTES / MEGABYTE} MB: ${Math.round(bytes / MEGABYTE)} MB`);
  }
  expect(Math.max(sealing, opening)).toBeLessThan(MEMORY_BYTES_MAX);
});

/** Bytes that no compression shortens, from a generator with a fixed seed, so that a failure can be repeated. */
async function writeNoise(path: string, length: number): Promise<string> {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  const block = Buffer.alloc(MEGABYTE);
  let state = 0x9e3779b9;
  for (let written = 0; written < length; written += block.length) {
    for (let at = 0; at < block.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      block.writeUInt32LE(state, at);
    }
    hash.update(block);
    await file.write(block);
  }
  await file.close();
  return hash.digest('hex');
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

/** The most that one renderer (page and worker share it) held of its own: anonymous and shared memory, not the program's file. */
async function watchMemory(browser: Browser): Promise<{ peak(): number; stop(): void }> {
  const session = await browser.newBrowserCDPSession();
  let peak = 0;
  const clock = setInterval(() => void sample(), SAMPLE_MS);
  async function sample(): Promise<void> {
    try {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      for (const { type, id } of processInfo) if (type === 'renderer') peak = Math.max(peak, await ownMemory(id));
    } catch {
      // A process that ended between the list and the look.
    }
  }
  return {
    peak() {
      const most = peak;
      peak = 0;
      return most;
    },
    stop: () => clearInterval(clock),
  };
}

async function ownMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024;
}
