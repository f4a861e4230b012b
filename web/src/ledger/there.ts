/** Whether this browser has a ledger: all that is known of it without its passphrase. */

export const KEY = 'satchel-ledger';

export function isKept(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}
