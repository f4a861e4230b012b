/** The focus is never lost: after each step it is on something that is there, and what went wrong is said aloud. */
import { expect, test } from './fixture';
import { png } from './documents';
import { follow, take } from './people';
import type { Locator, Page } from '@playwright/test';

/** Presses by keyboard, waits for what comes, and looks where the focus is. */
async function press(button: Locator, comes: Locator): Promise<void> {
  const page = button.page();
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(comes.first()).toBeVisible();
  await held(page, (await comes.first().textContent()) ?? '');
}

/** On something that can be seen, or that leads on from there: never on the page as a whole. */
async function held(page: Page, step: string): Promise<void> {
  const where = (): Promise<string> => page.evaluate(() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return 'nowhere';
    return focused instanceof HTMLElement && focused.checkVisibility({ visibilityProperty: true }) ? 'somewhere' : 'on what is hidden';
  });
  await expect.configure({ soft: true, timeout: 3000 }).poll(where, { message: `the focus after: ${step}` }).toBe('somewhere');
}

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { name });
const alert = (page: Page, text: string | RegExp): Locator => page.getByRole('alert').filter({ hasText: text });

test('the focus is never lost while something is shared, looked after and burned', async ({ page, server }) => {
  await page.goto(server.origin);
  await press(button(page, 'Seal and get link'), alert(page, /./));
  await page.getByLabel('Text', { exact: true }).fill('focused');
  await page.getByLabel('Add files').setInputFiles([png()]);
  await press(button(page, 'Remove board.png'), button(page, 'Add files').or(page.getByText('Add files')));
  await page.getByLabel('Also ask for a passphrase').focus();
  await page.keyboard.press('Space');
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await held(page, 'a passphrase is asked for');
  await press(button(page, 'Other words'), page.getByText(/bits: out of reach/));
  await press(button(page, 'Choose my own'), page.getByLabel('Your passphrase'));
  await press(button(page, 'Make one for me'), page.getByText(/bits: out of reach/));
  await press(button(page, 'Seal and get link'), heading(page, 'Your link is ready'));
  await take(page, true);
  await press(button(page, 'Copy link'), button(page, 'Copied'));
  await press(button(page, 'Look at it now'), heading(page, 'Not opened yet'));
  await press(button(page, 'Change'), page.getByLabel('Gone within'));
  await press(button(page, 'Leave it'), button(page, 'Change'));
  await press(button(page, 'Burn it now'), button(page, 'Yes, burn it'));
  await press(button(page, 'Keep it'), button(page, 'Burn it now'));
  await press(button(page, 'Look again'), heading(page, 'Not opened yet'));
  await press(button(page, 'Burn it now'), button(page, 'Yes, burn it'));
  await press(button(page, 'Yes, burn it'), heading(page, 'You burned it'));
  for (const [view, title] of [['Open', /./], ['On this device', /./], ['Share', /./]] as const) await press(button(page, view), page.getByRole('heading', { level: 1, name: title }));
});

test('the focus is never lost while links are revoked, changed and added', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByLabel('Text', { exact: true }).fill('focused');
  await page.getByLabel('A link for each person').check();
  await press(button(page, 'Seal and get links'), heading(page, 'Your 2 links are ready'));
  await press(button(page, 'QR code Link 1'), page.getByRole('img', { name: 'Link 1 as a QR code' }));
  await press(button(page, 'Look at it now'), heading(page, '2 links open'));
  await press(button(page, 'Revoke Link 2'), button(page, 'Yes, revoke it'));
  await press(button(page, 'Keep it'), button(page, 'Revoke Link 2'));
  await press(button(page, 'Revoke Link 2'), button(page, 'Yes, revoke it'));
  await press(button(page, 'Yes, revoke it'), page.getByRole('listitem', { name: /^Link 2 / }).getByText('You burned it'));
  await press(button(page, 'Change link 1'), page.getByLabel('Gone within'));
  await press(button(page, 'Leave it'), button(page, 'Change link 1'));
  await press(button(page, 'Make more links'), page.getByLabel('How many more'));
  await press(button(page, 'Not now'), button(page, 'Make more links'));
});

test('the focus is never lost while something is opened, and each error is said aloud', async ({ page, server, watched }) => {
  await page.goto(server.origin);
  await page.getByLabel('Text', { exact: true }).fill('focused');
  await page.getByLabel('Add files').setInputFiles([png()]);
  await page.getByLabel('Also ask for a passphrase').check();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await button(page, 'Seal and get link').click();
  const { link, passphrase } = await take(page, true);

  const reader = await watched.newVisitor();
  await follow(reader, link.slice(0, -2));
  await expect(alert(reader, 'The link is cut or mistyped.')).toBeVisible();
  await held(reader, 'a cut link');
  await reader.getByLabel('Link or receipt').fill('nothing of the kind');
  await press(button(reader, 'Look at it'), alert(reader, 'This is no Satchel link.'));
  await reader.getByLabel('Link or receipt').fill(link);
  await press(button(reader, 'Look at it'), heading(reader, 'This opens once'));
  await reader.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await press(button(reader, 'Open it'), alert(reader, 'That passphrase is wrong.'));
  await reader.context().setOffline(true);
  await reader.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await button(reader, 'Open it').focus();
  await reader.keyboard.press('Enter');
  await expect(heading(reader, 'Opening').or(alert(reader, /./)).first()).toBeVisible();
  await held(reader, 'opening without a network');
  await reader.context().setOffline(false);
  await expect(button(reader, 'Save board.png').or(button(reader, 'Open it')).first()).toBeVisible({ timeout: 40_000 });
  await held(reader, 'the network is back');
  if (await button(reader, 'Open it').isVisible()) await press(button(reader, 'Open it'), button(reader, 'Save board.png'));
  await press(button(reader, 'Show board.png'), button(reader, 'Hide board.png'));
  await press(button(reader, 'Hide board.png'), button(reader, 'Show board.png'));
  await press(button(reader, 'Save as a .satchel file'), reader.getByText(/bits: out of reach/));
  const [saved] = await Promise.all([reader.waitForEvent('download'), press(button(reader, 'Save all'), button(reader, 'Save all'))]);
  expect(saved.suggestedFilename()).not.toBe('');
  await held(reader, 'saved');
});
