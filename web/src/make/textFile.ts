/** A text that goes along as a file. */
import { make as words } from '../text/words';
import { CODE, MARKDOWN } from '../open/written';
import type { SourceFile } from '../vault';
import type { Kind } from './document';
import { freePath } from './picked';

export const MEDIA_TYPE: Readonly<Record<Exclude<Kind, 'plain'>, string>> = { markdown: MARKDOWN, code: CODE };

/** A text as a file that says how it is written. */
export function asFile(text: string, path: string, kind: Kind): SourceFile {
  return { file: new File([text], path, { type: kind === 'plain' ? 'text/plain' : MEDIA_TYPE[kind] }), path };
}

/** What a text is called that goes along with `files`; `name` ends in .txt. */
export function textFile(kind: Kind, files: readonly SourceFile[], name = words.textFile): string {
  return freePath(kind === 'markdown' ? name.replace(/\.txt$/, '.md') : name, (path) => files.some((each) => each.path === path));
}
