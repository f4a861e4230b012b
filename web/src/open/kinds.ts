/**
 * How an entry may be shown. Its media type and its name are the sender's claims: they choose among ways that are all safe, and what no
 * list here names is a download. HTML, XML, SVG, PDF and their like are on no list.
 */
import type { Entry } from '../vault';
import { CODE } from './written';

/** What a text is written in: `auto` is code of a language that is guessed. */
export type Writing = 'plain' | 'markdown' | 'auto' | Language;
/** What the frame shows. */
export type Framed = 'image' | 'audio' | 'video' | 'text';
/** The languages that are coloured; open/reading/highlight.ts has their grammars. */
export type Language =
  | 'bash' | 'c' | 'cpp' | 'css' | 'diff' | 'go' | 'ini' | 'java' | 'javascript' | 'json' | 'python' | 'rust' | 'sql' | 'typescript' | 'xml' | 'yaml';

/** A longer text is a file: no screen reader and no phone wants it in one piece. */
export const TEXT_BYTES_MAX = 4 * 1024 * 1024;

const RASTER = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'];
const AUDIO = ['aac', 'flac', 'mp4', 'mpeg', 'ogg', 'opus', 'wav', 'webm', 'x-m4a', 'x-wav', 'x-flac'];
const VIDEO = ['mp4', 'ogg', 'quicktime', 'webm'];
const PLAIN = ['text/plain', 'text/csv', 'text/tab-separated-values', 'text/vcard', 'text/calendar', 'application/x-subrip'];

const BY_TYPE: Readonly<Record<string, Language>> = {
  'application/json': 'json', 'application/ld+json': 'json', 'application/geo+json': 'json', 'application/javascript': 'javascript',
  'application/sql': 'sql', 'application/toml': 'ini', 'application/typescript': 'typescript', 'application/x-sh': 'bash',
  'application/x-yaml': 'yaml', 'application/yaml': 'yaml', 'text/css': 'css', 'text/javascript': 'javascript', 'text/rust': 'rust',
  'text/x-c': 'c', 'text/x-c++': 'cpp', 'text/x-c++src': 'cpp', 'text/x-csrc': 'c', 'text/x-diff': 'diff', 'text/x-go': 'go', 'text/x-ini': 'ini',
  'text/x-java': 'java', 'text/x-java-source': 'java', 'text/x-patch': 'diff', 'text/x-python': 'python', 'text/x-rust': 'rust',
  'text/x-sh': 'bash', 'text/x-shellscript': 'bash', 'text/x-sql': 'sql', 'text/x-toml': 'ini', 'text/x-typescript': 'typescript',
  'text/x-yaml': 'yaml', 'text/yaml': 'yaml',
};
const BY_ENDING: Readonly<Record<string, Writing>> = {
  bash: 'bash', c: 'c', cc: 'cpp', cfg: 'ini', conf: 'ini', cpp: 'cpp', css: 'css', csv: 'plain', diff: 'diff', go: 'go', h: 'c', hpp: 'cpp', ini: 'ini',
  java: 'java', js: 'javascript', json: 'json', log: 'plain', markdown: 'markdown', md: 'markdown', mjs: 'javascript', patch: 'diff', py: 'python',
  rs: 'rust', sh: 'bash', sql: 'sql', toml: 'ini', ts: 'typescript', tsv: 'plain', txt: 'plain', yaml: 'yaml', yml: 'yaml',
};

/** `text/plain` of `Text/Plain; charset=utf-8`. */
function bareType(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function ending(name: string | null): string {
  return name === null ? '' : name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}

/** How the text of `entry` is written; null where it is none that may be shown. */
export function writingOf({ mediaType, name }: Pick<Entry, 'mediaType' | 'name'>): Writing | null {
  const type = bareType(mediaType);
  if (type === 'text/markdown' || type === 'text/x-markdown') return 'markdown';
  if (type === bareType(CODE)) return 'auto';
  const language = own(BY_TYPE, type);
  if (language !== undefined) return language;
  const named = own(BY_ENDING, ending(name));
  if (PLAIN.includes(type)) return named ?? 'plain';
  // Browsers and systems know few endings of code: they say nothing, or that it is bytes. `.ts` is a video to some.
  return type === '' || type === 'application/octet-stream' || type.startsWith('text/x-') ? (named ?? null) : null;
}

/** What the frame may show of `entry`. */
export function framedOf(entry: Pick<Entry, 'mediaType' | 'name'>): Framed | null {
  const type = bareType(entry.mediaType);
  const [family = '', rest = ''] = type.split('/', 2);
  if (RASTER.includes(type)) return 'image';
  if (family === 'audio' && AUDIO.includes(rest)) return 'audio';
  if (family === 'video' && VIDEO.includes(rest)) return 'video';
  return writingOf(entry) === 'plain' ? 'text' : null;
}

/** The names of an object's own: a media type called `constructor` is none. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
