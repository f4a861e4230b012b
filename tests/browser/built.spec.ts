/** What the build made: nothing inline, everything checked by its browser. How much of it there is: light.spec.ts and web/optimise.mjs. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixture';
import { PROJECT } from './server';

const DIST = join(PROJECT, 'web', 'dist');
const assets = (): string[] => readdirSync(join(DIST, 'assets'));

test('the page holds no inline script or style, and integrity on all that it loads', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  expect(page.match(/<script(?![^>]*\ssrc=)/g)).toBeNull();
  expect(page.match(/<style|\sstyle=|\son[a-z]+=/g)).toBeNull();
  const loading = page.match(/<script[^>]*>|<link rel="(?:stylesheet|modulepreload)"[^>]*>/g) ?? [];
  expect(loading.length).toBeGreaterThanOrEqual(2);
  for (const tag of loading) expect(tag).toMatch(/integrity="sha256-[A-Za-z0-9+/]{43}="/);
});

test('index.html names every file, or the first words of a language do, by the hash of what lies there', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:href|src)="\.\/assets\/([^"]+)" integrity="([^"]+)"/g)].map(([, name = '', integrity = '']) => [name, integrity]);
  const words = assets().filter((name) => name.endsWith('.json')).map((name) => JSON.parse(readFileSync(join(DIST, 'assets', name), 'utf8')) as Record<string, string>);
  for (const { rest } of words) if (rest !== undefined) named.push(rest.replace('./assets/', '').split(' '));
  const hashOf = (name: string): string => createHash('sha256').update(readFileSync(join(DIST, 'assets', name))).digest('base64');
  expect(named.sort()).toEqual(assets().sort().map((name) => [name, `sha256-${hashOf(name)}`]));
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
