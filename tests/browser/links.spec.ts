/** Links as they arrive: mangled, cut, foreign, pasted. */
import { expect, test } from './fixture';
import { follow, pressOpen, readText, share } from './people';

for (const mark of ['%23', '%2523']) {
  test(`a link whose # became ${mark} opens`, async ({ page, server, watched }) => {
    const { link } = await share(page, server, { text: 'mangled' });
    const reader = await watched.newVisitor();
    await follow(reader, link.replace('#', mark));
    await expect(reader).toHaveURL(`${server.origin}/`);
    await expect(reader.getByText('the server has seen all of it, and so may others on the way. Ask the sender for another one.')).toBeVisible();
    await pressOpen(reader);
    expect(await readText(reader)).toBe('mangled');
  });
}

test('a pasted link opens, with what a mail program put around it', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'pasted' });
  const reader = await watched.newVisitor();
  await reader.goto(server.origin);
  await reader.getByRole('button', { name: 'Open', exact: true }).click();
  const field = reader.getByLabel('Link or receipt');
  await expect(field).toHaveAttribute('autocomplete', 'off');
  await field.fill(`<${link}>.`);
  await reader.getByRole('button', { name: 'Look at it' }).click();
  await pressOpen(reader);
  expect(await readText(reader)).toBe('pasted');
});

test('a link of another server is refused with a sentence, and nothing is asked', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'elsewhere' });
  const reader = await watched.newVisitor();
  await reader.goto(server.origin);
  await reader.getByRole('button', { name: 'Open', exact: true }).click();
  const asked: string[] = [];
  reader.on('request', (request) => {
    if (request.url().includes('/pastes/')) asked.push(request.url());
  });
  await reader.getByLabel('Link or receipt').fill(link.replace(server.origin, 'https://satchel.example'));
  await reader.getByRole('button', { name: 'Look at it' }).click();
  await expect(reader.getByRole('alert').filter({ hasText: 'another server, https://satchel.example' })).toBeVisible();
  expect(asked).toEqual([]);
});

test('a cut or mistyped link says so and asks nothing of the server', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'whole' });
  const reader = await watched.newVisitor();
  const asked: string[] = [];
  reader.on('request', (request) => {
    if (request.url().includes('/pastes/')) asked.push(request.url());
  });
  const swapped = link.slice(0, -4) + (link.at(-4) === 'A' ? 'B' : 'A') + link.slice(-3);
  for (const broken of [link.slice(0, -5), swapped]) {
    await follow(reader, broken);
    await expect(reader.getByText('The link is cut or mistyped.').first()).toBeVisible();
  }
  expect(asked).toEqual([]);
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
});

test('a link put into the address bar of the open page is followed', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'same page' });
  const reader = await watched.newVisitor();
  await reader.goto(server.origin);
  await reader.evaluate((fragment) => (location.hash = fragment), new URL(link).hash);
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  await expect(reader.getByText('the server has seen all of it')).toHaveCount(0);
  await expect(reader).toHaveURL(`${server.origin}/`);
});

test('a link put into the address bar before the page has its words is followed, and does not stay there', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'early' });
  const reader = await watched.newVisitor();
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await reader.route(/\/assets\/en-.*\.json$/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = reader.waitForRequest(/\/assets\/en-.*\.json$/);
  await reader.goto(server.origin);
  await asked;
  await reader.evaluate((fragment) => (location.hash = fragment), new URL(link).hash);
  await expect(reader).toHaveURL(`${server.origin}/`);
  letGo();
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
});
