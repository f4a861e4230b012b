/** Every view, small and large, and all that is asked of it (judge.ts). */
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { fillIn, follow, pressOpen, share, take } from './people';

/** Milliseconds. A long run asks every rule in every look, which took 3 minutes and more on a busy machine. */
const TIMEOUT = process.env['SATCHEL_LONG'] === undefined ? 180_000 : 600_000;

test('every view is accessible and fits', async ({ server, watched }) => {
  test.setTimeout(TIMEOUT);
  const page = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(page, view);

  await fillIn(page, server, {});
  await judge('share');
  await fillIn(page, server, { text: THREE_SCRIPTS, files: [pdf(), csv('רשימת חברים.csv')], passphrase: 'generated' });
  await judge('share-filled');
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill('short');
  await judge('share-own-passphrase');
  await page.getByRole('button', { name: 'Make one for me' }).click();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const locked = await take(page, true);
  await judge('sealed');
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  await judge('receipt');
  await page.getByRole('button', { name: 'Burn it now' }).click();
  await judge('receipt-burn');

  await follow(page, locked.link);
  await page.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await pressOpen(page);
  await expect(page.getByText('That passphrase is wrong.').first()).toBeVisible();
  await judge('open-passphrase');
  const text = await share(page, server, { text: THREE_SCRIPTS });
  await follow(page, text.link);
  await expect(page.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  await judge('open');
  await pressOpen(page);
  await expect(page.getByText('This is gone now.').first()).toBeVisible();
  await judge('text');
  await follow(page, text.link);
  await expect(page.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
  await judge('gone');
  await follow(page, text.receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
  await judge('receipt-opened');

  const files = await share(page, server, { files: [pdf(), csv(), png()] });
  await follow(page, files.link);
  await pressOpen(page);
  await page.getByRole('button', { name: 'Show board.png' }).click();
  await expect(page.frameLocator('iframe').getByRole('img')).toBeVisible();
  await judge('files');
  await follow(page, files.link.slice(0, -3));
  await expect(page.getByText('The link is cut or mistyped.').first()).toBeVisible();
  await judge('open-bad-link');
  await page.getByRole('button', { name: 'On this device' }).click();
  await judge('local');
  await page.getByLabel('Seal into a file').check();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await judge('local-seal');
});
