// Section 4.5: shares as they are written, and what they come to.

import { wordlist } from '@scure/bip39/wordlists/english.js';
import { Rejected, X, ascii, checksumFits, concat, from, need } from './bytes.mjs';

// S-2: { containerId, number, threshold, value }
function parseBytes(bytes) {
  need(bytes.length === 55 && bytes[0] === 0x19 && checksumFits(bytes, 4), 'malformed_share');
  const [number, threshold] = [bytes[17], bytes[18]];
  need(number >= 1 && number <= 32 && threshold >= 2 && threshold <= 32, 'malformed_share');
  return { containerId: bytes.subarray(1, 17), number, threshold, value: bytes.subarray(19, 51), bytes };
}

export function parseCode(text) {
  const bytes = from(text, 'base64url');
  need(bytes.toString('base64url') === text, 'malformed_share');
  return parseBytes(bytes);
}

// Anything but letters stands between the words, and may stand before and after them.
export function parseWords(text) {
  const found = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const numbers = found.map((word) => wordlist.indexOf(word));
  need(numbers.length === 40 && !numbers.includes(-1), 'malformed_share');
  const bits = numbers.map((number) => number.toString(2).padStart(11, '0')).join('');
  return parseBytes(from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2))));
}

// The first word of a text that is a code.
export function parseText(text) {
  for (const word of text.split(/\s+/u)) {
    try {
      return parseCode(word);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
    }
  }
  throw new Rejected('malformed_share');
}

export const code = ({ bytes }) => bytes.toString('base64url');
export const words = ({ bytes }) => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{11}/g).map((group) => wordlist[parseInt(group, 2)]).join(' ');
};

// GF(2^8) by logarithms to the base 3.
const [POWER, LOG] = [[], []];
for (let [exponent, power] = [0, 1]; exponent < 255; exponent++) {
  POWER[exponent] = power;
  LOG[power] = exponent;
  const double = (power << 1) ^ (power & 0x80 ? 0x11b : 0);
  power ^= double;
}
const times = (a, b) => (a && b ? POWER[(LOG[a] + LOG[b]) % 255] : 0);
const over = (a, b) => (a ? POWER[(LOG[a] + 255 - LOG[b]) % 255] : 0);

function combine(shares) {
  const secret = Buffer.alloc(32);
  for (const { number, value } of shares) {
    const others = shares.filter((other) => other.number !== number);
    const weight = others.reduce((product, other) => times(product, over(other.number, other.number ^ number)), 1);
    value.forEach((byte, at) => (secret[at] ^= times(byte, weight)));
  }
  return secret;
}

// S-3: the slot, and its secret.
export function combineFor(slots, containerId, shares) {
  const used = new Map();
  let first;
  for (const share of shares) {
    const { number, threshold, value } = share;
    need(share.containerId.equals(containerId), 'share_of_another_container');
    const commitment = X(value, concat([ascii('share'), containerId, from([number, threshold])]), 16);
    const commits = ({ blob }) => Array.from({ length: 32 }, (_, i) => blob.subarray(16 * i, 16 * i + 16)).some((one) => one.equals(commitment));
    const slot = slots.find(commits);
    need(slot, 'wrong_share');
    first ??= { slot, threshold };
    need(slot === first.slot && threshold === first.threshold, 'mixed_shares');
    if (!used.has(number)) used.set(number, share);
  }
  need(used.size >= first.threshold, 'too_few_shares');
  return { slot: first.slot, secret: combine([...used.values()].slice(0, first.threshold)) };
}
