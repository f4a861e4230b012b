/**
 * How the page of a letter (`satchel encrypt --html`) is built: letter/ -> dist-letter/letter.html, one file with script, style and
 * WebAssembly inside, and a policy that names them by their hashes and lets nothing else in or out. cli/src/letter.rs puts a container into it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';
import { defineConfig, type Plugin } from 'vite';
import { named } from './vite.third-party.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = at('letter/index.html');
const ICON = at('public/icon.svg');
const WASM = at('src/gen/dist/everything.wasm');

/** Puts all that was built into one file, and writes nothing else. */
function oneFile(): Plugin {
  return {
    name: 'satchel-one-file',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const built = Object.values(bundle);
      const [script, ...scripts] = built.flatMap((file) => (file.type === 'chunk' ? [file.code] : []));
      const [style, ...styles] = built.flatMap((file) => (file.type === 'asset' && file.fileName.endsWith('.css') ? [String(file.source)] : []));
      if (script === undefined || style === undefined || built.length !== 2 || scripts.length + styles.length > 0) {
        this.error(`one script and one style are expected: ${Object.keys(bundle).join(', ')}`);
      }
      for (const name of Object.keys(bundle)) delete bundle[name];
      const source = letter(await readFile(PAGE, 'utf8'), {
        policy: `<meta http-equiv="Content-Security-Policy" content="${policy(script, style)}" />`,
        icon: `<link rel="icon" href="data:image/svg+xml;base64,${(await readFile(ICON)).toString('base64')}" />`,
        style: `<style>${inline(style)}</style>`,
        script: `<script type="module">${inline(script)}</script>`,
        program: data('satchel-wasm', packed(await readFile(WASM))),
        container: data('satchel-container', ''),
      });
      this.emitFile({ type: 'asset', fileName: 'letter.html', source });
    },
  };
}

/** `page` with each part in the place of its comment, in one pass: no part is looked through for another's. */
function letter(page: string, parts: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(parts));
  const whole = page.replace(/<!--([a-z]+)-->/g, (comment, name: string) => (missing.delete(name) ? (parts[name] ?? '') : comment));
  if (missing.size > 0) throw new Error(`letter/index.html has no place for ${[...missing].join(', ')}`);
  return whole;
}

/** The strictest that opens it. `connect-src`, `worker-src` and the others are `default-src`'s: nothing. */
function policy(script: string, style: string): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** What ends the element early, or reads otherwise in HTML than in the hash, may not be in it. */
function inline(text: string): string {
  if (/<\/(?:script|style)|<!--|\r|\0/i.test(text)) throw new Error('what is to stand inline has something that HTML would read');
  return text;
}

/** An element that no browser runs or shows. The container's has to begin with exactly this: docs/format.md section 11. */
function data(id: string, base64: string): string {
  return `<script type="text/plain" id="${id}">${base64}</script>`;
}

/** The same bytes on every machine, which the gzip of Node is not. */
function packed(bytes: Uint8Array): string {
  return Buffer.from(gzipSync(bytes, { level: 9, mtime: 0 })).toString('base64');
}

export default defineConfig({
  root: at('letter'),
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: at('dist-letter'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: { input: at('letter/main.ts'), output: { codeSplitting: false } },
  },
  plugins: [named(), oneFile()],
});
