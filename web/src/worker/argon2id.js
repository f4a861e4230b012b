/**
 * Argon2id where client-wasm was translated to JavaScript (web/translate.mjs): a library's, which was written for it and takes a third of the time that
 * the translation takes. Plain JavaScript, because client-wasm/tests runs it in Node as it is.
 */
import { argon2id } from '@noble/hashes/argon2.js';

const KEY_LEN = 32;

/** Lends it under the name that client-wasm/src/argon2id.rs calls. `tell` hears of each hundredth. */
export function lendArgon2id(tell = () => {}) {
  globalThis.satchelArgon2id = (passphrase, salt, memoryKib, passes) => {
    let told = 0;
    const onProgress = (part) => {
      const percent = Math.floor(part * 100);
      if (percent === told) return;
      told = percent;
      tell(percent);
    };
    return argon2id(passphrase, salt, { m: memoryKib, t: passes, p: 1, dkLen: KEY_LEN, onProgress });
  };
}
