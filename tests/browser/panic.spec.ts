/** A panic link on the page: what it burns, what it does not, and that nothing happens before its button. */
import { execFile } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expect, test } from './fixture';
import { judged, PHONE } from './judge';
import { fillIn, follow, pressOpen, share, take, typeAndLeave } from './people';
import { program, PROJECT, type Server } from './server';

const run = promisify(execFile);
const satchel = (...args: string[]): ReturnType<typeof run> => run(program('SATCHEL_CLI_BIN', 'satchel'), args);

interface Secret {
  readonly link: string;
  /** As the command line prints them: five in a row, with their numbers. */
  readonly printed: string;
  readonly words: readonly string[];
}

/** A panic secret of the command line's. */
async function secretOf(server: Server): Promise<Secret> {
  const { stdout, stderr } = await satchel('panic', 'new', '--server', server.origin);
  const rows = String(stderr).split('\n').filter((line) => /^\s*\d+\. /.test(line));
  return { link: String(stdout).trim(), printed: rows.join('\n'), words: rows.join(' ').match(/[a-z]+/g) ?? [] };
}

/** Shares under it from the command line, and gives the links. */
async function made(server: Server, panic: string, ...options: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'satchel-panic-'));
  const [file, secret] = [join(folder, 'rota.txt'), join(folder, 'panic.link')];
  await writeFile(file, 'the rota');
  await writeFile(secret, panic);
  const { stdout } = await satchel('share', file, '--server', server.origin, '--panic-file', secret, ...options);
  await rm(folder, { recursive: true });
  return String(stdout).trim().split('\n');
}

/** How a link's view is headed, without using it up. */
async function heading(page: Page, link: string | undefined): Promise<string> {
  await follow(page, link ?? '');
  await expect(page.getByRole('heading', { level: 1, name: /^This / })).toBeVisible();
  return (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
}

/** Everything that this page asks to be burned. */
function panics(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/panic')) asked.push(request.method());
  });
  return asked;
}

const button = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('button', { name: 'Burn everything now' });
const burned = (page: Page, how: string): Promise<void> => expect(page.getByRole('heading', { name: how })).toBeFocused();

async function paste(page: Page, server: Server, text: string): Promise<void> {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByLabel('Link or receipt').fill(text);
  await page.getByRole('button', { name: 'Look at it' }).click();
}

test('a panic link burns what was made under it in the terminal and nothing else, and a second time says that nothing is left', async ({ page, server, watched }) => {
  const [secret, other] = [await secretOf(server), await secretOf(server)];
  const [one] = await made(server, secret.link);
  const several = await made(server, secret.link, '--links', '3');
  const [others] = await made(server, other.link);
  const { link: unmarked } = await share(page, server, { text: 'under no secret' });

  const phone = await watched.newVisitor();
  const asked = panics(phone);
  await follow(phone, secret.link);
  await expect(phone.getByText('Burns everything that was made under this link. There is no way back.')).toBeVisible();
  await expect(phone).toHaveURL(`${server.origin}/`);
  await button(phone).click();
  await burned(phone, '2 things burned');
  for (const link of [one, ...several]) expect(await heading(page, link)).toBe('This was burned');
  for (const link of [others, unmarked]) expect(await heading(page, link)).toBe('This opens once');

  await phone.getByRole('button', { name: 'Burn again' }).click();
  await burned(phone, 'Nothing under it is left');
  await made(server, secret.link);
  await phone.getByRole('button', { name: 'Burn again' }).click();
  await burned(phone, '1 thing burned');
  expect(asked).toEqual(['POST', 'POST', 'POST']);
});

test('looking at a panic link burns nothing, however often, and however it came', async ({ page, server }) => {
  const secret = await secretOf(server);
  const [link] = await made(server, secret.link);
  const asked = panics(page);
  await follow(page, secret.link);
  await expect(button(page)).toBeVisible();
  await page.reload();
  await follow(page, secret.link);
  await expect(page.getByRole('heading', { name: 'Panic link' })).toBeFocused();
  // The focus is on the heading: a key that was meant for something else presses nothing.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await page.evaluate((hash) => (location.hash = hash), secret.link.split('#')[1] ?? '');
  await expect(page).toHaveURL(`${server.origin}/`);
  await expect(button(page)).toBeVisible();
  for (const given of [secret.link, `<${secret.link.replace('#', '%23')}>.`, secret.printed]) {
    await paste(page, server, given);
    await expect(button(page)).toBeVisible();
  }
  expect(asked).toEqual([]);
  await follow(page, link ?? '');
  await pressOpen(page);
  await expect(page.getByRole('button', { name: 'Save rota.txt' })).toBeVisible();
});

test('the printed words do the same, however they are typed or pasted', async ({ page, server, watched }) => {
  const secret = await secretOf(server);
  expect(secret.words).toHaveLength(25);
  const ways = [
    secret.printed,
    secret.words.join('\n'),
    secret.words.map((word, at) => `${at + 1}) ${word.toUpperCase()}`).join(', '),
  ];
  for (const words of ways) {
    const [link] = await made(server, secret.link);
    await paste(page, server, words);
    await button(page).click();
    await burned(page, '1 thing burned');
    expect(await heading(await watched.newVisitor(), link)).toBe('This was burned');
  }
  // Typed on a keyboard, with Enter at the end.
  const [link] = await made(server, secret.link);
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByLabel('Link or receipt').focus();
  await page.keyboard.type(secret.words.join(' '));
  await page.keyboard.press('Enter');
  await burned(page, 'Panic link');
  await page.keyboard.press('Tab');
  await expect(button(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await burned(page, '1 thing burned');
  expect(await heading(page, link)).toBe('This was burned');
});

test('words that are wrong are told what is wrong, and burn nothing', async ({ page, server }) => {
  const { words, link } = await secretOf(server);
  const [kept] = await made(server, link);
  const asked = panics(page);
  const swapped = [...words.slice(1), words[0]];
  const mistakes: readonly (readonly [string, string])[] = [
    [words.slice(0, 24).join(' '), 'These are 24 words. A panic link has 25.'],
    [[...words, 'zoo'].join(' '), 'These are 26 words. A panic link has 25.'],
    [words.map((word, at) => (at === 6 ? 'xylophones' : word)).join(' '), 'Word 7 is not one of the words'],
    [swapped.join(' '), 'These words belong to no panic link'],
    ['who is on the rota', 'This is no Satchel link.'],
    [link.slice(0, -1), 'The link is cut or mistyped.'],
    [link.replace(server.origin, 'https://satchel.example'), 'This link belongs to another server, https://satchel.example.'],
  ];
  for (const [typed, told] of mistakes) {
    await paste(page, server, typed);
    await expect(page.getByRole('alert').filter({ hasText: told })).toBeVisible();
    await expect(page.getByLabel('Link or receipt')).toHaveAttribute('aria-invalid', 'true');
    await expect(button(page)).toBeHidden();
  }
  expect(asked).toEqual([]);
  expect(await heading(page, kept)).toBe('This opens once');
});

test('what another client made through the API under a secret burns with it', async ({ page, server }) => {
  const secret = await secretOf(server);
  const raw = Buffer.from(secret.link.split('#')[1] ?? '', 'base64url').subarray(1, 33);
  const id = randomBytes(16);
  const mark = createHmac('sha256', raw).update(createHash('sha256').update(id).digest()).digest('base64url');
  const token = randomBytes(32);
  const hash = createHash('sha256').update(token).digest('base64url');
  const random = (): string => randomBytes(32).toString('base64url');
  const policy = { id: id.toString('base64url'), probe: random(), claim: random(), receipt: hash, expires_in: '3600', reads: '1', panic: mark };
  const created = await fetch(`${server.origin}/api/v1/pastes`, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '1',
      'upload-metadata': Object.entries(policy).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(','),
      'content-type': 'application/offset+octet-stream',
    },
    body: 'x',
  });
  expect(created.status).toBe(201);
  await follow(page, secret.link);
  await button(page).click();
  await burned(page, '1 thing burned');
  const state = await fetch(`${server.origin}/api/v1/pastes/${policy.id}/receipt`, { headers: { authorization: `Bearer ${token.toString('base64url')}` } });
  expect(await state.json()).toMatchObject({ state: 'burned', burned: 'demand' });
});

test('a double click asks once, and what failed is said and can be pressed again', async ({ page, server }) => {
  const secret = await secretOf(server);
  await made(server, secret.link);
  const asked = panics(page);
  const problem = { type: 'about:blank', title: 'Too many requests', status: 429, code: 'rate_limited', retry_after: 3600 };
  await page.route('**/api/v1/panic', (route) => route.fulfill({ status: 429, contentType: 'application/problem+json', body: JSON.stringify(problem) }), { times: 1 });
  await follow(page, secret.link);
  await button(page).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Too many requests from your connection. Try again in 1 hour. Some of it may have burned' })).toBeVisible();
  await button(page).dblclick();
  await burned(page, '1 thing burned');
  expect(asked).toEqual(['POST', 'POST']);
});

test('a panic link that arrives while another link is open takes its place, and uses nothing up', async ({ page, server }) => {
  const secret = await secretOf(server);
  const [link] = await made(server, secret.link);
  await follow(page, link ?? '');
  await expect(page.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  await page.evaluate((hash) => (location.hash = hash), secret.link.split('#')[1] ?? '');
  await expect(button(page)).toBeVisible();
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
  expect(await heading(page, link)).toBe('This opens once');
});

/** Unfolds what the making screen says of panic links. */
async function unfold(page: Page): Promise<void> {
  await page.getByText('Put it under a panic link').click();
}

test('what asks for a panic link stays unfolded when the rest of the words comes', async ({ page, server }) => {
  let words = 0;
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route(/\/assets\/en-.*\.json$/, async (route) => {
    words += 1;
    if (words > 1) await held;
    await route.continue();
  });
  await page.goto(server.origin);
  await unfold(page);
  await expect.poll(() => words, { message: 'the rest is asked for' }).toBe(2);
  goOn();
  await expect(page.getByRole('button', { name: 'Make a panic link' })).toBeVisible();
});

test('what is made on the page under a pasted panic link burns with it, one link or several', async ({ page, server, watched }) => {
  const secret = await secretOf(server);
  await fillIn(page, server, { text: 'under it' });
  await unfold(page);
  const field = page.getByLabel('Your panic link, or its words');
  await field.fill('zoo');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'What stands in the field for a panic link is none yet' })).toBeVisible();
  await typeAndLeave(field, secret.printed);
  await expect(page.locator('summary').filter({ hasText: 'It is under your panic link' })).toBeVisible();
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const { link } = await take(page);
  await expect(page.getByText('It burns with all else that is made under your panic link.')).toBeVisible();
  await page.getByRole('button', { name: 'Share something else' }).click();
  await page.getByRole('button', { name: 'Yes, leave it' }).click();
  await page.getByLabel('Text', { exact: true }).fill('for each');
  await page.getByLabel('A link for each person').check();
  await page.getByRole('button', { name: 'Seal and get links' }).click();
  await expect(page.getByRole('heading', { name: 'Your 2 links are ready' })).toBeVisible();
  const phone = await watched.newVisitor();
  await follow(phone, secret.link);
  await button(phone).click();
  await burned(phone, '2 things burned');
  expect(await heading(phone, link)).toBe('This was burned');
});

test('a panic link that is made on the page burns by its words what was made under it, and is forgotten on demand', async ({ page, server, watched }) => {
  await fillIn(page, server, { text: 'under a new one' });
  await unfold(page);
  await page.getByRole('button', { name: 'Make a panic link' }).click();
  await expect(page.getByRole('heading', { name: 'Your new panic link' })).toBeFocused();
  const words = await page.getByRole('list', { name: 'The same as words' }).getByRole('listitem').allTextContents();
  expect(words).toHaveLength(25);
  const made = await page.getByRole('textbox', { name: 'Panic link', exact: true }).inputValue();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as a file' }).click()]);
  const file = await readFile(await download.path(), 'utf8');
  expect(file).toContain(made);
  expect(file.match(/^ ?\d+\. [a-z]+$/gm)).toHaveLength(25);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const { link } = await take(page);
  await page.getByRole('button', { name: 'Share something else' }).click();
  await page.getByRole('button', { name: 'Yes, leave it' }).click();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await page.getByLabel('Text', { exact: true }).fill('not under it');
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  const { link: free } = await take(page);
  const phone = await watched.newVisitor();
  await paste(phone, server, words.join(' '));
  await button(phone).click();
  await burned(phone, '1 thing burned');
  expect(await heading(phone, link)).toBe('This was burned');
  expect(await heading(phone, free)).toBe('This opens once');
});

test('a new panic link is printed with its words, and nothing else is', async ({ page, server }) => {
  await fillIn(page, server, { text: 'not on paper' });
  await unfold(page);
  await page.getByRole('button', { name: 'Make a panic link' }).click();
  await expect(page.getByRole('heading', { name: 'Your new panic link' })).toBeFocused();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('img', { name: 'The panic link as a QR code' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'The same as words' })).toBeVisible();
  await expect(page.getByLabel('Text', { exact: true })).toBeHidden();
  await page.screenshot({ path: `${PROJECT}/screenshots/panic-printed.png`, fullPage: true });
});

test('the views of a panic link are accessible and fit', async ({ server, watched }) => {
  const page = await watched.newVisitor({ viewport: PHONE, reducedMotion: 'reduce' });
  const judge = (view: string): Promise<void> => judged(page, view);
  const secret = await secretOf(server);
  await made(server, secret.link);
  await paste(page, server, secret.words.slice(1).join(' '));
  await expect(page.getByRole('alert').filter({ hasText: 'These are 24 words.' })).toBeVisible();
  await judge('panic-words');
  await follow(page, secret.link);
  await expect(button(page)).toBeVisible();
  await judge('panic');
  await button(page).click();
  await burned(page, '1 thing burned');
  await judge('panic-burned');
  await page.getByRole('button', { name: 'Burn again' }).click();
  await burned(page, 'Nothing under it is left');
  await judge('panic-nothing-left');
  await fillIn(page, server, { text: 'x' });
  await unfold(page);
  await judge('share-under-panic');
  await page.getByRole('button', { name: 'Make a panic link' }).click();
  await expect(page.getByRole('heading', { name: 'Your new panic link' })).toBeFocused();
  await judge('share-new-panic');
});
