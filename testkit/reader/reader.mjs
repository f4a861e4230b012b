// Opens containers and links of version 1. Written from docs/format.md alone: it is the proof that the page is enough.
// A rejection is thrown as a Rejected whose message is the verdict. Whole files in memory; not meant for use.

import { createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { argon2id } from '@noble/hashes/argon2.js';

export class Rejected extends Error {}
const need = (condition, verdict) => {
  if (!condition) throw new Rejected(verdict);
};

const { concat, from } = Buffer;
const ascii = (text) => from(text, 'latin1');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const i2be = (value, len) => from(BigInt(value).toString(16).padStart(2 * len, '0'), 'hex');
const be2i = (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`);
const decode = (bytes, verdict) => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Rejected(verdict);
  }
};

// Section 3. HKDF-Expand-SHA-384 of FLOE never gives more than one block, so it is one HMAC.
const X = (ikm, info, len = 32) => from(hkdfSync('sha256', ikm, '', concat([ascii('satchel/v1/'), info]), len));
const hmac = (hash, key, ...parts) => createHmac(hash, key).update(concat(parts)).digest();
const expand = (key, info, len) => hmac('sha384', key, info, from([1])).subarray(0, len);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

const decrypt = (key, nonce, sealed, associatedData) => {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(associatedData).setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return concat([cipher.update(sealed.subarray(0, sealed.length - 16)), cipher.final()]);
  } catch {
    return null;
  }
};

const MEMORY_KIB = { 1: 65536, 2: 262144, 3: 1048576 };
const stretch = (passphrase, salt, profile) =>
  from(argon2id(passphrase, salt, { m: MEMORY_KIB[profile], t: 3, p: 1, version: 0x13, dkLen: 32 }));

// Deterministic CBOR: what is not in its shortest form is `verdict`. Numbers are BigInt.
class Cbor {
  constructor(bytes, verdict) {
    Object.assign(this, { bytes, verdict, at: 0 });
  }
  take(len) {
    need(len <= this.bytes.length - this.at, this.verdict);
    return this.bytes.subarray(this.at, (this.at += Number(len)));
  }
  head(major) {
    const first = this.take(1)[0];
    const additional = first & 31;
    need(first >> 5 === major && additional <= 27, this.verdict);
    if (additional < 24) return BigInt(additional);
    const width = 1 << (additional - 24);
    const value = be2i(this.take(width));
    need(value >= (width === 1 ? 24n : 1n << BigInt(4 * width)), this.verdict);
    return value;
  }
  uint = () => this.head(0);
  blob = () => this.take(this.head(2));
  text = () => decode(this.take(this.head(3)), this.verdict);
  array = (read, least = 0n, most = 2n ** 64n, verdict = this.verdict) => {
    const count = this.head(4);
    need(count >= least && count <= most, verdict);
    return Array.from({ length: Math.min(Number(count), this.bytes.length + 1) }, () => read());
  };
  // `readers` holds [key, read] in ascending order; missing keys are undefined.
  map(...readers) {
    const fields = {};
    let [left, last] = [this.head(5), -1n];
    for (; left > 0n; left--) {
      const key = this.uint();
      const reader = readers.find(([known]) => known === key);
      need(reader && key > last, this.verdict);
      fields[(last = key)] = reader[1]();
    }
    return fields;
  }
  nullable = (read) => (this.bytes[this.at] === 0xf6 ? (this.take(1), null) : read());
  end = () => need(this.at === this.bytes.length, this.verdict);
}

// Section 4: [{ type, fields }] and, for known types, { wrapped, profile, salt }.
function parseHeader(bytes) {
  const cbor = new Cbor(bytes, 'malformed_header');
  const slots = cbor.array(() => {
    need(cbor.head(4) === 2n, 'malformed_header');
    const type = cbor.uint();
    need(type <= 65535n, 'malformed_header');
    return { type: Number(type), fields: cbor.blob() };
  }, 1n, 64n, 'bad_slot_count');
  cbor.end();
  for (const slot of slots) {
    need(slot.fields.length <= 2048, 'malformed_slot');
    if (slot.type !== 1 && slot.type !== 2) continue;
    const inner = new Cbor(slot.fields, 'malformed_slot');
    need(inner.head(4) === (slot.type === 1 ? 3n : 1n), 'malformed_slot');
    if (slot.type === 1) Object.assign(slot, { profile: inner.uint(), salt: inner.blob() });
    slot.wrapped = inner.blob();
    inner.end();
    need(slot.wrapped.length === 48 && (slot.salt?.length ?? 16) === 16, 'malformed_slot');
  }
  const ofPassphrase = slots.filter(({ type }) => type === 1);
  const profile = ofPassphrase[0]?.profile;
  need(ofPassphrase.length <= 4 && ofPassphrase.every((slot) => slot.profile === profile), 'bad_slot_mix');
  need(!profile || !slots.some(({ type }) => type === 2), 'bad_slot_mix');
  need(profile === undefined || (profile >= 1n && profile <= 3n), 'unknown_profile');
  return slots;
}

// Section 4.1: the file key. `key` is { link, passphrase? } or { passphrase }, of bytes.
function unwrap(slots, containerId, key, allowed) {
  const type = key.link ? 2 : 1;
  const fitting = slots.filter((slot) => slot.type === type);
  need(fitting.length > 0, 'no_matching_slot');
  need(type === 2 || fitting[0].profile <= BigInt(allowed), 'excessive_work');
  const linkSecret = key.link && derive(key.link, key.passphrase).slotSecret;
  const place = concat([containerId, i2be(type, 2)]);
  for (const { profile, salt, wrapped } of fitting) {
    const secret = linkSecret ?? stretch(key.passphrase, salt, profile);
    const fileKey = decrypt(X(secret, concat([ascii('slot'), place])), Buffer.alloc(12), wrapped, place);
    if (fileKey) return fileKey;
  }
  throw new Rejected('wrong_key');
}

// Section 5: the padded archive.
const [SEGMENT, ROOM] = [262144, 262112];
function openPayload(payload, key, associatedData) {
  const [parameters, iv, tag] = [payload.subarray(0, 10), payload.subarray(10, 42), payload.subarray(42, 74)];
  need(parameters.toString('hex') === '00000004000000000020', 'bad_payload_header');
  const floe = (prk, purpose, len) => expand(prk, concat([parameters, iv, purpose, associatedData]), len);
  need(timingSafeEqual(floe(key, ascii('HEADER_TAG:'), 32), tag), 'bad_payload_header');
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
  need(padded.subarray(archiveLen, -8).every((byte) => byte === 0), 'bad_padding');
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
  const { 0: fields, 1: asked = {} } = cbor.map([0n, readEntries], [1n, () => cbor.map([0n, uint], [1n, uint])]);
  cbor.end();
  need(fields && (asked[0] ?? 0n) <= 1000n, verdict);
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
  return { reads: asked[0], expiresIn: asked[1], entries };
}

export function open(container, key, allowed = 3) {
  const magic = container.toString('latin1', 0, 8);
  need(magic !== '\x8bSATCSET', 'set_not_supported');
  need(magic === '\x8bSATCHEL', 'not_a_container');
  need(container.length > 8, 'truncated');
  need(container[8] === 1, 'unsupported_version');
  need(container.length >= 41, 'truncated');
  const [immutable, containerId] = [container.subarray(0, 41), container.subarray(9, 25)];
  need(immutable.subarray(25).every((byte) => byte === 0), 'member_of_a_set');
  need(container.length >= 45, 'truncated');
  const headerEnd = 45 + container.readUInt32BE(41);
  need(headerEnd > 45 && headerEnd <= 45 + 131072, 'header_too_large');
  const payload = container.subarray(headerEnd + 32);
  const padded = payload.length - 74 - 32 * Math.ceil((payload.length - 74) / SEGMENT);
  need(padded >= 4096 && padded <= 2 ** 50 && padme(padded) === padded, 'truncated');

  const slots = parseHeader(container.subarray(45, headerEnd));
  const fileKey = unwrap(slots, containerId, key, allowed);
  const mac = hmac('sha256', X(fileKey, ascii('header mac')), container.subarray(0, headerEnd));
  need(timingSafeEqual(mac, container.subarray(headerEnd, headerEnd + 32)), 'bad_header_mac');
  return unpack(unpad(openPayload(payload, X(fileKey, ascii('payload')), immutable)));
}

// Section 8: { kind: 'link', needsPassphrase, linkSecret } or { kind: 'receipt', id, receiptToken }
export function parseLink(text) {
  const bytes = from(text, 'base64url');
  need([47, 68].includes(text.length) && bytes.toString('base64url') === text, 'malformed_link');
  const [checked, checksum] = [bytes.subarray(0, -2), bytes.subarray(-2)];
  need(sha256(concat([ascii('satchel/v1/checksum'), checked])).subarray(0, 2).equals(checksum), 'malformed_link');
  const [version, flags] = [checked[0] >> 4, checked[0] & 15];
  need(version === 1, 'unsupported_link_version');
  need(text.length === 47 ? flags <= 1 : flags === 8, 'unsupported_link_flags');
  if (flags === 8) return { kind: 'receipt', id: checked.subarray(1, 17), receiptToken: checked.subarray(17) };
  return { kind: 'link', needsPassphrase: flags === 1, linkSecret: checked.subarray(1) };
}

export function derive({ linkSecret, needsPassphrase }, passphrase) {
  const salt = X(linkSecret, ascii('salt'), 16);
  const slotSecret = concat([linkSecret, needsPassphrase ? stretch(passphrase, salt, 1) : Buffer.alloc(32)]);
  const [id, probeToken] = [X(linkSecret, ascii('id'), 16), X(linkSecret, ascii('probe'))];
  return { id, salt, probeToken, slotSecret, claimToken: X(slotSecret, ascii('claim')) };
}

// P-3: what Argon2id is given of a passphrase that was typed, or read from a file.
export function normalise(read, fromFile) {
  const text = decode(read, 'malformed_passphrase');
  const passphrase = from((fromFile ? text.replace(/\r?\n$/, '') : text).normalize('NFC'));
  need(passphrase.length > 0, 'empty_passphrase');
  need(passphrase.length <= 1024, 'passphrase_too_long');
  return passphrase;
}

// N-1 and N-2.
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;
const REFUSED = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\\:*?"<>|]/u;
export const isSafe = (name) =>
  !REFUSED.test(name) &&
  name.replace(/(?<=.)\/$/s, '').split('/').every((part) =>
    part !== '' && Buffer.byteLength(part) <= 255 && !/[. ]$/.test(part) && !DEVICE.test(part.split('.')[0]));
export const collide = (one, other) => one.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase();
