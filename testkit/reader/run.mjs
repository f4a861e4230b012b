// Runs the reader over vectors/: `node testkit/reader/run.mjs [part of a name]...`. Exit code 1 when one fails.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Rejected, collide, derive, isSafe, normalise, open, paddedLen, parseLink, payloadLen } from './reader.mjs';

const ROOT = new URL('../../vectors/', import.meta.url);
const equal = (what, got, expected) => {
  if (String(got) !== String(expected)) throw new Error(`${what}: ${got} instead of ${expected}`);
};
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

function parse(file) {
  const end = file.indexOf('\n\n');
  const lines = file.toString('utf8', 0, end).split('\n').map((line) => line.split(/: ?(.*)/s));
  return { lines, fields: Object.fromEntries(lines), body: file.subarray(end + 2) };
}

function runContainer({ lines, fields, body }) {
  const passphrase = fields.passphrase && normalise(Buffer.from(fields.passphrase));
  const key = { passphrase, link: fields.link && parseLink(fields.link) };
  const { reads, expiresIn, entries } = open(body, key, fields.allowed);
  const got = entries.flatMap(({ name, mediaType, size, modified, content }) => [
    ['entry', name ?? ''],
    ['media_type', mediaType],
    ['size', String(size)],
    ...(modified === undefined ? [] : [['modified', modified]]),
    ['sha256', sha256(content).toString('hex')],
  ]);
  const first = lines.findIndex(([name]) => name === 'entry');
  const written = (pairs) => pairs.map(([name, value]) => `${name}: ${value}`).join('\n');
  equal('entries', written(got), written(lines.slice(first)));
  equal('asked', [reads, expiresIn], [fields.asked_reads, fields.asked_expires_in]);
}

function runLink({ fields, body }) {
  const link = parseLink(body.toString());
  equal('kind', link.kind, fields.kind);
  const passphrase = fields.passphrase && normalise(Buffer.from(fields.passphrase));
  const got = link.kind === 'receipt' ? link : { ...link, ...derive(link, passphrase) };
  equal('needsPassphrase', Boolean(link.needsPassphrase), 'passphrase' in fields);
  const encoded = (bytes) => bytes.toString('base64url');
  const check = (field, value) => field in fields && equal(field, encoded(value), fields[field]);
  check('link_secret', got.linkSecret);
  check('id', got.id);
  check('salt', got.salt);
  for (const role of ['probe', 'claim', 'receipt']) {
    const token = got[`${role}Token`];
    check(`${role}_token`, token);
    if (token) check(`${role}_hash`, sha256(token));
  }
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
  equal('nfc', normalise(body, fields.from === 'file').toString('hex'), fields.nfc_hex);
}

const RUN = { container: runContainer, link: runLink, name: runName, padding: runPadding, passphrase: runPassphrase };
const wanted = process.argv.slice(2);
let [passed, failed] = [0, 0];
for (const [folder, run] of Object.entries(RUN)) {
  for (const name of readdirSync(new URL(folder, ROOT)).sort()) {
    if (wanted.length && !wanted.some((part) => name.includes(part))) continue;
    const vector = parse(readFileSync(new URL(`${folder}/${name}`, ROOT)));
    let answer = 'ok';
    try {
      run(vector);
    } catch (error) {
      answer = error instanceof Rejected ? error.message : String(error.stack);
    }
    const right = answer === vector.fields.verdict;
    right ? passed++ : failed++;
    const said = right ? answer : `${answer} instead of ${vector.fields.verdict}`;
    console.log(`${right ? 'ok  ' : 'FAIL'}  ${folder.padEnd(10)}  ${name.padEnd(46)}  ${said}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
