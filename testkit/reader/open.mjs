// What is in a container, a set, a letter or a sealed key, opened by the reader: a list of { name, media_type, size, sha256 }.
// `node testkit/reader/open.mjs FILE [passphrase|link|identity|share TEXT]...`, one JSON line for each entry; 1 and the verdict where it does not open.

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { Rejected, from, sha256 } from './bytes.mjs';
import { normalise, parseLink } from './link.mjs';
import { open, openSet, unpackPage } from './reader.mjs';
import { parseIdentity } from './recipient.mjs';
import { parseText } from './share.mjs';

// A file of keys, age's notation: one a line, comments and empty lines between.
export const identitiesOf = (text) => text.split('\n').filter((line) => line.startsWith('AGE-SECRET-KEY-')).map(parseIdentity);

const KEY = {
  passphrase: (key, text) => Object.assign(key, { passphrase: normalise(from(text)) }),
  link: (key, text) => Object.assign(key, { link: parseLink(text.split('#').at(-1)) }),
  identity: (key, text) => (key.identities ??= []).push(...identitiesOf(text)),
  share: (key, text) => (key.shares ??= []).push(parseText(text)),
};

// `pairs` are [kind, text]. The entries of every member that opens, one list each; a container is its only member.
export function opened(file, pairs, allowed = 3) {
  const key = {};
  for (const [kind, text] of pairs) KEY[kind](key, text);
  const bytes = unpackPage(file);
  const members = bytes.toString('latin1', 0, 8) === '\x8bSATCSET' ? openSet(bytes, key, allowed) : [open(bytes, key, allowed)];
  return members.map(({ entries }) => entries);
}

export const described = ({ name, mediaType, content }) => ({
  name: name ?? null,
  media_type: mediaType,
  size: content.length,
  sha256: sha256(content).toString('hex'),
});

function main([path, ...rest]) {
  const pairs = rest.flatMap((kind, index) => (index % 2 === 0 ? [[kind, rest[index + 1]]] : []));
  if (path === undefined || pairs.some(([kind, text]) => !(kind in KEY) || text === undefined)) {
    console.error('usage: open.mjs FILE [passphrase|link|identity|share TEXT]...');
    return 2;
  }
  try {
    for (const entry of opened(readFileSync(path), pairs).flat()) console.log(JSON.stringify(described(entry)));
    return 0;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) process.exitCode = main(argv.slice(2));
