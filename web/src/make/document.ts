/** From what stands in the form to the document that is sealed. */
import type { Document, SourceFile } from '../vault';
import { asFile, MEDIA_TYPE, textFile } from './textFile';

/** What the writer of a text says it is. */
export type Kind = 'plain' | 'markdown' | 'code';

/** A text alone stays a text; beside files it becomes one of them. */
export function documentOf(text: string, files: readonly SourceFile[], kind: Kind): Document {
  if (files.length === 0) return kind === 'plain' ? { text } : { text, mediaType: MEDIA_TYPE[kind] };
  if (text.trim() === '') return { files };
  return { files: [...files, asFile(text, textFile(kind, files), kind)] };
}
