/** What is too large for the page's memory goes to a place on the disk: picked before anything is claimed, and in place when all of it was verified. */
import type { Page } from '@playwright/test';
import { pdf, png } from './documents';
import { expect, test } from './fixture';
import { follow, share } from './people';
import { picked, pickInstead, putThere } from './picked';

test('above 256 MB its reader picks a place first, and a picker that is closed uses up nothing', async ({ page, server, watched }) => {
  const file = pdf('agreement.pdf');
  const { link, receipt } = await share(page, server, { files: [file] });
  const reader = await watched.newVisitor();
  await pickInstead(reader, 1);
  await sayItIsLarge(reader);
  const claims: string[] = [];
  reader.on('request', (request) => void (request.url().endsWith('/claim') && claims.push(request.method())));
  await follow(reader, link);
  const choose = reader.getByRole('button', { name: 'Choose a place and open it' });
  await expect(reader.getByText('It is large: it goes straight to your disk.')).toBeVisible();
  await choose.click();
  await expect(choose).toBeVisible();
  expect(claims).toEqual([]);
  await choose.click();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  expect(claims).toEqual(['POST']);
  // Before it is opened nobody knows its name.
  await expect(reader.getByText(/Saved as .?document/)).toBeVisible();
  const disk = await picked(reader);
  expect(Object.keys(disk)).toEqual(['document']);
  expect(disk['document']?.equals(file.buffer)).toBe(true);
  await expect(reader.getByText('It is only on this page')).toHaveCount(0);
  // Nothing of it is on the page that could be sealed again.
  await expect(reader.getByRole('button', { name: 'Save as a .satchel file' })).toHaveCount(0);
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
});

test('into a folder files go under their own names, and nothing is overwritten', async ({ page, server, watched }) => {
  const files = [pdf('agreement.pdf'), png()];
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await pickInstead(reader);
  await sayItIsLarge(reader);
  await follow(reader, link);
  await putThere(reader, 'agreement.pdf', 'was here before');
  await reader.getByRole('button', { name: 'Choose a folder: files keep their names' }).click();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  const disk = await picked(reader);
  expect(Object.keys(disk).toSorted()).toEqual(['agreement (2).pdf', 'agreement.pdf', 'board.png']);
  expect(disk['agreement.pdf']?.toString()).toBe('was here before');
  expect(disk['agreement (2).pdf']?.equals(files[0]?.buffer ?? Buffer.of())).toBe(true);
});

test('where several files come to a place for one, a folder is asked for, and the place is left as it was', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [pdf(), png()] });
  const reader = await watched.newVisitor();
  await pickInstead(reader);
  await sayItIsLarge(reader);
  await follow(reader, link);
  await reader.getByRole('button', { name: 'Choose a place and open it' }).click();
  await reader.getByRole('button', { name: 'Choose a folder for it' }).click();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  expect(Object.keys(await picked(reader)).toSorted()).toEqual(['board.png', 'demands.pdf']);
});

for (const [into, button] of [['a file', 'Choose a place and open it'], ['a folder', 'Choose a folder: files keep their names']] as const) {
  test(`of what was changed on its way into ${into} nothing stays on the disk`, async ({ page, server, watched }) => {
    const { link } = await share(page, server, { files: [{ name: 'members.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(5_000_000, 7) }] });
    const reader = await watched.newVisitor();
    await pickInstead(reader);
    await sayItIsLarge(reader);
    await reader.route('**/claim', async (route) => {
      const answer = await route.fetch();
      const body = await answer.body();
      // In the last segment: all before it is authentic, and was written.
      body[body.length - 100] = (body[body.length - 100] ?? 0) ^ 1;
      await route.fulfill({ response: answer, body });
    });
    await follow(reader, link);
    await reader.getByRole('button', { name: button }).click();
    await expect(reader.getByText('This is damaged or was changed on its way').first()).toBeVisible();
    expect(Object.keys(await picked(reader))).toEqual([]);
  });
}

/** The server says so when it is first looked at; what is sent is what it is. */
async function sayItIsLarge(reader: Page): Promise<void> {
  await reader.route('**/probe', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/"size":\s*\d+/, '"size":400000000') });
  }, { times: 1 });
}
