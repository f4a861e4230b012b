// Section 8: links and receipts; section 4.2: passphrases.

import { argon2id } from '@noble/hashes/argon2.js';
import { X, ascii, checksumFits, concat, decode, decrypt, from, hmac, isZero, need, sha256 } from './bytes.mjs';

const MEMORY_KIB = { 1: 65536, 2: 262144, 3: 1048576 };
export const stretch = (passphrase, salt, profile) =>
  from(argon2id(passphrase, salt, { m: MEMORY_KIB[profile], t: 3, p: 1, version: 0x13, dkLen: 32 }));

// P-3: what Argon2id is given of a passphrase that was typed, or read from a file.
export function normalise(read, fromFile) {
  const text = decode(read, 'malformed_passphrase');
  const passphrase = from((fromFile ? text.replace(/\r?\n$/, '') : text).normalize('NFC'));
  need(passphrase.length > 0, 'empty_passphrase');
  need(passphrase.length <= 1024, 'passphrase_too_long');
  return passphrase;
}

// L-1, L-2: { kind: 'link', needsPassphrase, linkSecret }, { kind: 'receipt', id, receiptToken }, { kind: 'owner', id, ownerSecret, ownerToken } or
// { kind: 'panic', panicSecret }
export function parseLink(text) {
  const bytes = from(text, 'base64url');
  need([47, 68].includes(text.length) && bytes.toString('base64url') === text, 'malformed_link');
  need(checksumFits(bytes, 2), 'malformed_link');
  const checked = bytes.subarray(0, -2);
  const [version, flags] = [checked[0] >> 4, checked[0] & 15];
  need(version === 1, 'unsupported_link_version');
  need(text.length === 47 ? flags <= 1 || flags === 10 : flags === 8 || flags === 9, 'unsupported_link_flags');
  if (flags === 8) return { kind: 'receipt', id: checked.subarray(1, 17), receiptToken: checked.subarray(17) };
  if (flags === 9) {
    const [id, ownerSecret] = [checked.subarray(1, 17), checked.subarray(17)];
    return { kind: 'owner', id, ownerSecret, ownerToken: X(ownerSecret, ascii('owner')) };
  }
  if (flags === 10) return { kind: 'panic', panicSecret: checked.subarray(1) };
  return { kind: 'link', needsPassphrase: flags === 1, linkSecret: checked.subarray(1) };
}

export function derive({ linkSecret, needsPassphrase }, passphrase) {
  const salt = X(linkSecret, ascii('salt'), 16);
  const slotSecret = concat([linkSecret, needsPassphrase ? stretch(passphrase, salt, 1) : Buffer.alloc(32)]);
  const [id, probeToken] = [X(linkSecret, ascii('id'), 16), X(linkSecret, ascii('probe'))];
  return { id, salt, probeToken, slotSecret, claimToken: X(slotSecret, ascii('claim')) };
}

// Section 8.3.
export const mark = (panicSecret, ...hashed) => hmac('sha256', panicSecret, sha256(...hashed));
export function wordBits(panicSecret) {
  const sum = sha256(ascii('satchel/v1/checksum'), from([0x1a]), panicSecret).subarray(0, 3);
  return concat([panicSecret, sum.subarray(0, 2), from([sum[2] & 0xe0])]);
}

// L-7, L-8: the name in a label.
export function openLabel(label, { id, ownerSecret }) {
  need(label.length === 156, 'wrong_key');
  const plain = decrypt(X(ownerSecret, ascii('label')), label.subarray(0, 12), label.subarray(12), id);
  need(plain && plain[0] <= 127 && isZero(plain.subarray(1 + plain[0])), 'wrong_key');
  return decode(plain.subarray(1, 1 + plain[0]), 'wrong_key');
}
