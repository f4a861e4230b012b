/** What people put in, as they and their devices put it in; and what is used up by it. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixture';
import { fillIn, fillNumber, follow, pressOpen, readText, saveFile, sha256, share, take, type Upload } from './people';

const upload = (name: string, text: string): Upload => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

/** Pastes into the field for the text, as a program put it into the clipboard; whether the page let the text through. */
function paste(page: Page, types: Record<string, string>, files: readonly string[] = []): Promise<boolean> {
  return page.getByLabel('Text', { exact: true }).evaluate((field, [types, files]) => {
    const clipboardData = new DataTransfer();
    for (const [type, data] of Object.entries(types)) clipboardData.setData(type, data);
    files.forEach((content, at) => clipboardData.items.add(new File([content], 'image.png', { type: 'image/png', lastModified: at })));
    return field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, [types, files] as const);
}

test('a text is not used up before somebody can have seen it', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'read on a phone' });
  const reader = await watched.newVisitor();
  await reader.addInitScript(() => {
    Object.defineProperty(document, 'visibilityState', { get: () => ('looking' in globalThis ? 'visible' : 'hidden') });
  });
  await follow(reader, link);
  await pressOpen(reader);
  expect(await readText(reader)).toBe('read on a phone');
  const warns = (): Promise<boolean> => reader.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await warns()).toBe(true);
  // Longer than it takes where somebody looks: another visitor is shown that it is being read, and nothing was told to the server.
  await follow(page, link);
  await expect(page.getByRole('heading', { name: 'Somebody is opening this now' })).toBeVisible();
  await reader.evaluate(() => {
    Object.assign(globalThis, { looking: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  expect(await warns()).toBe(false);
});

test('that somebody has it takes a while to say, and is said to take it', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [upload('a.txt', 'a')] });
  const reader = await watched.newVisitor();
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await reader.route('**/confirm', async (route) => {
    await held;
    await route.continue();
  });
  await follow(reader, link);
  await pressOpen(reader);
  await reader.getByRole('button', { name: 'I have it: destroy it now' }).click();
  await expect(reader.getByRole('button', { name: 'Working' })).toHaveAttribute('aria-disabled', 'true');
  answer();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
});

test('files of one name stay apart, and a file that is given twice is sent once', async ({ page, server, watched }) => {
  await fillIn(page, server, { files: [upload('message.txt', 'a file of that name')], text: 'the text' });
  expect(await paste(page, {}, ['first', 'second'])).toBe(false);
  expect(await paste(page, {}, ['first', 'second'])).toBe(false);
  await expect(page.getByText('Your text goes along as message (2).txt.')).toBeVisible();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const reader = await watched.newVisitor();
  await follow(reader, (await take(page)).link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: '4 files' })).toBeVisible();
  for (const [name, content] of [['message.txt', 'a file of that name'], ['image.png', 'first'], ['image (2).png', 'second'], ['message (2).txt', 'the text']] as const) {
    expect(await saveFile(reader, name)).toEqual({ name, sha256: sha256(Buffer.from(content)) });
  }
});

test('a table from a spreadsheet is pasted as its text, a file with its name as the file', async ({ page, server }) => {
  await fillIn(page, server, {});
  expect(await paste(page, { 'text/plain': 'hall\t41', 'text/html': '<table><tr><td>hall<td>41</table>' }, ['a picture of it'])).toBe(true);
  await expect(page.getByRole('list', { name: 'Files' })).toHaveCount(0);
  expect(await paste(page, { 'text/plain': 'image.png' }, ['a picture'])).toBe(false);
  await expect(page.getByRole('list', { name: 'Files' }).getByText('image.png')).toBeVisible();
});

test('a passphrase of one’s own is one line, as the field is that opens it', async ({ page, server, watched }) => {
  await fillIn(page, server, { text: 'locked', passphrase: { own: '' } });
  const field = page.getByLabel('Your passphrase');
  await field.evaluate((input: HTMLInputElement) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'first line of\r\nsecond\tline\n');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(field).toHaveValue('first line of second line');
  await field.press('End');
  await field.pressSequentially(' ');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const { link, passphrase } = await take(page, true);
  expect(passphrase).toBe('first line of second line');
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).fill('first line of second line');
  await pressOpen(reader);
  expect(await readText(reader)).toBe('locked');
});

test('a passphrase as a phone types it costs no try: its likely spelling is offered, and nothing is changed unasked', async ({ page, server, watched }) => {
  const { link, passphrase } = await share(page, server, { text: 'locked', passphrase: 'generated' });
  const reader = await watched.newVisitor();
  const claims: string[] = [];
  reader.on('request', (request) => {
    if (request.url().endsWith('/claim')) claims.push(request.url());
  });
  const words = (passphrase ?? '').replaceAll('-', ' ');
  await follow(reader, link);
  const field = reader.getByLabel('Passphrase', { exact: true });
  await pressOpen(reader);
  await expect(reader.getByRole('alert').filter({ hasText: 'Write a passphrase first.' })).toBeVisible();
  await expect(field).toBeFocused();
  const typed = `${words.charAt(0).toUpperCase()}${words.slice(1)} `;
  await field.fill(typed);
  await pressOpen(reader);
  await expect(reader.getByRole('alert').filter({ hasText: 'Nothing was sent yet.' })).toBeVisible();
  await expect(field).toHaveValue(typed);
  expect(claims).toEqual([]);
  await reader.getByRole('button', { name: `Open with this: ${passphrase}` }).click();
  expect(await readText(reader)).toBe('locked');
  expect(claims).toHaveLength(1);
});

test('a passphrase that was meant with its spaces is taken so by a second press', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'locked', passphrase: { own: 'Six words of a Known Person' } });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByLabel('Passphrase', { exact: true }).fill('Six words of a Known Person');
  await pressOpen(reader);
  await expect(reader.getByRole('alert').filter({ hasText: 'To take it as it is, press again.' })).toBeVisible();
  await pressOpen(reader);
  expect(await readText(reader)).toBe('locked');
});

test('a number that cannot be is said by the page in its own words, where its field is', async ({ page, server }) => {
  await fillIn(page, server, { text: 'x', opens: 'for another number…' });
  const field = page.getByLabel('Number of readers');
  for (const wrong of ['0', '', '1001', '2.5']) {
    await fillNumber(field, wrong);
    await page.getByRole('button', { name: 'Seal and get link' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Between 1 and 1,000 readers.' })).toBeVisible();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription('Between 1 and 1,000 readers.');
  }
  await fillNumber(field, '2');
  await expect(field).toHaveAttribute('aria-invalid', 'false');
  await page.getByLabel('Language').selectOption('de');
  await expect(page.getByLabel('Zeit dafür')).toBeVisible();
});

test('a name that is not safe everywhere keeps its ending, and its sender is told before sealing', async ({ page, server, watched }) => {
  const sent = ['Protokoll 10:30.pdf', 'plan.txt', 'con.csv', 'what?', 'tab\there.b c', '.hidden'];
  await fillIn(page, server, { files: sent.map((name) => upload(name, name)) });
  const told = page.getByText(/arrives in a browser as/);
  await expect(told).toHaveText([
    'Protokoll 10:30.pdf arrives in a browser as file-1.pdf: some devices do not allow its name.', /^con.csv .* file-3.csv:/, /^what\? .* file-4:/, /^tab.here.b c .* file-5:/,
  ]);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const reader = await watched.newVisitor();
  await follow(reader, (await take(page)).link);
  await pressOpen(reader);
  await expect(reader.locator('.files .name')).toHaveText(['file-1.pdf', 'plan.txt', 'file-3.csv', 'file-4', 'file-5', '.hidden']);
});

test('a file with one line of 3.9 MB is shown, and its frame does not hang', async ({ page, server, watched }) => {
  const line = 'lorem ipsum dolor '.repeat(217_000);
  const { link } = await share(page, server, { files: [upload('one line.txt', line)] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await reader.getByRole('button', { name: 'Show one line.txt' }).click();
  const shown = reader.frameLocator('iframe').getByRole('region', { name: 'one line.txt' });
  expect(await shown.evaluate((element) => new Promise<number>((resolve) => requestAnimationFrame(() => resolve(element.textContent.length))))).toBe(line.length);
});

test('who burned a paste by guessing has opened nothing, and the tries are counted as they are', async ({ page, server, watched }) => {
  test.slow();
  await fillIn(page, server, { text: 'guess', passphrase: 'generated' });
  await page.getByLabel('Burn it after too many wrong tries').check();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const { link } = await take(page, true);
  const reader = await watched.newVisitor();
  await follow(reader, link);
  const field = reader.getByLabel('Passphrase', { exact: true });
  for (let wrong = 1; wrong <= 11; wrong += 1) {
    await expect(reader.getByText(wrong <= 10 ? `${11 - wrong} ${wrong === 10 ? 'try' : 'tries'} left. Then it is destroyed.` : 'The next wrong one destroys it.')).toBeVisible({ timeout: 30_000 });
    await field.fill(`wrong-${wrong}`);
    await pressOpen(reader);
  }
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible({ timeout: 30_000 });
  await expect(reader.getByText('The wrong passphrases opened nothing.')).toBeVisible();
  await expect(reader.getByText('may have opened it')).toHaveCount(0);
});
