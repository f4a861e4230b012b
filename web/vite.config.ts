/** How the page is built: hash-named files, the first view in one module and the rest in pieces, integrity on all of them, nothing inline, no source maps. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { integrity } from './vite.integrity.ts';
import { named } from './vite.third-party.ts';
import { freshViews } from './vite.translated.ts';
import { smaller } from './vite.smaller.ts';
import { restOfWords } from './vite.words.ts';

/** What most pieces import, in src/. */
const SHARED = /src\/(?:text\/later|parts\/(?:Ask|CopyField|Working|saving)|make\/(?:document|names))\b/;

export default defineConfig({
  base: './',
  plugins: [bareImports(), svelte(), restOfWords(), named(), smaller(), integrity()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // The pieces' styles are small, and a style that comes late makes a page jump.
    cssCodeSplit: false,
    // Vite's own way of loading what a piece needs knows no integrity: src/later.ts does it.
    modulePreload: false,
    sourcemap: false,
    // What the first view imports is one file: in parts it would come in turns, and pack worse. What most pieces share is another: index.html names each file, with a hash
    // that packs into nothing smaller.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'index', tags: ['$initial'], priority: 1 }, { name: 'later', test: SHARED }] } },
    },
  },
  worker: { format: 'es', plugins: () => [named(), freshViews()] },
  server: { host: '127.0.0.1', strictPort: false, proxy: { '/api': process.env['SATCHEL_DEV_SERVER'] ?? 'http://127.0.0.1:8787' } },
});

/** Vite wraps every `import()` in 500 packed bytes that look for styles to load before: there are none, and src/later.ts loads what a piece needs. */
function bareImports(): Plugin {
  return {
    name: 'satchel-bare-imports',
    apply: 'build',
    enforce: 'pre',
    load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
  };
}
