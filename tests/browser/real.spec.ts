/**
 * Documents of one's own, all three ways: SATCHEL_DOCUMENTS names a folder of files. Each goes from page to page, from page to command line and
 * from command line to page, as one document; then somebody else comes with the link.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from './fixture';
import { follow, pressOpen, saveFile, sha256, share } from './people';
import { program } from './server';

const folder = process.env['SATCHEL_DOCUMENTS'] ?? '';
const execute = promisify(execFile);
const satchel = (args: string[]) => execute(program('SATCHEL_CLI_BIN', 'satchel'), args);
const names = folder === '' ? [] : readdirSync(folder);
const files = names.map((name) => ({ name, mimeType: 'application/octet-stream', buffer: readFileSync(join(folder, name)) }));

test.skip(folder === '', 'SATCHEL_DOCUMENTS names no folder of documents');

test('real documents go from page to page, and the second reader is told', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { files });
  const reader = await watched.newVisitor();
  await follow(reader, link);
  await pressOpen(reader);
  for (const file of files) expect(await saveFile(reader, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
  await expect(reader.getByText('This is gone now.').first()).toBeVisible();
  const second = await watched.newVisitor();
  await follow(second, link);
  await expect(second.getByRole('heading', { name: 'This was already opened' })).toBeVisible();
  console.log(`figure: the second reader of real documents was told: ${(await second.getByRole('main').innerText()).replaceAll('\n', ' ')}`);
});

test('real documents go from the page to the command line', async ({ page, server }, info) => {
  const { link, passphrase } = await share(page, server, { files, passphrase: 'generated' });
  const target = info.outputPath('got');
  const run = satchel(['get', link, '-o', `${target}/`, '--passphrase-file', '-']);
  run.child.stdin?.end(`${passphrase}\n`);
  await run;
  for (const file of files) expect(sha256(await readFile(join(target, file.name)))).toBe(sha256(file.buffer));
});

test('real documents go from the command line to the page', async ({ page, server }) => {
  const paths = names.map((name) => join(folder, name));
  const { stdout } = await satchel(['share', ...paths, '--server', server.origin, '--burn']);
  await follow(page, stdout.trim());
  await pressOpen(page);
  for (const file of files) expect(await saveFile(page, file.name)).toEqual({ name: file.name, sha256: sha256(file.buffer) });
});
