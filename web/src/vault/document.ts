/** What a person has, asks for and is told before anything is made of it: types of the vault (../vault.ts), which are nothing but types. */

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
  /** Whether the operator's backups may hold it with its key; only with `reads` 0, one link, and not with `burn`. */
  readonly keep?: boolean;
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

/** A passphrase of random words, and its strength. */
export interface GeneratedPassphrase {
  /** The words with one separator between them, as it is to be shown and typed. */
  readonly passphrase: string;
  readonly words: readonly string[];
  /** Entropy in bits, rounded down. */
  readonly bits: number;
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
