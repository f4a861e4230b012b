/** The address bar: what stands in it is read once and taken out at once, so that it is not seen, shared or bookmarked. */

/** `#`, and what mail filters make of it. */
const FRAGMENT_MARKS = /#|%23|%2523/i;

/** The whole address where it carries a fragment (or a mangled one), else null. Leaves the page's own address behind. */
export function takeFromAddressBar(): string | null {
  const address = location.href;
  if (!FRAGMENT_MARKS.test(address)) return null;
  history.replaceState(null, '', new URL('.', address.replace(/(#|%23|%2523).*$/is, '')));
  return /(#|%23|%2523)./is.test(address) ? address : null;
}

/** Whether what opens it came as a part of the path, which is sent: the server has it, and whoever may read along. */
export function isExposed(address: string): boolean {
  return /^[^#]*(%23|%2523)/i.test(address);
}

/** Whether everything on the way here was protected, or stayed on this machine. */
export function cameSafely(): boolean {
  return globalThis.isSecureContext || location.hostname.endsWith('.onion');
}
