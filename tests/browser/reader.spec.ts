/** What the page writes, opened by the reader in testkit/reader, which was written from docs/ alone. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { expect, test } from './fixture';
import { sha256, share, type Upload } from './people';
import { PROJECT, program } from './server';

const READER = join(PROJECT, 'testkit', 'reader');
const run = promisify(execFile);

test.beforeEach(() => {
  test.skip(!existsSync(join(READER, 'node_modules')), 'skipped: npm ci in testkit/reader comes first (cargo xtask test reader browser)');
});

interface Entry {
  readonly name: string | null;
  readonly size: number;
  readonly sha256: string;
}

async function read(container: string, ...keys: string[]): Promise<Entry[]> {
  const { stdout } = await run('node', [join(READER, 'open.mjs'), container, ...keys]);
  return stdout.trim().split('\n').map((line) => {
    const { name, size, sha256 } = JSON.parse(line) as Entry;
    return { name, size, sha256 };
  });
}

async function claim(container: string, link: string, ...passphrase: string[]): Promise<void> {
  const { stdout } = await run('node', [join(READER, 'get.mjs'), link, ...passphrase], { encoding: 'buffer', maxBuffer: 2 ** 26 });
  await writeFile(container, stdout);
}

const entry = ({ name, buffer }: Upload): Entry => ({ name, size: buffer.length, sha256: sha256(buffer) });
const text = (content: Buffer): Entry => ({ name: null, size: content.length, sha256: sha256(content) });

test('the reader gets a text that the page sealed', async ({ page, server }, info) => {
  const { link } = await share(page, server, { text: THREE_SCRIPTS });
  const container = info.outputPath('text.satchel');
  await claim(container, link);
  expect(await read(container, 'link', link)).toEqual([text(Buffer.from(THREE_SCRIPTS))]);
});

test('the reader gets files of several segments that the page sealed with a passphrase', async ({ page, server }, info) => {
  const long = { name: 'recording.bin', mimeType: '', buffer: Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff)) };
  const files = [pdf(), csv('члены.csv'), png(), long];
  const { link, passphrase } = await share(page, server, { files, passphrase: 'generated' });
  const container = info.outputPath('files.satchel');
  await claim(container, link, passphrase ?? '');
  expect(await read(container, 'link', link, 'passphrase', passphrase ?? '')).toEqual(files.map(entry));
  await expect(read(container, 'link', link, 'passphrase', 'wrong')).rejects.toThrow('wrong_key');
});

test('the reader gets what the command line shared', async ({ server }, info) => {
  const file = pdf();
  const path = info.outputPath(file.name);
  await writeFile(path, file.buffer);
  const { stdout } = await run(program('SATCHEL_CLI_BIN', 'satchel'), ['share', path, '--server', server.origin]);
  const container = info.outputPath('shared.satchel');
  await claim(container, stdout.trim());
  expect(await read(container, 'link', stdout.trim())).toEqual([entry(file)]);
});

test('the reader opens a file that the page sealed on the device', async ({ page, server }, info) => {
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByLabel('Seal into a file').check();
  const sealing = page.locator('form').filter({ has: page.getByRole('button', { name: 'Seal into a file' }) });
  await sealing.getByLabel('Add files').setInputFiles([pdf(), csv()]);
  await page.getByRole('button', { name: 'Seal into a file' }).click();
  await expect(page.getByRole('heading', { name: 'Your file is sealed' })).toBeVisible();
  const passphrase = await page.getByLabel('Passphrase', { exact: true }).inputValue();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the file' }).click()]);
  const container = info.outputPath('device.satchel');
  await writeFile(container, await readFile(await download.path()));
  expect(await read(container, 'passphrase', passphrase)).toEqual([pdf(), csv()].map(entry));
});
