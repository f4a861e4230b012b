// Section 4: header and slots, the two places that can hold one, and the file key.

import { timingSafeEqual } from 'node:crypto';
import { X, ascii, attempt, concat, decrypt, hmac, i2be, isZero, need } from './bytes.mjs';
import { Cbor } from './cbor.mjs';
import { derive, stretch } from './link.mjs';
import { unwrapByIdentity } from './recipient.mjs';
import { combineFor } from './share.mjs';

// H-2 to H-5, P-1: [{ type, fields }] and, for known types, { wrapped } with { profile, salt } or { blob }.
const FIELDS = { 1: 3n, 2: 1n, 3: 2n, 4: 2n };
const BLOB_LEN = { 3: 1120, 4: 512 };
function parseHeader(bytes) {
  const cbor = new Cbor(bytes, 'malformed_header');
  const slots = cbor.array(() => {
    need(cbor.head(4) === 2n, 'malformed_header');
    const type = cbor.uint();
    need(type <= 65535n, 'malformed_header');
    return { type: Number(type), fields: cbor.blob() };
  }, 1n, 64n, 'bad_slot_count');
  cbor.end();
  slots.forEach(parseSlot);
  const ofType = (type) => slots.filter((slot) => slot.type === type);
  const profile = ofType(1)[0]?.profile;
  need(ofType(1).length <= 4 && ofType(4).length <= 4, 'bad_slot_mix');
  need(ofType(1).every((slot) => slot.profile === profile), 'bad_slot_mix');
  need([1, 2, 3].filter((type) => ofType(type).length).length <= 1, 'bad_slot_mix');
  need(Number.isInteger(Math.log2(ofType(3).length || 1)), 'bad_slot_mix');
  need(profile === undefined || (profile >= 1n && profile <= 3n), 'unknown_profile');
  return slots;
}

function parseSlot(slot) {
  need(slot.fields.length <= 2048, 'malformed_slot');
  if (!(slot.type in FIELDS)) return;
  const inner = new Cbor(slot.fields, 'malformed_slot');
  need(inner.head(4) === FIELDS[slot.type], 'malformed_slot');
  if (slot.type === 1) Object.assign(slot, { profile: inner.uint(), salt: inner.blob() });
  if (slot.type >= 3) slot.blob = inner.blob();
  slot.wrapped = inner.blob();
  inner.end();
  need(slot.wrapped.length === 48 && (slot.salt?.length ?? 16) === 16, 'malformed_slot');
  need(slot.blob?.length === BLOB_LEN[slot.type], 'malformed_slot');
  if (slot.type !== 4) return;
  for (let at = 16; at < 512; at += 16) {
    const [one, next] = [slot.blob.subarray(at - 16, at), slot.blob.subarray(at, at + 16)];
    need(Buffer.compare(one, next) < 0, 'malformed_slot');
  }
}

// Section 4.1: the file key. `key` is { link, passphrase? }, { passphrase }, { identities } or { shares }, of bytes.
function unwrap(slots, containerId, key, allowed) {
  const type = key.shares ? 4 : key.identities ? 3 : key.link ? 2 : 1;
  const fitting = slots.filter((slot) => slot.type === type);
  need(fitting.length > 0, 'no_matching_slot');
  need(type !== 1 || fitting[0].profile <= BigInt(allowed), 'excessive_work');
  if (type === 3) return unwrapByIdentity(fitting, containerId, key.identities);
  const place = concat([containerId, i2be(type, 2)]);
  const open = (secret, wrapped) => decrypt(X(secret, concat([ascii('slot'), place])), Buffer.alloc(12), wrapped, place);
  if (type === 4) {
    const { slot, secret } = combineFor(fitting, containerId, key.shares);
    return open(secret, slot.wrapped) ?? need(false, 'wrong_key');
  }
  const linkSecret = key.link && derive(key.link, key.passphrase).slotSecret;
  for (const { profile, salt, wrapped } of fitting) {
    const fileKey = open(linkSecret ?? stretch(key.passphrase, salt, profile), wrapped);
    if (fileKey) return fileKey;
  }
  return need(false, 'wrong_key');
}

// H-1, H-2: { slots, covered, mac } of a place that is not empty.
function parsePlace(place) {
  const headerLen = place.readUInt32BE(0);
  need(headerLen >= 1 && headerLen <= 131072 && headerLen <= place.length - 36, 'header_too_large');
  const end = 4 + headerLen;
  need(isZero(place.subarray(end + 32)), 'malformed_header');
  return { slots: parseHeader(place.subarray(4, end)), covered: place.subarray(0, end), mac: place.subarray(end, end + 32) };
}

// H-1, H-7: the headers to be tried, in order. `changing` is the state FF.
export function parsePlaces(changing, places) {
  const filled = places.filter((place) => !isZero(place));
  need(filled.length > 0, 'header_too_large');
  const read = filled.map((place) => attempt(() => parsePlace(place)));
  const headers = read.filter(({ got }) => got).map(({ got }) => got);
  if (headers.length === 0) throw read[0].verdict;
  need(changing || filled.length === 1, 'malformed_header');
  return headers;
}

// H-6, H-7: the file key. `prelude` is immutable || room; `needTag` is F-1.
export function unlock(headers, prelude, key, allowed, needTag) {
  let last;
  for (const { slots, covered, mac } of headers) {
    last = attempt(() => {
      const fileKey = unwrap(slots, prelude.subarray(9, 25), key, allowed);
      const right = hmac('sha256', X(fileKey, ascii('header mac')), prelude, covered);
      need(timingSafeEqual(mac, right), 'bad_header_mac');
      needTag(fileKey);
      return fileKey;
    });
    if (last.got) return last.got;
  }
  throw last.verdict;
}
