/** Office files (OOXML and OpenDocument, which are ZIP archives): who wrote them, whose changes and comments they hold, and the company. */
import { unzipSync } from 'fflate';
import { Traces, type Look } from './finding';

/** Most that the parts may unpack to together; a part that says it is larger than what is left is not looked at. */
const PARTS_BYTES_MAX = 64 * 1024 * 1024;
const META = /^(?:docProps\/(?:core|app|custom)\.xml|meta\.xml)$/;
const BODY = /^(?:word\/(?:document|comments|footnotes|people)\.xml|xl\/(?:comments\d*|persons\/.+|workbook)\.xml|xl\/threadedComments\/.+\.xml|ppt\/(?:comments\/.+|commentAuthors|authors)\.xml|content\.xml)$/;
const PERSON = ['dc:creator', 'cp:lastModifiedBy', 'meta:initial-creator', 'Manager', 'meta:printed-by'];
const COMMENT = ['dc:description', 'cp:keywords', 'meta:keyword', 'dc:subject'];
const PICTURE = /^(?:word|xl|ppt)\/media\/|^Pictures\//;

/** None where it is no office file. */
export function lookAtArchive(bytes: ArrayBuffer): Look {
  const traces = new Traces();
  let whole = true;
  let left = PARTS_BYTES_MAX;
  let office = false;
  let pictures = false;
  const parts = unpack(new Uint8Array(bytes), (name, size) => {
    office ||= META.test(name) || name === '[Content_Types].xml';
    pictures ||= PICTURE.test(name);
    const wanted = META.test(name) || BODY.test(name);
    if (!wanted) return false;
    left -= size;
    whole &&= left >= 0;
    return left >= 0;
  });
  if (parts === undefined) return { state: 'unread' };
  if (!office) return { state: 'none' };
  for (const [name, part] of Object.entries(parts)) {
    const text = new TextDecoder().decode(part);
    if (META.test(name)) lookAtMeta(text, traces);
    else lookAtBody(text, traces);
  }
  // Pictures inside keep what they brought along.
  if (pictures) traces.add('attached');
  return traces.look(whole);
}

function unpack(bytes: Uint8Array<ArrayBuffer>, wanted: (name: string, size: number) => boolean): Record<string, Uint8Array> | undefined {
  try {
    return unzipSync(bytes, { filter: ({ name, originalSize }) => wanted(name, originalSize) });
  } catch {
    return undefined;
  }
}

function lookAtMeta(text: string, traces: Traces): void {
  for (const tag of PERSON) for (const value of contents(text, tag)) traces.addSome('person', value);
  for (const value of contents(text, 'Company')) traces.addSome('person', value);
  for (const value of contents(text, 'Application')) traces.addSome('program', value);
  for (const value of contents(text, 'meta:generator')) traces.addSome('program', value);
  for (const tag of COMMENT) for (const value of contents(text, tag)) traces.addSome('comment', value);
  for (const value of [...contents(text, 'dcterms:created'), ...contents(text, 'meta:creation-date')]) traces.addSome('time', value);
}

/** Names of those who changed or commented. */
function lookAtBody(text: string, traces: Traces): void {
  if (/<w:(?:ins|del|moveFrom|moveTo) |<text:tracked-changes/.test(text)) traces.add('changes');
  if (/<(?:w:comment |comment |p:cm |threadedComment |office:annotation )/.test(text)) traces.add('comment');
  for (const [, name] of text.matchAll(/ (?:w:author|displayName|w15:author)="([^"]{1,200})"/g)) traces.addSome('person', plain(name ?? ''));
  for (const [, name] of text.matchAll(/<author>([^<]{1,200})<\/author>/g)) traces.addSome('person', plain(name ?? ''));
  if (/<sheet [^>]{0,400}state="(?:h|veryH)idden"/.test(text)) traces.add('other');
}

function contents(text: string, tag: string): string[] {
  return [...text.matchAll(new RegExp(`<${tag}(?:\\s[^>]{0,400})?>([^<]{1,1000})</${tag}>`, 'g'))].map(([, value]) => plain(value ?? ''));
}

function plain(xml: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return xml.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => named[name] ?? '');
}
