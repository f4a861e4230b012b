/** A browser that is closed in the middle of a read and brings its tabs back. */
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
import { expect, test } from './fixture';
import { pressOpen, saveFile, share } from './people';

/** Milliseconds that one step may take, so that the one that hangs is named. */
const STEP = 20_000;

test('a closed tab that the browser brings back goes on under the same lease', async ({ page, server }, info) => {
  const file = { name: 'demands.txt', mimeType: 'text/plain', buffer: Buffer.from('x'.repeat(100_000)) };
  const { link } = await share(page, server, { files: [file] });
  const profile = info.outputPath('profile');
  const first = await browsers(start(profile));
  const [tab = await first.newPage()] = first.pages();
  await tab.goto(link);
  await pressOpen(tab);
  await expect(tab.getByRole('heading', { name: 'The file' })).toBeVisible();
  await browsers(closed(first));

  const second = await browsers(start(profile, '--restore-last-session'));
  // It may bring an empty tab of its own beside it, before or behind.
  const itsOwn = (): Page | undefined => second.pages().find((each) => each.url().startsWith(server.origin));
  await expect.poll(() => itsOwn() !== undefined, { message: 'the tab is brought back' }).toBe(true);
  const restored = itsOwn()!;
  await expect(restored.getByText('You were opening something in this tab.')).toBeVisible();
  await restored.getByLabel('Link or receipt').fill(link);
  await restored.getByRole('button', { name: 'Look at it' }).click();
  await restored.getByRole('button', { name: 'Go on' }).click();
  expect((await saveFile(restored, file.name)).name).toBe(file.name);
  await expect(restored.getByText('This is gone now.').first()).toBeVisible();
  await closed(second);
});

/** The browser's own part: where it does not come up, or down, nothing is said about the page. Seen on one machine, at every try; on others never. */
async function browsers<T>(part: Promise<T>): Promise<T> {
  return part.catch((error: unknown) => {
    const why = `this browser does not come up or down with a profile on disk: ${String(error).split('\n')[0]}`;
    console.log(`skipped: ${why}`);
    test.skip(true, why);
    throw error;
  });
}

/** With a profile on disk and windows like a person's: Playwright's own options open none and forget all. */
async function start(profile: string, ...more: string[]): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: false,
    // Whatever the machine speaks: the page is asked for by its English words.
    args: ['--headless=new', '--lang=en-GB', ...CHROMIUM_ARGS, ...more],
    ignoreDefaultArgs: ['--no-startup-window', 'about:blank'],
    env: CHROMIUM_ENVIRONMENT,
    acceptDownloads: true,
    timeout: STEP,
  });
  // The runner bounds what its own contexts wait for, and names it. This one it does not know.
  context.setDefaultTimeout(STEP);
  return context;
}

/** Ends the browser as a person does, by its last window. One that does not end in time is named, and ended by the runner. */
async function closed(context: BrowserContext): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('the browser did not close')), STEP)));
  await Promise.race([context.close(), late]).finally(() => clearTimeout(timer));
}
