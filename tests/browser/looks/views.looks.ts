/** Every view there is, as a person comes to it, in pictures. A view is one name here; its pictures are in references/. */
import type { Page } from '@playwright/test';
import { csv, pdf, png, THREE_SCRIPTS } from '../documents';
import { expect, test } from '../fixture';
import { fillIn, follow, pressOpen, share, take } from '../people';
import { pictured } from './camera';
import { oneMoment } from './still';

const heading = (page: Page, name: string): Promise<void> => expect(page.getByRole('heading', { name })).toBeVisible();
const files = [pdf(), csv('رשימת חברים.csv'), png()];

async function printed(page: Page, origin: string, view: Parameters<typeof pictured>[2]): Promise<void> {
  await page.emulateMedia({ media: 'print' });
  await pictured(page, origin, view);
  await page.emulateMedia({ media: 'screen' });
}

test.beforeEach(async ({ page }) => oneMoment(page));
// Twelve pictures of each view.
test.describe.configure({ timeout: 120_000 });

test('what is filled in to share', async ({ page, server }) => {
  await fillIn(page, server, {});
  await pictured(page, server.origin, 'make');
  await page.emulateMedia({ forcedColors: 'active' });
  await pictured(page, server.origin, 'make-forced');
  await page.emulateMedia({ forcedColors: 'none' });
  await fillIn(page, server, { text: THREE_SCRIPTS, files, passphrase: 'generated' });
  await pictured(page, server.origin, 'make-filled');
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill('short');
  await page.getByLabel('A link for each person').check();
  await pictured(page, server.origin, 'make-own-passphrase');
});

test('what is shared, and its receipt', async ({ page, server }) => {
  await fillIn(page, server, { text: THREE_SCRIPTS, passphrase: 'generated' });
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route('**/api/v1/pastes', async (route) => {
    await held;
    await route.continue();
  });
  const sent = page.waitForRequest('**/api/v1/pastes');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await sent;
  await pictured(page, server.origin, 'sealing');
  goOn();
  await take(page, true);
  await pictured(page, server.origin, 'sealed');
  await printed(page, server.origin, 'sealed-print');
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await heading(page, 'Not opened yet');
  await pictured(page, server.origin, 'receipt');
  await page.getByRole('button', { name: 'Burn it now' }).click();
  await pictured(page, server.origin, 'receipt-burn');
});

test('a link for each person', async ({ page, server }) => {
  await fillIn(page, server, { text: THREE_SCRIPTS });
  await page.getByLabel('A link for each person').check();
  await page.getByLabel('How many people').fill('3');
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await heading(page, 'Your 3 links are ready');
  await pictured(page, server.origin, 'several');
  await page.getByRole('button', { name: 'Look at it now' }).click();
  await heading(page, '3 links open');
  await pictured(page, server.origin, 'several-receipt');
});

test('a text before it is opened, opened, and gone', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { text: THREE_SCRIPTS });
  await follow(page, link);
  await heading(page, 'This opens once');
  await pictured(page, server.origin, 'open');
  await pressOpen(page);
  await expect(page.getByText('This is gone now.').first()).toBeVisible();
  await pictured(page, server.origin, 'text');
  await printed(page, server.origin, 'text-print');
  const late = await watched.newVisitor();
  await oneMoment(late);
  await follow(late, link);
  await heading(late, 'This was already opened');
  await pictured(late, server.origin, 'somebody-was-first');
  await follow(late, receipt);
  await heading(late, 'It was opened');
  await pictured(late, server.origin, 'receipt-opened');
});

test('a passphrase that is asked for, and a wrong one', async ({ page, server }) => {
  const { link, receipt } = await share(page, server, { text: THREE_SCRIPTS, passphrase: 'generated' });
  await follow(page, link);
  await heading(page, 'This opens once');
  await pictured(page, server.origin, 'open-passphrase');
  await page.getByLabel('Passphrase', { exact: true }).fill('wrong');
  await pressOpen(page);
  await expect(page.getByText('That passphrase is wrong.').first()).toBeVisible();
  await pictured(page, server.origin, 'open-wrong-passphrase');
  await follow(page, receipt);
  await page.getByRole('button', { name: 'Burn it now' }).click();
  await page.getByRole('button', { name: 'Yes, burn it' }).click();
  await heading(page, 'You burned it');
  await follow(page, link);
  await heading(page, 'This was burned');
  await pictured(page, server.origin, 'gone');
});

test('files that were opened', async ({ page, server }) => {
  const { link } = await share(page, server, { files });
  await follow(page, link);
  await pressOpen(page);
  await page.getByRole('button', { name: 'Show board.png' }).click();
  await expect(page.frameLocator('iframe').getByRole('img')).toBeVisible();
  await pictured(page, server.origin, 'files');
});

test('a formatted text that was opened', async ({ page, server }) => {
  const text = '# What we ask for\n\n1. **Thirty hours**, full pay\n2. A [table](https://example.org/rota) for all\n\n> Nobody alone.\n\n| hall | people |\n|---|---:|\n| north | 12 |\n\n```js\nconst hours = 30; // a week\n```\n';
  const { link } = await share(page, server, { text, written: 'Markdown' });
  await follow(page, link);
  await pressOpen(page);
  await expect(page.getByRole('region', { name: 'The text' }).getByRole('heading', { name: 'What we ask for' })).toBeVisible();
  await pictured(page, server.origin, 'text-formatted');
});

test('a panic link', async ({ page, server }) => {
  await fillIn(page, server, { text: 'x' });
  await page.getByText('Put it under a panic link').click();
  await page.getByRole('button', { name: 'Make a panic link' }).click();
  await heading(page, 'Your new panic link');
  const panic = await page.getByLabel('Panic link', { exact: true }).inputValue();
  await pictured(page, server.origin, 'make-panic');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await take(page);
  await follow(page, panic);
  await expect(page.getByRole('button', { name: 'Burn everything now' })).toBeVisible();
  await pictured(page, server.origin, 'panic');
  await page.getByRole('button', { name: 'Burn everything now' }).click();
  await heading(page, '1 thing burned');
  await pictured(page, server.origin, 'panic-burned');
});

test('without a server, and about the page', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await heading(page, 'On this device');
  await pictured(page, server.origin, 'local');
  await page.getByLabel('Seal into a file').check();
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await pictured(page, server.origin, 'local-seal');
  await page.goto(server.origin);
  await page.getByText('About this page').click();
  await expect(page.locator('.hash')).toHaveText(/^[0-9a-f ]{39}$/);
  await pictured(page, server.origin, 'about');
});

test('a ledger, and what stands in it before it is sent', async ({ page, server }) => {
  await share(page, server, { files: [csv()] });
  await page.getByRole('button', { name: 'Keep it in a ledger' }).click();
  await page.getByRole('button', { name: 'Choose my own' }).click();
  await page.getByLabel('Your passphrase').fill('a long enough phrase');
  await page.getByRole('button', { name: 'Seal and keep' }).click();
  await expect(page.getByText('It is in your ledger.').first()).toBeVisible();
  await fillIn(page, server, { text: '# Thursday', written: 'Markdown' });
  await page.getByLabel('Write the receipt into your ledger first').check();
  await pictured(page, server.origin, 'make-ledger');
  await page.getByText('What the other side sees').click();
  await expect(page.getByRole('region', { name: 'Before they open it' })).toContainText('up to');
  await expect(page.getByRole('heading', { name: 'Thursday' })).toBeVisible();
  await pictured(page, server.origin, 'preview');
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('button', { name: 'Your ledger' }).click();
  await page.getByLabel('Passphrase', { exact: true }).fill('a long enough phrase');
  await page.getByRole('button', { name: 'Open the ledger' }).click();
  await expect(page.getByRole('button', { name: 'Look at it members.csv' })).toBeVisible();
  await pictured(page, server.origin, 'ledger');
});

test('where something is missing', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'x', passphrase: 'generated' });
  await page.route('**/probe', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), size: 300 * 2 ** 20 } });
  });
  await page.addInitScript(() => ['showSaveFilePicker', 'showDirectoryPicker'].forEach((name) => Reflect.deleteProperty(globalThis, name)));
  await follow(page, link);
  await expect(page.getByText('satchel get')).toBeVisible();
  await pictured(page, server.origin, 'too-large');
  const unsafe = await watched.newVisitor();
  await unsafe.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
  await unsafe.goto(server.origin);
  await heading(unsafe, 'What do you want to share?');
  await pictured(unsafe, server.origin, 'insecure');
  const slow = await watched.newVisitor();
  await slow.addInitScript(() => delete (globalThis as { WebAssembly?: unknown }).WebAssembly);
  await oneMoment(slow);
  await follow(slow, link);
  await heading(slow, 'This opens once');
  await pictured(slow, server.origin, 'slow');
  const offline = await watched.newVisitor();
  await offline.goto(`${server.origin}/kept.html`);
  await expect(offline.getByText(/^The server cannot be reached/)).toBeVisible();
  await pictured(offline, server.origin, 'kept');
});

test('what went wrong', async ({ page, server, watched }) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByLabel('Link or receipt').fill('no link at all');
  await page.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByText('This is no Satchel link.').first()).toBeVisible();
  await pictured(page, server.origin, 'no-link');
  const { link } = await share(page, server, { text: 'x' });
  const busy = { type: 'about:blank', title: 'Too many requests', status: 429, code: 'rate_limited', retry_after: 3600 };
  await page.route('**/api/v1/pastes/**', (route) => route.fulfill({ status: 429, contentType: 'application/problem+json', body: JSON.stringify(busy) }));
  await follow(page, link);
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await pictured(page, server.origin, 'refused');
  const still = await watched.newVisitor({ javaScriptEnabled: false });
  await still.goto(server.origin);
  await heading(still, 'Satchel needs JavaScript');
  await pictured(still, server.origin, 'no-script');
  const wordless = await watched.newVisitor();
  await wordless.route(/\/assets\/.*\.json$/, (route) => route.abort());
  await wordless.goto(server.origin);
  await heading(wordless, 'Satchel could not load its words');
  await pictured(wordless, server.origin, 'no-words');
});
