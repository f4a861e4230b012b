/**
 * Whether this browser runs WebAssembly. It may have none (iOS in Lockdown Mode, Firefox where it is switched off), or have it and refuse every module
 * (an extension can see to that, as NoScript in Tor Browser may): the smallest one there is tells.
 */
const NOTHING = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function tried(): boolean {
  try {
    return new WebAssembly.Module(NOTHING) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

export const runsWebAssembly = tried();
