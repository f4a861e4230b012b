/**
 * dist/ -> dist/kept.html, dist/service-worker.js and dist/service-worker-off.js. kept.html is index.html, but that it says so and takes its files from kept/, where
 * only the service worker has them. The service worker has the list of what it keeps built in, with hashes: another page is another service worker.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const DIST = at('../dist');
/** Of no use without a connection: the page of the server, the frame (its sandbox has no origin, and so no service worker), and what a browser asks for when it installs; and whose work is in all of it. */
const NOT_KEPT = /^(?:third-party\.txt|index\.html|frame\.html|page-manifest\.json|app\.webmanifest|app-.*\.png|service-worker.*)$/;
const FILE_OF_PAGE = /\.\/(?=assets\/|icon\.svg)/g;

const index = readFileSync(join(DIST, 'index.html'), 'utf8');
const kept = index.replace('<div id="page"', '<div id="page" class="kept"').replaceAll(FILE_OF_PAGE, './kept/');
if (!kept.includes('class="kept"') || /"\.\/(?!kept\/)/.test(kept)) throw new Error('index.html names a file that kept.html would not find');
writeFileSync(join(DIST, 'kept.html'), kept);

const paths = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length + 1).replaceAll('\\', '/'))
  .filter((path) => !NOT_KEPT.test(path))
  .sort((a, b) => (a < b ? -1 : 1));
const files = Object.fromEntries(paths.map((path) => [path, createHash('sha384').update(readFileSync(join(DIST, path))).digest('base64')]));
const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);

await script('worker.ts', 'service-worker.js', { FILES: JSON.stringify(files), VERSION: JSON.stringify(version) });
await script('off.ts', 'service-worker-off.js', {});

/** One classic script: not every browser takes a module for a service worker. */
async function script(source, name, define) {
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define,
    build: {
      target: 'es2022',
      outDir: DIST,
      emptyOutDir: false,
      sourcemap: false,
      rolldownOptions: { input: at(source), output: { format: 'iife', entryFileNames: name } },
    },
  });
}
