/** What files are called when they arrive: a name that is not safe everywhere comes under another. Which names those are says N-1 of docs/format.md, and section 7.1 what stands in for one. */
import type { Document } from '../vault';

const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\\:*?"<>|]/u;
const UNSAFE_PART = /^$|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/i;
/** In bytes of UTF-8. */
const NAME_LEN_MAX = 1024;
const PART_LEN_MAX = 255;

export interface Renamed {
  readonly path: string;
  readonly arrives: string;
}

/** The files of `document` that arrive under another name. */
export function renamedIn(document: Document): Renamed[] {
  if ('text' in document) return [];
  return document.files.flatMap(({ path }, at) => (isSafe(path) ? [] : [{ path, arrives: `file-${at + 1}${/\.[a-z\d]{1,10}$/i.exec(path)?.[0] ?? ''}` }]));
}

function isSafe(path: string): boolean {
  return !UNSAFE.test(path) && bytesOf(path) <= NAME_LEN_MAX && path.split('/').every((part) => !UNSAFE_PART.test(part) && bytesOf(part) <= PART_LEN_MAX);
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
