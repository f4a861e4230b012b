/** Where verified content goes: into a Blob, piece by piece, into a stream, or nowhere. */
import { VaultError } from '../failure';
import type { Sink } from '../vault';

type Bytes = Uint8Array<ArrayBuffer>;

/** One entry's destination. Nothing is in place before `finish`. */
export interface Target {
  write(parts: readonly Bytes[]): Promise<void>;
  /** Puts it in place. */
  finish(): Promise<Blob | null>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** Pieces are handed to the browser in Blobs of this size, which it may keep on disk; the script's own memory holds one of them. */
const PIECE_BYTES = 4 * 1024 * 1024;

class BlobTarget implements Target {
  #pieces: Blob[] = [];
  #open: Bytes[] = [];
  #openLen = 0;
  #taken: Promise<unknown> = Promise.resolve();

  async write(parts: readonly Bytes[]): Promise<void> {
    this.#open.push(...parts);
    this.#openLen += lengthOf(parts);
    if (this.#openLen >= PIECE_BYTES) await this.#closePiece();
  }

  async finish(): Promise<Blob> {
    await this.#closePiece();
    await this.#taken;
    // Never the sender's media type: a Blob's address with `text/html` would run in this origin.
    return new Blob(this.#pieces, { type: 'application/octet-stream' });
  }

  discard(): Promise<void> {
    this.#pieces = [];
    this.#open = [];
    return Promise.resolve();
  }

  /** Makes a Blob of what is open, as soon as the browser has taken the one before: else a fast sender's would pile up in the page. */
  async #closePiece(): Promise<void> {
    if (this.#openLen === 0) return;
    const piece = new Blob(this.#open);
    // The Blob has its own copy. Waiting for the collector, a large file's parts would pile up.
    this.#open = [];
    this.#openLen = 0;
    this.#pieces.push(piece);
    const before = this.#taken;
    // Its first byte can be read once all of it has left the page; a browser without room says so here.
    this.#taken = refusedAs('unwritable_output', piece.slice(0, 1).arrayBuffer());
    this.#taken.catch(() => undefined);
    await before;
  }
}

class StreamTarget implements Target {
  readonly #writer: WritableStreamDefaultWriter<Bytes>;

  constructor(stream: WritableStream<Bytes>) {
    this.#writer = stream.getWriter();
    // A failure shows in the write that meets it; this keeps it from being reported a second time as unhandled.
    this.#writer.closed.catch(() => undefined);
  }

  async write(parts: readonly Bytes[]): Promise<void> {
    // One write for all: each is a message to the browser's process.
    const bytes = new Uint8Array(lengthOf(parts));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    await refusedAs('unwritable_output', this.#writer.write(bytes));
  }

  async finish(): Promise<null> {
    await refusedAs('unwritable_output', this.#writer.close());
    return null;
  }

  async discard(): Promise<void> {
    await this.#writer.abort().catch(() => undefined);
  }
}

function lengthOf(parts: readonly Bytes[]): number {
  return parts.reduce((len, part) => len + part.byteLength, 0);
}

const NOWHERE: Target = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(null),
  discard: () => Promise.resolve(),
};

/** The destination that the page chose. */
export function targetOf(sink: Sink): Target {
  if (sink === 'blob') return new BlobTarget();
  if (sink === 'skip') return NOWHERE;
  return new StreamTarget(sink);
}

/** Turns whatever a browser's own promise rejects with into one of our codes. */
export async function refusedAs<T>(code: 'unwritable_output' | 'aborted', promise: T | Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof VaultError ? error : new VaultError({ code });
  }
}
