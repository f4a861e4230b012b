// Section 8.1: the owner's head of a document with several links, and the heads that are made from it.

import { createCipheriv } from 'node:crypto';
import { X, ascii, concat, hmac, i2be, isZero, need } from './bytes.mjs';
import { parsePlaces, unlock } from './header.mjs';
import { derive } from './link.mjs';
import { parsePrelude } from './reader.mjs';

// { prelude, fileKey }: what every head of the document has in common.
export function openHead(head, { ownerSecret }) {
  const { room, changing } = parsePrelude(head);
  need(head.length === 46 + 2 * room, 'truncated');
  need(!changing, 'malformed_header');
  const headers = parsePlaces(false, [head.subarray(46, 46 + room), head.subarray(46 + room)]);
  need(headers[0].slots.length === 1 && headers[0].slots[0].type === 2, 'no_matching_slot');
  const prelude = head.subarray(0, 45);
  const link = { linkSecret: ownerSecret, needsPassphrase: false };
  return { prelude, fileKey: unlock(headers, prelude, { link }, 3, () => {}) };
}

// L-4: the head of a further link.
export function headFor({ prelude, fileKey }, link, passphrase) {
  const place = concat([prelude.subarray(9, 25), i2be(2, 2)]);
  const key = X(derive(link, passphrase).slotSecret, concat([ascii('slot'), place]));
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12)).setAAD(place);
  const wrapped = concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
  // [ [2, h'[ wrapped ]'] ] in CBOR
  const header = concat([Buffer.from('818202583381' + '5830', 'hex'), wrapped]);
  const covered = concat([i2be(header.length, 4), header]);
  const filled = concat([covered, hmac('sha256', X(fileKey, ascii('header mac')), prelude, covered)]);
  need(filled.length === prelude.readUInt32BE(41), 'header_too_large');
  const head = concat([prelude, Buffer.from([0]), filled, Buffer.alloc(filled.length)]);
  need(isZero(head.subarray(46 + filled.length)), 'malformed_header');
  return head;
}
