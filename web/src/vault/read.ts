/** What a link or a file leads to, and what is in it: types of the vault (../vault.ts). */
import type { Burned } from '../failure';
import type { Engine } from './document';

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
  /** Wrong passphrases that cost nothing yet. The one after them makes readers wait, or burns it: tries are one more. */
  readonly triesLeft: number;
  /** Whether too many wrong passphrases burn it. */
  readonly burnsOnGuessing: boolean;
  readonly retryAfter: number;
  /** This tab has claimed a read that it did not finish: {@link open} goes on with it and uses up none. */
  readonly mine: boolean;
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

/** A read that this tab claimed and did not finish, after a reload. The link itself is not kept: a person pastes it again. */
export interface Unfinished {
  /** Whether the paste is still there, asked with what was kept. */
  readonly state: LinkState;
}

/** What can be told of a `.satchel` file without a key. */
export interface Inspected {
  /** Which keys may open it. Neither: it is for a newer version, or for a recipient. */
  readonly opensWith: { readonly passphrase: boolean; readonly link: boolean };
  readonly size: number;
  /** The padded length of what is inside. */
  readonly paddedSize: number;
}
