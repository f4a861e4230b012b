/** The invite to this server. It is in this browser's storage only where a person asked for that. */
const KEY = 'satchel-invite';

/** Storage may be switched off: then nothing is kept. */
export function keptInvite(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export function keepInvite(invite: string): void {
  try {
    if (invite === '') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, invite);
  } catch {
    // As above.
  }
}
