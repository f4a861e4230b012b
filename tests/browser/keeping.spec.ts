/** Nothing is lost by one tap: what is kept nowhere else stays when another view is looked at, and is left only by who says so. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixture';
import { pdf, png } from './documents';
import { follow, pressOpen, readText, share } from './people';

const LEAVE = 'Yes, leave it';
const STAY = 'Stay here';
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** What the address bar of the page that is there already is given. */
const come = (page: Page, link: string): Promise<string> => page.evaluate((hash) => (location.hash = hash), link.slice(link.indexOf('#')));

/** Whether the browser would ask before this page is left. */
const warns = (page: Page): Promise<boolean> => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));

test('what was opened stays through every other view, and another link asks before it takes its place', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'read once' });
  const other = await share(page, server, { text: 'another' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe('read once');
  for (const view of ['Share', 'On this device', 'Satchel']) {
    await button(reader, view).click();
    await expect(reader.getByRole('region', { name: 'The text' })).toBeHidden();
    await button(reader, 'Open').click();
    expect(await readText(reader)).toBe('read once');
  }
  await come(reader, other.receipt);
  await expect(reader.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  await come(reader, other.link);
  await expect(reader.getByRole('alertdialog', { name: 'What you opened is not saved. Leave it?' })).toBeFocused();
  await button(reader, STAY).click();
  await expect(reader.getByRole('alertdialog')).toHaveCount(0);
  await expect(reader.locator('#content')).toBeFocused();
  expect(await readText(reader)).toBe('read once');
  await come(reader, other.link);
  await button(reader, LEAVE).click();
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeFocused();
  await button(reader, 'Share').click();
  await button(reader, 'Open').click();
  await pressOpen(reader);
  expect(await readText(reader)).toBe('another');
  await button(reader, 'Close it').click();
  await button(reader, LEAVE).click();
  await expect(reader.getByRole('heading', { name: 'This is gone now.' })).toBeVisible();
  await button(reader, 'Open').click();
  await expect(reader.getByLabel('Link or receipt')).toBeVisible();
});

test('a text that nobody gets again is left only by who copied or saved it, or says so; one that can be opened again by anybody', async ({ page, server, watched }) => {
  const once = await share(page, server, { text: 'the only copy' });
  const reader = await watched.newVisitor();
  await follow(reader, once.link);
  await pressOpen(reader);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  expect(await warns(reader)).toBe(true);
  await button(reader, 'Close it').click();
  await expect(reader.getByRole('alertdialog', { name: 'What you opened is not saved. Leave it?' })).toBeFocused();
  await button(reader, STAY).click();
  await expect(button(reader, 'Close it')).toBeFocused();
  await button(reader, 'Copy text').click();
  await expect(button(reader, 'Copied')).toBeVisible();
  expect(await warns(reader)).toBe(false);
  await button(reader, 'Close it').click();
  await expect(reader.getByRole('heading', { name: 'This is gone now.' })).toBeFocused();

  const often = await share(page, server, { text: 'again and again', opens: 'for 2 readers' });
  await follow(reader, often.link);
  await pressOpen(reader);
  await expect(reader.getByText('1 read is left.').first()).toBeVisible();
  expect(await warns(reader)).toBe(false);
  await button(reader, 'Close it').click();
  await expect(reader.getByRole('heading', { name: 'It is closed' })).toBeVisible();
});

test('what is closed is gone: its page is another one, its worker ended, and the Back button brings nothing of it', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'closed for good', opens: 'for 2 readers' });
  const reader = await watched.newVisitor();
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await reader.route('**/confirm', async (route) => {
    await held;
    await route.continue();
  });
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe('closed for good');
  await reader.evaluate(() => Object.assign(globalThis, { before: true }));
  // It waits for the server, with the keys.
  expect(reader.workers()).toHaveLength(1);
  await button(reader, 'Close it').click();
  await reader.waitForFunction(() => !('before' in globalThis));
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
  // What asked about the lease ends with its answer.
  await expect.poll(() => reader.workers().length).toBe(0);
  expect(await reader.content()).not.toContain('closed for good');
  answer();
  await reader.goBack();
  await reader.goForward();
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
  expect(await reader.content()).not.toContain('closed for good');
});

test('closing what was opened takes nothing else along: neither what is written in another view, nor a link that was made', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'a question', opens: 'for 2 readers' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByText('1 read is left.').first()).toBeVisible();
  await button(reader, 'Answer').click();
  const field = reader.getByLabel('Text', { exact: true }).filter({ visible: true });
  await field.fill('half an answer');
  await button(reader, 'Open').click();
  const asked: string[] = [];
  reader.on('request', (request) => request.isNavigationRequest() && asked.push(request.url()));
  await button(reader, 'Close it').click();
  await expect(reader.getByRole('heading', { name: 'It is closed' })).toBeVisible();
  await button(reader, 'Share').click();
  await expect(field).toHaveValue('half an answer');
  expect(asked, 'nothing is loaded').toEqual([]);
});

test('what is being opened goes on while another view is looked at, and what was begun is told whenever Open is entered', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [pdf(), png()] });
  const reader = await watched.newVisitor();
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await reader.route(/\/api\/.*content/, async (route) => {
    await held;
    await route.continue();
  });
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: 'Opening' })).toBeVisible();
  await button(reader, 'Share').click();
  goOn();
  await button(reader, 'Open').click();
  await expect(reader.getByRole('heading', { name: '2 files' })).toBeVisible();
  await button(reader, 'Close it').click();
  await button(reader, LEAVE).click();
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
  await button(reader, 'Share').click();
  await button(reader, 'Open').click();
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
});

test('what was begun to be shared stays in front of a person, though something was being opened in this tab', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [pdf()] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: 'The file' })).toBeVisible();
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let asked = false;
  await reader.route(/\/api\/.*pastes/, async (route) => {
    asked = true;
    await held;
    await route.continue();
  });
  // The same address again would be a reload, and what came by link is told then.
  await reader.goto('about:blank');
  await reader.goto(server.origin);
  const text = reader.getByLabel('Text', { exact: true });
  await text.fill('an answer, while the network is slow');
  await expect.poll(() => asked).toBe(true);
  const told = reader.waitForResponse(/\/api\/.*pastes/);
  goOn();
  await (await told).finished();
  // What the answer does to the page is done once what is asked after it is answered too.
  await reader.getByLabel('Also ask for a passphrase').check();
  await expect(reader.getByText(/bits: out of reach/)).toBeVisible();
  await expect(text).toHaveValue('an answer, while the network is slow');
  await button(reader, 'Open').click();
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
});

test('what is answered can be read meanwhile, and an answer is left by a button that asks', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'a question' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await button(reader, 'Answer').click();
  await reader.getByLabel('Text', { exact: true }).filter({ visible: true }).fill('half an answer');
  await button(reader, 'Open').click();
  expect(await readText(reader)).toBe('a question');
  await button(reader, 'Share').click();
  expect(await warns(reader)).toBe(true);
  await button(reader, 'Leave it').click();
  await expect(reader.getByRole('alertdialog', { name: 'What you wrote was not sent. Leave it?' })).toBeFocused();
  await button(reader, STAY).click();
  await expect(button(reader, 'Leave it')).toBeFocused();
  await expect(reader.getByLabel('Text', { exact: true }).filter({ visible: true })).toHaveValue('half an answer');
  await button(reader, 'Leave it').click();
  await button(reader, LEAVE).click();
  expect(await readText(reader)).toBe('a question');
  await button(reader, 'Answer').click();
  await button(reader, 'Leave it').click();
  expect(await readText(reader)).toBe('a question');
  await button(reader, 'Share').click();
  await expect(reader.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
});

test('what was shared is left only by who copied it or says so, and a part of the link is no copy', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByLabel('Text', { exact: true }).fill('typed and not sent');
  expect(await warns(page)).toBe(true);
  await page.getByLabel('A link for each person').check();
  await button(page, 'Seal and get links').click();
  const field = page.getByRole('textbox', { name: 'Link 1', exact: true });
  await field.evaluate((input: HTMLInputElement) => input.setSelectionRange(0, 5));
  await page.keyboard.press('Control+C');
  await field.focus();
  await page.keyboard.press('Control+C');
  expect(await warns(page)).toBe(true);
  await button(page, 'Share something else').click();
  await expect(page.getByRole('alertdialog')).toBeFocused();
  await button(page, STAY).click();
  await expect(button(page, 'Share something else')).toBeFocused();
  await page.getByRole('textbox', { name: 'Link 2', exact: true }).focus();
  await page.keyboard.press('Control+C');
  expect(await warns(page)).toBe(false);
  await button(page, 'Share something else').click();
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
});

test("a new ledger's passphrase and a new panic link are shown with the result until they are taken along", async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByLabel('Text', { exact: true }).fill('under a new panic link');
  await page.getByText('Put it under a panic link').click();
  await button(page, 'Make a panic link').click();
  await expect(page.getByRole('heading', { name: 'Your new panic link' })).toBeVisible();
  await button(page, 'Seal and get link').click();
  await expect(page.getByRole('heading', { name: 'Your link is ready' })).toBeFocused();
  await button(page, 'Copy link').click();
  await expect(button(page, 'Copied')).toBeVisible();
  expect(await warns(page)).toBe(true);
  await page.getByRole('textbox', { name: 'Panic link', exact: true }).focus();
  await page.keyboard.press('Control+C');
  expect(await warns(page)).toBe(false);
  await button(page, 'Keep it in a ledger').click();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await button(page, 'Seal and keep').click();
  const passphrase = page.getByLabel('Your ledger’s passphrase');
  await expect(passphrase).toHaveValue(/\S+ \S+|\S+-\S+/);
  expect(await warns(page)).toBe(true);
  await passphrase.focus();
  await page.keyboard.press('Control+C');
  expect(await warns(page)).toBe(false);
});

test('a sealed file keeps its passphrase through the tabs, and is left only by who has both or says so', async ({ page, server }) => {
  await page.goto(server.origin);
  await button(page, 'On this device').click();
  await page.getByLabel('Seal into a file').check();
  await page.getByLabel('Text', { exact: true }).filter({ visible: true }).fill('kept on this device');
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await button(page, 'Seal into a file').click();
  const passphrase = page.getByLabel('Passphrase', { exact: true });
  const given = await passphrase.inputValue();
  await page.getByLabel('Open a file').check();
  await expect(passphrase).toBeHidden();
  await page.getByLabel('Seal into a file').check();
  await expect(passphrase).toHaveValue(given);
  await Promise.all([page.waitForEvent('download'), button(page, 'Save the file').click()]);
  expect(await warns(page)).toBe(true);
  await button(page, 'Back').click();
  await button(page, STAY).click();
  await passphrase.focus();
  await page.keyboard.press('Control+C');
  await expect.poll(() => warns(page)).toBe(false);
  await button(page, 'Back').click();
  await expect(button(page, 'Seal into a file')).toBeVisible();
});

test('links that are made later are added to those made before, through another view, until all are copied', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByLabel('Text', { exact: true }).fill('for more people');
  await page.getByLabel('A link for each person').check();
  await button(page, 'Seal and get links').click();
  const receipt = await page.getByLabel('Receipt', { exact: true }).inputValue();
  await button(page, 'Save as a file').click();
  await button(page, 'Look at it now').click();
  for (const number of [3, 4]) {
    await button(page, 'Make more links').click();
    await button(page, 'Make them').click();
    await expect(page.getByRole('textbox', { name: `Link ${number}`, exact: true })).toBeVisible();
  }
  await button(page, 'Share').click();
  expect(await warns(page)).toBe(true);
  await come(page, receipt);
  for (const number of [3, 4]) {
    await page.getByRole('textbox', { name: `Link ${number}`, exact: true }).focus();
    await page.keyboard.press('Control+C');
  }
  await expect.poll(() => warns(page)).toBe(false);
});
