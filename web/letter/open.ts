/**
 * Opens the container that stands in this file. It runs client-wasm as src/worker does, but on the page's own thread: a worker would need an
 * address, and the policy of this page allows none. Nothing here shows anything.
 */
import { gunzipSync } from 'fflate';
import type { Manifest, Progress, Received } from '../src/vault';
import * as wasm from '../src/gen/dist/everything';

type Bytes = Uint8Array<ArrayBuffer>;

/** Why it did not open: a code of src/failure.ts, or `no_wasm`. */
export class NotOpened extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = 'NotOpened';
    this.code = code;
  }
}

/** Characters of base64 at a time: a large file never lies in memory as a text of its bytes. */
const STEP_CHARS = 1 << 20;
/** Passphrase profile 1, 64 MiB: all that a phone can do, and all that `satchel encrypt --html` makes. */
const LARGEST_PROFILE = 1;

/** What an element of this file holds as base64, white space anywhere in it. */
function* bytesIn(id: string): Generator<Bytes> {
  const text = document.getElementById(id)?.textContent ?? '';
  let rest = '';
  for (let at = 0; at < text.length; at += STEP_CHARS) {
    const packed = rest + text.slice(at, at + STEP_CHARS).replace(/[\t\n\f\r ]+/g, '');
    const whole = packed.length - (packed.length % 4);
    rest = packed.slice(whole);
    yield decoded(packed.slice(0, whole));
  }
  if (rest !== '') throw new NotOpened('truncated');
}

function decoded(base64: string): Bytes {
  try {
    const binary = atob(base64);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    throw new NotOpened('not_a_container');
  }
}

/** Starts the program: unpacks the WebAssembly in this file. */
export async function start(): Promise<void> {
  if (typeof WebAssembly !== 'object') throw new NotOpened('no_wasm');
  const pieces = [...bytesIn('satchel-wasm')];
  try {
    const packed = new Uint8Array(await new Blob(pieces).arrayBuffer());
    await wasm.default({ module_or_path: gunzipSync(packed) });
  } catch (error) {
    // What forbids it, and a browser without what our policy asks for, shows only here. Anything else was changed on its way.
    throw new NotOpened(isForbidden(error) ? 'no_wasm' : 'truncated');
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && /csp|policy|blocked|disallowed|refused|eval/i.test(error.message);
}

/** The container, as a file that can be read again at each try. */
export function container(): Blob {
  return new Blob([...bytesIn('satchel-container')]);
}

/**
 * Opens `file` with `passphrase`; gives nothing before all of it was verified.
 *
 * Rejects with {@link NotOpened}.
 */
export async function open(file: Blob, passphrase: string, onProgress: (progress: Progress) => void): Promise<Received[]> {
  let manifest: Manifest | undefined;
  const parts = new Map<number, Bytes[]>();
  let current: Bytes[] = [];
  /** What client-wasm calls; client-wasm/src/page.rs declares the same. It awaits every answer, so each is a promise. */
  const page = {
    progress: (stage: Progress['stage'], done: number, total: number): void => onProgress({ stage, done, total }),
    manifest: async (found: { manifest: Manifest }): Promise<void> => {
      manifest = found.manifest;
    },
    entry: async (index: number): Promise<boolean> => {
      current = [];
      parts.set(index, current);
      return true;
    },
    write: async (given: Bytes[]): Promise<void> => {
      current.push(...given);
    },
    verified: async (): Promise<void> => undefined,
  };
  try {
    await wasm.run('openFile', '', { file, key: { passphrase }, largestProfile: LARGEST_PROFILE }, page);
  } catch (failure) {
    throw new NotOpened(codeOf(failure));
  }
  // Never the sender's media type: a Blob's address with `text/html` would run in this origin.
  const type = 'application/octet-stream';
  const entries = manifest?.entries ?? [];
  return entries.map((entry) => ({ entry, content: new Blob(parts.get(entry.index) ?? [], { type }) }));
}

/** client-wasm rejects with failures; a trap (a bug, or no memory) is something else. */
function codeOf(failure: unknown): string {
  const isFailure = typeof failure === 'object' && failure !== null && !(failure instanceof Error) && 'code' in failure;
  return isFailure ? String(failure.code) : 'crashed';
}
