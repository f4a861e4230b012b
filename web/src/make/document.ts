/** From what stands in the form to the document that is sealed. */
import { make as words } from '../text/words';
import { CODE, MARKDOWN } from '../open/written';
import type { Document, SourceFile } from '../vault';
import { freePath } from './picked';

/** What the writer of a text says it is. */
export type Kind = 'plain' | 'markdown' | 'code';
const MEDIA_TYPE: Readonly<Record<Exclude<Kind, 'plain'>, string>> = { markdown: MARKDOWN, code: CODE };

/** A text alone stays a text; beside files it becomes one of them. */
export function documentOf(text: string, files: readonly SourceFile[], kind: Kind): Document {
  if (files.length === 0) return kind === 'plain' ? { text } : { text, mediaType: MEDIA_TYPE[kind] };
  if (text.trim() === '') return { files };
  return { files: [...files, asFile(text, textFile(kind, files), kind)] };
}

/** A text as a file that says how it is written. */
export function asFile(text: string, path: string, kind: Kind): SourceFile {
  return { file: new File([text], path, { type: kind === 'plain' ? 'text/plain' : MEDIA_TYPE[kind] }), path };
}

/** What a text is called that goes along with `files`; `name` ends in .txt. */
export function textFile(kind: Kind, files: readonly SourceFile[], name = words.textFile): string {
  return freePath(kind === 'markdown' ? name.replace(/\.txt$/, '.md') : name, (path) => files.some((each) => each.path === path));
}
