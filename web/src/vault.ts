/**
 * The vault: everything the page can do with documents, links and receipts, as typed promises.
 *
 * Nothing here decides anything. Each operation starts a Web Worker that runs the Rust client (client-wasm), and ends it, so
 * that keys and plaintext leave memory with it. What a person holds (texts, links, receipts, passphrases) goes in and
 * comes out as strings; no key ever does.
 *
 * Every promise rejects with a {@link VaultError} and nothing else.
 */
import { VaultError } from './failure';
import type { Burned, Failure, LocalCode, ServerCode, Verdict } from './failure';
import { piece } from './later';
import { forgetKept, shareDocument, stateOfKept } from './worker/flows';
import { runOnce } from './worker/conversation';

export { VaultError };
export type { Burned, Failure, LocalCode, ServerCode, Verdict };

const opening = piece('opening', () => import('./worker/opening'));

/* ---------------------------------------------------------------- words */

/**
 * Which AES-GCM runs: the browser's own, or, on a page that did not come over TLS, the slower one in WebAssembly. The bytes are
 * the same; the page warns about the second, because without TLS the page itself may have been changed on its way.
 */
export type Engine = 'webcrypto' | 'wasm';

/** What the server allows. Times are seconds, sizes bytes. */
export interface ServerConfig {
  readonly version: string;
  /** The largest container, which is a little larger than its document. */
  readonly sizeBytesMax: number;
  readonly expiresInSecsMin: number;
  readonly expiresInSecsMax: number;
  readonly expiresInSecsDefault: number;
  readonly readsMax: number;
  readonly inviteRequired: boolean;
}

/**
 * What a person seals: a text (plain, unless `mediaType` says what it is written in), or files with the paths under which they are kept
 * (components joined by `/`).
 */
export type Document = { readonly text: string; readonly mediaType?: string } | { readonly files: readonly SourceFile[] };

/** One file of a document. */
export interface SourceFile {
  readonly file: File;
  /** Relative path, `webkitRelativePath` where a folder was dropped; else the name. */
  readonly path: string;
}

/** When and how a paste ends. */
export interface Policy {
  /** Seconds from the end of the upload to expiry; within `ServerConfig`. */
  readonly expiresIn: number;
  /** 1 to `readsMax`, or 0 for any number until expiry. */
  readonly reads: number;
  /** What many wrong passphrases do: make readers wait (the default), or burn. */
  readonly onGuessing?: 'lock' | 'burn';
}

/** How far an operation is. */
export interface Progress {
  /**
   * `deriving`: the passphrase is being worked in (one to five seconds, no steps; without WebAssembly longer, and in hundredths); with several links a hundred for each. `sealing`, `uploading`, `downloading`, `opening`: bytes.
   * `working`: a server that has too much to do asks for a proof of work (seconds, no total).
   * `waiting`: the server cannot be reached, the next try comes by itself; an upload that began waits until it is given up.
   */
  readonly stage: 'deriving' | 'sealing' | 'uploading' | 'downloading' | 'opening' | 'waiting' | 'working';
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
}

/** What every longer operation takes. */
export interface Watch {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Raised, the operation ends with `aborted`, and an upload that had begun is burned. */
  readonly signal?: AbortSignal | undefined;
}

/* ---------------------------------------------------------------- without a document */

/** Which engine will run; known at once. */
export function engine(): Engine {
  return globalThis.isSecureContext && typeof globalThis.crypto?.subtle === 'object' ? 'webcrypto' : 'wasm';
}

/** `GET /api/v1/config`. */
export function serverConfig(signal?: AbortSignal): Promise<ServerConfig> {
  return runOnce('serverConfig', {}, { signal });
}

/** A passphrase of random words, and its strength. */
export interface GeneratedPassphrase {
  /** The words with one separator between them, as it is to be shown and typed. */
  readonly passphrase: string;
  readonly words: readonly string[];
  /** Entropy in bits, rounded down. */
  readonly bits: number;
}

/** Makes a passphrase. */
export function generatePassphrase(): Promise<GeneratedPassphrase> {
  return runOnce('generatePassphrase', {}, {});
}

/** What a text is that a person pasted, or that stood in the address bar. */
export type Understood =
  | {
      readonly kind: 'link';
      /** The link in its one right spelling: hand this to {@link probe} and {@link open}. */
      readonly link: string;
      readonly needsPassphrase: boolean;
    }
  | { readonly kind: 'receipt'; readonly receipt: string }
  /** The receipt of a document with several links: hand it to {@link documentStatus}, {@link burn}, {@link changePolicy} and {@link addLinks}. */
  | { readonly kind: 'owner'; readonly receipt: string }
  /** Lets its holder upload to this server: hand it to {@link share}. */
  | { readonly kind: 'invite'; readonly invite: string }
  /** Burns everything that was made under it: hand it to {@link panic}, or to {@link share}. Its 25 words are understood as the same. */
  | { readonly kind: 'panic'; readonly panic: string }
  | {
      readonly kind: 'bad';
      /**
       * `empty`: nothing but space. `no_link`: nothing in it looks like a link. `foreign_origin`: a whole link, but of another server
       * (`origin` names it; go there). `insecure_origin`: http that is neither loopback nor .onion. `unknown_word`, `count_of_words`,
       * `wrong_words`: nearly the words of a panic link, but the word of this `number` is none, or there is this `number` of them, or together they are
       * nobody's. The others are verdicts of format.md: the link was cut or mistyped, or is of a newer version.
       */
      readonly reason:
        | 'empty' | 'no_link' | 'foreign_origin' | 'insecure_origin'
        | 'unknown_word' | 'count_of_words' | 'wrong_words'
        | 'malformed_link' | 'unsupported_link_version' | 'unsupported_link_flags';
      /** Scheme, host and port of another server; never more of the link. */
      readonly origin?: string;
      readonly number?: number;
    };

/**
 * Tells links, receipts, words of a panic link and nonsense apart: forgives what mail programs do to links (`%23`, line breaks, `<...>`, a full stop behind it). `text` may
 * be a whole link, or a fragment alone (with or without `#`). Asks no server anything.
 */
export function understand(text: string): Promise<Understood> {
  return runOnce('understand', { text }, {});
}

/* ---------------------------------------------------------------- sharing */

/** What sharing gives back. Nobody else has these: they are lost with the page. */
export interface Shared {
  readonly link: string;
  readonly receipt: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly reads: number;
  readonly engine: Engine;
}

/** Who writes down what is about to be on a server, before it is. */
export interface Noting {
  /** Nothing is sent before this is through; where it rejects, nothing is, and sharing ends with `aborted`. */
  begun(receipt: string): Promise<void>;
  /** Sharing failed, and the server has nothing of it. */
  gone(): void;
}

/** What sharing may take along. */
export interface Sharing extends Watch {
  readonly note?: Noting | undefined;
  readonly passphrase?: string | undefined;
  readonly invite?: string | undefined;
  /** A panic link of this server's: what is made burns with all else that is made under it. */
  readonly panic?: string | undefined;
}

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

/** One link of several. */
export interface NumberedLink {
  /** Which of them, from 1. */
  readonly number: number;
  readonly link: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** What sharing with several links gives back. Nobody else has these. */
export interface SharedSeveral {
  /** In order of their numbers. */
  readonly links: readonly NumberedLink[];
  /** Looks at each link, revokes them, and makes more. */
  readonly receipt: string;
  readonly engine: Engine;
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

/** What the receipt tells. */
export interface ReceiptState {
  readonly state: 'uploading' | 'stored' | 'burned';
  readonly burned: Burned | null;
  /** Unix seconds, the start of the hour. */
  readonly burnedAt: number | null;
  readonly size: number | null;
  /** The reads of the policy; 0 is any number. */
  readonly reads: number;
  /** Reads that can still happen; null is any number. */
  readonly readsLeft: number | null;
  /** People who are downloading now. */
  readonly leasesRunning: number;
  readonly wrongTries: number;
  /** Seconds until the next passphrase is considered; 0 when none is waited for. */
  readonly retryAfter: number;
  readonly expiresAt: number | null;
}

/** Asks what became of a paste. Rejects with `not_found` when even the tombstone is gone. */
export function receiptStatus(receipt: string, signal?: AbortSignal): Promise<ReceiptState> {
  return runOnce('receiptStatus', { receipt }, { signal });
}

/** What the receipt of a document with several links tells. */
export interface DocumentState {
  readonly state: ReceiptState['state'];
  /** Of the document; null once it burned. */
  readonly size: number | null;
  /** `name`: what the command line calls it, which keeps names sealed with the document; null for none. */
  readonly links: readonly (ReceiptState & { readonly number: number; readonly name: string | null })[];
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

/** A panic link, and what it is in words. Nobody else has it. */
export interface PanicMade {
  readonly link: string;
  readonly words: readonly string[];
}

/** Makes one. Asks no server anything. */
export async function makePanic(): Promise<PanicMade> {
  const { link, words } = await runOnce<{ readonly link: string; readonly words: string }>('makePanic', {}, {});
  return { link, words: words.split(' ') };
}

/** How a paste is to end from now on. What is left out stays as it is. */
export interface PolicyChange {
  /** Seconds from now, longer or shorter. */
  readonly expiresIn?: number;
  /** At least 1, and fewer than there are. */
  readonly readsLeft?: number;
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

/** What a link leads to. Asking changes nothing. */
export type LinkState =
  | ({ readonly state: 'ready' } & Waiting)
  /** Wrong passphrases have built up a wait: try again after `retryAfter` seconds. */
  | ({ readonly state: 'wait' } & Waiting)
  /** It burned. Who did not open it themselves should be alarmed by `reads`. `mine`: this tab has claimed a read of it. */
  | { readonly state: 'gone'; readonly burned: Burned; readonly burnedAt: number; readonly mine: boolean }
  /** There is nothing: it never was, or so long ago that the tombstone went too. */
  | { readonly state: 'not_there' };

/** A paste that is still there. */
export interface Waiting {
  /** Length of the container: at least the document's. */
  readonly size: number;
  /** The reads of the policy; 0 is any number. */
  readonly reads: number;
  /** Null is any number. 0: it is being read right now and no other read is left (unless `mine`). */
  readonly readsLeft: number | null;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Wrong passphrases that are left. */
  readonly triesLeft: number;
  /** Whether too many wrong passphrases burn it. */
  readonly burnsOnGuessing: boolean;
  readonly retryAfter: number;
  /** This tab has claimed a read that it did not finish: {@link open} goes on with it and uses up none. */
  readonly mine: boolean;
}

/** Asks about a link without using it up. */
export function probe(link: string, signal?: AbortSignal): Promise<LinkState> {
  return runOnce('probe', { link }, { signal });
}

/** One entry of a document. */
export interface Entry {
  readonly index: number;
  /** Components joined by `/`, safe for a screen and a file system. Null: a text or a stream that never had a name. */
  readonly name: string | null;
  /** The sender's name was unsafe and `name` is a substitute. */
  readonly renamed: boolean;
  /** The sender's claim; a hint for icons, never a reason to run or render anything. */
  readonly mediaType: string;
  /** Null: known at the end only. */
  readonly size: number | null;
  /** Unix seconds. */
  readonly modified: number | null;
  /** An empty folder: it has no content. */
  readonly folder: boolean;
}

/** What a document says about itself. */
export interface Manifest {
  readonly entries: readonly Entry[];
  /** Sum of the sizes that are known. */
  readonly size: number;
  /** What the sender asked the server for, where it was said; a server that kept to it burned accordingly. */
  readonly asked: { readonly reads: number | null; readonly expiresIn: number | null };
}

/** One entry's content after all of the document was verified. */
export interface Received {
  readonly entry: Entry;
  /** Null where the content went into a stream. */
  readonly content: Blob | null;
}

/** Where an entry's content is to go: into a Blob, into a stream, or nowhere (it is verified all the same). */
export type Sink = 'blob' | 'skip' | WritableStream<Uint8Array<ArrayBuffer>>;

/**
 * A document whose manifest was verified. For a paste, the read has been claimed and its lease runs: 15 minutes without a download end it.
 */
export interface Opened {
  readonly manifest: Manifest;
  readonly engine: Engine;
  /** Reads left after this one; null for any number, or where there is no server. */
  readonly readsLeft: number | null;
  /**
   * Takes the content of all entries, in order, once. `sinkFor` is asked before each entry's first byte (default: a Blob for each). A stream (as of
   * `FileSystemFileHandle.createWritable()`) is closed when **all** of the document was verified and aborted when anything fails, so that no
   * half file stays. A break is resumed under the same lease.
   */
  receive(sinkFor?: (entry: Entry) => Sink | Promise<Sink>): Promise<Received[]>;
  /**
   * Tells the server that this reader has everything, so that what is used up burns at once. To be called when the text is on the screen, or the
   * files are saved or their Blobs handed to the browser. Before {@link receive} is through it rejects with `aborted`. Never called: the lease
   * ends by itself, and until then a reload can go on. For a local file it does nothing.
   */
  confirm(): Promise<void>;
  /** Ends the worker, and with it the keys in its memory. After {@link confirm} it is ended already. */
  close(): void;
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

/** A read that this tab claimed and did not finish, after a reload. The link itself is not kept: a person pastes it again. */
export interface Unfinished {
  /** Whether the paste is still there, asked with what was kept. */
  readonly state: LinkState;
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

/** What can be told of a `.satchel` file without a key. */
export interface Inspected {
  /** Which keys may open it. Neither: it is for a newer version, or for a recipient. */
  readonly opensWith: { readonly passphrase: boolean; readonly link: boolean };
  readonly size: number;
  /** The padded length of what is inside. */
  readonly paddedSize: number;
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
