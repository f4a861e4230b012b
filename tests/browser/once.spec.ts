/** Once means once, and looking is free. */
import { expect, test } from './fixture';
import { pdf, png } from './documents';
import { follow, pressOpen, readText, receiptFact, saveFile, share } from './people';

test('the second visitor is told the truth, and what to do', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'once' });
  const [first, second] = [await watched.newVisitor(), await watched.newVisitor()];
  await follow(first, link);
  await pressOpen(first);
  await expect(first.getByText('This is gone now.').first()).toBeVisible();
  await follow(second, link);
  await expect(second.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
  await expect(second.getByText(/between \d\d:00 and \d\d:00 on/)).toBeVisible();
  await expect(second.getByText('If you did not open it, tell the sender: somebody else had the link.')).toBeVisible();
});

test('a reload after reading is told the truth', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'once' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await reader.reload();
  await expect(reader.getByRole('heading', { name: 'This is gone now.' })).toBeVisible();
  await expect(reader.getByText('once', { exact: true })).toHaveCount(0);
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
});

test('a reload before it is opened says that the link is to be opened again, and nothing keeps the link, with storage off too', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { text: 'once' });
  for (const storage of ['on', 'off']) {
    const reader = await watched.newVisitor();
    if (storage === 'off') {
      await reader.addInitScript(() => {
        for (const name of ['localStorage', 'sessionStorage']) {
          Object.defineProperty(globalThis, name, { get: () => { throw new DOMException('switched off', 'SecurityError'); } });
        }
      });
    }
    const kept = (): Promise<string> => reader.evaluate(() => {
      const stores = [() => localStorage, () => sessionStorage].map((store) => { try { return { ...store() }; } catch { return null; } });
      return JSON.stringify([...stores, history.state, name, location.href]);
    });
    await follow(reader, link);
    await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
    for (let times = 0; times < 2; times += 1) {
      await reader.reload();
      await expect(reader.getByText('You came here with a link. This page does not keep it: open it again')).toBeVisible();
      await expect(reader.getByLabel('Link or receipt')).toBeVisible();
    }
    expect(await kept()).not.toContain(link.slice(link.indexOf('#') + 1, -8));
    await reader.getByRole('button', { name: 'Share', exact: true }).click();
    await reader.reload();
    await expect(reader.getByRole('heading', { name: 'What do you want to share?' })).toBeVisible();
    await follow(reader, receipt);
    await expect(reader.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
    await reader.reload();
    await expect(reader.getByText('You came here with a receipt.')).toBeVisible();
    expect(await kept()).not.toContain(receipt.slice(receipt.indexOf('#') + 1, -8));
  }
});

test('a visitor who was ready when somebody else opened it is told the truth', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'once' });
  const [first, second] = [await watched.newVisitor(), await watched.newVisitor()];
  await follow(first, link);
  await follow(second, link);
  await expect(second.getByRole('button', { name: 'Open it' })).toBeVisible();
  await pressOpen(first);
  await expect(first.getByText('This is gone now.').first()).toBeVisible();
  await pressOpen(second);
  await expect(second.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
});

test('a double click uses up one read only', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { text: 'twice', opens: 'for 2 readers' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await reader.getByRole('button', { name: 'Open it' }).dblclick();
  expect(await readText(reader)).toBe('twice');
  await expect(reader.getByText('1 read is left.').first()).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'Partly used' })).toBeVisible();
  expect(await receiptFact(page, 'Reads left')).toBe('1 of 2');
});

test('link previews, robots and lookers burn nothing', async ({ page, server, watched, request }) => {
  const { link, receipt } = await share(page, server, { text: 'still here' });
  for (const address of [link, server.origin, link.replace('#', '%23')]) {
    expect((await request.get(address)).status()).toBe(200);
    expect((await request.head(address)).status()).toBe(200);
  }
  const withoutScripts = await watched.newVisitor({ javaScriptEnabled: false });
  await withoutScripts.goto(link);
  await expect(withoutScripts.getByRole('heading', { name: 'Satchel needs JavaScript' })).toBeVisible();
  const robot = await watched.newVisitor();
  await robot.goto(link);
  await expect(robot.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  await robot.reload();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'Not opened yet' })).toBeVisible();
});

test('a reload between claim and saving goes on under the same lease', async ({ page, server, watched }) => {
  const { link, receipt } = await share(page, server, { files: [pdf(), png()] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: '2 files' })).toBeVisible();
  await reader.reload();
  await expect(reader.getByText('You were opening something in this tab.')).toBeVisible();
  await reader.getByLabel('Link or receipt').fill(link);
  await reader.getByRole('button', { name: 'Look at it' }).click();
  await expect(reader.getByRole('heading', { name: 'You began to open this' })).toBeVisible();
  await reader.getByRole('button', { name: 'Go on' }).click();
  await saveFile(reader, 'demands.pdf');
  await saveFile(reader, 'board.png');
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
});

test('a tab that went elsewhere comes back to the same lease', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [pdf()] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: 'The file' })).toBeVisible();
  await follow(reader, link);
  await reader.getByRole('button', { name: 'Go on' }).click();
  await expect(reader.getByRole('heading', { name: 'The file' })).toBeVisible();
  const other = await watched.newVisitor();
  await follow(other, link);
  await expect(other.getByRole('heading', { name: 'Somebody is opening this now' })).toBeVisible();
});
