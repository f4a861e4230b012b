/**
 * client-wasm as a test is to run it: the glue in a folder with its WebAssembly, or the file of JavaScript that it was translated to (web/translate.mjs).
 * Each time a new one, with memory of its own: it asks once what the browser can.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
let count = 0;

/** What it exports. `argon2id` stands in for what the worker lends to the JavaScript. */
export async function programIn(path, argon2id) {
  if (!path.endsWith('.js')) {
    const glue = resolve(path, 'satchel_client_wasm.js');
    delete require.cache[glue];
    return require(glue);
  }
  globalThis.satchelArgon2id = argon2id ?? (await remembering());
  count += 1;
  const program = await import(`${pathToFileURL(resolve(path)).href}?${count}`);
  program.begin();
  return program;
}

/** The page's own, which is asked for many a key twice here: it takes a second each time. */
async function remembering() {
  const { lendArgon2id } = await import('../../web/src/worker/argon2id.js');
  lendArgon2id();
  const derive = globalThis.satchelArgon2id;
  return (passphrase, salt, ...costs) => {
    const asked = [Buffer.from(passphrase).toString('hex'), Buffer.from(salt).toString('hex'), ...costs].join();
    const key = keys.get(asked) ?? derive(passphrase, salt, ...costs);
    keys.set(asked, Uint8Array.from(key));
    return Uint8Array.from(key);
  };
}

const keys = new Map();
