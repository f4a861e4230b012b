/**
 * The ledger: a person's own list of receipts, in this browser, only where they asked for it. It is what the command line keeps (cli/src/ledger.rs): the same
 * JSON in the same container, under a passphrase that is asked each time. The browser's storage has the container alone, in base64.
 */
import { openFile, sealFile } from '../vault';

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

/** open/Open.svelte asks for it too: a file for this one word would be named to everybody who loads the page. */
const KEY = 'satchel-ledger';
const FILE = 'ledger.json';
const HOUR_SECS = 3600;
const EMPTY: Book = { version: 1, next: 1, panic: null, entries: [] };

/** Whether there is one. */
export function isKept(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** Whether this browser would keep one. */
export function isAble(): boolean {
  try {
    const probe = `${KEY}-probe`;
    localStorage.setItem(probe, '');
    localStorage.removeItem(probe);
    return true;
  } catch {
    return false;
  }
}

/** Removes it, with all that is in it; takes no passphrase. */
export function forget(): void {
  localStorage.removeItem(KEY);
}

/** Rejects with the vault's failures (`wrong_key` and others) and {@link LedgerTrouble}. */
export async function read(passphrase: string): Promise<readonly Entry[]> {
  return (await opened(passphrase)).entries;
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

/** What does not open is never written over. One tab at a time, where the browser knows how. */
async function change(passphrase: string, how: (book: Book) => Book): Promise<readonly Entry[]> {
  const changed = async (): Promise<readonly Entry[]> => {
    if (!isAble()) throw new LedgerTrouble('off');
    const book = how(isKept() ? await opened(passphrase) : EMPTY);
    await keep(passphrase, book);
    return book.entries;
  };
  return navigator.locks === undefined ? changed() : navigator.locks.request(KEY, changed);
}

async function opened(passphrase: string): Promise<Book> {
  const container = await openFile(new Blob([bytesIn(localStorage.getItem(KEY) ?? '')]), { passphrase });
  try {
    const [received] = await container.receive();
    return bookIn((await received?.content?.text()) ?? '');
  } finally {
    container.close();
  }
}

async function keep(passphrase: string, book: Book): Promise<void> {
  const file = new File([JSON.stringify(book)], FILE, { type: 'application/json' });
  const { content } = await sealFile({ files: [{ file, path: FILE }] }, passphrase);
  const bytes = new Uint8Array(await (content ?? new Blob()).arrayBuffer());
  try {
    localStorage.setItem(KEY, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
  } catch {
    throw new LedgerTrouble('full');
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
