/** Whose work comes into the page is seen from the modules of its bundle, and who is missing from the list is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagesOf, unnamed } from './bundled.mjs';

test('a package is known by its modules, wherever it lies and however it is asked for', () => {
  const ids = [
    '/p/web/src/main.ts', '/p/web/node_modules/fflate/esm/browser.js', '/p/web/node_modules/@noble/hashes/argon2.js', '\0/p/web/node_modules/highlight.js/lib/core.js?commonjs-proxy',
    '/p/web/node_modules/a/node_modules/b/index.js', 'C:\\p\\web\\node_modules\\uqr\\dist\\index.mjs', '\0rolldown/runtime.js', '\0virtual:ours', '/p/web/node_modules/fflate/esm/more.js',
  ];
  assert.deepEqual(packagesOf(ids).map(({ name }) => name), ['fflate', '@noble/hashes', 'highlight.js', 'b', 'uqr', 'rolldown']);
  assert.equal(packagesOf(ids)[1].folder, '/p/web/node_modules/@noble/hashes');
});

test('who is not on the list in this very version is told', () => {
  const list = 'words before\n====\n@noble/hashes 2.4.0 (page): MIT\nfflate 0.8.30 (page): MIT\n\nfflate is fast (really)\n';
  const packages = [{ name: '@noble/hashes', version: '2.4.0' }, { name: 'fflate', version: '0.8.3' }, { name: 'uqr', version: '0.1.3' }];
  assert.deepEqual(unnamed(packages, list), ['fflate 0.8.3', 'uqr 0.1.3']);
  assert.deepEqual(unnamed([], list), []);
});
