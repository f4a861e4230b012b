/** The page in other languages than English: which one, since when, and that it fits. */
import type { Page } from '@playwright/test';
import { LANGUAGES, TAGS, type Tag } from '../../web/src/text/languages';
import { word } from './catalogue';
import { csv, pdf } from './documents';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { fillIn, follow, share } from './people';

const CATALOGUE = /\/assets\/([a-z]{2})-[\w-]{8}\.json$/;
const heading = (page: Page, tag: Tag, key: string) => page.getByRole('heading', { level: 1, name: word(tag, key), exact: true });
const choice = (page: Page) => page.locator('footer select');
const kept = (page: Page): Promise<string | null> => page.evaluate(() => localStorage.getItem('satchel-language'));

for (const tag of TAGS) {
  test(`whose browser asks for ${LANGUAGES[tag].name} reads it, and nothing else is fetched`, async ({ server, watched }) => {
    const page = await watched.newVisitor({ locale: `${tag}-XX`, viewport: PHONE, reducedMotion: 'reduce' });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(...(CATALOGUE.exec(request.url())?.slice(1) ?? [])));
    await page.goto(server.origin);
    await expect(heading(page, tag, 'make.title')).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', LANGUAGES[tag].written);
    await expect(page.locator('html')).toHaveAttribute('dir', LANGUAGES[tag].direction);
    await expect(choice(page)).toHaveValue(tag);
    await judged(page, `language-${tag}-share`, 'fits');
    expect(fetched).toEqual([tag]);
    expect(await kept(page)).toBeNull();
  });
}

test('the switch changes the words at once, keeps what was typed, and is remembered', async ({ server, watched }) => {
  const page = await watched.newVisitor();
  await fillIn(page, server, { text: 'not to be lost', files: [pdf()] });
  await choice(page).selectOption('de');
  await expect(heading(page, 'de', 'make.title')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.getByLabel(word('de', 'make.text'), { exact: true })).toHaveValue('not to be lost');
  await expect(page.getByText('1 Datei, ')).toBeVisible();
  await expect(page.getByRole('button', { name: word('de', 'make.seal') })).toBeVisible();
  expect(await kept(page)).toBe('de');
  await page.reload();
  await expect(heading(page, 'de', 'make.title')).toBeVisible();
  // Going back to what the browser asks for leaves no trace.
  await choice(page).selectOption('en');
  await expect(heading(page, 'en', 'make.title')).toBeVisible();
  expect(await kept(page)).toBeNull();
});

test('what went wrong is said in the language that is chosen afterwards', async ({ page, server }) => {
  const said = (tag: Tag, key: string) => page.getByRole('alert').filter({ hasText: word(tag, key) });
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await expect(said('en', 'make.nothing')).toBeVisible();
  await choice(page).selectOption('de');
  await expect(said('de', 'make.nothing')).toBeVisible();
  await page.getByRole('button', { name: word('de', 'frame.local'), exact: true }).click();
  await page.getByLabel(word('de', 'local.choose')).setInputFiles([pdf()]);
  await expect(said('de', 'failure.notAContainer')).toBeVisible();
  await choice(page).selectOption('ar');
  await expect(said('ar', 'failure.notAContainer')).toBeVisible();
});

test('the switch has a name, is reached by keyboard, and is as large as a thumb', async ({ server, watched }) => {
  const page = await watched.newVisitor({ viewport: { width: 360, height: 740 } });
  await page.goto(server.origin);
  const select = page.getByRole('combobox', { name: 'Language' });
  await select.focus();
  await page.keyboard.type('Deut');
  await expect(heading(page, 'de', 'make.title')).toBeVisible();
  await expect(page.getByRole('combobox', { name: word('de', 'frame.language') })).toBeFocused();
  const box = await choice(page).boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(44);
  expect(box?.width).toBeGreaterThanOrEqual(44);
});

test('where storage is refused the page speaks and switches all the same', async ({ server, watched }) => {
  const page = await watched.newVisitor();
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'localStorage', { get: () => { throw new DOMException('refused', 'SecurityError'); } });
  });
  await page.goto(server.origin);
  await choice(page).selectOption('de');
  await expect(heading(page, 'de', 'make.title')).toBeVisible();
});

test('what was kept and is no language is passed over', async ({ server, watched }) => {
  const page = await watched.newVisitor({ locale: 'de' });
  // Not on the empty page before it, which has no storage.
  await page.addInitScript(() => location.protocol === 'http:' && localStorage.setItem('satchel-language', '../../x'));
  await page.goto(server.origin);
  await expect(heading(page, 'de', 'make.title')).toBeVisible();
});

test('where a language does not come, it is English', async ({ server, watched }) => {
  const page = await watched.newVisitor({ locale: 'de' });
  await page.route(/\/assets\/de-.*\.json$/, (route) => route.abort());
  await page.goto(server.origin);
  await expect(heading(page, 'en', 'make.title')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('a switch that fails is said, and leaves the page as it was', async ({ server, watched }) => {
  const page = await watched.newVisitor();
  await page.goto(server.origin);
  await page.route(/\/assets\/de-.*\.json$/, (route) => route.abort());
  await choice(page).selectOption('de');
  await expect(page.getByRole('alert').filter({ hasText: word('en', 'frame.languageFailed') })).toBeVisible();
  await expect(heading(page, 'en', 'make.title')).toBeVisible();
  await expect(choice(page)).toHaveValue('en');
  expect(await kept(page)).toBeNull();
});

test('where no words come at all it is said, and trying again loses no link', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'still here' });
  const reader = await watched.newVisitor();
  await reader.route(/\/assets\/.*\.json$/, (route) => route.abort());
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'Satchel could not load its words' })).toBeVisible();
  await reader.unroute(/\/assets\/.*\.json$/);
  await reader.getByRole('button', { name: 'Try again' }).click();
  await expect(heading(reader, 'en', 'open.once')).toBeVisible();
  await expect(reader.getByRole('heading', { name: 'Satchel could not load its words' })).toBeHidden();
});

/** From making to the receipt, in words of the catalogue alone. */
async function throughAllViews(page: Page, reader: Page, tag: Tag, look: (page: Page, view: string) => Promise<void>): Promise<void> {
  const button = (of: Page, key: string) => of.getByRole('button', { name: word(tag, key), exact: true });
  await page.getByLabel(word(tag, 'make.text'), { exact: true }).fill('سه خط and a line');
  await page.getByLabel(word(tag, 'make.addFiles')).setInputFiles([pdf(), csv('רשימה 1.csv')]);
  await page.getByLabel(word(tag, 'make.passphrase')).check();
  await expect(page.locator('.strength')).not.toBeEmpty();
  await look(page, 'filled');
  await button(page, 'make.seal').click();
  await expect(heading(page, tag, 'sealed.title')).toBeVisible();
  await look(page, 'sealed');
  const link = await page.getByLabel(word(tag, 'sealed.link'), { exact: true }).inputValue();
  const passphrase = await page.getByLabel(word(tag, 'sealed.passphrase'), { exact: true }).inputValue();
  await button(page, 'sealed.seeReceipt').click();
  await expect(heading(page, tag, 'receipt.stored')).toBeVisible();
  await button(page, 'receipt.burn').click();
  await look(page, 'receipt');
  await follow(reader, link);
  await reader.getByLabel(word(tag, 'open.passphrase'), { exact: true }).fill('wrong');
  await button(reader, 'open.button').click();
  await expect(reader.getByRole('alert').filter({ hasText: word(tag, 'failure.wrongPassphrase') })).toBeVisible();
  await look(reader, 'ready');
  await reader.getByLabel(word(tag, 'open.passphrase'), { exact: true }).fill(passphrase);
  await button(reader, 'open.button').click();
  await expect(button(reader, 'received.saveAll')).toBeVisible();
  await look(reader, 'opened');
  await page.getByRole('button', { name: word(tag, 'frame.local'), exact: true }).click();
  await look(page, 'local');
}

for (const tag of TAGS.filter((each) => LANGUAGES[each].direction === 'rtl' || each === 'de')) {
  test(`every view is accessible and fits in ${LANGUAGES[tag].name}`, async ({ server, watched }) => {
    test.slow();
    const look = { locale: tag, viewport: PHONE, reducedMotion: 'reduce' } as const;
    const [page, reader] = [await watched.newVisitor(look), await watched.newVisitor(look)];
    await page.goto(server.origin);
    await throughAllViews(page, reader, tag, async (shown, view) => {
      expect(await shown.evaluate(() => getComputedStyle(document.body).direction)).toBe(LANGUAGES[tag].direction);
      await judged(shown, `language-${tag}-${view}`, 'fits');
    });
  });
}
