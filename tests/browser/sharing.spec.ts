/** The main job: one person seals, another opens, and then it is gone. */
import { expect, test } from './fixture';
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { follow, holdUpload, pressOpen, readText, saveFile, sha256, share } from './people';

test('a text is shared and read by somebody else, and is gone', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: THREE_SCRIPTS });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  await expect(reader).toHaveURL(`${server.origin}/`);
  await pressOpen(reader);
  expect(await readText(reader)).toBe(THREE_SCRIPTS);
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
});

test('files go over with their names and bytes, several at once', async ({ page, server, watched }) => {
  const files = [pdf(), csv('члены зала.csv'), png()];
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: '3 files' })).toBeVisible();
  for (const file of files) expect(await saveFile(reader, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
});

test('one button saves all files, and then it is gone', async ({ page, server, watched }) => {
  const files = [pdf(), csv(), png()];
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  const saved: string[] = [];
  reader.on('download', (download) => void saved.push(download.suggestedFilename()));
  await reader.getByRole('button', { name: 'Save all' }).click();
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  await expect.poll(() => saved).toEqual(files.map(({ name }) => name));
});

test('a text beside files goes along as a file', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'Read the table first.', files: [csv()] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  expect((await saveFile(reader, 'message.txt')).sha256).toBe(sha256(Buffer.from('Read the table first.')));
});

test('a picture is shown on demand, in the frame that shares nothing with the page', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files: [png()] });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.locator('iframe')).toHaveCount(0);
  await reader.getByRole('button', { name: 'Show board.png' }).click();
  await expect(reader.frameLocator('iframe').getByRole('img', { name: 'board.png' })).toBeVisible();
  await expect(reader.locator('iframe')).toHaveAttribute('sandbox', 'allow-scripts');
});

test('a PDF, an SVG and an HTML file are downloads and nothing else', async ({ page, server, watched }) => {
  const hostile = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const files = [pdf(), { name: 'a.svg', mimeType: 'image/svg+xml', buffer: hostile }, { name: 'a.html', mimeType: 'text/html', buffer: hostile }];
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  await expect(reader.getByRole('button', { name: /^Save (demands\.pdf|a\.svg|a\.html|all)$/ })).toHaveCount(4);
  await expect(reader.getByRole('button', { name: /^(Show|Watch|Listen)/ })).toHaveCount(0);
});

test('what is sealed and read is told to nobody by the address bar', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'quiet' });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await expect(reader.getByRole('heading', { name: 'This opens once' })).toBeVisible();
  expect(await reader.evaluate(() => location.href)).toBe(`${server.origin}/`);
  expect(await reader.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).toBe('{}');
});

test('sealing can be cancelled, and nothing is left behind on the page', async ({ page, server }) => {
  await page.goto(server.origin);
  const upload = await holdUpload(page);
  await page.getByLabel('Add files').setInputFiles([{ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(3_000_000, 7) }]);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await upload.begun;
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Cancelled.' })).toBeVisible();
  await expect(page.getByText('large.bin', { exact: true })).toBeVisible();
});

test('an empty form is not sealed and says why', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'Seal and get link' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Write something or add a file first.' })).toBeVisible();
});
