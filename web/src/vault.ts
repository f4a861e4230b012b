/**
 * The vault: everything the page can do with documents, links and receipts, as typed promises.
 *
 * Nothing here decides anything. Each operation starts a Web Worker that runs the Rust client (client-wasm), and ends it, so
 * that keys and plaintext leave memory with it. What a person holds (texts, links, receipts, passphrases) goes in and
 * comes out as strings; no key ever does.
 *
 * Every promise rejects with a {@link VaultError} and nothing else. What goes in and comes out is said in vault/, by who has it.
 */
import { VaultError } from './failure';
import type { Burned, Failure, LocalCode, ServerCode, Verdict } from './failure';
import { piece } from './later';
import type { Document, Engine, GeneratedPassphrase, Policy, ServerConfig, Understood, Watch } from './vault/document';
import type { DocumentState, NumberedLink, PanicMade, PolicyChange, ReceiptState, Shared, SharedSeveral, Sharing } from './vault/made';
import type { Inspected, LinkState, Opened, Unfinished } from './vault/read';
import { forgetKept, shareDocument, stateOfKept } from './worker/flows';
import { runOnce } from './worker/conversation';

export { VaultError };
export type { Burned, Failure, LocalCode, ServerCode, Verdict };
export type * from './vault/document';
export type * from './vault/made';
export type * from './vault/read';

const opening = piece('opening', () => import('./worker/opening'));

/* ---------------------------------------------------------------- without a document */

/** Which engine will run; known at once. */
export function engine(): Engine {
  return globalThis.isSecureContext && typeof globalThis.crypto?.subtle === 'object' ? 'webcrypto' : 'wasm';
}

/** `GET /api/v1/config`. */
export function serverConfig(signal?: AbortSignal): Promise<ServerConfig> {
  return runOnce('serverConfig', {}, { signal });
}

/** Makes a passphrase. */
export function generatePassphrase(): Promise<GeneratedPassphrase> {
  return runOnce('generatePassphrase', {}, {});
}

/**
 * Tells links, receipts, words of a panic link and nonsense apart: forgives what mail programs do to links (`%23`, line breaks, `<...>`, a full stop behind it). `text` may
 * be a whole link, or a fragment alone (with or without `#`). Asks no server anything.
 */
export function understand(text: string): Promise<Understood> {
  return runOnce('understand', { text }, {});
}

/* ---------------------------------------------------------------- sharing */

/**
 * Seals `document` and uploads it, in pieces; breaks are retried with the bytes sealed before. With a passphrase, the link alone opens nothing.
 *
 * Rejects among others with: `too_large` (with `limit`), `policy_not_allowed` (with `field`, `limit`), `storage_full`, `rate_limited` (with
 * `retryAfter`), `invite_required`, `invite_refused`, `unusable_document`, `unreadable_file`, `network`, `aborted`.
 */
export function share(
  document: Document,
  policy: Policy,
  options: Sharing = {},
): Promise<Shared> {
  const { passphrase, invite, panic: under, ...watch } = options;
  return shareDocument({ document, policy, passphrase, invite, panic: under }, watch);
}

/** The most links that this page makes at a time. */
export const LINKS_MAX = 100;

/** As {@link share}: one upload, and `links` links to it, each with the reads of `policy` for itself. */
export function shareSeveral(
  document: Document,
  policy: Policy,
  links: number,
  options: Sharing = {},
): Promise<SharedSeveral> {
  const { passphrase, invite, panic: under, ...watch } = options;
  return shareDocument({ document, policy, links, passphrase, invite, panic: under }, watch);
}

/**
 * Makes `count` more links to a document that is there already. Rejects among others with `burned`, `policy_not_allowed`, `invite_required`,
 * `rate_limited`.
 */
export function addLinks(
  receipt: string,
  policy: Policy,
  count: number,
  options: Watch & { readonly passphrase?: string | undefined; readonly invite?: string | undefined } = {},
): Promise<NumberedLink[]> {
  const { passphrase, invite, ...watch } = options;
  return runOnce('addLinks', { receipt, policy, count, passphrase, invite }, watch);
}

/** Asks what became of a paste. Rejects with `not_found` when even the tombstone is gone. */
export function receiptStatus(receipt: string, signal?: AbortSignal): Promise<ReceiptState> {
  return runOnce('receiptStatus', { receipt }, { signal });
}

/** Asks what became of a document and of each link to it. Rejects with `not_found` when even the tombstone is gone. */
export function documentStatus(receipt: string, signal?: AbortSignal): Promise<DocumentState> {
  return runOnce('documentStatus', { receipt }, { signal });
}

/**
 * Destroys the paste for good, at once, running downloads included; a document with several links with all of them, or the one link of `number`.
 * Burning what is burned succeeds.
 */
export function burn(receipt: string, number?: number, signal?: AbortSignal): Promise<void> {
  return runOnce('burn', { receipt, number }, { signal });
}

/**
 * Burns everything on this server that was made under a panic link, and tells how many things that were: a document with several links is one. 0: nothing is
 * left. Repeating is fine. Rejects with `rate_limited`, `unavailable`, `network` and others; some of it may have burned then.
 */
export function panic(link: string, onProgress?: Watch['onProgress']): Promise<number> {
  return runOnce('panic', { panic: link }, { onProgress });
}

/** Makes one. Asks no server anything. */
export async function makePanic(): Promise<PanicMade> {
  const { link, words } = await runOnce<{ readonly link: string; readonly words: string }>('makePanic', {}, {});
  return { link, words: words.split(' ') };
}

/** Changes how a paste ends, or the one link of `number`. Rejects among others with `policy_not_allowed`, `burned`. */
export function changePolicy(receipt: string, change: PolicyChange, number?: number): Promise<ReceiptState> {
  return runOnce('changePolicy', { receipt, number, ...change }, {});
}

/** Ends the wait that wrong passphrases have built up. */
export function resetWait(receipt: string, signal?: AbortSignal): Promise<void> {
  return runOnce('resetWait', { receipt }, { signal });
}

/** How many bytes the container of `document` would have: what whoever gets the link is told before they open it. Sends nothing. */
export function sharedSize(document: Document, policy: Policy): Promise<number> {
  return runOnce('measure', { document, policy }, {});
}

/* ---------------------------------------------------------------- reading */

/** Asks about a link without using it up. */
export function probe(link: string, signal?: AbortSignal): Promise<LinkState> {
  return runOnce('probe', { link }, { signal });
}

/** Above this many bytes, without a stream to write to, the page does not claim but names `satchel get`. */
export const BLOB_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Claims one read and opens what it gives, up to the manifest. **This uses up a read**, unless this tab holds an unfinished lease of the same
 * link (after a reload): that one is gone on with.
 *
 * Rejects among others with: `passphrase_missing`, `wrong_passphrase` (with `triesLeft`), `wait` (with `retryAfter`), `burned` (with `burned`,
 * `burnedAt`), `not_found`, `lease_ended`, `too_many_leases`, the verdicts of damage, `network`, `aborted`.
 */
export async function open(link: string, options: Watch & { readonly passphrase?: string | undefined } = {}): Promise<Opened> {
  const { passphrase, ...watch } = options;
  const { openDocument } = await opening.load();
  return openDocument('open', { link, passphrase }, watch);
}

/** What this tab has claimed and not confirmed; null where there is nothing. Asks the server about it. */
export function unfinished(signal?: AbortSignal): Promise<Unfinished | null> {
  return stateOfKept(signal);
}

/** Whether there is something of {@link unfinished} to go on with. Where nobody can be asked there is not. */
export async function resumable(): Promise<boolean> {
  try {
    const begun = await unfinished();
    return begun !== null && begun.state.state !== 'not_there' && !(begun.state.state === 'gone' && begun.state.burned !== 'reads');
  } catch {
    return false;
  }
}

/** Forgets what {@link unfinished} tells about: a person does not want to go on. */
export function forgetUnfinished(): void {
  forgetKept();
}

/* ---------------------------------------------------------------- files, without a server */

/**
 * Seals `document` with a passphrase into a `.satchel` file, sending nothing anywhere. Into `sink` where there is one, which is closed at the end (or
 * aborted); else the Blob is given back.
 */
export async function sealFile(
  document: Document,
  passphrase: string,
  options: Watch & { readonly sink?: WritableStream<Uint8Array<ArrayBuffer>> } = {},
): Promise<{ readonly content: Blob | null; readonly size: number; readonly engine: Engine }> {
  const { sink, ...watch } = options;
  const { sealIntoFile } = await opening.load().catch(async (error: unknown) => {
    await sink?.abort().catch(() => undefined);
    throw error;
  });
  return sealIntoFile({ document, passphrase }, sink, watch);
}

/** Looks at a dropped file. Rejects with `not_a_container` when it is none, and with the other verdicts on damage. */
export function inspectFile(file: Blob): Promise<Inspected> {
  return runOnce('inspectFile', { file }, {});
}

/** Opens a `.satchel` file up to its manifest, with a passphrase, or with the link (and its passphrase) that it once hung on. */
export async function openFile(
  file: Blob,
  key: { readonly passphrase: string } | { readonly link: string; readonly passphrase?: string | undefined },
  watch: Watch = {},
): Promise<Opened> {
  const { openDocument } = await opening.load();
  return openDocument('openFile', { file, key }, watch);
}
