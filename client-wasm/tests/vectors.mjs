/**
 * Runs vectors/ through the WebAssembly build, by the very export that the page's worker calls, once with WebCrypto as the engine
 * and once without it. Prints `N passed, N failed, N skipped`; a skip says why.
 *
 *   node client-wasm/tests/vectors.mjs [FOLDER_OF_THE_NODE_GLUE | FILE_OF_JAVASCRIPT] [PART_OF_A_NAME]...
 *
 * What only derives (ids, tokens) is seen where it goes: in the requests that the client would send.
 */
import { createHash, webcrypto } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programIn } from './program.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const [glue = `${ROOT}target/wasm/node`, ...wanted] = process.argv.slice(2);
const BASE = 'https://satchel.invalid';

class Skip extends Error {}

/** A fresh instance; `subtle` false hides WebCrypto from it, as a page without TLS does. */
async function instance(subtle) {
  const random = { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) };
  const crypto = subtle ? webcrypto : random;
  Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
  const { run, isSafeName } = await programIn(glue);
  const operations = ['understand', 'receiptStatus', 'documentStatus', 'panic', 'probe', 'open', 'openFile', 'sealFile'];
  return { isSafeName, ...Object.fromEntries(operations.map((name) => [name, (...rest) => run(name, ...rest)])) };
}

function parse(file) {
  const bytes = readFileSync(file);
  const end = bytes.indexOf('\n\n');
  const fields = {};
  const entries = [];
  for (const line of bytes.subarray(0, end).toString().split('\n')) {
    const colon = line.indexOf(':');
    const [key, value] = [line.slice(0, colon), line.slice(colon + 2)];
    if (key === 'entry') entries.push({ name: value });
    else if (entries.length > 0) entries.at(-1)[key] = value;
    else fields[key] = value;
  }
  return { fields, entries, body: bytes.subarray(end + 2) };
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const same = (what, found, expected) => {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
};

/** A page that keeps what it is given. */
function keepingPage() {
  const kept = { found: undefined, contents: new Map(), current: -1 };
  const page = {
    progress() {},
    pause: async () => undefined,
    saveLease: async () => undefined,
    loadLease: async () => undefined,
    forgetLease: async () => undefined,
    uploadBegun: async () => undefined,
    manifest: async (found) => void (kept.found = found),
    entry: async (index) => {
      kept.current = index;
      kept.contents.set(index, createHash('sha256'));
      return true;
    },
    write: async (parts) => parts.forEach((part) => kept.contents.get(kept.current).update(part)),
    verified: async () => undefined,
  };
  return { kept, page };
}

const PROFILES_TOO_LARGE = new Set(process.env.SATCHEL_VECTORS_ALL ? [] : ['passphrase_profile_3', 'profile_3_where_2_is_allowed']);

async function runContainer(wasm, { fields, entries, body }, name) {
  if (fields.identity !== undefined || fields.share !== undefined) throw new Skip('the page takes no identities and no shares; whole.mjs runs it');
  if (PROFILES_TOO_LARGE.has(name) && fields.verdict === 'ok') throw new Skip('takes 1 GiB of memory');
  const key = fields.link === undefined ? { passphrase: fields.passphrase ?? 'none' } : { link: fields.link, passphrase: fields.passphrase };
  const { kept, page } = keepingPage();
  const largestProfile = Number(fields.allowed ?? 3);
  await wasm.openFile(BASE, { file: new Blob([body]), key, largestProfile }, page);
  const { manifest, engine } = kept.found;
  same('engine', engine, globalThis.crypto.subtle === undefined ? 'wasm' : 'webcrypto');
  same('asked', [manifest.asked.reads, manifest.asked.expiresIn], [fields.asked_reads, fields.asked_expires_in].map((text) => (text === undefined ? null : Number(text))));
  same('entries', manifest.entries.length, entries.length);
  entries.forEach((expected, index) => {
    const found = manifest.entries[index];
    if (!found.renamed) same('name', found.name ?? '', expected.name);
    same('media type', found.mediaType, expected.media_type);
    same('size', String(found.size), expected.size);
    same('modified', found.modified, expected.modified === undefined ? null : Number(expected.modified));
    same('content', kept.contents.get(index).digest('hex'), expected.sha256);
  });
}

const PROBED = { size: 8192, reads: 1, reads_left: 1, expires_at: 4e9, tries_left: 10, burns_on_guessing: false, retry_after: 0 };

/** The requests of an operation: a probe finds something, all else gets 404. */
async function requestsOf(operation) {
  const requests = [];
  globalThis.fetch = async (url, { headers }) => {
    requests.push({ path: new URL(url).pathname, ...Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v])) });
    if (url.endsWith('/probe')) return new Response(JSON.stringify(PROBED), { headers: { 'content-type': 'application/json' } });
    const problem = { type: 'urn:satchel:problem:not_found', title: '', status: 404, code: 'not_found' };
    return new Response(JSON.stringify(problem), { status: 404, headers: { 'content-type': 'application/problem+json' } });
  };
  await operation().catch(() => undefined);
  return requests;
}

const bearer = (request) => request.authorization.replace('Bearer ', '');
const hash = (token) => sha256(Buffer.from(token, 'base64url')).toString('base64url');

/** What the page forgives or says otherwise, because people paste: not the fragment's business, client::address tests it. */
const PASTED = {
  base64_of_the_other_alphabet: 'no_link',
  not_ascii: 'no_link',
  nothing: 'empty',
  longer_by_a_character: 'link',
  longer_by_four_characters: 'link',
  padded: 'link',
};

async function runLink(wasm, { fields, body }, name) {
  const text = body.toString();
  const understood = await wasm.understand(BASE, { text }, keepingPage().page);
  if (Object.hasOwn(PASTED, name)) {
    same('pasted', understood.reason ?? understood.kind, PASTED[name]);
    throw { code: fields.verdict };
  }
  if (understood.kind === 'bad') throw { code: understood.reason };
  same('kind', understood.kind, fields.kind);
  if (understood.kind === 'receipt') {
    const [asked] = await requestsOf(() => wasm.receiptStatus(BASE, { receipt: understood.receipt }, keepingPage().page));
    same('id', asked.path.split('/')[4], fields.id);
    same('receipt token', bearer(asked), fields.receipt_token);
    same('receipt hash', hash(bearer(asked)), fields.receipt_hash);
    return;
  }
  if (understood.kind === 'owner') {
    const [asked] = await requestsOf(() => wasm.documentStatus(BASE, { receipt: understood.receipt }, keepingPage().page));
    same('id', asked.path.split('/')[4], fields.id);
    same('owner token', bearer(asked), fields.owner_token);
    same('owner hash', hash(bearer(asked)), fields.owner_hash);
    return;
  }
  if (understood.kind === 'panic') {
    const [asked] = await requestsOf(() => wasm.panic(BASE, { panic: understood.panic }, keepingPage().page));
    same('path', asked.path, '/api/v1/panic');
    same('bearer', bearer(asked), fields.bearer);
    return;
  }
  same('needs a passphrase', understood.needsPassphrase, fields.passphrase !== undefined);
  const [probe] = await requestsOf(() => wasm.probe(BASE, { link: understood.link }, keepingPage().page));
  same('id', probe.path.split('/')[4], fields.id);
  same('probe token', bearer(probe), fields.probe_token);
  same('probe hash', hash(bearer(probe)), fields.probe_hash);
  const requests = await requestsOf(() => wasm.open(BASE, { link: understood.link, passphrase: fields.passphrase }, keepingPage().page));
  const claim = requests.find(({ path }) => path.endsWith('/claim'));
  same('claim token', bearer(claim), fields.claim_token);
  same('claim hash', hash(bearer(claim)), fields.claim_hash);
}

/** A passphrase that is right in both spellings opens what the other sealed. */
async function runPassphrase(wasm, { fields, body }) {
  if (fields.from === 'file') throw new Skip('the page reads no passphrase files');
  const pieces = [];
  const page = { ...keepingPage().page, write: async (parts) => void pieces.push(...parts) };
  const typed = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  await wasm.sealFile(BASE, { document: { text: 'x' }, passphrase: typed }, page);
  const normalised = Buffer.from(fields.nfc_hex, 'hex').toString();
  await wasm.openFile(BASE, { file: new Blob(pieces), key: { passphrase: normalised } }, keepingPage().page);
}

async function runName(wasm, { fields, body }) {
  if (fields.other !== undefined) throw new Skip('the page writes into no folder, so nothing collides');
  if (!wasm.isSafeName(body.toString())) throw { code: 'unsafe' };
}

const skipped = (reason) => async () => {
  throw new Skip(reason);
};
const RUNS = {
  container: runContainer,
  link: runLink,
  name: runName,
  passphrase: runPassphrase,
  head: skipped('the page makes heads for links through a server; the Rust crate runs them'),
  padding: skipped('lengths up to 2^50; the Rust crate runs it'),
};

const count = { passed: 0, failed: 0, skipped: 0 };
for (const engine of ['webcrypto', 'wasm']) {
  const wasm = await instance(engine === 'webcrypto');
  for (const [folder, run] of Object.entries(RUNS)) {
    for (const name of readdirSync(`${ROOT}vectors/${folder}`).sort()) {
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      // Only containers are the engine's matter.
      if (engine === 'wasm' && folder !== 'container') continue;
      const vector = parse(`${ROOT}vectors/${folder}/${name}`);
      const { verdict } = vector.fields;
      let answer = 'ok';
      try {
        await run(wasm, vector, name);
      } catch (error) {
        if (error instanceof Skip) {
          count.skipped += 1;
          console.log(`skip  ${folder}/${name}: ${error.message}`);
          continue;
        }
        answer = error instanceof Error ? String(error.stack) : error.code;
      }
      count[answer === verdict ? 'passed' : 'failed'] += 1;
      if (answer !== verdict) console.log(`FAIL  ${engine} ${folder}/${name}: ${answer} instead of ${verdict}`);
    }
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
