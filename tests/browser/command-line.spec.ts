/** The same documents between the page and the command line, both ways. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { csv, pdf, png, THREE_SCRIPTS } from './documents';
import { expect, test } from './fixture';
import { follow, pressOpen, saveFile, sha256, share } from './people';
import { program } from './server';

const run = promisify(execFile);
const satchel = async (...args: string[]): Promise<string> => (await run(program('SATCHEL_CLI_BIN', 'satchel'), args)).stdout;

test('the command line gets what the page sealed', async ({ page, server }, info) => {
  const { link } = await share(page, server, { text: THREE_SCRIPTS });
  const target = info.outputPath('text.txt');
  await satchel('get', link, '-o', target);
  expect(await readFile(target, 'utf8')).toBe(THREE_SCRIPTS);
  await follow(page, link);
  await expect(page.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
});

test('the command line gets files that the page sealed with a passphrase', async ({ page, server }, info) => {
  const files = [pdf(), csv('члены.csv'), png()];
  const { link, passphrase } = await share(page, server, { files, passphrase: 'generated' });
  const words = info.outputPath('words');
  await writeFile(words, `${passphrase}\n`);
  const folder = info.outputPath('got');
  await satchel('get', link, '-o', `${folder}/`, '--passphrase-file', words);
  for (const file of files) expect(sha256(await readFile(`${folder}/${file.name}`))).toBe(sha256(file.buffer));
});

test('the page opens what the command line shared', async ({ page, server }, info) => {
  const file = pdf('agreement.pdf');
  const path = info.outputPath(file.name);
  await writeFile(path, file.buffer);
  const { link, receipt } = JSON.parse(await satchel('share', path, '--server', server.origin, '--burn', '--json')) as Record<'link' | 'receipt', string>;
  await follow(page, link);
  await pressOpen(page);
  expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
  await expect(page.getByText('This is gone now.').first()).toBeVisible();
  await follow(page, receipt);
  await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
});

test('the page opens what the command line shared with a passphrase', async ({ page, server }, info) => {
  const words = info.outputPath('words');
  await writeFile(words, 'Ночная смена\r\n');
  const path = info.outputPath('note.txt');
  await writeFile(path, THREE_SCRIPTS);
  const link = (await satchel('share', path, '--server', server.origin, '--passphrase-file', words)).trim();
  await follow(page, link);
  await page.getByLabel('Passphrase', { exact: true }).fill('Ночная смена');
  await pressOpen(page);
  expect((await saveFile(page, 'note.txt')).sha256).toBe(sha256(Buffer.from(THREE_SCRIPTS)));
});

test('a receipt of the page works in the terminal, and the other way round', async ({ page, server }) => {
  const { link, receipt } = await share(page, server, { text: 'for both' });
  expect(JSON.parse(await satchel('status', receipt, '--json'))).toMatchObject({ state: 'stored' });
  await satchel('burn', receipt);
  await follow(page, link);
  await expect(page.getByRole('heading', { name: 'This was burned' })).toBeVisible();
});

test('a .satchel file goes from the command line to the page', async ({ page, server }, info) => {
  const file = csv();
  const [path, words, sealed] = [info.outputPath(file.name), info.outputPath('words'), info.outputPath('members.satchel')];
  await writeFile(path, file.buffer);
  await writeFile(words, 'four words are enough\n');
  await satchel('encrypt', path, '-o', sealed, '--passphrase-file', words);
  await page.goto(server.origin);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByLabel('Choose a .satchel file').setInputFiles(sealed);
  await page.getByLabel('Passphrase', { exact: true }).fill('four words are enough');
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('heading', { name: 'The file' })).toBeVisible({ timeout: 45_000 });
  expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
});
