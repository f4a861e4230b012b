/** PDF: who made it and with what, as far as it stands there unpacked or in an object stream; and what it carries besides its pages. */
import { unzlibSync } from 'fflate';
import { Traces, type Look } from './finding';

/** Most that one object stream may unpack to, and all of them. */
const STREAM_BYTES_MAX = 4 * 1024 * 1024;
const STREAMS_BYTES_MAX = 32 * 1024 * 1024;
const STREAMS_MAX = 200;

export function lookAtPdf(bytes: ArrayBuffer): Look {
  const traces = new Traces();
  const text = new TextDecoder('latin1').decode(bytes);
  if (text.includes('/Encrypt')) return { state: 'unread' };
  const { unpacked, whole } = objectStreams(text, new Uint8Array(bytes));
  for (const part of [text, ...unpacked]) lookAtFields(part, traces);
  if ((text.match(/%%EOF/g)?.length ?? 0) > (text.includes('/Linearized') ? 2 : 1)) traces.add('versions');
  return traces.look(whole);
}

function lookAtFields(text: string, traces: Traces): void {
  for (const value of strings(text, 'Author')) traces.addSome('person', value);
  for (const field of ['Creator', 'Producer']) for (const value of strings(text, field)) traces.addSome('program', value);
  for (const field of ['Keywords', 'Subject']) for (const value of strings(text, field)) traces.addSome('comment', value);
  for (const value of strings(text, 'CreationDate')) traces.addSome('time', /^D:(\d{4})(\d\d)(\d\d)/.exec(value)?.slice(1).join('-'));
  for (const [, name] of text.matchAll(/<dc:creator>\s*<rdf:Seq>\s*<rdf:li[^>]{0,40}>([^<]{1,200})</g)) traces.addSome('person', utf8(name ?? ''));
  if (/\/Subtype\s*\/(?:Text|FreeText|Highlight|StrikeOut|Ink|Popup)\b/.test(text)) traces.add('changes');
  if (/\/EmbeddedFiles?\b/.test(text)) traces.add('attached');
}

/** The values of `/Field (text)` and `/Field <hex>`. */
function strings(text: string, field: string): string[] {
  const found = text.matchAll(new RegExp(`/${field}\\s*(?:\\(((?:[^()\\\\]|\\\\[^]){0,500})\\)|<([0-9A-Fa-f\\s]{0,1000})>)`, 'g'));
  return [...found].map(([, literal, hex]) => decode(literal === undefined ? fromHex(hex ?? '') : unescape(literal)));
}

function fromHex(hex: string): string {
  return hex.replaceAll(/\s/g, '').replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}

function unescape(literal: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
  return literal.replaceAll(/\\([0-7]{1,3}|[^])/g, (_, what: string) =>
    /^[0-7]/.test(what) ? String.fromCharCode(Number.parseInt(what, 8) & 255) : (named[what] ?? what),
  );
}

/** A text string: UTF-16 or UTF-8 with its mark, else near enough to Latin-1. */
function decode(bytes: string): string {
  if (bytes.startsWith('\xfe\xff')) return new TextDecoder('utf-16be').decode(raw(bytes.slice(2)));
  return bytes.startsWith('\xef\xbb\xbf') ? utf8(bytes.slice(3)) : bytes;
}

function raw(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function utf8(text: string): string {
  return new TextDecoder().decode(raw(text));
}

/** Since PDF 1.5 the fields may stand in packed object streams. `whole` is false where one could not be unpacked. */
function objectStreams(text: string, bytes: Uint8Array<ArrayBuffer>): { unpacked: string[]; whole: boolean } {
  const unpacked: string[] = [];
  let whole = true;
  let left = STREAMS_BYTES_MAX;
  for (const found of text.matchAll(/\/Type\s*\/ObjStm\b[^]{0,300}?stream\r?\n/g)) {
    const start = found.index + found[0].length;
    const end = text.indexOf('endstream', start);
    if (end < 0 || unpacked.length >= STREAMS_MAX || left <= 0) return { unpacked, whole: false };
    try {
      const out = unzlibSync(bytes.subarray(start, end), { out: new Uint8Array(STREAM_BYTES_MAX) });
      left -= out.length;
      unpacked.push(new TextDecoder('latin1').decode(out));
    } catch {
      whole = false;
    }
  }
  return { unpacked, whole };
}
