/**
 * src/gen/translated/*.wasm -> src/gen/dist/translated.js: all that the page does, as JavaScript for browsers that run no WebAssembly, by binaryen's
 * wasm2js. One module with the glue of wasm-bindgen in it: `begin` and the exports of client-wasm.
 *
 * What the two make between them is mended here, and where a text that is to be mended is not what it was, the build fails:
 * - memory that grows is a new one. The glue keeps views of it, and notices only memory that was taken away, as WebAssembly takes it: it would read and
 *   write the old one.
 * - so would the code itself, in a few places (stale-views.mjs).
 * - the old memory is wiped: it holds keys and what was sealed, and nobody else would.
 * - memory that cannot grow says so, as WebAssembly does, instead of throwing or of claiming that it grew.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shortened } from './imports.mjs';
import { staleUses } from './stale-views.mjs';

/** Where the standard library came ready-made, it has more than the rest was built with. What JavaScript has a word for (copying memory) stays. */
const LOWERED = ['--signext-lowering', '--llvm-nontrapping-fptoint-lowering'];
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'mutable-globals', 'nontrapping-float-to-int', 'sign-ext'].map((name) => `--enable-${name}`);
const PASSES = ['--flatten', '--rereloop', '--one-caller-inline-max-function-size', '20', '-Oz', '-Oz', '--strip-producers', '--strip-target-features'];
/** What the glue asks before it makes a view anew, in two shapes. */
const STALE_BYTES = 'cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0';
const STALE_WORDS = /cachedDataViewMemory0 === null \|\| cachedDataViewMemory0\.buffer\.detached === true \|\| \([^)]+\)/;
/** The glue from where it fetches and compiles WebAssembly. */
const LOADING = /\nasync function __wbg_load\([\s\S]*$/;
const BEGIN = `
/** Once, before anything is run. */
export function begin() {
    __wbg_finalize_init({ exports: asmFunc(__wbg_get_imports()) });
}
`;
/** What wasm2js makes of `memory.grow`. Addresses of 2 GiB and more it would take for negative ones. */
const GROWS = /if \(\(oldPages < newPages\) && \(newPages < 65536\)\) \{\s*var newBuffer = new ArrayBuffer\(newPages << 16\);/;
const GROWS_OR_SAYS_SO = `if (pagesToAdd < 0 || newPages >= 32768) return -1;
  if (pagesToAdd > 0) {
   var newBuffer;
   try { newBuffer = new ArrayBuffer(newPages << 16); } catch { return -1; }`;
const COPIED = 'newHEAP8.set(HEAP8);';
const COPIED_AND_WIPED = `${COPIED} HEAP8.fill(0);`;
const FUNCTION = 'function asmFunc(imports) {';

const TYPES = `/** Once, before anything is run. */
export function begin(): void;
export function isSafeName(name: string): boolean;
export function run(operation: string, base: string, args: any, page: any): Promise<any>;
`;

const inGen = (path) => fileURLToPath(new URL(`src/gen/${path}`, import.meta.url));
const binaryen = (tool, ...args) => execFileSync(process.execPath, [fileURLToPath(new URL(`node_modules/binaryen/bin/${tool}`, import.meta.url)), ...args]);

function mended(text, what, by) {
  const parts = text.split(what);
  if (parts.length !== 2) throw new Error(`${what} is there ${parts.length - 1} times: wasm-bindgen or wasm2js changed`);
  return parts.join(by);
}

/** Every place is worked out before the view is read. */
function withFreshViews(code) {
  const uses = staleUses(code).sort((a, b) => b.place.start - a.place.start);
  let text = code;
  for (const { place, write } of uses) {
    const inside = uses.some((other) => other.place !== place && other.place.start > place.start && other.place.end <= place.end);
    if (write || inside) throw new Error(`wasm2js writes, or nests, what went stale: ${code.slice(place.start, place.end)}`);
    const { object, property } = place;
    text = `${text.slice(0, place.start)}(at = ${code.slice(property.start, property.end)}, ${object.name}[at])${text.slice(place.end)}`;
  }
  if (staleUses(text).length > 0) throw new Error('views of memory are still used that went stale');
  return text;
}

/** What it was made of, as its first line: it takes half a minute, and mostly nothing of it changed. */
function mark() {
  const made = ['src/gen/translated/satchel_client_wasm_bg.wasm', 'src/gen/translated/satchel_client_wasm.js'];
  const making = ['translate.mjs', 'stale-views.mjs', 'imports.mjs', 'node_modules/binaryen/package.json', 'node_modules/vite/package.json'];
  const hash = createHash('sha256');
  for (const name of [...made, ...making]) hash.update(readFileSync(new URL(name, import.meta.url)));
  return `/* made of ${hash.digest('hex')} */\n`;
}

const made = inGen('dist/translated.js');
if (existsSync(made) && readFileSync(made, 'utf8').startsWith(mark())) process.exit();

mkdirSync(inGen('dist'), { recursive: true });
const [lowered, shortFile, script] = ['lowered.wasm', 'short.wasm', 'wasm2js.js'].map((name) => inGen(`translated/${name}`));
binaryen('wasm-opt', ...FEATURES, ...LOWERED, ...PASSES, inGen('translated/satchel_client_wasm_bg.wasm'), '-o', lowered);
const { wasm, glue } = shortened(readFileSync(lowered), readFileSync(inGen('translated/satchel_client_wasm.js'), 'utf8'));
writeFileSync(shortFile, wasm);

binaryen('wasm2js', '--enable-bulk-memory', '--enable-bulk-memory-opt', '--enable-mutable-globals', '-Oz', shortFile, '-o', script);
let translation = readFileSync(script, 'utf8');
translation = mended(translation, /^import \* as \w+ from '\w+';\n/, '');
translation = mended(translation, /\nvar retasmFunc = [\s\S]*$/, '');
translation = mended(translation, GROWS, GROWS_OR_SAYS_SO);
translation = mended(translation, COPIED, COPIED_AND_WIPED);
translation = mended(translation, FUNCTION, `${FUNCTION}\n var at = 0;`);
translation = withFreshViews(translation);

let around = mended(glue, STALE_BYTES, 'cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.buffer !== wasm.memory.buffer');
around = mended(around, STALE_WORDS, 'cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer !== wasm.memory.buffer');
around = mended(around, LOADING, BEGIN);
// In a function of its own: the two use the same short names.
writeFileSync(made, `${mark()}${around}\nconst asmFunc = (() => {\n${translation}\nreturn asmFunc;\n})();\n`);
writeFileSync(inGen('dist/translated.d.ts'), TYPES);
[lowered, shortFile, script].forEach((file) => rmSync(file));
