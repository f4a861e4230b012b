/**
 * A place on the disk that a person picks, for what is too large for the page's memory. It is picked, and opened for writing, before anything is
 * claimed: a picker that is closed, or a disk that takes nothing, costs no read. What is written has its name once all of it was verified.
 */
import { VaultError } from '../failure';
import type { Entry, Manifest, Sink } from '../vault';

interface WithPickers {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<RemovableFile>;
  showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>;
}

/** Of its own removal the types know nothing yet, and some browsers neither. */
type RemovableFile = FileSystemFileHandle & { readonly remove?: () => Promise<void> };

/** Names that are tried before a folder counts as full of them. */
const NAMES_MAX = 1000;

export interface Place {
  /** Whether all of it can go there. */
  fits(manifest: Manifest): boolean;
  /** Where an entry goes. */
  sinkFor(entry: Entry): Sink | Promise<Sink>;
  /** The name that an entry got there. */
  nameOf(entry: Entry): string | undefined;
  /** Nothing that was begun there stays, not even the empty file that a picker makes. */
  discard(): Promise<void>;
  /** All of it is in place: there is nothing to discard. */
  keep(): void;
}

/** Whether this browser can stream to the disk. */
export function canStream(): boolean {
  return typeof (globalThis as WithPickers).showSaveFilePicker === 'function';
}

/** One file, ready to be written to; null when the person changed their mind. Rejects with `unwritable_output`. */
export async function pickFile(suggestedName: string): Promise<FilePlace | null> {
  const handle = await orNull((globalThis as WithPickers).showSaveFilePicker?.({ suggestedName }));
  if (handle === null) return null;
  try {
    return new FilePlace(handle, await handle.createWritable());
  } catch {
    await handle.remove?.().catch(() => undefined);
    throw new VaultError({ code: 'unwritable_output' });
  }
}

/** A folder; null when the person changed their mind. */
export async function pickFolder(): Promise<Place | null> {
  const root = await orNull((globalThis as WithPickers).showDirectoryPicker?.({ mode: 'readwrite' }));
  return root === null ? null : new FolderPlace(root);
}

export class FilePlace implements Place {
  readonly #handle: RemovableFile;
  readonly stream: FileSystemWritableFileStream;
  #settled = false;

  constructor(handle: RemovableFile, stream: FileSystemWritableFileStream) {
    this.#handle = handle;
    this.stream = stream;
  }

  fits({ entries }: Manifest): boolean {
    return entries.filter(({ folder }) => !folder).length === 1;
  }

  sinkFor({ folder }: Entry): Sink {
    return folder ? 'skip' : this.stream;
  }

  nameOf(entry: Entry): string | undefined {
    return entry.folder ? undefined : this.#handle.name;
  }

  async discard(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    // Who has a writer of it has aborted it.
    await this.stream.abort().catch(() => undefined);
    await this.#handle.remove?.().catch(() => undefined);
  }

  keep(): void {
    this.#settled = true;
  }
}

class FolderPlace implements Place {
  readonly #root: FileSystemDirectoryHandle;
  readonly #names = new Map<number, string>();

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  fits(): boolean {
    return true;
  }

  async sinkFor(entry: Entry): Promise<Sink> {
    if (entry.folder) return 'skip';
    const components = (entry.name ?? '').split('/');
    const wanted = components.pop() || substituteFor(entry);
    let folder = this.#root;
    for (const component of components) folder = await folder.getDirectoryHandle(component, { create: true });
    const name = await freeName(folder, wanted).catch(() => freeName(folder, substituteFor(entry)));
    this.#names.set(entry.index, [...components, name].join('/'));
    return streamInto(folder, name);
  }

  nameOf({ index }: Entry): string | undefined {
    return this.#names.get(index);
  }

  /** What was begun goes with its stream. */
  discard(): Promise<void> {
    return Promise.resolve();
  }

  keep(): void {}
}

/** For an entry without a name, and for one whose name this browser refuses (Chromium: `.lnk` and others that a system runs). */
function substituteFor({ index }: Entry): string {
  return `file-${index + 1}`;
}

/** `wanted`, or with a number where that is taken: nothing is overwritten. Rejects where the browser refuses the name. */
async function freeName(folder: FileSystemDirectoryHandle, wanted: string): Promise<string> {
  const dot = wanted.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ''];
  for (let number = 1; number <= NAMES_MAX; number += 1) {
    const name = number === 1 ? wanted : `${stem} (${number})${ending}`;
    if (!(await isTaken(folder, name))) return name;
  }
  throw new VaultError({ code: 'unwritable_output' });
}

async function isTaken(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return false;
    if (error instanceof DOMException && error.name === 'TypeMismatchError') return true;
    throw error;
  }
}

/** A stream into a new file. The browser makes an empty one at once and puts the content in place when the stream is closed; aborted, it goes too. */
async function streamInto(folder: FileSystemDirectoryHandle, name: string): Promise<WritableStream<Uint8Array<ArrayBuffer>>> {
  const writer = (await (await folder.getFileHandle(name, { create: true })).createWritable()).getWriter();
  return new WritableStream({
    write: (bytes: Uint8Array<ArrayBuffer>) => writer.write(bytes),
    close: () => writer.close(),
    async abort(reason) {
      await writer.abort(reason).catch(() => undefined);
      await folder.removeEntry(name);
    },
  });
}

async function orNull<T>(picked: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await picked) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}
