/** How the page is built: hash-named files, one module, integrity on all that index.html names, nothing inline, no source maps. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Tags of index.html that load something a browser checks against an `integrity` attribute. */
const LOADING_TAG = /<(?:script|link rel="(?:stylesheet|modulepreload)")(?=\s)[^>]*?\s(?:src|href)="\.?\/?([^"]+)"/g;

/**
 * Writes sha384 `integrity` into index.html once all files lie on disk, so that what was hashed is what is served.
 * The server's Integrity-Policy refuses a script without one.
 */
function integrity(): Plugin {
  return {
    name: 'satchel-integrity',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const page = join(dir, 'index.html');
      const html = await readFile(page, 'utf8');
      const digests = new Map<string, string>();
      for (const [tag, file = ''] of html.matchAll(LOADING_TAG)) {
        const digest = createHash('sha384').update(await readFile(join(dir, file))).digest('base64');
        digests.set(tag, `${tag} integrity="sha384-${digest}"`);
      }
      if (digests.size === 0) this.error('index.html names no script');
      await writeFile(page, html.replaceAll(LOADING_TAG, (tag) => digests.get(tag) ?? tag));
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), integrity()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // Why one module: a chunk that is imported later has no integrity without an inline import map, and nothing is inline here.
    rolldownOptions: { output: { codeSplitting: false } },
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', strictPort: false, proxy: { '/api': process.env['SATCHEL_DEV_SERVER'] ?? 'http://127.0.0.1:8787' } },
});
