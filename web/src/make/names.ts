/** What a person calls the links that they made: in this page's memory, for as long as it is open. */

const known = new Map<string, readonly string[]>();

/** By what follows the `#` of the receipt: it is the same in every spelling of the address. */
const keyOf = (receipt: string): string => receipt.slice(receipt.indexOf('#') + 1);

export function rememberNames(receipt: string, names: readonly string[]): void {
  if (names.length > 0) known.set(keyOf(receipt), names);
}

/** In the order of the links; fewer than there are links, or none. */
export function namesOf(receipt: string): readonly string[] {
  return known.get(keyOf(receipt)) ?? [];
}
