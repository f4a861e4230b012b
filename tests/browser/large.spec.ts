/** A large file both ways, in flat memory and without the page standing still: sealed, uploaded, downloaded and opened onto the disk. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser } from '@playwright/test';
import { chromiumPath, CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT } from './browser';
import { expect, test } from './fixture';
import { take } from './people';
import { pickInstead } from './picked';
import { stoodStill, watchStill } from './still';

const MEGABYTE = 1_000_000;
const MEMORY_BYTES_MAX = 200 * MEGABYTE;
const SAMPLE_MS = 50;
/** 50 on a machine that does nothing else; what works on the page's own thread takes seconds. */
const STILL_MS_MAX = 500;

// Above 256 MiB, so that it is a large one to the page.
bothWays(300);
bothWays(2000, '@long');

function bothWays(megabytes: number, tag = ''): void {
  test(`a file of ${megabytes} MB goes over, from disk to disk, with the page's memory under 200 MB ${tag}`, async ({ server }, info) => {
    test.setTimeout(900_000);
    const path = info.outputPath('large.bin');
    const wanted = await writeNoise(path, megabytes);
    const profile = info.outputPath('profile');
    // A profile on the disk, so that what the page writes is written there, too.
    const context = await chromium.launchPersistentContext(profile, { executablePath: chromiumPath(), args: CHROMIUM_ARGS, env: CHROMIUM_ENVIRONMENT, locale: 'en-GB' });
    const [page = await context.newPage()] = context.pages();
    const memory = await watchMemory(context.browser()!);
    await pickInstead(page);
    await watchStill(page);
    await page.goto(server.origin);
    await page.getByLabel('Add files').setInputFiles(path);
    await stoodStill(page);
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeVisible({ timeout: 400_000 });
    const { link } = await take(page);
    const sealing = { ...memory.figures(), still: await stoodStill(page) };
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('button', { name: 'Choose a place and open it' }).click();
    await expect(page.getByText('This is gone now.').first()).toBeVisible({ timeout: 400_000 });
    const opening = { ...memory.figures(), still: await stoodStill(page) };
    memory.stop();
    await context.close();
    expect(await digest(await largest(profile))).toBe(wanted);
    for (const [verb, { peak, seconds, still }] of Object.entries({ 'sealing and uploading': sealing, 'downloading and opening': opening })) {
      console.log(`figure: memory of the page at most, ${verb} a file of ${megabytes} MB: ${Math.round(peak / MEGABYTE)} MB, in ${seconds.toFixed(1)} s; it stands still ${still === 0 ? 'for less than 50' : `at most ${Math.round(still)}`} ms`);
    }
    expect(Math.max(sealing.peak, opening.peak)).toBeLessThan(MEMORY_BYTES_MAX);
    expect(Math.max(sealing.still, opening.still)).toBeLessThan(STILL_MS_MAX);
  });
}

/** Bytes that no compression shortens: one megabyte of them from a generator with a fixed seed, so that a failure can be repeated, each time with its number. */
async function writeNoise(path: string, megabytes: number): Promise<string> {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  const block = Buffer.alloc(MEGABYTE);
  let state = 0x9e3779b9;
  for (let at = 0; at < block.length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    block.writeUInt32LE(state, at);
  }
  for (let number = 0; number < megabytes; number += 1) {
    block.writeUInt32LE(number, 0);
    hash.update(block);
    await file.write(block);
  }
  await file.close();
  return hash.digest('hex');
}

/** The largest file in a folder, however deep. */
async function largest(folder: string): Promise<string> {
  let found = { path: '', size: -1 };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    if (size > found.size) found = { path, size };
  }
  return found.path;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

interface Figures {
  /** Bytes. */
  readonly peak: number;
  readonly seconds: number;
}

/** The most that one renderer (page and worker share it) held of its own: anonymous and shared memory, not the program's file. */
async function watchMemory(browser: Browser): Promise<{ figures(): Figures; stop(): void }> {
  const session = await browser.newBrowserCDPSession();
  let peak = 0;
  let begun = performance.now();
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
    figures() {
      const figures = { peak, seconds: (performance.now() - begun) / 1000 };
      peak = 0;
      begun = performance.now();
      return figures;
    },
    stop: () => clearInterval(clock),
  };
}

async function ownMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024;
}
