/** [B-229] About this page: which page it is, and how to check it by other means. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { PROJECT, program } from './server';

const manifest = readFileSync(join(PROJECT, 'web', 'dist', 'page-manifest.json'));
const { version } = JSON.parse(manifest.toString()) as { version: string };
const groups = createHash('sha256').update(manifest).digest('hex').match(/.{4}/g)?.slice(0, 8).join(' ') ?? '';

test('the page says what it is, with the hash that the command line prints, and asks for nothing before it is opened', async ({ page, server }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(server.origin);
  await page.getByText('About this page').waitFor();
  await expect(page.getByText(version, { exact: false }).filter({ hasText: /^Satchel \d/ })).toBeHidden();
  await page.waitForLoadState('networkidle');
  expect(asked).not.toContain('/page-manifest.json');

  await page.getByText('About this page').click();
  await expect(page.getByText(`Satchel ${version}`, { exact: true })).toBeVisible();
  await expect(page.getByText(groups, { exact: true })).toBeVisible();
  const line = await page.getByLabel('Check it with the command line').inputValue();
  expect(line).toBe(`satchel verify-server ${server.origin}`);
  const said = execFileSync(program('SATCHEL_CLI_BIN', 'satchel'), line.split(' ').slice(1), { encoding: 'utf8' });
  expect(said).toBe(`satchel: ${server.origin} serves the page of Satchel ${version}, as built into this command (manifest ${groups})\n`);
  expect(asked.filter((path) => path === '/page-manifest.json')).toHaveLength(1);
});

test('whose work is in it stands behind one more press, with the words of the licences', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByText('About this page').click();
  const [list] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'Work of others in it, and their licences' }).click()]);
  await expect(list.locator('body')).toContainText('Mozilla Public License Version 2.0');
  expect(list.url()).toBe(`${server.origin}/third-party.txt`);
  // It is a page of ours, and is told nothing of the one before.
  expect(await list.evaluate(() => [document.referrer, window.opener])).toEqual(['', null]);
});

test('it is opened by keyboard, and its line is copied', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByText('About this page').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(groups, { exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Check it with the command line')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
});

test('where the server does not hand out its manifest, it says that and asks again when it is opened again', async ({ page, server }) => {
  await page.route('**/page-manifest.json', (route) => route.fulfill({ status: 404 }), { times: 1 });
  await page.goto(server.origin);
  await page.getByText('About this page').click();
  await expect(page.getByText('The server did not say.')).toBeVisible();
  await page.getByText('About this page').click();
  await page.getByText('About this page').click();
  await expect(page.getByText(groups, { exact: true })).toBeVisible();
});

test('what it says is accessible and fits', async ({ server, watched }) => {
  const page = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  await page.goto(server.origin);
  await page.getByText('About this page').click();
  await expect(page.getByText(groups, { exact: true })).toBeVisible();
  await judged(page, 'about');
});
