/** Without a server: .satchel files made and opened with nothing sent. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { expect, test } from './fixture';
import { csv, pdf } from './documents';
import { saveFile, sha256 } from './people';
import { pickInstead } from './picked';

test('a .satchel file is made and opened again without one request', async ({ page, server }) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.waitForLoadState('networkidle');
  const asked: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    // The program's own files are part of the page; blob: never leaves the browser.
    if (url.protocol !== 'blob:' && !url.pathname.startsWith('/assets/')) asked.push(request.url());
  });
  await page.getByLabel('Seal into a file').check();
  const files = [pdf(), csv()];
  const sealing = page.locator('form').filter({ has: page.getByRole('button', { name: 'Seal into a file' }) });
  await sealing.getByLabel('Add files').setInputFiles(files);
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await page.getByRole('button', { name: 'Seal into a file' }).click();
  await expect(page.getByRole('heading', { name: 'Your file is sealed' })).toBeVisible();
  const passphrase = await page.getByLabel('Passphrase', { exact: true }).inputValue();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
  const sealed = await readFile(await download.path());
  expect(sealed.includes(Buffer.from('members'))).toBe(false);

  await page.getByLabel('Open a file').check();
  await page.getByLabel('Choose a .satchel file').setInputFiles({ name: 'document.satchel', mimeType: 'application/octet-stream', buffer: sealed });
  await page.getByLabel('Passphrase', { exact: true }).filter({ visible: true }).fill('wrong');
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'That passphrase is wrong.' })).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Passphrase', { exact: true }).filter({ visible: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('heading', { name: '2 files' })).toBeVisible({ timeout: 30_000 });
  for (const file of files) expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
  expect(asked).toEqual([]);
});

test('a .satchel file that is dropped anywhere is looked at, and nonsense is refused', async ({ page, server }) => {
  await page.goto(server.origin);
  const transfer = await page.evaluateHandle(() => {
    const made = new DataTransfer();
    made.items.add(new File(['this is no container at all, whatever its name says'], 'fake.satchel'));
    return made;
  });
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await expect(page.getByRole('heading', { name: 'On this device' })).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'This is no .satchel file.' })).toBeVisible();
});

test('where the disk is full while a file is sealed, one sentence says so, and no answer of the disk goes unheard', async ({ page, server }, info) => {
  // Empty: it is read only until the disk is full. Smaller ones are kept in the browser's memory.
  const recording = info.outputPath('recording.bin');
  await writeFile(recording, '');
  await truncate(recording, 300_000_000);
  await pickInstead(page);
  await page.addInitScript((room) => {
    FileSystemFileHandle.prototype.createWritable = function (): Promise<FileSystemWritableFileStream> {
      let written = 0;
      const sink: UnderlyingSink<Uint8Array> = {
        write(bytes) {
          written += bytes.byteLength;
          if (written > room) throw new DOMException('full', 'QuotaExceededError');
        },
      };
      return Promise.resolve(new WritableStream(sink) as FileSystemWritableFileStream);
    };
  }, 5_000_000);
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByLabel('Seal into a file').check();
  const sealing = page.locator('form').filter({ has: page.getByRole('button', { name: 'Seal into a file' }) });
  // Several messages are on their way to the page when the first is refused.
  await sealing.getByLabel('Add files').setInputFiles(recording);
  await expect(page.getByText(/bits: out of reach/)).toBeVisible();
  await page.getByRole('button', { name: 'Seal into a file' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The file could not be written. Is the disk full?' })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('heading', { name: 'Your file is sealed' })).toBeHidden();
  expect(complaints).toEqual([]);
});
