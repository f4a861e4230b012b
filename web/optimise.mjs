/**
 * src/gen/**.wasm -> src/gen/dist/*.wasm: the page's WebAssembly made smaller, before the build names it by what is in it. By a tenth, and
 * without it each file is over its limit. Over the limit, it fails; but where the standard library came ready-made, its panics
 * bring their texts along, and it only warns.
 * Flattened first and gone over twice, the larger is another 1,500 bytes of gzip smaller, and 5,300 where functions that are called from one
 * place stay functions: small ones look alike. The sections that say what built it are no use to a browser. Only features that every
 * browser of the last years has are allowed to the optimiser.
 * Then what it imports is given short names, here and in the glue beside it: wasm-bindgen's end in 16 digits each, which nothing packs. 2 KB of brotli.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { shortened } from './imports.mjs';

/** Limits in bytes: as it is, which a browser has to compile, and as brotli, which it has to fetch. */
const FILES = [
  { from: '', to: 'everything', limit: 344_000, packedLimit: 126_500 },
  { from: 'sharing/', to: 'sharing', limit: 124_500, packedLimit: 49_450 },
];
/** What such a panic says; xtask/src/wasm.rs leaves the texts out wherever it builds the standard library along. */
const PANIC_TEXT = 'index out of bounds';
const NO_SECTIONS = ['--strip-producers', '--strip-target-features'];
const PASSES = ['--flatten', '--rereloop', '--one-caller-inline-max-function-size', '20', '-Oz', '-Oz', ...NO_SECTIONS];
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'];
const optimiser = fileURLToPath(new URL('node_modules/binaryen/bin/wasm-opt', import.meta.url));
const inGen = (path) => fileURLToPath(new URL(`src/gen/${path}`, import.meta.url));

mkdirSync(inGen('dist'), { recursive: true });
for (const file of FILES) {
  const to = inGen(`dist/${file.to}.wasm`);
  const from = inGen(`${file.from}satchel_client_wasm_bg.wasm`);
  execFileSync(process.execPath, [optimiser, ...PASSES, ...FEATURES.map((feature) => `--enable-${feature}`), from, '-o', to]);
  const { wasm, glue } = shortened(readFileSync(to), readFileSync(inGen(`${file.from}satchel_client_wasm.js`), 'utf8'));
  writeFileSync(to, wasm);
  writeFileSync(inGen(`dist/${file.to}.js`), glue);
  writeFileSync(inGen(`dist/${file.to}.d.ts`), readFileSync(inGen(`${file.from}satchel_client_wasm.d.ts`)));
  const packed = brotliCompressSync(wasm).length;
  const size = `${file.to}.wasm has ${wasm.length} bytes, ${packed} of brotli`;
  console.log(size);
  if (wasm.length <= file.limit && packed <= file.packedLimit) continue;
  const over = `${size}; the limits are ${file.limit} and ${file.packedLimit}`;
  if (wasm.includes(PANIC_TEXT)) {
    console.warn(`WARNING: ${over}. It was built with a ready-made standard library: with its sources (rustup component add rust-src, or rust-web-src) it gets smaller.`);
  } else {
    console.error(`error: ${over}`);
    process.exitCode = 1;
  }
}
