/** Looks at one file, of whatever kind. */
import type { SourceFile } from '../vault';
import type { Look } from './finding';
import { kindOf, LOOKED_AT_BYTES_MAX } from './kinds';
import { lookAtArchive } from './office';
import { lookAtPdf } from './pdf';
import { lookAtPicture } from './picture';

/** `none` for kinds of files that are not looked at. */
export async function lookAt(source: SourceFile): Promise<Look> {
  const kind = await kindOf(source);
  if (kind === undefined) return { state: 'none' };
  if (source.file.size > LOOKED_AT_BYTES_MAX) return { state: 'unread' };
  const bytes = await source.file.arrayBuffer();
  if (kind === 'picture') return lookAtPicture(bytes);
  return kind === 'pdf' ? lookAtPdf(bytes) : lookAtArchive(bytes);
}
