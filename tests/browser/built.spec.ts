/** What the build made: small, nothing inline, everything checked by its browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TAGS } from '../../web/src/text/languages';
import { expect, test } from './fixture';
import { PROJECT } from './server';

const DIST = join(PROJECT, 'web', 'dist');
const GZIP_BYTES_MAX = 215_000;
const WASM_BYTES_MAX = 350_000;
const assets = (): string[] => readdirSync(join(DIST, 'assets'));

/** What formats and colours a text: loaded when there is one to format or to colour. */
const LATER = /^worker-.*\.js$/;
const LATER_GZIP_BYTES_MAX = 75_000;
const isLater = (name: string): boolean => LATER.test(name) && readFileSync(join(DIST, 'assets', name), 'utf8').includes('blockquote');

test('all of the page that is loaded at once is under 215 KB of gzip in each language, its WebAssembly under 350 KB', () => {
  const gzipped = (name: string): number => gzipSync(readFileSync(join(DIST, name)), { level: 9 }).length;
  const isCatalogue = (name: string): boolean => name.endsWith('.json');
  const all = ['index.html', ...assets().map((name) => join('assets', name))];
  const needed = all.filter((name) => !isCatalogue(name) && !isLater(name.slice('assets/'.length)));
  // One catalogue is fetched, whichever it is.
  const catalogues = all.filter(isCatalogue).map(gzipped);
  expect(catalogues).toHaveLength(TAGS.length);
  expect(needed.map(gzipped).reduce((sum, length) => sum + length, Math.max(...catalogues))).toBeLessThan(GZIP_BYTES_MAX);
  const wasm = needed.filter((name) => name.endsWith('.wasm'));
  expect(wasm).toHaveLength(1);
  for (const name of wasm) expect(readFileSync(join(DIST, name)).length).toBeLessThan(WASM_BYTES_MAX);
});

test('what formats and colours a text is one file of its own, under 75 KB of gzip', () => {
  const later = assets().filter(isLater);
  expect(later).toHaveLength(1);
  for (const name of later) expect(gzipSync(readFileSync(join(DIST, 'assets', name)), { level: 9 }).length).toBeLessThan(LATER_GZIP_BYTES_MAX);
});

test('the page holds no inline script or style, and integrity on all that it loads', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  expect(page.match(/<script(?![^>]*\ssrc=)/g)).toBeNull();
  expect(page.match(/<style|\sstyle=|\son[a-z]+=/g)).toBeNull();
  const loading = page.match(/<script[^>]*>|<link rel="(?:stylesheet|modulepreload)"[^>]*>/g) ?? [];
  expect(loading.length).toBeGreaterThanOrEqual(2);
  for (const tag of loading) expect(tag).toMatch(/integrity="sha384-[A-Za-z0-9+/]{64}"/);
});

test('the frame holds exactly one inline script and names nothing outside', () => {
  const frame = readFileSync(join(DIST, 'frame.html'), 'utf8');
  expect(frame.match(/<script/g)).toHaveLength(1);
  expect(frame.match(/\s(?:src|href|style|on[a-z]+)=/g)).toBeNull();
});

test('no source map and no eval is shipped', () => {
  expect(assets().filter((name) => name.endsWith('.map'))).toEqual([]);
  for (const name of assets().filter((each) => each.endsWith('.js'))) {
    const code = readFileSync(join(DIST, 'assets', name), 'utf8');
    expect(code).not.toMatch(/sourceMappingURL|\beval\(|new Function\(/);
  }
});
