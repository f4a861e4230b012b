/**
 * Leases that this tab has claimed and not confirmed, in sessionStorage: id, probe token and lease token, never the link secret.
 * They let a reload go on with the same read. Where storage is refused, nothing is kept and a reload loses its read.
 */
import type { KeptLease } from './protocol';

const PREFIX = 'satchel-lease-';

function storage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

export function saveLease({ id, probe, lease }: KeptLease): undefined {
  try {
    storage()?.setItem(PREFIX + id, `${probe}.${lease}`);
  } catch {
    // Full or forbidden: the read goes on, only a reload would not.
  }
}

export function loadLease(id: string): KeptLease | undefined {
  const [probe, lease] = storage()?.getItem(PREFIX + id)?.split('.') ?? [];
  return probe === undefined || lease === undefined ? undefined : { id, probe, lease };
}

export function forgetLease(id: string): undefined {
  storage()?.removeItem(PREFIX + id);
}

/** All that are kept. */
export function keptLeases(): KeptLease[] {
  const store = storage();
  const keys = store === undefined ? [] : Object.keys(store).filter((key) => key.startsWith(PREFIX));
  return keys.flatMap((key) => loadLease(key.slice(PREFIX.length)) ?? []);
}
