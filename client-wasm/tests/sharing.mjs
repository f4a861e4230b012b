/**
 * The WebAssembly that the page loads first shares under a link alone. What it can't do it refuses, before anything is sent: a document that was to
 * have a passphrase must not go without one. Prints `N passed, N failed`.
 *
 *   node client-wasm/tests/sharing.mjs [FOLDER_OF_ITS_NODE_GLUE]
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [glue = fileURLToPath(new URL('../../target/wasm/sharing', import.meta.url))] = process.argv.slice(2);
const { run } = createRequire(import.meta.url)(resolve(glue, 'satchel_client_wasm.js'));
const BASE = 'https://satchel.invalid';
const DOCUMENT = { document: { text: 'a text' }, policy: { expiresIn: 3600, reads: 1 } };
const OTHERS = [
  'generatePassphrase', 'understand', 'receiptStatus', 'burn', 'resetWait', 'documentStatus', 'addLinks', 'changePolicy', 'panic', 'makePanic',
  'probe', 'probeKept', 'open', 'sealFile', 'inspectFile', 'openFile',
];

let sent = 0;
let passed = 0;
let failed = 0;
globalThis.fetch = () => {
  sent += 1;
  return Promise.reject(new TypeError('nobody is there'));
};
const page = { progress() {}, pause: async () => undefined, uploadBegun: async () => undefined };

async function codeOf(operation, args, base = BASE) {
  try {
    await run(operation, base, args, page);
    return 'done';
  } catch (failure) {
    return failure.code;
  }
}

async function expectThat(what, code, isSent, coming) {
  sent = 0;
  const found = await coming;
  const holds = found === code && sent > 0 === isSent;
  if (holds) passed += 1;
  else failed += 1;
  if (!holds) console.error(`${what}: ${found}, sent ${sent}`);
}

for (const [name, value] of [['passphrase', 'six words'], ['invite', 'x'], ['panic', 'x'], ['links', 2]]) {
  await expectThat(`share with ${name}`, 'crashed', false, codeOf('share', { ...DOCUMENT, [name]: value }));
}
for (const operation of OTHERS) await expectThat(operation, 'crashed', false, codeOf(operation, {}));
await expectThat('share', 'network', true, codeOf('share', DOCUMENT));
await expectThat('serverConfig', 'network', true, codeOf('serverConfig', {}));
await expectThat('an onion', 'network', true, codeOf('serverConfig', {}, 'http://abc.onion/box'));
for (const base of ['', 'https:', 'https://', 'ftp://a', 'https://a/', 'https://a/b//c', 'https://a/../b', 'https://a/b%20c', 'data:text/html,x', '//a']) {
  await expectThat(`a page at ${base}`, 'malformed_link', false, codeOf('serverConfig', {}, base));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
