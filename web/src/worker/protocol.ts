/**
 * What main thread and worker say to one another. Both sides import this, and it is nothing but types.
 *
 * The worker runs one operation. Where it needs the page (to keep a lease, to hand over content), it calls and waits for the reply, so that
 * a slow disk slows the download instead of filling memory.
 */
import type { Failure } from '../failure';
import type { Engine, Manifest, Progress } from '../vault';

/** The operations of client-wasm, by the names that its `run` knows. `burnBegun` is `burn` of what `uploadBegun` told. */
export type OperationName =
  | 'serverConfig' | 'generatePassphrase' | 'understand' | 'share' | 'receiptStatus' | 'burn' | 'burnBegun' | 'resetWait'
  | 'measure' | 'documentStatus' | 'addLinks' | 'changePolicy' | 'panic' | 'makePanic'
  | 'probe' | 'probeKept' | 'open' | 'sealFile' | 'inspectFile' | 'openFile';

/** What a lease is kept as: never the link secret. All in base64url. */
export interface KeptLease {
  readonly id: string;
  readonly probe: string;
  readonly lease: string;
}

/** What the worker asks of the page, and what it gets back. */
export interface Calls {
  /** Keep this before the claim is sent. */
  saveLease: { args: KeptLease; reply: undefined };
  /** The lease of this id, if one is kept. */
  loadLease: { args: { readonly id: string }; reply: KeptLease | undefined };
  forgetLease: { args: { readonly id: string }; reply: undefined };
  /** An upload begins; this burns it. */
  uploadBegun: { args: { readonly receipt: string }; reply: undefined };
  /** The manifest was verified; the reply comes when the page wants the content. */
  manifest: { args: { readonly manifest: Manifest; readonly engine: Engine; readonly readsLeft: number | null }; reply: undefined };
  /** The next entry's content follows; the reply says whether anybody wants it. */
  entry: { args: { readonly index: number }; reply: boolean };
  /**
   * Verified content of the entry begun last (or of the sealed file), in parts that follow one another.
   * The reply comes when there is room for more, with the memory of the one part, which is used again. */
  write: { args: readonly Uint8Array<ArrayBuffer>[]; reply: ArrayBuffer | undefined };
  /** All of it was verified; the reply comes when the page has it in place and wants the read confirmed. */
  verified: { args: undefined; reply: undefined };
}

export type CallName = keyof Calls;

/** Main thread to worker. */
export type ToWorker =
  | {
      readonly kind: 'start';
      /** Compiled by the page, which checked its bytes; nothing where the worker's script is all there is. */
      readonly module: WebAssembly.Module | undefined;
      readonly operation: OperationName;
      readonly base: string;
      readonly args: unknown;
    }
  /** The network may be back, or somebody looks at the page again: what waits for its next try is to try now. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'reply'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly call: number; readonly failure: Failure };

/** Worker to main thread. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'call'; readonly call: number; readonly name: CallName; readonly args: unknown }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure };
