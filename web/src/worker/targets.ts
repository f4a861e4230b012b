/** Where verified content goes: into a Blob, piece by piece, into a stream, or nowhere. */
import { VaultError } from '../failure';
import type { Sink } from '../vault';

type Bytes = Uint8Array<ArrayBuffer>;

/** One entry's destination. Nothing is in place before `finish`. */
export interface Target {
  /** When it is through, the memory of the parts may be used for something else. */
  write(parts: readonly Bytes[]): Promise<void>;
  /** Puts it in place. */
  finish(): Promise<Blob | null>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

class BlobTarget implements Target {
  #pieces: Blob[] = [];
  #taken: Promise<unknown> = Promise.resolve();

  /** Makes a Blob, which has its own copy, and waits until the browser has taken the one before: else a fast sender's would pile up in the page. */
  async write(parts: readonly Bytes[]): Promise<void> {
    const piece = new Blob([...parts]);
    this.#pieces.push(piece);
    const before = this.#taken;
    // Its first byte can be read once all of it has left the page; a browser without room says so here.
    this.#taken = orUnwritable(piece.slice(0, 1).arrayBuffer());
    this.#taken.catch(() => undefined);
    await before;
  }

  async finish(): Promise<Blob> {
    await this.#taken;
    // Never the sender's media type: a Blob's address with `text/html` would run in this origin.
    return new Blob(this.#pieces, { type: 'application/octet-stream' });
  }

  discard(): Promise<void> {
    this.#pieces = [];
    return Promise.resolve();
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
    const bytes = parts.length === 1 ? parts[0] : inOne(parts);
    if (bytes !== undefined) await orUnwritable(this.#writer.write(bytes));
  }

  async finish(): Promise<null> {
    await orUnwritable(this.#writer.close());
    return null;
  }

  async discard(): Promise<void> {
    await this.#writer.abort().catch(() => undefined);
  }
}

function inOne(parts: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((len, part) => len + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
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

/** What a place rejects with is ours to name. */
export async function orUnwritable<T>(promise: T | Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof VaultError ? error : new VaultError({ code: 'unwritable_output' });
  }
}
