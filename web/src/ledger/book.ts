/**
 * The ledger: a person's own list of receipts, in this browser, only where they asked for it. It is what the command line keeps (cli/src/ledger.rs): the same
 * JSON in the same container, under a passphrase that is asked each time. The browser's storage has the container alone, in base64.
 */
import { openFile, sealFile } from '../vault';
import { KEY } from './there';

/** One thing that was shared; named as they are in the JSON. */
export interface Entry {
  /** Never given twice. */
  readonly number: number;
  /** With the server's address. */
  readonly receipt: string;
  /** The hour, Unix seconds. */
  readonly made_at: number;
  readonly what: string;
  /** Of its links, in their order; an empty one has no name. */
  readonly names: readonly string[];
}

interface Book {
  readonly version: 1;
  readonly next: number;
  readonly panic: string | null;
  readonly entries: readonly Entry[];
}

/** `off`: this browser keeps nothing. `full`: no more. `notRead`: what is there is no ledger, or a newer one. */
export type Trouble = 'off' | 'full' | 'notRead';

export class LedgerTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

const FILE = 'ledger.json';
const HOUR_SECS = 3600;
const EMPTY: Book = { version: 1, next: 1, panic: null, entries: [] };

/** Whether this browser would keep one; where it is full there is no room for the smallest. */
export function troubleOfBrowser(): Trouble | null {
  try {
    const probe = `${KEY}-probe`;
    localStorage.setItem(probe, '');
    localStorage.removeItem(probe);
    return null;
  } catch (error) {
    return troubleOf(error);
  }
}

/** What a browser says that does not take it. */
function troubleOf(error: unknown): Trouble {
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'off';
}

/** Removes it, with all that is in it; takes no passphrase. */
export function forget(): void {
  localStorage.removeItem(KEY);
}

/** Rejects with the vault's failures (`wrong_key` and others) and {@link LedgerTrouble}. */
export async function read(passphrase: string): Promise<readonly Entry[]> {
  return (await opened(passphrase, kept() ?? '')).entries;
}

/** Writes one down; where there is no ledger, this begins it. Rejects as {@link read}. */
export function add(passphrase: string, entry: Pick<Entry, 'receipt' | 'what' | 'names'>): Promise<readonly Entry[]> {
  const now = Math.floor(Date.now() / 1000);
  return change(passphrase, (book) => {
    const others = book.entries.filter(({ receipt }) => receipt !== entry.receipt);
    return { ...book, next: book.next + 1, entries: [...others, { number: book.next, receipt: entry.receipt, made_at: now - (now % HOUR_SECS), what: entry.what, names: entry.names }] };
  });
}

/** Takes the line of `number` out. Rejects as {@link read}. */
export function remove(passphrase: string, number: number): Promise<readonly Entry[]> {
  return change(passphrase, (book) => ({ ...book, entries: book.entries.filter((entry) => entry.number !== number) }));
}

/**
 * What does not open is never written over. One tab at a time, where the browser knows how; where it does not, what another tab wrote while this one
 * sealed is read, and it is done again.
 */
function change(passphrase: string, how: (book: Book) => Book): Promise<readonly Entry[]> {
  const changed = async (): Promise<readonly Entry[]> => {
    for (;;) {
      const before = kept();
      const book = how(before === null ? EMPTY : await opened(passphrase, before));
      const after = await sealed(passphrase, book);
      if (kept() !== before) continue;
      keep(after);
      return book.entries;
    }
  };
  return navigator.locks === undefined ? changed() : navigator.locks.request(KEY, changed);
}

/** As it lies in the browser. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    throw new LedgerTrouble('off');
  }
}

async function opened(passphrase: string, base64: string): Promise<Book> {
  const container = await openFile(new Blob([bytesIn(base64)]), { passphrase });
  try {
    const [received] = await container.receive();
    return bookIn((await received?.content?.text()) ?? '');
  } finally {
    container.close();
  }
}

async function sealed(passphrase: string, book: Book): Promise<string> {
  const file = new File([JSON.stringify(book)], FILE, { type: 'application/json' });
  const { content } = await sealFile({ files: [{ file, path: FILE }] }, passphrase);
  const bytes = new Uint8Array(await (content ?? new Blob()).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Whole or not at all: where there is no room, what was there stays. */
function keep(base64: string): void {
  try {
    localStorage.setItem(KEY, base64);
  } catch (error) {
    throw new LedgerTrouble(troubleOf(error));
  }
}

function bytesIn(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw new LedgerTrouble('notRead');
  }
}

function bookIn(json: string): Book {
  try {
    const book = JSON.parse(json) as Book;
    if (book.version === 1 && Number.isSafeInteger(book.next) && book.entries.every(isEntry)) return book;
  } catch {
    // As below.
  }
  throw new LedgerTrouble('notRead');
}

function isEntry({ number, receipt, made_at, what, names }: Entry): boolean {
  return Number.isSafeInteger(number) && Number.isSafeInteger(made_at) && typeof receipt === 'string' && typeof what === 'string' && names.every((name) => typeof name === 'string');
}
