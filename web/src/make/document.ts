/** From what stands in the form to the document that is sealed. */
import { make as words } from '../text/words';
import type { Document, SourceFile } from '../vault';
import { joined } from './picked';

/** A text alone stays a text; beside files it becomes one of them. */
export function documentOf(text: string, files: readonly SourceFile[]): Document {
  if (files.length === 0) return { text };
  if (text.trim() === '') return { files };
  const name = words.textFile;
  return { files: joined(files, [{ file: new File([text], name, { type: 'text/plain' }), path: name }]) };
}
