// What every part of the reader takes: bytes, hashes, and AES-256-GCM. A rejection is thrown as a Rejected whose message is the verdict.

import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Rejected extends Error {}
export const need = (condition, verdict) => {
  if (!condition) throw new Rejected(verdict);
};
// { got } or { verdict }: the Rejected.
export const attempt = (act) => {
  try {
    return { got: act() };
  } catch (verdict) {
    if (!(verdict instanceof Rejected)) throw verdict;
    return { verdict };
  }
};
export const decode = (bytes, verdict) => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Rejected(verdict);
  }
};

export const { concat, from } = Buffer;
export const ascii = (text) => from(text, 'latin1');
export const i2be = (value, len) => from(BigInt(value).toString(16).padStart(2 * len, '0'), 'hex');
export const be2i = (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`);
export const isZero = (bytes) => bytes.every((byte) => byte === 0);

// Section 3.
export const X = (ikm, info, len = 32) => from(hkdfSync('sha256', ikm, '', concat([ascii('satchel/v1/'), info]), len));
export const hmac = (hash, key, ...parts) => createHmac(hash, key).update(concat(parts)).digest();
export const sha256 = (...parts) => createHash('sha256').update(concat(parts)).digest();

export const decrypt = (key, nonce, sealed, associatedData) => {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(associatedData).setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return concat([cipher.update(sealed.subarray(0, sealed.length - 16)), cipher.final()]);
  } catch {
    return null;
  }
};

// The first `len` bytes of SHA-256("satchel/v1/checksum" || bytes), at their end.
export const checksumFits = (bytes, len) => {
  const [checked, sum] = [bytes.subarray(0, -len), bytes.subarray(-len)];
  return sha256(ascii('satchel/v1/checksum'), checked).subarray(0, len).equals(sum);
};
