// The container behind a link, claimed as docs/api.md says, to standard output: `node testkit/reader/get.mjs LINK [PASSPHRASE]`.

import { randomBytes } from 'node:crypto';
import { argv, stdout } from 'node:process';
import { from } from './bytes.mjs';
import { derive, normalise, parseLink } from './link.mjs';

const [, , text, words] = argv;
const url = new URL(text);
const { id, probeToken, claimToken } = derive(parseLink(url.hash.slice(1)), words && normalise(from(words)));
const [paste, probe, claim, lease] = [id, probeToken, claimToken, randomBytes(32)].map((bytes) => from(bytes).toString('base64url'));
const ask = async (path, token, headers) => {
  const answer = await fetch(new URL(`api/v1/pastes/${paste}/${path}`, url), { method: 'POST', headers: { Authorization: `Bearer ${token}`, ...headers } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return from(await answer.arrayBuffer());
};
const container = await ask('claim', claim, { 'Satchel-Probe': probe, 'Satchel-Lease': lease });
await ask('confirm', lease);
stdout.write(container);
