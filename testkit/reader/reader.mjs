// Opens containers, sets and pages of version 1. Written from docs/format.md alone: it is the proof that the page is enough.
// Whole files in memory; not meant for use.

import { timingSafeEqual } from 'node:crypto';
import { X, ascii, attempt, be2i, concat, decrypt, from, hmac, i2be, isZero, need, sha256 } from './bytes.mjs';
import { Cbor } from './cbor.mjs';
import { parsePlaces, unlock } from './header.mjs';

// HKDF-Expand-SHA-384 of FLOE never gives more than one block, so it is one HMAC.
const expand = (key, info, len) => hmac('sha384', key, info, from([1])).subarray(0, len);

// Section 5: the padded archive.
const [SEGMENT, ROOM] = [262144, 262112];
function startPayload(payload, fileKey, associatedData) {
  const key = X(fileKey, ascii('payload'));
  const [parameters, iv, tag] = [payload.subarray(0, 10), payload.subarray(10, 42), payload.subarray(42, 74)];
  need(parameters.toString('hex') === '00000004000000000020', 'bad_payload_header');
  const floe = (prk, purpose, len) => expand(prk, concat([parameters, iv, purpose, associatedData]), len);
  need(timingSafeEqual(floe(key, ascii('HEADER_TAG:'), 32), tag), 'bad_payload_header');
  return { floe, key };
}

function openPayload(payload, fileKey, associatedData) {
  const { floe, key } = startPayload(payload, fileKey, associatedData);
  const messageKey = floe(key, ascii('MESSAGE_KEY:'), 48);
  const count = Math.ceil((payload.length - 74) / SEGMENT);
  return concat(Array.from({ length: count }, (_, i) => {
    const segment = payload.subarray(74 + i * SEGMENT, 74 + (i + 1) * SEGMENT);
    const isFinal = i === count - 1;
    need(segment.readUInt32BE(0) === (isFinal ? segment.length : 0xffffffff), 'bad_segment');
    const segmentKey = floe(messageKey, concat([ascii('DEK:'), i2be(i - (i % 2 ** 20), 8)]), 32);
    const place = concat([i2be(i, 8), from([isFinal ? 1 : 0])]);
    const plaintext = decrypt(segmentKey, segment.subarray(4, 16), segment.subarray(16), place);
    need(plaintext, 'bad_segment');
    return plaintext;
  }));
}

// Section 6.
const bits = (value) => value.toString(2).length;
const padme = (len) => {
  const unit = 2 ** (bits(len) - 1 - bits(bits(len) - 1));
  return Math.ceil(len / unit) * unit;
};
export const paddedLen = (archiveLen) => Math.max(4096, padme(archiveLen + 8));
export const payloadLen = (padded) => 74 + padded + 32 * Math.ceil(padded / ROOM);

function unpad(padded) {
  const archiveLen = Number(be2i(padded.subarray(-8)));
  need(archiveLen + 8 <= padded.length && paddedLen(archiveLen) === padded.length, 'bad_padding');
  need(isZero(padded.subarray(archiveLen, -8)), 'bad_padding');
  return padded.subarray(0, archiveLen);
}

// Section 7: { reads, expiresIn, entries: [{ name, mediaType, size, modified, content }] }
function unpack(archive) {
  need(archive.length >= 4, 'bad_archive_length');
  const manifestLen = archive.readUInt32BE(0);
  need(manifestLen >= 1 && manifestLen <= 16777216, 'manifest_too_large');
  need(4 + manifestLen <= archive.length, 'bad_archive_length');
  const verdict = 'malformed_manifest';
  const cbor = new Cbor(archive.subarray(4, 4 + manifestLen), verdict);
  const { uint, text, nullable } = cbor;
  const readEntry = () => cbor.map([0n, text], [1n, text], [2n, () => nullable(uint)], [3n, uint]);
  const readEntries = () => cbor.array(readEntry, 1n, 65536n);
  const { 0: fields, 1: asked } = cbor.map([0n, readEntries], [1n, () => cbor.map([0n, uint], [1n, uint])]);
  cbor.end();
  need(fields && (asked?.[0] ?? 0n) <= 1000n, verdict);
  need(!asked || Object.keys(asked).length > 0, verdict);
  const entries = fields.map(({ 0: name, 1: mediaType, 2: size, 3: modified }) => ({ name, mediaType, size, modified }));
  entries.forEach(({ name, mediaType, size }, i) => {
    need(/^[ -~]{1,127}$/.test(mediaType ?? '') && size !== undefined, verdict);
    need(size !== null || i === entries.length - 1, verdict);
    if (name === undefined) return need(entries.length === 1, verdict);
    need(name !== '' && Buffer.byteLength(name) <= 1024 && (!name.endsWith('/') || size === 0n), verdict);
  });
  need(new Set(entries.map(({ name }) => name)).size === entries.length, verdict);
  let [at, end] = [BigInt(4 + manifestLen), BigInt(archive.length)];
  for (const entry of entries) {
    const size = entry.size ?? end - at;
    need(size >= 0n && at + size <= end, 'bad_archive_length');
    entry.content = archive.subarray(Number(at), Number((at += size)));
  }
  need(at === end, 'bad_archive_length');
  return { reads: asked?.[0], expiresIn: asked?.[1], entries };
}

// Section 2: { room, changing }
export function parsePrelude(container, setId = Buffer.alloc(16)) {
  const magic = container.toString('latin1', 0, 8);
  need(magic !== '\x8bSATCSET', 'set_not_supported');
  need(magic === '\x8bSATCHEL', 'not_a_container');
  need(container.length > 8, 'truncated');
  need(container[8] === 1, 'unsupported_version');
  need(container.length >= 41, 'truncated');
  need(container.subarray(25, 41).equals(setId), 'member_of_a_set');
  need(container.length >= 45, 'truncated');
  const room = container.readUInt32BE(41);
  need(room >= 37 && room <= 131108, 'header_too_large');
  need(container.length >= 46, 'truncated');
  const state = container[45];
  need(state === 0 || state === 0xff, 'malformed_header');
  return { room, changing: state === 0xff };
}

// Sections 2 and 4, as far as no key is needed: { immutable, prelude, headers, payload }
function parse(container, setId) {
  const { room, changing } = parsePrelude(container, setId);
  const [second, end] = [46 + room, 46 + 2 * room];
  const payload = container.subarray(end);
  const padded = payload.length - 74 - 32 * Math.ceil((payload.length - 74) / SEGMENT);
  need(padded >= 4096 && padded <= 2 ** 50 && padme(padded) === padded && payloadLen(padded) === payload.length, 'truncated');
  const headers = parsePlaces(changing, [container.subarray(46, second), container.subarray(second, end)]);
  return { immutable: container.subarray(0, 41), prelude: container.subarray(0, 45), changing, headers, payload };
}

function decryptParsed({ immutable, prelude, headers, payload }, key, allowed) {
  const fileKey = unlock(headers, prelude, key, allowed, (fileKey) => startPayload(payload, fileKey, immutable));
  return unpack(unpad(openPayload(payload, fileKey, immutable)));
}

export const open = (container, key, allowed = 3) => decryptParsed(parse(container, Buffer.alloc(16)), key, allowed);

// Section 10: what comes out of each member that opens.
const PASSED_OVER = ['wrong_key', 'no_matching_slot', 'share_of_another_container'];
export function openSet(set, key, allowed = 3) {
  need(set.toString('latin1', 0, 8) === '\x8bSATCSET', 'not_a_container');
  need(set.length > 8, 'truncated');
  need(set[8] === 1, 'unsupported_version');
  need(set.length >= 27, 'truncated');
  const [setId, count] = [set.subarray(9, 25), set.readUInt16BE(25)];
  need(count >= 1 && count <= 256, 'malformed_set');
  const members = [];
  let at = 27;
  while (members.length < count) {
    need(at + 8 <= set.length, 'truncated');
    const len = set.readBigUInt64BE(at);
    need(len <= BigInt(set.length - at - 8), 'truncated');
    members.push(set.subarray(at + 8, at + 8 + Number(len)));
    at += 8 + Number(len);
  }
  need(at === set.length, 'malformed_set');
  const [parsed, counts] = [[], { slots: 0, passphrases: 0 }];
  for (const member of members) {
    const { changing, headers } = parsed[parsed.push(parse(member, setId)) - 1];
    const slots = headers.flatMap(({ slots }) => slots);
    counts.slots += slots.length;
    counts.passphrases += slots.filter(({ type }) => type === 1).length;
    need(counts.slots <= 1024 && counts.passphrases <= 4 && !changing, 'malformed_set');
  }
  const digests = parsed.flatMap(({ immutable, headers }) => [immutable.subarray(9, 25), sha256(headers[0].covered.subarray(4))]);
  need(sha256(ascii('satchel/v1/set'), i2be(count, 2), ...digests).subarray(0, 16).equals(setId), 'malformed_set');

  const tried = parsed.map((member) => {
    const result = attempt(() => decryptParsed(member, key, allowed));
    if (result.verdict && !PASSED_OVER.includes(result.verdict.message)) throw result.verdict;
    return result;
  });
  const opened = tried.filter(({ got }) => got).map(({ got }) => got);
  if (opened.length === 0) throw tried.at(-1).verdict;
  return opened;
}

// Section 11: the container that a page carries, and a file that is no page as it is.
export function unpackPage(file) {
  if (file[0] === 0x8b) return file;
  const text = file.toString('latin1');
  const [, element] = text.match(/<script type="text\/plain" id="satchel-container">([^]*?)<\/script>/) ?? [];
  need(element !== undefined, 'not_a_container');
  const base64 = element.replace(/[\t\n\f\r ]/g, '');
  const bytes = from(base64, 'base64');
  need(bytes.toString('base64') === base64, 'not_a_container');
  return bytes;
}

// N-1 and N-2.
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|$)/i;
const REFUSED = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\\:*?"<>|]/u;
const isSafePart = (part) => part !== '' && Buffer.byteLength(part) <= 255 && !/[. ]$/.test(part) && !DEVICE.test(part);
export const isSafe = (name) => !REFUSED.test(name) && name.replace(/(?<=.)\/$/, '').split('/').every(isSafePart);
const each = (name, change) => Array.from(name, change).join('');
const folded = (name) => each(each(name.normalize('NFC'), (c) => c.toUpperCase()), (c) => c.toLowerCase()).normalize('NFC');
export const collide = (one, other) => folded(one) === folded(other);
