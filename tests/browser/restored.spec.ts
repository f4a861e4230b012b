/** A browser that is closed in the middle of a read and brings its tabs back. */
import { chromium, type BrowserContext } from '@playwright/test';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
import { expect, test } from './fixture';
import { pressOpen, saveFile, share } from './people';

test('a closed tab that the browser brings back goes on under the same lease', async ({ page, server }, info) => {
  const file = { name: 'demands.txt', mimeType: 'text/plain', buffer: Buffer.from('x'.repeat(100_000)) };
  const { link } = await share(page, server, { files: [file] });
  const profile = info.outputPath('profile');
  const first = await start(profile);
  const [tab = await first.newPage()] = first.pages();
  await tab.goto(link);
  await pressOpen(tab);
  await expect(tab.getByRole('heading', { name: 'The file' })).toBeVisible();
  await first.close();

  const second = await start(profile, '--restore-last-session');
  const restored = second.pages()[0] ?? (await second.waitForEvent('page'));
  await expect(restored.getByText('You were opening something in this tab.')).toBeVisible();
  await restored.getByLabel('Link or receipt').fill(link);
  await restored.getByRole('button', { name: 'Look at it' }).click();
  await restored.getByRole('button', { name: 'Go on' }).click();
  expect((await saveFile(restored, file.name)).name).toBe(file.name);
  await expect(restored.getByText('This is gone now.').first()).toBeVisible();
  await second.close();
});

/** With a profile on disk and windows like a person's: Playwright's own options open none and forget all. */
function start(profile: string, ...more: string[]): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: false,
    args: ['--headless=new', ...CHROMIUM_ARGS, ...more],
    ignoreDefaultArgs: ['--no-startup-window', 'about:blank'],
    env: CHROMIUM_ENVIRONMENT,
    acceptDownloads: true,
  });
}
