/** A browser that is closed in the middle of a read and brings its tabs back. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixture';
import { pressOpen, saveFile, share } from './people';
import { browsers, closed, start } from './profile';

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
