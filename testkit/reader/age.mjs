// Section 4.4 says that key pairs of age work here, and back: against the npm package age-encryption. Each check is [what, act].

import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { encodeRecipient, parseIdentity, parseRecipient, publicKey } from './recipient.mjs';

const equal = (got, expected) => {
  if (got !== expected) throw new Error(`${got} instead of ${expected}`);
};
const recipientOf = (identity) => encodeRecipient(publicKey(parseIdentity(identity)));

// `pairs` holds { identity, recipient } that are right.
export const ageChecks = (pairs) => [
  ['identity and recipient agree', async () => {
    const identity = await generateHybridIdentity();
    const recipient = await identityToRecipient(identity);
    equal(recipientOf(identity), recipient);
    equal(encodeRecipient(parseRecipient(recipient)), recipient);
  }],
  ['it encrypts to a recipient encoded here', async () => {
    const identity = await generateHybridIdentity();
    const [encrypter, decrypter] = [new Encrypter(), new Decrypter()];
    encrypter.addRecipient(recipientOf(identity));
    decrypter.addIdentity(identity);
    equal(await decrypter.decrypt(await encrypter.encrypt('read by age'), 'text'), 'read by age');
  }],
  [`it has the recipients of ${pairs.length} identities of vectors/`, async () => {
    if (pairs.length === 0) throw new Error('none is there');
    for (const { identity, recipient } of pairs) equal(await identityToRecipient(identity), recipient);
  }],
];
