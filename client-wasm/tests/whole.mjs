/**
 * Runs the vectors of all of the format through WebAssembly that has all of it: containers, sets, pages, recipients and shares.
 * Prints `N passed, N failed, N skipped`.
 *
 *   node client-wasm/tests/whole.mjs [FOLDER_OF_THE_GLUE] [PART_OF_A_NAME]...
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const [glue = `${ROOT}target/wasm/whole`, ...wanted] = process.argv.slice(2);
const { Keys, openWhole, readKey } = createRequire(import.meta.url)(resolve(glue, 'satchel_client_wasm.js'));

function parse(file) {
  const bytes = readFileSync(file);
  const end = bytes.indexOf('\n\n');
  const vector = { fields: {}, identities: [], shares: [], entries: [], body: bytes.subarray(end + 2) };
  for (const line of bytes.subarray(0, end).toString().split('\n')) {
    const colon = line.indexOf(':');
    const [key, value] = [line.slice(0, colon), line.slice(colon + 2)];
    if (key === 'entry') vector.entries.push({ name: value });
    else if (vector.entries.length > 0) vector.entries.at(-1)[key] = value;
    else if (key === 'identity') vector.identities.push(value);
    else if (key === 'share') vector.shares.push(value);
    else vector.fields[key] = value;
  }
  return vector;
}

const same = (what, found, expected) => {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
};

function runBody({ fields, identities, shares, entries, body }) {
  const found = openWhole(body, new Keys(fields.link, fields.passphrase, identities, shares));
  same('entries', found.length, entries.length);
  entries.forEach((expected, index) => {
    same('name', found[index].name, expected.name);
    same('media type', found[index].mediaType, expected.media_type);
    same('content', createHash('sha256').update(found[index].content).digest('hex'), expected.sha256);
  });
}

const RUNS = {
  container: runBody,
  set: runBody,
  page: runBody,
  recipient({ fields, body }) {
    const read = readKey(fields.kind, body.toString());
    if (fields.recipient !== undefined) same('recipient', read, fields.recipient);
  },
  share({ fields, body }) {
    const read = readKey(fields.form, body.toString());
    if (fields.code !== undefined) same('code', read, fields.code);
  },
};

/** What a reader that allows itself less, has less memory, or opens no sets answers: vectors.mjs runs these. */
const skipped = ({ fields }, name) => fields.allowed !== undefined || ['passphrase_profile_3', 'magic_of_a_set'].includes(name);

const count = { passed: 0, failed: 0, skipped: 0 };
for (const [folder, run] of Object.entries(RUNS)) {
  for (const name of readdirSync(`${ROOT}vectors/${folder}`).sort()) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const vector = parse(`${ROOT}vectors/${folder}/${name}`);
    if (skipped(vector, name)) {
      count.skipped += 1;
      console.log(`skip  ${folder}/${name}: vectors.mjs runs it`);
      continue;
    }
    let answer = 'ok';
    try {
      run(vector);
    } catch (error) {
      answer = typeof error === 'string' ? error : String(error.stack);
    }
    const right = answer === vector.fields.verdict;
    count[right ? 'passed' : 'failed'] += 1;
    if (!right) console.log(`FAIL  ${folder}/${name}: ${answer} instead of ${vector.fields.verdict}`);
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
