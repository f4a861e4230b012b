/** The receipt: the truth about a paste, and its end. */
import { readFile } from 'node:fs/promises';
import { expect, test } from './fixture';
import { follow, pasted, pressOpen, receiptFact, share } from './people';

test('the receipt tells the state and burns on demand, after asking once more', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { text: 'to burn', opens: 'for 5 readers' });
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  expect(await receiptFact(page, 'Reads left')).toBe('5 of 5');
  await page.getByRole('button', { name: 'Burn it now' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Burn it now' }).click();
  await page.getByRole('button', { name: 'Yes, burn it' }).click();
  await expect(page.getByRole('heading', { name: 'You burned it' })).toBeVisible();
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible();
  await follow(reader, receipt);
  await expect(reader.getByRole('heading', { name: 'You burned it' })).toBeVisible();
});

test('the receipt says that it was opened', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { text: 'read me' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
  await expect(page).toHaveURL(`${server.origin}/`);
});

test('the link and the receipt can be copied, and the receipt saved', async ({ page, server }) => {
  const { link, receipt } = await share(page, server, { text: 'copied' });
  await page.getByRole('button', { name: 'Copy link' }).click();
  expect(await pasted(page, server)).toBe(link);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  expect(await readFile(await download.path(), 'utf8')).toContain(receipt);
  await expect(page.getByRole('img', { name: 'The link as a QR code' })).toBeVisible();
});
