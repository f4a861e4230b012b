/** Passphrases: wrong ones cost nothing, right ones open, none is ever needed for a link without. */
import { expect, test } from './fixture';
import { follow, pressOpen, readText, receiptFact, share } from './people';

test('a wrong passphrase burns nothing, and the right one opens afterwards', async ({ page, server, watched }) => {
  const { link, receipt, passphrase } = await share(page, server, { text: 'locked', passphrase: 'generated' });
  expect(passphrase?.split(/[\s-]+/).length).toBeGreaterThanOrEqual(6);
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).fill('not this one');
  await pressOpen(reader);
  await expect(reader.getByRole('alert').filter({ hasText: 'That passphrase is wrong.' })).toBeVisible();
  await expect(reader.getByText('10 tries left before you have to wait.')).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
  expect(await receiptFact(page, 'Wrong passphrases')).toBe('1');
  await reader.getByLabel('Passphrase', { exact: true }).fill(passphrase ?? '');
  await pressOpen(reader);
  expect(await readText(reader)).toBe('locked');
});

test("one's own passphrase may be in any script", async ({ page, server, watched }) => {
  const own = 'Пароль для ночной смены 夜班';
  const { link } = await share(page, server, { text: 'locked', passphrase: { own } });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).fill('?????? ??? ?????? ????? ??');
  await pressOpen(reader);
  await expect(reader.getByText('That passphrase is wrong.').first()).toBeVisible();
  await reader.getByLabel('Passphrase', { exact: true }).fill(own);
  await pressOpen(reader);
  expect(await readText(reader)).toBe('locked');
});

test('after ten wrong passphrases there is a wait, which the receipt ends', async ({ page, server, watched }) => {
  test.slow();
  const { link, receipt } = await share(page, server, { text: 'locked', passphrase: 'generated' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  for (let wrong = 1; wrong <= 13; wrong += 1) {
    await reader.getByLabel('Passphrase', { exact: true }).fill(`wrong ${wrong}`);
    const button = reader.getByRole('button', { name: 'Open it' });
    await expect(button).toBeEnabled({ timeout: 30_000 });
    await button.click();
    await expect(reader.getByRole('heading', { name: 'Opening' })).toBeHidden({ timeout: 30_000 });
    await expect(reader.getByLabel('Passphrase', { exact: true })).toBeVisible();
  }
  await expect(reader.getByRole('timer')).toBeVisible();
  await follow(page, receipt);
  await page.getByRole('button', { name: 'Let them try again now' }).click();
  await expect(page.getByText('The next try is allowed')).toBeHidden();
});
