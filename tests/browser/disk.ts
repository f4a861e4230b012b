/** What the files of a browser's profile hold, packed or not. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gunzipSync, constants } from 'node:zlib';
import { within, type Form } from './secrets';

export interface Found {
  readonly files: number;
  /** `file: form`. */
  readonly found: readonly string[];
}

/**
 * Looks through every file below `folder`. SQLite keeps such short texts as they are. So do LevelDB and what else is packed by snappy or LZ4, where they
 * stand for the first time; but they may cut what is repeated, so each form is looked for by its quarters too. gzip and Mozilla's own files are unpacked.
 */
export async function held(folder: string, forms: readonly Form[]): Promise<Found> {
  const all = forms.flatMap((form) => [form, ...quarters(form)]);
  const found = new Set<string>();
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    files += 1;
    for (const each of [bytes, ...unpacked(bytes)]) for (const name of within(each, all)) found.add(`${relative(folder, path)}: ${name}`);
  }
  return { files, found: [...found] };
}

/** Long enough that none is there by chance. */
const QUARTER_BYTES_MIN = 10;

function quarters({ name, bytes }: Form): Form[] {
  const length = Math.floor(bytes.length / 4);
  if (length < QUARTER_BYTES_MIN) return [];
  return [0, 1, 2, 3].map((at) => ({ name, bytes: bytes.subarray(at * length, (at + 1) * length) }));
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const MOZILLA = Buffer.from('mozLz40\0');

function unpacked(bytes: Buffer): Buffer[] {
  const parts = bytes.subarray(0, MOZILLA.length).equals(MOZILLA) ? [lz4(bytes.subarray(MOZILLA.length + 4))] : [];
  for (let at = bytes.indexOf(GZIP); at !== -1; at = bytes.indexOf(GZIP, at + 1)) {
    try {
      // What is behind it, or cut off, is no reason to leave out what is there.
      parts.push(gunzipSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH }));
    } catch {
      // Three bytes that looked like a head.
    }
  }
  return parts;
}

/** One block, to its end: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function lz4(block: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const next = (): number => block[at++] ?? 0;
  const longer = (length: number): number => {
    let sum = length;
    for (let more = length === 15 ? 255 : 0; more === 255 && at < block.length; sum += more) more = next();
    return sum;
  };
  while (at < block.length) {
    const token = next();
    for (let left = longer(token >> 4); left > 0 && at < block.length; left -= 1) out.push(next());
    if (at >= block.length) break;
    const offset = next() | (next() << 8);
    for (let left = longer(token & 15) + 4; left > 0; left -= 1) out.push(out[out.length - offset] ?? 0);
  }
  return Buffer.from(out);
}
