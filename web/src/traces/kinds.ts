/** Which files are looked at, by how they begin: a name can say anything. */
import type { SourceFile } from '../vault';

export type FileKind = 'picture' | 'pdf' | 'archive';

/** Larger files are not looked at, and the page says so. */
export const LOOKED_AT_BYTES_MAX = 64 * 1024 * 1024;

const BEGINNINGS: readonly (readonly [FileKind, string, number])[] = [
  ['picture', '\xff\xd8\xff', 0],
  ['picture', '\x89PNG\r\n\x1a\n', 0],
  ['picture', 'WEBP', 8],
  ['picture', 'ftyp', 4],
  ['picture', 'II*\0', 0],
  ['picture', 'MM\0*', 0],
  ['pdf', '%PDF-', 0],
  ['archive', 'PK\x03\x04', 0],
];

/** Nothing for a file of another kind. Reads 16 bytes. */
export async function kindOf({ file }: SourceFile): Promise<FileKind | undefined> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  return BEGINNINGS.find(([, begins, at]) => head.startsWith(begins, at))?.[0];
}
