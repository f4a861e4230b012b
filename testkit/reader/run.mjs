// Runs the reader over vectors/, and recipients over age-encryption: `node testkit/reader/run.mjs [part of a name]...`.
// Exit code 1 when one fails, or when a folder is there that nothing here runs and SKIPPED does not explain.

import { readdirSync, readFileSync } from 'node:fs';
import { ageChecks } from './age.mjs';
import { Rejected, sha256 } from './bytes.mjs';
import { headFor, openHead } from './head.mjs';
import { derive, mark, normalise, openLabel, parseLink, wordBits } from './link.mjs';
import { collide, isSafe, open, openSet, paddedLen, payloadLen, unpackPage } from './reader.mjs';
import { decapsulate, encapsulate, encodeRecipient, openBase, parseIdentity, parseRecipient, publicKey } from './recipient.mjs';
import { code, parseCode, parseText, parseWords, words } from './share.mjs';

const ROOT = new URL('../../vectors/', import.meta.url);
const equal = (what, got, expected) => {
  if (String(got) !== String(expected)) throw new Error(`${what}: ${got} instead of ${expected}`);
};
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Buffer.from(text ?? '', 'hex');

function parse(file) {
  const end = file.indexOf('\n\n');
  const lines = file.toString('utf8', 0, end).split('\n').map((line) => line.split(/: ?(.*)/s));
  return { lines, fields: Object.fromEntries(lines), body: file.subarray(end + 2) };
}

function keyOf({ lines, fields }) {
  const all = (wanted, parseOne) => {
    const values = lines.filter(([name]) => name === wanted).map(([, value]) => parseOne(value));
    return values.length ? values : undefined;
  };
  return {
    passphrase: fields.passphrase && normalise(Buffer.from(fields.passphrase)),
    link: fields.link && parseLink(fields.link),
    identities: all('identity', parseIdentity),
    shares: all('share', parseCode),
  };
}

function compare({ lines, fields }, opened) {
  const got = opened.flatMap(({ entries }) => entries).flatMap(({ name, mediaType, size, modified, content }) => [
    ['entry', name ?? ''],
    ['media_type', mediaType],
    ['size', String(size)],
    ...(modified === undefined ? [] : [['modified', modified]]),
    ['sha256', hex(sha256(content))],
  ]);
  const first = lines.findIndex(([name]) => name === 'entry');
  const written = (pairs) => pairs.map(([name, value]) => `${name}: ${value}`).join('\n');
  equal('entries', written(got), written(lines.slice(first)));
  equal('asked', [opened[0].reads, opened[0].expiresIn], [fields.asked_reads, fields.asked_expires_in]);
}

const runContainer = (vector) => compare(vector, [open(vector.body, keyOf(vector), vector.fields.allowed)]);
const runSet = (vector) => compare(vector, openSet(vector.body, keyOf(vector), vector.fields.allowed));
function runPage(vector) {
  const file = unpackPage(vector.body);
  if (file.toString('latin1', 0, 8) === '\x8bSATCSET') return compare(vector, openSet(file, keyOf(vector)));
  compare(vector, [open(file, keyOf(vector), vector.fields.allowed)]);
}

function runRecipient({ fields, body }) {
  if (fields.kind === 'recipient') return equal('recipient', encodeRecipient(parseRecipient(body.toString())), body);
  equal('recipient', encodeRecipient(publicKey(parseIdentity(body.toString()))), fields.recipient);
}

function runShare({ fields, body }) {
  const share = { code: parseCode, words: parseWords, text: parseText }[fields.form](body.toString());
  const { containerId, number, threshold, value } = share;
  equal('container_id', hex(containerId), fields.container_id);
  equal('number', number, fields.number);
  equal('threshold', threshold, fields.threshold);
  equal('value', hex(value), fields.value);
  equal('form', fields.words === undefined ? code(share) : words(share), fields.words ?? fields.code);
}

function runXwing({ fields }) {
  const { seed, pk, eseed, ct, ss } = fields;
  equal('pk', hex(publicKey(unhex(seed))), pk);
  const { cipherText, sharedSecret } = encapsulate(unhex(pk), unhex(eseed));
  equal('ct', hex(cipherText), ct);
  equal('ss', hex(sharedSecret), ss);
  equal('ss', hex(decapsulate(unhex(seed), unhex(ct))), ss);
}

function runHpke({ fields }) {
  const [enc, info, aad, ct, eseed] = ['enc', 'info', 'aad', 'ct', 'eseed'].map((name) => unhex(fields[name]));
  const seed = parseIdentity(fields.identity);
  equal('seed', hex(seed), fields.seed);
  equal('enc', hex(encapsulate(publicKey(seed), eseed).cipherText), fields.enc);
  const opened = openBase(seed, enc, info, aad, ct);
  equal('pt', opened && hex(opened), fields.pt);
}

function runLink({ fields, body }) {
  const link = parseLink(body.toString());
  equal('kind', link.kind, fields.kind);
  const passphrase = fields.passphrase && normalise(Buffer.from(fields.passphrase));
  const got = link.kind === 'link' ? { ...link, ...derive(link, passphrase) } : link;
  equal('needsPassphrase', Boolean(link.needsPassphrase), 'passphrase' in fields);
  const encoded = (bytes) => bytes.toString('base64url');
  const check = (field, value) => field in fields && equal(field, encoded(value), fields[field]);
  check('link_secret', got.linkSecret);
  check('id', got.id);
  check('salt', got.salt);
  for (const role of ['probe', 'claim', 'receipt', 'owner']) {
    const token = got[`${role}Token`];
    check(`${role}_token`, token);
    if (token) check(`${role}_hash`, sha256(token));
  }
  if (link.kind !== 'panic') return;
  const id = (field) => Buffer.from(fields[field], 'base64url');
  check('bearer', link.panicSecret);
  check('paste_mark', mark(link.panicSecret, id('paste_id')));
  check('document_mark', mark(link.panicSecret, Buffer.from('satchel/document'), id('document_id')));
  equal('word_bits', hex(wordBits(link.panicSecret)), fields.word_bits);
}

function runLabel({ fields, body }) {
  equal('name', openLabel(body, parseLink(fields.owner)), fields.name);
}

function runHead({ fields, body }) {
  const heads = openHead(body, parseLink(fields.owner));
  equal('head', hex(headFor(heads, parseLink(fields.link))), fields.head);
}

function runName({ fields, body }) {
  if (fields.other && collide(body.toString(), fields.other)) throw new Rejected('collide');
  if (!isSafe(body.toString())) throw new Rejected('unsafe');
}

function runPadding({ body }) {
  const rows = body.toString().trimEnd().split('\n').map((line) => line.split(' ').map(Number));
  for (const [archive, padded, segments, payload] of rows.filter((row) => row.length > 1)) {
    equal(archive, [paddedLen(archive), Math.ceil(padded / 262112), payloadLen(padded)], [padded, segments, payload]);
  }
  const lens = rows.filter((row) => row.length === 1).map(([padded]) => padded);
  const next = lens.map((padded) => paddedLen(padded + 1 - 8));
  equal('padded lengths', [4096, ...next.slice(0, -1)], lens.length ? lens : [4096]);
}

function runPassphrase({ fields, body }) {
  equal('nfc', hex(normalise(body, fields.from === 'file')), fields.nfc_hex);
}

const RUN = {
  container: runContainer,
  set: runSet,
  page: runPage,
  recipient: runRecipient,
  share: runShare,
  xwing: runXwing,
  hpke: runHpke,
  link: runLink,
  head: runHead,
  label: runLabel,
  name: runName,
  padding: runPadding,
  passphrase: runPassphrase,
};
const SKIPPED = { floe: "FLOE alone, in other segments and rotations than a container's: for the implementation's own parts" };

const wanted = process.argv.slice(2);
const isWanted = (name) => !wanted.length || wanted.some((part) => name.includes(part));
const filesOf = (folder) => readdirSync(new URL(folder, ROOT)).filter(isWanted).sort();
const read = (folder, name) => parse(readFileSync(new URL(`${folder}/${name}`, ROOT)));
let [passed, failed, skipped] = [0, 0, 0];
const report = (right, folder, name, said) => {
  right ? passed++ : failed++;
  console.log(`${right ? 'ok  ' : 'FAIL'}  ${folder.padEnd(10)}  ${name.padEnd(50)}  ${said}`);
};

const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
for (const folder of folders.filter((name) => !(name in RUN || name in SKIPPED))) report(false, folder, '', 'nothing here runs it');
for (const [folder, run] of Object.entries(RUN)) {
  if (!folders.includes(folder)) report(false, folder, '', 'is not there');
  else for (const name of filesOf(folder)) {
    const vector = read(folder, name);
    let answer = 'ok';
    try {
      run(vector);
    } catch (error) {
      answer = error instanceof Rejected ? error.message : String(error.stack);
    }
    const right = answer === vector.fields.verdict;
    report(right, folder, name, right ? answer : `${answer} instead of ${vector.fields.verdict}`);
  }
}

const identities = filesOf('recipient').map((name) => read('recipient', name)).filter(({ fields }) => fields.kind === 'identity' && fields.verdict === 'ok');
const pairs = identities.map(({ fields, body }) => ({ identity: body.toString(), recipient: fields.recipient }));
if (isWanted('age-encryption')) for (const [what, act] of ageChecks(pairs)) {
  const answer = await act().then(() => 'ok', (error) => String(error.stack));
  report(answer === 'ok', 'age-encryption:', what, answer);
}

for (const [folder, why] of Object.entries(SKIPPED)) {
  const count = folders.includes(folder) ? filesOf(folder).length : 0;
  skipped += count;
  if (count) console.log(`skip  ${folder.padEnd(10)}  ${count} vectors: ${why}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed || !passed ? 1 : 0;
