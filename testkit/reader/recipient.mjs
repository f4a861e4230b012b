// Section 4.4: recipients and identities as age writes them, and HPKE in base mode over MLKEM768-X25519.

import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { bech32 } from '@scure/base';
import { Rejected, ascii, concat, decrypt, from, hmac, i2be, need } from './bytes.mjs';

// Bech32 of a length that is not limited, in lower case: the bytes, or null. What is left over of the last group of 5 bits is zero.
function decode(text, prefix, len) {
  try {
    const { prefix: found, words } = bech32.decode(text, false);
    const bytes = from(bech32.fromWords(words));
    return text === text.toLowerCase() && found === prefix && bytes.length === len ? bytes : null;
  } catch {
    return null;
  }
}

// the public key. ML-KEM's part is 768 numbers of 12 bits, the lowest first, below 3329; then 32 bytes.
export function parseRecipient(text) {
  const key = decode(text, 'age1pq', 1216);
  need(key, 'malformed_recipient');
  for (let at = 0; at < 1152; at += 3) {
    const word = key.readUIntLE(at, 3);
    need((word & 0xfff) < 3329 && word >> 12 < 3329, 'malformed_recipient');
  }
  need(!isLowOrder(key.subarray(1184)), 'malformed_recipient');
  return key;
}

// Where X25519 comes to zeros, which node refuses; with any scalar, so with this one.
const scalar = generateKeyPairSync('x25519').privateKey;
function isLowOrder(point) {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: point.toString('base64url') }, format: 'jwk' });
  try {
    return !diffieHellman({ privateKey: scalar, publicKey });
  } catch {
    return true;
  }
}

export function parseIdentity(text) {
  const lower = text.toLowerCase();
  const seed = lower.toUpperCase() === text ? decode(lower, 'age-secret-key-pq-', 32) : null;
  need(seed, 'malformed_identity');
  return seed;
}

export const encodeRecipient = (key) => bech32.encode('age1pq', bech32.toWords(key), false);
export const publicKey = (seed) => from(xwing.keygen(seed).publicKey);
export const encapsulate = (key, randomness) => xwing.encapsulate(key, randomness);
// null.
export const decapsulate = (seed, encapsulated) =>
  isLowOrder(encapsulated.subarray(1088)) ? null : from(xwing.decapsulate(encapsulated, seed));

// RFC 9180 sections 4 and 5.1.
const suite = concat([ascii('HPKE'), i2be(0x647a, 2), i2be(1, 2), i2be(2, 2)]);
const extract = (salt, label, ikm) => hmac('sha256', salt, ascii('HPKE-v1'), suite, ascii(label), ikm);
const expand = (prk, label, info, len) =>
  hmac('sha256', prk, i2be(len, 2), ascii('HPKE-v1'), suite, ascii(label), info, from([1])).subarray(0, len);

export function openBase(seed, encapsulated, info, aad, sealed) {
  const none = Buffer.alloc(0);
  const context = concat([from([0]), extract(none, 'psk_id_hash', none), extract(none, 'info_hash', info)]);
  const shared = decapsulate(seed, encapsulated);
  if (!shared) return null;
  const secret = extract(shared, 'secret', none);
  return decrypt(expand(secret, 'key', context, 32), expand(secret, 'base_nonce', context, 12), sealed, aad);
}

//
export function unwrapByIdentity(slots, containerId, seeds) {
  const place = concat([containerId, i2be(3, 2)]);
  const info = concat([ascii('satchel/v1/slot'), place]);
  for (const { blob, wrapped } of slots) {
    for (const seed of seeds) {
      const fileKey = openBase(seed, blob, info, place, wrapped);
      if (fileKey) return fileKey;
    }
  }
  throw new Rejected('wrong_key');
}
