/** Links that were just made to a document: in this page's memory, by its receipt, for as long as it is open. They are kept nowhere else. */
import type { NumberedLink } from '../vault';

/** What was made with one press. */
export interface Fresh {
  readonly links: readonly NumberedLink[];
  readonly passphrase: string | null;
}

const known = new Map<string, readonly Fresh[]>();
const uncopied = new Set<Fresh>();

const keyOf = (receipt: string): string => receipt.slice(receipt.indexOf('#') + 1);

export function freshOf(receipt: string): readonly Fresh[] {
  return known.get(keyOf(receipt)) ?? [];
}

/** The newest first. */
export function addFresh(receipt: string, fresh: Fresh): void {
  known.set(keyOf(receipt), [fresh, ...freshOf(receipt)]);
  uncopied.add(fresh);
  window.addEventListener('beforeunload', warn);
}

/** All of them were copied. */
export function tookFresh(fresh: Fresh): void {
  uncopied.delete(fresh);
}

/** Whatever view is shown. */
function warn(event: BeforeUnloadEvent): void {
  if (uncopied.size > 0) event.preventDefault();
}
