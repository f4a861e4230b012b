/** What was made, and what its receipt tells: types of the vault (../vault.ts). */
import type { Burned } from '../failure';
import type { Engine, Watch } from './document';

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

/** What the receipt of a document with several links tells. */
export interface DocumentState {
  readonly state: ReceiptState['state'];
  /** Of the document; null once it burned. */
  readonly size: number | null;
  /** `name`: what the command line calls it, which keeps names sealed with the document; null for none. */
  readonly links: readonly (ReceiptState & { readonly number: number; readonly name: string | null })[];
}

/** A panic link, and what it is in words. Nobody else has it. */
export interface PanicMade {
  readonly link: string;
  readonly words: readonly string[];
}

/** How a paste is to end from now on. What is left out stays as it is. */
export interface PolicyChange {
  /** Seconds from now, longer or shorter. */
  readonly expiresIn?: number;
  /** At least 1, and fewer than there are. */
  readonly readsLeft?: number;
}
