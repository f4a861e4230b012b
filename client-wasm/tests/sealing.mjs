/**
 * Seals files through the WebAssembly build and opens them again, with each engine what the other sealed: files are read in pieces, whole
 * segments of them are sealed where they lie, and what is left over goes another way. Prints `N passed, N failed`.
 *
 *   node client-wasm/tests/sealing.mjs [FOLDER_OF_THE_NODE_GLUE | FILE_OF_JAVASCRIPT]
 */
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { programIn } from './program.mjs';

const [glue = fileURLToPath(new URL('../../target/wasm/node', import.meta.url))] = process.argv.slice(2);
const BASE = 'https://satchel.invalid';
const PASSPHRASE = 'one passphrase for all';
/** docs/format.md, section 5: the plaintext of a full segment; and four of them, what a file is read in. */
const SEGMENT = 262_112;
const PIECE = 4 * SEGMENT;

/** Lengths of the files of one document each. */
const DOCUMENTS = [
  [0],
  [1],
  [SEGMENT - 1], [SEGMENT], [SEGMENT + 1],
  [PIECE - 1], [PIECE], [PIECE + 1],
  [3 * PIECE + SEGMENT + 17],
  [PIECE + 5, 0, 1, 2 * PIECE + 9, SEGMENT],
  Array.from({ length: 40 }, (_, i) => (i * 37_123) % (2 * SEGMENT)),
];

/** Whether keys are what they should be, vectors.mjs asks: where Argon2id is lent, it takes a second, and would take it two hundred times here. */
const quick = (passphrase, salt, ...costs) => Uint8Array.from(createHash('sha256').update(passphrase).update(salt).update(costs.join()).digest());

const real = {
  encrypt: (...args) => webcrypto.subtle.encrypt(...args),
  decrypt: (...args) => webcrypto.subtle.decrypt(...args),
};

async function instance(subtle, { encrypt = real.encrypt, decrypt = real.decrypt } = {}) {
  const random = { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) };
  const lent = {
    importKey: (...args) => webcrypto.subtle.importKey(...args),
    decrypt,
    encrypt,
  };
  Object.defineProperty(globalThis, 'crypto', { value: subtle ? { ...random, subtle: lent } : random, configurable: true });
  return (await programIn(glue, quick)).run;
}

/** A WebCrypto that has had enough at its `last` call, and says so in `how` it does. */
function givingUp(verb, last, how) {
  let calls = 0;
  const gives = (...args) => {
    calls += 1;
    return calls === last ? how() : real[verb](...args);
  };
  return { [verb]: gives };
}

/** Streams of files as other browsers have them, and as a file gives them that is lost while it is read. */
const STREAMS = {
  plain: (bytes) => inPieces(bytes, 70_001),
  whole: (bytes) => inPieces(bytes, bytes.length),
  short: (bytes) => inPieces(bytes, 99_991, 'bytes'),
  lost: (bytes) => inPieces(bytes, 1_000_003, undefined, 2 * PIECE),
};

function inPieces(bytes, most, type, lostAt = Infinity) {
  let at = 0;
  return new ReadableStream({
    type,
    pull(controller) {
      const piece = Uint8Array.from(bytes.subarray(at, at + most));
      at += piece.length;
      if (at > lostAt) throw new DOMException('the file is gone', 'NotReadableError');
      if (piece.length > 0) controller.enqueue(piece);
      if (at === bytes.length) {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Every part is taken away, as a message to the page does. */
const taken = (parts) => structuredClone(parts, { transfer: [...new Set(parts.map((part) => part.buffer))] });

async function seal(run, contents, stream) {
  const files = contents.map((bytes, index) => ({ file: new File([bytes], `${index}`), path: `folder/${index}` }));
  if (stream !== undefined) for (const [index, { file }] of files.entries()) file.stream = () => stream(contents[index]);
  const pieces = [];
  const page = { progress() {}, write: async (parts) => void pieces.push(...taken(parts)) };
  const { size } = await run('sealFile', BASE, { document: { files }, passphrase: PASSPHRASE }, page);
  const sealed = new Blob(pieces);
  if (sealed.size !== size) throw new Error(`${sealed.size} bytes came out, ${size} were said`);
  return sealed;
}

async function open(run, file) {
  const hashes = [];
  const page = {
    progress() {},
    manifest: async () => undefined,
    entry: async () => hashes.push(createHash('sha256')) > 0,
    write: async (parts) => taken(parts).forEach((part) => hashes.at(-1).update(part)),
    verified: async () => undefined,
  };
  await run('openFile', BASE, { file, key: { passphrase: PASSPHRASE } }, page);
  return hashes.map((hash) => hash.digest('hex'));
}

const count = { passed: 0, failed: 0 };
const tell = (what, answer) => {
  count[answer === 'ok' ? 'passed' : 'failed'] += 1;
  if (answer !== 'ok') console.log(`FAIL  ${what}: ${answer}`);
};

for (const [name, stream] of Object.entries(STREAMS)) {
  for (const lens of [[0], [1], [SEGMENT], [2 * PIECE + 7], [PIECE + 5, 0, 1, 2 * PIECE + 9], [3 * PIECE]]) {
    const contents = lens.map((len) => randomBytes(len));
    const sealed = await seal(await instance(true), contents, stream).catch((failure) => failure.code ?? String(failure));
    if (name === 'lost' && Math.max(...lens) > 2 * PIECE) {
      tell(`stream ${name}, ${lens}`, sealed === 'unreadable_file' ? 'ok' : `it ended with ${sealed}`);
      continue;
    }
    const hashes = typeof sealed === 'string' ? sealed : await open(await instance(true), sealed).catch(String);
    tell(`stream ${name}, ${lens}`, hashes.toString() === contents.map(digest).join() ? 'ok' : `other content came out: ${hashes}`);
  }
}

/** Calls of `encrypt`: the first is for what is not lent, the others for two pieces of four segments. */
for (const last of [1, 2, 5, 8, 9]) {
  const contents = [randomBytes(3 * PIECE)];
  const told = (answer) => tell(`WebCrypto gives up at call ${last}`, answer);
  const thrown = await instance(true, givingUp('encrypt', last, () => { throw new Error('no'); }));
  const hashes = await open(await instance(true), await seal(thrown, contents)).catch(String);
  told(hashes.toString() === digest(contents[0]) ? 'ok' : `thrown, and not sealed by ours: ${hashes}`);
  const rejected = await instance(true, givingUp('encrypt', last, () => Promise.reject(new Error('no'))));
  const ended = await seal(rejected, contents).then(() => 'sealed', (failure) => failure);
  // Lent content is gone by then, so it ends; what is not lent is sealed by ours.
  told((last === 1 ? ended === 'sealed' : ended.code === 'crashed') ? 'ok' : `rejected, and it ended with ${String(ended.code ?? ended)}`);
}
/** Calls of `decrypt`: what is opened where it lies is read again, and opened by ours. */
const twelve = [randomBytes(3 * PIECE)];
const sealedTwelve = await seal(await instance(true), twelve);
for (const last of [1, 2, 3, 5, 8, 12]) {
  for (const how of [() => { throw new Error('no'); }, () => Promise.reject(new Error('no'))]) {
    const hashes = await open(await instance(true, givingUp('decrypt', last, how)), sealedTwelve).catch((failure) => failure.code ?? String(failure));
    tell(`WebCrypto gives up opening at call ${last}`, hashes.toString() === digest(twelve[0]) ? 'ok' : `it ended with ${hashes}`);
  }
}

/** A changed byte, in the middle of each piece that is opened together. */
for (const from of [0.1, 0.3, 0.5, 0.8]) {
  const bytes = new Uint8Array(await sealedTwelve.arrayBuffer());
  bytes[Math.floor(from * 3 * PIECE)] ^= 1;
  for (const subtle of [true, false]) {
    const ended = await open(await instance(subtle), new Blob([bytes])).then(() => 'opened', (failure) => failure.code ?? String(failure));
    tell(`a changed byte at ${from}, WebCrypto ${subtle}`, ended === 'bad_segment' ? 'ok' : `it ended with ${ended}`);
  }
}

for (const lens of DOCUMENTS) {
  for (const [sealing, opening] of [[true, false], [false, true], [true, true]]) {
    const contents = lens.map((len) => randomBytes(len));
    let answer;
    try {
      const sealed = await seal(await instance(sealing), contents);
      const hashes = await open(await instance(opening), sealed);
      answer = hashes.join() === contents.map(digest).join() ? 'ok' : 'other content came out';
    } catch (error) {
      answer = error instanceof Error ? String(error.stack) : JSON.stringify(error);
    }
    tell(`${lens.slice(0, 6)}, WebCrypto ${sealing} then ${opening}`, answer);
  }
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
