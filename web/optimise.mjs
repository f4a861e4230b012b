/**
 * src/gen/*.wasm -> src/gen/dist/*.wasm: the page's WebAssembly made smaller, before the build names it by what is in it. By a tenth, and
 * without it the file is over its limit of 350 KB. Over the limit, it fails; but where the standard library came ready-made, its panics
 * bring their texts along, and it only warns.
 * Flattened first and gone over twice, it is another 1,500 bytes of gzip smaller, and 5,300 where functions that are called from one
 * place stay functions: small ones look alike. The sections that say what built it are no use to a browser. Only features that every
 * browser of the last years has are allowed to the optimiser.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NAME = 'satchel_client_wasm_bg.wasm';
const LIMIT_BYTES = 350_000;
/** What such a panic says; xtask/src/wasm.rs leaves the texts out wherever it builds the standard library along. */
const PANIC_TEXT = 'index out of bounds';
const NO_SECTIONS = ['--strip-producers', '--strip-target-features'];
const PASSES = ['--flatten', '--rereloop', '--one-caller-inline-max-function-size', '20', '-Oz', '-Oz', ...NO_SECTIONS];
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext'];
const optimiser = fileURLToPath(new URL('node_modules/binaryen/bin/wasm-opt', import.meta.url));
const from = fileURLToPath(new URL(`src/gen/${NAME}`, import.meta.url));
const to = fileURLToPath(new URL(`src/gen/dist/${NAME}`, import.meta.url));

mkdirSync(new URL('src/gen/dist', import.meta.url), { recursive: true });
execFileSync(process.execPath, [optimiser, ...PASSES, ...FEATURES.map((feature) => `--enable-${feature}`), from, '-o', to]);
const bytes = readFileSync(to);
console.log(`${NAME}: ${bytes.length} bytes`);
if (bytes.length > LIMIT_BYTES) {
  const over = `${NAME} has ${bytes.length} bytes, the limit is ${LIMIT_BYTES}`;
  if (bytes.includes(PANIC_TEXT)) {
    console.warn(`WARNING: ${over}. It was built with a ready-made standard library: with its sources (rustup component add rust-src, or rust-web-src) it gets smaller.`);
  } else {
    console.error(`error: ${over}`);
    process.exitCode = 1;
  }
}
